"""What a room tells the search of its texts: the description of a corpus.

A room writes one :class:`Corpus` and asks ``portal.search.engine_of`` for its engine; ``docs/recipes.md`` has it in ten lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from portal.search.question import Words, plain_syllables
from portal.search.weights import Weights


class Kept(Enum):
    """Where the index of a corpus is."""

    MEMORY = "memory"
    """In each web process: some thousand short texts; the fastest. Made anew when a room changes."""
    POSTGRES = "postgres"
    """In PostgreSQL: any number of long texts, known as soon as the transaction that ``put`` them ends."""


@dataclass(frozen=True)
class Field:
    """One part of every text."""

    weight: float
    """Beside the other fields, as it comes with the software."""
    norm: float = 0.6
    """Length normalisation b of BM25: 0 none, 1 full."""
    longest: int = 250
    """Syllables that are looked at."""


@dataclass(frozen=True)
class Entry:
    """One text that can be an answer."""

    key: str
    """By which the room knows it."""
    texts: Mapping[str, str]
    """By field; one that is absent is empty."""
    prior: float = 1.0
    """By how much it comes before or after others that answer as well."""
    codes: tuple[str, ...] = ()
    """Under which it is asked outright, its own first, then older ones; in capitals."""
    labels: frozenset[str] = frozenset()
    """What an answer can be narrowed by (``find(…, labels=…)``): ``"agency:H26"``."""


@dataclass(frozen=True, eq=False)
class Corpus:
    """Texts of one room that are searched together."""

    name: str
    fields: Mapping[str, Field]
    """The first is what a text is called: by it rarity is told, and whole names are known."""
    entries: Callable[[], Iterable[Entry]]
    """All that can be found today, in an order that decides between equals."""
    rooms: tuple[str, ...]
    """Rooms of ``portal.caching`` that the entries are made from: when one changes, or a day begins, an index in memory is made anew."""
    taught: Callable[[], tuple[Words, Weights]] | None = None
    """The editors' words and weights; without, abbreviations are written out and fields weigh as they come."""
    taught_rooms: tuple[str, ...] = ()
    """Rooms that these are made from."""
    kept: Kept = Kept.MEMORY
    """In PostgreSQL the room calls ``portal.search.put`` and ``remove`` where it writes; for a corpus in memory they do nothing, so that it
    can outgrow memory by this word."""
    code: re.Pattern[str] | None = None
    """What is taken out of a question (lower case, without diacritics) as a code."""
    names: float = 0.0
    """Weight of a second opinion: the order by the names alone for the question as it was typed, so that no word of the editors can push
    aside what was called by its name. Two orders are made one by the reciprocals of the ranks (Cormack, Clarke & Büttcher 2009)."""
    opening: tuple[str, ...] = ()
    """Syllables that some names begin with and others of the same kind do not (``thủ tục``)."""

    def weights(self) -> Weights:
        """As they come with the software."""
        return Weights({name: one.weight for name, one in self.fields.items()})

    def teach(self) -> tuple[Words, Weights]:
        """The words and weights in use."""
        return self.taught() if self.taught else (written_out_words(), self.weights())

    @property
    def name_field(self) -> str:
        """The first field."""
        return next(iter(self.fields))

    def bare(self, syllables: tuple[str, ...]) -> tuple[str, ...]:
        """A name without what some begin with."""
        length = len(self.opening)
        return syllables[length:] if length and syllables[:length] == self.opening else syllables


ABBREVIATIONS = {
    short: tuple(plain_syllables(whole))
    for short, whole in (
        ("bhxh", "bảo hiểm xã hội"), ("bhyt", "bảo hiểm y tế"), ("bhtn", "bảo hiểm thất nghiệp"), ("tnld", "tai nạn lao động"),
        ("bnn", "bệnh nghề nghiệp"), ("tnhh", "trách nhiệm hữu hạn"), ("htx", "hợp tác xã"), ("pccc", "phòng cháy chữa cháy"),
        ("ubnd", "ủy ban nhân dân"), ("gtgt", "giá trị gia tăng"), ("tncn", "thu nhập cá nhân"), ("tndn", "thu nhập doanh nghiệp"),
        ("qsdd", "quyền sử dụng đất"), ("tmdt", "thương mại điện tử"), ("gplx", "giấy phép lái xe"),
    )
}  # fmt: skip
"""Abbreviations that the texts of agencies use. People's own are the editors' words."""


def written_out(text: str, longest: int = Field.longest) -> tuple[str, ...]:
    """The syllables of a text, abbreviations written out; ``longest``: how many of them are looked at."""
    out: list[str] = []
    for syllable in plain_syllables(text)[:longest]:
        out += ABBREVIATIONS.get(syllable, (syllable,))
    return tuple(out)


read_text = lru_cache(maxsize=60_000)(written_out)
"""The same, remembered: after a change nearly all texts are as before."""


@lru_cache(maxsize=1)
def written_out_words() -> Words:
    """The abbreviations as words, for a corpus without editors: whoever asks by one is answered by what it stands for."""
    return Words.of((short, "means", [" ".join(whole)]) for short, whole in ABBREVIATIONS.items())
