"""One authorisation for the results of several dossiers, each with its own hash (`portal.documents.batches`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from dossiers.models import Dossier, DossierDocument
from dossiers.services.common import refuse_own
from dossiers.services.desk import may_sign
from portal.access import Actor, require, visible_to
from portal.crypto.fields import prefetch_keys
from portal.documents import batches
from portal.documents.models import Document, SigningBatch
from portal.states import TransitionRefused

PREPARING, READY, SIGNING, SIGNED, LEFT_OUT = "preparing", "ready", "signing", "signed", "left_out"
WORDS = {
    PREPARING: "Đang chuẩn bị",
    READY: "Chờ bạn xác nhận",
    SIGNING: "Đang ký",
    SIGNED: "Đã ký",
    LEFT_OUT: "Để lại",
}


@dataclass(frozen=True)
class Row:
    """One document of an authorisation, as its page shows it."""

    dossier_id: UUID
    code: str
    owner: str
    title: str
    state: str
    state_words: str
    hash: str
    """What is signed, in base 16; empty before it is known and after it is signed."""
    sha256: str
    """Of the signed file."""
    note: str


@transaction.atomic
def begin(*, actor: Actor, dossier_ids: Sequence[UUID]) -> SigningBatch:
    """Take the results of dossiers that wait for this leader; the worker prepares them.

    ``TransitionRefused`` for what is not to be signed by them (any more): nothing is begun then. ``Dossier.DoesNotExist`` behind the door.
    """
    rows = visible_to(actor, Dossier.objects.defer("answers", "bill"), "dossiers.read", "unit_code")
    dossiers = list(rows.filter(pk__in=dossier_ids))
    if len(dossiers) != len(set(dossier_ids)):
        raise Dossier.DoesNotExist
    for dossier in dossiers:
        require(actor, "dossiers.sign", dossier.unit_code)
        if not may_sign(dossier, actor):
            raise TransitionRefused("sign", dossier.state, f"Hồ sơ {dossier.code} không (còn) chờ chữ ký của bạn.")
        try:
            refuse_own(dossier, actor, "sign")
        except TransitionRefused as refused:
            raise TransitionRefused("sign", dossier.state, f"{dossier.code}: {refused.reason}") from refused
    issued = DossierDocument.objects.select_related("document").filter(
        dossier__in=dossiers, role=DossierDocument.Role.RESULT, cancelled_at__isnull=True
    )
    documents = [one.document for one in issued]
    if len(documents) != len(dossiers):
        raise TransitionRefused("sign", "", "Có hồ sơ không (còn) văn bản chờ ký. Bạn tải lại danh sách rồi chọn lại.")
    batch = batches.begin(documents=documents, actor=actor, return_to=reverse("admin:index"))
    batch.return_to = reverse("admin:dossiers_dossier_signing", args=[batch.pk])
    batch.save(update_fields=["return_to"])
    return batch


def rows_of(batch: SigningBatch) -> list[Row]:
    """The documents of an authorisation in the order of the codes (two queries, and one for the keys of what is shown)."""
    attempts = {one.document_id: one for one in batch.attempts.select_related("document")}
    prefetch_keys(list(attempts.values()))
    issued = DossierDocument.objects.select_related("dossier").filter(document__in=attempts).order_by("dossier__code")
    shown = []
    for one in issued:
        attempt = attempts[one.document_id]
        document: Document = attempt.document
        if document.is_signed:
            state = SIGNED
        elif attempt.number is not None and document.state == Document.SIGNING and document.attempt == attempt.number:
            state = SIGNING
        elif attempt.is_ready:
            state = READY
        elif attempt.is_being_prepared:
            state = PREPARING
        else:
            state = LEFT_OUT
        shown.append(
            Row(
                dossier_id=one.dossier_id,
                code=one.dossier.code or "",
                owner=one.dossier.owner_name,
                title=document.title,
                state=state,
                state_words=WORDS[state],
                hash=batches.hash_of(attempt) if state in (READY, SIGNING) else "",
                sha256=document.sha256 if state == SIGNED else "",
                note=(document.note or attempt.outcome) if state != SIGNED else "",
            )
        )
    return shown


def ask(*, actor: Actor, batch: SigningBatch, now: datetime) -> SigningBatch:
    """The leader wants to authorise, as :func:`batches.ask`: results that still wait for them alone."""
    issued = DossierDocument.objects.select_related("dossier").filter(document__in=batch.attempts.values("document"))
    for one in issued:
        require(actor, "dossiers.sign", one.dossier.unit_code)
        refuse_own(one.dossier, actor, "sign")
    return batches.ask(actor=actor, batch_id=batch.pk, now=now)
