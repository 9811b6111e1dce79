"""Decisions on the desk: entered, checked by another officer, published; and what provinces are asked to confirm."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from portal.access import actor_of, may
from portal.access.site import DeskLine, register_desk_panel
from portal.catalogues.queries import agency_label
from procedures import comparing
from procedures.admin.work import Table, Way, WorkAdmin
from procedures.desk_forms import ChangeForm, ConfirmForm, ContentForm, DecisionForm, LocalForm, NoteForm, PublishForm
from procedures.models import ANNOUNCEMENTS, PART_WORDS, AnnouncedChange, Announcement, LocalConfirmation
from procedures.process_figures import process_of
from procedures.publishing import is_own
from procedures.services import announcing
from procedures.services.announcing import AnnouncementRefused

Kind = AnnouncedChange.Kind
UNPUBLISHED = ("entering", "checking", "checked")
SOON = dt.timedelta(days=3)
"""So long before a decision must be public whoever works on it is warned."""
LATE = "/quan-tri/procedures/announcement/?han="


class InTime(admin.SimpleListFilter):
    """Decisions that are not public yet, by the day on which they must be."""

    title = "hạn công khai"
    parameter_name = "han"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("qua-han", "Đã quá hạn"), ("sap-den", "Sắp đến hạn")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        waiting = queryset.filter(state__in=UNPUBLISHED)
        match self.value():
            case "qua-han":
                return waiting.filter(due_at__lt=now)
            case "sap-den":
                return waiting.filter(due_at__gte=now, due_at__lt=now + SOON)
        return queryset


@admin.register(Announcement)
class AnnouncementAdmin(WorkAdmin):
    """A decision with the procedures that it touches."""

    view_act, enter_act = "procedures.announce.read", announcing.ENTER
    see_all = announcing.SEE_ALL
    unit_field = "unit_code"
    menu_place = 10
    refusals = (AnnouncementRefused,)
    list_display = ("number", "unit_code", "signed_on", "effective_on", "published_at", "state", "in_time")
    list_filter = ("state", "in_time", InTime)
    search_fields = ("number", "unit_code", "summary")
    search_help_text = "Số quyết định, mã cơ quan, trích yếu."
    history_facts = ("number", "signed_on", "effective_on", "state", "publish_at", "published_at", "note")

    def has_add_permission(self, request):
        return super().has_add_permission(request) and announcing.announcer(actor_of(request).unit, timezone.localdate()) is not None

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "procedures_announcement"
        one = "<uuid:object_id>/"
        own = [
            path(one + "facts/", view(self.facts_view), name=f"{name}_facts"),
            path(one + "change/add/", view(self.add_change), name=f"{name}_change_add"),
            path(one + "change/<str:code>/", view(self.change_one), name=f"{name}_change_one"),
            path(one + "change/<str:code>/drop/", view(self.drop_change), name=f"{name}_change_drop"),
            *self.act_paths(self.move, ANNOUNCEMENTS.transitions),
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        """Begin with the facts of the decision."""
        actor = actor_of(request)
        return self.begin_page(
            request,
            title="Nhập quyết định công bố",
            form=DecisionForm(request.POST or None),
            do=lambda said: announcing.begin_announcement(actor=actor, unit_code=actor.unit, now=timezone.now(), **said),
            about="Ngày ký, ngày công khai, ngày có hiệu lực là ba ngày riêng. Chưa công khai gì trước khi một cán bộ khác kiểm tra.",
            button="Bắt đầu nhập",
        )

    def facts_of(self, row: Announcement) -> Iterable[tuple[str, Any]]:
        """What is known of the decision."""
        when = f"{timezone.localtime(row.published_at):%H:%M %d/%m/%Y}" if row.published_at else ""
        return [
            ("Cơ quan công bố", agency_label(row.unit_code)),
            ("Trích yếu", row.summary),
            ("Ngày ký", f"{row.signed_on:%d/%m/%Y}, {row.signer}"),
            ("Có hiệu lực từ", f"{row.effective_on:%d/%m/%Y}"),
            ("Văn bản quy định", f"{row.law} ({row.law_effective_on:%d/%m/%Y})" if row.law and row.law_effective_on else row.law),
            ("Nơi đăng", row.source),
            ("Tình trạng", row.get_state_display()),
            ("Hạn công khai", f"{timezone.localtime(row.due_at):%H:%M %d/%m/%Y}"),
            ("Sẽ công khai lúc", f"{timezone.localtime(row.publish_at):%H:%M %d/%m/%Y}" if row.publish_at else ""),
            ("Đã công khai lúc", f"{when} ({'đúng hạn' if row.in_time else 'quá hạn'})" if when else ""),
            ("Người nhập", row.entered_by),
            ("Người kiểm tra", row.checked_by),
            ("Người công khai", row.published_by),
            ("Lời nhắn", row.note),
        ]

    def faults_of(self, row: Announcement) -> Sequence[str]:
        """What the machine finds, while something can still be mended."""
        if row.state in (Announcement.State.PUBLISHED, Announcement.State.WITHDRAWN):
            return ()
        return [f"{one.code}: {one.message}" if one.code else one.message for one in announcing.faults_of(row)]

    def words_of(self, request: HttpRequest, row: Announcement) -> str:
        """That one's own work is for another to check."""
        waits = row.state in (Announcement.State.CHECKING, Announcement.State.CHECKED)
        own = waits and is_own(actor_of(request), row.editors)
        return "Bạn đã nhập quyết định này, nên một cán bộ khác phải kiểm tra và công khai." if own else ""

    def ways_of(self, request: HttpRequest, row: Announcement) -> Sequence[Way]:
        """The facts while they are entered, then the edges of the table."""
        actor = actor_of(request)
        ways = []
        if row.state == Announcement.State.ENTERING and may(actor, announcing.ENTER, row.unit_code):
            ways.append(Way("Sửa thông tin quyết định", self.address("facts", row.pk)))
        own = is_own(actor, row.editors)
        for edge in ANNOUNCEMENTS.open_to(actor, row, unit=row.unit_code):
            if not (own and edge.name in ("check", "publish")):
                ways.append(Way(edge.label, self.address(edge.name, row.pk), main=edge.name in ("send", "check", "publish")))
        return ways

    def tables_of(self, request: HttpRequest, row: Announcement) -> Sequence[Table]:
        """The procedures that it touches, and what of each becomes another."""
        changes = list(row.changes.all())
        may_edit = row.state == Announcement.State.ENTERING and may(actor_of(request), announcing.ENTER, row.unit_code)
        rows = [
            (change.procedure_code, change.get_kind_display(), change.name, ", ".join(comparing.TEXTS[part] for part in change.parts))
            for change in changes
        ]
        tables = [
            Table(
                "Thủ tục trong quyết định",
                ("Mã", "Loại", "Tên", "Phần thay đổi"),
                rows,
                [self.address("change_one", row.pk, change.procedure_code) for change in changes],
                "Chưa có thủ tục nào.",
                Way("Thêm thủ tục", self.address("change_add", row.pk)) if may_edit else None,
            )
        ]
        for change in changes:
            if change.kind in (Kind.AMEND, Kind.INTERLINK) and not change.applied_at:
                found = comparing.differences(announcing.base_of(row, change.procedure_code), change.record)
                lines = [(one.label, "\n".join(one.gone) or "–", "\n".join(one.new) or "–") for one in found]
                tables.append(
                    Table(f"{change.procedure_code}: khác gì nội dung trước", ("Phần", "Trước", "Sau"), lines, empty="Không khác.")
                )
        if row.state == Announcement.State.PUBLISHED:
            asked = LocalConfirmation.objects.filter(version__in=[change.version_id for change in changes if change.version_id])
            lines = [(one.province_code, one.get_state_display(), one.answered_by) for one in asked]
            if lines:
                tables.append(Table("Địa phương được hỏi", ("Tỉnh, thành phố", "Tình trạng", "Trả lời"), lines))
        return tables

    def facts_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Change the facts."""
        row, actor = self.row(request, object_id), actor_of(request)
        names = announcing.FACTS
        return self.act_page(
            request,
            title="Sửa thông tin quyết định",
            back=self.address("change", row.pk),
            form=DecisionForm(request.POST or None, initial={name: getattr(row, name) for name in names}),
            do=lambda said: announcing.edit_announcement(actor=actor, announcement_id=row.pk, seen=row.seen, now=timezone.now(), **said),
            done="Đã ghi.",
            button="Ghi",
        )

    def add_change(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Name a procedure; a repeal needs nothing more, the others lead on to their content."""
        row, actor = self.row(request, object_id), actor_of(request)

        def do(said: dict[str, Any]) -> str:
            kind, code = said["kind"], said["code"].strip()
            base = announcing.base_of(row, code)
            if kind == Kind.REPEAL:
                announcing.put_change(actor=actor, announcement_id=row.pk, seen=row.seen, kind=kind, code=code, now=timezone.now())
                return self.address("change", row.pk)
            if faults := announcing.whose_faults(row, kind, code, base):
                raise AnnouncementRefused(faults)
            return f"{self.address('change_one', row.pk, code)}?loai={kind}"

        return self.act_page(
            request,
            title="Thêm thủ tục vào quyết định",
            back=self.address("change", row.pk),
            form=ChangeForm(request.POST or None),
            do=do,
            lead=lambda address: address,
            button="Tiếp tục",
        )

    def change_one(self, request: HttpRequest, object_id: UUID, code: str) -> HttpResponse:
        """The content of one procedure, as it is or to be written."""
        row, actor = self.row(request, object_id), actor_of(request)
        found = row.changes.filter(procedure_code=code).first()
        kind = found.kind if found is not None else request.GET.get("loai", "")
        if kind not in Kind.values:
            raise Http404
        back = self.address("change", row.pk)
        if kind == Kind.REPEAL or row.state != Announcement.State.ENTERING or not may(actor, announcing.ENTER, row.unit_code):
            if found is None:
                raise Http404
            return self._shown(request, row, found)
        base = announcing.base_of(row, code)
        record = dict(found.record) if found is not None else {} if kind == Kind.LOCALISE else base
        shape = LocalForm if kind == Kind.LOCALISE else ContentForm
        form = shape(request.POST or None, record=record)

        def do(_said: dict[str, Any]) -> Any:
            return announcing.put_change(
                actor=actor, announcement_id=row.pk, seen=row.seen, kind=kind, code=code, record=form.content(), now=timezone.now()
            )

        process = process_of(code, row.unit_code) if kind in (Kind.AMEND, Kind.INTERLINK) else None
        about = [base.get("name", ""), "Mỗi dòng một mục, các cột cách nhau bằng dấu |.", *([process.words] if process else [])]
        return self.act_page(
            request,
            title=f"{Kind(kind).label}: {code}",
            back=back,
            form=form,
            do=do,
            done="Đã ghi nội dung.",
            button="Ghi nội dung",
            about="\n".join(about),
        )

    def _shown(self, request: HttpRequest, row: Announcement, change: AnnouncedChange) -> HttpResponse:
        """What was entered, to be compared with the signed decision."""
        actor = actor_of(request)
        may_edit = row.state == Announcement.State.ENTERING and may(actor, announcing.ENTER, row.unit_code)
        parts = (
            comparing.TEXTS
            if change.kind != Kind.LOCALISE
            else {
                **PART_WORDS,
                "place": "Nơi tiếp nhận",
                "anywhere": comparing.TEXTS["anywhere"],
            }
        )
        facts = [
            (label, "\n".join(comparing.told(part, change.record)))
            for part, label in parts.items()
            if change.record.get(part) and part in comparing.TEXTS
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{change.get_kind_display()}: {change.procedure_code}",
            "row": change,
            "facts": [("Tên thủ tục", change.name), *(fact for fact in facts if fact[0] != "Tên thủ tục")],
            "tables": (),
            "ways": [
                Way("Quay lại quyết định", self.address("change", row.pk), main=True),
                *([Way("Bỏ khỏi quyết định", self.address("change_drop", row.pk, change.procedure_code))] if may_edit else []),
            ],
            "addresses": {"list": self.address("changelist"), "history": self.address("history", row.pk)},
        }
        return TemplateResponse(request, "admin/procedures/work.html", context)

    def drop_change(self, request: HttpRequest, object_id: UUID, code: str) -> HttpResponse:
        """Take a procedure out again."""
        row, actor = self.row(request, object_id), actor_of(request)
        return self.act_page(
            request,
            title=f"Bỏ {code} khỏi quyết định",
            back=self.address("change", row.pk),
            do=lambda _said: announcing.drop_change(actor=actor, announcement_id=row.pk, seen=row.seen, code=code),
            done="Đã bỏ khỏi quyết định.",
            about="Nội dung đã nhập của thủ tục này sẽ không còn.",
        )

    def move(self, request: HttpRequest, object_id: UUID, transition: str) -> HttpResponse:
        """One edge: with a reason, a moment, or just to be confirmed."""
        row, actor = self.row(request, object_id), actor_of(request)
        edge = ANNOUNCEMENTS.transitions[transition]
        form: Any = None
        if transition in ("return", "withdraw"):
            form = NoteForm(request.POST or None)
        elif transition == "publish":
            form = PublishForm(request.POST if request.method == "POST" else None)
        about = {
            "send": "Một cán bộ khác sẽ đối chiếu với quyết định đã ký.",
            "check": "Bạn xác nhận đã đối chiếu từng thủ tục với quyết định đã ký.",
            "publish": f"Người dân đọc được ngay; nội dung có hiệu lực từ {row.effective_on:%d/%m/%Y}.",
            "withdraw": "Nội dung chưa có hiệu lực được lấy lại, cơ sở dữ liệu trở về như trước.",
        }.get(transition, "")
        return self.act_page(
            request,
            title=edge.label,
            back=self.address("change", row.pk),
            form=form,
            do=lambda said: announcing.move_announcement(
                actor=actor, announcement_id=row.pk, transition=transition, seen=row.seen, now=timezone.now(), **said
            ),
            done=f"{edge.label}: đã ghi.",
            about=about,
        )


@admin.register(LocalConfirmation)
class LocalConfirmationAdmin(WorkAdmin):
    """What a province laid down and is asked to confirm under an amended base."""

    view_act = announcing.CONFIRM
    see_all = announcing.SEE_ALL
    unit_field = "unit_code"
    menu_place = 12
    refusals = (AnnouncementRefused,)
    list_display = ("version", "province_code", "state", "asked_at", "answered_at")
    list_filter = ("state",)
    list_select_related = ("version",)
    history_facts = ("state", "decision_number", "answered_at")

    def get_urls(self) -> list[Any]:
        """The answer has an address of its own."""
        own = path("<int:object_id>/answer/", self.admin_site.admin_view(self.answer), name="procedures_localconfirmation_answer")
        return [own, *super().get_urls()]

    def facts_of(self, row: LocalConfirmation) -> Iterable[tuple[str, Any]]:
        """What was laid down, and what is asked."""
        earlier = row.earlier
        return [
            ("Thủ tục", f"{row.version.procedure.code} {row.version.name}"),
            ("Có hiệu lực từ", f"{row.version.effective_from:%d/%m/%Y}, {row.version.decision_number}"),
            ("Tỉnh, thành phố", row.province_code),
            ("Nơi tiếp nhận", earlier.get("place", "")),
            ("Cơ quan thực hiện", earlier.get("executing_agency", "")),
            ("Quyết định trước đó", earlier.get("decision_number", "")),
            ("Tình trạng", row.get_state_display()),
            ("Trả lời", f"{row.answered_by}, {row.decision_number}" if row.answered_by else ""),
        ]

    def ways_of(self, request: HttpRequest, row: LocalConfirmation) -> Sequence[Way]:
        """To answer, once."""
        open_ = row.state == LocalConfirmation.State.WAITING and may(actor_of(request), announcing.CONFIRM, row.unit_code)
        return [Way("Trả lời", self.address("answer", row.pk), main=True)] if open_ else []

    def answer(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Keep it, or let the base hold."""
        row, actor = self.row(request, object_id), actor_of(request)
        back = self.address("change", row.pk)
        if row.state != LocalConfirmation.State.WAITING:
            return redirect(back)
        return self.act_page(
            request,
            title="Trả lời về nội dung của địa phương",
            back=back,
            form=ConfirmForm(request.POST or None),
            do=lambda said: announcing.confirm_local(
                actor=actor,
                confirmation_id=row.pk,
                keep=said["keep"] == "yes",
                decision_number=said["decision_number"],
                now=timezone.now(),
            ),
            done="Đã ghi.",
            button="Ghi",
        )


def _waiting(request: HttpRequest) -> list[DeskLine]:
    """Decisions that wait for a second officer, run out of time or have, and what a province has to confirm (six queries at most)."""
    actor, now = actor_of(request), timezone.now()
    found = []
    if may(actor, announcing.CHECK, actor.unit) or may(actor, announcing.PUBLISH, actor.unit):
        rows = Announcement.objects.filter(unit_code=actor.unit, state__in=["checking", "checked"])
        if count := rows.count():
            url = "/quan-tri/procedures/announcement/"
            kind = "bad" if rows.filter(due_at__lt=now).exists() else "wait"
            found.append(DeskLine("Quyết định công bố chờ kiểm tra, công khai", count, url, kind))
    waiting = Announcement.objects.filter(state__in=UNPUBLISHED)
    if not may(actor, announcing.SEE_ALL):
        is_theirs = any(may(actor, act, actor.unit) for act in (announcing.ENTER, announcing.CHECK, announcing.PUBLISH))
        waiting = waiting.filter(unit_code=actor.unit) if is_theirs else waiting.none()
    if late := waiting.filter(due_at__lt=now).count():
        found.append(DeskLine("Quyết định quá hạn công khai", late, f"{LATE}qua-han", "bad"))
    if soon := waiting.filter(due_at__gte=now, due_at__lt=now + SOON).count():
        found.append(DeskLine("Quyết định sắp hết hạn công khai", soon, f"{LATE}sap-den", "wait"))
    if may(actor, announcing.CONFIRM, actor.unit):
        count = LocalConfirmation.objects.filter(unit_code=actor.unit, state=LocalConfirmation.State.WAITING).count()
        if count:
            found.append(DeskLine("Nội dung địa phương chờ xác nhận", count, "/quan-tri/procedures/localconfirmation/", "wait"))
    return found


register_desk_panel(_waiting)
