"""The tally of the score: whatever is reported and in whatever order, it is what the rule of criterion 2.1 says of each dossier."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from dossiers.models import NationalDossier
from dossiers.national import ORDER, Facts, is_on_time
from dossiers.services.national import Report, facts_of, mend_lawful_days, take_reports
from portal.caching import marks
from portal.workdays import ZONE
from procedures.models import Channel, Procedure, ProcedureVersion, TimeLimit
from ratings.models import ScoreCount, ScoreDelta, ScoreTally
from ratings.score import counting, criteria, folding
from ratings.score.rules import last_day
from ratings.score.sources import SOURCES, Span
from ratings.score.tally import late_from

pytestmark = [pytest.mark.requirement("R-02")]

START = dt.date(2026, 6, 24)
TODAY = dt.date(2026, 9, 30)
NOW = dt.datetime.combine(TODAY, dt.time(12), ZONE)
UNITS = ("H26", "H26.101", "H26.101.5", "H26.202", "H17.101", "G15")
some_day = st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
far_day = st.one_of(some_day, st.dates(dt.date(2000, 1, 1), dt.date.max))
maybe = st.one_of(st.none(), some_day)


@given(
    received=st.one_of(st.none(), some_day), due=st.one_of(st.none(), far_day), lawful=st.one_of(st.none(), far_day),
    finished=maybe, returned=maybe, stopped=maybe, refused=maybe, withdrawn=maybe, asked=maybe, pending=st.booleans(),
    after=st.integers(0, 3), waited=st.sampled_from([0, 1, 20, 32_767]), until=some_day,
)  # fmt: skip
def test_late_from_is_the_rule_of_the_criterion_for_any_end_of_a_period(
    received: dt.date | None, due: dt.date | None, lawful: dt.date | None, asked: dt.date | None, pending: bool, after: int, waited: int,
    until: dt.date, **ends: dt.date | None,
) -> None:  # fmt: skip
    facts = Facts(
        "H26.101-260624-0001", "H26", "H26.101", "H26", "1.001193", "LV.ho-tich", "2", "full", "1", "4", received_on=received, due_on=due,
        lawful_due_on=lawful, supplements_after=after, supplement_asked_on=asked, supplement_is_pending=pending, supplement_days=waited,
        **{f"{name}_on": day for name, day in ends.items()},
    )  # fmt: skip
    said = is_on_time(facts, until=until)
    late = late_from(facts)
    if said is None:
        assert received is None or received > until
    else:
        assert said == (late is None or late > until)


days = st.one_of(st.none(), st.integers(-4, 70))


def report(number: int, state: str = "4", minute: int = 0, *, unit: str = "H26.101", **more: Any) -> Report:
    """A report of dossier ``number``; dates in days from the start."""
    dates = {name: more.pop(name) for name in list(more) if name in DATES}
    moments = {f"{name}_at": None if day is None else dt.datetime.combine(START, dt.time(9), ZONE) + dt.timedelta(days=day)
               for name, day in dates.items()}  # fmt: skip
    values: dict[str, Any] = {"unit_code": unit, "procedure_code": "1.001193", "field_code": "LV.ho-tich", "channel": "2",
                              "service_level": "full", "state": state, "submitted_at": None, **moments, **more}  # fmt: skip
    return Report(f"H26.101-260624-{number:04d}", NOW + dt.timedelta(minutes=minute), values)


DATES = ("received", "due", "finished", "returned", "refused", "stopped", "withdrawn", "supplement_asked")
FLAGS = ("has_fee", "has_digitised_papers", "has_digitised_result", "reuses_data", "from_store", "by_population", "supplement_is_pending")


@st.composite
def histories(draw: Any) -> list[Report]:
    """Reports of a few dossiers, several of each, whose dates may contradict each other."""
    return [
        report(
            draw(st.integers(1, 6)), draw(st.sampled_from(sorted(ORDER))), draw(st.integers(0, 9)), unit=draw(st.sampled_from(UNITS)),
            **{name: draw(days) for name in DATES}, **{name: draw(st.booleans()) for name in FLAGS},
            procedure_code=draw(st.sampled_from(["1.001193", "1.004222", "2.000635"])), channel=draw(st.sampled_from("123")),
            supplements_after=draw(st.integers(0, 2)), supplement_days=draw(st.integers(0, 9)),
            paid_online=draw(st.sampled_from(["", "0", "1", "2"])),
        )
        for _ in range(draw(st.integers(1, 25)))
    ]  # fmt: skip


def plain(rows: list[Facts], agency: str, span: Span) -> dict[str, tuple[int, int]]:
    """What counting one by one gives for the sources that count dossiers."""
    found = {name: [0, 0] for name in SOURCES if SOURCES[name].what == "dossier"}
    for row in rows:
        if row.received_on is None or not span.first <= row.received_on <= span.last:
            continue
        if row.unit_code != agency and not row.unit_code.startswith(f"{agency}."):
            continue
        on_time = is_on_time(row, until=max(span.until, row.received_on)) is True
        is_paid = row.paid_online in ("1", "2")
        resulted = row.state in ("9", "10")
        for name, good, counted in (
            ("on_time", on_time, True), ("dossiers_satisfied", on_time, True), ("online_dossiers", row.channel == "2", True),
            ("paid_dossiers", is_paid, row.has_fee or is_paid), ("electronic_results", row.has_digitised_result, resulted),
            ("digitised", row.has_digitised_result and row.has_digitised_papers, resulted), ("reused", row.reuses_data, True),
            ("from_store", row.from_store, True), ("population_dossiers", row.by_population, True),
        ):  # fmt: skip
            found[name][0] += bool(good and counted)
            found[name][1] += bool(counted)
    return {name: (good, counted) for name, (good, counted) in found.items()}


def listed(name: str, agency: str, span: Span, good: bool | None, limit: int) -> list[tuple[str, bool]]:
    """All rows behind a count, page by page."""
    found: list[tuple[str, bool]] = []
    after = ""
    while True:
        page = SOURCES[name].rows(agency, span, good=good, after=after, limit=limit)
        assert len(page.rows) <= limit
        found += [(row.code, row.good) for row in page.rows]
        if not page.after:
            return found
        after = page.after


def law() -> None:
    """A catalogue in which two procedures have a time in numbers, where there is none yet; of a third an empty one says nothing."""
    for code, days in (("1.001193", 3), ("1.004222", 15)):
        procedure, is_new = Procedure.objects.get_or_create(code=code)
        if is_new:
            version = ProcedureVersion.objects.create(
                procedure=procedure, name=code, effective_from=dt.date(2020, 1, 1), source="test", checked_on=dt.date(2020, 1, 1)
            )
            channel = Channel.objects.create(version=version, position=1, kind="direct")
            TimeLimit.objects.create(channel=channel, position=1, amount=days, unit="working_day")
    marks.forget()


class TestHistories(TestCase):
    """Each example in a transaction of its own."""

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.data())
    def test_any_order_and_batches_give_the_counts_and_the_rows_of_a_plain_recount(self, data: st.DataObject) -> None:
        criteria.load()
        law()
        left = data.draw(histories())
        while left:
            size = data.draw(st.integers(1, len(left)))
            batch, left = left[:size], left[size:]
            take_reports(batch, source="H26", now=NOW, is_test=False)
            if data.draw(st.booleans()):
                folding.fold()
        differing, first = folding.recount(mend=False)
        assert not differing, str(first)
        assert mend_lawful_days()[0] == 0
        counting.count_all(now=NOW)
        rows = [facts_of(row) for row in NationalDossier.objects.all()]
        kind, begins = data.draw(
            st.sampled_from(
                [("m", dt.date(2026, month, 1)) for month in (6, 7, 8, 9)] + [("q", dt.date(2026, 7, 1)), ("y", dt.date(2026, 1, 1))]
            )
        )
        span = Span(kind, begins, NOW)
        by_code = {each.code: each.source for each in criteria.in_force(begins)}
        for agency in ("H26", "H26.101", "G15"):
            expected = plain(rows, agency, span)
            kept = {by_code[row.criterion]: (row.numerator, row.denominator)
                    for row in ScoreCount.objects.filter(period=kind, first=begins, agency=agency)}  # fmt: skip
            there = expected["on_time"][1] > 0
            assert bool(kept) == there
            for name, (good, counted) in expected.items():
                if there:
                    assert kept[name] == (good, counted), (name, agency)
                seen = listed(name, agency, span, None, 2)
                assert Counter(fine for _code, fine in seen) == Counter({True: good, False: counted - good}), (name, agency)
                assert len({code for code, _fine in seen}) == counted
                assert sorted(listed(name, agency, span, True, 3)) == sorted(row for row in seen if row[1])
                assert sorted(listed(name, agency, span, False, 3)) == sorted(row for row in seen if not row[1])


def _sent(*reports: Report, is_test: bool = False) -> None:
    take_reports(reports, source="H26", now=NOW, is_test=is_test)


@pytest.mark.django_db
def test_a_count_that_went_wrong_is_found_named_and_mended_and_nothing_is_written_twice() -> None:
    criteria.load()
    _sent(report(1, "10", received=0, due=5, finished=7), report(2, received=1, due=5, channel="1"))
    _sent(report(3, "10", received=0, due=5, finished=3), is_test=True)
    counting.count_all(now=NOW)
    assert not ScoreDelta.objects.exists() and not ScoreTally.objects.filter(received=0).exists()
    written = list(ScoreCount.objects.order_by("pk").values_list())
    assert written and counting.count_all(now=NOW + dt.timedelta(hours=1)) == 0
    assert list(ScoreCount.objects.order_by("pk").values_list()) == written
    call_command("count_scores", check=True, stdout=StringIO())
    ScoreTally.objects.filter(grain="u").update(received=7)
    with pytest.raises(CommandError, match=r"1 counts differed; the first: u H26.101 2026-06 - late from 2026-06-30: received -5"):
        call_command("count_scores", check=True)
    call_command("count_scores", recount=True, year=2026, stdout=StringIO())
    assert [row.numerator for row in ScoreCount.objects.filter(agency="H26", criterion="2.1", period="m", first=dt.date(2026, 6, 1))] == [0]
    call_command("count_scores", check=True, stdout=StringIO())


@pytest.mark.django_db
def test_a_dossier_taken_from_an_agency_leaves_its_score_and_a_frozen_year_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    criteria.load()
    _sent(report(1, received=0, due=5))
    counting.count_all(now=NOW)
    assert ScoreCount.objects.filter(agency="H26.101", criterion="2.1").count() == 3
    _sent(report(1, minute=1, received=0, due=5, unit="H26.202"))
    monkeypatch.setattr("ratings.score.frozen._ask", [lambda year: year == 2026])
    assert counting.count_all(now=NOW) == 0 and ScoreCount.objects.filter(agency="H26.101").exists()
    with pytest.raises(CommandError, match="frozen"):
        call_command("count_scores", year=2026)
    monkeypatch.setattr("ratings.score.frozen._ask", [])
    assert counting.count_all(now=NOW) > 0 and not ScoreCount.objects.filter(agency="H26.101").exists()
    assert ScoreCount.objects.filter(agency="H26.202", criterion="2.1", numerator=0, denominator=1).count() == 3


@pytest.mark.django_db
def test_who_gives_no_appointment_is_measured_by_the_law() -> None:
    criteria.load()
    law()
    # Received on Wednesday the 24th: three working days end on Monday the 29th, fifteen on 15 July; of the third nothing is known.
    _sent(
        report(1, "10", received=0, finished=5), report(2, "10", received=0, finished=6),
        report(3, "10", received=0, finished=6, procedure_code="1.004222"), report(4, received=0, procedure_code="1.004222"),
        report(5, "10", received=0, finished=6, procedure_code="2.000635"), report(6, "10", received=0, due=6, finished=6),
    )  # fmt: skip
    counting.count_all(now=NOW)
    found = {(row.period, row.first.month): (row.numerator, row.denominator)
             for row in ScoreCount.objects.filter(agency="H26", criterion="2.1")}  # fmt: skip
    assert found == {("m", 6): (5, 6), ("q", 4): (5, 6), ("y", 1): (4, 6)}
    span = Span("y", dt.date(2026, 1, 1), NOW)
    assert [code[-1] for code, fine in listed("on_time", "H26", span, None, 50) if not fine] == ["2", "4"]


@pytest.mark.django_db
def test_what_runs_is_measured_today_and_what_has_ended_on_its_last_day() -> None:
    criteria.load()
    # Due on 2 July, never ended: in time when June ended, late in the quarter and the year that run.
    _sent(report(1, received=0, due=8))
    counting.count_all(now=NOW)
    found = {(row.period, row.first.month): row.numerator for row in ScoreCount.objects.filter(agency="H26", criterion="2.1")}
    assert found == {("m", 6): 1, ("q", 4): 1, ("y", 1): 0}
    assert last_day("q", dt.date(2026, 4, 1)) == dt.date(2026, 6, 30)
