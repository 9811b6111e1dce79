"""Classes of retention of private files (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {"StoredFile": "file", "Upload": "file"}
