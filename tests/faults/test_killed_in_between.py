"""Processes killed -9 while the way is walked: what was acknowledged is there, and what must happen happens once."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.launcher import processes
from tests.launcher.conftest import free_pair
from tests.launcher.helpers import Portal, kill, processes_of, until
from tests.support.walker import Way

pytestmark = pytest.mark.fault


@pytest.fixture(scope="module")
def running() -> Iterator[Portal]:
    """One portal, started as a person starts it."""
    with tempfile.TemporaryDirectory(prefix="portal-faults-", ignore_cleanup_errors=True) as folder:
        base = Path(folder).resolve()
        portal = Portal(base / "var", free_pair(), base / "output.txt")
        try:
            portal.start()
            yield portal
        finally:
            portal.end()
            processes.kill_all(lambda: processes_of(base / "var"))


def _way(portal: Portal) -> Way:
    return Way(f"http://localhost:{portal.port}", f"http://localhost:{portal.port + 1}")


def _kill(portal: Portal, name: str) -> None:
    pid = portal.server(name) if name in ("postgres", "redis") else portal.leader(name)
    kill(pid)


def _one_result_only(portal: Portal, way: Way, pdf: bytes) -> None:
    """One signed file, one event, one message: nothing was done twice."""
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Sig") + pdf.count(b"/Type/Sig") == 1
    with portal.database() as database:
        dossier, state = database.execute("SELECT id, state FROM dossiers_dossier WHERE code = %s", [way.code]).fetchone()  # type: ignore[misc]
        assert str(state) == "10"
        [(signed,)] = database.execute(
            "SELECT count(*) FROM dossiers_dossierevent WHERE dossier_id = %s AND to_state = '10'", [dossier]
        ).fetchall()
        assert signed == 1
    time.sleep(3)
    told = [message for message in way.outbox("+84900000001") if way.code in message["text"] and "đã có kết quả" in message["text"]]
    assert len(told) == 1


@pytest.mark.requirement("N-04", "X-06")
def test_worker_redis_and_database_killed_between_submission_and_result(running: Portal) -> None:
    way = _way(running)
    way.sign_in()
    way.fill_in()
    way.submit()
    way.officer_in()
    way.receive()
    way.decide()
    _kill(running, "worker-soon")
    way.authorise()
    assert way.leader.page.status_code == 200, "the signature is acknowledged while nobody is there to carry it out"
    _kill(running, "redis")
    _kill(running, "postgres")
    until(running.whole, 60, "all of them are back")
    pdf = way.result(60)
    _one_result_only(running, way, pdf)


@pytest.mark.requirement("N-04")
def test_each_process_killed_in_turn_while_the_way_is_walked(running: Portal) -> None:
    way = _way(running)
    _kill(running, "simulators")
    way.sign_in()
    _kill(running, "web")
    way.fill_in()
    _kill(running, "postgres")
    code = way.submit()
    _kill(running, "redis")
    way.officer_in()
    _kill(running, "beat")
    way.receive()
    _kill(running, "postgres")
    until(running.whole, 60, "the database is back")
    way.decide()
    _kill(running, "worker-soon")
    way.authorise()
    # The launcher itself: everything ends with it, the next start goes on.
    kill(running.launcher())
    until(lambda: running.get("/health/live") == 0, 30, "nothing answers any more")
    running.start()
    pdf = way.result(60)
    _one_result_only(running, way, pdf)
    assert code == way.code
