"""The whole machine of petitions, driven in any order: officers, senders, agencies that end, holidays declared late, limits that change.

What the clocks should say is read anew from the events alone, by rules written here a second time from the law (Rules art. 42.3, 44): a
petition's model knows its events, a list of days off, hours of offices, the limits in force, and nothing of ``feedback``'s services. After
each act every stored deadline, every stay, every figure must be what that reading says, and no state stand without its event.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, rule, run_state_machine_as_test

from feedback import loading
from feedback.models import TABLE, Petition, PetitionEvent, TallyDelta, Term
from feedback.services import NotYours, PetitionRefused, answering, clocks, handling, routing, sending
from feedback.services.secrets import seal_away
from portal.access import SYSTEM, Actor
from portal.caching import Remembered
from portal.catalogues.models import Agency
from portal.outbox.models import Message
from portal.workdays import ZONE, Calendar, calendar
from tests import factories
from tests.feedback.support import MONDAY, ROLES

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.long]

HERE, THERE, OWN_HOURS, ENDING, TOP = "H26.101", "H26.102", "H26.901", "H26.902", "G22"
UNITS = (HERE, THERE, OWN_HOURS, ENDING)
WEEK = (((7, 0), (11, 30)), ((13, 30), (17, 0)))
SATURDAYS = [[["08:00", "12:00"], ["13:00", "16:30"]]] * 5 + [[["08:00", "11:00"]], []]
LAW = {
    "refuse": (2, "working_day"), "ask": (5, "working_day"), "transfer": (5, "working_day"), "answer": (20, "day"), "progress": (7, "day"),
    "result": (2, "working_day"), "supply": (10, "day"), "opinion": (7, "working_day"),
}  # fmt: skip
STANDS = {"new": "in_new", "waiting": "in_waiting", "processing": "in_process", "checking": "in_checking"}
ENDS = {"refuse", "refuse_silent", "approve", "withdraw", "seal_away"}
PASSES = {"transfer", "send_back", "escalate", "take_over"}
actors: dict[str, Any] = {}
offs: set[dt.date] = set()
"""Days off beside those of the law, as somebody declares them."""
base = calendar.national_calendar()


class Forgetful(Remembered):
    """Remembers nothing."""

    def values(self) -> dict[Any, Any]:
        return {}


def with_late_holidays() -> Calendar:
    """What the portal believes: the national calendar with the days declared since."""
    return Calendar(opening=base.opening, days_off=base.days_off | offs, worked_days=base.worked_days)


# The law, written a second time ------------------------------------------------------------------------------------------------


def last_minute(day: dt.date, unit: str) -> dt.datetime | None:
    """When an office closes on a day; None where it does not open."""
    if day in base.days_off or day in offs:
        return None
    if unit == OWN_HOURS:
        hours = SATURDAYS[day.weekday()]
        return dt.datetime.combine(day, dt.time.fromisoformat(hours[-1][1]), ZONE) if hours else None
    return dt.datetime.combine(day, dt.time(17), ZONE) if day.weekday() < 5 else None


def next_open(day: dt.date, unit: str) -> dt.date:
    while last_minute(day, unit) is None:
        day += dt.timedelta(days=1)
    return day


def runs_out(start: dt.datetime, limit: tuple[int, str], unit: str) -> dt.datetime:
    """The day of receipt does not count; what comes after closing came the next day; nothing ends on a day off."""
    amount, what = limit
    local = start.astimezone(ZONE)
    day = local.date()
    closes = last_minute(day, unit)
    if closes is None or local > closes:
        day = next_open(day + dt.timedelta(days=1), unit)
    if what == "day":
        day = next_open(day + dt.timedelta(days=amount), unit)
    else:
        for _ in range(amount):
            day = next_open(day + dt.timedelta(days=1), unit)
    closes = last_minute(day, unit)
    assert closes is not None
    return closes


def limits_on(day: dt.date) -> dict[str, tuple[int, str]]:
    found = dict(LAW)
    for term in Term.objects.filter(valid_from__lte=day).order_by("valid_from"):
        found[term.name] = (term.amount, term.unit)
    return found


class Reading:
    """What the events of one petition say. Made by reading them one after the other, each under the calendar and limits of its moment."""

    def __init__(self) -> None:
        self.seen = 0
        self.state, self.round = "", 1
        self.received = self.unit_received = MONDAY
        self.unit = ""
        self.clocks: dict[str, Any] = {}
        self.holdings: list[list[Any]] = []
        self.supply_asked: dt.datetime | None = None
        self.reports: list[dt.datetime] = []
        self.outcome: dict[int, dt.date] = {}
        self.result: dict[int, dt.datetime] = {}
        self.opinions: dict[int, list[Any]] = {}

    def read(self, event: PetitionEvent) -> None:
        said = event.details
        assert event.from_state == self.state, f"{event.name} does not follow from what was before"
        self._edge(event)
        self.state = event.to_state
        if event.name == "send":
            self.received = dt.datetime.fromisoformat(said["received"])
            self._first_receipt()
            self._hold(event.unit_code, self.received)
        elif event.name in PASSES:
            self._hold(event.to_unit, event.at)
            self._wait_for_nobody()
        elif event.name == "disagree":
            self.round += 1
            self.received, self.reports = event.at, []
            self._first_receipt()
            self._hold(event.to_unit, event.at)
        elif event.name == "succeed":
            self.unit = event.to_unit
            self.holdings[-1][3] = True
            self.holdings.append([event.to_unit, self.unit_received, self.clocks["unit_due_at"], False])
        elif event.name == "ask_more":
            self.supply_asked = event.at
            self.clocks["supply_due_at"] = self._limit("supply", event.at, "")
        elif event.name in ("supply", "go_on"):
            self.supply_asked = self.clocks["supply_due_at"] = None
        elif event.name == "progress":
            self.reports.append(event.at)
            self._next_report()
        elif event.name == "submit":
            self.outcome[said["answer"]] = dt.date.fromisoformat(said["outcome"])
            self._result(said["answer"])
        elif event.name == "return_answer":
            self.outcome.pop(said["answer"])
        elif event.name == "ask_opinion":
            self.opinions[said["opinion"]] = [event.to_unit, event.at, self._limit("opinion", event.at, event.to_unit)]
        elif event.name in ("give_opinion", "call_off_opinion"):
            self.opinions.pop(said["opinion"])
        elif event.name == "recompute":
            self.recompute()
        if event.name == "take_over":
            self.outcome.clear()
        if event.name in ENDS:
            self.clocks["progress_due_at"] = None
            self.holdings[-1][3] = True
            self._wait_for_nobody()
            self.outcome.clear()

    def _edge(self, event: PetitionEvent) -> None:
        if event.from_state == event.to_state or event.name == "send":
            return
        name = "supply_on" if event.name == "supply" and event.to_state == "processing" else event.name
        edge = TABLE.transitions[name]
        assert edge.target == event.to_state
        assert event.from_state in edge.sources or event.details.get("copy_of")

    def _wait_for_nobody(self) -> None:
        self.supply_asked = self.clocks["supply_due_at"] = None
        self.opinions.clear()

    def _limit(self, name: str, start: dt.datetime, unit: str) -> dt.datetime:
        return runs_out(start, limits_on(self.received.astimezone(ZONE).date())[name], unit)

    def _first_receipt(self) -> None:
        self.clocks["due_at"] = self._limit("answer", self.received, "")
        self._next_report()

    def _next_report(self) -> None:
        due = self.clocks["due_at"]
        self.clocks["progress_due_at"] = self._limit("progress", max([due, *self.reports]), "")

    def _hold(self, unit: str, received: dt.datetime) -> None:
        if self.holdings:
            self.holdings[-1][3] = True
        self.unit, self.unit_received = unit, received
        self.supply_asked = self.clocks["supply_due_at"] = None
        self._unit_clocks()
        self.holdings.append([unit, received, self.clocks["unit_due_at"], False])

    def _unit_clocks(self) -> None:
        for column, name in (
            ("unit_due_at", "answer"),
            ("refuse_due_at", "refuse"),
            ("ask_due_at", "ask"),
            ("transfer_due_at", "transfer"),
        ):
            self.clocks[column] = self._limit(name, self.unit_received, self.unit)

    def _result(self, number: int) -> None:
        outcome = self.outcome[number]
        self.result[number] = self._limit("result", dt.datetime.combine(outcome, dt.time(8), ZONE), self.unit)

    def recompute(self) -> None:
        """Everything that still runs, anew from the moments at which it started."""
        self._first_receipt()
        self._unit_clocks()
        self.holdings[-1][2] = self.clocks["unit_due_at"]
        if self.supply_asked is not None:
            self.clocks["supply_due_at"] = self._limit("supply", self.supply_asked, "")
        for number in self.outcome:
            self._result(number)
        for row in self.opinions.values():
            row[2] = self._limit("opinion", row[1], row[0])


def _on(moment: dt.datetime) -> dt.date:
    return moment.astimezone(ZONE).date()


# The machine -------------------------------------------------------------------------------------------------------------------


class Petitions(RuleBasedStateMachine):
    """Some petitions; anybody who has a right to does anything."""

    petitions = Bundle("petitions")

    def __init__(self) -> None:
        super().__init__()
        offs.clear()
        self.savepoint = transaction.savepoint()
        self.now = MONDAY
        self.readings: dict[UUID, Reading] = {}
        self.texts = 0
        self.first_delta = TallyDelta.objects.order_by("-id").values_list("id", flat=True).first() or 0

    def teardown(self) -> None:
        for number in self.readings:
            self.check(number)
        self.figures_add_up()
        transaction.savepoint_rollback(self.savepoint)
        offs.clear()

    def do(self, number: UUID, act: Any, **said: Any) -> None:
        """One act. What is refused leaves nothing behind."""
        before = Petition.objects.values_list("version", "state").get(pk=number)
        try:
            act(petition_id=number, now=self.now, **said)
        except (PetitionRefused, NotYours):
            assert Petition.objects.values_list("version", "state").get(pk=number) == before
        self.check(number)

    def officer(self, number: UUID, other: bool = False) -> Actor:
        unit = Petition.objects.values_list("unit_code", flat=True).get(pk=number)
        found: Actor = actors[unit, other]
        return found

    def check(self, number: UUID) -> None:
        """What is stored is what the events say."""
        reading = self.readings[number]
        for event in PetitionEvent.objects.filter(petition_id=number, id__gt=reading.seen).order_by("id"):
            reading.read(event)
            reading.seen = event.pk
        petition = Petition.objects.get(pk=number)
        stored = {name: getattr(petition, name) for name in reading.clocks}
        assert stored == reading.clocks
        assert (petition.state, petition.unit_code, petition.round) == (reading.state, reading.unit, reading.round)
        assert (petition.received_at, petition.unit_received_at) == (reading.received, reading.unit_received)
        rows = petition.holdings.values_list("unit_code", "received_at", "due_at", "ended_at")
        assert [[unit, received, due, ended is not None] for unit, received, due, ended in rows] == reading.holdings
        results = dict(petition.answers.filter(number__in=reading.result).values_list("number", "result_due_at"))
        assert {number: results[number] for number in reading.outcome} == {number: reading.result[number] for number in reading.outcome}
        waiting = petition.opinions.filter(given_at=None, called_off_at=None).values_list("pk", "due_at")
        assert dict(waiting) == {pk: row[2] for pk, row in reading.opinions.items()}

    def figures_add_up(self) -> None:
        """The deltas since the beginning are what a recount of the petitions gives."""
        counted: Counter[tuple[Any, ...]] = Counter()
        for petition in Petition.objects.filter(pk__in=self.readings):
            rounds = list(petition.finished_rounds.all())
            assert len(rounds) == petition.round - 1, "each round that was not agreed with stays where it was answered"
            for row in rounds:
                place = (row.unit_code, row.kind_id, row.sector_code)
                counted[(_on(row.disagreed_at), *place, "again")] += 1
                self._ended(counted, place, row.received_at, row.due_at, row.answered_at, "answered", row.answered_at, row.helps)
            place = (petition.unit_code, petition.kind_id, petition.sector_code)
            self._ended(
                counted,
                place,
                petition.received_at,
                petition.due_at,
                petition.ended_at,
                petition.state,
                petition.answered_at,
                petition.helps,
            )
        noted: Counter[tuple[Any, ...]] = Counter()
        for delta in TallyDelta.objects.filter(id__gt=self.first_delta):
            assert delta.agency_code == delta.unit_code.split(".")[0]
            noted[(delta.day, delta.unit_code, delta.kind, delta.sector_code, delta.measure)] += delta.number
        assert {cell: number for cell, number in noted.items() if number} == dict(counted)

    def _ended(
        self,
        counted: Counter[tuple[Any, ...]],
        place: tuple[str, str, str],
        received: dt.datetime,
        due: dt.datetime,
        ended: dt.datetime | None,
        how: str,
        answered: dt.datetime | None,
        helps: bool | None,
    ) -> None:
        """What one round counts for."""
        late = _on(due) + dt.timedelta(days=1)
        counted[(_on(received), *place, "received")] += 1
        counted[(late, *place, "due")] += 1
        if ended is None:
            counted[(dt.date(2000, 1, 1), *place, STANDS[how])] += 1
            return
        if how == "answered":
            how = "late" if answered and answered > due else "on_time"
            if helps is not None:
                counted[(_on(ended), *place, "helps" if helps else "helps_not")] += 1
        counted[(_on(ended), *place, how)] += 1
        counted[(max(_on(ended), late), *place, "settled")] += 1

    # Coming in --------------------------------------------------------------------------------------------------------------

    def text(self, same: bool) -> dict[str, str]:
        self.texts += 0 if same else 1
        words = "Tôi nộp hồ sơ từ đầu tháng mà phường chưa trả kết quả, lần thứ " + ("nhất" if same else str(self.texts))
        return {"kind": "cham-tre", "subject": "Hồ sơ quá hạn", "words": words}

    @rule(target=petitions, unit=st.sampled_from(UNITS))
    def send(self, unit: str) -> Any:
        sender = actors["sender", len(self.readings) % 3 == 0]
        draft = sending.start_draft(actor=sender)
        contact = {"name": "Lê Văn Giả", "address": "Số 0", "phone": "0900000000", "email": "a@vi-du.example", "unit_code": unit}
        sending.save_draft(actor=sender, draft_id=draft.pk, data={**self.text(False), **contact})
        try:
            petition = sending.send(actor=sender, draft_id=draft.pk, now=self.now)
        except (PetitionRefused, sending.SendingRefused):
            return multiple()
        return self.came(petition)

    @rule(target=petitions, unit=st.sampled_from(UNITS), days=st.integers(0, 40), same=st.booleans())
    def enter(self, unit: str, days: int, same: bool) -> Any:
        """A letter that came some days ago; copies of one text among them."""
        petition = sending.enter(
            actor=actors[unit, False], source="letter", came_at=self.now - dt.timedelta(days=days), sender={"name": "Lê Thị Thư"},
            unit_code=unit, now=self.now, **self.text(same),
        )  # fmt: skip
        return self.came(petition)

    def came(self, petition: Petition) -> UUID:
        self.readings[petition.pk] = Reading()
        self.check(petition.pk)
        return petition.pk

    # What agencies do -------------------------------------------------------------------------------------------------------

    @rule(number=petitions, rule_or_conduct=st.sampled_from(["rule", "conduct"]))
    def receive(self, number: UUID, rule_or_conduct: str) -> None:
        self.do(number, handling.receive, actor=self.officer(number), about=rule_or_conduct, kind="khac", sector_code="")

    @rule(number=petitions)
    def classify(self, number: UUID) -> None:
        self.do(number, handling.classify, actor=self.officer(number), about="rule", kind="sang-kien", sector_code="")

    @rule(number=petitions, reason=st.sampled_from(["content", "silent"]))
    def refuse(self, number: UUID, reason: str) -> None:
        self.do(number, handling.refuse, actor=self.officer(number), reason=reason, words="Không thuộc nội dung tiếp nhận.")

    @rule(number=petitions)
    def ask(self, number: UUID) -> None:
        self.do(number, handling.ask_more, actor=self.officer(number), question="Số giấy hẹn?")

    @rule(number=petitions)
    def go_on(self, number: UUID) -> None:
        self.do(number, handling.go_on, actor=self.officer(number), reason="Đủ rồi.")

    @rule(number=petitions, unit=st.sampled_from(UNITS))
    def transfer(self, number: UUID, unit: str) -> None:
        self.do(number, routing.transfer, actor=self.officer(number), unit_code=unit, reason="Thuộc nơi ấy.")

    @rule(number=petitions)
    def send_back(self, number: UUID) -> None:
        self.do(number, routing.send_back, actor=self.officer(number), reason="Không phải ở đây.")

    @rule(number=petitions, unit=st.sampled_from(UNITS))
    def ask_opinion(self, number: UUID, unit: str) -> None:
        self.do(number, routing.ask_opinions, actor=self.officer(number), unit_codes=[unit], question="Ý kiến?")

    @rule(number=petitions)
    def give_opinion(self, number: UUID) -> None:
        for pk, row in list(self.readings[number].opinions.items())[:1]:
            routing.give_opinion(actor=actors[row[0], False], opinion_id=pk, stance="disagrees", words="Không.", now=self.now)
            self.check(number)

    @rule(number=petitions)
    def escalate(self, number: UUID) -> None:
        self.do(number, routing.escalate, actor=self.officer(number), cause="government", words="Thuộc Chính phủ.")

    @rule(number=petitions)
    def take_over(self, number: UUID) -> None:
        self.do(number, routing.take_over, actor=actors[TOP, False], cause="government", words="Chủ trì.")

    @rule(number=petitions)
    def report(self, number: UUID) -> None:
        self.do(number, answering.report_progress, actor=self.officer(number), words="Đang làm.")

    @rule(number=petitions, days=st.integers(0, 9))
    def answer(self, number: UUID, days: int) -> None:
        outcome = (self.now - dt.timedelta(days=days)).date()
        self.do(number, answering.submit_answer, actor=self.officer(number), words="Đã trả kết quả.", outcome_on=outcome)

    @rule(number=petitions)
    def return_answer(self, number: UUID) -> None:
        self.do(number, answering.return_answer, actor=self.officer(number, other=True), reason="Chưa rõ.")

    @rule(number=petitions)
    def approve(self, number: UUID) -> None:
        self.do(number, answering.approve, actor=self.officer(number, other=True))

    @rule(number=petitions, days=st.integers(0, 30), helps=st.booleans())
    def the_straight_way(self, number: UUID, days: int, helps: bool) -> None:
        """Taken on, answered, approved; else machines of chance answer few."""
        for act in (lambda: self.receive(number, "rule"), lambda: self.answer(number, 0), lambda: self.approve(number)):
            act()
            self.now += dt.timedelta(days=days / 3)
        self.rate(number, helps)

    @rule(one=petitions, other=petitions)
    def answer_together(self, one: UUID, other: UUID) -> None:
        unit = Petition.objects.values_list("unit_code", flat=True).get(pk=one)
        if one == other or Petition.objects.filter(pk=other).exclude(unit_code=unit).exists():
            return
        try:
            answering.group(actor=actors[unit, False], petition_ids=[one, other], now=self.now, different=True)
        except PetitionRefused:
            return
        self.receive(one, "rule")
        self.answer(one, 0)
        self.do(one, answering.approve, actor=self.officer(one, other=True), to_group=True)
        for message in Message.objects.filter(kind="feedback.answer_copy", done_at=None):
            told = message.payload
            answering.answer_copy(petition_id=UUID(told["petition"]), answer_id=told["answer"], actor=SYSTEM, now=self.now)
            Message.objects.filter(pk=message.pk).update(done_at=self.now)
            self.check(UUID(told["petition"]))

    @rule(number=consumes(petitions))
    def seal_away(self, number: UUID) -> None:
        self.do(number, seal_away, actor=self.officer(number), basis="CV 01/MB")

    # What the sender does ---------------------------------------------------------------------------------------------------

    def sender(self, number: UUID) -> Actor:
        party = Petition.objects.values_list("party_id", flat=True).get(pk=number)
        found: Actor = next(
            (actors["sender", which] for which in (True, False) if actors["sender", which].party_id == party), actors["sender", True]
        )
        return found

    @rule(number=petitions)
    def supply(self, number: UUID) -> None:
        self.do(number, handling.supply, actor=self.sender(number), words="Số 12.")

    @rule(number=petitions, helps=st.booleans())
    def rate(self, number: UUID, helps: bool) -> None:
        self.do(number, answering.rate, actor=self.sender(number), helps=helps, words="")

    @rule(number=petitions)
    def disagree(self, number: UUID) -> None:
        self.do(number, answering.disagree, actor=self.sender(number), words="Tôi chưa nhận được.")

    @rule(number=petitions)
    def withdraw(self, number: UUID) -> None:
        self.do(number, handling.withdraw, actor=self.sender(number))

    # What happens -----------------------------------------------------------------------------------------------------------

    @rule(hours=st.integers(1, 400))
    def time_goes_by(self, hours: int) -> None:
        self.now += dt.timedelta(hours=hours, minutes=13)

    @rule(days=st.integers(-10, 40))
    def a_holiday_is_declared(self, days: int) -> None:
        offs.add((self.now + dt.timedelta(days=days)).date())

    @rule(
        name=st.sampled_from(sorted(LAW)),
        amount=st.integers(1, 30),
        unit=st.sampled_from(["day", "working_day"]),
        days=st.integers(-30, 30),
    )
    def a_limit_changes(self, name: str, amount: int, unit: str, days: int) -> None:
        day = (self.now + dt.timedelta(days=days)).date()
        Term.objects.update_or_create(name=name, valid_from=day, defaults={"amount": amount, "unit": unit, "basis": "Thử"})

    @rule()
    def an_agency_ends(self) -> None:
        today = dt.datetime.now(ZONE).date()
        Agency.objects.filter(code=ENDING).update(effective_to=today, successor=Agency.objects.on(today).get(code=OWN_HOURS))

    @rule()
    def the_night(self) -> None:
        """The regular work; after it nothing is left to be brought in line."""
        clocks.move_to_successors(now=self.now)
        for number, reading in self.readings.items():
            clocks.recompute(petition_id=number, now=self.now)
            self.check(number)
            if reading.state in ("new", "waiting", "processing", "checking"):
                reading.recompute()
                self.check(number)


def _set_up() -> None:
    loading.load()
    today = dt.date(2025, 7, 1)
    like = Agency.objects.on(dt.datetime.now(ZONE).date()).get(code=HERE)
    for code, hours in ((OWN_HOURS, SATURDAYS), (ENDING, None)):
        Agency.objects.create(
            code=code, name=f"UBND phường Thử {code}", level=like.level, parent=like.parent, working_hours=hours, effective_from=today
        )
    for unit in (*UNITS, TOP):
        for other in (False, True):
            roles = (*ROLES, "steering") if unit == TOP else ROLES
            actors[unit, other] = factories.make_officer_actor(unit=unit, roles=roles)
    for which in (True, False):
        actors["sender", which] = factories.citizen_actor(factories.make_person())


@pytest.mark.requirement("F-04", "F-05")
def test_a_disagreement_leaves_its_round_with_who_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk that chance seldom takes."""
    _set_up()
    machine = Petitions()
    number = machine.send(UNITS[0])
    machine.receive(number, "rule")
    machine.answer(number, 0)
    machine.approve(number)
    machine.disagree(number)
    machine.receive(number, "conduct")
    assert Petition.objects.get(pk=number).round == 2
    machine.teardown()


def test_whatever_happens_the_clocks_are_what_the_events_say(monkeypatch: pytest.MonkeyPatch) -> None:
    import feedback.services.common as common
    import portal.catalogues.models as catalogues

    for room in (common, clocks, handling, answering, catalogues):
        monkeypatch.setattr(room, "national_calendar", with_late_holidays)
    # Days off come with a release, which begins with processes that remember no agency's calendar.
    monkeypatch.setattr("dossiers.queries._handling", Forgetful("catalogues"))
    _set_up()
    run_state_machine_as_test(
        Petitions,
        settings=hypothesis_settings(
            max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False
        ),
    )
