"""How well comments are understood: what people said they say beside what is read, as macro-F1."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.text.keys import search_key
from ratings.understood.reading import understand
from ratings.understood.words import MOODS, TOPICS, Mood, Topic

_ALIASES = {
    "paper": "papers", "papers asked": "papers", "papers_asked": "papers", "online system": "online", "online_system": "online",
    "place and waiting": "place", "place_and_waiting": "place", "place_waiting": "place", "waiting": "place", "giay to": "papers",
    "thoi gian": "time", "thai do": "attitude", "chi phi": "cost", "phi": "cost", "he thong": "online", "truc tuyen": "online",
    "co so vat chat": "place", "noi cho": "place", "ket qua": "result", "khac": "other", "system": "online",
    "positive": "good", "pos": "good", "negative": "bad", "neg": "bad", "mixed": "neutral", "neu": "neutral", "tot": "good",
    "khen": "good", "xau": "bad", "che": "bad", "trung tinh": "neutral", "tich cuc": "good", "tieu cuc": "bad",
}  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """One comment: what a person read in it, what was read by rule."""

    text: str
    topic: str
    mood: str
    read_topic: str
    read_mood: str


def _code(value: str, known: Iterable[str], number: int) -> str:
    low = search_key(value)
    code = _ALIASES.get(low, low)
    if code not in set(known):
        raise ValueError(f"row {number}: {value!r} is none of {', '.join(known)}")
    return code


def judge(path: Path) -> list[Judged]:
    """Read every comment of a file ``text,topic,mood``. ``ValueError`` with the number of a row that cannot be judged."""
    found = []
    topics, moods = [one.value for one in Topic], [one.value for one in Mood]
    with path.open(encoding="utf-8-sig", newline="") as rows:
        for number, row in enumerate(csv.DictReader(rows), start=2):
            if not all(row.get(name) for name in ("text", "topic", "mood")):
                raise ValueError(f"row {number}: text, topic and mood are needed")
            read = understand(row["text"])
            found.append(Judged(row["text"], _code(row["topic"], topics, number), _code(row["mood"], moods, number), read.topic, read.mood))
    return found


def f1(pairs: Sequence[tuple[str, str]], label: str) -> float:
    """F1 of one label over pairs of (said, read); 0 where nothing of it was found."""
    right = sum(said == read == label for said, read in pairs)
    of = sum(said == label for said, _read in pairs) + sum(read == label for _said, read in pairs)
    return 2 * right / of if of else 0.0


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """The mean of F1 over the labels that were said."""
    labels = sorted({said for said, _read in pairs})
    return sum(f1(pairs, label) for label in labels) / len(labels) if labels else 0.0


def report(judged: Sequence[Judged]) -> list[str]:
    """Both figures, and those of each label."""
    topics, moods = [(one.topic, one.read_topic) for one in judged], [(one.mood, one.read_mood) for one in judged]
    lines = [f"comments: {len(judged)}", f"macro-F1 of topics: {macro_f1(topics):.3f}", f"macro-F1 of moods: {macro_f1(moods):.3f}"]
    lines += [f"  {topic.value:<9} {f1(topics, topic.value):.3f}  {words}" for topic, words in TOPICS.items()]
    return lines + [f"  {mood.value:<9} {f1(moods, mood.value):.3f}  {words}" for mood, words in MOODS.items()]
