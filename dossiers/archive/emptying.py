"""What happens to a dossier whose key is destroyed: nothing in the open names anybody any more, and its files go.

Called by the destruction of the key itself (`portal.crypto.signals.key_destroyed`), so that erasures that are repeated from the ledger
after a restore (`manage.py after_restore`) empty the dossier again without knowing of any disposal.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from dossiers.models import CounterFiling, Dossier, HandledResult, NationalDossier, ReturnWish, SignedDeclaration
from dossiers.national import year_of
from portal.access import SYSTEM, Actor
from portal.crypto.models import SubjectKey
from portal.documents.models import Document
from portal.documents.services import cancel
from portal.files import services as files
from portal.files.models import FileState, StoredFile


def key_destroyed(sender: Any, *, subject: UUID, actor: Actor, **_more: Any) -> None:
    """Empty the dossier of that key, in the same transaction; any other subject is passed by (one query)."""
    row = Dossier.objects.select_for_update().filter(pk=subject, disposed_at__isnull=True).only("pk", "code").first()
    if row is None:
        return
    at = SubjectKey.objects.values_list("destroyed_at", flat=True).filter(pk=subject).first() or timezone.now()
    for document in Document.objects.filter(subject_id=subject, state__in=[Document.QUEUED, Document.RENDERED, Document.AWAITING]):
        cancel(document=document, actor=SYSTEM)
    erase_files(subject, actor)
    # The id of the dossier in the place of people's: it stands for nobody.
    nobody = {"applicant_id": subject, "owner_id": subject, "filed_by_id": subject, "worked_on_by": [], "mandate_id": None, "id_blinds": []}
    names = dict.fromkeys(("applicant_name", "owner_name", "owner_name_key", "filed_by_name", "subject_name", "subject_name_key"), "")
    Dossier.objects.filter(pk=subject).update(**nobody, **names, disposed_at=at, version=F("version") + 1)
    CounterFiling.objects.filter(pk=subject).update(party_name="", person_id=subject, party_id=subject, mandate_id=None, came_number="")
    SignedDeclaration.objects.filter(dossier=subject).update(party_id=subject, person_id=subject, certificate_serial="")
    HandledResult.objects.filter(dossier=subject).update(title="")
    ReturnWish.objects.filter(pk=subject, chosen_by__isnull=False).update(chosen_by=subject)
    ReturnWish.objects.filter(pk=subject).update(ward="")
    if row.code:
        NationalDossier.objects.filter(year=year_of(row.code), code=row.code).update(owner_blind="", phone_blind="")
    Document.objects.filter(subject_id=subject).update(stamp_until=None)


def erase_files(dossier_id: UUID, actor: Actor) -> int:
    """Erase every file under the dossier's key; how many. What others hold of the same bytes stays theirs."""
    erased = 0
    for file in StoredFile.objects.filter(subject=dossier_id).exclude(state=FileState.ERASED):
        files.erase(file=file, actor=actor)
        erased += 1
    return erased
