"""One engine of each corpus in each process, made anew when what it was made from has changed."""

from __future__ import annotations

import gc
import logging
import threading
import time

from django.conf import settings
from django.utils import timezone

from portal.caching import marks
from portal.search.corpus import Corpus, Kept
from portal.search.engine import Engine, HeldEngine
from portal.search.stored import StoredEngine

logger = logging.getLogger(__name__)

LONGEST_WAIT = 3.0
"""Seconds that a question waits for new words or weights."""
MANY = 1_000
"""Texts in memory from which on the collector is told of them."""


class _Keeper:
    """The engine of one corpus. Whoever finds it out of date makes the next one.

    A new index takes seconds: the others go on with the last one meanwhile, and are told that it is late. New words and weights take
    milliseconds: the others wait for them.
    """

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._mark = ("", "")

    def get(self) -> tuple[Engine, bool]:
        """The engine, and whether it is that of the present marks. A change of words and weights alone leaves the index as it is."""
        mark = self._present_mark()
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
            mark, held = self._present_mark(), self._engine
            if held is None or mark[0] != self._mark[0]:
                started = time.perf_counter()
                self._engine = _made(self.corpus)
                if self._engine.held > MANY:
                    # A quarter of a million objects that live long: the collector need not go through them at every turn, which cost
                    # some questions a fifth of a second.
                    gc.unfreeze()
                    gc.collect()
                    gc.freeze()
                milliseconds = round((time.perf_counter() - started) * 1000)
                logger.info("search index made", extra={"corpus": self.corpus.name, "milliseconds": milliseconds})
            elif mark[1] != self._mark[1]:
                self._engine = held.taught(*self.corpus.teach())
                if self._engine.held > MANY:
                    gc.freeze()
            self._mark = mark
            assert self._engine is not None
            return self._engine, True
        finally:
            self._lock.release()

    def _present_mark(self) -> tuple[str, str]:
        """Of the texts in memory (today's, as far as they have changed) and of the words and weights."""
        taught = marks.of(self.corpus.taught_rooms)
        if self.corpus.kept is Kept.POSTGRES:
            return "", taught
        return f"{timezone.localdate():%Y%m%d}|{marks.of(self.corpus.rooms)}", taught


def _made(corpus: Corpus) -> Engine:
    if corpus.kept is Kept.POSTGRES:
        return StoredEngine(corpus, *corpus.teach())
    return HeldEngine(corpus, corpus.entries(), *corpus.teach())


_keepers: dict[str, _Keeper] = {}


def engine_of(corpus: Corpus) -> Engine:
    """The engine of today's texts, words and weights, or the last one while a new one is being made."""
    return engine_and_whether_current(corpus)[0]


def engine_and_whether_current(corpus: Corpus) -> tuple[Engine, bool]:
    """The engine, and whether its answers may be kept: not where it is the last one while a new one is being made."""
    if not settings.KEEP_SEARCH_INDEX:
        return _made(corpus), True
    return _keepers.setdefault(corpus.name, _Keeper(corpus)).get()
