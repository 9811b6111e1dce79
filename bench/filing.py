"""`make bench-filing`: how many filings a second are taken over HTTP, from the first answer to the receipt, and how fast a save is.

A filing is what a parent's phone sends for a registration of birth (1.001193): the first question, the whole declaration, two photos of
300 kB, the check page, the press on "send". People who are signed in do it side by side at gunicorn's two workers; everything that is
acknowledged is durable. Beside it, in the same run, the same requests at views that do the least by plain SQL and plain files
(`bench.raw_filing`). ``WRITE=1`` puts the table into docs/performance.md. Wanted: 10 a second, 0.4 of plain SQL; a save within 60 ms.
"""

from __future__ import annotations

import argparse
import datetime as dt
import http.client
import io
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg
from PIL import Image

from bench.copies import copied
from bench.load import ROOT, gunicorn
from bench.pages import write
from bench.raw_filing import TABLES
from portal.launcher.environment import environment

USERS = 8
AT = "/nop-ho-so/1.001193/"
PEOPLE = """
import importlib, json
from datetime import date
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from accounts.models import UserSession
from accounts.services.people import enter_person
from portal.access import SYSTEM
Store = importlib.import_module(settings.SESSION_ENGINE).SessionStore
found = []
for n in range(%(people)d):
    person = enter_person(actor=SYSTEM, full_name="Người Nộp Thử", id_number=f"001190{n:06d}", birth_date=date(1990, 1, 1),
        sex="female", phone=f"+84978{n:06d}", residence_unit="00070", address="Số 0 phố Ví Dụ")
    store = Store()
    store.update({SESSION_KEY: str(person.user_id), BACKEND_SESSION_KEY: "portal.access.backend.AccessBackend",
        HASH_SESSION_KEY: person.user.get_session_auth_hash(), "acting_as": {"kind": "self", "id": ""},
        "sign_in": str(UserSession.objects.create(user=person.user, way="code", assurance=2).pk)})
    store.create()
    found.append(store.session_key)
print(json.dumps([settings.SESSION_COOKIE_NAME, found]))
"""
ANSWERS = {
    "child_name": "Trần Gia Thử", "child_birth_date": "01/11/2026", "child_sex": "male", "birth_place": "Bệnh viện Ví Dụ, Hà Nội",
    "child_ethnicity": "Kinh", "child_nationality": "Việt Nam", "child_home_town": "Phường Hoàn Kiếm, Hà Nội",
    "mother_ethnicity": "Kinh", "mother_nationality": "Việt Nam", "unit_code": "H26.101",
}  # fmt: skip
FILE_BYTES = 300_000


def photo(seed: int) -> bytes:
    """A JPEG of some 300 kB that is like no other: noise does not compress."""
    dice = random.Random(seed)
    image = Image.frombytes("L", (560, 560), dice.randbytes(560 * 560))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    found = out.getvalue()
    # A comment segment fills up to the size wanted.
    short = max(FILE_BYTES - len(found) - 4, 0)
    return found[:2] + b"\xff\xfe" + (min(short, 60_000) + 2).to_bytes(2, "big") + b" " * min(short, 60_000) + found[2:]


def multipart(fields: dict[str, str], name: str, content: bytes) -> tuple[bytes, str]:
    """A form with one file, and its content type."""
    border = "f" * 32
    parts = [f'--{border}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in fields.items()]
    head = f'--{border}\r\nContent-Disposition: form-data; name="{name}"; filename="anh.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    return b"".join([*parts, head.encode(), content, f"\r\n--{border}--\r\n".encode()]), f"multipart/form-data; boundary={border}"


class Phone:
    """One sender: a connection, the cookies, and how long each kind of request took."""

    def __init__(self, url: str, cookie: str = "", session: str = "") -> None:
        host = urlsplit(url)
        self.connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=60)
        self.cookies = {cookie: session} if cookie else {}
        self.took: dict[str, list[float]] = {}

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
        """One request; its body. Any other status than the expected one ends the benchmark."""
        headers = {"Host": "localhost", "Referer": "http://localhost/", "Origin": "http://localhost"}
        headers |= {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        headers |= ({"Content-Type": kind} if kind else {}) | (more or {})
        began = time.perf_counter()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        self.took.setdefault(step, []).append(1000 * (time.perf_counter() - began))
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _equals, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        if answer.status != expected:
            words = re.sub(r"<[^>]+>|\s+", " ", text)
            raise SystemExit(f"{step}: {answer.status} at {path}: {words[:600]}")
        return text

    def form(self, step: str, path: str, fields: dict[str, str], expected: int = 302) -> str:
        """A form without files."""
        return self.ask(step, "POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded", expected)

    def autosave(self, path: str, fields: dict[str, str]) -> None:
        """Single fields, as a page sends them while one types."""
        self.ask("autosave", "POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded", 204, {"X-Autosave": "1"})

    def file(self, step: str, path: str, fields: dict[str, str], name: str, content: bytes, expected: int = 302) -> str:
        """A form with one file."""
        body, kind = multipart(fields, name, content)
        return self.ask(step, "POST", path, body, kind, expected)


def hidden(page: str) -> dict[str, str]:
    """The fields that a page's form carries unseen, and its token."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))


def file_one(url: str, cookie: str, session: str, photos: tuple[bytes, bytes], *, kind: type[Phone] = Phone) -> dict[str, list[float]]:
    """From the first question to the receipt, as a phone without JavaScript sends it; milliseconds by step."""
    phone = kind(url, cookie, session)
    carried = hidden(phone.ask("opened", "GET", AT + "to-khai/"))
    phone.form("start", AT + "to-khai/", {**carried, "applicant_role": "mother", "act": "tiep"})
    carried = hidden(phone.ask("opened", "GET", AT + "to-khai/"))
    phone.form("save", AT + "to-khai/", {**carried, **ANSWERS, "act": "tiep"})
    for content in photos:
        carried = hidden(phone.ask("opened", "GET", AT + "giay-to/"))
        phone.file("upload", AT + "giay-to/", {**carried, "act": "them:giay-chung-sinh"}, "tep-giay-chung-sinh", content)
    carried = hidden(phone.ask("checked", "GET", AT + "kiem-tra/"))
    phone.form("submit", AT + "kiem-tra/", carried)
    phone.connection.close()
    return phone.took


def file_raw(url: str, photos: tuple[bytes, bytes]) -> dict[str, list[float]]:
    """The same at the plain views."""
    phone = Phone(url)
    draft = phone.form("start", "/raw/start/", {"applicant_role": "mother"}, 200)
    phone.form("save", f"/raw/{draft}/save/", ANSWERS, 204)
    for content in photos:
        phone.file("upload", f"/raw/{draft}/upload/", {}, "file", content, 204)
    phone.form("submit", f"/raw/{draft}/submit/", {}, 200)
    return phone.took


def side_by_side(count: int, one: Callable[[int], dict[str, list[float]]]) -> tuple[float, dict[str, list[float]]]:
    """``count`` filings, :data:`USERS` at once: filings a second, and milliseconds by step."""
    began = time.perf_counter()
    with ThreadPoolExecutor(USERS) as pool:
        found = list(pool.map(one, range(count)))
    seconds = time.perf_counter() - began
    steps: dict[str, list[float]] = {}
    for took in found:
        for step, times in took.items():
            steps.setdefault(step, []).extend(times)
    return count / seconds, steps


def measure(env: dict[str, str], count: int) -> list[str]:
    """Rows of both tables."""
    warm = 2 * USERS
    script = PEOPLE % {"people": count + warm}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", script], cwd=ROOT, env=env, check=True, capture_output=True, text=True
    )
    cookie, sessions = json.loads(done.stdout.strip().splitlines()[-1])
    photos = [(photo(2 * n), photo(2 * n + 1)) for n in range(USERS)]
    with gunicorn(env) as url:
        side_by_side(warm, lambda n: file_one(url, cookie, sessions[count + n], photos[n % USERS]))
        rate, steps = side_by_side(count, lambda n: file_one(url, cookie, sessions[n], photos[n % USERS]))
        side_by_side(warm, lambda n: file_raw(url, photos[n % USERS]))
        raw_rate, raw_steps = side_by_side(count, lambda n: file_raw(url, photos[n % USERS]))
    rows = [
        "| filings | a second | of plain SQL |",
        "|---|---|---|",
        f"| over HTTP, {USERS} at once | {rate:.1f} | {rate / raw_rate:.2f} |",
        f"| the same by plain SQL and files | {raw_rate:.1f} | 1 |",
        "",
        "| request | p50 ms | p95 ms | plain, p50 ms |",
        "|---|---|---|---|",
    ]
    for step in ("start", "save", "upload", "checked", "submit", "opened"):
        times, plain = sorted(steps[step]), sorted(raw_steps.get(step, []))
        beside = f"{plain[len(plain) // 2]:.0f}" if plain else ""
        rows.append(f"| {step} | {times[len(times) // 2]:.0f} | {times[int(len(times) * 0.95)]:.0f} | {beside} |")
    print("\n".join(rows), flush=True)
    return rows


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200, help="filings")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    for command in (["prepare"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    with copied(env["DATABASE_URL"], "filing") as database:
        with psycopg.connect(database, autocommit=True) as connection:
            for table in TABLES:
                connection.execute(table)
        lines = measure({**env, "DATABASE_URL": database}, options.rows)
    if options.write:
        day = dt.datetime.now(dt.UTC).date().isoformat()
        write(
            "filing",
            f"Measured {day}: {options.rows} filings, {os.cpu_count()} cores shared with the load and other work.\n\n" + "\n".join(lines),
        )


if __name__ == "__main__":
    main()
