"""Dead letters on the officers' desk, over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from portal.audit.models import Act
from portal.outbox.models import Message
from tests.factories import make_position, sign_in

LIST = "/quan-tri/outbox/message/"


def _client(*roles: str, unit: str = "G22") -> Client:
    position = make_position(unit=unit, roles=roles)
    client = Client(enforce_csrf_checks=False)
    sign_in(client, position.person, position=position)
    return client


def _dead(key: str = "k1") -> Message:
    return Message.objects.create(
        kind="sms.send", key=key, payload={}, dead_at="2026-01-05T03:00:00Z", last_error="number refused", attempts=60
    )


@pytest.mark.django_db
def test_the_list_shows_dead_letters_only_and_only_to_those_who_may() -> None:
    _dead()
    Message.objects.create(kind="sms.send", key="alive-one", payload={})
    page = _client("administrator").get(LIST)
    assert page.status_code == 200
    text = page.content.decode()
    assert "number refused" in text
    assert "alive-one" not in text
    assert _client("reception").get(LIST).status_code == 403
    assert _client("administrator", unit="G15").get(LIST).status_code == 403, "messages of all agencies"
    assert Client().get(LIST).status_code == 302


@pytest.mark.django_db
def test_send_again_is_a_post_address() -> None:
    message = _dead()
    client = _client("administrator")
    page = client.get(f"{LIST}{message.pk}/change/").content.decode()
    address = f"{LIST}{message.pk}/gui-lai/"
    assert f'action="{address}"' in page
    assert client.get(address).status_code == 405
    assert _client("handling").post(address).status_code == 403
    message.refresh_from_db()
    assert message.dead_at is not None
    answer = client.post(address, follow=True)
    assert "Đã xếp việc này để gửi lại." in answer.content.decode()
    message.refresh_from_db()
    assert (message.dead_at, message.attempts) == (None, 0)
    assert Act.objects.get(act="outbox.resend").target_id == str(message.pk)
    assert client.post(f"{LIST}{uuid.uuid4()}/gui-lai/", follow=True).status_code == 200


@pytest.mark.django_db
def test_several_are_sent_again_from_the_list() -> None:
    messages = [_dead(f"k{n}") for n in range(3)]
    chosen: dict[str, Any] = {"action": "resend_chosen", "_selected_action": [str(messages[0].pk), str(messages[1].pk)]}
    assert _client("steering", unit="G22").post(LIST, chosen).status_code == 302
    assert list(Message.objects.filter(dead_at__isnull=False)) == [messages[2]]


@pytest.mark.django_db
def test_nothing_is_added_changed_or_deleted_on_the_desk() -> None:
    message = _dead()
    client = _client("administrator")
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{message.pk}/change/", {"kind": "x"}).status_code == 403
    assert client.post(f"{LIST}{message.pk}/delete/", {"post": "yes"}).status_code == 403
    message.refresh_from_db()
    assert message.kind == "sms.send"
