"""What the adapters share: checks of values that come over the wire, and the files that every institution offers the same way."""

from __future__ import annotations

import hmac
import json
import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

from payments.institutions.base import Ask, BadMessage, Connection
from portal.exchange import http
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

GMT7 = timezone(timedelta(hours=7), "GMT+7")
"""The clock of VNPay's messages: always seven hours ahead, as Vietnam's law of time says."""
LARGEST = 10**12
"""đồng; no payment here is larger, so a larger number is a mistake."""
VOUCHER_BYTES = 8 * 1024 * 1024
_REFERENCE = re.compile(r"^[0-9A-Za-z]{1,34}$")
_NUMBER = re.compile(r"^[0-9]{1,15}$")
_PLAIN = re.compile(r"[^0-9A-Za-z .:-]+")


def same(one: str, other: str) -> bool:
    """Whether two signatures in hex are equal, in a time that tells nothing; upper and lower case are one."""
    return hmac.compare_digest(one.lower().encode("utf-8", "surrogatepass"), other.lower().encode("utf-8", "surrogatepass"))


def amount(value: object) -> int:
    """A whole number of đồng from 1 to 10^12, given as a number or as digits. Raises ``BadMessage`` (bad_amount)."""
    if isinstance(value, str) and _NUMBER.match(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST:
        raise BadMessage("bad_amount")
    return value


def reference(value: object) -> str:
    """A reference of ours: letters and digits, 34 at most. Raises ``BadMessage`` (bad_reference)."""
    if not isinstance(value, str) or not _REFERENCE.match(value):
        raise BadMessage("bad_reference")
    return value


def text(value: object, code: str, *, longest: int = 64, empty: bool = False) -> str:
    """A short printable text without line breaks. Raises ``BadMessage`` with this code."""
    if not isinstance(value, str) or len(value) > longest or not value.isprintable() or not (value or empty):
        raise BadMessage(code)
    return value


def json_object(data: bytes) -> dict[str, Any]:
    """The one JSON object in these bytes. Raises ``BadMessage`` (bad_json), also for a name that stands there twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name twice")
        return found

    def never(_: str) -> float:
        raise ValueError("no such number")

    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=once, parse_constant=never, parse_float=never)
    except (ValueError, RecursionError):
        raise BadMessage("bad_json") from None
    if not isinstance(found, dict):
        raise BadMessage("bad_json")
    return found


def plain(words: str, longest: int) -> str:
    """Words as old protocols carry them: ASCII letters, digits, spaces and ``. : -``, Vietnamese without its marks."""
    flat = unicodedata.normalize("NFKD", words.replace("đ", "d").replace("Đ", "D")).encode("ascii", "ignore").decode()
    return " ".join(_PLAIN.sub(" ", flat).split())[:longest].strip()


def local(moment: datetime) -> str:
    """``yyyyMMddHHmmss`` in GMT+7."""
    return moment.astimezone(GMT7).strftime("%Y%m%d%H%M%S")


def moment(value: object) -> datetime:
    """The moment that ``yyyyMMddHHmmss`` in GMT+7 names. Raises ``BadMessage`` (bad_time)."""
    if isinstance(value, str) and len(value) == 14 and _NUMBER.match(value):
        try:
            return datetime.strptime(value, "%Y%m%d%H%M%S").replace(tzinfo=GMT7).astimezone(UTC)
        except ValueError:
            pass
    raise BadMessage("bad_time")


def check_range(code: str, ask: Ask, smallest: int, largest: int) -> None:
    """Refuse an amount that the protocol does not carry."""
    if not smallest <= ask.amount <= largest:
        raise OutsideRefused(code, "amount_out_of_range")


def page(code: str, value: object) -> str:
    """The address of a page of the institution's; anything else is ``OutsideUnavailable`` (wrong_answer)."""
    if isinstance(value, str) and len(value) <= 2048 and value.isprintable() and value.startswith(("https://", "http://")):
        return value
    raise OutsideUnavailable(code, "wrong_answer")


def fetch_statement(connection: Connection, day: date, to: Path, ending: str) -> bool:
    """The file of a day, for every institution at the same kind of address."""
    url = _file(connection, "statements", f"{day.isoformat()}.{ending}")
    return http.download(connection.code, url, to, bearer=connection.secret, absent=404)


def fetch_voucher(connection: Connection, reference: str) -> tuple[bytes, bytes] | None:
    """PDF and XML of a voucher; None while one of them is missing. What their signatures are worth is decided elsewhere."""
    found: list[bytes] = []
    for ending, begins in (("pdf", b"%PDF-"), ("xml", b"<")):
        url = _file(connection, "vouchers", f"{reference}.{ending}")
        data = http.fetch(connection.code, url, bearer=connection.secret, absent=404, limit=VOUCHER_BYTES)
        if data is None:
            return None
        if not data.removeprefix(b"\xef\xbb\xbf").lstrip()[:16].startswith(begins):
            raise OutsideUnavailable(connection.code, "wrong_answer")
        found.append(data)
    return found[0], found[1]


def _file(connection: Connection, kind: str, name: str) -> str:
    if not connection.files or not connection.merchant:
        raise OutsideUnavailable(connection.code, "not_configured")
    return f"{connection.files.rstrip('/')}/{kind}/{quote(connection.merchant, safe='')}/{quote(name, safe='')}"
