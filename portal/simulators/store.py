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
CREATE TABLE IF NOT EXISTS csc_pushed (
    uri_hash TEXT PRIMARY KEY, client TEXT NOT NULL, asked TEXT NOT NULL, expires REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS csc_token (
    token_hash TEXT PRIMARY KEY, kind TEXT NOT NULL, credential TEXT NOT NULL, signatures_left INTEGER NOT NULL,
    hashes TEXT NOT NULL, expires REAL NOT NULL, origin TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS provider_code (
    code_hash TEXT PRIMARY KEY, provider TEXT NOT NULL, account TEXT NOT NULL, level TEXT NOT NULL, nonce TEXT NOT NULL,
    challenge TEXT NOT NULL, expires REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS provider_token (
    token_hash TEXT PRIMARY KEY, provider TEXT NOT NULL, account TEXT NOT NULL, expires REAL NOT NULL, origin TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS fault (
    service TEXT PRIMARY KEY, mode TEXT NOT NULL, seconds REAL NOT NULL, times INTEGER, dropped INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS clock (days REAL NOT NULL);
CREATE TABLE IF NOT EXISTS movement (
    id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE,
    institution TEXT NOT NULL, merchant TEXT NOT NULL, reference TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0),
    fee INTEGER NOT NULL, words TEXT NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL DEFAULT '',
    institution_ref TEXT NOT NULL DEFAULT '', bank_ref TEXT NOT NULL DEFAULT '', created REAL NOT NULL, expires REAL NOT NULL,
    paid REAL, notify_url TEXT NOT NULL, return_url TEXT NOT NULL, asked TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS movement_reference ON movement (institution, reference);
CREATE INDEX IF NOT EXISTS movement_paid ON movement (institution, merchant, paid, id) WHERE paid IS NOT NULL;
CREATE TABLE IF NOT EXISTS refund (
    id INTEGER PRIMARY KEY AUTOINCREMENT, movement INTEGER NOT NULL REFERENCES movement (id), institution TEXT NOT NULL,
    key TEXT NOT NULL, request TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0), state TEXT NOT NULL, code TEXT NOT NULL,
    institution_ref TEXT NOT NULL, created REAL NOT NULL, done REAL, UNIQUE (institution, key)
);
CREATE INDEX IF NOT EXISTS refund_movement ON refund (movement);
CREATE INDEX IF NOT EXISTS refund_done ON refund (institution, done) WHERE done IS NOT NULL;
CREATE TABLE IF NOT EXISTS callback (
    id INTEGER PRIMARY KEY AUTOINCREMENT, movement INTEGER NOT NULL REFERENCES movement (id), failed INTEGER NOT NULL,
    distortion TEXT NOT NULL, due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'waiting',
    answer TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS callback_due ON callback (due) WHERE state = 'waiting';
CREATE TABLE IF NOT EXISTS payment_fault (
    institution TEXT NOT NULL, reference TEXT NOT NULL, place TEXT NOT NULL, mode TEXT NOT NULL, seconds REAL NOT NULL,
    times INTEGER, PRIMARY KEY (institution, reference, place)
);
CREATE TABLE IF NOT EXISTS payment_request (institution TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (institution, id));
CREATE TABLE IF NOT EXISTS plant (
    id INTEGER PRIMARY KEY AUTOINCREMENT, institution TEXT NOT NULL, day TEXT NOT NULL, kind TEXT NOT NULL,
    reference TEXT NOT NULL, details TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS closed_day (institution TEXT NOT NULL, day TEXT NOT NULL, PRIMARY KEY (institution, day));
CREATE TABLE IF NOT EXISTS beneficiary (
    institution TEXT NOT NULL, prefix TEXT NOT NULL, unit TEXT NOT NULL, account TEXT NOT NULL, PRIMARY KEY (institution, prefix)
);
CREATE TABLE IF NOT EXISTS payout (
    id INTEGER PRIMARY KEY AUTOINCREMENT, institution TEXT NOT NULL, unit TEXT NOT NULL, account TEXT NOT NULL,
    settlement_day TEXT NOT NULL, value_day TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0)
);
CREATE INDEX IF NOT EXISTS payout_account ON payout (account, value_day);
CREATE TABLE IF NOT EXISTS partner_message (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, about TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, statement TEXT NOT NULL,
    times INTEGER NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS axis_document (
    id TEXT PRIMARY KEY, sender TEXT NOT NULL, receiver TEXT NOT NULL, edxml BLOB NOT NULL, status TEXT NOT NULL, day TEXT NOT NULL,
    created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS parcel (
    id INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL UNIQUE, body TEXT NOT NULL, amount INTEGER NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS payplat_order (
    id INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL DEFAULT '', dossier TEXT NOT NULL DEFAULT '', amount INTEGER NOT NULL,
    url TEXT NOT NULL DEFAULT '', words TEXT NOT NULL DEFAULT '', code TEXT NOT NULL DEFAULT '', created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS payplat_confirm (
    id INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL, code TEXT NOT NULL, body TEXT NOT NULL, times INTEGER NOT NULL,
    created REAL NOT NULL, UNIQUE (reference, code)
);
CREATE TABLE IF NOT EXISTS parcel_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, parcel INTEGER NOT NULL REFERENCES parcel (id), state TEXT NOT NULL, place TEXT NOT NULL,
    created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS parcel_events ON parcel_event (parcel, id);
"""

EVERYTHING = (
    *(
        "sms_message",
        "sms_request",
        "mail_message",
        "revocation",
        "pin_tries",
        "csc_code",
        "csc_pushed",
        "csc_token",
        "fault",
        "clock",
        "provider_code",
        "provider_token",
    ),
    *("callback", "refund", "movement", "payment_fault", "payment_request", "plant", "closed_day", "beneficiary", "payout"),
    *("parcel_event", "parcel", "payplat_order", "payplat_confirm"),
    *("partner_message", "axis_document"),
)
"""Tables in the order in which they can be emptied."""


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
            for table in EVERYTHING:
                connection.execute(f"DELETE FROM {table}")


def now() -> float:
    """Seconds since 1970, the unit of every time in the store."""
    return time.time()
