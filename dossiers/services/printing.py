"""Declarations on paper: asked for by the party, made by the worker, removed after some days."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import queries as people
from dossiers import printing
from dossiers.conditions import shape
from dossiers.models import Dossier, Draft, FormPrint
from dossiers.queries import facts_for, handling_unit, own_dossiers, own_drafts, standing
from dossiers.services.common import NotYours, filer
from dossiers.signing.current import is_asked
from portal import outbox
from portal.access import SYSTEM, Actor
from portal.documents.rendering import html_to_pdf
from portal.files import services as files
from portal.files.models import StoredFile

KEPT = timedelta(days=7)
PURPOSE = "dossiers.form_print"


@transaction.atomic
def ask_print(*, actor: Actor, filing_id: UUID, now: datetime) -> FormPrint:
    """Have the declaration of one's draft or dossier printed. One that is under way, or shows what stands there now, is that one.

    :class:`NotYours` for another's.
    """
    person_id = filer(actor)
    draft = own_drafts(actor).select_for_update().filter(pk=filing_id).first()
    dossier = own_dossiers(actor).defer("answers", "bill").select_for_update().filter(pk=filing_id).first() if draft is None else None
    if draft is None and dossier is None:
        raise NotYours
    sent = draft is None
    rows = FormPrint.objects.filter(filing_id=filing_id, sent=sent, removed_at=None)
    since = draft.updated_at if draft is not None else None
    current = next((row for row in rows.order_by("-asked_at") if row.made_at is None or since is None or row.asked_at >= since), None)
    if current is not None:
        return current
    party_id = draft.party_id if draft is not None else dossier.applicant_id  # type: ignore[union-attr]  # one of both is there
    made = FormPrint.objects.create(filing_id=filing_id, sent=sent, party_id=party_id, person_id=person_id, asked_at=now)
    outbox.put("dossiers.print_form", key=str(made.pk), payload={"print": str(made.pk)})
    return made


def make_print(*, print_id: UUID, now: datetime) -> None:
    """Make the PDF (worker). A second time changes nothing; a filing that is gone leaves nothing to print."""
    row = FormPrint.objects.get(pk=print_id)
    if row.made_at is not None or row.removed_at is not None:
        return
    filing = filing_of(row, now=now)
    if filing is None:
        FormPrint.objects.filter(pk=print_id, made_at=None).update(removed_at=now)
        return
    pdf = html_to_pdf(printing.html(filing, now=now))
    with transaction.atomic():
        held = FormPrint.objects.select_for_update().get(pk=print_id)
        if held.made_at is not None or held.removed_at is not None:
            return
        held.file = files.store_bytes(
            subject=held.filing_id, data=pdf, name="to-khai.pdf", purpose=PURPOSE, media_type="application/pdf", actor=SYSTEM
        )
        held.made_at, held.until = now, now + KEPT
        held.save()


def filing_of(row: FormPrint, *, now: datetime) -> printing.Filing | None:
    """What a print shows; None where it is gone."""
    return _sent(row) if row.sent else _draft(row, now)


def _draft(row: FormPrint, now: datetime) -> printing.Filing | None:
    """A draft as it stands, with what the registry says of who asked."""
    draft = Draft.objects.select_related("form_version").filter(pk=row.filing_id).first()
    if draft is None:
        return None
    person = people.person(row.person_id)
    found = shape(draft.form_version.fields, draft.answers or {}, facts_for(draft.form_version, person, draft.party_id))
    unit = handling_unit(draft.unit_code) if draft.unit_code else None
    return printing.Filing(
        form=draft.form_version,
        answers=found.counts,
        procedure_code=draft.procedure_code,
        procedure_name=standing(draft.procedure_code, now=now).name,
        unit_name=unit.name if unit is not None else "",
        filer_name=person.full_name,
    )


def _sent(row: FormPrint) -> printing.Filing | None:
    """A dossier as it was sent."""
    dossier = Dossier.objects.select_related("form_version").filter(pk=row.filing_id).first()
    return sent_filing(dossier) if dossier is not None else None


def sent_filing(dossier: Dossier) -> printing.Filing:
    """What the declaration of a dossier shows (one query, and one for its form where that is not loaded)."""
    unit = handling_unit(dossier.unit_code)
    return printing.Filing(
        form=dossier.form_version,
        answers=dossier.answers or {},
        procedure_code=dossier.procedure_code,
        procedure_name=dossier.procedure_name,
        unit_name=unit.name if unit is not None else dossier.unit_code,
        filer_name=dossier.filed_by_name,
        code=dossier.code or "",
        sent_at=dossier.submitted_at,
        signed_on=timezone.localdate(dossier.submitted_at) if is_asked(dossier.form_version, dossier.applicant_id) else None,
    )


def remove_old_prints(*, now: datetime, limit: int = 100) -> int:
    """Erase the files of prints whose days are over; how many."""
    done = 0
    due = FormPrint.objects.filter(until__lte=now, removed_at=None).order_by("until").values_list("pk", flat=True)
    for print_id in list(due[:limit]):
        with transaction.atomic():
            row = FormPrint.objects.select_for_update().get(pk=print_id)
            if row.removed_at is None:
                for file in StoredFile.objects.filter(pk__in=[row.file_id] if row.file_id else []):
                    files.erase(file=file, actor=SYSTEM)
                FormPrint.objects.filter(pk=print_id).update(removed_at=now)
                done += 1
    return done
