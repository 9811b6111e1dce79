"""Messages leave: signed and sealed, in order for each subject, through whatever happens to the partner (X-02, X-06, X-15, O-02)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from accounts.connections import OUTBOX
from portal.access import SYSTEM
from portal.exchange.messages import Message, State, delivery, send
from portal.exchange.messages.envelopes import verify
from portal.exchange.messages.housekeeping import forget_bodies
from portal.exchange.messages.models import Connection, ConnectionEvent
from portal.exchange.partners import consenting, register
from portal.exchange.partners.models import Call, Partner, PartnerKey, PartnerLine
from portal.notifications.models import Notification
from portal.outbox import Message as Promised
from portal.outbox.services import deliver_due
from tests.exchange.messages.support import play, received
from tests.factories import make_position
from tests.simulators.running import Simulators

pytestmark = pytest.mark.django_db


def put(number: int, about: str, *, partner: str = "MAU") -> Message:
    return send(partner=partner, kind="test.word", about=about, body={"n": number, "tên": "Trần Văn Thử"}, key=f"k{number}")


def fault(outside: Simulators, mode: str, **more: Any) -> None:
    requests.post(f"{outside.url}/control/faults", json={"service": "partner", "mode": mode, **more}, timeout=10).raise_for_status()


class Clock:
    """A time that tests move on."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def __call__(self) -> datetime:
        return self.now

    def after(self, **length: float) -> datetime:
        self.now += timedelta(**length)
        return self.now


@pytest.mark.requirement("X-02", "X-08", "X-15")
@pytest.mark.parametrize("carrier", ["http", "ndxp"])
def test_a_message_goes_out_sealed_and_both_proofs_are_kept(outside: Simulators, settings: Any, carrier: str) -> None:
    settings.NDXP_SERVER_URL, settings.NDXP_MEMBER = f"{outside.url}/partner/axis", "VN:GOV:000.00.00.G22:dvcqg"
    play(outside, carrier=carrier)
    row = put(1, "H26-1")
    deliver_due()
    row.refresh_from_db()
    assert row.state == State.DELIVERED and row.carrier == carrier
    [there] = received(outside)
    assert there["body"] == {"n": 1, "tên": "Trần Văn Thử"} and there["about"] == "H26-1"
    # Each side can be shown what the other signed, by keys that are in the registers, also when the body has left.
    from portal.exchange.messages.keys import ensure

    assert verify(row.sender_proof, [dict(ensure("sig").public)], kind="portal-message+jwt")["id"] == str(row.id)
    theirs = register.public_of(list(register.holding(row.partner, PartnerKey.Use.SIGN, timezone.now())))
    assert (
        verify(row.receiver_proof, theirs, kind="portal-receipt+jwt")["digest"]
        == verify(there["statement"], [dict(ensure("sig").public)], kind="portal-message+jwt")["digest"]
    )
    assert [step.what for step in row.steps.all()] == ["promised", "delivered"]


@pytest.mark.requirement("X-02")
def test_a_later_receipt_ends_it_and_its_body_leaves_after_a_month(outside: Simulators) -> None:
    play(outside)
    row = put(1, "H26-1")
    deliver_due()
    made = requests.post(f"{outside.url}/partner/receipt", json={"id": str(row.id), "outcome": "handled", "only_make": True}, timeout=10)
    from portal.exchange.messages.door import take_receipt

    partner = Partner.objects.get(pk="MAU")
    assert take_receipt(partner=partner, receipt=made.json()["receipt"].encode(), now=timezone.now()) is not None
    row.refresh_from_db()
    assert row.state == State.ACKNOWLEDGED and row.outcome == "handled"
    assert forget_bodies(now=timezone.now() + timedelta(days=29)) == 0
    assert forget_bodies(now=timezone.now() + timedelta(days=31)) == 1
    row.refresh_from_db()
    assert row.text == "" and row.receiver_proof


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("wrong", "receipt: signature"),
        ("replay", "receipt: digest"),
        ("error", "server_error"),
        ("down", "server_error"),
        ("slow", "timeout"),
    ],
)
def test_no_receipt_that_counts_means_that_it_is_tried_again(outside: Simulators, settings: Any, mode: str, told: str) -> None:
    settings.OUTSIDE_TIMEOUT_SECONDS = 0.7
    play(outside)
    first = put(1, "")
    deliver_due()
    fault(outside, mode, seconds=1.5, times=1)
    row, clock = put(2, "H26-2"), Clock()
    delivery.work("MAU", clock=clock)
    row.refresh_from_db()
    assert (row.state, row.last_error) == (State.WAITING, told)
    clock.after(seconds=6)
    delivery.work("MAU", clock=clock)
    row.refresh_from_db()
    first.refresh_from_db()
    assert row.state == State.DELIVERED and first.state == State.DELIVERED
    # Whoever got it twice had one message.
    assert len(received(outside, "H26-2")) == 1


def test_a_signed_no_is_for_good_and_an_officer_may_send_again(outside: Simulators) -> None:
    from portal.exchange.messages.desk import send_again

    play(outside)
    fault(outside, "refuse", times=1)
    row = put(1, "H26-1")
    deliver_due()
    row.refresh_from_db()
    assert (row.state, row.outcome) == (State.REFUSED, "not_our_dossier") and row.receiver_proof
    send_again(message=row.pk, actor=SYSTEM, now=timezone.now())
    deliver_due()
    row.refresh_from_db()
    assert row.state == State.DELIVERED
    assert [step.what for step in row.steps.all()] == ["promised", "refused", "again", "delivered"]


@pytest.mark.requirement("X-06", "O-02")
def test_a_partner_down_for_a_day_gets_everything_in_order_and_people_are_told(outside: Simulators, settings: Any) -> None:
    here = make_position(unit="H26", roles=["technical"])
    play(outside)
    clock = Clock()
    fault(outside, "down")
    for number in range(200):
        put(number, f"H26-{number % 40}")
    for _ in range(40):
        delivery.work("MAU", clock=clock)
        clock.after(minutes=36)
    line = Connection.objects.get()
    assert line.lost_at is not None and Message.objects.filter(state=State.WAITING).count() == 200
    # Left alone most of the time: one try at a time once it was found broken, not two hundred.
    assert sum(Message.objects.values_list("attempts", flat=True)) < 80
    fault(outside, "none")
    clock.after(minutes=6)
    for _ in range(10):
        delivery.work("MAU", seconds=60, clock=clock)
    assert set(Message.objects.values_list("state", flat=True)) == {State.DELIVERED}
    came = received(outside)
    assert len(came) == 200
    for subject in range(40):
        of_one = [row["body"]["n"] for row in came if row["about"] == f"H26-{subject}"]
        assert of_one == sorted(of_one)
    lost, back = ConnectionEvent.objects.order_by("id")
    assert (lost.what, back.what) == ("lost", "back") and lost.waiting == 200
    told = Notification.objects.filter(party_id=here.person_id).values_list("template", "channel")
    assert {("accounts.line_lost", "inbox"), ("accounts.line_back", "inbox"), ("accounts.line_lost", "sms")} <= set(told)
    # The partner's own people, by SMS and letter, of both.
    assert Promised.objects.filter(kind=OUTBOX).count() == 4
    deliver_due(limit=1000)
    sms = requests.get(f"{outside.url}/sms/outbox.json", params={"to": "+84900000019"}, timeout=10).json()
    sms_words, letters = json.dumps(sms, ensure_ascii=False), outside.mailbox(to="truc@mau.example")
    assert "Mất kết nối" in sms_words and "Đã kết nối lại" in sms_words
    assert sorted(letter["subject"].partition(" với ")[0] for letter in letters) == ["Mất kết nối", "Đã kết nối lại"]
    assert "200 tin đang chờ" in next(letter["text"] for letter in letters if letter["subject"].startswith("Mất"))
    assert not Promised.objects.filter(kind=OUTBOX, done_at=None).exists()


@pytest.mark.requirement("N-13")
def test_a_third_party_is_sent_nothing_without_consent_and_all_of_it_with_one(outside: Simulators) -> None:
    partner, clock = play(outside), Clock()
    Partner.objects.filter(pk=partner.pk).update(is_third_party=True, calls=[Call.MESSAGES])
    row = put(1, "H26-1")
    for _ in range(3):
        delivery.work("MAU", clock=clock)
        clock.after(minutes=30)
    row.refresh_from_db()
    assert received(outside) == [] and (row.state, row.attempts) == (State.WAITING, 0), "it waits, and nobody is even asked"
    today = timezone.localdate()
    given = consenting.record(
        code="MAU", number="1/VPCP", dated=today, calls=[Call.MESSAGES], purpose="Cấp điện", begins_on=today, ends_on=None, actor=SYSTEM,
        now=timezone.now(),
    )  # fmt: skip
    delivery.work("MAU", clock=clock)
    row.refresh_from_db()
    assert row.state == State.DELIVERED and [one["body"]["n"] for one in received(outside)] == [1]
    # Withdrawn, it is none: from the next message on.
    consenting.withdraw(code="MAU", consent_id=given.pk, reason="Hết hợp đồng", actor=SYSTEM, now=timezone.now())
    put(2, "H26-1")
    delivery.work("MAU", clock=clock)
    assert len(received(outside)) == 1


def test_one_that_is_never_taken_dies_alone_and_holds_up_its_subject_no_longer(outside: Simulators, monkeypatch: Any) -> None:
    play(outside)
    bad, behind, other = put(1, "H26-1"), put(2, "H26-1"), put(3, "H26-3")
    real = delivery.CARRIERS["http"]

    class Picky:
        life = real.life

        def carry(self, line: PartnerLine, envelope: bytes, *, message: Any) -> bytes:
            from portal.exchange.errors import OutsideUnavailable

            if message == bad.id:
                raise OutsideUnavailable("partner", "server_error")
            return real.carry(line, envelope, message=message)

    monkeypatch.setattr(delivery, "CARRIERS", {"http": Picky()})
    clock = Clock()
    delivery.work("MAU", clock=clock)
    assert {row.key: row.state for row in Message.objects.all()} == {"k1": "waiting", "k2": "waiting", "k3": "delivered"}
    for number in range(20):
        put(100 + number, "")
        clock.after(minutes=10)
        delivery.work("MAU", clock=clock)
    for row in (bad, behind, other):
        row.refresh_from_db()
    assert (bad.state, behind.state) == (State.DEAD, State.DELIVERED) and bad.attempts == delivery.MOST_TRIES
    assert bad.last_error == "server_error"


def test_nobody_is_sent_anything_without_line_or_key_and_nothing_while_suspended(outside: Simulators) -> None:
    partner = play(outside)
    key = partner.keys.get(use="enc")
    register.revoke_key(code="MAU", key_id=key.pk, reason="mất máy", actor=SYSTEM, now=timezone.now())
    row, clock = put(1, "H26-1"), Clock()
    delivery.work("MAU", clock=clock)
    row.refresh_from_db()
    assert (row.state, row.last_error) == (State.WAITING, "no_key") and not received(outside)
    Partner.objects.filter(pk="MAU").update(suspended_at=timezone.now())
    assert delivery.work("MAU", clock=clock) == 0 and delivery.due_partners(now=clock.after(hours=1)) == []
    Partner.objects.filter(pk="MAU").update(suspended_at=None)
    assert delivery.due_partners(now=clock()) == ["MAU"]
    assert delivery.bury_old(now=clock.after(days=8)) == 1
    row.refresh_from_db()
    assert row.state == State.DEAD


def test_of_one_subject_two_workers_never_have_two(outside: Simulators) -> None:
    play(outside)
    for number in range(6):
        put(number, f"H26-{number % 2}")
    now = timezone.now()
    first = delivery.claim("MAU", now=now, most=5)
    assert [row.key for row in first] == ["k0", "k1"]
    assert delivery.claim("MAU", now=now, most=5) == []
    # Who died with it holds it no longer than the lease.
    assert len(delivery.claim("MAU", now=now + delivery.LEASE, most=5)) == 2
