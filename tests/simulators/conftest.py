from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulators.listening import Listener
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


@pytest.fixture(scope="session")
def site_process() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.server.shutdown()


@pytest.fixture(scope="session")
def paying_process(tmp_path_factory: pytest.TempPathFactory, site_process: Listener) -> Iterator[Simulators]:
    with start_simulators(tmp_path_factory.mktemp("paying"), env={"SITE_URL": site_process.url}) as running:
        yield running


@pytest.fixture
def site(site_process: Listener) -> Listener:
    """The portal's place, with nothing heard yet."""
    site_process.reset()
    return site_process


@pytest.fixture
def paying(paying_process: Simulators, site: Listener) -> Iterator[Simulators]:
    """A running process whose callbacks reach ``site``, as good as new."""
    paying_process.reset()
    yield paying_process
    paying_process.reset()
