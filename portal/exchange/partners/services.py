"""Partners: registered, let in, counted, taken back."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from portal import audit, watch
from portal.access import Actor, require
from portal.exchange.partners.consents import narrowed
from portal.exchange.partners.models import Call, KeptAnswer, Partner, PartnerSession, Secret, WrongPassword
from portal.exchange.partners.units import unit_of
from portal.limits import take

logger = logging.getLogger(__name__)

SEE, KEEP = "exchange.partners", "exchange.keep_partners"
ONE_STOP = (Call.DOSSIERS, Call.LOOKUP, Call.CATALOGUES, Call.MESSAGES)
"""What a one-stop system may call where nothing else is said."""
SESSION_MINUTES = 30
SECRETS_AT_A_TIME = 2
WRONG_WINDOW, WRONG_PER_ADDRESS = timedelta(minutes=15), 10
"""So many wrong passwords from one address, and that address is not listened to for a while; the partner's own goes on."""
ALARM_WINDOW, ALARM_AT = timedelta(hours=1), 30
"""So many wrong passwords for one partner, wherever from, and somebody should look."""
ANSWERS_KEPT = timedelta(hours=24)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)


class PartnerRefused(Exception):
    """An act on a partner that is not possible; ``message`` is for the officer, ``field`` names what to mend."""

    status = 422

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


class NotLetIn(Exception):
    """A partner is not let in. ``code``: ``wrong``, ``suspended``, ``too_many`` (with seconds to wait), ``expired``."""

    def __init__(self, code: str, retry_after: int = 0) -> None:
        super().__init__(code)
        self.code, self.retry_after = code, retry_after


@dataclass(frozen=True)
class Credentials:
    """Shown once, to whom they are made for."""

    username: str
    password: str


# Kept by VPCP --------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_partner(
    *,
    code: str,
    name: str,
    units: Collection[str],
    actor: Actor,
    now: datetime,
    calls: Collection[str] = ONE_STOP,
    contacts: str = "",
    is_test: bool = False,
    is_third_party: bool = False,
    calls_per_minute: int = 3000,
) -> Credentials:
    """Register a system and give it its first password. :class:`PartnerRefused` for a code that is taken or units that are none."""
    require(actor, KEEP)
    if not _CODE.fullmatch(code):
        raise PartnerRefused("Mã gồm chữ không dấu, chữ số, dấu chấm, gạch ngang, gạch dưới; nhiều nhất 40 ký tự.", "code")
    if Partner.objects.filter(pk=code).exists():
        raise PartnerRefused("Mã này đã có hệ thống khác dùng.", "code")
    if not name.strip():
        raise PartnerRefused("Bạn hãy ghi tên hệ thống.", "name")
    found = _units(units)
    if unknown := set(calls) - set(Call.values):
        raise PartnerRefused(f"Không có quyền gọi {', '.join(sorted(unknown))}.", "calls")
    partner = Partner.objects.create(
        code=code,
        name=name.strip()[:200],
        units=found,
        calls=sorted(calls),
        contacts=contacts,
        is_test=is_test,
        is_third_party=is_third_party,
        calls_per_minute=calls_per_minute,
        created_at=now,
    )
    _note(actor, "exchange.add_partner", partner, units=found, test=is_test, third_party=is_third_party)
    return Credentials(code, _new_secret(partner, now))


def _units(units: Collection[str]) -> list[str]:
    found = [unit_of(unit.strip()) for unit in units if unit.strip()]
    if not found or "" in found:
        raise PartnerRefused("Mỗi mã cơ quan viết như H26 hoặc H26.101.", "units")
    return sorted(set(found))


@transaction.atomic
def change_partner(*, code: str, actor: Actor, name: str, units: Collection[str], calls: Collection[str], contacts: str, rate: int) -> None:
    """Change what is known of a system and what it may do; holds from its next call on."""
    require(actor, KEEP)
    partner = _locked(code)
    partner.name, partner.units, partner.calls = name, _units(units), sorted(set(calls) & set(Call.values))
    partner.contacts, partner.calls_per_minute = contacts, rate
    partner.save()
    _note(actor, "exchange.change_partner", partner, units=partner.units, calls=partner.calls)


@transaction.atomic
def suspend(*, code: str, reason: str, actor: Actor, now: datetime) -> None:
    """Let a system in no more, from this moment on: its sessions end too."""
    require(actor, KEEP)
    partner = _locked(code)
    if partner.suspended_at is not None:
        raise PartnerRefused("Hệ thống này đã tạm ngừng rồi.")
    partner.suspended_at, partner.suspended_why = now, reason
    partner.save(update_fields=["suspended_at", "suspended_why"])
    partner.sessions.all().delete()
    _note(actor, "exchange.suspend_partner", partner)


@transaction.atomic
def readmit(*, code: str, actor: Actor) -> None:
    """Let a system in again. Its passwords hold as before: change them where they were known to others."""
    require(actor, KEEP)
    partner = _locked(code)
    if partner.suspended_at is None:
        raise PartnerRefused("Hệ thống này đang được kết nối.")
    partner.suspended_at, partner.suspended_why, partner.alarmed_at = None, "", None
    partner.save(update_fields=["suspended_at", "suspended_why", "alarmed_at"])
    _note(actor, "exchange.readmit_partner", partner)


@transaction.atomic
def new_password(*, code: str, actor: Actor, now: datetime, end_others: bool = False) -> Credentials:
    """Make another password. The one before holds too until the next is made; ``end_others``: it and all sessions end now (stolen)."""
    require(actor, KEEP)
    partner = _locked(code)
    valid = list(partner.secrets.filter(ended_at=None))
    for old in valid if end_others else valid[SECRETS_AT_A_TIME - 1 :]:
        old.ended_at = now
        old.save(update_fields=["ended_at"])
    if end_others:
        partner.sessions.all().delete()
        Partner.objects.filter(pk=code).update(alarmed_at=None)
        watch.see("partner_stolen", code)
    _note(actor, "exchange.new_password", partner, others_ended=end_others)
    return Credentials(code, _new_secret(partner, now))


def _locked(code: str) -> Partner:
    partner = Partner.objects.select_for_update().filter(pk=code).first()
    if partner is None:
        raise PartnerRefused("Không có hệ thống này.")
    return partner


def _new_secret(partner: Partner, now: datetime) -> str:
    password = secrets.token_urlsafe(32)
    Secret.objects.create(partner=partner, digest=_digest(password), created_at=now)
    return password


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _note(actor: Actor, act: str, partner: Partner, **details: Any) -> None:
    audit.record(actor=actor, act=act, target="partners.partner", target_id=partner.code, details=details)


# At the door ---------------------------------------------------------------------------------------------------------------------


def let_in(*, username: str, password: str, address: str, now: datetime) -> Partner:
    """The partner who signs in. :class:`NotLetIn` ``wrong``, ``suspended`` or ``too_many``; an unknown name is ``wrong`` too.

    Wrong passwords are counted by partner and address in PostgreSQL: past :data:`WRONG_PER_ADDRESS` that address waits, also with the
    right one, so that nobody learns by trying; other addresses go on. Past :data:`ALARM_AT` an hour there is an alarm.
    """
    partner = Partner.objects.filter(pk=username).first() if _CODE.fullmatch(username) else None
    digest = _digest(password)
    if partner is None:
        _tried(address)
        raise NotLetIn("wrong")
    tries = WrongPassword.objects.filter(partner=partner, address=address[:64], at__gt=now - WRONG_WINDOW).count()
    if tries >= WRONG_PER_ADDRESS:
        raise NotLetIn("too_many", int(WRONG_WINDOW.total_seconds()))
    valid = Secret.objects.filter(partner=partner, ended_at=None).values_list("digest", flat=True)
    if not any(hmac.compare_digest(bytes(known), digest) for known in valid):
        _wrong(partner, address, now)
        raise NotLetIn("wrong")
    return _open(partner)


def _open(partner: Partner) -> Partner:
    """The partner, with no more calls than it has consent for."""
    if partner.suspended_at is not None:
        raise NotLetIn("suspended")
    return narrowed(partner, timezone.now())


def _tried(address: str) -> None:
    grant = take("partners.unknown", address, capacity=60, refill_per_second=1)
    if not grant.allowed:
        raise NotLetIn("too_many", max(1, int(grant.retry_after)))


def _wrong(partner: Partner, address: str, now: datetime) -> None:
    WrongPassword.objects.filter(partner=partner, at__lt=now - timedelta(days=1)).delete()
    watch.see("partner_password", partner.code, address)
    WrongPassword.objects.create(partner=partner, address=address[:64], at=now)
    count = WrongPassword.objects.filter(partner=partner, at__gt=now - ALARM_WINDOW).count()
    if count >= ALARM_AT and Partner.objects.filter(pk=partner.pk).exclude(alarmed_at__gt=now - ALARM_WINDOW).update(alarmed_at=now):
        logger.error("many wrong passwords for a partner", extra={"partner": partner.code, "wrong": count})


def open_session(*, partner: Partner, now: datetime) -> str:
    """A session of the national format; its token, which is kept as a digest only."""
    PartnerSession.objects.filter(partner=partner, expires_at__lt=now).delete()
    token = secrets.token_urlsafe(32)
    PartnerSession.objects.create(digest=_digest(token), partner=partner, expires_at=now + timedelta(minutes=SESSION_MINUTES))
    return token


def partner_of_session(*, token: str, now: datetime) -> Partner:
    """Whose session this is. :class:`NotLetIn` ``expired`` (also for one that never was) or ``suspended``."""
    found = PartnerSession.objects.filter(digest=_digest(token), expires_at__gt=now).select_related("partner").first()
    if found is None:
        raise NotLetIn("expired")
    return _open(found.partner)


def take_call(partner: Partner) -> None:
    """Count one call against the partner's limit. :class:`NotLetIn` ``too_many`` with the seconds to wait."""
    rate = partner.calls_per_minute
    grant = take("partners.calls", partner.code, capacity=max(rate // 6, 1), refill_per_second=max(rate, 1) / 60)
    if not grant.allowed:
        raise NotLetIn("too_many", max(1, int(grant.retry_after) + 1))


_DAY = (
    "INSERT INTO partners_partnerday AS d (partner_id, day, calls, rows_in, rows_refused, last_at) VALUES (%s, %s, 1, %s, %s, %s)"
    " ON CONFLICT (partner_id, day) DO UPDATE SET calls = d.calls + 1, rows_in = d.rows_in + excluded.rows_in,"
    " rows_refused = d.rows_refused + excluded.rows_refused, last_at = greatest(d.last_at, excluded.last_at)"
)
_REFUSAL = (
    "INSERT INTO partners_partnerrefusal AS r (partner_id, day, reason, rows) VALUES (%s, %s, %s, %s)"
    " ON CONFLICT (partner_id, day, reason) DO UPDATE SET rows = r.rows + excluded.rows"
)


def note_call(partner: Partner, *, now: datetime, rows_in: int = 0, refused: Mapping[str, int] | None = None) -> None:
    """Note a call with the rows that were taken and those that were refused, by reason; last in the transaction that takes them."""
    day, refused = timezone.localdate(now), refused or {}
    with connection.cursor() as cursor:
        cursor.execute(_DAY, [partner.code, day, rows_in, sum(refused.values()), now])
        for reason in sorted(refused):
            cursor.execute(_REFUSAL, [partner.code, day, reason[:40], refused[reason]])


class OtherRequest(Exception):
    """Another request came under a key that was used for one before."""


@transaction.atomic
def once(*, partner: Partner, key: str, body: bytes, now: datetime, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do a request once: under a key that was answered within a day the same answer is given and nothing is done.

    Two at once with one key wait for each other. :class:`OtherRequest` where the bytes are not those of the first.
    """
    digest = hashlib.sha256(body).digest()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM partners_keptanswer WHERE at < %s AND partner_id = %s", [now - ANSWERS_KEPT, partner.code])
        cursor.execute(
            "INSERT INTO partners_keptanswer (partner_id, key, digest, answer, at) VALUES (%s, %s, %s, '', %s)"
            " ON CONFLICT (partner_id, key) DO NOTHING",
            [partner.code, key, digest, now],
        )
        is_new = cursor.rowcount == 1
    row = KeptAnswer.objects.get(partner=partner, key=key)
    if not is_new:
        if bytes(row.digest) != digest or not row.answer:
            raise OtherRequest
        found: dict[str, Any] = json.loads(row.answer)
        return found
    answer = do()
    # As a text: its order is kept, and a thousand rows are written once.
    KeptAnswer.objects.filter(pk=row.pk).update(answer=json.dumps(answer))
    return answer
