"""One program of the drill: started in a process group of its own, so that it can be lost whole."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from portal.launcher import privileges, processes


class Part:
    """A program, its folder, its log."""

    def __init__(self, name: str, command: list[str], *, folder: Path, env: dict[str, str], as_server: bool = False) -> None:
        """``as_server``: under the unprivileged user whose the folder is (PostgreSQL refuses root)."""
        self.name, self.command, self.folder, self.env, self.as_server = name, command, folder, env, as_server
        self.log = folder.parent / "log" / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it (again)."""
        self.log.parent.mkdir(exist_ok=True)
        command = privileges.as_server(self.command, self.folder) if self.as_server else self.command
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder if self.as_server else None, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def lose(self) -> None:
        """As if its machine lost power: the whole group at once, whatever has gone into a session of its own included."""
        if self.process is None:
            return
        doomed = {self.process.pid, *descendants(self.process.pid)}
        # Patroni's PostgreSQL is nobody's child: its number stands in its folder.
        try:
            postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
            doomed |= {postmaster, *descendants(postmaster)}
        except (OSError, ValueError, IndexError):
            pass
        processes.send_group(self.process.pid, signal.SIGKILL)
        for pid in doomed:
            processes.send(pid, signal.SIGKILL)
        self.process.wait(20)
        processes.wait_gone(sorted(doomed), 20)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 20) -> None:
        """Ask it to end; take it away where it does not."""
        if not self.alive or self.process is None:
            return
        processes.send(self.process.pid, number)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.lose()

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return "(no log)"


def descendants(pid: int) -> set[int]:
    """All processes below one: a postmaster's children have sessions of their own."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            try:
                stat = Path(f"/proc/{name}/stat").read_text()
            except OSError:
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for child in parents.get(waiting.pop(), []):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


class NotInTimeError(RuntimeError):
    """Something that must come did not come."""


def until(condition: Callable[[], object], seconds: float, what: str, *, of: Part | None = None, pause: float = 0.2) -> float:
    """Wait for it; seconds that it took. Raises :class:`NotInTimeError` with the last words ``of`` the program that is waited for."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if condition():
            return time.monotonic() - began
        time.sleep(pause)
    raise NotInTimeError(f"not within {seconds:.0f} s: {what}" + (f"\n{of.last_words()}" if of else ""))
