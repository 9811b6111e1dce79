"""What can be done: announce maintenance, call it off, end it; switch the read-only mode; set a trial."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pghistory
from django.conf import settings
from django.db import transaction

from portal import audit
from portal.access import Actor, require
from portal.text import nfc
from portal.upkeep import known
from portal.upkeep.models import ENGLISH_PARTS, Maintenance, ReadOnly, TrialPeriod
from portal.upkeep.rules import earliest_begin, trial_faults
from portal.workdays import national_calendar

ANNOUNCE, TRIAL = "upkeep.announce", "upkeep.trial"


class UpkeepRefused(Exception):
    """It cannot be done so; ``faults``: words for the officer by field, ``""``: of the act as a whole."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


def maintenance_faults(
    *, title: str, words: str, english: Mapping[str, str], begins_at: dt.datetime, ends_at: dt.datetime, emergency: bool, reason: str,
    now: dt.datetime,
) -> dict[str, str]:  # fmt: skip
    """What is wrong with an announcement, by field; empty: nothing (Rules art. 51)."""
    found = {}
    if not title:
        found["title"] = "Hãy ghi bảo trì gì."
    if not words:
        found["words"] = "Hãy ghi người dùng cần biết gì."
    if english and any(not english.get(part) for part in ENGLISH_PARTS):
        found["english_title"] = "Bản tiếng Anh phải đủ cả hai phần, hoặc để trống cả hai."
    if ends_at <= begins_at:
        found["ends_at"] = "Giờ kết thúc phải sau giờ bắt đầu."
    if begins_at < now and not emergency:
        found["begins_at"] = "Giờ bắt đầu đã qua."
    elif not emergency and begins_at < (first := earliest_begin(now, national_calendar())):
        found["begins_at"] = f"Phải báo trước ít nhất 5 ngày làm việc: báo lúc này thì sớm nhất từ {known.said(first)} (Quy chế, Điều 51)."
    if emergency and not reason:
        found["reason"] = "Bảo trì khẩn cấp phải ghi lý do vì sao không báo trước 5 ngày làm việc."
    return found


@transaction.atomic
def announce(
    *, actor: Actor, title: str, words: str, begins_at: dt.datetime, ends_at: dt.datetime, now: dt.datetime,
    english: Mapping[str, str] | None = None, emergency: bool = False, reason: str = "", only_read: bool = True,
) -> Maintenance:  # fmt: skip
    """Announce maintenance; whoever it concerns is told by the worker. ``AccessDenied``, :class:`UpkeepRefused`."""
    require(actor, ANNOUNCE)
    said = {part: nfc(str(text)).strip() for part, text in (english or {}).items() if str(text).strip()}
    facts: dict[str, Any] = {
        "title": nfc(title).strip()[:200], "words": nfc(words).strip()[:2000], "english": said, "begins_at": begins_at, "ends_at": ends_at,
        "emergency": emergency, "reason": nfc(reason).strip()[:500] if emergency else "",
    }  # fmt: skip
    if faults := maintenance_faults(now=now, **facts):
        raise UpkeepRefused(faults)
    with _history(actor, ANNOUNCE):
        row = Maintenance.objects.create(announced_at=now, announced_by=actor.label, only_read=only_read, **facts)
    return _noted(actor, "upkeep.announce", row, emergency=emergency)


@transaction.atomic
def call_off(*, actor: Actor, maintenance_id: UUID, now: dt.datetime) -> Maintenance:
    """There will be no maintenance. :class:`UpkeepRefused` once it has begun."""
    require(actor, ANNOUNCE)
    row = Maintenance.objects.select_for_update().get(pk=maintenance_id)
    if row.called_off_at is not None or row.begins_at <= now:
        raise UpkeepRefused({"": "Lần bảo trì này đã bắt đầu hoặc đã thôi."})
    row.called_off_at = now
    with _history(actor, "upkeep.call_off"):
        row.save(update_fields=["called_off_at"])
    return _noted(actor, "upkeep.call_off", row)


@transaction.atomic
def finish(*, actor: Actor, maintenance_id: UUID, now: dt.datetime) -> Maintenance:
    """It is done earlier than planned."""
    require(actor, ANNOUNCE)
    row = Maintenance.objects.select_for_update().get(pk=maintenance_id)
    if row.called_off_at is not None or row.ended_at is not None or not row.begins_at <= now < row.ends_at:
        raise UpkeepRefused({"": "Lần bảo trì này không đang diễn ra."})
    row.ended_at = now
    with _history(actor, "upkeep.finish"):
        row.save(update_fields=["ended_at"])
    return _noted(actor, "upkeep.finish", row)


@transaction.atomic
def switch_on(*, actor: Actor, reason: str, until: dt.datetime | None, now: dt.datetime) -> ReadOnly:
    """Let the portal only be read from now on; all processes know within a second or two. :class:`UpkeepRefused` where it is so already."""
    require(actor, ANNOUNCE)
    words = nfc(reason).strip()[:300]
    if not words:
        raise UpkeepRefused({"reason": "Hãy ghi lý do."})
    if until is not None and until <= now:
        raise UpkeepRefused({"until": "Giờ này đã qua."})
    if ReadOnly.objects.select_for_update().filter(ended_at__isnull=True).exists():
        raise UpkeepRefused({"": "Chế độ chỉ xem đang bật."})
    with _history(actor, "upkeep.read_only"):
        row = ReadOnly.objects.create(began_at=now, until=until, reason=words, began_by=actor.label)
    return _noted(actor, "upkeep.read_only", row)


@transaction.atomic
def switch_off(*, actor: Actor, now: dt.datetime) -> ReadOnly:
    """Take things in again. :class:`UpkeepRefused` where the mode is off."""
    require(actor, ANNOUNCE)
    row = ReadOnly.objects.select_for_update().filter(ended_at__isnull=True).first()
    if row is None:
        raise UpkeepRefused({"": "Chế độ chỉ xem đang tắt."})
    row.ended_at, row.ended_by = max(now, row.began_at), actor.label
    with _history(actor, "upkeep.read_and_write"):
        row.save(update_fields=["ended_at", "ended_by"])
    return _noted(actor, "upkeep.read_and_write", row)


@transaction.atomic
def set_trial(
    *, actor: Actor, begins_on: dt.date, public_from: dt.date, ends_on: dt.date, words: str, words_en: str, now: dt.datetime,
    trial_id: int | None = None,
) -> TrialPeriod:  # fmt: skip
    """Set the days of a trial, or change those of one that has not ended (Scheme III.3k). Trials do not overlap."""
    require(actor, TRIAL)
    found = trial_faults(begins_on, public_from, ends_on)
    others = TrialPeriod.objects.filter(begins_on__lt=ends_on, ends_on__gt=begins_on)
    if (others if trial_id is None else others.exclude(pk=trial_id)).exists():
        found["begins_on"] = "Trùng với một đợt vận hành thử khác."
    for name, text in (("words", words), ("words_en", words_en)):
        if not text.strip():
            found[name] = "Hãy ghi người dùng cần biết gì."
    if found:
        raise UpkeepRefused(found)
    row = TrialPeriod.objects.select_for_update().get(pk=trial_id) if trial_id else TrialPeriod(made_at=now, made_by=actor.label)
    row.begins_on, row.public_from, row.ends_on = begins_on, public_from, ends_on
    row.words, row.words_en = nfc(words).strip()[:500], nfc(words_en).strip()[:500]
    with _history(actor, TRIAL):
        row.save()
    return _noted(actor, TRIAL, row)


def _history(actor: Actor, act: str) -> Any:
    return pghistory.context(act=act, position=str(actor.position_id or ""), unit=actor.unit)


def _noted(actor: Actor, act: str, row: Any, **details: Any) -> Any:
    audit.record(actor=actor, act=act, target=row._meta.label_lower, target_id=str(row.pk), details=details)
    if not settings.FRAME_FOLLOWS_TABLES:
        known.hold(known.load())
    return row
