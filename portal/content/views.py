"""What everybody reads of editors' content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.access import actor_of, may
from portal.caching import public_page
from portal.content import html, queries
from portal.content.models import WRITE, Picture, Piece
from portal.files.responses import send_file
from portal.languages import is_english, show

PER_PAGE = 20
ROOMS = ("content",)


@dataclass
class Shown:
    """A piece in the language of the page; one that is not translated is shown in Vietnamese."""

    piece: Piece
    title: str
    summary: str
    lang: str
    body: SafeString
    pictures: list[tuple[Picture, str]]


def shown(piece: Piece, *, whole: bool = False) -> Shown:
    """The piece as it reads. ``whole``: with text and pictures (one query)."""
    said: dict[str, str] = piece.english if is_english() else {}
    body = html.cleaned(said.get("body") or piece.body) if whole else ""
    pictures = [(one, (one.alt_en if said else "") or one.alt) for one in piece.pictures.all()] if whole else []
    return Shown(
        piece,
        said.get("title") or piece.title,
        said.get("summary") or piece.summary,
        "en" if said else "vi",
        mark_safe(body),  # noqa: S308  cleaned by nh3 just now
        pictures,
    )


def heading_of(kind: str) -> str:
    """What a list is called."""
    return _("Hướng dẫn sử dụng Cổng") if kind == Piece.Kind.GUIDE else _("Tin tức của Cổng")


def _listed(request: HttpRequest, kind: str) -> HttpResponse:
    page = Paginator(queries.listed(kind, timezone.now()), PER_PAGE).get_page(request.GET.get("trang", "").replace("\0", ""))
    context = {"page": page, "pieces": [shown(one) for one in page], "heading": heading_of(kind)}
    return show(request, "content/list.html", context)


@public_page(rooms=ROOMS)
@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """News, newest first (two queries)."""
    return _listed(request, Piece.Kind.NEWS)


@public_page(rooms=ROOMS)
@require_safe
def guides(request: HttpRequest) -> HttpResponse:
    """How to use the portal (Rules art. 54.1; two queries)."""
    return _listed(request, Piece.Kind.GUIDE)


@public_page(rooms=ROOMS)
@require_safe
def piece_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One piece (two queries)."""
    piece = queries.by_slug(slug, timezone.now())
    if piece is None:
        raise Http404
    return show(request, "content/piece.html", context_of(piece))


def context_of(piece: Piece) -> dict[str, Any]:
    """Of the page of a piece, shown or looked at before."""
    lists = {Piece.Kind.NEWS: ("news", heading_of("news")), Piece.Kind.GUIDE: ("guides", heading_of("guide"))}
    return {"shown": shown(piece, whole=True), "above": lists.get(Piece.Kind(piece.kind))}


@require_safe
def picture(request: HttpRequest, picture_id: UUID) -> HttpResponseBase:
    """A picture of a piece that is shown; one that is not yet, to who writes for its agency."""
    found = Picture.objects.select_related("piece", "file").filter(pk=picture_id).first()
    if found is None:
        raise Http404
    is_public = Piece.objects.shown(timezone.now()).filter(pk=found.piece_id).exists()
    if not is_public and not may(actor_of(request), WRITE, found.piece.unit_code):
        raise Http404
    response = send_file(found.file, name=found.file.name or "anh", inline=True, unchecked=not is_public)
    if is_public:
        response["Cache-Control"] = "public, max-age=3600"
    return response
