"""What everybody reads, without signing in: published answers, their search and feed, a reader's vote (Rules art. 45)."""

from __future__ import annotations

import json
import math
from datetime import datetime, time
from typing import Any
from xml.sax.saxutils import escape

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from feedback import queries_public as queries
from feedback.models import PublishedCase
from feedback.queries_public import Narrowed
from feedback.search import PETITIONS, in_given_order, like
from feedback.services import publishing
from portal.caching import keep_out, public_page
from portal.catalogues.queries import agency_names
from portal.languages import address, show
from portal.limits import client_address, take
from portal.search import engine_and_whether_current, tidied

PER_PAGE = 20
MOST_PAGES = 500
"""Pages of a list that can be turned to: whoever looks further back narrows it."""
ROOMS = ("petitions", "catalogues", "procedures")
VOTES, VOTES_IN_SECONDS = 20, 3600
ASKED, ASKED_IN_SECONDS = 60, 60
MOST_IN_SITEMAP = 50_000


def _narrowed(request: HttpRequest) -> Narrowed:
    """What the address narrows the list by; what cannot be a code is a page that does not exist."""
    said = {name: request.GET.get(name, "") for name in ("co-quan", "linh-vuc", "loai", "nam")}
    if any(len(value) > 80 or "\x00" in value for value in said.values()):
        raise Http404
    if said["nam"] and not (said["nam"].isascii() and said["nam"].isdigit() and 2000 <= int(said["nam"]) < 2100):
        raise Http404
    return Narrowed(agency=said["co-quan"], sector=said["linh-vuc"], kind=said["loai"], year=said["nam"])


@public_page(rooms=(*ROOMS, "search"))
@require_safe
def published_list(request: HttpRequest) -> HttpResponse:
    """Published answers, the newest first; with ``?q=`` what answers it, best first; narrowed by agency, field, kind and year.

    At most eight queries, with a question fourteen.
    """
    q, by = tidied(request.GET.get("q", "")), _narrowed(request)
    kinds = {kind.pk: kind for kind in queries.kinds()}
    context: dict[str, Any] = {"q": q, "by": by, "kinds": kinds.values(), "agencies": queries.agencies(), "sectors": queries.sectors()}
    context["years"] = queries.years()
    if q:
        engine, is_current = engine_and_whether_current(PETITIONS)
        if not is_current:
            keep_out(request)
        found = engine.find(q, labels=by.labels)
        page: Any = Paginator(found.keys, PER_PAGE).get_page(request.GET.get("trang"))
        cases = in_given_order(page.object_list)
        context |= {"sure": found.sure, "read_as": found.read_as, "more": found.more}
    else:
        paginator = Paginator(queries.narrowed(by), PER_PAGE)
        context["total"] = paginator.count
        paginator.count = min(paginator.count, PER_PAGE * MOST_PAGES)  # type: ignore[misc]
        listed = paginator.get_page(request.GET.get("trang"))
        page, cases = listed, list(listed)
    for case in cases:
        case.kind = kinds[case.kind_id]
    said = {"q": q, "co-quan": by.agency, "linh-vuc": by.sector, "loai": by.kind, "nam": by.year}
    query = urlencode({name: value for name, value in said.items() if value})
    return show(
        request, "feedback/published_list.html", {**context, "page": page, "cases": cases, "query": query, "narrowed": bool(by.labels)}
    )


@public_page(rooms=ROOMS)
@require_safe
def published_case(request: HttpRequest, slug: str) -> HttpResponse:
    """A question and its answer; 410 with the reason where it was withdrawn."""
    case = queries.by_slug(slug)
    if case is None:
        raise Http404
    if case.withdrawn_at is not None:
        return show(request, "feedback/published_gone.html", {"reason": case.withdrawn_reason}, status=410)
    context = {
        "case": case,
        "days": (case.answered_on - case.asked_on).days,
        "sector": queries.sector_names([case.sector_code]).get(case.sector_code, "") if case.sector_code else "",
        "procedure": queries.procedure_name(case.procedure_code),
        "alike": [other for other in like(case.title, limit=6) if other.pk != case.pk][:5],
        "structured_data": _structured(case),
    }
    return show(request, "feedback/published.html", context)


def _structured(case: PublishedCase) -> SafeString:
    """schema.org QAPage as JSON-LD: a data block, which no browser executes."""
    agency = {"@type": "GovernmentOrganization", "name": case.unit_name}
    data = {
        "@context": "https://schema.org",
        "@type": "QAPage",
        "inLanguage": "vi",
        "mainEntity": {
            "@type": "Question",
            "name": case.title,
            "text": case.question,
            "answerCount": 1,
            "dateCreated": case.asked_on.isoformat(),
            "acceptedAnswer": {
                "@type": "Answer",
                "text": case.answer,
                "dateCreated": case.answered_on.isoformat(),
                "url": settings.SITE_URL + case_path(case),
                "author": agency,
            },
        },
    }
    # What could end the script element is written as JSON escapes.
    text = json.dumps(data, ensure_ascii=False).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return mark_safe(text)  # noqa: S308


def case_path(case: PublishedCase) -> str:
    """The lasting address of a published answer, below the portal's."""
    return f"/phan-anh-kien-nghi/tra-loi/{case.slug}/"


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
def published_vote(request: HttpRequest, slug: str) -> HttpResponse:
    """A reader says whether an answer helps: once a day and address, without signing in; 429 after too many."""
    case = queries.by_slug(slug)
    if case is None:
        raise Http404
    if case.withdrawn_at is not None:
        return show(request, "feedback/published_gone.html", {"reason": case.withdrawn_reason}, status=410)
    form = VoteForm(request.POST if request.method == "POST" else None, initial={"helps": request.GET.get("chon", "")})
    wait = 0
    if request.method == "POST" and form.is_valid():
        reader = client_address(request)
        grant = take("feedback.votes", reader, capacity=VOTES, refill_per_second=VOTES / VOTES_IN_SECONDS)
        if grant.allowed:
            publishing.vote(case_id=case.pk, address=reader, helps=form.cleaned_data["helps"] == "co", now=timezone.now())
            return redirect(address("published-vote", slug) + "?da-nhan=1")
        wait = max(1, math.ceil(grant.retry_after))
        form.add_error(None, _("Vừa có nhiều lượt gửi từ nơi bạn. Đợi %(n)s giây rồi bấm Gửi lần nữa.") % {"n": wait})
    context = {"case": case, "form": form, "sent": "da-nhan" in request.GET and not form.is_bound}
    response = show(request, "feedback/published_vote.html", context, status=429 if wait else 422 if form.is_bound else 200)
    if wait:
        response["Retry-After"] = str(wait)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def published_alike(request: HttpRequest) -> HttpResponse:
    """Published answers like what somebody is writing, as a fragment of a page. What was written may come by POST, so that no log keeps
    it; it is kept nowhere."""
    given = request.POST if request.method == "POST" else request.GET
    text = tidied(" ".join(given.get(name, "") for name in ("q", "subject", "words")))
    grant = take("feedback.alike", client_address(request), capacity=ASKED, refill_per_second=ASKED / ASKED_IN_SECONDS)
    cases = like(text) if grant.allowed and len(text) > 3 else []
    return render(request, "feedback/_published_alike.html", {"cases": cases})


@public_page(rooms=("petitions",), max_age=300)
@require_safe
def published_feed(request: HttpRequest) -> HttpResponse:
    """The newest published answers as Atom (RFC 4287)."""
    site = settings.SITE_URL
    cases = list(queries.public()[: queries.NEWEST])
    feed = Atom1Feed(
        title="Trả lời phản ánh, kiến nghị về thủ tục hành chính",
        link=f"{site}/phan-anh-kien-nghi/tra-loi/",
        description="Câu hỏi và trả lời được công khai trên Cổng Dịch vụ công Quốc gia",
        language="vi",
        feed_url=f"{site}/phan-anh-kien-nghi/tra-loi/atom.xml",
        author_name="Cổng Dịch vụ công Quốc gia",
    )
    for case in cases:
        feed.add_item(
            title=case.title,
            link=site + case_path(case),
            description=Truncator(case.answer).chars(400),
            unique_id=site + case_path(case),
            pubdate=case.published_at,
            updateddate=case.changed_at,
            author_name=case.unit_name,
            categories=[case.unit_name],
        )
    # An empty feed was last changed when this day began: the same bytes all day.
    feed.latest_post_date = lambda: max(  # type: ignore[method-assign]
        (case.changed_at for case in cases), default=datetime.combine(timezone.localdate(), time(), timezone.get_current_timezone())
    )
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


@public_page(rooms=("petitions",), max_age=3600)
@require_safe
def published_sitemap(request: HttpRequest) -> HttpResponse:
    """The addresses of published answers for search engines, the newest first (sitemaps.org)."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">']
    for case in queries.public().only("slug", "changed_at")[:MOST_IN_SITEMAP]:
        changed = timezone.localdate(case.changed_at).isoformat()
        lines.append(f"<url><loc>{escape(settings.SITE_URL + case_path(case))}</loc><lastmod>{changed}</lastmod></url>")
    return HttpResponse("\n".join([*lines, "</urlset>"]), content_type="application/xml; charset=utf-8")


def names_of(codes: Any) -> dict[str, str]:
    """Names of agencies by code, the code where none is known (one query)."""
    wanted = list(codes)
    known = agency_names(wanted)
    return {code: known.get(code, code) for code in wanted}
