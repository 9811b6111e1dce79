"""Publishing electronic forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from dossiers.models import FormVersion
from dossiers.models.forms import check_fields, check_payment, check_rules
from portal.catalogues import queries as catalogues
from portal.catalogues.models import RevenueKind


@transaction.atomic
def publish_form(
    *,
    procedure_code: str,
    fields: list[dict[str, Any]],
    papers: Sequence[dict[str, Any]] = (),
    charges: Sequence[dict[str, Any]] = (),
    payment: dict[str, Any] | None = None,
    now: datetime,
) -> FormVersion:
    """Publish fields, rules of papers (`dossiers.papers`), rules of charges (`procedures.fees`) and how these are paid
    (`dossiers.paying`) as the newest version of the procedure's form; the same again changes nothing.

    ``ValidationError`` when a field could not be shown or a rule not be decided. A published version is final (database trigger).
    """
    check_fields(fields)
    check_rules(fields, papers, charges)
    check_payment(payment or {})
    if payment:
        _check_catalogues(payment)
    whole = {"fields": fields, "papers": list(papers), "charges": list(charges), "payment": payment or {}}
    newest = FormVersion.objects.select_for_update().filter(procedure_code=procedure_code).order_by("-number").first()
    if newest is not None and newest.published_at is not None and all(getattr(newest, part) == value for part, value in whole.items()):
        return newest
    return FormVersion.objects.create(procedure_code=procedure_code, number=newest.number + 1 if newest else 1, published_at=now, **whole)


def _check_catalogues(payment: dict[str, Any]) -> None:
    """Kind of transaction and codes of the budget's index stand in the shared catalogues, else ``ValidationError`` (two queries)."""
    if not catalogues.transaction_kinds().filter(code=payment["kind"]).exists():
        raise ValidationError(f"payment: no kind of transaction {payment['kind']!r}")
    codes = set(payment["revenue"].values())
    known = set(RevenueKind.objects.current().filter(code__in=codes).values_list("code", flat=True))
    if codes - known:
        raise ValidationError(f"payment: no kinds of revenue {sorted(codes - known)}")
