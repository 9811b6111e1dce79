"""Incidents move applicants' deadlines, never agencies'; agencies' requests have their clock (O-13, O-03; Rules art. 29.4, 51)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from dossiers import services as dossiers
from dossiers.models import Dossier, Draft
from feedback.services import handling
from helpdesk.models import AgencyRequest, Incident, Moved
from helpdesk.rules import moved_by
from helpdesk.services import incidents, moving, requests
from payments.models import Order
from portal.access import SYSTEM
from portal.notifications.models import Notification
from portal.workdays import national_calendar
from tests.dossiers import test_kinds as kinds
from tests.dossiers import test_objections as objections
from tests.dossiers import test_paying as paying
from tests.dossiers.support import CODE, NOW, mother, received
from tests.dossiers.test_supplements import ask
from tests.factories import citizen_actor, make_officer_actor, sign_in
from tests.feedback.support import MONDAY, send_one
from tests.feedback.support import officer as officer_of_petitions
from tests.helpdesk.support import desk, shown

pytestmark = pytest.mark.usefixtures("demo_data", "outside")
HOUR = dt.timedelta(hours=1)
CALENDAR = national_calendar()


def incomplete() -> Dossier:
    """A dossier whose applicant is asked for a paper."""
    officer = make_officer_actor()
    return ask(received(officer, now=NOW), officer)


def recorded(began_at: dt.datetime, ended_at: dt.datetime | None, now: dt.datetime, **more: Any) -> Incident:
    facts = {"title": "Cổng không đăng nhập được", "services": ("sign_in",), **more}
    return incidents.record(actor=SYSTEM, began_at=began_at, ended_at=ended_at, now=now, **facts)


@pytest.mark.requirement("O-13")
def test_a_deadline_that_fell_into_an_incident_moves_and_is_told_once() -> None:
    """*As a citizen*: a deadline moved by an incident."""
    dossier = incomplete()
    until, due, counted = dossier.supplement_until, dossier.due_at, dossier.response_due_at
    now = until + HOUR
    incident = recorded(until - 2 * HOUR, until + HOUR / 2, now)
    assert incidents.follow(now=now) == 1 and incidents.follow(now=now) == 0
    dossier.refresh_from_db()
    expected = moved_by(until, [(incident.began_at, incident.ended_at)], CALENDAR)
    assert dossier.supplement_until == dossier.supplements.get().until == expected > until
    assert (dossier.due_at, dossier.response_due_at) == (due, counted), "an agency's deadline never moves"
    told = Notification.objects.filter(template="dossiers.incident_supplement", party_id=mother().id, channel="inbox")
    assert told.count() == 1 and "Cổng có sự cố" in told.get().title
    dossiers.follow_supplements(now=now)
    dossier.refresh_from_db()
    assert dossier.state == "5", "it does not run out meanwhile"
    client = Client()
    sign_in(client, mother())
    assert "Hạn của bạn được lùi vì Cổng có sự cố" in shown(client.get(f"/ho-so/{dossier.code}/"))
    assert "Cổng không đăng nhập được" in shown(Client().get("/bao-tri/"))

    with time_machine.travel(now, tick=False):
        incidents.correct(actor=SYSTEM, incident_id=incident.pk, now=now, began_at=until - HOUR, ended_at=until)
        assert incidents.follow(now=now) >= 0
    dossier.refresh_from_db()
    shorter = moved_by(until, [(until - HOUR, until)], CALENDAR)
    assert shorter <= dossier.supplement_until <= expected, "shorter, but not taken away over night"
    row = Moved.objects.get()
    assert row.first == until and row.now == dossier.supplement_until

    incidents.correct(actor=SYSTEM, incident_id=incident.pk, now=now + HOUR, began_at=until - 2 * HOUR, ended_at=until + HOUR)
    incidents.follow(now=now + HOUR)
    dossier.refresh_from_db()
    assert dossier.supplement_until == moved_by(until, [(until - 2 * HOUR, until + HOUR)], CALENDAR)


@pytest.mark.requirement("O-13")
def test_while_it_goes_on_nothing_runs_out_and_who_answered_is_left_alone() -> None:
    dossier = incomplete()
    until = dossier.supplement_until
    incident = recorded(until - 3 * HOUR, None, until - 2 * HOUR)
    assert incidents.follow(now=until - 2 * HOUR) == 0
    assert incidents.follow(now=until - dt.timedelta(minutes=5)) == 1
    dossiers.follow_supplements(now=until + HOUR)
    dossier.refresh_from_db()
    assert dossier.state == "5" and dossier.supplement_until > until
    incidents.withdraw(actor=SYSTEM, incident_id=incident.pk, now=until + HOUR)
    incidents.follow(now=until + HOUR)
    dossier.refresh_from_db()
    assert dossier.supplement_until > until + HOUR, "what they were told they keep for a working day"
    other = recorded(until - 2 * HOUR, until + HOUR, until + 2 * HOUR, services=("partner",), unit_code="H29")
    assert not moving.reaches(other, "supplement", "H26.101") and moving.reaches(other, "supplement", "H29.101")


@pytest.mark.requirement("O-13")
def test_money_drafts_of_results_and_petitions_move_too() -> None:
    payer = Client()
    sign_in(payer, mother())
    owed = paying.due(paying.asked(payer)[0])
    with time_machine.travel(NOW, tick=False):
        objections.shows()
        officer, _position = kinds.desk("H26.101", "reception", "handling")
        looked_at = objections.received(officer)
        objections.show(officer, looked_at)
    shown_draft = looked_at.shown_results.get()
    petition, _sender = send_one()
    handling.ask_more(actor=officer_of_petitions(), petition_id=petition.pk, question="Số nào?", now=MONDAY)
    petition.refresh_from_db()
    for row, column, template in (
        (owed, "until", "dossiers.incident_payment"),
        (shown_draft, "until", "dossiers.incident_shown"),
        (petition, "supply_due_at", "feedback.incident_supply"),
    ):
        until = getattr(row, column)
        assert until is not None
        recorded(until - HOUR, until + HOUR, until + 2 * HOUR)
        assert incidents.follow(now=until + 2 * HOUR) >= 1
        row.refresh_from_db()
        expected = moved_by(until, [(until - HOUR, until + HOUR)], CALENDAR)
        assert getattr(row, column) == expected > until, template
        assert Notification.objects.filter(template=template).exists(), template
    assert Order.objects.get(pk=owed.order_id).expires_at >= owed.until and petition.supplements.get().due_at == petition.supply_due_at
    draft = dossiers.start_or_open_draft(actor=citizen_actor(mother()), procedure_code=CODE, now=NOW)
    changed = timezone.now() - dt.timedelta(days=80)
    Draft.objects.filter(pk=draft.pk).update(updated_at=changed, warned_at=timezone.now())
    row = Draft.objects.get(pk=draft.pk)
    last = moving.SOURCES["draft"].due_of(row)
    began = last - 3 * HOUR
    recorded(began, last + HOUR, last + 2 * HOUR, services=("filing",))
    assert incidents.follow(now=last + 2 * HOUR) >= 1
    row.refresh_from_db()
    assert moving.SOURCES["draft"].due_of(row) > last and row.updated_at == changed
    assert Notification.objects.filter(template="dossiers.incident_draft", party_id=mother().id).exists()
    assert incidents.follow(now=last + 2 * HOUR) == 0


@pytest.mark.requirement("O-13")
def test_the_desk_records_and_corrects() -> None:
    officer, _position = desk("G22", "technical")
    base = "/quan-tri/helpdesk/incident/"
    wrong = officer.post(f"{base}add/", {"title": "", "began_at": "x"})
    assert wrong.status_code == 422 and "ví dụ 06/12/2026 00:00" in shown(wrong)
    begin = f"{timezone.localtime() - HOUR:%d/%m/%Y %H:%M}"
    made = officer.post(f"{base}add/", {"title": "Thanh toán chậm", "services": ["payments"], "began_at": begin})
    row = Incident.objects.get()
    assert made.status_code == 302 and row.ended_at is None and "đang tiếp diễn" in shown(officer.get(f"{base}{row.pk}/change/"))
    end = f"{timezone.localtime():%d/%m/%Y %H:%M}"
    done = officer.post(f"{base}{row.pk}/correct/", {"title": row.title, "services": ["payments"], "began_at": begin, "ended_at": end})
    assert done.status_code == 302 and "Thanh toán chậm" in shown(officer.get(f"{base}{row.pk}/history/"))
    assert officer.post(f"{base}{row.pk}/call-off/").status_code == 302
    assert desk("H26", "technical")[0].get(base).status_code == 403


@pytest.mark.requirement("O-03")
def test_an_agency_asks_for_support_and_is_told_again() -> None:
    """*As an agency*: ask for support, told again."""
    agency, position = desk("H26", "technical")
    operator, _other = desk("G22", "technical")
    leader, head = desk("G22", "steering")
    base = "/quan-tri/helpdesk/agencyrequest/"
    with time_machine.travel(dt.datetime(2026, 12, 7, 3, 0, tzinfo=dt.UTC), tick=False) as clock:
        for one in ((agency, position), (operator, _other), (leader, head)):
            sign_in(one[0], one[1].person, position=one[1])
        assert agency.post(f"{base}add/", {"about": "connection", "title": "", "words": "x"}).status_code == 422
        made = agency.post(f"{base}add/", {"about": "connection", "title": "Mất kết nối LGSP", "words": "Từ 9 giờ.", "is_incident": "on"})
        row = AgencyRequest.objects.get()
        assert made.status_code == 302 and timezone.localtime(row.due_at) == timezone.localtime() + dt.timedelta(days=1)
        assert "còn 1 ngày làm việc" in shown(agency.get(f"{base}{row.pk}/change/"))
        assert desk("H29", "technical")[0].get(f"{base}{row.pk}/change/").status_code in (302, 404)
        assert requests.watch(now=timezone.now()) == 0
        clock.move_to(row.due_at - HOUR / 2)
        for one in ((agency, position), (operator, _other), (leader, head)):
            sign_in(one[0], one[1].person, position=one[1])
        assert requests.watch(now=timezone.now()) == 1 and requests.watch(now=timezone.now()) == 0
        early = f"{timezone.localtime():%d/%m/%Y %H:%M}"
        assert operator.post(f"{base}{row.pk}/promise/", {"until": early, "words": "Phức tạp"}).status_code == 422
        late = f"{timezone.localtime(row.due_at) + dt.timedelta(days=2):%d/%m/%Y %H:%M}"
        assert operator.post(f"{base}{row.pk}/promise/", {"until": late, "words": "Phải thay thiết bị"}).status_code == 302
        assert "Phải thay thiết bị" in shown(agency.get(f"{base}{row.pk}/change/"))
        clock.move_to(row.due_at + dt.timedelta(days=3))
        assert requests.watch(now=timezone.now()) == 1
        assert Notification.objects.filter(template="helpdesk.request_late", party_id=head.person_id).exists(), "escalated"
        for one in ((agency, position), (operator, _other)):
            sign_in(one[0], one[1].person, position=one[1])
        assert operator.post(f"{base}{row.pk}/solve/", {"words": "Đã thay."}).status_code == 302
        assert agency.post(f"{base}{row.pk}/again/", {"words": "Vẫn mất."}).status_code == 302
        operator.post(f"{base}{row.pk}/solve/", {"words": "Đã thay lần nữa."})
        assert agency.post(f"{base}{row.pk}/confirm/").status_code == 302
    row.refresh_from_db()
    assert row.state == "confirmed" and [one.name for one in row.steps.all()] == ["ask", "promise", "solve", "again", "solve", "confirm"]
    told = set(Notification.objects.filter(party_id=position.person_id, channel="inbox").values_list("template", flat=True))
    assert {"helpdesk.request_promised", "helpdesk.request_late", "helpdesk.request_solved"} <= told
