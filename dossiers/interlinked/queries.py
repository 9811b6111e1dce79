"""Dossiers that were filed as one: whose, and which wait for which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from dossiers import queries
from dossiers.answer_rules import Finding
from dossiers.interlinked.composing import Part, parts_in
from dossiers.models import OPEN_STATES, Dossier, FormVersion, LinkedFiling, LinkedPart
from portal.access import Actor, belonging_to


def part_forms(form: FormVersion) -> list[tuple[Part, FormVersion]]:
    """The parts of a composed form with the versions of their forms that it was composed of (one query)."""
    parts = parts_in(form.document)
    rows = FormVersion.objects.filter(procedure_code__in=[part.procedure for part in parts])
    versions = {(row.procedure_code, row.number): row for row in rows}
    return [(part, versions[part.procedure, part.number]) for part in parts]


def same_filings_of_parts(form: FormVersion, answers: Mapping[str, Any], person: Any, *, besides: UUID | None) -> list[Finding]:
    """As ``dossiers.queries.same_filings``, of each part among the dossiers of its procedure, said at the composed form's field."""
    found = []
    for part, version in part_forms(form):
        for finding in queries.same_filings(version, part.answers(answers), person, besides=besides):
            found.append(Finding(finding.kind, part.names.get(finding.field, finding.field), finding.message, token=finding.token))
    return found


def own_filings(actor: Actor) -> QuerySet[LinkedFiling]:
    """The interlinked filings of the party for whom the actor acts, as far as their mandate reaches."""
    return belonging_to(actor, LinkedFiling.objects.all(), "applicant_id", procedure="procedure_code")


def parts_of(filing_id: UUID) -> list[LinkedPart]:
    """The dossiers of a filing in their order (one query)."""
    return list(LinkedPart.objects.filter(filing=filing_id).select_related("dossier", "filing", "after").order_by("position"))


def linked_with(dossier_id: UUID) -> list[LinkedPart]:
    """The dossiers that were filed as one with this one, this one too; empty where it was filed alone (one query)."""
    mine = LinkedPart.objects.filter(dossier=dossier_id).values("filing")
    return list(LinkedPart.objects.filter(filing__in=mine).select_related("dossier", "filing", "after").order_by("position"))


def waits_for(dossier: Dossier) -> str:
    """Why a part of an interlinked filing cannot be received yet, in words for the officer; empty where nothing stands before it (one
    query)."""
    row = (
        LinkedPart.objects.filter(dossier=dossier.pk, after__dossier__state__in=OPEN_STATES)
        .values_list("after__title", "after__dossier__code")
        .first()
    )
    return f"Hồ sơ liên thông: còn chờ kết quả phần “{row[0]}” (hồ sơ {row[1]})." if row else ""
