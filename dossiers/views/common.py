"""What the pages share: who may look, and how a file leaves the house."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from dossiers import queries
from dossiers.forms import shown
from dossiers.queries import FormUnknown, OtherWay
from dossiers.services import NotForParty, NotYours
from dossiers.terms import TermsUnknown
from portal.access import Actor, Assurance, actor_of
from portal.files import services as files
from portal.files.errors import FileUnreadable
from portal.files.models import StoredFile

log = logging.getLogger(__name__)

Page = Callable[..., HttpResponseBase]


def citizen_page(view: Page) -> Page:
    """A page for one who is signed in for themself; others are led to where they can be. Another's thing is a 404."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = actor_of(request)
        if not is_known(actor):
            return _to_sign_in(request)
        if not actor.is_citizen:
            return render(request, "dossiers/not_as_officer.html", status=403)
        if actor.lapsed:
            # What was pressed was meant for that party: for oneself it is not done.
            return render(request, "dossiers/lapsed.html", status=403)
        try:
            return view(request, *args, **kwargs)
        except NotForParty:
            return render(request, "dossiers/not_for_party.html", {"code": kwargs.get("code", "")}, status=403)
        except InAnotherCapacity as other:
            return render(request, "dossiers/other_capacity.html", {"way": other.way, "back": _back(request)}, status=403)
        except (TermsUnknown, FormUnknown) as error:
            return _no_longer(request, str(kwargs.get("code", "")), error)
        except NotYours as error:
            raise Http404 from error

    return never_cache(wrapped)


def _no_longer(request: HttpRequest, code: str, error: Exception) -> HttpResponse:
    """The page for a draft that cannot be sent any more, because its procedure is not in force or not online; 404 without a draft."""
    draft = queries.draft_of(actor_of(request), code) if code else None
    if draft is None:
        raise Http404 from error
    answers = draft.answers or {}
    begun = draft.begun_form_version.fields if draft.begun_form_version is not None else []
    specs = {spec["name"]: spec for spec in (*draft.form_version.fields, *begun)}
    rows = [{"label": spec["label"], "value": shown(spec, answers[name])} for name, spec in specs.items() if answers.get(name)]
    standing = queries.standing(code, now=timezone.now())
    return render(request, "dossiers/no_longer.html", {"code": code, "draft": draft, "standing": standing, "rows": rows}, status=410)


def reader_page(view: Page) -> Page:
    """A file for whoever may read its dossier, citizen or officer. A link whose session is over leads through the sign-in and back."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = actor_of(request)
        if not is_known(actor):
            return _to_sign_in(request)
        if actor.lapsed:
            return render(request, "dossiers/lapsed.html", status=403)
        try:
            return view(request, *args, **kwargs)
        except InAnotherCapacity as other:
            return render(request, "dossiers/other_capacity.html", {"way": other.way, "back": _back(request)}, status=403)

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


def is_known(actor: Actor) -> bool:
    """Signed in, and surely enough for papers and answers."""
    return actor.is_signed_in and not (actor.is_citizen and actor.assurance < Assurance.MEDIUM)


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """After a POST from a dead session one comes back to the page, not to an address that only takes POST, and is told of it."""
    if request.method == "POST":
        messages.warning(request, _("Phiên đăng nhập đã hết nên việc bạn vừa bấm chưa được thực hiện. Bạn đăng nhập rồi làm lại bước đó."))
    return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': _back(request)})}")


def _back(request: HttpRequest) -> str:
    return request.get_full_path() if request.method in ("GET", "HEAD") else _page_of(request.path)


def _page_of(path: str) -> str:
    """The page a POST address belongs to: ``/ho-so/<mã>/rut/`` → ``/ho-so/<mã>/``."""
    parts = path.strip("/").split("/")
    return "/" + "/".join(parts[:3] if parts[0] == "nop-ho-so" else parts[:2]) + "/"


def send_file(stored: StoredFile, *, name: str, inline: bool, trusted: bool = False, unchecked: bool = False) -> StreamingHttpResponse:
    """A private file to one who may have it: decrypted as it leaves, never cached, never able to run anything.

    ``unchecked`` shows a person their own file before its check has finished; unreadable files are a 404. ``trusted`` is for
    PDFs we made ourselves: a browser's PDF viewer does not work within ``sandbox``.
    """
    try:
        content = files.open_plain(stored, unchecked=unchecked)
    except FileUnreadable as error:
        log.warning("file not given out", extra={"file_id": str(stored.id), "why": type(error).__name__})
        raise Http404 from error
    response = StreamingHttpResponse(content, content_type=stored.media_type)
    plain = name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_").replace("?", "_")
    kind = "inline" if inline else "attachment"
    response["Content-Disposition"] = f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    response["Content-Length"] = str(stored.size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = (
        "default-src 'none'; object-src 'self'; frame-ancestors 'none'" if trusted else "default-src 'none'; img-src 'self'; sandbox"
    )
    return response


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
