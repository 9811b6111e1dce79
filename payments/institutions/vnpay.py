"""VNPay 2.1.0: a page of VNPay's, a signed GET to us, querydr and refund by JSON.

Amounts on the wire are đồng times 100, times are GMT+7. Two kinds of signature, both HMAC-SHA512 in hex: the page and what comes back
sign their sorted, url-encoded fields; querydr and refund sign fields in a fixed order between ``|``, in both directions.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode
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

VERSION = "2.1.0"
HASH = "vnp_SecureHash"
UNSIGNED = (HASH, "vnp_SecureHashType")
FULL, PARTIAL = "02", "03"
QUERY_FIELDS = ("RequestId", "Version", "Command", "TmnCode", "TxnRef", "TransactionDate", "CreateDate", "IpAddr", "OrderInfo")
REFUND_FIELDS = (
    "RequestId", "Version", "Command", "TmnCode", "TransactionType", "TxnRef", "Amount", "TransactionNo", "TransactionDate",
    "CreateBy", "CreateDate", "IpAddr", "OrderInfo",
)  # fmt: skip
REFUND_REPLY_FIELDS = (
    "ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate", "TransactionNo",
    "TransactionType", "TransactionStatus", "OrderInfo",
)  # fmt: skip
QUERY_REPLY_FIELDS = (*REFUND_REPLY_FIELDS, "PromotionCode", "PromotionAmount")
ANSWERS = {
    Verdict.CONFIRMED: ("00", "Confirm Success"),
    Verdict.ALREADY: ("02", "Order already confirmed"),
    Verdict.NOT_FOUND: ("01", "Order not found"),
    Verdict.WRONG_AMOUNT: ("04", "Invalid amount"),
    Verdict.BAD_SIGNATURE: ("97", "Invalid checksum"),
    Verdict.BAD_MESSAGE: ("99", "Unknown error"),
    Verdict.ERROR: ("99", "Unknown error"),
}
SUSPICIOUS = "07"
"""Taken, but VNPay suspects fraud: nobody is told "paid" until it says so."""
OUR_MISTAKES = {"02", "03", "97"}
"""Unknown merchant, bad format, bad signature: VNPay cannot or does not sign these answers."""
AGAIN_LATER = {"94", "99"}
_NAME = re.compile(r"^[0-9A-Za-z_]{1,64}$")


def signature(secret: str, fields: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    """Of a query: every ``vnp_`` field that has a value, sorted, url-encoded (a space is ``+``)."""
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    signed = sorted((name, value) for name, value in pairs if name.startswith("vnp_") and name not in UNSIGNED and value)
    return _hmac(secret, urlencode(signed, quote_via=quote_plus))


def pipe_signature(secret: str, names: Iterable[str], fields: Mapping[str, Any]) -> str:
    """Of querydr, refund and their replies: the values in this order between ``|``; one that is missing is empty."""
    return _hmac(secret, "|".join(_plain_value(fields.get(f"vnp_{name}")) for name in names))


def _hmac(secret: str, signed: str) -> str:
    return hmac.new(secret.encode(), signed.encode("utf-8", "surrogatepass"), hashlib.sha512).hexdigest()


def _plain_value(value: object) -> str:
    """As VNPay writes a value of its JSON into the text it signs."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadMessage("bad_field")
    return str(value)


class VnPay:
    """The adapter ``vnpay``."""

    name = "vnpay"
    label = "VNPay (chuyển tới trang thanh toán)"
    is_transfer = False
    statement_format = "csv"
    can_refund = True
    smallest = 1
    largest = 9_999_999_999
    """vnp_Amount has twelve digits."""

    def begin(self, connection: Connection, ask: Ask) -> Start:
        """The address of VNPay's page; nobody is asked."""
        wire.check_range(connection.code, ask, self.smallest, self.largest)
        if not connection.page or not connection.merchant or not connection.secret:
            raise OutsideUnavailable(connection.code, "not_configured")
        fields = {
            "vnp_Version": VERSION,
            "vnp_Command": "pay",
            "vnp_TmnCode": connection.merchant,
            "vnp_Amount": str(ask.amount * 100),
            "vnp_CurrCode": "VND",
            "vnp_TxnRef": ask.reference,
            "vnp_OrderInfo": wire.plain(ask.words, 255) or ask.reference,
            "vnp_OrderType": "other",
            "vnp_Locale": "en" if ask.language == "en" else "vn",
            "vnp_ReturnUrl": ask.return_url,
            "vnp_IpAddr": ask.payer_address,
            "vnp_CreateDate": wire.local(ask.created_at),
            "vnp_ExpireDate": wire.local(ask.expires_at),
        }
        signed = urlencode(sorted(fields.items()), quote_via=quote_plus)
        return Start(url=f"{connection.page}?{signed}&{HASH}={signature(connection.secret, fields)}")

    def read_callback(self, connection: Connection, incoming: Incoming) -> Report:
        """The signed query of VNPay's notification."""
        fields = self._signed_fields(connection, incoming.query)
        if fields.get("vnp_TmnCode") != connection.merchant:
            raise BadMessage("other_merchant")
        answered, status = fields.get("vnp_ResponseCode", ""), fields.get("vnp_TransactionStatus", "")
        code = wire.text(f"{answered}/{status}", "bad_code", longest=8)
        if answered == "00":
            outcome = _outcome(status)
        elif answered == SUSPICIOUS or status in ("00", SUSPICIOUS):
            # One field says yes and the other no: VNPay is asked.
            outcome = Outcome.PENDING
        else:
            outcome = _outcome(status)
        return _report(fields, outcome, code)

    def _signed_fields(self, connection: Connection, query: str) -> dict[str, str]:
        if len(query) > 8192:
            raise BadMessage("too_long")
        try:
            pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=100)
        except ValueError:
            raise BadMessage("bad_query") from None
        fields = dict(pairs)
        if len(fields) != len(pairs):
            raise BadMessage("field_twice")
        parts = query.split("&")
        if not all(_NAME.match(part.split("=")[0]) for part in parts):
            # A name that is written otherwise (%5F for _) would be read but not signed.
            raise BadMessage("bad_query")
        # As it came, for senders that encode a sign otherwise than we do; else encoded anew, for one that came through a proxy.
        raw = sorted(part for part in parts if part.startswith("vnp_") and part.split("=")[0] not in UNSIGNED and part[-1] != "=")
        sent = fields.get(HASH, "")
        fits = [wire.same(_hmac(connection.secret, "&".join(raw)), sent), wire.same(signature(connection.secret, fields), sent)]
        if not connection.secret or not any(fits):
            raise BadSignature
        return fields

    def answer(self, connection: Connection, verdict: Verdict, report: Report | None) -> Reply:
        """Always 200 with VNPay's own codes: 97 and 99 make it send again."""
        code, words = ANSWERS[verdict]
        return Reply(200, json.dumps({"RspCode": code, "Message": words}).encode())

    def read_return(self, connection: Connection, query: Mapping[str, str]) -> str:
        """vnp_TxnRef, when the signature is VNPay's."""
        if not connection.secret or not wire.same(signature(connection.secret, query), query.get(HASH, "")):
            return ""
        try:
            return wire.reference(query.get("vnp_TxnRef"))
        except BadMessage:
            return ""

    def query(self, connection: Connection, ask: Ask, *, now: datetime) -> Report:
        """querydr."""
        answer = self._querydr(connection, ask.reference, ask.created_at, now)
        if answer is None:
            return Report(ask.reference, Outcome.ABSENT, code="91")
        kind, status = str(answer.get("vnp_TransactionType", "")), str(answer.get("vnp_TransactionStatus", ""))
        code = f"00/{status}"[:8]
        if kind in (FULL, PARTIAL):
            # The last thing that VNPay did with this payment is a refund; the amount is the refund's.
            back = kind == FULL and status in ("00", "05", "06")
            return Report(ask.reference, Outcome.REVERSED if back else Outcome.PENDING, code=code)
        try:
            return _report(answer, _outcome(status), code)
        except BadMessage:
            raise _wrong(connection) from None

    def _querydr(self, connection: Connection, reference: str, begun_at: datetime, now: datetime) -> dict[str, Any] | None:
        fields = {
            "vnp_RequestId": uuid4().hex,
            "vnp_Version": VERSION,
            "vnp_Command": "querydr",
            "vnp_TmnCode": connection.merchant,
            "vnp_TxnRef": reference,
            "vnp_OrderInfo": f"Truy van {reference}",
            "vnp_TransactionDate": wire.local(begun_at),
            "vnp_CreateDate": wire.local(now),
            "vnp_IpAddr": "127.0.0.1",
        }
        answer = self._ask(connection, fields, QUERY_FIELDS, QUERY_REPLY_FIELDS)
        code = answer["vnp_ResponseCode"]
        if code == "91":
            return None
        if code != "00":
            raise OutsideRefused(connection.code, f"vnpay_{code}")
        if answer.get("vnp_TxnRef") != reference:
            raise _wrong(connection)
        return answer

    def _ask(self, connection: Connection, fields: dict[str, str], signed: Iterable[str], answered: Iterable[str]) -> dict[str, Any]:
        """Sign, send, check who answered. Raises for answers that say nothing of the payment."""
        if not connection.endpoint or not connection.merchant or not connection.secret:
            raise OutsideUnavailable(connection.code, "not_configured")
        body = {**fields, HASH: pipe_signature(connection.secret, signed, fields)}
        answer = http.ask(connection.code, "POST", connection.endpoint, body=body) or {}
        code, sent = answer.get("vnp_ResponseCode"), answer.get(HASH)
        if not isinstance(code, str) or not (len(code) == 2 and code.isascii() and code.isdigit()):
            raise _wrong(connection)
        if code in OUR_MISTAKES:
            raise OutsideRefused(connection.code, f"vnpay_{code}")
        try:
            fits = isinstance(sent, str) and wire.same(pipe_signature(connection.secret, answered, answer), sent)
        except BadMessage:
            fits = False
        if not fits or answer.get("vnp_TmnCode") != connection.merchant or answer.get("vnp_Command") != fields["vnp_Command"]:
            raise _wrong(connection)
        if code in AGAIN_LATER and fields["vnp_Command"] == "querydr":
            raise OutsideUnavailable(connection.code, "busy")
        return answer

    def refund(self, connection: Connection, ask: RefundAsk) -> RefundReport:
        """refund. VNPay knows a repetition by vnp_RequestId, which is the refund's key."""
        fields = {
            "vnp_RequestId": ask.key if len(ask.key) <= 32 else hashlib.sha256(ask.key.encode()).hexdigest()[:32],
            "vnp_Version": VERSION,
            "vnp_Command": "refund",
            "vnp_TmnCode": connection.merchant,
            "vnp_TransactionType": FULL if ask.amount == ask.paid_amount else PARTIAL,
            "vnp_TxnRef": ask.reference,
            "vnp_Amount": str(ask.amount * 100),
            "vnp_TransactionNo": ask.institution_ref,
            "vnp_TransactionDate": wire.local(ask.begun_at),
            "vnp_CreateBy": wire.plain(ask.by, 245) or "portal",
            "vnp_CreateDate": wire.local(ask.now),
            "vnp_IpAddr": "127.0.0.1",
            "vnp_OrderInfo": wire.plain(ask.words, 255) or ask.reference,
        }
        answer = self._ask(connection, fields, REFUND_FIELDS, REFUND_REPLY_FIELDS)
        code = answer["vnp_ResponseCode"]
        if code == "94":
            # The same request before: what became of it is asked.
            return RefundReport(RefundOutcome.UNDER_WAY, code=code)
        if code == "99":
            raise OutsideUnavailable(connection.code, "server_error")
        if code != "00":
            return RefundReport(RefundOutcome.REFUSED, code=code)
        if answer.get("vnp_TxnRef") != ask.reference or str(answer.get("vnp_Amount")) != str(ask.amount * 100):
            raise _wrong(connection)
        return self._refund_report(connection, answer)

    def query_refund(self, connection: Connection, ask: RefundAsk) -> RefundReport:
        """querydr of the payment: its kind and amount say whether the last thing done with it is this refund."""
        answer = self._querydr(connection, ask.reference, ask.begun_at, ask.now)
        kind = FULL if ask.amount == ask.paid_amount else PARTIAL
        if answer is None or answer.get("vnp_TransactionType") != kind or str(answer.get("vnp_Amount")) != str(ask.amount * 100):
            return RefundReport(RefundOutcome.ABSENT)
        return self._refund_report(connection, answer)

    def _refund_report(self, connection: Connection, answer: Mapping[str, Any]) -> RefundReport:
        status = str(answer.get("vnp_TransactionStatus") or "")
        outcome = {"00": RefundOutcome.DONE, "02": RefundOutcome.REFUSED, "09": RefundOutcome.REFUSED}.get(status, RefundOutcome.UNDER_WAY)
        number = str(answer.get("vnp_TransactionNo") or "")
        if not number.isascii() or not number.isalnum() or len(number) > 64:
            if outcome is RefundOutcome.DONE:
                raise _wrong(connection)
            number = ""
        return RefundReport(outcome, number, f"00/{status}"[:8])

    def fetch_statement(self, connection: Connection, day: date, to: Path) -> bool:
        """CSV of the day."""
        return wire.fetch_statement(connection, day, to, "csv")

    def fetch_voucher(self, connection: Connection, reference: str) -> tuple[bytes, bytes] | None:
        """PDF and XML."""
        return wire.fetch_voucher(connection, reference)


def _outcome(status: str) -> Outcome:
    """Of vnp_TransactionStatus, where vnp_ResponseCode does not contradict it."""
    return {"00": Outcome.PAID, "02": Outcome.FAILED, "04": Outcome.REVERSED}.get(status, Outcome.PENDING)


def _report(fields: Mapping[str, Any], outcome: Outcome, code: str) -> Report:
    """What signed fields of a payment say. Raises ``BadMessage`` for fields that no payment has."""
    hundredfold = fields.get("vnp_Amount")
    if isinstance(hundredfold, str) and hundredfold.isascii() and hundredfold.isdigit() and len(hundredfold) <= 15:
        hundredfold = int(hundredfold)
    if isinstance(hundredfold, bool) or not isinstance(hundredfold, int) or hundredfold % 100:
        raise BadMessage("bad_amount")
    number = str(fields.get("vnp_TransactionNo") or "")
    if number and not (number.isascii() and number.isalnum() and len(number) <= 64):
        raise BadMessage("bad_transaction")
    paid = outcome is Outcome.PAID
    if paid and not number.strip("0"):
        raise BadMessage("no_transaction")
    return Report(
        reference=wire.reference(fields.get("vnp_TxnRef")),
        outcome=outcome,
        amount=wire.amount(hundredfold // 100),
        institution_ref=number if number.strip("0") else "",
        bank_ref=wire.text(fields.get("vnp_BankTranNo") or "", "bad_bank_reference", empty=True),
        paid_at=wire.moment(fields.get("vnp_PayDate")) if paid else None,
        code=code,
    )


def _wrong(connection: Connection) -> OutsideUnavailable:
    return OutsideUnavailable(connection.code, "wrong_answer")


VNPAY = VnPay()
