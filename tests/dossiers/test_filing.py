"""Drafts and filing: what is kept, what is refused, once and only once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dossiers import services
from dossiers.models import Dossier, Draft, FormVersion, Paper, State
from dossiers.services import DraftChanged, FilingRefused, NotYours
from portal.access import AccessDenied, Assurance
from portal.audit.models import Act
from portal.files import services as files
from portal.files.models import FileState, StoredFile
from portal.files.outbox_handlers import check_file
from portal.files.scan import EICAR
from portal.notifications.models import Notification
from portal.outbox.models import Message
from portal.states import TransitionRefused
from tests.dossiers.support import ANSWERS, CODE, NOW, PAPER, father, filed, mother, photo, png, ready_draft, sent
from tests.factories import citizen_actor, make_officer_actor

pytestmark = pytest.mark.usefixtures("demo_data")


@pytest.mark.requirement("D-02", "D-06", "D-07", "D-29")
def test_a_draft_becomes_a_dossier_with_code_clock_event_act_and_notice() -> None:
    actor = citizen_actor(mother())
    draft = ready_draft(actor)
    dossier = services.submit(actor=actor, draft_id=draft.id, seen_version=draft.version, now=NOW)
    dossier.refresh_from_db()
    assert dossier.code == "H26.101-261120-0001"
    assert (dossier.state, dossier.channel, dossier.service_level, dossier.unit_level) == (State.SUBMITTED, "2", "full", "commune")
    assert dossier.applicant_id == dossier.owner_id == actor.person_id
    assert dossier.owner_name_key == "nguyen thi mau"
    assert dossier.answers["child_birth_date"] == "2026-11-15"
    assert dossier.answers["mother_name"] == "Nguyễn Thị Mẫu"
    assert dossier.answers["mother_id_number"] == "001195000001"
    # Friday 10:00 plus 8 working hours (07:00-11:30, 13:30-17:00) is Monday 10:00.
    assert dossier.response_due_at == NOW + timedelta(days=3)
    assert [paper.label for paper in dossier.papers.all()] == ["Giấy chứng sinh"]
    event = dossier.events.get()
    assert (event.name, event.from_state, event.to_state, event.person_id, event.label) == ("submit", "", "1", actor.person_id, "")
    assert Act.objects.filter(act="dossiers.submit", target_id=str(dossier.id), unit="H26.101").count() == 1
    notices = Notification.objects.filter(party_id=actor.person_id, template="dossiers.submitted")
    assert {notice.channel for notice in notices} == {"inbox", "sms"}
    assert all(dossier.code in (notice.body or "") + (notice.title or "") for notice in notices)
    assert not Draft.objects.filter(pk=draft.pk).exists()


def test_sealed_answers_are_not_readable_in_the_database() -> None:
    from django.db import connection

    dossier = filed()
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers::bytea FROM dossiers_dossier WHERE id = %s", [dossier.id])
        raw = bytes(cursor.fetchone()[0])
    assert "Bé Thử".encode() not in raw
    assert b"001195000001" not in raw


def test_sending_the_same_draft_twice_gives_the_same_dossier() -> None:
    actor = citizen_actor(mother())
    draft = ready_draft(actor)
    first = services.submit(actor=actor, draft_id=draft.id, seen_version=draft.version, now=NOW)
    second = services.submit(actor=actor, draft_id=draft.id, seen_version=draft.version, now=NOW + timedelta(minutes=1))
    assert first.pk == second.pk == draft.pk
    assert Dossier.objects.count() == 1
    assert first.events.count() == 1


def test_a_dossier_sent_after_another_takes_the_next_code_and_a_fresh_draft() -> None:
    first, second = filed(), filed()
    assert first.pk != second.pk
    assert second.code == "H26.101-261120-0002"


def test_a_draft_keeps_what_is_wrong_and_forgets_nothing() -> None:
    actor = citizen_actor(mother())
    draft = services.start_or_open_draft(actor=actor, procedure_code=CODE, now=NOW)
    typed = {"applicant_role": "mother", "child_name": "Bé 123", "child_birth_date": "31/02/2026"}
    services.save_draft(actor=actor, draft_id=draft.id, values=typed)
    services.save_draft(actor=actor, draft_id=draft.id, values={"birth_place": "Nhà", "not_a_field": "x", "mother_name": "Kẻ Khác"})
    draft = Draft.objects.get(pk=draft.pk)
    assert draft.answers == {**typed, "birth_place": "Nhà"}
    again = services.start_or_open_draft(actor=actor, procedure_code=CODE, now=NOW)
    assert again.pk == draft.pk


def test_everything_missing_is_named_with_the_page_that_mends_it() -> None:
    actor = citizen_actor(mother())
    draft = services.start_or_open_draft(actor=actor, procedure_code=CODE, now=NOW)
    draft = services.save_draft(
        actor=actor, draft_id=draft.id, values={**ANSWERS, "child_birth_date": "21/11/2099", "child_sex": "x"}, unit_code="G22"
    )
    with pytest.raises(FilingRefused) as refused:
        services.submit(actor=actor, draft_id=draft.id, seen_version=draft.version, now=NOW)
    assert [(problem.page, problem.field) for problem in refused.value.problems] == [
        ("to-khai", "unit_code"),
        ("to-khai", "child_birth_date"),
        ("to-khai", "child_sex"),
        ("giay-to", PAPER),
    ]
    assert Draft.objects.filter(pk=draft.pk).exists()
    assert not Dossier.objects.exists()


def test_a_paper_found_dangerous_stops_the_sending() -> None:
    actor = citizen_actor(mother())
    draft = ready_draft(actor)
    StoredFile.objects.filter(pk=draft.papers.get().file_id).update(state=FileState.QUARANTINED)
    with pytest.raises(FilingRefused) as refused:
        services.submit(actor=actor, draft_id=draft.id, seen_version=draft.version, now=NOW)
    assert [problem.page for problem in refused.value.problems] == ["giay-to"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("virus.png", b"MZ" + b"\x00" * 200), ("trang.html", b"<!doctype html><script>1</script>"), ("trống.png", b"")],
)
def test_a_file_that_is_no_picture_or_pdf_is_refused(name: str, content: bytes) -> None:
    actor = citizen_actor(mother())
    draft = services.start_or_open_draft(actor=actor, procedure_code=CODE, now=NOW)
    with pytest.raises(FilingRefused):
        services.add_paper(actor=actor, draft_id=draft.id, kind=PAPER, upload=SimpleUploadedFile(name, content), now=NOW)
    assert not Paper.objects.exists()


def test_a_file_over_the_limit_is_refused(settings: object) -> None:
    settings.MAX_FILE_BYTES = 5000  # type: ignore[attr-defined]
    actor = citizen_actor(mother())
    draft = services.start_or_open_draft(actor=actor, procedure_code=CODE, now=NOW)
    with pytest.raises(FilingRefused):
        services.add_paper(actor=actor, draft_id=draft.id, kind=PAPER, upload=SimpleUploadedFile("to.png", png(filler=6000)), now=NOW)


def test_a_dossier_over_its_limit_is_refused(settings: object) -> None:
    settings.MAX_DOSSIER_BYTES = 400  # type: ignore[attr-defined]
    actor = citizen_actor(mother())
    draft = services.start_or_open_draft(actor=actor, procedure_code=CODE, now=NOW)
    services.add_paper(actor=actor, draft_id=draft.id, kind=PAPER, upload=SimpleUploadedFile("a.png", png(filler=200)), now=NOW)
    with pytest.raises(FilingRefused):
        services.add_paper(actor=actor, draft_id=draft.id, kind=PAPER, upload=SimpleUploadedFile("b.png", png(filler=200)), now=NOW)


def test_a_removed_paper_is_erased() -> None:
    actor = citizen_actor(mother())
    draft = ready_draft(actor)
    paper = draft.papers.get()
    services.remove_paper(actor=actor, draft_id=draft.id, paper_id=paper.id)
    services.remove_paper(actor=actor, draft_id=draft.id, paper_id=paper.id)
    assert not Paper.objects.exists()
    assert StoredFile.objects.get(pk=paper.file_id).state == FileState.ERASED


def test_a_discarded_draft_takes_its_papers_along() -> None:
    actor = citizen_actor(mother())
    draft = ready_draft(actor)
    file_id = draft.papers.get().file_id
    services.discard_draft(actor=actor, draft_id=draft.id, seen_version=draft.version)
    assert not Draft.objects.exists()
    assert StoredFile.objects.get(pk=file_id).state == FileState.ERASED


def test_another_persons_draft_does_not_exist_for_me() -> None:
    draft = ready_draft(citizen_actor(mother()))
    other = citizen_actor(father())
    with pytest.raises(NotYours):
        services.save_draft(actor=other, draft_id=draft.id, values={"child_name": "Khác"})
    with pytest.raises(NotYours):
        services.add_paper(actor=other, draft_id=draft.id, kind=PAPER, upload=photo(), now=NOW)
    with pytest.raises(NotYours):
        services.remove_paper(actor=other, draft_id=draft.id, paper_id=draft.papers.get().id)
    with pytest.raises(NotYours):
        services.discard_draft(actor=other, draft_id=draft.id, seen_version=draft.version)
    with pytest.raises(NotYours):
        services.submit(actor=other, draft_id=draft.id, seen_version=draft.version, now=NOW)
    with pytest.raises(NotYours):
        services.submit(actor=other, draft_id=uuid4(), seen_version=1, now=NOW)
    dossier = services.submit(actor=citizen_actor(mother()), draft_id=draft.id, seen_version=draft.version, now=NOW)
    with pytest.raises(NotYours):
        services.submit(actor=other, draft_id=dossier.id, seen_version=1, now=NOW)


@pytest.mark.requirement("A-03")
def test_filing_needs_a_citizen_surely_known() -> None:
    weak = replace(citizen_actor(mother()), assurance=Assurance.NONE)
    with pytest.raises(AccessDenied):
        services.start_or_open_draft(actor=weak, procedure_code=CODE, now=NOW)
    with pytest.raises(AccessDenied):
        services.start_or_open_draft(actor=make_officer_actor(), procedure_code=CODE, now=NOW)
    draft = ready_draft(citizen_actor(mother()))
    with pytest.raises(AccessDenied):
        services.submit(actor=weak, draft_id=draft.id, seen_version=draft.version, now=NOW)


@pytest.mark.requirement("D-19")
def test_the_applicant_takes_a_dossier_back_before_reception() -> None:
    dossier = filed()
    actor = citizen_actor(mother())
    with pytest.raises(NotYours):
        services.withdraw(actor=citizen_actor(father()), dossier_id=dossier.id, seen_version=dossier.version, now=NOW)
    with pytest.raises(TransitionRefused):
        services.withdraw(actor=actor, dossier_id=dossier.id, seen_version=dossier.version - 1, now=NOW)
    services.withdraw(actor=actor, dossier_id=dossier.id, seen_version=dossier.version, now=NOW)
    dossier.refresh_from_db()
    assert dossier.state == State.WITHDRAWN
    assert [event.name for event in dossier.events.all()] == ["submit", "withdraw"]
    with pytest.raises(TransitionRefused):
        services.withdraw(actor=actor, dossier_id=dossier.id, seen_version=dossier.version, now=NOW)


def test_a_draft_is_sent_and_thrown_away_only_as_it_was_seen() -> None:
    actor = citizen_actor(mother())
    draft = ready_draft(actor)
    seen = draft.version
    changes: list[Callable[[], object]] = [
        lambda: services.save_draft(actor=actor, draft_id=draft.id, values={"birth_place": "Nơi khác"}),
        lambda: services.save_draft(actor=actor, draft_id=draft.id, values={}, unit_code="H26.102"),
        lambda: services.add_paper(actor=actor, draft_id=draft.id, kind=PAPER, upload=photo("thêm.png"), now=NOW),
        lambda: services.remove_paper(actor=actor, draft_id=draft.id, paper_id=draft.papers.all()[0].id),
    ]
    for change in changes:
        change()
        with pytest.raises(DraftChanged):
            services.submit(actor=actor, draft_id=draft.id, seen_version=seen, now=NOW)
        with pytest.raises(DraftChanged):
            services.discard_draft(actor=actor, draft_id=draft.id, seen_version=seen)
        draft.refresh_from_db()
        assert draft.version == seen + 1
        seen = draft.version
    services.save_draft(actor=actor, draft_id=draft.id, values={"birth_place": "Nơi khác"}, page="kiem-tra")
    assert services.submit(actor=actor, draft_id=draft.id, seen_version=seen, now=NOW).answers["birth_place"] == "Nơi khác"


def test_a_draft_of_an_older_form_is_not_sent_before_it_was_carried_over() -> None:
    first = [
        {"name": "child_name", "label": "Tên của trẻ", "kind": "name", "required": True},
        {"name": "mother_name", "label": "Tên của mẹ", "kind": "name", "prefill": "person.full_name"},
    ]
    shipped = FormVersion.objects.get(procedure_code=CODE)
    services.publish_form(procedure_code=CODE, fields=first, now=NOW)
    actor = citizen_actor(mother())
    draft = services.start_or_open_draft(actor=actor, procedure_code=CODE, now=NOW)
    services.save_draft(actor=actor, draft_id=draft.id, values={"child_name": "Trần Gia Cũ", "birth_place": "không có chỗ"})
    services.add_paper(actor=actor, draft_id=draft.id, kind=PAPER, upload=photo(), now=NOW)
    services.publish_form(procedure_code=CODE, fields=shipped.fields, now=NOW)
    draft.refresh_from_db()
    with pytest.raises(DraftChanged):
        sent(actor, draft)
    carried = services.carry_over(actor=actor, draft_id=draft.id, now=NOW)
    assert (carried.version, carried.answers) == (draft.version + 1, {"child_name": "Trần Gia Cũ"})
    assert services.carry_over(actor=actor, draft_id=draft.id, now=NOW).version == carried.version, "once"
    with pytest.raises(FilingRefused) as refused:
        sent(actor, carried)
    assert "applicant_role" in {problem.field for problem in refused.value.problems}, "what the new form asks is asked"
    with pytest.raises(NotYours):
        services.carry_over(actor=citizen_actor(father()), draft_id=draft.id, now=NOW)


def test_a_paper_found_unsafe_after_sending_is_told_to_both_sides() -> None:
    actor = citizen_actor(mother())
    draft = ready_draft(actor)
    bad = SimpleUploadedFile("lạ.png", png() + EICAR, content_type="image/png")
    paper = services.add_paper(actor=actor, draft_id=draft.id, kind=PAPER, upload=bad, now=NOW)
    dossier = sent(actor, Draft.objects.get(pk=draft.pk))
    Dossier.objects.filter(pk=dossier.pk).update(owner_id=father().id)
    message = Message(kind="files.scan", payload={"file": str(paper.file_id)})
    check_file(message)
    check_file(message)
    found = Dossier.objects.get(pk=dossier.pk)
    assert (found.state, found.version) == (State.SUBMITTED, dossier.version + 1), "whoever decides on an older page sees it first"
    assert [(event.name, event.note) for event in found.events.all()] == [("submit", None), ("paper_unsafe", "Giấy chứng sinh")]
    assert Act.objects.filter(act="dossiers.paper_unsafe", target_id=str(dossier.id)).count() == 1
    told = Notification.objects.filter(template="dossiers.paper_unsafe")
    assert {(notice.party_id, notice.channel) for notice in told} == {
        (person.id, channel) for person in (mother(), father()) for channel in ("inbox", "sms")
    }
    assert not any("lạ.png" in (notice.body or "") for notice in told)


def test_a_file_whose_draft_went_away_while_it_was_written_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    actor = citizen_actor(mother())
    draft = services.start_or_open_draft(actor=actor, procedure_code=CODE, now=NOW)
    receive = files.receive

    def receive_and_lose(**values: object) -> StoredFile:
        stored = receive(**values)  # type: ignore[arg-type]
        services.discard_draft(actor=actor, draft_id=draft.id, seen_version=draft.version)
        return stored

    monkeypatch.setattr(files, "receive", receive_and_lose)
    with pytest.raises(NotYours):
        services.add_paper(actor=actor, draft_id=draft.id, kind=PAPER, upload=photo(), now=NOW)
    assert StoredFile.objects.get(subject=draft.id).state == FileState.ERASED
