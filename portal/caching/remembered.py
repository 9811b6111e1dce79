"""Values that a process remembers until something that they were made from changes."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from portal.caching.changes import marks


class Remembered:
    """A dictionary that begins anew when a room changes, and each day: what is in force is part of what is remembered.

    What is put in must be read after ``values()`` was asked for: it is then as new as the mark, or newer.
    """

    def __init__(self, *rooms: str) -> None:
        self.rooms = rooms
        self._held: tuple[str, dict[Any, Any]] = ("", {})

    def values(self) -> dict[Any, Any]:
        """The dictionary of the present state. Who holds one of an earlier state writes where nobody reads."""
        mark = f"{timezone.localdate():%Y%m%d}|{marks.of(self.rooms)}"
        held, values = self._held
        if held != mark:
            values = {}
            self._held = (mark, values)
        return values
