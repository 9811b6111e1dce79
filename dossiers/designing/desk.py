"""What the desks of forms and of result templates share: the list, the acts on a design, its file and its comparison."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dossiers.designing import services
from dossiers.designing.beginning import BeginForm, NoteForm
from dossiers.designing.comparing import KINDS, Difference
from dossiers.designing.editing import Document
from dossiers.designing.services import DesignRefused, Work
from dossiers.form_documents.checking import Fault
from dossiers.models.designs import CHECK, DESIGN, DESIGNS, Design
from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, ReasonForm, moment, seen_version, two_lines


class StateFilter(admin.SimpleListFilter):
    """By how far it is."""

    title = "tình trạng"
    parameter_name = "tinh-trang"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in Design.State]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(state=self.value()) if self.value() else queryset


class DesignAdmin(DeskModelAdmin):
    """Designs of the officer's agency. A kind says how it works (:attr:`work`), what its page shows, and what its words are."""

    work: Work
    view_act = services.READ
    unit_field = "unit_code"
    refusals = (DesignRefused,)
    list_display = ("procedure", "state_shown", "made_by_label", "updated_at")
    list_display_links = ("procedure",)
    list_filter: ClassVar[Any] = (StateFilter,)
    search_fields = ("=procedure_code",)
    search_help_text = "Mã thủ tục viết đủ"
    ordering = ("-updated_at", "id")
    begin_title = "Bắt đầu thiết kế"
    begun = "Đã bắt đầu."
    about_beginning = ""
    published = "Đã công khai."
    about_publishing = ""
    file_name = "thiet-ke"
    page_template = ""

    @admin.display(description="Thủ tục", ordering="procedure_code")
    def procedure(self, row: Any) -> Any:
        return two_lines(row.procedure_name, row.procedure_code)

    @admin.display(description="Tình trạng", ordering="state")
    def state_shown(self, row: Any) -> str:
        return str(row.get_state_display())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(actor_of(request), DESIGN, actor_of(request).unit)

    def paths_of_kind(self, view: Callable[[Any], Any], one: str, name: str) -> list[Any]:
        """The addresses that this kind has of its own."""
        return []

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, one, name = self.admin_site.admin_view, "<uuid:object_id>/", f"dossiers_{self.opts.model_name}"
        return [
            path("add/", view(self.begin), name=f"{name}_add"),
            path(one + "file/", view(self.file), name=f"{name}_file"),
            path(one + "compare/", view(self.compare), name=f"{name}_compare"),
            path(one + "edit/", view(self.edit), name=f"{name}_edit"),
            path(one + "send/", view(self.send), name=f"{name}_send"),
            path(one + "call_back/", view(self.call_back), name=f"{name}_call_back"),
            path(one + "send_back/", view(self.send_back), name=f"{name}_send_back"),
            path(one + "publish/", view(self.publish), name=f"{name}_publish"),
            path(one + "drop/", view(self.drop), name=f"{name}_drop"),
            *self.paths_of_kind(view, one, name),
            *super().get_urls(),
        ]

    # The page of a design -------------------------------------------------------------------------------------------------

    def shown(self, request: HttpRequest, row: Any, wrong: Sequence[Fault]) -> dict[str, Any]:
        """What the page shows of this kind beside what every design has. ``wrong``: what is to be mended."""
        raise NotImplementedError

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The whole design on one page: what is wrong with it, its parts, what may be done."""
        from django.contrib.admin.utils import unquote

        row = self.found(request, unquote(object_id))
        actor = actor_of(request)
        editable = row.state == Design.State.DRAWING and may(actor, DESIGN, row.unit_code)
        edges = [
            edge for edge in DESIGNS.open_to(actor, row, unit=row.unit_code) if edge.name != "publish" or actor.person_id not in row.editors
        ]
        wrong = self.work.faults(row.procedure_code, row.document) if row.state in (Design.State.DRAWING, Design.State.CHECKING) else []
        context = {
            **self._context(request),
            "title": row.procedure_name,
            "row": row,
            "editable": editable,
            "faults": wrong,
            "ways": [(edge.label, self.address(edge.name, row.pk), edge.name) for edge in edges],
            "own": actor.person_id in row.editors and row.state == Design.State.CHECKING,
            "updated": moment(row.updated_at),
            **self.shown(request, row, wrong),
        }
        return TemplateResponse(request, self.page_template, context)

    # Acts -----------------------------------------------------------------------------------------------------------------

    def begin(self, request: HttpRequest) -> HttpResponse:
        """The next version of a procedure."""
        actor = actor_of(request)
        require(actor, DESIGN, actor.unit)
        common: dict[str, Any] = {"called": self.work.called}
        if request.method == "POST":
            services_there = self.services_of(request.POST.get("procedure_code", "").strip())
            form = BeginForm(request.POST, request.FILES, services=services_there, **common)
        else:
            code = request.GET.get("ma", "")
            form = BeginForm(initial={"procedure_code": code}, services=self.services_of(code), **common)
        made: list[Any] = []

        def keep(said: dict[str, Any]) -> Any:
            document = self.work.read_file(said["file"].read(services.MOST_BYTES + 1)) if said["file"] is not None else None
            codes = {name: said[name].strip() for name in ("procedure_code", "copy_from", "service") if name in said}
            made.append(self.work.begin(actor=actor, document=document, now=timezone.now(), **codes))
            return made[0]

        answer = self.ask(
            request,
            title=self.begin_title,
            form=form,
            back=self.address("changelist"),
            do=keep,
            done=self.begun,
            about=[self.about_beginning],
            button="Bắt đầu",
        )
        return redirect(self.address("change", made[0].pk)) if made else answer

    def services_of(self, procedure_code: str) -> list[tuple[str, str]]:
        """Code and words of the online services among which the officer chooses; none where this kind belongs to none."""
        return []

    @staticmethod
    def _seen(request: HttpRequest, row: Any) -> int | None:
        return seen_version(request) if request.method == "POST" else row.version

    def _edited(
        self,
        request: HttpRequest,
        row: Any,
        *,
        title: str,
        form: forms.Form,
        change: Callable[[], Callable[[Document], Document]],
        what: str,
        to: str = "",
        about: list[str] | None = None,
        button: str = "Ghi",
    ) -> HttpResponse:
        """One change of the document, with its form."""
        actor = actor_of(request)
        require(actor, DESIGN, row.unit_code)
        return self.ask(
            request,
            title=title,
            form=form,
            back=self.address("change", row.pk),
            do=lambda _said: self.work.edit(actor=actor, design_id=row.pk, seen_version=seen_version(request), change=change(), what=what),
            done="Đã ghi.",
            about=[row.procedure_name, *(about or [])],
            seen=self._seen(request, row),
            button=button,
            to=to,
        )

    def changes(self, said: Any) -> tuple[Callable[[Document], Document] | None, str]:
        """The change that a small button of the page asks for, and where to come back to on it; None for none."""
        raise NotImplementedError

    def edit(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Move or take out a part: the small buttons of a design's page."""
        return _edit_view(request, self, self.found(request, object_id))

    def send(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """To a colleague, to be checked."""
        return self._act(
            request, object_id, DESIGN, "Gửi kiểm tra", NoteForm, self.work.send,
            "Đã gửi. Một cán bộ khác có quyền kiểm tra sẽ công khai hoặc trả lại.",
            ["Người đã soạn hoặc sửa không tự công khai được: một người khác phải xem lại toàn bộ."],
        )  # fmt: skip

    def call_back(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Take back what waits to be checked."""
        return self._act(request, object_id, DESIGN, "Lấy lại để sửa", None, self.work.call_back, "Đã lấy lại.", [])

    def send_back(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Give back with what is to be mended."""
        return self._act(request, object_id, CHECK, "Trả lại để sửa", ReasonForm, self.work.send_back, "Đã trả lại người soạn.", [])

    def publish(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """For everybody, from the next page on."""

        def do(**more: Any) -> Any:
            return self.work.publish(now=timezone.now(), **more)

        return self._act(request, object_id, CHECK, "Công khai", None, do, self.published, [self.about_publishing])

    def drop(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Give it up."""
        about = ["Bản đang dùng không đổi gì."]
        return self._act(request, object_id, DESIGN, "Bỏ bản đang soạn", None, self.work.drop, "Đã bỏ bản đang soạn.", about)

    def _act(
        self,
        request: HttpRequest,
        object_id: UUID,
        act: str,
        title: str,
        form: type[Any] | None,
        do: Callable[..., Any],
        done: str,
        about: list[str],
    ) -> HttpResponse:
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, act, row.unit_code)
        return self.ask(
            request,
            title=title,
            form=form(request.POST if request.method == "POST" else None) if form is not None else None,
            back=self.address("change", row.pk),
            do=lambda said: do(actor=actor, design_id=row.pk, seen_version=seen_version(request), **said),
            done=done,
            about=[row.procedure_name, *about],
            seen=self._seen(request, row),
        )

    # Looking --------------------------------------------------------------------------------------------------------------

    def file(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The document as a file, to keep or to carry elsewhere."""
        return _file_view(request, self.found(request, object_id), self.file_name)

    def differences(self, before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
        """What is different between two documents of this kind."""
        raise NotImplementedError

    def compare(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """What is other than in the version it was begun from."""
        row = self.found(request, object_id)
        before = row.based_on.as_document if row.based_on is not None else {}
        context = {
            **self._context(request),
            "title": "So với bản đang dùng" if row.state != Design.State.PUBLISHED else "So với bản trước đó",
            "row": row,
            "called": self.work.called,
            "back": self.address("change", row.pk),
            "number": row.based_on.number if row.based_on is not None else 0,
            "rows": [(KINDS[one.kind], one.where, one.what, one.before, one.after) for one in self.differences(before, row.document)],
        }
        return TemplateResponse(request, "admin/dossiers/formdesign/compare.html", context)


@require_safe
def _file_view(request: HttpRequest, row: Any, name: str) -> HttpResponse:
    text = json.dumps(row.document, ensure_ascii=False, indent=1)
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}-{row.procedure_code}.json"'
    return answer


@require_POST
def _edit_view(request: HttpRequest, desk: DesignAdmin, row: Any) -> HttpResponse:
    change, where = desk.changes(request.POST)
    if change is None:
        raise Http404
    actor = actor_of(request)
    require(actor, DESIGN, row.unit_code)
    back, what = desk.address("change", row.pk), f"{request.POST.get('what', '')}:{request.POST.get('name', '')[:60]}"
    try:
        desk.work.edit(actor=actor, design_id=row.pk, seen_version=seen_version(request), change=change, what=what)
    except DesignRefused as refused:
        desk.message_user(request, refused.message, level="ERROR")
        return redirect(back)
    desk.message_user(request, "Đã ghi.")
    return redirect(back + where)
