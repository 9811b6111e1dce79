"""The dictionary by which comments are understood: data (`ratings/data/opinion_words.csv`, `opinion_spelling.csv`), and its version."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path

from portal.text.keys import search_key
from portal.text.tones import syllables

DATA = Path(__file__).parent.parent / "data"
WORDS, SPELLING = DATA / "opinion_words.csv", DATA / "opinion_spelling.csv"
METHOD = 1
"""Of the rules in `ratings.understood.reading`: raised when they read the same words otherwise."""
ROLES = {"not": "phủ định", "very": "nhấn mạnh", "less": "giảm nhẹ", "but": "đổi ý", "wish": "mong muốn, câu hỏi"}


class Topic(StrEnum):
    """What a comment is about."""

    TIME = "time"
    ATTITUDE = "attitude"
    PAPERS = "papers"
    COST = "cost"
    ONLINE = "online"
    PLACE = "place"
    RESULT = "result"
    OTHER = "other"


TOPICS = {
    Topic.TIME: "Thời gian giải quyết",
    Topic.ATTITUDE: "Thái độ phục vụ",
    Topic.PAPERS: "Giấy tờ, thủ tục",
    Topic.COST: "Phí, lệ phí",
    Topic.ONLINE: "Hệ thống trực tuyến",
    Topic.PLACE: "Nơi tiếp dân, chờ đợi",
    Topic.RESULT: "Kết quả",
    Topic.OTHER: "Nội dung khác",
}


class Mood(StrEnum):
    """How somebody speaks of it."""

    GOOD = "good"
    NEUTRAL = "neutral"
    BAD = "bad"


MOODS = {Mood.GOOD: "Khen, hài lòng", Mood.NEUTRAL: "Trung tính, góp ý", Mood.BAD: "Chê, bức xúc"}


@dataclass(frozen=True)
class Word:
    """One entry: a phrase, what it is about and how much it says so, how it sounds (−2 … 2), what it does to others (`ROLES`)."""

    phrase: str
    topic: str = ""
    weight: float = 0.0
    mood: float = 0.0
    role: str = ""


@dataclass(frozen=True)
class Dictionary:
    """All entries by their syllables, as written and without diacritics; abbreviations and slang by what they mean."""

    exact: dict[tuple[str, ...], Word] = field(repr=False)
    plain: dict[tuple[str, ...], Word] = field(repr=False)
    spelling: dict[str, tuple[str, ...]] = field(repr=False)
    longest: int
    version: str

    @property
    def words(self) -> list[Word]:
        """Every entry, in the order of the file."""
        return list(self.exact.values())


def read(words: Path = WORDS, spelling: Path = SPELLING) -> Dictionary:
    """The dictionary of two files; ``ValueError`` with the number of a row that cannot be used."""
    exact: dict[tuple[str, ...], Word] = {}
    plain: dict[tuple[str, ...], Word] = {}
    with words.open(encoding="utf-8", newline="") as rows:
        for number, row in enumerate(csv.DictReader(rows), start=2):
            word = _word(row, number)
            key = tuple(syllables(word.phrase))
            if not key or key in exact:
                raise ValueError(f"row {number}: {word.phrase!r} is empty or stands there twice")
            exact[key] = word
            # Of phrases that are written alike without diacritics the first one stands: specific ones come first in the file.
            plain.setdefault(tuple(search_key(part) for part in key), word)
    with spelling.open(encoding="utf-8", newline="") as rows:
        means = {row["written"]: tuple(syllables(row["meant"])) for row in csv.DictReader(rows)}
    digest = hashlib.sha256(words.read_bytes() + spelling.read_bytes()).hexdigest()[:10]
    return Dictionary(exact, plain, means, max(map(len, exact)), f"{METHOD}-{digest}")


def _word(row: dict[str, str], number: int) -> Word:
    topic, role = row["topic"], row["role"]
    if topic and topic not in {one.value for one in Topic}:
        raise ValueError(f"row {number}: no topic {topic!r}")
    if role and role not in ROLES:
        raise ValueError(f"row {number}: no role {role!r}")
    try:
        return Word(row["phrase"].strip(), topic, float(row["weight"] or 0), float(row["mood"] or 0), role)
    except ValueError as error:
        raise ValueError(f"row {number}: weight and mood are numbers") from error


@cache
def dictionary() -> Dictionary:
    """The one that ships, read once."""
    return read()
