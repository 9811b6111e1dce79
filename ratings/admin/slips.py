"""Slips on the desk: those of one's unit without names, texts to check, figures by question."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import Truncator

from portal.access import actor_of, may, unit_scope
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, ReasonForm, Rows, Way, moment
from portal.access.site import DeskLine, OfficerModelAdmin, register_desk_panel
from portal.catalogues.queries import agency_name_of, agency_names
from portal.ui.tables import Column, table
from ratings import spans
from ratings.models import Rating, RatingCount
from ratings.slips import queries, services
from ratings.slips.figures import numbers, question_words
from ratings.slips.rules import LEAST, OVERALL
from ratings.slips.services import CHECK, OVERSEE, SEE
from ratings.words import cleaned


class ShowForm(PlainForm):
    """The text as others will read it."""

    text = forms.CharField(
        label="Ý kiến sẽ hiện",
        max_length=services.MAX_WORDS,
        widget=forms.Textarea({"rows": 6}),
        help_text="Máy đã bỏ chỗ nói về người. Bạn đọc lại, bỏ nốt chỗ còn sót; không sửa ý của người viết.",
    )


class TextFilter(admin.SimpleListFilter):
    """By what becomes of the text."""

    title, parameter_name = "ý kiến", "y-kien"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("cho", "Chờ duyệt"), ("hien", "Đã duyệt"), ("an", "Không hiện")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = {"cho": Rating.Words.WAITING, "hien": Rating.Words.SHOWN, "an": Rating.Words.HIDDEN}.get(self.value() or "")
        return queryset.filter(words_state=state) if state else queryset


class SourceFilter(admin.SimpleListFilter):
    """By what the slip was about."""

    title, parameter_name = "nguồn", "nguon"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Rating.Source.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(source=self.value()) if self.value() in Rating.Source.values else queryset


def _enough() -> Subquery:
    """How many dossiers' slips the unit has in that month: where there are few, no row shows its steps."""
    rows = RatingCount.objects.filter(
        source=OuterRef("source"), grain="t", place=OuterRef("unit_code"), period="m", day=OuterRef("month"), question=OVERALL
    )
    return Subquery(rows.values_list(F("s1") + F("s2") + F("s3") + F("s4") + F("s5"), flat=True)[:1])


@admin.register(Rating)
class RatingAdmin(DeskModelAdmin):
    """By month, newest first, in no order within it. No day, no procedure, no dossier: nobody is to be known by them."""

    by_cursor = True
    list_display = ("month_shown", "unit_shown", "source_shown", "overall_shown", "words_shown")
    list_display_links = ("month_shown",)
    list_filter = (TextFilter, SourceFilter)
    ordering = ("-month", "id")
    refusals: ClassVar[tuple[type[Exception], ...]] = (services.SlipRefused,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rating]:
        """The door."""
        actor = actor_of(request)
        rows = Rating.objects.select_related("form").annotate(of_month=_enough(), agency=agency_name_of("unit_code"))
        rows = rows if may(actor, OVERSEE) else rows.filter(unit_scope(actor, SEE, "unit_code"))
        return rows.order_by(*self.get_ordering(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, OVERSEE) or may(actor, SEE, actor.unit)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    @admin.display(description="Tháng", ordering="month")
    def month_shown(self, row: Rating) -> str:
        """As fine as the desk gets."""
        return f"{row.month:%m/%Y}"

    @admin.display(description="Đơn vị")
    def unit_shown(self, row: Any) -> str:
        """Its name and code."""
        return f"{row.agency} ({row.unit_code})" if row.agency else row.unit_code or "–"

    @admin.display(description="Nguồn")
    def source_shown(self, row: Rating) -> str:
        """What it was about."""
        return row.get_source_display()

    @admin.display(description="Nhìn chung")
    def overall_shown(self, row: Any) -> str:
        """The step, where the unit has enough slips in that month."""
        return f"{row.q1}/5" if (row.of_month or 0) >= LEAST else f"chưa đủ {LEAST} phiếu"

    @admin.display(description="Ý kiến")
    def words_shown(self, row: Rating) -> str:
        """The checked text, or its state."""
        return Truncator(row.shown_words).chars(120) if row.words_state == Rating.Words.SHOWN else row.get_words_state_display()

    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, "ratings_rating"
        return [
            path("<uuid:object_id>/duyet/", view(self.show_words), name=f"{name}_show"),
            path("<uuid:object_id>/khong-hien/", view(self.hide_words), name=f"{name}_hide"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The steps where there are enough, the text for who may read it."""
        actor = actor_of(request)
        shows = (row.of_month or 0) >= LEAST
        asked = [question["vi"] for question in row.form.questions]
        steps = row.form.steps["vi"]
        answers = [(words, f"{step}: {steps[step - 1]}") for words, step in zip(asked, row.steps, strict=True)] if shows else []
        about = [
            ("Tháng", f"{row.month:%m/%Y}"),
            ("Đơn vị", agency_names([row.unit_code]).get(row.unit_code, row.unit_code) or "–"),
            ("Nguồn", row.get_source_display()),
        ]
        notes, ways = [], []
        if not shows:
            notes.append(f"Đơn vị chưa có đủ {LEAST} phiếu trong tháng này nên không hiện các mức đã chọn.")
        words: list[tuple[str, Any]] = [("Tình trạng", row.get_words_state_display())]
        if row.words_state == Rating.Words.SHOWN:
            words.append(("Ý kiến", row.shown_words))
        if row.words_state == Rating.Words.HIDDEN:
            words.append(("Lý do không hiện", row.hidden_why))
        if row.words_state and services.may_check(actor, row):
            ways.append(Way("Đọc và duyệt ý kiến", self.address("show", row.pk)))
            if row.words_state != Rating.Words.HIDDEN:
                ways.append(Way("Không hiện", self.address("hide", row.pk), "danger"))
        if row.checked_at:
            words.append(("Duyệt lúc", moment(row.checked_at)))
        parts: list[Facts | Rows] = [Facts("Phiếu", about), *([Facts("Trả lời", answers)] if answers else []), Facts("Ý kiến", words)]
        return Page(f"Phiếu đánh giá {row.month:%m/%Y}", parts, ways, notes)

    def _to_check(self, request: HttpRequest, object_id: object) -> Rating:
        row: Rating = self.found(request, object_id)
        if not row.words_state or not services.may_check(actor_of(request), row):
            raise PermissionDenied
        services.note_look(actor=actor_of(request), rating=row)
        return row

    def show_words(self, request: HttpRequest, object_id: object) -> HttpResponse:
        """The original beside what will be shown."""
        row, actor = self._to_check(request, object_id), actor_of(request)
        initial = {"text": row.shown_words or cleaned(str(row.words or ""))}
        return self.ask(
            request,
            title="Duyệt ý kiến",
            form=ShowForm(request.POST if request.method == "POST" else None, initial=initial),
            back=self.address("change", row.pk),
            do=lambda said: services.show_words(actor=actor, rating_id=row.pk, text=said["text"], now=timezone.now()),
            done="Đã duyệt. Cán bộ của đơn vị và cấp trên đọc được ý kiến này.",
            about=["Người viết ghi:", str(row.words or "–")],
            button="Duyệt",
        )

    def hide_words(self, request: HttpRequest, object_id: object) -> HttpResponse:
        """With a reason; the steps count all the same."""
        row, actor = self._to_check(request, object_id), actor_of(request)
        return self.ask(
            request,
            title="Không hiện ý kiến",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: services.hide_words(actor=actor, rating_id=row.pk, reason=said["reason"], now=timezone.now()),
            done="Đã ghi. Ý kiến không hiện cho ai; các mức đã chọn vẫn được tính.",
            about=["Người viết ghi:", str(row.words or "–")],
            button="Không hiện",
        )


@admin.register(RatingCount)
class SatisfactionAdmin(OfficerModelAdmin):
    """One page in place of a list: the figures of one's unit by question and below it, and the codes for its counters."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, OVERSEE) or may(actor, SEE, actor.unit)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        return [path("", self.admin_site.admin_view(self.figures), name=f"{self.opts.app_label}_{self.opts.model_name}_changelist")]

    def figures(self, request: HttpRequest) -> HttpResponse:
        """A month, quarter or year of ``?ky=``. Six queries."""
        if not self.has_module_permission(request):
            raise PermissionDenied
        actor, today = actor_of(request), timezone.localdate()
        if code := request.GET.get("thu-tuc", "").strip():
            if "\0" in code or "/" in code:
                raise Http404
            return redirect(f"{reverse('slip-service-code', args=[code])}?{urlencode({'don-vi': actor.unit})}")
        span = spans.named(request.GET.get("ky", f"{today.year}"))
        if span is None or span.first == span.last:
            raise Http404
        top = "" if may(actor, OVERSEE) else actor.unit
        by_question = queries.satisfaction(top, span.first, span.last, by="question")
        below = queries.satisfaction(top, span.first, span.last, by="agency")
        counter = queries.satisfaction(top, span.first, span.last, by="agency", source=queries.UNIT)
        words, names = question_words(services.form_on(today)), agency_names([*below.rows, *counter.rows, top])
        figures_of = [
            Column("answered", "Số phiếu", "number"),
            Column("satisfied", "Mức 4, 5", "number"),
            Column("share", "Hài lòng (%)", "number"),
        ]

        def shown(found: queries.Satisfaction, named: dict[str, str]) -> list[dict[str, Any]]:
            hidden = found.hidden
            return [{"name": named.get(key, key), **numbers(steps, hide=key in hidden)} for key, steps in found.rows.items()]

        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Mức độ hài lòng",
            "span": span,
            "periods": [f"{today:%Y-%m}", f"{today.year}-q{(today.month + 2) // 3}", f"{today.year}", f"{today.year - 1}"],
            "total": by_question.total,
            "least": LEAST,
            "tables": [
                table(request.GET, [Column("name", label), *figures_of], rows, caption=caption, default="name")
                for label, caption, rows in (
                    ("Câu hỏi", "Theo câu hỏi", shown(by_question, words)),
                    ("Cơ quan", "Theo đơn vị", shown(below, names)),
                    ("Cơ quan", "Phiếu từ mã QR tại quầy", shown(counter, names)),
                )
                if rows
            ],
            "code_url": reverse("slip-unit-code", args=[actor.unit]),
            "public_url": f"{reverse('satisfaction')}?{urlencode({'ky': span.key, 'co-quan': top})}",
        }
        return TemplateResponse(request, "admin/ratings/satisfaction.html", context)


def _waiting(request: HttpRequest) -> list[DeskLine]:
    """Texts that wait for this officer."""
    actor = actor_of(request)
    if not may(actor, CHECK, actor.unit):
        return []
    rows = Rating.objects.filter(unit_scope(actor, CHECK, "unit_code"), words_state=Rating.Words.WAITING)
    count = rows.filter(Q(officer_id=None) | ~Q(officer_id=actor.position_id)).count()
    url = f"{reverse('admin:ratings_rating_changelist')}?{urlencode({'y-kien': 'cho'})}"
    return [DeskLine("Ý kiến trong phiếu đánh giá chờ duyệt", count, url, "info")] if count else []


register_desk_panel(_waiting)
