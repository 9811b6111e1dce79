"""An agency that will not keep its appointment says so before, apologises, and names another day: once (Decree 61/2018 art. 19 k.9).

The applicant's appointment is the new one. Statistics and the score measure by what the appointment would be without it
(``Dossier.due_counted``): a letter of apology does not make late work punctual.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from dossiers import slips
from dossiers.models import TABLE, Dossier, DossierDocument
from dossiers.queries import unit_calendar
from dossiers.services.common import advance, lock_for_officer, notify_parties
from dossiers.slip_sets.issuing import issue_of
from portal.access import Actor
from portal.states import TransitionRefused
from portal.workdays import Calendar, is_working_day

OVER = "Đã qua giờ hẹn trả: thư xin lỗi và hẹn lại phải gửi trước hạn. Hãy trả kết quả sớm nhất và giải thích cho người nộp."
MOST_DAYS = 90


class BadDay(ValueError):
    """A day that cannot be the new appointment; ``message`` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def named_day(day: date, *, after: datetime, calendar: Calendar) -> datetime:
    """When the agency closes on a day that is named as the new appointment; :class:`BadDay` where it cannot be."""
    if not is_working_day(day, calendar):
        raise BadDay("Ngày này cơ quan không làm việc. Hãy chọn ngày làm việc.")
    new = calendar.intervals(day)[-1][1]
    if new <= after:
        raise BadDay(f"Ngày hẹn mới phải sau ngày hẹn cũ ({slips.moment(after)}).")
    if (day - timezone.localdate(after)).days > MOST_DAYS:
        raise BadDay(f"Ngày hẹn mới cách ngày hẹn cũ nhiều nhất {MOST_DAYS} ngày.")
    return new


@transaction.atomic
def reappoint(*, actor: Actor, dossier_id: UUID, seen_version: int, day: date, reason: str, now: datetime) -> Dossier:
    """Give a new appointment with a letter of apology (within state 4): sealed, told, at most once, before the old one is over.

    The result is then due when the agency closes on ``day``. :class:`BadDay`, ``ValueError`` without a reason; ``TransitionRefused``
    when it was done once already, too late, or somebody was quicker.
    """
    if not reason.strip():
        raise ValueError("an apology needs a reason")
    dossier = lock_for_officer(
        actor=actor, dossier_id=dossier_id, act="dossiers.reappoint", seen_version=seen_version, transition="reappoint"
    )
    if refusal := TABLE.refusal(dossier, "reappoint"):
        raise TransitionRefused("reappoint", dossier.state, refusal)
    assert dossier.due_at is not None  # a received dossier has an appointment
    if now >= dossier.due_at:
        raise TransitionRefused("reappoint", dossier.state, OVER)
    old = dossier.due_at
    new = named_day(day, after=old, calendar=unit_calendar(dossier.unit_code))

    def with_a_new_day() -> None:
        dossier.due_at, dossier.due_counted, dossier.reappointed_at = new, old, now

    advance(dossier, "reappoint", actor=actor, now=now, note=reason.strip(), then=with_a_new_day)
    issue_of(
        dossier,
        DossierDocument.Role.APOLOGY,
        kind=slips.APOLOGY,
        key=f"dossiers.apology:{dossier.id}",
        context=slips.apology_context(dossier, old=old, reason=reason.strip(), signer=actor.label),
        actor=actor,
        now=now,
    )
    notify_parties(dossier, "dossiers.reappointed", due=slips.moment(new))
    return dossier
