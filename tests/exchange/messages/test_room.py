"""What rooms above do with messages: promise one, have one handled, ask who wants a kind (X-06)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.utils import timezone

from portal.exchange.messages import Message, MessageRefused, State, receives, registry, send, subscribers
from portal.exchange.messages.arrival import OtherContent, keep
from portal.exchange.messages.models import Subscription
from portal.exchange.messages.services import MessageTooLarge
from portal.exchange.partners.models import Partner
from portal.outbox import Message as Promised
from portal.outbox.services import deliver_due
from tests.exchange.support import make_partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """What a room above was told, by a kind of its own."""
    told: list[str] = []

    @receives("test.word")
    def word_came(message: Message) -> str:
        said = message.body["word"]
        if said == "no":
            raise MessageRefused("no_word", "There is no such word.")
        told.append(said)
        return "heard"

    yield told
    registry._receivers.pop("test.word")


def came(key: str, word: str, *, about: str = "") -> Message:
    text = json.dumps({"word": word})
    partner = Partner.objects.get()
    return keep(
        partner=partner, key=key, kind="test.word", version=1, about=about, text=text, now=timezone.now(), receipt=lambda _: "r"
    ).message


def test_a_message_is_promised_once_sealed_and_stands_or_falls_with_its_act() -> None:
    make_partner()
    first = send(partner="H26", kind="test.word", about="H26-1", body={"word": "Nguyễn Thị Thử"}, key="k1")
    again = send(partner="H26", kind="test.word", about="H26-1", body={"word": "khác"}, key="k1")
    assert again.id == first.id and again.body == {"word": "Nguyễn Thị Thử"} and first.state == State.WAITING
    assert "Nguyễn" not in first.body_sealed
    assert Promised.objects.get(kind="exchange.deliver").payload == {"partner": "H26"}
    assert [step.what for step in first.steps.all()] == ["promised"]
    with pytest.raises(RuntimeError), transaction.atomic():
        send(partner="H26", kind="test.word", body={}, key="k2")
        raise RuntimeError
    assert Message.objects.count() == 1
    with pytest.raises(MessageTooLarge):
        send(partner="H26", kind="test.word", body={"x": "ố" * 3_000_000}, key="k3")


def test_what_came_is_handled_once_by_the_room_above(heard: list[str]) -> None:
    make_partner()
    first, second, no = came("a", "một", about="H26-1"), came("b", "hai", about="H26-1"), came("c", "no")
    assert came("a", "một", about="H26-1").id == first.id
    with pytest.raises(OtherContent):
        came("a", "ba", about="H26-1")
    deliver_due()
    assert heard == ["một", "hai"]
    states = {row.key: (row.state, row.outcome) for row in Message.objects.all()}
    assert states == {"a": ("acknowledged", "heard"), "b": ("acknowledged", "heard"), "c": ("refused", "no_word")}
    assert [step.what for step in first.steps.all()] == ["arrived", "repeated", "acknowledged"]
    assert second.steps.count() == 2 and no.steps.count() == 2


def test_subscribers_are_those_who_asked_and_are_let_in() -> None:
    for code in ("H26", "H29", "G01"):
        make_partner(code)
    for code in ("H26", "G01"):
        Subscription.objects.create(partner_id=code, kind="catalogue.changed")
    Partner.objects.filter(pk="G01").update(suspended_at=timezone.now())
    assert [partner.code for partner in subscribers("catalogue.changed")] == ["H26"]
    assert subscribers("other") == []
