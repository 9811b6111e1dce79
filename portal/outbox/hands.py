"""Threads that carry out messages side by side for the length of one task, each with a database connection of its own."""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from django.db import connection, connections


class LeaseOver(Exception):
    """A handler took longer than its lease."""


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Raise :class:`LeaseOver` in the block when it takes longer. Only the main thread can be interrupted; in others nothing happens."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(*_: object) -> None:
        raise LeaseOver

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except LeaseOver:
        # It may have been in the middle of an answer.
        if not connection.in_atomic_block:
            connection.close()
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Hands:
    """Up to ``count`` threads; they begin when there is something to do and end, with their connections, at the block's end."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._tasks: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._threads: list[threading.Thread] = []

    def give(self, tasks: list[Callable[[], None]]) -> None:
        """Have these done; a task tells by itself what came of it and raises nothing."""
        while len(self._threads) < min(self._count, len(tasks)):
            self._threads.append(threading.Thread(target=self._run, name=f"outbox-{len(self._threads)}", daemon=True))
            self._threads[-1].start()
        for task in tasks:
            self._tasks.put(task)

    def wait(self) -> None:
        """Until everything given is done."""
        self._tasks.join()

    def _run(self) -> None:
        try:
            while (task := self._tasks.get()) is not None:
                try:
                    task()
                finally:
                    self._tasks.task_done()
        finally:
            connections.close_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()
