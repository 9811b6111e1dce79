"""Classes of retention of notices to parties (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {"Notification": "notice", "Reading": "notice"}
