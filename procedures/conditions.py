"""Conditions over what a person answered, as data: in which case a paper is wanted, a fee applies, a field is there. Pure functions.

{"field": name, "in": [values]}            the answer to a question; of a question with several answers any of them
{"fact": name, "in": [values]}             what a register knows
{"field": name, "filled": true}            whether anything was answered
{"field": name, "at_least": x}             a number (as a number), or a day as ``YYYY-MM-DD``; ``at_most`` likewise
{"all": […]}  {"any": […]}  {"not": …}     of other conditions
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

Condition = Mapping[str, Any]


def holds(condition: Condition | None, answers: Mapping[str, Any], facts: Mapping[str, str] | None = None) -> bool:
    """Whether a condition holds; no condition always does. An answer or fact that is not there is empty text."""
    if condition is None:
        return True
    if "field" in condition:
        value = answers.get(condition["field"], "")
        if "in" in condition:
            return any(one in condition["in"] for one in value) if isinstance(value, list) else value in condition["in"]
        if "filled" in condition:
            return bool(value) == condition["filled"]
        if "at_least" in condition:
            return (order := compared(value, condition["at_least"])) is not None and order >= 0
        return (order := compared(value, condition["at_most"])) is not None and order <= 0
    if "fact" in condition:
        return (facts or {}).get(condition["fact"], "") in condition["in"]
    if "all" in condition:
        return all(holds(one, answers, facts) for one in condition["all"])
    if "any" in condition:
        return any(holds(one, answers, facts) for one in condition["any"])
    return not holds(condition["not"], answers, facts)


def compared(value: Any, bound: Any) -> int | None:
    """-1, 0 or 1 as an answer is less than, as much as or more than a bound; None where the two cannot be compared."""
    if isinstance(bound, str) and len(bound) == 10 and bound[4] == "-":
        same = isinstance(value, str) and len(value) == 10 and value[4] == "-"
        return (value > bound) - (value < bound) if same else None
    one, other = number_of(value), number_of(bound)
    return None if one is None or other is None else (one > other) - (one < other)


def number_of(value: Any) -> Decimal | None:
    """A number as answers are kept: digits, a point before a fraction; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    text = str(value).strip()
    if not text.isascii() or not text or text.lstrip("-")[:1] not in "0123456789" or "_" in text:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and len(text) <= 40 else None


def atoms(condition: Condition | None) -> Iterator[Condition]:
    """The simple conditions in one, those of a field or a fact, in order."""
    if condition is None:
        return
    if "field" in condition or "fact" in condition:
        yield condition
        return
    for one in (*condition.get("all", ()), *condition.get("any", ()), *((condition["not"],) if "not" in condition else ())):
        yield from atoms(one)


def fields_of(condition: Condition | None) -> list[str]:
    """Names of the questions a condition asks about, in order."""
    return list(dict.fromkeys(one["field"] for one in atoms(condition) if "field" in one))
