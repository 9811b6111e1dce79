"""Two hundred parents file at the same time while web, worker, Redis and PostgreSQL are killed -9 in turn.

Every filing that was acknowledged is there once, with the file that was sent, and its sender was told once.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bench.filing import PEOPLE
from bench.parents import KEPT, Parent
from portal.launcher import processes
from portal.launcher.common import ROOT
from tests.files.making import pdf
from tests.launcher.helpers import Portal, free_pair, kill, processes_of, until

pytestmark = pytest.mark.fault

FILINGS = 200
PATIENCE = 240
"""Seconds that a parent goes on trying; beside other tests everything is slow."""


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


def strike(portal: Portal, name: str) -> None:
    """Kill it and wait until it is back."""
    find = portal.server if name in ("postgres", "redis") else portal.leader
    until(lambda: find(name), 60, f"{name} runs")
    kill(find(name))
    until(portal.whole, 60, f"back after {name}")


@pytest.mark.requirement("N-04", "D-01", "D-13", "D-07")
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
    parents = [
        Parent(number, url, cookie, session, pdf(), over=OVER, answered=answered, start=start.wait, patience=PATIENCE)
        for number, session in enumerate(sessions)
    ]
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
