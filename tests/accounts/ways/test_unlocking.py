"""A locked account is opened by every way that verifies its owner as surely as the lock asks: certificates, VNeID (Rules art. 13.2)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AccountLock, OutsideSignIn, Person, User, UserSession
from accounts.owner import locks
from accounts.ways import certificates
from accounts.ways import outside as service
from portal.access import SYSTEM, Assurance
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from tests import factories
from tests.accounts.test_certificates import OFFICER, _position, _prove
from tests.accounts.ways.providers_support import connected
from tests.accounts.ways.test_certificates import by_file, person_of
from tests.accounts.ways.test_outside import answered, begun, linked
from tests.crypto.test_signed_files import OTHER
from tests.simulators.running import Simulators

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("A-11", "A-13")]

MOTHER = "001195000001"
PROVED, OPEN = "/tai-khoan/mo-khoa/da-xac-thuc/", "/tai-khoan/mo-khoa/"


@pytest.fixture(autouse=True)
def anew(demo_data: None, outside: Simulators, settings: Any) -> None:
    """The providers are where this worker's simulators are."""
    connected(outside, settings)


def locked(person: Person, needs: Assurance, reason: str = "owner") -> AccountLock:
    assert person.user_id is not None
    made = locks.lock(user_id=person.user_id, reason=reason, needs=needs, actor=SYSTEM, now=timezone.now())
    assert made is not None
    return made


def is_open(person: Person) -> bool:
    return User.objects.get(pk=person.user_id).is_active


def test_a_certificate_opens_a_stolen_account_by_one_press_and_not_in_passing(outside: Simulators, client: Client) -> None:
    thief = Client()
    factories.sign_in(thief, person_of())
    made = locked(person_of(), Assurance.HIGH)
    row = by_file(client, outside)
    assert row.state == "proved"
    assert client.get("/tai-khoan/chung-thu/cho/")["Location"] == PROVED
    assert certificates.use(sign_in_id=row.id, now=timezone.now()) is None and not is_open(person_of()), "a sign-in opens nothing"
    page = client.get(PROVED).content.decode()
    assert "Chủ tài khoản báo bị chiếm" in page and "Mở khóa và đăng nhập" in page and not is_open(person_of())
    assert Client().get(PROVED)["Location"] == OPEN, "the proof waits in its browser alone"
    assert client.post(PROVED)["Location"] == "/ho-so/"
    assert client.get("/tai-khoan/").status_code == 200 and thief.get("/tai-khoan/").status_code == 302
    made.refresh_from_db()
    assert made.opened_by == "certificate"
    session = UserSession.objects.get(ended_at=None)
    assert (session.way, session.assurance) == ("file", Assurance.HIGH)
    assert Notification.objects.filter(template="accounts.unlocked", party_id=person_of().pk, channel="inbox").count() == 1
    assert client.post(PROVED)["Location"] == OPEN, "used up"


def test_what_was_proved_before_the_lock_opens_nothing_after_it(outside: Simulators, client: Client) -> None:
    thief, officer = Client(), Client()
    assert by_file(thief, outside).state == "proved" and _prove(officer, outside, OFFICER).state == "proved"
    for person in (person_of(), _position().person):
        locked(person, Assurance.HIGH)
        locks.unlock(user_id=person.user_id, proof=Assurance.HIGH, by="office", actor=SYSTEM, now=timezone.now())
    assert thief.get("/tai-khoan/chung-thu/cho/")["Location"] == "/tai-khoan/chung-thu/" and thief.get("/tai-khoan/").status_code == 302
    officer.get("/tai-khoan/can-bo/cho/")
    assert officer.get("/quan-tri/").status_code == 302 and not UserSession.objects.filter(ended_at=None).exists()


def test_vneid_opens_as_much_as_it_states(outside: Simulators, client: Client) -> None:
    linked()
    locked(person_of(), Assurance.MEDIUM, "idle")
    assert answered(client, outside, face=False)["Location"] == PROVED
    assert "Hai năm không hoạt động" in client.get(PROVED).content.decode()
    assert client.post(PROVED)["Location"] == "/ho-so/" and is_open(person_of())
    assert AccountLock.objects.get().opened_by == "vneid"
    locked(person_of(), Assurance.HIGH)
    again = Client()
    assert answered(again, outside, face=False)["Location"] == PROVED
    page = again.get(PROVED).content.decode()
    assert "chỉ mở được ở mức cao" in page and "Mở khóa và đăng nhập" not in page
    assert again.post(PROVED)["Location"] == OPEN and not is_open(person_of())
    # From the page of unlocking the provider is asked for the surest it has.
    assert "Mở khóa bằng VNeID" in again.get(OPEN).content.decode()
    url = begun(again, hoped="high")
    assert dict(parse_qsl(urlsplit(url).query))["acr_values"] == "LoA3"
    again.get("/tai-khoan/qua/vneid/tro-ve/", outside.confirm_outside(url, MOTHER, face=True))
    outbox.deliver_due()
    assert again.get("/tai-khoan/qua/cho/")["Location"] == PROVED
    assert again.post(PROVED)["Location"] == "/ho-so/" and is_open(person_of())


def test_who_can_be_known_less_surely_there_still_opens_what_needs_no_more(outside: Simulators, client: Client) -> None:
    linked()
    locked(person_of(), Assurance.MEDIUM, "idle")
    back = outside.confirm_outside(begun(client, hoped="high"), MOTHER, face=False)
    client.get("/tai-khoan/qua/vneid/tro-ve/", back)
    outbox.deliver_due()
    assert client.get("/tai-khoan/qua/cho/")["Location"] == PROVED
    assert client.post(PROVED)["Location"] == "/ho-so/" and is_open(person_of())


def test_a_vneid_that_was_never_linked_opens_nothing(outside: Simulators, client: Client) -> None:
    locked(person_of(), Assurance.MEDIUM)
    assert answered(client, outside)["Location"] == "/tai-khoan/dang-nhap/"
    assert OutsideSignIn.objects.get().refusal == service.LOCKED and not is_open(person_of())


def test_an_officers_certificate_opens_their_account_and_the_desk(outside: Simulators, client: Client) -> None:
    person = _position().person
    locked(person, Assurance.HIGH, "office")
    assert _prove(client, outside, OFFICER).state == "proved"
    assert client.get("/tai-khoan/can-bo/cho/")["Location"] == PROVED
    assert client.get("/quan-tri/").status_code == 302
    assert client.post(PROVED)["Location"] == "/quan-tri/" and is_open(person)
    assert client.get("/quan-tri/").status_code == 200


@pytest.mark.requirement("N-08")
def test_by_a_step_up_nobody_opens_anothers_account_and_who_left_stays_away(outside: Simulators, client: Client) -> None:
    other = Person.objects.get(full_name="Trần Văn Thử")
    locked(other, Assurance.MEDIUM)
    factories.sign_in(client, person_of())
    client.get("/tai-khoan/xac-thuc-them/?muc=3&next=/tai-khoan/khoa-truy-cap/")
    by_file(client, outside, OTHER)
    assert client.get("/tai-khoan/chung-thu/cho/")["Location"] == PROVED
    assert client.post(PROVED)["Location"] == "/tai-khoan/xac-thuc-them/"
    assert not is_open(other) and UserSession.objects.get(ended_at=None).assurance == Assurance.MEDIUM
    User.objects.filter(pk=person_of().user_id).update(is_active=False)
    assert by_file(Client(), outside).refusal == certificates.NOT_KNOWN


def test_the_pages_of_locking_name_the_ways_that_open(client: Client, outside: Simulators) -> None:
    for phone in ("mine", "gone"):
        person = factories.make_person()
        owner = Client()
        factories.sign_in(owner, person)
        page: Any = owner.post("/tai-khoan/khoa/", {"phone": phone}).content.decode()
        assert "Mở khóa bằng chứng thư số" in page and "Mở khóa bằng VNeID" in page
        assert ("nhập mã gửi đến điện thoại của bạn" in page) is (phone == "mine")
