"""Fixtures of the launcher's tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.launcher import processes
from tests.launcher.helpers import Portal, free_pair, processes_of


@pytest.fixture
def var() -> Iterator[Path]:
    """A VAR nobody has used; whatever still runs there afterwards is ended."""
    with tempfile.TemporaryDirectory(prefix="portal-launcher-", ignore_cleanup_errors=True) as folder:
        path = Path(folder).resolve() / "var"
        yield path
        processes.kill_all(lambda: processes_of(path))


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    """One running portal for a module's tests, which run in their order."""
    with tempfile.TemporaryDirectory(prefix="portal-launcher-", ignore_cleanup_errors=True) as folder:
        base = Path(folder).resolve()
        running = Portal(base / "var", free_pair(), base / "output.txt")
        try:
            running.start()
            yield running
        finally:
            running.end()
