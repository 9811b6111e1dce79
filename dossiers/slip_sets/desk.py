"""Registers and handovers on the desk: the list of what was made, making one, its PDF."""

from __future__ import annotations

import re
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils import timezone

from dossiers.models import Dossier, UnitSlip
from dossiers.slip_sets import sheets
from dossiers.slip_sets.sheets import UNIT_SLIPS, SlipRefused
from dossiers.views.common import send_file
from portal import audit
from portal.access import actor_of, may, require, unit_scope
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Rows, Way, moment, two_lines
from portal.catalogues.models import Agency
from portal.documents.units import unit_name


class UnitForm(PlainForm):
    """Whose slip it is."""

    unit_code = forms.ChoiceField(label="Cơ quan")

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit_code"].choices = units  # type: ignore[attr-defined]


class RegisterForm(UnitForm):
    """The days of a register."""

    first = forms.DateField(label="Tiếp nhận từ ngày", input_formats=["%d/%m/%Y", "%Y-%m-%d"], help_text="Ngày/tháng/năm.")
    last = forms.DateField(label="Đến hết ngày", input_formats=["%d/%m/%Y", "%Y-%m-%d"])


class HandoverForm(UnitForm):
    """What is handed to whom."""

    receiver = forms.CharField(
        label="Bên nhận", max_length=300, widget=forms.TextInput({"class": "vTextField"}), help_text="Người nhận, cơ quan nhận."
    )
    codes = forms.CharField(
        label="Mã hồ sơ", max_length=100_000, widget=forms.Textarea({"rows": 8}), help_text="Mỗi dòng một mã, hoặc cách nhau bằng dấu phẩy."
    )


@admin.register(UnitSlip)
class UnitSlipAdmin(DeskModelAdmin):
    """What the officer's units have made."""

    view_act = UNIT_SLIPS
    unit_field = "unit_code"
    list_display = ("kind_shown", "about", "made", "document_shown")
    list_display_links = ("kind_shown",)
    list_filter = ("kind",)
    ordering = ("-made_at", "id")
    sortable_by = ()
    refusals: ClassVar[tuple[type[Exception], ...]] = (SlipRefused,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the document."""
        return super().get_queryset(request).select_related("document")

    @admin.display(description="Phiếu, sổ")
    def kind_shown(self, row: UnitSlip) -> Any:
        return two_lines(row.get_kind_display(), unit_name(row.unit_code))

    @admin.display(description="Gồm")
    def about(self, row: UnitSlip) -> str:
        days = f", tiếp nhận {row.first_day:%d/%m/%Y} đến {row.last_day:%d/%m/%Y}" if row.first_day and row.last_day else ""
        return f"{len(row.dossiers)} hồ sơ{days}"

    @admin.display(description="Lập")
    def made(self, row: UnitSlip) -> Any:
        return two_lines(moment(row.made_at), row.made_label)

    @admin.display(description="Văn bản")
    def document_shown(self, row: UnitSlip) -> str:
        return "Đã đóng dấu số" if row.document.is_signed else str(row.document.state_words)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "dossiers_unitslip"
        return [
            path("register/", view(self.register), name=f"{name}_register"),
            path("handover/", view(self.handover), name=f"{name}_handover"),
            path("<uuid:object_id>/pdf/", view(self.pdf), name=f"{name}_pdf"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, with the ways to make one."""
        ways = [Way("Lập sổ theo dõi", self.address("register")), Way("Lập phiếu bàn giao", self.address("handover"))]
        actor = actor_of(request)
        more = {"ways": ways} if may(actor, UNIT_SLIPS, actor.unit) else {}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    change_list_template = "admin/dossiers/unit_slips.html"

    def page(self, request: HttpRequest, row: Any) -> Page:
        """What is in it."""
        facts = [
            ("Cơ quan", unit_name(row.unit_code)),
            ("Lập lúc", moment(row.made_at)),
            ("Người lập", row.made_label),
            ("Văn bản", self.document_shown(row)),
        ]
        if row.receiver:
            facts.insert(1, ("Bên nhận", row.receiver))
        codes = Dossier.objects.filter(pk__in=row.dossiers).values_list("code", "procedure_name", "owner_name")
        ways = [Way("Mở PDF", self.address("pdf", row.pk))] if row.document.is_signed else []
        rows = Rows("Hồ sơ", ("Mã", "Thủ tục", "Chủ hồ sơ"), [list(one) for one in codes.order_by("code")[:200]])
        return Page(str(row.get_kind_display()), [Facts("Phiếu", facts), rows], ways)

    def _units(self, request: HttpRequest) -> list[tuple[str, str]]:
        actor = actor_of(request)
        require(actor, UNIT_SLIPS, actor.unit)
        mine = Agency.objects.on(timezone.localdate()).filter(unit_scope(actor, UNIT_SLIPS, "code")).order_by("code")
        return [(code, f"{name} ({code})") for code, name in mine.values_list("code", "name")]

    def register(self, request: HttpRequest) -> HttpResponse:
        """Make the register of some days."""
        actor, today = actor_of(request), timezone.localdate()
        initial = {"unit_code": actor.unit, "first": f"{today:%d/%m/%Y}", "last": f"{today:%d/%m/%Y}"}
        units = self._units(request)
        return self.ask(
            request,
            title="Lập sổ theo dõi hồ sơ",
            form=RegisterForm(request.POST if request.method == "POST" else None, initial=initial, units=units),
            back=self.address("changelist"),
            do=lambda said: sheets.issue_register(actor=actor, now=timezone.now(), **said),
            done=lambda row: f"Đang lập sổ, {len(row.dossiers)} hồ sơ. Thường xong trong một phút.",
            button="Lập sổ",
        )

    def handover(self, request: HttpRequest) -> HttpResponse:
        """Make a handover."""
        actor, units = actor_of(request), self._units(request)
        return self.ask(
            request,
            title="Lập phiếu bàn giao hồ sơ",
            form=HandoverForm(
                request.POST if request.method == "POST" else None,
                initial={"unit_code": actor.unit, "codes": request.GET.get("ma", "")},
                units=units,
            ),
            back=self.address("changelist"),
            do=lambda said: self._hand_over(request, **said),
            done=lambda row: f"Đang lập phiếu, {len(row.dossiers)} hồ sơ. Thường xong trong một phút.",
            button="Lập phiếu",
        )

    def _hand_over(self, request: HttpRequest, *, unit_code: str, receiver: str, codes: str) -> UnitSlip:
        actor = actor_of(request)
        typed = list(dict.fromkeys(re.findall(r"[^\s,;]+", codes.upper())))
        found = dict(Dossier.objects.filter(code__in=typed[: sheets.MOST_ROWS + 1], unit_code=unit_code).values_list("code", "pk"))
        if missing := [code for code in typed if code not in found]:
            raise SlipRefused(f"Không có trong cơ quan này: {', '.join(missing[:5])}.", "codes")
        return sheets.issue_handover(actor=actor, unit_code=unit_code, dossier_ids=found.values(), receiver=receiver, now=timezone.now())

    def pdf(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        """The sealed slip."""
        row = self.found(request, object_id)
        if not row.document.is_signed or row.document.file is None:
            raise Http404
        audit.record(
            actor=actor_of(request), act="dossiers.read_unit_slip", target="dossiers.unitslip", target_id=str(row.pk), unit=row.unit_code
        )
        return send_file(row.document.file, name=f"{row.kind}-{row.made_at:%Y%m%d}.pdf", inline=True, trusted=True)
