"""Classes of retention of what systems outside said (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {
    "ServiceSetup": "authority",
    "ServiceAnswer": "fleeting",
}
