"""Which fields of a form one person meets: asked, known or not there at all. Pure functions on the data of a form version.

Conditions are those of `procedures.conditions`: what was answered to earlier fields, and what the registry knows of the one who fills
the form in (``dossiers.queries.FACTS``). Keys of a field that use them:

``when``          the field is there only if the condition holds
``required_when`` it must be answered if the condition holds
``prefill``       a fact that answers the field (`dossiers.sources`); an empty one is asked after all, and one that is corrected. What was
                  typed stands before a fact that may come late, of a registry
``prefill_when``  the prefill holds only under this condition, otherwise the field is asked
``choices_when``  value → condition: which choices of a field are offered
``suggest``       ``{"fact": name, "values": {fact: answer}}``: what is chosen beforehand; ``default``: what is written beforehand
``value``         the field is not asked: it is reckoned (`dossiers.calculated`)

A field of kind ``group`` has ``fields`` of its own, answered in rows. In a row conditions see the row's earlier answers and those of
the form. A row in which nothing is answered is no row.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone

from dossiers.calculated import calculate
from dossiers.sources import Facts, corrections, gives_way, is_correctable
from dossiers.values import canonical
from procedures.conditions import fields_of, holds

Spec = Mapping[str, Any]
MOST_ROWS = 100
"""Rows of a group: nobody reads more in one dossier."""
_EVALUATED = 2 * MOST_ROWS


@dataclass(frozen=True)
class Shape:
    """The form as one person with these answers meets it, in the order of the form version."""

    fields: tuple[Spec, ...]
    """What is there: asked, known or reckoned; choices already narrowed, and whether it must be answered decided."""
    known: Mapping[str, str]
    """Answers that come from the registry, by field."""
    calculated: Mapping[str, str] = field(default_factory=dict)
    """Values that were reckoned, by field."""
    rows: Mapping[str, tuple[Shape, ...]] = field(default_factory=dict)
    """Of each repeated group its rows, in the order they were given, empty ones too."""
    counts: Mapping[str, Any] = field(default_factory=dict)
    """The answers that count, as they are reckoned with (`dossiers.values.canonical`): of fields that are there, known and reckoned
    ones too; a choice that is not offered is no answer. A group's are the rows that are not empty."""

    offered: Mapping[str, str] = field(default_factory=dict)
    """Of every field that a source may answer here: what it says; empty where it says nothing (yet)."""
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What is known of the person, as it was given."""

    @property
    def asked(self) -> list[Spec]:
        """Fields a person fills in, groups too."""
        return [spec for spec in self.fields if spec["name"] not in self.known and is_asked(spec)]

    @property
    def is_empty(self) -> bool:
        """Of a row: whether nothing is answered in it."""
        return not any(self.counts.get(spec["name"]) for spec in self.fields if is_asked(spec))


def is_asked(spec: Spec) -> bool:
    """Whether a field asks anything: words and reckoned values do not."""
    return spec["kind"] != "note" and "value" not in spec


def shape(fields: Iterable[Spec], answers: Mapping[str, Any], facts: Mapping[str, str], *, today: date | None = None) -> Shape:
    """The form under these answers, as they were typed. What a field that is not there once answered decides nothing."""
    whole = list(fields)
    if isinstance(facts, Facts):
        facts = facts.under(whole, answers)
    return _shape(whole, answers, facts, today or timezone.localdate(), {})


def _shape(fields: Iterable[Spec], answers: Mapping[str, Any], facts: Mapping[str, str], today: date, outside: Mapping[str, Any]) -> Shape:
    there: list[Spec] = []
    known: dict[str, str] = {}
    calculated: dict[str, str] = {}
    rows: dict[str, tuple[Shape, ...]] = {}
    counts: dict[str, Any] = {}
    offered: dict[str, str] = {}
    corrected = corrections(answers)
    seen: Mapping[str, Any] = ChainMap(counts, dict(outside)) if outside else counts
    for spec in fields:
        if not holds(spec.get("when"), seen, facts):
            continue
        name, kind = spec["name"], spec["kind"]
        if "required_when" in spec:
            spec = {**spec, "required": bool(spec.get("required")) or holds(spec["required_when"], seen, facts)}
        fact = ""
        if "prefill" in spec and holds(spec.get("prefill_when"), seen, facts):
            fact = offered[name] = facts.get(spec["prefill"], "")
            if fact and _stands_before(spec, answers.get(name, ""), fact, corrected, today):
                fact = ""
        if "value" in spec:
            calculated[name] = counts[name] = calculate(spec, seen, today=today)
        elif kind == "group":
            given = answers.get(name)
            typed = [row for row in given if isinstance(row, Mapping)][:_EVALUATED] if isinstance(given, list) else []
            rows[name] = tuple(_shape(spec["fields"], row, facts, today, seen) for row in typed)
            counts[name] = [row.counts for row in rows[name] if not row.is_empty]
        elif fact:
            known[name] = counts[name] = fact
        elif kind != "note":
            limits = spec.get("choices_when", {})
            if limits:
                spec = {**spec, "choices": [pair for pair in spec["choices"] if holds(limits.get(pair[0]), seen, facts)]}
            counts[name] = canonical(spec, answers.get(name, ""), today=today)
        there.append(spec)
    return Shape(tuple(there), known, calculated, rows, counts, offered, facts)


def _stands_before(spec: Spec, typed: Any, fact: str, corrected: Mapping[str, str], today: date) -> bool:
    """Whether the person's own answer counts and not the fact."""
    if spec["name"] in corrected:
        return is_correctable(spec["prefill"])
    return gives_way(spec["prefill"]) and canonical(spec, typed, today=today) not in ("", fact)


def shown_fields(fields: Iterable[Spec], answers: Mapping[str, Any], outside: Mapping[str, Any] | None = None) -> list[Spec]:
    """The fields of a filled form that are worth reading: there under its answers. Narrowed choices keep all their labels.

    Every answer a condition asks for is in ``answers``, known ones too: what the registry says today plays no part. ``outside``: of a
    row of a group, what counts of the form (:func:`counted`).
    """
    return [spec for spec, _value in _kept(fields, answers, outside or {}) if spec["kind"] != "note"]


def counted(fields: Iterable[Spec], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of a filled form that count, as they are kept."""
    return {spec["name"]: value for spec, value in _kept(fields, answers, {})}


def _kept(fields: Iterable[Spec], answers: Mapping[str, Any], outside: Mapping[str, Any]) -> list[tuple[Spec, Any]]:
    there: list[tuple[Spec, Any]] = []
    counts: dict[str, Any] = {}
    seen: Mapping[str, Any] = ChainMap(counts, dict(outside)) if outside else counts
    for spec in fields:
        if holds(spec.get("when"), seen, {}):
            counts[spec["name"]] = answers.get(spec["name"], "")
            there.append((spec, counts[spec["name"]]))
    return there


def conditions_of(spec: Spec) -> Iterator[Spec]:
    """All conditions that a field carries; those in a group's rows are the rows'."""
    for key in ("when", "required_when", "prefill_when"):
        if key in spec:
            yield spec[key]
    yield from spec.get("choices_when", {}).values()


def deciders(fields: Iterable[Spec]) -> frozenset[str]:
    """Names of the choices whose answers decide what else is there: they are asked first, on a page of their own."""
    whole = list(fields)
    named = {name for spec in whole for key in _conditions_that_show(spec) for name in fields_of(key)}
    return frozenset(spec["name"] for spec in whole if spec["name"] in named and spec["kind"] == "choice")


def _conditions_that_show(spec: Spec) -> Iterator[Spec]:
    yield from (spec[key] for key in ("when", "prefill_when") if key in spec)
    yield from spec.get("choices_when", {}).values()


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
