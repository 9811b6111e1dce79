"""Papers that arrive piece by piece: begun for a paper of one's own draft, gone on with after a lost connection, ended once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from dossiers.models import Draft, Paper
from dossiers.queries import own_drafts
from dossiers.services.common import FilingRefused, NotYours, filer
from dossiers.services.drafts import PAPER_TYPES, keep_paper, room_left, wanted_paper
from portal.access import Actor
from portal.files import pieces
from portal.files.models import Upload

PURPOSE = "dossiers.paper"


def _own(actor: Actor, draft_id: UUID) -> Draft:
    filer(actor)
    draft = own_drafts(actor).filter(pk=draft_id).first()
    if draft is None:
        raise NotYours
    return draft


def begin_paper(*, actor: Actor, draft_id: UUID, kind: str, name: str, size: int, sha256: str, now: datetime) -> Upload:
    """Announce a file for a paper; the unfinished upload of the same file, if there is one. The draft has it when it is whole.

    :class:`NotYours`, :class:`FilingRefused`, or :class:`~portal.files.errors.FileRefused` before a byte has come.
    """
    draft = _own(actor, draft_id)
    wanted_paper(draft, kind, now)
    if size <= settings.MAX_FILE_BYTES:
        room_left(draft, kind, size)
    return pieces.begin(
        subject=draft.id,
        sender=filer(actor),
        slot=kind,
        name=name,
        size=size,
        sha256=sha256,
        purpose=PURPOSE,
        max_bytes=settings.MAX_FILE_BYTES,
        now=now,
    )


def add_piece(*, actor: Actor, draft_id: UUID, upload_id: UUID, offset: int, data: bytes, digest: bytes, now: datetime) -> Upload:
    """One piece; errors as :func:`portal.files.pieces.put`."""
    draft = _own(actor, draft_id)
    return pieces.put(
        upload_id=upload_id,
        subject=draft.id,
        sender=filer(actor),
        offset=offset,
        data=data,
        digest=digest,
        allowed_types=PAPER_TYPES,
        now=now,
    )


def finish_paper(*, actor: Actor, draft_id: UUID, upload_id: UUID, now: datetime) -> Paper:
    """The whole file becomes a paper of the draft; asked again, the same paper."""
    draft = _own(actor, draft_id)
    upload, stored = pieces.finish(
        upload_id=upload_id,
        subject=draft.id,
        sender=filer(actor),
        allowed_types=PAPER_TYPES,
        max_bytes=settings.MAX_FILE_BYTES,
        actor=actor,
    )
    try:
        with transaction.atomic():
            # Two requests to end it wait here for each other, by the draft's row.
            Draft.objects.select_for_update().filter(pk=draft.pk).first()
            if (known := Paper.objects.filter(file=stored, draft=draft).first()) is not None:
                return known
            if Upload.objects.filter(pk=upload.pk, taken=True).exists():
                # It was taken out of the draft again meanwhile.
                raise pieces.UploadGone
            paper = keep_paper(actor, draft.id, wanted_paper(draft, upload.slot, now), stored)
            pieces.taken(upload.pk)
            return paper
    except (FilingRefused, NotYours):
        pieces.give_up(upload_id=upload.pk, actor=actor)
        raise


def cancel_paper(*, actor: Actor, draft_id: UUID, upload_id: UUID) -> None:
    """Give an unfinished upload up; twice is the same as once."""
    draft = _own(actor, draft_id)
    pieces.cancel(upload_id=upload_id, subject=draft.id, sender=filer(actor))
