"""Lists of accounts on an agency's desk: given, reported row by row, taken back (A-18)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from accounts.linking import files
from accounts.models import AccountFile, AccountFileRow, AccountOffer, OidcClient
from accounts.provider.admin import SEE_ALL
from accounts.provider.clients import ADMIT, KEEP, SEE
from portal.access import AccessDenied, Actor, actor_of, may, visible_to
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Rows, Way, moment
from portal.catalogues import tables
from portal.catalogues.queries import agency_label

SHOWN = 50
_FINE = (AccountFileRow.Outcome.OFFERED, AccountFileRow.Outcome.ALREADY, AccountFileRow.Outcome.LINKED)


class GiveForm(PlainForm):
    """A list of one's own system."""

    client = forms.ChoiceField(label="Hệ thống có các tài khoản này")
    file = forms.FileField(
        label="Tệp",
        help_text="CSV, XLSX hoặc JSON có hai cột so_dinh_danh và tai_khoan. Tối đa 5 MB, 20.000 dòng.",
        error_messages={"required": "Bạn hãy chọn tệp.", "empty": "Tệp trống."},
    )

    def __init__(self, clients: QuerySet[OidcClient], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["client"].choices = [("", "Chọn hệ thống"), *((str(one.pk), one.name) for one in clients)]  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        """Not larger than a list may be."""
        upload = self.cleaned_data["file"]
        if upload.size > tables.MAX_BYTES:
            raise forms.ValidationError(f"Tệp quá lớn: tối đa {tables.MAX_BYTES // 1024 // 1024} MB.")
        return upload


@admin.register(AccountFile)
class AccountFileAdmin(DeskModelAdmin):
    """Lists of one's own agency, the newest first."""

    by_cursor = False
    view_act = SEE
    unit_field = "unit_code"
    list_display = ("name", "client", "unit_shown", "rows", "given_at", "state")
    list_display_links = ("name",)
    list_select_related = ("client",)
    search_fields = ("name", "=unit_code")
    search_help_text = "Tìm theo tên tệp, mã cơ quan"
    ordering = ("-given_at", "id")
    refusals = (files.FileRefused,)
    change_list_template = "admin/accounts/account_files.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The door: one's own agency's, or all."""
        actor = actor_of(request)
        rows = AccountFile.objects.select_related("client").order_by(*self.ordering)
        return rows if may(actor, SEE_ALL) else visible_to(actor, rows, SEE, self.unit_field)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(actor_of(request), SEE_ALL) or super().has_view_permission(request, obj)

    @admin.display(description="Cơ quan", ordering="unit_code")
    def unit_shown(self, row: AccountFile) -> str:
        """Whose it is."""
        return agency_label(row.unit_code)

    @admin.display(description="Tình trạng")
    def state(self, row: AccountFile) -> str:
        """Whether it has been read."""
        return "Đã đọc xong" if row.done_at else "Đang đọc"

    def get_urls(self) -> list[URLPattern]:
        """Giving, the report, taking back."""
        view, name = self.admin_site.admin_view, "accounts_accountfile"
        return [
            path("give/", view(self.give), name=f"{name}_give"),
            path("<uuid:object_id>/report/", view(self.report), name=f"{name}_report"),
            path("<uuid:object_id>/withdraw/", view(self.withdraw), name=f"{name}_withdraw"),
            *super().get_urls(),
        ]

    def _keeps(self, actor: Actor, unit: str) -> bool:
        return may(actor, ADMIT) or may(actor, KEEP, unit)

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Facts, how many rows came to what, and those that somebody must look at."""
        counted, labels = files.counts(row), dict(AccountFileRow.Outcome.choices)
        states = {state: AccountOffer.objects.filter(file=row, state=state).count() for state in AccountOffer.State}
        facts = [
            ("Hệ thống", row.client.name),
            ("Cơ quan", agency_label(row.unit_code)),
            ("Nhận lúc", moment(row.given_at)),
            ("Đọc xong lúc", moment(row.done_at)),
            ("Số dòng", str(row.rows)),
        ]
        wrong = files.report(row).exclude(outcome__in=_FINE)[:SHOWN]
        ways = [Way("Tải báo cáo từng dòng (CSV)", self.address("report", row.pk), "quiet")]
        if row.done_at and states[AccountOffer.State.OFFERED] and self._keeps(actor_of(request), row.unit_code):
            ways.append(Way("Rút các lời mời chưa trả lời", self.address("withdraw", row.pk), "danger"))
        return Page(
            row.name,
            [
                Facts("Danh sách", facts),
                Facts("Kết quả khi đọc", [(labels[name].capitalize(), str(number)) for name, number in counted.items()]),
                Facts("Hiện nay", [(state.label.capitalize(), str(number)) for state, number in states.items()]),
                Rows(
                    f"{SHOWN} dòng đầu chưa mời được",
                    ("Dòng", "Vì sao"),
                    [(one.line, one.get_outcome_display()) for one in wrong],
                    "Không có.",
                ),
            ],
            ways,
        )

    def give(self, request: HttpRequest) -> HttpResponse:
        """Give a list of one's own system."""
        actor = actor_of(request)
        if not self._keeps(actor, actor.unit):
            raise AccessDenied(KEEP)
        rows = OidcClient.objects.filter(suspended_at=None).order_by("name", "id")
        clients = rows if may(actor, ADMIT) else visible_to(actor, rows, KEEP, "unit_code")
        posted = (request.POST, request.FILES) if request.method == "POST" else ()

        def take(said: dict[str, Any]) -> AccountFile:
            upload = said["file"]
            return files.take(client_id=UUID(said["client"]), name=upload.name, content=upload.read(), actor=actor, now=timezone.now())

        return self.ask(
            request,
            title="Gửi danh sách tài khoản cần liên kết",
            form=GiveForm(clients, *posted),
            back=self.address("changelist"),
            do=take,
            done=lambda made: f"Đã nhận {made.rows} dòng. Báo cáo từng dòng có trên trang của danh sách.",
            about=["Mỗi dòng là một lời mời. Không tài khoản nào được liên kết trước khi chính người dân đồng ý."],
            button="Gửi",
        )

    def report(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The report by row; without numbers and accounts: the agency has its own file."""
        row = self.found(request, object_id)
        response = HttpResponse(tables.write(tables.CSV, files.HEADER, files.lines(row)), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="lien-ket-{row.pk}.csv"'
        return response

    def withdraw(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Take back what nobody has answered."""
        row, actor = self.found(request, object_id), actor_of(request)
        if not self._keeps(actor, row.unit_code):
            raise AccessDenied(KEEP)
        return self.ask(
            request,
            title="Rút các lời mời chưa trả lời",
            form=None,
            back=self.address("change", row.pk),
            do=lambda _: files.withdraw(file_id=row.pk, actor=actor, now=timezone.now()),
            done=lambda number: f"Đã rút {number} lời mời.",
            about=["Liên kết mà người dân đã đồng ý vẫn giữ nguyên; chỉ họ bỏ được."],
            button="Rút",
        )
