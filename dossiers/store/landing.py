"""How papers come into a store: with the signature of a result, in the same transaction, and by themselves (requirement D-04)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts import queries as people
from dossiers.models import CounterPaper, Dossier, DossierDocument, Paper, State, StorePaper, StorePaperFile
from dossiers.models.papers import Origin
from dossiers.services import registers
from dossiers.store.kinds import kind_of_result, kind_of_upload, shared_kinds
from portal import audit, crypto
from portal.access import SYSTEM
from portal.documents.models import Document
from portal.documents.units import unit_name
from portal.files import services as files
from portal.files.errors import FileUnreadable
from portal.files.models import FileState, StoredFile
from procedures.papers import name_and_details

SLICE = 100
SIGNED = (Document.SIGNED, Document.REVOKED)


@transaction.atomic
def land(dossier: Dossier, *, now: datetime) -> list[StorePaper]:
    """Put the result of a dossier that ended well, and the papers that were handed in with it, into its owner's store.

    Called in the transaction that signs the result, and again for whatever was missed: what is there already is left alone. Nothing for
    an owner whose data were erased. A paper handed in is kept where the shared catalogue knows its kind and its check found nothing.
    Decision 468/QĐ-TTg III.1b; Decree 45/2020 art. 15.
    """
    if dossier.state != State.RETURNED or crypto.is_destroyed(dossier.owner_id):
        return []
    about = dossier.subject_name if dossier.subject_name != dossier.owner_name else ""
    return [*_result(dossier, about, now), *_uploads(dossier, about, now)]


def _result(dossier: Dossier, about: str, now: datetime) -> Iterator[StorePaper]:
    standing = dossier.documents.select_related("document__file").filter(cancelled_at__isnull=True, document__state__in=SIGNED)
    issued = standing.filter(role=DossierDocument.Role.RESULT).first()
    if issued is None or issued.document.file is None or StorePaper.objects.filter(document_id=issued.document_id).exists():
        return
    day = timezone.localdate(dossier.decided_at)
    number = registers.number_given(dossier)
    paper = _keep(
        dossier,
        now,
        kind=kind_of_result(dossier),
        title=issued.document.title,
        issuer=unit_name(dossier.unit_code, on=day),
        number=number.number_words if number is not None else None,
        about=about or None,
        issued_on=day,
        valid_until=issued.valid_until,
        origin=StorePaper.Origin.ISSUED,
        signature=StorePaper.Signature.SIGNED,
        document=issued.document,
    )
    _hold(paper, [issued.document.file], name=f"{issued.document.title}.pdf")
    yield paper


def _uploads(dossier: Dossier, about: str, now: datetime) -> Iterator[StorePaper]:
    handed_in = dossier.papers.select_related("file").filter(origin=Origin.UPLOADED, file__state=FileState.CLEAN, superseded_at=None)
    by_kind: dict[str, list[Paper]] = defaultdict(list)
    shared = shared_kinds(dossier)
    for one in handed_in:
        if kind := kind_of_upload(one.kind, one.label, shared):
            by_kind[kind].append(one)
    there = set(dossier.store_papers.filter(origin=StorePaper.Origin.UPLOADED).values_list("kind", flat=True))
    for kind, papers in by_kind.items():
        if kind in there:
            continue
        paper = _keep(
            dossier,
            now,
            kind=kind,
            title=name_and_details(papers[0].label)[0][:300],
            about=about or None,
            origin=StorePaper.Origin.UPLOADED,
            **scanned(papers),
        )
        _hold(paper, [one.file for one in papers])
        yield paper


def scanned(papers: list[Paper]) -> dict[str, Any]:
    """What an officer who digitised a paper wrote of it, and whether they have signed for it (D-05): then it is worth the paper itself."""
    indexed = CounterPaper.objects.select_related("filing__sheet").filter(paper__in=papers).order_by("position").first()
    if indexed is None:
        return {"signature": StorePaper.Signature.NONE}
    is_signed = indexed.filing.sheet is not None and indexed.filing.sheet.is_signed
    return {
        "signature": StorePaper.Signature.SIGNED if is_signed else StorePaper.Signature.NONE,
        "number": indexed.number,
        "issuer": indexed.issuer,
        "issued_on": indexed.issued_on,
    }


def _keep(dossier: Dossier, now: datetime, **facts: Any) -> StorePaper:
    paper = StorePaper.objects.create(
        party_id=dossier.owner_id, procedure_code=dossier.procedure_code, dossier=dossier, kept_at=now, **facts
    )
    audit.record(
        actor=SYSTEM,
        act="dossiers.store_keep",
        target="dossiers.storepaper",
        target_id=str(paper.id),
        unit=dossier.unit_code,
        details={"kind": paper.kind, "origin": str(paper.origin), "dossier": dossier.code or ""},
    )
    return paper


def _hold(paper: StorePaper, found: list[StoredFile], *, name: str = "") -> None:
    """The files under the key of the party: they outlive the dossier's key, and go with the party's."""
    for position, file in enumerate(found, 1):
        held = files.hold_for(file=file, subject=paper.party_id, purpose="dossiers.store", actor=SYSTEM, name=name)
        StorePaperFile.objects.create(paper=paper, file=held, position=position)


@transaction.atomic
def hold_newest(document: Document) -> None:
    """A document was stamped again: the store holds its newer file in the place of the older one. Nothing for an owner who was erased."""
    held = StorePaperFile.objects.select_for_update(of=("self",)).select_related("paper", "file").filter(paper__document=document).first()
    if held is None or document.file is None or crypto.is_destroyed(held.paper.party_id):
        return
    older = held.file
    held.file = files.hold_for(
        file=document.file, subject=held.paper.party_id, purpose="dossiers.store", actor=SYSTEM, name=str(older.name or "")
    )
    held.save(update_fields=["file"])
    files.erase(file=older, actor=SYSTEM)


def fill(*, now: datetime, after: UUID | None = None) -> tuple[int, UUID | None]:
    """Land what older dossiers ended in, a slice in the order of their ids: how many papers, and after which dossier to go on.

    Each dossier in a transaction of its own; whoever is stopped loses nothing. None: there is no more. A dossier whose files cannot be
    read any more is passed over.
    """
    kept = StorePaper.objects.filter(document_id=OuterRef("document_id"))
    rows = DossierDocument.objects.filter(
        ~Exists(kept),
        role=DossierDocument.Role.RESULT,
        cancelled_at__isnull=True,
        document__state__in=SIGNED,
        dossier__state=State.RETURNED,
    )
    rows = rows.filter(dossier_id__gt=after) if after is not None else rows
    ids = list(rows.order_by("dossier_id").values_list("dossier_id", flat=True)[:SLICE])
    landed = 0
    for dossier_id in ids:
        try:
            with transaction.atomic():
                landed += len(land(Dossier.objects.select_for_update().get(pk=dossier_id), now=now))
        except FileUnreadable:
            continue
    return landed, ids[-1] if len(ids) == SLICE else None


@transaction.atomic
def land_checked(*, file_id: UUID, now: datetime) -> None:
    """A paper's check ended well after its dossier had: it lands now. Called in the transaction that notes the verdict."""
    paper = Paper.objects.select_related("dossier").filter(file_id=file_id, dossier__state=State.RETURNED).first()
    if paper is not None and paper.dossier is not None:
        land(paper.dossier, now=now)


def owner_number(party_id: UUID) -> str:
    """The number before the kind in the codes of a party's papers; empty where it was erased or is not known."""
    return people.party(party_id).number
