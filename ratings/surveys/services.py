"""What is done with surveys: made, published, answered, ended; results published; texts checked; answers brought from elsewhere."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.text import slugify

from dossiers.models import Dossier
from feedback.words import tidy
from portal import audit, crypto
from portal.access import Actor, may, require
from portal.access.rules import covers
from portal.catalogues.queries import agency_names
from portal.notifications.services import notify
from portal.states import TransitionRefused
from portal.text import readable, search_key
from ratings.models import Survey, SurveyPlace, SurveyResponse, SurveyText
from ratings.models.surveys import TABLE, Audience, SurveyState
from ratings.slips.services import OVERSEE
from ratings.surveys.rules import LEAST, MAX_QUESTIONS, MAX_TEXT, Answers, Question, questions_of, read_definition

KEEP, CHECK_TEXTS = "ratings.surveys", "ratings.check_survey_texts"
INVITED = "ratings.survey"
SLICE = 100
"""Parties invited in one transaction."""
MAX_BYTES = 10_000_000
"""Of a file that is brought."""
_TOKEN, _RANDOM = "KS", 20
_PURPOSE, _PARTY = "ratings.survey", "ratings.survey.party"


class SurveyRefused(Exception):
    """What an officer asked for cannot be done; ``message`` says why, ``field`` what to mend."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


class SurveyClosed(Exception):
    """The survey takes no answers today, or none from this one any more. Nothing was kept."""


# Made ----------------------------------------------------------------------------------------------------------------------------


def lock(actor: Actor, survey_id: UUID, seen: int | None = None) -> Survey:
    """The survey, locked, for one who keeps it; :class:`SurveyRefused` where the page was out of date."""
    survey = Survey.objects.select_for_update().get(pk=survey_id)
    require(actor, KEEP, survey.unit_code)
    if seen is not None and seen != survey.version:
        raise SurveyRefused("Khảo sát đã thay đổi từ lúc bạn mở trang này. Bạn xem lại rồi làm lại nếu vẫn cần.")
    return survey


def note(actor: Actor, verb: str, survey: Survey, **details: Any) -> None:
    """Write an act into the trail."""
    audit.record(
        actor=actor, act=f"ratings.{verb}", target="ratings.survey", target_id=str(survey.pk), unit=survey.unit_code, details=details
    )


def _save(survey: Survey, actor: Actor, verb: str, **details: Any) -> Survey:
    survey.version += 1
    survey.save()
    note(actor, verb, survey, **details)
    return survey


def _as_draft(survey: Survey) -> None:
    if survey.state != SurveyState.DRAFT:
        raise SurveyRefused("Khảo sát đã mở nên nội dung không sửa được nữa. Bạn lập khảo sát mới.")


@transaction.atomic
def make(*, actor: Actor, values: Mapping[str, Any], now: dt.datetime) -> Survey:
    """Make a draft of the officer's agency."""
    require(actor, KEEP, actor.unit)
    slug = slugify(search_key(str(values["title"])))[:80].strip("-") or "khao-sat"
    slug = f"{slug}-{readable.new_code('', 5).lower()}"
    survey = Survey(slug=slug, unit_code=actor.unit, created_at=now, created_by=actor.position_id)
    _take(survey, actor, values)
    survey.save(force_insert=True)
    note(actor, "make_survey", survey)
    return survey


@transaction.atomic
def change(*, actor: Actor, survey_id: UUID, values: Mapping[str, Any], seen: int | None) -> Survey:
    """Change a draft."""
    survey = lock(actor, survey_id, seen)
    _as_draft(survey)
    _take(survey, actor, values)
    return _save(survey, actor, "change_survey")


def _take(survey: Survey, actor: Actor, values: Mapping[str, Any]) -> None:
    survey.title, survey.intro = tidy(str(values["title"])), tidy(str(values.get("intro", "")))
    survey.opens_on, survey.closes_on, survey.audience = values["opens_on"], values["closes_on"], values["audience"]
    if survey.closes_on < survey.opens_on:
        raise SurveyRefused("Ngày kết thúc phải từ ngày mở trở đi.", "closes_on")
    survey.procedure_code = survey.agency_code = ""
    survey.first_day = survey.last_day = None
    if survey.audience != Audience.APPLICANTS:
        return
    survey.procedure_code, survey.agency_code = str(values.get("procedure_code", "")), str(values.get("agency_code", ""))
    survey.first_day, survey.last_day = values.get("first_day"), values.get("last_day")
    if survey.first_day is None or survey.last_day is None or survey.last_day < survey.first_day:
        raise SurveyRefused("Bạn ghi hồ sơ nộp từ ngày nào đến ngày nào.", "first_day")
    if not may(actor, OVERSEE):
        # An agency asks those who came to it and below it.
        survey.agency_code = survey.agency_code or survey.unit_code
        if not covers(survey.unit_code, survey.agency_code):
            raise SurveyRefused("Bạn chỉ mời được người nộp hồ sơ ở cơ quan mình và cấp dưới.", "agency_code")
    elif not survey.agency_code and not survey.procedure_code:
        raise SurveyRefused("Bạn ghi cơ quan hoặc thủ tục.", "agency_code")


@transaction.atomic
def add_question(
    *, actor: Actor, survey_id: UUID, kind: str, label: str, options: Sequence[str], required: bool, seen: int | None
) -> Survey:
    """Add a question at the end of a draft."""
    survey = lock(actor, survey_id, seen)
    _as_draft(survey)
    known = questions_of(survey.questions)
    if len(known) >= MAX_QUESTIONS:
        raise SurveyRefused(f"Một khảo sát có nhiều nhất {MAX_QUESTIONS} câu hỏi.")
    taken = {question.key for question in known}
    key = next(f"q{number}" for number in range(1, MAX_QUESTIONS + 2) if f"q{number}" not in taken)
    new = {"key": key, "kind": kind, "label": tidy(label), "required": required, "options": [tidy(option) for option in options]}
    try:
        survey.questions = [question.as_data() for question in questions_of([*survey.questions, new])]
    except ValueError as error:
        raise SurveyRefused(str(error), "options" if "lựa chọn" in str(error) else "label") from error
    return _save(survey, actor, "change_survey")


@transaction.atomic
def remove_question(*, actor: Actor, survey_id: UUID, key: str, seen: int | None = None) -> Survey:
    """Take a question out of a draft."""
    survey = lock(actor, survey_id, seen)
    _as_draft(survey)
    left = [entry for entry in survey.questions if entry["key"] != key]
    if len(left) == len(survey.questions):
        raise SurveyRefused("Câu hỏi này không còn trong khảo sát.")
    survey.questions = left
    return _save(survey, actor, "change_survey")


@transaction.atomic
def take_definition(*, actor: Actor, survey_id: UUID, content: bytes, seen: int | None) -> Survey:
    """Put the questions of a definition file in place of a draft's."""
    survey = lock(actor, survey_id, seen)
    _as_draft(survey)
    try:
        data = json.loads(content[:MAX_BYTES].decode("utf-8-sig"))
        survey.questions = [question.as_data() for question in read_definition(data)]
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise SurveyRefused("Tệp không đọc được: phải là JSON, mã UTF-8.", "file") from error
    except ValueError as error:
        raise SurveyRefused(str(error), "file") from error
    return _save(survey, actor, "change_survey")


@transaction.atomic
def move(*, actor: Actor, survey_id: UUID, transition: str, seen: int | None, now: dt.datetime) -> Survey:
    """Publish a draft, or end what is published."""
    survey = lock(actor, survey_id, seen)
    if transition == "publish" and survey.closes_on < timezone.localdate(now):
        raise SurveyRefused("Ngày kết thúc đã qua. Bạn sửa ngày trước khi mở.")
    try:
        TABLE.move(survey, transition)
    except TransitionRefused as refused:
        raise SurveyRefused(refused.reason) from refused
    if transition == "publish":
        survey.published_at = now
    else:
        survey.ended_at = now
    return _save(survey, actor, f"{transition}_survey")


@transaction.atomic
def publish_results(*, actor: Actor, survey_id: UUID, seen: int | None, now: dt.datetime) -> Survey:
    """Publish what an ended survey gave: counted once, for it changes no more."""
    survey = lock(actor, survey_id, seen)
    if survey.state != SurveyState.ENDED:
        raise SurveyRefused("Khảo sát chưa kết thúc nên chưa công bố kết quả được.")
    found = counts_of(survey.pk)
    if found["responses"] < LEAST:
        raise SurveyRefused(f"Chưa đủ {LEAST} người trả lời nên không công bố, để không lộ ý kiến của từng người.")
    survey.results, survey.results_at = found, now
    return _save(survey, actor, "publish_survey_results")


_COUNTS = """
SELECT e.key, o.value, count(*) FROM ratings_surveyresponse r CROSS JOIN LATERAL jsonb_each(r.answers) AS e
CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(e.value) WHEN 'array' THEN e.value ELSE jsonb_build_array(e.value) END) AS o
WHERE r.survey_id = %s GROUP BY 1, 2
"""


def counts_of(survey_id: UUID) -> dict[str, Any]:
    """``{"responses", "counts": {question: {value: number}}}`` of one survey, read from its responses (two queries)."""
    counts: dict[str, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [survey_id])
        for key, value, number in cursor.fetchall():
            counts.setdefault(key, {})[value] = int(number)
    return {"responses": SurveyResponse.objects.filter(survey_id=survey_id).count(), "counts": counts}


# Invited -------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def invite(*, now: dt.datetime) -> int:
    """Invite the next applicants of a published survey, a slice of parties in the order of their ids; how many were looked at."""
    today = timezone.localdate(now)
    waiting = Survey.objects.filter(state=SurveyState.PUBLISHED, audience=Audience.APPLICANTS, invited_at=None)
    survey = (
        waiting.select_for_update(skip_locked=True).filter(opens_on__lte=today, closes_on__gte=today).order_by("closes_on", "id").first()
    )
    if survey is None:
        return 0
    parties = _applicants(survey)
    unit = agency_names([survey.unit_code]).get(survey.unit_code, survey.unit_code)
    for party_id in parties:
        _invite(survey, party_id, unit)
    if parties:
        survey.invited_upto = parties[-1]
    if len(parties) < SLICE:
        survey.invited_at = now
    survey.save(update_fields=["invited_upto", "invited_at"])
    return max(len(parties), 1)


def _applicants(survey: Survey) -> list[UUID]:
    assert survey.first_day is not None and survey.last_day is not None
    begin = timezone.make_aware(dt.datetime.combine(survey.first_day, dt.time()))
    end = timezone.make_aware(dt.datetime.combine(survey.last_day + dt.timedelta(days=1), dt.time()))
    rows = Dossier.objects.filter(submitted_at__gte=begin, submitted_at__lt=end)
    if survey.procedure_code:
        rows = rows.filter(procedure_code=survey.procedure_code)
    if survey.agency_code:
        below = Dossier.objects.filter(unit_code__startswith=f"{survey.agency_code}.")
        rows = rows.filter(unit_code=survey.agency_code) | (rows & below)
    if survey.invited_upto is not None:
        rows = rows.filter(applicant_id__gt=survey.invited_upto)
    return list(rows.order_by("applicant_id").values_list("applicant_id", flat=True).distinct()[:SLICE])


def _invite(survey: Survey, party_id: UUID, unit: str) -> None:
    token, index = readable.new_code(_TOKEN, _RANDOM), _party_index(survey, party_id)
    place = SurveyPlace(survey=survey, party_index=index, token_index=crypto.blind_index(_PURPOSE, token))
    # Asked first: under another cover the index of before is no conflict.
    if SurveyPlace.objects.filter(survey=survey, party_index=index).exists():
        return
    if not SurveyPlace.objects.bulk_create([place], ignore_conflicts=True) or not SurveyPlace.objects.filter(pk=place.pk).exists():
        return
    notify(
        party_id=party_id,
        template=INVITED,
        context={"unit": unit, "title": survey.title, "until": f"{survey.closes_on:%d/%m/%Y}"},
        key=f"{INVITED}:{survey.pk}",
        link=f"/khao-sat/moi/{token}/",
        queue="bulk",
        expires_at=timezone.make_aware(dt.datetime.combine(survey.closes_on + dt.timedelta(days=1), dt.time())),
    )


def _party_index(survey: Survey, party_id: UUID) -> str:
    return crypto.blind_index(_PARTY, f"{survey.pk}:{party_id}")


def place_by_token(typed: str) -> SurveyPlace | None:
    """The place that has this token, with its survey (one query)."""
    token = readable.clean_code(typed[:60], _TOKEN, _RANDOM)
    if not token:
        return None
    return SurveyPlace.objects.select_related("survey").filter(token_index=crypto.blind_index(_PURPOSE, token)).first()


def has_answered(survey: Survey, actor: Actor) -> bool:
    """Whether somebody who is signed in has answered (one query)."""
    if actor.person_id is None:
        return False
    return SurveyPlace.objects.filter(survey=survey, party_index=_party_index(survey, actor.person_id), used_on__isnull=False).exists()


# Answered ------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def respond(
    *, survey_id: UUID, form_id: UUID, said: Answers, now: dt.datetime, place_id: UUID | None = None, actor: Actor | None = None
) -> None:
    """Keep what one answered: by an invitation once, signed in once, else once a form. :class:`SurveyClosed`."""
    with connection.cursor() as cursor:
        # Shared: many answer at once, and whoever ends the survey waits for them.
        cursor.execute("SELECT 1 FROM ratings_survey WHERE id = %s FOR SHARE", [survey_id])
    survey = Survey.objects.get(pk=survey_id)
    today = timezone.localdate(now)
    if survey.state != SurveyState.PUBLISHED or not survey.opens_on <= today <= survey.closes_on:
        raise SurveyClosed
    if survey.audience == Audience.APPLICANTS:
        place = SurveyPlace.objects.select_for_update().filter(pk=place_id, survey=survey).first() if place_id is not None else None
        if place is None or place.used_on is not None:
            raise SurveyClosed
        place.used_on = today
        place.save(update_fields=["used_on"])
    elif survey.audience == Audience.CITIZENS:
        if actor is None or actor.person_id is None or not actor.is_citizen:
            raise SurveyClosed
        index = _party_index(survey, actor.person_id)
        made = SurveyPlace(survey=survey, party_index=index, used_on=today)
        if SurveyPlace.objects.filter(survey=survey, party_index=index).exists():
            raise SurveyClosed
        if not SurveyPlace.objects.bulk_create([made], ignore_conflicts=True) or not SurveyPlace.objects.filter(pk=made.pk).exists():
            raise SurveyClosed
    try:
        with transaction.atomic():
            keep(survey, SurveyResponse(pk=form_id, survey=survey, day=today, answers=said.chosen), said)
    except IntegrityError as error:
        raise SurveyClosed from error


def keep(survey: Survey, response: SurveyResponse, said: Answers) -> None:
    """Keep what was answered, texts by themselves."""
    response.save(force_insert=True)
    for key, words in said.texts.items():
        if text := tidy(words)[:MAX_TEXT]:
            SurveyText.objects.create(survey=survey, key=key, words=text)


def question_of(survey: Survey, key: str) -> Question | None:
    """A question of a survey by its key."""
    return next((question for question in questions_of(survey.questions) if question.key == key), None)
