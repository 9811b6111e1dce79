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
