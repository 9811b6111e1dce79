"""The sentences that made a reading so, with the words marked. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from portal.text.keys import nfc
from ratings.understood.reading import sentence_of

MOST = 2
"""Sentences of one comment."""


def sentences(text: str, spans: Sequence[Sequence[object]], *, topic: str = "") -> list[list[tuple[str, bool]]]:
    """Up to two sentences in which spans stand, of a topic where one is asked for; each in pieces, marked or not. Without any span the
    beginning of the text."""
    text = nfc(text)
    places = [(int(str(start)), int(str(end))) for start, end, of, *_mood in spans if not topic or of in (topic, "")]
    places = [(start, end) for start, end in places if 0 <= start < end <= len(text)]
    of_topic = [(int(str(start)), int(str(end))) for start, end, of, *_mood in spans if topic and of == topic]
    found: dict[str, int] = {}
    for start, end in sorted(of_topic or places):
        if 0 <= start < end <= len(text):
            said = sentence_of(text, start, end)
            found.setdefault(said, text.find(said))
    if not found:
        return [[(text[:200], False)]] if text and not topic else []
    return [_marked(said, at, places) for said, at in list(found.items())[:MOST]]


def _marked(said: str, at: int, places: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    pieces: list[tuple[str, bool]] = []
    done = 0
    for start, end in sorted({(start - at, end - at) for start, end in places}):
        if start < done or end > len(said):
            continue
        if start > done:
            pieces.append((said[done:start], False))
        pieces.append((said[start:end], True))
        done = end
    if done < len(said):
        pieces.append((said[done:], False))
    return pieces
