"""How finely cut counts are told without telling of persons. Pure.

**The rule.** Of one unit, month, channel, level of service and measure, a number below five never stands beside a procedure: such numbers
are added up in one row, the rest (``*``), and the smallest of the other numbers joins them there. What is nothing and what went into the
rest look the same.

**Why no subtraction undoes it.** The rows are a partition: each is told exactly, and they add up to the total. Whatever totals are
published elsewhere (of the unit, by channel and level, of those above it, of a quarter or year) are sums of whole rows, so that
subtracting them gives nothing but rows again. And within the rest any small number may change places with the one that joined it: the
rows stay the same, the number is at least five. Where all numbers are small, all are in the rest, which is then the total that the
statistics publish anyway. Only what units did themselves is told, never an agency with all below it: sums that overlap could be
subtracted from each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

LEAST = 5
"""The smallest number that stands beside a procedure."""

Key = TypeVar("Key")


def protect(cells: Mapping[Key, int], *, least: int = LEAST) -> tuple[dict[Key, int], int]:
    """What is told one by one, and the sum of the rest."""
    told = {key: number for key, number in cells.items() if number >= least}
    rest = sum(number for number in cells.values() if 0 < number < least)
    if rest and told:
        # All that are equally small: which of them joined must not depend on their names.
        smallest = min(told.values())
        rest += sum(number for number in told.values() if number == smallest)
        told = {key: number for key, number in told.items() if number != smallest}
    return told, rest
