"""Forecasts are made every night, a slice of places at a time, and those of before are held against what came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from ratings.demand.model import DAYS, DENSE, LEAST, LONGEST, VERSION, Course, Floats, course, forecast, squared_errors
from ratings.models import DemandForecast, DemandRun, DossierCount
from ratings.packing import received_by_day

SLICE = 10
"""Places of one transaction."""
EVERY = 4
"""Weeks from one forecast that stays to the next."""
YEAR = dt.timedelta(days=365)
LATE = dt.timedelta(days=200)
"""So long after a forecast's first day reports still change what came."""
MIN_HISTORY = 56
"""Days of history that a forecast needs."""
OWN, OF_UNIT, OF_ABOVE = DemandForecast.Model.OWN, DemandForecast.Model.UNIT, DemandForecast.Model.ABOVE
Series = dict[str, Floats]
"""By procedure, a number a day; all of them begin on the same day."""


def is_kept(day: dt.date) -> bool:
    """Whether what is forecast on a day stays: the Monday of every fourth week."""
    return day.weekday() == 0 and (day.toordinal() - 1) // 7 % EVERY == 0


def kept_before(today: dt.date) -> list[dt.date]:
    """The days of a year whose forecasts stay and are over by today, the newest first."""
    days = (today - dt.timedelta(days=number) for number in range(DAYS, YEAR.days + DAYS))
    return [day for day in days if is_kept(day)]


def go_on(*, now: dt.datetime) -> bool:
    """Forecast the next slice of places tonight; whether there was anything to do. Safe to be repeated and to run twice at once."""
    today = timezone.localdate(now)
    DemandRun.objects.get_or_create(day=today, defaults={"version": VERSION, "began_at": now})
    with transaction.atomic():
        run = DemandRun.objects.select_for_update(skip_locked=True).filter(day=today).first()
        if run is None or run.finished_at is not None:
            return False
        places = _next(run.after_unit, today)
        if not places:
            run.finished_at = now
            run.save(update_fields=["finished_at"])
            _clean(today)
            return False
        found = read([place for place, _parent in places], today)
        tops = {place.partition(".")[0] for place, _parent in places if "." in place} - {place for place, _parent in places}
        known = {**found, **(read(sorted(tops), today) if tops else {})}
        above = {place: Above(series, today) for place, series in known.items() if "." not in place}
        for place, parent in places:
            top = above.get(place.partition(".")[0]) if "." in place else None
            _make(place, parent, found.get(place, {}), top, today=today, now=now)
        run.after_unit, run.units = places[-1][0], run.units + len(places)
        run.save(update_fields=["after_unit", "units"])
    return True


def _next(after: str | None, today: dt.date) -> list[tuple[str, str]]:
    """The next places that received anything in a year, with the agency above each."""
    rows = DossierCount.objects.filter(grain=DossierCount.Grain.TOTAL, period="m", day__gte=(today - YEAR).replace(day=1), received__gt=0)
    if after is not None:
        rows = rows.filter(place__gt=after)
    return list(rows.order_by("place").values_list("place", "parent").distinct()[:SLICE])


def read(places: list[str], today: dt.date) -> dict[str, Series]:
    """What some places received of each procedure on each day up to yesterday. One query."""
    begin = today - dt.timedelta(days=LONGEST)
    rows: list[tuple[str, str, dt.date, int]] = []
    with connection.cursor() as cursor:
        cursor.execute(received_by_day(), {"places": places, "begin": begin, "end": today - dt.timedelta(days=1)})
        rows = [row for row in cursor.fetchall() if begin <= row[2] < today]
    first: dict[str, dt.date] = {}
    for place, _procedure, day, _number in rows:
        first[place] = min(day, first.get(place, day))
    found: dict[str, Series] = {}
    for place, procedure, day, number in rows:
        of = found.setdefault(place, {})
        if procedure not in of:
            of[procedure] = np.zeros((today - first[place]).days)
        of[procedure][(day - first[place]).days] += number
    return found


def _sum(series: Series) -> Floats:
    return np.sum(list(series.values()), axis=0)


def _known(series: Series, upto: int) -> Series:
    """What was known so many days before today."""
    return {name: one[: max(len(one) - upto, 0)] for name, one in series.items()}


def _year(series: Floats) -> float:
    return float(series[-YEAR.days :].sum())


class Above:
    """The course of the agency at the top of a place, reckoned once for all its thin units."""

    def __init__(self, series: Series, today: dt.date) -> None:
        self._series, self._today = series, today
        self._known: dict[int, Course | None] = {}

    def course(self, upto: int) -> Course | None:
        """From what was known so many days before today; None where that is too thin as well."""
        if upto not in self._known:
            whole = _sum(_known(self._series, upto))
            is_enough = len(whole) >= MIN_HISTORY and _year(whole) >= DENSE
            self._known[upto] = course(whole, self._today - dt.timedelta(days=upto + len(whole))) if is_enough else None
        return self._known[upto]


def made(series: Series, above: Above | None, upto: int, today: dt.date) -> Iterator[tuple[str, str, Floats, Course]]:
    """Which series of a place are forecast, from what was known ``upto`` days before today, each with its model and its course."""
    cut = _known(series, upto)
    total = _sum(cut)
    if len(total) < MIN_HISTORY or _year(total) < LEAST:
        return
    first = today - dt.timedelta(days=upto + len(total))
    model, of = OWN.value, None
    if _year(total) < DENSE and above is not None and (of := above.course(upto)) is not None:
        model, total = OF_ABOVE.value, total[-len(of.fitted) :]
    if of is None:
        of = course(total, first)
    yield "", model, total, of
    for name in sorted(cut):
        one = cut[name]
        if _year(one) < LEAST:
            continue
        if _year(one) >= DENSE:
            yield name, OWN.value, one, course(one, first)
        else:
            yield name, OF_UNIT.value, one[-len(of.fitted) :], of


def _make(
    place: str, parent: str, series: Series, above: Above | None, *, today: dt.date, now: dt.datetime
) -> None:  # fmt: skip
    """Tonight's forecasts of a place; the errors of those before. Where none were kept yet, those of a year are made from what was known
    on their days, so that it can be said at once how good forecasts are."""
    if not series:
        return
    rows = DemandForecast.objects.filter(unit_code=place)
    rows.filter(first_day=today).delete()
    rows.exclude(first_day__in=kept_before(today + dt.timedelta(days=DAYS))).filter(first_day__gt=today - YEAR).delete()
    days = [0]
    if not rows.filter(first_day__lt=today).exists():
        days += [(today - day).days for day in kept_before(today)]
    new = []
    for upto in days:
        for name, model, known, of in made(series, above, upto, today):
            said = forecast(known, of)
            row = DemandForecast(
                unit_code=place, parent=parent, procedure_code=name, first_day=today - dt.timedelta(days=upto), model=model,
                version=VERSION, expected=said.expected, low=said.low, high=said.high, naive=said.naive,
                before=int(known[-DAYS:].sum()), made_at=now,
            )  # fmt: skip
            _check(row, series, today, now)
            new.append(row)
    DemandForecast.objects.bulk_create(new)
    changed = [row for row in rows.filter(first_day__range=(today - LATE, today - dt.timedelta(days=DAYS)))
               if row.made_at != now and _check(row, series, today, now)]  # fmt: skip
    DemandForecast.objects.bulk_update(changed, ["came", "squared_error", "naive_squared_error", "checked_at"], batch_size=200)


def _check(row: DemandForecast, series: Series, today: dt.date, now: dt.datetime) -> bool:
    """Hold a forecast whose days are over against what came; whether that changed anything."""
    ago = (today - row.first_day).days
    if ago < DAYS:
        return False
    one = series.get(row.procedure_code) if row.procedure_code else _sum(series)
    known = np.zeros(ago) if one is None else one[-ago:]
    known = np.concatenate([np.zeros(max(ago - len(known), 0)), known])
    came = [int(number) for number in known[:DAYS]]
    if row.came == came:
        return False
    row.came, row.checked_at = came, now
    row.squared_error, row.naive_squared_error = squared_errors(row.expected, came), squared_errors(row.naive, came)
    return True


def _clean(today: dt.date) -> None:
    """Runs of before, of which only the last ones say anything."""
    DemandRun.objects.filter(day__lt=today - dt.timedelta(days=60)).delete()
