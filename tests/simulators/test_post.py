"""The public post: one parcel for one reference, numbers that check themselves, moved on by people; and the portal's client of it."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from portal.exchange import http, post
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from tests.simulators.running import TOKENS, Simulators

PARCEL = {
    "reference": "b-1",
    "zone": "province",
    "sender": "UBND phường Ví Dụ",
    "recipient": "Nguyễn Thị Ví Dụ",
    "phone": "+84912345678",
    "address": "Số 0 phố Ví Dụ, phường Ví Dụ, thành phố Ví Dụ",
}


@pytest.fixture(autouse=True)
def _asks_here(outside: Simulators, settings: Any) -> None:
    """The portal's client asks this process, whatever failed before."""
    settings.PUBLIC_POST_URL, settings.PUBLIC_POST_TOKEN = outside.settings["PUBLIC_POST_URL"], TOKENS["PUBLIC_POST_TOKEN"]
    http.registries.note(post.SERVICE, failed=False)


def ask(outside: Simulators, **more: str) -> Any:
    headers = {"Authorization": f"Bearer {TOKENS['PUBLIC_POST_TOKEN']}"}
    return requests.post(f"{outside.url}/post/v1/parcels", json={**PARCEL, **more}, headers=headers, timeout=10)


def move(outside: Simulators, number: str, state: str) -> Any:
    return requests.post(f"{outside.url}/post/parcels/{number}/", json={"state": state, "place": "Bưu cục Ví Dụ"}, timeout=10)


def fault(outside: Simulators, mode: str, **more: Any) -> None:
    answer = requests.post(f"{outside.url}/control/faults", json={"service": "post", "mode": mode, **more}, timeout=10)
    assert answer.status_code == 200


@pytest.mark.requirement("D-14")
def test_one_reference_is_one_parcel_and_another_content_is_refused(outside: Simulators) -> None:
    first, again = ask(outside), ask(outside)
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert post.is_number(first.json()["number"]) and first.json()["state"] == "registered"
    assert ask(outside, recipient="Người Khác").status_code == 409
    assert ask(outside, reference="b-2").json()["number"] != first.json()["number"]
    assert ask(outside, reference="b-3", phone="113").status_code == ask(outside, reference="b-3", zone="moon").status_code == 400
    refused = requests.get(f"{outside.url}/post/v1/tariffs", headers={"Authorization": "Bearer other"}, timeout=10)
    assert refused.status_code == 401


@pytest.mark.requirement("D-14")
def test_a_parcel_goes_its_way_and_no_other(outside: Simulators) -> None:
    number = ask(outside).json()["number"]
    assert move(outside, number, "delivered").status_code == 400
    for state in ("accepted", "moving", "delivered"):
        assert move(outside, number, state).status_code == 200
    assert move(outside, number, "returned").status_code == 400
    said = post.parcel(number, reference="b-1")
    assert said is not None and [step.state for step in said.steps] == ["registered", "accepted", "moving", "delivered"]
    with pytest.raises(OutsideRefused, match="on_its_way"):
        post.cancel(number, reference="b-1")
    other = ask(outside, reference="b-2").json()["number"]
    assert post.cancel(other, reference="b-2").state == "cancelled"
    page = requests.get(f"{outside.url}/post/parcels/", timeout=10).text
    assert number in page and "Đã phát" in page


@pytest.mark.requirement("D-14")
@pytest.mark.parametrize("mode", ["wrong", "down"])
def test_what_makes_no_sense_is_no_answer(outside: Simulators, mode: str) -> None:
    made = post.order(**PARCEL)
    assert (made.amount, made.state) == (26_000, "registered") and made.number not in repr(made)
    fault(outside, mode)
    questions = (lambda: post.parcel(made.number, reference="b-1"), lambda: post.order(**PARCEL), post.tariffs)
    for question in questions:
        with pytest.raises(OutsideUnavailable):
            question()
    fault(outside, "none")


@pytest.mark.requirement("D-14")
def test_tariffs_and_numbers(outside: Simulators) -> None:
    assert {(one.zone, one.amount, one.days) for one in post.tariffs()} == {("province", 26_000, 2), ("country", 33_500, 4)}
    assert post.parcel("RB000000014VN", reference="b-9") is None
    good = ask(outside).json()["number"]
    wrong = good[:10] + str((int(good[10]) + 1) % 10) + good[11:]
    assert not post.is_number(wrong) and not post.is_number("../control") and not post.is_number(good.lower())
