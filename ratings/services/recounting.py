"""Everything counted anew from the national table by sets, and compared with what is kept.

One statement reads dossiers, and the changes that wait with their sign reversed, as events: unit, kind of service, day and measures, as
small numbers. They lie in the order of units, so that one ministry or province after the other is added up and compared in memory, however
many dossiers the country has; last the country as a whole. Tables live as long as the transaction; those of the events are no temporary
ones, for these keep PostgreSQL from reading with several processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from ratings.cells import FIRST_DAY, MEASURES
from ratings.packing import IS_DENSE, entries, entries_of_bits
from ratings.services.columns import ADD, COLUMNS, KEY, KEYS, LOCK, MEASURES_LISTED, SUMS
from ratings.services.reading import BITS, EVENTS, EVERY_UNIT, given, sums

_KIND = "procedure_code, field_code, channel, service_level"
_TABLES = """
CREATE UNLOGGED TABLE recount_unit (id int GENERATED ALWAYS AS IDENTITY, code text COLLATE "C" PRIMARY KEY);
CREATE UNLOGGED TABLE recount_kind (
    id int GENERATED ALWAYS AS IDENTITY, grain text, procedure_code text COLLATE "C", field_code text COLLATE "C", channel text COLLATE "C",
    service_level text COLLATE "C", of_field int, of_all int, UNIQUE (grain, procedure_code, field_code, channel, service_level)
);
"""
# Names first: of what is read later, the few that came in between are named then.
_NAMED = f"""
SELECT DISTINCT unit_code, {_KIND} FROM dossiers_nationaldossier WHERE NOT is_test
UNION SELECT unit_code, {_KIND} FROM ratings_dossierdelta
"""
_MISSING = f"""
SELECT DISTINCT missing[1] AS unit_code, {", ".join(f"missing[{n}] AS {name}" for n, name in enumerate(_KIND.split(", "), 2))}
FROM recount_event WHERE missing IS NOT NULL
"""
_NAME = f"""
CREATE UNLOGGED TABLE recount_named AS {{source}};
INSERT INTO recount_unit (code) SELECT DISTINCT unit_code FROM recount_named ORDER BY 1 ON CONFLICT DO NOTHING;
INSERT INTO recount_kind (grain, {_KIND}) SELECT DISTINCT 'p', {_KIND} FROM recount_named ON CONFLICT DO NOTHING;
INSERT INTO recount_kind (grain, {_KIND}) SELECT DISTINCT 'f', '', field_code, channel, service_level FROM recount_named
    ON CONFLICT DO NOTHING;
INSERT INTO recount_kind (grain, {_KIND}) SELECT DISTINCT 't', '', '', channel, service_level FROM recount_named ON CONFLICT DO NOTHING;
UPDATE recount_kind k SET of_field = f.id FROM recount_kind f
WHERE k.grain = 'p' AND f.grain = 'f' AND (f.field_code, f.channel, f.service_level) = (k.field_code, k.channel, k.service_level);
UPDATE recount_kind k SET of_all = t.id FROM recount_kind t
WHERE k.grain = 'p' AND t.grain = 't' AND (t.channel, t.service_level) = (k.channel, k.service_level);
DROP TABLE recount_named
"""
_READ = f"""
CREATE UNLOGGED TABLE recount_event AS
WITH {EVENTS}
SELECT u.id AS unit, k.id AS kind, day, measures, number,
    CASE WHEN u.id IS NULL OR k.id IS NULL THEN ARRAY[e.unit_code, {", ".join(f"e.{name}" for name in _KIND.split(", "))}]::text[] END
        AS missing
FROM (
    SELECT {KEYS}, measures, 1 AS number FROM event
    UNION ALL SELECT {KEYS}, v.measures, -v.number
    FROM ratings_dossierdelta CROSS JOIN LATERAL (VALUES {", ".join(f"({bit}, {name})" for name, bit in BITS.items())})
        AS v (measures, number)
    WHERE v.number <> 0
) AS e
LEFT JOIN recount_unit u ON u.code = e.unit_code
LEFT JOIN recount_kind k ON k.grain = 'p' AND {" AND ".join(f"k.{name} = e.{name}" for name in _KIND.split(", "))}
ORDER BY 1, 2, 3
"""
_NAME_MISSING = f"""
UPDATE recount_event e SET unit = u.id, kind = k.id, missing = NULL FROM recount_unit u, recount_kind k
WHERE e.missing IS NOT NULL AND u.code = e.missing[1] AND k.grain = 'p'
    AND {" AND ".join(f"k.{name} = e.missing[{n}]" for n, name in enumerate(_KIND.split(", "), 2))}
"""
# Each unit with the places it counts for: itself, every agency above it, the country.
_PLACES = f"""
CREATE INDEX ON recount_event USING brin (unit) WITH (pages_per_range = 16);
ANALYZE recount_event;
CREATE TEMP TABLE recount_place ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY place COLLATE "C")::int AS id, * FROM (
    SELECT DISTINCT array_to_string(parts[1:depth], '.') AS place,
        CASE depth WHEN 0 THEN '-' ELSE array_to_string(parts[1:depth - 1], '.') END AS parent
    FROM (SELECT string_to_array(code, '.') AS parts FROM recount_unit) AS u, generate_series(0, cardinality(parts)) AS depth
) AS named;
ANALYZE recount_place;
CREATE TEMP TABLE recount_above ON COMMIT DROP AS
SELECT u.id AS unit, p.id AS place, CASE depth WHEN 0 THEN '' ELSE parts[1] END AS top
FROM (SELECT id, string_to_array(code, '.') AS parts FROM recount_unit) AS u, generate_series(0, cardinality(parts)) AS depth,
    recount_place p WHERE p.place = array_to_string(parts[1:depth], '.');
ANALYZE recount_above;
CREATE TEMP TABLE recount_entries ON COMMIT DROP AS
SELECT measures, later, {entries_of_bits("measures", "later", BITS.values())} AS days
FROM (SELECT DISTINCT measures FROM recount_event WHERE number = 1) AS told, generate_series(0, 30) AS later;
ANALYZE recount_entries;
CREATE TEMP TABLE recount_days (place int, kind int, day date, {", ".join(f"{name} int" for name in MEASURES)}, told int) ON COMMIT DROP;
CREATE TEMP TABLE change ON COMMIT DROP AS SELECT {COLUMNS}, {MEASURES_LISTED}, days, false AS is_new FROM ratings_dossiercount LIMIT 0
"""
_NOT_NOTHING = " OR ".join(f"{{0}}{name} <> 0" for name in MEASURES)
# By place, kind and day. ``told``: the measures of the one event that is all there is, whose entry is known.
_DAYS = f"""
INSERT INTO recount_days
SELECT * FROM (
    SELECT a.place, e.kind, e.day, {sums("e.number")}, CASE WHEN count(*) = 1 AND min(e.number) = 1 THEN min(e.measures) END
    FROM recount_event e JOIN recount_above a ON a.unit = e.unit
    WHERE e.unit BETWEEN %(from)s AND %(to)s AND a.top = %(top)s
    GROUP BY 1, 2, 3
) AS added WHERE {_NOT_NOTHING.format("")}
"""
# The coarser kinds: whatever is done; and by field, at the top only.
_COARSER = f"""
INSERT INTO recount_days
SELECT * FROM (
    SELECT d.place, k.of_all, d.day, {SUMS}, NULL::int FROM recount_days d JOIN recount_kind k ON k.id = d.kind GROUP BY 1, 2, 3
    UNION ALL SELECT d.place, k.of_field, d.day, {SUMS}, NULL FROM recount_days d JOIN recount_kind k ON k.id = d.kind
    JOIN recount_place p ON p.id = d.place WHERE p.parent IN ('-', '') GROUP BY 1, 2, 3
) AS added WHERE {_NOT_NOTHING.format("")}
"""
# All counts of the slice beside those that are kept: what is alike drops out.
_COMPARE = f"""
INSERT INTO change
WITH monthly AS MATERIALIZED (
    SELECT d.place, d.kind, date_trunc('month', d.day)::date AS day, {", ".join(f"sum(d.{name})::int AS {name}" for name in MEASURES)},
        CASE WHEN NOT bool_and({IS_DENSE}) THEN
            ratings_concat_days(CASE WHEN {IS_DENSE} THEN NULL ELSE coalesce(e.days, {entries("d")}) END ORDER BY d.day) END AS days
    FROM recount_days d JOIN recount_place p ON p.id = d.place JOIN recount_kind k ON k.id = d.kind
    LEFT JOIN recount_entries e ON e.measures = d.told AND e.later = extract(day FROM d.day)::int - 1
    GROUP BY 1, 2, 3
), yearly AS MATERIALIZED (
    SELECT place, kind, date_trunc('year', day)::date AS day, {SUMS} FROM monthly GROUP BY 1, 2, 3
), found AS (
    SELECT place, kind, 'm' AS period, day, {MEASURES_LISTED}, days FROM monthly
    UNION ALL SELECT place, kind, 'y', day, {MEASURES_LISTED}, NULL FROM yearly
    UNION ALL SELECT y.place, y.kind, 'a', %(first)s::date, {SUMS}, NULL FROM yearly y JOIN recount_kind k ON k.id = y.kind
    WHERE k.grain <> 'p' GROUP BY 1, 2
    UNION ALL SELECT d.place, d.kind, 'd', d.day, {", ".join(f"d.{name}" for name in MEASURES)}, NULL
    FROM recount_days d JOIN recount_place p ON p.id = d.place JOIN recount_kind k ON k.id = d.kind WHERE {IS_DENSE}
), made AS (
    SELECT k.grain, p.place, p.parent, f.period, f.day, k.field_code, k.procedure_code, k.channel, k.service_level,
        {", ".join(f"f.{name}" for name in MEASURES)}, f.days
    FROM found f JOIN recount_place p ON p.id = f.place JOIN recount_kind k ON k.id = f.kind
    WHERE f.days <> '{{}}' OR {_NOT_NOTHING.format("f.")}
), kept AS (
    SELECT * FROM ratings_dossiercount
    WHERE grain IN ('t', 'f', 'p') AND place BETWEEN %(first_place)s AND %(last_place)s
)
SELECT {", ".join(f"coalesce(r.{name}, c.{name}) AS {name}" for name in COLUMNS.split(", "))},
    {", ".join(f"coalesce(r.{name}, 0) - coalesce(c.{name}, 0) AS {name}" for name in MEASURES)},
    CASE WHEN c.place IS NULL THEN r.days WHEN r.days IS NOT NULL OR c.days IS NOT NULL
        THEN ratings_merge_days(r.days, ratings_negate_days(c.days)) END AS days, c.place IS NULL AS is_new
FROM made r FULL JOIN kept c ON {" AND ".join(f"r.{name} = c.{name}" for name in KEY.split(", "))}
WHERE r.days IS DISTINCT FROM c.days OR {" OR ".join(f"coalesce(r.{name}, 0) <> coalesce(c.{name}, 0)" for name in MEASURES)}
"""
_MISSED = "SELECT EXISTS (SELECT FROM recount_event WHERE missing IS NOT NULL)"
_RANGES = 'SELECT top, min(unit), max(unit) FROM recount_above GROUP BY 1 ORDER BY top COLLATE "C"'
_ENTER = f"INSERT INTO ratings_dossiercount ({COLUMNS}, {MEASURES_LISTED}, days) SELECT {COLUMNS}, {MEASURES_LISTED}, days FROM change"
_GONE = f"""
DELETE FROM ratings_dossiercount c USING change
WHERE NOT is_new AND {" AND ".join(f"c.{name} = change.{name}" for name in KEY.split(", "))}
    AND {" AND ".join(f"c.{name} = 0" for name in MEASURES)}
"""
_LEAVE = """
DROP TABLE recount_unit, recount_kind, recount_event, recount_place, recount_above, recount_entries, recount_days, change
"""


@dataclass(frozen=True)
class Difference:
    """A count that is not what the national table gives: where, and by how much each measure is off (what there is minus what is kept)."""

    grain: str
    place: str
    period: str
    day: date
    field_code: str
    procedure_code: str
    channel: str
    service_level: str
    measures: dict[str, int]

    def __str__(self) -> str:
        where = " ".join(
            part or "-" for part in (self.grain, self.place, f"{self.period}:{self.day}", self.field_code, self.procedure_code)
        )
        by = ", ".join(f"{name} {number:+d}" for name, number in self.measures.items())
        return f"{where} channel {self.channel or '-'} level {self.service_level or '-'}: {by}"


@transaction.atomic
def recount(*, mend: bool, say: Callable[[str], object] = lambda line: None) -> tuple[int, Difference | None]:
    """Count everything anew from the national table; how many counts differ, and the first of them. ``mend`` puts them right.

    One statement sees rows and changes not yet folded as of one moment, and nobody folds meanwhile: dossiers go on.
    """
    differing, firsts = 0, []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(_TABLES)
        cursor.execute(_NAME.format(source=_NAMED))
        cursor.execute(_READ, given() | EVERY_UNIT)
        cursor.execute(_MISSED)
        if cursor.fetchone() == (True,):
            cursor.execute(_NAME.format(source=_MISSING))
            cursor.execute(_NAME_MISSING)
        cursor.execute(_PLACES)
        say("dossiers read")
        for part in _parts(cursor):
            cursor.execute(_DAYS, part)
            cursor.execute("ANALYZE recount_days (place, kind, day)")
            cursor.execute(_COARSER)
            cursor.execute("ANALYZE recount_days (place, kind, day)")
            cursor.execute(_COMPARE, part)
            cursor.execute(f"SELECT {COLUMNS}, {MEASURES_LISTED}, count(*) OVER () FROM change ORDER BY {COLUMNS} LIMIT 1")
            if row := cursor.fetchone():
                *first, number = row
                differing += int(number)
                firsts.append(tuple(first))
                if mend:
                    cursor.execute(f"{_ENTER} WHERE is_new")
                    cursor.execute(ADD.replace("FROM change", "FROM change WHERE NOT is_new"))
                    cursor.execute(_GONE)
            cursor.execute("TRUNCATE recount_days, change")
            say(f"{part['top'] or 'the country'} counted and compared")
        cursor.execute(_LEAVE)
    return differing, difference_of(min(firsts)) if firsts else None


def _parts(cursor: Any) -> Iterator[dict[str, Any]]:
    """One ministry or province after the other, with whatever is kept up to it by code, and the country."""
    cursor.execute(_RANGES)
    ranges: dict[str, tuple[int, int]] = {top: (low, high) for top, low, high in cursor.fetchall()}
    country = ranges.pop("", (0, -1))
    # Behind the last there may be counts of what is no more.
    ranges["~"] = (0, -1)
    after = "!"
    for top, (low, high) in ranges.items():
        # The character that follows the point ends what lies below an agency.
        yield {"top": top, "from": low, "to": high, "first_place": after, "last_place": f"{top}/", "first": FIRST_DAY}
        after = f"{top}/"
    yield {"top": "", "from": country[0], "to": country[1], "first_place": "", "last_place": "", "first": FIRST_DAY}


def difference_of(row: tuple[Any, ...]) -> Difference:
    """From the columns of a count and its measures."""
    named = dict(zip((*COLUMNS.split(", "), *MEASURES), row, strict=True))
    measures = {name: number for name in MEASURES if (number := named.pop(name))}
    del named["parent"]
    return Difference(**named, measures=measures)
