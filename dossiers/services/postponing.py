"""Terms of applicants that an incident fell into are later (Rules art. 29.4); the agency's own clocks are never touched here."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dossiers import keeping, slips
from dossiers.models import Dossier, Draft, PaymentDemand, ShownResult, Standing, State, SupplementRequest
from dossiers.queries import unit_calendar
from dossiers.services.common import notify_parties, tell_owner, write_event
from payments.services import orders
from portal.access import SYSTEM
from portal.workdays import opening_before

EVENT = "term_moved"
"""Name of the event; the state stays."""
REMIND_BEFORE = 2


def _told(dossier: Dossier, template: str, until: datetime, now: datetime) -> None:
    dossier.version += 1
    dossier.save()
    write_event(dossier, EVENT, before=dossier.state, actor=SYSTEM, now=now, note=slips.moment(until))
    notify_parties(dossier, template, until=slips.moment(until))


def _reminded(until: datetime, unit_code: str, now: datetime) -> datetime | None:
    at = opening_before(until, REMIND_BEFORE, unit_calendar(unit_code))
    return at if at > now else None


@transaction.atomic
def postpone_supplement(*, dossier_id: UUID, until: datetime, now: datetime) -> bool:
    """The applicant may complete the dossier until then; they are told. Whether it was still open and differs."""
    dossier = Dossier.objects.select_for_update().filter(pk=dossier_id, state=State.INCOMPLETE).first()
    if dossier is None or dossier.supplement_until == until:
        return False
    request = dossier.supplements.select_for_update().get(state=SupplementRequest.State.OPEN)
    request.until, request.remind_at = until, _reminded(until, dossier.unit_code, now)
    request.save(update_fields=["until", "remind_at"])
    dossier.supplement_until = until
    _told(dossier, "dossiers.incident_supplement", until, now)
    return True


@transaction.atomic
def postpone_payment(*, demand_id: int, until: datetime, now: datetime) -> bool:
    """What is due may be paid until then; the order runs on as long. The agency's answer that follows the money keeps its clock."""
    found = PaymentDemand.objects.filter(pk=demand_id).values_list("dossier_id", flat=True).first()
    dossier = Dossier.objects.select_for_update().filter(pk=found, payment=Standing.DUE).first() if found else None
    demand = PaymentDemand.objects.select_for_update().filter(pk=demand_id, standing=Standing.DUE).first() if dossier is not None else None
    if dossier is None or demand is None or demand.until == until:
        return False
    if not orders.postpone_order(order_id=demand.order_id, until=until, now=now):
        return False
    demand.until, demand.remind_at = until, _reminded(until, dossier.unit_code, now)
    demand.save(update_fields=["until", "remind_at"])
    dossier.pay_until = until
    _told(dossier, "dossiers.incident_payment", until, now)
    return True


@transaction.atomic
def postpone_shown(*, shown_id: int, until: datetime, now: datetime) -> bool:
    """The applicant may answer the draft of their result until then; they are told."""
    found = ShownResult.objects.filter(pk=shown_id).values_list("dossier_id", flat=True).first()
    dossier = Dossier.objects.select_for_update().filter(pk=found).first() if found else None
    shown = (
        ShownResult.objects.select_for_update().filter(pk=shown_id, state=ShownResult.State.OPEN).first() if dossier is not None else None
    )
    if dossier is None or shown is None or shown.until == until:
        return False
    shown.until = until
    shown.save(update_fields=["until"])
    _told(dossier, "dossiers.incident_shown", until, now)
    return True


@transaction.atomic
def postpone_draft(*, draft_id: UUID, until: datetime, now: datetime) -> bool:
    """A draft stays in its owner's list until the end of that day; they are told.

    Its last day follows from its last change and the warning (``dossiers.keeping``): the warning counts as given later.
    """
    draft = Draft.objects.select_for_update().filter(pk=draft_id, removed_at__isnull=True, warned_at__gt=F("updated_at")).first()
    if draft is None or draft.warned_at is None:
        return False
    day = timezone.localdate(until)
    warned = timezone.localtime(draft.warned_at) + (day - keeping.WARNED_BEFORE - timezone.localdate(draft.warned_at))
    changed = timezone.localdate(draft.updated_at)
    if warned <= draft.updated_at or keeping.kept_until(changed, warned.date()) == draft_last_day(draft):
        return False
    # The column is no answer's: the last change stays what it was.
    Draft.objects.filter(pk=draft.pk).update(warned_at=warned)
    tell_owner(
        party_id=draft.party_id,
        people_ids=draft.worked_on_by,
        procedure_code=draft.procedure_code,
        template="dossiers.incident_draft",
        what=("procedure", draft.procedure_version.name if draft.procedure_version else draft.procedure_code),
        key=f"dossiers.incident_draft:{draft.pk}:{day:%Y%m%d}",
        link="/ho-so/",
        until=f"{day:%d/%m/%Y}",
    )
    return True


def draft_last_day(draft: Draft) -> date | None:
    """The last day of a draft whose owner was warned."""
    if draft.warned_at is None:
        return None
    return keeping.kept_until(timezone.localdate(draft.updated_at), timezone.localdate(draft.warned_at))
