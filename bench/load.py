"""Load: wrk on loopback, bounded in time, and what it measured."""

from __future__ import annotations

import contextlib
import json
import math
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from portal.launcher.common import free_port

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Measured:
    """One run of wrk; times in milliseconds."""

    requests: int
    seconds: float
    bytes: int
    errors: int
    p50: float
    p95: float
    p99: float
    max: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


def wrk(url: str, paths: Sequence[str], folder: Path, *, users: int, seconds: float, headers: Sequence[str] = ()) -> Measured:
    """Ask for the paths in turn with ``users`` connections. Any answer but 2xx and 3xx ends the benchmark."""
    listed = folder / "paths.txt"
    listed.write_text("\n".join(paths) + "\n", encoding="utf-8")
    command = ["wrk", "-t", str(min(2, users)), "-c", str(users), "-d", f"{math.ceil(seconds)}s", "--timeout", "20s"]
    command += [part for header in headers for part in ("-H", header)]
    done = subprocess.run(
        [*command, "-s", str(ROOT / "bench" / "load.lua"), url, "--", str(listed)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"wrk: {done.stderr or done.stdout}")
    found = Measured(**json.loads(done.stdout.strip().splitlines()[-1]))
    if found.errors:
        raise SystemExit(f"{found.errors} of {found.requests} requests failed: {paths[0]} …")
    return found


@contextlib.contextmanager
def gunicorn(env: dict[str, str]) -> Iterator[str]:
    """The portal as its Procfile starts it (two workers of four threads); gives its address."""
    port = free_port()
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    command = next(line.partition(":")[2] for line in lines if line.startswith("web:"))
    web = subprocess.Popen(
        ["/bin/sh", "-c", f"exec {command.strip()}"],
        cwd=ROOT,
        env={**env, "PORT": str(port), "PATH": f"{BIN}{os.pathsep}{env['PATH']}"},
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until_answers(f"{url}/health/live")
        yield url
    finally:
        web.terminate()
        web.wait(20)


def until_answers(url: str, seconds: float = 40) -> None:
    """Wait until an address answers 200."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            if answer.status == 200:
                return
        if time.monotonic() > deadline:
            raise SystemExit(f"{url} did not answer")
        time.sleep(0.1)


def size_of(url: str) -> int:
    """Bytes of a page."""
    # The host that wrk asks for: kept pages are kept by host.
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Host": "localhost"}), timeout=20) as answer:
        return len(answer.read())


def warm(url: str, paths: Sequence[str], rounds: int = 6) -> None:
    """Ask for each path several times, so that both processes have seen it (the kernel chooses who answers)."""
    with ThreadPoolExecutor(4) as pool:
        for _ in range(rounds):
            list(pool.map(lambda path: size_of(url + path), paths))
