"""Drafts put up for opinion, and the sites that show a unit's procedures, on the desk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from portal.access import actor_of, may
from portal.access.site import DeskLine, register_desk_panel
from portal.catalogues.queries import agency_label
from procedures.admin.work import Table, Way, WorkAdmin
from procedures.desk_forms import AnswerForm, ConsultationForm, EmbedForm, OutcomeForm
from procedures.models import Consultation, EmbedSite, Opinion
from procedures.services import consulting
from procedures.services.consulting import ConsultationRefused

SHOWN = 200
"""Opinions on one page of the desk; those that wait come first."""


@admin.register(Consultation)
class ConsultationAdmin(WorkAdmin):
    """Drafts with what was said of them."""

    view_act = enter_act = consulting.CONSULT
    unit_field = "unit_code"
    menu_place = 40
    refusals = (ConsultationRefused,)
    list_display = ("title", "unit_code", "opens_on", "closes_on", "outcome_at")
    search_fields = ("title",)
    search_help_text = "Tên dự thảo."
    history_facts = ("title", "opens_on", "closes_on", "outcome", "outcome_at")

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "procedures_consultation"
        own = [
            path("<uuid:object_id>/answer/<uuid:opinion_id>/", view(self.answer), name=f"{name}_answer"),
            path("<uuid:object_id>/outcome/", view(self.outcome), name=f"{name}_outcome"),
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        """Put a draft up."""
        actor = actor_of(request)
        return self.begin_page(
            request,
            title="Đưa dự thảo ra lấy ý kiến",
            form=ConsultationForm(request.POST or None),
            do=lambda said: consulting.open_consultation(actor=actor, unit_code=actor.unit, now=timezone.now(), **said),
            about="Ai cũng đọc và góp ý được. Ý kiến hiện công khai khi cơ quan trả lời.",
            button="Đưa ra lấy ý kiến",
        )

    def facts_of(self, row: Consultation) -> Iterable[tuple[str, Any]]:
        """The draft."""
        return [
            ("Cơ quan", agency_label(row.unit_code)),
            ("Nội dung chính", row.summary),
            ("Vấn đề", "\n".join(row.subjects)),
            ("Thủ tục liên quan", ", ".join(row.procedures)),
            ("Lấy ý kiến", f"{row.opens_on:%d/%m/%Y} – {row.closes_on:%d/%m/%Y}"),
            ("Kết quả tiếp thu", row.outcome),
            ("Quyết định công bố", str(row.announcement) if row.announcement else ""),
        ]

    def tables_of(self, request: HttpRequest, row: Consultation) -> Sequence[Table]:
        """What was said; those that wait first."""
        rows = list(row.opinions.order_by("answered_at", "subject", "-created_at")[:SHOWN])
        rows.sort(key=lambda one: one.answered_at is not None)
        lines = [(one.text, one.subject, f"{timezone.localtime(one.created_at):%d/%m/%Y}", one.answer or "Chờ trả lời") for one in rows]
        links = ["" if one.answered_at else self.address("answer", row.pk, one.pk) for one in rows]
        return [Table("Ý kiến", ("Ý kiến", "Vấn đề", "Gửi", "Trả lời"), lines, links, "Chưa có ý kiến nào.")]

    def ways_of(self, request: HttpRequest, row: Consultation) -> Sequence[Way]:
        """The outcome, once the time is over."""
        over = row.closes_on < timezone.localdate() and not row.outcome
        return [Way("Công khai kết quả tiếp thu", self.address("outcome", row.pk), main=True)] if over else []

    def answer(self, request: HttpRequest, object_id: UUID, opinion_id: UUID) -> HttpResponse:
        """Answer one, or all on its subject."""
        row, actor = self.row(request, object_id), actor_of(request)
        opinion = row.opinions.filter(pk=opinion_id).first()
        if opinion is None:
            raise Http404
        return self.act_page(
            request,
            title="Trả lời ý kiến",
            back=self.address("change", row.pk),
            form=AnswerForm(request.POST or None),
            do=lambda said: consulting.answer_opinion(actor=actor, opinion_id=opinion.pk, now=timezone.now(), **said),
            done="Đã trả lời; ý kiến và trả lời hiện công khai.",
            about=f"{opinion.subject}\n\n{opinion.text}",
        )

    def outcome(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Say what came of it."""
        row, actor = self.row(request, object_id), actor_of(request)
        return self.act_page(
            request,
            title="Công khai kết quả tiếp thu",
            back=self.address("change", row.pk),
            form=OutcomeForm(request.POST or None),
            do=lambda said: consulting.publish_outcome(actor=actor, consultation_id=row.pk, now=timezone.now(), **said),
            done="Đã công khai.",
        )


@admin.register(EmbedSite)
class EmbedSiteAdmin(WorkAdmin):
    """Sites on which a unit shows the procedures that it handles."""

    view_act = enter_act = consulting.EMBED
    unit_field = "unit_code"
    menu_place = 60
    refusals = (ConsultationRefused,)
    list_display = ("origin", "unit_code", "added_at", "ended_at")
    history_facts = ("origin", "ended_at")

    def get_urls(self) -> list[Any]:
        """Its end has an address of its own."""
        own = path("<int:object_id>/end/", self.admin_site.admin_view(self.end), name="procedures_embedsite_end")
        return [own, *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        """Name a site."""
        actor = actor_of(request)
        return self.begin_page(
            request,
            title="Ghi trang được nhúng bảng thủ tục",
            form=EmbedForm(request.POST or None),
            do=lambda said: consulting.add_site(actor=actor, unit_code=actor.unit, now=timezone.now(), **said),
        )

    def facts_of(self, row: EmbedSite) -> Iterable[tuple[str, Any]]:
        """The site, and what is put into its page."""
        shown = f'<iframe src="{settings.SITE_URL}/nhung/co-quan/{row.unit_code}/" title="Thủ tục hành chính"></iframe>'
        return [
            ("Cơ quan", agency_label(row.unit_code)),
            ("Trang", row.origin),
            ("Đoạn mã để nhúng", shown),
            ("Người ghi", row.added_by),
            ("Thôi dùng từ", f"{timezone.localtime(row.ended_at):%H:%M %d/%m/%Y}" if row.ended_at else ""),
        ]

    def ways_of(self, request: HttpRequest, row: EmbedSite) -> Sequence[Way]:
        """To end it."""
        return [] if row.ended_at else [Way("Thôi dùng", self.address("end", row.pk))]

    def end(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Let it no longer."""
        row, actor = self.row(request, object_id), actor_of(request)
        return self.act_page(
            request,
            title="Thôi cho nhúng",
            back=self.address("change", row.pk),
            do=lambda _said: consulting.end_site(actor=actor, site_id=row.pk, now=timezone.now()),
            done="Trang này không nhúng được nữa.",
            about=row.origin,
        )


def _waiting(request: HttpRequest) -> list[DeskLine]:
    """Opinions that nobody has answered (one query)."""
    actor = actor_of(request)
    if not may(actor, consulting.CONSULT, actor.unit):
        return []
    count = Opinion.objects.filter(consultation__unit_code=actor.unit, answered_at__isnull=True).count()
    return [DeskLine("Ý kiến về dự thảo chờ trả lời", count, "/quan-tri/procedures/consultation/", "wait")] if count else []


register_desk_panel(_waiting)
