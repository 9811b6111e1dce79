"""Criteria of the score at the desk: VPCP sets a version from a day on; what was stays to be read (Rules art. 30.3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Rows, Way
from portal.ui.tags import number
from ratings.admin.holding import Holding
from ratings.models import Criterion
from ratings.score import criteria
from ratings.score.sources import SOURCES

_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]
_DAY = forms.DateInput({"placeholder": "ngày/tháng/năm", "autocomplete": "off"})
_LONG = {"class": "vTextField"}
WHAT = {
    "dossier": "hồ sơ", "procedure": "thủ tục", "decision": "quyết định công bố", "petition": "phản ánh, kiến nghị",
    "copy": "bản sao chứng thực",
}  # fmt: skip


def _sources() -> list[tuple[str, str]]:
    return [("", "Chưa có nguồn: không tính"), *((name, f"{name} ({WHAT[source.what]})") for name, source in sorted(SOURCES.items()))]


class CriterionForm(PlainForm):
    """What a version says."""

    name = forms.CharField(label="Tiêu chí", max_length=200, widget=forms.TextInput(_LONG))
    group = forms.ChoiceField(label="Nhóm", choices=lambda: list(criteria.groups().items()))
    position = forms.IntegerField(label="Thứ tự", min_value=0, max_value=30_000)
    points = forms.DecimalField(label="Điểm tối đa", max_digits=5, decimal_places=2, localize=True)
    formula = forms.ChoiceField(label="Cách tính", choices=Criterion.Formula.choices)
    factor = forms.DecimalField(
        label="Ngưỡng đủ điểm", max_digits=5, decimal_places=4, initial=Decimal(1), localize=True,
        help_text="Tỷ lệ từ đó được đủ điểm, ví dụ 0,8; bằng 1 khi tính theo tỷ lệ.",
    )  # fmt: skip
    when_nothing = forms.ChoiceField(label="Khi không phát sinh", choices=Criterion.Nothing.choices)
    source = forms.ChoiceField(label="Nguồn số liệu", required=False, choices=_sources)
    numerator = forms.CharField(label="Tử số, bằng lời", max_length=300, widget=forms.Textarea({"rows": 2}))
    denominator = forms.CharField(label="Mẫu số, bằng lời", max_length=300, widget=forms.Textarea({"rows": 2}))
    law = forms.CharField(label="Căn cứ", max_length=200, widget=forms.TextInput(_LONG))
    for_ministries = forms.BooleanField(label="Chấm bộ, ngành", required=False)
    for_provinces = forms.BooleanField(label="Chấm tỉnh, thành phố", required=False)
    for_units = forms.BooleanField(label="Chấm đơn vị trực thuộc", required=False)
    valid_from = forms.DateField(
        label="Áp dụng từ ngày", input_formats=_DAYS, widget=_DAY,
        help_text="Sau hôm nay. Kỳ bắt đầu từ ngày này trở đi mới tính theo phiên bản mới.",
    )  # fmt: skip


class NewCriterionForm(CriterionForm):
    """A criterion that there was not."""

    code = forms.RegexField(
        label="Mã", regex=r"^[1-9](\.[1-9][0-9]?[a-z]?)$", max_length=10, help_text="Ví dụ 2.1 hoặc 3.5a. Không đổi được về sau.",
        error_messages={"invalid": "Mã gồm số nhóm, dấu chấm, số thứ tự, có thể thêm một chữ thường, ví dụ 3.5a."},
    )  # fmt: skip
    field_order = ("code",)


class EndForm(PlainForm):
    """The last day."""

    valid_to = forms.DateField(
        label="Ngày cuối", input_formats=_DAYS, widget=_DAY, help_text="Kỳ bắt đầu sau ngày này không tính tiêu chí này nữa."
    )


@admin.register(Criterion)
class CriterionAdmin(DeskModelAdmin):
    """Versions of the criteria; a version is never edited: a new one is set beside it."""

    view_act = criteria.ACT
    by_cursor = False
    refusals: ClassVar[tuple[type[Exception], ...]] = (criteria.CriterionRefused,)
    list_display = ("name_shown", "points", "formula", "source_shown", "valid_from", "state")
    list_filter = (Holding, "group")
    search_fields = ("code", "name")
    ordering = ("position", "code", "-valid_from")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(actor_of(request), criteria.ACT)

    @admin.display(description="Tiêu chí", ordering="position")
    def name_shown(self, row: Criterion) -> str:
        return f"{row.code} {row.name}"

    @admin.display(description="Nguồn số liệu", ordering="source")
    def source_shown(self, row: Criterion) -> str:
        return row.source or "chưa có"

    @admin.display(description="Hiện nay")
    def state(self, row: Criterion) -> str:
        today = timezone.localdate()
        if row.valid_from > today:
            return "Chưa đến ngày"
        if row.valid_to is not None and row.valid_to < today:
            return f"Đến hết {row.valid_to:%d/%m/%Y}"
        return "Đang áp dụng" if row.valid_to is None else f"Đang áp dụng, đến hết {row.valid_to:%d/%m/%Y}"

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own; ``?tu=`` begins with that version."""
        view, name = self.admin_site.admin_view, "ratings_criterion"
        return [
            path("add/", view(self.add), name=f"{name}_add"),
            path("<int:object_id>/version/", view(self.version), name=f"{name}_version"),
            path("<int:object_id>/end/", view(self.end), name=f"{name}_end"),
            path("<int:object_id>/take-back/", view(self.take_back), name=f"{name}_take_back"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """A version, with those before and after it."""
        facts = [
            ("Nhóm", criteria.groups().get(row.group, row.group)),
            ("Điểm tối đa", number(row.points)),
            ("Cách tính", row.get_formula_display()),
            ("Ngưỡng đủ điểm", number(row.factor)),
            ("Khi không phát sinh", row.get_when_nothing_display()),
            ("Nguồn số liệu", row.source or "Chưa có: không tính, tổng điểm quy đổi về 100"),
            ("Tử số", row.numerator),
            ("Mẫu số", row.denominator),
            ("Chấm", ", ".join(label for label, said in (("bộ, ngành", row.for_ministries), ("tỉnh, thành phố", row.for_provinces),
                                                         ("đơn vị trực thuộc", row.for_units)) if said)),
            ("Căn cứ", row.law),
            ("Áp dụng từ ngày", f"{row.valid_from:%d/%m/%Y}"),
            ("Hiện nay", self.state(row)),
        ]  # fmt: skip
        versions = list(Criterion.objects.filter(code=row.code).order_by("-valid_from"))
        lines = [[f"{each.valid_from:%d/%m/%Y}", number(each.points), each.get_formula_display(), number(each.factor), self.state(each)]
                 for each in versions]  # fmt: skip
        ways = []
        if may(actor_of(request), criteria.ACT):
            ways.append(Way("Đặt phiên bản mới", self.address("version", row.pk)))
            if row.valid_to is None and row.valid_from <= timezone.localdate():
                ways.append(Way("Thôi áp dụng", self.address("end", row.pk), "danger"))
            if row.valid_from > timezone.localdate():
                ways.append(Way("Bỏ phiên bản này", self.address("take_back", row.pk), "danger"))
        headings = ["Từ ngày", "Điểm", "Cách tính", "Ngưỡng", "Hiện nay"]
        return Page(f"{row.code} {row.name}", [Facts("Phiên bản", facts), Rows("Các phiên bản", headings, lines)], ways)

    def add(self, request: HttpRequest) -> HttpResponse:
        """A criterion that there was not."""
        require(actor_of(request), criteria.ACT)
        form = NewCriterionForm(
            request.POST if request.method == "POST" else None, initial={"for_ministries": True, "for_provinces": True, "position": 500}
        )
        return self._ask(request, "Thêm tiêu chí", form, back=self.address("changelist"))

    def version(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Another version of a criterion from a day on."""
        require(actor_of(request), criteria.ACT)
        row = self.found(request, object_id)
        form = CriterionForm(
            request.POST if request.method == "POST" else None, initial={name: getattr(row, name) for name in criteria.VALUES}
        )
        return self._ask(request, f"Phiên bản mới của {row.code}", form, back=self.address("change", row.pk), code=row.code)

    def _ask(self, request: HttpRequest, title: str, form: forms.Form, *, back: str, **more: str) -> HttpResponse:
        return self.ask(
            request,
            title=title,
            form=form,
            back=back,
            do=lambda said: criteria.set_version(actor=actor_of(request), now=timezone.now(), **{**said, **more}),
            done=lambda row: f"Đã đặt {row.code}, áp dụng cho các kỳ bắt đầu từ {row.valid_from:%d/%m/%Y}.",
            about=["Điểm của kỳ đã bắt đầu và của các năm trước không thay đổi."],
            button="Đặt",
        )

    def end(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Not counted in periods that begin later."""
        require(actor_of(request), criteria.ACT)
        row = self.found(request, object_id)
        return self.ask(
            request,
            title=f"Thôi áp dụng {row.code} {row.name}",
            form=EndForm(request.POST if request.method == "POST" else None, initial={"valid_to": f"{timezone.localdate():%d/%m/%Y}"}),
            back=self.address("change", row.pk),
            do=lambda said: criteria.end(actor=actor_of(request), criterion_id=row.pk, now=timezone.now(), **said),
            done=lambda ended: f"{ended.code} áp dụng đến hết {ended.valid_to:%d/%m/%Y}.",
            button="Thôi áp dụng",
        )

    def take_back(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A version whose day has not come."""
        require(actor_of(request), criteria.ACT)
        row = self.found(request, object_id)
        return self.ask(
            request,
            title=f"Bỏ phiên bản của {row.code} từ {row.valid_from:%d/%m/%Y}",
            form=None,
            back=self.address("change", row.pk),
            to=self.address("changelist"),
            do=lambda said: criteria.take_back(actor=actor_of(request), criterion_id=row.pk, now=timezone.now()),
            done=lambda code: f"Đã bỏ. {code} tiếp tục theo phiên bản trước.",
            about=["Phiên bản trước, nếu có, tiếp tục áp dụng."],
            button="Bỏ phiên bản này",
        )
