"""`make bench`: the pages of strangers, rendered anew and as served, beside a bare Django view of as many bytes.

Every figure stands beside a baseline of the same run: the machine is shared and noisy, read the ratios. ``DATA=`` names the folder with
the real list; ``WRITE=1`` puts the tables into docs/performance.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus

import psycopg

from bench import data
from bench.load import ROOT, Measured, gunicorn, size_of, warm, wrk

HOST = "Host: localhost"
USERS = 8
"""Connections for the rate."""


def paths(database: str) -> dict[str, list[str]]:
    """What is asked for: many procedures and questions, so that no single page decides."""
    dice = random.Random(7)
    with psycopg.connect(database) as connection:
        codes = [
            code
            for (code,) in connection.execute(
                "SELECT DISTINCT p.code FROM procedures_procedure p JOIN procedures_procedureversion v ON v.procedure_id = p.id "
                "WHERE p.replaced_by_id IS NULL AND p.out_of_force_since IS NULL AND v.effective_to IS NULL ORDER BY p.code"
            )
        ]
        names = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM procedures_procedureversion v JOIN procedures_procedure p ON p.id = v.procedure_id "
                "WHERE p.out_of_force_since IS NULL ORDER BY md5(p.code) LIMIT 400"
            )
        ]
        heaviest = [
            code
            for (code,) in connection.execute(
                "SELECT p.code FROM procedures_requireddocument d JOIN procedures_procedureversion v ON v.id = d.version_id "
                "JOIN procedures_procedure p ON p.id = v.procedure_id WHERE p.out_of_force_since IS NULL AND v.effective_to IS NULL "
                "GROUP BY p.code ORDER BY count(*) DESC, p.code LIMIT 10"
            )
        ]
        fields = [
            code
            for (code,) in connection.execute(
                "SELECT field_code FROM procedures_procedureversion WHERE field_code <> '' GROUP BY 1 ORDER BY count(*) DESC LIMIT 20"
            )
        ]
    dice.shuffle(codes)

    def question(name: str) -> str:
        words = name.split()
        start = dice.randrange(max(1, len(words) - 3))
        return "/tim-kiem/?q=" + quote_plus(" ".join(words[start : start + dice.randint(2, 5)]))

    with (ROOT / "bench" / "questions" / "tuning.tsv").open(encoding="utf-8") as stream:
        typed = [*names, *(line.split("\t")[1] for line in stream.readlines()[1:])]
    return {
        "home": ["/"],
        "procedure": [f"/thu-tuc/{code}/" for code in codes[:500]],
        "procedure, the ten longest": [f"/thu-tuc/{code}/" for code in heaviest],
        "all procedures": [f"/thu-tuc/?trang={page}" for page in range(1, 60)],
        "field": [f"/linh-vuc/{code}/" for code in fields],
        "search": [question(name) for name in names],
        "suggestion": [f"/tim-kiem/goi-y/?q={quote(begun)}" for begun in beginnings(typed)],
    }


def beginnings(texts: Iterable[str]) -> list[str]:
    """Each text as far as it has been typed: from one of its words on, 2 to 30 characters, cut anywhere, as the search box asks."""
    dice = random.Random(5)
    found = []
    for text in texts:
        words = text.split()
        rest = " ".join(words[dice.randrange(max(1, len(words) - 3)) :])
        found.append(rest[: dice.randint(2, 30)].strip())
    return [begun for begun in dict.fromkeys(found) if len(begun) > 1]


def mean_size(url: str, some: list[str]) -> int:
    """Bytes of a page, on average over up to forty."""
    chosen = some[:: max(1, len(some) // 40)]
    return sum(size_of(url + path) for path in chosen) // len(chosen)


def row(name: str, size: int, one: Measured, many: Measured, bare_one: Measured, bare: Measured) -> str:
    """One line of the table."""
    return (
        f"| {name} | {size:,} | {many.rate:,.0f} | {bare.rate:,.0f} | {many.rate / bare.rate:.2f} "
        f"| {one.p50:.1f} | {one.p95:.1f} | {one.p99:.1f} | {bare_one.p50:.1f} | {bare_one.p95:.1f} |"
    )


HEAD = [
    "| page | bytes | req/s | bare view req/s | ratio | p50 ms | p95 ms | p99 ms | bare p50 ms | bare p95 ms |",
    "|---|---|---|---|---|---|---|---|---|---|",
]


def measure(env: dict[str, str], var: Path, seconds: float, *, kept: bool) -> list[str]:
    """The table of all pages, with kept pages or without."""
    rows = list(HEAD)
    with gunicorn({**env, "PAGE_CACHE_MB": "192" if kept else "0"}) as url:
        for name, some in paths(env["DATABASE_URL"]).items():
            size = mean_size(url, some)
            if kept:
                # Everything has been asked for before, as on any day before one's own visit; each process has its own copies.
                warm(url, some)
            one, many = (wrk(url, some, var, users=users, seconds=seconds, headers=[HOST]) for users in (1, USERS))
            bare_one, bare = (wrk(url, [f"/bare/{size}/"], var, users=users, seconds=seconds, headers=[HOST]) for users in (1, USERS))
            rows.append(row(name, size, one, many, bare_one, bare))
            print(rows[-1], flush=True)
    return rows


def write(section: str, text: str, page: str = "performance.md") -> None:
    """Put a section's figures into a page of docs/."""
    file = ROOT / "docs" / page
    whole = file.read_text(encoding="utf-8")
    found = re.sub(rf"(?s)<!-- {section} -->.*<!-- /{section} -->", lambda _: f"<!-- {section} -->\n{text}\n<!-- /{section} -->", whole)
    if f"<!-- {section} -->" not in whole:
        raise SystemExit(f"docs/{page} has no section {section}")
    file.write_text(found, encoding="utf-8")


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--data", type=Path, default=None, help="folder with national-list.csv and procedures.jsonl.gz")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    parser.add_argument("--only", choices=["rendered", "served"], default="", help="one of the two tables")
    options = parser.parse_args()
    about, env, var = data.prepare(options.data)
    stamp = f"Measured {dt.datetime.now(dt.UTC).date().isoformat()} on {about}; {os.cpu_count()} cores shared with the load (wrk)."
    for section, kept in (("rendered", False), ("served", True)):
        if options.only not in ("", section):
            continue
        print(f"\n## {section}\n" + "\n".join(HEAD), flush=True)
        table = "\n".join(measure(env, var, options.seconds, kept=kept))
        if options.write:
            write(section, f"{stamp}\n\n{table}")


if __name__ == "__main__":
    main()
