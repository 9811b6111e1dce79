"""The figures of Annex I as a file, for everybody: ``/thong-ke/toan-trinh/so-lieu.csv`` and its kin."""

from __future__ import annotations

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.caching import public_page
from portal.catalogues.tables import write
from ratings import spans
from ratings.measured.services import rows_of
from ratings.measured.terms import HEADER

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


@public_page(max_age=2)
@require_safe
def figures_file(request: HttpRequest, ending: str) -> HttpResponse:
    """A month, quarter or year (``?ky=``; left out: this year) in the Framework's terms. Two queries."""
    span = spans.named(request.GET.get("ky") or f"{timezone.localdate().year}")
    if span is None or span.first == span.last or ending not in TYPES:
        raise Http404
    rows = rows_of(span.first, span.last)
    if ending == "json":
        said = {"from": f"{span.first}", "to": f"{span.last}", "items": [dict(zip(HEADER, row, strict=True)) for row in rows]}
        content: str | bytes = json.dumps(said, ensure_ascii=False)
    else:
        content = write(ending, HEADER, rows, figures="Phụ lục I")
    answer = HttpResponse(content, content_type=TYPES[ending])
    answer["Content-Disposition"] = f'attachment; filename="phu-luc-i-{span.first}-{span.last}.{ending}"'
    return answer
