"""Pages for people who are signed in: who gets in, and where the others are led."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.sessions import TERMS_DUE, was_ended
from portal.access import Actor, Assurance, actor_of

Page = Callable[..., HttpResponseBase]


def citizen_page(view: Page) -> Page:
    """A page for one who is signed in for themself or a party they may act for; others are led to where they can be."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = actor_of(request)
        if not is_known(actor):
            return to_sign_in(request)
        if not actor.is_citizen:
            return render(request, "accounts/not_as_officer.html", status=403)
        if request.session.get(TERMS_DUE):
            return redirect(f"{reverse('agree-to-terms')}?{urlencode({'next': way_back(request)})}")
        if actor.lapsed:
            # What was pressed was meant for that party: for oneself it is not done.
            return render(request, "accounts/lapsed.html", status=403)
        return view(request, *args, **kwargs)

    return never_cache(wrapped)


def is_known(actor: Actor) -> bool:
    """Signed in, and surely enough for papers and answers."""
    return actor.is_signed_in and not (actor.is_citizen and actor.assurance < Assurance.MEDIUM)


def to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """After a POST from a dead session one comes back to the page, not to an address that only takes POST, and is told of it."""
    if request.method == "POST":
        messages.warning(request, _("Phiên đăng nhập đã hết nên việc bạn vừa bấm chưa được thực hiện. Bạn đăng nhập rồi làm lại bước đó."))
    else:
        tell_ended(request)
    return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': way_back(request)})}")


def tell_ended(request: HttpRequest) -> None:
    """Say why one is asked to sign in who was signed in a moment ago."""
    if was_ended(request):
        messages.info(request, _("Phiên đăng nhập trước đã kết thúc: lâu không dùng, hoặc được kết thúc từ một thiết bị khác."))


def way_back(request: HttpRequest) -> str:
    """Where one comes back to after signing in or changing capacity."""
    return request.get_full_path() if request.method in ("GET", "HEAD") else _page_of(request.path)


def _page_of(path: str) -> str:
    """The page a POST address belongs to: ``/ho-so/<mã>/rut/`` → ``/ho-so/<mã>/``. Those of petitions and appointments are pages
    themselves."""
    parts = path.strip("/").split("/")
    if parts[0] in ("phan-anh-kien-nghi", "lich-hen"):
        return path
    return "/" + "/".join(parts[:3] if parts[0] == "nop-ho-so" else parts[:2]) + "/"
