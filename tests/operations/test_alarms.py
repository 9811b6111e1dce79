"""Alarms to people: one for each cause, told, taken, silenced, escalated, over (O-11; a connection's: O-10)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.access import AccessDenied
from portal.exchange.partners.models import Partner
from portal.notifications.models import Notification
from portal.operations import alarms, connections, figures
from portal.operations.connections import Connection, State
from portal.operations.models import Alarm, AlarmRule, Silence
from tests import factories
from tests.dossiers.support import at_once
from tests.dossiers.test_desk_pages import desk_of

BASE = "/quan-tri/operations/alarm/"


def minute(now: datetime, name: str, label: str, value: float, *, back: int = 0) -> None:
    """A figure of the newest minute that settled, or of one before."""
    at = figures.minute_of(now - figures.SETTLED) - timedelta(minutes=1 + back)
    figures.put([(name, label, at, value)], adds=False)


def told(template: str = "operations.alarm") -> Counter[str]:
    """By which channels how many were told."""
    return Counter(Notification.objects.filter(template=template).values_list("channel", flat=True))


CAUSES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=6)


@pytest.mark.django_db
@settings(max_examples=12)
@given(st.lists(st.tuples(st.sampled_from(["flood", "csp", "disk-full"]), CAUSES, st.integers(1, 5)), max_size=40))
def test_two_causes_never_merge_and_one_is_never_two(raised: list[tuple[str, str, int]]) -> None:
    """Alarms are the different causes, whatever comes in whatever order within an hour; each counts exactly what came of it."""
    alarms.load_rules()
    Alarm.objects.all().delete()
    now, expected = timezone.now(), Counter[tuple[str, str]]()
    for at, (rule, cause, times) in enumerate(raised):
        alarms.raise_alarm(rule=rule, cause=cause, now=now + timedelta(seconds=at), times=times)
        expected[rule, cause] += times
        if at % 7 == 3:
            # Closed by itself in between: what comes within the hour opens the same one again.
            Alarm.objects.filter(rule_id=rule, cause=cause).update(closed_at=now + timedelta(seconds=at))
    assert {(one.rule_id, one.cause): one.times for one in Alarm.objects.all()} == dict(expected)
    assert Alarm.objects.count() == len(expected)


@pytest.mark.requirement("O-11")
def test_ten_thousand_of_one_cause_at_once_are_one_alarm(committed_db: None) -> None:
    alarms.load_rules()
    now = timezone.now()

    def many(_: int) -> None:
        for _ in range(100):
            alarms.raise_alarm(rule="flood", cause="/tra-cuu-ho-so/", now=now, times=25)

    assert at_once(*[lambda number=number: many(number) for number in range(4)]) == [None] * 4  # type: ignore[misc]
    alarms.raise_alarm(rule="flood", cause="/tra-cuu-ho-so", now=now)
    assert sorted(Alarm.objects.values_list("cause", "times")) == [("/tra-cuu-ho-so", 1), ("/tra-cuu-ho-so/", 10_000)]
    with pytest.raises(IntegrityError), transaction.atomic():
        Alarm.objects.create(rule_id="flood", cause="/tra-cuu-ho-so/", raised_at=now, last_at=now)
    later = now + alarms.SAME_AGAIN + timedelta(seconds=1)
    Alarm.objects.update(closed_at=now)
    alarms.raise_alarm(rule="flood", cause="/tra-cuu-ho-so/", now=later)
    assert Alarm.objects.filter(cause="/tra-cuu-ho-so/").count() == 2


@pytest.mark.django_db
@pytest.mark.requirement("O-11")
def test_an_alarm_is_told_escalated_taken_and_over() -> None:
    alarms.load_rules()
    duty = factories.make_position(unit="G22", roles=("technical",))
    chief = factories.make_position(unit="G22", roles=("steering",))
    factories.make_position(unit="H26", roles=("technical",))
    now = timezone.now()
    for back in range(2):
        minute(now, "redis.up", "", 0.0, back=back)
    minute(now, "storage.free_share", "files", 3.0)
    assert len(alarms.evaluate(now)) == 1, "the disk has been full for one minute of three"
    alarms.follow(now)
    alarms.follow(now + timedelta(minutes=1))
    assert told() == {"inbox": 1, "sms": 1}
    assert set(Notification.objects.values_list("party_id", flat=True)) == {duty.person_id}
    assert "Redis" in str(Notification.objects.get(channel="inbox").title)
    later = now + timedelta(minutes=16)
    Alarm.objects.update(last_at=later)
    alarms.follow(later)
    assert set(Notification.objects.filter(template="operations.alarm_escalated").values_list("party_id", flat=True)) == {chief.person_id}
    desk, _ = desk_of("G22", ("technical",))
    alarm = Alarm.objects.get()
    assert "Chưa ai nhận" in desk.get(f"{BASE}{alarm.pk}/change/").content.decode()
    assert desk.post(f"{BASE}{alarm.pk}/nhan-viec/").status_code == 302
    assert desk.post(f"{BASE}{alarm.pk}/nhan-viec/").status_code == 422
    assert "Đã có người nhận" in desk.get(BASE).content.decode()
    over = later + alarms.QUIET + timedelta(seconds=1)
    alarms.follow(over)
    assert Alarm.objects.get().closed_at == over and told("operations.alarm_over")["inbox"] == 2
    # It flaps: nobody is told each minute, and all that is one alarm.
    alarms.raise_alarm(rule="redis-down", cause="", now=over + timedelta(minutes=1))
    alarms.follow(over + timedelta(minutes=1))
    assert told()["inbox"] == 3 and Alarm.objects.count() == 1
    alarms.follow(over + timedelta(minutes=2))
    assert told()["inbox"] == 3


@pytest.mark.django_db
def test_a_silenced_cause_is_kept_and_not_told_and_another_is_told() -> None:
    alarms.load_rules()
    factories.make_position(unit="G22", roles=("technical",))
    desk, _ = desk_of("G22", ("technical",))
    now = timezone.now()
    first = alarms.raise_alarm(rule="queue-long", cause="bulk", now=now)
    assert desk.post(f"{BASE}{first}/tam-im/", {"hours": "900", "reason": "x"}).status_code == 422
    assert desk.post(f"{BASE}{first}/tam-im/", {"hours": "2", "reason": "Đang nạp dữ liệu"}).status_code == 302
    alarms.raise_alarm(rule="queue-long", cause="soon", now=now)
    alarms.follow(timezone.now())
    assert Alarm.objects.get(cause="bulk").told_at is None and Alarm.objects.get(cause="soon").told_at is not None
    Alarm.objects.update(last_at=timezone.now() + timedelta(hours=2))
    alarms.follow(timezone.now() + timedelta(hours=2, minutes=1))
    assert Alarm.objects.get(cause="bulk").told_at is not None
    assert desk.post(f"{BASE}{first}/bo-tam-im/").status_code == 302 and not Silence.objects.exists()
    other, _ = desk_of("H26", ("technical",))
    assert other.get(BASE).status_code == 403 and other.post(f"{BASE}{first}/nhan-viec/").status_code in (403, 404)
    with pytest.raises(AccessDenied):
        alarms.silence(alarm_id=first, until=now, reason="x", actor=factories.make_officer_actor(unit="H26", roles=("technical",)), now=now)


@pytest.mark.django_db
@pytest.mark.requirement("O-10")
def test_an_agency_is_told_of_its_own_broken_connection(monkeypatch: Any) -> None:
    alarms.load_rules()
    theirs = factories.make_position(unit="H26", roles=("technical",))
    factories.make_position(unit="H29", roles=("technical",))
    broken = Connection("own:H26", "Một cửa tỉnh thử", State.DOWN, "Hệ thống kết nối", ("H26",))
    monkeypatch.setitem(connections._sources, "test", lambda now: [broken])
    now = timezone.now()
    for back in range(3):
        minute(now, "connection.down", "own:H26", 1.0, back=back)
    alarms.evaluate(now)
    alarms.follow(now)
    assert set(Notification.objects.values_list("party_id", flat=True)) == {theirs.person_id}
    assert "Mất kết nối: Một cửa tỉnh thử" in str(Notification.objects.get(channel="inbox").title)
    assert not Partner.objects.exists()


@pytest.mark.django_db
def test_a_rule_is_changed_on_the_desk_and_stays_changed() -> None:
    assert alarms.load_rules() == AlarmRule.objects.count() > 20
    assert {rule.figure for rule in AlarmRule.objects.all()} <= set(figures.known()), "a rule of a figure that nobody measures"
    desk, _ = desk_of("G22", ("steering",))
    address = "/quan-tri/operations/alarmrule/disk-full/sua/"
    said = {
        "limit": "25", "minutes": "1", "grade": "urgent", "roles": ["technical"], "channels": ["sms"], "escalate_minutes": "5",
        "escalate_roles": [], "is_on": "on",
    }  # fmt: skip
    assert desk.post(address, {**said, "channels": []}).status_code == 422
    assert desk.post(address, said).status_code == 302
    assert alarms.load_rules() == 0 and AlarmRule.objects.get(pk="disk-full").limit == 25
    now = timezone.now()
    minute(now, "storage.free_share", "files", 20.0)
    alarms.evaluate(now)
    assert Alarm.objects.get().cause == "files"
