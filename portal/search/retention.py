"""Classes of retention of the search (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {"StoredCorpus": "technical", "StoredEntry": "technical", "StoredToken": "technical"}
