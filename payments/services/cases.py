"""Opening a case: the same difference found again is the same case."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from payments.models import Attempt, Case, CaseEvent, Collection
from portal.workdays import Unit, due_at, national_calendar


def open_case(
    *,
    key: str,
    type: str,
    day: date,
    now: datetime,
    institution_code: str | None = None,
    payee_unit: str = "",
    attempt: Attempt | None = None,
    collection: Collection | None = None,
    ours: int | None = None,
    theirs: int | None = None,
    side: str = "institution",
    facts: dict[str, Any] | None = None,
) -> Case:
    """Open the case of a difference, or return it where it is known; due at the end of the next working day (Rules art. 34.5)."""
    case, made = Case.objects.get_or_create(
        key=key,
        defaults={
            "type": type,
            "day": day,
            "institution_id": institution_code,
            "payee_unit": payee_unit,
            "attempt": attempt,
            "collection": collection,
            "ours": ours,
            "theirs": theirs,
            "side": side,
            "facts": facts or {},
            "opened_at": now,
            "due_at": due_at(now, 1, Unit.WORKING_DAY, national_calendar()),
        },
    )
    if made:
        CaseEvent.objects.create(case=case, at=now, name="open", to_state=case.state)
    return case
