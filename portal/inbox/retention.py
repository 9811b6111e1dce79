"""Classes of retention of the inbox (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {"Received": "message_in"}
