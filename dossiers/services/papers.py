"""What happens to a sent dossier when the check of one of its papers ends badly."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dossiers.models import Dossier, DossierEvent, Paper
from dossiers.services.common import notify_parties, write_event
from portal.access import SYSTEM

UNSAFE = "paper_unsafe"
"""Name of the event; the state stays."""


@transaction.atomic
def note_unsafe_paper(*, file_id: UUID, now: datetime) -> DossierEvent | None:
    """A paper was found unsafe after its dossier was sent: the timeline and the desk say so, applicant and owner are told.

    Called in the transaction that notes the verdict. The dossier's version is raised: whoever decides on an older page sees
    it first. None for a file that is no sent dossier's paper (a draft says so on its own pages).
    """
    paper = Paper.objects.filter(file_id=file_id, dossier__isnull=False).first()
    if paper is None or paper.dossier_id is None:
        return None
    dossier = Dossier.objects.select_for_update().get(pk=paper.dossier_id)
    dossier.version += 1
    dossier.save(update_fields=["version"])
    event = write_event(dossier, UNSAFE, before=dossier.state, actor=SYSTEM, now=now, note=paper.label)
    notify_parties(dossier, "dossiers.paper_unsafe", paper=paper.label)
    return event
