"""Keeps one process of the Procfile for one life: whichever of launcher, keeper or process dies, nothing of its tree stays.

    python -I keep.py LAUNCHER_PID -- command …

A script of the standard library alone, because one runs beside each process. A celery or gunicorn whose main process is
killed with SIGKILL leaves its children behind; the process started here leads a process group, and the whole group ends
with its leader, with the launcher, and (through the parent-death signal and the launcher's sweep) with this keeper.
Restarting is the launcher's work. Exit status: the process's own, or 128 + signal.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time

GRACE_SECONDS = 8.0
"""Time between "please end" and the kill: a worker finishes its task, a web process its requests."""
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def main(arguments: list[str]) -> int:
    """Run the command until it ends, the launcher dies, or SIGTERM/SIGINT asks for an orderly end."""
    launcher, command = int(arguments[0]), arguments[2:]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    asked: list[int] = []
    wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: asked.append(number))
    keeper = os.getpid()

    def below() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != keeper:
            os._exit(1)

    try:
        launcher_fd = os.pidfd_open(launcher)
    except ProcessLookupError:
        return 1
    if os.getppid() != launcher:
        return 1
    child = subprocess.Popen(command, process_group=0, preexec_fn=below)
    child_fd = os.pidfd_open(child.pid)

    poll = select.poll()
    for fd in (wake_read, launcher_fd, child_fd):
        poll.register(fd, select.POLLIN)
    deadline: float | None = None
    while True:
        ready = {fd for fd, _ in poll.poll(None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000)}
        if child_fd in ready or launcher_fd in ready:
            break
        if wake_read in ready:
            os.read(wake_read, 4096)
        if asked:
            if deadline is None:
                deadline = time.monotonic() + GRACE_SECONDS
                child.send_signal(signal.SIGTERM)
            asked.clear()
        if deadline is not None and time.monotonic() >= deadline:
            break

    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    status = child.wait()
    # Orphans of the group became children of this process; those outside the group (none of ours today) end here too.
    with contextlib.suppress(OSError), open("/proc/thread-self/children") as orphans:  # noqa: PTH123
        for pid in orphans.read().split():
            os.kill(int(pid), signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
