"""Parcels: asked for when the result stands, followed until they have arrived; what the post says is kept, and told to whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import ExtractMonth
from django.utils import timezone

from dossiers.models import Dossier, Parcel, ParcelStep, PostTariff, State
from dossiers.post.wishes import wish_of
from portal import crypto, outbox
from portal.documents.units import unit_name
from portal.exchange import post

AGAIN = timedelta(minutes=10)
"""A parcel on its way is asked about so often."""
TARIFF_FRESH = timedelta(days=1)
TARIFF_LIVES = timedelta(minutes=10)
MOVING = (Parcel.State.REGISTERED, Parcel.State.ACCEPTED, Parcel.State.MOVING)
TOLD = {
    Parcel.State.REGISTERED: "dossiers.parcel_registered",
    Parcel.State.DELIVERED: "dossiers.parcel_delivered",
    Parcel.State.RETURNED: "dossiers.parcel_returned",
}
"""What the party is told of; the rest stands on the dossier's page."""


@transaction.atomic
def promise(dossier: Dossier, *, now: datetime) -> Parcel | None:
    """Have the result of a dossier that ended well fetched, where that was wished; in the transaction that returns it. Once."""
    wish = wish_of(dossier.pk)
    if wish is None or dossier.state != State.RETURNED or Parcel.objects.filter(dossier=dossier).exists():
        return None
    parcel = Parcel.objects.create(
        dossier=dossier,
        unit_code=dossier.unit_code,
        amount=wish.amount,
        support=wish.support,
        support_basis=wish.support_basis,
        made_at=now,
        moved_at=now,
    )
    outbox.put("dossiers.order_parcel", key=str(parcel.pk), payload={"parcel": str(parcel.pk)})
    return parcel


def order(*, parcel_id: UUID, now: datetime) -> None:
    """Ask the post to fetch it (worker). Again is the same parcel. ``OutsideUnavailable``, ``OutsideRefused``."""
    parcel = Parcel.objects.select_related("dossier").get(pk=parcel_id)
    wish = wish_of(parcel.dossier_id)
    if parcel.state != Parcel.State.WAITING or wish is None or crypto.is_destroyed(parcel.dossier_id):
        return
    said = post.order(
        reference=str(parcel.pk),
        zone=wish.zone,
        sender=unit_name(parcel.unit_code),
        recipient=wish.recipient or "",
        phone=wish.phone or "",
        address=wish.address or "",
        sender_pays=parcel.support,
    )
    keep(parcel_id=parcel_id, said=said, now=now)


@transaction.atomic
def refuse(*, parcel_id: UUID, now: datetime) -> None:
    """The post does not take it (worker): the agency is to see to it, and the party is told."""
    parcel = Parcel.objects.select_for_update().get(pk=parcel_id)
    if parcel.state == Parcel.State.WAITING:
        parcel.state, parcel.moved_at = Parcel.State.REFUSED, now
        parcel.save(update_fields=["state", "moved_at"])
        _tell(parcel, "dossiers.parcel_refused")


def track(*, parcel_id: UUID, now: datetime) -> None:
    """Ask where it is (worker). ``OutsideUnavailable``, ``OutsideRefused``."""
    parcel = Parcel.objects.get(pk=parcel_id)
    if parcel.state not in MOVING:
        return
    said = post.parcel(parcel.number, reference=str(parcel.pk))
    if said is not None:
        keep(parcel_id=parcel_id, said=said, now=now)


@transaction.atomic
def keep(*, parcel_id: UUID, said: post.Tracked, now: datetime) -> None:
    """Keep what the post says of a parcel: each step once, the state as it is now; who waits for it is told of what matters."""
    parcel = Parcel.objects.select_for_update().get(pk=parcel_id)
    if parcel.number and parcel.number != said.number:
        return
    before = parcel.state
    ParcelStep.objects.bulk_create(
        [ParcelStep(parcel=parcel, at=step.at, state=step.state, place=step.place) for step in said.steps], ignore_conflicts=True
    )
    parcel.number, parcel.amount, parcel.state = said.number, said.amount, said.state
    # What was promised stays; of a parcel that turns out cheaper nobody is paid more than it costs.
    parcel.support = min(parcel.support, said.amount)
    parcel.support_basis = parcel.support_basis if parcel.support else ""
    parcel.ask_at = now + AGAIN if parcel.state in MOVING else None
    if parcel.state != before:
        parcel.moved_at = now
    parcel.save()
    template = TOLD.get(Parcel.State(parcel.state))
    if parcel.state != before and template is not None:
        _tell(parcel, template)


def _tell(parcel: Parcel, template: str) -> None:
    from dossiers.services.common import notify_parties
    from dossiers.slips import money

    more = {"number": parcel.number or "–", "amount": money(parcel.to_pay)}
    notify_parties(parcel.dossier, template, about=f"parcel-{parcel.pk}", **more)


def follow(*, now: datetime, most: int = 500) -> int:
    """Have the post asked about parcels on their way, and for its tariff once a day (task): how many questions. Nothing where this copy
    of the portal knows no post."""
    if not settings.PUBLIC_POST_URL:
        return 0
    asked = 0
    with transaction.atomic():
        due = Parcel.objects.select_for_update(skip_locked=True).filter(ask_at__lte=now).order_by("ask_at")[:most]
        for parcel in list(due):
            parcel.asks += 1
            parcel.ask_at = now + AGAIN
            parcel.save(update_fields=["asks", "ask_at"])
            outbox.put(
                "dossiers.track_parcel",
                key=f"{parcel.pk}:{parcel.asks}",
                payload={"parcel": str(parcel.pk)},
                expires_at=now + AGAIN,
            )
            asked += 1
    fresh = PostTariff.objects.filter(said_at__gt=now - TARIFF_FRESH).exists()
    if not fresh:
        with transaction.atomic():
            hour = timezone.localtime(now)
            key = f"{hour:%Y%m%d%H}{hour.minute // 10}"
            outbox.put("dossiers.ask_tariff", key=key, payload={}, expires_at=now + TARIFF_LIVES)
            asked += 1
    return asked


def ask_tariff(*, now: datetime) -> None:
    """Ask what the post takes, and keep it (worker). ``OutsideUnavailable``, ``OutsideRefused``."""
    keep_tariff(post.tariffs(), now=now)


@transaction.atomic
def keep_tariff(said: tuple[post.Tariff, ...], *, now: datetime) -> None:
    """What was chosen before keeps the price that was shown."""
    for one in said:
        PostTariff.objects.update_or_create(zone=one.zone, defaults={"amount": one.amount, "days": one.days, "said_at": now})


@dataclass(frozen=True)
class Supported:
    """What agencies paid of parcels in a month by one text."""

    month: int
    basis: str
    number: int
    amount: int
    """In đồng."""


def supported_in(rows: QuerySet[Parcel], year: int) -> list[Supported]:
    """Of these parcels what agencies pay of those of a year, by month and text; those that never left are not counted. One query."""
    gone = rows.exclude(state__in=[Parcel.State.REFUSED, Parcel.State.CANCELLED])
    of_year = gone.filter(support__gt=0, made_at__year=year).annotate(month=ExtractMonth("made_at"))
    counted = of_year.values("month", "support_basis").annotate(number=Count("pk"), paid=Sum("support"))
    return [Supported(one["month"], one["support_basis"], one["number"], one["paid"]) for one in counted.order_by("month", "support_basis")]


def record_handed(parcel: Parcel) -> str:
    """What an officer does next with a parcel, in words."""
    return {
        Parcel.State.WAITING: "Bưu chính chưa trả lời. Cổng hỏi lại; bạn in kết quả, cho vào phong bì.",
        Parcel.State.REGISTERED: "In kết quả, ghi số bưu phẩm lên phong bì, giao cho bưu tá khi đến lấy.",
        Parcel.State.REFUSED: "Bưu chính không nhận yêu cầu này. Bạn liên hệ người nhận để trả bản giấy tại quầy.",
        Parcel.State.RETURNED: "Bưu phẩm trở lại đơn vị. Bạn giữ bản giấy tại quầy và liên hệ người nhận.",
    }.get(Parcel.State(parcel.state), "")


__all__ = [
    "Supported",
    "ask_tariff",
    "follow",
    "keep",
    "keep_tariff",
    "order",
    "promise",
    "record_handed",
    "refuse",
    "supported_in",
    "track",
]
