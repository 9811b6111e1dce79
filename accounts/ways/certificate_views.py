"""Pages of citizens' sign-in by certificate: which form, there and back, the file, the token, and the wait."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import CitizenSignIn
from accounts.models.sessions import Way
from accounts.owner import unlocking
from accounts.tokens import certificate_of, token_address
from accounts.views.ways import NEXT, citizens_next, over_limit
from accounts.ways import certificates
from accounts.ways.forms import SignedFileForm
from accounts.ways.proved import STEP_UP, proved
from portal.access import Assurance, actor_of

SIGN_IN = "citizen_sign_in"


def _begun(request: HttpRequest, way: Way) -> CitizenSignIn:
    row = certificates.begin(way=way, now=timezone.now())
    request.session[SIGN_IN] = str(row.id)
    if not actor_of(request).is_signed_in:
        request.session[NEXT] = citizens_next(request)
    return row


def _under_way(request: HttpRequest, way: Way | None = None) -> CitizenSignIn | None:
    found = request.session.get(SIGN_IN)
    rows = CitizenSignIn.objects.filter(id=UUID(found)) if found else CitizenSignIn.objects.none()
    return (rows.filter(way=way) if way else rows).first()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Which form of certificate; nobody says here who they are."""
    if not certificates.is_offered():
        raise Http404
    if request.method == "POST":
        if (refusal := over_limit(request, "citizen-certificate")) is not None:
            return refusal
        if request.POST.get("by") == "file":
            _begun(request, Way.FILE)
            return redirect("certificate-file")
        return redirect(certificates.USE.authorisation_url(_begun(request, Way.CERTIFICATE)))
    context = {"next": citizens_next(request, ""), "token_url": token_address("/tai-khoan/chung-thu/thiet-bi/")}
    return render(request, "accounts/ways/certificate.html", context)


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Where the signing service sends the browser back to."""
    sign_in_id = certificates.USE.id_from_state(request.GET.get("state", ""))
    if sign_in_id is None or str(sign_in_id) != request.session.get(SIGN_IN):
        messages.error(request, _("Phiên đăng nhập này không bắt đầu từ trình duyệt của bạn hoặc đã quá hạn. Bạn hãy đăng nhập lại."))
        return redirect("sign-in")
    if request.GET.get("error") or not request.GET.get("code"):
        certificates.refuse(sign_in_id=sign_in_id, reason=certificates.NOT_AGREED)
    else:
        certificates.USE.answer(row_id=sign_in_id, code=request.GET["code"][:2000], now=timezone.now())
    return redirect("certificate-citizen-wait")


@never_cache
@require_GET
def challenge(request: HttpRequest) -> HttpResponse:
    """The few lines that are to be signed, as a file."""
    row = _under_way(request, Way.FILE)
    if row is None or row.state != CitizenSignIn.State.BEGUN:
        return redirect("certificate-citizen")
    response = HttpResponse(certificates.text_of(row), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="dang-nhap.txt"'
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest) -> HttpResponse:
    """Download what is to be signed, upload it signed."""
    row, now = _under_way(request, Way.FILE), timezone.now()
    if row is None or row.expires_at <= now:
        return redirect("certificate-citizen")
    if row.state != CitizenSignIn.State.BEGUN:
        return redirect("certificate-citizen-wait")
    form = SignedFileForm(request.POST, request.FILES) if request.method == "POST" else SignedFileForm()
    if request.method == "POST":
        if (refusal := over_limit(request, "citizen-certificate")) is not None:
            return refusal
        if form.is_valid():
            certificates.answer(sign_in_id=row.id, way=Way.FILE, material=form.cleaned_data["signed"], now=now)
            return redirect("certificate-citizen-wait")
    context = {"form": form, "until": row.expires_at}
    return render(request, "accounts/ways/certificate_file.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def token(request: HttpRequest) -> HttpResponse:
    """The certificate of this very connection, as our own proxy passes it on (docs/operations.md): the handshake has proved the key.

    Only where the proxy is said to have such a door; everywhere else the proxy empties the header and this page is none.
    """
    if not settings.TOKEN_SIGN_IN_URL or not certificates.is_offered():
        raise Http404
    if request.method != "POST":
        return render(request, "accounts/ways/certificate_token.html", {"next": citizens_next(request, "")})
    if (refusal := over_limit(request, "citizen-certificate")) is not None:
        return refusal
    der = certificate_of(request)
    if der is None:
        messages.error(request, _("Trình duyệt chưa gửi chứng thư số nào. Bạn cắm USB Token, mở lại trình duyệt rồi thử lại."))
        return redirect("certificate-citizen")
    row = _begun(request, Way.TOKEN)
    certificates.answer(sign_in_id=row.id, way=Way.TOKEN, material=der, now=timezone.now())
    return redirect(settings.SITE_URL + "/tai-khoan/chung-thu/cho/")


@never_cache
@require_GET
def wait(request: HttpRequest) -> HttpResponse:
    """Looks each second whether the certificate has been checked; signs in, or raises the session, when it has."""
    row, now = _under_way(request), timezone.now()
    if row is None:
        return redirect("sign-in")
    if row.state == CitizenSignIn.State.PROVED and unlocking.is_locked(row.person):
        return redirect("account-unlock-proved")
    if row.state == CitizenSignIn.State.PROVED and (used := certificates.use(sign_in_id=row.id, now=now)) is not None:
        request.session.pop(SIGN_IN, None)
        assert used.person is not None and used.person.user is not None
        return proved(request, user=used.person.user, way=Way(used.way), assurance=Assurance.HIGH)
    if row.state not in (CitizenSignIn.State.BEGUN, CitizenSignIn.State.ANSWERED) or row.expires_at <= now:
        request.session.pop(SIGN_IN, None)
        messages.error(request, _(row.refusal) if row.refusal else _("Phiên đăng nhập đã quá hạn. Bạn hãy đăng nhập lại."))
        return redirect("step-up" if actor_of(request).is_signed_in and request.session.get(STEP_UP) else "certificate-citizen")
    return render(request, "accounts/ways/outside_wait.html", {"waiting": row.state == CitizenSignIn.State.ANSWERED})
