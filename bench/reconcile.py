"""`make bench-reconcile`: a day of a million payments at one institution against its file of as many; lists over five days of them.

Measured is what a worker does: take the file, load it in slices, reconcile to the end; wall time, its share by step, the process's largest
memory. Beside it the plainest thing that could be done in the same run: the file into a bare table by ``COPY``, one join that counts what
differs. Then the desk's lists over all that is there. ``WRITE=1`` puts the tables into docs/performance.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from bench.load import ROOT
from bench.pages import write
from portal.launcher.environment import environment

TABLES = ("order", "orderline", "attempt", "collection", "entry", "posting")
UNITS = 126
"""Agencies among which the payments are spread."""
PAYMENTS = """
CREATE TEMP TABLE made AS SELECT g, gen_random_uuid() AS order_id, gen_random_uuid() AS attempt_id, gen_random_uuid() AS collection_id,
    gen_random_uuid() AS entry_id, 'DVC' || lpad(upper(to_hex(g::bigint * 2654435761 %% 4294967296)), 13, '0') AS code,
    'H26.' || (101 + g %% %(units)s) AS unit, 10000 + (g %% 90) * 1000 AS amount,
    %(start)s::timestamptz + g * interval '60 ms' AS at
FROM generate_series(%(first)s::int, %(last)s::int) g;
INSERT INTO payments_order (id, code, source, source_key, kind, reference, description, payer_name, payer, payee_unit, payee_name,
    payee_account, amount, refunded, due_at, expires_at, state, is_test, created_at, created_by, settled_at, close_reason, party_id)
SELECT order_id, code, 'bench', g::text, 'LGD.01', unit || '-' || g, 'Phí, lệ phí', 'Người Nộp', ''::bytea, unit, unit,
    jsonb_build_object('number', '0000.0.' || lpad(right(unit, 3), 7, '0'), 'treasury_office', '0000'), amount, 0, at + interval '5 days',
    at + interval '5 days', 'paid', false, at - interval '5 minutes', '', at, '', NULL FROM made;
INSERT INTO payments_orderline (order_id, position, name, fee_kind, unit_amount, number, unit, reduction, reason, amount, revenue_code)
SELECT order_id, 1, 'Lệ phí', 'charge', amount, 1, '', 0, '', amount, '27' || lpad((g %% 40)::text, 2, '0') FROM made;
INSERT INTO payments_attempt (id, order_id, institution_id, number, reference, amount, fee, state, page_url, qr, created_at, expires_at,
    asks, result_code, ended_at)
SELECT attempt_id, order_id, 'TG.vnpay', 1, code || '01', amount, 0, 'paid', '', '', at, at + interval '15 minutes', 0, '00', at FROM made;
INSERT INTO payments_collection (id, institution_id, institution_ref, bank_ref, attempt_id, order_id, reference, purpose, amount, owed_back,
    refunding, refunded, payee_unit, kind, paid_at, day, via, booked_at, is_test)
SELECT collection_id, 'TG.vnpay', 'V' || g, 'B' || g, attempt_id, order_id, code || '01', 'settles', amount, 0, 0, 0, unit, 'LGD.01', at,
    %(day)s, 'callback', at, false FROM made;
INSERT INTO payments_entry (id, key, event, day, at, target, note, xid)
SELECT entry_id, 'collected:' || collection_id, 'collected', %(day)s, at, 'collection:' || collection_id, '', 0 FROM made;
INSERT INTO payments_account (type, institution_code, unit_code, kind, is_test) SELECT 'institution', 'TG.vnpay', '', '', false
    UNION ALL SELECT DISTINCT 'revenue', '', unit, 'LGD.01', false FROM made ON CONFLICT DO NOTHING;
INSERT INTO payments_posting (entry_id, account_id, day, amount)
SELECT entry_id, a.id, %(day)s, amount FROM made, payments_account a WHERE a.type = 'institution' AND a.institution_code = 'TG.vnpay'
    UNION ALL SELECT entry_id, a.id, %(day)s, -amount FROM made JOIN payments_account a ON a.type = 'revenue' AND a.unit_code = unit;
DROP TABLE made;
"""
CASES = """
INSERT INTO payments_case (key, type, institution_id, payee_unit, day, ours, theirs, facts, side, owner_label, state, opened_at, due_at,
    cause, resolution, closed_at, version)
SELECT 'bench:' || g, (ARRAY['amount', 'only_here', 'only_there', 'not_at_agency'])[1 + g %% 4], 'TG.vnpay', 'H26.' || (101 + g %% 126),
    %(day)s::date - g %% 700, 1000, 2000, '{}', 'institution', '', CASE WHEN g %% 50 = 0 THEN 'open' ELSE 'closed' END, now(), now(),
    CASE WHEN g %% 50 = 0 THEN '' ELSE 'other' END, '', CASE WHEN g %% 50 = 0 THEN NULL ELSE now() END, 1
FROM generate_series(1, %(count)s::int) g
"""
HEADER = (
    "stt,ngay_gd,ma_gd_cong,ma_gd_ngan_hang,ma_tham_chieu,ma_ho_so,ma_tthc,ma_co_quan,loai_gd,so_tien,phi_dv,tien_te,trang_thai,ma_nh,"
    "tk_thu_huong,ghi_chu\n"
)


def fill(database: str, day: dt.date, count: int, first: int) -> None:
    """The payments of one day, by the set."""
    start = dt.datetime.combine(day, dt.time(0, 1), dt.timezone(dt.timedelta(hours=7)))
    for begin in range(first, first + count, 100_000):
        last = min(begin + 100_000, first + count) - 1
        values = {"units": UNITS, "start": start - dt.timedelta(milliseconds=60 * first), "first": begin, "last": last, "day": day}
        with psycopg.connect(database, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
            connection.execute(PAYMENTS, values)


def statement(database: str, day: dt.date, to: Path, differ: int) -> int:
    """The institution's file of the day: all but ``differ`` rows as they are here, the others of another amount or missing; its rows."""
    digest, count, total = hashlib.sha256(), 0, 0
    with psycopg.connect(database) as connection, to.open("wb") as out, connection.cursor("rows") as cursor:

        def put(text: str) -> None:
            data = text.encode()
            digest.update(data)
            out.write(data)

        put(HEADER)
        cursor.itersize = 50_000
        cursor.execute(
            "SELECT reference, institution_ref, bank_ref, amount, payee_unit, to_char(paid_at AT TIME ZONE 'Asia/Ho_Chi_Minh',"
            " 'YYYY-MM-DD\"T\"HH24:MI:SS') FROM payments_collection WHERE day = %s",
            [day],
        )
        for number, (reference, ref, bank, amount, unit, at) in enumerate(cursor):
            if number < differ:
                if number % 2:
                    continue
                amount += 1000
            count, total = count + 1, total + amount
            account = f"0000.0.{unit[-3:].rjust(7, '0')}"
            put(f"{count},{at}+07:00,{reference},{ref},{bank},,,{unit},LGD.01,{amount},0,VND,thanh-cong,TG.vnpay,{account},\n")
        out.write(f"#,{count},{total},{digest.hexdigest()}\n".encode())
    return count


def plain(database: str, day: dt.date, file: Path) -> tuple[float, int]:
    """The baseline: the rows into a bare table, one join that counts what differs."""
    began = time.perf_counter()
    columns = HEADER.strip().split(",")
    with psycopg.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE bare ({', '.join(f'{name} text' for name in columns)})")
        with file.open("rb") as source, cursor.copy("COPY bare FROM STDIN (FORMAT csv)") as copy:
            waiting = b""
            source.readline()
            while piece := source.read(1 << 20):
                waiting += piece
                whole, _, waiting = waiting.rpartition(b"\n")
                lines = whole.rpartition(b"\n#,")[0] if b"\n#," in whole else whole
                copy.write(lines + b"\n")
        cursor.execute(
            "SELECT count(*) FROM bare b FULL JOIN (SELECT * FROM payments_collection WHERE institution_id = 'TG.vnpay' AND day = %s) c"
            " ON c.institution_ref = b.ma_gd_ngan_hang WHERE c.id IS NULL OR b.so_tien IS NULL OR c.amount <> b.so_tien::bigint",
            [day],
        )
        [differing] = cursor.fetchone() or [0]
    return time.perf_counter() - began, differing


def timed(ask: Callable[[], Any], rounds: int = 40) -> tuple[float, float]:
    """Median and 95th percentile of some runs, in milliseconds."""
    ask()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), sorted(times)[int(rounds * 0.95)]


def reconciled(day: dt.date, file: Path) -> Iterator[tuple[str, float]]:
    """What a worker does with the file and the day, step by step with its seconds."""
    from django.utils import timezone

    from payments.models import Institution, Run
    from payments.services import reconciling, statements_import
    from portal.access import SYSTEM

    now = timezone.now()
    institution = Institution.objects.get(pk="TG.vnpay")
    began = time.perf_counter()
    taken = statements_import.take_statement(
        side="institution", institution=institution, day=day, source=file, how="fetched", actor=SYSTEM, now=now
    )
    yield "keep the file", time.perf_counter() - began
    slices, began = 1, time.perf_counter()
    while not statements_import.load_statement(statement_id=taken.pk, now=now):
        slices += 1
    yield f"load it ({slices} slices)", time.perf_counter() - began
    run, _ = reconciling.start_run(institution_code="TG.vnpay", day=day, actor=SYSTEM, now=now)
    for step in Run.STEPS:
        began = time.perf_counter()
        reconciling.continue_run(run_id=run.pk, now=now, seconds=0)
        yield step, time.perf_counter() - began
    run.refresh_from_db()
    print(f"run {run.number}: {run.totals}", flush=True)


def lists() -> dict[str, Callable[[], Any]]:
    """The first pages and pages far down, as the desk asks for them."""

    from payments.access import seen_by
    from payments.models import Account, Case, Posting, Settlement, StatementRow
    from payments.reports import with_balance
    from portal.access import ActingAs, Actor, Assurance
    from portal.access.cursor import COUNTED

    def actor(unit: str, role: str) -> Actor:
        return Actor(acting_as=ActingAs.POSITION, unit=unit, roles=frozenset({role}), assurance=Assurance.HIGH)

    def page(rows: Any) -> Callable[[], Any]:
        return lambda: (list(rows.order_by("-day", "-id")[:51]), rows.order_by()[: COUNTED + 1].count())

    def after(rows: Any) -> Callable[[], Any]:
        middle = rows.order_by("-day", "-id")[rows.count() // 2]
        beyond = rows.filter(day__lte=middle.day).exclude(day=middle.day, pk__gte=middle.pk)
        return lambda: list(beyond.order_by("-day", "-id")[:51])

    vpcp, clerk, bank = actor("G22", "steering"), actor("H26.105", "accounting"), actor("TG.vnpay", "operating")
    cases = Case.objects.select_related("institution")
    account = Account.objects.filter(type="institution").first()
    return {
        "differences, all, first page": page(seen_by(vpcp, cases)),
        "differences, open, first page": page(seen_by(vpcp, cases).exclude(state="closed")),
        "differences, far down": after(seen_by(vpcp, cases)),
        "differences of an agency, open": page(seen_by(clerk, cases).exclude(state="closed")),
        "differences of an agency, far down": after(seen_by(clerk, cases)),
        "differences of an institution, one type": page(seen_by(bank, cases).filter(type="amount")),
        "what institutions owe, an agency's": page(seen_by(clerk, Settlement.objects.all(), unit="unit_code")),
        "entries of the institution's account": lambda: (
            list(Posting.objects.filter(account=account).select_related("entry", "account").order_by("-id")[:51]),
            Posting.objects.filter(account=account).order_by()[: COUNTED + 1].count(),
        ),
        "accounts with balances, 50": lambda: list(
            with_balance(seen_by(vpcp, Account.objects.all(), unit="unit_code", institution="institution_code")).order_by("id")[:50]
        ),
        "rows of a file, the middle": lambda: list(StatementRow.objects.filter(statement=1, number__gt=500_000).order_by("number")[:50]),
    }


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=5, help="days of payments there are beside, the measured one among them")
    parser.add_argument("--differ", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    parts = urlsplit(env["DATABASE_URL"])
    server = parts._replace(path="/postgres").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS bench_reconcile WITH (FORCE)")
        connection.execute("CREATE DATABASE bench_reconcile ENCODING 'UTF8' TEMPLATE template0")
        [version] = connection.execute("SHOW server_version").fetchone() or [""]
    day = dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).date() - dt.timedelta(days=1)
    try:
        env["DATABASE_URL"] = parts._replace(path="/bench_reconcile").geturl()
        subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        with psycopg.connect(env["DATABASE_URL"], autocommit=True) as connection:
            for table in TABLES:
                # Rows are made whole by the set; each one's own checks, and looking up each key, would take an hour.
                connection.execute(f"ALTER TABLE payments_{table} DISABLE TRIGGER USER")  # type: ignore[arg-type]
                for [name] in connection.execute(
                    "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass", [f"payments_{table}"]
                ).fetchall():
                    connection.execute(f'ALTER TABLE payments_{table} DROP CONSTRAINT "{name}"')  # type: ignore[arg-type]
        for back in range(options.days):
            fill(env["DATABASE_URL"], day - dt.timedelta(days=back), options.rows, 1 + back * options.rows)
            print(f"filled {back + 1} of {options.days} days", flush=True)
        with psycopg.connect(env["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(CASES.replace("%%", "%").replace("%(day)s", f"'{day}'").replace("%(count)s", str(options.rows // 5)))
            for table in TABLES:
                connection.execute(f"ALTER TABLE payments_{table} ENABLE TRIGGER USER")  # type: ignore[arg-type]
            connection.execute("VACUUM (ANALYZE)")
        os.environ.update(env)
        import django

        django.setup()
        with tempfile.TemporaryDirectory(dir=os.environ["VAR"]) as folder:
            file = Path(folder) / "statement.csv"
            count = statement(env["DATABASE_URL"], day, file, options.differ)
            bare, differing = plain(env["DATABASE_URL"], day, file)
            print(f"{count:,} rows, {file.stat().st_size / 1e6:.0f} MB; baseline {bare:.1f} s, {differing} differ", flush=True)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            steps = []
            for name, seconds in reconciled(day, file):
                steps.append((name, seconds))
                print(f"{name}: {seconds:.1f} s", flush=True)
        whole = sum(seconds for _, seconds in steps)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"whole {whole:.1f} s, {memory:.0f} MB at most ({before:.0f} MB before), ratio {whole / bare:.1f}", flush=True)
        lines = ["| step | s |", "|---|---|", *(f"| {name} | {seconds:.1f} |" for name, seconds in steps)]
        lines += [f"| **all of it** | **{whole:.1f}** |", f"| bare `COPY` and one join that counts | {bare:.1f} |", ""]
        from payments.models import Collection

        some = list(Collection.objects.values_list("pk", flat=True)[:100])
        one_row = timed(lambda: Collection.objects.get(pk=some[0]))
        lines += ["| query | p50 ms | p95 ms |", "|---|---|---|", f"| one payment by its key | {one_row[0]:.2f} | {one_row[1]:.2f} |"]
        for name, ask in lists().items():
            p50, p95 = timed(ask)
            lines.append(f"| {name} | {p50:.1f} | {p95:.1f} |")
            print(lines[-1], flush=True)
        from django.db import connection as used

        used.close()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS bench_reconcile WITH (FORCE)")
    if options.write:
        stamp = (
            f"Measured {dt.datetime.now(dt.UTC).date()} on PostgreSQL {version}: {count:,} rows against {options.rows:,} payments of"
            f" the day, {options.days * options.rows:,} in all, {options.rows // 5:,} differences; the worker's memory {memory:.0f} MB at"
            " most; 2 cores."
        )
        write("reconcile", f"{stamp}\n\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
