"""What a page needs of who opens it: how surely we know who they are, and how surely they signed in (Rules art. 9.4, 11; A-07).

Two scales: no way to sign in makes an account surer than its registration. Asked for is only what is missing, and nothing typed is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from accounts.pages import is_known, to_sign_in, way_back
from portal.access import Actor, Assurance, actor_of

Page = Callable[..., HttpResponseBase]
LEVEL = "muc"
"""In the address of the step-up: the assurance that is needed."""
UNSEEN = frozenset({"csrfmiddlewaretoken"})


def is_missing(actor: Actor, assurance: Assurance) -> bool:
    """Whether the actor's sign-in proved less than what is needed."""
    return actor.assurance < assurance


def asked_for(request: HttpRequest, assurance: Assurance, identity: Assurance = Assurance.MEDIUM) -> HttpResponseBase | None:
    """The page that asks a signed-in person for what is missing; None where nothing is.

    Where the account itself is known less surely than is needed, no step-up helps: the page says how it becomes surer.
    """
    actor = actor_of(request)
    if actor.identity < identity:
        return render(request, "accounts/ways/identity_more.html", status=403)
    return ask_more(request, assurance) if is_missing(actor, assurance) else None


def step_up_address(assurance: Assurance, back: str) -> str:
    """The page that asks for what is missing and then leads back to a path of ours."""
    return reverse("step-up") + "?" + urlencode({LEVEL: str(int(assurance)), "next": back})


def surely(assurance: Assurance, identity: Assurance = Assurance.MEDIUM) -> Callable[[Page], Page]:
    """Decorator: a page for who is signed in at least so surely, with an account whose identity is at least so surely known.

    Who is not signed in signs in first. Who is, but less surely, is asked for what is missing, and for no more. A form that was sent is
    kept in this window meanwhile: with one press it is sent again, its token still good, for a step-up begins no new session.
    """

    def decorate(view: Page) -> Page:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not is_known(actor_of(request)):
                return to_sign_in(request)
            return asked_for(request, assurance, identity) or view(request, *args, **kwargs)

        return never_cache(wrapped)

    return decorate


def ask_more(request: HttpRequest, assurance: Assurance) -> HttpResponseBase:
    """Lead to the step-up and back here; a form that was sent waits in this window."""
    if request.method in ("GET", "HEAD"):
        return redirect(step_up_address(assurance, way_back(request)))
    typed = [(name, value) for name in request.POST if name not in UNSEEN for value in request.POST.getlist(name)]
    context = {
        "action": request.get_full_path(),
        "typed": typed,
        "files": bool(request.FILES),
        "step_up": step_up_address(assurance, reverse("step-up-done")),
    }
    return render(request, "accounts/ways/typed_waits.html", context, status=403)
