"""`make bench-people`: who signs in, found among a million accounts, and the pages of their own; each figure beside a baseline of its run.

Accounts come by set-based SQL with real keyed indexes of made-up numbers; ``ROWS=`` for fewer. Three questions:

- Sign-ins a second over HTTP at gunicorn's two workers: the page, the number, the page of the code, the code, the first page of the
  account. Nothing is left out: Celery's worker sends the codes to the SMS gateway's simulator, from whose outbox they are read, on the
  same cores. Beside it a bare view of 20 kB, as many at once.
- The query by which sign-in finds an account, in turns against 10,000 accounts and all of them.
- Pages of somebody with papers, notices, looks and a history of sign-ins: wrk, one user for the times, eight for the rate.

``WRITE=1`` puts the tables into docs/performance.md. Wanted: 15 sign-ins a second; lookup 1.2 times; pages 60 ms (95th).
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import http.client
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg

from bench.copies import copied, tidied
from bench.load import BIN, ROOT, gunicorn, until_answers, wrk
from bench.pages import HEAD, HOST, row, write
from bench.petitions import bare, prepared
from bench.sign_in import CODE_PAGE, PAGE, numbers
from bench.signed_in import PREPARE, size_of
from portal.launcher.common import free_port
from portal.launcher.environment import environment

SMALL = 10_000
USERS = 8
FIRST_PAGE = "/tai-khoan/"
LEAST_A_SECOND, MOST_TIMES, MOST_MS = 15, 1.2, 60
PAGES = {
    "first page of the account": FIRST_PAGE,
    "sessions": "/tai-khoan/phien/",
    "history of sign-ins": "/tai-khoan/phien/lich-su/",
    "my data": "/tai-khoan/du-lieu/",
    "profile": "/tai-khoan/thong-tin/",
}
ACCOUNTS = (
    # The demonstration's people have numbers of this kind, too.
    "CREATE TEMP TABLE made AS SELECT n, blind, gen_random_uuid() AS login, gen_random_uuid() AS person FROM filled"
    " WHERE NOT EXISTS (SELECT FROM accounts_person WHERE id_blind = blind)",
    "INSERT INTO accounts_user (id, password, is_active, date_joined, last_active_on, idle_next_on, idle_notices)"
    " SELECT login, '!', true, now() - n * interval '1 minute', current_date, current_date + 600, 0 FROM made",
    # As wide as real rows; what is sealed opens for nobody.
    "INSERT INTO accounts_person (id, user_id, full_name, name_key, id_number, id_blind, birth_date, sex, phone, address, residence_unit,"
    " identity_level, identity_proved_by, identity_proved_at, registry_due_at, created_at)"
    " SELECT person, login, 'Nguyễn Văn Giả ' || n, 'nguyen van gia ' || n, sha256(blind::bytea), blind, sha256(blind::bytea), 'male',"
    " sha256(blind::bytea), sha256(blind::bytea) || sha256(blind::bytea), '00070', 2, 'entered', now(), now() + interval '1 year', now()"
    " FROM made",
    "DROP TABLE made, filled",
)


def fill(database: str, first: int, last: int) -> None:
    """Accounts ``first`` to ``last``, without the history that triggers write: nobody has changed them."""
    from portal.crypto import blind_index

    known, tables = numbers(last, "1"), ("accounts_user", "accounts_person")
    with psycopg.connect(database, autocommit=True) as connection:
        for table in tables:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # type: ignore[arg-type]
        for start in range(first, last, 100_000):
            connection.execute("CREATE TEMP TABLE filled (n int, blind text)")
            with connection.cursor() as cursor, cursor.copy("COPY filled FROM STDIN") as copy:
                for n in range(start, min(last, start + 100_000)):
                    copy.write_row((n, blind_index("id_number", known[n])))
            for statement in ACCOUNTS:
                connection.execute(statement)  # type: ignore[arg-type]
        for table in tables:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")  # type: ignore[arg-type]
    tidied(database)


# Looking up --------------------------------------------------------------------------------------------------------------------


def lookups(rows: int, rounds: int) -> tuple[list[str], float]:
    """Rows of the table, and how many times slower the larger table is. ``default`` holds all accounts, ``small`` ten thousand."""
    from django.db import connections

    from accounts.queries import holders_of
    from portal.crypto import blind_index

    def asked(alias: str, index: str) -> float:
        began = time.perf_counter()
        holders_of([index]).using(alias).first()
        return 1_000_000 * (time.perf_counter() - began)

    times: dict[tuple[str, str], list[float]] = {}
    sizes = {"small": SMALL, "default": rows}
    known = {alias: numbers(size, "1") for alias, size in sizes.items()}
    strangers = numbers(rows, "3")
    for turn in range(rounds):
        for alias, size in sizes.items():
            # 7919 is prime: the rows asked for lie all over the table.
            place = turn * 7919 % size
            for whose, number in (("somebody's", known[alias][place]), ("nobody's", strangers[place])):
                took = asked(alias, blind_index("id_number", number))
                if turn >= rounds // 10:  # the first tenth warms the connections
                    times.setdefault((whose, alias), []).append(took)
    connections["small"].close()
    found, worst = [], 0.0
    for whose in ("somebody's", "nobody's"):
        middle = {alias: statistics.median(times[whose, alias]) for alias in sizes}
        ratio = middle["default"] / middle["small"]
        worst = max(worst, ratio)
        for alias, size in sizes.items():
            p95 = statistics.quantiles(times[whose, alias], n=20)[18]
            found.append(f"| {whose} | {size:,} | {middle[alias]:.0f} | {p95:.0f} | {middle[alias] / middle['small']:.2f} |")
            print(found[-1], flush=True)
    return found, worst


# Signing in --------------------------------------------------------------------------------------------------------------------


class Outbox:
    """What the gateway's simulator took, as people read it on their phones: the last message to each number."""

    def __init__(self, file: Path) -> None:
        self.codes: dict[str, str] = {}
        self.arrived = threading.Condition()
        self.over = threading.Event()
        self.last = max((row[0] for row in self._rows(file, 0)), default=0)
        self.thread = threading.Thread(target=self._read, args=(file,), daemon=True)
        self.thread.start()

    @staticmethod
    def _rows(file: Path, after: int) -> list[tuple[int, str, str]]:
        with contextlib.closing(sqlite3.connect(file)) as database:
            return database.execute("SELECT id, recipient, text FROM sms_message WHERE id > ? ORDER BY id", (after,)).fetchall()

    def _read(self, file: Path) -> None:
        while not self.over.wait(0.03):
            if not (rows := self._rows(file, self.last)):
                continue
            with self.arrived:
                for number, recipient, text in rows:
                    self.last = number
                    if code := re.match(r"[0-9]{6}\b", text):
                        self.codes[recipient] = code[0]
                self.arrived.notify_all()

    def code_of(self, phone: str) -> str:
        """The code that came to a phone; waits for it."""
        with self.arrived:
            if not self.arrived.wait_for(lambda: phone in self.codes, 30):
                raise SystemExit("a one-time password did not come within 30 s")
            return self.codes.pop(phone)


class Visitor:
    """One browser: its cookies, an address of its own as the proxy hands it on, a connection for each request as the proxy opens them."""

    def __init__(self, url: str, address: str) -> None:
        host = urlsplit(url)
        self.host, self.port, self.address = host.hostname or "", host.port, address
        self.cookies: dict[str, str] = {}
        self.token, self.busy = "", 0.0

    def ask(self, method: str, path: str, **fields: str) -> tuple[int, str, str]:
        """Status, place and page; what it took is added to :attr:`busy`."""
        headers = {"Host": "localhost", "X-Forwarded-For": self.address, "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        body = urlencode({**fields, "csrfmiddlewaretoken": self.token}) if method == "POST" else None
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        page = answer.read().decode()
        connection.close()
        self.busy += time.perf_counter() - began
        for value in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        if found := re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page):
            self.token = found[1]
        return answer.status, answer.headers.get("Location", ""), page

    def sign_in(self, number: str, phone: str, outbox: Outbox) -> None:
        """From the page that asks for the number to the first page of the account."""
        steps = [self.ask("GET", f"{PAGE}?{urlencode({'next': FIRST_PAGE})}")[0]]
        status, place, _ = self.ask("POST", PAGE, id_number=number, next=FIRST_PAGE)
        steps += [status, self.ask("GET", CODE_PAGE)[0]]
        if place != CODE_PAGE:
            raise SystemExit(f"the number is answered {status}, to {place or 'no other page'}")
        status, place, _ = self.ask("POST", CODE_PAGE, code=outbox.code_of(phone))
        steps += [status, self.ask("GET", FIRST_PAGE)[0]]
        if steps != [200, 302, 200, 302, 200] or place != FIRST_PAGE:
            raise SystemExit(f"not signed in: {steps}, to {place or 'no other page'}")


def people(count: int) -> list[tuple[str, str]]:
    """Real accounts, made as the portal makes them: number and phone of each."""
    from django.utils import timezone

    from accounts.models import Consent
    from accounts.registration.terms import agree, in_force
    from accounts.services.people import enter_person
    from portal.access import SYSTEM

    now = timezone.now()
    terms = in_force(now)
    found = []
    for n in range(count):
        number, phone = f"001180{n:06d}", f"+8496{n:07d}"
        person = enter_person(
            actor=SYSTEM, full_name="Người Đăng Nhập Thử", id_number=number, birth_date=dt.date(1980, 1, 1), sex="male",
            phone=phone, residence_unit="00070", address="Số 0 phố Ví Dụ",
        )  # fmt: skip
        if terms is not None:
            agree(person_id=person.id, terms=terms, how=Consent.How.REGISTRATION, now=now)
        found.append((number, phone))
    return found


@contextlib.contextmanager
def started(env: dict[str, str], name: str) -> Iterator[None]:
    """A process of the Procfile beside gunicorn."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    command = next(line.partition(":")[2].strip() for line in lines if line.startswith(f"{name}:"))
    running = subprocess.Popen(["/bin/sh", "-c", f"exec {command}"], cwd=ROOT, env={**env, "PATH": f"{BIN}{os.pathsep}{env['PATH']}"})
    try:
        yield
    finally:
        running.terminate()
        running.wait(20)


def signing_in(env: dict[str, str], who: Sequence[tuple[str, str]]) -> tuple[list[str], float]:
    """Rows of the table about signing in, and sign-ins a second."""
    file = Path(env["VAR"]) / "simulators" / "simulators.db"
    with started(env, "simulators"), started(env, "worker-now"), gunicorn({**env, "TRUSTED_PROXY_COUNT": "1"}) as url:
        until_answers(f"{env['SIMULATORS_URL']}/health")
        time.sleep(6)  # the worker loads the project
        outbox = Outbox(file)

        def some(mine: Sequence[tuple[int, tuple[str, str]]]) -> list[float]:
            took = []
            for place, (number, phone) in mine:
                visitor = Visitor(url, f"10.1.{place >> 8}.{place & 255}")
                visitor.sign_in(number, phone, outbox)
                took.append(visitor.busy)
            return took

        numbered = list(enumerate(who))
        with ThreadPoolExecutor(2 * USERS) as pool:
            list(pool.map(some, [[one] for one in numbered[: 2 * USERS]]))  # both processes have loaded what they need
            measured = numbered[2 * USERS :]
            began = time.perf_counter()
            # Twice as many as the web has hands for: half of them wait for their code.
            busy = sorted(one for part in pool.map(some, [measured[n :: 2 * USERS] for n in range(2 * USERS)]) for one in part)
            rate = len(measured) / (time.perf_counter() - began)
        outbox.over.set()
        ceiling = bare(url, 800)
    p50, p95 = (1000 * busy[int(len(busy) * share)] for share in (0.5, 0.95))
    rows = [
        f"| number, code, first page, {2 * USERS} at once | {rate:.1f} | {p50:.0f} | {p95:.0f} | {rate / ceiling:.3f} |",
        f"| a bare view of 20 kB, {USERS} at once | {ceiling:,.0f} | | | 1 |",
    ]
    print("\n".join(rows), flush=True)
    return rows, rate


# Pages of one's own ------------------------------------------------------------------------------------------------------------


def furnish() -> None:
    """What somebody has after years: notices, looks at their dossiers, sessions open and ended, mandates (those of the demonstration)."""
    from django.db import transaction
    from django.utils import timezone

    from accounts.models import Person, UserSession
    from dossiers.account import LOOKS
    from dossiers.models import Dossier
    from portal import audit
    from portal.access import ActingAs, Actor, Assurance
    from portal.crypto import blind_index
    from portal.notifications.services import notify

    person = Person.objects.select_related("user").get(id_blind=blind_index("id_number", "001195000001"))
    assert person.user is not None
    user, now = person.user, timezone.now()
    seen = {"browser": "Chrome", "system": "Android", "network": "203.0.113.*", "way": "code", "assurance": 2}
    rows = [UserSession(user=user, begun_at=now - n * dt.timedelta(hours=1), seen_at=now, **seen) for n in range(4)]
    for n in range(1, 200):
        begun = now - n * dt.timedelta(days=1)
        rows.append(UserSession(user=user, begun_at=begun, seen_at=begun, ended_at=begun, ended_by="idle", **seen))
    UserSession.objects.bulk_create(rows)
    officer = Actor(acting_as=ActingAs.POSITION, unit="H26.101", assurance=Assurance.HIGH, label="Cán bộ")
    dossiers = list(Dossier.objects.filter(owner_id=person.id))
    with transaction.atomic():
        for n in range(60):
            context = {"device": "Chrome", "when": "08:00 01/01/2026", "network": "203.0.113.*"}
            notify(party_id=person.id, template="accounts.new_device", context=context, key=f"bench-{n}", channels=("inbox",))
        for n in range(300):
            one = dossiers[n % len(dossiers)]
            audit.record(actor=officer, act=LOOKS[0], target="dossiers.dossier", target_id=str(one.id))


def own_pages(env: dict[str, str], var: Path, seconds: float) -> tuple[list[str], dict[str, float]]:
    """Rows of the table about pages, and the 95th percentile of each."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", PREPARE], cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    cookie = done.stdout.strip().splitlines()[-1]
    furnish()
    tidied(env["DATABASE_URL"])
    headers = [HOST, f"Cookie: {cookie}"]
    rows, late = list(HEAD), {}
    with gunicorn(env) as url:
        for name, path in PAGES.items():
            size = [size_of(url + path, cookie) for _ in range(20)][-1]
            one, many = (wrk(url, [path], var, users=users, seconds=seconds, headers=headers) for users in (1, USERS))
            bare_one, ceiling = (wrk(url, [f"/bare/{size}/"], var, users=users, seconds=seconds, headers=[HOST]) for users in (1, USERS))
            rows.append(row(name, size, one, many, bare_one, ceiling))
            late[name] = one.p95
            print(rows[-1], flush=True)
    return rows, late


def main() -> None:
    """Prepare, measure, print; fails where a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=416, help="who sign in; the first 16 are not counted")
    parser.add_argument("--rounds", type=int, default=4_000)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    options = parser.parse_args()
    var = Path(os.environ["VAR"])
    os.environ.setdefault("PORT", str(free_port()))
    os.environ.setdefault("SIMULATORS_PORT", str(free_port()))
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(var, servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    with prepared(env["DATABASE_URL"], "people") as database:
        env = {**env, "DATABASE_URL": database}
        for command in (["prepare"], ["collectstatic", "--noinput", "-v0"]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        os.environ.update(env)
        import django

        django.setup()
        from django.db import connections

        fill(database, 0, SMALL)
        with copied(database, "small") as small:
            began = time.perf_counter()
            fill(database, SMALL, options.rows)
            print(f"{options.rows:,} accounts in {time.perf_counter() - began:.0f} s", flush=True)
            connections.databases["small"] = {**connections.databases["default"], "NAME": urlsplit(small).path.lstrip("/")}
            lines = ["| numbers | accounts | p50 µs | p95 µs | ratio |", "|---|---|---|---|---|"]
            found, slower = lookups(options.rows, options.rounds)
            lines += found
        who = people(options.people)
        connections.close_all()
        lines += ["", "| signing in | a second | p50 ms of answers | p95 ms of answers | of the bare view |", "|---|---|---|---|---|"]
        found, rate = signing_in(env, who)
        lines += found
        found, late = own_pages(env, var, options.seconds)
        lines += ["", *found]
        connections.close_all()
    if options.write:
        day = dt.datetime.now(dt.UTC).date().isoformat()
        stamp = f"Measured {day}: {options.rows:,} accounts, {os.cpu_count()} cores shared with the load and other work."
        write("people", f"{stamp}\n\n" + "\n".join(lines))
    missed = [f"{rate:.1f} sign-ins a second instead of {LEAST_A_SECOND}"] if rate < LEAST_A_SECOND else []
    missed += [f"lookup {slower:.2f} times instead of {MOST_TIMES}"] if slower > MOST_TIMES else []
    missed += [f"{name}: {p95:.0f} ms instead of {MOST_MS}" for name, p95 in late.items() if p95 > MOST_MS]
    if missed:
        raise SystemExit("missed: " + "; ".join(missed))


if __name__ == "__main__":
    main()
