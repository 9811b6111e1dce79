"""Gives each request an id, counts it, and writes one log line without personal data."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

from portal import tracing, watch
from portal.audit.context import request_id
from portal.limits import client_address, take
from portal.operations import metrics

MISSES = 40
"""Pages that are not there, which one network address may ask for at once, and as many again each minute: more is a search."""
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)
"""Seconds, ends of the buckets of the state page."""

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
            with tracing.head("request", http__request__method=request.method) as span:
                response = self._answer(request, span)
            elapsed = time.perf_counter() - started
            match = request.resolver_match
            # The route, not the path: a path may hold a dossier code.
            route = f"/{match.route}" if match else "(no route)"
            metrics.requests.labels(request.method or "", route, str(response.status_code)).inc()
            metrics.latency.labels(route).observe(elapsed)
            if not route.startswith(("/health", "/metrics")):
                watch.count("web.requests", f"{response.status_code // 100}xx")
                watch.count("web.seconds", _bucket(elapsed))
                self._look(request, route, response.status_code)
                logger.info(
                    "request",
                    extra={
                        "method": request.method,
                        "route": route,
                        "status": response.status_code,
                        "milliseconds": round(elapsed * 1000, 1),
                        **({"trace": f"{span.get_span_context().trace_id:032x}"} if span is not None else {}),
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

    def _answer(self, request: HttpRequest, span: Any) -> HttpResponse:
        if span is None:
            return self.get_response(request)
        statements = _Statements()
        with connection.execute_wrapper(statements):
            response = self.get_response(request)
        match = request.resolver_match
        route = f"/{match.route}" if match else "(no route)"
        span.update_name(f"{request.method} {route}")
        span.set_attribute("http.route", route)
        span.set_attribute("http.response.status_code", response.status_code)
        span.set_attribute("db.statements", statements.count)
        span.set_attribute("db.milliseconds", round(statements.seconds * 1000, 1))
        return response

    def _look(self, request: HttpRequest, route: str, status: int) -> None:
        """What floods, and who asks for one thing after another that is not there, by route and address."""
        if status == 429:
            watch.see("flood", route, client_address(request))
        elif status == 404:
            address = client_address(request)
            if not take("watch.misses", address, capacity=MISSES, refill_per_second=MISSES / 60).allowed:
                watch.see("enumeration", route, address)


class _Statements:
    """Counts a request's statements and their time; keeps none."""

    def __init__(self) -> None:
        self.count, self.seconds = 0, 0.0

    def __call__(self, execute: Callable[..., Any], *asked: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*asked)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - started


def _bucket(seconds: float) -> str:
    """The upper end of the bucket in which a time lies; what is longer than the last lies in it."""
    return next((f"{end:g}" for end in BUCKETS if seconds <= end), f"{BUCKETS[-1]:g}")
