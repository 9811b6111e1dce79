"""Pages of this room: what is missing and how to prove it; authenticator apps."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import queries
from accounts.devices import device_of
from accounts.masks import masked
from accounts.models.sessions import Way
from accounts.services import failures
from accounts.services.otp import TooManyRequests
from accounts.sessions import session_of
from accounts.views.citizens import try_again
from accounts.views.ways import KNOWN_BROWSER, OWN_DOSSIERS, citizens_next, home_of, over_limit, safe_next, signed_in
from accounts.ways import app_codes, choices, outside, providers
from accounts.ways.forms import AppCodeForm, AppSignInForm, StepUpByPasskeyForm
from accounts.ways.need import LEVEL, is_missing
from accounts.ways.passkeys import is_for_office
from accounts.ways.proved import STEP_UP, proved
from portal.access import Assurance, actor_of
from portal.crypto import Tampered, open_text, seal_text
from portal.limits import client_address

APP_SECRET = "app_secret"  # noqa: S105  a name
"""In the session, sealed: the secret of an app that is being bound."""


@signed_in
@require_safe
def step_up(request: HttpRequest) -> HttpResponse:
    """What is missing for the page one comes from, and the ways to prove it; back there at once where nothing is missing."""
    actor = actor_of(request)
    assert actor.user_id is not None
    wanted = Assurance.HIGH if request.GET.get(LEVEL, "3") != "2" else Assurance.MEDIUM
    back = safe_next(request, request.session.get(STEP_UP) or OWN_DOSSIERS)
    if not is_missing(actor, wanted):
        return redirect(back)
    request.session[STEP_UP] = back
    session = session_of(request)
    context = {"ways": choices.to_step_up(actor.user_id, wanted), "by": session.get_way_display() if session else "", "back": back}
    return render(request, "accounts/ways/step_up.html", context)


@signed_in
@require_safe
def step_up_done(request: HttpRequest) -> HttpResponse:
    """Where a step-up in a second window ends: one goes back to the first, in which what was typed waits."""
    return render(request, "accounts/ways/step_up_done.html")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def step_up_passkey(request: HttpRequest) -> HttpResponse:
    """A passkey of this person signs our challenge; its holder is verified by the device."""
    user: Any = request.user
    form = StepUpByPasskeyForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        passkey = form.cleaned_data["credential"]
        passkey.record_usage()
        return proved(request, user=user, way=Way.PASSKEY, assurance=Assurance.HIGH, for_office=is_for_office(passkey))
    if form.is_bound and (person_id := actor_of(request).person_id) is not None:
        failures.note_of(person_id=person_id, way=Way.PASSKEY, device=device_of(request), now=timezone.now())
    # Without a user the library asks for verification of the holder in any case; the form takes this person's keys only.
    context = {"form": form, "js_data": {"request_options": webauthn.begin_authentication(None)}}
    return render(request, "accounts/ways/step_up_passkey.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def app_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign-in by identity number and the code of an app. The same words for every number."""
    if actor_of(request).is_signed_in:
        return redirect(home_of(request))
    form = AppSignInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if (refusal := over_limit(request, "sign-in-code")) is not None:
            return refusal
        if form.is_valid():
            try:
                person = app_codes.check(
                    **form.cleaned_data,
                    address=client_address(request),
                    browser=request.COOKIES.get(KNOWN_BROWSER, ""),
                    device=device_of(request),
                    now=timezone.now(),
                )
            except TooManyRequests as too_many:
                form.add_error("code", try_again(too_many))
            except app_codes.WrongAppCode:
                form.add_error("code", _("Số định danh hoặc mã chưa đúng, hoặc mã đã dùng. Bạn đợi ứng dụng hiện mã mới rồi thử lại."))
            else:
                assert person.user is not None
                return proved(request, user=person.user, way=Way.APP, assurance=Assurance.MEDIUM)
    context = {"form": form, "next": citizens_next(request, "")}
    return render(request, "accounts/ways/app_sign_in.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
def passkey_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign-in of citizens by a passkey; the library's view takes the answer."""
    if actor_of(request).is_signed_in:
        return redirect(home_of(request))
    return render(request, "accounts/ways/passkey_sign_in.html", {"next": citizens_next(request, "")})


def _secret_of(request: HttpRequest) -> str:
    """The secret of the app that is being bound in this session; a new one where there is none."""
    try:
        return open_text(request.session.get(APP_SECRET, ""), context=APP_SECRET)
    except Tampered:
        secret = app_codes.new_secret()
        request.session[APP_SECRET] = seal_text(secret, context=APP_SECRET)
        return secret


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def app(request: HttpRequest) -> HttpResponse:
    """Bind an authenticator app to one's own account, or see that one is bound."""
    actor = actor_of(request)
    assert actor.user_id is not None
    if app_codes.has_app(actor.user_id):
        request.session.pop(APP_SECRET, None)
        return render(request, "accounts/ways/app_bound.html")
    secret = _secret_of(request)
    form = AppCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if (refusal := over_limit(request, "bind-app")) is not None:
            return refusal
        if form.is_valid():
            try:
                app_codes.bind(actor=actor, secret=secret, code=form.cleaned_data["code"], now=timezone.now())
            except app_codes.WrongAppCode:
                form.add_error("code", _("Mã chưa đúng. Bạn xem giờ của điện thoại có đúng không, rồi nhập mã đang hiện."))
            except app_codes.AppKnown:
                return redirect("app")
            else:
                request.session.pop(APP_SECRET, None)
                messages.success(request, _("Đã gắn ứng dụng. Từ nay bạn đăng nhập được bằng mã của ứng dụng."))
                return redirect("app")
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    context = {"form": form, "address": app_codes.address_of(secret, actor.label), "secret": spaced}
    return render(request, "accounts/ways/app.html", context, status=422 if form.errors else 200)


@signed_in
@require_safe
def own_ways(request: HttpRequest) -> HttpResponse:
    """By what one can sign in to one's own account."""
    actor = actor_of(request)
    assert actor.user_id is not None and actor.person_id is not None
    kinds, linked = choices.bound(actor.user_id), outside.identities_of(actor.person_id)
    held = {one.provider_id for one in linked}
    others = [choices.choice_of(row) for row in providers.offered(timezone.now()) if row.code not in held]
    context = {
        "phone": masked(queries.person(actor.person_id).phone),
        "has_app": kinds["totp"] > 0,
        "passkeys": kinds["webauthn"],
        "linked": linked,
        "others": others,
    }
    return choices.lets_forms_lead_to(render(request, "accounts/ways/own_ways.html", context), others)


@signed_in
@require_POST
def remove_app(request: HttpRequest) -> HttpResponse:
    """Take one's app away."""
    app_codes.remove(actor=actor_of(request))
    messages.success(request, _("Đã gỡ ứng dụng."))
    return redirect("own-ways")
