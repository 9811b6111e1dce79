"""Edit before receipt: a sent dossier goes back into the form and is sent again under its code, its history kept (D-19)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client

from dossiers import services
from dossiers.following import editing
from dossiers.models import Dossier, DossierDocument, Draft, Paper, Revision, State
from dossiers.services.confirming import confirm_sent
from dossiers.services.recomputing import recompute
from portal.files.models import FileState, StoredFile
from portal.notifications.models import Notification
from portal.states import TransitionRefused
from portal.workdays import response_due
from tests.dossiers.support import CODE, NOW, PAPER, filed, hidden, mark_clean, mother, png, ready_draft
from tests.dossiers.test_kinds import DESK, at, desk, words
from tests.factories import citizen_actor, make_officer_actor, make_person, sign_in

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("D-19")]
LATER = NOW + timedelta(hours=3)


@pytest.fixture
def mothers() -> Client:
    client = Client()
    with time_machine.travel(LATER, tick=True):
        sign_in(client, mother())
    return client


def edit(dossier: Dossier) -> str:
    return f"/ho-so/{dossier.code}/sua/"


def fresh(dossier: Dossier) -> Dossier:
    return Dossier.objects.get(pk=dossier.pk)


def sent() -> Dossier:
    dossier = filed()
    mark_clean(dossier)
    return dossier


@pytest.mark.requirement("D-07")
def test_a_dossier_is_edited_in_the_form_and_sent_again_under_its_code(mothers: Client) -> None:
    with time_machine.travel(LATER, tick=False):
        dossier = sent()
        confirm_sent(dossier_id=dossier.pk)
        old_paper = dossier.papers.get()
        assert "Sửa hồ sơ" in words(mothers.get(f"/ho-so/{dossier.code}/"))
        assert "8 giờ làm việc" in words(mothers.get(edit(dossier)))
        assert mothers.post(edit(dossier))["Location"] == at(CODE, "to-khai/")
        assert mothers.post(edit(dossier))["Location"] == at(CODE, "to-khai/"), "begun once"
        draft = Draft.objects.get()
        assert draft.pk == dossier.pk and draft.answers["father_name"] == "Trần Văn Thử"
        assert draft.answers["child_birth_date"] == "15/11/2026"
        assert f"sửa hồ sơ {dossier.code}" in words(mothers.get("/ho-so/"))

        # The agency still has what was sent, and is told that it is being edited.
        officer, _ = desk("H26.101", "reception", "handling")
        assert "Người nộp đang sửa hồ sơ này" in words(officer.get(f"{DESK}{dossier.pk}/change/"))

        services.save_draft(actor=citizen_actor(mother()), draft_id=draft.pk, values={"father_name": "Trần Văn Tên Đúng"})
        services.remove_paper(actor=citizen_actor(mother()), draft_id=draft.pk, paper_id=draft.papers.get().pk)
        assert fresh(dossier).papers.get().file.state == FileState.CLEAN, "what was sent is not touched by the draft"
        services.add_paper(actor=citizen_actor(mother()), draft_id=draft.pk, kind=PAPER, upload=_other_photo(), now=LATER)
        check = mothers.get(at(CODE, "kiem-tra/"))
        assert f"Bạn đang sửa hồ sơ {dossier.code}" in words(check) and "Gửi lại hồ sơ" in words(check)
        assert "Trần Văn Tên Đúng" in words(check) and "đã có hồ sơ" not in words(check).lower()
        done = mothers.post(at(CODE, "kiem-tra/"), hidden(check))
        assert done["Location"] == f"/ho-so/{dossier.code}/?da-sua=1", words(done)
        assert mothers.post(at(CODE, "kiem-tra/"), hidden(check))["Location"] == done["Location"], "pressed twice"

        after = fresh(dossier)
        assert (after.code, after.state, after.submitted_at) == (dossier.code, State.SUBMITTED, dossier.submitted_at)
        assert after.answers["father_name"] == "Trần Văn Tên Đúng" and after.answers["child_name"] == "Trần Thị Bé Thử"
        assert after.version == dossier.version + 1 and after.response_due_at == response_due(LATER)
        old, new = Paper.objects.filter(dossier=dossier).order_by("position")
        assert old.pk == old_paper.pk and old.superseded_at == LATER and new.superseded_at is None
        assert not Draft.objects.exists() and not Paper.objects.filter(draft__isnull=False).exists()
        event = after.events.last()
        assert event is not None and (event.name, event.from_state, event.to_state) == ("resend", "1", "1")
        assert "Họ và tên" in (event.note or "") or "cha" in (event.note or "").lower()

        revision = after.revisions.get()
        assert revision.answers["father_name"] == "Trần Văn Thử" and revision.number == 1
        assert {(one["was"], one["became"]) for one in revision.changes} >= {("Trần Văn Thử", "Trần Văn Tên Đúng")}
        for change in (lambda: revision.delete(), lambda: Revision.objects.update(number=2)):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
        assert Notification.objects.filter(template="dossiers.resent", channel="inbox").count() == 1
        assert recompute()[0] == [], "state and deadlines follow from the events"

        status, seen = words(mothers.get(done["Location"])), words(officer.get(f"{DESK}{dossier.pk}/change/"))
        for page in (status, seen):
            assert "Trần Văn Thử" in page and "Trần Văn Tên Đúng" in page
        assert "Đã gửi lại hồ sơ" in status and "Người nộp đã sửa trước khi tiếp nhận" in seen
        # An officer who had it open decides nothing on what was there before.
        stale = officer.post(f"{DESK}{dossier.pk}/receive/", {"seen": dossier.version})
        assert stale.status_code == 409 and fresh(dossier).state == State.SUBMITTED

        # The confirmation of before stays as what was true then; a new one tells what stands now.
        confirm_sent(dossier_id=dossier.pk, again=1)
        confirm_sent(dossier_id=dossier.pk)
        first, second = DossierDocument.objects.filter(dossier=dossier, role="sent").order_by("pk")
        assert first.cancelled_at == LATER and second.cancelled_at is None
        assert [one["name"] for one in second.document.context["files"]] == ["giấy chứng sinh mới.png"]
        assert second.document.context["submitted_at"] == "13:00 ngày 20/11/2026"
        assert officer.post(f"{DESK}{dossier.pk}/receive/", {"seen": after.version}).status_code == 302


def _other_photo() -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("giấy chứng sinh mới.png", png(size=32), content_type="image/png")


def test_nothing_changed_leaves_papers_as_they_are() -> None:
    dossier, actor = sent(), citizen_actor(mother())
    draft = editing.begin_edit(actor=actor, dossier_id=dossier.pk, now=LATER)
    again = services.submit(actor=actor, draft_id=draft.pk, seen_version=draft.version, now=LATER)
    assert again.pk == dossier.pk
    assert fresh(dossier).answers == dossier.answers
    assert [paper.pk for paper in fresh(dossier).papers.all()] == [paper.pk for paper in dossier.papers.all()]
    assert Revision.objects.get().changes == []
    assert StoredFile.objects.filter(purpose="dossiers.paper").exclude(state=FileState.ERASED).count() == 1


def test_whoever_receives_first_ends_the_editing_and_the_applicant_is_told(mothers: Client) -> None:
    with time_machine.travel(LATER, tick=False):
        dossier, officer = sent(), make_officer_actor()
        mothers.post(edit(dossier))
        services.save_draft(actor=citizen_actor(mother()), draft_id=dossier.pk, values={"father_name": "Trần Văn Muộn"})
        check = mothers.get(at(CODE, "kiem-tra/"))
        services.receive(actor=officer, dossier_id=dossier.pk, seen_version=dossier.version, now=LATER)
        assert not Draft.objects.exists()
        late = mothers.post(at(CODE, "kiem-tra/"), hidden(check))
        assert late["Location"] == f"/ho-so/{dossier.code}/"
        assert "cơ quan đã xử lý hồ sơ trước" in words(mothers.get(late["Location"]))
        after = fresh(dossier)
        assert after.state == State.PROCESSING and after.answers["father_name"] == "Trần Văn Thử" and not after.revisions.exists()
        assert after.papers.get().file.state == FileState.CLEAN
        refused = mothers.post(edit(dossier))
        assert refused.status_code == 409 and "không sửa được nữa" in words(refused)
        assert "Sửa hồ sơ" not in words(mothers.get(f"/ho-so/{dossier.code}/"))


def test_giving_the_editing_up_leaves_the_dossier_and_its_key(mothers: Client) -> None:
    with time_machine.travel(LATER, tick=False):
        dossier = sent()
        mothers.post(edit(dossier))
        asked = mothers.get(at(CODE, "xoa-nhap/"))
        assert f"sửa hồ sơ {dossier.code} đã gửi" in words(asked)
        assert mothers.post(at(CODE, "xoa-nhap/"), hidden(asked)).status_code == 302
        after = fresh(dossier)
        assert not Draft.objects.exists() and after.answers == dossier.answers, "its key was not destroyed with the draft"
        assert mothers.get(f"/ho-so/{dossier.code}/giay-to/{after.papers.get().pk}/").status_code == 200
        # Withdrawn while it is edited, the draft goes with it.
        mothers.post(edit(dossier))
        services.withdraw(actor=citizen_actor(mother()), dossier_id=dossier.pk, seen_version=after.version, now=LATER)
        assert not Draft.objects.exists() and fresh(dossier).answers


def test_what_an_edit_cannot_do_is_said(mothers: Client) -> None:
    actor = citizen_actor(mother())
    unchecked = filed()
    with pytest.raises(TransitionRefused, match="kiểm tra"):
        editing.begin_edit(actor=actor, dossier_id=unchecked.pk, now=LATER)
    mark_clean(unchecked)
    with pytest.raises(services.NotYours):
        editing.begin_edit(actor=citizen_actor(make_person()), dossier_id=unchecked.pk, now=LATER)
    draft = editing.begin_edit(actor=actor, dossier_id=unchecked.pk, now=LATER)
    services.save_draft(actor=actor, draft_id=draft.pk, values={}, unit_code="H26.102")
    draft.refresh_from_db()
    with pytest.raises(services.FilingRefused) as refused:
        services.submit(actor=actor, draft_id=draft.pk, seen_version=draft.version, now=LATER)
    assert [one.field for one in refused.value.problems] == ["unit_code"]
    with time_machine.travel(LATER, tick=False):
        said = mothers.post(at(CODE, "kiem-tra/"), hidden(mothers.get(at(CODE, "kiem-tra/"))))
        assert said.status_code == 422 and "Mã hồ sơ gắn với cơ quan đã nhận" in words(said)
    assert fresh(unchecked).events.count() == 1
    services.discard_draft(actor=actor, draft_id=draft.pk, seen_version=draft.version)
    # Another draft of the procedure comes first.
    ready_draft(actor, now=LATER, child_name="Trần Văn Bé Khác")
    with pytest.raises(TransitionRefused, match="bản nháp khác"):
        editing.begin_edit(actor=actor, dossier_id=unchecked.pk, now=LATER)


@pytest.mark.requirement("D-12")
def test_looking_up_without_signing_in_shows_state_and_dates_only() -> None:
    """`/tra-cuu-ho-so/`: whoever knows a code and a number learns how far it is, and nobody's name, file or word."""
    dossier = sent()
    services.receive(actor=make_officer_actor(), dossier_id=dossier.pk, seen_version=dossier.version, now=NOW)
    found = Client().post("/tra-cuu-ho-so/", {"ma": dossier.code, "so": mother().id_number})
    page = words(found)
    assert found.status_code == 200 and str(dossier.code) in page and "20/11/2026" in page
    for secret in ("Nguyễn Thị Mẫu", "Trần Thị Bé Thử", "Trần Văn Thử", mother().id_number, "giấy chứng sinh", "Phạm Văn"):
        assert str(secret) not in page, secret
