"""Who is called next, what is offered, how long one waited: pure rules (D-18, D-28, R-11)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossiers.appointments import rules
from dossiers.appointments.rules import Call, Line, Waiting
from portal.workdays import ZONE, national_calendar

START = datetime(2026, 12, 1, 8, 0, tzinfo=ZONE)
KINDS = st.sampled_from(["plain", "first", "booked"])


def arrival(number: int, kind: str, minute: int) -> Waiting:
    at = START + timedelta(minutes=minute)
    # An appointment whose time has come: it keeps its place in its line whatever the hour.
    return Waiting(number, at, at if kind == "booked" else None, kind == "first")


@pytest.mark.requirement("D-28")
class TestCalling:
    """The rule of calling."""

    @given(arrivals=st.lists(st.tuples(KINDS, st.integers(0, 4)), min_size=1, max_size=60))
    def test_priority_goes_first_lines_keep_their_order_and_nobody_starves(self, arrivals: list[tuple[str, int]]) -> None:
        """Whoever is first in a line is called within five calls, however many with priority keep coming; all are called once."""
        coming = []
        minute = 0
        for number, (kind, later) in enumerate(arrivals, 1):
            minute += later
            coming.append((minute, arrival(number, kind, minute)))
        waiting: list[Waiting] = []
        calls: list[Call] = []
        called: list[tuple[int, Line]] = []
        heads: dict[Line, tuple[int, int]] = {}
        clock = 0
        while coming or waiting:
            while coming and (coming[0][0] <= clock or not waiting):
                clock = max(clock, coming[0][0])
                waiting.append(coming.pop(0)[1])
            now = START + timedelta(minutes=clock, seconds=1)
            found = rules.next_of(waiting, calls, now)
            assert found is not None
            chosen, line = found
            lines = {one.number: rules.line_of(one, now) for one in waiting}
            assert lines[chosen.number] is line
            assert chosen.number == min(number for number, its in lines.items() if its is line), "the line's own order"
            if line is not min(set(lines.values()), key=rules.LINES.index):
                # A later line is called from only when it was passed over often enough.
                assert sum(call.line is not line for call in calls[: rules.PATIENCE]) == rules.PATIENCE
            for its in set(lines.values()):
                head = min(number for number, of in lines.items() if of is its)
                before = heads.get(its)
                turns = before[1] + 1 if before is not None and before[0] == head else 1
                heads[its] = (head, turns)
                assert turns <= rules.PATIENCE + len(rules.LINES), f"number {head} was passed over {turns} times"
            calls.insert(0, Call(line, now))
            called.append((chosen.number, line))
            waiting.remove(chosen)
            heads.pop(line)
            clock += 1
        assert sorted(number for number, _line in called) == list(range(1, len(arrivals) + 1))

    def test_an_appointment_has_its_turn_at_its_time_and_not_long_before_or_after(self) -> None:
        due = START + timedelta(hours=1)
        early = Waiting(1, START, due)
        assert rules.line_of(early, START) is Line.PLAIN
        assert rules.line_of(early, due - rules.EARLY) is Line.BOOKED
        assert rules.line_of(Waiting(2, due + rules.LATE, due), due + rules.LATE) is Line.BOOKED
        late = due + rules.LATE + timedelta(seconds=1)
        assert rules.line_of(Waiting(3, late, due), late) is Line.PLAIN
        assert rules.line_of(Waiting(4, late, due, priority=True), late) is Line.FIRST

    def test_nobody_waits_nobody_is_called(self) -> None:
        assert rules.next_of([], [], START) is None

    def test_who_has_just_come_is_not_called_before_priority_for_what_was_called_before_they_came(self) -> None:
        calls = [Call(Line.FIRST, START - timedelta(minutes=number)) for number in range(5)]
        found = rules.next_of(
            [Waiting(8, START + timedelta(minutes=1)), Waiting(9, START + timedelta(minutes=2), priority=True)], calls, START
        )
        assert found is not None
        assert found[0].number == 9


@pytest.mark.requirement("R-11", "D-18")
def test_waiting_is_measured_against_thirty_then_fifteen_minutes_from_the_time_one_was_due() -> None:
    assert rules.waiting_limit(date(2024, 12, 31)) == timedelta(minutes=30)
    assert rules.waiting_limit(date(2025, 1, 1)) == timedelta(minutes=15)
    due = START + timedelta(minutes=30)
    assert rules.waited(START, None, START + timedelta(minutes=20)) == 1200
    assert rules.waited(START, due, due + timedelta(minutes=2)) == 120
    assert rules.waited(START, due, due - timedelta(minutes=5)) == 0
    assert rules.waited(due + timedelta(minutes=1), due, due + timedelta(minutes=2)) == 60


@pytest.mark.requirement("D-28")
def test_one_is_elderly_from_the_sixtieth_birthday() -> None:
    assert not rules.is_elderly(date(1966, 12, 2), date(2026, 12, 1))
    assert rules.is_elderly(date(1966, 12, 1), date(2026, 12, 1))


@pytest.mark.requirement("D-18")
@given(
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    minutes=st.sampled_from([10, 15, 20, 30, 60]),
    ahead=st.integers(1, 60),
    hour=st.integers(0, 23),
    closed=st.sets(st.integers(0, 60), max_size=5),
)
def test_what_is_offered_lies_within_working_time_ahead_and_never_on_a_closed_day(
    day: date, minutes: int, ahead: int, hour: int, closed: set[int]
) -> None:
    calendar, now = national_calendar(), datetime.combine(day, time(hour, 7), ZONE)
    shut = {day + timedelta(days=number) for number in closed}
    days = rules.offered_days(now, calendar, shut, minutes=minutes, ahead=ahead)
    assert not set(days) & shut
    for one in days:
        begins = rules.offered(one, now, calendar, shut, minutes=minutes, ahead=ahead)
        assert day <= one <= day + timedelta(days=ahead)
        assert begins and begins == sorted(set(begins)) and begins[0] >= now + rules.NOTICE
        for begin in begins:
            assert any(opens <= begin and begin + timedelta(minutes=minutes) <= closes for opens, closes in calendar.intervals(one))
