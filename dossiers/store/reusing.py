"""Papers of the store given instead of asked for (requirement D-02; Decree 61/2018 art. 11: nothing is asked for that the state has)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from dossiers.models import Paper, StorePaper
from dossiers.papers import Wanted
from dossiers.store.kinds import all_kinds, kinds_wanted
from dossiers.store.queries import in_state, own_papers
from portal.access import Actor


@dataclass(frozen=True)
class Offered:
    """A paper of the store that may be given for a wanted one."""

    paper: StorePaper
    chosen: bool
    """Taken unless the person says otherwise: it is wanted of them, it is the only one, and it is about the party itself."""


def offered(actor: Actor, wanted: Sequence[Wanted], given: Iterable[Paper], *, day: date) -> Mapping[str, list[Offered]]:
    """The papers of the party's store that hold on a day, by the kind of the wanted paper for which they may be given (one query).

    Nothing for a wanted paper that was given already. A paper about somebody else (one of several children) is offered, never chosen; so
    is a certified copy of another kind, for no catalogue knows every paper (Decree 45/2020 art. 10: it is worth what the original is).
    """
    there = {paper.kind for paper in given}
    missing = [one for one in wanted if one.asked and one.paper.kind not in there]
    if not missing:
        return {}
    kinds = all_kinds(one.paper for one in missing)
    rows = in_state(own_papers(actor), "con-hieu-luc", day).filter(Q(kind__in=kinds) | Q(origin=StorePaper.Origin.CERTIFIED))
    held = list(rows.select_related("document", "dossier").order_by("-kept_at", "id")[:MOST])
    found: dict[str, list[Offered]] = {}
    for one in missing:
        fitting = _once([paper for paper in held if paper.kind in kinds_wanted(one.paper)])
        alone = one.required and len(fitting) == 1 and not fitting[0].about
        others = [paper for paper in held if paper.origin == StorePaper.Origin.CERTIFIED and paper not in fitting]
        if fitting or others:
            found[one.paper.kind] = [Offered(paper, alone) for paper in fitting] + [Offered(paper, False) for paper in others]
    return found


def _once(papers: Sequence[StorePaper]) -> list[StorePaper]:
    """Of papers that are the same by kind, number and day the best proved: issued here, else what a registry supplied, else a copy."""
    found: dict[tuple[str, str, date | None], StorePaper] = {}
    for paper in sorted(papers, key=lambda paper: _PROVED[paper.origin]):
        found.setdefault((paper.kind, paper.number or str(paper.pk), paper.issued_on), paper)
    return [paper for paper in papers if paper in found.values()]


_PROVED: dict[str, int] = {
    StorePaper.Origin.ISSUED: 0,
    StorePaper.Origin.DIGITISED: 1,
    StorePaper.Origin.REGISTRY: 2,
    StorePaper.Origin.CERTIFIED: 2,
    StorePaper.Origin.UPLOADED: 3,
}
MOST = 50
"""Papers of the store that one page offers, the newest."""
