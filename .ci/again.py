"""Runs again, alone and twice, what failed in a whole run of the tests; says at the end which of it fails only now and then.

    python .ci/again.py --log LOG --failed LASTFAILED --status STATUS -- command …

``LOG`` is what the whole run printed, ``LASTFAILED`` pytest's own list of what failed, ``STATUS`` the whole run's exit status. The command
gets the list as a file of arguments in the environment variable ``TESTS``. Whatever is not simply tests that failed (a linter, a crash, a
run that was broken off, too many failures) stays what it was: failed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

RUNS = 2
MOST = 20
"""More failures than this are no bad luck."""
_CLOSING = re.compile(r"^=+ (?=.*\b(?:failed|errors?)\b)(.*) in [0-9.]+s.*=+$", re.MULTILINE)
_COUNT = re.compile(r"(\d+) (failed|errors?)\b")


def failed_tests(log: Path, failed: Path) -> list[str]:
    """What failed, as pytest names it; empty where the run ended otherwise than by tests that failed."""
    closing = _CLOSING.findall(log.read_text(encoding="utf-8", errors="replace"))
    if not closing or not failed.exists():
        return []
    names = sorted(json.loads(failed.read_text(encoding="utf-8")))
    # A test can fail and then break its clean-up, too: more counts than names, never fewer.
    counted = sum(int(number) for number, _ in _COUNT.findall(closing[-1]))
    return names if 0 < len(names) <= counted else []


def main(arguments: list[str]) -> int:
    """Exit status 0 when all that failed passes both times alone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--failed", type=Path, required=True)
    parser.add_argument("--status", type=int, required=True)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    names = failed_tests(options.log, options.failed)
    if not names:
        return options.status or 1
    if len(names) > MOST:
        print(f"{len(names)} tests failed: too many to call it bad luck.", flush=True)
        return options.status or 1
    listed = options.log.with_name("failed.txt").resolve()
    listed.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    for turn in range(1, RUNS + 1):
        print(f"\nAlone, {turn} of {RUNS}: {len(names)} tests that failed", flush=True)
        done = subprocess.run(command, env={**os.environ, "TESTS": f"@{listed}"}, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            print(f"Failed again, alone: see above (exit status {done.returncode}).", flush=True)
            return options.status or 1
    print("\nFlaky: failed in the whole run, passed twice alone. Mend these first:", flush=True)
    for name in names:
        print(f"  {name}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
