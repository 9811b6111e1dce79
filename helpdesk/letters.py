"""Letters to the support address, as our mail server hands them on (RFC 5322)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

from helpdesk.codes import clean_ticket_code

MOST = 5_000
_CODE = re.compile(r"\bHT[0-9A-Za-z]{11}\b")
_QUOTED = re.compile(r"^\s*(>|(On|Vào|Ngày) .{5,120}(wrote|đã viết):\s*$|-{2,}\s*(Original|Thư gốc))", re.IGNORECASE)


@dataclass(frozen=True)
class Letter:
    """Who wrote, what, and about which ticket (empty: none that is named). Reprs hold nothing personal."""

    address: str
    name: str
    words: str
    code: str
    automatic: bool

    def __repr__(self) -> str:
        return "Letter(…)"


def read(data: bytes) -> Letter | None:
    """The letter; None for bytes without a sender. Never raises for what is sent."""
    try:
        whole = message_from_bytes(data, policy=default)
        assert isinstance(whole, EmailMessage)
        name, address = parseaddr(str(whole.get("From", "")))
        subject = str(whole.get("Subject", ""))[:300]
        body = whole.get_body(preferencelist=("plain",))
        text = body.get_content() if body is not None else ""
        automatic = str(whole.get("Auto-Submitted", "no")).lower().split(";")[0].strip() != "no"
        automatic = automatic or str(whole.get("Precedence", "")).lower() in ("bulk", "list", "junk") or "List-Id" in whole
    except (ValueError, LookupError, AttributeError, KeyError, TypeError, AssertionError, RecursionError):
        return None
    address = address.strip()
    if not address or "@" not in address or address.lower().startswith(("mailer-daemon@", "postmaster@")):
        return None
    codes = [code for found in _CODE.findall(subject) if (code := clean_ticket_code(found))]
    words = f"{subject}\n\n{_own_words(str(text))}" if not codes else _own_words(str(text))
    return Letter(address, name[:200], words.strip()[:MOST], codes[0] if codes else "", automatic)


def _own_words(text: str) -> str:
    """What was written now: without the letter that is quoted below it."""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if _QUOTED.match(line):
            break
        lines.append(line)
    return "\n".join(lines).strip()


def message_id(data: bytes) -> str:
    """The letter's own Message-ID, or empty."""
    try:
        return str(message_from_bytes(data, policy=default).get("Message-ID", "")).strip()
    except (ValueError, LookupError, TypeError):
        return ""
