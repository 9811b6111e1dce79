"""``/dieu-hanh/``: today at a glance, the worst delays first, and the board of targets, for those who steer (Reform II.2, III.5)."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.access import Actor, actor_of, may
from portal.access.rules import AccessDenied
from portal.ui import tables
from portal.ui.tables import Column
from portal.ui.tags import number
from ratings.board import accounts, files, targets
from ratings.board.access import COUNTRY as SEES_COUNTRY
from ratings.board.access import TARGETS, agency_of, officer_page, sees_boards, sees_country
from ratings.board.queries import Glance, glance, overdue_now
from ratings.board.rules import Late, highest_share, most_overdue, movers
from ratings.board.tiles import board_url, changes, figures_url, page_url, reuse_url, sentence, targets_url, tiles
from ratings.queries import agency_names

AGAIN = 30
"""Seconds after which a page looks again."""
PAUSE = "dung"
PER_PAGE = 50
COUNTRY = "Cả nước"
_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_COLUMNS = [
    Column("name", "Cơ quan", sortable=True),
    Column("pending", "Đang giải quyết", kind="number", sortable=True),
    Column("overdue", "Đang quá hạn", kind="number", sortable=True),
    Column("share", "Quá hạn (%)", kind="number", sortable=True),
    Column("more", "Thêm, bớt từ hôm qua", kind="number", sortable=True),
]


@officer_page
@require_safe
def board_page(request: HttpRequest, code: str | None = None) -> HttpResponse:
    """Today at a glance, of one's own agency or of one below it. As many queries whatever there is."""
    actor = actor_of(request)
    agency = agency_of(actor, code)
    seen = glance(agency, timezone.now())
    place = seen.name(agency) if agency else COUNTRY
    key, downward = tables.order(request.GET, _COLUMNS, "-overdue")
    page = Paginator(_sorted(seen, key, downward), PER_PAGE).get_page(request.GET.get("trang"))
    rows = [_row(seen, line) for line in page.object_list]
    columns = [Column("name", "Thủ tục", sortable=True), *_COLUMNS[1:]] if seen.parts == "procedure" else _COLUMNS
    context = {
        **_frame(request, actor, agency, place),
        "said": sentence(seen, place),
        "at": timezone.localtime(seen.at),
        "weekday": _WEEKDAYS[seen.today.weekday()],
        "today": seen.today,
        "month": f"{seen.today.month}/{seen.today.year}",
        "tiles": tiles(seen, actor),
        "changes": changes(seen),
        "movers": [(line, *_part(seen, line.key)) for line in movers(seen.late)],
        "most_overdue": [(line, *_part(seen, line.key)) for line in most_overdue(seen.late)],
        "highest_share": [(line, *_part(seen, line.key)) for line in highest_share(seen.late)],
        "longest": [
            {
                "dossier": each,
                "unit": seen.name(each.unit_code),
                "procedure": seen.name(each.procedure_code),
                "href": _dossier_url(actor, seen, each.dossier_id, each.unit_code, each.procedure_code),
            }
            for each in seen.longest
        ],
        "table": tables.table(request.GET, columns, rows, caption="Đang giải quyết và quá hạn", default="-overdue"),
        "page": page,
        "query": urlencode([(name, value) for name, values in request.GET.lists() if name != "trang" for value in values]),
        "by_month": _by_month(seen),
        "by_day": _by_day(seen),
        "map": _map(seen),
        "parts_are_agencies": seen.parts == "agency",
        "exports": reverse("board-of-file", args=[agency]) if agency else reverse("board-file"),
    }
    return render(request, "ratings/board.html", context)


@officer_page
@require_safe
def board_file(request: HttpRequest, code: str | None = None) -> HttpResponse:
    """Everything the dashboard shows, as XLSX."""
    actor = actor_of(request)
    agency = agency_of(actor, code)
    seen = glance(agency, timezone.now())
    return files.answer(
        "dieu-hanh", agency, seen.today, files.HEADER, files.of_glance(seen, tiles(seen, actor), changes(seen)), sheet="Điều hành"
    )


@officer_page
@require_safe
def targets_page(request: HttpRequest, code: str | None = None) -> HttpResponse:
    """The targets, each with value, what is wanted, the difference, its course (R-13)."""
    actor = actor_of(request)
    agency = agency_of(actor, code)
    now = timezone.now()
    today = timezone.localdate(now)
    lines = targets.board(agency, today)
    counted = [line for line in lines if line.is_met is not None]
    place = agency_names([agency]).get(agency, agency) if agency else COUNTRY
    context = {
        **_frame(request, actor, agency, place),
        "at": timezone.localtime(now),
        "year": today.year,
        "lines": [_target(line, agency, today) for line in lines],
        "met": sum(1 for line in counted if line.is_met),
        "counted": len(counted),
        "without": sum(1 for line in lines if line.source is None),
        "exports": reverse("board-targets-of-file", args=[agency]) if agency else reverse("board-targets-file"),
        "edit": reverse("admin:ratings_target_changelist") if may(actor, TARGETS) else "",
    }
    return render(request, "ratings/board_targets.html", context)


@officer_page
@require_safe
def targets_file(request: HttpRequest, code: str | None = None) -> HttpResponse:
    """The board of targets with every month, as XLSX."""
    agency = agency_of(actor_of(request), code)
    today = timezone.localdate()
    rows = files.of_targets(targets.board(agency, today))
    return files.answer("muc-tieu", agency, today, files.TARGETS_HEADER, rows, sheet="Chỉ tiêu")


@officer_page
@require_safe
def accounts_page(request: HttpRequest) -> HttpResponse:
    """Accounts by kind, by ways in and on the two scales of assurance, against the Scheme's targets; each figure with what it counts."""
    actor = actor_of(request)
    if not sees_country(actor):
        raise AccessDenied(SEES_COUNTRY)
    now = timezone.now()
    seen = accounts.counted(timezone.localdate(now))
    context = {
        **_frame(request, actor, "", COUNTRY),
        "seen": seen,
        "at": timezone.localtime(now),
        "exports": reverse("board-accounts-file"),
    }
    return render(request, "ratings/board_accounts.html", context)


@officer_page
@require_safe
def accounts_file(request: HttpRequest) -> HttpResponse:
    """The kept counts of accounts, as XLSX."""
    if not sees_country(actor_of(request)):
        raise AccessDenied(SEES_COUNTRY)
    today = timezone.localdate()
    return files.answer("tai-khoan", "", today, files.ACCOUNTS_HEADER, accounts.rows_of(), sheet="Tài khoản")


def _frame(request: HttpRequest, actor: Actor, agency: str, place: str) -> dict[str, Any]:
    """What both pages need: where one is, the way up, looking again."""
    given = request.GET.copy()
    paused = bool(given.pop(PAUSE, None))
    rest = given.urlencode()
    parts = agency.split(".") if agency else []
    above = [".".join(parts[:depth]) for depth in range(1, len(parts))]
    above = [code for code in above if sees_country(actor) or code.startswith(actor.unit)]
    names = agency_names(above) if above else {}
    return {
        "agency": agency,
        "place": place,
        "is_country": not agency,
        "above": ([(COUNTRY, board_url(""))] if sees_country(actor) and agency else [])
        + [(names.get(code, code), board_url(code)) for code in above],
        "board_url": board_url(agency),
        "statistics_url": figures_url(agency),
        "targets_url": targets_url(agency),
        "reuse_url": reuse_url(agency),
        "accounts_url": reverse("board-accounts") if sees_country(actor) else "",
        "paused": paused,
        "again": AGAIN,
        "pause_url": f"?{rest}" if paused else f"?{rest}{'&' if rest else ''}{PAUSE}=1",
        "who": actor.label,
    }


def _part(seen: Glance, key: str) -> tuple[str, str]:
    """The name and the address of an agency below, or of a procedure."""
    if seen.parts == "procedure":
        return seen.name(key), figures_url(seen.agency, ky=f"{seen.today}", thu_tuc=key)
    if key == seen.agency:
        return "Tại chính cơ quan này", figures_url(seen.agency, ky=f"{seen.today}", theo="thu-tuc")
    return seen.name(key), board_url(key)


def _row(seen: Glance, line: Late) -> dict[str, Any]:
    return {
        "name": _part(seen, line.key), "pending": line.pending, "overdue": line.overdue, "share": line.share, "more": line.more,
    }  # fmt: skip


def _sorted(seen: Glance, key: str, downward: bool) -> list[Late]:
    """What is not known comes last, either way; equals in the order of their names."""
    shown = (line for line in seen.late if line.pending or line.more or seen.parts == "agency")
    lines = sorted(shown, key=lambda line: _part(seen, line.key)[0])
    if key == "name":
        return lines[::-1] if downward else lines
    known = [line for line in lines if getattr(line, key) is not None]
    return sorted(known, key=lambda line: getattr(line, key), reverse=downward) + [line for line in lines if getattr(line, key) is None]


def _dossier_url(actor: Actor, seen: Glance, dossier_id: str, unit: str, procedure: str) -> str:
    """The dossier on the desk for who works on it, else the figures that it is one of."""
    if dossier_id and may(actor, "dossiers.read", unit):
        return reverse("admin:dossiers_dossier_change", args=[dossier_id])
    return figures_url(unit, ky=f"{seen.today}", thu_tuc=procedure)


def _by_month(seen: Glance) -> dict[str, Any]:
    return {
        "title": f"Tháng này đến nay tiếp nhận {number(seen.month.received)}, cả tháng trước {number(seen.last_month.received)}",
        "labels": [f"{day:%m/%y}" for day, _figures in seen.months],
        "series": [
            {"name": "Tiếp nhận", "values": [figures.received for _day, figures in seen.months]},
            {"name": "Giải quyết xong", "values": [figures.resolved for _day, figures in seen.months]},
            {"name": "Giải quyết quá hạn", "values": [figures.late for _day, figures in seen.months]},
        ],
    }


def _by_day(seen: Glance) -> dict[str, Any]:
    moved = seen.now.overdue - seen.days[0][1].overdue
    words = f"{'nhiều' if moved > 0 else 'ít'} hơn {number(abs(moved))} hồ sơ so với" if moved else "như"
    return {
        "title": f"Đang quá hạn {words} ba mươi ngày trước",
        "labels": [f"{day:%d/%m}" for day, _figures in seen.days],
        "series": [
            {"name": "Tiếp nhận", "values": [figures.received for _day, figures in seen.days]},
            {"name": "Giải quyết xong", "values": [figures.resolved for _day, figures in seen.days]},
            {"name": "Quá hạn cuối ngày", "values": [figures.overdue for _day, figures in seen.days]},
        ],
    }


def _map(seen: Glance) -> dict[str, Any] | None:
    """The share on time this month, by province; of the country."""
    if not seen.places:
        return None
    values = {seen.places[code]: value for code, value in seen.on_time_by_place.items() if code in seen.places}
    hrefs = {seen.places[code]: board_url(code) for code in seen.on_time_by_place if code in seen.places}
    return {"values": values, "hrefs": hrefs}


def _target(line: targets.Line, agency: str, today: date) -> dict[str, Any]:
    reading = line.reading
    course = reading.course if reading is not None else []
    return {
        "line": line,
        "target": line.target,
        "href": _source_url(line, agency, f"{today.year}"),
        "labels": [f"{month:%m/%y}" for month, _value in course],
        "series": [
            {"name": "Đạt được", "values": [value for _month, value in course]},
            {"name": "Mục tiêu", "values": [targets.step_of(line.target.steps, month.year) for month, _value in course]},
        ],
        "has_course": any(value is not None for _month, value in course),
    }


def _source_url(line: targets.Line, agency: str, year: str) -> str:
    """The page that shows what a value is made of; empty where none does."""
    if line.source is None:
        return ""
    if line.source.page and not line.source.page_has_spans:
        return reverse(line.source.page)
    if line.source.page:
        return page_url(line.source.page, agency, year)
    name, _is, value = line.source.figures.partition("=")
    return figures_url(agency, ky=year, **{name: value}) if name else ""


def desk_line(actor: Actor) -> tuple[int, str] | None:
    """For the desk's first page: how many are overdue where the officer steers, and the way to the dashboard; None where they do not."""
    if not sees_boards(actor):
        return None
    agency = "" if sees_country(actor) else actor.unit
    return overdue_now(agency, timezone.localdate()), reverse("board")
