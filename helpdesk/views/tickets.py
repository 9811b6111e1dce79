"""Where people ask for help and follow their request; what others are often stuck with."""

from __future__ import annotations

import math
from typing import Any

from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.contacts import contact_of
from dossiers.views.common import citizen_page
from helpdesk import queries
from helpdesk.codes import clean_ticket_code
from helpdesk.forms import FollowForm, TicketForm
from helpdesk.models import Ticket
from helpdesk.services import tickets
from helpdesk.services.common import HelpdeskRefused
from portal.access import actor_of
from portal.caching import public_page
from portal.languages import address, show
from portal.limits import client_address, limit_view, take

TICKETS, IN_SECONDS = 5, 3600
"""So many at once from one address, and as many again in that time."""
PER_CODE = 10
"""Tries an hour for one code."""
PAGE = 20


def say_refusal(form: Form, refused: HelpdeskRefused) -> None:
    """Beside each field what the service says, the rest on top."""
    for name, words in refused.faults.items():
        form.add_error(name if name in form.fields else None, words)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form (``?loai=<kind>``), what was wrong in it (422; 429 after too many: the words stay), and the code."""
    actor = actor_of(request)
    has_account = actor.is_citizen and actor.party_id is not None
    kinds = tickets.kinds()
    form = TicketForm(
        request.POST if request.method == "POST" else None, kinds=kinds, has_account=has_account, initial=_known(request, has_account)
    )
    wait = 0
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        wrong = tickets.faults_of(has_account=has_account, **said)
        grant = (
            None if wrong else take("helpdesk.tickets", client_address(request), capacity=TICKETS, refill_per_second=TICKETS / IN_SECONDS)
        )
        if wrong:
            say_refusal(form, HelpdeskRefused(wrong))
        elif grant is not None and not grant.allowed:
            wait = max(1, math.ceil(grant.retry_after))
            form.add_error(
                None, _("Vừa có nhiều yêu cầu gửi từ nơi bạn. Lời bạn viết vẫn còn ở dưới: đợi %(n)s giây rồi gửi lại.") % {"n": wait}
            )
        else:
            language = (get_language() or "vi")[:2]
            row = tickets.open_ticket(actor=actor, source=Ticket.Source.WEB, now=timezone.now(), language=language, **said)
            return redirect(f"{address('support-ask')}?{urlencode({'ma': row.code})}")
    code = clean_ticket_code(request.GET.get("ma", "")) if not form.is_bound else ""
    context = {"form": form, "code": code, "has_account": has_account}
    response = show(request, "helpdesk/ask.html", context, status=429 if wait else 422 if form.is_bound else 200)
    if wait:
        response["Retry-After"] = str(wait)
    return response


def _known(request: HttpRequest, has_account: bool) -> dict[str, Any]:
    """What the form begins with."""
    first: dict[str, Any] = {"kind": request.GET.get("loai", "")}
    if has_account and (party := actor_of(request).party_id) is not None:
        contact = contact_of(party)
        first |= {"phone": contact.phone, "email": contact.email, "channels": ["account"]}
    return first


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_view("helpdesk.follow", 20, 600, methods={"POST"})
def follow(request: HttpRequest) -> HttpResponse:
    """The state of a ticket by its code and contact, and nothing else of it. A wrong contact is answered like an unknown code."""
    if request.method != "POST":
        return show(request, "helpdesk/follow.html", {"form": FollowForm()})
    form = FollowForm(request.POST)
    if form.is_valid():
        code = clean_ticket_code(form.cleaned_data["code"])
        grant = take("helpdesk.follow-code", code or "-", capacity=PER_CODE, refill_per_second=PER_CODE / 3600) if code else None
        if grant is not None and not grant.allowed:
            wait = max(1, math.ceil(grant.retry_after))
            answer = render(request, "429.html", {"retry_after": wait}, status=429)
            answer["Retry-After"] = str(wait)
            return answer
        row = tickets.found(code, form.cleaned_data["contact"])
        if row is not None:
            return show(request, "helpdesk/followed.html", {"ticket": row, "state": state_words(row)})
        form.add_error(None, _("Không có yêu cầu nào khớp cả mã và số điện thoại, thư điện tử này."))
    return show(request, "helpdesk/follow.html", {"form": form}, status=422)


def state_words(ticket: Ticket) -> str:
    """How far it is, in the language of the page."""
    return {
        "new": _("Đã nhận, chờ người trực xem"),
        "working": _("Đang được xử lý"),
        "answered": _("Đã trả lời qua cách bạn chọn"),
        "handed_over": _("Đã chuyển thành phản ánh, kiến nghị"),
        "closed": _("Đã đóng"),
    }[ticket.state]


@require_safe
@citizen_page
def mine(request: HttpRequest) -> HttpResponse:
    """Tickets of the party, newest first, with what was answered."""
    rows = queries.own_tickets(actor_of(request)).select_related("kind").prefetch_related("steps")
    page = Paginator(rows, PAGE).get_page(request.GET.get("trang", "").replace("\0", ""))
    lines = [(row, state_words(row), [step for step in row.steps.all() if step.name == "answer"]) for row in page]
    return render(request, "helpdesk/mine.html", {"page": page, "lines": lines})


@public_page(rooms=("troubles",))
@require_safe
def troubles(request: HttpRequest) -> HttpResponse:
    """What people are often stuck with, how often in twelve months, and what to do about it (Rules art. 54.3). One query."""
    return show(request, "helpdesk/troubles.html", {"kinds": queries.troubles(timezone.localdate())})
