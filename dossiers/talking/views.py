"""The applicant's page of messages about one dossier, and the files that came with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from dossiers import queries
from dossiers.models import Dossier
from dossiers.services.desk import note_look
from dossiers.talking import rules, services
from dossiers.talking.queries import conversation, file_of
from dossiers.talking.services import MessageRefused, Written
from dossiers.views.common import as_uuid, citizen_page, not_here, reader_page, send_file
from dossiers.views.filing import REQUEST_OVERHEAD
from dossiers.views.tracking import _for_reader, _own
from portal.access import actor_of


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def talk(request: HttpRequest, code: str) -> HttpResponseBase:
    """The conversation. A request that is too long is answered before it is read: hence the token is checked one step later."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.method == "POST" and (not length.isdigit() or int(length) > settings.MAX_FILE_BYTES + REQUEST_OVERHEAD):
        return _too_long(request, code=code)
    return _talk(request, code=code)


@citizen_page
def _too_long(request: HttpRequest, code: str) -> HttpResponse:
    limit = settings.MAX_FILE_BYTES // 2**20
    sentence = _("Các tệp vừa chọn cộng lại lớn hơn %(limit)d MB nên chưa nhận được tin này. Bạn gửi ít tệp hơn trong một tin.")
    response = _page(request, _own(request, code), problem=MessageRefused(sentence % {"limit": limit}, "attached", status=413))
    response["Connection"] = "close"
    return response


@csrf_protect
@citizen_page
def _talk(request: HttpRequest, code: str) -> HttpResponse:
    dossier = _own(request, code)
    if request.method != "POST":
        return _page(request, dossier)
    try:
        services.write(actor=actor_of(request), dossier_id=dossier.id, written=written_of(request), now=timezone.now())
    except MessageRefused as refused:
        return _page(request, dossier, problem=refused, typed=request.POST.get("words", ""))
    messages.success(request, _("Đã gửi tin nhắn. Bạn được báo khi cơ quan trả lời."))
    return redirect(reverse("dossier-messages", args=[code]) + "#moi-nhat")


def written_of(request: HttpRequest) -> Written:
    """What a form of messages carries, the applicant's or the desk's."""
    uploads = [one for one in request.FILES.getlist("attached") if isinstance(one, UploadedFile)]
    return Written(as_uuid(request.POST.get("message")) or uuid4(), request.POST.get("words", ""), uploads)


def _page(request: HttpRequest, dossier: Dossier, *, problem: MessageRefused | None = None, typed: str = "") -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    shown = conversation(dossier)
    if request.method == "GET" and any(one.is_from_agency and one.read_at is None for one in shown):
        services.mark_read(actor=actor, dossier=dossier, now=now)
    return render(
        request,
        "dossiers/talking/messages.html",
        {
            "dossier": dossier,
            "unit": queries.handling_unit(dossier.unit_code),
            "shown": shown,
            "me": actor.person_id,
            "over": rules.refusal(dossier, now),
            "problem": problem,
            "typed": typed,
            "message_id": uuid4(),
            "most_words": rules.MOST_WORDS,
            "most_files": rules.MOST_FILES,
            "max_mb": settings.MAX_FILE_BYTES // 2**20,
        },
        status=problem.status if problem is not None else 200,
    )


@require_safe
@reader_page
def message_file(request: HttpRequest, code: str, file_id: UUID) -> HttpResponseBase:
    """A file of the conversation: for its party, and for officers through the door, whose look is noted. What the other side sent is
    opened once it is checked."""
    actor = actor_of(request)
    dossier = _for_reader(actor, code)
    if dossier is None:
        raise not_here(actor, code)
    found = file_of(dossier, file_id)
    if found is None:
        raise Http404
    if actor.is_officer:
        note_look(actor, dossier, "dossiers.read_message_file", file=str(found.pk))
    inline, own = found.file.media_type.startswith("image/"), actor.is_citizen and not found.message.is_from_agency
    return send_file(found.file, name=str(found.file.name or ""), inline=inline, unchecked=own)


class ManyFiles(forms.ClearableFileInput):
    """A box for several files."""

    allow_multiple_selected = True


def as_files(given: Any) -> Sequence[UploadedFile]:
    """The files of a box for several."""
    return given if isinstance(given, list) else [given] if given else []


urlpatterns = [
    path("ho-so/<str:code>/tin-nhan/", talk, name="dossier-messages"),
    path("ho-so/<str:code>/tin-nhan/tep/<uuid:file_id>/", message_file, name="dossier-message-file"),
]
