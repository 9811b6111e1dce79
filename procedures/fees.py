"""What one filing costs: the fee lines of the law and the answers of one person → charges. Pure functions, whole đồng.

Which line applies to whom stands in the law in words; a rule says it as data, published with the electronic form::

    {"name": "…", "condition": "…", "when": {"field": …, "in": […]}, "times": "<field with a number>", "unit": "bản"}

``name`` (and ``condition``, where two lines bear one name) are those of the fee line; ``when`` is a condition over the answers; ``times``
the field whose number multiplies the amount; ``unit`` what is counted, in the formula. What no rule can decide is never guessed: the
line stays open and is shown in the law's words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from procedures.conditions import holds

RULE_KEYS = frozenset({"name", "condition", "when", "times", "unit"})


@dataclass(frozen=True)
class Fee:
    """One fee line as the law has it."""

    name: str
    amount: int | None
    """In đồng; 0 is free of charge, None: set elsewhere, or in foreign money."""
    per: str = ""
    """What the amount is for one of; empty: for the dossier."""
    condition: str = ""
    exemption: str = ""


@dataclass(frozen=True)
class Charge:
    """One amount that a filing costs."""

    name: str
    unit_amount: int
    """In đồng."""
    number: int
    unit: str
    """What is counted; empty where the amount is for the whole."""
    reason: str
    """When the law takes it, in its words; empty: always."""

    @property
    def amount(self) -> int:
        """In đồng."""
        return self.unit_amount * self.number


@dataclass(frozen=True)
class Bill:
    """What a filing costs, as far as it is known."""

    charges: tuple[Charge, ...]
    still_open: tuple[Fee, ...]
    """Lines nobody can reckon yet: without an amount, without a rule, or the number is not answered."""

    @property
    def total(self) -> int:
        """Sum of the charges, in đồng."""
        return sum(charge.amount for charge in self.charges)

    def __bool__(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.charges or self.still_open)


def rule_fits(rule: Mapping[str, Any], fee: Fee) -> bool:
    """Whether a rule speaks of a fee line."""
    return bool(rule["name"] == fee.name and rule.get("condition", fee.condition) == fee.condition)


def reckon(fees: Sequence[Fee], rules: Sequence[Mapping[str, Any]], answers: Mapping[str, str]) -> Bill:
    """The bill of a filing with these answers, in the order of the fee lines.

    A line with rules is charged by the first of them that holds, and not at all when none does. A line without a rule is charged
    once if the law takes it from everybody, else it stays open.
    """
    charges: list[Charge] = []
    still_open: list[Fee] = []
    for fee in fees:
        speaking = [rule for rule in rules if rule_fits(rule, fee)]
        holding = next((rule for rule in speaking if holds(rule.get("when"), answers)), None)
        if speaking and holding is None:
            continue
        number = _number(holding, answers) if holding is not None else None if fee.per or fee.condition else 1
        if fee.amount is None or number is None:
            still_open.append(fee)
        else:
            unit = holding.get("unit", fee.per) if holding is not None else fee.per
            charges.append(Charge(fee.name, fee.amount, number, unit, fee.condition))
    return Bill(tuple(charges), tuple(still_open))


def _number(rule: Mapping[str, Any], answers: Mapping[str, str]) -> int | None:
    """How often the amount is taken; None while that is not answered by a number from 1 on."""
    if "times" not in rule:
        return 1
    text = answers.get(rule["times"], "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 and int(text) > 0 else None
