"""Questions and answers on the desk: written, loaded from a file, checked by another officer, published, counted against the target."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator

from portal.access import actor_of, may
from portal.access.rules import unit_scope
from portal.catalogues import tables
from portal.catalogues.models import Agency, Sector
from portal.catalogues.queries import agency_names
from portal.ui.fields import PlainText
from procedures.admin.publishing import SEE_ALL, PublishedAdmin
from procedures.forms import LinesField
from procedures.models import CommonQuestion, LifeEvent
from procedures.publishing import ENTER, Refused
from procedures.questions import loading, queries, services
from procedures.questions.views import question_path

PROBLEMS_SHOWN = 200
NAME_SHOWN = 110


class QuestionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A question with its answer; every rule is the service's, told beside the field that breaks it."""

    wordings = PlainText(
        label="Cách hỏi khác",
        required=False,
        max_length=CommonQuestion.MAX_WORDINGS,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text="Mỗi dòng một cách người dân hỏi cùng việc này. Không hiện trên trang, chỉ để tìm.",
    )
    field_code = forms.ChoiceField(label="Lĩnh vực", required=False)
    procedures = LinesField(label="Thủ tục", help_text="Mỗi dòng một mã, ví dụ 1.001193. Câu hỏi hiện trên trang của các thủ tục này.")
    life_events = forms.MultipleChoiceField(label="Sự kiện", required=False, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = CommonQuestion
        fields = ("unit_code", *services.FACTS)
        field_classes = {"question": PlainText, "answer": PlainText, "topic": PlainText, "source": PlainText}
        widgets = {
            "question": AdminTextareaWidget(attrs={"rows": 2}),
            "answer": AdminTextareaWidget(attrs={"rows": 12}),
            "topic": AdminTextInputWidget,
            "source": AdminTextareaWidget(attrs={"rows": 2}),
        }
        help_texts = {
            "question": "Một câu, bằng lời người dân.",
            "answer": "Không dùng mã HTML. Để một dòng trống là sang đoạn mới. Trả lời ngay ở câu đầu.",
            "topic": "Chỉ khi danh mục lĩnh vực không có tên này.",
            "source": "Văn bản làm căn cứ, hoặc địa chỉ trang của cơ quan.",
        }
        error_messages = {"question": {"required": "Chưa có câu hỏi."}, "answer": {"required": "Chưa có câu trả lời."}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "field_code" in self.fields:
            sectors = Sector.objects.on(timezone.localdate()).order_by("name").values_list("code", "name")
            self.fields["field_code"].choices = [("", "(chưa chọn)"), *sectors]  # type: ignore[attr-defined]
        if "life_events" in self.fields:
            self.fields["life_events"].choices = LifeEvent.objects.order_by("position").values_list("slug", "name")  # type: ignore[attr-defined]
        if "procedures" in self.fields:
            self.initial["procedures"] = "\n".join(self.instance.procedures)

    def clean(self) -> dict[str, Any]:
        """The service's own rules, each beside its field."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            for name, words in services.faults(services.tidied(said)).items():
                self.add_error(name if name in self.fields else None, words)
        return said

    def facts(self) -> dict[str, Any]:
        """What the services are given."""
        return {name: self.cleaned_data[name] for name in services.FACTS if name in self.cleaned_data}


class LoadForm(forms.Form):
    """A file of questions for an agency."""

    unit_code = forms.ChoiceField(label="Cơ quan trả lời")
    table = forms.FileField(
        label="Tệp CSV hoặc XLSX",
        help_text=f"Cột bắt buộc: câu hỏi, trả lời. Nếu có: lĩnh vực, thủ tục, sự kiện, cách hỏi khác, nguồn. Tối đa "
        f"{tables.MAX_BYTES // 1024 // 1024} MB.",
        error_messages={"required": "Hãy chọn một tệp.", "empty": "Tệp trống."},
    )
    dry_run = forms.BooleanField(label="Chỉ kiểm tra, chưa ghi gì", required=False)


class Tied(admin.SimpleListFilter):
    """By what a question is tied to."""

    title = "gắn với thủ tục"
    parameter_name = "thu-tuc"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("co", "Có"), ("khong", "Chưa")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "co":
                return queryset.exclude(procedures=[])
            case "khong":
                return queryset.filter(procedures=[])
        return queryset


class ToReview(admin.SimpleListFilter):
    """Those about a procedure whose law has changed since they were published."""

    title = "thủ tục đã đổi"
    parameter_name = "xem-lai"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("can", "Cần xem lại")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(pk__in=queries.to_review(timezone.localdate())) if self.value() == "can" else queryset


@admin.register(CommonQuestion)
class CommonQuestionAdmin(PublishedAdmin):
    """Questions of one's agency: entered by one officer, checked by another, published."""

    form = QuestionForm
    services = services
    list_display = ("question_shown", "state", "unit_code", "field_code", "entered_at", "votes_shown")
    list_display_links = ("question_shown",)
    list_filter = ("state", ToReview, Tied)
    list_select_related = ("rating",)
    search_fields = ("question",)
    search_help_text = "Chữ trong câu hỏi."
    change_list_template = "admin/procedures/commonquestion/change_list.html"
    change_form_template = "admin/procedures/publication_form.html"
    history_facts = ("question", "answer", "wordings", "topic", "field_code", "source", "state", "returned_why", "withdrawn_why")
    _facts: ClassVar[Any] = services.FACTS
    _told = (
        "state",
        "address_shown",
        "entered_label",
        "entered_at",
        "checked_label",
        "checked_at",
        "returned_why",
        "published_at",
        "withdrawn_why",
    )

    def has_change_permission(self, request, obj=None):
        """What was withdrawn stands as it was."""
        return super().has_change_permission(request, obj) and (obj is None or obj.state != "withdrawn")

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return [(None, {"fields": ("unit_code", *self._facts)})]
        return [(None, {"fields": ("unit_shown", *self._facts)}), ("Tình trạng", {"fields": self._told})]

    def get_readonly_fields(self, request, obj=None):
        return () if obj is None else ("unit_shown", *self._told)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The agency is chosen among the officer's own and those below it."""
        if db_field.name == "unit_code":
            return forms.ChoiceField(label="Cơ quan trả lời", choices=_units(request), initial=actor_of(request).unit)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="Câu hỏi", ordering="question")
    def question_shown(self, row: CommonQuestion) -> str:
        """As long as a list bears."""
        words = Truncator(row.question).chars(NAME_SHOWN)
        return f"{words} (bản sửa)" if row.replaces_id and row.is_open else words

    @admin.display(description="Có ích / chưa")
    def votes_shown(self, row: CommonQuestion) -> str:
        """What readers said."""
        rating = getattr(row, "rating", None)
        return f"{rating.helpful} / {rating.unhelpful}" if rating is not None else "–"

    @admin.display(description="Địa chỉ")
    def address_shown(self, row: CommonQuestion) -> str:
        """Where everybody reads it."""
        url = question_path(row)
        return format_html('<a href="{0}">{0}</a>', url) if row.state == "published" else url

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the services, as everywhere."""
        actor, now = actor_of(request), timezone.now()
        request.changed_row = obj  # type: ignore[attr-defined]
        try:
            if not change:
                services.enter(actor=actor, unit_code=form.cleaned_data["unit_code"], now=now, row_id=obj.pk, **form.facts())
            elif form.changed_data:
                request.changed_row = services.change(actor=actor, row_id=obj.pk, now=now, **form.facts())  # type: ignore[attr-defined]
        except Refused as refused:
            self.message_user(request, str(refused), messages.ERROR)
            request.changed_row = None  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        if request.changed_row is None:  # type: ignore[attr-defined]
            return redirect(self.address("changelist"))
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """A change of what is public is a row of its own: on to it."""
        row = request.changed_row  # type: ignore[attr-defined]
        if row is None:
            return redirect(self.address("change", obj.pk))
        if row.pk != obj.pk:
            self.message_user(request, "Đã ghi bản sửa. Bản cũ còn hiện cho đến khi bản sửa được kiểm tra và công khai.", messages.SUCCESS)
            return redirect(self.address("change", row.pk))
        return super().response_change(request, obj)

    def get_urls(self) -> list[Any]:
        """Loading a file has addresses of its own."""
        view, name = self.admin_site.admin_view, "procedures_commonquestion"
        own = [
            path("load/", view(self.load_view), name=f"{name}_load"),
            path("load/example.xlsx", view(self.example_view), name=f"{name}_example"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, with how far the ministries have come."""
        actor = actor_of(request)
        codes = None if may(actor, SEE_ALL) else [actor.unit.partition(".")[0]]
        more = {"progress": queries.progress(codes), "target": queries.TARGET, "may_load": self.has_add_permission(request)}
        return super().changelist_view(request, {**(extra_context or {}), **more, "load_url": self.address("load")})

    def load_view(self, request: HttpRequest) -> HttpResponse:
        """Upload a table; what came of it, row by row, stands below."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = LoadForm(request.POST if request.method == "POST" else None, request.FILES or None)
        form.fields["unit_code"].choices = _units(request)  # type: ignore[attr-defined]
        form.fields["unit_code"].initial = actor_of(request).unit
        report, dry_run = None, False
        if form.is_bound and form.is_valid():
            file, dry_run = form.cleaned_data["table"], form.cleaned_data["dry_run"]
            report = loading.load(
                actor=actor_of(request),
                unit_code=form.cleaned_data["unit_code"],
                name=file.name,
                # One byte more than allowed: the check then says so, and nothing larger is held.
                content=file.read(tables.MAX_BYTES + 1),
                now=timezone.now(),
                dry_run=dry_run,
            )
            if report.refused:
                form.add_error("table", report.refused)
                report = None
        problems = report.problems[:PROBLEMS_SHOWN] if report else []
        hidden = len(report.problems) - len(problems) if report else 0
        context: dict[str, Any] = {
            "report": report,
            "dry_run": dry_run,
            "problems": problems,
            "hidden": hidden,
            "example_url": self.address("example"),
        }
        return self.page(request, "admin/procedures/commonquestion/load.html", "Nhập câu hỏi từ tệp", form=form, **context)

    def example_view(self, request: HttpRequest) -> HttpResponse:
        """An empty table with the columns."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        answer = HttpResponse(loading.example(), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        answer["Content-Disposition"] = 'attachment; filename="cau-hoi.xlsx"'
        return answer


def _units(request: HttpRequest) -> list[tuple[str, str]]:
    """The agencies for which an officer writes: their own and those below it."""
    actor = actor_of(request)
    own = agency_names([actor.unit])
    rows = (
        Agency.objects.on(timezone.localdate()).filter(unit_scope(actor, ENTER, "code")).order_by("code").values_list("code", "name")[:500]
    )
    return [(code, f"{name} ({code})") for code, name in [*own.items(), *(one for one in rows if one[0] not in own)]]
