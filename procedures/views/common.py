"""What the pages of the catalogue share: pages of a list, the day asked about."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest

PER_PAGE = 20


def page_of(request: HttpRequest, rows: Any, *, count: int | None = None) -> Page:
    """The page of ``rows`` asked for by ``?trang=``. ``count``: how many there are, where that is known already."""
    paginator = Paginator(rows, PER_PAGE)
    if count is not None:
        paginator.count = count  # type: ignore[misc]
    return paginator.get_page(request.GET.get("trang"))


def asked_day(request: HttpRequest) -> dt.date | None:
    """The day of ``?ngay=YYYY-MM-DD``; None when not asked for. A day that does not exist is a page that does not exist."""
    text = request.GET.get("ngay")
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
