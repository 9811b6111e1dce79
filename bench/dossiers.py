"""`make bench-dossiers`: the desk of dossiers over a million of them with ten million events, and the ratio to ten thousand.

Rows come by set-based SQL over the 126 communes of a province, one in twenty-five open, ten events each; their answers are empty. What is
opened and acted on are dossiers of the demo ward with answers of their own (`dossiers.desk_pages.demo`). Pages are rendered as the desk
serves them (median and 95th percentile, milliseconds, and how many queries), once with the small number of rows and once with all of them,
beside one row by its key of the same run. ``ROWS=`` for fewer; ``WRITE=1`` puts the table into docs/performance.md. Wanted at the 95th:
queue 150 ms, dossier 120 ms, lookup by code 30 ms, one act 60 ms, at most 25 queries, ratio at most 1.3.
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

import psycopg

from bench.copies import tidied
from bench.desk import FAMILY, GIVEN
from bench.load import ROOT
from bench.pages import write
from bench.petitions import prepared
from portal.launcher.environment import environment

SMALL = 10_000
DEMO = 300
DOSSIERS = """
INSERT INTO dossiers_dossier (id, code, procedure_code, procedure_version_id, procedure_name, service_level, channel, applicant_id,
    applicant_name, owner_id, owner_name, owner_name_key, subject_name, subject_name_key, filed_by_id, filed_by_name, worked_on_by,
    id_blinds, acting_as, unit_code, unit_level, state, stage, version, form_version_id, answers, officer_id, officer_label,
    draft_started_at, submitted_at, response_due_at, received_at, due_at, due_first, decided_at, finished_at, returned_at,
    supplements_before, supplements_after, next_told_at)
SELECT md5('d' || g)::uuid, format('H26.%%s-%%s-%%s', 101 + g %% 126, to_char(d, 'YYMMDD'), lpad(g::text, 7, '0')),
    '1.001193', %(version)s, 'Đăng ký khai sinh', 'full', '2', p, n, p, n, n, '', '', p, n, '{}', '{}', 'self',
    'H26.' || (101 + g %% 126), 'commune', CASE WHEN is_open THEN '4' ELSE '10' END, '', 1, %(form)s, ''::bytea, md5('o' || g %% 126)::uuid,
    'Cán bộ', d, d, d + interval '8 hours', d + interval '1 hour', d + interval '6 hours', d + interval '6 hours',
    CASE WHEN NOT is_open THEN d + interval '3 hours' END, CASE WHEN NOT is_open THEN d + interval '4 hours' END,
    CASE WHEN NOT is_open THEN d + interval '4 hours' END, 0, 0, d + interval '4 hours'
FROM generate_series(%(first)s::int, %(last)s::int) g, LATERAL (SELECT md5('p' || g)::uuid AS p, g %% 25 = 0 AS is_open,
    now() - CASE WHEN g %% 25 = 0 THEN interval '1 minute' * (g %% 20000) ELSE interval '20 days' + interval '1 minute' * (g %% 1000000) END
        AS d,
    (%(family)s::text[])[1 + g %% 15] || ' ' || (%(given)s::text[])[1 + g / 15 %% 20] || ' ' || (%(given)s::text[])[1 + g / 300 %% 20] AS n
) made
"""
EVENTS = """
INSERT INTO dossiers_dossierevent (dossier_id, at, name, from_state, to_state, acting_as, label, unit_code)
SELECT md5('d' || g)::uuid, now(), (ARRAY['submit', 'receive', 'start', 'assign', 'assign', 'ask_opinion', 'answer_opinion', 'decide',
    'sign', 'return_result'])[k], '4', '4', 'position', 'Cán bộ', 'H26.' || (101 + g %% 126)
FROM generate_series(%(first)s::int, %(last)s::int) g, generate_series(1, 10) k
"""


def fill(database: str, first: int, last: int) -> float:
    """Dossiers from one number to another with ten events each; seconds it took. What follows from an event elsewhere is left out."""
    began = time.perf_counter()
    with psycopg.connect(database, autocommit=True) as connection:
        [version] = connection.execute(
            "SELECT id FROM procedures_procedureversion WHERE name = 'Đăng ký khai sinh' LIMIT 1"
        ).fetchone() or [0]
        [form] = connection.execute("SELECT id FROM dossiers_formversion WHERE procedure_code = '1.001193' LIMIT 1").fetchone() or [0]
        connection.execute("ALTER TABLE dossiers_dossierevent DISABLE TRIGGER USER")
        for begin in range(first, last, 50_000):
            values = {"version": version, "form": form, "first": begin, "last": min(last, begin + 50_000) - 1}
            connection.execute(DOSSIERS, {**values, "family": FAMILY, "given": GIVEN})
            connection.execute(EVENTS, values)
        connection.execute("ALTER TABLE dossiers_dossierevent ENABLE TRIGGER USER")
    tidied(database)
    return time.perf_counter() - began


def officer(number: int, unit: str, roles: list[str]) -> tuple[Any, Any]:
    """The browser of a new officer of a unit, signed in by what counts as high, and their position."""
    from django.test import Client
    from django.utils import timezone

    from accounts.models import UserSession
    from accounts.services.people import enter_person
    from accounts.services.positions import give_position
    from portal.access import SYSTEM

    person = enter_person(
        actor=SYSTEM, full_name="Phạm Văn Cán Bộ Thử", id_number=f"00118099900{number}", birth_date=dt.date(1980, 1, 1), sex="male",
        phone=f"+8497799900{number}", residence_unit="00070", address="Số 0 phố Ví Dụ",
    )  # fmt: skip
    position = give_position(
        actor=SYSTEM, person_id=person.id, unit_code=unit, title="Công chức", roles=roles, credential_id="", now=timezone.now()
    )
    client = Client(headers={"host": "localhost"})
    assert person.user is not None
    client.force_login(person.user, backend="portal.access.backend.AccessBackend")
    session = client.session
    UserSession.objects.filter(pk=session["sign_in"]).update(assurance=3, way="passkey", for_office=True)
    session["acting_as"] = {"kind": "position", "id": str(position.id)}
    session.save()
    return client, position


Case = tuple[Callable[[], Any], float]
"""What is asked, and the milliseconds that are wanted at the 95th percentile."""


def cases(clients: dict[str, Any], positions: list[Any], number: int) -> dict[str, Case]:
    """What officers do, by name."""
    from dossiers import worklists
    from dossiers.models import Dossier
    from portal.access import ActingAs, Actor, Assurance, visible_to

    dice, base = random.Random(number), "/quan-tri/dossiers/dossier/"
    ward, province = clients["ward"], clients["province"]

    def page(client: Any, address: str | Callable[[], str], *, status: int = 200) -> Callable[[], Any]:
        def ask() -> None:
            where = address() if callable(address) else address
            answer = client.get(where, secure=False)
            if answer.status_code != status:
                raise SystemExit(f"{where}: {answer.status_code}")

        return ask

    demo = list(Dossier.objects.filter(unit_code="H26.101", answers__isnull=False, subject_name__endswith="Mẫu").values_list("pk", "state"))
    opened = [pk for pk, state in demo if state == "4"]
    fresh = iter([pk for pk, state in demo if state == "1"])

    others = [one.pk for one in positions]
    turn = iter(range(10**9))

    def act(name: str, of: Callable[[], Any], *, gives: bool = False) -> Callable[[], Any]:
        def do() -> None:
            pk = of()
            version, holder = Dossier.objects.filter(pk=pk).values_list("version", "officer_id").get()
            typed = {"officer": next(str(one) for one in others if one != holder), "reason": ""} if gives else {}
            answer = ward.post(f"{base}{pk}/{name}/", {"seen": version, **typed}, secure=False)
            if answer.status_code != 302:
                raise SystemExit(f"{name}: {answer.status_code}")

        return do

    seen = Actor(acting_as=ActingAs.POSITION, unit="H26", roles=frozenset({"reception"}), assurance=Assurance.HIGH)

    codes = list(Dossier.objects.filter(code__gte="H26.150").order_by("code").values_list("code", flat=True)[:200])

    def lookup() -> Any:
        rows = visible_to(seen, worklists.with_deadline(Dossier.objects.defer("answers", "bill")), "dossiers.read", "unit_code")
        return list(worklists.found_by(rows, str(dice.choice(codes)))[:51])

    return {
        "queue of a ward": (page(ward, base), 150),
        "queue of a ward: overdue": (page(ward, f"{base}?viec=qua-han"), 150),
        "queue of the province": (page(province, base), 150),
        "dossier": (page(ward, lambda: f"{base}{dice.choice(opened)}/change/"), 120),
        "lookup by code": (lookup, 30),
        "lookup by code, the whole page": (page(province, lambda: f"{base}?q={dice.choice(codes)}"), 150),
        "one act: received": (act("receive", lambda: next(fresh)), 60),
        "one act: given to a colleague": (act("assign", lambda: opened[next(turn) % len(opened)], gives=True), 60),
    }


def timed(ask: Callable[[], Any], rounds: int) -> tuple[float, float, int]:
    """Median and 95th percentile of some runs, in milliseconds, and the queries of one."""
    from django.db import connection

    queries = 0

    def counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal queries
        queries += "SAVEPOINT" not in sql
        return execute(sql, params, many, context)

    ask()
    with connection.execute_wrapper(counted):
        ask()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), sorted(times)[int(rounds * 0.95)], queries


def main() -> None:
    """Prepare, measure twice, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    small = min(SMALL, options.rows)
    with prepared(env["DATABASE_URL"], "dossiers") as database:
        env = {**env, "DATABASE_URL": database}
        for command in (["prepare"], ["collectstatic", "--noinput", "-v0"]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        os.environ.update(env)
        import django

        django.setup()
        from django.db import connection
        from django.utils import timezone

        from dossiers.desk_pages.demo import fill as fill_demo
        from dossiers.models import Dossier

        # Twice the rounds and some to begin with are received, a tenth of what is made is new.
        fill_demo(number=max(DEMO, 10 * (2 * options.rounds + 8)), now=timezone.now())
        works = ["reception", "handling"]
        ward, first = officer(1, "H26.101", works)
        _colleague, second = officer(2, "H26.101", works)
        province, _ = officer(3, "H26", ["reception"])
        found: dict[int, dict[str, tuple[float, float, int]]] = {}
        wanted: dict[str, float] = {}
        before = 0
        for number in dict.fromkeys((small, options.rows)):
            print(f"{number:,} dossiers, filled in {fill(database, before, number):.0f} s", flush=True)
            before = number
            some = list(Dossier.objects.values_list("pk", flat=True)[:100])
            todo = cases({"ward": ward, "province": province}, [first, second], number)
            wanted = {name: limit for name, (_ask, limit) in todo.items()}

            def one(known: list[Any] = some) -> Any:
                return Dossier.objects.defer("answers").get(pk=random.choice(known))

            found[number] = {
                "one row by its key": timed(one, options.rounds),
                **{name: timed(ask, options.rounds) for name, (ask, _limit) in todo.items()},
            }
        connection.close()
    lines = [
        "| page, act | p50 ms | p95 ms | wanted | queries | of one row by its key | to the small table |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (p50, p95, queries) in found[options.rows].items():
        row, base = found[options.rows]["one row by its key"][0], found[small][name][0]
        limit = f"{wanted[name]:.0f}" if name in wanted else ""
        lines.append(f"| {name} | {p50:.1f} | {p95:.1f} | {limit} | {queries} | {p50 / row:.0f} | {p50 / base:.2f} |")
    print("\n".join(lines), flush=True)
    if options.write:
        day = dt.datetime.now(dt.UTC).date().isoformat()
        stamp = f"Measured {day}: {options.rows:,} dossiers, {10 * options.rows:,} events, beside {small:,}; {os.cpu_count()} cores shared."
        write("dossiers", f"{stamp}\n\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
