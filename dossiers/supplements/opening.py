"""What of a filled form is open again: the fields that were named, and those that only their new answers bring. Pure functions.

What a dossier keeps is written as it is reckoned with and is never read twice; what is typed now is read as in every form.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dossiers.calculated import calculate, names_in
from dossiers.conditions import Shape, Spec, is_asked, shape
from dossiers.forms import AnswersForm, kept
from dossiers.reading import line
from dossiers.values import canonical
from procedures.conditions import holds


def may_be_named(fields: Sequence[Spec], answers: Mapping[str, Any]) -> list[Spec]:
    """The fields of a filled form that can be asked for again: there, answered by a person, not by a registry and not reckoned."""
    found = []
    seen: dict[str, Any] = {}
    for spec in fields:
        if not holds(spec.get("when"), seen, {}):
            continue
        value = seen[spec["name"]] = answers.get(spec["name"], "")
        from_registry = "prefill" in spec and value and holds(spec.get("prefill_when"), seen, {})
        if is_asked(spec) and not from_registry:
            found.append(spec)
    return found


@dataclass(frozen=True)
class Opened:
    """The form as its applicant meets it again."""

    specs: tuple[Spec, ...]
    """What is open."""
    counts: Mapping[str, Any]
    """All answers that count now: kept ones, and typed ones as they are read."""
    rows: Mapping[str, tuple[Shape, ...]]
    there: tuple[Spec, ...]

    def form(self, typed: Mapping[str, Any] | None, *, initial: Mapping[str, Any], today: date) -> AnswersForm:
        """The form to fill in, or filled in."""
        opened = {spec["name"] for spec in self.specs}
        return AnswersForm(
            self.specs,
            typed,
            initial=initial,
            today=today,
            known={name: value for name, value in self.counts.items() if name not in opened},
            rules=self.there,
            counts=self.counts,
            rows=self.rows,
        )


def opened(fields: Sequence[Spec], answers: Mapping[str, Any], named: Collection[str], typed: Mapping[str, Any], *, today: date) -> Opened:
    """The fields ``named`` and what of the form only comes with their new answers, under what was typed so far."""
    specs: list[Spec] = []
    there: list[Spec] = []
    counts: dict[str, Any] = {}
    rows: dict[str, tuple[Shape, ...]] = {}
    changed: set[str] = set()
    for spec in fields:
        if not holds(spec.get("when"), counts, {}):
            continue
        name = spec["name"]
        if "required_when" in spec:
            spec = {**spec, "required": bool(spec.get("required")) or holds(spec["required_when"], counts, {})}
        if limits := spec.get("choices_when"):
            spec = {**spec, "choices": [pair for pair in spec["choices"] if holds(limits.get(pair[0]), counts, {})]}
        is_new = is_asked(spec) and not answers.get(name) and spec.get("required") and not holds(spec.get("when"), answers, {})
        if "value" in spec:
            # What nothing new goes into stays as it was reckoned on its day.
            is_touched = bool(changed & set(names_in(spec["value"])))
            counts[name] = calculate(spec, counts, today=today) if is_touched else answers.get(name, "")
            changed |= {name} if is_touched else set()
        elif not is_asked(spec):
            pass
        elif name in named or is_new:
            specs.append(spec)
            changed.add(name)
            given = typed.get(name, as_typed(spec, answers.get(name, "")))
            if spec["kind"] == "group":
                alone = shape([{key: value for key, value in spec.items() if key != "when"}], {name: given}, {}, today=today)
                rows[name], counts[name] = alone.rows[name], alone.counts[name]
            else:
                counts[name] = canonical(spec, given, today=today)
        else:
            counts[name] = answers.get(name, "")
        there.append(spec)
    return Opened(tuple(specs), counts, rows, tuple(there))


def as_typed(spec: Spec, value: Any) -> Any:
    """A kept answer as a person would type it: read again it is the same."""
    if spec["kind"] == "group":
        parts = {part["name"]: part for part in spec["fields"]}
        whole = value if isinstance(value, list) else []
        return [
            {name: as_typed(parts[name], one) for name, one in row.items() if name in parts} for row in whole if isinstance(row, Mapping)
        ]
    if not isinstance(value, str):
        return value
    if spec["kind"] == "date" and len(value) == 10 and value[4:5] == "-":
        return f"{value[8:]}/{value[5:7]}/{value[:4]}"
    return value.replace(".", ",") if spec["kind"] == "decimal" else value


def answered(found: Opened, form: AnswersForm) -> dict[str, Any]:
    """The whole answers after a valid form, as a dossier keeps them: fields that are no longer there are gone."""
    new = {name: kept(value) for name, value in form.cleaned_data.items() if value is not None}
    names = [spec["name"] for spec in found.there if spec["kind"] != "note"]
    return {name: new.get(name, found.counts.get(name, "")) for name in names}


def said(spec: Spec, value: Any, outside: Mapping[str, Any]) -> str:
    """An answer as people read it; of a group all its rows."""
    return "; ".join(one.value for one in line(spec, value, outside))
