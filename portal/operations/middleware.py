"""Gives each request an id, counts it, and writes one log line without personal data."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portal.audit.context import request_id
from portal.operations import metrics

logger = logging.getLogger("portal.requests")
_ACCEPTABLE = re.compile(r"^[A-Za-z0-9-]{8,64}$")


class RequestIdMiddleware:
    """Outermost: takes the proxy's X-Request-ID when it is well-formed, else makes one; answers with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        token = request_id.set(given if _ACCEPTABLE.match(given) else uuid.uuid4().hex)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            elapsed = time.perf_counter() - started
            match = request.resolver_match
            # The route, not the path: a path may hold a dossier code.
            route = f"/{match.route}" if match else "(no route)"
            metrics.requests.labels(request.method or "", route, str(response.status_code)).inc()
            metrics.latency.labels(route).observe(elapsed)
            if not route.startswith(("/health", "/metrics")):
                logger.info(
                    "request",
                    extra={
                        "method": request.method,
                        "route": route,
                        "status": response.status_code,
                        "milliseconds": round(elapsed * 1000, 1),
                    },
                )
            response["X-Request-ID"] = request_id.get()
            if request.method == "HEAD" and not response.streaming and response.content:
                # As long as the page would be, and empty (RFC 9110 §9.3.2): the server in front of us complains otherwise.
                response["Content-Length"] = str(len(response.content))
                response.content = b""
            return response
        finally:
            request_id.reset(token)
