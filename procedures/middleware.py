"""Counts which procedures people read, kept pages among them, without keeping anything about who reads."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.limits import client_address
from procedures import services

logger = logging.getLogger(__name__)

WRITE_SECONDS = 30.0
"""How often a process writes its readings down; what it has not written when it is killed is lost."""
MOST_OF_ONE = 10
"""Readings of one procedure that one network address can add in a day in one process: many people share an address, a script does too."""
MOST_ADDRESSES = 100_000
"""Addresses and procedures remembered for that; after so many it begins anew."""
_ROBOTS = ("bot", "crawl", "spider", "slurp", "curl/", "wget", "python-", "headless")


class Readings:
    """The readings of this process that are not yet written down."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, dt.date]] = Counter()
        self._seen: Counter[int] = Counter()
        self._day: dt.date | None = None
        self._written = time.monotonic()

    def add(self, code: str, address: str, day: dt.date) -> None:
        """Count one reading, unless this address has had its share of this procedure today."""
        # The hash of a text differs from process to process: nobody can find the address in it.
        sign = hash((address, code))
        with self._lock:
            if day != self._day or len(self._seen) > MOST_ADDRESSES:
                self._seen.clear()
                self._day = day
            if self._seen[sign] >= MOST_OF_ONE:
                return
            self._seen[sign] += 1
            self._counts[code, day] += 1

    def is_due(self) -> bool:
        """Whether it is time to write; True to one caller only."""
        now = time.monotonic()
        if now - self._written < WRITE_SECONDS:
            return False
        with self._lock:
            if now - self._written < WRITE_SECONDS:
                return False
            self._written = now
            return bool(self._counts)

    def write(self) -> None:
        """Write the readings down; while the database is away they are kept for the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        try:
            services.add_uses(counts)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("readings are written later: the database does not answer", extra={"error": type(error).__name__})
            with self._lock:
                self._counts.update(counts)


readings = Readings()


class CountReadings:
    """Outside the kept pages: a page answered from memory was read all the same."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.COUNT_READINGS and request.method == "GET" and response.status_code in (200, 304):
            code = _code_of(request.path_info)
            if code and not _is_robot(request.META.get("HTTP_USER_AGENT", "")):
                readings.add(code, client_address(request), timezone.localdate())
                if readings.is_due():
                    # Not in the reader's time.
                    threading.Thread(target=_write, name="readings").start()
        return response


def _write() -> None:
    try:
        readings.write()
    finally:
        connection.close()


def _code_of(path: str) -> str:
    """The code in ``/thu-tuc/<code>/`` or its English twin; empty for any other address."""
    path = path.removeprefix("/en")
    if not path.startswith("/thu-tuc/"):
        return ""
    code = path[len("/thu-tuc/") : -1]
    return code if path.endswith("/") and "/" not in code else ""


def _is_robot(agent: str) -> bool:
    agent = agent.lower()
    return not agent or any(word in agent for word in _ROBOTS)
