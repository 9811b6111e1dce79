"""What the launcher's parts share: where things lie, locks, small files, and the one kind of refusal."""

from __future__ import annotations

import fcntl
import json
import os
import random
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
"""The checkout."""

NEEDED_BYTES = 300 * 1024 * 1024
"""Room a fresh database, its write-ahead log and the static files need; PostgreSQL itself stops hard on a full disk."""


class LauncherError(Exception):
    """One plain sentence that says what is wrong and what to do; printed without a traceback."""


def var_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """Folder of this copy's data: the argument, else the environment's ``VAR``, else ``var/`` in the checkout."""
    return Path(given or os.environ.get("VAR") or ROOT / "var").resolve()


def make_folders(var: Path) -> None:
    """Create ``VAR`` and the launcher's own folders in it. Raises LauncherError where that is not allowed."""
    try:
        for folder in (var, var / "run", var / "log"):
            folder.mkdir(parents=True, exist_ok=True)
        if not os.access(var / "run", os.W_OK):
            raise PermissionError
    except PermissionError:
        raise LauncherError(
            f"The folder {var} belongs to another user: start as that user, or with a folder of your own, e.g. `VAR=$HOME/portal make run`."
        ) from None
    except (FileExistsError, NotADirectoryError):
        raise LauncherError(f"{var} is not a folder: choose another one, e.g. `VAR=$HOME/portal make run`.") from None


def disk_full(place: Path) -> LauncherError:
    """The sentence for a full disk."""
    return LauncherError(
        f"The disk is full at {place}: make room there, or keep the data elsewhere, e.g. `VAR=/another/disk/portal make run`."
    )


def refuse_full_disk(var: Path, needed: int = NEEDED_BYTES) -> None:
    """Raise LauncherError when fewer than ``needed`` bytes are free where ``var`` lies."""
    free = shutil.disk_usage(var).free
    if free < needed:
        raise LauncherError(
            f"The disk is full at {var} ({free // 2**20} MB free, {needed // 2**20} MB needed): "
            "make room there, or keep the data elsewhere, e.g. `VAR=/another/disk/portal make run`."
        )


def read_json(path: Path) -> dict[str, Any]:
    """Content of a small JSON file; empty when it is missing or was cut off by a crash."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replace a small JSON file whole, readable by its owner only: a reader sees the old or the new one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class Lock:
    """An advisory ``flock`` on a file. The kernel lets go of it when its process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def _take(self, operation: int, patience: float) -> bool:
        if self._fd is None:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        end = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(self._fd, operation | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= end:
                    return False
                time.sleep(0.05)
            else:
                return True

    def shared(self, patience: float = 0) -> bool:
        """Hold it together with others; tries for ``patience`` seconds."""
        return self._take(fcntl.LOCK_SH, patience)

    def alone(self, patience: float = 0) -> bool:
        """Hold it alone; tries for ``patience`` seconds. A shared hold is lost when this fails."""
        return self._take(fcntl.LOCK_EX, patience)

    def release(self) -> None:
        """Let go."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def held_by_someone(self) -> bool:
        """Whether another process holds it alone. Only for a lock that this object does not hold."""
        if self.shared():
            self.release()
            return False
        self.release()
        return True


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port() -> int:
    """A free port below the range from which the kernel takes ports of outgoing connections: it is likely free next time too."""
    for _ in range(200):
        port = random.randint(20000, 31999)
        if port_is_free(port):
            return port
    raise LauncherError("No free network port was found between 20000 and 31999: stop some servers and start again.")
