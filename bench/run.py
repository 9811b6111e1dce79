"""`make bench`: pages against a bare Django view of as many bytes, in the same run on the same gunicorn.

Prints a table; ``--write`` puts it into docs/performance.md. The machine is shared and noisy: read the ratios.
"""

from __future__ import annotations

import argparse
import datetime as dt
import http.client
import os
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from portal.launcher.environment import environment

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"home": "/", "procedure": "/thu-tuc/1.001193/", "procedures": "/thu-tuc/", "search": "/tim-kiem/?q=khai+sinh"}


def _get(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> int:
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status}")
    return len(body)


def latency(port: int, path: str, headers: dict[str, str], count: int) -> list[float]:
    """Milliseconds of each of ``count`` requests of one user on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for _ in range(10):
        _get(connection, path, headers)
    times = []
    for _ in range(count):
        started = time.perf_counter()
        _get(connection, path, headers)
        times.append((time.perf_counter() - started) * 1000)
    return times


def throughput(port: int, path: str, headers: dict[str, str], seconds: float, users: int = 4) -> float:
    """Requests a second of ``users`` users on a connection each."""
    done = [0] * users
    end = time.perf_counter() + seconds

    def work(index: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        while time.perf_counter() < end:
            _get(connection, path, headers)
            done[index] += 1

    threads = [threading.Thread(target=work, args=(index,)) for index in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


def main() -> None:
    """Prepare, start gunicorn with two workers, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    for command in (["prepare"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    web = subprocess.Popen(
        [
            str(Path(sys.executable).parent / "gunicorn"),
            "portal.wsgi",
            "-w",
            "2",
            "-k",
            "gthread",
            "--threads",
            "4",
            "-b",
            f"127.0.0.1:{port}",
        ],
        cwd=ROOT,
        env=env,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), 1):
                    break
            except OSError:
                if time.monotonic() > deadline:
                    raise SystemExit("gunicorn did not start") from None
                time.sleep(0.1)
        headers = {"Host": "localhost", "Accept-Encoding": "identity"}
        rows = []
        for name, path in PAGES.items():
            size = _get(http.client.HTTPConnection("127.0.0.1", port, timeout=20), path, headers)
            times = sorted(latency(port, path, headers, options.count))
            bare_times = sorted(latency(port, f"/bare/{size}/", headers, options.count))
            rate, bare_rate = throughput(port, path, headers, options.seconds), throughput(port, f"/bare/{size}/", headers, options.seconds)
            cut = statistics.quantiles(times, n=100)
            rows.append(
                f"| {name} | {size:,} | {rate:,.0f} | {bare_rate:,.0f} | {rate / bare_rate:.2f} "
                f"| {cut[49]:.1f} | {cut[94]:.1f} | {cut[98]:.1f} | {statistics.median(bare_times):.1f} |"
            )
    finally:
        web.terminate()
        web.wait(15)
    table = "\n".join(
        [
            "| page | bytes | req/s | bare view req/s | ratio | p50 ms | p95 ms | p99 ms | bare p50 ms |",
            "|---|---|---|---|---|---|---|---|---|",
            *rows,
        ]
    )
    print(table)
    if options.write:
        file = ROOT / "docs" / "performance.md"
        text = file.read_text(encoding="utf-8")
        stamp = (
            f"Measured {dt.datetime.now(dt.UTC).date().isoformat()}, {os.cpu_count()} cores, "
            "gunicorn with two workers, one user (latency) and four (rate).\n\n"
        )
        text = re.sub(r"(?s)<!-- pages -->.*<!-- /pages -->", lambda _: f"<!-- pages -->\n{stamp}{table}\n<!-- /pages -->", text)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
