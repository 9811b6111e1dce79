"""What the pages share: who may look, and how a file leaves the house."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from accounts.pages import citizen_page as known_citizens
from accounts.pages import is_known, to_sign_in, way_back
from dossiers import queries
from dossiers.queries import FormUnknown, OtherWay
from dossiers.reading import line
from dossiers.services import NotForParty, NotYours
from dossiers.terms import NotOffered, NotServed, TermsUnknown
from portal.access import Actor, actor_of
from portal.catalogues import queries as catalogues
from portal.files.responses import send_file

log = logging.getLogger(__name__)

__all__ = [
    "as_int",
    "as_uuid",
    "citizen_page",
    "is_from_here",
    "is_known",
    "not_here",
    "not_offered",
    "reader_page",
    "send_file",
    "token_is_old",
]

Page = Callable[..., HttpResponseBase]


def citizen_page(view: Page) -> Page:
    """A page for one who is signed in for themself; others are led to where they can be. Another's thing is a 404."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NotForParty as error:
            context = {"code": kwargs.get("code", ""), "beyond_mandate": error.beyond_mandate}
            return render(request, "dossiers/not_for_party.html", context, status=403)
        except NotOffered as closed:
            return not_offered(request, closed)
        except NotServed as elsewhere:
            place = catalogues.provinces().filter(code=elsewhere.province).first()
            context = {"code": elsewhere.code, "place": place, "province": elsewhere.province}
            return render(request, "dossiers/not_served.html", context, status=403)
        except InAnotherCapacity as other:
            return render(request, "dossiers/other_capacity.html", {"way": other.way, "back": way_back(request)}, status=403)
        except (TermsUnknown, FormUnknown) as error:
            return _no_longer(request, str(kwargs.get("code", "")), error)
        except NotYours as error:
            raise Http404 from error

    return known_citizens(wrapped)


def not_offered(request: HttpRequest, closed: NotOffered) -> HttpResponse:
    """The page that says why nothing new can be filed online now, and where one goes instead; a draft that there is stays."""
    actor = actor_of(request)
    draft = queries.draft_of(actor, closed.code) if actor.is_citizen else None
    context = {"code": closed.code, "province": closed.province, "state": closed.state, "reason": closed.reason, "draft": draft}
    return render(request, "dossiers/not_offered.html", context, status=403)


def _no_longer(request: HttpRequest, code: str, error: Exception) -> HttpResponse:
    """The page for a draft that cannot be sent any more, because its procedure is not in force or not online; 404 without a draft."""
    draft = queries.draft_of(actor_of(request), code) if code else None
    if draft is None:
        raise Http404 from error
    answers = draft.answers or {}
    begun = draft.begun_form_version.fields if draft.begun_form_version is not None else []
    specs = {spec["name"]: spec for spec in (*draft.form_version.fields, *begun)}
    said = [one for name, spec in specs.items() if answers.get(name) for one in line(spec, answers[name], answers)]
    rows = [{"label": one.label, "value": one.value} for one in said]
    standing = queries.standing(code, now=timezone.now())
    return render(request, "dossiers/no_longer.html", {"code": code, "draft": draft, "standing": standing, "rows": rows}, status=410)


def reader_page(view: Page) -> Page:
    """A file for whoever may read its dossier, citizen or officer. A link whose session is over leads through the sign-in and back."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = actor_of(request)
        if not is_known(actor):
            return to_sign_in(request)
        if actor.lapsed:
            return render(request, "accounts/lapsed.html", status=403)
        try:
            return view(request, *args, **kwargs)
        except NotOffered as closed:
            return not_offered(request, closed)
        except NotServed as elsewhere:
            place = catalogues.provinces().filter(code=elsewhere.province).first()
            context = {"code": elsewhere.code, "place": place, "province": elsewhere.province}
            return render(request, "dossiers/not_served.html", context, status=403)
        except InAnotherCapacity as other:
            return render(request, "dossiers/other_capacity.html", {"way": other.way, "back": way_back(request)}, status=403)

    return never_cache(wrapped)


class InAnotherCapacity(Exception):
    """The dossier is not of the party for whom one acts now, but one may open it in another capacity."""

    def __init__(self, way: OtherWay) -> None:
        super().__init__(way.choice)
        self.way = way


def not_here(actor: Actor, code: str) -> Exception:
    """What to raise where the party has no dossier of this code: the way to it in another capacity, or 404."""
    way = queries.other_way_to(actor, code) if actor.is_citizen else None
    return InAnotherCapacity(way) if way is not None else Http404()


def as_int(text: str | None) -> int:
    """A number from a form's hidden field; -1 for anything else, which no version ever is."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


def as_uuid(text: str | None) -> UUID | None:
    """An id from a form's hidden field; None for anything else."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


class _TokenCheck(CsrfViewMiddleware):
    """Django's check of the token alone, without its refusal."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def token_is_old(request: HttpRequest) -> bool:
    """Whether a POST carries no token that holds now, as after a sign-in in another window."""
    check = _TokenCheck(lambda _request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, lambda *_: HttpResponse(), (), {}) is not None


def is_from_here(request: HttpRequest) -> bool:
    """Whether the browser says that a form came from one of our own pages; a browser that does not say it is not believed."""
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
