"""The first page of an account, one's data, leaving (A-13, C-08)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

import dossiers.account
import feedback.account
import payments.account
from accounts.mandating import guardians
from accounts.mandating.offers import accept_mandate, give_mandate
from accounts.models import AccountClosing, DataCopy, Mandate, Person
from accounts.owner import complaints, copies, holdings, leaving, lines
from accounts.tasks import close_accounts
from dossiers.models import Draft
from dossiers.services.desk import open_dossier
from portal.access import AccessDenied, Assurance
from portal.audit import words
from portal.audit.models import Act
from portal.files.models import StoredFile
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from tests import factories
from tests.dossiers import support
from tests.payments.support import desk_of
from tests.support.queries import CaptureQueriesContext

PAGE, DATA, CLOSE = "/tai-khoan/", "/tai-khoan/du-lieu/", "/tai-khoan/dong/"


def _client(person: Any, **more: Any) -> Client:
    client = Client()
    factories.sign_in(client, person, **more)
    return client


@pytest.mark.requirement("A-13", "C-08")
@pytest.mark.usefixtures("demo_data")
def test_what_waits_ends_and_comes_next_stands_on_the_first_page() -> None:
    person = support.mother()
    dossier = support.filed(person)
    giver = factories.make_person(full_name="Bà Ngoại Giả Định")
    now = timezone.now()
    given: dict[str, Any] = {"id_number": person.id_number, "valid_from": now, "valid_to": now + timedelta(days=20), "now": now}
    offered = give_mandate(actor=factories.citizen_actor(giver), **given)
    page = _client(person).get(PAGE).content.decode()
    assert "Bà Ngoại Giả Định muốn bạn làm thay" in page
    assert dossier.code in page and ("Cơ quan trả lời trước ngày này" in page or "Cơ quan đã quá hạn trả lời" in page)
    assert "Bạn có thể làm tiếp" in page and "/su-kien/" in page
    accept_mandate(actor=factories.citizen_actor(person), offer_id=offered.pk, now=timezone.now())
    page = _client(person).get(PAGE).content.decode()
    assert "muốn bạn làm thay" not in page and "Quyền làm thay cho Bà Ngoại Giả Định" in page


@pytest.mark.requirement("A-13")
@pytest.mark.usefixtures("demo_data")
def test_the_first_page_makes_as_many_queries_for_much_as_for_little() -> None:
    person = support.mother()
    client = _client(person)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for _ in range(3):
        support.filed(person)
        giver = factories.make_person()
        now = timezone.now()
        give_mandate(actor=factories.citizen_actor(giver), id_number=person.id_number, valid_from=now, now=now)
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)
    # Codes of dossiers that ended are looked up among slips only where there are any.
    assert len(many) <= len(few) + 1
    assert len(many) <= 30


@pytest.mark.requirement("C-08", "A-13")
@pytest.mark.usefixtures("demo_data")
def test_for_a_company_its_events_people_and_deadlines() -> None:
    director, accountant = factories.make_person(full_name="Giám Đốc Giả Định"), factories.make_person(full_name="Kế Toán Giả Định")
    company = factories.make_organisation(representatives=(director,), name="Công ty TNHH Trang Đầu Giả Định")
    legal = factories.legal_mandate(company, director)
    now = timezone.now()
    given = factories.give_mandate(
        factories.mandate_actor(legal), accountant, procedures=["1.001193"], valid_to=now + timedelta(days=10), now=now
    )
    page = _client(director, mandate=legal).get(PAGE).content.decode()
    assert "<h1>Công ty TNHH Trang Đầu Giả Định</h1>" in page
    assert "Kế Toán Giả Định" in page and "Quyền làm thay của Kế Toán Giả Định" in page
    assert "/su-kien/" in page and "Đóng tài khoản" not in page
    limited = _client(accountant, mandate=given).get(PAGE).content.decode()
    assert "Giám Đốc Giả Định" not in limited, "who may act for it is for its legal representative"
    assert "/thu-tuc/1.001193/" in limited and "/su-kien/" not in limited.split("<main")[1].split("</main>")[0]
    # Oneself again: nothing of the company.
    assert "Quyền làm thay của" not in _client(director).get(PAGE).content.decode()


@pytest.mark.requirement("A-13", "O-07")
@pytest.mark.usefixtures("demo_data")
def test_owners_see_which_agency_looked_and_never_which_officer(django_assert_max_num_queries: Any) -> None:
    person = support.mother()
    dossier = support.filed(person)
    officer = factories.make_position(unit=dossier.unit_code, roles=("reception",))
    client = _client(person)
    assert "Chưa có lần xem nào được ghi." in client.get(DATA).content.decode()
    open_dossier(actor=factories.officer_actor(officer), dossier_id=dossier.pk)
    with django_assert_max_num_queries(25):
        page = client.get(DATA).content.decode()
    assert dossier.code in page and "Chưa có lần xem" not in page
    assert "Cán Bộ Giả Định" not in page and str(officer.pk) not in page
    stranger = _client(factories.make_person())
    assert dossier.code not in stranger.get(DATA).content.decode()


@pytest.mark.requirement("A-13", "O-07")
@pytest.mark.usefixtures("demo_data")
def test_who_was_shown_ones_identity_on_the_desk_is_seen_by_oneself() -> None:
    """A complaint shows whose account it is; a guardian's request shows two people's numbers."""
    mine, other = support.mother(), support.father()
    now = timezone.now()
    said = {"name": other.full_name, "number": mine.id_number, "phone": "", "email": "", "text": "x", "fields": []}
    made = complaints.file(kind="misuse", said=said, actor=factories.citizen_actor(other), now=now)
    office = desk_of("G22", "administrator")[0]
    assert office.get(f"/quan-tri/accounts/accountcomplaint/{made.pk}/change/").status_code == 200
    page = _client(mine).get(DATA).content.decode()
    assert "Thông tin định danh của bạn" in page and "Văn phòng Chính phủ" in page and made.code_shown not in page
    page = _client(other).get(DATA).content.decode()
    assert made.code_shown in page and "Thông tin định danh của bạn" not in page, "the complainer's own data were not shown"

    guardian, ward = factories.make_person(full_name="Lý Thị Giám Hộ Giả Định"), factories.make_person(full_name="Lý Văn Trẻ Giả Định")
    asked = guardians.ask_as_guardian(
        actor=factories.citizen_actor(guardian),
        ward_number=str(ward.id_number),
        ward_name=ward.full_name,
        ward_birth_date=date(1995, 5, 20),
        document_number="12/QĐ-GH",
        document_date=date(2024, 1, 2),
        until=None,
        upload=support.photo("quyet-dinh.png"),
        now=now,
    )
    commune = desk_of(asked.unit_code, "handling")[0]
    assert commune.get(f"/quan-tri/accounts/guardianrequest/{asked.pk}/change/").status_code == 200
    for person in (guardian, ward):
        assert "Thông tin định danh của bạn" in _client(person).get(DATA).content.decode()
    assert "12/QĐ-GH" not in _client(guardian).get(DATA).content.decode(), "the document itself was not opened"
    guardians.read_document(actor=factories.make_officer_actor(asked.unit_code, ("handling",)), asked=asked)
    assert "12/QĐ-GH" in _client(guardian).get(DATA).content.decode()


@pytest.mark.requirement("A-13")
def test_every_look_that_owners_are_told_of_is_written_by_some_page() -> None:
    rooms = ("accounts", "dossiers", "feedback", "payments", "portal", "procedures", "ratings", "helpdesk")
    told = {Path(module.__file__ or "") for module in (dossiers.account, feedback.account, payments.account, holdings)}
    told.add(Path(words.__file__ or ""))
    sources = [path for room in rooms for path in (settings.BASE_DIR / room).rglob("*.py") if path not in told]
    texts = [path.read_text(encoding="utf-8") for path in sources]
    acts = {act for one in lines.watched() for act in one.acts}
    assert len(acts) > 6
    assert [act for act in sorted(acts) if not any(f'"{act}"' in text for text in texts)] == []


@pytest.mark.requirement("A-13")
@pytest.mark.usefixtures("demo_data")
def test_a_copy_of_everything_is_made_by_the_worker_and_only_its_owner_takes_it() -> None:
    person = support.mother()
    dossier = support.filed(person)
    client, other = _client(person), _client(factories.make_person())
    assert client.post(DATA)["Location"] == DATA
    client.post(DATA)
    assert DataCopy.objects.count() == 1, "one at a time"
    assert "Đang lập" in client.get(DATA).content.decode()
    outbox.deliver_due()
    row = DataCopy.objects.get()
    assert row.is_ready
    told = json.loads(b"".join(client.get(f"{DATA}{row.pk}.json").streaming_content))
    assert told["party"] == {"id": str(person.pk), "name": person.full_name}
    assert set(told["parts"]) >= {"profile", "dossiers", "drafts", "payments", "petitions", "notices", "mandates", "sign_ins"}
    assert told["parts"]["profile"]["rows"][0]["Số định danh cá nhân"] == person.id_number
    assert [one["Mã hồ sơ"] for one in told["parts"]["dossiers"]["rows"]] == [dossier.code]
    assert told["parts"]["dossiers"]["rows"][0]["Đã khai"] == dossier.answers
    answer = client.get(f"{DATA}{row.pk}.pdf")
    assert b"".join(answer.streaming_content).startswith(b"%PDF-") and answer["Content-Type"] == "application/pdf"
    for address in (f"{DATA}{row.pk}.json", f"{DATA}{row.pk}.pdf"):
        assert other.get(address).status_code == 404
        assert Client().get(address).status_code == 302
    assert client.get(f"{DATA}{row.pk}.exe").status_code == 404
    assert Notification.objects.filter(template="accounts.copy_ready", party_id=person.pk, channel="inbox").count() == 1
    with time_machine.travel(timezone.now() + copies.KEPT, tick=True):
        close_accounts()
    assert not StoredFile.objects.filter(purpose=copies.PURPOSE).exclude(state="erased").exists()
    assert client.get(f"{DATA}{row.pk}.json").status_code == 404


@pytest.mark.requirement("A-13", "A-14")
@pytest.mark.django_db
def test_who_acts_for_others_gets_a_copy_only_as_legal_representative() -> None:
    director, accountant = factories.make_person(), factories.make_person()
    company = factories.make_organisation(representatives=(director,))
    now = timezone.now()
    legal = factories.mandate_actor(factories.legal_mandate(company, director))
    given = factories.give_mandate(legal, accountant, now=now)
    row = copies.ask(actor=legal, now=now)
    assert row.party_id == company.pk
    outbox.deliver_due()
    with pytest.raises(AccessDenied):
        copies.ask(actor=factories.mandate_actor(given), now=now)
    file = f"{DATA}{row.pk}.json"
    assert _client(director, mandate=factories.legal_mandate(company, director)).get(file).status_code == 200
    # Who represents it no more takes nothing with them, though they may still act for it.
    own = factories.legal_mandate(company, director)
    Mandate.objects.filter(pk=own.pk).update(withdrawn_at=now)
    other = Mandate.objects.create(
        person=director, organisation=company, basis="given", given_by=accountant, valid_from=now, accepted_at=now, given_at=now
    )
    left = _client(director, mandate=other)
    assert left.get(file).status_code == 404 and str(row.pk) not in left.get(DATA).content.decode()
    Mandate.objects.filter(pk=own.pk).update(withdrawn_at=None)
    for _ in range(copies.A_DAY):
        DataCopy.objects.filter(made_at=None).delete()
        copies_left = DataCopy.objects.count()
        if copies_left < copies.A_DAY:
            made = copies.ask(actor=legal, now=now)
            outbox.deliver_due()
            assert DataCopy.objects.get(pk=made.pk).is_ready
    with pytest.raises(copies.TooMany):
        copies.ask(actor=legal, now=now)


@pytest.mark.requirement("A-13", "N-08")
@pytest.mark.django_db
def test_nobodys_phone_is_flooded_by_closing_and_staying() -> None:
    client = _client(factories.make_person())
    for _ in range(leaving.A_DAY):
        assert client.post(CLOSE, {"understood": "on"}).status_code == 302
        assert client.post(CLOSE, {"act": "stay"}).status_code == 302
    assert "ngày mai" in client.post(CLOSE, {"understood": "on"}).content.decode()
    assert AccountClosing.objects.count() == leaving.A_DAY


@pytest.mark.requirement("A-13")
@pytest.mark.usefixtures("demo_data")
def test_an_account_is_not_closed_while_something_needs_it() -> None:
    person = support.mother()
    support.filed(person)
    client = _client(person)
    page = client.get(CLOSE).content.decode()
    assert "Bạn còn 1 hồ sơ đang giải quyết" in page and "Đóng tài khoản của tôi" not in page
    assert client.post(CLOSE, {"understood": "on"}).status_code == 422
    officer = factories.make_position(unit="H26.101").person
    assert "chức danh" in _client(officer).get(CLOSE).content.decode()
    assert not AccountClosing.objects.exists()


@pytest.mark.requirement("A-13")
@pytest.mark.usefixtures("demo_data")
def test_leaving_is_thought_over_called_off_and_then_for_good() -> None:
    person = support.mother()
    draft = support.ready_draft(factories.citizen_actor(person))
    client = _client(person)
    assert client.post(CLOSE, {}).status_code == 422
    assert client.post(CLOSE, {"understood": "on"})["Location"] == CLOSE
    assert "Giữ lại tài khoản" in client.get(CLOSE).content.decode()
    assert Notification.objects.filter(template="accounts.closing_asked", channel="sms").count() == 1
    client.post(CLOSE, {"act": "stay"})
    with time_machine.travel(timezone.now() + leaving.THINK_OVER, tick=True):
        close_accounts()
        assert Person.objects.get(pk=person.pk).full_name == person.full_name
        client = _client(person)
        client.post(CLOSE, {"understood": "on"})
    with time_machine.travel(timezone.now() + 2 * leaving.THINK_OVER + timedelta(minutes=5), tick=True):
        close_accounts()
    left = Person.objects.get(pk=person.pk)
    assert (left.full_name, left.id_blind, left.id_number) == ("", None, None)
    assert not Draft.objects.filter(pk=draft.pk).exists()
    assert client.get(PAGE).status_code == 302
    assert Act.objects.filter(act="accounts.close", target_id=str(person.pk)).count() == 1
    assert AccountClosing.objects.filter(done_at__isnull=False).count() == 1


@pytest.mark.django_db
def test_something_that_came_up_meanwhile_keeps_the_account() -> None:
    person = factories.make_person()
    now = timezone.now()
    leaving.ask(actor=factories.citizen_actor(person), now=now)
    factories.make_position(person)
    leaving.close_due(now=now + leaving.THINK_OVER)
    assert Person.objects.get(pk=person.pk).full_name == person.full_name
    assert Notification.objects.filter(template="accounts.closing_called_off", channel="inbox").count() == 1
    assert list(holdings.still_needed(factories.citizen_actor(person)))


@pytest.mark.requirement("A-13")
@pytest.mark.django_db
def test_the_profile_is_the_registers_and_masked() -> None:
    person = factories.make_person()
    page = _client(person).get("/tai-khoan/thong-tin/").content.decode()
    assert person.full_name in page and person.id_number not in page and person.id_number[-3:] in page
    assert "Đang chờ đối chiếu" in page and "20/05/1995" in page
    assert _client(person).post("/tai-khoan/thong-tin/", {"full_name": "x"}).status_code == 405
    Person.objects.filter(pk=person.pk).update(registry_checked_at=timezone.now(), registry_matches=False)
    assert "Chưa khớp" in _client(person).get("/tai-khoan/thong-tin/").content.decode()
    assert _client(person, assurance=Assurance.HIGH).get(PAGE).status_code == 200
