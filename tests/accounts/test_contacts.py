"""E-mail addresses and channels: what a person does on the page, and what a link does and does not."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ContactChoice, EmailAddress, OneTimePassword
from accounts.services import contacts, housekeeping, otp
from portal import crypto
from portal.access import SYSTEM
from portal.audit.models import Act
from portal.notifications.models import Notification
from portal.notifications.registry import contact_of, kinds
from portal.notifications.services import notify
from portal.outbox import services as outbox
from tests import factories

PAGE = "/tai-khoan/lien-lac/"
CONTEXT = {"code": "H26.101-261129-0001", "procedure": "Đăng ký khai sinh", "unit": "UBND", "due": "02/12/2026"}


def _link(letter: dict[str, Any]) -> str:
    found = re.search(r"https?://[^/\s]+(/tai-khoan/lien-lac/xac-nhan/[^\s]+)", letter["text"])
    assert found
    return found[1]


def _signed_in(person: Any) -> Client:
    client = Client()
    factories.sign_in(client, person)
    return client


def _asked(client: Client, outside: Any, address: str) -> str:
    assert client.post(PAGE, {"act": "email", "address": address}).status_code == 302
    outbox.deliver_due()
    return _link(outside.mailbox(address)[0])


@pytest.mark.requirement("D-13", "A-13")
@pytest.mark.django_db
def test_an_address_counts_after_its_link_was_confirmed_and_the_old_one_is_told(outside: Any) -> None:
    person = factories.make_person()
    client = _signed_in(person)
    link = _asked(client, outside, "first@Example.vn".replace("E", "e"))
    assert contact_of(person.id).email == ""
    assert client.get(link).status_code == 200
    assert contact_of(person.id).email == "", "a mail server that opens links confirms nothing"
    assert client.post(link)["Location"] == PAGE
    assert contact_of(person.id).email == "first@example.vn"
    assert client.post(link).status_code == 410, "it serves once"
    second = _asked(client, outside, "second@example.vn")
    assert contact_of(person.id).email == "first@example.vn", "until the new one is confirmed"
    client.post(second)
    outbox.deliver_due()
    assert contact_of(person.id).email == "second@example.vn"
    assert outside.mailbox("first@example.vn")[0]["subject"] == "Địa chỉ nhận thông báo đã đổi"
    assert client.post(PAGE, {"act": "remove"})["Location"] == PAGE
    outbox.deliver_due()
    assert outside.mailbox("second@example.vn")[0]["subject"] == "Địa chỉ nhận thông báo đã được bỏ"
    assert not EmailAddress.objects.exists()
    acts = set(Act.objects.filter(target_id=str(person.id)).values_list("act", flat=True))
    assert {"accounts.add_email", "accounts.verify_email", "accounts.remove_email"} <= acts
    assert Notification.objects.filter(channel="inbox", template="accounts.email_changed", party_id=person.id).count() == 1


@pytest.mark.requirement("D-13")
@pytest.mark.django_db
def test_a_link_that_is_wrong_late_replaced_or_anothers_verifies_nothing(outside: Any) -> None:
    person, other = factories.make_person(), factories.make_person()
    client, stranger = _signed_in(person), _signed_in(other)
    replaced = _asked(client, outside, "typo@example.vn")
    link = _asked(client, outside, "mine@example.vn")
    for who, where in ((stranger, link), (client, replaced), (client, f"{PAGE}xac-nhan/{'x' * 43}/"), (stranger, replaced)):
        assert who.get(where).status_code == 410
        assert who.post(where).status_code == 410
    # Who is not signed in signs in first, and comes back to the link.
    assert Client().get(link)["Location"].startswith("/tai-khoan/dang-nhap/?next=")
    EmailAddress.objects.update(token_expires_at=timezone.now() - timedelta(seconds=1))
    assert client.post(link).status_code == 410
    assert EmailAddress.objects.filter(verified_at__isnull=False).count() == 0
    assert contact_of(person.id).email == contact_of(other.id).email == ""


def _code(outside: Any, address: str) -> str:
    outbox.deliver_due()
    found = re.search(r"\b[0-9]{6}\b", outside.mailbox(address)[0]["text"])
    assert found
    return found[0]


@pytest.mark.requirement("A-13", "A-08", "N-08")
@pytest.mark.django_db
def test_where_codes_go_to_an_address_a_session_alone_turns_them_nowhere_else(outside: Any) -> None:
    person = factories.make_person(phone="")
    EmailAddress.objects.create(person=person, address="mine@example.vn", verified_at=timezone.now())
    thief = _signed_in(person)
    link = _asked(thief, outside, "thief@example.vn")
    asked = thief.get(link).content.decode()
    assert "địa chỉ cũ" in asked and "thief@example.vn" in asked
    for data in ({}, {"code": "123456"}, {"code": "654321"}):
        thief.post(link, data)
    assert contact_of(person.id).email == "mine@example.vn"
    outbox.deliver_due()
    assert "đổi địa chỉ" in outside.mailbox("mine@example.vn")[0]["text"], "and its owner hears of it"
    with pytest.raises(contacts.CodeWanted):
        token = link.rstrip("/").rpartition("/")[2]
        contacts.verify_email(token=token, person_id=person.id, actor=factories.citizen_actor(person), now=timezone.now())
    # Nor is the owner shut out by leaving the address out: only the one that waits goes.
    thief.post(PAGE, {"act": "remove"})
    assert "không bỏ được" in thief.post(PAGE, {"act": "remove"}, follow=True).content.decode()
    assert [row.address for row in EmailAddress.objects.all()] == ["mine@example.vn"]
    # A code to sign in is none for this, nor another's.
    OneTimePassword.objects.all().delete()
    client = _signed_in(person)
    link = _asked(client, outside, "new@example.vn")
    client.post(link, {"send": "1"})
    code = _code(outside, "mine@example.vn")
    with pytest.raises(otp.WrongCode):
        otp.check_code(request_id=client.session["contact_code"], code=code, now=timezone.now())
    assert client.post(link, {"code": code})["Location"] == PAGE
    assert contact_of(person.id).email == "new@example.vn"
    outbox.deliver_due()
    assert outside.mailbox("mine@example.vn")[0]["subject"] == "Địa chỉ nhận thông báo đã đổi"
    # Where letters come back nothing is taken from anybody: the one that waits takes its place.
    EmailAddress.objects.update(bounced_at=timezone.now())
    other = _asked(client, outside, "third@example.vn")
    assert client.post(other)["Location"] == PAGE and contact_of(person.id).email == "third@example.vn"


@pytest.mark.django_db
def test_wrong_input_is_told_beside_the_field_and_kept(outside: Any) -> None:
    client = _signed_in(factories.make_person())
    for wrong in (
        "",
        "nguyễn@example.vn",
        "a b@example.vn",
        "a@b",
        "x@example.vn\r\nBcc: y@z.vn",
        "a" * 65 + "@example.vn",
        "@",
        "a@" + "b" * 300,
    ):
        answer = client.post(PAGE, {"act": "email", "address": wrong})
        assert answer.status_code == 422, wrong
        assert "error-summary" in answer.content.decode()
    answer = client.post(PAGE, {"act": "channels", "language": "fr", "kind_0": ["sms"], "kind_1": ["sms"], "kind_2": ["sms"]})
    assert answer.status_code == 422
    assert client.post(PAGE, {"act": "email", "address": "x\x00@example.vn"}).status_code == 422
    for number in range(contacts.LETTERS_A_DAY):
        assert client.post(PAGE, {"act": "email", "address": f"n{number}@example.vn"}).status_code == 302
    assert "ngày mai" in client.post(PAGE, {"act": "email", "address": "more@example.vn"}).content.decode()
    assert EmailAddress.objects.count() == 1


@pytest.mark.requirement("D-13")
@pytest.mark.django_db
def test_channels_are_chosen_by_kind_and_what_the_law_wants_told_keeps_one(outside: Any, django_assert_max_num_queries: Any) -> None:
    person = factories.make_person()
    client = _signed_in(person)
    with django_assert_max_num_queries(15):
        page = client.get(PAGE).content.decode()
    law, free = "Luật buộc báo cho bạn", "Bạn có thể bỏ chọn tất cả"
    assert law in page
    assert free in page
    labels = re.findall(r"<legend>([^<]+?)\s*(?:<span|</legend>)", page)
    fields = {label.strip(): f"kind_{number}" for number, label in enumerate(labels[:-1])}
    names = ("Kết quả và từng bước của hồ sơ", "Xác nhận đã gửi hồ sơ", "An toàn tài khoản", "Tiền đã nộp, đã hoàn và chứng từ")
    steps, confirmations, safety, money = (fields[label] for label in names)
    petitions, support = fields["Phản ánh, kiến nghị bạn đã gửi"], fields["Trả lời yêu cầu hỗ trợ bạn đã gửi"]
    answer = client.post(PAGE, {"act": "channels", "language": "vi", safety: ["sms"]})
    assert answer.status_code == 422
    assert "chọn ít nhất một cách" in answer.content.decode()
    assert not ContactChoice.objects.exists()
    chosen = {steps: ["sms"], safety: ["sms", "email"], money: ["sms"], petitions: ["sms"], support: ["sms"]}
    assert client.post(PAGE, {"act": "channels", "language": "en", **chosen}).status_code == 302
    choice = ContactChoice.objects.get(person=person)
    assert choice.language == "en"
    assert choice.channels == {
        "dossiers.steps": ["sms"],
        "dossiers.confirmations": [],
        "dossiers.drafts": [],
        "dossiers.copies": [],
        "dossiers.appointments": [],
        "remind.appointments": [],
        "remind.papers": [],
        "remind.drafts": [],
        "remind.next": [],
        "accounts.security": ["sms", "email"],
        "payments.money": ["sms"],
        "feedback.steps": ["sms"],
        "ratings.asked": [],
        "helpdesk.support": ["sms"],
        "helpdesk.works": [],
    }
    shown = client.get(PAGE).content.decode()
    assert len(re.findall(rf'name="{confirmations}"[^>]*checked', shown)) == 0
    assert len(re.findall(rf'name="{safety}"[^>]*checked', shown)) == 2


@pytest.mark.django_db
def test_only_officers_are_asked_about_what_only_officers_are_told(outside: Any) -> None:
    words = "Hạn xử lý phản ánh, kiến nghị (cán bộ)"
    officer = factories.make_position(unit="H26.101", roles=("petition_handling",)).person
    assert words not in _signed_in(factories.make_person()).get(PAGE).content.decode()
    client = _signed_in(officer)
    page = client.get(PAGE).content.decode()
    fields = re.findall(r'name="(kind_\d+)"', page)
    desk = re.search(rf'{re.escape(words)}.*?name="(kind_\d+)"', page, re.DOTALL)
    assert desk is not None
    said = {name: ["sms"] for name in fields if name != desk[1]} | {desk[1]: ["email"]}
    assert client.post(PAGE, {"act": "channels", "language": "vi", **said}).status_code == 302
    assert ContactChoice.objects.get(person=officer).channels["feedback.desk"] == ["email"]
    # Said as a citizen, once the position is given up: what was chosen for the desk is not lost.
    contacts.choose(person_id=officer.id, language="vi", channels={kind.key: ["sms"] for kind in kinds(officer=False)}, actor=SYSTEM)
    assert ContactChoice.objects.get(person=officer).channels["feedback.desk"] == ["email"]


@pytest.mark.requirement("D-13")
@pytest.mark.django_db
def test_one_press_in_the_mail_program_switches_letters_of_a_kind_off(outside: Any) -> None:
    person = factories.make_person()
    EmailAddress.objects.create(person=person, address="me@example.vn", verified_at=timezone.now())
    notify(party_id=person.id, template="dossiers.submitted", context=CONTEXT, key="k", link="/ho-so/x/")
    outbox.deliver_due()
    link = outside.mailbox("me@example.vn")[0]["headers"]["List-Unsubscribe"].strip("<>")
    path = "/" + link.split("/", 3)[3]
    program = Client(enforce_csrf_checks=True)
    assert program.get(path).status_code == 200
    assert not ContactChoice.objects.exists(), "opening is not pressing"
    for _twice in range(2):
        assert program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert ContactChoice.objects.get(person=person).channels == {"dossiers.confirmations": ["sms"]}
    for forged in (path[:-5] + "AAAA/", contacts.unsubscribe_address(person.id, "dossiers.steps").replace(link.split("/tai-khoan")[0], "")):
        assert program.post(forged).status_code == 410
    assert ContactChoice.objects.get(person=person).channels == {"dossiers.confirmations": ["sms"]}


@pytest.mark.requirement("N-08")
@pytest.mark.django_db
def test_erasing_a_person_takes_address_and_choices_along(outside: Any) -> None:
    person = factories.make_person()
    EmailAddress.objects.create(person=person, address="me@example.vn", verified_at=timezone.now())
    ContactChoice.objects.create(person=person, language="en")
    crypto.shred(person.id, SYSTEM)
    assert not EmailAddress.objects.exists()
    assert not ContactChoice.objects.exists()
    assert contact_of(person.id).email == ""


@pytest.mark.requirement("N-08")
@pytest.mark.django_db
def test_an_address_nobody_confirmed_leaves_and_one_in_use_stays(outside: Any) -> None:
    person, other = factories.make_person(), factories.make_person()
    EmailAddress.objects.create(person=person, address="me@example.vn", verified_at=timezone.now())
    for number, whose in enumerate((person, other)):
        contacts.add_email(person_id=whose.id, address=f"n{number}@example.vn", actor=factories.citizen_actor(whose), now=timezone.now())
    now = timezone.now()
    assert housekeeping.remove_old(now=now + contacts.LINK_LIVES - timedelta(minutes=1), seconds=5)
    assert EmailAddress.objects.count() == 3
    assert housekeeping.remove_old(now=now + contacts.LINK_LIVES + timedelta(minutes=1), seconds=5)
    assert EmailAddress.objects.get().address == "me@example.vn"
