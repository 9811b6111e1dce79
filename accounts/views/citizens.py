"""Sign-in of citizens by one-time password, and sign-out of everybody."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import sessions
from accounts.devices import device_of
from accounts.forms import CodeForm, IdNumberForm
from accounts.models.sessions import Way
from accounts.services import otp
from accounts.views.ways import KNOWN_BROWSER, NEXT, citizens_next, greeted, home_of, over_limit
from accounts.ways import choices
from portal.access import Assurance, actor_of
from portal.limits import client_address

OTP_REQUEST = "otp_request"
BY_DOCUMENT = "otp_by_document"
"""The code was asked for by the number of a document: the page speaks of that, whether anybody has it or not."""


def try_again(refused: otp.TooManyRequests) -> str:
    """When one may ask for a code again. The same words for every number."""
    if refused.by is otp.Refusal.SOON:
        wait = max(1, int((refused.retry_at - timezone.now()).total_seconds()) + 1)
        return _("Bạn vừa yêu cầu mật khẩu cho số định danh này. Bạn đợi %(seconds)d giây rồi thử lại.") % {"seconds": wait}
    if refused.by is otp.Refusal.ADDRESS:
        words = _("Mạng bạn đang dùng đã yêu cầu quá nhiều mật khẩu. Bạn thử lại từ %(when)s, hoặc dùng máy bạn đã từng đăng nhập.")
    else:
        words = _("Số định danh này đã được yêu cầu mật khẩu quá nhiều lần. Bạn thử lại từ %(when)s, hoặc dùng máy bạn đã từng đăng nhập.")
    return words % {"when": date_format(timezone.localtime(refused.retry_at + timedelta(minutes=1)), "H:i d/m/Y")}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """First step of a citizen's sign-in: the identity number."""
    if actor_of(request).is_signed_in:
        return redirect(home_of(request))
    form = IdNumberForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if (refusal := over_limit(request, "sign-in")) is not None:
            return refusal
        if form.is_valid():
            try:
                request_id = otp.request_code(
                    id_number=form.cleaned_data["id_number"],
                    now=timezone.now(),
                    address=client_address(request),
                    browser=request.COOKIES.get(KNOWN_BROWSER, ""),
                    device=device_of(request),
                )
            except otp.TooManyRequests as too_many:
                form.add_error("id_number", try_again(too_many))
            else:
                request.session[OTP_REQUEST] = str(request_id)
                request.session.pop(BY_DOCUMENT, None)
                request.session[NEXT] = citizens_next(request)
                return redirect("sign-in-code")
    return render(
        request,
        "accounts/sign_in.html",
        {"form": form, "next": citizens_next(request, ""), "ways": choices.to_sign_in()},
        status=422 if form.errors else 200,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Second step: the one-time password."""
    if actor_of(request).is_signed_in:
        return redirect(home_of(request))
    request_id = request.session.get(OTP_REQUEST)
    if not request_id:
        return redirect("sign-in")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if (refusal := over_limit(request, "sign-in-code")) is not None:
            return refusal
        if form.is_valid():
            now = timezone.now()
            try:
                person = otp.check_code(request_id=UUID(request_id), code=form.cleaned_data["code"], now=now)
            except otp.WrongCode as wrong:
                if wrong.tries_left:
                    form.add_error("code", _("Mật khẩu chưa đúng. Bạn còn %(left)d lần thử.") % {"left": wrong.tries_left})
                else:
                    form.add_error("code", _("Mật khẩu không đúng hoặc đã hết hạn. Bạn quay lại bước trước để nhận mật khẩu mới."))
            else:
                target = citizens_next(request)
                for key in (OTP_REQUEST, BY_DOCUMENT, NEXT):
                    request.session.pop(key, None)
                assert person.user is not None  # only people with a login are sent a code
                sessions.sign_in(request, person.user, way=Way.CODE, assurance=Assurance.MEDIUM)
                return greeted(request, redirect(target))
    return render(
        request,
        "accounts/sign_in_code.html",
        {"form": form, "by_document": BY_DOCUMENT in request.session},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out; by POST only, the GET page asks."""
    if request.method == "POST":
        logout(request)
        messages.success(request, _("Bạn đã đăng xuất."))
        return redirect("/")
    if not actor_of(request).is_signed_in:
        return redirect("/")
    return render(request, "accounts/sign_out.html")
