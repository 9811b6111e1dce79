"""Where one goes: the province and the commune of a reader, found by the name it has now or had before."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpRequest
from django.utils import timezone

from portal.access import actor_of
from portal.catalogues import queries as catalogues
from portal.catalogues.models import AdministrativeUnit, Agency
from procedures.views.reception import Reception

MAX_NAME = 80


@dataclass
class Place:
    """Where a reader lives, as far as the address says it, and the offices there."""

    province: AdministrativeUnit | None = None
    commune: AdministrativeUnit | None = None
    provinces: list[AdministrativeUnit] = field(default_factory=list)
    """To choose from; empty where the commune is known."""
    office: Agency | None = None
    """The committee whose one-stop centre takes the papers, where the catalogue has it."""
    is_own: bool = False
    """Nobody asked: it is where the reader, who is signed in, lives."""
    above: Agency | None = None
    """The province's committee, to ask where nothing is known of the office itself."""

    @property
    def reachable(self) -> bool:
        """Whether one can find or call the office with what is published."""
        return bool(self.office and (self.office.address or self.office.hotline))


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


_OWN = "own:"


def own_place(request: HttpRequest) -> str:
    """Which procedure page somebody who is signed in gets: that of the commune where they live, unless the address names a place."""
    actor = actor_of(request)
    if not actor.is_signed_in:
        return ""
    names_a_place = "dia-phuong" in request.GET or request.GET.get("xa", "")
    return _OWN + ("" if names_a_place else actor.commune)


def is_for_reader(request: HttpRequest) -> str:
    """What :func:`own_place` said; empty for strangers."""
    return getattr(request, "variant", "")


def place_of(request: HttpRequest, received: Reception) -> Place:
    """Read ``?dia-phuong=`` (two digits) and ``?xa=`` (five). Two queries, one where nothing is asked.

    Of somebody signed in, an address that names neither means where they live (:func:`own_place`).
    """
    province, commune = request.GET.get("dia-phuong", ""), request.GET.get("xa", "")
    place = Place()
    if own := is_for_reader(request).removeprefix(_OWN):
        place.commune = catalogues.commune_today(own)
        place.is_own = place.commune is not None
    elif is_code(commune):
        units = AdministrativeUnit.objects.on(timezone.localdate()).filter(level=AdministrativeUnit.Level.COMMUNE)
        place.commune = units.select_related("parent").filter(code=commune).first()
    if place.commune is not None:
        place.province = place.commune.parent
    else:
        place.provinces = list(catalogues.provinces())
        place.province = next((unit for unit in place.provinces if unit.code == province), None)
    if place.province is not None and received:
        found = catalogues.offices([unit.code for unit in (place.province, place.commune) if unit is not None])
        place.above = found.get(place.province.code)
        if received.commune and place.commune is not None:
            place.office = found.get(place.commune.code)
        elif received.province:
            place.office = place.above
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
