"""States and deadlines from the events alone; a day off that is declared after the appointment was given moves it, and people are told."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dossiers import services
from dossiers.models import Dossier, SupplementRequest
from dossiers.services.recomputing import MOVED, recompute
from portal.caching import Remembered
from portal.catalogues import models as catalogues
from portal.notifications.models import Notification
from portal.workdays import national_calendar
from tests.dossiers.support import NOW, ZONE, decide, filed, leader, mother, received
from tests.dossiers.test_corrections import appoint
from tests.dossiers.test_supplements import MONDAY, ask, fresh, give
from tests.factories import citizen_actor, make_officer_actor

pytestmark = pytest.mark.usefixtures("demo_data")


def said(**options: Any) -> str:
    out = StringIO()
    call_command("recompute_dossiers", stdout=out, **options)
    return out.getvalue()


def declare(monkeypatch: pytest.MonkeyPatch, *days: date) -> None:
    """Days off that nobody knew of before."""
    national = national_calendar()
    changed = dataclasses.replace(national, days_off=national.days_off | set(days))
    monkeypatch.setattr(catalogues, "national_calendar", lambda: changed)
    # Days off come with a release: processes begin anew and remember no agency's calendar.
    monkeypatch.setattr("dossiers.queries._handling", Remembered("catalogues"))


@pytest.mark.requirement("D-06", "D-08")
def test_every_way_a_dossier_goes_is_reckoned_again_from_its_events() -> None:
    officer, chief = make_officer_actor(), leader()
    filed()
    refused = filed()
    services.refuse(actor=officer, dossier_id=refused.id, seen_version=refused.version, reason="Trùng", now=NOW)
    services.undo_refuse(actor=chief, dossier_id=refused.id, seen_version=fresh(refused).version, reason="Nhầm", now=MONDAY)
    early = filed()
    ask(early, officer)
    give(early)
    taken = filed()
    services.withdraw(actor=citizen_actor(mother()), dossier_id=taken.id, seen_version=taken.version, now=NOW)
    received(officer)
    for clock in ("pause", "restart"):
        dossier = received(officer)
        appoint(dossier, chief)
        ask(dossier, officer)
        SupplementRequest.objects.filter(dossier=dossier).update(clock=clock)
        give(dossier, now=MONDAY.replace(hour=16))
    back = received(officer)
    ask(back, officer)
    services.call_off_supplement(actor=officer, dossier_id=back.id, seen_version=fresh(back).version, reason="Nhầm", now=MONDAY)
    ask(back, officer, now=MONDAY)
    services.follow_supplements(now=MONDAY + timedelta(days=20))
    undone = received(officer)
    services.undo_receive(actor=officer, dossier_id=undone.id, seen_version=undone.version, reason="Nhầm", now=NOW)
    services.receive(actor=officer, dossier_id=undone.id, seen_version=fresh(undone).version, now=MONDAY)
    decide(received(officer), officer, chief)
    assert "0 with faults, 0 with another deadline" in said()


@pytest.mark.requirement("D-08")
def test_a_holiday_declared_after_the_appointment_moves_it_and_people_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    officer, chief = make_officer_actor(), leader()
    friday = datetime(2026, 11, 20, 16, 0, tzinfo=ZONE)
    plain, waiting, promised, done = (received(officer, now=friday) for _ in range(4))
    ask(waiting, officer, now=friday)
    appoint(promised, chief, day="2026-11-25", now=friday)
    decide(done, officer, chief, now=friday)
    new = filed(now=friday)
    assert plain.due_at == datetime(2026, 11, 23, 17, 0, tzinfo=ZONE)
    before = {one.pk: fresh(one) for one in (plain, waiting, promised, done, new)}

    declare(monkeypatch, date(2026, 11, 23), date(2026, 11, 25))
    dry = said()
    assert "0 with faults, 5 with another deadline, 0 moved" in dry and str(plain.code) in dry
    assert fresh(plain).due_at == before[plain.pk].due_at, "asked only"
    assert "5 moved" in said(apply=True)
    thursday = datetime(2026, 11, 26, 17, 0, tzinfo=ZONE)
    assert fresh(plain).due_at == thursday and fresh(plain).due_first == before[plain.pk].due_first
    assert (fresh(promised).due_at, fresh(promised).due_counted)[1] == thursday
    assert fresh(waiting).due_at == thursday
    assert fresh(waiting).supplement_until == waiting.supplements.get().until == datetime(2026, 12, 2, 17, 0, tzinfo=ZONE)
    assert fresh(new).response_due_at > before[new.pk].response_due_at
    event = plain.events.latest("id")
    assert (event.name, event.from_state, event.to_state, event.due_before, event.due_at) == (
        MOVED, "4", "4", before[plain.pk].due_at, thursday,
    )  # fmt: skip
    moved = Notification.objects.filter(template="dossiers.due_moved", channel="sms")
    assert moved.count() == 4
    assert Notification.objects.filter(template="dossiers.supplement_longer", channel="sms").count() == 1
    assert "0 with another deadline" in said(apply=True) and moved.count() == 4, "once"


@pytest.mark.requirement("D-06")
def test_a_dossier_that_says_other_than_its_events_is_named_and_not_touched() -> None:
    dossier, other = received(make_officer_actor()), filed()
    Dossier.objects.filter(pk=dossier.pk).update(state="2")
    out = StringIO()
    with pytest.raises(CommandError, match="contradict"):
        call_command("recompute_dossiers", stdout=out, apply=True)
    assert f"{dossier.code}: state: 2 → 4" in out.getvalue() and str(other.code) not in out.getvalue()
    assert fresh(dossier).state == "2" and not dossier.events.filter(name=MOVED).exists()
    assert "0 dossiers" in said(unit="H99")


def test_the_slices_do_not_ask_more_for_more_dossiers(django_assert_max_num_queries: Any) -> None:
    officer = make_officer_actor()
    for _ in range(4):
        received(officer)
    with django_assert_max_num_queries(60):
        differences, looked, after = recompute(size=2)
    assert (differences, looked) == ([], 2) and after is not None
