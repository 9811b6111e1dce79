"""Institutions on the desk: VPCP decides and connects, an institution's own people publish (Rules art. 33, 35)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from payments.access import OPERATE, OVERSEE
from payments.admin.base import Facts, MoneyModelAdmin, Page, PlainForm, ReasonForm, Rows, Way, moment, seen_version
from payments.institutions import adapters
from payments.models import Attempt, Institution, Order
from payments.rules import institution_fee
from payments.services import AttemptRefused, OrderRefused, RefundRefused, send_attempt
from payments.services import institutions as services
from payments.services.health import Health, health_of
from payments.services.refunding import refund_test
from portal.access import actor_of, may, require
from portal.access.site import DeskLine, register_desk_panel
from portal.catalogues import queries as catalogues
from portal.exchange.errors import OutsideUnavailable
from portal.limits.views import client_address
from portal.ui.fields import DongField
from portal.ui.tags import dong, qr_svg

HEALTH = {Health.FINE: "Đang hoạt động", Health.SLOW: "Đang chậm", Health.DOWN: "Đang gián đoạn"}
WAYS = {"test": "quiet", "open": "", "suspend": "danger", "readmit": "", "stop": "danger"}
DONE = {
    "test": "Đã bắt đầu kiểm thử chung.",
    "open": "Đã mở cho người dân.",
    "suspend": "Đã tạm ngừng. Giao dịch đang thực hiện vẫn được xử lý đến hết.",
    "readmit": "Đã cho cung cấp trở lại.",
    "stop": "Đã dừng. Giao dịch đang thực hiện vẫn được xử lý đến hết.",
}
EVENTS = {
    "enter": "Khai báo", "licence": "Cập nhật giấy phép", "connection": "Đổi cấu hình kết nối", "publish": "Đổi thông tin công bố",
    "tested": "Đạt kiểm thử chung", "demo": "Dữ liệu trình diễn",
    **{name: edge.label for name, edge in Institution.table.transitions.items()},
}  # fmt: skip
CAUSES = {
    "timeout": "không trả lời kịp", "no_connection": "không kết nối được tới địa chỉ đã ghi", "busy": "đơn vị báo đang bận",
    "server_error": "máy chủ của đơn vị báo lỗi", "wrong_answer": "câu trả lời không đúng quy ước, có thể sai địa chỉ",
    "too_large": "câu trả lời quá dài", "not_configured": "cấu hình kết nối còn thiếu", "resting": "đơn vị vừa không trả lời nhiều lần",
    "bad_signature": "chữ ký của đơn vị không đúng, có thể sai khóa hoặc chứng thư", "broken_file": "tệp đối soát hỏng",
    "amount_out_of_range": "số tiền ngoài mức đơn vị nhận",
}  # fmt: skip
"""Why a question to an institution came to nothing, by the code that adapters give."""
EVIDENCE = {
    "attempt": "lần thanh toán", "reference": "mã tham chiếu", "collection": "khoản đã thu", "institution_ref": "mã giao dịch",
    "refund": "khoản hoàn", "number": "mã hoàn tiền", "proof": "số giao dịch hoàn", "voucher": "chứng từ", "answer": "trả lời",
    "code": "mã kết quả", "day": "ngày", "rows": "số dòng", "demo": "ghi chú", "problem": "lý do",
}  # fmt: skip
ANSWERS = {"paid": "đã thu", "reversed": "đã thu, đã hoàn"}
NAMES = {"files": "file_base"}
"""Fields of a form may not be named as what forms have themselves."""
_DAY = forms.DateInput({"placeholder": "ngày/tháng/năm"})
_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]


def cause(code: str) -> str:
    """What an adapter's code means, with the code: VPCP passes it on to the institution's people."""
    words = CAUSES.get(code, "đơn vị từ chối")
    return f"{words} (mã {code})" if code else words


def _evidence(found: Any) -> list[tuple[str, str]]:
    """The evidence of a check as the desk reads it."""
    said: dict[str, Any] = {"problem": cause, "answer": lambda text: ANSWERS.get(text, text)}
    rows = found.evidence.items() if found else ()
    return [(EVIDENCE.get(name, name), said[name](value) if name in said else value) for name, value in rows]


def _day(day: Any) -> str:
    return f"{day:%d/%m/%Y}" if day else "–"


def _adapter_choices() -> list[tuple[str, str]]:
    return sorted((name, adapter.label) for name, adapter in adapters().items())


class LicenceForm(PlainForm):
    """The licence of the State Bank."""

    licence_number = forms.CharField(label="Số giấy phép của Ngân hàng Nhà nước", max_length=60)
    licence_from = forms.DateField(label="Có hiệu lực từ", input_formats=_DAYS, widget=_DAY)
    licence_to = forms.DateField(
        label="Có hiệu lực đến", input_formats=_DAYS, widget=_DAY, required=False, help_text="Để trống nếu không có thời hạn."
    )


class EnterForm(LicenceForm):
    """A new institution."""

    code = forms.ChoiceField(label="Đơn vị trong danh mục")
    adapter = forms.ChoiceField(label="Kiểu kết nối")
    reason = forms.CharField(label="Căn cứ", max_length=1000, widget=forms.Textarea({"rows": 3}))
    field_order = ("code", "adapter", "licence_number", "licence_from", "licence_to", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = set(Institution.objects.values_list("pk", flat=True))
        rows = [row for row in catalogues.institutions() if row.code not in known]
        self.fields["code"].choices = [(row.code, f"{row.name} ({row.code})") for row in rows]  # type: ignore[attr-defined]
        self.fields["adapter"].choices = _adapter_choices()  # type: ignore[attr-defined]


class ConnectionForm(PlainForm):
    """How an institution is reached. What is secret is written and never shown again."""

    adapter = forms.ChoiceField(label="Kiểu kết nối")
    merchant = forms.CharField(label="Mã đối tác của Cổng", max_length=60, required=False)
    access = forms.CharField(label="Mã truy cập", max_length=120, required=False)
    endpoint = forms.CharField(label="Địa chỉ dịch vụ", max_length=300, required=False)
    page = forms.CharField(label="Địa chỉ trang thanh toán", max_length=300, required=False)
    file_base = forms.CharField(label="Địa chỉ tệp đối soát, chứng từ", max_length=300, required=False)
    account_bank = forms.RegexField(
        r"^\d{6}$", label="Mã ngân hàng của tài khoản chuyên thu", required=False, error_messages={"invalid": "Mã ngân hàng gồm 6 chữ số."}
    )
    account_number = forms.CharField(label="Số tài khoản chuyên thu", max_length=30, required=False)
    account_holder = forms.CharField(label="Chủ tài khoản chuyên thu", max_length=200, required=False)
    certificate = forms.CharField(label="Chứng thư ký thông điệp của đơn vị (PEM)", required=False, widget=forms.Textarea({"rows": 4}))
    secret = forms.CharField(
        label="Khóa bí mật",
        max_length=500,
        required=False,
        strip=True,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text="Để trống nếu giữ khóa đang dùng. Khóa không bao giờ hiện lại.",
    )
    private_key = forms.CharField(
        label="Khóa của Cổng và chứng thư kèm theo (PEM)",
        required=False,
        widget=forms.Textarea({"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        help_text="Để trống nếu giữ khóa đang dùng. Khóa không bao giờ hiện lại.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["adapter"].choices = _adapter_choices()  # type: ignore[attr-defined]
        if self.is_bound:
            # What was typed of a secret does not come back, also not with an error elsewhere.
            self.fields["private_key"].widget = _Forgetful({"rows": 4, "autocomplete": "off", "spellcheck": "false"})

    def clean_certificate(self) -> str:
        """A certificate, where one is given."""
        text: str = self.cleaned_data["certificate"].strip()
        if text:
            from cryptography import x509

            try:
                x509.load_pem_x509_certificate(text.encode())
            except ValueError as error:
                raise forms.ValidationError("Đây không phải chứng thư dạng PEM.") from error
        return text + "\n" if text else ""


class _Forgetful(forms.Textarea):
    """A text that is never shown again."""

    def format_value(self, value: Any) -> str:
        return ""


class PublishForm(PlainForm):
    """What an institution publishes of itself (Rules art. 35.4)."""

    fee_fixed = DongField(label="Phí cố định mỗi lần (đồng)")
    fee_rate = forms.IntegerField(
        label="Phí theo số tiền (1 là 0,01%)", min_value=0, max_value=10_000, help_text="Ví dụ 25 là 0,25% số tiền."
    )
    fee_least = DongField(label="Phí tối thiểu (đồng)")
    fee_most = DongField(label="Phí tối đa (đồng)", required=False)
    least = DongField(label="Số tiền nhỏ nhất nhận thu (đồng)", min_value=1)
    most = DongField(label="Số tiền lớn nhất nhận thu (đồng)", required=False)
    methods = forms.CharField(label="Cách trả tiền", max_length=300)
    process = forms.CharField(label="Quy trình thanh toán", max_length=5000, widget=forms.Textarea({"rows": 6}))
    website = forms.URLField(label="Trang công bố", required=False, assume_scheme="https")
    contact_name = forms.CharField(label="Đầu mối đối soát, tra soát", max_length=200)
    contact_phone = forms.CharField(label="Điện thoại", max_length=40)
    contact_email = forms.EmailField(label="Thư điện tử")
    contact_hours = forms.CharField(label="Giờ làm việc", max_length=120)


def licence_panel(request: HttpRequest) -> list[DeskLine]:
    """VPCP is warned 60 days before a licence ends."""
    if not may(actor_of(request), OVERSEE):
        return []
    count = len(services.licences_ending(now=timezone.now()))
    return [DeskLine("Giấy phép sắp hết hạn", count, reverse("admin:payments_institution_changelist"), "bad")] if count else []


register_desk_panel(licence_panel)


@admin.register(Institution)
class InstitutionAdmin(MoneyModelAdmin):
    """VPCP sees all, an institution's people their own."""

    unit_column, institution_column = "", "code"
    by_cursor = False
    list_display = ("code", "short_name", "state", "licence_until", "is_tested_shown")
    list_filter = ("state",)
    search_fields = ("code", "name", "short_name")
    ordering = ("short_name", "code")
    refusals = (services.InstitutionRefused, OrderRefused, AttemptRefused, RefundRefused)

    @admin.display(description="Giấy phép đến", ordering="licence_to")
    def licence_until(self, row: Institution) -> str:
        return f"{row.licence_to:%d/%m/%Y}" if row.licence_to else "Không thời hạn"

    @admin.display(description="Đạt kiểm thử", boolean=True)
    def is_tested_shown(self, row: Institution) -> bool:
        return row.is_tested

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(actor_of(request), services.DECIDE)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "payments_institution"
        return [
            path("add/", view(self.enter), name=f"{name}_add"),
            path("<str:code>/licence/", view(self.licence), name=f"{name}_licence"),
            path("<str:code>/connection/", view(self.connection), name=f"{name}_connection"),
            path("<str:code>/published/", view(self.published), name=f"{name}_published"),
            *(path(f"<str:code>/{edge}/", view(self.move), {"transition": edge}, name=f"{name}_{edge}") for edge in WAYS),
            path("<str:code>/joint-test/", view(self.joint_test), name=f"{name}_joint_test"),
            path("<str:code>/joint-test/pay/", view(self.test_pay), name=f"{name}_test_pay"),
            path("<str:code>/joint-test/look/", view(self.test_look), name=f"{name}_test_look"),
            path("<str:code>/joint-test/<uuid:order_id>/refund/", view(self.test_refund), name=f"{name}_test_refund"),
            *super().get_urls(),
        ]

    def enter(self, request: HttpRequest) -> HttpResponse:
        """Enter an institution of the catalogue with its licence (Rules art. 6.9, 33.2)."""
        actor = actor_of(request)
        require(actor, services.DECIDE)
        return self.ask(
            request,
            title="Khai báo đơn vị thanh toán",
            form=EnterForm(request.POST if request.method == "POST" else None),
            back=self.address("changelist"),
            do=lambda said: services.enter_institution(**said, actor=actor, now=timezone.now()),
            done=lambda row: f"Đã khai báo {row.short_name}. Tiếp theo: cấu hình kết nối, rồi kiểm thử chung.",
        )

    def _seen_by_decider(self, request: HttpRequest, code: str) -> Institution:
        row: Institution = self.found(request, code)
        require(actor_of(request), services.DECIDE)
        return row

    def licence(self, request: HttpRequest, code: str) -> HttpResponse:
        """Note a renewed licence."""
        row, actor = self._seen_by_decider(request, code), actor_of(request)
        initial = {name: getattr(row, name) for name in services.LICENCE}
        return self.ask(
            request,
            title=f"Giấy phép của {row.short_name}",
            form=LicenceForm(request.POST if request.method == "POST" else None, initial=initial),
            back=self.address("change", code),
            do=lambda said: services.keep_licence(code=code, **said, actor=actor, now=timezone.now(), seen=seen_version(request)),
            done="Đã ghi giấy phép.",
            seen=row.version,
            button="Ghi",
        )

    def connection(self, request: HttpRequest, code: str) -> HttpResponse:
        """How it is reached. A change takes the joint test away."""
        row, actor = self._seen_by_decider(request, code), actor_of(request)
        initial = {NAMES.get(name, name): getattr(row, name) for name in services.CONNECTION}
        about = ["Đổi bất kỳ mục nào thì phải kiểm thử chung lại."]
        if row.state == Institution.OPEN:
            about.append("Đơn vị đang phục vụ: khi ghi, đơn vị bị tạm ngừng cho đến khi đạt kiểm thử chung.")
        return self.ask(
            request,
            title=f"Kết nối với {row.short_name}",
            form=ConnectionForm(request.POST if request.method == "POST" else None, initial=initial),
            back=self.address("change", code),
            do=lambda said: services.change_connection(
                code=code,
                values={name: said[NAMES.get(name, name)] for name in services.CONNECTION},
                secrets={name: said[name] for name in services.SECRETS},
                actor=actor,
                now=timezone.now(),
                seen=seen_version(request),
            ),
            done="Đã ghi cấu hình kết nối.",
            about=about,
            seen=row.version,
            button="Ghi",
        )

    def published(self, request: HttpRequest, code: str) -> HttpResponse:
        """Fees, methods, process, contacts: its own people, and VPCP."""
        row, actor = self.found(request, code), actor_of(request)
        if not may(actor, services.DECIDE):
            require(actor, services.PUBLISH, code)
        initial = {name: getattr(row, name) for name in services.PUBLISHED}
        return self.ask(
            request,
            title=f"Thông tin công bố của {row.short_name}",
            form=PublishForm(request.POST if request.method == "POST" else None, initial=initial),
            back=self.address("change", code),
            do=lambda said: services.publish(code=code, values=said, actor=actor, now=timezone.now(), seen=seen_version(request)),
            done="Đã công bố. Trang công khai hiện ngay thông tin mới.",
            seen=row.version,
            button="Công bố",
        )

    def move(self, request: HttpRequest, code: str, transition: str) -> HttpResponse:
        """Test, open, suspend, readmit, stop (Rules art. 33.7)."""
        row, actor = self._seen_by_decider(request, code), actor_of(request)
        edge = Institution.table.transitions[transition]
        if request.method != "POST" and (refusal := Institution.table.refusal(row, transition)):
            # Asking for what cannot be done would be a screen that leads nowhere.
            known = row.state in edge.sources
            words = refusal if known else f"Không làm được khi đơn vị ở tình trạng “{row.get_state_display().lower()}”."
            self.message_user(request, f"{edge.label}: {words}", messages.ERROR)
            return redirect(self.address("change", code))
        asks = transition in ("suspend", "readmit", "stop")
        form = ReasonForm(request.POST if request.method == "POST" else None) if asks else None
        return self.ask(
            request,
            title=f"{edge.label}: {row.short_name}",
            form=form,
            back=self.address("change", code),
            to=self.address("joint_test", code) if transition == "test" else "",
            do=lambda said: services.move(
                code=code, transition=transition, reason=said.get("reason", ""), actor=actor, now=timezone.now(), seen=seen_version(request)
            ),
            done=DONE[transition],
            about=[] if asks else [f"{row.name}, {row.get_state_display().lower()}."],
            seen=row.version,
            button=edge.label,
        )

    def page(self, request: HttpRequest, row: Any) -> Page:
        """All of an institution but its secrets."""
        actor, code = actor_of(request), row.pk
        decides = may(actor, services.DECIDE)
        ways = []
        if decides:
            ways += [
                Way(edge.label, self.address(name, code), WAYS[name])
                for name, edge in Institution.table.transitions.items()
                if not Institution.table.refusal(row, name)
            ]
            if row.state != Institution.ENTERED:
                ways.append(Way("Kiểm thử chung", self.address("joint_test", code), "quiet"))
            ways += [
                Way("Cấu hình kết nối", self.address("connection", code), "quiet"),
                Way("Giấy phép", self.address("licence", code), "quiet"),
            ]
        if decides or may(actor, services.PUBLISH, code):
            ways.append(Way("Sửa thông tin công bố", self.address("published", code), "quiet"))
        health = health_of([code]).get(code)
        notes = []
        if row.licence_to and row.licence_to < timezone.localdate() + services.LICENCE_WARNING:
            notes.append(f"Giấy phép của Ngân hàng Nhà nước có hiệu lực đến {row.licence_to:%d/%m/%Y}.")
        fees = institution_fee(100_000, fixed=row.fee_fixed, rate=row.fee_rate, least=row.fee_least, most=row.fee_most)
        parts: list[Facts | Rows] = [
            Facts(
                "Tình trạng",
                [
                    ("Mã", code),
                    ("Tên", row.name),
                    ("Tình trạng", row.get_state_display()),
                    ("Lúc này", HEALTH[health] if health else "Không rõ"),
                    ("Giấy phép", f"{row.licence_number or '–'}, từ {_day(row.licence_from)} đến {_day(row.licence_to)}"),
                    ("Đạt kiểm thử chung", moment(row.tested_at) if row.is_tested else "Chưa đạt với cấu hình hiện tại"),
                ],
            ),
            Facts(
                "Thông tin công bố",
                [
                    ("Phí cho 100.000 đồng", dong(fees)),
                    ("Nhận thu", f"từ {dong(row.least)} đến {dong(row.most) if row.most else 'không giới hạn'}"),
                    ("Cách trả tiền", row.methods or "–"),
                    ("Quy trình", row.process or "–"),
                    (
                        "Đầu mối",
                        ", ".join(filter(None, [row.contact_name, row.contact_phone, row.contact_email, row.contact_hours])) or "–",
                    ),
                ],
            ),
        ]
        if decides or may(actor, OPERATE, code):
            parts.append(
                Facts(
                    "Kết nối",
                    [
                        ("Kiểu", dict(_adapter_choices()).get(row.adapter, row.adapter)),
                        ("Mã đối tác", row.merchant or "–"),
                        ("Địa chỉ dịch vụ", row.endpoint or "–"),
                        ("Trang thanh toán", row.page or "–"),
                        ("Tệp đối soát, chứng từ", row.files or "–"),
                        ("Tài khoản chuyên thu", " ".join(filter(None, [row.account_bank, row.account_number, row.account_holder])) or "–"),
                        ("Khóa bí mật", "Đã có" if row.secret else "Chưa có"),
                        ("Khóa của Cổng", "Đã có" if row.private_key else "Chưa có"),
                        ("Đổi lần cuối", moment(row.connection_changed_at)),
                    ],
                )
            )
        events = row.events.order_by("-id")[:100]
        parts.append(
            Rows(
                "Đã quyết định, đã sửa",
                ["Lúc", "Việc", "Ai", "Tình trạng sau đó", "Lý do, nội dung"],
                [
                    [moment(one.at), EVENTS.get(one.name, one.name), one.label, Institution.STATES.get(one.to_state, ""), one.reason]
                    for one in events
                ],
            )
        )
        return Page(f"{row.short_name} ({code})", parts, ways, notes)

    # The joint test.

    def joint_test(self, request: HttpRequest, code: str) -> HttpResponse:
        """The checks with the evidence found last, and the test orders."""
        row = self._seen_by_decider(request, code)
        last = services.last_tests(row)
        checks = [(check, last.get(check.name), _evidence(last.get(check.name))) for check in services.checks_of(row)]
        orders = []
        for order in services.test_orders(row):
            attempt = next((one for one in order.attempts.all() if one.institution_id == code), None)
            refund = next(iter(order.refunds.all()), None)
            waits = attempt is not None and attempt.is_unknown and bool(attempt.qr)
            qr = qr_svg(attempt.qr, label="Mã VietQR của lệnh kiểm thử") if attempt is not None and waits else ""
            orders.append((order, attempt, refund, order.state == Order.PAID and refund is None, qr))
        context = {
            **self._context(request),
            "title": f"Kiểm thử chung với {row.short_name}",
            "row": row,
            "checks": checks,
            "orders": orders,
            "may_pay": row.state in (Institution.TESTING, Institution.SUSPENDED, Institution.OPEN),
        }
        return TemplateResponse(request, "admin/payments/joint_test.html", context)

    def test_pay(self, request: HttpRequest, code: str) -> HttpResponse:
        """Make a test order and send its try; the page then links to where it is paid."""
        row, actor = self._seen_by_decider(request, code), actor_of(request)

        def do(_: dict[str, Any]) -> Attempt:
            now = timezone.now()
            attempt = services.make_test_attempt(code=code, actor=actor, now=now)
            try:
                address = client_address(request) or "127.0.0.1"
                return send_attempt(attempt_id=attempt.pk, payer_address=address, language="vi", now=now)
            except OutsideUnavailable as error:
                raise services.InstitutionRefused(f"Chưa tạo được lệnh: {cause(error.code)}. Hãy kiểm tra cấu hình kết nối.") from error
            except AttemptRefused as refused:
                if not refused.code:
                    raise
                # The payer's words say nothing to who mends the connection.
                raise services.InstitutionRefused(f"Chưa tạo được lệnh: {cause(refused.code)}.") from refused

        return self.ask(
            request,
            title=f"Tạo lệnh kiểm thử với {row.short_name}",
            form=None,
            back=self.address("joint_test", code),
            do=do,
            done="Đã tạo lệnh kiểm thử. Mở trang thanh toán ở dòng đầu của bảng để trả tiền.",
            about=["Lệnh có số tiền nhỏ, người nhận là Văn phòng Chính phủ, không tính vào số thu nào."],
            button="Tạo lệnh",
        )

    def test_look(self, request: HttpRequest, code: str) -> HttpResponse:
        """Have the machine look for the evidence."""
        row, actor = self._seen_by_decider(request, code), actor_of(request)
        return self.ask(
            request,
            title=f"Kiểm tra kết quả với {row.short_name}",
            form=None,
            back=self.address("joint_test", code),
            do=lambda _: services.ask_for_test(code=code, actor=actor, now=timezone.now()),
            done="Cổng đang kiểm tra. Tải lại trang này sau vài giây.",
            about=["Cổng tìm bằng chứng trong những gì đã xảy ra từ khi cấu hình kết nối được ghi, và hỏi đơn vị."],
            button="Kiểm tra",
        )

    def test_refund(self, request: HttpRequest, code: str, order_id: Any) -> HttpResponse:
        """Have a test payment given back."""
        row, actor = self._seen_by_decider(request, code), actor_of(request)
        order = Order.objects.filter(pk=order_id, is_test=True, attempts__institution=code).first()
        if order is None:
            raise Http404
        return self.ask(
            request,
            title=f"Hoàn tiền lệnh kiểm thử {order.code}",
            form=None,
            back=self.address("joint_test", code),
            do=lambda _: refund_test(order_id=order_id, actor=actor, now=timezone.now()),
            done="Đã gửi lệnh hoàn tiền."
            if adapters()[row.adapter].can_refund
            else "Đã lập khoản hoàn. Người của đơn vị xác nhận ở mục khoản hoàn trả.",
            about=[f"{row.short_name} hoàn {dong(order.amount)}."],
            button="Hoàn tiền",
        )
