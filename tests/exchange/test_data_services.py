"""Data services outside: the table of Annex III, the general adapter by its faults, and the desk that shows how they stand (X-05)."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from portal.exchange import criminal_record, invoices
from portal.exchange.data_services import catalogue
from portal.exchange.data_services.asking import ask
from portal.exchange.data_services.documents import BadDocument, BadQuestion, WrongAnswer, at, check, question_of, read
from portal.exchange.data_services.services import load
from portal.exchange.data_services.standing import standings
from portal.exchange.errors import OutsideUnavailable
from portal.exchange.http import registries
from portal.exchange.models import ServiceAnswer, ServiceSetup
from tests.factories import make_position, sign_in
from tests.simulators.running import Simulators

PLATE = "29A-000.01"


@pytest.fixture
def connected(db: None, outside: Simulators) -> Simulators:
    """What ships, answered by the simulators."""
    load()
    for row in ServiceSetup.objects.all():
        row.base, row.credential = f"{outside.url}/data-services/{row.pk}", f"demo-{row.pk}-token"
        row.deadline_ms = 700
        row.save()
        registries.note(row.pk, failed=False)
    return outside


@pytest.mark.requirement("X-05")
def test_the_annex_is_there_whole_and_every_adapter_is_one() -> None:
    rows = catalogue.services()
    assert [one.number for one in rows if one.number] == [str(number) for number in range(1, 25)]
    docs = (Path(portal_settings.BASE_DIR) / "docs" / "data-services.md").read_text(encoding="utf-8")
    shipped = {file.stem for file in (catalogue.DATA / "setups").glob("*.json")}
    for one in rows:
        assert one.name in docs and one.owner and one.use and one.source and one.state in catalogue.STATES
        if one.state in ("adapter", "messages", "file"):
            __import__(one.adapter)
        if one.state == "setup":
            assert one.code in shipped


@pytest.mark.requirement("X-05")
def test_services_answer_by_configuration_alone(connected: Simulators) -> None:
    said = ask("vehicle_inspection", plate=PLATE)
    assert said.values == {
        "plate": PLATE, "brand": "XE VÍ DỤ", "kind": "Ô tô tải", "payload": 2500, "valid_until": "2027-05-31",
        "stamps": ["KD-0000001", "KC-0000001"],
    }  # fmt: skip
    assert ask("vehicle_inspection", plate="99Z-999.99").values is None
    unit = ask("budget_unit", code="1000002").values
    assert unit is not None and unit["active"] is False
    record = criminal_record.request("LLTP-26-000002")
    assert record is not None and record.state == "issued" and record.number == "0000002/LLTP" and "0000002" not in repr(record)
    pending = criminal_record.request("LLTP-26-000001")
    assert pending is not None and pending.issued_on is None and criminal_record.request("LLTP-26-999999") is None
    bill = invoices.invoice("0100000001", "1C26TAA", "1")
    assert bill is not None and (bill.total, bill.state) == (11_000_000, "valid")
    for wrong in ({}, {"plate": "../../etc"}, {"plate": PLATE, "more": "x"}):
        with pytest.raises(BadQuestion):
            ask("vehicle_inspection", **wrong)
    setup = ServiceSetup.objects.get(pk="invoices")
    assert setup.credential == "demo-invoices-token" and "demo-invoices" not in setup.credential_sealed
    setup.sign, setup.sign_header = "header", "X-API-Key"
    setup.save()
    assert invoices.invoice("0100000001", "1C26TAA", "2") is not None
    ServiceSetup.objects.filter(pk="invoices").update(base="")
    with pytest.raises(OutsideUnavailable, match="not_configured"):
        invoices.invoice("0100000001", "1C26TAA", "1")


@pytest.mark.requirement("X-05")
def test_a_silent_service_is_answered_for_by_what_is_kept_with_its_age(connected: Simulators) -> None:
    now = timezone.now()
    first = ask("vehicle_inspection", now=now, plate=PLATE)
    kept = ServiceAnswer.objects.get()
    assert PLATE not in kept.sealed and "VÍ DỤ" not in kept.sealed
    for fault, code in (
        ({"mode": "down"}, "server_error"),
        ({"mode": "slow", "seconds": 3}, "timeout"),
        ({"mode": "wrong"}, "wrong_answer"),
    ):
        connected.faults("data_services", times=1, **fault)
        again = ask("vehicle_inspection", now=now + timedelta(hours=1), plate=PLATE)
        assert again.is_kept and again.at == first.at and again.values == first.values
        connected.faults("data_services", times=1, **fault)
        with pytest.raises(OutsideUnavailable) as caught:
            ask("vehicle_inspection", now=now + timedelta(days=2), plate=PLATE)
        assert caught.value.code == code
    connected.faults("data_services", "down", times=10)
    for _ in range(6):
        with pytest.raises(OutsideUnavailable):
            criminal_record.request("LLTP-26-000001")
    with pytest.raises(OutsideUnavailable, match="resting"):
        criminal_record.request("LLTP-26-000001")
    assert registries.resting(["criminal_record", "invoices"]) == {"criminal_record"}
    standing = standings(["criminal_record"])["criminal_record"]
    assert standing.failures >= 5 and standing.last_code == "server_error" and standing.error_rate is not None
    connected.faults("data_services", "none")
    # What is fresh is not asked for again.
    ask("budget_unit", now=now, code="1000001")
    calls = standings(["budget_unit"])["budget_unit"].calls
    assert ask("budget_unit", now=now + timedelta(minutes=1), code="1000001").is_kept
    assert standings(["budget_unit"])["budget_unit"].calls == calls


@pytest.mark.requirement("X-05")
def test_the_desk_shows_how_each_stands_connects_and_tries(connected: Simulators, demo_data: None) -> None:
    position = make_position(unit="G22", roles=("steering",))
    browser, base = Client(), "/quan-tri/exchange/servicesetup/"
    sign_in(browser, position.person, position=position)
    ask("vehicle_inspection", plate=PLATE)
    page = browser.get(base).content.decode()
    assert page.count("<tr>") >= 26 and "CSDL đăng kiểm phương tiện" in page and "trả lời được" in page
    tried = browser.post(f"{base}vehicle_inspection/try/", {"reason": "Thử nối", "p_plate": PLATE})
    assert tried.status_code == 200 and "XE VÍ DỤ" in tried.content.decode()
    assert browser.post(f"{base}vehicle_inspection/try/", {"reason": "Thử nối", "p_plate": "x"}).status_code == 422
    form = {"name": "Giá", "code": "prices", "sign": "bearer", "credential": "k", "deadline_ms": "500", "fresh_seconds": "0",
            "keep_seconds": "0", "is_active": "on", "base": "http://10.0.0.1/", "document": "{}"}  # fmt: skip
    assert browser.post(f"{base}enter/", form).status_code == 422
    document = {"path": "v1/prices/{code}", "parameters": {"code": "[0-9]{4}"}, "answer": {"price": {"path": "$.price", "kind": "number"}}}
    form |= {"document": json.dumps(document), "base": "https://gia.vi-du.example/"}
    assert browser.post(f"{base}enter/", form).status_code == 302
    assert ServiceSetup.objects.get(pk="prices").credential == "k"
    assert "k" not in re.findall(r'name="credential"[^>]*value="([^"]*)"', browser.get(f"{base}prices/edit/").content.decode())
    officer = make_position(unit="H26.101", roles=("handling",))
    stranger = Client()
    sign_in(stranger, officer.person, position=officer)
    assert stranger.get(base).status_code in (403, 404) and stranger.get(f"{base}prices/change/").status_code in (403, 404)


GOOD: dict[str, Any] = {"path": "v1/{code}", "parameters": {"code": "[0-9]+"}, "answer": {"name": {"path": "$.a[0].b"}}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": "/v1"}, {"path": "../x"}, {"path": "v1/{other}"}, {"method": "DELETE"}, {"parameters": {}}, {"parameters": {"code": "("}},
        {"answer": {}}, {"answer": {"x": {"path": "a.b"}}}, {"answer": {"x": {"path": "$.a", "kind": "blob"}}}, {"same": {"no": "$.a"}},
        {"absent": 200}, {"shell": "x"}, {"body": {"a": 1}},
    ],
)  # fmt: skip
def test_a_description_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    check(GOOD)
    with pytest.raises(BadDocument):
        check({**GOOD, **wrong})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=10,
)


@examples(max_examples=200)
@given(json_values, st.sampled_from(["$.a", "$.a.b", "$.a[0]", "$.a[*].b", "$.a.b[1].c"]))
def test_whatever_an_answer_holds_it_is_read_or_refused(said: Any, path: str) -> None:
    at(said, path)
    with contextlib.suppress(WrongAnswer):
        read({**GOOD, "answer": {"x": {"path": path}}}, {"code": "1"}, said if isinstance(said, dict) else {})


def test_what_is_typed_stays_where_it_belongs() -> None:
    free = {**GOOD, "parameters": {"code": r"[^x]+"}, "query": {"q": "{code}"}}
    assert question_of(free, {"code": "a/../b?c=d&e"}).path == "v1/a%2F..%2Fb%3Fc%3Dd%26e?q=a%2F..%2Fb%3Fc%3Dd%26e"
