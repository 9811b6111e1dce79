"""Partners on VPCP's desk: who connects, what came in, what was refused and why; taken back and let in again."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, ReasonForm, Rows, Way, moment
from portal.access.site import DeskLine, register_desk_panel
from portal.exchange.partners import consenting, services
from portal.exchange.partners.consents import consented, is_needed
from portal.exchange.partners.models import Call, Partner, PartnerDay

DAYS_SHOWN = 31
_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]
ALARM_SHOWN = timedelta(days=1)
REASONS = {
    "not_an_object": "dòng không phải đối tượng", "unknown_field": "trường lạ", "missing": "thiếu trường", "not_text": "không phải chữ",
    "too_long": "quá dài", "bad_code": "mã hồ sơ sai cách viết", "bad_year": "năm trong mã ngoài khoảng", "not_your_unit": "cơ quan khác",
    "unknown_value": "giá trị ngoài danh mục", "bad_date": "ngày giờ sai", "future": "ngày ở tương lai",
    "dates_out_of_order": "ngày sai thứ tự", "cannot_follow": "trạng thái trái với ngày", "foreign": "hồ sơ của hệ thống khác",
}  # fmt: skip
"""What the desk calls the reasons that doors give; one it does not know is shown as it is."""


class PartnerForm(PlainForm):
    """What is known of a system and what it may do."""

    name = forms.CharField(label="Tên hệ thống", max_length=200)
    units = forms.CharField(
        label="Được nói thay cơ quan", max_length=2000, widget=forms.Textarea({"rows": 3}), help_text="Mỗi dòng một mã, gồm cả cấp dưới."
    )
    calls = forms.MultipleChoiceField(label="Được gọi", choices=Call.choices, widget=forms.CheckboxSelectMultiple)
    rate = forms.IntegerField(label="Số lần gọi mỗi phút, nhiều nhất", min_value=1, max_value=100_000, initial=3000)
    contacts = forms.CharField(label="Đầu mối", max_length=2000, required=False, widget=forms.Textarea({"rows": 3}))


class NewPartnerForm(PartnerForm):
    """A system that is registered."""

    code = forms.CharField(label="Mã, cũng là tên đăng nhập", max_length=40)
    is_test = forms.BooleanField(label="Thử nghiệm: hồ sơ gửi đến không tính vào đâu", required=False)
    is_third_party = forms.BooleanField(
        label="Ngoài cơ quan nhà nước: chỉ nhận dữ liệu theo văn bản đồng ý của Văn phòng Chính phủ", required=False
    )
    field_order = ("code", "name", "units", "calls", "rate", "contacts", "is_test", "is_third_party")


class ConsentForm(PlainForm):
    """A written consent."""

    number = forms.CharField(label="Số văn bản", max_length=100)
    dated = forms.DateField(label="Ngày văn bản", input_formats=_DAYS, help_text="Ngày/tháng/năm.")
    calls = forms.MultipleChoiceField(label="Đồng ý cho", choices=Call.choices, widget=forms.CheckboxSelectMultiple)
    purpose = forms.CharField(label="Để làm gì", max_length=1000, widget=forms.Textarea({"rows": 3}))
    begins_on = forms.DateField(label="Từ ngày", input_formats=_DAYS, help_text="Ngày/tháng/năm.")
    ends_on = forms.DateField(label="Hết ngày", input_formats=_DAYS, help_text="Ngày/tháng/năm.", required=False)


class PasswordForm(PlainForm):
    """What becomes of the passwords that hold."""

    end_others = forms.BooleanField(label="Bỏ ngay các mật khẩu và phiên đang dùng (khi nghi bị lộ)", required=False)


@admin.register(Partner)
class PartnerAdmin(DeskModelAdmin):
    """List by code; a page each."""

    by_cursor = False
    view_act = services.SEE
    list_display = ("code", "name", "last_contact", "kind", "state")
    search_fields = ("=code", "name")
    search_help_text = "Tìm theo mã, tên"
    ordering = ("code",)
    refusals = (services.PartnerRefused,)
    change_list_template = "admin/partners/list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        last = PartnerDay.objects.filter(partner=OuterRef("pk")).order_by("-day").values("last_at")[:1]
        return super().get_queryset(request).annotate(last_at=Subquery(last))

    @admin.display(description="Lần gọi cuối")
    def last_contact(self, partner: Any) -> str:
        """When it called last."""
        return moment(partner.last_at)

    @admin.display(description="Loại")
    def kind(self, partner: Partner) -> str:
        """Live or being tried out."""
        return "Thử nghiệm" if partner.is_test else "Chính thức"

    @admin.display(description="Tình trạng")
    def state(self, partner: Partner) -> str:
        """Whether it is let in."""
        return "Tạm ngừng" if partner.suspended_at else "Đang kết nối"

    def get_urls(self) -> list[URLPattern]:
        """The acts."""
        ways = {
            "tam-ngung": self.suspend, "ket-noi-lai": self.readmit, "mat-khau": self.password, "sua": self.change, "dong-y": self.consent,
        }  # fmt: skip
        own = [
            path(f"<str:code>/{name}/", self.admin_site.admin_view(view), name=f"partners_partner_{name}") for name, view in ways.items()
        ]
        withdraw = self.admin_site.admin_view(self.withdraw_consent)
        own.append(path("<str:code>/dong-y/<int:consent_id>/rut/", withdraw, name="partners_partner_rut"))
        return [path("dang-ky/", self.admin_site.admin_view(self.enter), name="partners_partner_enter"), *own, *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Facts, and what came in by day."""
        since = timezone.localdate() - timedelta(days=DAYS_SHOWN)
        why: dict[date, list[str]] = defaultdict(list)
        for refusal in row.refusals.filter(day__gt=since).order_by("-day", "-rows", "reason"):
            why[refusal.day].append(f"{REASONS.get(refusal.reason, refusal.reason)}: {refusal.rows:,}".replace(",", "."))
        days = [
            (f"{day.day:%d/%m/%Y}", _number(day.calls), _number(day.rows_in), _number(day.rows_refused), "; ".join(why[day.day]) or "–")
            for day in row.days.filter(day__gt=since).order_by("-day")
        ]
        facts = [
            ("Mã, tên đăng nhập", row.code),
            ("Loại", self.kind(row)),
            ("Được nói thay", ", ".join(row.units)),
            ("Được gọi", ", ".join(str(Call(call).label) for call in row.calls)),
            ("Số lần gọi mỗi phút, nhiều nhất", _number(row.calls_per_minute)),
            ("Đầu mối", row.contacts or "–"),
            ("Đăng ký lúc", moment(row.created_at)),
            ("Lần gọi cuối", moment(row.last_at)),
            ("Mật khẩu đang dùng được", "; ".join(f"cấp {moment(one.created_at)}" for one in row.secrets.filter(ended_at=None)) or "–"),
        ]
        notes = []
        if row.suspended_at:
            notes.append(f"Tạm ngừng kết nối từ {moment(row.suspended_at)}. Lý do: {row.suspended_why}")
        if row.alarmed_at and row.alarmed_at > timezone.now() - ALARM_SHOWN:
            notes.append(f"Nhiều lần sai mật khẩu lúc {moment(row.alarmed_at)}: có thể có người dò. Hãy hỏi đầu mối; cần thì tạm ngừng.")
        ways = [
            Way("Cho kết nối lại", self.address("ket-noi-lai", row.pk))
            if row.suspended_at
            else Way("Tạm ngừng ngay", self.address("tam-ngung", row.pk), "danger"),
            Way("Khóa, đầu mối, máy chủ", reverse("admin:partner_messages_watchedpartner_change", args=[row.pk])),
            Way("Cấp mật khẩu mới", self.address("mat-khau", row.pk)),
            Way("Sửa", self.address("sua", row.pk), "quiet"),
        ]
        headings = ("Ngày", "Lần gọi", "Dòng nhận", "Dòng từ chối", "Vì sao")
        parts: list[Any] = [Facts("Hệ thống", facts), Rows(f"{DAYS_SHOWN} ngày qua", headings, days)]
        if row.is_third_party:
            ways.append(Way("Ghi văn bản đồng ý", self.address("dong-y", row.pk)))
            kept = row.consents.filter(withdrawn_at=None).order_by("-recorded_at", "-id")[:5]
            ways += [Way(f"Rút văn bản {one.number}", self.address("rut", row.pk, one.pk), "danger") for one in kept]
            parts.insert(1, self._consents(row))
            if is_needed(row) and not consented(row, timezone.now()):
                notes.append("Bên thứ ba chưa có văn bản đồng ý còn hiệu lực: Cổng không cung cấp dữ liệu nào.")
        return Page(row.name, parts, ways, notes)

    def _consents(self, row: Partner) -> Rows:
        """What VPCP consented to, the newest first."""
        lines = []
        for one in row.consents.order_by("-recorded_at", "-id")[:50]:
            span = f"{one.begins_on:%d/%m/%Y} – {f'{one.ends_on:%d/%m/%Y}' if one.ends_on else 'không hạn'}"
            taken = f"Đã rút {moment(one.withdrawn_at)}: {one.withdrawn_why}" if one.withdrawn_at else "Còn giữ"
            calls = ", ".join(str(Call(call).label) for call in one.calls)
            lines.append((f"{one.number}, {one.dated:%d/%m/%Y}", calls, one.purpose, span, taken))
        return Rows("Văn bản đồng ý cung cấp dữ liệu", ("Văn bản", "Đồng ý cho", "Để làm gì", "Thời gian", "Tình trạng"), lines)

    def consent(self, request: HttpRequest, code: str) -> HttpResponse:
        """Write down VPCP's consent."""
        row, actor = self.found(request, code), actor_of(request)
        return self.ask(
            request,
            title=f"Ghi văn bản đồng ý cho {row.name}",
            form=ConsentForm(request.POST if request.method == "POST" else None, initial={"calls": row.calls}),
            back=self.address("change", code),
            do=lambda said: consenting.record(code=code, actor=actor, now=timezone.now(), **said),
            done="Đã ghi.",
            about=["Không ghi được văn bản cho cơ quan nhà nước: kết nối của họ theo Quy chế."] if not row.is_third_party else [],
            button="Ghi",
        )

    def withdraw_consent(self, request: HttpRequest, code: str, consent_id: int) -> HttpResponse:
        """Take a consent back."""
        row, actor = self.found(request, code), actor_of(request)
        return self.ask(
            request,
            title=f"Rút văn bản đồng ý cho {row.name}",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", code),
            do=lambda said: consenting.withdraw(code=code, consent_id=consent_id, reason=said["reason"], actor=actor, now=timezone.now()),
            done="Đã rút. Hệ thống không nhận gì theo văn bản này nữa.",
            about=["Có hiệu lực từ lần gọi sau của hệ thống."],
            button="Rút văn bản",
        )

    def suspend(self, request: HttpRequest, code: str) -> HttpResponse:
        """Let it in no more."""
        row, actor = self.found(request, code), actor_of(request)
        return self.ask(
            request,
            title=f"Tạm ngừng {row.name}",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", code),
            do=lambda said: services.suspend(code=code, reason=said["reason"], actor=actor, now=timezone.now()),
            done="Đã tạm ngừng kết nối.",
            about=["Từ lúc này Cổng không nhận gì của hệ thống này nữa; các phiên đang mở cũng kết thúc."],
            button="Tạm ngừng",
        )

    def readmit(self, request: HttpRequest, code: str) -> HttpResponse:
        """Let it in again."""
        row, actor = self.found(request, code), actor_of(request)
        return self.ask(
            request,
            title=f"Cho {row.name} kết nối lại",
            form=None,
            back=self.address("change", code),
            do=lambda _: services.readmit(code=code, actor=actor),
            done="Đã cho kết nối lại.",
            about=["Mật khẩu cũ vẫn dùng được. Nếu nghi đã lộ, hãy cấp mật khẩu mới và bỏ mật khẩu cũ trước."],
            button="Cho kết nối lại",
        )

    def change(self, request: HttpRequest, code: str) -> HttpResponse:
        """What it may do from its next call on."""
        row, actor = self.found(request, code), actor_of(request)
        known = {
            "name": row.name, "units": "\n".join(row.units), "calls": row.calls, "rate": row.calls_per_minute, "contacts": row.contacts,
        }  # fmt: skip
        return self.ask(
            request,
            title=f"Sửa {row.name}",
            form=PartnerForm(request.POST if request.method == "POST" else None, initial=known),
            back=self.address("change", code),
            do=lambda said: services.change_partner(code=code, actor=actor, **{**said, "units": said["units"].split()}),
            done="Đã ghi.",
            button="Ghi",
        )

    def password(self, request: HttpRequest, code: str) -> HttpResponse:
        """Another password, shown once."""
        row, actor = self.found(request, code), actor_of(request)
        form = PasswordForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            end = form.cleaned_data["end_others"]
            return self._shown(request, services.new_password(code=code, actor=actor, now=timezone.now(), end_others=end))
        return self.ask(
            request,
            title=f"Cấp mật khẩu mới cho {row.name}",
            form=form,
            back=self.address("change", code),
            do=lambda _: None,
            done="",
            about=["Mật khẩu cấp gần nhất trước đó vẫn dùng được, để hệ thống kịp đổi; mật khẩu cũ hơn hết hiệu lực."],
            button="Cấp mật khẩu",
        )

    def enter(self, request: HttpRequest) -> HttpResponse:
        """Register a system; its first password is shown once."""
        require(actor_of(request), services.KEEP)
        actor, form = actor_of(request), NewPartnerForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            said = {**form.cleaned_data, "units": form.cleaned_data["units"].split()}
            try:
                made = services.add_partner(actor=actor, now=timezone.now(), calls_per_minute=said.pop("rate"), **said)
            except services.PartnerRefused as refused:
                form.add_error(refused.field or None, refused.message)
            else:
                return self._shown(request, made)
        return self.ask(
            request,
            title="Đăng ký hệ thống kết nối",
            form=form,
            back=self.address("changelist"),
            do=lambda _: None,
            done="",
            button="Đăng ký",
        )

    def _shown(self, request: HttpRequest, made: services.Credentials) -> HttpResponse:
        """The page that shows a password, this once: in the answer, in no address, no message, no session."""
        context = {**self._context(request), "title": "Mật khẩu mới", "made": made, "back": self.address("change", made.username)}
        answer = TemplateResponse(request, "admin/partners/password.html", context)
        patch_cache_control(answer, no_store=True, private=True)
        return answer


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def _alarms(request: HttpRequest) -> list[DeskLine]:
    """Partners for whom somebody tries passwords."""
    if not may(actor_of(request), services.SEE):
        return []
    count = Partner.objects.filter(alarmed_at__gt=timezone.now() - ALARM_SHOWN).count()
    return [DeskLine("Hệ thống kết nối bị nhập sai mật khẩu nhiều lần", count, "/quan-tri/partners/partner/", "bad")] if count else []


register_desk_panel(_alarms)
