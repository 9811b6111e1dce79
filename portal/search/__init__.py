"""Search over texts that any room gives it: Vietnamese in plain syllables and pairs, weights of fields, slips put right, editors' words.

A room describes its texts in a :class:`Corpus`; ``engine_of(corpus).find(question)`` answers. An index in memory is made anew within
seconds when a room it was made from has changed; of a corpus in PostgreSQL the room says what it writes (``put``, ``remove``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from portal.search.corpus import Corpus, Entry, Field, Kept
from portal.search.engine import Engine, Found, HeldEngine
from portal.search.question import MAX_QUESTION, Question, Words, tidied
from portal.search.weights import Weights

if TYPE_CHECKING:
    from portal.search.keeping import engine_and_whether_current, engine_of
    from portal.search.stored import ensure, put, rebuild, remove

__all__ = [
    "MAX_QUESTION",
    "Corpus",
    "Engine",
    "Entry",
    "Field",
    "Found",
    "HeldEngine",
    "Kept",
    "Question",
    "Weights",
    "Words",
    "engine_and_whether_current",
    "engine_of",
    "ensure",
    "put",
    "rebuild",
    "remove",
    "tidied",
]

_HOMES = {
    "engine_and_whether_current": "portal.search.keeping",
    "engine_of": "portal.search.keeping",
    "ensure": "portal.search.stored",
    "put": "portal.search.stored",
    "rebuild": "portal.search.stored",
    "remove": "portal.search.stored",
}


def __getattr__(name: str) -> Any:
    # Late, because models need ready apps.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(name)
