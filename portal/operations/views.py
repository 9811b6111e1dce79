"""Health for load balancers, figures for operators."""

from __future__ import annotations

import ipaddress
import logging
import secrets

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.operations import metrics

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nobody else: a restart would not mend the database."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Whether this process can serve: 503 without the database. Redis missing is told but degrades only (no loss, slower)."""
    parts = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        parts["database"] = "ok"
    except Exception:
        logger.warning("health: database does not answer")
        parts["database"] = "down"
    try:
        cache.get("health")
        parts["redis"] = "ok"
    except Exception:
        parts["redis"] = "down"
    whole = "ok" if set(parts.values()) == {"ok"} else ("degraded" if parts["database"] == "ok" else "down")
    return JsonResponse({"status": whole, "parts": parts}, status=503 if parts["database"] == "down" else 200)


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        return secrets.compare_digest(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}")
    if settings.TRUSTED_PROXY_COUNT:
        # Behind a proxy every peer is local: without a token nobody reads.
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@never_cache
@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Figures in Prometheus' text format, for the bearer of METRICS_TOKEN (or loopback where none is set)."""
    if not _may_read_metrics(request):
        return HttpResponseForbidden("metrics: bearer token needed\n", content_type="text/plain; charset=utf-8")
    return HttpResponse(metrics.render(), content_type="text/plain; version=0.0.4; charset=utf-8")
