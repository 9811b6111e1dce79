"""`make bench-watching`: what metrics, counts and traces of one request in a hundred cost.

The same portal twice at a time, once as it is with a sample of 1 %, once with neither metrics, counts nor traces (`bench.unwatched`); short
rounds in turn, so that a noisy machine takes from both. Claim: at most 5 % of requests a second. ``WRITE=1`` puts the figures into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import urlopen

from bench.load import ROOT
from bench.pages import write
from portal.launcher.common import free_port
from portal.launcher.environment import environment

MOST_PERCENT = 5.0
ROUNDS, SECONDS = 5, 2.0
ADDRESSES = ("/dieu-khoan/", "/thu-tuc/", "/tim-kiem/?q=khai+sinh")


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def _portal(port: int, **more: str) -> subprocess.Popen[bytes]:
    env = {**os.environ, **more, "PAGE_CACHE_MB": "0"}
    asked = [sys.executable, "-m", "gunicorn", "portal.wsgi", f"--bind=127.0.0.1:{port}", "--workers=1", "--threads=4",
             "--worker-class=portal.operations.web.Worker", "--log-level=warning", "--no-control-socket"]  # fmt: skip
    running = subprocess.Popen(asked, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urlopen(f"http://127.0.0.1:{port}/health/live", timeout=1):
                return running
        except OSError:
            time.sleep(0.2)
    running.kill()
    raise SystemExit("the portal did not start")


def _rate(port: int, address: str) -> float:
    """Requests a second, one after the other, for a round."""
    count, began = 0, time.monotonic()
    while time.monotonic() - began < SECONDS / len(ADDRESSES):
        with urlopen(f"http://127.0.0.1:{port}{address}", timeout=10) as answer:
            answer.read()
        count += 1
    return count / (time.monotonic() - began)


def main() -> int:
    """Measure, print, and say whether the claim holds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    os.environ.update(environment(Path(os.environ["VAR"]), servers))
    subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    Thread(target=receiver.serve_forever, daemon=True).start()
    ports = free_port(), free_port()
    plain = _portal(ports[0], DJANGO_SETTINGS_MODULE="bench.unwatched")
    traced = _portal(
        ports[1],
        DJANGO_SETTINGS_MODULE="bench.settings",
        TRACE_SAMPLE="0.01",
        TRACE_URL=f"http://127.0.0.1:{receiver.server_port}/v1/traces",
    )
    costs: list[float] = []
    rates: dict[str, list[float]] = {"without": [], "with": []}
    try:
        for port in ports:
            for address in ADDRESSES:
                _rate(port, address)
        for number in range(ROUNDS):
            for address in ADDRESSES:
                order = ports if number % 2 else ports[::-1]
                found = {port: _rate(port, address) for port in order}
                rates["without"].append(found[ports[0]])
                rates["with"].append(found[ports[1]])
                costs.append((1 - found[ports[1]] / found[ports[0]]) * 100)
    finally:
        for running in (plain, traced):
            running.terminate()
            running.wait()
    cost = statistics.median(costs)
    lines: list[Any] = [
        "| | requests a second, median |", "|---|---|",
        f"| nothing counted, nothing traced | {statistics.median(rates['without']):,.0f} |",
        f"| counted, one request in a hundred traced | {statistics.median(rates['with']):,.0f} |",
        f"| cost, median of {len(costs)} pairs | {cost:.1f} % (limit {MOST_PERCENT:.0f} %) |",
    ]  # fmt: skip
    text = "\n".join(lines)
    sys.stdout.write(text + "\n")
    if asked.write:
        write("watching", text)
    return 0 if cost <= MOST_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())
