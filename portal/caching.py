"""Public pages: the same bytes for every stranger, so that shared caches and validators can do their work."""

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

SHARED_SECONDS = 5
"""How long a shared cache keeps a page: an editor's change is seen within seconds, and a rush costs one page every five seconds."""
STALE_SECONDS = 10
"""How much longer it may answer with the old page while it fetches the new one, so that nobody waits and nobody stampedes."""


def _is_somebody(request: HttpRequest) -> bool:
    """Whether the page may hold something meant for this visitor alone: a session, or a message waiting to be shown."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES or "messages" in request.COOKIES


def public_page(*, max_age: int = 60) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Mark a view as a public page: ``public, max-age`` (seconds) and an ETag for strangers, ``private`` for a visitor with a session.

    Shared caches are told the times above. The view must not set a cookie or hold a POST form; a page with a form has its own,
    uncached address.
    """

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = view(request, *args, **kwargs)
            if isinstance(response, TemplateResponse):
                response.render()
            patch_vary_headers(response, ["Cookie"])
            if _is_somebody(request):
                patch_cache_control(response, private=True, no_cache=True)
                return response
            if response.status_code != 200 or request.method not in ("GET", "HEAD"):
                return response
            shared = min(max_age, SHARED_SECONDS)
            patch_cache_control(response, public=True, max_age=max_age, s_maxage=shared, stale_while_revalidate=STALE_SECONDS)
            # Weak: the proxy in front may compress the page.
            response["ETag"] = f'W/"{hashlib.sha256(response.content).hexdigest()[:32]}"'
            return get_conditional_response(request, etag=response["ETag"], response=response) or response

        return wrapped

    return decorate
