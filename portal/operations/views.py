"""Health for load balancers, figures for operators."""

from __future__ import annotations

import ipaddress
import json
import logging
import secrets
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.urls import Resolver404, resolve
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from portal import watch
from portal.limits import client_address, limit_view
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


MOST_REPORT_BYTES = 16 * 1024
DIRECTIVES = frozenset({
    "default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem", "style-src-attr", "img-src",
    "font-src",
    "connect-src", "form-action", "frame-src", "frame-ancestors", "base-uri", "object-src", "manifest-src", "media-src", "child-src",
    "worker-src",
})  # fmt: skip


@csrf_exempt
@require_POST
@limit_view("csp-report", 60, 60)
def csp_report(request: HttpRequest) -> HttpResponse:
    """A browser tells that our policy kept something off a page (CSP ``report-uri``, Reporting API). Counted by rule, kind and route.

    Nothing a browser sends is kept as it is: words of ours only. 204 for a report, 400 for what is none, 413 for what is too long.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_REPORT_BYTES:
        return HttpResponse(status=413)
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        return HttpResponse(status=400)
    reports = [found] if isinstance(found, dict) else found if isinstance(found, list) else []
    known = [cause for one in reports[:10] if isinstance(one, dict) and (cause := _csp_cause(one))]
    if not known:
        return HttpResponse(status=400)
    for cause in known:
        watch.see("csp", cause, client_address(request))
    return HttpResponse(status=204)


def _csp_cause(report: dict[str, Any]) -> str:
    """Rule, kind of what was blocked, and route of the page; empty for what is no report."""
    body = report.get("csp-report", report.get("body"))
    if not isinstance(body, dict):
        return ""

    def said(*names: str) -> str:
        return next((value for name in names if isinstance(value := body.get(name), str)), "")

    directive = said("effective-directive", "effectiveDirective", "violated-directive").partition(" ")[0]
    if directive not in DIRECTIVES:
        return ""
    blocked = said("blocked-uri", "blockedURL")
    own = urlsplit(settings.SITE_URL).netloc
    try:
        what = blocked if blocked in ("inline", "eval", "data", "blob") else "self" if urlsplit(blocked).netloc == own else "elsewhere"
        route = resolve(urlsplit(said("document-uri", "documentURL")).path).route
    except (Resolver404, ValueError):
        return f"{directive} elsewhere (no route)"
    return f"{directive} {what} /{route}"
