"""Who changed what in a row, and when: its history told as a list of changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime

from portal.audit.words import act_words

UNKNOWN_ACT = "Thay đổi trực tiếp trong cơ sở dữ liệu"
MOST = 100
"""Changes shown; the newest ones."""

_labels: Callable[[Iterable[UUID]], dict[UUID, str]] | None = None


def register_officer_labels(labels: Callable[[Iterable[UUID]], dict[UUID, str]]) -> None:
    """Let an upper room (``accounts``) say who holds a position. Called once, in ``ready()``."""
    global _labels
    _labels = labels


def officers(positions: Iterable[UUID]) -> dict[UUID, str]:
    """Who holds or held these positions, as histories show them; one query, none where nobody registered the answer."""
    wanted = set(positions)
    return _labels(wanted) if _labels is not None and wanted else {}


@dataclass
class RowChange:
    """One act on a row: when, what, by whom, and each fact before and after."""

    at: dt.datetime
    act: str
    unit: str
    who: str = ""
    facts: list[tuple[str, str, str]] = field(default_factory=list)


def _fact_words(model: type[Model], event: Any, names: Sequence[str], parts: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """What a row of ``model`` was after an event, as words by the labels of its facts."""
    words: dict[str, str] = {}
    for name in names:
        value = getattr(event, name)
        fact: Any = model._meta.get_field(name)
        if name in parts:
            words |= {label: str(value.get(key, "")) for key, label in parts[name].items()}
        elif fact.choices:
            words[str(fact.verbose_name)] = str(dict(fact.flatchoices).get(value, value))
        else:
            words[str(fact.verbose_name)] = _in_words(value)
    return words


def _in_words(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "có" if value else "không"
        case dt.date():
            if isinstance(value, dt.datetime):
                # Rows come in UTC; who reads them lives by the clock here.
                return date_format(localtime(value), "H:i d/m/Y")
            return date_format(value, "d/m/Y")
        case int() | Decimal():
            return number_format(value)
    return str(value)


def changes_of(row: Model, names: Sequence[str], parts: Mapping[str, Mapping[str, str]] | None = None) -> list[RowChange]:
    """The changes of a row of a tracked model, newest first, by the facts ``names``. Two queries.

    ``parts``: labels of the keys that a JSON fact shows.
    """
    events: Any = type(row).pgh_event_model.objects.filter(pgh_obj_id=row.pk)  # type: ignore[attr-defined]
    kept = list(events.select_related("pgh_context").order_by("-pgh_id")[: MOST + 1])
    contexts = [(event.pgh_context.metadata if event.pgh_context else None) or {} for event in kept]
    who = officers(UUID(about["position"]) for about in contexts if about.get("position"))
    facts = [_fact_words(type(row), event, names, parts or {}) for event in kept]
    told = []
    for number, (event, about) in enumerate(zip(kept, contexts, strict=True)):
        older = facts[number + 1] if number + 1 < len(kept) else {}
        position = about.get("position")
        told.append(
            RowChange(
                at=event.pgh_created_at,
                act=act_words(about["act"]) if about.get("act") else UNKNOWN_ACT,
                unit=about.get("unit", ""),
                who=who.get(UUID(position), "") if position else "",
                facts=[(label, older.get(label, ""), text) for label, text in facts[number].items() if text != older.get(label, "")],
            )
        )
    return told[:MOST]
