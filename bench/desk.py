"""`make bench-desk`: the desk's list and search over 1.5 million dossiers of a province, in a database with a locale of libc.

Locales of libc are the worst case: there an ordinary index serves no beginnings of texts. Times are those of the queries that the pages
make (median and 95th percentile, milliseconds), beside the plainest query over the same table of the same run (one row by its key).
``WRITE=1`` puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from bench.load import ROOT
from bench.pages import write
from portal.launcher.environment import environment

FAMILY = ["nguyen", "tran", "le", "pham", "hoang", "vu", "dang", "bui", "do", "ngo", "duong", "ly", "mai", "cao", "dinh"]
GIVEN = [
    "anh",
    "binh",
    "chi",
    "dung",
    "giang",
    "ha",
    "hung",
    "khanh",
    "lan",
    "minh",
    "nam",
    "oanh",
    "phuc",
    "quan",
    "son",
    "thao",
    "uyen",
    "vinh",
    "xuan",
    "yen",
]
ROWS = """
INSERT INTO dossiers_dossier (id, code, procedure_code, procedure_version_id, procedure_name, service_level, channel, applicant_id,
    applicant_name, owner_id, owner_name, owner_name_key, subject_name, subject_name_key, filed_by_id, filed_by_name, worked_on_by,
    id_blinds, acting_as, unit_code, unit_level, state, stage, version, form_version_id, answers, officer_label, draft_started_at,
    submitted_at, response_due_at, withdrawn_at, supplements_before, supplements_after)
SELECT gen_random_uuid(), format('H26.%%s-%%s-%%s', 101 + g %% 126, to_char(d, 'YYMMDD'), lpad(g::text, 7, '0')),
    '1.001193', %(version)s, 'Đăng ký khai sinh', 'full', '2', p, n, p, n, n, '', '', p, n, '{}', '{}', 'self', 'H26.' || (101 + g %% 126),
    'commune', CASE WHEN g %% 30 = 0 THEN '1' ELSE '7' END, '', 1, %(form)s, ''::bytea, '', d, d, d + interval '8 hours',
    CASE WHEN g %% 30 = 0 THEN NULL ELSE d + interval '1 hour' END, 0, 0
FROM generate_series(%(first)s::int, %(last)s::int) g, LATERAL (SELECT gen_random_uuid() AS p,
    timestamptz '2024-01-01' + g * interval '1 minute' AS d,
    (%(family)s::text[])[1 + (random() * 14 + g * 0)::int] || ' ' || (%(given)s::text[])[1 + (random() * 19 + g * 0)::int] || ' '
    || (%(given)s::text[])[1 + (random() * 19 + g * 0)::int] AS n) made
"""


def fill(database: str, count: int) -> None:
    """The dossiers, and statistics as the server's own vacuum leaves them."""
    with psycopg.connect(database, autocommit=True) as connection:
        [version] = connection.execute(
            "SELECT id FROM procedures_procedureversion WHERE name = 'Đăng ký khai sinh' LIMIT 1"
        ).fetchone() or [0]
        [form] = connection.execute("SELECT id FROM dossiers_formversion WHERE procedure_code = '1.001193' LIMIT 1").fetchone() or [0]
        for first in range(0, count, 100_000):
            values = {"version": version, "form": form, "first": first, "last": min(count, first + 100_000) - 1}
            connection.execute(ROWS, {**values, "family": FAMILY, "given": GIVEN})
        connection.execute("VACUUM (ANALYZE) dossiers_dossier")


def timed(ask: Callable[[], Any], rounds: int = 40) -> tuple[float, float]:
    """Median and 95th percentile of some runs, in milliseconds."""
    ask()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), sorted(times)[int(rounds * 0.95)]


def cases(count: int) -> dict[str, Callable[[], Any]]:
    """What the pages ask, by name."""
    from uuid import uuid4

    from django.utils import timezone

    from dossiers import worklists
    from dossiers.models import DEADLINE, Dossier
    from portal.access import ActingAs, Actor, Assurance, visible_to
    from portal.access.cursor import COUNTED, bounded

    dice = random.Random(3)
    roles = frozenset({"reception"})

    def officer(unit: str) -> Actor:
        return Actor(acting_as=ActingAs.POSITION, position_id=uuid4(), unit=unit, roles=roles, assurance=Assurance.HIGH)

    def rows(unit: str) -> Any:
        door = visible_to(officer(unit), Dossier.objects.defer("answers"), "dossiers.read", "unit_code")
        return worklists.with_deadline(door)

    def page(found: Any) -> Callable[[], Any]:
        return lambda: (list(found.order_by(DEADLINE, "id")[:51]), found.order_by()[: COUNTED + 1].count())

    def after(found: Any) -> Callable[[], Any]:
        middle = found.order_by(DEADLINE, "id")[count // 60]
        beyond = found.filter(deadline__gte=middle.deadline).exclude(deadline=middle.deadline, pk__lte=middle.pk)
        return lambda: list(beyond.order_by(DEADLINE, "id")[:51])

    def search(unit: str, term: Callable[[], str]) -> Callable[[], Any]:
        def ask() -> Any:
            found = worklists.found_by(rows(unit), term())
            ids = bounded(found)
            listed = found if len(ids) > COUNTED else worklists.with_deadline(Dossier.objects.defer("answers").filter(pk__in=ids))
            return list(listed.order_by(DEADLINE, "id")[:51])

        return ask

    def counted(unit: str) -> Callable[[], Any]:
        return lambda: worklists.counts(officer(unit), timezone.now())

    province = rows("H26")
    name = lambda: f"{dice.choice(FAMILY)} {dice.choice(GIVEN)} {dice.choice(GIVEN)}"  # noqa: E731
    return {
        "province: open list, first page": page(province.filter(worklists.OPEN)),
        "province: open list, far down": after(province.filter(worklists.OPEN)),
        "province: everything, first page": page(province),
        "commune: open list, first page": page(rows("H26.105").filter(worklists.OPEN)),
        "province: all queues counted": counted("H26"),
        "commune: all queues counted": counted("H26.105"),
        "province: a whole name": search("H26", name),
        "province: a family name (a fifteenth of all)": search("H26", lambda: dice.choice(FAMILY)),
        "province: a name nobody bears": search("H26", lambda: "zzyzx"),
        "commune: a given name": search("H26.105", lambda: dice.choice(GIVEN)),
        "province: end of a code": search("H26", lambda: f"-{dice.randrange(count):07d}"),
        "province: beginning of a code": search("H26", lambda: f"H26.{101 + dice.randrange(126)}-2601"),
    }


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_500_000)
    parser.add_argument("--locale", default="C.UTF-8")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    parts = urlsplit(env["DATABASE_URL"])
    server = parts._replace(path="/postgres").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS bench_desk WITH (FORCE)")
        locale = f"LOCALE_PROVIDER libc LOCALE '{options.locale}' TEMPLATE template0"
        connection.execute(f"CREATE DATABASE bench_desk ENCODING 'UTF8' {locale}")  # type: ignore[arg-type]
        [version] = connection.execute("SHOW server_version").fetchone() or [""]
    try:
        env["DATABASE_URL"] = parts._replace(path="/bench_desk").geturl()
        subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        fill(env["DATABASE_URL"], options.rows)
        os.environ.update(env)
        import django

        django.setup()
        from django.db import connection as used

        from dossiers.models import Dossier

        some = list(Dossier.objects.values_list("pk", flat=True)[:100])
        plain, plain95 = timed(lambda: Dossier.objects.defer("answers").get(pk=random.choice(some)))
        lines = ["| query | p50 ms | p95 ms | one row by its key p50 ms | ratio |", "|---|---|---|---|---|"]
        for name, ask in cases(options.rows).items():
            p50, p95 = timed(ask)
            lines.append(f"| {name} | {p50:.1f} | {p95:.1f} | {plain:.2f} | {p50 / plain:.1f} |")
            print(lines[-1], flush=True)
        used.close()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS bench_desk WITH (FORCE)")
    print(f"one row by its key: p50 {plain:.2f} ms, p95 {plain95:.2f} ms")
    if options.write:
        day = dt.datetime.now(dt.UTC).date().isoformat()
        stamp = f"Measured {day} on PostgreSQL {version}, libc {options.locale}, {options.rows:,} dossiers."
        write("desk", f"{stamp}\n\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
