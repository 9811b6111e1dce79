"""Paying: by code, without an account (requirement P-01)."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlsplit

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from payments import queries, vietqr
from payments.forms import ChooseForm, CodeForm, PayerForm
from payments.institutions import adapter_of
from payments.models import Attempt, Institution, Order, Voucher
from payments.queries_refunds import asking_of
from payments.references import way_back
from payments.services.asked import way_to_asker
from payments.services.attempts import AttemptRefused, begin_attempt, send_attempt
from payments.services.papers import OwnPaper, PaperRefused, is_payers_number, issue_paper, papers_of
from payments.words import masked
from portal.access import actor_of
from portal.exchange.errors import OutsideUnavailable
from portal.files.responses import send_file
from portal.limits.buckets import take
from portal.limits.views import client_address
from portal.ui.tags import qr_svg

WRONG_CODES = 30
"""Codes that are none, an hour and address: who types a paper's code needs three, who guesses needs 2^60."""


@never_cache
@require_safe
def enter(request: HttpRequest) -> HttpResponse:
    """Type a payment code; also where one's payments, the institutions and the contacts are."""
    form = CodeForm(request.GET if "ma" in request.GET else None)
    status = 200
    if form.is_bound and form.is_valid():
        if queries.order_by_code(form.cleaned_data["ma"]) is not None:
            return redirect("payment-order", code=form.cleaned_data["ma"])
        if (wait := _wrong_code(request)) is not None:
            return wait
        form.add_error("ma", _("Không có khoản phải nộp nào với mã này. Bạn so lại từng chữ với thông báo nộp tiền."))
    if form.is_bound and form.errors:
        status = 422
    return render(request, "payments/enter.html", {"form": form}, status=status)


def _wrong_code(request: HttpRequest) -> HttpResponse | None:
    """Count a code that is none; the page that says "wait" once there were too many."""
    grant = take("payments.code", f"ip:{client_address(request)}", capacity=WRONG_CODES, refill_per_second=WRONG_CODES / 3600)
    if grant.allowed:
        return None
    wait = max(1, math.ceil(grant.retry_after))
    answer = render(request, "429.html", {"retry_after": wait}, status=429)
    answer["Retry-After"] = str(wait)
    return answer


def find_order(request: HttpRequest, code: str) -> Order | HttpResponse:
    """The order of a code, or the answer for one that there is not: 404, or "wait"."""
    order = queries.order_by_code(code)
    if order is not None:
        return order
    if (wait := _wrong_code(request)) is not None:
        return wait
    raise Http404


def _page(request: HttpRequest, order: Order, *, form: ChooseForm | None = None, status: int = 200, **more: Any) -> HttpResponse:
    """The page of an order: what, to whom, how much, why; what to do now; what is known of the tries."""
    attempts = list(order.attempts.all())
    now = timezone.now()
    payable = order.is_open and now < order.expires_at
    asking = next((one for one in attempts if one.state == Attempt.ASKING), None)
    under_way = next((one for one in reversed(attempts) if one.state in (Attempt.CREATED, Attempt.SENT) and now < one.expires_at), None)
    choices = queries.choices_for(order) if payable and asking is None else []
    form = form or ChooseForm(choices=choices)
    mine = order.party_id is not None and actor_of(request).party_id == order.party_id
    vouchers = {voucher.kind: voucher for voucher in order.vouchers.all()}
    answer = render(
        request,
        "payments/order.html",
        {
            "order": order,
            "lines": list(order.lines.all()),
            "payer": order.payer_name if mine else masked(order.payer_name),
            "mine": mine,
            "back": way_back(order, actor_of(request)) or way_to_asker(order),
            "payable": payable,
            "asking": asking,
            "under_way": under_way,
            "choices": choices,
            "form": form,
            "attempts": attempts,
            "money": queries.collections_of(order),
            "asking_back": asking_of(order),
            "voucher": vouchers.get(Voucher.Kind.INSTITUTION),
            "papers": papers_of(order) if order.state == Order.PAID else [],
            **more,
        },
        status=status,
    )
    # A form whose answer sends on to an institution's page is held to this list by browsers.
    pages = {_origin(url) for choice in choices for url in (choice.institution.page, choice.institution.endpoint)}
    answer._csp_update = {"form-action": sorted(pages - {""})}  # type: ignore[attr-defined]
    return answer


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def order_page(request: HttpRequest, code: str) -> HttpResponse:
    """What is owed, and the choice through whom to pay. Choosing leads to the institution's page, or to the code to scan."""
    order = find_order(request, code)
    if isinstance(order, HttpResponse):
        return order
    if order.code != code:
        return redirect("payment-order", code=order.code)
    if request.method != "POST":
        return _page(request, order)
    form = ChooseForm(request.POST, choices=queries.choices_for(order))
    if not form.is_valid():
        return _page(request, order, form=form, status=422)
    now = timezone.now()
    chosen = form.cleaned_data["institution"]
    for earlier in reversed(list(order.attempts.all())):
        # The same choice again goes on with what was begun: two tries that can both be paid help nobody.
        if earlier.institution_id == chosen and earlier.state == Attempt.SENT and now < earlier.expires_at:
            return redirect(earlier.page_url) if earlier.page_url else redirect("payment-attempt", code=order.code, number=earlier.number)
    try:
        attempt = begin_attempt(order_code=order.code, institution_code=chosen, now=now)
    except AttemptRefused as refused:
        form.add_error(refused.field or None, refused.message)
        return _page(request, order, form=form, status=409)
    try:
        attempt = send_attempt(
            attempt_id=attempt.pk, payer_address=client_address(request) or "127.0.0.1", language=get_language() or "vi", now=now
        )
    except AttemptRefused as refused:
        form.add_error(refused.field or None, refused.message)
        order = queries.order_by_code(code) or order
        return _page(request, order, form=form, status=409)
    except OutsideUnavailable:
        form.add_error(
            "institution", _("Đơn vị thanh toán này chưa trả lời. Bạn chưa bị trừ tiền. Bạn thử lại sau một phút hoặc chọn nơi khác.")
        )
        order = queries.order_by_code(code) or order
        return _page(request, order, form=form, status=503)
    if attempt.page_url:
        return redirect(attempt.page_url)
    return redirect("payment-attempt", code=order.code, number=attempt.number)


@never_cache
@require_safe
def attempt_page(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One try: the code to scan, or what became of it. Settles itself before one's eyes: it looks again by itself until it is known."""
    order = find_order(request, code)
    if isinstance(order, HttpResponse):
        return order
    attempt = next((one for one in order.attempts.all() if one.number == number), None)
    if attempt is None:
        raise Http404
    institution: Institution = attempt.institution
    overtaken = attempt.is_unknown and attempt.state != Attempt.ASKING and not order.is_open
    waits = attempt.is_unknown and not overtaken and not (attempt.state == Attempt.SENT and not attempt.qr)
    money = [one for one in queries.collections_of(order) if one.attempt_id == attempt.pk]
    return render(
        request,
        "payments/attempt.html",
        {
            "order": order,
            "attempt": attempt,
            "institution": institution,
            "is_transfer": adapter_of(institution.adapter).is_transfer,
            "waits": waits,
            "static_qr": _static_code(institution) if attempt.qr and waits else "",
            "qr": qr_svg(attempt.qr, label=_("Mã VietQR để quét bằng ứng dụng ngân hàng")) if attempt.qr and attempt.is_unknown else "",
            "overtaken": overtaken,
            "extra": [one for one in money if one.owed_back],
            "taken": sum(one.amount for one in money),
        },
    )


def _static_code(institution: Institution) -> str:
    """The code of the collecting account alone, for apps that do not read amount and content; empty where the account makes none."""
    try:
        text = vietqr.build(vietqr.VietQr(institution.account_bank, institution.account_number))
    except ValueError:
        return ""
    return qr_svg(text, label=_("Mã VietQR của tài khoản, không kèm số tiền"))


@never_cache
@require_safe
def voucher_file(request: HttpRequest, code: str, ending: str) -> HttpResponseBase:
    """The institution's signed voucher as it came, PDF or XML, for whoever has the code."""
    order = find_order(request, code)
    if isinstance(order, HttpResponse):
        return order
    voucher = next((one for one in order.vouchers.all() if one.kind == Voucher.Kind.INSTITUTION and one.state == Voucher.State.KEPT), None)
    kept = {"pdf": voucher.pdf, "xml": voucher.xml}.get(ending) if voucher is not None else None
    if kept is None:
        raise Http404
    return send_file(kept, name=f"chung-tu-{order.code}.{ending}", inline=ending == "pdf", trusted=ending == "pdf", unchecked=True)


KNOWN_SECONDS = 3600
"""How long a browser that has told the payer's number is believed."""


def _is_payers(request: HttpRequest, order: Order) -> bool:
    """Whether the payer themself looks: signed in as the order's party, or in a browser where their number was typed."""
    if order.party_id is not None and actor_of(request).party_id == order.party_id:
        return True
    try:
        return signing.loads(request.COOKIES.get(_cookie(order), ""), salt="payments.payer", max_age=KNOWN_SECONDS) == str(order.pk)
    except signing.BadSignature:
        return False


def _cookie(order: Order) -> str:
    return f"nguoi-nop-{order.code}"


def _ask_who(request: HttpRequest, order: Order, paper: OwnPaper) -> HttpResponse:
    """A receipt names the payer and where they live: who is not signed in as them types their number first. Wrong ones are counted."""
    form = PayerForm(request.POST if "number" in request.POST else None)
    status = 200
    if form.is_bound and form.is_valid():
        if is_payers_number(order, form.cleaned_data["number"]):
            answer = redirect("payment-paper", code=order.code, kind=paper.kind)
            value = signing.dumps(str(order.pk), salt="payments.payer")
            path = reverse("payment-order", args=[order.code])
            answer.set_cookie(
                _cookie(order), value, max_age=KNOWN_SECONDS, path=path, secure=request.is_secure(), httponly=True, samesite="Lax"
            )
            return answer
        if (wait := _wrong_code(request)) is not None:
            return wait
        form.add_error("number", _("Số này không phải của người nộp ghi trên khoản phải nộp."))
    if form.is_bound and form.errors:
        status = 422
    return render(request, "payments/whose_paper.html", {"order": order, "paper": paper, "form": form}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, code: str, kind: str) -> HttpResponseBase:
    """Our own papers about a payment: confirmation, receipts of phí and lệ phí. Made when somebody first wants one (POST), then shown."""
    order = find_order(request, code)
    if isinstance(order, HttpResponse):
        return order
    wanted = next((one for one in papers_of(order) if one.kind == kind), None)
    if wanted is not None and wanted.names_the_payer and not _is_payers(request, order):
        return _ask_who(request, order, wanted)
    if request.method == "POST":
        try:
            issue_paper(order_id=order.pk, kind=kind, now=timezone.now())
        except PaperRefused as refused:
            return _page(request, order, status=409, refused=refused.message)
        return redirect("payment-paper", code=order.code, kind=kind)
    found = wanted
    if found is None:
        raise Http404
    if found.document is None:
        if not found.names_the_payer:
            return redirect("payment-order", code=order.code)
        # Who has just told their number wanted it made.
        issue_paper(order_id=order.pk, kind=kind, now=timezone.now())
        return render(request, "payments/paper_wait.html", {"order": order, "paper": found})
    if not found.document.is_signed or found.document.file is None:
        return render(request, "payments/paper_wait.html", {"order": order, "paper": found})
    return send_file(found.document.file, name=f"{kind}-{order.code}.pdf", inline=True, trusted=True)
