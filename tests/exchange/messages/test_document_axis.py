"""The national document axis as a way for messages: out as documents, in by the same door, whatever the axis does (X-15, X-06)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
import requests
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from portal.access import SYSTEM
from portal.exchange import document_axis, edxml
from portal.exchange.errors import OutsideError
from portal.exchange.messages import Message, State, axis, delivery, send
from portal.exchange.messages.models import AxisDocument
from portal.exchange.messages.tasks import fetch
from portal.exchange.partners import register
from portal.exchange.partners.models import Partner, PartnerKey, PartnerLine
from portal.exchange.partners.services import PartnerRefused
from portal.outbox.services import deliver_due
from portal.workdays import due_at, national_calendar
from tests.exchange.messages.support import AXIS_ORGAN, System, play, received
from tests.exchange.messages.test_desk import LINES, desk
from tests.simulators.running import Simulators
from tests.support.processes import eventually

pytestmark = pytest.mark.django_db
OURS = "000.00.00.G22"


@pytest.fixture
def axis_there(outside: Simulators, settings: Any) -> Simulators:
    """The axis, and our place on it."""
    settings.DOCUMENT_AXIS_URL, settings.DOCUMENT_AXIS_SYSTEM = f"{outside.url}/axis", "dvcqg"
    settings.DOCUMENT_AXIS_SECRET, settings.DOCUMENT_AXIS_ORGAN = "test-axis-secret", OURS
    return outside


@pytest.fixture
def on_axis(axis_there: Simulators) -> Simulators:
    """And the partner behind it."""
    play(axis_there, carrier="edoc")
    return axis_there


def put(number: int, about: str) -> Message:
    return send(partner="MAU", kind="test.word", about=about, body={"n": number, "tên": "Trần Văn Thử"}, key=f"k{number}")


def fault(outside: Simulators, mode: str, **more: Any) -> None:
    requests.post(f"{outside.url}/control/faults", json={"service": "document_axis", "mode": mode, **more}, timeout=10).raise_for_status()


def documents(outside: Simulators) -> list[dict[str, Any]]:
    return list(requests.get(f"{outside.url}/axis/documents.json", timeout=10).json()["documents"])


def by_axis(outside: Simulators, **asked: Any) -> dict[str, Any]:
    """What the partner's own system does every few minutes."""
    found: dict[str, Any] = requests.post(f"{outside.url}/partner/by-axis", json=asked, timeout=20).json()
    return found


def states() -> list[str]:
    return list(Message.objects.filter(direction="out").order_by("number").values_list("state", flat=True))


@pytest.mark.requirement("X-15")
def test_a_message_goes_out_as_a_document_and_waits_for_the_signed_receipt(on_axis: Simulators) -> None:
    first, second, other = put(1, "H26-1"), put(2, "H26-1"), put(3, "H26-2")
    deliver_due()
    first.refresh_from_db()
    # The axis has it: that is not yet the partner's word, and nothing overtakes it.
    assert states() == [State.WAITING] * 3 and first.carrier == "edoc" and first.last_error == "handed"
    told = documents(on_axis)
    assert [(one["sender"], one["receiver"]) for one in told] == [(OURS, AXIS_ORGAN)] * 2
    assert "Trần" not in json.dumps(told, ensure_ascii=False) and str(first.id) in told[0]["edxml"]
    assert by_axis(on_axis)["taken"] == [str(first.id), str(other.id)]
    fetch()
    deliver_due()
    first.refresh_from_db()
    assert states() == [State.DELIVERED, State.WAITING, State.DELIVERED] and first.receiver_proof
    assert [step.what for step in first.steps.all()] == ["promised", "handed", "delivered"]
    # Now the one behind it may go, and its receiver handles it at once.
    delivery.work("MAU")
    assert by_axis(on_axis, outcome="handled")["taken"] == [str(second.id)]
    fetch()
    assert states() == [State.DELIVERED, State.ACKNOWLEDGED, State.DELIVERED]
    assert {one["status"] for one in documents(on_axis)} == {"done"}


@pytest.mark.requirement("X-15", "X-06")
@pytest.mark.parametrize(
    ("mode", "told"), [("down", "server_error"), ("slow", "timeout"), ("unknown", "denied"), ("refuse", "unsigned: axis_22")]
)
def test_what_the_axis_does_not_take_is_handed_in_again(on_axis: Simulators, settings: Any, mode: str, told: str) -> None:
    settings.OUTSIDE_TIMEOUT_SECONDS = 0.7
    row, now = put(1, ""), timezone.now()
    fault(on_axis, mode, seconds=1.5, times=1)
    delivery.work("MAU", clock=lambda: now)
    row.refresh_from_db()
    assert (row.state, row.last_error) == (State.WAITING, told)
    delivery.work("MAU", clock=lambda: now + timedelta(seconds=6))
    # Nobody fetched it: after some hours it is handed in once more, under its own name, and has been taken once.
    delivery.work("MAU", clock=lambda: now + timedelta(hours=7))
    # What it was slow with arrives in the end, and must not lie in another test's way.
    handed = 3 if mode == "slow" else 2
    eventually(lambda: sum(one["sender"] == OURS for one in documents(on_axis)) == handed)
    assert by_axis(on_axis)["taken"][-2:] == [str(row.id)] * 2
    fetch()
    assert states() == [State.DELIVERED]


@pytest.mark.requirement("X-15")
def test_what_comes_by_the_axis_enters_at_the_same_door_once(on_axis: Simulators) -> None:
    fault(on_axis, "repeat", times=1)
    asked = {"kind": "sandbox.echo", "about": "H26-7", "body": {"hỏi": "có nghe không"}}
    sent = requests.post(f"{on_axis.url}/partner/send-by-axis", json=asked, timeout=20).json()
    assert sent["answer"]["success"] is True and len(documents(on_axis)) == 2
    # Killed between taking it and saying so: the axis lists it again.
    [listed, _] = document_axis.waiting(first=timezone.localdate() - timedelta(days=1), last=timezone.localdate())
    axis.take(listed.number, document_axis.get(listed.number), now=timezone.now())
    fetch()
    fetch()
    row = Message.objects.get(direction="in")
    assert (row.key, row.carrier, row.about, row.body) == (sent["id"], "edoc", "H26-7", asked["body"]) and row.sender_proof
    assert sorted(AxisDocument.objects.values_list("outcome", "taken")) == [("message", True), ("repeated", True)]
    assert [one["status"] for one in documents(on_axis)] == ["done", "done"]
    deliver_due()
    deliver_due()
    row.refresh_from_db()
    assert row.state == State.ACKNOWLEDGED and row.outcome == "echoed"
    back = by_axis(on_axis)
    # Nobody can ask by the axis: they are told, at last that it was handled.
    assert back["receipts"][-1] == {"id": sent["id"], "outcome": "handled", "code": ""} and len(back["taken"]) == 1
    assert axis.forget(now=timezone.now() + timedelta(days=31)) == 2


def test_what_is_no_message_of_the_partner_is_refused_and_the_axis_told(on_axis: Simulators) -> None:
    now = timezone.now()

    def came(data: bytes, sender: str = AXIS_ORGAN, to: str = OURS) -> tuple[str, bool]:
        file = edxml.Attachment("x.jose", "application/jose", data)
        document = edxml.Document(sender, (to,), "1", "MC", date(2026, 12, 1), "x", (file,))
        written = edxml.write(document, sender_name="a", receiver_name="b", now=now)
        row = axis.take(f"n{AxisDocument.objects.count()}", written, now=timezone.now())
        return row.outcome, row.taken

    other = System("H29").register()
    good = other.envelope("{}", kind="sandbox.echo")
    assert came(good.encode()) == ("key_unknown", False)
    assert came(b"x" * 30) == ("form", False)
    assert came(b"a.b.c") == ("form", False)
    assert came(good.encode(), sender="000.00.98.H26") == ("sender_unknown", False)
    assert came(good.encode(), to="000.00.00.H29") == ("not_allowed", False)
    made = (
        requests.post(f"{on_axis.url}/partner/envelope", json={"kind": "sandbox.echo", "body": {}}, timeout=10).json()["envelope"].encode()
    )
    Partner.objects.filter(pk="MAU").update(suspended_at=now)
    assert came(made) == ("not_allowed", False)
    Partner.objects.filter(pk="MAU").update(suspended_at=None, calls=[])
    assert came(made) == ("not_allowed", False)
    Partner.objects.filter(pk="MAU").update(calls=["messages"])
    assert came(made) == ("message", True)
    key = PartnerKey.objects.get(partner="MAU", use="sig")
    register.revoke_key(code="MAU", key_id=key.pk, reason="lộ", actor=SYSTEM, now=timezone.now())
    again = requests.post(f"{on_axis.url}/partner/envelope", json={"kind": "sandbox.echo", "body": {}}, timeout=10).json()["envelope"]
    assert came(again.encode()) == ("key_unknown", False)
    assert Message.objects.filter(direction="in").count() == 1
    hostile = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a><MessageHeader>&b;</MessageHeader></a>'
    row = axis.take("x", hostile, now=now)
    assert (row.outcome, row.taken, row.partner) == ("form", False, None)
    fault(on_axis, "down")
    with pytest.raises(OutsideError):
        axis.fetch()
    fetch()


@examples(max_examples=40, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=80).map(lambda words: f"<a><MessageHeader>{words}</MessageHeader></a>".encode()))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    try:
        edxml.read(data)
    except edxml.NotReadable:
        return
    raise AssertionError("no document")


def test_an_officer_leads_a_line_over_the_axis(outside: Simulators) -> None:
    System("H26").register()
    System("H29").register()
    mine, address = desk("H26", "technical"), f"{LINES}H26/may-chu/"
    wrong = mine.post(address, {"carrier": "edoc", "member": "VN:GOV:H26"})
    assert wrong.status_code == 422 and "000.00.01.H26" in wrong.content.decode()
    assert mine.post(address, {"carrier": "edoc", "member": "000.00.01.H26"}).status_code == 302
    line = PartnerLine.objects.get(partner="H26")
    assert (line.carrier, line.address, line.member) == ("edoc", "", "000.00.01.H26")
    assert "Trục liên thông văn bản quốc gia" in mine.get(f"{LINES}H26/change/").content.decode()
    with pytest.raises(PartnerRefused):
        register.change_line(code="H29", carrier="edoc", member="000.00.01.H26", actor=SYSTEM, now=timezone.now())


@pytest.mark.requirement("X-06")
def test_our_side_down_for_a_day_loses_nothing_either_way(axis_there: Simulators) -> None:
    play(axis_there)
    yesterday = timezone.now() - timedelta(days=1)
    for number in range(30):
        with transaction.atomic():
            send(partner="MAU", kind="test.word", about=f"H26-{number % 3}", body={"n": number}, key=f"k{number}", now=yesterday)
    other = System("H29").register(calls=["messages"])
    register.change_line(code="H29", carrier="edoc", member="000.00.00.H29", actor=SYSTEM, now=yesterday)
    made = int(yesterday.timestamp())
    for number in range(5):
        envelope = other.envelope(json.dumps({"n": number}), kind="sandbox.echo", about="H29-1", iat=made + number, exp=made + 2 * 86400)
        file = edxml.Attachment("x.jose", "application/jose", envelope.encode())
        document = edxml.Document("000.00.00.H29", (OURS,), str(number), "MC", yesterday.date(), "x", (file,))
        written = edxml.write(document, sender_name="a", receiver_name="b", now=yesterday)
        assert axis.take(f"kept-{number}", written, now=timezone.now()).outcome == "message"
    # What the axis kept for us is taken although its envelopes are a day old; one that came straight would say that a clock goes wrong.
    straight = other.post(other.envelope("{}", kind="sandbox.echo", iat=made, exp=made + 2 * 86400))
    assert straight.status_code == 422 and straight.json()["detail"].startswith("clock")
    deliver_due(limit=1000)
    deliver_due(limit=1000)
    assert [row.body["n"] for row in Message.objects.filter(direction="in").order_by("number")] == list(range(5))
    assert set(Message.objects.filter(direction="in").values_list("state", flat=True)) == {State.ACKNOWLEDGED}
    delivery.work("MAU", seconds=60)
    came = received(axis_there)
    assert len(came) == 30
    for subject in range(3):
        of_one = [row["body"]["n"] for row in came if row["about"] == f"H26-{subject}"]
        assert of_one == sorted(of_one)


@pytest.mark.requirement("X-09")
def test_a_partners_people_read_by_sms_and_letter_that_its_server_will_be_another(outside: Simulators) -> None:
    play(outside)
    line = register.change_line(code="MAU", carrier="edoc", member=AXIS_ORGAN, server="Máy chủ mới", actor=SYSTEM, now=timezone.now())
    assert line.effective_from >= due_at(timezone.now(), 3, "working_day", national_calendar()) - timedelta(seconds=5)
    deliver_due(limit=1000)
    person = register.alarmed(line.partner)[0]
    sms = requests.get(f"{outside.url}/sms/outbox.json", params={"to": person.phone}, timeout=10).json()["messages"]
    letters = requests.get(f"{outside.url}/mail/outbox.json", params={"to": person.email}, timeout=10).json()["messages"]
    day = f"{timezone.localtime(line.effective_from):%d/%m/%Y}"
    for text in (sms[0]["text"], letters[0]["text"]):
        assert "Trục liên thông văn bản quốc gia" in text and AXIS_ORGAN in text and day in text, text
