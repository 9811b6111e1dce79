"""Every way to an account, over HTTP with the real outbox and the simulated registries (A-01, A-02, A-08)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import Consent, EmailAddress, Identifier, Mandate, Organisation, Person, Registration, RegistryAnswer, User
from accounts.registration import queries, services
from portal.access import Assurance
from portal.audit.models import Act
from portal.crypto import blind_index
from portal.text import search_key
from tests import factories
from tests.accounts.registration.support import CITIZEN, FOREIGNER, INSURED, START, begin, code_for, own, register_by_phone, work

pytestmark = pytest.mark.usefixtures("demo_data")


def _person(number: str) -> Person:
    return Person.objects.select_related("user").get(id_blind=blind_index("id_number", number))


def _signs_in(client: Client, outside: Any, number: str, phone: str) -> None:
    client.post("/tai-khoan/dang-nhap/", {"id_number": number})
    assert client.post("/tai-khoan/dang-nhap/ma/", {"code": code_for(outside, phone)}).status_code == 302
    assert "_auth_user_id" in client.session


@pytest.mark.requirement("A-01", "A-02", "A-19")
def test_by_a_phone_in_ones_own_name(outside: Any, client: Client) -> None:
    page = client.get(START)
    assert page.status_code == 200 and "Đăng ký" in page.content.decode()
    made = register_by_phone(client, outside, old_number="012 345 050")
    assert (made.state, made.declared, made.phone, made.code_hash) == ("done", None, None, "")
    person = _person(CITIZEN["id_number"])
    assert (person.full_name, person.birth_date, person.sex, person.phone) == (
        "Đinh Thị Đăng Ký Mẫu",
        "1999-02-15",
        "female",
        "+84900000050",
    )
    assert (person.identity_level, person.identity_proved_by, person.registry_matches) == (Assurance.MEDIUM, "phone", True)
    assert person.residence_unit == "00070" and person.user is not None and not person.user.has_usable_password()
    assert Consent.objects.get(person=person).terms == made.terms
    assert queries.by_old_number("012345050") == person
    assert set(RegistryAnswer.objects.values_list("registry", "agrees")) == {("population", True), ("telecom", True)}
    assert not RegistryAnswer.objects.filter(said__isnull=False).exists(), "what registries said is not kept when it has served"
    assert Act.objects.filter(act="accounts.register", target_id=str(person.id)).count() == 1
    assert "Bạn đã có tài khoản" in client.get(f"{START}tien-do/").content.decode()
    assert any("đã mở" in message["text"] for message in outside.outbox(to="+84900000050"))
    _signs_in(Client(), outside, CITIZEN["id_number"], "+84900000050")


@pytest.mark.requirement("A-01", "A-02")
def test_by_a_social_insurance_number_the_code_goes_to_the_phone_that_social_security_has(outside: Any, client: Client) -> None:
    page = begin(client, "bao-hiem", {**INSURED, "agree": ""}, status=422).content.decode()
    [summary] = re.findall(r'<div class="error-summary".*?</div>', page, re.S)
    assert "Tôi đã đọc và đồng ý với" in summary and "&lt;" not in summary, "words alone, not the label's markup"
    begin(client, "bao-hiem", {**INSURED, "full_name": "hà văn bảo hiểm mẫu"})
    assert own(client).state == "checking"
    assert "Đang đối chiếu" in client.get(f"{START}tien-do/").content.decode()
    code = code_for(outside, "+84900000051")
    assert client.get(f"{START}tien-do/")["Location"] == f"{START}ma/"
    client.post(f"{START}ma/", {"code": code})
    assert own(client).state == "done"
    person = _person(INSURED["id_number"])
    assert (person.phone, person.identity_proved_by, person.identity_level) == ("+84900000051", "insurance", Assurance.MEDIUM)
    assert (person.full_name, person.name_key) == (INSURED["full_name"], search_key(INSURED["full_name"])), "as the registry writes it"
    _signs_in(Client(), outside, INSURED["id_number"], "+84900000051")


@pytest.mark.requirement("A-01", "A-02")
def test_by_a_personal_certificate(outside: Any, client: Client) -> None:
    answer = begin(client, "chung-thu", {"agree": "on"})
    assert "001089" not in answer["Location"] and "credentialID" not in answer["Location"]
    back = client.get(f"{START}ky/tro-ve/", outside.authorise(answer["Location"], account="001089000053"))
    assert back["Location"] == f"{START}tien-do/"
    work()
    assert own(client).state == "done"
    person = _person("001089000053")
    assert (person.identity_level, person.identity_proved_by) == (Assurance.HIGH, "certificate")
    assert (person.full_name, person.phone) == ("Châu Văn Chứng Thư Mẫu", "+84900000053")


def test_a_certificate_that_is_revoked_or_not_signed_with_opens_nothing(outside: Any, client: Client) -> None:
    outside.revoke("cred-001089000053")
    answer = begin(client, "chung-thu", {"agree": "on"})
    client.get(f"{START}ky/tro-ve/", outside.authorise(answer["Location"], account="001089000053"))
    work()
    assert (own(client).state, own(client).refusal) == ("refused", "certificate")
    assert "Chứng thư số đã bị thu hồi." in client.get(f"{START}tien-do/").content.decode()
    answer = begin(client, "chung-thu", {"agree": "on"})
    thief = Client()
    assert thief.get(f"{START}ky/tro-ve/", outside.authorise(answer["Location"], account="001089000053"))["Location"] == START
    state = answer["Location"].split("state=")[1].split("&")[0]
    client.get(f"{START}ky/tro-ve/", {"state": state.replace("%3A", ":"), "error": "access_denied"})
    assert own(client).state == "refused"
    assert not Person.objects.filter(id_blind=blind_index("id_number", "001089000053")).exists()


def test_an_organisations_certificate_opens_no_persons_account(outside: Any, client: Client) -> None:
    answer = begin(client, "chung-thu", {"agree": "on"})
    client.get(f"{START}ky/tro-ve/", outside.authorise(answer["Location"], account="0100000010"))
    work()
    assert (own(client).state, own(client).refusal) == ("refused", "certificate")


def _organisation(client: Client, outside: Any, account: str) -> Registration:
    answer = client.post(f"{START}to-chuc/")
    client.get(f"{START}ky/tro-ve/", outside.authorise(answer["Location"], account=account))
    work()
    return own(client)


@pytest.mark.requirement("A-01", "A-02", "A-14")
def test_an_organisation_by_its_certificate_its_representative_gets_the_legal_mandate(outside: Any, client: Client) -> None:
    assert client.get(f"{START}to-chuc/").status_code == 302
    director = _person("001077000054")
    factories.sign_in(client, director)
    own_page = client.get("/tai-khoan/thong-tin/").content.decode()
    [address] = re.findall(r"Nơi cư trú</dt><dd[^>]*>([^<]*)<", own_page)
    assert len({part.strip() for part in address.split(",")}) == address.count(",") + 1, "no place twice"
    assert client.get(f"{START}to-chuc/").status_code == 200
    made = _organisation(client, outside, "0100000010")
    assert made.state == "done"
    company = Organisation.objects.get(tax_code="0100000010")
    assert made.organisation == company and company.name == "Công ty Cổ phần Đăng Ký Mẫu"
    mandate = Mandate.objects.get(organisation=company, person=director)
    assert mandate.basis == Mandate.Basis.LEGAL_REPRESENTATIVE and mandate.accepted_at is not None
    assert "Tổ chức đã có tài khoản" in client.get(f"{START}tien-do/").content.decode()
    boss = Client()
    factories.sign_in(boss, director, mandate=mandate)
    page = boss.get("/tai-khoan/thong-tin/").content.decode()
    assert "Bạn đang làm cho" in page and "0100000010" in page and director.full_name in page and "Giới tính" not in page
    assert _organisation(client, outside, "0100000010").state == "done"
    assert Mandate.objects.filter(organisation=company).count() == 1 == Organisation.objects.filter(tax_code="0100000010").count()


def test_who_does_not_represent_an_organisation_by_law_cannot_register_it(outside: Any, client: Client) -> None:
    factories.sign_in(client, _person("001195000001"))
    made = _organisation(client, outside, "0100000010")
    assert (made.state, made.refusal) == ("refused", "not_representative")
    assert "người đại diện theo pháp luật" in client.get(f"{START}tien-do/").content.decode()
    assert not Organisation.objects.filter(tax_code="0100000010").exists()


@pytest.mark.requirement("A-08", "A-02")
def test_a_foreigner_by_passport_and_a_phone_of_their_own_country(outside: Any, client: Client) -> None:
    begin(client, "giay-to", {**FOREIGNER, "full_name": "kim mau"})
    client.post(f"{START}ma/", {"code": code_for(outside, "+821090000061")})
    work()
    assert own(client).state == "done"
    kept = Identifier.objects.get(kind="passport")
    person = kept.person
    assert (kept.number, kept.confirmed_by) == ("KOR:M90000061", "immigration")
    assert (person.id_number, person.phone, person.full_name) == (None, "+821090000061", "KIM MAU"), "as the registry writes it"
    assert (person.identity_level, person.identity_proved_by) == (Assurance.MEDIUM, "document")
    browser = Client()
    browser.post("/tai-khoan/dang-nhap/giay-to/", {"country": "kor", "document_number": "m90000061"})
    assert browser.post("/tai-khoan/dang-nhap/ma/", {"code": code_for(outside, "+821090000061")}).status_code == 302
    assert browser.session["_auth_user_id"] == str(person.user_id)
    page = browser.get("/tai-khoan/thong-tin/").content.decode()
    assert "Hộ chiếu" in page and "•061" in page and "M90000061" not in page and "Nước cấp: KOR" in page
    assert "xuất nhập cảnh" in page and "dân cư" not in page.split("<main")[1].split("</main>")[0]


@pytest.mark.requirement("A-08", "A-02")
def test_a_vietnamese_abroad_by_a_vietnamese_passport_and_a_phone_of_the_country_they_live_in(outside: Any, client: Client) -> None:
    begin(client, "giay-to", {**FOREIGNER, "country": "VNM", "document_number": "K9000063", "full_name": "bùi thị xa xứ mẫu",
                              "birth_date": "07/07/1991", "sex": "female", "phone": "+33 6 39 98 00 63"})  # fmt: skip
    client.post(f"{START}ma/", {"code": code_for(outside, "+33639980063")})
    work()
    assert own(client).state == "done"
    person = Identifier.objects.get(kind="passport").person
    assert (person.full_name, person.id_number, person.phone) == ("Bùi Thị Xa Xứ Mẫu", None, "+33639980063"), "as the registry writes it"
    browser = Client()
    browser.post("/tai-khoan/dang-nhap/giay-to/", {"country": "VNM", "document_number": "K9000063"})
    assert browser.post("/tai-khoan/dang-nhap/ma/", {"code": code_for(outside, "+33639980063")}).status_code == 302
    assert "Bùi Thị Xa Xứ Mẫu" in browser.get("/tai-khoan/thong-tin/").content.decode()


@pytest.mark.requirement("A-08")
def test_in_english_by_an_email_address(outside: Any, client: Client, settings: Any) -> None:
    page = client.get(f"/en{START}giay-to/").content.decode()
    assert 'lang="en"' in page and "Passport" in page
    values = {**FOREIGNER, "document_kind": "residence", "country": "VNM", "document_number": "NN900062", "full_name": "Marie Exemple",
              "birth_date": "24/12/1985", "sex": "female", "phone": "", "email": "marie@example.vn"}  # fmt: skip
    answer = client.post(f"/en{START}giay-to/", values)
    assert answer["Location"] == f"/en{START}ma/"
    work()
    [letter] = outside.mailbox(to="marie@example.vn")
    code = next(word for word in letter["text"].replace(",", " ").split() if len(word) == 6 and word.isdigit())
    client.post(f"/en{START}ma/", {"code": code})
    work()
    assert own(client).state == "done"
    person = Identifier.objects.get(kind="residence").person
    address = EmailAddress.objects.get(person=person)
    assert address.counts and address.address == "marie@example.vn" and person.contact_choice.language == "en"
    browser = Client()
    wrong = browser.post("/tai-khoan/dang-nhap/giay-to/", {"country": "84", "document_number": "NN-900062"})
    assert wrong.status_code == 422 and set(wrong.context["form"].errors) == {"country"}, "under its own field"
    browser.post("/tai-khoan/dang-nhap/giay-to/", {"country": "VNM", "document_number": "NN-900062"})
    words = browser.get("/tai-khoan/dang-nhap/ma/").content.decode().split("<main")[1]
    assert "thư điện tử" in words and "điện thoại của bạn" not in words and "số định danh" not in words.split("</main>")[0]
    work()
    letters = outside.mailbox(to="marie@example.vn")
    assert len(letters) == 3, "code, account, sign-in"
    codes = {found[0] for letter in letters if (found := re.search(r"\b[0-9]{6}\b", letter["text"]))} - {code}
    assert browser.post("/tai-khoan/dang-nhap/ma/", {"code": codes.pop()}).status_code == 302
    page = browser.get("/tai-khoan/thong-tin/").content.decode()
    assert "marie@example.vn" in page and "gửi đến thư điện tử" in page and "gửi đến điện thoại" not in page


def test_an_expired_document_and_somebody_elses_are_refused(outside: Any, client: Client) -> None:
    for values, refusal in (
        ({"country": "USA", "document_number": "900000064", "full_name": "Expired Sample", "birth_date": "01/01/1980"}, "expired"),
        ({"full_name": "Lee Mau"}, "disagrees"),
    ):
        begin(client, "giay-to", {**FOREIGNER, **values})
        client.post(f"{START}ma/", {"code": code_for(outside, "+821090000061")})
        work()
        assert (own(client).state, own(client).refusal) == ("refused", refusal)
    assert not Identifier.objects.exists()


@pytest.mark.requirement("A-02")
@pytest.mark.parametrize(
    "other",
    [
        {"full_name": "Đinh Thị Khác"},
        {"birth_date": "16/02/1999"},
        {"old_number": "012345999"},
        # Another's phone: the subscriber is who is written there, not who can read the code.
        {"id_number": "001193000052", "full_name": "Tạ Thị Hoà Thuê Bao Mẫu", "birth_date": "21/05/1993", "phone": "0900000052"},
    ],
)
def test_what_a_registry_does_not_say_opens_nothing(outside: Any, client: Client, other: dict[str, str]) -> None:
    users = User.objects.count()
    made = register_by_phone(client, outside, **other)
    assert (made.state, made.refusal) == ("refused", "disagrees")
    page = client.get(f"{START}tien-do/").content.decode()
    assert "không khớp" in page and "không nói mục nào" in page
    assert User.objects.count() == users


@pytest.mark.requirement("A-02")
def test_insurance_without_a_phone_or_of_another_opens_nothing(outside: Any, client: Client) -> None:
    for other in ({"insurance_number": "0199000050"}, {"insurance_number": "0100000000"}):
        begin(client, "bao-hiem", {**INSURED, **other})
        work()
        assert own(client).state == "refused"
    mine = {name: CITIZEN[name] for name in ("id_number", "full_name", "birth_date", "sex", "agree")}
    begin(client, "bao-hiem", {**mine, "insurance_number": "0199000050"})
    work()
    assert own(client).state == "refused", "Social Security has no phone of theirs"


@pytest.mark.requirement("A-01")
def test_one_person_has_one_account_whatever_the_way_in(outside: Any) -> None:
    first, second, third = Client(), Client(), Client()
    register_by_phone(first, outside)
    person = _person(CITIZEN["id_number"])
    users = User.objects.count()
    made = register_by_phone(second, outside)
    assert (made.state, made.person) == ("done", person) and User.objects.count() == users
    pages = [browser.get(f"{START}tien-do/").content.decode().split("<main")[1] for browser in (first, second)]
    assert pages[0] == pages[1], "no page tells that there was an account"
    assert any("đăng ký lại" in message["text"] for message in outside.outbox(to="+84900000050"))
    # Somebody entered before, who then registers by certificate: the same account, known more surely from now on.
    factories.make_person(id_number="001089000053", full_name="Châu Văn Chứng Thư Mẫu", sex="male")
    users = User.objects.count()
    answer = begin(third, "chung-thu", {"agree": "on"})
    third.get(f"{START}ky/tro-ve/", outside.authorise(answer["Location"], account="001089000053"))
    work()
    assert own(third).state == "done" and User.objects.count() == users
    assert _person("001089000053").identity_level == Assurance.HIGH


def test_a_child_that_parents_act_for_gets_the_same_row_when_they_register(outside: Any, client: Client) -> None:
    row = Person.objects.create(full_name="Đinh Thị Đăng Ký Mẫu", name_key="x", id_number=CITIZEN["id_number"],
                                id_blind=services.by_number(CITIZEN["id_number"]))  # fmt: skip
    register_by_phone(client, outside)
    assert _person(CITIZEN["id_number"]).pk == row.pk and _person(CITIZEN["id_number"]).user is not None


def test_a_login_that_was_switched_off_stays_so(outside: Any, client: Client) -> None:
    register_by_phone(client, outside)
    User.objects.filter(pk=_person(CITIZEN["id_number"]).user_id).update(is_active=False)
    register_by_phone(Client(), outside)
    assert not User.objects.get(pk=_person(CITIZEN["id_number"]).user_id).is_active
