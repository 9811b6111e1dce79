"""Publishing electronic forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from dossiers.models import FormVersion
from dossiers.models.forms import check_fields, check_rules


@transaction.atomic
def publish_form(
    *,
    procedure_code: str,
    fields: list[dict[str, Any]],
    papers: Sequence[dict[str, Any]] = (),
    charges: Sequence[dict[str, Any]] = (),
    now: datetime,
) -> FormVersion:
    """Publish fields, rules of papers (`dossiers.papers`) and rules of charges (`procedures.fees`) as the newest version of the
    procedure's form; the same again changes nothing.

    ``ValidationError`` when a field could not be shown or a rule not be decided. A published version is final (database trigger).
    """
    check_fields(fields)
    check_rules(fields, papers, charges)
    whole = {"fields": fields, "papers": list(papers), "charges": list(charges)}
    newest = FormVersion.objects.select_for_update().filter(procedure_code=procedure_code).order_by("-number").first()
    if newest is not None and newest.published_at is not None and all(getattr(newest, part) == value for part, value in whole.items()):
        return newest
    return FormVersion.objects.create(procedure_code=procedure_code, number=newest.number + 1 if newest else 1, published_at=now, **whole)
