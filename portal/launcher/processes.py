"""Looking at processes through /proc, and ending those that are ours."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

RUN_MARK = "PORTAL_LAUNCHER_VAR"
"""Environment variable that every process under ``make run`` carries: the VAR it belongs to."""
NAME_MARK = "PORTAL_LAUNCHER_PROCESS"
"""Environment variable with the process's name in the Procfile."""

_PR_SET_CHILD_SUBREAPER = 36


def become_subreaper() -> None:
    """Orphans below this process become its children instead of init's, so that it can end and reap them."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def pids() -> Iterator[int]:
    """Every process of the machine that can be seen."""
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            yield int(name)


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def exists(pid: int) -> bool:
    """Whether the kernel still knows a process of this number, also one that has ended and was not buried yet."""
    return Path(f"/proc/{pid}").exists()


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits to be reaped does not."""
    state = _read(pid, "stat").rpartition(b")")[2].split()
    return bool(state) and state[0] not in (b"Z", b"X")


def command_line(pid: int) -> bytes:
    """Arguments separated by NUL, or the title the process gave itself; empty when it is gone."""
    return _read(pid, "cmdline")


def marked(var: Path, name: str | None = None) -> list[int]:
    """Processes started by ``make run`` with this VAR (and this Procfile name), this process excepted."""
    wanted = {f"{RUN_MARK}={var}".encode()}
    if name:
        wanted.add(f"{NAME_MARK}={name}".encode())
    return [pid for pid in pids() if pid != os.getpid() and wanted <= set(_read(pid, "environ").split(b"\0")) and alive(pid)]


def send(pid: int, number: int) -> None:
    """Send a signal; a process that is already gone is fine."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def send_group(group: int, number: int) -> None:
    """Send a signal to a process group; one that is already gone is fine."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def reap() -> None:
    """Collect every child that has ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def wait_gone(victims: Iterable[int], seconds: float) -> bool:
    """Wait until none of them runs; False when the time was not enough."""
    remaining = list(victims)
    end = time.monotonic() + seconds
    while remaining := [pid for pid in remaining if alive(pid)]:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def kill_all(find: Callable[[], list[int]], seconds: float = 10) -> int:
    """SIGKILL what ``find`` finds until it finds nothing (a dying process may still fork); returns how many there were."""
    ended: set[int] = set()
    end = time.monotonic() + seconds
    while (victims := find()) and time.monotonic() < end:
        for pid in victims:
            send(pid, signal.SIGKILL)
        ended.update(victims)
        wait_gone(victims, 2)
    return len(ended)


class Wake:
    """Sleeps until a signal, the end of a watched process, or a time-out. One per process: it owns the signal handlers."""

    def __init__(self, *signals: int) -> None:
        self.received: list[int] = []
        self._read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for number in signals:
            # `nohup make run` goes on when its terminal closes.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note)
        # The default would not wake the sleeper; a child's end should.
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _note(self, number: int, _frame: object) -> None:
        self.received.append(number)

    def sleep(self, seconds: float, watched: Iterable[int] = ()) -> None:
        """``watched``: file descriptors from ``os.pidfd_open``."""
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        for fd in watched:
            poll.register(fd, select.POLLIN)
        poll.poll(max(0, seconds) * 1000)
        with contextlib.suppress(BlockingIOError):
            os.read(self._read, 4096)
