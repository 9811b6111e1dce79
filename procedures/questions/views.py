"""What everybody reads without signing in: questions with their answers, their search, a reader's vote (requirement C-13)."""

from __future__ import annotations

import json
import math
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal.caching import keep_out, public_page
from portal.catalogues.queries import agency_names
from portal.languages import address, is_english, show
from portal.limits import client_address, take
from portal.search import engine_and_whether_current, tidied
from procedures import queries as catalogue
from procedures.models import CommonQuestion
from procedures.questions import queries, services
from procedures.questions.queries import Narrowed
from procedures.questions.search import QUESTIONS

PER_PAGE = 20
MOST_PAGES = 500
ROOMS = ("questions", "catalogues", "procedures")
VOTES, VOTES_IN_SECONDS = 20, 3600
MOST_ALIKE = 5


def _narrowed(request: HttpRequest) -> Narrowed:
    """What the address narrows the list by; what cannot be a code is a page that does not exist."""
    said = [request.GET.get(name, "") for name in ("co-quan", "linh-vuc", "thu-tuc", "su-kien")]
    if any(len(value) > 80 or "\x00" in value for value in said):
        raise Http404
    return Narrowed(*said)


@public_page(rooms=(*ROOMS, "search"))
@require_safe
def question_list(request: HttpRequest) -> HttpResponse:
    """Public questions, the newest first; with ``?q=`` what answers it, best first; narrowed by agency, field, procedure and event.

    At most eleven queries, with a question seventeen.
    """
    q, by = tidied(request.GET.get("q", "")), _narrowed(request)
    context: dict[str, Any] = {"q": q, "by": by, "agencies": queries.agencies(), "fields": queries.fields()}
    if q:
        engine, is_current = engine_and_whether_current(QUESTIONS)
        if not is_current:
            keep_out(request)
        found = engine.find(q, labels=by.labels)
        page: Any = Paginator(found.keys, PER_PAGE).get_page(request.GET.get("trang"))
        rows = queries.in_given_order(page.object_list)
        context |= {"sure": found.sure, "read_as": found.read_as, "more": found.more}
    else:
        paginator = Paginator(queries.narrowed(by), PER_PAGE)
        context["total"] = paginator.count
        paginator.count = min(paginator.count, PER_PAGE * MOST_PAGES)  # type: ignore[misc]
        listed = paginator.get_page(request.GET.get("trang"))
        page, rows = listed, list(listed)
    names = agency_names({row.unit_code for row in rows})
    said = {"q": q, "co-quan": by.agency, "linh-vuc": by.field, "thu-tuc": by.procedure, "su-kien": by.event}
    context |= {
        "page": page,
        "rows": [(row, names.get(row.unit_code, row.unit_code)) for row in rows],
        "query": urlencode({name: value for name, value in said.items() if value}),
        "hidden": [(name, value) for name, value in said.items() if name in ("thu-tuc", "su-kien") and value],
        "narrowed": bool(by.labels),
        "about": _about(by),
    }
    return show(request, "procedures/questions.html", context)


def _about(by: Narrowed) -> str:
    """The procedure or event that the list is about, by name; empty where it is about none."""
    if by.procedure:
        rows = catalogue.with_codes([by.procedure], timezone.localdate())
        return rows[0].name if rows else by.procedure
    return catalogue.event_names(english=is_english()).get(by.event, by.event) if by.event else ""


@public_page(rooms=ROOMS)
@require_safe
def question_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A question and its answer; 410 with the reason where it was withdrawn. At most eight queries."""
    row = queries.by_slug(slug)
    if row is None:
        raise Http404
    if row.state != "published":
        return show(request, "procedures/question_gone.html", {"reason": row.withdrawn_why}, status=410)
    engine, is_current = engine_and_whether_current(QUESTIONS)
    if not is_current:
        keep_out(request)
    alike = [key for key in engine.find(row.question, limit=MOST_ALIKE + 1).keys if key != str(row.pk)]
    agency = agency_names([row.unit_code]).get(row.unit_code, row.unit_code)
    context = {
        "row": row,
        "agency": agency,
        "agency_code": row.unit_code.partition(".")[0],
        "field": dict(queries.fields()).get(row.field_code, "") or row.topic,
        "procedures": catalogue.with_codes(row.procedures, timezone.localdate()),
        "alike": queries.in_given_order(alike[:MOST_ALIKE]),
        "structured_data": _structured(row, agency),
        # What a source names as an address leads there; everything else is words.
        "source_is_address": row.source.startswith(("https://", "http://")) and " " not in row.source,
    }
    return show(request, "procedures/question.html", context)


def question_path(row: CommonQuestion) -> str:
    """The lasting address of a question, below the portal's."""
    return f"/hoi-dap/{row.slug}/"


def _structured(row: CommonQuestion, agency: str) -> SafeString:
    """schema.org FAQPage as JSON-LD: a data block, which no browser executes."""
    answer = {"@type": "Answer", "text": row.answer, "url": settings.SITE_URL + question_path(row)}
    data = {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "inLanguage": "vi",
        "author": {"@type": "GovernmentOrganization", "name": agency},
        "mainEntity": [{"@type": "Question", "name": row.question, "acceptedAnswer": answer}],
    }
    # What could end the script element is written as JSON escapes.
    text = json.dumps(data, ensure_ascii=False).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return mark_safe(text)  # noqa: S308


class VoteForm(forms.Form):
    """Whether an answer helps."""

    helps = forms.ChoiceField(
        label=gettext_lazy("Trả lời này có ích không?"),
        choices=[("co", gettext_lazy("Có, tôi hiểu phải làm gì")), ("khong", gettext_lazy("Chưa, tôi vẫn chưa rõ"))],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Bạn hãy chọn một câu."), "invalid_choice": gettext_lazy("Bạn hãy chọn một câu.")},
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question_vote(request: HttpRequest, slug: str) -> HttpResponse:
    """A reader says whether an answer helps: once a day and address, without signing in; 429 after too many."""
    row = queries.by_slug(slug)
    if row is None:
        raise Http404
    if row.state != "published":
        return show(request, "procedures/question_gone.html", {"reason": row.withdrawn_why}, status=410)
    form = VoteForm(request.POST if request.method == "POST" else None, initial={"helps": request.GET.get("chon", "")})
    wait = 0
    if request.method == "POST" and form.is_valid():
        reader = client_address(request)
        grant = take("procedures.question_votes", reader, capacity=VOTES, refill_per_second=VOTES / VOTES_IN_SECONDS)
        if grant.allowed:
            services.vote(row_id=row.pk, address=reader, helps=form.cleaned_data["helps"] == "co", now=timezone.now())
            return redirect(address("question-vote", slug) + "?da-nhan=1")
        wait = max(1, math.ceil(grant.retry_after))
        form.add_error(None, _("Vừa có nhiều lượt gửi từ nơi bạn. Đợi %(n)s giây rồi bấm Gửi lần nữa.") % {"n": wait})
    context = {"row": row, "form": form, "sent": "da-nhan" in request.GET and not form.is_bound}
    response = show(request, "procedures/question_vote.html", context, status=429 if wait else 422 if form.is_bound else 200)
    if wait:
        response["Retry-After"] = str(wait)
    return response
