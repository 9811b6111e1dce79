"""What the desk of reconciliation shares: days as they are typed, tables as they are downloaded."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from payments.access import OVERSEE
from payments.admin.base import PlainForm
from portal.access import Actor, may
from portal.catalogues import tables
from portal.catalogues.models import BankAccount

_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]
MOST_EXPORTED = 200_000
"""Rows of one table that is downloaded."""
KINDS = {tables.CSV: "text/csv; charset=utf-8", tables.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def day_field(label: str, **values: Any) -> forms.DateField:
    """A day as officers type it."""
    return forms.DateField(
        label=label,
        input_formats=_DAYS,
        widget=forms.DateInput({"placeholder": "ngày/tháng/năm"}),
        error_messages={"required": "Bạn hãy nhập ngày.", "invalid": "Ngày không đúng. Ví dụ 15/11/2026."},
        **values,
    )


def percent(rate: int) -> str:
    """A rate of hundred-thousandths as people read it: 30 is ``0,03 %``."""
    return f"{rate / 1000:.3f}".rstrip("0").rstrip(".").replace(".", ",") + " %"


def asked_day(request: HttpRequest) -> date:
    """The day that the address names; else yesterday."""
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return timezone.localdate() - timedelta(days=1)


def sent(name: str, kind: str, header: list[str], rows: Any) -> HttpResponse:
    """A table as a download."""
    answer = HttpResponse(tables.write(kind, header, rows), content_type=KINDS[kind])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


def kind_of(text: str) -> str:
    """Which kind of table the address asks for; 404 for others."""
    if text not in KINDS:
        raise Http404
    return text


def units_of(actor: Actor) -> list[tuple[str, str]]:
    """Beneficiary accounts of the officer's agency and those below: value and words."""
    rows = BankAccount.objects.on(timezone.localdate()).select_related("holder")
    if not may(actor, OVERSEE):
        rows = rows.filter(Q(holder__code=actor.unit) | Q(holder__code__startswith=actor.unit + "."))
    return [
        (f"{one.holder.code}|{one.number}", f"{one.holder.name}: {one.number}") for one in rows.order_by("holder__code", "number")[:500]
    ]


class RangeForm(PlainForm):
    """From when to when, and how fine."""

    first = day_field("Từ ngày")
    last = day_field("Đến ngày")
    by = forms.ChoiceField(label="Tổng theo", choices=[("day", "ngày"), ("month", "tháng")])
    kind = forms.ChoiceField(label="Dạng tệp", choices=[(tables.XLSX, "Excel (XLSX)"), (tables.CSV, "CSV")])

    def clean(self) -> dict[str, Any]:
        """In order, a year at most."""
        said = super().clean() or {}
        if said.get("first") and said.get("last") and not timedelta(0) <= said["last"] - said["first"] <= timedelta(days=366):
            self.add_error("last", "Ngày cuối phải sau ngày đầu, nhiều nhất một năm.")
        return said
