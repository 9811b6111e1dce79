"""What the rooms above may listen to."""

from __future__ import annotations

from django.dispatch import Signal

document_renewed = Signal()
"""Sent in the transaction that puts a newer file in the place of a signed one (another time-stamp behind the same bytes), with
``document``. Receivers write rows and nothing else."""
document_signed = Signal()
"""Sent once for a document, in the transaction that makes it signed, with ``document``. Receivers write rows and nothing else."""
