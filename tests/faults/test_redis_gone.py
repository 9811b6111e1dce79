"""The broker is gone while people file and notices wait: filing goes on; after its return all go out quickly, none twice, one-time
passwords first."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.outage import Server, put, taken
from portal.launcher import processes
from tests.launcher.helpers import Portal, free_pair, processes_of, until
from tests.support.walker import Way

pytestmark = pytest.mark.fault

NOTICES = 400
LEAST_A_SECOND = 20
"""The claim is 80 (`make bench-outage`, 20,000 of them); here other tests may have most of the machine."""


class OnServer(Portal):
    """A portal on a Redis that can be away."""

    server: Server

    def environment(self, **more: str) -> dict[str, str]:
        return super().environment(REDIS_URL=self.server.url, **more)


@pytest.fixture
def running() -> Iterator[OnServer]:
    with tempfile.TemporaryDirectory(prefix="portal-outage-", ignore_cleanup_errors=True) as folder:
        base = Path(folder).resolve()
        portal = OnServer(base / "var", free_pair(), base / "output.txt")
        portal.server = Server(base)
        portal.server.start()
        try:
            portal.start_again()
            yield portal
        finally:
            portal.end()
            portal.server.stop()
            processes.kill_all(lambda: processes_of(base / "var"))


@pytest.mark.requirement("N-04", "D-13")
def test_after_its_return_all_notices_go_out_once_and_fresh_passwords_first(running: OnServer) -> None:
    until(running.whole, 60, "all of it answers")
    running.server.stop()
    put(running.var, running.server.url, NOTICES, late=1)
    time.sleep(2)
    assert taken(running.var) == []
    running.server.start()
    until(lambda: len(taken(running.var)) >= NOTICES + 1, 120, "all are out")
    with running.database() as database:
        until(lambda: database.execute("SELECT count(*) FROM outbox_message WHERE done_at IS NULL").fetchone() == (0,), 40, "all are noted")
    found = taken(running.var)
    assert len(found) == NOTICES + 1, "the password whose time was over was dropped"
    assert len({correlator for correlator, _, _ in found}) == NOTICES + 1, "none twice"
    first, last = found[0][1], found[-1][1]
    [password] = [at for _, at, is_password in found if is_password]
    assert password - first < 2.5, "it did not wait for the notices"
    assert NOTICES / (last - first) > LEAST_A_SECOND


@pytest.mark.requirement("N-04", "D-01", "D-13")
def test_a_birth_is_filed_while_it_is_away_and_told_of_after_its_return(running: OnServer) -> None:
    until(running.whole, 60, "all of it answers")
    way = Way(f"http://localhost:{running.port}", f"http://localhost:{running.port + 1}")
    until(lambda: way.outbox("+84900000001") is not None, 60, "the simulators answer")
    way.sign_in()
    running.server.stop()
    way.fill_in()
    code = way.submit()
    way.mother.get(f"/ho-so/{code}/")
    assert "Đã gửi, chờ tiếp nhận" in way.mother.page.text and "giấy chứng sinh.jpg" in way.mother.page.text

    def told() -> int:
        return sum(code in one["text"] for one in way.outbox("+84900000001"))

    assert told() == 0
    running.server.start()
    until(lambda: told() == 1, 60, "the notice follows")
    time.sleep(3)
    assert told() == 1
