"""Processes killed -9 while the way is walked: what was acknowledged is there, and what must happen happens once."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from portal.launcher import processes
from portal.launcher.common import ROOT
from portal.simulators.province import ZONE, year
from tests.exchange.plain import counted, said
from tests.launcher.helpers import Portal, free_pair, kill, processes_of, until
from tests.support.processes import eventually
from tests.support.walker import Walker, Way

pytestmark = pytest.mark.fault


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://localhost:{port}/", timeout=5).status_code < 500
    except requests.RequestException:
        return False


@pytest.fixture(scope="module")
def running() -> Iterator[Portal]:
    """One portal, started as a person starts it."""
    with tempfile.TemporaryDirectory(prefix="portal-faults-", ignore_cleanup_errors=True) as folder:
        base = Path(folder).resolve()
        portal = Portal(base / "var", free_pair(), base / "output.txt")
        try:
            portal.start_again()
            # The welcome does not wait for the simulators; the tests talk to them at once.
            until(lambda: _answers(portal.port + 1), 60, "the simulators answer")
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


def _pay(portal: Portal, code: str) -> None:
    """As a payer who closes the tab once the money is taken."""
    payer = Walker(f"http://localhost:{portal.port}")
    payer.get(f"/thanh-toan/{code}/")
    payer.send(payer.form_with("institution"), institution="TG.vnpay")
    assert "/payments/vnpay/" in payer.page.url, payer.page.text[:2000]
    [form] = payer.tree().forms
    payer.send(form, choice="closed")


def _what_stands(portal: Portal, codes: list[str]) -> str:
    """What is known of the orders and what the outbox still has to do: without it nobody learns why it did not end."""
    questions = {
        "attempts": "SELECT o.state, a.state, a.asks, a.next_ask_at, a.result_code FROM payments_order o"
        " JOIN payments_attempt a ON a.order_id = o.id WHERE o.code = ANY(%(codes)s) ORDER BY array_position(%(codes)s, o.code::text)",
        "vouchers": "SELECT o.code, v.kind, v.state FROM payments_order o JOIN payments_voucher v ON v.order_id = o.id"
        " WHERE o.code = ANY(%(codes)s) ORDER BY 1, 2",
        "outbox": "SELECT kind, queue, attempts, available_at, lease_until, last_error FROM outbox_message"
        " WHERE done_at IS NULL AND dead_at IS NULL AND kind LIKE 'payments%%' ORDER BY available_at LIMIT 20",
        "dead": "SELECT kind, attempts, dead_at, last_error FROM outbox_message WHERE dead_at IS NOT NULL LIMIT 20",
        "now": "SELECT now()",
    }
    with portal.database() as database:
        found = {name: database.execute(question, {"codes": codes}).fetchall() for name, question in questions.items()}
    return "\n".join(f"{name}: {row}" for name, rows in found.items() for row in rows) + "\n" + portal.text()[-3000:]


@pytest.mark.requirement("P-05")
def test_money_that_was_taken_while_processes_died_is_booked_once(running: Portal) -> None:
    control = f"http://localhost:{running.port + 1}/control/payments"
    with running.database() as database:
        rows = database.execute("SELECT code FROM payments_order WHERE state = 'open' ORDER BY created_at LIMIT 3").fetchall()
    silent, loud, late = (str(row[0]) for row in rows)
    # Of the first the bank never tells: it must be asked, and the worker that asks is dead when the money is taken.
    requests.post(
        control, json={"institution": "TG.vnpay", "place": "callback", "mode": "never", "times": 1}, timeout=60
    ).raise_for_status()
    _pay(running, silent)
    _kill(running, "worker-soon")
    # Of the second it tells, while nobody is there to hear it, and again.
    _pay(running, loud)
    _kill(running, "web")
    _kill(running, "postgres")
    # Of the third it tells twice, while Redis is gone and the worker that fetches vouchers dies.
    until(running.whole, 60, "all of them are back")
    requests.post(
        control, json={"institution": "TG.vnpay", "place": "callback", "mode": "twice", "times": 1}, timeout=60
    ).raise_for_status()
    _kill(running, "redis")
    _pay(running, late)
    _kill(running, "worker-bulk")

    def settled() -> bool:
        if not running.whole():
            return False
        with running.database() as database:
            [(count,)] = database.execute(
                "SELECT count(*) FROM payments_order o JOIN payments_voucher v ON v.order_id = o.id AND v.kind = 'institution'"
                " AND v.state = 'kept' WHERE o.state = 'paid' AND o.code = ANY(%s)",
                [[silent, loud, late]],
            ).fetchall()
        return bool(count == 3)

    try:
        # Questions that fall into the deaths are put again after 20, 40, 60 and 120 seconds.
        eventually(settled, 300, 1.0)
    except AssertionError as late_still:
        raise AssertionError(_what_stands(running, [silent, loud, late])) from late_still
    with running.database() as database:
        found = database.execute(
            "SELECT o.code, c.via, count(DISTINCT c.id), count(DISTINCT e.id), count(p.id), sum(p.amount) FROM payments_order o"
            " JOIN payments_collection c ON c.order_id = o.id JOIN payments_entry e ON e.target = 'collection:' || c.id"
            " JOIN payments_posting p ON p.entry_id = e.id WHERE o.code = ANY(%s) GROUP BY o.code, c.via",
            [[silent, loud, late]],
        ).fetchall()
    assert {str(row[0]): tuple(row[2:]) for row in found} == dict.fromkeys((silent, loud, late), (1, 1, 2, 0))
    assert next(row[1] for row in found if row[0] == silent) == "query"


@pytest.mark.requirement("X-03", "R-05", "N-04")
def test_a_provinces_batches_while_processes_die_are_kept_once_or_sent_again(running: Portal) -> None:
    url = f"http://localhost:{running.port}"
    command = [sys.executable, "manage.py", "add_partner", "H55", "--units", "H55", "--name", "Một cửa thử nghiệm"]
    done = subprocess.run(command, cwd=ROOT, env=running.environment(), capture_output=True, text=True, check=True, timeout=600)
    made = json.loads(done.stdout.splitlines()[-1])
    lives = list(year(400, until=datetime.now(UTC), seed=9, province="H55"))
    rows = [life.modern(*report) for life in lives for report in life.reports]
    steps = [life.step(*report, modern=True) for life in lives for report in life.reports]
    dice = random.Random(9)
    dice.shuffle(rows)
    dice.shuffle(steps)
    calls = [{"rows": rows[start : start + 200], "steps": steps[start : start + 200]} for start in range(0, len(rows), 200)]
    answers: list[dict[str, int]] = []
    tries = 0

    def send() -> None:
        """As the sender of a one-stop system does: again, under the same key, until it is answered."""
        nonlocal tries
        for number, call in enumerate(calls):
            while True:
                tries += 1
                try:
                    answer = requests.post(
                        f"{url}/api/v1/dossiers/batch", json=call, auth=(made["username"], made["password"]), timeout=30,
                        headers={"Idempotency-Key": f"dem-{number}"},
                    )  # fmt: skip
                    if answer.status_code == 200:
                        answers.append(answer.json()["counts"])
                        break
                    assert answer.status_code in (429, 500, 502, 503), answer.text
                except requests.RequestException:
                    pass
                time.sleep(0.3)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    for name in ("web", "postgres", "worker-soon", "redis", "postgres"):
        before = len(answers)
        until(lambda before=before: len(answers) > before or not sender.is_alive(), 60, "the sender gets on")  # type: ignore[misc]
        _kill(running, name)
        until(running.whole, 60, "all of them are back")
    sender.join(120)
    assert not sender.is_alive() and len(answers) == len(calls) and tries > len(calls), "some were sent again"
    assert sum(count.get("new", 0) for count in answers) == len(lives) and not any("refused" in count for count in answers)
    with running.database() as database:
        [(kept, told)] = database.execute(
            "SELECT (SELECT count(*) FROM dossiers_nationaldossier WHERE source = 'H55'),"
            " (SELECT count(*) FROM dossiers_nationalstep WHERE source = 'H55')"
        ).fetchall()
    assert (kept, told) == (len(lives), len({(step["code"], step["at"], step["state"]) for step in steps}))
    today = datetime.now(ZONE).date().isoformat()
    expected = counted(lives, "2020-01-01", today, today)[""]

    def folded() -> bool:
        with running.database() as database:
            return database.execute("SELECT count(*) FROM ratings_dossierdelta").fetchall() == [(0,)]

    asked = {"from": "2020-01-01", "to": today, "agency": "H55"}
    assert said(requests.get(f"{url}/api/v1/statistics", asked, timeout=60).json()["total"]) == expected
    eventually(folded, 60)
    assert said(requests.get(f"{url}/api/v1/statistics", asked, timeout=60).json()["total"]) == expected
    check = [sys.executable, "manage.py", "recount_dossiers", "--check"]
    right = subprocess.run(check, cwd=ROOT, env=running.environment(), capture_output=True, text=True, timeout=600, check=False)
    assert right.returncode == 0, right.stderr
