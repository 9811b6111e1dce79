"""VNPAY 2.1.0, of VNPAY itself and of the spare institution: the payer's page, the instant payment notification (IPN), querydr and refund.

Hashes are HMAC-SHA512 in lower-case hexadecimal: of a query string over its sorted and encoded parameters, of querydr and refund over
values joined by ``|`` in a fixed order, which is another one for each message. Amounts on the wire are đồng times one hundred.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import urllib.request
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from flask import Blueprint, Response, jsonify, redirect, request

from portal.simulators.config import SPARE, VNPAY, Config
from portal.simulators.faults import Faults
from portal.simulators.payer_pages import refusal_page, serve_payer
from portal.simulators.paying import HANOI, SERVICES, Movement, Payments, Refund, Unable, digits, local
from portal.simulators.store import now

PATHS = {VNPAY: "/payments/vnpay", SPARE: "/payments/vnpt-pay"}
"""Where each of those who speak this protocol is mounted."""
QUERY_FIELDS = ("RequestId", "Version", "Command", "TmnCode", "TxnRef", "TransactionDate", "CreateDate", "IpAddr", "OrderInfo")
QUERY_REPLY_FIELDS = (
    *("ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate", "TransactionNo"),
    *("TransactionType", "TransactionStatus", "OrderInfo", "PromotionCode", "PromotionAmount"),
)
REFUND_FIELDS = (
    *("RequestId", "Version", "Command", "TmnCode", "TransactionType", "TxnRef", "Amount", "TransactionNo", "TransactionDate"),
    *("CreateBy", "CreateDate", "IpAddr", "OrderInfo"),
)
REFUND_REPLY_FIELDS = (
    *("ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate", "TransactionNo"),
    *("TransactionType", "TransactionStatus", "OrderInfo"),
)
CODES = {"cancelled": "24", "poor": "51", "expired": "11"}
"""vnp_ResponseCode of a payment that failed."""
FULL, PARTIAL = "02", "03"
STATUS = {"done": "00", "under_way": "05", "refused": "09"}
"""vnp_TransactionStatus of a refund."""
MESSAGES = {
    "00": "Success",
    "02": "Invalid TmnCode",
    "03": "Invalid data format",
    "04": "Full refund not allowed after a partial one",
    "91": "Transaction not found",
    "93": "Invalid amount",
    "94": "Duplicate request",
    "95": "Transaction refused",
    "97": "Invalid checksum",
    "99": "Unknown error",
}
STAMP = re.compile(r"[0-9]{14}")
REFERENCE = re.compile(r"[0-9A-Za-z]{1,100}")
BANK_CODE = "NCB"


def hashed(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def hash_of_query(secret: str, values: dict[str, str]) -> str:
    """Over every vnp_ parameter with a value, sorted by name, name and value encoded (a space as +)."""
    wanted = sorted((name, value) for name, value in values.items() if name.startswith("vnp_") and value)
    text = "&".join(
        f"{quote_plus(name)}={quote_plus(value)}" for name, value in wanted if name not in ("vnp_SecureHash", "vnp_SecureHashType")
    )
    return hashed(secret, text)


def hash_of_fields(secret: str, values: dict[str, Any], names: tuple[str, ...]) -> str:
    return hashed(secret, "|".join(str(values.get(f"vnp_{name}", "")) for name in names))


def stamp(moment: float) -> str:
    return f"{local(moment):%Y%m%d%H%M%S}"


def moment_of(text: str) -> float:
    """Seconds since 1970 of yyyyMMddHHmmss in GMT+7. ValueError for others."""
    if not STAMP.fullmatch(text):
        raise ValueError("yyyyMMddHHmmss")
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=HANOI).timestamp()


class Vnpay:
    """Its callbacks and the values of its messages."""

    def __init__(self, config: Config, payments: Payments, code: str) -> None:
        self.us = config.institutions[code]
        self.payments = payments

    def result(self, movement: Movement, *, failed: bool = False) -> dict[str, str]:
        """What the return address and the IPN carry. ``failed``: as if the payment had not succeeded."""
        good = movement.state == "paid" and not failed
        values = {
            "vnp_Amount": str(movement.amount * 100),
            "vnp_BankCode": BANK_CODE,
            "vnp_BankTranNo": f"VNP{movement.institution_ref}" if good else "",
            "vnp_CardType": "ATM",
            "vnp_OrderInfo": movement.words,
            "vnp_PayDate": stamp(movement.paid or now()),
            "vnp_ResponseCode": "00" if good else CODES.get(movement.code, "24" if failed else "99"),
            "vnp_TmnCode": movement.merchant,
            "vnp_TransactionNo": movement.institution_ref if movement.state == "paid" and good else "0",
            "vnp_TransactionStatus": "00" if good else "02",
            "vnp_TxnRef": movement.reference,
        }
        return {name: value for name, value in values.items() if value}

    def signed(self, values: dict[str, str]) -> str:
        """The query string with its hash."""
        return urlencode([*sorted(values.items()), ("vnp_SecureHash", hash_of_query(self.us.secret, values))])

    def message(self, movement: Movement, *, failed: bool, distortion: str) -> urllib.request.Request:
        values = self.result(movement, failed=failed)
        if distortion == "wrong_amount":
            values["vnp_Amount"] = str((movement.amount + 1_000) * 100)
        elif distortion == "other_order":
            values["vnp_TxnRef"] = self.payments.other_reference(movement)
        query = self.signed(values)
        if distortion == "wrong_signature":
            query = urlencode({**values, "vnp_SecureHash": hash_of_query("another secret", values)})
        return urllib.request.Request(f"{movement.notify_url}?{query}", method="GET")

    def took(self, status: int, body: bytes) -> bool:
        """00 and 02 end it; whatever else comes back, VNPAY calls again."""
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        return status == 200 and isinstance(answer, dict) and answer.get("RspCode") in ("00", "02")


def blueprint(config: Config, payments: Payments, faults: Faults, code: str = VNPAY) -> Blueprint:
    """Everything under the path of one institution that speaks this protocol."""
    service = SERVICES[code]
    pages = Blueprint(service, __name__, url_prefix=PATHS[code])
    speaker = Vnpay(config, payments, code)
    payments.speakers[code] = speaker
    us = speaker.us
    notify_url = f"{config.site_url}/vao/thanh-toan/{code}/"  # registered with it beforehand, never sent with a payment

    @pages.before_request
    def broken() -> Response | None:
        return faults.before(service)

    # --- the payer ------------------------------------------------------------------------------------------------------

    @pages.get("/paymentv2/vpcpay.html")
    def begin() -> Any:
        asked = {name: value for name, value in request.args.items() if name.startswith("vnp_")}
        given = asked.get("vnp_SecureHash", "").lower()
        if asked.get("vnp_TmnCode") != us.merchant:
            return refusal_page("Đơn vị chấp nhận thanh toán không có trong hệ thống (mã lỗi 02).")
        if not hmac.compare_digest(hash_of_query(us.secret, asked).encode(), given.encode()):
            return refusal_page("Chữ ký của yêu cầu thanh toán không đúng (mã lỗi 70).")
        try:
            if asked.get("vnp_Version") != "2.1.0" or asked.get("vnp_Command") != "pay" or asked.get("vnp_CurrCode") != "VND":
                raise ValueError("version")
            if not REFERENCE.fullmatch(asked.get("vnp_TxnRef", "")) or asked.get("vnp_Locale") not in ("vn", "en"):
                raise ValueError("reference")
            words = asked.get("vnp_OrderInfo", "")
            if not words or not words.isascii() or len(words) > 255 or not asked.get("vnp_OrderType") or not asked.get("vnp_IpAddr"):
                raise ValueError("words")
            if urlsplit(asked.get("vnp_ReturnUrl", "")).scheme not in ("http", "https"):
                raise ValueError("return")
            hundredths = int(asked.get("vnp_Amount", ""))
            if hundredths <= 0 or hundredths % 100:
                raise ValueError("amount")
            moment_of(asked.get("vnp_CreateDate", ""))
            expires = moment_of(asked.get("vnp_ExpireDate", ""))
        except ValueError:
            return refusal_page("Dữ liệu của yêu cầu thanh toán không đúng định dạng (mã lỗi 03).")
        try:
            movement = payments.begin(
                us.code,
                merchant=us.merchant,
                reference=asked["vnp_TxnRef"],
                amount=hundredths // 100,
                words=words,
                expires=expires,
                notify_url=notify_url,
                return_url=asked["vnp_ReturnUrl"],
                asked={"created": asked["vnp_CreateDate"]},
            )
        except Unable:
            return refusal_page("Mã giao dịch đã được dùng với số tiền khác (mã lỗi 01).")
        return redirect(f"{PATHS[us.code]}/paymentv2/Transaction/{movement.token}", 303)

    @pages.route("/paymentv2/Transaction/<token>", methods=["GET", "POST"])
    def pay(token: str) -> Any:
        return serve_payer(payments, us.code, token, lambda movement, failed: speaker.signed(speaker.result(movement, failed=failed)))

    # --- the merchant's server --------------------------------------------------------------------------------------------

    def reply(asked: dict[str, Any], code: str, names: tuple[str, ...], **values: str) -> Response:
        """An answer with its hash; the fault ``wrong`` signs it with another key."""
        told = {
            "vnp_ResponseId": digits(16),
            "vnp_Command": str(asked.get("vnp_Command", "")),
            "vnp_ResponseCode": code,
            "vnp_Message": MESSAGES[code],
            "vnp_TmnCode": str(asked.get("vnp_TmnCode", "")),
            "vnp_TxnRef": str(asked.get("vnp_TxnRef", "")),
            **{f"vnp_{name}": value for name, value in values.items() if value},
        }
        secret = "another secret" if faults.wrong(service) else us.secret
        return jsonify({**told, "vnp_SecureHash": hash_of_fields(secret, told, names)})

    @pages.post("/merchant_webapi/api/transaction")
    def transaction() -> Any:
        asked = request.get_json(silent=True)
        if not isinstance(asked, dict):
            return jsonify({"vnp_ResponseCode": "03", "vnp_Message": MESSAGES["03"]})
        if asked.get("vnp_Command") == "refund":
            return refund(asked)
        return query(asked)

    def refusal(asked: dict[str, Any], names: tuple[str, ...]) -> str:
        """What is wrong with a question, as a code; empty: nothing."""
        if any(not isinstance(asked.get(f"vnp_{name}", ""), str | int) for name in names):
            return "03"
        if asked.get("vnp_TmnCode") != us.merchant:
            return "02"
        given = str(asked.get("vnp_SecureHash", "")).lower()
        if not hmac.compare_digest(hash_of_fields(us.secret, asked, names).encode(), given.encode()):
            return "97"
        wanted = [name for name in names if name not in ("TransactionNo",)]
        if asked.get("vnp_Version") != "2.1.0" or any(not asked.get(f"vnp_{name}") for name in wanted) or len(asked["vnp_RequestId"]) > 32:
            return "03"
        return ""

    def sought(asked: dict[str, Any]) -> Movement | None:
        """The payment of a reference that was begun at the time that the question names."""
        found = payments.by_reference(us.code, str(asked.get("vnp_TxnRef", "")))
        if found is None or str(asked.get("vnp_TransactionDate")) != found.asked.get("created", stamp(found.created)):
            return None
        return found

    def query(asked: dict[str, Any]) -> Any:
        if (code := refusal(asked, QUERY_FIELDS)) or asked.get("vnp_Command") != "querydr":
            return reply(asked, code or "03", QUERY_REPLY_FIELDS)
        reference = str(asked["vnp_TxnRef"])
        trouble = payments.trouble(us.code, reference, "query")
        if (no := payments.broken(trouble)) is not None:
            return no
        if not payments.first_use(us.code, f"querydr {asked['vnp_RequestId']}"):
            return reply(asked, "94", QUERY_REPLY_FIELDS)
        movement = sought(asked)
        if movement is None or (trouble is not None and trouble.mode == "absent"):
            return reply(asked, "91", QUERY_REPLY_FIELDS)
        told = {"Amount": str(movement.amount * 100), "TransactionType": "01", "OrderInfo": movement.words, "BankCode": BANK_CODE}
        if movement.state == "open" or (trouble is not None and trouble.mode == "pending"):
            return reply(asked, "00", QUERY_REPLY_FIELDS, **told, TransactionStatus="01")
        told |= {"TransactionNo": movement.institution_ref or "0", "PayDate": stamp(movement.paid or movement.created)}
        if movement.state == "failed":
            return reply(asked, "00", QUERY_REPLY_FIELDS, **told, TransactionStatus="02")
        given = payments.refunds_of(movement)
        wanted = str(asked.get("vnp_TransactionNo") or "")
        named = next((one for one in given if one.institution_ref == wanted), None)
        if named is not None or (given and wanted != movement.institution_ref):
            told |= as_refund(movement, named or given[-1])
            return reply(asked, "00", QUERY_REPLY_FIELDS, **told)
        return reply(asked, "00", QUERY_REPLY_FIELDS, **told, TransactionStatus="00")

    def as_refund(movement: Movement, one: Refund) -> dict[str, str]:
        return {
            "Amount": str(one.amount * 100),
            "TransactionType": FULL if one.amount == movement.amount else PARTIAL,
            "TransactionNo": one.institution_ref,
            "TransactionStatus": STATUS[one.state],
            "PayDate": stamp(one.created),
        }

    def refund(asked: dict[str, Any]) -> Any:
        names = REFUND_REPLY_FIELDS
        if code := refusal(asked, REFUND_FIELDS):
            return reply(asked, code, names)
        trouble = payments.trouble(us.code, str(asked["vnp_TxnRef"]), "refund")
        if trouble is not None and trouble.mode in ("hang", "error") and (no := payments.broken(trouble)) is not None:
            return no
        movement = sought(asked)
        if movement is None:
            return reply(asked, "91", names)
        number = str(asked["vnp_TransactionNo"]) if asked.get("vnp_TransactionNo") not in (None, "", "0") else ""
        if number and number != movement.institution_ref:
            return reply(asked, "91", names)
        amount = str(asked["vnp_Amount"])
        kind = str(asked["vnp_TransactionType"])
        if not amount.isdecimal() or int(amount) <= 0 or int(amount) % 100 or kind not in (FULL, PARTIAL):
            return reply(asked, "03", names)
        wanted = int(amount) // 100
        known = payments.refund_by_key(us.code, asked["vnp_RequestId"])
        if known is None and kind == FULL and any(one.state != "refused" for one in payments.refunds_of(movement)):
            return reply(asked, "04", names)
        if (kind == FULL) != (wanted == movement.amount):
            return reply(asked, "93", names)
        try:
            done = payments.refund(
                movement,
                key=asked["vnp_RequestId"],
                request=asked["vnp_RequestId"],
                amount=wanted,
                trouble=trouble if known is None else None,
            )
        except Unable as unable:
            return reply(asked, {"unpaid": "95", "too_much": "93", "other": "94"}[unable.code], names)
        if trouble is not None and trouble.mode == "lost" and (no := payments.broken(trouble)) is not None:
            return no
        told = {**as_refund(movement, done), "BankCode": BANK_CODE, "OrderInfo": str(asked["vnp_OrderInfo"])}
        if known is not None:
            # VNPAY gives nothing back twice: the number was used, and it says what became of it.
            return reply(asked, "94", names, **told)
        return reply(asked, "95" if done.state == "refused" else "00", names, **told)

    return pages
