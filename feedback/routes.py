"""Which agency a petition is suggested to go to."""

from __future__ import annotations

from django.utils import timezone

from dossiers.models import Dossier
from feedback.models import TOP, PetitionKind
from payments.models import Order
from portal.catalogues import queries as catalogues
from portal.catalogues.models import AdministrativeUnit
from procedures.queries import procedure_on


def suggested_unit(
    *, kind: PetitionKind | None, procedure_code: str = "", dossier_code: str = "", order_code: str = "", place_code: str = ""
) -> str:
    """The agency that is most likely competent; VPCP where nothing says which (a few queries).

    What a dossier or payment is about says where it happened; errors of a procedure's announcement go to who announced it (Rules art.
    37.3); else the People's Committee of the place.
    """
    if dossier_code:
        unit = Dossier.objects.filter(code=dossier_code).values_list("unit_code", flat=True).first()
        if unit:
            return str(unit)
    if order_code:
        unit = Order.objects.filter(code=order_code).values_list("payee_unit", flat=True).first()
        if unit:
            return str(unit)
    version = procedure_on(procedure_code, timezone.localdate()) if procedure_code else None
    owner = str(version.issuing_code) if version is not None and version.issuing_code else ""
    if owner and kind is not None and kind.goes == PetitionKind.Goes.OWNER:
        return _first_known(owner)
    if place_code:
        places = [place_code, place_code_of_province(place_code)]
        offices = catalogues.offices(place for place in places if place)
        for place in places:
            if place in offices:
                return str(offices[place].code)
    return _first_known(owner)


def place_code_of_province(place_code: str) -> str:
    """The province of a commune; the code itself for a province; empty for one nobody knows (one query)."""
    if len(place_code) == 2:
        return place_code
    try:
        unit = catalogues.administrative_unit(place_code)
    except AdministrativeUnit.DoesNotExist:
        return ""
    return str(unit.parent.code) if unit.parent is not None else ""


def _first_known(code: str) -> str:
    return code if code and catalogues.agency_names([code]) else TOP
