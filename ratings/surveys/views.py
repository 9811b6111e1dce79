"""``/khao-sat/``: what is asked now, filling in, results."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.pages import is_known, way_back
from portal.access import actor_of
from portal.caching import public_page
from portal.catalogues.queries import agency_names
from portal.languages import address, show
from portal.limits import limit_view
from ratings.models import Survey, SurveyPlace
from ratings.models.surveys import Audience, SurveyState
from ratings.surveys import queries, services
from ratings.surveys.forms import SurveyForm
from ratings.surveys.rules import SEVERAL, TEXT, counted, questions_of

PER_PAGE = 20
TEXTS_SHOWN = 30
ANSWERED = "khao-sat"
"""Where a stranger's session keeps which surveys it has answered."""


@public_page(max_age=2)
@require_safe
def surveys_page(request: HttpRequest) -> HttpResponse:
    """Open surveys, and those whose results are published. Four queries."""
    opened = list(queries.open_on(timezone.localdate())[:PER_PAGE])
    page = Paginator(queries.with_results(), PER_PAGE).get_page(request.GET.get("trang"))
    names = agency_names({survey.unit_code for survey in [*opened, *page.object_list]})
    context = {
        "opened": [(survey, names.get(survey.unit_code, survey.unit_code)) for survey in opened],
        "told": [(survey, names.get(survey.unit_code, survey.unit_code)) for survey in page.object_list],
        "page": page,
    }
    return show(request, "ratings/surveys/list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_view("ratings.survey", 20, 3600, methods={"POST"})
def survey_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Fill in a survey that everybody, or everybody signed in, is asked."""
    survey = queries.published(slug)
    if survey is None:
        raise Http404
    if closed := _closed(request, survey):
        return closed
    if survey.audience == Audience.APPLICANTS:
        return _said(request, survey, "invited")
    actor = actor_of(request)
    if survey.audience == Audience.CITIZENS:
        if not is_known(actor):
            return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': way_back(request)})}")
        if not actor.is_citizen:
            return _said(request, survey, "citizens", status=403)
        if services.has_answered(survey, actor):
            return _said(request, survey, "answered", status=409 if request.method == "POST" else 200)
    elif slug in request.session.get(ANSWERED, []):
        return _said(request, survey, "answered", status=409 if request.method == "POST" else 200)
    return _fill(request, survey)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_view("ratings.survey-token", 60, 600)
def invited_page(request: HttpRequest, token: str) -> HttpResponse:
    """Fill in a survey to which one was invited; the token is the right to it, once."""
    place = services.place_by_token(token)
    if place is None:
        return show(request, "ratings/surveys/said.html", {"why": "unknown"}, status=404)
    if place.used_on is not None:
        return _said(request, place.survey, "answered", status=409 if request.method == "POST" else 200)
    return _closed(request, place.survey) or _fill(request, place.survey, place)


def _closed(request: HttpRequest, survey: Survey) -> HttpResponse | None:
    today = timezone.localdate()
    if survey.state == SurveyState.PUBLISHED and today < survey.opens_on:
        return _said(request, survey, "early")
    if survey.state != SurveyState.PUBLISHED or today > survey.closes_on:
        return _said(request, survey, "ended", status=410)
    return None


def _said(request: HttpRequest, survey: Survey, why: str, *, status: int = 200) -> HttpResponse:
    return show(request, "ratings/surveys/said.html", {"survey": survey, "why": why}, status=status)


def _fill(request: HttpRequest, survey: Survey, place: SurveyPlace | None = None) -> HttpResponse:
    form = SurveyForm(request.POST if request.method == "POST" else None, questions=questions_of(survey.questions))
    if request.method == "POST" and form.is_valid():
        try:
            services.respond(
                survey_id=survey.pk, form_id=form.number(), said=form.answers(), now=timezone.now(), actor=actor_of(request),
                place_id=place.pk if place is not None else None,
            )  # fmt: skip
        except services.SurveyClosed:
            return _said(request, survey, "answered", status=409)
        if survey.audience == Audience.EVERYBODY:
            request.session[ANSWERED] = [*request.session.get(ANSWERED, []), survey.slug][-50:]
        return redirect(request.path)
    context = {"survey": survey, "unit": agency_names([survey.unit_code]).get(survey.unit_code, survey.unit_code), "form": form}
    return show(request, "ratings/surveys/survey.html", context, status=422 if form.is_bound else 200)


@public_page(max_age=2)
@require_safe
def results_page(request: HttpRequest, slug: str) -> HttpResponse:
    """What a survey gave, once its maker published it: a chart with its table, or checked texts. Two queries, and one a text question."""
    survey = queries.published(slug)
    if survey is None or survey.results is None:
        raise Http404
    parts: list[dict[str, Any]] = []
    whole = survey.results["responses"]
    for question, rows in counted(questions_of(survey.questions), survey.results["counts"]):
        part: dict[str, Any] = {"question": question, "rows": rows, "answered": sum(number for _words, number in rows)}
        if question.kind == SEVERAL:
            part["note"] = _("Mỗi người chọn được nhiều mục nên tổng có thể lớn hơn số người trả lời.")
        if question.kind == TEXT:
            part["texts"] = queries.shown_texts(survey.pk, question.key, TEXTS_SHOWN)
        parts.append(part)
    names = agency_names([survey.unit_code])
    context = {
        "survey": survey, "unit": names.get(survey.unit_code, survey.unit_code), "whole": whole, "parts": parts,
        "list_url": address("surveys"),
    }  # fmt: skip
    return show(request, "ratings/surveys/results.html", context)
