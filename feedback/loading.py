"""What comes with the portal: kinds of Rules art. 37, time limits of art. 42 and 44. What VPCP changed on the desk stays."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from feedback.models import PetitionKind, Term
from feedback.rules import DEFAULTS

_SINCE = date(2020, 1, 1)
_BASES = {
    "refuse": "Quy chế, Điều 42.3a",
    "ask": "Quy chế, Điều 42.3b",
    "transfer": "Quy chế, Điều 42.3c",
    "answer": "Quy chế, Điều 44.1",
    "progress": "Quy chế, Điều 44.1",
    "result": "Quy chế, Điều 44.2",
    "score_answer": "Quyết định 766/QĐ-TTg, chỉ tiêu 5.2",
}


def load() -> str:
    """Enter kinds and limits that are not there yet; one line that says what there is."""
    entries = json.loads((Path(__file__).parent / "data" / "kinds.json").read_text(encoding="utf-8"))
    for entry in entries:
        PetitionKind.objects.get_or_create(code=entry["code"], defaults={**entry, "valid_from": _SINCE})
    for name, limit in DEFAULTS.items():
        Term.objects.get_or_create(
            name=name,
            valid_from=_SINCE,
            defaults={"amount": limit.amount, "unit": str(limit.unit), "basis": _BASES.get(name, "Thông lệ; Văn phòng Chính phủ sửa được")},
        )
    return f"{PetitionKind.objects.count()} loại phản ánh, kiến nghị, {Term.objects.count()} thời hạn"
