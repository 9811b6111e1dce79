"""Quality of the catalogue on the desk: reviews, what was found, how it was mended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from portal.access import actor_of, may
from portal.access.rules import unit_scope
from portal.access.site import DeskLine, register_desk_panel
from portal.catalogues.queries import agency_label
from procedures.admin.work import Table, Way, WorkAdmin
from procedures.desk_forms import ConclusionForm, FindingForm, NoteForm, ReviewForm
from procedures.models import FINDINGS, PART_WORDS, REVIEWS, QualityFinding, QualityReview
from procedures.services import quality
from procedures.services.quality import QualityRefused


def _part(finding: QualityFinding) -> str:
    return PART_WORDS.get(finding.part, "Cả thủ tục")


@admin.register(QualityReview)
class QualityReviewAdmin(WorkAdmin):
    """Looks through agencies' procedures: seen by who looks, and once sent by who is looked at."""

    view_act = "procedures.quality.read"
    see_all = quality.SEE_ALL
    unit_field = "unit_code"
    menu_place = 31
    refusals = (QualityRefused,)
    list_display = ("title", "unit_code", "by_unit", "scope", "state", "due_at", "closed_at")
    list_filter = ("state", "scope")
    search_fields = ("title", "unit_code")
    search_help_text = "Tên đợt rà soát, mã cơ quan."
    history_facts = ("state", "sent_at", "due_at", "conclusion")

    def get_queryset(self, request):
        """What VPCP has not sent yet is not the agency's to see."""
        actor = actor_of(request)
        rows = super().get_queryset(request)
        if may(actor, self.see_all):
            return rows
        return rows.filter(~Q(state=QualityReview.State.LOOKING) | unit_scope(actor, quality.REVIEW, "by_unit"))

    def has_add_permission(self, request):
        actor = actor_of(request)
        return may(actor, quality.REVIEW, actor.unit) or may(actor, quality.SEE_ALL)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "procedures_qualityreview"
        one = "<uuid:object_id>/"
        own = [
            path(one + "finding/", view(self.add_finding), name=f"{name}_finding"),
            *self.act_paths(self.move, REVIEWS.transitions),
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        """Begin a review."""
        if not self.has_add_permission(request):
            raise Http404
        actor = actor_of(request)
        return self.act_page(
            request,
            title="Bắt đầu rà soát chất lượng dữ liệu",
            back=self.address("changelist"),
            form=ReviewForm(request.POST or None),
            do=lambda said: quality.begin_review(actor=actor, now=timezone.now(), **said),
            lead=lambda made: self.address("change", made.pk),
            about="Cơ quan rà soát thủ tục của mình; Văn phòng Chính phủ rà soát mọi cơ quan.",
            button="Bắt đầu",
        )

    def facts_of(self, row: QualityReview) -> Iterable[tuple[str, Any]]:
        """What is looked at, and how far it has come."""
        return [
            ("Cơ quan được rà soát", agency_label(row.unit_code)),
            ("Cơ quan rà soát", agency_label(row.by_unit)),
            ("Phạm vi", f"{row.get_scope_display()}: {len(row.procedures)} thủ tục"),
            ("Người rà soát", row.begun_by),
            ("Tình trạng", row.get_state_display()),
            ("Gửi lúc", f"{timezone.localtime(row.sent_at):%H:%M %d/%m/%Y}" if row.sent_at else ""),
            ("Hạn sửa", f"{timezone.localtime(row.due_at):%H:%M %d/%m/%Y}" if row.due_at else ""),
            ("Kết luận", row.conclusion),
        ]

    def tables_of(self, request: HttpRequest, row: QualityReview) -> Sequence[Table]:
        """What was found, and what there is to look at."""
        findings = list(row.findings.order_by("procedure_code", "found_at"))
        looking = row.state == QualityReview.State.LOOKING and quality.may_review(actor_of(request), row)
        lines = [(one.procedure_code, _part(one), one.get_kind_display(), one.text, one.get_state_display(), one.note) for one in findings]
        return [
            Table(
                "Điều chưa đúng",
                ("Thủ tục", "Bộ phận", "Về", "Điều chưa đúng", "Tình trạng", "Đã sửa thế nào"),
                lines,
                [f"/quan-tri/procedures/qualityfinding/{one.pk}/change/" for one in findings],
                "Chưa ghi điều nào.",
                Way("Ghi điều chưa đúng", self.address("finding", row.pk)) if looking else None,
            ),
            Table("Thủ tục được xem", ("Mã",), [(code,) for code in row.procedures], [f"/thu-tuc/{code}/" for code in row.procedures]),
        ]

    def ways_of(self, request: HttpRequest, row: QualityReview) -> Sequence[Way]:
        """To send, to close."""
        edges = REVIEWS.open_to(actor_of(request), row, unit=row.by_unit)
        return [Way(edge.label, self.address(edge.name, row.pk), main=True) for edge in edges]

    def add_finding(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Write down one thing."""
        row, actor = self.row(request, object_id), actor_of(request)
        return self.act_page(
            request,
            title="Ghi điều chưa đúng",
            back=self.address("change", row.pk),
            form=FindingForm(request.POST or None),
            do=lambda said: quality.add_finding(actor=actor, review_id=row.pk, now=timezone.now(), **said),
            done="Đã ghi.",
            button="Ghi",
        )

    def move(self, request: HttpRequest, object_id: UUID, transition: str) -> HttpResponse:
        """Send it; close it with a conclusion."""
        row, actor = self.row(request, object_id), actor_of(request)
        edge = REVIEWS.transitions[transition]
        return self.act_page(
            request,
            title=edge.label,
            back=self.address("change", row.pk),
            form=ConclusionForm(request.POST or None) if transition == "close" else None,
            do=lambda said: quality.move_review(actor=actor, review_id=row.pk, transition=transition, now=timezone.now(), **said),
            done=f"{edge.label}: đã ghi.",
            about="Cơ quan sửa trong 10 ngày làm việc kể từ khi nhận." if transition == "send" else "",
        )


@admin.register(QualityFinding)
class QualityFindingAdmin(WorkAdmin):
    """Everything that is to be mended, found by people and by the machine."""

    view_act = "procedures.quality.read"
    see_all = quality.SEE_ALL
    unit_field = "unit_code"
    menu_place = 30
    refusals = (QualityRefused,)
    list_display = ("procedure_code", "text", "kind", "rule", "unit_code", "state", "due_at")
    list_filter = ("state", "kind", "rule")
    search_fields = ("procedure_code", "unit_code")
    search_help_text = "Mã thủ tục, mã cơ quan."
    history_facts = ("state", "note", "mended_at", "closed_at")

    def get_queryset(self, request):
        """What a review has not sent yet is seen by who looks."""
        actor = actor_of(request)
        rows = super().get_queryset(request).select_related("review", "report")
        if may(actor, self.see_all):
            return rows
        sent = Q(review__isnull=True) | ~Q(review__state=QualityReview.State.LOOKING)
        return rows.filter(sent | unit_scope(actor, quality.REVIEW, "review__by_unit"))

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        return [*self.act_paths(self.move, FINDINGS.transitions), *super().get_urls()]

    def facts_of(self, row: QualityFinding) -> Iterable[tuple[str, Any]]:
        """What is not as it should be."""
        return [
            ("Thủ tục", row.procedure_code),
            ("Cơ quan phải sửa", agency_label(row.unit_code)),
            ("Bộ phận", _part(row)),
            ("Về", row.get_kind_display()),
            ("Điều chưa đúng", row.text),
            ("Lời người đọc", row.report.text if row.report is not None else ""),
            ("Phát hiện", f"{row.get_rule_display() or row.review}, {timezone.localtime(row.found_at):%d/%m/%Y}"),
            ("Hạn sửa", f"{timezone.localtime(row.due_at):%H:%M %d/%m/%Y}" if row.due_at else ""),
            ("Tình trạng", row.get_state_display()),
            ("Đã sửa thế nào", row.note),
            ("Người sửa", row.mended_by),
        ]

    def words_of(self, request: HttpRequest, row: QualityFinding) -> str:
        """How a finding of the machine ends."""
        if row.report_id is not None:
            return "Người đọc báo trên trang thủ tục. Nếu nội dung không sai, ghi ở mục “Báo nội dung sai”."
        return "Máy phát hiện: tự hết vào đêm sau khi dữ liệu đã đúng." if row.rule and row.closed_at is None else ""

    def ways_of(self, request: HttpRequest, row: QualityFinding) -> Sequence[Way]:
        """To say that it is mended, to look again."""
        actor = actor_of(request)
        if row.report_id is not None:
            open_to = row.closed_at is None and may(actor, quality.MEND, row.unit_code)
            return [Way(FINDINGS.transitions["mend"].label, self.address("mend", row.pk), main=True)] if open_to else []
        if row.review is None or row.review.state == QualityReview.State.LOOKING:
            return []
        units = {"mend": row.unit_code, "reopen": row.review.by_unit, "close": row.review.by_unit}
        edges = [edge for edge in FINDINGS.transitions.values() if may(actor, edge.act, units[edge.name])]
        return [Way(edge.label, self.address(edge.name, row.pk), main=True) for edge in edges if not FINDINGS.refusal(row, edge.name)]

    def move(self, request: HttpRequest, object_id: UUID, transition: str) -> HttpResponse:
        """One step of a finding."""
        row, actor = self.row(request, object_id), actor_of(request)
        edge = FINDINGS.transitions[transition]
        return self.act_page(
            request,
            title=edge.label,
            back=self.address("change", row.pk),
            form=NoteForm(request.POST or None) if transition != "close" else None,
            do=lambda said: quality.move_finding(actor=actor, finding_id=row.pk, transition=transition, now=timezone.now(), **said),
            done=f"{edge.label}: đã ghi.",
            about=row.text,
        )


def _waiting(request: HttpRequest) -> list[DeskLine]:
    """What reviews found and this officer's agency has not mended yet (two queries)."""
    actor, now = actor_of(request), timezone.now()
    if not may(actor, quality.MEND, actor.unit):
        return []
    rows = QualityFinding.objects.filter(unit_code=actor.unit, state=QualityFinding.State.OPEN, due_at__isnull=False)
    count = rows.count()
    if not count:
        return []
    kind = "bad" if rows.filter(due_at__lt=now).exists() else "wait"
    return [DeskLine("Dữ liệu thủ tục phải sửa sau rà soát", count, "/quan-tri/procedures/qualityfinding/", kind)]


register_desk_panel(_waiting)
