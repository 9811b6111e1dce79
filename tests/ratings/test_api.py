"""/api/v1/statistics: the figures as contracted, and errors as RFC 9457 has them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ratings.services import figures
from tests.ratings.test_figures import _sent, report

pytestmark = [pytest.mark.requirement("R-05"), pytest.mark.django_db]

CONTRACT = {
    "received", "received_online", "received_in_person", "received_by_post", "resolved_early", "resolved_on_time", "resolved_late",
    "pending_in_time", "pending_overdue", "refused", "withdrawn",
}  # fmt: skip


def _ask(client: Client, query: str, status: int = 200) -> Any:
    answer = client.get(f"/api/v1/statistics?{query}")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_the_api_counts_days_inclusive_folded_or_not(client: Client) -> None:
    _sent(report(1, "10", received=0, due=5, finished=7), report(2, "10", received=0, due=5, finished=5))
    figures.fold()
    _sent(
        report(3, "10", received=1, due=5, finished=2), report(4, "4", received=6, due=9, unit="H26"),
        report(5, "3", submitted=0, refused=1), report(6, "7", received=1, due=9, withdrawn=2),
    )  # fmt: skip
    found = _ask(client, "from=2026-06-24&to=2026-06-30&by=agency&agency=H26")
    assert found["total"].keys() >= CONTRACT
    total = {name: number for name, number in found["total"].items() if number}
    assert total == {
        "received": 5, "received_online": 5, "received_end_to_end": 5, "resolved_early": 1, "resolved_on_time": 1, "refused": 1,
        "withdrawn": 1, "pending_in_time": 1, "pending_overdue": 1,
    }  # fmt: skip
    assert [(item["key"], item["received"]) for item in found["items"]] == [("H26", 1), ("H26.101", 4)]
    assert _ask(client, "from=2026-06-30&to=2026-06-30&by=month")["items"][0] | {"key": ""} == {
        **dict.fromkeys(found["total"], 0), "key": "", "name": "06/2026", "received": 1, "received_online": 1, "received_end_to_end": 1,
        "pending_in_time": 1, "pending_overdue": 1,
    }  # fmt: skip
    for by in ("agency", "field", "procedure", "channel", "month"):
        assert _ask(client, f"from=2026-06-24&to=2026-06-30&by={by}")["total"] == found["total"]


def test_what_it_cannot_answer_it_says(client: Client) -> None:
    for query, status, code in (
        ("from=2026-07-01&to=2026-06-30", 422, "invalid_request"),
        ("from=20260701", 422, "invalid_request"),
        ("by=colour", 422, "invalid_request"),
        ("agency=Z99", 404, "not_found"),
        ("agency=%00", 422, "invalid_request"),
        ("period=2026", 422, "invalid_request"),
    ):
        answer = client.get(f"/api/v1/statistics?{query}")
        assert (answer.status_code, answer.json()["code"]) == (status, code), query
        assert answer["Content-Type"] == "application/problem+json"
    assert "`period`" in client.get("/api/v1/statistics?period=2026").json()["detail"]
    assert client.get("/api/v1/scores?period=2026").status_code == 422
    for by in ("agency", "month"):
        assert _ask(client, f"from=0001-01-01&to=9999-12-31&by={by}")["total"]["received"] == 0
        assert _ask(client, f"from=0001-01-01&to=0001-12-31&by={by}")["items"] == []
    answer = client.get("/api/v1/statistics")
    assert answer["ETag"] and "max-age=2" in answer["Cache-Control"]
