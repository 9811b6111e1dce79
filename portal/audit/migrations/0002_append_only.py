"""The trail is append-only, and every new act waits for the sealer, whoever inserts it."""

from __future__ import annotations

from django.db import migrations

TABLES = ("audit_act", "audit_link", "audit_seal")

FORWARD = (
    """
    CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit trail is append-only: % on % refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END $$;
    CREATE FUNCTION audit_await_seal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO audit_pending (act_id) VALUES (NEW.id);
        RETURN NULL;
    END $$;
    CREATE TRIGGER audit_await_seal AFTER INSERT ON audit_act FOR EACH ROW EXECUTE FUNCTION audit_await_seal();
    """
    + "".join(
        f"""
    CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
    CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
    """
        for table in TABLES
    )
)
BACKWARD = (
    "".join(f"DROP TRIGGER {table}_no_change ON {table}; DROP TRIGGER {table}_no_truncate ON {table};" for table in TABLES)
    + "DROP TRIGGER audit_await_seal ON audit_act; DROP FUNCTION audit_await_seal(); DROP FUNCTION audit_refuse_change();"
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
