"""What leaves the desk on paper or as a table: receipts and slips of several dossiers, the day's register, a list as a spreadsheet."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pikepdf
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from dossiers.models import OPEN_STATES, Dossier, DossierDocument
from dossiers.services.desk import note_look
from portal import audit
from portal.access import Actor, visible_to
from portal.catalogues import tables
from portal.files import services as files

MOST_PRINTED = 100
MOST_LISTED = 2_000
MOST_EXPORTED = 5_000
NAMES = {
    DossierDocument.Role.RECEIPT: "giay-tiep-nhan",
    DossierDocument.Role.REQUEST: "yeu-cau-bo-sung",
    DossierDocument.Role.APOLOGY: "xin-loi-hen-lai",
    DossierDocument.Role.STOP: "thong-bao-dung",
    DossierDocument.Role.SENT: "xac-nhan-da-gui",
}
"""How the file of a slip begins; of one that is not here, the name of its role."""
HEADER = ["Mã hồ sơ", "Thủ tục", "Chủ hồ sơ", "Người nộp", "Kênh", "Nộp lúc", "Tiếp nhận lúc", "Hạn", "Tình trạng", "Cán bộ", "Quá hạn"]


A5 = (419.53, 595.28)
"""Points: 148 by 210 mm, the paper of receipts at counters."""


@transaction.atomic
def slips(*, actor: Actor, dossier_ids: Sequence[UUID], on_a5: bool = False) -> tuple[bytes, int]:
    """The sealed slips of some dossiers in the order of the codes, and how many there are: a ZIP of the PDFs as they were sealed, or
    ``on_a5`` one PDF to be printed, a page of A5 for each of theirs. Each look is written down. At most :data:`MOST_PRINTED` dossiers."""
    visible = visible_to(actor, Dossier.objects.defer("answers", "bill"), "dossiers.read", "unit_code")
    dossiers = {one.pk: one for one in visible.filter(pk__in=list(dossier_ids)[:MOST_PRINTED])}
    rows = (
        DossierDocument.objects.select_related("document__file")
        .exclude(role=DossierDocument.Role.RESULT)
        .filter(dossier__in=dossiers, cancelled_at__isnull=True, document__file__isnull=False)
    )
    found = sorted(rows, key=lambda one: (dossiers[one.dossier_id].code or "", one.pk))
    for dossier_id in dict.fromkeys(one.dossier_id for one in found):
        note_look(actor, dossiers[dossier_id], "dossiers.read_document", role="slips")
    # One after another: a hundred of them are never held at once.
    contents = (files.read_bytes(one.document.file) for one in found if one.document.file is not None)
    if on_a5:
        return _on_a5(contents), len(found)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for number, (issued, content) in enumerate(zip(found, contents, strict=True), start=1):
            begins = NAMES.get(DossierDocument.Role(issued.role), issued.role)
            package.writestr(f"{dossiers[issued.dossier_id].code}-{begins}-{number}.pdf", content)
    return out.getvalue(), len(found)


def _on_a5(contents: Iterable[bytes]) -> bytes:
    """Pages of several PDFs, each made smaller to A5, what a seal shows on them too. For paper: the seals themselves do not come along."""
    width, height = A5
    with pikepdf.new() as printed:
        for content in contents:
            with pikepdf.open(io.BytesIO(content)) as sealed:
                sealed.flatten_annotations("print")
                for page in sealed.pages:
                    wide = page.mediabox[2] > page.mediabox[3]
                    size = (height, width) if wide else (width, height)
                    sheet = printed.add_blank_page(page_size=size)
                    sheet.add_overlay(page, pikepdf.Rectangle(0, 0, *size))
        out = io.BytesIO()
        printed.save(out)
    return out.getvalue()


def register_of(actor: Actor, unit_code: str, day: date) -> list[Dossier]:
    """What a unit received on a day, in the order of reception (one query, by its index)."""
    start = timezone.make_aware(datetime.combine(day, datetime.min.time()))
    rows = visible_to(actor, Dossier.objects.defer("answers", "bill"), "dossiers.read", "unit_code")
    rows = rows.filter(unit_code=unit_code, received_at__gte=start, received_at__lt=start + timedelta(days=1))
    return list(rows.order_by("received_at", "id")[: MOST_LISTED + 1])


@transaction.atomic
def export(*, actor: Actor, rows: QuerySet[Any], kind: str, query: str, now: datetime) -> bytes:
    """A list as a table (``csv`` or ``xlsx``), as far as :data:`MOST_EXPORTED` rows; that it was taken is an act of the trail."""
    content = tables.write(kind, HEADER, (_line(one, now) for one in rows[:MOST_EXPORTED]))
    details = {"query": query[:300], "kind": kind}
    audit.record(actor=actor, act="dossiers.export_list", target="dossiers.dossier", unit=actor.unit, details=details)
    return content


@transaction.atomic
def note_register(actor: Actor, unit_code: str, day: date, count: int) -> None:
    """Write down that a day's register was opened: it names people."""
    details = {"day": day.isoformat(), "dossiers": count}
    audit.record(actor=actor, act="dossiers.print_register", target="dossiers.dossier", unit=unit_code, details=details)


def _line(row: Any, now: datetime) -> list[Any]:
    is_open = row.state in OPEN_STATES and not (row.awaits_signature or row.awaits_payment or row.awaits_completion)
    return [
        row.code,
        row.procedure_name,
        row.owner_name,
        row.filed_by_words,
        row.get_channel_display(),
        _moment(row.submitted_at),
        _moment(row.received_at),
        _moment(row.due_at or row.response_due_at),
        row.state_words,
        row.officer_label,
        is_open and (row.due_at or row.response_due_at) < now,
    ]


def _moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at is not None else ""
