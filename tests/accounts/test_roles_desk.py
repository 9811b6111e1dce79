"""Roles handed out on the desk (F-12, A-12): given, taken back, seen at once by whoever is signed in."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Position
from portal.audit.models import Act
from portal.notifications.models import Notification
from tests.factories import make_person, make_position, sign_in
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.usefixtures("demo_data")
DESK = "/quan-tri/accounts/position/"
TEMPLATES = "/quan-tri/feedback/replytemplate/"


def at_desk(unit: str, *roles: str, name: str = "Phạm Văn Cán Bộ Giả Định") -> tuple[Client, Any]:
    """A client of somebody at the desk of a unit, and their position."""
    client, position = Client(), make_position(make_person(full_name=name), unit=unit, roles=roles)
    sign_in(client, position.person, position=position)
    return client, position


def day(days: int) -> str:
    """A day from today on, as people write it."""
    return f"{timezone.localdate() + dt.timedelta(days=days):%d/%m/%Y}"


@pytest.mark.requirement("F-12", "A-12")
def test_a_role_taken_back_is_gone_from_the_holders_next_page() -> None:
    ministry, _boss = at_desk("G15", "administrator")
    holder, position = at_desk("G15", "petition_handling", "petition_publishing")
    assert holder.get(TEMPLATES).status_code == 200
    take = f"{DESK}{position.pk}/take/petition_handling/"
    assert "kể cả khi người này đang đăng nhập" in ministry.get(take).content.decode()
    answer = ministry.post(take, follow=True)
    assert "Đã thu hồi" in answer.content.decode()
    assert holder.get(TEMPLATES).status_code in (403, 404)
    assert holder.post(f"{TEMPLATES}add/", {}).status_code in (403, 404)
    assert holder.get("/quan-tri/").status_code == 200, "the session itself goes on"

    ministry.post(f"{DESK}{position.pk}/take/petition_publishing/")
    assert "hiện không có vai trò nào" in holder.get("/tai-khoan/vai-tro/").content.decode()
    ministry.post(f"{DESK}{position.pk}/give/", {"role": "petition_handling"})
    assert holder.get(TEMPLATES).status_code == 200
    assert "hiện không có vai trò nào" not in holder.get("/tai-khoan/vai-tro/").content.decode()
    told = Notification.objects.filter(party_id=position.person_id, channel="inbox").order_by("created_at")
    assert [notice.template for notice in told] == ["accounts.role_taken", "accounts.role_taken", "accounts.role_given"]
    assert "Xử lý phản ánh, kiến nghị" in (told[0].body or "") and position.title in (told[0].body or "")
    page = ministry.get(f"{DESK}{position.pk}/change/").content.decode()
    assert page.count("Xử lý phản ánh, kiến nghị") >= 3, "the row that ended stays to be read"
    acts = Act.objects.filter(target="accounts.position", target_id=str(position.pk)).order_by("pk").values_list("act", flat=True)
    assert list(acts)[-2:] == ["accounts.take_role", "accounts.give_role"]


@pytest.mark.requirement("F-12", "A-12")
def test_a_role_holds_from_a_day_until_the_end_of_another() -> None:
    ministry, _boss = at_desk("G15", "administrator")
    _holder, position = at_desk("G15", "petition_handling")
    give = f"{DESK}{position.pk}/give/"
    ministry.post(give, {"role": "petition_checking", "valid_from": day(1), "valid_to": day(2)})
    given = Position.objects.get(pk=position.pk).given_roles.get(role="petition_checking")
    assert timezone.localdate(given.valid_from) == timezone.localdate() + dt.timedelta(days=1)
    assert given.valid_to is not None and timezone.localtime(given.valid_to).hour == 0
    assert timezone.localdate(given.valid_to) == timezone.localdate() + dt.timedelta(days=3)
    page = ministry.get(f"{DESK}{position.pk}/change/").content.decode()
    assert f"hết ngày {timezone.localdate() + dt.timedelta(days=2):%d/%m/%Y}" in page, "as it was typed"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "chọn một mục"),
        ({"role": "steering"}, "không có trong danh sách"),
        ({"role": "operating"}, "không có trong danh sách"),
        ({"role": "petition_checking", "valid_from": day(-1)}, "từ hôm nay hoặc một ngày sau đó"),
        ({"role": "petition_checking", "valid_to": day(-1)}, "Ngày này đã qua"),
        ({"role": "petition_checking", "valid_from": day(3), "valid_to": day(1)}, "Ngày hết phải sau ngày bắt đầu"),
        ({"role": "petition_checking", "valid_from": "mai"}, "Ngày không đúng"),
    ],
)
def test_what_cannot_be_given_is_said_beside_the_field(said: dict[str, str], words: str) -> None:
    ministry, _boss = at_desk("G15", "administrator")
    _holder, position = at_desk("G15", "petition_handling")
    answer = ministry.post(f"{DESK}{position.pk}/give/", said)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert position.given_roles.count() == 1


def test_nobody_hands_out_roles_to_themself_or_in_another_agency() -> None:
    ministry, boss = at_desk("G15", "administrator")
    own = f"{DESK}{boss.pk}/"
    assert "vai trò của bạn do người quản trị khác" in ministry.get(f"{own}change/").content.decode()
    assert ministry.get(f"{own}give/").status_code == 403
    assert ministry.post(f"{own}give/", {"role": "petition_checking"}).status_code == 403
    assert ministry.post(f"{own}take/administrator/").status_code == 403
    _holder, elsewhere = at_desk("H26.101", "petition_handling")
    for act in ("change", "give", "take/petition_handling"):
        assert ministry.get(f"{DESK}{elsewhere.pk}/{act}/").status_code == 404
    checker, _third = at_desk("G15", "petition_checking")
    assert checker.get(DESK).status_code in (403, 404)
    assert checker.post(f"{DESK}{boss.pk}/take/administrator/").status_code in (403, 404)
    assert ministry.get(f"{DESK}{elsewhere.pk}/take/king/").status_code == 404
    assert elsewhere.given_roles.filter(valid_to__isnull=True).count() == 1


def test_the_role_of_the_government_office_stays_there() -> None:
    from accounts.services.positions import BadRole, give_role
    from tests.factories import officer_actor

    _province, boss = at_desk("H26", "administrator")
    _holder, position = at_desk("H26.101", "petition_handling")
    with pytest.raises(BadRole, match="Văn phòng Chính phủ"):
        give_role(actor=officer_actor(boss), position_id=position.pk, role="steering", valid_from=timezone.now())


def test_the_list_shows_who_holds_what_and_asks_as_often_for_many_as_for_few() -> None:
    ministry, _boss = at_desk("G15", "administrator")
    at_desk("G15", "petition_checking", name="Lưu Thị Duyệt Giả Định")
    at_desk("G15", "petition_reception", name="Lưu Văn Nhận Giả Định")
    found = ministry.get(f"{DESK}?vai-tro=petition_checking").content.decode()
    assert "Lưu Thị Duyệt Giả Định" in found and "Lưu Văn Nhận Giả Định" not in found
    assert "Lưu Văn Nhận Giả Định" in ministry.get(f"{DESK}?q=luu+van+nhan").content.decode()
    assert "Lưu Văn Nhận" not in ministry.get(f"{DESK}?vai-tro=khong").content.decode()

    def asked() -> int:
        ministry.get(DESK)
        with CaptureQueriesContext(connection) as queries:
            assert ministry.get(DESK).status_code == 200
        return len(queries)

    few = asked()
    for number in range(12):
        at_desk("G15", "petition_handling", name=f"Lưu Văn {number} Giả Định")
    assert asked() == few
