"""What can be asked about the outbox."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True)
class Backlog:
    """State of the outbox for health pages: messages that could run now, age of the oldest in seconds, dead letters."""

    due: int
    oldest_seconds: float
    dead: int


def backlog() -> Backlog:
    """One query over the partial indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM outbox_message WHERE dead_at IS NOT NULL),"
            " count(*), coalesce(extract(epoch FROM clock_timestamp() - min(available_at)), 0)"
            " FROM outbox_message WHERE done_at IS NULL AND dead_at IS NULL AND available_at <= clock_timestamp()"
        )
        dead, due, oldest = cursor.fetchone()
    return Backlog(due=due, oldest_seconds=float(oldest), dead=dead)
