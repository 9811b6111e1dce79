"""An account opened at the counter and taken over by its person (A-09), and documents compared there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Consent, EmailAddress, Identifier, Person, Registration, User, UserSession
from portal.access import Assurance
from portal.audit.models import Act
from portal.crypto import blind_index
from tests import factories
from tests.accounts.registration.support import CITIZEN, FOREIGNER, START, answers_again, begin, code_for, own, work
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.usefixtures("demo_data")
DESK = "/quan-tri/accounts/registration/"
OLD = {
    "id_number": "001150000055",
    "full_name": "La Thị Một Cửa Mẫu",
    "birth_date": "02/09/1950",
    "sex": "female",
    "old_number": "012345055",
    "phone": "0900000055",
    "seen_paper": "on",
}


def _officer(unit: str = "H26.101", roles: tuple[str, ...] = ("reception",)) -> Client:
    position = factories.make_position(unit=unit, roles=roles)
    browser = Client()
    factories.sign_in(browser, position.person, position=position)
    return browser


def _opened(officer: Client, **other: str) -> Registration:
    answer = officer.post(f"{DESK}open/", {**OLD, **other})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    work()
    return Registration.objects.latest("created_at")


def _slip(officer: Client, made: Registration) -> tuple[str, str]:
    assert officer.get(f"{DESK}{made.pk}/slip/").status_code == 200
    page = officer.post(f"{DESK}{made.pk}/slip/")
    number, secret = re.findall(r"<td><strong>([^<]+)</strong>", page.content.decode())
    return number, secret


@pytest.mark.requirement("A-09", "A-02")
def test_opened_by_an_officer_and_taken_over_by_the_person(outside: Any, client: Client) -> None:
    officer = _officer()
    users = User.objects.count()
    assert officer.get(f"{DESK}open/").status_code == 200 == officer.get(DESK).status_code
    made = _opened(officer)
    assert (made.way, made.state, made.unit_code) == ("counter", "slip", "H26.101")
    assert User.objects.count() == users, "there is no account before its person takes it over and agrees"
    assert OLD["id_number"] not in officer.get(f"{DESK}{made.pk}/change/").content.decode()
    number, secret = _slip(officer, made)
    assert client.get(f"{START}nhan/").status_code == 200
    wrong = client.post(f"{START}nhan/", {"number": number, "secret": "AAAAA-AAAAA", "agree": "on"})
    unknown = client.post(f"{START}nhan/", {"number": "AAAA-AAAA", "secret": secret, "agree": "on"})
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert client.post(f"{START}nhan/", {"number": number, "secret": secret}).status_code == 422, "nobody agrees for them"
    answer = client.post(f"{START}nhan/", {"number": number.lower(), "secret": secret.lower().replace("-", " "), "agree": "on"})
    assert answer["Location"] == f"{START}ma/"
    client.post(f"{START}ma/", {"code": code_for(outside, "+84900000055")})
    assert own(client).state == "done"
    person = Person.objects.get(id_blind=blind_index("id_number", OLD["id_number"]))
    assert person.user is not None and (person.identity_level, person.identity_proved_by) == (Assurance.MEDIUM, "counter")
    assert person.phone == "+84900000055" and Consent.objects.filter(person=person).exists()
    assert Identifier.objects.get(kind="old_number").person == person
    acts = set(Act.objects.filter(target_id=str(made.id)).values_list("act", flat=True))
    assert {"accounts.begin_registration", "accounts.make_slip", "accounts.show_slip", "accounts.prove_contact"} <= acts
    again = Client().post(f"{START}nhan/", {"number": number, "secret": secret, "agree": "on"})
    assert again.status_code == 422, "a slip serves once"


@pytest.mark.requirement("A-09")
def test_a_newer_slip_ends_the_one_before_and_guessing_ends_both(outside: Any, client: Client) -> None:
    officer = _officer()
    made = _opened(officer)
    number, first = _slip(officer, made)
    _number, second = _slip(officer, made)
    assert first != second
    assert client.post(f"{START}nhan/", {"number": number, "secret": first, "agree": "on"}).status_code == 422
    for _ in range(9):
        client.post(f"{START}nhan/", {"number": number, "secret": "BBBBB-BBBBB", "agree": "on"})
    assert client.post(f"{START}nhan/", {"number": number, "secret": second, "agree": "on"}).status_code == 422


@pytest.mark.requirement("A-02", "A-09")
def test_the_counter_waits_for_a_silent_registry_and_is_told_when_it_disagrees(outside: Any) -> None:
    officer = _officer()
    outside.faults("population", "down")
    made = _opened(officer)
    assert made.state == "waiting"
    assert "đang gián đoạn" in officer.get(f"{DESK}{made.pk}/change/").content.decode()
    assert officer.post(f"{DESK}{made.pk}/slip/").status_code == 302, "no slip before the registry has spoken"
    answers_again(outside)
    work()
    made.refresh_from_db()
    assert made.state == "slip"
    other = _opened(officer, full_name="La Thị Khác")
    assert (other.state, other.refusal) == ("refused", "disagrees")


@pytest.mark.requirement("O-07", "A-09")
def test_only_reception_of_the_own_unit_opens_and_prints(outside: Any) -> None:
    made = _opened(_officer())
    for browser in (_officer(roles=("handling",)), _officer(unit="H26.102"), _officer(unit="G15")):
        assert browser.get(f"{DESK}{made.pk}/change/").status_code in (403, 404)
        assert browser.post(f"{DESK}{made.pk}/slip/").status_code in (403, 404)
    handler = _officer(roles=("handling",))
    for page in ("open/", "open-by-document/", "find/", "compare/AAAA-AAAA/"):
        assert handler.get(DESK + page).status_code == 403
    made.refresh_from_db()
    assert made.slip_hash == ""
    person = factories.make_person()
    position = factories.make_position(person, roles=("reception",))
    medium = Client()
    factories.sign_in(medium, person, position=position)
    UserSession.objects.filter(user=person.user).update(assurance=int(Assurance.MEDIUM), way="code", for_office=False)
    assert medium.get(f"{DESK}open/").status_code == 302, "a one-time password is not enough to be at the desk"


@pytest.mark.requirement("A-08", "A-09")
def test_a_foreigners_document_is_compared_at_any_counter(outside: Any, client: Client) -> None:
    begin(client, "giay-to", {**FOREIGNER, "document_number": "X1234567"})
    client.post(f"{START}ma/", {"code": code_for(outside, "+821090000061")})
    work()
    number = own(client).number
    officer = _officer(unit="H26.202")
    assert officer.post(f"{DESK}find/", {"number": "AAAA-AAAA"}).status_code == 422
    assert officer.post(f"{DESK}find/", {"number": number})["Location"] == f"{DESK}compare/{number}/"
    page = officer.get(f"{DESK}compare/{number}/").content.decode()
    assert "Kim Mau" in page and "X1234567" in page
    assert Act.objects.filter(act="accounts.look_at_registration").count() == 1
    assert officer.post(f"{DESK}compare/{number}/accept/").status_code == 422, "the officer says what they saw"
    assert officer.post(f"{DESK}compare/{number}/accept/", {"seen_paper": "on"}).status_code == 302
    assert own(client).state == "done"
    kept = Identifier.objects.get(kind="passport")
    assert kept.confirmed_by == "counter" and kept.person.identity_level == Assurance.MEDIUM
    assert officer.get(f"{DESK}compare/{number}/").status_code == 302


@pytest.mark.requirement("A-09", "N-08")
def test_an_officer_opens_no_account_whose_codes_come_to_themself_and_none_for_themself(outside: Any, client: Client) -> None:
    position = factories.make_position(factories.make_person(phone="+84900000055"), roles=("reception",))
    officer = Client()
    factories.sign_in(officer, position.person, position=position)
    answer = officer.post(f"{DESK}open/", OLD)
    assert answer.status_code == 422 and "chính bạn nhận mã" in answer.content.decode()
    own_number = {"id_number": position.person.id_number, "full_name": position.person.full_name, "birth_date": "20/05/1995"}
    assert officer.post(f"{DESK}open/", {**OLD, **own_number, "phone": "0900000056"}).status_code == 422
    assert not Registration.objects.exists()
    # Nor by registering from home, to be waved through at one's own counter.
    EmailAddress.objects.create(person=position.person, address="can-bo@example.vn", verified_at=timezone.now())
    begin(client, "giay-to", {**FOREIGNER, "document_number": "X1234567", "phone": "", "email": "Can-Bo@example.vn"})
    made = own(client)
    Registration.objects.filter(pk=made.pk).update(state="counter", number="ABCD-2345", code_hash="")
    assert officer.post(f"{DESK}compare/ABCD-2345/accept/", {"seen_paper": "on"}).status_code == 422
    assert own(client).state == "counter"
    assert _officer().post(f"{DESK}compare/ABCD-2345/accept/", {"seen_paper": "on"}).status_code == 302


@pytest.mark.requirement("A-09", "N-08")
def test_who_gets_an_account_at_a_counter_hears_of_it_where_the_registry_reaches_them(outside: Any, client: Client) -> None:
    made = _opened(_officer(), **{name: value for name, value in CITIZEN.items() if name not in ("phone", "agree")}, old_number="")
    assert made.state == "slip"
    number, secret = _slip(_officer(), made)
    client.post(f"{START}nhan/", {"number": number, "secret": secret, "agree": "on"})
    client.post(f"{START}ma/", {"code": code_for(outside, "+84900000055")})
    work()
    assert own(client).state == "done"
    assert "mang tên bạn" in outside.outbox(to="+84900000050")[0]["text"], "codes go elsewhere, and the owner knows"


@pytest.mark.parametrize("number", ["a/b", "../accept", "ABCD-2345/accept", "\u202e", "%2F", "ABCD–2345", "é" * 15])
def test_whatever_is_typed_as_a_number_is_answered_in_words(number: str) -> None:
    assert _officer().post(f"{DESK}find/", {"number": number}).status_code == 422


def test_a_document_that_is_not_theirs_is_turned_away(outside: Any, client: Client) -> None:
    begin(client, "giay-to", {**FOREIGNER, "document_number": "X1234567"})
    client.post(f"{START}ma/", {"code": code_for(outside, "+821090000061")})
    work()
    number = own(client).number
    officer = _officer()
    assert officer.post(f"{DESK}compare/{number}/turn-away/").status_code == 302
    assert (own(client).state, own(client).refusal) == ("refused", "at_counter")
    assert not Identifier.objects.exists()


@pytest.mark.requirement("A-08", "A-09")
def test_a_foreigner_without_phone_or_browser_is_registered_by_the_officer(outside: Any, client: Client) -> None:
    officer = _officer()
    values = {name: FOREIGNER[name] for name in ("document_kind", "country", "full_name", "birth_date", "sex", "phone")}
    answer = officer.post(f"{DESK}open-by-document/", {**values, "document_number": "Z7654321", "seen_paper": "on"})
    assert answer.status_code == 302
    work()
    made = Registration.objects.latest("created_at")
    assert made.state == "slip", "no registry knows it, and the officer has it in hand"
    number, secret = _slip(officer, made)
    client.post(f"{START}nhan/", {"number": number, "secret": secret, "agree": "on"})
    client.post(f"{START}ma/", {"code": code_for(outside, "+821090000061")})
    assert Identifier.objects.get(kind="passport").confirmed_by == "counter"


def test_a_slip_runs_out(outside: Any, client: Client) -> None:
    officer = _officer()
    made = _opened(officer)
    number, secret = _slip(officer, made)
    Registration.objects.filter(pk=made.pk).update(
        created_at=timezone.now() - timedelta(days=91), expires_at=timezone.now() - timedelta(days=1)
    )
    assert client.post(f"{START}nhan/", {"number": number, "secret": secret, "agree": "on"}).status_code == 422


def test_the_list_of_a_counter_costs_the_same_however_long_it_is(outside: Any) -> None:
    from django.db import connection

    officer = _officer()
    counts = []
    for number in range(2):
        _opened(officer, phone=f"090000006{number}")
        officer.get(DESK)
        with CaptureQueriesContext(connection) as queries:
            officer.get(DESK)
        counts.append(len(queries))
    assert counts[0] == counts[1]
