"""Officers' sign-in by a USB token of the Cipher Committee: a file that its program signed, or the handshake (Rules art. 10.2, 12.1)."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import CertificateSignIn
from accounts.models.sessions import Way
from accounts.services import certificates
from accounts.tokens import certificate_of
from accounts.views.officers import CERTIFICATE_SIGN_IN, begun
from accounts.views.ways import DESK, NEXT, over_limit, safe_next
from accounts.ways.forms import SignedFileForm


def _by_file(request: HttpRequest) -> CertificateSignIn | None:
    found = request.session.get(CERTIFICATE_SIGN_IN)
    return CertificateSignIn.objects.filter(id=found, way=Way.FILE).first() if found else None


@never_cache
@require_GET
def officer_challenge(request: HttpRequest) -> HttpResponse:
    """The few lines that are to be signed, as a file."""
    row = _by_file(request)
    if row is None or row.state != CertificateSignIn.State.BEGUN:
        return redirect("officer-sign-in")
    response = HttpResponse(certificates.text_of(row), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="dang-nhap.txt"'
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def officer_file(request: HttpRequest) -> HttpResponse:
    """Download what is to be signed, upload it signed."""
    row, now = _by_file(request), timezone.now()
    if row is None or row.expires_at <= now:
        return redirect("officer-sign-in")
    if row.state != CertificateSignIn.State.BEGUN:
        return redirect("certificate-wait")
    form = SignedFileForm(request.POST, request.FILES) if request.method == "POST" else SignedFileForm()
    if request.method == "POST":
        if (refusal := over_limit(request, "officer-sign-in")) is not None:
            return refusal
        if form.is_valid():
            certificates.take(sign_in_id=row.id, way=Way.FILE, material=form.cleaned_data["signed"], now=now)
            return redirect("certificate-wait")
    return render(request, "accounts/officer_file.html", {"form": form, "until": row.expires_at}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def officer_token(request: HttpRequest) -> HttpResponse:
    """The certificate of this very connection, as our own proxy passes it on: the handshake has proved the key.

    Only where the proxy is said to have such a door; everywhere else the proxy empties the header and this page is none.
    """
    if not settings.TOKEN_SIGN_IN_URL:
        raise Http404
    if request.method != "POST":
        return render(request, "accounts/officer_token.html", {"next": safe_next(request, "")})
    if (refusal := over_limit(request, "officer-sign-in")) is not None:
        return refusal
    der = certificate_of(request)
    if der is None:
        messages.error(request, "Trình duyệt chưa gửi chứng thư số nào. Bạn cắm USB Token, mở lại trình duyệt rồi thử lại.")
        return redirect("officer-sign-in")
    target = safe_next(request, DESK)
    row = begun(request, Way.TOKEN)
    request.session[NEXT] = target
    certificates.take(sign_in_id=row.id, way=Way.TOKEN, material=der, now=timezone.now())
    return redirect(settings.SITE_URL + "/tai-khoan/can-bo/cho/")
