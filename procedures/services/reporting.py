"""What an agency tells VPCP of the quality of its own procedures each quarter: drawn up from findings, sent, late or not (Rules 24)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import pghistory
from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from portal import audit
from portal.access import Actor, require
from portal.text import nfc
from portal.workdays import ZONE, Unit, due_at, national_calendar
from procedures import queries
from procedures.models import QualityFinding, QualityReport, QualityReview
from procedures.services.quality import REVIEW, QualityRefused, completeness

REPORT_DAYS = 10
"""Working days after a quarter in which its report is sent: the Rules order a periodic report and name no day (docs/decisions.md)."""
SHOWN_QUARTERS = 4
Kind, FindingState = QualityFinding.Kind, QualityFinding.State


@dataclass(frozen=True)
class Figures:
    """What a report says in numbers; those of the procedures are of the day on which it was drawn up."""

    procedures: int = 0
    whole: int = 0
    """Procedures that lack no part."""
    completeness: int = 0
    """The mean, in per cent."""
    reviews: int = 0
    """Own reviews begun since the quarter began."""
    looked_at: int = 0
    """Procedures that these looked at."""
    complete: int = 0
    accurate: int = 0
    timely: int = 0
    """Findings of the quarter by what they are about: its own reviews, VPCP's, readers and the machine."""
    mended: int = 0
    mended_late: int = 0
    """Of these findings."""
    open: int = 0
    overdue: int = 0

    @property
    def found(self) -> int:
        """All findings."""
        return self.complete + self.accurate + self.timely


def quarter_of(day: dt.date) -> dt.date:
    """The first day of the quarter that a day lies in."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def next_quarter(quarter: dt.date) -> dt.date:
    """The first day of the quarter after."""
    return quarter.replace(year=quarter.year + 1, month=1) if quarter.month == 10 else quarter.replace(month=quarter.month + 3)


def quarter_words(quarter: dt.date) -> str:
    """As people write it: III/2026."""
    return f"{('I', 'II', 'III', 'IV')[quarter.month // 3]}/{quarter.year}"


def ended_quarters(today: dt.date, number: int = SHOWN_QUARTERS) -> list[dt.date]:
    """The quarters that are over, the newest first."""
    found, current = [], quarter_of(today)
    for _ in range(number):
        current = quarter_of(current - dt.timedelta(days=1))
        found.append(current)
    return found


def report_by(quarter: dt.date) -> dt.datetime:
    """By when the report of a quarter is sent: ten working days after its last day."""
    end = dt.datetime.combine(next_quarter(quarter) - dt.timedelta(days=1), dt.time(12), tzinfo=ZONE)
    return due_at(end, REPORT_DAYS, Unit.WORKING_DAY, national_calendar())


def _within(quarter: dt.date) -> tuple[dt.datetime, dt.datetime]:
    midnight = dt.time()
    return dt.datetime.combine(quarter, midnight, tzinfo=ZONE), dt.datetime.combine(next_quarter(quarter), midnight, tzinfo=ZONE)


def figures_of(unit_code: str, quarter: dt.date, now: dt.datetime) -> Figures:
    """What there is to say of an agency's procedures in a quarter (three queries)."""
    begin, end = _within(quarter)
    lacking = queries.in_force(timezone.localdate(now)).filter(issuing_code=unit_code).order_by().values_list("missing", flat=True)
    shares = [completeness(missing) for missing in lacking]
    own = QualityReview.objects.filter(unit_code=unit_code, by_unit=unit_code, begun_at__gte=begin, begun_at__lte=now)
    looked = list(own.order_by().values_list("procedures", flat=True))
    sent = Q(review__isnull=True) | ~Q(review__state=QualityReview.State.LOOKING) | Q(review__by_unit=unit_code)
    rows = QualityFinding.objects.filter(sent, unit_code=unit_code, found_at__gte=begin, found_at__lt=end)
    done = Q(state__in=[FindingState.MENDED, FindingState.CLOSED])
    late = Q(due_at__isnull=False) & (Q(mended_at__gt=F("due_at")) | Q(mended_at__isnull=True, closed_at__gt=F("due_at")))
    counted = rows.aggregate(
        **{kind.value: Count("pk", filter=Q(kind=kind)) for kind in Kind},
        mended=Count("pk", filter=done),
        mended_late=Count("pk", filter=done & late),
        open=Count("pk", filter=~done),
        overdue=Count("pk", filter=~done & Q(due_at__lt=now)),
    )
    return Figures(
        procedures=len(shares),
        whole=sum(one == 100 for one in shares),
        completeness=sum(shares) // len(shares) if shares else 0,
        reviews=len(looked),
        looked_at=len({code for codes in looked for code in codes}),
        **counted,
    )


def told(report: QualityReport) -> Figures:
    """The figures that a report keeps."""
    return Figures(**report.figures)


@transaction.atomic
def draw_report(*, actor: Actor, unit_code: str, quarter: dt.date, now: dt.datetime) -> QualityReport:
    """Draw up the report of a quarter that is over, from what was found in the agency's own procedures; again: with the figures of now.

    :class:`QualityRefused`, ``AccessDenied``.
    """
    require(actor, REVIEW, unit_code)
    if quarter != quarter_of(quarter) or next_quarter(quarter) > timezone.localdate(now):
        raise QualityRefused({"quarter": "Hãy chọn một quý đã kết thúc."})
    found = figures_of(unit_code, quarter, now)
    if not found.procedures:
        raise QualityRefused({"quarter": "Cơ quan này không công bố thủ tục nào đang có hiệu lực."})
    row = QualityReport.objects.select_for_update().filter(unit_code=unit_code, quarter=quarter).first()
    if row is not None and row.sent_at is not None:
        raise QualityRefused({"quarter": "Báo cáo quý này đã gửi."})
    row = row or QualityReport(unit_code=unit_code, quarter=quarter, due_at=report_by(quarter))
    row.figures, row.drawn_at, row.drawn_by = asdict(found), now, actor.label
    try:
        with transaction.atomic(), _context(actor, "procedures.quality.draw"):
            row.save()
    except IntegrityError as error:
        raise QualityRefused({"quarter": "Báo cáo quý này vừa được lập."}) from error
    _note(actor, "procedures.quality.draw", row)
    return row


@transaction.atomic
def send_report(*, actor: Actor, report_id: UUID, conclusion: str, now: dt.datetime) -> QualityReport:
    """Send a report to VPCP, with the figures of now: from then on it stays, and is public in the totals.

    An agency that has not looked through its own procedures since the quarter began has nothing to report: :class:`QualityRefused`.
    """
    row = QualityReport.objects.select_for_update().get(pk=report_id)
    require(actor, REVIEW, row.unit_code)
    if row.sent_at is not None:
        raise QualityRefused({"": "Báo cáo này đã gửi."})
    conclusion = " ".join(nfc(conclusion).split())[:2000]
    found = figures_of(row.unit_code, row.quarter, now)
    if not conclusion:
        raise QualityRefused({"conclusion": "Hãy ghi kết luận và việc sẽ làm."})
    if not found.reviews:
        raise QualityRefused({"": "Từ đầu quý cơ quan chưa rà soát thủ tục của mình. Hãy rà soát, rồi gửi báo cáo."})
    row.figures, row.conclusion = asdict(found), conclusion
    row.sent_at, row.sent_by, row.in_time = now, actor.label, now <= row.due_at
    with _context(actor, "procedures.quality.send_report"):
        row.save()
    _note(actor, "procedures.quality.send_report", row)
    return row


@dataclass(frozen=True)
class Quarter:
    """How the agencies reported of one quarter."""

    first: dt.date
    words: str
    due_at: dt.datetime
    is_over: bool
    """Whether the day by which they report is past."""
    in_time: int
    late: int
    missing: Sequence[str]
    """Codes of agencies that announced procedures and have sent nothing."""
    reports: Sequence[QualityReport]
    total: Figures


def reported(quarter: dt.date, now: dt.datetime) -> Quarter:
    """The reports of a quarter that were sent, what is missing, and the sums of all (two queries)."""
    rows = list(QualityReport.objects.filter(quarter=quarter, sent_at__isnull=False).order_by("unit_code"))
    announcing = queries.in_force(timezone.localdate(now)).exclude(issuing_code="").order_by().values_list("issuing_code", flat=True)
    missing = sorted(set(announcing.distinct()) - {row.unit_code for row in rows})
    sums: dict[str, int] = {}
    shares = 0
    for row in rows:
        one: Mapping[str, int] = row.figures
        for name, value in one.items():
            sums[name] = sums.get(name, 0) + value
        shares += one["completeness"] * one["procedures"]
    if sums:
        # A share is not added up: the mean over all procedures.
        sums["completeness"] = shares // sums["procedures"] if sums["procedures"] else 0
    in_time = sum(row.in_time is True for row in rows)
    due = report_by(quarter)
    return Quarter(quarter, quarter_words(quarter), due, due < now, in_time, len(rows) - in_time, missing, rows, Figures(**sums))


def owes_report(unit_code: str, now: dt.datetime) -> tuple[dt.date, bool] | None:
    """The newest quarter that is over and of which an agency has sent no report, and whether that is late; None: nothing is owed.

    Two queries at most.
    """
    quarter = ended_quarters(timezone.localdate(now), 1)[0]
    if QualityReport.objects.filter(unit_code=unit_code, quarter=quarter, sent_at__isnull=False).exists():
        return None
    if not queries.in_force(timezone.localdate(now)).filter(issuing_code=unit_code).exists():
        return None
    return quarter, report_by(quarter) < now


def _context(actor: Actor, act: str) -> pghistory.context:
    return pghistory.context(act=act, unit=actor.unit, position=str(actor.position_id or ""))


def _note(actor: Actor, act: str, row: QualityReport) -> None:
    audit.record(actor=actor, act=act, target="procedures.qualityreport", target_id=str(row.pk), unit=row.unit_code)
