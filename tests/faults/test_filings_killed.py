"""Two hundred people file while web, worker, Redis and PostgreSQL are killed in turn: what was acknowledged is there once, told once."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from portal.launcher import processes
from portal.launcher.common import ROOT
from tests.browser.steps import photo
from tests.launcher.conftest import free_pair
from tests.launcher.helpers import Portal, kill, processes_of, until
from tests.support.processes import eventually
from tests.support.walker import CODE, Walker

pytestmark = pytest.mark.fault
PEOPLE, AT_ONCE = 200, 40
SIGNED_IN = """
import importlib, json
from datetime import date
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from accounts.models import UserSession
from accounts.services.people import enter_person
from portal.access import SYSTEM
Store = importlib.import_module(settings.SESSION_ENGINE).SessionStore
found = []
for n in range(%d):
    person = enter_person(actor=SYSTEM, full_name="Người Nộp Thử", id_number=f"001190{n:06d}", birth_date=date(1990, 1, 1),
        sex="female", phone=f"+84978{n:06d}", residence_unit="00070", address="Số 0 phố Ví Dụ")
    store = Store()
    store.update({SESSION_KEY: str(person.user_id), BACKEND_SESSION_KEY: "portal.access.backend.AccessBackend",
        HASH_SESSION_KEY: person.user.get_session_auth_hash(), "acting_as": {"kind": "self", "id": ""},
        "sign_in": str(UserSession.objects.create(user=person.user, way="code", assurance=2).pk)})
    store.create()
    found.append([store.session_key, person.phone, str(person.id)])
print(json.dumps([settings.SESSION_COOKIE_NAME, found]))
"""


@pytest.fixture(scope="module")
def running() -> Iterator[Portal]:
    """One portal, started as a person starts it."""
    with tempfile.TemporaryDirectory(prefix="portal-filings-", ignore_cleanup_errors=True) as folder:
        base = Path(folder).resolve()
        portal = Portal(base / "var", free_pair(), base / "output.txt")
        try:
            portal.start()
            yield portal
        finally:
            portal.end()
            processes.kill_all(lambda: processes_of(base / "var"))


def _file(url: str, cookie: str, session: str, number: int) -> tuple[str, str]:
    """One person's way from the first question to the receipt, each request again until it is answered; code and hash of the photo."""
    walker = Walker(url)
    walker.session.cookies.set(cookie, session)
    plain = photo()
    # No two photos alike: a comment segment with the number.
    picture = plain[:2] + b"\xff\xfe\x00\x06" + f"{number:04d}".encode() + plain[2:]
    walker.get("/nop-ho-so/1.001193/to-khai/")
    assert "/dang-nhap/" not in walker.page.url, "the session holds"
    walker.send(walker.form_with("applicant_role"), applicant_role="mother", act="tiep")
    walker.get("/nop-ho-so/1.001193/to-khai/")
    walker.send(
        walker.form_with("child_name"),
        child_name=f"Trần Gia Thử {'ABCDEFGHIJ'[number // 20]}",
        child_birth_date="01/11/2026",
        child_sex="male",
        birth_place="Bệnh viện Ví Dụ, Hà Nội",
        child_ethnicity="Kinh",
        child_home_town="Phường Hoàn Kiếm, Hà Nội",
        act="tiep",
    )
    assert walker.page.url.endswith("/giay-to/"), walker.page.text[:3000]
    for _attempt in range(20):
        # An upload whose answer was lost may have been taken: a person looks before they choose the file again.
        walker.get("/nop-ho-so/1.001193/giay-to/")
        if "giấy chứng sinh.jpg" in walker.page.text:
            break
        file = ("giấy chứng sinh.jpg", picture, "image/jpeg")
        walker.send(walker.form_with("tep-giay-chung-sinh"), files={"tep-giay-chung-sinh": file}, act="them:giay-chung-sinh")

    def sent() -> str:
        walker.get("/nop-ho-so/1.001193/kiem-tra/")
        found = re.search(r"/ho-so/([^/]+)/", walker.page.url) or re.search(r"/ho-so/([^/]+)/", walker.send(walker.form_with("draft")).url)
        return found.group(1) if found else ""

    code = eventually(sent, 120, 1.0)
    assert CODE.fullmatch(code)
    return code, hashlib.sha256(picture).hexdigest()


def _kept_file(running: Portal, cookie: str, session: str, code: str) -> str:
    """Hash of the photo as its owner gets it back."""
    walker = Walker(f"http://localhost:{running.port}")
    walker.session.cookies.set(cookie, session)
    walker.get(f"/ho-so/{code}/")
    [link] = {link for link in walker.tree().xpath("//a/@href") if f"/ho-so/{code}/giay-to/" in link}
    return hashlib.sha256(walker.get(link).content).hexdigest()


@pytest.mark.requirement("D-01", "D-07", "N-04")
def test_every_acknowledged_filing_is_there_once_and_told_once(running: Portal) -> None:
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", SIGNED_IN % PEOPLE]
    done = subprocess.run(command, cwd=ROOT, env=running.environment(), capture_output=True, text=True, check=True, timeout=180)
    cookie, people = json.loads(done.stdout.strip().splitlines()[-1])
    url = f"http://localhost:{running.port}"
    ended = 0
    lock = threading.Lock()

    def one(number: int) -> tuple[str, str]:
        nonlocal ended
        found = _file(url, cookie, people[number][0], number)
        with lock:
            ended += 1
        return found

    with ThreadPoolExecutor(AT_ONCE) as pool:
        ways = [pool.submit(one, number) for number in range(PEOPLE)]
        for turn, name in enumerate(("web", "worker-soon", "redis", "postgres"), 1):
            until(lambda turn=turn: ended >= turn * PEOPLE // 8, 240, f"{turn} eighths have filed")  # type: ignore[misc]
            kill(running.server(name) if name in ("postgres", "redis") else running.leader(name))
        found = [way.result(600) for way in ways]
    codes = [code for code, _hash in found]
    assert len(set(codes)) == PEOPLE
    until(running.whole, 60, "all of them are back")

    ids = [person for _session, _phone, person in people]
    with running.database() as database:
        rows: list[Any] = database.execute(
            "SELECT applicant_id::text, count(*), min(code) FROM dossiers_dossier WHERE applicant_id = ANY(%s::uuid[]) GROUP BY 1", [ids]
        ).fetchall()
        drafts = database.execute("SELECT count(*) FROM dossiers_draft WHERE party_id = ANY(%s::uuid[])", [ids]).fetchone()
    assert {row[0]: (row[1], row[2]) for row in rows} == {person: (1, code) for person, code in zip(ids, codes, strict=True)}
    assert drafts == (0,)

    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda n: _kept_file(running, cookie, people[n][0], codes[n]), range(PEOPLE)))
    assert kept == [digest for _code, digest in found]

    def told() -> dict[str, int]:
        """How many messages of having been sent each phone got, once every phone has one."""
        count: dict[str, int] = {}
        for (_session, phone, _person), code in zip(people, codes, strict=True):
            answer = requests.get(f"http://localhost:{running.port + 1}/sms/outbox.json", params={"to": phone}, timeout=20)
            count[phone] = sum(code in message["text"] for message in answer.json()["messages"])
        return count if all(count.values()) else {}

    counts = eventually(told, 240, 3.0)
    assert set(counts.values()) == {1}, {phone: n for phone, n in counts.items() if n != 1}
