"""What officers do: receive, refuse, decide, have it signed; clocks, events, documents, invariants of the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dossiers import services
from dossiers.models import TABLE, Dossier, DossierDocument, DossierEvent, State
from dossiers.slips import initials
from portal.access import AccessDenied, Assurance
from portal.audit.models import Act
from portal.documents.rendering import document_html, html_to_pdf
from portal.documents.services import masked_facts
from portal.notifications.models import Notification
from portal.states import TransitionRefused
from portal.workdays import is_working_day, national_calendar
from tests.dossiers.support import NOW, ZONE, decided, filed, received, sign_by_hand
from tests.factories import make_officer_actor, make_position, officer_actor

pytestmark = pytest.mark.usefixtures("demo_data")


def signer(unit: str = "H26.101"):  # type: ignore[no-untyped-def]
    """An officer with a key at the signing service."""
    return officer_actor(make_position(unit=unit, credential_id="cred-test"))


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
    assert Notification.objects.filter(person_id=dossier.applicant_id, template="dossiers.received", channel="sms").count() == 1


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
    officer = signer()
    later = NOW + timedelta(hours=1)
    issued = decided(officer)
    dossier = issued.dossier
    dossier.refresh_from_db()
    assert (dossier.state, dossier.decided_at, dossier.finished_at) == (State.DECIDED, NOW, None)
    assert (issued.document.by_person, issued.document.signer_position_id) == (True, officer.position_id)
    assert not Notification.objects.filter(template="dossiers.result").exists()

    sign_by_hand(issued)
    dossier.refresh_from_db()
    assert dossier.state == State.RETURNED
    assert dossier.returned_at is not None
    assert dossier.returned_at >= dossier.decided_at
    assert Notification.objects.filter(template="dossiers.result", channel="sms").count() == 1
    assert dossier.events.last().acting_as == "system"  # type: ignore[union-attr]

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


def test_the_birth_certificate_says_what_was_declared_and_the_proof_page_only_initials() -> None:
    issued = decided(signer())
    html = document_html(issued.document, at=NOW)
    for words in (
        "Giấy khai sinh",
        "TRẦN THỊ BÉ THỬ",
        "15/11/2026",
        "Bệnh viện Thử Nghiệm",
        "Trần Văn Thử",
        "Nguyễn Thị Mẫu",
        "125/2026",
        "dữ liệu giả",
    ):
        assert words in html, words
    assert html_to_pdf(html).startswith(b"%PDF")
    facts = dict(masked_facts(issued.document))
    assert facts == {"Người được cấp": "T. T. B. T.", "Mã hồ sơ": "H26.101-261120-0001"}
    assert initials("nguyễn thị mẫu") == "N. T. M."


def test_who_has_no_key_cannot_decide() -> None:
    officer = make_officer_actor()
    dossier = received(officer)
    with pytest.raises(TransitionRefused, match="chứng thư"):
        services.decide(actor=officer, dossier_id=dossier.id, seen_version=dossier.version, registration_number="1", book="1", now=NOW)
    dossier.refresh_from_db()
    assert dossier.state == State.PROCESSING


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
    weak = replace(signer(), assurance=Assurance.MEDIUM)
    dossier = services.receive(actor=weak, dossier_id=dossier.id, seen_version=dossier.version, now=NOW)
    with pytest.raises(AccessDenied):
        services.decide(actor=weak, dossier_id=dossier.id, seen_version=dossier.version, registration_number="1", book="1", now=NOW)
    assert Act.objects.filter(act="dossiers.read", position_id=province.position_id).count() == 1


def test_only_the_decider_authorises_the_signature() -> None:
    issued = decided(signer())
    with pytest.raises(AccessDenied):
        services.authorise_result(actor=signer(), dossier_id=issued.dossier_id, return_to="/quan-tri/")


@pytest.mark.requirement("D-06")
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


@pytest.mark.parametrize("code", ["H26.101-261120-1", "261120-0001", "H26.101-261120-0001x", "h26-261120-0001"])
def test_the_database_refuses_a_code_of_another_form(code: str) -> None:
    dossier = filed()
    copy = Dossier.objects.get(pk=dossier.pk)
    copy._state.adding = True
    copy.pk, copy.code, copy.answers = None, code, {}
    import uuid

    copy.pk = uuid.uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


def test_every_edge_has_a_service_and_officers_edges_a_registered_act() -> None:
    from portal.access import acts

    for edge in TABLE.transitions.values():
        assert hasattr(services, edge.name) or edge.name == "start"
        assert not edge.act or edge.act in acts()
