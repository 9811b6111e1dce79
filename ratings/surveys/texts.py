"""Texts of surveys, checked before anybody else reads them."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from portal.access import AccessDenied, Actor, may, require
from ratings.models import SurveyText
from ratings.surveys.rules import MAX_TEXT
from ratings.surveys.services import CHECK_TEXTS, SurveyRefused, note
from ratings.words import to_show, why_hidden


def _lock_text(actor: Actor, text_id: UUID) -> SurveyText:
    row = SurveyText.objects.select_for_update(of=("self",)).select_related("survey").get(pk=text_id)
    if not may(actor, CHECK_TEXTS, row.survey.unit_code):
        raise AccessDenied(CHECK_TEXTS)
    return row


@transaction.atomic
def show_text(*, actor: Actor, text_id: UUID, text: str, now: dt.datetime) -> SurveyText:
    """Let it stand in the results, as the officer leaves it; what still tells who somebody is, is refused."""
    row = _lock_text(actor, text_id)
    row.shown_words = to_show(text, longest=MAX_TEXT, refused=SurveyRefused)
    row.state, row.hidden_why = SurveyText.State.SHOWN, ""
    return _checked(row, actor, "show_survey_text", now)


@transaction.atomic
def hide_text(*, actor: Actor, text_id: UUID, reason: str, now: dt.datetime) -> SurveyText:
    """Let nobody else read it, for a reason."""
    row = _lock_text(actor, text_id)
    row.hidden_why = why_hidden(reason, refused=SurveyRefused)
    row.state, row.shown_words = SurveyText.State.HIDDEN, ""
    return _checked(row, actor, "hide_survey_text", now)


def _checked(row: SurveyText, actor: Actor, verb: str, now: dt.datetime) -> SurveyText:
    row.checked_by, row.checked_at = actor.position_id, now
    row.save(update_fields=["state", "shown_words", "hidden_why", "checked_by", "checked_at"])
    note(actor, verb, row.survey, text=str(row.pk))
    return row


@transaction.atomic
def note_look(*, actor: Actor, row: SurveyText) -> None:
    """Write down that an officer read an unchecked text (O-07)."""
    require(actor, CHECK_TEXTS, row.survey.unit_code)
    note(actor, "read_survey_text", row.survey, text=str(row.pk))
