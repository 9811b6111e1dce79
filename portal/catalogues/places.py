"""What became of a place: an old commune, district or province leads to today's (merger of 1 July 2025 and what follows)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from portal.catalogues.models import AdministrativeUnit, Succession
from portal.text import nfc, place_tone_marks, search_key

MOST_STEPS = 6
"""How many mergers after one another are followed; there has been one."""
MOST_MATCHES = 200
"""Rows of one name that are looked at; the commonest name of a commune occurs some 30 times."""

_TYPES = re.compile(r"^(?:(?:phuong|xa|thi tran|dac khu|quan|huyen|thi xa|thanh pho|tp|tinh)\s+|(?:p|x|tt|q|h|tx|tp)\.\s*)(?=\S)")
_SHORT = {
    "p.": "phuong", "x.": "xa", "tt.": "thi tran", "q.": "quan", "h.": "huyen", "tx.": "thi xa", "tp.": "thanh pho", "tp": "thanh pho",
}  # fmt: skip


_residences: Callable[[UUID], str] | None = None


def register_residences(residences: Callable[[UUID], str]) -> None:
    """Let an upper room (``accounts``) say in which commune a person lives, by its code. Called once, in ``ready()``."""
    global _residences
    _residences = residences


def residence(person_id: UUID) -> AdministrativeUnit | None:
    """Today's commune, with its province, where a person lives; None where nobody knows. Two queries; more after a merger."""
    return commune_today(_residences(person_id)) if _residences is not None else None


def commune_today(code: str) -> AdministrativeUnit | None:
    """Today's commune, with its province, of a code of today or before; None where it went into several. One query; more after a merger."""
    if not code:
        return None
    today = AdministrativeUnit.objects.on(timezone.localdate()).filter(level=AdministrativeUnit.Level.COMMUNE)
    unit = today.select_related("parent").filter(code=code).first()
    if unit is not None:
        return unit
    heirs = [one.unit for one in successors(code) if one.unit.level == AdministrativeUnit.Level.COMMUNE]
    return heirs[0] if len(heirs) == 1 else None


def whole_address(address: str, unit: AdministrativeUnit | None) -> str:
    """An address with the commune and the province of its unit behind it, each only where the address does not say it already."""
    parts = [part.strip() for part in address.split(",") if part.strip()]
    keys = [search_key(part) for part in parts]
    for place in (unit, unit.parent) if unit is not None else ():
        if place is None:
            continue
        full, bare = search_key(place.full_name), search_key(place.name)
        # The first part is house and street, which bear names of places too.
        if full not in keys and not any(key == bare or key.endswith(f" {bare}") for key in keys[1:]):
            parts.append(place.full_name)
    return ", ".join(parts)


@dataclass(frozen=True)
class Becoming:
    """A unit of today into which another one went."""

    unit: AdministrativeUnit
    whole: bool
    """All of the old unit went there, none elsewhere."""
    is_main: bool
    """The one to offer first."""


@dataclass(frozen=True)
class Found:
    """A unit that bears or bore the name, and where it is today (itself, if it still holds)."""

    unit: AdministrativeUnit
    today: list[Becoming]

    @property
    def still_holds(self) -> bool:
        """Whether the unit itself is one of today's."""
        return any(one.unit.pk == self.unit.pk for one in self.today)


def successors(old_code: str, *, on: dt.date | None = None) -> list[Becoming]:
    """The units of a day (today if left out) into which the unit that bore the code and ended went; the main one first.

    A code given anew on 1 July 2025 is read as the old unit's; a district leads to all communes that its communes went to. Empty
    for a code that never ended. At most four queries for one merger.
    """
    day = on or timezone.localdate()
    ended = AdministrativeUnit.objects.filter(code=old_code, effective_to__lte=day).order_by("-effective_to", "-pk")
    rows = list(ended.select_related("parent"))
    with_heirs = [row for row in rows if row.level == AdministrativeUnit.Level.DISTRICT or row.pk in _having_heirs(rows)]
    for row in with_heirs or rows[:1]:
        return _follow([row], day)[row.pk]
    return []


def find_today(name: str, *, province: str | None = None, on: dt.date | None = None, limit: int = 20) -> list[Found]:
    """Units that bear or bore a name, each with the units of today; units that still hold come first.

    The name may be written without diacritics, with or without the kind of unit, and go on with what it lay in: ``Phường Trúc Bạch,
    quận Ba Đình, Hà Nội``. ``province`` keeps what lies today in the province with these two digits. A handful of queries, whatever
    the name.
    """
    day = on or timezone.localdate()
    first, *around = [part.strip() for part in nfc(name[:200].replace("\0", "")).split(",") if part.strip()] or [""]
    if not search_key(first):
        return []
    matches = _matches(first)
    if around:
        matches = [row for row in matches if _lies_in(row, around)] or matches
    today = _follow(matches, day)
    found: dict[tuple[str, ...], Found] = {}
    for row in sorted(matches, key=lambda row: (not _holds(row, day), len(row.code) == 3, row.sort_key, row.code, row.pk)):
        where = [one for one in today[row.pk] if province is None or _province_of(one.unit) == province]
        # A unit that only changed its kind or facts is one answer, not two.
        answer = (row.search_key, row.level, *(one.unit.code for one in where))
        if where and answer not in found:
            found[answer] = Found(unit=row, today=where)
    return list(found.values())[:limit]


def _forms(text: str) -> tuple[str, str, str]:
    """A name as typed, without its kind of unit, and with the kind written out (empty if none was typed); all as search keys."""
    typed = search_key(text)
    kind = _TYPES.match(typed)
    if kind is None:
        return typed, typed, ""
    word, bare = kind.group(0).strip(), typed[kind.end() :]
    return typed, bare, f"{_SHORT.get(word, word)} {bare}"


def _matches(name: str) -> list[AdministrativeUnit]:
    typed, bare, full = _forms(name)
    rows = list(
        AdministrativeUnit.objects.filter(search_key__in={typed, bare, full})
        .select_related("parent__parent")
        .order_by("-effective_from", "code", "pk")[:MOST_MATCHES]
    )
    if full:
        rows = [row for row in rows if search_key(row.full_name) == full] or rows
    marked = _exact(name)
    return [row for row in rows if marked in (_exact(row.name), _exact(row.full_name)) or marked.endswith(" " + _exact(row.name))] or rows


def _exact(name: str) -> str:
    return " ".join(place_tone_marks(name).lower().split())


def _lies_in(row: AdministrativeUnit, around: Iterable[str]) -> bool:
    above: list[str] = []
    parent = row.parent
    while parent is not None:
        above += [parent.search_key, search_key(parent.full_name)]
        parent = parent.parent
    return all(any(form in above for form in _forms(part)) for part in around)


def _province_of(unit: AdministrativeUnit) -> str:
    return unit.parent.code if unit.parent is not None else unit.code


def _holds(unit: AdministrativeUnit, day: dt.date) -> bool:
    return unit.effective_from <= day and (unit.effective_to is None or unit.effective_to > day)


def _having_heirs(units: list[AdministrativeUnit]) -> set[int]:
    return set(Succession.objects.filter(old__in=[unit.pk for unit in units]).values_list("old_id", flat=True))


def _follow(units: list[AdministrativeUnit], day: dt.date) -> dict[int, list[Becoming]]:
    """For each unit the ones of the day; each step of history costs two queries for all of them together."""
    reached: dict[int, dict[str, Becoming]] = {unit.pk: {} for unit in units}
    waiting = [(unit.pk, unit, True, True) for unit in units]
    for _ in range(MOST_STEPS):
        for origin, unit, whole, main in [step for step in waiting if _holds(step[1], day)]:
            _reach(reached[origin], unit, whole, main)
        waiting = [step for step in waiting if not _holds(step[1], day) and step[1].effective_to is not None]
        if not waiting:
            break
        waiting = _next(waiting)
    return {
        key: sorted(there.values(), key=lambda one: (not one.is_main, one.unit.sort_key, one.unit.code)) for key, there in reached.items()
    }


def _reach(there: dict[str, Becoming], unit: AdministrativeUnit, whole: bool, main: bool) -> None:
    before = there.get(unit.code)
    there[unit.code] = Becoming(unit, whole, main or (before is not None and before.is_main))


_Step = tuple[int, AdministrativeUnit, bool, bool]


def _next(waiting: list[_Step]) -> list[_Step]:
    """One step on: the heirs of each unit, of a district's communes, or else the row that amended it."""
    keys = {unit.pk for _, unit, _, _ in waiting}
    of_districts = Q(old__parent__in={unit.pk for _, unit, _, _ in waiting if unit.level == AdministrativeUnit.Level.DISTRICT})
    heirs: dict[int, dict[int, tuple[AdministrativeUnit, bool, bool]]] = {}
    for row in Succession.objects.filter(Q(old__in=keys) | of_districts).select_related("old", "new__parent").order_by("pk"):
        own = row.old_id in keys
        of = row.old_id if own else row.old.parent_id
        known = heirs.setdefault(of or 0, {}).get(row.new_id)  # a commune of a district always has it as parent
        main = row.is_main or (known is not None and known[2])
        heirs[of or 0][row.new_id] = (row.new, own and row.share == Succession.Share.WHOLE, main)
    amended = {unit.successor_id for _, unit, _, _ in waiting if unit.pk not in heirs and unit.successor_id is not None}
    rows = {row.pk: row for row in AdministrativeUnit.objects.filter(pk__in=amended).select_related("parent")} if amended else {}
    further: list[_Step] = []
    for origin, unit, whole, main in waiting:
        mine = heirs.get(unit.pk)
        if mine:
            alone = len(mine) == 1
            further += [(origin, new, whole and (share or alone), main and is_main) for new, share, is_main in mine.values()]
        elif unit.successor_id in rows:
            further.append((origin, rows[unit.successor_id], whole, main))
    return further
