"""What can be asked of guidance; each function states how many SQL queries it makes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from procedures import queries as catalogue
from procedures.guidance.documents import Catalogue, Document
from procedures.models import GuidanceTree, Procedure, ProcedureVersion


def is_guided(code: str) -> bool:
    """Whether a procedure has questions that are public. One query."""
    return GuidanceTree.objects.filter(state="published", procedure__code=code).exists()


def shown_tree(code: str) -> GuidanceTree | None:
    """The public questions of a procedure. One query."""
    return GuidanceTree.objects.filter(state="published", procedure__code=code).select_related("procedure").first()


def named_procedures(document: Any) -> list[str]:
    """Codes that the endings of a document lead to. No query."""
    endings = document.get("endings", []) if isinstance(document, dict) else []
    return [one["procedure"] for one in endings if isinstance(one, dict) and isinstance(one.get("procedure"), str) and one["procedure"]]


def catalogue_of(version: ProcedureVersion, document: Document, day: dt.date) -> Catalogue:
    """What a version (``procedures.queries.procedure_on``) says, for the check of a document. One query where it leads elsewhere."""
    limits = [limit for channel in version.channels.all() for limit in channel.limits.all()]
    return Catalogue(
        papers=[(paper.name, paper.case) for paper in version.documents.all()],
        fees=[(fee.name, fee.condition) for limit in limits for fee in limit.fees.all()],
        limits={limit.note for limit in limits if limit.note},
        procedures=in_force_among(named_procedures(document), day),
    )


def in_force_among(codes: Iterable[str], day: dt.date) -> set[str]:
    """Those of these codes that are in force. One query, none where nothing is asked."""
    return {version.procedure.code for version in catalogue.with_codes(codes, day)}


def procedure(code: str) -> Procedure | None:
    """The procedure with a code. One query."""
    return Procedure.objects.filter(code=code).first()
