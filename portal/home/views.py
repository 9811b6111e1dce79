"""Home, the portal's own pages, and what people see when something is wrong."""

from __future__ import annotations

import datetime as dt
import sys

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import override
from django.views.decorators.http import require_safe

from accounts.registration import terms as terms_of_use
from portal.access.site import at_desk, desk_error
from portal.announcements.views import notices_for_home
from portal.api_support import is_api, problem
from portal.caching import CATALOGUE, public_page
from portal.content import queries as content
from portal.content.views import shown as shown_piece
from portal.home.own import own_part, own_start
from portal.languages import ENGLISH, PREFIX, show
from procedures import queries
from procedures.views.groups import event_groups

RETRY_SECONDS = 30
"""What a 503 asks a browser to wait; the launcher and the supervisor bring a part back within that time."""


NEW_DAYS = 180
"""For so many days a version counts as new on the home page."""


@public_page(rooms=(*CATALOGUE, "notices", "content"), own=own_part)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front door: search first, then what most people come for, then what happens in a life and in a business. Six queries.

    For somebody signed in, what is theirs stands above (``portal.home.own``).
    """
    day = timezone.localdate()
    since = day - dt.timedelta(days=NEW_DAYS)
    new = (
        queries.as_listed(queries.in_force(day))
        .filter(effective_from__gte=since, origin="curated")
        .order_by("-effective_from", "sort_key")[:4]
    )
    context = {
        "groups": (groups := event_groups(day)),
        "own": own_start(request, groups["citizen"], day),
        "most_used": queries.most_used(day, limit=8),
        "notices": notices_for_home(day),
        "banners": [shown_piece(one) for one in content.banners(timezone.now())],
        "new": list(new),
        "day": day,
    }
    return show(request, "home/home.html", context)


@public_page(max_age=3600, rooms=("terms",))
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """Terms of use (Rules art. 7.10): the version in force, or one of before by its number."""
    now, asked = timezone.now(), request.GET.get("phien-ban", "")
    rows = terms_of_use.begun(now)
    present = rows[0]
    shown = next((one for one in rows if str(one.number) == asked), present)
    context = {
        "terms": shown,
        "blocks": terms_of_use.blocks(shown),
        "is_present": shown is present,
        "earlier": [one for one in rows if one is not shown],
    }
    return show(request, "home/terms.html", context)


@public_page(max_age=3600, rooms=())
@require_safe
def support(request: HttpRequest) -> HttpResponse:
    """Whom to call and what to do when stuck (Rules art. 7.7)."""
    return show(request, "home/support.html")


@public_page(max_age=3600, rooms=())
@require_safe
def cashless(request: HttpRequest) -> HttpResponse:
    """How to pay without cash (Rules art. 7.8)."""
    return show(request, "home/cashless.html")


@public_page(max_age=3600, rooms=())
@require_safe
def public_post(request: HttpRequest) -> HttpResponse:
    """How to file and to receive by public post (Rules art. 7.9)."""
    return show(request, "home/public_post.html")


@public_page(max_age=3600, rooms=())
@require_safe
def large_text(request: HttpRequest) -> HttpResponse:
    """How to enlarge the letters with what the device brings; where the switch in the header leads without JavaScript."""
    return show(request, "home/large_text.html")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Where programs look for the icon without reading a page."""
    response = redirect(static("img/favicon.svg"))
    response["Cache-Control"] = "public, max-age=86400"
    return response


def _language(request: HttpRequest) -> str:
    """The language of the address that was asked for: what fails may fail before a view has said its own."""
    return ENGLISH if request.path.startswith(f"{PREFIX}/") else settings.LANGUAGE_CODE


def _said(request: HttpRequest, status: int, template: str = "") -> HttpResponse:
    with override(_language(request)):
        if at_desk(request):
            return desk_error(request, status, too_old=template == "403_csrf.html")
        return render(request, template or f"{status}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    if is_api(request):
        return problem("bad_request")
    return _said(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _said(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, with a search box."""
    if is_api(request):
        return problem("not_found")
    return _said(request, 404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that is too old or came from elsewhere: says what to do, loses nothing that was saved."""
    return _said(request, 403, "403_csrf.html")


def _error_page(request: HttpRequest, status: int) -> str:
    try:
        with override(_language(request)):
            return render_to_string(f"{status}.html")
    except Exception:
        # Even the template or the static manifest may be what is broken.
        return (
            "<!doctype html><html lang=vi><meta charset=utf-8><title>Lỗi</title>"
            "<p>Cổng đang gặp sự cố. Bạn thử lại sau ít phút, hoặc gọi 1800 1096."
        )


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 when the database does not answer. Renders with neither database nor session nor context processors."""
    lost_database = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    status = 503 if lost_database else 500
    if is_api(request):
        response = problem("unavailable" if lost_database else "server_error")
    else:
        response = HttpResponse(_error_page(request, status), status=status)
        response["Cache-Control"] = "no-store"
    if lost_database:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response
