"""The national table of dossiers: own ones with each change, others' as they are reported, in any order (X-03)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts import queries as people
from dossiers.models import Dossier, NationalDossier, NationalStep
from dossiers.national import ORDER, Facts, Standing, is_on_time, lawful_day, official_end, standing, wins, year_of
from dossiers.services.national import Report, Step, ensure_partitions, facts_of, take_reports, take_steps
from dossiers.signals import national_changed
from portal.workdays import ZONE, due_at, national_calendar
from procedures import queries as procedures
from tests import factories
from tests.dossiers.support import decided, filed, leader, sign_by_hand

DAY = dt.date(2026, 11, 16)


def facts(**more: Any) -> Facts:
    """A dossier that was received and has an appointment."""
    said: dict[str, Any] = {
        "code": "H26.101-261116-0001", "source": "H26", "unit_code": "H26.101", "agency_code": "H26", "procedure_code": "1.001193",
        "field_code": "", "channel": "2", "service_level": "full", "subject": "1", "state": "4", "submitted_on": DAY, "received_on": DAY,
        "due_on": DAY + dt.timedelta(days=5),
    }  # fmt: skip
    return Facts(**{**said, **more})


def _day(number: int) -> dt.date:
    return DAY + dt.timedelta(days=number)


@pytest.mark.parametrize(
    ("more", "on", "expected"),
    [
        ({}, 5, Standing.PENDING),
        ({}, 6, Standing.OVERDUE),
        ({"state": "9", "finished_on": _day(4)}, 4, Standing.EARLY),
        ({"state": "9", "finished_on": _day(4)}, 3, Standing.PENDING),
        ({"state": "10", "finished_on": _day(5), "returned_on": _day(30)}, 30, Standing.ON_TIME),
        ({"state": "8", "stopped_on": _day(6)}, 6, Standing.LATE),
        ({"state": "3", "received_on": None, "refused_on": _day(1)}, 6, Standing.NONE),
    ],
)
def test_pages_compare_the_day_of_the_end_with_the_appointment(more: dict[str, Any], on: int, expected: Standing) -> None:
    assert standing(facts(**more), on=_day(on)) is expected


@pytest.mark.parametrize(
    ("more", "until", "expected"),
    [
        # The official order of end dates: signed before returned before stopped or refused; withdrawn only after reception.
        ({"state": "10", "finished_on": _day(5), "returned_on": _day(9)}, 20, True),
        ({"state": "10", "finished_on": None, "returned_on": _day(9)}, 20, False),
        ({"state": "7", "withdrawn_on": _day(2)}, 20, True),
        # Time for which the applicant was waited for is deducted; a second request is late whatever the dates.
        ({"state": "9", "finished_on": _day(9), "supplements_after": 1, "supplement_days": 4}, 20, True),
        ({"state": "9", "finished_on": _day(9), "supplements_after": 1, "supplement_days": 3}, 20, False),
        ({"state": "9", "finished_on": _day(1), "supplements_after": 2}, 20, False),
        # While one waits, the day of the first is the end; what has not ended is measured at the end of the period.
        ({"state": "5", "supplements_after": 1, "supplement_is_pending": True, "supplement_asked_on": _day(3)}, 20, True),
        ({}, 5, True),
        ({}, 6, False),
        ({"received_on": None, "state": "1"}, 6, None),
        ({"due_on": None}, 20, True),
    ],
)
def test_criterion_2_1_has_its_own_rule(more: dict[str, Any], until: int, expected: bool | None) -> None:
    assert is_on_time(facts(**more), until=_day(until)) is expected


def test_without_an_appointment_the_longest_lawful_time_counts() -> None:
    ended = facts(due_on=None, state="9", finished_on=_day(8), supplement_days=2)
    assert is_on_time(replace(ended, lawful_due_on=_day(6)), until=_day(30)) is True
    assert is_on_time(replace(ended, lawful_due_on=_day(5)), until=_day(30)) is False
    assert is_on_time(replace(ended, due_on=_day(5), lawful_due_on=_day(9)), until=_day(30)) is False, "an appointment binds"
    assert is_on_time(ended, until=_day(30)) is True, "where the law gives no number nothing can be measured"
    assert official_end(facts()) is None


LIMITS = st.lists(
    st.one_of(
        st.tuples(st.decimals(0, 60, places=2), st.sampled_from(["hour", "working_day"])),
        st.tuples(st.decimals(0, 60, places=1), st.sampled_from(["day", "month"])),
    ),
    max_size=5,
)


@given(st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2030, 1, 1)), LIMITS, LIMITS)
def test_the_lawful_day_is_that_of_the_longest_limit_whatever_their_order(moment: dt.datetime, some: Any, more: Any) -> None:
    received, calendar = moment.replace(tzinfo=ZONE), national_calendar()
    day = lawful_day(received, some, calendar)
    each = [lawful_day(received, [limit], calendar) for limit in some]
    assert day == max((one for one in each if one), default=None) == lawful_day(received, reversed(some), calendar)
    both = lawful_day(received, [*some, *more], calendar)
    assert day is None or (day >= received.date() and both is not None and both >= day), "another limit never shortens the time"
    for (amount, unit), one in zip(some, each, strict=True):
        if unit in ("hour", "working_day") or amount % 1 == 0:
            assert one == due_at(received, amount, unit, calendar).date()
        longer = lawful_day(received, [(amount + 1, unit)], calendar)
        assert one is not None and longer is not None and longer >= one


def test_beyond_the_calendar_nothing_is_measured() -> None:
    assert lawful_day(dt.datetime(1999, 5, 5, 9, tzinfo=ZONE), [(Decimal(5), "working_day")], national_calendar()) is None
    assert lawful_day(dt.datetime(2026, 5, 5, 9, tzinfo=ZONE), [], national_calendar()) is None


def test_the_year_stands_in_the_code() -> None:
    assert year_of("H26.101-261116-0001") == 2026
    with pytest.raises(ValueError, match="no date"):
        year_of("H26.101")


def _report(code: str, minute: int, state: str, **more: Any) -> Report:
    moment = dt.datetime(2026, 11, 16, 8, 0, tzinfo=ZONE) + dt.timedelta(minutes=minute)
    values = {"unit_code": "H31.1", "procedure_code": "1.001193", "channel": "1", "state": state, "submitted_at": moment, **more}
    return Report(code, moment, values)


class TestReports(TestCase):
    """Each example in a transaction of its own."""

    @pytest.mark.requirement("X-03")
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.data())
    def test_whatever_the_order_and_the_batches_the_latest_word_of_each_dossier_stays(self, data: st.DataObject) -> None:
        codes = [f"H31.1-261116-{number:04d}" for number in range(1, 5)]
        said = data.draw(
            st.lists(st.tuples(st.sampled_from(codes), st.integers(0, 6), st.sampled_from(sorted(ORDER))), min_size=1, max_size=25)
        )
        reports = [_report(*one) for one in said]
        heard: dict[str, Facts] = {}

        def hear(sender: Any, changes: list[tuple[Facts | None, Facts]], **kwargs: Any) -> None:
            for before, after in changes:
                assert heard.get(after.code) == before, "each change follows the one before"
                heard[after.code] = after

        national_changed.connect(hear)
        now = dt.datetime(2026, 11, 17, tzinfo=ZONE)
        try:
            left = reports
            while left:
                size = data.draw(st.integers(1, len(left)))
                batch, left = left[:size], left[size:]
                outcomes = take_reports(batch, source="H31", now=now)
                assert len(outcomes) == len(batch)
            again = take_reports(reports, source="H31", now=now)
            assert set(again) <= {"same", "older"}, "sent twice it changes nothing"
        finally:
            national_changed.disconnect(hear)
        for code in {one.code for one in reports}:
            best = max((one for one in reports if one.code == code), key=lambda one: (one.said_at, ORDER[one.values["state"]]))
            row = NationalDossier.objects.get(year=2026, code=code)
            assert (row.said_at, row.state) == (best.said_at, best.values["state"])
            assert heard[code] == facts_of(row)

    def test_another_partners_dossier_is_not_written_over(self) -> None:
        now = dt.datetime(2026, 11, 17, tzinfo=ZONE)
        assert take_reports([_report("H31.1-261116-0001", 0, "1")], source="H31", now=now) == ["new"]
        assert take_reports([_report("H31.1-261116-0001", 9, "9")], source="H17", now=now) == ["foreign"]
        assert NationalDossier.objects.get(code="H31.1-261116-0001").state == "1"
        assert wins(now, "9", over_at=now, over_state="4") and not wins(now, "4", over_at=now, over_state="4")

    def test_a_step_may_come_before_its_dossier_and_twice(self) -> None:
        step = Step("H31.1-261116-0001", dt.datetime(2026, 11, 16, 9, tzinfo=ZONE), "2", "Bộ phận Một cửa", "Tiếp nhận hồ sơ")
        assert take_steps([step, step], source="H31") == 1 and take_steps([step], source="H31") == 0
        assert NationalStep.objects.count() == 1

    def test_next_years_have_room(self) -> None:
        assert ensure_partitions(years=[2032, 2033]) == [2033]
        assert ensure_partitions(years=[2033]) == []


@pytest.mark.requirement("X-03")
@pytest.mark.usefixtures("demo_data")
def test_a_dossier_filed_here_is_in_the_national_table_with_each_change() -> None:
    officer, signer = factories.make_officer_actor(), leader()
    issued = decided(officer, signer)
    dossier = Dossier.objects.get(pk=issued.dossier_id)

    def same() -> NationalDossier:
        row = NationalDossier.objects.get(code=dossier.code)
        for name in ("state", "unit_code", "submitted_at", "received_at", "due_at", "finished_at", "returned_at"):
            assert getattr(row, name) == getattr(dossier, name), name
        return row

    row = same()
    assert (row.year, row.source, row.channel, row.subject) == (int(f"20{dossier.code.split('-')[1][:2]}"), "", "2", "1")
    assert row.owner_blind == people.id_blind(dossier.owner_id)
    sign_by_hand(issued)
    dossier.refresh_from_db()
    assert same().state == dossier.state != row.state


@pytest.mark.usefixtures("demo_data")
def test_a_dossier_sent_without_an_appointment_is_measured_by_the_catalogue_of_its_day() -> None:
    now = dt.datetime(2026, 11, 17, tzinfo=ZONE)
    [limits] = [found for _begin, _end, found in procedures.time_limits(["1.001193"])["1.001193"]]
    assert limits, "birth registration has a time limit in numbers"

    def sent(number: int, minute: int, **values: Any) -> NationalDossier:
        one = _report(f"H31.1-261116-{number:04d}", minute, "4")
        at = dt.datetime(2026, 11, 16, 9, tzinfo=ZONE)
        one.values.update({"procedure_code": "1.001193", "received_at": at, "due_at": None, **values})
        take_reports([one], source="H31", now=now)
        return NationalDossier.objects.get(code=one.code)

    row = sent(1, 0)
    assert row.received_at is not None
    assert row.lawful_due_on is not None
    assert row.lawful_due_on == lawful_day(row.received_at, limits, national_calendar()) == facts_of(row).lawful_due_on
    assert sent(1, 1, due_at=now).lawful_due_on is None, "an appointment is what counts"
    assert sent(2, 0, received_at=None).lawful_due_on is None
    assert sent(3, 0, procedure_code="9.999999").lawful_due_on is None
    # Rows of before are measured by a command, as changes that are told like any other.
    heard: list[Any] = []

    def hear(sender: Any, changes: Any, **kwargs: Any) -> None:
        heard.extend(changes)

    code = sent(4, 0).code
    NationalDossier.objects.filter(code=code).update(lawful_due_on=None)
    national_changed.connect(hear)
    try:
        said = [StringIO(), StringIO()]
        for out in said:
            call_command("mend_lawful_days", stdout=out)
    finally:
        national_changed.disconnect(hear)
    assert [out.getvalue().strip() for out in said] == ["1 dossiers measured anew", "0 dossiers measured anew"]
    [(before, after)] = heard
    assert (before.code, before.lawful_due_on, after.lawful_due_on) == (code, None, row.lawful_due_on)


@pytest.mark.usefixtures("demo_data")
def test_dossiers_of_before_are_written_by_the_migration_as_by_the_service() -> None:
    from importlib import import_module

    dossier = filed()
    kept = facts_of(NationalDossier.objects.get(code=dossier.code))
    owner = NationalDossier.objects.get(code=dossier.code).owner_blind
    NationalDossier.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("dossiers.migrations.0012_national_table").KEPT)
    row = NationalDossier.objects.get(code=dossier.code)
    # What is used again is counted when a dossier is sent; of those of before nobody counted.
    assert facts_of(row) == replace(kept, reuses_data=False) and row.owner_blind == owner
