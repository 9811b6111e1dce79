"""Orders from a table: each row by itself, the good ones go in, each bad one is told with its number (requirement P-01)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from payments.models import FeeKind, Order
from payments.services.orders import Line, OrderRefused, Payer, create_order
from portal.access import Actor, require
from portal.catalogues import queries as catalogues
from portal.catalogues.tables import Table, TableUnreadable, read

MAKE = "payments.make_order"
MOST_ROWS = 500
"""Each row is an act of its own; more than these would keep the officer waiting."""
COLUMNS = {
    "so_quyet_dinh": "Số hồ sơ, quyết định, thông báo",
    "noi_dung": "Nội dung",
    "loai_giao_dich": "Loại giao dịch (mã)",
    "nguoi_nop": "Người nộp",
    "so_dinh_danh": "Số định danh hoặc mã số thuế",
    "dia_chi": "Địa chỉ",
    "khoan": "Khoản",
    "la": "Là (phi, le-phi, thue, phat, khac)",
    "ma_ndkt": "Mã nội dung kinh tế",
    "so_tien": "Số tiền",
    "han_nop": "Hạn nộp",
}
REQUIRED = ("so_quyet_dinh", "noi_dung", "loai_giao_dich", "nguoi_nop", "khoan", "la", "so_tien", "han_nop")
KINDS = {"phi": FeeKind.FEE, "le-phi": FeeKind.CHARGE, "thue": FeeKind.TAX, "phat": FeeKind.FINE, "khac": FeeKind.OTHER}
GRACE = timedelta(days=30)
"""An order can still be paid so long after its day, where nothing else is said."""


@dataclass
class Report:
    """What became of a file."""

    rows: list[tuple[int, Order, bool]] = field(default_factory=list)
    """Row of the spreadsheet, its order, whether that was there already."""
    problems: list[tuple[int, str]] = field(default_factory=list)
    """Row of the spreadsheet, all that is wrong with it."""

    @property
    def made(self) -> int:
        """How many orders are new."""
        return sum(not known for _, _, known in self.rows)

    @property
    def known(self) -> int:
        """How many rows named an order that was there already, the same."""
        return len(self.rows) - self.made


def source_of(unit: str) -> str:
    """Name under which an agency's desk makes orders: a reference is one order in each agency."""
    return f"desk.{unit}"[:40]


def end_of_day(day: date) -> datetime:
    """The last moment of a day in Vietnam."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def read_orders(*, name: str, content: bytes) -> Table:
    """The table of a file with its columns checked. ``TableUnreadable``."""
    table = read(name, content)
    missing = [column for column in REQUIRED if column not in table.header]
    if missing:
        raise TableUnreadable(f"Thiếu cột {', '.join(missing)}. Các cột: {', '.join(COLUMNS)}.")
    if len(table.rows) > MOST_ROWS:
        raise TableUnreadable(f"Mỗi tệp tối đa {MOST_ROWS} dòng. Hãy chia thành nhiều tệp.")
    return table


def import_orders(*, unit: str, table: Table, actor: Actor, now: datetime) -> Report:
    """Make an order of each row for an agency. The same file again makes nothing: the reference names the order.

    A row is refused alone, with its reason; also one whose reference stands for an order of another amount or payer.
    """
    require(actor, MAKE, unit)
    report = Report()
    for number, cells in table.rows:
        row = dict(zip(table.header, cells, strict=False))
        if len(cells) != len(table.header):
            report.problems.append((number, f"Dòng có {len(cells)} ô, tiêu đề có {len(table.header)}."))
            continue
        try:
            with transaction.atomic():
                order, known = _make(unit, row, actor, now)
        except OrderRefused as refused:
            report.problems.append((number, refused.message))
            continue
        report.rows.append((number, order, known))
    return report


def _make(unit: str, row: Mapping[str, str], actor: Actor, now: datetime) -> tuple[Order, bool]:
    """Make one row's order; whether it was there already. :class:`OrderRefused` names all that is wrong, not the first alone."""
    empty = [COLUMNS[column] for column in REQUIRED if not row.get(column)]
    problems = [f"Chưa có: {', '.join(empty)}."] if empty else []
    amount, due, kind = amount_in(row["so_tien"]), day_in(row["han_nop"]), row["la"].lower()
    if row["so_tien"] and not amount:
        problems.append(f"Số tiền “{row['so_tien'][:30]}” không đúng: viết số đồng, ví dụ 1250000.")
    if row["han_nop"] and due is None:
        problems.append(f"Hạn nộp “{row['han_nop'][:30]}” không đúng: viết ngày/tháng/năm.")
    elif due is not None and end_of_day(due) < now:
        problems.append(f"Hạn nộp {due:%d/%m/%Y} đã qua.")
    if kind and kind not in KINDS:
        problems.append(f"“{row['la'][:30]}” không phải phi, le-phi, thue, phat, khac.")
    if row["loai_giao_dich"] and not catalogues.transaction_kinds().filter(code=row["loai_giao_dich"]).exists():
        problems.append(f"Không có loại giao dịch {row['loai_giao_dich'][:20]}.")
    code = row.get("ma_ndkt", "")
    if code and not catalogues_has(code):
        problems.append(f"Không có mã nội dung kinh tế {code[:10]}.")
    if problems or amount is None or due is None:
        raise OrderRefused(" ".join(problems))
    reference = row["so_quyet_dinh"]
    earlier = Order.objects.filter(source=source_of(unit), source_key=reference[:200]).first()
    if earlier is not None:
        if (earlier.amount, earlier.payer_name) != (amount, row["nguoi_nop"][:300]):
            raise OrderRefused(f"Số {reference[:60]} đã có khoản {earlier.code} với số tiền hoặc người nộp khác.")
        return earlier, True
    order = create_order(
        source=source_of(unit),
        key=reference[:200],
        kind=row["loai_giao_dich"],
        reference=reference,
        description=row["noi_dung"],
        payer=Payer(None, row["nguoi_nop"], row.get("so_dinh_danh", ""), row.get("dia_chi", "")),
        payee_unit=unit,
        lines=[Line(row["khoan"], KINDS[kind], amount, 1, revenue_code=code)],
        due_at=end_of_day(due),
        expires_at=end_of_day(due) + GRACE,
        actor=actor,
        now=now,
    )
    return order, False


def catalogues_has(revenue_code: str) -> bool:
    """Whether the budget's index has this code today."""
    from portal.catalogues.models import RevenueKind

    try:
        catalogues.revenue_kind(revenue_code)
    except RevenueKind.DoesNotExist:
        return False
    return True


def amount_in(text: str) -> int | None:
    """Whole đồng as a table writes them: ``1250000``, ``1.250.000``, ``1250000.0``; None for anything else."""
    plain = text.replace("\u00a0", "").replace(" ", "").removesuffix("đ")
    if re.fullmatch(r"\d{1,3}(\.\d{3})+", plain):
        plain = plain.replace(".", "")
    plain = plain.removesuffix(".0")
    return int(plain) if re.fullmatch(r"\d{1,13}", plain) else None


def day_in(text: str) -> date | None:
    """A day as a table writes it: ``31/12/2026`` or ``2026-12-31``; None for anything else."""
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})|(\d{4})-(\d{2})-(\d{2})", text)
    if found is None:
        return None
    day, month, year = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
