"""The text inside a VietQR: EMVCo tag-length-value with NAPAS's account information, closed by a CRC-16.

Pure functions. A static code names the account; a dynamic one also the amount and what the transfer is to say. Sources:
EMVCo "QR Code Specification for Payment Systems, Merchant-Presented Mode"; NAPAS "VietQR" v1.5.2 (GUID A000000727, service QRIBFTTA:
to an account).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

GUID = "A000000727"
TO_ACCOUNT = "QRIBFTTA"
STATIC, DYNAMIC = "11", "12"
LARGEST_AMOUNT = 10**12
CONTENT_LENGTH = 25
_BANK = re.compile(r"^[0-9]{6}$")
_ACCOUNT = re.compile(r"^[0-9A-Za-z]{1,19}$")
_AMOUNT = re.compile(r"^[1-9][0-9]{0,12}$")
_CONTENT = re.compile(r"^[0-9A-Za-z](?:[0-9A-Za-z .-]{0,23}[0-9A-Za-z])?$")


class NotVietQr(ValueError):
    """The text is no VietQR to an account, or a character of it was altered."""


@dataclass(frozen=True)
class VietQr:
    """What a code says. ``amount`` in đồng; None in a static code, where the payer types it."""

    bank: str
    """Six digits of the bank at NAPAS."""
    account: str
    amount: int | None = None
    content: str = ""
    """What the transfer is to say (tag 62-08): ASCII, 25 characters at most."""


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, begun with 0xFFFF, nothing reflected."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def build(code: VietQr) -> str:
    """The text of a code. Raises ``ValueError`` for what cannot stand in one."""
    if not _BANK.match(code.bank) or not _ACCOUNT.match(code.account):
        raise ValueError("a bank has six digits, an account up to 19 letters and digits")
    if code.amount is not None and not 1 <= code.amount <= LARGEST_AMOUNT:
        raise ValueError("the amount is out of range")
    if code.content and not _CONTENT.match(code.content):
        raise ValueError("the content is ASCII letters and digits, 25 at most")
    account = _field("00", code.bank) + _field("01", code.account)
    parts = [
        _field("00", "01"),
        _field("01", STATIC if code.amount is None else DYNAMIC),
        _field("38", _field("00", GUID) + _field("01", account) + _field("02", TO_ACCOUNT)),
        _field("53", "704"),
        _field("54", str(code.amount)) if code.amount is not None else "",
        _field("58", "VN"),
        _field("62", _field("08", code.content)) if code.content else "",
    ]
    text = "".join(parts) + "6304"
    return text + f"{crc16(text.encode('ascii')):04X}"


def read(text: str) -> VietQr:
    """What a code says. Raises :class:`NotVietQr`. Names of shop and town and other fields that we do not write are passed over."""
    if not text.isascii() or len(text) > 512 or text[-8:-4] != "6304":
        raise NotVietQr("not the text of a payment code")
    if f"{crc16(text[:-4].encode('ascii')):04X}" != text[-4:]:
        raise NotVietQr("a character was altered")
    fields = _fields(text)
    if next(iter(fields)) != "00" or fields["00"] != "01" or fields.get("53") != "704" or fields.get("58") != "VN":
        raise NotVietQr("not a Vietnamese payment code")
    transfer = _fields(fields.get("38", ""))
    account = _fields(transfer.get("01", ""))
    if transfer.get("00") != GUID or transfer.get("02") != TO_ACCOUNT:
        raise NotVietQr("not a transfer to an account")
    amount, content = fields.get("54"), _fields(fields.get("62", "")).get("08", "")
    good = _BANK.match(account.get("00", "")) and _ACCOUNT.match(account.get("01", "")) and (not content or _CONTENT.match(content))
    if not good or (amount is not None and (not _AMOUNT.match(amount) or int(amount) > LARGEST_AMOUNT)):
        raise NotVietQr("a field is not what it must be")
    if fields.get("01") not in (STATIC, DYNAMIC) or (fields["01"] == STATIC) != (amount is None):
        raise NotVietQr("static with an amount, or dynamic without")
    return VietQr(account["00"], account["01"], int(amount) if amount is not None else None, content)


def _field(tag: str, value: str) -> str:
    if len(value) > 99:
        raise ValueError("a field holds 99 characters")
    return f"{tag}{len(value):02d}{value}"


def _fields(text: str) -> dict[str, str]:
    """Tags and values; each tag once, nothing left over."""
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        tag, length = text[place : place + 2], text[place + 2 : place + 4]
        if len(length) < 2 or not (tag + length).isdigit() or tag in found:
            raise NotVietQr("not tag, length, value")
        value = text[place + 4 : place + 4 + int(length)]
        if len(value) != int(length):
            raise NotVietQr("a value is cut off")
        found[tag] = value
        place += 4 + int(length)
    return found
