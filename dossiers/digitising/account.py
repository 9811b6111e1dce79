"""What this room says on the first page of an account, and in the copy of somebody's data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from accounts.owner.lines import Holding, register_holdings
from dossiers.models import OldClaim
from portal.access import Actor


def claims_held(actor: Actor) -> Iterator[Mapping[str, Any]]:
    """Every claim of an old paper that the person made for themself."""
    if actor.person_id is None or actor.party_id != actor.person_id:
        return
    rows = OldClaim.objects.select_related("paper__batch").filter(person_id=actor.person_id).order_by("claimed_at", "id")
    for row in rows.iterator(chunk_size=200):
        yield {
            "Giấy tờ": row.paper.batch.title,
            "Cơ quan": row.unit_code,
            "Lời của bạn": row.words,
            "Gửi lúc": row.claimed_at,
            "Tình trạng": str(row.get_state_display()),
            "Lý do": row.reason,
            "Trả lời lúc": row.decided_at,
        }


def register() -> None:
    """Once, in ``ready()``."""
    register_holdings(Holding("old_papers", gettext_lazy("Giấy tờ cũ đã nhận là của mình"), claims_held))
