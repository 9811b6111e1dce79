"""One round of the watch, in its order: bring in, measure, reckon, raise, tell, hand on."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from portal.operations import alarms, figures, security
from portal.operations.models import Alarm, Figure, SecurityEvent, Silence

EVALUATED = "watch.evaluated"
"""Says that the rules were looked at for a minute."""
MINUTE, CAUGHT_UP = timedelta(minutes=1), timedelta(minutes=10)
LOCK = 0x77617463  # "watc"


def look(now: datetime) -> bool:
    """One round. Figures are measured by the first round of a minute, rules looked at once for each minute that settled.

    False where another round is under way.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return False
    try:
        _round(now)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    return True


def _round(now: datetime) -> None:
    figures.take_counts()
    security.take_seen()
    if not _is_noted(figures.LOOKED, figures.minute_of(now)):
        figures.measure(now)
    settled = figures.settled_minute(now)
    if not _is_noted(EVALUATED, settled):
        figures.reckon(now)
        last = (
            Figure.objects.filter(span=Figure.MINUTE, name=EVALUATED, at__lt=settled).order_by("-at").values_list("at", flat=True).first()
        )
        # Also the minutes that a pause of the watch passed over: what was seen in them must be told.
        begin = max(last + MINUTE, settled - CAUGHT_UP) if last is not None else settled
        for minute in (begin + number * MINUTE for number in range((settled - begin) // MINUTE + 1)):
            alarms.evaluate(now, minute=minute)
        figures.put([(EVALUATED, "", settled, 1.0)], adds=False)
    alarms.follow(now)
    security.hand_on(now)


def _is_noted(name: str, minute: datetime) -> bool:
    return Figure.objects.filter(span=Figure.MINUTE, name=name, label="", at=minute).exists()


def forget(now: datetime) -> int:
    """Remove alarms that are over, silences and security events past their term; how many."""
    old = now - figures.HOURS_KEPT
    removed = Alarm.objects.filter(closed_at__lt=old).delete()[0] + SecurityEvent.objects.filter(at__lt=old).delete()[0]
    return removed + Silence.objects.filter(until__lt=now - timedelta(days=1)).delete()[0]
