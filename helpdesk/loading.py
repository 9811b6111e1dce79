"""What the helpdesk begins with: kinds of trouble. Those that are there stay as editors left them."""

from __future__ import annotations

import json
from pathlib import Path

from helpdesk.models import TroubleKind

KINDS = Path(__file__).parent / "data" / "kinds.json"


def load() -> str:
    """Enter the kinds that are not there yet; a second time changes nothing. Returns one line that says what there is."""
    rows = json.loads(KINDS.read_text(encoding="utf-8"))
    known = set(TroubleKind.objects.values_list("pk", flat=True))
    made = [TroubleKind(position=10 * place, **row) for place, row in enumerate(rows, start=1) if row["code"] not in known]
    TroubleKind.objects.bulk_create(made)
    return f"{len(known) + len(made)} loại vướng mắc"
