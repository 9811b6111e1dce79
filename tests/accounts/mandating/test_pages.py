"""Mandates on their pages: invited by number, accepted, declined, ended, seen by both; withdrawn while somebody files (A-14)."""

from __future__ import annotations

import dataclasses
import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.mandating import guardians, offers
from accounts.models import GuardianRequest, Mandate, MandateOffer, Person
from accounts.services import mandates
from accounts.services.mandates import BadMandate
from dossiers.models import Dossier
from dossiers.services import submit
from portal import audit
from portal.access import SYSTEM, AccessDenied
from portal.audit.models import Act
from portal.files.models import FileState, StoredFile
from portal.notifications.models import Notification
from portal.outbox.models import Message
from portal.outbox.services import deliver_due
from tests import factories
from tests.dossiers.support import photo
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.requirement("A-14")
LIST = "/tai-khoan/uy-quyen/"


def offers_of(director: Any) -> Any:
    """What a director offered; the demo's company has offers of its own."""
    return MandateOffer.objects.filter(given_by=director)


@pytest.fixture
def company(demo_data: None) -> Any:
    """A company, its director signed in for it, an accountant signed in for themself."""
    director, accountant = factories.make_person(full_name="Bùi Văn Giám Giả Định"), factories.make_person(full_name="Bùi Thị Kế Giả Định")
    organisation = factories.make_organisation(representatives=[director])
    boss, clerk = Client(), Client()
    factories.sign_in(boss, director, mandate=factories.legal_mandate(organisation, director))
    factories.sign_in(clerk, accountant)
    return organisation, director, accountant, boss, clerk


def said(person: Any, **values: Any) -> dict[str, Any]:
    return {"act": "gui", "id_number": person.id_number, "called": "Chị kế toán", "scope": "all", **values}


def test_the_director_invites_the_accountant_accepts_acts_and_is_ended_and_both_see_it(company: Any) -> None:
    organisation, director, accountant, boss, clerk = company
    # Procedures are found by a button and ticked, and stay ticked: no script.
    found = boss.post(f"{LIST}moi/", said(accountant, act="tim", scope="some", q="khai sinh"))
    assert found.status_code == 200 and 'value="1.001193"' in found.content.decode() and "Có chỗ cần sửa" not in found.content.decode()
    kept = boss.post(f"{LIST}moi/", said(accountant, act="tim", scope="some", q="2.000635", procedures=["1.001193"]))
    page = kept.content.decode()
    assert page.count("checked") >= 2 and 'value="2.000635"' in page
    until = f"{timezone.localdate() + timedelta(days=30):%d/%m/%Y}"
    sent = boss.post(f"{LIST}moi/", said(accountant, scope="some", procedures=["1.001193", "2.000635"], valid_to=until), follow=True)
    assert "Đã gửi lời mời" in sent.content.decode() and "Chị kế toán" in sent.content.decode() and "Chờ nhận" in sent.content.decode()
    deliver_due()
    assert Notification.objects.filter(party_id=accountant.id, template="accounts.mandate_offered", channel="inbox").count() == 1

    offer = offers_of(director).get()
    assert organisation.name in clerk.get(LIST).content.decode()
    question = clerk.get(f"{LIST}loi-moi/{offer.id}/nhan/").content.decode()
    assert organisation.name in question and "khai sinh" in question
    assert f"Đến hết ngày {until}." in question and "00:00" not in question
    assert not Mandate.objects.filter(person=accountant).exists(), "reading is no acceptance"
    assert "Bạn đã nhận" in clerk.post(f"{LIST}loi-moi/{offer.id}/nhan/", follow=True).content.decode()
    clerk.post(f"{LIST}loi-moi/{offer.id}/nhan/")
    [mandate] = Mandate.objects.filter(person=accountant)
    assert mandate.procedures == ["1.001193", "2.000635"] and mandate.valid_to is not None
    assert accountant.full_name in boss.get(LIST).content.decode() and "Đang có hiệu lực" in boss.get(LIST).content.decode()
    assert Notification.objects.filter(party_id=director.id, template="accounts.mandate_accepted").exists()

    question = boss.get(f"{LIST}{mandate.id}/cham-dut/").content.decode()
    assert "Có hiệu lực ngay" in question and f"Đến hết ngày {until}." in question
    page = boss.post(f"{LIST}{mandate.id}/cham-dut/", follow=True).content.decode()
    assert "Đã chấm dứt" in page and f"Chấm dứt lúc {timezone.localtime():%H:}" in page
    assert organisation.name not in clerk.get(LIST).content.decode()
    assert Notification.objects.filter(party_id=accountant.id, template="accounts.mandate_ended").exists()


def test_nobody_learns_whether_a_number_has_an_account(company: Any) -> None:
    _organisation, director, accountant, boss, _clerk = company

    def answer(number: str) -> tuple[int, str, int, int]:
        with CaptureQueriesContext(connection) as queries:
            got = boss.post(f"{LIST}moi/", {**said(accountant), "id_number": number})
        page = boss.get(LIST).content.decode()
        state = page.split("Chị kế toán")[1].split("</li>")[0].replace(number[-3:], "")
        offers_of(director).update(withdrawn_at=timezone.now())
        return (
            got.status_code,
            state[state.index("</h4>") : state.index("href")],
            len(queries),
            Message.objects.filter(kind="accounts.tell_offered").count(),
        )

    known, unknown = answer(accountant.id_number), answer("001195999998")
    assert known[:3] == unknown[:3] and unknown[3] == known[3] + 1
    # What waited for the number is there when its owner comes.
    boss.post(f"{LIST}moi/", {**said(accountant), "id_number": "001195999997"})
    deliver_due()
    late, client = factories.make_person(id_number="001195999997"), Client()
    factories.sign_in(client, late)
    assert "Lời mời cho bạn" in client.get(LIST).content.decode()


def test_it_is_declined_or_taken_back_and_then_cannot_be_accepted(company: Any) -> None:
    _organisation, director, accountant, boss, clerk = company
    boss.post(f"{LIST}moi/", said(accountant))
    first = offers_of(director).get()
    assert "Bạn đã từ chối" in clerk.post(f"{LIST}loi-moi/{first.id}/tu-choi/", follow=True).content.decode()
    assert "Đã từ chối" in boss.get(LIST).content.decode()
    assert Notification.objects.filter(party_id=director.id, template="accounts.mandate_declined").exists()
    boss.post(f"{LIST}moi/", said(accountant))
    second = offers_of(director).exclude(pk=first.pk).get()
    assert boss.post(f"{LIST}moi/", said(accountant)).status_code == 422, "one at a time"
    assert "Đã rút lời mời" in boss.post(f"{LIST}loi-moi/{second.id}/rut/", follow=True).content.decode()
    for offer in (first, second):
        assert "không còn hiệu lực" in clerk.post(f"{LIST}loi-moi/{offer.id}/nhan/", follow=True).content.decode()
        assert clerk.get(f"{LIST}loi-moi/{offer.id}/nhan/").status_code == 404
    assert not Mandate.objects.filter(person=accountant).exists()
    now = timezone.now()
    third = offers.give_mandate(
        actor=factories.citizen_actor(director), id_number=accountant.id_number, called="x", valid_from=now, now=now - timedelta(days=31)
    )
    with pytest.raises(BadMandate):
        offers.accept_mandate(actor=factories.citizen_actor(accountant), offer_id=third.id, now=now)


def test_what_is_somebody_elses_is_not_there(company: Any) -> None:
    _organisation, director, accountant, boss, _clerk = company
    boss.post(f"{LIST}moi/", said(accountant))
    offer, stranger = offers_of(director).get(), Client()
    factories.sign_in(stranger, factories.make_person())
    for act in ("nhan", "tu-choi", "rut"):
        assert stranger.get(f"{LIST}loi-moi/{offer.id}/{act}/").status_code == 404
        assert stranger.post(f"{LIST}loi-moi/{offer.id}/{act}/").status_code == 404
    mandate = offers.accept_mandate(actor=factories.citizen_actor(accountant), offer_id=offer.id, now=timezone.now())
    assert stranger.post(f"{LIST}{mandate.id}/cham-dut/").status_code == 404
    holder = Client()
    factories.sign_in(holder, accountant, mandate=mandate)
    assert holder.get(f"{LIST}moi/").status_code == 403 and holder.post(f"{LIST}moi/", said(director)).status_code == 403
    assert accountant.full_name not in holder.get(LIST).content.decode().split("<main")[1].split("Việc đã làm")[0].replace(
        f"· {accountant.full_name}", ""
    )
    legal = Mandate.objects.get(person=director, basis="legal")
    assert boss.post(f"{LIST}{legal.id}/cham-dut/").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"id_number": "12"}, "12 chữ số"),
        ({"id_number": ""}, "ghi mục này"),
        ({"called": ""}, "ghi mục này"),
        ({"scope": ""}, "chọn một mục"),
        ({"scope": "some"}, "ít nhất một thủ tục"),
        ({"scope": "some", "procedures": ["9.999999"]}, "ít nhất một thủ tục"),
        ({"valid_to": "01/01/2020"}, "Ngày kết thúc"),
        ({"valid_to": "mai"}, "Ngày không đúng"),
        ({"called": "a\x07b"}, "không đọc được"),
    ],
)
def test_what_cannot_be_offered_is_said_beside_the_field(company: Any, wrong: dict[str, Any], words: str) -> None:
    _organisation, director, accountant, boss, _clerk = company
    answer = boss.post(f"{LIST}moi/", said(accountant, **wrong))
    page = answer.content.decode()
    assert answer.status_code == 422 and "Có chỗ cần sửa" in page and not offers_of(director).exists()
    assert words in page or wrong.get("procedures"), page[:200]


def test_invitations_are_counted(company: Any) -> None:
    _organisation, director, _accountant, _boss, _clerk = company
    actor, now = factories.citizen_actor(director), timezone.now()
    for number in range(offers.MOST_A_DAY):
        offers.give_mandate(actor=actor, id_number=f"0011959{number:05d}", called="x", valid_from=now, now=now)
    with pytest.raises(BadMandate, match="quá nhiều lời mời"):
        offers.give_mandate(actor=actor, id_number="001195988888", called="x", valid_from=now, now=now)


def test_who_leaves_loses_all_at_once_and_what_they_gave_is_told_to_who_comes(company: Any) -> None:
    organisation, director, accountant, boss, _clerk = company
    boss.post(f"{LIST}moi/", said(accountant))
    mandate = offers.accept_mandate(actor=factories.citizen_actor(accountant), offer_id=offers_of(director).get().id, now=timezone.now())
    boss.post(f"{LIST}moi/", {**said(accountant), "id_number": "001195999996"})
    new = factories.make_person(full_name="Lý Thị Mới Giả Định")
    factories.make_organisation(tax_code=organisation.tax_code, representatives=[new])
    answer = boss.post(f"{LIST}moi/", said(factories.make_person()))
    assert answer.status_code == 403
    mandate.refresh_from_db()
    # Civil Code 2015 art. 140.3: a change of representatives ends no mandate of the organisation; what was only offered is over.
    assert mandate.withdrawn_at is None and Mandate.objects.in_force(timezone.now()).filter(pk=mandate.pk).exists()
    assert offers_of(director).get(accepted_at__isnull=True).withdrawn_at is not None
    assert Notification.objects.filter(party_id=new.id, template="accounts.representative_left").exists()
    newcomer = Client()
    factories.sign_in(newcomer, new, mandate=factories.legal_mandate(organisation, new))
    assert "Đã chấm dứt" in newcomer.post(f"{LIST}{mandate.id}/cham-dut/", follow=True).content.decode()
    with pytest.raises(AccessDenied):
        mandates.hold_mandate(actor=factories.mandate_actor(mandate), now=timezone.now())
    assert director.full_name in newcomer.get(LIST).content.decode(), "who represented it stays in the list"


def test_a_mandate_withdrawn_during_filing_ends_it(company: Any) -> None:
    organisation, director, accountant, boss, _clerk = company
    boss.post(f"{LIST}moi/", said(accountant))
    mandate = offers.accept_mandate(actor=factories.citizen_actor(accountant), offer_id=offers_of(director).get().id, now=timezone.now())
    clerk = Client()
    factories.sign_in(clerk, accountant, mandate=mandate)
    page = "/nop-ho-so/2.002288/to-khai/"
    assert clerk.get(page, follow=True).status_code == 200
    boss.post(f"{LIST}{mandate.id}/cham-dut/")
    answer = clerk.post(page, {"act": "tiep"}, follow=True)
    assert answer.status_code == 403 and organisation.name in answer.content.decode()
    assert not Dossier.objects.filter(applicant_id=organisation.id).exists()
    # The page was resolved before the mandate ended: the service still finds it gone.
    with pytest.raises(AccessDenied), transaction.atomic():
        submit(actor=factories.mandate_actor(mandate), draft_id=mandate.id, seen_version=1, now=timezone.now())
    assert director.id != accountant.id


def test_what_is_withdrawn_at_the_same_moment_waits_or_is_found_gone(committed_db: None) -> None:
    director, accountant = factories.make_person(), factories.make_person()
    organisation = factories.make_organisation(representatives=[director])
    mandate = factories.give_mandate(factories.mandate_actor(factories.legal_mandate(organisation, director)), accountant)
    actor, order = factories.mandate_actor(mandate), []
    holding, release = threading.Event(), threading.Event()

    def files() -> None:
        with transaction.atomic():
            mandates.hold_mandate(actor=actor, now=timezone.now())
            holding.set()
            release.wait(20)
            order.append("filed")
        connection.close()

    def withdraws() -> None:
        holding.wait(20)
        mandates.withdraw_mandate(actor=factories.citizen_actor(director), mandate_id=mandate.id, now=timezone.now())
        order.append("withdrawn")
        connection.close()

    threads = [threading.Thread(target=files), threading.Thread(target=withdraws)]
    for thread in threads:
        thread.start()
    holding.wait(20)
    threads[1].join(0.5)
    assert order == [], "the withdrawal waits for what is being filed"
    release.set()
    for thread in threads:
        thread.join()
    assert order == ["filed", "withdrawn"]
    with pytest.raises(AccessDenied), transaction.atomic():
        mandates.hold_mandate(actor=actor, now=timezone.now())


def test_what_was_done_for_a_party_is_told_by_whom_for_ten_years(company: Any) -> None:
    organisation, director, accountant, boss, _clerk = company
    mandate = factories.give_mandate(factories.mandate_actor(factories.legal_mandate(organisation, director)), accountant)
    actor = factories.mandate_actor(mandate)
    audit.record(actor=actor, act="dossiers.submit", target="dossiers.dossier", target_id="x")
    Act.objects.create(
        act="dossiers.withdraw", acting_as="organisation", person_id=accountant.id, details={"party": str(organisation.id)},
        at=timezone.now() - timedelta(days=3652),
    )  # fmt: skip
    audit.record(actor=factories.citizen_actor(accountant), act="dossiers.submit")
    page = boss.get(f"{LIST}da-lam/").content.decode()
    assert "Gửi hồ sơ" in page and "Rút hồ sơ" in page and accountant.full_name in page
    old = boss.get(f"{LIST}da-lam/", {"den": f"{timezone.localdate() - timedelta(days=3600):%d/%m/%Y}"}).content.decode()
    assert "Rút hồ sơ" in old and "Gửi hồ sơ" not in old
    assert boss.get(f"{LIST}da-lam/?tu=mai").status_code == 422
    # Who holds a mandate sees what they did, not what others did; nobody sees another party's.
    holder = Client()
    factories.sign_in(holder, accountant, mandate=mandate)
    other = factories.give_mandate(factories.mandate_actor(factories.legal_mandate(organisation, director)), factories.make_person())
    audit.record(actor=factories.mandate_actor(other), act="dossiers.start_draft")
    assert "Bắt đầu soạn hồ sơ" in boss.get(f"{LIST}da-lam/").content.decode()
    assert "Bắt đầu soạn hồ sơ" not in holder.get(f"{LIST}da-lam/").content.decode()
    stranger = Client()
    factories.sign_in(stranger, factories.make_person())
    assert "Gửi hồ sơ" not in stranger.get(f"{LIST}da-lam/").content.decode()

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            boss.get(f"{LIST}da-lam/")
        return len(queries)

    few = asked()
    for _number in range(15):
        audit.record(actor=actor, act="dossiers.start_draft")
    assert asked() == few


def asked_as_guardian(client: Client, **values: Any) -> Any:
    fields = {
        "ward_name": "Trịnh Văn Trẻ Giả Định", "ward_number": "001215000321", "ward_birth_date": "02/03/2015", "document_number": "12/TLGH",
        "document_date": "05/01/2025", "file": photo(), **values,
    }  # fmt: skip
    return client.post(f"{LIST}giam-ho/", fields)


@pytest.fixture
def guardian(demo_data: None) -> Any:
    """Somebody of Hoàn Kiếm, and an officer of that ward."""
    person, client = factories.make_person(full_name="Trịnh Thị Giám Giả Định"), Client()
    factories.sign_in(client, person)
    desk, position = Client(), factories.make_position(unit=guardians.commune_of(person), roles=("handling",))
    factories.sign_in(desk, position.person, position=position)
    return person, client, desk, position


def test_a_guardians_document_is_read_by_the_commune_and_then_they_act_for_the_ward(guardian: Any) -> None:
    person, client, desk, position = guardian
    assert asked_as_guardian(client).status_code == 302
    asked = GuardianRequest.objects.get()
    base = f"/quan-tri/accounts/guardianrequest/{asked.pk}/"
    assert desk.post(f"{base}confirm/").status_code == 422, "not before the file was found safe"
    assert desk.get(f"{base}file/").status_code == 404
    StoredFile.objects.update(state=FileState.CLEAN)
    assert "Người giám hộ chờ kiểm tra" in desk.get("/quan-tri/").content.decode()
    page = desk.get(f"{base}change/").content.decode()
    assert "Trịnh Văn Trẻ Giả Định" in page and "001215000321" in page
    assert b"".join(desk.get(f"{base}file/").streaming_content) == photo().read()  # type: ignore[attr-defined]
    assert Act.objects.filter(act="accounts.read_guardian_file", target_id=str(asked.pk)).exists()
    assert desk.post(f"{base}confirm/").status_code == 302
    mandate = Mandate.objects.get(basis="guardian")
    assert mandate.person_id == person.id and mandate.valid_to is not None and timezone.localdate(mandate.valid_to) == date(2033, 3, 2)
    ward = Person.objects.get(full_name="Trịnh Văn Trẻ Giả Định")
    assert ward.user_id is None and mandate.grantor_id == ward.id
    client.post("/tai-khoan/vai-tro/", {"acting_as": str(mandate.id)})
    assert "Trịnh Văn Trẻ Giả Định" in client.get("/ho-so/").content.decode()
    assert client.get(f"{LIST}moi/").status_code == 403, "what the law gives is not handed on"
    assert Notification.objects.filter(party_id=person.id, template="accounts.guardian_confirmed").exists()
    assert desk.post(f"{base}confirm/").status_code == 422
    assert desk.post(f"{base}end/", {"reason": ""}).status_code == 422
    assert desk.post(f"{base}end/", {"reason": "Đã thay đổi người giám hộ"}).status_code == 302
    assert client.get("/ho-so/").status_code == 403, "at once, in an open session too"
    assert position.id == GuardianRequest.objects.get().decided_by_id


def test_files_of_guardians_are_counted_also_when_taken_back(guardian: Any) -> None:
    _person, client, _desk, _position = guardian
    for _ in range(guardians.MOST_A_DAY):
        assert asked_as_guardian(client).status_code == 302
        waiting = GuardianRequest.objects.get(state="waiting")
        assert client.post(f"{LIST}giam-ho/{waiting.pk}/rut/").status_code == 302
    answer = asked_as_guardian(client)
    assert answer.status_code == 422 and "ngày mai" in answer.content.decode()


def test_a_ward_with_an_account_hears_who_may_act_for_them_and_who_no_longer(guardian: Any) -> None:
    _person, client, desk, _position = guardian
    ward = factories.make_person(full_name="Trịnh Văn Lớn Giả Định", birth_date=date(1980, 3, 2))
    same = {"ward_name": ward.full_name, "ward_number": ward.id_number, "ward_birth_date": "02/03/1980"}
    assert asked_as_guardian(client, **same, document_number="13/TLGH").status_code == 302
    base = f"/quan-tri/accounts/guardianrequest/{GuardianRequest.objects.get().pk}/"
    StoredFile.objects.update(state=FileState.CLEAN)
    assert desk.post(f"{base}confirm/").status_code == 302
    told = Notification.objects.filter(party_id=ward.id, template="accounts.guardian_of_you")
    assert {row.channel for row in told} >= {"inbox", "sms"} and "Trịnh Thị Giám Giả Định" in str(told.get(channel="inbox").body)
    assert desk.post(f"{base}end/", {"reason": "Không đúng"}).status_code == 302
    assert Notification.objects.filter(party_id=ward.id, template="accounts.guardian_no_more", channel="inbox").exists()


def test_a_guardian_is_refused_with_a_reason_or_takes_it_back(guardian: Any) -> None:
    person, client, desk, _position = guardian
    asked_as_guardian(client)
    first = GuardianRequest.objects.get()
    assert asked_as_guardian(client).status_code == 422, "one request about one ward"
    base = f"/quan-tri/accounts/guardianrequest/{first.pk}/"
    assert desk.post(f"{base}refuse/", {"reason": " "}).status_code == 422
    assert desk.post(f"{base}refuse/", {"reason": "Bản chụp mờ"}).status_code == 302
    assert "Bản chụp mờ" in client.get(LIST).content.decode()
    assert asked_as_guardian(client).status_code == 302
    second = GuardianRequest.objects.exclude(pk=first.pk).get()
    assert client.post(f"{LIST}giam-ho/{second.pk}/rut/").status_code == 302
    second.refresh_from_db()
    assert (second.state, second.file.state) == ("called_off", FileState.ERASED)
    assert not Mandate.objects.filter(person=person).exists()


def test_a_guardians_request_is_for_the_commune_alone_and_for_nobody_in_their_own_affair(guardian: Any) -> None:
    person, client, _desk, position = guardian
    asked_as_guardian(client)
    asked = GuardianRequest.objects.get()
    StoredFile.objects.update(state=FileState.CLEAN)
    base = f"/quan-tri/accounts/guardianrequest/{asked.pk}/"
    elsewhere, other = Client(), factories.make_position(unit="H26.102", roles=("handling",))
    factories.sign_in(elsewhere, other.person, position=other)
    own, mine = Client(), factories.make_position(person, unit=asked.unit_code, roles=("handling",))
    factories.sign_in(own, person, position=mine)
    for act in ("change", "file", "confirm", "refuse", "end"):
        assert elsewhere.get(f"{base}{act}/").status_code == 404
        assert own.get(f"{base}{act}/").status_code == 403
    assert elsewhere.post(f"{base}confirm/").status_code == 404 and own.post(f"{base}confirm/").status_code == 403
    with pytest.raises(AccessDenied):
        guardians.confirm(actor=factories.officer_actor(mine), request_id=asked.pk, now=timezone.now())
    taken = factories.make_person(full_name="Người Khác Giả Định", id_number="001215000322", birth_date=date(2015, 3, 2))
    GuardianRequest.objects.filter(pk=asked.pk).update(ward_blind=taken.id_blind)
    with pytest.raises(guardians.GuardianRefused, match="họ tên hoặc ngày sinh khác"):
        guardians.confirm(actor=factories.officer_actor(position), request_id=asked.pk, now=timezone.now())


@pytest.mark.parametrize(
    "wrong",
    [
        {"ward_number": "1"}, {"ward_birth_date": "01/01/2999"}, {"document_date": "01/01/2999"}, {"until": "01/01/2020"}, {"file": ""},
        {"ward_name": ""}, {"ward_name": "\u0422rịnh Văn Trẻ Giả Định"},
        {"document_number": ""}, {"file": SimpleUploadedFile("x.exe", b"MZ", "application/x")},
    ],
)  # fmt: skip
def test_a_guardians_request_without_sense_is_refused(guardian: Any, wrong: dict[str, Any]) -> None:
    _person, client, _desk, _position = guardian
    assert asked_as_guardian(client, **wrong).status_code == 422
    assert not GuardianRequest.objects.exists()


@pytest.mark.django_db
def test_who_acts_for_nobody_else_needs_no_mandate_and_is_not_looked_up() -> None:
    person = factories.make_person()
    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        for actor in (SYSTEM, factories.citizen_actor(person)):
            mandates.hold_mandate(actor=actor, now=timezone.now())
    assert len(asked) == 0, "nothing was asked for them"
    organisation = factories.make_organisation(representatives=[person])
    mandate = factories.legal_mandate(organisation, person)
    anothers = dataclasses.replace(factories.mandate_actor(mandate), person_id=factories.make_person().id)
    with transaction.atomic(), pytest.raises(AccessDenied):
        mandates.hold_mandate(actor=anothers, now=timezone.now())
