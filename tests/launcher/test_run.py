"""A whole portal: started, beaten, stopped, started again. The tests share one copy, in the order they stand here."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

from portal.launcher import processes
from portal.launcher.common import ROOT, LauncherError, free_port, read_json
from portal.launcher.run import refuse_taken_port
from tests.launcher.helpers import PYTHON, Portal, free_pair, kill, person_environment, processes_of, until

pytestmark = pytest.mark.fault
LINES = ("web", "worker-soon", "beat", "simulators")
"""One worker stands for the three, which differ in their queue only."""


def test_first_start_tells_everything_needed(portal: Portal) -> None:
    assert portal.whole()
    text = portal.text()
    for expected in (
        f"http://localhost:{portal.port}/",
        f"http://localhost:{portal.port + 1}/sms/outbox/",
        "001195000001  Nguyễn Thị Mẫu",
        "PIN 12345678",
        str(portal.var),
        "Ctrl-C",
    ):
        assert expected in text
    assert "\033[" not in text
    assert stat_mode(portal.var / "secrets.json") == 0o600
    if os.geteuid() == 0:
        assert Path(f"/proc/{portal.server('postgres')}").stat().st_uid != 0
        assert Path(f"/proc/{portal.server('redis')}").stat().st_uid != 0


def stat_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_second_start_with_the_same_data_is_refused_in_one_sentence(portal: Portal) -> None:
    done = subprocess.run(["make", "run"], cwd=ROOT, env=portal.environment(), capture_output=True, text=True, timeout=600, check=False)
    said = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert done.returncode
    assert len(said) == 1
    assert f"already runs at http://localhost:{portal.port}" in said[0]
    assert portal.whole()


def test_a_port_that_a_dying_process_holds_for_a_moment_is_waited_for() -> None:
    dying, staying = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
    threading.Timer(0.5, dying.close).start()
    refuse_taken_port("PORT", dying.getsockname()[1], "127.0.0.1")
    with pytest.raises(LauncherError, match="is taken by another program"):
        refuse_taken_port("PORT", staying.getsockname()[1], "127.0.0.1", patience=0.2)
    staying.close()


def test_taken_port_is_one_sentence_with_the_remedy(portal: Portal, var: Path) -> None:
    environment = {**portal.environment(), "VAR": str(var)}
    done = subprocess.run(["make", "run"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)
    said = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert done.returncode
    assert len(said) == 1
    assert f"Port {portal.port} is taken" in said[0]
    assert "PORT=" in said[0]
    assert not processes_of(var)


def test_manage_beside_it_uses_its_database_and_stops_nothing(portal: Portal) -> None:
    before = (portal.server("postgres"), portal.server("redis"))
    command = "from django.db import connection as c; k = c.cursor(); k.execute('SELECT pg_backend_pid()'); print(c.settings_dict['PORT'])"
    environment = portal.environment()
    del environment["PORT"]
    done = subprocess.run(
        [PYTHON, "manage.py", "shell", "-v", "0", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == str(read_json(portal.var / "run" / "postgres.json")["port"])
    time.sleep(1)
    assert (portal.server("postgres"), portal.server("redis")) == before
    assert portal.whole()


def test_killed_postgres_comes_back_with_every_committed_row(portal: Portal) -> None:
    with portal.database() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS launcher_test (n int)")
        connection.execute("DELETE FROM launcher_test")
    killed = portal.server("postgres")
    port = read_json(portal.var / "run" / "postgres.json")["port"]
    committed = 0
    with portal.database() as connection:
        # A session at work while the server dies: its processes must not keep the next one from starting.
        for number in range(1, 200):
            connection.execute("INSERT INTO launcher_test VALUES (%s)", [number])
            committed = number
    kill(killed)
    until(lambda: portal.server("postgres") not in (0, killed), 40, "a new postmaster")
    until(portal.whole, 40, "the portal with its database")
    with portal.database() as connection:
        assert connection.execute("SELECT max(n), count(*) FROM launcher_test").fetchone() == (committed, committed)
    assert read_json(portal.var / "run" / "postgres.json")["port"] == port


def test_killed_redis_comes_back_with_its_keys(portal: Portal) -> None:
    import redis

    from portal.launcher.engines import Redis

    url = Redis(portal.var).url(read_json(portal.var / "run" / "redis.json")["port"])
    redis.Redis.from_url(url).set("launcher-test", "kept")
    killed = portal.server("redis")
    kill(killed)
    until(lambda: portal.server("redis") not in (0, killed), 40, "a new Redis")
    until(portal.whole, 40, "the portal with its Redis")
    until(lambda: redis.Redis.from_url(url).get("launcher-test") == b"kept", 40, "the key")


@pytest.mark.parametrize("name", LINES)
def test_killed_process_comes_back_and_leaves_no_orphans(portal: Portal, name: str) -> None:
    leader = portal.leader(name)
    old = set(processes.marked(portal.var, name)) - {portal.keeper(name)}
    assert leader in old
    kill(leader)
    until(lambda: portal.leader(name) not in (0, leader), 10, f"a new {name}")
    assert processes.wait_gone(old, 15), f"orphans of {name}: {[processes.command_line(pid) for pid in old if processes.alive(pid)]}"
    until(portal.whole, 40, "the whole portal")


@pytest.mark.parametrize("name", LINES)
def test_killed_keeper_comes_back_and_leaves_no_orphans(portal: Portal, name: str) -> None:
    keeper = portal.keeper(name)
    old = set(processes.marked(portal.var, name))
    kill(keeper)
    until(lambda: portal.keeper(name) not in (0, keeper) and portal.leader(name), 15, f"a new {name}")
    assert processes.wait_gone(old, 15), f"orphans of {name}"
    until(portal.whole, 40, "the whole portal")


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_killed_supervisor_is_replaced_and_its_server_goes_on(portal: Portal, name: str) -> None:
    server = portal.server(name)
    state = portal.var / "run" / f"{name}.json"
    killed = read_json(state)["supervisor"]
    kill(killed)
    until(lambda: read_json(state).get("supervisor") != killed and read_json(state).get("state") == "ready", 40, "a new supervisor")
    assert portal.server(name) == server
    kill(server)
    until(lambda: portal.server(name) not in (0, server), 40, "the new supervisor at work")
    until(portal.whole, 40, "the whole portal")


@pytest.mark.parametrize("victim", ["launcher", "make", "everything of ours"])
def test_killed_launcher_leaves_nothing_and_the_next_start_heals(portal: Portal, victim: str) -> None:
    with portal.database() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS launcher_test (n int)")
        connection.execute("INSERT INTO launcher_test VALUES (1000)")
        rows = connection.execute("SELECT count(*) FROM launcher_test").fetchone()
    assert portal.process
    if victim == "launcher":
        kill(portal.launcher())
    elif victim == "make":
        kill(portal.process.pid)
    else:
        for pid in [portal.launcher(), *processes_of(portal.var)]:
            processes.send(pid, signal.SIGKILL)
    portal.process.wait(timeout=60)
    # Not even waiting for the rest to be gone: a person starts again at once.
    if victim == "launcher":
        until(lambda: not processes_of(portal.var), 40, "nothing left of the killed launcher")
    portal.start()
    assert portal.whole()
    with portal.database() as connection:
        assert connection.execute("SELECT count(*) FROM launcher_test").fetchone() == rows


@pytest.mark.parametrize("how", ["SIGINT to make alone", "SIGTERM", "Ctrl-C"])
def test_asked_to_stop_it_leaves_no_process_and_all_data(portal: Portal, how: str) -> None:
    assert portal.process
    with portal.database() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS launcher_test (n int)")
        connection.execute("INSERT INTO launcher_test VALUES (2000)")
        rows = connection.execute("SELECT count(*) FROM launcher_test").fetchone()
    if how == "Ctrl-C":
        portal.interrupt()
    else:
        kill(portal.process.pid, signal.SIGTERM if how == "SIGTERM" else signal.SIGINT)
        portal.process.wait(timeout=600)
    assert not processes_of(portal.var)
    assert "Stopped. Everything is kept" in portal.text()
    assert "Traceback" not in portal.text()
    portal.start()
    with portal.database() as connection:
        assert connection.execute("SELECT count(*) FROM launcher_test").fetchone() == rows


def _unprivileged(command: list[str]) -> tuple[list[str], str]:
    """The command as an ordinary user, and the user's name: ourselves, or `nobody` where the tests run as root."""
    if os.geteuid() != 0:
        return command, pwd.getpwuid(os.geteuid()).pw_name
    nobody = pwd.getpwnam("nobody")
    # The right to look through folders, nothing else: the interpreter may lie below /root.
    prefix = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    prefix += ["--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search", "--securebits=+no_setuid_fixup"]
    return [*prefix, *command], "nobody"


def test_ordinary_user() -> None:
    base = Path(tempfile.mkdtemp(prefix="portal-user-", dir="/tmp")).resolve()
    command, user = _unprivileged([PYTHON, "-m", "portal.launcher", "run"])
    if os.geteuid() == 0:
        os.chown(base, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    running = Portal(base / "var", free_pair(), base / "output.txt", command)
    try:
        running.start()
        assert running.whole()
        owner = pwd.getpwnam(user).pw_uid
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in processes_of(running.var)} == {owner}
        running.interrupt()
        assert not processes_of(running.var)
    finally:
        running.end()
        shutil.rmtree(base, ignore_errors=True)


def test_below_a_folder_nobody_else_may_enter(var: Path) -> None:
    # As root the database's user cannot pass such a folder; its mode must stay as it is.
    var.parent.chmod(0o700)
    command = [
        PYTHON,
        "-m",
        "portal.launcher",
        "exec",
        "--var",
        str(var),
        "--",
        PYTHON,
        "-c",
        "import os; print(os.environ['DATABASE_URL'])",
    ]
    done = subprocess.run(command, cwd=ROOT, env=person_environment(), capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("postgres://portal:")
    assert stat_mode(var.parent) == 0o700
    assert not processes_of(var)


def test_two_copies_side_by_side(portal: Portal) -> None:
    base = Path(tempfile.mkdtemp(prefix="portal-second-")).resolve()
    second = Portal(base / "var", free_pair(), base / "output.txt")
    try:
        second.start_again()
        assert second.whole()
        assert portal.whole()
        second.interrupt()
        assert not processes_of(second.var)
        assert portal.whole()
    finally:
        second.end()
        shutil.rmtree(base, ignore_errors=True)


def test_what_need_not_outlive_a_power_cut_waits_for_no_disk(var: Path) -> None:
    script = "import os, psycopg; print(*psycopg.connect(os.environ['DATABASE_URL']).execute('SHOW fsync').fetchone())"
    for more, said in (([], "on"), (["--throwaway"], "off")):
        command = [PYTHON, "-m", "portal.launcher", "exec", "--var", str(var), *more, "--", PYTHON, "-c", script]
        done = subprocess.run(command, cwd=ROOT, env=person_environment(), capture_output=True, text=True, timeout=600, check=True)
        assert done.stdout.strip() == said


def test_servers_given_by_the_environment_replace_the_embedded_ones(portal: Portal, var: Path) -> None:
    port = read_json(portal.var / "run" / "redis.json")["port"]
    given = person_environment(REDIS_URL=f"redis://127.0.0.1:{port}/5")
    command = [PYTHON, "-m", "portal.launcher", "exec", "--var", str(var), "--", PYTHON, "-c", "import os; print(os.environ['REDIS_URL'])"]
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=600, check=True)
    assert done.stdout.strip() == given["REDIS_URL"]
    assert (var / "postgres").exists()
    assert not (var / "redis").exists()
    assert free_port() != port
