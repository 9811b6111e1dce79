"""Text messages through a GSMA OneAPI gateway (OMA RESTful Network API for Messaging, outbound requests)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

from portal.exchange import http
from portal.exchange.errors import OutsideUnavailable

E164 = re.compile(r"^\+[1-9][0-9]{6,14}$")


def send(*, to: str, text: str, correlator: str, report_to: str = "") -> str:
    """Hand one message to the gateway; answers the gateway's number for it.

    ``to``: E.164 (``+84…``). ``correlator``: the same for every try of the same message; the gateway sends it once.
    ``report_to``: whole address to which the gateway shall report what became of it, with the correlator; empty: nowhere.
    Raises ``ValueError`` for a number that is none, ``OutsideUnavailable``, ``OutsideRefused``.
    """
    if not E164.match(to):
        raise ValueError("the recipient's number is not E.164")
    if not correlator or not text:
        raise ValueError("a message needs a text and a correlator")
    sender = settings.SMS_SENDER
    url = http.address("sms", "SMS_GATEWAY_URL", f"smsmessaging/v1/outbound/{quote(sender, safe='')}/requests")
    message: dict[str, Any] = {
        "address": [f"tel:{to}"],
        "senderAddress": sender,
        "outboundSMSTextMessage": {"message": text},
        "clientCorrelator": correlator,
    }
    if report_to:
        message["receiptRequest"] = {"notifyURL": report_to, "callbackData": correlator, "notificationFormat": "JSON"}
    body = {"outboundSMSMessageRequest": message}
    answer = http.ask("sms", "POST", url, bearer=settings.SMS_GATEWAY_TOKEN, body=body) or {}
    for name in ("resourceReference", "outboundSMSMessageRequest"):
        # Gateways answer with the reference alone or with the whole request, as the specification leaves to them.
        part = answer.get(name)
        if isinstance(part, dict) and isinstance(part.get("resourceURL"), str):
            number = urlsplit(part["resourceURL"]).path.rstrip("/").rpartition("/")[2]
            if number:
                return number[:200]
    raise OutsideUnavailable("sms", "wrong_answer")


DELIVERED, IMPOSSIBLE = "DeliveredToTerminal", "DeliveryImpossible"
STATUSES = frozenset(
    {DELIVERED, IMPOSSIBLE, "DeliveredToNetwork", "DeliveryUncertain", "MessageWaiting", "DeliveryNotificationNotSupported"}
)


@dataclass(frozen=True)
class Report:
    """What became of one message: the correlator it was sent with, and the gateway's word for it."""

    correlator: str
    status: str


def read_report(data: bytes) -> Report | None:
    """A OneAPI ``deliveryInfoNotification`` about one recipient; None for anything else. Never raises for what is sent."""
    try:
        told = json.loads(data)["deliveryInfoNotification"]
        infos = told["deliveryInfo"]
        [info] = infos if isinstance(infos, list) else [infos]
        correlator, status = told["callbackData"], info["deliveryStatus"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Report(correlator, status) if isinstance(correlator, str) and len(correlator) <= 100 and status in STATUSES else None


@dataclass(frozen=True)
class Inbound:
    """An SMS that somebody sent to our number: who (as the gateway names them), what, and the gateway's number for it."""

    number: str
    sender: str
    text: str

    def __repr__(self) -> str:
        return f"Inbound({self.number})"


MAX_INBOUND = 1600
"""Characters: ten messages put together."""


def read_inbound(data: bytes) -> Inbound | None:
    """A OneAPI ``inboundSMSMessageNotification``; None for anything else. Never raises for what is sent."""
    try:
        message = json.loads(data)["inboundSMSMessageNotification"]["inboundSMSMessage"]
        sender, text, number = message["senderAddress"], message["message"], message["messageId"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not all(isinstance(part, str) for part in (sender, text, number)) or not 0 < len(number) <= 150 or "\0" in number:
        return None
    sender = sender.removeprefix("tel:")
    return Inbound(number, sender, text[:MAX_INBOUND].replace("\0", "")) if E164.match(sender) else None
