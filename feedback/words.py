"""Texts as people type and paste them, made fit to keep; what tells that two say the same."""

from __future__ import annotations

from portal import crypto
from portal.search.question import plain_syllables
from portal.text import tidy

__all__ = ["same_text_print", "tidy"]

_SAME_TEXT = "feedback.same_text"


def same_text_print(text: str) -> str:
    """A keyed index that copies of one text share, whatever their spaces, capitals, diacritics and punctuation."""
    return crypto.blind_index(_SAME_TEXT, " ".join(plain_syllables(text)))
