"""The acts on forms in the making."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dossiers.designing import editing
from dossiers.designing.services import Work
from dossiers.form_documents import faults
from dossiers.form_documents.checking import Fault
from dossiers.models import FormDesign, FormVersion
from dossiers.services.forms import publish_form


class FormWork(Work):
    """Dossiers that run keep the version they were filled in; drafts are carried over and their people see what changed."""

    model, called, acts = FormDesign, "biểu mẫu", "design"

    def newest(self, procedure_code: str) -> FormVersion | None:
        return FormVersion.objects.filter(procedure_code=procedure_code, published_at__isnull=False).order_by("-number").first()

    def empty(self, procedure_code: str, name: str) -> editing.Document:
        return editing.empty(name)

    def tidied(self, document: editing.Document) -> editing.Document:
        return editing.tidied(document)

    def faults(self, procedure_code: str, document: Any) -> list[Fault]:
        return faults(document)

    def make(self, design: Any, now: datetime) -> FormVersion:
        return publish_form(procedure_code=design.procedure_code, document=design.document, now=now)

    def is_one(self, found: Any) -> bool:
        fields = found.get("fields") if isinstance(found, dict) else None
        return (
            isinstance(fields, list)
            and bool(fields)
            and all(isinstance(field, dict) and isinstance(field.get("name"), str) for field in fields)
        )


WORK = FormWork()
