"""Files of petitions: taken with a draft, a supplement, a letter, an answer; sealed with the petition's own key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum

from feedback.models import Attachment, DraftFile, Petition, PetitionDraft
from feedback.services.common import PetitionRefused, lock_for_officer, lock_own
from portal import audit
from portal.access import Actor
from portal.files import services as files
from portal.files.errors import FileRefused
from portal.files.models import StoredFile

MAX_FILES = 10
"""Of one draft, supplement, letter or answer."""
MAX_BYTES = 100 * 1024 * 1024
TYPES = frozenset({"image/jpeg", "image/png", "application/pdf"})


def _take(*, subject: UUID, upload: UploadedFile, purpose: str, actor: Actor, field: str) -> StoredFile:
    try:
        return files.receive(
            subject=subject,
            upload=upload,
            name=str(upload.name or ""),
            purpose=purpose,
            max_bytes=settings.MAX_FILE_BYTES,
            allowed_types=TYPES,
            actor=actor,
        )
    except FileRefused as refused:
        raise PetitionRefused(refused.message, field) from refused


def _room(number: int, size: int, upload: UploadedFile, field: str) -> None:
    if number >= MAX_FILES:
        raise PetitionRefused(f"Mỗi lần gửi nhận tối đa {MAX_FILES} tệp. Bạn hãy xóa bớt, hoặc ghép các trang thành một tệp PDF.", field)
    if size + (upload.size or 0) > MAX_BYTES:
        raise PetitionRefused("Cả phản ánh nhận tối đa 100 MB. Bạn hãy xóa bớt tệp hoặc chụp ảnh nhỏ hơn.", field)


@transaction.atomic
def add_draft_file(*, actor: Actor, draft: PetitionDraft, upload: UploadedFile, field: str = "files") -> DraftFile:
    """Take a file with a draft (which the caller has locked as the actor's). :class:`PetitionRefused` in words for the person."""
    _room(draft.files.count(), draft.files.aggregate(total=Sum("file__size"))["total"] or 0, upload, field)
    stored = _take(subject=draft.pk, upload=upload, purpose="feedback.question", actor=actor, field=field)
    return DraftFile.objects.create(draft=draft, file=stored)


@transaction.atomic
def remove_draft_file(*, actor: Actor, draft: PetitionDraft, file_id: UUID) -> None:
    """Take a file out of a draft and erase it; one that is gone is no error."""
    row = draft.files.filter(pk=file_id).select_related("file").first()
    if row is not None:
        stored = row.file
        row.delete()
        files.erase(file=stored, actor=actor)


@transaction.atomic
def add_supplement_file(*, actor: Actor, petition_id: UUID, upload: UploadedFile, now: datetime, field: str = "files") -> Attachment:
    """Take a file with what the sender was asked for."""
    petition = lock_own(actor=actor, petition_id=petition_id)
    part = petition.supplements.filter(closed_at__isnull=True).first()
    if part is None:
        raise PetitionRefused("Phản ánh này không chờ bổ sung.", field)
    return attach(petition=petition, upload=upload, role=Attachment.Role.SUPPLEMENT, part_id=part.pk, actor=actor, now=now, field=field)


@transaction.atomic
def add_officer_file(
    *, actor: Actor, petition_id: UUID, upload: UploadedFile, role: str, now: datetime, part_id: int | None = None,
    act: str = "feedback.handle", unit: str = "", field: str = "files",
) -> Attachment:  # fmt: skip
    """Take a file with an answer or an opinion."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act=act, unit=unit)
    return attach(petition=petition, upload=upload, role=role, part_id=part_id, actor=actor, now=now, field=field)


def attach(
    *, petition: Petition, upload: UploadedFile, role: str, part_id: int | None, actor: Actor, now: datetime, field: str = "files"
) -> Attachment:
    """Take a file of a petition that the caller has locked."""
    rows = petition.attachments.filter(role=role, part_id=part_id)
    total = petition.attachments.aggregate(total=Sum("file__size"))["total"] or 0
    _room(rows.count(), total, upload, field)
    stored = _take(subject=petition.pk, upload=upload, purpose=f"feedback.{role}", actor=actor, field=field)
    row = Attachment.objects.create(petition=petition, file=stored, role=role, part_id=part_id, added_at=now)
    audit.record(
        actor=actor,
        act="feedback.add_file",
        target="feedback.petition",
        target_id=str(petition.pk),
        unit=petition.unit_code,
        details={"role": role},
    )
    return row
