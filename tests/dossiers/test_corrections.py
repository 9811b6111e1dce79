"""A receipt or refusal by mistake is undone, an appointment that will not be kept is given anew with an apology: once, told, counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client

from dossiers import services
from dossiers.models import Dossier, DossierDocument, NationalDossier, State
from dossiers.national import is_on_time, standing
from dossiers.queries import unit_calendar
from dossiers.services.national import facts_of
from dossiers.services.recomputing import compare
from portal.access import AccessDenied
from portal.documents.rendering import document_html
from portal.notifications.models import Notification
from portal.states import TransitionRefused
from tests.dossiers.support import NOW, ZONE, ComesBack, decide, filed, leader, mother, received, sign_by_hand
from tests.dossiers.test_kinds import DESK, words
from tests.dossiers.test_kinds import desk as desk_of_a_day
from tests.factories import make_officer_actor

pytestmark = pytest.mark.usefixtures("demo_data")
REASON = "Bấm nhầm hồ sơ của người khác."


@pytest.fixture
def mothers() -> Client:
    return ComesBack(mother())


def desk(place: str, *roles: str) -> tuple[Client, Any]:
    """An officer who works there for days."""
    _client, position = desk_of_a_day(place, *roles)
    return ComesBack(position.person, position), position


def fresh(dossier: Dossier) -> Dossier:
    return Dossier.objects.get(pk=dossier.pk)


def told(template: str) -> int:
    return Notification.objects.filter(template=template, channel="inbox").count()


def row_of(dossier: Dossier) -> NationalDossier:
    return NationalDossier.objects.get(code=dossier.code)


@pytest.mark.requirement("D-06", "D-08", "O-07")
def test_a_receipt_by_mistake_is_undone_soon_by_who_made_it_later_by_a_leader(mothers: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        officer, _ = desk("H26.101", "reception", "handling")
        colleague, _ = desk("H26.101", "reception", "handling")
        chiefs, _ = desk("H26.101", "signing")
        dossier = filed()
        answer_by = dossier.response_due_at
        address = f"{DESK}{dossier.id}/undo_receive/"
        officer.post(f"{DESK}{dossier.id}/receive/", {"seen": dossier.version})
        appointment = fresh(dossier).due_at
        assert "Hoàn tác việc tiếp nhận nhầm" in words(officer.get(f"{DESK}{dossier.id}/change/"))
        assert "Hoàn tác việc tiếp nhận nhầm" not in words(colleague.get(f"{DESK}{dossier.id}/change/"))
        seen = {"seen": fresh(dossier).version, "reason": REASON}
        assert colleague.post(address, seen).status_code == 409 and "lãnh đạo cơ quan hoàn tác" in words(colleague.post(address, seen))
        assert officer.post(address, seen | {"reason": " "}).status_code == 422
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        assert officer.post(address, seen).status_code == 302
        undone = fresh(dossier)
        assert (undone.state, undone.received_at, undone.due_at, undone.due_first, undone.officer_id) == (State.SUBMITTED, *[None] * 4)
        assert undone.response_due_at == answer_by, "the agency's mistake gives it no time"
        last = undone.events.latest("id")
        assert (last.name, last.from_state, last.to_state, last.due_before, last.due_at, last.note) == (
            "undo_receive", "4", "1", appointment, None, REASON,
        )  # fmt: skip
        assert told("dossiers.receipt_undone") == 1 and (row_of(dossier).state, row_of(dossier).received_at) == ("1", None)
        page = words(mothers.get(f"/ho-so/{dossier.code}/"))
        assert "hoàn tác việc tiếp nhận nhầm" in page and REASON in page and "Đã gửi, chờ tiếp nhận" in page
        assert dossier.documents.get(role=DossierDocument.Role.RECEIPT).cancelled_at is not None

        # Received again it has another appointment and another slip; undone late, by a leader.
        assert officer.post(f"{DESK}{dossier.id}/receive/", {"seen": undone.version}).status_code == 302
        receipts = dossier.documents.filter(role=DossierDocument.Role.RECEIPT)
        assert receipts.count() == 2 and receipts.filter(cancelled_at=None).count() == 1
    with time_machine.travel(NOW + timedelta(hours=6), tick=False):
        seen["seen"] = fresh(dossier).version
        assert officer.post(address, seen).status_code == 409, "three working hours later"
        assert chiefs.post(address, seen).status_code == 302 and fresh(dossier).state == State.SUBMITTED


@pytest.mark.requirement("D-06")
def test_what_has_followed_is_not_unmade() -> None:
    officer, signer = make_officer_actor(), leader()
    dossier = received(officer)
    undo = partial(services.undo_receive, actor=officer, dossier_id=dossier.id, reason=REASON, now=NOW)
    decide(dossier, officer, signer)
    with pytest.raises(TransitionRefused, match="quyết định"):
        undo(seen_version=fresh(dossier).version)
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
        Dossier.objects.filter(pk=dossier.pk).update(due_first=NOW)
    with pytest.raises(ValueError, match="reason"):
        services.undo_receive(actor=officer, dossier_id=dossier.id, seen_version=1, reason=" ", now=NOW)
    with pytest.raises(Dossier.DoesNotExist):
        services.undo_receive(actor=make_officer_actor("H26.102"), dossier_id=dossier.id, seen_version=1, reason=REASON, now=NOW)


@pytest.mark.requirement("D-06")
def test_a_refusal_by_mistake_is_undone(mothers: Client) -> None:
    officer = make_officer_actor(roles=("reception",))
    dossier = filed()
    services.refuse(actor=officer, dossier_id=dossier.id, seen_version=dossier.version, reason="Không thuộc thẩm quyền", now=NOW)
    later = NOW + timedelta(hours=1)
    version = fresh(dossier).version
    with pytest.raises(TransitionRefused, match="lãnh đạo"):
        services.undo_refuse(
            actor=make_officer_actor(roles=("reception",)), dossier_id=dossier.id, seen_version=version, reason=REASON, now=later
        )
    services.undo_refuse(actor=officer, dossier_id=dossier.id, seen_version=version, reason=REASON, now=later)
    dossier = fresh(dossier)
    assert (dossier.state, dossier.refused_at) == (State.SUBMITTED, None) and told("dossiers.refusal_undone") == 1
    assert (row_of(dossier).state, row_of(dossier).refused_at) == ("1", None)
    assert "hoàn tác việc từ chối nhầm" in words(mothers.get(f"/ho-so/{dossier.code}/"))
    assert services.receive(actor=officer, dossier_id=dossier.id, seen_version=dossier.version, now=later).state == State.PROCESSING


def appoint(dossier: Dossier, chief: Any, *, day: str = "2026-11-26", now: datetime = NOW) -> Dossier:
    return services.reappoint(
        actor=chief,
        dossier_id=dossier.id,
        seen_version=fresh(dossier).version,
        day=datetime.fromisoformat(day).date(),
        reason="Chờ xác minh ở nơi sinh.",
        now=now,
    )


@pytest.mark.requirement("D-08", "D-10")
def test_an_apology_names_another_day_once_and_figures_measure_by_the_old_one(mothers: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        chiefs, _ = desk("H26.101", "signing")
        officer = make_officer_actor(roles=("reception", "handling"))
        dossier = received(officer)
        old = dossier.due_at
        assert old == datetime(2026, 11, 20, 17, 0, tzinfo=ZONE)
        address = f"{DESK}{dossier.id}/reappoint/"
        for day, said in (
            ("29/11/2026", "không làm việc"),
            ("20/11/2026", "phải sau ngày hẹn cũ"),
            ("30/6/2027", "nhiều nhất"),
            ("", "ghi ngày"),
        ):
            answer = chiefs.post(address, {"seen": dossier.version, "day": day, "reason": "Chờ xác minh ở nơi sinh."})
            assert answer.status_code == 422 and said in words(answer), words(answer)
        done = chiefs.post(address, {"seen": dossier.version, "day": "26/11/2026", "reason": "Chờ xác minh ở nơi sinh."})
        assert done.status_code == 302, words(done)
        dossier = fresh(dossier)
        new = datetime(2026, 11, 26, 17, 0, tzinfo=ZONE)
        assert (dossier.due_at, dossier.due_counted, dossier.due_first, dossier.reappointed_at) == (new, old, old, NOW)
        letter = document_html(dossier.documents.get(role=DossierDocument.Role.APOLOGY).document, at=NOW)
        for line in ("xin lỗi ông/bà", "17:00 ngày 20/11/2026", "17:00 ngày 26/11/2026", "Chờ xác minh ở nơi sinh.", "Nguyễn Thị Mẫu"):
            assert line in letter
        for channel in ("inbox", "sms"):
            assert Notification.objects.filter(template="dossiers.reappointed", channel=channel).count() == 1
        page = words(mothers.get(f"/ho-so/{dossier.code}/"))
        assert "xin lỗi và hẹn lại" in page and "17:00 26/11/2026" in page and "Chờ xác minh ở nơi sinh." in page
        assert "tính theo hẹn cũ 17:00 20/11/2026" in words(chiefs.get(f"{DESK}{dossier.id}/change/"))
        again = chiefs.post(address, {"seen": dossier.version, "day": "30/11/2026", "reason": "Vẫn chờ."})
        assert again.status_code == 409 and "chỉ được hẹn lại một lần" in words(again)
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
        Dossier.objects.filter(pk=dossier.pk).update(reappointed_at=NOW + timedelta(days=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        DossierDocument.objects.filter(dossier=dossier, role="receipt").update(role="apology")

    # Done by the new day and after the old one: late in the figures.
    wednesday = datetime(2026, 11, 25, 9, 0, tzinfo=ZONE)
    issued = decide(dossier, officer, leader(), now=wednesday)
    with time_machine.travel(wednesday, tick=False):
        sign_by_hand(issued)
    facts = facts_of(row_of(dossier))
    assert facts.state == State.RETURNED and standing(facts, on=wednesday.date()) == "late"
    assert is_on_time(facts, until=wednesday.date()) is False


@pytest.mark.requirement("D-08")
def test_an_apology_comes_before_the_day_is_over_and_is_a_leaders() -> None:
    chief, officer = leader(), make_officer_actor(roles=("reception", "handling"))
    dossier = received(officer)
    assert dossier.due_at is not None
    with pytest.raises(TransitionRefused, match="trước hạn"):
        appoint(dossier, chief, now=dossier.due_at)
    with pytest.raises(AccessDenied):
        appoint(dossier, officer)
    with pytest.raises(ValueError, match="reason"):
        services.reappoint(actor=chief, dossier_id=dossier.id, seen_version=1, day=NOW.date(), reason="", now=NOW)
    appoint(dossier, chief)
    with pytest.raises(TransitionRefused, match="hẹn lại"):
        services.undo_receive(actor=chief, dossier_id=dossier.id, seen_version=fresh(dossier).version, reason=REASON, now=NOW)


@pytest.mark.requirement("D-08")
def test_a_limit_is_extended_by_law_once_told_and_figures_measure_by_the_new_day(mothers: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        chiefs, _ = desk("H26.101", "signing")
        officer = make_officer_actor(roles=("reception", "handling"))
        dossier = received(officer)
        old, address = dossier.due_at, f"{DESK}{dossier.id}/extend/"
        given = {"seen": dossier.version, "day": "26/11/2026", "reason": "Phải xác minh nơi sinh.", "basis": "Luật Hộ tịch, điều 16"}
        for bad, said in (
            ({"basis": ""}, "điều, khoản"),
            ({"reason": ""}, "lý do gia hạn"),
            ({"day": "29/11/2026"}, "không làm việc"),
            ({"day": "20/11/2026"}, "phải sau ngày hẹn cũ"),
        ):
            answer = chiefs.post(address, {**given, **bad})
            assert answer.status_code == 422 and said in words(answer), words(answer)
        assert chiefs.post(address, given).status_code == 302
        dossier, new = fresh(dossier), datetime(2026, 11, 26, 17, 0, tzinfo=ZONE)
        assert (dossier.due_at, dossier.due_first, dossier.due_counted, dossier.extended_at) == (new, old, None, NOW)
        event = dossier.events.get(name="extend")
        assert (event.due_before, event.due_at, event.note) == (old, new, "Phải xác minh nơi sinh. Căn cứ: Luật Hộ tịch, điều 16")
        assert told("dossiers.extended") == 1 and not dossier.documents.filter(role=DossierDocument.Role.APOLOGY).exists()
        page = words(mothers.get(f"/ho-so/{dossier.code}/"))
        assert "gia hạn giải quyết theo quy định" in page and "Luật Hộ tịch, điều 16" in page and "17:00 26/11/2026" in page
        assert "hẹn đầu 17:00 20/11/2026" in words(chiefs.get(f"{DESK}{dossier.id}/change/"))
        again = chiefs.post(address, {**given, "seen": dossier.version, "day": "30/11/2026"})
        assert again.status_code == 409 and "chỉ được gia hạn một lần" in words(again)
        # What the events say is what is kept; and what was extended is not undone as a mistake.
        assert compare(dossier, unit_calendar(dossier.unit_code)) is None
        with pytest.raises(TransitionRefused, match="gia hạn"):
            services.undo_receive(actor=leader(), dossier_id=dossier.id, seen_version=dossier.version, reason=REASON, now=NOW)
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
        Dossier.objects.filter(pk=dossier.pk).update(extended_at=None)
    # Done by the new day and after the old one: in time. The agency's own delay after it is still an apology.
    wednesday = datetime(2026, 11, 25, 9, 0, tzinfo=ZONE)
    late = appoint(dossier, leader(), day="2026-11-30", now=wednesday)
    assert late.due_counted == new
    issued = decide(late, officer, leader(), now=wednesday)
    with time_machine.travel(wednesday, tick=False):
        sign_by_hand(issued)
    assert is_on_time(facts_of(row_of(dossier)), until=wednesday.date()) is True
    other = received(officer)
    appoint(other, leader())
    day = datetime(2026, 11, 30).date()
    with pytest.raises(TransitionRefused, match="hẹn lại"):
        services.extend(actor=leader(), dossier_id=other.pk, seen_version=fresh(other).version, day=day, reason="x", basis="y", now=NOW)
    third = received(officer)
    assert third.due_at is not None
    common: dict[str, Any] = {"dossier_id": third.pk, "seen_version": third.version, "day": day, "reason": "x", "basis": "y"}
    with pytest.raises(TransitionRefused, match="trước hạn"):
        services.extend(actor=leader(), **common, now=third.due_at)
    with pytest.raises(AccessDenied):
        services.extend(actor=officer, **common, now=NOW)
