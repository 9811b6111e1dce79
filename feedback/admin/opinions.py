"""What other agencies ask of this one: opinions on petitions in which they have the lead (Rules art. 42.3đ, 43.2)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from feedback.access import OVERSEE, READ
from feedback.admin.queue import clock
from feedback.codes import clean_code
from feedback.models import Opinion
from portal.access import actor_of, may, unit_scope
from portal.access.cursor import CursorChangeList
from portal.access.desk import DeskModelAdmin, Facts, Page, Way, moment, two_lines
from portal.catalogues.queries import agency_label, agency_names
from portal.crypto.fields import prefetch_keys

STILL = Q(given_at__isnull=True, called_off_at__isnull=True)


class WaitFilter(admin.SimpleListFilter):
    """What is waited for; the list opens on it."""

    title, parameter_name = "việc", "viec"
    OPEN, LATE, GIVEN, ALL = "cho", "qua-han", "da-cho", "tat-ca"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(self.OPEN, "Chờ ý kiến"), (self.LATE, "Quá hạn"), (self.GIVEN, "Đã cho ý kiến"), (self.ALL, "Tất cả")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        default = self.ALL if request.GET.get("q") else self.OPEN
        match self.value() or default:
            case self.LATE:
                return queryset.filter(STILL, due_at__lt=timezone.now())
            case self.GIVEN:
                return queryset.filter(given_at__isnull=False)
            case self.ALL:
                return queryset
        return queryset.filter(STILL)

    def choices(self, changelist: Any) -> Any:
        default = self.ALL if changelist.query else self.OPEN
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": (self.value() or default) == value, "query_string": query, "display": label}


class OpinionList(CursorChangeList):
    """A page with the keys and names its rows need."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        prefetch_keys([row.petition for row in rows])
        names = agency_names([code for row in rows for code in (row.unit_code, row.asked_by_unit)]) if rows else {}
        for row in rows:
            row.asker_shown = names.get(row.asked_by_unit, row.asked_by_unit)
            row.unit_shown = names.get(row.unit_code, row.unit_code)


@admin.register(Opinion)
class OpinionAdmin(DeskModelAdmin):
    """Asked of the officer's agency and those below it; all for VPCP."""

    list_display = ("code_shown", "state_shown", "asked_shown", "unit_shown")
    list_display_links = ("code_shown",)
    list_filter = (WaitFilter,)
    search_fields = ("petition__code",)
    search_help_text = "Mã phản ánh viết đủ"
    ordering = ("due_at", "id")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return OpinionList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Opinion]:
        """The door."""
        actor = actor_of(request)
        rows = Opinion.objects.select_related("petition").defer("petition__words", "petition__place_words", "petition__helps_words")
        rows = rows if may(actor, OVERSEE) else rows.filter(unit_scope(actor, READ, "unit_code"))
        return rows.order_by(*self.get_ordering(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, OVERSEE) or may(actor, READ, actor.unit)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        actor = actor_of(request)
        return self.has_module_permission(request) if obj is None else may(actor, OVERSEE) or may(actor, READ, obj.unit_code)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(petition__code=clean_code(term) or "?") if term else queryset), False

    @admin.display(description="Phản ánh")
    def code_shown(self, row: Any) -> SafeString:
        return two_lines(row.petition.code, row.petition.subject or "")

    @admin.display(description="Tình trạng, hạn", ordering="due_at")
    def state_shown(self, row: Any) -> SafeString | str:
        if row.is_open:
            return clock("Chờ ý kiến", row.due_at, timezone.now())
        return two_lines(row.get_stance_display(), moment(row.given_at)) if row.given_at else "Không cần nữa"

    @admin.display(description="Cơ quan hỏi")
    def asked_shown(self, row: Any) -> SafeString:
        return two_lines(row.asker_shown, moment(row.asked_at))

    @admin.display(description="Cơ quan được hỏi")
    def unit_shown(self, row: Any) -> str:
        return str(row.unit_shown)

    def page(self, request: HttpRequest, row: Any) -> Page:
        """What is asked, what was said; the petition itself has a page of its own."""
        actor = actor_of(request)
        ways = [Way("Mở phản ánh", reverse("admin:feedback_petition_change", args=[row.petition_id]), "quiet")]
        if row.is_open and may(actor, "feedback.opine", row.unit_code):
            ways.insert(0, Way("Cho ý kiến", reverse("admin:feedback_petition_give_opinion", args=[row.petition_id, row.pk])))
        facts: list[tuple[str, Any]] = [
            ("Phản ánh", f"{row.petition.code}: {row.petition.subject or '–'}"),
            ("Cơ quan hỏi", agency_label(row.asked_by_unit)),
            ("Cơ quan được hỏi", agency_label(row.unit_code)),
            ("Cần ý kiến về", row.question or "–"),
            ("Hỏi lúc", moment(row.asked_at)),
            ("Hạn cho ý kiến", moment(row.due_at)),
            ("Ý kiến", row.get_stance_display() or "–"),
            ("Nội dung", row.words or "–"),
            ("Cho ý kiến lúc", f"{moment(row.given_at)} {row.label}".strip()),
        ]
        late = row.is_open and row.due_at < timezone.now()
        notes = ["Đã quá hạn cho ý kiến."] if late else ["Ý kiến này không cần nữa."] if row.called_off_at else []
        return Page(f"Ý kiến về {row.petition.code}", [Facts("Yêu cầu", facts)], ways, notes)
