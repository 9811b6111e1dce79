"""Figures in Prometheus' format. Counters of each web process are merged through files (PROMETHEUS_MULTIPROC_DIR)."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError
from django.db.models import Count
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

from portal.caching.middleware import kept_pages
from portal.operations import figures
from portal.operations.models import Alarm, AlarmRule, Figure

requests = Counter("portal_requests_total", "Requests by route and status", ["method", "route", "status"])
latency = Histogram(
    "portal_request_seconds", "Seconds a request took", ["route"], buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 10.0)
)

FIGURES_AGE = timedelta(minutes=5)

_gauges: dict[str, tuple[str, Callable[[], float]]] = {}


def register_gauge(name: str, description: str, read: Callable[[], float]) -> None:
    """Let a room publish one figure that is read when /metrics is asked for. One bounded query at most."""
    _gauges[name] = (description, read)


def _looked(registry: CollectorRegistry) -> None:
    """The state page's figures, as the watch read them last, whichever process answers; and how old they are."""
    now = timezone.now()
    found = figures.latest(now, within=FIGURES_AGE)
    gauge = Gauge("portal_figure", "A figure of the state page, of the last minute that settled", ["name", "label"], registry=registry)
    for name, labels in found.items():
        if not name.startswith("watch."):
            for label, value in labels.items():
                gauge.labels(name, label).set(value)
    last = Figure.objects.filter(span=Figure.MINUTE, name=figures.LOOKED).order_by("-at").values_list("at", flat=True).first()
    age = (now - last).total_seconds() if last is not None else float("inf")
    Gauge("portal_watch_age_seconds", "How long ago the watch looked at the portal", registry=registry).set(age)
    open_alarms = Alarm.objects.filter(closed_at=None).values_list("rule__grade").annotate(count=Count("pk")).order_by("rule__grade")
    alarms = Gauge("portal_alarms_open", "Alarms that people were or are to be told of", ["grade"], registry=registry)
    for grade in AlarmRule.Grade.values:
        alarms.labels(grade).set(0)
    for grade, count in open_alarms:
        alarms.labels(grade).set(count)


def render() -> bytes:
    """All figures as text. A gauge that cannot be read is left out, and counted as unreadable."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)
    else:
        for own in (requests, latency, kept_pages):
            registry.register(own)
    unreadable = 0
    for name, (description, read) in _gauges.items():
        try:
            value = read()
        except Exception:
            unreadable += 1
            continue
        Gauge(name, description, registry=registry).set(value)
    try:
        _looked(registry)
    except DatabaseError:
        unreadable += 1
    Gauge("portal_gauges_unreadable", "Figures that could not be read just now", registry=registry).set(unreadable)
    return generate_latest(registry)
