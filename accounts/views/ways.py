"""What the pages of sign-in share: where to go afterwards, who must sign in first, how often one may try."""

from __future__ import annotations

from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.linking import answering
from accounts.pages import tell_ended
from accounts.services import otp
from accounts.services import sessions as services
from accounts.sessions import session_of
from portal.access import actor_of
from portal.limits import client_address, take

WANTS_POSITION = "wants_position"
GO_ON = "tiep"
"""In the address of the officers' sign-in: a signed-in citizen has read where they are and goes on."""
NEXT = "next"
DESK, OWN_DOSSIERS = "/quan-tri/", "/ho-so/"
"""Where an officer and a citizen belong."""
KNOWN_BROWSER = "may-quen"
"""Cookie of a browser in which somebody has signed in: a random value that opens nothing (see :mod:`accounts.services.otp`)."""
_KNOWN_BROWSER_AGE = timedelta(days=400)
"""As long as browsers keep any cookie."""


def safe_next(request: HttpRequest, default: str) -> str:
    """Where to go after sign-in: a path of ours or the default; never another site."""
    target = request.POST.get(NEXT) or request.GET.get(NEXT) or request.session.get(NEXT) or ""
    if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None, require_https=False):
        return target
    return default


def citizens_next(request: HttpRequest, default: str = OWN_DOSSIERS) -> str:
    """The same for one who signs in for themself: never the desk, which a visit before may have left in the session."""
    target = safe_next(request, default)
    return default if target.startswith(DESK.rstrip("/")) else target


def home_of(request: HttpRequest) -> str:
    """Where somebody who is signed in belongs."""
    return DESK if actor_of(request).is_officer else citizens_next(request)


def signed_in(view: Any) -> Any:
    """Ask a visitor to sign in first and come back here."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not actor_of(request).is_signed_in:
            if request.method == "POST":
                words = _("Phiên đăng nhập đã hết nên việc bạn vừa bấm chưa được thực hiện. Bạn đăng nhập rồi làm lại bước đó.")
                messages.warning(request, words)
            else:
                tell_ended(request)
            return redirect(reverse("sign-in") + "?" + urlencode({NEXT: request.get_full_path()}))
        return view(request, *args, **kwargs)

    return never_cache(wrapped)


def over_limit(request: HttpRequest, bucket: str) -> HttpResponse | None:
    """The page that says "wait" when this address has tried too often just now; None to go on."""
    grant = take(bucket, client_address(request), capacity=20, refill_per_second=0.2)
    if grant.allowed:
        return None
    response = render(request, "429.html", {"retry_after": int(grant.retry_after) + 1}, status=429)
    response["Retry-After"] = str(int(grant.retry_after) + 1)
    return response


def greeted(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer to whoever has just signed in: their browser is known from now on, and they are told where it is a new one."""
    actor, session = actor_of(request), session_of(request)
    if actor.person_id is None or session is None:
        return response
    target = response.get("Location", "")
    if target.startswith("/") and not target.startswith(("/oauth2/", DESK.rstrip("/"))) and answering.unseen(actor, timezone.now()):
        # An agency says that an account there is theirs: asked once, at a sign-in, on the way to where they were going.
        response["Location"] = reverse("linked-accounts") + "?" + urlencode({NEXT: target})
    browser = request.COOKIES.get(KNOWN_BROWSER, "")[:100]
    value, is_new = otp.remember_browser(person_id=actor.person_id, browser=browser, now=timezone.now())
    if is_new:
        services.tell_new_device(person_id=actor.person_id, session=session, actor=actor)
    response.set_cookie(
        KNOWN_BROWSER,
        value,
        max_age=_KNOWN_BROWSER_AGE,
        path="/tai-khoan/",
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
    )
    return response
