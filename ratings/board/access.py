"""Who sees a dashboard: the Government Office the country and every agency; an agency's leaders and overseers itself and what is below."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from portal.access import Actor, actor_of, may
from portal.access.rules import AccessDenied
from ratings import queries

BOARD, COUNTRY, TARGETS = "ratings.board", "ratings.board_country", "ratings.targets"


def sees_boards(actor: Actor) -> bool:
    """Whether there is a dashboard for the actor at all."""
    return may(actor, COUNTRY) or may(actor, BOARD, actor.unit)


def sees_country(actor: Actor) -> bool:
    """Whether the actor sees the whole country."""
    return may(actor, COUNTRY)


def sees(actor: Actor, agency: str) -> bool:
    """Whether the actor sees the dashboard of an agency, ``""``: of the country."""
    return sees_country(actor) or (bool(agency) and may(actor, BOARD, agency))


def agency_of(actor: Actor, code: str | None) -> str:
    """The agency whose dashboard is asked for; None: one's own, empty: the country. 404 for another's, and for one that is none."""
    if not sees_boards(actor):
        raise AccessDenied(BOARD)
    if code is None:
        return "" if sees_country(actor) else actor.unit
    if "\x00" in code or len(code) > 40 or not sees(actor, code) or not queries.is_known(code):
        raise Http404
    return code


def officer_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page for officers: whoever is none is led to the officers' sign-in and back. Nobody keeps it."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not actor_of(request).is_officer:
            return redirect(f"{reverse('officer-sign-in')}?{urlencode({'next': request.get_full_path()})}")
        return view(request, *args, **kwargs)

    return never_cache(wrapped)
