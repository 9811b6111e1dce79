"""The officers' desk for dossiers: a list through the door, one page a dossier, each act a POST address to a service."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import queries as people
from dossiers import queries, services, slips
from dossiers.forms import DecisionForm, ReasonForm
from dossiers.models import TABLE, Dossier, DossierDocument, State
from dossiers.services.desk import decided_by
from dossiers.views.common import as_int
from portal.access import actor_of
from portal.access.site import OfficerModelAdmin
from portal.states import TransitionRefused
from portal.text import search_key

FORMS: dict[str, type[ReasonForm] | type[DecisionForm]] = {"refuse": ReasonForm, "decide": DecisionForm}
"""Transitions that ask for something before they are made; the others are made at once."""


class StateFilter(admin.SimpleListFilter):
    """By state, in the order of the national codes; without counts."""

    title = "tình trạng"
    parameter_name = "tinh-trang"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in State]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


class DueFilter(admin.SimpleListFilter):
    """What is late first."""

    title = "hạn"
    parameter_name = "han"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("qua-han", "Quá hạn"), ("hom-nay", "Đến hạn hôm nay")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        open_rows = queryset.filter(state__in=queries.OPEN_STATES)
        if self.value() == "qua-han":
            return open_rows.filter(Q(due_at__lt=now) | Q(due_at__isnull=True, response_due_at__lt=now))
        if self.value() == "hom-nay":
            end = timezone.localtime(now).replace(hour=23, minute=59, second=59)
            return open_rows.filter(Q(due_at__range=(now, end)) | Q(due_at__isnull=True, response_due_at__range=(now, end)))
        return queryset


@admin.register(Dossier)
class DossierAdmin(OfficerModelAdmin):
    """Dossiers of the officer's unit and those below it."""

    view_act = "dossiers.read"
    unit_field = "unit_code"
    list_display = ("code", "procedure_name", "owner_name", "state", "submitted_at", "deadline", "officer_label")
    list_display_links = ("code",)
    list_filter = (StateFilter, DueFilter)
    ordering = ("-submitted_at", "id")
    search_fields = ("code", "owner_name_key")
    search_help_text = "Mã hồ sơ hoặc tên chủ hồ sơ, có dấu hay không dấu đều được."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Through the door; the sealed answers stay where they are."""
        return super().get_queryset(request).defer("answers")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """A code as typed, or the beginning of any word of the owner's name."""
        term = search_term.strip()
        if not term:
            return queryset, False
        key = search_key(term)
        return queryset.filter(Q(code__istartswith=term) | Q(owner_name_key__startswith=key) | Q(owner_name_key__contains=" " + key)), False

    @admin.display(description="Hạn", ordering="due_at")
    def deadline(self, dossier: Dossier) -> str | SafeString:
        """The day it must be answered or returned, marked when that has passed."""
        if dossier.state not in queries.OPEN_STATES:
            return "–"
        due = dossier.due_at or dossier.response_due_at
        day = f"{timezone.localtime(due):%d/%m/%Y %H:%M}"
        return format_html('{} <strong class="overdue">Quá hạn</strong>', day) if due < timezone.now() else day

    def get_urls(self) -> list[Any]:
        """Each act on a dossier has an address of its own."""
        own = [
            path(
                "<uuid:dossier_id>/authorise/",
                self.admin_site.admin_view(self.authorise),
                name="dossiers_dossier_authorise",
            ),
            *(
                path(
                    f"<uuid:dossier_id>/{edge.name}/",
                    self.admin_site.admin_view(self.act),
                    {"transition": edge.name},
                    name=f"dossiers_dossier_{edge.name}",
                )
                for edge in TABLE.transitions.values()
                if edge.act
            ),
        ]
        return own + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Our own page instead of a form of columns."""
        if request.method not in ("GET", "HEAD"):
            raise Http404
        try:
            dossier = services.open_dossier(actor=actor_of(request), dossier_id=UUID(object_id))
        except (ValueError, Dossier.DoesNotExist) as error:
            raise Http404 from error
        return self._page(request, dossier)

    def _page(self, request: HttpRequest, dossier: Dossier, *, status: int = 200, **more: Any) -> HttpResponse:
        actor = actor_of(request)
        documents = {issued.role: issued.document for issued in dossier.documents.select_related("document")}
        result = documents.get(DossierDocument.Role.RESULT)
        unit = queries.handling_unit(dossier.unit_code)
        labels = {edge.name: edge.label for edge in TABLE.transitions.values()} | {"submit": "Nộp hồ sơ"}
        history = [
            {
                "event": event,
                "label": labels.get(event.name, event.name),
                "who": event.label or ("Người nộp" if event.person_id else "Hệ thống"),
            }
            for event in queries.timeline(dossier)
        ]
        return render(
            request,
            "admin/dossiers/dossier/change_form.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.model._meta,
                "title": f"Hồ sơ {dossier.code}",
                "dossier": dossier,
                "unit": unit,
                "situation": queries.situation(dossier, now=timezone.now(), calendar=unit.calendar if unit else None),
                "answers": slips.answers_shown(dossier),
                "papers": list(dossier.papers.select_related("file")),
                "applicant": people.person(dossier.applicant_id),
                "history": history,
                "transitions": [
                    {"edge": edge, "asks": edge.name in FORMS, "url": reverse(f"admin:dossiers_dossier_{edge.name}", args=[dossier.id])}
                    for edge in TABLE.open_to(actor, dossier, unit=dossier.unit_code)
                ],
                "receipt": documents.get(DossierDocument.Role.RECEIPT),
                "result": result,
                "may_authorise": result is not None and _waits_for_person(result) and decided_by(dossier, actor),
                **more,
            },
            status=status,
        )

    def act(self, request: HttpRequest, dossier_id: UUID, transition: str) -> HttpResponse:
        """One transition: GET shows its form where it has one, POST makes it. Too late is a page that says so, never an error."""
        actor = actor_of(request)
        form_class = FORMS.get(transition)
        try:
            dossier = services.open_dossier(actor=actor, dossier_id=dossier_id)
        except Dossier.DoesNotExist as error:
            raise Http404 from error
        change = reverse("admin:dossiers_dossier_change", args=[dossier_id])
        if request.method != "POST":
            refusal = TABLE.refusal(dossier, transition)
            if form_class is None or refusal:
                return self._page(request, dossier, status=409, refused=refusal) if refusal else redirect(change)
            return self._ask(request, dossier, transition, form_class())
        form = form_class(request.POST) if form_class is not None else None
        if form is not None and not form.is_valid():
            return self._ask(request, dossier, transition, form, status=422)
        common: dict[str, Any] = {
            "actor": actor,
            "dossier_id": dossier_id,
            "seen_version": as_int(request.POST.get("seen")),
            "now": timezone.now(),
        }
        try:
            if transition == "decide" and form is not None:
                services.decide(**common, **form.cleaned_data)
                return redirect(services.authorise_result(actor=actor, dossier_id=dossier_id, return_to=change))
            if transition == "refuse" and form is not None:
                services.refuse(**common, reason=form.cleaned_data["reason"])
                messages.success(request, "Đã từ chối tiếp nhận và báo cho người nộp.")
            elif transition == "receive":
                services.receive(**common)
                messages.success(request, "Đã tiếp nhận. Giấy tiếp nhận và hẹn trả kết quả đang được lập.")
        except TransitionRefused as refused:
            return self._page(request, services.open_dossier(actor=actor, dossier_id=dossier_id), status=409, refused=refused.reason)
        return redirect(change)

    def _ask(
        self, request: HttpRequest, dossier: Dossier, transition: str, form: ReasonForm | DecisionForm, status: int = 200
    ) -> HttpResponse:
        return render(
            request,
            "admin/dossiers/dossier/act.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.model._meta,
                "title": f"{TABLE.transitions[transition].label}: {dossier.code}",
                "dossier": dossier,
                "edge": TABLE.transitions[transition],
                "seen": request.POST.get("seen", dossier.version),
                "answers": slips.answers_shown(dossier),
                "form": form,
            },
            status=status,
        )

    def authorise(self, request: HttpRequest, dossier_id: UUID) -> HttpResponse:
        """Send the officer who decided to the signing service, also once more."""
        change = reverse("admin:dossiers_dossier_change", args=[dossier_id])
        if request.method != "POST":
            return redirect(change)
        try:
            return redirect(services.authorise_result(actor=actor_of(request), dossier_id=dossier_id, return_to=change))
        except Dossier.DoesNotExist as error:
            raise Http404 from error
        except TransitionRefused as refused:
            messages.warning(request, refused.reason)
            return redirect(change)


def _waits_for_person(document: Any) -> bool:
    """Whether a person's authorisation is what the document waits for."""
    return document.by_person and document.state in (document.QUEUED, document.RENDERED, document.AWAITING)
