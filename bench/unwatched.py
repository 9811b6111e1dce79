"""Settings of a portal that counts and traces nothing: what `bench.watching` compares with. Request id and log line are as ever."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from bench.settings import *  # noqa: F403
from bench.settings import MIDDLEWARE as _AS_EVER
from portal.audit.context import request_id

logger = logging.getLogger("portal.requests")


class Unwatched:
    """`RequestIdMiddleware` without metrics, counts and traces."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token, started = request_id.set(uuid.uuid4().hex), time.perf_counter()
        try:
            response = self.get_response(request)
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            match = request.resolver_match
            said = {"method": request.method, "route": f"/{match.route}" if match else "(no route)", "status": response.status_code}
            logger.info("request", extra={**said, "milliseconds": milliseconds})
            response["X-Request-ID"] = request_id.get()
            return response
        finally:
            request_id.reset(token)


MIDDLEWARE = ["bench.unwatched.Unwatched" if one.endswith("RequestIdMiddleware") else one for one in _AS_EVER]
