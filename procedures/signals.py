"""What the rooms above hear of the catalogue."""

from __future__ import annotations

from django.dispatch import Signal

procedures_changed = Signal()
"""A decision was published, or taken back, that amends, repeals or interlinks procedures: ``announcement``, ``codes``. What is tied to
them is to be looked at again (Rules art. 22.2)."""
