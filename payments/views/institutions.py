"""Where one can pay, what it costs, whom to ask: published for everybody (Rules art. 33.1, 35.4)."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from payments.models import Institution, SettlementContact
from payments.services.attempts import fee_of, takes
from payments.services.health import Health, health_of
from portal.caching import public_page
from portal.catalogues.models import Agency
from portal.languages import show
from portal.text import search_key

EXAMPLES = (50_000, 500_000, 5_000_000)
"""Amounts (đồng) for which the page says what an institution takes."""
PER_PAGE = 20


@dataclass(frozen=True)
class Shown:
    """An institution as everybody sees it."""

    institution: Institution
    fees: list[tuple[int, int | None]]
    """Amount and fee; None for an amount that it does not take."""
    health: str


@public_page(max_age=30)
@require_safe
def institutions(request: HttpRequest) -> HttpResponse:
    """Institutions with fees, methods, process, contacts and how they answer just now. One query."""
    shown = Institution.objects.filter(state__in=[Institution.OPEN, Institution.SUSPENDED]).order_by("state", "short_name", "code")
    rows = list(shown)
    health = health_of(row.code for row in rows)
    return show(
        request,
        "payments/institutions.html",
        {
            "rows": [
                Shown(
                    row,
                    [(amount, fee_of(row, amount) if takes(row, amount) else None) for amount in EXAMPLES],
                    str(health.get(row.code, Health.FINE)),
                )
                for row in rows
            ]
        },
    )


@public_page(max_age=60)
@require_safe
def contacts(request: HttpRequest) -> HttpResponse:
    """Agencies' contacts for settlement, tracing and complaints, found by the agency's name or code (``?q=``). Three queries."""
    q = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    rows = Agency.objects.on(timezone.localdate()).filter(code__in=SettlementContact.objects.filter(withdrawn_at=None).values("unit_code"))
    if q:
        rows = rows.filter(search_key__contains=search_key(q)) | rows.filter(code__iexact=q)
    page = Paginator(rows.order_by("sort_key", "code"), PER_PAGE).get_page(request.GET.get("trang"))
    found: dict[str, list[SettlementContact]] = {}
    codes = [agency.code for agency in page.object_list]
    for contact in SettlementContact.objects.filter(unit_code__in=codes, withdrawn_at=None).order_by("unit_code", "purpose"):
        found.setdefault(contact.unit_code, []).append(contact)
    agencies = [(agency, found.get(agency.code, [])) for agency in page.object_list]
    return show(
        request,
        "payments/contacts.html",
        {"q": q, "page": page, "agencies": agencies, "query": urlencode({"q": q}) if q else ""},
    )
