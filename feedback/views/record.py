"""The sender's sealed record of a petition (requirement F-14)."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.pages import citizen_page
from feedback.codes import clean_code
from feedback.models import Petition
from feedback.services import NotYours, PetitionRefused, records
from portal.access import AccessDenied, actor_of, belonging_to
from portal.files.responses import send_file


@citizen_page
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, code: str) -> HttpResponseBase:
    """The record of the case as it stands: made when its sender wants one (POST), waited for while it is sealed, then opened."""
    actor = actor_of(request)
    try:
        petition = belonging_to(actor, Petition.objects.filter(code=clean_code(code)), "party_id").first()
        if petition is None:
            raise Http404
        audience = records.audience_of(actor, petition.pk)
        if request.method == "POST":
            records.issue_record(petition.pk, actor, timezone.now())
            return redirect("petition-record", code=petition.code)
    except (AccessDenied, NotYours) as denied:
        raise Http404 from denied
    except PetitionRefused as refused:
        return render(request, "feedback/record_wait.html", {"petition": petition, "problem": refused.message}, status=409)
    except records.RecordUnavailable:
        return render(request, "feedback/record_wait.html", {"petition": petition, "silent": True}, status=503)
    document = records.record_of(petition, audience)
    if document is None or not document.is_signed or document.file is None:
        older = records.newest_record(petition.pk, audience) if document is None and petition.state != "secret" else None
        return render(
            request,
            "feedback/record_wait.html",
            {"petition": petition, "waits": document is not None, "older": older, "later": records.later_acts(older) if older else 0},
        )
    return send_file(document.file, name=f"phan-anh-{petition.code}.pdf", inline=True, trusted=True)
