"""Several workers at one reconciliation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from payments.models import Case, CaseEvent, RunTotal
from payments.services import fetching, reconciling
from portal.access import SYSTEM
from portal.audit.models import Act
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


def test_a_fetch_that_is_asked_for_is_noted_without_a_transaction_around_it() -> None:
    institution = make_institution(files="http://127.0.0.1:9/files")
    day, now = timezone.localdate(), timezone.now()
    fetching.ask_for_day(institution_code=institution.code, day=day, actor=SYSTEM, now=now)
    assert Act.objects.filter(act="payments.fetch_statement", target_id=institution.code).count() == 1
    told = fetching.noted(institution.code, day)
    assert told == (now, "Cổng đang lấy tệp.")
    with pytest.raises(ValueError, match="have come"):
        fetching.ask_for_day(institution_code=institution.code, day=day + timedelta(days=1), actor=SYSTEM, now=now)
