"""BM25F: BM25 over weighted fields (Robertson & Zaragoza, "The Probabilistic Relevance Framework"), with syllable pairs beside syllables.

How often a word stands in a document is summed over the fields, each with its weight and the norm of its length, before it is damped: a
procedure whose results and keywords repeat its name gains little by it. Everything is an array, so that a question costs a
handful of additions over posting lists, whatever its length.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from procedures.search.question import pairs

K1 = 1.2
"""How soon a repeated word stops counting, where nothing else is asked for; the less the sooner."""

Scores = NDArray[np.float32]


class Index:
    """An inverted index over documents of several fields. Immutable."""

    def __init__(self, fields: Mapping[str, tuple[float, float, Sequence[Sequence[str]]]], size: int, k1: float = K1) -> None:
        """``fields``: weight, length normalisation b (0 none, 1 full) and the syllables of each document, in the documents' order."""
        postings: dict[str, list[tuple[NDArray[np.int32], Scores]]] = {}
        frequency: dict[str, int] = {}
        self.size = size
        self.syllables: Counter[str] = Counter()
        for place, (weight, b, documents) in enumerate(fields.values()):
            self._add(postings, frequency, weight, b, documents, first=place == 0)
        self.postings = {token: _joined(lists, size) for token, lists in postings.items()}
        for token, (documents_of, often) in self.postings.items():
            rarity = math.log(1 + (size - frequency[token] + 0.5) / (frequency[token] + 0.5))
            self.postings[token] = (documents_of, (rarity * often * (k1 + 1) / (often + k1)).astype(np.float32))
        self._rarity = {token: math.log(1 + (size - count + 0.5) / (count + 0.5)) for token, count in frequency.items() if "_" not in token}
        self._rarest = math.log(1 + size)

    def _add(
        self,
        postings: dict[str, list[tuple[NDArray[np.int32], Scores]]],
        frequency: dict[str, int],
        weight: float,
        b: float,
        documents: Sequence[Sequence[str]],
        *,
        first: bool,
    ) -> None:
        counted = [Counter([*syllables, *pairs(list(syllables))]) for syllables in documents]
        lengths = np.array([max(1, sum(one.values())) for one in counted], dtype=np.float32)
        # Of those that have the field: many have no keywords, and one word of them must not count for ten.
        filled = lengths[[bool(one) for one in counted]]
        mean = float(filled.mean()) if len(filled) else 1.0
        held: dict[str, tuple[list[int], list[int]]] = {}
        for number, counts in enumerate(counted):
            for token, times in counts.items():
                numbers, tfs = held.setdefault(token, ([], []))
                numbers.append(number)
                tfs.append(times)
        for token, (numbers, tfs) in held.items():
            documents_of = np.array(numbers, dtype=np.int32)
            tf = np.array(tfs, dtype=np.float32)
            often = weight * tf / (1 - b + b * lengths[documents_of] / mean)
            postings.setdefault(token, []).append((documents_of, often.astype(np.float32)))
            # How rare a word is says its first field (the name); other fields only where no name has it.
            if first or token not in frequency:
                frequency[token] = len(numbers)
            if "_" not in token:
                self.syllables[token] += len(numbers)

    def score(self, weights: Mapping[str, float]) -> Scores:
        """One score for each document."""
        scores: Scores = np.zeros(self.size, dtype=np.float32)
        for token, weight in weights.items():
            found = self.postings.get(token)
            if found is not None:
                # A document stands once in a list, so that plain indexing adds up rightly.
                scores[found[0]] += weight * found[1]
        return scores

    def coverage(self, weights: Mapping[str, float], document: int) -> float:
        """Share of the question's syllables, by weight and rarity, that stand in the document. What no document knows is rare."""
        whole = met = 0.0
        for token, weight in weights.items():
            if "_" in token:
                continue
            worth = weight * self._rarity.get(token, self._rarest)
            whole += worth
            found = self.postings.get(token)
            if found is not None:
                place = int(np.searchsorted(found[0], document))
                met += worth if place < len(found[0]) and found[0][place] == document else 0.0
        return met / whole if whole else 0.0


def _joined(lists: list[tuple[NDArray[np.int32], Scores]], size: int) -> tuple[NDArray[np.int32], Scores]:
    if len(lists) == 1:
        return lists[0]
    total: Scores = np.zeros(size, dtype=np.float32)
    for documents_of, often in lists:
        total[documents_of] += often
    found = np.flatnonzero(total).astype(np.int32)
    return found, total[found]
