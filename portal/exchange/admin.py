"""Data services on VPCP's desk: all of them with how each one stands, those that are asked by configuration with their ways."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Rows, Way, moment
from portal.exchange.data_services import catalogue, documents
from portal.exchange.data_services import services as keeping
from portal.exchange.data_services.standing import Standing, standings
from portal.exchange.errors import OutsideError
from portal.exchange.http import registries
from portal.exchange.models import ServiceSetup

CODES = {
    "ok": "trả lời được", "refused": "từ chối", "timeout": "quá lâu", "no_connection": "không nối được", "busy": "bận",
    "server_error": "lỗi bên đó", "wrong_answer": "trả lời sai", "too_large": "trả lời quá dài", "not_configured": "chưa nối",
    "resting": "đang tạm nghỉ vì lỗi liên tiếp",
}  # fmt: skip
"""What the desk calls what came of a call; one that it does not know is shown as it is."""


class SetupForm(PlainForm):
    """How a service is asked."""

    name = forms.CharField(label="Tên", max_length=200)
    base = forms.CharField(label="Địa chỉ", max_length=300, required=False, help_text="Để trống: chưa nối.")
    document = forms.JSONField(
        label="Cách hỏi", widget=forms.Textarea({"rows": 16, "spellcheck": "false"}), error_messages={"invalid": "Không đọc được JSON."}
    )
    sign = forms.ChoiceField(label="Xưng danh bằng", choices=ServiceSetup.Sign.choices)
    sign_header = forms.CharField(label="Tên tiêu đề", max_length=60, required=False)
    credential = forms.CharField(
        label="Khóa",
        max_length=500,
        required=False,
        help_text="Để trống: giữ khóa đang dùng.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    deadline_ms = forms.IntegerField(label="Chờ nhiều nhất (mili giây)", min_value=100, max_value=30_000, initial=3000)
    fresh_seconds = forms.IntegerField(label="Không hỏi lại trong (giây)", min_value=0, max_value=86_400, initial=0)
    keep_seconds = forms.IntegerField(label="Giữ để dùng khi không hỏi được (giây)", min_value=0, max_value=30 * 86_400, initial=0)
    is_active = forms.BooleanField(label="Đang dùng", required=False, initial=True)


class NewSetupForm(SetupForm):
    """A service that is connected."""

    code = forms.RegexField(
        label="Mã", regex=r"^[a-z][a-z0-9_]{1,39}$", error_messages={"invalid": "Mã gồm chữ thường, số, dấu gạch dưới."}
    )
    field_order = ("code",)


class TryForm(PlainForm):
    """One question."""

    reason = forms.CharField(label="Hỏi để làm gì", max_length=500)

    def __init__(self, *args: Any, parameters: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, pattern in parameters.items():
            self.fields[f"p_{name}"] = forms.RegexField(
                label=name,
                regex=rf"\A(?:{pattern})\Z",
                max_length=200,
                error_messages={"invalid": "Không đúng cách viết.", "required": "Bạn hãy ghi mục này."},
            )


def _standing(code: str, found: dict[str, Standing], resting: set[str]) -> tuple[str, str, str]:
    """Calls and failures today, the last call, whether it is left alone."""
    one = found.get(code)
    if one is None or one.last_at is None:
        return "–", "–", "–"
    rate = f"{one.calls} lần, lỗi {one.error_rate}%"
    return rate, f"{moment(one.last_at)}: {CODES.get(one.last_code, one.last_code)}", "Đang nghỉ" if code in resting else "Thông"


@admin.register(ServiceSetup)
class ServiceSetupAdmin(DeskModelAdmin):
    """All services on the list's page; a page for each that is asked by configuration."""

    by_cursor = False
    view_act = keeping.SEE
    list_display = ("code", "name", "connected")
    ordering = ("code",)
    refusals: ClassVar[Any] = (keeping.SetupRefused,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """VPCP's and the technical unit's."""
        rows = ServiceSetup.objects.order_by(*self.ordering)
        return rows if may(actor_of(request), keeping.SEE) else rows.none()

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(actor_of(request), keeping.SEE)

    @admin.display(description="Nối")
    def connected(self, row: ServiceSetup) -> str:
        """Whether it can be asked."""
        return "Chưa nối" if not row.base else "Đang dùng" if row.is_active else "Tạm ngừng"

    def get_urls(self) -> list[URLPattern]:
        """The acts."""
        view, name = self.admin_site.admin_view, "exchange_servicesetup"
        return [
            path("enter/", view(self.enter), name=f"{name}_enter"),
            path("<slug:object_id>/edit/", view(self.edit), name=f"{name}_edit"),
            path("<slug:object_id>/try/", view(self.try_out), name=f"{name}_try"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The table of all (one query, two rounds to Redis)."""
        actor = actor_of(request)
        require(actor, keeping.SEE)
        setups = {row.pk: row for row in self.get_queryset(request)}
        known = catalogue.services()
        codes = [*(one.code for one in known), *(code for code in setups if code not in {one.code for one in known})]
        found, resting = standings(codes), registries.resting(codes)
        rows = [
            {
                "service": one,
                "state": catalogue.STATES[one.state],
                "url": self.address("change", one.code) if one.code in setups else "",
                "standing": _standing(one.code, found, resting),
            }
            for one in known
        ]
        others = [
            {"setup": setups[code], "url": self.address("change", code), "standing": _standing(code, found, resting)}
            for code in codes[len(known) :]
        ]
        context = {**self._context(request), "title": "Dịch vụ dữ liệu", "rows": rows, "others": others}
        context["enter"] = self.address("enter") if may(actor, keeping.KEEP) else ""
        return TemplateResponse(request, "admin/exchange/services.html", context)

    def page(self, request: HttpRequest, row: Any) -> Page:
        """How it is asked and how it stands."""
        rate, last, breaker = _standing(row.pk, standings([row.pk]), registries.resting([row.pk]))
        facts = [
            ("Mã", row.pk),
            ("Địa chỉ", row.base or "– (chưa nối)"),
            ("Xưng danh bằng", row.get_sign_display() + (f" ({row.sign_header})" if row.sign_header else "")),
            ("Khóa", "đã có" if row.credential_sealed else "chưa có"),
            ("Chờ nhiều nhất", f"{row.deadline_ms} mili giây"),
            ("Không hỏi lại trong", f"{row.fresh_seconds} giây"),
            ("Giữ để dùng khi không hỏi được", f"{row.keep_seconds} giây"),
            ("Tình trạng", self.connected(row)),
            ("Sửa lúc", moment(row.changed_at)),
        ]
        today = [("Hôm nay", rate), ("Lần hỏi gần nhất", last), ("Ngắt mạch", breaker), ("Câu trả lời đang giữ", row.answers.count())]
        means = [(name, one["path"], one.get("kind", "text")) for name, one in row.document.get("answer", {}).items()]
        ways = []
        if may(actor_of(request), keeping.KEEP):
            ways = [Way("Hỏi thử", self.address("try", row.pk)), Way("Sửa", self.address("edit", row.pk), "quiet")]
        return Page(
            row.name, [Facts("Cách hỏi", facts), Facts("Sử dụng", today), Rows("Câu trả lời", ("Giá trị", "Ở đâu", "Kiểu"), means)], ways
        )

    def enter(self, request: HttpRequest) -> HttpResponse:
        """Connect a service that is asked by configuration."""
        actor = actor_of(request)
        require(actor, keeping.KEEP)
        return self.ask(
            request,
            title="Nối dịch vụ dữ liệu",
            form=NewSetupForm(request.POST if request.method == "POST" else None),
            back=self.address("changelist"),
            do=lambda said: self._new(said, actor),
            done="Đã ghi.",
            button="Ghi",
        )

    def _new(self, said: dict[str, Any], actor: Any) -> ServiceSetup:
        if ServiceSetup.objects.filter(pk=said["code"]).exists():
            raise keeping.SetupRefused("Mã này đã có.", "code")
        return keeping.keep_setup(actor=actor, now=timezone.now(), **said)

    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change how it is asked."""
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, keeping.KEEP)
        names = ("name", "base", "document", "sign", "sign_header", "deadline_ms", "fresh_seconds", "keep_seconds", "is_active")
        known = {name: getattr(row, name) for name in names}
        return self.ask(
            request,
            title=f"Sửa {row.name}",
            form=SetupForm(request.POST if request.method == "POST" else None, initial=known),
            back=self.address("change", row.pk),
            do=lambda said: keeping.keep_setup(code=row.pk, actor=actor, now=timezone.now(), **said),
            done="Đã ghi. Câu trả lời đang giữ được bỏ.",
            button="Ghi",
        )

    def try_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask once and see what comes."""
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, keeping.KEEP)
        parameters = row.document["parameters"]
        form = TryForm(request.POST if request.method == "POST" else None, parameters=parameters)
        if request.method == "POST" and form.is_valid():
            given = {name: form.cleaned_data[f"p_{name}"] for name in parameters}
            try:
                answer = keeping.try_out(code=row.pk, given=given, reason=form.cleaned_data["reason"], actor=actor, now=timezone.now())
            except documents.BadQuestion as bad:
                form.add_error(f"p_{bad}", "Không đúng cách viết.")
            except OutsideError as error:
                form.add_error(None, f"Không hỏi được: {CODES.get(error.code, error.code)}.")
            else:
                values = (
                    [("Bên đó trả lời", "không có")]
                    if answer.values is None
                    else [(name, _shown(one)) for name, one in answer.values.items()]
                )
                facts = [("Lúc", moment(answer.at) + (" (đang giữ)" if answer.is_kept else "")), *values]
                page = Page(f"Hỏi thử {row.name}", [Facts("Câu trả lời", facts)], [Way("Về dịch vụ", self.address("change", row.pk))])
                context = {**self._context(request), "title": page.title, "page": page}
                return TemplateResponse(request, "admin/desk/page.html", context)
        return self.ask(
            request, title=f"Hỏi thử {row.name}", form=form, back=self.address("change", row.pk), do=lambda _: None, done="", button="Hỏi"
        )


def _shown(value: Any) -> str:
    return "–" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
