"""Where one is signed in: the list, one or all ended, the history, and a sign of life."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import queries
from accounts.models import FailedSignIn
from accounts.services import failures
from accounts.services import sessions as services
from accounts.sessions import session_of
from accounts.views.ways import signed_in
from portal.access import Actor, actor_of

PAGE = 20
FEW = 5
"""Failed tries on the page of sessions; the history has more."""


@signed_in
@require_safe
def session_list(request: HttpRequest) -> HttpResponse:
    """Where one is signed in now, this session first."""
    actor, here = actor_of(request), session_of(request)
    assert actor.user_id is not None
    found = queries.open_sessions(actor.user_id, timezone.now())
    rows = sorted(found, key=lambda row: here is None or row.pk != here.pk)
    context = {"sessions": rows, "here": here.pk if here else None, "failed": _failed(actor, FEW)}
    return render(request, "accounts/sessions/list.html", context)


def _failed(actor: Actor, most: int) -> list[FailedSignIn]:
    return failures.of_person(actor.person_id)[:most] if actor.person_id is not None else []


@signed_in
@require_safe
def session_history(request: HttpRequest) -> HttpResponse:
    """Every sign-in of the last year, the newest first, and how each session ended."""
    actor = actor_of(request)
    assert actor.user_id is not None
    page = Paginator(queries.session_history(actor.user_id), PAGE).get_page(request.GET.get("trang"))
    failed = _failed(actor, failures.MOST) if page.number == 1 else []
    return render(request, "accounts/sessions/history.html", {"page": page, "failed": failed})


@signed_in
@require_POST
def end_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """End one of one's own sessions; this one is ended by signing out."""
    here = session_of(request)
    if here is not None and here.pk == session_id:
        return redirect("sign-out")
    if services.end_one(actor=actor_of(request), session_id=session_id, now=timezone.now()):
        messages.success(request, _("Đã kết thúc phiên đó. Thiết bị ấy phải đăng nhập lại."))
    else:
        messages.info(request, _("Phiên đó đã kết thúc từ trước."))
    return redirect("sessions")


@signed_in
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End every session but this one."""
    actor, here = actor_of(request), session_of(request)
    assert actor.user_id is not None
    number = services.end_all(actor=actor, user_id=actor.user_id, keep=here.pk if here else None, now=timezone.now())
    messages.success(request, _("Đã kết thúc %(number)d phiên khác.") % {"number": number})
    return redirect("sessions")


@signed_in
@require_safe
def still_here(request: HttpRequest) -> HttpResponse:
    """A sign of life from a page that stays open; says until when the session lives now."""
    here = session_of(request)
    assert here is not None
    services.touch(here, timezone.now(), at_once=True)
    return JsonResponse({"ends_at": services.ends_at(here).isoformat()})
