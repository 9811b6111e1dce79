"""Phiếu kiểm soát quá trình giải quyết hồ sơ: it fills itself from steps and events (D-09; form 05 of Circular 01/2018, 06 of 03/2025)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts import queries as people
from dossiers import slips
from dossiers.models import Dossier, DossierEvent, DossierStep
from portal.documents.units import unit_name
from portal.workdays import remaining_words

TITLE = "Phiếu kiểm soát quá trình giải quyết hồ sơ"
APPLICANT = "Người nộp hồ sơ"
EARLY, TIMELY, LATE = "Trước hạn", "Đúng hạn", "Quá hạn"
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


@dataclass(frozen=True)
class Handover:
    """One line: who gave the dossier to whom, when, and whether the giver was in time."""

    at: datetime
    giver: str
    receiver: str
    result: str
    note: str


@dataclass(frozen=True)
class Sheet:
    """The sheet of one dossier."""

    facts: list[tuple[str, str]]
    papers: list[tuple[str, int]]
    """What came with the dossier, and how many files of it."""
    rows: list[Handover]


def standing(done: datetime, due: datetime | None) -> str:
    """Before, on, or after the day on which it was due."""
    if due is None:
        return ""
    if done > due:
        return LATE
    return TIMELY if timezone.localdate(done) == timezone.localdate(due) else EARLY


def control_sheet(dossier: Dossier) -> Sheet:
    """The sheet of a dossier as it stands now (a handful of queries, however long its way)."""
    events, steps = list(dossier.events.all()), list(dossier.steps.order_by("process", "number"))
    unit = unit_name(dossier.unit_code)
    counted = dossier.due_counted or dossier.due_at
    whole = standing(dossier.decided_at, counted) if dossier.decided_at is not None else ""
    facts = [
        ("Mã hồ sơ", dossier.code or ""),
        ("Nội dung yêu cầu giải quyết", f"{dossier.procedure_name} ({dossier.procedure_code})"),
        ("Cơ quan giải quyết", unit),
        ("Người nộp", dossier.filed_by_words),
        ("Chủ hồ sơ", dossier.owner_name),
        ("Nộp lúc", f"{slips.moment(dossier.submitted_at)}, {dossier.get_channel_display().lower()}"),
        ("Tiếp nhận lúc", slips.moment(dossier.received_at) or "Chưa tiếp nhận"),
        ("Hẹn trả kết quả", slips.moment(dossier.due_at) or "–"),
        ("Trả kết quả lúc", slips.moment(dossier.returned_at) or "–"),
        ("Kết quả giải quyết", whole or "Đang giải quyết"),
    ]
    if dossier.reappointed_at is not None:
        facts.insert(8, ("Đã xin lỗi, hẹn lại", f"{slips.moment(dossier.reappointed_at)}; hẹn cũ {slips.moment(dossier.due_counted)}"))
    papers: dict[str, int] = {}
    for label in dossier.papers.filter(superseded_at=None).order_by("position").values_list("label", flat=True):
        papers[label] = papers.get(label, 0) + 1
    rows = [*_of_events(dossier, events, unit, has_steps=bool(steps)), *_of_steps(steps)]
    return Sheet(facts, list(papers.items()), sorted(rows, key=lambda row: row.at))


def _of_steps(steps: Sequence[DossierStep]) -> list[Handover]:
    rows = []
    for before, step in zip([None, *steps], steps, strict=False):
        receiver = step.officer_label or "Chưa giao"
        if before is None or before.process_id != step.process_id:
            if step.assigned_how != DossierStep.How.SAME:
                rows.append(Handover(step.started_at, "Bộ phận tiếp nhận", receiver, "", step.label))
            continue
        assert before.finished_at is not None  # one step is open at a time
        verb = "trả lại" if before.outcome == DossierStep.Outcome.RETURNED else "chuyển"
        note = f"{before.label}: {verb} bước “{step.label}”"
        words = f"{note}. {before.note}" if before.note else note
        giver = before.finished_label or before.officer_label
        rows.append(Handover(step.started_at, giver, receiver, standing(before.finished_at, before.due_at), words))
    return rows


def _of_events(dossier: Dossier, events: Sequence[DossierEvent], unit: str, *, has_steps: bool) -> list[Handover]:
    rows = []
    counted = dossier.due_counted or dossier.due_at
    signers = {dossier.signer_position_id} - {None}
    signer = next(iter(people.officer_labels(one for one in signers if one is not None).values()), "") if signers and not has_steps else ""
    for event in events:
        who = event.label or unit
        if event.name == "receive":
            rows.append(Handover(event.at, APPLICANT, who, "", "Tiếp nhận hồ sơ"))
        elif event.name == "undo_receive":
            rows.append(Handover(event.at, who, APPLICANT, "", "Hoàn tác việc tiếp nhận nhầm"))
        elif event.name in _TO_APPLICANT:
            rows.append(Handover(event.at, who, APPLICANT, "", _TO_APPLICANT[event.name]))
        elif event.name in _FROM_APPLICANT and event.from_state != event.to_state:
            rows.append(Handover(event.at, APPLICANT, unit, "", _FROM_APPLICANT[event.name]))
        elif event.name in _WITHIN:
            rows.append(Handover(event.at, who, who, "", f"{_WITHIN[event.name]}: {event.note or ''}".rstrip(": ")))
        elif event.name in _OPINIONS:
            rows.append(Handover(event.at, who, "", "", f"{_OPINIONS[event.name]}: {event.note or ''}".rstrip(": ")))
        elif event.name == "decide" and not has_steps:
            rows.append(Handover(event.at, who, signer or "Lãnh đạo", standing(event.at, counted), _WITHOUT_STEPS["decide"]))
        elif event.name in _WITHOUT_STEPS and not has_steps:
            rows.append(Handover(event.at, who, dossier.officer_label, "", f"{_WITHOUT_STEPS[event.name]}. {event.note or ''}".strip()))
        elif event.name == "return_result":
            rows.append(Handover(event.at, unit, APPLICANT, standing(dossier.decided_at or event.at, counted), "Trả kết quả"))
    return rows


def left_words(due: datetime, now: datetime, calendar: Any) -> str:
    """How much time a step has, in words."""
    return remaining_words(now, due, calendar)
