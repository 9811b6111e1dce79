"""Results of years on VPCP's desk: looked at, frozen by one officer, published by another (Rules art. 30.3)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, ReasonForm, Rows, Way, moment
from portal.access.site import DeskLine, register_desk_panel
from portal.ui.tags import number
from ratings.models import FrozenYear
from ratings.queries import agency_names
from ratings.score import freezing, paper
from ratings.score.freezing import FREEZE, PUBLISH, Sheet, YearRefused
from ratings.score.sheets import UNIT

_HEADINGS = ("Hạng", "Cơ quan", "Điểm", "Xếp loại", "Không tính")


class YearForm(PlainForm):
    """Which year."""

    nam = forms.TypedChoiceField(label="Năm", coerce=int)

    def __init__(self, years: list[int], data: Any = None) -> None:
        super().__init__(data)
        self.fields["nam"].choices = [(year, str(year)) for year in years]  # type: ignore[attr-defined]


@admin.register(FrozenYear)
class FrozenYearAdmin(DeskModelAdmin):
    """Editions, the newest first."""

    by_cursor = False
    view_act = "ratings.see_years"
    list_display = ("year", "edition", "state", "frozen_at", "frozen_label", "published_at", "published_label")
    ordering = ("-year", "-edition")
    refusals = (YearRefused,)
    change_list_template = "admin/ratings/years.html"

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "ratings_frozenyear"
        return [
            path("chot/", view(self.freeze), name=f"{name}_freeze"),
            path("<uuid:object_id>/cong-bo/", view(self.publish), name=f"{name}_publish"),
            path("<uuid:object_id>/mo-lai/", view(self.reopen), name=f"{name}_reopen"),
            path("<uuid:object_id>/cong-bo-lai/", view(self.correct), name=f"{name}_correct"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """With the way to freeze a year."""
        ways = {"may_freeze": may(actor_of(request), FREEZE)}
        return super().changelist_view(request, {**(extra_context or {}), **ways})

    def page(self, request: HttpRequest, row: Any) -> Page:
        """An edition: what it says, what can be done with it."""
        actor = actor_of(request)
        facts: list[tuple[str, Any]] = [
            ("Tình trạng", row.state_words),
            ("Lần công bố", row.edition),
            ("Lý do công bố lại", row.reason or "–"),
            ("Chốt", f"{moment(row.frozen_at)} {row.frozen_label}".strip()),
            ("Công bố", f"{moment(row.published_at)} {row.published_label}".strip()),
            ("SHA-256 của tệp JSON", _parted(row.sha256) or "–"),
        ]
        parts: list[Facts | Rows] = [Facts("Kết quả", facts)]
        if row.state != FrozenYear.OPEN:
            facts += [("Số cơ quan, số đếm", f"{row.summary['agencies']}, {row.summary['counts']}")]
            facts += [("Tiêu chí chưa có nguồn, không tính", ", ".join(row.summary["left_out"]) or "Không có")]
            parts += [
                Rows(
                    paper.KIND_WORDS[kind],
                    _HEADINGS,
                    [
                        (
                            line["rank"] or "–",
                            line["name"],
                            paper.points_words(line["total"]),
                            line["class_words"],
                            ", ".join(line["left_out"]) or "–",
                        )
                        for line in lines
                    ],
                )
                for kind, lines in paper.ranking_of(row)
                if lines
            ]
        ways, notes = [], []
        if row.state == FrozenYear.OPEN and may(actor, FREEZE):
            ways.append(Way("Xem trước và chốt", f"{self.address('freeze')}?nam={row.year}"))
        if row.state == FrozenYear.FROZEN:
            own = actor.user_id == row.frozen_by
            notes.append(
                "Bạn là người chốt kết quả này; một cán bộ khác phải xem và công bố."
                if own
                else "Kết quả đã chốt, chờ một cán bộ khác với người chốt xem và công bố."
            )
            if may(actor, PUBLISH) and not own:
                ways.append(Way("Công bố", self.address("publish", row.pk)))
            if may(actor, FREEZE):
                ways.append(Way("Mở lại để đếm tiếp", self.address("reopen", row.pk), "danger"))
        if row.state == FrozenYear.PUBLISHED:
            ways.append(Way("Trang công khai", f"{reverse('score-year', args=[row.year])}?lan={row.edition}", "quiet"))
            if may(actor, FREEZE) and not FrozenYear.objects.filter(year=row.year, edition__gt=row.edition).exists():
                ways.append(Way("Công bố lại vì có sai sót", self.address("correct", row.pk), "quiet"))
        return Page(f"Kết quả năm {row.year}, lần {row.edition}", parts, ways, notes)

    def freeze(self, request: HttpRequest) -> HttpResponse:
        """The year, what it gives as it stands, and the press; what is frozen is what was looked at."""
        actor, now = actor_of(request), timezone.now()
        require(actor, FREEZE)
        given = request.POST if request.method == "POST" else request.GET
        open_years = FrozenYear.objects.filter(state=FrozenYear.OPEN).values_list("year", flat=True)
        years = sorted({*freezing.years_to_freeze(timezone.localdate(now)), *open_years}, reverse=True)
        form = YearForm(years, given if "nam" in given else None)
        found, problem, status = None, "", 200
        if "nam" in given:
            if form.is_valid():
                year = form.cleaned_data["nam"]
                if request.method == "POST":
                    try:
                        row = freezing.freeze(actor=actor, year=year, seen=request.POST.get("seen", ""), now=now)
                    except YearRefused as refused:
                        problem, status = refused.message, refused.status
                    else:
                        self.message_user(request, f"Đã chốt kết quả năm {year}. Một cán bộ khác xem và công bố.")
                        return redirect(self.address("change", row.pk))
                found = freezing.sheet(year)
            else:
                status = 422
        context = {
            **self._context(request),
            "title": "Chốt kết quả năm",
            "form": form,
            "years": years,
            "problem": problem,
            "sheet": found,
            "parts": _preview(found) if found is not None else [],
        }
        return TemplateResponse(request, "admin/ratings/freeze.html", context, status=status)

    def publish(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Publish what another froze."""
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, PUBLISH)
        return self.ask(
            request,
            title=f"Công bố kết quả năm {row.year}",
            form=None,
            back=self.address("change", row.pk),
            do=lambda said: freezing.publish(actor=actor, row_id=row.pk, now=timezone.now()),
            done="Đã công bố. Bản có dấu số của Cổng đang được lập.",
            about=[
                f"Người chốt: {row.frozen_label}, {moment(row.frozen_at)}. SHA-256: {_parted(row.sha256)}",
                "Kết quả đã công bố không sửa được nữa. Nếu có sai sót, phải công bố thêm một lần và ghi rõ lý do.",
            ],
            button="Công bố",
        )

    def reopen(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Count on."""
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, FREEZE)
        return self.ask(
            request,
            title=f"Mở lại năm {row.year} để đếm tiếp",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: freezing.reopen(actor=actor, row_id=row.pk, reason=said["reason"], now=timezone.now()),
            done="Đã mở lại. Số đếm của năm này lại được cập nhật.",
            about=["Bản đã chốt bị bỏ; số liệu thay đổi rồi phải chốt lại từ đầu."],
            button="Mở lại",
        )

    def correct(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Begin another edition."""
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, FREEZE)
        return self.ask(
            request,
            title=f"Công bố lại kết quả năm {row.year}",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: freezing.correct(actor=actor, year=row.year, reason=said["reason"], now=timezone.now()),
            done=lambda new: f"Đã mở lần công bố thứ {new.edition}. Khi số đếm đã đúng, hãy xem trước và chốt.",
            about=["Lần đã công bố giữ nguyên. Lý do bạn ghi được in trên trang công khai và bản có dấu của lần mới."],
            button="Bắt đầu lần công bố mới",
            to=self.address("changelist"),
        )


def _parted(digest: str) -> str:
    """In groups, so that it breaks on a phone and can be compared by eye."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def _preview(found: Sheet) -> list[Facts | Rows]:
    """What a year would say, frozen now."""
    tops = [row for row in found.results if row.kind != UNIT]
    names = agency_names({row.agency for row in tops})
    facts = Facts(
        f"Năm {found.year} tính đến lúc này",
        [
            ("Số cơ quan, đơn vị", len(found.results)),
            ("Số đếm", len(found.counts)),
            ("Tiêu chí áp dụng", len(found.criteria)),
            ("Tiêu chí chưa có nguồn, không tính", ", ".join(found.left_out) or "Không có"),
        ],
    )
    tables = [
        Rows(
            words,
            _HEADINGS,
            [
                (
                    row.rank or "–",
                    names.get(row.agency, row.agency),
                    number(row.total.points) or "–",
                    paper.CLASS_WORDS[row.class_name],
                    ", ".join(row.total.left_out) or "–",
                )
                for row in tops
                if row.kind == kind
            ],
        )
        for kind, words in paper.KIND_WORDS.items()
    ]
    return [facts, *tables]


def _waiting(request: HttpRequest) -> list[DeskLine]:
    """Frozen years that wait for this officer's eyes."""
    actor = actor_of(request)
    if not may(actor, PUBLISH):
        return []
    rows = FrozenYear.objects.filter(state=FrozenYear.FROZEN).exclude(frozen_by=actor.user_id)
    return [
        DeskLine(f"Kết quả năm {row.year} chờ công bố", 1, reverse("admin:ratings_frozenyear_change", args=[row.pk]), "wait")
        for row in rows
    ]


register_desk_panel(_waiting)
