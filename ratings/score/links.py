"""Where the rows behind a figure can be opened: on the desk, by who may see them there."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from dossiers.models import Dossier
from feedback.access import seen_by
from feedback.models import Petition
from portal.access import Actor, visible_to
from portal.languages import address
from procedures import queries as procedures


def on_the_desk(actor: Actor, what: str, codes: Iterable[str]) -> dict[str, str]:
    """Addresses on the desk of the dossiers or petitions that this officer may see, by code. One query; none for who is no officer."""
    if not actor.unit:
        return {}
    wanted = set(codes)
    if what == "dossier":
        rows = visible_to(actor, Dossier.objects.all(), "dossiers.read", "unit_code").filter(code__in=wanted).values_list("code", "pk")
        return {code: reverse("admin:dossiers_dossier_change", args=[pk]) for code, pk in rows if code}
    found = seen_by(actor, Petition.objects.all()).filter(code__in=wanted).values_list("code", "pk")
    return {code: reverse("admin:feedback_petition_change", args=[pk]) for code, pk in found}


def procedure_names(codes: Iterable[str]) -> dict[str, str]:
    """The last name of each procedure. One query; none where nothing is asked."""
    wanted = set(codes)
    return procedures.last_names(wanted) if wanted else {}


def decisions(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Public addresses of decisions by their numbers, of agency and number (one query; none where nothing is asked)."""
    wanted = set(named)
    found = procedures.decisions_numbered({number for _unit, number in wanted}) if wanted else []
    return {number: address("decision", pk) for pk, unit, number in found if (unit, number) in wanted}
