"""What tests of the helpdesk share."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from helpdesk import loading
from portal.access import Assurance
from portal.notifications.models import Notification
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
    outbox.deliver_due()
    return answer


def texts_to(phone: str) -> list[str]:
    """What was to be sent to a phone, the newest last."""
    rows = Notification.objects.filter(channel="sms", address=phone).order_by("created_at")
    return [row.body or "" for row in rows]


def shown(answer: Any) -> str:
    """The page as text."""
    return " ".join(answer.content.decode().split())
