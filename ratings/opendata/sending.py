"""How a file that anybody may have leaves the house."""

from __future__ import annotations

import logging

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import content_disposition_header

from portal.files import services as files
from portal.files.errors import FileUnreadable
from portal.files.models import StoredFile

log = logging.getLogger(__name__)


def send_public(request: HttpRequest, file: StoredFile, *, name: str, media_type: str, max_age: int = 300) -> HttpResponseBase:
    """A kept file in pieces, never whole in memory. Its SHA-256 is its ETag: who has it already is told so, and no byte is read."""
    etag = f'"{file.sha256}"'
    if request.method == "GET" and (known := get_conditional_response(request, etag=etag)) is not None and known.status_code == 304:
        answer: HttpResponseBase = known
    else:
        try:
            answer = StreamingHttpResponse(files.open_plain(file) if request.method == "GET" else (), content_type=media_type)
        except FileUnreadable as error:
            log.error("a public file cannot be read", extra={"file_id": str(file.pk), "reason": type(error).__name__})
            raise Http404 from error
        answer["Content-Length"] = str(file.size)
        answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
        answer["Access-Control-Allow-Origin"] = "*"
        answer["X-Content-Type-Options"] = "nosniff"
    answer["ETag"] = etag
    patch_cache_control(answer, public=True, max_age=max_age)
    return answer
