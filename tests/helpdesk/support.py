"""What tests of the helpdesk share."""

from __future__ import annotations

import json
from typing import Any

import requests
from django.conf import settings
from django.test import Client

from helpdesk import loading
from portal.access import Assurance
from portal.outbox import services as outbox
from tests.factories import make_position, sign_in

TOKEN = "test-report-token"


def desk(unit: str, *roles: str) -> tuple[Client, Any]:
    """An officer's browser, and the position."""
    loading.load()
    client, position = Client(), make_position(unit=unit, roles=roles)
    sign_in(client, position.person, position=position, assurance=Assurance.HIGH)
    return client, position


def text_in(phone: str, words: str, number: str = "m1") -> Any:
    """What the gateway posts when somebody sends an SMS; the worker's part is done."""
    message = {"destinationAddress": "DVCQG", "senderAddress": f"tel:{phone}", "message": words, "messageId": number}
    body = json.dumps({"inboundSMSMessageNotification": {"inboundSMSMessage": message}})
    answer = Client().post(f"/vao/tin-nhan-den/{TOKEN}/", body, content_type="application/json")
    deliver()
    return answer


def deliver() -> None:
    """The worker's part: what came in is handled, what that promised goes out."""
    for _ in range(3):
        outbox.deliver_due()


def texts_to(phone: str) -> list[str]:
    """What the SMS gateway has taken for a phone, the newest last."""
    deliver()
    found = requests.get(f"{settings.SMS_GATEWAY_URL}/outbox.json", params={"to": phone}, timeout=10).json()["messages"]
    return [one["text"] for one in reversed(found)]


def letters_to(address: str) -> list[str]:
    """What the mail server has taken for an address, the newest last."""
    deliver()
    base = settings.SMS_GATEWAY_URL.removesuffix("/sms")
    found = requests.get(f"{base}/mail/outbox.json", params={"to": address}, timeout=10).json()["messages"]
    return [f"{one['subject']}\n{one['text']}" for one in reversed(found)]


def shown(answer: Any) -> str:
    """The page as text."""
    return " ".join(answer.content.decode().split())
