"""What the verbs of certified copies share: rights, refusing in words, the locked row, what is public."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts import queries as people
from dossiers.models import CertifiedCopy, CopyWording
from portal import audit
from portal.access import Actor, require, visible_to

READ = "dossiers.read_copies"
PREPARE = "dossiers.prepare_copy"
SIGN = "dossiers.sign_copy"
WORD = "dossiers.word_copies"
KIND = "dossiers.certified_copy"
"""Of the document."""
SCAN = "dossiers.copy_scan"
"""Purpose of the scans."""
SOURCE = "dossiers.copies"
"""What `payments` keeps as the source of our orders."""
STALE = "Bản sao này đã thay đổi từ lúc bạn mở trang. Trang dưới đây là bản mới nhất."
OWN = "Đây là giấy tờ của bạn, hoặc của người, tổ chức mà bạn đại diện. Đồng nghiệp khác phải làm việc này."


class CopyRefused(Exception):
    """It cannot be done as asked; ``message`` is for the officer, ``field`` names what to mend."""

    def __init__(self, message: str, field: str = "", status: int = 422) -> None:
        super().__init__(message)
        self.message, self.field, self.status = message, field, status


def locked(actor: Actor, copy_id: UUID, seen_version: int | None, act: str, *states: str) -> CertifiedCopy:
    """An entry of the officer's unit, locked. ``CertifiedCopy.DoesNotExist`` behind the door, ``AccessDenied`` without the right;
    :class:`CopyRefused` for another state, a page that is out of date, or a paper of the officer's own."""
    row = visible_to(actor, CertifiedCopy.objects.select_for_update(of=("self",)), READ, "unit_code").get(pk=copy_id)
    require(actor, act, row.unit_code)
    refuse_own(row.party_id, actor.person_id)
    if row.state not in states or (seen_version is not None and row.version != seen_version):
        raise CopyRefused(STALE, status=409)
    return row


def is_own(party_id: UUID | None, person_id: UUID | None) -> bool:
    """Whether a paper is a person's own, or of somebody for whom they may act (one query)."""
    if party_id is None or person_id is None:
        return False
    return party_id == person_id or people.mandate_over(person_id, [party_id]) is not None


def refuse_own(party_id: UUID | None, person_id: UUID | None) -> None:
    """Nobody certifies a copy of their own paper (Decree 23/2015/NĐ-CP art. 32; Law on Cadres and Civil Servants art. 19)."""
    if is_own(party_id, person_id):
        raise CopyRefused(OWN, status=409)


def changed(row: CertifiedCopy) -> None:
    """Save it as its next version."""
    row.version += 1
    row.save()


def record(actor: Actor, act: str, row: CertifiedCopy | CopyWording, **details: Any) -> None:
    """The act in the audit trail."""
    target = f"dossiers.{row._meta.model_name}"
    audit.record(actor=actor, act=f"dossiers.{act}", target=target, target_id=str(row.pk), unit=row.unit_code, details=details)
