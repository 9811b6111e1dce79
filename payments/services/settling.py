"""From what an institution says to money in the ledger. Callback, question and file each settle alone; all together they settle once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from payments.institutions.base import Outcome, Report, Verdict
from payments.models import Attempt, AttemptEvent, Case, Collection, Order
from payments.models.orders import MOST
from payments.rules import may_be_given_up, next_ask
from payments.services import refunds
from payments.services.cases import open_case
from payments.services.ledger import Side, T, book
from portal import outbox


@dataclass(frozen=True)
class Settled:
    """What became of a report."""

    verdict: Verdict
    attempt: Attempt | None = None
    collection: Collection | None = None
    """Booked by this report; None where nothing new was booked."""


@transaction.atomic
def settle(*, institution_code: str, report: Report, via: str, now: datetime) -> Settled:
    """Take what an institution says of one attempt (Rules art. 31.2c, 32; requirement P-05).

    Safe in any order, any number of times, at once, and through every way: the order's row is locked first, then the attempt's, and one
    movement of money is one row by the institution's number. Money is never ignored: what the order cannot use is owed back to the payer.
    """
    # The order alone: the join must not lock the attempt's row, which others lock after the order's.
    orders = Order.objects.select_for_update(of=("self",), no_key=True)
    order = orders.filter(attempts__reference=report.reference, attempts__institution=institution_code).first()
    if order is None:
        if via == "file" and report.outcome is Outcome.PAID and report.institution_ref:
            return _unmatched(institution_code, report, via, now)
        return Settled(Verdict.NOT_FOUND)
    attempt = Attempt.objects.select_for_update(no_key=True).get(reference=report.reference)
    attempt.order = order
    if report.outcome is Outcome.PAID:
        return _money(order, attempt, report, via, now)
    if report.outcome is Outcome.REVERSED:
        return _reversed(order, attempt, report, via, now)
    if not attempt.is_unknown:
        return Settled(Verdict.ALREADY, attempt)
    if report.outcome is Outcome.FAILED:
        _move(attempt, "fail", via=via, code=report.code, now=now)
    elif report.outcome is Outcome.ABSENT and may_be_given_up(expires_at=attempt.expires_at, now=now):
        _move(attempt, "give_up", via=via, code=report.code, now=now)
    else:
        _ask_again(attempt, via=via, code=report.code, now=now)
    return Settled(Verdict.CONFIRMED, attempt)


def _money(order: Order, attempt: Attempt, report: Report, via: str, now: datetime) -> Settled:
    known = Collection.objects.filter(institution_id=attempt.institution_id, institution_ref=report.institution_ref).first()
    if known is not None:
        if known.attempt_id != attempt.pk:
            _case(Case.Type.DUPLICATE, order, attempt, known, report, via, now)
            return Settled(Verdict.NOT_FOUND, attempt)
        if known.amount != report.amount:
            _case(Case.Type.AMOUNT, order, attempt, known, report, via, now)
            return Settled(Verdict.WRONG_AMOUNT, attempt)
        return Settled(Verdict.ALREADY, attempt)
    if not 1 <= report.amount <= MOST:
        return Settled(Verdict.WRONG_AMOUNT, attempt)
    if report.amount != attempt.amount and via != "file":
        # A callback of another amount is not this payment's (VNPay answers 04). What was really taken, the file of the day says.
        AttemptEvent.objects.create(
            attempt=attempt, at=now, name="wrong_amount", from_state=attempt.state, to_state=attempt.state, via=via, code=report.code[:40]
        )
        _case(Case.Type.AMOUNT, order, attempt, None, report, via, now)
        return Settled(Verdict.WRONG_AMOUNT, attempt)

    purpose, owed_back = _purpose(order, report.amount)
    collection = _collect(order, attempt, report, via, now, purpose=purpose, owed_back=owed_back)
    if attempt.state != Attempt.PAID:
        _move(attempt, "pay", via=via, code=report.code, now=now)
    if purpose in (Collection.Purpose.SETTLES, Collection.Purpose.OVER):
        Order.table.move(order, "settle")
        order.settled_at, order.closed_at = now, None
        order.save(update_fields=["state", "settled_at", "closed_at"])
        outbox.put("payments.settled", key=str(order.pk), payload={"order": str(order.pk)})
    if owed_back:
        refunds.owe_back(collection, now=now)
    return Settled(Verdict.CONFIRMED, attempt, collection)


def _purpose(order: Order, amount: int) -> tuple[Collection.Purpose, int]:
    """What money is for, and how much of it is the payer's still."""
    if order.state == Order.PAID:
        return Collection.Purpose.DOUBLE, amount
    if order.state == Order.CANCELLED:
        return Collection.Purpose.CLOSED, amount
    if amount < order.amount:
        return Collection.Purpose.UNDER, amount
    if amount > order.amount:
        return Collection.Purpose.OVER, amount - order.amount
    return Collection.Purpose.SETTLES, 0


def _collect(
    order: Order | None,
    attempt: Attempt | None,
    report: Report,
    via: str,
    now: datetime,
    *,
    purpose: str,
    owed_back: int,
    institution: str = "",
) -> Collection:
    code = attempt.institution_id if attempt is not None else institution
    paid_at = report.paid_at or now
    is_test = bool(order and order.is_test)
    collection = Collection.objects.create(
        institution_id=code,
        institution_ref=report.institution_ref[:64],
        bank_ref=report.bank_ref[:64],
        attempt=attempt,
        order=order,
        reference=report.reference[:34],
        purpose=purpose,
        amount=report.amount,
        owed_back=owed_back,
        payee_unit=order.payee_unit if order else "",
        kind=order.kind if order else "",
        paid_at=paid_at,
        day=timezone.localdate(paid_at),
        via=via,
        booked_at=now,
        is_test=is_test,
    )
    sides = [Side(T.INSTITUTION, report.amount, institution=code)]
    if owed_back:
        sides.append(Side(T.PAYERS, -owed_back, institution=code))
    if order is not None and owed_back < report.amount:
        sides.append(Side(T.REVENUE, owed_back - report.amount, unit=order.payee_unit, kind=order.kind))
    book(key=f"collected:{collection.pk}", event="collected", sides=sides, target=f"collection:{collection.pk}", now=now, is_test=is_test)
    return collection


def _unmatched(institution_code: str, report: Report, via: str, now: datetime) -> Settled:
    """Money of a file that belongs to no attempt of ours: booked as owed back, and a case."""
    known = Collection.objects.filter(institution_id=institution_code, institution_ref=report.institution_ref).first()
    if known is not None:
        return Settled(Verdict.ALREADY, None)
    collection = _collect(
        None, None, report, via, now, purpose=Collection.Purpose.UNMATCHED, owed_back=report.amount, institution=institution_code
    )
    open_case(
        key=f"only_there:{institution_code}:{report.institution_ref}",
        type=Case.Type.ONLY_THERE,
        day=collection.day,
        now=now,
        institution_code=institution_code,
        collection=collection,
        theirs=report.amount,
        facts={"reference": report.reference[:34], "institution_ref": report.institution_ref},
    )
    return Settled(Verdict.CONFIRMED, None, collection)


def _reversed(order: Order, attempt: Attempt, report: Report, via: str, now: datetime) -> Settled:
    """The institution took money and gave it back by itself: before we booked it, it is a failure; after that, a difference to clear up."""
    if attempt.is_unknown:
        _move(attempt, "fail", via=via, code=report.code, now=now)
        return Settled(Verdict.CONFIRMED, attempt)
    if attempt.state == Attempt.PAID:
        _case(Case.Type.STATE, order, attempt, attempt.collections.order_by("booked_at").first(), report, via, now)
    return Settled(Verdict.ALREADY, attempt)


def _case(type_: str, order: Order, attempt: Attempt, collection: Collection | None, report: Report, via: str, now: datetime) -> None:
    open_case(
        key=f"{type_}:{attempt.institution_id}:{attempt.reference}:{report.institution_ref}:{report.amount}",
        type=type_,
        day=timezone.localdate(report.paid_at or now),
        now=now,
        institution_code=attempt.institution_id,
        payee_unit=order.payee_unit,
        attempt=attempt,
        collection=collection,
        ours=collection.amount if collection else attempt.amount,
        theirs=report.amount,
        facts={"institution_ref": report.institution_ref, "code": report.code, "via": via},
    )


def _move(attempt: Attempt, transition: str, *, via: str, code: str, now: datetime) -> None:
    """Along one edge of the table, with its event."""
    before = attempt.state
    Attempt.table.move(attempt, transition)
    if attempt.is_unknown:
        attempt.next_ask_at = next_ask(attempt.asks, created_at=attempt.created_at, now=now)
    else:
        attempt.ended_at, attempt.next_ask_at, attempt.page_url, attempt.result_code = now, None, "", code[:20]
    attempt.save(update_fields=["state", "next_ask_at", "ended_at", "page_url", "result_code", "asks"])
    AttemptEvent.objects.create(
        attempt=attempt, at=now, name=transition, from_state=before, to_state=attempt.state, via=via, code=code[:40]
    )


def _ask_again(attempt: Attempt, *, via: str, code: str, now: datetime) -> None:
    """Nobody knows yet: the next question has its time. Once the institution takes no more money for it, the payer is told that we ask."""
    if attempt.state != Attempt.ASKING and now >= attempt.expires_at:
        _move(attempt, "ask", via=via, code=code, now=now)
        return
    attempt.next_ask_at = next_ask(attempt.asks, created_at=attempt.created_at, now=now)
    attempt.save(update_fields=["next_ask_at"])


@transaction.atomic
def note_return(*, reference: str, institution_code: str, now: datetime) -> Attempt | None:
    """The payer's browser came back; it only looks. A try that is not known is asked about from now on. None: no such try."""
    # The order first, as whoever settles does.
    Order.objects.select_for_update(of=("self",), no_key=True).filter(attempts__reference=reference).first()
    attempt = Attempt.objects.select_for_update(no_key=True).filter(reference=reference, institution=institution_code).first()
    if attempt is not None and attempt.state in (Attempt.CREATED, Attempt.SENT):
        _move(attempt, "ask", via="return", code="", now=now)
        Attempt.objects.filter(pk=attempt.pk).update(next_ask_at=now)
    return attempt
