"""X.509 certificates of officers, unit seals and signing services: path to our roots, revocation that must be known, and identity.

Fails hard: where neither OCSP nor a CRL tells that a certificate stands, it is refused (Law on Electronic Transactions
20/2023/QH15 art. 22: a digital signature counts while its certificate is in force). Only OCSP and CRL are fetched, and only
for certificates whose path of signatures already leads to a root of ours: a stranger's certificate cannot make us open addresses.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from asn1crypto import pem
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.context import CertRevTrustPolicy
from pyhanko_certvalidator.errors import (
    CertificateFetchError,
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    InvalidCertificateError,
    NotYetValidError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.fetchers.requests_fetchers import RequestsFetcherBackend
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO
from pyhanko_certvalidator.registry import CertificateRegistry

AnyCertificate: TypeAlias = "bytes | x509.Certificate | asn1.Certificate"

UID = "0.9.2342.19200300.100.1.1"
"""Attribute ``userId`` of the subject: Vietnamese certification authorities write ``CCCD:``, ``MST:``, ``MNS:`` values into it."""
ORGANISATION_IDENTIFIER = "2.5.4.97"
ORGANISATION_PREFIXES = ("MST:", "MNS:", "MDD:")
"""Tax code, budget code, identifier code of an agency (mã định danh)."""


class Purpose(enum.StrEnum):
    """What the certificate is to prove; decides the key usage it must allow."""

    SIGN_IN = "sign_in"
    DOCUMENT = "document"
    TIME_STAMP = "time_stamp"


class Trust(enum.StrEnum):
    """Which roots a chain must end at: two stores, so that no commercial authority can make an officer, nor the State's a citizen."""

    STATE = "TRUSTED_ROOTS"
    """The Government Cipher Committee's: officers, seals of agencies, time-stamps (Rules art. 12; requirement A-17)."""
    PUBLIC = "PUBLIC_TRUSTED_ROOTS"
    """Those of licensed public authorities: citizens and organisations."""


@dataclass(frozen=True)
class CertificateFacts:
    """What a valid certificate says about its holder."""

    subject_name: str
    id_number: str | None
    """12-digit personal number from ``UID=CCCD:…``. Personal data: never into a log."""
    organisation_code: str | None
    serial: str
    """Serial number, lower-case hexadecimal."""
    issuer: str
    not_after: datetime


class CertificateRefused(Exception):
    """The certificate (or what was signed with it) is not accepted. ``message`` is for the person, ``code`` for programs.

    Codes: ``malformed``, ``untrusted``, ``expired``, ``not_yet_valid``, ``revoked``, ``revocation_unknown``, ``wrong_purpose``,
    ``weak``, ``bad_signature``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message

    @property
    def is_temporary(self) -> bool:
        """Whether trying again later may succeed: the authority's OCSP and CRL services did not answer."""
        return self.code == "revocation_unknown"


def as_asn1(certificate: AnyCertificate) -> asn1.Certificate:
    """The same certificate for pyHanko. Takes DER, ``cryptography`` or ``asn1crypto``; CertificateRefused ``malformed`` else."""
    if isinstance(certificate, asn1.Certificate):
        return certificate
    der = certificate.public_bytes(serialization.Encoding.DER) if isinstance(certificate, x509.Certificate) else bytes(certificate)
    try:
        # `cryptography` is the stricter reader: what it refuses never reaches path building.
        x509.load_der_x509_certificate(der)
        return asn1.Certificate.load(der, strict=True)
    except ValueError as error:
        raise refusal_of_code("malformed") from error


@lru_cache(maxsize=4)
def _store_of(path: str, _changed: int) -> tuple[tuple[asn1.Certificate, ...], tuple[asn1.Certificate, ...]]:
    """Roots and other issuers of a file; where it holds no root, all it holds is trusted as such."""
    found = [asn1.Certificate.load(der) for _kind, _headers, der in pem.unarmor(Path(path).read_bytes(), multiple=True)]
    roots = tuple(one for one in found if one.self_issued)
    return (roots, tuple(one for one in found if not one.self_issued)) if roots else (tuple(found), ())


def _store(trust: Trust) -> tuple[tuple[asn1.Certificate, ...], tuple[asn1.Certificate, ...]]:
    path = getattr(settings, trust)
    if not path or not Path(path).is_file():
        raise ImproperlyConfigured(f"{trust} must name a PEM file with the certificates of the trusted roots.")
    return _store_of(str(path), Path(path).stat().st_mtime_ns)


def trusted_roots(trust: Trust = Trust.STATE) -> tuple[asn1.Certificate, ...]:
    """The roots of a store: its setting's file (PEM), read again when the file changes. ImproperlyConfigured without one."""
    return _store(trust)[0]


def known_issuers(trust: Trust) -> tuple[asn1.Certificate, ...]:
    """Issuers that stand in a store beside its roots: a token shows its own certificate alone, and none is fetched. Trusted is the path."""
    return _store(trust)[1]


def online_context(
    others: Iterable[asn1.Certificate] = (), *, at: datetime | None = None, trust: Trust = Trust.STATE, stamps: bool = False
) -> ValidationContext:
    """A pyHanko context that trusts the roots of one store only, fetches OCSP and CRL and refuses where neither answers.

    ``at`` is the moment of validation (aware), now without it. Missing certificates of the chain are never fetched. ``stamps``: the State's
    roots count too, for the time-stamp beside a signature; the signer was validated to their own store before.
    """
    roots = {root.dump(): root for store in ((trust, Trust.STATE) if stamps else (trust,)) for root in trusted_roots(store)}
    return ValidationContext(
        trust_roots=list(roots.values()),
        certificate_registry=CertificateRegistry.build(others, cert_fetcher=None),
        moment=at,
        allow_fetching=True,
        fetchers=RequestsFetcherBackend(per_request_timeout=settings.OUTSIDE_TIMEOUT_SECONDS).get_fetchers(),
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
    )


def refusal_of_code(code: str) -> CertificateRefused:
    """The refusal with the sentence for the person that belongs to a code."""
    sentences = {
        "revoked": _("Chứng thư số đã bị thu hồi."),
        "expired": _("Chứng thư số đã hết hạn."),
        "not_yet_valid": _("Chứng thư số chưa đến ngày có hiệu lực."),
        "revocation_unknown": _("Chưa kiểm tra được chứng thư số còn hiệu lực hay không. Vui lòng thử lại sau ít phút."),
        "weak": _("Chứng thư số dùng thuật toán không còn an toàn."),
        "wrong_purpose": _("Chứng thư số không được cấp cho mục đích này."),
        "untrusted": _("Chứng thư số không do tổ chức được tin cậy cấp."),
        "malformed": _("Không đọc được chứng thư số."),
        "bad_signature": _("Chữ ký không khớp với chứng thư số."),
    }
    return CertificateRefused(code, sentences[code])


def refusal_of(error: Exception) -> CertificateRefused:
    """Translate a validator's error into our refusal."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (RevokedError, "revoked"),
        (ExpiredError, "expired"),
        (NotYetValidError, "not_yet_valid"),
        (InsufficientRevinfoError, "revocation_unknown"),
        (DisallowedAlgorithmError, "weak"),
        (InvalidCertificateError, "wrong_purpose"),
    )
    return refusal_of_code(next((code for kind, code in kinds if isinstance(error, kind)), "untrusted"))


def facts_of(certificate: AnyCertificate) -> CertificateFacts:
    """Read the holder's identity. Proves nothing by itself: call it on a certificate that was validated."""
    cert = as_asn1(certificate)
    id_numbers: set[str] = set()
    organisation: str | None = None
    names: dict[str, str] = {}
    for relative in cert.subject.chosen:
        for pair in relative:
            oid, value = pair["type"].dotted, str(pair["value"].native)
            names.setdefault(oid, value)
            if oid == UID and value.startswith("CCCD:"):
                id_numbers.add(value.removeprefix("CCCD:").strip())
            elif oid == UID and value.startswith(ORGANISATION_PREFIXES):
                organisation = value.partition(":")[2].strip()
            elif oid == ORGANISATION_IDENTIFIER and organisation is None:
                organisation = value
    return CertificateFacts(
        subject_name=names.get("2.5.4.3", cert.subject.human_friendly),
        # Two numbers are nobody's: whichever was taken, an authority that let one slip through would have vouched for another person.
        id_number=next(iter(id_numbers)) if len(id_numbers) == 1 else None,
        organisation_code=organisation,
        serial=f"{cert.serial_number:x}",
        issuer=cert.issuer.human_friendly,
        not_after=cert.not_valid_after,
    )


def validate(
    certificate: AnyCertificate,
    chain: Iterable[AnyCertificate] = (),
    *,
    at: datetime,
    purpose: Purpose | str,
    trust: Trust = Trust.STATE,
) -> CertificateFacts:
    """Validate a certificate to the roots of a store at the moment ``at`` and return its facts.

    ``chain`` holds the intermediates that came with it. Every certificate below the root must be shown unrevoked by OCSP or, where
    that fails, by a CRL. Raises :class:`CertificateRefused`; ``is_temporary`` tells that the authority's services were silent.
    """
    if at.tzinfo is None:
        raise ValueError("the moment of validation must be aware")
    cert = as_asn1(certificate)
    usage, extended = {
        Purpose.SIGN_IN: ({"digital_signature"}, None),
        Purpose.DOCUMENT: ({"non_repudiation"}, None),
        Purpose.TIME_STAMP: (set(), {"time_stamping"}),
    }[Purpose(purpose)]
    context = online_context([*(as_asn1(one) for one in chain), *known_issuers(trust)], at=at, trust=trust)

    # Said first: years later the authority's services no longer speak of it, and "unknown" would be the wrong reason.
    if at > cert.not_valid_after:
        raise refusal_of_code("expired")
    if at < cert.not_valid_before:
        raise refusal_of_code("not_yet_valid")

    async def check() -> None:
        validator = CertificateValidator(cert, validation_context=context)
        try:
            await validator.async_validate_path()
        except InvalidCertificateError as error:  # self-signed and none of our roots
            raise refusal_of_code("untrusted") from error
        await validator.async_validate_usage(usage, extended)

    try:
        asyncio.run(check())
    except (ValidationError, PathBuildingError, CertificateFetchError) as error:
        raise refusal_of(error) from error
    return facts_of(cert)


def signature_fits(certificate: AnyCertificate, signature: bytes, data: bytes) -> bool:
    """Whether ``signature`` is the holder's over ``data``: RSA (at least 2048 bits) PKCS#1 v1.5 or ECDSA, SHA-256."""
    key = x509.load_der_x509_certificate(as_asn1(certificate).dump()).public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def verify_signed_challenge(
    cert_chain_der: Sequence[bytes], signature: bytes, challenge: bytes, *, at: datetime, trust: Trust = Trust.STATE
) -> CertificateFacts:
    """Who signed our challenge: the holder of the first certificate of the chain (Rules art. 11: high).

    The signature is checked before anything is fetched. The caller makes the challenge, binds it to the session and uses it once.
    Raises :class:`CertificateRefused`.
    """
    if not cert_chain_der:
        raise refusal_of_code("malformed")
    if not signature_fits(cert_chain_der[0], signature, challenge):
        raise refusal_of_code("bad_signature")
    return validate(cert_chain_der[0], cert_chain_der[1:], at=at, purpose=Purpose.SIGN_IN, trust=trust)
