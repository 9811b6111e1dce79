"""The acts on result templates in the making."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from dossiers.designing.editing import Document
from dossiers.designing.results import editing
from dossiers.designing.services import Work
from dossiers.form_documents.checking import Fault
from dossiers.models import ResultDesign, ResultVersion
from dossiers.result_documents import faults
from dossiers.services.result_templates import fields_of_form, publish_result
from procedures.models import Result


class ResultWork(Work):
    """Dossiers that were sent keep the version of that day; what is sent from now on is decided by the new one."""

    model, called, acts = ResultDesign, "mẫu kết quả", "result_design"

    def newest(self, procedure_code: str, **own: str) -> ResultVersion | None:
        return ResultVersion.objects.filter(procedure_code=procedure_code).order_by("-number").first()

    def empty(self, procedure_code: str, name: str) -> Document:
        """Called as the catalogue calls the procedure's result, where it says so."""
        rows = Result.objects.filter(version__procedure__code=procedure_code, version__holds_until__gt=timezone.localdate())
        return editing.empty(rows.order_by("position").values_list("name", flat=True).first() or name)

    def tidied(self, document: Document) -> Document:
        return editing.tidied(document)

    def faults(self, procedure_code: str, document: Any) -> list[Fault]:
        return faults(document, fields_of_form(procedure_code))

    def make(self, design: Any, now: datetime) -> ResultVersion:
        return publish_result(procedure_code=design.procedure_code, document=design.document, now=now)

    def is_one(self, found: Any) -> bool:
        return isinstance(found, dict) and isinstance(found.get("blocks"), list) and bool(found["blocks"])


WORK = ResultWork()
