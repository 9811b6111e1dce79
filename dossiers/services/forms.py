"""Publishing electronic forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from dossiers.form_documents import compiled, faults
from dossiers.models import FormVersion
from dossiers.models.forms import check_payment
from dossiers.queries import KNOWN_FACTS, forms_of
from portal.catalogues import queries as catalogues
from portal.catalogues.models import RevenueKind

PARTS = ("fields", "papers", "charges", "payment")
"""Keys of a document that is nothing but a plain form."""


@transaction.atomic
def publish_form(
    *,
    procedure_code: str,
    now: datetime,
    service: str = "",
    document: Mapping[str, Any] | None = None,
    fields: list[dict[str, Any]] | None = None,
    papers: Sequence[dict[str, Any]] = (),
    charges: Sequence[dict[str, Any]] = (),
    payment: dict[str, Any] | None = None,
) -> FormVersion:
    """Publish a document (``data/form.schema.json``) as the newest version of the procedure's form; the same again changes nothing.

    Instead of a document its parts: plain fields, rules of papers (`dossiers.papers`), rules of charges (`procedures.fees`) and how
    these are paid (`dossiers.paying`). ``ValidationError`` says in sentences what could not be shown or decided. A published version
    is final (database trigger). ``service``: the online service that it belongs to; empty: the one that the newest form belongs to.
    """
    whole: dict[str, Any] = (
        dict(document)
        if document is not None
        else {"fields": fields, "papers": list(papers), "charges": list(charges), "payment": payment or {}}
    )
    check_publishable(whole)
    made = compiled(whole)
    # A document that is nothing but its plain parts is kept once: forms of before stay the same version.
    is_plain = set(whole) <= set(PARTS) and made.fields == whole["fields"] and made.papers == list(whole.get("papers", ()))
    kept = {**{part: getattr(made, part) for part in PARTS}, "document": {} if is_plain else whole}
    last = FormVersion.objects.select_for_update().filter(procedure_code=procedure_code).order_by("-number").first()
    newest = forms_of(procedure_code, service).first()
    if newest is not None and all(getattr(newest, part) == value for part, value in kept.items()):
        return newest
    service = service or (newest.service if newest is not None else "")
    number = last.number + 1 if last is not None else 1
    made_version = FormVersion.objects.create(procedure_code=procedure_code, service=service, number=number, published_at=now, **kept)
    from dossiers.interlinked.forms import compose_forms  # which leans on this module

    compose_forms(now=now, parts={procedure_code})
    return made_version


def check_publishable(document: Any) -> None:
    """``ValidationError`` in sentences when a document could not be published: its own faults, facts and catalogues that there are not."""
    if wrong := faults(document, facts=KNOWN_FACTS):
        raise ValidationError([str(fault) for fault in wrong])
    check_payment(document.get("payment") or {})
    if document.get("payment"):
        _check_catalogues(document["payment"])


def _check_catalogues(payment: dict[str, Any]) -> None:
    """Kind of transaction and codes of the budget's index stand in the shared catalogues, else ``ValidationError`` (two queries)."""
    if not catalogues.transaction_kinds().filter(code=payment["kind"]).exists():
        raise ValidationError(f"Việc nộp tiền: danh mục không có loại giao dịch {payment['kind']!r}.")
    codes = set(payment["revenue"].values())
    known = set(RevenueKind.objects.current().filter(code__in=codes).values_list("code", flat=True))
    if codes - known:
        raise ValidationError(f"Việc nộp tiền: danh mục không có tiểu mục {', '.join(sorted(codes - known))}.")
