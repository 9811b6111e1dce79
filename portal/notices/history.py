"""What became of a notice: its history told as a list of changes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.formats import date_format

from portal.catalogues.changes import officers
from portal.notices.models import ENGLISH_PARTS, Notice
from portal.notices.services import FACTS

ACTS = {"notices.publish": "Ra thông báo", "notices.amend": "Sửa", "notices.withdraw": "Gỡ"}
MOST = 100
"""Changes shown; the newest ones."""
_LABELS = {field.name: str(field.verbose_name) for field in Notice._meta.concrete_fields}
_ENGLISH = {"title": "tiêu đề tiếng Anh", "summary": "tóm tắt tiếng Anh", "body": "nội dung tiếng Anh"}


@dataclass
class Change:
    """One act on a notice: when, what, by whom, and each fact before and after."""

    at: dt.datetime
    act: str
    unit: str
    who: str = ""
    facts: list[tuple[str, str, str]] = field(default_factory=list)


def changes_of(notice: Notice) -> list[Change]:
    """The changes of a notice, newest first. Two queries."""
    events: Any = Notice.pgh_event_model.objects.filter(pgh_obj_id=notice.pk)  # type: ignore[attr-defined]
    rows = list(events.select_related("pgh_context").order_by("-pgh_id")[: MOST + 1])
    contexts = [(row.pgh_context.metadata if row.pgh_context else None) or {} for row in rows]
    names = officers(UUID(about["position"]) for about in contexts if about.get("position"))
    told = []
    for number, (row, about) in enumerate(zip(rows, contexts, strict=True)):
        older = _words(rows[number + 1]) if number + 1 < len(rows) else {}
        position = about.get("position")
        told.append(
            Change(
                at=row.pgh_created_at,
                act=ACTS.get(about.get("act", ""), "Thay đổi trực tiếp trong cơ sở dữ liệu"),
                unit=about.get("unit", ""),
                who=names.get(UUID(position), "") if position else "",
                facts=[(label, older.get(label, ""), text) for label, text in _words(row).items() if text != older.get(label, "")],
            )
        )
    return told[:MOST]


def _words(row: Any) -> dict[str, str]:
    """The facts of a row of the history as words, by their labels."""
    words: dict[str, str] = {}
    for name in FACTS:
        value = getattr(row, name)
        if name == "english":
            words |= {_ENGLISH[part]: str(value.get(part, "")) for part in ENGLISH_PARTS}
            continue
        if isinstance(value, bool):
            value = "có" if value else "không"
        elif isinstance(value, dt.date):
            value = date_format(value, "d/m/Y")
        elif name == "kind":
            value = Notice.Kind(value).label
        words[_LABELS[name]] = str(value or "")
    return words
