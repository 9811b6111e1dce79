"""The columns of the statistics, and what stands in them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from portal.ui.tables import Column
from ratings.forms import PARTS
from ratings.queries import Figures


def numbers(figures: Figures) -> dict[str, Any]:
    """Figures by the columns of the table."""
    return {
        "received": figures.received, "online": figures.received_online, "counter": figures.received_in_person,
        "post": figures.received_by_post, "resolved": figures.resolved, "early": figures.early, "on_time": figures.on_time,
        "late": figures.late, "undated": figures.undated, "share": figures.kept_word, "pending": figures.pending,
        "overdue": figures.overdue, "refused": figures.refused, "withdrawn": figures.withdrawn, "supplemented": figures.supplemented,
        "paid": figures.paid_online,
    }  # fmt: skip


def groups() -> dict[str, tuple[str, tuple[str, ...]]]:
    """What a table shows: as many columns as stand beside each other; a file has all."""
    return {
        "": (_("Tổng quan"), ("received", "online", "resolved", "late", "share", "pending", "overdue")),
        "tiep-nhan": (_("Tiếp nhận"), ("received", "online", "counter", "post", "refused", "supplemented", "paid")),
        "giai-quyet": (_("Giải quyết"), ("resolved", "early", "on_time", "late", "undated", "share", "withdrawn")),
    }


def columns(by: str, group: str | None = None) -> list[Column]:
    """The name of the part and its figures: all, or those of a group."""
    first = next(column for name, _key, _label, column in PARTS if name == by)
    numbers = {
        "received": _("Tiếp nhận"), "online": _("Trực tuyến"), "counter": _("Trực tiếp"), "post": _("Bưu chính"),
        "resolved": _("Đã giải quyết"), "early": _("Trước hạn"), "on_time": _("Đúng ngày hẹn"), "late": _("Quá hạn"),
        "undated": _("Không có ngày hẹn"), "share": _("Đúng hạn (%)"), "pending": _("Đang giải quyết"), "overdue": _("Đang quá hạn"),
        "refused": _("Không tiếp nhận"), "withdrawn": _("Đã rút"), "supplemented": _("Phải bổ sung"), "paid": _("Nộp tiền trực tuyến"),
    }  # fmt: skip
    shown = numbers if group is None else groups()[group][1]
    figures = [Column(key, numbers[key], kind="number", sortable=True, most_first=key != "share") for key in shown]
    return [Column("name", str(first), sortable=True), *figures]


def default(by: str, group: str) -> str:
    return "name" if by in ("month", "day") else "-resolved" if group == "giai-quyet" else "-received"
