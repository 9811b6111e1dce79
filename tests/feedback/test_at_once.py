"""What comes at the same moment, in real transactions: two officers, two presses, the sender beside the officer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from feedback.figures import cells_of
from feedback.models import Petition, PetitionDraft, TallyDelta
from feedback.services import NotYours, PetitionRefused, answering, handling, routing, sending
from portal.access import Actor
from portal.notifications.models import Notification
from tests.feedback.support import answered, officer, received, send_one
from tests.payments.test_at_once import all_at_once

TIMES = 4


def attempt(act: Callable[..., Any], **said: Any) -> Callable[[], str]:
    """A job that says what became of it: done, or refused in words for the person. A deadlock or another error ends the test."""

    def job() -> str:
        try:
            act(now=timezone.now(), **said)
        except (PetitionRefused, NotYours):
            return "refused"
        return "done"

    return job


def both(pairs: list[tuple[Callable[[], str], Callable[[], str]]]) -> list[tuple[str, str]]:
    """Each pair's outcomes, all of them started together."""
    outcomes = all_at_once([job for pair in pairs for job in pair])
    return list(zip(outcomes[::2], outcomes[1::2], strict=True))


def new(number: int = TIMES) -> list[tuple[Petition, Actor]]:
    """So many petitions, each of another sender."""
    now = timezone.now()
    return [send_one(now=now) for _ in range(number)]


def exactly_one(outcomes: list[tuple[str, str]]) -> bool:
    return {tuple(sorted(pair)) for pair in outcomes} == {("done", "refused")}


@pytest.mark.requirement("F-03", "N-04")
def test_of_two_acts_at_once_one_counts_and_the_other_is_told(demo_db: None) -> None:
    one, other, there = officer(), officer(), officer("H26.102")
    taken = {"about": "conduct", "kind": "cham-tre", "sector_code": ""}
    known = {row.pk for row in Petition.objects.all()}
    deltas = TallyDelta.objects.order_by("-id").values_list("id", flat=True).first() or 0

    # Received by one, refused by the other; received by both.
    first, second = new(), new()
    said = both(
        [
            (
                attempt(handling.receive, actor=one, petition_id=row.pk, **taken),
                attempt(handling.refuse, actor=other, petition_id=row.pk, reason="content", words="Không thuộc."),
            )
            for row, _ in first
        ]
        + [
            (
                attempt(handling.receive, actor=one, petition_id=row.pk, seen=row.version, **taken),
                attempt(handling.receive, actor=other, petition_id=row.pk, seen=row.version, **taken),
            )
            for row, _ in second
        ]
    )
    assert exactly_one(said)
    for row, _ in first + second:
        assert row.events.count() == 2

    # The sender supplies while the officer goes on without.
    asked = new()
    for row, _ in asked:
        handling.ask_more(actor=one, petition_id=row.pk, question="Số nào?", now=timezone.now())
    said = both(
        [
            (
                attempt(handling.supply, actor=sender, petition_id=row.pk, words="Số 12."),
                attempt(handling.go_on, actor=one, petition_id=row.pk, reason="Đủ rồi."),
            )
            for row, sender in asked
        ]
    )
    assert exactly_one(said)
    for row, _ in asked:
        assert not row.supplements.filter(closed_at=None).exists()

    # An opinion given while the petition goes elsewhere: whoever is first, nobody blocks the other for good.
    consulted = new()
    opinions = []
    for row, _ in consulted:
        received(row, one, now=timezone.now())
        opinions += routing.ask_opinions(actor=one, petition_id=row.pk, unit_codes=["H26.102"], question="Ý kiến?", now=timezone.now())
    said = both(
        [
            (
                attempt(routing.give_opinion, actor=there, opinion_id=opinion.pk, stance="agrees", words="Đồng ý."),
                attempt(routing.transfer, actor=one, petition_id=row.pk, unit_code="H26.201", reason="Thuộc nơi ấy."),
            )
            for (row, _), opinion in zip(consulted, opinions, strict=True)
        ]
    )
    assert {transferred for _, transferred in said} == {"done"}

    # Approved by two: answered once, told once.
    checked = new()
    for row, _ in checked:
        received(row, one, now=timezone.now())
        answering.submit_answer(actor=one, petition_id=row.pk, words="Đã trả.", outcome_on=timezone.localdate(), now=timezone.now())
    third = officer()
    said = both(
        [
            (attempt(answering.approve, actor=other, petition_id=row.pk), attempt(answering.approve, actor=third, petition_id=row.pk))
            for row, _ in checked
        ]
    )
    assert exactly_one(said)
    for row, _ in checked:
        assert Notification.objects.filter(party_id=row.party_id, template="feedback.answered", channel="inbox").count() == 1

    # Two presses of the sender: on "send", on "I do not agree".
    drafts = []
    for row, sender in new():
        draft = sending.start_draft(actor=sender)
        said_before = {"kind": "khac", "subject": "Việc khác", "words": f"Tôi hỏi thêm một việc khác của gia đình tôi, sau mã {row.code}."}
        contact = {"name": "Giả Định", "address": "Số 0", "phone": "0900000000", "email": "a@vi-du.example", "unit_code": "H26.101"}
        sending.save_draft(actor=sender, draft_id=draft.pk, data={**said_before, **contact})
        drafts.append((draft.pk, sender))
    again = new()
    for row, _ in again:
        answered(row, now=timezone.now())
    press = [(attempt(sending.send, actor=sender, draft_id=pk), attempt(sending.send, actor=sender, draft_id=pk)) for pk, sender in drafts]
    press += [
        tuple(attempt(answering.disagree, actor=sender, petition_id=row.pk, words="Chưa xong.") for _ in range(2))  # type: ignore[misc]
        for row, sender in again
    ]
    assert exactly_one(both(press))
    assert not PetitionDraft.objects.filter(pk__in=[pk for pk, _ in drafts]).exists()
    assert set(Petition.objects.filter(pk__in=[row.pk for row, _ in again]).values_list("round", "unit_code")) == {(2, "G22")}

    # And nothing was counted twice or lost.
    counted: Counter[Any] = Counter()
    for row in Petition.objects.exclude(pk__in=known):
        counted.update(cells_of(row))
    noted: Counter[Any] = Counter()
    for delta in TallyDelta.objects.filter(id__gt=deltas):
        place = (delta.agency_code, delta.unit_code, delta.kind, delta.sector_code, delta.procedure_code)
        noted[(delta.day, *place, delta.measure)] += delta.number
    assert +noted == +counted
