"""Drafts that nobody changes: their owners are warned, they are put away, had back, erased (`dossiers.keeping` has the days)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from dossiers import keeping
from dossiers.models import Dossier, Draft
from dossiers.post import wishes
from dossiers.queries import own_drafts, removed_drafts, standing
from dossiers.services.common import NotYours, filer, tell_owner
from dossiers.services.slices import each
from dossiers.signing.current import forget
from portal import audit, crypto
from portal.access import SYSTEM, Actor
from portal.files import pieces
from portal.files import services as files


class DraftInItsPlace(Exception):
    """Another draft of the procedure has been begun since this one was put away: there is one for each party and procedure."""


def erase_draft(draft: Draft, actor: Actor) -> None:
    """Erase a locked draft, its papers and its key, in the caller's transaction: nothing of it can be read again, in no backup either.

    Where a sent dossier was being edited in it, the key is the dossier's and stays.
    """
    papers = list(draft.papers.select_related("file"))
    draft_id = draft.id
    forget(draft_id)
    wishes.forget(draft_id)
    pieces.forget(subject=draft_id, actor=actor)
    draft.delete()
    for paper in papers:
        files.erase(file=paper.file, actor=actor)
    if not Dossier.objects.filter(pk=draft_id).exists():
        crypto.shred(draft_id, actor)


@transaction.atomic
def keep_draft(*, actor: Actor, draft_id: UUID, now: datetime) -> Draft:
    """Its owner wants the draft: one that was put away is back as it was, for one that would be put away three months begin anew.

    Raises :class:`DraftInItsPlace` where another has been begun since, :class:`NotYours` for another's draft or one that was erased.
    """
    filer(actor)
    draft = (own_drafts(actor) | removed_drafts(actor)).select_for_update().filter(pk=draft_id).first()
    if draft is None:
        raise NotYours
    if draft.removed_at is not None and own_drafts(actor).select_for_update().filter(procedure_code=draft.procedure_code).exists():
        raise DraftInItsPlace
    was_removed = draft.removed_at is not None
    Draft.objects.filter(pk=draft.pk).update(removed_at=None, warned_at=None, updated_at=now)
    act = "dossiers.restore_draft" if was_removed else "dossiers.keep_draft"
    audit.record(actor=actor, act=act, target="dossiers.draft", target_id=str(draft.id), unit=draft.unit_code)
    draft.refresh_from_db()
    return draft


def erase_removed_of(actor: Actor) -> None:
    """Erase the party's drafts that were put away, for who leaves; must run inside a transaction."""
    for draft in removed_drafts(actor).select_for_update():
        _note("dossiers.erase_draft", draft, actor)
        erase_draft(draft, actor)


def warn_of_drafts(*, now: datetime, seconds: float) -> tuple[int, bool]:
    """Warn the owners of drafts that will be put away in two weeks, the longest left alone first. How many, and whether all are done."""
    rows = Draft.objects.filter(Q(warned_at__isnull=True) | Q(warned_at__lte=F("updated_at")), removed_at__isnull=True)
    return each(rows.filter(updated_at__lt=keeping.to_warn(timezone.localdate(now))), "updated_at", _warn, now=now, seconds=seconds)


def remove_drafts(*, now: datetime, seconds: float) -> tuple[int, bool]:
    """Put away drafts that nobody has changed for three months, two weeks or more after the warning."""
    changed, warned = keeping.to_remove(timezone.localdate(now))
    rows = Draft.objects.filter(
        removed_at__isnull=True, warned_at__isnull=False, warned_at__lt=warned, warned_at__gt=F("updated_at"), updated_at__lt=changed
    )
    return each(rows, "warned_at", _remove, now=now, seconds=seconds)


def erase_drafts(*, now: datetime, seconds: float) -> tuple[int, bool]:
    """Erase drafts that were put away thirty days ago."""
    rows = Draft.objects.filter(removed_at__isnull=False, removed_at__lt=keeping.to_erase(timezone.localdate(now)))
    return each(rows, "removed_at", _erase, now=now, seconds=seconds)


def _note(act: str, draft: Draft, actor: Actor = SYSTEM) -> None:
    audit.record(actor=actor, act=act, target="dossiers.draft", target_id=str(draft.id), unit=draft.unit_code)


def _warn(draft: Draft, now: datetime) -> None:
    Draft.objects.filter(pk=draft.pk).update(warned_at=now)
    until = keeping.kept_until(timezone.localdate(draft.updated_at), timezone.localdate(now))
    link = f"/nop-ho-so/{draft.procedure_code}/{draft.last_page}/"
    _tell(draft, "dossiers.draft_ending", now, link=link, since=_day(timezone.localdate(draft.updated_at)), day=_day(until))


def _remove(draft: Draft, now: datetime) -> None:
    Draft.objects.filter(pk=draft.pk).update(removed_at=now)
    _note("dossiers.put_draft_away", draft)
    until = keeping.restorable_until(timezone.localdate(now))
    _tell(draft, "dossiers.draft_removed", now, link="/ho-so/", day=_day(until))


def _erase(draft: Draft, now: datetime) -> None:
    _note("dossiers.erase_draft", draft)
    erase_draft(draft, SYSTEM)


def _day(day: object) -> str:
    return f"{day:%d/%m/%Y}"


def _tell(draft: Draft, template: str, now: datetime, *, link: str, **more: str) -> None:
    tell_owner(
        party_id=draft.party_id,
        people_ids={*draft.worked_on_by, draft.changed_by},
        procedure_code=draft.procedure_code,
        template=template,
        what=("procedure", standing(draft.procedure_code, now=now).name),
        key=f"{template}:{draft.id}:{timezone.localdate(now)}",
        link=link,
        **more,
    )
