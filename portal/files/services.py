"""Take files, give them out, erase them. Who may is the caller's question; this room knows only subjects."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import time
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit, crypto, outbox
from portal.access import Actor
from portal.files import segments, sniff, words
from portal.files.errors import FileAltered, FileErased, FileMissing, FileNotChecked, FileQuarantined, FileRefused
from portal.files.models import FileState, Signed, StoredFile, path_of

log = logging.getLogger(__name__)

KEY_CONTEXT = "files.storedfile.wrapped_key"
NAME_CHARACTERS = 200
LOOK_ALIKES = str.maketrans(dict.fromkeys("\u2044\u2215\u29f8\uff0f\u29f5\ufe68\uff3c\u2024\uff0e\u3164\u115f\u1160\uffa0", "_"))
"""Signs that look like a slash, a backslash, a full stop, or like nothing."""
_MARK = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
MANY_MARKS = re.compile(f"({_MARK}{{3}}){_MARK}+")
CHECKED_AGAIN_DAYS = 30
ORPHAN_SECONDS = 3600
"""A file on disk without a row is an orphan after so long: no upload's transaction lasts an hour."""


def clean_name(name: str) -> str:
    """A file name fit to show and to give back: no folders, no control or direction characters, composed accents, 200 characters.

    Signs that only look like the separators of folders are none of a name either, and no letter carries more than three marks.
    """
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1].translate(LOOK_ALIKES)
    base = "".join(ch for ch in base if unicodedata.category(ch) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")).strip(" .")
    base = MANY_MARKS.sub(r"\1", unicodedata.normalize("NFC", base))
    if len(base) > NAME_CHARACTERS:
        stem, dot, suffix = base.rpartition(".")
        base = stem[: NAME_CHARACTERS - len(suffix) - 1] + dot + suffix if dot and len(suffix) <= 10 else base[:NAME_CHARACTERS]
    return base.strip(" .") or "tep"


def _pieces(upload: File[bytes] | Iterable[bytes]) -> Iterator[bytes]:
    if isinstance(upload, File):
        upload.seek(0)
        return iter(upload.chunks(chunk_size=256 * 1024))
    return iter(upload)


def _head_of(pieces: Iterator[bytes]) -> bytes:
    head = bytearray()
    for piece in pieces:
        head += piece
        if len(head) >= sniff.HEAD_BYTES:
            break
    return bytes(head)


def too_big(max_bytes: int) -> FileRefused:
    """The refusal of a file over the limit."""
    limit = f"{max_bytes / 1048576:.1f}".rstrip("0").rstrip(".").replace(".", ",")
    sentence = _("Tệp lớn quá %(limit)s MB. Bạn chụp lại với độ phân giải thấp hơn hoặc nén tệp rồi gửi lại.")
    return FileRefused("too_big", sentence % {"limit": limit})


def empty() -> FileRefused:
    """The refusal of a file without content: nothing empty is ever attached."""
    return FileRefused("empty", _("Tệp này trống. Bạn chọn lại tệp có nội dung."))


def storage_failed() -> FileRefused:
    """The refusal where the disk is full or fails: nothing half stored stays."""
    return FileRefused("storage", _("Hệ thống chưa lưu được tệp này. Bạn thử lại sau ít phút; những gì đã điền vẫn còn."))


class _Meter:
    """Counts and hashes what flows through, and stops it at the limit."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.size = 0
        self.hash = hashlib.sha256()

    def through(self, head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
        """Head and rest, unchanged; :class:`FileRefused` ("too_big") as soon as the limit is passed."""
        for part in (iter((head,)), rest):
            for piece in part:
                self.size += len(piece)
                if self.size > self.max_bytes:
                    raise too_big(self.max_bytes)
                self.hash.update(piece)
                yield piece


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(file_id: UUID, key: bytes, content: Iterable[bytes]) -> None:
    """Encrypt to a temporary name, force to disk, rename: a file is there whole or not at all."""
    target = path_of(file_id)
    partial = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            segments.write(out, key=key, file_id=file_id, content=content)
            out.flush()
            os.fsync(out.fileno())
        partial.rename(target)
        _sync_folder(target.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, ConnectionError):  # that one is the sender's line
            log.error("file storage failed", extra={"file_id": str(file_id), "errno": error.errno})
            raise storage_failed() from error
        raise


def _keep(
    *, subject: UUID, content: Iterable[bytes], meter: _Meter, name: str, purpose: str, media_type: str, state: FileState, actor: Actor
) -> StoredFile:
    file = StoredFile(id=uuid4(), subject=subject, name=clean_name(name), purpose=purpose, media_type=media_type, state=state)
    key = os.urandom(32)
    file.wrapped_key = crypto.encrypt(subject, key, context=f"{KEY_CONTEXT}|{file.id}")
    _write(file.id, key, content)
    try:
        file.size, file.sha256 = meter.size, meter.hash.hexdigest()
        file.save(force_insert=True)
        audit.record(
            actor=actor,
            act="files.receive",
            target="files.storedfile",
            target_id=str(file.id),
            details={"size": file.size, "media_type": media_type, "purpose": purpose},
        )
        if state == FileState.UPLOADED:
            outbox.put("files.scan", key=str(file.id), payload={"file": str(file.id)})
    except BaseException:
        file.path.unlink(missing_ok=True)
        raise
    return file


@transaction.atomic
def receive(
    *,
    subject: UUID,
    upload: File[bytes] | Iterable[bytes],
    name: str,
    purpose: str,
    max_bytes: int,
    allowed_types: Collection[str],
    actor: Actor,
) -> StoredFile:
    """Take a file from outside: look at its content, encrypt it to disk, have it checked.

    ``max_bytes`` is the limit in bytes; ``allowed_types`` are media types, compared with what the content shows. The file
    is ``uploaded`` until the check (outbox "files.scan") calls it clean or quarantined; signal ``file_checked`` follows.
    Raises :class:`FileRefused` with a sentence for the person. Should the caller's transaction be rolled back, the bytes
    left on disk are unreadable (their key went with the row) and ``remove_orphans`` takes them away.
    """
    known_size = getattr(upload, "size", None)
    if known_size is not None and known_size > max_bytes:
        raise too_big(max_bytes)
    pieces = _pieces(upload)
    head = _head_of(pieces)
    if not head:
        raise empty()
    found = sniff.media_type(head)
    if found not in allowed_types:
        raise FileRefused("type", words.refused_type(found, allowed_types))
    if found.startswith("image/") and (sniff.pixels(head) or 0) > sniff.max_pixels():
        raise FileRefused("image_too_big", _("Ảnh này quá lớn để mở an toàn. Bạn chụp lại với độ phân giải thấp hơn."))
    meter = _Meter(max_bytes)
    return _keep(
        subject=subject,
        content=meter.through(head, pieces),
        meter=meter,
        name=_fitting(name, found),
        purpose=purpose,
        media_type=found,
        state=FileState.UPLOADED,
        actor=actor,
    )


def _fitting(name: str, media_type: str) -> str:
    """The name with an ending that says what the file is: a photo called ``.pdf``, or nothing at all, opens on no telephone."""
    cleaned = clean_name(name)
    endings = sniff.ENDINGS.get(media_type, ())
    if not endings or cleaned.lower().endswith(endings):
        return cleaned
    return clean_name(cleaned[: NAME_CHARACTERS - 6] + endings[0])


@transaction.atomic
def store_bytes(*, subject: UUID, data: bytes, name: str, purpose: str, media_type: str, actor: Actor) -> StoredFile:
    """Keep a file that the portal itself made (a rendered PDF). It is clean from the start."""
    meter = _Meter(len(data))
    return _keep(
        subject=subject,
        content=meter.through(data, iter(())),
        meter=meter,
        name=name,
        purpose=purpose,
        media_type=media_type,
        state=FileState.CLEAN,
        actor=actor,
    )


@transaction.atomic
def store_pieces(
    *, subject: UUID, pieces: Iterable[bytes], name: str, purpose: str, media_type: str, max_bytes: int, actor: Actor
) -> StoredFile:
    """Keep a long file of another system piece by piece, never whole in memory (a day's statement). The caller's reader checks what it is;
    nobody opens it as a page. :class:`FileRefused` ("too_big")."""
    meter = _Meter(max_bytes)
    return _keep(
        subject=subject,
        content=meter.through(b"", iter(pieces)),
        meter=meter,
        name=name,
        purpose=purpose,
        media_type=media_type,
        state=FileState.CLEAN,
        actor=actor,
    )


@transaction.atomic
def hold_for(*, file: StoredFile, subject: UUID, purpose: str, actor: Actor, name: str = "") -> StoredFile:
    """Let another subject hold the content of a checked file: a row of its own, the file's key sealed once more for that subject.

    The bytes are not copied. Each row is erased by itself, with its subject or alone; the bytes go with the last one. Permission was asked
    by the caller. Raises a :class:`~portal.files.errors.FileUnreadable` for a file that could not be opened,
    :class:`~portal.crypto.errors.KeyDestroyed` for an erased subject.
    """
    # Who erases the last row of these bytes waits for us, or we find it erased.
    StoredFile.objects.select_for_update().get(pk=file.content_id or file.pk)
    row = StoredFile.objects.get(pk=file.pk)
    if row.state == FileState.ERASED:
        raise FileErased(str(file.pk))
    if row.state == FileState.QUARANTINED:
        raise FileQuarantined(str(file.pk))
    if row.state == FileState.UPLOADED:
        raise FileNotChecked(str(file.pk))
    held = StoredFile(
        id=uuid4(),
        subject=subject,
        content_id=row.content_id or row.pk,
        name=clean_name(name or row.name or ""),
        size=row.size,
        sha256=row.sha256,
        media_type=row.media_type,
        purpose=purpose,
        state=row.state,
        verdict=row.verdict,
        checked_at=row.checked_at,
        signed="" if row.signed == Signed.WAITING else row.signed,
        signatures=row.signatures,
    )
    held.wrapped_key = crypto.encrypt(subject, _key_of(row), context=f"{KEY_CONTEXT}|{held.id}")
    held.save(force_insert=True)
    audit.record(
        actor=actor,
        act="files.hold",
        target="files.storedfile",
        target_id=str(held.id),
        details={"of": str(row.pk), "purpose": purpose},
    )
    return held


def _key_of(file: StoredFile) -> bytes:
    """The key of the bytes, opened with the subject's. A :class:`~portal.files.errors.FileUnreadable` where that cannot be."""
    if file.wrapped_key is None:
        raise FileErased(str(file.id))
    try:
        return crypto.decrypt(file.subject, bytes(file.wrapped_key), context=f"{KEY_CONTEXT}|{file.id}")
    except crypto.KeyDestroyed:
        raise FileErased(str(file.id)) from None
    except crypto.Tampered:
        raise FileAltered(f"{file.id}: key") from None


def _open(file: StoredFile) -> Iterator[bytes]:
    key = _key_of(file)
    try:
        source = file.path.open("rb")  # closed by the generator below
    except FileNotFoundError:
        raise FileMissing(str(file.id)) from None

    def content() -> Iterator[bytes]:
        size, digest = 0, hashlib.sha256()
        with source:
            for piece in segments.read(source, key=key, file_id=file.content_id or file.id):
                size += len(piece)
                digest.update(piece)
                yield piece
        if size != file.size or digest.hexdigest() != file.sha256:
            raise FileAltered(f"{file.id}: hash")

    return content()


def open_plain(file: StoredFile, *, unchecked: bool = False) -> Iterator[bytes]:
    """The content in pieces of at most 1 MiB, each verified; at the end size and hash are compared with the row.

    Permission was asked by the caller. Raises a :class:`~portal.files.errors.FileUnreadable` before the first piece when
    the file is erased, missing, in quarantine or not checked yet (``unchecked=True`` lets the last pass: for the check
    itself and for showing a person their own photo); :class:`FileAltered` also later, at the faulty piece.
    """
    if file.state == FileState.ERASED:
        raise FileErased(str(file.id))
    if file.state == FileState.QUARANTINED:
        raise FileQuarantined(str(file.id))
    if file.state == FileState.UPLOADED and not unchecked:
        raise FileNotChecked(str(file.id))
    return _open(file)


def read_bytes(file: StoredFile, *, unchecked: bool = False) -> bytes:
    """The whole content; errors as :func:`open_plain`. Nothing is returned unless all of it is verified."""
    return b"".join(open_plain(file, unchecked=unchecked))


@transaction.atomic
def check_again(*, now: datetime, most: int = 500) -> int:
    """Have files checked whose check was given up (the scanner was away for days); how many. Once a day for each, for a month."""
    from_day, until = now - timedelta(days=CHECKED_AGAIN_DAYS), now - timedelta(days=1)
    waiting = StoredFile.objects.filter(state=FileState.UPLOADED, created_at__gt=from_day, created_at__lt=until)
    found = [str(pk) for pk in waiting.order_by("created_at").values_list("pk", flat=True)[:most]]
    day = timezone.localdate(now).isoformat()
    return sum(outbox.put("files.scan", key=f"{one}/{day}", payload={"file": one}) is not None for one in found)


@transaction.atomic
def note_signatures(file: StoredFile, signed: str, found: list[dict[str, Any]] | None, *, actor: Actor | None = None) -> None:
    """Keep what a room above says of the signatures in a file; audited with ``actor`` where something was found out."""
    locked = StoredFile.objects.select_for_update().get(pk=file.pk)
    if locked.state == FileState.ERASED:
        return
    locked.signed, locked.signatures = signed, found
    locked.save(update_fields=["signed", "signatures"])
    if actor is not None:
        details = {"signed": signed, "why": sorted({one["why"] for one in found or () if one["why"]})}
        audit.record(actor=actor, act="files.signatures", target="files.storedfile", target_id=str(file.pk), details=details)


@transaction.atomic
def erase(*, file: StoredFile, actor: Actor) -> None:
    """Erase one file for good: key and name at once, the bytes when the transaction commits. Twice is the same as once.

    Where others hold the same content the bytes stay, unreadable by this row.
    """
    bytes_of = file.content_id or file.pk
    StoredFile.objects.select_for_update().get(pk=bytes_of)
    locked = StoredFile.objects.select_for_update().get(pk=file.pk)
    if locked.state == FileState.ERASED:
        return
    StoredFile.objects.filter(pk=file.pk).update(state=FileState.ERASED, wrapped_key=None, name=None, signatures=None)
    audit.record(actor=actor, act="files.erase", target="files.storedfile", target_id=str(file.pk))
    if not _living([bytes_of]):
        transaction.on_commit(lambda: path_of(bytes_of).unlink(missing_ok=True), robust=True)
    file.refresh_from_db()


def _living(ids: Iterable[UUID]) -> set[UUID]:
    """Those of the files whose bytes somebody may still read, by themselves or held for another subject (one query)."""
    wanted = list(ids)
    rows = StoredFile.objects.filter(Q(pk__in=wanted) | Q(content_id__in=wanted)).exclude(state=FileState.ERASED)
    return {content or own for own, content in rows.values_list("pk", "content_id")} if wanted else set()


def _folders(after: str) -> Iterator[tuple[str, Path]]:
    """The folders of FILES_ROOT that come after the one named ("3f/a0"), in order, with their names."""
    names = [f"{number:02x}" for number in range(256)]
    for upper in names:
        above = Path(settings.FILES_ROOT) / upper
        if upper < after[:2] or not above.is_dir():
            continue
        for lower in names:
            if f"{upper}/{lower}" > after and (folder := above / lower).is_dir():
                yield f"{upper}/{lower}", folder


def remove_orphans(*, older_than_seconds: float = ORPHAN_SECONDS, after: str = "", seconds: float | None = None) -> tuple[int, str]:
    """Delete what lies on disk without a living row: rolled-back uploads, half-written pieces, erased files.

    Walks the folders of FILES_ROOT behind ``after``, for ``seconds`` (None: to the end). Returns how many files it deleted,
    and the folder after which to go on; empty when it came to the end. Names that are not ours are left alone.
    """
    removed = 0
    limit = time.time() - older_than_seconds
    began, reached = time.monotonic(), ""
    for name, folder in _folders(after):
        if seconds is not None and reached and time.monotonic() - began >= seconds:
            break
        reached = name
        old: dict[UUID, list[Path]] = {}
        for path in folder.iterdir():
            with contextlib.suppress(ValueError, FileNotFoundError):
                if path.stat().st_mtime <= limit:
                    old.setdefault(UUID(path.name.removesuffix(".part")), []).append(path)
        living = _living(old)
        for file_id, paths in old.items():
            for path in paths:
                if file_id not in living or path.suffix == ".part":
                    path.unlink(missing_ok=True)
                    removed += 1
    else:
        reached = ""
    if removed:
        log.info("orphans removed", extra={"files": removed})
    return removed, reached
