"""Counters on the desk: calling numbers, appointments, when counters are open, receptions at home, figures (D-18, D-28, R-11)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from accounts import queries as people
from dossiers.appointments import booking, counter, plans, queries, rules, visits
from dossiers.appointments.common import CounterRefused, record
from dossiers.models import Appointment, CounterDay, CounterPlan, HomeVisit, Priority, Ticket
from dossiers.models.appointments import ARRANGE, TICKETS, VISIT, VISITS, WORK
from portal.access import actor_of, may, require, visible_to
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, ReasonForm, Rows, Way, moment, seen_version, two_lines
from portal.access.site import DeskLine, OfficerModelAdmin, register_desk_panel
from portal.catalogues import queries as catalogues
from portal.documents.units import unit_name

READ, WATCH = "dossiers.read_counters", "dossiers.watch_counters"
COUNTER = "counter"
"""Key of the session: at which counter the officer sits."""
LINE_WORDS = {rules.Line.FIRST: "Ưu tiên", rules.Line.BOOKED: "Có hẹn", rules.Line.PLAIN: "Không hẹn"}
WEEK = (
    ("monday", "Thứ Hai"),
    ("tuesday", "Thứ Ba"),
    ("wednesday", "Thứ Tư"),
    ("thursday", "Thứ Năm"),
    ("friday", "Thứ Sáu"),
    ("saturday", "Thứ Bảy"),
    ("sunday", "Chủ nhật"),
)
_SPAN = re.compile(r"(\d{1,2})[:hH](\d{2})\s*[-–]\s*(\d{1,2})[:hH](\d{2})")


def _minutes(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds / 60:.1f}".replace(".", ",")


# When counters are open --------------------------------------------------------------------------------------------------------


class PlanForm(PlainForm):
    """When counters receive people."""

    is_open = forms.BooleanField(label="Nhận đặt lịch hẹn", required=False)
    at_home = forms.BooleanField(label="Nhận yêu cầu tiếp nhận tại nhà", required=False)
    counters = forms.IntegerField(label="Số quầy", min_value=1, max_value=50)
    slot_minutes = forms.TypedChoiceField(
        label="Mỗi lượt hẹn",
        coerce=int,
        choices=[(n, f"{n} phút") for n in (10, 15, 20, 30, 60)],
        help_text="Chia giờ làm việc thành lượt.",
    )
    per_slot = forms.IntegerField(label="Số người mỗi lượt", min_value=1, max_value=50, help_text="Cộng tất cả các quầy.")
    ahead_days = forms.IntegerField(label="Đặt trước nhiều nhất (ngày)", min_value=1, max_value=60)
    procedure_codes = forms.CharField(
        label="Chỉ nhận các thủ tục",
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Mã thủ tục, cách nhau bằng dấu phẩy. Để trống: mọi thủ tục của cấp mình; sở, phòng, đơn vị phải ghi mã.",
    )

    def __init__(self, *args: Any, plan: CounterPlan | None, **kwargs: Any) -> None:
        if plan is not None and "initial" not in kwargs:
            hours = plan.hours or [[] for _day in WEEK]
            written = {name: ", ".join(f"{opens}-{closes}" for opens, closes in day) for (name, _), day in zip(WEEK, hours, strict=True)}
            facts = {name: getattr(plan, name) for name in plans.FIELDS if name not in ("hours", "procedure_codes")}
            kwargs["initial"] = {**facts, **written, "procedure_codes": ", ".join(plan.procedure_codes)}
        super().__init__(*args, **kwargs)
        hint = "Giờ riêng của quầy, ví dụ 07:30-11:00, 13:30-16:30. Để trống cả tuần: theo giờ làm việc."
        for number, (name, label) in enumerate(WEEK):
            self.fields[name] = forms.CharField(label=label, required=False, max_length=100, help_text="" if number else hint)

    def clean(self) -> dict[str, Any]:
        """Hours as they are kept, codes as a list."""
        said = super().clean() or {}
        week: list[list[list[str]]] = []
        for name, _label in WEEK:
            text = said.pop(name, "")
            spans = _SPAN.findall(text)
            if re.sub(r"[\s,;]", "", _SPAN.sub("", text)) or any(
                int(a) > 23 or int(b) > 59 or int(c) > 23 or int(d) > 59 for a, b, c, d in spans
            ):
                self.add_error(name, "Giờ không đúng. Bạn hãy viết như 07:30-11:00, 13:30-16:30.")
                spans = []
            week.append([[f"{int(a):02d}:{b}", f"{int(c):02d}:{d}"] for a, b, c, d in spans])
        said["hours"] = week if any(week) else None
        said["procedure_codes"] = list(dict.fromkeys(re.findall(r"[^\s,;]+", said.get("procedure_codes") or "")))
        return said


class ClosedDayForm(PlainForm):
    """A day without appointments."""

    day = forms.DateField(label="Ngày nghỉ", input_formats=["%d/%m/%Y", "%Y-%m-%d"], help_text="Ngày/tháng/năm.")
    reason = forms.CharField(label="Lý do", max_length=200, help_text="Người đã đặt hẹn ngày này đọc được.")


@admin.register(CounterPlan)
class CounterPlanAdmin(DeskModelAdmin):
    """Counters of the officer's units."""

    view_act = READ
    unit_field = "unit_code"
    refusals = (CounterRefused,)
    list_display = ("unit", "open_shown", "counters", "slot", "updated_at")
    list_display_links = ("unit",)
    search_fields = ("=unit_code",)
    search_help_text = "Mã cơ quan viết đủ"
    ordering = ("unit_code", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the agency's name."""
        return super().get_queryset(request).annotate(unit_called=catalogues.agency_name_of("unit_code"))

    @admin.display(description="Cơ quan", ordering="unit_code")
    def unit(self, row: Any) -> Any:
        return two_lines(row.unit_called or row.unit_code, row.unit_code)

    @admin.display(description="Đặt hẹn")
    def open_shown(self, row: CounterPlan) -> str:
        return "Đang nhận" if row.is_open else "Không nhận"

    @admin.display(description="Mỗi lượt")
    def slot(self, row: CounterPlan) -> str:
        return f"{row.slot_minutes} phút, {row.per_slot} người"

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, ARRANGE, actor.unit) and not CounterPlan.objects.filter(unit_code=actor.unit).exists()

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "dossiers_counterplan"
        one = "<uuid:object_id>/"
        return [
            path("add/", view(self.begin), name=f"{name}_add"),
            path(one + "edit/", view(self.edit), name=f"{name}_edit"),
            path(one + "close_day/", view(self.close_day), name=f"{name}_close_day"),
            path(one + "open_day/<int:closed_id>/", view(require_POST(self.open_day)), name=f"{name}_open_day"),
            path(one + "take_capacity/", view(require_POST(self.take_capacity)), name=f"{name}_take_capacity"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The plan, its closed days."""
        editable = may(actor_of(request), ARRANGE, row.unit_code)
        hours = "Theo giờ làm việc của cơ quan"
        if row.hours is not None:
            days = [
                f"{label}: {', '.join('-'.join(span) for span in day) or 'nghỉ'}" for (_n, label), day in zip(WEEK, row.hours, strict=True)
            ]
            hours = "\n".join(days)
        closed = row.closed_days.filter(day__gte=timezone.localdate()).order_by("day")
        board = reverse("counter-board", args=[row.unit_code])
        facts = [
            ("Cơ quan", unit_name(row.unit_code)),
            ("Đặt lịch hẹn", "Đang nhận" if row.is_open else "Không nhận"),
            ("Tiếp nhận tại nhà", "Đang nhận" if row.at_home else "Không nhận"),
            ("Số quầy", row.counters),
            ("Mỗi lượt", f"{row.slot_minutes} phút, {row.per_slot} người"),
            ("Đặt trước nhiều nhất", f"{row.ahead_days} ngày"),
            ("Giờ nhận hẹn", hours),
            ("Thủ tục", ", ".join(row.procedure_codes) or "Mọi thủ tục của cấp mình"),
            ("Bảng gọi số", format_html('<a href="{}?man-hinh=1">Mở trên màn hình ở sảnh</a>', board)),
            ("Sửa lần cuối", f"{row.changed_by_label or '–'}, {moment(row.updated_at)}"),
        ]
        facts += self._expected(request, row, editable)
        ways = (
            [Way("Sửa", self.address("edit", row.pk)), Way("Thêm ngày nghỉ", self.address("close_day", row.pk), "quiet")]
            if editable
            else []
        )
        rows = [(f"{one.day:%d/%m/%Y}", one.reason, self._reopen(request, row, one.pk) if editable else "") for one in closed]
        return Page(unit_name(row.unit_code), [Facts("Quầy", facts), Rows("Ngày nghỉ sắp tới", ("Ngày", "Lý do", "Thao tác"), rows)], ways)

    def _expected(self, request: HttpRequest, row: CounterPlan, editable: bool) -> list[tuple[str, Any]]:
        """What is expected in the next weeks and how many a slot should take, with its button; nothing where none knows."""
        found = plans.proposal_of(row)
        if found is None:
            return []
        said = (
            f"Ngày đông nhất {found.day:%d/%m/%Y}: khoảng {found.people} người, {found.slots} lượt hẹn; nên nhận {found.per_slot} người"
            f" mỗi lượt (đang là {row.per_slot}). {found.basis}"
        )
        if not editable or found.per_slot == row.per_slot:
            return [("Dự báo bốn tuần tới", said)]
        button = format_html(
            '<form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
            '<input type="hidden" name="per_slot" value="{}"><input type="hidden" name="seen" value="{}">'
            '<button type="submit" class="button button-secondary">Nhận {} người mỗi lượt</button></form>',
            self.address("take_capacity", row.pk), get_token(request), found.per_slot, row.version, found.per_slot,
        )  # fmt: skip
        return [("Dự báo bốn tuần tới", said), ("Đề xuất", button)]

    def take_capacity(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Take over what is proposed, as it stood on the page."""
        row = self.found(request, object_id)
        given = [request.POST.get(name, "") for name in ("per_slot", "seen")]
        per_slot, seen = (int(one) if one.isascii() and one.isdigit() and len(one) < 9 else 0 for one in given)
        try:
            plans.take_capacity(actor=actor_of(request), unit_code=row.unit_code, per_slot=per_slot, seen_version=seen, now=timezone.now())
        except CounterRefused as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, f"Đã ghi: {per_slot} người mỗi lượt. Người đã đặt hẹn giữ nguyên giờ.")
        return redirect(self.address("change", row.pk))

    def _reopen(self, request: HttpRequest, row: CounterPlan, closed_id: int) -> Any:
        return format_html(
            '<form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
            '<button type="submit" class="button button-secondary">Nhận hẹn lại</button></form>',
            self.address("open_day", row.pk, closed_id),
            get_token(request),
        )

    def begin(self, request: HttpRequest) -> HttpResponse:
        """The plan of the officer's own unit."""
        actor = actor_of(request)
        require(actor, ARRANGE, actor.unit)
        known = CounterPlan.objects.filter(unit_code=actor.unit).first()
        if known is not None:
            return redirect(self.address("edit", known.pk))
        start = {"is_open": True, "counters": 1, "slot_minutes": 30, "per_slot": 2, "ahead_days": 14}
        return self._plan(request, actor.unit, None, start)

    def edit(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The whole plan."""
        row = self.found(request, object_id)
        require(actor_of(request), ARRANGE, row.unit_code)
        return self._plan(request, row.unit_code, row, None)

    def _plan(self, request: HttpRequest, unit: str, row: CounterPlan | None, initial: dict[str, Any] | None) -> HttpResponse:
        posted = request.POST if request.method == "POST" else None
        form = PlanForm(posted, plan=row, **({"initial": initial} if initial is not None else {}))
        seen = seen_version(request) if request.method == "POST" else (row.version if row is not None else None)
        back = self.address("change", row.pk) if row is not None else self.address("changelist")

        def do(said: dict[str, Any]) -> None:
            plans.arrange(actor=actor_of(request), unit_code=unit, values=said, seen_version=seen, now=timezone.now())

        return self.ask(
            request,
            title="Quầy và lịch hẹn",
            form=form,
            back=back,
            do=do,
            done="Đã ghi. Người đã đặt hẹn giữ nguyên giờ.",
            about=[unit_name(unit), "Ngày lễ, ngày nghỉ bù theo lịch chung; ngày nghỉ riêng của quầy ghi ở trang của quầy."],
            seen=seen,
            button="Ghi",
        )

    def close_day(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Close a day; who has an appointment on it is told."""
        row = self.found(request, object_id)
        require(actor_of(request), ARRANGE, row.unit_code)
        return self.ask(
            request,
            title="Thêm ngày nghỉ",
            form=ClosedDayForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: plans.close_day(actor=actor_of(request), unit_code=row.unit_code, now=timezone.now(), **said),
            done=lambda number: f"Đã ghi ngày nghỉ. Đã hủy và báo cho {number} người có hẹn.",
            about=["Lịch hẹn của ngày này bị hủy; người có hẹn nhận tin với lý do và chọn giờ khác."],
        )

    def open_day(self, request: HttpRequest, object_id: UUID, closed_id: int) -> HttpResponse:
        """Take appointments again."""
        row = self.found(request, object_id)
        plans.open_day(actor=actor_of(request), unit_code=row.unit_code, closed_id=closed_id)
        messages.success(request, "Đã nhận hẹn lại ngày này.")
        return redirect(self.address("change", row.pk))


# Calling numbers ---------------------------------------------------------------------------------------------------------------


@admin.register(Ticket)
class TicketAdmin(OfficerModelAdmin):
    """The officer's counter: whom it serves, who waits; calling, drawing, checking in. By keyboard: every button has its letter."""

    view_act = WORK
    unit_field = "unit_code"
    list_display = ("number", "day", "state")
    ordering = ("-day", "number")

    def address(self, name: str, *args: object) -> str:
        """An address of this model's pages."""
        return reverse(f"admin:dossiers_ticket_{name}", args=args)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "dossiers_ticket"
        return [
            path("counter/", view(require_POST(self.sit_down)), name=f"{name}_counter"),
            path("next/", view(require_POST(self.call_next)), name=f"{name}_next"),
            path("walk_in/", view(require_POST(self.walk_in)), name=f"{name}_walk_in"),
            path("check_in/", view(require_POST(self.check_in)), name=f"{name}_check_in"),
            *(path(f"<uuid:object_id>/{verb}/", view(require_POST(self._step(verb))), name=f"{name}_{verb}") for verb in counter.STEPS),
            *super().get_urls(),
        ]

    def _counter(self, request: HttpRequest, unit: str) -> int:
        """Where the officer sits: as they said in this session, the only one where there is one; 0 where they have yet to say."""
        number, most = request.session.get(COUNTER), counter.counters_of(unit)
        if isinstance(number, int) and 1 <= number <= most:
            return number
        return 1 if most == 1 else 0

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The counter's page."""
        actor = actor_of(request)
        if not self.has_view_permission(request):
            require(actor, WORK, actor.unit)
        return self._page(request)

    def _page(self, request: HttpRequest, *, problem: str = "", typed: str = "", status: int = 200) -> HttpResponse:
        actor, now = actor_of(request), timezone.now()
        seat, waiting = self._counter(request, actor.unit), queries.queue(actor.unit, now)
        here = next((one for one in waiting.called if one.counter == seat), None)
        labels = {edge.name: edge.label for edge in TICKETS.transitions.values()}
        steps = [(verb, labels[verb], self.address(verb, here.pk)) for verb in ("serve", "recall", "miss", "finish")
                 if here is not None and not TICKETS.refusal(here, verb)]  # fmt: skip
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Quầy {seat}" if seat else "Chọn quầy của bạn",
            "unit": unit_name(actor.unit),
            "seat": seat,
            "seats": range(1, counter.counters_of(actor.unit) + 1),
            "here": here,
            "minutes": int((now - here.served_at).total_seconds() // 60) if here is not None and here.served_at else None,
            "steps": steps,
            "may_call": bool(seat) and (here is None or here.state == Ticket.State.SERVING),
            "others": [one for one in waiting.called if one is not here],
            "waiting": [(one, LINE_WORDS[line], rules.waited(one.taken_at, one.due_at, now) // 60) for one, line in waiting.waiting],
            "missed": [(one, self.address("come_back", one.pk)) for one in waiting.missed],
            "limit": int(rules.waiting_limit(timezone.localdate(now)).total_seconds() // 60),
            "priorities": Priority.choices,
            "problem": problem,
            "typed": typed,
            "board": reverse("counter-board", args=[actor.unit]),
            "address": {name: self.address(name) for name in ("next", "walk_in", "check_in", "counter")},
        }
        return TemplateResponse(request, "admin/dossiers/ticket/counter.html", context, status=status)

    def _done(self, request: HttpRequest, words: str) -> HttpResponse:
        messages.success(request, words)
        return redirect(self.address("changelist"))

    def sit_down(self, request: HttpRequest) -> HttpResponse:
        """Say at which counter one sits."""
        actor = actor_of(request)
        require(actor, WORK, actor.unit)
        text = request.POST.get("counter", "")
        if not (text.isascii() and text.isdigit() and len(text) < 3 and 1 <= int(text) <= counter.counters_of(actor.unit)):
            return self._page(request, problem="Bạn hãy chọn một quầy của đơn vị.", status=422)
        request.session[COUNTER] = int(text)
        return redirect(self.address("changelist"))

    def call_next(self, request: HttpRequest) -> HttpResponse:
        """Call whoever is next."""
        actor = actor_of(request)
        try:
            ticket = counter.call_next(actor=actor, unit_code=actor.unit, counter=self._counter(request, actor.unit), now=timezone.now())
        except CounterRefused as refused:
            return self._page(request, problem=refused.message, status=refused.status)
        if ticket.state == Ticket.State.DONE:
            return self._done(request, f"Đã xong số {ticket.number}. Không còn ai chờ.")
        return self._done(request, f"Đang gọi số {ticket.number} đến quầy {ticket.counter}.")

    def walk_in(self, request: HttpRequest) -> HttpResponse:
        """Draw a number for somebody without an appointment."""
        actor = actor_of(request)
        ticket = counter.walk_in(actor=actor, unit_code=actor.unit, priority=self._priority(request), now=timezone.now())
        return self._done(request, f"Số {ticket.number}. Bạn đưa số này cho người đến.")

    def check_in(self, request: HttpRequest) -> HttpResponse:
        """Whoever has an appointment has come."""
        actor, typed = actor_of(request), request.POST.get("code", "").replace("\0", "")[:200]
        try:
            ticket = counter.check_in(actor=actor, unit_code=actor.unit, typed=typed, priority=self._priority(request), now=timezone.now())
        except CounterRefused as refused:
            return self._page(request, problem=refused.message, typed=typed, status=refused.status)
        return self._done(request, f"Số {ticket.number}, có hẹn. Bạn đưa số này cho người đến.")

    @staticmethod
    def _priority(request: HttpRequest) -> str:
        said = request.POST.get("priority", "")
        return said if said in Priority.values else ""

    def _step(self, verb: str) -> Any:
        done = {
            "recall": "Đã gọi lại số {}.", "serve": "Bắt đầu giải quyết số {}.", "miss": "Số {} không có mặt.",
            "come_back": "Số {} đã trở lại hàng.", "finish": "Đã xong số {}.",
        }  # fmt: skip

        def act(request: HttpRequest, object_id: UUID) -> HttpResponse:
            if not self.get_queryset(request).filter(pk=object_id).exists():
                raise Http404
            try:
                ticket = counter.step(actor=actor_of(request), ticket_id=object_id, name=verb, now=timezone.now())
            except CounterRefused as refused:
                return self._page(request, problem=refused.message, status=refused.status)
            return self._done(request, done[verb].format(ticket.number))

        return act

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """When a number was drawn, called, served."""
        try:
            row = self.get_queryset(request).filter(pk=UUID(object_id)).first()
        except ValueError:
            row = None
        if row is None:
            raise Http404
        labels = people.officer_labels([row.position_id]) if row.position_id else {}
        facts = [
            ("Tình trạng", row.get_state_display()),
            ("Ưu tiên", str(row.get_priority_display())),
            ("Lấy số lúc", moment(row.taken_at)),
            ("Giờ hẹn", moment(row.due_at)),
            ("Gọi lúc", moment(row.called_at)),
            ("Số lần gọi", row.calls),
            ("Quầy", row.counter),
            ("Cán bộ", labels.get(row.position_id)),
            ("Chờ (phút)", _minutes(row.waited_seconds)),
            ("Giải quyết (phút)", _minutes(row.handled_seconds)),
        ]
        page = Page(f"Số {row.number}, {row.day:%d/%m/%Y}", [Facts("Lượt", facts)])
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "list_url": self.address("changelist"), "title": page.title,
            "page": page,
        }  # fmt: skip
        return TemplateResponse(request, "admin/desk/page.html", context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


# Appointments ------------------------------------------------------------------------------------------------------------------


class DayFilter(admin.SimpleListFilter):
    """By day."""

    title = "ngày"
    parameter_name = "ngay"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("hom-nay", "Hôm nay"), ("ngay-mai", "Ngày mai"), ("sap-toi", "Sắp tới")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        spans = {
            "hom-nay": (today, today + dt.timedelta(days=1)),
            "ngay-mai": (today + dt.timedelta(days=1), today + dt.timedelta(days=2)),
            "sap-toi": (today, today + dt.timedelta(days=90)),
        }
        span = spans.get(self.value() or "")
        return queryset.filter(starts_at__gte=span[0], starts_at__lt=span[1]) if span else queryset


@admin.register(Appointment)
class AppointmentAdmin(DeskModelAdmin):
    """Appointments at the officer's units."""

    view_act = WORK
    unit_field = "unit_code"
    refusals = (CounterRefused,)
    list_display = ("time_shown", "procedure", "state_shown", "priority_shown")
    list_display_links = ("time_shown",)
    list_filter: ClassVar[Any] = (DayFilter,)
    search_fields = ("=code",)
    search_help_text = "Mã lịch hẹn viết đủ"
    ordering = ("-starts_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Not those whose phone has yet to be confirmed."""
        return super().get_queryset(request).exclude(state=Appointment.State.HELD)

    @admin.display(description="Giờ hẹn", ordering="starts_at")
    def time_shown(self, row: Appointment) -> str:
        return moment(row.starts_at)

    @admin.display(description="Thủ tục")
    def procedure(self, row: Appointment) -> Any:
        return two_lines(row.procedure_name, row.dossier_code)

    @admin.display(description="Tình trạng", ordering="state")
    def state_shown(self, row: Appointment) -> str:
        return str(row.get_state_display())

    @admin.display(description="Ưu tiên")
    def priority_shown(self, row: Appointment) -> str:
        return str(row.get_priority_display()) if row.priority else "–"

    def get_urls(self) -> list[Any]:
        """Calling off has an address of its own."""
        view = self.admin_site.admin_view
        return [path("<uuid:object_id>/call_off/", view(self.call_off), name="dossiers_appointment_call_off"), *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Who comes for what. That an officer looked is written down, for it shows a person's name."""
        with transaction.atomic():
            record(actor_of(request), "read_appointment", row)
        ahead = row.state == Appointment.State.BOOKED and row.starts_at > timezone.now()
        facts = [
            ("Cơ quan", unit_name(row.unit_code)),
            ("Thủ tục", f"{row.procedure_name} ({row.procedure_code})"),
            ("Hồ sơ", row.dossier_code or "–"),
            ("Họ và tên", row.name),
            ("Điện thoại", row.phone),
            ("Ưu tiên", str(row.get_priority_display())),
            ("Tình trạng", str(row.get_state_display())),
            ("Lý do hủy", row.cancel_reason or "–"),
            ("Đặt lúc", moment(row.created_at)),
        ]
        ways = [Way("Hủy hẹn", self.address("call_off", row.pk), "danger")] if ahead else []
        return Page(f"Lịch hẹn {moment(row.starts_at)}", [Facts("Lịch hẹn", facts)], ways)

    def call_off(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The unit cannot receive them."""
        row = self.found(request, object_id)
        return self.ask(
            request,
            title="Hủy lịch hẹn",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: booking.call_off_one(actor=actor_of(request), appointment_id=row.pk, reason=said["reason"], now=timezone.now()),
            done="Đã hủy và báo cho người đặt hẹn.",
            about=["Người đặt hẹn nhận tin với lý do này và chọn giờ khác."],
        )


# Receptions at home ------------------------------------------------------------------------------------------------------------


class AssignForm(PlainForm):
    """Who goes when."""

    position_id = forms.TypedChoiceField(label="Cán bộ đến", coerce=UUID)
    day = forms.DateField(label="Ngày đến", input_formats=["%d/%m/%Y", "%Y-%m-%d"], help_text="Ngày/tháng/năm.")
    half = forms.ChoiceField(label="Buổi", choices=HomeVisit.Half.choices)
    message = forms.CharField(label="Lời nhắn", required=False, max_length=500, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = people.holders(unit, visits.GOERS)
        self.fields["position_id"].choices = [(str(one.position_id), one.label) for one in held]  # type: ignore[attr-defined]


class VisitStateFilter(admin.SimpleListFilter):
    """By how far it is."""

    title = "tình trạng"
    parameter_name = "tinh-trang"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in HomeVisit.State]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(HomeVisit)
class HomeVisitAdmin(DeskModelAdmin):
    """Requests to come to people's homes."""

    view_act = VISIT
    unit_field = "unit_code"
    refusals = (CounterRefused,)
    list_display = ("procedure_name", "state_shown", "wanted", "coming", "created_at")
    list_display_links = ("procedure_name",)
    list_filter: ClassVar[Any] = (VisitStateFilter,)
    ordering = ("-created_at", "id")

    @admin.display(description="Tình trạng", ordering="state")
    def state_shown(self, row: HomeVisit) -> str:
        return str(row.get_state_display())

    @admin.display(description="Mong muốn")
    def wanted(self, row: HomeVisit) -> str:
        return f"{row.get_wanted_half_display()}, {row.wanted_on:%d/%m/%Y}"

    @admin.display(description="Đến")
    def coming(self, row: HomeVisit) -> Any:
        return two_lines(f"{row.get_half_display()}, {row.day:%d/%m/%Y}", row.officer_label) if row.day else "–"

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "dossiers_homevisit"
        one = "<uuid:object_id>/"
        return [
            path(one + "assign/", view(self.assign), name=f"{name}_assign"),
            path(one + "done/", view(self.done), name=f"{name}_done"),
            path(one + "decline/", view(self.decline), name=f"{name}_decline"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Where, why, who goes. That an officer looked is written down."""
        actor = actor_of(request)
        with transaction.atomic():
            record(actor, "read_visit", row)
        facts = [
            ("Cơ quan", unit_name(row.unit_code)),
            ("Thủ tục", f"{row.procedure_name} ({row.procedure_code})"),
            ("Họ và tên", row.name),
            ("Điện thoại", row.phone),
            ("Địa chỉ", row.address),
            ("Lý do", row.reason),
            ("Mong muốn", self.wanted(row)),
            ("Tình trạng", str(row.get_state_display())),
            ("Ngày đến", f"{row.get_half_display()}, {row.day:%d/%m/%Y}" if row.day else "–"),
            ("Cán bộ đến", row.officer_label or "–"),
            ("Lời nhắn", row.answer or "–"),
        ]
        kinds = {"decline": "danger", "done": "" if row.state == HomeVisit.State.ASSIGNED else "quiet"}
        ways = [
            Way("Xếp lại" if edge.name == "assign" and row.day else edge.label, self.address(edge.name, row.pk), kinds.get(edge.name, ""))
            for edge in VISITS.open_to(actor, row, unit=row.unit_code)
        ]
        return Page("Tiếp nhận tại nhà", [Facts("Yêu cầu", facts)], ways)

    def _act(self, request: HttpRequest, row: HomeVisit, *, title: str, form: Any, do: Any, done: str, about: list[str]) -> HttpResponse:
        require(actor_of(request), VISIT, row.unit_code)
        seen = seen_version(request) if request.method == "POST" else row.version
        return self.ask(
            request, title=title, form=form, back=self.address("change", row.pk), do=lambda said: do(said, seen), done=done, about=about,
            seen=seen,
        )  # fmt: skip

    def assign(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Give it a day and an officer."""
        row = self.found(request, object_id)
        day, half = row.day or row.wanted_on, row.half or row.wanted_half
        form = (
            AssignForm(request.POST, unit=row.unit_code)
            if request.method == "POST"
            else AssignForm(initial={"day": f"{day:%d/%m/%Y}", "half": half, "message": row.answer}, unit=row.unit_code)
        )
        return self._act(
            request,
            row,
            title="Xếp lịch đến nhà",
            form=form,
            do=lambda said, seen: visits.assign(actor=actor_of(request), visit_id=row.pk, seen_version=seen, now=timezone.now(), **said),
            done="Đã xếp lịch và báo cho người yêu cầu.",
            about=[f"Mong muốn: {self.wanted(row)}."],
        )

    def done(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The officer has been there."""
        row = self.found(request, object_id)
        return self._act(
            request,
            row,
            title="Đã tiếp nhận tại nhà",
            form=None,
            do=lambda _said, seen: visits.done(actor=actor_of(request), visit_id=row.pk, seen_version=seen, now=timezone.now()),
            done="Đã ghi.",
            about=["Cán bộ đã đến và tiếp nhận hồ sơ tại nhà."],
        )

    def decline(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The unit cannot come."""
        row = self.found(request, object_id)
        return self._act(
            request,
            row,
            title="Không nhận yêu cầu",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            do=lambda said, seen: visits.decline(
                actor=actor_of(request), visit_id=row.pk, reason=said["reason"], seen_version=seen, now=timezone.now()
            ),
            done="Đã báo cho người yêu cầu.",
            about=["Người yêu cầu đọc được lý do này."],
        )


def desk_panel(request: HttpRequest) -> list[DeskLine]:
    """Requests that nobody has given a day yet (one query, none for whom it does not concern)."""
    actor = actor_of(request)
    if not may(actor, VISIT, actor.unit):
        return []
    count = visible_to(actor, HomeVisit.objects.filter(state=HomeVisit.State.ASKED), VISIT, "unit_code").count()
    url = reverse("admin:dossiers_homevisit_changelist") + "?tinh-trang=asked"
    return [DeskLine("Tiếp nhận tại nhà, chờ xếp lịch", count, url, "wait")] if count else []


register_desk_panel(desk_panel)


# Figures -----------------------------------------------------------------------------------------------------------------------


@admin.register(CounterDay)
class CounterDayAdmin(OfficerModelAdmin):
    """How long people waited and were served, by unit; of one's own unit by counter and officer too. VPCP sees every unit."""

    view_act = READ
    unit_field = "unit_code"
    list_display = ("unit_code", "day", "called")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The door: one's own units, or all of them for who steers."""
        actor = actor_of(request)
        rows = CounterDay.objects.all()
        return rows if may(actor, WATCH) else visible_to(actor, rows, READ, "unit_code")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) or may(actor_of(request), WATCH)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        """Only the page: a count has none of its own."""
        return [path("", self.admin_site.admin_view(require_safe(self.changelist_view)), name="dossiers_counterday_changelist")]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The figures of a span of days."""
        if not self.has_view_permission(request):
            require(actor_of(request), READ, actor_of(request).unit)
        today = timezone.localdate()
        since, until = self._day(request, "tu", today - dt.timedelta(days=29)), self._day(request, "den", today)
        found = queries.figures(self.get_queryset(request), since, until)
        names = catalogues.agency_names(row["unit_code"] for row in found)
        limit = int(rules.waiting_limit(until).total_seconds() // 60)
        rows = [
            (
                two_lines(names.get(row["unit_code"], row["unit_code"]), row["unit_code"]),
                row["sum_last"], row["sum_booked"], row["sum_first"], row["sum_called"],
                _minutes(row["average"]), row["sum_waited_over"],
                row["sum_served"], _minutes(row["sum_handled_seconds"] / row["sum_served"] if row["sum_served"] else None),
                row["sum_handled_over"], row["sum_missed"],
            )
            for row in found
        ]  # fmt: skip
        headings = ("Cơ quan", "Số đã lấy", "Có hẹn", "Ưu tiên", "Đã gọi", "Chờ trung bình (phút)", f"Chờ quá {limit} phút", "Đã xong",
                    "Giải quyết trung bình (phút)", "Giải quyết quá 30 phút", "Vắng")  # fmt: skip
        parts: list[Any] = [Rows("Theo cơ quan, chờ lâu nhất ở trên", headings, rows, "Chưa gọi số nào trong thời gian này.")]
        own = actor_of(request).unit
        if any(row["unit_code"] == own for row in found):
            by = queries.at_counters(own, until)
            labels = people.officer_labels([row["position_id"] for row in by if row["position_id"]])
            seats = [
                (row["counter"], labels.get(row["position_id"], "–"), row["served"], _minutes(row["waited"]), _minutes(row["handled"]))
                for row in by
            ]
            parts.append(Rows(f"{unit_name(own)}, ngày {until:%d/%m/%Y}, theo quầy và cán bộ",
                              ("Quầy", "Cán bộ", "Đã xong", "Chờ trung bình (phút)", "Giải quyết trung bình (phút)"), seats))  # fmt: skip
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Chờ và giải quyết tại quầy",
            "parts": parts,
            "since": since,
            "until": until,
            "limit": limit,
        }
        return TemplateResponse(request, "admin/dossiers/counterday/figures.html", context)

    @staticmethod
    def _day(request: HttpRequest, name: str, default: dt.date) -> dt.date:
        try:
            return parse_date(request.GET.get(name, "")) or default
        except ValueError:
            return default
