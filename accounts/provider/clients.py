"""Systems that sign people in through the portal: registered, changed, admitted, suspended at once (Rules art. 11.2, 12, 50).

Who administers an agency registers its systems, to be tried out; the Government Office admits them to real people, decides what they may
be let know, and suspends.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.db import transaction
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from accounts import queries
from accounts.models import OidcClient, OidcClientKey
from accounts.provider import ending
from accounts.provider.scopes import OPENID, SCOPES, known
from portal import audit
from portal.access import Actor, may, require
from portal.access.rules import covers
from portal.catalogues.queries import agency_names
from portal.crypto.tokens import KINDS, SMALLEST_RSA
from portal.exchange.addresses import address_problem

SEE, KEEP, ADMIT = "accounts.sign_on_clients", "accounts.keep_sign_on_clients", "accounts.admit_sign_on_clients"
KEYS_AT_A_TIME = 2
MOST_ADDRESSES = 10
_KID = re.compile(r"^[\x21-\x7e]{1,100}$")


class ClientRefused(Exception):
    """An act on a system that is not possible; ``message`` is for the officer, ``field`` names what to mend."""

    status = 422

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


# What is registered ---------------------------------------------------------------------------------------------------------------


def _addresses(urls: Collection[str], field: str) -> list[str]:
    found = list(dict.fromkeys(url.strip() for url in urls if url.strip()))
    if len(found) > MOST_ADDRESSES:
        raise ClientRefused(f"Nhiều nhất {MOST_ADDRESSES} địa chỉ.", field)
    for url in found:
        if problem := address_problem(url):
            raise ClientRefused(f"{url}: {problem}", field)
    return found


def _redirects(urls: Collection[str]) -> list[str]:
    found = _addresses(urls, "redirect_uris")
    if not found:
        raise ClientRefused("Cần ít nhất một địa chỉ nhận kết quả đăng nhập.", "redirect_uris")
    if len({urlsplit(url).hostname for url in found}) > 1:
        # People have one name in a sector, and the sector is a host (OpenID Connect Core 8.1).
        raise ClientRefused("Các địa chỉ nhận kết quả phải cùng một máy chủ. Máy chủ khác là một hệ thống khác.", "redirect_uris")
    return found


def _logout_uri(url: str) -> str:
    return (_addresses([url], "logout_uri") or [""])[0]


def _scopes(names: Collection[str]) -> list[str]:
    if unknown := set(names) - set(SCOPES):
        raise ClientRefused(f"Không có phạm vi {', '.join(sorted(unknown))}.", "scopes")
    return known({OPENID, *names})


def read_key(text: str, proof: str) -> tuple[str, dict[str, Any]]:
    """The name and the public part of what a system will prove itself by: a JWK or PEM public key, or a PEM certificate.

    :class:`ClientRefused` for a private key, a weak one, or another kind.
    """
    text = text.strip()
    if "PRIVATE" in text:
        raise ClientRefused("Đây là khóa bí mật. Bạn chỉ đăng ký phần công khai, và hãy thay khóa này vì đã bị lộ.", "key")
    return _certificate(text) if proof == OidcClient.Proof.CERTIFICATE else _public_key(text)


def _certificate(text: str) -> tuple[str, dict[str, Any]]:
    try:
        found = x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        raise ClientRefused("Chứng thư số phải ở dạng PEM (-----BEGIN CERTIFICATE-----).", "key") from None
    key = found.public_key()
    weak = key.key_size < SMALLEST_RSA if isinstance(key, rsa.RSAPublicKey) else not isinstance(key, ec.EllipticCurvePublicKey)
    if weak:
        raise ClientRefused(f"Khóa của chứng thư phải là RSA từ {SMALLEST_RSA} bit hoặc EC.", "key")
    digest = thumbprint(found.public_bytes(Encoding.DER))
    return digest, {"subject": found.subject.rfc4514_string()[:300], "not_after": found.not_valid_after_utc.isoformat()}


def thumbprint(der: bytes) -> str:
    """How a certificate is named (``x5t#S256``)."""
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")


def _public_key(text: str) -> tuple[str, dict[str, Any]]:
    said: Any = text
    try:
        if text.startswith("{"):
            said = json.loads(text)
            if isinstance(said.get("keys"), list):
                said = said["keys"][0] if len(said["keys"]) == 1 else None
        if not isinstance(said, str | dict):
            raise ValueError
        if isinstance(said, dict) and ({"d", "p", "q", "k"} & set(said)):
            raise ClientRefused("Đây là khóa bí mật. Bạn chỉ đăng ký phần công khai, và hãy thay khóa này vì đã bị lộ.", "key")
        key = import_key(said) if isinstance(said, dict) else import_key(said, "RSA" if "RSA" in said or len(said) > 300 else "EC")
        public = key.as_dict(private=False)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, binascii.Error):
        raise ClientRefused("Khóa phải là một JWK hoặc khóa công khai PEM: RSA từ 2048 bit, hoặc EC P-256.", "key") from None
    if isinstance(key, RSAKey):
        names: tuple[str, ...] = ("kty", "n", "e")
        weak = key.public_key.key_size < SMALLEST_RSA
    else:
        names = ("kty", "crv", "x", "y")
        weak = not isinstance(key, ECKey) or public.get("crv") != "P-256"
    if weak:
        raise ClientRefused("Khóa phải là RSA từ 2048 bit, hoặc EC P-256.", "key")
    kid = str(said["kid"]) if isinstance(said, dict) and said.get("kid") else key.thumbprint()
    if not _KID.fullmatch(kid):
        raise ClientRefused("Tên khóa (kid) gồm nhiều nhất 100 ký tự không dấu, không khoảng trắng.", "key")
    algorithm = next(name for name, kind in KINDS.items() if kind == public["kty"])
    return kid, {**{name: public[name] for name in names}, "kid": kid, "use": "sig", "alg": algorithm}


# Acts -----------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_client(
    *,
    actor: Actor,
    name: str,
    unit: str,
    redirect_uris: Collection[str],
    proof: str,
    key: str,
    scopes: Collection[str],
    now: datetime,
    post_logout_uris: Collection[str] = (),
    logout_uri: str = "",
    contacts: str = "",
    is_test: bool = True,
) -> OidcClient:
    """Register a system of an agency; of one's own unit, unless one may admit. :class:`ClientRefused`."""
    _require(actor, unit)
    if not is_test:
        require(actor, ADMIT)
    if not agency_names([unit]):
        raise ClientRefused("Không có cơ quan mang mã này trong danh mục.", "unit")
    if not name.strip():
        raise ClientRefused("Bạn hãy ghi tên hệ thống.", "name")
    if proof not in OidcClient.Proof.values:
        raise ClientRefused("Bạn hãy chọn cách hệ thống chứng minh.", "proof")
    redirects = _redirects(redirect_uris)
    kid, public = read_key(key, proof)
    client = OidcClient.objects.create(
        name=name.strip()[:200],
        unit_code=unit,
        sector=urlsplit(redirects[0]).hostname or "",
        redirect_uris=redirects,
        post_logout_uris=_addresses(post_logout_uris, "post_logout_uris"),
        logout_uri=_logout_uri(logout_uri),
        scopes=_scopes(scopes),
        proof=proof,
        contacts=contacts.strip(),
        is_test=is_test,
        created_at=now,
    )
    OidcClientKey.objects.create(client=client, kid=kid, public=public, added_at=now)
    _note(actor, "add", client, scopes=client.scopes, test=is_test, sector=client.sector)
    return client


@transaction.atomic
def change_client(
    *,
    client_id: UUID,
    actor: Actor,
    name: str,
    redirect_uris: Collection[str],
    post_logout_uris: Collection[str],
    logout_uri: str,
    scopes: Collection[str],
    contacts: str,
) -> None:
    """Change what is known of a system; holds from the next sign-in. What one for real people may be let know changes by who admits."""
    client = _locked(client_id)
    _require(actor, client.unit_code)
    wanted = _scopes(scopes)
    if wanted != client.scopes and not client.is_test:
        require(actor, ADMIT)
    if not name.strip():
        raise ClientRefused("Bạn hãy ghi tên hệ thống.", "name")
    client.name, client.scopes, client.contacts = name.strip()[:200], wanted, contacts.strip()
    client.redirect_uris = _redirects(redirect_uris)
    client.post_logout_uris = _addresses(post_logout_uris, "post_logout_uris")
    client.logout_uri = _logout_uri(logout_uri)
    client.save()
    _note(actor, "change", client, scopes=wanted, redirect_uris=client.redirect_uris)


@transaction.atomic
def admit(*, client_id: UUID, actor: Actor) -> None:
    """From being tried out to real people (the Government Office)."""
    require(actor, ADMIT)
    client = _locked(client_id)
    if not client.is_test:
        raise ClientRefused("Hệ thống này đã chính thức rồi.")
    client.is_test = False
    client.save(update_fields=["is_test"])
    _note(actor, "admit", client)


@transaction.atomic
def suspend(*, client_id: UUID, reason: str, actor: Actor, now: datetime) -> None:
    """From this moment on it signs nobody in; who is signed in there is signed out, and its tokens open nothing."""
    client = _locked(client_id)
    _require(actor, client.unit_code)
    if client.suspended_at is not None:
        raise ClientRefused("Hệ thống này đã tạm ngừng rồi.")
    if not reason.strip():
        raise ClientRefused("Bạn hãy ghi lý do.", "reason")
    client.suspended_at, client.suspended_why = now, reason.strip()[:1000]
    client.save(update_fields=["suspended_at", "suspended_why"])
    number = ending.end_of_client(client.pk, now=now)
    _note(actor, "suspend", client, ended=number)


@transaction.atomic
def readmit(*, client_id: UUID, actor: Actor) -> None:
    """Let it sign people in again (the Government Office)."""
    require(actor, ADMIT)
    client = _locked(client_id)
    if client.suspended_at is None:
        raise ClientRefused("Hệ thống này không bị tạm ngừng.")
    client.suspended_at, client.suspended_why = None, ""
    client.save(update_fields=["suspended_at", "suspended_why"])
    _note(actor, "readmit", client)


@transaction.atomic
def add_key(*, client_id: UUID, actor: Actor, key: str, now: datetime, end_others: bool = False) -> str:
    """Another key; the newest before it holds on, for the change. ``end_others``: no other one holds from now on (stolen). Its name."""
    client = _locked(client_id)
    _require(actor, client.unit_code)
    kid, public = read_key(key, client.proof)
    holding = list(client.keys.filter(ended_at=None).order_by("-added_at", "-id"))
    if any(one.kid == kid for one in holding):
        raise ClientRefused("Khóa này đang dùng rồi.", "key")
    for old in holding if end_others else holding[KEYS_AT_A_TIME - 1 :]:
        old.ended_at = now
        old.save(update_fields=["ended_at"])
    OidcClientKey.objects.create(client=client, kid=kid, public=public, added_at=now)
    _note(actor, "add_key", client, kid=kid, others_ended=end_others)
    return kid


def _require(actor: Actor, unit: str) -> None:
    """An agency's own administrator, or who admits."""
    if not may(actor, ADMIT):
        require(actor, KEEP, unit)


def _locked(client_id: UUID) -> OidcClient:
    client = OidcClient.objects.select_for_update().filter(pk=client_id).first()
    if client is None:
        raise ClientRefused("Không có hệ thống này.")
    return client


def _note(actor: Actor, act: str, client: OidcClient, **details: Any) -> None:
    audit.record(
        actor=actor,
        act=f"accounts.sign_on_{act}",
        target="accounts.oidcclient",
        target_id=str(client.pk),
        unit=client.unit_code,
        details=details,
    )


# At the door ----------------------------------------------------------------------------------------------------------------------


def client_of(client_id: str) -> OidcClient | None:
    """The system with this ``client_id`` that is let in now (one query)."""
    try:
        found = UUID(client_id)
    except (ValueError, AttributeError, TypeError):
        return None
    # As it was given to them, not another way to write it.
    return OidcClient.objects.filter(pk=found, suspended_at=None).first() if str(found) == client_id else None


def keys_of(client: OidcClient) -> list[Mapping[str, Any]]:
    """The keys that a system's assertions are checked by now (one query)."""
    return list(client.keys.filter(ended_at=None).values_list("public", flat=True))


def knows_certificate(client: OidcClient, der: bytes, now: datetime) -> bool:
    """Whether a certificate is one that a system proves itself by now, within its own dates (one query)."""
    row = client.keys.filter(ended_at=None, kid=thumbprint(der)).first()
    return row is not None and datetime.fromisoformat(row.public["not_after"]) > now


def takes_in(client: OidcClient, person_id: UUID) -> bool:
    """Whether a system signs this person in: one that is tried out only who works for its agency, where the portal holds real people."""
    if not client.is_test or settings.ENVIRONMENT_LABEL:
        return True
    return any(covers(client.unit_code, position.unit_code) for position in queries.positions_held(person_id))
