"""Reception at home on request (D-28)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from dossiers.appointments import visits
from dossiers.models import HomeVisit
from dossiers.tasks import forget_appointments
from portal.access import ANONYMOUS, AccessDenied
from portal.audit.models import Act
from portal.crypto import is_destroyed
from portal.notifications.models import Notification
from portal.workdays import is_working_day, national_calendar
from tests.dossiers.counters import UNIT, desk, plan
from tests.dossiers.support import CODE
from tests.factories import citizen_actor as actor_of
from tests.factories import give_mandate, make_person, mandate_actor, sign_in

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("D-28")]
ASK = f"/lich-hen/tai-nha/{CODE}/{UNIT}/"


def working_day(after: int = 1) -> Any:
    day = timezone.localdate() + timedelta(days=after)
    while not is_working_day(day, national_calendar()):
        day += timedelta(days=1)
    return day


def said(**more: Any) -> dict[str, Any]:
    return {
        "reason": "Bà tôi 91 tuổi, không đi lại được", "address": "Số 1 ngõ Ví Dụ", "phone": "0912345678",
        "wanted_on": f"{working_day():%d/%m/%Y}", "wanted_half": "morning", **more,
    }  # fmt: skip


def asked(client: Client | None = None) -> tuple[Client, HomeVisit]:
    if client is None:
        client = Client()
        sign_in(client, make_person())
    answer = client.post(ASK, said())
    assert answer.status_code == 302, answer.content.decode()
    return client, HomeVisit.objects.get(pk=answer["Location"].rstrip("/").rpartition("/")[2])


def told(template: str) -> list[Notification]:
    return list(Notification.objects.filter(template=template, channel="inbox"))


def test_asked_for_given_an_officer_and_a_day_told_and_done() -> None:
    client = Client()
    assert client.get(ASK)["Location"].startswith("/tai-khoan/dang-nhap/")
    me = make_person()
    sign_in(client, me)
    assert ASK in client.get(f"/lich-hen/tai-nha/{CODE}/").content.decode()
    assert "Số 0 phố Ví Dụ" in client.get(ASK).content.decode(), "what is known is filled in"
    for wrong in ({"wanted_on": f"{timezone.localdate():%d/%m/%Y}"}, {"phone": "1"}, {"reason": ""}, {"wanted_half": "x"}):
        assert client.post(ASK, said(**wrong)).status_code == 422, wrong
    _client, one = asked(client)
    assert one.party_id == me.id and one.address == "Số 1 ngõ Ví Dụ"

    officer, position = desk("reception")
    assert "chờ xếp lịch" in officer.get("/quan-tri/").content.decode()
    base = f"/quan-tri/dossiers/homevisit/{one.pk}/"
    assert "Số 1 ngõ Ví Dụ" in officer.get(f"{base}change/").content.decode()
    assert Act.objects.filter(act="dossiers.read_visit", target_id=str(one.pk)).count() == 1
    day = working_day(2)
    data = {"position_id": str(position.pk), "day": f"{day:%d/%m/%Y}", "half": "afternoon", "message": "Gọi trước 30 phút", "seen": "1"}
    _elsewhere, other = desk("reception", unit="H26.102")
    assert officer.post(f"{base}assign/", {**data, "position_id": str(other.pk)}).status_code == 422, "not an officer of this unit"
    assert officer.post(f"{base}assign/", {**data, "day": "01/01/2020"}).status_code == 422
    assert officer.post(f"{base}assign/", data).status_code == 302
    assert officer.post(f"{base}assign/", data).status_code == 409, "seen before it was assigned"
    [notice] = told("dossiers.visit_assigned")
    assert notice.party_id == me.id and f"{day:%d/%m/%Y}" in str(notice.title)
    page = client.get(f"/lich-hen/yeu-cau/{one.pk}/").content.decode()
    assert f"{day:%d/%m/%Y}" in page and "Gọi trước 30 phút" in page and position.person.full_name in page
    assert f"/lich-hen/yeu-cau/{one.pk}/" in client.get("/tai-khoan/").content.decode()
    assert f"/lich-hen/yeu-cau/{one.pk}/" in client.get("/lich-hen/").content.decode()

    assert officer.post(f"{base}done/", {"seen": "2"}).status_code == 409, "the day has not come"
    HomeVisit.objects.filter(pk=one.pk).update(day=timezone.localdate())
    assert officer.post(f"{base}done/", {"seen": "2"}).status_code == 302
    one.refresh_from_db()
    assert one.state == HomeVisit.State.DONE
    client.post(f"/lich-hen/yeu-cau/{one.pk}/")
    one.refresh_from_db()
    assert one.state == HomeVisit.State.DONE, "what is done is not withdrawn"


def test_declined_with_a_reason_or_withdrawn_by_its_owner() -> None:
    client, one = asked()
    officer, _position = desk("reception")
    base = f"/quan-tri/dossiers/homevisit/{one.pk}/"
    assert officer.post(f"{base}decline/", {"reason": "", "seen": "1"}).status_code == 422
    assert officer.post(f"{base}decline/", {"reason": "Ngoài địa bàn", "seen": "1"}).status_code == 302
    assert "Ngoài địa bàn" in str(told("dossiers.visit_declined")[0].body)
    assert "Ngoài địa bàn" in client.get(f"/lich-hen/yeu-cau/{one.pk}/").content.decode()
    _client, other = asked(client)
    for _twice in range(2):
        assert client.post(f"/lich-hen/yeu-cau/{other.pk}/").status_code == 302
    other.refresh_from_db()
    assert other.state == HomeVisit.State.CANCELLED
    assert officer.get(f"/quan-tri/dossiers/homevisit/{other.pk}/assign/").status_code == 200
    late = {"position_id": str(_position.pk), "day": f"{working_day():%d/%m/%Y}", "half": "morning", "seen": "2"}
    assert officer.post(f"/quan-tri/dossiers/homevisit/{other.pk}/assign/", late).status_code == 409


def test_anothers_request_is_not_there_and_other_units_see_nothing() -> None:
    _client, one = asked()
    other = Client()
    sign_in(other, make_person())
    assert other.get(f"/lich-hen/yeu-cau/{one.pk}/").status_code == 404
    assert other.post(f"/lich-hen/yeu-cau/{one.pk}/").status_code == 404
    theirs, _position = desk("reception", unit="H29.101")
    for rest in ("change/", "assign/", "done/", "decline/"):
        assert theirs.get(f"/quan-tri/dossiers/homevisit/{one.pk}/{rest}").status_code in (302, 404)
    handler, _position = desk("handling")
    assert handler.get("/quan-tri/dossiers/homevisit/").status_code == 403


def test_three_open_requests_at_most_and_only_where_the_unit_comes() -> None:
    client, _one = asked()
    for _time in range(visits.OPEN_MOST - 1):
        asked(client)
    assert client.post(ASK, said()).status_code == 422
    plan(at_home=False)
    assert client.get(ASK).status_code == 404


def test_a_mandate_reaches_as_far_as_its_procedures() -> None:
    giver, helper = make_person(), make_person()
    mandate = give_mandate(actor_of(giver), helper, procedures=["2.000635"])
    sign_in(client := Client(), helper, mandate=mandate)
    assert client.post(ASK, said()).status_code == 403
    with pytest.raises(AccessDenied):
        visits.ask(
            actor=ANONYMOUS, unit_code=UNIT, procedure_code=CODE, address="x", phone="+84912345678", reason="x", wanted_on=working_day(),
            wanted_half="morning", now=timezone.now(),
        )  # fmt: skip
    assert mandate_actor(mandate).procedures == frozenset({"2.000635"})
    assert not HomeVisit.objects.exists()


def test_erased_ninety_days_after_its_last_change() -> None:
    _client, one = asked()
    with time_machine.travel(one.changed_at + timedelta(days=89), tick=False):
        forget_appointments()
    assert HomeVisit.objects.filter(pk=one.pk).exists()
    with time_machine.travel(one.changed_at + timedelta(days=91), tick=False):
        forget_appointments()
    assert not HomeVisit.objects.exists() and is_destroyed(one.pk)
