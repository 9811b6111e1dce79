"""Pages of sign-in by a provider outside: there, back, and the link the first time."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.devices import device_of
from accounts.forms import CodeForm
from accounts.models import IdentityProvider, OutsideSignIn
from accounts.owner import unlocking
from accounts.services import otp
from accounts.views.citizens import OTP_REQUEST, try_again
from accounts.views.ways import KNOWN_BROWSER, NEXT, citizens_next, over_limit, signed_in
from accounts.ways import choices, outside, providers
from accounts.ways.proved import STEP_UP, proved
from portal.access import SYSTEM, Assurance, actor_of
from portal.limits import client_address

SIGN_IN = "outside_sign_in"
_LINK_CODE = "outside_link_code"


def _provider(code: str) -> IdentityProvider:
    row = providers.offered_one(code, timezone.now())
    if row is None:
        raise Http404
    return row


def _refused(request: HttpRequest, reason: str, name: str) -> None:
    messages.error(request, _(reason) % {"name": name})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, code: str) -> HttpResponse:
    """Where a sign-in, a link or a step-up by a provider begins; nobody says here who they are."""
    row = _provider(code)
    if request.method != "POST":
        answer = render(request, "accounts/ways/outside.html", {"provider": row, "next": citizens_next(request, "")})
        return choices.lets_forms_lead_to(answer, [choices.choice_of(row)])
    if (refusal := over_limit(request, "vneid")) is not None:
        return refusal
    actor = actor_of(request)
    steps_up = actor.is_signed_in and bool(request.session.get(STEP_UP))
    wanted = Assurance.HIGH if steps_up else Assurance.MEDIUM
    # A lock may want a surer proof than sign-in; how surely the person can be known there, they choose.
    hoped = Assurance.HIGH if request.POST.get("hoped") == "high" else wanted
    try:
        sign_in_id, url = outside.begin(provider=row, wanted=wanted, again=actor.is_signed_in, now=timezone.now(), hoped=hoped)
    except outside.TooLittle:
        messages.error(request, _("%(name)s không xác nhận được ở mức cao. Bạn chọn cách khác.") % {"name": row.label})
        return redirect("step-up")
    request.session[SIGN_IN] = str(sign_in_id)
    if not actor.is_signed_in:
        request.session[NEXT] = citizens_next(request)
    return redirect(url)


@never_cache
@require_GET
def callback(request: HttpRequest, code: str) -> HttpResponse:
    """Where a provider sends the browser back to: each to an address of its own."""
    sign_in_id, now = outside.id_from_state(request.GET.get("state", "")), timezone.now()
    if sign_in_id is None or str(sign_in_id) != request.session.get(SIGN_IN):
        messages.error(request, _("Phiên đăng nhập này không bắt đầu từ trình duyệt của bạn hoặc đã quá hạn. Bạn hãy đăng nhập lại."))
        return redirect("sign-in")
    if not outside.is_from(sign_in_id=sign_in_id, code=code, issuer=request.GET.get("iss")):
        pass
    elif request.GET.get("error") or not request.GET.get("code"):
        outside.refuse(sign_in_id=sign_in_id, reason=outside.NOT_AGREED)
    else:
        outside.answer(sign_in_id=sign_in_id, code=request.GET["code"][:2000], now=now)
    return redirect("outside-wait")


def _under_way(request: HttpRequest) -> OutsideSignIn | None:
    found = request.session.get(SIGN_IN)
    return OutsideSignIn.objects.select_related("provider").filter(id=UUID(found)).first() if found else None


@never_cache
@require_GET
def wait(request: HttpRequest) -> HttpResponse:
    """Looks each second whether the answer has been checked; goes on when it has."""
    row, now = _under_way(request), timezone.now()
    if row is None:
        return redirect("sign-in")
    if row.state == OutsideSignIn.State.PROVED and row.expires_at > now and unlocking.is_locked(row.person):
        return redirect("account-unlock-proved")
    if row.state == OutsideSignIn.State.PROVED and row.expires_at > now:
        return _finished(request, row) if row.is_linked else redirect("outside-link")
    if row.state in (OutsideSignIn.State.REFUSED, OutsideSignIn.State.USED) or row.expires_at <= now:
        request.session.pop(SIGN_IN, None)
        if row.refusal:
            _refused(request, row.refusal, row.provider.label)
        else:
            messages.error(request, _("Phiên đăng nhập đã quá hạn. Bạn hãy đăng nhập lại."))
        return redirect("step-up" if actor_of(request).is_signed_in and request.session.get(STEP_UP) else "sign-in")
    return render(request, "accounts/ways/outside_wait.html", {"waiting": row.state == OutsideSignIn.State.ANSWERED})


def _finished(request: HttpRequest, under_way: OutsideSignIn) -> HttpResponse:
    row = outside.use(sign_in_id=under_way.id, now=timezone.now())
    request.session.pop(SIGN_IN, None)
    if row is None or row.person is None or row.person.user is None:
        _refused(request, outside.NOT_ACCEPTED, under_way.provider.label)
        return redirect("sign-in")
    return proved(request, user=row.person.user, way=row.provider.way, assurance=Assurance(row.assurance))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest) -> HttpResponse:
    """The first time: the account there was proved, now the one here: by being signed in, or by a one-time password to its phone."""
    found, now = request.session.get(SIGN_IN), timezone.now()
    row = outside.proved_of(UUID(found), now) if found else None
    if row is None or row.person_id is None:
        return redirect("sign-in")
    actor = actor_of(request)
    if actor.is_signed_in:
        if actor.person_id != row.person_id:
            request.session.pop(SIGN_IN, None)
            words = _("Tài khoản %(name)s này là của người khác, nên không liên kết được với tài khoản của bạn.")
            messages.error(request, words % {"name": row.provider.label})
            return redirect("own-ways")
        if request.method == "POST":
            try:
                outside.link(sign_in_id=row.id, person_id=row.person_id, actor=actor, now=now)
            except outside.LinkRefused:
                request.session.pop(SIGN_IN, None)
                _refused(request, outside.NOT_ACCEPTED, row.provider.label)
                return redirect("own-ways")
            messages.success(request, _("Đã liên kết %(name)s.") % {"name": row.provider.label})
            if request.session.get(STEP_UP):
                return _finished(request, row)
            request.session.pop(SIGN_IN, None)
            return redirect("own-ways")
        return render(request, "accounts/ways/outside_link.html", {"provider": row.provider, "signed_in": True, "form": None})
    return _link_by_code(request, row)


def _link_by_code(request: HttpRequest, row: OutsideSignIn) -> HttpResponse:
    """A stranger who holds the person's account there shows that the account's phone is theirs, too."""
    assert row.person is not None
    now, problem = timezone.now(), ""
    sent = request.session.get(_LINK_CODE)
    form = CodeForm(request.POST if request.method == "POST" and "send" not in request.POST else None)
    if request.method == "POST":
        if (refusal := over_limit(request, "sign-in-code")) is not None:
            return refusal
        if "send" in request.POST or not sent:
            form = CodeForm()
            try:
                sent = request.session[_LINK_CODE] = str(
                    otp.request_code(
                        id_number=row.person.id_number or "",
                        now=now,
                        address=client_address(request),
                        browser=request.COOKIES.get(KNOWN_BROWSER, ""),
                        device=device_of(request),
                    )
                )
            except otp.TooManyRequests as too_many:
                problem = try_again(too_many)
        elif form.is_valid():
            try:
                person = otp.check_code(request_id=UUID(sent), code=form.cleaned_data["code"], now=now)
                outside.link(sign_in_id=row.id, person_id=person.id, actor=SYSTEM, now=now)
            except (otp.WrongCode, outside.LinkRefused):
                form.add_error("code", _("Mật khẩu không đúng hoặc đã hết hạn. Bạn nhập lại hoặc bấm gửi lại."))
            else:
                for key in (_LINK_CODE, OTP_REQUEST):
                    request.session.pop(key, None)
                return _finished(request, row)
    context = {"provider": row.provider, "form": form, "sent": bool(sent), "problem": problem, "signed_in": False}
    return render(request, "accounts/ways/outside_link.html", context, status=422 if form.errors or problem else 200)


@signed_in
@require_POST
def unlink(request: HttpRequest, code: str) -> HttpResponse:
    """Take a link away; also of a provider that signs nobody in any more."""
    row = IdentityProvider.objects.filter(code=code).first()
    if row is None:
        raise Http404
    if outside.unlink(actor=actor_of(request), code=code):
        messages.success(request, _("Đã bỏ liên kết %(name)s.") % {"name": row.label})
    return redirect("own-ways")
