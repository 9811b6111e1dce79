"""Who changed what in a catalogue, and when: the rows' history told as a list of changes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

from portal.audit.history import UNKNOWN_ACT, officers
from portal.catalogues import tables
from portal.catalogues.models import CatalogueEntry
from portal.catalogues.registry import Catalogue, catalogue_of

ACTS = {
    "catalogues.add": "Thêm mục",
    "catalogues.amend": "Sửa",
    "catalogues.disable": "Ngừng dùng",
    "catalogues.import": "Nhập từ tệp",
    "catalogues.load": "Nạp cùng phần mềm",
}
MOST = 200
"""Events shown; the newest ones."""


@dataclass
class Change:
    """One act on the entries of a code: when, what, by whom, and each fact before and after."""

    at: dt.datetime
    act: str
    unit: str
    position: UUID | None
    effective_from: dt.date
    effective_to: dt.date | None
    facts: list[tuple[str, str, str]] = field(default_factory=list)
    who: str = ""
    number: int = 0
    """Of two changes of one moment the later one has the greater."""


def changes_of(entry: CatalogueEntry) -> list[Change]:
    """The changes of all entries under this one's code, newest first (a fixed number of queries)."""
    catalogue = catalogue_of(type(entry))
    rows = list(
        type(entry)._default_manager.filter(code=entry.code).select_related("successor", *catalogue.relations).order_by("created_at", "pk")
    )
    facts = {row.pk: _facts(catalogue, row) for row in rows}
    by_key = {row.pk: row for row in rows}
    before = {row.successor.pk: row.pk for row in rows if row.successor is not None}
    told = [_shipped(row, facts[row.pk], facts.get(before.get(row.pk))) for row in rows if row.origin == CatalogueEntry.Origin.SHIPPED]
    events: Any = type(entry).pgh_event_model.objects.filter(code=entry.code)  # type: ignore[attr-defined]
    newest = sorted(events.select_related("pgh_context").order_by("-pgh_id")[:MOST], key=lambda event: event.pgh_id)
    for _, group in groupby(newest, key=lambda event: event.pgh_context_id or -event.pgh_id):
        change = _told(list(group), by_key, facts, before)
        if change is not None:
            told.append(change)
    known = officers(change.position for change in told if change.position)
    for change in told:
        change.who = known.get(change.position, "") if change.position else ""
    return sorted(told, key=lambda change: (change.at, change.number, change.effective_from), reverse=True)


def _told(
    events: list[Any], rows: dict[int, CatalogueEntry], facts: dict[int, dict[str, str]], before: dict[int | None, int]
) -> Change | None:
    """What one act did: of an amendment the new row counts, else the end of the old one."""
    about = (events[0].pgh_context.metadata if events[0].pgh_context else None) or {}
    made = next((event for event in events if event.pgh_label == "insert"), None)
    if made is None and about.get("act") == "catalogues.load":
        return None  # the shipped row tells it
    event = made or events[0]
    row = rows[event.pgh_obj_id]
    change = Change(
        at=event.pgh_created_at,
        act=ACTS.get(about.get("act", ""), UNKNOWN_ACT),
        unit=about.get("unit", ""),
        position=UUID(about["position"]) if about.get("position") else None,
        effective_from=event.effective_from,
        effective_to=None if made is not None else event.effective_to,
        number=event.pgh_id,
    )
    if made is not None:
        change.facts = _difference(facts[row.pk], facts.get(before.get(row.pk, 0), {}))
    return change


def _shipped(row: CatalogueEntry, facts: dict[str, str], older: dict[str, str] | None) -> Change:
    differences = _difference(facts, older or {})
    return Change(row.created_at, ACTS["catalogues.load"], "", None, row.effective_from, None, differences)


def _facts(catalogue: Catalogue, row: CatalogueEntry) -> dict[str, str]:
    """The facts of a row as words, by the label of their column."""
    words: dict[str, str] = {}
    for name, value in row.values().items():
        shown = getattr(row, f"get_{name}_display", None)
        if isinstance(value, CatalogueEntry):
            value = f"{value} ({value.code})"
        words[catalogue.label(name)] = str(shown()) if shown is not None and value else tables.as_text(value)
    return words


def _difference(facts: dict[str, str], older: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(label, older.get(label, ""), value) for label, value in facts.items() if value != older.get(label, "" if not older else value)]
