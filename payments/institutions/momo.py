"""MoMo AIO v2: create gives the address of MoMo's page, the result comes by POST, query and refund by JSON.

What is signed (HMAC-SHA256 in hex) is ``name=value`` of fixed names in alphabetical order between ``&``, not encoded. MoMo signs its
notification and the return, not its answers to our questions: those are believed because of the TLS they came through, and only when
merchant, reference, request and amount are the ones that were asked about.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from payments.institutions import wire
from payments.institutions.base import (
    Ask,
    BadMessage,
    BadSignature,
    Connection,
    Incoming,
    Outcome,
    RefundAsk,
    RefundOutcome,
    RefundReport,
    Reply,
    Report,
    Start,
    Verdict,
)
from portal.exchange import http
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

CREATE_FIELDS = (
    "accessKey", "amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode", "redirectUrl", "requestId", "requestType",
)  # fmt: skip
RESULT_FIELDS = (
    "accessKey", "amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType", "requestId",
    "responseTime", "resultCode", "transId",
)  # fmt: skip
QUERY_FIELDS = ("accessKey", "orderId", "partnerCode", "requestId")
REFUND_FIELDS = ("accessKey", "amount", "description", "orderId", "partnerCode", "requestId", "transId")
PAID = 0
PENDING = {1000, 7000, 7002, 8000, 9000}
"""Begun, being processed, to be confirmed again, authorised (9000: captured by itself, then 0): none of them is final."""
UNKNOWN_ORDER = 42
KNOWN_REQUEST = {40, 41}
"""This request, or this order, was sent before."""
AGAIN_LATER = {10, 43, 99}
OUR_MISTAKES = {11, 12, 13, 20, 21, 22, 40, 41, 45, 47}
"""Codes that speak of the question, not of the payment."""
ANSWERS = frozenset({200, 201, 400, 401, 403, 404, 409, 422})
"""MoMo says no with a 4xx and says why in the body."""
STATUSES = {
    Verdict.CONFIRMED: 204,
    Verdict.ALREADY: 204,
    Verdict.NOT_FOUND: 404,
    Verdict.WRONG_AMOUNT: 409,
    Verdict.BAD_SIGNATURE: 400,
    Verdict.BAD_MESSAGE: 400,
    Verdict.ERROR: 500,
}


def signature(connection: Connection, names: Iterable[str], fields: Mapping[str, Any]) -> str:
    """Over these fields; the access key is ours, whatever the message says. Raises ``BadMessage`` for values that are no text or number."""
    known = {**fields, "accessKey": connection.access}
    signed = "&".join(f"{name}={_plain_value(known.get(name, ''))}" for name in names)
    return hmac.new(connection.secret.encode(), signed.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _plain_value(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadMessage("bad_field")
    return str(value)


class MoMo:
    """The adapter ``momo``."""

    name = "momo"
    label = "MoMo (chuyển tới trang thanh toán)"
    is_transfer = False
    statement_format = "csv"
    can_refund = True
    smallest = 1_000
    largest = 50_000_000

    def begin(self, connection: Connection, ask: Ask) -> Start:
        """create: MoMo keeps the order and says where its page is."""
        wire.check_range(connection.code, ask, self.smallest, self.largest)
        fields = {
            "partnerCode": connection.merchant,
            # The same for every repetition: MoMo then answers as before instead of making a second order.
            "requestId": ask.reference,
            "amount": ask.amount,
            "orderId": ask.reference,
            "orderInfo": wire.plain(ask.words, 200) or ask.reference,
            "redirectUrl": ask.return_url,
            "ipnUrl": ask.notify_url,
            "requestType": "captureWallet",
            "extraData": "",
        }
        more = {"lang": _language(ask.language), "autoCapture": True, "orderExpireTime": _minutes(ask.expires_at - ask.created_at)}
        answer = self._ask(connection, "create", fields, CREATE_FIELDS, more)
        code = answer["resultCode"]
        if code in AGAIN_LATER:
            raise OutsideUnavailable(connection.code, "busy")
        if code != PAID:
            raise OutsideRefused(connection.code, f"momo_{code}")
        if answer.get("amount") != ask.amount:
            raise _wrong(connection)
        return Start(url=wire.page(connection.code, answer.get("payUrl")))

    def _ask(
        self, connection: Connection, path: str, fields: dict[str, Any], signed: Iterable[str], more: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Sign, send, and see that the answer is to this question. ``resultCode`` is a number in it."""
        if not (connection.endpoint and connection.merchant and connection.access and connection.secret):
            raise OutsideUnavailable(connection.code, "not_configured")
        body = {**fields, **more, "signature": signature(connection, signed, fields)}
        answer = http.ask(connection.code, "POST", f"{connection.endpoint}/{path}", body=body, answers=ANSWERS) or {}
        code = answer.get("resultCode")
        if isinstance(code, bool) or not isinstance(code, int):
            raise _wrong(connection)
        if code in OUR_MISTAKES and code not in KNOWN_REQUEST:
            raise OutsideRefused(connection.code, f"momo_{code}")
        if any(answer.get(name) != fields[name] for name in ("partnerCode", "orderId", "requestId")):
            raise _wrong(connection)
        return answer

    def read_callback(self, connection: Connection, incoming: Incoming) -> Report:
        """The signed JSON of MoMo's notification."""
        fields = wire.json_object(incoming.body)
        self._check(connection, fields)
        return self._report(connection, fields)

    def _check(self, connection: Connection, fields: Mapping[str, Any]) -> None:
        sent = fields.get("signature")
        if not connection.secret or not isinstance(sent, str) or not wire.same(signature(connection, RESULT_FIELDS, fields), sent):
            raise BadSignature

    def _report(self, connection: Connection, fields: Mapping[str, Any]) -> Report:
        if fields.get("partnerCode") != connection.merchant:
            raise BadMessage("other_merchant")
        code, number, at = fields.get("resultCode"), fields.get("transId", 0), fields.get("responseTime")
        if any(isinstance(value, bool) or not isinstance(value, int) for value in (code, number, at)):
            raise BadMessage("bad_field")
        assert isinstance(code, int) and isinstance(number, int) and isinstance(at, int)
        outcome = Outcome.PAID if code == PAID else Outcome.PENDING if code in PENDING else Outcome.FAILED
        if outcome is Outcome.PAID and not 0 < number < 10**18:
            raise BadMessage("no_transaction")
        if not 10**12 <= at < 10**13:
            raise BadMessage("bad_time")
        return Report(
            reference=wire.reference(fields.get("orderId")),
            outcome=outcome,
            amount=wire.amount(fields.get("amount")),
            institution_ref=str(number) if number > 0 else "",
            paid_at=datetime.fromtimestamp(at / 1000, UTC) if outcome is Outcome.PAID else None,
            code=str(code)[:8],
        )

    def answer(self, connection: Connection, verdict: Verdict, report: Report | None) -> Reply:
        """204 and nothing more for what was understood."""
        status = STATUSES[verdict]
        return Reply(status, b"" if status == 204 else json.dumps({"message": verdict.value}).encode())

    def read_return(self, connection: Connection, query: Mapping[str, str]) -> str:
        """orderId, when the signature is MoMo's."""
        try:
            self._check(connection, query)
            return wire.reference(query.get("orderId"))
        except BadMessage:
            return ""

    def query(self, connection: Connection, ask: Ask, *, now: datetime) -> Report:
        """query."""
        fields = {"partnerCode": connection.merchant, "requestId": uuid4().hex, "orderId": ask.reference}
        answer = self._ask(connection, "query", fields, QUERY_FIELDS, {"lang": _language(ask.language)})
        code = answer["resultCode"]
        if code == UNKNOWN_ORDER:
            return Report(ask.reference, Outcome.ABSENT, code=str(code))
        if code in AGAIN_LATER | KNOWN_REQUEST:
            raise OutsideUnavailable(connection.code, "busy")
        try:
            return self._report(connection, answer)
        except BadMessage:
            raise _wrong(connection) from None

    def refund(self, connection: Connection, ask: RefundAsk) -> RefundReport:
        """refund. The refund's key is its orderId and its requestId, by which MoMo knows a repetition."""
        if not ask.institution_ref.isascii() or not ask.institution_ref.isdigit():
            raise OutsideRefused(connection.code, "no_transaction")
        fields = {
            "partnerCode": connection.merchant,
            "orderId": ask.key,
            "requestId": ask.key,
            "amount": ask.amount,
            "transId": int(ask.institution_ref),
            "description": wire.plain(ask.words, 200),
        }
        answer = self._ask(connection, "refund", fields, REFUND_FIELDS, {"lang": "vi"})
        code = answer["resultCode"]
        if code in AGAIN_LATER:
            raise OutsideUnavailable(connection.code, "busy")
        if code in PENDING | KNOWN_REQUEST:
            return RefundReport(RefundOutcome.UNDER_WAY, code=str(code))
        if code != PAID:
            return RefundReport(RefundOutcome.REFUSED, code=str(code))
        if answer.get("amount") != ask.amount:
            raise _wrong(connection)
        return RefundReport(RefundOutcome.DONE, self._number(connection, answer), str(code))

    def query_refund(self, connection: Connection, ask: RefundAsk) -> RefundReport:
        """refund/query by the refund's own orderId."""
        fields = {"partnerCode": connection.merchant, "requestId": uuid4().hex, "orderId": ask.key}
        answer = self._ask(connection, "refund/query", fields, QUERY_FIELDS, {"lang": "vi"})
        code = answer["resultCode"]
        if code == UNKNOWN_ORDER:
            return RefundReport(RefundOutcome.ABSENT, code=str(code))
        if code in AGAIN_LATER | KNOWN_REQUEST:
            raise OutsideUnavailable(connection.code, "busy")
        listed = answer.get("refundTrans")
        if code == PAID and isinstance(listed, list):
            ours = [one for one in listed if isinstance(one, dict) and one.get("orderId") == ask.key]
            if listed and not ours:
                return RefundReport(RefundOutcome.ABSENT, code=str(code))
            if ours:
                answer, code = ours[0], ours[0].get("resultCode")
        if isinstance(code, bool) or not isinstance(code, int):
            raise _wrong(connection)
        if code in PENDING:
            return RefundReport(RefundOutcome.UNDER_WAY, code=str(code))
        if code != PAID:
            return RefundReport(RefundOutcome.REFUSED, code=str(code))
        if answer.get("amount") != ask.amount:
            raise _wrong(connection)
        return RefundReport(RefundOutcome.DONE, self._number(connection, answer), str(code))

    def _number(self, connection: Connection, answer: Mapping[str, Any]) -> str:
        number = answer.get("transId")
        if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 10**18:
            raise _wrong(connection)
        return str(number)

    def fetch_statement(self, connection: Connection, day: date, to: Path) -> bool:
        """CSV of the day."""
        return wire.fetch_statement(connection, day, to, "csv")

    def fetch_voucher(self, connection: Connection, reference: str) -> tuple[bytes, bytes] | None:
        """PDF and XML."""
        return wire.fetch_voucher(connection, reference)


def _language(language: str) -> str:
    return "en" if language == "en" else "vi"


def _minutes(length: Any) -> int:
    return max(1, int(length.total_seconds() // 60))


def _wrong(connection: Connection) -> OutsideUnavailable:
    return OutsideUnavailable(connection.code, "wrong_answer")


MOMO = MoMo()
