"""Petitions from letters, calls, faxes and e-mails: entered one by one or from a table, with their originals (Rules art. 42.2b)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from accounts.identifiers import clean_phone
from dossiers.models import Dossier
from feedback.models import Attachment, Petition
from feedback.services import files
from feedback.services.common import PetitionRefused, lock_for_officer, refuse_all
from feedback.services.sending import SAME_TEXT_DAYS, enter, kinds_on, sender_problems, text_problems
from feedback.words import same_text_print
from portal.access import Actor, require
from portal.access.rules import unit_scope
from portal.catalogues.tables import Table, TableUnreadable, read
from portal.text import search_key
from procedures.queries import procedure_on

RECEIVE = "feedback.receive"
SOURCES = {"letter": "Văn bản, thư", "phone": "Điện thoại", "fax": "Fax", "email": "Thư điện tử"}
WITH_ORIGINAL = frozenset({"letter", "fax", "email"})
"""Sources that leave something to attach."""
MOST_ROWS = 200
"""Each row is an act of its own; more than these would keep the officer waiting."""
COLUMNS = {
    "nguon": "Nguồn (thu, dien-thoai, fax, email)",
    "ngay_den": "Ngày đến (ngày/tháng/năm)",
    "ho_ten": "Họ tên hoặc tên tổ chức của người gửi",
    "dia_chi": "Địa chỉ",
    "dien_thoai": "Điện thoại di động",
    "thu_dien_tu": "Thư điện tử",
    "loai": "Loại nội dung (mã)",
    "tom_tat": "Tóm tắt một dòng",
    "noi_dung": "Nội dung",
    "thu_tuc": "Mã thủ tục",
    "giu_kin_ten": "Không công khai tên (x)",
}
REQUIRED = ("nguon", "ngay_den", "ho_ten", "loai", "tom_tat", "noi_dung")
_SOURCES = {"thu": "letter", "van-ban": "letter", "dien-thoai": "phone", "fax": "fax", "email": "email", "thu-dien-tu": "email"}


def came_at(day: date, now: datetime) -> datetime:
    """The moment from which the clocks of what came on a day run: now for today, else the beginning of office time."""
    moment = timezone.make_aware(datetime.combine(day, time(8)))
    return min(moment, now)


def entry_problems(
    *,
    actor: Actor,
    came_on: date | None,
    kind: str,
    subject: str,
    words: str,
    sender: Mapping[str, str],
    procedure_code: str,
    dossier_code: str,
    now: datetime,
) -> dict[str, str]:
    """Everything that is wrong with what an officer typed, in words, by field; empty: nothing. ``came_on`` None: said elsewhere."""
    found: dict[str, str] = {}
    if came_on is not None and came_on > timezone.localdate(now):
        found["came_on"] = "Ngày đến không được sau hôm nay."
    elif came_on is not None and came_at(came_on, now) < now - timedelta(days=366):
        found["came_on"] = "Ngày đến phải từ một năm trước đến hôm nay."
    found |= sender_problems(sender)
    phone, email = sender.get("phone", "").strip(), sender.get("email", "").strip()
    if phone and not clean_phone(phone):
        found["phone"] = "Số điện thoại di động gồm 10 chữ số. Số máy bàn ghi vào phần địa chỉ."
    if email and "email" not in found:
        try:
            validate_email(email)
        except ValidationError:
            found["email"] = "Địa chỉ thư điện tử không đúng, ví dụ ten@vidu.vn."
    if not (phone or email or sender.get("address", "").strip()):
        found["address"] = "Bạn hãy ghi ít nhất một cách trả lời người gửi: địa chỉ, điện thoại hoặc thư điện tử."
    if kind not in {row.pk for row in kinds_on(now)}:
        found["kind"] = "Bạn hãy chọn loại nội dung."
    found |= {one.field: one.message for one in text_problems(subject, words)}
    if procedure_code and procedure_on(procedure_code, timezone.localdate(now)) is None:
        found["procedure_code"] = "Không có thủ tục nào mang mã này đang có hiệu lực."
    if dossier_code and not Dossier.objects.filter(unit_scope(actor, RECEIVE, "unit_code"), code=dossier_code).exists():
        found["dossier_code"] = "Không có hồ sơ mang mã này ở cơ quan bạn."
    return found


@transaction.atomic
def enter_one(
    *,
    actor: Actor,
    unit_code: str,
    source: str,
    came_on: date,
    kind: str,
    subject: str,
    words: str,
    sender: Mapping[str, str],
    now: datetime,
    originals: Iterable[UploadedFile] = (),
    procedure_code: str = "",
    dossier_code: str = "",
    place_code: str = "",
    hide_name: bool = False,
) -> Petition:
    """Enter one with what an officer typed checked to its end: :class:`PetitionRefused` names every field that is wrong."""
    require(actor, RECEIVE, unit_code)
    refuse_all(
        entry_problems(
            actor=actor,
            came_on=came_on,
            kind=kind,
            subject=subject,
            words=words,
            sender=sender,
            procedure_code=procedure_code,
            dossier_code=dossier_code,
            now=now,
        )
    )
    return enter(
        actor=actor,
        source=source,
        came_at=came_at(came_on, now),
        kind=kind,
        subject=subject,
        words=words,
        sender=sender,
        unit_code=unit_code,
        now=now,
        originals=originals,
        procedure_code=procedure_code,
        dossier_code=dossier_code,
        place_code=place_code,
        hide_name=hide_name,
    )


@transaction.atomic
def add_originals(*, actor: Actor, petition_id: UUID, uploads: Iterable[UploadedFile], now: datetime) -> Petition:
    """Attach the originals of a petition that was entered without them."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act=RECEIVE)
    if petition.source not in SOURCES or petition.state == "secret":
        raise PetitionRefused("Chỉ đính kèm bản gốc cho phản ánh nhập từ thư, điện thoại.", "originals")
    for upload in uploads:
        files.attach(petition=petition, upload=upload, role=Attachment.Role.ORIGINAL, part_id=None, actor=actor, now=now, field="originals")
    return petition


@dataclass
class Report:
    """What became of a table."""

    rows: list[tuple[int, Petition, bool]] = field(default_factory=list)
    """Row of the spreadsheet, its petition, whether that was there already."""
    problems: list[tuple[int, str]] = field(default_factory=list)
    """Row of the spreadsheet, what is wrong with it."""

    @property
    def entered(self) -> int:
        """How many are new."""
        return sum(not known for _, _, known in self.rows)

    @property
    def known(self) -> int:
        """How many rows said what had been entered before."""
        return len(self.rows) - self.entered


def read_rows(*, name: str, content: bytes) -> Table:
    """The table of a file with its columns checked. ``TableUnreadable``."""
    table = read(name, content)
    missing = [column for column in REQUIRED if column not in table.header]
    if missing:
        raise TableUnreadable(f"Thiếu cột {', '.join(missing)}. Các cột: {', '.join(COLUMNS)}.")
    if len(table.rows) > MOST_ROWS:
        raise TableUnreadable(f"Mỗi tệp tối đa {MOST_ROWS} dòng. Hãy chia thành nhiều tệp.")
    return table


def enter_rows(*, actor: Actor, unit_code: str, table: Table, now: datetime) -> Report:
    """Enter each row for an agency by itself: the good ones go in, each bad one says why. The same file again enters nothing twice."""
    require(actor, RECEIVE, unit_code)
    report = Report()
    kinds = {row.pk for row in kinds_on(now)}
    for number, cells in table.rows:
        row = dict(zip(table.header, cells, strict=False))
        if len(cells) != len(table.header):
            report.problems.append((number, f"Dòng có {len(cells)} ô, tiêu đề có {len(table.header)}."))
            continue
        try:
            petition, known = _enter_row(row, kinds, actor=actor, unit_code=unit_code, now=now)
        except PetitionRefused as refused:
            report.problems.append((number, refused.in_full))
        else:
            report.rows.append((number, petition, known))
    return report


def _enter_row(row: Mapping[str, str], kinds: set[str], *, actor: Actor, unit_code: str, now: datetime) -> tuple[Petition, bool]:
    empty = [COLUMNS[column] for column in REQUIRED if not row.get(column)]
    problems = [f"Chưa có: {'; '.join(empty)}."] if empty else []
    source, day = _SOURCES.get(row["nguon"].lower()), day_in(row["ngay_den"])
    if row["nguon"] and source is None:
        problems.append(f"“{row['nguon'][:30]}” không phải thu, dien-thoai, fax, email.")
    if row["ngay_den"] and day is None:
        problems.append(f"Ngày đến “{row['ngay_den'][:30]}” không đúng: viết ngày/tháng/năm.")
    if row["loai"] and row["loai"] not in kinds:
        problems.append(f"Không có loại nội dung mang mã “{row['loai'][:40]}”.")
    if problems or source is None or day is None:
        raise PetitionRefused(" ".join(problems))
    earlier = Petition.objects.filter(
        text_print=same_text_print(row["noi_dung"]),
        sender_key=search_key(row["ho_ten"])[:200],
        source=source,
        sent_at__gte=now - timedelta(days=SAME_TEXT_DAYS),
    )
    known = earlier.filter(unit_scope(actor, RECEIVE, "unit_code")).first()
    if known is not None:
        return known, True
    entered = enter_one(
        actor=actor,
        unit_code=unit_code,
        source=source,
        came_on=day,
        kind=row["loai"],
        subject=row["tom_tat"],
        words=row["noi_dung"],
        sender={
            "name": row["ho_ten"],
            "address": row.get("dia_chi", ""),
            "phone": row.get("dien_thoai", ""),
            "email": row.get("thu_dien_tu", ""),
        },
        now=now,
        procedure_code=row.get("thu_tuc", ""),
        hide_name=bool(row.get("giu_kin_ten")),
    )
    return entered, False


def day_in(text: str) -> date | None:
    """A day as people write it, or as a spreadsheet does; None for anything else."""
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text.strip()[:10], form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def kind_codes(now: datetime) -> list[tuple[str, str]]:
    """Codes and names of the kinds that a table may name (one query)."""
    return [(kind.pk, kind.name) for kind in kinds_on(now)]
