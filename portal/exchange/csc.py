"""Remote signing: a client of the Cloud Signature Consortium API v2.0.

A person authorises in the browser at ``authorize_url``, or at ``pushed_url`` what the service was told before
(``push_authorisation``: hashes of many documents are longer than an address may be); the code that comes back is exchanged
for signature activation data (``Sad``) with ``exchange_code``; a unit's seal is authorised without a person by
``seal_authorise``; ``sign_hash`` spends the activation data.
"""

from __future__ import annotations

import base64
import binascii
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes as algorithms
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from django.conf import settings

from portal.exchange import http
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

SHA256 = "2.16.840.1.101.3.4.2.1"
HASH_OIDS: dict[str, algorithms.HashAlgorithm] = {
    SHA256: algorithms.SHA256(),
    "2.16.840.1.101.3.4.2.2": algorithms.SHA384(),
    "2.16.840.1.101.3.4.2.3": algorithms.SHA512(),
}
RSA_PSS = "1.2.840.113549.1.1.10"
# A token is renewed this long before its end: clocks differ and calls take time.
TOKEN_MARGIN_SECONDS = 60.0


@dataclass(frozen=True)
class Sad:
    """Signature activation data: the right to a number of signatures until a moment. A secret: kept sealed, never logged."""

    token: str = field(repr=False)
    expires_at: datetime
    credential_id: str = field(repr=False)


@dataclass(frozen=True)
class CredentialInfo:
    """A credential's certificates (DER, signer first, root last) and what its key can do. Unpacks as ``(chain, algo)``."""

    chain: list[bytes]
    algo: list[str]
    key_bits: int
    mode: str
    status: str
    most: int = 1
    """Signatures that one authorisation may give (``multisign``)."""

    def __iter__(self) -> Any:
        yield self.chain
        yield self.algo


def _wrong() -> OutsideUnavailable:
    return OutsideUnavailable("csc", "wrong_answer")


def _address(path: str) -> str:
    return http.address("csc", "REMOTE_SIGNING_URL", path)


def _hash_oid(digests: Sequence[bytes]) -> str:
    """All of one length; which algorithm that is among those we use."""
    for oid, algorithm in HASH_OIDS.items():
        if digests and all(len(digest) == algorithm.digest_size for digest in digests):
            return oid
    raise ValueError("digests must be SHA-256, SHA-384 or SHA-512, all of one kind")


def _base64(values: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(value).decode() for value in values]


def authorize_url(
    *,
    credential_id: str = "",
    qualifier: str = "",
    state: str,
    redirect_uri: str,
    hashes: Sequence[bytes] | None = None,
    num_signatures: int = 1,
    description: str = "",
    code_challenge: str = "",
) -> str:
    """Where the signer's browser goes (``oauth2/authorize``, scope credential); calls nobody.

    Either the key is known (``credential_id``), or the signer chooses one of theirs at the service (``qualifier``, the kind of
    signature wanted; :func:`exchange_code` then says which key it was) and the address names nobody.
    ``state`` comes back unchanged; ``hashes`` bind the activation data to documents; ``code_challenge`` is PKCE S256.
    """
    asked = _authorisation(
        credential_id=credential_id,
        qualifier=qualifier,
        state=state,
        redirect_uri=redirect_uri,
        hashes=hashes,
        num_signatures=num_signatures,
        description=description,
        code_challenge=code_challenge,
    )
    return http.address("csc", "REMOTE_SIGNING_PUBLIC_URL", "oauth2/authorize") + "?" + urlencode(asked)


def _authorisation(
    *,
    credential_id: str,
    qualifier: str,
    state: str,
    redirect_uri: str,
    hashes: Sequence[bytes] | None,
    num_signatures: int,
    description: str,
    code_challenge: str,
) -> dict[str, str]:
    asked = {
        "response_type": "code",
        "client_id": settings.REMOTE_SIGNING_CLIENT_ID,
        "redirect_uri": redirect_uri,
        "scope": "credential",
        "state": state,
        "lang": "vi-VN",
        "numSignatures": str(num_signatures),
    }
    if bool(credential_id) == bool(qualifier):
        raise ValueError("a key, or the kind of signature for which the signer chooses one")
    asked |= {"credentialID": credential_id} if credential_id else {"signatureQualifier": qualifier}
    if hashes:
        if len(hashes) != num_signatures:
            raise ValueError("as many hashes as signatures")
        asked["hashAlgorithmOID"] = _hash_oid(hashes)
        asked["hashes"] = ",".join(base64.urlsafe_b64encode(value).rstrip(b"=").decode() for value in hashes)
    if description:
        asked["description"] = description[:500]
    if code_challenge:
        asked |= {"code_challenge": code_challenge, "code_challenge_method": "S256"}
    return asked


@dataclass(frozen=True)
class Pushed:
    """A request to authorise that the service keeps: its address serves one authorisation, until a moment."""

    request_uri: str = field(repr=False)
    expires_at: datetime


def push_authorisation(
    *, credential_id: str, state: str, redirect_uri: str, hashes: Sequence[bytes], description: str = "", code_challenge: str = ""
) -> Pushed:
    """Tell the service what a signer will be asked to authorise (``oauth2/pushed_authorize``, RFC 9126): any number of ``hashes``, and
    nothing of them in the browser. Raises ``OutsideUnavailable``, ``OutsideRefused``."""
    asked = _authorisation(
        credential_id=credential_id,
        qualifier="",
        state=state,
        redirect_uri=redirect_uri,
        hashes=hashes,
        num_signatures=len(hashes),
        description=description,
        code_challenge=code_challenge,
    )
    form = {**asked, "client_secret": settings.REMOTE_SIGNING_CLIENT_SECRET}
    answer = http.ask("csc", "POST", _address("oauth2/pushed_authorize"), form=form) or {}
    uri, seconds = answer.get("request_uri"), answer.get("expires_in")
    if not isinstance(uri, str) or not uri or not isinstance(seconds, int) or seconds <= 0:
        raise _wrong()
    return Pushed(uri, datetime.now(tz=UTC) + timedelta(seconds=seconds))


def pushed_url(request_uri: str) -> str:
    """Where the signer's browser goes with what was pushed; calls nobody."""
    asked = {"client_id": settings.REMOTE_SIGNING_CLIENT_ID, "request_uri": request_uri}
    return http.address("csc", "REMOTE_SIGNING_PUBLIC_URL", "oauth2/authorize") + "?" + urlencode(asked)


def _token(form: dict[str, str]) -> dict[str, Any]:
    client = {"client_id": settings.REMOTE_SIGNING_CLIENT_ID, "client_secret": settings.REMOTE_SIGNING_CLIENT_SECRET}
    answer = http.ask("csc", "POST", _address("oauth2/token"), form={**form, **client}) or {}
    token, seconds = answer.get("access_token"), answer.get("expires_in", 300)
    if not isinstance(token, str) or not token or not isinstance(seconds, int) or seconds <= 0:
        raise _wrong()
    return {**answer, "expires_in": seconds}


def exchange_code(code: str, redirect_uri: str, *, code_verifier: str = "") -> Sad:
    """The activation data for a code that came back to ``redirect_uri``. A code serves once.

    Raises ``OutsideRefused("invalid_grant")`` for a code that is used, old or another's; ``OutsideUnavailable``.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if code_verifier:
        form["code_verifier"] = code_verifier
    answer = _token(form)
    if answer.get("token_type", "").lower() != "sad":
        raise _wrong()
    credential = answer.get("credentialID")
    expires = datetime.now(tz=UTC) + timedelta(seconds=answer["expires_in"])
    return Sad(answer["access_token"], expires, credential if isinstance(credential, str) else "")


_tokens: dict[tuple[str, str], tuple[str, float]] = {}
_lock = threading.Lock()


def service_token(*, fresh: bool = False) -> str:
    """The portal's own access token (client credentials, scope service), kept in this process until shortly before its end."""
    kept_for = (settings.REMOTE_SIGNING_URL, settings.REMOTE_SIGNING_CLIENT_ID)
    with _lock:
        token, until = _tokens.get(kept_for, ("", 0.0))
    if token and not fresh and time.monotonic() < until:
        return token
    answer = _token({"grant_type": "client_credentials", "scope": "service"})
    with _lock:
        _tokens[kept_for] = (answer["access_token"], time.monotonic() + answer["expires_in"] - TOKEN_MARGIN_SECONDS)
    return str(answer["access_token"])


def _ask(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """An authorised call; a service token that was withdrawn early is renewed once."""
    try:
        found = http.ask("csc", "POST", _address(path), bearer=service_token(), body=body)
    except OutsideRefused as refusal:
        if refusal.code not in ("invalid_token", "http_401"):
            raise
        found = http.ask("csc", "POST", _address(path), bearer=service_token(fresh=True), body=body)
    return found or {}


def credential_info(credential_id: str) -> CredentialInfo:
    """``credentials/info``: certificates and key of a credential. Raises ``OutsideRefused`` when there is none."""
    asked = {"credentialID": credential_id, "certificates": "chain", "certInfo": True, "authInfo": True}
    answer = _ask("credentials/info", asked)
    try:
        chain = [base64.b64decode(text, validate=True) for text in answer["cert"]["certificates"]]
        for der in chain:
            x509.load_der_x509_certificate(der)
        algo = [str(oid) for oid in answer["key"]["algo"]]
        found = CredentialInfo(
            chain,
            algo,
            int(answer["key"]["len"]),
            str(answer["auth"]["mode"]),
            str(answer["cert"].get("status", "")),
            max(1, int(answer.get("multisign", 1))),
        )
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise _wrong() from None
    if not found.chain or not found.algo:
        raise _wrong()
    return found


def seal_authorise(credential_id: str, *, hashes: Sequence[bytes] | None = None, num_signatures: int = 1) -> Sad:
    """``credentials/authorize`` for the seal of a unit (auth mode implicit: the service knows the portal, no person is asked)."""
    body: dict[str, Any] = {"credentialID": credential_id, "numSignatures": num_signatures}
    if hashes:
        body |= {"hashes": _base64(hashes), "hashAlgorithmOID": _hash_oid(hashes)}
    answer = _ask("credentials/authorize", body)
    token, seconds = answer.get("SAD"), answer.get("expiresIn", 3600)
    if not isinstance(token, str) or not token or not isinstance(seconds, int) or seconds <= 0:
        raise _wrong()
    return Sad(token, datetime.now(tz=UTC) + timedelta(seconds=seconds), credential_id)


def sign_hash(
    *, credential_id: str, sad: Sad | str, hashes: Sequence[bytes], hash_oid: str, sign_oid: str, certificate: bytes | None = None
) -> list[bytes]:
    """``signatures/signHash``: one raw signature a hash, each checked with the certificate.

    ``certificate``: DER of the signer's; when given, each signature is checked with it (else the caller checks).
    Raises ``ValueError`` for hashes that do not fit ``hash_oid``, ``OutsideUnavailable``, ``OutsideRefused``
    (``wrong_signature``: it is over something else, and the activation data is spent).
    """
    if not hashes or _hash_oid(hashes) != hash_oid:
        raise ValueError("hashes do not fit the hash algorithm")
    body: dict[str, Any] = {
        "credentialID": credential_id,
        "SAD": sad.token if isinstance(sad, Sad) else sad,
        "hashes": _base64(hashes),
        "hashAlgorithmOID": hash_oid,
        "signAlgo": sign_oid,
    }
    answer = _ask("signatures/signHash", body)
    try:
        signatures = [base64.b64decode(text, validate=True) for text in answer["signatures"]]
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise _wrong() from None
    if len(signatures) != len(hashes):
        raise _wrong()
    if certificate is not None:
        key = x509.load_der_x509_certificate(certificate).public_key()
        for digest, signature in zip(hashes, signatures, strict=True):
            if not _fits(key, digest, signature, HASH_OIDS[hash_oid], sign_oid):
                raise OutsideRefused("csc", "wrong_signature")
    return signatures


def _fits(key: object, digest: bytes, signature: bytes, algorithm: algorithms.HashAlgorithm, sign_oid: str) -> bool:
    prehashed = utils.Prehashed(algorithm)
    try:
        if isinstance(key, rsa.RSAPublicKey):
            fill: padding.AsymmetricPadding = padding.PKCS1v15()
            if sign_oid == RSA_PSS:
                fill = padding.PSS(mgf=padding.MGF1(algorithm), salt_length=padding.PSS.AUTO)
            key.verify(signature, digest, fill, prehashed)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, digest, ec.ECDSA(prehashed))
        else:
            return False
    except InvalidSignature:
        return False
    return True
