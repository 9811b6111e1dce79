"""Registries that are down, slow or lying: a registration waits and says so, is not lost and not let through (A-02)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation, Person, RegistryAnswer, User
from accounts.registration import services
from accounts.tasks import end_registrations
from portal.crypto import blind_index
from portal.exchange import http
from portal.exchange.errors import OutsideUnavailable
from portal.notifications.models import Notification
from portal.outbox.models import Message
from tests import factories
from tests.accounts.registration.support import (
    CITIZEN,
    FOREIGNER,
    INSURED,
    START,
    answers_again,
    begin,
    code_for,
    own,
    register_by_phone,
    work,
)

pytestmark = pytest.mark.usefixtures("demo_data")


def _page(client: Client) -> str:
    return client.get(f"{START}tien-do/").content.decode()


@pytest.mark.requirement("A-02")
@pytest.mark.parametrize(
    ("registry", "fault", "more"),
    [
        ("population", "down", {}),
        ("population", "wrong", {}),
        ("telecom", "down", {"drop": True}),
        ("telecom", "wrong", {}),
        ("telecom", "slow", {"seconds": 3}),
    ],
)
def test_a_silent_or_lying_registry_makes_it_wait_and_the_rest_goes_by_itself(
    outside: Any, client: Client, settings: Any, registry: str, fault: str, more: dict[str, Any]
) -> None:
    settings.OUTSIDE_TIMEOUT_SECONDS = 1.0
    users = User.objects.count()
    outside.faults(registry, fault, **more)
    made = register_by_phone(client, outside)
    assert made.state == "waiting" and made.declaration["id_number"] == CITIZEN["id_number"], "nothing typed is lost"
    assert "đang chờ" in _page(client) and "không cần khai lại" in _page(client)
    assert User.objects.count() == users, "nobody is let through because a registry did not answer"
    other = "telecom" if registry == "population" else "population"
    kept = RegistryAnswer.objects.get(registration=made)
    assert (kept.registry, kept.agrees) == (other, True) and kept.answered_at is not None
    # The other registry falls silent meanwhile: its answer is kept, and it is not asked again.
    answers_again(outside)
    outside.faults(other, "down")
    settings.OUTSIDE_TIMEOUT_SECONDS = 5.0
    work()
    made.refresh_from_db()
    assert made.state == "done" and User.objects.count() == users + 1
    assert any("đã mở" in message["text"] for message in outside.outbox(to="+84900000050"))


def test_an_answer_that_is_too_old_is_asked_for_anew(outside: Any, client: Client) -> None:
    outside.faults("telecom", "down")
    made = register_by_phone(client, outside)
    RegistryAnswer.objects.update(answered_at=timezone.now() - timedelta(days=2))
    answers_again(outside)
    outside.faults("population", "down")
    work()
    made.refresh_from_db()
    assert made.state == "waiting"


@pytest.mark.requirement("A-02")
def test_who_waited_for_social_security_gets_a_code_and_a_link_to_go_on_with(outside: Any, client: Client) -> None:
    outside.faults("insurance", "wrong")
    begin(client, "bao-hiem", INSURED)
    work()
    assert own(client).state == "waiting" and "đường dẫn để làm tiếp" in _page(client)
    answers_again(outside)
    work()
    [message] = outside.outbox(to="+84900000051")
    link = message["text"].split("http://")[1].split()[0]
    code = message["text"].split("Mã xác nhận: ")[1][:6]
    another = Client()
    assert another.get("/" + link.split("/", 1)[1])["Location"] == f"{START}ma/"
    another.post(f"{START}ma/", {"code": code})
    assert own(client).state == "done"
    assert another.get(f"{START}tiep/nonsense/")["Location"] == START


@pytest.mark.requirement("A-08")
def test_a_document_no_registry_knows_goes_to_a_counter_and_a_lying_one_waits(outside: Any, client: Client) -> None:
    outside.faults("immigration", "wrong")
    begin(client, "giay-to", FOREIGNER)
    client.post(f"{START}ma/", {"code": code_for(outside, "+821090000061")})
    work()
    assert own(client).state == "waiting"
    answers_again(outside)
    begin(client, "giay-to", {**FOREIGNER, "document_number": "X1234567"})
    client.post(f"{START}ma/", {"code": code_for(outside, "+821090000061")})
    work()
    assert own(client).state == "counter" and own(client).number in _page(client)
    assert any(own(client).number in message["text"] for message in outside.outbox(to="+821090000061"))


@pytest.mark.requirement("X-05")
def test_the_breaker_leaves_a_dead_registry_alone_and_tries_it_again(outside: Any, settings: Any) -> None:
    outside.faults("telecom", "down")
    settings.TELECOM_REGISTRY_URL, url = settings.TELECOM_REGISTRY_URL, f"{settings.TELECOM_REGISTRY_URL}/v1/subscribers/verify"
    ask = {"body": {"phone": "+84900000050", "id_number": CITIZEN["id_number"]}, "bearer": settings.TELECOM_REGISTRY_TOKEN}
    codes = []
    for _ in range(7):
        with pytest.raises(OutsideUnavailable) as caught:
            http.ask_registry("telecom", "POST", url, **ask)
        codes.append(caught.value.code)
    assert codes == ["server_error"] * 5 + ["resting"] * 2
    outside.reset()
    http.registries._ask(lambda client: client.delete(http.registries.key("telecom", "rest")))
    assert http.ask_registry("telecom", "POST", url, **ask) is not None, "after its rest one trial is let through"
    assert http.registries.allows("telecom") and http.registries.allows("telecom")


def test_what_waits_too_long_ends_keeps_nothing_and_is_told(outside: Any, client: Client) -> None:
    outside.faults("telecom", "down")
    made = register_by_phone(client, outside)
    made.expires_at = made.created_at + timedelta(microseconds=1)
    made.save()
    end_registrations()
    outside.faults("sms", "none")
    work()
    made.refresh_from_db()
    assert (made.state, made.declared, made.phone) == ("lapsed", None, None)
    assert not RegistryAnswer.objects.filter(said__isnull=False).exists()
    assert any("chờ quá lâu" in message["text"] for message in outside.outbox(to="+84900000050"))
    assert "đã dừng" in _page(client)


def test_an_outage_longer_than_the_outbox_tries_is_asked_about_again(outside: Any, client: Client) -> None:
    outside.faults("telecom", "down")
    made = register_by_phone(client, outside)
    Message.objects.filter(kind="accounts.check_registration").update(dead_at=timezone.now())
    answers_again(outside)
    work()
    made.refresh_from_db()
    assert made.state == "waiting"
    services.ask_again(now=timezone.now() + services.ASK_AGAIN_AFTER + timedelta(minutes=1), seconds=5)
    work()
    made.refresh_from_db()
    assert made.state == "done"


def test_a_refusal_after_waiting_is_told(outside: Any, client: Client) -> None:
    outside.faults("telecom", "down")
    made = register_by_phone(
        client, outside, id_number="001193000052", full_name="Tạ Thị Hòa Thuê Bao Mẫu", birth_date="21/05/1993", phone="0900000052"
    )
    assert made.state == "waiting"
    answers_again(outside)
    work()
    made.refresh_from_db()
    assert made.state == "refused"
    assert Notification.objects.filter(party_id=made.id, template="accounts.registration_refused").exists()
    assert not Person.objects.filter(id_blind=blind_index("id_number", "001193000052")).exists()


@pytest.mark.requirement("A-01", "A-02")
@pytest.mark.parametrize(("registry", "fault"), [("business", "down"), ("business", "wrong"), ("tax", "wrong")])
def test_an_organisation_waits_for_a_registry_that_is_silent_or_lies(outside: Any, client: Client, registry: str, fault: str) -> None:
    director = Person.objects.get(id_blind=blind_index("id_number", "001077000054"))
    factories.sign_in(client, director)
    outside.faults(registry, fault)
    started = client.post(f"{START}to-chuc/")
    client.get(f"{START}ky/tro-ve/", outside.authorise(started["Location"], account="0100000010"))
    work()
    assert own(client).state == "waiting" and "đang chờ" in _page(client)
    assert not Organisation.objects.filter(tax_code="0100000010").exists()
    answers_again(outside)
    work()
    assert own(client).state == "done" and Organisation.objects.filter(tax_code="0100000010").exists()
    assert Notification.objects.filter(party_id=director.id, template="accounts.organisation_registered").exists()
