"""Drafts put up for opinion: opened, spoken to by anybody, answered one by one or by subject, concluded in public; sites that embed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pghistory
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal import audit
from portal.access import Actor, require
from portal.text import nfc
from procedures.models import Announcement, Consultation, EmbedSite, Opinion, Procedure
from procedures.services.mistakes import without_numbers

CONSULT = "procedures.consult"
EMBED = "procedures.embed"
LEAST_DAYS = 20
"""So long a draft stays open for opinions at least (Decree 63/2010 art. 9; Law on promulgation of legal documents)."""
ORIGIN = re.compile(r"^https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{2,5})?$")


class ConsultationRefused(Exception):
    """The act cannot be done. ``faults``: what is wrong, in Vietnamese, by the name of the field, or by ``""``."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


def _tidy(text: str, most: int) -> str:
    return "\n".join(" ".join(line.split()) for line in nfc(text).splitlines()).strip()[:most]


@transaction.atomic
def open_consultation(
    *,
    actor: Actor,
    unit_code: str,
    title: str,
    summary: str,
    subjects: Sequence[str],
    procedures: Sequence[str],
    opens_on: dt.date,
    closes_on: dt.date,
    now: dt.datetime,
) -> Consultation:
    """Put a draft up for opinion from a day to a day. :class:`ConsultationRefused`, ``AccessDenied``."""
    require(actor, CONSULT, unit_code)
    faults = {}
    if opens_on < timezone.localdate(now):
        faults["opens_on"] = "Bắt đầu từ hôm nay trở đi."
    if (closes_on - opens_on).days + 1 < LEAST_DAYS:
        faults["closes_on"] = f"Lấy ý kiến ít nhất {LEAST_DAYS} ngày."
    if not subjects:
        faults["subjects"] = "Hãy nêu ít nhất một vấn đề."
    elif any(len(one) > 200 for one in subjects) or len(subjects) > 30:
        faults["subjects"] = "Nhiều nhất 30 vấn đề, mỗi vấn đề không quá 200 ký tự."
    known = set(Procedure.objects.filter(code__in=list(procedures)).values_list("code", flat=True))
    if lost := [code for code in procedures if code not in known]:
        faults["procedures"] = f"Không có thủ tục mã {', '.join(lost)}."
    if faults:
        raise ConsultationRefused(faults)
    with _context(actor, "procedures.consult.open"):
        row = Consultation.objects.create(
            unit_code=unit_code,
            title=_tidy(title, 300),
            summary=_tidy(summary, 10_000),
            subjects=list(subjects),
            procedures=list(procedures),
            opens_on=opens_on,
            closes_on=closes_on,
            written_by=actor.label,
            created_at=now,
        )
    _note(actor, "procedures.consult.open", row)
    return row


@transaction.atomic
def give_opinion(*, consultation: Consultation, subject: str, text: str, now: dt.datetime) -> Opinion:
    """Take down what somebody says of a draft. Numbers of people are taken out; it is shown once it is answered."""
    if not consultation.is_open(timezone.localdate(now)):
        raise ConsultationRefused({"": "Dự thảo này không còn lấy ý kiến."})
    if subject not in consultation.subjects:
        raise ConsultationRefused({"subject": "Bạn hãy chọn một vấn đề trong danh sách."})
    return Opinion.objects.create(consultation=consultation, subject=subject, text=without_numbers(_tidy(text, 3000)), created_at=now)


@transaction.atomic
def answer_opinion(*, actor: Actor, opinion_id: UUID, answer: str, whole_subject: bool, now: dt.datetime) -> int:
    """Answer one opinion, or all that wait on its subject; both are public from then on. How many were answered."""
    row = Opinion.objects.select_for_update(of=("self",)).select_related("consultation").get(pk=opinion_id)
    require(actor, CONSULT, row.consultation.unit_code)
    answer = _tidy(answer, 3000)
    if not answer:
        raise ConsultationRefused({"answer": "Hãy ghi câu trả lời."})
    if row.answered_at is not None:
        raise ConsultationRefused({"": "Ý kiến này đã được trả lời."})
    waiting = Opinion.objects.filter(consultation=row.consultation, subject=row.subject, answered_at__isnull=True)
    rows = waiting if whole_subject else waiting.filter(pk=row.pk)
    count = rows.update(answer=answer, answered_at=now, answered_by=actor.label)
    _note(actor, "procedures.consult.answer", row.consultation)
    return count


@transaction.atomic
def publish_outcome(*, actor: Actor, consultation_id: UUID, outcome: str, decision_number: str, now: dt.datetime) -> Consultation:
    """Say in public what came of the opinions, beside the decision where there is one: only once every opinion is answered."""
    row = Consultation.objects.select_for_update().get(pk=consultation_id)
    require(actor, CONSULT, row.unit_code)
    outcome, number = _tidy(outcome, 10_000), decision_number.strip()
    faults = {}
    if row.is_open(timezone.localdate(now)) or row.opens_on > timezone.localdate(now):
        faults[""] = "Còn đang lấy ý kiến."
    elif waiting := row.opinions.filter(answered_at__isnull=True).count():
        faults[""] = f"Còn {waiting} ý kiến chưa trả lời."
    if not outcome:
        faults["outcome"] = "Hãy ghi kết quả tiếp thu."
    found = None
    if number:
        found = Announcement.objects.filter(unit_code=row.unit_code, number=number, state=Announcement.State.PUBLISHED).first()
        if found is None:
            faults["decision_number"] = "Cơ quan chưa công khai quyết định số này."
    if faults:
        raise ConsultationRefused(faults)
    row.outcome, row.outcome_at, row.announcement = outcome, now, found
    with _context(actor, "procedures.consult.outcome"):
        row.save()
    _note(actor, "procedures.consult.outcome", row)
    return row


@transaction.atomic
def add_site(*, actor: Actor, unit_code: str, origin: str, now: dt.datetime) -> EmbedSite:
    """Let a site of an agency show the procedures that it handles (Rules art. 25.1)."""
    require(actor, EMBED, unit_code)
    origin = origin.strip().lower().rstrip("/")
    if not ORIGIN.match(origin):
        raise ConsultationRefused({"origin": "Hãy ghi https:// và tên trang, không có gì sau tên trang."})
    row = EmbedSite(unit_code=unit_code, origin=origin, added_by=actor.label, added_at=now)
    try:
        with transaction.atomic(), _context(actor, "procedures.embed.add"):
            row.save()
    except IntegrityError as error:
        raise ConsultationRefused({"origin": "Trang này đã được ghi."}) from error
    _note(actor, "procedures.embed.add", row)
    return row


@transaction.atomic
def end_site(*, actor: Actor, site_id: int, now: dt.datetime) -> EmbedSite:
    """Let it no longer."""
    row = EmbedSite.objects.select_for_update().get(pk=site_id)
    require(actor, EMBED, row.unit_code)
    if row.ended_at is not None:
        raise ConsultationRefused({"": "Trang này đã thôi dùng."})
    row.ended_at = now
    with _context(actor, "procedures.embed.end"):
        row.save()
    _note(actor, "procedures.embed.end", row)
    return row


def _context(actor: Actor, act: str) -> pghistory.context:
    return pghistory.context(act=act, unit=actor.unit, position=str(actor.position_id or ""))


def _note(actor: Actor, act: str, row: Any) -> None:
    audit.record(actor=actor, act=act, target=f"procedures.{row._meta.model_name}", target_id=str(row.pk), unit=row.unit_code)
