"""Publishing result templates; drawing one for an officer who tries it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from dossiers.models import FormVersion, ResultVersion
from dossiers.result_documents import faults


def fields_of_form(procedure_code: str) -> list[dict[str, Any]]:
    """The plain fields of the procedure's newest published form: what a template may print (one query); none without a form."""
    rows = FormVersion.objects.filter(procedure_code=procedure_code, published_at__isnull=False).order_by("-number")
    return list(rows.values_list("fields", flat=True).first() or [])


@transaction.atomic
def publish_result(*, procedure_code: str, document: Mapping[str, Any], now: datetime) -> ResultVersion:
    """Publish a document (``data/result.schema.json``) as the newest version of the procedure's result; the same again changes nothing.

    ``ValidationError`` says in sentences what could not be printed or asked. A published version is final (database trigger).
    """
    if wrong := faults(document, fields_of_form(procedure_code)):
        raise ValidationError([str(fault) for fault in wrong])
    newest = ResultVersion.objects.select_for_update().filter(procedure_code=procedure_code).order_by("-number").first()
    if newest is not None and newest.document == document:
        return newest
    number = newest.number + 1 if newest is not None else 1
    return ResultVersion.objects.create(procedure_code=procedure_code, number=number, document=dict(document), published_at=now)
