"""News, guides, banners and pages on the desk (tables of ``portal.content``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import override

from helpdesk.admin import forms
from helpdesk.admin.tickets import moment
from portal.access import actor_of, may
from portal.catalogues.queries import agency_label
from portal.content import services
from portal.content.models import LIFE, WRITE, Picture, Piece
from portal.content.views import context_of
from procedures.admin.work import Table, Way, WorkAdmin


@admin.register(Piece)
class PieceAdmin(WorkAdmin):
    """Pieces of one's agency."""

    view_act = WRITE
    unit_field = "unit_code"
    menu_place = 10
    refusals = (services.ContentRefused,)
    list_display = ("title", "kind", "state", "publish_at", "archive_at", "unit_code")
    list_filter = ("state", "kind")
    search_fields = ("title",)
    search_help_text = "Tiêu đề"
    ordering = ("-entered_at", "-id")
    history_facts = ("title", "summary", "body", "english", "state", "publish_at", "archive_at", "returned_why", "ended_why")

    def has_add_permission(self, request):
        actor = actor_of(request)
        return may(actor, WRITE, actor.unit)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "content_piece"
        own = [
            path("<uuid:object_id>/edit/", view(self.edit), name=f"{name}_edit"),
            path("<uuid:object_id>/preview/", view(self.preview), name=f"{name}_preview"),
            path("<uuid:object_id>/picture/", view(self.picture), name=f"{name}_picture"),
            path("<uuid:object_id>/picture/<uuid:picture_id>/remove/", view(self.remove_picture), name=f"{name}_remove-picture"),
            *(path(f"<uuid:object_id>/{edge}/", view(self.act), {"transition": edge}, name=f"{name}_{edge}") for edge in LIFE.transitions),
        ]
        return [*own, *super().get_urls()]

    def _facts(self, said: dict[str, Any]) -> dict[str, Any]:
        english = {part: said[f"english_{part}"] for part in ("title", "summary", "body")}
        return {**{name: said[name] for name in ("kind", "title", "summary", "body")}, "english": english}

    def add_view(self, request, form_url="", extra_context=None):
        """Write one."""
        if not self.has_add_permission(request):
            raise Http404
        actor = actor_of(request)
        return self.act_page(
            request,
            title="Soạn nội dung",
            back=self.address("changelist"),
            form=forms.PieceForm(request.POST or None),
            do=lambda said: services.write(actor=actor, unit_code=actor.unit, now=timezone.now(), **self._facts(said)),
            lead=lambda made: self.address("change", made.pk),
            done="Đã lưu bản nháp.",
            button="Lưu bản nháp",
        )

    def edit(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Change it, or begin the next edition of what is public."""
        row, actor = self.row(request, object_id), actor_of(request)
        initial = {name: getattr(row, name) for name in ("kind", "title", "summary", "body")}
        initial |= {f"english_{part}": text for part, text in row.english.items()}
        return self.act_page(
            request,
            title="Sửa nội dung",
            back=self.address("change", row.pk),
            form=forms.PieceForm(request.POST or None, initial=initial),
            do=lambda said: services.change(actor=actor, piece_id=row.pk, now=timezone.now(), **self._facts(said)),
            lead=lambda made: self.address("change", made.pk),
            about="Bản đang công khai giữ nguyên cho đến khi bản mới được công khai." if row.state == Piece.State.PUBLISHED else "",
            done="Đã lưu.",
            button="Lưu",
        )

    def preview(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """As readers will see it, in either language (``?ngon-ngu=en``)."""
        row = self.row(request, object_id)
        with override("en" if request.GET.get("ngon-ngu") == "en" else "vi"):
            return render(request, "content/piece.html", {**context_of(row), "preview": True})

    def picture(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Add a picture with its words."""
        row, actor = self.row(request, object_id), actor_of(request)
        return self.act_page(
            request,
            title="Thêm ảnh",
            back=self.address("change", row.pk),
            form=forms.PictureForm(request.POST or None, request.FILES or None),
            do=lambda said: services.add_picture(actor=actor, piece_id=row.pk, now=timezone.now(), **said),
            done="Đã thêm ảnh.",
        )

    def remove_picture(self, request: HttpRequest, object_id: UUID, picture_id: UUID) -> HttpResponse:
        """Take a picture out."""
        row, actor = self.row(request, object_id), actor_of(request)
        found = Picture.objects.filter(piece=row, pk=picture_id).first()
        if found is None:
            raise Http404
        return self.act_page(
            request,
            title="Bỏ ảnh",
            back=self.address("change", row.pk),
            do=lambda said: services.remove_picture(actor=actor, picture_id=found.pk, now=timezone.now()),
            about=found.alt,
            done="Đã bỏ ảnh.",
        )

    def facts_of(self, row: Piece) -> Iterable[tuple[str, Any]]:
        """The texts, and how far they have come."""
        planned = row.state == Piece.State.PUBLISHED and row.publish_at is not None and row.publish_at > timezone.now()
        return [
            ("Tình trạng", "Hẹn giờ" if planned else row.get_state_display()),
            ("Loại", row.get_kind_display()),
            ("Cơ quan", agency_label(row.unit_code)),
            ("Hiện từ", moment(row.publish_at)),
            ("Lưu trữ từ", moment(row.archive_at)),
            ("Địa chỉ", f"/noi-dung/{row.slug}/"),
            ("Tóm tắt", row.summary),
            ("Tiêu đề tiếng Anh", row.english.get("title", "")),
            ("Người soạn", row.entered_label),
            ("Người kiểm tra", row.checked_label),
            ("Người công khai", row.published_label),
            ("Lý do trả lại", row.returned_why),
            ("Lý do bỏ, lưu trữ", row.ended_why),
        ]

    def tables_of(self, request: HttpRequest, row: Piece) -> Sequence[Table]:
        """Its pictures."""
        rows = list(row.pictures.all())
        is_open = row.state in (Piece.State.ENTERED, Piece.State.CHECKED) and may(actor_of(request), WRITE, row.unit_code)
        links = [self.address("remove-picture", row.pk, one.pk) for one in rows] if is_open else []
        add = Way("Thêm ảnh", self.address("picture", row.pk)) if is_open else None
        lines = [(f"Ảnh {one.position}{' (bỏ)' if is_open else ''}", one.alt, one.alt_en) for one in rows]
        return [Table("Ảnh", ("Ảnh", "Lời", "Lời tiếng Anh"), lines, links, "Chưa có ảnh.", add)]

    def ways_of(self, request: HttpRequest, row: Piece) -> Sequence[Way]:
        """Look at it, change it, take it further."""
        actor = actor_of(request)
        found = [
            Way("Xem trước", self.address("preview", row.pk)),
            Way("Xem trước tiếng Anh", f"{self.address('preview', row.pk)}?ngon-ngu=en"),
        ]
        if row.state in ("entered", "checked", "published") and may(actor, WRITE, row.unit_code):
            found.append(Way("Sửa" if row.state != "published" else "Soạn bản mới", self.address("edit", row.pk)))
        for edge in LIFE.open_to(actor, row, unit=row.unit_code):
            if edge.name not in ("check", "publish") or row.entered_by != actor.person_id:
                found.append(Way(edge.label, self.address(edge.name, row.pk), main=edge.name in ("check", "publish")))
        return found

    def act(self, request: HttpRequest, object_id: UUID, transition: str) -> HttpResponse:
        """Ask on GET, do on POST."""
        row, actor = self.row(request, object_id), actor_of(request)
        form: Form | None = None
        if transition == "publish":
            form = forms.PublishForm(request.POST or None)
        elif transition in services.NEEDS_WHY:
            form = forms.WhyForm(request.POST or None)
        return self.act_page(
            request,
            title=LIFE.transitions[transition].label,
            back=self.address("change", row.pk),
            form=form,
            do=lambda said: services.move(actor=actor, piece_id=row.pk, transition=transition, now=timezone.now(), **said),
            done="Đã ghi.",
        )
