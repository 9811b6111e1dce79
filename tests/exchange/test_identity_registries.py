"""Registries that people and forms are compared with, over HTTP (A-02, D-02): what they know, what they do not, and what is no answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from portal.exchange import civil_status, immigration, insurance, land, tax, telecom, vehicle
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from tests.simulators.running import Simulators

ASKS: dict[str, Callable[[], Any]] = {
    "insurance": lambda: insurance.insured("0196000051"),
    "tax": lambda: tax.taxpayer("0100000010"),
    "telecom": lambda: telecom.is_subscriber(phone="+84900000050", id_number="001199000050"),
    "immigration": lambda: immigration.holder(kind="passport", country="KOR", number="M90000061"),
    "civil_status": lambda: civil_status.status("001195000001"),
    "land": lambda: land.parcels("001093000002"),
    "vehicle": lambda: vehicle.holding("001093000002"),
}


def test_each_knows_its_own_and_shows_nothing_in_logs(outside: Simulators) -> None:
    insured, holder = ASKS["insurance"](), ASKS["immigration"]()
    assert (insured.id_number, insured.birth_date, insured.phone) == ("001096000051", date(1996, 10, 9), "+84900000051")
    assert (holder.full_name, holder.nationality, holder.id_number, holder.valid_until) == ("KIM MAU", "KOR", "", date(2034, 4, 4))
    for said in (insured, holder):
        assert "0010" not in repr(said) and "KIM" not in repr(said) and "8490" not in repr(said)
    assert (ASKS["tax"]().status, ASKS["telecom"]()) == ("active", True)
    assert telecom.is_subscriber(phone="+84900000052", id_number="001193000052") is False
    assert insurance.insured("0100000000") is None and tax.taxpayer("0199999999") is None
    assert immigration.holder(kind="travel", country="KOR", number="M90000061") is None


@pytest.mark.requirement("D-02", "X-05")
def test_what_forms_are_filled_in_from(outside: Simulators) -> None:
    person = ASKS["civil_status"]()
    marriage = person.last("marriage")
    assert (person.marital_status, person.ethnicity, marriage.number) == ("married", "Kinh", "45/2018")
    assert (marriage.spouse.full_name, marriage.registered_on) == ("Trần Văn Thử", date(2018, 2, 10)) and person.last("death") is None
    [parcel] = ASKS["land"]()
    assert (parcel.certificate, parcel.sheet, parcel.parcel, parcel.area) == ("DM 000001", "12", "45", "86.5")
    has = ASKS["vehicle"]()
    assert (has.vehicles[0].plate, has.vehicles[0].seats, has.licences[0].licence_class) == ("30Z-000.02", 5, "C1")
    for said in (person, parcel, has):
        assert "Thử" not in repr(said) and "000" not in repr(said)
    assert vehicle.holding("0100000028").vehicles[0].plate == "30Z-000.28"  # type: ignore[union-attr]
    assert insurance.number_of("001195000001") == "0195000001"
    nobody = "001000000000"
    assert [civil_status.status(nobody), land.parcels(nobody), vehicle.holding(nobody), insurance.number_of(nobody)] == [None] * 4


@pytest.mark.requirement("A-02", "D-02", "X-05")
@pytest.mark.parametrize("name", sorted(ASKS))
@pytest.mark.parametrize(("mode", "more"), [("wrong", {}), ("down", {}), ("down", {"drop": True}), ("slow", {"seconds": 2})])
def test_an_answer_about_another_and_none_are_not_a_no(outside: Simulators, settings: Any, name: str, mode: str, more: Any) -> None:
    settings.OUTSIDE_TIMEOUT_SECONDS = 1.0
    outside.faults(name, mode, times=1, **more)
    with pytest.raises(OutsideUnavailable) as caught:
        ASKS[name]()
    assert caught.value.service == name
    settings.OUTSIDE_TIMEOUT_SECONDS = 5.0
    assert ASKS[name](), "the next question is answered"


@pytest.mark.parametrize("name", sorted(ASKS))
def test_a_wrong_token_is_refused(outside: Simulators, settings: Any, name: str) -> None:
    setattr(settings, f"{name.upper()}_REGISTRY_TOKEN", "wrong")
    with pytest.raises(OutsideRefused):
        ASKS[name]()


def test_what_is_no_number_is_not_sent(outside: Simulators) -> None:
    for ask in (
        lambda: insurance.insured("../control"),
        lambda: tax.taxpayer("1"),
        lambda: telecom.is_subscriber(phone="0900", id_number="001199000050"),
        lambda: telecom.is_subscriber(phone="+84900000050", id_number="1"),
        lambda: immigration.holder(kind="library-card", country="KOR", number="M90000061"),
        lambda: civil_status.status("../control"),
        lambda: land.parcels("1"),
        lambda: vehicle.holding("0900000000000"),
        lambda: insurance.number_of("1"),
    ):
        with pytest.raises(ValueError, match=r"."):
            ask()
