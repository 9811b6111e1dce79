"""Dashboards on the desk's menu and first page; targets, set by the Government Office (Reform II.2, Scheme II.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone

from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Rows, Way
from portal.access.site import DeskLine, OfficerModelAdmin, register_desk_panel
from portal.audit.desk import HistoryModelAdmin
from ratings.admin.holding import Holding
from ratings.board import setting
from ratings.board.access import TARGETS, sees_boards
from ratings.board.rules import FIRST_YEAR, LAST_YEAR, Level, Unit
from ratings.board.setting import TargetRefused
from ratings.board.sources import SOURCES
from ratings.board.views import desk_line
from ratings.models import LevelCount, Target

_DAY = forms.DateInput({"placeholder": "ngày/tháng/năm", "autocomplete": "off"})
_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]
_LONG = {"class": "vTextField"}


def _day(day: Any) -> str:
    return f"{day:%d/%m/%Y}" if day else "–"


def _panel(request: HttpRequest) -> list[DeskLine]:
    """The way to the dashboard, with what presses most (one query, none for whom it does not concern)."""
    found = desk_line(actor_of(request))
    return [DeskLine("Hồ sơ quá hạn, xem bảng điều hành", found[0], found[1], "bad")] if found else []


register_desk_panel(_panel)


@admin.register(LevelCount)
class BoardAdmin(OfficerModelAdmin):
    """The dashboard's line of the menu: a page outside the desk."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return sees_boards(actor_of(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and self.has_module_permission(request)

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_changelist"
        return [path("", self.admin_site.admin_view(self.board), name=name)]

    def board(self, request: HttpRequest) -> HttpResponse:
        """Over there; who may not see it is told so there."""
        return redirect(reverse("board"))


class StepsField(forms.CharField):
    """Years and numbers, one pair a line: ``2025: 95``."""

    widget = forms.Textarea({"rows": 5})

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return "\n".join(f"{year}: {number}".replace(".", ",") for year, number in value.items())

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        found: dict[str, int | float] = {}
        for line in text.splitlines():
            if not line.strip():
                continue
            year, colon, said = (part.strip() for part in line.partition(":"))
            said = said.removesuffix("%").strip().replace(",", ".")
            is_year = year.isascii() and year.isdigit() and FIRST_YEAR <= int(year) <= LAST_YEAR
            is_number = said.replace(".", "", 1).isascii() and said.replace(".", "", 1).isdigit() and len(said) <= 12
            if not (colon and is_year and is_number):
                raise forms.ValidationError(f"Dòng “{line.strip()[:40]}” chưa đúng. Mỗi dòng một năm, ví dụ 2025: 95.")
            if year in found:
                raise forms.ValidationError(f"Năm {year} viết hai lần.")
            found[year] = float(said) if "." in said else int(said)
        return dict(sorted(found.items()))


class TargetForm(PlainForm):
    """A target from a day on."""

    name = forms.CharField(label="Chỉ tiêu", max_length=200, widget=forms.TextInput(_LONG))
    level = forms.ChoiceField(label="Áp dụng cho", choices=Level.choices)
    unit = forms.ChoiceField(label="Đơn vị tính", choices=Unit.choices)
    steps = StepsField(label="Mức theo năm", max_length=1000, help_text="Mỗi dòng một năm: mức phải đạt đến hết năm đó, ví dụ 2025: 95.")
    source = forms.ChoiceField(label="Nguồn số liệu", required=False)
    law = forms.CharField(label="Căn cứ", max_length=200, widget=forms.TextInput(_LONG))
    note = forms.CharField(label="Ghi chú", max_length=500, required=False, widget=forms.Textarea({"rows": 3}))
    position = forms.IntegerField(label="Thứ tự trên bảng", min_value=0, max_value=30_000, initial=100)
    valid_from = forms.DateField(label="Áp dụng từ ngày", input_formats=_DAYS, widget=_DAY)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = [  # type: ignore[attr-defined]
            ("", "Chưa có nguồn số liệu"), *((name, source.label) for name, source in SOURCES.items()),
        ]  # fmt: skip


class NewTargetForm(TargetForm):
    """A target that there was not."""

    code = forms.CharField(label="Mã", max_length=40, help_text="Chữ thường không dấu, chữ số, dấu gạch nối. Không đổi được về sau.")
    field_order = ("name", "code", "level", "unit", "steps", "source", "law", "note", "position", "valid_from")


class EndTargetForm(PlainForm):
    """The last day."""

    valid_to = forms.DateField(
        label="Áp dụng đến hết ngày", input_formats=_DAYS, widget=_DAY, help_text="Sau ngày này bảng không còn chỉ tiêu này."
    )


@admin.register(Target)
class TargetAdmin(DeskModelAdmin, HistoryModelAdmin):
    """Targets with their versions: a new one is set beside the old, which stays to be read."""

    view_act = TARGETS
    by_cursor = False
    refusals: ClassVar[tuple[type[Exception], ...]] = (TargetRefused,)
    list_display = ("name", "code", "level", "steps_shown", "source_shown", "valid_from", "valid_to")
    list_display_links = ("name",)
    list_filter = (Holding, "level")
    ordering = ("position", "code", "-valid_from", "id")
    history_parts: ClassVar[Mapping[str, Mapping[str, str]]] = {"steps": {f"{year}": f"mức năm {year}" for year in range(2015, 2051)}}
    history_facts = ("name", "level", "unit", "steps", "source", "law", "note", "position", "valid_from", "valid_to")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(actor_of(request), TARGETS)

    @admin.display(description="Mức theo năm")
    def steps_shown(self, row: Target) -> str:
        unit = str(Unit(row.unit).label)
        return ", ".join(f"{year}: {number:g}{'%' if unit == '%' else ''}".replace(".", ",") for year, number in sorted(row.steps.items()))

    @admin.display(description="Nguồn số liệu")
    def source_shown(self, row: Target) -> str:
        return SOURCES[row.source].label if row.source in SOURCES else "Chưa có"

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "ratings_target"
        return [
            path("add/", view(self.add), name=f"{name}_add"),
            path("<int:object_id>/edit/", view(self.edit), name=f"{name}_edit"),
            path("<int:object_id>/end/", view(self.end), name=f"{name}_end"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Target) -> Page:
        """A version, with those before and after it."""
        facts = [
            ("Mã", row.code),
            ("Áp dụng cho", row.get_level_display()),
            ("Mức theo năm", self.steps_shown(row)),
            ("Đơn vị tính", row.get_unit_display()),
            ("Nguồn số liệu", SOURCES[row.source].words if row.source in SOURCES else "Chưa có: bảng nói rõ là chưa có nguồn số liệu."),
            ("Căn cứ", row.law),
            ("Ghi chú", row.note or "–"),
            ("Thứ tự trên bảng", row.position),
            ("Áp dụng từ ngày", _day(row.valid_from)),
            ("Đến hết ngày", _day(row.valid_to)),
        ]
        others = Target.objects.filter(code=row.code).order_by("-valid_from")
        versions = [[_day(one.valid_from), _day(one.valid_to), self.steps_shown(one), one.law] for one in others]
        ways = [Way("Lịch sử thay đổi", self.address("history", row.pk), "history")]
        if row.valid_to is None:
            ways = [Way("Đặt mức mới", self.address("edit", row.pk)), Way("Thôi áp dụng", self.address("end", row.pk), "danger"), *ways]
        parts: list[Facts | Rows] = [
            Facts("Chỉ tiêu", facts),
            Rows("Các mức đã đặt", ["Từ ngày", "Đến hết ngày", "Mức theo năm", "Căn cứ"], versions),
        ]
        return Page(row.name, parts, ways)

    def add(self, request: HttpRequest) -> HttpResponse:
        """A target that there was not."""
        require(actor_of(request), TARGETS)
        initial = {"valid_from": f"{timezone.localdate():%d/%m/%Y}", "level": Level.ANY, "unit": Unit.PER_CENT}
        return self.ask(
            request,
            title="Thêm chỉ tiêu",
            form=NewTargetForm(request.POST if request.method == "POST" else None, initial=initial),
            back=self.address("changelist"),
            do=lambda said: setting.set_target(actor=actor_of(request), now=timezone.now(), is_new=True, **said),
            done=lambda row: f"Đã thêm chỉ tiêu “{row.name}”, áp dụng từ {_day(row.valid_from)}.",
            button="Thêm",
        )

    def edit(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Another version from a day on."""
        row = self.found(request, object_id)
        initial = {name: getattr(row, name) for name in setting.TEXTS} | {"valid_from": f"{timezone.localdate():%d/%m/%Y}"}
        return self.ask(
            request,
            title=f"Đặt mức mới: {row.name}",
            form=TargetForm(request.POST if request.method == "POST" else None, initial=initial),
            back=self.address("change", row.pk),
            do=lambda said: setting.set_target(actor=actor_of(request), code=row.code, now=timezone.now(), **said),
            done=lambda made: f"Đã đặt, áp dụng từ {_day(made.valid_from)}.",
            about=[f"Đang áp dụng: {self.steps_shown(row)} từ {_day(row.valid_from)}. Mức này được giữ lại để xem."],
            button="Đặt",
            to=self.address("changelist"),
        )

    def end(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A last day."""
        row, today = self.found(request, object_id), f"{timezone.localdate():%d/%m/%Y}"
        return self.ask(
            request,
            title=f"Thôi áp dụng: {row.name}",
            form=EndTargetForm(request.POST if request.method == "POST" else None, initial={"valid_to": today}),
            back=self.address("change", row.pk),
            do=lambda said: setting.end_target(actor=actor_of(request), target_id=row.pk, now=timezone.now(), **said),
            done=lambda ended: f"Chỉ tiêu này áp dụng đến hết {_day(ended.valid_to)}.",
            button="Thôi áp dụng",
        )
