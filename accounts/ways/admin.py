"""Identity providers on the desk of the Government Office: entered, let in, suspended; what they said last (Rules art. 9.3, 12.3)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from accounts.models import IdentityProvider, OutsideIdentity, OutsideSignIn
from accounts.ways import providers
from accounts.ways.providers import KEEP, SEE
from portal.access import AccessDenied, Actor, actor_of, may
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, ReasonForm, Rows, Way, moment
from portal.access.site import DeskLine, register_desk_panel
from portal.exchange import oidc

FAULTS = {
    "bad_token_form": "ID token không đúng dạng",
    "bad_token_algorithm": "ID token không ký, hoặc ký theo cách không được nhận",
    "bad_token_signature": "chữ ký của ID token sai",
    "bad_token_key_unknown": "ID token ký bằng khóa không công bố",
    "bad_token_weak_key": "khóa ký quá yếu",
    "bad_token_issuer": "ID token của nơi cấp khác (iss)",
    "bad_token_audience": "ID token cho hệ thống khác (aud)",
    "bad_token_nonce": "ID token của lần đăng nhập khác (nonce)",
    "bad_token_expired": "ID token đã hết hạn",
    "bad_token_time": "thời điểm trong ID token không đúng",
    "bad_token_subject": "ID token không nói về ai",
    "bad_subject": "trả lời về một tài khoản khác",
    "bad_number": "không cho số định danh đúng dạng",
    "other_number": "số định danh khác với số khi liên kết",
    "mixed_up": "câu trả lời đến từ nơi cấp khác",
    "bad_discovery_issuer": "bản mô tả ghi nơi cấp khác",
    "bad_discovery_endpoint": "bản mô tả thiếu địa chỉ",
    "bad_discovery_host": "bản mô tả dẫn đến máy chủ khác",
    "bad_discovery_pkce": "không nhận PKCE S256",
}
"""What a provider did wrong, in words."""


def fault_words(fault: str) -> str:
    """The words for a fault; the fault itself where it is a new one."""
    return FAULTS.get(fault, fault)


class ProviderForm(PlainForm):
    """What is known of a provider."""

    name = forms.CharField(label="Tên, như người dân đọc", max_length=100, help_text="Viết gọn: “VNeID”, “Bưu điện”.")
    name_en = forms.CharField(label="Tên tiếng Anh", max_length=100, required=False)
    about = forms.CharField(label="Một câu giới thiệu", max_length=200, required=False)
    about_en = forms.CharField(label="Câu giới thiệu bằng tiếng Anh", max_length=200, required=False)
    issuer = forms.CharField(
        label="Địa chỉ nhà cung cấp (issuer)", max_length=300, help_text="Đúng từng chữ như trong ID token; Cổng đọc phần còn lại tại đó."
    )
    client_id = forms.CharField(label="client_id của Cổng tại đó", max_length=200)
    proof = forms.ChoiceField(label="Cổng chứng minh bằng", choices=IdentityProvider.Proof.choices, widget=forms.RadioSelect)
    secret = forms.CharField(
        label="Mật khẩu chung, hoặc khóa riêng (PEM)",
        max_length=10_000,
        required=False,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
        help_text="Được mã hóa khi lưu, không hiện lại. Để trống: giữ như cũ; với khóa ký, Cổng tự tạo khóa.",
    )
    scopes = forms.CharField(label="Phạm vi hỏi (scope)", max_length=200, initial="openid")
    number_claim = forms.CharField(label="Mục chứa số định danh", max_length=60, help_text="Tên mục trong câu trả lời của userinfo.")
    levels = forms.CharField(
        label="Mức bảo đảm",
        max_length=2000,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
        help_text="Mỗi dòng: giá trị acr, dấu =, mức ở đây: 2 (trung bình) hoặc 3 (cao). Giá trị không ghi ở đây thì không được nhận.",
    )
    place = forms.IntegerField(label="Thứ tự trên trang đăng nhập", min_value=1, max_value=1000, initial=100)

    def clean_levels(self) -> dict[str, int]:
        """Lines as a table."""
        found: dict[str, int] = {}
        for line in self.cleaned_data["levels"].splitlines():
            name, _, value = line.rpartition("=")
            if not line.strip():
                continue
            if not name.strip() or value.strip() not in ("2", "3"):
                raise forms.ValidationError(f"Dòng “{line.strip()}” chưa đúng. Viết như: LoA3 = 3. Mức dưới 2 không được nhận.")
            found[name.strip()] = int(value)
        return found


class NewProviderForm(ProviderForm):
    """A provider that is entered."""

    code = forms.CharField(label="Mã", max_length=12, help_text="Đứng trong địa chỉ nhận kết quả; không đổi được về sau.")
    field_order = ("code",)


@admin.register(IdentityProvider)
class IdentityProviderAdmin(DeskModelAdmin):
    """List in their order; a page each."""

    by_cursor = False
    view_act = SEE
    list_display = ("name", "code", "state", "fault_shown")
    list_display_links = ("name",)
    search_fields = ("=code", "name")
    search_help_text = "Tìm theo tên, mã"
    ordering = ("place", "code")
    refusals = (providers.ProviderRefused,)
    change_list_template = "admin/accounts/providers.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The door: the Government Office."""
        rows = IdentityProvider.objects.order_by(*self.ordering)
        return rows if may(actor_of(request), SEE) else rows.none()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(actor_of(request), SEE)

    @admin.display(description="Tình trạng")
    def state(self, row: IdentityProvider) -> str:
        """Whether people sign in by it."""
        if not row.is_live:
            return "Tạm ngừng" if row.stopped_why else "Chưa cho vào"
        if row.silent_since:
            return f"Không trả lời từ {moment(row.silent_since)}"
        return "Đang dùng" if row.endpoints else "Chờ đọc mô tả"

    @admin.display(description="Lần sai gần nhất")
    def fault_shown(self, row: IdentityProvider) -> str:
        """What was wrong with its last answer that could not be trusted."""
        return f"{moment(row.fault_at)}: {fault_words(row.fault)}" if row.fault else "–"

    def get_urls(self) -> list[URLPattern]:
        """The acts."""
        view, name = self.admin_site.admin_view, "accounts_identityprovider"
        ways = {"edit": self.edit, "let-in": self.let_in, "suspend": self.suspend}
        own = [path(f"<slug:object_id>/{way}/", view(page), name=f"{name}_{way}") for way, page in ways.items()]
        return [path("enter/", view(self.enter), name=f"{name}_enter"), *own, *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Facts, what it says of itself, how it is used, what it did wrong lately."""
        actor, now = actor_of(request), timezone.now()
        facts = [
            ("Mã", row.code),
            ("Tình trạng", self.state(row)),
            ("Địa chỉ (issuer)", row.issuer),
            ("client_id", row.client_id),
            ("Địa chỉ nhận kết quả, đăng ký tại đó", providers.redirect_uri(row.code)),
            ("Cổng chứng minh bằng", row.get_proof_display()),
            ("Phạm vi hỏi", row.scopes),
            ("Mục chứa số định danh", row.number_claim),
            ("Mức bảo đảm", ", ".join(f"{name} = {value}" for name, value in sorted(row.levels.items()))),
        ]
        if row.proof == IdentityProvider.Proof.KEY and row.secret:
            facts.append(("Khóa công khai của Cổng, đăng ký tại đó (JWK)", json.dumps(oidc.public_part(row.secret))))
        said = [(name, str(value)) for name, value in (row.endpoints or {}).items()]
        said += [("Đọc lần cuối", moment(row.read_at)), ("Hết tin sau", moment(row.read_at + providers.HOLDS) if row.read_at else "–")]
        lately = OutsideSignIn.objects.filter(provider=row, created_at__gt=now - timedelta(days=2))
        figures = [
            ("Tài khoản đã liên kết", _up_to(OutsideIdentity.objects.filter(provider=row))),
            ("Lần đăng nhập trong hai ngày qua", _up_to(lately)),
        ]
        wrong = [(moment(one.created_at), fault_words(one.fault)) for one in lately.exclude(fault="").order_by("-created_at")[:20]]
        notes = [f"Tạm ngừng. Lý do: {row.stopped_why}"] if row.stopped_why else []
        ways = []
        if may(actor, KEEP):
            if row.is_live:
                ways.append(Way("Tạm ngừng ngay", self.address("suspend", row.pk), "danger"))
            else:
                ways.append(Way("Cho vào", self.address("let-in", row.pk)))
            ways.append(Way("Sửa", self.address("edit", row.pk), "quiet"))
        return Page(
            row.name,
            [
                Facts("Nhà cung cấp", facts),
                Facts("Tự mô tả", said),
                Facts("Sử dụng", figures),
                Rows("Câu trả lời không tin được trong hai ngày qua", ("Lúc", "Sai ở đâu"), wrong),
            ],
            ways,
            notes,
        )

    def _kept(self, request: HttpRequest, object_id: str) -> tuple[IdentityProvider, Actor]:
        row, actor = self.found(request, object_id), actor_of(request)
        if not may(actor, KEEP):
            raise AccessDenied(KEEP)
        return row, actor

    def enter(self, request: HttpRequest) -> HttpResponse:
        """Enter a provider."""
        actor = actor_of(request)
        if not may(actor, KEEP):
            raise AccessDenied(KEEP)
        return self.ask(
            request,
            title="Ghi nhà cung cấp định danh",
            form=NewProviderForm(request.POST if request.method == "POST" else None),
            back=self.address("changelist"),
            do=lambda said: providers.keep_provider(actor=actor, now=timezone.now(), is_new=True, **said),
            done=lambda made: f"Đã ghi {made.name}. Chưa ai đăng nhập được bằng cách này cho đến khi cho vào.",
            about=["Cổng đọc bản mô tả của nhà cung cấp tại địa chỉ issuer, kiểm tra và đọc lại mỗi giờ."],
            button="Ghi",
        )

    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change what is known of it."""
        row, actor = self._kept(request, object_id)
        names = ("name", "name_en", "about", "about_en", "issuer", "client_id", "proof", "scopes", "number_claim", "place")
        known = {name: getattr(row, name) for name in names}
        known["levels"] = "\n".join(f"{name} = {value}" for name, value in row.levels.items())
        return self.ask(
            request,
            title=f"Sửa {row.name}",
            form=ProviderForm(request.POST if request.method == "POST" else None, initial=known),
            back=self.address("change", row.pk),
            do=lambda said: providers.keep_provider(actor=actor, code=row.code, now=timezone.now(), **said),
            done="Đã ghi.",
            button="Ghi",
        )

    def let_in(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """People sign in by it from now on."""
        row, actor = self._kept(request, object_id)
        levels = ", ".join(f"{name} là {'cao' if value == 3 else 'trung bình'}" for name, value in sorted(row.levels.items()))
        return self.ask(
            request,
            title=f"Cho {row.name} vào",
            form=None,
            back=self.address("change", row.pk),
            do=lambda _: providers.let_in(code=row.code, actor=actor),
            done="Đã cho vào. Cách đăng nhập này hiện ra khi đã đọc được bản mô tả, thường trong một phút.",
            about=[f"Mức bảo đảm được nhận: {levels}."],
            button="Cho vào",
        )

    def suspend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Nobody signs in by it any more."""
        row, actor = self._kept(request, object_id)
        return self.ask(
            request,
            title=f"Tạm ngừng {row.name}",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: providers.suspend(code=row.code, actor=actor, now=timezone.now(), **said),
            done="Đã tạm ngừng.",
            about=["Từ lúc này không ai đăng nhập được bằng cách này. Người đã đăng nhập vẫn ở trong phiên của mình; liên kết được giữ."],
            button="Tạm ngừng",
        )


def _up_to(rows: QuerySet[Any], most: int = 5000) -> str:
    count = rows.order_by()[: most + 1].count()
    return f"trên {most}" if count > most else str(count)


def waiting(request: HttpRequest) -> list[DeskLine]:
    """Providers that lie or do not answer, for who can do something about it (one query)."""
    if not may(actor_of(request), SEE):
        return []
    now, url = timezone.now(), reverse("admin:accounts_identityprovider_changelist")
    rows = list(IdentityProvider.objects.filter(is_live=True).only("fault_at", "silent_since"))
    lies = sum(1 for row in rows if row.fault_at is not None and row.fault_at > now - providers.FAULTS_TOLD)
    silent = sum(1 for row in rows if row.silent_since is not None)
    found = []
    if lies:
        found.append(DeskLine("Nhà cung cấp định danh trả lời không tin được trong một ngày qua", lies, url, "bad"))
    if silent:
        found.append(DeskLine("Nhà cung cấp định danh không trả lời", silent, url, "wait"))
    return found


register_desk_panel(waiting)
