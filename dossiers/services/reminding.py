"""Reminders (D-20): a draft that waits, a paper about to end, what usually comes next after a result.

Each once, at an hour at which people are awake; none where a person has switched the kind off.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from dossiers.models import Dossier, DossierDocument, Draft, State, StorePaper
from dossiers.queries import standing
from dossiers.services.common import tell_owner
from dossiers.services.slices import each
from portal import crypto
from portal.notifications.registry import contact_of
from procedures import queries as procedures

DRAFT_WAITS = timedelta(days=7)
PAPER_ENDS_WITHIN = timedelta(days=30)
SUGGESTED_WITHIN = timedelta(days=30)
"""What came after a result so long ago is no news any more."""


def remind_of_drafts(*, now: datetime, seconds: float) -> tuple[int, bool]:
    """Remind, once a draft, of those that have waited for a week: how many, and whether all are done."""
    rows = Draft.objects.filter(removed_at=None, reminded_at=None, updated_at__lt=now - DRAFT_WAITS)
    return each(rows, "updated_at", _draft, now=now, seconds=seconds)


def _draft(draft: Draft, now: datetime) -> None:
    Draft.objects.filter(pk=draft.pk).update(reminded_at=now)
    if draft.warned_at is not None and draft.warned_at > draft.updated_at:
        # Its owner has just been told more.
        return
    tell_owner(
        party_id=draft.party_id,
        people_ids={*draft.worked_on_by, draft.changed_by},
        procedure_code=draft.procedure_code,
        template="dossiers.draft_waits",
        what=("procedure", standing(draft.procedure_code, now=now).name),
        key=f"draft-waits:{draft.id}",
        link=f"/nop-ho-so/{draft.procedure_code}/{draft.last_page}/",
        since=f"{timezone.localdate(draft.updated_at):%d/%m/%Y}",
    )


def remind_of_papers(*, now: datetime, seconds: float) -> tuple[int, bool]:
    """Remind of papers issued here that end within thirty days, once each."""
    today = timezone.localdate(now)
    ending = Q(valid_until__gte=today, valid_until__lte=today + PAPER_ENDS_WITHIN)
    rows = DossierDocument.objects.filter(ending, cancelled_at=None, reminded_at=None).exclude(document__state="revoked")
    return each(rows, "valid_until", _paper, now=now, seconds=seconds)


def _paper(issued: DossierDocument, now: datetime) -> None:
    DossierDocument.objects.filter(pk=issued.pk).update(reminded_at=now)
    dossier = issued.dossier
    for party_id in sorted({dossier.applicant_id, dossier.owner_id}):
        tell_owner(
            party_id=party_id,
            people_ids={*dossier.worked_on_by, dossier.filed_by_id} - {dossier.applicant_id, dossier.owner_id},
            procedure_code=dossier.procedure_code,
            template="dossiers.paper_ends",
            what=("paper", issued.document.title),
            key=f"paper-ends:{issued.pk}:{issued.valid_until}",
            link=f"/ho-so/{dossier.code}/",
            day=f"{issued.valid_until:%d/%m/%Y}",
        )


def remind_of_stored(*, now: datetime, seconds: float) -> tuple[int, bool]:
    """Remind of other papers of stores that end within thirty days (a driving licence that a registry told of), once each."""
    today = timezone.localdate(now)
    ending = Q(valid_until__gte=today, valid_until__lte=today + PAPER_ENDS_WITHIN)
    rows = StorePaper.objects.filter(ending, reminded_at=None).exclude(origin=StorePaper.Origin.ISSUED)
    return each(rows, "valid_until", _stored, now=now, seconds=seconds)


def _stored(paper: StorePaper, now: datetime) -> None:
    StorePaper.objects.filter(pk=paper.pk).update(reminded_at=now)
    if crypto.is_destroyed(paper.party_id):
        return
    tell_owner(
        party_id=paper.party_id,
        people_ids={*paper.dossier.worked_on_by, paper.dossier.filed_by_id} if paper.dossier is not None else set(),
        procedure_code=paper.procedure_code,
        template="dossiers.paper_ends",
        what=("paper", paper.title),
        key=f"stored-ends:{paper.pk}:{paper.valid_until}",
        link=f"/kho-giay-to/{paper.pk}/",
        day=f"{paper.valid_until:%d/%m/%Y}",
    )


def suggest_next_steps(*, now: datetime, seconds: float) -> tuple[int, bool]:
    """After a result, name what usually comes next in the life event (`procedures.models.NextStep`), once a dossier."""
    steps = procedures.next_steps(timezone.localdate(now))
    due = Q(pk__in=[])
    for after, found in steps.items():
        due |= Q(procedure_code=after, returned_at__lte=now - timedelta(days=found[0].days))
    rows = Dossier.objects.defer("answers", "bill").filter(
        due, state=State.RETURNED, next_told_at=None, returned_at__gt=now - SUGGESTED_WITHIN
    )

    def suggest(dossier: Dossier, at: datetime) -> None:
        _suggest(dossier, steps[dossier.procedure_code], at)

    return each(rows, "returned_at", suggest, now=now, seconds=seconds)


def _suggest(dossier: Dossier, steps: list[procedures.Following], now: datetime) -> None:
    Dossier.objects.filter(pk=dossier.pk).update(next_told_at=now)
    step = next((one for one in steps if not _has_begun(dossier, one.code)), None)
    if step is None:
        return
    english = contact_of(dossier.applicant_id).language == "en"
    tell_owner(
        party_id=dossier.applicant_id,
        people_ids={*dossier.worked_on_by, dossier.filed_by_id},
        procedure_code=dossier.procedure_code,
        template="dossiers.next_step",
        what=("procedure", dossier.procedure_name),
        key=f"next-step:{dossier.id}",
        link=f"/thu-tuc/{step.code}/",
        next=step.name,
        why=step.why_en if english and step.why_en else step.why,
    )


def _has_begun(dossier: Dossier, code: str) -> bool:
    """Whether the party has filed the next procedure since, or has a draft of it."""
    filed = Dossier.objects.filter(applicant_id=dossier.applicant_id, procedure_code=code, submitted_at__gte=dossier.submitted_at)
    return filed.exists() or Draft.objects.filter(party_id=dossier.applicant_id, procedure_code=code, removed_at=None).exists()
