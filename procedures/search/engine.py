"""The index of what is in force today, made in each process and made anew when what it was made from has changed."""

from __future__ import annotations

import copy
import gc
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone

from portal.caching import marks
from portal.search.index import Index, Scores
from portal.search.question import MAX_SYLLABLES, Question, Words, plain_syllables
from portal.search.spelling import correction
from procedures import queries
from procedures.search.weights import Weights

logger = logging.getLogger(__name__)

LONGEST = 250
"""Syllables of a text that are looked at."""

K1 = 0.8
"""How soon a repeated word stops counting."""
NORMS = {"name": 0.6, "keywords": 0.2, "results": 0.6, "field": 0.6, "english": 0.4}
"""Length normalisation of each field; their weights are data (``SearchWeight``). The first decides how rare a word is. Steps, papers
and summaries are not looked at: they made the answers no better and the index four times as large."""

PROVINCIAL = 0.75
"""Factor of a province's own procedure: the general one comes first where both answer."""
AT_THE_DESK = 0.2
"""What a procedure gains that a commune takes: most of what people ask the state is asked there."""
FOR_OFFICIALS = 0.2
"""What a procedure loses that only officials ask for."""
POPULAR = 0.1
"""What the most read procedure gains, the others by the logarithm of their readings (what editors wrote begins with some)."""
SURE = 0.35
"""Coverage below which the answers are shown as a guess and the question is noted for the editors."""
NAMES = 0.4
"""Weight of the second opinion: the order by the names alone for the question as it was typed, so that no word of the editors can push
aside what was called by its name. Two orders are made one by the reciprocals of the ranks (Cormack, Clarke & Büttcher 2009)."""
NAMES_NORM = 0.75
"""Length normalisation of the names there."""
RANKS = 8
"""How soon a lower rank stops counting."""
DEPTH = 50
"""Ranks of the second opinion that count."""
LEAST_SHARE = 0.25
"""An answer with less than this share of the best score is not shown."""


@dataclass(frozen=True)
class Document:
    """What an answer needs to know of a procedure."""

    version_id: int
    code: str


@dataclass(frozen=True)
class Found:
    """Answers, best first, and how the question was understood."""

    versions: list[int]
    codes: list[str]
    question: Question
    coverage: float
    """Share of what the question asks about that the best answer speaks of, rare words counting more; 1 where a code was named."""
    more: bool = False
    """Whether there are more answers than were asked for."""

    @property
    def sure(self) -> bool:
        """Whether the first answers are likely to be meant."""
        return bool(self.versions) and self.coverage >= SURE

    @property
    def read_as(self) -> str:
        """The question with slips put right, without diacritics; empty where nothing was put right."""
        right = self.question.corrections
        return " ".join(right.get(one, one) for one in plain_syllables(self.question.text)) if right else ""


class Engine:
    """The index with its documents, words and weights. Immutable; a change makes another one."""

    def __init__(self, rows: list[dict[str, Any]], words: Words, weights: Weights | None = None) -> None:
        """``rows`` as ``queries.search_rows`` gives them; without ``weights`` those that are shipped."""
        self.words = words
        self.weights = weights or Weights.of()
        self.documents = [Document(row["version_id"], row["code"]) for row in rows]
        self.by_code = {old: number for number, row in enumerate(rows) for old in row["old_codes"]}
        self.by_code |= {document.code: number for number, document in enumerate(self.documents)}
        self.index = Index(
            {name: (self.weights.fields[name], norm, [_read(row[name]) for row in rows]) for name, norm in NORMS.items()}, len(rows), K1
        )
        self.names = Index({"name": (1.0, NAMES_NORM, [_read(row["name"]) for row in rows])}, len(rows))
        self.by_name: dict[tuple[str, ...], list[int]] = {}
        for number, row in enumerate(rows):
            self.by_name.setdefault(_bare(_read(row["name"])), []).append(number)
        self.factor: Scores = np.array([_factor(row) for row in rows], dtype=np.float32)

    def taught(self, words: Words, weights: Weights) -> Engine:
        """The same documents, asked with other words and weights."""
        other = copy.copy(self)
        other.words, other.weights = words, weights
        if weights.fields != self.weights.fields:
            other.index = self.index.reweighted(weights.fields)
        other.__dict__.pop("_taught_syllables", None)
        return other

    def read(self, text: str) -> Question:
        """The question with slips put right where a syllable is known to nothing and nobody."""
        syllables = plain_syllables(text)[:MAX_SYLLABLES]
        known, taught = self.index.syllables, self._taught
        right: dict[str, str] = {}
        for place, one in enumerate(syllables):
            if one not in known and one not in taught and one not in right:
                before = syllables[place - 1] if place else ""
                after = syllables[place + 1] if place + 1 < len(syllables) else ""
                if found := correction(one, known, before, after, self.index.tokens):
                    right[one] = found
        return Question.read(text, self.words, right)

    @property
    def _taught(self) -> set[str]:
        found = self.__dict__.get("_taught_syllables")
        if found is None:
            phrases = (*self.words.means, *self.words.also, *self.words.noise)
            found = self.__dict__["_taught_syllables"] = {syllable for phrase in phrases for syllable in phrase}
        return found

    def find(self, text: str, *, limit: int = 200, unfinished: bool = False) -> Found:
        """The best answers to a question, best first; codes named in it come first. ``unfinished``: its last word is still being typed."""
        question = self.read(text)
        if unfinished:
            self._complete(question, text)
        first = _ranked(self.index.score(self.weights.applied(question.weights)) * self.factor, max(limit + 1, DEPTH))
        # Where the editors' phrases say the whole question they have answered it, whatever else bears its words.
        asked = first and not question.settled
        second = _ranked(self.names.score(self.weights.applied(question.own)) * self.factor, DEPTH) if asked else []
        votes: dict[int, float] = {number: 1 / (RANKS + rank) for rank, number in enumerate(first)}
        for rank, number in enumerate(second):
            votes[number] = votes.get(number, 0.0) + NAMES / (RANKS + rank)
        numbers = sorted(votes, key=lambda number: -votes[number])
        named = [self.by_code[code] for code in question.codes if code in self.by_code]
        # Whoever typed a whole name means what bears it.
        named += sorted(self.by_name.get(_bare(_written_out(text)), ()), key=lambda number: -self.factor[number])
        numbers = list(dict.fromkeys([*named, *numbers]))
        more, numbers = len(numbers) > limit, numbers[:limit]
        coverage = 1.0 if named else self.index.coverage(question.weights, numbers[0]) if numbers else 0.0
        return Found([self.documents[n].version_id for n in numbers], [self.documents[n].code for n in numbers], question, coverage, more)

    def _complete(self, question: Question, text: str) -> None:
        """Let the last syllable stand for the commonest ones that begin with it."""
        syllables = plain_syllables(text)
        if not syllables:
            return
        last, before = syllables[-1], syllables[-2] if len(syllables) > 1 else ""
        begun = sorted(((count, one) for one, count in self.index.syllables.items() if one.startswith(last) and one != last), reverse=True)
        for _count, one in begun[:COMPLETIONS]:
            question.weights.setdefault(one, BEGUN)
            if before:
                question.weights.setdefault(f"{before}_{one}", BEGUN)


def _bare(syllables: tuple[str, ...]) -> tuple[str, ...]:
    """A name without the "thủ tục" that some begin with."""
    return syllables[2:] if syllables[:2] == ("thu", "tuc") else syllables


def _factor(row: dict[str, Any]) -> float:
    """By how much a procedure comes before or after others that answer as well."""
    place = (PROVINCIAL if row["provincial"] else 1.0) * (1 + AT_THE_DESK * row["commune"]) * (1 - FOR_OFFICIALS * row["officials"])
    return float(place * (1 + POPULAR * row["popularity"] / 1000))


def _ranked(scores: Scores, limit: int) -> list[int]:
    """Documents, best first, without those that say far less than the best."""
    order = np.argsort(-scores, kind="stable")[:limit]
    least = max(1e-6, float(scores[order[0]]) * LEAST_SHARE) if len(order) else 0.0
    return [int(number) for number in order if scores[number] >= least]


COMPLETIONS = 12
BEGUN = 0.6
"""Weight of a syllable that the last one typed may become."""


def _written_out(text: str) -> tuple[str, ...]:
    """The syllables of a text, abbreviations written out."""
    out: list[str] = []
    for syllable in plain_syllables(text)[:LONGEST]:
        out += ABBREVIATIONS.get(syllable, (syllable,))
    return tuple(out)


@lru_cache(maxsize=60_000)
def _read(text: str) -> tuple[str, ...]:
    """The syllables of a text of the catalogue. Remembered: after a change nearly all texts are as before."""
    return _written_out(text)


ABBREVIATIONS = {
    short: tuple(plain_syllables(whole))
    for short, whole in (
        ("bhxh", "bảo hiểm xã hội"), ("bhyt", "bảo hiểm y tế"), ("bhtn", "bảo hiểm thất nghiệp"), ("tnld", "tai nạn lao động"),
        ("bnn", "bệnh nghề nghiệp"), ("tnhh", "trách nhiệm hữu hạn"), ("htx", "hợp tác xã"), ("pccc", "phòng cháy chữa cháy"),
        ("ubnd", "ủy ban nhân dân"), ("gtgt", "giá trị gia tăng"), ("tncn", "thu nhập cá nhân"), ("tndn", "thu nhập doanh nghiệp"),
        ("qsdd", "quyền sử dụng đất"), ("tmdt", "thương mại điện tử"), ("gplx", "giấy phép lái xe"),
    )
}  # fmt: skip
"""Abbreviations that names of procedures use. People's own are the editors' words."""


class _Keeper:
    """One engine a process. Whoever finds it out of date makes the next one.

    A new index takes seconds: the others go on with the last one meanwhile, and are told that it is late. New words and weights take
    milliseconds: the others wait for them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._mark = ("", "")

    def get(self, documents: Callable[[], list[dict[str, Any]]], taught: Callable[[], tuple[Words, Weights]]) -> tuple[Engine, bool]:
        """The engine, and whether it is that of the present marks. A change of words and weights alone leaves the index as it is."""
        mark = _present_mark()
        held = self._engine
        if held is not None:
            if mark == self._mark:
                return held, True
            if not self._lock.acquire(timeout=LONGEST_WAIT if mark[0] == self._mark[0] else 0):
                return held, False
        else:
            self._lock.acquire()
        try:
            # Whoever waited for the lock may find the work done, and done for a later mark.
            mark, held = _present_mark(), self._engine
            if held is None or mark[0] != self._mark[0]:
                started = time.perf_counter()
                # The index is a quarter of a million objects that live long: the collector need not go through them at every turn,
                # which cost some questions a fifth of a second.
                gc.unfreeze()
                self._engine = Engine(documents(), *taught())
                gc.collect()
                gc.freeze()
                logger.info("search index made", extra={"milliseconds": round((time.perf_counter() - started) * 1000)})
            elif mark[1] != self._mark[1]:
                self._engine = held.taught(*taught())
                gc.freeze()
            self._mark = mark
            assert self._engine is not None
            return self._engine, True
        finally:
            self._lock.release()


def _present_mark() -> tuple[str, str]:
    """Of the documents (today's, as far as they have changed) and of the words and weights."""
    return f"{timezone.localdate():%Y%m%d}|{marks.of(('procedures',))}", marks.of(("search",))


_keeper = _Keeper()
LONGEST_WAIT = 3.0
"""Seconds that a question waits for new words or weights."""


def current_engine() -> Engine:
    """The engine of today's catalogue, words and weights, or the last one while a new one is being made."""
    return engine_and_whether_current()[0]


def engine_and_whether_current() -> tuple[Engine, bool]:
    """The engine, and whether its answers may be kept: not where it is the last one while a new one is being made."""

    def documents() -> list[dict[str, Any]]:
        return queries.search_rows(timezone.localdate())

    def taught() -> tuple[Words, Weights]:
        return Words.of(queries.words_in_use()), Weights.of(queries.weights_in_use())

    return _keeper.get(documents, taught) if settings.KEEP_SEARCH_INDEX else (Engine(documents(), *taught()), True)
