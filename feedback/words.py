"""Texts as people type and paste them, made fit to keep; what tells that two say the same."""

from __future__ import annotations

import unicodedata

from portal import crypto
from portal.search.question import plain_syllables
from portal.text import nfc

_SAME_TEXT = "feedback.same_text"
_KEPT = frozenset("\n\t")


def tidy(text: str) -> str:
    """Text in NFC with plain line ends, without signs that cannot be seen (zero-width, direction, control), and few empty lines."""
    text = nfc(text.replace("\r\n", "\n").replace("\r", "\n"))
    unseen = ("Cc", "Cf", "Cs", "Co", "Cn")
    text = "".join(sign for sign in text if sign in _KEPT or unicodedata.category(sign) not in unseen)
    lines = [line.rstrip() for line in text.split("\n")]
    kept: list[str] = []
    for line in lines:
        if line or len(kept) < 2 or kept[-1] or kept[-2]:
            kept.append(line)
    return "\n".join(kept).strip()


def same_text_print(text: str) -> str:
    """A keyed index that copies of one text share, whatever their spaces, capitals, diacritics and punctuation."""
    return crypto.blind_index(_SAME_TEXT, " ".join(plain_syllables(text)))
