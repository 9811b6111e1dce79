"""Published answers as a corpus: what people find instead of asking again."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from feedback.models import PublishedCase
from portal.search import Corpus, Entry, Field, Kept, Weights, Words, engine_of, tidied
from procedures import queries as procedures

LIKE = 5
"""Answers that are shown to somebody who is about to ask."""


def entry_of(case: PublishedCase) -> Entry:
    """A published answer as it is searched."""
    labels = {f"agency:{case.agency_code}", f"kind:{case.kind_id}", f"year:{timezone.localtime(case.published_at).year}"}
    if case.sector_code:
        labels.add(f"sector:{case.sector_code}")
    texts = {"title": case.title, "question": case.question, "answer": case.answer}
    return Entry(str(case.pk), texts, labels=frozenset(labels))


def _entries() -> Iterable[Entry]:
    shown = PublishedCase.objects.filter(withdrawn_at__isnull=True).order_by("-published_at", "-id")
    return (entry_of(case) for case in shown.iterator(chunk_size=500))


def _taught() -> tuple[Words, Weights]:
    # People call things here as they call procedures: the editors' words serve both.
    return Words.of(procedures.words_in_use()), PETITIONS.weights()


PETITIONS = Corpus(
    name="petitions",
    # People ask by what happened to them: the question says it in full, the answer in the words of the agency.
    fields={"title": Field(1.0, longest=40), "question": Field(0.5, longest=120), "answer": Field(0.25, longest=120)},
    entries=_entries,
    rooms=("petitions",),
    taught=_taught,
    taught_rooms=("search",),
    kept=Kept.POSTGRES,
)


def in_given_order(keys: Iterable[str]) -> list[PublishedCase]:
    """Those of these cases that stand, in the order of the keys. One query."""
    wanted = list(keys)
    found = PublishedCase.objects.filter(pk__in=wanted, withdrawn_at__isnull=True).in_bulk() if wanted else {}
    return [found[int(key)] for key in wanted if int(key) in found]


def like(text: str, *, limit: int = LIKE) -> list[PublishedCase]:
    """Published answers that may answer what somebody is about to send, the likeliest first; none where nothing is likely."""
    found = engine_of(PETITIONS).find(tidied(text), limit=limit)
    return in_given_order(found.keys) if found.sure else []
