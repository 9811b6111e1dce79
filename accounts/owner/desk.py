"""Complaints about accounts on the desk: taken on, answered, accounts locked and opened (Rules art. 13.1)."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.models import AccountComplaint
from accounts.owner import clocks, complaints, locks
from accounts.owner.complaints import HANDLE, ComplaintRefused
from accounts.owner.forms import FACTS, OfficeLockForm, OutcomeForm
from portal.access import Assurance, actor_of, may, visible_to
from portal.access.desk import DeskModelAdmin, Facts, Page, Way, moment, seen_version, state_cell
from portal.access.site import DeskLine, register_desk_panel
from portal.audit.history import officers


class ComplaintState(admin.SimpleListFilter):
    """By what is to be done."""

    title = "tình trạng"
    parameter_name = "tinh-trang"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, str(words)) for state, words in AccountComplaint.STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() in AccountComplaint.STATES else queryset


@admin.register(AccountComplaint)
class ComplaintAdmin(DeskModelAdmin):
    """What is open first, the oldest on top."""

    view_act = HANDLE
    unit_field = "unit_code"
    by_cursor = False
    refusals = (ComplaintRefused,)
    list_display = ("code_shown", "kind", "standing", "received_at", "taken_at", "ended_at")
    list_filter: ClassVar[Any] = (ComplaintState, "kind")
    search_fields = ("=code",)
    search_help_text = "Mã khiếu nại, không có dấu nối"
    ordering: ClassVar[Any] = (F("ended_at").asc(nulls_first=True), "received_at", "id")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """The code as it is read out."""
        return super().get_search_results(request, queryset, search_term.replace("-", "").upper())

    @admin.display(description="Mã", ordering="code")
    def code_shown(self, row: AccountComplaint) -> str:
        return row.code_shown

    @admin.display(description="Tình trạng, hạn")
    def standing(self, row: AccountComplaint) -> SafeString | str:
        """State and the clock that runs."""
        clock = _running(row)
        return state_cell(row.state_words, clock.due, is_late=clock.is_late) if clock is not None else row.state_words

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "accounts_accountcomplaint"
        acts = (("take", self.take), ("end", self.end), ("lock", self.lock), ("unlock", self.unlock))
        return [
            *(path(f"<uuid:object_id>/{verb}/", view(function), name=f"{name}_{verb}") for verb, function in acts),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """What was said, both clocks, whose account it is and whether it is locked."""
        now, actor = timezone.now(), actor_of(request)
        complaints.note_read(actor=actor, row=row)
        said = row.said or {}
        held = locks.open_lock(row.account.user_id) if row.account is not None and row.account.user_id is not None else None
        tell = clocks.tell(received_at=row.received_at, told_at=row.told_at, now=now)
        answer = clocks.answer(taken_at=row.taken_at, ended_at=row.ended_at, now=now)
        notes, ways = [], []
        for clock, words in ((tell, "báo các bên"), (answer, "trả lời")):
            if clock is not None and clock.is_late and clock.runs:
                notes.append(f"Đã quá hạn {words}: {moment(clock.due)}.")
        if actor.person_id in (row.person_id, row.account_id):
            notes.append("Bạn là một bên của khiếu nại này: người khác xử lý.")
        elif may(actor, HANDLE, row.unit_code):
            ways = [
                Way(edge.label, self.address(edge.name, row.pk)) for edge in AccountComplaint.table.open_to(actor, row, unit=row.unit_code)
            ]
            if held is not None and row.state == AccountComplaint.TAKEN:
                ways.append(Way("Mở khóa tài khoản", self.address("unlock", row.pk)))
            elif held is None and row.account is not None and row.state != AccountComplaint.ENDED:
                ways.append(Way("Khóa tài khoản", self.address("lock", row.pk), "danger"))
        facts = Facts(
            "Khiếu nại",
            [
                ("Về", row.get_kind_display()),
                ("Nội dung", said.get("text", "")),
                ("Thông tin bị cho là sai", ", ".join(str(FACTS[key]) for key in said.get("fields", ()) if key in FACTS) or "–"),
                ("Người khiếu nại", row.person.full_name if row.person is not None else f"{said.get('name', '')} (chưa đăng nhập)"),
                ("Liên lạc", ", ".join(filter(None, (said.get("phone"), said.get("email")))) or "–"),
                ("Tài khoản", row.account.full_name if row.account is not None else "Không có tài khoản mang số này"),
                ("Khóa", f"{held.get_reason_display()}, {moment(held.locked_at)}" if held is not None else "Không"),
                ("Đối chiếu CSDL dân cư", _compared(row)),
            ],
        )
        times = Facts(
            "Thời hạn",
            [
                ("Nhận", moment(row.received_at)),
                ("Báo các bên", _clock_words(tell)),
                ("Tiếp nhận chính thức", moment(row.taken_at)),
                ("Trả lời kết quả", _clock_words(answer) if answer is not None else "–"),
                ("Người xử lý", officers([row.officer_id]).get(row.officer_id, "–") if row.officer_id else "–"),
                ("Kết quả", f"{'Đúng' if row.upheld else 'Không đúng'}: {row.outcome}" if row.outcome else "–"),
            ],
        )
        return Page(f"Khiếu nại {row.code_shown}", [facts, times], ways, notes)

    def take(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Formal receipt."""
        row = self.found(request, object_id)
        return self._act(
            request,
            row,
            "Tiếp nhận chính thức và báo các bên?",
            None,
            lambda _: complaints.take_on(actor=actor_of(request), complaint_id=row.pk, seen=seen_version(request), now=timezone.now()),
            "Đã tiếp nhận. Các bên được báo; kết quả phải có trong 48 giờ.",
            "Tiếp nhận",
        )

    def end(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The outcome."""
        row = self.found(request, object_id)
        return self._act(
            request,
            row,
            "Trả lời kết quả",
            OutcomeForm(request.POST if request.method == "POST" else None),
            lambda said: complaints.end(
                actor=actor_of(request), complaint_id=row.pk, seen=seen_version(request), now=timezone.now(), **said
            ),
            "Đã trả lời. Các bên được báo.",
            "Trả lời",
        )

    def lock(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Protect the account."""
        row = self.found(request, object_id)
        return self._act(
            request,
            row,
            "Khóa tài khoản để bảo vệ",
            OfficeLockForm(request.POST if request.method == "POST" else None),
            lambda said: complaints.lock_account(
                actor=actor_of(request), complaint_id=row.pk, needs=Assurance(int(said["needs"])), now=timezone.now()
            ),
            "Đã khóa. Mọi phiên đăng nhập của tài khoản đã kết thúc.",
            "Khóa",
        )

    def unlock(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Open it again."""
        row = self.found(request, object_id)
        return self._act(
            request,
            row,
            "Mở khóa tài khoản?",
            None,
            lambda _: complaints.unlock_account(actor=actor_of(request), complaint_id=row.pk, now=timezone.now()),
            "Đã mở khóa. Chủ tài khoản được báo.",
            "Mở khóa",
            about="Chỉ mở khi bạn đã xác minh người yêu cầu đúng là chủ tài khoản, bằng giấy tờ tại quầy hoặc cách chắc chắn tương đương.",
        )

    def _act(self, request: HttpRequest, row: Any, title: str, form: Any, do: Any, done: str, button: str, about: str = "") -> HttpResponse:
        return self.ask(
            request,
            title=title,
            form=form,
            back=self.address("change", row.pk),
            do=do,
            done=done,
            about=[f"Khiếu nại {row.code_shown}: {row.get_kind_display()}.", *([about] if about else [])],
            seen=row.version,
            button=button,
        )


def _running(row: AccountComplaint) -> clocks.Clock | None:
    now = timezone.now()
    if row.state == AccountComplaint.NEW:
        return clocks.tell(received_at=row.received_at, told_at=None, now=now)
    return clocks.answer(taken_at=row.taken_at, ended_at=None, now=now) if row.state == AccountComplaint.TAKEN else None


def _clock_words(clock: clocks.Clock) -> str:
    when = f"{moment(clock.done_at)} (hạn {moment(clock.due)})" if clock.done_at else f"hạn {moment(clock.due)}"
    return f"{when}, quá hạn" if clock.is_late else when


def _compared(row: AccountComplaint) -> str:
    if row.account is None or row.account.registry_checked_at is None:
        return "Chưa đối chiếu"
    return f"{'Khớp' if row.account.registry_matches else 'Không khớp'}, {moment(row.account.registry_checked_at)}"


def panel(request: HttpRequest) -> list[DeskLine]:
    """What waits for those who handle complaints (one query)."""
    actor = actor_of(request)
    if not may(actor, HANDLE, actor.unit):
        return []
    rows = visible_to(actor, AccountComplaint.objects.exclude(state=AccountComplaint.ENDED), HANDLE, "unit_code")
    resting = list(rows.order_by("received_at").defer("said", "outcome")[:1000])
    late = sum(1 for row in resting if (clock := _running(row)) is not None and clock.is_late)
    address = "/quan-tri/accounts/accountcomplaint/"
    lines = [DeskLine("Khiếu nại về tài khoản đã quá hạn", late, address, "bad")] if late else []
    if len(resting) > late:
        lines.append(DeskLine("Khiếu nại về tài khoản cần xử lý", len(resting) - late, address, "wait"))
    return lines


register_desk_panel(panel)
