"""Which papers are the same kind: the shared catalogue's codes, by code or by name. Places in a procedure's list are no kinds."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dossiers.models import Dossier
from dossiers.terms import RequiredPaper
from portal.caching import Remembered
from portal.catalogues.queries import paper_codes_by_name
from portal.text import nfc
from procedures.models import RequiredDocument, Result
from procedures.papers import name_and_details

RESULT = "TTHC."
"""Before the code of a procedure whose result has no code in the catalogue."""
_names = Remembered("catalogues")


def code_named(name: str) -> str:
    """The catalogue's code of the kind of paper with exactly this name, but for capitals and blanks; empty for none (two queries a day)."""
    known = _names.values()
    if "codes" not in known:
        known["codes"] = {_plain(label): code for label, code in paper_codes_by_name()}
    code: str = known["codes"].get(_plain(name), "")
    return code


def _plain(name: str) -> str:
    return " ".join(nfc(name).casefold().split())


def shared_kinds(dossier: Dossier) -> frozenset[str]:
    """The kinds of the shared catalogue that a dossier's procedure asked for (one query)."""
    rows = RequiredDocument.objects.filter(version_id=dossier.procedure_version_id).exclude(paper_kind="")
    return frozenset(rows.values_list("paper_kind", flat=True))


def kind_of_upload(kind: str, label: str, shared: Collection[str]) -> str:
    """The kind under which a paper handed in is kept; empty where the catalogue knows none: then it is not kept.

    ``shared``: see :func:`shared_kinds`. A place in a list and a name of one form's own mean nothing in another.
    """
    return code_named(name_and_details(label)[0]) or (kind if kind in shared else "")


def kinds_wanted(paper: RequiredPaper) -> frozenset[str]:
    """The kinds of which one gives what a procedure wants."""
    own = paper.kind if paper.shared else ""
    return frozenset({own, paper.replaced_by, code_named(paper.name)} - {""})


def kind_of_result(dossier: Dossier) -> str:
    """The kind of a dossier's result, by the catalogue's code for the result of its procedure (one query)."""
    results = Result.objects.filter(version_id=dossier.procedure_version_id).order_by("position")
    code = next((code for code in results.values_list("code", flat=True) if code), "")
    return code or f"{RESULT}{dossier.procedure_code}"


def code_shown(number: str, kind: str) -> str:
    """``<owner's number>.<kind>``, the code of a paper in a store (Decision 468/QĐ-TTg III.1b); without the number of one who has none."""
    return f"{number}.{kind}" if number else kind


def all_kinds(papers: Iterable[RequiredPaper]) -> frozenset[str]:
    """The kinds that any of the papers may be given by."""
    return frozenset().union(*(kinds_wanted(paper) for paper in papers))


def kind_named(text: str) -> tuple[str, str]:
    """Code and name of a kind of paper or of result in the shared catalogue, by either; empty for none."""
    typed = " ".join(nfc(text).split())
    for name, code in paper_codes_by_name():
        if code == typed or _plain(name) == _plain(typed):
            return code, name
    return "", ""
