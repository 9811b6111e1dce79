"""The report of a trial as files (Scheme III.3k)."""

from __future__ import annotations

import datetime as dt

from django.template.loader import render_to_string
from django.utils import timezone

from helpdesk import queries
from helpdesk.models import TrialOpinion
from portal.catalogues import tables
from portal.documents.rendering import html_to_pdf
from portal.upkeep.models import TrialPeriod

SHOWN = 200
"""Opinions in words that the PDF prints; the CSV has all."""


def trial_csv(trial: TrialPeriod) -> bytes:
    """Every opinion, the oldest first."""
    rows = TrialOpinion.objects.filter(trial=trial).order_by("created_at", "id").iterator(chunk_size=1000)
    cells = (
        [f"{timezone.localtime(one.created_at):%d/%m/%Y %H:%M}", one.get_about_display(), one.marks, one.words, one.language]
        for one in rows
    )
    return tables.write(tables.CSV, ["Gửi lúc", "Phần đã dùng", "Điểm (1–5)", "Ý kiến", "Ngôn ngữ"], cells)


def trial_pdf(trial: TrialPeriod, *, now: dt.datetime) -> bytes:
    """Days, counts, averages, and the newest opinions in words."""
    said = TrialOpinion.objects.filter(trial=trial).exclude(words="").order_by("-created_at", "-id")
    context = {"report": queries.trial_report(trial), "said": list(said[:SHOWN]), "more": max(0, said.count() - SHOWN), "now": now}
    return html_to_pdf(render_to_string("documents/trial_report.html", context))
