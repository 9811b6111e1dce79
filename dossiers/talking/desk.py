"""Messages on the desk: what waits, one conversation beside its dossier, the templates of a unit."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone

from accounts import queries as people
from dossiers import services as dossier_services
from dossiers.models import Dossier, DossierMessage, MessageTemplate
from dossiers.services.common import OWN, concerns
from dossiers.talking import queries, rules, services
from dossiers.talking.services import TEMPLATES, WRITE, MessageRefused
from dossiers.talking.views import ManyFiles, written_of
from portal.access import actor_of, may, require, unit_scope
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Way, moment, two_lines
from portal.access.site import DeskLine, OfficerModelAdmin, register_desk_panel
from portal.catalogues.models import Agency
from portal.documents.units import unit_name
from portal.states import TransitionRefused

SIDE = DossierMessage.Side


class AnswerForm(PlainForm):
    """What an officer writes."""

    words = forms.CharField(label="Nội dung", max_length=rules.MOST_WORDS, widget=forms.Textarea({"rows": 7}))
    attached = forms.FileField(label="Tệp kèm theo", required=False, widget=ManyFiles())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit = settings.MAX_FILE_BYTES // 2**20
        self.fields["attached"].help_text = f"Nhiều nhất {rules.MOST_FILES} tệp, mỗi tệp {limit} MB: PDF, ảnh, Word (.docx), tệp đã ký số."
        self.fields["words"].error_messages["required"] = "Hãy viết nội dung tin nhắn."


def talk(model_admin: OfficerModelAdmin, request: HttpRequest, dossier_id: UUID) -> HttpResponse:
    """The conversation about one dossier: read, answered, begun with a template. Opening it is an act in the audit trail."""
    actor, now = actor_of(request), timezone.now()
    try:
        dossier = dossier_services.open_dossier(actor=actor, dossier_id=dossier_id)
    except Dossier.DoesNotExist as error:
        raise Http404 from error
    may_write, own = may(actor, WRITE, dossier.unit_code), concerns(dossier, actor.person_id)
    if request.method == "POST":
        require(actor, WRITE, dossier.unit_code)
        form: AnswerForm | None = AnswerForm(request.POST, request.FILES)
        assert form is not None
        if form.is_valid():
            try:
                services.answer(actor=actor, dossier_id=dossier.id, written=written_of(request), now=now)
            except MessageRefused as refused:
                form.add_error(refused.field if refused.field in form.fields else None, refused.message)
                return _page(model_admin, request, dossier, form=form, status=refused.status)
            except TransitionRefused as refused:
                form.add_error(None, refused.reason)
                return _page(model_admin, request, dossier, form=form, status=409)
            messages.success(request, "Đã gửi và báo cho người nộp.")
            return redirect(reverse("admin:dossiers_dossier_messages", args=[dossier.id]))
        return _page(model_admin, request, dossier, form=form, status=422)
    writes = may_write and not own and not rules.refusal(dossier, now)
    form = _begun(request, dossier) if writes else None
    response = _page(model_admin, request, dossier, form=form, own=own)
    if request.method == "GET" and may_write and not own:
        # After the page was made, which still shows what is new.
        services.mark_read(actor=actor, dossier=dossier, now=now)
    return response


def _begun(request: HttpRequest, dossier: Dossier) -> AnswerForm:
    """The form, with the words of the template that was chosen."""
    chosen = request.GET.get("mau", "")
    row = next((one for one in queries.templates_of(dossier.unit_code) if str(one.pk) == chosen), None)
    return AnswerForm(initial={"words": rules.filled(row.words, queries.values_of(dossier))} if row is not None else {})


def _page(
    model_admin: OfficerModelAdmin, request: HttpRequest, dossier: Dossier, *, form: AnswerForm | None, own: bool = False, status: int = 200
) -> HttpResponse:
    shown = queries.conversation(dossier)
    writers = people.person_names(str(one.person_id) for one in shown if not one.is_from_agency)
    return render(
        request,
        "admin/dossiers/messages/talk.html",
        {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "title": f"Tin nhắn: {dossier.code}",
            "dossier": dossier,
            "shown": [(one, one.label or writers.get(str(one.person_id), "Người nộp")) for one in shown],
            "form": form,
            "templates": queries.templates_of(dossier.unit_code) if form is not None else [],
            "chosen": request.GET.get("mau", ""),
            "message_id": request.POST.get("message") or uuid4(),
            "over": OWN if own else rules.refusal(dossier, timezone.now()),
        },
        status=status,
    )


def urls(model_admin: OfficerModelAdmin) -> list[Any]:
    """Addresses of one dossier's conversation, for the desk of dossiers."""

    def view(request: HttpRequest, dossier_id: UUID) -> HttpResponse:
        return talk(model_admin, request, dossier_id)

    return [path("<uuid:dossier_id>/messages/", model_admin.admin_site.admin_view(view), name="dossiers_dossier_messages")]


def desk_panel(request: HttpRequest) -> list[DeskLine]:
    """Dossiers whose applicants wrote and nobody has opened it (one query)."""
    actor = actor_of(request)
    if not may(actor, WRITE, actor.unit):
        return []
    count = queries.unread_at_desk(actor)
    return [DeskLine("Tin nhắn chưa mở", count, reverse("admin:dossiers_dossiermessage_changelist"), "info" if count else "")]


register_desk_panel(desk_panel)


class ReadFilter(admin.SimpleListFilter):
    """The list opens on what nobody has opened yet."""

    title = "đã mở chưa"
    parameter_name = "mo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("tat-ca", "Tất cả")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "tat-ca" else queryset.filter(read_at=None)

    def choices(self, changelist: Any) -> Any:
        for value, label in ((None, "Chưa mở"), ("tat-ca", "Tất cả")):
            query = changelist.get_query_string({self.parameter_name: value} if value else {}, [] if value else [self.parameter_name])
            yield {"selected": self.value() == value, "query_string": query, "display": label}


@admin.register(DossierMessage)
class DossierMessageAdmin(DeskModelAdmin):
    """What applicants wrote to the officer's units, the oldest unopened first; a row leads to its conversation."""

    view_act = "dossiers.read"
    unit_field = "dossier__unit_code"
    list_display = ("dossier_shown", "who", "sent", "opened")
    list_display_links = ("dossier_shown",)
    list_filter = (ReadFilter,)
    ordering = ("at", "id")
    search_fields = ("dossier__code",)
    search_help_text = "Mã hồ sơ, viết đủ hoặc đoạn đầu."
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those of applicants, without their words: whoever reads opens the conversation."""
        rows = super().get_queryset(request).filter(side=SIDE.APPLICANT).select_related("dossier").defer("words")
        return rows.defer("words", "dossier__answers", "dossier__bill")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """By the beginning of a dossier's code."""
        term = "".join(search_term.split()).upper()
        return (queryset.filter(dossier__code__startswith=term) if term else queryset), False

    @admin.display(description="Hồ sơ")
    def dossier_shown(self, row: DossierMessage) -> Any:
        return two_lines(row.dossier.code, row.dossier.procedure_name[:90])

    @admin.display(description="Người nộp")
    def who(self, row: DossierMessage) -> str:
        return row.dossier.filed_by_words

    @admin.display(description="Gửi lúc")
    def sent(self, row: DossierMessage) -> str:
        return moment(row.at)

    @admin.display(description="Mở lúc")
    def opened(self, row: DossierMessage) -> str:
        return moment(row.read_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """To the conversation that the message stands in."""
        row = self.found(request, object_id)
        return redirect(reverse("admin:dossiers_dossier_messages", args=[row.dossier_id]))


class TemplateForm(PlainForm):
    """Words to begin with."""

    unit_code = forms.ChoiceField(label="Cơ quan")
    name = forms.CharField(label="Tên mẫu", max_length=120, widget=forms.TextInput({"class": "vTextField"}))
    words = forms.CharField(label="Nội dung", max_length=rules.MOST_WORDS, widget=forms.Textarea({"rows": 10}))
    is_active = forms.BooleanField(label="Đang dùng", required=False, initial=True)

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit_code"].choices = units  # type: ignore[attr-defined]
        places = "; ".join(f"{place} {what}" for place, what in rules.PLACES.items())
        self.fields["words"].help_text = f"Được chép vào ô trả lời để sửa trước khi gửi. Chỗ điền: {places}."


@admin.register(MessageTemplate)
class MessageTemplateAdmin(DeskModelAdmin):
    """Each unit's own."""

    view_act = TEMPLATES
    unit_field = "unit_code"
    by_cursor = False
    list_display = ("name", "unit_code", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)
    ordering = ("unit_code", "name", "id")
    refusals: ClassVar[tuple[type[Exception], ...]] = (MessageRefused,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, TEMPLATES, actor.unit)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "dossiers_messagetemplate"
        return [
            path("add/", view(self.keep), name=f"{name}_add"),
            path("<int:object_id>/edit/", view(self.keep), name=f"{name}_edit"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The words."""
        facts = [("Cơ quan", unit_name(row.unit_code)), ("Đang dùng", "Có" if row.is_active else "Không"), ("Nội dung", row.words)]
        return Page(row.name, [Facts("Mẫu tin nhắn", facts)], [Way("Sửa", self.address("edit", row.pk))])

    def keep(self, request: HttpRequest, object_id: int | None = None) -> HttpResponse:
        """Write a template, or change it."""
        actor = actor_of(request)
        row = self.found(request, object_id) if object_id else None
        require(actor, TEMPLATES, row.unit_code if row else actor.unit)
        mine = Agency.objects.on(timezone.localdate()).filter(unit_scope(actor, TEMPLATES, "code")).order_by("code")
        units = [(code, f"{name} ({code})") for code, name in mine.values_list("code", "name")]
        names = ("unit_code", "name", "words", "is_active")
        if row is not None:
            units = [(row.unit_code, unit_name(row.unit_code))]
        return self.ask(
            request,
            title="Thêm mẫu tin nhắn" if row is None else f"Sửa mẫu “{row.name}”",
            form=TemplateForm(
                request.POST if request.method == "POST" else None,
                initial={name: getattr(row, name) for name in names} if row else {"unit_code": actor.unit},
                units=units,
            ),
            back=self.address("changelist") if row is None else self.address("change", row.pk),
            do=lambda said: services.keep_template(actor=actor, template_id=object_id, **said),
            done="Đã ghi mẫu.",
            button="Ghi",
        )
