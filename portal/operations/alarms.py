"""Alarms to people: raised from the same figures as the state page shows, one for each cause, told, acknowledged, escalated, closed.

A cause is a rule and a label (which queue, connection, door). While an alarm is open, and for an hour after, whatever comes of its cause is
counted on it; two causes never share one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from portal.access import Actor, require
from portal.access.roles import ROLES, TOP_AGENCY
from portal.audit import services as trail
from portal.notifications.registry import contact_of
from portal.notifications.services import notify
from portal.operations import figures
from portal.operations.connections import connections
from portal.operations.models import Alarm, AlarmRule, Figure, Silence

SEE, SEE_OWN = "operations.see", "operations.see_own"
ANSWER, KEEP = "operations.answer_alarms", "operations.keep_rules"
SAME_AGAIN = timedelta(hours=1)
"""A cause that comes again within this time is the same alarm."""
TELL_AGAIN = timedelta(minutes=15)
"""What was told to be over and is back is told again this long after the last time: one that flaps rings no one out of bed each minute."""
QUIET = timedelta(minutes=5)
"""An alarm whose cause has not been seen for so long closes by itself."""
LONGEST_SILENCE = timedelta(days=7)
CHANNELS = ("sms", "email", "inbox")
SHIPPED = Path(__file__).parent / "data" / "rules.json"


class AlarmRefused(Exception):
    """Not so; ``message`` is for the officer, ``field`` what to mend."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


# Who is told ---------------------------------------------------------------------------------------------------------------------

_on_duty: list[Callable[[str, Sequence[str]], Iterable[UUID]]] = []


def register_duty(find: Callable[[str, Sequence[str]], Iterable[UUID]]) -> None:
    """Let ``accounts`` say who holds one of some roles in a unit now (parties). Once, in ``ready()``."""
    _on_duty.append(find)


def _people(units: Iterable[str], roles: Sequence[str]) -> list[UUID]:
    found: dict[UUID, None] = {}
    for unit in units:
        for find in _on_duty:
            found.update(dict.fromkeys(find(unit, roles)))
    return list(found)


# Raising -------------------------------------------------------------------------------------------------------------------------

# One statement: the partial unique index decides between two who raise at once.
_RAISE = """
    INSERT INTO operations_alarm AS a (rule_id, cause, units, times, value, raised_at, last_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (rule_id, cause) WHERE closed_at IS NULL DO UPDATE SET
        times = a.times + excluded.times, value = excluded.value, last_at = greatest(a.last_at, excluded.last_at)
    RETURNING id
"""
_REOPEN = """
    UPDATE operations_alarm SET closed_at = NULL, times = times + %s, value = %s, last_at = greatest(last_at, %s)
    WHERE id = (SELECT id FROM operations_alarm WHERE rule_id = %s AND cause = %s AND closed_at IS NOT NULL AND last_at > %s
                ORDER BY last_at DESC LIMIT 1 FOR UPDATE)
    AND NOT EXISTS (SELECT FROM operations_alarm WHERE rule_id = %s AND cause = %s AND closed_at IS NULL)
    RETURNING id
"""


@transaction.atomic
def raise_alarm(*, rule: str, cause: str, now: datetime, times: int = 1, value: float = 0.0, units: Sequence[str] = ()) -> int:
    """Count something on the alarm of its cause; opens it where there is none. Its id. ``IntegrityError`` for a rule nobody made."""
    cause = cause[:120]
    with connection.cursor() as cursor:
        # Who raises the same cause at once waits: neither opens a second one beside the one that is being opened again.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"operations.alarm {rule} {cause}"])
        cursor.execute(_REOPEN, [times, value, now, rule, cause, now - SAME_AGAIN, rule, cause])
        row = cursor.fetchone()
        if row is None:
            cursor.execute(_RAISE, [rule, cause, sorted(units), times, value, now, now])
            row = cursor.fetchone()
    return int(row[0])


def _beyond(rule: AlarmRule, value: float) -> bool:
    return value < rule.limit if rule.is_below else value > rule.limit


def evaluate(now: datetime, *, minute: datetime | None = None) -> list[int]:
    """Raise what holds by the figures up to a minute (the newest that settled); the ids. Two queries, and one for each alarm."""
    rules = list(AlarmRule.objects.filter(is_on=True))
    known = figures.known()
    newest = minute or figures.settled_minute(now)
    longest = max((rule.minutes for rule in rules), default=1)
    since = newest - timedelta(minutes=longest - 1)
    hourly = [name for name, one in known.items() if one.hourly]
    recent = Q(at__gte=since) | Q(name__in=hourly, at__gte=now - timedelta(hours=3))
    rows = Figure.objects.filter(recent, span=Figure.MINUTE, at__lte=newest, name__in={rule.figure for rule in rules})
    courses: dict[str, dict[str, dict[datetime, float]]] = defaultdict(lambda: defaultdict(dict))
    for name, label, at, value in rows.values_list("name", "label", "at", "value"):
        courses[name][label][at] = value
    held = []
    for rule in rules:
        for label, course in courses[rule.figure].items():
            if rule.figure in hourly:
                values = [course[max(course)]]
            else:
                values = [course[at] for at in (newest - timedelta(minutes=back) for back in range(rule.minutes)) if at in course]
                if len(values) < rule.minutes:
                    continue
            if all(_beyond(rule, value) for value in values):
                held.append((rule, label, values[0]))
    whose = {one.code: one.units for one in connections(now)} if any(rule.figure == "connection.down" for rule, _, _ in held) else {}
    return [
        raise_alarm(
            rule=rule.key,
            cause=label,
            now=now,
            value=value,
            times=max(1, round(value)) if rule.figure.startswith("security.") else 1,
            units=whose.get(label, ()) if rule.figure == "connection.down" else (),
        )
        for rule, label, value in held
    ]


# Telling -------------------------------------------------------------------------------------------------------------------------


def cause_words(alarm: Alarm) -> str:
    """What the cause is called."""
    figure = figures.known().get(alarm.rule.figure)
    if figure is not None and figure.names is not None and alarm.cause:
        return figure.names([alarm.cause]).get(alarm.cause, alarm.cause)
    return alarm.cause


def _tell(alarm: Alarm, template: str, key: str, roles: Sequence[str], units: Iterable[str]) -> None:
    words = cause_words(alarm)
    context = {
        "alarm": f"{alarm.rule.label}: {words}" if words else alarm.rule.label,
        "grade": str(AlarmRule.Grade(alarm.rule.grade).label),
        "advice": alarm.rule.advice or "–",
        "since": figures.local(alarm.raised_at),
        "times": str(alarm.times),
    }
    for party in _people(units, roles):
        notify(
            party_id=party,
            template=template,
            context=context,
            key=key,
            channels=[channel for channel in alarm.rule.channels if channel == "inbox" or channel in contact_of(party).reachable()],
            link=f"/quan-tri/operations/alarm/{alarm.pk}/change/",
            queue="now" if alarm.rule.grade == AlarmRule.Grade.URGENT else "soon",
        )


def _is_silent(alarm: Alarm, silences: dict[tuple[str, str], datetime], now: datetime) -> bool:
    until = max((silences[key] for key in ((alarm.rule_id, alarm.cause), (alarm.rule_id, "")) if key in silences), default=None)
    return until is not None and until > now


@transaction.atomic
def follow(now: datetime) -> None:
    """Tell of what is new, escalate what nobody took, close what is over and say so. Silenced causes are kept and not told."""
    silences = {(one.rule_id, one.cause): one.until for one in Silence.objects.filter(until__gt=now)}
    for alarm in (
        Alarm.objects.select_for_update(of=("self",)).select_related("rule").filter(closed_at=None).order_by("raised_at", "pk")[:500]
    ):
        rule, changed = alarm.rule, []
        duty = [TOP_AGENCY, *alarm.units]
        if now - alarm.last_at > QUIET and (rule.figure not in _hourly() or now - alarm.last_at > timedelta(hours=3)):
            alarm.closed_at = now
            if alarm.told_at is not None and (alarm.told_over_at is None or alarm.told_over_at < alarm.told_at):
                _tell(alarm, "operations.alarm_over", f"alarm-over:{alarm.pk}:{now:%Y%m%d%H%M}", rule.roles, duty)
                alarm.told_over_at = now
            alarm.save(update_fields=["closed_at", "told_over_at"])
            continue
        if _is_silent(alarm, silences, now):
            continue
        is_back = alarm.told_at is not None and alarm.told_over_at is not None and alarm.told_over_at >= alarm.told_at
        forgotten = alarm.told_at is not None and alarm.acknowledged_at is None and alarm.told_at < now - timedelta(hours=24)
        if alarm.told_at is None or forgotten or (is_back and alarm.told_at < now - TELL_AGAIN):
            _tell(alarm, "operations.alarm", f"alarm:{alarm.pk}:{now:%Y%m%d%H%M}", rule.roles, duty)
            alarm.told_at = now
            changed.append("told_at")
        due = timedelta(minutes=rule.escalate_minutes)
        late = alarm.acknowledged_at is None and alarm.escalated_at is None and rule.escalate_minutes and alarm.told_at + due <= now
        if late and rule.escalate_roles:
            _tell(alarm, "operations.alarm_escalated", f"alarm-up:{alarm.pk}", rule.escalate_roles, [TOP_AGENCY])
            alarm.escalated_at = now
            changed.append("escalated_at")
        if changed:
            alarm.save(update_fields=changed)


@lru_cache(maxsize=1)
def _hourly() -> frozenset[str]:
    return frozenset(name for name, one in figures.known().items() if one.hourly)


# Acts of people ------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def acknowledge(*, alarm_id: int, actor: Actor, now: datetime) -> Alarm:
    """Take an alarm on: it is not escalated any more. The first counts; :class:`AlarmRefused` for one that is over or taken."""
    require(actor, ANSWER)
    alarm = Alarm.objects.select_for_update().filter(pk=alarm_id).first()
    if alarm is None or alarm.closed_at is not None:
        raise AlarmRefused("Cảnh báo này đã hết.")
    if alarm.acknowledged_at is not None:
        raise AlarmRefused("Cảnh báo này đã có người nhận.")
    alarm.acknowledged_at, alarm.acknowledged_by = now, actor.position_id
    alarm.save(update_fields=["acknowledged_at", "acknowledged_by"])
    _note(actor, "operations.acknowledge", "operations.alarm", str(alarm.pk))
    return alarm


@transaction.atomic
def silence(*, alarm_id: int, until: datetime, reason: str, actor: Actor, now: datetime) -> None:
    """Tell nobody of this cause until a moment, a week ahead at most. :class:`AlarmRefused` for another moment."""
    require(actor, ANSWER)
    alarm = Alarm.objects.filter(pk=alarm_id).first()
    if alarm is None:
        raise AlarmRefused("Không có cảnh báo này.")
    if not now < until <= now + LONGEST_SILENCE:
        raise AlarmRefused("Chỉ tạm im được từ nay đến 7 ngày tới.", "until")
    said = {"until": until, "reason": reason[:300], "set_by": actor.position_id, "set_at": now}
    Silence.objects.update_or_create(rule_id=alarm.rule_id, cause=alarm.cause, defaults=said)
    _note(actor, "operations.silence", "operations.alarm", str(alarm.pk), until=until.isoformat())


@transaction.atomic
def unsilence(*, alarm_id: int, actor: Actor) -> None:
    """Let people be told of this cause again."""
    require(actor, ANSWER)
    alarm = Alarm.objects.filter(pk=alarm_id).first()
    if alarm is None or not Silence.objects.filter(rule_id=alarm.rule_id, cause=alarm.cause).delete()[0]:
        raise AlarmRefused("Cảnh báo này không tạm im.")
    _note(actor, "operations.unsilence", "operations.alarm", str(alarm.pk))


@transaction.atomic
def change_rule(
    *, key: str, actor: Actor, limit: float, minutes: int, grade: str, roles: Sequence[str], channels: Sequence[str],
    escalate_minutes: int, escalate_roles: Sequence[str], is_on: bool,
) -> AlarmRule:  # fmt: skip
    """Change when and whom a rule tells; holds from the next minute on."""
    require(actor, KEEP)
    rule = AlarmRule.objects.select_for_update().filter(pk=key).first()
    if rule is None:
        raise AlarmRefused("Không có luật này.")
    known = {name for name, _ in ROLES}
    if not set(roles) <= known or not set(escalate_roles) <= known or not set(channels) <= set(CHANNELS):
        raise AlarmRefused("Vai trò hoặc cách báo không có.", "roles")
    if is_on and not (roles and channels):
        raise AlarmRefused("Luật đang dùng phải báo cho ít nhất một vai trò, bằng ít nhất một cách.", "roles")
    if not 1 <= minutes <= 60:
        raise AlarmRefused("Từ 1 đến 60 phút.", "minutes")
    rule.limit, rule.minutes, rule.grade, rule.is_on = limit, minutes, grade, is_on
    rule.roles, rule.channels = list(roles), list(channels)
    rule.escalate_minutes, rule.escalate_roles = escalate_minutes, list(escalate_roles)
    rule.save()
    _note(actor, "operations.change_rule", "operations.alarmrule", key, limit=limit, minutes=minutes, on=is_on)
    return rule


def _note(actor: Actor, act: str, target: str, target_id: str, **details: object) -> None:
    trail.record(actor=actor, act=act, target=target, target_id=target_id, details=details)


def load_rules() -> int:
    """Load shipped rules that are not there yet; those that officers changed stay as they are. How many were made."""
    shipped = json.loads(SHIPPED.read_text())
    there = set(AlarmRule.objects.values_list("key", flat=True))
    made = [AlarmRule(**one) for one in shipped if one["key"] not in there]
    AlarmRule.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)
