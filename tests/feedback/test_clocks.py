"""The nightly work on petitions: a holiday declared late, an agency that ends."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.utils import timezone

from feedback import tasks
from feedback.models import Petition
from feedback.services import answering, handling, routing
from portal.caching import Remembered
from portal.catalogues.models import Agency
from portal.workdays import ZONE
from portal.workdays.calendar import national_calendar
from tests.feedback.support import MONDAY, later, officer, received, send_one

pytestmark = pytest.mark.usefixtures("demo_data")


def _at(day: int, month: int) -> dt.datetime:
    return dt.datetime(2026, month, day, 17, tzinfo=ZONE)


def declare(monkeypatch: pytest.MonkeyPatch, *days: dt.date) -> None:
    """The Government gives these days off, after deadlines were reckoned."""
    import feedback.services.clocks as clocks
    import portal.catalogues.models as catalogues

    late = replace(national_calendar(), days_off=national_calendar().days_off | set(days))
    for room in (clocks, catalogues):
        monkeypatch.setattr(room, "national_calendar", lambda: late)
    # Days off come with a release: processes begin anew and remember no agency's calendar.
    monkeypatch.setattr("dossiers.queries._handling", Remembered("catalogues"))


@pytest.mark.requirement("F-03", "F-04")
def test_a_holiday_declared_late_moves_what_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    petition, _sender = send_one()
    handler = officer()
    received(petition, handler)
    [opinion] = routing.ask_opinions(actor=handler, petition_id=petition.pk, unit_codes=["H26.102"], question="Ý kiến?", now=MONDAY)
    answer = answering.submit_answer(actor=handler, petition_id=petition.pk, words="Đã trả.", outcome_on=MONDAY.date(), now=MONDAY)
    asked, _other = send_one(words="Tôi hỏi một việc khác hẳn về hồ sơ đất đai của gia đình, phường chưa trả lời.")
    handling.ask_more(actor=handler, petition_id=asked.pk, question="Số nào?", now=MONDAY)
    done, sender = send_one(words="Tôi đã rút lại phản ánh này nên không ai phải làm gì nữa cả, xin cảm ơn cán bộ.")
    handling.withdraw(actor=sender, petition_id=done.pk, now=MONDAY)
    declare(monkeypatch, dt.date(2026, 11, 17), dt.date(2026, 11, 26), dt.date(2026, 12, 7))
    assert tasks.recompute() >= 2

    petition.refresh_from_db()
    assert petition.due_at == petition.unit_due_at == _at(8, 12), "7 December is a day off now"
    # 24 November is one of the law.
    assert (petition.refuse_due_at, petition.transfer_due_at) == (_at(19, 11), _at(25, 11))
    assert petition.progress_due_at == _at(15, 12)
    assert petition.holdings.get().due_at == petition.unit_due_at
    opinion.refresh_from_db()
    answer.refresh_from_db()
    asked.refresh_from_db()
    assert (opinion.due_at, answer.result_due_at) == (_at(30, 11), _at(19, 11))
    assert asked.supply_due_at == asked.supplements.get().due_at == _at(27, 11)
    event = petition.events.get(name="recompute")
    assert (event.due_before, event.due_after, event.acting_as) == (_at(7, 12), _at(8, 12), "system")
    assert "due_at" in event.details["moved"] and "parts" in event.details["moved"]
    assert not done.events.filter(name="recompute").exists()
    assert tasks.recompute() == 0, "once"


def test_who_follows_an_agency_gives_the_opinions_that_were_asked_of_it() -> None:
    old, new = (
        Agency.objects.create(code=code, name=f"UBND phường Thử {code}", level="commune", effective_from=dt.date(2025, 7, 1))
        for code in ("H26.901", "H26.902")
    )
    petition, _sender = send_one()
    lead = officer()
    received(petition, lead)
    (asked,) = routing.ask_opinions(actor=lead, petition_id=petition.pk, unit_codes=[old.code], question="Ý kiến?", now=MONDAY)
    Agency.objects.filter(pk=old.pk).update(effective_to=timezone.localdate(), successor=new)
    assert tasks.succeed() == 1 and tasks.succeed() == 0
    given = routing.give_opinion(actor=officer(new.code), opinion_id=asked.pk, stance="agrees", words="Đồng ý.", now=MONDAY)
    assert (given.unit_code, given.due_at) == (new.code, asked.due_at)
    event = petition.events.get(name="pass_opinion_on")
    assert (event.unit_code, event.to_unit) == (old.code, new.code)


def test_who_follows_an_agency_goes_on_with_its_petitions_and_their_clocks() -> None:
    old, new = (
        Agency.objects.create(code=code, name=f"UBND phường Thử {code}", level="commune", effective_from=dt.date(2025, 7, 1))
        for code in ("H26.901", "H26.902")
    )
    petition, _sender = send_one(unit=old.code)
    received(petition, officer(old.code), now=later(MONDAY, days=1))
    petition.refresh_from_db()
    before = {name: getattr(petition, name) for name in ("due_at", "unit_due_at", "refuse_due_at", "accepted_at", "progress_due_at")}
    assert tasks.succeed() == 0
    Agency.objects.filter(pk=old.pk).update(effective_to=timezone.localdate(), successor=new)
    assert tasks.succeed() == 1
    petition = Petition.objects.get(pk=petition.pk)
    assert (petition.unit_code, petition.state, petition.handler_position_id) == (new.code, "processing", None)
    assert {name: getattr(petition, name) for name in before} == before
    first, second = petition.holdings.all()
    assert first.ended_at is not None and (second.how, second.from_unit, second.due_at) == ("succeeded", old.code, petition.unit_due_at)
    event = petition.events.get(name="succeed")
    assert (event.unit_code, event.to_unit, event.due_after) == (old.code, new.code, petition.due_at)
    answering.submit_answer(
        actor=officer(new.code), petition_id=petition.pk, words="Đã trả.", outcome_on=MONDAY.date(), now=later(MONDAY, days=2)
    )
    assert tasks.succeed() == 0
