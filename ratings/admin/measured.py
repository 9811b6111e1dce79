"""What was measured outside beside what the portal counts, on the desk of the Government Office (X-12)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Rows, Way, moment
from portal.catalogues.tables import write
from portal.ui.tags import number
from ratings.measured import services
from ratings.measured.services import COMPARE, TOLERATE, MeasuredRefused
from ratings.measured.terms import SHARES, Figure
from ratings.measured.views import TYPES
from ratings.models import MeasuredFigure, MeasuredFile, MeasureTolerance
from ratings.queries import agency_names

_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]
SHOWN = 200
"""Lines on the page; the file has all."""
_HEADER = ["Dòng", "Mã cơ quan", "Cơ quan", "Chỉ số", "Số đo", "Số của Cổng", "Chênh lệch", "Cho phép", "Kết luận"]


class MeasuredForm(PlainForm):
    """A file, and the days it is about."""

    table = forms.FileField(
        label="Tệp số đo (CSV, XLSX)",
        help_text="Cột agency (mã bộ, ngành, tỉnh) và các cột chỉ số như tệp tải từ trang Toàn trình; hoặc ba cột agency, figure, value.",
    )
    first = forms.DateField(label="Đo từ ngày", input_formats=_DAYS, help_text="Ngày/tháng/năm.")
    last = forms.DateField(label="Đến hết ngày", input_formats=_DAYS)


class ToleranceForm(PlainForm):
    """How far a figure may lie."""

    absolute = forms.DecimalField(label="Chênh lệch cho phép", min_value=Decimal(0), max_digits=12, decimal_places=2, localize=True)
    per_cent = forms.DecimalField(
        label="Chênh lệch cho phép (%)", min_value=Decimal(0), max_value=Decimal(100), max_digits=5, decimal_places=2, localize=True,
        help_text="Của số do Cổng đếm. Mức nào lớn hơn thì áp dụng.",
    )  # fmt: skip


def _shown(value: Decimal | None, figure: str) -> str:
    if value is None:
        return "–"
    return f"{number(value)}%" if figure in SHARES else number(int(value))


@admin.register(MeasuredFile)
class MeasuredFileAdmin(DeskModelAdmin):
    """Files that were taken; none is changed."""

    view_act = COMPARE
    by_cursor = False
    refusals: ClassVar[tuple[type[Exception], ...]] = (MeasuredRefused,)
    list_display = ("name", "first", "last", "taken_at", "figures", "differing")
    list_display_links = ("name",)
    ordering = ("-taken_at", "-id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(actor_of(request), COMPARE)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "ratings_measuredfile"
        return [
            path("add/", view(self.add), name=f"{name}_add"),
            path("<uuid:object_id>/so-sanh.<str:ending>", view(self.export), name=f"{name}_export"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: MeasuredFile) -> Page:
        """What differs, by agency and figure; then what agrees. Two queries."""
        lines = list(MeasuredFigure.objects.filter(file=row).order_by("-differs", "row", "id")[:SHOWN])
        names = agency_names({line.agency for line in lines})
        told = [self._line(line, names)[1:] for line in lines]
        apart = [cells for cells, line in zip(told, lines, strict=True) if line.differs]
        alike = [cells for cells, line in zip(told, lines, strict=True) if not line.differs]
        facts = [
            ("Tệp", row.name),
            ("Đo", f"{row.first:%d/%m/%Y} – {row.last:%d/%m/%Y}"),
            ("Nạp lúc", f"{moment(row.taken_at)}, {row.taken_by_label or '–'}"),
            ("Số được so", number(row.figures)),
            ("Số khác nhau", number(row.differing)),
        ]
        headings = _HEADER[1:]
        parts: list[Facts | Rows] = [
            Facts("Đối chiếu", facts),
            Rows("Khác nhau", headings, apart, empty="Không có số nào khác quá mức cho phép."),
            Rows("Khớp", headings, alike, empty="Không có số nào khớp."),
        ]
        ways = [Way(f"Tải báo cáo ({ending.upper()})", self.address("export", row.pk, ending), "quiet") for ending in ("csv", "xlsx")]
        notes = [f"Trang hiện {SHOWN} dòng đầu; tệp có đủ {number(row.figures)} dòng."] if row.figures > SHOWN else []
        return Page(f"Đối chiếu {row}", parts, ways, notes)

    @staticmethod
    def _line(line: MeasuredFigure, names: dict[str, str]) -> list[Any]:
        gap = None if line.counted is None else line.measured - line.counted
        return [
            line.row, line.agency, names.get(line.agency, line.agency), line.get_figure_display(), _shown(line.measured, line.figure),
            _shown(line.counted, line.figure), "–" if gap is None else number(gap), number(line.allowed),
            "Khác" if line.differs else "Khớp",
        ]  # fmt: skip

    def add(self, request: HttpRequest) -> HttpResponse:
        """A file is taken whole, or its wrong rows are named."""
        actor = actor_of(request)
        require(actor, COMPARE)
        given = (request.POST, request.FILES) if request.method == "POST" else ()

        def do(said: dict[str, Any]) -> MeasuredFile:
            upload = said["table"]
            if upload.size > services.tables.MAX_BYTES:
                raise MeasuredRefused("Tệp quá lớn.", "table")
            return services.take(
                actor=actor, name=upload.name, content=upload.read(), first=said["first"], last=said["last"], now=timezone.now()
            )

        return self.ask(
            request,
            title="Nạp số đo",
            form=MeasuredForm(*given),
            back=self.address("changelist"),
            do=do,
            done=lambda row: f"Đã so {row.figures} số: {row.differing} số khác quá mức cho phép.",
            about=["Số của Cổng được đếm cho cùng thời gian lúc nạp. Tệp có dòng sai thì chưa nạp gì, mỗi dòng sai được nêu số dòng."],
            button="Nạp và so",
        )

    def export(self, request: HttpRequest, object_id: UUID, ending: str) -> HttpResponse:
        """The whole comparison, as CSV or XLSX."""
        row = self.found(request, object_id)
        if ending not in ("csv", "xlsx"):
            raise Http404
        lines = list(MeasuredFigure.objects.filter(file=row).order_by("-differs", "row", "id"))
        names = agency_names({line.agency for line in lines})
        rows: list[list[Any]] = [
            [line.row, line.agency, names.get(line.agency, line.agency), line.figure, float(line.measured),
             None if line.counted is None else float(line.counted),
             None if line.counted is None else float(line.measured - line.counted), float(line.allowed), "Khác" if line.differs else "Khớp"]
            for line in lines
        ]  # fmt: skip
        answer = HttpResponse(write(ending, _HEADER, rows, figures="Đối chiếu"), content_type=TYPES[ending])
        answer["Content-Disposition"] = f'attachment; filename="doi-chieu-{row.first}-{row.last}.{ending}"'
        return answer


@admin.register(MeasureTolerance)
class MeasureToleranceAdmin(DeskModelAdmin):
    """One row a figure; changed by an act that is kept."""

    view_act = COMPARE
    by_cursor = False
    list_display = ("figure_shown", "absolute", "per_cent")
    list_display_links = ("figure_shown",)
    ordering = ("figure",)

    @admin.display(description="Chỉ số", ordering="figure")
    def figure_shown(self, row: MeasureTolerance) -> str:
        return str(row.get_figure_display())

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "ratings_measuretolerance"
        return [path("<str:object_id>/edit/", view(self.edit), name=f"{name}_edit"), *super().get_urls()]

    def page(self, request: HttpRequest, row: MeasureTolerance) -> Page:
        """The allowance."""
        facts = [
            ("Chỉ số", row.get_figure_display()),
            ("Chênh lệch cho phép", number(row.absolute)),
            ("Chênh lệch cho phép (%)", f"{number(row.per_cent)}% số của Cổng; mức lớn hơn áp dụng"),
            ("Căn cứ", "Phụ lục I của Khung, mục II.7: số liệu so với hệ thống đo lường"),
        ]
        ways = [Way("Sửa", self.address("edit", row.pk))] if may(actor_of(request), TOLERATE) else []
        return Page(str(row.get_figure_display()), [Facts("Chênh lệch cho phép", facts)], ways)

    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Another allowance; what was compared stays as it was."""
        require(actor_of(request), TOLERATE)
        row = self.found(request, object_id)
        form = ToleranceForm(
            request.POST if request.method == "POST" else None, initial={"absolute": row.absolute, "per_cent": row.per_cent}
        )
        return self.ask(
            request,
            title=f"Sửa mức cho phép: {Figure(row.figure).label}",
            form=form,
            back=self.address("change", row.pk),
            do=lambda said: services.tolerate(actor=actor_of(request), figure=row.figure, **said),
            done="Đã ghi. Các tệp nạp từ nay so theo mức mới.",
            button="Ghi",
        )
