"""Search over texts that any room gives it: Vietnamese in plain syllables and pairs, weights of fields, slips put right, editors' words.

A room describes its texts in a :class:`Corpus`; ``engine_of(corpus).find(question)`` answers. An index in memory is made anew within
seconds when a room it was made from has changed.
"""

from portal.search.corpus import Corpus, Entry, Field
from portal.search.engine import Engine, Found, HeldEngine
from portal.search.keeping import engine_and_whether_current, engine_of
from portal.search.question import MAX_QUESTION, Question, Words, tidied
from portal.search.weights import Weights

__all__ = [
    "MAX_QUESTION",
    "Corpus",
    "Engine",
    "Entry",
    "Field",
    "Found",
    "HeldEngine",
    "Question",
    "Weights",
    "Words",
    "engine_and_whether_current",
    "engine_of",
    "tidied",
]
