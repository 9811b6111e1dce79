"""A dossier is handed to another agency: electronic, under seal, with the clock as it is; taken by the other, or not (requirement D-25)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dossiers import slips
from dossiers.counter_filing import counts, sheets
from dossiers.counter_filing.rights import HAND, FilingRefused
from dossiers.models import TABLE, CounterFiling, CounterPaper, Dossier, Handover, State
from dossiers.models.dossier import Channel
from dossiers.queries import handling_unit
from dossiers.services.common import lock_for_officer, notify_parties, position_of, refuse_own, write_event
from portal import audit
from portal.access import Actor, may, require, visible_to
from portal.documents import services as documents
from portal.documents.models import Document
from portal.states import TransitionRefused

CHANGED = "Hồ sơ đã thay đổi từ khi giao. Đơn vị giao rút lại rồi giao bản mới."
WAITS = "Hồ sơ đang chờ đơn vị khác nhận. Bạn rút lại trước khi giao lần nữa."
ANYWHERE = "Tiếp nhận không phụ thuộc địa giới hành chính (Quyết định 468/QĐ-TTg): chuyển cơ quan có thẩm quyền giải quyết."
GONE = "Việc giao nhận này đã kết thúc. Trang dưới đây cho thấy tình trạng mới nhất."


@transaction.atomic
def hand_over(
    *, actor: Actor, dossier_id: UUID, seen_version: int, to_unit: str, reason: str, paper_along: str = "", now: datetime
) -> Handover:
    """Hand a dossier in hand (state 4) to another agency; until that takes it, it stays here. Its appointment is not moved.

    ``paper_along``: what else was not digitised and travels on paper; what the counter left on paper is named by itself. Where there is
    neither, nothing does. ``ValueError`` without a reason;
    ``TransitionRefused`` where there is no such agency, the dossier waits for another one already, or somebody was quicker.
    """
    if not reason.strip():
        raise ValueError("handing over needs a reason")
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act=HAND, seen_version=seen_version, transition="hand_over")
    if refusal := TABLE.refusal(dossier, "hand_over"):
        raise TransitionRefused("hand_over", dossier.state, refusal)
    unit = handling_unit(to_unit.strip())
    if unit is None or unit.code == dossier.unit_code:
        raise TransitionRefused("hand_over", dossier.state, "Không có đơn vị khác mang mã này trong danh mục.")
    if dossier.handovers.filter(state=Handover.State.SENT).exists():
        raise TransitionRefused("hand_over", dossier.state, WAITS)
    along = "; ".join(dict.fromkeys(filter(None, [*_stayed_paper(dossier), paper_along.strip()])))[:1000]
    dossier.version += 1
    dossier.save(update_fields=["version"])
    sheet = _sheet(actor, dossier, dossier.unit_code, unit.code, reason.strip(), along, now, title=sheets.HANDED_TITLE)
    handed = Handover.objects.create(
        dossier=dossier,
        code=dossier.code or "",
        procedure_name=dossier.procedure_name,
        from_unit=dossier.unit_code,
        to_unit=unit.code,
        dossier_version=dossier.version,
        reason=reason.strip()[:1000],
        paper_along=along or None,
        is_electronic=not along,
        due_at=dossier.due_at,
        sheet=sheet,
        sent_by=position_of(actor),
        sent_label=actor.label[:200],
        sent_at=now,
    )
    write_event(dossier, "hand_over", before=dossier.state, actor=actor, now=now, note=f"{unit.name}: {reason.strip()}")
    return handed


def pass_on(dossier: Dossier, *, actor: Actor, now: datetime) -> Dossier:
    """Hand a dossier that was received for another place to the agency that is competent there, at once (Decision 468/QĐ-TTg III.3).

    Who received it gave the slip with the appointment; it stays theirs until the other takes it, the clock runs on. Papers that were not
    digitised go along. The dossier as it was where there is nothing to pass on, or the officer may not hand over: a colleague does it.
    """
    if dossier.channel == Channel.ONLINE:
        return dossier
    to_unit = CounterFiling.objects.filter(pk=dossier.pk).values_list("for_unit", flat=True).first()
    if not to_unit or to_unit == dossier.unit_code or not may(actor, HAND, dossier.unit_code):
        return dossier
    if handling_unit(to_unit) is None or dossier.handovers.filter(state=Handover.State.SENT).exists():
        return dossier
    current = Dossier.objects.get(pk=dossier.pk)
    hand_over(
        actor=actor,
        dossier_id=dossier.pk,
        seen_version=current.version,
        to_unit=to_unit,
        reason=ANYWHERE,
        paper_along="",
        now=now,
    )
    return Dossier.objects.get(pk=dossier.pk)


def _stayed_paper(dossier: Dossier) -> list[str]:
    """What its owner did not wish to have digitised when the counter entered it (one query)."""
    kept = CounterPaper.objects.filter(filing_id=dossier.pk, how=CounterPaper.How.PAPER)
    return list(kept.values_list("label", flat=True))


def _sheet(
    actor: Actor,
    dossier: Dossier,
    from_unit: str,
    to_unit: str,
    reason: str,
    along: str,
    now: datetime,
    *,
    title: str,
    handed: Handover | None = None,
) -> Document:
    """Under the seal of the agency whose officer acts."""
    return documents.issue_sealed(
        key=f"dossiers.handover:{dossier.id}:{dossier.version}:{'taken' if handed is not None else 'sent'}",
        kind=sheets.HANDOVER,
        title=title,
        template="documents/handover.html",
        context=sheets.handover_context(
            dossier,
            from_unit=from_unit,
            to_unit=to_unit,
            reason=reason,
            paper_along=along,
            officer=actor.label,
            at=slips.moment(now),
            handed=handed,
        ),
        unit_code=to_unit if handed is not None else from_unit,
        subject=dossier.id,
        actor=actor,
    )


def _open(actor: Actor, handover_id: UUID, column: str) -> tuple[Handover, Dossier]:
    """The handover and its dossier, locked in this order for everybody: dossier first. ``Handover.DoesNotExist`` behind the door."""
    found = visible_to(actor, Handover.objects.all(), "dossiers.read", column).get(pk=handover_id)
    dossier = Dossier.objects.select_for_update().get(pk=found.dossier_id)
    handed = Handover.objects.select_for_update().get(pk=found.pk)
    require(actor, HAND, handed.to_unit if column == "to_unit" else handed.from_unit)
    refuse_own(dossier, actor, "take_over")
    if handed.state != Handover.State.SENT:
        raise FilingRefused(GONE, status=409)
    return handed, dossier


def _end(handed: Handover, state: Handover.State, actor: Actor, now: datetime, why: str = "") -> None:
    handed.state, handed.ended_at, handed.ended_by, handed.ended_label = state, now, position_of(actor), actor.label[:200]
    handed.ended_why = why.strip()[:1000] or None
    handed.save()
    audit.record(
        actor=actor,
        act=f"dossiers.handover_{state.value}",
        target="dossiers.handover",
        target_id=str(handed.pk),
        unit=actor.unit,
        details={"code": handed.code, "from": handed.from_unit, "to": handed.to_unit},
    )


@transaction.atomic
def take_over(*, actor: Actor, handover_id: UUID, now: datetime) -> Dossier:
    """The other agency takes the dossier: it is theirs, in the hands of the officer who took it, with the appointment as it was.

    :class:`FilingRefused` where it has changed since, was taken back, or its state no longer allows it.
    """
    handed, dossier = _open(actor, handover_id, "to_unit")
    if dossier.version != handed.dossier_version or dossier.state != State.PROCESSING or dossier.unit_code != handed.from_unit:
        raise FilingRefused(CHANGED, status=409)
    unit = handling_unit(handed.to_unit)
    if unit is None:
        raise FilingRefused("Đơn vị nhận không còn trong danh mục.", status=409)
    dossier.unit_code, dossier.unit_level = unit.code, unit.level
    dossier.officer_id, dossier.officer_label = position_of(actor), actor.label
    dossier.version += 1
    dossier.save()
    handed.answer = _sheet(
        actor,
        dossier,
        handed.from_unit,
        unit.code,
        handed.reason or "",
        handed.paper_along or "",
        now,
        title=sheets.TAKEN_TITLE,
        handed=handed,
    )
    _end(handed, Handover.State.TAKEN, actor, now)
    write_event(dossier, "take_over", before=dossier.state, actor=actor, now=now, note=f"Từ {handed.from_unit}")
    counts.add(handed.from_unit, now, handed=1, handed_electronic=int(handed.is_electronic))
    notify_parties(dossier, "dossiers.handed_over")
    return dossier


@transaction.atomic
def decline(*, actor: Actor, handover_id: UUID, reason: str, now: datetime) -> Handover:
    """The other agency does not take it, with a reason; the dossier stays where it is, its clock has run all the time."""
    handed, _dossier = _open(actor, handover_id, "to_unit")
    if not reason.strip():
        raise FilingRefused("Bạn ghi lý do không nhận.", "reason")
    _end(handed, Handover.State.DECLINED, actor, now, reason)
    return handed


@transaction.atomic
def recall(*, actor: Actor, handover_id: UUID, now: datetime) -> Handover:
    """The agency takes back what the other has not taken yet."""
    handed, _dossier = _open(actor, handover_id, "from_unit")
    _end(handed, Handover.State.RECALLED, actor, now)
    return handed
