"""Canonical form, search key and sort key."""

from __future__ import annotations

import re
import unicodedata

ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
"""Vietnamese letters in their order (TCVN 6909 names them, dictionaries order them); f j w z of foreign words in their Latin places."""

TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
"""Combining mark → rank: huyền, hỏi, ngã, sắc, nặng; no mark (ngang) is 0."""

_LETTER_MARKS = frozenset("\u0306\u0302\u031b")
"""Breve, circumflex, horn: they make another letter, not another tone."""

_LEVEL_END = "00"
_BREAK = "01"


def _codes() -> dict[str, str]:
    """Two ASCII characters per letter, so that the plain order of the codes is the order of the alphabet."""
    codes: dict[str, str] = {}
    rank: dict[str, int] = {}
    for letter in ALPHABET:
        base = "d" if letter == "đ" else unicodedata.normalize("NFD", letter)[0]
        codes[letter] = f"{base}{rank.setdefault(base, 0)}"
        rank[base] += 1
    return codes


_CODES = _codes()


def nfc(s: str) -> str:
    """The text in Unicode form NFC: every ``ế`` is one character, however it was typed."""
    return unicodedata.normalize("NFC", s)


_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


def visible(text: str) -> str:
    """Text in one form, without signs that nobody sees: soft hyphens, zero-width spaces and joiners, marks of direction."""
    return _INVISIBLE.sub("", nfc(text))


def search_key(s: str) -> str:
    """Lower case, without diacritics, ``đ`` as ``d``, runs of white space as one space, none at the ends.

    ``"  Đăng  ký KHAI SINH "`` → ``"dang ky khai sinh"``. Idempotent; equal for composed and decomposed input.
    """
    if s.isascii():
        # Nothing to take apart: ten times as fast, and most of what is compared is plain already.
        return " ".join(s.lower().split())
    # Case folding twice around NFD is Unicode's canonical caseless matching: one pass is not idempotent (Ⅷ, ŉ, İ).
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", s).casefold())
    plain = "".join("d" if char == "đ" else char for char in folded if unicodedata.category(char) != "Mn")
    return " ".join(unicodedata.normalize("NFC", plain).split())


def sort_key(s: str) -> str:
    """A key of ASCII letters and digits whose plain order is Vietnamese alphabetical order.

    First the letters (a ă â b c d đ e ê …), word by word (a space comes before every letter, punctuation counts as a space);
    then the tones, ngang huyền hỏi ngã sắc nặng, from left to right; then small letters before capitals. The key works in
    any byte-wise collation, so PostgreSQL needs no ICU.
    """
    letters: list[str] = []
    tones: list[str] = []
    cases: list[str] = []
    for char in unicodedata.normalize("NFC", s):
        marks = unicodedata.normalize("NFD", char.lower())
        base, tone, letter_mark = marks[0], "0", ""
        for mark in marks[1:]:
            if mark in TONES:
                tone = TONES[mark]
            elif mark in _LETTER_MARKS:
                letter_mark = mark
        code = _CODES.get(unicodedata.normalize("NFC", base + letter_mark)) or _CODES.get(base)
        if code is None and char.isdecimal():
            code = f"1{unicodedata.decimal(char)}"
        elif code is None and char.isalnum():
            code = f"z1{ord(char):06x}"
        if code is not None:
            letters.append(code)
            tones.append(tone)
            cases.append("1" if char.isupper() else "0")
        elif letters and letters[-1] != _BREAK and unicodedata.category(char) != "Mn":
            letters.append(_BREAK)
    if letters and letters[-1] == _BREAK:
        letters.pop()
    return "".join(letters) + _LEVEL_END + "".join(tones).rstrip("0") + _LEVEL_END + "".join(cases).rstrip("0")
