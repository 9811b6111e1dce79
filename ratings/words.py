"""What people wrote in their own words on slips and in surveys, checked by an officer before anybody else reads it."""

from __future__ import annotations

from collections.abc import Callable

from feedback import redaction
from feedback.words import tidy

MAX_REASON = 300
Refused = Callable[[str, str], Exception]
"""How the room of the text says what is to be mended, and in which field."""


def cleaned(words: str) -> str:
    """A text without what tells who somebody is, as far as a machine finds it."""
    return redaction.without(words, redaction.marks(words))


def to_show(text: str, *, longest: int, refused: Refused) -> str:
    """A text as the checking officer leaves it for others to read; what still tells who somebody is, is refused."""
    text = tidy(text)
    if not text:
        raise refused("Bạn ghi ý kiến sẽ hiện, hoặc chọn “Không hiện”.", "text")
    if found := redaction.marks(text):
        named = "; ".join(f"{mark.label}: “{mark.text}”" for mark in found[:5])
        raise refused(f"Ý kiến còn thông tin về người: {named}. Bạn bỏ đi rồi duyệt.", "text")
    return text[:longest]


def why_hidden(reason: str, *, refused: Refused) -> str:
    """The reason for which nobody else reads a text."""
    if not reason.strip():
        raise refused("Bạn hãy ghi lý do.", "reason")
    return reason.strip()[:MAX_REASON]
