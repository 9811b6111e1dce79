"""Classes of retention of operations (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {
    "Figure": "watch",
    "AlarmRule": "reference",
    "Alarm": "watch",
    "Silence": "watch",
    "SecurityEvent": "watch",
}
