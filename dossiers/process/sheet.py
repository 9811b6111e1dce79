"""Phiếu kiểm soát quá trình giải quyết hồ sơ: it fills itself from steps and events (form 05 of Circular 01/2018, 06 of 03/2025).

Officers read it as it stands at any moment. It is sealed without anybody asking for it when a dossier leaves for another agency, which gets
it along, and when it comes to its end (:func:`keep`); an officer may have it sealed in between, for paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import queries as people
from dossiers.models import Dossier, DossierDocument, DossierEvent, DossierStep
from dossiers.services.common import lock_for_officer
from dossiers.slip_sets.sheets import ControlRow, is_issued, issue_control_sheet, outcome_words
from portal import audit, outbox
from portal.access import SYSTEM, Actor
from portal.documents.units import unit_name
from portal.states import TransitionRefused

ISSUE = "dossiers.issue_control_sheet"
TITLE = "Phiếu kiểm soát quá trình giải quyết hồ sơ"
SEALED_BY = frozenset({"hand_over", "return_result", "stop", "stop_unpaid", "stop_unanswered", "withdraw"})
"""Events at which the sheet is sealed by itself: the dossier leaves the agency, or nothing more is done with it."""
NOTHING = "Hồ sơ chưa được giao nhận lần nào nên chưa có gì để lập phiếu."
APPLICANT = "Người nộp hồ sơ"
_TO_APPLICANT = {
    "ask_payment": "Yêu cầu nộp phí, lệ phí",
    "ask_supplement": "Yêu cầu bổ sung",
    "approve_supplement": "Yêu cầu bổ sung lần nữa",
    "reappoint": "Xin lỗi và hẹn lại ngày trả",
    "refuse": "Từ chối tiếp nhận",
    "stop": "Dừng giải quyết",
    "stop_unpaid": "Dừng giải quyết: quá hạn nộp tiền",
    "stop_unanswered": "Dừng giải quyết: quá hạn bổ sung",
}
_FROM_APPLICANT = {"complete": "Đã bổ sung", "complete_first": "Đã bổ sung", "paid": "Đã nộp phí, lệ phí", "withdraw": "Rút hồ sơ"}
_WITHIN = {"assign": "Phân công", "take_step": "Nhận việc"}
_OPINIONS = {"ask_opinion": "Hỏi ý kiến", "answer_opinion": "Nhận ý kiến", "reuse_opinion": "Dùng lại ý kiến đã có"}
_WITHOUT_STEPS = {"decide": "Quyết định và trình ký", "take_back": "Rút lại quyết định", "decline": "Không ký, trả lại"}


def control_rows(dossier: Dossier) -> list[ControlRow]:
    """Who gave a dossier to whom, when, and whether in time, as it stands now (a handful of queries, however long its way)."""
    events, steps = list(dossier.events.all()), list(dossier.steps.order_by("process", "number"))
    units = {code: unit_name(code) for code in {dossier.unit_code, *(one.unit_code for one in events)}}
    rows = [*_of_events(dossier, events, units, has_steps=bool(steps)), *_of_steps(steps)]
    return sorted(rows, key=lambda row: row.at)


@transaction.atomic
def issue_sheet(*, actor: Actor, dossier_id: UUID, seen_version: int, now: datetime) -> DossierDocument:
    """Have the control sheet of a dossier sealed as it stands now, in the set of the day; it takes the place of an earlier one.

    ``TransitionRefused`` before the dossier was handed to anybody, or when somebody was quicker.
    """
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act=ISSUE, seen_version=seen_version, transition="control_sheet")
    rows = control_rows(dossier)
    if not rows:
        raise TransitionRefused("control_sheet", dossier.state, NOTHING)
    issued = issue_control_sheet(dossier, rows, actor=actor, now=now)
    details = {"code": dossier.code or "", "rows": str(len(rows))}
    audit.record(actor=actor, act=ISSUE, target="dossiers.dossier", target_id=str(dossier.pk), unit=dossier.unit_code, details=details)
    return issued


def keep(event: DossierEvent) -> None:
    """Promise the sealed sheet where an event wants it, in the event's transaction (no query where it does not)."""
    if event.name in SEALED_BY and event.dossier.received_at is not None:
        outbox.put("dossiers.control_sheet", key=str(event.pk), payload={"event": event.pk})


@transaction.atomic
def issue_after(*, event_id: int, now: datetime) -> DossierDocument | None:
    """The worker's part of :func:`keep`: seal the sheet as it stands. Again is harmless; None where it is there already."""
    event = DossierEvent.objects.get(pk=event_id)
    dossier = Dossier.objects.select_for_update().get(pk=event.dossier_id)
    occasion = f"event-{event.pk}"
    if not (rows := control_rows(dossier)) or is_issued(dossier, occasion):
        return None
    return issue_control_sheet(dossier, rows, actor=SYSTEM, now=now, occasion=occasion)


def _of_steps(steps: Sequence[DossierStep]) -> list[ControlRow]:
    rows = []
    for before, step in zip([None, *steps], steps, strict=False):
        receiver = step.officer_label or "Chưa giao"
        if before is None or before.process_id != step.process_id:
            if step.assigned_how != DossierStep.How.SAME:
                rows.append(ControlRow("Bộ phận tiếp nhận", receiver, step.started_at, "", step.label))
            continue
        assert before.finished_at is not None  # one step is open at a time
        verb = "trả lại" if before.outcome == DossierStep.Outcome.RETURNED else "chuyển"
        note = f"{before.label}: {verb} bước “{step.label}”"
        words = f"{note}. {before.note}" if before.note else note
        giver = before.finished_label or before.officer_label
        rows.append(ControlRow(giver, receiver, step.started_at, outcome_words(before.finished_at, before.due_at), words))
    return rows


def _of_events(dossier: Dossier, events: Sequence[DossierEvent], units: Mapping[str, str], *, has_steps: bool) -> list[ControlRow]:
    rows = []
    counted = dossier.due_counted or dossier.due_at
    signers = {dossier.signer_position_id} - {None}
    signer = next(iter(people.officer_labels(one for one in signers if one is not None).values()), "") if signers and not has_steps else ""
    before = ""
    for event in events:
        unit = units[event.unit_code]
        who = event.label or unit
        if event.name == "receive":
            rows.append(ControlRow(APPLICANT, who, event.at, "", "Tiếp nhận hồ sơ"))
        elif event.name == "undo_receive":
            rows.append(ControlRow(who, APPLICANT, event.at, "", "Hoàn tác việc tiếp nhận nhầm"))
        elif event.name in _TO_APPLICANT:
            rows.append(ControlRow(who, APPLICANT, event.at, "", _TO_APPLICANT[event.name]))
        elif event.name in _FROM_APPLICANT and event.from_state != event.to_state:
            rows.append(ControlRow(APPLICANT, unit, event.at, "", _FROM_APPLICANT[event.name]))
        elif event.name == "hand_over":
            rows.append(ControlRow(f"{who}, {unit}", "", event.at, "", f"Chuyển cho đơn vị khác: {event.note or ''}".rstrip(": ")))
        elif event.name == "take_over":
            rows.append(ControlRow(before, f"{who}, {unit}", event.at, "", "Nhận hồ sơ từ đơn vị khác"))
        elif event.name in _WITHIN:
            rows.append(ControlRow(who, who, event.at, "", f"{_WITHIN[event.name]}: {event.note or ''}".rstrip(": ")))
        elif event.name in _OPINIONS:
            rows.append(ControlRow(who, "", event.at, "", f"{_OPINIONS[event.name]}: {event.note or ''}".rstrip(": ")))
        elif event.name == "decide" and not has_steps:
            rows.append(ControlRow(who, signer or "Lãnh đạo", event.at, outcome_words(event.at, counted), _WITHOUT_STEPS["decide"]))
        elif event.name in _WITHOUT_STEPS and not has_steps:
            rows.append(ControlRow(who, dossier.officer_label, event.at, "", f"{_WITHOUT_STEPS[event.name]}. {event.note or ''}".strip()))
        elif event.name == "return_result":
            rows.append(ControlRow(unit, APPLICANT, event.at, outcome_words(dossier.decided_at or event.at, counted), "Trả kết quả"))
        before = unit
    return rows
