"""The way of a petition through its services: each act, its right, its clocks, what is told (Rules art. 42–45)."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from accounts.models import EmailAddress
from feedback import loading
from feedback.figures import cells_of
from feedback.models import Petition, PetitionKind, TallyDelta, Term
from feedback.rules import Limit
from feedback.services import PetitionRefused, answering, clocks, handling, records, routing, sending, stepping
from feedback.services.secrets import seal_away
from feedback.terms import limits_at
from portal.access import SYSTEM, AccessDenied, Actor
from portal.notifications.models import Notification
from portal.notifications.registry import contact_of
from portal.outbox import services as outbox
from portal.outbox.models import Message
from portal.workdays import ZONE
from tests import factories
from tests.feedback.support import MONDAY, WORDS, answered, later, officer, received, send_one

pytestmark = pytest.mark.usefixtures("demo_data")


def _at(day: int, month: int, hour: int = 17, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=ZONE)


def _balanced() -> None:
    """The deltas add up to what the petitions say."""
    said: Counter[tuple[object, ...]] = Counter()
    for one in Petition.objects.all():
        said.update(cells_of(one))
    kept: Counter[tuple[object, ...]] = Counter()
    for row in TallyDelta.objects.all():
        cell = (row.day, row.agency_code, row.unit_code, row.kind, row.sector_code, row.procedure_code, row.measure)
        kept[cell] += row.number
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
    # What was said of the answer stays with that round, and why it was not agreed with in the event: neither in place of the other.
    finished = petition.finished_rounds.get()
    assert (finished.helps, finished.rated, finished.rated_words) == (False, False, "Chưa nhận được.")
    assert finished.rated_at == later(MONDAY, days=9) and petition.helps is None and petition.helps_words is None
    assert petition.events.get(name="disagree").note == "Tôi vẫn chưa nhận được giấy."
    shown = records.parts_of(petition, records.OFFICERS)
    said = {part.heading: [line.value for line in part.lines] for part in shown}
    assert said["Người gửi đánh giá trả lời lần 1"][0] == "Chưa giúp được" and "Chưa nhận được." in said["Người gửi đánh giá trả lời lần 1"]
    assert any("Tôi vẫn chưa nhận được giấy." in line for line in said["Các việc đã làm"])
    assert records.case_json(petition, records.OFFICERS)["finished_rounds"][0]["rated_words"] == "Chưa nhận được."
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


@pytest.mark.requirement("C-24")
def test_an_agency_reports_a_procedure_to_its_owner() -> None:
    loading.load()
    reporter = officer("H26.101", roles=("handling",))
    petition = sending.report_procedure(
        actor=reporter,
        kind="can-tro",
        procedure_code="1.001193",
        subject="Giấy tờ không cần thiết",
        words="Thủ tục yêu cầu bản sao giấy tờ mà cơ sở dữ liệu dân cư đã có.",
        now=MONDAY,
    )
    assert petition.unit_code == "G15" and petition.reporter_unit == "H26.101" and petition.party_id is None
    owner = officer("G15")
    with pytest.raises(Petition.DoesNotExist):
        received(petition, officer("H26.102"))
    received(petition, owner)
    assert Notification.objects.filter(party_id=reporter.person_id, template="feedback.accepted").exists()
    to_top = sending.report_procedure(
        actor=reporter,
        kind="chua-cong-bo",
        procedure_code="",
        subject="Thủ tục chưa công bố",
        words="Thủ tục này đã có hiệu lực nhưng chưa được công bố ở đâu.",
        now=MONDAY,
    )
    assert to_top.unit_code == "G22"


@pytest.mark.requirement("F-02")
def test_kinds_and_terms_come_with_the_portal_and_what_vpcp_changed_stays() -> None:
    loading.load()
    PetitionKind.objects.filter(pk="khac").update(name="Việc khác")
    Term.objects.create(name="answer", amount=15, unit="working_day", valid_from=MONDAY.date(), basis="Thử nghiệm")
    loading.load()
    assert PetitionKind.objects.get(pk="khac").name == "Việc khác"
    before, _one = send_one(now=later(MONDAY, days=-1))
    after, _two = send_one(now=MONDAY)
    # A petition of the day before has 20 days; one of the day on which the setting begins 15 working days, with 24 November off.
    assert before.due_at == _at(7, 12) and after.due_at == _at(8, 12)
    assert limits_at(before.received_at)["answer"] == Limit(20, "day")
    assert limits_at(after.received_at)["answer"] == Limit(15, "working_day")


@pytest.mark.requirement("F-01")
def test_what_is_missing_is_named_and_nothing_is_lost() -> None:
    loading.load()
    actor = factories.citizen_actor(factories.make_person())
    draft = sending.start_draft(actor=actor)
    sending.save_draft(
        actor=actor,
        draft_id=draft.pk,
        data={"subject": "x" * 151, "words": "The office did not give me the result of my file.", "email": "không", "name": "Lê " * 70},
    )
    with pytest.raises(sending.SendingRefused) as refused:
        sending.send(actor=actor, draft_id=draft.pk, now=MONDAY)
    assert {problem.field for problem in refused.value.problems} == {"kind", "subject", "words", "email", "name"} | (
        {"phone"} if not draft.data["phone"] else set()
    )
    sending.save_draft(actor=actor, draft_id=draft.pk, data={"words": "\u200bnhà\u202e nước " + "a" * 70_000})
    draft.refresh_from_db()
    assert draft.data["words"].startswith("nhà nước") and len(draft.data["words"]) == sending.MAX_KEPT
    assert draft.data["subject"] == "x" * 151


@pytest.mark.requirement("F-01")
def test_floods_and_repetitions_from_one_account_are_stopped_in_words() -> None:
    person = factories.make_person()
    send_one(person)
    with pytest.raises(PetitionRefused, match="đúng nội dung này"):
        send_one(person)
    for number in range(1, sending.A_DAY):
        send_one(person, words=f"{WORDS} Lần {number}.")
    with pytest.raises(PetitionRefused, match="nhiều nhất"):
        send_one(person, words=f"{WORDS} Thêm một lần nữa.")
    send_one(person, words=f"{WORDS} Thêm một lần nữa.", now=later(MONDAY, days=1))


@pytest.mark.requirement("F-14")
def test_events_and_given_answers_cannot_be_changed() -> None:
    petition, _sender = send_one()
    answered(petition)
    for change in (
        lambda: petition.events.update(name="x"),
        lambda: petition.answers.update(drafted_label="x"),
        lambda: Petition.objects.filter(pk=petition.pk).update(code="PA0"),
    ):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()


@pytest.mark.requirement("F-12")
def test_each_act_wants_its_role_at_the_agency_that_holds_it() -> None:
    petition, _sender = send_one()
    with pytest.raises(AccessDenied):
        received(petition, officer(roles=("petition_handling",)))
    with pytest.raises(Petition.DoesNotExist):
        received(petition, officer("H26.102"))
    receiver = officer("H26", roles=("petition_reception",))
    received(petition, receiver)
    with pytest.raises(AccessDenied):
        answering.submit_answer(actor=receiver, petition_id=petition.pk, words="Đã xử lý.", outcome_on=MONDAY.date(), now=MONDAY)
    answering.submit_answer(actor=officer(), petition_id=petition.pk, words="Đã xử lý.", outcome_on=MONDAY.date(), now=MONDAY)
    with pytest.raises(AccessDenied):
        answering.approve(actor=officer(roles=("petition_handling",)), petition_id=petition.pk, now=MONDAY)
    with pytest.raises(AccessDenied):
        seal_away(actor=officer(roles=("petition_publishing",)), petition_id=petition.pk, basis="CV 1", now=MONDAY)


@pytest.mark.requirement("F-08")
def test_a_letter_is_entered_with_the_day_it_came() -> None:
    loading.load()
    came = later(MONDAY, days=-3)
    petition = sending.enter(
        actor=officer(),
        source="letter",
        came_at=came,
        kind="cham-tre",
        subject="Thư của ông Giả Định",
        words=WORDS,
        sender={"name": "Trần Văn Giả Định", "address": "Số 1 phố Ví Dụ", "phone": "0900000001"},
        unit_code="H26.101",
        now=MONDAY,
    )
    assert petition.received_at == came and petition.refuse_due_at == _at(17, 11)
    assert Message.objects.filter(kind="feedback.tell_writer").exists()


@pytest.mark.requirement("F-04")
def test_an_answer_is_entered_within_two_working_days_of_the_outcome() -> None:
    petition, _sender = send_one()
    handler = officer()
    received(petition, handler)
    with pytest.raises(PetitionRefused, match="Ngày có kết quả"):
        answering.submit_answer(
            actor=handler, petition_id=petition.pk, words="Xong.", outcome_on=later(MONDAY, days=-1).date(), now=later(MONDAY, days=4)
        )
    answer = answering.submit_answer(
        actor=handler, petition_id=petition.pk, words="Xong.", outcome_on=MONDAY.date(), now=later(MONDAY, days=4)
    )
    assert answer.result_due_at == _at(18, 11)
    answering.approve(actor=officer(), petition_id=petition.pk, now=later(MONDAY, days=4))
    assert petition.events.get(name="approve").details["entered_on_time"] is False


@pytest.mark.requirement("F-11")
def test_another_systems_petition_is_taken_over_once() -> None:
    loading.load()
    said = {
        "actor": SYSTEM, "system": "H26", "external_ref": "HN-1", "received_at": MONDAY, "kind": "khac", "subject": "Từ hệ thống tỉnh",
        "words": WORDS, "sender": {"name": "Lê Thị Giả Định", "phone": "0900000002"}, "unit_code": "H26.101", "now": later(MONDAY, hours=1),
    }  # fmt: skip
    first = sending.hand_in(**said)
    assert sending.hand_in(**said).pk == first.pk and first.received_at == MONDAY
    with pytest.raises(PetitionRefused):
        sending.hand_in(**{**said, "external_ref": "HN-2", "unit_code": "X99"})


@pytest.mark.requirement("F-03")
def test_who_works_on_it_is_warned_then_the_head_then_vpcp() -> None:
    petition, _sender = send_one()
    handler, head, vpcp = officer(roles=("petition_reception",)), officer(roles=("petition_checking",)), officer("G22", roles=("steering",))
    received(petition, handler)

    def told(actor: Actor) -> list[str]:
        rows = Notification.objects.filter(party_id=actor.person_id, channel="inbox").order_by("created_at", "template")
        return [row.template for row in rows]

    assert clocks.warn(now=later(MONDAY, days=2)) == 0
    assert clocks.warn(now=_at(3, 12, 9)) == 1 and clocks.warn(now=_at(3, 12, 10)) == 0
    assert clocks.warn(now=_at(7, 12, 9)) == 1
    assert clocks.warn(now=_at(8, 12, 9)) == 1
    assert told(handler) == ["feedback.warn_soon", "feedback.warn_today", "feedback.warn_late"]
    assert told(head) == ["feedback.warn_today", "feedback.warn_late"]
    assert told(vpcp) == ["feedback.warn_late"]


@pytest.mark.requirement("F-03")
def test_where_a_unit_has_nobody_the_one_above_is_warned() -> None:
    send_one(unit="H26.102")
    above = officer("H26", roles=("petition_reception", "petition_checking"))
    assert clocks.warn(now=_at(3, 12, 9)) == 1
    rows = Notification.objects.filter(party_id=above.person_id, channel="inbox")
    assert [row.template for row in rows] == ["feedback.warn_soon"]


def _told(actor: Actor) -> list[str]:
    """What an officer was told of steps, by its words about the step."""
    rows = Notification.objects.filter(party_id=actor.person_id, channel="inbox", template__startswith="feedback.step_").order_by(
        "created_at"
    )
    return [f"{row.template.removeprefix('feedback.step_')}: {row.title}" for row in rows]


@pytest.mark.requirement("F-03")
def test_each_step_has_its_warnings_and_nobody_is_told_twice() -> None:
    petition, _sender = send_one()
    clerk, head = officer(roles=("petition_reception",)), officer(roles=("petition_checking",))
    assert stepping.warn_of_steps(now=later(MONDAY, hours=1)) == 0
    # Two working days to receive or refuse, five to pass on.
    assert stepping.warn_of_steps(now=petition.refuse_due_at - dt.timedelta(hours=1)) == 1
    assert stepping.warn_of_steps(now=petition.refuse_due_at - dt.timedelta(minutes=1)) == 0
    assert stepping.warn_of_steps(now=petition.refuse_due_at + dt.timedelta(minutes=1)) == 1
    assert [line.split(":")[0] for line in _told(clerk)] == ["today", "late"] and [line.split(":")[0] for line in _told(head)] == ["late"]
    assert "không tiếp nhận" in _told(clerk)[0] and petition.code in _told(clerk)[0]
    # Received in the end: nothing is said of passing it on.
    handler = officer(roles=("petition_reception", "petition_handling"))
    received(petition, handler, now=petition.refuse_due_at + dt.timedelta(hours=2))
    assert stepping.warn_of_steps(now=petition.transfer_due_at + dt.timedelta(hours=1)) == 0


@pytest.mark.requirement("F-03")
def test_reports_outcomes_and_opinions_that_are_late_are_told_to_who_owes_them() -> None:
    petition, _sender = send_one()
    handler = officer(roles=("petition_reception", "petition_handling"))
    received(petition, handler)
    asked_of = officer("H26.102", roles=("petition_handling",))
    asked = routing.ask_opinions(
        actor=handler, petition_id=petition.pk, unit_codes=["H26.102"], question="Có đúng không?", now=later(MONDAY, days=1)
    )
    stepping.warn_of_steps(now=asked[0].due_at + dt.timedelta(minutes=1))
    assert [line.split(":")[0] for line in _told(asked_of)] == ["late"] and "cho ý kiến" in _told(asked_of)[0]
    head = officer(roles=("petition_checking",))
    petition.refresh_from_db()
    assert petition.progress_due_at is not None
    stepping.warn_of_steps(now=petition.progress_due_at - dt.timedelta(minutes=1))
    assert "báo tình hình" in _told(handler)[-1] and _told(handler)[-1].startswith("today")
    submitted = later(MONDAY, days=3)
    answer = answering.submit_answer(
        actor=handler, petition_id=petition.pk, words="Đã làm xong.", outcome_on=timezone.localdate(submitted), now=submitted
    )
    assert answer.result_due_at is not None
    stepping.warn_of_steps(now=answer.result_due_at + dt.timedelta(minutes=1))
    assert any(line.startswith("late") and "duyệt trả lời" in line for line in _told(head))


@pytest.mark.requirement("F-07")
def test_a_letter_goes_where_the_answer_was_asked_for() -> None:
    petition, sender = send_one()
    given = (petition.sender or {}).get("email")
    assert given and contact_of(petition.party_id).email != given  # type: ignore[arg-type]  # it has a party
    row = Notification.objects.get(party_id=petition.party_id, channel="email", template="feedback.sent")
    assert row.address == given
    EmailAddress.objects.create(person_id=sender.person_id, address=given, verified_at=timezone.now())
    received(petition, officer(roles=("petition_reception",)))
    rows = Notification.objects.filter(party_id=petition.party_id, channel="email", template="feedback.accepted")
    assert rows.count() == 1, "not twice to one mailbox"
