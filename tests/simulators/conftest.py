from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulators.running import Simulators, start_simulators


@pytest.fixture(scope="session")
def simulators_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with start_simulators(tmp_path_factory.mktemp("outside")) as running:
        yield running


@pytest.fixture
def outside(simulators_process: Simulators) -> Iterator[Simulators]:
    """The running process, as good as new."""
    simulators_process.reset()
    yield simulators_process
    simulators_process.reset()
