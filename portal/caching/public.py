"""Public pages: the same bytes for every stranger, so that kept copies, shared caches and validators can do their work."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers

from portal.caching.places import Fill, cut_out, filled
from portal.caching.store import Kept

View = Callable[..., HttpResponse]

CATALOGUE = ("procedures", "catalogues")
"""The rooms that a page of the catalogue shows."""
SHARED_SECONDS = 2
"""How long a shared cache keeps a page. It asks again after that, and the portal mostly answers "not modified" from memory."""
STALE_SECONDS = 2
"""How much longer it may answer with the old page while it fetches the new one. With the second that a process may not know of a change
these make up the five seconds in which an editor's change is seen."""


def has_session(request: HttpRequest) -> bool:
    """Whether the page may hold something meant for this visitor alone: a session, a message waiting to be shown, a token."""
    cookies = request.META.get("HTTP_COOKIE", "")
    if "HTTP_AUTHORIZATION" in request.META:
        return True
    return bool(cookies) and (settings.SESSION_COOKIE_NAME in request.COOKIES or "messages" in request.COOKIES)


def keep_out(request: HttpRequest) -> None:
    """Let nobody keep the answer to this request: it was made from something older than what has been noted since."""
    request.not_to_be_kept = True  # type: ignore[attr-defined]


def public_page(
    *,
    max_age: int = 60,
    rooms: tuple[str, ...] | None = None,
    variant: Callable[[HttpRequest], str] | None = None,
    own: Fill | None = None,
) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Mark a view as a public page: ``public, max-age`` (seconds) and an ETag for strangers, ``private`` for a visitor with a session.

    ``rooms`` names everything the page shows, as the tables note their changes (``portal.caching.sql``): then the portal keeps the
    page itself until one of them changes or the day ends; ``()`` is a page of plain text, None one that is not kept. A room may have
    parts, named by what stands in the address: ``procedures/{code}``.

    Somebody who is signed in gets a kept page too, with their own parts set in (``portal.caching.places``); ``own`` gives those of this
    view beside the frame's. Where the page itself is another one for them, ``variant`` says which, in a word that holds nothing private
    and names nobody (the code of a commune); the view finds it in ``request.variant``, empty for strangers.

    The view must not set a cookie or hold a POST form; a page with a form has its own, uncached address.
    """

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if has_session(request):
                if not hasattr(request, "variant"):
                    request.variant = variant(request) if variant is not None else ""  # type: ignore[attr-defined]
                pages = getattr(request, "kept_pages", None)
                page = pages.for_session(request) if pages is not None and rooms is not None else None
                if page is not None:
                    return _with_own_parts(request, page, own)
            response = view(request, *args, **kwargs)
            if isinstance(response, TemplateResponse):
                response.render()
            patch_vary_headers(response, ["Cookie"])
            if has_session(request):
                patch_cache_control(response, private=True, no_cache=True)
                return response
            if response.status_code != 200 or request.method not in ("GET", "HEAD"):
                return response
            if getattr(request, "not_to_be_kept", False):
                patch_cache_control(response, no_store=True)
                return response
            if getattr(request, "to_be_kept", False):
                response.content, response.places = cut_out(response.content)  # type: ignore[attr-defined]
            shared = min(max_age, SHARED_SECONDS)
            patch_cache_control(response, public=True, max_age=max_age, s_maxage=shared, stale_while_revalidate=STALE_SECONDS)
            # Weak: the proxy in front may compress the page.
            response["ETag"] = f'W/"{hashlib.sha256(response.content).hexdigest()[:32]}"'
            if getattr(request, "to_be_kept", False):
                # The whole page is wanted, whatever this visitor has already: the one who keeps it compares.
                return response
            return get_conditional_response(request, etag=response["ETag"], response=response) or response

        wrapped.kept_rooms = rooms  # type: ignore[attr-defined]
        return wrapped

    return decorate


_STRANGERS = frozenset({"cache-control", "etag", "expires", "vary"})
"""Headers of the kept page that do not hold for one with somebody's own parts."""


def _with_own_parts(request: HttpRequest, page: Kept, own: Fill | None) -> HttpResponse:
    response = HttpResponse(filled(request, page.body, page.places, own))
    for name, value in page.headers:
        if name.lower() not in _STRANGERS:
            response.headers[name] = value
    patch_vary_headers(response, ["Cookie", "HX-Request"])
    patch_cache_control(response, private=True, no_cache=True)
    return response
