"""Tracing: asked, answered by the machine where the institution's word settles it, else by people, in time (Rules art. 32.4, 35.10)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from payments.codes import ALPHABET
from payments.institutions import adapter_of
from payments.institutions.base import BadMessage
from payments.models import Attempt, Collection, Order, Refund, TraceEvent, TraceRequest, Voucher
from payments.services import health
from payments.services.after import money
from payments.services.attempts import ask_of, connection_of
from payments.services.settling import settle
from portal import audit, outbox
from portal.access import SYSTEM, Actor, require
from portal.exchange import mail, sms
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.notifications import letters
from portal.notifications.services import notify
from portal.workdays import Unit, due_at, national_calendar

DAYS = 3
"""Working days in which a request is answered."""
MOST_OPEN = 3
"""Requests about one order that may wait at a time."""
AT_INSTITUTION, AT_AGENCY = "payments.solve_at_institution", "payments.solve"
OVERTAKEN = "Người khác vừa xử lý yêu cầu này. Bạn xem lại tình trạng mới nhất."


class TraceRefused(Exception):
    """The request cannot be made or changed so. ``message`` is for the person."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@dataclass(frozen=True)
class Facts:
    """What the portal knows of an order's money when a question about it is looked at."""

    taken: tuple[tuple[str, int, str, datetime], ...] = ()
    """Of each movement of money: institution, đồng, the institution's number, when."""
    expected: int = 0
    is_paid: bool = False
    refunds: tuple[tuple[str, int, str], ...] = ()
    """Of each refund of what was paid twice or too much: number, đồng, state in words."""
    has_voucher: bool = False


def answer_by_rule(topic: str, facts: Facts) -> str:
    """The answer that the facts alone give to a question, in words for the payer; empty where a person must look.

    The machine only says what it has found. That no money was taken is never its answer: the payer says otherwise.
    """
    found = "; ".join(f"{money(amount)} lúc {at:%H:%M ngày %d/%m/%Y}, mã giao dịch {number}" for _, amount, number, at in facts.taken)
    back = "; ".join(f"{number}: {money(amount)}, {state.lower()}" for number, amount, state in facts.refunds)
    if topic == TraceRequest.Topic.TAKEN and facts.is_paid and facts.taken:
        more = f" Phần nộp trùng hoặc thừa được trả lại bạn: {back}." if back else ""
        return f"Đơn vị thanh toán đã xác nhận thu {found}. Khoản này đã được ghi nhận là đã thanh toán.{more}"
    if topic == TraceRequest.Topic.TWICE and len(facts.taken) > 1 and back:
        return f"Đơn vị thanh toán đã thu {found}. Phần nộp trùng được trả lại bạn: {back}. Bạn không phải làm gì thêm."
    if topic == TraceRequest.Topic.AMOUNT and facts.is_paid and facts.taken and back:
        return f"Đơn vị thanh toán đã thu {found}; khoản phải nộp là {money(facts.expected)}. Phần thừa được trả lại bạn: {back}."
    if topic == TraceRequest.Topic.VOUCHER and facts.has_voucher:
        return "Chứng từ có chữ ký số đã có ở trang của khoản này; bạn mở hoặc tải về từ đó."
    return ""


def facts_of(order: Order) -> Facts:
    """What is known now of an order's money (three queries)."""
    taken = order.collections.select_related("institution").order_by("paid_at")
    refunds = order.refunds.exclude(state=Refund.REJECTED).filter(by=Refund.By.INSTITUTION)
    return Facts(
        taken=tuple((row.institution.short_name, row.amount, row.institution_ref, timezone.localtime(row.paid_at)) for row in taken),
        expected=order.amount,
        is_paid=order.state == Order.PAID,
        refunds=tuple((row.number, row.amount, Refund.STATES[row.state]) for row in refunds.order_by("requested_at")),
        has_voucher=order.vouchers.filter(kind=Voucher.Kind.INSTITUTION, state=Voucher.State.KEPT).exists(),
    )


@transaction.atomic
def request_trace(
    *, order_code: str, attempt_id: UUID | None, topic: str, words: str, contact: str, actor: Actor, now: datetime
) -> TraceRequest:
    """Ask what became of the money of an order (anybody who has its code). The institution is asked at once by the machine.

    ``contact``: phone in E.164 or e-mail address, from one who is not signed in. :class:`TraceRefused` without a try to pay or a way to
    answer, and while :data:`MOST_OPEN` requests wait. The same question that waits already is not asked twice: it is returned.
    """
    order = Order.objects.select_for_update().filter(code=order_code).first()
    if order is None:
        raise TraceRefused("Không có khoản phải nộp này.")
    attempts = list(order.attempts.order_by("-number"))
    attempt = next((one for one in attempts if one.pk == attempt_id), None) if attempt_id else (attempts[0] if attempts else None)
    if attempt is None:
        raise TraceRefused("Khoản này chưa có lần thanh toán nào để tra soát.", "attempt")
    party = actor.party_id if actor.is_citizen else None
    if party is None and not contact:
        raise TraceRefused("Bạn hãy ghi số điện thoại hoặc thư điện tử để nhận trả lời.", "contact")
    waiting = list(order.traces.exclude(state=TraceRequest.ANSWERED))
    for one in waiting:
        if one.topic == topic and one.attempt_id == attempt.pk and one.party_id == party and (one.contact or "") == contact:
            return one
    if len(waiting) >= MOST_OPEN:
        raise TraceRefused("Khoản này đã có nhiều yêu cầu tra soát đang chờ trả lời. Bạn đợi trả lời rồi hỏi tiếp.")
    trace = TraceRequest.objects.create(
        number="TS" + "".join(secrets.choice(ALPHABET) for _ in range(10)),
        order=order,
        attempt=attempt,
        topic=topic,
        words=words or None,
        contact=contact or None,
        party_id=party,
        institution_code=attempt.institution_id,
        payee_unit=order.payee_unit,
        asked_at=now,
        due_at=due_at(now, DAYS, Unit.WORKING_DAY, national_calendar()),
    )
    _note(trace, "ask", before="", actor=actor, now=now)
    audit.record(
        actor=actor,
        act="payments.request_trace",
        target="payments.tracerequest",
        target_id=str(trace.pk),
        unit=order.payee_unit,
        details={"number": trace.number, "topic": topic},
    )
    outbox.put("payments.trace", key=str(trace.pk), payload={"trace": str(trace.pk)})
    return trace


def look_into(*, trace_id: UUID | str, now: datetime) -> bool:
    """Ask the institution again about every try of the order, then answer where that settles it (worker). Whether it is answered.

    Also a try that was called unpaid is asked about: the payer says that money was taken. ``OutsideUnavailable`` from a silent institution,
    after what was learnt otherwise has been used.
    """
    trace = TraceRequest.objects.select_related("order").get(pk=trace_id)
    if not trace.is_open:
        return True
    silent: OutsideUnavailable | None = None
    for attempt in trace.order.attempts.exclude(state=Attempt.PAID).select_related("order", "institution").order_by("number"):
        try:
            _ask(attempt, now)
        except OutsideUnavailable as error:
            silent = error
    answered = answer_if_known(trace_id=trace_id, now=now)
    if not answered and silent is not None:
        raise silent
    return answered


def _ask(attempt: Attempt, now: datetime) -> None:
    institution = attempt.institution
    if not health.allows(institution.code):
        raise OutsideUnavailable(institution.code, "resting")
    try:
        with health.watching(institution.code):
            report = adapter_of(institution.adapter).query(connection_of(institution), ask_of(attempt), now=now)
    except (OutsideRefused, BadMessage):
        return
    if report.reference == attempt.reference:
        settle(institution_code=institution.code, report=report, via="query", now=now)


@transaction.atomic
def answer_if_known(*, trace_id: UUID | str, now: datetime) -> bool:
    """Answer by the facts as they are now, where they answer. Whether it is answered."""
    trace = TraceRequest.objects.select_for_update().select_related("order").get(pk=trace_id)
    if not trace.is_open:
        return True
    words = answer_by_rule(trace.topic, facts_of(trace.order))
    if words:
        _answer(trace, words, actor=SYSTEM, now=now)
    return bool(words)


@transaction.atomic
def answer_trace(*, trace_id: UUID, words: str, actor: Actor, now: datetime, seen: int | None = None) -> TraceRequest:
    """Somebody at the institution or, when it is their turn, at the agency answers."""
    trace = _for_officer(trace_id, actor=actor, seen=seen)
    if not words:
        raise TraceRefused("Bạn hãy viết câu trả lời.", "words")
    _answer(trace, words, actor=actor, now=now)
    return trace


@transaction.atomic
def move_trace(*, trace_id: UUID, transition: str, reason: str, actor: Actor, now: datetime, seen: int | None = None) -> TraceRequest:
    """Hand a request on to the agency, or back to the institution (``hand_on``, ``hand_back``); its deadline stays."""
    trace = _for_officer(trace_id, actor=actor, seen=seen)
    if transition not in ("hand_on", "hand_back") or TraceRequest.table.refusal(trace, transition):
        raise TraceRefused(OVERTAKEN)
    if not reason:
        raise TraceRefused("Bạn hãy ghi lý do chuyển.", "reason")
    before = trace.state
    TraceRequest.table.move(trace, transition)
    trace.version += 1
    trace.save(update_fields=["state", "version"])
    _note(trace, transition, before=before, actor=actor, now=now, note=reason)
    audit.record(
        actor=actor,
        act=f"payments.trace_{transition}",
        target="payments.tracerequest",
        target_id=str(trace.pk),
        unit=trace.payee_unit,
    )
    return trace


def turn_of(trace: TraceRequest) -> tuple[str, str]:
    """The act that answers a request now, and the unit or institution for which it must be held."""
    if trace.state == TraceRequest.AT_INSTITUTION:
        return AT_INSTITUTION, trace.institution_code
    return AT_AGENCY, trace.payee_unit


def _for_officer(trace_id: UUID, *, actor: Actor, seen: int | None) -> TraceRequest:
    trace = TraceRequest.objects.select_for_update().select_related("order").get(pk=trace_id)
    require(actor, *turn_of(trace))
    if not trace.is_open or (seen is not None and seen != trace.version):
        raise TraceRefused(OVERTAKEN)
    return trace


def _answer(trace: TraceRequest, words: str, *, actor: Actor, now: datetime) -> None:
    before = trace.state
    TraceRequest.table.move(trace, "answer")
    trace.answer, trace.answered_at, trace.answered_by = words, now, actor.label[:200]
    trace.version += 1
    trace.save()
    _note(trace, "answer", before=before, actor=actor, now=now)
    audit.record(
        actor=actor,
        act="payments.trace_answer",
        target="payments.tracerequest",
        target_id=str(trace.pk),
        unit=trace.payee_unit,
        details={"number": trace.number, "by_rule": str(actor is SYSTEM).lower()},
    )
    if trace.party_id is not None:
        notify(
            party_id=trace.party_id,
            template="payments.traced",
            context={
                "code": trace.order.code,
                "amount": money(trace.order.amount),
                "unit": trace.order.payee_name,
                "reference": trace.order.reference,
                "number": trace.number,
                "answer": words,
            },
            key=f"payments.traced:{trace.pk}",
            link=f"/thanh-toan/{trace.order.code}/",
        )
    elif trace.contact:
        outbox.put("payments.trace_answer", key=str(trace.pk), payload={"trace": str(trace.pk)})


def tell_stranger(*, trace_id: UUID | str) -> None:
    """Tell one who asked without signing in that the answer is there (worker): where, never what. ``OutsideUnavailable``."""
    trace = TraceRequest.objects.select_related("order").get(pk=trace_id)
    contact = trace.contact or ""
    if "@" in contact and not (settings.MAIL_FROM and settings.MAIL_BOUNCES):
        raise OutsideUnavailable("mail", "not_configured")
    link = f"{settings.SITE_URL}/thanh-toan/{trace.order.code}/"
    try:
        if contact.startswith("+"):
            sms.send(to=contact, text=f"Yeu cau tra soat {trace.number} da co tra loi. Xem: {link}", correlator=str(trace.pk))
        elif contact:
            letter = letters.compose(
                number=trace.pk,
                to=contact,
                at=trace.answered_at or trace.asked_at,
                title=f"Yêu cầu tra soát {trace.number} đã có trả lời",
                body=f"Câu trả lời ở trang của khoản phải nộp {trace.order.code}.",
                link=link,
                action="Xem trả lời",
                language="vi",
            )
            mail.send(letter, to=contact, sender=letters.bounce_address(trace.pk))
    except (OutsideRefused, ValueError):
        # An address that is none: the answer stands on the page.
        return


@transaction.atomic
def escalate_traces(*, now: datetime, limit: int = 200) -> int:
    """Note which requests are over their time, for the institution, the agency and VPCP to see (task); how many."""
    late = TraceRequest.objects.select_for_update(skip_locked=True).exclude(state=TraceRequest.ANSWERED)
    rows = list(late.filter(due_at__lt=now, escalated_at__isnull=True).order_by("due_at", "id")[:limit])
    for trace in rows:
        trace.escalated_at = now
        trace.version += 1
        trace.save(update_fields=["escalated_at", "version"])
        _note(trace, "escalate", before=trace.state, actor=SYSTEM, now=now)
    return len(rows)


def answer_what_is_known(*, now: datetime, limit: int = 200) -> int:
    """Look at the open requests whose order got money or a voucher since they were asked (task); how many were answered."""
    came = Collection.objects.filter(order=OuterRef("order_id"), booked_at__gte=OuterRef("asked_at"))
    proof = Voucher.objects.filter(order=OuterRef("order_id"), state=Voucher.State.KEPT)
    known = Q(Exists(came)) | Q(Exists(proof), topic=TraceRequest.Topic.VOUCHER)
    rows = TraceRequest.objects.exclude(state=TraceRequest.ANSWERED).filter(known).order_by("due_at", "id")
    return sum(answer_if_known(trace_id=pk, now=now) for pk in list(rows.values_list("pk", flat=True)[:limit]))


def _note(trace: TraceRequest, name: str, *, before: str, actor: Actor, now: datetime, note: str = "") -> None:
    TraceEvent.objects.create(
        trace=trace,
        at=now,
        name=name,
        from_state=before,
        to_state=trace.state,
        note=note,
        position_id=actor.position_id,
        label=actor.label if actor.is_officer or actor is SYSTEM else "",
    )
