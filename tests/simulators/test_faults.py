"""Faults are switched over HTTP, hit what they name, and end when they should."""

from __future__ import annotations

import time

import pytest
import requests

from tests.simulators.running import TOKENS, Simulators

HEADERS = {"Authorization": f"Bearer {TOKENS['POPULATION_REGISTRY_TOKEN']}"}


def ask(outside: Simulators, number: str = "001195000001") -> requests.Response:
    return requests.get(f"{outside.url}/population/v1/people/{number}", headers=HEADERS, timeout=10)


def test_down_for_a_number_of_calls(outside: Simulators) -> None:
    outside.faults("population", "down", times=2)
    assert [ask(outside).status_code for _ in range(3)] == [503, 503, 200]


def test_drop_closes_the_connection_without_an_answer(outside: Simulators) -> None:
    outside.faults("population", "down", drop=True, times=1)
    with pytest.raises(requests.ConnectionError):
        ask(outside)
    assert ask(outside).status_code == 200


def test_slow_waits_and_other_services_do_not(outside: Simulators) -> None:
    outside.faults("population", "slow", seconds=4)
    start = time.monotonic()
    assert outside.outbox() == []
    assert time.monotonic() - start < 3.5
    assert ask(outside).status_code == 200
    assert time.monotonic() - start >= 4


def test_wrong_registry_gives_somebody_else(outside: Simulators) -> None:
    assert ask(outside).json()["full_name"] == "Nguyễn Thị Mẫu"
    outside.faults("population", "wrong", times=1)
    assert ask(outside).json()["id_number"] != "001195000001"
    assert ask(outside, "001000000000").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"service": "sms", "mode": "odd"},
        {"service": "x", "mode": "down"},
        {"service": "sms", "mode": "down", "times": -1},
        {"service": "sms", "mode": "slow", "seconds": 9999},
    ],
)
def test_nonsense_is_refused(outside: Simulators, body: dict[str, object]) -> None:
    assert requests.post(f"{outside.url}/control/faults", json=body, timeout=10).status_code == 400


def test_page_shows_and_switches_by_plain_forms(outside: Simulators) -> None:
    form = {"service": "csc", "mode": "slow", "seconds": "4", "times": ""}
    answer = requests.post(f"{outside.url}/control/faults", data=form, timeout=10)
    assert answer.url == f"{outside.url}/control/"
    assert "chậm 4 giây" in answer.text
    requests.post(f"{outside.url}/control/revoke", data={"credential_id": "seal-G22", "revoked": "true"}, timeout=10)
    assert "đã thu hồi" in requests.get(f"{outside.url}/control/", timeout=10).text
    requests.post(f"{outside.url}/control/reset", timeout=10)
    page = requests.get(f"{outside.url}/control/", timeout=10).text
    assert "chậm 4 giây" not in page and "đã thu hồi" not in page


def test_index_leads_to_everything(outside: Simulators) -> None:
    page = requests.get(f"{outside.url}/", timeout=10)
    assert "/sms/outbox/" in page.text and "/control/" in page.text and "Phạm Thị Minh Họa" in page.text
    assert requests.get(f"{outside.url}/static/simulators.css", timeout=10).status_code == 200
