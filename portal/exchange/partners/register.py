"""The register of partners beyond name and password: keys and certificates, people to reach, the line and its server (Rules art. 3.3, 50).

An agency keeps what belongs to its own systems, VPCP everything.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.dispatch import Signal
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from portal import audit
from portal.access import Actor, may, require
from portal.crypto.handshake import thumbprint
from portal.exchange.partners.models import Partner, PartnerContact, PartnerKey, PartnerLine
from portal.exchange.partners.services import KEEP, PartnerRefused
from portal.exchange.partners.units import unit_of
from portal.workdays import due_at, national_calendar

OWN_KEEP = "exchange.keep_own_partners"
NOTICE_DAYS = 3
"""Working days between notice and effect of a change of a security server's data (Rules art. 50)."""
SMALLEST_RSA = 2048
KEYS_OF_A_USE = 4
_KID = re.compile(r"^[\x21-\x7e]{1,100}$")
_PHONE = re.compile(r"^\+[1-9]\d{6,14}$")
_PRIVATE = frozenset({"d", "p", "q", "k"})

line_changes = Signal()
"""A line of a partner will change: ``line``, ``before`` (or None). Sent in the transaction that notes it; who tells people listens."""


# Whose they are -------------------------------------------------------------------------------------------------------------------


def require_keep(actor: Actor, partner: Partner) -> None:
    """VPCP, or the agency for which alone the partner speaks."""
    if may(actor, KEEP) or (partner.owner_id is not None and partner.owner_id == actor.person_id):
        return
    for unit in partner.units:
        require(actor, OWN_KEEP, unit)


def _locked(code: str, actor: Actor) -> Partner:
    partner = Partner.objects.select_for_update().filter(pk=code).first()
    if partner is None:
        raise PartnerRefused("Không có hệ thống này.")
    require_keep(actor, partner)
    return partner


def _note(actor: Actor, act: str, partner: Partner, **details: Any) -> None:
    audit.record(actor=actor, act=f"exchange.{act}", target="partners.partner", target_id=partner.code, details=details)


# Keys -----------------------------------------------------------------------------------------------------------------------------


def read_key(text: str, use: str) -> PartnerKey:
    """An unsaved key out of what an engineer pasted: a JWK, a set of one, a PEM public key or a PEM certificate.

    :class:`PartnerRefused` (field ``key``) for a private key, a weak one, another kind; for ``tls`` whatever is no certificate.
    """
    text = text.strip()
    if len(text) > 20_000:
        raise PartnerRefused("Khóa dài quá.", "key")
    if "PRIVATE" in text:
        raise PartnerRefused("Đây là khóa bí mật. Bạn chỉ đăng ký phần công khai, và hãy thay khóa này vì đã bị lộ.", "key")
    row = PartnerKey(use=use)
    if "BEGIN CERTIFICATE" in text:
        return _of_certificate(row, text)
    if use == PartnerKey.Use.TLS:
        raise PartnerRefused("Bắt tay TLS cần chứng thư số dạng PEM (-----BEGIN CERTIFICATE-----).", "key")
    try:
        said: Any = text
        if text.startswith("{"):
            said = json.loads(text)
            if isinstance(said.get("keys"), list):
                fitting = [one for one in said["keys"] if isinstance(one, dict) and one.get("use", use) == use]
                said = fitting[0] if len(fitting) == 1 else None
            if not isinstance(said, dict):
                raise ValueError
            if _PRIVATE & set(said):
                raise PartnerRefused("Đây là khóa bí mật. Bạn chỉ đăng ký phần công khai, và hãy thay khóa này vì đã bị lộ.", "key")
        key = import_key(said) if isinstance(said, dict) else import_key(said, "EC" if len(said) < 300 else "RSA")
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise PartnerRefused("Khóa phải là một JWK, khóa công khai PEM hoặc chứng thư số PEM.", "key") from None
    return _filled(row, key, str(said["kid"]) if isinstance(said, dict) and said.get("kid") else key.thumbprint())


def _filled(row: PartnerKey, key: Any, kid: str) -> PartnerKey:
    public = key.as_dict(private=False)
    if isinstance(key, RSAKey):
        names: tuple[str, ...] = ("kty", "n", "e")
        fits = key.public_key.key_size >= SMALLEST_RSA
    else:
        names, fits = ("kty", "crv", "x", "y"), isinstance(key, ECKey) and public.get("crv") in ("P-256", "P-384")
    if not fits:
        raise PartnerRefused("Khóa phải là RSA từ 2048 bit, hoặc EC P-256, P-384.", "key")
    if not _KID.fullmatch(kid):
        raise PartnerRefused("Tên khóa (kid) gồm nhiều nhất 100 ký tự không dấu, không khoảng trắng.", "key")
    row.kid, row.public = kid, {**{name: public[name] for name in names}, "kid": kid, "use": row.use}
    return row


def _of_certificate(row: PartnerKey, text: str) -> PartnerKey:
    try:
        found = x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        raise PartnerRefused("Chứng thư số không đọc được.", "key") from None
    key, der = found.public_key(), found.public_bytes(Encoding.DER)
    row.subject = found.subject.rfc4514_string()[:300]
    row.not_before, row.not_after = found.not_valid_before_utc, found.not_valid_after_utc
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise PartnerRefused("Khóa của chứng thư phải là RSA từ 2048 bit hoặc EC.", "key")
    made = RSAKey.import_key(_pem(key)) if isinstance(key, rsa.RSAPublicKey) else ECKey.import_key(_pem(key))
    return _filled(row, made, thumbprint(der))


def _pem(key: Any) -> bytes:
    pem: bytes = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem


@transaction.atomic
def add_key(*, code: str, use: str, text: str, actor: Actor, now: datetime) -> PartnerKey:
    """Register a key or certificate; those before it hold on until they are revoked or over. :class:`PartnerRefused`."""
    partner = _locked(code, actor)
    if use not in PartnerKey.Use.values:
        raise PartnerRefused("Bạn hãy chọn khóa dùng để làm gì.", "use")
    row = read_key(text, use)
    if row.not_after is not None and row.not_after <= now:
        raise PartnerRefused("Chứng thư này đã hết hạn.", "key")
    if partner.keys.filter(use=use, kid=row.kid).exists():
        raise PartnerRefused("Khóa mang tên này đã đăng ký rồi.", "key")
    if holding(partner, use, now).count() >= KEYS_OF_A_USE:
        raise PartnerRefused(f"Nhiều nhất {KEYS_OF_A_USE} khóa cùng loại; hãy thu hồi khóa cũ trước.", "key")
    row.partner, row.added_at = partner, now
    row.save()
    _note(actor, "add_partner_key", partner, use=use, kid=row.kid)
    return row


@transaction.atomic
def revoke_key(*, code: str, key_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """From this moment on nothing is taken that this key signed, and no token holds that was asked for by it."""
    partner = _locked(code, actor)
    row = partner.keys.filter(pk=key_id, revoked_at=None).first()
    if row is None:
        raise PartnerRefused("Khóa này không còn hiệu lực rồi.")
    row.revoked_at, row.revoked_why = now, reason[:300]
    row.save(update_fields=["revoked_at", "revoked_why"])
    partner.tokens.filter(key=row).delete()
    if row.use == PartnerKey.Use.TLS:
        partner.tokens.filter(thumbprint=row.kid).delete()
    _note(actor, "revoke_partner_key", partner, use=row.use, kid=row.kid)


def holding(partner: Partner, use: str, now: datetime) -> QuerySet[PartnerKey]:
    """Keys of a use that hold now, the newest first."""
    dated = Q(not_before=None) | Q(not_before__lte=now), Q(not_after=None) | Q(not_after__gt=now)
    return PartnerKey.objects.filter(*dated, partner=partner, use=use, revoked_at=None).order_by("-added_at", "-id")


# People ---------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_contact(*, code: str, name: str, phone: str, email: str, wants_alarms: bool, actor: Actor) -> PartnerContact:
    """Somebody to reach at a partner. :class:`PartnerRefused` without any way to reach them."""
    partner = _locked(code, actor)
    phone = re.sub(r"[\s.()-]", "", phone)
    phone = f"+84{phone[1:]}" if phone.startswith("0") else phone
    if not name.strip():
        raise PartnerRefused("Bạn hãy ghi họ tên, chức vụ.", "name")
    if phone and not _PHONE.fullmatch(phone):
        raise PartnerRefused("Số điện thoại không đúng.", "phone")
    if not phone and not email:
        raise PartnerRefused("Cần số điện thoại hoặc địa chỉ thư điện tử.", "phone")
    row = PartnerContact.objects.create(partner=partner, name=name.strip()[:200], phone=phone, email=email, wants_alarms=wants_alarms)
    _note(actor, "add_partner_contact", partner, contact=row.pk)
    return row


@transaction.atomic
def end_contact(*, code: str, contact_id: int, actor: Actor, now: datetime) -> None:
    """They are no contact any more."""
    partner = _locked(code, actor)
    if not partner.people.filter(pk=contact_id, ended_at=None).update(ended_at=now, name="–", phone="", email=""):
        raise PartnerRefused("Đầu mối này không còn.")
    _note(actor, "end_partner_contact", partner, contact=contact_id)


def alarmed(partner: Partner) -> list[PartnerContact]:
    """Who at the partner wants to hear of its line."""
    return list(partner.people.filter(ended_at=None, wants_alarms=True))


# The line -------------------------------------------------------------------------------------------------------------------------


def earliest(partner: Partner, now: datetime) -> datetime:
    """When a change that is noticed now may take effect: at once for the first line and for what is tried out, else at the end of the third
    working day after the notice (Rules art. 50)."""
    if partner.is_test or not partner.lines.filter(withdrawn_at=None).exists():
        return now
    return due_at(now, NOTICE_DAYS, "working_day", national_calendar())


def address_problem(url: str) -> str:
    """Why an address can be none of a partner's door; empty where it can. Such hosts of our own network are never asked."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "Địa chỉ không đúng."
    if len(url) > 500 or not url.isascii() or any(sign in url for sign in " \t\r\n\\<>\"'#?") or not host:
        return "Địa chỉ viết đủ, không dấu, không có khoảng trắng, dấu # hay ?."
    if parts.username is not None or parts.password is not None:
        return "Địa chỉ không có tên đăng nhập."
    is_local, is_public = host == "localhost", "." in host and not host.endswith((".local", ".internal", ".lan", ".localhost"))
    try:
        number = ipaddress.ip_address(host)
        is_local, is_public = number.is_loopback, number.is_global
    except ValueError:
        pass
    if is_local and settings.SIGN_ON_PLAIN_HTTP and parts.scheme in ("http", "https"):
        return ""
    if parts.scheme != "https":
        return "Địa chỉ phải bắt đầu bằng https://."
    return "" if is_public else "Địa chỉ phải là máy công khai trên Internet hoặc trên mạng truyền số liệu chuyên dùng có tên miền."


@transaction.atomic
def change_line(
    *,
    code: str,
    carrier: str,
    actor: Actor,
    now: datetime,
    address: str = "",
    member: str = "",
    zone: str = "",
    server: str = "",
    effective_from: datetime | None = None,
) -> PartnerLine:
    """Give notice of a line, or of a change of it, from a moment on; without one as early as may be (:func:`earliest`).

    The agencies and partners concerned are told (:data:`line_changes`). :class:`PartnerRefused` for an address that is none, for a day that
    is too early, with the earliest one.
    """
    partner = _locked(code, actor)
    if carrier not in PartnerLine.Carrier.values:
        raise PartnerRefused("Bạn hãy chọn đường đi.", "carrier")
    if carrier == PartnerLine.Carrier.EDOC:
        address, member = "", _organ(partner, member, now)
    elif problem := address_problem(address):
        raise PartnerRefused(problem, "address")
    if carrier == PartnerLine.Carrier.NDXP and not re.fullmatch(r"[A-Z]{2}:[A-Z]+:[A-Za-z0-9.\-]+:[A-Za-z0-9._\-]+", member):
        raise PartnerRefused("Mã trên trục viết như VN:GOV:000.00.00.H26:motcua.", "member")
    first = earliest(partner, now)
    starts = effective_from or first
    if starts < first:
        raise PartnerRefused(
            f"Thay đổi phải báo trước ít nhất {NOTICE_DAYS} ngày làm việc (Quy chế điều 50): sớm nhất từ {first:%H:%M ngày %d/%m/%Y}.",
            "effective_from",
        )
    before = line_of(partner, now)
    partner.lines.filter(effective_from__gt=now, withdrawn_at=None).update(withdrawn_at=now)
    row = PartnerLine.objects.create(
        partner=partner,
        carrier=carrier,
        address=address.rstrip("/"),
        member=member,
        zone=zone[:200],
        server=server[:300],
        noticed_at=now,
        effective_from=starts,
    )
    _note(actor, "change_partner_line", partner, carrier=carrier, effective_from=starts.isoformat())
    line_changes.send(sender=PartnerLine, line=row, before=before)
    return row


def _organ(partner: Partner, member: str, now: datetime) -> str:
    """The code by which the document axis knows a partner: an agency's, and no other partner's."""
    member = member.strip()
    if not unit_of(member):
        raise PartnerRefused("Mã cơ quan trên Trục liên thông văn bản viết như H26.1.2 hoặc 000.00.01.H26.", "member")
    other = partner_on_axis(member, now)
    if other is not None and other.pk != partner.pk:
        raise PartnerRefused(f"Mã này đã dùng cho hệ thống {other.pk}.", "member")
    return member


def partner_on_axis(organ: str, now: datetime) -> Partner | None:
    """Whom the document axis knows by this code: whose line leads over it now, or will."""
    lines = PartnerLine.objects.filter(carrier=PartnerLine.Carrier.EDOC, member=organ, withdrawn_at=None).select_related("partner")
    for line in lines.order_by("-effective_from", "-id"):
        if line in (line_of(line.partner, now), coming_line(line.partner, now)):
            return line.partner
    return None


def line_of(partner: Partner, now: datetime) -> PartnerLine | None:
    """The line that holds now; None for a partner that only calls us (one query)."""
    return partner.lines.filter(effective_from__lte=now, withdrawn_at=None).order_by("-effective_from", "-id").first()


def coming_line(partner: Partner, now: datetime) -> PartnerLine | None:
    """The line that will hold next, if a change was noticed."""
    return partner.lines.filter(effective_from__gt=now, withdrawn_at=None).order_by("effective_from", "id").first()


def public_of(keys: Sequence[PartnerKey]) -> list[dict[str, Any]]:
    """JWKs of keys."""
    return [dict(key.public) for key in keys]
