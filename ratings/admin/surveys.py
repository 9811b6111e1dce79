"""Surveys on the desk: made, opened, ended, their results looked at, taken away and published; texts checked."""

from __future__ import annotations

import json
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import Truncator

from portal.access import actor_of, may, require, unit_scope
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, ReasonForm, Rows, Way, moment, seen_version
from portal.access.site import DeskLine, register_desk_panel
from portal.catalogues.queries import agency_label, agency_name_of
from portal.catalogues.tables import write
from ratings.admin.slips import ShowForm
from ratings.models import Survey, SurveyResponse, SurveyText
from ratings.models.surveys import TABLE, Audience, SurveyState
from ratings.surveys import bringing, services, texts
from ratings.surveys.rules import CHOICE, KINDS, MAX_LABEL, SEVERAL, TEXT, counted, definition, questions_of
from ratings.surveys.services import CHECK_TEXTS, KEEP
from ratings.words import cleaned

_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]
_LONG = {"class": "vTextField"}
EXPORTED = 50_000
"""Responses in one CSV file."""


def _day(label: str, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label, input_formats=_DAYS, widget=forms.DateInput({"placeholder": "ngày/tháng/năm", "autocomplete": "off"}), **more
    )


class SurveyDeskForm(PlainForm):
    """What a survey is about, when it is open, whom it asks."""

    title = forms.CharField(label="Tên khảo sát", max_length=200, widget=forms.TextInput(_LONG))
    intro = forms.CharField(label="Lời giới thiệu", max_length=2000, required=False, widget=forms.Textarea({"rows": 3}))
    opens_on = _day("Mở từ ngày")
    closes_on = _day("Đến hết ngày")
    audience = forms.ChoiceField(
        label="Hỏi ai", choices=Audience.choices, help_text="Người nộp hồ sơ được mời bằng thông báo có liên kết riêng."
    )
    agency_code = forms.CharField(
        label="Người nộp hồ sơ ở cơ quan (mã)", max_length=40, required=False, help_text="Gồm cả cấp dưới. Bỏ trống: cơ quan của bạn."
    )
    procedure_code = forms.CharField(label="Nộp thủ tục (mã)", max_length=40, required=False)
    first_day = _day("Nộp từ ngày", required=False)
    last_day = _day("Nộp đến hết ngày", required=False)


class QuestionForm(PlainForm):
    """One question."""

    label = forms.CharField(label="Câu hỏi", max_length=MAX_LABEL, widget=forms.Textarea({"rows": 2}))
    kind = forms.ChoiceField(label="Loại", choices=list(KINDS.items()))
    options = forms.CharField(
        label="Các lựa chọn", required=False, max_length=5000, widget=forms.Textarea({"rows": 6}),
        help_text="Mỗi dòng một lựa chọn. Chỉ cho “Chọn một”, “Chọn nhiều”.",
    )  # fmt: skip
    required = forms.BooleanField(label="Bắt buộc trả lời", required=False)


class FileForm(PlainForm):
    """A file."""

    file = forms.FileField(label="Tệp")


@admin.register(Survey)
class SurveyAdmin(DeskModelAdmin):
    """Those of one's agency and below it."""

    by_cursor = False
    view_act = KEEP
    unit_field = "unit_code"
    list_display = ("title", "state", "agency_shown", "audience", "opens_on", "closes_on")
    list_filter = ("state",)
    search_fields = ("title",)
    search_help_text = "Tên khảo sát"
    ordering = ("-created_at", "-id")
    refusals: ClassVar[tuple[type[Exception], ...]] = (services.SurveyRefused,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the agencies' names."""
        return super().get_queryset(request).annotate(agency=agency_name_of("unit_code"))

    @admin.display(description="Cơ quan hỏi", ordering="unit_code")
    def agency_shown(self, row: Any) -> str:
        """Its name and code."""
        return f"{row.agency} ({row.unit_code})" if row.agency else str(row.unit_code)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(actor_of(request), KEEP, actor_of(request).unit)

    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, "ratings_survey"
        acts = {
            "sua": self.edit, "them-cau": self.add_question, "tep-cau-hoi": self.take_definition, "mo": self.publish, "ket-thuc": self.end,
            "cong-bo": self.publish_results, "nhap": self.bring, "dinh-nghia.json": self.definition_file, "tra-loi.csv": self.answers_file,
        }  # fmt: skip
        return [
            path("add/", view(self.add), name=f"{name}_add"),
            path("<uuid:object_id>/bo-cau/<slug:key>/", view(self.remove_question), name=f"{name}_bo-cau"),
            *(path(f"<uuid:object_id>/{way}{'' if '.' in way else '/'}", view(do), name=f"{name}_{way}") for way, do in acts.items()),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Facts, questions with what was answered so far, what may be done now. Four queries."""
        questions, found = questions_of(row.questions), services.counts_of(row.pk)
        is_draft = row.state == SurveyState.DRAFT
        facts: list[tuple[str, Any]] = [
            ("Cơ quan hỏi", agency_label(row.unit_code)),
            ("Lời giới thiệu", row.intro or "–"),
            ("Hỏi ai", row.get_audience_display()),
            ("Thời gian", f"{row.opens_on:%d/%m/%Y} – {row.closes_on:%d/%m/%Y}"),
            ("Tình trạng", row.get_state_display()),
            ("Số người trả lời", found["responses"]),
        ]
        if row.audience == Audience.APPLICANTS:
            whom = [part for part in (row.agency_code, row.procedure_code) if part]
            facts.append(("Người nộp hồ sơ", f"{', '.join(whom)}, {row.first_day:%d/%m/%Y} – {row.last_day:%d/%m/%Y}"))
            facts.append(("Đã mời xong", moment(row.invited_at)))
        if row.published_at:
            address = reverse("survey", args=[row.slug])
            facts.append(("Địa chỉ", format_html('<a href="{0}">{0}</a>', address)))
        if row.results_at:
            results = reverse("survey-results", args=[row.slug])
            facts.append(("Kết quả công bố", format_html('<a href="{}">{}</a>', results, moment(row.results_at))))
        lines = []
        for question, rows in counted(questions, found["counts"]):
            said = "; ".join(f"{words}: {number}" for words, number in rows) if question.kind != TEXT else "duyệt ở “Ý kiến khảo sát”"
            cut = format_html('<a href="{}">Bỏ</a>', self.address("bo-cau", row.pk, question.key)) if is_draft else ""
            lines.append((question.key, question.label, KINDS[question.kind], "có" if question.required else "", said, cut))
        headings = ("Mã", "Câu hỏi", "Loại", "Bắt buộc", "Trả lời", "Sửa")
        return Page(row.title, [Facts("Khảo sát", facts), Rows("Câu hỏi", headings, lines, "Chưa có câu hỏi.")], self._ways(request, row))

    def _ways(self, request: HttpRequest, row: Any) -> list[Way]:
        labels = {"publish": ("Mở khảo sát", "mo", ""), "end": ("Kết thúc", "ket-thuc", "danger")}
        edges = TABLE.open_to(actor_of(request), row, unit=row.unit_code)
        ways = [Way(labels[edge.name][0], self.address(labels[edge.name][1], row.pk), labels[edge.name][2]) for edge in edges]
        if row.state == SurveyState.DRAFT:
            more: tuple[tuple[str, str], ...] = (("Thêm câu hỏi", "them-cau"), ("Sửa", "sua"), ("Lấy câu hỏi từ tệp", "tep-cau-hoi"))
        else:
            more = (("Tải trả lời (CSV)", "tra-loi.csv"),)
            if row.results is None:
                more = (*more, ("Nhập trả lời từ tệp", "nhap"))
            if row.state == SurveyState.ENDED and row.results is None:
                more = (("Công bố kết quả", "cong-bo"), *more)
        more = (*more, ("Tải câu hỏi (JSON)", "dinh-nghia.json"))
        of_survey = f"{reverse('admin:ratings_surveytext_changelist')}?{urlencode({'survey__id__exact': row.pk})}"
        return [*ways, *(Way(label, self.address(name, row.pk), "quiet") for label, name in more), Way("Ý kiến", of_survey, "quiet")]

    def _asks(self, request: HttpRequest, form: type[forms.Form], **more: Any) -> forms.Form:
        given = (request.POST, request.FILES) if request.method == "POST" else ()
        return form(*given, **more)

    def add(self, request: HttpRequest) -> HttpResponse:
        """A draft."""
        actor = actor_of(request)
        require(actor, KEEP, actor.unit)
        made: list[Survey] = []
        answer = self.ask(
            request,
            title="Lập khảo sát",
            form=self._asks(request, SurveyDeskForm, initial={"opens_on": f"{timezone.localdate():%d/%m/%Y}"}),
            back=self.address("changelist"),
            do=lambda said: made.append(services.make(actor=actor, values=said, now=timezone.now())),
            done="Đã lập bản nháp. Bạn thêm câu hỏi rồi mở khảo sát.",
            button="Lập",
        )
        # On with its questions.
        return redirect(self.address("change", made[0].pk)) if made else answer

    def edit(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Another wording, other days."""
        row, actor = self.found(request, object_id), actor_of(request)
        days = {name: f"{day:%d/%m/%Y}" for name in ("opens_on", "closes_on", "first_day", "last_day") if (day := getattr(row, name))}
        words = {name: getattr(row, name) for name in ("title", "intro", "audience", "agency_code", "procedure_code")}
        return self.ask(
            request,
            title=f"Sửa “{row.title}”",
            form=self._asks(request, SurveyDeskForm, initial={**words, **days}),
            back=self.address("change", row.pk),
            do=lambda said: services.change(actor=actor, survey_id=row.pk, values=said, seen=seen_version(request)),
            done="Đã ghi.",
            seen=row.version,
            button="Ghi",
        )

    def add_question(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """At the end."""
        row, actor = self.found(request, object_id), actor_of(request)

        def do(said: dict[str, Any]) -> Survey:
            options = [line for line in said["options"].splitlines() if line.strip()] if said["kind"] in (CHOICE, SEVERAL) else []
            return services.add_question(
                actor=actor, survey_id=row.pk, kind=said["kind"], label=said["label"], options=options, required=said["required"],
                seen=seen_version(request),
            )  # fmt: skip

        return self.ask(
            request, title="Thêm câu hỏi", form=self._asks(request, QuestionForm), back=self.address("change", row.pk), do=do,
            done="Đã thêm câu hỏi.", seen=row.version, button="Thêm",
        )  # fmt: skip

    def remove_question(self, request: HttpRequest, object_id: UUID, key: str) -> HttpResponse:
        """Out of a draft."""
        row, actor = self.found(request, object_id), actor_of(request)
        question = services.question_of(row, key)
        if question is None:
            raise Http404
        return self.ask(
            request, title="Bỏ câu hỏi", form=None, back=self.address("change", row.pk), about=[question.label],
            do=lambda _said: services.remove_question(actor=actor, survey_id=row.pk, key=key), done="Đã bỏ câu hỏi.", button="Bỏ",
        )  # fmt: skip

    def take_definition(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Questions of a file in place of the draft's."""
        row, actor = self.found(request, object_id), actor_of(request)
        return self.ask(
            request, title="Lấy câu hỏi từ tệp", form=self._asks(request, FileForm), back=self.address("change", row.pk),
            do=lambda said: services.take_definition(
                actor=actor, survey_id=row.pk, content=said["file"].read(services.MAX_BYTES + 1), seen=seen_version(request)
            ),
            about=["Tệp JSON như “Tải câu hỏi (JSON)” cho ra. Các câu hỏi đang có được thay bằng câu hỏi trong tệp."],
            done="Đã lấy câu hỏi từ tệp.", seen=row.version, button="Lấy",
        )  # fmt: skip

    def _move(self, request: HttpRequest, object_id: UUID, transition: str, title: str, about: list[str], done: str) -> HttpResponse:
        row, actor = self.found(request, object_id), actor_of(request)
        return self.ask(
            request, title=title, form=None, back=self.address("change", row.pk), about=about, done=done, seen=row.version,
            do=lambda _said: services.move(
                actor=actor, survey_id=row.pk, transition=transition, seen=seen_version(request), now=timezone.now()
            ),
        )  # fmt: skip

    def publish(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """From now on it is asked."""
        about = ["Mở rồi thì câu hỏi và người được hỏi không sửa được nữa."]
        return self._move(request, object_id, "publish", "Mở khảo sát", about, "Đã mở khảo sát.")

    def end(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Nobody is asked any more."""
        about = ["Kết thúc rồi thì không ai trả lời được nữa. Sau đó bạn công bố được kết quả."]
        return self._move(request, object_id, "end", "Kết thúc khảo sát", about, "Đã kết thúc khảo sát.")

    def publish_results(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """For everybody to read."""
        row, actor = self.found(request, object_id), actor_of(request)
        return self.ask(
            request, title="Công bố kết quả", form=None, back=self.address("change", row.pk), seen=row.version,
            about=["Số liệu từng câu và các ý kiến đã duyệt hiện cho mọi người. Sau khi công bố không nhập thêm trả lời được."],
            do=lambda _said: services.publish_results(actor=actor, survey_id=row.pk, seen=seen_version(request), now=timezone.now()),
            done="Đã công bố kết quả.",
        )  # fmt: skip

    def bring(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Answers of another platform; what is wrong stands row by row."""
        row, actor = self.found(request, object_id), actor_of(request)
        form = self._asks(request, FileForm)
        if request.method == "POST" and form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                content = upload.read(services.MAX_BYTES + 1)
                found = bringing.bring_answers(actor=actor, survey_id=row.pk, name=upload.name, content=content, now=timezone.now())
            except services.SurveyRefused as refused:
                form.add_error(refused.field or None, refused.message)
            else:
                return self._brought(request, row, found)
        keys = ", ".join(question.key for question in questions_of(row.questions))
        return self.ask(
            request, title="Nhập trả lời từ tệp", form=form, back=self.address("change", row.pk), do=lambda _said: None, done="",
            about=[
                "Trả lời thu trên nền tảng khác (VNForm): tệp CSV, XLSX hoặc JSON.",
                f"Cột: {bringing.OUTSIDE_ID} (mã phiếu ở nơi đó), {bringing.OUTSIDE_DAY} (ngày trả lời), {keys}.",
                "Mục chọn ghi bằng lời hoặc số thứ tự từ 0; chọn nhiều thì cách nhau bằng dấu chấm phẩy. Mã đã nhập thì bỏ qua.",
            ],
            button="Nhập",
        )  # fmt: skip

    def _brought(self, request: HttpRequest, row: Survey, found: bringing.Brought) -> HttpResponse:
        facts = Facts("Kết quả", [("Đã nhập", found.kept), ("Đã có từ trước", found.known), ("Sai, không nhập", found.wrong)])
        wrong = Rows("Dòng sai", ("Dòng", "Vì sao"), found.problems, "Không có dòng nào sai.")
        page = Page("Nhập trả lời từ tệp", [facts, wrong], [Way("Về khảo sát", self.address("change", row.pk))])
        context = {**self._context(request), "title": page.title, "page": page}
        return TemplateResponse(request, "admin/desk/page.html", context, status=422 if found.wrong and not found.kept else 200)

    def definition_file(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The questions as data."""
        row = self.found(request, object_id)
        said = definition(row.title, row.intro, questions_of(row.questions))
        answer = HttpResponse(json.dumps(said, ensure_ascii=False, indent=2), content_type="application/json")
        answer["Content-Disposition"] = f'attachment; filename="{row.slug}.json"'
        return answer

    def answers_file(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """What was answered, a row a response, by months: no texts, for those are checked one by one."""
        row = self.found(request, object_id)
        questions = [question for question in questions_of(row.questions) if question.kind != TEXT]
        lines: list[list[Any]] = []
        for day, answers in SurveyResponse.objects.filter(survey=row).order_by("id").values_list("day", "answers")[:EXPORTED]:
            cells = [_said(question, answers.get(question.key)) for question in questions]
            lines.append([f"{day:%m/%Y}", *cells])
        content = write("csv", ["Tháng", *(question.label for question in questions)], lines)
        answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{row.slug}.csv"'
        return answer


def _said(question: Any, value: Any) -> str:
    if value is None:
        return ""
    return "; ".join(question.shown(one) for one in value) if isinstance(value, list) else str(question.shown(value))


@admin.register(SurveyText)
class SurveyTextAdmin(DeskModelAdmin):
    """Texts of the surveys of one's agency and below it, in no order that tells anything."""

    view_act = CHECK_TEXTS
    unit_field = "survey__unit_code"
    by_cursor = False
    list_display = ("survey_shown", "question_shown", "state", "words_shown")
    list_filter = ("state",)
    list_select_related = ("survey",)
    ordering = ("id",)
    refusals: ClassVar[tuple[type[Exception], ...]] = (services.SurveyRefused,)

    @admin.display(description="Khảo sát")
    def survey_shown(self, row: Any) -> str:
        """What was asked about."""
        return str(row.survey.title)

    @admin.display(description="Câu hỏi")
    def question_shown(self, row: Any) -> str:
        """The question in words."""
        question = services.question_of(row.survey, row.key)
        return question.label if question else str(row.key)

    @admin.display(description="Ý kiến")
    def words_shown(self, row: Any) -> str:
        """The text once it was checked."""
        return Truncator(row.shown_words).chars(120) if row.shown_words else "–"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:  # type: ignore[override]
        return lookup == "survey__id__exact" or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("survey")

    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, "ratings_surveytext"
        return [
            path("<uuid:object_id>/duyet/", view(self.show_text), name=f"{name}_show"),
            path("<uuid:object_id>/khong-hien/", view(self.hide_text), name=f"{name}_hide"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The question, and the text once it was checked."""
        question = services.question_of(row.survey, row.key)
        facts = [
            ("Khảo sát", row.survey.title),
            ("Câu hỏi", question.label if question else row.key),
            ("Tình trạng", row.get_state_display()),
            ("Ý kiến", row.shown_words or "–"),
            ("Lý do không hiện", row.hidden_why or "–"),
            ("Duyệt lúc", moment(row.checked_at)),
        ]
        ways = [Way("Đọc và duyệt", self.address("show", row.pk)), Way("Không hiện", self.address("hide", row.pk), "danger")]
        return Page("Ý kiến khảo sát", [Facts("Ý kiến", facts)], ways)

    def _to_check(self, request: HttpRequest, object_id: UUID) -> SurveyText:
        row: SurveyText = self.found(request, object_id)
        if not may(actor_of(request), CHECK_TEXTS, row.survey.unit_code):
            raise PermissionDenied
        texts.note_look(actor=actor_of(request), row=row)
        return row

    def show_text(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The original beside what will stand in the results."""
        row, actor = self._to_check(request, object_id), actor_of(request)
        initial = {"text": row.shown_words or cleaned(str(row.words or ""))}
        return self.ask(
            request, title="Duyệt ý kiến", form=ShowForm(request.POST if request.method == "POST" else None, initial=initial),
            back=self.address("change", row.pk), about=["Người trả lời ghi:", str(row.words or "–")], button="Duyệt",
            do=lambda said: texts.show_text(actor=actor, text_id=row.pk, text=said["text"], now=timezone.now()),
            done="Đã duyệt. Ý kiến hiện cùng kết quả khi kết quả được công bố.",
        )  # fmt: skip

    def hide_text(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """With a reason."""
        row, actor = self._to_check(request, object_id), actor_of(request)
        return self.ask(
            request, title="Không hiện ý kiến", form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk), about=["Người trả lời ghi:", str(row.words or "–")], button="Không hiện",
            do=lambda said: texts.hide_text(actor=actor, text_id=row.pk, reason=said["reason"], now=timezone.now()),
            done="Đã ghi. Ý kiến không hiện cho ai.",
        )  # fmt: skip


def _waiting(request: HttpRequest) -> list[DeskLine]:
    """Texts that wait for this officer."""
    actor = actor_of(request)
    if not may(actor, CHECK_TEXTS, actor.unit):
        return []
    scope = unit_scope(actor, CHECK_TEXTS, "survey__unit_code")
    count = SurveyText.objects.filter(scope, state=SurveyText.State.WAITING).count()
    url = f"{reverse('admin:ratings_surveytext_changelist')}?{urlencode({'state__exact': SurveyText.State.WAITING})}"
    return [DeskLine("Ý kiến khảo sát chờ duyệt", count, url, "info")] if count else []


register_desk_panel(_waiting)
