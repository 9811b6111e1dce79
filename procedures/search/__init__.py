"""Search that understands people: an index in each process's memory, fed from the catalogue and from the editors' words and weights.

``current_engine()`` gives the index of what is in force today, made anew when a room it was made from has changed.
"""

from portal.search.question import MAX_QUESTION, Question, Words
from procedures.search.elsewhere import Elsewhere, elsewhere
from procedures.search.engine import Engine, Found, current_engine, engine_and_whether_current
from procedures.search.trial import trial
from procedures.search.weights import Weights

__all__ = [
    "MAX_QUESTION",
    "Elsewhere",
    "Engine",
    "Found",
    "Question",
    "Weights",
    "Words",
    "current_engine",
    "elsewhere",
    "engine_and_whether_current",
    "trial",
]
