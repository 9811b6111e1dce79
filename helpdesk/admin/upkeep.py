"""Maintenance, the read-only mode and trials on the desk (tables of ``portal.upkeep``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from helpdesk import queries
from helpdesk.admin import forms
from helpdesk.admin.tickets import moment
from portal.access import actor_of, may
from portal.upkeep import services
from portal.upkeep.models import Maintenance, ReadOnly, TrialPeriod
from procedures.admin.work import Table, Way, WorkAdmin


@admin.register(Maintenance)
class MaintenanceAdmin(WorkAdmin):
    """Announced at least five working days ahead."""

    view_act = services.ANNOUNCE
    menu_place = 10
    refusals = (services.UpkeepRefused,)
    list_display = ("title", "begins_at", "ends_at", "emergency", "only_read", "called_off_at", "told_at")
    ordering = ("-begins_at", "-id")
    history_facts = ("title", "words", "begins_at", "ends_at", "emergency", "reason", "only_read", "ended_at", "called_off_at")

    def has_add_permission(self, request):
        return self.has_view_permission(request)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "upkeep_maintenance"
        own = [path(f"<uuid:object_id>/{act}/", view(self.act), {"act": act}, name=f"{name}_{act}") for act in ("call-off", "finish")]
        return [*own, *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        """Announce."""
        if not self.has_add_permission(request):
            raise Http404
        actor = actor_of(request)

        def do(said: dict[str, Any]) -> Any:
            english = {"title": said.pop("english_title"), "words": said.pop("english_words")}
            return services.announce(actor=actor, now=timezone.now(), english=english, **said)

        return self.act_page(
            request,
            title="Báo bảo trì",
            back=self.address("changelist"),
            form=forms.MaintenanceForm(request.POST or None),
            do=do,
            lead=lambda made: self.address("change", made.pk),
            about="Báo trước ít nhất 5 ngày làm việc (Quy chế, Điều 51). Thông báo hiện trên mọi trang; đầu mối kết nối, quản trị các "
            "cơ quan và người có bản nháp, lịch hẹn, hạn rơi vào lúc đó được báo.",
            done="Đã báo.",
            button="Báo bảo trì",
        )

    def facts_of(self, row: Maintenance) -> Iterable[tuple[str, Any]]:
        """What, when, why."""
        return [
            ("Bắt đầu", moment(row.begins_at)),
            ("Kết thúc dự kiến", moment(row.ends_at)),
            ("Xong lúc", moment(row.ended_at)),
            ("Người dùng cần biết", row.words),
            ("Tiếng Anh", "\n".join(row.english.values())),
            ("Chỉ xem", "có" if row.only_read else "không"),
            ("Khẩn cấp", row.reason),
            ("Người báo", row.announced_by),
            ("Báo lúc", moment(row.announced_at)),
            ("Thôi lúc", moment(row.called_off_at)),
            ("Đã báo hết người liên quan", moment(row.told_at) or "đang báo"),
        ]

    def ways_of(self, request: HttpRequest, row: Maintenance) -> Sequence[Way]:
        """Call off before it begins, end early while it goes on."""
        now = timezone.now()
        if row.called_off_at is not None or row.ended_at is not None:
            return []
        if row.begins_at > now:
            return [Way("Thôi bảo trì", self.address("call-off", row.pk))]
        return [Way("Báo đã xong sớm", self.address("finish", row.pk), main=True)] if now < row.ends_at else []

    def act(self, request: HttpRequest, object_id: UUID, act: str) -> HttpResponse:
        """Ask on GET, do on POST."""
        row, actor = self.row(request, object_id), actor_of(request)
        verb = services.call_off if act == "call-off" else services.finish
        return self.act_page(
            request,
            title="Thôi bảo trì" if act == "call-off" else "Báo đã xong sớm",
            back=self.address("change", row.pk),
            do=lambda said: verb(actor=actor, maintenance_id=row.pk, now=timezone.now()),
            done="Đã ghi.",
        )


@admin.register(ReadOnly)
class ReadOnlyAdmin(WorkAdmin):
    """The mode in which the portal is only read; its addresses stay open while it is on."""

    view_act = services.ANNOUNCE
    menu_place = 20
    refusals = (services.UpkeepRefused,)
    list_display = ("began_at", "until", "reason", "began_by", "ended_at", "ended_by")
    ordering = ("-began_at", "-id")
    history_facts = ("began_at", "until", "reason", "ended_at")

    def has_add_permission(self, request):
        return self.has_view_permission(request)

    def get_urls(self) -> list[Any]:
        """The way back."""
        own = path("<int:object_id>/off/", self.admin_site.admin_view(self.off), name="upkeep_readonly_off")
        return [own, *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        """Switch on."""
        if not self.has_add_permission(request):
            raise Http404
        actor = actor_of(request)
        return self.act_page(
            request,
            title="Bật chế độ chỉ xem",
            back=self.address("changelist"),
            form=forms.ReadOnlyForm(request.POST or None),
            do=lambda said: services.switch_on(actor=actor, now=timezone.now(), **said),
            lead=lambda made: self.address("change", made.pk),
            about="Mọi trang vẫn đọc được; không ai gửi, ghi được gì cho đến khi tắt. Mọi tiến trình biết trong vài giây.",
            done="Đã bật chế độ chỉ xem.",
            button="Bật",
        )

    def facts_of(self, row: ReadOnly) -> Iterable[tuple[str, Any]]:
        """Since when, until when."""
        return [
            ("Bật lúc", moment(row.began_at)),
            ("Dự kiến đến", moment(row.until)),
            ("Lý do", row.reason),
            ("Người bật", row.began_by),
            ("Tắt lúc", moment(row.ended_at)),
            ("Người tắt", row.ended_by),
        ]

    def ways_of(self, request: HttpRequest, row: ReadOnly) -> Sequence[Way]:
        """Off."""
        return [Way("Tắt chế độ chỉ xem", self.address("off", row.pk), main=True)] if row.ended_at is None else []

    def off(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Take things in again."""
        row, actor = self.row(request, object_id), actor_of(request)
        return self.act_page(
            request,
            title="Tắt chế độ chỉ xem",
            back=self.address("change", row.pk),
            do=lambda said: services.switch_off(actor=actor, now=timezone.now()),
            done="Đã tắt chế độ chỉ xem.",
        )


@admin.register(TrialPeriod)
class TrialPeriodAdmin(WorkAdmin):
    """Trial operation, with what came of it."""

    view_act = "helpdesk.trial"
    menu_place = 30
    refusals = (services.UpkeepRefused,)
    list_display = ("begins_on", "public_from", "ends_on", "made_by")
    ordering = ("-begins_on", "-id")
    history_facts = ("begins_on", "public_from", "ends_on", "words", "words_en")

    def has_add_permission(self, request):
        return may(actor_of(request), services.TRIAL)

    def get_urls(self) -> list[Any]:
        """Its days; its report as files."""
        view, name = self.admin_site.admin_view, "upkeep_trialperiod"
        own = [
            path("<int:object_id>/days/", view(self.days), name=f"{name}_days"),
            path("<int:object_id>/report.<str:ending>", view(self.report), name=f"{name}_report"),
        ]
        return [*own, *super().get_urls()]

    def _set(self, request: HttpRequest, row: TrialPeriod | None) -> HttpResponse:
        actor = actor_of(request)
        if not may(actor, services.TRIAL):
            raise Http404
        names = ("begins_on", "public_from", "ends_on", "words", "words_en")
        return self.act_page(
            request,
            title="Định thời gian vận hành thử",
            back=self.address("change", row.pk) if row is not None else self.address("changelist"),
            form=forms.TrialForm(request.POST or None, initial={name: getattr(row, name) for name in names} if row is not None else None),
            do=lambda said: services.set_trial(actor=actor, now=timezone.now(), trial_id=row.pk if row is not None else None, **said),
            lead=lambda made: self.address("change", made.pk),
            about="Ít nhất 02 tháng, trong đó 01 tháng công khai (Đề án, mục III.3k). Mọi trang ghi rõ Cổng đang vận hành thử.",
            done="Đã ghi.",
        )

    def add_view(self, request, form_url="", extra_context=None):
        """Set one."""
        return self._set(request, None)

    def days(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Change its days."""
        return self._set(request, self.row(request, object_id))

    def facts_of(self, row: TrialPeriod) -> Iterable[tuple[str, Any]]:
        """Its days, and what people said in numbers."""
        report = queries.trial_report(row)
        return [
            ("Bắt đầu", f"{row.begins_on:%d/%m/%Y}"),
            ("Công khai từ", f"{row.public_from:%d/%m/%Y}"),
            ("Chính thức từ", f"{row.ends_on:%d/%m/%Y}"),
            ("Người dùng cần biết", row.words),
            ("Số ý kiến", str(report.number)),
            ("Điểm trung bình", f"{report.average:.2f}".replace(".", ",") if report.average is not None else "chưa có"),
        ]

    def tables_of(self, request: HttpRequest, row: TrialPeriod) -> Sequence[Table]:
        """By mark, by part of the portal."""
        report = queries.trial_report(row)
        return [
            Table("Theo điểm", ("Điểm", "Số ý kiến"), [(str(mark), str(number)) for mark, number in report.by_mark]),
            Table(
                "Theo phần đã dùng",
                ("Phần", "Số ý kiến", "Điểm trung bình"),
                [(label, str(number), f"{average:.2f}".replace(".", ",")) for label, number, average in report.by_part],
                empty="Chưa có ý kiến nào.",
            ),
        ]

    def ways_of(self, request: HttpRequest, row: TrialPeriod) -> Sequence[Way]:
        """Change, take the report."""
        files = [Way("Báo cáo PDF", self.address("report", row.pk, "pdf")), Way("Ý kiến CSV", self.address("report", row.pk, "csv"))]
        return [Way("Sửa thời gian", self.address("days", row.pk)), *files] if may(actor_of(request), services.TRIAL) else files

    def report(self, request: HttpRequest, object_id: int, ending: str) -> HttpResponse:
        """The report as PDF, or every opinion as CSV."""
        from helpdesk.reports import trial_csv, trial_pdf

        row = self.row(request, object_id)
        if ending == "csv":
            answer = HttpResponse(trial_csv(row), content_type="text/csv; charset=utf-8")
        elif ending == "pdf":
            answer = HttpResponse(trial_pdf(row, now=timezone.now()), content_type="application/pdf")
        else:
            raise Http404
        answer["Content-Disposition"] = f'attachment; filename="van-hanh-thu-{row.begins_on:%Y%m%d}.{ending}"'
        answer["Cache-Control"] = "private, no-store"
        return answer
