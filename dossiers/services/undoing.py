"""A mistaken receipt or refusal is undone: a correction along an edge of its own, seen by everybody, never a change of what was written.

The officer who made it may undo it within two working hours of their own hand; later, and for anybody else's, it is a leader's. Nothing
may have followed from it: what was asked for, decided or paid back since is not unmade by a press. The mistake was the agency's, so the
eight working hours within which a filing is answered have run on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from dossiers.models import TABLE, Dossier, DossierDocument
from dossiers.queries import unit_calendar
from dossiers.services.common import advance, lock_for_officer, notify_parties
from dossiers.slip_sets.issuing import take_back_slip
from payments.models import Refund
from portal.access import Actor
from portal.access.roles import LEADERS
from portal.states import TransitionRefused
from portal.workdays import Calendar, working_time_between

WITHIN = timedelta(hours=2)
"""Working time in which an officer may mend their own mistake."""
LATER = "Quá hai giờ làm việc, hoặc do người khác thực hiện: lãnh đạo cơ quan hoàn tác."
FOLLOWED = "Sau khi tiếp nhận đã có yêu cầu nộp tiền, yêu cầu bổ sung hoặc quyết định, nên không hoàn tác được nữa."
PAID_BACK = "Tiền của hồ sơ đã được hoàn hoặc đang hoàn cho người nộp, nên không hoàn tác được nữa. Người nộp gửi hồ sơ mới."


def may_undo(dossier: Dossier, actor: Actor, *, now: datetime, calendar: Calendar | None = None) -> bool:
    """Whether this officer may undo what was done last: a leader, or who did it, soon after (one query for the unit's hours, or none)."""
    if actor.roles & LEADERS:
        return True
    done = dossier.refused_at or dossier.received_at
    if done is None or actor.position_id is None or dossier.officer_id != actor.position_id:
        return False
    return working_time_between(done, max(now, done), calendar or unit_calendar(dossier.unit_code)) <= WITHIN


def _lock(transition: str, *, actor: Actor, dossier_id: UUID, seen_version: int, reason: str, now: datetime) -> Dossier:
    if not reason.strip():
        raise ValueError("undoing needs a reason")
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act="dossiers.undo", seen_version=seen_version, transition=transition)
    if refusal := TABLE.refusal(dossier, transition):
        raise TransitionRefused(transition, dossier.state, refusal)
    if not may_undo(dossier, actor, now=now):
        raise TransitionRefused(transition, dossier.state, LATER)
    return dossier


@transaction.atomic
def undo_receive(*, actor: Actor, dossier_id: UUID, seen_version: int, reason: str, now: datetime) -> Dossier:
    """Undo a mistaken receipt (state 4 → 1): the appointment and its slip do not hold, the filing waits for an answer as it did before.

    ``ValueError`` without a reason; ``TransitionRefused`` when something has followed, too late, or somebody was quicker.
    """
    dossier = _lock("undo_receive", actor=actor, dossier_id=dossier_id, seen_version=seen_version, reason=reason, now=now)
    if dossier.demands.filter(asked_at__gte=dossier.received_at).exists() or dossier.supplements.filter(number_after__gte=1).exists():
        raise TransitionRefused("undo_receive", dossier.state, FOLLOWED)
    for issued in dossier.documents.filter(role=DossierDocument.Role.RECEIPT, cancelled_at__isnull=True):
        take_back_slip(issued, reason="Cơ quan đã hoàn tác việc tiếp nhận nhầm", now=now)
    dossier.received_at = dossier.due_at = dossier.due_first = None
    dossier.officer_id, dossier.officer_label = None, ""
    advance(dossier, "undo_receive", actor=actor, now=now, note=reason.strip())
    notify_parties(dossier, "dossiers.receipt_undone")
    return dossier


@transaction.atomic
def undo_refuse(*, actor: Actor, dossier_id: UUID, seen_version: int, reason: str, now: datetime) -> Dossier:
    """Undo a mistaken refusal (state 3 → 1): the filing waits for an answer as it did before. Errors as :func:`undo_receive`."""
    dossier = _lock("undo_refuse", actor=actor, dossier_id=dossier_id, seen_version=seen_version, reason=reason, now=now)
    if Refund.objects.filter(order__in=dossier.demands.values("order")).exists():
        raise TransitionRefused("undo_refuse", dossier.state, PAID_BACK)
    for issued in dossier.documents.filter(role=DossierDocument.Role.REFUSAL, cancelled_at__isnull=True):
        take_back_slip(issued, reason="Cơ quan đã hoàn tác việc từ chối nhầm", now=now)
    dossier.refused_at = None
    dossier.officer_id, dossier.officer_label = None, ""
    advance(dossier, "undo_refuse", actor=actor, now=now, note=reason.strip())
    notify_parties(dossier, "dossiers.refusal_undone")
    return dossier
