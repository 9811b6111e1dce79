"""Where the law lets an agency take longer (a case that must be verified on the spot, say), its head extends the limit: once, with reason
and legal ground. That is not the agency's own delay: no apology, and figures measure by the extended day (requirement D-08)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from dossiers import slips
from dossiers.models import TABLE, Dossier
from dossiers.queries import unit_calendar
from dossiers.services.common import advance, grounded, lock_for_officer, notify_parties
from dossiers.services.reappointing import named_day
from portal.access import Actor
from portal.states import TransitionRefused

OVER = "Đã qua giờ hẹn trả: gia hạn phải quyết định trước hạn. Hãy trả kết quả sớm nhất và giải thích cho người nộp."


@transaction.atomic
def extend(*, actor: Actor, dossier_id: UUID, seen_version: int, day: date, reason: str, basis: str, now: datetime) -> Dossier:
    """Extend the limit of a dossier to the close of ``day`` (within state 4): told, at most once, before the appointment is over.

    :class:`dossiers.services.reappointing.BadDay`, ``ValueError`` without a reason or its legal ground; ``TransitionRefused`` when it was
    done once already, after an apology, too late, or somebody was quicker.
    """
    if not reason.strip() or not basis.strip():
        raise ValueError("an extension needs a reason and its legal ground")
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act="dossiers.extend", seen_version=seen_version, transition="extend")
    if refusal := TABLE.refusal(dossier, "extend"):
        raise TransitionRefused("extend", dossier.state, refusal)
    assert dossier.due_at is not None  # a received dossier has an appointment
    if now >= dossier.due_at:
        raise TransitionRefused("extend", dossier.state, OVER)
    new = named_day(day, after=dossier.due_at, calendar=unit_calendar(dossier.unit_code))

    def with_a_new_day() -> None:
        dossier.due_at, dossier.extended_at = new, now

    advance(dossier, "extend", actor=actor, now=now, note=grounded(reason, basis), then=with_a_new_day)
    notify_parties(dossier, "dossiers.extended", due=slips.moment(new))
    return dossier
