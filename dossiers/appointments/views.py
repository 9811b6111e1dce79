"""Pages of appointments: where, when, the code for who has no account, the appointment itself; receptions at home; the board of numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import queries as people
from accounts.contacts import contact_of
from accounts.pages import is_known, to_sign_in
from accounts.services.codes import TooManyRequests, WrongCode
from dossiers.appointments import booking, queries, visits
from dossiers.appointments.calendar_file import calendar_file
from dossiers.appointments.common import CounterRefused
from dossiers.appointments.forms import BookForm, CodeForm, FindForm, HoldForm, TimeForm, VisitForm
from dossiers.models import Appointment, CounterPlan, HomeVisit
from dossiers.queries import handling_unit
from dossiers.services import NotForParty
from dossiers.views.common import as_uuid, citizen_page
from portal.access import Actor, actor_of
from portal.limits import client_address, limit_view

HELD = "appointment_held"
"""Key of the session: which place this browser holds."""
SHOWN = 20
REFRESH = 15
"""Seconds between two looks of the screen in the hall."""
Page = Callable[..., HttpResponseBase]


def open_page(view: Page) -> Page:
    """A page for anybody; what is not there is a 404, what is a party's asks to sign in, what a mandate does not reach says so."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except queries.Unknown as error:
            raise Http404 from error
        except PermissionError:
            return to_sign_in(request)
        except NotForParty as error:
            context = {"code": kwargs.get("code", ""), "beyond_mandate": error.beyond_mandate}
            return render(request, "dossiers/not_for_party.html", context, status=403)

    return never_cache(wrapped)


def _as_party(actor: Actor) -> bool:
    """Whether one books for a party; officers and strangers book as somebody without an account."""
    return is_known(actor) and actor.is_citizen and not actor.lapsed


# Where -------------------------------------------------------------------------------------------------------------------------


def _places(request: HttpRequest, code: str, *, at_home: bool) -> HttpResponse:
    now, actor = timezone.now(), actor_of(request)
    version = queries.procedure_called(code, now)
    words = request.GET.get("tim", "")[:100]
    commune = actor.commune if actor.is_citizen else ""
    carried = urlencode({"ho-so": request.GET["ho-so"][:60]}) if request.GET.get("ho-so") else ""
    found = [
        (agency, reverse("visit-ask" if at_home else "appointment-time", args=[code, agency.code]) + (f"?{carried}" if carried else ""))
        for agency in queries.places(version, words=words, commune=commune, at_home=at_home)
    ]
    context = {"code": code, "version": version, "places": found, "words": words, "at_home": at_home, "more": len(found) == queries.PLACES}
    return render(request, "dossiers/appointments/place.html", context)


@require_safe
@open_page
def place(request: HttpRequest, code: str) -> HttpResponse:
    """The units that take appointments for a procedure, by name, one's own commune first."""
    return _places(request, code, at_home=False)


# When --------------------------------------------------------------------------------------------------------------------------


def _day_of(request: HttpRequest, days: list[dt.date]) -> dt.date | None:
    """The day that was asked for, else the first."""
    try:
        asked = parse_date(request.GET.get("ngay", ""))
    except ValueError:
        asked = None
    return asked if asked in days else next(iter(days), None)


def _times(
    request: HttpRequest, plan: CounterPlan, now: dt.datetime
) -> tuple[list[dt.date], dt.date | None, list[tuple[dt.datetime, int]]]:
    given = queries.offer(plan, now)
    days = given.days()
    day = _day_of(request, days)
    return days, day, queries.places_left(given, day) if day is not None else []


def _time_page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    kept = {name: value for name, value in request.GET.items() if name == "ho-so"}
    links = [(one, "?" + urlencode({**kept, "ngay": one.isoformat()}) + "#gio") for one in context["days"]]
    return render(request, template, {**context, "links": links}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@open_page
@limit_view("dossiers.book", 30, 600, methods={"POST"})
def time(request: HttpRequest, code: str, unit: str) -> HttpResponse:
    """Day and time at a unit, and who comes; a party's appointment is booked at once, another after a code."""
    now, actor = timezone.now(), actor_of(request)
    version = queries.procedure_called(code, now)
    try:
        plan = queries.open_plan(unit, version)
    except queries.Unknown:
        # From a dossier, or an old link: another unit may do.
        messages.info(request, _("Nơi này không nhận đặt lịch trên Cổng. Bạn chọn nơi khác, hoặc đến trong giờ làm việc."))
        carried = f"?{urlencode({'ho-so': request.GET['ho-so'][:60]})}" if request.GET.get("ho-so") else ""
        return redirect(reverse("appointment-place", args=[code]) + carried)
    days, day, left = _times(request, plan, now)
    kind = BookForm if _as_party(actor) else HoldForm
    form = kind(request.POST if request.method == "POST" else None, left=left, auto_id="id_%s")
    refused = ""
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            if kind is BookForm:
                made = booking.book(
                    actor=actor,
                    unit_code=unit,
                    procedure_code=code,
                    at=said["at"],
                    priority=said["priority"],
                    dossier_code=request.GET.get("ho-so", "").replace("\0", "")[:60],
                    now=now,
                )
                messages.success(request, _("Đã đặt lịch hẹn."))
                return redirect(booking.page_of(made))
            made = booking.hold(
                unit_code=unit,
                procedure_code=code,
                at=said["at"],
                name=said["name"],
                phone=said["phone"],
                priority=said["priority"],
                language=get_language() or "vi",
                address=client_address(request),
                now=now,
            )
        except CounterRefused as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        except TooManyRequests as many:
            again = f"{timezone.localtime(many.retry_at):%H:%M %d/%m}"
            form.add_error(None, _("Đã gửi quá nhiều mã xác nhận. Bạn thử lại sau %(time)s, hoặc gọi 1800 1096.") % {"time": again})
        else:
            request.session[HELD] = str(made.pk)
            return redirect("appointment-confirm")
        days, day, left = _times(request, plan, now)
    agency = handling_unit(unit)
    context = {
        "code": code,
        "version": version,
        "unit": agency,
        "unit_code": unit,
        "days": days,
        "day": day,
        "left": left,
        "form": form,
        "as_party": kind is BookForm,
        "refused": refused,
        "sign_in": f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}",
    }
    return _time_page(request, "dossiers/appointments/time.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@open_page
@limit_view("dossiers.book-code", 30, 600, methods={"POST"})
def confirm(request: HttpRequest) -> HttpResponse:
    """The code that was sent to the phone; without a place held by this browser one begins anew."""
    now = timezone.now()
    held_id = as_uuid(request.session.get(HELD))
    held = Appointment.objects.filter(pk=held_id, state=Appointment.State.HELD).first() if held_id else None
    if held is None or held.held_until is None or held.held_until <= now:
        request.session.pop(HELD, None)
        if held is not None:
            messages.warning(request, _("Chỗ giữ cho bạn đã hết hạn. Bạn chọn lại giờ."))
            return redirect("appointment-time", code=held.procedure_code, unit=held.unit_code)
        return redirect("appointments")
    form = CodeForm(request.POST if request.method == "POST" and "again" not in request.POST else None)
    if request.method == "POST" and "again" in request.POST:
        try:
            booking.send_again(appointment_id=held.pk, now=now)
            messages.success(request, _("Đã gửi mã mới."))
        except TooManyRequests:
            messages.warning(request, _("Bạn vừa được gửi mã. Bạn chờ nửa phút, hoặc đặt lại từ đầu."))
        return redirect("appointment-confirm")
    if request.method == "POST" and form.is_valid():
        try:
            made = booking.confirm(appointment_id=held.pk, code=form.cleaned_data["code"], now=now)
        except WrongCode as wrong:
            left = _("Mã này không đúng. Bạn còn %(n)d lần thử.") % {"n": wrong.tries_left}
            form.add_error("code", left if wrong.tries_left else _("Mã này không dùng được nữa. Bạn xin mã mới."))
        else:
            del request.session[HELD]
            messages.success(request, _("Đã đặt lịch hẹn."))
            return redirect(booking.page_of(made))
    context = {"held": held, "unit": handling_unit(held.unit_code), "form": form, "phone": str(held.phone or "")[-3:]}
    return render(request, "dossiers/appointments/confirm.html", context, status=422 if request.method == "POST" else 200)


# The appointment itself --------------------------------------------------------------------------------------------------------


def _state_kind(one: Appointment) -> str:
    kinds = {Appointment.State.BOOKED: "info", Appointment.State.ARRIVED: "good", Appointment.State.MISSED: "bad"}
    return kinds.get(Appointment.State(one.state), "")


@require_safe
@open_page
@limit_view("dossiers.appointment", 300, 600)
def one(request: HttpRequest, code: str) -> HttpResponse:
    """When and where, the code that the counter asks for, what can be changed."""
    found, now = queries.appointment_for(actor_of(request), code), timezone.now()
    number = getattr(found, "ticket", None)
    context = {
        "one": found,
        "unit": handling_unit(found.unit_code),
        "state_kind": _state_kind(found),
        "is_ahead": found.state == Appointment.State.BOOKED and found.starts_at > now,
        "url": settings.SITE_URL + booking.page_of(found),
        "number": number.number if number is not None else None,
    }
    return render(request, "dossiers/appointments/one.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@open_page
@limit_view("dossiers.appointment", 300, 600)
def change(request: HttpRequest, code: str) -> HttpResponse:
    """Another day or time at the same unit."""
    now, actor = timezone.now(), actor_of(request)
    found = queries.appointment_for(actor, code)
    if found.state != Appointment.State.BOOKED or found.starts_at <= now:
        messages.warning(request, _("Lịch hẹn này không đổi, hủy được nữa."))
        return redirect(booking.page_of(found))
    plan = CounterPlan.objects.filter(unit_code=found.unit_code).first()
    if plan is None:
        raise Http404
    days, day, left = _times(request, plan, now)
    form = TimeForm(request.POST if request.method == "POST" else None, left=left)
    if request.method == "POST" and form.is_valid():
        try:
            booking.move(actor=actor, code=found.code, at=form.cleaned_data["at"], now=now)
        except CounterRefused as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            days, day, left = _times(request, plan, now)
        else:
            messages.success(request, _("Đã đổi giờ hẹn."))
            return redirect(booking.page_of(found))
    context = {"one": found, "unit": handling_unit(found.unit_code), "days": days, "day": day, "left": left, "form": form}
    return _time_page(request, "dossiers/appointments/change.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@open_page
@limit_view("dossiers.appointment", 300, 600)
def cancel(request: HttpRequest, code: str) -> HttpResponse:
    """Ask, then cancel."""
    actor = actor_of(request)
    found = queries.appointment_for(actor, code)
    if request.method == "POST":
        try:
            booking.cancel(actor=actor, code=found.code, now=timezone.now())
            messages.success(request, _("Đã hủy lịch hẹn. Chỗ này được nhường cho người khác."))
        except CounterRefused as error:
            messages.warning(request, error.message)
        return redirect(booking.page_of(found))
    return render(request, "dossiers/appointments/cancel.html", {"one": found, "unit": handling_unit(found.unit_code)})


@require_safe
@open_page
@limit_view("dossiers.appointment", 300, 600)
def calendar(request: HttpRequest, code: str) -> HttpResponse:
    """The appointment as a file for a calendar."""
    found = queries.appointment_for(actor_of(request), code)
    unit = handling_unit(found.unit_code)
    url = settings.SITE_URL + booking.page_of(found)
    name = unit.name if unit is not None else found.unit_code
    data = calendar_file(
        uid=f"{found.pk}@{settings.SITE_URL.partition('://')[2]}",
        begins=found.starts_at,
        ends=found.ends_at,
        changed=found.changed_at,
        sequence=found.changes,
        title=_("Hẹn tại %(unit)s: %(procedure)s") % {"unit": name, "procedure": found.procedure_name},
        place=name,
        words=_("Mã lịch hẹn %(code)s. Đưa mã này cho quầy khi đến.") % {"code": found.code},
        url=url,
        cancelled=found.state == Appointment.State.CANCELLED,
    )
    answer = HttpResponse(data, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="lich-hen.ics"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@limit_view("dossiers.appointment-code", 20, 600, methods={"POST"})
def mine(request: HttpRequest) -> HttpResponse:
    """The party's appointments and requests; for who is not signed in, the way by a code."""
    actor = actor_of(request)
    if _as_party(actor):
        return cast(HttpResponse, _mine(request))
    form = FindForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        code = "".join(form.cleaned_data["ma"].split()).upper()
        if Appointment.objects.filter(code=code[:12], party_id=None).exclude(state=Appointment.State.HELD).exists():
            return redirect("appointment", code=code)
        form.add_error("ma", _("Không có lịch hẹn nào mang mã này. Bạn so lại từng chữ; lịch hẹn của tài khoản thì bạn đăng nhập."))
    context = {"form": form, "sign_in": f"{settings.LOGIN_URL}?{urlencode({'next': request.path})}"}
    return render(request, "dossiers/appointments/find.html", context, status=422 if request.method == "POST" else 200)


@citizen_page
def _mine(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    rows = list(queries.own_appointments(actor).select_related("ticket").order_by("-starts_at", "id")[:SHOWN])
    requests = list(queries.own_visits(actor).order_by("-created_at", "id")[:SHOWN])
    context = {
        "ahead": sorted(
            (row for row in rows if row.state == Appointment.State.BOOKED and row.starts_at > now), key=lambda row: row.starts_at
        ),
        "past": [(row, _state_kind(row)) for row in rows if row.state != Appointment.State.BOOKED or row.starts_at <= now],
        "visits": [(row, _visit_kind(row)) for row in requests],
    }
    return render(request, "dossiers/appointments/mine.html", context)


# Receptions at home ------------------------------------------------------------------------------------------------------------


def _visit_kind(row: HomeVisit) -> str:
    kinds = {HomeVisit.State.ASKED: "wait", HomeVisit.State.ASSIGNED: "info", HomeVisit.State.DONE: "good", HomeVisit.State.DECLINED: "bad"}
    return kinds.get(HomeVisit.State(row.state), "")


@require_safe
@open_page
def visit_place(request: HttpRequest, code: str) -> HttpResponse:
    """The units that come to people's homes for a procedure."""
    return _places(request, code, at_home=True)


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
@open_page
def visit_ask(request: HttpRequest, code: str, unit: str) -> HttpResponse:
    """Where, why, which day."""
    now, actor = timezone.now(), actor_of(request)
    version = queries.procedure_called(code, now)
    queries.open_plan(unit, version, at_home=True)
    assert actor.party_id is not None
    phone = contact_of(actor.person_id or actor.party_id).phone
    initial = {"address": people.party(actor.party_id).address, "phone": phone.replace("+84", "0", 1)}
    form = VisitForm(request.POST) if request.method == "POST" else VisitForm(initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = visits.ask(actor=actor, unit_code=unit, procedure_code=code, now=now, **form.cleaned_data)
        except CounterRefused as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("Đã gửi yêu cầu. Cơ quan xếp lịch và báo cho bạn ngày, cán bộ đến."))
            return redirect(visits.page_of(made))
    context = {"code": code, "version": version, "unit": handling_unit(unit), "unit_code": unit, "form": form}
    return render(request, "dossiers/appointments/visit_ask.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
@open_page
def visit(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """One request: who comes when; taken back by one press."""
    actor = actor_of(request)
    if request.method == "POST":
        try:
            visits.cancel(actor=actor, visit_id=visit_id, now=timezone.now())
            messages.success(request, _("Đã rút yêu cầu."))
        except CounterRefused as error:
            messages.warning(request, error.message)
        return redirect("visit", visit_id=visit_id)
    found = queries.own_visits(actor).filter(pk=visit_id).first()
    if found is None:
        raise Http404
    context = {
        "one": found,
        "unit": handling_unit(found.unit_code),
        "state_kind": _visit_kind(found),
        "is_open": found.state in (HomeVisit.State.ASKED, HomeVisit.State.ASSIGNED),
    }
    return render(request, "dossiers/appointments/visit.html", context)


# The board ---------------------------------------------------------------------------------------------------------------------


@require_safe
@open_page
def board(request: HttpRequest, unit: str) -> HttpResponse:
    """The numbers called at a unit's counters now. On the screen in the hall (``?man-hinh=1``) the browser looks again by itself, by a
    header and without a script; on a phone one asks for it, so that nothing moves under a reader."""
    agency = handling_unit(unit)
    if agency is None or not CounterPlan.objects.filter(unit_code=unit).exists():
        raise Http404
    now, on_screen = timezone.now(), request.GET.get("man-hinh") == "1"
    context = {"unit": agency, "board": queries.board(unit, now), "now": now, "on_screen": on_screen, "refresh": REFRESH}
    answer = render(request, "dossiers/appointments/board.html", context)
    if on_screen:
        answer["Refresh"] = str(REFRESH)
    return answer
