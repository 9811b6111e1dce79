"""Classes of retention of the outbox (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {"Message": "queue", "Key": "queue", "Hold": "queue"}
