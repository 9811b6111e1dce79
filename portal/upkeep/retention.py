"""Classes of retention of maintenance and trials (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {"Maintenance": "public", "ReadOnly": "public", "TrialPeriod": "public"}
