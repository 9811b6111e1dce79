"""BM25F: BM25 over weighted fields (Robertson & Zaragoza, "The Probabilistic Relevance Framework"), with syllable pairs beside syllables.

How often a word stands in a document is summed over the fields, each with its weight and the norm of its length, before it is damped: a
procedure whose results and keywords repeat its name gains little by it. Everything is an array, so that a question costs a
handful of additions over posting lists, whatever its length.

The fields' weights are applied when a word is first asked for: other weights cost nothing but that once more.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portal.search.question import pairs

K1 = 1.2
"""How soon a repeated word stops counting, where nothing else is asked for; the less the sooner."""

Scores = NDArray[np.float32]
Postings = tuple[NDArray[np.int32], Scores]
"""Documents in their order and what a token is worth in each."""


@dataclass(frozen=True)
class _Field:
    """The postings of one field, those of each token between two starts: documents and how often, by the norm of their length."""

    documents: NDArray[np.int32]
    often: Scores
    starts: NDArray[np.int64]

    def postings(self, token: int) -> Postings:
        begin, end = self.starts[token : token + 2]
        return self.documents[begin:end], self.often[begin:end]


@dataclass(frozen=True)
class Statistics:
    """What is known of a whole corpus where only some of its documents are looked at."""

    size: int
    """Documents."""
    means: Mapping[str, float]
    """Mean length of each field, in syllables and pairs, of those documents that have it."""
    counts: Mapping[str, Sequence[int]]
    """Token → documents that have it, by field in their order. Only these tokens are looked at."""


class Index:
    """An inverted index over documents of several fields. Immutable but for what it remembers."""

    def __init__(
        self,
        fields: Mapping[str, tuple[float, float, Sequence[Sequence[str]]]],
        size: int,
        k1: float = K1,
        statistics: Statistics | None = None,
    ) -> None:
        """``fields``: weight, length normalisation b (0 none, 1 full) and the syllables of each document, in the documents' order.

        ``statistics``: of the corpus that these documents are some of; without, these are all.
        """
        self.size = size
        self.tokens: dict[str, int] = {}
        """Every syllable and pair that a document has, numbered."""
        self.weights = {name: weight for name, (weight, _b, _documents) in fields.items()}
        self._k1 = k1
        if statistics:
            self.tokens = {token: number for number, token in enumerate(statistics.counts)}
        counted = [
            self._count(b, documents, statistics.means.get(name, 1.0) if statistics else None)
            for name, (_weight, b, documents) in fields.items()
        ]
        numbers = np.arange(len(self.tokens) + 1)
        parted = [(documents, often, np.searchsorted(token_of, numbers)) for token_of, documents, often in counted]
        self._fields = {name: _Field(*parts) for name, parts in zip(fields, parted, strict=True)}
        # How rare a word is says its first field (the name); other fields only where no name has it.
        first: NDArray[np.int64] = np.zeros(len(self.tokens), dtype=np.int64)
        everywhere = first.copy()
        for place, field in enumerate(self._fields.values()):
            found = np.diff(field.starts)
            if statistics:
                found = np.array([one[place] for one in statistics.counts.values()], dtype=np.int64)
            first = np.where(first > 0, first, found)
            everywhere += found
        whole = statistics.size if statistics else size
        self._rarity: list[float] = np.log(1 + (np.maximum(whole, first) - first + 0.5) / (first + 0.5)).tolist()
        self._rarest = math.log(1 + whole)
        self.syllables = {token: int(everywhere[number]) for token, number in self.tokens.items() if "_" not in token}
        """Each syllable with the number of documents that have it, a document counting once for each of its fields."""
        self._known: dict[str, Postings] = {}

    def reweighted(self, weights: Mapping[str, float]) -> Index:
        """The same documents, their fields weighing otherwise; a field that weighs nothing is not looked at."""
        other = copy.copy(self)
        other.weights = {name: weights[name] for name in self.weights}
        other._known = {}
        return other

    def _count(
        self, b: float, documents: Sequence[Sequence[str]], mean: float | None
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], Scores]:
        """Token, document and normed count of each posting of a field, in the order of tokens and documents.

        ``mean``: length of the field in the whole corpus, where only tokens that are numbered already are looked at.
        """
        tokens = self.tokens
        ids: list[int] = []
        ends = []
        # Of long texts most pairs are not asked for, and making each of them would take longer than all the rest.
        begin = {token.partition("_")[0] for token in tokens if "_" in token} if mean is not None else set()
        for syllables in documents:
            if mean is None:
                ids += [tokens.setdefault(token, len(tokens)) for token in (*syllables, *pairs(syllables))]
            else:
                ids += [tokens[one] for one in syllables if one in tokens]
                asked = (f"{one}_{other}" for one, other in itertools.pairwise(syllables) if one in begin)
                ids += [tokens[pair] for pair in asked if pair in tokens]
            ends.append(len(ids))
        looked_at: NDArray[np.int64] = np.diff(np.array([0, *ends], dtype=np.int64)).astype(np.int64)
        owners = np.repeat(np.arange(len(documents), dtype=np.int64), looked_at)
        width = max(1, len(documents))
        keys, times = np.unique(np.array(ids, dtype=np.int64) * width + owners, return_counts=True)
        found = keys % width
        # A text of n syllables has n - 1 pairs.
        lengths: NDArray[np.int64] = np.array([max(0, 2 * len(one) - 1) for one in documents], dtype=np.int64)
        if mean is None:
            # Of those that have the field: many have no keywords, and one word of them must not count for ten.
            filled = lengths[lengths > 0]
            mean = float(filled.mean()) if len(filled) else 1.0
        often = times / (1 - b + b * lengths[found] / mean)
        return keys // width, found.astype(np.int32), often.astype(np.float32)

    def postings(self, token: str) -> Postings | None:
        """Where a token stands and what it is worth there, rarity and damping applied; None where it stands nowhere."""
        known = self._known.get(token)
        if known is None:
            number = self.tokens.get(token)
            if number is None:
                return None
            documents, often = self._summed(number)
            worth = (self._rarity[number] * often * (self._k1 + 1) / (often + self._k1)).astype(np.float32)
            known = self._known[token] = (documents, worth)
        return known

    def _summed(self, number: int) -> Postings:
        parts = []
        for name, weight in self.weights.items():
            documents, often = self._fields[name].postings(number)
            if weight and len(documents):
                parts.append((documents, weight * often))
        if len(parts) == 1:
            return parts[0]
        total: Scores = np.zeros(self.size, dtype=np.float32)
        for documents, often in parts:
            # A document stands once in a list, so that plain indexing adds up rightly.
            total[documents] += often
        found = np.flatnonzero(total).astype(np.int32)
        return found, total[found]

    def score(self, weights: Mapping[str, float]) -> Scores:
        """One score for each document."""
        scores: Scores = np.zeros(self.size, dtype=np.float32)
        known = self._known
        for token, weight in weights.items():
            found = known.get(token) or self.postings(token)
            if found is not None and weight:
                scores[found[0]] += weight * found[1]
        return scores

    def coverage(self, weights: Mapping[str, float], document: int) -> float:
        """Share of the question's syllables, by weight and rarity, that stand in the document. What no document knows is rare."""
        whole = met = 0.0
        for token, weight in weights.items():
            if "_" in token:
                continue
            number = self.tokens.get(token)
            worth = weight * (self._rarest if number is None else self._rarity[number])
            whole += worth
            found = self.postings(token)
            if found is not None:
                place = int(np.searchsorted(found[0], document))
                met += worth if place < len(found[0]) and found[0][place] == document else 0.0
        return met / whole if whole else 0.0
