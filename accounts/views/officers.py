"""Sign-in of officers: by certificate, or by a passkey bound earlier."""

from __future__ import annotations

from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts import queries, sessions
from accounts.models import CertificateSignIn
from accounts.models.sessions import Way
from accounts.owner import unlocking
from accounts.services import certificates
from accounts.tokens import token_address
from accounts.views.ways import DESK, GO_ON, NEXT, WANTS_POSITION, citizens_next, greeted, over_limit, safe_next
from portal.access import Assurance, actor_of
from portal.limits import limit_view

CERTIFICATE_SIGN_IN = "certificate_sign_in"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def officer_sign_in(request: HttpRequest) -> HttpResponse:
    """An officer's sign-in: by certificate at the signing service, or by a passkey. Nobody says here who they are.

    One who is signed in as a citizen is told so first, and signs in as an officer on purpose.
    """
    actor = actor_of(request)
    target = safe_next(request, DESK)
    if actor.is_officer:
        return redirect(target)
    if actor.is_signed_in and request.method != "POST" and GO_ON not in request.GET:
        go_on = urlencode({GO_ON: "1", NEXT: target})
        holds = actor.person_id is not None and queries.positions_held(actor.person_id)
        return render(request, "accounts/not_as_citizen.html", {"go_on": f"?{go_on}", "holds_positions": bool(holds)}, status=403)
    if request.method == "POST":
        if (refusal := over_limit(request, "officer-sign-in")) is not None:
            return refusal
        by_file = request.POST.get("by") == "file"
        started = begun(request, Way.FILE if by_file else Way.CERTIFICATE)
        request.session[NEXT] = target
        return redirect("officer-file") if by_file else redirect(certificates.authorisation_url(started))
    # Where one wanted to go stands in the page, not in a session: looking at a door opens none.
    return render(request, "accounts/officer_sign_in.html", {"next": target, "token_url": token_address("/tai-khoan/can-bo/thiet-bi/")})


def begun(request: HttpRequest, way: Way) -> CertificateSignIn:
    """A sign-in that this browser has begun."""
    started = certificates.begin(now=timezone.now(), way=way)
    request.session[CERTIFICATE_SIGN_IN] = str(started.id)
    return started


@never_cache
@limit_view("passkey-sign-in", 60, 60)
def passkey_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign-in by a passkey, by the library, within limits of ours: its own know neither our proxies nor a Redis that is away.

    A passkey holds nothing that could be guessed; the limit only spares the database, and many officers share one address.
    """
    as_citizen = request.POST.get("by") == "citizen"
    if request.method == "POST":
        request.session.pop(WANTS_POSITION, None)
        if as_citizen:
            request.session[NEXT] = citizens_next(request)
        else:
            request.session[WANTS_POSITION] = True
            request.session[NEXT] = safe_next(request, DESK)
    before = sessions.session_of(request)
    response: HttpResponse = _library_view(request)
    now = sessions.session_of(request)
    if now is None or (before is not None and before.pk == now.pk):
        # The library knows one door, the officers'; what went wrong is told at the door one came by.
        return redirect("passkey-sign-in") if as_citizen and now is None and response.status_code == 302 else response
    return greeted(request, response)


_library_view = LoginWebAuthnView.as_view()


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
    if started.state == CertificateSignIn.State.PROVED and unlocking.is_locked(started.position.person if started.position else None):
        return redirect("account-unlock-proved")
    if started.state == CertificateSignIn.State.PROVED:
        position = certificates.use(sign_in_id=started.id, now=timezone.now())
        if position is not None and position.person.user is not None:
            target = safe_next(request, DESK)
            for key in (CERTIFICATE_SIGN_IN, NEXT):
                request.session.pop(key, None)
            sessions.sign_in(request, position.person.user, way=Way(started.way), assurance=Assurance.HIGH, position=position)
            return greeted(request, redirect(target))
    if started.state in (CertificateSignIn.State.REFUSED, CertificateSignIn.State.PROVED) or started.expires_at <= timezone.now():
        request.session.pop(CERTIFICATE_SIGN_IN, None)
        messages.error(request, started.refusal or "Phiên đăng nhập đã quá hạn. Bạn hãy đăng nhập lại.")
        return redirect("officer-sign-in")
    return render(request, "accounts/certificate_wait.html", {"waiting": started.state == CertificateSignIn.State.ANSWERED})
