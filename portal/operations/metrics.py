"""Figures in Prometheus' format. Counters of each web process are merged through files (PROMETHEUS_MULTIPROC_DIR)."""

from __future__ import annotations

import os
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

from portal.caching.middleware import kept_pages

requests = Counter("portal_requests_total", "Requests by route and status", ["method", "route", "status"])
latency = Histogram(
    "portal_request_seconds", "Seconds a request took", ["route"], buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 10.0)
)

_gauges: dict[str, tuple[str, Callable[[], float]]] = {}


def register_gauge(name: str, description: str, read: Callable[[], float]) -> None:
    """Let a room publish one figure that is read when /metrics is asked for. One bounded query at most."""
    _gauges[name] = (description, read)


def render() -> bytes:
    """All figures as text. A gauge that cannot be read is left out, and counted as unreadable."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)
    else:
        for figures in (requests, latency, kept_pages):
            registry.register(figures)
    unreadable = 0
    for name, (description, read) in _gauges.items():
        try:
            value = read()
        except Exception:
            unreadable += 1
            continue
        Gauge(name, description, registry=registry).set(value)
    Gauge("portal_gauges_unreadable", "Figures that could not be read just now", registry=registry).set(unreadable)
    return generate_latest(registry)
