"""Have a slip made: in the set in force on the day of issue, as tagged PDF under the unit's seal, with its QR code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from dossiers.models import Dossier, DossierDocument
from dossiers.slip_sets.drawing import SLIP, content, drawn
from dossiers.slip_sets.sets import set_on
from portal.access import SYSTEM, Actor
from portal.documents import services as documents
from portal.documents.models import Document
from portal.documents.proofs import Content, Section
from portal.documents.units import unit_name

TEMPLATE = "documents/slip.html"


class NoSuchSlip(ValueError):
    """No set of that day has a slip of this kind, and it had no template of its own before."""


def issue(
    *,
    kind: str,
    key: str,
    context: Mapping[str, Any],
    unit_code: str,
    subject: UUID,
    actor: Actor,
    now: datetime,
    title: str = "",
    before: str = "",
) -> Document:
    """Issue a slip about ``subject``. The same key is the same slip, and stays in the set in which it was issued first.

    Where the set of the day has none of this kind, it is issued by the template ``before`` the sets with its ``title``;
    :class:`NoSuchSlip` without one.
    """
    day = timezone.localdate(now)
    held = set_on(day)
    slip = held.slip(kind)
    if slip is None:
        if not before:
            raise NoSuchSlip(kind)
        return documents.issue_sealed(
            key=key, kind=kind, title=title, template=before, context=dict(context), unit_code=unit_code, subject=subject, actor=actor
        )
    values = {**context, "unit_name": unit_name(unit_code)}
    return documents.issue_sealed(
        key=key,
        kind=kind,
        title=slip["name"],
        template=TEMPLATE,
        context={**context, SLIP: {"set": held.name, **drawn(slip, circular=held.circular, values=values)}},
        unit_code=unit_code,
        subject=subject,
        actor=actor,
    )


def issue_of(
    dossier: Dossier,
    role: DossierDocument.Role,
    *,
    kind: str,
    key: str,
    context: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    before: str = "",
) -> DossierDocument:
    """Issue a slip of a dossier and keep it with the dossier."""
    document = issue(
        kind=kind, key=key, context=context, unit_code=dossier.unit_code, subject=dossier.pk, actor=actor, now=now, title=role.label,
        before=before,
    )  # fmt: skip
    return DossierDocument.objects.create(dossier=dossier, document=document, role=role)


def take_back_slip(issued: DossierDocument, *, reason: str, now: datetime) -> None:
    """A slip that does not hold any more: never sealed, or its proof page says so. In the caller's transaction."""
    row = Document.objects.select_for_update().get(pk=issued.document_id)
    if row.state == Document.SIGNED:
        documents.revoke(document=row, reason=reason, actor=SYSTEM)
    elif row.state not in (Document.REVOKED, Document.CANCELLED):
        documents.cancel(document=row, actor=SYSTEM)
    issued.cancelled_at = now
    issued.save(update_fields=["cancelled_at"])


def content_or(former: Content | None = None) -> Content:
    """What a print of a slip is compared with: as it was drawn in its set, or by the words of before the sets."""

    def compared(context: Mapping[str, Any], unit: str) -> list[Section]:
        tells: Callable[[Mapping[str, Any], str], list[Section]] | None = content if SLIP in context else former
        return tells(context, unit) if tells is not None else []

    return compared
