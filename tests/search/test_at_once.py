"""Two services that write into one corpus at the same time."""

from __future__ import annotations

from collections.abc import Callable

from portal.search import Entry, put
from portal.search.models import StoredCorpus
from portal.search.stored import StoredEngine, recount
from tests.dossiers.support import at_once
from tests.search.test_corpora import TestStored as Stored
from tests.search.test_corpora import entries


def test_what_two_write_at_once_is_found_while_a_third_counts(committed_db: None) -> None:
    about = Stored.ABOUT
    put(about, entries())

    def writing(key: str) -> Callable[[], None]:
        def write() -> None:
            for turn in range(5):
                words = f"karimbo zumbala {key}{turn} chung"
                put(about, [Entry(key, {"title": words}), Entry(f"{key}{turn}", {"title": "Chung một từ mới", "answer": words})])

        return write

    assert at_once(writing("a"), writing("b"), lambda: recount(StoredCorpus.objects.get().pk)) == [None, None, None]
    engine = StoredEngine(about)
    assert {"a", "b", *(f"{key}{turn}" for key in "ab" for turn in range(5))} == set(engine.find("karimbo zumbala").keys)
    assert engine.find("b4 chung").keys[0] == "b"
