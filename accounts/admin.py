"""Positions on the desk: an administrator sees those of their unit and hands out roles (Rules art. 16.1, 41)."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from accounts.models import Position, PositionRole
from accounts.position_forms import GiveRoleForm
from accounts.registration.admin import RegistrationAdmin, TermsAdmin
from accounts.services.positions import BadRole, give_role, take_role
from portal.access import AccessDenied, actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, Rows, Way, moment
from portal.access.roles import ROLES
from portal.catalogues.models import Agency
from portal.catalogues.queries import agency_label
from portal.text import search_key

__all__ = ["PositionAdmin", "RegistrationAdmin", "TermsAdmin"]

GIVE = "accounts.give_roles"
NAMES = dict(ROLES)


class HoldsRole(admin.SimpleListFilter):
    """By a role held now."""

    title = "vai trò đang giữ"
    parameter_name = "vai-tro"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*ROLES, ("khong", "Không có vai trò nào")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now, role = timezone.now(), self.value()
        held = PositionRole.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=now), valid_from__lte=now)
        if role == "khong":
            return queryset.exclude(pk__in=held.values("position"))
        return queryset.filter(pk__in=held.filter(role=role).values("position")) if role else queryset


@admin.register(Position)
class PositionAdmin(DeskModelAdmin):
    """Who holds which position with which roles, in the administrator's unit and those below it."""

    view_act = "accounts.read_positions"
    unit_field = "unit_code"
    by_cursor = False
    refusals = (BadRole,)
    list_display = ("person", "title", "agency_shown", "role_names", "valid_from", "valid_to")
    list_display_links = ("person",)
    list_filter: ClassVar[Any] = (HoldsRole, "place")
    list_select_related = ("person",)
    ordering = ("unit_code", "title", "id")
    search_fields = ("person__name_key", "unit_code")
    search_help_text = "Tên cán bộ, có dấu hay không dấu, hoặc mã cơ quan"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the agencies' names."""
        named = Agency.objects.on(timezone.localdate()).filter(code=OuterRef("unit_code")).values("name")[:1]
        rows = super().get_queryset(request).select_related("person").prefetch_related("given_roles")
        return rows.annotate(agency=Subquery(named))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """A name as one types it; a code as it is."""
        is_code = any(sign.isdigit() for sign in search_term)
        return super().get_search_results(request, queryset, search_term if is_code else search_key(search_term))

    @admin.display(description="Vai trò đang giữ")
    def role_names(self, position: Position) -> str:
        """Roles in words."""
        return ", ".join(NAMES[role] for role in position.roles_at(timezone.now())) or "–"

    @admin.display(description="Cơ quan, tổ chức", ordering="unit_code")
    def agency_shown(self, position: Any) -> str:
        return f"{position.agency} ({position.unit_code})" if position.agency else position.unit_code

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "accounts_position"
        return [
            path("<uuid:object_id>/give/", view(self.give), name=f"{name}_give"),
            path("<uuid:object_id>/take/<slug:role>/", view(self.take), name=f"{name}_take"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """A position with every role it has or had, and who gave it."""
        now, actor = timezone.now(), actor_of(request)
        given = list(row.given_roles.select_related("given_by__person", "ended_by__person").order_by("role", "valid_from", "id"))
        notes, ways = [], []
        if row.person_id == actor.person_id:
            notes.append("Đây là chức danh của bạn: vai trò của bạn do người quản trị khác giao và thu hồi.")
        elif may(actor, GIVE, row.unit_code):
            if row.is_held(now=now):
                ways.append(Way("Giao vai trò", self.address("give", row.pk)))
            open_roles = sorted({one.role for one in given if one.valid_to is None or one.valid_to > now})
            ways += [Way(f"Thu hồi: {NAMES[role]}", self.address("take", row.pk, role), "danger") for role in open_roles]
        facts = Facts(
            "Chức danh",
            [
                ("Cán bộ", row.person.full_name),
                ("Chức danh", row.title),
                ("Cơ quan, tổ chức", agency_label(row.unit_code)),
                ("Từ", moment(row.valid_from)),
                ("Đến", moment(row.valid_to)),
                ("Vai trò đang giữ", self.role_names(row)),
            ],
        )
        roles = Rows(
            "Vai trò đã giao",
            ["Vai trò", "Từ", "Đến", "Người giao", "Người thu hồi"],
            [[NAMES[one.role], moment(one.valid_from), moment(one.valid_to), _who(one.given_by), _who(one.ended_by)] for one in given],
        )
        return Page(f"{row.person.full_name}, {row.title}", [facts, roles], ways, notes)

    def _theirs(self, request: HttpRequest, object_id: UUID) -> Any:
        """A position of somebody else, for who may hand out its roles."""
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, GIVE, row.unit_code)
        if row.person_id == actor.person_id:
            raise AccessDenied(GIVE)
        return row

    def give(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Give a role, from a day on, until a day or until it is taken back."""
        row, now = self._theirs(request, object_id), timezone.now()
        return self.ask(
            request,
            title=f"Giao vai trò cho {row.person.full_name}",
            form=GiveRoleForm(request.POST if request.method == "POST" else None, position=row, now=now),
            back=self.address("change", row.pk),
            do=lambda said: give_role(actor=actor_of(request), position_id=row.pk, **said),
            done=lambda given: f"{row.person.full_name} có vai trò “{NAMES[given.role]}” từ {moment(given.valid_from)}.",
            about=[f"{row.title}, {agency_label(row.unit_code)}. Đang giữ: {self.role_names(row)}."],
            button="Giao",
        )

    def take(self, request: HttpRequest, object_id: UUID, role: str) -> HttpResponse:
        """Take a role back, at once."""
        row = self._theirs(request, object_id)
        if role not in NAMES:
            raise Http404
        return self.ask(
            request,
            title=f"Thu hồi vai trò “{NAMES[role]}”?",
            form=None,
            back=self.address("change", row.pk),
            do=lambda _: take_role(actor=actor_of(request), position_id=row.pk, role=role, now=timezone.now()),
            done=f"Đã thu hồi. {row.person.full_name} không còn làm được việc này từ trang kế tiếp.",
            about=[
                f"{row.person.full_name}, {row.title}, {agency_label(row.unit_code)}.",
                "Có hiệu lực ngay, kể cả khi người này đang đăng nhập.",
            ],
            button="Thu hồi",
        )


def _who(position: Position | None) -> str:
    return position.person.full_name if position is not None else "–"
