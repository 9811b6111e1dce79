"""Messages from outside: one row and one effect whatever is repeated, every sender acknowledged alike, nothing lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import EmailAddress
from portal.inbox import handlers, services
from portal.inbox.handlers import receiver
from portal.inbox.models import Received
from portal.inbox.services import Taken, take
from portal.notifications.models import Notification
from portal.notifications.registry import contact_of
from portal.notifications.services import notify
from portal.outbox import GiveUp, Message
from portal.outbox import services as outbox
from portal.outbox.services import Outcome
from portal.simulators.mail import returned
from tests import factories
from tests.support.processes import eventually

DOOR = "/vao/thu-tra-lai/"
TOKEN = "test-bounce-token"
seen: list[bytes] = []


@receiver("tests.source")
def _note(body: bytes) -> str:
    seen.append(body)
    Received.objects.create(source="tests.effect", key=str(len(seen)), digest=b"")
    if body == b"fail":
        raise GiveUp("cannot be read")
    return "noted"


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    seen.clear()
    yield


def _post(client: Client, body: bytes, token: str = TOKEN) -> Any:
    return client.post(DOOR, body, content_type="message/rfc822", headers={"Authorization": f"Bearer {token}"})


def _bounce(number: Any, address: str = "me@example.vn") -> bytes:
    """As the simulated mail server writes it."""
    from email.message import Message as Letter

    letter = Letter()
    letter["Message-ID"] = f"<{number}@dichvucong.example>"
    return returned(letter, f"tra-lai+{number.hex}@dichvucong.example", address)


def _told(address: str = "me@example.vn") -> Any:
    person = factories.make_person()
    EmailAddress.objects.create(person=person, address=address, verified_at=timezone.now())
    context = {"code": "H26.101-261129-0001", "procedure": "Đăng ký khai sinh", "unit": "UBND", "due": "02/12/2026"}
    with transaction.atomic():
        notify(party_id=person.id, template="dossiers.received", context=context, key="k", channels=("email",))
    return person


@pytest.mark.requirement("N-04")
def test_the_same_message_a_hundred_times_at_once_is_one_row_and_one_effect(committed_db: None, settings: Any) -> None:
    settings.MAIL_BOUNCE_TOKEN = TOKEN
    person = _told()
    number = Notification.objects.get(channel="email").id
    body = _bounce(number)
    start = threading.Barrier(20)
    answers: list[tuple[int, bytes]] = []

    def sender() -> None:
        try:
            start.wait(10)
            for _ in range(5):
                answer = _post(Client(), body)
                answers.append((answer.status_code, answer.content))
        finally:
            connection.close()

    threads = [threading.Thread(target=sender) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Counter(answers) == {(202, b'{"received": true}'): 100}, "every sender is told the same"
    row = Received.objects.get()
    assert row.times == 100
    assert Message.objects.filter(kind=services.KIND).count() == 1
    while outbox.work("soon"):
        pass
    row.refresh_from_db()
    assert (row.outcome, row.handled_at is not None) == ("noted", True)
    assert contact_of(person.id).email == ""
    assert Notification.objects.filter(template="accounts.email_bounced", channel="inbox").count() == 1
    # Whatever is repeated afterwards, by the sender or by the worker.
    assert _post(Client(), body).status_code == 202
    services.handle(row.id)
    assert Notification.objects.filter(template="accounts.email_bounced", channel="inbox").count() == 1


@pytest.mark.django_db
def test_other_bytes_under_a_known_key_are_refused_and_noted(settings: Any) -> None:
    settings.MAIL_BOUNCE_TOKEN = TOKEN
    _told()
    body = _bounce(Notification.objects.get(channel="email").id)
    client = Client()
    assert _post(client, body).status_code == 202
    assert _post(client, body + b"\r\nmore").status_code == 409
    assert _post(client, body).status_code == 202
    row = Received.objects.get()
    assert (row.times, row.refused) == (2, 1)


@pytest.mark.django_db
def test_only_who_has_the_token_may_hand_in_and_rubbish_harms_nothing(settings: Any) -> None:
    client = Client()
    assert _post(client, b"x").status_code == 401, "no token is set: the door is shut"
    settings.MAIL_BOUNCE_TOKEN = TOKEN
    for token in ("", "wrong", "test-bounce-tokén"):
        assert (
            client.post(
                DOOR, b"x", content_type="message/rfc822", headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")}
            ).status_code
            == 401
        )
    assert client.get(DOOR).status_code == 405
    for rubbish in (
        b"",
        b"\x00" * 50,
        b"Message-ID: " + b"y" * 500 + b"\r\n\r\n",
        b"\xff\xfe",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n",
    ):
        assert _post(client, rubbish).status_code == 202
    outbox.deliver_due()
    assert set(Received.objects.values_list("outcome", flat=True)) == {"no letter of ours"}


@pytest.mark.django_db
def test_what_a_handler_wrote_before_it_gave_up_is_undone_and_can_be_tried_again() -> None:
    assert take(source="tests.source", key="k", body=b"fail") is Taken.NEW
    assert outbox.deliver_due() == {Outcome.DEAD: 1}
    assert not Received.objects.filter(source="tests.effect").exists()
    row = Received.objects.get()
    assert (row.handled_at, row.outcome) == (None, "")
    message = Message.objects.get(pk=row.message_id)
    assert (message.last_error, message.dead_at is not None) == ("cannot be read", True)


@pytest.mark.django_db
def test_a_source_this_process_does_not_know_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    take(source="tests.newer", key="k", body=b"x")
    assert outbox.deliver_due() == {Outcome.RETRY: 1}
    monkeypatch.setitem(handlers._handlers, "tests.newer", lambda body: "late")
    Message.objects.update(available_at=timezone.now() - timedelta(seconds=1))
    assert outbox.deliver_due() == {Outcome.DONE: 1}


@pytest.mark.requirement("N-08")
@pytest.mark.django_db
def test_the_bytes_are_sealed_exact_and_leave_after_a_week_the_key_stays() -> None:
    body = bytes(range(256)) + "Nguyễn Thị Giả Định".encode()
    take(source="tests.source", key="k", body=body)
    with connection.cursor() as cursor:
        cursor.execute("SELECT r::text FROM inbox_received r")
        assert "R2nhuqM" not in cursor.fetchone()[0]
    outbox.deliver_due()
    assert seen == [body]
    now = timezone.now()
    assert services.forget_bodies(now=now + services.BODIES_KEPT - timedelta(hours=1)) == 0
    assert services.forget_bodies(now=now + services.BODIES_KEPT + timedelta(hours=1)) == 1
    assert take(source="tests.source", key="k", body=body) is Taken.AGAIN
    assert take(source="tests.source", key="k", body=b"other") is Taken.OTHER_BYTES
    outbox.deliver_due()
    assert seen == [body]


@pytest.mark.django_db
def test_only_a_final_failure_of_the_address_in_use_ends_it(settings: Any) -> None:
    person = _told()
    number = Notification.objects.get(channel="email").id
    true = _bounce(number)
    for changed, outcome in (
        (true.replace(b"Action: failed", b"Action: delayed"), "only delayed"),
        (_bounce(number, "old@example.vn"), "noted"),
        (true.replace(b"5.1.1", b"5.2.2"), "noted"),
        (true.replace(number.hex.encode(), b"0" * 32).replace(str(number).encode(), b"x"), "letter unknown"),
    ):
        take(source="mail.returned", key=str(hash(changed)), body=changed)
        outbox.deliver_due()
        assert Received.objects.latest("received_at").outcome == outcome
        assert contact_of(person.id).email == "me@example.vn", outcome
    take(source="mail.returned", key="true", body=true)
    outbox.deliver_due()
    assert contact_of(person.id).email == ""


@pytest.mark.django_db
def test_the_desk_shows_what_nobody_could_handle_and_has_it_tried_again(django_assert_max_num_queries: Any) -> None:
    position = factories.make_position(unit="G22", roles=("administrator",))
    client = Client()
    factories.sign_in(client, position.person, position=position)
    for number in range(12):
        take(source="tests.source", key=f"k{number}", body=b"fail")
    outbox.deliver_due()
    with django_assert_max_num_queries(25):
        page = client.get("/quan-tri/inbox/received/").content.decode()
    assert page.count("cannot be read") == 12
    row = Received.objects.first()
    assert row is not None
    assert client.get(f"/quan-tri/inbox/received/{row.pk}/change/").status_code == 200
    assert client.get(f"/quan-tri/inbox/received/{row.pk}/xu-ly-lai/").status_code == 405
    assert client.post(f"/quan-tri/inbox/received/{row.pk}/xu-ly-lai/").status_code == 302
    assert Message.objects.get(pk=row.message_id).dead_at is None


@pytest.mark.requirement("D-13")
@pytest.mark.django_db
def test_the_gateways_reports_are_noted_once_and_rubbish_is_refused(settings: Any) -> None:
    client, settings.SMS_REPORT_TOKEN = Client(), "right"
    person = factories.make_person()
    notify(party_id=person.id, template="accounts.otp", context={"code": "1", "minutes": "5"}, key="k", channels=("sms",))
    number = Notification.objects.get().id

    def told(status: str, **more: Any) -> dict[str, Any]:
        info = {"address": "tel:+84900000001", "deliveryStatus": status}
        return {"deliveryInfoNotification": {"callbackData": str(number), "deliveryInfo": info, **more}}

    for body in (told("DeliveredToNetwork"), told("DeliveredToTerminal"), told("DeliveredToTerminal")):
        assert client.post("/vao/tin-nhan/right/", body, content_type="application/json").status_code == 202
    assert client.post("/vao/tin-nhan/right/", told("DeliveredToTerminal", x=1), content_type="application/json").status_code == 409
    assert client.post("/vao/tin-nhan/wrong/", told("DeliveryImpossible"), content_type="application/json").status_code == 404
    for rubbish in (
        "",
        "[]",
        "{",
        '{"deliveryInfoNotification": 1}',
        "[" * 5000,
        '{"deliveryInfoNotification": {"callbackData": "x", "deliveryInfo": []}}',
    ):
        assert client.post("/vao/tin-nhan/right/", rubbish, content_type="application/json").status_code == 400
    assert (
        client.post("/vao/tin-nhan/right/", told("DeliveredToTerminal", callbackData="x\0y"), content_type="application/json").status_code
        == 202
    )
    outbox.deliver_due()
    assert Counter(Received.objects.values_list("outcome", flat=True)) == {"on its way": 1, "noted": 1, "no message of ours": 1}
    assert Notification.objects.get().delivered_at is not None


@pytest.mark.requirement("D-13")
def test_the_gateway_tells_the_portal_what_became_of_a_message(portal: Any, outside: Any) -> None:
    """By real processes, in both directions."""
    person = factories.make_person()
    for mode, key in (("none", "reached"), ("bounce", "never")):
        outside.faults("sms", mode)
        with transaction.atomic():
            notify(party_id=person.id, template="accounts.email_bounced", context={}, key=key, channels=("sms",))
        if mode == "none":
            eventually(lambda: Notification.objects.filter(key="reached", delivered_at__isnull=False).exists(), 30)
    failed = eventually(lambda: Notification.objects.filter(key="never", failed_at__isnull=False).first(), 30)
    assert failed.failure == "undeliverable"


@pytest.mark.requirement("D-13")
def test_a_letter_that_comes_back_from_the_mail_server_reaches_the_person(portal: Any, outside: Any) -> None:
    """All of it by real processes: worker → SMTP → mail server → our door → worker → inbox and SMS."""
    person = _told("tra-lai@example.vn")
    eventually(lambda: outside.mailbox("tra-lai@example.vn"), 20)
    eventually(lambda: Notification.objects.filter(party_id=person.id, template="accounts.email_bounced", channel="inbox").exists(), 30)
    assert contact_of(person.id).email == ""
    assert Received.objects.get(source="mail.returned").outcome == "noted"  # the SMS's own report may be there too
