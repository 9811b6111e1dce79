"""A registered kiosk's browser: it stays within what a kiosk is for, keeps no cookie but its own, and its sessions end quickly.

Every other browser costs nothing: without the device's cookie nothing is looked up.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from dossiers.kiosk.devices import COOKIE, by_token
from portal.access import actor_of
from portal.caching.public import keep_out

SEEN = "kiosk_seen"
"""When the kiosk's session was last used, in seconds; no personal value."""
ALLOWED = ("/kiosk/", "/nop-ho-so/", "/ho-so/", "/kho-giay-to/", "/thanh-toan/", "/ky-so/", "/tai-khoan/", "/static/", "/vao/csp/")
"""Where a kiosk leads; every other page leads back to its start."""
KEPT_COOKIES = frozenset({COOKIE})


class Kiosk:
    """Puts ``request.kiosk`` (the device, or None) on the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request.COOKIES.get(COOKIE, "")
        request.kiosk = by_token(token) if token else None  # type: ignore[attr-defined]
        if not token:
            return self.get_response(request)
        if request.kiosk is None:  # type: ignore[attr-defined]
            # Withdrawn: what was begun on it ends with it.
            if actor_of(request).is_signed_in:
                logout(request)
            answer = self.get_response(request)
            answer.delete_cookie(COOKIE, path="/", samesite="Strict")
            return answer
        keep_out(request)
        if (away := self._away(request)) is not None:
            return away
        answer = self.get_response(request)
        if actor_of(request).is_signed_in:
            answer["Cache-Control"] = "no-store, private"
            answer["Referrer-Policy"] = "same-origin"
        return answer

    def _away(self, request: HttpRequest) -> HttpResponse | None:
        path = request.path_info
        if not path.startswith(ALLOWED):
            return HttpResponseRedirect(reverse("kiosk"))
        if path == settings.LOGIN_URL:
            return HttpResponseRedirect(f"{reverse('kiosk-sign-in')}?{urlencode({'next': request.GET.get('next', '')})}")
        if not actor_of(request).is_signed_in:
            return None
        seen, now = request.session.get(SEEN), time.time()
        if seen is not None and now - seen > settings.KIOSK_IDLE_SECONDS:
            logout(request)
            return forget(HttpResponseRedirect(reverse("kiosk")), request)
        request.session[SEEN] = int(now)
        # The row itself ends, too, should the browser never come back.
        request.session.set_expiry(settings.KIOSK_IDLE_SECONDS)
        return None


def forget(answer: HttpResponse, request: HttpRequest) -> HttpResponse:
    """Leave nothing in the browser: its stores and caches are emptied, every cookie but the device's goes."""
    answer["Clear-Site-Data"] = '"cache", "storage"'
    answer["Cache-Control"] = "no-store, private"
    for name in request.COOKIES:
        if name not in KEPT_COOKIES:
            answer.delete_cookie(name, path="/", samesite="Lax")
    return answer
