"""Papers sent piece by piece by the page's script (`static/js/uploads.js`); without it the page's form sends them whole.

``POST``  …/tai-len/            announces a file: ``kind``, ``name``, ``size``, ``sha256`` → 201 ``id``, ``offset``, ``piece`` (longest one)
``PUT``   …/tai-len/<id>/       a piece: ``Upload-Offset``, ``Content-Digest: sha-256=:…:`` (RFC 9530) → 200 ``offset``; 409 says another
``POST``  …/tai-len/<id>/       ends it → 201 ``paper``; again: the same
``DELETE`` …/tai-len/<id>/      gives it up → 204

Errors are JSON with ``message``, a sentence for the person; 409 with ``offset`` says where to go on; 400: send the piece again.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dossiers import queries, services
from dossiers.models import Draft
from dossiers.services import FilingRefused, NotYours
from dossiers.views.common import as_int, as_uuid, citizen_page
from portal.access import actor_of
from portal.files.errors import FileRefused
from portal.files.pieces import PIECE_BYTES, OffsetDiffers, PieceBroken, UploadGone
from portal.limits import take

STATUS = {"too_big": 413, "type": 415, "image_too_big": 415, "too_many": 429, "storage": 507}
BEGUN_AT_ONCE, BEGUN_A_SECOND = 120, 0.5

View = Callable[..., HttpResponseBase]


def _answers(view: View) -> View:
    """What a service raises, as an answer that the script understands."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except OffsetDiffers as differs:
            return JsonResponse({"offset": differs.offset}, status=409)
        except (PieceBroken, UnreadablePostError):
            return JsonResponse({"message": _("Phần vừa gửi bị hỏng trên đường. Trang sẽ tự gửi lại.")}, status=400)
        except FileRefused as refused:
            return JsonResponse({"message": refused.message, "code": refused.code}, status=STATUS.get(refused.code, 422))
        except FilingRefused as refused:
            return JsonResponse({"message": " ".join(problem.message for problem in refused.problems)}, status=422)
        except (NotYours, UploadGone):
            words = _("Bản nháp hoặc tệp này không còn nữa: có thể đã được gửi hoặc xóa ở cửa sổ khác. Bạn tải lại trang.")
            return JsonResponse({"message": words}, status=404)

    return citizen_page(wrapped)


def _draft(request: HttpRequest, code: str) -> Draft:
    """The draft that the page showed; :class:`NotYours` where there is another one by now, or none."""
    draft = queries.draft_of(actor_of(request), code)
    if draft is None or as_uuid(request.headers.get("Draft")) != draft.id:
        raise NotYours
    return draft


@require_POST
@_answers
def begin(request: HttpRequest, code: str) -> HttpResponse:
    """Announce a file: what cannot be taken is refused before a byte of it is sent."""
    actor = actor_of(request)
    draft = _draft(request, code)
    grant = take("dossiers.uploads", str(actor.person_id), capacity=BEGUN_AT_ONCE, refill_per_second=BEGUN_A_SECOND)
    if not grant.allowed:
        answer = JsonResponse({"message": _("Bạn gửi quá nhiều tệp trong thời gian ngắn. Bạn đợi một phút rồi thử lại.")}, status=429)
        answer["Retry-After"] = str(math.ceil(grant.retry_after))
        return answer
    try:
        upload = services.begin_paper(
            actor=actor,
            draft_id=draft.id,
            kind=request.POST.get("kind", ""),
            name=request.POST.get("name", "")[:1000],
            size=max(0, as_int(request.POST.get("size"))),
            sha256=request.POST.get("sha256", ""),
            now=timezone.now(),
        )
    except ValueError:
        return JsonResponse({"message": _("Phần vừa gửi bị hỏng trên đường. Trang sẽ tự gửi lại.")}, status=400)
    return JsonResponse({"id": str(upload.id), "offset": upload.received, "piece": PIECE_BYTES}, status=201)


def _digest(request: HttpRequest) -> bytes:
    """The SHA-256 of the header ``Content-Digest``; empty where it holds none."""
    for part in request.headers.get("Content-Digest", "").split(","):
        name, _equals, value = part.strip().partition("=")
        if name.lower() == "sha-256" and value.startswith(":") and value.endswith(":"):
            try:
                return base64.b64decode(value[1:-1], validate=True)
            except binascii.Error:
                return b""
    return b""


@require_http_methods(["PUT", "POST", "DELETE"])
@_answers
def one(request: HttpRequest, code: str, upload_id: UUID) -> HttpResponse:
    """One upload: a piece of it, its end, or giving it up."""
    actor = actor_of(request)
    draft = _draft(request, code)
    if request.method == "DELETE":
        services.cancel_paper(actor=actor, draft_id=draft.id, upload_id=upload_id)
        return HttpResponse(status=204)
    if request.method == "POST":
        paper = services.finish_paper(actor=actor, draft_id=draft.id, upload_id=upload_id, now=timezone.now())
        return JsonResponse({"paper": str(paper.id)}, status=201)
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdigit() or int(length) > PIECE_BYTES:
        # Answered before it is read: a worker holds one piece, never a file.
        raise PieceBroken
    upload = services.add_piece(
        actor=actor,
        draft_id=draft.id,
        upload_id=upload_id,
        offset=as_int(request.headers.get("Upload-Offset")),
        data=request.body,
        digest=_digest(request),
        now=timezone.now(),
    )
    return JsonResponse({"offset": upload.received})
