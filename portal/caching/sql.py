"""The SQL by which a room's migrations let its tables note their changes."""

from __future__ import annotations

from django.db import migrations


def note_changes(room: str, *tables: str) -> migrations.RunSQL:
    """A migration operation: every statement that writes to one of the tables notes a change of ``room``."""
    forward = "".join(
        f"CREATE TRIGGER caching_note AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION caching_note_change('{room}');\n"
        for table in tables
    )
    operation = migrations.RunSQL(forward, "".join(f"DROP TRIGGER caching_note ON {table};\n" for table in tables))
    operation.lives_with_release_before = "changes are noted in a table that it knows"  # type: ignore[attr-defined]
    return operation
