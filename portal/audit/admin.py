"""The audit trail on the desk: to read, never to change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from portal.access import actor_of, may, require, visible_to
from portal.access.cursor import CursorChangeList
from portal.access.desk import PlainForm, moment
from portal.access.rules import acts
from portal.access.site import DeskLine, OfficerModelAdmin, register_desk_panel
from portal.audit import checking, services, tasks
from portal.audit.history import officers
from portal.audit.models import Act, Check
from portal.audit.refused import REFUSED
from portal.audit.words import ACTS, LOOKS, PERSON, POSITION, UNIT, act_words, names_of, people_found, target_words


@dataclass(frozen=True)
class Names:
    """What the ids of one act are called."""

    by_kind: dict[tuple[str, str], str]

    def get(self, kind: str, key: str) -> str:
        """The name; empty where nobody knows one."""
        return self.by_kind.get((kind, key), "")


def _names_for(rows: Iterable[Act]) -> dict[int, Names]:
    """Names of everything these acts mention: one query a kind of thing, whatever their number."""
    wanted: dict[str, set[str]] = {}
    for row in rows:
        for kind, key in _ids(row):
            wanted.setdefault(kind, set()).add(key)
    found = {(kind, key): name for kind, keys in wanted.items() for key, name in names_of(kind, keys).items()}
    return {row.pk: Names(found) for row in rows}


def _ids(row: Act) -> Iterator[tuple[str, str]]:
    absent = row.details.get("substitutes", "")
    pairs = ((row.target, row.target_id), (UNIT, row.unit), (POSITION, row.position_id), (POSITION, absent), (PERSON, row.person_id))
    yield from ((kind, str(key)) for kind, key in pairs if kind and key)


def _with_id(kind: str, name: str, key: str) -> str:
    """``hồ sơ H26.101-… `` with the id in small letters beside it."""
    words = " ".join(filter(None, (kind, name)))
    return format_html('{} <span class="quiet id">{}</span>', words, key) if words and key else words or key or "–"


WHO, WHAT, HOW, FROM, UNTIL = "ai", "viec", "kieu", "tu", "den"
"""In the address: what the trail is searched by."""
_DAY = forms.DateInput({"placeholder": "ngày/tháng/năm", "autocomplete": "off"})
_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]


class SearchForm(PlainForm):
    """Who, what, when; on what and in which request stands in the list's own search field."""

    ai = forms.CharField(
        label="Ai", max_length=200, required=False, help_text="Tên cán bộ, số định danh viết đủ, hoặc mã người, mã vị trí công tác."
    )
    viec = forms.ChoiceField(label="Việc", required=False)
    kieu = forms.ChoiceField(
        label="Loại", required=False, choices=[("", "Mọi việc"), ("xem", "Chỉ xem"), ("lam", "Có thay đổi"), ("tu-choi", "Bị từ chối")]
    )
    tu = forms.DateField(label="Từ ngày", required=False, input_formats=_DAYS, widget=_DAY)
    den = forms.DateField(label="Đến hết ngày", required=False, input_formats=_DAYS, widget=_DAY)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = ACTS | {name: act.label for name, act in acts().items()}
        choices = sorted(named.items(), key=lambda pair: (pair[1], pair[0]))
        self.fields[WHAT].choices = [("", "Mọi việc"), *((name, label) for name, label in choices)]  # type: ignore[attr-defined]


def _found(said: dict[str, Any], rows: QuerySet[Any]) -> QuerySet[Any]:
    """The acts that a search asks for."""
    if said.get(WHO):
        rows = rows.filter(person_id__in=people_found(said[WHO]))
    if said.get(WHAT):
        rows = rows.filter(act=said[WHAT])
    if said.get(HOW):
        kinds = {"xem": rows.filter(act__in=LOOKS), "tu-choi": rows.filter(act=REFUSED), "lam": rows.exclude(act__in=[*LOOKS, REFUSED])}
        rows = kinds[said[HOW]]
    if said.get(FROM):
        rows = rows.filter(at__gte=_begin_of(said[FROM]))
    if said.get(UNTIL):
        rows = rows.filter(at__lt=_begin_of(said[UNTIL] + dt.timedelta(days=1)))
    return rows


def _begin_of(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


class _Asked(admin.SimpleListFilter):
    """One part of the search; the form above the list shows it, and the page draws nothing beside the list."""

    title = "tìm"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        form = SearchForm(request.GET)
        form.full_clean()
        name = self.parameter_name or ""
        return _found({name: form.cleaned_data.get(name)}, queryset)


def _asked(name: str) -> type[_Asked]:
    return type(f"By{name.title()}", (_Asked,), {"parameter_name": name, "__doc__": f"By ``{name}``."})


class _NamedActs(CursorChangeList):
    """The page of acts with the names of what they mention."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        named = _names_for(rows)
        for row in rows:
            row.named = named[row.pk]
        self.result_list = rows


@admin.register(Act)
class ActAdmin(OfficerModelAdmin):
    """Newest first; found by who, what, when, and by the target's id or the request id, both exact. Who searched is itself written down."""

    view_act = "audit.read"
    unit_field = "unit"
    list_display = ("at", "what", "who", "on", "where", "request_id")
    fields = ("at", "what", "who", "acting_as", "user_id", "person_id", "position_id", "on", "target_id", "where", "request_id", "details")
    list_filter: ClassVar[Any] = tuple(_asked(name) for name in (WHO, WHAT, HOW, FROM, UNTIL))
    by_cursor = True
    change_list_template = "admin/audit/acts.html"
    search_fields = ("=target_id", "=request_id")
    search_help_text = "Tìm theo mã đối tượng hoặc mã yêu cầu"
    ordering = ("-at", "-id")
    show_full_result_count = False

    @admin.display(description="Việc", ordering="act")
    def what(self, row: Act) -> str:
        """The act in words."""
        return act_words(row.act)

    @admin.display(description="Đối tượng")
    def on(self, row: Act) -> str:
        """What it was done to: kind, name where one is known, id."""
        return _with_id(target_words(row.target), self._named(row).get(row.target, row.target_id), row.target_id)

    @admin.display(description="Ai")
    def who(self, row: Act) -> str:
        """The officer in their position, the person, or the system."""
        names = self._named(row)
        if row.position_id:
            shown = _with_id("", names.get(POSITION, str(row.position_id)), str(row.position_id))
            absent = str(row.details.get("substitutes", ""))
            return format_html("{}, thay {}", shown, names.get(POSITION, absent)) if absent else shown
        if row.person_id:
            return _with_id("", names.get(PERSON, str(row.person_id)), str(row.person_id))
        return "Hệ thống" if row.acting_as == "system" else "–"

    @admin.display(description="Đơn vị")
    def where(self, row: Act) -> str:
        """The unit by name and code."""
        return _with_id("", self._named(row).get(UNIT, row.unit), row.unit) if row.unit else "–"

    def _named(self, row: Act) -> Names:
        return getattr(row, "named", None) or _names_for([row])[row.pk]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """A list that asks for all names of its page at once."""
        return _NamedActs

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list with its search; a search is an act of the trail, by the names of what was asked, never by the values."""
        form = SearchForm(request.GET)
        form.full_clean()
        asked = sorted(name for name in ("q", WHO, WHAT, HOW, FROM, UNTIL) if request.GET.get(name, "").strip())
        if asked and self.has_view_permission(request):
            with transaction.atomic():
                services.record(actor=actor_of(request), act="audit.search", target="audit.act", details={"by": asked})
        may_verify = may(actor_of(request), checking.VERIFY)
        return super().changelist_view(request, {**(extra_context or {}), "form": form, "may_verify": may_verify})

    def get_urls(self) -> list[Any]:
        """Looking through the whole trail has an address of its own."""
        return [path("check/", self.admin_site.admin_view(self.check_trail), name="audit_act_check"), *super().get_urls()]

    def check_trail(self, request: HttpRequest) -> HttpResponse:
        """Is the trail as it was written: asked for here, answered by the worker; how it came out, each time."""
        actor = actor_of(request)
        require(actor, checking.VERIFY)
        if request.method == "POST":
            checking.begin(actor=actor, now=timezone.now())
            transaction.on_commit(lambda: tasks.go_on_with_check.apply_async(queue="bulk"), robust=True)
            self.message_user(request, "Đã bắt đầu kiểm tra. Tải lại trang để xem kết quả.", messages.INFO)
            return redirect("admin:audit_act_check")
        rows = list(Check.objects.order_by("-asked_at", "-id")[:CHECKS_SHOWN])
        who = officers(row.asked_by for row in rows if row.asked_by is not None)
        cells = [
            [
                moment(row.asked_at),
                who.get(row.asked_by, "–") if row.asked_by is not None else "Hằng đêm",
                row.get_state_display(),
                f"{row.seq} / {row.upto}",
                _fault_words(row),
                moment(row.ended_at),
            ]
            for row in rows
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Kiểm tra nhật ký",
            "list_url": reverse("admin:audit_act_changelist"),
            "newest": rows[0] if rows else None,
            "runs": any(row.state == Check.State.RUNNING for row in rows),
            "headings": ["Lúc", "Ai", "Kết quả", "Đã xem", "Chỗ bị sửa", "Xong lúc"],
            "cells": cells,
        }
        return TemplateResponse(request, "admin/audit/check.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Who reads everywhere sees all; the others their unit and those below."""
        actor = actor_of(request)
        if may(actor, "audit.read_all"):
            return Act.objects.order_by("-at", "-id")
        return visible_to(actor, Act.objects.order_by("-at", "-id"), "audit.read", "unit")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(actor_of(request), "audit.read_all") or super().has_view_permission(request, obj)


CHECKS_SHOWN = 50


def _fault_words(row: Check) -> str:
    if row.fault_seq is None:
        return "–"
    act = f", việc số {row.fault_act}" if row.fault_act is not None else ""
    return f"Mắt xích {row.fault_seq}{act}: {FAULTS.get(row.fault, row.fault)}"


FAULTS = {
    "link missing": "thiếu mắt xích",
    "act missing": "thiếu việc đã ghi",
    "act or link altered": "việc hoặc mắt xích đã bị sửa",
    "seal does not fit the chain: acts up to here were rewritten": "dấu không khớp: các việc đến đây đã bị viết lại",
    "signature of seal does not hold": "chữ ký của dấu không đúng",
    "link without a seal": "mắt xích không có dấu",
    "act outside the chain: slipped in, or its link was removed": "việc ngoài chuỗi: bị chèn vào, hoặc mắt xích bị gỡ",
    "end of the trail cut off": "phần cuối nhật ký bị cắt",
}
"""What a check found, for officers."""


def check_panel(request: HttpRequest) -> list[DeskLine]:
    """That the trail was altered presses whoever may look through it (one query)."""
    if not may(actor_of(request), checking.VERIFY):
        return []
    newest = Check.objects.exclude(state=Check.State.RUNNING).order_by("-asked_at", "-id").first()
    if newest is None or newest.state != Check.State.ALTERED:
        return []
    return [DeskLine("Nhật ký bị sửa: xem chỗ bị sửa", 1, reverse("admin:audit_act_check"), "bad")]


register_desk_panel(check_panel)
