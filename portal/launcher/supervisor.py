"""Keeps one embedded server alive while anybody uses it: ``python -m portal.launcher.supervisor VAR postgres``.

Started by whoever needs the server first (``services.py``), in a session of its own. Two locks tell everything:

* ``run/<name>.supervisor.lock`` is held alone by this process while it lives;
* ``run/<name>.users.lock`` is held shared by everyone who uses the server. Who can hold it alone was the last: then the server stops.
  Usually the last user says so; where it was killed, this process notices within half a second.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from portal.launcher import processes
from portal.launcher.common import LauncherError, Lock, free_port, port_is_free, read_json, write_json
from portal.launcher.engines import ENGINES, LOG_BYTES, Engine

TICK_SECONDS = 0.5
START_SECONDS = 60.0
"""A first start that takes longer has failed; recovery after a crash of a large database counts into it."""


class Supervisor:
    """The life of one server."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.wake = processes.Wake(signal.SIGTERM)
        self.users = Lock(engine.var / "run" / f"{engine.name}.users.lock")
        self.was_ready = False

    def finished(self) -> bool:
        """Whether the server is to stop: we were told, or nobody uses it any more (then nobody can come until we are gone)."""
        return bool(self.wake.received) or self.users.alone()

    def note(self, state: str, **facts: object) -> None:
        """Tell the users."""
        write_json(self.engine.state, {"state": state, "supervisor": os.getpid(), **facts})

    def choose_port(self) -> int:
        """The port of last time when it is free: running processes still have it in their settings."""
        port = int(read_json(self.engine.state).get("port", 0))
        end = time.monotonic() + 5
        while port and not port_is_free(port):
            if time.monotonic() > end:
                return free_port()
            self.wake.sleep(0.1)
        return port or free_port()

    def start(self, port: int) -> int:
        """Start the server on this port; returns its process."""
        self.engine.clear()
        self.engine.prepare(port)
        log = self.engine.log
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            child = subprocess.Popen(
                self.engine.command(port),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.engine.folder,
                env=self.engine.environment(),
                start_new_session=True,
            )
        # Reaped by number together with orphans that become ours.
        child.returncode = 0
        return child.pid

    def becomes_ready(self, pid: int, port: int) -> bool:
        """Wait for a server that is starting; False when it ended instead, or when we are to stop."""
        end = time.monotonic() + START_SECONDS
        pause = 0.02
        while processes.alive(pid) and time.monotonic() < end:
            if self.engine.ready(port):
                return True
            if self.finished():
                return False
            self.wake.sleep(pause)
            pause = min(pause * 1.5, 0.3)
        return False

    def run(self) -> int:
        """Until nobody uses the server any more. Returns the exit status."""
        found = self.engine.running()
        pid, port = found or (0, self.choose_port())
        self.note("starting", port=port)
        first, pause = time.monotonic(), 0.1
        while True:
            try:
                pid = pid or self.start(port)
                ready = self.becomes_ready(pid, port)
                trouble = None if ready else self.engine.why(self.engine.log_tail())
            except LauncherError as error:
                ready, trouble = False, error
            if ready:
                self.was_ready, pause = True, 0.1
                self.note("ready", port=port, pid=pid)
                self.watch(pid)
            if self.finished():
                if pid:
                    self.engine.stop(pid)
                self.engine.clear()
                self.note("stopped", port=port)
                return 0
            if pid and processes.alive(pid):
                self.engine.stop(pid)
            processes.reap()
            pid = 0
            # A first start gives up after a while and says why; afterwards people depend on the server, so it is tried for ever.
            if trouble and not self.was_ready and time.monotonic() - first > (10 if "in use" in str(trouble) else 1):
                self.note("failed", port=port, error=str(trouble))
                return 1
            if trouble:
                self.wake.sleep(pause)
                pause = min(pause * 2, 2.0)

    def watch(self, pid: int) -> None:
        """Sleep until the server ends or is to stop."""
        try:
            watched = [os.pidfd_open(pid)]
        except ProcessLookupError:
            return
        try:
            while processes.alive(pid) and not self.finished():
                self.wake.sleep(TICK_SECONDS, watched)
                processes.reap()
        finally:
            os.close(watched[0])


def main(arguments: list[str]) -> int:
    """Supervise, unless another supervisor does."""
    engine = ENGINES[arguments[1]](Path(arguments[0]))
    lock = Lock(engine.var / "run" / f"{engine.name}.supervisor.lock")
    # A moment of patience: users look whether it is held by trying to hold it.
    if not lock.alone(patience=1):
        return 0
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    processes.become_subreaper()
    try:
        return Supervisor(engine).run()
    except OSError as error:
        write_json(engine.state, {**read_json(engine.state), "state": "failed", "error": str(engine.why(str(error)))})
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
