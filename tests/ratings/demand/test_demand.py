"""Four weeks of demand: better than the same weekday of last week, at night in slices, shown with its error; appointments' capacity."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dossiers.appointments import capacity
from dossiers.models import CounterPlan
from portal.audit.models import Act
from portal.workdays import national_calendar
from ratings import demo, tasks
from ratings.demand import calendar, model, queries, services
from ratings.models import DemandForecast, DemandRun
from tests.payments.support import desk_of
from tests.ratings.board.support import head, vpcp

pytestmark = [pytest.mark.requirement("R-12")]
TODAY = dt.date(2026, 12, 1)


def a_year(rate: float, seed: int, *, days: int = 500) -> model.Floats:
    """Filings as they come: by weekday, days off, Tết and school, and chance."""
    chance, found = np.random.default_rng(seed), []
    for ago in range(days, 0, -1):
        is_ = dict(zip(calendar.FEATURES, calendar.features(TODAY - dt.timedelta(days=ago)), strict=True))
        mean = rate * (0.3 if is_["sat"] else 0.1 if is_["sun"] else 0.03 if is_["off"] else 1.0) * (1.5 if is_["school"] else 1.0)
        found.append(chance.poisson(mean * (1.4 if is_["before_tet"] else 0.6 if is_["after_tet"] else 1.0)))
    return np.array(found, dtype=float)


def test_the_calendar_knows_tet_days_off_and_the_school_year() -> None:
    assert calendar.tet(2026)[0] <= dt.date(2026, 2, 17) <= calendar.tet(2026)[1] and calendar.tet(2025)[0] <= dt.date(2025, 1, 29)
    days = ((2026, 2, 17), (2026, 2, 10), (2026, 2, 24), (2026, 8, 20), (2026, 9, 2), (2060, 1, 5))
    of = {day: dict(zip(calendar.FEATURES, calendar.features(day), strict=True)) for day in (dt.date(*one) for one in days)}
    assert of[dt.date(2026, 2, 17)]["off"] and of[dt.date(2026, 2, 10)]["before_tet"] and of[dt.date(2026, 2, 24)]["after_tet"]
    assert of[dt.date(2026, 8, 20)]["school"] and of[dt.date(2026, 9, 2)]["off"] and not of[dt.date(2026, 2, 10)]["off"]
    assert sum(of[dt.date(2060, 1, 5)].values()) == 0, "a Monday beyond the known years is a plain one"


@pytest.mark.parametrize("rate", [0.4, 60.0])
def test_a_year_is_forecast_better_than_by_the_same_weekday_and_days_off_are_known(rate: float) -> None:
    own = naive = within = days = 0.0
    for seed in range(2):
        series = a_year(rate, seed)
        for upto in range(28, 365, 28):
            known = series[: len(series) - upto]
            said = model.forecast(known, model.course(known, TODAY - dt.timedelta(days=len(series))))
            came = list(series[len(series) - upto :][:28])
            own, naive = own + model.squared_errors(said.expected, came), naive + model.squared_errors(said.naive, came)
            within += sum(low <= one <= high for low, one, high in zip(said.low, came, said.high, strict=True))
            days += 28
    assert (own / naive) ** 0.5 <= 0.9
    assert within / days >= 0.75, "eight of ten days lie within, about"
    before_tet = series[: len(series) - (TODAY - dt.date(2026, 2, 2)).days]
    said = model.forecast(before_tet, model.course(before_tet, TODAY - dt.timedelta(days=len(series))))
    new_year, ordinary = said.expected[(dt.date(2026, 2, 17) - dt.date(2026, 2, 2)).days], said.expected[3]
    assert new_year < ordinary / 3


@pytest.mark.usefixtures("demo_data")
def test_the_night_forecasts_every_place_and_the_year_of_the_demonstration_by_less_than_nine_tenths_of_the_naive_error() -> None:
    demo.load()
    now, today = timezone.now(), timezone.localdate()
    assert services.go_on(now=now)
    part = DemandRun.objects.get(day=today)
    assert part.finished_at is None and part.units == services.SLICE, "a slice at a time"
    first = DemandForecast.objects.count()
    tasks.forecast_demand()
    run = DemandRun.objects.get(day=today)
    assert run.finished_at is not None and run.units > part.units and DemandForecast.objects.count() > first
    assert tasks.forecast_demand() == 0, "once a night"
    units = set(DemandForecast.objects.filter(first_day=today, procedure_code="").values_list("unit_code", flat=True))
    assert {"", "H26", "H26.101", "H29.101", "G01"} <= units
    whole = queries.whole_error(today)
    assert whole.forecasts > 200 and whole.ratio is not None and whole.ratio <= 0.9, whole
    assert DemandForecast.objects.filter(procedure_code__gt="", unit_code="H26.101", first_day=today).exists()
    said = queries.errors("H26.101", today)[""]
    assert said.ratio is not None and said.ratio <= 0.9

    # Pages.
    ward, centre = head("H26.101"), vpcp()
    for client, address in ((ward, "/dieu-hanh/du-bao/"), (centre, "/dieu-hanh/du-bao/"), (centre, "/dieu-hanh/H26/du-bao/")):
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            page = client.get(address).content.decode()
        assert "Hồ sơ dự kiến tiếp nhận mỗi ngày" in page and "lệch bình quân" in page and len(asked) < 25, address
    assert ward.get("/dieu-hanh/H26/du-bao/").status_code == 404 == ward.get("/dieu-hanh/H29/du-bao/so-lieu.csv").status_code
    assert Client().get("/dieu-hanh/du-bao/").status_code == 302
    rows = list(csv.DictReader(io.StringIO(ward.get("/dieu-hanh/du-bao/so-lieu.csv").content.decode("utf-8-sig"))))
    assert len([row for row in rows if not row["Mã thủ tục"]]) == 28 and {row["Mã cơ quan"] for row in rows} == {"H26.101"}
    _a_proposal_is_taken_over_by_one_button_or_not()

    # What was said before is held against what came, and what comes late changes it.
    row = DemandForecast.objects.filter(unit_code="G01", procedure_code="", came__isnull=False).order_by("-first_day").first()
    assert row is not None and row.came is not None
    before = row.squared_error
    assert row.squared_error == pytest.approx(sum((a - b) ** 2 for a, b in zip(row.expected, row.came, strict=True)))
    DemandForecast.objects.filter(pk=row.pk).update(came=[0] * 28, squared_error=0)
    DemandForecast.objects.filter(pk=row.pk).update(made_at=now - dt.timedelta(days=40))
    services.go_on(now=now + dt.timedelta(days=1))
    row.refresh_from_db()
    assert row.squared_error == before and DemandForecast.objects.filter(unit_code="G01", procedure_code="", first_day=today).exists() == (
        services.is_kept(today)
    )


def _a_proposal_is_taken_over_by_one_button_or_not() -> None:
    plan = CounterPlan.objects.get(unit_code="H26.101")
    CounterPlan.objects.filter(pk=plan.pk).update(per_slot=50)
    admin, position = desk_of("H26.101", "administrator")
    base = f"/quan-tri/dossiers/counterplan/{plan.pk}/"
    page = admin.get(f"{base}change/").content.decode()
    assert "Dự báo bốn tuần tới" in page and "(đang là 50)" in page
    given = {name: re.search(rf'name="{name}" value="(\d+)"', page) for name in ("per_slot", "seen")}
    said = {name: found[1] for name, found in given.items() if found}
    assert set(said) == {"per_slot", "seen"}
    watcher = desk_of("H26.101", "overseeing")[0]
    assert watcher.post(f"{base}take_capacity/", said).status_code in (403, 404)
    admin.post(f"{base}take_capacity/", {**said, "per_slot": "49"})
    plan.refresh_from_db()
    assert plan.per_slot == 50, "only what is proposed"
    admin.post(f"{base}take_capacity/", said)
    plan.refresh_from_db()
    assert plan.per_slot == int(said["per_slot"]) and Act.objects.filter(act="dossiers.arrange_counters", position_id=position.pk).exists()


def test_the_fullest_day_decides_and_closed_days_count_nothing() -> None:
    day = dt.date(2026, 12, 7)
    expected = capacity.Expected({day: 31.0, day + dt.timedelta(days=1): 64.0, day + dt.timedelta(days=5): 500.0}, "Theo dự báo.")
    found = capacity.proposed(expected, national_calendar(), set(), 30)
    assert found is not None and (found.day, found.slots, found.per_slot) == (day + dt.timedelta(days=1), 16, 4)
    closed = capacity.proposed(expected, national_calendar(), {found.day}, 30)
    assert closed is not None and (closed.day, closed.per_slot) == (day, 2)
    assert capacity.proposed(capacity.Expected({day + dt.timedelta(days=5): 9.0}, ""), national_calendar(), set(), 30) is None
