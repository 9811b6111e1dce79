"""My payments: found by state and day, taken along as a table."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.pages import citizen_page
from payments import queries
from payments.forms import FilterForm
from portal.access import actor_of
from portal.catalogues.tables import XLSX, write

PAGE = 20
MOST_EXPORTED = 5000
COLUMNS = [
    "Mã thanh toán",
    "Ngày lập",
    "Nội dung",
    "Số hồ sơ, quyết định",
    "Cơ quan thụ hưởng",
    "Số tiền (đồng)",
    "Đã hoàn (đồng)",
    "Tình trạng",
    "Ngày thu",
]


def _filter(request: HttpRequest) -> tuple[FilterForm, dict[str, object]]:
    form = FilterForm(request.GET or None)
    said = form.cleaned_data if form.is_bound and form.is_valid() else {}
    return form, {"state": said.get("tinh_trang") or "", "since": said.get("tu"), "until": said.get("den")}


@require_safe
@citizen_page
def mine(request: HttpRequest) -> HttpResponse:
    """What the party for whom one acts owes and has paid."""
    form, wanted = _filter(request)
    rows = queries.orders_listed(actor_of(request), **wanted)  # type: ignore[arg-type]
    page = Paginator(rows, PAGE).get_page(request.GET.get("trang"))
    kept = {name: str(value) for name, value in request.GET.items() if name in form.fields and value}
    return render(
        request,
        "payments/mine.html",
        {"form": form, "page": page, "query": urlencode(kept), "is_filtered": bool(kept)},
        status=422 if form.is_bound and form.errors else 200,
    )


@require_safe
@citizen_page
def export(request: HttpRequest) -> HttpResponse:
    """The same as a table (XLSX)."""
    _, wanted = _filter(request)
    rows = queries.orders_listed(actor_of(request), **wanted)[:MOST_EXPORTED]  # type: ignore[arg-type]
    lines = [
        [
            row.code,
            f"{timezone.localtime(row.created_at):%d/%m/%Y}",
            row.description,
            row.reference,
            row.payee_name,
            row.amount,
            row.refunded,
            row.STATES[row.state],
            f"{timezone.localtime(row.settled_at):%H:%M %d/%m/%Y}" if row.settled_at else "",
        ]
        for row in rows
    ]
    answer = HttpResponse(write(XLSX, COLUMNS, lines), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    answer["Content-Disposition"] = 'attachment; filename="thanh-toan.xlsx"'
    return answer
