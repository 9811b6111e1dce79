"""Procedures as a corpus: what is searched of each, how much it counts, whose words are known, which come first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from portal.search import Corpus, Engine, Entry, Field, Found, Weights, Words, engine_of
from procedures import queries
from procedures.models import SearchWeight

PROVINCIAL = 0.75
"""Factor of a province's own procedure: the general one comes first where both answer."""
AT_THE_DESK = 0.2
"""What a procedure gains that a commune takes: most of what people ask the state is asked there."""
FOR_OFFICIALS = 0.2
"""What a procedure loses that only officials ask for."""
POPULAR = 0.1
"""What the most read procedure gains, the others by the logarithm of their readings (what editors wrote begins with some)."""
NORMS = {"name": 0.6, "keywords": 0.2, "results": 0.6, "field": 0.6, "english": 0.4}
"""Length normalisation of each field; their weights are data (``SearchWeight``). The first decides how rare a word is. Steps, papers
and summaries are not looked at: they made the answers no better and the index four times as large."""


def entry(row: dict[str, Any]) -> Entry:
    """What the search is told of a procedure; ``row`` as ``queries.search_rows`` gives it."""
    return Entry(str(row["version_id"]), {name: row[name] for name in NORMS}, _prior(row), (row["code"], *row["old_codes"]))


def _prior(row: dict[str, Any]) -> float:
    """By how much a procedure comes before or after others that answer as well."""
    place = (PROVINCIAL if row["provincial"] else 1.0) * (1 + AT_THE_DESK * row["commune"]) * (1 - FOR_OFFICIALS * row["officials"])
    return float(place * (1 + POPULAR * row["popularity"] / 1000))


def _entries() -> Iterable[Entry]:
    return map(entry, queries.search_rows(timezone.localdate()))


def _taught() -> tuple[Words, Weights]:
    return Words.of(queries.words_in_use()), PROCEDURES.weights().with_rows(queries.weights_in_use())


PROCEDURES = Corpus(
    name="procedures",
    fields={name: Field(float(SearchWeight.SHIPPED[name].value), norm) for name, norm in NORMS.items()},
    entries=_entries,
    rooms=("procedures",),
    taught=_taught,
    taught_rooms=("search",),
    code=re.compile(r"(?<![\d.])\d\.\d{6}(?![\d])|(?<![a-z0-9])dv\.[gh]\d{2}(?:\.\d+)*\.\d{2}(?!\d)"),
    names=0.4,
    opening=("thu", "tuc"),
)


def current_engine() -> Engine:
    """The engine of today's catalogue, words and weights, or the last one while a new one is being made."""
    return engine_of(PROCEDURES)


def version_ids(found: Found) -> list[int]:
    """Keys of the answers' versions, best first."""
    return [int(key) for key in found.keys]
