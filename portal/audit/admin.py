"""The audit trail on the desk: to read, never to change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from portal.access import actor_of, may, visible_to
from portal.access.site import OfficerModelAdmin
from portal.audit.models import Act
from portal.audit.words import PERSON, POSITION, UNIT, act_words, names_of, target_words


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
    pairs = ((row.target, row.target_id), (UNIT, row.unit), (POSITION, row.position_id), (PERSON, row.person_id))
    yield from ((kind, str(key)) for kind, key in pairs if kind and key)


def _with_id(kind: str, name: str, key: str) -> str:
    """``hồ sơ H26.101-… `` with the id in small letters beside it."""
    words = " ".join(filter(None, (kind, name)))
    return format_html('{} <span class="quiet id">{}</span>', words, key) if words and key else words or key or "–"


class _NamedActs(ChangeList):
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
    """Newest first; found by the target's id or the request id, both exact."""

    view_act = "audit.read"
    unit_field = "unit"
    list_display = ("at", "what", "who", "on", "where", "request_id")
    fields = ("at", "what", "who", "acting_as", "user_id", "person_id", "position_id", "on", "target_id", "where", "request_id", "details")
    list_filter = ()
    search_fields = ("=target_id", "=request_id")
    search_help_text = "Tìm theo mã đối tượng hoặc mã yêu cầu"
    ordering = ("-id",)
    show_full_result_count = False

    @admin.display(description="Việc", ordering="act")
    def what(self, row: Act) -> str:
        """The act in words."""
        return act_words(row.act)

    @admin.display(description="Đối tượng", ordering="target")
    def on(self, row: Act) -> str:
        """What it was done to: kind, name where one is known, id."""
        return _with_id(target_words(row.target), self._named(row).get(row.target, row.target_id), row.target_id)

    @admin.display(description="Ai")
    def who(self, row: Act) -> str:
        """The officer in their position, the person, or the system."""
        names = self._named(row)
        if row.position_id:
            return _with_id("", names.get(POSITION, str(row.position_id)), str(row.position_id))
        if row.person_id:
            return _with_id("", names.get(PERSON, str(row.person_id)), str(row.person_id))
        return "Hệ thống" if row.acting_as == "system" else "–"

    @admin.display(description="Đơn vị", ordering="unit")
    def where(self, row: Act) -> str:
        """The unit by name and code."""
        return _with_id("", self._named(row).get(UNIT, row.unit), row.unit) if row.unit else "–"

    def _named(self, row: Act) -> Names:
        return getattr(row, "named", None) or _names_for([row])[row.pk]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """A list that asks for all names of its page at once."""
        return _NamedActs

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Who reads everywhere sees all; the others their unit and those below."""
        actor = actor_of(request)
        if may(actor, "audit.read_all"):
            return Act.objects.order_by("-id")
        return visible_to(actor, Act.objects.order_by("-id"), "audit.read", "unit")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(actor_of(request), "audit.read_all") or super().has_view_permission(request, obj)
