"""Filing for a party, over HTTP: two people of a company on one draft, a parent for a child, a mandate that ends (A-14, D-13)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Mandate, Organisation, Person
from accounts.services.mandates import withdraw_mandate
from dossiers import services
from dossiers.models import Dossier, DossierEvent, Draft
from portal.notifications.models import Notification
from portal.states import TransitionRefused
from tests.dossiers.support import CODE, NOW, father, hidden, mother, photo
from tests.dossiers.test_kinds import at, declare, desk, words
from tests.factories import (
    citizen_actor,
    give_mandate,
    make_officer_actor,
    make_person,
    make_position,
    mandate_actor,
    officer_actor,
    sign_in,
)

pytestmark = pytest.mark.usefixtures("demo_data")

BADGE = "2.002288"
FIRST = {"request": "new", "ownership": "own"}
"""What the form asks first, for it decides about the rest."""
VEHICLE = {
    "badge_kind": "truck",
    "plate": "29H-123.45",
    "make": "HINO FC9",
    "made_in": "2022",
    "load": "6,4 tấn",
    "licence_number": "0123/GPKDVT",
    "licence_date": "01/03/2024",
    "years": "7",
}


def company() -> Organisation:
    return Organisation.objects.get(name="Công ty TNHH Trình Diễn Mẫu")


def holder(name: str) -> Mandate:
    return Mandate.objects.select_related("person", "organisation").get(person__full_name=name, organisation=company())


def as_company(name: str) -> Client:
    """Somebody of the demo company, who has chosen to act for it."""
    mandate, client = holder(name), Client()
    sign_in(client, mandate.person)
    answer = client.post("/tai-khoan/vai-tro/", {"acting_as": str(mandate.id)})
    assert answer["Location"] == "/ho-so/"
    return client


DIRECTOR, ACCOUNTANT = "Bùi Văn Giám Đốc Mẫu", "Đặng Thị Kế Toán Mẫu"


def send(client: Client, code: str = BADGE) -> Any:
    """The paper, the check, the sending."""
    page = client.get(at(code, "giay-to/"))
    client.post(at(code, "giay-to/"), {**hidden(page, act="tiep"), "tep-TP-2": photo()})
    page = client.get(at(code, "kiem-tra/"))
    return client.post(at(code, "kiem-tra/"), hidden(page))


@pytest.mark.requirement("A-14")
def test_an_accountant_begins_the_director_sends_and_neither_sees_it_as_themself() -> None:
    accountant, director = as_company(ACCOUNTANT), as_company(DIRECTOR)
    answer = declare(accountant, BADGE, FIRST, VEHICLE)
    assert answer["Location"] == at(BADGE, "giay-to/")
    assert "Hồ sơ của Công ty TNHH Trình Diễn Mẫu" in words(director.get("/ho-so/")) and "Bản nháp" in words(director.get("/ho-so/"))
    assert "29H-123.45" in words(director.get(at(BADGE, "kiem-tra/")))
    sent = send(director)
    dossier = Dossier.objects.get(procedure_code=BADGE)
    assert sent["Location"].startswith(f"/ho-so/{dossier.code}/")
    assert (dossier.applicant_id, dossier.owner_id, dossier.filed_by_id) == (company().id, company().id, holder(DIRECTOR).person_id)
    assert dossier.unit_code == "H26.202" and dossier.mandate_id == holder(DIRECTOR).id
    event = DossierEvent.objects.get(dossier=dossier, name="submit")
    assert (event.acting_as, event.person_id, event.party_id) == ("organisation", holder(DIRECTOR).person_id, company().id)
    for client in (accountant, director):
        assert dossier.code in words(client.get("/ho-so/"))
        client.post("/tai-khoan/vai-tro/", {"acting_as": "self"})
        assert dossier.code not in words(client.get("/ho-so/"))
        page = client.get(f"/ho-so/{dossier.code}/")
        assert page.status_code == 403 and "thuộc tư cách khác của bạn" in words(page) and "29H" not in words(page)
    stranger = Client()
    sign_in(stranger, mother())
    assert stranger.get(f"/ho-so/{dossier.code}/").status_code == 404
    # The page leads there in one step.
    form = hidden(director.get(f"/ho-so/{dossier.code}/"))
    assert director.post("/tai-khoan/vai-tro/", form)["Location"] == f"/ho-so/{dossier.code}/"
    assert "29H-123.45" in words(director.get(f"/ho-so/{dossier.code}/"))


@pytest.mark.requirement("A-14")
def test_a_mandate_that_ends_between_two_pages_ends_everything() -> None:
    accountant = as_company(ACCOUNTANT)
    declare(accountant, BADGE, FIRST, VEHICLE)
    form = hidden(accountant.get(at(BADGE, "to-khai/")), **{**VEHICLE, "plate": "30A-999.99"}, act="tiep")
    withdraw_mandate(actor=citizen_actor(holder(DIRECTOR).person), mandate_id=holder(ACCOUNTANT).id, now=timezone.now())
    answer = accountant.post(at(BADGE, "to-khai/"), form)
    assert answer.status_code == 403 and "không còn được làm thay" in words(answer)
    assert Draft.objects.get(procedure_code=BADGE).answers["plate"] == "29H-123.45"
    for page in ("/ho-so/", at(BADGE, "kiem-tra/")):
        assert accountant.get(page).status_code == 403
    assert accountant.post("/tai-khoan/vai-tro/", {"acting_as": "self"})["Location"] == "/ho-so/"
    own = words(accountant.get("/ho-so/"))
    assert "Bản nháp" not in own and "Trình Diễn" not in own
    assert "Trình Diễn" not in words(accountant.get("/tai-khoan/vai-tro/"))
    # Of the company one still reads one thing: that its mandate has ended.
    assert words(accountant.get("/tai-khoan/thong-bao/")).count("Trình Diễn") == 1
    assert "29H-123.45" in words(as_company(DIRECTOR).get(at(BADGE, "kiem-tra/")))


@pytest.mark.requirement("A-14")
def test_two_people_of_one_company_do_not_write_over_each_other_unseen() -> None:
    accountant, director = as_company(ACCOUNTANT), as_company(DIRECTOR)
    declare(accountant, BADGE, FIRST, VEHICLE)
    old = hidden(director.get(at(BADGE, "to-khai/")))
    accountant.post(at(BADGE, "to-khai/"), hidden(accountant.get(at(BADGE, "to-khai/")), **{**VEHICLE, "plate": "29H-555.55"}, act="luu"))
    answer = director.post(at(BADGE, "to-khai/"), {**old, **VEHICLE, "make": "ISUZU", "act": "luu"})
    assert answer.status_code == 409
    text = words(answer)
    assert f"{ACCOUNTANT} vừa sửa tờ khai này" in text
    assert "đang lưu là “29H-555.55”, bạn viết “29H-123.45”" in text and "đang lưu là “HINO FC9”, bạn viết “ISUZU”" in text
    assert Draft.objects.get(procedure_code=BADGE).answers["make"] == "HINO FC9"
    # Having seen it, the same button keeps what stands on the page.
    again = director.post(at(BADGE, "to-khai/"), hidden(answer, **{**VEHICLE, "make": "ISUZU"}, act="luu"))
    assert again.status_code == 302 and Draft.objects.get(procedure_code=BADGE).answers["make"] == "ISUZU"
    # What a colleague changed since the check page was shown is shown again, not sent.
    accountant.post(at(BADGE, "giay-to/"), {**hidden(accountant.get(at(BADGE, "giay-to/")), act="tiep"), "tep-TP-2": photo()})
    check = hidden(director.get(at(BADGE, "kiem-tra/")))
    accountant.post(at(BADGE, "to-khai/"), hidden(accountant.get(at(BADGE, "to-khai/")), **{**VEHICLE, "load": "5 tấn"}, act="luu"))
    assert director.post(at(BADGE, "kiem-tra/"), check).status_code == 409 and not Dossier.objects.filter(procedure_code=BADGE).exists()


@pytest.mark.requirement("D-13")
def test_told_are_who_acted_and_the_company_and_reading_is_each_ones_own() -> None:
    director, accountant = as_company(DIRECTOR), as_company(ACCOUNTANT)
    declare(accountant, BADGE, FIRST, VEHICLE)
    send(director)
    rows = Notification.objects.filter(template="dossiers.submitted")
    people = {holder(DIRECTOR).person_id, holder(ACCOUNTANT).person_id}
    assert {(row.party_id, row.channel) for row in rows} == {(company().id, "inbox"), *((person, "sms") for person in people)}
    notice = rows.get(party_id=company().id, channel="inbox")
    for client in (director, accountant):
        page = words(client.get("/tai-khoan/thong-bao/"))
        assert "Thông báo của Công ty TNHH Trình Diễn Mẫu" in page and "Mới" in page
    director.post(f"/tai-khoan/thong-bao/{notice.id}/")
    assert " Mới " not in words(director.get("/tai-khoan/thong-bao/")) and " Mới " in words(accountant.get("/tai-khoan/thong-bao/"))
    accountant.post("/tai-khoan/vai-tro/", {"acting_as": "self"})
    accountant.post(f"/tai-khoan/thong-bao/{notice.id}/")
    assert "Trình Diễn" not in words(accountant.get("/tai-khoan/thong-bao/"))
    # Whose mandate has ended is told nothing more.
    withdraw_mandate(actor=citizen_actor(holder(DIRECTOR).person), mandate_id=holder(ACCOUNTANT).id, now=timezone.now())
    dossier = Dossier.objects.get(procedure_code=BADGE)
    officer = make_officer_actor(unit="H26.202", roles=("reception",))
    services.receive(actor=officer, dossier_id=dossier.id, seen_version=dossier.version, now=timezone.now())
    told = Notification.objects.filter(template="dossiers.received").values_list("party_id", "channel")
    assert set(told) == {(company().id, "inbox"), (holder(DIRECTOR).person_id, "sms")}


@pytest.mark.requirement("A-14")
def test_a_mandate_for_some_procedures_opens_these_and_nothing_else() -> None:
    director = as_company(DIRECTOR)
    declare(director, BADGE, FIRST, VEHICLE)
    clerk = make_person(full_name="Lê Thị Giới Hạn")
    mandate = give_mandate(mandate_actor(holder(DIRECTOR)), clerk, procedures=["2.000635"])
    client = Client()
    sign_in(client, clerk, mandate=mandate)
    assert "Bản nháp" not in words(client.get("/ho-so/"))
    for answer in (client.get(at(BADGE, "to-khai/")), client.post(at(BADGE, "to-khai/"), {**FIRST, "act": "tiep"})):
        assert answer.status_code == 403 and "Không nộp được với tư cách này" in words(answer)
        assert "nằm ngoài phạm vi được ủy quyền" in words(answer) and "không dành cho đối tượng" not in words(answer)
    assert "không mở được hộp thư chung" in words(client.get("/tai-khoan/thong-bao/"))


def test_a_procedure_for_people_is_not_for_a_company_and_the_other_way_round() -> None:
    director, client = as_company(DIRECTOR), Client()
    sign_in(client, mother())
    cases = [(director, CODE, {"applicant_role": "father"}, "Bạn đang làm cho Công ty"), (client, BADGE, FIRST, "chỉ dành cho tổ chức")]
    for who, code, typed, said in cases:
        for answer in (who.get(at(code, "to-khai/")), who.post(at(code, "to-khai/"), {**typed, "act": "tiep", "part": "first"})):
            assert answer.status_code == 403 and said in words(answer) and "Không nộp được với tư cách này" in words(answer)
    assert not Draft.objects.exists()


@pytest.mark.requirement("A-14")
def test_both_parents_see_what_one_files_for_their_child() -> None:
    child = Person.objects.get(full_name="Trần Mẫu Nhi")
    clients = []
    for parent in (mother(), father()):
        client = Client()
        sign_in(client, parent, mandate=Mandate.objects.get(person=parent, grantor=child))
        clients.append(client)
    of_mother, of_father = clients
    form = hidden(of_mother.get(at(CODE, "to-khai/")), applicant_role="mother", act="tiep", part="first")
    assert of_mother.post(at(CODE, "to-khai/"), form).status_code == 302
    assert Draft.objects.get().party_id == child.id
    assert "Hồ sơ của Trần Mẫu Nhi" in words(of_father.get("/ho-so/")) and "Bản nháp" in words(of_father.get("/ho-so/"))


def test_an_officer_does_not_act_on_a_dossier_of_a_company_they_may_act_for() -> None:
    director = as_company(DIRECTOR)
    declare(director, BADGE, FIRST, VEHICLE)
    send(director)
    dossier = Dossier.objects.get(procedure_code=BADGE)
    position = make_position(holder(ACCOUNTANT).person, unit="H26.202", roles=("reception", "handling"))
    with pytest.raises(TransitionRefused, match="của bạn"):
        services.receive(actor=officer_actor(position), dossier_id=dossier.id, seen_version=dossier.version, now=NOW)
    officer, _position = desk("H26.202", "reception", "handling")
    page = words(officer.get(f"/quan-tri/dossiers/dossier/{dossier.id}/change/"))
    assert f"{DIRECTOR}, thay mặt Công ty TNHH Trình Diễn Mẫu" in page and "Người đại diện theo pháp luật" in page
