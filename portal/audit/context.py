"""What the audit trail learns from its surroundings."""

from __future__ import annotations

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Id of the request or task at work; set by the platform's middleware."""
