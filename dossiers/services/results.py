"""What happens when a document of a dossier has been signed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dossiers.models import Dossier, DossierDocument, Stage, State
from dossiers.services.common import advance, notify_parties
from portal.access import SYSTEM


@transaction.atomic
def return_result(*, document_id: UUID, now: datetime) -> Dossier | None:
    """The leader has signed (state 4 → 9) and the result reaches the applicant (9 → 10): in the account, told by SMS and inbox.

    Called by the system when the document stands. Idempotent; None for a document that is not a dossier's result.
    """
    issued = DossierDocument.objects.filter(document_id=document_id, role=DossierDocument.Role.RESULT).first()
    if issued is None:
        return None
    dossier = Dossier.objects.select_for_update().get(pk=issued.dossier_id)
    if dossier.state == State.RETURNED:
        return dossier
    dossier.finished_at = dossier.returned_at = max(now, dossier.decided_at or now)

    def signed() -> None:
        dossier.stage = Stage.NONE

    advance(dossier, "sign", actor=SYSTEM, now=now, then=signed)
    advance(dossier, "return_result", actor=SYSTEM, now=now)
    notify_parties(dossier, "dossiers.result")
    return dossier
