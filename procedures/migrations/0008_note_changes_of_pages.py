"""A procedure's own page is kept until that procedure changes, not until any does: ``procedures/<code>`` is a part of the room.

What touches many at once (an import) is noted as ``procedures/*``.
"""

from __future__ import annotations

from django.db import migrations

FUNCTION = """
CREATE FUNCTION procedures_note_pages() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
    codes varchar[];
BEGIN
    -- The argument gives the keys of the procedures behind the rows of "changed".
    EXECUTE 'SELECT array_agg(DISTINCT id) FROM (' || TG_ARGV[0] || ') AS found (id) WHERE id IS NOT NULL' INTO touched;
    IF touched IS NULL THEN
        RETURN NULL;
    END IF;
    IF cardinality(touched) > 50 THEN
        INSERT INTO caching_change (room, transaction, noted_at)
        VALUES ('procedures/*', pg_current_xact_id()::text::bigint, now()) ON CONFLICT DO NOTHING;
        RETURN NULL;
    END IF;
    SELECT array_agg(code) INTO codes FROM procedures_procedure WHERE id = ANY (touched);
    IF TG_ARGV[1] = 'named' THEN
        -- Pages that lead on to it say its name.
        SELECT codes || array_agg(p.code) INTO codes FROM procedures_procedureversion v JOIN procedures_procedure p ON p.id = v.procedure_id
        WHERE v.related && codes OR v.interlinked && codes;
    END IF;
    INSERT INTO caching_change (room, transaction, noted_at)
    SELECT DISTINCT 'procedures/' || code, pg_current_xact_id()::text::bigint, now() FROM unnest(codes) AS code ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
"""

OF_VERSION = "SELECT v.procedure_id FROM changed JOIN procedures_procedureversion v ON v.id = changed.version_id"
TABLES = {
    "procedure": "SELECT id FROM changed",
    "procedureversion": "SELECT procedure_id FROM changed",
    "decision": "SELECT v.procedure_id FROM changed JOIN procedures_procedureversion v ON v.decision_id = changed.id",
    "localisation": OF_VERSION,
    "step": OF_VERSION,
    "channel": OF_VERSION,
    "requireddocument": OF_VERSION,
    "result": OF_VERSION,
    "legalbasis": OF_VERSION,
    "onlineservice": OF_VERSION,
    "timelimit": "SELECT v.procedure_id FROM changed JOIN procedures_channel c ON c.id = changed.channel_id"
    " JOIN procedures_procedureversion v ON v.id = c.version_id",
    "feeline": "SELECT v.procedure_id FROM changed JOIN procedures_timelimit t ON t.id = changed.limit_id"
    " JOIN procedures_channel c ON c.id = t.channel_id JOIN procedures_procedureversion v ON v.id = c.version_id",
}
UNREAD = "SELECT changed.procedure_id FROM changed JOIN before USING (id) WHERE changed.popularity = before.popularity"
"""An update of versions that is more than the night's new order of lists, which no procedure's page shows."""
TRANSITIONS = {"insert": "NEW TABLE AS changed", "update": "OLD TABLE AS before NEW TABLE AS changed", "delete": "OLD TABLE AS changed"}


def _triggers() -> migrations.RunSQL:
    forward, back = [FUNCTION], []
    for table, keys in TABLES.items():
        named = "named" if table in ("procedure", "procedureversion") else ""
        for event, tables in TRANSITIONS.items():
            name = f"caching_note_page_{event}"
            how = UNREAD if (table, event) == ("procedureversion", "update") else keys
            forward.append(
                f"CREATE TRIGGER {name} AFTER {event.upper()} ON procedures_{table} REFERENCING {tables}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION procedures_note_pages('{how}', '{named}');\n"
            )
            back.append(f"DROP TRIGGER {name} ON procedures_{table};\n")
    return migrations.RunSQL("".join(forward), "".join(back) + "DROP FUNCTION procedures_note_pages();")


class Migration(migrations.Migration):
    dependencies = [("procedures", "0007_use"), ("caching", "0002_rooms_with_parts")]

    operations = [_triggers()]
