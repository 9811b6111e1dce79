"""One page for dossiers that were filed as one: where each stands, and its result."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dossiers import queries, wording
from dossiers.interlinked.queries import own_filings, parts_of
from dossiers.models import OPEN_STATES, DossierDocument
from dossiers.services import NotYours
from dossiers.views.common import citizen_page
from portal.access import actor_of


@require_safe
@citizen_page
def linked_filing(request: HttpRequest, filing_id: UUID) -> HttpResponse:
    """An interlinked filing of one's own: its parts with their codes, agencies, deadlines and results."""
    filing = own_filings(actor_of(request)).filter(pk=filing_id).first()
    if filing is None:
        raise NotYours
    rows, now = parts_of(filing.pk), timezone.now()
    issued = DossierDocument.objects.filter(
        dossier__in=[row.dossier_id for row in rows], role=DossierDocument.Role.RESULT, cancelled_at__isnull=True
    ).select_related("document")
    results = {one.dossier_id: one.document for one in issued.order_by("id")}
    by_id = {row.pk: row for row in rows}
    parts = []
    for row in rows:
        unit, before = queries.handling_unit(row.dossier.unit_code), by_id.get(row.after_id or 0)
        result = results.get(row.dossier_id)
        parts.append(
            {
                "row": row,
                "dossier": row.dossier,
                "unit": unit,
                "situation": wording.situation(row.dossier, now=now, calendar=unit.calendar if unit else None),
                "result": result if result is not None and result.is_signed else None,
                "waits_for": before.title
                if before is not None
                and before.dossier.state in OPEN_STATES
                and row.dossier.received_at is None
                and row.dossier.state in OPEN_STATES
                else "",
            }
        )
    return render(
        request,
        "dossiers/interlinked/filing.html",
        {
            "filing": filing,
            "parts": parts,
            "just_sent": request.GET.get("da-gui") == "1",
            "due": any(row.dossier.awaits_payment for row in rows),
        },
    )
