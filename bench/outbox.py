"""`make bench-outbox`: how fast the outbox goes on after an outage.

A hundred thousand messages wait that nobody was told of; their handler does nothing. Measured: one worker's loop in this process; beside
it the least that PostgreSQL can do for the same (take and note in batches of the same size, plain SQL, no messages, no handlers); and a
real Celery worker of two processes, from the sweep that finds the messages to the last one done. Claims: 2,000 a second or more.
``WRITE=1`` puts the figures into docs/performance.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

from bench.copies import copied
from bench.load import ROOT
from bench.pages import write
from portal.launcher.environment import environment

KIND = "bench.nothing"
LEAST = 2000


def fill(database: str, count: int) -> None:
    """So many messages wait, put by somebody else while the broker was away."""
    with psycopg.connect(database) as connection:
        connection.execute("TRUNCATE outbox_message")
        connection.execute(
            "INSERT INTO outbox_message (id, kind, key, payload, queue, attempts, last_error, available_at)"
            " SELECT gen_random_uuid(), %s, n::text, '{}', 'soon', 0, '', now() - (%s - n) * interval '1 ms'"
            " FROM generate_series(1, %s) n",
            [KIND, count, count],
        )


def plain(database: str, batch: int) -> int:
    """Take and note everything with two statements a batch."""
    done = 0
    with psycopg.connect(database, autocommit=True) as connection:
        while taken := connection.execute(
            "UPDATE outbox_message AS m SET attempts = attempts + 1, lease_until = clock_timestamp() + interval '32 s',"
            " available_at = clock_timestamp() + interval '32 s' FROM (SELECT id FROM outbox_message WHERE queue = 'soon'"
            " AND done_at IS NULL AND dead_at IS NULL AND available_at <= statement_timestamp() ORDER BY available_at LIMIT %s"
            " FOR UPDATE SKIP LOCKED) AS due WHERE m.id = due.id RETURNING m.id",
            [batch],
        ).fetchall():
            connection.execute(
                "UPDATE outbox_message SET lease_until = NULL, done_at = clock_timestamp() WHERE id = ANY(%s)", [[row[0] for row in taken]]
            )
            done += len(taken)
    return done


def own(count: int) -> float:
    """Seconds of one worker's loop."""
    from portal.outbox import services
    from portal.outbox.models import Message

    began = time.perf_counter()
    while services.work("soon"):
        pass
    took = time.perf_counter() - began
    assert Message.objects.filter(kind=KIND, done_at__isnull=False).count() == count
    return took


def with_worker(env: dict[str, str], database: str, count: int) -> float:
    """Seconds from the sweep to the last note with the worker of the Procfile."""
    command = next(
        line.partition(":")[2].strip() for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines() if "worker-soon" in line
    )
    worker = subprocess.Popen(
        ["/bin/sh", "-c", f"exec {command} --include bench.outbox_handlers"],
        cwd=ROOT,
        env={**env, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"},
    )
    try:
        time.sleep(6)  # it loads the project
        from portal.outbox import services

        began = time.time()
        services.sweep()
        with psycopg.connect(database, autocommit=True) as connection:
            query = "SELECT count(*) FROM outbox_message WHERE done_at IS NULL"
            until = time.monotonic() + 300
            while connection.execute(query).fetchone() != (0,):  # it asks rarely enough to cost nothing
                if time.monotonic() > until:
                    raise SystemExit("the worker does not come to an end")
                time.sleep(0.5)
            row: Any = connection.execute("SELECT extract(epoch FROM max(done_at)) FROM outbox_message").fetchone()
        return float(row[0]) - began
    finally:
        worker.terminate()
        worker.wait(20)


def main() -> None:
    """Prepare, measure in turns, print; fails below the claim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    rows = ["| who | messages | seconds | a second | of plain SQL |", "|---|---|---|---|---|"]
    with copied(env["DATABASE_URL"], "outbox") as database:
        env["DATABASE_URL"] = database
        os.environ.update(env)
        import django

        django.setup()
        from django.db import connection

        from bench import outbox_handlers  # noqa: F401  registers itself
        from portal.outbox.services import BIGGEST_BATCH

        rates: dict[str, list[float]] = {"plain SQL": [], "one worker's loop": [], "Celery worker of two processes": []}
        for _turn in range(2):
            fill(database, options.count)
            began = time.perf_counter()
            plain(database, BIGGEST_BATCH)
            rates["plain SQL"].append(time.perf_counter() - began)
            fill(database, options.count)
            rates["one worker's loop"].append(own(options.count))
            fill(database, options.count)
            rates["Celery worker of two processes"].append(with_worker(env, database, options.count))
        connection.close()
    base = sum(rates["plain SQL"])
    for name, seconds in rates.items():
        count = options.count * len(seconds)
        rows.append(f"| {name} | {count:,} | {sum(seconds):.1f} | {count / sum(seconds):,.0f} | {base / sum(seconds):.2f} |")
    figures = "\n".join(rows)
    print(figures)
    if options.write:
        stamp = f"Measured {dt.datetime.now(dt.UTC).date().isoformat()}; {os.cpu_count()} cores shared with PostgreSQL."
        write("outbox", f"{stamp}\n\n{figures}")
    slow = [name for name, seconds in rates.items() if options.count * len(seconds) / sum(seconds) < LEAST]
    if slow:
        raise SystemExit(f"below {LEAST} a second: {', '.join(slow)}")


if __name__ == "__main__":
    main()
