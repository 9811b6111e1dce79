"""The watch on the desk: the state of the portal, alarms, their rules, security events."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from portal.access import actor_of, may
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Rows, Way, moment
from portal.access.roles import ROLES
from portal.access.site import DeskLine, OfficerModelAdmin, register_desk_panel
from portal.audit.words import POSITION, names_of
from portal.operations import alarms, figures, security
from portal.operations.connections import connections, of_unit
from portal.operations.models import Alarm, AlarmRule, Figure, SecurityEvent, Silence

GROUPS = {
    "web": "Truy cập", "queues": "Hàng đợi", "database": "Cơ sở dữ liệu", "storage": "Lưu trữ", "certificates": "Chứng thư",
    "sign_in": "Đăng nhập", "connections": "Gọi hệ thống ngoài", "security": "An toàn",
}  # fmt: skip
LATE = dt.timedelta(minutes=3)
ROWS_SHOWN = 60
CHARTS = (
    ("Lượt truy cập", "lượt", (("web.requests", "Lượt truy cập"),)),
    ("Lỗi và thời gian trả lời", "%, giây", (("web.error_share", "Lỗi (%)"), ("web.p95", "95% trong (giây)"))),
    ("Việc gửi ra ngoài đang chờ", "việc", (("outbox.due", "Đang chờ"),)),
    ("Đăng nhập", "lượt", (("sign_in.done", "Thành công"), ("sign_in.failed", "Không thành"))),
    ("Hỏi hệ thống ngoài", "lượt", (("outside.answered", "Được trả lời"), ("outside.failed", "Không được trả lời"))),
)
CHANNEL_WORDS = [("sms", "Tin nhắn SMS"), ("email", "Thư điện tử"), ("inbox", "Hộp thư trên Cổng")]


def _shown(value: float, unit: str) -> str:
    if unit == "byte":
        for name, size in (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)):
            if value >= size:
                return f"{value / size:,.1f}".translate(str.maketrans(",.", ".,")) + f" {name}"
    digits = 0 if value == round(value) or value >= 100 else 2
    # Points between thousands, a comma before the rest: as everywhere on the desk.
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,")) + (f" {unit}" if unit else "")


def _groups(now: dt.datetime) -> list[dict[str, Any]]:
    """What was measured last, beside the limits of the rules (two queries)."""
    latest = figures.latest(now)
    rules: dict[str, list[AlarmRule]] = defaultdict(list)
    for rule in AlarmRule.objects.filter(is_on=True):
        rules[rule.figure].append(rule)
    found: dict[str, list[dict[str, Any]]] = {group: [] for group in GROUPS}
    for name, known in figures.known().items():
        labels = latest.get(name, {})
        if name == "connection.down" or known.group not in found:
            continue
        if not labels and known.read is None:
            labels = {"": 0.0} if known.group in ("web", "sign_in") else {}
        called = known.names(labels) if known.names and labels else {}
        for label, value in sorted(labels.items(), key=lambda pair: pair[0])[:ROWS_SHOWN]:
            first = next(iter(rules.get(name, ())), None)
            beyond = first is not None and (value < first.limit if first.is_below else value > first.limit)
            limit = f"{'từ' if first.is_below else 'đến'} {_shown(first.limit, known.unit)}" if first is not None else ""
            row = {"title": known.title, "label": called.get(label, label), "value": _shown(value, known.unit)}
            found[known.group].append({**row, "is_beyond": beyond, "limit": limit})
    return [{"title": GROUPS[group], "rows": rows} for group, rows in found.items() if rows]


def _charts(over: str, now: dt.datetime) -> list[dict[str, Any]]:
    names = [name for _, _, series in CHARTS for name, _ in series]
    found = figures.courses(names, over, now)
    form = "%d/%m" if over == "month" else "%H:%M"
    charts = []
    for title, unit, series in CHARTS:
        labels = [timezone.localtime(at).strftime(form) for at in found[series[0][0]].times]
        values = [
            {"name": called, "values": [None if value is None else round(value, 2) for value in found[name].values]}
            for name, called in series
        ]
        charts.append({"title": title, "unit": unit, "axis": "Ngày" if over == "month" else "Lúc", "labels": labels, "series": values})
    return charts


@admin.register(Figure)
class StateAdmin(OfficerModelAdmin):
    """One page: VPCP and operators see everything, an agency's officers the connections of their agency."""

    view_act = alarms.SEE
    menu_place = 1

    def _sees(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, alarms.SEE) or may(actor, alarms.SEE_OWN, actor.unit)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._sees(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._sees(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The state now, and its history of a day or a month (``?trong=thang``)."""
        if not self._sees(request):
            raise PermissionDenied
        actor, now = actor_of(request), timezone.now()
        context: dict[str, Any] = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Tình trạng hệ thống"}
        found = connections(now)
        if not may(actor, alarms.SEE):
            context |= {"title": "Kết nối của đơn vị", "sees_all": False, "connections": of_unit(found, actor.unit)}
            return TemplateResponse(request, "admin/operations/state.html", context)
        over = "month" if request.GET.get("trong") == "thang" else "day"
        rows = Figure.objects.filter(span=Figure.MINUTE, name=figures.LOOKED, label="")
        looked = rows.order_by("-at").values_list("at", flat=True).first()
        opened = list(Alarm.objects.filter(closed_at=None).select_related("rule").order_by("-raised_at", "-pk")[:ROWS_SHOWN])
        context |= {
            "sees_all": True,
            "looked": looked,
            "is_late": looked is None or now - looked > LATE,
            "alarms": [(alarm, _cause(alarm, {one.code: one.name for one in found})) for alarm in opened],
            "groups": _groups(now),
            "connections": found,
            "over": over,
            "charts": _charts(over, now),
        }
        return TemplateResponse(request, "admin/operations/state.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is no page for a row."""
        raise Http404


def _cause(alarm: Alarm, names: dict[str, str]) -> str:
    return names.get(alarm.cause, alarm.cause)


class SilenceForm(PlainForm):
    """Until when nobody is told, and why."""

    hours = forms.IntegerField(label="Tạm im trong (giờ)", min_value=1, max_value=168, initial=2)
    reason = forms.CharField(label="Lý do", max_length=300, widget=forms.Textarea({"rows": 3}))


@admin.register(Alarm)
class AlarmAdmin(DeskModelAdmin):
    """Newest first; a page each, with what can be done."""

    view_act = alarms.SEE
    menu_place = 2
    list_display = ("what", "grade", "raised_at", "last_at", "times", "state")
    list_select_related = ("rule",)
    ordering = ("-raised_at", "-id")
    search_fields = ("=cause", "=rule__key")
    search_help_text = "Tìm theo nguyên nhân hoặc mã luật, viết đủ"
    refusals = (alarms.AlarmRefused,)

    @admin.display(description="Cảnh báo")
    def what(self, alarm: Alarm) -> str:
        """Rule and cause."""
        return str(alarm)

    @admin.display(description="Mức")
    def grade(self, alarm: Alarm) -> str:
        """How grave."""
        return alarm.rule.get_grade_display()

    @admin.display(description="Tình trạng")
    def state(self, alarm: Alarm) -> str:
        """Open, taken, over."""
        if alarm.closed_at:
            return f"Hết lúc {moment(alarm.closed_at)}"
        if alarm.acknowledged_at:
            return "Đã có người nhận"
        return "Đã báo lên, chưa ai nhận" if alarm.escalated_at else "Chưa ai nhận"

    def get_urls(self) -> list[URLPattern]:
        """The acts."""
        ways = {"nhan-viec": self.acknowledge, "tam-im": self.silence, "bo-tam-im": self.unsilence}
        own = [path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"operations_alarm_{name}") for name, view in ways.items()]
        return [*own, *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Facts, the course of its figure, what to do."""
        rule, known = row.rule, figures.known().get(row.rule.figure)
        silent = Silence.objects.filter(rule=rule, cause=row.cause, until__gt=timezone.now()).first()
        unit = known.unit if known else ""
        facts = [
            ("Mức", rule.get_grade_display()),
            ("Nguyên nhân", alarms.cause_words(row) or "–"),
            ("Điều kiện", f"{known.title if known else rule.figure} {'dưới' if rule.is_below else 'trên'} {_shown(rule.limit, unit)}"),
            ("Giá trị gần nhất", _shown(row.value, unit)),
            ("Từ lúc", moment(row.raised_at)),
            ("Lần cuối", moment(row.last_at)),
            ("Số lần", row.times),
            ("Đơn vị liên quan", ", ".join(row.units) or "–"),
            ("Đã báo lúc", moment(row.told_at)),
            ("Người nhận việc", _position(row.acknowledged_by) if row.acknowledged_at else "Chưa ai nhận"),
            ("Báo lên lúc", moment(row.escalated_at)),
            ("Hết lúc", moment(row.closed_at)),
            ("Việc cần làm", rule.advice or "–"),
        ]
        course = figures.courses([rule.figure], "day", timezone.now(), label=row.cause)[rule.figure]
        lines = [
            (f"{timezone.localtime(at):%H:%M %d/%m}", _shown(value, unit))
            for at, value in reversed(list(zip(course.times, course.values, strict=True)))
            if value is not None
        ]
        notes = [f"Tạm im đến {moment(silent.until)}: {silent.reason}"] if silent else []
        ways = []
        if may(actor_of(request), alarms.ANSWER):
            if row.closed_at is None and row.acknowledged_at is None:
                ways.append(Way("Nhận việc", self.address("nhan-viec", row.pk)))
            ways.append(
                Way("Báo lại như thường", self.address("bo-tam-im", row.pk))
                if silent
                else Way("Tạm im", self.address("tam-im", row.pk), "quiet")
            )
        return Page(str(row), [Facts("Cảnh báo", facts), Rows("24 giờ qua", ("Từ", "Cao nhất hoặc tổng"), lines)], ways, notes)

    def acknowledge(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take it on."""
        row, actor = self.found(request, pk), actor_of(request)
        return self.ask(
            request,
            title=f"Nhận việc: {row}",
            form=None,
            back=self.address("change", pk),
            do=lambda _: alarms.acknowledge(alarm_id=pk, actor=actor, now=timezone.now()),
            done="Bạn đã nhận việc này.",
            about=["Cảnh báo này không báo lên cấp trên nữa; nó tự hết khi nguyên nhân hết."],
            button="Nhận việc",
        )

    def silence(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Tell nobody for a while."""
        row, actor, now = self.found(request, pk), actor_of(request), timezone.now()
        return self.ask(
            request,
            title=f"Tạm im: {row}",
            form=SilenceForm(request.POST if request.method == "POST" else None),
            back=self.address("change", pk),
            do=lambda said: alarms.silence(
                alarm_id=pk, until=now + dt.timedelta(hours=said["hours"]), reason=said["reason"], actor=actor, now=now
            ),
            done="Đã tạm im. Cảnh báo vẫn được ghi và hiện ở đây.",
            about=["Không báo cho ai về nguyên nhân này đến khi hết hạn; nguyên nhân khác vẫn báo."],
            button="Tạm im",
        )

    def unsilence(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Tell again."""
        row, actor = self.found(request, pk), actor_of(request)
        return self.ask(
            request,
            title=f"Báo lại như thường: {row}",
            form=None,
            back=self.address("change", pk),
            do=lambda _: alarms.unsilence(alarm_id=pk, actor=actor),
            done="Cảnh báo này được báo lại như thường.",
            button="Báo lại như thường",
        )


def _position(position: UUID | None) -> str:
    return names_of(POSITION, [str(position)]).get(str(position), str(position)) if position else "–"


class RuleForm(PlainForm):
    """When, whom and by what."""

    limit = forms.FloatField(label="Ngưỡng")
    minutes = forms.IntegerField(label="Liên tục trong (phút)", min_value=1, max_value=60)
    grade = forms.ChoiceField(label="Mức", choices=AlarmRule.Grade.choices)
    roles = forms.MultipleChoiceField(label="Báo cho", choices=ROLES, widget=forms.CheckboxSelectMultiple, required=False)
    channels = forms.MultipleChoiceField(label="Bằng", choices=CHANNEL_WORDS, widget=forms.CheckboxSelectMultiple, required=False)
    escalate_minutes = forms.IntegerField(label="Chưa ai nhận thì báo lên sau (phút; 0: không)", min_value=0, max_value=1440)
    escalate_roles = forms.MultipleChoiceField(label="Báo lên cho", choices=ROLES, widget=forms.CheckboxSelectMultiple, required=False)
    is_on = forms.BooleanField(label="Đang dùng", required=False)


@admin.register(AlarmRule)
class AlarmRuleAdmin(DeskModelAdmin):
    """By key; a page each."""

    view_act = alarms.SEE
    menu_place = 3
    by_cursor = False
    list_display = ("key", "label", "grade", "is_on")
    ordering = ("key",)
    refusals = (alarms.AlarmRefused,)

    def get_urls(self) -> list[URLPattern]:
        """The act."""
        own = path("<str:key>/sua/", self.admin_site.admin_view(self.change), name="operations_alarmrule_sua")
        return [own, *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The rule in words."""
        known, roles = figures.known().get(row.figure), dict(ROLES)
        words = dict(CHANNEL_WORDS)
        facts = [
            ("Số đo", known.title if known else row.figure),
            ("Khi", f"{'dưới' if row.is_below else 'trên'} {_shown(row.limit, known.unit if known else '')}, {row.minutes} phút liền"),
            ("Mức", row.get_grade_display()),
            ("Báo cho", ", ".join(roles.get(role, role) for role in row.roles) or "–"),
            ("Bằng", ", ".join(words.get(channel, channel) for channel in row.channels) or "–"),
            ("Chưa ai nhận", f"sau {row.escalate_minutes} phút báo cho {', '.join(roles.get(role, role) for role in row.escalate_roles)}"
             if row.escalate_minutes and row.escalate_roles else "không báo lên"),
            ("Việc cần làm", row.advice or "–"),
            ("Đang dùng", "Có" if row.is_on else "Không"),
        ]  # fmt: skip
        ways = [Way("Sửa", self.address("sua", row.pk))] if may(actor_of(request), alarms.KEEP) else []
        return Page(row.label, [Facts("Luật cảnh báo", facts)], ways)

    def change(self, request: HttpRequest, key: str) -> HttpResponse:
        """Another limit, other people."""
        row, actor = self.found(request, key), actor_of(request)
        initial = {name: getattr(row, name) for name in RuleForm.base_fields}
        return self.ask(
            request,
            title=f"Sửa luật: {row.label}",
            form=RuleForm(request.POST if request.method == "POST" else None, initial=initial),
            back=self.address("change", key),
            do=lambda said: alarms.change_rule(key=key, actor=actor, **said),
            done="Đã ghi; luật mới dùng từ phút sau.",
            button="Ghi",
        )


@admin.register(SecurityEvent)
class SecurityEventAdmin(DeskModelAdmin):
    """Newest first; what was seen, where from, whether it was handed on."""

    view_act = alarms.SEE
    menu_place = 4
    list_display = ("at", "what", "cause", "times", "from_where", "handed")
    list_filter = ("kind",)
    ordering = ("-at", "-id")

    @admin.display(description="Loại")
    def what(self, event: SecurityEvent) -> str:
        """The kind in words."""
        return security.KINDS[event.kind].label if event.kind in security.KINDS else event.kind

    @admin.display(description="Từ địa chỉ")
    def from_where(self, event: SecurityEvent) -> str:
        """The addresses that came most often."""
        return ", ".join(f"{source} ({count})" for source, count in sorted(event.sources.items(), key=lambda one: -one[1])) or "–"

    @admin.display(description="Đã chuyển cơ quan giám sát")
    def handed(self, event: SecurityEvent) -> str:
        """When the receiver took it."""
        if event.taken_at:
            return moment(event.taken_at)
        return "Đang gửi" if event.handed_at else "Chưa"

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One event and the form in which it is handed on."""
        cause = _position(UUID(row.cause)) if row.kind in ("odd_hours", "refused_acts") and len(row.cause) == 36 else row.cause
        facts = [
            ("Loại", self.what(row)),
            ("Ở đâu", cause or "–"),
            ("Phút", moment(row.at)),
            ("Số lần", row.times),
            ("Từ địa chỉ", self.from_where(row)),
            ("Xếp để chuyển lúc", moment(row.handed_at)),
            ("Bên nhận đã nhận lúc", moment(row.taken_at)),
            ("Dạng chuyển (CEF)", security.cef_of(row)),
        ]
        return Page(self.what(row), [Facts("Sự kiện an toàn", facts)])


def _panel(request: HttpRequest) -> list[DeskLine]:
    """Alarms that nobody took press who is on duty (one query)."""
    if not may(actor_of(request), alarms.SEE):
        return []
    count = Alarm.objects.filter(closed_at=None, acknowledged_at=None).count()
    return [DeskLine("Cảnh báo chưa ai nhận", count, "/quan-tri/operations/alarm/", "bad")] if count else []


register_desk_panel(_panel)
