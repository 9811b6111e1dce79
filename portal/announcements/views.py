"""The pages on which everybody reads notices, and the block on the home page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.announcements import queries
from portal.announcements.models import Notice
from portal.announcements.search import NOTICES
from portal.caching import keep_out, public_page
from portal.languages import is_english, show
from portal.search import engine_and_whether_current, tidied

PER_PAGE = 20
ROOMS = ("notices", "catalogues")
"""The pages name the agency behind a notice."""
_TAGS = {"maintenance": "wait", "fraud": "bad", "change": "info", "other": ""}


@dataclass
class Shown:
    """A notice in the language of the page; one that is not translated is shown in Vietnamese."""

    notice: Notice
    title: str
    summary: str
    lang: str
    kind: str
    tag: str
    agency: str = ""
    body: str = ""

    @property
    def last_day(self) -> dt.date | None:
        """The last day on which it is shown, as people say it."""
        return self.notice.published_to - dt.timedelta(days=1) if self.notice.published_to else None


def kind_label(kind: str) -> str:
    """What a notice is about, in the language of the page."""
    return {
        "maintenance": _("Bảo trì theo kế hoạch"),
        "change": _("Thay đổi thủ tục"),
        "fraud": _("Cảnh báo lừa đảo"),
        "other": _("Thông báo khác"),
    }[kind]


def _shown(notice: Notice, agencies: dict[str, str] | None = None) -> Shown:
    said = notice.english if is_english() else {}
    return Shown(
        notice=notice,
        title=said.get("title") or notice.title,
        summary=said.get("summary") or notice.summary,
        lang="en" if said else "vi",
        kind=kind_label(notice.kind),
        tag=_TAGS[notice.kind],
        agency=(agencies or {}).get(notice.unit_code, ""),
    )


def notices_for_home(day: dt.date) -> list[Shown]:
    """The few notices that the home page shows. One query."""
    return [_shown(notice) for notice in queries.for_home(day)]


@public_page(rooms=ROOMS)
@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """What is shown today, important ones first, then the newest (Rules art. 7.7, 7.10); with ``?q=`` what answers it, best first.

    Three queries, one when there is nothing.
    """
    today = timezone.localdate()
    q = tidied(request.GET.get("q", ""))
    rows = queries.current(today)
    context: dict[str, Any] = {"q": q}
    if q:
        engine, is_current = engine_and_whether_current(NOTICES)
        if not is_current:
            keep_out(request)
        found = engine.find(q)
        rows = queries.in_given_order(found.keys, today)
        context |= {"sure": found.sure, "read_as": found.read_as, "query": urlencode({"q": q})}
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("trang"))
    notices = list(page)
    agencies = queries.publishers(notices, today)
    return show(request, "announcements/list.html", {**context, "page": page, "notices": [_shown(notice, agencies) for notice in notices]})


@public_page(rooms=ROOMS)
@require_safe
def notice_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One notice; 410 when it is over, 404 when its day has not come. Two queries."""
    today = timezone.localdate()
    notice = queries.by_slug(slug)
    if notice is not None and notice.has_ended(today):
        return show(request, "announcements/ended.html", status=410)
    if notice is None or not notice.has_begun(today):
        raise Http404
    shown = _shown(notice, queries.publishers([notice], today))
    shown.body = (notice.english.get("body") if shown.lang == "en" else "") or notice.body
    return show(request, "announcements/notice.html", {"shown": shown})
