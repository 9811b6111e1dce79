"""Pages of sign-in, of whom one acts as, of the inbox and of passkeys."""

from __future__ import annotations

from functools import wraps
from typing import Any
from uuid import UUID

from allauth.mfa.webauthn import views as webauthn_views
from allauth.mfa.webauthn.internal import auth as webauthn_auth
from django.contrib import messages
from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts import queries, sessions
from accounts.forms import CodeForm, IdNumberForm
from accounts.models import CertificateSignIn
from accounts.services import certificates, otp
from portal.access import ActingAs, Assurance, actor_of
from portal.limits import client_address, take
from portal.notifications import queries as notices
from portal.notifications.services import mark_read

OTP_REQUEST = "otp_request"
CERTIFICATE_SIGN_IN = "certificate_sign_in"
WANTS_POSITION = "wants_position"
GO_ON = "tiep"
"""In the address of the officers' sign-in: a signed-in citizen has read where they are and goes on."""
NEXT = "next"
DESK, OWN_DOSSIERS = "/quan-tri/", "/ho-so/"
"""Where an officer and a citizen belong."""


def _safe_next(request: HttpRequest, default: str) -> str:
    """Where to go after sign-in: a path of ours or the default; never another site."""
    target = request.POST.get(NEXT) or request.GET.get(NEXT) or request.session.get(NEXT) or ""
    if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None, require_https=False):
        return target
    return default


def _citizens_next(request: HttpRequest, default: str = OWN_DOSSIERS) -> str:
    """The same for one who signs in for themself: never the desk, which a visit before may have left in the session."""
    target = _safe_next(request, default)
    return default if target.startswith(DESK.rstrip("/")) else target


def _home_of(request: HttpRequest) -> str:
    return DESK if actor_of(request).is_officer else _citizens_next(request)


@never_cache
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Nothing stands here: to where a signed-in person belongs, or to the sign-in."""
    return redirect(_home_of(request) if actor_of(request).is_signed_in else "sign-in")


def signed_in(view: Any) -> Any:
    """Ask a visitor to sign in first and come back here."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not actor_of(request).is_signed_in:
            return redirect(reverse("sign-in") + "?" + urlencode({NEXT: request.get_full_path()}))
        return view(request, *args, **kwargs)

    return never_cache(wrapped)


def _over_limit(request: HttpRequest, bucket: str) -> HttpResponse | None:
    grant = take(bucket, client_address(request), capacity=20, refill_per_second=0.2)
    if grant.allowed:
        return None
    response = render(request, "429.html", {"retry_after": int(grant.retry_after) + 1}, status=429)
    response["Retry-After"] = str(int(grant.retry_after) + 1)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """First step of a citizen's sign-in: the identity number."""
    if actor_of(request).is_signed_in:
        return redirect(_home_of(request))
    form = IdNumberForm(request.POST or None)
    if request.method == "POST":
        if (refusal := _over_limit(request, "sign-in")) is not None:
            return refusal
        if form.is_valid():
            try:
                request_id = otp.request_code(id_number=form.cleaned_data["id_number"], now=timezone.now())
            except otp.TooManyRequests as too_many:
                wait = max(1, int((too_many.retry_at - timezone.now()).total_seconds()) + 1)
                form.add_error("id_number", _("Mật khẩu vừa được gửi. Bạn đợi %(seconds)d giây rồi thử lại.") % {"seconds": wait})
            else:
                request.session[OTP_REQUEST] = str(request_id)
                request.session[NEXT] = _citizens_next(request)
                return redirect("sign-in-code")
    return render(
        request,
        "accounts/sign_in.html",
        {"form": form, "next": _citizens_next(request, "")},
        status=422 if form.errors else 200,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Second step: the one-time password."""
    if actor_of(request).is_signed_in:
        return redirect(_home_of(request))
    request_id = request.session.get(OTP_REQUEST)
    if not request_id:
        return redirect("sign-in")
    form = CodeForm(request.POST or None)
    if request.method == "POST":
        if (refusal := _over_limit(request, "sign-in-code")) is not None:
            return refusal
        if form.is_valid():
            try:
                person = otp.check_code(request_id=UUID(request_id), code=form.cleaned_data["code"], now=timezone.now())
            except otp.WrongCode as wrong:
                if wrong.tries_left:
                    form.add_error("code", _("Mật khẩu chưa đúng. Bạn còn %(left)d lần thử.") % {"left": wrong.tries_left})
                else:
                    form.add_error("code", _("Mật khẩu không đúng hoặc đã hết hạn. Bạn quay lại bước trước để nhận mật khẩu mới."))
            else:
                target = _citizens_next(request)
                for key in (OTP_REQUEST, NEXT):
                    request.session.pop(key, None)
                assert person.user is not None  # only people with a login are sent a code
                sessions.sign_in(request, person.user, assurance=Assurance.MEDIUM)
                return redirect(target)
    return render(request, "accounts/sign_in_code.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def officer_sign_in(request: HttpRequest) -> HttpResponse:
    """An officer's sign-in: by certificate at the signing service, or by a passkey bound earlier.

    One who is signed in as a citizen is told so first, and signs in as an officer on purpose.
    """
    actor = actor_of(request)
    if actor.is_officer:
        return redirect(_safe_next(request, DESK))
    if actor.is_signed_in and request.method != "POST" and GO_ON not in request.GET:
        go_on = urlencode({GO_ON: "1", NEXT: _safe_next(request, DESK)})
        holds = actor.person_id is not None and queries.positions_held(actor.person_id)
        return render(request, "accounts/not_as_citizen.html", {"go_on": f"?{go_on}", "holds_positions": bool(holds)}, status=403)
    form = IdNumberForm(request.POST or None)
    request.session[WANTS_POSITION] = True
    request.session[NEXT] = _safe_next(request, DESK)
    if request.method == "POST":
        if (refusal := _over_limit(request, "officer-sign-in")) is not None:
            return refusal
        if form.is_valid():
            try:
                started = certificates.begin(id_number=form.cleaned_data["id_number"], now=timezone.now())
            except certificates.NoSuchOfficer:
                form.add_error("id_number", "Không có cán bộ nào đang giữ chức danh và có chứng thư số với số định danh này.")
            else:
                request.session[CERTIFICATE_SIGN_IN] = str(started.id)
                return redirect(certificates.authorisation_url(started))
    return render(request, "accounts/officer_sign_in.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_GET
def certificate_callback(request: HttpRequest) -> HttpResponse:
    """Where the signing service sends the officer's browser back to."""
    sign_in_id = certificates.id_from_state(request.GET.get("state", ""))
    if sign_in_id is None or str(sign_in_id) != request.session.get(CERTIFICATE_SIGN_IN):
        messages.error(request, "Phiên đăng nhập này không bắt đầu từ trình duyệt của bạn hoặc đã quá hạn. Bạn hãy đăng nhập lại.")
        return redirect("officer-sign-in")
    if request.GET.get("error") or not request.GET.get("code"):
        certificates.refuse(sign_in_id=sign_in_id, reason="Bạn đã không đồng ý ký tại dịch vụ ký số.")
    else:
        certificates.answer(sign_in_id=sign_in_id, code=request.GET["code"][:2000], now=timezone.now())
    return redirect("certificate-wait")


@never_cache
@require_GET
def certificate_wait(request: HttpRequest) -> HttpResponse:
    """Looks each second whether the certificate has been checked; signs in when it has."""
    sign_in_id = request.session.get(CERTIFICATE_SIGN_IN)
    started = CertificateSignIn.objects.filter(id=sign_in_id).first() if sign_in_id else None
    if started is None:
        return redirect("officer-sign-in")
    if started.state == CertificateSignIn.State.PROVED:
        position = certificates.use(sign_in_id=started.id, now=timezone.now())
        if position is not None and position.person.user is not None:
            target = _safe_next(request, DESK)
            for key in (CERTIFICATE_SIGN_IN, NEXT, WANTS_POSITION):
                request.session.pop(key, None)
            sessions.sign_in(request, position.person.user, assurance=Assurance.HIGH, position=position)
            return redirect(target)
    if started.state == CertificateSignIn.State.REFUSED or started.expires_at <= timezone.now():
        request.session.pop(CERTIFICATE_SIGN_IN, None)
        messages.error(request, started.refusal or "Phiên đăng nhập đã quá hạn. Bạn hãy đăng nhập lại.")
        return redirect("officer-sign-in")
    return render(request, "accounts/certificate_wait.html", {"waiting": started.state == CertificateSignIn.State.ANSWERED})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out; by POST only, the GET page asks."""
    if request.method == "POST":
        logout(request)
        return redirect("/")
    if not actor_of(request).is_signed_in:
        return redirect("/")
    return render(request, "accounts/sign_out.html")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def capacities(request: HttpRequest) -> HttpResponse:
    """As whom one acts: oneself or a position; changed on purpose."""
    actor = actor_of(request)
    assert actor.person_id is not None
    positions = queries.positions_held(actor.person_id)
    if request.method == "POST":
        wanted = request.POST.get("acting_as", "")
        if wanted == "self":
            sessions.act_as(request, ActingAs.SELF)
            return redirect(OWN_DOSSIERS)
        for position in positions:
            if str(position.id) == wanted:
                if actor.assurance < Assurance.HIGH:
                    # A one-time password is not enough to act for an agency (Rules art. 11): the certificate is asked for.
                    return redirect(reverse("officer-sign-in") + "?" + urlencode({GO_ON: "1"}))
                sessions.act_as(request, ActingAs.POSITION, position.id)
                return redirect(DESK)
        messages.error(request, _("Lựa chọn này không còn hiệu lực. Bạn hãy chọn lại."))
    return render(request, "accounts/capacities.html", {"positions": positions})


@signed_in
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """A person's notices."""
    actor = actor_of(request)
    assert actor.person_id is not None
    page = Paginator(notices.inbox(actor.person_id), 20).get_page(request.GET.get("trang"))
    return render(request, "accounts/inbox.html", {"page": page})


@signed_in
@require_POST
def open_notice(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Note that a notice was read and go where it leads."""
    actor = actor_of(request)
    assert actor.person_id is not None
    notice = notices.inbox(actor.person_id).filter(pk=notice_id).first()
    if notice is None:
        return redirect("inbox")
    mark_read(person_id=actor.person_id, notification_id=notice_id)
    return redirect(notice.link or "inbox")


def _high_assurance(view: Any) -> Any:
    """Passkeys are bound at high assurance only; so each of them counts as high (our extension of Rules art. 11)."""

    @signed_in
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if actor_of(request).assurance < Assurance.HIGH:
            return render(request, "accounts/passkey_needs_certificate.html", status=403)
        return view(request, *args, **kwargs)

    return wrapped


class AddPasskey(webauthn_views.AddWebAuthnView):
    """Bind a passkey that can sign in by itself."""

    template_name = "accounts/passkey_add.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # The library's own guard asks for a password again; ours asks for the certificate (see ``_high_assurance``).
        return super(webauthn_views.AddWebAuthnView, self).dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super(webauthn_views.AddWebAuthnView, self).get_context_data(**kwargs)
        user = self.request.user
        assert user.is_authenticated
        context["js_data"] = {"creation_options": webauthn_auth.begin_registration(user, True)}
        return context

    def get_success_url(self) -> str:
        return reverse("passkeys")


class RemovePasskey(webauthn_views.RemoveWebAuthnView):
    """Take a passkey away."""

    template_name = "accounts/passkey_remove.html"
    success_url = reverse_lazy("passkeys")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super(webauthn_views.RemoveWebAuthnView, self).dispatch(request, *args, **kwargs)


class ListPasskeys(webauthn_views.ListWebAuthnView):
    """The passkeys of the person."""

    template_name = "accounts/passkeys.html"


passkeys = _high_assurance(ListPasskeys.as_view())
add_passkey = _high_assurance(AddPasskey.as_view())
remove_passkey = _high_assurance(RemovePasskey.as_view())
