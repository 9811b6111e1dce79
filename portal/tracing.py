"""Traces by OpenTelemetry: one request through web, outbox, worker and the system outside. Spans of our own, a handful each.

Off where ``TRACE_SAMPLE`` is 0 or ``TRACE_URL`` is empty: then nothing is imported and every call returns at once. Whether a trace is
kept is decided once, at its head, by us: what a stranger's ``traceparent`` wishes is not heard. A span says routes, kinds of messages,
names of services, statuses and numbers: no address, no text of a statement, nothing of a body or a person.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

PARENT_LENGTH = 55
"""Of a ``traceparent`` (W3C Trace Context, version 00)."""
ALLOWED = frozenset({
    "http.request.method", "http.route", "http.response.status_code", "db.statements", "db.milliseconds", "messaging.destination.name",
    "messaging.attempts", "outcome", "peer.service", "celery.task", "error.type",
})  # fmt: skip
"""Attributes a span may have; others are refused by :func:`_checked`."""

_span: ContextVar[Any] = ContextVar("span", default=None)
_lock = threading.Lock()
_made: dict[int, Any] = {}


@dataclass
class Call:
    """A call outside, as its client reports on it."""

    headers: Mapping[str, str] = field(default_factory=dict)
    span: Any = None

    def status(self, code: int) -> None:
        """The status that came back."""
        if self.span is not None:
            self.span.set_attribute("http.response.status_code", code)


_NOTHING = Call()


def is_on() -> bool:
    """Whether any trace is kept."""
    return bool(settings.TRACE_SAMPLE and settings.TRACE_URL)


def _tracer() -> Any:
    """The tracer of this process, with an exporter of its own: a forked child does not share its parent's threads."""
    found = _made.get(os.getpid())
    if found is not None:
        return found
    with _lock:
        if os.getpid() not in _made:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor

            provider = TracerProvider(resource=Resource.create({"service.name": settings.TRACE_SERVICE}), shutdown_on_exit=True)
            provider.add_span_processor(
                BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.TRACE_URL, timeout=5), schedule_delay_millis=2000)
            )
            _made.clear()
            _made[os.getpid()] = provider
        return _made[os.getpid()]


def flush() -> None:
    """Hand on what waits (tests, the end of a command)."""
    provider = _made.get(os.getpid())
    if provider is not None:
        provider.force_flush(5000)


def _checked(attributes: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(attributes) - ALLOWED
    if unknown:
        raise ValueError(f"a span does not say {sorted(unknown)}")
    return {name: value for name, value in attributes.items() if value is not None}


@contextmanager
def _open(name: str, kind: str, attributes: Mapping[str, Any], context: Any = None) -> Iterator[Any]:
    from opentelemetry.trace import SpanKind, set_span_in_context

    before = _span.get()
    inside = context if context is not None else set_span_in_context(before) if before is not None else None
    span = _tracer().get_tracer("portal").start_span(name, context=inside, kind=SpanKind[kind], attributes=_checked(attributes))
    token = _span.set(span)
    try:
        yield span
    except BaseException as error:
        # The class alone: a message may quote what somebody wrote.
        span.set_attribute("error.type", type(error).__name__)
        raise
    finally:
        _span.reset(token)
        span.end()


@contextmanager
def head(name: str, **attributes: Any) -> Iterator[Any]:
    """The first span of a trace: a request. Here alone it is decided whether the trace is kept. Yields the span, or None."""
    if not is_on() or random.random() >= settings.TRACE_SAMPLE:  # noqa: S311  not a secret
        yield None
        return
    from opentelemetry.context import Context

    with _open(name, "SERVER", {key.replace("__", "."): value for key, value in attributes.items()}, Context()) as span:
        yield span


@contextmanager
def part(name: str, *, kind: str = "INTERNAL", attributes: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """A span within the trace that is under way here; nothing where none is. Yields the span, or None."""
    if _span.get() is None:
        yield None
        return
    with _open(name, kind, attributes or {}) as span:
        yield span


@contextmanager
def following(parent: str, name: str, attributes: Mapping[str, Any]) -> Iterator[Any]:
    """Go on with a trace that began in another process (``parent``: its ``traceparent`` as we wrote it). Yields the span, or None."""
    if not parent or not is_on():
        yield None
        return
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({"traceparent": parent})
    with _open(name, "CONSUMER", attributes, context) as span:
        yield span


@contextmanager
def call(service: str, method: str) -> Iterator[Call]:
    """A call to a system outside: its span and the headers that carry the trace there; without a trace nothing is sent."""
    if _span.get() is None:
        yield _NOTHING
        return
    with _open(f"call {service}", "CLIENT", {"peer.service": service, "http.request.method": method}) as span:
        yield Call({"traceparent": parent()}, span)


def parent() -> str:
    """The ``traceparent`` under which what follows from here belongs; empty where no trace is under way."""
    span = _span.get()
    if span is None:
        return ""
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"


def trace_id() -> str:
    """The id of the trace that is under way, for log lines; empty where none is."""
    span = _span.get()
    return f"{span.get_span_context().trace_id:032x}" if span is not None else ""
