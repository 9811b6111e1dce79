"""What the pages of the score share: the period in the address, the table of a ranking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.languages import address
from portal.ui import tables
from portal.ui.tables import Column
from ratings import spans
from ratings.score import wording
from ratings.score.queries import Score
from ratings.score.rules import PeriodKind
from ratings.score.sources.base import Span as Counted
from ratings.spans import Span

SECONDS = 10
"""How long a browser keeps a page; counts are made anew every minute."""


@dataclass(frozen=True)
class Period:
    """The period that an address asks for."""

    kind: str
    span: Span
    today: date

    @property
    def query(self) -> str:
        """For an address that asks for the same."""
        return urlencode({"ky": self.span.key})

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.span.last >= self.today

    @property
    def counted(self) -> Counted:
        """As sources take it."""
        return Counted(self.kind, self.span.first, timezone.now())


def period_of(request: HttpRequest) -> Period:
    """``?ky=2026``, ``2026-q4``, ``2026-11``; this year where nothing is said. 404 for what is none, and for times to come."""
    today = timezone.localdate()
    span = spans.named(request.GET.get("ky", "") or f"{today.year}")
    if span is None or span.first > today or span.first == span.last:
        raise Http404
    kind = PeriodKind.YEAR if len(span.key) == 4 else PeriodKind.QUARTER if "q" in span.key else PeriodKind.MONTH
    return Period(kind.value, span, today)


def _quick(period: Period) -> list[tuple[str, str, bool]]:
    """The periods that people ask for most, and the one shown with those around it."""
    today, span = period.today, period.span
    last_month = today.replace(day=1) - timedelta(days=1)
    keys = [f"{today:%Y-%m}", f"{last_month:%Y-%m}", f"{today.year}-q{(today.month + 2) // 3}", f"{today.year}", f"{today.year - 1}"]
    if span.key not in keys:
        keys.insert(0, span.key)
    found = [spans.named(key) for key in keys]
    return [(each.name, f"?{urlencode({'ky': each.key})}", each.key == span.key) for each in found if each is not None]


def _around(period: Period) -> tuple[Span, Span | None]:
    """The period before and the one after; None where that has not begun."""
    day = period.span.last + timedelta(days=1)
    keys = {"y": f"{day.year}", "q": f"{day.year}-q{(day.month + 2) // 3}", "m": f"{day:%Y-%m}"}
    return period.span.before, spans.named(keys[period.kind]) if day <= period.today else None


def frame(period: Period) -> dict[str, Any]:
    """What the pages of a period share."""
    before, after = _around(period)
    return {
        "period": period,
        "span": period.span,
        "runs": period.runs,
        "until": min(period.span.last, period.today),
        "quick": _quick(period),
        "before": (before.name, f"?{urlencode({'ky': before.key})}"),
        "after": (after.name, f"?{urlencode({'ky': after.key})}") if after is not None else None,
    }


def _columns(scores: Sequence[Score]) -> list[Column]:
    names = wording.group_names()
    codes = sorted({group.code for score in scores for group in score.groups if group.possible})
    return [
        Column("name", _("Cơ quan"), sortable=True),
        Column("rank", _("Hạng"), kind="number", sortable=True),
        Column("points", _("Điểm"), kind="number", sortable=True),
        Column("class", _("Xếp loại")),
        *(Column(f"g{code}", names.get(code, code), kind="number", sortable=True) for code in codes),
    ]


def _row(period: Period, score: Score) -> dict[str, Any]:
    return {
        "name": (score.name, f"{address('score', score.agency)}?{period.query}"),
        "order": score.name,
        "rank": score.rank,
        "points": score.points,
        "class": wording.class_name(score.grade),
        **{f"g{group.code}": group.reached if group.possible else None for group in score.groups},
    }


def table(
    request: HttpRequest, period: Period, scores: Sequence[Score], caption: str, exports: list[tuple[str, str]], *, page: Any = None
) -> Any:
    """A ranking as a table; what is not known comes last, either way."""
    columns = _columns(scores)
    key, downward = tables.order(request.GET, columns, "rank")
    key = "order" if key == "name" else key
    rows = [_row(period, score) for score in scores]
    known = sorted((row for row in rows if row.get(key) is not None), key=lambda row: row[key], reverse=downward)
    ordered = known + [row for row in rows if row.get(key) is None]
    shown = page(ordered) if page is not None else ordered
    title = f"{caption}: {period.span.name}"
    return tables.table(request.GET, columns, shown, caption=title, default="rank", exports=exports)
