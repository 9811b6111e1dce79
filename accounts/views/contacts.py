"""How one is told: phone, e-mail address, channels by kind; the links that letters carry."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts import queries
from accounts.contact_forms import ChannelsForm, EmailForm
from accounts.forms import CodeForm
from accounts.masks import masked
from accounts.models import OneTimePassword
from accounts.services import contacts as services
from accounts.services import otp
from accounts.views.citizens import try_again
from accounts.views.ways import KNOWN_BROWSER, over_limit, signed_in
from portal.access import Actor, actor_of
from portal.limits import client_address
from portal.notifications.registry import kind_of

_CODE = "contact_code"
"""In the session: the request for a code to the address that codes go to."""


def _channels(person_id: UUID, said: QueryDict | None = None) -> ChannelsForm:
    return ChannelsForm(said, choice=queries.contact_choice(person_id), officer=bool(queries.positions_held(person_id)))


def _page(request: HttpRequest, actor: Actor, *, email: EmailForm | None = None, channels: ChannelsForm | None = None) -> HttpResponse:
    assert actor.person_id is not None
    person = queries.person(actor.person_id)
    channels = channels or _channels(actor.person_id)
    verified, waiting = queries.email_addresses(actor.person_id)
    wrong = next((form for form in (email, channels) if form is not None and form.is_bound and form.errors), None)
    context: dict[str, Any] = {
        "phone": masked(person.phone),
        "verified": verified,
        "waiting": waiting,
        "email_form": email or EmailForm(),
        "channels_form": channels,
        "form": wrong,
    }
    return render(request, "accounts/contacts.html", context, status=422 if wrong else 200)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def contacts(request: HttpRequest) -> HttpResponse:
    """Phone, address, channels. Each form says which one it is."""
    actor = actor_of(request)
    assert actor.person_id is not None
    if request.method != "POST":
        return _page(request, actor)
    act = request.POST.get("act", "")
    if act == "remove":
        try:
            services.remove_email(person_id=actor.person_id, actor=actor)
        except services.CodeWanted:
            messages.error(request, _("Mã đăng nhập của bạn gửi đến địa chỉ này nên không bỏ được. Bạn đổi sang địa chỉ khác."))
        else:
            messages.success(request, _("Đã bỏ địa chỉ thư điện tử."))
        return redirect("contacts")
    if act == "email":
        email = EmailForm(request.POST)
        if email.is_valid():
            try:
                services.add_email(person_id=actor.person_id, address=email.cleaned_data["address"], actor=actor, now=timezone.now())
            except services.TooManyLetters:
                email.add_error("address", _("Bạn đã yêu cầu quá nhiều thư xác nhận. Bạn thử lại vào ngày mai."))
            else:
                messages.success(request, _("Đã gửi thư xác nhận. Bạn mở thư và bấm vào đường dẫn trong đó."))
                return redirect("contacts")
        return _page(request, actor, email=email)
    channels = _channels(actor.person_id, request.POST)
    if channels.is_valid():
        services.choose(person_id=actor.person_id, language=channels.cleaned_data["language"], channels=channels.channels(), actor=actor)
        messages.success(request, _("Đã lưu cách nhận thông báo."))
        return redirect("contacts")
    return _page(request, actor, channels=channels)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def verify_email(request: HttpRequest, token: str) -> HttpResponse:
    """What the link in the letter opens: one press verifies. Opening alone does not, for mail servers open links, too."""
    if (limited := over_limit(request, "email-verify")) is not None:
        return limited
    actor = actor_of(request)
    assert actor.person_id is not None
    now = timezone.now()
    try:
        row = services.waiting_for(token=token, person_id=actor.person_id, now=now)
        if services.codes_go_there(actor.person_id):
            return _verify_by_code(request, actor, token, row.address or "")
        if request.method == "POST":
            services.verify_email(token=token, person_id=actor.person_id, actor=actor, now=now)
            messages.success(request, _("Đã xác nhận địa chỉ. Từ nay thông báo được gửi đến đó."))
            return redirect("contacts")
    except services.LinkRefused:
        return render(request, "accounts/email_link_refused.html", status=410)
    return render(request, "accounts/email_verify.html", {"address": row.address})


def _verify_by_code(request: HttpRequest, actor: Actor, token: str, address: str) -> HttpResponse:
    """Codes go to the address of now: it is shown to be in the person's hands still, by a code. A session left open takes nothing over."""
    assert actor.person_id is not None
    now, problem, sent = timezone.now(), "", request.session.get(_CODE)
    form = CodeForm(request.POST if request.method == "POST" and "send" not in request.POST else None)
    if request.method == "POST" and ("send" in request.POST or not sent):
        form = CodeForm()
        try:
            asked = otp.request_code(
                blind=queries.id_blind(actor.person_id),
                now=now,
                address=client_address(request),
                browser=request.COOKIES.get(KNOWN_BROWSER, ""),
                purpose=OneTimePassword.Purpose.CONTACT,
            )
            sent = request.session[_CODE] = str(asked)
        except otp.TooManyRequests as too_many:
            problem = try_again(too_many)
    elif request.method == "POST" and form.is_valid():
        try:
            code = form.cleaned_data["code"]
            person = otp.check_code(request_id=UUID(sent), code=code, now=now, purpose=OneTimePassword.Purpose.CONTACT)
        except otp.WrongCode:
            form.add_error("code", _("Mã không đúng hoặc đã hết hạn. Bạn bấm gửi lại mã."))
        else:
            request.session.pop(_CODE, None)
            own = person.pk == actor.person_id
            services.verify_email(token=token, person_id=actor.person_id, actor=actor, now=now, proved=own)
            messages.success(request, _("Đã xác nhận địa chỉ. Từ nay thông báo được gửi đến đó."))
            return redirect("contacts")
    form.fields["code"].label, form.fields["code"].help_text = _("Mã xác nhận"), _("6 chữ số trong tin nhắn hoặc thư vừa gửi.")
    context = {"address": address, "form": form, "sent": bool(sent), "problem": problem}
    return render(request, "accounts/email_verify_code.html", context, status=422 if form.errors or problem else 200)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_email(request: HttpRequest, token: str) -> HttpResponse:
    """Letters of one kind are switched off by one press, of the mail program or of the page: the address is the right to do it."""
    if (limited := over_limit(request, "email-unsubscribe")) is not None:
        return limited
    try:
        person_id, kind = services.unsubscribed(token)
    except services.LinkRefused:
        return render(request, "accounts/email_link_refused.html", status=410)
    if request.method == "POST" and request.POST.get("act") == "lai":
        services.subscribe_again(organisation_id=person_id, kind=kind)
        return redirect(request.path)
    if request.method == "POST":
        services.unsubscribe(person_id=person_id, kind=kind)
    # An organisation has no page of choices: it comes back here.
    off = services.is_off(person_id, kind)
    return render(
        request, "accounts/email_unsubscribe.html", {"kind": kind_of(kind), "done": off or request.method == "POST", "again": off}
    )
