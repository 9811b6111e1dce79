"""``make run``: the whole portal on one machine, until Ctrl-C.

The launcher is the only one who restarts processes. Each line of the Procfile runs under a keeper (``keep.py``) that ends the
line's whole process group when the process, the keeper or the launcher dies. PostgreSQL and Redis have their own supervisors.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from portal.launcher import processes
from portal.launcher.common import ROOT, LauncherError, Lock, make_folders, port_is_free, read_json, refuse_full_disk, write_json
from portal.launcher.environment import LOCAL_SETTINGS, environment, ports
from portal.launcher.services import Services, refuse_wrong_database
from portal.launcher.welcome import welcome

PROCFILE = ROOT / "Procfile"
KEEPER = Path(__file__).with_name("keep.py")
TICK_SECONDS = 0.5
STOP_SECONDS = 12.0
"""A keeper kills its process 8 seconds after asking it to end."""
HEAD_START_SECONDS = 2.5
LONG_LIFE_SECONDS = 10.0
"""A process that lived so long is restarted at once; one that keeps falling waits longer each time, up to 10 seconds."""


class Program:
    """One line of the Procfile."""

    def __init__(self, name: str, command: str, colour: str) -> None:
        self.name = name
        self.command = command
        self.colour = colour
        self.keeper: subprocess.Popen[bytes] | None = None
        self.born = 0.0
        self.falls = 0
        self.due = 0.0
        """When to start (again), on the monotonic clock."""


class Output:
    """The terminal, shared by all processes line by line."""

    def __init__(self, width: int) -> None:
        self._printer = Printer(sys.stdout, width=width)
        self._lock = threading.Lock()

    def line(self, name: str, text: str | bytes, colour: str = "") -> None:
        """Print one line of a process."""
        # A reader that went away (`make run | head`) must not stop the portal.
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._printer.write(Message("line", text, datetime.now(), name, colour))  # noqa: DTZ005

    def plain(self, text: str) -> None:
        """Print text that belongs to no process."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            print(text, flush=True)

    def follow(self, program: Program, pipe: Any) -> None:
        """Print what a process writes, until it ends."""
        with pipe:
            for line in pipe:
                self.line(program.name, line.rstrip(b"\n"), program.colour)


class Run:
    """One portal under one VAR."""

    def __init__(self, var: Path, services: Services, procfile: Path = PROCFILE) -> None:
        self.var = var
        self.services = services
        self.port, self.simulators_port = ports(var)
        self.host = os.environ.get("HOST") or "127.0.0.1"
        lines = parse_procfile(procfile.read_text(encoding="utf-8")).processes
        self.programs = [Program(name, command, colour) for (name, command), colour in zip(lines.items(), get_colours(), strict=False)]
        self.output = Output(max(len(name) for name in lines))
        self.wake = processes.Wake(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self.make = MakeWatch()

    # Starting

    def note(self, **facts: object) -> None:
        """Tell a second start, ``manage.py`` and the next start about this one."""
        facts = {"pid": os.getpid(), "port": self.port, "simulators_port": self.simulators_port, **facts}
        write_json(self.var / "run" / "run.json", facts)

    def prepare(self, env: dict[str, str]) -> None:
        """Migrations, data and static files. Raises LauncherError when they fail; their own words stand above it then."""
        stamp = self.var / "run" / "static.stamp"
        fingerprint = static_fingerprint()
        steps = [["manage.py", "prepare"]]
        if read_json(stamp).get("fingerprint") != fingerprint or not (self.var / "static" / "staticfiles.json").exists():
            steps.append(["manage.py", "collectstatic", "--noinput", "--clear", "-v", "0"])
        running = [
            subprocess.Popen([sys.executable, *step], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, start_new_session=True) for step in steps
        ]
        try:
            while any(step.poll() is None for step in running):
                self.wake.sleep(TICK_SECONDS)
                if self.asked_to_stop():
                    raise KeyboardInterrupt
        finally:
            for step in running:
                if step.poll() is None:
                    processes.send_group(step.pid, signal.SIGKILL)
                    step.wait()
        for step, arguments in zip(running, steps, strict=True):
            if step.returncode:
                refuse_full_disk(self.var)
                raise LauncherError(f"`{' '.join(arguments)}` failed: its message stands above.")
        if len(steps) > 1:
            write_json(stamp, {"fingerprint": fingerprint})

    def environment(self) -> dict[str, str]:
        """For the processes of the Procfile."""
        env = environment(self.var, self.services.environment())
        # The same interpreter everywhere, whatever else is first on the caller's PATH.
        env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', os.defpath)}"
        env["PYTHONUNBUFFERED"] = "1"
        env[processes.RUN_MARK] = str(self.var)
        return env

    def start(self, program: Program, env: dict[str, str]) -> None:
        """Start one process under its keeper."""
        program.born = time.monotonic()
        program.keeper = subprocess.Popen(
            [sys.executable, "-I", str(KEEPER), str(os.getpid()), "--", "/bin/sh", "-c", f"exec {program.command}"],
            cwd=ROOT,
            env={**env, processes.NAME_MARK: program.name},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        threading.Thread(target=self.output.follow, args=(program, program.keeper.stdout), daemon=True).start()

    # Running

    def asked_to_stop(self) -> bool:
        """By a signal to us, or because the make that started us was ended."""
        return bool(self.wake.received) or self.make.ended()

    def put_first_first(self) -> None:
        """The first line of the Procfile is what people wait for: the others start once it answers, or a little later."""
        for program in self.programs[1:]:
            program.due = time.monotonic() + HEAD_START_SECONDS

    def look_after(self, env: dict[str, str]) -> None:
        """Start what is due, restart what ended."""
        now = time.monotonic()
        for program in self.programs:
            if program.keeper and (status := program.keeper.poll()) is not None:
                program.keeper = None
                # Only when the keeper itself was killed is there anything left.
                processes.kill_all(lambda name=program.name: processes.marked(self.var, name))  # type: ignore[misc]
                program.falls = 0 if now - program.born > LONG_LIFE_SECONDS else program.falls + 1
                program.due = now + (min(10.0, 0.25 * 2**program.falls) if program.falls else 0)
                self.output.line("launcher", f"{program.name} ended (status {status}) and is started again")
            if program.keeper is None and now >= program.due:
                self.start(program, env)

    def live(self) -> bool:
        """Whether the web process answers."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        request = urllib.request.Request(f"http://{host}:{self.port}/health/live", headers={"Host": f"localhost:{self.port}"})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError, ValueError):
            return False

    def loop(self, env: dict[str, str]) -> None:
        """Until we are asked to stop."""
        greeted = False
        self.put_first_first()
        while not self.asked_to_stop():
            self.look_after(env)
            if not self.services.supervised():
                self.output.line("launcher", "the supervisor of a database server ended and is started again")
                try:
                    if self.services.ensure_started():
                        self.output.line("launcher", "a database server has a new address: every process starts again")
                        self.stop()
                        env = self.environment()
                except LauncherError as error:
                    self.output.line("launcher", f"{error} Trying again.")
            if not greeted and self.live():
                greeted = True
                for program in self.programs:
                    program.due = min(program.due, time.monotonic())
                self.note(state="running")
                self.output.plain(welcome(env, self.var, bold=sys.stdout.isatty()))
            keepers = [program.keeper.pid for program in self.programs if program.keeper]
            with watched(keepers) as fds:
                self.wake.sleep(TICK_SECONDS if greeted else 0.1, fds)

    # Stopping

    def stop(self) -> None:
        """End every process of the Procfile; a second signal kills at once."""
        keepers = [program.keeper for program in self.programs if program.keeper]
        before = len(self.wake.received)
        for keeper in keepers:
            processes.send(keeper.pid, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while any(keeper.poll() is None for keeper in keepers) and time.monotonic() < end and len(self.wake.received) <= before:
            self.wake.sleep(0.1)
        for keeper in keepers:
            if keeper.poll() is None:
                keeper.kill()
            keeper.wait()
        processes.kill_all(lambda: processes.marked(self.var))
        for program in self.programs:
            program.keeper, program.falls, program.due = None, 0, 0.0


@contextlib.contextmanager
def watched(pids: list[int]) -> Iterator[list[int]]:
    """File descriptors that become readable when these processes end."""
    fds = []
    try:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                fds.append(os.pidfd_open(pid))
        yield fds
    finally:
        for fd in fds:
            os.close(fd)


class MakeWatch:
    """Ends the portal with the ``make`` that started it.

    A terminal's Ctrl-C and a SIGTERM to make reach us anyway. A SIGKILL of make would leave us running with nobody to stop us,
    and a SIGINT sent to make alone would let it wait for us for ever: it only stops catching the signal.
    """

    def __init__(self) -> None:
        self.pid = os.getppid() if os.environ.get("MAKELEVEL") else 0
        try:
            if self.pid and Path(f"/proc/{self.pid}/comm").read_text().strip() not in ("make", "gmake"):
                self.pid = 0
        except OSError:
            self.pid = 0
        self.caught = self._catches_interrupt()

    def _catches_interrupt(self) -> bool:
        try:
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
                if line.startswith("SigCgt:"):
                    return bool(int(line.split()[1], 16) >> (signal.SIGINT - 1) & 1)
        except OSError:
            pass
        return False

    def ended(self) -> bool:
        """Whether make is gone or was interrupted."""
        return bool(self.pid) and (os.getppid() != self.pid or (self.caught and not self._catches_interrupt()))


def static_fingerprint() -> str:
    """Changes when the static files to collect change: our own, or (with the lock file) those of installed packages."""
    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    rooms = [init.parent / "static" for pattern in ("*/__init__.py", "portal/*/__init__.py") for init in sorted(ROOT.glob(pattern))]
    folders = [ROOT / "static", *rooms]
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                facts = path.stat()
                digest.update(json.dumps([str(path.relative_to(ROOT)), facts.st_size, facts.st_mtime_ns]).encode())
    return digest.hexdigest()


PORT_SECONDS = 10.0
"""A process that was killed holds its sockets for a moment after it looks dead, on a busy machine for seconds."""


def refuse_taken_port(name: str, port: int, host: str, *, patience: float = PORT_SECONDS) -> None:
    """Raise LauncherError when another program listens there, and still does after so many seconds."""
    end = time.monotonic() + patience
    while not (is_free := port_is_free(port, host)) and time.monotonic() < end:
        time.sleep(0.1)
    if not is_free:
        advice = next((other for other in range(port + 10, 65000, 10) if port_is_free(other, host)), port + 10)
        raise LauncherError(f"Port {port} is taken by another program: choose another one, e.g. `{name}={advice} make run`.")


def run_portal(var: Path, procfile: Path = PROCFILE) -> int:
    """The whole life of ``make run``. Raises LauncherError for what a person has to put right."""
    if os.environ.get("DJANGO_SETTINGS_MODULE", LOCAL_SETTINGS) != LOCAL_SETTINGS:
        raise LauncherError("`make run` is for one machine with simulators: in production start the Procfile's processes yourself.")
    make_folders(var)
    refuse_full_disk(var)
    lock = Lock(var / "run" / "run.lock")
    if not lock.alone(patience=1):
        # One that is just ending is waited for.
        stopping = read_json(var / "run" / "run.json").get("state") == "stopping"
        if not (stopping and lock.alone(patience=30)):
            port = read_json(var / "run" / "run.json").get("port", "?")
            raise LauncherError(
                f"This portal already runs at http://localhost:{port} with the data in {var}: stop it there with Ctrl-C, "
                "or start a second one with data of its own: `VAR=var2 PORT=8010 make run`."
            )
    (var / "run" / "run.json").unlink(missing_ok=True)
    # Processes of a launcher that was killed, in case their keepers were, too.
    processes.kill_all(lambda: processes.marked(var))
    port, simulators_port = ports(var)
    host = os.environ.get("HOST") or "127.0.0.1"
    refuse_taken_port("PORT", port, host)
    refuse_taken_port("SIMULATORS_PORT", simulators_port, "127.0.0.1")
    refuse_taken_port("SIMULATORS_PORT", simulators_port + 1, "127.0.0.1")  # the simulators' mail server
    with Services(var) as services:
        run = Run(var, services, procfile)
        run.note(state="starting")
        env = run.environment()
        refuse_wrong_database(env["DATABASE_URL"])
        try:
            run.prepare(env)
            run.loop(env)
            run.output.plain("Stopping …")
        except KeyboardInterrupt:
            pass
        finally:
            with contextlib.suppress(OSError):
                run.note(state="stopping")
            run.stop()
    lock.release()
    run.output.plain(f"Stopped. Everything is kept in {var}.")
    return 0
