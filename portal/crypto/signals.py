"""Signals of this room."""

from __future__ import annotations

from django.dispatch import Signal

key_destroyed = Signal()
"""Sent inside the transaction that destroys a key: ``subject`` (UUID), ``actor``. Clear derived values (indexes) here."""
