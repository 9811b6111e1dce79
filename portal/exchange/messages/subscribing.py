"""Which kinds of messages a partner wants to be sent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from portal.exchange.messages.models import Subscription
from portal.exchange.messages.registry import KIND
from portal.exchange.partners.models import Partner

MOST_KINDS = 100


def kinds_of(partner: Partner) -> list[str]:
    """What it asked for, in the order of the names."""
    return list(Subscription.objects.filter(partner=partner).order_by("kind").values_list("kind", flat=True))


@transaction.atomic
def subscribe(*, partner: Partner, kinds: Collection[str], now: datetime) -> list[str]:
    """Make these the kinds that a partner wants. ``ValueError`` for what is no kind."""
    wanted = sorted(set(kinds))
    if len(wanted) > MOST_KINDS or any(len(kind) > 60 or not KIND.fullmatch(kind) for kind in wanted):
        raise ValueError("kinds: words of small letters joined by dots")
    Subscription.objects.filter(partner=partner).exclude(kind__in=wanted).delete()
    rows = [Subscription(partner=partner, kind=kind, since=now) for kind in wanted]
    Subscription.objects.bulk_create(rows, ignore_conflicts=True)
    return kinds_of(partner)
