"""Classes of retention of the audit trail (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {"Act": "audit", "Pending": "audit", "Link": "audit", "Seal": "audit", "Check": "audit"}
