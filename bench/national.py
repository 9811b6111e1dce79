"""`make bench-national`: a national day with one reader in five signed in and one visitor in fifty filing, through the deployment's proxy.

On one machine all of it runs at once: pages are asked for by wrk, strangers' and those of people who are signed in (public pages with
their own parts, their dossiers, their account), while phones file registrations of birth (ten requests, two photos of 300 kB) at the pace
that fits the visitors. What each program took of the processors is read from the kernel. From these figures a simulation of queues finds
how many such machines the promise needs: 2.5 million visits a day, 200,000 people at once, after ten years of data (N-01). ``WRITE=1``
puts the tables into docs/performance.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import heapq
import json
import os
import random
import ssl
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from bench import data
from bench.copies import copied
from bench.filing import PEOPLE, Phone, file_one, photo
from bench.front import national_day, proxy
from bench.load import ROOT, Measured, gunicorn, warm, wrk
from bench.pages import HOST, paths, write

PAGES_A_VISIT = 6
SIGNED_IN = 0.2
FILING = 1 / 50
USERS = 32
READERS = 200
"""People who are signed in, each with a session of their own."""
VISITS_A_DAY, AT_ONCE, BUSIEST_HOUR = 2_500_000, 200_000, 0.12
"""The promise (Scheme III.3c), and the share of a day's visits that its busiest hour brings."""
SECONDS_A_PAGE = 60
"""How long somebody who is there reads before they ask for the next page."""
TEN_YEARS = 1.13
"""What the dearest page costs more on ten years of data (*Ten years of data*)."""
WANTED_SECONDS = 1.0
"""For 95 of 100 answers in the simulation; a person waits for the network, too, and three seconds are the promise (N-02)."""


class SecurePhone(Phone):
    """A phone that speaks TLS with the proxy, whose certificate is made for the occasion."""

    def __init__(self, url: str, cookie: str, session: str) -> None:
        super().__init__(url, cookie, session)
        host = urlsplit(url)
        self.connection = HTTPSConnection(host.hostname or "", host.port, timeout=60, context=ssl._create_unverified_context())

    def ask(
        self,
        step: str,
        method: str,
        path: str,
        body: bytes | None = None,
        kind: str = "",
        expected: int = 200,
        more: dict[str, str] | None = None,
    ) -> str:
        """One request, from a page of the secure address."""
        secure = {"Origin": "https://localhost", "Referer": "https://localhost/"}
        return super().ask(step, method, path, body, kind, expected, secure | (more or {}))


class Filers:
    """Phones that file at a pace, however long each takes, until they are told to stop."""

    def __init__(self, url: str, cookie: str, sessions: list[str], pace: float) -> None:
        self.url, self.cookie, self.sessions, self.pace = url, cookie, sessions, pace
        self.photos = [(photo(2 * n), photo(2 * n + 1)) for n in range(4)]
        self.done: list[float] = []
        self.wrong: list[str] = []
        self.late = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _one(self, number: int, due: float) -> None:
        if time.perf_counter() > due + 1:
            self.late += 1
        began = time.perf_counter()
        try:
            file_one(self.url, self.cookie, self.sessions[number], self.photos[number % 4], kind=SecurePhone)
        except (SystemExit, OSError) as error:
            # Told at the end: one that fails must not end the others.
            self.wrong.append(str(error)[:300])
            return
        self.done.append(time.perf_counter() - began)

    def _run(self) -> None:
        began = time.perf_counter()
        with ThreadPoolExecutor(24) as pool:
            jobs = []
            for number in range(len(self.sessions)):
                due = began + number / self.pace
                if self._stop.wait(max(0.0, due - time.perf_counter())):
                    break
                jobs.append(pool.submit(self._one, number, due))
        for job in jobs:
            job.result()

    def __enter__(self) -> Filers:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if self.wrong:
            raise SystemExit(f"{len(self.wrong)} filings failed, the first of them: {self.wrong[0]}")


def processor_seconds(port: int) -> dict[str, float]:
    """What each kind of program of this run has taken of the processors so far; ``port``: gunicorn's."""
    tick = os.sysconf("SC_CLK_TCK")
    found = dict.fromkeys(("web", "proxy", "database", "redis"), 0.0)
    signs = {"web": f":{port} ", "proxy": "nginx", "database": "portal_national", "redis": "redis-server"}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "stat").read_text().rpartition(") ")[2].split()
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        took = (int(words[11]) + int(words[12])) / tick
        for kind, sign in signs.items():
            if sign in f"{line} ":
                found[kind] += took
                break
    return found


@dataclass(frozen=True)
class Carried:
    """What one run carried, and what it took of the processors, in seconds of a core a second."""

    pages: Measured
    filings: float
    filing_seconds: float
    cores: dict[str, float]

    @property
    def visits(self) -> float:
        """Visits a second that these pages are."""
        return self.pages.rate / PAGES_A_VISIT


def day_of(asked: dict[str, list[str]], cookies: list[str]) -> list[str]:
    """Pages of a national day, every fifth asked for by somebody who is signed in: three in four of theirs public, one their own."""
    dice = random.Random(5)
    lines = []
    for path in national_day(asked):
        if dice.random() >= SIGNED_IN:
            lines.append(path)
            continue
        own = dice.choices([path, "/ho-so/", "/tai-khoan/"], [75, 20, 5])[0]
        lines.append(f"{own}\t{dice.choice(cookies)}")
    return lines


def run(port: int, front: str, day: list[str], var: Path, cookie: str, sessions: list[str], pace: float, seconds: float) -> Carried:
    """Readers and filers for so long."""
    before = processor_seconds(port)
    began = time.perf_counter()
    with Filers(front, cookie, sessions, pace) as filers:
        pages = wrk(front, day, var, users=USERS, seconds=seconds, headers=[HOST])
        took = time.perf_counter() - began
        after = processor_seconds(port)
        filed = len(filers.done)
    middle = sorted(filers.done)[len(filers.done) // 2] if filers.done else 0.0
    cores = {kind: (after[kind] - before[kind]) / took for kind in before}
    return Carried(pages, filed / took, middle, cores)


def p95_of(rate: float, servers: int, service: float, seconds: float = 60.0, seed: int = 11) -> float:
    """The 95th percentile of waiting and being served, in seconds: arrivals by chance, servers that take one each, times of service
    spread exponentially, as a mix of many cheap and few dear requests is."""
    dice = random.Random(seed)
    free = [0.0] * servers
    heapq.heapify(free)
    now, found = 0.0, []
    while now < seconds:
        now += dice.expovariate(rate)
        begins = max(now, heapq.heappop(free))
        ends = begins + dice.expovariate(1 / service)
        heapq.heappush(free, ends)
        if now > seconds / 3:
            found.append(ends - now)
    return sorted(found)[int(len(found) * 0.95)]


def machines_for(pages: float, cores_a_page: float) -> tuple[int, float]:
    """The fewest machines of two cores that answer so many pages a second, their filings in them, in time; and how full they are."""
    machines = max(1, int(pages * cores_a_page / 2))
    while True:
        full = pages * cores_a_page / (2 * machines)
        if full < 0.9 and p95_of(pages, 2 * machines, cores_a_page) <= WANTED_SECONDS:
            return machines, full
        machines += 1


def simulated(best: Carried) -> list[str]:
    """Rows of what the promise needs, from what one machine carried."""
    kinds = ("web", "proxy", "database", "redis")
    a_page = {kind: TEN_YEARS * best.cores[kind] / best.pages.rate for kind in kinds}
    busiest = VISITS_A_DAY * BUSIEST_HOUR / 3600 * PAGES_A_VISIT
    peaks = {
        f"{VISITS_A_DAY / 1e6:.1f} million visits a day, their busiest hour ({BUSIEST_HOUR:.0%})": busiest,
        f"{AT_ONCE:,} people at once, a page a minute each": AT_ONCE / SECONDS_A_PAGE,
    }
    rows = [
        "| what | pages/s | filings/s | machines for web and proxy (2 cores) | how full | cores for the database | p95 s |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, pages in peaks.items():
        cores = a_page["web"] + a_page["proxy"] + a_page["redis"]
        machines, full = machines_for(pages, cores)
        filings = pages / PAGES_A_VISIT * FILING
        wait = p95_of(pages, 2 * machines, cores)
        rows.append(f"| {name} | {pages:,.0f} | {filings:.1f} | {machines} | {full:.0%} | {pages * a_page['database']:.1f} | {wait:.3f} |")
    return rows


def main() -> None:
    """Prepare, measure, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    about, env, var = data.prepare(options.data)
    with copied(env["DATABASE_URL"], "national") as database:
        env = {**env, "DATABASE_URL": database, "PAGE_CACHE_MB": "192", "TRUSTED_PROXY_COUNT": "1"}
        script = PEOPLE % {"people": READERS + 1200}
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", script], cwd=ROOT, env=env, check=True, capture_output=True, text=True
        )
        cookie, sessions = json.loads(done.stdout.strip().splitlines()[-1])
        readers, filers = sessions[:READERS], sessions[READERS:]
        day = day_of(paths(database), [f"{cookie}={one}" for one in readers])
        with gunicorn(env) as url, proxy(url.removeprefix("http://"), env, {}) as front:
            warm(url, sorted({line.partition("\t")[0] for line in day if "\t" not in line}), rounds=3)
            wrk(front, day, var, users=USERS, seconds=options.seconds / 2, headers=[HOST])
            pace, runs = 4.0, []
            for _ in range(4):
                count = int(pace * (options.seconds + 5)) + 1
                mine, filers = filers[:count], filers[count:]
                runs.append(run(urlsplit(url).port or 0, front, day, var, cookie, mine, pace, options.seconds))
                one = runs[-1]
                wanted = one.visits * FILING
                print(f"filings {one.filings:.2f}/s, fitting its {one.pages.rate:,.0f} pages/s would be {wanted:.2f}", flush=True)
                # Between what was tried and what would have fitted: readers get what filers leave.
                pace = (pace + wanted) / 2
    best = min(runs, key=lambda one: abs(one.filings - one.visits * FILING))
    cores = ", ".join(f"{kind} {number:.2f}" for kind, number in best.cores.items())
    rows = [
        "| pages/s | p50 ms | p95 ms | p99 ms | visits/s | filings/s | one filing s | cores taken |",
        "|---|---|---|---|---|---|---|---|",
        f"| {best.pages.rate:,.0f} | {best.pages.p50:.0f} | {best.pages.p95:.0f} | {best.pages.p99:.0f} | {best.visits:,.0f} "
        f"| {best.filings:.1f} | {best.filing_seconds:.1f} | {cores} |",
        "",
        *simulated(best),
    ]
    print("\n".join(rows))
    if options.write:
        stamp = (
            f"Measured {dt.datetime.now(dt.UTC).date().isoformat()} on {about}; {USERS} connections, {os.cpu_count()} cores, load included."
        )
        write("national", f"{stamp}\n\n" + "\n".join(rows))


if __name__ == "__main__":
    main()
