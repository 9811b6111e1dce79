"""A checked batch is signed by one authorisation; each paper lands in its owner's store, or waits for its owner (D-26, D-04)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse

from accounts import queries as people
from dossiers.digitising import fields, judging, taking
from dossiers.digitising.rights import SIGN, OldRefused
from dossiers.models import OldBatch, OldPaper, StorePaper, StorePaperFile
from dossiers.slips import section
from portal import audit, crypto
from portal.access import SYSTEM, Actor
from portal.documents import batches
from portal.documents import services as documents
from portal.documents.models import Document
from portal.documents.proofs import Section, masked
from portal.documents.units import unit_name
from portal.files import services as files
from portal.notifications.services import notify

KIND = "dossiers.old_paper"
TEMPLATE = "documents/old_paper.html"
HELD = "dossiers.store"
LOOKED_AGAIN = timedelta(hours=20)
"""A night's round looks for each owner once."""
SLICE = 200


# What is signed --------------------------------------------------------------------------------------------------------------------


def context_of(paper: OldPaper, *, checker: str) -> dict[str, Any]:
    """What the electronic copy prints: what was typed, and its pages with the hash of each picture."""
    said = {**dict.fromkeys(fields.LABELS, ""), **(paper.typed or {})}
    lines = [("Giấy tờ", paper.batch.title), ("Cấp đã cấp", str(paper.batch.get_level_display()))]
    for name, label in fields.LABELS.items():
        read = fields.day(said[name]) if name in (fields.ISSUED, fields.UNTIL, fields.BORN) else None
        lines.append((label, f"{read:%d/%m/%Y}" if read else said[name]))
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "paper": paper.batch.title,
        "lines": [[label, text] for label, text in lines if text],
        "checker": checker,
        "pages": [{"number": page.position, "sha256": page.file.sha256} for page in paper.pages.select_related("file")],
    }


def content(context: Mapping[str, Any], unit: str) -> list[Section]:
    """Everything that the copy prints, for comparing a print."""
    owner = fields.LABELS[fields.OWNER]
    lines = [(label, masked(text) if label == owner else text) for label, text in context["lines"]]
    lines += [("Cơ quan số hóa", unit), ("Kiểm tra theo mẫu", context["checker"])]
    pages = [(f"Trang {page['number']}", f"SHA-256 {page['sha256']}") for page in context["pages"]]
    return [section("", lines), section("Bản chụp", pages)]


def pictures(document: Document) -> dict[str, bytes]:
    """The pages of the paper whose copy is drawn, by the names that its template gives them."""
    paper = OldPaper.objects.filter(document=document).first()
    if paper is None:
        return {}
    return {f"{page.position}.jpg": files.read_bytes(page.file) for page in paper.pages.select_related("file")}


# Signing ---------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def sign(*, actor: Actor, batch_id: UUID, seen_version: int | None, now: datetime) -> OldBatch:
    """A leader takes the whole batch: each paper becomes a document of its own, and one authorisation is begun for all of them.

    Again, for what was left out before or not authorised in time: the same documents, a new authorisation. :class:`OldRefused`,
    ``TransitionRefused``.
    """
    batch = taking.locked(actor, SIGN, batch_id, seen_version)
    if batch.state == OldBatch.CHECKED:
        _issue(actor, batch)
        OldBatch.table.move(batch, "sign")
    elif batch.state != OldBatch.SIGNING:
        raise OldRefused("Lô này không chờ ký.", status=409)
    waiting = Document.objects.filter(
        pk__in=batch.papers.filter(state=OldPaper.ISSUED).values("document"),
        state__in=[Document.QUEUED, Document.RENDERED, Document.AWAITING],
        signer_position_id=actor.position_id,
    )
    found = list(waiting.order_by("id")[: batches.MOST])
    if not found:
        raise OldRefused("Không có văn bản nào của lô này chờ bạn ký.", status=409)
    batch.signing = batches.begin(documents=found, actor=actor, return_to=reverse("admin:dossiers_oldbatch_signing", args=[batch.pk]))
    taking.changed(batch)
    taking.record(actor, "sign_old_batch", batch, documents=len(found))
    return batch


def _issue(actor: Actor, batch: OldBatch) -> None:
    assert actor.position_id is not None  # locked() asked
    credential, label = people.signing_credential(actor.position_id)
    number = people.position_holder_id_number(actor.position_id)
    if not credential or not number:
        raise OldRefused("Bạn chưa có khóa ký số. Quản trị đơn vị ghi khóa ký cho vị trí của bạn.", status=409)
    papers = list(batch.papers.select_related("batch").filter(state=OldPaper.GOOD).order_by("number"))
    own = crypto.blind_index("id_number", number)
    if mine := next((one for one in papers if one.owner_blind and crypto.same_index(one.owner_blind, own)), None):
        raise OldRefused(f"Dòng {mine.number} là giấy tờ của bạn. Lãnh đạo khác phải ký lô này.", status=409)
    for paper in papers:
        paper.document = documents.issue_for_signature(
            key=f"{KIND}:{paper.pk}",
            kind=KIND,
            title=f"Bản điện tử: {batch.title}"[:300],
            template=TEMPLATE,
            context=context_of(paper, checker=batch.checker_label),
            unit_code=batch.unit_code,
            subject=paper.pk,
            credential_id=credential,
            signer_label=label,
            signer_id_number=number,
            signer_user_id=actor.user_id,
            signer_position_id=actor.position_id,
            actor=actor,
        )
        OldPaper.table.move(paper, "issue")
        paper.save(update_fields=["document", "state"])


@transaction.atomic
def note_signed(*, document_id: UUID, now: datetime) -> OldPaper | None:
    """The signature of an old paper stands: it lands where its owner is known. Idempotent; None for a document that is none of ours."""
    rows = OldPaper.objects.select_for_update(of=("self",)).select_related("batch", "document__file")
    paper = rows.filter(document_id=document_id).first()
    if paper is None or paper.state != OldPaper.ISSUED:
        return paper
    OldPaper.table.move(paper, "sign")
    paper.signed_at = now
    paper.save(update_fields=["state", "signed_at"])
    taking.erase_pages(paper, SYSTEM)
    look_for_owner(paper, now=now)
    # The row of the batch is held from here on: of two that sign its last papers one sees that all are done.
    OldBatch.objects.filter(pk=paper.batch_id).update(signed_count=F("signed_count") + 1)
    if not OldPaper.objects.filter(batch_id=paper.batch_id, state=OldPaper.ISSUED).exists():
        batch = OldBatch.objects.get(pk=paper.batch_id)
        OldBatch.table.move(batch, "finish")
        batch.ended_at = now
        taking.changed(batch)
        taking.erase_scans(batch, SYSTEM)
    return paper


# Landing ---------------------------------------------------------------------------------------------------------------------------


def look_for_owner(paper: OldPaper, *, now: datetime) -> StorePaper | None:
    """Put a signed paper into its owner's store, where somebody with the number is known and is who the paper says; else it waits."""
    if paper.state != OldPaper.SIGNED or not paper.owner_blind:
        return None
    paper.looked_at, problem, said = now, "", paper.typed or {}
    person = people.by_id_number(said.get(fields.OWNER, ""))
    if person is not None:
        name, born = said.get(fields.NAME, ""), said.get(fields.BORN, "")
        if not fields.same_person(name, born, person.full_name, person.birth_date):
            person, problem = None, judging.OTHERS
    if person is not None:
        return land(paper, person.pk, now=now)
    paper.problem = problem
    paper.save(update_fields=["looked_at", "problem"])
    return None


def land(paper: OldPaper, person_id: UUID, *, now: datetime) -> StorePaper | None:
    """The signed copy in the store of its owner, who is told. None for who was erased. The caller holds the row's lock."""
    if crypto.is_destroyed(person_id) or paper.document is None or paper.document.file is None:
        return None
    said = paper.typed or {}
    kept = StorePaper.objects.create(
        party_id=person_id,
        kind=paper.batch.kind,
        title=paper.batch.title,
        issuer=said.get(fields.ISSUER, "")[:300],
        number=said.get(fields.NUMBER) or None,
        issued_on=paper.issued_on,
        valid_until=paper.valid_until,
        origin=StorePaper.Origin.DIGITISED,
        signature=StorePaper.Signature.SIGNED,
        document=paper.document,
        kept_at=now,
    )
    held = files.hold_for(
        file=paper.document.file, subject=person_id, purpose=HELD, actor=SYSTEM, name=f"{paper.batch.title}.pdf"
    )  # fmt: skip
    StorePaperFile.objects.create(paper=kept, file=held, position=1)
    OldPaper.table.move(paper, "land")
    paper.store_paper, paper.problem, paper.looked_at = kept, "", now
    paper.save(update_fields=["state", "store_paper", "problem", "looked_at"])
    audit.record(
        actor=SYSTEM, act="dossiers.store_keep", target="dossiers.storepaper", target_id=str(kept.pk), unit=paper.batch.unit_code,
        details={"kind": kept.kind, "origin": str(kept.origin), "old_paper": str(paper.pk)},
    )  # fmt: skip
    notify(
        party_id=person_id,
        template="dossiers.old_landed",
        context={"paper": paper.batch.title, "unit": unit_name(paper.batch.unit_code)},
        key=f"old:{paper.pk}",
        link=reverse("store-paper", args=[kept.pk]),
        queue="bulk",
    )
    return kept


def look_again(*, now: datetime) -> tuple[int, int]:
    """Look for owners who were not known when their papers were signed: a slice, those longest not looked for first.

    How many landed, and how many were looked for. Each in a transaction of its own.
    """
    due = OldPaper.objects.filter(Q(looked_at__isnull=True) | Q(looked_at__lt=now - LOOKED_AGAIN), state=OldPaper.SIGNED)
    ids: Sequence[UUID] = list(due.exclude(owner_blind="").order_by("looked_at", "id").values_list("pk", flat=True)[:SLICE])
    landed = 0
    for paper_id in ids:
        with transaction.atomic():
            rows = OldPaper.objects.select_for_update(of=("self",)).select_related("batch", "document__file")
            landed += look_for_owner(rows.get(pk=paper_id), now=now) is not None
    return landed, len(ids)
