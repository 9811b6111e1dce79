"""Queues by impatience: none waits for another, and no task is begun twice because it takes long."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
from celery import current_app
from django.conf import settings as configured
from django.db import transaction
from django.utils import timezone

from accounts.models import EmailAddress
from accounts.services import otp
from portal.documents import services as documents
from portal.notifications.services import notify
from portal.outbox import handlers, services
from portal.outbox.checks import no_task_outlives_its_visibility
from portal.outbox.handlers import MAX_LEASE_SECONDS, handler, handler_of, kinds
from portal.outbox.models import Message
from tests import factories
from tests.documents.conftest import officer
from tests.outbox import hasty
from tests.support import processes
from tests.support.processes import Running, eventually


@pytest.fixture
def two_workers(committed_db: None, outside: Any, worker_var: Path, site_port: int) -> Iterator[list[Running]]:
    """One for each of the two queues that people wait for, as the Procfile starts them; patient with the outside."""
    more = {"SITE_URL": f"http://localhost:{site_port}", "OUTSIDE_TIMEOUT_SECONDS": "30"}
    running = [processes.start_celery(worker_var, outside.env, beat=False, queues=queue, **more) for queue in ("now", "soon")]
    yield running
    for worker in running:
        worker.kill()  # what hangs in it is not worth waiting for


def seal_something(key: str) -> None:
    documents.issue_sealed(
        key=key,
        kind="receipt",
        title="Giấy tiếp nhận hồ sơ",
        template="documents/base.html",
        context={},
        unit_code="H26.101",
        subject=uuid4(),
        actor=officer(roles=("reception",)),
    )


@pytest.mark.fault
def test_slow_signatures_do_not_delay_a_one_time_password(two_workers: list[Running], outside: Any) -> None:
    person = factories.make_person(phone="+84900777888")
    outside.faults("csc", "slow", seconds=90)
    # Both hands of "soon" wait for the signing service, and others wait for them: so many that one may end meanwhile.
    for number in range(6):
        seal_something(f"receipt:slow:{number}")
    eventually(lambda: Message.objects.filter(kind="documents.sign", lease_until__gt=timezone.now()).count() == 2, 40)
    otp.request_code(id_number=person.id_number, now=timezone.now())
    eventually(lambda: outside.outbox("+84900777888"), 10, 0.05)
    assert Message.objects.filter(kind__in=["documents.render", "documents.sign"], done_at=None).count() >= 3, "the signatures hang still"


@pytest.mark.fault
def test_a_slow_mail_server_does_not_delay_a_one_time_password(two_workers: list[Running], outside: Any) -> None:
    person = factories.make_person(phone="+84900777999")
    EmailAddress.objects.create(person=person, address="slow@example.vn", verified_at=timezone.now())
    outside.faults("mail", "slow", seconds=90)
    with transaction.atomic():
        for number in range(30):
            notify(party_id=person.id, template="accounts.email_removed", context={}, key=str(number), channels=("email",))
    # Both hands of "soon" have all their threads in the mail server.
    eventually(lambda: Message.objects.filter(kind="notifications.email", lease_until__gt=timezone.now()).count() >= 16, 40)
    otp.request_code(id_number=person.id_number, now=timezone.now())
    eventually(lambda: outside.outbox("+84900777999"), 10, 0.05)
    assert Message.objects.filter(kind="notifications.email", done_at=None).count() == 30, "the letters hang still"


@pytest.mark.fault
def test_a_task_that_takes_too_long_is_ended_before_another_worker_begins_it(worker_var: Path, settings: Any) -> None:
    server = redis.Redis.from_url(settings.REDIS_URL)
    server.flushdb()
    more, include = {"DJANGO_SETTINGS_MODULE": "tests.outbox.hasty"}, ("--include", "tests.outbox.hasty")
    both = [processes.start_celery(worker_var, {}, beat=False, queues=names, options=include, **more) for names in ("bulk", "bulk,soon")]
    try:
        # From a process with the same settings: a task takes its sender's limits along.
        send = "import django; django.setup(); from tests.outbox import hasty; hasty.endless.apply_async(queue='bulk')"
        env = {**os.environ, **processes.environment(worker_var, {}, **more)}
        subprocess.run([sys.executable, "-c", send], cwd=processes.ROOT, env=env, check=True)
        eventually(lambda: server.llen(hasty.BEGUN) == 1, 10)
        # Without a limit the other worker would have it by now.
        time.sleep(hasty.VISIBLE + hasty.LOOK_SECONDS + 3)
        assert server.llen(hasty.BEGUN) == 1, [worker.log.read_text()[-1500:] for worker in both]
    finally:
        for worker in both:
            worker.kill()


def test_every_task_and_every_handler_ends_before_the_broker_loses_patience() -> None:
    visible = configured.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    current_app.loader.import_default_modules()
    ours = [task for name, task in current_app.tasks.items() if not name.startswith("celery.")]
    assert {entry["task"] for entry in configured.CELERY_BEAT_SCHEDULE.values()} <= {task.name for task in ours}
    for task in ours:
        assert (task.time_limit or current_app.conf.task_time_limit) < visible, task.name
        assert (task.soft_time_limit or current_app.conf.task_soft_time_limit) < (task.time_limit or current_app.conf.task_time_limit)
    for kind in kinds():
        known = handler_of(kind)
        assert known is not None
        # The last message of a task begins so late, and has its lease.
        assert services.RUN_SECONDS + services.HOLD_SECONDS + known.lease_seconds < services.TASK_SECONDS < visible - 10, kind


def test_a_lease_beyond_the_brokers_patience_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(handlers, "_handlers", {})
    with pytest.raises(ValueError, match="more than"):
        handler("tests.long", lease_seconds=MAX_LEASE_SECONDS + 1)
    assert no_task_outlives_its_visibility() == []
    settings.CELERY_TASK_TIME_LIMIT = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert [error.id for error in no_task_outlives_its_visibility()] == ["outbox.E001"]


def test_what_people_wait_for_waits_for_nothing_slow() -> None:
    """Only one-time passwords are delivered on "now": nothing that calls the signing service or reads strangers' files."""
    assert {kind for kind in kinds() if (known := handler_of(kind)) and known.queue == "now" and not kind.startswith("test")} == {
        "accounts.send_code"
    }
