"""A new phone: by another way in, with its code, in one's own name, after a time in which the old channels can object."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Person, PhoneChange
from accounts.services.codes import TooManyRequests, WrongCode
from accounts.ways import phones
from portal.access import AccessDenied, ActingAs, Actor, Assurance
from portal.exchange.errors import OutsideUnavailable
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from tests import factories
from tests.simulators.running import Simulators

NEW = "0900888777"
pytestmark = pytest.mark.django_db


def code_of(change: PhoneChange) -> str:
    return str(Notification.objects.get(key=f"phone-code:{change.pk}").body)[:6]


def confirmed(person: Any, now: Any, assurance: Assurance = Assurance.MEDIUM, phone: str = NEW) -> PhoneChange:
    """A change whose code was right."""
    actor = Actor(acting_as=ActingAs.SELF, user_id=person.user_id, person_id=person.id, assurance=assurance)
    change = phones.begin(actor=actor, phone=phone, now=now)
    phones.confirm(actor=actor, code=code_of(change), now=now)
    return change


@pytest.mark.requirement("A-13", "A-03")
def test_a_new_phone_counts_after_code_operators_and_waiting_and_everybody_is_told() -> None:
    person, now = factories.make_person(), timezone.now()
    old = person.phone
    change = confirmed(person, now)
    told = Notification.objects.get(key=f"phone-code:{change.pk}")
    assert told.address == "+84900888777" and told.channel == "sms"
    phones.keep(change_id=change.pk, is_theirs=True, now=now)
    change.refresh_from_db()
    assert change.state == "waiting" and change.effective_at == now + timedelta(days=3)
    assert {row.channel for row in Notification.objects.filter(key=f"phone-waits:{change.pk}")} == {"inbox", "sms", "email"}
    assert phones.apply_due(now=now + timedelta(days=2, hours=23), limit=10) == 0
    assert Person.objects.get(pk=person.pk).phone == old
    assert phones.apply_due(now=now + timedelta(days=3), limit=10) == 1
    assert Person.objects.get(pk=person.pk).phone == "+84900888777"
    change.refresh_from_db()
    assert change.state == "done" and change.phone is None
    assert Notification.objects.get(key=f"phone-changed-old:{change.pk}").address == old
    assert phones.apply_due(now=now + timedelta(days=4), limit=10) == 0


def test_who_is_known_at_high_assurance_waits_a_day() -> None:
    person, now = factories.make_person(), timezone.now()
    change = confirmed(person, now, Assurance.HIGH)
    phones.keep(change_id=change.pk, is_theirs=True, now=now)
    change.refresh_from_db()
    assert change.effective_at == now + timedelta(days=1)


@pytest.mark.requirement("A-02")
def test_somebody_elses_phone_is_refused_by_the_operators_word() -> None:
    person, now = factories.make_person(), timezone.now()
    change = confirmed(person, now)
    phones.keep(change_id=change.pk, is_theirs=False, now=now)
    change.refresh_from_db()
    assert (change.state, change.phone) == ("refused", None)
    assert Notification.objects.filter(template="accounts.phone_refused", party_id=person.id).exists()
    assert phones.apply_due(now=now + timedelta(days=9), limit=10) == 0


@pytest.mark.requirement("N-08")
def test_objecting_stops_it_but_a_thief_with_the_old_phone_does_not_stop_its_owner() -> None:
    person, now = factories.make_person(), timezone.now()
    change = confirmed(person, now, Assurance.HIGH)
    with pytest.raises(phones.NotSure):
        phones.cancel(actor=factories.citizen_actor(person), now=now)
    thief = Client()
    factories.sign_in(thief, person)
    assert thief.post("/tai-khoan/dien-thoai/huy/").status_code == 403
    owner = Client()
    factories.sign_in(owner, person, assurance=Assurance.HIGH)
    owner.post("/tai-khoan/dien-thoai/huy/")
    change.refresh_from_db()
    assert change.state == "cancelled"
    phones.keep(change_id=change.pk, is_theirs=True, now=now)
    change.refresh_from_db()
    assert change.state == "cancelled" and phones.under_way(person.id) is None
    assert not phones.cancel(actor=factories.citizen_actor(person), now=now)


@pytest.mark.requirement("N-08", "A-03")
def test_a_thief_with_the_old_phone_ends_nothing_of_the_owners_by_asking_for_another_number() -> None:
    person, now = factories.make_person(), timezone.now()
    change = confirmed(person, now, Assurance.HIGH)
    phones.keep(change_id=change.pk, is_theirs=True, now=now)
    thief = Client()
    factories.sign_in(thief, person)
    answer = thief.post("/tai-khoan/dien-thoai/", {"phone": "0900888111"})
    assert answer.status_code == 403 and "0900888111" in answer.content.decode(), "asked for more, and what was typed waits"
    change.refresh_from_db()
    assert change.state == "waiting" and phones.apply_due(now=now + timedelta(days=1), limit=10) == 1
    # Nor by asking so often that the owner may not ask any more.
    for number in range(phones.PER_DAY - 1):
        phones.begin(actor=factories.citizen_actor(person), phone=f"090088811{number}", now=now)
    with pytest.raises(TooManyRequests):
        phones.begin(actor=factories.citizen_actor(person), phone="0900888119", now=now)
    assert confirmed(person, now, Assurance.HIGH, "0900888118").state == "code"


@pytest.mark.requirement("N-08")
def test_codes_are_counted_late_ones_and_reused_ones_are_none() -> None:
    person, now = factories.make_person(), timezone.now()
    actor = factories.citizen_actor(person)
    change = phones.begin(actor=actor, phone=NEW, now=now)
    code = code_of(change)
    with pytest.raises(WrongCode):
        phones.confirm(actor=actor, code=code, now=now + phones.CODE_LIVES)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongCode) as caught:
            phones.confirm(actor=actor, code=wrong, now=now)
        assert caught.value.tries_left == left
    with pytest.raises(WrongCode):
        phones.confirm(actor=actor, code=code, now=now)
    second = phones.begin(actor=actor, phone=NEW, now=now)
    with pytest.raises(WrongCode):
        phones.confirm(actor=actor, code=code if code != code_of(second) else wrong, now=now)
    stranger = factories.citizen_actor(factories.make_person())
    with pytest.raises(WrongCode):
        phones.confirm(actor=stranger, code=code_of(second), now=now)
    phones.confirm(actor=actor, code=code_of(second), now=now)
    with pytest.raises(WrongCode):
        phones.confirm(actor=actor, code=code_of(second), now=now)
    phones.begin(actor=actor, phone=NEW, now=now)
    with pytest.raises(TooManyRequests):
        phones.begin(actor=actor, phone=NEW, now=now)


def test_what_is_no_new_phone_is_refused() -> None:
    person, now = factories.make_person(), timezone.now()
    actor = factories.citizen_actor(person)
    for text in ("", "12345", "024 3826 1234", person.phone, "0" + person.phone[3:], "+1 202 555 0100"):
        with pytest.raises(phones.BadPhone):
            phones.begin(actor=actor, phone=text, now=now)
    with pytest.raises(AccessDenied):
        phones.begin(actor=Actor(), phone=NEW, now=now)
    Person.objects.filter(pk=person.pk).update(id_number=None)
    with pytest.raises(phones.NoNumber):
        phones.begin(actor=actor, phone=NEW, now=now)


def test_only_one_change_is_under_way_and_an_ended_one_keeps_nothing() -> None:
    person, now = factories.make_person(), timezone.now()
    change = confirmed(person, now)
    with pytest.raises(IntegrityError), transaction.atomic():
        PhoneChange.objects.create(person=person, phone=NEW, assurance=2, code_expires_at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        PhoneChange.objects.filter(pk=change.pk).update(state="done", ended_at=now)


@pytest.mark.requirement("A-13")
def test_the_pages_lead_through_it() -> None:
    person, client = factories.make_person(), Client()
    lost = client.get("/tai-khoan/mat-dien-thoai/").content.decode()
    assert "/tai-khoan/dang-nhap/ung-dung/?next=/tai-khoan/dien-thoai/" in lost
    factories.sign_in(client, person)
    page = "/tai-khoan/dien-thoai/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"act": "phone", "phone": "1"}).status_code == 422
    assert client.post(page, {"act": "phone", "phone": NEW}).status_code == 302
    change = PhoneChange.objects.get()
    assert client.post(page, {"act": "code", "code": "x"}).status_code == 422
    assert client.post(page, {"act": "code", "code": code_of(change)}).status_code == 302
    assert "đang được đối chiếu với nhà mạng" in client.get(page).content.decode()
    phones.keep(change_id=change.pk, is_theirs=True, now=timezone.now())
    assert "bắt đầu dùng từ" in client.get(page).content.decode()


@pytest.mark.requirement("A-02")
@pytest.mark.usefixtures("demo_data")
def test_the_operators_are_asked_and_asked_again_when_silent(outside: Simulators) -> None:
    mother = Person.objects.get(full_name="Nguyễn Thị Mẫu")
    outside.faults("telecom", "down")
    change = confirmed(mother, timezone.now())
    with pytest.raises(OutsideUnavailable):
        phones.check(change_id=change.pk, now=timezone.now())
    outside.faults("telecom", "none")
    outbox.deliver_due()
    change.refresh_from_db()
    assert change.state in ("checking", "refused"), "nobody has this number there"
