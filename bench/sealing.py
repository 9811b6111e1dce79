"""`make bench-sealing`: how long the sealer takes for what an hour at 1,000 acts a second leaves (3.6 million acts).

Acts are put in by one statement, as many transactions would; then the task's own batches are run until nothing waits. Beside it the
same rows read and hashed by plain SQL in the database, the least that sealing could cost. ``WRITE=1`` puts it into docs/performance.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import time
from pathlib import Path

from bench.copies import copied
from bench.pages import write
from portal.launcher.environment import environment

ACTS = """
INSERT INTO audit_act (at, act, target, target_id, unit, acting_as, request_id, details)
SELECT now(), 'dossiers.read', 'dossiers.dossier', gen_random_uuid()::text, 'H26.101', 'position', '', '{}'::jsonb
FROM generate_series(1, %s)
"""


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--acts", type=int, default=3_600_000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    with copied(env["DATABASE_URL"], "sealing") as database:
        os.environ.update({**env, "DATABASE_URL": database})
        import django

        django.setup()
        from django.db import connection

        from portal.audit import services

        with connection.cursor() as cursor:
            for done in range(0, options.acts, 100_000):
                cursor.execute(ACTS, [min(100_000, options.acts - done)])
            cursor.execute("ANALYZE audit_act")
            began = time.monotonic()
            cursor.execute("SELECT count(DISTINCT sha256(act::text::bytea)) FROM audit_act act")
            plain = time.monotonic() - began
        began, sealed, longest = time.monotonic(), 0, 0.0
        while True:
            started = time.monotonic()
            count = services.seal()
            longest = max(longest, time.monotonic() - started)
            sealed += count
            if count < services.BATCH:
                break
        seconds = time.monotonic() - began
        connection.close()
    text = (
        f"| acts | seconds | acts/s | longest batch of {services.BATCH:,} s | read and hashed by plain SQL s | ratio |\n"
        "|---|---|---|---|---|---|\n"
        f"| {sealed:,} | {seconds:,.0f} | {sealed / seconds:,.0f} | {longest:.2f} | {plain:,.0f} | {seconds / plain:.1f} |"
    )
    print(text)
    if options.write:
        write("sealing", f"Measured {dt.datetime.now(dt.UTC).date().isoformat()}; {os.cpu_count()} cores, shared.\n\n{text}")


if __name__ == "__main__":
    main()
