"""Guidance on the desk: its questions made and tried, then checked by another officer and published."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone

from portal.access import actor_of, may
from portal.ui.fields import PlainText
from procedures import queries as catalogue
from procedures.admin.publishing import PublishedAdmin
from procedures.guidance import queries, services
from procedures.guidance.documents import ENDINGS, MOST_WORDS, walk
from procedures.guidance.outcome import outcome
from procedures.guidance.views import answered, answers_in
from procedures.models import GuidanceTree
from procedures.publishing import ENTER, Refused
from procedures.views.sheet import sheet

_WIDE = {"class": "vTextField"}


class StartForm(forms.Form):
    """The procedure that questions are made for."""

    code = PlainText(
        label="Mã thủ tục",
        max_length=40,
        widget=forms.TextInput(attrs={"size": 20, "autocomplete": "off"}),
        help_text="Ví dụ 1.001193. Nếu đã có bản công khai thì bắt đầu từ bản đó.",
        error_messages={"required": "Hãy ghi mã thủ tục."},
    )


class VersionedForm(forms.Form):
    """A form that carries the version of the row that the officer saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class QuestionPartForm(VersionedForm):
    """One question with its choices."""

    name = forms.SlugField(
        label="Tên câu hỏi", max_length=40, help_text="Chữ không dấu, số và gạch nối, ví dụ noi-sinh. Người dân không thấy."
    )
    ask = PlainText(label="Lời hỏi", max_length=MOST_WORDS, widget=forms.TextInput(attrs=_WIDE))
    ask_en = PlainText(label="Lời hỏi tiếng Anh", max_length=MOST_WORDS, required=False, widget=forms.TextInput(attrs=_WIDE))
    first = forms.BooleanField(label="Hỏi câu này đầu tiên", required=False)
    help = PlainText(label="Gợi ý", max_length=MOST_WORDS, required=False, widget=forms.TextInput(attrs=_WIDE))
    choices = PlainText(
        label="Các lựa chọn",
        max_length=8_000,
        widget=forms.Textarea(attrs={"rows": 8, "cols": 90}),
        help_text="Mỗi dòng: mã | lời | đi đến | lời tiếng Anh (nếu có). “Đi đến” là tên một câu hỏi hoặc một kết quả.",
    )

    def clean_choices(self) -> list[dict[str, str]]:
        """The lines as choices."""
        found = []
        for number, line in enumerate(self.cleaned_data["choices"].splitlines(), start=1):
            if not line.strip():
                continue
            parts = [part.strip() for part in line.split("|")]
            if len(parts) not in (3, 4):
                raise forms.ValidationError(f"Dòng {number}: cần “mã | lời | đi đến”.")
            choice = dict(zip(("value", "label", "next", "label_en"), parts, strict=False))
            found.append({key: value for key, value in choice.items() if value or key in ("value", "label", "next")})
        return found


class EndingPartForm(VersionedForm):
    """One ending."""

    name = forms.SlugField(label="Tên kết quả", max_length=40)
    kind = forms.ChoiceField(
        label="Loại",
        choices=list(zip(ENDINGS, ("Giấy tờ, chi phí, nơi nộp của thủ tục này", "Làm việc khác"), strict=True)),
        widget=forms.RadioSelect,
    )
    title = PlainText(label="Tiêu đề", max_length=MOST_WORDS, required=False, widget=forms.TextInput(attrs=_WIDE))
    title_en = PlainText(label="Tiêu đề tiếng Anh", max_length=MOST_WORDS, required=False, widget=forms.TextInput(attrs=_WIDE))
    text = PlainText(label="Lời dặn", max_length=MOST_WORDS, required=False, widget=forms.Textarea(attrs={"rows": 3, "cols": 90}))
    text_en = PlainText(
        label="Lời dặn tiếng Anh", max_length=MOST_WORDS, required=False, widget=forms.Textarea(attrs={"rows": 3, "cols": 90})
    )
    procedure = PlainText(label="Dẫn đến thủ tục", max_length=40, required=False, widget=forms.TextInput(attrs={"size": 20}))


class IndentedField(forms.JSONField):
    """JSON that is shown line by line."""

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


class DocumentForm(VersionedForm):
    """The whole as JSON."""

    document = IndentedField(
        label="Bản hướng dẫn (JSON)",
        widget=forms.Textarea(attrs={"rows": 30, "cols": 110, "spellcheck": "false"}),
        error_messages={"invalid": "Không phải JSON đúng.", "required": "Hãy ghi bản hướng dẫn."},
    )


def _condition(ticks: Iterable[str]) -> dict[str, Any] | None:
    """Ticked choices as a condition: of one question any of them, of several questions any of them."""
    by_question: dict[str, list[str]] = {}
    for tick in ticks:
        name, _, value = tick.partition("=")
        by_question.setdefault(name, []).append(value)
    said = [{"field": name, "in": values} for name, values in by_question.items()]
    if not said:
        return None
    return said[0] if len(said) == 1 else {"any": said}


def _ticks(condition: Any) -> list[str] | None:
    """A condition as ticks; None where it says more than ticks can."""
    if condition is None:
        return []
    atoms = condition["any"] if isinstance(condition, dict) and set(condition) == {"any"} else [condition]
    if not all(isinstance(one, dict) and set(one) == {"field", "in"} for one in atoms):
        return None
    return [f"{one['field']}={value}" for one in atoms for value in one["in"]]


class ConditionsForm(VersionedForm):
    """When the papers of each case and each fee are this person's: ticks at the choices that decide."""

    def __init__(self, *args: Any, tree: GuidanceTree, cases: Iterable[str], fees: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        document = tree.document
        choices = [
            (f"{question['name']}={choice['value']}", f"{question['ask']} – {choice['label']}")
            for question in document.get("questions", [])
            for choice in question.get("choices", [])
        ]
        self.places: dict[str, tuple[str, Any]] = {}
        self.left: list[str] = []
        rules = document.get("fees", [])
        wanted: list[tuple[str, Any, Any, str]] = [
            ("case", case, document.get("cases", {}).get(case), f"Trường hợp: {case}") for case in cases
        ]
        for fee in fees:
            rule = next((one for one in rules if one["name"] == fee[0] and one.get("condition", fee[1]) == fee[1]), None)
            label = f"Khoản thu: {fee[0]}" + (f" ({fee[1]})" if fee[1] else "")
            if rule is not None and ("times" in rule or "exempt" in rule):
                self.left.append(label)
                continue
            wanted.append(("fee", fee, rule.get("when") if rule else None, label))
        for number, (kind, key, condition, label) in enumerate(wanted):
            ticks = _ticks(condition)
            if ticks is None:
                self.left.append(label)
                continue
            name = f"when_{number}"
            self.places[name] = (kind, key)
            self.fields[name] = forms.MultipleChoiceField(
                label=label, choices=choices, initial=ticks, required=False, widget=forms.CheckboxSelectMultiple
            )

    def written_into(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The document with what was ticked."""
        changed: dict[str, Any] = deepcopy(dict(document))
        for name, (kind, key) in self.places.items():
            condition = _condition(self.cleaned_data[name])
            if kind == "case":
                cases = changed.setdefault("cases", {})
                cases.pop(key, None)
                if condition is not None:
                    cases[key] = condition
            else:
                rules = [one for one in changed.get("fees", []) if (one["name"], one.get("condition", key[1])) != key]
                if condition is not None:
                    rules.append({"name": key[0], **({"condition": key[1]} if key[1] else {}), "when": condition})
                changed["fees"] = rules
        return changed


class Unsound(admin.SimpleListFilter):
    """Those that the law of today has made wrong; looked for only when they are asked for."""

    title = "cần xem lại"
    parameter_name = "xem-lai"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("can", "Có lỗi so với quy định hôm nay")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "can":
            return queryset
        day = timezone.localdate()
        rows = queryset.exclude(state="withdrawn").select_related("procedure")
        return queryset.filter(pk__in=[row.pk for row in rows if services.faults_today(row.procedure.code, row.document, day)])


@admin.register(GuidanceTree)
class GuidanceTreeAdmin(PublishedAdmin):
    """Questions of procedures of one's agency."""

    services = services
    list_display = ("code_shown", "name_shown", "state", "unit_code", "entered_at")
    list_display_links = ("code_shown",)
    list_filter = ("state", Unsound, "origin")
    list_select_related = ("procedure",)
    search_fields = ("procedure__code",)
    search_help_text = "Mã thủ tục."
    change_form_template = "admin/procedures/guidancetree/change_form.html"
    history_facts = ("state", "returned_why", "withdrawn_why")
    _told: ClassVar[Any] = (
        "code_shown", "name_shown", "unit_shown", "state", "origin", "entered_label", "entered_at", "checked_label", "checked_at",
        "returned_why", "published_at", "withdrawn_why", "sound_shown",
    )  # fmt: skip

    def has_change_permission(self, request, obj=None):
        """Documents are changed on pages of their own."""
        return False if obj is not None else super().has_change_permission(request)

    def get_fieldsets(self, request, obj=None):
        return [(None, {"fields": self._told})]

    def get_readonly_fields(self, request, obj=None):
        return self._told

    @admin.display(description="Thủ tục", ordering="procedure__code")
    def code_shown(self, row: GuidanceTree) -> str:
        """The code."""
        return row.procedure.code

    def get_queryset(self, request):
        """Through the door, with the procedures' names of today."""
        name = catalogue.in_force(timezone.localdate()).filter(procedure=OuterRef("procedure")).order_by().values("name")[:1]
        return super().get_queryset(request).select_related("procedure").annotate(shown_name=Subquery(name))

    @admin.display(description="Tên thủ tục")
    def name_shown(self, row: Any) -> str:
        """The procedure's name today."""
        return str(row.shown_name or "")

    @admin.display(description="Cần xem lại")
    def sound_shown(self, row: GuidanceTree) -> str:
        """What is wrong with it today, in short: the law may have changed since it was written."""
        if row.state == "withdrawn":
            return "–"
        found = services.faults_today(row.procedure.code, row.document, timezone.localdate())
        return found[0] if found else "Không"

    def get_urls(self) -> list[Any]:
        """Each page of the making has an address of its own."""
        view, name = self.admin_site.admin_view, "procedures_guidancetree"
        own = [
            path("<uuid:object_id>/build/", view(self.build_view), name=f"{name}_build"),
            path("<uuid:object_id>/build/question/", view(self.question_view), name=f"{name}_question"),
            path("<uuid:object_id>/build/ending/", view(self.ending_view), name=f"{name}_ending"),
            path("<uuid:object_id>/build/conditions/", view(self.conditions_view), name=f"{name}_conditions"),
            path("<uuid:object_id>/build/document/", view(self.document_view), name=f"{name}_document"),
            path("<uuid:object_id>/try/", view(self.try_view), name=f"{name}_try"),
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for the procedure, then on to the making."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = StartForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            from portal.access import AccessDenied

            try:
                row = services.start(actor=actor_of(request), code=form.cleaned_data["code"].strip(), now=timezone.now())
                return redirect(self.address("build", row.pk))
            except Refused as refused:
                form.add_error("code", str(refused))
            except AccessDenied:
                form.add_error("code", "Thủ tục này do cơ quan khác công bố.")
        return self.page(request, "admin/procedures/guidancetree/part.html", "Soạn hướng dẫn mới", form=form, status=200)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The row, with the ways to make and try it."""
        row = self.row_of(request, object_id)
        more: dict[str, Any] = {}
        if row is not None:
            more = {
                "build_url": self.address("build", row.pk),
                "try_url": self.address("try", row.pk),
                "may_build": self._makes(request, row),
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def _makes(self, request: HttpRequest, row: GuidanceTree) -> bool:
        return row.is_open and may(actor_of(request), ENTER, row.unit_code)

    def _row(self, request: HttpRequest, object_id: UUID, *, makes: bool = True) -> GuidanceTree:
        row: GuidanceTree | None = self.get_queryset(request).select_related("procedure").filter(pk=object_id).first()
        if row is None:
            raise Http404
        if makes and not self._makes(request, row):
            raise PermissionDenied
        return row

    def build_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The questions, endings and conditions, with what is wrong."""
        row = self._row(request, object_id)
        found = services.faults_today(row.procedure.code, row.document, timezone.localdate())
        addresses = {name: self.address(name, row.pk) for name in ("question", "ending", "conditions", "document", "try", "change")}
        return self.page(
            request, "admin/procedures/guidancetree/build.html", f"Soạn hướng dẫn {row.procedure.code}", row=row,
            document=row.document, faults=found, ways=addresses, name=self.name_shown(row),
        )  # fmt: skip

    def _save(self, request: HttpRequest, row: GuidanceTree, document: Any, form: forms.Form, said: str) -> HttpResponse | None:
        try:
            services.change(
                actor=actor_of(request), row_id=row.pk, document=document, now=timezone.now(), seen_version=form.cleaned_data["version"]
            )
        except Refused as refused:
            form.add_error(None, str(refused))
            return None
        self.message_user(request, said, messages.SUCCESS)
        return redirect(self.address("build", row.pk))

    def _part(self, request: HttpRequest, row: GuidanceTree, title: str, form: forms.Form, **more: Any) -> HttpResponse:
        back = self.address("build", row.pk)
        return self.page(request, "admin/procedures/guidancetree/part.html", title, form=form, back=back, row=row, **more)

    def question_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """One question: written, changed (``?name=``), taken out (a button)."""
        row = self._row(request, object_id)
        return self._one_of(request, row, "questions", QuestionPartForm, "Câu hỏi", _question_initial)

    def ending_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """One ending, likewise."""
        row = self._row(request, object_id)
        return self._one_of(request, row, "endings", EndingPartForm, "Kết quả", dict)

    def _one_of(self, request: HttpRequest, row: GuidanceTree, kind: str, form_class: Any, title: str, initial_of: Any) -> HttpResponse:
        name = request.GET.get("name", "")
        parts: list[dict[str, Any]] = list(row.document.get(kind, []))
        place = next((number for number, one in enumerate(parts) if one.get("name") == name), None)
        if name and place is None:
            raise Http404
        begun = {"version": row.version, **(initial_of(parts[place]) if place is not None else {})}
        form = form_class(request.POST if request.method == "POST" else None, initial=begun)
        if form.is_bound and (form.is_valid() or ("drop" in request.POST and "version" in form.cleaned_data)):
            document = deepcopy(row.document)
            if "drop" in request.POST and place is not None:
                parts.pop(place)
            else:
                written = {key: value for key, value in form.cleaned_data.items() if key not in ("version", "first") and value}
                # What this page does not ask stays.
                kept = {key: value for key, value in (parts[place] if place is not None else {}).items() if key not in form.fields}
                if place is None:
                    parts.append({**kept, **written})
                else:
                    parts[place] = {**kept, **written}
                if form.cleaned_data.get("first"):
                    parts.insert(0, parts.pop(place if place is not None else -1))
            document[kind] = parts
            if (done := self._save(request, row, document, form, "Đã ghi.")) is not None:
                return done
        return self._part(request, row, title, form, droppable=place is not None)

    def conditions_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """When the papers of each case and each fee are this person's."""
        row = self._row(request, object_id)
        version = catalogue.procedure_on(row.procedure.code, timezone.localdate())
        if version is None:
            raise Http404
        law = queries.catalogue_of(version, row.document, timezone.localdate())
        fees = dict.fromkeys((name, condition) for name, condition in law.fees)
        form = ConditionsForm(
            request.POST if request.method == "POST" else None, initial={"version": row.version}, tree=row, cases=law.cases, fees=fees
        )
        if form.is_bound and form.is_valid():
            done = self._save(request, row, form.written_into(row.document), form, "Đã ghi điều kiện.")
            if done is not None:
                return done
        return self._part(request, row, "Giấy tờ và khoản thu nào khi nào", form, left=form.left)

    def document_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The whole as JSON, for what the other pages do not ask."""
        row = self._row(request, object_id)
        begun = {"version": row.version, "document": row.document}
        form = DocumentForm(request.POST if request.method == "POST" else None, initial=begun)
        if form.is_bound and form.is_valid():
            done = self._save(request, row, form.cleaned_data["document"], form, "Đã ghi bản hướng dẫn.")
            if done is not None:
                return done
        return self._part(request, row, "Toàn bộ bản hướng dẫn", form)

    def try_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Answer the questions as a citizen would, before anybody else can."""
        row = self._row(request, object_id, makes=False)
        day = timezone.localdate()
        version = catalogue.procedure_on(row.procedure.code, day)
        found = services.faults_today(row.procedure.code, row.document, day)
        asked, result = None, None
        if not found and version is not None:
            asked = walk(row.document, answers_in(request))
            if asked.ending is not None and asked.ending["kind"] == "papers":
                result = outcome(row.document, asked.answers, version, sheet(version), "", day)
        context: dict[str, Any] = {
            "row": row,
            "faults": found,
            "asked": asked,
            "outcome": result,
            "hidden": answered(asked) if asked else [],
        }
        return self.page(
            request, "admin/procedures/guidancetree/try.html", f"Thử hướng dẫn {row.procedure.code}",
            back=self.address("change", row.pk), **context,
        )  # fmt: skip


def _question_initial(question: Mapping[str, Any]) -> dict[str, Any]:
    lines = [
        " | ".join([choice.get("value", ""), choice.get("label", ""), choice.get("next", ""), choice.get("label_en", "")]).rstrip("| ")
        for choice in question.get("choices", [])
    ]
    return {**question, "choices": "\n".join(lines)}
