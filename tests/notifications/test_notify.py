"""Notices: once for each key and channel, sent by the worker, sealed at rest."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from portal.exchange.errors import OutsideUnavailable
from portal.notifications import queries, services
from portal.notifications.models import Notification
from portal.notifications.registry import register_template
from portal.outbox.models import Message
from tests import factories

register_template("tests.notice", inbox_title="Chào {name}", inbox_body="Xem {link}", sms="Chào {name}: {link}")


def _tell(person: Any, key: str = "k1") -> None:
    services.notify(party_id=person.id, template="tests.notice", context={"name": "bà Giả Định"}, key=key, link="/ho-so/")


@pytest.mark.requirement("D-13")
@pytest.mark.django_db
def test_a_notice_exists_once_on_each_channel() -> None:
    person = factories.make_person()
    _tell(person)
    _tell(person)
    assert sorted(Notification.objects.values_list("channel", flat=True)) == ["inbox", "sms"]
    assert Message.objects.filter(kind="notifications.sms").count() == 1


@pytest.mark.requirement("D-13")
@pytest.mark.django_db
def test_one_occasion_is_told_to_each_person_and_each_occasion_to_the_same_person() -> None:
    mother, father = factories.make_person(), factories.make_person()
    for person in (mother, father, mother):
        _tell(person, key="tests.notice:event-1")
    _tell(mother, key="tests.notice:event-2")
    for person, occasions in ((mother, 2), (father, 1)):
        assert Notification.objects.filter(party_id=person.id, channel="inbox").count() == occasions
        assert Notification.objects.filter(party_id=person.id, channel="sms").count() == occasions
    assert Message.objects.filter(kind="notifications.sms").count() == 3


@pytest.mark.requirement("D-13")
@pytest.mark.django_db
def test_one_sms_goes_out_whatever_is_repeated(outside: Any) -> None:
    person = factories.make_person(phone="0900555666")
    _tell(person)
    row = Notification.objects.get(channel="sms")
    services.send_sms(row.id)
    services.send_sms(row.id)
    # The worker may die after the gateway took the message: the repetition carries the same correlator.
    Notification.objects.filter(pk=row.pk).update(sent_at=None)
    services.send_sms(row.id)
    assert len(outside.outbox("+84900555666")) == 1


@pytest.mark.django_db
def test_a_gateway_that_is_down_is_tried_again(outside: Any) -> None:
    person = factories.make_person()
    _tell(person)
    row = Notification.objects.get(channel="sms")
    outside.faults("sms", "down")
    with pytest.raises(OutsideUnavailable):
        services.send_sms(row.id)
    row.refresh_from_db()
    assert row.sent_at is None
    assert row.failed_at is None


@pytest.mark.requirement("N-08")
@pytest.mark.django_db
def test_the_text_is_sealed_in_the_table() -> None:
    _tell(factories.make_person())
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM notifications_notification")
        for (stored,) in cursor.fetchall():
            assert "Giả Định".encode() not in bytes(stored)


@pytest.mark.django_db(transaction=False)
def test_a_rolled_back_act_tells_nobody() -> None:
    person = factories.make_person()

    class Undone(Exception):
        pass

    with pytest.raises(Undone), transaction.atomic():
        _tell(person)
        raise Undone
    assert not Notification.objects.exists()


@pytest.mark.requirement("A-14")
@pytest.mark.django_db
def test_who_has_read_an_organisations_notice_is_noted_for_each_person() -> None:
    company, director, accountant = uuid4(), uuid4(), uuid4()
    for occasion in ("k1", "k2"):
        services.notify(party_id=company, template="tests.notice", context={"name": "công ty"}, key=occasion, channels=("inbox",))
    first = queries.notices_of(company, director).last()
    assert first is not None
    for _again in range(2):
        services.mark_read(party_id=company, reader=director, notification_id=first.id)
    services.mark_read(party_id=uuid4(), reader=accountant, notification_id=first.id)  # not theirs: nothing is noted
    assert queries.unread_count(company, director) == 1
    assert queries.unread_count(company, accountant) == 2
    assert [bool(notice.read_at) for notice in queries.notices_of(company, director)] == [False, True]
