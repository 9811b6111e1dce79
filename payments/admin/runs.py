"""Runs of reconciliation on the desk: begun, looked at, files fetched, minutes drawn up (Rules art. 34.4)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode

from payments import tasks
from payments.access import OPERATE, OVERSEE, READ, seen_by
from payments.admin.base import Facts, MoneyModelAdmin, Page, PlainForm, Rows, Way, moment
from payments.admin.days import MOST_EXPORTED, asked_day, day_field, kind_of, sent
from payments.admin.listed import InstitutionFilter, own_institutions
from payments.models import (
    Case,
    Minutes,
    Run,
    RunTotal,
    Statement,
)
from payments.services import casework, fetching, reconciling, statements_import
from payments.services import minutes as making
from payments.services.called import Called
from payments.services.minutes import MinutesRefused
from portal.access import Actor, actor_of, may, require
from portal.catalogues import tables
from portal.ui.tags import dong


class RunForm(PlainForm):
    """Which day of which institution."""

    institution = forms.ChoiceField(label="Đơn vị thanh toán")
    day = day_field("Ngày đối soát")

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


class FetchForm(PlainForm):
    """Whose file of which day."""

    institution = forms.ChoiceField(label="Đơn vị thanh toán")
    day = day_field("Ngày của tệp")

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


class SignersForm(PlainForm):
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
        initial = {"day": asked_day(request), "institution": request.GET.get("institution", "")}

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
        code, wanted = request.GET.get("institution", ""), asked_day(request)
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
