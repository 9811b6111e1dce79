"""Pages: the proof behind a QR code, the comparison of a print and of a file with the original, the way back from the signing service."""

from __future__ import annotations

import math

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from portal.caching import public_page
from portal.documents import proofs, queries, renewing, services
from portal.documents.forms import CompareForm, PrintForm
from portal.documents.models import Document
from portal.documents.units import unit_name
from portal.limits import client_address, limit_view


def _private_address(response: HttpResponse) -> HttpResponse:
    """The address is the secret: no search engine lists it, no other site learns it from a link."""
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _unknown(request: HttpRequest) -> HttpResponse:
    return _private_address(render(request, "proof/unknown.html", status=404))


def _issuer(document: Document) -> str:
    day = timezone.localdate(document.signed_at) if document.signed_at else None
    return unit_name(document.unit_code, on=day)


@require_safe
@public_page(max_age=60)
@limit_view("documents.proof", 60, 60)
def proof(request: HttpRequest, token: str) -> HttpResponse:
    """What a stranger who scans the code may know: what was issued, by whom, when. No cookie, no personal data.

    It claims nothing of the paper that the code stands on: a true code is easily put on an altered print.
    """
    document = queries.by_token(token)
    if document is None:
        return _unknown(request)
    # In groups, so that it breaks on a phone and can be compared by eye.
    hash_parts = [document.sha256[start : start + 8] for start in range(0, len(document.sha256), 8)]
    context = {
        "document": document,
        "issuer": _issuer(document),
        "short_mark": proofs.short_mark(document.token),
        "comparable": proofs.is_comparable(document),
        "hash_parts": hash_parts,
        "former_files": list(document.former_files.all()) if document.renewals else [],
        "later": proofs.what_came_later(document),
    }
    return _private_address(TemplateResponse(request, "proof/proof.html", context))


# Without CSRF protection on purpose, as the comparison of files below: it signs nothing in and nobody out, and so the page needs no
# cookie. A strange site that made a visitor type here would learn nothing and use up that visitor's own tries.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_view("documents.compare_print", 30, 60, methods={"POST"})
def compare_print(request: HttpRequest, token: str) -> HttpResponse:
    """Type the number printed on the paper and read, line by line, what was issued. No address, cache or log ever holds the number."""
    document = queries.by_token(token)
    if document is None or not document.is_signed:
        return _unknown(request)
    form = PrintForm()
    context: dict[str, object] = {"document": document, "issuer": _issuer(document), "short_mark": proofs.short_mark(document.token)}
    status, wait = 200, 0
    if request.method == "POST":
        form = PrintForm(request.POST)
        status = 422
        if form.is_valid():
            now = timezone.now()
            number = form.cleaned_data["number"]
            try:
                sections = proofs.compare_print(document, number=number, address=client_address(request), now=now)
                context["sections"], status = sections, 200
                context["later"] = proofs.what_came_later(document)
            except proofs.WrongNumber as wrong:
                form = PrintForm.refused(request.POST["number"], _wrong_number(wrong.tries_left))
            except proofs.TriesUsedUp as used_up:
                context["used_up"], status = True, 429
                wait = max(1, math.ceil((used_up.retry_at - now).total_seconds()))
            except proofs.NothingToCompare:
                status = 200
    context |= {"form": form, "comparable": proofs.is_comparable(document)}
    answer = _private_address(render(request, "proof/compare_print.html", context, status=status))
    if wait:
        answer["Retry-After"] = str(wait)
    return answer


def _wrong_number(tries_left: int) -> str:
    if not tries_left:
        return _("Số này không khớp với giấy tờ Cổng đã cấp. Hôm nay bạn không còn lần thử nào cho giấy tờ này.")
    return ngettext(
        "Số này không khớp với giấy tờ Cổng đã cấp. Hôm nay bạn còn %(n)s lần thử.",
        "Số này không khớp với giấy tờ Cổng đã cấp. Hôm nay bạn còn %(n)s lần thử.",
        tries_left,
    ) % {"n": tries_left}


# Without CSRF protection on purpose: it changes nothing and uses no session, and so the page needs no cookie; and the size is
# refused before the body is read, which a check of the token inside the body would make impossible.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@limit_view("documents.compare", 10, 60, methods={"POST"})
def compare(request: HttpRequest, token: str) -> HttpResponse:
    """Upload a PDF and learn whether it is, byte for byte, the one that was signed. The file is not kept."""
    document = queries.by_token(token)
    if document is None or not document.is_signed:
        return _unknown(request)
    form = CompareForm()
    answer: dict[str, object] = {}
    status = 200
    if request.method == "POST":
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_FILE_BYTES:
            megabytes = settings.MAX_FILE_BYTES // (1024 * 1024)
            form = CompareForm.refused(_("Tệp lớn hơn %(size)s MB nên không thể là bản gốc của giấy tờ này.") % {"size": megabytes})
            status = 413
        else:
            form = CompareForm(request.POST, request.FILES)
            if form.is_valid():
                content = form.cleaned_data["file"].read()
                which = renewing.which_file(document, content)
                answer = {"compared": True, "same": bool(which), "former": which == "former", "facts": services.verify(content)}
            else:
                status = 422
    context = {"document": document, "issuer": _issuer(document), "form": form, **answer}
    return _private_address(render(request, "proof/compare.html", context, status=status))


@never_cache
@require_safe
def authorised(request: HttpRequest) -> HttpResponse:
    """The officer comes back from the signing service; the worker does the rest."""
    try:
        back = services.return_from_authorisation(
            actor=request.actor,  # type: ignore[attr-defined]
            state=request.GET.get("state", ""),
            code=request.GET.get("code", ""),
            error=request.GET.get("error", ""),
        )
    except services.LinkRefused:
        return _private_address(render(request, "proof/link_refused.html", status=400))
    messages.add_message(request, messages.SUCCESS if back.granted else messages.WARNING, back.message)
    return _private_address(HttpResponseRedirect(back.return_to))
