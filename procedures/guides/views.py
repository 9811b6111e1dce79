"""Guides as everybody reads and watches them, without signing in and without JavaScript (C-16)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.caching import public_page
from portal.catalogues.queries import agency_names
from portal.files import services as files
from portal.files.errors import FileUnreadable
from portal.files.models import StoredFile
from portal.languages import is_english, show
from procedures import queries as catalogue
from procedures.guides import queries
from procedures.guides.reading import blocks
from procedures.guides.services import file_of
from procedures.models import Guide

PER_PAGE = 20
ROOMS = ("guides", "procedures", "catalogues")
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


@public_page(rooms=ROOMS)
@require_safe
def guide_list(request: HttpRequest) -> HttpResponse:
    """Public guides, the newest first; of one procedure with ``?thu-tuc=``. At most seven queries."""
    code = request.GET.get("thu-tuc", "")
    if len(code) > 40 or "\x00" in code:
        raise Http404
    rows = queries.public().filter(procedures__contains=[code]) if code else queries.public()
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("trang"))
    names = {version.procedure.code: version.name for version in catalogue.with_codes([code], timezone.localdate())} if code else {}
    return show(request, "procedures/guides.html", {"page": page, "code": code, "about": names.get(code, code)})


def context_of(guide: Guide) -> dict[str, object]:
    """What a guide's page shows, public or in preview. At most four queries."""
    english = is_english() and bool(guide.body_en)
    return {
        "guide": guide,
        "title": guide.title_en if is_english() and guide.title_en else guide.title,
        "blocks": blocks(guide.body_en if english else guide.body),
        "in_english": english,
        "agency": agency_names([guide.unit_code]).get(guide.unit_code, guide.unit_code),
        "procedures": catalogue.with_codes(guide.procedures, timezone.localdate()),
        "video": file_of(guide, "video"),
        "document": file_of(guide, "document"),
        "transcript": blocks(guide.transcript),
        "files": f"/tai-lieu-huong-dan/{guide.slug}/tep/",
    }


@public_page(rooms=ROOMS)
@require_safe
def guide_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A guide; 410 with the reason where it was withdrawn. At most seven queries."""
    guide = queries.by_slug(slug)
    if guide is None:
        raise Http404
    if guide.state != "published":
        return show(request, "procedures/guide_gone.html", {"reason": guide.withdrawn_why}, status=410)
    return show(request, "procedures/guide.html", context_of(guide))


@require_safe
def guide_file(request: HttpRequest, slug: str, which: str) -> HttpResponseBase:
    """A file of a public guide: the film (in parts where a browser asks for a range), its captions, the PDF. Public, kept by browsers."""
    guide = queries.by_slug(slug)
    if guide is None or guide.state != "published":
        raise Http404
    return give(request, guide, which)


def give(request: HttpRequest, guide: Guide, which: str) -> HttpResponseBase:
    """A file of a guide, public or in preview; 404 where there is none."""
    if which in ("phu-de.vtt", "phu-de-en.vtt"):
        words = guide.captions if which == "phu-de.vtt" else guide.captions_en
        if not words:
            raise Http404
        return _public(HttpResponse(words, content_type="text/vtt; charset=utf-8"))
    stored = file_of(guide, "video" if which == "video" else "document")
    if stored is None:
        raise Http404
    return _public(_in_parts(request, stored))


def _public(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "public, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _in_parts(request: HttpRequest, stored: StoredFile) -> HttpResponseBase:
    """The file, or the range that was asked for (RFC 9110 14): 206, or 416 where it lies behind the end."""
    size, asked = stored.size, _RANGE.fullmatch(request.headers.get("Range", ""))
    first, last = 0, size - 1
    if asked is not None and (asked[1] or asked[2]):
        if asked[1]:
            first, last = int(asked[1]), min(int(asked[2]), size - 1) if asked[2] else size - 1
        else:
            first = max(0, size - int(asked[2]))
        if first > last:
            response: HttpResponseBase = HttpResponse(status=416)
            response["Content-Range"] = f"bytes */{size}"
            return response
    try:
        content = files.open_plain(stored)
    except FileUnreadable as error:
        raise Http404 from error
    partial = (first, last) != (0, size - 1)
    response = StreamingHttpResponse(_cut(content, first, last), content_type=stored.media_type, status=206 if partial else 200)
    response["Content-Length"] = str(last - first + 1)
    response["Accept-Ranges"] = "bytes"
    if partial:
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    if stored.media_type == "application/pdf":
        response["Content-Disposition"] = 'inline; filename="huong-dan.pdf"'
    return response


def _cut(content: Iterator[bytes], first: int, last: int) -> Iterator[bytes]:
    """The bytes from ``first`` to ``last`` of a stream; nothing is read beyond."""
    at = 0
    for piece in content:
        if at > last:
            return
        part = piece[max(0, first - at) : last + 1 - at]
        at += len(piece)
        if part:
            yield part
