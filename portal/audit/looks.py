"""Looks of officers at things, for those whose things they are (A-13)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection


@dataclass(frozen=True)
class Look:
    """Somebody in a position opened something."""

    id: int
    at: datetime
    act: str
    target_id: str
    unit: str
    """Of the thing, where the act says it."""
    position_id: UUID


# Thing by thing by the index on target: in the order of the whole trail a quiet citizen's last look lies millions of rows back.
_LOOKS = """
SELECT found.* FROM unnest(%(ids)s::text[]) AS wanted(target_id) CROSS JOIN LATERAL (
    SELECT id, at, act, target_id, unit, position_id FROM audit_act
    WHERE target = %(target)s AND audit_act.target_id = wanted.target_id AND position_id IS NOT NULL AND act = ANY(%(acts)s)
    AND person_id IS DISTINCT FROM %(own)s
    ORDER BY id DESC LIMIT %(most)s
) AS found ORDER BY id DESC LIMIT %(most)s
"""


def looks_at(target: str, ids: Iterable[str], acts: Collection[str], *, own: UUID | None, most: int) -> list[Look]:
    """The newest looks at these things by officers other than the person ``own`` themself (one query, none without things)."""
    wanted = list(ids)
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LOOKS, {"ids": wanted, "target": target, "acts": list(acts), "own": own, "most": most})
        return [Look(*row) for row in cursor.fetchall()]
