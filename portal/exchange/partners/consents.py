"""VPCP's consent for third parties: without it a system that is no body of the State gets nothing (Scheme III.3i)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from portal.exchange.partners.models import Partner, PartnerConsent


def is_needed(partner: Partner) -> bool:
    """Whether a system needs it: a third party that is not merely being tried out with made-up people."""
    return partner.is_third_party and not partner.is_test


def consented(partner: Partner, now: datetime) -> frozenset[str]:
    """The calls to which VPCP consents at a moment (one query)."""
    day = timezone.localdate(now)
    rows = PartnerConsent.objects.filter(Q(ends_on=None) | Q(ends_on__gte=day), partner=partner, withdrawn_at=None, begins_on__lte=day)
    return frozenset(call for calls in rows.values_list("calls", flat=True) for call in calls)


def narrowed(partner: Partner, now: datetime) -> Partner:
    """The partner with no more calls than it has consent for (not to be saved; no query for a body of the State)."""
    if is_needed(partner):
        allowed = consented(partner, now)
        partner.calls = [call for call in partner.calls if call in allowed]
    return partner


def may_get(partner: Partner, call: str, now: datetime) -> bool:
    """Whether data may leave for a system by a call (no query for a body of the State)."""
    return call in partner.calls and (not is_needed(partner) or call in consented(partner, now))
