"""PayPlat v1.0.6: what systems of ministries and provinces say to the national payment platform, and it to them.

Pure functions over bytes: build, sign, read, check. A message is JSON; ``MaXacThuc`` is the SHA-256 (hex) of fields in a fixed order
between ``|`` with the partner's secret at the end. So no signed field may hold a ``|``: it could be moved from one field to the next.
The receipt (``ThongTinBienLai``) is not signed; its sums must be those of the signed amount.

Sources: domain knowledge of PayPlat v1.0.6 as one-stop systems speak it; Rules arts. 31 and 32. Where a reply's order of fields is not
published (QUERY's), the order is that of Confirm with the state at the end.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar, Self, TypeVar

VERSION = "1.0.6"
SUCCESS = "00"
LARGEST_AMOUNT = 10**12
LONGEST_MESSAGE = 256 * 1024
MOST_ITEMS = 200
MAC = "MaXacThuc"
_GMT7 = timezone(timedelta(hours=7))
_AMOUNT = re.compile(r"^[1-9][0-9]{0,12}$")
_REFERENCE = re.compile(r"^[0-9A-Za-z_]{1,64}$")
_MAC = re.compile(r"^[0-9a-fA-F]{64}$")


class BadPayPlat(ValueError):
    """A message that is not what the protocol says. ``code`` is a word of ours; ``field`` the wire name, where one is meant."""

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(f"{code} {field}".strip())
        self.code, self.field = code, field


class BadMac(BadPayPlat):
    """The message is not signed with this partner's secret."""

    def __init__(self) -> None:
        super().__init__("bad_mac", MAC)


def _wire(name: str, default: Any = dataclasses.MISSING, *, longest: int = 255, kind: str = "text", empty: bool = True) -> Any:
    """A field with its name on the wire. ``kind``: text, word (text that must be there), amount, time, reference, address."""
    return field(default=default, metadata={"wire": name, "longest": longest, "kind": kind, "empty": empty and kind == "text"})


_AT = {"wire": "ThoiGianGD", "kind": "time"}


# --- parts --------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A JSON object of typed fields."""

    def fields(self) -> dict[str, Any]:
        """As it stands on the wire, without ``MaXacThuc``."""
        return {one.metadata["wire"]: _said(getattr(self, one.name), one.metadata) for one in dataclasses.fields(self)}

    @classmethod
    def of(cls, said: object) -> Self:
        """From what stood on the wire. Raises :class:`BadPayPlat`. Unknown names are passed over: partners send some."""
        if not isinstance(said, Mapping):
            raise BadPayPlat("bad_object", cls.__name__)
        return cls(**{one.name: _meant(said.get(one.metadata["wire"]), one) for one in dataclasses.fields(cls)})


@dataclass(frozen=True, kw_only=True)
class FeeItem(_Part):
    """One of ``PhiLePhi``."""

    kind: str = _wire("LoaiPhiLePhi")
    code: str = _wire("MaPhiLePhi")
    name: str = _wire("TenPhiLePhi")
    amount: int = _wire("SoTien", kind="amount")


@dataclass(frozen=True, kw_only=True)
class PaymentItem(_Part):
    """One of ``DSKhoanNop``."""

    content: str = _wire("NoiDung")
    amount: int = _wire("SoTien", kind="amount")


@dataclass(frozen=True, kw_only=True)
class Receipt(_Part):
    """``ThongTinBienLai``: who pays what to whom, for the receipt and the treasury. Fields of fines are empty for fees."""

    service_kind: str = _wire("MaDichVu", "2")
    service_code: str = _wire("MaDVC", "")
    service_name: str = _wire("TenDVC", "")
    procedure_code: str = _wire("MaTTHC", "")
    procedure_name: str = _wire("TenTTHC", "")
    unit_code: str = _wire("MaDonVi", "")
    unit_name: str = _wire("TenDonVi", "")
    dossier_code: str = _wire("MaHoSo", "")
    account: str = _wire("TKThuHuong", "")
    account_bank: str = _wire("MaNHThuHuong", "")
    account_holder: str = _wire("TenTKThuHuong", "")
    fine_kind_code: str = _wire("MaLoaiHinhThuPhat", "")
    fine_kind_name: str = _wire("TenLoaiHinhThuPhat", "")
    deciding_unit_code: str = _wire("MaCoQuanQD", "")
    deciding_unit_name: str = _wire("TenCoQuanQD", "")
    treasury: str = _wire("KhoBac", "")
    decided_on: str = _wire("NgayQD", "")
    decision_number: str = _wire("SoQD", "")
    violated_at: str = _wire("ThoiGianViPham", "")
    violated_where: str = _wire("DiaDiemViPham", "")
    violator_name: str = _wire("TenNguoiViPham", "")
    budget_account: str = _wire("TaiKhoanThuNSNN", "")
    content: str = _wire("NoiDungThanhToan", "", longest=500)
    payer_name: str = _wire("HoTenNguoiNop", "")
    payer_number: str = _wire("SoCMNDNguoiNop", "")
    payer_address: str = _wire("DiaChiNguoiNop", "", longest=500)
    payer_district: str = _wire("HuyenNguoiNop", "")
    payer_province: str = _wire("TinhNguoiNop", "")
    fees: tuple[FeeItem, ...] = field(default=(), metadata={"wire": "PhiLePhi", "kind": "list", "part": FeeItem})
    items: tuple[PaymentItem, ...] = field(default=(), metadata={"wire": "DSKhoanNop", "kind": "list", "part": PaymentItem})


# --- messages -----------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Message(_Part):
    """A signed message."""

    signed: ClassVar[tuple[str, ...]] = ()
    """Wire names in the order in which they are signed."""
    types: ClassVar[frozenset[str]] = frozenset()
    """What ``LoaiBanTin`` may be; empty: it is not looked at."""


@dataclass(frozen=True, kw_only=True)
class Init(Message):
    """A partner asks for a payment."""

    signed = (
        "LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "SoTien", "LoaiHinhThanhToan", "MaKenhThanhToan", "MaThietBi", "NgonNgu",
        "MaTienTe", "MaNganHang", "ThongTinGiaoDich", "ThoiGianGD", "Ip",
    )  # fmt: skip
    types = frozenset({"INIT"})

    message_type: str = _wire("LoaiBanTin", "INIT", kind="word")
    version: str = _wire("PhienBan", VERSION, kind="word")
    partner: str = _wire("MaDoiTac", kind="word", longest=50)
    reference: str = _wire("MaThamChieu", kind="reference")
    amount: int = _wire("SoTien", kind="amount")
    payment_kind: str = _wire("LoaiHinhThanhToan", "PAY", kind="word")
    channel: str = _wire("MaKenhThanhToan", "1", kind="word")
    device: str = _wire("MaThietBi", "1", kind="word")
    language: str = _wire("NgonNgu", "vi-VN", kind="word")
    currency: str = _wire("MaTienTe", "VND", kind="word")
    bank: str = _wire("MaNganHang", "PAYMENT", kind="word")
    content: str = _wire("ThongTinGiaoDich", kind="word")
    at: datetime = field(metadata=_AT)
    address: str = _wire("Ip", kind="address")
    receipt: Receipt = field(default_factory=Receipt, metadata={"wire": "ThongTinBienLai", "kind": "part", "part": Receipt})

    def __post_init__(self) -> None:
        if self.version != VERSION:
            raise BadPayPlat("bad_version", "PhienBan")
        if self.currency != "VND":
            raise BadPayPlat("bad_currency", "MaTienTe")
        for name, found in (("PhiLePhi", self.receipt.fees), ("DSKhoanNop", self.receipt.items)):
            if found and sum(one.amount for one in found) != self.amount:
                raise BadPayPlat("bad_sum", name)


@dataclass(frozen=True, kw_only=True)
class Confirm(Message):
    """The platform tells a partner what became of a payment (IPN)."""

    signed = (
        "LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "SoTien", "MaTienTe", "MaGiaoDich", "MaNganHang", "ThoiGianGD",
        "ThongTinGiaoDich",
    )  # fmt: skip
    message_type: str = _wire("LoaiBanTin", "CONFIRM", kind="word", longest=50)
    code: str = _wire("MaLoi", kind="word", longest=10)
    partner: str = _wire("MaDoiTac", kind="word", longest=50)
    reference: str = _wire("MaThamChieu", kind="reference")
    amount: int = _wire("SoTien", kind="amount")
    currency: str = _wire("MaTienTe", "VND", kind="word")
    transaction: str = _wire("MaGiaoDich", "", longest=64)
    bank: str = _wire("MaNganHang", "", longest=50)
    at: datetime = field(metadata=_AT)
    content: str = _wire("ThongTinGiaoDich", "")

    def __post_init__(self) -> None:
        if self.is_paid and not self.transaction:
            raise BadPayPlat("missing", "MaGiaoDich")
        if self.currency != "VND":
            raise BadPayPlat("bad_currency", "MaTienTe")

    @property
    def is_paid(self) -> bool:
        """Whether the money was taken."""
        return self.code == SUCCESS


@dataclass(frozen=True, kw_only=True)
class ConfirmReply(Message):
    """What the partner answers to Confirm."""

    signed = ("MaLoi", "MoTaLoi", "MaDoiTac", "MaThamChieu", "ThoiGianGD")
    code: str = _wire("MaLoi", SUCCESS, kind="word", longest=10)
    words: str = _wire("MoTaLoi", "")
    partner: str = _wire("MaDoiTac", kind="word", longest=50)
    reference: str = _wire("MaThamChieu", kind="reference")
    at: datetime = field(metadata=_AT)


@dataclass(frozen=True, kw_only=True)
class Query(Message):
    """A partner asks what became of a payment."""

    signed = ("LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "ThoiGianGD")
    types = frozenset({"QUERY"})
    message_type: str = _wire("LoaiBanTin", "QUERY", kind="word")
    version: str = _wire("PhienBan", VERSION, kind="word")
    partner: str = _wire("MaDoiTac", kind="word", longest=50)
    reference: str = _wire("MaThamChieu", kind="reference")
    at: datetime = field(metadata=_AT)

    def __post_init__(self) -> None:
        if self.version != VERSION:
            raise BadPayPlat("bad_version", "PhienBan")


@dataclass(frozen=True, kw_only=True)
class GetBill(Query):
    """A partner asks for the receipt; the answer is a PDF."""

    types = frozenset({"GET_BILL"})
    message_type: str = _wire("LoaiBanTin", "GET_BILL", kind="word")


@dataclass(frozen=True, kw_only=True)
class QueryReply(Message):
    """What the platform answers to QUERY."""

    signed = (*Confirm.signed, "TrangThaiGD")
    message_type: str = _wire("LoaiBanTin", "QUERY", kind="word", longest=50)
    code: str = _wire("MaLoi", SUCCESS, kind="word", longest=10)
    words: str = _wire("MoTaLoi", "")
    partner: str = _wire("MaDoiTac", kind="word", longest=50)
    reference: str = _wire("MaThamChieu", kind="reference")
    amount: int = _wire("SoTien", kind="amount")
    currency: str = _wire("MaTienTe", "VND", kind="word")
    transaction: str = _wire("MaGiaoDich", "", longest=64)
    bank: str = _wire("MaNganHang", "", longest=50)
    at: datetime = field(metadata=_AT)
    content: str = _wire("ThongTinGiaoDich", "")
    state: str = _wire("TrangThaiGD", kind="word", longest=20)
    """``khoi-tao``, ``thanh-cong`` or ``that-bai``."""


@dataclass(frozen=True)
class InitReply:
    """What the platform answers to INIT; it is not signed."""

    code: str
    """``error_code``: ``0`` is good."""
    url: str = ""
    """The page to which the payer goes."""
    words: str = ""
    """Why not, for people."""


M = TypeVar("M", bound=Message)


# --- functions ----------------------------------------------------------------------------------------------------------------------------


def mac(message: Message, secret: str) -> str:
    """``MaXacThuc`` of a message."""
    said = message.fields()
    return _sha256([said[name] for name in message.signed], secret)


def build(message: Message, secret: str) -> bytes:
    """The signed JSON. Raises :class:`BadPayPlat` for what may not stand in a message, ``ValueError`` without a secret."""
    said = message.fields()
    for name in message.signed:
        if "|" in said[name]:
            raise BadPayPlat("bar", name)
    type(message).of(said)
    return json.dumps({**said, MAC: _sha256([said[name] for name in message.signed], secret)}, ensure_ascii=False).encode()


def read(kind: type[M], data: bytes, secret: str) -> M:
    """A message of this kind that was signed with this secret. Raises :class:`BadMac` before anything else is looked at."""
    said = _object(data)
    given = said.get(MAC)
    values = [_signed_text(said.get(name), name) for name in kind.signed]
    if not isinstance(given, str) or not _MAC.match(given) or not hmac.compare_digest(_sha256(values, secret), given.lower()):
        raise BadMac
    if any("|" in value for value in values):
        raise BadPayPlat("bar")
    if kind.types and said.get("LoaiBanTin") not in kind.types:
        raise BadPayPlat("bad_type", "LoaiBanTin")
    return kind.of(said)


def partner_of(data: bytes) -> str:
    """``MaDoiTac`` of a message that is not checked yet: whose secret to take. Raises :class:`BadPayPlat`."""
    said = _object(data).get("MaDoiTac")
    if not isinstance(said, str) or not 0 < len(said) <= 50 or not said.isprintable():
        raise BadPayPlat("missing", "MaDoiTac")
    return said


def type_of(data: bytes) -> str:
    """``LoaiBanTin`` of a message that a partner sends to the platform, not checked yet. Raises :class:`BadPayPlat` for one it does not."""
    said = _object(data).get("LoaiBanTin")
    if said not in ("INIT", "QUERY", "GET_BILL"):
        raise BadPayPlat("bad_type", "LoaiBanTin")
    return str(said)


def build_plain(code: str, words: str) -> bytes:
    """A refusal for who is not known: it is not signed, for nobody's secret could sign it."""
    return json.dumps({"MaLoi": code, "MoTaLoi": words}, ensure_ascii=False).encode()


def build_init_reply(reply: InitReply) -> bytes:
    """The JSON in JSON that partners expect."""
    message = json.dumps({"UrlThanhToan": reply.url}) if reply.code == "0" else reply.words
    return json.dumps({"error_code": reply.code, "message": message}, ensure_ascii=False).encode()


def read_init_reply(data: bytes) -> InitReply:
    """What the platform answered. Raises :class:`BadPayPlat`."""
    said = _object(data)
    code, message = said.get("error_code"), said.get("message", "")
    if not isinstance(code, str) or not isinstance(message, str) or len(code) > 10:
        raise BadPayPlat("bad_object", "error_code")
    if code != "0":
        return InitReply(code, words=message[:500])
    url = _object(message.encode()).get("UrlThanhToan")
    if not isinstance(url, str) or not url.startswith(("https://", "http://")) or len(url) > 2048 or not url.isprintable():
        raise BadPayPlat("missing", "UrlThanhToan")
    return InitReply(code, url)


def reference_for(dossier_code: str, at: datetime) -> str:
    """``MaThamChieu`` as partners make it: ``dvc``, the dossier's code without signs, the moment in GMT+7."""
    return "dvc" + re.sub(r"[\W_]", "", dossier_code, flags=re.ASCII) + _time_text(at)


def _sha256(values: Iterable[str], secret: str) -> str:
    if not secret:
        raise ValueError("a partner without a secret signs nothing")
    return hashlib.sha256("|".join([*values, secret]).encode("utf-8", "surrogatepass")).hexdigest()


def _object(data: bytes) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name twice")
        return found

    if len(data) > LONGEST_MESSAGE:
        raise BadPayPlat("too_long")
    try:
        found = json.loads(data.decode(), object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise BadPayPlat("bad_json") from None
    if not isinstance(found, dict):
        raise BadPayPlat("bad_json")
    return found


def _signed_text(value: object, name: str) -> str:
    """As the other side wrote it into the text it signed."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadPayPlat("bad_field", name)
    return str(value)


def _time_text(at: datetime) -> str:
    return at.astimezone(_GMT7).strftime("%Y%m%d%H%M%S")


def _said(value: Any, about: Mapping[str, Any]) -> Any:
    match about["kind"]:
        case "part":
            return value.fields()
        case "list":
            return [one.fields() for one in value]
        case "time":
            return _time_text(value)
        case "amount":
            return str(value)
    return value


def _meant(value: object, one: dataclasses.Field[Any]) -> Any:
    about, name = one.metadata, one.metadata["wire"]
    match about["kind"]:
        case "part":
            return about["part"].of({} if value is None else value)
        case "list":
            if value is None:
                return ()
            if not isinstance(value, list) or len(value) > MOST_ITEMS:
                raise BadPayPlat("bad_list", name)
            return tuple(about["part"].of(item) for item in value)
        case "amount":
            if isinstance(value, int) and not isinstance(value, bool):
                value = str(value)
            if not isinstance(value, str) or not _AMOUNT.match(value) or int(value) > LARGEST_AMOUNT:
                raise BadPayPlat("bad_amount", name)
            return int(value)
        case "time":
            if not isinstance(value, str) or len(value) != 14 or not value.isascii() or not value.isdigit():
                raise BadPayPlat("bad_time", name)
            try:
                return datetime.strptime(value, "%Y%m%d%H%M%S").replace(tzinfo=_GMT7).astimezone(UTC)
            except ValueError:
                raise BadPayPlat("bad_time", name) from None
    if value is None and one.default is not dataclasses.MISSING and about["kind"] == "text":
        return one.default
    if not isinstance(value, str) or len(value) > about["longest"] or not value.isprintable():
        raise BadPayPlat("bad_text", name)
    if not value and not about["empty"]:
        raise BadPayPlat("missing", name)
    if about["kind"] == "reference" and not _REFERENCE.match(value):
        raise BadPayPlat("bad_reference", name)
    if about["kind"] == "address":
        try:
            ipaddress.ip_address(value)
        except ValueError:
            raise BadPayPlat("bad_address", name) from None
    return value
