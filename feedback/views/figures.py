"""Figures for everybody: what came in, what was answered, on time or late, what is open; each with what it means and what it counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from feedback import queries_figures as figures
from feedback import queries_public as public
from feedback.models import State
from feedback.queries_figures import Counts
from feedback.views.public import names_of
from portal.caching import public_page
from portal.languages import address, show
from portal.ui.tables import Column, order, table
from procedures import queries as procedures

MONTHS = 12
"""In the course by month."""


@dataclass(frozen=True)
class Period:
    """The time that figures are asked for: a year or a month, to a day."""

    first: date
    last: date
    value: str
    """Of ``?ky=``."""
    day: str = ""
    """Of ``?ngay=``, as it was typed."""
    wrong: str = ""
    """What is wrong with that day, for who asked for it; the time is then without it."""

    @property
    def query(self) -> str:
        """For an address that asks for the same time."""
        return urlencode({"ky": self.value, **({"ngay": self.day} if self.day and not self.wrong else {})})

    @property
    def is_now(self) -> bool:
        """Whether it reaches to today."""
        return self.last == timezone.localdate()


_CODE = re.compile(r"[A-Za-z0-9.]{1,40}")
_PERIOD = re.compile(r"(20\d\d)(?:-(0[1-9]|1[0-2]))?")


def asked_period(request: HttpRequest, *, by_day: bool = True) -> Period:
    """``?ky=2026`` or ``?ky=2026-11``, this year where nothing is said; ``?ngay=2026-11-15`` ends it on that day (not ``by_day``: nothing).

    A time to come, and what is no time, is a page that does not exist; a day that is none, or lies outside, is said to be wrong.
    """
    today = timezone.localdate()
    typed, said = request.GET.get("ngay", "").strip()[:20] if by_day else "", request.GET.get("ky", "")
    day = _day(typed)
    value = said or str(day.year if day and 2000 <= day.year < 2100 else today.year)
    match = _PERIOD.fullmatch(value)
    if match is None:
        raise Http404
    year, month = int(match[1]), int(match[2] or 0)
    first = date(year, month or 1, 1)
    end = date(year + 1, 1, 1) if month in (0, 12) else date(year, month + 1, 1)
    last = min(end - timedelta(days=1), today)
    if first > today:
        if not said:
            first, last, value = date(today.year, 1, 1), today, str(today.year)
        else:
            raise Http404
    if not typed:
        return Period(first, last, value)
    if day is None:
        return Period(first, last, value, typed, _("Bạn ghi ngày như 15/11/2026."))
    if not first <= day <= last:
        words = _("Ngày này không nằm trong thời gian đã chọn, từ %(first)s đến %(last)s.")
        return Period(first, last, value, day.isoformat(), words % {"first": f"{first:%d/%m/%Y}", "last": f"{last:%d/%m/%Y}"})
    return Period(first, day, value, day.isoformat())


def _day(text: str) -> date | None:
    """A day as a date field sends it, or as one types it where there is no such field."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  # a day of the calendar has no zone
        except ValueError:
            continue
    return None


def _columns(first: str) -> list[Column]:
    return [
        Column("name", first, sortable=True),
        Column("received", _("Nhận"), "number", sortable=True),
        Column("on_time", _("Trả lời đúng hạn"), "number", sortable=True),
        Column("late", _("Trả lời quá hạn"), "number", sortable=True),
        Column("late_share", _("Quá hạn (%)"), "number", sortable=True),
        Column("open", _("Đang xử lý"), "number", sortable=True),
        Column("overdue", _("Trong đó quá hạn"), "number", sortable=True),
        Column("published", _("Công khai"), "number", sortable=True),
    ]


def figures_row(counts: Counts) -> dict[str, Any]:
    """A row of a table, with the share of late answers."""
    share = counts.late_share
    return {
        "received": counts.received,
        "on_time": counts.on_time,
        "late": counts.late,
        "late_share": None if share is None else round(share, 1),
        "open": counts.open,
        "overdue": counts.overdue,
        "published": counts.published,
    }


def _sorted(rows: list[dict[str, Any]], key: str, downward: bool) -> list[dict[str, Any]]:
    def value(row: dict[str, Any]) -> Any:
        cell = row.get(key)
        return cell[0] if isinstance(cell, tuple) else cell

    # What is not known comes last, either way.
    known = [row for row in rows if value(row) is not None]
    return sorted(known, key=value, reverse=downward) + [row for row in rows if value(row) is None]


def _published(number: int, **by: str) -> tuple[int, str] | int:
    """A number of published answers with the list of what it counts."""
    query = "&".join(f"{name.replace('_', '-')}={value}" for name, value in by.items())
    return (number, f"{address('published-list')}?{query}") if number else number


def _shared(period: Period, agency: str) -> dict[str, Any]:
    """What both pages show: the sums, states, kinds, fields, procedures, the course by month."""
    counts = figures.whole(period.first, period.last, agency=agency)
    kinds = {kind.pk: kind.shown_name for kind in public.kinds()}
    by_kind = figures.by_kind(period.first, period.last, agency=agency)
    sectors = figures.most("sector_code", period.first, period.last, agency=agency)
    sector_names = public.sector_names(code for code, _number in sectors)
    asked = figures.most("procedure_code", period.first, period.last, agency=agency)
    procedure_names = procedures.last_names([code for code, _number in asked])
    course = figures.by_month(_months_before(period.last, MONTHS), period.last, agency=agency)
    kind_rows = []
    for code, of in sorted(by_kind.items(), key=lambda row: -row[1].received):
        row = {**figures_row(of), "name": kinds.get(code, code)}
        row["published"] = _published(of.published, loai=code, **({"co_quan": agency} if agency else {}))
        kind_rows.append(row)
    first = figures.first_day()
    today = timezone.localdate()
    return {
        "period": period,
        "counts": counts,
        "states": [(State(state).label, number) for state, number in counts.standing.items()],
        "kinds": kind_rows,
        "sectors": [(sector_names.get(code, code), number) for code, number in sectors],
        "procedures": [(code, procedure_names.get(code, code), number) for code, number in asked],
        "months": [f"{month:%m/%Y}" for month in course],
        "course": [
            {"name": _("Nhận"), "values": [of.received for of in course.values()]},
            {"name": _("Trả lời đúng hạn"), "values": [of.on_time for of in course.values()]},
            {"name": _("Trả lời quá hạn"), "values": [of.late for of in course.values()]},
        ],
        "years": [str(year) for year in range(today.year, (first or today).year - 1, -1)],
        "year_months": [f"{period.first.year}-{month:02d}" for month in range(1, 13) if date(period.first.year, month, 1) <= today],
        "today": today,
        "first": first or today,
        "status": 422 if period.wrong else 200,
    }


def _months_before(day: date, count: int) -> date:
    month = day.year * 12 + day.month - count
    return date(month // 12, month % 12 + 1, 1)


@public_page(rooms=None)
@require_safe
def petition_figures(request: HttpRequest) -> HttpResponse:
    """The whole country, by agency, kind, state and month. Twelve queries, whatever there is. ``?co-quan=`` leads to an agency's page."""
    period = asked_period(request)
    if chosen := request.GET.get("co-quan", ""):
        if not _CODE.fullmatch(chosen):
            raise Http404
        return redirect(f"{address('petition-figures-agency', chosen)}?{urlencode({'ky': period.value, 'ngay': period.day})}")
    found = figures.by_agency(period.first, period.last)
    names = names_of(found)
    rows = []
    for code, counts in found.items():
        row = {**figures_row(counts), "name": (names[code], f"{address('petition-figures-agency', code)}?{period.query}")}
        rows.append({**row, "published": _published(counts.published, co_quan=code)})
    columns = _columns(_("Bộ, tỉnh"))
    key, downward = order(request.GET, columns, "-received")
    agencies = table(
        request.GET, columns, _sorted(rows, key, downward), caption=_("Từng bộ, tỉnh. Bấm tên cột để xếp lại."), default="-received"
    )
    shared = _shared(period, "")
    choices = sorted(names.items(), key=lambda row: row[1])
    return show(request, "feedback/figures.html", {**shared, "agencies": agencies, "choices": choices}, status=shared["status"])


@public_page(rooms=None)
@require_safe
def petition_figures_agency(request: HttpRequest, code: str) -> HttpResponse:
    """A ministry or province and the units below it. Fifteen queries. A unit stands on the page of its ministry or province."""
    period = asked_period(request)
    if not _CODE.fullmatch(code):
        raise Http404
    agency = code.split(".")[0]
    found = figures.by_unit(agency, period.first, period.last)
    name = names_of([code])[code]
    if name == code and not (found if agency == code else code in found):
        raise Http404
    if agency != code:
        return redirect(f"{address('petition-figures-agency', agency)}?{period.query}#theo-don-vi")
    names = names_of(found)
    rows = []
    for unit, counts in found.items():
        rows.append({**figures_row(counts), "name": names[unit], "open": counts.standing_open})
    columns = [column for column in _columns(_("Đơn vị")) if column.key not in ("overdue", "published")]
    key, downward = order(request.GET, columns, "-received")
    units = table(
        request.GET, columns, _sorted(rows, key, downward), caption=_("Từng đơn vị. Bấm tên cột để xếp lại."), default="-received"
    )
    shared = _shared(period, code)
    choices = sorted(names_of({*figures.agencies(), code}).items(), key=lambda row: row[1])
    context = {**shared, "agencies": units, "agency": name, "code": code, "choices": choices}
    return show(request, "feedback/figures.html", context, status=shared["status"])
