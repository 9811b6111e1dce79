"""Pages of sign-in by VNeID: there, back, and the link the first time."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.devices import device_of
from accounts.forms import CodeForm
from accounts.models import OutsideSignIn
from accounts.models.sessions import Way
from accounts.owner import unlocking
from accounts.services import otp
from accounts.views.citizens import OTP_REQUEST, try_again
from accounts.views.ways import KNOWN_BROWSER, NEXT, citizens_next, over_limit, signed_in
from accounts.ways import vneid
from accounts.ways.proved import STEP_UP, proved
from portal.access import SYSTEM, Assurance, actor_of
from portal.limits import client_address

SIGN_IN = "vneid_sign_in"
_LINK_CODE = "vneid_link_code"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Where a sign-in, a link or a step-up by VNeID begins; nobody says here who they are."""
    if request.method != "POST":
        return render(request, "accounts/ways/vneid.html", {"next": citizens_next(request, "")})
    if (refusal := over_limit(request, "vneid")) is not None:
        return refusal
    actor = actor_of(request)
    steps_up = actor.is_signed_in and bool(request.session.get(STEP_UP))
    wanted = Assurance.HIGH if steps_up else Assurance.MEDIUM
    # A lock may want a surer proof than sign-in; how surely the person can be known there, they choose.
    hoped = Assurance.HIGH if request.POST.get("hoped") == "high" else wanted
    sign_in_id, url = vneid.begin(wanted=wanted, again=actor.is_signed_in, now=timezone.now(), hoped=hoped)
    request.session[SIGN_IN] = str(sign_in_id)
    if not actor.is_signed_in:
        request.session[NEXT] = citizens_next(request)
    return redirect(url)


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Where VNeID sends the browser back to."""
    sign_in_id = vneid.id_from_state(request.GET.get("state", ""))
    if sign_in_id is None or str(sign_in_id) != request.session.get(SIGN_IN):
        messages.error(request, _("Phiên đăng nhập này không bắt đầu từ trình duyệt của bạn hoặc đã quá hạn. Bạn hãy đăng nhập lại."))
        return redirect("sign-in")
    if request.GET.get("error") or not request.GET.get("code"):
        vneid.refuse(sign_in_id=sign_in_id, reason=vneid.NOT_AGREED)
    else:
        vneid.answer(sign_in_id=sign_in_id, code=request.GET["code"][:2000], now=timezone.now())
    return redirect("vneid-wait")


def _under_way(request: HttpRequest) -> OutsideSignIn | None:
    found = request.session.get(SIGN_IN)
    return OutsideSignIn.objects.filter(id=UUID(found)).first() if found else None


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
        return _finished(request, row.id) if row.is_linked else redirect("vneid-link")
    if row.state in (OutsideSignIn.State.REFUSED, OutsideSignIn.State.USED) or row.expires_at <= now:
        request.session.pop(SIGN_IN, None)
        messages.error(request, _(row.refusal) if row.refusal else _("Phiên đăng nhập đã quá hạn. Bạn hãy đăng nhập lại."))
        return redirect("step-up" if actor_of(request).is_signed_in and request.session.get(STEP_UP) else "sign-in")
    return render(request, "accounts/ways/outside_wait.html", {"waiting": row.state == OutsideSignIn.State.ANSWERED})


def _finished(request: HttpRequest, sign_in_id: UUID) -> HttpResponse:
    row = vneid.use(sign_in_id=sign_in_id, now=timezone.now())
    request.session.pop(SIGN_IN, None)
    if row is None or row.person is None or row.person.user is None:
        messages.error(request, _(vneid.NOT_ACCEPTED))
        return redirect("sign-in")
    return proved(request, user=row.person.user, way=Way.VNEID, assurance=Assurance(row.assurance))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest) -> HttpResponse:
    """The first time: VNeID was proved, now the account here: by being signed in, or by a one-time password to its phone."""
    found, now = request.session.get(SIGN_IN), timezone.now()
    row = vneid.proved_of(UUID(found), now) if found else None
    if row is None or row.person_id is None:
        return redirect("sign-in")
    actor = actor_of(request)
    if actor.is_signed_in:
        if actor.person_id != row.person_id:
            request.session.pop(SIGN_IN, None)
            messages.error(request, _("VNeID này là của người khác, nên không liên kết được với tài khoản của bạn."))
            return redirect("own-ways")
        if request.method == "POST":
            vneid.link(sign_in_id=row.id, person_id=row.person_id, actor=actor, now=now)
            messages.success(request, _("Đã liên kết VNeID."))
            if request.session.get(STEP_UP):
                return _finished(request, row.id)
            request.session.pop(SIGN_IN, None)
            return redirect("own-ways")
        return render(request, "accounts/ways/vneid_link.html", {"signed_in": True, "form": None})
    return _link_by_code(request, row)


def _link_by_code(request: HttpRequest, row: OutsideSignIn) -> HttpResponse:
    """A stranger who holds the person's VNeID shows that the account's phone is theirs, too."""
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
                vneid.link(sign_in_id=row.id, person_id=person.id, actor=SYSTEM, now=now)
            except (otp.WrongCode, vneid.LinkRefused):
                form.add_error("code", _("Mật khẩu không đúng hoặc đã hết hạn. Bạn nhập lại hoặc bấm gửi lại."))
            else:
                for key in (_LINK_CODE, OTP_REQUEST):
                    request.session.pop(key, None)
                return _finished(request, row.id)
    context = {"form": form, "sent": bool(sent), "problem": problem, "signed_in": False}
    return render(request, "accounts/ways/vneid_link.html", context, status=422 if form.errors or problem else 200)


@signed_in
@require_POST
def unlink(request: HttpRequest) -> HttpResponse:
    """Take the link away."""
    vneid.unlink(actor=actor_of(request))
    messages.success(request, _("Đã bỏ liên kết VNeID."))
    return redirect("own-ways")
