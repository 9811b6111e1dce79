"""Identity numbers and phone numbers: normal form and the checks that the law's structure allows."""

from __future__ import annotations

import re
from datetime import date

# Provinces as numbered when the identity number was made (63 of them; numbers given stay): Circular on identity numbers.
PROVINCES = frozenset(
    [
        "001",
        "002",
        "004",
        "006",
        "008",
        "010",
        "011",
        "012",
        "014",
        "015",
        "017",
        "019",
        "020",
        "022",
        "024",
        "025",
        "026",
        "027",
        "030",
        "031",
        "033",
        "034",
        "035",
        "036",
        "037",
        "038",
        "040",
        "042",
        "044",
        "045",
        "046",
        "048",
        "049",
        "051",
        "052",
        "054",
        "056",
        "058",
        "060",
        "062",
        "064",
        "066",
        "067",
        "068",
        "070",
        "072",
        "074",
        "075",
        "077",
        "079",
        "080",
        "082",
        "083",
        "084",
        "086",
        "087",
        "089",
        "091",
        "092",
        "093",
        "094",
        "095",
        "096",
    ]
)


def clean_id_number(text: str) -> str:
    """Twelve digits out of what people type (spaces, dots); empty where it cannot be an identity number.

    There is no check digit; three digits name the province (or, from 100 up, the country) of birth registration, one the
    century and sex, two the year of birth.
    """
    digits = re.sub(r"[\s.\-]", "", text)
    if not re.fullmatch(r"[0-9]{12}", digits):
        return ""
    return digits if digits[:3] in PROVINCES or digits[:3] >= "100" else ""


def fits(id_number: str, *, birth_date: date, female: bool) -> bool:
    """Whether the number's fourth to sixth digits agree with the day of birth and the sex."""
    century = (birth_date.year - 1900) // 100
    return id_number[3:6] == f"{century * 2 + int(female)}{birth_date.year % 100:02d}"


def clean_phone(text: str) -> str:
    """A Vietnamese mobile number in E.164 (``+84…``); empty where it is none."""
    digits = re.sub(r"[\s.\-()]", "", text)
    match = re.fullmatch(r"(?:\+?84|0)([35789][0-9]{8})", digits)
    return f"+84{match.group(1)}" if match else ""


def clean_foreign_phone(text: str) -> str:
    """A phone number of any country in E.164, typed with its ``+`` and country code; empty where it is none."""
    digits = re.sub(r"[\s.\-()]", "", text)
    return digits if re.fullmatch(r"\+[1-9][0-9]{6,14}", digits) else clean_phone(text)


def clean_old_number(text: str) -> str:
    """Nine digits of an old identity card; empty where it is none. It has no structure that could be checked."""
    digits = re.sub(r"[\s.\-]", "", text)
    return digits if re.fullmatch(r"[0-9]{9}", digits) else ""


def clean_insurance_number(text: str) -> str:
    """Ten digits of a social insurance number; also out of the fifteen signs of a health insurance card, which end in it. Else empty."""
    signs = re.sub(r"[\s.\-]", "", text).upper()
    match = re.fullmatch(r"(?:[A-Z]{2}[0-9]{3})?([0-9]{10})", signs)
    return match.group(1) if match else ""


_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def tax_check_digit(first_nine: str) -> int | None:
    """The tenth digit of a tax code after its first nine; None where they make none, for such numbers are not issued."""
    if not re.fullmatch(r"[0-9]{9}", first_nine):
        raise ValueError("nine digits")
    digit = 10 - sum(int(sign) * weight for sign, weight in zip(first_nine, _TAX_WEIGHTS, strict=True)) % 11
    return digit if digit < 10 else None


def clean_tax_code(text: str) -> str:
    """A tax code whose check digit is right: ten digits, a dependent unit's with ``-001`` to ``-999`` behind; empty where it is none."""
    match = re.fullmatch(r"([0-9]{10})(?:-?([0-9]{3}))?", re.sub(r"[\s.]", "", text))
    if match is None or match.group(2) == "000" or tax_check_digit(match.group(1)[:9]) != int(match.group(1)[9]):
        return ""
    return match.group(1) + (f"-{match.group(2)}" if match.group(2) else "")


def clean_country(text: str) -> str:
    """The issuing country's one to three letters as in machine-readable lines; empty where they cannot be such."""
    letters = text.strip().upper()
    return letters if re.fullmatch(r"[A-Z]{1,3}", letters) else ""


def clean_document(country: str, number: str) -> str:
    """A passport or the like as one key: the issuing country's letters as in its machine-readable lines, a colon, letters and digits.

    Empty where it cannot be one.
    """
    issuer, signs = clean_country(country), re.sub(r"[\s.\-/]", "", number).upper()
    return f"{issuer}:{signs}" if issuer and re.fullmatch(r"[A-Z0-9]{5,20}", signs) else ""
