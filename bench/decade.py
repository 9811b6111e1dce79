"""`make bench-decade`: are pages slower with the data of ten years than with the present ones?

Two databases on the same server, the present one and a copy with ten times the versions and what every province lays down; pages rendered
anew (nothing is kept), one user, in alternating turns of the same run. The ratio of the times must not be above 1.2.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import statistics
from pathlib import Path

import psycopg

from bench import data
from bench.copies import copied, tidied
from bench.history import fill
from bench.load import Measured, gunicorn, warm, wrk
from bench.pages import HOST, mean_size, paths, write

TURNS = 6
HEAD = [
    "| page | bytes now | in ten years | p50 ms now | in ten years | ratio | p95 now | in ten years | req/s now | in ten years | ratio |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
]


def in_provinces(database: str) -> list[str]:
    """Pages of procedures that provinces or communes carry out, each as one of the provinces does it."""
    dice = random.Random(17)
    with psycopg.connect(database) as connection:
        codes = [
            code
            for (code,) in connection.execute(
                "SELECT DISTINCT p.code FROM procedures_localisation l JOIN procedures_procedureversion v ON v.id = l.version_id "
                "JOIN procedures_procedure p ON p.id = v.procedure_id ORDER BY p.code"
            )
        ]
        provinces = [code for (code,) in connection.execute("SELECT DISTINCT province_code FROM procedures_localisation ORDER BY 1")]
    dice.shuffle(codes)
    return [f"/thu-tuc/{code}/?dia-phuong={dice.choice(provinces)}" for code in codes[:500]]


def row(name: str, sizes: tuple[int, int], now: list[Measured], then: list[Measured]) -> str:
    """One line of the table: of the turns' percentiles the middle one, the rate over all turns, ratios as times (above 1: slower)."""
    p50, p95 = ([statistics.median(getattr(one, name) for one in turns) for turns in (now, then)] for name in ("p50", "p95"))
    rates = [sum(one.requests for one in turns) / sum(one.seconds for one in turns) for turns in (now, then)]
    return (
        f"| {name} | {sizes[0]:,} | {sizes[1]:,} | {p50[0]:.1f} | {p50[1]:.1f} | {p50[1] / p50[0]:.2f} "
        f"| {p95[0]:.1f} | {p95[1]:.1f} | {rates[0]:,.1f} | {rates[1]:,.1f} | {rates[0] / rates[1]:.2f} |"
    )


def compare(env: dict[str, str], databases: tuple[str, str], var: Path, seconds: float) -> list[str]:
    """The table: each kind of page from both databases, turn by turn."""
    rows = list(HEAD)
    asked = {**paths(databases[0]), "procedure in a province": in_provinces(databases[1])}
    common = {**env, "PAGE_CACHE_MB": "0"}
    with gunicorn({**common, "DATABASE_URL": databases[0]}) as now, gunicorn({**common, "DATABASE_URL": databases[1]}) as then:
        for url in (now, then):
            # Each web process makes its index at its first question.
            warm(url, asked["search"][:4])
        for name, some in asked.items():
            sizes = mean_size(now, some), mean_size(then, some)
            turns: dict[str, list[Measured]] = {now: [], then: []}
            for turn in range(TURNS + 1):
                for url, found in turns.items():
                    one = wrk(url, some, var, users=1, seconds=seconds if turn else 1, headers=[HOST])
                    # The first turn only reads the pages' rows into memory.
                    found += [one] if turn else []
            rows.append(row(name, sizes, turns[now], turns[then]))
            print(rows[-1], flush=True)
        bare = {url: [wrk(url, ["/bare/17000/"], var, users=1, seconds=2, headers=[HOST]) for _turn in range(2)] for url in (now, then)}
        rows.append(row("bare view (noise)", (17_000, 17_000), bare[now], bare[then]))
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Prepare, fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each turn")
    parser.add_argument("--data", type=Path, default=None, help="folder with national-list.csv and procedures.jsonl.gz")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    about, env, var = data.prepare(options.data)
    database = env["DATABASE_URL"]
    with copied(database, "decade") as copy:
        print("filling …", flush=True)
        filled = fill(copy)
        sizes = [tidied(one) / 2**20 for one in (database, copy)]
        now, then = (f"{mb:,.0f} MB" for mb in sizes)
        counts = f"{filled.versions:,} versions instead of {filled.versions_before:,}, {filled.localisations:,} localisations"
        print(f"{counts}, {then} instead of {now}\n" + "\n".join(HEAD), flush=True)
        table = "\n".join(compare(env, (database, copy), var, options.seconds))
    if options.write:
        stamp = f"Measured {dt.datetime.now(dt.UTC).date().isoformat()} on {about}; {os.cpu_count()} cores shared with the load (wrk)."
        write("decade", f"{stamp} In ten years: {counts}; {then} instead of {now}.\n\n{table}")


if __name__ == "__main__":
    main()
