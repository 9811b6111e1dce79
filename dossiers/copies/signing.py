"""One authorisation for several certified copies: what its page shows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse

from dossiers.copies.common import SIGN, CopyRefused
from dossiers.models import CertifiedCopy
from portal.access import Actor, require, visible_to
from portal.crypto.fields import prefetch_keys
from portal.documents import batches
from portal.documents.models import Document, SigningBatch

WORDS = {
    "preparing": "Đang chuẩn bị",
    "ready": "Chờ bạn xác nhận",
    "signing": "Đang ký, đóng dấu",
    "signed": "Đã ký, đã đóng dấu",
    "left_out": "Để lại",
}


def waiting_for(actor: Actor) -> list[UUID]:
    """Copies that wait for this officer's signature, the longest first (one query)."""
    rows = visible_to(actor, CertifiedCopy.objects.filter(state=CertifiedCopy.State.AWAITING), SIGN, "unit_code")
    mine = rows.filter(signer_position_id=actor.position_id, document__state__in=(Document.QUEUED, Document.RENDERED, Document.AWAITING))
    return list(mine.order_by("numbered_at", "id").values_list("pk", flat=True)[: batches.MOST])


def rows_of(batch: SigningBatch) -> list[tuple[str, str, Any]]:
    """The copies of an authorisation by their numbers: state, its page, number with title, hash or note (three queries)."""
    attempts = {one.document_id: one for one in batch.attempts.select_related("document")}
    prefetch_keys(list(attempts.values()))
    shown = []
    for row in CertifiedCopy.objects.filter(document__in=attempts).order_by("year", "number"):
        if row.document_id is None:
            raise RuntimeError("a copy of an authorisation has a document")
        attempt = attempts[row.document_id]
        document = attempt.document
        if document.is_signed:
            state = "signed"
        elif attempt.number is not None and document.state == Document.SIGNING:
            state = "signing"
        else:
            state = "ready" if attempt.is_ready else "preparing" if attempt.is_being_prepared else "left_out"
        shown.append(
            (
                state,
                reverse("admin:dossiers_certifiedcopy_change", args=[row.pk]),
                (f"{row.number_words}: {row.title}", WORDS[state], batches.hash_of(attempt) or document.note or attempt.outcome or "–"),
            )
        )
    return shown


def require_own(actor: Actor, batch_id: UUID) -> SigningBatch:
    """The officer's own authorisation of copies. :class:`CopyRefused` for another's, or one of other documents."""
    require(actor, SIGN, actor.unit)
    try:
        batch = batches.of(actor, batch_id)
    except SigningBatch.DoesNotExist as gone:
        raise CopyRefused("Không có lần ký này.", status=404) from gone
    if not CertifiedCopy.objects.filter(document__attempts__batch=batch).exists():
        raise CopyRefused("Không có lần ký này.", status=404)
    return batch
