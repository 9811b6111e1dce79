"""What people ask the portal and the State answers elsewhere: at court, at a school. Shipped as data; the page says where to go.

``procedures/data/search/elsewhere.json`` is a list; each entry has ``phrases`` that ask for it (with choices, as the search's words have
them), phrases with which something else is meant (``unless``), what to say in both languages, and ``codes`` of procedures that help.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from portal.search.phrases import ways_to_say
from portal.search.question import MAX_SYLLABLES, Phrase, plain_syllables

FILE = Path(__file__).resolve().parent.parent / "data" / "search" / "elsewhere.json"


@dataclass(frozen=True)
class Elsewhere:
    """Where something is decided that is no administrative procedure."""

    phrases: frozenset[Phrase]
    unless: frozenset[Phrase]
    title: str
    text: str
    english_title: str
    english_text: str
    codes: tuple[str, ...]
    """Procedures that help all the same, the most helpful first."""


def _phrases(written: Sequence[str]) -> frozenset[Phrase]:
    return frozenset(tuple(plain_syllables(way)) for phrase in written for way in ways_to_say(phrase))


@lru_cache(maxsize=1)
def _shipped() -> tuple[Elsewhere, ...]:
    return tuple(
        Elsewhere(
            _phrases(entry["phrases"]),
            _phrases(entry["unless"]),
            entry["title"],
            entry["text"],
            entry["english"]["title"],
            entry["english"]["text"],
            tuple(entry["codes"]),
        )
        for entry in json.loads(FILE.read_text(encoding="utf-8"))
    )


def elsewhere(text: str) -> Elsewhere | None:
    """Where to go with this question, with or without diacritics; None: nothing is known of any other place. No query."""
    syllables = plain_syllables(text)[:MAX_SYLLABLES]
    for entry in _shipped():
        if _says(syllables, entry.phrases) and not _says(syllables, entry.unless):
            return entry
    return None


def _says(syllables: list[str], phrases: frozenset[Phrase]) -> bool:
    lengths = {len(phrase) for phrase in phrases}
    return any(tuple(syllables[at : at + length]) in phrases for length in lengths for at in range(len(syllables) - length + 1))
