"""Tells templates who looks, without opening a session for a visitor who has none."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def viewer(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``viewer`` (lazy actor) and the label of a trial environment."""
    return {"viewer": getattr(request, "actor", None), "environment_label": settings.ENVIRONMENT_LABEL}
