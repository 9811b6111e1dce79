"""Whether a field of a form can ever be there. A pure search over what decides about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from math import prod
from typing import Any

from procedures.conditions import atoms, fields_of, holds

Spec = Mapping[str, Any]
MOST_STEPS = 20_000
"""What is not found after so many tries counts as possible: a form is never refused because it is complicated."""


MOST_FACTS, MOST_TOGETHER = 500, 6


def never_there(fields: Sequence[Spec]) -> list[tuple[str, Spec]]:
    """Fields, those of groups too, whose conditions hold under no answers at all."""
    found: list[tuple[str, Spec]] = []
    outer: list[Spec] = []
    for spec in fields:
        if not _possible(spec, outer):
            found.append((spec["name"], spec))
        elif spec["kind"] == "group":
            inner = list(outer)
            for part in spec["fields"]:
                if not _possible(part, inner, also=spec.get("when")):
                    found.append((part["name"], part))
                inner.append(part)
        outer.append(spec)
    return found


def _possible(spec: Spec, before: Sequence[Spec], *, also: Any = None) -> bool:
    target = [condition for condition in (also, spec.get("when")) if condition is not None]
    if not target:
        return True
    whole: Any = {"all": target}
    by_name = {one["name"]: one for one in before}
    closure = _closure(whole, by_name)
    order = [one for one in before if one["name"] in closure]
    everything = [whole, *(condition for one in order for condition in _deciding(one))]
    facts = _facts(everything)
    if prod(len(values) for values in facts.values()) > MOST_FACTS or any(_is_wild(one, everything) for one in order):
        return True
    search = _Search(order, {one["name"]: _values(one, everything) for one in order}, whole)
    return any(search.run(0, {}, chosen) for chosen in _combinations(facts))


def _deciding(spec: Spec) -> Iterator[Any]:
    if "when" in spec:
        yield spec["when"]
    yield from spec.get("choices_when", {}).values()


def _closure(condition: Any, fields: Mapping[str, Spec]) -> set[str]:
    """Names of all fields on which a condition depends, and on which these depend."""
    found: set[str] = set()
    waiting = fields_of(condition)
    while waiting:
        name = waiting.pop()
        if name in fields and name not in found:
            found.add(name)
            waiting += [other for one in _deciding(fields[name]) for other in fields_of(one)]
    return found


def _facts(conditions: Sequence[Any]) -> dict[str, list[str]]:
    """Every fact that is asked about, with the values that matter and one that does not."""
    found: dict[str, list[str]] = {}
    for condition in conditions:
        for one in atoms(condition):
            if "fact" in one:
                found.setdefault(one["fact"], ["", "\0"]).extend(one["in"])
    return {name: list(dict.fromkeys(values)) for name, values in found.items()}


def _combinations(facts: Mapping[str, list[str]]) -> Iterator[dict[str, str]]:
    for chosen in product(*facts.values()):
        yield dict(zip(facts, chosen, strict=True))


def _named(spec: Spec, conditions: Sequence[Any]) -> list[str]:
    """Of a question with several answers those that conditions ask for."""
    own = [pair[0] for pair in spec["choices"]]
    asked = {
        value for condition in conditions for one in atoms(condition) if one.get("field") == spec["name"] for value in one.get("in", ())
    }
    return [value for value in own if value in asked]


def _is_wild(spec: Spec, conditions: Sequence[Any]) -> bool:
    """Whether a field has too many combinations of answers to try."""
    return spec["kind"] == "choices" and len(_named(spec, conditions)) > MOST_TOGETHER


def _values(spec: Spec, conditions: Sequence[Any]) -> list[Any]:
    """Answers of a field between which the conditions can tell."""
    kind = spec["kind"]
    if kind == "choice" or (kind == "select" and spec.get("choices")):
        return ["", *(pair[0] for pair in spec["choices"])]
    if kind == "confirm":
        return ["", "yes"]
    asked = [one for condition in conditions for one in atoms(condition) if one.get("field") == spec["name"]]
    if kind == "choices":
        named = _named(spec, conditions)
        other = [pair[0] for pair in spec["choices"] if pair[0] not in named][:1]
        together = [list(some) for size in range(len(named) + 1) for some in combinations(named, size)]
        return [*together, *([other] if other else [])]
    if kind == "group":
        return [[], [{"": "x"}]]
    bounds = [one[key] for one in asked for key in ("at_least", "at_most") if key in one]
    if kind == "date":
        days = [dt.date.fromisoformat(bound) for bound in bounds if _is_day(bound)]
        return ["", "x", *dict.fromkeys((day + dt.timedelta(days=step)).isoformat() for day in days for step in (-1, 0, 1))]
    if bounds:
        least, most = spec.get("min"), spec.get("max")
        near = sorted({bound + step for bound in bounds if not isinstance(bound, str) for step in (-1, 0, 1)})
        near = [one for one in near if (least is None or one >= least) and (most is None or one <= most)]
        return ["", "x", *map(str, [*near, *(one for one in (least, most) if one is not None)])]
    return ["", "x", *dict.fromkeys(value for one in asked for value in one.get("in", ()))]


def _is_day(text: Any) -> bool:
    try:
        dt.date.fromisoformat(text)
    except (TypeError, ValueError):
        return False
    return True


class _Search:
    """Tries answers field by field, in the order of the form, and turns back where the condition has become false."""

    def __init__(self, order: Sequence[Spec], values: Mapping[str, list[Any]], target: Any) -> None:
        self.order, self.values, self.target, self.steps = order, values, target, 0

    def run(self, at: int, answers: dict[str, Any], facts: Mapping[str, str]) -> bool:
        self.steps += 1
        if self.steps > MOST_STEPS:
            return True
        said = _three(self.target, answers, facts, {spec["name"] for spec in self.order[at:]})
        if said is not None or at == len(self.order):
            return bool(said)
        spec = self.order[at]
        name = spec["name"]
        options = self.values[name]
        if not holds(spec.get("when"), answers, facts):
            # What is not there answers nothing.
            return self.run(at + 1, answers, facts)
        limits = spec.get("choices_when", {})
        for value in options:
            if isinstance(value, str) and value in limits and not holds(limits[value], answers, facts):
                continue
            if self.run(at + 1, {**answers, name: value}, facts):
                return True
        return False


def _three(condition: Any, answers: Mapping[str, Any], facts: Mapping[str, str], unknown: set[str]) -> bool | None:
    """Whether a condition holds; None while it depends on a field that is not decided yet."""
    if "field" in condition:
        return None if condition["field"] in unknown else holds(condition, answers, facts)
    if "fact" in condition:
        return holds(condition, answers, facts)
    if "not" in condition:
        said = _three(condition["not"], answers, facts, unknown)
        return None if said is None else not said
    parts = [_three(one, answers, facts, unknown) for one in condition.get("all", condition.get("any"))]
    deciding = "any" in condition
    if deciding in parts:
        return deciding
    return None if None in parts else not deciding
