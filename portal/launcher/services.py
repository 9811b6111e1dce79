"""Using the embedded PostgreSQL and Redis: whoever comes first starts them, whoever leaves last stops them.

    with Services(var) as services:
        os.environ.update(services.environment())

``DATABASE_URL`` and ``REDIS_URL`` in the environment replace the embedded servers, each for itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from portal.launcher import processes
from portal.launcher.common import ROOT, LauncherError, Lock, make_folders, read_json, refuse_full_disk
from portal.launcher.engines import ENGINES, Engine

PATIENCE_SECONDS = 90.0


class Lease:
    """The use of one embedded server by this process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._users = Lock(engine.var / "run" / f"{engine.name}.users.lock")
        self._supervisor = Lock(engine.var / "run" / f"{engine.name}.supervisor.lock")
        self._child: subprocess.Popen[bytes] | None = None
        self._broken = False
        self._log = engine.var / "log" / "supervisor.log"

    def take(self) -> None:
        """Declare the use; waits while a former server is still stopping."""
        if not self._users.shared(PATIENCE_SECONDS):
            raise LauncherError(f"The former {self.engine.name} in {self.engine.var} does not stop: its log is {self.engine.log}.")

    def supervised(self) -> bool:
        """Whether somebody keeps the server alive."""
        if self._child and self._child.poll() is not None:
            self._broken = bool(self._child.returncode)
            self._child = None
        return self._supervisor.held_by_someone()

    def launch(self) -> None:
        """Start the supervisor when there is none."""
        if self.supervised():
            return
        environment = {name: value for name, value in os.environ.items() if name not in (processes.RUN_MARK, processes.NAME_MARK)}
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "portal.launcher.supervisor", str(self.engine.var), self.engine.name],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self) -> str:
        """The server's address once it takes queries. Raises LauncherError when it cannot start."""
        end = time.monotonic() + PATIENCE_SECONDS
        pause = 0.02
        while time.monotonic() < end:
            state = read_json(self.engine.state)
            supervised = self.supervised()
            if supervised and state.get("state") == "ready" and self.engine.ready(state["port"]):
                return self.engine.url(state["port"])
            if not supervised and self._child is None:
                if state.get("state") == "failed":
                    raise LauncherError(str(state.get("error")))
                if self._broken:
                    raise LauncherError(f"The supervisor of {self.engine.name} does not start: see {self._log}.")
                self.launch()
            time.sleep(pause)
            pause = min(pause * 1.5, 0.2)
        raise self.engine.why(self.engine.log_tail())

    def last(self) -> bool:
        """End the use unless nobody else has one: True means that ``stop`` is due, and that who comes now waits for it."""
        if self._users.alone():
            return True
        self._users.release()
        return False

    def ask_to_stop(self) -> None:
        """Tell the supervisor, if there is one."""
        pid = int(read_json(self.engine.state).get("supervisor", 0))
        if pid and b"portal.launcher.supervisor" in processes.command_line(pid).split(b"\0"):
            processes.send(pid, signal.SIGTERM)

    def wait_stopped(self) -> None:
        """Wait until the server and its supervisor are gone, then end the use."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._supervisor.alone(0.25) and time.monotonic() < end:
            # Told again: it may have been so young that it had not said who it is.
            self.ask_to_stop()
        if found := self.engine.running():
            # Its supervisor was killed, and nobody had noticed yet.
            self.engine.stop(found[0])
            self.engine.clear()
        self._supervisor.release()
        if self._child:
            self._child.wait()
            self._child = None
        self._users.release()


class Services:
    """The embedded servers that this process's environment does not replace, for as long as they are used."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self._leases: list[Lease] = []
        self._urls: dict[str, str] = {}

    def __enter__(self) -> Self:
        wanted = [engine(self.var) for engine in ENGINES.values() if not os.environ.get(engine.variable)]
        if wanted:
            make_folders(self.var)
            refuse_full_disk(self.var)
        try:
            for engine in wanted:
                lease = Lease(engine)
                lease.take()
                self._leases.append(lease)
            self.ensure_started()
        except BaseException:
            self.leave()
            raise
        return self

    def ensure_started(self) -> bool:
        """Start what does not run, wait until it answers. True when an address changed: processes with the old one must restart."""
        for lease in self._leases:
            lease.launch()
        urls = {lease.engine.variable: lease.wait() for lease in self._leases}
        changed = bool(self._urls) and urls != self._urls
        self._urls = urls
        return changed

    def supervised(self) -> bool:
        """Whether every embedded server is looked after; cheap, for a regular look."""
        return all(lease.supervised() for lease in self._leases)

    def environment(self) -> dict[str, str]:
        """``DATABASE_URL`` and ``REDIS_URL`` of the embedded servers."""
        return dict(self._urls)

    def leave(self) -> None:
        """End the use; what nobody else uses stops, and has stopped when this returns."""
        leases, self._leases = [lease for lease in self._leases if lease.last()], []
        for lease in leases:
            lease.ask_to_stop()
        for lease in leases:
            lease.wait_stopped()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.leave()


def refuse_wrong_database(url: str) -> None:
    """Raise LauncherError when the database does not answer or does not know Vietnamese letters (any server, not only ours)."""
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute("SELECT lower('Đ') = 'đ' AND current_setting('server_encoding') = 'UTF8'").fetchone()
    except psycopg.OperationalError as error:
        reason = str(error).splitlines()[0]
        raise LauncherError(f"The database does not answer: start it, or correct DATABASE_URL ({reason}).") from None
    if not row or not row[0]:
        raise LauncherError(
            "The database of DATABASE_URL does not know Vietnamese letters (lower('Đ') is not 'đ'): "
            "create it anew with encoding UTF8 and a Unicode locale, e.g. `createdb -T template0 -E UTF8 --locale=C.UTF-8 portal`."
        )
