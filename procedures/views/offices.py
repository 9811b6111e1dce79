"""Where one goes: the province and the commune of a reader, found by the name it has now or had before."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpRequest
from django.utils import timezone

from portal.catalogues import queries as catalogues
from portal.catalogues.models import AdministrativeUnit, Agency
from procedures.models import Level, ProcedureVersion

MAX_NAME = 80


@dataclass
class Place:
    """Where a reader lives, as far as the address says it, and the offices there."""

    province: AdministrativeUnit | None = None
    commune: AdministrativeUnit | None = None
    provinces: list[AdministrativeUnit] = field(default_factory=list)
    """To choose from; empty where the commune is known."""
    office: Agency | None = None
    by_commune: bool = False
    """The procedure is carried out in communes, so that the commune decides where to go."""


@dataclass(frozen=True)
class Answer:
    """A unit of today that answers to a name; ``before``: the unit that bore the name and went into it, if it is another."""

    unit: AdministrativeUnit
    before: AdministrativeUnit | None


def is_code(text: str) -> bool:
    """Whether ``?xa=`` names a commune by its five digits."""
    return len(text) == 5 and text.isascii() and text.isdigit()


def typed_name(request: HttpRequest) -> str:
    """The name of a commune that was typed into ``?xa=``; empty for a code and for nothing."""
    text = " ".join(request.GET.get("xa", "").replace("\x00", "")[:MAX_NAME].split())
    return "" if is_code(text) else text


def place_of(request: HttpRequest, version: ProcedureVersion) -> Place:
    """Read ``?dia-phuong=`` (two digits) and ``?xa=`` (five). Two queries, one where nothing is asked."""
    province, commune = request.GET.get("dia-phuong", ""), request.GET.get("xa", "")
    place = Place(by_commune=Level.COMMUNE in version.levels)
    if is_code(commune):
        units = AdministrativeUnit.objects.on(timezone.localdate()).filter(level=AdministrativeUnit.Level.COMMUNE)
        place.commune = units.select_related("parent").filter(code=commune).first()
    if place.commune is not None:
        place.province = place.commune.parent
    else:
        place.provinces = list(catalogues.provinces())
        place.province = next((unit for unit in place.provinces if unit.code == province), None)
    unit = place.commune or place.province
    if unit is not None:
        place.office = catalogues.offices([unit.code]).get(unit.code)
    return place


def named(name: str, province: str = "") -> list[Answer]:
    """Communes of today that bear a name or took in the unit that bore it, each once. A handful of queries."""
    known = province if len(province) == 2 and province.isascii() and province.isdigit() else None
    answers: dict[str, Answer] = {}
    for found in catalogues.find_today(name, province=known):
        for becoming in found.today:
            if becoming.unit.level == AdministrativeUnit.Level.COMMUNE:
                same = becoming.unit.pk == found.unit.pk or becoming.unit.full_name == found.unit.full_name
                answers.setdefault(becoming.unit.code, Answer(becoming.unit, None if same else found.unit))
    return list(answers.values())
