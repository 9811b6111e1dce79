"""What the pages of senders share: who gets in, what becomes of text typed into a page whose session is over."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from accounts.pages import citizen_page as known_citizens
from accounts.pages import is_known, way_back
from dossiers.views.common import as_int, as_uuid, is_from_here, token_is_old
from feedback import queries_own
from feedback.queries_own import OtherWay
from feedback.services import NotYours
from feedback.services.common import writer
from portal.access import AccessDenied, actor_of

__all__ = ["as_int", "as_uuid", "is_late", "not_here", "sender_page", "typing_page", "uploads"]

Page = Callable[..., HttpResponseBase]


class InAnotherCapacity(Exception):
    """The petition is not of the party for whom one acts now, but one may open it in another capacity."""

    def __init__(self, way: OtherWay) -> None:
        super().__init__(way.choice)
        self.way = way


def not_here(request: HttpRequest, code: str) -> Exception:
    """What to raise where the party has no petition of this code: the way to it in another capacity, or 404."""
    way = queries_own.other_way_to(actor_of(request), code)
    return InAnotherCapacity(way) if way is not None else Http404()


def sender_page(view: Page) -> Page:
    """A page for one who writes for themself or a party. Another's thing is a 404; a draft that was sent leads to what was sent."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            writer(actor_of(request))
            return view(request, *args, **kwargs)
        except AccessDenied:
            return render(request, "feedback/not_by_mandate.html", status=403)
        except InAnotherCapacity as other:
            return render(request, "feedback/other_capacity.html", {"way": other.way, "back": way_back(request)}, status=403)
        except NotYours as error:
            sent = queries_own.sent_from(actor_of(request), kwargs["draft_id"]) if "draft_id" in kwargs else None
            if sent is not None:
                return redirect("petition", code=sent.code)
            raise Http404 from error

    return known_citizens(wrapped)


def typing_page(view: Page) -> Page:
    """As :func:`sender_page`, for a page on which one types long texts: they outlive the session and its token.

    With the session over, this window keeps what was typed while one signs in in another. With a token of an earlier session the view
    shows the form again (:func:`is_late`) and does nothing: nobody can say that the person pressed this button. A form from another
    site gets the usual refusal.
    """
    inner = sender_page(view)
    checked = csrf_protect(inner)

    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and is_from_here(request):
            if not is_known(actor_of(request)):
                return _sign_in_again(request)
            if token_is_old(request):
                request.is_late = True  # type: ignore[attr-defined]
                return inner(request, *args, **kwargs)
        return checked(request, *args, **kwargs)

    return wrapped


def is_late(request: HttpRequest) -> bool:
    """Whether the form is of an earlier session: to be shown again with what was typed, and nothing done."""
    return bool(getattr(request, "is_late", False))


@never_cache
def _sign_in_again(request: HttpRequest) -> HttpResponse:
    typed = [(name, value) for name in request.POST if name != "csrfmiddlewaretoken" for value in request.POST.getlist(name)]
    return render(request, "feedback/sign_in_again.html", {"action": request.get_full_path(), "typed": typed}, status=401)


def uploads(request: HttpRequest, name: str = "files") -> list[UploadedFile]:
    """The files chosen on a page."""
    return [found for found in request.FILES.getlist(name) if isinstance(found, UploadedFile)]
