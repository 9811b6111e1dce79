"""Before anybody has entered or paid anything, every page of payments stands."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_person, make_position, sign_in

LISTS = (
    "order", "collection", "refund", "tracerequest", "settlementcontact", "institution", "case", "run", "statement", "minutes",
    "settlement", "penaltyrate", "dayrevenue", "closedmonth", "account",
)  # fmt: skip


@pytest.mark.django_db
def test_pages_stand_on_an_empty_database() -> None:
    stranger, payer = Client(), Client()
    for address in ("/thanh-toan/", "/thanh-toan/don-vi/", "/en/thanh-toan/don-vi/", "/thanh-toan/dau-moi/?q=x"):
        assert stranger.get(address).status_code == 200, address
    sign_in(payer, make_person())
    for address in ("/thanh-toan/cua-toi/", "/thanh-toan/cua-toi/tai-ve/"):
        assert payer.get(address).status_code == 200, address
    for unit, role in (("H26.101", "accounting"), ("G22", "steering")):
        desk, position = Client(), make_position(unit=unit, roles=(role,))
        sign_in(desk, position.person, position=position)
        for name in LISTS:
            # Institutions are VPCP's and their own; everything else an accountant has, too.
            expected = 403 if (role, name) == ("accounting", "institution") else 200
            assert desk.get(f"/quan-tri/payments/{name}/").status_code == expected, (role, name)
        assert desk.get("/quan-tri/payments/run/fetch/").status_code == 200
