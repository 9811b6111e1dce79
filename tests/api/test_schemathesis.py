"""The API does what its description says: every operation is asked what fits it and what does not, by a program that read nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig

from portal.api import api
from portal.exchange.partners.models import Call
from portal.wsgi import application
from tests.exchange.support import basic, make_partner

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.long]

# A cursor is what the page before said; nobody writes one.
schemathesis.openapi.format("cursor", st.just(""))


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    """A description cannot say that a span's days stand in order."""
    if isinstance(query, dict) and isinstance(query.get("from"), str) and isinstance(query.get("to"), str):
        query["from"], query["to"] = sorted((query["from"], query["to"]))
    return query


FOR_PARTNERS = {path for path, methods in api.get_openapi_schema()["paths"].items() if any("security" in one for one in methods.values())}

schema = schemathesis.openapi.from_dict(json.loads(json.dumps(dict(api.get_openapi_schema()))), config=SchemathesisConfig())
schema.app = application


@pytest.fixture(autouse=True)
def _in_one_transaction() -> Iterator[None]:
    """As Django's own test client does: the server's end of a request would cut the connection that the test's transaction is on."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def partner() -> dict[str, str]:
    """The credentials of a system that may call everything."""
    return basic("H26", make_partner(calls_per_minute=100_000, calls=list(Call.values)))


@pytest.mark.requirement("X-07")
@schema.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
def test_answers_are_as_described(case: Any, partner: dict[str, str]) -> None:
    case.call_and_validate(headers=partner if case.operation.path in FOR_PARTNERS else None)
