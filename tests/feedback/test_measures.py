"""The criteria 5.2 and 5.3 of the score: what they count, step by step."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest

from feedback.measures import answer_clocks, processed_on_time, satisfied
from feedback.models import Petition, PublishedCase
from feedback.rules import DEFAULTS, SCORE_ANSWER
from feedback.services import answering, handling
from portal.workdays import national_calendar
from tests.feedback.support import MONDAY, answered, later, officer, received, send_one
from tests.feedback.test_publishing import published

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("R-02")]
FIRST, LAST = dt.date(2026, 11, 16), dt.date(2026, 11, 30)
UNIT = "H26.101"


def _ids(rows: object) -> set[object]:
    return set(rows.values_list("pk", flat=True))  # type: ignore[attr-defined]


def test_the_intervals_of_the_clock_are_what_each_moment_gives() -> None:
    clocks = answer_clocks(dt.date(2026, 8, 24), dt.date(2026, 9, 10))
    assert all(one[1] == other[0] for one, other in pairwise(clocks))
    moment = clocks[0][0]
    while moment < clocks[-1][1]:
        (due,) = [due for begin, end, due in clocks if begin <= moment < end]
        assert due == DEFAULTS[SCORE_ANSWER].after(moment, national_calendar()), moment
        moment += dt.timedelta(minutes=137)


def test_each_step_in_time() -> None:
    before = processed_on_time(UNIT, FIRST, LAST, later(MONDAY, days=60))
    counted, good = _ids(before.rows), _ids(before.good)
    in_time = answered(send_one()[0], now=later(MONDAY, days=1))
    # Not within the score's 15 working days, which end on Tuesday 8 December (24 November is a holiday).
    slow = answered(send_one()[0], now=later(MONDAY, days=23))
    refused, _s = send_one()
    handling.refuse(actor=officer(), petition_id=refused.pk, reason="content", words="Không rõ.", now=later(MONDAY, days=1))
    refused_late, _s = send_one()
    handling.refuse(actor=officer(), petition_id=refused_late.pk, reason="content", words="Không rõ.", now=later(MONDAY, days=4))
    asked_late, sender = send_one()
    handling.ask_more(actor=officer(), petition_id=asked_late.pk, question="Khi nào?", now=later(MONDAY, days=9))
    handling.supply(actor=sender, petition_id=asked_late.pk, words="Hôm qua.", now=later(MONDAY, days=9))
    answered(asked_late, now=later(MONDAY, days=10))
    entered_late, _s = send_one()
    received(entered_late, officer())
    answering.submit_answer(
        actor=officer(), petition_id=entered_late.pk, words="Xong.", outcome_on=MONDAY.date(), now=later(MONDAY, days=9)
    )
    answering.approve(actor=officer(), petition_id=entered_late.pk, now=later(MONDAY, days=9))
    never, _s = send_one()
    withdrawn, sender = send_one()
    handling.withdraw(actor=sender, petition_id=withdrawn.pk, now=later(MONDAY, days=1))
    found = processed_on_time(UNIT, FIRST, LAST, later(MONDAY, days=60))
    assert _ids(found.rows) - counted == {p.pk for p in (in_time, slow, refused, refused_late, asked_late, entered_late, never)}
    assert _ids(found.good) - good == {in_time.pk, refused.pk}
    early = processed_on_time(UNIT, FIRST, LAST, later(MONDAY, days=12))
    assert never.pk not in _ids(early.rows), "its time has not gone by"
    assert processed_on_time("H99", FIRST, LAST, MONDAY).points() == 6.0


def test_satisfaction() -> None:
    last = LAST + dt.timedelta(days=20)
    before = satisfied("H26", FIRST, last)
    counted, good = _ids(before.rows), _ids(before.good)
    fine, late = answered(send_one()[0]), answered(send_one()[0], now=later(MONDAY, days=25))
    unhappy, sender = send_one()
    answered(unhappy)
    answering.rate(actor=sender, petition_id=unhappy.pk, helps=False, words="", now=later(MONDAY, days=1))
    again, sender = send_one()
    answered(again)
    answering.disagree(actor=sender, petition_id=again.pk, words="Chưa đúng.", now=later(MONDAY, days=2))
    disliked = answered(send_one()[0])
    published(Petition.objects.get(pk=disliked.pk))
    PublishedCase.objects.filter(petition=disliked).update(unhelpful=3, helpful=2)
    found = satisfied("H26", FIRST, last)
    assert _ids(found.rows) - counted == {fine.pk, late.pk, unhappy.pk, disliked.pk}
    assert _ids(found.good) - good == {fine.pk}
    assert list(found.former.values_list("petition", flat=True)) == [again.pk] and not found.former_good.exists()
    assert found.denominator == len(counted) + 5, "written again, it counts against the agency whose answer it was"
    top = satisfied("G22", FIRST, last)
    assert again.pk not in _ids(top.rows) and not top.former.exists(), "VPCP has not answered yet"
    again.refresh_from_db()
    answered(again, unit="G22", now=later(MONDAY, days=4))
    top = satisfied("G22", FIRST, last)
    assert again.pk in _ids(top.good) and satisfied("H26", FIRST, last).denominator == len(counted) + 5


def test_steps_of_a_round_the_sender_did_not_agree_with_are_the_former_agencys() -> None:
    before, top = (processed_on_time(unit, FIRST, LAST, later(MONDAY, days=60)).denominator for unit in (UNIT, "G22"))
    quick, sender = send_one()
    answered(quick)
    answering.disagree(actor=sender, petition_id=quick.pk, words="Chưa đúng.", now=later(MONDAY, days=1))
    slow, sender = send_one()
    answered(slow, now=later(MONDAY, days=23))
    answering.disagree(actor=sender, petition_id=slow.pk, words="Chưa đúng.", now=later(MONDAY, days=24))
    found = processed_on_time(UNIT, FIRST, LAST, later(MONDAY, days=60))
    assert found.denominator == before + 2
    assert list(found.former_good.values_list("petition", flat=True)) == [quick.pk]
    theirs = processed_on_time("G22", FIRST, LAST, later(MONDAY, days=60))
    assert theirs.denominator == top + 1 and quick.pk not in _ids(theirs.good), "the next round's clock is VPCP's"
