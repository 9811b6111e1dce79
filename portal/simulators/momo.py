"""MoMo v2: create, query, refund and refund/query, the payer's page, the notification (IPN).

Signatures are HMAC-SHA256 in hexadecimal over ``name=value`` joined by ``&`` in alphabetical order, with the accessKey, which itself is
never sent. Answers carry no signature; what the portal must believe comes over TLS, or signed in the IPN and the return address.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import urllib.request
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, jsonify, request

from portal.simulators.config import MOMO, Config
from portal.simulators.faults import Faults
from portal.simulators.payer_pages import serve_payer
from portal.simulators.paying import Movement, Payments, Refund, Unable
from portal.simulators.store import now

SERVICE = "momo"
CREATE_FIELDS = (*("amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode", "redirectUrl", "requestId", "requestType"),)
RESULT_FIELDS = (
    *("amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType", "requestId", "responseTime"),
    *("resultCode", "transId"),
)
QUERY_FIELDS = ("orderId", "partnerCode", "requestId")
REFUND_FIELDS = ("amount", "description", "orderId", "partnerCode", "requestId", "transId")
REQUEST_TYPES = ("captureWallet", "payWithMethod", "payWithATM")
LEAST, MOST = 1_000, 50_000_000
PAYABLE_MINUTES = 100
"""How long a payment may be paid where ``orderExpireTime`` does not say."""
CODES = {"cancelled": 1006, "poor": 1001, "expired": 1005}
WAITING, PROCESSING = 1000, 7002
MESSAGES = {
    0: "Thành công.",
    11: "Truy cập bị từ chối.",
    13: "Xác thực doanh nghiệp thất bại.",
    20: "Yêu cầu sai định dạng.",
    22: "Số tiền giao dịch không hợp lệ.",
    40: "RequestId bị trùng.",
    41: "OrderId bị trùng.",
    42: "OrderId không hợp lệ hoặc không được tìm thấy.",
    1000: "Giao dịch đã được khởi tạo, chờ người dùng xác nhận thanh toán.",
    1001: "Giao dịch thanh toán thất bại do tài khoản người dùng không đủ tiền.",
    1005: "Giao dịch thất bại do url hoặc QR code đã hết hạn.",
    1006: "Giao dịch thất bại do người dùng đã từ chối xác nhận thanh toán.",
    1080: "Giao dịch hoàn tiền bị từ chối. Giao dịch thanh toán ban đầu không được tìm thấy.",
    1081: "Giao dịch hoàn tiền bị từ chối. Giao dịch thanh toán ban đầu có thể đã được hoàn.",
    7002: "Giao dịch đang được xử lý bởi nhà cung cấp loại hình thanh toán.",
    99: "Lỗi không xác định.",
}
ORDER_ID = re.compile(r"[0-9A-Za-z]+([-_.:]*[0-9A-Za-z]+)*")


def milliseconds() -> int:
    return int(now() * 1000)


class Momo:
    """Its signatures, callbacks and the values of its messages."""

    def __init__(self, config: Config, payments: Payments) -> None:
        self.us = config.institutions[MOMO]
        self.access = config.payment_access(MOMO)
        self.payments = payments

    def signature(self, values: dict[str, Any], names: tuple[str, ...], secret: str = "") -> str:
        text = "&".join([f"accessKey={self.access}", *(f"{name}={values.get(name, '')}" for name in names)])
        return hmac.new((secret or self.us.secret).encode(), text.encode(), hashlib.sha256).hexdigest()

    def code(self, movement: Movement) -> int:
        if movement.state == "open":
            return WAITING
        return 0 if movement.state == "paid" else CODES.get(movement.code, 99)

    def result(self, movement: Movement, *, failed: bool = False) -> dict[str, Any]:
        """What the return address and the IPN carry, without the signature."""
        code = self.code(movement)
        if failed and code == 0:
            code = CODES["cancelled"]
        return {
            "partnerCode": movement.merchant,
            "orderId": movement.reference,
            "requestId": movement.asked["requestId"],
            "amount": movement.amount,
            "orderInfo": movement.words,
            "orderType": "momo_wallet",
            "transId": int(movement.institution_ref or 0),
            "resultCode": code,
            "message": MESSAGES[code],
            "payType": "webApp" if code == 0 else "",
            "responseTime": int(movement.paid * 1000) if movement.paid is not None else milliseconds(),
            "extraData": movement.asked["extraData"],
        }

    def message(self, movement: Movement, *, failed: bool, distortion: str) -> urllib.request.Request:
        values = self.result(movement, failed=failed)
        if distortion == "wrong_amount":
            values["amount"] += 1_000
        elif distortion == "other_order":
            values["orderId"] = self.payments.other_reference(movement)
        values["signature"] = self.signature(values, RESULT_FIELDS, "another secret" if distortion == "wrong_signature" else "")
        body = json.dumps(values, ensure_ascii=False).encode()
        return urllib.request.Request(movement.notify_url, body, {"Content-Type": "application/json; charset=UTF-8"})

    def took(self, status: int, body: bytes) -> bool:
        return status in (200, 204)


def blueprint(config: Config, payments: Payments, faults: Faults) -> Blueprint:
    """Everything under /payments/momo/."""
    pages = Blueprint("momo", __name__, url_prefix="/payments/momo")
    speaker = Momo(config, payments)
    payments.speakers[MOMO] = speaker
    us = speaker.us

    @pages.before_request
    def broken() -> Response | None:
        return faults.before(SERVICE)

    def reply(asked: dict[str, Any], code: int, **values: Any) -> Response:
        """An answer. The fault ``wrong`` answers about somebody else's order."""
        order = "KHAC" if faults.wrong(SERVICE) else asked.get("orderId", "")
        told = {
            "partnerCode": asked.get("partnerCode", ""),
            "orderId": order,
            "requestId": asked.get("requestId", ""),
            "responseTime": milliseconds(),
            "message": MESSAGES[code],
            "resultCode": code,
        }
        return jsonify({**told, **values})

    def read(names: tuple[str, ...]) -> tuple[dict[str, Any], int]:
        """The question and what is wrong with it (0: nothing)."""
        asked = request.get_json(silent=True)
        if not isinstance(asked, dict):
            return {}, 20
        if asked.get("partnerCode") != us.merchant:
            return asked, 13
        given = asked.get("signature")
        if not isinstance(given, str) or not hmac.compare_digest(speaker.signature(asked, names).encode(), given.encode()):
            return asked, 11
        if not all(isinstance(asked.get(name), str) and asked[name] for name in ("orderId", "requestId")) or asked.get("lang") not in (
            "vi",
            "en",
        ):
            return asked, 20
        if not ORDER_ID.fullmatch(asked["orderId"]) or len(asked["requestId"]) > 50:
            return asked, 20
        return asked, 0

    def amount_of(asked: dict[str, Any]) -> int:
        value = asked.get("amount")
        if isinstance(value, str) and value.isdecimal():
            value = int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    @pages.post("/v2/gateway/api/create")
    def create() -> Any:
        asked, code = read(CREATE_FIELDS)
        if code:
            return reply(asked, code)
        amount = amount_of(asked)
        if not LEAST <= amount <= MOST:
            return reply(asked, 22)
        addresses = [asked.get("redirectUrl", ""), asked.get("ipnUrl", "")]
        texts = (asked.get("orderInfo"), asked.get("extraData"))
        if asked.get("requestType") not in REQUEST_TYPES or not all(isinstance(text, str) for text in texts) or not asked["orderInfo"]:
            return reply(asked, 20)
        if not all(isinstance(url, str) and urlsplit(url).scheme in ("http", "https") for url in addresses):
            return reply(asked, 20)
        minutes = asked.get("orderExpireTime", PAYABLE_MINUTES)
        if not isinstance(minutes, int) or isinstance(minutes, bool) or minutes < 1:
            return reply(asked, 20)
        try:
            movement = payments.begin(
                MOMO,
                merchant=us.merchant,
                reference=asked["orderId"],
                amount=amount,
                words=asked["orderInfo"],
                expires=now() + minutes * 60,
                notify_url=asked["ipnUrl"],
                return_url=asked["redirectUrl"],
                asked={"requestId": asked["requestId"], "extraData": asked["extraData"]},
            )
        except Unable:
            return reply(asked, 41)
        # The same request again is the same payment; another request for a known order is refused.
        if movement.asked["requestId"] != asked["requestId"]:
            return reply(asked, 41)
        url = f"{config.url}/payments/momo/v2/gateway/pay?t={movement.token}"
        return reply(asked, 0, amount=amount, payUrl=url, shortLink=url)

    def result(movement: Movement, failed: bool) -> str:
        values = speaker.result(movement, failed=failed)
        return urlencode({**values, "signature": speaker.signature(values, RESULT_FIELDS)})

    @pages.route("/v2/gateway/pay", methods=["GET", "POST"])
    def pay() -> Any:
        return serve_payer(payments, MOMO, request.args.get("t", ""), result)

    def told(refund: Refund) -> dict[str, Any]:
        code = {"done": 0, "under_way": PROCESSING, "refused": 1080}[refund.state]
        return {
            "orderId": refund.key,
            "amount": refund.amount,
            "resultCode": code,
            "transId": int(refund.institution_ref),
            "createdTime": int(refund.created * 1000),
        }

    @pages.post("/v2/gateway/api/query")
    def query() -> Any:
        asked, code = read(QUERY_FIELDS)
        if code:
            return reply(asked, code)
        trouble = payments.trouble(MOMO, asked["orderId"], "query")
        if (no := payments.broken(trouble)) is not None:
            return no
        movement = payments.by_reference(MOMO, asked["orderId"])
        if movement is None or (trouble is not None and trouble.mode == "absent"):
            return reply(asked, 42)
        code = WAITING if trouble is not None and trouble.mode == "pending" else speaker.code(movement)
        return reply(
            asked,
            code,
            amount=movement.amount,
            transId=int(movement.institution_ref or 0) if code not in (WAITING,) else 0,
            payType="webApp" if code == 0 else "",
            extraData=movement.asked.get("extraData", ""),
            refundTrans=[told(one) for one in payments.refunds_of(movement)],
            # MoMo says when it answered, not when it was paid: the time of the payment comes with the IPN and the files.
        )

    @pages.post("/v2/gateway/api/refund")
    def refund() -> Any:
        asked, code = read(REFUND_FIELDS)
        if code:
            return reply(asked, code)
        number, amount = str(asked.get("transId", "")), amount_of(asked)
        row = payments.store.row("SELECT id FROM movement WHERE institution = ? AND institution_ref = ? AND state = 'paid'", MOMO, number)
        movement = payments.by_id(row["id"]) if row is not None else None
        trouble = payments.trouble(MOMO, movement.reference if movement is not None else "", "refund")
        if trouble is not None and trouble.mode in ("hang", "error") and (no := payments.broken(trouble)) is not None:
            return no
        if movement is None:
            return reply(asked, 1080)
        if amount < LEAST:
            return reply(asked, 22)
        known = payments.refund_by_key(MOMO, asked["orderId"])
        if known is not None and known.request != asked["requestId"]:
            return reply(asked, 41)
        if payments.by_reference(MOMO, asked["orderId"]) is not None:
            return reply(asked, 41)  # a refund has an orderId of its own
        try:
            done = payments.refund(
                movement, key=asked["orderId"], request=asked["requestId"], amount=amount, trouble=trouble if known is None else None
            )
        except Unable as unable:
            return reply(asked, {"unpaid": 1080, "too_much": 1081, "other": 40}[unable.code])
        if trouble is not None and trouble.mode == "lost" and (no := payments.broken(trouble)) is not None:
            return no
        facts = told(done)
        return reply(asked, facts["resultCode"], amount=done.amount, transId=facts["transId"])

    @pages.post("/v2/gateway/api/refund/query")
    def query_refund() -> Any:
        """By the orderId of a refund, or of the payment: then all its refunds."""
        asked, code = read(QUERY_FIELDS)
        if code:
            return reply(asked, code)
        one = payments.refund_by_key(MOMO, asked["orderId"])
        movement = payments.by_id(one.movement) if one is not None else payments.by_reference(MOMO, asked["orderId"])
        trouble = payments.trouble(MOMO, movement.reference if movement is not None else "", "query")
        if (no := payments.broken(trouble)) is not None:
            return no
        if movement is None or (trouble is not None and trouble.mode == "absent"):
            return reply(asked, 42)
        found = [told(refund) for refund in ([one] if one is not None else payments.refunds_of(movement))]
        if one is None:
            return reply(asked, 0, refundTrans=found)
        return reply(asked, found[0]["resultCode"], amount=one.amount, transId=found[0]["transId"], refundTrans=found)

    return pages
