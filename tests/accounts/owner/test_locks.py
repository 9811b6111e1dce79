"""My account was stolen; two years without activity; opening again by verifying (A-11, A-13)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from accounts.adapter import AccountAdapter
from accounts.mandating.offers import accept_mandate, give_mandate
from accounts.models import AccountLock, EmailAddress, KnownBrowser, Mandate, User
from accounts.owner import activity, leaving, locks, unlocking
from accounts.services import contacts, otp
from accounts.services.mandates import BadMandate, hold_mandate
from accounts.tasks import look_at_idle
from accounts.ways import phones
from portal import crypto
from portal.access import SYSTEM, AccessDenied, Assurance
from portal.audit.models import Act
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from portal.outbox.models import Message
from portal.workdays import month_later
from tests import factories

PAGE, OPEN = "/tai-khoan/khoa/", "/tai-khoan/mo-khoa/"
MAU: dict[str, Any] = {
    "id_number": "001195000001",
    "full_name": "Nguyễn Thị Mẫu",
    "birth_date": date(1995, 3, 14),
    "phone": "+84900000001",
}
"""A made-up person whom the simulated registry knows."""
TYPED = {"id_number": "001 195 000 001", "full_name": "nguyen thi  mau", "birth_date": "14/03/1995"}


def _client(person: Any, **more: Any) -> Client:
    client = Client()
    factories.sign_in(client, person, **more)
    return client


def _lock(person: Any, needs: Assurance = Assurance.MEDIUM, reason: str = "owner") -> Any:
    return locks.lock(user_id=person.user_id, reason=reason, needs=needs, actor=SYSTEM, now=timezone.now())


def _ask(outside: Any, client: Client, **typed: str) -> str:
    """The code that came to the phone; empty where none did."""
    before = len(outside.outbox(MAU["phone"]))
    assert client.post(OPEN, {**TYPED, **typed})["Location"] == f"{OPEN}ma/"
    outbox.deliver_due()
    came = outside.outbox(MAU["phone"])
    texts = [sms["text"] for sms in came] if len(came) > before else []
    return next((text[:6] for text in texts if "mở khóa tài khoản" in text and text[:6].isdecimal()), "")


@pytest.mark.requirement("A-13")
@pytest.mark.django_db
def test_a_stolen_account_is_shut_at_once_everywhere_and_its_owner_told(outside: Any) -> None:
    person = factories.make_person(**MAU)
    mine, thief = _client(person), _client(person)
    KnownBrowser.objects.create(person=person, digest="x")
    assert "không ai đăng nhập được" in mine.get(PAGE).content.decode()
    assert mine.post(PAGE, {}).status_code == 422, "which proof opens it must be chosen"
    page = mine.post(PAGE, {"phone": "mine"}).content.decode()
    assert "Tài khoản đã khóa" in page and OPEN in page
    for client in (mine, thief):
        assert client.get("/tai-khoan/")["Location"].startswith("/tai-khoan/dang-nhap/")
    outbox.deliver_due()
    assert "đã khóa" in outside.outbox("+84900000001")[0]["text"]
    assert not KnownBrowser.objects.exists()
    # No way in: a code is promised as to everybody, and what comes says that it is locked, once a day.
    stranger = Client()
    for _ in range(2):
        later = timezone.now() + timedelta(minutes=2)
        with time_machine.travel(later, tick=True):
            stranger.post("/tai-khoan/dang-nhap/", {"id_number": person.id_number})
            outbox.deliver_due()
    assert Notification.objects.filter(template="accounts.otp").count() == 0
    assert Notification.objects.filter(template="accounts.is_locked").count() == 1
    assert list(Act.objects.filter(target_id=str(person.pk), act="accounts.lock").values_list("person_id", flat=True)) == [person.pk]


@pytest.mark.requirement("A-13", "N-08")
@pytest.mark.django_db
def test_what_a_thief_has_begun_or_bound_ends_with_the_lock(outside: Any) -> None:
    person, accomplice, now = factories.make_person(**MAU), factories.make_person(), timezone.now()
    actor, old = factories.citizen_actor(person), person.phone
    # A thief in a session of the owner's: another phone, an app, a passkey, an address, mandates, and in two weeks all would be erased.
    change = phones.begin(actor=actor, phone="0900888777", now=now)
    phones.confirm(actor=actor, code=str(Notification.objects.get(key=f"phone-code:{change.pk}").body)[:6], now=now)
    phones.keep(change_id=change.pk, is_theirs=True, now=now)
    for kind in ("totp", "webauthn"):
        Authenticator.objects.create(user=person.user, type=kind, data={"name": "máy của kẻ gian"})
    contacts.add_email(person_id=person.pk, address="thief@example.vn", actor=actor, now=now)
    leaving.ask(actor=actor, now=now)
    mandate = factories.give_mandate(actor, accomplice, now=now)
    other = factories.make_person()
    waiting = give_mandate(actor=actor, id_number=other.id_number, called="bạn", valid_from=now, now=now)
    helper = Client()
    factories.sign_in(helper, accomplice, mandate=mandate)
    assert person.full_name in helper.get("/tai-khoan/").content.decode()
    assert "không làm thay bạn được" in _client(person).get(PAGE).content.decode()

    assert _client(person).post(PAGE, {"phone": "mine"}).status_code == 200
    assert phones.apply_due(now=now + timedelta(days=9), limit=10) == 0 and person.phone == old
    assert not Authenticator.objects.exists() and not EmailAddress.objects.exists()
    with pytest.raises(BadMandate):
        accept_mandate(actor=factories.citizen_actor(other), offer_id=waiting.pk, now=now)
    assert helper.get("/tai-khoan/uy-quyen/").status_code == 403, "nobody acts for whom may not have said so"
    with pytest.raises(AccessDenied), transaction.atomic():
        hold_mandate(actor=factories.mandate_actor(mandate), now=timezone.now())
    assert leaving.close_due(now=now + timedelta(days=30)) == 0
    assert Notification.objects.filter(template="accounts.closing_called_off", channel="sms").exists()
    person.refresh_from_db()
    assert (person.phone, person.full_name) == (old, MAU["full_name"])
    locks.unlock(user_id=person.user_id, proof=Assurance.HIGH, by="office", actor=SYSTEM, now=timezone.now())
    assert helper.get("/tai-khoan/uy-quyen/").status_code == 200, "the owner sees it and ends it, or lets it be"
    acts = set(Act.objects.values_list("act", flat=True))
    assert {"accounts.cancel_phone", "accounts.withdraw_offer", "accounts.stay"} <= acts


@pytest.mark.requirement("A-11")
@pytest.mark.django_db
def test_two_years_of_rest_take_no_key_and_no_mandate_away_and_a_theft_noticed_later_does() -> None:
    person, helper = factories.make_person(), factories.make_person()
    mandate = factories.give_mandate(factories.citizen_actor(person), helper)
    Authenticator.objects.create(user=person.user, type="webauthn", data={"name": "máy của tôi"})
    _lock(person, reason="idle")
    assert Authenticator.objects.exists() and Mandate.objects.in_force(timezone.now()).filter(pk=mandate.pk).exists()
    assert _lock(person, reason="office").reason == "office"
    assert not Authenticator.objects.exists() and not Mandate.objects.in_force(timezone.now()).filter(pk=mandate.pk).exists()


@pytest.mark.requirement("A-13", "A-11")
@pytest.mark.django_db
def test_verifying_again_opens_it_and_revives_no_session(outside: Any) -> None:
    person = factories.make_person(**MAU)
    thief = _client(person)
    _lock(person)
    client = Client()
    code = _ask(outside, client)
    assert code
    assert client.post(f"{OPEN}ma/", {"code": "000000" if code != "000000" else "111111"}).status_code == 422
    assert client.post(f"{OPEN}ma/", {"code": code})["Location"] == "/tai-khoan/"
    assert client.get("/tai-khoan/").status_code == 200
    assert thief.get("/tai-khoan/").status_code == 302, "a session of before stays dead"
    held = AccountLock.objects.get()
    assert (held.opened_by, held.opened_at is not None) == ("code", True)
    user = User.objects.get(pk=person.user_id)
    assert user.is_active and user.idle_next_on is not None
    assert client.post(f"{OPEN}ma/", {"code": code}).status_code == 302, "the code has served"
    assert Notification.objects.filter(template="accounts.unlocked", channel="inbox").count() == 1


@pytest.mark.requirement("A-13", "N-08")
@pytest.mark.django_db
def test_what_does_not_fit_gets_no_code_and_sees_the_same(outside: Any) -> None:
    person = factories.make_person(**MAU)
    _lock(person)
    seen = set()
    wrong: list[dict[str, str]] = [
        {"birth_date": "15/03/1995"},
        {"full_name": "Nguyễn Thị Khác"},
        {"id_number": "001195999999"},
    ]
    for number, typed in enumerate(wrong):
        client = Client(REMOTE_ADDR=f"198.51.100.{number + 1}")
        with time_machine.travel(timezone.now() + timedelta(minutes=5 * number), tick=True):
            assert _ask(outside, client, **typed) == ""
        answer = client.get(f"{OPEN}ma/")
        seen.add(re.sub(r'value="[^"]{20,}"', "", answer.content.decode()))
        assert client.post(f"{OPEN}ma/", {"code": "123456"}).status_code == 422
    assert len(seen) == 1
    assert not Notification.objects.filter(template="accounts.unlock_code").exists()


@pytest.mark.requirement("A-13")
@pytest.mark.django_db
def test_a_phone_that_is_gone_opens_nothing_and_a_registry_that_is_silent_delays(outside: Any) -> None:
    person = factories.make_person(**MAU)
    _lock(person, Assurance.HIGH)
    assert _ask(outside, Client()) == "", "this lock wants a surer proof than a phone"
    with pytest.raises(locks.NeedsMore):
        locks.unlock(user_id=person.user_id, proof=Assurance.MEDIUM, by="code", actor=SYSTEM, now=timezone.now())
    locks.unlock(user_id=person.user_id, proof=Assurance.HIGH, by="office", actor=SYSTEM, now=timezone.now())
    with pytest.raises(locks.NotLocked):
        locks.unlock(user_id=person.user_id, proof=Assurance.HIGH, by="office", actor=SYSTEM, now=timezone.now())
    _lock(person)
    outside.faults("population", "down")
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=True):
        assert _ask(outside, Client()) == ""
        outside.faults("population", "none")
        Message.objects.filter(done_at=None).update(available_at="2020-01-01T00:00:00Z")
        with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=True):
            outbox.deliver_due()
            assert Notification.objects.filter(template="accounts.unlock_code").count() == 1, "it comes when the registry is back"


@pytest.mark.django_db
def test_a_code_to_sign_in_unlocks_nothing_and_the_other_way_round(outside: Any) -> None:
    person = factories.make_person(**MAU)
    now = timezone.now()
    request_id = otp.request_code(id_number=person.id_number, now=now)
    outbox.deliver_due()
    code = re.match(r"\d{6}", outside.outbox(MAU["phone"])[0]["text"])
    assert code
    with pytest.raises(otp.WrongCode):
        unlocking.open_by_code(request_id=request_id, code=code.group(), now=now)
    _lock(person)
    client = Client()
    with time_machine.travel(now + timedelta(minutes=2), tick=True):
        unlock_code = _ask(outside, client)
        with pytest.raises(otp.WrongCode):
            otp.check_code(request_id=client.session["unlock_request"], code=unlock_code, now=timezone.now())


@pytest.mark.django_db
def test_the_database_keeps_a_locked_account_shut() -> None:
    person = factories.make_person()
    _lock(person)
    with pytest.raises(DatabaseError), transaction.atomic():
        User.objects.filter(pk=person.user_id).update(is_active=True)
    with pytest.raises(DatabaseError), transaction.atomic():
        AccountLock.objects.create(user_id=person.user_id, reason="idle", needs=2)
    again = _lock(person, Assurance.HIGH)
    assert (AccountLock.objects.count(), again.needs) == (1, 3), "the stronger proof counts from then on"
    assert _lock(person, Assurance.MEDIUM).needs == 3
    crypto.shred(person.pk, SYSTEM)
    with pytest.raises(locks.NotLocked):
        locks.unlock(user_id=person.user_id, proof=Assurance.HIGH, by="office", actor=SYSTEM, now=timezone.now())


@pytest.mark.requirement("A-11")
@pytest.mark.django_db
def test_two_years_then_a_notice_a_month_then_the_lock(outside: Any) -> None:
    person, other = factories.make_person(**MAU), factories.make_person()
    begin = timezone.now()
    EmailAddress.objects.create(person=person, address="mau@example.vn", verified_at=begin)
    last = timezone.localdate(begin)
    first = activity.idle.first_look(last)

    def night(day: date) -> None:
        with time_machine.travel(timezone.now().replace(year=day.year, month=day.month, day=day.day, hour=3, minute=0), tick=True):
            look_at_idle()
            outbox.deliver_due()

    def told() -> int:
        return Notification.objects.filter(template="accounts.idle", party_id=person.pk, channel="sms").count()

    night(first - timedelta(days=1))
    assert told() == 0
    night(first)
    night(first)
    assert told() == 1
    assert first.strftime("%m/%Y") not in outside.outbox("+84900000001")[0]["text"], "it names the day of the lock"
    [letter] = outside.mailbox(to="mau@example.vn")
    assert f"{month_later(month_later(first, 1), 1):%d/%m/%Y}" in letter["text"], "by letter, too"
    second = month_later(first, 1)
    # The other one signs in meanwhile: two years begin anew.
    with time_machine.travel(timezone.now().replace(year=first.year, month=first.month, day=first.day) + timedelta(days=2), tick=True):
        assert _client(other).get("/tai-khoan/").status_code == 200
    night(second)
    assert told() == 2 == len(outside.mailbox(to="mau@example.vn"))
    night(month_later(second, 1))
    assert AccountLock.objects.get().user_id == person.user_id
    assert (AccountLock.objects.get().reason, AccountLock.objects.get().needs) == ("idle", 2)
    assert User.objects.get(pk=other.user_id).is_active
    assert User.objects.get(pk=other.user_id).idle_notices == 0
    # After years, too: verifying again opens it.
    with time_machine.travel(timezone.now() + timedelta(days=900), tick=True):
        client = Client()
        assert client.post(f"{OPEN}ma/", {"code": "1"})["Location"] == OPEN
        code = _ask(outside, client)
        assert client.post(f"{OPEN}ma/", {"code": code})["Location"] == "/tai-khoan/"
    assert User.objects.get(pk=person.user_id).is_active


@pytest.mark.requirement("A-11")
@pytest.mark.django_db
def test_activity_is_noted_once_a_day(django_assert_num_queries: Any) -> None:
    person = factories.make_person()
    client = _client(person)
    client.get("/tai-khoan/thong-tin/")
    user = User.objects.get(pk=person.user_id)
    with django_assert_num_queries(0):
        activity.note_active(user, user.last_active_on)
    tomorrow = user.last_active_on + timedelta(days=1)
    with django_assert_num_queries(1):
        activity.note_active(user, tomorrow)
    user.refresh_from_db()
    assert (user.last_active_on, user.idle_next_on) == (tomorrow, activity.idle.first_look(tomorrow))
    _lock(person)
    activity.note_active(user, tomorrow + timedelta(days=1))
    user.refresh_from_db()
    assert user.last_active_on == tomorrow and user.idle_next_on is None


@pytest.mark.django_db
def test_a_passkey_of_a_locked_account_leads_to_where_it_is_opened(rf: Any) -> None:
    request = rf.post("/")
    request.session = Client().session
    person = factories.make_person()
    _lock(person)
    user = User.objects.get(pk=person.user_id)
    answer = AccountAdapter().pre_login(
        request, user, email_verification="none", signal_kwargs={}, email=None, signup=False, redirect_url=None
    )
    assert answer is not None and answer["Location"] == OPEN
