"""While the portal is only read, what would write is refused before anything is done: with words, a time to come again, and 503."""

from __future__ import annotations

import math
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from portal.api_support import is_api, problem
from portal.languages import ENGLISH, PREFIX
from portal.upkeep.known import only_read_until, said

READING = frozenset({"GET", "HEAD", "OPTIONS"})
MACHINES = "/vao/"
"""Below it systems outside tell us things, some by GET; each comes again after a 503."""
STILL_OPEN = (
    "/quan-tri/upkeep/",
    "/tai-khoan/can-bo/",
    "/tai-khoan/khoa-truy-cap/",
    "/tai-khoan/vai-tro/",
    "/tai-khoan/dang-xuat/",
)
"""What whoever ends the mode needs to get there."""


class OnlyRead:
    """Middleware; asks memory alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if (request.method in READING and not path.startswith(MACHINES)) or path.startswith(STILL_OPEN):
            return self.get_response(request)
        now = timezone.now()
        until = only_read_until(now)
        if until is None:
            return self.get_response(request)
        if is_api(request) or path.startswith(MACHINES):
            response = problem("unavailable", "The portal is only read during maintenance.")
        else:
            with override(ENGLISH if path.startswith(f"{PREFIX}/") else settings.LANGUAGE_CODE):
                page = render_to_string("503_only_read.html", {"until": said(until)})
            response = HttpResponse(page, status=503)
        response["Retry-After"] = str(max(1, math.ceil((until - now).total_seconds())))
        response["Cache-Control"] = "no-store"
        return response
