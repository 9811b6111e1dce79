"""What somebody of an age most likely has to do: by law (an identity card at 14) or as lives commonly go (a home, small children)."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CARD_AGES = (25, 40, 60)
"""Years at which an identity card is exchanged (Law on Identification 2023, art. 21.1)."""


@dataclass(frozen=True)
class Duty:
    """A procedure that the law has for an age, shown from one birthday to another."""

    codes: tuple[str, ...]
    """National codes of the procedure; the first one in force is meant."""
    words: str | Promise
    """Why it is shown."""
    first: int
    """Years, from the birthday on."""
    until: int | None
    """Years, up to the day before the birthday; None: for ever."""
    law: str


DUTIES = (
    Duty(("1.014061", "2.000200"), _("Bạn đã đủ 14 tuổi: làm thẻ căn cước."), 14, 15, "Law on Identification 2023 art. 19.2"),
    Duty(
        ("2.001195",),
        _("Bạn đã đủ 25 tuổi: thẻ căn cước phải đổi. Thẻ cấp từ khi bạn đủ 23 tuổi thì dùng tiếp."),
        25,
        26,
        "Law on Identification 2023 art. 21",
    ),
    Duty(
        ("2.001195",),
        _("Bạn đã đủ 40 tuổi: thẻ căn cước phải đổi. Thẻ cấp từ khi bạn đủ 38 tuổi thì dùng tiếp."),
        40,
        41,
        "Law on Identification 2023 art. 21",
    ),
    Duty(
        ("2.001195",),
        _("Bạn đã đủ 60 tuổi: thẻ căn cước phải đổi. Thẻ cấp từ khi bạn đủ 58 tuổi thì dùng tiếp."),
        60,
        61,
        "Law on Identification 2023 art. 21",
    ),
    Duty(
        ("1.014027",),
        _("Từ đủ 75 tuổi, ai không có lương hưu hay trợ cấp bảo hiểm xã hội hằng tháng thì được trợ cấp hưu trí xã hội."),
        75,
        None,
        "Law on Social Insurance 2024 art. 21.1",
    ),
)

EVENTS: tuple[tuple[str, int, int | None], ...] = (
    ("hoc-tap", 0, 24),
    ("huu-tri", 54, None),
    ("suc-khoe-va-y-te", 60, None),
    ("co-con-nho", 22, 42),
    ("viec-lam", 17, 57),
    ("hon-nhan-va-gia-dinh", 19, 35),
    ("phuong-tien-va-nguoi-lai", 17, 60),
    ("dien-luc-nha-o-dat-dai", 28, None),
    ("cu-tru-va-giay-to-tuy-than", 0, None),
)
"""Events of a life by the years in which they are common, the likeliest first. What editors expect, no law."""
MOST_EVENTS = 4


def birthday(born: dt.date, years: int) -> dt.date:
    """The day on which somebody is full ``years`` old; of 29 February the month's last day (Civil Code 2015 art. 148.3)."""
    year = born.year + years
    return dt.date(year, born.month, min(born.day, calendar.monthrange(year, born.month)[1]))


def _is_between(born: dt.date, first: int, until: int | None, today: dt.date) -> bool:
    return birthday(born, first) <= today and (until is None or today < birthday(born, until))


def duties_at(born: dt.date, today: dt.date) -> list[Duty]:
    """What the law has for somebody of this age."""
    return [duty for duty in DUTIES if _is_between(born, duty.first, duty.until, today)]


def events_at(born: dt.date, today: dt.date) -> list[str]:
    """Slugs of the events common at this age, at most ``MOST_EVENTS``."""
    return [slug for slug, first, until in EVENTS if _is_between(born, first, until, today)][:MOST_EVENTS]


def codes_of(duties: Iterable[Duty]) -> list[str]:
    """All codes that these duties may mean."""
    return [code for duty in duties for code in duty.codes]
