"""Who at the desk sees a petition: the agency that holds it and those above, agencies that held it or were asked, who reported it, VPCP."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from feedback.models import Holding, Opinion, Petition
from portal.access import Actor, may, unit_scope

READ, OVERSEE = "feedback.read", "feedback.oversee"


def held_by(actor: Actor, rows: QuerySet[Petition]) -> QuerySet[Petition]:
    """The petitions that the officer's agency, or one below it, holds now: their queue. VPCP's staff who steer: all."""
    if may(actor, OVERSEE):
        return rows
    if may(actor, READ, actor.unit) and "." not in actor.unit:
        # An index of its own: a province's officers see tens of thousands.
        return rows.filter(agency_code=actor.unit)
    return rows.filter(unit_scope(actor, READ, "unit_code"))


def seen_by(actor: Actor, rows: QuerySet[Petition]) -> QuerySet[Petition]:
    """The petitions that an officer may open: held now or once, asked about, or reported by their own agency."""
    if may(actor, OVERSEE):
        return rows
    held = Holding.objects.filter(unit_scope(actor, READ, "unit_code"), petition=OuterRef("pk"))
    asked = Opinion.objects.filter(unit_scope(actor, READ, "unit_code"), petition=OuterRef("pk"))
    reported = Q(reporter_position_id=actor.position_id) if actor.position_id else Q(pk__in=[])
    return rows.filter(Exists(held) | Exists(asked) | reported)


def may_see(actor: Actor, petition: Petition) -> bool:
    """Whether an officer may open a petition (one query)."""
    return may(actor, OVERSEE) or seen_by(actor, Petition.objects.filter(pk=petition.pk)).exists()
