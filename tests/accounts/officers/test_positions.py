"""Positions made and ended on the desk, absences, and who held what a year ago (requirement A-12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import queries
from accounts.models import Position, PositionRole, Substitution
from accounts.officers import substitutes
from accounts.services.positions import BadRole, take_role
from feedback.services import answering, handling
from feedback.services.common import PetitionRefused
from portal.access import AccessDenied
from portal.audit.models import Act
from portal.notifications.models import Notification
from tests.accounts.officers.support import at_desk, day
from tests.factories import make_person, make_position, officer_actor, sign_in
from tests.feedback.support import MONDAY, send_one
from tests.support.queries import CaptureQueriesContext

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("A-12")]
DESK = "/quan-tri/accounts/position/"
DOSSIERS = "/quan-tri/dossiers/dossier/"


def said(person: Any, **values: Any) -> dict[str, Any]:
    return {
        "id_number": person.id_number, "full_name": person.full_name, "unit_code": "H26.101", "title": "Công chức tư pháp",
        "roles": ["reception", "handling"], **values,
    }  # fmt: skip


def test_an_administrator_makes_a_position_and_ends_it_and_an_open_session_ends_with_it() -> None:
    ward, chief = at_desk("H26.101", "administrator")
    client, person = Client(), make_person(full_name="Mai Thị Công Giả Định")
    assert "chức danh" in ward.get(DESK).content.decode() and ward.get(f"{DESK}add/").status_code == 200
    answer = ward.post(f"{DESK}add/", said(person, valid_to=day(9)), follow=True)
    assert "Mai Thị Công Giả Định giữ chức danh" in answer.content.decode()
    made = Position.objects.get(person=person)
    assert made.given_by_id == chief.id and made.roles_at(timezone.now()) == ["handling", "reception"]
    assert made.valid_to is not None and {row.valid_to for row in made.given_roles.all()} == {made.valid_to}
    sign_in(client, person, position=made)
    assert client.get(DOSSIERS).status_code == 200
    assert ward.post(f"{DESK}add/", said(person)).status_code == 422, "one position of one person in one unit"
    assert ward.post(f"{DESK}{made.pk}/end/").status_code == 302
    assert client.get(DOSSIERS).status_code == 302
    made.refresh_from_db()
    assert made.ended_by_id == chief.id and {row.ended_by_id for row in made.given_roles.all()} == {chief.id}
    acts = Act.objects.filter(target="accounts.position", target_id=str(made.pk)).order_by("pk")
    assert list(acts.values_list("act", flat=True)) == ["accounts.give_position", "accounts.end_position"]
    assert ward.post(f"{DESK}add/", said(person)).status_code == 302, "and again, later"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"unit_code": "H26"}, "chỉ giao chức danh trong cơ quan của mình"),
        ({"unit_code": "H26.102"}, "chỉ giao chức danh trong cơ quan của mình"),
        ({"unit_code": "H26.101.9"}, "không có mã này"),
        ({"full_name": "Người Khác"}, "Không có tài khoản nào"),
        ({"id_number": "abc"}, "12 chữ số"),
        ({"roles": ["steering"]}, "Không có"),
        ({"roles": ["counter"]}, "Không có"),
        ({"roles": ["administrator"]}, "được cấp cho người khác"),
        ({"valid_to": day(-1)}, "Ngày này đã qua"),
        ({"title": ""}, "Bạn hãy ghi mục này"),
    ],
)
def test_a_position_that_cannot_be_made_is_said_beside_the_field(wrong: dict[str, Any], words: str) -> None:
    ward, _chief = at_desk("H26.101", "administrator")
    person = make_person(full_name="Mai Thị Công Giả Định")
    answer = ward.post(f"{DESK}add/", said(person, **wrong))
    assert answer.status_code == 422 and not Position.objects.filter(person=person).exists()
    assert words in answer.content.decode() or words == "Không có", answer.content.decode()


def test_nobody_makes_or_ends_their_own_or_what_they_may_not_hand_out() -> None:
    ward, chief = at_desk("H26.101", "administrator")
    PositionRole.objects.filter(position=chief).update(grants=["reception", "handling"])
    assert ward.post(f"{DESK}add/", said(chief.person, unit_code="H26.101")).status_code == 403
    assert ward.post(f"{DESK}{chief.pk}/end/").status_code == 403
    leader = make_position(roles=("signing",))
    answer = ward.post(f"{DESK}{leader.pk}/end/")
    assert answer.status_code == 422 and "không được cấp hay thu hồi" in answer.content.decode()
    neighbour, _ = at_desk("H26.102", "administrator")
    for act in ("end", "lend", "give"):
        assert neighbour.get(f"{DESK}{leader.pk}/{act}/").status_code == 404
        assert neighbour.post(f"{DESK}{leader.pk}/{act}/").status_code == 404
    clerk, _ = at_desk("H26.101", "reception")
    assert clerk.get(f"{DESK}add/").status_code == 403 and clerk.get(f"{DESK}on/").status_code == 403


def lent(ward: Client, absent: Any, other: Any, **values: Any) -> Any:
    fields = {"substitute": str(other.pk), "roles": ["signing"], "reason": "Nghỉ phép", "valid_to": day(3), **values}
    return ward.post(f"{DESK}{absent.pk}/lend/", fields)


def test_a_substitute_acts_in_the_absent_ones_place_and_the_trail_says_so() -> None:
    ward, _chief = at_desk("H26.101", "administrator")
    absent = make_position(make_person(full_name="Hà Văn Vắng Giả Định"), roles=("signing", "overseeing"), title="Chủ tịch")
    client, other = at_desk("H26.101", "reception", name="Hà Thị Thay Giả Định")
    assert lent(ward, absent, other).status_code == 302
    row = Substitution.objects.get()
    told = Notification.objects.get(party_id=other.person_id, channel="inbox")
    assert told.template == "accounts.roles_lent" and "Chủ tịch" in (told.body or "")
    page = client.get("/tai-khoan/vai-tro/").content.decode()
    assert "Thay Hà Văn Vắng Giả Định, Chủ tịch" in page
    answer = client.post("/tai-khoan/vai-tro/", {"acting_as": str(row.pk)})
    assert answer["Location"] == "/quan-tri/"
    actor = client.get("/quan-tri/").context["request"].actor
    assert (actor.position_id, actor.substitutes, actor.unit) == (other.id, absent.id, "H26.101")
    assert actor.roles == {"signing"} and "thay Hà Văn Vắng Giả Định" in actor.label
    # Whoever is asked to sign finds the substitute, with a key of their own.
    found = [one for one in queries.holders("H26.101", ["signing"]) if one.person_id == other.person_id]
    assert [one.position_id for one in found] == [other.id] and "thay Hà Văn Vắng" in found[0].label
    client.get("/tai-khoan/vai-tro/")
    client.post("/tai-khoan/vai-tro/", {"acting_as": str(other.pk)})
    assert Act.objects.filter(act="accounts.act_as").latest("pk").details["substitutes"] == str(absent.id)

    client.post("/tai-khoan/vai-tro/", {"acting_as": str(row.pk)})
    page = ward.get(f"{DESK}{absent.pk}/change/").content.decode()
    assert f"/lent/{row.pk}/end/" in page and "Hà Thị Thay Giả Định" in page
    assert ward.post(f"{DESK}{absent.pk}/lent/{row.pk}/end/").status_code == 302
    assert client.get(DOSSIERS).status_code == 302, "back to being oneself, at once"
    assert queries.holders("H26.101", ["signing"]) == [] or all(
        one.person_id != other.person_id for one in queries.holders("H26.101", ["signing"])
    )


def test_what_the_absent_one_loses_is_lost_for_the_substitute_too() -> None:
    ward, chief = at_desk("H26.101", "administrator")
    absent = make_position(roles=("signing", "overseeing"))
    _client, other = at_desk("H26.101", "reception")
    lent(ward, absent, other, roles=["signing", "overseeing"])
    now = timezone.now()
    assert substitutes.held_by(other.person_id, now)[0].roles == {"signing", "overseeing"}
    take_role(actor=officer_actor(chief), position_id=absent.id, role="signing", now=now)
    assert substitutes.held_by(other.person_id, timezone.now())[0].roles == {"overseeing"}
    assert substitutes.held_by(other.person_id, now + timedelta(days=5)) == []
    Position.objects.filter(pk=absent.pk).update(valid_to=timezone.now())
    assert substitutes.held_by(other.person_id, timezone.now()) == []


def test_what_cannot_be_lent_is_refused() -> None:
    ward, chief = at_desk("H26.101", "administrator")
    absent, other = make_position(roles=("signing", "administrator")), make_position(roles=("reception",))
    elsewhere = make_position(unit="H29.101", roles=("signing",))
    for wrong in (
        {"roles": ["administrator"]},
        {"roles": ["handling"]},
        {"roles": []},
        {"valid_to": ""},
        {"substitute": str(elsewhere.pk)},
    ):
        assert lent(ward, absent, other, **wrong).status_code == 422
    assert lent(ward, absent, absent).status_code == 422
    with pytest.raises(AccessDenied):
        substitutes.lend(
            actor=officer_actor(chief), position_id=absent.id, substitute_id=chief.id, roles=["signing"], reason="x",
            valid_from=timezone.now(), valid_to=timezone.now() + timedelta(days=1), now=timezone.now(),
        )  # fmt: skip
    assert lent(ward, absent, other).status_code == 302
    assert lent(ward, absent, other).status_code == 422, "twice at the same time"
    PositionRole.objects.filter(position=chief).update(grants=["reception"])
    third = make_position(roles=("reception",))
    with pytest.raises(BadRole, match="không được cấp"):
        substitutes.lend(
            actor=officer_actor(chief), position_id=absent.id, substitute_id=third.id, roles=["signing"], reason="x",
            valid_from=timezone.now(), valid_to=timezone.now() + timedelta(days=1), now=timezone.now(),
        )  # fmt: skip


def test_roles_of_a_year_ago_are_told() -> None:
    ward, chief = at_desk("H26.101", "administrator")
    held = make_position(make_person(full_name="Cao Văn Xưa Giả Định"), roles=("signing",))
    year, gone = timezone.now() - timedelta(days=365), timezone.now() - timedelta(days=100)
    Position.objects.filter(pk=held.pk).update(valid_from=year - timedelta(days=5), valid_to=gone)
    PositionRole.objects.filter(position=held).update(valid_from=year - timedelta(days=5), valid_to=gone, given_by=chief)
    make_position(make_person(full_name="Cao Thị Nay Giả Định"), roles=("handling",))
    make_position(make_person(full_name="Cao Văn Khác Giả Định"), unit="H26.102", roles=("handling",))
    Substitution.objects.create(
        position=held,
        substitute=chief,
        roles=["signing"],
        reason="x",
        valid_from=year - timedelta(days=1),
        valid_to=year + timedelta(days=1),
    )
    Position.objects.filter(pk=chief.pk).update(valid_from=year - timedelta(days=9))
    then = ward.get(f"{DESK}on/", {"ngay": f"{timezone.localtime(year):%d/%m/%Y}"}).content.decode()
    assert "Cao Văn Xưa Giả Định" in then and "Ký kết quả (từ" in then and "Cao Thị Nay" not in then
    assert "Cao Văn Xưa Giả Định: Ký kết quả" in then, "and whose place was taken then"
    now = ward.get(f"{DESK}on/").content.decode()
    assert "Cao Văn Xưa" not in now and "Cao Thị Nay Giả Định" in now and "Cao Văn Khác" not in now
    assert "Cao Thị Nay" in ward.get(f"{DESK}on/?ten=cao+thi").content.decode()
    assert "Ngày không đúng" in ward.get(f"{DESK}on/?ngay=hom-qua").content.decode()
    for odd in ("?trang=x", "?trang=99", "?ten=%00", "?ngay="):
        assert ward.get(f"{DESK}on/{odd}").status_code == 200

    def asked() -> int:
        ward.get(f"{DESK}on/")
        with CaptureQueriesContext(connection) as queries_made:
            assert ward.get(f"{DESK}on/").status_code == 200
        return len(queries_made)

    few = asked()
    for number in range(12):
        make_position(make_person(full_name=f"Lưu Văn {number} Giả Định"), roles=("handling",))
    assert asked() == few


def test_a_substitute_or_a_second_position_is_no_second_pair_of_eyes() -> None:
    """Rules art. 45.2: who drafted an answer does not check it, in whatever capacity."""
    petition, _sender = send_one()
    writer = make_position(roles=("petition_reception", "petition_handling"))
    now = MONDAY + timedelta(hours=1)
    handling.receive(
        actor=officer_actor(writer), petition_id=petition.pk, about=petition.about, kind=petition.kind_id, sector_code="", now=now
    )
    answering.submit_answer(
        actor=officer_actor(writer), petition_id=petition.pk, words="Phường đã trả kết quả.", outcome_on=timezone.localdate(now), now=now
    )
    absent = make_position(roles=("petition_checking",))
    stands_in = replace(officer_actor(writer), substitutes=absent.pk, roles=frozenset({"petition_checking"}))
    above = officer_actor(make_position(writer.person, unit="H26", roles=("petition_checking",)))
    for actor in (stands_in, above):
        with pytest.raises(PetitionRefused, match="người khác phải duyệt"):
            answering.approve(actor=actor, petition_id=petition.pk, now=now)
    answering.approve(actor=officer_actor(absent), petition_id=petition.pk, now=now)
