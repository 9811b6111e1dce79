"""What can be asked about payments; the number of SQL queries does not grow with the rows shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from payments.codes import clean_code
from payments.models import Attempt, Collection, Institution, Order, OrderLine, Voucher
from payments.services.attempts import fee_of, takes
from payments.services.health import Health, Present, present_of
from portal.access import Actor, belonging_to


def order_by_code(typed: str) -> Order | None:
    """The order with this payment code, as somebody typed it, with its lines, tries and vouchers (four queries; one finds nothing).

    Money that comes between the first query and the next would show an order that is open beside a try that is paid, and ask its payer for
    the money again: then it is read once more.
    """
    code = clean_code(typed)
    if not code:
        return None
    rows = Order.objects.prefetch_related(
        Prefetch("lines", OrderLine.objects.order_by("position")),
        Prefetch("attempts", Attempt.objects.select_related("institution").order_by("number")),
        Prefetch("vouchers", Voucher.objects.select_related("document", "pdf", "xml").order_by("created_at")),
    ).filter(code=code, is_test=False)
    order = rows.first()
    if order is not None and order.is_open and any(attempt.state == Attempt.PAID for attempt in order.attempts.all()):
        order = rows.first()
    return order


def orders_of(source: str, reference: str) -> QuerySet[Order]:
    """The orders that a room made for one of its things, oldest first."""
    return Order.objects.filter(source=source, reference=reference).order_by("created_at")


@dataclass(frozen=True)
class Choice:
    """An institution that one may choose, with what it takes beside the amount (đồng)."""

    institution: Institution
    fee: int
    total: int
    health: str = ""
    """How it answers just now: ``slow``, ``down``, else nothing."""
    resting: bool = False
    """Left alone just now: shown, not to be chosen."""


def choices_for(order: Order) -> list[Choice]:
    """The institutions that serve an order of this amount: who answers before who does not just now, the cheapest first, in the order of
    the alphabet among equals (one query)."""
    rows = [one for one in Institution.objects.filter(state=Institution.OPEN) if takes(one, order.amount)]
    present = present_of(one.code for one in rows)
    found = []
    for one in rows:
        now, fee = present.get(one.code, Present(Health.FINE)), fee_of(one, order.amount)
        word = "" if now.health is Health.FINE else str(now.health)
        found.append(Choice(one, fee, order.amount + fee, word, now.is_resting))
    return sorted(found, key=lambda one: (one.health == Health.DOWN, one.fee, one.institution.short_name, one.institution.code))


def own_orders(actor: Actor) -> QuerySet[Order]:
    """The orders of the party for whom the actor acts."""
    return belonging_to(actor, Order.objects.filter(is_test=False), "party_id")


def orders_listed(actor: Actor, *, state: str = "", since: date | None = None, until: date | None = None) -> QuerySet[Order]:
    """One's payments by state and by the days on which they were asked for, newest first."""
    rows = own_orders(actor)
    if state:
        rows = rows.filter(state=state)
    if since:
        rows = rows.filter(created_at__gte=_start(since))
    if until:
        rows = rows.filter(created_at__lt=_start(date.fromordinal(until.toordinal() + 1)))
    return rows.order_by("-created_at", "id")


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def collections_of(order: Order) -> list[Collection]:
    """The money that came for an order, oldest first (one query)."""
    return list(order.collections.select_related("institution").order_by("paid_at", "id"))
