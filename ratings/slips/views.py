"""Slips as people fill them in: of a dossier by its token or by its owner, of a unit and of a service by the QR at the counter."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.pages import citizen_page
from portal.access import actor_of
from portal.languages import address, show
from portal.limits import limit_view, take
from procedures import queries as procedures
from ratings import queries as names
from ratings.models import Slip, SlipForm
from ratings.slips import services
from ratings.slips.forms import AnswerForm, CounterForm

A_DAY = 300
"""Slips a day that one counter's code takes, wherever from; a flood stops there."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_view("ratings.slip", 60, 600)
def slip_page(request: HttpRequest, token: str) -> HttpResponse:
    """The slip that somebody was sent. Its token is the right to it: used once, it shows thanks and nothing of what was said."""
    return _slip(request, services.slip_by_token(token))


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
def own_slip_page(request: HttpRequest, code: str) -> HttpResponseBase:
    """The slip of a dossier of one's own, from its page; 404 for another's."""
    if "\0" in code:
        raise Http404
    slip = services.slip_of(actor_of(request), code, now=timezone.now())
    if slip is None:
        raise Http404
    return _slip(request, slip)


def _slip(request: HttpRequest, slip: Slip | None) -> HttpResponse:
    today = timezone.localdate()
    asked = services.form_on(today)
    if slip is None or asked is None:
        return show(request, "ratings/slips/closed.html", {"why": "unknown"}, status=404)
    if slip.used_on is not None:
        return show(request, "ratings/slips/closed.html", {"why": "used"}, status=409 if request.method == "POST" else 200)
    if not slip.is_open(today):
        return show(request, "ratings/slips/closed.html", {"why": "late", "until": slip.open_until}, status=410)
    form = AnswerForm(request.POST if request.method == "POST" else None, asked=asked)
    if request.method == "POST" and form.is_valid():
        try:
            services.answer(slip_id=slip.pk, form=asked, said=form.answer(), now=timezone.now())
        except services.SlipUsed:
            return show(request, "ratings/slips/closed.html", {"why": "used"}, status=409)
        return redirect(request.path)
    context = {
        "form": form,
        "about": [
            (_("Thủ tục"), names.procedure_names([slip.procedure_code]).get(slip.procedure_code, slip.procedure_code)),
            (_("Cơ quan"), names.agency_names([slip.unit_code]).get(slip.unit_code, slip.unit_code)),
        ],
        "until": slip.open_until,
    }
    return show(request, "ratings/slips/slip.html", context, status=422 if form.is_bound else 200)


def _unit(code: str) -> str:
    """The name of an agency; 404 for one that nobody knows."""
    name = names.agency_names([code]).get(code, "") if "\0" not in code else ""
    if not name:
        raise Http404
    return name


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_view("ratings.counter", 10, 3600, methods={"POST"})
def unit_page(request: HttpRequest, code: str) -> HttpResponse:
    """The slip of a unit: whoever stands at its counter, about that visit."""
    return _counter(request, f"u:{code}", unit=code, about=[(_("Cơ quan"), _unit(code))])


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_view("ratings.counter", 10, 3600, methods={"POST"})
def service_page(request: HttpRequest, code: str) -> HttpResponse:
    """The slip of a service, whatever the agency; ``?don-vi=`` names one."""
    version = procedures.procedure_on(code, timezone.localdate()) if "\0" not in code else None
    if version is None:
        raise Http404
    unit = request.GET.get("don-vi", "")
    about = [(_("Thủ tục"), version.name), *([(_("Cơ quan"), _unit(unit))] if unit else [])]
    field = str(version.field_code or "")[:80]
    return _counter(request, f"s:{code}", unit=unit, procedure=code, field=field, about=about)


def _counter(
    request: HttpRequest, bucket: str, *, unit: str, about: list[tuple[str, str]], procedure: str = "", field: str = ""
) -> HttpResponse:
    asked: SlipForm | None = services.form_on(timezone.localdate())
    if asked is None:
        raise Http404
    if "xong" in request.GET and request.method != "POST":
        return show(request, "ratings/slips/closed.html", {"why": "kept"})
    form = CounterForm(request.POST if request.method == "POST" else None, asked=asked)
    if request.method == "POST" and form.is_valid():
        if not take("ratings.counter-day", bucket, capacity=A_DAY, refill_per_second=A_DAY / 86_400).allowed:
            return show(request, "ratings/slips/closed.html", {"why": "flood"}, status=429)
        try:
            services.answer_at_counter(
                form_id=form.number(), unit_code=unit, procedure_code=procedure, field_code=field, form=asked, said=form.answer(),
                now=timezone.now(),
            )  # fmt: skip
        except services.SlipUsed:
            return show(request, "ratings/slips/closed.html", {"why": "used"}, status=409)
        return redirect(f"{request.path}?{urlencode({'xong': '1', **({'don-vi': unit} if unit and procedure else {})})}")
    return show(request, "ratings/slips/slip.html", {"form": form, "about": about}, status=422 if form.is_bound else 200)


@never_cache
@require_safe
def unit_code_page(request: HttpRequest, code: str) -> HttpResponse:
    """The QR of a unit's slip, to print and put up at its counter."""
    context: dict[str, Any] = {"name": _unit(code), "url": settings.SITE_URL + address("slip-unit", code)}
    return show(request, "ratings/slips/code.html", context)


@never_cache
@require_safe
def service_code_page(request: HttpRequest, code: str) -> HttpResponse:
    """The QR of a service's slip; ``?don-vi=`` of one agency's."""
    version = procedures.procedure_on(code, timezone.localdate()) if "\0" not in code else None
    if version is None:
        raise Http404
    unit = request.GET.get("don-vi", "")
    query = f"?{urlencode({'don-vi': unit})}" if unit else ""
    context: dict[str, Any] = {
        "name": version.name, "unit": _unit(unit) if unit else "", "url": settings.SITE_URL + address("slip-service", code) + query,
    }  # fmt: skip
    return show(request, "ratings/slips/code.html", context)
