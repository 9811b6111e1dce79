"""A process that reconciles is killed half-way: what was done stands, another one goes on, nothing is booked or found twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from payments import services
from payments.models import Case, CaseEvent, Collection, Entry, Order, Run
from payments.services import reconciling
from portal.access import SYSTEM
from tests.factories import make_institution, make_order, paid_report
from tests.payments.support import at, csv_of, day_before, line_of, make_payment, take
from tests.support import databases

pytestmark = [pytest.mark.fault, pytest.mark.usefixtures("demo_db")]
PROGRAM = """
import django
django.setup()
from django.utils import timezone
from payments.services import reconciling
reconciling.continue_run(run_id={run}, now=timezone.now())
"""


@pytest.mark.requirement("N-04", "P-05", "P-06")
def test_killed_while_rows_are_settled() -> None:
    institution, day, rows = make_institution(), day_before(), 300
    known = make_payment(institution, day)
    orders = [make_order(now=at(day, 8)) for _ in range(rows)]
    tries = [services.begin_attempt(order_code=one.code, institution_code=institution.code, now=at(day, 9)) for one in orders]
    reports = [paid_report(one, paid_at=at(day, 10)) for one in tries]
    lines = [line_of(known, reference=one.reference, institution_ref=one.institution_ref, amount=one.amount) for one in reports]
    take(csv_of([line_of(known, amount=1), *lines]), day, institution=institution)
    run, _ = reconciling.start_run(institution_code=institution.code, day=day, actor=SYSTEM, now=timezone.now())

    def settled() -> int:
        return Collection.objects.filter(via="file").count()

    env: dict[str, Any] = {**os.environ, "DATABASE_URL": databases.url(), "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]}
    worker = subprocess.Popen([sys.executable, "-c", PROGRAM.format(run=run.pk)], cwd=settings.BASE_DIR, env=env)
    until = time.monotonic() + 60
    while settled() < 20 and time.monotonic() < until and worker.poll() is None:
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    worker.wait(timeout=30)
    half = settled()
    assert 20 <= half < rows, "it was killed half-way"
    connection.close()
    while not reconciling.continue_run(run_id=run.pk, now=timezone.now()):
        pass
    assert settled() == rows and Order.objects.filter(state="paid").count() == rows + 1
    assert Entry.objects.count() == rows + 1 and Case.objects.count() == CaseEvent.objects.count() == 1
    assert Run.objects.get(pk=run.pk).is_done and services.recompute() == []
