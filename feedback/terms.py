"""The time limits in force, read from the settings of VPCP."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from feedback.models import Term
from feedback.rules import Limit, limits_on


def limits_at(moment: datetime) -> dict[str, Limit]:
    """The limits that hold for a petition first received at a moment (one query)."""
    return limits_of(timezone.localdate(moment))


def limits_of(day: date) -> dict[str, Limit]:
    """The limits in force on a day (one query)."""
    return limits_on(day, Term.objects.filter(valid_from__lte=day).values_list("name", "amount", "unit", "valid_from"))
