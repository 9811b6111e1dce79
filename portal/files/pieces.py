"""A file that arrives piece by piece, however often the line is cut: begun, sent on from where it stopped, ended once.

What has arrived lies encrypted beside the files, in one file for each upload: records of four bytes of length, a random nonce, and
AES-256-GCM of the piece, bound to upload and offset. A piece is acknowledged when it is on the disk; what was half written behind
the last acknowledged one is cut off by the next. At the end the pieces flow through ``services.receive``, as a whole file does.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import logging
import os
import re
import shutil
import time
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from portal import crypto
from portal.access import Actor
from portal.files import services, sniff, words
from portal.files.errors import FileAltered, FileRefused
from portal.files.models import StoredFile, Upload, pieces_path_of

log = logging.getLogger(__name__)

PIECE_BYTES = 1024 * 1024
"""The longest piece. One is in memory at a time, never the file."""
UNFINISHED_SECONDS = 24 * 3600
"""An upload on which nothing has come for so long is given up."""
MOST_OPEN = 12
"""Uploads that one sender may have under way."""
MOST_OPEN_BYTES = 200 * 1024 * 1024
KEY_CONTEXT = "files.upload.wrapped_key"
NONCE_BYTES, TAG_BYTES = 12, 16


class UploadGone(Exception):
    """There is no such upload of this sender: ended, given up, or another's."""


class OffsetDiffers(Exception):
    """The piece does not go on where the upload stands; ``offset`` says where that is."""

    def __init__(self, offset: int) -> None:
        super().__init__(str(offset))
        self.offset = offset


class PieceBroken(Exception):
    """The piece is not what its hash says, empty, too long, or more than was announced: send it again."""


def begin(
    *, subject: UUID, sender: UUID, slot: str, name: str, size: int, sha256: str, purpose: str, max_bytes: int, now: datetime
) -> Upload:
    """Begin to send a file of ``size`` bytes; the unfinished upload of the same file by the same sender, if there is one.

    ``slot`` is what it is sent for, a word of the room above. :class:`FileRefused` (empty, too_big, too_many, storage) before a byte of
    it has come; ``ValueError`` where ``sha256`` is no hash.
    """
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ValueError("sha256 in lower-case hexadecimal")
    if size <= 0:
        raise services.empty()
    if size > max_bytes:
        raise services.too_big(max_bytes)
    with transaction.atomic():
        # Two requests of one sender are counted one after the other.
        resting = Upload.objects.select_for_update().filter(sender=sender, file__isnull=True)
        same = {"subject": subject, "slot": slot, "size": size, "sha256": sha256, "purpose": purpose}
        if (known := resting.filter(**same).order_by("-begun_at").first()) is not None:
            return known
        sizes = [one.size for one in resting]
        if len(sizes) >= MOST_OPEN or sum(sizes) + size > MOST_OPEN_BYTES:
            raise FileRefused("too_many", _("Bạn đang gửi dở quá nhiều tệp. Bạn đợi các tệp đó xong hoặc bấm “Hủy” bớt rồi thử lại."))
        _room_on_disk(size)
        upload = Upload(id=uuid4(), sender=sender, name=services.clean_name(name), begun_at=now, moved_at=now, **same)
        upload.wrapped_key = crypto.encrypt(subject, os.urandom(32), context=f"{KEY_CONTEXT}|{upload.id}")
        upload.save(force_insert=True)
    return upload


def _room_on_disk(size: int) -> None:
    """Refuse at once what could not be kept: pieces and file stand beside each other for a moment."""
    root = Path(settings.FILES_ROOT)
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        if shutil.disk_usage(root).free < 2 * size + settings.FILES_SPARE_BYTES:
            raise OSError("less is free than is to be spared")
    except OSError as error:
        log.error("file storage is full", extra={"errno": error.errno})
        raise services.storage_failed() from error


def _cipher(upload: Upload) -> AESGCM:
    if upload.wrapped_key is None:
        raise UploadGone
    try:
        return AESGCM(crypto.decrypt(upload.subject, bytes(upload.wrapped_key), context=f"{KEY_CONTEXT}|{upload.id}"))
    except crypto.KeyDestroyed:
        raise UploadGone from None


def _locked(upload_id: UUID, subject: UUID, sender: UUID) -> Upload:
    found = Upload.objects.select_for_update(of=("self",)).filter(pk=upload_id, subject=subject, sender=sender).first()
    if found is None:
        raise UploadGone
    return found


def put(
    *, upload_id: UUID, subject: UUID, sender: UUID, offset: int, data: bytes, digest: bytes, allowed_types: Collection[str], now: datetime
) -> Upload:
    """Take one piece. ``digest`` is its SHA-256 as the sender reckoned it.

    :class:`PieceBroken`, :class:`OffsetDiffers` and :class:`FileRefused` ("storage") leave the upload as it was; of a type that
    is not taken nothing is kept (:class:`FileRefused`, "type"), as the first piece shows.
    """
    if not data or len(data) > PIECE_BYTES or not hmac.compare_digest(hashlib.sha256(data).digest(), digest):
        raise PieceBroken
    if offset == 0 and (found := sniff.media_type(data[: sniff.HEAD_BYTES])) not in allowed_types:
        cancel(upload_id=upload_id, subject=subject, sender=sender)
        raise FileRefused("type", words.refused_type(found, allowed_types))
    with transaction.atomic():
        upload = _locked(upload_id, subject, sender)
        if upload.file_id is not None:
            raise UploadGone
        if offset != upload.received:
            raise OffsetDiffers(upload.received)
        if offset + len(data) > upload.size:
            raise PieceBroken
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + _cipher(upload).encrypt(nonce, data, _bound_to(upload, offset))
        upload.stored = _append(upload, len(sealed).to_bytes(4, "big") + sealed)
        upload.received += len(data)
        upload.moved_at = now
        upload.save(update_fields=["stored", "received", "moved_at"])
    return upload


def _bound_to(upload: Upload, offset: int) -> bytes:
    return upload.id.bytes + offset.to_bytes(8, "big")


def _append(upload: Upload, record: bytes) -> int:
    """Write a record behind those acknowledged and force it to disk; how long the file is then."""
    path = upload.pieces_path
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as out:
            try:
                out.truncate(upload.stored)
                out.seek(upload.stored)
                out.write(record)
                out.flush()
                os.fsync(out.fileno())
            except OSError:
                # The space goes back at once: somebody else's piece may still fit.
                with contextlib.suppress(OSError):
                    os.ftruncate(out.fileno(), upload.stored)
                raise
    except OSError as error:
        log.error("file storage failed", extra={"upload_id": str(upload.id), "errno": error.errno})
        raise services.storage_failed() from error
    return upload.stored + len(record)


def _content(upload: Upload) -> Iterator[bytes]:
    """The pieces in order, each verified. :class:`FileAltered` at the first fault."""
    cipher, offset = _cipher(upload), 0
    try:
        source = upload.pieces_path.open("rb")
    except FileNotFoundError:
        raise FileAltered(f"upload {upload.id}: pieces") from None
    with source:
        while offset < upload.received:
            sealed = source.read(int.from_bytes(source.read(4), "big"))
            try:
                piece = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(upload, offset))
            except (InvalidTag, ValueError):
                raise FileAltered(f"upload {upload.id}: piece at {offset}") from None
            offset += len(piece)
            yield piece


def finish(
    *, upload_id: UUID, subject: UUID, sender: UUID, allowed_types: Collection[str], max_bytes: int, actor: Actor
) -> tuple[Upload, StoredFile]:
    """Make the file of the pieces; asked again, the same file. The room above says by :func:`taken` that it has used it.

    :class:`OffsetDiffers` while pieces are missing, :class:`FileRefused` where the whole is not what was announced (nothing of it is
    kept) or cannot be stored now (the pieces stay).
    """
    try:
        with transaction.atomic():
            upload = _locked(upload_id, subject, sender)
            if upload.file is not None:
                return upload, upload.file
            if upload.received != upload.size:
                raise OffsetDiffers(upload.received)
            stored = services.receive(
                subject=subject,
                upload=_content(upload),
                name=upload.name or "",
                purpose=upload.purpose,
                max_bytes=max_bytes,
                allowed_types=allowed_types,
                actor=actor,
            )
            if stored.sha256 != upload.sha256:
                stored.path.unlink(missing_ok=True)
                raise FileRefused("altered", _("Tệp nhận được không giống tệp trên máy của bạn. Bạn chọn lại tệp để gửi lần nữa."))
            Upload.objects.filter(pk=upload.pk).update(file=stored, wrapped_key=None)
            upload.file = stored
            transaction.on_commit(lambda: _drop_pieces(upload_id), robust=True)
    except FileRefused as refused:
        if refused.code != "storage":
            cancel(upload_id=upload_id, subject=subject, sender=sender)
        raise
    except FileAltered as error:
        log.error("pieces altered", extra={"upload_id": str(upload_id)})
        cancel(upload_id=upload_id, subject=subject, sender=sender)
        raise FileRefused("altered", _("Tệp nhận được không giống tệp trên máy của bạn. Bạn chọn lại tệp để gửi lần nữa.")) from error
    return upload, stored


def taken(upload_id: UUID) -> None:
    """Within the caller's transaction: the file has found its place, nobody gives it up any more."""
    Upload.objects.filter(pk=upload_id).update(taken=True)


@transaction.atomic
def cancel(*, upload_id: UUID, subject: UUID, sender: UUID) -> None:
    """Give an unfinished upload up. One that has ended, or is no more, is left alone."""
    _drop(list(Upload.objects.select_for_update().filter(pk=upload_id, subject=subject, sender=sender, file__isnull=True)))


@transaction.atomic
def forget(*, subject: UUID, actor: Actor) -> None:
    """Give up all that is under way for a subject that is thrown away."""
    _give_up(list(Upload.objects.select_for_update(of=("self",)).select_related("file").filter(subject=subject)), actor)


@transaction.atomic
def give_up(*, upload_id: UUID, actor: Actor) -> None:
    """The room above cannot use the file: it is erased, unless it was taken."""
    _give_up(list(Upload.objects.select_for_update(of=("self",)).select_related("file").filter(pk=upload_id)), actor)


def _give_up(uploads: list[Upload], actor: Actor) -> None:
    for upload in uploads:
        if upload.file is not None and not upload.taken:
            services.erase(file=upload.file, actor=actor)
    _drop(uploads)


def _drop(uploads: list[Upload]) -> None:
    ids = [upload.pk for upload in uploads]
    Upload.objects.filter(pk__in=ids).delete()
    for upload_id in ids:
        transaction.on_commit(lambda gone=upload_id: _drop_pieces(gone), robust=True)  # type: ignore[misc]


def _drop_pieces(upload_id: UUID) -> None:
    pieces_path_of(upload_id).unlink(missing_ok=True)


def expire(*, actor: Actor, now: datetime, most: int = 200) -> int:
    """Give up what nobody went on with, and erase the files that nobody took; how many. Called again until it gives 0."""
    limit = now - timedelta(seconds=UNFINISHED_SECONDS)
    with transaction.atomic():
        old = list(
            Upload.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("file")
            .filter(moved_at__lt=limit)
            .order_by("moved_at")[:most]
        )
        _give_up(old, actor)
    return len(old)


def remove_strays() -> int:
    """Delete pieces on disk whose upload is no more (a process was killed between the row and the disk); how many."""
    removed, limit = 0, time.time() - UNFINISHED_SECONDS
    for folder in sorted(Path(settings.FILES_ROOT).glob("pieces/[0-9a-f][0-9a-f]")):
        old: dict[UUID, Path] = {}
        for path in folder.iterdir():
            with contextlib.suppress(ValueError, FileNotFoundError):
                if path.stat().st_mtime <= limit:
                    old[UUID(path.name)] = path
        living = set(Upload.objects.filter(pk__in=old, file__isnull=True).values_list("pk", flat=True)) if old else set()
        for upload_id, path in old.items():
            if upload_id not in living:
                path.unlink(missing_ok=True)
                removed += 1
    return removed
