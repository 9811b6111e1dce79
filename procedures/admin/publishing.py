"""What desks of texts that are entered, checked and published share: the door, each act at an address of its own, several at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from portal.access import actor_of
from portal.states import TransitionRefused
from portal.ui.fields import PlainText
from procedures.admin.work import OwnOrAllAdmin
from procedures.desk_forms import PublishForm
from procedures.models import LIFE
from procedures.publishing import ENTER, NEEDS_WHY, Refused, is_own

READ, SEE_ALL = "procedures.help", "procedures.help.everywhere"
MOST = 200
"""Rows that one act on several takes."""
DONE = {
    "check": "Đã ghi: kiểm tra đạt.",
    "send_back": "Đã trả lại người soạn.",
    "publish": "Đã công khai. Người dân đọc và tìm được ngay.",
    "drop": "Đã bỏ bản đang soạn.",
    "withdraw": "Đã gỡ xuống.",
}


class ActForm(forms.Form):
    """The version that the officer saw, and why where that is written down."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    why = PlainText(
        label="Lý do",
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        error_messages={"required": "Hãy ghi lý do, để người sau đọc được."},
    )

    def __init__(self, *args: Any, transition: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if transition not in NEEDS_WHY:
            del self.fields["why"]
        if transition == "publish":
            self.fields["publish_at"] = PublishForm.base_fields["publish_at"]


class PublishedAdmin(OwnOrAllAdmin):
    """A unit's officers write, check and publish their own; VPCP looks at all."""

    view_act = READ
    see_all = SEE_ALL
    add_act = change_act = ENTER
    unit_field = "unit_code"
    actions = ("check_chosen", "publish_chosen")
    actions_on_top, actions_on_bottom = True, False
    ordering = ("-entered_at", "-id")
    services: Any
    """The room's services: ``act`` and ``act_on_many``."""

    def has_check_permission(self, request: HttpRequest) -> bool:
        """Whether the officer checks somewhere."""
        return self._may(request, LIFE.transitions["check"].act, None)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Whether the officer publishes somewhere."""
        return self._may(request, LIFE.transitions["publish"].act, None)

    @admin.action(description="Kiểm tra đạt", permissions=["check"])
    def check_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Pass those that are chosen."""
        self._many(request, "check", queryset)

    @admin.action(description="Công khai", permissions=["publish"])
    def publish_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Publish those that are chosen."""
        self._many(request, "publish", queryset)

    def _many(self, request: HttpRequest, transition: str, queryset: QuerySet[Any]) -> None:
        ids = list(queryset.order_by(*self.ordering).values_list("pk", flat=True)[: MOST + 1])
        if len(ids) > MOST:
            self.message_user(request, f"Mỗi lần nhiều nhất {MOST} bản; các bản sau chưa được xử lý.", messages.WARNING)
        done, left = self.services.act_on_many(actor=actor_of(request), row_ids=ids[:MOST], transition=transition, now=timezone.now())
        if done:
            self.message_user(request, f"{DONE[transition]} ({done} bản)", messages.SUCCESS)
        for name, words in left[:10]:
            self.message_user(request, f"{name[:80]}: {words}", messages.WARNING)
        if len(left) > 10:
            self.message_user(request, f"… và {len(left) - 10} bản nữa chưa được xử lý.", messages.WARNING)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        return [*self.act_paths(self.act_view, LIFE.transitions), *super().get_urls()]

    def row_of(self, request: HttpRequest, object_id: object) -> Any:
        """The row, through the door; None where there is none."""
        try:
            return self.get_queryset(request).filter(pk=UUID(str(object_id))).first()
        except ValueError as error:
            raise Http404 from error

    def ways(self, request: HttpRequest, row: Any) -> list[tuple[Any, str]]:
        """What this officer can do with a row now, with the address; what one wrote oneself is another's to check."""
        actor = actor_of(request)
        edges = LIFE.open_to(actor, row, unit=row.unit_code)
        own = is_own(actor, [row.entered_by])
        return [(edge, self.address(edge.name, row.pk)) for edge in edges if not (own and edge.name in ("check", "publish"))]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The row with what can be done with it."""
        row = self.row_of(request, object_id)
        more = {"ways": self.ways(request, row), "row": row} if row is not None else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def act_view(self, request: HttpRequest, object_id: UUID, transition: str) -> HttpResponse:
        """Ask once, then do it. Somebody else was faster: a word, never an error."""
        row = self.row_of(request, object_id)
        if row is None:
            raise Http404
        change, edge = self.address("change", row.pk), LIFE.transitions[transition]
        form = ActForm(request.POST if request.method == "POST" else None, initial={"version": row.version}, transition=transition)
        if form.is_bound and form.is_valid():
            try:
                self.services.act(
                    actor=actor_of(request),
                    row_id=row.pk,
                    transition=transition,
                    now=timezone.now(),
                    why=form.cleaned_data.get("why", ""),
                    seen_version=form.cleaned_data["version"],
                    publish_at=(at := form.cleaned_data.get("publish_at")),
                )
                later = at is not None and at > timezone.now()
                self.message_user(
                    request, f"Sẽ công khai lúc {timezone.localtime(at):%H:%M %d/%m/%Y}." if later else DONE[transition], messages.SUCCESS
                )
                return redirect(change)
            except TransitionRefused as refused:
                self.message_user(request, refused.reason, messages.WARNING)
                return redirect(change)
            except Refused as refused:
                for name, words in (refused.faults or {"": str(refused)}).items():
                    form.add_error(name if name in form.fields else None, words)
        elif not form.is_bound and LIFE.refusal(row, transition):
            self.message_user(request, "Bản này đã chuyển sang tình trạng khác.", messages.WARNING)
            return redirect(change)
        return self.page(request, "admin/procedures/text_act.html", edge.label, row=row, form=form, back=change)

    def page(
        self, request: HttpRequest, template: str, title: str, *, back: str = "", status: int | None = None, **context: Any
    ) -> HttpResponse:
        """A page of the desk of its own; without ``status`` 422 where something in its form is wrong."""
        form = context.get("form")
        common = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        addresses = {"list": self.address("changelist"), "back": back or self.address("changelist")}
        if status is None:
            status = 422 if form is not None and form.is_bound and form.errors else 200
        return TemplateResponse(request, template, {**common, "addresses": addresses, **context}, status=status)
