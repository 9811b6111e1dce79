"""What officers do: receive, refuse, decide, have it signed; clocks, events, documents, invariants of the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Position
from dossiers import services
from dossiers.models import TABLE, Dossier, DossierDocument, DossierEvent, State
from dossiers.registers import BadNumber, Register, RegisterNumber, read_number, refuse_disorder
from dossiers.services.desk import result_of, signers_of
from dossiers.services.registers import suggested_number
from portal.access import AccessDenied, Assurance
from portal.audit.models import Act
from portal.documents import steps
from portal.documents.models import Document
from portal.documents.rendering import document_html, html_to_pdf
from portal.documents.services import return_from_authorisation
from portal.notifications.models import Notification
from portal.states import TransitionRefused
from portal.workdays import is_working_day, national_calendar
from tests.dossiers.support import NOW, ZONE, decide, decided, father, filed, leader, mother, received, sign_by_hand
from tests.factories import make_officer_actor, make_position, officer_actor

pytestmark = pytest.mark.usefixtures("demo_data")


@pytest.mark.requirement("D-06", "D-08", "D-10")
def test_reception_starts_the_clock_and_issues_the_receipt() -> None:
    officer = make_officer_actor()
    dossier = received(officer)
    dossier.refresh_from_db()
    assert dossier.state == State.PROCESSING
    assert dossier.received_at == NOW
    assert dossier.due_at == dossier.due_first
    assert dossier.due_at is not None
    due = dossier.due_at.astimezone(ZONE)
    assert due > NOW
    assert is_working_day(due.date(), national_calendar())
    assert (due.hour, due.minute) == (17, 0)
    assert dossier.officer_id == officer.position_id
    assert [(event.name, event.from_state, event.to_state, event.acting_as) for event in dossier.events.all()] == [
        ("submit", "", "1", "self"),
        ("receive", "1", "2", "position"),
        ("start", "2", "4", "system"),
    ]
    receipt = dossier.documents.get().document
    assert (receipt.by_person, receipt.unit_code, receipt.subject_id) == (False, "H26.101", dossier.id)
    assert Act.objects.filter(act="dossiers.receive", target_id=str(dossier.id), position_id=officer.position_id).count() == 1
    assert Notification.objects.filter(party_id=dossier.applicant_id, template="dossiers.received", channel="sms").count() == 1


@pytest.mark.requirement("D-08")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.integers(0, 60 * 24 * 60))
def test_the_appointment_is_never_before_reception_nor_on_a_day_off(minutes: int) -> None:
    now = datetime(2026, 11, 1, 0, 0, tzinfo=ZONE) + timedelta(minutes=minutes)
    with transaction.atomic():
        dossier = received(make_officer_actor(), now=now)
        due = dossier.due_at
        assert due is not None
        assert dossier.received_at is not None
        assert due > dossier.received_at
        assert is_working_day(due.astimezone(ZONE).date(), national_calendar())
        assert dossier.response_due_at > dossier.submitted_at
        transaction.set_rollback(True)


def test_the_receipt_reads_like_slip_01() -> None:
    receipt = received(make_officer_actor()).documents.get().document
    html = document_html(receipt, at=NOW)
    for words in (
        "Giấy tiếp nhận hồ sơ và hẹn trả kết quả",
        "H26.101-261120-0001",
        "Ủy ban nhân dân phường Hoàn Kiếm",
        "Nguyễn Thị Mẫu",
        "Đăng ký khai sinh (1.001193)",
        "Giấy chứng sinh",
        "10:00 ngày 20/11/2026",
        "dữ liệu giả",
        f"/xac-minh/{receipt.token}/",
    ):
        assert words in html, words
    assert html_to_pdf(html).startswith(b"%PDF")


def test_a_refusal_needs_a_reason_and_tells_the_applicant() -> None:
    dossier = filed()
    officer = make_officer_actor()
    with pytest.raises(ValueError, match="reason"):
        services.refuse(actor=officer, dossier_id=dossier.id, seen_version=dossier.version, reason="  ", now=NOW)
    services.refuse(actor=officer, dossier_id=dossier.id, seen_version=dossier.version, reason="Trẻ đã được đăng ký khai sinh.", now=NOW)
    dossier.refresh_from_db()
    assert dossier.state == State.REFUSED
    assert dossier.events.last().note == "Trẻ đã được đăng ký khai sinh."  # type: ignore[union-attr]
    assert Notification.objects.filter(template="dossiers.refused", channel="inbox").count() == 1
    with pytest.raises(TransitionRefused):
        services.receive(actor=officer, dossier_id=dossier.id, seen_version=dossier.version, now=NOW)


@pytest.mark.requirement("D-08", "D-17")
def test_the_decision_stops_the_clock_and_the_signed_result_returns_by_itself() -> None:
    officer, chief = make_officer_actor(roles=("reception", "handling")), leader()
    later = NOW + timedelta(hours=1)
    issued = decided(officer, chief)
    dossier = issued.dossier
    dossier.refresh_from_db()
    # 9 means signed in the national standard: until then it is a stage of 4, with the clock stopped.
    assert (dossier.state, dossier.stage, dossier.decided_at, dossier.finished_at) == (State.PROCESSING, "awaiting_signature", NOW, None)
    assert (issued.document.by_person, issued.document.signer_position_id) == (True, chief.position_id)
    assert not Notification.objects.filter(template="dossiers.result").exists()

    sign_by_hand(issued)
    dossier.refresh_from_db()
    assert (dossier.state, dossier.stage) == (State.RETURNED, "")
    assert dossier.returned_at is not None
    assert dossier.decided_at is not None
    assert dossier.returned_at >= dossier.decided_at
    assert Notification.objects.filter(template="dossiers.result", channel="sms").count() == 1
    assert [(event.name, event.to_state, event.acting_as) for event in dossier.events.all()][-3:] == [
        ("decide", "4", "position"),
        ("sign", "9", "system"),
        ("return_result", "10", "system"),
    ]

    again = services.return_result(document_id=issued.document_id, now=later)
    assert again is not None
    assert dossier.events.filter(name="return_result").count() == 1
    assert Notification.objects.filter(template="dossiers.result", channel="sms").count() == 1


def test_a_signed_receipt_returns_nothing() -> None:
    dossier = received(make_officer_actor())
    receipt = dossier.documents.get(role=DossierDocument.Role.RECEIPT)
    assert services.return_result(document_id=receipt.document_id, now=NOW) is None
    dossier.refresh_from_db()
    assert dossier.state == State.PROCESSING


@pytest.mark.requirement("O-07", "D-11")
def test_the_signer_is_who_the_procedure_says_and_never_who_prepared_it() -> None:
    officer = make_officer_actor(roles=("reception", "handling", "signing"))
    dossier = received(officer)
    without_key = officer_actor(make_position(roles=("signing",)))
    clerk = officer_actor(make_position(roles=("reception", "handling"), credential_id="cred-clerk"))
    elsewhere, ended = leader("H26.102"), leader()
    Position.objects.filter(pk=ended.position_id).update(valid_from=NOW - timedelta(days=9), valid_to=NOW - timedelta(days=1))
    mothers_chief = leader(person=mother())
    for wrong in (officer, without_key, clerk, elsewhere, ended, mothers_chief):
        with pytest.raises(TransitionRefused, match="Người ký phải là lãnh đạo"):
            decide(dossier, officer, wrong)
    dossier.refresh_from_db()
    assert (dossier.state, dossier.stage) == (State.PROCESSING, "")
    chief = leader()
    offered = {one.position_id for one in signers_of(dossier, officer)}
    assert chief.position_id in offered
    assert not offered & {one.position_id for one in (officer, without_key, clerk, elsewhere, ended, mothers_chief)}
    decide(dossier, officer, chief)
    with pytest.raises(AccessDenied):
        services.authorise_result(actor=officer, dossier_id=dossier.id, return_to="/quan-tri/")


@pytest.mark.requirement("O-07")
def test_nobody_acts_on_a_dossier_of_their_own() -> None:
    """Applicant, owner, or anybody whose identity number stands in it: refused in the service, whatever the role."""
    own = officer_actor(make_position(person=mother()))
    dossier = filed()
    common = {"dossier_id": dossier.id, "seen_version": dossier.version, "now": NOW}
    for act in (
        lambda: services.receive(actor=own, **common),
        lambda: services.refuse(actor=own, reason="x", **common),
    ):
        with pytest.raises(TransitionRefused, match="có tên bạn"):
            act()
    Dossier.objects.filter(pk=dossier.pk).update(id_blinds=[*dossier.id_blinds, father().id_blind])
    related = officer_actor(make_position(person=father()))
    with pytest.raises(TransitionRefused, match="có tên bạn"):
        services.receive(actor=related, **common)
    officer, chief = make_officer_actor(roles=("reception", "handling")), leader()
    services.receive(actor=officer, **common)
    with pytest.raises(TransitionRefused, match="có tên bạn"):
        decide(dossier, related, chief)
    issued = decide(dossier, officer, chief)
    # Whoever becomes related after the decision does not sign or take back either.
    Dossier.objects.filter(pk=dossier.pk).update(owner_id=chief.person_id)
    dossier.refresh_from_db()
    with pytest.raises(TransitionRefused, match="có tên bạn"):
        services.authorise_result(actor=chief, dossier_id=dossier.id, return_to="/quan-tri/")
    with pytest.raises(TransitionRefused, match="có tên bạn"):
        services.decline(actor=chief, dossier_id=dossier.id, seen_version=dossier.version, reason="x", now=NOW)
    assert issued.document.state == "queued"


@pytest.mark.requirement("D-08")
@pytest.mark.parametrize("by", ["officer", "leader"])
def test_a_decision_is_taken_back_until_the_signature_stands(by: str) -> None:
    officer, chief = make_officer_actor(roles=("reception", "handling")), leader()
    issued = decided(officer, chief, number="12")
    dossier = Dossier.objects.get(pk=issued.dossier_id)
    undo, who = (services.take_back, officer) if by == "officer" else (services.decline, chief)
    common = {"dossier_id": dossier.id, "seen_version": dossier.version, "now": NOW + timedelta(minutes=5)}
    with pytest.raises(ValueError, match="reason"):
        undo(actor=who, reason=" ", **common)
    undo(actor=who, reason="Nhập nhầm số đăng ký.", **common)
    dossier.refresh_from_db()
    assert (dossier.state, dossier.stage, dossier.decided_at, dossier.signer_position_id) == (State.PROCESSING, "", None, None)
    issued.document.refresh_from_db()
    assert issued.document.state == "cancelled"
    last = dossier.events.last()
    assert last is not None
    assert (last.name, last.note, last.position_id) == (undo.__name__, "Nhập nhầm số đăng ký.", who.position_id)
    assert Act.objects.filter(act=f"dossiers.{undo.__name__}", target_id=str(dossier.id)).count() == 1
    with pytest.raises(TransitionRefused):
        undo(actor=who, reason="x", **{**common, "seen_version": dossier.version})
    # The number is free again, for the same dossier or another.
    again = decide(dossier, officer, chief, number="12", now=NOW + timedelta(hours=1))
    assert again.document_id != issued.document_id
    dossier.refresh_from_db()
    assert dossier.decided_at == NOW + timedelta(hours=1)
    # What is being signed is not taken back; what is signed never.
    Document.objects.filter(pk=again.document_id).update(state="signing")
    with pytest.raises(TransitionRefused, match="đang được ký"):
        undo(actor=who, reason="x", **{**common, "seen_version": dossier.version})
    sign_by_hand(again)
    dossier.refresh_from_db()
    assert dossier.state == State.RETURNED
    with pytest.raises(TransitionRefused):
        undo(actor=who, reason="x", **{**common, "seen_version": dossier.version})


def test_a_cancelled_document_is_never_made_nor_signed(outside: Any) -> None:
    officer, chief = make_officer_actor(roles=("reception", "handling")), leader()
    issued = decided(officer, chief)
    dossier = Dossier.objects.get(pk=issued.dossier_id)
    url = services.authorise_result(actor=chief, dossier_id=dossier.id, return_to="/quan-tri/")
    state = parse_qs(urlsplit(url).query)["state"][0]
    services.take_back(actor=officer, dossier_id=dossier.id, seen_version=dossier.version, reason="Nhầm.", now=NOW)
    steps.render(issued.document_id)
    back = return_from_authorisation(actor=chief, state=state, code="code-that-comes-late")
    assert not back.granted
    issued.document.refresh_from_db()
    assert (issued.document.state, issued.document.unsigned_file_id) == ("cancelled", None)


def test_only_the_leader_who_was_asked_signs_or_declines() -> None:
    issued = decided()
    other = leader()
    dossier = Dossier.objects.get(pk=issued.dossier_id)
    with pytest.raises(AccessDenied):
        services.authorise_result(actor=other, dossier_id=dossier.id, return_to="/quan-tri/")
    with pytest.raises(AccessDenied):
        services.decline(actor=other, dossier_id=dossier.id, seen_version=dossier.version, reason="x", now=NOW)


@pytest.mark.requirement("D-11")
def test_numbers_and_books_have_their_rules() -> None:
    officer, chief = make_officer_actor(roles=("reception", "handling")), leader()
    first, second = received(officer), received(officer)
    decide(first, officer, chief, number="125", book="2")
    assert str(suggested_number(unit_code="H26.101", register=Register("birth"), now=NOW)) == str(RegisterNumber(2026, 126, 2))
    for number, book, field, words in (
        ("125/2026", "02/2026", "registration_number", f"125/2026 đã cấp cho hồ sơ {first.code}. Số tiếp theo là 126/2026"),
        ("126", "1", "book", "quyển trước đó"),
        ("124", "3", "book", "quyển sau đó"),
        ("126/2025", "2", "registration_number", "sổ của năm 2026"),
        ("126", "02/2025", "book", "sổ của năm 2026"),
        ("0", "2", "registration_number", "từ 1 đến"),
        ("một", "2", "registration_number", "từ 1 đến"),
        ("١٢٦", "2", "registration_number", "từ 1 đến"),
        ("126", "", "book", "từ 1 đến"),
    ):
        with pytest.raises(BadNumber, match=words) as refused:
            decide(second, officer, chief, number=number, book=book)
        assert refused.value.field == field
    decide(second, officer, chief, number=" 126 / 2026 ", book="2")
    printed = str(result_of(second).document.context)  # type: ignore[union-attr]
    assert "126/2026" in printed and "02/2026" in printed
    # Another agency and another year count by themselves.
    assert suggested_number(unit_code="H26.102", register=Register("birth"), now=NOW) == RegisterNumber(2026, 1, 1)
    assert suggested_number(unit_code="H26.101", register=Register("birth"), now=NOW + timedelta(days=60)) == RegisterNumber(2027, 1, 1)


@given(
    numbers=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 4)), max_size=25),
)
def test_accepted_numbers_always_stand_in_books_in_order(numbers: list[tuple[int, int]]) -> None:
    kept: dict[int, RegisterNumber] = {}
    for number, book in numbers:
        given_ = read_number(f"{number}", f"{book}/2026", now=NOW)
        before = max((one for one in kept if one < number), default=None)
        after = min((one for one in kept if one > number), default=None)
        if number in kept:
            continue
        try:
            refuse_disorder(given_, before=kept.get(before or 0), after=kept.get(after or 0))
        except BadNumber:
            continue
        kept[number] = given_
    books = [kept[number].book for number in sorted(kept)]
    assert books == sorted(books)


@pytest.mark.requirement("O-07", "D-11")
def test_only_the_roles_and_the_unit_may() -> None:
    dossier = filed()
    elsewhere, clerk, steering = (
        make_officer_actor("H26.102"),
        make_officer_actor(roles=("handling",)),
        make_officer_actor("G22", ("steering",)),
    )
    province = make_officer_actor("H26", ("reception",))
    for stranger in (elsewhere, steering):
        with pytest.raises(Dossier.DoesNotExist):
            services.receive(actor=stranger, dossier_id=dossier.id, seen_version=dossier.version, now=NOW)
        with pytest.raises(Dossier.DoesNotExist):
            services.open_dossier(actor=stranger, dossier_id=dossier.id)
    with pytest.raises(AccessDenied):
        services.receive(actor=clerk, dossier_id=dossier.id, seen_version=dossier.version, now=NOW)
    assert services.open_dossier(actor=province, dossier_id=dossier.id).pk == dossier.pk
    weak = replace(make_officer_actor(), assurance=Assurance.MEDIUM)
    dossier = services.receive(actor=weak, dossier_id=dossier.id, seen_version=dossier.version, now=NOW)
    with pytest.raises(AccessDenied):
        decide(dossier, weak, leader())
    with pytest.raises(AccessDenied):
        decide(dossier, make_officer_actor(roles=("reception", "signing")), leader())
    assert Act.objects.filter(act="dossiers.read", position_id=province.position_id).count() == 1


@pytest.mark.requirement("D-06", "D-07")
def test_events_are_append_only_and_dossiers_stay() -> None:
    dossier = filed()
    for change in (
        lambda: DossierEvent.objects.filter(dossier=dossier).update(name="x"),
        lambda: DossierEvent.objects.filter(dossier=dossier).delete(),
        lambda: Dossier.objects.filter(pk=dossier.pk).update(code="H26.101-261120-0099"),
        lambda: Dossier.objects.filter(pk=dossier.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize(
    "values",
    [
        {"state": State.PROCESSING},
        {"state": State.REFUSED},
        {"state": State.WITHDRAWN},
        {"state": State.RETURNED, "officer_label": "x"},
        {"state": "11"},
        {"received_at": NOW - timedelta(days=1)},
    ],
)
def test_the_database_refuses_a_state_without_its_facts(values: dict[str, object]) -> None:
    dossier = filed()
    with pytest.raises(IntegrityError), transaction.atomic():
        Dossier.objects.filter(pk=dossier.pk).update(**values)


@pytest.mark.requirement("D-07")
@pytest.mark.parametrize("code", ["H26.101-261120-1", "261120-0001", "H26.101-261120-0001x", "h26-261120-0001"])
def test_the_database_refuses_a_code_of_another_form(code: str) -> None:
    dossier = filed()
    copy = Dossier.objects.get(pk=dossier.pk)
    copy._state.adding = True
    copy.code, copy.answers, copy.bill = code, {}, None
    import uuid

    copy.pk = uuid.uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


WITHIN = frozenset({
    "start", "sign", "paid", "unpaid", "stop_unpaid", "complete_first", "unanswered", "unanswered_first", "stop_unanswered",
    "refuse_unanswered", "agree_draft", "object_draft", "draft_unanswered", "resend",
})  # fmt: skip
"""Edges along which a service goes that bears another name."""


def test_every_edge_has_a_service_and_officers_edges_a_registered_act() -> None:
    from portal.access import acts

    for edge in TABLE.transitions.values():
        assert hasattr(services, edge.name) or edge.name in WITHIN
        assert not edge.act or edge.act in acts()
