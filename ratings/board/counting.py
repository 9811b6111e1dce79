"""Counts of levels of administration and of accounts, made anew every few minutes and every night: no page waits for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from accounts.counts import accounts_by_month
from portal.catalogues.models import Agency
from ratings.board.rules import Level
from ratings.end_to_end import is_ministry
from ratings.models import AccountCount, LevelCount
from ratings.periods import MONTH, YEAR, Period

COURSE = 12
"""Months that a trend shows, the running one with them."""
SETTLES = 5
"""Days of a month on which the one before is counted along: reports come late."""
_LOCK = 1_515_008
MEASURES = (
    "received", "received_online", "end_to_end", "with_result", "digitised", "digitised_results", "reused", "on_time", "dated",
)  # fmt: skip
_BELOW = """
SELECT place, parent, sum(received), sum(received) FILTER (WHERE channel = '2'),
    sum(received) FILTER (WHERE channel = '2' AND service_level = 'full'),
    sum(early + on_time + late + undated - stopped), sum(digitised), sum(digitised_results), sum(reused),
    sum(early + on_time), sum(early + on_time + late), sum(closed)
FROM ratings_dossiercount
WHERE grain = 't' AND parent = ANY (%s) AND field_code = '' AND period = %s AND day = %s GROUP BY place, parent
"""


def levels_of(codes: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """The level of each unit: its own, or that of the agency it belongs to; empty where the catalogue does not say.

    ``known``: level by code, as the catalogue has it. A unit of a province that the catalogue does not know may be a commune.
    """
    simple = {
        Agency.Level.MINISTRY: Level.CENTRAL, Agency.Level.CENTRAL: Level.CENTRAL, Agency.Level.PROVINCE: Level.PROVINCE,
        Agency.Level.COMMUNE: Level.COMMUNE,
    }  # fmt: skip
    found = {}
    for code in codes:
        parts = code.split(".")
        above = [".".join(parts[:depth]) for depth in range(len(parts), 0, -1)]
        level = next((simple[Agency.Level(known[one])] for one in above if known.get(one, "unit") != Agency.Level.UNIT), "")
        if not level and is_ministry(code):
            level = Level.CENTRAL
        found[code] = "" if level == Level.PROVINCE and code not in known else str(level)
    return found


def level_of(code: str, today: date) -> str:
    """The level of one unit (one query)."""
    parts = code.split(".")
    above = [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    return levels_of([code], dict(Agency.objects.on(today).filter(code__in=above).values_list("code", "level")))[code]


def last_months(today: date) -> list[date]:
    """The first days of the months of a trend, the running one last."""
    first = today.replace(day=1)
    found = [first]
    while len(found) < COURSE:
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(first)
    return found[::-1]


@transaction.atomic
def count_levels(now: datetime, *, anew: bool = False) -> int:
    """Count this month and year by level, at the beginning of a month the one before, ``anew`` all that a trend shows and last year; how
    many rows. Nothing where another counts."""
    today = timezone.localdate(now)
    months = last_months(today)
    periods: list[Period] = [(MONTH, months[-1]), (YEAR, today.replace(month=1, day=1))]
    if today.day <= SETTLES:
        periods.append((MONTH, months[-2]))
    if anew:
        periods = [(YEAR, date(year, 1, 1)) for year in (today.year - 1, today.year)] + [(MONTH, month) for month in months]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if cursor.fetchone() == (False,):
            return 0
    known = dict(Agency.objects.on(today).values_list("code", "level"))
    made = 0
    for period, first in periods:
        rows = _counted(period, first, known, now)
        LevelCount.objects.filter(period=period, first=first).delete()
        LevelCount.objects.bulk_create(rows)
        made += len(rows)
    return made


def _counted(period: str, first: date, known: Mapping[str, str], now: datetime) -> list[LevelCount]:
    """The counts of each level of each ministry and province, from what each unit did itself: what it holds less what is below it."""
    own: dict[str, list[int]] = {}
    parents = [""]
    while parents:
        with connection.cursor() as cursor:
            cursor.execute(_BELOW, [parents, period, first])
            found = cursor.fetchall()
        for place, parent, *numbers in found:
            whole = [int(number or 0) for number in numbers]
            own[place] = whole
            if parent:
                # What is folded between two depths may make a number too small until the next time.
                own[parent] = [max(mine - below, 0) for mine, below in zip(own[parent], whole, strict=True)]
        parents = [place for place, *_rest in found]
    levels = levels_of(own, known)
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * (len(MEASURES) + 2))
    for code, (*numbers, closed) in own.items():
        at = sums[code.split(".")[0], levels[code]]
        said = dict(zip(MEASURES, numbers, strict=True))
        works = said["received"] > 0 or closed > 0
        for place, number in enumerate([*numbers, int(works), int(works and said["digitised_results"] > 0)]):
            at[place] += number
    return [
        LevelCount(
            period=period, first=first, agency=agency, level=level, counted_at=now,
            **dict(zip((*MEASURES, "units", "units_digitising"), numbers, strict=True)),
        )
        for (agency, level), numbers in sorted(sums.items()) if any(numbers)
    ]  # fmt: skip


@transaction.atomic
def count_accounts(now: datetime) -> int:
    """Count all accounts anew; how many there are."""
    with connection.cursor() as cursor:
        # Millions by night: the task's own limit holds.
        cursor.execute("SET LOCAL statement_timeout = 0")
    rows = [
        AccountCount(month=one.month, kind=one.kind, identity=one.identity, ways=one.ways, number=one.number, counted_at=now)
        for one in accounts_by_month(now)
    ]
    AccountCount.objects.all().delete()
    AccountCount.objects.bulk_create(rows)
    return sum(row.number for row in rows)


def begin() -> str:
    """Count once when the portal is set up. One line that says what there is."""
    now = timezone.now()
    return f"{count_levels(now, anew=True)} số theo cấp, {count_accounts(now)} tài khoản"
