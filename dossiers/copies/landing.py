"""A copy that was signed and sealed comes into its owner's store, in the transaction that notes the seal."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from dossiers.copies.common import changed, record
from dossiers.models import CertifiedCopy, StorePaper, StorePaperFile
from portal import audit, crypto
from portal.access import SYSTEM
from portal.documents.models import Document
from portal.documents.units import unit_name
from portal.files import services as files
from portal.notifications.services import notify

UNKNOWN = "BSCT"
"""Kind of a copy of a paper that the shared catalogue does not know: its owner may choose it for any paper that is asked for."""


@transaction.atomic
def land(*, document_id: UUID, now: datetime) -> StorePaper | None:
    """Note that a copy stands and keep it for its owner. Idempotent; None for a document that is no certified copy, or of an owner whose
    data were erased meanwhile."""
    row = CertifiedCopy.objects.select_for_update(of=("self",)).filter(document_id=document_id).first()
    if row is None or row.state != CertifiedCopy.State.AWAITING or row.party_id is None:
        return None
    document = Document.objects.select_related("file").get(pk=document_id)
    row.state, row.certified_on = CertifiedCopy.State.CERTIFIED, timezone.localdate(document.signed_at)
    changed(row)
    record(SYSTEM, "certify_copy", row, number=row.number_words)
    if document.file is None or crypto.is_destroyed(row.party_id):
        return None
    paper = StorePaper.objects.create(
        party_id=row.party_id,
        kind=row.kind or UNKNOWN,
        title=row.title,
        issuer=row.original_issuer or unit_name(row.unit_code, on=row.certified_on),
        number=row.original_number,
        issued_on=row.original_issued_on or row.certified_on,
        origin=StorePaper.Origin.CERTIFIED,
        signature=StorePaper.Signature.SIGNED,
        document=document,
        kept_at=now,
    )
    held = files.hold_for(file=document.file, subject=row.party_id, purpose="dossiers.store", actor=SYSTEM, name=f"{row.title}.pdf")
    StorePaperFile.objects.create(paper=paper, file=held, position=1)
    audit.record(
        actor=SYSTEM,
        act="dossiers.store_keep",
        target="dossiers.storepaper",
        target_id=str(paper.id),
        unit=row.unit_code,
        details={"kind": paper.kind, "origin": str(paper.origin), "copy": row.number_words},
    )
    notify(
        party_id=row.party_id,
        template="dossiers.copy_certified",
        context={"title": row.title, "number": row.number_words, "unit": unit_name(row.unit_code, on=row.certified_on)},
        key=f"dossiers.copy_certified:{row.pk}",
        link=reverse("store-paper", args=[paper.pk]),
    )
    return paper
