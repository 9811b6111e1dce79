"""``python healthcheck.py web | beat | worker-now | worker-soon | worker-bulk``: whether this container's process does its work.

Standard library alone. Ends with 0 or 1 and one line that says why. Nothing here touches what it asks about.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

OLDEST_SCHEDULE_SECONDS = 600.0
"""beat writes its schedule to disk every three minutes."""


def web(port: int = 8000) -> str:
    """Asks as the proxy does: the portal refuses foreign hosts and sends plain HTTP to HTTPS. Empty when it can serve."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/ready", headers={"Host": host, "X-Forwarded-Proto": "https"})
        status = connection.getresponse().status
    except OSError as error:
        return f"web does not answer: {error}"
    finally:
        connection.close()
    return "" if status == 200 else f"web answers {status}"


def beat(folder: Path | None = None) -> str:
    """The schedule on disk is fresh. Empty when it is."""
    folder = folder or Path(os.environ["VAR"]) / "run"
    times = [path.stat().st_mtime for path in folder.glob("celerybeat-schedule*")]
    if not times:
        return "beat has written no schedule"
    age = time.time() - max(times)
    return "" if age < OLDEST_SCHEDULE_SECONDS else f"beat wrote its schedule {age:.0f} s ago"


def worker(queue: str) -> str:
    """The queue's worker in this container answers over the broker. Empty when it does."""
    name = f"{queue}@{socket.gethostname()}"
    command = [sys.executable, "-m", "celery", "--app", "portal", "inspect", "ping", "--destination", name, "--timeout", "5"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=25, check=False)
    except subprocess.TimeoutExpired:
        return f"worker {queue}: the broker does not answer"
    return "" if done.returncode == 0 else f"worker {queue} does not answer"


CHECKS: dict[str, Callable[[], str]] = {
    "web": web,
    "beat": beat,
    **{f"worker-{queue}": partial(worker, queue) for queue in ("now", "soon", "bulk")},
}


def main(arguments: list[str]) -> int:
    """Run the check named; 0 when all is well."""
    trouble = CHECKS[arguments[0]]()
    sys.stdout.write((trouble or "ok") + "\n")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
