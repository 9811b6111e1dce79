"""Files of every side, on the desk: taken, shown, corrected."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from payments import tasks
from payments.access import OPERATE, OVERSEE, READ
from payments.admin.base import Facts, MoneyModelAdmin, Page, PlainForm, Rows, Way, moment
from payments.admin.days import day_field, units_of
from payments.admin.listed import own_institutions, with_unit
from payments.admin.runs import FETCH, fetch_address
from payments.models import (
    Institution,
    Statement,
    StatementRow,
)
from payments.services import statements_import
from payments.services.called import Called
from payments.services.statements_import import StatementRefused
from portal.access import Actor, actor_of, may, require
from portal.documents.units import unit_name
from portal.files import services as files
from portal.ui.tags import dong


class TakeForm(PlainForm):
    """A file of one's own side."""

    side = forms.ChoiceField(label="Tệp của")
    institution = forms.ChoiceField(label="Đơn vị thanh toán", required=False)
    account = forms.ChoiceField(label="Tài khoản thụ hưởng", required=False)
    day = day_field("Ngày của tệp")
    file = forms.FileField(
        label="Tệp",
        help_text="Tệp CSV đối soát có dòng tổng ở cuối, hoặc sao kê camt.053 (XML). Tối đa 20 MB.",
        error_messages={"required": "Bạn hãy chọn tệp.", "empty": "Tệp trống."},
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_vpcp, is_agency = may(actor, OVERSEE), may(actor, READ, actor.unit)
        sides = []
        if is_vpcp or may(actor, OPERATE, actor.unit):
            sides.append(("institution", "đơn vị thanh toán"))
        if is_vpcp or is_agency:
            sides.append(("beneficiary", "tài khoản thụ hưởng (sao kê kho bạc, ngân hàng)"))
        if is_agency:
            sides.append(("agency", "cơ quan (khoản đã ghi nhận)"))
        self.fields["side"].choices = sides  # type: ignore[attr-defined]
        institutions = [("", "Chọn đơn vị"), *((one.code, str(one)) for one in own_institutions(actor))]
        self.fields["institution"].choices = institutions  # type: ignore[attr-defined]
        self.fields["account"].choices = [("", "Chọn tài khoản"), *units_of(actor)]  # type: ignore[attr-defined]
        names = {name for name, _ in sides}
        if "institution" not in names:
            del self.fields["institution"]
        if "beneficiary" not in names:
            del self.fields["account"]

    def clean(self) -> dict[str, Any]:
        """What the chosen side needs."""
        said = super().clean() or {}
        if said.get("side") == "institution" and not said.get("institution"):
            self.add_error("institution", "Bạn hãy chọn đơn vị thanh toán.")
        if said.get("side") == "beneficiary" and not said.get("account"):
            self.add_error("account", "Bạn hãy chọn tài khoản.")
        return said


@admin.register(Statement)
class StatementAdmin(MoneyModelAdmin):
    """Files of one's own side; VPCP sees all."""

    unit_column = "unit_code"
    list_display = ("id", "side", "whose_shown", "day_shown", "rows", "total_shown", "state_shown", "source")
    list_filter = ("side", "state", "source")
    list_select_related = ("institution",)
    ordering = ("-day", "-id")
    sortable_by = ()
    search_fields = ("digest",)
    search_help_text = "Mã đơn vị thanh toán, mã cơ quan hoặc mã băm của tệp."
    refusals = (StatementRefused,)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """By whose it is, or the file itself."""
        term = search_term.strip()
        return (queryset.filter(Q(institution=term) | Q(unit_code=term) | Q(digest=term.lower())) if term else queryset), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the names of agencies."""
        return with_unit(super().get_queryset(request), "unit_code")

    @admin.display(description="Của")
    def whose_shown(self, row: Any) -> str:
        return row.institution.short_name if row.institution else row.unit_called

    @admin.display(description="Ngày", ordering="-day")
    def day_shown(self, row: Statement) -> str:
        return f"{row.day:%d/%m/%Y}"

    @admin.display(description="Tổng đã thu")
    def total_shown(self, row: Statement) -> str:
        return dong(row.total)

    @admin.display(description="Tình trạng")
    def state_shown(self, row: Statement) -> str | SafeString:
        if row.bad_rows:
            return format_html('{}<br><strong class="overdue">{} dòng lỗi</strong>', row.get_state_display(), row.bad_rows)
        return row.get_state_display()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    def get_urls(self) -> list[Any]:
        """Uploading, the rows, the file itself."""
        view = self.admin_site.admin_view
        return [
            path("add/", view(self.take), name="payments_statement_add"),
            path("<int:number>/file/", view(self.file), name="payments_statement_file"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        ways = [Way("Lấy tệp và đối soát một ngày", fetch_address(), "quiet")]
        return super().changelist_view(request, {**(extra_context or {}), "ways": ways})

    change_list_template = "admin/payments/list.html"

    def take(self, request: HttpRequest) -> HttpResponse:
        """Upload a file of one's own side."""
        actor = actor_of(request)
        if not self.has_module_permission(request):
            require(actor, READ, actor.unit)
        form = TakeForm(actor, *((request.POST, request.FILES) if request.method == "POST" else ()))

        def take(said: dict[str, Any]) -> Statement:
            side = said["side"]
            upload = said["file"]
            given: dict[str, Any] = {}
            if side == "institution":
                institution = Institution.objects.get(pk=said["institution"])
                given = {"institution": institution, "account": statements_import.account_in_file(institution)}
            elif side == "beneficiary":
                unit, _, account = said["account"].partition("|")
                given = {"unit_code": unit, "account": account}
            else:
                given = {"unit_code": actor.unit}
            head = upload.read(200).lstrip(b"\xef\xbb\xbf \r\n\t")
            upload.seek(0)
            file_format = "camt.053" if head.startswith(b"<") else "csv"
            statement = statements_import.take_statement(
                side=side, day=said["day"], source=upload.file, file_format=file_format, actor=actor, now=timezone.now(), **given
            )
            tasks.load_statement.apply_async((statement.pk,), queue="bulk")
            return statement

        return self.ask(
            request,
            title="Tải tệp đối soát lên",
            form=form,
            back=self.address("changelist"),
            do=take,
            done=lambda one: f"Đã nhận tệp số {one.pk} của ngày {one.day:%d/%m/%Y}. Cổng đang nạp; xem kết quả ở danh sách.",
            about=["Tệp đúng thay cho tệp trước của cùng ngày ở lần đối soát sau; cả hai được giữ."],
            button="Tải lên",
        )

    def page(self, request: HttpRequest, row: Any) -> Page:
        """What a file is, what was wrong with it, its first rows."""
        ways = [Way("Tải tệp gốc", self.address("file", row.pk), "quiet")] if row.file_id else []
        if row.institution is not None and row.institution.files:
            ways.append(Way(FETCH, fetch_address(row.institution_id, row.day), "quiet"))
        notes = []
        if row.is_early:
            notes.append("Tệp được lấy khi ngày chưa hết: chỉ có giao dịch đến lúc đó.")
        if row.state == Statement.REFUSED:
            notes.append(f"Không dòng nào được nạp: {row.problems[0][1] if row.problems else 'tệp hỏng'}")
        parts: list[Facts | Rows] = [
            Facts(
                "Tệp",
                [
                    ("Bên", row.get_side_display()),
                    ("Của", str(row.institution) if row.institution else unit_name(row.unit_code)),
                    ("Tài khoản", row.account or "–"),
                    ("Ngày", f"{row.day:%d/%m/%Y}"),
                    ("Tình trạng", row.get_state_display()),
                    ("Số giao dịch", str(row.rows)),
                    ("Tổng đã thu", dong(row.total)),
                    ("Tổng đã hoàn", dong(row.refunded)),
                    ("Dòng không dùng được", str(row.bad_rows)),
                    ("Mã băm SHA-256", row.digest),
                    ("Nhận lúc", f"{moment(row.taken_at)}, {row.get_source_display().lower()}{' bởi ' + row.label if row.label else ''}"),
                ],
            )
        ]
        if row.bad_rows:
            parts.append(Rows("Dòng không dùng được", ["Dòng", "Lý do"], row.problems[:200]))
        if row.state != Statement.REFUSED:
            page = Paginator(StatementRow.objects.filter(statement=row).order_by("number"), 50, allow_empty_first_page=True)
            wanted = request.GET.get("trang", "1")
            start = (int(wanted) - 1) * page.per_page if wanted.isascii() and wanted.isdigit() and 0 < int(wanted) < 10**6 else 0
            # By the number in the file, so that any page of a million rows is one step in an index.
            lines = list(StatementRow.objects.filter(statement=row, number__gt=start).order_by("number")[: page.per_page])
            called = Called(one.unit_code for one in lines)
            shown = [
                [
                    one.number,
                    moment(one.at),
                    one.reference or "–",
                    one.institution_ref,
                    called.unit(one.unit_code) if one.unit_code else "–",
                    one.get_kind_display(),
                    dong(one.amount),
                ]
                for one in lines
            ]
            parts.append(
                Rows(
                    f"Giao dịch từ dòng {start + 1}",
                    ["Dòng", "Lúc", "Mã tham chiếu", "Mã giao dịch", "Cơ quan", "Trạng thái", "Số tiền"],
                    shown,
                    "Không có giao dịch.",
                )
            )
            if len(shown) == page.per_page:
                ways.append(Way("50 dòng sau", f"?{urlencode({'trang': start // page.per_page + 2})}", "quiet"))
        return Page(f"Tệp đối soát số {row.pk}", parts, ways, notes)

    def file(self, request: HttpRequest, number: int) -> Any:
        """The file as it came."""
        row = self.found(request, number)
        if row.file is None:
            raise Http404
        answer = StreamingHttpResponse(files.open_plain(row.file), content_type="application/octet-stream")
        answer["Content-Disposition"] = f'attachment; filename="doi-soat-{row.pk}.{"csv" if row.format == "csv" else "xml"}"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer
