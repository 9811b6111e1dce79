"""The inbox's worker handles what partners sent."""

from __future__ import annotations

from portal.exchange.messages import arrival  # noqa: F401  registers itself
