"""PayPlat v1.0.6: signatures reckoned here, round trips, every altered bit."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from payments import payplat
from payments.payplat import (
    BadMac,
    BadPayPlat,
    Confirm,
    ConfirmReply,
    FeeItem,
    GetBill,
    Init,
    InitReply,
    Message,
    PaymentItem,
    Query,
    QueryReply,
    Receipt,
)

SECRET = "bi-mat-cua-doi-tac"
AT = datetime(2026, 11, 29, 3, 4, 5, tzinfo=UTC)
INIT = Init(
    partner="G22.99",
    reference="dvcH01012611290001",
    amount=58_000,
    content="THANH TOAN HO SO H01.01-261129-0001",
    at=AT,
    address="203.0.113.7",
    receipt=Receipt(
        procedure_code="1.001193",
        procedure_name="Đăng ký khai sinh",
        dossier_code="H01.01-261129-0001",
        payer_name="Nguyễn Văn Mẫu",
        fees=(FeeItem(kind="1", code="1.001193.01", name="Lệ phí", amount=50_000), FeeItem(kind="2", code="x", name="Phí", amount=8_000)),
        items=(PaymentItem(content="Lệ phí hộ tịch", amount=58_000),),
    ),
)
CONFIRM = Confirm(
    code="00", partner="G22.99", reference=INIT.reference, amount=58_000, transaction="FT1", bank="970418", at=AT, content="Thanh toán"
)
ALL: list[Message] = [
    INIT,
    CONFIRM,
    replace(CONFIRM, code="24", transaction=""),
    ConfirmReply(partner="G22.99", reference=INIT.reference, at=AT, words="Thành công"),
    Query(partner="G22.99", reference=INIT.reference, at=AT),
    GetBill(partner="G22.99", reference=INIT.reference, at=AT),
    QueryReply(partner="G22.99", reference=INIT.reference, amount=58_000, transaction="FT1", at=AT, state="thanh-cong"),
]


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("message", "signed"),
    [
        (
            INIT,
            "INIT|1.0.6|G22.99|dvcH01012611290001|58000|PAY|1|1|vi-VN|VND|PAYMENT|THANH TOAN HO SO H01.01-261129-0001"
            "|20261129100405|203.0.113.7",
        ),
        (CONFIRM, "CONFIRM|00|G22.99|dvcH01012611290001|58000|VND|FT1|970418|20261129100405|Thanh toán"),
        (ALL[3], "00|Thành công|G22.99|dvcH01012611290001|20261129100405"),
        (ALL[4], "QUERY|1.0.6|G22.99|dvcH01012611290001|20261129100405"),
        (ALL[5], "GET_BILL|1.0.6|G22.99|dvcH01012611290001|20261129100405"),
    ],
)
def test_known_signatures(message: Message, signed: str) -> None:
    assert payplat.mac(message, SECRET) == sha(f"{signed}|{SECRET}")
    assert json.loads(payplat.build(message, SECRET))["MaXacThuc"] == sha(f"{signed}|{SECRET}")


def test_a_signature_that_was_reckoned_elsewhere() -> None:
    """``printf 'QUERY|1.0.6|P|r1|20261129100405|s' | sha256sum``"""
    message = Query(partner="P", reference="r1", at=AT)
    assert payplat.mac(message, "s") == sha("QUERY|1.0.6|P|r1|20261129100405|s") == KNOWN


KNOWN = "e9a79a55a11d9f52600856a16b8f17ce8b835b5bf6519dfe6463732a004d1bdc"


@pytest.mark.parametrize("message", ALL, ids=lambda one: type(one).__name__)
def test_what_is_built_is_read(message: Message) -> None:
    data = payplat.build(message, SECRET)
    assert payplat.read(type(message), data, SECRET) == message
    assert payplat.partner_of(data) == "G22.99"
    with pytest.raises(BadMac):
        payplat.read(type(message), data, SECRET + "x")
    with pytest.raises(ValueError, match="secret"):
        payplat.read(type(message), data, "")


def test_wire_names_are_those_of_the_protocol() -> None:
    said = json.loads(payplat.build(INIT, SECRET))
    assert said["SoTien"] == "58000" and said["ThongTinBienLai"]["MaDichVu"] == "2"
    assert said["ThongTinBienLai"]["PhiLePhi"][0] == {
        "LoaiPhiLePhi": "1",
        "MaPhiLePhi": "1.001193.01",
        "TenPhiLePhi": "Lệ phí",
        "SoTien": "50000",
    }
    assert said["ThongTinBienLai"]["DSKhoanNop"] == [{"NoiDung": "Lệ phí hộ tịch", "SoTien": "58000"}]
    assert len(said["ThongTinBienLai"]) == 30 and len(said) == 16


@given(which=st.sampled_from(ALL), place=st.integers(min_value=0), bit=st.integers(0, 7))
@examples(max_examples=500)
def test_one_bit_of_what_is_signed_is_noticed(which: Message, place: int, bit: int) -> None:
    data = payplat.build(which, SECRET)
    place %= len(data)
    changed = data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]
    try:
        found = payplat.read(type(which), changed, SECRET)
    except BadPayPlat:
        return
    # What may change unnoticed is the receipt, which nobody signs, and names of empty fields.
    assert all(found.fields()[name] == which.fields()[name] for name in which.signed)


@given(content=st.text(min_size=1, max_size=30), partner=st.text(min_size=1, max_size=10), amount=st.integers(-5, 2 * 10**12))
def test_what_is_built_can_be_read_or_is_not_built(content: str, partner: str, amount: int) -> None:
    message = replace(INIT, content=content, partner=partner, amount=amount, receipt=Receipt())
    try:
        data = payplat.build(message, SECRET)
    except BadPayPlat:
        assert "|" in content + partner or not (content + partner).isprintable() or not 1 <= amount <= 10**12
        return
    assert payplat.read(Init, data, SECRET) == message


def signed(kind: type[Message] = Init, **changed: Any) -> bytes:
    said = json.loads(payplat.build(INIT if kind is Init else CONFIRM, SECRET)) | changed
    text = "|".join("" if said.get(name) is None else str(said[name]) for name in kind.signed)
    return json.dumps(said | {"MaXacThuc": sha(f"{text}|{SECRET}")}).encode()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bad_json"),
        (b"[]", "bad_json"),
        (b'{"a": 1, "a": 2}', "bad_json"),
        (b"{}" + b" " * 300_000, "too_long"),
        (signed(SoTien="58000.0"), "bad_amount"),
        (signed(SoTien="0"), "bad_amount"),
        (signed(SoTien="058000"), "bad_amount"),
        (signed(SoTien=True), "bad_field"),
        (signed(SoTien="58001"), "bad_sum"),
        (signed(ThoiGianGD="20261329100405"), "bad_time"),
        (signed(ThoiGianGD="2026-11-29"), "bad_time"),
        (signed(Ip="localhost"), "bad_address"),
        (signed(PhienBan="1.0.5"), "bad_version"),
        (signed(MaTienTe="USD"), "bad_currency"),
        (signed(LoaiBanTin="QUERY"), "bad_type"),
        (signed(MaThamChieu="a/../b"), "bad_reference"),
        (signed(MaDoiTac=""), "missing"),
        (signed(MaDoiTac=None), "bad_text"),
        (signed(ThongTinGiaoDich="a\nb"), "bad_text"),
        (signed(ThongTinGiaoDich="a|20261129100405|1.1.1.1"), "bar"),
        (signed(ThongTinBienLai=[]), "bad_object"),
        (signed(ThongTinBienLai={"PhiLePhi": [{}] * 201}), "bad_list"),
        (signed(ThongTinBienLai={"PhiLePhi": [{"SoTien": "1"}]}), "bad_text"),
    ],
)
def test_signed_nonsense_is_a_bad_message(data: bytes, code: str) -> None:
    with pytest.raises(BadPayPlat) as caught:
        payplat.read(Init, data, SECRET)
    assert caught.value.code == code


def test_amounts_may_be_numbers_as_some_partners_send_them() -> None:
    assert payplat.read(Confirm, signed(Confirm, SoTien=58000), SECRET).amount == 58_000
    with pytest.raises(BadPayPlat, match="MaGiaoDich"):
        payplat.read(Confirm, signed(Confirm, MaGiaoDich=""), SECRET)


def test_a_bar_never_moves_a_field() -> None:
    """Two messages whose signed text would be the same."""
    data = json.loads(payplat.build(replace(CONFIRM, bank="970418", content="x"), SECRET))
    moved = data | {"MaNganHang": "970418|20261129100405", "ThoiGianGD": "x", "ThongTinGiaoDich": ""}
    with pytest.raises(BadPayPlat):
        payplat.read(Confirm, json.dumps(moved).encode(), SECRET)
    with pytest.raises(BadPayPlat, match="bar"):
        payplat.build(replace(CONFIRM, content="a|b"), SECRET)


def test_reply_to_init() -> None:
    good = InitReply("0", "https://pay.example/x?a=1&b=2")
    assert payplat.read_init_reply(payplat.build_init_reply(good)) == good
    assert json.loads(json.loads(payplat.build_init_reply(good))["message"]) == {"UrlThanhToan": good.url}
    bad = InitReply("1", words="Mã tham chiếu đã dùng")
    assert payplat.read_init_reply(payplat.build_init_reply(bad)) == bad
    for data in (
        b"{}",
        b'{"error_code": 0}',
        b'{"error_code": "0", "message": "x"}',
        b'{"error_code": "0", "message": "{\\"UrlThanhToan\\": \\"javascript:\\"}"}',
    ):
        with pytest.raises(BadPayPlat):
            payplat.read_init_reply(data)


def test_reference_of_a_partner() -> None:
    assert payplat.reference_for("H01.01-261129-0001", AT) == "dvcH0101261129000120261129100405"
