"""Agencies that are no more, seen in today's places: whose kept counts are taken from where and added where.

A unit's figures go to whoever follows it, and to whoever follows that one; one that nobody follows goes with the nearest agency above it
that has a successor. What stands today stays, and so does a unit that the catalogue never knew below an agency that stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from portal.caching import Remembered
from portal.catalogues.models import Agency

_remembered = Remembered("catalogues")


@dataclass(frozen=True)
class Heirs:
    """Codes of the agencies that stand today, and of those that are no more with the one that follows each."""

    standing: frozenset[str]
    after: dict[str, str]

    def of(self, unit: str) -> str:
        """Where a unit is today: itself, or who follows it."""
        seen: set[str] = set()
        code = unit
        while code not in seen and (ended := self.ended(code)):
            seen.add(code)
            code = self.after[ended]
        return code

    def ended(self, unit: str) -> str:
        """The unit or the nearest above it that is no more and has a successor; empty where there is none before one that stands."""
        return next((above for above in self._upwards(unit) if above in self.after), "")

    def _upwards(self, code: str) -> Iterator[str]:
        while code and code not in self.standing:
            yield code
            code = code.rpartition(".")[0]


def heirs() -> Heirs:
    """As the catalogue has it today; remembered until it changes. Up to two queries."""
    known = _remembered.values()
    if "heirs" not in known:
        today = timezone.localdate()
        standing = frozenset(Agency.objects.on(today).values_list("code", flat=True))
        ended = Agency.objects.filter(effective_to__lte=today, successor__isnull=False).order_by("effective_to", "pk")
        after = {code: heir for code, heir in ended.values_list("code", "successor__code") if code not in standing and heir != code}
        known["heirs"] = Heirs(standing, after)
    found: Heirs = known["heirs"]
    return found


@dataclass(frozen=True)
class Moves:
    """Kept counts of places, each with all below it, that are added (1) or taken away (-1), by the part for which they count."""

    places: list[str]
    labels: list[str]
    signs: list[int]


def moves(agency: str, *, by_agency: bool) -> Moves | None:
    """What today's places change in the figures of an agency (empty: the country), whole or by the agencies directly below it; None where
    nothing changes. One query where the catalogue knows successors; nobody's figures count twice: what is added somewhere is taken away
    where it was reported."""
    known = heirs()
    if not known.after or (not agency and not by_agency):
        return None
    change = _change(_places(known), known, agency, by_agency)
    rows = sorted((place, label, sign) for (place, label), sign in change.items() if sign and not (by_agency and label == agency))
    if not rows:
        return None
    return Moves([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])


def _change(places: Iterable[str], known: Heirs, agency: str, by_agency: bool) -> Counter[tuple[str, str]]:
    """Each place's own dossiers (its count less those directly below) move from its part to that of its heir; what moves the same way
    as the place above it cancels out, so that of a province that went whole into another one only its own count is left."""
    nodes = set(places)
    below: dict[str, list[str]] = {}
    for place in nodes:
        below.setdefault(place.rpartition(".")[0], []).append(place)
    found: Counter[tuple[str, str]] = Counter()
    for place in nodes:
        heir = known.of(place)
        before, after = _part(place, agency, by_agency), _part(heir, agency, by_agency)
        if by_agency and heir == agency != place:
            # What came to the agency itself is told apart by whom it came from.
            after = known.ended(place)
        if before == after:
            continue
        for part, sign in ((before, -1), (after, 1)):
            if part is not None:
                found[place, part] += sign
                for under in below.get(place, ()):
                    found[under, part] -= sign
    return found


def _part(unit: str, agency: str, by_agency: bool) -> str | None:
    """The part of the figures of ``agency`` to which a unit counts; None where it does not count there."""
    if agency and unit != agency and not unit.startswith(f"{agency}."):
        return None
    if not by_agency:
        return ""
    depth = len(agency.split(".")) + 1 if agency else 1
    return ".".join(unit.split(".")[:depth])


# By ranges of codes: "/" is the character that follows the point.
_PLACES = """
WITH gone AS (SELECT code FROM unnest(%(gone)s::text[]) AS g (code))
SELECT c.place FROM gone JOIN ratings_dossiercount c ON c.grain = 't' AND c.place = gone.code AND c.period = 'a'
UNION SELECT c.place FROM gone
    JOIN ratings_dossiercount c ON c.grain = 't' AND c.place > gone.code || '.' AND c.place < gone.code || '/' AND c.period = 'a'
UNION SELECT d.unit_code FROM gone JOIN ratings_dossierdelta d ON d.unit_code = gone.code
    OR d.unit_code > gone.code || '.' AND d.unit_code < gone.code || '/'
"""


def _places(known: Heirs) -> set[str]:
    """Agencies that are no more, and units below them, for which something is counted; with those between."""
    gone = [code for code in known.after if not any(above in known.after for above in _above(code))]
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, {"gone": gone})
        found = {str(place) for (place,) in cursor.fetchall()}
    tops = set(gone)
    for place in list(found):
        while place not in tops and "." in place:
            place = place.rpartition(".")[0]
            found.add(place)
    return found


def _above(code: str) -> Iterator[str]:
    while "." in code:
        code = code.rpartition(".")[0]
        yield code
