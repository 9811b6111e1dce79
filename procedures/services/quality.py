"""Whether the catalogue is whole, right and in time: reviews of VPCP and of agencies, what the machine finds at night (Rules art. 24)."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pghistory
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from portal import audit
from portal.access import Actor, may, require
from portal.catalogues.models import Agency
from portal.states import TransitionRefused
from portal.text import nfc
from procedures import queries
from procedures.models import (
    FINDINGS,
    PART_WORDS,
    REVIEWS,
    LocalConfirmation,
    QualityFinding,
    QualityReview,
)
from procedures.services import mistakes
from procedures.services.mistakes import mend_by

REVIEW = "procedures.quality"
MEND = "procedures.quality.mend"
SEE_ALL = "procedures.quality.everywhere"
STALE_DAYS = 2 * 365
"""A content that nobody compared with its decision for so long is to be looked at again."""
CONFIRM_DAYS = 30
"""So long a province may leave open whether its own content still holds, before it is a finding."""
PARTS = ("steps", "channels", "time_limits", "fees", "documents", "results", "legal_bases", "levels", "subjects")
"""The components that a record has or says it lacks (``missing``): the score of completeness counts these, as criterion 1.3 does."""
Rule, Kind = QualityFinding.Rule, QualityFinding.Kind
MOST_FINDINGS = 500


class QualityRefused(Exception):
    """The act cannot be done. ``faults``: what is wrong, in Vietnamese, by the name of the field, or by ``""``."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


def completeness(missing: Iterable[str]) -> int:
    """How much of a procedure's components is there, in per cent; 100 exactly where criterion 1.3 counts it as whole."""
    lost = set(missing)
    if not lost:
        return 100
    kept = sum(part not in lost for part in PARTS)
    return min(99, 100 * kept // len(PARTS))


@transaction.atomic
def begin_review(
    *, actor: Actor, title: str, unit_code: str, scope: str, sample: int, now: dt.datetime, chance: random.Random | None = None
) -> QualityReview:
    """Begin a look through an agency's procedures: all of them, or so many drawn by chance. VPCP may look at every agency, an agency at
    its own (Rules art. 24.2)."""
    if not may(actor, SEE_ALL):
        require(actor, REVIEW, unit_code)
    day = timezone.localdate(now)
    title = " ".join(nfc(title).split())
    codes = sorted(queries.in_force(day).filter(issuing_code=unit_code).order_by().values_list("procedure__code", flat=True))
    faults = {}
    if not title:
        faults["title"] = "Hãy ghi tên đợt rà soát."
    if not codes:
        faults["unit_code"] = "Cơ quan này không công bố thủ tục nào đang có hiệu lực."
    if scope not in QualityReview.Scope.values:
        faults["scope"] = "Hãy chọn toàn bộ hoặc chọn mẫu."
    if scope == QualityReview.Scope.SAMPLE and sample < 1:
        faults["sample"] = "Hãy ghi số thủ tục được chọn."
    if faults:
        raise QualityRefused(faults)
    if scope == QualityReview.Scope.SAMPLE:
        codes = sorted((chance or random.SystemRandom()).sample(codes, min(sample, len(codes))))
    with _context(actor, "procedures.quality.begin"):
        row = QualityReview.objects.create(
            title=title[:200],
            unit_code=unit_code,
            by_unit=actor.unit,
            scope=scope,
            procedures=codes,
            begun_at=now,
            begun_by=actor.label,
        )
    _note(actor, "procedures.quality.begin", row, row.unit_code)
    return row


def may_review(actor: Actor, review: QualityReview) -> bool:
    """Whether it is this officer's agency that looks."""
    return may(actor, REVIEW, review.by_unit)


def _locked(actor: Actor, review_id: UUID) -> QualityReview:
    row = QualityReview.objects.select_for_update().get(pk=review_id)
    require(actor, REVIEW, row.by_unit)
    return row


@transaction.atomic
def add_finding(*, actor: Actor, review_id: UUID, procedure_code: str, part: str, kind: str, text: str, now: dt.datetime) -> QualityFinding:
    """Write down what is not as it should be in one of the procedures that a review looks at."""
    review = _locked(actor, review_id)
    text = " ".join(nfc(text).split())
    faults = {}
    if review.state != QualityReview.State.LOOKING:
        faults[""] = "Đợt rà soát này đã gửi đi, không ghi thêm được."
    if procedure_code not in review.procedures:
        faults["procedure_code"] = "Thủ tục này không thuộc đợt rà soát."
    if part and part not in PART_WORDS:
        faults["part"] = "Hãy chọn một bộ phận trong danh sách."
    if kind not in Kind.values:
        faults["kind"] = "Hãy chọn trong danh sách."
    if not text:
        faults["text"] = "Hãy ghi điều chưa đúng."
    if review.findings.count() >= MOST_FINDINGS:
        faults[""] = f"Một đợt nhiều nhất {MOST_FINDINGS} điều."
    if faults:
        raise QualityRefused(faults)
    with _context(actor, "procedures.quality.find"):
        row = QualityFinding.objects.create(
            review=review,
            unit_code=review.unit_code,
            procedure_code=procedure_code,
            part=part,
            kind=kind,
            text=text[:1000],
            found_at=now,
        )
    _note(actor, "procedures.quality.find", row, row.unit_code)
    return row


@transaction.atomic
def move_review(*, actor: Actor, review_id: UUID, transition: str, conclusion: str = "", now: dt.datetime) -> QualityReview:
    """Send what was found to the agency: ten working days from now; close it once nothing is open, with a conclusion that is public."""
    row = _locked(actor, review_id)
    if reason := REVIEWS.refusal(row, transition):
        raise TransitionRefused(transition, row.state, reason)
    conclusion = " ".join(nfc(conclusion).split())[:2000]
    if transition == "close":
        if not conclusion:
            raise QualityRefused({"conclusion": "Hãy ghi kết luận."})
        if row.findings.exclude(state=QualityFinding.State.CLOSED).exists():
            raise QualityRefused({"": "Còn điều chưa sửa xong."})
        row.closed_at, row.conclusion = now, conclusion
    REVIEWS.move(row, transition)
    if transition == "send":
        row.sent_at, row.due_at = now, mend_by(now)
        row.findings.update(due_at=row.due_at)
    with _context(actor, f"procedures.quality.{transition}"):
        row.save()
    _note(actor, f"procedures.quality.{transition}", row, row.unit_code)
    return row


@transaction.atomic
def move_finding(*, actor: Actor, finding_id: UUID, transition: str, note: str = "", now: dt.datetime) -> QualityFinding:
    """The agency says how it mended something; who looks says whether that is right."""
    row = QualityFinding.objects.select_for_update(of=("self",)).select_related("review").get(pk=finding_id)
    edge = FINDINGS.transitions[transition]
    if row.report_id is not None:
        return _mend_reported(row, actor=actor, transition=transition, note=note, now=now)
    if row.review is None:
        raise QualityRefused({"": "Điều máy phát hiện tự hết khi dữ liệu đã đúng."})
    require(actor, edge.act, row.unit_code if transition == "mend" else row.review.by_unit)
    if reason := FINDINGS.refusal(row, transition):
        raise TransitionRefused(transition, row.state, reason)
    if row.review.state == QualityReview.State.LOOKING:
        raise QualityRefused({"": "Đợt rà soát chưa gửi."})
    note = " ".join(nfc(note).split())[:1000]
    if transition in ("mend", "reopen") and not note:
        raise QualityRefused({"note": "Hãy ghi đã sửa thế nào." if transition == "mend" else "Hãy ghi vì sao chưa đạt."})
    FINDINGS.move(row, transition)
    if transition == "mend":
        row.note, row.mended_at, row.mended_by = note, now, actor.label
    elif transition == "reopen":
        row.note, row.mended_at, row.mended_by = note, None, ""
    else:
        row.closed_at = now
    with _context(actor, f"procedures.quality.finding_{transition}"):
        row.save()
    _note(actor, f"procedures.quality.finding_{transition}", row, row.unit_code)
    return row


def _mend_reported(row: QualityFinding, *, actor: Actor, transition: str, note: str, now: dt.datetime) -> QualityFinding:
    """What a reader reported is mended once, and the report with it."""
    assert row.report_id is not None
    if transition != "mend" or FINDINGS.refusal(row, transition):
        raise TransitionRefused(transition, row.state, "Điều người đọc báo đã được xử lý.")
    require(actor, MEND, row.unit_code)
    note = " ".join(nfc(note).split())[:1000]
    if not note:
        raise QualityRefused({"note": "Hãy ghi đã sửa thế nào."})
    mistakes.close_report(actor=actor, report_id=row.report_id, transition="correct", note=note, now=now)
    row.refresh_from_db()
    _note(actor, f"procedures.quality.finding_{transition}", row, row.unit_code)
    return row


@dataclass(frozen=True)
class Found:
    """What the machine finds: one for each rule, procedure and part."""

    rule: str
    code: str
    unit: str
    part: str
    kind: str
    text: str


def look(day: dt.date) -> Iterator[Found]:
    """Everything that the machine finds in what is in force on a day. Four queries."""
    columns = (
        "procedure__code", "issuing_code", "name_key", "missing", "text_only", "related", "interlinked", "executing_codes",
        "competent_codes", "checked_on", "levels",
    )  # fmt: skip
    rows = list(queries.in_force(day).order_by("procedure__code").values(*columns))
    alive = {row["procedure__code"] for row in rows}
    agencies = set(Agency.objects.on(day).values_list("code", flat=True))
    names: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for row in rows:
        names.setdefault((row["name_key"], row["issuing_code"], tuple(row["levels"])), []).append(row["procedure__code"])
    for row in rows:
        code, unit = row["procedure__code"], row["issuing_code"] or "G22"

        def found(rule: str, part: str, kind: str, text: str, code: str = code, unit: str = unit) -> Found:
            return Found(rule, code, unit, part[:24], kind, text[:1000])

        for part in row["missing"]:
            yield found(Rule.MISSING, part, Kind.COMPLETENESS, f"Chưa có {PART_WORDS.get(part, part).lower()}.")
        for part in row["text_only"]:
            yield found(Rule.TEXT_ONLY, part, Kind.COMPLETENESS, f"{PART_WORDS.get(part, part)} chỉ có dạng chữ, chưa nhập thành từng mục.")
        if dead := sorted({*row["related"], *row["interlinked"]} - alive):
            yield found(Rule.DEAD_LINK, "", Kind.ACCURACY, f"Dẫn đến thủ tục không còn hiệu lực: {', '.join(dead)}.")
        if gone := sorted({*row["executing_codes"], *row["competent_codes"]} - agencies):
            yield found(Rule.NO_OFFICE, "", Kind.ACCURACY, f"Không còn cơ quan mã {', '.join(gone)}.")
        if (day - row["checked_on"]).days > STALE_DAYS:
            yield found(Rule.STALE, "", Kind.TIMELINESS, f"Đối chiếu lần cuối ngày {row['checked_on']:%d/%m/%Y}.")
        same = names[row["name_key"], row["issuing_code"], tuple(row["levels"])]
        if others := [one for one in same if one != code]:
            yield found(Rule.DUPLICATE, "", Kind.ACCURACY, f"Cùng tên, cùng cơ quan với {', '.join(others)}.")
    waiting = LocalConfirmation.objects.filter(
        state=LocalConfirmation.State.WAITING, version__effective_from__lte=day - dt.timedelta(days=CONFIRM_DAYS)
    ).select_related("version__procedure")
    for one in waiting:
        text = f"Chưa xác nhận nội dung của địa phương theo Quyết định {one.version.decision_number}."
        yield Found(Rule.UNCONFIRMED, one.version.procedure.code, one.unit_code, "", Kind.TIMELINESS, text)


@transaction.atomic
def find_at_night(now: dt.datetime) -> tuple[int, int]:
    """Keep what the machine finds; what it no longer finds is done. How many are new, how many are done."""
    found = {(one.rule, one.code, one.part, one.unit): one for one in look(timezone.localdate(now))}
    by_people = ["", QualityFinding.Rule.REPORTED]
    open_ = QualityFinding.objects.select_for_update().exclude(rule__in=by_people).filter(closed_at__isnull=True)
    there = {(row.rule, row.procedure_code, row.part, row.unit_code): row for row in open_}
    new = [
        QualityFinding(
            rule=one.rule, unit_code=one.unit, procedure_code=one.code, part=one.part, kind=one.kind, text=one.text, found_at=now
        )
        for key, one in found.items()
        if key not in there
    ]
    QualityFinding.objects.bulk_create(new, batch_size=1000)
    gone = [row.pk for key, row in there.items() if key not in found]
    QualityFinding.objects.filter(pk__in=gone).update(state=QualityFinding.State.CLOSED, closed_at=now)
    return len(new), len(gone)


@dataclass(frozen=True)
class Standing:
    """How the procedures of one agency stand."""

    unit: str
    procedures: int
    whole: int
    completeness: int
    """The mean of its procedures', in per cent."""
    open: int
    overdue: int
    closed: int


def standings(now: dt.datetime) -> list[Standing]:
    """Of every agency that announced something in force; the least complete first. Two queries."""
    day = timezone.localdate(now)
    shares: dict[str, list[int]] = {}
    for unit, missing in queries.in_force(day).exclude(issuing_code="").order_by().values_list("issuing_code", "missing"):
        shares.setdefault(unit, []).append(completeness(missing))
    closed = Q(state=QualityFinding.State.CLOSED)
    # What a review has found and not sent yet is nobody's business but the reviewer's.
    sent = Q(review__isnull=True) | ~Q(review__state=QualityReview.State.LOOKING)
    rows = QualityFinding.objects.filter(sent).order_by().values("unit_code")
    late = ~closed & Q(due_at__lt=now)
    counted = rows.annotate(open=Count("pk", filter=~closed), overdue=Count("pk", filter=late), done=Count("pk", filter=closed))
    counts = {row["unit_code"]: row for row in counted}
    nothing: dict[str, Any] = {"open": 0, "overdue": 0, "done": 0}
    found = []
    for unit, every in shares.items():
        count = counts.get(unit, nothing)
        whole = sum(one == 100 for one in every)
        mean = sum(every) // len(every)
        found.append(Standing(unit, len(every), whole, mean, count["open"], count["overdue"], count["done"]))
    return sorted(found, key=lambda one: (one.completeness, one.unit))


@dataclass(frozen=True)
class Total:
    """Findings of one kind, of everybody."""

    kind: str
    found: int
    open: int
    overdue: int
    closed: int


def totals(now: dt.datetime) -> list[Total]:
    """What was found by what it is about, of all agencies; nothing of a review that was not sent yet. One query."""
    sent = Q(review__isnull=True) | ~Q(review__state=QualityReview.State.LOOKING)
    closed = Q(state=QualityFinding.State.CLOSED)
    rows = QualityFinding.objects.filter(sent).order_by().values("kind")
    late = ~closed & Q(due_at__lt=now)
    counted = rows.annotate(
        found=Count("pk"), open=Count("pk", filter=~closed), late=Count("pk", filter=late), done=Count("pk", filter=closed)
    )
    by_kind = {row["kind"]: row for row in counted}
    nothing = {"found": 0, "open": 0, "late": 0, "done": 0}
    lines = [(kind, by_kind.get(kind.value, nothing)) for kind in Kind]
    return [Total(str(kind.label), row["found"], row["open"], row["late"], row["done"]) for kind, row in lines]


def _context(actor: Actor, act: str) -> pghistory.context:
    return pghistory.context(act=act, unit=actor.unit, position=str(actor.position_id or ""))


def _note(actor: Actor, act: str, row: QualityReview | QualityFinding, unit: str) -> None:
    target = "procedures.qualityreview" if isinstance(row, QualityReview) else "procedures.qualityfinding"
    audit.record(actor=actor, act=act, target=target, target_id=str(row.pk), unit=unit)
