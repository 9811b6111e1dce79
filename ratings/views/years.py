"""``/danh-gia/nam/``: results of years as they were published, with what anybody needs to compute them again (Rules art. 30.3)."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.caching import public_page
from portal.files.models import StoredFile
from portal.languages import show
from portal.ui import tables
from portal.ui.tables import Column
from ratings.models import FrozenYear
from ratings.opendata.sending import send_public
from ratings.score.paper import ranking_of

TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def class_words() -> dict[str, str]:
    """The five classes (Rules art. 30.2)."""
    return {
        "excellent": _("Xuất sắc"), "good": _("Tốt"), "fair": _("Khá"), "average": _("Trung bình"), "weak": _("Yếu"), "": "—",
    }  # fmt: skip


def published(**narrowed: Any) -> Any:
    """Published editions, the newest first; what only pages of one year show is left out of lists."""
    return FrozenYear.objects.filter(state=FrozenYear.PUBLISHED, **narrowed).order_by("-year", "-edition")


@public_page(max_age=60)
@require_safe
def years_page(request: HttpRequest) -> HttpResponse:
    """Every published edition (one query)."""
    rows = published().only("year", "edition", "reason", "published_at", "sha256")
    return show(request, "ratings/years/list.html", {"rows": rows})


@public_page(max_age=60)
@require_safe
def year_page(request: HttpRequest, year: int) -> HttpResponse:
    """One year: the ranking, the criteria, the files, its editions (two queries). ``?lan=``: another edition than the newest."""
    editions = list(published(year=year).select_related("json_file", "csv_file", "xlsx_file", "document__file"))
    asked = request.GET.get("lan", "")
    row = next((row for row in editions if not asked or str(row.edition) == asked), None)
    if row is None:
        raise Http404
    words = class_words()
    groups = [
        (
            kind,
            tables.table(
                request.GET,
                [
                    Column("rank", _("Hạng"), "number"),
                    Column("name", _("Cơ quan")),
                    Column("total", _("Điểm"), "number"),
                    Column("class", _("Xếp loại")),
                ],
                [{**line, "class": words[line["class"]], "total": float(line["total"]) if line["total"] else None} for line in lines],
                caption=_("Xếp hạng"),
                default="rank",
            ),
        )
        for kind, lines in ranking_of(row)
        if lines
    ]
    context = {
        "row": row,
        "editions": editions,
        "groups": groups,
        "criteria": row.summary["criteria"],
        "left_out": [one for one in row.summary["criteria"] if one["code"] in row.summary["left_out"]],
        "files": [(ending.upper(), file_address(row, ending), file) for ending, file in _files(row)],
        "paper": row.document if row.document.is_signed else None,
        "paper_href": file_address(row, "pdf"),
        "proof": reverse("documents:proof", args=[row.document.token]),
        "script": reverse("open-data-script"),
    }
    return show(request, "ratings/years/year.html", context)


def file_address(row: FrozenYear, ending: str) -> str:
    """Where a file of an edition is fetched."""
    return reverse("score-year-file", args=[row.year, row.edition, ending])


def _files(row: FrozenYear) -> list[tuple[str, StoredFile]]:
    found = [("json", row.json_file), ("csv", row.csv_file), ("xlsx", row.xlsx_file)]
    if row.document is not None and row.document.is_signed:
        found.append(("pdf", row.document.file))
    return [(ending, file) for ending, file in found if file is not None]


@require_safe
def year_file(request: HttpRequest, year: int, edition: int, ending: str) -> HttpResponseBase:
    """A file of a published edition, for anybody; 404 while its paper is being sealed (one query, more for the bytes)."""
    row = published(year=year, edition=edition).select_related("json_file", "csv_file", "xlsx_file", "document__file").first()
    file = dict(_files(row)).get(ending) if row is not None else None
    if file is None:
        raise Http404
    return send_public(request, file, name=f"ket-qua-danh-gia-{year}-lan-{edition}.{ending}", media_type=TYPES[ending])
