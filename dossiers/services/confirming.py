"""The sealed confirmation that a dossier was sent, with size and SHA-256 of each file; made by the worker, so that nobody waits for it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from dossiers import slips
from dossiers.models import Dossier, DossierDocument
from portal import outbox
from portal.access import SYSTEM
from portal.documents import services as documents

ROLE = DossierDocument.Role.SENT


def promise_confirmation(dossier: Dossier, again: int = 0) -> None:
    """Have the confirmation made; within the transaction that sends the dossier, or sends it again for the ``again``-th time."""
    key = f"{dossier.id}:{again}" if again else str(dossier.id)
    outbox.put("dossiers.confirm_sent", key=key, payload={"dossier": str(dossier.id), **({"again": again} if again else {})})


@transaction.atomic
def confirm_sent(*, dossier_id: UUID, again: int = 0) -> None:
    """Issue the confirmation (worker). A second time changes nothing; of what was sent again since, there is a later one."""
    dossier = Dossier.objects.select_for_update(of=("self",)).get(pk=dossier_id)
    if dossier.revisions.filter(number__gt=again).exists():
        return
    document = documents.issue_sealed(
        key=f"dossiers.sent:{dossier.id}" + (f":{again}" if again else ""),
        kind=slips.SENT,
        title=ROLE.label,
        template="documents/sent.html",
        context=slips.sent_context(dossier),
        unit_code=dossier.unit_code,
        subject=dossier.id,
        actor=SYSTEM,
    )
    DossierDocument.objects.get_or_create(document=document, defaults={"dossier": dossier, "role": ROLE})
