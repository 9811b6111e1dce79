"""Seal and open with a subject's key; destroy the key.

Keys unwrapped in this process stay in memory for a minute, so a page reads them once. A process that holds a key may go on
reading for that minute after another process destroyed it; nothing written then is readable later.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from portal.access import Actor
from portal.crypto import keyring, ledger
from portal.crypto.errors import KeyDestroyed, KeyMissing
from portal.crypto.models import SubjectKey
from portal.crypto.signals import key_destroyed

CACHE_SECONDS = 60.0
CACHE_KEYS = 4096


class _Cache:
    """Unwrapped keys whose rows are committed: bounded, short-lived, shared by the threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: OrderedDict[UUID, tuple[float, bytes]] = OrderedDict()

    def get(self, subject: UUID) -> bytes | None:
        with self._lock:
            found = self._keys.get(subject)
            if found is None:
                return None
            if found[0] < time.monotonic():
                del self._keys[subject]
                return None
            return found[1]

    def put(self, subject: UUID, key: bytes) -> None:
        with self._lock:
            self._keys[subject] = (time.monotonic() + CACHE_SECONDS, key)
            self._keys.move_to_end(subject)
            while len(self._keys) > CACHE_KEYS:
                self._keys.popitem(last=False)

    def drop(self, subject: UUID) -> None:
        with self._lock:
            self._keys.pop(subject, None)

    def clear(self) -> None:
        with self._lock:
            self._keys.clear()


_cache = _Cache()


class _Fresh:
    """A key whose row this transaction has written. It reaches the shared cache only when the transaction commits.

    Were it cached at once, a rolled-back transaction would leave a key without a row, and what later requests seal with
    it would be lost. Django drops the callbacks of a rolled-back (sub)transaction, so a key lives as long as its callback.
    """

    def __init__(self, subject: UUID, key: bytes) -> None:
        self.subject = subject
        self.key = key

    def __call__(self) -> None:
        _cache.put(self.subject, self.key)


def _fresh(subject: UUID) -> _Fresh | None:
    for entry in reversed(connection.run_on_commit):
        if isinstance(entry[1], _Fresh) and entry[1].subject == subject:
            return entry[1]
    return None


def forget_keys() -> None:
    """Empty this process's cache of unwrapped keys (after a fork, a restore, between tests)."""
    _cache.clear()


def _unwrapped(row: SubjectKey) -> bytes:
    if row.wrapped is None:
        raise KeyDestroyed(str(row.subject))
    return keyring.unwrap(row.subject, bytes(row.wrapped), row.key_id)


def _known(subject: UUID) -> bytes | None:
    fresh = _fresh(subject)
    return fresh.key if fresh is not None else _cache.get(subject)


def _read(subject: UUID) -> bytes | None:
    row = SubjectKey.objects.filter(pk=subject).first()
    if row is None:
        return None
    key = _unwrapped(row)
    _cache.put(subject, key)
    return key


def _key_to_read(subject: UUID) -> bytes:
    key = _known(subject) or _read(subject)
    if key is None:
        raise KeyMissing(f"subject {subject} has no key")
    return key


def _key_to_write(subject: UUID) -> bytes:
    key = _known(subject) or _read(subject)
    if key is not None:
        return key
    key = os.urandom(keyring.KEY_BYTES)
    wrapped, key_id = keyring.wrap(subject, key)
    # Two requests may be first at once: the second waits for the first's commit, inserts nothing and reads.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crypto_subjectkey (subject, wrapped, key_id) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING 1",
            [subject, wrapped, key_id],
        )
        made = cursor.fetchone() is not None
    if made:
        transaction.on_commit(_Fresh(subject, key))
        return key
    return _key_to_read(subject)


def _aad(subject: UUID, context: str) -> bytes:
    return context.encode() + b"|" + subject.bytes


def encrypt(subject: UUID, plaintext: bytes, *, context: str) -> bytes:
    """Seal bytes with the subject's key (made on first use). ``context`` names the place they belong to.

    Raises :class:`KeyDestroyed` for an erased subject.
    """
    return keyring.seal(_key_to_write(subject), plaintext, _aad(subject, context))


def decrypt(subject: UUID, token: bytes, *, context: str) -> bytes:
    """The bytes :func:`encrypt` sealed.

    Raises :class:`KeyDestroyed` for an erased subject and :class:`~portal.crypto.errors.Tampered` when the token was
    altered or belongs to another subject or context.
    """
    return keyring.open_sealed(_key_to_read(subject), bytes(token), _aad(subject, context))


def prefetch(subjects: Iterable[UUID]) -> None:
    """Read the keys of a page's rows in one query (none if all are known). Erased and unknown subjects are passed over."""
    wanted = [subject for subject in set(subjects) if subject is not None and _known(subject) is None]
    if not wanted:
        return
    for row in SubjectKey.objects.filter(pk__in=wanted, wrapped__isnull=False):
        _cache.put(row.subject, _unwrapped(row))


def is_destroyed(subject: UUID) -> bool:
    """Whether the subject was erased."""
    return SubjectKey.objects.filter(pk=subject, destroyed_at__isnull=False).exists()


@transaction.atomic
def shred(subject: UUID, actor: Actor) -> None:
    """Destroy the subject's key: all that was sealed with it is erased, in history and backups of the rows too.

    The caller has checked that the actor may. Twice is the same as once; a subject that never had a key gets a destroyed
    one, so that nothing can be sealed for it later. ``portal.audit`` records the act. Law on personal data protection
    91/2025/QH15 (erasure on request).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crypto_subjectkey (subject, wrapped, key_id, destroyed_at)"
            " VALUES (%s, NULL, '', statement_timestamp()) ON CONFLICT DO NOTHING RETURNING 1",
            [subject],
        )
        changed = cursor.fetchone() is not None
    if not changed:
        changed = bool(SubjectKey.objects.filter(pk=subject, wrapped__isnull=False).update(wrapped=None, destroyed_at=Now()))
    fresh = _fresh(subject)
    if fresh is not None:
        connection.run_on_commit = [entry for entry in connection.run_on_commit if entry[1] is not fresh]
    _cache.drop(subject)
    # Another thread may read the key again before this commits.
    transaction.on_commit(lambda: _cache.drop(subject))
    if changed:
        moment = SubjectKey.objects.values_list("destroyed_at", flat=True).get(pk=subject)
        # After the commit: what was rolled back must not be erased by a restore. Kept apart, for a backup does not know it.
        transaction.on_commit(lambda: ledger.append(subject, moment or datetime.now(UTC)))
        key_destroyed.send(SubjectKey, subject=subject, actor=actor)


def rewrap(*, limit: int = 500) -> int:
    """Wrap up to ``limit`` keys, that an older master key wraps, with the newest. Returns how many; 0 means all are done.

    Safe beside running work and beside itself; the sealed data are not touched.
    """
    with transaction.atomic():
        rows = list(
            SubjectKey.objects.select_for_update(skip_locked=True).filter(wrapped__isnull=False).exclude(key_id=keyring.newest())[:limit]
        )
        for row in rows:
            row.wrapped, row.key_id = keyring.wrap(row.subject, _unwrapped(row))
        SubjectKey.objects.bulk_update(rows, ["wrapped", "key_id"])
    return len(rows)
