"""Complaints about accounts (A-10, Rules art. 13.1): filed by anybody, both parties told, both clocks seen, escalated when late."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import AccountComplaint, Person
from accounts.owner import complaints
from accounts.tasks import watch_complaints
from portal.access import ANONYMOUS, AccessDenied, Assurance
from portal.audit.models import Act
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from tests import factories

PAGE = "/tai-khoan/khieu-nai/"
DESK = "/quan-tri/accounts/accountcomplaint/"
_addresses = itertools.count(1)
"""Each complaint from an address of its own: how many come from one is limited."""
SAID = {
    "kind": "impostor",
    "text": "Tôi chưa từng mở tài khoản.",
    "name": "Lê Thị Giả Định",
    "number": "001195123456",
    "phone": "0900 000 777",
}


def _officer(unit: str = "G22", *roles: str) -> tuple[Client, Any]:
    client, position = Client(), factories.make_position(unit=unit, roles=roles or ("administrator",))
    factories.sign_in(client, position.person, position=position)
    return client, position


def _filed(person: Any = None, **said: Any) -> AccountComplaint:
    client = Client(REMOTE_ADDR=f"198.51.100.{next(_addresses)}")
    if person is not None:
        factories.sign_in(client, person)
    answer = client.post(PAGE, {**SAID, **said})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return AccountComplaint.objects.get(code=answer["Location"].strip("/").rpartition("/")[2])


@pytest.mark.requirement("A-10", "N-08")
@pytest.mark.django_db
def test_what_officers_read_of_a_stranger_looks_like_what_it_is() -> None:
    page = Client(REMOTE_ADDR=f"198.51.100.{next(_addresses)}").post(PAGE, {**SAID, "kind": "wrong_data"})
    [legend] = re.findall(r"<legend>Thông tin nào không đúng.*?</legend>", page.content.decode())
    assert page.status_code == 422 and "không bắt buộc" not in legend, "it is needed where that kind was chosen"
    made = _filed(name="Lê\u200b Thị\u202e Giả Định", text="Tôi\u2066 chưa từng mở.\u202e")
    assert (made.said["name"], made.said["text"]) == ("Lê Thị Giả Định", "Tôi chưa từng mở.")
    for wrong in ({"name": "\u041bê Thị Giả Định"}, {"name": "Lê Thị (đã xác minh)"}, {"text": "\u200b\u202e"}):
        assert Client(REMOTE_ADDR=f"198.51.100.{next(_addresses)}").post(PAGE, {**SAID, **wrong}).status_code == 422


@pytest.mark.requirement("A-10")
@pytest.mark.django_db
def test_both_parties_are_told_within_24_hours_and_the_outcome_within_48(outside: Any) -> None:
    holder = factories.make_person(id_number="001195123456", phone="+84900000888")
    made = _filed()
    assert (made.account_id, made.person_id, made.state) == (holder.pk, None, "new")
    page = Client().get(f"{PAGE}{made.code}/").content.decode()
    assert made.code_shown in page and "Chờ tiếp nhận" in page
    assert "Giả Định" not in page and "0900" not in page and "chưa từng" not in page, "whoever has the code learns nothing of who said what"
    client, position = _officer()
    assert made.code_shown in client.get(DESK).content.decode()
    shown = client.get(f"{DESK}{made.pk}/change/").content.decode()
    assert "Tôi chưa từng mở tài khoản." in shown
    assert Act.objects.filter(act="accounts.read_complaint", target_id=str(made.pk), position_id=position.pk).exists()
    assert client.post(f"{DESK}{made.pk}/take/", {"seen": made.version}).status_code == 302
    outbox.deliver_due()
    for phone in ("+84900000777", "+84900000888"):
        assert any(made.code_shown in sms["text"] for sms in outside.outbox(phone)), phone
    made.refresh_from_db()
    assert (made.state, made.told_at, made.officer_id) == ("taken", made.taken_at, position.pk)
    assert client.post(f"{DESK}{made.pk}/end/", {"seen": made.version, "upheld": "yes", "outcome": ""}).status_code == 422
    answer = client.post(f"{DESK}{made.pk}/end/", {"seen": made.version, "upheld": "yes", "outcome": "Đã xác minh và khóa tài khoản."})
    assert answer.status_code == 302
    outbox.deliver_due()
    page = Client().get(f"{PAGE}{made.code}/").content.decode()
    assert "Khiếu nại đúng" in page and "Đã xác minh và khóa tài khoản." in page and "Quá hạn" not in page
    assert any("đã có kết quả" in sms["text"] for sms in outside.outbox("+84900000777"))
    assert Notification.objects.filter(party_id=holder.pk, template="accounts.complaint_about_ended", channel="inbox").exists()
    acts = list(Act.objects.filter(target_id=str(made.pk)).order_by("id").values_list("act", flat=True))
    assert [act for act in acts if "read" not in act] == ["accounts.complain", "accounts.take_complaint", "accounts.end_complaint"]


@pytest.mark.requirement("A-10")
@pytest.mark.django_db
def test_clocks_that_run_out_are_seen_and_reach_the_leaders_once(outside: Any) -> None:
    leader = factories.make_position(unit="G22", roles=("steering",))
    begin = timezone.now()
    with time_machine.travel(begin, tick=False):
        made = _filed()
        watch_complaints()
    with time_machine.travel(begin + timedelta(hours=24), tick=False):
        assert watch_complaints() == 0, "at 24 hours it is in time"
    with time_machine.travel(begin + timedelta(hours=24, seconds=1), tick=False):
        assert (watch_complaints(), watch_complaints()) == (1, 0)
        assert "Quá hạn" in Client().get(f"{PAGE}{made.code}/").content.decode()
    late = Notification.objects.filter(template="accounts.complaint_late", party_id=leader.person_id, channel="inbox")
    assert late.count() == 1
    taken = begin + timedelta(hours=30)
    complaints.take_on(
        actor=factories.officer_actor(factories.make_position(unit="G22", roles=("administrator",))), complaint_id=made.pk, now=taken
    )
    with time_machine.travel(taken + timedelta(hours=48), tick=False):
        assert watch_complaints() == 0
    with time_machine.travel(taken + timedelta(hours=48, seconds=1), tick=False):
        assert (watch_complaints(), watch_complaints()) == (1, 0)
    assert late.count() == 2
    client, _ = _officer()
    with time_machine.travel(taken + timedelta(hours=50), tick=False):
        factories.sign_in(client, _.person, position=_)
        desk = client.get("/quan-tri/").content.decode()
    assert "Khiếu nại về tài khoản đã quá hạn" in desk


@pytest.mark.requirement("A-10", "A-13")
@pytest.mark.django_db
def test_who_is_signed_in_says_what_is_wrong_and_the_registry_is_asked_again(outside: Any) -> None:
    person = factories.make_person()
    client = Client()
    factories.sign_in(client, person)
    page = client.get("/tai-khoan/thong-tin/").content.decode()
    assert f"{PAGE}?ve=wrong_data" in page
    form = client.get(f"{PAGE}?ve=wrong_data").content.decode()
    assert "checked" in form and 'name="number"' not in form
    assert client.post(PAGE, {"kind": "wrong_data", "text": "Ngày sinh sai."}).status_code == 422, "which of them is wrong"
    made = _filed(person, kind="wrong_data", fields_wrong=["birth_date"], number="001195999999")
    assert (made.person_id, made.account_id, made.said["fields"]) == (person.pk, person.pk, ["birth_date"])
    before = Person.objects.get(pk=person.pk).registry_due_at
    actor = factories.officer_actor(factories.make_position(unit="G22", roles=("administrator",)))
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=True):
        complaints.take_on(actor=actor, complaint_id=made.pk, now=timezone.now())
    after = Person.objects.get(pk=person.pk).registry_due_at
    assert before is not None and after is not None and after > before
    assert Notification.objects.filter(party_id=person.pk, template__startswith="accounts.complaint_about").count() == 0, (
        "one party, told once"
    )
    assert made.code_shown in client.get("/tai-khoan/").content.decode()


@pytest.mark.requirement("A-10")
@pytest.mark.django_db
def test_the_account_is_locked_to_protect_it_and_opened_after_an_officer_has_seen_who_it_is(outside: Any) -> None:
    holder = factories.make_person(id_number="001195123456")
    session = Client()
    factories.sign_in(session, holder)
    made = _filed(kind="misuse")
    client, _position = _officer()
    assert client.post(f"{DESK}{made.pk}/unlock/").status_code == 422
    assert client.post(f"{DESK}{made.pk}/lock/", {"needs": "3"}).status_code == 302
    assert session.get("/tai-khoan/").status_code == 302
    client.post(f"{DESK}{made.pk}/take/", {"seen": made.version})
    assert "xác minh" in client.get(f"{DESK}{made.pk}/unlock/").content.decode()
    assert client.post(f"{DESK}{made.pk}/unlock/").status_code == 302
    holder.user.refresh_from_db()
    assert holder.user.is_active
    assert client.post(f"{DESK}{made.pk}/unlock/").status_code == 422, "nothing is locked any more"


@pytest.mark.requirement("A-10", "O-07")
@pytest.mark.django_db
def test_only_who_answers_for_accounts_and_is_no_party_handles_it(outside: Any) -> None:
    made = _filed()
    for unit, role in (("G15", "administrator"), ("G22", "handling"), ("H26", "administrator")):
        client, position = _officer(unit, role)
        assert client.get(f"{DESK}{made.pk}/change/").status_code in (403, 404), (unit, role)
        assert client.post(f"{DESK}{made.pk}/take/").status_code in (403, 404)
        with pytest.raises(AccessDenied):
            complaints.take_on(actor=factories.officer_actor(position), complaint_id=made.pk, now=timezone.now())
    position = factories.make_position(unit="G22", roles=("administrator",))
    own = complaints.file(kind="misuse", said={"text": "x"}, actor=factories.citizen_actor(position.person), now=timezone.now())
    with pytest.raises(AccessDenied):
        complaints.take_on(actor=factories.officer_actor(position), complaint_id=own.pk, now=timezone.now())
    colleague = factories.officer_actor(factories.make_position(unit="G22", roles=("administrator",)))
    with pytest.raises(complaints.ComplaintRefused):
        complaints.end(actor=colleague, complaint_id=own.pk, upheld=True, outcome="x", now=timezone.now())
    complaints.take_on(actor=colleague, complaint_id=own.pk, seen=1, now=timezone.now())
    with pytest.raises(complaints.ComplaintRefused, match="người khác"):
        complaints.end(actor=colleague, complaint_id=own.pk, upheld=True, outcome="x", seen=1, now=timezone.now())
    with pytest.raises(complaints.ComplaintRefused):
        complaints.take_on(actor=colleague, complaint_id=own.pk, now=timezone.now())
    with pytest.raises(complaints.ComplaintRefused):
        complaints.lock_account(actor=colleague, complaint_id=made.pk, needs=Assurance.HIGH, now=timezone.now())


@pytest.mark.django_db
def test_what_is_wrong_is_said_beside_the_field() -> None:
    client = Client(REMOTE_ADDR=f"198.51.100.{next(_addresses)}")
    for field, value in (("number", "123"), ("phone", "12"), ("email", "a@b"), ("text", ""), ("kind", "x"), ("name", ""), ("phone", "")):
        answer = client.post(PAGE, {**SAID, field: value})
        assert answer.status_code == 422, field
        assert "error-summary" in answer.content.decode()
    assert not AccountComplaint.objects.exists()
    assert client.get(f"{PAGE}ABCDEFGHJKMN/").status_code == 404
    assert client.get(f"{PAGE}%00/").status_code == 404
    assert client.post(f"{PAGE}theo-doi/", {"code": "abcd-efgh-jkmn"}).status_code == 422
    made = _filed()
    assert client.post(f"{PAGE}theo-doi/", {"code": made.code_shown.lower()})["Location"] == f"{PAGE}{made.code}/"


@pytest.mark.requirement("N-08")
@pytest.mark.django_db
def test_nobody_learns_from_a_complaint_whether_there_is_an_account() -> None:
    factories.make_person(id_number="001195123456")
    with_account, without = _filed(), _filed(number="001195999999")
    assert (with_account.account_id is None, without.account_id is None) == (False, True)
    pages = [Client().get(f"{PAGE}{made.code}/").content.decode() for made in (with_account, without)]
    plain = [page.replace(made.code_shown, "").replace(made.code, "") for page, made in zip(pages, (with_account, without), strict=True)]
    assert plain[0] == plain[1]


@pytest.mark.django_db
def test_one_address_files_so_many_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.owner.views.COMPLAINTS_A_DAY", 2)
    client = Client(REMOTE_ADDR=f"203.0.113.{next(_addresses)}")
    assert [client.post(PAGE, SAID).status_code for _ in range(3)] == [302, 302, 422]
    assert AccountComplaint.objects.count() == 2


@pytest.mark.django_db
def test_the_database_holds_states_and_times_together() -> None:
    made = complaints.file(kind="misuse", said={"text": "x"}, actor=ANONYMOUS, now=timezone.now())
    for wrong in ({"state": "taken"}, {"ended_at": timezone.now()}, {"upheld": True}):
        with pytest.raises(DatabaseError), transaction.atomic():
            AccountComplaint.objects.filter(pk=made.pk).update(**wrong)
