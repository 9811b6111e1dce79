"""Pages of registration. Each asks nobody outside: what registries say is looked at again while the page waits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts import sessions
from accounts.devices import device_of
from accounts.forms import CodeForm
from accounts.models import Consent, Registration
from accounts.registration import counter, joining, queries, services, signing, terms
from accounts.registration.forms import AddNumberForm, AgreeForm, DocumentForm, DocumentSignInForm, InsuranceForm, PhoneForm, TakeOverForm
from accounts.registration.states import State
from accounts.services import otp
from accounts.services.codes import Refusal, TooManyRequests, WrongCode
from accounts.views.citizens import BY_DOCUMENT, KNOWN_BROWSER, OTP_REQUEST
from accounts.views.ways import NEXT, citizens_next, home_of, over_limit, signed_in
from portal.access import ActingAs, actor_of
from portal.languages import address, is_english, show
from portal.limits import client_address

SESSION = "registration"
"""In the session: the registration that this browser began, or goes on with."""


def _language() -> str:
    return "en" if is_english() else "vi"


def _try_again(refused: TooManyRequests) -> str:
    """When one may register again. The same words for everybody."""
    if refused.by is Refusal.SOON:
        wait = max(1, int((refused.retry_at - timezone.now()).total_seconds()) + 1)
        return _("Mã vừa được gửi. Bạn đợi %(seconds)d giây rồi thử lại.") % {"seconds": wait}
    words = _("Đã có quá nhiều lần đăng ký như thế này trong ngày. Bạn thử lại từ %(when)s, hoặc đến bộ phận một cửa.")
    return words % {"when": date_format(timezone.localtime(refused.retry_at), "H:i d/m/Y")}


def _own(request: HttpRequest) -> Registration | None:
    """The registration of this browser."""
    kept = request.session.get(SESSION)
    return queries.registration(UUID(kept)) if kept else None


def _began(request: HttpRequest, registration: Registration) -> HttpResponse:
    request.session[SESSION] = str(registration.id)
    return redirect(address("registration-code" if registration.state in (State.CODE, State.SLIP) else "registration-progress"))


@never_cache
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The ways to an account, each with what one needs for it."""
    return show(request, "accounts/registration/choose.html", {"is_signed_in": actor_of(request).is_signed_in})


def _form_page(request: HttpRequest, form_class: type[Any], template: str, begin: Any) -> HttpResponse:
    """One way: its form, then the registration that comes of it."""
    if actor_of(request).is_signed_in:
        return redirect(home_of(request))
    form = form_class(request.POST if request.method == "POST" else None, terms_url=address("terms"))
    if request.method == "POST":
        if (refusal := over_limit(request, "register")) is not None:
            return refusal
        if form.is_valid():
            try:
                made = begin(form, {"language": _language(), "address": client_address(request), "now": timezone.now()})
            except TooManyRequests as too_many:
                form.add_error(None, _try_again(too_many))
            else:
                return _began(request, made)
    return show(request, template, {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_phone(request: HttpRequest) -> HttpResponse:
    """By a phone in one's own name."""

    def begin(form: PhoneForm, common: dict[str, Any]) -> Registration:
        return services.begin_by_phone(declared=form.declared(), phone=form.cleaned_data["phone"], **common)

    return _form_page(request, PhoneForm, "accounts/registration/phone.html", begin)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_insurance(request: HttpRequest) -> HttpResponse:
    """By a social insurance number."""

    def begin(form: InsuranceForm, common: dict[str, Any]) -> Registration:
        return services.begin_by_insurance(declared=form.declared(), **common)

    return _form_page(request, InsuranceForm, "accounts/registration/insurance.html", begin)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_document(request: HttpRequest) -> HttpResponse:
    """By a passport or the like: foreigners, Vietnamese abroad."""

    def begin(form: DocumentForm, common: dict[str, Any]) -> Registration:
        said = form.cleaned_data
        return services.begin_by_document(declared=form.declared(), phone=said["phone"], email=said["email"], **common)

    return _form_page(request, DocumentForm, "accounts/registration/document.html", begin)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_certificate(request: HttpRequest) -> HttpResponse:
    """By a personal certificate: the signing service asks who one is, not we."""
    if actor_of(request).is_signed_in:
        return redirect(home_of(request))
    form = AgreeForm(request.POST if request.method == "POST" else None, terms_url=address("terms"))
    if request.method == "POST":
        if (refusal := over_limit(request, "register")) is not None:
            return refusal
        if form.is_valid():
            try:
                started = signing.begin_by_certificate(language=_language(), address=client_address(request), now=timezone.now())
            except TooManyRequests as too_many:
                form.add_error(None, _try_again(too_many))
            else:
                request.session[SESSION] = str(started.registration_id)
                return redirect(signing.USE.authorisation_url(started))
    return show(request, "accounts/registration/certificate.html", {"form": form}, status=422 if form.errors else 200)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: HttpRequest) -> HttpResponse:
    """An organisation, by its certificate; its representative by law is signed in as themself."""
    actor, problem = actor_of(request), ""
    as_self = actor.acting_as is ActingAs.SELF
    if request.method == "POST" and as_self:
        if (refusal := over_limit(request, "register")) is not None:
            return refusal
        try:
            came_from, now = client_address(request), timezone.now()
            started = signing.begin_for_organisation(actor=actor, language=_language(), address=came_from, now=now)
        except TooManyRequests as too_many:
            problem = _try_again(too_many)
        else:
            request.session[SESSION] = str(started.registration_id)
            return redirect(signing.USE.authorisation_url(started))
    context = {"as_self": as_self, "problem": problem}
    return render(request, "accounts/registration/organisation.html", context, status=422 if problem else 200)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def add_number(request: HttpRequest) -> HttpResponse:
    """The identity number of who has an account by document: one person, one account."""
    actor = actor_of(request)
    if not joining.may_add(actor):
        return redirect("profile")
    form = AddNumberForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if (refusal := over_limit(request, "register")) is not None:
            return refusal
        if form.is_valid():
            said = form.cleaned_data
            try:
                made = joining.begin(
                    actor=actor,
                    declared=form.declared(),
                    phone=said["phone"],
                    language=_language(),
                    address=client_address(request),
                    now=timezone.now(),
                )
            except TooManyRequests as too_many:
                form.add_error(None, _try_again(too_many))
            except joining.BadNumber as bad:
                form.add_error(bad.field or None, bad.message)
            else:
                return _began(request, made)
    return render(request, "accounts/registration/number.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_GET
def signing_back(request: HttpRequest) -> HttpResponse:
    """Where the signing service sends the browser back to."""
    row_id, own = signing.USE.id_from_state(request.GET.get("state", "")), _own(request)
    row = getattr(own, "signature", None)
    if row is None or row_id != row.pk:
        messages.error(request, _("Lần ký này không bắt đầu từ trình duyệt của bạn hoặc đã quá hạn. Bạn hãy đăng ký lại."))
        return redirect(address("registration"))
    now = timezone.now()
    if request.GET.get("error") or not request.GET.get("code"):
        signing.refuse(row_id=row.pk, reason=_("Bạn đã không đồng ý ký tại dịch vụ ký số."), now=now)
    else:
        signing.USE.answer(row_id=row.pk, code=request.GET["code"][:2000], now=now)
    return redirect(address("registration-progress"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code that went to the phone or address."""
    own = _own(request)
    if own is None:
        return redirect(address("registration"))
    if own.state not in (State.CODE, State.SLIP):
        return redirect(address("registration-progress"))
    form = CodeForm(request.POST if request.method == "POST" else None)
    form.fields["code"].label = _("Mã xác nhận")
    form.fields["code"].help_text = _("6 chữ số trong tin nhắn hoặc thư vừa gửi.")
    if request.method == "POST":
        if (refusal := over_limit(request, "register-code")) is not None:
            return refusal
        if form.is_valid():
            try:
                services.check_code(registration_id=own.id, code=form.cleaned_data["code"], now=timezone.now())
            except WrongCode as wrong:
                if wrong.tries_left:
                    form.add_error("code", _("Mã chưa đúng. Bạn còn %(left)d lần thử.") % {"left": wrong.tries_left})
                else:
                    form.add_error("code", _("Mã không đúng hoặc đã hết hạn. Bạn bấm gửi lại mã."))
            else:
                return redirect(address("registration-progress"))
    return show(request, "accounts/registration/code.html", {"form": form, "way": own.way}, status=422 if form.errors else 200)


@never_cache
@require_POST
def send_again(request: HttpRequest) -> HttpResponse:
    """Another code."""
    own = _own(request)
    if own is None:
        return redirect(address("registration"))
    if (refusal := over_limit(request, "register-code")) is not None:
        return refusal
    try:
        services.send_again(registration_id=own.id, now=timezone.now())
    except TooManyRequests as too_many:
        messages.error(request, _try_again(too_many))
    else:
        messages.success(request, _("Đã gửi mã mới. Mã trước không dùng được nữa."))
    return redirect(address("registration-code"))


@never_cache
@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """How far it has come; looks again by itself while registries are asked."""
    own = _own(request)
    if own is None:
        return redirect(address("registration"))
    if own.state == State.CODE:
        return redirect(address("registration-code"))
    signature = getattr(own, "signature", None)
    # Nobody signed in time: the row ends by itself one day, and this page says at once that one begins anew.
    is_over = own.state == State.SIGNING and signature is not None and signature.expires_at <= timezone.now()
    context = {
        "own": own,
        "refresh": 0 if is_over else {State.CHECKING: 2, State.SIGNING: 2, State.WAITING: 60}.get(State(own.state), 0),
        "is_over": is_over,
        "signature_refusal": signature.refusal if signature is not None else "",
        "has_contact": bool(own.phone or own.email),
    }
    return show(request, "accounts/registration/progress.html", context)


@never_cache
@require_safe
def go_on(request: HttpRequest, token: str) -> HttpResponse:
    """The link in a message: go on in this browser with a registration that waited. It opens nothing without the code in the message."""
    registration_id = services.id_from_token(token)
    if registration_id is None or queries.registration(registration_id) is None:
        messages.error(request, _("Đường dẫn này không còn dùng được. Bạn hãy đăng ký lại."))
        return redirect(address("registration"))
    request.session[SESSION] = str(registration_id)
    return redirect(address("registration-code"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def take_over(request: HttpRequest) -> HttpResponse:
    """Take an account over that a counter opened: what the slip says, then a code to the phone."""
    if actor_of(request).is_signed_in:
        return redirect(home_of(request))
    form = TakeOverForm(request.POST if request.method == "POST" else None, terms_url=address("terms"))
    if request.method == "POST":
        if (refusal := over_limit(request, "register-take-over")) is not None:
            return refusal
        if form.is_valid():
            said, now = form.cleaned_data, timezone.now()
            try:
                own = counter.take_over(
                    number=said["number"], secret=said["secret"], language=_language(), terms=terms.in_force(now), now=now
                )
            except WrongCode:
                form.add_error("secret", _("Mã đăng ký hoặc mã bí mật không đúng, đã dùng, hoặc thử quá nhiều lần. Bạn xem lại phiếu."))
            else:
                return _began(request, own)
    return show(request, "accounts/registration/take_over.html", {"form": form}, status=422 if form.errors else 200)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def agree(request: HttpRequest) -> HttpResponse:
    """The terms in force, to be agreed to before one goes on: at the first sign-in after a new version."""
    actor, now = actor_of(request), timezone.now()
    assert actor.person_id is not None
    wanted = terms.due(actor.person_id, now)
    target = citizens_next(request)
    if wanted is None:
        request.session.pop(sessions.TERMS_DUE, None)
        return redirect(target)
    form = AgreeForm(request.POST if request.method == "POST" else None, terms_url=address("terms"))
    # What was agreed to is what the page showed: a version that came meanwhile is shown first.
    if request.method == "POST" and form.is_valid() and request.POST.get("version") == str(wanted.number):
        terms.agree(person_id=actor.person_id, terms=wanted, how=Consent.How.PAGE, actor=actor, now=now)
        request.session.pop(sessions.TERMS_DUE, None)
        return redirect(target)
    context = {
        "form": form,
        "terms": wanted,
        "blocks": terms.blocks(wanted),
        "changes": terms.changes(wanted),
        "has_agreed_before": bool(terms.consents_of(actor.person_id)),
        "next": target,
    }
    return render(request, "accounts/registration/agree.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def document_sign_in(request: HttpRequest) -> HttpResponse:
    """First step of sign-in for who has no identity number: their document. The second is everybody's."""
    if actor_of(request).is_signed_in:
        return redirect(home_of(request))
    form = DocumentSignInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if (refusal := over_limit(request, "sign-in")) is not None:
            return refusal
        if form.is_valid():
            try:
                request_id = otp.request_code(
                    blind=services.by_document(form.cleaned_data["document"]),
                    now=timezone.now(),
                    address=client_address(request),
                    browser=request.COOKIES.get(KNOWN_BROWSER, ""),
                    device=device_of(request),
                )
            except TooManyRequests as too_many:
                form.add_error("document_number", _try_again(too_many))
            else:
                request.session[OTP_REQUEST] = str(request_id)
                request.session[BY_DOCUMENT] = True
                request.session[NEXT] = citizens_next(request)
                return redirect("sign-in-code")
    context = {"form": form, "next": citizens_next(request, "")}
    return show(request, "accounts/registration/document_sign_in.html", context, status=422 if form.errors else 200)
