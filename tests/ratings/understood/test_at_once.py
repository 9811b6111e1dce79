"""Whoever reads comments at the same moment reads none twice."""

from __future__ import annotations

import pytest
from django.utils import timezone

from ratings.models import OpinionReading
from ratings.slips import loading
from ratings.understood import services as understood
from tests.dossiers.support import at_once
from tests.ratings.understood.test_opinions import LATER, RUDE, shown

pytestmark = [pytest.mark.requirement("R-09")]


def test_twice_at_once_reads_nothing_twice(committed_db: None) -> None:
    loading.load()
    rows = [shown(RUDE, timezone.localdate()) for _number in range(4)]
    now = timezone.now() + LATER
    at_once(*[lambda: understood.read_some(now=now)] * 3)
    while understood.read_some(now=now):
        pass
    assert OpinionReading.objects.filter(text_id__in=[row.pk for row in rows]).count() == 4
