"""Whom a petition reaches at an agency: who has the role there, else at the nearest agency above. Where nobody has it at all, who can mend
that is told: the agency's administrators, and the Government Office (Rules art. 41, 42.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts import queries as people
from feedback.models import TOP, Petition
from portal.documents.units import unit_name
from portal.notifications.services import notify

RECEIVES, OPINES = ("petition_reception",), ("petition_handling",)
"""Who takes on what comes to an agency, and who says what it thinks."""
_STEPS: dict[tuple[str, ...], str] = {RECEIVES: "tiếp nhận", OPINES: "cho ý kiến phối hợp"}


def _upward(unit: str) -> list[str]:
    """A unit and those above it, from below."""
    parts = unit.split(".")
    return [".".join(parts[:depth]) for depth in range(len(parts), 0, -1)]


def reach(unit_codes: Iterable[str], roles: Sequence[str]) -> dict[str, str]:
    """By agency: where somebody has one of the roles, itself or the nearest above it, whose officers then see what comes; empty where
    nobody has. The Government Office is always reached: who steers there sees everything (one query, none for nobody)."""
    wanted = set(unit_codes)
    staffed = people.staffed({above for unit in wanted for above in _upward(unit)} - {TOP}, roles) if wanted - {TOP} else set()
    return {unit: next((above for above in _upward(unit) if above in staffed or above == TOP), "") for unit in wanted}


def in_charge(unit: str, roles: Sequence[str]) -> set[UUID | None]:
    """The people who have one of the roles at a unit; where nobody has, at the nearest one above it."""
    for above in _upward(unit):
        if found := people.holders(above, list(roles)):
            return {one.person_id for one in found}
    return set()


def top_staff() -> set[UUID | None]:
    """The Government Office's staff who steer (one query)."""
    return {one.person_id for one in people.holders(TOP, ["steering"])}


def tell_of_nobody(*, petition: Petition, unit: str, roles: Sequence[str] = RECEIVES) -> bool:
    """Tell who can mend it that a petition came to an agency where nobody would see it: its administrators, who give roles, and the
    Government Office; once a day and agency. Whether there was anything to tell (one query where not)."""
    if reach([unit], roles)[unit]:
        return False
    context = {"code": petition.code, "unit": unit_name(unit), "step": _STEPS[tuple(roles)]}
    key = f"feedback.nobody:{unit}:{roles[0]}:{timezone.localdate():%Y%m%d}"
    roles_page = f"{reverse('admin:accounts_position_changelist')}?{urlencode({'q': unit})}"
    told = in_charge(unit, ("administrator",)) - {None}
    for person_id in told:
        notify(party_id=person_id, template="feedback.nobody", context=context, key=key, link=roles_page)  # type: ignore[arg-type]
    for person_id in top_staff() - told - {None}:
        page = reverse("admin:feedback_petition_change", args=[petition.pk])
        notify(party_id=person_id, template="feedback.nobody", context=context, key=key, link=page, channels=("inbox",))  # type: ignore[arg-type]
    return True
