"""A try to pay: begun, sent to the institution, asked about until it is known."""

from __future__ import annotations

import unicodedata
from contextlib import nullcontext
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from payments.codes import reference_of
from payments.institutions import adapter_of
from payments.institutions.base import Ask, BadMessage, Connection, Outcome, Report
from payments.models import Attempt, AttemptEvent, Institution, Order
from payments.rules import ATTEMPT_LIFETIME, TRANSFER_LIFETIME, institution_fee, next_ask
from payments.services import health
from payments.services.settling import Settled, settle
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

MOST_TRIES = 99


class AttemptRefused(Exception):
    """No try can begin now. ``message`` is for the payer; ``field`` names what to mend; ``code`` is the institution's own, for the desk."""

    code = ""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def connection_of(institution: Institution) -> Connection:
    """How an institution is reached, with its secrets opened."""
    return Connection(
        code=institution.code,
        merchant=institution.merchant,
        access=institution.access,
        endpoint=institution.endpoint.rstrip("/"),
        page=institution.page.rstrip("/"),
        files=institution.files.rstrip("/"),
        secret=institution.secret or "",
        certificate=institution.certificate,
        private_key=institution.private_key or "",
        account_bank=institution.account_bank,
        account_number=institution.account_number,
        account_holder=institution.account_holder,
    )


def fee_of(institution: Institution, amount: int) -> int:
    """What an institution takes from the payer beside an amount (đồng)."""
    return institution_fee(
        amount, fixed=institution.fee_fixed, rate=institution.fee_rate, least=institution.fee_least, most=institution.fee_most
    )


def takes(institution: Institution, amount: int) -> bool:
    """Whether an institution takes payments of this amount."""
    return amount >= institution.least and (institution.most is None or amount <= institution.most)


def _plain(words: str) -> str:
    """Letters of ASCII, digits and spaces, as every protocol takes them."""
    text = unicodedata.normalize("NFD", words.replace("đ", "d").replace("Đ", "D"))
    return " ".join(
        "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in text if not unicodedata.combining(letter)).split()
    )


def ask_of(attempt: Attempt, *, payer_address: str = "127.0.0.1", language: str = "vi") -> Ask:
    """An attempt as its institution needs to know it. The reference of the order is said, never who pays."""
    return Ask(
        reference=attempt.reference,
        amount=attempt.amount,
        words=_plain(f"Thanh toan {attempt.order.code} {attempt.order.reference}")[:120],
        created_at=attempt.created_at,
        expires_at=attempt.expires_at,
        return_url=settings.SITE_URL + reverse("payment-return", args=[attempt.institution_id]),
        notify_url=settings.SITE_URL + reverse("payment-callback", args=[attempt.institution_id]),
        payer_address=payer_address,
        language=language,
    )


@transaction.atomic
def begin_attempt(*, order_code: str, institution_code: str, now: datetime, for_test: bool = False) -> Attempt:
    """Choose an institution for an order: the try and its reference, before anybody outside is asked (Rules art. 31.2b).

    :class:`AttemptRefused` when the order does not wait for money, the institution serves nobody now, its limits do not fit, or another try
    may just have taken the money.
    """
    order = Order.objects.select_for_update(no_key=True).filter(code=order_code).first()
    if order is None:
        raise AttemptRefused("Không có khoản phải nộp này.")
    if not order.is_open or now >= order.expires_at:
        raise AttemptRefused("Khoản này không còn chờ thanh toán. Tải lại trang để xem tình trạng mới nhất.")
    institution = Institution.objects.filter(pk=institution_code).first()
    # One that was suspended is tested again before it is readmitted (Rules art. 33.7).
    wanted = {Institution.OPEN, *((Institution.TESTING, Institution.SUSPENDED) if for_test else ())}
    if institution is None or institution.state not in wanted or order.is_test != for_test:
        raise AttemptRefused("Đơn vị thanh toán này hiện không phục vụ. Bạn chọn đơn vị khác.", "institution")
    if not for_test and not health.allows(institution.code):
        raise AttemptRefused("Đơn vị thanh toán này đang gián đoạn. Bạn chọn đơn vị khác, hoặc thử lại sau ít phút.", "institution")
    if not takes(institution, order.amount):
        raise AttemptRefused("Đơn vị thanh toán này không nhận số tiền này. Bạn chọn đơn vị khác.", "institution")
    tries = list(order.attempts.select_related("institution").order_by("number"))
    for earlier in tries:
        if earlier.state == Attempt.ASKING:
            raise AttemptRefused("Lần thanh toán trước chưa rõ kết quả. Cổng đang hỏi đơn vị thanh toán, bạn đừng nộp lại.")
    if len(tries) >= MOST_TRIES:
        raise AttemptRefused("Khoản này đã thử quá nhiều lần. Bạn liên hệ cơ quan thụ hưởng.")
    number = len(tries) + 1
    lifetime = TRANSFER_LIFETIME if adapter_of(institution.adapter).is_transfer else ATTEMPT_LIFETIME
    attempt = Attempt.objects.create(
        order=order,
        institution=institution,
        number=number,
        reference=reference_of(order.code, number),
        amount=order.amount,
        fee=fee_of(institution, order.amount),
        created_at=now,
        expires_at=min(now + lifetime, order.expires_at),
        next_ask_at=now + timedelta(minutes=2),
    )
    AttemptEvent.objects.create(attempt=attempt, at=now, name="begin", to_state=attempt.state)
    return attempt


def send_attempt(*, attempt_id: UUID, payer_address: str, language: str, now: datetime) -> Attempt:
    """Get from the institution where the payer goes, outside any transaction; an attempt that was sent keeps its address.

    ``OutsideUnavailable`` when the institution does not answer in time: the try is asked about later like any other, for it may have come
    through. :class:`AttemptRefused` when it refuses.
    """
    attempt = Attempt.objects.select_related("order", "institution").get(pk=attempt_id)
    if attempt.state != Attempt.CREATED:
        return attempt
    ask = ask_of(attempt, payer_address=payer_address, language=language)
    try:
        # Who builds the payer's address by itself asks nobody, and learns nothing of the institution's health.
        asks = not attempt.institution.page and not adapter_of(attempt.institution.adapter).is_transfer
        with health.watching(attempt.institution_id) if asks else nullcontext():
            start = adapter_of(attempt.institution.adapter).begin(connection_of(attempt.institution), ask)
    except (OutsideRefused, BadMessage) as refusal:
        code = getattr(refusal, "code", "")
        report = Report(attempt.reference, Outcome.FAILED, code=str(code)[:20])
        settle(institution_code=attempt.institution_id, report=report, via="query", now=now)
        problem = AttemptRefused("Đơn vị thanh toán không nhận yêu cầu này. Bạn chọn đơn vị khác.", "institution")
        problem.code = str(code)
        raise problem from refusal
    with transaction.atomic():
        attempt = Attempt.objects.select_for_update(of=("self",), no_key=True).select_related("order", "institution").get(pk=attempt_id)
        if attempt.state == Attempt.CREATED:
            Attempt.table.move(attempt, "send")
            attempt.page_url, attempt.qr = start.url, start.qr
            attempt.next_ask_at = attempt.expires_at if start.qr else next_ask(0, created_at=attempt.created_at, now=now)
            attempt.save(update_fields=["state", "page_url", "qr", "next_ask_at"])
            AttemptEvent.objects.create(attempt=attempt, at=now, name="send", from_state=Attempt.CREATED, to_state=attempt.state)
    return attempt


def ask_attempt(*, attempt_id: UUID, now: datetime) -> Settled | None:
    """Ask the institution what became of a try that is not known (worker, or a page that has the time). None when it is known.

    Raises ``OutsideUnavailable``; the next question has its time in any case, so that a silent institution is not asked without end.
    A question that is not put, because the institution rests, is not counted: it follows as soon as the rest is over.
    """
    attempt = Attempt.objects.select_related("order", "institution").get(pk=attempt_id)
    if not attempt.is_unknown:
        return None
    mine = Attempt.objects.filter(pk=attempt_id, asks=attempt.asks)
    if not health.allows(attempt.institution_id):
        mine.update(next_ask_at=now + timedelta(seconds=health.REST_SECONDS))
        raise OutsideUnavailable(attempt.institution_id, "resting")
    mine.update(next_ask_at=next_ask(attempt.asks + 1, created_at=attempt.created_at, now=now), asks=F("asks") + 1)
    try:
        with health.watching(attempt.institution_id):
            report = adapter_of(attempt.institution.adapter).query(connection_of(attempt.institution), ask_of(attempt), now=now)
    except (OutsideRefused, BadMessage):
        # An answer that is none: as if it had not answered.
        report = Report(attempt.reference, Outcome.PENDING, code="refused")
    if report.reference != attempt.reference:
        raise OutsideUnavailable(attempt.institution_id, "wrong_answer")
    return settle(institution_code=attempt.institution_id, report=report, via="query", now=now)


def attempts_to_ask(*, now: datetime, limit: int = 200) -> list[tuple[UUID, datetime]]:
    """Tries that want a question now with the time it was due, the longest waiting first (one query, by its index)."""
    rows = Attempt.objects.filter(state__in=[Attempt.CREATED, Attempt.SENT, Attempt.ASKING], next_ask_at__lte=now)
    found = rows.order_by("next_ask_at").values_list("pk", "next_ask_at")[:limit]
    return [(number, at) for number, at in found if at is not None]
