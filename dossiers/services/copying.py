"""A copy of everything in a dossier (D-19): what was declared, every file as it was sent, every document, history and notices.

Made by the worker as one ZIP, as copies of one's data are (`accounts.owner.copies`), sealed, kept for a day for who asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone, translation

from accounts.models import DataCopy
from accounts.owner import copies
from dossiers import printing, slips, wording
from dossiers.models import Dossier
from dossiers.queries import demands_of, own_dossiers, timeline
from dossiers.services.common import NotYours, filer
from dossiers.services.printing import sent_filing
from dossiers.talking.account import said_of
from dossiers.talking.queries import whole_conversation
from portal import audit
from portal.access import Actor
from portal.documents.rendering import html_to_pdf
from portal.files import services as files
from portal.files.archive import Entry, Written, safe_name, zip_pieces
from portal.files.errors import FileUnreadable
from portal.files.models import StoredFile
from portal.notifications.queries import notices_of

KIND = "dossier"
KEPT = timedelta(days=1)


def about(dossier_id: UUID) -> str:
    """What a copy of this dossier is about, as `DataCopy.about` has it."""
    return f"{KIND}:{dossier_id}"


def ask_copy(*, actor: Actor, dossier_id: UUID, now: datetime) -> DataCopy:
    """Have a copy made of a dossier of the party. :class:`NotYours` for another's, ``TooMany`` after some a day."""
    filer(actor)
    dossier = own_dossiers(actor).defer("answers", "bill").filter(pk=dossier_id).first()
    if dossier is None:
        raise NotYours
    made = copies.ask_about(actor=actor, about=about(dossier.id), now=now)
    audit.record(
        actor=actor, act="dossiers.copy_all", target="dossiers.dossier", target_id=str(dossier.id), unit=dossier.unit_code,
        details={"copy": str(made.pk)},
    )  # fmt: skip
    return made


def copy_of(actor: Actor, dossier: Dossier, *, now: datetime) -> DataCopy | None:
    """The newest copy of a dossier that this person asked for and can take, or that is being made (one query)."""
    return copies.copy_about(actor, about(dossier.id), now)


def note_taken(*, actor: Actor, dossier: Dossier) -> None:
    """Note that a copy left the house."""
    audit.record(actor=actor, act="dossiers.take_copy", target="dossiers.dossier", target_id=str(dossier.id), unit=dossier.unit_code)


def make(actor: Actor, thing: str, now: datetime) -> copies.Making:
    """The archive of a dossier (worker)."""
    dossier = own_dossiers(actor).select_related("form_version").get(pk=thing)
    until = timezone.localtime(now + KEPT)
    return copies.Making(
        name=f"ho-so-{dossier.code}.zip",
        pieces=_pieces(actor, dossier, now),
        context={"code": dossier.code or "", "until": f"{until:%H:%M ngày %d/%m/%Y}"},
        link=f"/ho-so/{dossier.code}/",
    )


def _pieces(actor: Actor, dossier: Dossier, now: datetime) -> Iterator[bytes]:
    with translation.override("vi"):
        written: list[Written] = []
        yield from zip_pieces(_entries(actor, dossier, now, written), at=now, written=written)


def _entries(actor: Actor, dossier: Dossier, now: datetime, written: list[Written]) -> Iterator[Entry]:
    missing: list[str] = []
    said = _said(actor, dossier)
    yield Entry("to-khai.pdf", [declaration_pdf(dossier, now)])
    yield Entry("ho-so.json", [json.dumps(said, ensure_ascii=False, indent=1, cls=DjangoJSONEncoder).encode()], packed=True)
    yield Entry("lich-su.txt", [_history_text(said).encode()], packed=True)
    for number, paper in enumerate(dossier.papers.select_related("file"), start=1):
        path = f"giay-to/{number:02d}-{safe_name(paper.label, most=40)}/{safe_name(str(paper.file.name or 'tep'))}"
        yield from _file(path, paper.file, missing, unchecked=True)
    for number, message in enumerate(whole_conversation(dossier), start=1):
        for attached in message.files.all():
            path = f"tin-nhan/{number:03d}/{attached.position}-{safe_name(str(attached.file.name or 'tep'))}"
            yield from _file(path, attached.file, missing, unchecked=not message.is_from_agency)
    issued = dossier.documents.select_related("document__file").filter(cancelled_at__isnull=True).order_by("id")
    for one in issued:
        if one.document.is_signed and one.document.file is not None:
            yield from _file(f"van-ban/{safe_name(one.document.title)}.pdf", one.document.file, missing)
        else:
            missing.append(f"{one.document.title}: đang lập, chưa có chữ ký hoặc dấu số")
    yield Entry("muc-luc.json", [_manifest(dossier, now, written, missing).encode()], packed=True)
    yield Entry("muc-luc.txt", [_manifest_text(dossier, now, written, missing).encode()], packed=True)


def _file(path: str, stored: StoredFile, missing: list[str], *, unchecked: bool = False) -> Iterator[Entry]:
    """The file in its original bytes, or a line in the list that says why it is not there."""
    try:
        yield Entry(path, files.open_plain(stored, unchecked=unchecked))
    except FileUnreadable:
        missing.append(f"{path}: {stored.get_state_display()}")


def declaration_pdf(dossier: Dossier, now: datetime) -> bytes:
    """What was declared, on the same paper as it is printed: the lawful form where there is one."""
    return html_to_pdf(printing.html(sent_filing(dossier), now=now))


def _said(actor: Actor, dossier: Dossier) -> dict[str, Any]:
    """The dossier as plain values."""
    assert actor.party_id is not None and actor.person_id is not None
    notices = notices_of(actor.party_id, actor.person_id).filter(link__startswith=f"/ho-so/{dossier.code}/").order_by("created_at", "id")
    return {
        "Mã hồ sơ": dossier.code,
        "Thủ tục": f"{dossier.procedure_name} ({dossier.procedure_code})",
        "Cơ quan giải quyết": dossier.unit_code,
        "Người nộp": dossier.filed_by_words,
        "Chủ hồ sơ": dossier.owner_name,
        "Tình trạng": str(dossier.get_state_display()),
        "Nộp lúc": dossier.submitted_at,
        "Tiếp nhận lúc": dossier.received_at,
        "Hẹn trả": dossier.due_at,
        "Trả kết quả lúc": dossier.returned_at,
        "Đã khai": dict(slips.answers_shown(dossier)),
        "Đã khai (dữ liệu)": dossier.answers,
        "Khoản phải nộp": [
            {"Số": one.number, "Số tiền": one.amount, "Tình trạng": str(one.get_standing_display()), "Mã thanh toán": one.order.code}
            for one in demands_of(dossier)
        ],
        "Quá trình": [
            {"Lúc": entry.at, "Việc": str(entry.title), "Ghi chú": str(entry.text)}
            for entry in wording.entries_for_applicant(dossier, timeline(dossier))
            if entry.at is not None
        ],
        "Tin nhắn": [said_of(message) for message in whole_conversation(dossier).select_related("dossier")],
        "Sửa và gửi lại": [
            {"Lần": one.number, "Lúc": one.sent_at, "Đã khai trước đó": one.answers, "Thay đổi": one.changes}
            for one in dossier.revisions.all()
        ],
        "Dự thảo kết quả": [
            {
                "Lần": one.number,
                "Lúc": one.shown_at,
                "Kết thúc": str(one.get_state_display()),
                "Ý kiến": one.reason or "",
                "Nội dung": one.content,
            }
            for one in dossier.shown_results.all()
        ],
        "Thông báo": [{"Lúc": one.created_at, "Tiêu đề": one.title, "Nội dung": one.body} for one in notices],
    }


def _history_text(said: dict[str, Any]) -> str:
    lines = [f"HỒ SƠ {said['Mã hồ sơ']}", said["Thủ tục"], "", "QUÁ TRÌNH"]
    lines += [" – ".join(filter(None, (slips.moment(row["Lúc"]), row["Việc"], row["Ghi chú"]))) for row in said["Quá trình"]]
    lines += ["", "TIN NHẮN"] if said["Tin nhắn"] else []
    for row in said["Tin nhắn"]:
        lines += [f"{slips.moment(row['Lúc'])} – {row['Ai viết']}", row["Nội dung"], *row["Tệp kèm theo"], ""]
    lines += ["", "THÔNG BÁO"]
    for row in said["Thông báo"]:
        lines += [f"{slips.moment(row['Lúc'])} – {row['Tiêu đề']}", str(row["Nội dung"]), ""]
    return "\n".join(lines) + "\n"


def _manifest(dossier: Dossier, now: datetime, written: list[Written], missing: list[str]) -> str:
    found = {
        "dossier": dossier.code,
        "made_at": now,
        "files": [{"path": one.path, "size": one.size, "sha256": one.sha256} for one in written],
        "not_included": missing,
    }
    return json.dumps(found, ensure_ascii=False, indent=1, cls=DjangoJSONEncoder)


def _manifest_text(dossier: Dossier, now: datetime, written: list[Written], missing: list[str]) -> str:
    lines = [f"Bản sao toàn bộ hồ sơ {dossier.code}, lập lúc {slips.moment(now)}", ""]
    lines += [f"{one.sha256}  {one.path}  ({slips.in_bytes(one.size)})" for one in written]
    lines += ["", "Không có trong bản sao:", *missing] if missing else []
    return "\n".join(lines) + "\n"
