"""The desk of petitions: the queue, one page a petition, each act with an address of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from feedback.access import OVERSEE, READ, held_by, may_see, seen_by
from feedback.admin import forms
from feedback.admin.page import PetitionPage, concerns, in_short, notes_of
from feedback.admin.queue import (
    AboutFilter,
    KindFilter,
    OfAgency,
    OfUnit,
    PetitionList,
    SectorFilter,
    SourceFilter,
    StateFilter,
    WorkFilter,
    chosen_queue,
    clock,
    shown_filters,
)
from feedback.admin.ways import ways_of
from feedback.codes import clean_code
from feedback.models import TABLE, Answer, Attachment, Holding, Opinion, Petition, SavedView, State
from feedback.queries_desk import copies_of, templates_for
from feedback.services import answering, handling, looking, routing, secrets
from feedback.services.common import OWN, STALE, PetitionRefused
from feedback.worklists import waits_for
from portal.access import Actor, actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, Rows, Way, moment, seen_version, two_lines
from portal.crypto.fields import prefetch_keys
from portal.documents.units import unit_name
from portal.files.responses import send_file
from portal.text import search_key

SUBJECT_SHOWN = 90
"""Characters of a subject in the list."""
MOST_AT_ONCE = 100
"""Petitions of one act on many."""


@dataclass(frozen=True)
class Verb:
    """One act: its right, its form (None: only the question), the service, what is said afterwards."""

    label: str
    act: str
    form: type[forms.ActForm] | None
    do: Callable[..., Any]
    done: str
    kind: str = "quiet"
    asks: str = ""
    """What it means, above the form."""
    sees: bool = True
    """Whether the service is told which version the officer decided on."""


def _edge(name: str, **more: Any) -> Verb:
    return Verb(TABLE.transitions[name].label, TABLE.transitions[name].act, **more)


def _group(*, actor: Actor, petition_id: UUID, petitions: list[str], now: Any) -> Petition:
    return answering.group(actor=actor, petition_ids=[petition_id, *(UUID(one) for one in petitions)], now=now)


VERBS: dict[str, Verb] = {
    "receive": _edge(
        "receive", form=forms.ReceiveForm, do=handling.receive, done="Đã tiếp nhận. Người gửi được báo.", kind="",
    ),
    "answer": Verb(
        "Soạn trả lời", "feedback.handle", forms.AnswerForm, answering.save_answer, "Đã lưu bản thảo.", "",
    ),
    "approve": _edge(
        "approve", form=forms.ApproveForm, do=answering.approve, done="Đã duyệt. Người gửi được báo; câu trả lời chờ công khai.", kind="",
        asks="Dưới đây là đúng những gì người gửi sẽ nhận. Duyệt rồi thì không sửa được nữa.",
    ),
    "return_answer": _edge(
        "return_answer", form=forms.ReturnForm, do=answering.return_answer, done="Đã trả lại. Người soạn sửa tiếp trên bản này.",
    ),
    "ask_more": _edge(
        "ask_more", form=forms.AskMoreForm, do=handling.ask_more, done="Đã yêu cầu bổ sung và báo cho người gửi.",
        asks="Hạn trả lời người gửi vẫn chạy trong lúc chờ.",
    ),
    "go_on": _edge("go_on", form=forms.GoOnForm, do=handling.go_on, done="Xử lý tiếp với những gì đã có."),
    "transfer": _edge(
        "transfer", form=forms.TransferForm, do=routing.transfer, done="Đã chuyển. Cơ quan nhận có hạn riêng; người gửi được báo.",
    ),
    "send_back": _edge("send_back", form=forms.WhyForm, do=routing.send_back, done="Đã trả lại nơi chuyển đến."),
    "escalate": _edge(
        "escalate", form=forms.TopForm, do=routing.escalate, done="Đã báo cáo. Văn phòng Chính phủ chủ trì; người gửi được báo.",
    ),
    "take_over": _edge(
        "take_over", form=forms.TopForm, do=routing.take_over, done="Văn phòng Chính phủ chủ trì phản ánh này; người gửi được báo.",
    ),
    "classify": Verb("Sửa phân loại", "feedback.classify", forms.ClassifyForm, handling.classify, "Đã sửa phân loại."),
    "assign": Verb("Giao xử lý", "feedback.classify", forms.AssignForm, handling.assign, "Đã giao xử lý."),
    "ask_opinions": Verb(
        "Lấy ý kiến phối hợp", "feedback.handle", forms.OpinionsForm, routing.ask_opinions, "Đã gửi yêu cầu cho ý kiến.",
        asks="Cơ quan này vẫn chủ trì và trả lời người gửi.",
    ),
    "report_progress": Verb(
        "Báo tình hình", "feedback.handle", forms.ProgressForm, answering.report_progress, "Đã báo tình hình cho người gửi.",
    ),
    "group": Verb(
        "Gộp phản ánh cùng nội dung", "feedback.classify", forms.GroupForm, _group, "Đã gộp. Khi duyệt trả lời có thể trả lời cả nhóm.",
        asks="Mỗi người gửi vẫn được trả lời riêng.", sees=False,
    ),
    "ungroup": Verb("Tách khỏi nhóm", "feedback.classify", None, answering.ungroup, "Đã tách khỏi nhóm.", sees=False),
    "refuse": _edge("refuse", form=forms.RefuseForm, do=handling.refuse, done="Đã từ chối tiếp nhận và báo cho người gửi.", kind="danger"),
    "refuse_silent": _edge(
        "refuse_silent", form=forms.RefuseSilentForm, do=handling.refuse, done="Đã từ chối tiếp nhận và báo cho người gửi.", kind="danger",
    ),
    "seal_away": _edge(
        "seal_away", form=forms.SealForm, do=secrets.seal_away, done="Đã chuyển xử lý theo chế độ mật. Nội dung và tệp đã hủy.",
        kind="danger",
        asks="Chỉ dùng khi phản ánh có nội dung bí mật nhà nước (Điều 44.3). Không có cách nào lấy lại nội dung, người gửi và tệp:"
        " cách liên hệ với người gửi, nếu còn cần, phải được ghi vào sổ văn bản mật, ngoài hệ thống, trước khi làm.",
    ),
}  # fmt: skip
"""The acts on a petition in the order of their buttons; those of the table of states under its names, ``answer`` leads to ``submit``."""
_EDGE_OF = {"answer": "submit"}


def why_not(petition: Petition, name: str, actor: Actor) -> str:
    """Why an act cannot be done now, as a sentence for the officer; empty when it can. Rights are asked for elsewhere."""
    if concerns(petition, actor) and name != "take_over":
        return OWN
    edge = _EDGE_OF.get(name, name)
    if edge in TABLE.transitions:
        if reason := TABLE.refusal(petition, edge):
            return reason.replace("Hồ sơ", "Phản ánh")
        return _more_reasons(petition, name, actor)
    if not petition.is_open:
        return "Phản ánh này đã kết thúc."
    match name:
        case "ask_opinions" if petition.state != State.PROCESSING:
            return "Chỉ lấy ý kiến phối hợp khi phản ánh đang được xử lý."
        case "group" if not copies_of(petition):
            return "Không có phản ánh nào cùng lời ở cơ quan này để gộp."
        case "ungroup" if petition.group_id is None:
            return "Phản ánh này không ở trong nhóm nào."
    return ""


def _more_reasons(petition: Petition, name: str, actor: Actor) -> str:
    match name:
        case "refuse_silent" if petition.supply_due_at is not None and timezone.now() < petition.supply_due_at:
            return f"Người gửi còn được bổ sung đến {moment(petition.supply_due_at)}."
        case "ask_more" if petition.party_id is None:
            return "Người gửi không có tài khoản để bổ sung trên Cổng. Hãy liên hệ theo địa chỉ họ ghi rồi ghi lại kết quả."
        case "send_back":
            if not petition.holdings.filter(ended_at__isnull=True, how=Holding.How.TRANSFERRED).exclude(from_unit="").exists():
                return "Phản ánh này không do cơ quan khác chuyển đến. Hãy dùng “Chuyển cơ quan khác”."
        case "approve" | "return_answer":
            if petition.answers.filter(state=Answer.SUBMITTED, drafted_by=actor.position_id).exists():
                return "Bạn đã soạn câu trả lời này: người khác phải duyệt."
    return ""


@admin.register(Petition)
class PetitionAdmin(DeskModelAdmin):
    """The queue of the officer's agency and those below it; of the country for VPCP's staff who steer."""

    list_display = ("code_shown", "state_shown", "due_shown", "where_shown")
    list_display_links = ("code_shown",)
    list_filter = (WorkFilter, OfAgency, OfUnit, StateFilter, KindFilter, AboutFilter, SourceFilter, SectorFilter)
    search_fields = ("code", "sender_key")
    search_help_text = "Mã phản ánh viết đủ, hoặc tên người gửi từ chữ đầu (không cần dấu)"
    sortable_by = ("code_shown", "due_shown")
    change_list_template = "admin/feedback/queue.html"
    actions = ("transfer_chosen", "group_chosen")  # type: ignore[assignment]  # none where the base says so
    refusals = (PetitionRefused,)
    field_names = {"files": "uploads"}

    # The door ------------------------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The door of the list: what the agency holds; for a search, and for queues that say so, all that the officer may open."""
        actor = actor_of(request)
        rows = Petition.objects.defer("words", "place_words", "helps_words")
        wide = chosen_queue(request).wide or bool(request.GET.get("q", "").strip())
        return (seen_by(actor, rows) if wide else held_by(actor, rows)).order_by(*self.get_ordering(request))

    def found(self, request: HttpRequest, object_id: object) -> Any:
        """The petition, for one who may open it; 404 else."""
        actor, number = actor_of(request), UUID(str(object_id))
        try:
            if request.method == "GET":
                # What an act's page shows is read, too.
                return looking.open_petition(actor=actor, petition_id=number)
            return seen_by(actor, Petition.objects.select_related("kind", "group")).get(pk=number)
        except Petition.DoesNotExist as error:
            raise Http404 from error

    def has_module_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, OVERSEE) or may(actor, READ, actor.unit)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        actor = actor_of(request)
        if obj is None:
            # Who reported for an agency follows it here, too.
            return self.has_module_permission(request) or may(actor, "feedback.report", actor.unit)
        return may_see(actor, obj)

    def has_transfer_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, "feedback.transfer", actor.unit)

    def has_group_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, "feedback.classify", actor.unit)

    # The list ------------------------------------------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return PetitionList

    def get_ordering(self, request: HttpRequest) -> Any:
        return chosen_queue(request).ordering

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """By the whole code, or the beginning of the sender's name."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if code := clean_code(term):
            return queryset.filter(code=code), False
        key = search_key(term)
        return (queryset.filter(sender_key__startswith=key) if key else queryset.none()), False

    @admin.display(description="Mã, tiêu đề, người gửi", ordering="sent_at")
    def code_shown(self, row: Any) -> SafeString:
        name = (row.sender or {}).get("name", "") or "–"
        again = f", lần {row.round}" if row.round > 1 else ""
        return format_html(
            '{}<br>{}<br><span class="quiet">{}, {}{}</span>',
            row.code, Truncator(row.subject or "").chars(SUBJECT_SHOWN), name, row.get_source_display(), again,
        )  # fmt: skip

    @admin.display(description="Tình trạng, chờ gì")
    def state_shown(self, row: Any) -> SafeString:
        return two_lines(row.get_state_display(), waits_for(row, timezone.now()))

    @admin.display(description="Còn bao lâu", ordering="due_at")
    def due_shown(self, row: Any) -> SafeString | str:
        """The sender's clock and the agency's own; once where both end at the same moment."""
        if not row.is_open:
            return two_lines("Trả lời" if row.answered_at else "Kết thúc", moment(row.answered_at or row.ended_at))
        now = timezone.now()
        if row.due_at == row.unit_due_at:
            return clock("Trả lời", row.due_at, now)
        return format_html("{}<br>{}", clock("Người gửi", row.due_at, now), clock("Cơ quan", row.unit_due_at, now))

    @admin.display(description="Cơ quan, người xử lý")
    def where_shown(self, row: Any) -> SafeString:
        return two_lines(row.agency_shown, row.handler_shown or ("Chưa giao" if row.is_open else ""))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        actor, query = actor_of(request), urlencode(list(shown_filters(request)))
        views = list(SavedView.objects.filter(position_id=actor.position_id)) if actor.position_id else []
        context = {"views": views, "filter_query": query, "keep_url": f"{self.address('keep_view')}?{query}"}
        if may(actor, "feedback.receive", actor.unit):
            context["enter_url"] = reverse("admin:feedback_enteredpetition_changelist")
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def keep_view(self, request: HttpRequest) -> HttpResponse:
        """Keep the present filter under a name; those that are kept can be forgotten here."""
        actor = actor_of(request)
        if not self.has_view_permission(request):
            require(actor, READ, actor.unit)
        query = urlencode(list(shown_filters(request)))
        back = f"{self.address('changelist')}?{query}"
        return self.ask(
            request,
            title="Lưu bộ lọc",
            form=forms.ViewNameForm(request.POST if request.method == "POST" else None),
            back=back,
            do=lambda said: looking.save_view(actor=actor, name=said["name"], query=query),
            done="Đã lưu bộ lọc.",
            about=["Bộ lọc đang dùng được lưu cho riêng bạn và đứng trên danh sách."],
            template="admin/feedback/keep_view.html",
            more={"views": list(SavedView.objects.filter(position_id=actor.position_id)) if actor.position_id else []},
        )

    def drop_view(self, request: HttpRequest, view_id: int) -> HttpResponse:
        """Forget a kept filter."""
        if request.method == "POST":
            looking.drop_view(actor=actor_of(request), view_id=view_id)
            self.message_user(request, "Đã xóa bộ lọc.")
        return redirect(self.address("keep_view"))

    # Several at once -----------------------------------------------------------------------------------------------------------

    @admin.action(description="Chuyển cơ quan khác", permissions=["transfer"])
    def transfer_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """To one agency, for one reason: asked for on the next page."""
        return self._transfer_many(request, list(queryset[:MOST_AT_ONCE]), is_sent=False)

    @admin.action(description="Gộp thành một nhóm", permissions=["group"])
    def group_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """Into one group: shown on the next page, and asked for there."""
        return self._group_many(request, list(queryset[:MOST_AT_ONCE]), is_sent=False)

    def group_many(self, request: HttpRequest) -> HttpResponse:
        """Several into one group, as the page before it said."""
        if request.method != "POST":
            return redirect(self.address("changelist"))
        return self._group_many(request, self._named(request), is_sent=True)

    def _group_many(self, request: HttpRequest, rows: list[Petition], *, is_sent: bool) -> HttpResponse:
        actor = actor_of(request)
        require(actor, "feedback.classify", actor.unit)
        if len(rows) < 2:
            self.message_user(request, "Bạn hãy chọn ít nhất hai phản ánh trong danh sách.", level="WARNING")
            return redirect(self.address("changelist"))
        prefetch_keys(rows)
        different = answering.of_another_text(rows)
        form = forms.ManyGroupForm(request.POST if is_sent else None, different=different)
        if is_sent and form.is_valid():
            ticked = set(form.cleaned_data.get("different", []))
            numbers = [row.pk for row in rows if row not in different or str(row.pk) in ticked]
            try:
                head = answering.group(actor=actor, petition_ids=numbers, now=timezone.now(), different=bool(ticked))
            except PetitionRefused as refused:
                form.add_error(None, refused.message)
            else:
                self.message_user(request, f"Đã gộp {len(numbers)} phản ánh thành một nhóm, đầu nhóm là {head.code}.")
                return redirect(self.address("changelist"))
        apart = {row.pk for row in different}
        context = {
            **self._context(request),
            "title": f"Gộp {len(rows)} phản ánh thành một nhóm",
            "rows": [(row, (row.sender or {}).get("name") or "–", row.pk in apart) for row in rows],
            "head": answering.head_of(rows) if any(row.group_id for row in rows) else None,
            "form": form,
            "action": self.address("group_many"),
            "addresses": {"list": self.address("changelist"), "back": self.address("changelist")},
        }
        return TemplateResponse(request, "admin/feedback/group_many.html", context, status=422 if is_sent else 200)

    def _named(self, request: HttpRequest) -> list[Petition]:
        """The petitions that a page about several names, as far as the officer sees them; 404 for what is no number of one."""
        numbers = []
        for text in request.POST.getlist("petition")[:MOST_AT_ONCE]:
            try:
                numbers.append(UUID(text))
            except ValueError:
                raise Http404 from None
        rows = {row.pk: row for row in seen_by(actor_of(request), Petition.objects.filter(pk__in=numbers).select_related("kind"))}
        return [rows[number] for number in dict.fromkeys(numbers) if number in rows]

    def transfer_many(self, request: HttpRequest) -> HttpResponse:
        """Several to one agency, with a report by row."""
        if request.method != "POST":
            return redirect(self.address("changelist"))
        return self._transfer_many(request, self._named(request), is_sent=True)

    def _transfer_many(self, request: HttpRequest, rows: list[Petition], *, is_sent: bool) -> HttpResponse:
        actor = actor_of(request)
        require(actor, "feedback.transfer", actor.unit)
        if not rows:
            self.message_user(request, "Bạn hãy chọn phản ánh trong danh sách.", level="WARNING")
            return redirect(self.address("changelist"))
        prefetch_keys(rows)
        looks = forms.LOOK in request.POST
        data = request.POST if is_sent and not looks else None
        form = forms.ManyTransferForm(
            data, petition=rows[0], actor=actor, initial=forms.looked_for(forms.ManyTransferForm, request.POST) if looks else None
        )
        outcomes = None
        if data is not None and form.is_valid():
            outcomes = routing.transfer_many(actor=actor, petition_ids=[row.pk for row in rows], now=timezone.now(), **form.given())
        context = {
            **self._context(request),
            "title": f"Chuyển {len(rows)} phản ánh",
            "rows": rows,
            "form": form,
            "outcomes": outcomes,
            "done": sum(one.done for one in outcomes or []),
            "action": self.address("transfer_many"),
            "addresses": {"list": self.address("changelist"), "back": self.address("changelist")},
        }
        status = 422 if data is not None and outcomes is None else 200
        return TemplateResponse(request, "admin/feedback/transfer_many.html", context, status=status)

    # One petition --------------------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "feedback_petition"
        return [
            path("bo-loc/", view(self.keep_view), name=f"{name}_keep_view"),
            path("bo-loc/<int:view_id>/xoa/", view(self.drop_view), name=f"{name}_drop_view"),
            path("chuyen-nhieu/", view(self.transfer_many), name=f"{name}_transfer_many"),
            path("gop-nhieu/", view(self.group_many), name=f"{name}_group_many"),
            path("<uuid:object_id>/tep/<uuid:file_id>/", view(self.file), name=f"{name}_file"),
            path("<uuid:object_id>/y-kien/<int:opinion_id>/", view(self.give_opinion), name=f"{name}_give_opinion"),
            path("<uuid:object_id>/y-kien/<int:opinion_id>/thoi/", view(self.call_off_opinion), name=f"{name}_call_off_opinion"),
            *(path(f"<uuid:object_id>/{verb}/", view(self.act), {"verb": verb}, name=f"{name}_{verb}") for verb in VERBS),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of a petition. That an officer opened it is written down."""
        if request.method not in ("GET", "HEAD"):
            raise Http404
        try:
            petition = looking.open_petition(actor=actor_of(request), petition_id=UUID(object_id))
        except (ValueError, Petition.DoesNotExist) as error:
            raise Http404 from error
        return self._show(request, petition)

    def _show(self, request: HttpRequest, petition: Petition, *, status: int = 200, refused: str = "") -> HttpResponse:
        page = self.page(request, petition)
        if refused and refused not in page.notes:
            page.notes.insert(0, refused)
        context = {**self._context(request), "title": page.title, "page": page}
        return TemplateResponse(request, "admin/desk/page.html", context, status=status)

    def page(self, request: HttpRequest, row: Any) -> Page:
        now = timezone.now()
        shown = PetitionPage(request, row, now)
        return Page(f"Phản ánh {row.code}", shown.parts(), self._ways(request, row, shown.opinions), notes_of(row, actor_of(request), now))

    def _ways(self, request: HttpRequest, petition: Petition, opinions: list[Opinion]) -> list[Way]:
        """The buttons: rights and the table say which; what destroys stands last."""
        actor = actor_of(request)
        ways = [
            Way("Cho ý kiến", self.address("give_opinion", petition.pk, one.pk))
            for one in opinions
            if one.is_open and may(actor, "feedback.opine", one.unit_code) and not concerns(petition, actor)
        ]
        for name, verb in VERBS.items():
            if may(actor, verb.act, petition.unit_code) and not why_not(petition, name, actor):
                ways.append(Way(verb.label, self.address(name, petition.pk), verb.kind))
        ways += [Way(one.label, one.url, one.kind) for one in ways_of(request, petition)]
        return sorted(ways, key=lambda way: ("", "quiet", "danger").index(way.kind))

    def act(self, request: HttpRequest, object_id: UUID, verb: str) -> HttpResponse:
        """One act: GET shows its form, POST does it. What cannot be done any more is a page that says so."""
        actor, petition, what = actor_of(request), self.found(request, object_id), VERBS[verb]
        is_post = request.method == "POST"
        if not may(actor, what.act, petition.unit_code):
            if is_post and seen_version(request) not in (None, petition.version):
                # A colleague was quicker, and it is at another agency by now.
                return self._show(request, petition, status=409, refused=STALE)
            require(actor, what.act, petition.unit_code)
        reason = why_not(petition, verb, actor)
        if reason and not is_post:
            return self._show(request, petition, status=409, refused=reason)
        looks = is_post and forms.LOOK in request.POST
        form = self._form(request, petition, verb, looks=looks)
        seen = seen_version(request) if looks else petition.version
        do, done, button = what.do, what.done, what.label
        if isinstance(form, forms.AnswerForm) and form.is_submit:
            do, done = answering.submit_answer, "Đã trình. Người khác duyệt rồi câu trả lời mới đến người gửi."
        if isinstance(form, forms.SealForm) and not form.is_second:
            button = "Tiếp tục"
        if isinstance(form, forms.AnswerForm):
            button = "Trình duyệt"

        def service(said: dict[str, Any]) -> Any:
            given = form.given() if form is not None else {}
            version = {"seen": seen_version(request)} if what.sees else {}
            return do(actor=actor, petition_id=petition.pk, now=timezone.now(), **version, **given)

        return self.ask(
            request,
            title=f"{what.label}: {petition.code}",
            form=form,
            back=self.address("change", petition.pk),
            do=service,
            done=done,
            about=in_short(petition, timezone.now()) + ([what.asks] if what.asks else []),
            seen=seen,
            button=button,
            template="admin/feedback/act.html",
            more={"verb": verb, "parts": self._beside(request, petition, verb), "templates": self._templates(petition, form)},
        )

    def _form(self, request: HttpRequest, petition: Petition, verb: str, *, looks: bool) -> forms.ActForm | None:
        kind, actor = VERBS[verb].form, actor_of(request)
        if kind is None:
            return None
        if looks:
            return kind(petition=petition, actor=actor, initial=forms.looked_for(kind, request.POST))
        if request.method == "POST":
            form = kind(request.POST, request.FILES, petition=petition, actor=actor)
            if isinstance(form, forms.SealForm) and not form.is_second and form.is_valid():
                return forms.SealForm(petition=petition, actor=actor, initial={**request.POST.dict(), "step": "2"})
            return form
        number = request.GET.get("mau", "")
        for one in templates_for(petition, kind.use):
            if str(one.pk) == number:
                return kind(petition=petition, actor=actor, initial={kind.filled: one.words})
        return kind(petition=petition, actor=actor)

    def _templates(self, petition: Petition, form: forms.ActForm | None) -> list[Any]:
        return templates_for(petition, form.use) if form is not None else []

    def _beside(self, request: HttpRequest, petition: Petition, verb: str) -> list[Facts | Rows]:
        """What one must read to decide: the letter; before an approval what will be sent."""
        shown = PetitionPage(request, petition, timezone.now())
        parts: list[Facts | Rows] = [shown.letter()]
        if verb in ("approve", "return_answer"):
            waiting = next((one for one in shown.answers if one.state == Answer.SUBMITTED), None)
            if waiting is not None:
                rows: list[tuple[str, Any]] = [
                    ("Trả lời", waiting.words or "–"),
                    ("Có kết quả xử lý ngày", f"{waiting.outcome_on:%d/%m/%Y}" if waiting.outcome_on else "–"),
                    ("Tệp kèm", shown.files_of(Attachment.Role.ANSWER, waiting.pk) or "Không có"),
                    ("Người soạn", f"{waiting.drafted_label}, {moment(waiting.drafted_at)}"),
                ]
                parts.insert(0, Facts("Sẽ gửi cho người gửi", rows))
            if verb == "approve":
                parts[1:1] = [part for part in (shown.group_to_answer(),) if part.rows]
            parts += [part for part in (shown.supplements(), shown.opinions_asked()) if part.rows]
        elif verb == "answer":
            parts += [part for part in (shown.supplements(), shown.opinions_asked(), shown.answers_given()) if part.rows]
        elif verb == "escalate":
            parts += [part for part in (shown.opinions_asked(),) if part.rows]
        return parts

    def give_opinion(self, request: HttpRequest, object_id: UUID, opinion_id: int) -> HttpResponse:
        """What the agency says that was asked."""
        actor, petition = actor_of(request), self.found(request, object_id)
        opinion = petition.opinions.filter(pk=opinion_id).first()
        if opinion is None:
            raise Http404
        require(actor, "feedback.opine", opinion.unit_code)
        if not opinion.is_open and request.method != "POST":
            return self._show(request, petition, status=409, refused="Ý kiến này đã được cho, hoặc không cần nữa.")
        is_post = request.method == "POST"
        form = forms.OpinionForm(request.POST if is_post else None, request.FILES if is_post else None, petition=petition, actor=actor)
        return self.ask(
            request,
            title=f"Cho ý kiến: {petition.code}",
            form=form,
            back=self.address("change", petition.pk),
            do=lambda said: routing.give_opinion(actor=actor, opinion_id=opinion.pk, now=timezone.now(), **form.given()),
            done="Đã gửi ý kiến cho cơ quan chủ trì.",
            about=[
                f"{petition.code}: {petition.subject or '–'}",
                f"Cần ý kiến về: {opinion.question or '–'}",
                f"Hạn: {moment(opinion.due_at)}",
            ],
            button="Gửi ý kiến",
            template="admin/feedback/act.html",
            more={"verb": "give_opinion", "parts": self._beside(request, petition, "give_opinion"), "templates": []},
        )

    def call_off_opinion(self, request: HttpRequest, object_id: UUID, opinion_id: int) -> HttpResponse:
        """Wait for an opinion no more."""
        actor, petition = actor_of(request), self.found(request, object_id)
        opinion = petition.opinions.filter(pk=opinion_id).first()
        if opinion is None:
            raise Http404
        require(actor, "feedback.handle", petition.unit_code)
        return self.ask(
            request,
            title=f"Thôi chờ ý kiến: {petition.code}",
            form=None,
            back=self.address("change", petition.pk),
            do=lambda said: routing.call_off_opinion(actor=actor, opinion_id=opinion.pk, now=timezone.now()),
            done="Không chờ ý kiến này nữa.",
            about=[f"Cơ quan được hỏi: {unit_name(opinion.unit_code)}", f"Cần ý kiến về: {opinion.question or '–'}"],
            button="Thôi chờ",
        )

    def file(self, request: HttpRequest, object_id: UUID, file_id: UUID) -> HttpResponseBase:
        """A checked file of a petition; each look is written down."""
        try:
            row = looking.open_file(actor=actor_of(request), petition_id=object_id, file_id=file_id)
        except (Petition.DoesNotExist, Attachment.DoesNotExist) as error:
            raise Http404 from error
        return send_file(row.file, name=row.file.name or f"{row.petition.code}", inline=True)
