"""The result templates that ship with the portal: one JSON file a procedure in `data/results/`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.utils import timezone

from dossiers.models import ResultVersion
from dossiers.services.result_templates import publish_result

FOLDER = Path(__file__).resolve().parent / "data" / "results"
SCHEMA = FOLDER.parent / "result.schema.json"
"""What a document may say, for editors and machines; `dossiers.result_documents` says the rest in sentences."""


def shipped_result(procedure_code: str) -> dict[str, Any]:
    """The document of a shipped template."""
    found: dict[str, Any] = json.loads((FOLDER / f"{procedure_code}.json").read_text(encoding="utf-8"))
    return found


def load_results() -> str:
    """Publish every shipped template whose procedure has none that officers published since. Returns a line that says what there is."""
    files = sorted(FOLDER.glob("*.json"))
    taken = set(ResultVersion.objects.filter(design__isnull=False).values_list("procedure_code", flat=True))
    for file in files:
        if file.stem not in taken:
            publish_result(procedure_code=file.stem, now=timezone.now(), document=shipped_result(file.stem))
    return f"{len(files)} mẫu kết quả"
