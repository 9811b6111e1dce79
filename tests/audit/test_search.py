"""Who did and who looked: found on the desk by who, what, when, on what; the whole trail looked through from its page (O-07)."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from portal import audit
from portal.access import SYSTEM
from portal.audit import checking, services
from portal.audit.models import Act, Check
from tests.audit.test_audit import _tamper
from tests.factories import make_officer_actor, make_person, make_position, officer_actor, sign_in
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.requirement("O-07")
LIST = "/quan-tri/audit/act/"
CHECK = f"{LIST}check/"


def at_desk(unit: str, *roles: str) -> Client:
    client, position = Client(), make_position(unit=unit, roles=roles)
    sign_in(client, position.person, position=position)
    return client


def shown(client: Client, **asked: str) -> str:
    answer = client.get(LIST, asked)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def act_of(actor: Any, name: str, target: str, days_ago: int = 0) -> Act:
    if days_ago:
        # Written long ago: as a row of then, with its own moment.
        return Act.objects.create(
            act=name, target="dossiers.dossier", target_id=target, unit=actor.unit, acting_as="position", person_id=actor.person_id,
            position_id=actor.position_id, at=timezone.now() - timedelta(days=days_ago),
        )  # fmt: skip
    return audit.record(actor=actor, act=name, target="dossiers.dossier", target_id=target)


@pytest.mark.django_db
def test_the_trail_is_found_by_who_what_and_when() -> None:
    first = make_position(make_person(full_name="Tạ Văn Tìm Giả Định"), roles=("reception",))
    second = make_position(make_person(full_name="Tạ Thị Kiếm Giả Định"), roles=("reception",))
    act_of(officer_actor(first), "dossiers.read", "ho-so-mot")
    act_of(officer_actor(second), "dossiers.receive", "ho-so-hai")
    act_of(officer_actor(second), "dossiers.read_paper", "ho-so-cu", days_ago=400)
    chief = at_desk("H26.101", "administrator")

    def found(**asked: str) -> set[str]:
        page = shown(chief, **asked)
        return {name for name in ("ho-so-mot", "ho-so-hai", "ho-so-cu") if f">{name}<" in page}

    assert found() == {"ho-so-mot", "ho-so-hai", "ho-so-cu"}
    assert found(ai="ta van tim") == {"ho-so-mot"} and found(ai=second.person.id_number) == {"ho-so-hai", "ho-so-cu"}
    assert found(ai=str(first.person_id)) == {"ho-so-mot"} and found(ai=str(first.pk)) == {"ho-so-mot"}
    assert found(ai="không ai") == set() and found(ai="001195999999") == set()
    assert found(viec="dossiers.receive") == {"ho-so-hai"}
    assert found(kieu="xem") == {"ho-so-mot", "ho-so-cu"} and found(kieu="lam") == {"ho-so-hai"}
    long_ago = f"{timezone.localdate() - timedelta(days=300):%d/%m/%Y}"
    assert found(den=long_ago) == {"ho-so-cu"} and found(tu=long_ago) == {"ho-so-mot", "ho-so-hai"}
    assert found(ai="tạ thị", kieu="xem") == {"ho-so-cu"} and found(q="ho-so-hai") == {"ho-so-hai"}
    assert "Ngày không đúng" in shown(chief, tu="hôm qua")
    for odd in ({"ai": "\x00"}, {"viec": "king"}, {"kieu": "x"}, {"tu": ""}):
        assert chief.get(LIST, odd, follow=True).status_code == 200


@pytest.mark.django_db
def test_a_place_in_the_trail_that_is_none_leads_back_to_the_list() -> None:
    beyond = base64.urlsafe_b64encode(b'["2026-12-01T08:00:00+07:00", Infinity]').decode()
    assert at_desk("H26.101", "administrator").get(f"{LIST}?sau={beyond}").status_code == 302


@pytest.mark.django_db
def test_a_search_is_written_down_without_what_was_typed() -> None:
    person = make_person(full_name="Tạ Văn Tìm Giả Định")
    chief = at_desk("H26.101", "administrator")
    shown(chief)
    assert not Act.objects.filter(act="audit.search").exists()
    shown(chief, ai=person.id_number, kieu="xem")
    row = Act.objects.get(act="audit.search")
    assert row.details == {"by": ["ai", "kieu"]} and row.person_id is not None


@pytest.mark.django_db
def test_what_a_substitute_did_says_in_whose_place() -> None:
    absent = make_position(make_person(full_name="Tạ Văn Vắng Giả Định"), roles=("signing",))
    other = make_position(make_person(full_name="Tạ Thị Thay Giả Định"), roles=("reception",))
    from dataclasses import replace

    actor = replace(officer_actor(other), substitutes=absent.pk, roles=frozenset({"signing"}))
    act_of(actor, "dossiers.sign", "ho-so-thay")
    page = shown(at_desk("H26.101", "administrator"), q="ho-so-thay")
    assert "Tạ Thị Thay Giả Định" in page and "thay Tạ Văn Vắng Giả Định" in page


@pytest.mark.django_db
def test_a_search_of_another_unit_finds_nothing_of_ours_and_asks_as_often_for_many_as_for_few() -> None:
    officer = make_officer_actor("H26.101")
    act_of(officer, "dossiers.read", "ho-so-mot")
    neighbour = at_desk("H26.102", "administrator")
    for asked in ({"q": "ho-so-mot"}, {"ai": str(officer.person_id)}, {"viec": "dossiers.read"}, {"kieu": "xem"}):
        assert ">ho-so-mot<" not in shown(neighbour, **asked)

    chief = at_desk("H26.101", "administrator")

    def asked_for() -> int:
        shown(chief, kieu="xem")
        with CaptureQueriesContext(connection) as queries:
            shown(chief, kieu="xem")
        return len(queries)

    few = asked_for()
    for number in range(30):
        act_of(make_officer_actor("H26.101"), "dossiers.read", f"them-{number}")
    assert asked_for() == few


@pytest.fixture
def trail(committed_db: None) -> list[Act]:
    """Some sealed acts."""
    made = []
    for number in range(6):
        with transaction.atomic():
            made.append(audit.record(actor=SYSTEM, act="test.do", target="test.thing", target_id=f"t{number}"))
    services.seal()
    return made


def looked_through(vpcp: Client) -> str:
    assert vpcp.post(CHECK).status_code == 302
    assert checking.go_on(seconds=20, now=timezone.now())
    return vpcp.get(CHECK).content.decode()


def test_the_whole_trail_is_looked_through_from_the_desk_and_a_row_altered_by_sql_is_found(trail: list[Act]) -> None:
    vpcp = at_desk("G22", "steering")
    services.seal()
    assert "Chưa có lần nào" in vpcp.get(CHECK).content.decode()
    assert "Nguyên vẹn" in looked_through(vpcp)
    assert "Nhật ký bị sửa" not in vpcp.get("/quan-tri/").content.decode()
    _tamper(f"UPDATE audit_act SET target_id = 'khac' WHERE id = {trail[3].pk}")
    page = looked_through(vpcp)
    assert "Bị sửa" in page and f"Mắt xích 4, việc số {trail[3].pk}: việc hoặc mắt xích đã bị sửa" in page
    assert "Nhật ký bị sửa" in vpcp.get("/quan-tri/").content.decode()
    assert services.verify().first_altered is not None
    _tamper(f"UPDATE audit_act SET target_id = 't3' WHERE id = {trail[3].pk}")
    assert Check.objects.filter(state="altered").count() == 1, "the outcome stays to be read"


def test_an_act_slipped_in_and_a_link_without_a_seal_are_found(trail: list[Act]) -> None:
    vpcp = at_desk("G22", "steering")
    services.seal()
    _tamper("INSERT INTO audit_act (act, target, target_id, unit, acting_as, request_id, details) VALUES ('x', '', '', '', '', '', '{}')")
    assert "việc ngoài chuỗi" in looked_through(vpcp)
    _tamper("DELETE FROM audit_act WHERE act = 'x'")
    assert "Nguyên vẹn" in looked_through(vpcp).split("Bị sửa")[0]
    _tamper(f"INSERT INTO audit_link (seq, act_id, hash) VALUES (99999, {10**9}, 'x')")
    assert "không có dấu" in looked_through(vpcp)


def test_a_look_goes_on_where_its_worker_ended(trail: list[Act], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "LINKS", 2)
    monkeypatch.setattr(checking, "ACTS", 3)
    check = checking.begin(actor=SYSTEM, now=timezone.now())
    assert checking.begin(actor=SYSTEM, now=timezone.now()).pk == check.pk, "one at a time"
    slices = 0
    while not checking.go_on(seconds=0, now=timezone.now()):
        slices += 1
        assert slices < 50
    check.refresh_from_db()
    assert slices >= 4 and (check.state, check.seq) == ("sound", 6)
    assert checking.go_on(seconds=0, now=timezone.now()), "nothing left to do"


@pytest.mark.django_db
def test_only_the_government_office_looks_through_the_trail() -> None:
    for client in (at_desk("H26", "administrator"), at_desk("G22", "administrator")):
        assert client.get(CHECK).status_code == 403 and client.post(CHECK).status_code == 403
        assert CHECK not in shown(client)
    assert not Check.objects.exists()
