"""Messages and lines on the desk: each agency its own, VPCP all (Rules art. 48.4, 50, 52)."""

from __future__ import annotations

import base64
import json
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.html import format_html

from portal import audit
from portal.access import AccessDenied, actor_of, may
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, ReasonForm, Rows, Way, moment
from portal.access.site import DeskLine, register_desk_panel
from portal.exchange.messages import desk
from portal.exchange.messages.models import ConnectionEvent, Message, MessageStep, State, WatchedPartner
from portal.exchange.messages.telling import REASONS
from portal.exchange.partners import register
from portal.exchange.partners.models import Partner, PartnerKey, PartnerLine
from portal.exchange.partners.services import PartnerRefused
from portal.workdays.calendar import at

DAYS_SHOWN = 14
EVENTS_SHOWN = 30


class _Watched(DeskModelAdmin):
    """The door of both lists: VPCP all, an agency what speaks for it."""

    def _sees(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, desk.SEE) or (bool(actor.unit) and may(actor, desk.OWN_SEE, actor.unit))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._sees(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._sees(request)


class PartnerFilter(admin.SimpleListFilter):
    """One of the partners that the officer watches."""

    title, parameter_name = "Hệ thống", "partner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(row.code, row.code) for row in desk.partners_of(actor_of(request)).order_by("code").only("code")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(partner_id=self.value()) if self.value() else queryset


class DayFilter(admin.SimpleListFilter):
    """A day of Vietnam."""

    title, parameter_name = "Ngày", "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        today = timezone.localdate()
        days = [today - timedelta(days=number) for number in range(DAYS_SHOWN)]
        return [(day.isoformat(), f"{day:%d/%m/%Y}") for day in days]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        try:
            day = date.fromisoformat(self.value() or "")
        except ValueError:
            return queryset
        start = at(day, time.min)
        return queryset.filter(created_at__gte=start, created_at__lt=start + timedelta(days=1))


def _why(code: str) -> str:
    return REASONS.get(code, code) or "–"


def _claims(proof: str) -> str:
    """What a signed statement says, with its own text below, for whoever must prove it."""
    if not proof:
        return "–"
    part = proof.split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    lines = ", ".join(f"{name}: {value}" for name, value in said.items() if value not in ("", None))
    return format_html("{}<br><code class='wraps'>{}</code>", lines, proof)


@admin.register(Message)
class MessageAdmin(_Watched):
    """By code of a dossier, id, partner, day; a page tells a message's way from end to end."""

    by_cursor = True
    list_display = ("number_shown", "created", "partner_shown", "direction", "kind", "about", "state", "why")
    list_filter = ("state", "direction", PartnerFilter, DayFilter)
    search_fields = ("=about",)
    search_help_text = "Tìm theo mã hồ sơ, mã tin"
    ordering = ("-number",)
    refusals = (desk.NotAgain,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = Message.objects.order_by("-number").defer("body_sealed", "sender_proof", "receiver_proof")
        actor = actor_of(request)
        return rows if may(actor, desk.SEE) else rows.filter(partner__in=desk.partners_of(actor).values("pk"))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """An id outside is looked for as one; all else is a code."""
        try:
            number = UUID(search_term.strip())
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(Q(id=number) | Q(key=str(number), direction=Message.Direction.IN)), False

    @admin.display(description="Số", ordering="number")
    def number_shown(self, row: Message) -> int:
        """By which it is asked for."""
        return row.number

    @admin.display(description="Hệ thống", ordering="partner")
    def partner_shown(self, row: Message) -> str:
        """Whose."""
        return str(row.partner_id)

    @admin.display(description="Lập lúc", ordering="number")
    def created(self, row: Message) -> str:
        """When it was promised, or came."""
        return moment(row.created_at)

    @admin.display(description="Vì sao")
    def why(self, row: Message) -> str:
        """What went wrong last, or what came of it."""
        return _why(row.outcome or row.last_error)

    def get_urls(self) -> list[URLPattern]:
        """The acts."""
        own = [
            path("<int:number>/gui-lai/", self.admin_site.admin_view(self.again), name="partner_messages_message_again"),
            path("<int:number>/noi-dung/", self.admin_site.admin_view(self.read), name="partner_messages_message_read"),
        ]
        return [*own, *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Its way, and the proofs of both sides."""
        out = row.direction == Message.Direction.OUT
        facts = [
            ("Mã tin", str(row.id) if out else row.key),
            ("Hệ thống", f"{row.partner.name} ({row.partner_id})"),
            ("Chiều", row.get_direction_display()),
            ("Loại, phiên bản", f"{row.kind}, {row.version}"),
            ("Về", row.about or "–"),
            ("Tình trạng", row.get_state_display()),
            ("Số lần thử", str(row.attempts)),
            ("Lỗi gần nhất", _why(row.last_error)),
            ("Kết quả", row.outcome or "–"),
            ("Đường đi", {**dict(PartnerLine.Carrier.choices), "pull": "Hệ thống tự lấy"}.get(row.carrier, row.carrier) or "–"),
            ("Dung lượng nội dung", f"{row.size:,} byte".replace(",", ".")),
        ]
        proofs = [("Bên gửi ký", _claims(row.sender_proof)), ("Bên nhận ký", _claims(row.receiver_proof))]
        words = dict(MessageStep.What.choices)
        steps = [(moment(step.at), words.get(step.what, step.what), _why(step.code)) for step in row.steps.all()]
        ways = []
        if desk.may_resend(actor_of(request), row.partner):
            if row.state in (State.DEAD, State.REFUSED):
                ways.append(Way("Gửi lại" if out else "Xử lý lại", self.address("again", row.pk)))
            ways.append(Way("Đọc nội dung", self.address("read", row.pk), "quiet"))
        notes = ["Tin này không được gửi nữa. Đọc lỗi, sửa nguyên nhân rồi gửi lại."] if row.state == State.DEAD else []
        parts: list[Facts | Rows] = [
            Facts("Tin", facts),
            Rows("Đường đi của tin", ("Lúc", "Việc", "Chi tiết"), steps),
            Facts("Bằng chứng của hai bên", proofs),
        ]
        return Page(f"Tin {row.number}", parts, ways, notes)

    def again(self, request: HttpRequest, number: int) -> HttpResponse:
        """Give it all its tries again."""
        row, actor = self.found(request, number), actor_of(request)
        if not desk.may_resend(actor, row.partner):
            raise AccessDenied(desk.OWN_RESEND)
        return self.ask(
            request,
            title="Gửi lại tin" if row.direction == Message.Direction.OUT else "Xử lý lại tin",
            form=None,
            back=self.address("change", number),
            do=lambda _: desk.send_again(message=number, actor=actor, now=timezone.now()),
            done="Đã xếp tin này để gửi lại.",
            about=["Tin giữ chỗ cũ trong thứ tự của hồ sơ. Nếu nguyên nhân chưa sửa, tin sẽ lại bị trả."],
            button="Gửi lại",
        )

    def read(self, request: HttpRequest, number: int) -> HttpResponse:
        """The body, for who must find out why it was not taken; that they read it is written down."""
        row, actor = self.found(request, number), actor_of(request)
        if not desk.may_resend(actor, row.partner):
            raise AccessDenied(desk.OWN_RESEND)
        details = {"partner": row.partner_id, "kind": row.kind, "about": row.about}
        audit.record(actor=actor, act="exchange.read_message", target="partner_messages.message", target_id=str(row.id), details=details)
        text = json.dumps(json.loads(row.text), ensure_ascii=False, indent=2) if row.body_sealed else ""
        context = {**self._context(request), "title": f"Nội dung tin {row.number}", "text": text, "back": self.address("change", number)}
        answer = TemplateResponse(request, "admin/partner_messages/body.html", context)
        patch_cache_control(answer, no_store=True, private=True)
        return answer


class KeyForm(PlainForm):
    """A key or certificate."""

    use = forms.ChoiceField(label="Dùng để", choices=PartnerKey.Use.choices)
    key = forms.CharField(
        label="Khóa công khai",
        max_length=20_000,
        widget=forms.Textarea({"rows": 8}),
        help_text="JWK, khóa công khai PEM, hoặc chứng thư số PEM. Không bao giờ dán khóa bí mật.",
    )


class ContactForm(PlainForm):
    """Somebody to reach."""

    name = forms.CharField(label="Họ tên, chức vụ", max_length=200)
    phone = forms.CharField(label="Số điện thoại", max_length=20, required=False)
    email = forms.EmailField(label="Thư điện tử", required=False)
    wants_alarms = forms.BooleanField(label="Nhận báo mất kết nối, thay đổi máy chủ", required=False, initial=True)


class LineForm(PlainForm):
    """By which way and where a partner takes messages."""

    carrier = forms.ChoiceField(label="Đường đi", choices=PartnerLine.Carrier.choices)
    address = forms.CharField(
        label="Địa chỉ nhận tin",
        max_length=500,
        required=False,
        help_text="Cổng gửi đến địa chỉ này, thêm /messages. Qua Trục liên thông văn bản thì để trống.",
    )
    member = forms.CharField(
        label="Mã trên trục",
        max_length=200,
        required=False,
        help_text="NDXP (dstcode): ví dụ VN:GOV:000.00.00.H26:motcua. Trục liên thông văn bản: mã cơ quan, ví dụ 000.00.01.H26.",
    )
    zone = forms.CharField(label="Vùng mạng", max_length=200, required=False)
    server = forms.CharField(label="Máy chủ bảo mật: tên, phiên bản, nơi đặt, ai vận hành", max_length=300, required=False)
    effective_from = forms.DateTimeField(
        label="Có hiệu lực từ", required=False, help_text="Ví dụ 2026-12-07 08:00. Để trống: sớm nhất được phép (sau 3 ngày làm việc)."
    )


@admin.register(WatchedPartner)
class WatchedAdmin(_Watched):
    """Lines: which hold, which are lost, what waits; what an agency keeps of its own systems."""

    by_cursor = False
    list_display = ("code", "name", "line_state", "last_ok", "waiting_count", "dead_count")
    search_fields = ("=code", "name")
    search_help_text = "Tìm theo mã, tên"
    ordering = ("code",)
    refusals = (PartnerRefused,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        def count(state: str) -> Any:
            rows = Message.objects.filter(partner=OuterRef("pk"), state=state).order_by().values("partner")
            return Coalesce(Subquery(rows.annotate(n=Count("*")).values("n"), output_field=IntegerField()), 0)

        codes = desk.partners_of(actor_of(request)).values("pk")
        rows = WatchedPartner.objects.filter(pk__in=codes).select_related("connection")
        return rows.annotate(waiting=count(State.WAITING), dead=count(State.DEAD))

    @admin.display(description="Kết nối")
    def line_state(self, row: Any) -> str:
        """Whether it can be reached."""
        if row.suspended_at:
            return "Tạm ngừng"
        line = getattr(row, "connection", None)
        if line is None:
            return "Chưa gửi tin nào"
        if line.lost_at:
            return f"Mất kết nối từ {moment(line.lost_at)}"
        return f"Đang lỗi ({line.failures} lần)" if line.failures else "Thông suốt"

    @admin.display(description="Gửi được lần cuối")
    def last_ok(self, row: Any) -> str:
        """When a message went through."""
        return moment(getattr(getattr(row, "connection", None), "last_ok_at", None))

    @admin.display(description="Đang chờ")
    def waiting_count(self, row: Any) -> str:
        """Messages that wait."""
        return f"{row.waiting:,}".replace(",", ".")

    @admin.display(description="Thôi gửi")
    def dead_count(self, row: Any) -> str:
        """Dead letters."""
        return f"{row.dead:,}".replace(",", ".")

    def get_urls(self) -> list[URLPattern]:
        """The acts."""
        view = self.admin_site.admin_view
        name = "partner_messages_watchedpartner_{}".format
        own = [
            path("<str:code>/khoa/", view(self.add_key), name=name("khoa")),
            path("<str:code>/khoa/<int:key_id>/thu-hoi/", view(self.revoke_key), name=name("thu-hoi")),
            path("<str:code>/dau-moi/", view(self.add_contact), name=name("dau-moi")),
            path("<str:code>/dau-moi/<int:contact_id>/bo/", view(self.end_contact), name=name("bo")),
            path("<str:code>/may-chu/", view(self.change_line), name=name("may-chu")),
        ]
        return [*own, *super().get_urls()]

    def _keeps(self, request: HttpRequest, row: Any) -> bool:
        try:
            register.require_keep(actor_of(request), row)
        except AccessDenied:
            return False
        return True

    def _own(self, request: HttpRequest, code: str) -> Any:
        row = self.found(request, code)
        register.require_keep(actor_of(request), row)
        return row

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The line, its keys with their dates, its people, what happened to it."""
        now, keeps, code = timezone.now(), self._keeps(request, row), row.pk
        line, coming = register.line_of(row, now), register.coming_line(row, now)
        state = getattr(row, "connection", None)
        facts: list[tuple[str, Any]] = [
            ("Mã", code),
            ("Được nói thay", ", ".join(row.units)),
            ("Loại", "Thử nghiệm" if row.is_test else "Chính thức"),
            ("Kết nối", self.line_state(row)),
            ("Gửi được lần cuối", self.last_ok(row)),
            ("Lỗi gần nhất", _why(state.last_error) if state else "–"),
            ("Tin đang chờ", self.waiting_count(row)),
            ("Tin thôi gửi", self.dead_count(row)),
        ]
        for title, one in (("Máy chủ hiện nay", line), ("Máy chủ sẽ đổi", coming)):
            if one is not None:
                said = [PartnerLine.Carrier(one.carrier).label, one.address, one.member, one.zone, one.server]
                facts.append((f"{title}, từ {moment(one.effective_from)}", "; ".join(str(part) for part in said if part)))
        uses = dict(PartnerKey.Use.choices)

        def act(label: str, name: str, *args: object) -> Any:
            return format_html('<a href="{}">{}</a>', self.address(name, code, *args), label) if keeps else ""

        keys = [
            (
                uses[key.use],
                key.kid,
                key.subject or "–",
                moment(key.added_at),
                moment(key.not_after),
                f"Thu hồi {moment(key.revoked_at)}: {key.revoked_why}" if key.revoked_at else act("Thu hồi", "thu-hoi", key.pk),
            )
            for key in row.keys.all()
        ]
        people = [
            (person.name, person.phone or "–", person.email or "–", "Có" if person.wants_alarms else "Không", act("Bỏ", "bo", person.pk))
            for person in row.people.filter(ended_at=None)
        ]
        events = [
            (moment(event.at), event.get_what_display(), moment(event.since), _why(event.error), str(event.waiting))
            for event in ConnectionEvent.objects.filter(partner_id=code)[:EVENTS_SHOWN]
        ]
        ways = [Way("Xem tin trao đổi", f"{reverse('admin:partner_messages_message_changelist')}?partner={code}")]
        if keeps:
            ways += [
                Way("Thêm khóa, chứng thư", self.address("khoa", code)),
                Way("Thêm đầu mối", self.address("dau-moi", code)),
                Way("Đổi máy chủ, địa chỉ", self.address("may-chu", code)),
            ]
        parts: list[Facts | Rows] = [
            Facts("Kết nối", facts),
            Rows("Khóa, chứng thư", ("Dùng để", "Tên", "Chủ thể", "Đăng ký", "Hết hạn", ""), keys),
            Rows("Đầu mối", ("Họ tên, chức vụ", "Điện thoại", "Thư điện tử", "Nhận báo", ""), people),
            Rows("Mất và có lại kết nối", ("Lúc", "Việc", "Từ", "Vì sao", "Tin chờ"), events),
        ]
        notes = [f"Mất kết nối từ {moment(state.lost_at)}: {_why(state.last_error)}."] if state is not None and state.lost_at else []
        return Page(row.name, parts, ways, notes)

    def add_key(self, request: HttpRequest, code: str) -> HttpResponse:
        """Another key or certificate."""
        row, actor = self._own(request, code), actor_of(request)
        return self.ask(
            request,
            title=f"Thêm khóa của {row.name}",
            form=KeyForm(request.POST if request.method == "POST" else None),
            back=self.address("change", code),
            do=lambda said: register.add_key(code=code, use=said["use"], text=said["key"], actor=actor, now=timezone.now()),
            done="Đã đăng ký khóa.",
            button="Đăng ký",
        )

    def revoke_key(self, request: HttpRequest, code: str, key_id: int) -> HttpResponse:
        """A key that holds no longer."""
        row, actor = self._own(request, code), actor_of(request)
        return self.ask(
            request,
            title=f"Thu hồi khóa của {row.name}",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", code),
            do=lambda said: register.revoke_key(code=code, key_id=key_id, reason=said["reason"], actor=actor, now=timezone.now()),
            done="Đã thu hồi.",
            about=["Từ lúc này Cổng không nhận gì ký bằng khóa này; mã truy cập đã cấp theo khóa này cũng hết hiệu lực."],
            button="Thu hồi",
        )

    def add_contact(self, request: HttpRequest, code: str) -> HttpResponse:
        """Somebody to reach."""
        row, actor = self._own(request, code), actor_of(request)
        return self.ask(
            request,
            title=f"Thêm đầu mối của {row.name}",
            form=ContactForm(request.POST if request.method == "POST" else None),
            back=self.address("change", code),
            do=lambda said: register.add_contact(code=code, actor=actor, **said),
            done="Đã ghi.",
            button="Ghi",
        )

    def end_contact(self, request: HttpRequest, code: str, contact_id: int) -> HttpResponse:
        """They are none any more."""
        row, actor = self._own(request, code), actor_of(request)
        return self.ask(
            request,
            title=f"Bỏ đầu mối của {row.name}",
            form=None,
            back=self.address("change", code),
            do=lambda _: register.end_contact(code=code, contact_id=contact_id, actor=actor, now=timezone.now()),
            done="Đã bỏ; tên, số điện thoại, địa chỉ thư đã xóa.",
            button="Bỏ",
        )

    def change_line(self, request: HttpRequest, code: str) -> HttpResponse:
        """Notice of another server or address."""
        row, actor, now = self._own(request, code), actor_of(request), timezone.now()
        line = register.line_of(row, now)
        known = {name: getattr(line, name) for name in ("carrier", "address", "member", "zone", "server")} if line else {}
        first = register.earliest(Partner.objects.get(pk=code), now)
        return self.ask(
            request,
            title=f"Đổi máy chủ, địa chỉ của {row.name}",
            form=LineForm(request.POST if request.method == "POST" else None, initial=known),
            back=self.address("change", code),
            do=lambda said: register.change_line(code=code, actor=actor, now=now, **said),
            done=lambda made: f"Đã ghi; có hiệu lực từ {moment(made.effective_from)}. Những nơi liên quan đã được báo.",
            about=[f"Thay đổi có hiệu lực sớm nhất từ {moment(first)} (Quy chế điều 50: báo trước ít nhất 3 ngày làm việc)."],
            button="Ghi",
        )


def _panel(request: HttpRequest) -> list[DeskLine]:
    """Lost lines and dead letters of what the officer watches."""
    actor = actor_of(request)
    if not (may(actor, desk.SEE) or (actor.unit and may(actor, desk.OWN_SEE, actor.unit))):
        return []
    partners = desk.partners_of(actor)
    lost = partners.filter(connection__lost_at__isnull=False).count()
    dead = Message.objects.filter(state=State.DEAD, partner__in=partners.values("pk")).count()
    lines = []
    if lost:
        lines.append(DeskLine("Hệ thống đang mất kết nối", lost, reverse("admin:partner_messages_watchedpartner_changelist"), "bad"))
    if dead:
        address = f"{reverse('admin:partner_messages_message_changelist')}?state__exact=dead"
        lines.append(DeskLine("Tin trao đổi thôi gửi, cần xem", dead, address, "bad"))
    return lines


register_desk_panel(_panel)
