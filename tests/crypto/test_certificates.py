"""Certificates of the simulators' authority, with its real OCSP and CRLs, and some that are not its own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from portal.crypto import certificates
from portal.crypto.certificates import CertificateRefused, Purpose, validate, verify_signed_challenge
from portal.exchange import csc

RSA_OFFICER, EC_OFFICER = "001185000003", "001188000005"
DER = serialization.Encoding.DER


@pytest.fixture
def officers(outside: Any) -> Any:
    """Key and chain of a demo officer, from the file that demo officers sign in with."""

    def load(id_number: str) -> tuple[Any, list[bytes]]:
        file = Path(outside.env["TRUSTED_ROOTS"]).parent / f"{id_number}.p12"
        key, certificate, others = pkcs12.load_key_and_certificates(file.read_bytes(), b"12345678")
        assert certificate is not None
        return key, [one.public_bytes(DER) for one in (certificate, *others)]

    return load


def seal(outside: Any) -> list[bytes]:
    chain: list[bytes] = csc.credential_info("seal-H26.101").chain
    return chain


def refused(code: str, *arguments: Any, **values: Any) -> CertificateRefused:
    with pytest.raises(CertificateRefused) as caught:
        validate(*arguments, **{"at": timezone.now(), "purpose": Purpose.DOCUMENT, **values})
    assert caught.value.code == code
    assert caught.value.message
    return caught.value


def test_a_seal_and_an_officer_say_who_they_are(outside: Any, officers: Any) -> None:
    chain = seal(outside)
    facts = validate(chain[0], chain[1:], at=timezone.now(), purpose=Purpose.DOCUMENT)
    assert (facts.organisation_code, facts.id_number) == ("H26.101", None)
    _key, chain = officers(RSA_OFFICER)
    facts = validate(x509.load_der_x509_certificate(chain[0]), chain[1:], at=timezone.now(), purpose="sign_in")
    assert (facts.id_number, facts.subject_name) == (RSA_OFFICER, "Phạm Thị Minh Họa")
    assert facts.not_after > timezone.now()


def test_revoked(outside: Any) -> None:
    chain = seal(outside)
    outside.revoke("seal-H26.101")
    assert not refused("revoked", chain[0], chain[1:]).is_temporary
    outside.faults("ocsp", "down")
    refused("revoked", chain[0], chain[1:])


@pytest.mark.parametrize("fault", ["down", "wrong"])
def test_the_list_serves_where_ocsp_does_not_and_silence_refuses(outside: Any, fault: str) -> None:
    chain = seal(outside)
    outside.faults("ocsp", "down")
    validate(chain[0], chain[1:], at=timezone.now(), purpose=Purpose.DOCUMENT)
    outside.faults("crl", fault)
    assert refused("revocation_unknown", chain[0], chain[1:]).is_temporary


def test_a_responder_that_knows_nothing_is_no_good_answer(outside: Any) -> None:
    chain = seal(outside)
    outside.faults("ocsp", "wrong")
    outside.faults("crl", "down")
    refused("revocation_unknown", chain[0], chain[1:])


def test_a_slow_responder_is_not_waited_for(outside: Any, settings: Any) -> None:
    chain = seal(outside)
    settings.OUTSIDE_TIMEOUT_SECONDS = 0.3
    outside.faults("ocsp", "slow", seconds=3)
    outside.faults("crl", "slow", seconds=3)
    began = timezone.now()
    refused("revocation_unknown", chain[0], chain[1:])
    assert timezone.now() - began < dt.timedelta(seconds=2)


def test_the_moment_counts(outside: Any) -> None:
    chain = seal(outside)
    refused("expired", chain[0], chain[1:], at=timezone.now() + dt.timedelta(days=365 * 9))
    refused("not_yet_valid", chain[0], chain[1:], at=timezone.now() - dt.timedelta(days=400))
    with pytest.raises(ValueError, match="aware"):
        validate(chain[0], chain[1:], at=dt.datetime(2026, 1, 1), purpose=Purpose.DOCUMENT)


def test_the_purpose_counts(outside: Any) -> None:
    chain = seal(outside)
    refused("wrong_purpose", chain[0], chain[1:], purpose=Purpose.TIME_STAMP)
    refused("wrong_purpose", chain[1], chain[2:])


def self_made(name: str, key: Any, aia: str = "", numbers: tuple[str, ...] = (RSA_OFFICER,)) -> bytes:
    uids = [x509.NameAttribute(x509.NameOID.USER_ID, f"CCCD:{number}") for number in numbers]
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name), *uids])
    builder = (
        x509.CertificateBuilder(subject, subject if not aia else x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nobody")]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(timezone.now() - dt.timedelta(days=1))
        .not_valid_after(timezone.now() + dt.timedelta(days=1))
    )
    if aia:
        access = x509.AccessDescription(x509.AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(aia))
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(DER)


@pytest.mark.requirement("N-08")
def test_a_certificate_that_names_two_people_names_nobody() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    for numbers, found in (((RSA_OFFICER,), RSA_OFFICER), ((RSA_OFFICER, RSA_OFFICER), RSA_OFFICER), ((EC_OFFICER, RSA_OFFICER), None)):
        assert certificates.facts_of(self_made("Phạm Thị Minh Họa", key, numbers=numbers)).id_number == found


def test_a_strangers_certificate_is_refused(outside: Any) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    refused("untrusted", self_made("Phạm Thị Minh Họa", key))
    refused("malformed", b"no certificate")


def test_a_strangers_certificate_makes_us_open_no_address(outside: Any) -> None:
    """An address inside an untrusted certificate would let anybody send requests from inside our walls."""
    import socket

    with socket.socket() as trap:
        trap.bind(("127.0.0.1", 0))
        trap.listen()
        trap.settimeout(0.5)
        key = ec.generate_private_key(ec.SECP256R1())
        refused("untrusted", self_made("x", key, aia=f"http://127.0.0.1:{trap.getsockname()[1]}/ca.crt"))
        with pytest.raises(TimeoutError):
            trap.accept()


def sign(key: Any, data: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    signature: bytes = key.sign(data, ec.ECDSA(hashes.SHA256()))
    return signature


@pytest.mark.parametrize("id_number", [RSA_OFFICER, EC_OFFICER])
def test_a_signed_challenge_names_its_signer(officers: Any, id_number: str) -> None:
    key, chain = officers(id_number)
    challenge = b"a challenge of 32 bytes or so ...."
    assert verify_signed_challenge(chain, sign(key, challenge), challenge, at=timezone.now()).id_number == id_number


def test_a_challenge_not_signed_by_the_holder(officers: Any, outside: Any) -> None:
    key, chain = officers(RSA_OFFICER)
    other, other_chain = officers(EC_OFFICER)
    for signature, certificate_chain, code in (
        (sign(key, b"another"), chain, "bad_signature"),
        (sign(other, b"challenge"), chain, "bad_signature"),
        (sign(key, b"challenge"), other_chain, "bad_signature"),
        (b"", chain, "bad_signature"),
        (sign(key, b"challenge"), [], "malformed"),
        (sign(key, b"challenge"), [b"rubbish"], "malformed"),
    ):
        with pytest.raises(CertificateRefused) as caught:
            verify_signed_challenge(certificate_chain, signature, b"challenge", at=timezone.now())
        assert caught.value.code == code
    stranger = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(CertificateRefused) as caught:
        verify_signed_challenge([self_made("x", stranger)], sign(stranger, b"challenge"), b"challenge", at=timezone.now())
    assert caught.value.code == "untrusted"
    outside.revoke(f"cred-{RSA_OFFICER}")
    with pytest.raises(CertificateRefused) as caught:
        verify_signed_challenge(chain, sign(key, b"challenge"), b"challenge", at=timezone.now())
    assert caught.value.code == "revoked"


def test_a_short_key_signs_nothing() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    assert not certificates.signature_fits(self_made("x", key), sign(key, b"x"), b"x")


def test_without_roots_nothing_is_validated(settings: Any, tmp_path: Path) -> None:
    for value in ("", str(tmp_path / "absent.pem")):
        settings.TRUSTED_ROOTS = value
        with pytest.raises(ImproperlyConfigured):
            certificates.trusted_roots()
