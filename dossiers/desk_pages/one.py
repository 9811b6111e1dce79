"""What stands beside one dossier on the desk: its documents in a frame, likely duplicates, how its time goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator

from dossiers import services
from dossiers.desk_pages import looking
from dossiers.models import OPEN_STATES, Dossier, DossierDocument, Paper
from dossiers.services.desk import note_look
from dossiers.store.looking import note_officers_look
from dossiers.views.common import send_file
from portal.access import actor_of
from portal.files import sniff
from portal.files.models import FileState
from portal.workdays import Calendar, working_time_between

in_frames = method_decorator(csp_update({"frame-src": ["'self'"]}))
"""For the page that shows documents in a frame: of our own, no others."""


class OnePage:
    """Of the desk of one dossier: what the page beside its tables needs. Mixed into its admin."""

    admin_site: Any

    def one_urls(self) -> list[Any]:
        """Addresses of what is about one."""
        view, name = self.admin_site.admin_view, "dossiers_dossier"
        return [
            path("<uuid:dossier_id>/xem/<uuid:paper_id>/", view(self.show_paper), name=f"{name}_show_paper"),
            path("<uuid:dossier_id>/xem-van-ban/<slug:role>/", view(self.show_document), name=f"{name}_show_document"),
        ]

    def beside(
        self, request: HttpRequest, dossier: Dossier, papers: Sequence[Paper], documents: Mapping[str, Any], calendar: Calendar
    ) -> dict[str, Any]:
        """What the page shows beside the dossier's own tables: viewer, duplicates, clock (a few queries)."""
        actor = actor_of(request)
        shown = [
            (paper.label, reverse("admin:dossiers_dossier_show_paper", args=[dossier.pk, paper.pk]))
            for paper in papers
            if paper.superseded_at is None and paper.file.state == FileState.CLEAN and paper.file.media_type in sniff.SHOWN
        ]
        shown += [
            (document.title, reverse("admin:dossiers_dossier_show_document", args=[dossier.pk, role]))
            for role, document in documents.items()
            if document.is_signed
        ]
        return {
            "papers_shown": shown,
            "alike": looking.alike(actor, dossier),
            "clock": _clock(dossier, calendar),
        }

    def _opened(self, request: HttpRequest, dossier_id: UUID) -> Dossier:
        try:
            return services.open_dossier(actor=actor_of(request), dossier_id=dossier_id)
        except Dossier.DoesNotExist as error:
            raise Http404 from error

    def show_paper(self, request: HttpRequest, dossier_id: UUID, paper_id: UUID) -> HttpResponseBase:
        """A paper that was found clean, in the frame beside the dossier. Each look is an act of the trail."""
        actor, dossier = actor_of(request), self._opened(request, dossier_id)
        paper = dossier.papers.select_related("file", "from_store").filter(pk=paper_id, file__state=FileState.CLEAN).first()
        if paper is None:
            raise Http404
        note_look(actor, dossier, "dossiers.read_paper", paper=str(paper.id))
        if paper.from_store is not None:
            note_officers_look(actor, paper.from_store, now=timezone.now())
        return _framed(paper.file, str(paper.file.name or ""))

    def show_document(self, request: HttpRequest, dossier_id: UUID, role: str) -> HttpResponseBase:
        """A document of the agency's, in the frame."""
        actor, dossier = actor_of(request), self._opened(request, dossier_id)
        rows = dossier.documents.select_related("document__file").filter(cancelled_at__isnull=True, role=role)
        issued: DossierDocument | None = rows.order_by("-id").first()
        if issued is None or not issued.document.is_signed or issued.document.file is None:
            raise Http404
        note_look(actor, dossier, "dossiers.read_document", role=role)
        return _framed(issued.document.file, f"{role}-{dossier.code}.pdf")


def _framed(file: Any, name: str) -> HttpResponseBase:
    """A file that was checked, for a frame of our own page: it runs nothing, and no other site may show it."""
    answer = send_file(file, name=name, inline=True, trusted=True)
    # Styles: of the browser's own viewer, which lays pictures out with them.
    answer["Content-Security-Policy"] = (
        "default-src 'none'; img-src 'self'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    answer["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _clock(dossier: Dossier, calendar: Calendar) -> float | None:
    """The share of the time allowed that is gone; None where no clock runs."""
    waits = dossier.awaits_signature or dossier.awaits_payment or dossier.awaits_completion or dossier.paused_at is not None
    runs = dossier.state in OPEN_STATES and not waits
    until = dossier.due_at or dossier.response_due_at
    start = dossier.received_at or dossier.submitted_at
    if not runs or until <= start:
        return None
    allowed = working_time_between(start, until, calendar).total_seconds()
    return working_time_between(start, timezone.now(), calendar).total_seconds() / allowed if allowed else None
