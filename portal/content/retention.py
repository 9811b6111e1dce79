"""Classes of retention of editors' content (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {"Piece": "public", "Picture": "public"}
