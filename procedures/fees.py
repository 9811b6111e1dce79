"""What one filing costs: the fee lines of the law and the answers of one person → charges. Pure functions, whole đồng.

Which line applies to whom stands in the law in words; a rule says it as data, published with the electronic form::

    {"name": "…", "condition": "…", "when": {"field": …, "in": […]}, "times": "<field with a number>", "unit": "bản"}
    {"name": "…", "when": {"field": …, "in": […]}, "exempt": "<who is exempt, and by which law>"}

``name`` (and ``condition``, where two lines bear one name) are those of the fee line; ``when`` is a condition over the answers and the
facts of who files; ``times`` the field whose number multiplies the amount; ``unit`` what is counted, in the formula. ``exempt`` makes it a
rule of exemption: where its condition holds nothing is taken, and its words say why. What no rule can decide is never guessed: the line
stays open and is shown in the law's words.

Who files online may owe less: what a province or a ministry has declared (:class:`Reduction`). Of several, the one best for the citizen
counts alone; none follows another. A fraction of a đồng is the citizen's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from procedures.conditions import holds

RULE_KEYS = frozenset({"name", "condition", "when", "times", "unit", "exempt"})
WHOLE = 100
"""Percent of everything."""


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
    kind: str = ""
    """``procedures.models.FeeLine.Kind``; empty: nobody says."""


@dataclass(frozen=True)
class Reduction:
    """What is taken off for filing online: a share, or so much of each."""

    basis: str
    """The text that lays it down, as people read it."""
    percent: int | None = None
    """Of the whole line, 1 to 100; None: ``amount``."""
    amount: int | None = None
    """Đồng off what is taken for each."""
    kinds: frozenset[str] = frozenset()
    """Kinds of fee lines it is for; empty: all."""
    names: frozenset[str] = frozenset()
    """Names of fee lines it is for; empty: all."""
    valid_from: dt.date = dt.date.min
    valid_to: dt.date | None = None
    """The last day; None: until further notice."""

    def holds_on(self, day: dt.date) -> bool:
        """Whether it is in force on a day, its first and its last included."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def speaks_of(self, fee: Fee) -> bool:
        """Whether it is for this fee line."""
        return (not self.kinds or fee.kind in self.kinds) and (not self.names or fee.name in self.names)

    def saving(self, unit_amount: int, number: int) -> int:
        """Đồng taken off a line, never more than the line; half a đồng is the citizen's."""
        whole = unit_amount * number
        if self.percent is not None:
            return min(whole, -(-whole * self.percent // WHOLE))
        return min(whole, (self.amount or 0) * number)

    @property
    def takes_all(self) -> bool:
        """Whether nothing is left to pay, whatever the amount."""
        return self.percent == WHOLE


@dataclass(frozen=True)
class Charge:
    """One amount that a filing costs."""

    name: str
    unit_amount: int
    """In đồng; 0 also where it is set elsewhere and nothing of it is taken."""
    number: int
    unit: str
    """What is counted; empty where the amount is for the whole."""
    reason: str
    """When the law takes it, in its words; empty: always."""
    kind: str = ""
    reduction: int = 0
    """Đồng off the whole line."""
    why: str = ""
    """Why less is taken, or nothing: who is exempt, or the text that lays the reduction down."""
    exempt: bool = False
    """Whether ``why`` is an exemption of who files, not a reduction for how."""

    @property
    def full_amount(self) -> int:
        """In đồng, before anything is taken off."""
        return self.unit_amount * self.number

    @property
    def amount(self) -> int:
        """In đồng."""
        return self.full_amount - self.reduction


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

    @property
    def saved(self) -> int:
        """What is not taken, in đồng."""
        return sum(charge.reduction for charge in self.charges)

    def __bool__(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.charges or self.still_open)

    def kept(self) -> dict[str, Any]:
        """Plain values, for the one who was told this bill: later law changes nothing in it."""
        return {"charges": [asdict(charge) for charge in self.charges], "open": [asdict(fee) for fee in self.still_open]}


def kept_bill(kept: Mapping[str, Any]) -> Bill:
    """The bill of :meth:`Bill.kept`."""
    return Bill(tuple(Charge(**row) for row in kept["charges"]), tuple(Fee(**row) for row in kept["open"]))


def rule_fits(rule: Mapping[str, Any], fee: Fee) -> bool:
    """Whether a rule speaks of a fee line."""
    return bool(rule["name"] == fee.name and rule.get("condition", fee.condition) == fee.condition)


def best(reductions: Iterable[Reduction], fee: Fee, number: int) -> Reduction | None:
    """The reduction that takes most off so many of a fee line; of equal ones the same whatever their order. None: nothing is taken off.

    Of an amount that is set elsewhere only the whole can be taken off.
    """
    if fee.amount is None:
        found = [(0, one) for one in reductions if one.speaks_of(fee) and one.takes_all]
    else:
        found = [(saved, one) for one in reductions if one.speaks_of(fee) and (saved := one.saving(fee.amount, number))]
    return min(found, key=lambda pair: (-pair[0], pair[1].basis, pair[1].valid_from), default=(0, None))[1]


def reckon(
    fees: Sequence[Fee],
    rules: Sequence[Mapping[str, Any]],
    answers: Mapping[str, str],
    *,
    facts: Mapping[str, str] | None = None,
    reductions: Sequence[Reduction] = (),
) -> Bill:
    """The bill of a filing with these answers by somebody with these facts, in the order of the fee lines.

    A line with rules is charged by the first of them that holds, and not at all when none does. A line without a rule is charged
    once if the law takes it from everybody, else it stays open. Of what is charged nothing is taken from who is exempt; of the rest the
    best of the ``reductions`` is taken off, which are those in force where and when one files.
    """
    charges: list[Charge] = []
    still_open: list[Fee] = []
    for fee in fees:
        fitting = [rule for rule in rules if rule_fits(rule, fee)]
        speaking = [rule for rule in fitting if "exempt" not in rule]
        holding = next((rule for rule in speaking if holds(rule.get("when"), answers, facts)), None)
        if speaking and holding is None:
            continue
        number = _number(holding, answers) if holding is not None else None if fee.per or fee.condition else 1
        if number is None:
            still_open.append(fee)
            continue
        exempting = next((rule for rule in fitting if "exempt" in rule and holds(rule.get("when"), answers, facts)), None)
        reduction = best(reductions, fee, number) if exempting is None else None
        if fee.amount is None and exempting is None and reduction is None:
            still_open.append(fee)
            continue
        unit = holding.get("unit", fee.per) if holding is not None else fee.per
        unit_amount = fee.amount or 0
        off, why = 0, ""
        if exempting is not None:
            off, why = unit_amount * number, exempting["exempt"]
        elif reduction is not None:
            off, why = reduction.saving(unit_amount, number), reduction.basis
        charges.append(Charge(fee.name, unit_amount, number, unit, fee.condition, fee.kind, off, why, exempting is not None))
    return Bill(tuple(charges), tuple(still_open))


def _number(rule: Mapping[str, Any], answers: Mapping[str, str]) -> int | None:
    """How often the amount is taken; None while that is not answered by a number from 1 on."""
    if "times" not in rule:
        return 1
    text = answers.get(rule["times"], "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 and int(text) > 0 else None


@dataclass(frozen=True)
class Shorter:
    """A time limit cut for filing online."""

    basis: str
    percent: int | None = None
    """Of the limit, 1 to 99; None: ``amount``."""
    amount: int | None = None
    """Units of the limit that are cut off."""


def shortened(limit: Decimal, cuts: Iterable[Shorter]) -> tuple[Decimal, str]:
    """A time limit in its own unit after the best of these cuts, and the text that lays it down (empty: nothing is cut).

    A limit that is longer than one unit is never cut below one, and what remains is rounded down to whole units; "the same day" and
    limits of one unit or less stay.
    """
    found, why = limit, ""
    for cut in sorted(cuts, key=lambda one: one.basis):
        left = limit * (WHOLE - cut.percent) / WHOLE if cut.percent is not None else limit - (cut.amount or 0)
        left = max(Decimal(1), left.to_integral_value(ROUND_FLOOR))
        if left < found:
            found, why = left, cut.basis
    return found, why


@dataclass(frozen=True)
class Support:
    """What an agency pays of the cost of bringing a paper result to who filed online (Framework II.1b)."""

    basis: str
    percent: int | None = None
    """Of the cost of a parcel, 1 to 100; None: ``amount``."""
    amount: int | None = None
    """Đồng of each parcel."""
    cap: int | None = None
    """Đồng of each parcel at most; None: no limit."""

    def of(self, cost: int) -> int:
        """Đồng the agency pays of a parcel, never more than it costs; half a đồng is the citizen's to keep."""
        share = -(-cost * self.percent // WHOLE) if self.percent is not None else self.amount or 0
        return max(0, min(cost, share, cost if self.cap is None else self.cap))


def supported(cost: int, supports: Iterable[Support]) -> tuple[int, str]:
    """The most that any one of the supports pays of a parcel, and the text that grants it; (0, "") where none pays anything.

    They are not added up: two texts that grant the same thing grant it once, as with fees (:func:`best`).
    """
    found = [(paid, one.basis) for one in supports if (paid := one.of(cost))]
    return min(found, key=lambda pair: (-pair[0], pair[1]), default=(0, ""))
