"""Papers on their way while lines are cut and processes killed -9: what was acknowledged is there, nothing is there half, told once."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from portal.files.scan import EICAR
from portal.launcher import processes
from tests.files.making import pdf
from tests.launcher.helpers import Portal, free_pair, kill, processes_of, until
from tests.support.walker import Way

pytestmark = pytest.mark.fault

MIB = 1024 * 1024
PAPERS = "/nop-ho-so/1.001193/giay-to/"
BEGIN = PAPERS + "tai-len/"


@pytest.fixture(scope="module")
def running() -> Iterator[Portal]:
    with tempfile.TemporaryDirectory(prefix="portal-uploads-", ignore_cleanup_errors=True) as folder:
        base = Path(folder).resolve()
        portal = Portal(base / "var", free_pair(), base / "output.txt")
        try:
            portal.start_again()
            until(portal.whole, 60, "all of it answers")
            yield portal
        finally:
            portal.end()
            processes.kill_all(lambda: processes_of(base / "var"))


class Script:
    """What the page's script does, from outside a browser."""

    def __init__(self, portal: Portal, way: Way) -> None:
        self.portal, self.way = portal, way
        way.mother.get(PAPERS)
        form = way.mother.form_with("tep-giay-chung-sinh")
        self.headers = {"Draft": form.fields["draft"], "X-CSRFToken": form.fields["csrfmiddlewaretoken"], "Referer": way.mother.page.url}

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """Again while nobody answers, as the script does."""
        headers = self.headers | more.pop("headers", {})
        end = time.monotonic() + 60
        while True:
            try:
                answer = self.way.mother.session.request(method, self.way.url + path, headers=headers, timeout=15, **more)
                if answer.status_code < 500:
                    return answer
            except requests.RequestException:
                pass
            assert time.monotonic() < end, "nobody answers"
            time.sleep(0.5)

    def begin(self, content: bytes) -> dict[str, Any]:
        data = {"kind": "giay-chung-sinh", "name": "giấy.pdf", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        found: dict[str, Any] = self.ask("POST", BEGIN, data=data).json()
        return found

    def piece_headers(self, offset: int, data: bytes) -> dict[str, str]:
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        return {"Upload-Offset": str(offset), "Content-Digest": f"sha-256=:{digest}:", "Content-Type": "application/octet-stream"}

    def put(self, upload: str, offset: int, data: bytes) -> int:
        answer = self.ask("PUT", f"{BEGIN}{upload}/", data=data, headers=self.piece_headers(offset, data))
        assert answer.status_code in (200, 409), answer.text
        return int(answer.json()["offset"])

    def put_cut(self, upload: str, offset: int, data: bytes) -> None:
        """Send 99 of 100 bytes of a piece, then the line is gone."""
        cookies = "; ".join(f"{one.name}={one.value}" for one in self.way.mother.session.cookies)
        headers = self.headers | self.piece_headers(offset, data) | {"Cookie": cookies, "Host": f"localhost:{self.portal.port}"}
        lines = [f"PUT {BEGIN}{upload}/ HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), f"Content-Length: {len(data)}"]
        with socket.create_connection(("localhost", self.portal.port), timeout=10) as line:
            line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + data[: len(data) * 99 // 100])
            time.sleep(0.2)

    def send(self, content: bytes) -> str:
        """The whole way from where it stands; the paper."""
        begun = self.begin(content)
        offset = begun["offset"]
        while offset < len(content):
            offset = self.put(begun["id"], offset, content[offset : offset + MIB])
        ended = self.ask("POST", f"{BEGIN}{begun['id']}/")
        assert ended.status_code == 201, ended.text
        assert self.ask("POST", f"{BEGIN}{begun['id']}/").json() == ended.json()
        return str(ended.json()["paper"])


def _signal(portal: Portal, name: str, number: int) -> None:
    for pid in processes.marked(portal.var, name):
        if pid not in (portal.keeper(name), portal.launcher()):
            kill(pid, number)


def _one(portal: Portal, sql: str, *values: Any) -> Any:
    with portal.database() as database:
        return database.execute(sql, list(values)).fetchone()[0]  # type: ignore[index]


@pytest.mark.requirement("N-04", "D-01")
def test_a_paper_cut_at_99_percent_and_a_killed_web_goes_on_and_is_there_once(running: Portal) -> None:
    way = Way(f"http://localhost:{running.port}", f"http://localhost:{running.port + 1}")
    way.sign_in()
    way.fill_in()
    script = Script(running, way)
    content = pdf() + b"%" + os.urandom(3 * MIB).replace(b"\n", b"x").replace(b"\r", b"x")
    begun = script.begin(content)
    script.put_cut(begun["id"], 0, content[:MIB])
    assert script.begin(content) == begun, "nothing of the piece was taken"
    assert script.put(begun["id"], 0, content[:MIB]) == MIB
    script.put_cut(begun["id"], MIB, content[MIB : 2 * MIB])
    kill(running.leader("web"))
    until(running.whole, 60, "web is back")
    assert script.begin(content) == begun | {"offset": MIB}, "what was acknowledged is there"
    paper = script.send(content)
    _signal(running, "worker-soon", signal.SIGKILL)
    sha256 = _one(running, "SELECT f.sha256 FROM files_storedfile f JOIN dossiers_paper p ON p.file_id = f.id WHERE p.id = %s", paper)
    assert sha256 == hashlib.sha256(content).hexdigest()
    checked = "SELECT f.state FROM files_storedfile f JOIN dossiers_paper p ON p.file_id = f.id WHERE p.id = %s"
    until(lambda: _one(running, checked, paper) == "clean", 90, "it is checked")
    assert _one(running, "SELECT count(*) FROM dossiers_paper") == 2, "the photo and this one"
    back = way.mother.session.get(f"{way.url}{PAPERS}{paper}/", timeout=15)
    assert hashlib.sha256(back.content).hexdigest() == sha256


@pytest.mark.requirement("N-04")
def test_a_worker_killed_between_the_verdict_and_its_notice_tells_once(running: Portal) -> None:
    way = Way(f"http://localhost:{running.port}", f"http://localhost:{running.port + 1}")
    way.sign_in()
    way.fill_in()
    script = Script(running, way)
    until(lambda: _one(running, "SELECT count(*) FROM files_storedfile WHERE state = 'uploaded'") == 0, 60, "the photos are checked")
    # Nobody looks at the file before the dossier is sent.
    _signal(running, "worker-soon", signal.SIGSTOP)
    paper = script.send(pdf() + b"%" + EICAR + b"\n")
    code = way.submit()
    requests.post(f"{way.simulators}/control/faults", json={"service": "sms", "mode": "slow", "seconds": 4}, timeout=10).raise_for_status()
    _signal(running, "worker-soon", signal.SIGCONT)
    verdict = "SELECT f.state FROM files_storedfile f JOIN dossiers_paper p ON p.file_id = f.id WHERE p.id = %s"
    until(lambda: _one(running, verdict, paper) == "quarantined", 60, "it is found")
    _signal(running, "worker-soon", signal.SIGKILL)
    _signal(running, "worker-now", signal.SIGKILL)
    requests.post(f"{way.simulators}/control/faults", json={"service": "sms", "mode": "none"}, timeout=10).raise_for_status()

    def told() -> list[str]:
        return [one["text"] for one in way.outbox("+84900000001") if code in one["text"] and "không an toàn" in one["text"]]

    until(lambda: len(told()) == 1, 120, "the applicant is told")
    time.sleep(4)
    assert len(told()) == 1
    events = "SELECT count(*) FROM dossiers_dossierevent e JOIN dossiers_dossier d ON d.id = e.dossier_id WHERE d.code = %s AND e.name = %s"
    assert _one(running, events, code, "paper_unsafe") == 1
    way.mother.get(f"/ho-so/{code}/")
    assert "không an toàn" in way.mother.page.text.lower()
