"""VietQR: texts that banks accept, round trips, every altered character; the adapter of transfers."""

from __future__ import annotations

import binascii
import string
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from payments import codes, vietqr
from payments.institutions.base import BadMessage, Connection, Incoming, Outcome, RefundOutcome, Verdict
from payments.institutions.vietqr import VIETQR
from payments.vietqr import NotVietQr, VietQr
from portal.exchange.errors import OutsideUnavailable
from tests.payments.institution import NOW, REFERENCE, Scripted, ask, connection, refund_ask

# Published samples, one of them in NAPAS's specification.
NAPAS = "00020101021238570010A00000072701270006970436011300110018008790208QRIBFTTA530370454061000005802VN62130809nhan tien6304D1EF"
ACCEPTED = "00020101021238570010A00000072701270006970415011300110019324180208QRIBFTTA530370454061200005802VN62170813ung ho lu lut6304C15C"

alphanumeric = string.ascii_letters + string.digits
texts = st.builds(
    VietQr,
    bank=st.text(string.digits, min_size=6, max_size=6),
    account=st.text(alphanumeric, min_size=1, max_size=19),
    amount=st.none() | st.integers(1, 10**12),
    content=st.just("") | st.from_regex(r"[0-9A-Za-z]([0-9A-Za-z .-]{0,23}[0-9A-Za-z])?", fullmatch=True),
)


def test_texts_that_banks_accept() -> None:
    assert vietqr.build(VietQr("970436", "0011001800879", 100_000, "nhan tien")) == NAPAS
    assert vietqr.build(VietQr("970415", "0011001932418", 120_000, "ung ho lu lut")) == ACCEPTED
    assert vietqr.read(NAPAS) == VietQr("970436", "0011001800879", 100_000, "nhan tien")
    static = vietqr.build(VietQr("970436", "0011001800879"))
    assert static.startswith("000201010211") and "5404" not in static and vietqr.read(static).amount is None


@given(data=st.binary(max_size=200))
def test_checksum_is_that_of_python(data: bytes) -> None:
    assert vietqr.crc16(data) == binascii.crc_hqx(data, 0xFFFF)


@given(code=texts)
def test_what_is_built_is_read(code: VietQr) -> None:
    text = vietqr.build(code)
    assert vietqr.read(text) == code and text.isascii()


@given(code=texts, place=st.integers(min_value=0), other=st.characters())
@examples(max_examples=500)
def test_every_altered_character_is_noticed(code: VietQr, place: int, other: str) -> None:
    text = vietqr.build(code)
    place %= len(text)
    assume(text[place] != other)
    with pytest.raises(NotVietQr):
        vietqr.read(text[:place] + other + text[place + 1 :])


def test_every_place_and_every_printable_character_of_one_text() -> None:
    for place in range(len(NAPAS)):
        for other in string.printable:
            if other != NAPAS[place]:
                with pytest.raises(NotVietQr):
                    vietqr.read(NAPAS[:place] + other + NAPAS[place + 1 :])


@given(text=st.text(max_size=150) | st.from_regex(r"000201[0-9A-Z]{0,80}6304[0-9A-F]{4}", fullmatch=True))
def test_nothing_else_is_read(text: str) -> None:
    with pytest.raises(NotVietQr):
        vietqr.read(text)


def closed(body: str) -> str:
    return f"{body}6304{binascii.crc_hqx((body + '6304').encode(), 0xFFFF):04X}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("5303704", "5303840"),
        ("5802VN", "5802US"),
        ("QRIBFTTA", "QRIBFTTC"),
        ("A000000727", "A000000728"),
        ("010212", "010211"),
        ("010212", ""),
        ("5406100000", "5406000000"),
        ("5406100000", ""),
        ("5802VN", "5802VN5802VN"),
        ("62130809nhan tien", "62130899nhan tien"),
        ("000201", ""),
    ],
)
def test_rightly_closed_but_no_such_transfer(old: str, new: str) -> None:
    assert old in NAPAS
    with pytest.raises(NotVietQr):
        vietqr.read(closed(NAPAS[:-8].replace(old, new)))


def test_fields_of_shops_are_passed_over() -> None:
    more = NAPAS[:-8].replace("5802VN", "5802VN5908SHOP MAU6006HA NOI")
    assert vietqr.read(closed(more)).amount == 100_000


@pytest.mark.parametrize(
    "wrong",
    [
        VietQr("97043", "1"),
        VietQr("970436", ""),
        VietQr("970436", "1", 0),
        VietQr("970436", "1", 1, "phí"),
        VietQr("970436", "1", 1, "x" * 26),
    ],
)
def test_what_cannot_stand_in_a_code(wrong: VietQr) -> None:
    with pytest.raises(ValueError, match=r"."):
        vietqr.build(wrong)


@pytest.mark.parametrize(
    "words",
    [
        "{}",
        "MBVCB.123456.{}.CT tu 0011 toi 0022",
        "NOP PHI DVC {} cam on",
        "NOP PHI DVC{}",
        "{}-CHUYEN TIEN",
        "QR - {}",
    ],
)
@given(number=st.integers(1, 99), cut=st.integers(1, 17), small=st.booleans())
@examples(max_examples=30)
def test_reference_is_found_in_the_words_of_banks(words: str, number: int, cut: int, small: bool) -> None:
    reference = codes.reference_of(codes.new_code(), number)
    written = reference[:cut] + " \n" + reference[cut:]
    assert codes.reference_in(words.format(written.lower() if small else written)) == reference
    assert codes.reference_in("Nop phi DVC truc tuyen " + reference[:-1]) == ""


def test_adapter_of_transfers(institution: Scripted, tmp_path: Any) -> None:
    here = connection(
        institution, code="970436", merchant="DVCQG", account_bank="970436", account_number="0011004000001", account_holder="DVCQG"
    )
    start = VIETQR.begin(here, ask())
    assert start.url == "" and vietqr.read(start.qr) == VietQr("970436", "0011004000001", 58_000, REFERENCE)
    assert vietqr.read(VIETQR.static_code(here)) == VietQr("970436", "0011004000001")
    assert VIETQR.query(here, ask(), now=NOW).outcome is Outcome.PENDING
    assert VIETQR.refund(here, refund_ask()).outcome is RefundOutcome.REFUSED
    assert VIETQR.query_refund(here, refund_ask()).outcome is RefundOutcome.ABSENT
    assert VIETQR.read_return(here, {"a": "b"}) == "" and VIETQR.answer(here, Verdict.CONFIRMED, None).status == 404
    with pytest.raises(BadMessage):
        VIETQR.read_callback(here, Incoming("POST", "", b"{}"))
    with pytest.raises(OutsideUnavailable, match="not_configured"):
        VIETQR.begin(Connection(code="970436"), ask())
    institution.answer = lambda asked: (200, "application/xml", b"<Document/>")
    assert VIETQR.fetch_statement(here, NOW.date(), tmp_path / "day.xml")
    assert institution.seen[-1].path == "/files/statements/DVCQG/2026-11-29.xml"
