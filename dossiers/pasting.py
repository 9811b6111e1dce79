"""Rows of a repeated group out of a spreadsheet: cells between tabs, semicolons or commas. Pure but for names of lists and places."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from dossiers.answer_rules import repeated
from dossiers.conditions import MOST_ROWS, Spec, is_asked, shape
from dossiers.forms import choices_of, row_form
from portal.text import search_key, visible

MOST_LINES = 1000
"""Lines that are read; nobody pastes more by purpose."""
_YES = frozenset({"yes", "co", "x", "1", "true", "dung"})


@dataclass(frozen=True)
class Wrong:
    """A line that was not taken: its number in what was pasted, and why."""

    number: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Pasted:
    """What became of what was pasted."""

    good: list[dict[str, Any]]
    wrong: list[Wrong]
    left: str
    """The wrong lines as they were, to be mended and pasted again."""


def columns(spec: Spec) -> list[Spec]:
    """The fields of a group that a line gives, in their order."""
    return [part for part in spec["fields"] if is_asked(part)]


def _lines(text: str) -> list[list[str]]:
    """Cells line by line; the sign between them is the one that the first line has."""
    text = visible(text).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    first = text.strip("\n").partition("\n")[0]
    sign = "\t" if "\t" in first else ";" if ";" in first else ","
    rows = csv.reader(io.StringIO(text), delimiter=sign)
    try:
        return [[cell.strip() for cell in row] for row, _number in zip(rows, range(MOST_LINES), strict=False)]
    except csv.Error:
        return [[cell.strip() for cell in line.split(sign)] for line in text.split("\n")[:MOST_LINES]]


def _is_heading(cells: Sequence[str], parts: Sequence[Spec]) -> bool:
    """Whether a line repeats the names of the columns."""
    same = sum(search_key(cell) == search_key(part["label"]) for cell, part in zip(cells, parts, strict=False) if cell)
    return same * 2 > len([cell for cell in cells if cell])


def _answer(part: Spec, cell: str, today: date, counts: Mapping[str, Any]) -> Any:
    """A cell as it would be answered: a choice by its name, too."""
    kind = part["kind"]
    if kind == "confirm":
        return "yes" if search_key(cell) in _YES else ""
    if kind in ("choice", "choices", "select", "province", "ward"):
        offered = {search_key(label): value for value, label in choices_of(part, today, counts)}
        cells = [one.strip() for one in cell.replace("|", ",").split(",")] if kind == "choices" else [cell]
        found = [offered.get(search_key(one), one) for one in cells if one]
        return found if kind == "choices" else found[0] if found else ""
    return cell


def read_rows(
    spec: Spec, text: str, answers: Mapping[str, Any], fields: Sequence[Spec], facts: Mapping[str, str], *, today: date
) -> Pasted:
    """The rows of what was pasted: those in which nothing is wrong, and of the others what is.

    ``answers`` are those of the form so far, with the rows that the group has already.
    """
    parts, group = columns(spec), spec["name"]
    there = answers.get(group) if isinstance(answers.get(group), list) else []
    lines = [(number, cells) for number, cells in enumerate(_lines(text), start=1) if any(cells)]
    if lines and _is_heading(lines[0][1], parts):
        lines = lines[1:]
    typed: list[dict[str, Any]] = []
    for _number, cells in lines:
        row: dict[str, Any] = {}
        for part, cell in zip(parts, cells, strict=False):
            row[part["name"]] = _answer(part, cell, today, row)
        typed.append(row)
    found = shape(fields, {**answers, group: [*(there or []), *typed][: 2 * MOST_ROWS]}, facts, today=today)
    rows = found.rows.get(group, ())[len(there or []) :]
    outside = {name: value for name, value in found.counts.items() if name != group}
    room = min(spec.get("most", MOST_ROWS), MOST_ROWS) - len(there or [])
    before = [row.counts for row in found.rows.get(group, ())]
    twice = {
        (at - len(there or []), part["label"], rule["text"])
        for part in spec["fields"]
        for rule in part.get("rules", ())
        if rule["rule"] == "unique"
        for at in repeated(before, part["name"])
    }
    good: list[dict[str, Any]] = []
    wrong: list[Wrong] = []
    left: list[list[str]] = []
    for at, (number, cells) in enumerate(lines):
        reasons = _reasons(spec, at, rows, typed, today, outside)
        reasons += [f"{label}: {words}" for place, label, words in sorted(twice) if place == at]
        if len(cells) > len(parts):
            reasons.append(_("Thừa cột: có %(there)d ô, nhóm này có %(wanted)d cột.") % {"there": len(cells), "wanted": len(parts)})
        if not reasons and len(good) >= room:
            reasons = [_("Đã đủ số dòng, không thêm được nữa.")]
        if reasons:
            wrong.append(Wrong(number, tuple(reasons)))
            left.append(cells)
        else:
            good.append(typed[at])
    return Pasted(good, wrong, "\n".join("\t".join(cells) for cells in left))


def _reasons(
    spec: Spec, at: int, rows: Sequence[Any], typed: Sequence[Mapping[str, Any]], today: date, outside: Mapping[str, Any]
) -> list[str]:
    if at >= len(rows):
        return [_("Đã đủ số dòng, không thêm được nữa.")]
    form = row_form(spec, at, rows[at], typed[at], today=today, outside=outside)
    form.is_valid()
    return [
        f"{form.fields[name].label}: {message}" for name, messages in form.errors.items() for message in messages if name in form.fields
    ]
