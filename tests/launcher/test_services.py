"""The embedded servers and what uses them, without the portal above."""

from __future__ import annotations

import hashlib
import io
import os
import pwd
import re
import signal
import subprocess
import sys
import tarfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from portal.launcher import bootstrap, keys, privileges, processes
from portal.launcher.common import ROOT, LauncherError, Lock, make_folders, read_json, refuse_full_disk
from portal.launcher.engines import Postgres
from portal.launcher.run import KEEPER
from portal.launcher.services import Services, refuse_wrong_database
from tests.launcher.helpers import PYTHON, person_environment, processes_of, until


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """No servers given by the environment."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


def manage(var: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PYTHON, "manage.py", *arguments],
        cwd=ROOT,
        env=person_environment(VAR=str(var), **more),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_manage_starts_a_stopped_database_and_stops_it_after(var: Path) -> None:
    code = "from django.db import connection as c; k = c.cursor(); k.execute(\"SELECT lower('ĐĂNG KÝ')\"); print(k.fetchone()[0])"
    done = manage(var, "shell", "-v", "0", "-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "đăng ký"
    assert not processes_of(var)


def test_manage_in_production_makes_no_keys_and_starts_nothing(var: Path) -> None:
    done = manage(var, "check", DJANGO_SETTINGS_MODULE="portal.settings.production")
    assert done.returncode
    assert "SECRET_KEY" in done.stderr
    assert not var.exists()


def test_last_of_several_users_stops_the_servers(var: Path, ours: None) -> None:
    with Services(var) as first:
        with Services(var) as second:
            assert second.environment() == first.environment()
            running = Postgres(var).running()
        assert Postgres(var).running() == running
        refuse_wrong_database(first.environment()["DATABASE_URL"])
    assert not processes_of(var)


def test_a_user_who_was_killed_is_noticed(var: Path) -> None:
    command = [PYTHON, "-m", "portal.launcher", "exec", "--var", str(var), "--", "sleep", "60"]
    user = subprocess.Popen(command, cwd=ROOT, env=person_environment(), start_new_session=True)
    until(lambda: read_json(var / "run" / "postgres.json").get("state") == "ready", 60, "the database")
    until(lambda: read_json(var / "run" / "redis.json").get("state") == "ready", 60, "Redis")
    os.killpg(user.pid, signal.SIGKILL)
    user.wait()
    until(lambda: not processes_of(var), 40, "nothing left")


@pytest.mark.parametrize("seconds", ["60", "0"], ids=["a stranger", "one who has ended and is not buried yet"])
def test_a_pid_file_that_names_another_does_not_stop_the_start(var: Path, ours: None, seconds: str) -> None:
    with Services(var):
        content = (var / "postgres" / "data" / "postmaster.pid").read_text()
    # As after a reboot: the number now belongs to a process of the same user.
    owner = (var / "postgres").stat()
    prefix = ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups"] if os.geteuid() == 0 else []
    stranger = subprocess.Popen([*prefix, "sleep", seconds])
    try:
        file = var / "postgres" / "data" / "postmaster.pid"
        file.write_text("\n".join([str(stranger.pid), *content.splitlines()[1:]]) + "\n")
        os.chown(file, owner.st_uid, owner.st_gid)
        with Services(var) as services:
            refuse_wrong_database(services.environment()["DATABASE_URL"])
        assert seconds == "0" or stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_first_start_cut_off_begins_again(var: Path, ours: None) -> None:
    make_folders(var)
    engine = Postgres(var)
    keys.all_secrets(var)
    engine.prepare(0)
    # A crash before the new cluster has its name.
    engine.data.rename(engine.folder / "data.new")
    (engine.folder / "data.new" / "pg_hba.conf").unlink()
    with Services(var) as services:
        refuse_wrong_database(services.environment()["DATABASE_URL"])


def test_database_without_vietnamese_letters_is_refused(var: Path, ours: None) -> None:
    with Services(var) as services:
        url = services.environment()["DATABASE_URL"]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE plain TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'")
            superuser = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        assert superuser == (False,)
        with pytest.raises(LauncherError, match="Vietnamese letters"):
            refuse_wrong_database(url.removesuffix("/portal") + "/plain")
        with pytest.raises(LauncherError, match="does not answer"):
            refuse_wrong_database(re.sub(r":\d+/", ":1/", url))


def test_command_gets_its_servers_and_gives_its_status(var: Path) -> None:
    script = "import os, sys; assert os.environ['DATABASE_URL'] and os.environ['REDIS_URL'] and os.environ['VAR']; sys.exit(7)"
    command = [PYTHON, "-m", "portal.launcher", "exec", "--var", str(var), "--", PYTHON, "-c", script]
    assert subprocess.run(command, cwd=ROOT, env=person_environment(), timeout=600, check=False).returncode == 7
    assert not processes_of(var)


def test_keys_are_made_once_even_by_many_at_once(var: Path) -> None:
    make_folders(var)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: keys.all_secrets(var), range(16)))
    assert all(answer == answers[0] for answer in answers)
    assert (var / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert not {name for name in keys.for_processes(var) if name.startswith("EMBEDDED_")}


def test_lost_keys_are_not_replaced_silently(var: Path) -> None:
    make_folders(var)
    (var / "postgres" / "data").mkdir(parents=True)
    with pytest.raises(LauncherError, match="restore it"):
        keys.all_secrets(var)


def test_full_disk_is_one_sentence(var: Path) -> None:
    make_folders(var)
    refuse_full_disk(var)
    with pytest.raises(LauncherError, match=r"The disk is full .*`VAR=/another/disk"):
        refuse_full_disk(var, needed=10**18)


def test_lock_is_let_go_by_a_killed_holder(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from portal.launcher.common import Lock;"
        "lock = Lock(Path(sys.argv[1])); print(lock.alone(), flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([PYTHON, "-c", code, str(tmp_path / "lock")], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    assert holder.stdout.readline().strip() == "True"
    lock = Lock(tmp_path / "lock")
    assert lock.held_by_someone()
    assert not lock.alone()
    holder.kill()
    holder.wait()
    assert lock.alone(patience=2)


@pytest.mark.parametrize("victim", ["launcher", "keeper's child", "keeper"])
def test_keeper_ends_the_whole_tree(tmp_path: Path, victim: str) -> None:
    pids = tmp_path / "pids"
    # The process has a child of its own that would outlive it.
    tree = f"echo $$ > {pids}; sleep 300 & echo $! >> {pids}; wait"
    launch = (
        "import subprocess, sys, time, os;"
        f"keep = [sys.executable, '-I', '{KEEPER}', str(os.getpid()), '--'];"
        "p = subprocess.Popen([*keep, '/bin/sh', '-c', sys.argv[1]]);"
        "print(p.pid, flush=True); p.wait(); time.sleep(300)"
    )
    launcher = subprocess.Popen([sys.executable, "-c", launch, tree], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert launcher.stdout
    keeper = int(launcher.stdout.readline())
    until(lambda: pids.exists() and len(pids.read_text().split()) == 2, 40, "the tree")
    leader, grandchild = (int(text) for text in pids.read_text().split())
    os.kill({"launcher": launcher.pid, "keeper's child": leader, "keeper": keeper}[victim], signal.SIGKILL)
    try:
        assert processes.wait_gone([leader, keeper], 15)
        if victim != "keeper":
            assert processes.wait_gone([grandchild], 15)
    finally:
        processes.send(grandchild, signal.SIGKILL)
        launcher.kill()
        launcher.wait()


def test_keeper_asks_before_it_kills(tmp_path: Path) -> None:
    script = f"trap 'echo asked > {tmp_path}/asked; exit 3' TERM; touch {tmp_path}/ready; while :; do sleep 0.05; done"
    command = [sys.executable, "-I", str(KEEPER), str(os.getpid()), "--", "/bin/sh", "-c", script]
    keeper = subprocess.Popen(command, start_new_session=True)
    until((tmp_path / "ready").exists, 40, "the process")
    keeper.terminate()
    assert keeper.wait(timeout=10) == 3
    assert (tmp_path / "asked").read_text() == "asked\n"


def test_bootstrap_names_the_command_where_it_may_not_install(tmp_path: Path) -> None:
    # A machine without apt and without the programs that tests need.
    done = subprocess.run(
        [PYTHON, "-I", str(ROOT / "portal/launcher/bootstrap.py"), "--test"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "chromium" in done.stderr


def test_bootstrap_does_nothing_when_all_is_there() -> None:
    began = time.monotonic()
    subprocess.run([PYTHON, "-I", str(ROOT / "portal/launcher/bootstrap.py")], check=True, timeout=300, env=person_environment())
    first = time.monotonic() - began
    done = subprocess.run(
        [PYTHON, "-I", str(ROOT / "portal/launcher/bootstrap.py")], check=True, capture_output=True, text=True, env=person_environment()
    )
    assert time.monotonic() - began - first < 60
    assert done.stderr == ""


def test_packages_of_others_come_by_name_and_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    npm = programs / "npm"
    npm.write_text(f'#!/bin/sh\necho "$@" >> {programs}/asked\nprintf %s "$2" > packed.tgz\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(bootstrap, "PEERS", tmp_path / "npm")
    monkeypatch.setattr(bootstrap, "PEER_PACKAGES", {name: hashlib.sha256(name.encode()).hexdigest() for name in ("one@1.0", "two@2.0")})
    assert not bootstrap._peers_kept()
    bootstrap.fetch_peers()
    assert bootstrap._peers_kept() and bootstrap.peer_file("one@1.0").read_bytes() == b"one@1.0"
    assert (programs / "asked").read_text().count("--ignore-scripts") == 2
    bootstrap.peer_file("two@2.0").write_bytes(b"altered since")
    assert not bootstrap._peers_kept()
    bootstrap.fetch_peers()
    assert bootstrap._peers_kept() and (programs / "asked").read_text().count("one@1.0") == 1
    monkeypatch.setattr(bootstrap, "PEER_PACKAGES", {"three@3.0": "0" * 64})
    with pytest.raises(SystemExit):
        bootstrap.fetch_peers()
    assert "is not used" in capsys.readouterr().err and not bootstrap.peer_file("three@3.0").exists()


@pytest.fixture
def fake_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm that packs what lies beside it, and a bootstrap that keeps the checker in an empty folder. Returns npm's folder."""
    programs = tmp_path / "bin"
    programs.mkdir()
    npm = programs / "npm"
    npm.write_text(f'#!/bin/sh\necho "$@" > {programs}/asked\ncp {programs}/packed.tgz vnu.tgz\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(bootstrap, "CHECKER", tmp_path / "vnu.jar")
    return programs


def pack(path: Path, content: bytes) -> None:
    """A package of npm's with a checker in it."""
    with tarfile.open(path, "w:gz") as package:
        member = tarfile.TarInfo(bootstrap.CHECKER_MEMBER)
        member.size = len(content)
        package.addfile(member, io.BytesIO(content))


def test_the_checker_comes_by_the_name_of_its_package(fake_npm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack(fake_npm / "packed.tgz", b"the checker")
    monkeypatch.setattr(bootstrap, "CHECKER_SHA256", hashlib.sha256(b"the checker").hexdigest())
    assert not bootstrap._checker_kept()
    bootstrap.fetch_checker()
    assert bootstrap._checker_kept()
    assert bootstrap.CHECKER.read_bytes() == b"the checker"
    assert [path.name for path in bootstrap.CHECKER.parent.iterdir() if path.is_file()] == ["vnu.jar"]
    assert "vnu-jar@" in (fake_npm / "asked").read_text() and "--ignore-scripts" in (fake_npm / "asked").read_text()
    bootstrap.CHECKER.write_bytes(b"changed since")
    assert not bootstrap._checker_kept()


@pytest.mark.parametrize(("packed", "words"), [(None, "check the network"), (b"another file", "is not used")])
def test_without_the_pinned_checker_one_sentence_says_so(
    fake_npm: Path, capsys: pytest.CaptureFixture[str], packed: bytes | None, words: str
) -> None:
    if packed is not None:
        pack(fake_npm / "packed.tgz", packed)
    with pytest.raises(SystemExit):
        bootstrap.fetch_checker()
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and said[0].startswith("Fetching") and words in said[1]
    assert not bootstrap.CHECKER.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes users")
def test_servers_that_first_start_side_by_side_run_as_one_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ``useradd`` at once gave two numbers, one of which nobody had: on a new machine PostgreSQL then often did not start."""
    monkeypatch.setattr(privileges, "USER", "dvcqg-side-by-side")
    together = threading.Barrier(4)

    def account(name: str) -> int:
        together.wait()
        return privileges._service_account(tmp_path / name).pw_uid

    try:
        with ThreadPoolExecutor(4) as pool:
            given = set(pool.map(account, ("a", "b", "c", "d")))
        assert given == {pwd.getpwnam(privileges.USER).pw_uid}
    finally:
        subprocess.run(["userdel", privileges.USER], check=False, capture_output=True)
