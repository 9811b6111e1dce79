"""What the catalogue and the answered questions have to say to a question, and whether that is enough to answer by.

Measures of rare words more than of common ones decide: how much of what was asked a candidate speaks of, how much of what it is called was
asked, whether both ask the same thing (what it costs, who may). What nothing here speaks of is a rare word, so that a question about
something else fits nothing. The weights and thresholds were laid down on ``bench/questions/tuning.tsv`` and half of the questions in
``bench/questions/assistant.tsv`` that nothing answers; ``make bench-assistant`` says what they give on the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal.search import Engine, Found, HeldEngine, engine_of
from portal.search.corpus import written_out
from portal.search.question import pairs
from procedures.assistant.parts import Part, parts_of, subject_of

LOOKED_AT = 25
"""Questions, and a third as many procedures, that are looked at closely."""
MOST_CHOICES = 4
"""Candidates that are named where several may be meant."""
# Of an answered question: what the search gives it beside the best, what of the question asked it speaks of, what of it was asked, and
# whether both ask the same thing.
_SEARCH, _ASKED, _CALLED, _SAME = 1.0, 0.75, 0.5, 0.5
LEAST_ASKED, LEAST_CALLED = 0.3, 0.18
"""Of an answered question, below which it is no answer: nine of ten questions about something else stay below."""
MUCH_ALIKE = 0.65
"""Of an answered question: from where it comes before a procedure that is sure, too."""
SURE, PERHAPS = 3.75, 3.4
"""Of a procedure: from where it is answered by, and from where it is asked back about."""
LEAST_OWN = 0.05
"""Of what was asked, in its own words, that a procedure must speak of: the editors' words alone, which a question about something else may
hold by chance, are not enough unless they say all of it."""
TOO_CLOSE = 0.98
"""Of a second question: from where nobody can say which of the two is meant."""
AS_WELL = 0.95
"""Of a second one: from where it fits as well as the first."""
_NO_MORE = 0.25
"""What a word weighs that says nothing by itself."""
_PAIR = 0.6
"""What two neighbouring syllables weigh beside one."""


@dataclass(frozen=True)
class Text:
    """A candidate as it is compared."""

    key: str
    """Code of a procedure, key of a question."""
    title: str
    more: str = ""
    """Keywords of a procedure, other wordings of a question."""


@dataclass(frozen=True)
class Fit:
    """A candidate with how well it fits."""

    key: str
    score: float
    sure: bool
    """Whether it is enough to answer by."""
    perhaps: bool
    """Whether it is enough to ask about."""
    alike: float = 0.0
    """Of a question: how much of what was asked it asks, and how much of what it asks was asked; 2: the same."""


class Rarity:
    """How much a syllable says: by how few texts of the catalogue have it, and less where it says nothing by itself."""

    def __init__(self, engine: Engine) -> None:
        assert isinstance(engine, HeldEngine)
        self._counts, self._size = engine.index.syllables, max(1, engine.index.size)
        self._noise = {phrase[0] for phrase in engine.words.noise if len(phrase) == 1}
        self._known: dict[str, float] = {}

    def of(self, token: str) -> float:
        """Worth of a syllable or a pair."""
        known = self._known.get(token)
        if known is None:
            known = self._known[token] = self._worth(token)
        return known

    def _worth(self, token: str) -> float:
        if "_" in token:
            first, _, second = token.partition("_")
            return _PAIR * (self.of(first) + self.of(second)) / 2
        worth = max(0.05, math.log((self._size + 1) / (self._counts.get(token, 0) + 0.5)))
        return worth * (_NO_MORE if token in self._noise else 1.0)

    def share(self, tokens: Mapping[str, float], there: Iterable[str]) -> float:
        """Share of the weighted tokens that stand among others."""
        known = there if isinstance(there, (set, dict)) else set(there)
        whole = met = 0.0
        for token, weight in tokens.items():
            worth = weight * self.of(token)
            whole += worth
            met += worth if token in known else 0.0
        return met / whole if whole else 0.0


_COUNTED = frozenset({"cap", "loai", "hang", "muc", "phan", "so", "nhom"})
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}


def tokens_of(text: str) -> dict[str, float]:
    """Syllables and pairs of a text, each once; ``cấp II`` is ``cấp 2``."""
    written = written_out(text)
    syllables = [_ROMAN.get(one, one) if place and written[place - 1] in _COUNTED else one for place, one in enumerate(written)]
    return dict.fromkeys([*syllables, *pairs(syllables)], 1.0)


def same(asked: list[Part], said: list[Part]) -> float:
    """How far two questions ask the same thing, 0 to 1."""
    mine, theirs = set(asked), set(said)
    if mine and theirs:
        return len(mine & theirs) / min(len(mine), len(theirs))
    return 0.3 if mine or theirs else 0.5


def fit_questions(text: str, found: Found, texts: Mapping[str, Text], rarity: Rarity) -> list[Fit]:
    """Answered questions, the best first; ``texts`` of those that were ``found``. No query."""
    asked, parts = tokens_of(subject_of(text)), parts_of(text)
    best = max(found.scores, default=0.0) or 1.0
    fits = []
    for key, score in zip(found.keys[:LOOKED_AT], found.scores, strict=False):
        if (candidate := texts.get(key)) is None:
            continue
        ways = [candidate.title, *candidate.more.splitlines()]
        of_asked, called, alike = max(
            (rarity.share(asked, tokens_of(way)), rarity.share(tokens_of(subject_of(way)), asked), same(parts, parts_of(way)))
            for way in ways
        )
        whole = _SEARCH * score / best + _ASKED * of_asked + _CALLED * called + _SAME * alike
        enough = of_asked >= LEAST_ASKED and called >= LEAST_CALLED
        fits.append(Fit(key, whole, enough, enough, of_asked + called))
    return sorted(fits, key=lambda one: -one.score)


def fit_procedures(text: str, found: Found, texts: Mapping[str, Text], rarity: Rarity) -> list[Fit]:
    """Procedures in the order of the search, each with what it fits; ``texts`` by code of those that were ``found``. No query."""
    asked, meant = tokens_of(subject_of(text)), {token: weight for token, weight in found.question.weights.items() if "_" not in token}
    everything: dict[str, float] = {**asked, **found.question.weights}
    second = min(1.0, found.scores[1] / found.scores[0]) if len(found.scores) > 1 and found.scores[0] > 0 else 0.0
    fits = []
    for place, code in enumerate(found.codes[: LOOKED_AT // 3]):
        if (candidate := texts.get(code)) is None:
            continue
        spoken = {**tokens_of(candidate.title), **tokens_of(candidate.more)}
        name = dict.fromkeys(written_out(candidate.title), 1.0)
        own = rarity.share(asked, spoken)
        score = (
            rarity.share(meant, spoken)
            + 1.7 * own
            + 4.0 * rarity.share(name, everything)
            + (1.0 if found.question.settled and place == 0 else 0.0)
            - second
        )
        # Whoever named a code, or typed a whole name, means it.
        named = place == 0 and (code in found.question.codes or tokens_of(text) == tokens_of(candidate.title))
        speaks = own >= LEAST_OWN or found.question.settled
        fits.append(Fit(code, score, named or (speaks and score >= SURE), named or (speaks and score >= PERHAPS)))
    return fits


def engines() -> tuple[Engine, Engine]:
    """Of procedures and of questions, as they are today."""
    from procedures.questions.search import QUESTIONS
    from procedures.search import PROCEDURES

    return engine_of(PROCEDURES), engine_of(QUESTIONS)
