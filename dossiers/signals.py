"""What the rooms above may listen to."""

from __future__ import annotations

from django.dispatch import Signal

national_changed = Signal()
"""Sent in the transaction that changes rows of the national table, with ``changes``: pairs (before, after) of `dossiers.national.Facts`,
``before`` None for a new row. Receivers write rows and nothing else."""
