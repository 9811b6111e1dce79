"""The language of a page comes from its address: what stands under ``/en/`` is English, everything else Vietnamese.

No cookie and no header decides, so that a shared cache, a printed address and a link sent to somebody all show the same page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language, override

ENGLISH = "en"
PREFIX = "/en"


def is_english() -> bool:
    """Whether the page being made is an English one."""
    return get_language() == ENGLISH


def in_english(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The same view, answering in English."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with override(ENGLISH):
            response = view(request, *args, **kwargs)
            response["Content-Language"] = ENGLISH
            return response

    return wrapped


def english(pages: Iterable[URLPattern]) -> list[URLPattern]:
    """These addresses once more for ``/en/``: the same paths and names, the views in English."""
    return [path(str(page.pattern), in_english(page.callback), name=page.name) for page in pages]


def address(name: str, *args: object) -> str:
    """The address of a page that exists in both languages, in the language of the page being made."""
    return reverse(f"en:{name}" if is_english() else name, args=args)


def show(request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
    """Render a page that exists in both languages: the frame links to the other one and names it in the head."""
    query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
    vietnamese = request.path.removeprefix(PREFIX) if is_english() else request.path
    frame = {"vietnamese_url": vietnamese + query} if is_english() else {"english_url": PREFIX + vietnamese + query}
    return render(request, template, {**frame, **(context or {})}, status=status)
