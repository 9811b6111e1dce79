"""As whom one acts, and the inbox."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portal.access import Assurance
from portal.notifications.services import notify
from tests import factories


@pytest.mark.requirement("A-14")
@pytest.mark.django_db
def test_an_officer_changes_capacity_on_purpose(client: Client) -> None:
    position = factories.make_position()
    factories.sign_in(client, position.person, assurance=Assurance.HIGH)
    assert client.get("/quan-tri/").status_code == 302
    assert client.post("/tai-khoan/vai-tro/", {"acting_as": str(position.id)})["Location"] == "/quan-tri/"
    assert client.get("/quan-tri/").status_code == 200
    client.post("/tai-khoan/vai-tro/", {"acting_as": "self"})
    assert client.get("/quan-tri/").status_code == 302


@pytest.mark.requirement("A-07")
@pytest.mark.django_db
def test_a_one_time_password_is_not_enough_to_act_for_an_agency(client: Client) -> None:
    position = factories.make_position()
    factories.sign_in(client, position.person, assurance=Assurance.MEDIUM)
    assert client.post("/tai-khoan/vai-tro/", {"acting_as": str(position.id)})["Location"] == "/tai-khoan/can-bo/?tiep=1"
    assert "Cán bộ đăng nhập" in client.get("/tai-khoan/can-bo/?tiep=1").content.decode()
    assert client.get("/quan-tri/").status_code == 302


@pytest.mark.django_db
def test_nobody_takes_anothers_position(client: Client) -> None:
    position = factories.make_position()
    other = factories.make_position()
    factories.sign_in(client, position.person, assurance=Assurance.HIGH)
    assert client.post("/tai-khoan/vai-tro/", {"acting_as": str(other.id)}).status_code == 200
    session = client.session
    session["acting_as"] = {"kind": "position", "id": str(other.id)}
    session.save()
    assert client.get("/quan-tri/").status_code == 302


@pytest.mark.requirement("D-13")
@pytest.mark.django_db
def test_notices_are_read_by_their_owner_only(client: Client, django_assert_max_num_queries: Any) -> None:
    mine, other = factories.make_person(), factories.make_person()
    for number in range(30):
        notify(
            party_id=mine.id, template="dossiers.submitted", key=f"n{number}", channels=("inbox",), link="/ho-so/",
            context={"code": f"H26.101-261121-{number:04d}", "procedure": "Đăng ký khai sinh", "unit": "UBND"},
        )  # fmt: skip
    factories.sign_in(client, mine)
    with django_assert_max_num_queries(9):
        page = client.get("/tai-khoan/thong-bao/").content.decode()
    assert page.count("H26.101-261121-") >= 20
    notice = mine_notice(mine)
    stranger = Client()
    factories.sign_in(stranger, other)
    assert "H26.101-261121" not in stranger.get("/tai-khoan/thong-bao/").content.decode()
    stranger.post(f"/tai-khoan/thong-bao/{notice.id}/")
    assert mine_notice(mine).read_at is None
    assert client.post(f"/tai-khoan/thong-bao/{notice.id}/")["Location"] == "/ho-so/"
    assert mine_notice(mine).read_at is not None


def mine_notice(person: Any) -> Any:
    from portal.notifications.queries import notices_of

    return notices_of(person.id, person.id)[0]


@pytest.mark.django_db
def test_signing_out_ends_the_session_by_post_only(client: Client) -> None:
    factories.sign_in(client, factories.make_person())
    assert client.get("/tai-khoan/dang-xuat/").status_code == 200
    assert client.get("/tai-khoan/thong-bao/").status_code == 200
    client.post("/tai-khoan/dang-xuat/")
    assert client.get("/tai-khoan/thong-bao/").status_code == 302
