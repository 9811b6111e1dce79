"""Answers as people read them: line by line, groups row by row. Pure functions but for names of places and lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dossiers.conditions import Spec, counted, is_asked, shown_fields
from dossiers.forms import shown, words_of


@dataclass(frozen=True)
class Line:
    """One line of what was declared: of a group one for each row."""

    spec: Spec
    label: str
    value: str


def line(spec: Spec, value: Any, outside: Mapping[str, Any]) -> list[Line]:
    """The lines of one field. ``outside``: what counts of the form, for the conditions in rows."""
    if spec["kind"] != "group":
        return [Line(spec, words_of(spec, "label"), shown(spec, value))]
    rows = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
    item = words_of(spec, "item") or words_of(spec, "label")
    return [Line(spec, f"{item} {number}", said) for number, row in enumerate(rows, start=1) if (said := row_words(spec, row, outside))]


def row_words(spec: Spec, row: Mapping[str, Any], outside: Mapping[str, Any]) -> str:
    """A row in one line, empty where nothing stands in it: ``Họ tên: …; Số: …``."""
    there = [(part, shown(part, row.get(part["name"], ""))) for part in shown_fields(spec["fields"], row, outside)]
    if not any(value and is_asked(part) for part, value in there):
        return ""
    return "; ".join(f"{words_of(part, 'label')}: {value}" for part, value in there if value)


def lines(fields: Iterable[Spec], answers: Mapping[str, Any]) -> list[Line]:
    """Everything that a filled form says, as it is kept."""
    whole = list(fields)
    outside = counted(whole, answers)
    return [one for spec in shown_fields(whole, answers) for one in line(spec, answers.get(spec["name"], ""), outside)]
