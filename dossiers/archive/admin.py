"""What has ended, on the desk: what is due, what lacks a term, each dossier to the end of its term."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import Truncator

from dossiers.archive import (
    disposal_admin,  # noqa: F401  # registers its own desk
    queries,
    rules,
    terms_admin,  # noqa: F401  # registers its own desk
)
from dossiers.archive.desk import LIST, STANDING, UNIT, YEAR, chosen_unit, stub_page
from dossiers.archive.queries import ACT
from dossiers.archive.services import DISPOSE, HOLD, SET_TERMS
from dossiers.models import ENDED, ENDED_STATES, ArchivedDossier
from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, Rows, Way, moment, two_lines
from procedures import queries as procedures


class UnitFilter(admin.SimpleListFilter):
    """One agency at a time: a term is an agency's."""

    title, parameter_name = "cơ quan", UNIT

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return queries.units_of(actor_of(request))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset  # the door of the list looks at it

    def choices(self, changelist: Any) -> Any:
        for code, name in self.lookup_choices:
            query = changelist.get_query_string({UNIT: code})
            yield {"selected": self.value() == code, "query_string": query, "display": f"{name} ({code})"}


class YearFilter(admin.SimpleListFilter):
    """By the year in which they ended."""

    title, parameter_name = "năm kết thúc", YEAR

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        this = timezone.localdate().year
        return [(str(year), str(year)) for year in range(this, this - 21, -1)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        text = self.value() or ""
        if not (text.isascii() and text.isdigit() and 1990 <= int(text) <= 2200):
            return queryset
        return queryset.filter(ended__gte=rules.begin_of(int(text)), ended__lt=rules.begin_of(int(text) + 1))


class StandingFilter(admin.SimpleListFilter):
    """How it stands with the term."""

    title, parameter_name = "thời hạn", STANDING
    DUE, HELD, RUNNING, FOREVER, NONE, GONE = "het-han", "giu-lai", "con-han", "vinh-vien", "chua-co", "da-huy"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (self.DUE, "Hết thời hạn"),
            (self.HELD, "Đang giữ lại"),
            (self.RUNNING, "Còn thời hạn"),
            (self.FOREVER, "Vĩnh viễn"),
            (self.NONE, "Chưa có thời hạn"),
            (self.GONE, "Đã hủy"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if wanted == self.GONE:
            return queryset.filter(disposed_at__isnull=False)
        if wanted == self.HELD:
            return queryset.filter(queries.is_held())
        terms = queries.terms_for(chosen_unit(request))
        over, whole = queries.over(terms.values(), timezone.localdate()), queryset.filter(disposed_at__isnull=True)
        match wanted:
            case self.DUE:
                return whole.filter(over)
            case self.RUNNING:
                return whole.filter(~over, procedure_code__in=[code for code, one in terms.items() if one.years is not None])
            case self.FOREVER:
                return whole.filter(procedure_code__in=[code for code, one in terms.items() if one.years is None])
            case self.NONE:
                return whole.exclude(procedure_code__in=list(terms))
            case _:
                return queryset


@admin.register(ArchivedDossier)
class ArchivedDossierAdmin(DeskModelAdmin):
    """Ended dossiers of one agency of the archivist, those that ended first on top: each readable to the end of its term."""

    view_act = ACT
    unit_field = "unit_code"
    menu_place = 60
    list_display = ("shown_code", "procedure", "shown_ended", "shown_term")
    list_display_links = ("shown_code",)
    list_filter = (StandingFilter, YearFilter, UnitFilter)
    search_fields = ("=code", "=procedure_code")
    search_help_text = "Mã hồ sơ hoặc mã thủ tục viết đủ"
    ordering = (ENDED, "id")
    sortable_by = ()
    change_list_template = LIST

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Ended dossiers behind the door; on the list, of one agency, with the years of their terms (one query more)."""
        rows = super().get_queryset(request).filter(state__in=ENDED_STATES).annotate(ended=ENDED).filter(ended__isnull=False)
        unit = chosen_unit(request)
        by_years: dict[int, list[str]] = {}
        for code, term in queries.terms_for(unit).items():
            # Nought stands for "for ever", so that it can be told from "none".
            by_years.setdefault(term.years or 0, []).append(code)
        cases = [When(procedure_code__in=codes, then=Value(years)) for years, codes in by_years.items()]
        rows = rows.defer("answers", "bill").annotate(
            term_years=Case(*cases, default=Value(None), output_field=IntegerField()), is_held=queries.is_held()
        )
        at = request.resolver_match
        return rows.filter(unit_code=unit) if at is not None and str(at.url_name).endswith("_changelist") else rows

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, which agency it is of, and the ways on."""
        unit = chosen_unit(request)
        query = "?" + urlencode({UNIT: unit})
        ways = [
            Way("Hết thời hạn theo năm", self.address("years") + query),
            Way("Loại hồ sơ chưa có thời hạn", self.address("lacking") + query),
        ]
        more = {"ways": ways, "title": f"Hồ sơ đã kết thúc: {queries.called(unit)} ({unit})"}
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def get_urls(self) -> list[Any]:
        """Pages beside the list."""
        view, name = self.admin_site.admin_view, "dossiers_archiveddossier"
        return [
            path("years/", view(self.years), name=f"{name}_years"),
            path("lacking/", view(self.lacking), name=f"{name}_lacking"),
            *super().get_urls(),
        ]

    @admin.display(description="Mã hồ sơ")
    def shown_code(self, row: Any) -> Any:
        return two_lines(row.code, row.state_words)

    @admin.display(description="Thủ tục")
    def procedure(self, row: Any) -> Any:
        return two_lines(Truncator(row.procedure_name).chars(90), row.procedure_code)

    @admin.display(description="Kết thúc")
    def shown_ended(self, row: Any) -> str:
        return f"{timezone.localtime(row.ended):%d/%m/%Y}"

    @admin.display(description="Thời hạn lưu trữ")
    def shown_term(self, row: Any) -> Any:
        if row.disposed_at is not None:
            return two_lines("Đã hủy", moment(row.disposed_at))
        if row.is_held:
            return two_lines(format_html("<strong>{}</strong>", "Đang giữ lại"), _term_words(row))
        return _term_words(row)

    def page(self, request: HttpRequest, row: Any) -> Page:
        """A stub as what it is; any other with its term, what holds it back, and the way to it as it was."""
        actor = actor_of(request)
        if row.disposed_at is not None:
            return stub_page(row, [])
        term = queries.terms_for(row.unit_code).get(row.procedure_code)
        ended_on = timezone.localdate(row.ended)
        facts = [
            ("Mã hồ sơ", row.code),
            ("Thủ tục", f"{row.procedure_name} ({row.procedure_code})"),
            ("Cơ quan", f"{queries.called(row.unit_code)} ({row.unit_code})"),
            ("Kết thúc", f"{ended_on:%d/%m/%Y}, {row.state_words}"),
            ("Thời hạn lưu trữ", term.words if term is not None else "Chưa có: hồ sơ không bị hủy"),
            ("Căn cứ", term.basis if term is not None else "–"),
            ("Giữ đến hết ngày", f"{rules.last_day(ended_on, term.years):%d/%m/%Y}" if term is not None and term.years else "–"),
        ]
        held = [(one.get_kind_display(), moment(one.placed_at), one.label, moment(one.lifted_at)) for one in row.holds.defer("note")[:50]]
        ways = [Way("Mở hồ sơ", reverse("admin:dossiers_dossier_change", args=[row.pk]))]
        if may(actor, HOLD, row.unit_code):
            ways.append(Way("Giữ lại", reverse("admin:dossiers_archivehold_add") + "?" + urlencode({"ma": row.code}), "quiet"))
        return Page(f"Hồ sơ {row.code}", [Facts("Lưu trữ", facts), Rows("Giữ lại", ("Vì sao", "Từ", "Người ghi", "Thôi giữ"), held)], ways)

    def _plain(self, request: HttpRequest, page: Page) -> HttpResponse:
        return TemplateResponse(request, "admin/desk/page.html", {**self._context(request), "title": page.title, "page": page})

    def years(self, request: HttpRequest) -> HttpResponse:
        """How many are due, year by year."""
        actor, unit = actor_of(request), chosen_unit(request)
        require(actor, ACT, unit)
        own = reverse("admin:dossiers_disposal_propose")
        rows = [
            (
                format_html(
                    '<a href="{}?{}">{}</a>',
                    self.address("changelist"), urlencode({UNIT: unit, YEAR: str(one.year), STANDING: StandingFilter.DUE}), one.year,
                ),
                one.count,
                one.held,
                format_html('<a href="{}?{}">{}</a>', own, urlencode({UNIT: unit, YEAR: str(one.year)}), f"Đề xuất hủy năm {one.year}")
                if may(actor, DISPOSE, unit) and one.count > one.held
                else "–",
            )
            for one in queries.due_by_year(unit, timezone.localdate())
        ]  # fmt: skip
        heads = ("Kết thúc trong năm", "Hết thời hạn", "Trong đó giữ lại", "Việc")
        return self._plain(request, Page(f"Hết thời hạn: {queries.called(unit)}", [Rows("Theo năm", heads, rows, "Không có hồ sơ nào.")]))

    def lacking(self, request: HttpRequest) -> HttpResponse:
        """Kinds without a term: never disposed of until somebody enters one."""
        actor, unit = actor_of(request), chosen_unit(request)
        require(actor, ACT, unit)
        found = queries.lacking(unit)
        names = procedures.last_names([code for code, _n in found])
        add, rows = reverse("admin:dossiers_archiveterm_add"), []
        for code, number in found:
            query = urlencode({UNIT: unit, "thu-tuc": code})
            enter = format_html('<a href="{}?{}">{}</a>', add, query, f"Ghi thời hạn của {code}") if may(actor, SET_TERMS, unit) else "–"
            rows.append((two_lines(names.get(code, code), code), number, enter))
        notes = ["Loại chưa có thời hạn thì hồ sơ không bao giờ bị hủy."] if rows else []
        heads = ("Loại hồ sơ (thủ tục)", "Số hồ sơ đã kết thúc", "Việc")
        page = Page(f"Loại chưa có thời hạn: {queries.called(unit)}", [Rows("Chưa có thời hạn", heads, rows, "Loại nào cũng có thời hạn.")])
        page.notes = notes
        return self._plain(request, page)


def _term_words(row: Any) -> Any:
    if row.term_years is None:
        return "Chưa có thời hạn"
    if row.term_years == 0:
        return "Vĩnh viễn"
    ended_on = timezone.localdate(row.ended)
    last = f"đến hết {rules.last_day(ended_on, row.term_years):%d/%m/%Y}"
    if rules.is_over(ended_on, row.term_years, timezone.localdate()):
        return format_html('{} năm<br><strong class="overdue">Hết thời hạn</strong> {}', row.term_years, last)
    return two_lines(f"{row.term_years} năm", last)
