"""Where the tone mark stands, and syllables."""

from __future__ import annotations

import re
import unicodedata

_TONE_MARKS = "\u0300\u0301\u0303\u0309\u0323"
_WORD = re.compile(r"[^\W_]+")
_MISPLACED = re.compile(
    rf"(?P<head>^|.*[^aeiouy{_TONE_MARKS}\u0302\u0306\u031b])(?P<first>[ou])(?P<tone>[{_TONE_MARKS}])(?P<last>a|e|y)$", re.I
)
_PAIRS = frozenset({"oa", "oe", "uy"})


def _place(word: str) -> str:
    parts = unicodedata.normalize("NFD", word)
    found = _MISPLACED.match(parts)
    if found is None or (found["first"] + found["last"]).lower() not in _PAIRS:
        return unicodedata.normalize("NFC", word)
    return unicodedata.normalize("NFC", found["head"] + found["first"] + found["last"] + found["tone"])


def place_tone_marks(s: str) -> str:
    """The text in NFC with the tone mark of open ``oa``, ``oe``, ``uy`` on the second vowel: ``hòa`` → ``hoà``, ``Thúy`` → ``Thuý``.

    Both spellings are lawful and one person is written both ways in two registries; compare names only after this. The second
    place is the one of the school spelling rules (Decision 1989/QĐ-BGDĐT of 2018). Other vowels have one place (``của``,
    ``hoàn``) and stay. Idempotent.
    """
    return _WORD.sub(lambda found: _place(found[0]), unicodedata.normalize("NFC", s))


def syllables(s: str) -> list[str]:
    """The syllables of a text in order: lower case, NFC, tone marks in one place, without punctuation. Numbers count as syllables."""
    return [_place(found[0]) for found in _WORD.finditer(unicodedata.normalize("NFC", s).lower())]
