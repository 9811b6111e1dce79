"""Figures of the portal's state: who knows one registers it; each minute they are read and kept, each hour folded, after a term removed.

What is counted in passing (`portal.watch.count`) comes in by Redis; what can be measured is read once a minute by the beat's task. Rules of
alarms, the state page and /metrics all read the same rows.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from portal import watch
from portal.operations.models import Figure

logger = logging.getLogger(__name__)

MINUTES_KEPT = timedelta(hours=48)
HOURS_KEPT = timedelta(days=400)
SETTLED = timedelta(seconds=15)
"""So long after its end a minute is looked at: processes hand their counts on every few seconds (`portal.watch.FLUSH_SECONDS`)."""
LOOKED = "watch.looked"
"""Says that figures were read in a minute."""
LATE_MINUTES = 3
"""What is reckoned from counts is reckoned anew for so many minutes: a process may hand on late."""


@dataclass(frozen=True)
class Known:
    """A figure as people know it. ``group`` is the part of the state page it stands in."""

    name: str
    title: str
    unit: str
    group: str
    read: Callable[[], Mapping[str, float]] | None = None
    """Measured values by label; None for what is counted in passing or reckoned."""
    names: Callable[[Iterable[str]], Mapping[str, str]] | None = None
    """What labels are called."""
    hourly: bool = False
    """Read once an hour: what asks others (certificates that servers show)."""


_known: dict[str, Known] = {}


def register_figure(
    name: str,
    title: str,
    *,
    group: str,
    unit: str = "",
    read: Callable[[], Mapping[str, float]] | None = None,
    names: Callable[[Iterable[str]], Mapping[str, str]] | None = None,
    hourly: bool = False,
) -> None:
    """Let a room say a figure, once, in ``ready()``. ``read``: values by label (``""`` for the only one), bounded queries."""
    _known[name] = Known(name, title, unit, group, read, names, hourly)


def known() -> dict[str, Known]:
    """All figures by name."""
    return dict(_known)


def minute_of(at: datetime) -> datetime:
    """The minute a moment lies in."""
    return at.replace(second=0, microsecond=0)


def settled_minute(now: datetime) -> datetime:
    """The newest minute of which nothing more is expected."""
    return minute_of(now - SETTLED) - timedelta(minutes=1)


_PUT = """
    INSERT INTO operations_figure AS f (name, label, span, at, value, highest, adds)
    SELECT *, %s FROM unnest(%s::text[], %s::text[], %s::int[], %s::timestamptz[], %s::float8[], %s::float8[])
    ON CONFLICT (span, name, label, at) DO UPDATE SET
        value = CASE WHEN f.adds THEN f.value + excluded.value ELSE excluded.value END,
        highest = CASE WHEN f.adds THEN f.value + excluded.value ELSE greatest(f.highest, excluded.value) END
"""


def put(rows: Iterable[tuple[str, str, datetime, float]], *, adds: bool) -> None:
    """Keep figures (name, label, minute, value) of minutes: counts add up, measured values take the place of the one before."""
    by_key: dict[tuple[str, str, datetime], float] = {}
    for name, label, at, value in rows:
        key = (name, label[:120], at)
        by_key[key] = by_key.get(key, 0.0) + value if adds else value
    found = sorted((*key, value) for key, value in by_key.items())
    if not found:
        return
    names, labels, times, values = (list(part) for part in zip(*found, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_PUT, [adds, names, labels, [Figure.MINUTE] * len(found), times, values, values])


def take_counts() -> int:
    """Bring in what was counted in passing; how many counts."""
    sums: dict[tuple[str, str, datetime], float] = defaultdict(float)
    for one in watch.taken(watch.FIGURES):
        sums[one.name, one.label[:120], datetime.fromtimestamp(one.minute, UTC)] += one.amount
    put(((name, label, at, value) for (name, label, at), value in sums.items()), adds=True)
    return len(sums)


def measure(now: datetime, *, hourly: bool = False) -> None:
    """Read every figure of the minute (or of the hour) and keep it. One that cannot be read is left out, and said in the log."""
    minute, rows = minute_of(now), []
    for figure in _known.values():
        if figure.read is None or figure.hourly != hourly:
            continue
        try:
            with transaction.atomic():
                found = figure.read()
        except Exception as error:
            # Whatever a probe raises: the others are read all the same.
            logger.warning("a figure cannot be read", extra={"figure": figure.name, "error": type(error).__name__})
            continue
        rows += [(figure.name, label, minute, float(value)) for label, value in found.items()]
    put([*rows, *([] if hourly else [(LOOKED, "", minute, 1.0)])], adds=False)


def reckon(now: datetime) -> None:
    """What follows from counts: share of errors, time within which half and 95 % of requests were answered, of the minutes that settled."""
    newest = settled_minute(now)
    since = newest - timedelta(minutes=LATE_MINUTES - 1)
    counted: dict[datetime, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    rows = Figure.objects.filter(span=Figure.MINUTE, name__in=["web.requests", "web.seconds"], at__gte=since, at__lte=newest)
    for name, label, at, value in rows.values_list("name", "label", "at", "value"):
        counted[at][name][label] = value
    made = []
    for at, figures in counted.items():
        by_status = figures["web.requests"]
        if total := sum(by_status.values()):
            made.append(("web.error_share", "", at, by_status.get("5xx", 0.0) / total * 100))
        if buckets := figures["web.seconds"]:
            made += [("web.median", "", at, quantile(buckets, 0.5)), ("web.p95", "", at, quantile(buckets, 0.95))]
    put(made, adds=False)


def quantile(buckets: Mapping[str, float], share: float) -> float:
    """Seconds within which a share of the requests was answered: the upper end of the bucket in which it lies.

    ``buckets``: how many lay in each, by its upper end as text. Nothing counted: 0.
    """
    ordered = sorted((float(end), amount) for end, amount in buckets.items())
    wanted = sum(amount for _, amount in ordered) * share
    seen = 0.0
    for end, amount in ordered:
        seen += amount
        if seen >= wanted and seen > 0:
            return end
    return 0.0


_FOLD = """
    INSERT INTO operations_figure (name, label, span, at, value, highest, adds)
    SELECT name, label, 60, date_trunc('hour', at),
        CASE WHEN bool_and(adds) THEN sum(value) ELSE avg(value) END, max(highest), bool_and(adds)
    FROM operations_figure WHERE span = 1 AND at >= %s AND at < %s GROUP BY name, label, date_trunc('hour', at)
    ON CONFLICT (span, name, label, at) DO UPDATE SET value = excluded.value, highest = excluded.highest
"""


def fold(now: datetime) -> None:
    """Make rows of the hours that have ended out of their minutes; the last three anew, for what came late (and for hours missed)."""
    end = now.replace(minute=0, second=0, microsecond=0)
    newest = Figure.objects.filter(span=Figure.HOUR).order_by("-at").values_list("at", flat=True).first()
    begin = max(min(end - timedelta(hours=3), newest or end - MINUTES_KEPT), end - MINUTES_KEPT)
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, [begin, end])


def forget(now: datetime) -> int:
    """Remove minutes and hours past their term, in one go (some ten thousand rows a day); how many."""
    old = Figure.objects.filter(span=Figure.MINUTE, at__lt=now - MINUTES_KEPT) | Figure.objects.filter(
        span=Figure.HOUR, at__lt=now - HOURS_KEPT
    )
    removed, _ = old.delete()
    return removed


def latest(now: datetime, *, within: timedelta = timedelta(minutes=5)) -> dict[str, dict[str, float]]:
    """The newest value of each figure by name and label, of the minutes that settled (one query). Counts: of the newest such minute."""
    newest = settled_minute(now)
    recent = Q(at__gte=newest - within) | Q(at__gte=now - timedelta(hours=3), name__in=[one.name for one in _known.values() if one.hourly])
    rows = Figure.objects.filter(recent, span=Figure.MINUTE, at__lte=now).order_by("at").values_list("name", "label", "at", "value", "adds")
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for name, label, at, value, adds in rows:
        if not adds or at == newest:
            found[name][label] = value
    return found


@dataclass(frozen=True)
class Course:
    """One figure over time. A value of None: nothing is known of that span."""

    times: list[datetime]
    values: list[float | None]


STEPS = {"day": (timedelta(hours=24), timedelta(minutes=30)), "month": (timedelta(days=30), timedelta(hours=24))}
"""How far back, and how wide a step is."""
_COURSE = """
    SELECT name, date_bin(%s, at, %s) AS step, CASE WHEN bool_and(adds) THEN sum(value) ELSE max(highest) END
    FROM operations_figure WHERE span = %s AND name = ANY(%s) AND at >= %s AND at < %s AND (%s::text IS NULL OR label = %s)
    GROUP BY name, step ORDER BY step
"""


def courses(names: Iterable[str], over: str, now: datetime, *, label: str | None = None) -> dict[str, Course]:
    """Figures over a day or a month (one query). Counts are sums of a step over all labels; of measured values the highest."""
    back, step = STEPS[over]
    end = minute_of(now) + timedelta(minutes=1)
    begin = end - back
    span, wanted = Figure.MINUTE if over == "day" else Figure.HOUR, sorted(names)
    asked: list[Any] = [step, begin, span, wanted, begin, end, label, label]
    with connection.cursor() as cursor:
        cursor.execute(_COURSE, asked)
        found = {(name, at): value for name, at, value in cursor.fetchall()}
    times = [begin + number * step for number in range(round(back / step))]
    return {name: Course(times, [found.get((name, at)) for at in times]) for name in wanted}


def local(at: datetime) -> str:
    """A moment as notices say it."""
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}"
