"""`make bench-statistics`: the statistics of a million dossiers (``ROWS=``): counted anew, folded, asked for.

Rows are entered by the set, spread over 34 provinces with a hundred units each, 20 ministries, 500 procedures and two years. Measured:
the recount, a slice folded, the pages as rendered anew (no cache), beside the plainest count over the rows. ``WRITE=1`` puts the tables
into docs/performance.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
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

DATABASE = "bench_statistics"
LARGE = 2_000_000
"""Rows; of more, counts that were kept with the database are left as they are."""
ROWS = """
INSERT INTO dossiers_nationaldossier (
    year, code, source, is_test, unit_code, agency_code, procedure_code, field_code, channel, service_level, subject, owner_blind,
    phone_blind, state, submitted_at, received_at, due_at, finished_at, returned_at, refused_at, stopped_at, withdrawn_at,
    supplements_before, supplements_after, supplement_is_pending, supplement_days, paid_online, has_fee, has_digitised_papers,
    has_digitised_result, reuses_data, from_store, by_population, said_at, changed_at)
SELECT extract(year FROM at)::int, agency || unit || '-' || to_char(at, 'YYMMDD') || '-' || g, agency, false, agency || unit, agency,
    '1.' || lpad((500 * p * p)::int::text, 6, '0'), 'LV.nganh-' || (60 * p * p)::int,
    CASE WHEN c < 0.7 THEN '2' WHEN c < 0.95 THEN '1' ELSE '3' END,
    CASE WHEN c < 0.5 THEN 'full' WHEN c < 0.7 THEN 'part' ELSE '' END, '1', '', '',
    CASE WHEN ended > now() THEN '4' WHEN c > 0.99 THEN '7' ELSE '10' END, at, at, due,
    CASE WHEN ended <= now() AND c <= 0.99 THEN ended END, CASE WHEN ended <= now() AND c <= 0.99 THEN ended END, NULL, NULL,
    CASE WHEN ended <= now() AND c > 0.99 THEN ended END,
    0, (p < 0.05)::int, false, 0, (c < 0.3)::int::text, c < 0.4, r < 0.6, c < 0.8, p < 0.3, false, false, at, at
FROM (
    SELECT g, c, p, r, at, at + days AS due, at + days * (0.2 + 0.9 * r) AS ended, agency,
        CASE WHEN agency LIKE 'G%%' THEN '.' || (1 + u * 5)::int ELSE '.' || (101 + u * 99)::int END AS unit
    FROM (
        SELECT g, random() AS c, random() AS p, random() AS r, random() AS u,
            now() - random() * interval '730 days' AS at, (1 + random() * 20)::int * interval '1 day' AS days,
            CASE WHEN random() < 0.1 THEN 'G' || lpad((1 + random() * 19)::int::text, 2, '0')
                ELSE 'H' || lpad((1 + random() * 33)::int::text, 2, '0') END AS agency
        FROM generate_series(%(first)s::int, %(last)s::int) AS g
    ) AS drawn
) AS made
"""
PLAIN = """
SELECT agency_code, count(*) FILTER (WHERE received_at >= %(first)s),
    count(*) FILTER (WHERE finished_at >= %(first)s AND finished_at > due_at)
FROM dossiers_nationaldossier GROUP BY 1
"""


INDEXES = """
SELECT format('ALTER TABLE %I DROP CONSTRAINT %I', t.relname, c.conname),
    format('ALTER TABLE %I ADD CONSTRAINT %I %s', t.relname, c.conname, pg_get_constraintdef(c.oid))
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid WHERE t.relname = 'dossiers_nationaldossier' AND c.contype IN ('p', 'u')
UNION ALL SELECT format('DROP INDEX %I', i.relname), replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ')
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE t.relname = 'dossiers_nationaldossier' AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid)
"""


def enter(database: str, rows: int) -> None:
    """So many rows into the empty register; indexes are made when all of them are there, as whoever restores a backup does."""
    with psycopg.connect(database, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("SET synchronous_commit = off; SET maintenance_work_mem = '1GB'")
        indexes = connection.execute(INDEXES).fetchall()
        for drop, _make in indexes:
            connection.execute(drop)
        for first in range(1, rows + 1, 200_000):
            connection.execute(ROWS, {"first": first, "last": min(first + 199_999, rows)})
        for _drop, make in indexes:
            connection.execute(make)
        connection.execute("VACUUM (ANALYZE) dossiers_nationaldossier")


def timed(ask: Callable[[], Any], rounds: int = 30) -> tuple[float, float]:
    """Median and 95th percentile of some runs, in milliseconds."""
    ask()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), sorted(times)[int(rounds * 0.95)]


def pages(today: dt.date) -> dict[str, str]:
    """What is asked for, by what a person would call it."""
    year = f"tu={today.year - 1}-03-05&den={today.year}-09-17"
    return {
        "the country, this month": "/thong-ke/",
        "the country by agency, 18 months from day to day": f"/thong-ke/?{year}",
        "the country by field": f"/thong-ke/?{year}&theo=linh-vuc",
        "the country by procedure": f"/thong-ke/?{year}&theo=thu-tuc",
        "the country by agency, one procedure": f"/thong-ke/?{year}&thu-tuc=1.000120",
        "the country by agency, one field, online": f"/thong-ke/?{year}&linh-vuc=LV.nganh-12&kenh=2",
        "a province by unit": f"/thong-ke/?{year}&co-quan=H26",
        "a province by unit, one field": f"/thong-ke/?{year}&co-quan=H26&theo=co-quan&linh-vuc=LV.nganh-12",
        "a province by procedure": f"/thong-ke/?{year}&co-quan=H26&theo=thu-tuc",
        "a unit by procedure": f"/thong-ke/?{year}&co-quan=H26.110&theo=thu-tuc",
        "a province by month": f"/thong-ke/?{year}&co-quan=H26&theo=thang",
        "a year by day": f"/thong-ke/?ky={today.year}&theo=ngay",
        "XLSX by procedure": f"/thong-ke/so-lieu.xlsx?{year}&theo=thu-tuc",
        "API, a province": f"/api/v1/statistics?from={today.year - 1}-03-05&to={today.year}-09-17&agency=H26",
    }


def steering(client: Any) -> Any:
    """The browser of an officer of the Government Office who steers, signed in as by certificate."""
    from django.utils import timezone

    from accounts.models import UserSession
    from accounts.services.people import enter_person
    from accounts.services.positions import give_position
    from portal.access import SYSTEM, Assurance

    person = enter_person(
        actor=SYSTEM, full_name="Phạm Văn Cán Bộ Giả Định", id_number="001195999999", birth_date=dt.date(1995, 5, 20), sex="male",
        phone="+84900999999", residence_unit="00070", address="Số 0 phố Ví Dụ",
    )  # fmt: skip
    position = give_position(
        actor=SYSTEM, person_id=person.id, unit_code="G22", title="Chuyên viên", roles=["steering"], credential_id="cred-bench",
        now=timezone.now(), place="agency",
    )  # fmt: skip
    client.force_login(person.user, backend="portal.access.backend.AccessBackend")
    session = client.session
    UserSession.objects.filter(pk=session["sign_in"]).update(assurance=Assurance.HIGH, way="passkey", for_office=True)
    session["acting_as"] = {"kind": "position", "id": str(position.id)}
    session.save()
    return client


def dashboards() -> dict[str, str]:
    """What those who steer ask for."""
    return {
        "dashboard of the country": "/dieu-hanh/",
        "dashboard of a province": "/dieu-hanh/H26/",
        "dashboard of a unit": "/dieu-hanh/H26.110/",
        "dashboard, XLSX": "/dieu-hanh/so-lieu.xlsx",
        "board of targets": "/dieu-hanh/muc-tieu/",
        "board of targets of a province": "/dieu-hanh/H26/muc-tieu/",
    }


def scores(today: dt.date) -> dict[str, str]:
    """The score, from the ranking down to rows."""
    month, year = f"{today.replace(day=1) - dt.timedelta(days=1):%Y-%m}", f"{today.year}"
    return {
        "ranking, the year": "/danh-gia/",
        "ranking, last month": f"/danh-gia/?ky={month}",
        "score of a province with its units": f"/danh-gia/H26/?ky={year}",
        "score of a unit": f"/danh-gia/H26.110/?ky={year}",
        "criterion 2.1 of a province, down to its rows": f"/danh-gia/H26/2.1/?ky={year}",
        "criterion 2.1, what was late": f"/danh-gia/H26/2.1/?ky={year}&loai=chua",
        "criterion 5.4 of a ministry, down to its rows": f"/danh-gia/G02/5.4/?ky={year}",
        "ranking, XLSX": "/danh-gia/so-lieu.xlsx",
        "API, scores": f"/api/v1/scores?year={year}",
    }


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--keep", action="store_true", help="Keep the database; one that was kept is taken with its rows and counts.")
    parser.add_argument("--pages", action="store_true", help="The pages of statistics alone: nothing is counted anew but what is missing.")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    parts = urlsplit(env["DATABASE_URL"])
    server = parts._replace(path="/postgres").geturl()
    database = f"{DATABASE}_{options.rows}" if options.keep else DATABASE
    with psycopg.connect(server, autocommit=True) as connection:
        is_kept = options.keep and connection.execute("SELECT FROM pg_database WHERE datname = %s", [database]).fetchone() is not None
        if not is_kept:
            connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {database} ENCODING 'UTF8' TEMPLATE template0")
        [version] = connection.execute("SHOW server_version").fetchone() or [""]
    lines = ["| step | s |", "|---|---|"]

    def step(name: str, began: float) -> None:
        lines.append(f"| {name} | {time.perf_counter() - began:.1f} |")
        print(lines[-1], flush=True)

    try:
        env["DATABASE_URL"] = parts._replace(path=f"/{database}").geturl()
        subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], cwd=ROOT, env=env, check=True)
        if not is_kept:
            began = time.perf_counter()
            enter(env["DATABASE_URL"], options.rows)
            step(f"enter {options.rows:,} rows", began)
        os.environ.update(env)
        import django

        django.setup()
        from django.db import connection as used
        from django.test import Client

        from dossiers.models import NationalDossier
        from dossiers.services.national import facts_of
        from ratings.board import counting
        from ratings.models import DossierCount
        from ratings.score import counting as scoring
        from ratings.score import folding
        from ratings.services import figures

        with used.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            if options.rows <= LARGE:
                cursor.execute("TRUNCATE ratings_dossiercount, ratings_dossierdelta")
        if not DossierCount.objects.exists():
            began = time.perf_counter()
            figures.recount(mend=True, say=lambda line: print(f"  {line}: {time.perf_counter() - began:.1f} s", flush=True))
            step("count everything anew into empty counts", began)
        with used.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE) ratings_dossiercount")
        counts = DossierCount.objects.count()
        if not options.pages:
            began = time.perf_counter()
            differing, _first = figures.recount(mend=False)
            step(f"count everything anew and compare {counts:,} counts ({differing} differ)", began)
            some = [facts_of(row) for row in NationalDossier.objects.all()[:5000]]
            began = time.perf_counter()
            figures.note((None, facts) for facts in some)
            step("note 5,000 new dossiers", began)
            began = time.perf_counter()
            while figures.fold():
                pass
            step("fold them", began)
            began = time.perf_counter()
            counting.count_levels(dt.datetime.now(dt.UTC))
            step("count this month and year by level", began)
            began = time.perf_counter()
            folding.recount(mend=True)
            step("count the tally of the score anew", began)
            began = time.perf_counter()
            scoring.count_all(now=dt.datetime.now(dt.UTC))
            step("count the score of all periods", began)
            began = time.perf_counter()
            scoring.count_running(now=dt.datetime.now(dt.UTC))
            step("count the score of the periods that run, as each minute", began)
        client, today = Client(), dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).date()
        lines += ["", "| asked | p50 ms | p95 ms |", "|---|---|---|"]

        def plain() -> None:
            with used.cursor() as cursor:
                cursor.execute(PLAIN, {"first": dt.date(today.year, 1, 1)})
                cursor.fetchall()

        officer = steering(Client())

        def page(address: str, by: Any = client) -> Callable[[], None]:
            def ask() -> None:
                answer = by.get(address, headers={"host": "localhost"})
                assert answer.status_code == 200, f"{address}: {answer.status_code}"

            return ask

        for name, ask in [
            ("baseline: one count over the rows, by agency", plain),
            *((name, page(address)) for name, address in (pages(today) | ({} if options.pages else scores(today))).items()),
            *((name, page(address, officer)) for name, address in ({} if options.pages else dashboards()).items()),
        ]:
            p50, p95 = timed(ask, 5 if ask is plain else 30)
            lines.append(f"| {name} | {p50:.0f} | {p95:.0f} |")
            print(lines[-1], flush=True)
        used.close()
    finally:
        if not options.keep:
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    if options.write:
        stamp = f"Measured {dt.datetime.now(dt.UTC).date()} on PostgreSQL {version}: {options.rows:,} rows, {counts:,} counts; 2 cores."
        write("statistics" if options.rows <= LARGE else "statistics-large", f"{stamp}\n\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
