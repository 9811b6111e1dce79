"""Answers of petitions while workers are killed -9 and the mail server is away: each sender is answered once and told once."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from feedback.models import Petition
from feedback.services import answering, sending
from portal.notifications.models import Notification
from portal.outbox.models import Message
from tests import factories
from tests.feedback.support import WORDS, officer, received, send_one
from tests.support import processes
from tests.support.processes import eventually

pytestmark = pytest.mark.fault
COPIES = 6


def go_on() -> None:
    """Time is moved, not waited for: leases of killed workers and pauses between tries are over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_message SET available_at = clock_timestamp() - interval '1 s', lease_until = NULL WHERE done_at IS NULL"
        )


BY_MAIL = ("feedback.tell_writer", "notifications.email")


def left(*kinds: str) -> int:
    rows = Message.objects.filter(done_at=None)
    return rows.filter(kind__in=kinds).count() if kinds else rows.exclude(kind__in=BY_MAIL).count()


@pytest.mark.requirement("F-07", "N-04")
def test_answers_are_told_once_though_workers_die_and_the_mail_server_is_away(demo_db: None, outside: Any, worker_var: Path) -> None:
    now = timezone.now() - timedelta(minutes=5)
    handler, checker = officer(), officer()
    Message.objects.filter(done_at=None).update(done_at=now)  # what the demo data promised
    ours = [send_one(factories.make_person(phone=f"+8490077700{number}"), now=now)[0] for number in range(COPIES)]
    for number in range(COPIES):
        letter = sending.enter(
            actor=handler, source="letter", came_at=now, kind="cham-tre", subject="Hồ sơ khai sinh quá hạn", words=WORDS,
            sender={"name": "Lê Thị Thư", "email": f"thu{number}@vi-du.example"}, unit_code="H26.101", now=now,
        )  # fmt: skip
        ours.append(letter)
    Message.objects.filter(done_at=None).update(done_at=now)  # receipts
    answering.group(actor=handler, petition_ids=[row.pk for row in ours], now=now)
    head = Petition.objects.get(pk=ours[0].pk)
    received(head, handler, now=now)
    answering.submit_answer(actor=handler, petition_id=head.pk, words="Đã trả kết quả.", outcome_on=timezone.localdate(now), now=now)
    outside.faults("mail", "down")
    Message.objects.filter(done_at=None).update(done_at=now)
    answering.approve(actor=checker, petition_id=head.pk, now=timezone.now(), to_group=True)
    assert left("feedback.answer_copy") == len(ours) - 1

    def worker() -> processes.Running:
        return processes.start_celery(worker_var, outside.env, beat=True, SITE_URL="http://localhost")

    running = worker()
    try:
        # Killed while some copies have their answer and others not, or their notices not.
        eventually(lambda: left("feedback.answer_copy") < len(ours) - 1, 60, every=0.02)
        running.kill()
        go_on()
        running = worker()
        time.sleep(1)
        running.kill()
        go_on()
        running = worker()
        eventually(lambda: not left(), 90)
        writers = [f"thu{number}@vi-du.example" for number in range(COPIES)]
        assert not any(outside.mailbox(to) for to in writers) and left("feedback.tell_writer") == COPIES
        # Citizens of this test named an address for the answer.
        assert left("notifications.email") == COPIES and not outside.mailbox("ten@vi-du.example")
        outside.faults("mail", "none")
        go_on()
        eventually(lambda: not left(*BY_MAIL), 90)
    finally:
        running.kill()
    assert not Message.objects.exclude(dead_at=None).exists()
    for row in Petition.objects.filter(pk__in=[one.pk for one in ours]):
        assert row.state == "answered" and row.events.filter(name="approve").count() == 1
        if row.party_id is not None:
            told = Notification.objects.filter(party_id=row.party_id, template="feedback.answered")
            assert told.filter(channel="inbox").count() == 1
            phone = f"+8490077700{[one.pk for one in ours].index(row.pk)}"
            assert len([one for one in outside.outbox(phone) if row.code in one["text"]]) == 1
    assert len(outside.mailbox("ten@vi-du.example")) == COPIES
    for to in writers:
        assert len(outside.mailbox(to)) == 1
