"""Fixtures of the launcher's tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.launcher import processes
from portal.launcher.common import free_port, port_is_free
from tests.launcher.helpers import Portal, processes_of


def free_pair() -> int:
    """A port that is free together with the next two, where the simulators and their mail server will be."""
    while not (port_is_free((port := free_port()) + 1) and port_is_free(port + 2)):
        pass
    return port


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
