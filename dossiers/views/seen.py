"""What a person saw when they confirm something: a sealed token in the page, so that the next page can mark what changed since.

The token holds the draft's version and a keyed digest of each value shown, never a value.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core import signing


@dataclass(frozen=True)
class Seen:
    """An earlier look at a draft."""

    version: int
    """-1 where the token is none of ours: nothing was seen, so nothing counts as seen."""
    digests: Mapping[str, str]

    def changes(self, draft_id: UUID, values: Mapping[str, str]) -> frozenset[str]:
        """Keys whose value is new, gone or another since."""
        now = _digests(draft_id, values)
        return frozenset(key for key in {*now, *self.digests} if now.get(key) != self.digests.get(key))


def _digests(draft_id: UUID, values: Mapping[str, str]) -> dict[str, str]:
    key = hmac.digest(settings.SECRET_KEY.encode(), b"dossiers.seen|" + draft_id.bytes, "sha256")
    return {name: hmac.digest(key, f"{name}|{value}".encode(), "sha256").hex()[:16] for name, value in values.items()}


def token(draft_id: UUID, version: int, values: Mapping[str, str]) -> str:
    """The token of a page that shows these values of the draft."""
    return signing.dumps({"v": version, "d": _digests(draft_id, values)}, salt=f"dossiers.seen:{draft_id}", compress=True)


def read(text: str, draft_id: UUID) -> Seen:
    """The look that a token tells of."""
    try:
        found = signing.loads(text, salt=f"dossiers.seen:{draft_id}")
    except signing.BadSignature:
        return Seen(-1, {})
    return Seen(found["v"], found["d"])
