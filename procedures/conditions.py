"""Conditions over what a person answered, as data: in which case a paper is wanted, a fee applies, a field is there. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Condition = Mapping[str, Any]
"""``{"field": name, "in": [values]}``: the answer to a question; ``{"fact": name, "in": [values]}``: what a register knows."""


def holds(condition: Condition | None, answers: Mapping[str, str], facts: Mapping[str, str] | None = None) -> bool:
    """Whether a condition holds; no condition always does. An answer or fact that is not there is empty text."""
    if condition is None:
        return True
    value = answers.get(condition["field"], "") if "field" in condition else (facts or {}).get(condition["fact"], "")
    return value in condition["in"]
