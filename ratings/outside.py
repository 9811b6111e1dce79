"""What people say through another app: a dossier's slip by its token, answers to surveys. For province apps and agencies' accounts on
social networks (Framework II.2b); what is kept, and that nobody knows who said it, is as on the portal's own pages."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from django.forms import Form
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from portal.api_support import ApiError, Text, errors
from portal.catalogues.queries import agency_names
from portal.exchange.partners.doors import partner_auth
from portal.exchange.partners.models import Call, Partner
from portal.exchange.partners.services import note_call
from portal.limits import take
from procedures import queries as procedures
from ratings.models import Slip, SlipForm, Survey, SurveyPlace
from ratings.models.surveys import Audience, SurveyState
from ratings.slips import services as slips
from ratings.slips.forms import AnswerForm
from ratings.surveys import queries
from ratings.surveys import services as surveys
from ratings.surveys.forms import SurveyForm
from ratings.surveys.rules import questions_of

router = Router(tags=["opinions"])
SLIPS, ANSWERS = 3600, 1200
"""Slips asked for or answered by one system in an hour; answers to one survey that asks everybody."""
MOST_SURVEYS = 50
Token = Annotated[Text, Field(min_length=1, max_length=60, description="Out of the notice's address: `/danh-gia/phieu/<token>/`")]


class TokenIn(Schema):
    """Whose slip, or whose invitation."""

    token: Token


class AskedOut(Schema):
    """A question of a slip, answered by a step from 1 to 5."""

    code: str
    vi: str
    en: str


class SlipOut(Schema):
    """A slip that is open. `steps`: the words of 1 to 5."""

    procedure_code: str
    procedure: str
    agency: str
    open_until: dt.date
    questions: list[AskedOut]
    steps: dict[str, list[str]]


class SlipIn(TokenIn):
    """What somebody says. Never their name, identity number or phone."""

    answers: Annotated[dict[str, Annotated[int, Field(ge=1, le=5)]], Field(description="A step for each question's `code`", max_length=20)]
    words: Annotated[Text, Field(max_length=slips.MAX_WORDS)] = ""


class KeptOut(Schema):
    """`false`: your system is being tried out. Everything was checked and nothing was kept."""

    kept: bool


class QuestionOut(Schema):
    """A question of a survey. `kind`: `choice`, `several`, `steps` (1 to 5) or `text`; options are answered by their place, from 0."""

    key: str
    kind: str
    label: str
    required: bool
    options: list[str]


class SurveyOut(Schema):
    """A survey that can be answered now."""

    slug: str
    title: str
    intro: str
    agency: str
    closes_on: dt.date
    questions: list[QuestionOut]


class AnswersIn(Schema):
    """What somebody answered, by the questions' keys: a text, or a list where several may be chosen."""

    answers: Annotated[
        dict[str, Annotated[Text, Field(max_length=2000)] | list[Annotated[Text, Field(max_length=20)]]], Field(max_length=100)
    ]


class OpenAnswersIn(AnswersIn):
    """The same of who was not invited. `form_id`: a UUID that you make for each person who answers; sent again it counts once."""

    form_id: UUID


class InvitedAnswersIn(AnswersIn):
    """The same by an invitation."""

    token: Token


def _calling(request: HttpRequest) -> Partner:
    partner: Partner = request.auth  # type: ignore[attr-defined]
    if Call.OPINIONS not in partner.calls:
        raise ApiError("forbidden")
    note_call(partner, now=timezone.now())
    return partner


def _within(bucket: str, name: str, most: int) -> None:
    grant = take(bucket, name, capacity=most, refill_per_second=most / 3600)
    if not grant.allowed:
        raise ApiError("too_many_requests", retry_after=max(1, int(grant.retry_after)))


def _checked(form: Form) -> None:
    """422 with each field and what is wrong with it, in the words that the page says."""
    if not form.is_valid():
        wrong = [f"{name}: {' '.join(str(one) for one in told)}" for name, told in form.errors.items()]
        raise ApiError("invalid_request", detail=" ".join(wrong)[:1000])


def _unknown(said: dict[str, Any], known: set[str]) -> None:
    if extra := sorted(set(said) - known):
        raise ApiError("invalid_request", detail=f"Not a question of this one: {', '.join(name[:40] for name in extra[:5])}.")


# Slips ---------------------------------------------------------------------------------------------------------------------------


def _slip(partner: Partner, token: str) -> tuple[Slip, SlipForm]:
    _within("ratings.api-slips", partner.code, SLIPS)
    today = timezone.localdate()
    found, asked = slips.slip_by_token(token), slips.form_on(today)
    if found is None or asked is None:
        raise ApiError("not_found")
    if not found.is_open(today):
        raise ApiError("closed")
    return found, asked


@router.post(
    "/slips/find",
    response=SlipOut,
    auth=partner_auth,
    summary="The slip of a dossier that has ended, by its token",
    openapi_extra=errors("unauthorized", "forbidden", "not_found", "closed"),
)
def find_slip(request: HttpRequest, asked: TokenIn) -> Any:
    """What is asked, about which procedure and agency. Nothing tells whose dossier it was."""
    slip, form = _slip(_calling(request), asked.token)
    return {
        "procedure_code": slip.procedure_code,
        "procedure": procedures.last_names({slip.procedure_code}).get(slip.procedure_code, slip.procedure_code),
        "agency": agency_names([slip.unit_code]).get(slip.unit_code, slip.unit_code),
        "open_until": slip.open_until,
        "questions": form.questions,
        "steps": form.steps,
    }


@router.post(
    "/slips",
    response=KeptOut,
    auth=partner_auth,
    summary="Rate how a dossier was handled",
    openapi_extra=errors("unauthorized", "forbidden", "not_found", "closed"),
)
def answer_slip(request: HttpRequest, said: SlipIn) -> Any:
    """Once for each slip: `closed` where it has been answered or its days are over."""
    partner = _calling(request)
    slip, asked = _slip(partner, said.token)
    form = AnswerForm({**{code: str(step) for code, step in said.answers.items()}, "words": said.words}, asked=asked)
    _unknown(said.answers, set(form.codes))
    _checked(form)
    if partner.is_test:
        return {"kept": False}
    try:
        slips.answer(slip_id=slip.pk, form=asked, said=form.answer(), now=timezone.now())
    except slips.SlipUsed:
        raise ApiError("closed") from None
    return {"kept": True}


# Surveys -------------------------------------------------------------------------------------------------------------------------


def _survey(row: Survey, agency: str) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "title": row.title,
        "intro": row.intro,
        "agency": agency,
        "closes_on": row.closes_on,
        "questions": [one.as_data() for one in questions_of(row.questions)],
    }


@router.get(
    "/surveys",
    response=list[SurveyOut],
    auth=partner_auth,
    summary="Surveys that ask everybody",
    openapi_extra=errors("unauthorized", "forbidden"),
)
def open_surveys(request: HttpRequest) -> Any:
    """Those that end first come first. Surveys that ask who signs in, or who was invited, are not among them."""
    _calling(request)
    rows = list(queries.open_on(timezone.localdate()).filter(audience=Audience.EVERYBODY)[:MOST_SURVEYS])
    names = agency_names({row.unit_code for row in rows}) if rows else {}
    return [_survey(row, names.get(row.unit_code, row.unit_code)) for row in rows]


@router.post(
    "/surveys/{slug}/answers",
    response=KeptOut,
    auth=partner_auth,
    summary="Answer a survey that asks everybody",
    openapi_extra=errors("unauthorized", "forbidden", "not_found", "closed"),
)
def answer_survey(request: HttpRequest, slug: Text, said: OpenAnswersIn) -> Any:
    """`closed` where it is open no more, or this `form_id` was answered."""
    partner = _calling(request)
    survey = queries.published(slug)
    if survey is None or survey.audience != Audience.EVERYBODY:
        raise ApiError("not_found")
    _within("ratings.api-survey", f"{partner.code}:{survey.pk}", ANSWERS)
    return _respond(partner, survey, said.answers, form_id=said.form_id, place=None)


@router.post(
    "/invitations/find",
    response=SurveyOut,
    auth=partner_auth,
    summary="The survey to which somebody was invited, by the token",
    openapi_extra=errors("unauthorized", "forbidden", "not_found", "closed"),
)
def find_invitation(request: HttpRequest, asked: TokenIn) -> Any:
    """What is asked; nothing tells who was invited."""
    survey = _place(_calling(request), asked.token).survey
    return _survey(survey, agency_names([survey.unit_code]).get(survey.unit_code, survey.unit_code))


@router.post(
    "/invitations",
    response=KeptOut,
    auth=partner_auth,
    summary="Answer a survey to which one was invited",
    openapi_extra=errors("unauthorized", "forbidden", "not_found", "closed"),
)
def answer_invitation(request: HttpRequest, said: InvitedAnswersIn) -> Any:
    """Once: `closed` where it was answered or the survey is over."""
    partner = _calling(request)
    place = _place(partner, said.token)
    return _respond(partner, place.survey, said.answers, form_id=None, place=place)


def _place(partner: Partner, token: str) -> SurveyPlace:
    _within("ratings.api-slips", partner.code, SLIPS)
    place = surveys.place_by_token(token)
    if place is None:
        raise ApiError("not_found")
    if place.used_on is not None or not _is_open(place.survey):
        raise ApiError("closed")
    return place


def _is_open(survey: Survey) -> bool:
    return survey.state == SurveyState.PUBLISHED and survey.opens_on <= timezone.localdate() <= survey.closes_on


def _respond(
    partner: Partner, survey: Survey, answers: dict[str, Any], *, form_id: UUID | None, place: SurveyPlace | None
) -> dict[str, Any]:
    if not _is_open(survey):
        raise ApiError("closed")
    asked = questions_of(survey.questions)
    _unknown(answers, {question.key for question in asked})
    # The form's own number; by an invitation its place is what counts once.
    number = form_id or (place.pk if place is not None else None)
    form = SurveyForm({**answers, "phieu": str(number)}, questions=asked)
    _checked(form)
    if partner.is_test:
        return {"kept": False}
    try:
        surveys.respond(
            survey_id=survey.pk, form_id=form.number(), said=form.answers(), now=timezone.now(), place_id=place.pk if place else None
        )
    except surveys.SurveyClosed:
        raise ApiError("closed") from None
    return {"kept": True}
