"""Positions on the desk: an administrator makes and ends those of their unit and hands out roles (Rules art. 16.1, 41)."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html

from accounts.linking import admin as linking_admin
from accounts.mandating import admin as mandating_admin
from accounts.models import Position, PositionRole, Substitution
from accounts.officers import admin as officers_admin
from accounts.officers import queries as officers_queries
from accounts.officers import substitutes
from accounts.officers.finding import find_account
from accounts.officers.forms import GiveRoleForm, LendForm, MakePositionForm, OnDayForm, end_of
from accounts.owner import desk as desk
from accounts.provider import admin as provider_admin
from accounts.registration.admin import RegistrationAdmin, TermsAdmin
from accounts.services.positions import MOMENT, BadRole, end_position, give_position, give_role, may_grant, take_role
from accounts.ways import admin as ways_admin
from portal.access import AccessDenied, actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, Rows, Way, moment, until
from portal.access.roles import ROLES
from portal.catalogues.models import Agency
from portal.catalogues.queries import agency_label
from portal.text import search_key

GIVE = "accounts.give_roles"
NAMES = dict(ROLES)
PAGE = 50

__all__ = [
    "PositionAdmin",
    "RegistrationAdmin",
    "TermsAdmin",
    "linking_admin",
    "mandating_admin",
    "officers_admin",
    "provider_admin",
    "ways_admin",
]


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
    list_display = ("person", "title", "agency_shown", "role_names", "valid_from", "until_shown")
    list_display_links = ("person",)
    list_filter: ClassVar[Any] = (HoldsRole, "place")
    list_select_related = ("person",)
    ordering = ("unit_code", "title", "id")
    search_fields = ("person__name_key", "unit_code")
    search_help_text = "Tên cán bộ, có dấu hay không dấu, hoặc mã cơ quan"
    change_list_template = "admin/accounts/positions.html"

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

    @admin.display(description="Đến", ordering="valid_to")
    def until_shown(self, position: Position) -> str:
        """The last day, as it was typed."""
        return until(position.valid_to)

    @admin.display(description="Cơ quan, tổ chức", ordering="unit_code")
    def agency_shown(self, position: Any) -> str:
        return f"{position.agency} ({position.unit_code})" if position.agency else position.unit_code

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "accounts_position"
        return [
            path("add/", view(self.make), name=f"{name}_add"),
            path("on/", view(self.on), name=f"{name}_on"),
            path("<uuid:object_id>/give/", view(self.give), name=f"{name}_give"),
            path("<uuid:object_id>/end/", view(self.end), name=f"{name}_end"),
            path("<uuid:object_id>/lend/", view(self.lend), name=f"{name}_lend"),
            path("<uuid:object_id>/lent/<uuid:substitution_id>/end/", view(self.end_lending), name=f"{name}_end_lending"),
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
            held, grants = row.is_held(now=now), may_grant(actor, now)
            if held and row.contract_id is None:
                ways.append(Way("Giao vai trò", self.address("give", row.pk)))
                if substitutes.lendable(row, now):
                    ways.append(Way("Giao người làm thay", self.address("lend", row.pk), "quiet"))
            open_roles = sorted({one.role for one in given if one.valid_to is None or one.valid_to > now})
            ways += [Way(f"Thu hồi: {NAMES[role]}", self.address("take", row.pk, role), "danger") for role in open_roles if role in grants]
            if row.valid_to is None or row.valid_to > now:
                ways.append(Way("Chấm dứt chức danh", self.address("end", row.pk), "danger"))
        facts = Facts(
            "Chức danh",
            [
                ("Cán bộ", row.person.full_name),
                ("Chức danh", row.title),
                ("Cơ quan, tổ chức", agency_label(row.unit_code)),
                ("Từ", moment(row.valid_from)),
                ("Đến", until(row.valid_to)),
                ("Số hiệu chứng thư số trên USB Token", row.token_serial or "–"),
                ("Theo hợp đồng", str(row.contract) if row.contract_id else "–"),
                ("Vai trò đang giữ", self.role_names(row)),
                ("Được cấp cho người khác", _grants(given, now)),
            ],
        )
        roles = Rows(
            "Vai trò đã giao",
            ["Vai trò", "Từ", "Đến", "Người giao", "Người thu hồi"],
            [[NAMES[one.role], moment(one.valid_from), until(one.valid_to), _who(one.given_by), _who(one.ended_by)] for one in given],
        )
        return Page(f"{row.person.full_name}, {row.title}", [facts, roles, self._lent(row, now)], ways, notes)

    def _lent(self, row: Position, now: Any) -> Rows:
        """Whom the position was lent to, and whose place its holder took."""
        lent = Substitution.objects.filter(Q(position=row) | Q(substitute=row))
        lent = lent.select_related("position__person", "substitute__person").order_by("-valid_from", "id")[:PAGE]
        cells = [
            [
                one.position.person.full_name,
                one.substitute.person.full_name,
                ", ".join(NAMES[role] for role in one.roles),
                moment(one.valid_from),
                moment(one.ended_at) if one.ended_at else until(one.valid_to),
                _link("Chấm dứt", self.address("end_lending", row.pk, one.pk))
                if one.position_id == row.pk and one.is_held(now=now)
                else "",
            ]
            for one in lent
        ]
        return Rows("Vắng mặt và làm thay", ["Vắng mặt", "Làm thay", "Vai trò", "Từ", "Đến", ""], cells)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever hands out roles makes positions."""
        actor = actor_of(request)
        return may(actor, GIVE, actor.unit)

    def make(self, request: HttpRequest) -> HttpResponse:
        """Make a position for a person, with its roles and dates (Rules art. 41.1: who has an account)."""
        actor, now = actor_of(request), timezone.now()
        require(actor, GIVE, actor.unit)
        place = _place_of(actor.roles)
        form = MakePositionForm(
            request.POST if request.method == "POST" else None,
            now=now,
            own_unit=actor.unit,
            at_institution=place == Position.Place.INSTITUTION,
            grantable_now=may_grant(actor, now),
            initial={"unit_code": actor.unit},
        )

        def do(said: dict[str, Any]) -> Position:
            person = find_account(actor=actor, id_number=said.pop("id_number"), full_name=said.pop("full_name"), now=now)
            return give_position(actor=actor, person_id=person.id, place=place, now=now, **said)

        return self.ask(
            request,
            title="Giao chức danh",
            form=form,
            back=self.address("changelist"),
            do=do,
            done=lambda made: f"{made.person.full_name} giữ chức danh “{made.title}” từ {moment(made.valid_from)}.",
            button="Giao",
        )

    def end(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """End a position with all its roles, at once."""
        row = self._theirs(request, object_id)
        return self.ask(
            request,
            title=f"Chấm dứt chức danh của {row.person.full_name}?",
            form=None,
            back=self.address("change", row.pk),
            do=lambda _: end_position(actor=actor_of(request), position_id=row.pk, now=timezone.now()),
            done="Đã chấm dứt. Người này không còn vào được bàn làm việc với chức danh này.",
            about=[
                f"{row.title}, {agency_label(row.unit_code)}. Đang giữ: {self.role_names(row)}.",
                "Có hiệu lực ngay, kể cả khi người này đang đăng nhập.",
            ],
            button="Chấm dứt",
        )

    def lend(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Lend an absent officer's roles to a colleague for some days."""
        row, actor, now = self._theirs(request, object_id), actor_of(request), timezone.now()
        others = [
            (str(one.pk), f"{one.person.full_name}, {one.title} ({one.unit_code})")
            for one in substitutes.possible_substitutes(row, now)
            if one.person_id != actor.person_id
        ]
        form = LendForm(
            request.POST if request.method == "POST" else None,
            now=now,
            others=others,
            roles=[role for role in substitutes.lendable(row, now) if role in may_grant(actor, now)],
        )
        return self.ask(
            request,
            title=f"Giao người làm thay {row.person.full_name}",
            form=form,
            back=self.address("change", row.pk),
            do=lambda said: substitutes.lend(
                actor=actor, position_id=row.pk, substitute_id=UUID(said.pop("substitute")), now=timezone.now(), **said
            ),
            done=lambda lent: f"{lent.substitute.person.full_name} làm thay từ {moment(lent.valid_from)} đến {until(lent.valid_to)}.",
            about=[
                f"{row.title}, {agency_label(row.unit_code)}.",
                "Người làm thay chọn tư cách này khi vào bàn làm việc; mọi việc họ làm được ghi là làm thay.",
            ],
            button="Giao",
        )

    def end_lending(self, request: HttpRequest, object_id: UUID, substitution_id: UUID) -> HttpResponse:
        """The absent one is back."""
        row = self._theirs(request, object_id)
        lent = Substitution.objects.filter(pk=substitution_id, position=row).select_related("substitute__person").first()
        if lent is None:
            raise Http404
        return self.ask(
            request,
            title=f"Thôi để {lent.substitute.person.full_name} làm thay?",
            form=None,
            back=self.address("change", row.pk),
            do=lambda _: substitutes.end_lending(actor=actor_of(request), substitution_id=lent.pk, now=timezone.now()),
            done="Đã chấm dứt làm thay.",
            about=["Có hiệu lực ngay, kể cả khi người này đang đăng nhập."],
            button="Chấm dứt",
        )

    def on(self, request: HttpRequest) -> HttpResponse:
        """Who held what on a day: today, or years ago."""
        actor, now = actor_of(request), timezone.now()
        require(actor, self.view_act, actor.unit)
        form = OnDayForm(request.GET or None)
        said = form.cleaned_data if form.is_bound and form.is_valid() else {}
        day = said.get("ngay") or timezone.localdate(now)
        at = min(now, end_of(day) - MOMENT)
        rows = officers_queries.positions_on(actor, at, said.get("ten", "").replace("\0", "").strip())
        page = Paginator(rows, PAGE).get_page(request.GET.get("trang"))
        cells = [
            [
                one.position.person.full_name,
                one.position.title,
                one.position.unit_code,
                "\n".join(f"{NAMES[role.role]} (từ {moment(role.valid_from)}, {_giver(role.given_by)})" for role in one.roles) or "–",
                "\n".join(
                    f"{lent.position.person.full_name}: {', '.join(NAMES[role] for role in lent.roles)}" for lent in one.substitutions
                )
                or "–",
            ]
            for one in officers_queries.held_on(page.object_list, at)  # type: ignore[arg-type]
        ]
        title = f"Vai trò lúc {moment(at)}"
        context = {
            **self._context(request),
            "title": title,
            "form": form,
            "page": page,
            "headings": ["Cán bộ", "Chức danh", "Cơ quan", "Vai trò", "Làm thay"],
            "cells": cells,
            "narrowed": {name: value for name, value in request.GET.items() if name in ("ngay", "ten")},
        }
        return TemplateResponse(request, "admin/accounts/on_day.html", context)

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
            form=GiveRoleForm(
                request.POST if request.method == "POST" else None, position=row, now=now, grantable_now=may_grant(actor_of(request), now)
            ),
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


def _place_of(roles: frozenset[str]) -> str:
    return Position.Place.INSTITUTION if "institution_administrator" in roles else Position.Place.AGENCY


def _grants(given: list[PositionRole], now: Any) -> str:
    names = {NAMES[role] for one in given if one.is_held(now=now) for role in one.grants or ()}
    return ", ".join(sorted(names)) or "–"


def _link(words: str, url: str) -> Any:
    return format_html('<a href="{}">{}</a>', url, words)


def _giver(position: Position | None) -> str:
    return f"{position.person.full_name} giao" if position is not None else "có từ đầu"


def _who(position: Position | None) -> str:
    return position.person.full_name if position is not None else "–"
