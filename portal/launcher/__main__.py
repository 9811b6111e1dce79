"""``python -m portal.launcher run`` and ``python -m portal.launcher exec -- command …``."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

from portal.launcher.common import LauncherError, disk_full, var_folder
from portal.launcher.engines import THROWAWAY
from portal.launcher.run import PROCFILE, run_portal
from portal.launcher.services import Services, refuse_wrong_database


def execute(var: Path, command: list[str], *, throwaway: bool = False) -> int:
    """Run a command with VAR, DATABASE_URL and REDIS_URL in its environment; the servers stop after it unless others use them.

    ``throwaway``: from their next start on the servers need not outlive a power cut, which makes tests much faster on a slow disk.
    """
    if throwaway:
        var.mkdir(parents=True, exist_ok=True)
        (var / THROWAWAY).touch()
    with Services(var) as services:
        environment = {**os.environ, **services.environment(), "VAR": str(var)}
        refuse_wrong_database(environment["DATABASE_URL"])
        try:
            child = subprocess.Popen(command, env=environment)
        except FileNotFoundError:
            raise LauncherError(f"The program `{command[0]}` was not found.") from None
        # A terminal sends Ctrl-C to the child as well; it decides what to do about it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        status = child.wait()
    return status if status >= 0 else 128 - status


def main(arguments: list[str] | None = None) -> int:
    """Exit status; what a person has to put right is one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="python -m portal.launcher")
    subparsers = parser.add_subparsers(dest="act", required=True)
    run = subparsers.add_parser("run", help="start the whole portal and keep it running")
    run.add_argument("--procfile", type=Path, default=PROCFILE)
    run.add_argument("--var")
    execution = subparsers.add_parser("exec", help="run a command with the embedded PostgreSQL and Redis")
    execution.add_argument("--var")
    execution.add_argument("--throwaway", action="store_true", help="data that nobody would miss after a power cut")
    execution.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    try:
        var = var_folder(options.var)
        if options.act == "run":
            return run_portal(var, options.procfile)
        command = options.command[1:] if options.command[:1] == ["--"] else options.command
        if not command:
            parser.error("exec: which command?")
        return execute(var, command, throwaway=options.throwaway)
    except LauncherError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            print(disk_full(var), file=sys.stderr)
            return 1
        raise
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
