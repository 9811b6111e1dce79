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

View = Callable[..., HttpResponse]

CATALOGUE = ("procedures", "catalogues")
"""The rooms that a page of the catalogue shows."""
SHARED_SECONDS = 2
"""How long a shared cache keeps a page. It asks again after that, and the portal mostly answers "not modified" from memory."""
STALE_SECONDS = 2
"""How much longer it may answer with the old page while it fetches the new one. With the second that a process may not know of a change
these make up the five seconds in which an editor's change is seen."""


def is_somebody(request: HttpRequest) -> bool:
    """Whether the page may hold something meant for this visitor alone: a session, a message waiting to be shown, a token."""
    cookies = request.META.get("HTTP_COOKIE", "")
    if "HTTP_AUTHORIZATION" in request.META:
        return True
    return bool(cookies) and (settings.SESSION_COOKIE_NAME in request.COOKIES or "messages" in request.COOKIES)


def keep_out(request: HttpRequest) -> None:
    """Let nobody keep the answer to this request: it was made from something older than what has been noted since."""
    request.not_to_be_kept = True  # type: ignore[attr-defined]


def public_page(*, max_age: int = 60, rooms: tuple[str, ...] | None = None) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Mark a view as a public page: ``public, max-age`` (seconds) and an ETag for strangers, ``private`` for a visitor with a session.

    ``rooms`` names everything the page shows, as the tables note their changes (``portal.caching.sql``): then the portal keeps the
    page itself until one of them changes or the day ends; ``()`` is a page of plain text, None one that is not kept. A room may have
    parts, named by what stands in the address: ``procedures/{code}``.
    The view must not set a cookie or hold a POST form; a page with a form has its own, uncached address.
    """

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = view(request, *args, **kwargs)
            if isinstance(response, TemplateResponse):
                response.render()
            patch_vary_headers(response, ["Cookie"])
            if is_somebody(request):
                patch_cache_control(response, private=True, no_cache=True)
                return response
            if response.status_code != 200 or request.method not in ("GET", "HEAD"):
                return response
            if getattr(request, "not_to_be_kept", False):
                patch_cache_control(response, no_store=True)
                return response
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
