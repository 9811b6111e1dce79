"""What the rooms above may listen to."""

from __future__ import annotations

from django.dispatch import Signal

document_signed = Signal()
"""Sent once for a document, in the transaction that makes it signed, with ``document``. Receivers write rows and nothing else."""
