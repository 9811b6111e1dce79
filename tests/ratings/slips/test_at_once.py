"""Two who send one slip at the same moment: one counts, the other is thanked."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from portal import crypto
from portal.text import readable
from ratings.models import Rating, Slip
from ratings.slips import counting, loading, queries
from tests.dossiers.support import at_once
from tests.ratings.slips.support import GOOD, rate

pytestmark = [pytest.mark.requirement("R-01")]


def test_two_send_one_slip_at_once(committed_db: None) -> None:
    loading.load()
    token, today = readable.new_code("DG", 20), timezone.localdate()
    Slip.objects.create(
        dossier_code="H26.101-261120-0001", outcome="10", unit_code="H26.101", procedure_code="1.001193", channel="2", ended_on=today,
        open_until=today + dt.timedelta(days=30), told_at=timezone.now(), token_index=crypto.blind_index("ratings.slip", token),
    )  # fmt: skip
    statuses = [answer.status_code for answer in at_once(*[lambda: Client().post(f"/danh-gia/phieu/{token}/", GOOD)] * 4)]
    assert sorted(statuses) == [302, 409, 409, 409] and Rating.objects.count() == 1
    number = str(uuid4())
    path = "/danh-gia/phieu/dich-vu/1.001193/"
    found: list[Any] = at_once(*[lambda: Client().post(path, {**GOOD, "phieu": number})] * 2)
    assert {answer.status_code for answer in found} == {404}  # an empty catalogue knows no service
    for _ in range(40):
        rate("H26.101", 4, day=today)
    # Whoever folds at the same moment counts nothing twice.
    at_once(counting.fold, counting.fold, counting.fold)
    counting.fold()
    assert queries.satisfaction("H26", today, today).denominator == 41
    assert not Rating.objects.filter(is_counted=False).exists()
