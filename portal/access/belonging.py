"""Whose a row is: the one function by which every query of one's own goes (requirement A-14)."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from portal.access.actors import Actor
from portal.access.rules import AccessDenied

M = TypeVar("M", bound=Model)


def belonging_to(actor: Actor, rows: QuerySet[M], *owners: str, procedure: str = "") -> QuerySet[M]:
    """The rows that belong to the party for whom the actor acts, as far as their mandate reaches.

    ``owners`` name the columns with ids of parties: a row belongs to each of them. ``procedure`` names the column with the code of the
    procedure: a mandate for some procedures opens the rows of these alone; where rows have no such column (""), it opens none.
    :class:`AccessDenied` for one who acts for no party: strangers and officers.
    """
    if not actor.is_citizen or actor.party_id is None:
        raise AccessDenied("own")
    owned = Q()
    for column in owners:
        owned |= Q(**{column: actor.party_id})
    if actor.procedures is not None:
        owned &= Q(**{f"{procedure}__in": sorted(actor.procedures)}) if procedure else Q(pk__in=[])
    return rows.filter(owned)
