"""Identity and phone numbers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.identifiers import PROVINCES, clean_id_number, clean_phone, fits


@given(st.text(max_size=20))
def test_whatever_is_typed_gives_twelve_digits_or_nothing(text: str) -> None:
    number = clean_id_number(text)
    assert number == "" or (len(number) == 12 and number.isascii() and number.isdecimal())


@given(st.sampled_from(sorted(PROVINCES)), st.integers(0, 10**9 - 1))
def test_spaces_and_dots_are_forgiven(province: str, rest: int) -> None:
    number = f"{province}{rest:09d}"
    assert clean_id_number(f" {number[:3]} {number[3:6]}.{number[6:]} ") == number


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.booleans())
def test_the_number_agrees_with_birth_year_and_sex(born: date, female: bool) -> None:
    digit = (0 if born.year < 2000 else 2) + int(female)
    number = f"001{digit}{born.year % 100:02d}000001"
    assert fits(number, birth_date=born, female=female)
    assert not fits(number, birth_date=born, female=not female)


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("0900 000 001", "+84900000001"),
        ("+84 900-000-001", "+84900000001"),
        ("84900000001", "+84900000001"),
        ("0123456789", ""),
        ("900000001", ""),
    ],
)
def test_phone_numbers(typed: str, clean: str) -> None:
    assert clean_phone(typed) == clean
