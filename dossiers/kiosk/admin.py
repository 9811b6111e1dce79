"""Kiosks on the desk: registered, paired by a code that is shown once, withdrawn."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from dossiers.kiosk import devices
from dossiers.kiosk.devices import ACT, KioskRefused
from dossiers.models import KioskDevice
from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Way, moment
from portal.documents.units import unit_name


class DeviceForm(PlainForm):
    """Where it stands."""

    name = forms.CharField(
        label="Tên máy", max_length=100, help_text="Chỗ đặt máy, ví dụ: Sảnh tầng 1.", widget=forms.TextInput({"class": "vTextField"})
    )


@admin.register(KioskDevice)
class KioskDeviceAdmin(DeskModelAdmin):
    """The kiosks of the officer's unit."""

    view_act = ACT
    unit_field = "unit_code"
    refusals: ClassVar[tuple[type[Exception], ...]] = (KioskRefused,)
    list_display = ("name", "state", "paired", "registered_by_label")
    list_display_links = ("name",)
    ordering = ("-registered_at", "id")

    @admin.display(description="Tình trạng")
    def state(self, row: KioskDevice) -> str:
        if row.withdrawn_at is not None:
            return "Đã thu hồi"
        return "Đang dùng" if row.token_index else "Chưa gắn"

    @admin.display(description="Gắn lúc", ordering="paired_at")
    def paired(self, row: KioskDevice) -> str:
        return moment(row.paired_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, ACT, actor.unit)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name, one = self.admin_site.admin_view, "dossiers_kioskdevice", "<uuid:object_id>/"
        return [
            path("add/", view(self.register), name=f"{name}_add"),
            path(one + "code/", view(self.code), name=f"{name}_code"),
            path(one + "withdraw/", view(self.withdraw), name=f"{name}_withdraw"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One device."""
        facts = [
            ("Cơ quan", unit_name(row.unit_code)),
            ("Tình trạng", self.state(row)),
            ("Gắn lúc", moment(row.paired_at)),
            ("Đăng ký", f"{row.registered_by_label}, {moment(row.registered_at)}"),
            ("Thu hồi lúc", moment(row.withdrawn_at)),
        ]
        ways = []
        if row.withdrawn_at is None:
            label = "Lấy mã gắn lại" if row.token_index else "Lấy mã gắn máy"
            ways = [Way(label, self.address("code", row.pk)), Way("Thu hồi", self.address("withdraw", row.pk), "danger")]
        return Page(row.name, [Facts("Máy kiosk", facts)], ways)

    def register(self, request: HttpRequest) -> HttpResponse:
        """A new device of the unit."""
        actor = actor_of(request)
        require(actor, ACT, actor.unit)
        made: list[KioskDevice] = []
        answer = self.ask(
            request,
            title="Đăng ký máy kiosk",
            form=DeviceForm(request.POST if request.method == "POST" else None),
            back=self.address("changelist"),
            do=lambda said: made.append(devices.register(actor=actor, name=said["name"], now=timezone.now())),
            done="Đã đăng ký. Bạn lấy mã để gắn máy.",
            button="Đăng ký",
        )
        return redirect(self.address("change", made[0].pk)) if made else answer

    def code(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The code, shown once in the answer to the press and in no address."""
        row = self.found(request, object_id)
        require(actor_of(request), ACT, row.unit_code)
        shown: list[str] = []
        answer = self.ask(
            request,
            title="Lấy mã gắn máy",
            form=None,
            back=self.address("change", row.pk),
            do=lambda _said: shown.append(devices.new_code(actor=actor_of(request), device_id=row.pk, now=timezone.now())),
            done=f"Mã dùng một lần, trong {int(devices.PAIRING_FOR.total_seconds() // 60)} phút.",
            about=[f"{row.name}. Mã chỉ hiện một lần; trình duyệt gắn trước đó thôi là kiosk khi mã mới được dùng."],
        )
        if not shown:
            return answer
        context = {
            **self._context(request),
            "title": f"Mã gắn {row.name}",
            "code": f"{shown[0][:4]} {shown[0][4:]}",
            "at": request.build_absolute_uri(reverse("kiosk-pair")),
            "minutes": int(devices.PAIRING_FOR.total_seconds() // 60),
            "back": self.address("change", row.pk),
        }
        told = TemplateResponse(request, "admin/dossiers/kioskdevice/code.html", context)
        told["Cache-Control"] = "no-store, private"
        return told

    def withdraw(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """No kiosk any more."""
        row = self.found(request, object_id)
        require(actor_of(request), ACT, row.unit_code)
        return self.ask(
            request,
            title="Thu hồi máy kiosk",
            form=None,
            back=self.address("change", row.pk),
            do=lambda _said: devices.withdraw(actor=actor_of(request), device_id=row.pk, now=timezone.now()),
            done="Đã thu hồi. Máy thôi cấp số và đăng nhập ngay từ lần bấm kế tiếp.",
            about=[f"{row.name}, {unit_name(row.unit_code)}."],
        )
