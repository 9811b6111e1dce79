"""``/thong-ke/giay-to-cu/``: what is electronic of the old papers that agencies declared to be in force, by level, beside the targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from dossiers.digitising.declaring import Progress, by_agency, by_level
from dossiers.models import IssuerLevel
from portal.caching import public_page
from portal.languages import show
from portal.ui import tables
from portal.ui.tables import Column, Table
from ratings import queries
from ratings.board import targets
from ratings.board.rules import share

LEVELS = {
    IssuerLevel.CENTRAL: gettext_lazy("Bộ, ngành trung ương"),
    IssuerLevel.PROVINCE: gettext_lazy("Cấp tỉnh"),
    IssuerLevel.DISTRICT: gettext_lazy("Cấp huyện (đến 30/6/2025)"),
    IssuerLevel.COMMUNE: gettext_lazy("Cấp xã"),
}
MOST = 300
"""Agencies of a level that the page lists: those that declared most."""


@public_page(max_age=60)
@require_safe
def old_papers_page(request: HttpRequest) -> HttpResponse:
    """Each level beside what is wanted of it by the end of this year, then its agencies. Five queries at most."""
    year = timezone.localdate().year
    rows = by_agency()
    wanted = targets.wanted_by_level("old_results", year)
    listed = {level: _listed(rows, level) for level in IssuerLevel.values}
    names = queries.agency_names({row.unit_code for part in listed.values() for row in part})
    groups = [(LEVELS[IssuerLevel(level)], _agencies(request, part, names)) for level, part in listed.items() if part]
    context = {"year": year, "table": _levels(request, rows, wanted, year), "groups": groups, "most": MOST}
    return show(request, "ratings/old_papers.html", context)


def _listed(rows: Sequence[Progress], level: str) -> list[Progress]:
    return sorted((row for row in rows if row.level == level), key=lambda row: (-row.in_force, row.unit_code))[:MOST]


def _columns(first: str, *more: Column) -> list[Column]:
    return [
        Column("name", first),
        Column("in_force", _("Còn hiệu lực, đã khai"), kind="number"),
        Column("digitised", _("Đã số hóa và ký"), kind="number"),
        Column("share", _("Tỷ lệ (%)"), kind="number"),
        *more,
    ]


def _figures(row: Progress) -> dict[str, Any]:
    return {
        "in_force": row.in_force if row.is_declared else None,
        "digitised": row.digitised,
        "share": share(row.counted, row.in_force),
    }


def _levels(request: HttpRequest, rows: Sequence[Progress], wanted: Mapping[str, Decimal], year: int) -> Table:
    columns = _columns(
        _("Cấp đã cấp giấy"),
        Column("wanted", _("Mục tiêu đến hết năm (%)"), kind="number"),
        Column("agencies", _("Cơ quan đã khai"), kind="number"),
    )
    found = [
        {"name": str(LEVELS[IssuerLevel(level)]), **_figures(one), "wanted": wanted.get(level), "agencies": one.agencies}
        for level, one in by_level(rows).items()
    ]
    return tables.table(request.GET, columns, found, caption=str(year), default="name")


def _agencies(request: HttpRequest, rows: Sequence[Progress], names: Mapping[str, str]) -> Table:
    found = [{"name": names.get(row.unit_code, row.unit_code), **_figures(row)} for row in rows]
    return tables.table(request.GET, _columns(_("Cơ quan")), found, caption=_("Theo cơ quan"), default="name")
