"""An agency's contacts for settlement, tracing and complaints, kept by its accountants (Rules art. 33.1)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.safestring import SafeString

from payments.admin.base import Facts, MoneyModelAdmin, Page, PlainForm, Way, moment, two_lines
from payments.models import SettlementContact
from payments.services import contacts as services
from portal.access import actor_of, may, require
from portal.access.rules import unit_scope
from portal.catalogues.models import Agency
from portal.catalogues.queries import agency_names


class ContactForm(PlainForm):
    """One contact."""

    unit_code = forms.ChoiceField(label="Cơ quan")
    purpose = forms.ChoiceField(label="Mục đích", choices=SettlementContact.Purpose.choices)
    name = forms.CharField(label="Đầu mối", max_length=200, help_text="Bộ phận hoặc chức danh, ví dụ: Bộ phận kế toán.")
    phone = forms.CharField(label="Điện thoại", max_length=40, required=False)
    email = forms.EmailField(label="Thư điện tử", required=False)
    hours = forms.CharField(label="Giờ làm việc", max_length=120, required=False)

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit_code"].choices = units  # type: ignore[attr-defined]


@admin.register(SettlementContact)
class SettlementContactAdmin(MoneyModelAdmin):
    """Each agency's accountants keep theirs; VPCP sees all."""

    unit_column, institution_column = "unit_code", ""
    by_cursor = False
    list_display = ("agency_shown", "purpose", "name", "reach_shown", "changed_shown")
    list_display_links = ("agency_shown",)
    list_filter = ("purpose",)
    search_fields = ("unit_code", "name")
    ordering = ("unit_code", "purpose", "id")
    refusals = (services.ContactRefused,)

    def get_queryset(self, request: HttpRequest) -> Any:
        named = Agency.objects.on(timezone.localdate()).filter(code=OuterRef("unit_code")).values("name")[:1]
        return super().get_queryset(request).filter(withdrawn_at=None).annotate(agency=Subquery(named))

    @admin.display(description="Cơ quan", ordering="unit_code")
    def agency_shown(self, row: Any) -> SafeString:
        return two_lines(row.agency or row.unit_code, row.unit_code if row.agency else "")

    @admin.display(description="Điện thoại, thư điện tử")
    def reach_shown(self, row: SettlementContact) -> SafeString:
        return two_lines(row.phone or row.email, row.email if row.phone else "")

    @admin.display(description="Cập nhật lúc", ordering="changed_at")
    def changed_shown(self, row: SettlementContact) -> str:
        return moment(row.changed_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, services.PUBLISH, actor.unit)

    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, "payments_settlementcontact"
        return [
            path("add/", view(self.keep), name=f"{name}_add"),
            path("<uuid:object_id>/edit/", view(self.keep), name=f"{name}_edit"),
            path("<uuid:object_id>/withdraw/", view(self.withdraw), name=f"{name}_withdraw"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        ways = []
        if may(actor_of(request), services.PUBLISH, row.unit_code):
            ways = [
                Way("Sửa", self.address("edit", row.pk)),
                Way("Thôi công bố", self.address("withdraw", row.pk), "danger"),
            ]
        names = agency_names([row.unit_code])
        facts = Facts(
            "Đầu mối",
            [
                ("Cơ quan", f"{names.get(row.unit_code, '')} ({row.unit_code})"),
                ("Mục đích", row.get_purpose_display()),
                ("Đầu mối", row.name),
                ("Điện thoại", row.phone or "–"),
                ("Thư điện tử", row.email or "–"),
                ("Giờ làm việc", row.hours or "–"),
                ("Cập nhật lúc", moment(row.changed_at)),
            ],
        )
        return Page(f"{row.get_purpose_display()}: {names.get(row.unit_code, row.unit_code)}", [facts], ways)

    def keep(self, request: HttpRequest, object_id: UUID | None = None) -> HttpResponse:
        """Publish a contact, or change it."""
        actor = actor_of(request)
        row = self.found(request, object_id) if object_id else None
        require(actor, services.PUBLISH, row.unit_code if row else actor.unit)
        mine = Agency.objects.on(timezone.localdate()).filter(unit_scope(actor, services.PUBLISH, "code")).order_by("code")
        if row is not None:
            mine = mine.filter(code=row.unit_code)
        units = [(code, f"{name} ({code})") for code, name in mine.values_list("code", "name")]
        initial = {name: getattr(row, name) for name in ("unit_code", "purpose", "name", "phone", "email", "hours")} if row else {}
        form = ContactForm(request.POST if request.method == "POST" else None, initial=initial, units=units)
        if row is not None:
            form.fields["purpose"].choices = [(row.purpose, row.get_purpose_display())]  # type: ignore[attr-defined]
        return self.ask(
            request,
            title="Công bố đầu mối" if row is None else "Sửa đầu mối",
            form=form,
            back=self.address("changelist"),
            do=lambda said: services.keep_contact(**said, actor=actor, now=timezone.now()),
            done="Đã công bố đầu mối.",
            button="Công bố",
        )

    def withdraw(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Publish it no longer."""
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, services.PUBLISH, row.unit_code)
        return self.ask(
            request,
            title="Thôi công bố đầu mối này?",
            form=None,
            back=self.address("change", row.pk),
            to=self.address("changelist"),
            do=lambda _: services.withdraw_contact(contact_id=object_id, actor=actor, now=timezone.now()),
            done="Đã thôi công bố.",
            about=[f"{row.get_purpose_display()}: {row.name}."],
            button="Thôi công bố",
        )
