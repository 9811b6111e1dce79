"""What archivists do: set terms, hold dossiers back, propose a disposal, confirm another's, call one off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from dossiers.archive import queries
from dossiers.archive.keeping_back import kept_back
from dossiers.archive.queries import ACT
from dossiers.models import ArchiveHold, ArchiveTerm, Disposal, DisposalItem, Dossier
from portal import audit, outbox
from portal.access import AccessDenied, Actor, require, unit_scope

SET_TERMS, HOLD, DISPOSE = "dossiers.set_archive_terms", "dossiers.hold_dossier", "dossiers.dispose"
MOST = 2_000
"""Dossiers of one disposal: its minute is read by people. Of a year that has more, the rest is the next disposal's."""
BATCH = 500
"""So many are looked at together for what keeps them back."""
WORK = "dossiers.work_disposal"


class ArchiveRefused(Exception):
    """It cannot be done as it is; ``message`` is for the officer, ``field`` names what to mend."""

    def __init__(self, message: str, field: str = "", status: int = 422) -> None:
        super().__init__(message)
        self.message, self.field, self.status = message, field, status


def _batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Rows in lists of so many."""
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch


def _who(actor: Actor, act: str) -> tuple[UUID, UUID]:
    """Position and person; :class:`AccessDenied` for anybody else, the portal itself too."""
    if actor.position_id is None or actor.person_id is None:
        raise AccessDenied(act)
    return actor.position_id, actor.person_id


def _record(actor: Actor, act: str, target: str, target_id: object, unit: str, **details: Any) -> None:
    audit.record(actor=actor, act=act, target=f"dossiers.{target}", target_id=str(target_id), unit=unit, details=details or None)


# Terms -----------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_term(*, actor: Actor, unit_code: str, procedure_code: str, years: int | None, basis: str, now: datetime) -> ArchiveTerm:
    """How long an agency, and those below it that have none of their own, keep dossiers of a procedure: whole years, None for ever.

    The term of before ends. ``basis``: the document, and its entry, that says so. :class:`ArchiveRefused`, :class:`AccessDenied`.
    """
    require(actor, SET_TERMS, unit_code)
    position_id, _person = _who(actor, SET_TERMS)
    if not basis.strip():
        raise ArchiveRefused("Bạn hãy ghi văn bản và mục quy định thời hạn.", "basis")
    before = ArchiveTerm.objects.select_for_update().filter(unit_code=unit_code, procedure_code=procedure_code, ended_at__isnull=True)
    if (old := before.first()) is not None:
        _end(old, actor, now)
    term = ArchiveTerm.objects.create(
        unit_code=unit_code, procedure_code=procedure_code, years=years, basis=basis.strip()[:300],
        position_id=position_id, label=actor.label[:200], set_at=now,
    )  # fmt: skip
    _record(actor, SET_TERMS, "archiveterm", term.pk, unit_code, procedure=procedure_code, years=years)
    return term


@transaction.atomic
def end_term(*, actor: Actor, term_id: int, now: datetime) -> ArchiveTerm:
    """A term holds no more: what no other covers is never disposed of."""
    term = ArchiveTerm.objects.select_for_update().get(pk=term_id)
    require(actor, SET_TERMS, term.unit_code)
    if term.ended_at is not None:
        raise ArchiveRefused("Thời hạn này đã thôi dùng.", status=409)
    _end(term, actor, now)
    _record(actor, "dossiers.end_archive_term", "archiveterm", term.pk, term.unit_code, procedure=term.procedure_code)
    return term


def _end(term: ArchiveTerm, actor: Actor, now: datetime) -> None:
    term.ended_at, term.ended_label = max(now, term.set_at), actor.label[:200]
    term.save(update_fields=["ended_at", "ended_label"])


# Holding back ------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def hold_back(*, actor: Actor, code: str, kind: str, note: str, now: datetime) -> ArchiveHold:
    """Keep a dossier back, whatever its term, until it is lifted. Waits for a disposal that has it in hand at this moment."""
    position_id, _person = _who(actor, HOLD)
    dossier = Dossier.objects.select_for_update().filter(unit_scope(actor, HOLD, "unit_code"), code=code.strip().upper()).first()
    if dossier is None:
        raise ArchiveRefused("Không có hồ sơ mang mã này ở cơ quan bạn.", "code")
    if dossier.disposed_at is not None:
        raise ArchiveRefused("Hồ sơ này đã hủy, không giữ lại được nữa.", "code", status=409)
    if ArchiveHold.objects.filter(dossier=dossier, kind=kind, lifted_at__isnull=True).exists():
        raise ArchiveRefused("Hồ sơ này đang được giữ lại vì lý do này.", "kind")
    hold = ArchiveHold.objects.create(
        dossier=dossier, kind=kind, note=note.strip(), unit_code=dossier.unit_code,
        position_id=position_id, label=actor.label[:200], placed_at=now,
    )  # fmt: skip
    _record(actor, HOLD, "dossier", dossier.pk, dossier.unit_code, kind=kind)
    return hold


@transaction.atomic
def lift_hold(*, actor: Actor, hold_id: int, now: datetime) -> ArchiveHold:
    """Keep a dossier back no more for this reason."""
    hold = ArchiveHold.objects.select_for_update().get(pk=hold_id)
    require(actor, HOLD, hold.unit_code)
    if hold.lifted_at is not None:
        raise ArchiveRefused("Hồ sơ này đã thôi giữ vì lý do này.", status=409)
    hold.lifted_at, hold.lifted_label = max(now, hold.placed_at), actor.label[:200]
    hold.save(update_fields=["lifted_at", "lifted_label"])
    _record(actor, "dossiers.lift_hold", "dossier", hold.dossier_id, hold.unit_code, kind=hold.kind)
    return hold


# Disposal ----------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def propose(*, actor: Actor, unit_code: str, year: int, basis: str, now: datetime) -> Disposal:
    """Propose to dispose of what an agency ended in a year and whose term is over: nothing is erased before another archivist confirms.

    At most :data:`MOST`, what ended first before the rest. :class:`ArchiveRefused` where nothing is due or one is under way.
    """
    require(actor, DISPOSE, unit_code)
    position_id, person_id = _who(actor, DISPOSE)
    if not basis.strip():
        raise ArchiveRefused("Bạn hãy ghi văn bản cho phép hủy.", "basis")
    if Disposal.objects.filter(unit_code=unit_code, year=year, state__in=["proposed", "confirmed"]).exists():
        raise ArchiveRefused("Đang có một đợt hủy hồ sơ của năm này chưa xong.", "year", status=409)
    terms, found = queries.terms_for(unit_code), _free(unit_code, year, now)
    if not found:
        raise ArchiveRefused("Không có hồ sơ nào của năm này hết thời hạn mà không bị giữ lại.", "year")
    disposal = Disposal.objects.create(
        unit_code=unit_code, archive_unit=actor.unit, year=year, basis=basis.strip()[:300],
        proposed_by=position_id, proposed_person=person_id, proposed_label=actor.label[:200], proposed_at=now,
    )  # fmt: skip
    DisposalItem.objects.bulk_create(
        [
            DisposalItem(
                disposal=disposal, place=place, dossier=one, ended_on=timezone.localdate(one.ended),
                years=terms[one.procedure_code].years or 0, basis=terms[one.procedure_code].basis,
            )
            for place, one in enumerate(found, start=1)
        ]
    )  # fmt: skip
    _record(actor, "dossiers.propose_disposal", "disposal", disposal.pk, unit_code, year=year, dossiers=len(found))
    return disposal


def _free(unit_code: str, year: int, now: datetime) -> list[Any]:
    """What is due and nothing keeps back, those that ended first before the others, at most :data:`MOST` (some queries a batch)."""
    rows = queries.due(unit_code, timezone.localdate(now), year=year).order_by("ended", "pk")
    rows = rows.only("pk", "code", "procedure_code", "returned_at", "refused_at", "withdrawn_at", "stopped_at")
    found: list[Any] = []
    for batch in _batched(rows.iterator(chunk_size=BATCH), BATCH):
        back = kept_back(batch, now)
        found += [one for one in batch if one.pk not in back]
        if len(found) >= MOST:
            break
    return found[:MOST]


def _open(actor: Actor, disposal_id: UUID) -> Disposal:
    """The locked disposal, proposed and undecided."""
    row = Disposal.objects.select_for_update().get(pk=disposal_id)
    require(actor, DISPOSE, row.unit_code)
    if row.state != Disposal.State.PROPOSED:
        raise ArchiveRefused("Đợt hủy này không còn chờ xác nhận. Tải lại trang để xem tình trạng.", status=409)
    return row


@transaction.atomic
def confirm(*, actor: Actor, disposal_id: UUID, now: datetime) -> Disposal:
    """Confirm what another archivist proposed: the worker begins after the commit, each dossier by itself. There is no way back."""
    position_id, person_id = _who(actor, DISPOSE)
    row = _open(actor, disposal_id)
    if person_id == row.proposed_person or position_id == row.proposed_by:
        raise ArchiveRefused("Người đề xuất không tự xác nhận. Một người làm lưu trữ khác phải xem và xác nhận.", status=409)
    row.state, row.confirmed_at = Disposal.State.CONFIRMED, max(now, row.proposed_at)
    row.confirmed_by, row.confirmed_person, row.confirmed_label = position_id, person_id, actor.label[:200]
    row.save()
    _record(actor, "dossiers.confirm_disposal", "disposal", row.pk, row.unit_code, year=row.year)
    outbox.put(WORK, key=f"{row.pk}:confirmed", payload={"disposal": str(row.pk)})
    return row


@transaction.atomic
def call_off(*, actor: Actor, disposal_id: UUID, reason: str, now: datetime) -> Disposal:
    """Leave everything as it is: by whoever proposed it, or another archivist who does not confirm."""
    _who(actor, DISPOSE)
    row = _open(actor, disposal_id)
    row.state, row.ended_at, row.ended_label, row.ended_why = Disposal.State.CALLED_OFF, now, actor.label[:200], reason.strip()[:300]
    row.save()
    _record(actor, "dossiers.call_off_disposal", "disposal", row.pk, row.unit_code, year=row.year)
    return row


__all__ = ["ACT", "ArchiveRefused", "call_off", "confirm", "end_term", "hold_back", "lift_hold", "propose", "set_term"]
