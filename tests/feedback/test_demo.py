"""The demo petitions: what the acceptance of the desk begins with."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter

import pytest
from django.utils import timezone

from feedback import demo
from feedback.models import Answer, Opinion, Petition, ProgressReport, PublishedCase

pytestmark = pytest.mark.usefixtures("demo_data")


def test_forty_petitions_wait_in_every_state_and_are_loaded_once() -> None:
    assert demo.load() == demo.load() == "40 phản ánh, kiến nghị"
    states = Counter(Petition.objects.values_list("state", flat=True))
    assert states == {"new": 16, "processing": 6, "waiting": 1, "checking": 4, "answered": 13}
    assert Petition.objects.exclude(source="portal").count() == 4
    assert Petition.objects.filter(unit_code__startswith="H26").count() == 36

    now = timezone.now()
    late = Petition.objects.get(due_at__lt=now, state="processing", pk__in=ProgressReport.objects.values("petition"))
    # Who steers sees three agencies that are late.
    assert set(Petition.objects.filter(due_at__lt=now, state="processing").values_list("agency_code", flat=True)) == {"H26", "G15", "G17"}
    assert late.reports.count() == 2 and late.progress_due_at is not None and late.progress_due_at < now
    assert Counter(Opinion.objects.values_list("unit_code", "stance")) == {("G15", ""): 1, ("G17", "disagrees"): 1}
    copies = Counter(Petition.objects.values_list("text_print", flat=True)).most_common(2)
    assert [times for _print, times in copies] == [3, 1]
    published = PublishedCase.objects.all()
    assert published.count() == 9 and Petition.objects.filter(publication="waiting").count() == 4
    said = " ".join(f"{case.title} {case.question} {case.answer}" for case in published)
    assert not re.search(r"\d{9}|vi-du\.example|0900|Thí Điểm", said) and "[tên người]" in said
    assert Petition.objects.filter(sent_at__gt=now).count() == 0
    assert not Answer.objects.filter(checked_at__gt=now).exists()
    assert Petition.objects.filter(received_at__lt=now - dt.timedelta(days=40)).count() == 1
