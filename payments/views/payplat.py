"""PayPlat as systems of ministries and provinces speak it: INIT, QUERY and GET_BILL at one address (Rules arts. 31.1c, 32)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments import payplat
from payments.models import AskedOrder, Merchant, Voucher
from payments.payplat import BadMac, BadPayPlat
from payments.services import asked as services
from payments.services.asked import AskRefused, Wanted
from payments.services.orders import Line, Payer
from payments.services.papers import CONFIRMATION, RECEIPT_CHARGE, RECEIPT_FEE, issue_paper, papers_of
from portal.exchange.partners import consents
from portal.exchange.partners import services as partners
from portal.exchange.partners.models import Call
from portal.files.responses import send_file
from portal.limits import client_address
from portal.limits.buckets import take

logger = logging.getLogger(__name__)

CLOCK = timedelta(days=1)
"""How far ``ThoiGianGD`` may lie from our clock."""
DONE, NOT_FOUND, OTHER_TERMS, BAD_MESSAGE, BAD_ORDER, NOT_YET, TOO_OLD, SUSPENDED, TOO_MANY, NOT_SIGNED = (
    "00", "01", "02", "03", "04", "05", "06", "08", "09", "97",
)  # fmt: skip
WORDS = {
    NOT_FOUND: "Không có khoản thanh toán với mã tham chiếu này",
    OTHER_TERMS: "Mã tham chiếu đã dùng cho một khoản khác",
    BAD_MESSAGE: "Bản tin không đúng đặc tả",
    BAD_ORDER: "Không lập được khoản phải nộp",
    NOT_YET: "Chưa có chứng từ, hãy hỏi lại sau",
    TOO_OLD: "ThoiGianGD lệch quá một ngày",
    SUSPENDED: "Hệ thống đang bị tạm ngừng kết nối",
    TOO_MANY: "Gọi quá nhiều, hãy chờ rồi gửi lại",
    NOT_SIGNED: "MaDoiTac hoặc MaXacThuc không đúng",
}
STATES = {services.WAITING: "khoi-tao", services.PAID: "thanh-cong", services.FAILED: "that-bai"}


class _Refused(Exception):
    """Answered with this code, in the words of the format."""

    def __init__(self, code: str, words: str = "", *, status: int = 200, retry_after: int = 0) -> None:
        super().__init__(code)
        self.code, self.words, self.status, self.retry_after = code, words or WORDS[code], status, retry_after


@csrf_exempt
@never_cache
@require_POST
def payplat_door(request: HttpRequest) -> HttpResponseBase:
    """One message in, one answer out. Who is not known, or signed otherwise, learns no more than that; INIT's answers are never signed."""
    kind, merchant, message = "", None, None
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > payplat.LONGEST_MESSAGE:
            raise _Refused(BAD_MESSAGE, status=413)
        data = request.body
        kind = payplat.type_of(data)
        merchant = Merchant.objects.select_related("partner").filter(code=payplat.partner_of(data)).first()
        message = _read(request, kind, data, merchant)
        assert merchant is not None
        return _ANSWERS[kind](merchant, message, timezone.now())
    except BadPayPlat as error:
        refused = _Refused(BAD_MESSAGE, f"{WORDS[BAD_MESSAGE]}: {error.field or error.code}")
    except AskRefused as error:
        code = {"other_terms": OTHER_TERMS, "bad_reference": BAD_MESSAGE}.get(error.code, BAD_ORDER)
        refused = _Refused(code, error.message)
    except _Refused as error:
        refused = error
    answer = _no(kind, refused, merchant if message is not None else None, message)
    if refused.retry_after:
        answer["Retry-After"] = str(refused.retry_after)
    return answer


def _read(request: HttpRequest, kind: str, data: bytes, merchant: Merchant | None) -> payplat.Message:
    """The message, signed by who it says; counted against the caller's limits."""
    address = client_address(request)
    try:
        if merchant is None or not merchant.secret:
            raise BadMac
        message = payplat.read(_KINDS[kind], data, merchant.secret)
    except BadMac:
        logger.warning("payplat message refused", extra={"type": kind})
        grant = take("payments.payplat_wrong", address, capacity=60, refill_per_second=1)
        if not grant.allowed:
            raise _Refused(TOO_MANY, status=429, retry_after=max(1, int(grant.retry_after))) from None
        raise _Refused(NOT_SIGNED) from None
    if merchant.partner.suspended_at is not None or not consents.may_get(merchant.partner, Call.PAYMENTS, timezone.now()):
        raise _Refused(SUSPENDED)
    try:
        partners.take_call(merchant.partner)
    except partners.NotLetIn as error:
        raise _Refused(TOO_MANY, status=429, retry_after=error.retry_after) from None
    now = timezone.now()
    partners.note_call(merchant.partner, now=now)
    if abs(now - getattr(message, "at", now)) > CLOCK:
        raise _Refused(TOO_OLD)
    return message


def _init(merchant: Merchant, message: payplat.Init, now: datetime) -> HttpResponse:
    receipt = message.receipt
    lines = [Line(one.name or one.code or "Phí, lệ phí", services.fee_kind_of(one.name, one.kind), one.amount, 1) for one in receipt.fees]
    lines = lines or [Line(one.content or "Khoản nộp", services.fee_kind_of(one.content), one.amount, 1) for one in receipt.items]
    subject = receipt.procedure_name or receipt.service_name
    described = subject or (f"Hồ sơ {receipt.dossier_code}" if receipt.dossier_code else "Khoản thu của cơ quan nhà nước")
    where = ", ".join(filter(None, (receipt.payer_address, receipt.payer_district, receipt.payer_province)))
    wanted = Wanted(
        reference=message.reference,
        amount=message.amount,
        lines=lines or [Line(described[:300], services.fee_kind_of(described), message.amount, 1)],
        unit=receipt.unit_code,
        account=receipt.account,
        dossier_code=receipt.dossier_code,
        description=described,
        payer=Payer(None, receipt.payer_name or "Người nộp theo hệ thống của cơ quan", receipt.payer_number, where),
    )
    # A second try of the same is at another time and may come from another address.
    said = {name: value for name, value in message.fields().items() if name not in ("ThoiGianGD", "Ip")}
    made = services.ask(merchant=merchant, wanted=wanted, terms=services.terms_of(said), door=AskedOrder.PAYPLAT, now=now)
    return _json(payplat.build_init_reply(payplat.InitReply("0", services.page_of(made))))


def _found(merchant: Merchant, reference: str) -> AskedOrder:
    found = services.find(merchant, reference)
    if found is None:
        raise _Refused(NOT_FOUND)
    return found


def _query(merchant: Merchant, message: payplat.Query, now: datetime) -> HttpResponse:
    asked = _found(merchant, message.reference)
    standing = services.standing_of(asked)
    reply = payplat.QueryReply(
        words="Thành công",
        partner=merchant.code,
        reference=asked.reference,
        amount=asked.order.amount,
        transaction=standing.transaction,
        bank=standing.institution,
        at=standing.at,
        content=f"Thanh toan {asked.order.code}",
        state=STATES[standing.state],
    )
    return _json(payplat.build(reply, merchant.secret or ""))


def bill_of(asked: AskedOrder, now: datetime) -> HttpResponseBase | None:
    """The PDF of the receipt, sealed by the agency: of phí, else of lệ phí, else the institution's signed voucher, else our confirmation.
    None while it is being made, or there is no money yet."""
    order = asked.order
    kinds = {one.kind: one for one in papers_of(order)}
    if not kinds:
        return None
    paper = next((kinds[kind] for kind in (RECEIPT_FEE, RECEIPT_CHARGE) if kind in kinds), None)
    if paper is None:
        voucher = Voucher.objects.filter(order=order, kind=Voucher.Kind.INSTITUTION, state=Voucher.State.KEPT).first()
        if voucher is not None and voucher.pdf is not None:
            return send_file(voucher.pdf, name=f"chung-tu-{order.code}.pdf", inline=False, trusted=True, unchecked=True)
        paper = kinds[CONFIRMATION]
    document = paper.document or issue_paper(order_id=order.pk, kind=paper.kind, now=now)
    if not document.is_signed or document.file is None:
        return None
    return send_file(document.file, name=f"{paper.kind}-{order.code}.pdf", inline=False, trusted=True)


def _bill(merchant: Merchant, message: payplat.GetBill, now: datetime) -> HttpResponseBase:
    found = bill_of(_found(merchant, message.reference), now)
    if found is None:
        raise _Refused(NOT_YET)
    return found


_KINDS: dict[str, type[payplat.Message]] = {"INIT": payplat.Init, "QUERY": payplat.Query, "GET_BILL": payplat.GetBill}
_ANSWERS: dict[str, Callable[..., HttpResponseBase]] = {"INIT": _init, "QUERY": _query, "GET_BILL": _bill}


def _no(kind: str, refused: _Refused, merchant: Merchant | None, message: payplat.Message | None) -> HttpResponse:
    """A refusal in the form of the message's answers; signed where we know to whom."""
    if kind == "INIT":
        return _json(payplat.build_init_reply(payplat.InitReply(refused.code, words=refused.words)), refused.status)
    if merchant is not None and isinstance(message, payplat.Query):
        reply = payplat.ConfirmReply(
            code=refused.code,
            words=refused.words.replace("|", " ")[:255],
            partner=merchant.code,
            reference=message.reference,
            at=timezone.now(),
        )
        return _json(payplat.build(reply, merchant.secret or ""), refused.status)
    return _json(payplat.build_plain(refused.code, refused.words), refused.status)


def _json(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="application/json")
