"""Cash at the counter: taken for what is due, against a numbered receipt; never edited, given back by a counter-entry (Decree 61/2018)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from dossiers import slips
from dossiers.counter_filing import sheets
from dossiers.counter_filing.common import CASH, REVERSE, FilingRefused
from dossiers.models import CashBook, CashReceipt, Dossier, PaymentDemand, Standing, State
from dossiers.models.dossier import Channel
from dossiers.queries import unit_calendar
from dossiers.services.common import concerns, lock_for_officer, notify_parties, position_of, write_event
from dossiers.services.desk import receive
from dossiers.services.paying import _close, _resume
from payments import services as payments
from portal import audit
from portal.access import Actor, may, require, visible_to
from portal.documents import services as documents
from portal.workdays import response_due


def _next(unit_code: str, year: int) -> int:
    """The next number of a unit's book; the row is locked until the act is through, so that numbers have no holes."""
    CashBook.objects.bulk_create([CashBook(unit_code=unit_code, year=year)], ignore_conflicts=True)
    book = CashBook.objects.select_for_update().get(unit_code=unit_code, year=year)
    CashBook.objects.filter(unit_code=unit_code, year=year).update(last=book.last + 1)
    return book.last + 1


def next_receipt(unit_code: str, now: datetime) -> str:
    """The next number of a unit's book of receipts, as receipts write it. Within the transaction that takes the money: every number of the
    book belongs to a receipt, here or in another room of the counter (`dossiers.copies`)."""
    year = timezone.localdate(now).year
    return f"{_next(unit_code, year):07d}/{year}"


@transaction.atomic
def take(*, actor: Actor, dossier_id: UUID, seen_version: int, payer_name: str, now: datetime) -> CashReceipt:
    """Take in cash what is due: the order is closed, so that nobody pays it twice, the dossier goes on as if the money had come online.

    A dossier that was entered at a counter is received at once. :class:`FilingRefused` where nothing is due (any more).
    """
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act=CASH, seen_version=seen_version, transition="paid")
    demand = dossier.demands.select_related("order").prefetch_related("order__lines").filter(standing=Standing.DUE).first()
    if demand is None:
        raise FilingRefused("Hồ sơ không (còn) khoản nào phải nộp.", status=409)
    payer = " ".join(payer_name.split())[:200]
    if not payer:
        raise FilingRefused("Bạn ghi tên người nộp tiền.", "payer_name")
    lines = [(line.name, line.amount) for line in demand.order.lines.all()]
    receipt = _write(actor, dossier, demand, demand.amount, lines, payer, now)
    demand.settled_at = now
    _close(dossier, demand, Standing.PAID, now)
    try:
        payments.take_cash(order_id=demand.order_id, receipt=receipt.number_words, unit_code=receipt.unit_code, actor=actor, now=now)
    except payments.OrderRefused as paid:
        raise FilingRefused("Khoản này vừa được trả trực tuyến, không thu tiền mặt nữa.", status=409) from paid
    note = f"{slips.money(demand.amount)}, tiền mặt, biên lai {receipt.number_words}"
    if dossier.state == State.PAYMENT_DUE:
        _resume(dossier, "paid", now=now, note=note, actor=actor)
    else:
        dossier.response_due_at = response_due(now, unit_calendar(dossier.unit_code))
        dossier.save()
        write_event(dossier, "paid", before=dossier.state, actor=actor, now=now, note=note)
    notify_parties(dossier, "dossiers.paid", amount=slips.money(demand.amount))
    came = dossier.channel in (Channel.COUNTER, Channel.POST)
    if came and dossier.state == State.SUBMITTED and may(actor, "dossiers.receive", dossier.unit_code):
        receive(actor=actor, dossier_id=dossier.id, seen_version=dossier.version, now=now)
    return receipt


def _write(
    actor: Actor,
    dossier: Dossier,
    demand: PaymentDemand,
    amount: int,
    lines: list[tuple[str, int]],
    payer: str,
    now: datetime,
    *,
    reverses: CashReceipt | None = None,
    reason: str = "",
) -> CashReceipt:
    year = timezone.localdate(now).year
    receipt = CashReceipt(
        unit_code=actor.unit,
        year=year,
        number=_next(actor.unit, year),
        dossier=dossier,
        demand=demand,
        amount=amount,
        payer_name=payer,
        reverses=reverses,
        reason=reason or None,
        position_id=position_of(actor),
        officer_label=actor.label[:200],
        taken_at=now,
    )
    receipt.document = documents.issue_sealed(
        key=f"dossiers.cash:{receipt.id}",
        kind=sheets.CASH,
        title=sheets.CASH_TITLE if amount > 0 else sheets.BACK_TITLE,
        template="documents/cash_receipt.html",
        context=sheets.cash_context(
            dossier,
            lines,
            number=receipt.number_words,
            amount=amount,
            payer=payer,
            officer=actor.label,
            at=slips.moment(now),
            reason=reason,
        ),
        unit_code=actor.unit,
        subject=dossier.id,
        actor=actor,
    )
    receipt.save(force_insert=True)
    audit.record(
        actor=actor,
        act=CASH if amount > 0 else REVERSE,
        target="dossiers.cashreceipt",
        target_id=str(receipt.id),
        unit=actor.unit,
        details={"number": receipt.number_words, "amount": str(amount), "code": dossier.code or ""},
    )
    return receipt


@transaction.atomic
def reverse(*, actor: Actor, receipt_id: UUID, reason: str, now: datetime) -> CashReceipt:
    """Give cash back by an entry against the receipt, with its own number; the receipt itself stays as it is.

    :class:`FilingRefused` without a reason, a second time, or by who took the money: two pairs of eyes.
    """
    receipt = visible_to(actor, CashReceipt.objects.all(), CASH, "unit_code").select_related("dossier", "demand").get(pk=receipt_id)
    require(actor, REVERSE, receipt.unit_code)
    dossier = Dossier.objects.select_for_update().get(pk=receipt.dossier_id)
    demand = PaymentDemand.objects.select_related("order").prefetch_related("order__lines").get(pk=receipt.demand_id)
    if not reason.strip():
        raise FilingRefused("Bạn ghi lý do trả lại tiền.", "reason")
    if concerns(dossier, actor.person_id):
        raise FilingRefused("Hồ sơ này là của bạn hoặc có tên bạn.", status=409)
    if receipt.reverses_id is not None or CashReceipt.objects.filter(reverses=receipt).exists():
        raise FilingRefused("Biên lai này đã có bút toán trả lại.", status=409)
    if actor.position_id == receipt.position_id:
        raise FilingRefused("Người đã thu không tự lập bút toán trả lại. Lãnh đạo khác thực hiện.", status=409)
    lines = [(line.name, line.amount) for line in demand.order.lines.all()]
    payer = receipt.payer_name or dossier.applicant_name
    back = _write(actor, dossier, demand, -receipt.amount, lines, payer, now, reverses=receipt, reason=reason.strip())
    payments.give_back_cash(order_id=demand.order_id, receipt=back.number_words, unit_code=receipt.unit_code, actor=actor, now=now)
    _close(dossier, demand, Standing.REFUNDED, now)
    dossier.save()
    note = f"{slips.money(receipt.amount)}, tiền mặt, phiếu {back.number_words}: {reason.strip()}"
    write_event(dossier, "refunded", before=dossier.state, actor=actor, now=now, note=note)
    return back


def hand_in(*, actor: Actor, amount: int, paper: str, now: datetime) -> None:
    """Hand in cash of the officer's counters to the agency's account: :class:`FilingRefused` beside the field that is wrong."""
    require(actor, CASH, actor.unit)
    position_of(actor)
    try:
        payments.hand_in_cash(unit_code=actor.unit, amount=amount, paper=paper, actor=actor, now=now)
    except payments.CashRefused as refused:
        raise FilingRefused(str(refused), refused.field, status=409) from refused
