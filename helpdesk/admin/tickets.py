"""Tickets on the desk, in two queues; kinds of trouble with their advice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone

from helpdesk.admin import forms
from helpdesk.models import Ticket, TroubleKind
from helpdesk.models.tickets import TICKETS, WORK
from helpdesk.services import tickets
from helpdesk.services.common import HelpdeskRefused
from portal.access import actor_of, may
from portal.access.site import DeskLine, register_desk_panel
from portal.audit.desk import HistoryModelAdmin
from procedures.admin.work import Table, Way, WorkAdmin
from procedures.publishing import ENTER
from procedures.publishing import Refused as NotWritten

STEPS = {
    "send": "Gửi",
    "added": "Người gửi viết thêm",
    "take": "Nhận xử lý",
    "answer": "Trả lời",
    "pass": "Chuyển",
    "again": "Mở lại",
    "hand_over": "Chuyển thành phản ánh",
    "close": "Đóng",
    "offer": "Đề xuất vào hỏi đáp",
}


def moment(at: Any) -> str:
    """As the desk shows it."""
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}" if at is not None else ""


@admin.register(Ticket)
class TicketAdmin(WorkAdmin):
    """What people are stuck with; who works in a queue sees that queue."""

    view_act = WORK
    menu_place = 10
    refusals = (HelpdeskRefused, NotWritten)
    list_display = ("code", "kind", "queue", "state", "source", "created_at", "handler_label")
    list_filter = ("state", "queue", "source", "kind")
    list_select_related = ("kind",)
    search_fields = ("=code",)
    search_help_text = "Tìm theo mã yêu cầu"
    by_cursor = True
    ordering = ("-created_at", "-id")
    history_facts = ("state", "queue", "kind", "handler_label", "petition_code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those of the officer's queues."""
        actor = actor_of(request)
        queues = [queue for queue, act in tickets.QUEUES.items() if may(actor, act)]
        rows = Ticket.objects.select_related("kind").order_by("-created_at", "-id")
        return rows.filter(queue__in=queues) if may(actor, WORK) else rows.none()

    def has_add_permission(self, request):
        return may(actor_of(request), WORK)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "helpdesk_ticket"
        acts = ("take", "answer", "pass", "close", "again", "hand-over", "offer")
        own = [path(f"<uuid:object_id>/{act}/", view(self.act), {"act": act}, name=f"{name}_{act}") for act in acts]
        return [*own, *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        """A call is taken down."""
        if not self.has_add_permission(request):
            raise Http404
        actor = actor_of(request)
        return self.act_page(
            request,
            title="Ghi cuộc gọi vào tổng đài",
            back=self.address("changelist"),
            form=forms.HotlineForm(request.POST or None),
            do=lambda said: tickets.open_ticket(actor=actor, source=Ticket.Source.PHONE, now=timezone.now(), **said),
            lead=lambda made: self.address("change", made.pk),
            done="Đã ghi. Mã yêu cầu được báo cho người gọi qua cách họ chọn.",
            button="Ghi yêu cầu",
        )

    def facts_of(self, row: Ticket) -> Iterable[tuple[str, Any]]:
        """What is known of who asked and of what."""
        contact = row.contact or {}
        waited = timezone.now() - row.created_at
        hours = f"{int(waited.total_seconds() // 3600)} giờ" if row.state in ("new", "working") else ""
        return [
            ("Tình trạng", row.get_state_display()),
            ("Hàng đợi", row.get_queue_display()),
            ("Loại vướng mắc", str(row.kind)),
            ("Đến qua", row.get_source_display()),
            ("Gửi lúc", moment(row.created_at)),
            ("Đã chờ", hours),
            ("Người gửi", contact.get("name", "")),
            ("Điện thoại", contact.get("phone", "")),
            ("Thư điện tử", contact.get("email", "")),
            ("Trả lời qua", ", ".join(row.channels)),
            ("Nội dung", row.words),
            ("Mã phản ánh", row.petition_code),
            ("Người xử lý", row.handler_label),
        ]

    def tables_of(self, request: HttpRequest, row: Ticket) -> Sequence[Table]:
        """What happened."""
        lines = [(moment(one.at), STEPS.get(one.name, one.name), one.label, one.words or "") for one in row.steps.all()]
        return [Table("Diễn biến", ("Lúc", "Việc", "Ai", "Nội dung"), lines)]

    def ways_of(self, request: HttpRequest, row: Ticket) -> Sequence[Way]:
        """What this officer can do now."""
        actor = actor_of(request)
        if not tickets.may_act_on(actor, row):
            return []
        labels = {"take": "take", "answer": "answer", "again": "again", "close": "close"}
        found = [
            Way(TICKETS.transitions[name].label, self.address(act, row.pk), main=name == "answer")
            for name, act in labels.items()
            if not TICKETS.refusal(row, name)
        ]
        if not TICKETS.refusal(row, "close"):
            found.append(Way("Chuyển hàng đợi, đổi loại", self.address("pass", row.pk)))
            if may(actor, "feedback.receive", actor.unit):
                found.append(Way("Chuyển thành phản ánh, kiến nghị", self.address("hand-over", row.pk)))
        if row.state == "answered" and row.offered_at is None and may(actor, ENTER, actor.unit):
            found.append(Way("Đề xuất vào hỏi đáp", self.address("offer", row.pk)))
        return found

    def act(self, request: HttpRequest, object_id: UUID, act: str) -> HttpResponse:
        """Ask on GET, do on POST."""
        row, actor, now = self.row(request, object_id), actor_of(request), timezone.now()
        shared = {"actor": actor, "ticket_id": row.pk, "now": now, "seen_version": None}
        data = request.POST or None
        form: Form | None
        match act:
            case "take":
                title, form, do = "Nhận xử lý", None, lambda said: tickets.take(**shared)
            case "again":
                title, form, do = "Mở lại", None, lambda said: tickets.reopen(**shared)
            case "answer":
                title, form, do = "Trả lời", forms.WordsForm(data), lambda said: tickets.answer(**shared, **said)
            case "pass":
                form = forms.PassForm(data, initial={"queue": row.queue, "kind": row.kind_id})
                title, do = "Chuyển hàng đợi, đổi loại", lambda said: tickets.pass_on(**shared, **said)
            case "close":
                title, form = "Đóng, không trả lời", forms.WhyForm(data)
                do = lambda said: tickets.close(**shared, reason=said["why"])  # noqa: E731
            case "hand-over":
                contact = row.contact or {}
                form = forms.HandOverForm(data, now=now, initial={"name": contact.get("name", "")})
                title, do = "Chuyển thành phản ánh, kiến nghị", lambda said: tickets.hand_over(**shared, **said)
            case _:
                last = row.steps.filter(name="answer").last()
                form = forms.OfferForm(data, initial={"answer_words": last.words if last else ""})
                title = "Đề xuất vào hỏi đáp"
                do = lambda said: tickets.offer(actor=actor, ticket_id=row.pk, now=now, **said)  # noqa: E731
        about = "" if act in ("take", "again") else row.words or ""
        if act == "offer":
            about = (
                "Viết lại câu hỏi và trả lời cho mọi người: không để lại tên, số, hồ sơ của người gửi. "
                "Người khác kiểm tra rồi mới công khai."
            )
        return self.act_page(request, title=title, back=self.address("change", row.pk), form=form, do=do, about=about, done="Đã ghi.")


@admin.register(TroubleKind)
class TroubleKindAdmin(HistoryModelAdmin):
    """Kinds of trouble and what people can do about them."""

    view_act = WORK
    change_act = add_act = "helpdesk.kinds"
    menu_place = 30
    list_display = ("name", "queue", "position", "in_use")
    form = forms.KindForm
    fields = ("name", "name_en", "advice", "advice_en", "queue", "position", "in_use")
    history_facts = ("name", "name_en", "advice", "advice_en", "queue", "position", "in_use")

    def has_add_permission(self, request):
        # Kinds ship with the portal: a new one needs its code in the release.
        return False

    def save_model(self, request, obj, form, change):
        """The service writes the act."""
        from helpdesk.services.kinds import change_kind

        change_kind(actor=actor_of(request), kind=obj)


def waiting(request: HttpRequest) -> list[DeskLine]:
    """Tickets of the officer's queues that nobody has answered."""
    actor = actor_of(request)
    if not may(actor, WORK):
        return []
    queues = [queue for queue, act in tickets.QUEUES.items() if may(actor, act)]
    count = Ticket.objects.filter(queue__in=queues, state__in=["new", "working"]).count()
    url = f"{reverse('admin:helpdesk_ticket_changelist')}?state__exact=new"
    return [DeskLine("Yêu cầu hỗ trợ của người dân chờ trả lời", count, url, "wait")] if count else []


register_desk_panel(waiting)
