"""The acts on forms in the making."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from dossiers.designing import editing
from dossiers.designing.services import DesignRefused, Work
from dossiers.form_documents import faults
from dossiers.form_documents.checking import Fault
from dossiers.models import FormDesign, FormVersion
from dossiers.queries import forms_of
from dossiers.services.forms import publish_form
from procedures import queries as procedures


class FormWork(Work):
    """Dossiers that run keep the version they were filled in; drafts are carried over and their people see what changed."""

    model, called, acts = FormDesign, "biểu mẫu", "design"

    def newest(self, procedure_code: str, **own: str) -> FormVersion | None:
        return forms_of(procedure_code, own.get("service", "")).first()

    def own(self, procedure_code: str, asked: Mapping[str, str], now: datetime) -> dict[str, str]:
        """The online service whose form it is (C-09): of several one must be named."""
        known = [one.code for one in procedures.services_on(procedure_code, timezone.localdate(now))]
        service = asked.get("service", "") or (known[0] if len(known) == 1 else "")
        if (known or service) and service not in known:
            raise DesignRefused(f"Chọn một dịch vụ trực tuyến của thủ tục: {', '.join(known) or 'chưa có'}.", "service")
        return {"service": service}

    def own_of(self, design: Any) -> dict[str, str]:
        return {"service": design.service}

    def empty(self, procedure_code: str, name: str) -> editing.Document:
        return editing.empty(name)

    def tidied(self, document: editing.Document) -> editing.Document:
        return editing.tidied(document)

    def faults(self, procedure_code: str, document: Any) -> list[Fault]:
        return faults(document)

    def make(self, design: Any, now: datetime) -> FormVersion:
        return publish_form(procedure_code=design.procedure_code, document=design.document, service=design.service, now=now)

    def is_one(self, found: Any) -> bool:
        fields = found.get("fields") if isinstance(found, dict) else None
        return (
            isinstance(fields, list)
            and bool(fields)
            and all(isinstance(field, dict) and isinstance(field.get("name"), str) for field in fields)
        )


WORK = FormWork()
