"""What can be asked of surveys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from portal.audit.words import uuids
from ratings.models import Survey, SurveyText
from ratings.models.surveys import Audience, SurveyState


def open_on(day: date) -> QuerySet[Survey]:
    """Surveys that anybody, or anybody signed in, may answer on a day; those that end first come first."""
    rows = Survey.objects.filter(state=SurveyState.PUBLISHED, opens_on__lte=day, closes_on__gte=day)
    return rows.exclude(audience=Audience.APPLICANTS).order_by("closes_on", "id")


def with_results() -> QuerySet[Survey]:
    """Surveys whose results are published, newest first."""
    return Survey.objects.filter(results_at__isnull=False).order_by("-results_at", "-id")


def published(slug: str) -> Survey | None:
    """A survey that is or was open, by its address (one query)."""
    return Survey.objects.exclude(state=SurveyState.DRAFT).filter(slug=slug).first()


def shown_texts(survey_id: UUID, key: str, limit: int) -> list[str]:
    """Checked texts of one question, in no order that tells anything (one query)."""
    rows = SurveyText.objects.filter(survey_id=survey_id, key=key, state=SurveyText.State.SHOWN).order_by("id")
    return list(rows.values_list("shown_words", flat=True)[:limit])


def titles(ids: Iterable[str]) -> dict[str, str]:
    """What the audit trail calls surveys (one query)."""
    return {str(pk): title for pk, title in Survey.objects.filter(pk__in=uuids(ids)).values_list("pk", "title")}
