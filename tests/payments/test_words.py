"""Money and names in writing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.words import in_words, masked, phone_problem


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Không đồng"),
        (1, "Một đồng"),
        (5, "Năm đồng"),
        (10, "Mười đồng"),
        (15, "Mười lăm đồng"),
        (21, "Hai mươi mốt đồng"),
        (24, "Hai mươi bốn đồng"),
        (105, "Một trăm lẻ năm đồng"),
        (1_005, "Một nghìn không trăm lẻ năm đồng"),
        (24_000, "Hai mươi bốn nghìn đồng"),
        (250_000, "Hai trăm năm mươi nghìn đồng"),
        (1_000_001, "Một triệu không trăm lẻ một đồng"),
        (1_250_515, "Một triệu hai trăm năm mươi nghìn năm trăm mười lăm đồng"),
        (1_000_000_000, "Một tỷ đồng"),
        (1_000_000_000_000, "Một nghìn tỷ đồng"),
    ],
)
def test_amounts_in_words(amount: int, words: str) -> None:
    assert in_words(amount) == words


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_two_amounts_never_read_alike(one: int, other: int) -> None:
    assert (in_words(one) == in_words(other)) == (one == other)


def test_negative_amounts_are_no_receipt() -> None:
    with pytest.raises(ValueError):
        in_words(-1)


def test_a_stranger_sees_how_a_name_begins() -> None:
    assert masked("Nguyễn Văn Mẫu") == "N••• V••• M•••"


def test_phones_that_can_be_called() -> None:
    for fine in ("", "1900 0001", "024.3939 0000", "+84 912 345 678", "(024) 39390000", "024 3939 0000, máy lẻ 12"):
        assert phone_problem(fine) == "", fine
    for wrong in ("abc", "12", "1900 000x", "09123456789012345", "0912 345 678\x07", "1900 0001 <b>"):
        assert phone_problem(wrong), wrong
