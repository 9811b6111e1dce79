"""What can be said of a registration without asking anybody. Pure functions; ``today`` and ``now`` are arguments."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta

from accounts.identifiers import fits
from accounts.models import Registration
from portal.access import Assurance
from portal.text import nfc, place_tone_marks

LEAST_AGE = 14
"""From this age on one has an account of one's own (Decree 69/2024/NĐ-CP art. 7); for the younger ones their parents act."""
OLDEST_AGE = 130
ANSWERS_COUNT = timedelta(days=1)
"""How long an answer of a registry counts for a registration that still waits for another one."""
LIVES = {
    Registration.Way.PHONE: timedelta(days=30),
    Registration.Way.INSURANCE: timedelta(days=30),
    Registration.Way.CERTIFICATE: timedelta(days=30),
    Registration.Way.ORGANISATION: timedelta(days=30),
    Registration.Way.NUMBER: timedelta(days=30),
    Registration.Way.DOCUMENT: timedelta(days=60),
    Registration.Way.COUNTER: timedelta(days=90),
}
"""How long a registration may take in all: an outage of a registry, a way to the counter, a slip in a drawer."""
LEVEL = {
    Registration.Way.PHONE: Assurance.MEDIUM,
    Registration.Way.INSURANCE: Assurance.MEDIUM,
    Registration.Way.DOCUMENT: Assurance.MEDIUM,
    Registration.Way.NUMBER: Assurance.MEDIUM,
    Registration.Way.COUNTER: Assurance.MEDIUM,
    Registration.Way.CERTIFICATE: Assurance.HIGH,
}
"""How surely each way says who the account is. None below medium (Rules art. 9.4)."""
_MARKS_IN_NAMES = frozenset(" '’.-")


def tidy_name(text: str) -> str:
    """A name in NFC with single spaces, as it was typed else."""
    return " ".join(nfc(text).split())


def is_name(text: str) -> bool:
    """Whether a tidy name is written in Latin letters alone: a letter of another script that looks the same is another letter."""
    letters = [sign for sign in text if sign not in _MARKS_IN_NAMES]
    return len(letters) >= 2 and all(sign.isalpha() and unicodedata.name(sign, "").startswith("LATIN ") for sign in letters)


def same_name(one: str, other: str) -> bool:
    """Whether two registries write one name: capitals, spaces and the place of tone marks (hòa, hoà) make no difference, letters do."""
    return place_tone_marks(tidy_name(one)).casefold() == place_tone_marks(tidy_name(other)).casefold()


def age_on(born: date, today: date) -> int:
    """Full years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def number_fits(id_number: str, *, born: date, sex: str) -> bool:
    """Whether the number's own digits agree with the day of birth and the sex."""
    return 1900 <= born.year < 2400 and fits(id_number, birth_date=born, female=sex == "female")
