"""Between agencies: transferred, sent back, asked for an opinion, brought before VPCP (Rules art. 42.3c, 42.3đ, 43.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from dossiers.queries import unit_calendar
from feedback import figures
from feedback.models import OPEN_STATES, TOP, Attachment, Holding, Opinion, Petition
from feedback.services.common import (
    PetitionRefused,
    agency_of,
    call_off_opinions,
    check_seen,
    hold,
    keep,
    lock_for_officer,
    move,
    note_holding,
    tell,
    write_event,
)
from feedback.services.files import attach
from feedback.services.reaching import OPINES, tell_of_nobody
from feedback.terms import limits_at
from portal.access import SYSTEM, AccessDenied, Actor, require
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency
from portal.documents.units import unit_name

CAUSES = {
    "government": "Thuộc thẩm quyền của Chính phủ, Thủ tướng Chính phủ",
    "disagreement": "Các cơ quan không thống nhất phương án xử lý",
}
"""Why VPCP takes the lead (art. 42.3đ); the third cause, a sender who does not agree, is the machine's."""


def _pass_on(petition: Petition, *, unit_code: str, how: str, now: datetime) -> str:
    """Give the petition to another agency; returns the one before."""
    former = petition.unit_code
    hold(petition, unit_code=unit_code, how=how, now=now, from_unit=former)
    return former


def _known_unit(unit_code: str, *, field: str = "unit_code") -> str:
    try:
        return str(catalogues.agency(unit_code).code)
    except Agency.DoesNotExist:
        raise PetitionRefused("Không có cơ quan này trong danh mục, hoặc cơ quan đã kết thúc.", field) from None


@transaction.atomic
def transfer(*, actor: Actor, petition_id: UUID, unit_code: str, reason: str, now: datetime, seen: int | None = None) -> Petition:
    """Hand a petition on to the agency that is competent (art. 42.3c: within 5 working days), within one's own tree or to another's.

    The receiving agency has clocks of its own from now; the sender's runs on as it is.
    """
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.transfer", seen=seen)
    target = _known_unit(unit_code)
    if target == petition.unit_code:
        raise PetitionRefused("Phản ánh đang ở chính cơ quan này.", "unit_code")
    if not reason.strip():
        raise PetitionRefused("Bạn hãy ghi lý do chuyển.", "reason")
    on_time = now <= petition.transfer_due_at
    was, before = figures.facts_of(petition), move(petition, "transfer")
    call_off_opinions(petition, now=now)
    former = _pass_on(petition, unit_code=target, how=Holding.How.TRANSFERRED, now=now)
    keep(petition, "transfer", before=before, was=was, actor=actor, now=now, note=reason, to_unit=target, from_unit=former, on_time=on_time)
    note_holding(petition, how=Holding.How.TRANSFERRED, from_unit=former)
    tell(petition, "feedback.transferred")
    return petition


@dataclass(frozen=True)
class RowOutcome:
    """What became of one row of a bulk act."""

    code: str
    done: bool
    message: str


def transfer_many(*, actor: Actor, petition_ids: Iterable[UUID], unit_code: str, reason: str, now: datetime) -> list[RowOutcome]:
    """Transfer several, each in a transaction of its own: the good ones go, each other one says why not."""
    outcomes = []
    for number in petition_ids:
        code = Petition.objects.filter(pk=number).values_list("code", flat=True).first() or "?"
        try:
            transfer(actor=actor, petition_id=number, unit_code=unit_code, reason=reason, now=now)
        except PetitionRefused as refused:
            outcomes.append(RowOutcome(code, False, refused.message))
        except Petition.DoesNotExist:
            outcomes.append(RowOutcome(code, False, "Bạn không xem được phản ánh này."))
        except AccessDenied:
            # Sent twice, or a colleague was quicker: it is at another agency by now.
            outcomes.append(RowOutcome(code, False, "Cơ quan khác đang giữ phản ánh này."))
        else:
            outcomes.append(RowOutcome(code, True, f"Đã chuyển đến {unit_name(unit_code)}."))
    return outcomes


@transaction.atomic
def send_back(*, actor: Actor, petition_id: UUID, reason: str, now: datetime, seen: int | None = None) -> Petition:
    """Return a petition that is not one's own to the agency that transferred it."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.transfer", seen=seen)
    present = petition.holdings.filter(ended_at__isnull=True).first()
    if present is None:
        raise PetitionRefused("Phản ánh này đã kết thúc.")
    if not present.from_unit or present.how != Holding.How.TRANSFERRED:
        raise PetitionRefused("Phản ánh này không do cơ quan khác chuyển đến. Hãy dùng “Chuyển cơ quan khác”.")
    if not reason.strip():
        raise PetitionRefused("Bạn hãy ghi lý do trả lại.", "reason")
    target = _known_unit(present.from_unit)
    was, before = figures.facts_of(petition), move(petition, "send_back")
    former = _pass_on(petition, unit_code=target, how=Holding.How.SENT_BACK, now=now)
    keep(petition, "send_back", before=before, was=was, actor=actor, now=now, note=reason, to_unit=target, from_unit=former)
    note_holding(petition, how=Holding.How.SENT_BACK, from_unit=former)
    tell(petition, "feedback.transferred")
    return petition


@transaction.atomic
def escalate(*, actor: Actor, petition_id: UUID, cause: str, words: str, now: datetime, seen: int | None = None) -> Petition:
    """Bring a petition before VPCP: the Government's own competence, or agencies that do not agree (art. 42.3đ)."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.transfer", seen=seen)
    if cause not in CAUSES:
        raise PetitionRefused("Bạn hãy chọn căn cứ.", "cause")
    if cause == "disagreement" and not petition.opinions.filter(stance__in=["disagrees", "not_ours"]).exists():
        raise PetitionRefused("Chưa có cơ quan phối hợp nào cho ý kiến không thống nhất. Hãy lấy ý kiến trước.", "cause")
    if not words.strip():
        raise PetitionRefused("Bạn hãy ghi các bên nói gì và đề xuất của cơ quan.", "words")
    was, before = figures.facts_of(petition), move(petition, "escalate")
    call_off_opinions(petition, now=now)
    former = _pass_on(petition, unit_code=TOP, how=Holding.How.ESCALATED, now=now)
    keep(petition, "escalate", before=before, was=was, actor=actor, now=now, note=words, to_unit=TOP, from_unit=former, cause=cause)
    note_holding(petition, how=Holding.How.ESCALATED, from_unit=former)
    tell(petition, "feedback.taken_over")
    return petition


@transaction.atomic
def take_over(*, actor: Actor, petition_id: UUID, cause: str, words: str, now: datetime, seen: int | None = None) -> Petition:
    """VPCP takes the lead by its own decision (art. 42.3đ). An answer that was being checked goes back to its draft."""
    petition = Petition.objects.select_for_update(of=("self",)).get(pk=petition_id)
    require(actor, "feedback.take_over")
    check_seen(petition, seen)
    if cause not in CAUSES:
        raise PetitionRefused("Bạn hãy chọn căn cứ.", "cause")
    was, before = figures.facts_of(petition), move(petition, "take_over")
    call_off_opinions(petition, now=now)
    petition.answers.filter(state="submitted").update(state="draft", submitted_at=None)
    petition.answers.filter(state="draft").exclude(unit_code=TOP).update(unit_code=TOP)
    former = _pass_on(petition, unit_code=TOP, how=Holding.How.TAKEN_OVER, now=now)
    petition.accepted_at = now
    keep(petition, "take_over", before=before, was=was, actor=actor, now=now, note=words, to_unit=TOP, from_unit=former, cause=cause)
    note_holding(petition, how=Holding.How.TAKEN_OVER, from_unit=former, accepted_at=now)
    tell(petition, "feedback.taken_over")
    return petition


@transaction.atomic
def ask_opinions(
    *, actor: Actor, petition_id: UUID, unit_codes: Iterable[str], question: str, now: datetime, seen: int | None = None
) -> list[Opinion]:
    """Ask other agencies for what they say; the one that holds the petition stays in the lead (art. 43.2)."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.handle", seen=seen)
    if petition.state != "processing":
        raise PetitionRefused("Chỉ lấy ý kiến phối hợp khi phản ánh đang được xử lý.")
    wanted = list(dict.fromkeys(unit_codes))
    if not wanted:
        raise PetitionRefused("Bạn hãy chọn cơ quan phối hợp.", "unit_codes")
    if not question.strip():
        raise PetitionRefused("Bạn hãy ghi cần ý kiến về việc gì.", "question")
    asked = []
    was = figures.facts_of(petition)
    for code in wanted:
        unit = _known_unit(code, field="unit_codes")
        if unit == petition.unit_code:
            raise PetitionRefused("Cơ quan đang chủ trì không cần lấy ý kiến của chính mình.", "unit_codes")
        if petition.opinions.filter(unit_code=unit, given_at__isnull=True, called_off_at__isnull=True).exists():
            raise PetitionRefused(f"{unit_name(unit)} đang được hỏi ý kiến rồi.", "unit_codes")
        asked.append(
            Opinion.objects.create(
                petition=petition,
                unit_code=unit,
                agency_code=agency_of(unit),
                asked_by_unit=petition.unit_code,
                question=question,
                asked_at=now,
                due_at=limits_at(petition.received_at)["opinion"].after(now, unit_calendar(unit)),
            )
        )
    petition.version += 1
    petition.save(update_fields=["version"])
    figures.note_difference(was, figures.facts_of(petition))
    for one in asked:
        write_event(
            petition,
            "ask_opinion",
            before=petition.state,
            actor=actor,
            now=now,
            note=question,
            to_unit=one.unit_code,
            opinion=one.pk,
            until=one.due_at.isoformat(),
        )
        tell_of_nobody(petition=petition, unit=one.unit_code, roles=OPINES)
    return asked


@transaction.atomic
def give_opinion(*, actor: Actor, opinion_id: int, stance: str, words: str, now: datetime, uploads: Iterable[UploadedFile] = ()) -> Opinion:
    """An agency that was asked says what it thinks; files may go with it."""
    asked = Opinion.objects.only("petition_id", "unit_code").get(pk=opinion_id)
    # The petition first, as every act does: who transfers it holds the petition and calls off its opinions.
    petition = lock_for_officer(actor=actor, petition_id=asked.petition_id, act="feedback.opine", unit=asked.unit_code)
    opinion = Opinion.objects.select_for_update().get(pk=opinion_id)
    if not opinion.is_open:
        raise PetitionRefused("Ý kiến này đã được cho, hoặc không cần nữa.")
    if stance not in Opinion.Stance.values:
        raise PetitionRefused("Bạn hãy chọn ý kiến.", "stance")
    if not words.strip():
        raise PetitionRefused("Bạn hãy ghi ý kiến của cơ quan.", "words")
    opinion.stance, opinion.words, opinion.given_at = stance, words, now
    opinion.position_id, opinion.label = actor.position_id, actor.label[:200]
    opinion.save()
    for upload in uploads:
        attach(petition=petition, upload=upload, role=Attachment.Role.OPINION, part_id=opinion.pk, actor=actor, now=now)
    petition.version += 1
    petition.save(update_fields=["version"])
    write_event(
        petition,
        "give_opinion",
        before=petition.state,
        actor=actor,
        now=now,
        note=words,
        from_unit=opinion.unit_code,
        to_unit=petition.unit_code,
        stance=stance,
        opinion=opinion.pk,
        on_time=now <= opinion.due_at,
    )
    return opinion


@transaction.atomic
def call_off_opinion(*, actor: Actor, opinion_id: int, now: datetime) -> Opinion:
    """The lead waits for an opinion no more."""
    number = Opinion.objects.values_list("petition_id", flat=True).get(pk=opinion_id)
    petition = lock_for_officer(actor=actor, petition_id=number, act="feedback.handle")
    opinion = Opinion.objects.select_for_update().get(pk=opinion_id)
    if not opinion.is_open:
        raise PetitionRefused("Ý kiến này đã được cho, hoặc không cần nữa.")
    opinion.called_off_at = now
    opinion.save(update_fields=["called_off_at"])
    write_event(petition, "call_off_opinion", before=petition.state, actor=actor, now=now, to_unit=opinion.unit_code, opinion=opinion.pk)
    return opinion


@transaction.atomic
def succeed(*, petition_id: UUID, now: datetime) -> bool:
    """Let the successor of an agency that was merged or has ended go on with a petition, its clocks as they are. Whether it moved."""
    petition = Petition.objects.select_for_update(of=("self",)).get(pk=petition_id)
    target = successor_of(petition.unit_code)
    if not petition.is_open or target == petition.unit_code:
        return False
    was, former = figures.facts_of(petition), petition.unit_code
    petition.unit_code, petition.agency_code, petition.handler_position_id = target, agency_of(target), None
    petition.holdings.filter(ended_at__isnull=True).update(ended_at=now)
    keep(petition, "succeed", before=petition.state, was=was, actor=SYSTEM, now=now, to_unit=target, from_unit=former)
    Holding.objects.create(
        petition=petition,
        number=petition.holdings.count() + 1,
        unit_code=target,
        from_unit=former,
        how=Holding.How.SUCCEEDED,
        received_at=petition.unit_received_at,
        due_at=petition.unit_due_at,
        accepted_at=petition.accepted_at,
    )
    Opinion.objects.filter(petition=petition, asked_by_unit=former, given_at__isnull=True).update(asked_by_unit=target)
    return True


def successor_of(unit_code: str) -> str:
    """The agency that stands today where one stood: itself, or its successor's successor …; VPCP where nobody follows a ministry or
    province, the agency above where nobody follows a unit."""
    seen: set[str] = set()
    code = unit_code
    while code not in seen:
        seen.add(code)
        if Agency.objects.on(timezone.localdate()).filter(code=code).exists():
            return code
        ended = Agency.objects.filter(code=code, effective_to__isnull=False).select_related("successor").order_by("-effective_to").first()
        if ended is not None and ended.successor is not None and ended.successor.code != code:
            code = ended.successor.code
        elif "." in code:
            code = code.rpartition(".")[0]
        else:
            return TOP
    return TOP


@transaction.atomic
def pass_opinion_on(*, opinion_id: int, now: datetime) -> bool:
    """Let the successor of an agency that exists no more give the opinion that was asked of it, until the same day. Whether it moved; one
    that would ask the lead itself, or somebody who is asked already, is needed no more."""
    petition_id = Opinion.objects.filter(pk=opinion_id).values_list("petition_id", flat=True).get()
    petition = Petition.objects.select_for_update(of=("self",)).get(pk=petition_id)
    opinion = Opinion.objects.select_for_update().get(pk=opinion_id)
    target = successor_of(opinion.unit_code)
    if not opinion.is_open or target == opinion.unit_code:
        return False
    former, asked = opinion.unit_code, petition.opinions.filter(given_at__isnull=True, called_off_at__isnull=True)
    if target == petition.unit_code or asked.filter(unit_code=target).exists():
        opinion.called_off_at = now
        opinion.save(update_fields=["called_off_at"])
        write_event(petition, "call_off_opinion", before=petition.state, actor=SYSTEM, now=now, to_unit=former, opinion=opinion.pk)
        return True
    opinion.unit_code, opinion.agency_code = target, agency_of(target)
    opinion.save(update_fields=["unit_code", "agency_code"])
    write_event(
        petition, "pass_opinion_on", before=petition.state, actor=SYSTEM, now=now, from_unit=former, to_unit=target, opinion=opinion.pk
    )
    return True


def units_without_agency() -> list[str]:
    """Codes of agencies that hold open petitions and exist no more (two queries)."""
    held = set(Petition.objects.filter(state__in=OPEN_STATES).order_by().values_list("unit_code", flat=True).distinct())
    return sorted(held - set(catalogues.agency_names(held)))


def asked_without_agency() -> list[str]:
    """Codes of agencies that are asked for an opinion and exist no more (two queries)."""
    rows = Opinion.objects.filter(given_at__isnull=True, called_off_at__isnull=True)
    asked = set(rows.order_by().values_list("unit_code", flat=True).distinct())
    return sorted(asked - set(catalogues.agency_names(asked)))
