"""Identity and phone numbers."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.identifiers import (
    PROVINCES,
    clean_document,
    clean_foreign_phone,
    clean_id_number,
    clean_insurance_number,
    clean_old_number,
    clean_phone,
    clean_tax_code,
    fits,
    tax_check_digit,
)
from accounts.registration.rules import is_name, number_fits, same_name


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


@given(st.from_regex(r"[0-9]{9}", fullmatch=True), st.integers(1, 999))
def test_a_tax_code_has_one_right_check_digit_or_is_not_issued(nine: str, branch: int) -> None:
    digit = tax_check_digit(nine)
    right = [last for last in "0123456789" if clean_tax_code(nine + last)]
    assert right == ([] if digit is None else [str(digit)])
    if digit is not None:
        code = f"{nine}{digit}"
        assert clean_tax_code(f" {code[:3]} {code[3:]}") == code
        assert clean_tax_code(f"{code}-{branch:03d}") == f"{code}-{branch:03d}" == clean_tax_code(f"{code}{branch:03d}")
        assert clean_tax_code(f"{code}-000") == ""


@given(st.from_regex(r"[0-9]{9}", fullmatch=True), st.integers(0, 8))
def test_a_slip_of_one_digit_in_a_tax_code_is_found(nine: str, place: int) -> None:
    digit = tax_check_digit(nine)
    if digit is None:
        return
    other = str((int(nine[place]) + 1) % 10)
    assert clean_tax_code(f"{nine[:place]}{other}{nine[place + 1 :]}{digit}") == ""


@given(st.text(max_size=30))
def test_whatever_is_typed_as_a_number_comes_out_in_normal_form_or_not_at_all(text: str) -> None:
    assert re.fullmatch(r"([0-9]{10}(-[0-9]{3})?)?", clean_tax_code(text))
    assert re.fullmatch(r"([0-9]{9})?", clean_old_number(text))
    assert re.fullmatch(r"([0-9]{10})?", clean_insurance_number(text))
    assert re.fullmatch(r"(\+[1-9][0-9]{6,14})?", clean_foreign_phone(text))
    for country in ("", "K", "KOR", text):
        assert re.fullmatch(r"([A-Z]{1,3}:[A-Z0-9]{5,20})?", clean_document(country, text))
    for clean in (clean_tax_code, clean_old_number, clean_insurance_number, clean_foreign_phone):
        assert clean(clean(text)) == clean(text)


def test_numbers_as_people_type_them() -> None:
    assert clean_tax_code("0100000010") == "0100000010" and clean_tax_code("0100000001") == ""
    assert clean_insurance_number("DN 401 0196000051") == "0196000051" == clean_insurance_number("0196 000 051")
    assert clean_old_number("012 345 050") == "012345050" and clean_old_number("0123450500") == ""
    assert clean_foreign_phone("+82 10-9000-0061") == "+821090000061" and clean_foreign_phone("0900 000 050") == "+84900000050"
    assert clean_document("kor", "m9000-0061") == "KOR:M90000061"


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2399, 12, 31)), st.sampled_from(["female", "male"]))
def test_a_number_goes_with_its_own_year_and_sex_alone(born: date, sex: str) -> None:
    century = (born.year - 1900) // 100 * 2 + int(sex == "female")
    number = f"001{century}{born.year % 100:02d}000001"
    assert number_fits(number, born=born, sex=sex)
    assert not number_fits(number, born=born, sex="male" if sex == "female" else "female")
    assert not number_fits(number, born=born.replace(year=born.year + 1, day=1), sex=sex)


@given(st.text(max_size=40))
def test_names_are_compared_without_capitals_spaces_and_places_of_tones(text: str) -> None:
    assert same_name(text, f"  {text.upper()} ") or text.upper().casefold() != text.casefold()
    assert same_name("Tạ Thị Hòa", "TẠ  THỊ HOÀ") and not same_name("Tạ Thị Hòa", "Tạ Thị Hoa")
    # Cyrillic letters that look alike are other letters.
    assert not same_name("Nguyen Van A", "Nguyen Van \u0410") and not is_name("Nguyen Van \u0410") and is_name("Nguyễn Văn A")
