"""The catalogues are loaded once for this room; each test runs in a transaction on top."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import databases


@pytest.fixture(scope="package", autouse=True)
def _catalogues(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    from portal.catalogues.services import load_shipped

    with django_db_blocker.unblock():
        databases.ensure(databases.EMPTY)
        load_shipped()
    yield
    databases.soil()
