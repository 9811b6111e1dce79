"""What stood open is sealed by the migration, and can be taken back."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import Position
from portal import crypto
from portal.access import SYSTEM
from tests import factories

BEFORE = [("accounts", "0003_certificate_says_who")]


def _migrate(to: list[tuple[str, str]]) -> None:
    MigrationExecutor(connection).migrate(to)


def test_identifiers_of_keys_are_sealed_and_leave_history(committed_db: None) -> None:
    held = factories.make_position(credential_id="cred-held")
    none, erased = factories.make_position(unit="H26.102"), factories.make_position(unit="G22", credential_id="cred-erased")
    crypto.shred(erased.person_id, SYSTEM)
    crypto.forget_keys()
    _migrate(BEFORE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, credential_id FROM accounts_position")
        assert dict(cursor.fetchall()) == {held.id: "cred-held", none.id: "", erased.id: ""}
        # As the earlier version writes it, with its history.
        cursor.execute("UPDATE accounts_position SET credential_id = 'cred-new' WHERE id = %s", [held.id])
        cursor.execute("SELECT count(*) FROM accounts_positionevent WHERE credential_id = 'cred-new'")
        assert cursor.fetchone()[0] == 1
        cursor.execute("UPDATE accounts_position SET credential_id = 'cred-erased' WHERE id = %s", [erased.id])
    _migrate(MigrationExecutor(connection).loader.graph.leaf_nodes("accounts"))
    assert {row.id: row.credential for row in Position.objects.all()} == {held.id: "cred-new", none.id: None, erased.id: None}
    assert set(Position.objects.filter(credential__isnull=False)) == {held}
    with connection.cursor() as cursor:
        for table in ("accounts_position", "accounts_positionevent"):
            cursor.execute(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%cred-%'")
            assert cursor.fetchone()[0] == 0
