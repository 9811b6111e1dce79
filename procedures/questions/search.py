"""Published questions and answers as a corpus of the house's search."""

from __future__ import annotations

from collections.abc import Iterable

from portal.search import Corpus, Entry, Field, Kept, Weights, Words
from procedures import queries as catalogue
from procedures.models import CommonQuestion


def entry_of(row: CommonQuestion) -> Entry:
    """A published question as it is searched."""
    labels = {f"agency:{row.unit_code.partition('.')[0]}", *(f"procedure:{code}" for code in row.procedures)}
    labels |= {f"event:{slug}" for slug in row.life_events}
    if row.field_code:
        labels.add(f"field:{row.field_code}")
    texts = {"question": row.question, "wordings": row.wordings.replace("\n", " . "), "answer": row.answer, "topic": row.topic}
    return Entry(str(row.pk), texts, labels=frozenset(labels))


def _entries() -> Iterable[Entry]:
    shown = CommonQuestion.objects.filter(state="published").order_by("-published_at", "-id")
    return (entry_of(row) for row in shown.iterator(chunk_size=500))


SHORT, SHORT_MEANING = 3, 4
"""Syllables of a phrase of the editors that is looked for otherwise, too, and of what it means: longer ones are names of procedures, which
say little about questions as people write them."""


def words_for_questions(rows: Iterable[tuple[str, str, list[str]]]) -> Words:
    """Of the editors' words those that serve here."""
    serving = []
    for phrase, kind, meanings in rows:
        short = len(phrase.split()) <= SHORT and all(len(meaning.split()) <= SHORT_MEANING for meaning in meanings)
        if kind == "noise" or short:
            serving.append((phrase, kind, meanings))
    # These texts are people's own words or near them: who asks for "giấy độc thân" means first whoever wrote so.
    return Words.of(serving, own=1.0)


def _taught() -> tuple[Words, Weights]:
    return words_for_questions(catalogue.words_in_use()), QUESTIONS.weights()


QUESTIONS = Corpus(
    name="questions",
    fields={
        "question": Field(1.0, longest=100),
        "wordings": Field(0.8, longest=250),
        "answer": Field(0.35, longest=200),
        "topic": Field(0.3, longest=40),
    },
    entries=_entries,
    rooms=("questions",),
    taught=_taught,
    taught_rooms=("search",),
    # Thirty ministries with five hundred each fill more than a process should hold; what is published is found at once.
    kept=Kept.POSTGRES,
)
