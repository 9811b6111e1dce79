"""What is to be signed of a draft, whether it is, and what goes along with the dossier. Nothing here acts by itself: `services` and
`dossiers.services.filing` do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import queries as people
from dossiers.filling import Filled, Problem
from dossiers.models import Dossier, Draft, FormVersion, Paper, SignedDeclaration
from dossiers.models.papers import Origin
from dossiers.printing import Filing
from dossiers.queries import handling_unit
from portal.access import SYSTEM
from portal.files import services as files

PAGE = "ky"
KIND, LABEL = "to-khai-da-ky", "Tờ khai đã ký số"
PURPOSE, UPLOADED = "dossiers.signed_declaration", "dossiers.signed_outside"
"""Of files that we made, and of one that was signed outside."""
GIVEN = "to-khai.pdf"


def said_of(form: FormVersion) -> str:
    """Whose signature a form asks for: ``applicant``, ``organisation`` (where one files), or empty: nobody's."""
    said = (form.document or {}).get("signature", "none")
    return "" if said == "none" else str(said)


def is_asked(form: FormVersion, party_id: UUID) -> bool:
    """Whether a form asks for the signature of this applicant (one query where it asks organisations alone)."""
    said = said_of(form)
    return bool(said == "applicant" or (said == "organisation" and people.is_organisation(party_id)))


def content_of(draft: Draft, filled: Filled, person: Any, *, procedure_name: str) -> dict[str, Any]:
    """Everything that the signature is over or that it stands beside, as it would be sent now (one query)."""
    papers = draft.papers.select_related("file").order_by("position", "created_at", "id")
    said = {
        "form": draft.form_version_id,
        "law": draft.procedure_version_id,
        "procedure": [draft.procedure_code, procedure_name],
        "unit": draft.unit_code,
        "filer": person.full_name,
        "answers": filled.answers,
        "papers": [[paper.kind, paper.file.sha256] for paper in papers],
    }
    plain: dict[str, Any] = json.loads(json.dumps(said, cls=DjangoJSONEncoder))
    return plain


def declaration_of(filing_id: UUID) -> SignedDeclaration | None:
    """The declaration of a draft, or of the dossier that it became, as it was given to be signed (one query)."""
    return SignedDeclaration.objects.select_related("file", "signed_file").filter(filing_id=filing_id).first()


def is_current(row: SignedDeclaration, draft: Draft, content: dict[str, Any], person_id: UUID) -> bool:
    """Whether a declaration is still what this person would send."""
    return row.version == draft.version and row.person_id == person_id and row.content == content


@dataclass(frozen=True)
class SignatureStanding:
    """How a draft stands with its signature."""

    asked: bool
    """Whether the form asks for one at all."""
    row: SignedDeclaration | None = None
    """The declaration that was given to be signed and is still what would be sent."""
    is_lost: bool = False
    """It was signed, and the draft is another one since."""

    @property
    def is_signed(self) -> bool:
        """Whether it can be sent as far as the signature goes."""
        return not self.asked or (self.row is not None and self.row.is_signed)

    @property
    def problems(self) -> list[Problem]:
        """What keeps it from being sent."""
        if self.is_signed:
            return []
        if self.is_lost:
            return [Problem(PAGE, "", _("Hồ sơ đã thay đổi sau khi ký nên chữ ký cũ không còn. Bạn ký lại tờ khai rồi gửi."))]
        return [Problem(PAGE, "", _("Tờ khai chưa được ký số. Bạn ký rồi gửi."))]


def standing(draft: Draft, filled: Filled, person: Any, *, procedure_name: str) -> SignatureStanding:
    """How a draft stands (no query where its form asks for no signature, else two)."""
    if not is_asked(draft.form_version, draft.party_id):
        return SignatureStanding(asked=False)
    row = declaration_of(draft.id)
    if row is None:
        return SignatureStanding(asked=True)
    if is_current(row, draft, content_of(draft, filled, person, procedure_name=procedure_name), person.id):
        return SignatureStanding(asked=True, row=row)
    return SignatureStanding(asked=True, is_lost=row.is_signed)


def filing_of(row: SignedDeclaration) -> Filing:
    """What the PDF shows: what was read and checked before it was asked for, whatever the draft has become since."""
    content = row.content
    unit = handling_unit(content["unit"])
    code, name = content["procedure"]
    return Filing(
        form=FormVersion.objects.get(pk=content["form"]),
        answers=content["answers"],
        procedure_code=code,
        procedure_name=name,
        unit_name=unit.name if unit is not None else content["unit"],
        filer_name=content["filer"],
        signed_on=day_of(row.asked_at),
    )


def day_of(at: datetime) -> date:
    """The day that stands under a declaration."""
    return timezone.localdate(at)


def keep_with(dossier: Dossier, row: SignedDeclaration) -> None:
    """Let the signed declaration be a file of the dossier that was just made of its draft; in the transaction that sends it.

    Signatures apart need what they are over beside them: then both are.
    """
    assert row.file is not None and row.signed_file is not None  # it is signed
    apart = row.signed_file.media_type != "application/pdf"
    last = max((paper.position for paper in dossier.papers.all()), default=0)
    for position, file in enumerate([row.file, row.signed_file] if apart else [row.signed_file], last + 1):
        Paper.objects.create(dossier=dossier, kind=KIND, label=LABEL, file=file, origin=Origin.SIGNED, position=position)
    if not apart:
        # The signed file begins with the same bytes.
        files.erase(file=row.file, actor=SYSTEM)
    row.dossier, row.content = dossier, None
    row.save(update_fields=["dossier", "content"])


def forget(filing_id: UUID) -> None:
    """Erase what was given to be signed of a draft that is erased, or that is signed anew; in the caller's transaction."""
    row = SignedDeclaration.objects.select_for_update().filter(filing_id=filing_id, dossier=None).first()
    if row is None:
        return
    attempts = list(row.attempts.select_related("prepared_file", "upload"))
    held = {file.pk: file for one in attempts for file in (one.prepared_file, one.upload) if file is not None}
    held |= {file.pk: file for file in (row.file, row.signed_file) if file is not None}
    row.delete()
    for file in held.values():
        files.erase(file=file, actor=SYSTEM)
