"""Fills a copy of the database with what ten years bring: earlier versions with all their parts, and what provinces lay down."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

EARLIER = 9
"""Versions before each one that is there."""
VERSION = "procedures_procedureversion"
OWNERS = {
    "procedures_step": ("version_id", VERSION),
    "procedures_channel": ("version_id", VERSION),
    "procedures_timelimit": ("channel_id", "procedures_channel"),
    "procedures_feeline": ("limit_id", "procedures_timelimit"),
    "procedures_requireddocument": ("version_id", VERSION),
    "procedures_result": ("version_id", VERSION),
    "procedures_legalbasis": ("version_id", VERSION),
    "procedures_onlineservice": ("version_id", VERSION),
}
"""Tables of parts: the column that names the row's owner, and the owner's table. An owner stands before what it owns."""

# A year is what one version lasts, unless a procedure's own versions already begin further apart. All periods of a procedure move back
# together; one without an end then ends where the next younger generation begins.
_PERIODS = """
CREATE TEMPORARY TABLE period AS
SELECT procedure_id, min(effective_from) AS first, greatest(365, max(effective_from) - min(effective_from) + 1) AS days
FROM procedures_procedureversion GROUP BY procedure_id
"""
_VERSIONS = """
INSERT INTO procedures_procedureversion (id, procedure_id, effective_from, effective_to, {columns})
SELECT v.id + g * {step}, v.procedure_id, v.effective_from - g * p.days,
       CASE WHEN v.effective_to IS NULL THEN p.first - (g - 1) * p.days ELSE v.effective_to - g * p.days END, {values}
FROM procedures_procedureversion v JOIN period p USING (procedure_id) CROSS JOIN generate_series(1, {earlier}) g
ORDER BY g DESC, v.id
"""
_PARTS = """
INSERT INTO {table} (id, {owner}, {columns}) SELECT v.id + g * {step}, v.{owner} + g * {owner_step}, {values}
FROM {table} v CROSS JOIN generate_series(1, {earlier}) g ORDER BY g DESC, v.id
"""
# Each province takes a day less, names its own place and details the first five papers.
_LOCALISATIONS = """
INSERT INTO procedures_localisation
    (version_id, province_code, place, executing_agency, executing_codes, channels, documents, decision_number, source)
WITH held AS MATERIALIZED (
    SELECT v.id, v.executing_codes,
        (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', c.kind, 'note', c.note, 'limits',
            (SELECT coalesce(jsonb_agg(jsonb_build_object('amount', CASE WHEN l.amount > 1 THEN l.amount - 1 ELSE l.amount END,
                'unit', l.unit, 'text', l.text, 'note', l.note, 'fees',
                (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', f.kind, 'name', f.name, 'amount', f.amount, 'currency', f.currency,
                    'currency_amount', f.currency_amount, 'per', f.per, 'condition', f.condition, 'exemption', f.exemption)
                    ORDER BY f.position), '[]') FROM procedures_feeline f WHERE f.limit_id = l.id))
                ORDER BY l.position), '[]') FROM procedures_timelimit l WHERE l.channel_id = c.id))
            ORDER BY c.position), '[]') FROM procedures_channel c WHERE c.version_id = v.id) AS channels,
        (SELECT coalesce(jsonb_agg(jsonb_build_object('position', d.position, 'note', 'Nộp bản chụp kèm bản chính để đối chiếu tại quầy',
            'form', 'Mẫu của tỉnh', 'form_file', 'mau-' || d.position || '.docx') ORDER BY d.position), '[]')
            FROM procedures_requireddocument d WHERE d.version_id = v.id AND d.position <= 5) AS documents
    FROM procedures_procedureversion v JOIN procedures_procedure p ON p.id = v.procedure_id
    WHERE v.effective_to IS NULL AND p.out_of_force_since IS NULL AND p.replaced_by_id IS NULL
        AND v.levels::text[] && ARRAY['province', 'commune']
)
SELECT held.id, u.code,
    'Trung tâm Phục vụ hành chính công ' || u.full_name || ', số 1 phố Trung tâm; thứ Hai đến thứ Sáu, 7 giờ 30 đến 17 giờ',
    'Cơ quan chuyên môn thuộc Ủy ban nhân dân ' || u.full_name, held.executing_codes, held.channels, held.documents,
    held.id || '/QĐ-UBND', 'make bench-decade'
FROM catalogues_administrativeunit u CROSS JOIN held
WHERE u.level = 'province' AND u.effective_to IS NULL ORDER BY u.code, held.id
"""


@dataclass(frozen=True)
class Filled:
    """Numbers of rows."""

    versions_before: int
    versions: int
    localisations: int


def fill(database: str) -> Filled:
    """Write the rows, with the triggers that keep history and note changes switched off; constraints hold as ever."""
    with psycopg.connect(database) as connection:
        before = _count(connection, VERSION)
        for table in (VERSION, *OWNERS, "procedures_localisation"):
            connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
        steps = {table: _step(connection, table) for table in (VERSION, *OWNERS)}
        connection.execute("SELECT set_config('work_mem', '256MB', true)")
        # Before the versions grow: only those in force have them.
        connection.execute(_LOCALISATIONS)
        connection.execute(_PERIODS)
        connection.execute(_statement(connection, VERSION, _VERSIONS, ["procedure_id", "effective_from", "effective_to"], steps))
        for table, (owner, _owned_by) in OWNERS.items():
            connection.execute(_statement(connection, table, _PARTS, [owner], steps))
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in (VERSION, *OWNERS, "procedures_localisation"):
            connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(table)))
        return Filled(before, _count(connection, VERSION), _count(connection, "procedures_localisation"))


def _count(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    return int(row[0]) if row else 0


def _step(connection: psycopg.Connection, table: str) -> int:
    """How far the keys of one generation lie from those of the next: a copy's key tells what it is a copy of."""
    row = connection.execute(sql.SQL("SELECT coalesce(max(id), 0) + 1 FROM {}").format(sql.Identifier(table))).fetchone()
    return int(row[0]) if row else 1


def _statement(connection: psycopg.Connection, table: str, text: str, named: list[str], steps: dict[str, int]) -> sql.Composed:
    """The INSERT … SELECT of a table: every column but the key and the ``named`` ones is copied as it is."""
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' "
        "ORDER BY attnum",
        [table],
    )
    columns = [name for (name,) in rows if name not in ("id", *named)]
    owner, owned_by = OWNERS.get(table, ("", ""))
    return sql.SQL(text).format(  # type: ignore[arg-type]
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(sql.Identifier("v", name) for name in columns),
        step=sql.Literal(steps[table]),
        owner=sql.Identifier(owner),
        owner_step=sql.Literal(steps.get(owned_by, 0)),
        earlier=sql.Literal(EARLIER),
    )
