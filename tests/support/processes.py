"""Real processes for tests: web, worker, and a whole portal."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import databases

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
START_SECONDS = 180
"""What a process may need to start where others have the machine."""


@dataclass
class Running:
    """One process (group)."""

    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """Ask it to end, then make it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """kill -9 of the whole group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)


def start(name: str, command: list[str], var: Path, env: dict[str, str]) -> Running:
    """Start a command in a process group of its own; its output goes to a file under ``var``."""
    log = var / f"{name}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **env},
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    return Running(process, log)


def wait_for(url: str, seconds: float = START_SECONDS, running: Running | None = None) -> None:
    """Wait until an address answers 200."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if running is not None and running.process.poll() is not None:
            raise AssertionError(f"process ended: {running.log.read_text(errors='replace')[-3000:]}")
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(
        f"{url} did not answer in {seconds} s" + (f": {running.log.read_text(errors='replace')[-3000:]}" if running else "")
    )


def eventually(check: Any, seconds: float = 20, every: float = 0.1) -> Any:
    """The first true value of ``check()``; fails after thrice the ``seconds`` that a machine of its own would need."""
    seconds *= 3
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come true in {seconds} s")
        time.sleep(every)


def environment(var: Path, outside: dict[str, str], **more: str) -> dict[str, str]:
    """What the processes of a test portal get: this worker's database, Redis index and keys."""
    return {
        "DATABASE_URL": databases.url(),
        "DATABASE_CONN_MAX_AGE": "0",
        "VAR": str(var),
        "FILES_ROOT": str(var / "files"),
        **outside,
        **more,
    }


def start_celery(
    var: Path, outside: dict[str, str], *, beat: bool, queues: str = "now,soon,bulk", options: tuple[str, ...] = (), **more: str
) -> Running:
    """A worker on the queues (all: cheaper than the three of the Procfile); with ``beat`` it also runs the schedule."""
    (var / "run").mkdir(exist_ok=True)
    env = environment(var, outside, **{"DJANGO_SETTINGS_MODULE": "portal.settings.test", **more})
    running = start(
        f"celery-{queues}",
        [
            str(BIN / "celery"), "-A", "portal", "worker", "-n", queues.replace(",", "-") + "@%h", "-Q", queues, "-c", "2",
            "--loglevel", "INFO", "--without-gossip", "--without-mingle", *options,
            *(["-B", "-s", str(var / "run" / "beat")] if beat else []),
        ],
        var,
        env,
    )  # fmt: skip
    try:
        eventually(lambda: "ready." in running.log.read_text(errors="replace"), START_SECONDS)
    except BaseException:
        running.kill()
        raise
    return running


@dataclass
class Stack:
    """A whole running portal."""

    url: str
    web: Running
    worker: Running
    simulators: Any
    var: Path

    def stop(self) -> None:
        """All down, except the simulators (another fixture's)."""
        self.web.stop()
        self.worker.stop()


def collect_static(folder: Path) -> None:
    """The static files as gunicorn serves them."""
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"],
        cwd=ROOT,
        env={**os.environ, "STATIC_ROOT": str(folder), "DJANGO_SETTINGS_MODULE": "portal.settings.test_stack"},
        check=True,
        capture_output=True,
    )


def start_web(name: str, port: int, var: Path, env: dict[str, str]) -> Running:
    """gunicorn as the Procfile starts it, with two processes; it may not answer yet."""
    command = [str(BIN / "gunicorn"), "portal.wsgi", "-w", "2", "-k", "portal.operations.web.Worker", "--threads", "4"]
    return start(name, [*command, "--limit-request-line", "8190", "-b", f"127.0.0.1:{port}"], var, env)


def start_stack(var: Path, simulators: Any, port: int, static: Path) -> Stack:
    """gunicorn with the collected ``static`` files, worker and beat, beside running simulators."""
    url = f"http://localhost:{port}"
    figures = var / "figures"
    shutil.rmtree(figures, ignore_errors=True)
    figures.mkdir()
    env = environment(
        var,
        simulators.env,
        SITE_URL=url,
        STATIC_ROOT=str(static),
        PROMETHEUS_MULTIPROC_DIR=str(figures),
        DJANGO_SETTINGS_MODULE="portal.settings.test_stack",
    )
    web = start_web("web", port, var, env)
    started = [web]
    try:
        started.append(worker := start_celery(var, simulators.env, beat=True, SITE_URL=url))
        wait_for(url + "/health/live", START_SECONDS, web)
    except BaseException:
        # One that came up late would answer at this port for the next tests.
        for running in started:
            running.kill()
        raise
    return Stack(url, web, worker, simulators, var)
