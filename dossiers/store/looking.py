"""Who looked at a paper of a store: noted beside the paper for its owner, and in the audit trail."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dossiers.models import StoreLook, StorePaper
from dossiers.services.common import filer
from portal import audit
from portal.access import Actor


@transaction.atomic
def note_own_look(actor: Actor, paper: StorePaper, *, now: datetime) -> None:
    """The owner, or who acts for them, opened a file of it."""
    StoreLook.objects.create(paper=paper, at=now, who=StoreLook.Who.OWNER, person_id=filer(actor))
    _record(actor, paper)


@transaction.atomic
def note_officers_look(actor: Actor, paper: StorePaper, *, now: datetime) -> None:
    """An officer opened, in a dossier, a paper that was taken from the store."""
    StoreLook.objects.create(paper=paper, at=now, who=StoreLook.Who.OFFICER, unit_code=actor.unit)
    _record(actor, paper)


def _record(actor: Actor, paper: StorePaper) -> None:
    audit.record(actor=actor, act="dossiers.store_read", target="dossiers.storepaper", target_id=str(paper.pk))
