"""The check of uploaded files, run by the outbox."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal import audit
from portal.access import SYSTEM
from portal.files import scan, services
from portal.files.errors import FileAltered, FileErased, FileMissing
from portal.files.models import FileState, StoredFile
from portal.files.signals import file_checked
from portal.outbox.handlers import GiveUp, RetryLater, handler
from portal.outbox.models import Message


@handler("files.scan", queue="soon", lease_seconds=40)
def check_file(message: Message) -> None:
    """Read the file, check it, note the verdict. A file that was erased meanwhile, or is checked already, is left alone.

    Not "now", for a hostile file takes ten seconds of a processor, and one-time passwords would wait for it.
    """
    file = StoredFile.objects.filter(pk=UUID(message.payload["file"])).first()
    if file is None or file.state != FileState.UPLOADED:
        return
    try:
        verdict = scan.check_pieces(lambda: services.open_plain(file, unchecked=True), file.media_type)
    except FileErased:
        return
    except (FileMissing, FileAltered) as error:
        raise GiveUp(f"{type(error).__name__} {file.id}") from error
    except scan.ScannerUnavailable as error:
        # It stays unchecked, and every page says so (`StoredFile.is_waiting`).
        raise RetryLater(f"scanner unavailable: {error}") from error
    with transaction.atomic():
        locked = StoredFile.objects.select_for_update().get(pk=file.pk)
        if locked.state != FileState.UPLOADED:
            return
        locked.state = FileState.QUARANTINED if verdict else FileState.CLEAN
        locked.verdict = verdict
        locked.checked_at = timezone.now()
        locked.save(update_fields=["state", "verdict", "checked_at"])
        details = {"state": str(locked.state), "verdict": verdict}
        audit.record(actor=SYSTEM, act="files.checked", target="files.storedfile", target_id=str(file.pk), details=details)
        file_checked.send(StoredFile, file=locked)
