from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.payments.institution import Scripted, scripted


@pytest.fixture
def institution() -> Iterator[Scripted]:
    with scripted() as running:
        yield running
