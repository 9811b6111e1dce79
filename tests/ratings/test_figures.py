"""Statistics: whatever is reported and in whatever order, what is kept as counted is what a plain count of the rows gives."""

from __future__ import annotations

import datetime as dt
import logging
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from dossiers.models import NationalDossier
from dossiers.national import ORDER, Facts, Standing, standing
from dossiers.services.national import Report, facts_of, take_reports
from portal.workdays import ZONE
from ratings.cells import FIRST_DAY, LAST_DAY, MEASURES
from ratings.models import DossierCount, DossierDelta
from ratings.packing import pieces
from ratings.periods import span, until
from ratings.queries import Asked, Figures, statistics
from ratings.services import checking, figures, recounting
from ratings.tasks import check_figures

pytestmark = [pytest.mark.requirement("R-05")]

START = dt.date(2026, 6, 24)
TODAY = dt.date(2026, 9, 30)
UNITS = ("H26", "H26.101", "H26.101.5", "H26.202", "H17.101", "G15")
KINDS = (("1.001193", "LV.ho-tich"), ("1.004222", "LV.cu-tru"), ("2.000635", "LV.ho-tich"))


def report(number: int, state: str, minute: int = 0, *, source: str = "H26", unit: str = "H26.101", **dates: int | None) -> Report:
    """A report of dossier ``number``; dates in days from the start."""
    moments = {f"{name}_at": dt.datetime.combine(START, dt.time(9), ZONE) + dt.timedelta(days=days)
               for name, days in dates.items() if days is not None}  # fmt: skip
    said = dt.datetime.combine(TODAY, dt.time(9), ZONE) + dt.timedelta(minutes=minute)
    values: dict[str, Any] = {"unit_code": unit, "procedure_code": "1.001193", "field_code": "LV.ho-tich", "channel": "2",
                              "service_level": "full", "state": state, "submitted_at": None, **moments}  # fmt: skip
    return Report(f"H26.101-260624-{number:04d}", said, values)


def plain(rows: list[Facts], asked: Asked) -> Figures:
    """What counting the rows one by one gives, at the end of the span and within it."""
    found = dict.fromkeys(Figures.__dataclass_fields__, 0)

    def within(day: dt.date | None) -> bool:
        return day is not None and asked.first <= day <= asked.last

    for row in rows:
        if asked.agency and row.unit_code != asked.agency and not row.unit_code.startswith(f"{asked.agency}."):
            continue
        if any(wanted and wanted != told for wanted, told in (
            (asked.field, row.field_code), (asked.procedure, row.procedure_code), (asked.channel, row.channel),
            (asked.level, row.service_level),
        )):  # fmt: skip
            continue
        end = row.ended_on
        if within(row.received_on):
            found["received"] += 1
            found[{"1": "received_in_person", "2": "received_online", "3": "received_by_post"}[row.channel]] += 1
            found["end_to_end"] += row.channel == "2" and row.service_level == "full"
            found["supplemented"] += bool(row.supplements_before or row.supplements_after)
            found["paid_online"] += row.paid_online in ("1", "2")
            found["with_fee"] += row.has_fee or row.paid_online in ("1", "2")
            found["reused"] += row.reuses_data
        closed = max(end, row.received_on) if end and row.received_on else end
        if within(closed):
            if row.state == "3":
                found["refused"] += 1
            elif row.state == "7":
                found["withdrawn"] += 1
            elif row.received_on is not None:
                how = standing(row, on=dt.date(2099, 1, 1))
                found["undated" if how is Standing.NONE else how.value] += 1
                found["stopped"] += row.state == "8"
                found["digitised_results"] += row.state != "8" and row.has_digitised_result
                found["digitised"] += row.state != "8" and row.has_digitised_result and row.has_digitised_papers
        if row.received_on and row.received_on <= asked.last:
            found["pending"] += end is None or end > asked.last
            found["overdue"] += standing(row, on=asked.last) is Standing.OVERDUE
    return Figures(**found)


days = st.one_of(st.none(), st.integers(-4, 70))


@st.composite
def histories(draw: Any) -> list[Report]:
    """Reports of a few dossiers, several of each, whose dates may contradict each other."""
    found = []
    for _ in range(draw(st.integers(1, 25))):
        made = report(
            draw(st.integers(1, 6)), draw(st.sampled_from(sorted(ORDER))), draw(st.integers(0, 9)), received=draw(days), due=draw(days),
            finished=draw(days), returned=draw(days), refused=draw(days), stopped=draw(days), withdrawn=draw(days),
        )  # fmt: skip
        procedure, field = draw(st.sampled_from(KINDS))
        made.values.update(
            unit_code=draw(st.sampled_from(UNITS)), procedure_code=procedure, field_code=field, channel=draw(st.sampled_from("123")),
            service_level=draw(st.sampled_from(["", "full", "part"])), supplements_after=draw(st.integers(0, 2)),
            paid_online=draw(st.sampled_from(["", "0", "1", "2"])), has_fee=draw(st.booleans()),
            has_digitised_papers=draw(st.booleans()), has_digitised_result=draw(st.booleans()), reuses_data=draw(st.booleans()),
            from_store=draw(st.booleans()),
        )  # fmt: skip
        found.append(made)
    return found


class TestHistories(TestCase):
    """Each example in a transaction of its own."""

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.data())
    def test_histories_in_any_order_and_batches_give_the_counts_of_a_plain_recount(self, data: st.DataObject) -> None:
        left = data.draw(histories())
        now = dt.datetime.combine(TODAY, dt.time(12), ZONE)
        while left:
            size = data.draw(st.integers(1, len(left)))
            batch, left = left[:size], left[size:]
            take_reports(batch, source="H26", now=now, is_test=False)
            if data.draw(st.booleans()):
                figures.fold()
        rows = [facts_of(row) for row in NationalDossier.objects.all()]
        differing, first = figures.recount(mend=False)
        assert not differing, str(first)
        for _ in range(3):
            begin = START + dt.timedelta(days=data.draw(st.integers(-6, 70)))
            asked = Asked(
                begin, begin + dt.timedelta(days=data.draw(st.sampled_from([0, 1, 6, 30, 45]))),
                agency=data.draw(st.sampled_from(["", "H26", "H26.101", "G15"])), field=data.draw(st.sampled_from(["", "LV.ho-tich"])),
                procedure=data.draw(st.sampled_from(["", "1.001193"])), channel=data.draw(st.sampled_from(["", "2"])),
                level=data.draw(st.sampled_from(["", "full"])),
            )  # fmt: skip
            expected = plain(rows, asked)
            for by in ("", "agency", "field", "procedure", "channel", "level", "month", "day"):
                said = statistics(asked, by=by, today=TODAY)
                assert said.total == expected, (by, asked)
                if by not in ("", "month", "day"):
                    assert sum((line.figures for line in said.lines), Figures()) == expected
            for line in statistics(asked, by="agency", today=TODAY).lines:
                if line.key != asked.agency:
                    assert line.figures == plain(rows, Asked(**{**asked.__dict__, "agency": line.key}))
            for line in statistics(asked, by="month", today=TODAY).lines:
                first_day = dt.date.fromisoformat(line.key)
                month_end = (first_day.replace(day=1) + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
                assert line.figures == plain(rows, Asked(**{**asked.__dict__, "first": first_day, "last": min(month_end, asked.last)}))


@given(st.dates(FIRST_DAY, LAST_DAY), st.dates(FIRST_DAY, LAST_DAY), st.dates(FIRST_DAY, LAST_DAY))
def test_a_span_is_made_of_periods_that_hold_each_of_its_days_once(one: dt.date, other: dt.date, day: dt.date) -> None:
    first, last = min(one, other), max(one, other)

    def holds(periods: Any) -> int:
        starts = {"a": FIRST_DAY, "y": day.replace(month=1, day=1), "m": day.replace(day=1), "d": day}
        return sum(periods.get((kind, start), 0) for kind, start in starts.items())

    assert holds(span(first, last)) == (first <= day <= last)
    assert holds(until(first)) == (day <= first)
    assert len([1 for kind, _ in span(first, last) if kind in "md"]) <= 46


def _sent(*reports: Report, is_test: bool = False) -> None:
    take_reports(reports, source="H26", now=dt.datetime.combine(TODAY, dt.time(12), ZONE), is_test=is_test)


@pytest.mark.django_db
def test_pending_becomes_overdue_by_the_passing_of_days_without_anything_being_written() -> None:
    _sent(report(1, "4", received=0, due=5), report(2, "10", received=0, due=5, finished=7))
    assert figures.fold() and not figures.fold() and not DossierDelta.objects.exists()
    written = list(DossierCount.objects.order_by("pk").values_list("pk", *MEASURES))

    def at(days: int) -> tuple[int, int]:
        day = START + dt.timedelta(days=days)
        found = statistics(Asked(START, day), today=TODAY).total
        return found.pending_in_time, found.overdue

    assert [at(number) for number in (-1, 4, 5, 6, 7, 60)] == [(0, 0), (2, 0), (2, 0), (0, 2), (0, 1), (0, 1)]
    assert list(DossierCount.objects.order_by("pk").values_list("pk", *MEASURES)) == written


@pytest.mark.django_db
def test_what_was_due_and_done_in_time_leaves_no_count_of_nothing() -> None:
    _sent(report(1, "4", received=0, due=5))
    figures.fold()
    _sent(report(1, "10", 1, received=0, due=5, finished=3))
    assert figures.fold() and not figures.fold()
    assert not DossierCount.objects.filter(**dict.fromkeys(MEASURES, 0)).exists()
    assert not DossierCount.objects.filter(period="d", day=START + dt.timedelta(days=6)).exists()
    assert figures.recount(mend=False) == (0, None)


@pytest.mark.django_db
def test_what_has_not_come_yet_is_not_overdue_and_what_is_tried_out_counts_nowhere() -> None:
    _sent(report(1, "4", received=0, due=5), report(2, "5", received=0, due=5), is_test=False)
    _sent(report(3, "10", received=0, due=5, finished=3), is_test=True)
    today = START + dt.timedelta(days=3)
    whole = statistics(Asked(START, START + dt.timedelta(days=30)), today=today).total
    assert (whole.received, whole.pending, whole.overdue, whole.resolved) == (2, 2, 0, 0)
    by_day = statistics(Asked(START, START + dt.timedelta(days=30)), by="day", today=today)
    assert by_day.total == whole and {line.figures.overdue for line in by_day.lines} == {0}


@pytest.mark.django_db
def test_a_count_that_went_wrong_is_found_named_and_mended() -> None:
    _sent(report(1, "10", received=0, due=5, finished=7), report(2, "4", received=1, due=5))
    figures.fold()
    _sent(report(3, "7", received=2, due=5, withdrawn=3))
    call_command("recount_dossiers", check=True, stdout=StringIO())
    DossierCount.objects.filter(grain="t", place="H26", period="m", received__gt=0).update(received=7)
    with pytest.raises(CommandError, match=r"1 counts differed; the first: t H26 m:2026-06-01 .*received -5"):
        call_command("recount_dossiers", check=True)
    out = StringIO()
    call_command("recount_dossiers", stdout=out)
    assert "mended" in out.getvalue()
    call_command("recount_dossiers", check=True, stdout=StringIO())


@pytest.mark.django_db
def test_dossiers_of_before_are_counted_when_statistics_begin() -> None:
    _sent(report(1, "10", received=0, due=5, finished=7))
    DossierDelta.objects.all().delete()
    assert figures.begin() != "0 số đếm"
    assert figures.recount(mend=False) == (0, None)
    assert statistics(Asked(START, TODAY), today=TODAY).total.late == 1


@pytest.mark.django_db
def test_counted_anew_from_nothing_is_what_folding_left_day_by_day_in_each_place(monkeypatch: pytest.MonkeyPatch) -> None:
    _sent(*(report(number, "10", received=number % 3, due=5, finished=4 + number % 4, unit=UNITS[number % 6]) for number in range(1, 40)))
    _sent(report(1, "7", 5, received=1, due=5, withdrawn=2), report(2, "4", 5, received=40, due=45, unit="H26.202"))
    while figures.fold():
        pass
    kept = sorted(map(str, DossierCount.objects.values_list()))
    DossierCount.objects.all().delete()
    # Names that come in between what is named and what is read are named then.
    monkeypatch.setattr(recounting, "_NAMED", f"{recounting._NAMED} LIMIT 1")
    differing, _first = figures.recount(mend=True)
    assert differing == len(kept) and sorted(map(str, DossierCount.objects.values_list())) == kept
    DossierCount.objects.create(grain="t", place="Z99.1", parent="Z99", period="m", day=START, channel="2", received=3)
    differing, first = figures.recount(mend=True)
    assert differing == 1 and str(first).startswith("t Z99.1 m:2026-06-24") and not DossierCount.objects.filter(place="Z99.1").exists()
    assert figures.recount(mend=False) == (0, None)


@given(st.dates(FIRST_DAY, LAST_DAY), st.dates(FIRST_DAY, LAST_DAY), st.booleans())
def test_ranges_of_periods_hold_each_period_as_often_as_it_counts(one: dt.date, other: dt.date, is_dense: bool) -> None:
    weights: dict[tuple[str, tuple[str, dt.date]], list[int]] = {}
    for period, sign in span(min(one, other), max(one, other)).items():
        weights.setdefault(("", period), [0, 0])[0] = sign
    for period, sign in until(max(one, other)).items():
        weights.setdefault(("", period), [0, 0])[1] = sign
    whole, days = pieces(weights, is_dense=is_dense, has_all=True)
    assert len(whole) <= 16
    for (_label, (kind, begins)), (in_span, upto) in weights.items():
        if kind == "d" and not is_dense:
            found = [(i, u) for _l, month, first, last, i, u in days if month == begins.replace(day=1) and first <= begins.day <= last]
        else:
            found = [(i, u) for _l, of, first, last, i, u in whole if of == kind and first <= begins <= last]
        assert found == [(in_span, upto)]
    starts = {"a": [FIRST_DAY], "y": [dt.date(year, 1, 1) for year in range(2000, 2100)],
              "m": [dt.date(year, month, 1) for year in range(2000, 2100) for month in range(1, 13)]}  # fmt: skip
    held = sum(first <= day <= last for _l, of, first, last, _i, _u in whole if of != "d" for day in starts[of])
    assert held == sum(kind != "d" for _label, (kind, _begins) in weights)


@pytest.mark.django_db
def test_the_nights_check_finds_and_names_what_differs_in_whatever_it_is(caplog: pytest.LogCaptureFixture, monkeypatch: Any) -> None:
    monkeypatch.setattr(checking, "DOSSIERS", 2)
    caplog.set_level(logging.ERROR)
    _sent(*(report(number, "10", received=number, due=5, finished=7, unit=UNITS[number % 6]) for number in range(1, 15)))
    figures.fold()
    _sent(report(20, "4", received=2, due=5, unit="H26"), report(21, "7", received=2, due=5, withdrawn=3, unit="Z99.1"))
    assert len(list(checking.slices())) > 5 and check_figures() == 0 and not caplog.records
    for change in (
        {"grain": "p", "place": "H26.101", "period": "m"}, {"grain": "p", "place": "", "period": "m"}, {"grain": "t", "place": "H26"},
        {"grain": "f", "place": "", "period": "a"}, {"grain": "p", "place": "G15", "period": "y"},
        {"grain": "t", "place": "", "period": "m"}, {"grain": "t", "place": "H26", "period": "d"},
    ):  # fmt: skip
        point = transaction.savepoint()
        wrong = DossierCount.objects.filter(**change, received__gt=0).order_by("pk").first()
        assert wrong is not None, change
        DossierCount.objects.filter(pk=wrong.pk).update(received=wrong.received + 1)
        caplog.clear()
        assert check_figures() > 0, change
        first = str(caplog.records[0].__dict__["first"])
        assert caplog.records[0].levelname == "ERROR", change
        assert "received -1" in first or "received +1" in first, (change, first)
        transaction.savepoint_rollback(point)
    # The days that thin months hold.
    for change in ({"grain": "p", "place": "H26.101"}, {"grain": "p", "place": ""}, {"grain": "t", "place": "H26.101"}):
        point = transaction.savepoint()
        month = DossierCount.objects.filter(**change, period="m", received__gt=0).order_by("pk").first()
        assert month is not None and month.days, change
        DossierCount.objects.filter(pk=month.pk).update(days=month.days[1:])
        assert check_figures() > 0 and figures.recount(mend=False)[0] > 0, change
        transaction.savepoint_rollback(point)
    # A change that was lost, and one that nobody made.
    NationalDossier.objects.filter(code="H26.101-260624-0001").update(state="4", finished_at=None)
    caplog.clear()
    assert check_figures() and "H26.101 d:2026-07-01" in str(caplog.records[0].__dict__["first"])
    figures.recount(mend=True)
    caplog.clear()
    assert check_figures() == 0 and not caplog.records


@pytest.mark.django_db
def test_a_slice_that_takes_too_long_is_named_and_the_others_are_checked(caplog: pytest.LogCaptureFixture, monkeypatch: Any) -> None:
    _sent(report(1, "10", received=0, due=5, finished=7))
    figures.fold()
    DossierCount.objects.filter(grain="p", place="", period="m").update(late=9)
    real, units, done = checking.check, checking._UNITS, list[checking.Slice]()

    def slow(part: checking.Slice) -> Any:
        monkeypatch.setattr(checking, "LONGEST_MS", 15_000 if done else 20)
        monkeypatch.setattr(checking, "_UNITS", units if done else "SELECT pg_sleep(1)")
        done.append(part)
        return real(part)

    monkeypatch.setattr(checking, "check", slow)
    assert check_figures() > 0
    assert [record.levelname for record in caplog.records][:2] == ["WARNING", "ERROR"] and len(done) > 2
