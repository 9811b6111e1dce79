"""The worker's part of a disposal: each dossier in a transaction of its own, then the minute. Whoever is killed does none twice."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from dossiers import slips
from dossiers.archive import queries, rules
from dossiers.archive.emptying import erase_files
from dossiers.archive.keeping_back import kept_back
from dossiers.archive.services import WORK
from dossiers.models import ENDED, ENDED_STATES, Disposal, DisposalItem, Dossier
from portal import audit, crypto, outbox
from portal.access import SYSTEM
from portal.documents import services as documents
from portal.documents.models import Document
from portal.documents.proofs import Section
from portal.documents.units import unit_name
from portal.retention.services import note

logger = logging.getLogger(__name__)

SLICE_SECONDS = 15.0
MINUTE, TEMPLATE = "dossiers.disposal_minute", "documents/disposal_minute.html"
TITLE = "Biên bản hủy hồ sơ hết thời hạn lưu trữ"
TASK = "dossiers.follow_disposals"


def work(*, disposal_id: UUID, now: datetime, seconds: float = SLICE_SECONDS) -> None:
    """Carry on a confirmed disposal for some seconds; what is left is promised again. Again, or twice at once, is harmless."""
    disposal = Disposal.objects.get(pk=disposal_id)
    if disposal.state != Disposal.State.CONFIRMED:
        return
    until, gone = time.monotonic() + seconds, 0
    while (done := _one(disposal, now)) is not None:
        gone += done
        if time.monotonic() >= until:
            break
    left = disposal.items.filter(state=DisposalItem.State.WAITING).count()
    note(TASK, {"dossier_content": gone}, now=now, done=not left)
    if left:
        outbox.put(WORK, key=f"{disposal.pk}:{left}", payload={"disposal": str(disposal.pk)})
        return
    _finish(disposal.pk)


def follow(*, now: datetime) -> int:
    """Carry on disposals that were confirmed and stand still, whatever stopped them; how many. Notes that the night has looked."""
    waiting = list(Disposal.objects.filter(state=Disposal.State.CONFIRMED).order_by("confirmed_at").values_list("pk", flat=True)[:10])
    note(TASK, {"dossier_content": 0}, now=now)
    for pk in waiting:
        work(disposal_id=pk, now=now, seconds=SLICE_SECONDS / 10)
    return len(waiting)


@transaction.atomic
def _one(disposal: Disposal, now: datetime) -> int | None:
    """Do the next that nobody else has in hand: 1 where its dossier is gone, 0 where it stays; None: there is no more."""
    rows = disposal.items.select_for_update(skip_locked=True, of=("self",)).filter(state=DisposalItem.State.WAITING).order_by("place")
    item = rows.first()
    if item is None:
        return None
    try:
        with transaction.atomic():
            item.why = _dispose(item, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # One that cannot be done for a reason of ours keeps none of the others; the next disposal of the year has it again.
        logger.exception("a dossier could not be disposed of", extra={"disposal": str(disposal.pk), "place": item.place})
        item.why, item.files = "Cổng gặp lỗi với hồ sơ này; chưa hủy gì.", 0
    item.state = DisposalItem.State.KEPT if item.why else DisposalItem.State.DISPOSED
    item.at = timezone.now()
    item.save()
    return 0 if item.why else 1


def _dispose(item: DisposalItem, now: datetime) -> str:
    """Destroy the dossier's key, and with it all that is sealed; or why it stays: everything is looked at again under its lock."""
    dossier: Any = Dossier.objects.select_for_update().annotate(ended=ENDED).get(pk=item.dossier_id)
    if dossier.disposed_at is not None:
        # After a restore the ledger has emptied what this disposal had in hand: it is this one's.
        was = DisposalItem.objects.filter(dossier=dossier, state=DisposalItem.State.DISPOSED).exists()
        return "Hồ sơ đã hủy trước đó." if was else ""
    term = queries.terms_for(dossier.unit_code).get(dossier.procedure_code)
    is_over = term is not None and rules.is_over(timezone.localdate(dossier.ended), term.years, timezone.localdate(now))
    if dossier.state not in ENDED_STATES or not is_over:
        return "Thời hạn lưu trữ đã đổi, chưa hết."
    if words := kept_back([dossier], now).get(dossier.pk):
        return words
    item.files = erase_files(dossier.pk, SYSTEM)
    audit.record(
        actor=SYSTEM, act="dossiers.dispose", target="dossiers.dossier", target_id=str(dossier.pk), unit=dossier.unit_code,
        details={"disposal": str(item.disposal_id), "files": item.files},
    )  # fmt: skip
    # What is in the open is emptied by the destruction of the key (`emptying.key_destroyed`).
    crypto.shred(dossier.pk, SYSTEM)
    return ""


@transaction.atomic
def _finish(disposal_id: UUID) -> None:
    """Write the minute, once."""
    row = Disposal.objects.select_for_update().get(pk=disposal_id)
    if row.state != Disposal.State.CONFIRMED or row.items.filter(state=DisposalItem.State.WAITING).exists():
        return
    row.document = _minute(row)
    row.state, row.ended_at = Disposal.State.DONE, timezone.now()
    row.save()
    counts = {state: row.items.filter(state=state).count() for state in (DisposalItem.State.DISPOSED, DisposalItem.State.KEPT)}
    audit.record(
        actor=SYSTEM, act="dossiers.finish_disposal", target="dossiers.disposal", target_id=str(row.pk), unit=row.unit_code,
        details={str(state): n for state, n in counts.items()},
    )  # fmt: skip


def _minute(row: Disposal) -> Document:
    items = list(row.items.select_related("dossier").defer("dossier__answers", "dossier__bill").order_by("place"))
    gone = [one for one in items if one.state == DisposalItem.State.DISPOSED]
    kept = [one for one in items if one.state == DisposalItem.State.KEPT]
    context = {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "archive": unit_name(row.archive_unit, on=timezone.localdate(row.proposed_at)),
        "unit": f"{queries.called(row.unit_code)} ({row.unit_code})",
        "year": str(row.year),
        "basis": row.basis,
        "proposed": f"{row.proposed_label}, {slips.moment(row.proposed_at)}",
        "confirmed": f"{row.confirmed_label}, {slips.moment(row.confirmed_at)}",
        "made_at": slips.moment(timezone.now()),
        "count": str(len(gone)),
        "kept_count": str(len(kept)),
        "files": str(sum(one.files for one in gone)),
        "rows": [_line(one) for one in gone],
        "kept": [_line(one) | {"why": one.why} for one in kept],
    }
    return documents.issue_sealed(
        key=f"{MINUTE}:{row.pk}", kind=MINUTE, title=TITLE, template=TEMPLATE, context=context, unit_code=row.archive_unit,
        subject=row.pk, actor=SYSTEM,
    )  # fmt: skip


def _line(item: DisposalItem) -> dict[str, str]:
    return {
        "code": item.dossier.code or "",
        "procedure": f"{item.dossier.procedure_name} ({item.dossier.procedure_code})",
        "ended": f"{item.ended_on:%d/%m/%Y}",
        "term": f"{item.years} năm, đến hết {rules.last_day(item.ended_on, item.years):%d/%m/%Y}",
        "basis": item.basis,
        "files": str(item.files),
    }


def minute_content(context: Any, _unit: str) -> list[Section]:
    """Everything that the minute prints, for comparing a print."""
    facts = (
        ("Cơ quan lưu trữ", context["archive"]),
        ("Hồ sơ của", context["unit"]),
        ("Kết thúc trong năm", context["year"]),
        ("Căn cứ hủy", context["basis"]),
        ("Người đề xuất", context["proposed"]),
        ("Người xác nhận", context["confirmed"]),
        ("Lập biên bản", context["made_at"]),
        ("Số hồ sơ đã hủy", context["count"]),
        ("Số tệp đã xóa", context["files"]),
        ("Số hồ sơ giữ lại", context["kept_count"]),
    )
    gone = tuple((one["code"], f"{one['procedure']}; kết thúc {one['ended']}; {one['term']}; {one['basis']}") for one in context["rows"])
    kept = tuple((one["code"], f"{one['procedure']}; kết thúc {one['ended']}; {one['why']}") for one in context["kept"])
    return [Section("", facts), Section("Hồ sơ đã hủy", gone), Section("Hồ sơ giữ lại", kept)]
