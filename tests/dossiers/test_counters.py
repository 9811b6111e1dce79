"""At the counters: numbers, calling, priority, waiting and handling measured (D-18, D-28, R-11)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dossiers.appointments import counter, queries
from dossiers.appointments.common import CounterRefused
from dossiers.models import Appointment, CounterDay, Ticket
from portal.access import AccessDenied
from portal.audit.models import Act
from portal.workdays import ZONE
from tests.dossiers.counters import UNIT, booked, desk, due_now, plan
from tests.dossiers.support import at_once
from tests.factories import citizen_actor, make_officer_actor, make_person

pytestmark = pytest.mark.requirement("D-18")
BASE = "/quan-tri/dossiers/ticket/"
MORNING = datetime(2026, 12, 1, 8, 0, tzinfo=ZONE)


def press(client: Client, verb: str, **data: Any) -> Any:
    return client.post(f"{BASE}{verb}/", data)


def act(client: Client, ticket: Ticket, verb: str, status: int = 302) -> Ticket:
    assert client.post(f"{BASE}{ticket.pk}/{verb}/").status_code == status
    ticket.refresh_from_db()
    return ticket


def number(value: int) -> Ticket:
    return Ticket.objects.get(unit_code=UNIT, day=timezone.localdate(), number=value)


@pytest.mark.usefixtures("demo_data")
class TestAtTheDesk:
    """An officer's morning, by their own buttons."""

    @pytest.mark.requirement("D-28")
    def test_drawn_called_served_missed_taken_back(self, client: Client) -> None:
        officer, position = desk("reception")
        assert press(officer, "next").status_code == 422, "three counters, and nobody said which"
        assert press(officer, "counter", counter="9").status_code == 422
        assert press(officer, "counter", counter="2").status_code == 302
        assert press(officer, "next").status_code == 409, "nobody waits"
        for priority in ("", "", "disabled"):
            press(officer, "walk_in", priority=priority)
        one = due_now(booked())
        assert press(officer, "check_in", code="ABCDEFGH23").status_code == 422
        # As a scanner reads the QR code of the appointment's page.
        for _twice in range(2):
            assert press(officer, "check_in", code=f"{settings.SITE_URL}/lich-hen/{one.code}/").status_code == 302
        one.refresh_from_db()
        assert one.state == Appointment.State.ARRIVED
        assert list(Ticket.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4]
        page = officer.get(BASE).content.decode()
        assert "Đang chờ: 4" in page and 'accesskey="n"' in page

        press(officer, "next")
        first = number(3)
        assert first.state == "called" and first.counter == 2 and first.position_id == position.pk and first.line == "first"
        assert press(officer, "next").status_code == 409, "first say whether who was called has come"
        board = client.get(f"/lich-hen/bang-so/{UNIT}/")
        assert "Refresh" not in board.headers and "Mời đến quầy" in board.content.decode()
        assert client.get(f"/lich-hen/bang-so/{UNIT}/?man-hinh=1")["Refresh"] == "15"
        assert act(officer, first, "recall").calls == 2
        act(officer, first, "serve")
        act(officer, first, "serve", 409)
        press(officer, "next")
        first.refresh_from_db()
        assert first.state == "done" and first.handled_seconds is not None
        with_appointment = number(4)
        assert with_appointment.state == "called" and with_appointment.line == "booked"
        act(officer, with_appointment, "miss")
        press(officer, "next")
        assert number(1).state == "called"
        assert act(officer, with_appointment, "come_back").state == "waiting"
        act(officer, number(1), "serve")
        act(officer, number(1), "finish")
        press(officer, "next")
        assert number(4).state == "called", "who comes back stands where they stood"
        day = CounterDay.objects.get(unit_code=UNIT, day=timezone.localdate())
        assert (day.last, day.booked, day.first, day.called, day.served, day.missed) == (4, 1, 1, 3, 2, 0)
        assert day.called == Ticket.objects.filter(called_at__isnull=False).count()
        assert day.waited_seconds == sum(one.waited_seconds or 0 for one in Ticket.objects.filter(called_at__isnull=False))
        assert officer.get(f"{BASE}{first.pk}/change/").status_code == 200
        assert Act.objects.filter(act="dossiers.call_number").count() == 4
        shown = client.get(f"/lich-hen/bang-so/{UNIT}/").content.decode()
        assert "Vừa xong" in shown and str(one.name) not in shown

    @pytest.mark.requirement("D-28")
    def test_priority_is_declared_known_by_age_or_seen_by_the_officer(self) -> None:
        actor = make_officer_actor(roles=("reception",))
        now = timezone.now()
        old = due_now(booked(make_person(birth_date=date(1950, 1, 2), id_number="001150100777")))
        said = due_now(booked(priority="pregnant"))
        seen, nobody = due_now(booked()), due_now(booked())

        def checked(one: Appointment, priority: str = "") -> str:
            return str(counter.check_in(actor=actor, unit_code=UNIT, typed=one.code, priority=priority, now=now).priority)

        assert [checked(nobody), checked(old), checked(said), checked(seen, "disabled")] == ["", "old", "pregnant", "disabled"]
        # All three go before who came first.
        clerks = [make_officer_actor(roles=("reception",)) for _ in range(3)]
        called = [
            counter.call_next(actor=clerk, unit_code=UNIT, counter=place, now=now + timedelta(minutes=1))
            for place, clerk in enumerate(clerks, start=1)
        ]
        assert [(one.number, one.priority) for one in called] == [(2, "old"), (3, "pregnant"), (4, "disabled")]

    def test_an_appointment_of_another_day_or_cancelled_draws_no_number(self) -> None:
        officer, _position = desk("reception")
        later = booked()
        answer = press(officer, "check_in", code=later.code)
        assert answer.status_code == 422 and "Lịch hẹn này của ngày" in answer.content.decode()
        Appointment.objects.filter(pk=later.pk).update(state="cancelled", starts_at=timezone.now())
        assert press(officer, "check_in", code=later.code).status_code == 422
        assert not Ticket.objects.exists()

    def test_pages_cost_the_same_however_many_wait(self, client: Client) -> None:
        officer, _position = desk("reception")
        press(officer, "counter", counter="1")
        pages = ((officer, BASE), (client, f"/lich-hen/bang-so/{UNIT}/"), (officer, "/quan-tri/dossiers/appointment/"))

        def costs() -> list[int]:
            found = []
            for who, address in pages:
                with CaptureQueriesContext(connection) as made:
                    assert who.get(address).status_code == 200
                found.append(len(made))
            return found

        plan(per_slot=50)
        press(officer, "check_in", code=due_now(booked()).code)
        costs()
        few = [max(pair) for pair in zip(costs(), costs(), strict=True)]
        for _more in range(6):
            press(officer, "check_in", code=due_now(booked()).code)
            press(officer, "walk_in", priority="old")
        # What is remembered of units may spare one, and is asked anew now and then; more people never cost more.
        many = [min(pair) for pair in zip(costs(), costs(), strict=True)]
        assert all(one <= before for one, before in zip(many, few, strict=True)), (few, many)
        assert max(few) <= 25

    def test_another_units_officer_and_who_does_not_receive_do_nothing_here(self) -> None:
        officer, _position = desk("reception")
        press(officer, "walk_in")
        ticket = number(1)
        theirs, _position = desk("reception", unit="H29.101")
        assert theirs.post(f"{BASE}{ticket.pk}/recall/").status_code == 404
        assert "Đang chờ: 0" in theirs.get(BASE).content.decode()
        handler, _position = desk("handling")
        assert handler.get(BASE).status_code == 403
        for verb in ("next", "walk_in", "check_in", "counter"):
            assert press(handler, verb, counter="1", code="x").status_code == 403
        with pytest.raises(AccessDenied):
            counter.walk_in(actor=citizen_actor(make_person()), unit_code=UNIT, now=timezone.now())


@pytest.mark.usefixtures("demo_data")
@pytest.mark.requirement("R-11")
class TestFigures:
    """Waiting and handling, kept as data and shown."""

    def serve(self, actor: Any, at: datetime, *, wait: int, handle: int, seat: int = 1) -> Ticket:
        counter.walk_in(actor=actor, unit_code=UNIT, now=at)
        called = at + timedelta(minutes=wait)
        ticket = counter.call_next(actor=actor, unit_code=UNIT, counter=seat, now=called)
        counter.step(actor=actor, ticket_id=ticket.pk, name="serve", now=called)
        return counter.step(actor=actor, ticket_id=ticket.pk, name="finish", now=called + timedelta(minutes=handle))

    def test_against_fifteen_and_thirty_minutes_for_the_head_of_the_unit_and_for_vpcp(self) -> None:
        actor = make_officer_actor(roles=("reception",))
        CounterDay.objects.all().delete()
        for number, (wait, handle) in enumerate([(10, 20), (16, 31), (4, 9)]):
            self.serve(actor, MORNING + timedelta(hours=number), wait=wait, handle=handle, seat=1 + number % 2)
        day = CounterDay.objects.get()
        assert (day.called, day.waited_seconds, day.waited_over) == (3, 30 * 60, 1)
        assert (day.served, day.handled_seconds, day.handled_over) == (3, 60 * 60, 1)
        with time_machine.travel(MORNING + timedelta(hours=5), tick=False):
            [row] = queries.figures(CounterDay.objects.all(), MORNING.date(), MORNING.date())
            assert row["average"] == 600
            for roles, unit in ((("signing",), UNIT), (("steering",), "G22"), (("overseeing",), "H26")):
                client, _position = desk(*roles, unit=unit)
                page = client.get("/quan-tri/dossiers/counterday/").content.decode()
                assert UNIT in page and "10,0" in page and "20,0" in page, roles
                assert ("theo quầy và cán bộ" in page) == (unit == UNIT)
            elsewhere, _position = desk("signing", unit="H29.101")
            assert UNIT not in elsewhere.get("/quan-tri/dossiers/counterday/?tu=x&den=2026-13-40").content.decode()
            handler, _position = desk("handling")
            assert handler.get("/quan-tri/dossiers/counterday/").status_code == 403

    def test_the_database_refuses_figures_and_numbers_that_cannot_be(self) -> None:
        CounterDay.objects.all().delete()
        self.serve(make_officer_actor(roles=("reception",)), MORNING, wait=1, handle=1)
        ticket = Ticket.objects.get()
        wrong: list[dict[str, Any]] = [{"state": "called", "called_at": None}, {"handled_seconds": None}, {"number": 0}]
        for values in wrong:
            with pytest.raises(IntegrityError), transaction.atomic():
                Ticket.objects.filter(pk=ticket.pk).update(**values)
        with pytest.raises(IntegrityError), transaction.atomic():
            CounterDay.objects.filter(day=MORNING.date()).update(served=9)


def test_numbers_have_no_holes_and_no_repeats_and_counters_never_call_the_same_one(demo_db: None) -> None:
    plan(counters=6)
    CounterDay.objects.all().delete()
    actor = make_officer_actor(roles=("reception",))

    class Stop(Exception):
        pass

    def draw(worker: int) -> None:
        for turn in range(4):
            try:
                with transaction.atomic():
                    counter.walk_in(actor=actor, unit_code=UNIT, priority="old" if turn == 3 else "", now=MORNING)
                    if (worker + turn) % 3 == 0:
                        raise Stop
            except Stop:
                pass

    def drawer(worker: int) -> Any:
        return lambda: draw(worker)

    assert at_once(*(drawer(worker) for worker in range(6))) == [None] * 6
    numbers = list(Ticket.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 17)) and CounterDay.objects.get(unit_code=UNIT, day=MORNING.date()).last == 16

    def caller(seat: int) -> Any:
        return lambda: counter.call_next(actor=actor, unit_code=UNIT, counter=seat, now=MORNING + timedelta(minutes=1))

    called = at_once(*(caller(seat) for seat in range(1, 7)))
    assert len({one.number for one in called}) == 6 and {one.counter for one in called} == set(range(1, 7))
    # Two officers at one counter: one calls, the other is told.
    twice = at_once(caller(1), caller(1))
    assert all(isinstance(one, CounterRefused) for one in twice)
    both = [one for one in called if one.counter == 2]
    pressed = at_once(*(
        (lambda: counter.step(actor=actor, ticket_id=both[0].pk, name="serve", now=MORNING + timedelta(minutes=2))) for _press in range(2)
    ))  # fmt: skip
    assert sorted(isinstance(one, CounterRefused) for one in pressed) == [False, True]
