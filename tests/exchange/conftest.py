from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from portal.exchange import csc
from tests.simulators.running import Simulators, start_simulators


@pytest.fixture(scope="session")
def simulators_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with start_simulators(tmp_path_factory.mktemp("outside")) as running:
        yield running


@pytest.fixture
def outside(simulators_process: Simulators, settings: Any) -> Iterator[Simulators]:
    """The running process, as good as new, with the portal's settings pointing at it."""
    simulators_process.reset()
    csc._tokens.clear()
    for name, value in simulators_process.settings.items():
        setattr(settings, name, value)
    settings.OUTSIDE_TIMEOUT_SECONDS = 3.0
    yield simulators_process
    simulators_process.reset()
