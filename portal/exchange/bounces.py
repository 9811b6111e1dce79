"""Letters that come back: delivery status notifications (RFC 3464) as a mail server hands them on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import Any
from uuid import UUID

_NUMBER_IN_ADDRESS = re.compile(r"\+([0-9a-f]{32})@")
_NUMBER_IN_MESSAGE_ID = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")
_STATUS = re.compile(r"^[245]\.[0-9]{1,3}\.[0-9]{1,3}$")
MOST_RECIPIENTS = 20


@dataclass(frozen=True)
class Returned:
    """What became of one letter: ``number`` of the notice, whose address, the status (RFC 3463: 5.1.1), whether it is final."""

    number: UUID
    address: str
    status: str
    failed: bool


def message_id(data: bytes) -> str:
    """The notification's own Message-ID, or empty."""
    return str(message_from_bytes(data, policy=compat32).get("Message-ID", "")).strip()


def read(data: bytes) -> list[Returned]:
    """The fates it tells. Empty where it is no such notification, or about no letter of ours; never raises for what is sent."""
    whole = message_from_bytes(data, policy=compat32)
    number = _number(whole)
    if number is None:
        return []
    found = []
    for part in whole.walk():
        fates: Any = part.get_payload()
        if part.get_content_type() != "message/delivery-status" or not isinstance(fates, list):
            continue
        for fate in fates[:MOST_RECIPIENTS]:
            if not isinstance(fate, Message):
                continue
            address = str(fate.get("Final-Recipient") or fate.get("Original-Recipient") or "").partition(";")[2].strip()
            status = str(fate.get("Status", "")).split(" ")[0].strip()
            if address and _STATUS.match(status):
                found.append(Returned(number, address, status, str(fate.get("Action", "")).strip().lower() == "failed"))
    return found


def _number(whole: Message) -> UUID | None:
    """Of the notice: from the address it came back to, else from the head of the letter that it quotes."""
    in_address = _NUMBER_IN_ADDRESS.search(str(whole.get("To", "")).lower())
    if in_address:
        return UUID(in_address[1])
    for part in whole.walk():
        if part.get_content_type() == "text/rfc822-headers":
            quoted = str(part.get_payload())
        elif part is not whole and part.get("Message-ID"):
            quoted = str(part.get("Message-ID"))
        else:
            continue
        if in_head := _NUMBER_IN_MESSAGE_ID.search(quoted.lower()):
            return UUID(in_head[1])
    return None
