"""What becomes of a refund: decided by the agency, sent to the institution, asked about, confirmed, booked (Rules art. 34.6)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from payments.institutions import adapter_of
from payments.institutions.base import BadMessage, RefundAsk, RefundOutcome, RefundReport
from payments.models import Collection, Order, Refund
from payments.rules import OWED_BACK, next_refund_ask
from payments.services import health
from payments.services.after import money
from payments.services.attempts import connection_of
from payments.services.ledger import Side, T, book
from payments.services.refunds import RefundRefused, decide, make, note_event, request_refund
from portal import audit, outbox
from portal.access import SYSTEM, Actor, require
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.notifications.services import notify

DECIDE, AT_INSTITUTION = "payments.refund", "payments.refund_at_institution"
OVERTAKEN = "Người khác vừa xử lý khoản này. Bạn xem lại tình trạng mới nhất."


def locked(refund_id: UUID | str) -> Refund:
    """A refund with its order and collection, all locked in the order in which :mod:`payments.services.settling` locks them."""
    found = Refund.objects.only("order_id", "collection_id").get(pk=refund_id)
    order = Order.objects.select_for_update().get(pk=found.order_id) if found.order_id else None
    collection = Collection.objects.select_for_update().get(pk=found.collection_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    refund.order, refund.collection = order, collection
    return refund


def _for_officer(refund_id: UUID, *, actor: Actor, act: str, by: str, seen: int | None) -> Refund:
    """The locked refund for one who may do this act on it and has seen it as it is, and it is not their own."""
    refund = locked(refund_id)
    require(actor, act, refund.payee_unit if act == DECIDE else refund.institution_code)
    if refund.by != by:
        raise RefundRefused("Khoản này do nơi khác hoàn trả.")
    if seen is not None and seen != refund.version:
        raise RefundRefused(OVERTAKEN)
    own = {refund.party_id, refund.order.party_id if refund.order else None} - {None}
    if actor.person_id in own:
        raise RefundRefused("Khoản này là của chính bạn. Người khác trong cơ quan phải quyết định.")
    return refund


def _step(refund: Refund, transition: str, *, actor: Actor, now: datetime, note: str = "") -> None:
    """Along one edge, with its event and act. The caller has set what else changes."""
    refusal = Refund.table.refusal(refund, transition)
    if refusal:
        raise RefundRefused(OVERTAKEN)
    before = refund.state
    Refund.table.move(refund, transition)
    refund.version += 1
    refund.save()
    note_event(refund, transition, before=before, actor=actor, now=now, note=note)
    audit.record(
        actor=actor,
        act=f"payments.refund_{transition}",
        target="payments.refund",
        target_id=str(refund.pk),
        unit=refund.payee_unit,
        details={"number": refund.number, "amount": str(refund.amount)},
    )


@transaction.atomic
def hand_on_refund(*, refund_id: UUID, reason: str, actor: Actor, now: datetime, seen: int | None = None) -> Refund:
    """The institution has looked: the request is for the agency to decide (Rules art. 34.6b)."""
    refund = _for_officer(refund_id, actor=actor, act=AT_INSTITUTION, by=Refund.By.AGENCY, seen=seen)
    _step(refund, "hand_on", actor=actor, now=now, note=reason)
    return refund


@transaction.atomic
def decide_refund(*, refund_id: UUID, amount: int | None, decision: str, actor: Actor, now: datetime, seen: int | None = None) -> Refund:
    """The agency decides to give back all that was asked for, or ``amount`` đồng of it (Rules art. 34.6c). The decided refund is returned.

    What was asked for stays as it was asked: a part is a refund of its own, the rest of the request is turned down with the reason.
    """
    refund = _for_officer(refund_id, actor=actor, act=DECIDE, by=Refund.By.AGENCY, seen=seen)
    if Refund.table.refusal(refund, "decide"):
        raise RefundRefused(OVERTAKEN)
    if amount is not None and not 1 <= amount <= refund.amount:
        raise RefundRefused("Số tiền hoàn phải từ 1 đồng đến số được đề nghị.", "amount")
    if amount is not None and amount < refund.amount:
        if not decision:
            raise RefundRefused("Hoàn một phần thì phải ghi lý do.", "decision")
        _release(refund, actor=actor, now=now, reason=f"Chỉ hoàn {money(amount)}: {decision}")
        refund = make(
            refund.collection,
            amount=amount,
            by=Refund.By.AGENCY,
            reason=refund.reason,
            key=f"part:{refund.pk}",
            actor=actor,
            now=now,
            party_id=refund.party_id,
            asker=refund.asker or "",
            contact=refund.contact or "",
        )
    decide(refund, actor=actor, now=now, decision=decision)
    audit.record(
        actor=actor,
        act="payments.refund_decide",
        target="payments.refund",
        target_id=str(refund.pk),
        unit=refund.payee_unit,
        details={"number": refund.number, "amount": str(refund.amount)},
    )
    _tell(refund, f"Cơ quan đã quyết định hoàn {money(refund.amount)}. {decision}".strip())
    return refund


def _tell(refund: Refund, answer: str) -> None:
    """Tell who asked, where they are known; the others read it on the page of the order."""
    order = refund.order
    if refund.party_id is None or order is None or refund.reason != Refund.Reason.ASKED or order.is_test:
        return
    notify(
        party_id=refund.party_id,
        template="payments.refund_answered",
        context={
            "code": order.code,
            "amount": money(refund.amount),
            "unit": order.payee_name,
            "reference": order.reference,
            "number": refund.number,
            "answer": answer,
        },
        key=f"payments.refund_answered:{refund.pk}",
        link=f"/thanh-toan/{order.code}/",
    )


@transaction.atomic
def reject_refund(*, refund_id: UUID, reason: str, actor: Actor, now: datetime, seen: int | None = None) -> Refund:
    """The agency does not give back, and says why; the amount may be asked for again."""
    refund = _for_officer(refund_id, actor=actor, act=DECIDE, by=Refund.By.AGENCY, seen=seen)
    if not reason:
        raise RefundRefused("Bạn hãy ghi lý do không hoàn.", "reason")
    _release(refund, actor=actor, now=now, reason=reason)
    _tell(refund, f"Cơ quan không hoàn. {reason}")
    return refund


def _release(refund: Refund, *, actor: Actor, now: datetime, reason: str) -> None:
    refund.decision = reason
    _step(refund, "reject", actor=actor, now=now, note=reason)
    refund.collection.refunding -= refund.amount
    refund.collection.save(update_fields=["refunding"])


@transaction.atomic
def make_refund(*, order_id: UUID, amount: int | None, reason: str, decision: str, key: str, actor: Actor, now: datetime) -> Refund:
    """An accountant gives money back without being asked: found wrong, by their own tracing (Rules art. 34.6c)."""
    order = Order.objects.select_for_update().get(pk=order_id)
    require(actor, DECIDE, order.payee_unit)
    if order.party_id is not None and order.party_id == actor.person_id:
        raise RefundRefused("Khoản này là của chính bạn. Người khác trong cơ quan phải quyết định.")
    refund = request_refund(order_id=order_id, amount=amount, reason=reason, key=key, actor=actor, now=now)
    if refund is None:
        raise RefundRefused("Khoản này đã hoàn hết.", "amount")
    return decide_refund(refund_id=refund.pk, amount=None, decision=decision, actor=actor, now=now)


@transaction.atomic
def confirm_paid_out(*, refund_id: UUID, proof: str, actor: Actor, now: datetime, seen: int | None = None) -> Refund:
    """The treasury or bank has paid what the agency decided; ``proof`` is the number of that payment (Rules art. 34.6c)."""
    refund = _for_officer(refund_id, actor=actor, act=DECIDE, by=Refund.By.AGENCY, seen=seen)
    if not proof:
        raise RefundRefused("Bạn hãy ghi số chứng từ chi.", "proof")
    _confirm(refund, proof=proof, actor=actor, now=now)
    return refund


@transaction.atomic
def confirm_by_hand(*, refund_id: UUID, proof: str, actor: Actor, now: datetime, seen: int | None = None) -> Refund:
    """The institution gave the money back outside the protocol (an account has none, or the order was refused), with its number as proof.

    Never while an order to refund is under way: then its own answer says what became of it.
    """
    refund = _for_officer(refund_id, actor=actor, act=AT_INSTITUTION, by=Refund.By.INSTITUTION, seen=seen)
    if refund.state != Refund.DECIDED or not by_hand(refund):
        raise RefundRefused("Lệnh hoàn đang được gửi tự động. Khi có kết quả, trang này tự cập nhật.")
    if not proof:
        raise RefundRefused("Bạn hãy ghi số giao dịch hoàn.", "proof")
    _confirm(refund, proof=proof, actor=actor, now=now)
    return refund


@transaction.atomic
def confirm_by_file(*, number: str, institution_code: str, amount: int, proof: str, now: datetime) -> Refund | None:
    """The account's own statement shows that money went back by hand under a refund's number: booked and told, once.

    None where nothing is confirmed: no such refund of this institution, it is not one that people give back, it is confirmed already, or
    the amount is another (reconciliation makes a case of that).
    """
    found = Refund.objects.filter(number=number, institution_code=institution_code, by=Refund.By.INSTITUTION).only("pk").first()
    if found is None:
        return None
    refund = locked(found.pk)
    if refund.state != Refund.DECIDED or refund.amount != amount or not by_hand(refund):
        return None
    _confirm(refund, proof=proof, actor=SYSTEM, now=now)
    return refund


def wanted(refund: Refund) -> str:
    """Who must do what now so that the money goes back, in words; empty where the portal does it by itself or all is done."""
    if refund.state == Refund.DECIDED and refund.by == Refund.By.AGENCY:
        return "Cơ quan thụ hưởng lập lệnh chi, rồi ghi số chứng từ chi ở đây."
    if refund.state == Refund.DECIDED and by_hand(refund):
        collection = refund.collection
        return (
            f"{collection.institution.short_name} chuyển lại bằng tay {money(refund.amount)} vào nơi đã trả"
            f" (giao dịch {(collection.corrects or collection).institution_ref}), ghi nội dung {refund.number}."
            " Sao kê có khoản này thì Cổng tự ghi; chưa có thì người vận hành bấm Xác nhận đã hoàn."
        )
    if refund.state == Refund.REQUESTED and refund.by == Refund.By.AGENCY:
        return "Cơ quan thụ hưởng quyết định; đơn vị thanh toán xem và chuyển ý kiến nếu cần."
    return "Cơ quan thụ hưởng quyết định." if refund.state == Refund.HANDED_ON else ""


@transaction.atomic
def send_again(*, refund_id: UUID, actor: Actor, now: datetime, seen: int | None = None) -> Refund:
    """Send an order to refund once more that the institution had refused; a new order with a key of its own."""
    refund = _for_officer(refund_id, actor=actor, act=AT_INSTITUTION, by=Refund.By.INSTITUTION, seen=seen)
    if refund.state != Refund.DECIDED or not bounces(refund) or not _adapter_refunds(refund):
        raise RefundRefused("Lệnh hoàn này không gửi lại được.")
    outbox.put("payments.refund", key=f"{refund.pk}:{bounces(refund)}", payload={"refund": str(refund.pk), "after": bounces(refund)})
    note_event(refund, "send_again", before=refund.state, actor=actor, now=now)
    audit.record(actor=actor, act="payments.refund_send_again", target="payments.refund", target_id=str(refund.pk), unit=refund.payee_unit)
    return refund


def bounces(refund: Refund) -> int:
    """How often the institution has refused this refund (one query)."""
    return refund.events.filter(name="bounce").count()


def _adapter_refunds(refund: Refund) -> bool:
    return adapter_of(refund.collection.institution.adapter).can_refund


def by_hand(refund: Refund) -> bool:
    """Whether people at the institution must give this back: its protocol cannot, or refused."""
    return refund.by == Refund.By.INSTITUTION and (not _adapter_refunds(refund) or bounces(refund) > 0)


def key_of(refund: Refund) -> str:
    """The name by which the institution knows an order to refund: the same for every repetition, another one after a clear refusal."""
    refused = bounces(refund)
    return refund.number + (f"{refused:02d}" if refused else "")


def _confirm(refund: Refund, *, proof: str, actor: Actor, now: datetime) -> None:
    """Money has gone back: the row, the sums, the ledger, the payer, the rooms above. The caller holds the locks."""
    refund.confirmed_at, refund.proof, refund.next_ask_at = now, proof[:120], None
    _step(refund, "confirm", actor=actor, now=now, note=proof[:120])
    collection, order = refund.collection, refund.order
    collection.refunded += refund.amount
    collection.save(update_fields=["refunded"])
    owed = refund.reason in OWED_BACK
    if order is not None and not owed:
        order.refunded += refund.amount
        order.save(update_fields=["refunded"])
    if refund.by == Refund.By.AGENCY:
        event = "refund_paid"
        sides = [Side(T.REFUNDS, refund.amount, unit=refund.payee_unit), Side(T.TREASURY, -refund.amount, unit=refund.payee_unit)]
    else:
        event = "refunded"
        given = (
            Side(T.PAYERS, refund.amount, institution=refund.institution_code)
            if owed
            # Only money of joint tests comes here: the institution gives back what an agency's order had settled.
            else Side(T.REVENUE, refund.amount, unit=collection.payee_unit, kind=collection.kind)
        )
        sides = [given, Side(T.INSTITUTION, -refund.amount, institution=refund.institution_code)]
    book(
        key=f"{event}:{refund.pk}",
        event=event,
        sides=sides,
        target=f"refund:{refund.pk}",
        now=now,
        is_test=collection.is_test,
        position_id=actor.position_id,
    )
    if order is None:
        return
    payload = {"order": str(order.pk), "refund": str(refund.pk), "signal": "refunded"}
    outbox.put("payments.tell", key=f"refunded:{refund.pk}", payload=payload)
    if order.party_id is not None and not order.is_test:
        notify(
            party_id=order.party_id,
            template="payments.refunded",
            context={
                "code": order.code,
                "amount": money(refund.amount),
                "unit": order.payee_name,
                "reference": order.reference,
                "number": refund.number,
            },
            key=f"payments.refunded:{refund.pk}",
            link=f"/thanh-toan/{order.code}/",
        )


def send_refund(*, refund_id: UUID | str, now: datetime, after: int = 0) -> None:
    """Send one decided refund to its institution (worker), once: a repetition asks first what became of it.

    Noted as sent before it is sent, so that whatever is lost on the way is asked about until it is known. ``after``: so many refusals ago
    the order was given; an older order that comes once more does nothing.
    """
    with transaction.atomic():
        refund = locked(refund_id)
        if refund.by != Refund.By.INSTITUTION or refund.state not in (Refund.DECIDED, Refund.SENT) or not _adapter_refunds(refund):
            return
        first = refund.state == Refund.DECIDED
        if bounces(refund) != after:
            return
        if first:
            refund.sent_at = now
            refund.next_ask_at = next_refund_ask(sent_at=now, now=now)
            _step(refund, "send", actor=SYSTEM, now=now)
    if first:
        _order_refund(refund, now=now)
    else:
        ask_refund(refund_id=refund.pk, now=now)


def _ask_of(refund: Refund, now: datetime) -> RefundAsk:
    collection = refund.collection
    attempt, whole = collection.attempt, collection.corrects
    return RefundAsk(
        key=key_of(refund),
        reference=collection.reference,
        # What came to light later is a part of the movement that the institution knows.
        institution_ref=(whole or collection).institution_ref,
        amount=refund.amount,
        paid_amount=collection.amount + (whole.amount if whole is not None else 0),
        words=f"Hoan tien {refund.number}",
        begun_at=attempt.created_at if attempt is not None else collection.paid_at,
        now=now,
    )


def _order_refund(refund: Refund, *, now: datetime) -> None:
    institution = refund.collection.institution
    try:
        with health.watching(institution.code):
            report = adapter_of(institution.adapter).refund(connection_of(institution), _ask_of(refund, now))
    except OutsideRefused as refused:
        report = RefundReport(RefundOutcome.REFUSED, code=refused.code)
    except (OutsideUnavailable, BadMessage):
        # Perhaps it came through: it is asked about at the time that stands in the row.
        return
    _learn(refund.pk, report, now=now)


def ask_refund(*, refund_id: UUID | str, now: datetime) -> None:
    """Ask what became of a refund that was sent (worker). One that the institution does not know is sent again, under the same key."""
    refund = Refund.objects.select_related("collection__institution", "collection__attempt").get(pk=refund_id)
    if refund.state != Refund.SENT or refund.sent_at is None:
        return
    Refund.objects.filter(pk=refund.pk, state=Refund.SENT).update(next_ask_at=next_refund_ask(sent_at=refund.sent_at, now=now))
    institution = refund.collection.institution
    try:
        with health.watching(institution.code):
            report = adapter_of(institution.adapter).query_refund(connection_of(institution), _ask_of(refund, now))
    except (OutsideUnavailable, OutsideRefused, BadMessage):
        return
    if report.outcome is RefundOutcome.ABSENT:
        _order_refund(refund, now=now)
    else:
        _learn(refund.pk, report, now=now)


@transaction.atomic
def _learn(refund_id: UUID, report: RefundReport, *, now: datetime) -> None:
    """What the institution says of a refund under way. Under way still, or unknown: it is asked again at its time."""
    refund = locked(refund_id)
    if refund.state != Refund.SENT:
        return
    if report.outcome is RefundOutcome.DONE:
        _confirm(refund, proof=report.institution_ref or key_of(refund), actor=SYSTEM, now=now)
    elif report.outcome is RefundOutcome.REFUSED:
        refund.next_ask_at = None
        _step(refund, "bounce", actor=SYSTEM, now=now, note=report.code[:60])


def refunds_to_ask(*, now: datetime, limit: int = 200) -> list[tuple[UUID, datetime]]:
    """Refunds under way that want a question now, the longest waiting first, with the time at which they wanted it (one query)."""
    rows = Refund.objects.filter(state=Refund.SENT, next_ask_at__lte=now).order_by("next_ask_at").values_list("pk", "next_ask_at")
    return [(pk, at) for pk, at in rows[:limit] if at is not None]


def is_payer(order: Order, actor: Actor) -> bool:
    """Whether the actor is signed in as the party who owed this order."""
    return actor.is_citizen and order.party_id is not None and order.party_id == actor.party_id


@transaction.atomic
def ask_money_back(
    *, order_code: str, amount: int | None, words: str, actor: Actor, now: datetime, asker: str = "", contact: str = ""
) -> Refund:
    """A payer, or whoever has the code, asks for money back; it only ever goes back to where it came from (Rules art. 34.6b).

    ``asker``, ``contact``: name and phone (E.164) or e-mail address of one who is not the signed-in payer; nobody else is asked for them.
    One request at a time: :class:`RefundRefused` while one waits, for an order that is not paid, or when nothing is left.
    """
    order = Order.objects.select_for_update().filter(code=order_code).first()
    if order is None:
        raise RefundRefused("Không có khoản phải nộp này.")
    if is_payer(order, actor):
        asker = contact = ""
    elif not asker or not contact:
        field = "contact" if asker else "asker"
        raise RefundRefused("Bạn hãy ghi họ tên và số điện thoại hoặc thư điện tử.", field)
    asked = list(order.refunds.filter(reason=Refund.Reason.ASKED).values_list("state", flat=True))
    if {Refund.REQUESTED, Refund.HANDED_ON} & set(asked):
        raise RefundRefused("Đề nghị trước của bạn đang chờ trả lời. Bạn xem tình trạng ở trang của khoản này.")
    refund = request_refund(
        order_id=order.pk,
        amount=amount,
        reason=Refund.Reason.ASKED,
        key=f"asked:{order.pk}:{len(asked)}",
        actor=actor,
        now=now,
        words=words,
        asker=asker,
        contact=contact,
    )
    if refund is None:
        raise RefundRefused("Khoản này đã hoàn hết hoặc đang được hoàn.")
    return refund


@transaction.atomic
def refund_test(*, order_id: UUID, actor: Actor, now: datetime) -> Refund:
    """Have the money of a joint test given back by the institution: the way by which double payments go (Rules art. 35.2)."""
    require(actor, "payments.decide")
    order = Order.objects.select_for_update().get(pk=order_id, is_test=True)
    known = Refund.objects.filter(key=f"test:{order.pk}").first()
    if known is not None:
        return known
    if order.state != Order.PAID:
        raise RefundRefused("Lệnh kiểm thử này chưa được thanh toán.")
    collection = Collection.objects.select_for_update().get(order=order, purpose__in=["settles", "over"])
    left = collection.amount - collection.refunding
    return make(
        collection,
        amount=left,
        by=Refund.By.INSTITUTION,
        reason=Refund.Reason.ASKED,
        key=f"test:{order.pk}",
        actor=actor,
        now=now,
        decided=True,
    )
