"""What happens when a document of a dossier has been signed; until when results hold that were decided before that was kept."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from dossiers.models import Dossier, DossierDocument, Stage, State
from dossiers.outcomes import ending_kinds
from dossiers.post import parcels
from dossiers.services.common import advance, notify_parties
from dossiers.services.desk import written
from dossiers.store import landing
from portal.access import SYSTEM

BATCH = 200


@transaction.atomic
def return_result(*, document_id: UUID, now: datetime) -> Dossier | None:
    """The leader has signed (state 4 → 9) and the result reaches the applicant (9 → 10): in the account and the owner's store,
    told by SMS and inbox.

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

    advance(dossier, "sign", actor=SYSTEM, now=now, then=signed, saved_with_the_next=True)
    advance(dossier, "return_result", actor=SYSTEM, now=now)
    landing.land(dossier, now=now)
    parcels.promise(dossier, now=now)
    notify_parties(dossier, "dossiers.result")
    return dossier


@transaction.atomic
def mend_valid_days(*, after: int = 0) -> tuple[int, int | None]:
    """Note until when a slice of results holds that was decided before the day was kept, from what the officer wrote into them.

    How many got a day, and after which row the next slice begins; None at the end. A row that has its day is left alone.
    """
    kinds = ending_kinds()
    rows = DossierDocument.objects.select_for_update(of=("self",)).select_related("document", "dossier").filter(
        pk__gt=after,
        role=DossierDocument.Role.RESULT,
        valid_until__isnull=True,
        cancelled_at__isnull=True,
        dossier__procedure_code__in=kinds,
        dossier__decided_at__isnull=False,
    )  # fmt: skip
    found = list(rows.order_by("pk")[:BATCH])
    noted = 0
    for row in found:
        values = written(row)
        # Whose data were erased has nothing left that could end.
        if values and row.dossier.decided_at is not None:
            row.valid_until = kinds[row.dossier.procedure_code](values, timezone.localdate(row.dossier.decided_at))
            row.save(update_fields=["valid_until"])
            noted += 1
    return noted, found[-1].pk if len(found) == BATCH else None
