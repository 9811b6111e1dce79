"""Two hundred parents file at the same time while web, worker, Redis and PostgreSQL are killed -9 in turn.

Every filing that was acknowledged is there once, with the file that was sent, and its sender was told once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests

from bench.filing import AT, PEOPLE
from portal.launcher import processes
from portal.launcher.common import ROOT
from tests.files.making import pdf
from tests.launcher.helpers import Portal, free_pair, kill, processes_of, until

pytestmark = pytest.mark.fault

FILINGS = 200
PATIENCE = 240
"""Seconds that a parent goes on trying; beside other tests everything is slow."""
KEPT = """
import hashlib, json
from dossiers.models import Paper
from portal.files import services as files
papers = Paper.objects.filter(dossier__procedure_code="1.001193", dossier__filed_by_name="Người Nộp Thử").select_related("dossier", "file")
print(json.dumps([[one.dossier.code, hashlib.sha256(files.read_bytes(one.file, unchecked=True)).hexdigest()] for one in papers]))
"""


@pytest.fixture
def running() -> Iterator[Portal]:
    with tempfile.TemporaryDirectory(prefix="portal-filings-", ignore_cleanup_errors=True) as folder:
        base = Path(folder).resolve()
        portal = Portal(base / "var", free_pair(), base / "output.txt")
        try:
            portal.start_again()
            until(portal.whole, 60, "all of it answers")
            yield portal
        finally:
            OVER.set()
            portal.end()
            processes.kill_all(lambda: processes_of(base / "var"))


def shell(portal: Portal, script: str) -> Any:
    """What a script prints last that runs beside the portal, as JSON."""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=portal.environment(), capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


OVER = threading.Event()
"""Set when the test ends: nobody goes on trying at a portal that is gone."""


class Parent(threading.Thread):
    """One phone with the page's script: what is not answered is sent again, and nothing is believed that was not answered."""

    def __init__(self, number: int, url: str, cookie: str, session: str, start: threading.Barrier, answered: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.number, self.url, self.begin, self.answered = number, url, start, answered
        self.session = requests.Session()
        self.session.cookies.set(cookie, session)
        self.content = pdf() + b"%" + random.Random(number).randbytes(30_000).hex().encode()
        self.sha256 = hashlib.sha256(self.content).hexdigest()
        self.code, self.wrong, self.lost = "", "", 0

    def run(self) -> None:
        self.begin.wait()
        try:
            self.code = self.file()
        except Exception as error:  # whatever it is, the test says it of this parent
            self.wrong = f"{type(error).__name__}: {error}"

    def ask(self, method: str, path: str, **more: Any) -> requests.Response | None:
        """One request; None where nobody answers, or "not now"."""
        headers = {"Referer": self.url + AT, **more.pop("headers", {})}
        try:
            answer = self.session.request(method, self.url + path, headers=headers, timeout=40, allow_redirects=False, **more)
        except requests.RequestException:
            answer = None
        if answer is None or answer.status_code >= 500:
            # An error page of ours is "not now"; a fault of the code would be none.
            assert answer is None or answer.status_code != 500 or "CSRF" not in answer.text, answer.text[:2000]
            self.lost += 1
            time.sleep(0.3 + random.random())
            return None
        self.answered()
        return answer

    def again(self, what: str, attempt: Callable[[], str]) -> str:
        """Until it is done, as somebody does who presses the button once more."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not OVER.is_set():
            if done := attempt():
                return done
        raise AssertionError(f"{what}: not within {PATIENCE} s")

    def page(self, path: str) -> tuple[str, dict[str, str]] | None:
        """A page and what its form carries unseen; None where it is not there now."""
        answer = self.ask("GET", path)
        if answer is None:
            return None
        assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("Location"))
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text)
        return answer.text, {name: unescape(value) for name, value in found}

    def file(self) -> str:
        """The declaration, the paper, the check page; the code of the receipt."""
        self.again("the declaration", self.declare)
        self.again("the paper", self.give)
        seen = self.again("the check page", self.check)
        return self.again("sending", lambda: self.send(seen))

    def declare(self) -> str:
        opened = self.page(AT + "to-khai/")
        if opened is None:
            return ""
        text, carried = opened
        # Names have no digits.
        name = f"Trần Gia {chr(65 + self.number // 26)}{chr(97 + self.number % 26)}"
        said = {"child_name": name} | ANSWERS if 'name="child_name"' in text else {"applicant_role": "mother"}
        done = self.ask("POST", AT + "to-khai/", data={**carried, **said, "act": "tiep"})
        if done is None or "child_name" not in said:
            return ""
        assert done.status_code == 302, re.sub(r"<[^>]+>|\s+", " ", done.text)[:2000]
        return done.headers["Location"]

    def give(self) -> str:
        opened = self.page(AT + "giay-to/")
        if opened is None:
            return ""
        carried = opened[1]
        headers = {"Draft": carried["draft"], "X-CSRFToken": carried["csrfmiddlewaretoken"]}
        told = {"kind": "giay-chung-sinh", "name": "giấy.pdf", "size": len(self.content), "sha256": self.sha256}
        begun = self.ask("POST", AT + "giay-to/tai-len/", data=told, headers=headers)
        if begun is None:
            return ""
        assert begun.status_code == 201, begun.text
        at, offset = f"{AT}giay-to/tai-len/{begun.json()['id']}/", int(begun.json()["offset"])
        if offset < len(self.content):
            rest = self.content[offset:]
            digest = base64.b64encode(hashlib.sha256(rest).digest()).decode()
            piece = {"Upload-Offset": str(offset), "Content-Digest": f"sha-256=:{digest}:", "Content-Type": "application/octet-stream"}
            put = self.ask("PUT", at, data=rest, headers=headers | piece)
            if put is None or put.status_code == 409:
                return ""
            assert put.status_code == 200, put.text
        ended = self.ask("POST", at, headers=headers)
        if ended is None:
            return ""
        assert ended.status_code == 201, ended.text
        return str(ended.json()["paper"])

    def check(self) -> str:
        opened = self.page(AT + "kiem-tra/")
        return json.dumps(opened[1]) if opened is not None else ""

    def send(self, seen: str) -> str:
        """The same press again where nobody said what came of it."""
        done = self.ask("POST", AT + "kiem-tra/", data=json.loads(seen))
        if done is None:
            return ""
        found = re.match(r"/ho-so/([^/]+)/", done.headers.get("Location", ""))
        assert done.status_code == 302 and found, f"{done.status_code} {done.headers.get('Location')} {done.text[:2000]}"
        return found[1]


ANSWERS = {
    "child_birth_date": "01/11/2026", "child_sex": "male", "birth_place": "Bệnh viện Ví Dụ, Hà Nội", "child_ethnicity": "Kinh",
    "child_nationality": "Việt Nam", "child_home_town": "Phường Hoàn Kiếm, Hà Nội", "mother_ethnicity": "Kinh",
    "mother_nationality": "Việt Nam", "unit_code": "H26.101",
}  # fmt: skip


def strike(portal: Portal, name: str) -> None:
    """Kill it and wait until it is back."""
    find = portal.server if name in ("postgres", "redis") else portal.leader
    until(lambda: find(name), 60, f"{name} runs")
    kill(find(name))
    until(portal.whole, 60, f"back after {name}")


@pytest.mark.requirement("N-04", "D-01", "D-13")
def test_two_hundred_filings_while_everything_dies_are_there_once_intact_and_told_once(running: Portal) -> None:
    # Numbers that nobody of the demonstration has.
    people = (PEOPLE % {"people": FILINGS}).replace("{n:06d}", "{n + 500_000:06d}")
    cookie, sessions = shell(running, people)
    gone, lock = [0], threading.Lock()

    def answered() -> None:
        with lock:
            gone[0] += 1

    start = threading.Barrier(FILINGS + 1)
    url = f"http://localhost:{running.port}"
    parents = [Parent(number, url, cookie, session, start, answered) for number, session in enumerate(sessions)]
    for parent in parents:
        parent.start()
    start.wait()

    def over(share: float, found: Callable[[], int]) -> None:
        until(lambda: found() >= share * FILINGS or not any(one.is_alive() for one in parents), PATIENCE, "the parents get on")

    # Each of them once on the way (ten answers make a filing), and once while receipts are given.
    for share, name in ((1, "web"), (3, "postgres"), (5, "redis"), (6, "worker-soon")):
        over(share, lambda: gone[0])
        strike(running, name)
    for share, name in ((0.1, "postgres"), (0.3, "web"), (0.5, "worker-soon"), (0.7, "redis")):
        over(share, lambda: sum(bool(one.code) for one in parents))
        strike(running, name)
    for parent in parents:
        parent.join(3 * PATIENCE)
    assert not [one.wrong or "still at it" for one in parents if one.wrong or one.is_alive()]
    assert sum(one.lost for one in parents) > 0, "some were not answered and sent it again"

    # Every one is there once: no dossier without a receipt, no receipt without a dossier, no draft left.
    receipts = {one.code: one for one in parents}
    assert len(receipts) == FILINGS
    with running.database() as database:
        rows = database.execute(
            "SELECT d.id, d.code, d.state, d.applicant_id, (SELECT count(*) FROM dossiers_dossierevent e WHERE e.dossier_id = d.id)"
            " FROM dossiers_dossier d WHERE d.filed_by_name = 'Người Nộp Thử'"
        ).fetchall()
        assert {str(row[1]) for row in rows} == set(receipts) and len(rows) == FILINGS
        assert {(str(row[2]), row[4]) for row in rows} == {("1", 1)} and len({row[3] for row in rows}) == FILINGS
        assert database.execute("SELECT count(*) FROM dossiers_draft WHERE procedure_code = '1.001193'").fetchone() == (0,)
    # Files intact: what lies there, decrypted, is what was sent, and nothing twice.
    kept = sorted((code, sha256) for code, sha256 in shell(running, KEPT))
    assert kept == sorted((code, one.sha256) for code, one in receipts.items())

    # Told once: in the inbox, and by SMS at the gateway.
    def all_out() -> bool:
        with running.database() as database:
            waiting = "SELECT count(*) FROM outbox_message WHERE done_at IS NULL AND dead_at IS NULL AND kind = 'notifications.sms'"
            return database.execute(waiting).fetchone() == (0,)

    until(all_out, PATIENCE, "the notices are out")
    with running.database() as database:
        told = database.execute(
            "SELECT link, channel FROM notifications_notification WHERE template = 'dossiers.submitted' AND link = ANY(%s)",
            [[f"/ho-so/{code}/" for code in receipts]],
        ).fetchall()
        [(dead,)] = database.execute("SELECT count(*) FROM outbox_message WHERE dead_at IS NOT NULL").fetchall()
    assert dead == 0
    assert Counter(told) == Counter((f"/ho-so/{code}/", channel) for code in receipts for channel in ("inbox", "sms"))
    wrong = {}
    for code, one in receipts.items():
        found = requests.get(
            f"http://localhost:{running.port + 1}/sms/outbox.json", params={"to": f"+84978{one.number + 500_000:06d}"}, timeout=60
        ).json()["messages"]  # fmt: skip
        if (count := sum(code in message["text"] for message in found)) != 1:
            wrong[code] = count
    assert not wrong
