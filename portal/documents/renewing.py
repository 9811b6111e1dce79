"""Signed files are stamped again before their newest time-stamp ages: who verifies them in decades finds a chain that holds (PAdES B-LTA).

Each file by itself, in a transaction of its own: whoever is stopped loses nothing, and a night without the time-stamping authority leaves
everything as it was for the next one. The newer file begins with the bytes of the older one, so that of that one the print is kept.
"""

from __future__ import annotations

import hashlib
import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from portal import audit
from portal.access import SYSTEM
from portal.documents import signing
from portal.documents.models import Document, FormerFile
from portal.documents.signals import document_renewed
from portal.documents.verification import PdfFacts, verify
from portal.files import services as files
from portal.files.errors import FileErased
from portal.files.models import FileState

logger = logging.getLogger(__name__)

SIGNED = (Document.SIGNED, Document.REVOKED)
COUNTED = 10_000
"""So far is counted what is late."""


class NotRenewed(Exception):
    """This file cannot be stamped again as it is; it is looked at again the next night."""


class NothingWon(Exception):
    """The authority stamps by a certificate that ends no later than what there is: night after night files would only grow."""


def limit(now: datetime) -> datetime:
    """What ends before this is stamped again now (``STAMP_RENEWAL_DAYS``)."""
    return now + timedelta(days=settings.STAMP_RENEWAL_DAYS)


def late(now: datetime) -> int:
    """Signed files whose newest time-stamp has not been renewed in half the time there is for it: somebody must look (one query)."""
    near = now + timedelta(days=settings.STAMP_RENEWAL_DAYS) / 2
    rows = Document.objects.filter(~Q(stamp_until=F("signed_at")), state__in=SIGNED, stamp_until__lt=near)
    return rows.order_by()[:COUNTED].count()


def renew_stamps(*, now: datetime, seconds: float) -> tuple[int, bool]:
    """Stamp again what ages, those that end first before the others: how many, and whether there is no more for tonight.

    Where the time-stamping authority is silent, or would stamp by a certificate that ends no later, it ends at once; nothing is changed.
    """
    until, renewed, passed = time.monotonic() + seconds, 0, set[UUID]()
    rows = Document.objects.filter(state__in=SIGNED, stamp_until__lt=limit(now)).order_by("stamp_until", "id")
    while ids := list(rows.exclude(pk__in=passed).values_list("pk", flat=True)[:100]):
        for pk in ids:
            if time.monotonic() > until:
                return renewed, False
            passed.add(pk)
            try:
                renewed += _one(pk, now)
            except (signing.TimeStampUnavailable, NothingWon) as why:
                # What ends first is tried first: what holds it up holds up all the others.
                logger.warning("time-stamps are not renewed tonight", extra={"why": type(why).__name__, "renewed": renewed})
                return renewed, True
            except Exception:
                # One file that cannot be read keeps none of the others.
                logger.exception("a time-stamp could not be renewed", extra={"document": str(pk)})
    return renewed, True


def _one(document_id: UUID, now: datetime) -> bool:
    """Stamp one file again, outside of any transaction; whether it was."""
    document = Document.objects.select_related("file").get(pk=document_id)
    try:
        if document.file is None or document.file.state == FileState.ERASED:
            raise FileErased(str(document_id))
        pdf = files.read_bytes(document.file)
    except FileErased:
        Document.objects.filter(pk=document_id, sha256=document.sha256).update(stamp_until=None)
        return False
    found = verify(pdf)
    _require_good(found)
    if found.stamp_until is not None and found.stamp_until >= limit(now):
        # Signed before the end was kept: now it is known.
        Document.objects.filter(pk=document_id, sha256=document.sha256).update(stamp_until=found.stamp_until)
        return False
    newer = signing.stamp_again(pdf)
    facts = verify(newer)
    _require_good(facts)
    if newer[: len(pdf)] != pdf or len(facts.stamps) != len(found.stamps) + 1 or not facts.stamps[-1].good:
        raise NotRenewed("the newer file does not verify")
    ends, stamped_at = facts.stamp_until, facts.stamps[-1].at
    if ends is None or stamped_at is None or (found.stamp_until is not None and ends <= found.stamp_until):
        raise NothingWon(str(ends))
    return _keep(document, newer, ends, stamped_at)


def _require_good(facts: PdfFacts) -> None:
    if not facts.has_good_signature or any(not one.good for one in facts.stamps):
        raise NotRenewed("the signature is not good")


@transaction.atomic
def _keep(document: Document, newer: bytes, ends: datetime, stamped_at: datetime) -> bool:
    """Put the newer file in the place of the one that was read; not where another was quicker."""
    row = Document.objects.select_for_update(of=("self",)).select_related("file").get(pk=document.pk)
    older = row.file
    if row.sha256 != document.sha256 or older is None or older.state == FileState.ERASED:
        return False
    row.file = files.store_bytes(
        subject=row.subject_id,
        data=newer,
        name=f"{row.kind}.pdf",
        purpose="documents.signed",
        media_type="application/pdf",
        actor=SYSTEM,
    )
    row.renewals += 1
    FormerFile.objects.create(document=row, number=row.renewals, sha256=row.sha256, size=older.size, replaced_at=stamped_at)
    row.sha256, row.stamp_until = row.file.sha256, ends
    row.save(update_fields=["file", "renewals", "sha256", "stamp_until"])
    document_renewed.send(sender=Document, document=row)
    files.erase(file=older, actor=SYSTEM)
    audit.record(
        actor=SYSTEM,
        act="documents.renew_stamp",
        target="documents.document",
        target_id=str(row.id),
        unit=row.unit_code,
        details={"sha256": row.sha256, "number": row.renewals},
    )
    return True


def which_file(document: Document, data: bytes) -> str:
    """Whether bytes are the document's file: ``newest``, ``former`` (as it was before another time-stamp), or empty (one query)."""
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 == document.sha256:
        return "newest"
    return "former" if document.former_files.filter(sha256=sha256, size=len(data)).exists() else ""
