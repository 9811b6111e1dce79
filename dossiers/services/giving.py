"""Who has a dossier: given to a colleague by hand, with everything as it is; the clock does not notice."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import queries as people
from dossiers.models import OPEN_STATES, Dossier, State
from dossiers.process import assigning
from dossiers.services.common import lock_for_officer, why_not, write_event
from portal.access import Actor
from portal.access.roles import LEADERS
from portal.states import TransitionRefused

HAND_ON = "hand_on"
"""Name of the event; the state stays."""
_DISTRIBUTE = LEADERS | {"reception"}


def mine(actor: Actor) -> set[UUID]:
    """The positions whose dossiers are an officer's own now: theirs, and the one in whose place they act."""
    return {one for one in (actor.position_id, actor.substitutes) if one is not None}


def colleagues(unit_code: str, *, is_new: bool = False) -> list[people.Holder]:
    """To whom a dossier of a unit can be given: who handles there; what is new, also to who receives (three queries at most)."""
    roles = ["handling", "reception"] if is_new else ["handling"]
    return list({one.position_id: one for one in people.holders(unit_code, roles)}.values())


@transaction.atomic
def hand_on(*, actor: Actor, dossier_id: UUID, seen_version: int, to_position_id: UUID, note: str = "", now: datetime) -> Dossier:
    """Give an open dossier to a colleague of its agency, who has it from now on. Nobody is told outside: nothing changes for the applicant.

    Who handles gives what is theirs, or nobody's; who receives, and leaders, everybody's. ``TransitionRefused`` in words.
    """
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act="dossiers.hand_on", seen_version=seen_version, transition=HAND_ON)

    def refuse(words: str) -> TransitionRefused:
        return TransitionRefused(HAND_ON, dossier.state, words)

    if dossier.state not in OPEN_STATES:
        raise refuse("Hồ sơ đã kết thúc nên không giao lại được.")
    if dossier.officer_id is not None and dossier.officer_id not in mine(actor) and not actor.roles & _DISTRIBUTE:
        raise refuse(f"Hồ sơ do {dossier.officer_label} giải quyết. Bộ phận tiếp nhận hoặc lãnh đạo giao lại được.")
    step = assigning.open_step(dossier)
    if step is not None and (words := assigning.why_not_assigned(dossier, step)):
        raise refuse(words)
    to: people.Holder | assigning.Candidate | None
    if step is not None:
        to = assigning.present(to_position_id, dossier.unit_code, step.role, now)
    else:
        ready = colleagues(dossier.unit_code, is_new=dossier.state == State.SUBMITTED)
        to = next((one for one in ready if one.position_id == to_position_id), None)
    if to is None:
        raise refuse("Người nhận phải đang giải quyết hồ sơ ở cơ quan này.")
    if dossier.officer_id == to.position_id:
        raise refuse(f"Hồ sơ đã do {to.label} giải quyết.")
    if why_not(dossier, to.person_id):
        raise refuse(f"Hồ sơ là của {to.label}, của người thân hoặc có tên họ. Hãy chọn người khác.")
    before = dossier.officer_label
    # In a process the step goes along.
    assigning.give(dossier, step, assigning.Candidate(to.position_id, to.person_id, to.label), assigning.How.HAND, now)
    dossier.version += 1
    dossier.save()
    words = f"{before or 'Chưa giao'} → {to.label}" + (f". {note.strip()}" if note.strip() else "")
    write_event(dossier, HAND_ON, before=dossier.state, actor=actor, now=now, note=words)
    return dossier
