"""Which systems handle what is filed for which agencies, on VPCP's desk."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from dossiers.handled import routing
from dossiers.models import HandlingRule
from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Way, moment
from portal.catalogues.queries import agency_label
from portal.exchange.partners.models import Call, Partner
from portal.exchange.partners.services import KEEP, SEE


class RuleForm(PlainForm):
    """A rule."""

    partner = forms.ChoiceField(label="Hệ thống giải quyết")
    unit_code = forms.CharField(label="Mã cơ quan, gồm cả cấp dưới", max_length=40)
    procedures = forms.CharField(
        label="Mã thủ tục",
        max_length=4000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text="Mỗi dòng một mã. Để trống: mọi thủ tục.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Partner.objects.filter(calls__contains=[Call.HANDLED], suspended_at=None, is_test=False).order_by("code")
        self.fields["partner"].choices = [(one.code, str(one)) for one in rows]  # type: ignore[attr-defined]


@admin.register(HandlingRule)
class HandlingRuleAdmin(DeskModelAdmin):
    """List by agency; a page each."""

    by_cursor = False
    view_act = SEE
    list_display = ("unit_shown", "partner", "what", "since_shown", "ended_shown")
    search_fields = ("=unit_code", "=partner__code", "partner__name")
    search_help_text = "Tìm theo mã cơ quan, hệ thống"
    ordering = ("unit_code", "id")
    refusals: ClassVar[Any] = (routing.RuleRefused,)
    change_list_template = "admin/dossiers/handling_rules.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """VPCP's alone."""
        rows = HandlingRule.objects.select_related("partner").order_by(*self.ordering)
        return rows if may(actor_of(request), SEE) else rows.none()

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(actor_of(request), SEE)

    @admin.display(description="Cơ quan", ordering="unit_code")
    def unit_shown(self, row: HandlingRule) -> str:
        """For whom."""
        return row.unit_code

    @admin.display(description="Thủ tục")
    def what(self, row: HandlingRule) -> str:
        """Of which procedures."""
        return ", ".join(row.procedures) or "Mọi thủ tục"

    @admin.display(description="Từ", ordering="since")
    def since_shown(self, row: HandlingRule) -> str:
        """Since when."""
        return moment(row.since)

    @admin.display(description="Đến", ordering="ended_at")
    def ended_shown(self, row: HandlingRule) -> str:
        """Until when."""
        return moment(row.ended_at)

    def get_urls(self) -> list[URLPattern]:
        """The acts."""
        view, name = self.admin_site.admin_view, "dossiers_handlingrule"
        return [
            path("enter/", view(self.enter), name=f"{name}_enter"),
            path("<int:object_id>/end/", view(self.end), name=f"{name}_end"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Facts and the way to end it."""
        facts = [
            ("Cơ quan", agency_label(row.unit_code)),
            ("Hệ thống giải quyết", str(row.partner)),
            ("Thủ tục", self.what(row)),
            ("Từ", moment(row.since)),
            ("Đến", moment(row.ended_at)),
        ]
        ways = [] if row.ended_at or not may(actor_of(request), KEEP) else [Way("Kết thúc", self.address("end", row.pk), "danger")]
        return Page(f"{row.unit_code}: {row.partner.name}", [Facts("Quy định", facts)], ways)

    def enter(self, request: HttpRequest) -> HttpResponse:
        """From now on a system gets what is filed."""
        actor = actor_of(request)
        require(actor, KEEP)
        return self.ask(
            request,
            title="Chuyển hồ sơ cho hệ thống khác giải quyết",
            form=RuleForm(request.POST if request.method == "POST" else None),
            back=self.address("changelist"),
            do=lambda said: routing.add_rule(actor=actor, now=timezone.now(), **{**said, "procedures": said["procedures"].split()}),
            done="Đã ghi. Hồ sơ nộp từ lúc này chuyển cho hệ thống đó.",
            button="Ghi",
        )

    def end(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What is filed from now on is handled here again."""
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, KEEP)
        return self.ask(
            request,
            title="Kết thúc việc chuyển hồ sơ?",
            form=None,
            back=self.address("change", row.pk),
            do=lambda _: routing.end_rule(rule_id=row.pk, actor=actor, now=timezone.now()),
            done="Đã kết thúc.",
            about=["Hồ sơ đã chuyển vẫn do hệ thống đó giải quyết. Hồ sơ nộp từ lúc này giải quyết trên Cổng."],
            button="Kết thúc",
        )
