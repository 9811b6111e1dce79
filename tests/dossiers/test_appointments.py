"""Appointments at a unit's counters, by account and by phone (D-18)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from dossiers.appointments import booking
from dossiers.appointments.calendar_file import calendar_file
from dossiers.appointments.common import CounterRefused
from dossiers.appointments.rules import HOLD
from dossiers.models import Appointment, ClosedDay, CounterDay, CounterPlan, Slot, Ticket
from dossiers.tasks import forget_appointments, keep_appointments
from portal.audit.models import Act
from portal.crypto import is_destroyed
from portal.notifications.models import Notification
from portal.workdays import ZONE
from tests.dossiers.counters import UNIT, booked, desk, first_time, last_day, plan, times_on
from tests.dossiers.support import CODE, at_once, filed, mother
from tests.factories import citizen_actor, make_person, sign_in

pytestmark = pytest.mark.requirement("D-18")
TIME = f"/lich-hen/dat/{CODE}/{UNIT}/"
PHONE = "0912345678"


def told(template: str, channel: str = "inbox") -> list[Notification]:
    return list(Notification.objects.filter(template=template, channel=channel).order_by("created_at"))


@pytest.mark.usefixtures("demo_data")
class TestWithAnAccount:
    """A party's appointment, over HTTP."""

    def test_from_the_procedures_page_to_the_calendar_changed_and_cancelled(self, client: Client) -> None:
        me = make_person()
        sign_in(client, me)
        assert f"/lich-hen/dat/{CODE}/" in client.get(f"/thu-tuc/{CODE}/").content.decode()
        places = client.get(f"/lich-hen/dat/{CODE}/").content.decode()
        assert TIME in places and TIME not in client.get(f"/lich-hen/dat/{CODE}/?tim=khong+co+noi+nao").content.decode()
        day = last_day()
        page = client.get(f"{TIME}?ngay={day}")
        first = times_on(page)[0]
        assert client.post(f"{TIME}?ngay={day}", {}).status_code == 422
        answer = client.post(f"{TIME}?ngay={day}", {"at": first, "priority": "pregnant"})
        one = Appointment.objects.get(party_id=me.id)
        assert answer["Location"] == f"/lich-hen/{one.code}/" and one.priority == "pregnant"
        assert one.starts_at == datetime.fromisoformat(first)
        shown = client.get(answer["Location"]).content.decode()
        assert one.code in shown and "<svg" in shown
        file = client.get(f"/lich-hen/{one.code}/lich-hen.ics")
        assert file["Content-Type"] == "text/calendar; charset=utf-8"
        assert f"DTSTART:{one.starts_at:%Y%m%dT%H%M%SZ}".encode() in file.content and b"SEQUENCE:0" in file.content
        [notice] = told("dossiers.appointment_booked")
        assert notice.party_id == me.id and notice.link == f"/lich-hen/{one.code}/"
        assert one.procedure_name in client.get("/tai-khoan/").content.decode()

        change = f"/lich-hen/{one.code}/doi/?ngay={day}"
        assert client.post(change, {"at": times_on(client.get(change))[-1]}).status_code == 302
        one.refresh_from_db()
        assert one.changes == 1 and len(told("dossiers.appointment_booked")) == 2
        assert b"SEQUENCE:1" in client.get(f"/lich-hen/{one.code}/lich-hen.ics").content
        assert sorted(Slot.objects.filter(unit_code=UNIT).values_list("taken", flat=True)) == [0, 1]

        assert client.get(f"/lich-hen/{one.code}/huy/").status_code == 200
        for _twice in range(2):
            client.post(f"/lich-hen/{one.code}/huy/")
        one.refresh_from_db()
        assert one.state == Appointment.State.CANCELLED
        assert not Slot.objects.filter(taken__gt=0).exists()
        assert b"STATUS:CANCELLED" in client.get(f"/lich-hen/{one.code}/lich-hen.ics").content

    def test_from_a_dossier_and_only_ones_own_is_named(self, client: Client) -> None:
        sign_in(client, mother())
        dossier = filed(now=timezone.now())
        link = f"{TIME}?ho-so={dossier.code}"
        assert link in client.get(f"/ho-so/{dossier.code}/").content.decode()
        client.post(link, {"at": times_on(client.get(link))[0]})
        assert Appointment.objects.get().dossier_code == dossier.code
        other = Client()
        sign_in(other, make_person())
        other.post(link, {"at": times_on(other.get(link))[0]})
        assert Appointment.objects.exclude(dossier_code=dossier.code).count() == 1

    def test_anothers_is_not_there_and_a_stranger_is_asked_to_sign_in(self, client: Client) -> None:
        one = booked()
        other = Client()
        sign_in(other, make_person())
        for rest in ("", "doi/", "huy/", "lich-hen.ics"):
            address = f"/lich-hen/{one.code}/{rest}"
            assert other.get(address).status_code == 404
            assert client.get(address)["Location"].startswith("/tai-khoan/dang-nhap/")
        assert other.post(f"/lich-hen/{one.code}/huy/").status_code == 404
        officer, _position = desk("reception", unit="H29.101")
        assert officer.get(f"/lich-hen/{one.code}/").status_code == 404
        one.refresh_from_db()
        assert one.state == Appointment.State.BOOKED

    def test_a_party_has_five_ahead_at_most(self) -> None:
        plan(per_slot=50)
        me = make_person()
        for _time in range(booking.OPEN_MOST):
            booked(me)
        with pytest.raises(CounterRefused):
            booked(me)

    def test_a_unit_without_counters_leads_to_those_that_have_some(self, client: Client) -> None:
        answer = client.get(f"/lich-hen/dat/{CODE}/H26.102/")
        assert answer["Location"] == f"/lich-hen/dat/{CODE}/"
        assert client.get("/lich-hen/dat/9.999999/").status_code == 404
        CounterPlan.objects.filter(unit_code=UNIT).update(procedure_codes=["2.000635"])
        assert client.get(TIME).status_code == 302


@pytest.mark.usefixtures("demo_data")
class TestByPhone:
    """Somebody without an account."""

    def hold(self, client: Client, phone: str = PHONE) -> Appointment:
        page = client.get(f"{TIME}?ngay={last_day()}")
        data = {"at": times_on(page)[0], "name": "Lý Thị Không Tài Khoản", "phone": phone}
        answer = client.post(f"{TIME}?ngay={last_day()}", data)
        assert answer["Location"] == "/lich-hen/xac-nhan/"
        return Appointment.objects.filter(party_id=None).latest("created_at")

    def code(self, one: Appointment) -> str:
        body = Notification.objects.filter(party_id=one.pk, template="dossiers.appointment_code").latest("created_at").body
        found = re.search(r"\b(\d{6})\b", str(body))
        assert found is not None
        return found[1]

    def test_a_code_to_the_phone_then_the_appointments_own_code_is_the_right_to_it(self, client: Client) -> None:
        one = self.hold(client)
        assert one.state == Appointment.State.HELD and one.phone == "+84912345678"
        assert "+84912345678" in str(Notification.objects.get(party_id=one.pk).address)
        assert client.get(f"/lich-hen/{one.code}/").status_code == 404, "not before the phone is confirmed"
        assert "678" in client.get("/lich-hen/xac-nhan/").content.decode()
        right = self.code(one)
        wrong = "000000" if right != "000000" else "111111"
        assert client.post("/lich-hen/xac-nhan/", {"code": wrong}).status_code == 422
        assert Client().post("/lich-hen/xac-nhan/", {"code": right})["Location"] == "/lich-hen/", "another browser holds nothing"
        assert client.post("/lich-hen/xac-nhan/", {"code": right})["Location"] == f"/lich-hen/{one.code}/"
        phone = Client()
        page = phone.get(f"/lich-hen/{one.code}/").content.decode()
        assert "Lý Thị Không Tài Khoản" not in page and "912345678" not in page
        found = phone.post("/lich-hen/", {"ma": one.code.lower()})
        assert found["Location"] == f"/lich-hen/{one.code}/"
        assert phone.post("/lich-hen/", {"ma": "ABCDEFGH23"}).status_code == 422
        [sms] = told("dossiers.appointment_booked", "sms")
        assert one.code in str(sms.body)
        phone.post(f"/lich-hen/{one.code}/huy/")
        one.refresh_from_db()
        assert one.state == Appointment.State.CANCELLED

    def test_five_tries_and_three_codes_and_no_more(self, client: Client) -> None:
        one = self.hold(client)
        right = self.code(one)
        wrong = f"{(int(right) + 1) % 10**6:06d}"
        for _try in range(5):
            client.post("/lich-hen/xac-nhan/", {"code": wrong})
        assert client.post("/lich-hen/xac-nhan/", {"code": right}).status_code == 422
        now = timezone.now()
        for number in (1, 2):
            booking.send_again(appointment_id=one.pk, now=now + timedelta(seconds=31 * number))
        from accounts.services.codes import TooManyRequests

        with pytest.raises(TooManyRequests):
            booking.send_again(appointment_id=one.pk, now=now + timedelta(seconds=120))
        assert client.post("/lich-hen/xac-nhan/", {"code": self.code(one)}).status_code == 302

    def test_a_place_that_nobody_confirms_is_free_again(self, client: Client) -> None:
        plan(per_slot=1)
        one = self.hold(client)
        with pytest.raises(CounterRefused):
            booked(at=one.starts_at)
        later = timezone.now() + HOLD + timedelta(seconds=1)
        # Without waiting for the task: whoever wants the place finds that it is free.
        taken = booking.book(actor=citizen_actor(make_person()), unit_code=UNIT, procedure_code=CODE, at=one.starts_at, now=later)
        one.refresh_from_db()
        assert taken.state == Appointment.State.BOOKED and one.state == Appointment.State.CANCELLED
        assert one.name is None and one.phone is None
        assert Slot.objects.get(starts_at=one.starts_at).taken == 1
        again = self.hold(client, "0912345679")
        with time_machine.travel(later + HOLD, tick=False):
            keep_appointments()
        again.refresh_from_db()
        assert again.state == Appointment.State.CANCELLED
        assert client.get("/lich-hen/xac-nhan/").status_code == 302

    def test_a_phone_is_sent_few_codes_in_a_day_and_a_wrong_number_is_refused(self, client: Client) -> None:
        plan(per_slot=50)
        for _time in range(booking.PHONE_DAY):
            self.hold(client)
        page = client.get(f"{TIME}?ngay={last_day()}")
        data = {"at": times_on(page)[0], "name": "Lý Thị Không Tài Khoản", "phone": PHONE}
        assert client.post(f"{TIME}?ngay={last_day()}", data).status_code == 422
        assert client.post(f"{TIME}?ngay={last_day()}", {**data, "phone": "12"}).status_code == 422
        assert Appointment.objects.count() == booking.PHONE_DAY


def test_no_time_is_overbooked_by_many_at_once(demo_db: None) -> None:
    plan(per_slot=3)
    at, people = first_time(), [make_person() for _ in range(8)]
    outcomes = at_once(*(lambda person=person: booked(person, at=at) for person in people))
    won = [one for one in outcomes if isinstance(one, Appointment)]
    assert len(won) == 3 and sum(isinstance(one, CounterRefused) for one in outcomes) == 5, outcomes
    slot = Slot.objects.get(unit_code=UNIT, starts_at=at)
    assert slot.taken == 3 == Appointment.objects.filter(starts_at=at, state="booked").count()
    with pytest.raises(IntegrityError), transaction.atomic():
        Slot.objects.filter(pk=slot.pk).update(taken=4)
    # Two swap their times while others ask for them: every place is somebody's, none is two people's.
    other = booked(make_person(), at=at + timedelta(minutes=30))
    jobs = [
        lambda: booking.move(actor=citizen_actor(people[outcomes.index(won[0])]), code=won[0].code, at=other.starts_at, now=timezone.now()),
        lambda: booked(make_person(), at=at),
        lambda: booking.cancel(actor=citizen_actor(people[outcomes.index(won[1])]), code=won[1].code, now=timezone.now()),
    ]
    at_once(*jobs)
    for row in Slot.objects.filter(unit_code=UNIT):
        assert row.taken == row.appointments.filter(state="booked").count() <= row.capacity


def test_a_day_closed_at_the_moment_of_booking_leaves_nobody_with_an_appointment_on_it(demo_db: None) -> None:
    _client, position = desk("administrator")
    from dossiers.appointments import plans
    from tests.factories import officer_actor

    day, actor = last_day(), officer_actor(position)
    people = [make_person() for _ in range(3)]
    times = [first_time(day) + timedelta(minutes=30 * number) for number in range(3)]
    jobs: list[Any] = [lambda pair=pair: booked(pair[0], at=pair[1]) for pair in zip(people, times, strict=True)]
    jobs.append(lambda: plans.close_day(actor=actor, unit_code=UNIT, day=day, reason="Sửa trụ sở", now=timezone.now()))
    at_once(*jobs)
    assert ClosedDay.objects.filter(day=day).count() == 1
    assert not Appointment.objects.filter(starts_at__date=day, state="booked").exists()
    assert not Slot.objects.filter(taken__gt=0).exists()


@pytest.mark.usefixtures("demo_data")
class TestTheUnit:
    """What the unit's administrator says of its counters, and what comes of it."""

    def test_hours_capacity_procedures_and_closed_days_are_data_of_the_desk(self, client: Client) -> None:
        admin, _position = desk("administrator")
        row = plan()
        base = f"/quan-tri/dossiers/counterplan/{row.pk}/"
        assert admin.get("/quan-tri/dossiers/counterplan/").status_code == 200
        data = {
            "is_open": "on", "counters": "4", "slot_minutes": "60", "per_slot": "1", "ahead_days": "30", "procedure_codes": CODE,
            "saturday": "08:00-10:00", "seen": str(row.version),
        }  # fmt: skip
        assert admin.post(f"{base}edit/", {**data, "saturday": "8 giờ"}).status_code == 422
        assert admin.post(f"{base}edit/", {**data, "saturday": "10:00-08:00"}).status_code == 422
        assert admin.post(f"{base}edit/", {**data, "procedure_codes": "9.999999"}).status_code == 422
        assert admin.post(f"{base}edit/", data).status_code == 302
        assert admin.post(f"{base}edit/", data).status_code == 409, "another window has changed it"
        row.refresh_from_db()
        assert row.counters == 4 and row.procedure_codes == [CODE] and row.hours[5] == [["08:00", "10:00"]] and row.hours[0] == []
        saturday = last_day()
        assert saturday.weekday() == 5
        assert len(times_on(client.get(f"{TIME}?ngay={saturday}"))) == 2

        one = booked(at=first_time(saturday))
        shut = {"day": f"{saturday:%d/%m/%Y}", "reason": "Mất điện"}
        assert admin.post(f"{base}close_day/", shut).status_code == 302
        assert admin.post(f"{base}close_day/", shut).status_code == 422
        one.refresh_from_db()
        assert one.state == Appointment.State.CANCELLED and one.cancel_reason == "Mất điện"
        [notice] = told("dossiers.appointment_off")
        assert notice.party_id == one.party_id and "Mất điện" in str(notice.body)
        assert last_day() < saturday
        assert admin.post(f"{base}open_day/{ClosedDay.objects.get().pk}/").status_code == 302
        assert last_day() == saturday
        assert set(Act.objects.filter(target="dossiers.counterplan").values_list("act", flat=True)) == {
            "dossiers.arrange_counters", "dossiers.close_counter_day", "dossiers.open_counter_day",
        }  # fmt: skip

    def test_who_does_not_arrange_only_looks(self) -> None:
        officer, _position = desk("reception")
        base = f"/quan-tri/dossiers/counterplan/{plan().pk}/"
        assert officer.get(f"{base}change/").status_code == 200
        for rest in ("edit/", "close_day/"):
            assert officer.get(base + rest).status_code == 403
        handler, _position = desk("handling")
        assert handler.get("/quan-tri/dossiers/counterplan/").status_code == 403

    def test_an_officer_reads_an_appointment_and_calls_it_off_with_a_reason(self) -> None:
        one = booked()
        officer, _position = desk("reception")
        base = f"/quan-tri/dossiers/appointment/{one.pk}/"
        assert str(one.name) in officer.get(f"{base}change/").content.decode()
        assert Act.objects.filter(act="dossiers.read_appointment", target_id=str(one.pk)).exists()
        assert officer.post(f"{base}call_off/", {"reason": ""}).status_code == 422
        assert officer.post(f"{base}call_off/", {"reason": "Cán bộ ốm"}).status_code == 302
        assert officer.post(f"{base}call_off/", {"reason": "Cán bộ ốm"}).status_code == 409
        assert len(told("dossiers.appointment_off")) == 1
        for query in ("", "?ngay=hom-nay", "?ngay=sap-toi", f"?q={one.code}"):
            assert officer.get(f"/quan-tri/dossiers/appointment/{query}").status_code == 200


@pytest.mark.usefixtures("demo_data")
class TestRegularWork:
    """Reminded of once, by day; noted as missed; erased after ninety days."""

    @pytest.mark.requirement("D-20")
    def test_reminded_of_once_the_day_before_at_a_decent_hour(self, client: Client) -> None:
        one = booked()
        by_phone = TestByPhone().hold(client)
        client.post("/lich-hen/xac-nhan/", {"code": TestByPhone().code(by_phone)})
        Appointment.objects.update(changed_at=timezone.now() - timedelta(days=1))
        day_before = one.starts_at.astimezone(ZONE) - timedelta(days=1)
        for hour in (3, 9, 10):
            with time_machine.travel(day_before.replace(hour=hour, minute=30), tick=False):
                keep_appointments()
            expected = 0 if hour == 3 else 1
            assert len(told("dossiers.appointment_soon")) == expected
            assert len(told("dossiers.appointment_soon_phone", "sms")) == expected
        assert told("dossiers.appointment_soon")[0].party_id == one.party_id

    def test_who_did_not_come_is_noted_and_after_ninety_days_nothing_is_left_but_figures(self) -> None:
        one = booked()
        with time_machine.travel(one.starts_at + timedelta(days=1), tick=False):
            keep_appointments()
        one.refresh_from_db()
        assert one.state == Appointment.State.MISSED
        figures = CounterDay.objects.count()
        Ticket.objects.create(unit_code=UNIT, day=timezone.localdate(), number=900, taken_at=timezone.now())
        with time_machine.travel(one.starts_at + timedelta(days=89), tick=False):
            forget_appointments()
        assert Appointment.objects.filter(pk=one.pk).exists()
        with time_machine.travel(one.starts_at + timedelta(days=92), tick=False):
            forget_appointments()
        assert not Appointment.objects.filter(pk=one.pk).exists() and not Ticket.objects.exists()
        assert is_destroyed(one.pk) and CounterDay.objects.count() == figures

    def test_a_copy_of_ones_data_holds_them_and_who_leaves_leaves_their_place(self) -> None:
        from dossiers.appointments import account

        me = make_person()
        one = booked(me)
        [held] = account.appointments_held(citizen_actor(me))
        assert held["Mã lịch hẹn"] == one.code and held["Họ và tên"] == me.full_name
        with transaction.atomic():
            account.leave(citizen_actor(me))
        assert not Appointment.objects.exists() and not Slot.objects.filter(taken__gt=0).exists()


def test_a_calendar_file_has_short_lines_and_escaped_text() -> None:
    now = timezone.now()
    data = calendar_file(
        uid="x@y", begins=now, ends=now + timedelta(minutes=30), changed=now, sequence=0, title="Hẹn; đăng ký, khai sinh" * 8,
        place="Phường A\nTầng 1", words="Mã A\\B", url="https://x/", cancelled=False,
    )  # fmt: skip
    lines = data.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines) and data.endswith(b"END:VCALENDAR\r\n")
    text = data.decode().replace("\r\n ", "")
    assert "SUMMARY:Hẹn\\; đăng ký\\, khai sinh" in text and "LOCATION:Phường A\\nTầng 1" in text and "DESCRIPTION:Mã A\\\\B" in text
