"""What an applicant reads of a dossier that was handed in elsewhere than at the agency of their place (Decision 468/QĐ-TTg III.3)."""

from __future__ import annotations

from dossiers.models import CounterFiling, Dossier
from dossiers.models.dossier import Channel
from dossiers.queries import is_elsewhere
from dossiers.terms import terms_of
from portal.catalogues import queries as catalogues


def received_elsewhere(dossier: Dossier) -> dict[str, str] | None:
    """Which agency received it and to which it was passed on, by name; both empty where it was sent online straight to another province's.

    None where it was filed as every other dossier is. One query of what came over a counter, else none while terms are remembered.
    """
    if dossier.channel != Channel.ONLINE:
        found = CounterFiling.objects.filter(pk=dossier.pk).exclude(for_unit="").values_list("unit_code", "for_unit").first()
        if found is None:
            return None
        names = catalogues.agency_names(found)
        return {"received": names.get(found[0], found[0]), "to": names.get(found[1], found[1])}
    return {"received": "", "to": ""} if is_elsewhere(dossier.applicant_id, dossier.unit_code, terms_of(dossier)) else None
