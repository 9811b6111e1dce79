"""Opening a case: the same difference found again is the same case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connection

from payments.models import Attempt, Case, CaseEvent, Collection
from portal.workdays import Unit, due_at, national_calendar


def case_due(now: datetime) -> datetime:
    """Until when a difference must be cleared up: the end of the next working day (Rules art. 34.5)."""
    return due_at(now, 1, Unit.WORKING_DAY, national_calendar())


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
            "due_at": case_due(now),
        },
    )
    if made:
        CaseEvent.objects.create(case=case, at=now, name="open", to_state=case.state)
    return case


FOUND = "key, type, day, institution_id, payee_unit, attempt_id, collection_id, ours, theirs, side, facts"
"""What a query of :func:`open_found` selects, in this order."""


def open_found(query: str, parameters: Iterable[Any], *, now: datetime, run_id: int | None = None) -> int:
    """Open the cases of everything a query finds (columns :data:`FOUND`), in the database, however many; how many were new.

    Known ones stay as they are but for what is housekeeping: the run that found them last. Closed ones stay closed. In the caller's
    transaction; ``query`` is ours, values come as ``parameters``.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH found ({FOUND}) AS (SELECT DISTINCT ON (key) * FROM ({query}) q ({FOUND}) ORDER BY key),"
            f" put AS (INSERT INTO payments_case ({FOUND}, owner_label, state, opened_at, due_at, cause, resolution, version, last_run_id)"
            f" SELECT {FOUND}, '', 'open', %s, %s, '', '', 1, %s FROM found ON CONFLICT (key) DO UPDATE SET"
            " last_run_id = EXCLUDED.last_run_id, vanished_at = NULL, facts = EXCLUDED.facts || payments_case.facts,"
            " payee_unit = CASE WHEN payments_case.payee_unit = ''"
            " THEN EXCLUDED.payee_unit ELSE payments_case.payee_unit END,"
            " collection_id = coalesce(payments_case.collection_id, EXCLUDED.collection_id) WHERE payments_case.state <> 'closed'"
            " RETURNING id, xmax = 0 AS made)"
            " INSERT INTO payments_caseevent (case_id, at, name, from_state, to_state, note, label)"
            " SELECT id, %s, 'open', '', 'open', '', '' FROM put WHERE made",
            [*parameters, now, case_due(now), run_id, now],
        )
        return int(cursor.rowcount)


def note_vanished(condition: str, parameters: Iterable[Any], *, now: datetime, note: str) -> int:
    """Note on open cases that match (SQL of ours on ``payments_case``) that their difference is no longer found; once; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH gone AS (UPDATE payments_case SET vanished_at = %s WHERE state <> 'closed' AND vanished_at IS NULL AND ({condition})"
            " RETURNING id, state) INSERT INTO payments_caseevent (case_id, at, name, from_state, to_state, note, label)"
            " SELECT id, %s, 'vanished', state, state, %s, '' FROM gone",
            [now, *parameters, now, note],
        )
        return int(cursor.rowcount)
