"""Which fields of a form one person meets: asked, known or not there at all. Pure functions on the data of a form version.

A condition is ``{"field": name, "in": [values]}`` (the answer to an earlier choice) or ``{"fact": name, "in": [values]}`` (what
the registry knows of the one who fills the form in: ``dossiers.queries.FACTS``). Keys of a field that use it:

``when``          the field is there only if the condition holds
``prefill``       a fact that answers the field; an empty one is asked after all
``prefill_when``  the prefill holds only under this condition, otherwise the field is asked
``choices_when``  value → condition: which choices of a field are offered
``suggest``       ``{"fact": name, "values": {fact: answer}}``: what is chosen beforehand; ``default``: what is written beforehand
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from procedures.conditions import holds

Spec = Mapping[str, Any]


@dataclass(frozen=True)
class Shape:
    """The form as one person with these answers meets it, in the order of the form version."""

    fields: tuple[Spec, ...]
    """What is there, asked or known; choices already narrowed."""
    known: Mapping[str, str]
    """Answers that come from the registry, by field."""

    @property
    def asked(self) -> list[Spec]:
        """Fields a person fills in."""
        return [spec for spec in self.fields if spec["name"] not in self.known]


def shape(fields: Iterable[Spec], answers: Mapping[str, str], facts: Mapping[str, str]) -> Shape:
    """The form under these answers. What a field that is not there once answered decides nothing."""
    there: list[Spec] = []
    known: dict[str, str] = {}
    counting: dict[str, str] = {}
    for spec in fields:
        if not holds(spec.get("when"), counting, facts):
            continue
        name = spec["name"]
        fact = facts.get(spec["prefill"], "") if "prefill" in spec and holds(spec.get("prefill_when"), counting, facts) else ""
        if fact:
            known[name] = counting[name] = fact
        else:
            limits = spec.get("choices_when", {})
            if limits:
                offered = [pair for pair in spec["choices"] if holds(limits.get(pair[0]), counting, facts)]
                spec = {**spec, "choices": offered}
            value = answers.get(name, "")
            counting[name] = value if spec["kind"] != "choice" or value in [pair[0] for pair in spec["choices"]] else ""
        there.append(spec)
    return Shape(tuple(there), known)


def counting(found: Shape, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers that count: of fields that are there, known ones first; a choice that is not offered is no answer."""
    given: dict[str, str] = {}
    for spec in found.fields:
        name = spec["name"]
        value = found.known.get(name, answers.get(name, ""))
        offered = spec["kind"] != "choice" or name in found.known or value in [pair[0] for pair in spec["choices"]]
        given[name] = value if offered else ""
    return given


def shown_fields(fields: Iterable[Spec], answers: Mapping[str, str]) -> list[Spec]:
    """The fields of a filled form that are worth reading: there under its answers. Narrowed choices keep all their labels.

    Every answer a condition asks for is in ``answers``, known ones too: what the registry says today plays no part.
    """
    there: list[Spec] = []
    counting: dict[str, str] = {}
    for spec in fields:
        if holds(spec.get("when"), counting, {}):
            there.append(spec)
            counting[spec["name"]] = answers.get(spec["name"], "")
    return there


def conditions_of(spec: Spec) -> Iterator[Spec]:
    """All conditions that a field carries."""
    for key in ("when", "prefill_when"):
        if key in spec:
            yield spec[key]
    yield from spec.get("choices_when", {}).values()


def deciders(fields: Iterable[Spec]) -> frozenset[str]:
    """Names of the fields whose answers decide what else is there: they are asked first, on a page of their own."""
    return frozenset(condition["field"] for spec in fields for condition in conditions_of(spec) if "field" in condition)


def opening(found: Shape, deciding: frozenset[str], answers: Mapping[str, str]) -> list[Spec]:
    """What must be asked before the rest of the form is known: the deciding fields, once one of them has no valid answer.

    Empty when the whole form can be shown.
    """
    first = [spec for spec in found.asked if spec["name"] in deciding]
    unanswered = any(answers.get(spec["name"], "") not in [pair[0] for pair in spec["choices"]] for spec in first)
    return first if unanswered else []


def suggestions(asked: Sequence[Spec], facts: Mapping[str, str]) -> dict[str, str]:
    """What stands in a form before anybody has typed: its defaults and what the registry suggests."""
    found: dict[str, str] = {}
    for spec in asked:
        if "suggest" in spec:
            found[spec["name"]] = spec["suggest"]["values"].get(facts.get(spec["suggest"]["fact"], ""), "")
        elif "default" in spec:
            found[spec["name"]] = spec["default"]
    return {name: value for name, value in found.items() if value}
