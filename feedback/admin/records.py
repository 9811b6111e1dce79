"""A petition on paper, from the desk: print, the sealed record, export (requirements F-10, F-14). Each is noted in the audit trail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from feedback.admin.ways import OwnWay, register_way
from feedback.models import Petition
from feedback.services import NotYours, PetitionRefused, records
from portal.access import actor_of
from portal.files.responses import send_file


def _page_of(petition_id: UUID) -> str:
    return f"/quan-tri/feedback/petition/{petition_id}/change/"


def _context(request: HttpRequest, petition: Petition, title: str) -> dict[str, Any]:
    return {**admin.site.each_context(request), "title": title, "petition": petition, "back": _page_of(petition.pk)}


@never_cache
@require_safe
def print_view(request: HttpRequest, object_id: UUID) -> HttpResponseBase:
    """Everything of a case on a page that prints well."""
    try:
        petition, parts = records.print_case(actor=actor_of(request), petition_id=object_id)
    except Petition.DoesNotExist as error:
        raise Http404 from error
    context = {**_context(request, petition, f"Phản ánh {petition.code}"), "parts": parts, "printed_at": records.moment(timezone.now())}
    return TemplateResponse(request, "admin/feedback/print.html", context)


@never_cache
@require_safe
def export_view(request: HttpRequest, object_id: UUID) -> HttpResponseBase:
    """The whole of a case as a ZIP."""
    try:
        name, content = records.export_case(actor=actor_of(request), petition_id=object_id, now=timezone.now())
    except Petition.DoesNotExist as error:
        raise Http404 from error
    answer = FileResponse(content, as_attachment=True, filename=name, content_type="application/zip")
    answer["Cache-Control"] = "private, no-store"
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def record_view(request: HttpRequest, object_id: UUID) -> HttpResponseBase:
    """The sealed record of a case as it stands, in the copy that this officer may have: made by a press, waited for, then opened."""
    actor = actor_of(request)
    try:
        audience = records.audience_of(actor, object_id)
    except NotYours as error:
        raise Http404 from error
    petition = Petition.objects.get(pk=object_id)
    context = _context(request, petition, f"Bản có dấu của phản ánh {petition.code}")
    if request.method == "POST":
        try:
            records.issue_record(object_id, actor, timezone.now())
        except PetitionRefused as refused:
            return TemplateResponse(request, "admin/feedback/record.html", {**context, "problem": refused.message}, status=409)
        except records.RecordUnavailable:
            problem = "Dịch vụ ký số tạm thời chưa trả lời. Bạn thử lại sau một phút."
            return TemplateResponse(request, "admin/feedback/record.html", {**context, "problem": problem}, status=503)
        return redirect("petition-desk-record", object_id=object_id)
    document = records.record_of(petition, audience)
    if document is not None and document.is_signed and document.file is not None:
        return send_file(document.file, name=f"phan-anh-{petition.code}.pdf", inline=True, trusted=True)
    older = records.newest_record(object_id, audience) if document is None else None
    context |= {"waits": document is not None, "note": document.note if document is not None else "", "older": older}
    return TemplateResponse(request, "admin/feedback/record.html", context)


_view = admin.site.admin_view
urlpatterns = [
    path("quan-tri/phan-anh/<uuid:object_id>/in/", _view(print_view), name="petition-desk-print"),
    path("quan-tri/phan-anh/<uuid:object_id>/xuat/", _view(export_view), name="petition-desk-export"),
    path("quan-tri/phan-anh/<uuid:object_id>/ban-co-dau/", _view(record_view), name="petition-desk-record"),
]


def _way(label: str, name: str, *, whole: bool) -> Any:
    def offered(request: HttpRequest, petition: Petition) -> OwnWay | None:
        if petition.state == "secret" or (whole and not records.may_take(actor_of(request))):
            return None
        return OwnWay(label, reverse(name, args=[petition.pk]))

    return offered


for _label, _name, _whole in (
    ("In", "petition-desk-print", True),
    ("Bản có dấu", "petition-desk-record", False),
    ("Xuất", "petition-desk-export", True),
):
    register_way(_way(_label, _name, whole=_whole))
