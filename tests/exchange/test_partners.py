"""Systems that connect: registered, let in by their own credentials only, limited, taken back at once (X-01)."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from portal.access import SYSTEM, AccessDenied, Assurance
from portal.audit.models import Act
from portal.exchange.partners import services
from portal.exchange.partners.models import Partner, PartnerDay, PartnerSession, Secret
from portal.exchange.partners.units import unit_of, within
from tests.dossiers.test_desk_pages import desk_of
from tests.exchange.support import AUTH, BATCH, basic, make_partner, national
from tests.factories import make_officer_actor, make_position, sign_in

pytestmark = pytest.mark.django_db
NOTHING = '{"rows": []}'


def auth(username: str, password: str, **more: Any) -> Any:
    """The answer of the national format's door."""
    return Client().post(AUTH, json.dumps({"username": username, "password": password}), content_type="application/json", **more)


@pytest.mark.parametrize(
    ("written", "unit"),
    [("H26", "H26"), ("H26.101", "H26.101"), ("000.00.04.G18", "G18.04"), ("000.00.00.H22", "H22"), ("Sở Tư pháp", ""), ("H26.1\n", "")],
)
def test_both_forms_of_an_agencys_code_are_one(written: str, unit: str) -> None:
    assert unit_of(written) == unit


def test_a_system_speaks_for_its_units_and_those_below() -> None:
    assert within("H26.101", ["H26"]) and within("H26", ["H26"])
    assert not within("H261", ["H26"]) and not within("H27", ["H26"])


@pytest.mark.requirement("X-01")
def test_the_command_prints_the_password_once_and_keeps_its_digest() -> None:
    out = StringIO()
    call_command("add_partner", "H26", "--units", "H26", "--name", "Một cửa thử nghiệm", stdout=out)
    made = json.loads(out.getvalue())
    assert made["username"] == "H26" and len(made["password"]) >= 40
    assert made["password"].encode() not in bytes(Secret.objects.get().digest)
    assert auth("H26", made["password"]).json()["error_code"] == 0
    with pytest.raises(CommandError):
        call_command("add_partner", "H26", "--units", "H26", "--name", "Lần hai")
    with pytest.raises(CommandError):
        call_command("add_partner", "X", "--units", "không", "--name", "Sai mã")


@pytest.mark.requirement("X-01")
def test_two_passwords_hold_while_one_is_changed() -> None:
    first = make_partner()
    second = services.new_password(code="H26", actor=SYSTEM, now=timezone.now()).password
    assert [auth("H26", word).json()["error_code"] for word in (first, second)] == [0, 0]
    third = services.new_password(code="H26", actor=SYSTEM, now=timezone.now()).password
    assert [auth("H26", word).json()["error_code"] for word in (first, second, third)] == [401, 0, 0]


@pytest.mark.requirement("X-01")
def test_a_stolen_password_is_taken_back_at_once() -> None:
    stolen = make_partner()
    session = auth("H26", stolen).json()["session"]
    assert national(session, "TraCuuHoSo", mahoso="H26.1-261120-0001").json()["error_code"] == 404
    services.suspend(code="H26", reason="Nghi lộ mật khẩu", actor=SYSTEM, now=timezone.now())
    assert national(session, "TraCuuHoSo", mahoso="x").json()["error_code"] == 401
    assert auth("H26", stolen).json()["error_code"] == 423
    refused = Client().post(BATCH, NOTHING, content_type="application/json", headers=basic("H26", stolen))
    assert refused.status_code == 401 and refused.json()["code"] == "unauthorized" and "Basic" in refused["WWW-Authenticate"]
    services.readmit(code="H26", actor=SYSTEM)
    session = auth("H26", stolen).json()["session"]
    fresh = services.new_password(code="H26", actor=SYSTEM, now=timezone.now(), end_others=True).password
    assert auth("H26", stolen).json()["error_code"] == 401 and auth("H26", fresh).json()["error_code"] == 0
    assert national(session, "LayDanhMucCoQuan").json()["error_code"] == 401


def test_a_session_ends_after_half_an_hour_and_is_no_ones_else() -> None:
    session = auth("H26", make_partner()).json()["session"]
    assert national(session, "LayDanhMucLinhVuc").json()["error_code"] == 0
    assert national(session + "x", "LayDanhMucLinhVuc").json()["error_code"] == 401
    PartnerSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    ended = national(session, "LayDanhMucLinhVuc")
    assert ended.status_code == 401 and ended.json()["error_code"] == 401


@pytest.mark.requirement("X-01")
def test_wrong_passwords_are_counted_by_address_and_alarm(caplog: pytest.LogCaptureFixture) -> None:
    password = make_partner()
    for _ in range(services.WRONG_PER_ADDRESS):
        assert auth("H26", "sai", REMOTE_ADDR="192.0.2.1").json()["error_code"] == 401
    waiting = auth("H26", password, REMOTE_ADDR="192.0.2.1")
    assert waiting.status_code == 429 and int(waiting["Retry-After"]) > 0
    assert auth("H26", password, REMOTE_ADDR="192.0.2.9").json()["error_code"] == 0, "the partner's own machine goes on"
    with caplog.at_level(logging.ERROR):
        for place in range(2, 5):
            for _ in range(services.WRONG_PER_ADDRESS):
                auth("H26", "sai", REMOTE_ADDR=f"192.0.2.{place}")
    assert [record.message for record in caplog.records].count("many wrong passwords for a partner") == 1
    assert Partner.objects.get().alarmed_at is not None
    desk, _ = desk_of("G22", ("steering",))
    assert "sai mật khẩu" in desk.get("/quan-tri/").content.decode()


@pytest.mark.parametrize("name", ["", "không có", "H26\x00", "a" * 500, "'; drop table", "\ud800"])
def test_hostile_names_are_just_wrong(name: str) -> None:
    make_partner()
    assert auth(name, "x").json()["error_code"] == 401
    assert Client().post(BATCH, NOTHING, content_type="application/json", headers=basic("x\x00y", "z")).status_code == 401


def test_calls_are_limited_per_partner() -> None:
    password = make_partner("H26-it", units=["H26"], calls_per_minute=12)
    codes = [
        Client().post(BATCH, NOTHING, content_type="application/json", headers=basic("H26-it", password)).status_code for _ in range(4)
    ]
    assert codes == [200, 200, 429, 429]
    other = make_partner(code="H27", units=["H27"])
    assert Client().post(BATCH, NOTHING, content_type="application/json", headers=basic("H27", other)).status_code == 200


@pytest.mark.requirement("X-01")
def test_a_partner_may_call_what_it_was_given() -> None:
    password = make_partner(calls=["catalogues"])
    session = auth("H26", password).json()["session"]
    assert national(session, "DongBoHoSoMC", data=[{}]).json()["error_code"] == 403
    assert national(session, "LayDanhMucCoQuan", madonvi="H27").json()["error_code"] == 403
    assert national(session, "LayDanhMucCoQuan", madonvi="000.00.00.H26").json()["error_code"] == 0
    refused = Client().post(BATCH, NOTHING, content_type="application/json", headers=basic("H26", password))
    assert refused.status_code == 403 and refused.json()["code"] == "forbidden"


@pytest.mark.requirement("X-01")
def test_only_vpcp_keeps_partners_and_each_act_is_in_the_trail() -> None:
    with pytest.raises(AccessDenied):
        make_partner(actor=make_officer_actor(roles=("administrator",)))
    make_partner()
    services.suspend(code="H26", reason="x", actor=SYSTEM, now=timezone.now())
    acts = list(Act.objects.filter(target="partners.partner").order_by("pk").values_list("act", "target_id"))
    assert acts == [("exchange.add_partner", "H26"), ("exchange.suspend_partner", "H26")]


@pytest.mark.requirement("X-01")
def test_the_desk_shows_what_came_in_and_takes_a_partner_back() -> None:
    password = make_partner()
    rows = {"rows": [{"code": "H26.1-261120-0001"}, {"code": "H99-261120-0001"}]}
    Client().post(BATCH, json.dumps(rows), content_type="application/json", headers=basic("H26", password))
    assert PartnerDay.objects.get().rows_refused == 2
    stranger, _ = desk_of()
    assert stranger.get("/quan-tri/partners/partner/").status_code == 403
    position = make_position(unit="G22", roles=("steering",))
    desk = Client()
    sign_in(desk, position.person, position=position, assurance=Assurance.HIGH)
    assert "H26" in desk.get("/quan-tri/partners/partner/").content.decode()
    shown = desk.get("/quan-tri/partners/partner/H26/change/").content.decode()
    assert "thiếu trường: 1" in shown and "cơ quan khác: 1" in shown
    form = {"reason": "Nghi lộ mật khẩu"}
    assert desk.post("/quan-tri/partners/partner/H26/tam-ngung/", form).status_code == 302
    assert auth("H26", password).json()["error_code"] == 423
    assert desk.post("/quan-tri/partners/partner/H26/tam-ngung/", form).status_code == 422
    assert desk.post("/quan-tri/partners/partner/H26/ket-noi-lai/").status_code == 302
    answer = desk.post("/quan-tri/partners/partner/H26/mat-khau/", {"end_others": "on"})
    assert answer.status_code == 200 and answer["Cache-Control"].find("no-store") >= 0
    assert auth("H26", password).json()["error_code"] == 401
    new = answer.context["made"].password
    assert new in answer.content.decode() and auth("H26", new).json()["error_code"] == 0
    entered = {
        "code": "G18", "name": "Bộ Thử Nghiệm", "units": "G18\n000.00.04.G18", "calls": ["dossiers"], "contacts": "", "rate": "60",
        "is_test": "on",
    }  # fmt: skip
    made = desk.post("/quan-tri/partners/partner/dang-ky/", entered)
    assert made.status_code == 200 and Partner.objects.get(pk="G18").units == ["G18", "G18.04"]
    assert desk.post("/quan-tri/partners/partner/dang-ky/", entered).status_code == 422
    changed = {**entered, "units": "G18"}
    assert desk.post("/quan-tri/partners/partner/G18/sua/", changed).status_code == 302
    assert Partner.objects.get(pk="G18").units == ["G18"]
