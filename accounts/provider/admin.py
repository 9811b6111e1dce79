"""Systems of single sign-on on the desk: an agency sees and keeps its own, the Government Office all (Rules art. 11.2, 12, 50)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from accounts.models import OidcClient, SignInGrant
from accounts.provider import clients
from accounts.provider.clients import ADMIT, KEEP, SEE
from accounts.provider.scopes import OPENID, SCOPES
from portal.access import AccessDenied, Actor, actor_of, may, visible_to
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, ReasonForm, Rows, Way, moment
from portal.catalogues.queries import agency_label

SEE_ALL = "accounts.all_sign_on_clients"
_LINES = {"rows": 3}
_KEY = "Khóa công khai (JWK hoặc PEM), hoặc chứng thư số (PEM)"


def _up_to(rows: QuerySet[SignInGrant], most: int = 5000) -> str:
    """How many there are, counted no further than that."""
    count = rows.order_by()[: most + 1].count()
    return f"trên {most}" if count > most else str(count)


class ClientForm(PlainForm):
    """What is known of a system."""

    name = forms.CharField(label="Tên hệ thống, như người dân sẽ đọc", max_length=200)
    redirect_uris = forms.CharField(
        label="Địa chỉ nhận kết quả đăng nhập",
        max_length=6000,
        widget=forms.Textarea(_LINES),
        help_text="Mỗi dòng một địa chỉ, cùng một máy chủ.",
    )
    post_logout_uris = forms.CharField(
        label="Địa chỉ về sau khi đăng xuất",
        max_length=6000,
        required=False,
        widget=forms.Textarea(_LINES),
        help_text="Mỗi dòng một địa chỉ.",
    )
    logout_uri = forms.CharField(
        label="Địa chỉ nhận tin đăng xuất",
        max_length=500,
        required=False,
        help_text="Cổng báo vào đây khi người dùng đăng xuất (back-channel logout).",
    )
    scopes = forms.MultipleChoiceField(
        label="Được biết",
        required=False,
        choices=lambda: [(one.name, f"{one.name}: {one.label}") for one in SCOPES.values() if one.name != OPENID],
        widget=forms.CheckboxSelectMultiple,
    )
    contacts = forms.CharField(label="Đầu mối", max_length=2000, required=False, widget=forms.Textarea(_LINES))

    def clean(self) -> dict[str, Any]:
        """Lines as lists."""
        said = super().clean() or {}
        for name in ("redirect_uris", "post_logout_uris"):
            if name in said:
                said[name] = said[name].split()
        return said


class NewClientForm(ClientForm):
    """A system that is registered."""

    unit = forms.CharField(label="Mã cơ quan", max_length=40)
    proof = forms.ChoiceField(label="Hệ thống chứng minh bằng", choices=OidcClient.Proof.choices, widget=forms.RadioSelect)
    key = forms.CharField(label=_KEY, max_length=10_000, widget=forms.Textarea({"rows": 8, "spellcheck": "false"}))
    field_order = ("name", "unit", "redirect_uris", "post_logout_uris", "logout_uri", "scopes", "proof", "key", "contacts")


class KeyForm(PlainForm):
    """Another key."""

    key = forms.CharField(label=_KEY, max_length=10_000, widget=forms.Textarea({"rows": 8, "spellcheck": "false"}))
    end_others = forms.BooleanField(label="Bỏ ngay các khóa đang dùng (khi nghi bị lộ)", required=False)


@admin.register(OidcClient)
class OidcClientAdmin(DeskModelAdmin):
    """List by name; a page each."""

    by_cursor = False
    view_act = SEE
    unit_field = "unit_code"
    list_display = ("name", "unit_shown", "kind", "state")
    list_display_links = ("name",)
    list_filter: ClassVar[Any] = ("is_test",)
    search_fields = ("name", "=unit_code")
    search_help_text = "Tìm theo tên, mã cơ quan"
    ordering = ("name", "id")
    refusals = (clients.ClientRefused,)
    change_list_template = "admin/accounts/sign_on.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The door: one's own agency's, or all."""
        actor = actor_of(request)
        rows = OidcClient.objects.order_by(*self.ordering)
        return rows if may(actor, SEE_ALL) else visible_to(actor, rows, SEE, self.unit_field)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(actor_of(request), SEE_ALL) or super().has_view_permission(request, obj)

    @admin.display(description="Cơ quan", ordering="unit_code")
    def unit_shown(self, row: OidcClient) -> str:
        """Whose it is."""
        return agency_label(row.unit_code)

    @admin.display(description="Loại")
    def kind(self, row: OidcClient) -> str:
        """Live or being tried out."""
        return "Thử nghiệm" if row.is_test else "Chính thức"

    @admin.display(description="Tình trạng")
    def state(self, row: OidcClient) -> str:
        """Whether it is let in."""
        return "Tạm ngừng" if row.suspended_at else "Đang kết nối"

    def get_urls(self) -> list[URLPattern]:
        """The acts."""
        ways = {"suspend": self.suspend, "readmit": self.readmit, "admit": self.admit, "key": self.key, "edit": self.edit}
        view, name = self.admin_site.admin_view, "accounts_oidcclient"
        own = [path(f"<uuid:object_id>/{way}/", view(page), name=f"{name}_{way}") for way, page in ways.items()]
        return [path("register/", view(self.enter), name=f"{name}_register"), *own, *super().get_urls()]

    def _keeps(self, actor: Actor, unit: str) -> bool:
        return may(actor, ADMIT) or may(actor, KEEP, unit)

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Facts, keys, and how it is used."""
        actor, now = actor_of(request), timezone.now()
        facts = [
            ("client_id", str(row.pk)),
            ("Cơ quan", agency_label(row.unit_code)),
            ("Loại", self.kind(row)),
            ("Nhận kết quả tại", ", ".join(row.redirect_uris)),
            ("Về sau khi đăng xuất", ", ".join(row.post_logout_uris) or "–"),
            ("Nhận tin đăng xuất tại", row.logout_uri or "– (phiên ở đó không kết thúc cùng phiên ở Cổng)"),
            ("Được biết", ", ".join(row.scopes)),
            ("Chứng minh bằng", row.get_proof_display()),
            ("Đầu mối", row.contacts or "–"),
            ("Đăng ký lúc", moment(row.created_at)),
        ]
        keys = [
            (one.kid, one.public.get("subject", one.public.get("alg", "")), moment(one.added_at), moment(one.ended_at))
            for one in row.keys.order_by("-added_at", "-id")[:20]
        ]
        # Only what can still be: no session lives a day, no word is carried for longer than a week.
        day, week = now - timedelta(days=1), now - timedelta(days=8)
        told = SignInGrant.objects.filter(client=row, asked_at__gt=week, begun_at__isnull=False, ended_at__isnull=False)
        untold = told.filter(told_at=None).exclude(client__logout_uri="")
        figures = [
            ("Lần đăng nhập trong 24 giờ qua", _up_to(SignInGrant.objects.filter(client=row, asked_at__gt=day, begun_at__isnull=False))),
            ("Tin đăng xuất của 8 ngày qua chưa giao được", _up_to(untold)),
        ]
        notes = [f"Tạm ngừng từ {moment(row.suspended_at)}. Lý do: {row.suspended_why}"] if row.suspended_at else []
        return Page(
            row.name,
            [Facts("Hệ thống", facts), Facts("Sử dụng", figures), Rows("Khóa", ("Tên", "Loại", "Từ", "Đến"), keys)],
            self._ways(actor, row),
            notes,
        )

    def _ways(self, actor: Actor, row: OidcClient) -> list[Way]:
        ways = []
        if self._keeps(actor, row.unit_code):
            if not row.suspended_at:
                ways.append(Way("Tạm ngừng ngay", self.address("suspend", row.pk), "danger"))
            ways += [Way("Thêm khóa", self.address("key", row.pk)), Way("Sửa", self.address("edit", row.pk), "quiet")]
        if may(actor, ADMIT):
            if row.is_test:
                ways.append(Way("Cho vào chính thức", self.address("admit", row.pk)))
            if row.suspended_at:
                ways.append(Way("Cho kết nối lại", self.address("readmit", row.pk)))
        return ways

    def _kept(self, request: HttpRequest, object_id: UUID) -> tuple[OidcClient, Actor]:
        row, actor = self.found(request, object_id), actor_of(request)
        if not self._keeps(actor, row.unit_code):
            raise AccessDenied(KEEP)
        return row, actor

    def enter(self, request: HttpRequest) -> HttpResponse:
        """Register a system, to be tried out."""
        actor = actor_of(request)
        if not self._keeps(actor, actor.unit):
            raise AccessDenied(KEEP)
        return self.ask(
            request,
            title="Đăng ký hệ thống đăng nhập một lần",
            form=NewClientForm(request.POST if request.method == "POST" else None, initial={"unit": actor.unit}),
            back=self.address("changelist"),
            do=lambda said: clients.add_client(actor=actor, now=timezone.now(), **said),
            done=lambda made: f"Đã đăng ký, client_id là {made.pk}. Hệ thống đang ở chế độ thử nghiệm.",
            about=["Trong khi thử nghiệm, chỉ người làm việc tại cơ quan này đăng nhập được. Văn phòng Chính phủ cho vào chính thức."],
            button="Đăng ký",
        )

    def edit(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Change what is known of it."""
        row, actor = self._kept(request, object_id)
        known = {
            "name": row.name, "redirect_uris": "\n".join(row.redirect_uris), "post_logout_uris": "\n".join(row.post_logout_uris),
            "logout_uri": row.logout_uri, "scopes": row.scopes, "contacts": row.contacts,
        }  # fmt: skip
        return self.ask(
            request,
            title=f"Sửa {row.name}",
            form=ClientForm(request.POST if request.method == "POST" else None, initial=known),
            back=self.address("change", row.pk),
            do=lambda said: clients.change_client(client_id=row.pk, actor=actor, **said),
            done="Đã ghi.",
            button="Ghi",
        )

    def key(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Another key."""
        row, actor = self._kept(request, object_id)
        return self.ask(
            request,
            title=f"Thêm khóa cho {row.name}",
            form=KeyForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: clients.add_key(client_id=row.pk, actor=actor, now=timezone.now(), **said),
            done=lambda kid: f"Đã thêm khóa {kid}.",
            about=["Khóa mới nhất trước đó vẫn dùng được, để hệ thống kịp đổi; khóa cũ hơn hết hiệu lực."],
            button="Thêm khóa",
        )

    def suspend(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Let it sign nobody in any more."""
        row, actor = self._kept(request, object_id)
        return self.ask(
            request,
            title=f"Tạm ngừng {row.name}",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: clients.suspend(client_id=row.pk, actor=actor, now=timezone.now(), **said),
            done="Đã tạm ngừng.",
            about=["Từ lúc này không ai đăng nhập được vào hệ thống này qua Cổng; người đang đăng nhập ở đó bị đăng xuất."],
            button="Tạm ngừng",
        )

    def readmit(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Let it in again."""
        row, actor = self._kept(request, object_id)
        return self.ask(
            request,
            title=f"Cho {row.name} kết nối lại",
            form=None,
            back=self.address("change", row.pk),
            do=lambda _: clients.readmit(client_id=row.pk, actor=actor),
            done="Đã cho kết nối lại.",
            about=["Khóa cũ vẫn dùng được. Nếu nghi đã lộ, hãy thay khóa trước."],
            button="Cho kết nối lại",
        )

    def admit(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """To real people."""
        row, actor = self._kept(request, object_id)
        return self.ask(
            request,
            title=f"Cho {row.name} vào chính thức",
            form=None,
            back=self.address("change", row.pk),
            do=lambda _: clients.admit(client_id=row.pk, actor=actor),
            done="Đã cho vào chính thức.",
            about=[f"Từ lúc này mọi người dân đăng nhập được và hệ thống được biết: {', '.join(row.scopes)}."],
            button="Cho vào chính thức",
        )
