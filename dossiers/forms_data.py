"""The electronic forms that ship with the portal: one JSON file a procedure in `data/forms/`, with its fields and the rules that say
which papers are wanted and which fees apply."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.utils import timezone

from dossiers.services import publish_form
from procedures import queries as procedures

FOLDER = Path(__file__).resolve().parent / "data" / "forms"
SCHEMA = FOLDER.parent / "form.schema.json"
"""What a document may say, for editors and machines; `dossiers.form_documents` says the rest in sentences."""


def shipped_form(procedure_code: str) -> dict[str, Any]:
    """The document of a shipped form: ``fields``, ``papers``, ``charges``, where it is paid here ``payment``, and what else it says."""
    found: dict[str, Any] = json.loads((FOLDER / f"{procedure_code}.json").read_text(encoding="utf-8"))
    return found


def load_forms() -> str:
    """Publish every shipped form; one that has not changed stays as it is. Returns a line that says what there is."""
    files = sorted(FOLDER.glob("*.json"))
    now = timezone.now()
    services = procedures.main_services([file.stem for file in files], timezone.localdate(now))
    for file in files:
        publish_form(procedure_code=file.stem, service=services.get(file.stem, ""), now=now, document=shipped_form(file.stem))
    return f"{len(files)} biểu mẫu điện tử"
