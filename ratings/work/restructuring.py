"""Slow steps and papers asked for again, for whoever restructures a procedure (requirement R-16; Reform III.5)."""

from __future__ import annotations

from django.utils import timezone

from dossiers.supplements.policies import reasons
from portal.catalogues.models import Agency
from procedures.process_figures import Process
from ratings import spans
from ratings.work import queries, tables
from ratings.work.views import work_url

SHOWN = 10


def process_of(procedure_code: str, unit_code: str) -> Process | None:
    """Of this year: at a province's or commune's agencies its own, of a procedure that a ministry answers for the whole country's (three
    queries). None where nothing was counted."""
    today = timezone.localdate()
    span = spans.named(f"{today.year}")
    assert span is not None
    here = Agency.objects.on(today).filter(code=unit_code, level__in=[Agency.Level.PROVINCE, Agency.Level.COMMUNE]).exists()
    place = unit_code if here else ""
    returned = queries.returns(place, span, procedure=procedure_code)
    steps = [line for line in queries.steps(place, span, procedure=procedure_code) if line.hours is not None]
    slow = [(tables.label_of(line.step), f"{line.hours}".replace(".", ","), line.number) for line in steps]
    why = reasons()
    labels = {line.reason: why[line.reason].label if line.reason in why else line.reason for line in returned}
    again = [(line.label, labels[line.reason], line.asked) for line in returned]
    if not slow and not again:
        return None
    slow.sort(key=lambda row: -float(row[1].replace(",", ".")))
    again.sort(key=lambda row: -row[2])
    url = work_url(place, **{"ky": span.key, "thu-tuc": procedure_code})
    return Process(f"năm {today.year}", slow[:SHOWN], again[:SHOWN], url)
