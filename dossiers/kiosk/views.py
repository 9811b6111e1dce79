"""Pages of kiosks. Elsewhere than on a registered device ``/kiosk/`` only advises: no number, no signing in.

What everybody may read carries ``X-Kiosk: public``: the service worker keeps such pages, and nothing else, for minutes without the network.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import sessions
from accounts.devices import device_of
from accounts.forms import CodeForm, IdNumberForm
from accounts.models.sessions import Way
from accounts.services import otp
from accounts.views.citizens import OTP_REQUEST, try_again
from accounts.views.ways import NEXT, over_limit
from dossiers import queries
from dossiers.appointments import counter
from dossiers.appointments.common import CounterRefused
from dossiers.kiosk import devices, handing, pad
from dossiers.kiosk.middleware import forget
from dossiers.models import CounterPlan, KioskDevice, Priority, Ticket
from dossiers.terms import NotOffered, TermsUnknown, require_offered, terms_on
from dossiers.views.common import citizen_page
from portal.access import Assurance, actor_of
from portal.documents.rendering import qr_svg
from portal.documents.units import unit_name
from portal.limits import client_address, limit_view, take
from portal.text import sort_key
from procedures import queries as catalogue
from procedures.guidance import queries as guidance
from procedures.guidance.documents import faults, prefilled, walk
from procedures.guidance.outcome import outcome
from procedures.guidance.views import answered, answers_in
from procedures.models import LifeEvent
from procedures.views.groups import event_groups
from procedures.views.sheet import sheet

PER_PAGE = 8
"""Buttons of a page: as many as stand on a screen that nobody scrolls with a mouse."""
ID_DIGITS, CODE_DIGITS = 12, 6
_WORKER = Path(settings.BASE_DIR) / "static" / "js" / "kiosk-worker.js"

View = Callable[..., HttpResponseBase]


def device_here(request: HttpRequest) -> KioskDevice | None:
    """The registered device whose browser asks; None elsewhere."""
    return getattr(request, "kiosk", None)


def on_device(view: View) -> View:
    """A page of registered devices; elsewhere one is led to the start, which says so."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if device_here(request) is None:
            return redirect("kiosk")
        return view(request, *args, **kwargs)

    return never_cache(wrapped)


def _show(request: HttpRequest, name: str, context: dict[str, Any], *, public: bool = False, status: int = 200) -> HttpResponse:
    device = device_here(request)
    common = {"device": device, "unit": unit_name(device.unit_code) if device is not None else "", "home": name == "start"}
    answer = render(request, f"kiosk/{name}.html", {**common, **context}, status=status)
    if public and status == 200 and not actor_of(request).is_signed_in:
        answer["X-Kiosk"] = "public"
        answer["Cache-Control"] = "no-cache, private"
    else:
        answer["Cache-Control"] = "no-store, private"
    return answer


def _page(request: HttpRequest, rows: Any) -> Any:
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("trang", "1")[:6])


# What everybody may read ---------------------------------------------------------------------------------------------------------


@require_safe
@limit_view("dossiers.kiosk", 240, 60)
def start(request: HttpRequest) -> HttpResponse:
    """What do you need: events of life, subjects, what is asked for most; on a device a number, and one's own affairs."""
    day = timezone.localdate()
    return _show(request, "start", {"most": catalogue.most_used(day, limit=6)}, public=True)


@require_safe
@limit_view("dossiers.kiosk", 240, 60)
def events(request: HttpRequest) -> HttpResponse:
    """Events of a life and of a business. Two queries."""
    found = [one for rows in event_groups(timezone.localdate()).values() for one in rows if one.count]
    return _show(request, "ways", {"title": "Việc trong đời", "rows": _named(request, found, "kiosk-event", "slug")}, public=True)


@require_safe
@limit_view("dossiers.kiosk", 240, 60)
def fields(request: HttpRequest) -> HttpResponse:
    """Subjects that have procedures in force, in alphabetical order. One query."""
    rows = catalogue.in_force(timezone.localdate()).exclude(field_code="").order_by().values("field_code", "field").annotate(n=Count("pk"))
    named = {row["field_code"]: row["field"] for row in rows}
    found = [{"code": code, "name": name} for code, name in sorted(named.items(), key=lambda one: sort_key(one[1]))]
    return _show(request, "ways", {"title": "Lĩnh vực", "rows": _named(request, found, "kiosk-field", "code")}, public=True)


def _named(request: HttpRequest, rows: list[Any], view: str, key: str) -> Any:
    """A page of buttons: where each leads and what it says."""

    def of(row: Any, name: str) -> str:
        return str(row[name] if isinstance(row, dict) else getattr(row, name))

    return _page(request, [(reverse(view, args=[of(row, key)]), of(row, "name")) for row in rows])


@require_safe
@limit_view("dossiers.kiosk", 240, 60)
def event(request: HttpRequest, slug: str) -> HttpResponse:
    """What one event brings with it."""
    found = LifeEvent.objects.filter(slug=slug).first()
    if found is None:
        raise Http404
    return _procedures(request, found.name, catalogue.of_event(slug, timezone.localdate()))


@require_safe
@limit_view("dossiers.kiosk", 240, 60)
def field(request: HttpRequest, code: str) -> HttpResponse:
    """The procedures of one subject."""
    rows = catalogue.of_field(code, timezone.localdate())
    name = rows.values_list("field", flat=True).first()
    if name is None:
        raise Http404
    return _procedures(request, name, rows)


def _procedures(request: HttpRequest, title: str, rows: Any) -> HttpResponse:
    page = _page(request, rows)
    page.object_list = [(reverse("kiosk-procedure", args=[one.procedure.code]), one.name) for one in page.object_list]
    return _show(request, "ways", {"title": title, "rows": page}, public=True)


def _files_here(code: str) -> bool:
    """Whether the procedure can be filed online today."""
    try:
        terms = terms_on(code, timezone.now())
        queries.newest_form(code, terms.service.code)
        require_offered(terms, None)
    except (TermsUnknown, queries.FormUnknown, NotOffered):
        return False
    return True


def _whole(path: str) -> str:
    return settings.SITE_URL + path


@require_safe
@limit_view("dossiers.kiosk", 240, 60)
def procedure(request: HttpRequest, code: str) -> HttpResponse:
    """Papers, fee, time; the ways on: questions, a number, filing here, one's own phone."""
    version = catalogue.procedure_on(code, timezone.localdate())
    if version is None:
        raise Http404
    files = _files_here(code)
    context = {
        "code": code,
        "version": version,
        "shown": sheet(version, (), None),
        "is_guided": guidance.is_guided(code),
        "files": files,
        "phone": qr_svg(_whole(f"/nop-ho-so/{code}/" if files else f"/thu-tuc/{code}/")),
    }
    return _show(request, "procedure", context, public=True)


@require_safe
@limit_view("dossiers.kiosk", 240, 60)
def guide(request: HttpRequest, code: str) -> HttpResponse:
    """One question a screen, each answer a button; then this person's papers and fee. All of it in the address, nothing kept."""
    day = timezone.localdate()
    tree = guidance.shown_tree(code)
    version = catalogue.procedure_on(code, day) if tree is not None else None
    if tree is None or version is None or faults(tree.document, guidance.catalogue_of(version, tree.document, day)):
        return redirect("kiosk-procedure", code=code)
    asked = walk(tree.document, answers_in(request))
    so_far = answered(asked)
    context: dict[str, Any] = {"code": code, "version": version, "back": urlencode(so_far[:-1]) if so_far else ""}
    if asked.question is not None:
        choices = [
            (urlencode([*so_far, (f"tl-{asked.question['name']}", one["value"])]), one["label"]) for one in asked.question["choices"]
        ]
        return _show(request, "question", {**context, "question": asked.question, "choices": choices})
    assert asked.ending is not None
    context["ending"] = asked.ending
    if asked.ending["kind"] != "elsewhere":
        shown, files = sheet(version, (), None), _files_here(code)
        begins = files and prefilled(tree.document, asked.answers)
        path = f"/nop-ho-so/{code}/theo-huong-dan/?{urlencode(so_far)}" if begins else f"/nop-ho-so/{code}/"
        context |= {
            "shown": shown,
            "outcome": outcome(tree.document, asked.answers, version, shown, "", day),
            "files": files,
            "next": path if begins else f"/nop-ho-so/{code}/to-khai/",
            "phone": qr_svg(_whole(path if files else f"/thu-tuc/{code}/")),
        }
    return _show(request, "answer", context)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from under the path that it is for."""
    answer = HttpResponse(_WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


# A number for the queue ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@on_device
def number(request: HttpRequest) -> HttpResponse:
    """Draw a number, by priority or by the code of one's appointment."""
    device, now, problem = device_here(request), timezone.now(), ""
    assert device is not None
    if request.method == "POST":
        if not take("dossiers.kiosk-number", str(device.pk), capacity=20, refill_per_second=0.2).allowed:
            problem = "Máy vừa cấp nhiều số. Bạn đợi vài giây rồi bấm lại."
        else:
            try:
                made = counter.at_kiosk(
                    unit_code=device.unit_code,
                    device_id=device.pk,
                    typed=request.POST.get("ma", "")[:300],
                    priority=request.POST.get("uu-tien", "") if request.POST.get("uu-tien") in Priority.values else "",
                    now=now,
                )
                return redirect("kiosk-ticket", ticket_id=made.pk)
            except CounterRefused as refused:
                problem = refused.message
    context = {
        "problem": problem,
        "priorities": Priority.choices,
        "receives": CounterPlan.objects.filter(unit_code=device.unit_code).exists(),
    }
    return _show(request, "number", context, status=422 if problem else 200)


@require_safe
@on_device
def ticket(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """A number that was drawn, how many wait before it, the board by QR. Nobody's name."""
    device, now = device_here(request), timezone.now()
    assert device is not None
    found = Ticket.objects.filter(pk=ticket_id, unit_code=device.unit_code, day=timezone.localdate(now)).first()
    if found is None:
        raise Http404
    before = Ticket.objects.filter(unit_code=device.unit_code, day=found.day, state=Ticket.State.WAITING, number__lt=found.number).count()
    board = _whole(reverse("counter-board", args=[device.unit_code]))
    return _show(request, "ticket", {"ticket": found, "before": before, "phone": qr_svg(board)})


# Signing in without a keyboard ---------------------------------------------------------------------------------------------------


def _next(request: HttpRequest) -> str:
    """Where to go after signing in: a page of filing or of one's own, never another."""
    target = request.GET.get(NEXT) or request.POST.get(NEXT) or request.session.get(NEXT) or ""
    fits = target.startswith(("/nop-ho-so/", "/ho-so/", "/kho-giay-to/", "/kiosk/"))
    return target if fits and url_has_allowed_host_and_scheme(target, allowed_hosts=None) else "/ho-so/"


@require_http_methods(["GET", "HEAD", "POST"])
@on_device
def sign_in(request: HttpRequest) -> HttpResponse:
    """The identity number: by the pad, or by the card's QR code, which fills in the number and proves nothing."""
    if actor_of(request).is_signed_in:
        return redirect(_next(request))
    typed, problem = "", ""
    if request.method == "POST":
        pressed = pad.press(request, ID_DIGITS)
        typed = pad.read_card(pressed.typed)[:20]
        if pressed.is_done:
            if (refusal := over_limit(request, "sign-in")) is not None:
                return refusal
            form = IdNumberForm({"id_number": typed})
            if form.is_valid():
                try:
                    asked = otp.request_code(
                        id_number=form.cleaned_data["id_number"],
                        now=timezone.now(),
                        address=client_address(request),
                        device=device_of(request),
                    )
                except otp.TooManyRequests as too_many:
                    problem = try_again(too_many)
                else:
                    request.session[OTP_REQUEST] = str(asked)
                    request.session[NEXT] = _next(request)
                    request.session.set_expiry(settings.KIOSK_IDLE_SECONDS)
                    return redirect("kiosk-sign-in-code")
            else:
                problem = str(form.errors["id_number"][0])
    context = {"typed": typed, "problem": problem, "next": _next(request), "digits": pad.DIGITS, "most": ID_DIGITS, "ends": True}
    return _show(request, "sign_in", context, status=422 if problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@on_device
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The one-time password, which alone proves who one is."""
    if actor_of(request).is_signed_in:
        return redirect(_next(request))
    asked = request.session.get(OTP_REQUEST)
    if not asked:
        return redirect("kiosk-sign-in")
    typed, problem = "", ""
    if request.method == "POST":
        pressed = pad.press(request, CODE_DIGITS)
        typed = pad.only_digits(pressed.typed)[:10]
        if pressed.is_done:
            if (refusal := over_limit(request, "sign-in-code")) is not None:
                return refusal
            form = CodeForm({"code": typed})
            if form.is_valid():
                try:
                    person = otp.check_code(request_id=UUID(asked), code=form.cleaned_data["code"], now=timezone.now())
                except otp.WrongCode as wrong:
                    left = f"Bạn còn {wrong.tries_left} lần thử." if wrong.tries_left else "Bạn quay lại để nhận mật khẩu mới."
                    problem, typed = f"Mật khẩu chưa đúng hoặc đã hết hạn. {left}", ""
                else:
                    target = _next(request)
                    for key in (OTP_REQUEST, NEXT):
                        request.session.pop(key, None)
                    assert person.user is not None  # only people with a login are sent a code
                    sessions.sign_in(request, person.user, way=Way.CODE, assurance=Assurance.MEDIUM)
                    request.session.set_expiry(settings.KIOSK_IDLE_SECONDS)
                    return redirect(target)
            else:
                problem = str(form.errors["code"][0])
    context = {"typed": typed, "problem": problem, "digits": pad.DIGITS, "most": CODE_DIGITS, "ends": True}
    return _show(request, "sign_in_code", context, status=422 if problem else 200)


@require_POST
@on_device
def still_here(request: HttpRequest) -> HttpResponse:
    """Somebody touches the screen: the session, if there is one, lives on (the middleware has noted it)."""
    return JsonResponse({"signed_in": actor_of(request).is_signed_in})


@require_POST
@never_cache
def end(request: HttpRequest) -> HttpResponse:
    """Back to the start, for the next person: the session is over on the server, the browser forgets."""
    if device_here(request) is None:
        return redirect("kiosk")
    logout(request)
    return forget(HttpResponseRedirect(reverse("kiosk")), request)


# One's own phone -----------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@on_device
@citizen_page
def to_phone(request: HttpRequest, code: str) -> HttpResponse:
    """Ask, then show the code that leads to this draft on one's own phone, once, for ten minutes."""
    device, actor, now = device_here(request), actor_of(request), timezone.now()
    draft = queries.draft_of(actor, code)
    if draft is None or device is None:
        raise Http404
    context: dict[str, Any] = {"code": code, "phone": "", "minutes": int(handing.GOOD_FOR.total_seconds() // 60)}
    if request.method == "POST":
        token = handing.hand_over(actor=actor, draft=draft, device=device, now=now)
        context["phone"] = qr_svg(_whole(reverse("kiosk-go-on", args=[token])))
    return _show(request, "to_phone", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@limit_view("dossiers.kiosk-go-on", 30, 60)
def go_on(request: HttpRequest, token: str) -> HttpResponse:
    """On the phone: sign in, then go on where the kiosk left off. The link alone shows nothing of the draft."""
    now, actor = timezone.now(), actor_of(request)
    if not actor.is_signed_in:
        found = handing.open_handover(token, now)
        context = {"is_open": found is not None, "sign_in": f"{settings.LOGIN_URL}?{urlencode({'next': request.path})}"}
        answer = render(request, "kiosk/go_on.html", context, status=200 if found is not None else 404)
    elif request.method == "POST":
        taken = handing.take(actor=actor, token=token, now=now)
        if taken is not None:
            return redirect("file-to-khai", code=taken.procedure_code)
        answer = render(request, "kiosk/go_on.html", {"is_open": False}, status=404)
    else:
        found = handing.open_handover(token, now)
        mine = found is not None and queries.own_drafts(actor).filter(pk=found.draft_id).exists()
        answer = render(request, "kiosk/go_on.html", {"is_open": mine, "signed_in": True}, status=200 if mine else 404)
    # To no other site; our own form needs to say where it came from.
    answer["Referrer-Policy"] = "same-origin"
    answer["X-Robots-Tag"] = "noindex"
    return answer


# The device ----------------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@limit_view("dossiers.kiosk-pair", 20, 600, methods={"POST"})
def pair(request: HttpRequest) -> HttpResponse:
    """The code of the desk, typed by the pad in the browser that becomes the kiosk."""
    typed, problem = "", ""
    if request.method == "POST":
        pressed = pad.press(request, devices.CODE_DIGITS)
        typed = pad.only_digits(pressed.typed)[: devices.CODE_DIGITS]
        if pressed.is_done:
            try:
                token = devices.pair(code=typed, now=timezone.now())
            except devices.KioskRefused as refused:
                problem, typed = refused.message, ""
            else:
                logout(request)
                answer = HttpResponseRedirect(reverse("kiosk"))
                answer.set_cookie(
                    devices.COOKIE,
                    token,
                    max_age=int(devices.COOKIE_AGE.total_seconds()),
                    path="/",
                    secure=settings.SESSION_COOKIE_SECURE,
                    httponly=True,
                    samesite="Strict",
                )
                return answer
    context = {"typed": typed, "problem": problem, "digits": pad.DIGITS, "most": devices.CODE_DIGITS}
    return _show(request, "pair", context, status=422 if problem else 200)
