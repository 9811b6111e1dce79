"""The outbox: what is promised in a transaction happens after it, once noted, whatever dies."""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.access import SYSTEM, AccessDenied, ActingAs, Actor, Assurance
from portal.audit.models import Act
from portal.outbox import GiveUp, Message, RetryLater, broker, housekeeping, put, queries, services
from portal.outbox.handlers import handler
from portal.outbox.services import NotInTransaction, Outcome
from tests.outbox import probe
from tests.support.processes import eventually


@pytest.fixture(autouse=True)
def _probe(settings: Any) -> Iterator[None]:
    probe.calls.clear()
    probe.behaviour.clear()
    _point_broker(settings.REDIS_URL)
    yield
    _point_broker(settings.REDIS_URL)


def _point_broker(url: str) -> None:
    from portal.celery import app

    app.conf.broker_url = url
    broker.reset()


def _put(key: str = "k", **more: Any) -> Message:
    with transaction.atomic():
        message = put("test.probe", key=key, payload={"id": 1}, **more)
    assert message is not None
    return message


def _set(message: Message, **sql: str) -> None:
    with connection.cursor() as cursor:
        for column, expression in sql.items():
            cursor.execute(f"UPDATE outbox_message SET {column} = {expression} WHERE id = %s", [message.id])


def _queued(settings: Any, queue: str) -> int:
    client = redis.Redis.from_url(settings.REDIS_URL)
    return sum(int(client.llen(name)) for name in client.scan_iter(f"{queue}*") if client.type(name) == b"list")


def _raise(error: Exception) -> Callable[[Message], None]:
    def do(message: Message) -> None:
        raise error

    return do


def test_put_outside_a_transaction_is_refused(committed_db: None) -> None:
    with pytest.raises(NotInTransaction):
        put("test.probe", key="k", payload={})
    assert not Message.objects.exists()


def test_a_message_stands_and_falls_with_its_transaction(committed_db: None, settings: Any) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        put("test.probe", key="k", payload={})
        raise RuntimeError
    assert not Message.objects.exists()
    assert _queued(settings, "now") == 0
    message = _put()
    assert message.queue == "now"  # the handler's own
    assert _queued(settings, "now") == 1


def test_the_second_put_is_the_same_row_and_publishes_nothing(committed_db: None, settings: Any) -> None:
    assert _put().id == _put().id
    assert _queued(settings, "now") == 1
    with pytest.raises(ValueError, match="tomorrow"):
        _put("other", queue="tomorrow")


def test_two_puts_at_once_make_one_row(committed_db: None) -> None:
    barrier = threading.Barrier(6)
    found: list[uuid.UUID] = []

    def one() -> None:
        try:
            barrier.wait(5)
            found.append(_put().id)
        finally:
            connection.close()

    _run([one] * 6)
    assert len(found) == 6
    assert len(set(found)) == 1


def _run(functions: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_delivery_runs_the_handler_outside_a_transaction_and_notes_it(committed_db: None) -> None:
    seen: list[bool] = []
    probe.behaviour["do"] = lambda message: seen.append(connection.in_atomic_block)
    message = _put()
    assert services.deliver(message.id) is Outcome.DONE
    assert seen == [False]
    message.refresh_from_db()
    assert message.done_at is not None
    assert message.attempts == 1
    assert services.deliver(message.id) is Outcome.NOT_OURS
    assert probe.calls == ["k"]
    assert services.deliver(uuid.uuid4()) is Outcome.NOT_OURS


def test_eight_workers_at_once_run_a_message_once(committed_db: None) -> None:
    probe.behaviour["do"] = lambda message: time.sleep(0.3)
    message = _put()
    outcomes: list[Outcome] = []

    def work() -> None:
        try:
            outcomes.append(services.deliver(message.id))
        finally:
            connection.close()

    _run([work] * 8)
    assert sorted(outcomes) == sorted([Outcome.DONE] + [Outcome.NOT_OURS] * 7)
    assert probe.calls == ["k"]


@pytest.mark.django_db
def test_retry_later_waits_as_long_as_it_says_and_gives_the_reason() -> None:
    probe.behaviour["do"] = _raise(RetryLater("gateway busy", 120))
    message = _put()
    assert services.deliver(message.id) is Outcome.RETRY
    message.refresh_from_db()
    assert message.last_error == "gateway busy"
    assert message.lease_until is None
    assert 110 < (message.available_at - message.created_at).total_seconds() < 130
    assert services.deliver(message.id) is Outcome.NOT_OURS  # not due yet
    probe.behaviour.clear()
    _set(message, available_at="now() - interval '1 s'")
    assert services.deliver(message.id) is Outcome.DONE
    message.refresh_from_db()
    assert message.last_error == ""


@pytest.mark.django_db
def test_an_unexpected_error_is_noted_without_its_text_and_dies_after_all_tries() -> None:
    probe.behaviour["do"] = _raise(ValueError("Nguyễn Thị Mẫu 001195000001"))
    message = _put()
    for attempt in (1, 2, 3):
        _set(message, available_at="now() - interval '1 s'")
        outcome = services.deliver(message.id)
        assert outcome is (Outcome.DEAD if attempt == 3 else Outcome.RETRY)
    message.refresh_from_db()
    assert message.dead_at is not None
    assert message.last_error.startswith("ValueError at test_outbox.py:")
    assert "Mẫu" not in message.last_error
    assert services.sweep() == 0
    assert queries.backlog().dead == 1


@pytest.mark.django_db
def test_giving_up_is_a_dead_letter_at_once() -> None:
    probe.behaviour["do"] = _raise(GiveUp("number does not exist"))
    message = _put()
    assert services.deliver(message.id) is Outcome.DEAD
    message.refresh_from_db()
    assert (message.last_error, message.attempts) == ("number does not exist", 1)


@pytest.mark.django_db
def test_a_kind_this_process_does_not_know_waits() -> None:
    with transaction.atomic():
        message = put("test.of-a-newer-release", key="k", payload={})
    assert message is not None
    assert message.queue == "soon"
    assert services.deliver(message.id) is Outcome.RETRY


@given(attempts=st.integers(1, 200))
def test_back_off_grows_to_half_a_minute_then_an_hour(attempts: int) -> None:
    wait = services.back_off(attempts)
    assert wait == (3600 if attempts >= 20 else {1: 5, 2: 10, 3: 20}.get(attempts, 30))


def test_a_worker_that_lost_its_lease_cannot_undo_the_next_one(committed_db: None) -> None:
    message = _put()
    slow = services._claim(message.id)
    assert slow is not None
    assert services._claim(message.id) is None
    _set(message, available_at="clock_timestamp() - interval '1 s'")
    quick = services._claim(message.id)
    assert quick is not None
    services._note([services._Result(slow, Outcome.RETRY, "late", 3600)])
    message.refresh_from_db()
    assert message.lease_until is not None, "the second worker still holds it"
    services._note([services._Result(quick, Outcome.DONE)])
    services._note([services._Result(slow, Outcome.DEAD, "late")])
    message.refresh_from_db()
    assert message.done_at is not None
    assert message.dead_at is None


def test_the_sweeper_finds_what_was_missed_and_only_that(committed_db: None, settings: Any) -> None:
    held, later, done = (_put(key, queue=queue) for key, queue in (("held", "now"), ("later", "soon"), ("done", "bulk")))
    services.deliver(done.id)
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushdb()  # the broker lost everything
    _set(later, available_at="clock_timestamp() + interval '1 h'")
    assert services._claim(held.id) is not None
    assert services.sweep() == 0, "a worker has it"
    _set(held, available_at="clock_timestamp() - interval '1 s'")  # its worker died
    assert services.sweep() == 1
    assert services.sweep() == 1
    assert _queued(settings, "now") == 1, "one task that nobody has begun is enough"
    assert services.deliver(held.id) is Outcome.DONE
    assert services.sweep() == 0


def test_a_batch_is_taken_by_its_index_and_what_is_due_first_comes_first(committed_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outbox_message (id, kind, key, payload, queue, attempts, last_error, done_at, available_at)"
            " SELECT gen_random_uuid(), 'test.probe', n::text, '{}', 'bulk', 0, '',"
            " CASE WHEN n % 100 > 0 THEN now() END, now() - n * interval '1 s'"
            " FROM generate_series(1, 20000) n"
        )
        cursor.execute("ANALYZE outbox_message")
        cursor.execute("EXPLAIN " + services._CLAIM_BATCH, ["{}", 30, "bulk", 50])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "outbox_available" in plan
    assert "Sort" not in plan
    assert services.work("bulk", seconds=0) is True
    assert probe.calls == [str(20000 - 100 * n) for n in range(services.FIRST_BATCH)]


def test_workers_at_once_empty_a_queue_and_do_each_message_once(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "FIRST_BATCH", 7)
    with transaction.atomic():
        for number in range(400):
            put("test.side_by_side" if number % 2 else "test.probe", key=str(number), payload={}, queue="bulk")

    def work() -> None:
        try:
            while services.work("bulk"):
                pass
        finally:
            connection.close()

    _run([work] * 4)
    assert sorted(probe.calls) == sorted(str(number) for number in range(400))
    assert Message.objects.filter(done_at=None).count() == 0
    assert set(Message.objects.values_list("attempts", flat=True)) == {1}


def test_who_finds_more_than_it_takes_calls_another(committed_db: None, settings: Any) -> None:
    with transaction.atomic():
        for number in range(services.FIRST_BATCH + 1):
            put("test.probe", key=str(number), payload={})
    assert _queued(settings, "now") == 1, "one nudge for all of them"
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    assert services.work("now") is False
    assert _queued(settings, "now") == 1
    assert services.work("now") is False
    assert len(probe.calls) == services.FIRST_BATCH + 1


def test_what_a_slow_neighbour_holds_up_goes_back_untried_while_it_is_slow(
    committed_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "HOLD_SECONDS", 0.3)
    ended = threading.Event()
    slow, quick = _put("slow"), _put("quick")
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    probe.behaviour["do"] = lambda message: ended.wait(10) if message.key == "slow" else None  # type: ignore[func-returns-value]
    before = quick.available_at

    def work() -> None:
        try:
            services.work("now")
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    eventually(lambda: Message.objects.filter(pk=slow.pk, lease_until__isnull=False).exists(), 5)
    eventually(lambda: Message.objects.filter(pk=quick.pk, attempts=0, lease_until=None).exists(), 5)
    quick.refresh_from_db()
    assert quick.available_at == before, "its turn is what it was"
    assert _queued(settings, "now") == 1, "whoever is free is told"
    assert services.deliver(quick.id) is Outcome.DONE
    assert probe.calls == ["slow", "quick"]
    ended.set()
    worker.join(10)
    slow.refresh_from_db()
    assert (slow.done_at is not None, slow.attempts) == (True, 1)


def test_a_slow_system_outside_is_asked_by_all_threads_all_the_time(committed_db: None) -> None:
    with transaction.atomic():
        for number in range(64):
            put("test.side_by_side", key=str(number), payload={})
    probe.behaviour["do"] = lambda message: time.sleep(0.4)
    began = time.monotonic()
    while services.work("bulk"):
        pass
    # One after the other it would take 26 s, with eight hands 3.2.
    assert time.monotonic() - began < 20
    assert len(probe.calls) == 64


def test_what_waits_outside_is_done_side_by_side_and_its_errors_are_noted(committed_db: None) -> None:
    with transaction.atomic():
        for number in range(8):
            put("test.side_by_side", key=str(number), payload={})
        put("test.probe", key="alone", payload={}, queue="bulk")
    met = threading.Barrier(8)

    def meet(message: Message) -> None:
        if message.key != "alone":
            met.wait(5)  # nobody passes before all eight are there
        if message.key == "3":
            raise RetryLater("gateway busy", 60)
        if message.key == "4":
            raise GiveUp("no such number")

    probe.behaviour["do"] = meet
    assert services.work("bulk") is False
    left = {message.key: (message.last_error, message.dead_at is not None) for message in Message.objects.filter(done_at=None)}
    assert left == {"3": ("gateway busy", False), "4": ("no such number", True)}


def test_a_handler_that_takes_too_long_is_interrupted(committed_db: None) -> None:
    probe.behaviour["do"] = lambda message: time.sleep(20)
    message = _put()
    began = time.monotonic()
    assert services.work("now") is False
    assert time.monotonic() - began < 15, "its lease is two seconds"
    message.refresh_from_db()
    assert (message.last_error, message.done_at, message.dead_at) == ("took longer than its lease", None, None)


def test_what_has_expired_is_dropped_untried_and_the_fresh_goes_out(committed_db: None) -> None:
    now = timezone.now()
    stale = _put("stale", expires_at=now - timedelta(seconds=1))
    _put("fresh", expires_at=now + timedelta(minutes=5))
    assert services.work("now") is False
    assert probe.calls == ["fresh"]
    assert services.sweep() == 0
    stale.refresh_from_db()
    assert (stale.attempts, stale.last_error, stale.done_at is not None) == (0, services.EXPIRED, True)


def test_what_is_done_is_forgotten_by_term_its_key_later_what_is_not_done_never(committed_db: None) -> None:
    old, young, dead, older = (_put(key) for key in ("old", "young", "dead", "older"))
    for message in (old, young, older):
        services.deliver(message.id)
    probe.behaviour["do"] = _raise(GiveUp("no"))
    services.deliver(dead.id)
    past, long_past = (f"clock_timestamp() - interval '{kept.days} days 1 s'" for kept in (housekeeping.DONE_KEPT, housekeeping.KEYS_KEPT))
    for message in (old, older):
        _set(message, done_at=past)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE outbox_key SET created_at = {long_past} WHERE message_id = ANY(%s)", [[dead.id, older.id]])
    assert housekeeping.forget(seconds=5) is True
    assert set(Message.objects.values_list("key", flat=True)) == {"young", "dead"}
    probe.behaviour.clear()
    with transaction.atomic():
        assert put("test.probe", key="old", payload={}) is None, "its key is remembered"
        assert put("test.probe", key="older", payload={}) is not None, "beyond the memory"
        assert put("test.probe", key="dead", payload={}) == dead
    assert housekeeping.forget(seconds=5) is True


def test_with_a_dead_broker_put_is_quick_and_the_sweeper_follows(committed_db: None, settings: Any) -> None:
    _point_broker("redis://127.0.0.1:1/0")
    started = time.monotonic()
    _put()
    others = [_put(f"other{n}") for n in range(5)]
    assert time.monotonic() - started < 8
    assert Message.objects.count() == 6
    assert services.sweep() == 1
    assert _queued(settings, "now") == 0
    _point_broker(settings.REDIS_URL)  # the broker is back
    assert services.sweep() == 1
    assert _queued(settings, "now") == 1
    assert {other.attempts for other in others} == {0}


def test_with_a_broker_that_never_answers_put_is_quick(committed_db: None) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(8)
        _point_broker(f"redis://127.0.0.1:{deaf.getsockname()[1]}/0")
        started = time.monotonic()
        for key in ("a", "b", "c"):
            _put(key)
        assert time.monotonic() - started < 8
    assert Message.objects.count() == 3


@pytest.mark.django_db
def test_deliver_due_works_without_a_broker_and_follows_what_handlers_put() -> None:
    def chain(message: Message) -> None:
        if message.key == "k":
            _put("next")

    probe.behaviour["do"] = chain
    _put()
    assert services.deliver_due() == {Outcome.DONE: 2}
    assert probe.calls == ["k", "next"]


def _officer(*roles: str) -> Actor:
    return Actor(
        acting_as=ActingAs.POSITION,
        user_id=uuid.uuid4(),
        person_id=uuid.uuid4(),
        position_id=uuid.uuid4(),
        unit="G22",
        roles=frozenset(roles),
        assurance=Assurance.HIGH,
    )


@pytest.mark.django_db
def test_sending_again_needs_the_right_gives_all_tries_back_and_is_audited() -> None:
    probe.behaviour["do"] = _raise(GiveUp("no"))
    message = _put()
    services.deliver(message.id)
    with pytest.raises(AccessDenied):
        services.resend(message_id=message.id, actor=_officer("reception"))
    services.resend(message_id=message.id, actor=_officer("administrator"))
    services.resend(message_id=message.id, actor=SYSTEM)  # not dead any more: nothing happens
    assert Act.objects.filter(act="outbox.resend", target_id=str(message.id)).count() == 1
    probe.behaviour.clear()
    assert services.deliver(message.id) is Outcome.DONE


@pytest.mark.django_db
def test_backlog_counts_what_is_due() -> None:
    message = _put()
    _set(message, available_at="now() - interval '90 s'")
    state = queries.backlog()
    assert (state.due, state.dead) == (1, 0)
    assert 80 < state.oldest_seconds < 120


def test_a_kind_has_one_handler() -> None:
    with pytest.raises(ValueError, match="two handlers"):
        handler("test.probe")(_raise(RuntimeError()))
