"""Answers to questions over the texts of one corpus, best first."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from portal.search.corpus import Corpus, Entry, read_text, written_out
from portal.search.index import Index, Scores, Statistics
from portal.search.question import MAX_SYLLABLES, Question, Words, plain_syllables
from portal.search.spelling import correction
from portal.search.weights import Weights

K1 = 0.8
"""How soon a repeated word stops counting."""
SURE = 0.35
"""Coverage below which the answers are shown as a guess."""
NAMES_NORM = 0.75
"""Length normalisation of the names in the second opinion."""
RANKS = 8
"""How soon a lower rank stops counting."""
DEPTH = 50
"""Ranks of the second opinion that count."""
LEAST_SHARE = 0.25
"""An answer with less than this share of the best score is not shown."""
COMPLETIONS = 12
BEGUN = 0.6
"""Weight of a syllable that the last one typed may become."""


@dataclass(frozen=True)
class Found:
    """Answers, best first, and how the question was understood."""

    keys: list[str]
    codes: list[str]
    """Each answer's own code; empty where it has none."""
    question: Question
    coverage: float
    """Share of what the question asks about that the best answer speaks of, rare words counting more; 1 where a code was named."""
    more: bool = False
    """Whether there are more answers than were asked for."""
    scores: tuple[float, ...] = ()
    """What each answer scored by its words, to compare answers of one question; not in the order of the answers where names decided."""

    @property
    def sure(self) -> bool:
        """Whether the first answers are likely to be meant."""
        return bool(self.keys) and self.coverage >= SURE

    @property
    def read_as(self) -> str:
        """The question with slips put right, without diacritics; empty where nothing was put right."""
        right = self.question.corrections
        return " ".join(right.get(one, one) for one in plain_syllables(self.question.text)) if right else ""


class Shelf:
    """Entries with their indexes: all of a corpus, or those that a question may mean."""

    def __init__(
        self,
        corpus: Corpus,
        entries: Sequence[Entry],
        weights: Weights,
        texts: Mapping[str, Sequence[tuple[str, ...]]],
        statistics: Statistics | None = None,
    ) -> None:
        """``texts``: the entries' syllables by field; ``statistics``: of the whole corpus, where these are some of its entries."""
        name = corpus.name_field
        self.keys = [entry.key for entry in entries]
        self.codes = [entry.codes[0] if entry.codes else "" for entry in entries]
        self.by_code = {old: number for number, entry in enumerate(entries) for old in entry.codes[1:]}
        self.by_code |= {code: number for number, code in enumerate(self.codes) if code}
        self.labels = [entry.labels for entry in entries]
        self.index = Index(
            {field: (weights.fields[field], about.norm, texts[field]) for field, about in corpus.fields.items()},
            len(entries),
            K1,
            statistics,
        )
        self.names = Index({name: (1.0, NAMES_NORM, texts[name])}, len(entries), statistics=statistics)
        self.by_name: dict[tuple[str, ...], list[int]] = {}
        for number, syllables in enumerate(texts[name]):
            self.by_name.setdefault(corpus.bare(syllables), []).append(number)
        self.prior: Scores = np.array([entry.prior for entry in entries], dtype=np.float32)

    def reweighted(self, weights: Weights) -> Shelf:
        """The same entries, their fields weighing otherwise."""
        other = copy.copy(self)
        other.index = self.index.reweighted(weights.fields)
        return other

    def prior_of(self, labels: Collection[str]) -> Scores:
        """The prior of each entry; 0 where it lacks one of the labels."""
        if not labels:
            return self.prior
        wanted = frozenset(labels)
        return np.where([wanted <= one for one in self.labels], self.prior, np.float32(0))


class Engine(ABC):
    """What is asked. Immutable; a change of the texts, words or weights makes another one."""

    def __init__(self, corpus: Corpus, words: Words | None = None, weights: Weights | None = None) -> None:
        """Without ``words`` or ``weights`` those of the corpus that come with the software: none, and as described."""
        self.corpus = corpus
        self.words = Words() if words is None else words
        self.weights = weights or corpus.weights()

    def taught(self, words: Words, weights: Weights) -> Engine:
        """The same texts, asked with other words and weights."""
        other = copy.copy(self)
        other.words, other.weights = words, weights
        other.__dict__.pop("_taught_syllables", None)
        return other

    @property
    @abstractmethod
    def held(self) -> int:
        """Texts in this process's memory."""

    @abstractmethod
    def _vocabulary(self, syllables: Sequence[str]) -> tuple[Mapping[str, int], Container[str]]:
        """Known syllables with their counts, and known tokens: as far as these syllables and their spelling ask for them."""

    @abstractmethod
    def _beginning(self, start: str) -> Iterable[str]:
        """The commonest ``COMPLETIONS`` syllables that begin so, the commonest first."""

    @abstractmethod
    def _shelf(self, question: Question, labels: Collection[str]) -> Shelf:
        """The entries that may be meant."""

    def read(self, text: str) -> Question:
        """The question with slips put right where a syllable is known to nothing and nobody."""
        syllables = plain_syllables(text)[:MAX_SYLLABLES]
        known, tokens = self._vocabulary(syllables)
        taught = self._taught
        right: dict[str, str] = {}
        for place, one in enumerate(syllables):
            if one not in known and one not in taught and one not in right:
                before = syllables[place - 1] if place else ""
                after = syllables[place + 1] if place + 1 < len(syllables) else ""
                if found := correction(one, known, before, after, tokens):
                    right[one] = found
        return Question.read(text, self.words, right, self.corpus.code)

    @property
    def _taught(self) -> set[str]:
        found = self.__dict__.get("_taught_syllables")
        if found is None:
            phrases = (*self.words.means, *self.words.also, *self.words.noise)
            found = self.__dict__["_taught_syllables"] = {syllable for phrase in phrases for syllable in phrase}
        return found

    def find(self, text: str, *, limit: int = 200, unfinished: bool = False, labels: Collection[str] = ()) -> Found:
        """The best answers to a question, best first; codes named in it come first.

        ``unfinished``: its last word is still being typed; ``labels``: what every answer must have.
        """
        question = self.read(text)
        if unfinished:
            self._complete(question, text)
        shelf = self._shelf(question, labels)
        prior = shelf.prior_of(labels)
        scores = shelf.index.score(self.weights.applied(question.weights)) * prior
        first = _ranked(scores, max(limit + 1, DEPTH))
        # Where the editors' phrases say the whole question they have answered it, whatever else bears its words.
        asked = first and self.corpus.names and not question.settled
        second = _ranked(shelf.names.score(self.weights.applied(question.own)) * prior, DEPTH) if asked else []
        votes: dict[int, float] = {number: 1 / (RANKS + rank) for rank, number in enumerate(first)}
        for rank, number in enumerate(second):
            votes[number] = votes.get(number, 0.0) + self.corpus.names / (RANKS + rank)
        numbers = sorted(votes, key=lambda number: -votes[number])
        named = [shelf.by_code[code] for code in question.codes if code in shelf.by_code]
        # Whoever typed a whole name means what bears it.
        if whole := self.corpus.bare(written_out(text)):
            named += sorted(shelf.by_name.get(whole, ()), key=lambda number: -prior[number])
        named = [number for number in named if prior[number]]
        numbers = list(dict.fromkeys([*named, *numbers]))
        more, numbers = len(numbers) > limit, numbers[:limit]
        coverage = 1.0 if named else shelf.index.coverage(question.weights, numbers[0]) if numbers else 0.0
        if numbers and self.words.own == 1:
            # Whoever wrote it in the same words answers it, whatever an agency calls it.
            typed = {token: weight for token, weight in question.own.items() if token in question.weights}
            coverage = max(coverage, shelf.index.coverage(typed, numbers[0]))
        scored = tuple(float(scores[n]) for n in numbers)
        return Found([shelf.keys[n] for n in numbers], [shelf.codes[n] for n in numbers], question, coverage, more, scored)

    def _complete(self, question: Question, text: str) -> None:
        """Let the last syllable stand for the commonest ones that begin with it."""
        syllables = plain_syllables(text)
        if not syllables:
            return
        last, before = syllables[-1], syllables[-2] if len(syllables) > 1 else ""
        for one in self._beginning(last):
            question.weights.setdefault(one, BEGUN)
            if before:
                question.weights.setdefault(f"{before}_{one}", BEGUN)


class HeldEngine(Engine):
    """The whole corpus in this process's memory."""

    def __init__(self, corpus: Corpus, entries: Iterable[Entry], words: Words | None = None, weights: Weights | None = None) -> None:
        """``entries`` in the order that decides between equals."""
        super().__init__(corpus, words, weights)
        held = list(entries)
        texts = {name: [read_text(one.texts.get(name, ""), about.longest) for one in held] for name, about in corpus.fields.items()}
        self.shelf = Shelf(corpus, held, self.weights, texts)

    @property
    def held(self) -> int:
        """All of them."""
        return self.index.size

    @property
    def index(self) -> Index:
        """The index of all fields."""
        return self.shelf.index

    def taught(self, words: Words, weights: Weights) -> HeldEngine:
        """The same index; its fields are weighed anew where a word is next asked for."""
        other = super().taught(words, weights)
        assert isinstance(other, HeldEngine)
        if weights.fields != self.weights.fields:
            other.shelf = self.shelf.reweighted(weights)
        return other

    def _vocabulary(self, syllables: Sequence[str]) -> tuple[Mapping[str, int], Container[str]]:
        return self.index.syllables, self.index.tokens

    def _beginning(self, start: str) -> Iterable[str]:
        begun = sorted(
            ((count, one) for one, count in self.index.syllables.items() if one.startswith(start) and one != start), reverse=True
        )
        return [one for _count, one in begun[:COMPLETIONS]]

    def _shelf(self, question: Question, labels: Collection[str]) -> Shelf:
        return self.shelf


def _ranked(scores: Scores, limit: int) -> list[int]:
    """Documents, best first, without those that say far less than the best."""
    order = np.argsort(-scores, kind="stable")[:limit]
    least = max(1e-6, float(scores[order[0]]) * LEAST_SHARE) if len(order) else 0.0
    return [int(number) for number in order if scores[number] >= least]
