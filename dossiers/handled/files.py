"""Files of a dossier that another system handles: it fetches papers, and hands in the files of its result; people open these."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from django.db import transaction

from dossiers.models import Dossier, Handled, HandledResult, Paper
from portal import audit
from portal.access import SYSTEM
from portal.exchange.partners.models import Partner
from portal.files import services as files
from portal.files.models import FileState

PURPOSE = "dossiers.handled_result"
TYPES = frozenset({"application/pdf", "image/jpeg", "image/png"})


def handled_dossier(partner: Partner, code: str) -> Dossier | None:
    """A dossier that this system handles (one query); another's is none."""
    return Dossier.objects.filter(code=code, handled__partner=partner).first()


def paper_for(partner: Partner, code: str, paper_id: UUID) -> Paper | None:
    """A paper of a dossier that this system handles; who fetched what is an act in the audit trail."""
    rows = Paper.objects.select_related("file", "dossier").filter(dossier__code=code, dossier__handled__partner=partner)
    found = rows.filter(pk=paper_id).first()
    if found is not None and found.dossier is not None and found.file.state == FileState.CLEAN:
        audit.record(
            actor=SYSTEM,
            act="dossiers.partner_read_paper",
            target="dossiers.dossier",
            target_id=str(found.dossier.pk),
            unit=found.dossier.unit_code,
            details={"partner": partner.code, "paper": str(found.pk)},
        )
    return found


@transaction.atomic
def take_result(*, partner: Partner, code: str, title: str, name: str, data: bytes, now: datetime) -> HandledResult | None:
    """Keep a file of the result; the same bytes of the same dossier are the same row. None for a dossier that is not theirs.

    ``FileRefused`` for what is no PDF or picture. It is shown once a report of state 9 or 10 names it, and opens once it was checked.
    """
    handled = Handled.objects.select_for_update().filter(dossier__code=code, partner=partner).select_related("dossier").first()
    if handled is None:
        return None
    digest = hashlib.sha256(data).hexdigest()
    known = HandledResult.objects.filter(dossier=handled.dossier, sha256=digest).first()
    if known is not None:
        return known
    stored = files.receive(
        subject=handled.dossier_id,
        upload=[data],
        name=name,
        purpose=PURPOSE,
        max_bytes=len(data),
        allowed_types=TYPES,
        actor=SYSTEM,
    )
    return HandledResult.objects.create(dossier=handled.dossier, file=stored, sha256=digest, title=title[:300], taken_at=now)


def results_given(dossier: Dossier) -> list[HandledResult]:
    """The files of the result that its applicant may open; no query where it is handled here."""
    if not dossier.handled_by:
        return []
    return list(dossier.handled_results.select_related("file").filter(given_at__isnull=False))
