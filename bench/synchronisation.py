"""`make bench-synchronisation`: how many dossiers a second come in from one-stop systems.

Rows of a province's year over HTTP to gunicorn's two workers, by the batch API (1,000 a call) and in the national format (50 a call),
several connections at a time; beside them the same columns by plain SQL over two connections. Wanted: 1,000 rows a second by the batch
API, 2,000 hoped for; 200 in the national format. ``WRITE=1`` puts the figures into docs/performance.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg

from bench import data
from bench.copies import copied, tidied
from bench.load import ROOT, gunicorn
from bench.pages import write
from portal.simulators.province import Life, Sender, pieces, year

PROVINCES = ("H26", "H29")
CALLS = 100_000
"""A minute; the limit of a partner is no part of what is measured."""


def add_partner(env: dict[str, str], code: str) -> tuple[str, str]:
    """A partner; name and password."""
    command = [sys.executable, "manage.py", "add_partner", code, "--units", code, "--name", code, "--calls-per-minute", str(CALLS)]
    made = json.loads(subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout)
    return made["username"], made["password"]


def lasts(size: int, province: str, seed: int) -> list[Life]:
    """So many dossiers of a province."""
    return list(year(size, until=dt.datetime.now(dt.UTC), seed=seed, province=province))


def measured(
    url: str, people: list[tuple[str, str]], calls: list[list[list[dict[str, object]]]], *, modern: bool
) -> tuple[float, list[float]]:
    """Rows a second over two connections of each partner, and the seconds of each call. A row that is refused ends the benchmark."""

    def work(place: int) -> tuple[int, list[float]]:
        who = place % len(people)
        sender, done, took = Sender(url, *people[who]), 0, []
        for rows in calls[who][place // len(people) :: 2]:
            began = time.perf_counter()
            found: Counter[str] = sender.batch(rows, []) if modern else sender.national("DongBoHoSoMC", rows, isUpdating="True")
            took.append(time.perf_counter() - began)
            if found["refused"] or found["error_code 1"]:
                raise SystemExit(f"refused: {found}")
            done += len(rows)
        return done, took

    with ThreadPoolExecutor(2 * len(people)) as pool:
        began = time.perf_counter()
        found = list(pool.map(work, range(2 * len(people))))
        rate = sum(done for done, _ in found) / (time.perf_counter() - began)
    return rate, sorted(second for _, took in found for second in took)


def plainly(database: str, size: int) -> float:
    """Rows a second by plain SQL: those of the register sent anew under other codes, 1,000 a statement, two connections."""
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT * FROM dossiers_nationaldossier WHERE source <> '' ORDER BY code LIMIT %s", [size])
        names = [column.name for column in found.description or ()]
        rows = [list(row) for row in found.fetchall()]
    code, source = names.index("code"), names.index("source")
    for row in rows:
        row[code], row[source] = row[code].replace("-", ".9-", 1), "plain"
    line = "(" + ", ".join(["%s"] * len(names)) + ")"

    def work(place: int) -> None:
        with psycopg.connect(database, cursor_factory=psycopg.ClientCursor) as connection:
            for some in list(pieces(rows, 1000))[place::2]:
                values = [value for row in some for value in row]
                sql = f"INSERT INTO dossiers_nationaldossier ({', '.join(names)}) VALUES {', '.join([line] * len(some))}"
                connection.execute(f"{sql} ON CONFLICT (year, code) DO NOTHING", values)
                connection.commit()

    with ThreadPoolExecutor(2) as pool:
        began = time.perf_counter()
        list(pool.map(work, range(2)))
        return len(rows) / (time.perf_counter() - began)


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    _, env, _ = data.prepare(None)
    with copied(env["DATABASE_URL"], "synchronisation") as database:
        env = {**env, "DATABASE_URL": database}
        people = [add_partner(env, province) for province in PROVINCES]
        tidied(database)
        half, dice = options.count // 2, random.Random(1)
        sides = [lasts(half, province, seed) for seed, province in enumerate(PROVINCES, start=1)]
        later = [lasts(options.count // 10, province, seed) for seed, province in enumerate(PROVINCES, start=11)]
        for one in (*sides, *later):
            dice.shuffle(one)
        table = []
        with gunicorn(env) as url:
            warm = [[[life.modern(*life.reports[0]) for life in side[:20]]] * 8 for side in sides]
            measured(url, people, warm, modern=True)
            kinds = (
                ("batch API, 1,000 a call", True, [[life.modern(*life.reports[-1]) for life in side] for side in sides], 1000),
                ("batch API, the same again", True, [[life.modern(*life.reports[-1]) for life in side] for side in sides], 1000),
                ("national format, 50 a call", False, [[life.standard(*life.reports[-1]) for life in side] for side in later], 50),
                ("national format, one a call", False, [[life.standard(*life.reports[-1]) for life in side[:400]] for side in later], 1),
            )
            for label, modern, rows, size in kinds:
                rate, took = measured(url, people, [list(pieces(one, size)) for one in rows], modern=modern)
                table.append((label, rate, 1000 * took[len(took) // 2], 1000 * took[int(len(took) * 0.95)]))
        plain = plainly(database, options.count)
    text = "| | rows a second | of plain SQL | p50 ms a call | p95 ms a call |\n|---|---|---|---|---|\n"
    text += "".join(f"| {label} | {rate:,.0f} | {rate / plain:.2f} | {p50:.0f} | {p95:.0f} |\n" for label, rate, p50, p95 in table)
    text += f"| the same rows by plain SQL, 2 connections | {plain:,.0f} | 1 | | |"
    print(text)
    if options.write:
        stamp = (
            f"Measured {dt.datetime.now(dt.UTC).date()}: {options.count:,} dossiers, {os.cpu_count()} cores shared with senders and server."
        )
        write("synchronisation", f"{stamp}\n\n{text}")


if __name__ == "__main__":
    main()
