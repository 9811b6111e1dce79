"""The audit trail on the officers' desk: read through the door, never changed."""

from __future__ import annotations

import pytest
from django.test import Client

from portal import audit
from portal.access import SYSTEM
from portal.audit.models import Act
from tests.factories import make_position, sign_in

LIST = "/quan-tri/audit/act/"


def _client(*roles: str, unit: str) -> Client:
    position = make_position(unit=unit, roles=roles)
    client = Client()
    sign_in(client, position.person, position=position)
    return client


@pytest.mark.django_db
def test_each_sees_what_their_unit_reaches_and_vpcp_sees_all() -> None:
    rows = {
        unit: audit.record(actor=SYSTEM, act="test.do", target_id=f"at-{unit}", unit=unit) for unit in ("H26.101", "H26.102", "H26.1010")
    }
    ward = _client("administrator", unit="H26.101")
    text = ward.get(LIST).content.decode()
    assert "at-H26.101<" in text
    assert "at-H26.102" not in text
    assert "at-H26.1010" not in text
    assert ward.get(f"{LIST}{rows['H26.102'].pk}/change/").status_code == 302  # not found behind the door
    city = _client("administrator", unit="H26").get(LIST).content.decode()
    assert all(f"at-{unit}" in city for unit in rows)
    vpcp = _client("steering", unit="G22")
    text = vpcp.get(LIST).content.decode()
    assert all(f"at-{unit}" in text for unit in rows)
    assert vpcp.get(f"{LIST}{rows['H26.102'].pk}/change/").status_code == 200
    assert _client("reception", unit="H26.101").get(LIST).status_code == 403


@pytest.mark.django_db
def test_an_act_is_found_by_the_exact_id_of_its_target() -> None:
    for number in ("17", "177"):
        audit.record(actor=SYSTEM, act="test.do", target_id=f"d-{number}", unit="H26.101")
    text = _client("administrator", unit="H26.101").get(LIST, {"q": "d-17"}).content.decode()
    assert "d-17<" in text
    assert "d-177" not in text


@pytest.mark.django_db
def test_nothing_is_added_changed_or_deleted() -> None:
    row = audit.record(actor=SYSTEM, act="test.do", unit="H26.101")
    client = _client("administrator", unit="H26.101")
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{row.pk}/change/", {"act": "x"}).status_code == 403
    assert client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Act.objects.get(pk=row.pk).act == "test.do"
