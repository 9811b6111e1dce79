"""Numbers and books of registration: how a number is written, which one comes next, and what the order of the books forbids.

Circular 04/2020/TT-BTP on civil status: within a year numbers run on from 1; a book that is full is followed by the next one, whose
numbers go on where the last book ended; a new year begins with 1 again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

NUMBER, BOOK = "registration_number", "book"
"""Fields of the form that asks for them."""
LARGEST_NUMBER, LARGEST_BOOK = 999_999, 99
_WRITTEN = re.compile(r"^([0-9]{1,6})(?:/([0-9]{4}))?$", re.ASCII)


@dataclass(frozen=True)
class Register:
    """A register of an agency, in which results get their numbers."""

    code: str
    """``birth``: each register counts by itself."""
    number_label: str = "Số đăng ký"
    has_books: bool = True
    """Whether entries stand in numbered books; without them everything is in one."""


class BadNumber(Exception):
    """The number cannot be given. ``field`` is :data:`NUMBER` or :data:`BOOK`; ``message`` tells the officer what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True)
class RegisterNumber:
    """A number in a book of a year."""

    year: int
    number: int
    book: int

    @property
    def number_words(self) -> str:
        """As papers write it: ``125/2026``."""
        return f"{self.number}/{self.year}"

    @property
    def book_words(self) -> str:
        """As papers write it: ``01/2026``."""
        return f"{self.book:02d}/{self.year}"


FIRST_BOOK = "1"
"""The book of a register that has only one."""


def _read(text: str, year: int, largest: int, field: str, words: str) -> int:
    match = _WRITTEN.match("".join(text.split()))
    if match is None or not 0 < int(match[1]) <= largest:
        raise BadNumber(field, f"{words} là số từ 1 đến {largest}, có thể kèm năm, ví dụ {'125' if field == NUMBER else '01'}/{year}.")
    if match[2] and int(match[2]) != year:
        raise BadNumber(field, f"Việc đăng ký hôm nay vào sổ của năm {year}, không vào sổ năm {match[2]}.")
    return int(match[1])


def read_number(number: str, book: str, *, now: datetime, label: str = "Số đăng ký") -> RegisterNumber:
    """What an officer typed, as a number of the year in which it is given (Vietnamese time). :class:`BadNumber`."""
    year = timezone.localtime(now).year
    return RegisterNumber(
        year=year,
        number=_read(number, year, LARGEST_NUMBER, NUMBER, label),
        book=_read(book, year, LARGEST_BOOK, BOOK, "Quyển số"),
    )


def refuse_disorder(given: RegisterNumber, *, before: RegisterNumber | None, after: RegisterNumber | None) -> None:
    """Refuse a book that does not fit the nearest lower and higher numbers of the year: a later book holds later numbers.

    Raises :class:`BadNumber`.
    """
    if before is not None and given.book < before.book:
        raise BadNumber(BOOK, f"Số {before.number_words} nhỏ hơn mà đã ở quyển {before.book_words}: số này không thể ở quyển trước đó.")
    if after is not None and given.book > after.book:
        raise BadNumber(BOOK, f"Số {after.number_words} lớn hơn mà mới ở quyển {after.book_words}: số này không thể ở quyển sau đó.")


def next_number(last: RegisterNumber | None, *, now: datetime) -> RegisterNumber:
    """The number that follows the last one of the year; the first of the first book where there is none."""
    year = timezone.localtime(now).year
    if last is None or last.year != year:
        return RegisterNumber(year, 1, 1)
    return RegisterNumber(year, last.number + 1, last.book)
