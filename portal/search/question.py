"""How a question is read: everyday words become those of the texts, what people put around them counts little, slips are put right.

A question and its twin without diacritics are read the same: everything here works on plain syllables (``portal.text.search_key``).
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from portal.text import search_key

MAX_QUESTION = 1000
"""Characters of a question, on the page and in the API: an eighth of real ones is longer than 200. What follows is not read."""
MAX_SYLLABLES = MAX_QUESTION // 4
"""Syllables that so many characters may hold; a row of single letters holds more, which are not read."""

REPLACED = 0.3
"""Weight of a phrase's own words where it stands for others (``bằng lái`` = ``giấy phép lái xe``)."""
AROUND = 0.25
"""Weight of a single syllable that mostly means nothing: it may yet be part of a name."""
ALSO = 0.8
"""Weight of what is looked for beside a phrase's own words."""
PLAIN_LENGTH = 3
"""A meaning of more syllables weighs less each, by the fourth root: the longest phrase must not decide alone."""
LOOSE = 0.5
"""Weight of what a phrase means where its syllables stand in another order or apart (``căn cước bị mất`` for ``mất căn cước``)."""
APART = 4
"""Syllables of others that may stand between those of a phrase; each takes ``EACH_APART`` of its weight."""
APART_OF_TWO = 1
"""The same for a phrase of two syllables: any two stand in many a story (``hội chợ`` in ``cho em hỏi``)."""
EACH_APART = 0.1
CORRECTED = 0.8
"""Weight of the spelling that a slip was put right to."""

_SYLLABLE = re.compile(r"[a-z0-9]+")

Phrase = tuple[str, ...]


def tidied(text: str) -> str:
    """A question as it was typed, white space tidied, at most ``MAX_QUESTION`` characters."""
    return " ".join(text.replace("\x00", "")[:MAX_QUESTION].split())


def plain_syllables(text: str) -> list[str]:
    """The syllables of a text, lower case and without diacritics; punctuation parts them."""
    return _SYLLABLE.findall(search_key(text))


def pairs(syllables: Sequence[str]) -> list[str]:
    """Neighbouring syllables as one token each: most Vietnamese words have two."""
    return [f"{first}_{second}" for first, second in itertools.pairwise(syllables)]


@lru_cache(maxsize=100_000)
def _syllables_of(phrase: str) -> Phrase:
    """A phrase of the editors, as a key. Remembered: one new word must not cost the reading of all the others."""
    return tuple(plain_syllables(phrase))


@dataclass
class Words:
    """What phrases mean: the editors' data, by plain syllables. Immutable once made."""

    means: dict[Phrase, list[Phrase]] = field(default_factory=dict)
    also: dict[Phrase, list[Phrase]] = field(default_factory=dict)
    noise: set[Phrase] = field(default_factory=set)
    longest: int = 1
    own: float = REPLACED
    """Weight of a phrase's own words where it stands for others."""
    by_rarest: dict[str, list[Phrase]] = field(default_factory=dict)
    """Phrases of two and more syllables that mean something, by the syllable that the fewest phrases have."""

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, list[str]]], *, own: float = REPLACED) -> Words:
        """From ``(phrase, kind, meanings)`` rows; ``kind``: means, also or noise. Of two with the same phrase the later counts.

        ``own``: what a phrase's own words weigh where it stands for others. Names that agencies gave say ``giấy phép lái xe`` alone; what
        people wrote themselves may say ``bằng lái`` as well, and who asks so means that first.
        """
        words = cls(own=own)
        seen: set[Phrase] = set()
        for phrase, kind, meanings in rows:
            key = _syllables_of(phrase)
            if not key:
                continue
            if key in seen:
                words.means.pop(key, None)
                words.also.pop(key, None)
                words.noise.discard(key)
            seen.add(key)
            if kind == "noise":
                words.noise.add(key)
            else:
                target = words.means if kind == "means" else words.also
                target[key] = [_syllables_of(meaning) for meaning in meanings]
            words.longest = max(words.longest, len(key))
        meaningful = [key for key in (*words.means, *words.also) if len(key) > 1]
        common = Counter(itertools.chain.from_iterable(meaningful))
        for key in meaningful:
            words.by_rarest.setdefault(min(key, key=common.__getitem__), []).append(key)
        return words

    def meanings(self, phrase: Phrase) -> list[Phrase]:
        """What a phrase stands for, or what is looked for beside it; empty for noise."""
        return self.means.get(phrase) or self.also.get(phrase) or []


@dataclass
class Question:
    """A question as it was understood: tokens with weights, codes named in it, slips that were put right."""

    text: str
    weights: dict[str, float]
    codes: list[str]
    corrections: dict[str, str]
    """Typed syllable → what it was taken for."""
    own: dict[str, float]
    """The syllables and pairs as they were typed, slips put right, each weighing the same: no word of the editors has touched them."""
    settled: bool = False
    """Whether phrases that stand for others say all of it, but for what says nothing: then the editors have answered this very question."""

    @property
    def says_nothing(self) -> bool:
        """Whether nothing is left to search by."""
        return not self.weights and not self.codes

    @classmethod
    def read(cls, text: str, words: Words, correct: dict[str, str] | None = None, code: re.Pattern[str] | None = None) -> Question:
        """Read a text. ``correct``: spellings for syllables that no text knows; ``code``: what is taken out as a code."""
        key = search_key(text)
        codes = list(dict.fromkeys(match[0].upper() for match in code.finditer(key))) if code else []
        syllables = _SYLLABLE.findall(code.sub(" ", key) if code else key)[:MAX_SYLLABLES]
        corrections = {one: right for one in syllables if (right := (correct or {}).get(one))}
        weights: dict[str, float] = {}
        settled = _add(weights, syllables, words)
        if corrections:
            for token, weight in _read_corrected([corrections.get(one, one) for one in syllables], words).items():
                weights[token] = max(weights.get(token, 0.0), weight * CORRECTED)
        typed = [corrections.get(one, one) for one in syllables]
        return cls(text, weights, codes, corrections, dict.fromkeys([*typed, *pairs(typed)], 1.0), settled)


def _read_corrected(syllables: list[str], words: Words) -> dict[str, float]:
    weights: dict[str, float] = {}
    _add(weights, syllables, words)
    return weights


def _matches(syllables: list[str], words: Words) -> list[tuple[int, int, Phrase]]:
    """Every known phrase in the question that lies in no longer one."""
    found: list[tuple[int, int, Phrase]] = []
    for start in range(len(syllables)):
        for length in range(min(words.longest, len(syllables) - start), 0, -1):
            phrase = tuple(syllables[start : start + length])
            if phrase not in words.means and phrase not in words.also and phrase not in words.noise:
                continue
            end = start + length
            if not any(begin <= start and end <= stop and stop - begin > length for begin, stop, _phrase in found):
                found.append((start, end, phrase))
    return found


def _loosely(syllables: list[str], words: Words) -> list[tuple[Phrase, int]]:
    """Phrases whose syllables stand in the question in any order and not far apart, each with the number of others between them."""
    places: dict[str, list[int]] = {}
    for place, syllable in enumerate(syllables):
        places.setdefault(syllable, []).append(place)
    # What stands near a place, by how far away it may: most phrases of a long story have their syllables in it, but far apart.
    near: dict[tuple[int, int], set[str]] = {}
    found = []
    for syllable, at in places.items():
        for phrase in words.by_rarest.get(syllable, ()):
            if all(other in places for other in phrase):
                needed, most = set(phrase), APART if len(phrase) > 2 else APART_OF_TWO
                reach = len(phrase) + most
                shortest = reach + 1
                for place in at:
                    around = near.get((place, reach))
                    if around is None:
                        around = near[place, reach] = set(syllables[max(0, place - reach + 1) : place + reach])
                    if needed <= around:
                        shortest = min(shortest, _shortest(syllables, place, needed, reach))
                between = shortest - len(phrase)
                if between <= most:
                    found.append((phrase, max(0, between)))
    return found


def _shortest(syllables: list[str], place: int, needed: set[str], most: int) -> int:
    """Length of the shortest stretch around ``place`` that holds all that is needed; more than ``most`` where there is none."""
    shortest = most + 1
    for start in range(max(0, place - most + 1), place + 1):
        missing = set(needed)
        for end in range(start, min(len(syllables), start + shortest - 1)):
            missing.discard(syllables[end])
            if not missing:
                if end >= place:
                    shortest = end - start + 1
                break
    return shortest


def _mean(weights: dict[str, float], meanings: list[Phrase], weight: float) -> None:
    for meaning in meanings:
        each = weight * min(1.0, (PLAIN_LENGTH / max(1, len(meaning))) ** 0.25)
        for token in (*meaning, *pairs(meaning)):
            weights[token] = max(weights.get(token, 0.0), each)


def _add(weights: dict[str, float], syllables: list[str], words: Words) -> bool:
    """Add what a question asks for; whether phrases that stand for others say all of it."""
    own = [1.0] * len(syllables)
    explained = [False] * len(syllables)
    matches = _matches(syllables, words)
    for start, end, phrase in matches:
        meanings = words.means.get(phrase)
        for place in range(start, end) if meanings is not None or phrase in words.also else ():
            explained[place] = True
            if meanings is not None:
                own[place] = min(own[place], words.own)
        _mean(weights, words.meanings(phrase), 1.0 if meanings is not None else ALSO)
    said = [set(phrase) for _start, _end, phrase in matches if phrase not in words.noise]
    for phrase, between in _loosely(syllables, words):
        # What lies within a phrase that stands there as it is was said by that phrase.
        if not any(one.issuperset(phrase) for one in said):
            _mean(weights, words.meanings(phrase), LOOSE * (1 - EACH_APART * between))
    for start, end, phrase in matches:
        if phrase in words.noise:
            for place in range(start, end):
                if not explained[place]:
                    own[place] = min(own[place], AROUND if end - start == 1 else 0.0)
    for token, weight in zip(syllables, own, strict=True):
        if weight:
            weights[token] = max(weights.get(token, 0.0), weight)
    for token, weight in zip(pairs(syllables), map(min, itertools.pairwise(own)), strict=False):
        if weight:
            weights[token] = max(weights.get(token, 0.0), weight)
    return words.own < 1 and max(own, default=1.0) <= words.own and words.own in own
