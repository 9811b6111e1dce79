"""Several workers at one reconciliation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from payments.models import Case, CaseEvent, RunTotal
from payments.services import reconciling
from portal.access import SYSTEM
from tests.factories import make_institution
from tests.payments.support import csv_of, day_before, line_of, make_payment, take

pytestmark = pytest.mark.usefixtures("demo_db")


@pytest.mark.requirement("P-06")
def test_two_workers_at_one_run_open_each_case_once() -> None:
    institution, day = make_institution(), day_before()
    paid = [make_payment(institution, day) for _ in range(3)]
    take(csv_of(line_of(one, amount=1) for one in paid), day, institution=institution)
    run, _ = reconciling.start_run(institution_code=institution.code, day=day, actor=SYSTEM, now=timezone.now())

    def work(_: int) -> bool:
        try:
            return reconciling.continue_run(run_id=run.pk, now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert Case.objects.count() == 3 and CaseEvent.objects.count() == 3 and RunTotal.objects.count() == 1
