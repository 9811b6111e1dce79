"""Petitions that do not come through the portal's own pages: entered from letters and calls, reported by agencies about procedures."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from feedback.access import held_by
from feedback.admin.settings import day_field
from feedback.admin.ways import OwnWay, register_way
from feedback.models import Answer, EnteredPetition, Petition, ProcedureReport
from feedback.services import PetitionRefused, entering
from feedback.services.common import NotYours
from feedback.services.sending import MAX_SUBJECT, kinds_on, report_procedure
from portal.access import Actor, actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Rows, Way, moment, state_cell, two_lines
from portal.access.rules import unit_scope
from portal.access.site import RowWay, register_row_way
from portal.catalogues import queries as catalogues
from portal.catalogues import tables
from portal.catalogues.models import Agency
from portal.catalogues.queries import agency_label
from portal.crypto.fields import prefetch_keys
from procedures.models import Procedure, ProcedureVersion

REPORT = "feedback.report"
_LONG = {"class": "vTextField"}
_ACCEPT = "image/jpeg,image/png,application/pdf"
SENDER = ("name", "address", "phone", "email")
FILES_HELP = "Ảnh JPG, PNG hoặc tệp PDF, tối đa 10 tệp. Chọn nhiều tệp cùng lúc. Nếu trang báo chỗ cần sửa, bạn chọn lại tệp khi gửi lại."


class FilesInput(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; each as the field for one checks it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=FilesInput({"accept": _ACCEPT}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = list(data) or [None] if isinstance(data, list | tuple) else [data]
        return [checked for one in given if (checked := super(FilesField, self).clean(one, initial))]


def units_for(request: HttpRequest, act: str) -> list[tuple[str, str]]:
    """The agencies at which the officer may do an act: their own and those below (one query)."""
    rows = Agency.objects.on(timezone.localdate()).filter(unit_scope(actor_of(request), act, "code")).order_by("code")
    return [(code, f"{name} ({code})") for code, name in rows.values_list("code", "name")]


def places_for(unit_code: str) -> list[tuple[str, str]]:
    """Where something may have happened: communes of the agency's province, or the provinces (at most three queries)."""
    top = Agency.objects.on(timezone.localdate()).filter(code=unit_code.split(".")[0]).select_related("administrative_unit").first()
    if top is not None and top.administrative_unit is not None:
        province = top.administrative_unit
        rows = [(province.code, province.name), *((row.code, row.name) for row in catalogues.communes(province.code))]
    else:
        rows = [(row.code, row.name) for row in catalogues.provinces()]
    return [("", "Không rõ"), *rows]


class EnterForm(PlainForm):
    """One petition from paper, telephone, fax or e-mail."""

    unit_code = forms.ChoiceField(label="Cơ quan nhận")
    source = forms.ChoiceField(label="Đến bằng", choices=[("", "Chọn"), *entering.SOURCES.items()])
    came_on = day_field("Ngày đến", help_text="Ngày cơ quan nhận được: mọi thời hạn tính từ ngày này.")
    name = forms.CharField(label="Người gửi", max_length=200, widget=forms.TextInput(_LONG))
    address = forms.CharField(label="Địa chỉ", max_length=300, required=False, widget=forms.TextInput(_LONG))
    phone = forms.CharField(label="Điện thoại di động", max_length=20, required=False)
    email = forms.CharField(label="Thư điện tử", max_length=200, required=False)
    hide_name = forms.BooleanField(label="Người gửi không muốn công khai tên", required=False)
    kind = forms.ChoiceField(label="Loại nội dung")
    subject = forms.CharField(label="Tóm tắt", max_length=MAX_SUBJECT, widget=forms.TextInput(_LONG))
    words = forms.CharField(
        label="Nội dung",
        widget=forms.Textarea({"rows": 12}),
        help_text="Ghi đủ như trong thư, hoặc như người gọi nói (Quy chế, Điều 42.2b).",
    )
    place_code = forms.ChoiceField(label="Nơi xảy ra", required=False)
    procedure_code = forms.CharField(label="Mã thủ tục", max_length=40, required=False)
    dossier_code = forms.CharField(label="Mã hồ sơ", max_length=40, required=False)
    originals = FilesField(label="Bản gốc (thư, fax, thư điện tử)", required=False, help_text=FILES_HELP)

    def __init__(self, *args: Any, actor: Actor, units: list[tuple[str, str]], places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["unit_code"].choices = units  # type: ignore[attr-defined]
        self.fields["place_code"].choices = places  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", "Chọn"), *entering.kind_codes(timezone.now())]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """All that the service would refuse is said at once; and what leaves something to attach comes with it."""
        said = super().clean() or {}
        wrong = entering.entry_problems(
            actor=self.actor,
            came_on=said.get("came_on"),
            sender={name: said.get(name, "") for name in SENDER},
            now=timezone.now(),
            **{name: said.get(name, "") for name in ("kind", "subject", "words", "procedure_code", "dossier_code")},
        )
        for name, message in wrong.items():
            # A contact that cannot be read is one all the same.
            if name not in self.errors and not (name == "address" and self.errors.keys() & {"phone", "email"}):
                self.add_error(name, message)
        if said.get("source") in entering.WITH_ORIGINAL and not said.get("originals") and "originals" not in self.errors:
            self.add_error("originals", "Bạn hãy đính kèm bản chụp, bản quét hoặc tệp của thư, fax.")
        return said


class TableForm(PlainForm):
    """Several at once."""

    unit_code = forms.ChoiceField(label="Cơ quan nhận")
    table = forms.FileField(label="Tệp CSV hoặc XLSX")

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit_code"].choices = units  # type: ignore[attr-defined]


class OriginalsForm(PlainForm):
    """Originals that come after."""

    originals = FilesField(label="Bản gốc", help_text=FILES_HELP)


def _prefetched(changelist: type[Any]) -> type[Any]:
    """A list whose rows' keys come in one query, for what is shown of them is sealed."""

    class Prefetched(changelist):  # type: ignore[misc]
        def get_results(self, request: HttpRequest) -> None:
            super().get_results(request)
            self.result_list = list(self.result_list)  # type: ignore[has-type]
            prefetch_keys(self.result_list)

    return Prefetched


def _page_of(petition: Petition) -> str:
    """A petition's page on the desk, the same however it came."""
    return f"{reverse('admin:index')}feedback/petition/{petition.pk}/change/"


class PetitionListAdmin(DeskModelAdmin):
    """A list of petitions by the day on which they came in, newest first."""

    ordering = ("-sent_at", "-id")
    refusals: ClassVar[tuple[type[Exception], ...]] = (PetitionRefused, NotYours)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return _prefetched(super().get_changelist(request, **kwargs))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those the officer sees, with the name of the agency that holds each."""
        named = Agency.objects.on(timezone.localdate()).filter(code=OuterRef("unit_code")).values("name")[:1]
        return self.seen(request).annotate(holder=Subquery(named)).order_by(*self.ordering)

    def seen(self, request: HttpRequest) -> QuerySet[Any]:
        """The door."""
        raise NotImplementedError

    @admin.display(description="Cơ quan đang giữ")
    def holder_shown(self, row: Any) -> str:
        return row.holder or row.unit_code

    @admin.display(description="Phản ánh", ordering="sent_at")
    def code_shown(self, row: Petition) -> SafeString:
        """What it is about, and its code."""
        return two_lines(row.subject or "(đã chuyển chế độ mật)", row.code)

    @admin.display(description="Tình trạng")
    def state_shown(self, row: Petition) -> SafeString:
        """With the deadline of an open one."""
        if not row.is_open:
            return format_html("{}", row.get_state_display())
        return state_cell(row.get_state_display(), row.due_at, is_late=row.due_at < timezone.now())


class CameBy(admin.SimpleListFilter):
    """By how it came."""

    title = "nguồn"
    parameter_name = "nguon"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(entering.SOURCES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(source=self.value()) if self.value() in entering.SOURCES else queryset


@admin.register(EnteredPetition)
class EnteredPetitionAdmin(PetitionListAdmin):
    """What receivers entered, and the ways to enter more."""

    view_act = entering.RECEIVE
    unit_field = "unit_code"
    list_display = ("code_shown", "source", "sender_shown", "came_shown", "state_shown", "holder_shown")
    list_display_links = ("code_shown",)
    list_filter: ClassVar[Any] = (CameBy,)
    change_list_template = "admin/feedback/entering_list.html"

    def seen(self, request: HttpRequest) -> QuerySet[Any]:
        """Of the officer's agency and those below it."""
        return held_by(actor_of(request), self.model._default_manager.filter(source__in=list(entering.SOURCES)))

    @admin.display(description="Người gửi")
    def sender_shown(self, row: Petition) -> str:
        return str((row.sender or {}).get("name", "–"))

    @admin.display(description="Ngày đến")
    def came_shown(self, row: Petition) -> str:
        return f"{timezone.localtime(row.received_at):%d/%m/%Y}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, entering.RECEIVE, actor.unit)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with the way to enter a table."""
        may_enter = self.has_add_permission(request)
        more = {"title": "Nhập từ thư, điện thoại", "table_url": self.address("table") if may_enter else "", "add_url": self.address("add")}
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A petition has one page on the desk, however it came."""
        return redirect(_page_of(self.found(request, object_id)))

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "feedback_enteredpetition"
        return [
            path("add/", view(self.enter), name=f"{name}_add"),
            path("table/", view(self.table), name=f"{name}_table"),
            path("<uuid:object_id>/originals/", view(self.originals), name=f"{name}_originals"),
            *super().get_urls(),
        ]

    def enter(self, request: HttpRequest) -> HttpResponse:
        """Enter one."""
        actor = actor_of(request)
        require(actor, entering.RECEIVE, actor.unit)
        posted = request.method == "POST"
        form = EnterForm(
            request.POST if posted else None,
            request.FILES if posted else None,
            actor=actor,
            initial={"unit_code": actor.unit, "came_on": f"{timezone.localdate():%d/%m/%Y}"},
            units=units_for(request, entering.RECEIVE),
            places=places_for(actor.unit),
        )

        def do(said: dict[str, Any]) -> Petition:
            sender = {name: said.pop(name) for name in SENDER}
            return entering.enter_one(actor=actor, sender=sender, now=timezone.now(), **said)

        return self.ask(
            request,
            title="Nhập phản ánh",
            form=form,
            back=self.address("changelist"),
            do=do,
            done=lambda row: f"Đã nhập phản ánh {row.code}. Hạn trả lời người gửi: {timezone.localtime(row.due_at):%d/%m/%Y}.",
            button="Nhập",
        )

    def table(self, request: HttpRequest) -> HttpResponse:
        """Enter several from a table: the good rows go in, each bad one is told."""
        actor = actor_of(request)
        require(actor, entering.RECEIVE, actor.unit)
        posted, report = request.method == "POST", None
        form = TableForm(
            request.POST if posted else None,
            request.FILES if posted else None,
            initial={"unit_code": actor.unit},
            units=units_for(request, entering.RECEIVE),
        )
        if posted and form.is_valid():
            file = form.cleaned_data["table"]
            try:
                table = entering.read_rows(name=file.name, content=file.read(tables.MAX_BYTES + 1))
                report = entering.enter_rows(actor=actor, unit_code=form.cleaned_data["unit_code"], table=table, now=timezone.now())
            except tables.TableUnreadable as error:
                form.add_error("table", str(error))
        if report is not None:
            prefetch_keys([petition for _number, petition, _known in report.rows])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "list_url": self.address("changelist"),
            "title": "Nhập phản ánh từ tệp",
            "form": form,
            "report": report,
            "columns": [(name, label, name in entering.REQUIRED) for name, label in entering.COLUMNS.items()],
            "kinds": entering.kind_codes(timezone.now()),
            "most": entering.MOST_ROWS,
        }
        return TemplateResponse(request, "admin/feedback/entering_table.html", context, status=422 if form.errors else 200)

    def originals(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Attach the originals of one that was entered without."""
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, entering.RECEIVE, row.unit_code)
        posted = request.method == "POST"
        return self.ask(
            request,
            title=f"Đính kèm bản gốc của {row.code}",
            form=OriginalsForm(request.POST if posted else None, request.FILES if posted else None),
            back=_page_of(row),
            do=lambda said: entering.add_originals(actor=actor, petition_id=row.pk, uploads=said["originals"], now=timezone.now()),
            done="Đã đính kèm bản gốc.",
            button="Đính kèm",
        )


def _originals_way(request: HttpRequest, petition: Petition) -> OwnWay | None:
    if petition.source not in entering.SOURCES or petition.state == "secret":
        return None
    if not may(actor_of(request), entering.RECEIVE, petition.unit_code):
        return None
    return OwnWay("Đính kèm bản gốc", reverse("admin:feedback_enteredpetition_originals", args=[petition.pk]))


register_way(_originals_way)


# Reports of agencies -----------------------------------------------------------------------------------------------------------


class ReportForm(PlainForm):
    """What is wrong with a procedure."""

    procedure_code = forms.CharField(
        label="Mã thủ tục",
        max_length=40,
        required=False,
        help_text="Ví dụ 1.001193. Để trống nếu thủ tục chưa được công bố và chưa có mã.",
    )
    kind = forms.ChoiceField(label="Vướng mắc gì", widget=forms.RadioSelect)
    to = forms.ChoiceField(
        label="Gửi tới",
        choices=[("owner", "Cơ quan công bố thủ tục"), ("top", "Văn phòng Chính phủ")],
        initial="owner",
        widget=forms.RadioSelect,
        help_text="Không rõ cơ quan nào công bố thì báo cáo tự đến Văn phòng Chính phủ.",
    )
    subject = forms.CharField(label="Tóm tắt", max_length=MAX_SUBJECT, widget=forms.TextInput(_LONG))
    words = forms.CharField(label="Nội dung và đề xuất", widget=forms.Textarea({"rows": 10}))
    attachments = FilesField(label="Tệp kèm theo", required=False, help_text=FILES_HELP)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind.pk, kind.name) for kind in kinds_on(timezone.now(), for_agencies=True)]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Only what is not announced yet has no code."""
        said = super().clean() or {}
        if not said.get("procedure_code") and said.get("kind") not in (None, "chua-cong-bo") and "procedure_code" not in self.errors:
            self.add_error("procedure_code", "Bạn hãy ghi mã thủ tục.")
        return said


@admin.register(ProcedureReport)
class ProcedureReportAdmin(PetitionListAdmin):
    """An officer's own reports about procedures (Rules art. 25.3), with what became of them."""

    field_names: ClassVar[dict[str, str]] = {"files": "attachments"}
    list_display = ("code_shown", "procedure_code", "holder_shown", "sent_shown", "state_shown")
    list_display_links = ("code_shown",)
    list_filter = ("state",)

    def seen(self, request: HttpRequest) -> QuerySet[Any]:
        """One's own."""
        actor = actor_of(request)
        rows = self.model._default_manager.filter(reporter_unit=actor.unit, reporter_position_id=actor.position_id)
        return rows.exclude(reporter_unit="")

    def _may(self, request: HttpRequest, act: str, obj: Any) -> bool:
        actor = actor_of(request)
        return may(actor, REPORT, actor.unit)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, REPORT, None)

    @admin.display(description="Gửi lúc", ordering="sent_at")
    def sent_shown(self, row: Petition) -> str:
        return moment(row.sent_at)

    def get_urls(self) -> list[Any]:
        """Reporting has an address of its own; ``?thu-tuc=`` fills in the procedure."""
        return [path("add/", self.admin_site.admin_view(self.report), name="feedback_procedurereport_add"), *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """What was reported, where it is, what came of it."""
        facts: list[tuple[str, Any]] = [
            ("Mã", row.code),
            ("Thủ tục", row.procedure_code or "Chưa có mã"),
            ("Vướng mắc", row.kind.name),
            ("Tóm tắt", row.subject or "–"),
            ("Nội dung", row.words or "–"),
            ("Gửi lúc", moment(row.sent_at)),
            ("Đang giữ", agency_label(row.unit_code)),
            ("Tình trạng", row.get_state_display()),
        ]
        if row.is_open:
            facts.append(("Hạn trả lời", moment(row.due_at)))
        parts: list[Facts | Rows] = [Facts("Báo cáo", facts)]
        answers = list(row.answers.filter(state=Answer.APPROVED).order_by("-number"))
        parts += [
            Facts("Trả lời", [("Cơ quan", agency_label(answer.unit_code)), ("Lúc", moment(answer.checked_at)), ("Nội dung", answer.words)])
            for answer in answers
        ]
        refusal = row.events.filter(name__in=["refuse", "refuse_silent"]).order_by("-id").first() if row.state == "refused" else None
        if refusal is not None:
            parts.append(Facts("Không tiếp nhận", [("Lúc", moment(refusal.at)), ("Lý do", refusal.note)]))
        reports = [[moment(report.at), report.words] for report in row.reports.all()]
        if reports:
            parts.append(Rows("Tình hình xử lý", ["Lúc", "Nội dung"], reports))
        files = [[attachment.file.name] for attachment in row.attachments.filter(role="question").select_related("file")]
        if files:
            parts.append(Rows("Tệp kèm theo", ["Tên"], files))
        return Page(row.subject or row.code, parts, [Way("Báo cáo khác", self.address("add"), "quiet")])

    def report(self, request: HttpRequest) -> HttpResponse:
        """Report a procedure to who announced it, or to VPCP."""
        actor = actor_of(request)
        require(actor, REPORT, actor.unit)
        posted = request.method == "POST"
        form = ReportForm(
            request.POST if posted else None,
            request.FILES if posted else None,
            initial={"procedure_code": request.GET.get("thu-tuc", "")[:40]},
        )
        return self.ask(
            request,
            title="Báo cáo về thủ tục",
            form=form,
            back=self.address("changelist"),
            do=lambda said: report_procedure(
                actor=actor,
                kind=said["kind"],
                procedure_code=said["procedure_code"],
                subject=said["subject"],
                words=said["words"],
                now=timezone.now(),
                to_top=said["to"] == "top",
                attachments=said["attachments"],
            ),
            done=lambda row: f"Đã gửi báo cáo {row.code} tới {agency_label(row.unit_code)}.",
            about=["Thủ tục chưa công bố, thiếu, sai, đã bãi bỏ hoặc không hợp lý (Quy chế, Điều 25.3, 37.3)."],
            button="Gửi báo cáo",
        )


def _report_way(request: HttpRequest, row: Any) -> RowWay | None:
    actor = actor_of(request)
    if not may(actor, REPORT, actor.unit):
        return None
    code = row.code if isinstance(row, Procedure) else row.procedure.code
    return RowWay("Báo cáo vướng mắc của thủ tục", f"{reverse('admin:feedback_procedurereport_add')}?thu-tuc={code}")


for _model in (Procedure, ProcedureVersion):
    register_row_way(_model, _report_way)
