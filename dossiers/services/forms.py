"""Publishing electronic forms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from dossiers.models import FormVersion
from dossiers.models.forms import check_fields


@transaction.atomic
def publish_form(*, procedure_code: str, fields: list[dict[str, Any]], now: datetime) -> FormVersion:
    """Publish the fields as the newest version of the procedure's form; the same fields again change nothing.

    ``ValidationError`` when a field could not be shown. A published version is final (database trigger).
    """
    check_fields(fields)
    newest = FormVersion.objects.select_for_update().filter(procedure_code=procedure_code).order_by("-number").first()
    if newest is not None and newest.fields == fields and newest.published_at is not None:
        return newest
    return FormVersion.objects.create(
        procedure_code=procedure_code, number=newest.number + 1 if newest else 1, fields=fields, published_at=now
    )
