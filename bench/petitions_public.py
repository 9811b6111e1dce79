"""`make bench-petitions`: what everybody reads of 1,000,000 petitions, 100,000 of them published: search, answers like mine, figures.

Petitions and their figures are made by set-based SQL and by the nightly count; published texts of 170 words are stretches of the shipped
procedures, as in ``bench.corpus``. Asked are the pages themselves, one at a time, each question another (so that no kept page answers).
``WRITE=1`` puts the table into docs/search.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg

from bench.corpus import source
from bench.load import ROOT
from bench.pages import write
from portal.launcher.environment import environment

KINDS = ["cham-tre", "can-tro", "chua-cong-bo", "lam-khac", "khong-hop-phap", "sang-kien", "khac"]
FIRST_DAY = dt.date(2022, 1, 1)
MONTHS = 59
PETITIONS = """
INSERT INTO feedback_petition (id, code, source, system, external_ref, kind_id, about, sector_code, reporter_unit, sender_key, hide_name,
    text_print, place_code, procedure_code, dossier_code, order_code, state, unit_code, agency_code, round, sent_at, received_at, due_at,
    unit_received_at, unit_due_at, refuse_due_at, ask_due_at, transfer_due_at, accepted_at, answered_at, ended_at, warned, publication,
    keep_reason, helps, version)
SELECT gen_random_uuid(), 'PA' || lpad(g::text, 11, '0'), 'portal', '', '', (%(kinds)s::text[])[1 + g %% 7],
    CASE WHEN g %% 3 = 0 THEN 'conduct' ELSE 'rule' END, (%(sectors)s::text[])[1 + g %% cardinality(%(sectors)s::text[])], '', '', false,
    '', '', CASE WHEN g %% 2 = 0 THEN (%(procedures)s::text[])[1 + g %% cardinality(%(procedures)s::text[])] ELSE '' END,
    '', '',
    CASE WHEN is_open THEN 'processing' WHEN g %% 20 = 1 THEN 'refused' ELSE 'answered' END,
    agency || '.' || (101 + g %% 97), agency, 1, d, d, d + interval '20 days', d, d + interval '20 days', d + interval '2 days',
    d + interval '5 days', d + interval '5 days', d + interval '1 day', CASE WHEN is_open OR g %% 20 = 1 THEN NULL ELSE ended END,
    CASE WHEN is_open THEN NULL ELSE ended END, 0,
    CASE WHEN is_open OR g %% 20 = 1 THEN 'none' WHEN g %% 10 = 0 THEN 'published' ELSE 'waiting' END, '',
    CASE WHEN g %% 11 = 0 THEN g %% 2 = 0 END, 1
FROM generate_series(%(first)s::int, %(last)s::int) g, LATERAL (SELECT
    (%(agencies)s::text[])[1 + ((g %% 100000) * 7919) %% cardinality(%(agencies)s::text[])] AS agency,
    timestamptz '2022-01-01 09:00+07' + ((%(days)s::float8 * g / %(count)s)::int || ' days')::interval AS d) dated,
    LATERAL (SELECT g %% 10 <> 0 AND g %% 33 = 5 AS is_open, d + ((3 + g %% 25) || ' days')::interval AS ended) made
"""
PUBLISHED = """
INSERT INTO feedback_publishedcase (petition_id, slug, title, question, answer, kind_id, about, sector_code, procedure_code, unit_code,
    agency_code, unit_name, sender_name, place_code, asked_on, answered_on, on_time, published_at, changed_at, decisions, withdrawn_reason,
    helpful, unhelpful, helped, version)
SELECT p.id, 'cau-hoi-' || p.code, t.title, t.question, t.answer, p.kind_id, p.about, p.sector_code, p.procedure_code, p.unit_code,
    p.agency_code, 'Ủy ban nhân dân', '', '', p.received_at::date, p.answered_at::date, p.answered_at <= p.due_at, p.answered_at,
    p.answered_at, '{}', '', 0, 0, 0, 1
FROM (SELECT *, row_number() OVER (ORDER BY code) AS place FROM feedback_petition WHERE publication = 'published') p
JOIN bench_texts t USING (place)
"""


def stretches(count: int) -> Iterable[tuple[int, str, str, str]]:
    """Titles of 12 words, questions of 60, answers of 100."""
    dice, words = random.Random(7), source()

    def stretch(length: int) -> str:
        out: list[str] = []
        while len(out) < length:
            start = dice.randrange(len(words) - 12)
            out += words[start : start + dice.randint(3, 12)]
        return " ".join(out[:length])

    for place in range(1, count + 1):
        yield place, stretch(12)[:200], stretch(60), stretch(100)


def fill(database: str, count: int) -> None:
    """Petitions of five years, one in ten published; statistics as the server's own vacuum leaves them."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        agencies = [
            code
            for (code,) in connection.execute("SELECT DISTINCT code FROM catalogues_agency WHERE parent_id IS NULL ORDER BY 1").fetchall()
        ]
        sectors = [code for (code,) in connection.execute("SELECT DISTINCT code FROM catalogues_sector ORDER BY 1 LIMIT 60").fetchall()]
        procedures = [code for (code,) in connection.execute("SELECT code FROM procedures_procedure ORDER BY 1 LIMIT 300").fetchall()]
        given: dict[str, Any] = {"kinds": KINDS, "agencies": agencies, "sectors": sectors, "procedures": procedures, "count": count}
        given["days"] = (dt.date.today() - FIRST_DAY).days  # noqa: DTZ011
        for first in range(0, count, 100_000):
            connection.execute(PETITIONS, {**given, "first": first, "last": min(count, first + 100_000) - 1})
        connection.execute("CREATE TABLE bench_texts (place bigint PRIMARY KEY, title text, question text, answer text)")
        with connection.cursor() as cursor, cursor.copy("COPY bench_texts FROM STDIN") as copy:
            for row in stretches(count // 10):
                copy.write_row(row)
        connection.execute(PUBLISHED)
        connection.execute("DROP TABLE bench_texts")
        connection.execute("VACUUM (ANALYZE) feedback_petition, feedback_publishedcase")


def timed(ask: Callable[[Any], Any], asked: Iterable[Any]) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds, after five to warm up."""
    times = []
    for number, what in enumerate(asked):
        began = time.perf_counter()
        ask(what)
        if number >= 5:
            times.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(times, n=20)
    return cuts[9], cuts[18]


def measure(rounds: int) -> list[str]:
    """Count, index, ask."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client, override_settings

    from feedback.models import PublishedCase, Tally
    from feedback.search import PETITIONS, like
    from feedback.services import figures
    from portal import search
    from portal.text import search_key

    # Pages are asked here in this process, where nobody has collected style sheets.
    plain = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    override_settings(STORAGES=plain).enable()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    began = time.perf_counter()
    for agency in [*figures.agencies(), ""]:
        figures.check(agency, mend=True)
    counted = time.perf_counter() - began
    began = time.perf_counter()
    search.rebuild(PETITIONS)
    built = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) search_storedentry, search_storedtoken, feedback_tally")
    print(f"figures counted anew in {counted:.0f} s ({Tally.objects.count():,} rows), search built in {built:.0f} s", flush=True)
    dice = random.Random(5)
    keys = dice.sample(list(PublishedCase.objects.values_list("pk", flat=True)), 3 * rounds)
    cases = list(PublishedCase.objects.filter(pk__in=keys))

    def words(text: str, number: int) -> str:
        said = text.split()
        start = dice.randrange(max(1, len(said) - number))
        found = " ".join(said[start : start + number])
        return search_key(found) if dice.random() < 0.5 else found

    client = Client(headers={"host": "localhost"})

    def get(address: str) -> None:
        answer = client.get(f"/phan-anh-kien-nghi/{address}")
        assert answer.status_code == 200, (address, answer.status_code)

    short = [f"tra-loi/?{urlencode({'q': words(case.title, 6)})}" for case in cases[:rounds]]
    narrowed = [f"tra-loi/?{urlencode({'q': words(case.title, 6), 'co-quan': case.agency_code})}" for case in cases[:rounds]]
    years = range(2022, 2027)
    listed = [f"tra-loi/?co-quan={case.agency_code}&nam={year}" for case in cases[: rounds // 5] for year in years]
    of_agencies = [f"so-lieu/{case.agency_code}/?ky={year}" for case, year in zip(cases[:rounds], itertools.cycle(years), strict=False)]
    asked: list[tuple[str, Callable[[Any], Any], list[str]]] = [
        ("like cases: ten words", like, [words(case.question, 10) for case in cases[rounds : 2 * rounds]]),
        ("like cases: forty words", like, [words(case.question, 40) for case in cases[2 * rounds :]]),
        ("search: six words of a title", get, short),
        ("search: the same, of one agency", get, narrowed),
        ("published, newest first, by agency and year", get, listed),
        ("figures of the country", get, [f"so-lieu/?ky={year}" for _ in range(rounds // 5) for year in years]),
        ("figures of an agency", get, of_agencies),
    ]
    lines = []
    for name, ask, what in asked:
        p50, p95 = timed(ask, what)
        lines.append(f"| {name} | {p50:.1f} | {p95:.1f} |")
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    parts = urlsplit(env["DATABASE_URL"])
    server = parts._replace(path="/postgres").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS bench_petitions WITH (FORCE)")
        connection.execute("CREATE DATABASE bench_petitions ENCODING 'UTF8' TEMPLATE template0")
    try:
        env["DATABASE_URL"] = parts._replace(path="/bench_petitions").geturl()
        subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        began = time.perf_counter()
        fill(env["DATABASE_URL"], options.rows)
        print(f"filled in {time.perf_counter() - began:.0f} s", flush=True)
        os.environ.update(env)
        import django

        django.setup()
        from django.db import connection as used

        rows = ["| page | p50 ms | p95 ms |", "|---|---|---|", *measure(options.rounds)]
        used.close()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS bench_petitions WITH (FORCE)")
    if options.write:
        day = dt.datetime.now(dt.UTC).date().isoformat()
        stamp = f"Measured {day}, {os.cpu_count()} cores, {options.rows:,} petitions, {options.rows // 10:,} published."
        write("petitions", "\n".join([stamp, "", *rows]), "search.md")


if __name__ == "__main__":
    main()
