"""Letters: what leaves the house, to whom, once, and what comes of a server that is down, slow, or says no."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import ContactChoice, EmailAddress
from accounts.services import contacts
from portal.exchange import mail
from portal.exchange.errors import OutsideUnavailable
from portal.notifications import registry, services
from portal.notifications.models import Notification
from portal.outbox import Message
from portal.outbox import services as outbox
from portal.outbox.services import Outcome
from tests import factories

CONTEXT = {"code": "H26.101-261129-0001", "procedure": "Đăng ký <khai> sinh & nhận", "unit": "UBND phường Ví Dụ", "due": "02/12/2026"}


@pytest.fixture(autouse=True)
def _own_connection() -> Iterator[None]:
    # Another test of this worker may have left one open that the server has ended since.
    mail.close()
    yield
    mail.close()


def with_email(address: str = "me@example.vn", **values: Any) -> Any:
    """A person with a verified address."""
    person = factories.make_person(**values)
    EmailAddress.objects.create(person=person, address=address, verified_at=timezone.now())
    return person


def tell(person: Any, template: str = "dossiers.received", key: str = "", **more: Any) -> None:
    services.notify(party_id=person.id, template=template, context=CONTEXT, key=key or template, link="/ho-so/x/", **more)


@pytest.mark.requirement("D-13")
@pytest.mark.django_db
def test_a_letter_says_the_same_in_text_and_html_and_has_a_good_citizens_head(outside: Any) -> None:
    person = with_email()
    tell(person)
    tell(person, template="dossiers.submitted")
    outbox.deliver_due()
    submitted, received = outside.mailbox("me@example.vn")
    for letter, title in ((received, "đã được tiếp nhận"), (submitted, "Đã gửi hồ sơ")):
        assert title in letter["subject"]
        words = re.sub(r"<[^>]+>", " ", letter["html"]).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        for part in (letter["subject"], "Đăng ký <khai> sinh & nhận", "UBND phường Ví Dụ", "/ho-so/x/", "xin đừng trả lời"):
            assert part in letter["text"], part
            assert part in words, part
        assert "<khai>" not in letter["html"]
        head = letter["headers"]
        assert head["Auto-Submitted"] == "auto-generated"
        assert head["Content-Language"] == "vi"
        assert head["From"] == "Cổng Dịch vụ công Quốc gia <thong-bao@dichvucong.example>"
    sent = Notification.objects.get(channel="email", template="dossiers.received")
    assert sent.sent_at is not None
    assert received["headers"]["Message-ID"].startswith(f"<{sent.id}@")
    assert received["envelope_from"] == f"tra-lai+{sent.id.hex}@dichvucong.example"
    assert "List-Unsubscribe" not in received["headers"], "the law binds us to tell it"
    assert submitted["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/tai-khoan/lien-lac/thoi/" in submitted["headers"]["List-Unsubscribe"]


@pytest.mark.requirement("D-13")
@pytest.mark.django_db
def test_each_is_told_by_what_they_chose_in_their_language(outside: Any) -> None:
    person = with_email(phone="+84900111222")
    chosen = {kind.key: ["sms", "email"] for kind in registry.kinds()}
    actor = factories.citizen_actor(person)
    contacts.choose(
        person_id=person.id, language="en", channels={**chosen, "dossiers.steps": ["email"], "dossiers.confirmations": []}, actor=actor
    )
    with pytest.raises(contacts.NothingLeft):
        contacts.choose(person_id=person.id, language="vi", channels={**chosen, "dossiers.steps": []}, actor=actor)
    tell(person)
    tell(person, template="dossiers.submitted")
    outbox.deliver_due()
    assert outside.outbox("+84900111222") == []
    [letter] = outside.mailbox("me@example.vn")
    assert letter["subject"] == "Dossier H26.101-261129-0001 was accepted"
    assert "Follow the dossier: " in letter["text"]
    assert letter["headers"]["Content-Language"] == "en"
    assert set(Notification.objects.filter(channel="inbox").values_list("template", flat=True)) == {
        "dossiers.received",
        "dossiers.submitted",
    }
    # The only way that was chosen is gone: what the law binds us to tell goes by what is left.
    contacts.email_bounced(person.id, "me@example.vn", "no_recipient")
    tell(person, template="dossiers.result")
    outbox.deliver_due()
    assert "The result of dossier" in outside.outbox("+84900111222")[0]["text"]


@pytest.mark.requirement("D-13")
@pytest.mark.django_db
@pytest.mark.parametrize(("mode", "drop"), [("down", False), ("down", True), ("greylist", False)])
def test_a_server_that_is_down_or_says_later_is_tried_again_and_gets_each_letter_once(outside: Any, mode: str, drop: bool) -> None:
    person = with_email()
    tell(person, channels=("email",))
    message = Message.objects.get(kind="notifications.email")
    outside.faults("mail", mode, drop=drop)
    for _again in range(3):
        assert outbox.deliver(message.id) is Outcome.RETRY
        Message.objects.filter(pk=message.pk).update(available_at=timezone.now() - timedelta(seconds=1))
    assert outside.mailbox() == []
    outside.faults("mail", "none")
    assert outbox.deliver(message.id) is Outcome.DONE
    # The worker may die between the server's word and the note: it begins again and finds the letter sent.
    Message.objects.filter(pk=message.pk).update(done_at=None, available_at=timezone.now() - timedelta(seconds=1))
    assert outbox.deliver(message.id) is Outcome.DONE
    assert len(outside.mailbox("me@example.vn")) == 1


@pytest.mark.requirement("D-13", "N-04")
@pytest.mark.django_db
def test_a_server_down_for_a_day_loses_nothing_and_doubles_nothing(outside: Any) -> None:
    people = [with_email(f"p{number}@example.vn") for number in range(3)]
    outbox.deliver_due()  # what entering people asks for
    for person in people:
        tell(person, channels=("email",))
    outside.faults("mail", "down")
    waited = 0.0
    # Time is moved, not waited for: each try comes when its back-off says, until a day has passed.
    while waited < 86_400:
        assert outbox.deliver_due() == {Outcome.RETRY: 3}
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM max(available_at) - clock_timestamp()) FROM outbox_message WHERE done_at IS NULL")
            waited += float(cursor.fetchone()[0])
            cursor.execute("UPDATE outbox_message SET available_at = clock_timestamp() - interval '1 s' WHERE done_at IS NULL")
        assert Message.objects.filter(dead_at__isnull=False).count() == 0
    outside.faults("mail", "none")
    assert outbox.deliver_due() == {Outcome.DONE: 3}
    assert sorted(letter["to"] for letter in outside.mailbox()) == [f"p{number}@example.vn" for number in range(3)]


@pytest.mark.requirement("D-13")
@pytest.mark.django_db
def test_an_address_nobody_has_counts_no_more_and_its_owner_is_told(outside: Any) -> None:
    person = with_email("khong-co@example.vn", phone="+84900111333")
    tell(person)
    outbox.deliver_due()
    failed = Notification.objects.get(channel="email", template="dossiers.received")
    assert (failed.failure, failed.sent_at) == ("no_recipient", None)
    row = EmailAddress.objects.get(person=person)
    assert row.bounced_at is not None
    assert not row.counts
    assert Notification.objects.filter(template="accounts.email_bounced", channel="inbox").count() == 1
    assert any("/tai-khoan/lien-lac/" in message["text"] for message in outside.outbox("+84900111333"))
    tell(person, key="next")
    assert not Notification.objects.filter(key="next", channel="email").exists()


@pytest.mark.django_db
def test_a_letter_goes_to_no_server_whose_certificate_nobody_vouches_for_and_never_in_the_clear(outside: Any, settings: Any) -> None:
    person = with_email()
    tell(person, channels=("email",))
    row = Notification.objects.get(channel="email")
    trusted, settings.MAIL_ROOTS = settings.MAIL_ROOTS, ""
    with pytest.raises(OutsideUnavailable):
        services.send_email(row.id)
    settings.MAIL_ROOTS = trusted
    settings.MAIL_SERVER_URL = settings.MAIL_SERVER_URL.replace("localhost", "127.0.0.1")  # not the name in the certificate
    with pytest.raises(OutsideUnavailable):
        services.send_email(row.id)
    assert outside.mailbox() == []
    for wrong in ("a@b.vn\r\nRCPT TO:<x@y.vn>", "<a@b.vn>", "", "a b@c.vn"):
        with pytest.raises(ValueError, match="address"):
            mail.send(EmailMessage(), to=wrong, sender="x@y.vn")


@pytest.mark.django_db
def test_a_letter_waits_sealed_and_what_serves_once_is_gone_when_it_is_sent(outside: Any) -> None:
    person = factories.make_person()
    actor = factories.citizen_actor(person)
    contacts.add_email(person_id=person.id, address="new@example.vn", actor=actor, now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT n::text, (SELECT string_agg(m::text, '') FROM outbox_message m) FROM notifications_notification n")
        [(notice, messages)] = cursor.fetchall()
        cursor.execute("SELECT e::text FROM accounts_emailaddress e")
        kept = cursor.fetchone()[0]
    for text in (notice, messages, kept):
        assert "new@example.vn" not in text
        assert b"new@example.vn".hex() not in text
    outbox.deliver_due()
    row = Notification.objects.get()
    assert (row.title, row.body) == (None, None)
    assert len(outside.mailbox("new@example.vn")) == 1


@pytest.mark.requirement("D-13")
def test_every_notice_has_english_and_a_sample_for_each_place() -> None:
    for template in registry.templates():
        # What an SMS asked for is answered from the catalogue, in its language.
        if template.key.startswith(("tests.", "bench.")) or template.key == "helpdesk.sms_answer":
            continue
        values = {**template.sample, "link": "https://x.example/"}
        for language in ("vi", "en"):
            text = registry.rendered(template.key, values, language)
            assert text.title or text.sms, template.key
        vietnamese, english = (registry.rendered(template.key, values, language) for language in ("vi", "en"))
        for name in ("title", "body", "sms"):
            if getattr(vietnamese, name):
                assert getattr(english, name) != getattr(vietnamese, name), (template.key, name)


def test_choices_default_to_everything() -> None:
    contact = registry.Contact(phone="+84900000000", email="a@b.vn")
    assert contact.channels_for("dossiers.confirmations") == ("sms", "email")
    assert registry.Contact(email="a@b.vn", chosen={"dossiers.confirmations": ["sms"]}).channels_for("dossiers.confirmations") == ()
    assert registry.Contact(email="a@b.vn", chosen={"dossiers.steps": ["sms"]}).channels_for("dossiers.steps") == ("email",)
    assert ContactChoice().language == "vi"
