"""Three doors to the same rows: an agency's accountants, an institution's operators, VPCP (Rules art. 34.2, 35.3). Each sees its own."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from portal.access import AccessDenied, Actor, may, unit_scope

M = TypeVar("M", bound=Model)

READ, OPERATE, OVERSEE = "payments.read", "payments.operate", "payments.oversee"


def seen_by(actor: Actor, rows: QuerySet[M], *, unit: str = "payee_unit", institution: str = "institution_id") -> QuerySet[M]:
    """The rows that an officer may see: an accountant those of their agency and the agencies below, an operator those of their own
    institution, VPCP all. ``unit`` and ``institution`` are the columns with the codes; empty where the model has none."""
    if may(actor, OVERSEE):
        return rows
    scope = Q(pk__in=[])
    if unit:
        scope |= unit_scope(actor, READ, unit)
    if institution and may(actor, OPERATE, actor.unit):
        # An institution has none below it, and its code stands in the row itself.
        scope |= Q(**{institution: actor.unit})
    return rows.filter(scope)


def may_see(actor: Actor, *, unit: str = "", institution: str = "") -> bool:
    """Whether an officer may see money of this agency or institution."""
    return may(actor, OVERSEE) or bool(unit and may(actor, READ, unit)) or bool(institution and may(actor, OPERATE, institution))


def require_any(actor: Actor, *doors: tuple[str, str]) -> None:
    """:class:`AccessDenied` unless one of the acts may be done at its unit (or institution)."""
    if not any(may(actor, act, unit) for act, unit in doors):
        raise AccessDenied(doors[0][0])
