"""What the frame of every page says of maintenance and trials."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from portal.upkeep.known import frame_lines


def upkeep(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``frame_lines``; nothing is asked of the database, no session is opened."""
    return {"frame_lines": SimpleLazyObject(lambda: frame_lines(timezone.now()))}
