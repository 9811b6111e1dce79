"""Signals of this room."""

from __future__ import annotations

from django.dispatch import Signal

file_checked = Signal()
"""Sent inside the transaction that notes the verdict: ``file`` (StoredFile, clean or quarantined)."""
