"""The way of a petition through its services: each act, its right, its clocks, what is told (Rules art. 42–45)."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from feedback.figures import cells, facts_of
from feedback.models import Petition, TallyDelta
from feedback.services import PetitionRefused, answering, handling, routing
from feedback.services.secrets import seal_away
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from portal.workdays import ZONE
from tests.feedback.support import MONDAY, answered, later, officer, received, send_one

pytestmark = pytest.mark.usefixtures("demo_data")


def _at(day: int, month: int, hour: int = 17, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=ZONE)


def _balanced() -> None:
    """The deltas add up to what the petitions say."""
    said: Counter[tuple[object, ...]] = Counter()
    for one in Petition.objects.all():
        said.update(cells(facts_of(one)))
    kept: Counter[tuple[object, ...]] = Counter()
    for row in TallyDelta.objects.all():
        kept[row.day, row.agency_code, row.unit_code, row.kind, row.sector_code, row.measure] += row.number
    assert +kept == +said


@pytest.mark.requirement("F-03", "F-04")
def test_clocks_of_a_petition_start_with_its_sending() -> None:
    petition, _sender = send_one()
    assert (petition.state, petition.unit_code, petition.agency_code) == ("new", "H26.101", "H26")
    assert petition.refuse_due_at == _at(18, 11)
    assert petition.ask_due_at == petition.transfer_due_at == _at(23, 11)
    # 20 calendar days from Monday 16 November end on Sunday 6 December: the next working day.
    assert petition.due_at == petition.unit_due_at == _at(7, 12)
    assert petition.progress_due_at == _at(14, 12)
    assert Notification.objects.filter(party_id=petition.party_id, template="feedback.sent", channel="inbox").count() == 1


@pytest.mark.requirement("F-03", "F-05", "F-06")
def test_the_whole_way_to_a_disagreement_that_vpcp_takes_up() -> None:
    petition, sender = send_one()
    handler, checker = officer(), officer()
    handling.ask_more(actor=handler, petition_id=petition.pk, question="Số giấy hẹn là bao nhiêu?", now=later(MONDAY, days=1))
    petition.refresh_from_db()
    due = petition.due_at
    assert petition.state == "waiting"
    handling.supply(actor=sender, petition_id=petition.pk, words="Giấy hẹn số 12.", now=later(MONDAY, days=4))
    petition.refresh_from_db()
    assert petition.state == "new" and petition.due_at == due, "the sender's clock runs on"
    received(petition, handler, now=later(MONDAY, days=4))
    answering.submit_answer(
        actor=handler, petition_id=petition.pk, words="Trả lời không đúng ý.", outcome_on=MONDAY.date(), now=later(MONDAY, days=7)
    )
    with pytest.raises(PetitionRefused, match="người khác"):
        answering.approve(actor=handler, petition_id=petition.pk, now=later(MONDAY, days=7))
    answering.return_answer(actor=checker, petition_id=petition.pk, reason="Chưa nói vì sao chậm.", now=later(MONDAY, days=8))
    answering.submit_answer(
        actor=handler,
        petition_id=petition.pk,
        words="Chậm vì máy hỏng.",
        outcome_on=MONDAY.date(),
        now=later(MONDAY, days=8),
    )
    answering.approve(actor=checker, petition_id=petition.pk, now=later(MONDAY, days=9))
    petition.refresh_from_db()
    assert petition.state == "answered" and petition.publication == "waiting" and petition.progress_due_at is None
    answering.rate(actor=sender, petition_id=petition.pk, helps=False, words="Chưa nhận được.", now=later(MONDAY, days=9))
    answering.disagree(actor=sender, petition_id=petition.pk, words="Tôi vẫn chưa nhận được giấy.", now=later(MONDAY, days=10))
    petition.refresh_from_db()
    assert (petition.state, petition.unit_code, petition.round, petition.publication) == ("new", "G22", 2, "none")
    assert petition.received_at == later(MONDAY, days=10)
    with pytest.raises(PetitionRefused):
        handling.refuse(actor=officer("G22"), petition_id=petition.pk, reason="content", words="Không.", now=later(MONDAY, days=11))
    assert [row.how for row in petition.holdings.all()] == ["sent", "disagreed"]
    _balanced()


def test_between_agencies_each_has_its_own_clock() -> None:
    petition, _sender = send_one()
    here, there = officer(), officer("H26.102")
    routing.transfer(actor=here, petition_id=petition.pk, unit_code="H26.102", reason="Hồ sơ nộp ở phường bên.", now=later(MONDAY, days=3))
    petition.refresh_from_db()
    assert petition.unit_code == "H26.102" and petition.due_at == _at(7, 12) and petition.unit_due_at == _at(9, 12)
    with pytest.raises(PetitionRefused):
        routing.send_back(actor=there, petition_id=petition.pk, reason="", now=later(MONDAY, days=3))
    routing.send_back(actor=there, petition_id=petition.pk, reason="Không phải ở đây.", now=later(MONDAY, days=4))
    petition.refresh_from_db()
    assert petition.unit_code == "H26.101"
    received(petition, here, now=later(MONDAY, days=4))
    (opinion,) = routing.ask_opinions(
        actor=here, petition_id=petition.pk, unit_codes=["H26.102"], question="Phường có nhận không?", now=later(MONDAY, days=4)
    )
    with pytest.raises(PetitionRefused, match="không thống nhất"):
        routing.escalate(actor=here, petition_id=petition.pk, cause="disagreement", words="Hai bên khác ý.", now=later(MONDAY, days=5))
    routing.give_opinion(actor=there, opinion_id=opinion.pk, stance="disagrees", words="Không thuộc phường.", now=later(MONDAY, days=5))
    routing.escalate(actor=here, petition_id=petition.pk, cause="disagreement", words="Hai bên khác ý.", now=later(MONDAY, days=5))
    petition.refresh_from_db()
    assert (petition.unit_code, petition.state) == ("G22", "new")
    _balanced()


@pytest.mark.requirement("F-04")
def test_a_late_petition_wants_a_report_every_seven_days() -> None:
    petition, _sender = send_one()
    handler = officer()
    received(petition, handler)
    for days in (26, 35, 42):
        answering.report_progress(actor=handler, petition_id=petition.pk, words="Đang chờ Sở trả lời.", now=later(MONDAY, days=days))
    petition.refresh_from_db()
    assert petition.progress_due_at == _at(4, 1).replace(year=2027)
    assert petition.reports.count() == 3


@pytest.mark.requirement("F-06")
def test_a_case_of_state_secrets_leaves_nothing_but_its_stub() -> None:
    petition, _sender = send_one()
    answered(petition)
    seal_away(actor=officer(), petition_id=petition.pk, basis="CV 01/MB ngày 20/11/2026", now=later(MONDAY, days=1))
    petition = type(petition).objects.get(pk=petition.pk)
    assert petition.state == "secret" and petition.words is None and petition.sender is None and petition.sender_key == ""
    assert all(answer.words is None for answer in petition.answers.all())
    assert petition.secret_stub.basis.startswith("CV 01")
    _balanced()


def test_copies_of_one_text_are_answered_together() -> None:
    first, _one = send_one()
    second, _two = send_one()
    assert first.text_print == second.text_print
    handler, checker = officer(), officer()
    answering.group(actor=handler, petition_ids=[first.pk, second.pk], now=MONDAY)
    received(first, handler)
    answering.submit_answer(actor=handler, petition_id=first.pk, words="Đã trả kết quả.", outcome_on=MONDAY.date(), now=MONDAY)
    answering.approve(actor=checker, petition_id=first.pk, now=MONDAY, to_group=True)
    while outbox.work("soon"):
        pass
    second.refresh_from_db()
    assert second.state == "answered" and second.answers.get().words == "Đã trả kết quả."
    assert Notification.objects.filter(party_id=second.party_id, template="feedback.answered").exists()
    _balanced()
