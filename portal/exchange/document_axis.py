"""The national document axis (trục liên thông văn bản quốc gia): documents are handed in, waiting ones are fetched and acknowledged.

The operations are those of the axis' published client (``sendEdoc``, ``syncReceivedEdocList``, ``getEdoc``, ``updateStatus``), asked at the
gateway ``DOCUMENT_AXIS_URL`` with the system's name and secret in headers; ``docs/decisions.md`` says what of it was at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from portal.exchange import edxml, http
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

SERVICE = "document_axis"
DONE, FAIL = "done", "fail"
ENDED = frozenset({DONE, FAIL})
"""States of a document that its receiver has answered for."""
NOT_KNOWN = "15"
"""The axis' code of an error: name or secret of the system are not right. Nothing is wrong with the document."""
MOST_WAITING = 500


@dataclass(frozen=True)
class Waiting:
    """A document that waits for us."""

    number: str
    sender: str


def is_configured() -> bool:
    """Whether this portal is on the axis."""
    return bool(
        settings.DOCUMENT_AXIS_URL and settings.DOCUMENT_AXIS_SYSTEM and settings.DOCUMENT_AXIS_SECRET and settings.DOCUMENT_AXIS_ORGAN
    )


def _ask(method: str, path: str, **asked: Any) -> Mapping[str, Any]:
    if not is_configured():
        raise OutsideUnavailable(SERVICE, "not_configured")
    headers = {"X-SystemId": settings.DOCUMENT_AXIS_SYSTEM, "X-SecretKey": settings.DOCUMENT_AXIS_SECRET}
    url = http.address(SERVICE, "DOCUMENT_AXIS_URL", f"v1/{path}")
    try:
        found = http.ask(SERVICE, method, url, headers=headers, most=2 * edxml.MOST_BYTES, **asked) or {}
    except OutsideRefused as refused:
        if refused.code in ("http_401", "http_403"):
            raise OutsideUnavailable(SERVICE, "denied") from None
        raise
    if found.get("success") is True:
        return found
    told = found.get("data")
    code = str(told.get("errorCode") or "") if isinstance(told, dict) else ""
    if code == NOT_KNOWN:
        raise OutsideUnavailable(SERVICE, "denied")
    raise OutsideRefused(SERVICE, f"axis_{code}" if code.isalnum() and len(code) <= 10 else "axis_error")


def send(document: bytes, *, name: str) -> str:
    """Hand a document in; the axis' number for it. ``OutsideUnavailable`` (try again), ``OutsideRefused`` (``axis_<code>``)."""
    found = _ask("POST", "sendEdoc", files={"edocFile": (name, document, edxml.TYPE)}, form={"messageType": "edoc"})
    told = found.get("data")
    number = found.get("docId") or (told.get("docId") if isinstance(told, dict) else None)
    if not isinstance(number, str) or not 0 < len(number) <= 100:
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return number


def waiting(*, first: date, last: date) -> list[Waiting]:
    """Documents for us of these days that we have not answered for, as the axis lists them."""
    days = {"messageType": "edoc", "fromDate": f"{first:%Y/%m/%d}", "toDate": f"{last:%Y/%m/%d}"}
    rows = _ask("GET", f"syncReceivedEdocList?{urlencode(days)}").get("data")
    if not isinstance(rows, list):
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    found = []
    for row in rows:
        number = row.get("docId") if isinstance(row, dict) else None
        if isinstance(number, str) and 0 < len(number) <= 100 and row.get("status") not in ENDED:
            found.append(Waiting(number, str(row.get("from") or "")[:100]))
    return found[:MOST_WAITING]


def get(number: str) -> bytes:
    """The edXML of a document. Errors as :func:`send`."""
    found = _ask("GET", f"getEdoc?{urlencode({'docId': number})}").get("data")
    text = found.get("edxml") if isinstance(found, dict) else None
    if not isinstance(text, str):
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return text.encode()


def answer(number: str, *, done: bool) -> None:
    """Tell the axis that a document has been taken (``done``) or cannot be (``fail``). Errors as :func:`send`."""
    _ask("POST", "updateStatus", body={"docId": number, "status": DONE if done else FAIL})
