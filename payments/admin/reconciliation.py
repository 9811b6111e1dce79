"""Reconciliation on the desk: files of every side, runs with their sums, what was paid out and late, minutes, months, exports."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from payments import reports, tasks
from payments.access import OPERATE, OVERSEE, READ, seen_by
from payments.admin.base import Facts, MoneyModelAdmin, Page, Rows, Way, moment
from payments.admin.listed import InstitutionFilter, own_institutions, with_kind, with_unit
from payments.models import (
    Case,
    ClosedMonth,
    DayRevenue,
    Institution,
    Minutes,
    Payout,
    PenaltyRate,
    Run,
    RunTotal,
    Settlement,
    Statement,
    StatementRow,
)
from payments.services import casework, fetching, payouts, reconciling, statements_import
from payments.services import minutes as making
from payments.services.called import Called
from payments.services.minutes import MinutesRefused
from payments.services.statements_import import StatementRefused
from portal.access import Actor, actor_of, may, require
from portal.catalogues import tables
from portal.catalogues.models import BankAccount
from portal.documents import services as documents
from portal.documents.units import unit_name
from portal.files import services as files
from portal.ui.fields import NumberInput
from portal.ui.tags import dong

_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]
MOST_EXPORTED = 200_000
"""Rows of one table that is downloaded."""
KINDS = {tables.CSV: "text/csv; charset=utf-8", tables.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def _day_field(label: str, **values: Any) -> forms.DateField:
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


def _asked_day(request: HttpRequest) -> date:
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


def _units_of(actor: Actor) -> list[tuple[str, str]]:
    """Beneficiary accounts of the officer's agency and those below: value and words."""
    rows = BankAccount.objects.on(timezone.localdate()).select_related("holder")
    if not may(actor, OVERSEE):
        rows = rows.filter(Q(holder__code=actor.unit) | Q(holder__code__startswith=actor.unit + "."))
    return [
        (f"{one.holder.code}|{one.number}", f"{one.holder.name}: {one.number}") for one in rows.order_by("holder__code", "number")[:500]
    ]


# Statements --------------------------------------------------------------------------------------------------------------------


class TakeForm(forms.Form):
    """A file of one's own side."""

    side = forms.ChoiceField(label="Tệp của")
    institution = forms.ChoiceField(label="Đơn vị thanh toán", required=False)
    account = forms.ChoiceField(label="Tài khoản thụ hưởng", required=False)
    day = _day_field("Ngày của tệp")
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
        self.fields["account"].choices = [("", "Chọn tài khoản"), *_units_of(actor)]  # type: ignore[attr-defined]
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


# Runs --------------------------------------------------------------------------------------------------------------------------


class RunForm(forms.Form):
    """Which day of which institution."""

    institution = forms.ChoiceField(label="Đơn vị thanh toán")
    day = _day_field("Ngày đối soát")

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["institution"].choices = [(one.code, str(one)) for one in own_institutions(actor)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A day that is over; today, where its file was made early and is here."""
        said = super().clean() or {}
        day, today = said.get("day"), timezone.localdate()
        if day is not None and day > today:
            self.add_error("day", "Ngày này chưa đến.")
        elif day == today and said.get("institution"):
            side = Statement.Side.INSTITUTION
            if not statements_import.standing(side=side, day=today, institution_code=said["institution"]):
                self.add_error("day", "Ngày này chưa hết và chưa có tệp. Nếu đơn vị thanh toán đã chốt sớm, hãy lấy tệp của ngày trước.")
        return said


class FetchForm(forms.Form):
    """Whose file of which day."""

    institution = forms.ChoiceField(label="Đơn vị thanh toán")
    day = _day_field("Ngày của tệp")

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["institution"].choices = [(one.code, str(one)) for one in own_institutions(actor).exclude(files="")]  # type: ignore[attr-defined]

    def clean_day(self) -> date:
        """A day that has come."""
        day: date = self.cleaned_data["day"]
        if day > timezone.localdate():
            raise forms.ValidationError("Ngày này chưa đến.")
        return day


FETCH = "Lấy tệp của ngày này"


def fetch_address(institution_code: str = "", day: date | None = None) -> str:
    """The page where files of a day are fetched now."""
    query = {"institution": institution_code} if institution_code else {}
    if day is not None:
        query["day"] = day.isoformat()
    return f"{reverse('admin:payments_run_fetch')}{'?' + urlencode(query) if query else ''}"


class SignersForm(forms.Form):
    """Who signs the minutes."""

    agency_signer = forms.ChoiceField(label="Người ký của cơ quan")
    institution_signer = forms.ChoiceField(label="Người ký của đơn vị thanh toán")

    def __init__(self, ours: list[Any], theirs: list[Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency_signer"].choices = [(str(one.position_id), one.label) for one in ours]  # type: ignore[attr-defined]
        self.fields["institution_signer"].choices = [(str(one.position_id), one.label) for one in theirs]  # type: ignore[attr-defined]


NOTHING = "không có số liệu của cơ quan"


@admin.register(Run)
class RunAdmin(MoneyModelAdmin):
    """An accountant sees runs that touch their agency, an operator those of their institution."""

    unit_column = ""
    list_display = ("id", "institution", "day_shown", "run_number", "ours_shown", "theirs_shown", "state_shown")
    list_display_links = ("id",)
    list_filter = (InstitutionFilter,)
    list_select_related = ("institution",)
    ordering = ("-day", "-id")
    sortable_by = ()
    refusals = (MinutesRefused,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """By institution, or by having sums of one's agency."""
        actor = actor_of(request)
        rows = Run.objects.order_by(*self.ordering)
        if may(actor, OVERSEE):
            return rows
        own = seen_by(actor, RunTotal.objects.filter(run=OuterRef("pk")), unit="unit_code", institution="")
        return rows.filter(Q(pk__in=seen_by(actor, Run.objects.all(), unit="").values("pk")) | Exists(own))

    def has_module_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return super().has_module_permission(request) or may(actor, READ, actor.unit)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    @admin.display(description="Ngày", ordering="-day")
    def day_shown(self, row: Run) -> str:
        return f"{row.day:%d/%m/%Y}"

    @admin.display(description="Lần")
    def run_number(self, row: Run) -> str:
        return str(row.number)

    @admin.display(description="Tại Cổng")
    def ours_shown(self, row: Run) -> str:
        return self._pair(row, "ours")

    @admin.display(description="Tại đơn vị thanh toán")
    def theirs_shown(self, row: Run) -> str:
        return self._pair(row, "theirs")

    def _pair(self, row: Run, name: str) -> str:
        pair = row.totals.get(name)
        return format_html('{}<br><span class="quiet">{} giao dịch</span>', dong(pair[1]), pair[0]) if pair else "–"

    @admin.display(description="Tình trạng")
    def state_shown(self, row: Run) -> str:
        return f"Xong lúc {moment(row.finished_at)}" if row.is_done else "Đang chạy"

    def get_list_display(self, request: HttpRequest) -> Any:
        """Sums of all agencies are not for one of them."""
        actor = actor_of(request)
        if may(actor, OVERSEE) or may(actor, OPERATE, actor.unit):
            return self.list_display
        return tuple(name for name in self.list_display if name not in ("ours_shown", "theirs_shown"))

    def get_urls(self) -> list[Any]:
        """Starting, the tables, the minutes."""
        view = self.admin_site.admin_view
        return [
            path("add/", view(self.start), name="payments_run_add"),
            path("fetch/", view(self.fetch), name="payments_run_fetch"),
            path("<int:number>/table.<str:kind>", view(self.table), name="payments_run_table"),
            path("<int:number>/minutes/", view(self.minutes), name="payments_run_minutes"),
            *super().get_urls(),
        ]

    def start(self, request: HttpRequest) -> HttpResponse:
        """Reconcile on demand."""
        actor = actor_of(request)
        if not self.has_module_permission(request):
            require(actor, READ, actor.unit)
        initial = {"day": _asked_day(request), "institution": request.GET.get("institution", "")}

        def start(said: dict[str, Any]) -> Run:
            run, _ = reconciling.start_run(institution_code=said["institution"], day=said["day"], actor=actor, now=timezone.now())
            tasks.reconcile.apply_async((run.pk,), queue="bulk")
            return run

        return self.ask(
            request,
            title="Đối soát một ngày",
            form=RunForm(actor, request.POST if request.method == "POST" else None, initial=initial),
            back=self.address("changelist"),
            do=start,
            done=lambda run: f"Đã bắt đầu lần đối soát {run.number} của {run.institution.short_name} ngày {run.day:%d/%m/%Y}.",
            about=[
                "Chạy lại một ngày bao nhiêu lần cũng được: chênh lệch đã biết không sinh thêm, sổ không ghi thêm.",
                format_html('Chưa có tệp của ngày đó? <a href="{}">Lấy tệp rồi đối soát</a>.', fetch_address()),
            ],
            button="Đối soát",
        )

    def fetch(self, request: HttpRequest) -> HttpResponse:
        """Fetch the files of a day now; once they are here the day is reconciled. The same page tells how far it has come."""
        actor = actor_of(request)
        if not self.has_module_permission(request):
            require(actor, READ, actor.unit)
        code, wanted = request.GET.get("institution", ""), _asked_day(request)
        initial = {"day": wanted, "institution": code}
        form = FetchForm(actor, request.POST if request.method == "POST" else None, initial=initial)

        def fetch(said: dict[str, Any]) -> None:
            code, day = said["institution"], said["day"]
            fetching.ask_for_day(institution_code=code, day=day, actor=actor, now=timezone.now())
            tasks.fetch_day.apply_async((code, day.isoformat()), queue="bulk")
            for unit, account in fetching.accounts_of_day(institution_code=code, day=day, actor=actor):
                tasks.fetch_beneficiary_statement.apply_async((unit, account, day.isoformat()), queue="bulk")

        about: list[str] = [
            "Cổng lấy tệp của đơn vị thanh toán và sao kê tài khoản thụ hưởng của ngày này, rồi đối soát ngay.",
            "Ngày chưa hết thì chỉ lấy được khi đơn vị thanh toán đã chốt sớm; hết ngày Cổng lấy lại tệp đủ và đối soát lại.",
        ]
        if code in dict(form.fields["institution"].choices):  # type: ignore[attr-defined]
            about += self._how_far(request, code, wanted)
        to = fetch_address(form.cleaned_data["institution"], form.cleaned_data["day"]) if form.is_bound and form.is_valid() else ""
        return self.ask(
            request,
            title="Lấy tệp và đối soát một ngày",
            form=form,
            back=self.address("changelist"),
            do=fetch,
            done="Cổng đang lấy tệp. Tải lại trang này sau ít giây để xem kết quả.",
            about=about,
            button=FETCH,
            to=to,
        )

    def _how_far(self, request: HttpRequest, code: str, day: date) -> list[str]:
        """What came of the last fetch, and the last run of the day."""
        found = fetching.noted(code, day)
        lines: list[str] = [f"Lần lấy gần nhất của ngày {day:%d/%m/%Y}, {moment(found[0])}: {found[1]}"] if found else []
        run = self.get_queryset(request).filter(institution=code, day=day).order_by("-number").first()
        if run is not None:
            state = f"xong lúc {moment(run.finished_at)}" if run.is_done else "đang chạy"
            link = '<a href="{}">Lần đối soát {} của ngày {}</a>, {}.'
            lines.append(format_html(link, self.address("change", run.pk), run.number, f"{day:%d/%m/%Y}", state))
        return lines

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        ways = [Way("Lấy tệp và đối soát một ngày", fetch_address(), "quiet")]
        return super().changelist_view(request, {**(extra_context or {}), "ways": ways})

    change_list_template = "admin/payments/list.html"

    def _sums(self, request: HttpRequest, run: Run) -> QuerySet[RunTotal]:
        return seen_by(actor_of(request), run.sums.order_by("unit_code", "kind"), unit="unit_code")

    def _cases(self, request: HttpRequest, run: Run) -> QuerySet[Case]:
        return seen_by(actor_of(request), Case.objects.filter(institution=run.institution_id, day=run.day)).order_by("id")

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The pairs of sides, sums by agency and kind, differences; an agency's accountant sees their own."""
        actor, has_file = actor_of(request), row.statement_id is not None
        ways = []
        last = not Run.objects.filter(institution=row.institution_id, day=row.day, number__gt=row.number).exists()
        again = f"{self.address('add')}?{urlencode({'institution': row.institution_id, 'day': row.day.isoformat()})}"
        if row.is_done:
            if last and not row.is_early and (may(actor, OVERSEE) or may(actor, READ, actor.unit)):
                ways.append(Way("Lập biên bản", self.address("minutes", row.pk)))
            ways += [
                Way("Tải bảng (XLSX)", self.address("table", row.pk, tables.XLSX), "quiet"),
                Way("Tải bảng (CSV)", self.address("table", row.pk, tables.CSV), "quiet"),
            ]
        ways.append(Way("Đối soát lại", again, "quiet"))
        if row.institution.files:
            ways.append(Way(FETCH, fetch_address(row.institution_id, row.day), "quiet"))
        notes = []
        if row.is_early:
            notes.append("Ngày này chưa hết khi đối soát: số liệu đến lúc chốt sớm. Hết ngày Cổng lấy tệp đủ và đối soát lại.")
        if not has_file:
            notes.append("Đơn vị thanh toán chưa có tệp của ngày này: chưa so được với Cổng.")
        if row.totals.get("unsettled"):
            notes.append(f"{row.totals['unsettled']} dòng của tệp chưa ghi sổ được; lần đối soát sau thử lại.")
        sums = list(self._sums(request, row)[:500])
        ours, theirs = sum(one.ours for one in sums), sum(one.theirs for one in sums)
        told = [one for one in sums if one.agency is not None]
        agency = sum(one.agency or 0 for one in told)
        pairs = [
            ["Cổng và đơn vị thanh toán", dong(ours), dong(theirs) if has_file else "–", self._verdict(ours, theirs if has_file else None)],
            [
                "Đơn vị thanh toán và cơ quan",
                dong(sum(one.theirs for one in told)) if has_file and told else "–",
                dong(agency) if told else NOTHING,
                self._verdict(sum(one.theirs for one in told) if has_file else None, agency if told else None),
            ],
            [
                "Cổng và cơ quan",
                dong(sum(one.ours - one.owed_back for one in told)) if told else "–",
                dong(agency) if told else NOTHING,
                self._verdict(sum(one.ours - one.owed_back for one in told) if told else None, agency if told else None),
            ],
        ]
        facts: list[tuple[str, Any]] = [
            ("Đơn vị thanh toán", str(row.institution)),
            ("Ngày", f"{row.day:%d/%m/%Y}, lần {row.number}"),
            ("Tình trạng", f"Xong lúc {moment(row.finished_at)}" if row.is_done else "Đang chạy"),
            ("Bắt đầu", f"{moment(row.started_at)}, {row.label or 'Cổng tự chạy'}"),
            ("Tệp của đơn vị thanh toán", f"số {row.statement_id}" if has_file else "Chưa có"),
        ]
        if may(actor, OVERSEE) or may(actor, OPERATE, row.institution_id):
            facts += [("Khớp", str(row.totals.get("matched", 0))), ("Ghi sổ nhờ tệp", str(row.totals.get("settled", 0)))]
        cases = list(self._cases(request, row)[:200])
        called = Called([*(one.unit_code for one in sums), *(one.payee_unit for one in cases)])
        parts: list[Facts | Rows] = [
            Facts("Lần đối soát", facts),
            Rows("Các bên", ["Cặp", "Bên thứ nhất", "Bên thứ hai", "Kết quả"], pairs),
            Rows(
                "Theo cơ quan và loại giao dịch",
                ["Cơ quan", "Loại", "Tại Cổng", "Phải trả lại", "Tại đơn vị thanh toán", "Tại cơ quan"],
                [
                    [
                        called.unit(one.unit_code),
                        called.kind(one.kind),
                        f"{one.ours_count}: {dong(one.ours)}",
                        dong(one.owed_back),
                        f"{one.theirs_count}: {dong(one.theirs)}" if has_file else "–",
                        f"{one.agency_count}: {dong(one.agency)}" if one.agency is not None else NOTHING,
                    ]
                    for one in sums
                ],
                "Không có giao dịch.",
            ),
            Rows(
                "Chênh lệch",
                ["Số", "Loại", "Cơ quan", "Tại Cổng", "Bên kia", "Tình trạng"],
                [
                    [
                        format_html('<a href="{}">{}</a>', reverse("admin:payments_case_change", args=[one.pk]), one.pk),
                        one.get_type_display(),
                        called.unit(one.payee_unit) if one.payee_unit else "–",
                        dong(one.ours) or "–",
                        dong(one.theirs) or "–",
                        one.get_state_display(),
                    ]
                    for one in cases
                ],
                "Không có chênh lệch.",
            ),
        ]
        minutes = [
            one
            for one in row.minutes.select_related("agency_document", "institution_document", "run")
            if making.may_see_minutes(actor, one)
        ]
        if minutes:
            links = [
                [
                    format_html('<a href="{}">{}</a>', reverse("admin:payments_minutes_change", args=[one.pk]), one.number),
                    moment(one.made_at),
                ]
                for one in minutes
            ]
            parts.append(Rows("Biên bản", ["Số", "Lập lúc"], links))
        return Page(f"Đối soát {row.institution.short_name} ngày {row.day:%d/%m/%Y}, lần {row.number}", parts, ways, notes)

    @staticmethod
    def _verdict(one: int | None, other: int | None) -> str:
        if one is None or other is None:
            return "Chưa so được"
        return "Khớp" if one == other else f"Lệch {dong(abs(one - other))}"

    def table(self, request: HttpRequest, number: int, kind: str) -> HttpResponse:
        """Sums, then differences, as a table."""
        run = self.found(request, number)
        header = ["Phần", "Cơ quan", "Loại", "Số tại Cổng", "Tại Cổng", "Phải trả lại", "Số tại đơn vị", "Tại đơn vị thanh toán",
                  "Số tại cơ quan", "Tại cơ quan", "Số chênh lệch", "Tình trạng", "Nguyên nhân", "Cách xử lý"]  # fmt: skip
        rows: list[list[Any]] = [
            [
                "Tổng hợp",
                one.unit_code,
                one.kind,
                one.ours_count,
                one.ours,
                one.owed_back,
                one.theirs_count,
                one.theirs,
                one.agency_count,
                one.agency,
            ]
            for one in self._sums(request, run).iterator(chunk_size=2000)
        ]
        rows = [[*row, "", "", "", ""] for row in rows]
        for one in self._cases(request, run)[:MOST_EXPORTED]:
            ending = [one.pk, one.get_state_display(), casework.CAUSES.get(one.cause, ""), one.resolution]
            rows.append(["Chênh lệch", one.payee_unit, one.get_type_display(), "", one.ours, "", "", one.theirs, "", "", *ending])
        return sent(f"doi-soat-{run.institution_id}-{run.day}-{run.number}", kind_of(kind), header, rows)

    def minutes(self, request: HttpRequest, number: int) -> HttpResponse:
        """Draw up minutes, with a signer of each side."""
        run, actor = self.found(request, number), actor_of(request)
        making.scope_of(actor)
        known = Minutes.objects.filter(run=run, unit_code=actor.unit).first()
        if known is not None:
            return redirect("admin:payments_minutes_change", known.pk)
        ours, theirs = making.signers(run, actor)
        about = [f"{run.institution.name}, ngày {run.day:%d/%m/%Y}, lần {run.number}."]
        if not theirs:
            about.append("Đơn vị thanh toán chưa có người vận hành nào có chứng thư chữ ký số trên Cổng nên chưa lập biên bản được.")
        if not ours:
            about.append("Cơ quan của bạn chưa có người nào có chứng thư chữ ký số nên chưa lập biên bản được.")
        initial = {"agency_signer": str(actor.position_id)}
        return self.ask(
            request,
            title="Lập biên bản đối soát",
            form=SignersForm(ours, theirs, request.POST if request.method == "POST" else None, initial=initial),
            back=self.address("change", number),
            do=lambda said: making.make_minutes(
                run_id=number,
                agency_signer=UUID(said["agency_signer"]),
                institution_signer=UUID(said["institution_signer"]),
                actor=actor,
                now=timezone.now(),
            ),
            done="Đã lập biên bản. Hai bản cùng nội dung chờ người ký của mỗi bên.",
            about=about,
            button="Lập biên bản",
        )


@admin.register(Minutes)
class MinutesAdmin(MoneyModelAdmin):
    """Minutes of one's agency or institution."""

    unit_column, institution_column = "unit_code", "run__institution_id"
    list_display = ("number", "made_shown", "agency_state", "institution_state")
    list_select_related = ("agency_document", "institution_document")
    ordering = ("-made_at", "-id")
    sortable_by = ()
    by_cursor = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return making.may_see_minutes(actor_of(request), obj) if obj is not None else self.has_module_permission(request)

    @admin.display(description="Lập lúc", ordering="-made_at")
    def made_shown(self, row: Minutes) -> str:
        return moment(row.made_at)

    @admin.display(description="Bản của cơ quan")
    def agency_state(self, row: Minutes) -> str:
        return row.agency_document.state_words

    @admin.display(description="Bản của đơn vị thanh toán")
    def institution_state(self, row: Minutes) -> str:
        return row.institution_document.state_words

    def get_urls(self) -> list[Any]:
        """Signing, both papers."""
        view = self.admin_site.admin_view
        return [
            path("<uuid:minutes_id>/sign/", view(self.sign), name="payments_minutes_sign"),
            path("<uuid:minutes_id>/<str:side>.pdf", view(self.pdf), name="payments_minutes_pdf"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Both papers and where they stand."""
        document = making.document_to_sign(actor_of(request), row)
        ways = [Way("Ký bản của tôi", self.address("sign", row.pk))] if document is not None else []
        papers = [
            ("Bản của cơ quan", "agency", row.agency_document),
            ("Bản của đơn vị thanh toán", "institution", row.institution_document),
        ]
        shown = []
        for label, side, paper in papers:
            link = (
                format_html('<a href="{}">PDF</a>', self.address("pdf", row.pk, side)) if paper.file_id or paper.unsigned_file_id else "–"
            )
            shown.append([label, paper.signer_label, paper.state_words, moment(paper.signed_at), paper.note or "–", link])
        content = row.content
        facts = [
            ("Số", row.number),
            ("Cơ quan", unit_name(row.unit_code)),
            ("Đơn vị thanh toán", content["institution"]),
            ("Ngày đối soát", f"{content['day']}, lần {content['run']}"),
            ("Tại Cổng", f"{content['ours'][0]} giao dịch, {dong(content['ours'][1])}"),
            ("Tại đơn vị thanh toán", f"{content['theirs'][0]} giao dịch, {dong(content['theirs'][1])}" if content["theirs"] else "–"),
            ("Tại cơ quan", dong(content["agency"]) if content["agency"] is not None else NOTHING),
            ("Chênh lệch", "; ".join(f"{one['type']}: {one['count']}, còn mở {one['open']}" for one in content["types"]) or "Không có"),
            ("Lập", f"{moment(row.made_at)}, {row.label}"),
        ]
        headings = ["Bản", "Người ký", "Tình trạng", "Ký lúc", "Ghi chú", "Văn bản"]
        return Page(f"Biên bản {row.number}", [Facts("Biên bản", facts), Rows("Hai bản", headings, shown)], ways)

    def sign(self, request: HttpRequest, minutes_id: UUID) -> HttpResponse:
        """To the signing service, for one's own paper."""
        row = self.found(request, minutes_id)
        back = self.address("change", minutes_id)
        if request.method != "POST":
            if making.document_to_sign(actor_of(request), row) is None:
                messages.warning(request, "Không có bản nào chờ bạn ký.")
                return redirect(back)
            about = ["Bạn sẽ sang dịch vụ ký số để xác nhận. Hai bản của hai bên cùng nội dung."]
            return self.ask(
                request, title="Ký biên bản đối soát", form=None, back=back, do=lambda _: None, done="", about=about, button="Sang ký số"
            )
        return redirect(making.authorise_minutes(minutes=row, actor=actor_of(request), return_to=back))

    def pdf(self, request: HttpRequest, minutes_id: UUID, side: str) -> Any:
        """One paper: signed, or as it will be signed."""
        row = self.found(request, minutes_id)
        if side not in ("agency", "institution"):
            raise Http404
        paper = row.agency_document if side == "agency" else row.institution_document
        pieces = documents.open_pdf(paper) if paper.file_id else files.open_plain(paper.unsigned_file) if paper.unsigned_file_id else None
        if pieces is None:
            raise Http404
        answer = StreamingHttpResponse(pieces, content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="bien-ban-{row.run.day}-{side}.pdf"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


# What was paid out -------------------------------------------------------------------------------------------------------------


class LateFilter(admin.SimpleListFilter):
    """Late, missing, all."""

    title = "chuyển tiền"
    parameter_name = "chuyen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("muon", "Muộn"), ("chua", "Chưa đủ")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        conditions = {"muon": Q(late_days__gt=0), "chua": Q(paid__lt=F("expected"))}
        return queryset.filter(conditions.get(self.value() or "", Q()))


class RangeForm(forms.Form):
    """From when to when, and how fine."""

    first = _day_field("Từ ngày")
    last = _day_field("Đến ngày")
    by = forms.ChoiceField(label="Tổng theo", choices=[("day", "ngày"), ("month", "tháng")])
    kind = forms.ChoiceField(label="Dạng tệp", choices=[(tables.XLSX, "Excel (XLSX)"), (tables.CSV, "CSV")])

    def clean(self) -> dict[str, Any]:
        """In order, a year at most."""
        said = super().clean() or {}
        if said.get("first") and said.get("last") and not timedelta(0) <= said["last"] - said["first"] <= timedelta(days=366):
            self.add_error("last", "Ngày cuối phải sau ngày đầu, nhiều nhất một năm.")
        return said


@admin.register(Settlement)
class SettlementAdmin(MoneyModelAdmin):
    """What institutions owe agencies by day, with lateness and penalty (Rules art. 33.4a)."""

    unit_column = "unit_code"
    list_display = ("day_shown", "institution", "unit_shown", "expected_shown", "paid_shown", "due_shown", "late_shown", "penalty_shown")
    list_display_links = ("day_shown",)
    list_filter = (LateFilter, InstitutionFilter)
    list_select_related = ("institution",)
    ordering = ("-day", "-id")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the names of agencies."""
        return with_unit(super().get_queryset(request), "unit_code")

    @admin.display(description="Cơ quan")
    def unit_shown(self, row: Any) -> str:
        return str(row.unit_called)

    @admin.display(description="Ngày thu", ordering="-day")
    def day_shown(self, row: Settlement) -> str:
        return f"{row.day:%d/%m/%Y}"

    @admin.display(description="Phải chuyển")
    def expected_shown(self, row: Settlement) -> str:
        return dong(row.expected)

    @admin.display(description="Đã chuyển")
    def paid_shown(self, row: Settlement) -> str:
        return format_html(
            '{}<br><span class="quiet">{}</span>', dong(row.paid), f"đủ ngày {row.paid_day:%d/%m/%Y}" if row.paid_day else "chưa đủ"
        )

    @admin.display(description="Hạn")
    def due_shown(self, row: Settlement) -> str:
        return f"{row.due_day:%d/%m/%Y}"

    @admin.display(description="Muộn")
    def late_shown(self, row: Settlement) -> str | SafeString:
        return format_html('<strong class="overdue">{} ngày</strong>', row.late_days) if row.late_days else "–"

    @admin.display(description="Tiền phạt")
    def penalty_shown(self, row: Settlement) -> str:
        if row.late_days and row.rate is None:
            return "Cơ quan chưa đặt mức phạt"
        return dong(row.penalty) if row.penalty else "–"

    def get_urls(self) -> list[Any]:
        """The table of what was late."""
        return [
            path("late.<str:kind>", self.admin_site.admin_view(self.late), name="payments_settlement_late"),
            *super().get_urls(),
        ]

    def late(self, request: HttpRequest, kind: str) -> HttpResponse:
        """All that was late, as a table."""
        if not self.has_module_permission(request):
            raise Http404
        rows = self.get_queryset(request).filter(late_days__gt=0).select_related("institution")[:MOST_EXPORTED]
        header = ["Đơn vị thanh toán", "Tên", "Mã cơ quan", "Ngày thu", "Hạn chuyển", "Ngày chuyển đủ", "Phải chuyển", "Đã chuyển",
                  "Số ngày muộn", "Mức phạt (phần mười vạn một ngày)", "Tiền phạt"]  # fmt: skip
        table = [
            [one.institution_id, one.institution.short_name, one.unit_code, one.day, one.due_day, one.paid_day, one.expected, one.paid,
             one.late_days, one.rate, one.penalty]
            for one in rows
        ]  # fmt: skip
        return sent("quyet-toan-muon", kind_of(kind), header, table)

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One day of one agency, with what came."""
        facts = [
            ("Đơn vị thanh toán", str(row.institution)),
            ("Cơ quan", unit_name(row.unit_code)),
            ("Ngày thu", f"{row.day:%d/%m/%Y}"),
            ("Hạn chuyển (T+1)", f"{row.due_day:%d/%m/%Y}"),
            ("Phải chuyển", dong(row.expected)),
            ("Đã chuyển", dong(row.paid)),
            ("Chuyển đủ ngày", f"{row.paid_day:%d/%m/%Y}" if row.paid_day else "Chưa đủ"),
            ("Số ngày muộn", str(row.late_days)),
            ("Mức phạt một ngày", percent(row.rate) if row.rate is not None else "Cơ quan chưa đặt"),
            ("Tiền phạt", dong(row.penalty)),
        ]
        came = Payout.objects.filter(institution=row.institution_id, unit_code=row.unit_code, settlement_day=row.day).order_by(
            "value_day", "id"
        )
        shown = [[f"{one.value_day:%d/%m/%Y}", dong(one.amount), one.account, one.bank_ref] for one in came]
        headings = ["Ngày có tiền", "Số tiền", "Tài khoản", "Mã giao dịch ngân hàng"]
        title = f"{row.institution.short_name} – {unit_name(row.unit_code)}, ngày {row.day:%d/%m/%Y}"
        return Page(title, [Facts("Quyết toán", facts), Rows("Tiền đã về", headings, shown, "Chưa thấy tiền về trong sao kê nào.")])

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        ways = [
            Way("Tải danh sách muộn (XLSX)", self.address("late", tables.XLSX), "quiet"),
            Way("Tải danh sách muộn (CSV)", self.address("late", tables.CSV), "quiet"),
        ]
        return super().changelist_view(request, {**(extra_context or {}), "ways": ways})

    change_list_template = "admin/payments/list.html"


class RateForm(forms.Form):
    """A rate from a day on."""

    effective_from = _day_field("Áp dụng từ ngày")
    rate = forms.IntegerField(
        label="Mức phạt một ngày (phần mười vạn)",
        min_value=0,
        max_value=10_000,
        widget=NumberInput,
        help_text="Ví dụ 30 là 0,03 % số tiền chậm mỗi ngày.",
        error_messages={"required": "Bạn hãy nhập mức phạt."},
    )
    basis = forms.CharField(label="Căn cứ", max_length=300, error_messages={"required": "Bạn hãy ghi căn cứ."})


@admin.register(PenaltyRate)
class PenaltyRateAdmin(MoneyModelAdmin):
    """The agency's rates."""

    unit_column, institution_column = "unit_code", ""
    by_cursor = False
    list_display = ("unit_shown", "effective_from", "rate_shown", "basis")
    ordering = ("unit_code", "-effective_from")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the names of agencies."""
        return with_unit(super().get_queryset(request), "unit_code")

    @admin.display(description="Cơ quan")
    def unit_shown(self, row: Any) -> str:
        return str(row.unit_called)

    @admin.display(description="Mức phạt một ngày")
    def rate_shown(self, row: PenaltyRate) -> str:
        return percent(row.rate)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, casework.SOLVE, actor.unit)

    def get_urls(self) -> list[Any]:
        """Setting one."""
        return [path("add/", self.admin_site.admin_view(self.enter), name="payments_penaltyrate_add"), *super().get_urls()]

    def enter(self, request: HttpRequest) -> HttpResponse:
        """Set the own agency's rate."""
        actor = actor_of(request)
        require(actor, casework.SOLVE, actor.unit)
        form = RateForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            day = form.cleaned_data["effective_from"]
            if PenaltyRate.objects.filter(unit_code=actor.unit, effective_from=day).exists():
                form.add_error("effective_from", "Ngày này đã có mức phạt. Mức đã ghi không sửa được, hãy đặt mức mới từ ngày khác.")
        return self.ask(
            request,
            title="Đặt mức phạt chậm nộp",
            form=form,
            back=self.address("changelist"),
            do=lambda said: payouts.set_penalty_rate(unit_code=actor.unit, **said, actor=actor, now=timezone.now()),
            done="Đã ghi mức phạt.",
            about=["Mức phạt theo quy định của cơ quan bạn, áp dụng cả cho đơn vị trực thuộc chưa đặt mức riêng."],
        )

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One rate."""
        facts = [
            ("Cơ quan", unit_name(row.unit_code)),
            ("Từ ngày", f"{row.effective_from:%d/%m/%Y}"),
            ("Mức phạt một ngày", percent(row.rate)),
            ("Căn cứ", row.basis),
            ("Ghi", f"{moment(row.entered_at)}, {row.label}"),
        ]
        return Page("Mức phạt chậm nộp", [Facts("Mức phạt", facts)])


# Revenue and months ------------------------------------------------------------------------------------------------------------


@admin.register(DayRevenue)
class DayRevenueAdmin(MoneyModelAdmin):
    """What was taken by beneficiary account and budget code."""

    unit_column = "unit_code"
    list_display = ("day_shown", "unit_shown", "account", "kind_shown", "revenue_code", "payments", "amount_shown", "institution")
    list_display_links = ("day_shown",)
    list_filter = (InstitutionFilter,)
    list_select_related = ("institution",)
    ordering = ("-day", "-id")
    sortable_by = ()
    change_list_template = "admin/payments/list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With names beside the codes."""
        return with_kind(with_unit(super().get_queryset(request), "unit_code"), "kind")

    @admin.display(description="Cơ quan")
    def unit_shown(self, row: Any) -> str:
        return str(row.unit_called)

    @admin.display(description="Loại giao dịch")
    def kind_shown(self, row: Any) -> str:
        return str(row.kind_called)

    @admin.display(description="Ngày", ordering="-day")
    def day_shown(self, row: DayRevenue) -> str:
        return f"{row.day:%d/%m/%Y}"

    @admin.display(description="Số tiền")
    def amount_shown(self, row: DayRevenue) -> str:
        return dong(row.amount)

    def get_urls(self) -> list[Any]:
        """The export."""
        return [path("export/", self.admin_site.admin_view(self.export), name="payments_dayrevenue_export"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        ways = [Way("Xuất theo tài khoản kho bạc và mã nội dung kinh tế", self.address("export"), "quiet")]
        return super().changelist_view(request, {**(extra_context or {}), "ways": ways})

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One sum, and whether it is final."""
        facts = [
            ("Ngày", f"{row.day:%d/%m/%Y}"),
            ("Đơn vị thanh toán", str(row.institution)),
            ("Cơ quan", unit_name(row.unit_code)),
            ("Tài khoản thụ hưởng", row.account or "–"),
            ("Mã Kho bạc", row.treasury_office or "–"),
            ("Loại giao dịch", Called().kind(row.kind)),
            ("Mã nội dung kinh tế", row.revenue_code or "–"),
            ("Số khoản", str(row.payments)),
            ("Số tiền", dong(row.amount)),
            ("Tháng", "Đã khóa, số liệu không đổi" if making.is_closed(row.day, row.unit_code) else "Chưa khóa"),
        ]
        return Page(f"Khoản thu ngày {row.day:%d/%m/%Y}", [Facts("Khoản thu", facts)])

    def export(self, request: HttpRequest) -> HttpResponse:
        """By day or month, as a table."""
        if not self.has_module_permission(request):
            raise Http404
        actor = actor_of(request)
        first = timezone.localdate().replace(day=1)
        form = RangeForm(request.POST if request.method == "POST" else None, initial={"first": first, "last": timezone.localdate()})
        if form.is_bound and form.is_valid():
            said = form.cleaned_data
            rows = list(reports.revenue(actor, first=said["first"], last=said["last"], by_month=said["by"] == "month"))
            if len(rows) <= MOST_EXPORTED:
                return sent(f"thu-{said['first']}-{said['last']}", said["kind"], reports.REVENUE_HEADER, rows)
            form.add_error("last", "Bảng quá dài. Hãy chọn khoảng ngắn hơn hoặc tổng theo tháng.")
        return self.ask(
            request,
            title="Xuất theo tài khoản và mã nội dung kinh tế",
            form=form,
            back=self.address("changelist"),
            do=lambda said: None,
            done="",
            button="Tải về",
        )


class MonthForm(forms.Form):
    """Which month."""

    month = forms.DateField(
        label="Tháng",
        input_formats=["%m/%Y"],
        widget=forms.DateInput({"placeholder": "tháng/năm, ví dụ 10/2026"}),
        error_messages={"required": "Bạn hãy nhập tháng.", "invalid": "Tháng không đúng. Ví dụ 10/2026."},
    )


@admin.register(ClosedMonth)
class ClosedMonthAdmin(MoneyModelAdmin):
    """Months that are over."""

    unit_column, institution_column = "unit_code", ""
    by_cursor = False
    list_display = ("month_shown", "scope_shown", "amount_shown", "closed_shown", "label")
    list_display_links = ("month_shown",)
    ordering = ("-month", "unit_code")
    sortable_by = ()
    refusals = (MinutesRefused,)

    @admin.display(description="Tháng", ordering="-month")
    def month_shown(self, row: ClosedMonth) -> str:
        return f"{row.month:%m/%Y}"

    @admin.display(description="Của")
    def scope_shown(self, row: ClosedMonth) -> str:
        return unit_name(row.unit_code) if row.unit_code else "Toàn quốc"

    @admin.display(description="Số thu")
    def amount_shown(self, row: ClosedMonth) -> str:
        return dong(row.totals.get("amount", 0))

    @admin.display(description="Khóa lúc")
    def closed_shown(self, row: ClosedMonth) -> str:
        return moment(row.closed_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, casework.DECIDE) or may(actor, casework.SOLVE, actor.unit)

    def get_urls(self) -> list[Any]:
        """Closing one."""
        return [path("add/", self.admin_site.admin_view(self.close), name="payments_closedmonth_add"), *super().get_urls()]

    def close(self, request: HttpRequest) -> HttpResponse:
        """Close a month."""
        actor = actor_of(request)
        if not self.has_add_permission(request):
            require(actor, casework.SOLVE, actor.unit)
        return self.ask(
            request,
            title="Khóa tháng",
            form=MonthForm(request.POST if request.method == "POST" else None),
            back=self.address("changelist"),
            do=lambda said: making.close_month(month=said["month"], actor=actor, now=timezone.now(), today=timezone.localdate()),
            done=lambda one: f"Đã khóa tháng {one.month:%m/%Y}.",
            about=["Tháng khóa được khi mọi ngày đã đối soát và mọi chênh lệch đã xử lý. Sau đó số liệu xuất ra của tháng không đổi."],
        )

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The sums that were kept."""
        facts = [
            ("Tháng", f"{row.month:%m/%Y}"),
            ("Của", unit_name(row.unit_code) if row.unit_code else "Toàn quốc"),
            ("Số thu", dong(row.totals["amount"])),
            ("Khóa", f"{moment(row.closed_at)}, {row.label}"),
        ]
        called = Called()
        sums = [
            [called.institution(institution), called.kind(kind), count, dong(amount)]
            for institution, kind, count, amount in row.totals["lines"]
        ]
        headings = ["Đơn vị thanh toán", "Loại giao dịch", "Số khoản", "Số tiền"]
        return Page(f"Tháng {row.month:%m/%Y}", [Facts("Tháng đã khóa", facts), Rows("Theo đơn vị thanh toán và loại", headings, sums)])
