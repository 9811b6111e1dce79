"""What the simulators acknowledged, in SQLite with a write-ahead log: a kill -9 loses none of it."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS sms_request (
    id TEXT PRIMARY KEY, sender TEXT NOT NULL, correlator TEXT, body TEXT NOT NULL, created REAL NOT NULL,
    UNIQUE (sender, correlator)
);
CREATE TABLE IF NOT EXISTS sms_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL REFERENCES sms_request (id),
    recipient TEXT NOT NULL, text TEXT NOT NULL, created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS sms_recipient ON sms_message (recipient, id);
CREATE TABLE IF NOT EXISTS mail_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL,
    subject TEXT NOT NULL, data BLOB NOT NULL, created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS mail_recipient ON mail_message (recipient, id);
CREATE TABLE IF NOT EXISTS revocation (credential TEXT PRIMARY KEY, since REAL NOT NULL);
CREATE TABLE IF NOT EXISTS pin_tries (credential TEXT PRIMARY KEY, wrong INTEGER NOT NULL, locked_until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS csc_code (
    code_hash TEXT PRIMARY KEY, credential TEXT NOT NULL, redirect_uri TEXT NOT NULL, challenge TEXT NOT NULL,
    signatures INTEGER NOT NULL, hashes TEXT NOT NULL, expires REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS csc_token (
    token_hash TEXT PRIMARY KEY, kind TEXT NOT NULL, credential TEXT NOT NULL, signatures_left INTEGER NOT NULL,
    hashes TEXT NOT NULL, expires REAL NOT NULL, origin TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS fault (
    service TEXT PRIMARY KEY, mode TEXT NOT NULL, seconds REAL NOT NULL, times INTEGER, dropped INTEGER NOT NULL DEFAULT 0
);
"""


class Store:
    """One connection a thread; writers wait for each other up to ten seconds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection().executescript(SCHEMA)

    def connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = sqlite3.connect(self.path, timeout=10, isolation_level=None)
            found.row_factory = sqlite3.Row
            found.execute("PRAGMA journal_mode=WAL")
            # FULL: an acknowledged message is on the disk, not only in the system's cache.
            found.execute("PRAGMA synchronous=FULL")
            found.execute("PRAGMA foreign_keys=ON")
            self._local.connection = found
        return found

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that takes the write lock at once, so that what it read is still so when it writes."""
        connection = self.connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self.connection().execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self.connection().execute(sql, values).fetchone()
        return found

    def reset(self) -> None:
        """Forget everything but keys and certificates."""
        with self.writing() as connection:
            for table in ("sms_message", "sms_request", "mail_message", "revocation", "pin_tries", "csc_code", "csc_token", "fault"):
                connection.execute(f"DELETE FROM {table}")


def now() -> float:
    """Seconds since 1970, the unit of every time in the store."""
    return time.time()
