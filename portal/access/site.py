"""The officers' desk: one admin site, entered by position, each model behind the door."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.text import capfirst
from django.views.i18n import JavaScriptCatalog

from portal.access.actors import actor_of
from portal.access.rules import may, visible_to


class DeskConfig(AdminConfig):
    """Replaces Django's default admin site by ours."""

    default_site = "portal.access.site.OfficerSite"


FIRST = (
    "dossiers",
    "feedback",
    "ratings",
    "helpdesk",
    "payments",
    "procedures",
    "content",
    "notices",
    "upkeep",
    "accounts",
    "outbox",
    "audit",
    "retention",
)
LAST = "catalogues"
"""Rooms in the order in which the desk shows them: the work first, then what is watched, and what is looked up at the end."""


@dataclass(frozen=True)
class DeskLine:
    """One line of what waits: words, how many, the list behind it, and whether it presses (``bad``, ``wait``, ``info`` or empty)."""

    label: str
    count: int
    url: str
    kind: str = ""
    words: str = ""
    """The count as it is said, where it is bounded ("5.000+")."""


@dataclass(frozen=True)
class DeskTable:
    """The most pressing of a list on the desk's first page: each line an address and its cells; the first cell is the link."""

    title: str
    count: str
    url: str
    headings: Sequence[str]
    lines: Sequence[tuple[str, Sequence[str]]]


DeskPanel = Callable[[HttpRequest], list[DeskLine]]
_panels: list[DeskPanel] = []


def register_desk_panel(panel: DeskPanel) -> None:
    """Let a room say what waits for an officer on the desk's first page; no lines for one it does not concern. Once, in ``ready()``."""
    if panel not in _panels:
        _panels.append(panel)


DeskTablesOf = Callable[[HttpRequest], list[DeskTable]]
_tables: list[DeskTablesOf] = []
MenuOf = Callable[[HttpRequest], list[tuple[str, str]]]
_menus: list[MenuOf] = []
OWN_WORK = "desk"
"""How the group of the side menu is called that stands before all rooms."""


def register_desk_tables(tables: DeskTablesOf) -> None:
    """Let a room show the first rows of what presses on the desk's first page. Once, in ``ready()`` or with its desk."""
    if tables not in _tables:
        _tables.append(tables)


def register_desk_menu(menu: MenuOf) -> None:
    """Let a room put an officer's own work (labels and addresses, without a query) on top of the side menu. As above."""
    if menu not in _menus:
        _menus.append(menu)


def own_menu(request: HttpRequest) -> list[tuple[str, str]]:
    """What of the side menu is this officer's own work."""
    return [way for menu in _menus for way in menu(request)]


@dataclass(frozen=True)
class RowWay:
    """A link beside a row's history: what it says and where it leads."""

    label: str
    url: str


RowWayOf = Callable[[HttpRequest, Any], "RowWay | None"]
_row_ways: dict[type[Model], list[RowWayOf]] = {}


def register_row_way(model: type[Model], way: RowWayOf) -> None:
    """Let a room offer a link on the page of another room's rows; None where it does not concern the officer. Once, with the desk."""
    ways = _row_ways.setdefault(model, [])
    if way not in ways:
        ways.append(way)


def _place(app_label: str) -> int:
    """Where a room stands among the others."""
    if app_label == LAST:
        return len(FIRST) + 1
    return FIRST.index(app_label) if app_label in FIRST else len(FIRST)


class OfficerSite(admin.AdminSite):
    """Officers enter by their position (certificate or passkey); there is no password form."""

    site_header = "Bàn làm việc cán bộ"
    site_title = "Cổng Dịch vụ công Quốc gia"
    index_title = "Việc của tôi"
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Only somebody who acts in a position of an agency enters."""
        return actor_of(request).is_officer

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Their own work, then the rooms as an officer needs them, not by the alphabet; what is looked up stands last."""
        rooms: list[Any] = super().get_app_list(request, app_label)
        for room in rooms:
            room["models"].sort(key=lambda one: getattr(self._registry.get(one["model"]), "menu_place", 50))
        found = sorted(rooms, key=lambda room: _place(room["app_label"]))
        ways = own_menu(request) if app_label is None else []
        if not ways:
            return found
        lines: list[dict[str, Any]] = [
            {"name": label, "object_name": f"viec-{number}", "admin_url": url, "add_url": None, "view_only": True, "perms": {}}
            for number, (label, url) in enumerate(ways, start=1)
        ]
        # With the mark: an address that begins all others would be taken for the page one is on.
        own = {"name": self.index_title, "app_label": OWN_WORK, "app_url": f"{reverse('admin:index')}?", "models": lines}
        return [{**own, "has_module_perms": True}, *found]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """What waits for the officer, then the rooms."""
        lines = [line for panel in _panels for line in panel(request)]
        shown = [table for tables in _tables for table in tables(request)]
        rooms = [room for room in self.get_app_list(request) if room["app_label"] != OWN_WORK]
        more = {"desk_lines": lines, "desk_tables": shown, "desk_ways": own_menu(request), "app_list": rooms}
        return super().index(request, {**(extra_context or {}), **more})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send to the officers' sign-in; come back to where one wanted to go. Who is at the desk already goes there at once."""
        wanted = request.GET.get("next", "")
        desk = reverse("admin:index")
        # The door itself is nowhere to come back to: it would send in circles.
        if not url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) or wanted.startswith(reverse("admin:login")):
            wanted = desk
        if self.has_permission(request):
            return redirect(wanted)
        return redirect("/tai-khoan/can-bo/?" + urlencode({"next": wanted}))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """There is none: officers enter by certificate or passkey."""
        raise Http404

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """As :meth:`password_change`."""
        raise Http404

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """One way to sign out for everybody."""
        return redirect("/tai-khoan/dang-xuat/")

    def i18n_javascript(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Translations for the desk's scripts."""
        return _JavaScriptTexts.as_view(packages=["django.contrib.admin"])(request)


class _JavaScriptTexts(JavaScriptCatalog):
    """Django's texts for the desk's scripts, completed by ours (its own Vietnamese catalogue lacks some)."""

    def get_paths(self, packages: list[str]) -> list[str]:
        return [*super().get_paths(packages), *(str(path) for path in settings.LOCALE_PATHS)]


class OfficerModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Base of every model on the desk: rows come through the door, acts are services, nothing is deleted.

    ``view_act``/``add_act``/``change_act`` name registered acts (empty: nobody); ``unit_field`` is the path to the
    unit's code, empty for models that belong to no unit (then the act must be one that holds everywhere).
    """

    view_act = ""
    add_act = ""
    change_act = ""
    unit_field = ""
    menu_place = 50
    """Where it stands within its room's part of the menu; the alphabet decides between equals."""
    has_history = False
    """Whether rows have a page that tells who changed what (``portal.audit.desk``)."""
    by_cursor = False
    """Whether the list is so long that it is paged by cursor (``portal.access.cursor``): its orders must be by what is never null."""
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        """How the list is paged."""
        if self.by_cursor:
            from portal.access.cursor import CursorChangeList

            return CursorChangeList
        return super().get_changelist(request, **kwargs)

    def _unit_of(self, obj: Model | None) -> str | None:
        value: Any = obj
        for part in self.unit_field.split("__") if obj is not None and self.unit_field else []:
            value = getattr(value, part)
        return value if isinstance(value, str) else None

    def _may(self, request: HttpRequest, act: str, obj: Model | None) -> bool:
        if not act:
            return False
        actor = actor_of(request)
        unit = self._unit_of(obj)
        return may(actor, act, unit if unit is not None else actor.unit)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The door: also serves autocomplete, popups, export and history, for all of them start here."""
        rows = super().get_queryset(request)
        if not self.view_act:
            return rows.none()
        return visible_to(actor_of(request), rows, self.view_act, self.unit_field or "pk")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, self.view_act, None)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, self.view_act, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, self.add_act, None)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, self.change_act, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, named after what stands in it. No text in PostgreSQL holds a NUL, so nothing is found by one: such a part of the
        address is left out."""
        kept = request.GET.copy()
        for name, values in request.GET.lists():
            if any("\0" in text for text in (name, *values)):
                del kept[name]
        if len(kept) < len(request.GET):
            return redirect(f"{request.path}?{kept.urlencode()}" if kept else request.path)
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """None here: Django's own list of what it saved says neither who nor what."""
        raise Http404

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Not into Django's list: the service has written the act into the audit trail."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Not into Django's list, see ``log_addition``."""

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        row = context.get("original")
        ways = [found for way in _row_ways.get(self.model, ()) if row is not None and (found := way(request, row)) is not None]
        return super().render_change_form(request, {**context, "has_history": self.has_history, "row_ways": ways}, *args, **kwargs)


_DESK_ERRORS = {
    400: ("Yêu cầu này không đúng", "Địa chỉ hoặc biểu mẫu không đúng như Cổng chờ. Bạn quay lại danh sách rồi làm lại."),
    403: ("Bạn không làm được việc này", "Việc này dành cho vai trò hoặc cơ quan khác. Cần làm, hãy hỏi quản trị đơn vị của bạn."),
    404: ("Không tìm thấy trang", "Địa chỉ có thể đã cũ, hoặc thuộc cơ quan khác. Bạn tìm lại trong danh sách."),
}
_TOO_OLD = ("Trang đã mở quá lâu", "Biểu mẫu này không còn dùng được và chưa có gì được ghi. Bạn quay lại, tải lại trang rồi gửi lần nữa.")


def at_desk(request: HttpRequest) -> bool:
    """Whether an officer asked for an address of the desk: then errors, too, are told within its frame."""
    return request.path.startswith("/quan-tri/") and hasattr(request, "session") and actor_of(request).is_officer


def desk_error(request: HttpRequest, status: int, *, too_old: bool = False) -> HttpResponse:
    """An error told within the desk's frame, with the ways on: 400, 403 or 404; ``too_old`` for a form whose token has gone."""
    title, words = _TOO_OLD if too_old else _DESK_ERRORS[status]
    context = {**admin.site.each_context(request), "title": title, "words": words, "code": status}
    return TemplateResponse(request, "admin/error.html", context, status=status).render()
