"""The officers' desk for dossiers: a list through the door, one page a dossier, each act a POST address to a service."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from accounts import queries as people
from dossiers import queries, services, slips, wording, worklists
from dossiers.appointments import admin as appointments_admin  # noqa: F401  # registers its own desk
from dossiers.archive import admin as archive_admin  # noqa: F401  # registers its own desk
from dossiers.archive.desk import stub_page
from dossiers.copies import admin as copies_admin  # noqa: F401  # registers its own desk
from dossiers.costs import bill_of
from dossiers.counter_filing import admin as counter_admin  # noqa: F401  # registers its own desk
from dossiers.counter_filing.desk import around
from dossiers.counter_filing.forms import HandOverForm
from dossiers.designing import admin as designing_admin  # noqa: F401  # registers its own desk
from dossiers.designing.results import admin as results_admin  # noqa: F401  # registers its own desk
from dossiers.desk_pages import looking, morning
from dossiers.desk_pages.near import near
from dossiers.desk_pages.one import OnePage, in_frames
from dossiers.desk_pages.pages import DeskPages
from dossiers.digitising import admin as digitising_admin  # noqa: F401  # registers its own desk
from dossiers.following import desk as following_desk
from dossiers.following import objections
from dossiers.following.desk import CallOffDraftForm
from dossiers.forms import SIGNER, AskPaymentForm, CallOffForm, DecisionForm, DeclineForm, ReasonForm, RefuseForm, TakeBackForm
from dossiers.handled import admin as handled_admin  # noqa: F401  # registers its own desk
from dossiers.interlinked.queries import linked_with
from dossiers.kiosk import admin as kiosk_admin  # noqa: F401  # registers its own desk
from dossiers.models import DEADLINE, OPEN_STATES, TABLE, Dossier, DossierDocument, Standing, State
from dossiers.outcomes import decision_form, decision_shown, outcome_for
from dossiers.process import admin as process_admin  # noqa: F401  # registers its own desk
from dossiers.process import desk as process_desk
from dossiers.process import work_admin as process_work_admin  # noqa: F401  # registers its own desk
from dossiers.registers import BadNumber
from dossiers.services.common import why_not
from dossiers.services.desk import may_sign, note_look, result_of, signers_of, written, written_before
from dossiers.services.paying import payment_of
from dossiers.services.registers import number_given, suggested_number
from dossiers.slip_sets import desk as slips_desk  # noqa: F401  # registers its own desk
from dossiers.supplements.desk import (
    CallOffSupplementForm,
    DeclineSupplementForm,
    ExtendForm,
    ReappointForm,
    StopForm,
    SupplementForm,
    UndoForm,
)
from dossiers.talking import desk as talking_desk
from dossiers.talking.queries import with_unread
from dossiers.terms import terms_of
from dossiers.views.common import as_int, send_file
from payments.services import OrderRefused
from portal.access import actor_of, require
from portal.access.site import OfficerModelAdmin, register_desk_menu, register_desk_panel, register_desk_tables
from portal.states import TransitionRefused
from portal.ui.tags import dong
from portal.workdays import national_calendar, remaining_words

FORMS: dict[str, type[ReasonForm]] = {
    "refuse": RefuseForm,
    "take_back": TakeBackForm,
    "decline": DeclineForm,
    "call_off_payment": CallOffForm,
    "decline_supplement": DeclineSupplementForm,
    "call_off_supplement": CallOffSupplementForm,
    "call_off_first_supplement": CallOffSupplementForm,
    "stop": StopForm,
    "undo_receive": UndoForm,
    "undo_refuse": UndoForm,
    "extend": ExtendForm,
    "reappoint": ReappointForm,
    "hand_over": HandOverForm,
    "call_off_draft": CallOffDraftForm,
}
"""Transitions that ask for a reason before they are made. ``decide`` asks for more (:class:`DecisionForm`), ``ask_payment`` for what is to
be paid (:class:`AskPaymentForm`); the others are made at once."""
SUPPLEMENTS = frozenset({"ask_supplement", "propose_supplement"})
ASKING = frozenset({*FORMS, *SUPPLEMENTS, "decide", "show_draft", "ask_payment"})
NAME_SHOWN = 90
"""Characters of a procedure's name in the list."""


class StateFilter(admin.SimpleListFilter):
    """By state, in the order of the national codes; without counts."""

    title = "tình trạng"
    parameter_name = "tinh-trang"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in State]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


class WorkFilter(admin.SimpleListFilter):
    """What there is to do. The list opens on what is open; a search or a chosen state looks through everything."""

    title = "việc"
    parameter_name = "viec"
    ALL, OPEN = "tat-ca", worklists.ALL_OPEN

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        looks_further = bool(request.GET.get("q") or request.GET.get(StateFilter.parameter_name))
        self.default = self.ALL if looks_further else self.OPEN
        self.lists = worklists.worklists(actor_of(request), timezone.now())

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        lists = worklists.worklists(actor_of(request), timezone.now())
        return [*((one.name, one.label) for one in lists), (self.ALL, "Tất cả")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value() or self.default
        return next((queryset.filter(one.condition) for one in self.lists if one.name == wanted), queryset)

    def choices(self, changelist: Any) -> Any:
        wanted = self.value() or self.default
        for value, label in self.lookup_choices:
            yield {
                "selected": wanted == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }


register_desk_panel(morning.desk_panel)
register_desk_tables(morning.desk_tables)
register_desk_menu(morning.menu)


@admin.register(Dossier)
class DossierAdmin(process_desk.ProcessDesk, DeskPages, OnePage, OfficerModelAdmin):
    """Dossiers of the officer's unit and those below it."""

    view_act = "dossiers.read"
    unit_field = "unit_code"
    actions = DeskPages.actions  # type: ignore[assignment]  # of what is mixed in
    list_display = ("code", "procedure", "people", "state_shown", "deadline_shown")
    list_display_links = ("code",)
    list_filter = (WorkFilter, StateFilter)
    ordering = (DEADLINE, "id")
    sortable_by = ("people", "deadline_shown")
    search_fields = ("code", "owner_name_key", "subject_name_key")
    search_help_text = "Mã hồ sơ (cả mã hoặc mấy số cuối), tên chủ hồ sơ hoặc tên người được nêu (không cần dấu), số định danh."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Through the door; the sealed answers stay where they are."""
        return with_unread(worklists.with_deadline(super().get_queryset(request).defer("answers", "bill")))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """By what people have at hand, see :func:`dossiers.worklists.found_by`."""
        term = search_term.strip()
        return (worklists.found_by(queryset, term) if term else queryset), False

    @admin.display(description="Thủ tục", ordering="procedure_name")
    def procedure(self, dossier: Dossier) -> str:
        """Its name, as long as a list bears, and the day of filing."""
        return format_html(
            '{}<br><span class="quiet">Nộp {}</span>',
            Truncator(dossier.procedure_name).chars(NAME_SHOWN),
            f"{timezone.localtime(dossier.submitted_at):%H:%M %d/%m/%Y}",
        )

    @admin.display(description="Chủ hồ sơ", ordering="owner_name_key")
    def people(self, dossier: Dossier) -> str:
        """Whose it is and whom it is about."""
        named = dossier.subject_name and dossier.subject_name != dossier.owner_name
        about = format_html('<br><span class="quiet">{}</span>', dossier.subject_name) if named else ""
        return format_html("{}{}", dossier.owner_name, about)

    @admin.display(description="Tình trạng", ordering="state")
    def state_shown(self, dossier: Dossier) -> str:
        """The state with its stage, and who has it."""
        who = format_html('<br><span class="quiet">{}</span>', dossier.officer_label) if dossier.officer_label else ""
        money = ""
        if dossier.payment in (Standing.DUE, Standing.UNPAID):
            until = f" đến {timezone.localtime(dossier.pay_until):%H:%M %d/%m/%Y}" if dossier.pay_until else ""
            money = format_html('<br><span class="quiet">{}{}</span>', dossier.get_payment_display(), until)
        news = format_html(' <span class="tag tag-info">{}</span>', "Mới") if getattr(dossier, "is_news", False) else ""
        wrote = format_html("<br><strong>{}</strong>", "Tin nhắn mới") if getattr(dossier, "has_unread", False) else ""
        return format_html("{}{}{}{}{}", dossier.state_words, news, money, who, wrote)

    @admin.display(description="Hạn", ordering=DEADLINE)
    def deadline_shown(self, dossier: Any) -> str | SafeString:
        """The moment by which it must be answered or returned, marked when that has passed; nothing once it is decided."""
        if (
            dossier.state not in OPEN_STATES
            or dossier.awaits_signature
            or dossier.awaits_payment
            or dossier.awaits_completion
            or dossier.paused_at
        ):
            return "–"
        day = f"{timezone.localtime(dossier.deadline):%H:%M %d/%m/%Y}"
        if (now := timezone.now()) <= dossier.deadline:
            return day
        return format_html(
            '{}<br><strong class="overdue">{}</strong>', day, remaining_words(now, dossier.deadline, national_calendar()).capitalize()
        )

    def get_urls(self) -> list[Any]:
        """Each act on a dossier has an address of its own."""
        own = [
            *self.desk_urls(),
            *self.one_urls(),
            path(
                "<uuid:dossier_id>/authorise/",
                self.admin_site.admin_view(self.authorise),
                name="dossiers_dossier_authorise",
            ),
            *talking_desk.urls(self),
            path("<uuid:dossier_id>/preview/", self.admin_site.admin_view(self.preview), name="dossiers_dossier_preview"),
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

    @in_frames
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Our own page instead of a form of columns."""
        if request.method not in ("GET", "HEAD"):
            raise Http404
        try:
            dossier = services.open_dossier(actor=actor_of(request), dossier_id=UUID(object_id))
        except Dossier.DoesNotExist as error:
            gone = self.get_queryset(request).filter(pk=object_id, disposed_at__isnull=False).first()
            if gone is None:
                raise Http404 from error
            context = {**self.admin_site.each_context(request), "opts": self.model._meta, "title": f"Hồ sơ {gone.code}"}
            more = {"page": stub_page(gone, []), "list_url": reverse("admin:dossiers_dossier_changelist")}
            return render(request, "admin/desk/page.html", {**context, **more})
        except ValueError as error:
            raise Http404 from error
        return self._page(request, dossier)

    def _page(self, request: HttpRequest, dossier: Dossier, *, status: int = 200, **more: Any) -> HttpResponse:
        actor = actor_of(request)
        standing = dossier.documents.select_related("document").filter(cancelled_at__isnull=True)
        issued = {one.role: one for one in standing}
        documents = {role: one.document for role, one in issued.items()}
        own = why_not(dossier, actor.person_id)
        result = documents.get(DossierDocument.Role.RESULT)
        unit, around_it = queries.handling_unit(dossier.unit_code), near(dossier.pk)
        calendar = unit.calendar if unit else national_calendar()
        labels = {edge.name: edge.label for edge in TABLE.transitions.values()} | {
            "submit": "Nộp hồ sơ",
            "paper_unsafe": "Một tệp giấy tờ không an toàn",
            "refunded": "Đã hoàn tiền cho người nộp",
            "reported": "Hệ thống giải quyết báo tiến độ",
            "due_moved": "Tính lại hạn theo lịch nghỉ mới",
            "term_moved": "Lùi hạn của người nộp vì sự cố; hạn của cơ quan không đổi",
            **process_desk.EVENTS,
        }
        events = queries.timeline(dossier)
        papers = list(dossier.papers.select_related("file", "from_store__document", "supplement"))
        since = looking.look(actor=actor, dossier=dossier, events=events, papers=len(papers), now=timezone.now())
        history = [
            {
                "event": event,
                "label": labels.get(event.name, event.name),
                "who": event.label or ("Người nộp" if event.person_id else "Hệ thống"),
                "is_news": event.pk in since.event_ids,
            }
            for event in events
        ]
        process = process_desk.panel(actor, dossier, around_it, own=bool(own), calendar=calendar)
        return render(
            request,
            "admin/dossiers/dossier/change_form.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.model._meta,
                "title": f"Hồ sơ {dossier.code}",
                "dossier": dossier,
                "unit": unit,
                "situation": wording.situation(dossier, now=timezone.now(), calendar=calendar),
                "answers": slips.answers_shown(dossier),
                "sources": around_it.rows("sources", lambda: queries.sources_of(dossier)),
                "linked": around_it.rows("linked", lambda: linked_with(dossier.pk)),
                "papers": papers,
                "since": since,
                **self.beside(request, dossier, papers, documents, calendar),
                "reuse": around_it.reuse,
                "applicant": people.person(dossier.filed_by_id),
                "mandate": people.mandate(dossier.mandate_id) if dossier.mandate_id else None,
                "history": history,
                "transitions": [
                    {"edge": edge, "asks": edge.name in ASKING, "url": reverse(f"admin:dossiers_dossier_{edge.name}", args=[dossier.id])}
                    for edge in TABLE.open_to(actor, dossier, unit=dossier.unit_code)
                    if not own
                    and (edge.name != "decide" or not process.undecidable)
                    and (edge.name != "decline" or may_sign(dossier, actor))
                    and (edge.name != "show_draft" or objections.is_asked(dossier))
                    and (edge.act != "dossiers.undo" or services.may_undo(dossier, actor, now=timezone.now(), calendar=calendar))
                ],
                "own": own,
                "process": process,
                **following_desk.beside(dossier, issued, around_it),
                "receipt": documents.get(DossierDocument.Role.RECEIPT),
                "result": result,
                "decision": self._decision(dossier, issued.get(DossierDocument.Role.RESULT)),
                "bill": bill_of(dossier),
                "demands": around_it.rows("demands", lambda: queries.demands_of(dossier)),
                "supplements": around_it.rows("supplements", lambda: queries.supplements_of(dossier)),
                "stop_notice": documents.get(DossierDocument.Role.STOP),
                "apology": documents.get(DossierDocument.Role.APOLOGY),
                "may_authorise": result is not None and not own and _waits_for_person(result) and may_sign(dossier, actor),
                "around": around(dossier, actor, around_it),
                "may_preview": result is not None and result.unsigned_file_id is not None,
                **more,
            },
            status=status,
        )

    def _decision(self, dossier: Dossier, result: DossierDocument | None) -> list[tuple[str, str]]:
        """What was decided, with its number in the register, as the leader checks it before signing."""
        outcome = outcome_for(dossier) if result is not None else None
        if outcome is None or result is None:
            return []
        number = number_given(dossier) if outcome.register is not None else None
        lines = []
        if number is not None and outcome.register is not None:
            lines.append((outcome.register.number_label, number.number_words))
            if outcome.register.has_books:
                lines.append(("Quyển số", number.book_words))
        return [*lines, *decision_shown(outcome, written(result))]

    def act(self, request: HttpRequest, dossier_id: UUID, transition: str) -> HttpResponse:
        """One transition: GET shows its form where it has one, POST makes it. Too late is a page that says so, never an error."""
        actor = actor_of(request)
        try:
            dossier = services.open_dossier(actor=actor, dossier_id=dossier_id)
        except Dossier.DoesNotExist as error:
            raise Http404 from error
        # Asked before the form is shown, too: nobody fills in what they may not send.
        require(actor, TABLE.transitions[transition].act, dossier.unit_code)
        change = reverse("admin:dossiers_dossier_change", args=[dossier_id])
        if request.method != "POST":
            own = why_not(dossier, actor.person_id)
            if refusal := own or TABLE.refusal(dossier, transition):
                return self._page(request, dossier, status=409, refused=refusal)
            if transition not in ASKING:
                return redirect(change)
            return self._ask(request, dossier, transition, self._form(request, dossier, transition))
        form = self._form(request, dossier, transition) if transition in ASKING else None
        if form is not None and not form.is_valid():
            return self._ask(request, dossier, transition, form, status=422)
        common: dict[str, Any] = {
            "actor": actor,
            "dossier_id": dossier_id,
            "seen_version": as_int(request.POST.get("seen")),
            "now": timezone.now(),
            **(_given(form, dossier) if form is not None else {}),
        }
        try:
            getattr(services, transition)(**common)
        except OrderRefused as not_so:
            assert form is not None
            form.add_error(None, not_so.message)
            return self._ask(request, dossier, transition, form, status=422)
        except services.BadDay as bad_day:
            assert form is not None
            form.add_error("day", bad_day.message)
            return self._ask(request, dossier, transition, form, status=422)
        except BadNumber as bad:
            assert form is not None
            form.add_error(bad.field, bad.message)
            return self._ask(request, dossier, transition, form, status=422)
        except TransitionRefused as refused:
            return self._page(request, services.open_dossier(actor=actor, dossier_id=dossier_id), status=409, refused=refused.reason)
        messages.success(request, DONE[transition])
        return redirect(change)

    def _form(self, request: HttpRequest, dossier: Dossier, transition: str) -> ReasonForm | DecisionForm | SupplementForm:
        data = request.POST if request.method == "POST" else None
        if transition in SUPPLEMENTS:
            return SupplementForm(data, dossier=dossier)
        if transition == "ask_payment":
            fees = [
                (place, f"{fee.name}: {dong(fee.amount)}{f'/{fee.per}' if fee.per else ''}{f' ({fee.condition})' if fee.condition else ''}")
                for place, fee in enumerate(terms_of(dossier).fees)
                if fee.amount
            ]
            return AskPaymentForm(data, fees=fees, days=payment_of(dossier)["days"])
        if transition == "show_draft":
            return objections.draft_form(dossier, data)
        if transition != "decide":
            return FORMS[transition](data)
        outcome, now = outcome_for(dossier), timezone.now()
        if outcome is None:
            # Said by the service when it is sent; nothing can be filled in.
            return DecisionForm([], data, signers=[])
        suggested = suggested_number(unit_code=dossier.unit_code, register=outcome.register, now=now) if outcome.register else None
        signers = [(one.position_id, one.label) for one in signers_of(dossier, actor_of(request))]
        before = (written_before(dossier) or objections.values_shown(dossier)) if data is None else {}
        return decision_form(outcome, dossier, data, suggested=suggested, signers=signers, initial=before)

    def _ask(
        self, request: HttpRequest, dossier: Dossier, transition: str, form: ReasonForm | DecisionForm | SupplementForm, status: int = 200
    ) -> HttpResponse:
        return render(
            request,
            getattr(form, "template", "admin/dossiers/dossier/act.html"),
            {
                **self.admin_site.each_context(request),
                "opts": self.model._meta,
                "title": f"{TABLE.transitions[transition].label}: {dossier.code}",
                "dossier": dossier,
                "edge": TABLE.transitions[transition],
                "seen": request.POST.get("seen", dossier.version),
                "answers": slips.answers_shown(dossier),
                "money": wording.money_back(dossier, queries.demands_of(dossier)) if transition == "refuse" else [],
                "form": form,
            },
            status=status,
        )

    def authorise(self, request: HttpRequest, dossier_id: UUID) -> HttpResponse:
        """Send the leader who was asked to the signing service, also once more."""
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

    def preview(self, request: HttpRequest, dossier_id: UUID) -> HttpResponseBase:
        """The result as it will be signed, to be read before it is."""
        actor = actor_of(request)
        try:
            dossier = services.open_dossier(actor=actor, dossier_id=dossier_id)
        except Dossier.DoesNotExist as error:
            raise Http404 from error
        issued = result_of(dossier)
        if issued is None or issued.document.unsigned_file is None:
            raise Http404
        note_look(actor, dossier, "dossiers.preview")
        return send_file(issued.document.unsigned_file, name=f"cho-ky-{dossier.code}.pdf", inline=True, trusted=True)


DONE = {
    "hand_over": "Đã giao; hạn trả kết quả giữ nguyên. Đến khi đơn vị kia nhận, hồ sơ vẫn ở đơn vị mình.",
    "receive": "Đã tiếp nhận. Giấy tiếp nhận và hẹn trả kết quả đang được lập.",
    "refuse": "Đã từ chối tiếp nhận và báo cho người nộp.",
    "call_off_payment": "Đã rút yêu cầu nộp tiền. Hồ sơ trở lại bước xử lý, thời hạn chạy tiếp.",
    "ask_payment": "Đã yêu cầu nộp và báo cho người nộp. Thời hạn tạm dừng đến khi có tiền hoặc hết hạn nộp.",
    "ask_supplement": "Đã yêu cầu bổ sung và báo cho người nộp. Phiếu yêu cầu đang được lập; thời hạn dừng trong lúc chờ.",
    "propose_supplement": "Đã đề nghị. Lãnh đạo duyệt thì người nộp mới được báo; thời hạn vẫn chạy.",
    "approve_supplement": "Đã duyệt. Người nộp được báo; hồ sơ tính là quá hạn.",
    "decline_supplement": "Đã không duyệt. Cán bộ giải quyết tiếp theo những gì đã có.",
    "call_off_supplement": "Đã rút yêu cầu bổ sung và báo cho người nộp. Thời hạn coi như không dừng.",
    "call_off_first_supplement": "Đã rút yêu cầu bổ sung và báo cho người nộp. Hạn trả lời coi như không dừng.",
    "undo_receive": "Đã hoàn tác việc tiếp nhận và báo cho người nộp. Giấy tiếp nhận không còn giá trị; hạn trả lời tính từ khi nộp.",
    "undo_refuse": "Đã hoàn tác việc từ chối và báo cho người nộp. Hạn trả lời tính từ khi nộp.",
    "extend": "Đã gia hạn và báo cho người nộp. Hạn trả kết quả, thống kê tính theo ngày mới.",
    "reappoint": "Đã hẹn lại. Phiếu xin lỗi đang được lập, người nộp được báo; thống kê vẫn tính theo ngày hẹn cũ.",
    "stop": "Đã dừng giải quyết và báo cho người nộp. Thông báo dừng đang được lập.",
    "show_draft": "Đã cho người nộp xem dự thảo và báo cho họ. Trả lời hoặc hết hạn thì hồ sơ trở lại với bạn.",
    "call_off_draft": "Đã rút dự thảo và báo cho người nộp.",
    "decide": "Đã quyết định. Hồ sơ chờ người ký; thời hạn đã dừng.",
    "take_back": "Đã rút lại quyết định. Số đăng ký được trả lại cho sổ, thời hạn chạy tiếp.",
    "decline": "Đã trả lại cán bộ. Số đăng ký được trả lại cho sổ, thời hạn chạy tiếp.",
}
"""What is said after an act."""


def _given(form: ReasonForm | DecisionForm | SupplementForm, dossier: Dossier) -> dict[str, Any]:
    """What the form of an act hands to its service."""
    if isinstance(form, SupplementForm | ExtendForm | ReappointForm):
        return form.given
    if isinstance(form, AskPaymentForm):
        lines = services.asked_lines(dossier, form.counts, form.free)
        return {"lines": lines, "days": form.cleaned_data["days"], "reason": form.cleaned_data["reason"]}
    if isinstance(form, DecisionForm) and SIGNER not in form.fields:
        return {"values": form.values}
    if isinstance(form, DecisionForm):
        return {"values": form.values, SIGNER: form.cleaned_data[SIGNER]}
    return form.cleaned_data


def _waits_for_person(document: Any) -> bool:
    """Whether a person's authorisation is what the document waits for."""
    return document.by_person and document.state in (document.QUEUED, document.RENDERED, document.AWAITING)
