"""Numbers of a person as a page shows them to their owner: enough to know them again, not enough to be read over a shoulder."""

from __future__ import annotations

SHOWN = 3


def masked(number: str | None) -> str:
    """A number with all but its last three characters as dots; empty for none."""
    return "•" * max(0, len(number) - SHOWN) + number[-SHOWN:] if number else ""
