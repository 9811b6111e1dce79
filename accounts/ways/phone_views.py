"""Pages of a new phone, and where to begin for who has lost theirs."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import queries
from accounts.forms import CodeForm
from accounts.masks import masked
from accounts.services.codes import TooManyRequests, WrongCode
from accounts.views.citizens import try_again
from accounts.views.ways import over_limit, signed_in
from accounts.ways import choices, phones
from accounts.ways.forms import PhoneForm
from accounts.ways.need import ask_more
from portal.access import Assurance, actor_of


@never_cache
@require_safe
def lost(request: HttpRequest) -> HttpResponse:
    """Where to begin without the phone: sign in another way, then change the number. Says nothing about anybody's account."""
    return render(request, "accounts/ways/phone_lost.html", {"ways": choices.to_sign_in()})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def phone(request: HttpRequest) -> HttpResponseBase:
    """The phone of the account, and the change that is under way: a number, its code, the wait."""
    actor, now = actor_of(request), timezone.now()
    assert actor.person_id is not None
    change = phones.under_way(actor.person_id)
    waits_for_code = change is not None and change.state == change.State.CODE and change.code_expires_at > now
    form, code_form = PhoneForm(), CodeForm()
    if request.method == "POST":
        if (refusal := over_limit(request, "phone")) is not None:
            return refusal
        if request.POST.get("act") == "code":
            code_form = CodeForm(request.POST)
            if code_form.is_valid():
                try:
                    phones.confirm(actor=actor, code=code_form.cleaned_data["code"], now=now)
                    return redirect("phone")
                except WrongCode as wrong:
                    words = _("Mật khẩu chưa đúng. Bạn còn %(left)d lần thử.") % {"left": wrong.tries_left}
                    code_form.add_error("code", words if wrong.tries_left else _("Mật khẩu đã hết hạn. Bạn nhập lại số điện thoại mới."))
        else:
            form = PhoneForm(request.POST)
            if form.is_valid():
                try:
                    phones.begin(actor=actor, phone=form.cleaned_data["phone"], now=now)
                    return redirect("phone")
                except phones.BadPhone:
                    form.add_error("phone", _("Đây không phải số di động Việt Nam, hoặc là số đang dùng."))
                except phones.NotSure:
                    return ask_more(request, Assurance.HIGH)
                except phones.NoNumber:
                    form.add_error("phone", _("Tài khoản không có số định danh thì đổi số tại bộ phận một cửa."))
                except TooManyRequests as too_many:
                    form.add_error("phone", try_again(too_many))
    wrong_form = next((one for one in (form, code_form) if one.is_bound and one.errors), None)
    context = {
        "phone": masked(queries.person(actor.person_id).phone),
        "change": change,
        "new_phone": masked(change.phone) if change is not None else "",
        "waits_for_code": waits_for_code,
        "phone_form": form,
        "code_form": code_form,
        "form": wrong_form,
    }
    return render(request, "accounts/ways/phone.html", context, status=422 if wrong_form else 200)


@signed_in
@require_POST
def cancel(request: HttpRequest) -> HttpResponseBase:
    """Object to the change; as surely known as who asked for it."""
    try:
        if phones.cancel(actor=actor_of(request), now=timezone.now()):
            messages.success(request, _("Đã dừng việc đổi số. Số cũ vẫn dùng như trước."))
    except phones.NotSure:
        return ask_more(request, Assurance.HIGH)
    return redirect("phone")
