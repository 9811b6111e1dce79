"""Asking for statistics without knowing codes: a procedure by its words, a place from a list; and who was late most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.caching import Remembered
from portal.catalogues.models import Agency
from portal.search import engine_and_whether_current, tidied
from portal.text import search_key
from procedures import queries as procedures
from procedures.search import PROCEDURES, version_ids
from ratings.queries import Figures, Line, Statistics

MOST_FOUND = 8
LEVELS = {"xa": "communes", "so": "departments"}
"""Levels of the units of a province, as addresses name them and as files do."""
_remembered = Remembered("catalogues")


@dataclass(frozen=True)
class Procedures:
    """What words for a procedure lead to: ``code`` where they are the name of one, else those that may be meant (code, name)."""

    words: str = ""
    code: str = ""
    found: Sequence[tuple[str, str]] = ()
    is_current: bool = True
    """Whether the answer may be kept: not while the index is made anew."""


NOTHING = Procedures()


def procedures_of(words: str) -> Procedures:
    """What somebody means by words or a code. One query and the search; none without words."""
    words = tidied(words)[:200]
    if not words:
        return NOTHING
    engine, is_current = engine_and_whether_current(PROCEDURES)
    ids = version_ids(engine.find(words, limit=MOST_FOUND))
    rows = procedures.as_listed(procedures.in_given_order(ids[:MOST_FOUND], timezone.localdate()))
    found = [(version.procedure.code, version.name) for version in rows]
    # A suggestion that was taken may be the beginning of a long name.
    begun = search_key(words.removesuffix("…"))
    same = [code for code, name in found if search_key(name) == begun or (words.endswith("…") and search_key(name).startswith(begun))]
    same += [code for code, _name in found if code == words]
    return Procedures(words, same[0] if same else found[0][0] if len(found) == 1 else "", found, is_current)


def places() -> list[tuple[str, list[tuple[str, str]]]]:
    """Provinces and ministries of today by name, in groups; what stands above or beside them is reached by links. A query at most."""
    known = _remembered.values()
    if "places" not in known:
        rows = Agency.objects.on(timezone.localdate()).filter(level__in=[Agency.Level.PROVINCE, Agency.Level.MINISTRY])
        groups: dict[str, list[tuple[str, str]]] = {Agency.Level.PROVINCE: [], Agency.Level.MINISTRY: []}
        for code, name, level in rows.order_by("sort_key", "code").values_list("code", "name", "level"):
            groups[level].append((code, name))
        known["places"] = [(level, groups[level]) for level in groups]
    found: list[tuple[str, list[tuple[str, str]]]] = known["places"]
    return found


def level_names() -> dict[str, str]:
    """What the levels of units are called; ``""``: all of them."""
    return {"": _("Mọi đơn vị"), "xa": _("Các xã, phường, đặc khu"), "so": _("Sở, ngành và đơn vị khác của tỉnh")}


def of_level(found: Statistics, level: str) -> Statistics:
    """Of the units below an agency those of one of :data:`LEVELS`, and together; others are departments. One query."""
    communes = set(
        Agency.objects.filter(code__in=[line.key for line in found.lines], level=Agency.Level.COMMUNE).values_list("code", flat=True)
    )
    lines = [line for line in found.lines if (line.key in communes) == (level == "xa")]
    return Statistics(sum((line.figures for line in lines), Figures()), lines)


def latest(lines: Sequence[Line]) -> Line | None:
    """The part with most that were resolved late; of equals the one with the larger share, then by code. None where nothing was late."""
    late = [line for line in lines if line.key and line.figures.late]
    return min(late, key=_by_late, default=None) if len(lines) > 1 else None


def _by_late(line: Line) -> tuple[Any, ...]:
    return -line.figures.late, line.figures.kept_word or 0.0, line.key
