"""A portal started as a person starts it, looked at from outside."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psycopg

from portal.launcher import processes
from portal.launcher.common import ROOT, free_port, port_is_free, read_json
from portal.launcher.engines import Postgres, Redis

PYTHON = str(ROOT / ".venv" / "bin" / "python") if (ROOT / ".venv").exists() else sys.executable


def person_environment(**more: str) -> dict[str, str]:
    """What a person's shell has, and nothing of the tests' own servers and settings."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "USER") or name.startswith("PIP_")}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", **more}


def until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait for something that must happen within the time on a machine of its own; beside other tests it gets thrice that."""
    end = time.monotonic() + 3 * seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    """Send a signal to one process; 0 ("does not run") must never reach os.kill, which would take it for our own group."""
    assert pid > 0, "it does not run"
    os.kill(pid, number)


def processes_of(var: Path) -> list[int]:
    """Every process that belongs to this VAR: launcher's children, supervisors, servers and their children."""
    title = f"postgres: {Postgres(var).cluster}:".encode()
    found = set(processes.marked(var))
    for pid in processes.pids():
        line = processes.command_line(pid)
        mine = line.startswith(title) or any(part == str(var).encode() or part.startswith(f"{var}/".encode()) for part in line.split(b"\0"))
        if mine and processes.alive(pid) and pid != os.getpid():
            found.add(pid)
    return sorted(found)


START_SECONDS = 500
"""A first start makes a database and loads the demonstration; beside other tests that takes minutes."""


class Portal:
    """``make run`` (or another command) with a VAR and a port of its own."""

    def __init__(self, var: Path, port: int, log: Path, command: list[str] | None = None) -> None:
        self.var, self.port, self.log = var, port, log
        self.command = command or ["make", "run"]
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self, **more: str) -> dict[str, str]:
        """Of a person who works with this copy."""
        return person_environment(VAR=str(self.var), PORT=str(self.port), PYTHON=PYTHON, **more)

    def start(self) -> float:
        """Start, wait for the welcome; returns the seconds it took."""
        began = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # A terminal's processes can be interrupted, even where these tests run in the background.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        until(lambda: "Stop with Ctrl-C" in self.text() or self.process.poll() is not None, START_SECONDS, "the welcome")
        assert self.process.poll() is None, self.text()
        return time.monotonic() - began

    def start_again(self) -> float:
        """As `start`, with the data that a first start left: made once for a run of the tests, for what it takes each time is minutes."""
        kept = _first_start()
        shutil.rmtree(self.var, ignore_errors=True)
        # Owners stay: where the tests run as root, the servers' data belong to somebody else.
        subprocess.run(["cp", "-a", str(kept), str(self.var)], check=True)
        return self.start()

    def text(self) -> str:
        """What it has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def launcher(self) -> int:
        """Process of the launcher itself."""
        return int(read_json(self.var / "run" / "run.json")["pid"])

    def interrupt(self) -> int:
        """Ctrl-C at the terminal: the whole foreground group gets it. Returns the exit status."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=180)

    def end(self) -> None:
        """Whatever state it is in, leave nothing behind."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        processes.kill_all(lambda: processes_of(self.var))

    def get(self, path: str) -> int:
        """Status of a page; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://localhost:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def whole(self) -> bool:
        """Whether web, database and Redis answer."""
        return self.get("/health/ready") == 200

    def leader(self, name: str) -> int:
        """Main process of a Procfile line: the child of its keeper; 0 when there is none."""
        keeper = self.keeper(name)
        children = [pid for pid in processes.marked(self.var, name) if _parent(pid) == keeper]
        return children[0] if keeper and children else 0

    def keeper(self, name: str) -> int:
        """Its keeper: the child of the launcher; 0 when there is none."""
        launcher = self.launcher()
        return next((pid for pid in processes.marked(self.var, name) if _parent(pid) == launcher), 0)

    def database(self) -> psycopg.Connection:
        """A connection with autocommit to its embedded database."""
        engine = Postgres(self.var)
        return psycopg.connect(engine.url(read_json(engine.state)["port"]), autocommit=True, connect_timeout=5)

    def server(self, name: str) -> int:
        """Process of PostgreSQL or Redis; 0 when it does not run."""
        found = (Postgres if name == "postgres" else Redis)(self.var).running()
        return found[0] if found else 0


def _first_start() -> Path:
    """Data of a portal that was started for the first time and stopped; the first who asks makes them, the other worker waits."""
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    shelf = ROOT / "var" / "test" / "first-start"
    shelf.mkdir(parents=True, exist_ok=True)
    with (shelf / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = shelf / session / "var"
        if not kept.exists():
            for former in shelf.glob("*/"):
                shutil.rmtree(former, ignore_errors=True)
            made = shelf / session / "making"
            portal = Portal(made, free_pair(), shelf / "output.txt")
            try:
                portal.start()
                portal.interrupt()
            finally:
                portal.end()
            # What a running portal leaves for those beside it speaks of processes that are gone.
            shutil.rmtree(made / "run", ignore_errors=True)
            made.rename(kept)
        return kept


def free_pair() -> int:
    """A port that is free together with the next two, where the simulators and their mail server will be."""
    while not (port_is_free((port := free_port()) + 1) and port_is_free(port + 2)):
        pass
    return port


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):
        return 0
