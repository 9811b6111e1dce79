"""A banking app for the payer's own transfers: reads a VietQR text (EMVCo, Napas), transfers what and as often as the payer wants."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request

from portal.simulators.config import TRANSFER, Config
from portal.simulators.faults import Faults
from portal.simulators.paying import Payments, reference_in, shown_amount
from portal.simulators.store import now

SERVICE = "transfer"
NAPAS, TO_ACCOUNT = "A000000727", "QRIBFTTA"
MOST = 500_000_000
MOST_CONTENT = 140


class UnreadableCode(ValueError):
    """The text is no VietQR; the message is for the payer."""


@dataclass(frozen=True)
class Code:
    """What a VietQR says."""

    bank: str
    account: str
    amount: str
    content: str


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE, as ISO/IEC 13239 has it for EMVCo codes."""
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value


def _fields(text: str) -> dict[str, str]:
    """Tag, two digits of length, value, one after the other."""
    found: dict[str, str] = {}
    while text:
        tag, length = text[:2], text[2:4]
        if len(tag) < 2 or not tag.isdecimal() or not length.isdecimal() or len(text) < 4 + int(length) or tag in found:
            raise UnreadableCode("Mã QR bị thiếu hoặc bị sửa.")
        found[tag], text = text[4 : 4 + int(length)], text[4 + int(length) :]
    return found


def read_code(text: str) -> Code:
    """The transfer that a VietQR asks for. Raises UnreadableCode."""
    text = text.strip()
    if not text.isascii() or text[-8:-4] != "6304":
        raise UnreadableCode("Đây không phải mã VietQR.")
    if f"{crc16(text[:-4].encode()):04X}" != text[-4:].upper():
        raise UnreadableCode("Mã QR bị sai số kiểm tra.")
    fields = _fields(text)
    merchant = _fields(fields.get("38", ""))
    if fields.get("00") != "01" or merchant.get("00") != NAPAS or merchant.get("02") != TO_ACCOUNT or fields.get("53") != "704":
        raise UnreadableCode("Đây không phải mã VietQR chuyển tiền tới tài khoản.")
    account = _fields(merchant.get("01", ""))
    amount = fields.get("54", "")
    if amount and not amount.isdecimal():
        raise UnreadableCode("Số tiền trong mã QR không đúng.")
    return Code(account.get("00", ""), account.get("01", ""), amount, _fields(fields.get("62", "")).get("08", ""))


def blueprint(config: Config, payments: Payments, faults: Faults) -> Blueprint:
    """Everything under /payments/transfer/."""
    pages = Blueprint("transfer", __name__, url_prefix="/payments/transfer")
    us = config.institutions[TRANSFER]

    @pages.before_request
    def broken() -> Response | None:
        return faults.before(SERVICE)

    def page(values: dict[str, str], problems: dict[str, str], status: int = 200) -> tuple[str, int]:
        # One form, one transfer: a page sent twice by a browser is not two transfers.
        once = secrets.token_urlsafe(12)
        return render_template(
            "transfer.html", values=values, problems=problems, once=once, us=us, bank=TRANSFER, most=MOST_CONTENT
        ), status

    @pages.get("/")
    def form() -> Any:
        if (no := payments.broken(payments.trouble(TRANSFER, "", "page"))) is not None:
            return no
        qr = request.args.get("qr", "")
        values = {"qr": qr, "bank": "", "account": "", "amount": "", "content": ""}
        if not qr:
            return page(values, {})
        try:
            code = read_code(qr)
        except UnreadableCode as problem:
            return page(values, {"qr": str(problem)}, 400)
        return page(values | {"bank": code.bank, "account": code.account, "amount": code.amount, "content": code.content}, {})

    @pages.post("/")
    def transfer() -> Any:
        values = {name: request.form.get(name, "").strip() for name in ("qr", "bank", "account", "amount", "content")}
        amount = values["amount"].replace(".", "").replace(" ", "")
        problems: dict[str, str] = {}
        if values["bank"] != TRANSFER or not us.account or values["account"] != us.account:
            problems["account"] = "Không tìm thấy tài khoản này ở ngân hàng nhận. Bạn hãy kiểm tra lại số tài khoản."
        if not amount.isdecimal() or not 0 < int(amount) <= MOST:
            problems["amount"] = f"Số tiền phải là số từ 1 đến {shown_amount(MOST)}."
        if len(values["content"]) > MOST_CONTENT:
            problems["content"] = f"Nội dung dài nhất {MOST_CONTENT} ký tự."
        if problems:
            return page(values, problems, 400)
        once = request.form.get("once", "")
        if once and not payments.first_use(TRANSFER, f"form {once}"):
            return redirect("/payments/transfer/da-chuyen/", 303)
        made = []
        for _ in range(2 if "twice" in request.form else 1):
            content = values["content"]
            if faults.wrong(SERVICE):
                content = content[:-3]  # banks have been seen to cut what the payer wrote
            reference = reference_in(content)
            made.append(payments.keep(TRANSFER, reference=reference, amount=int(amount), words=content, paid=now()))
        return redirect(f"/payments/transfer/da-chuyen/?so={len(made)}&ma={made[-1].token}", 303)

    @pages.get("/da-chuyen/")
    def done() -> Any:
        movement = payments.by_token(request.args.get("ma", ""))
        if movement is not None and movement.institution != TRANSFER:
            movement = None
        twice = request.args.get("so") == "2"
        amount = shown_amount(movement.amount) if movement is not None else ""
        return render_template("transferred.html", movement=movement, twice=twice, amount=amount, us=us)

    return pages
