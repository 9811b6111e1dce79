"""Differences on the desk: the list, both sides' facts beside each other, take on, close with cause and correction (Rules art. 34.5)."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from payments.access import OVERSEE
from payments.admin.base import Facts, MoneyModelAdmin, Page, PlainForm, Rows, Way, moment, seen_version
from payments.admin.listed import with_unit
from payments.codes import clean_code
from payments.models import Attempt, Case, Entry
from payments.services import casework
from payments.services.called import Called
from portal.access import AccessDenied, actor_of, may
from portal.access.site import DeskLine, register_desk_panel
from portal.documents.units import unit_name
from portal.states import TransitionRefused
from portal.ui.tags import dong

SIDES = {"institution": "Đơn vị thanh toán", "agency": "Cơ quan", "portal": "Cổng"}
FACTS = {
    "row": "Dòng trong tệp", "institution_ref": "Mã giao dịch", "reference": "Mã tham chiếu", "at": "Thời điểm", "unit": "Cơ quan",
    "account": "Tài khoản thụ hưởng", "at_institution": "Số tiền tại đơn vị thanh toán", "state": "Trạng thái", "refund": "Mã hoàn tiền",
    "due_day": "Hạn chuyển tiền", "paid_day": "Ngày tiền về đủ", "late_days": "Số ngày muộn", "penalty": "Tiền phạt chậm nộp",
    "code": "Mã kết quả", "via": "Biết nhờ", "reason": "Lý do", "statement": "Tệp đối soát số",
}  # fmt: skip
"""What the other side's facts are called; one that is not here is not shown."""
STATES = {"refunded": "đã hoàn tiền", "failed": "không thành công", "refund_missing": "không có khoản hoàn này trong tệp"}
EVENTS = {"open": "Phát hiện", "vanished": "Không còn chênh lệch", **{one.name: one.label for one in Case.table.transitions.values()}}


class WorkFilter(admin.SimpleListFilter):
    """What there is to do. The list opens on what is open; a search looks through everything."""

    title = "việc"
    parameter_name = "viec"
    OPEN, MINE, OVERDUE, ESCALATED, GONE, CLOSED, ALL = "mo", "cua-toi", "qua-han", "bao-cap-tren", "khong-con", "da-xong", "tat-ca"

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        self.default = self.ALL if request.GET.get("q") else self.OPEN
        self.position = actor_of(request).position_id

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (self.OPEN, "Đang mở"),
            (self.MINE, "Tôi đang xử lý"),
            (self.OVERDUE, "Quá hạn"),
            (self.ESCALATED, "Đã báo cấp trên"),
            (self.GONE, "Không còn chênh lệch, chờ kết thúc"),
            (self.CLOSED, "Đã xử lý"),
            (self.ALL, "Tất cả"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        still = ~Q(state=Case.CLOSED)
        conditions = {
            self.OPEN: still,
            self.MINE: still & Q(owner_position_id=self.position),
            self.OVERDUE: still & Q(due_at__lt=timezone.now()),
            self.ESCALATED: Q(state=Case.ESCALATED),
            self.GONE: still & Q(vanished_at__isnull=False),
            self.CLOSED: Q(state=Case.CLOSED),
        }
        wanted = conditions.get(self.value() or self.default)
        return queryset.filter(wanted) if wanted is not None else queryset

    def choices(self, changelist: Any) -> Any:
        wanted = self.value() or self.default
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": wanted == value, "query_string": query, "display": label}


class CloseForm(PlainForm):
    """How a case ends."""

    cause = forms.ChoiceField(label="Nguyên nhân", error_messages={"required": "Bạn hãy chọn nguyên nhân."})
    remedy = forms.ChoiceField(
        label="Điều chỉnh sổ", widget=forms.RadioSelect, error_messages={"required": "Bạn hãy chọn cách điều chỉnh."}
    )
    given = forms.CharField(
        label="Mã thanh toán hoặc mã cơ quan",
        required=False,
        max_length=40,
        help_text="Khi trả cho một khoản phải nộp: mã thanh toán. Khi chuyển sang cơ quan khác: mã cơ quan đó.",
    )
    words = forms.CharField(
        label="Đã xử lý thế nào",
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": "Bạn hãy ghi đã xử lý thế nào."},
    )

    def __init__(self, remedies: list[casework.Remedy], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asks = {one.name for one in remedies if one.asks}
        self.asking = asks
        self.fields["cause"].choices = [("", "Chọn nguyên nhân"), *casework.CAUSES.items()]  # type: ignore[attr-defined]
        self.fields["remedy"].choices = [(one.name, one.label) for one in remedies]  # type: ignore[attr-defined]
        self.fields["remedy"].initial = remedies[0].name if len(remedies) == 1 else None
        if not asks:
            del self.fields["given"]

    def clean(self) -> dict[str, Any]:
        """A remedy that asks for a code gets one."""
        said = super().clean() or {}
        if said.get("remedy") in self.asking and not said.get("given"):
            self.add_error("given", "Bạn hãy nhập mã.")
        return said


def case_panel(request: HttpRequest) -> list[DeskLine]:
    """Open, overdue and escalated differences of one's own (one query)."""
    actor = actor_of(request)
    if not CaseAdmin.reaches(actor):
        return []
    rows = CaseAdmin.of(actor).exclude(state=Case.CLOSED)
    late, escalated = rows.filter(due_at__lt=timezone.now()), rows.filter(state=Case.ESCALATED)
    address = reverse("admin:payments_case_changelist")
    lines = [
        DeskLine("Chênh lệch đang mở", _count(rows), f"{address}?{urlencode({'viec': WorkFilter.OPEN})}", "info"),
        DeskLine("Chênh lệch quá hạn", _count(late), f"{address}?{urlencode({'viec': WorkFilter.OVERDUE})}", "bad"),
    ]
    if may(actor, OVERSEE):
        lines.append(DeskLine("Chênh lệch đã báo lên", _count(escalated), f"{address}?{urlencode({'viec': WorkFilter.ESCALATED})}", "bad"))
    return lines


def _count(rows: QuerySet[Any]) -> int:
    """As far as a panel needs: a thousand is "many"."""
    return rows.order_by()[:1000].count()


register_desk_panel(case_panel)


@admin.register(Case)
class CaseAdmin(MoneyModelAdmin):
    """Differences of an officer's agency, institution, or all."""

    list_display = ("number", "type", "where", "amounts", "state_shown")
    list_display_links = ("number",)
    list_filter = (WorkFilter, "type", "state", ("institution", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("institution",)
    ordering = ("-day", "-id")
    sortable_by = ()
    search_fields = ("key",)
    search_help_text = "Số của chênh lệch, mã thanh toán, mã tham chiếu hoặc mã cơ quan."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the names of agencies."""
        return with_unit(super().get_queryset(request), "payee_unit")

    @classmethod
    def reaches(cls, actor: Any) -> bool:
        """Whether the officer works with money at all."""
        from payments.access import OPERATE, READ

        return may(actor, OVERSEE) or may(actor, READ, actor.unit) or may(actor, OPERATE, actor.unit)

    @classmethod
    def of(cls, actor: Any) -> QuerySet[Case]:
        """The officer's own."""
        from payments.access import seen_by

        return seen_by(actor, Case.objects.all())

    def get_list_filter(self, request: HttpRequest) -> Any:
        """An institution's operator has only one institution."""
        from payments.access import OPERATE

        actor = actor_of(request)
        return self.list_filter[:3] if may(actor, OPERATE, actor.unit) and not may(actor, OVERSEE) else self.list_filter

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """By what people have at hand: a number, a code, a reference, an agency."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(payee_unit=term) | Q(payee_unit__startswith=term + ".")
        if term.isascii() and term.isdigit() and len(term) < 12:
            found |= Q(pk=int(term))
        code = clean_code(term)
        reference = term.upper().replace(" ", "")
        tries = Attempt.objects.filter(Q(order__code=code) if code else Q(reference=reference))
        found |= Q(attempt__in=tries.values("pk")) | Q(collection__reference=reference[:34])
        return queryset.filter(found), False

    @admin.display(description="Số", ordering="-day")
    def number(self, row: Case) -> str:
        return format_html('{}<br><span class="quiet">{}</span>', row.pk, f"{row.day:%d/%m/%Y}")

    @admin.display(description="Bên liên quan")
    def where(self, row: Case) -> str:
        return format_html(
            '{}<br><span class="quiet">{}</span>',
            row.institution.short_name if row.institution else "–",
            getattr(row, "unit_called", "") or row.payee_unit or "–",
        )

    @admin.display(description="Tại Cổng, bên kia")
    def amounts(self, row: Case) -> str:
        return format_html("{}<br>{}", dong(row.ours) or "–", dong(row.theirs) or "–")

    @admin.display(description="Tình trạng, hạn")
    def state_shown(self, row: Case) -> str | SafeString:
        words = f"{row.get_state_display()}: {row.owner_label}" if row.owner_label else row.get_state_display()
        if row.state == Case.CLOSED:
            return words
        late = format_html(' <strong class="overdue">{}</strong>', "Quá hạn") if row.due_at < timezone.now() else ""
        gone = format_html('<br><span class="quiet">{}</span>', "Không còn chênh lệch") if row.vanished_at else ""
        return format_html('{}<br><span class="quiet">{}</span>{}{}', words, moment(row.due_at), late, gone)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view = self.admin_site.admin_view
        return [
            path("<int:case_id>/assign/", view(self.assign), name="payments_case_assign"),
            path("<int:case_id>/close/", view(self.close), name="payments_case_close"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Both sides beside each other, what was done, what can be done."""
        actor = actor_of(request)
        ways = []
        if casework.may_solve(actor, row) and row.state != Case.CLOSED:
            ways = [Way("Kết thúc chênh lệch", self.address("close", row.pk))]
            if row.owner_position_id != actor.position_id or row.state != Case.ASSIGNED:
                ways.insert(0, Way("Nhận xử lý", self.address("assign", row.pk), "quiet"))
        notes = []
        if row.state != Case.CLOSED and row.due_at < timezone.now():
            notes.append(f"Quá hạn xử lý từ {moment(row.due_at)}.")
        if row.vanished_at and row.state != Case.CLOSED:
            notes.append(f"Từ {moment(row.vanished_at)} các bên không còn chênh lệch này. Hãy ghi nguyên nhân và kết thúc.")
        parts: list[Facts | Rows] = [
            Facts(
                "Chênh lệch",
                [
                    ("Loại", row.get_type_display()),
                    ("Ngày đối soát", f"{row.day:%d/%m/%Y}"),
                    ("Đơn vị thanh toán", row.institution.name if row.institution else "–"),
                    ("Cơ quan", unit_name(row.payee_unit) if row.payee_unit else "–"),
                    ("Bên xử lý trước", SIDES.get(row.side, row.side)),
                    ("Tình trạng", row.get_state_display()),
                    ("Người xử lý", row.owner_label or "Chưa có"),
                    ("Hạn xử lý", moment(row.due_at)),
                ],
            ),
            self._sides(row),
        ]
        if row.state == Case.CLOSED:
            closed = [
                ("Nguyên nhân", casework.CAUSES.get(row.cause, row.cause)),
                ("Đã xử lý", row.resolution),
                ("Lúc", moment(row.closed_at)),
            ]
            parts.append(Facts("Kết quả", closed))
        entries = Entry.objects.filter(target=f"case:{row.pk}").prefetch_related("postings__account")
        if entries:
            called = Called()
            postings = [
                [
                    moment(entry.at),
                    entry.note,
                    called.account(one.account),
                    dong(max(one.amount, 0)) or "–",
                    dong(max(-one.amount, 0)) or "–",
                ]
                for entry in entries
                for one in entry.postings.all()
            ]
            parts.append(Rows("Bút toán điều chỉnh", ["Lúc", "Diễn giải", "Tài khoản", "Nợ", "Có"], postings))
        events = row.events.order_by("id")
        history = [[moment(one.at), EVENTS.get(one.name, one.name), one.label or "Hệ thống", one.note or "–"] for one in events]
        parts.append(Rows("Tiến trình", ["Lúc", "Việc", "Ai", "Ghi chú"], history))
        return Page(f"Chênh lệch số {row.pk}", parts, ways, notes)

    def _sides(self, row: Case) -> Rows:
        """What the portal knows, what the other side wrote."""
        collection, attempt = row.collection, row.attempt
        facts = row.facts if isinstance(row.facts, dict) else {}
        order = collection.order if collection is not None else attempt.order if attempt is not None else None
        ours = {
            "Số tiền": dong(row.ours),
            "Mã giao dịch": collection.institution_ref if collection else "",
            "Mã tham chiếu": (collection.reference if collection else "") or (attempt.reference if attempt else ""),
            "Thời điểm": moment(collection.paid_at) if collection else "",
            "Cơ quan": unit_name(collection.payee_unit) if collection and collection.payee_unit else "",
            "Tài khoản thụ hưởng": order.payee_account.get("number", "") if order else "",
            "Trạng thái": collection.get_purpose_display() if collection else attempt.get_state_display() if attempt else "",
            "Khoản phải nộp": f"{order.code}, {order.get_state_display().lower()}" if order else "",
        }
        theirs = {"Số tiền": dong(row.theirs)} | {
            FACTS[name]: _shown(name, value) for name, value in facts.items() if name in FACTS and value not in (None, "")
        }
        labels = [*ours, *(label for label in theirs if label not in ours)]
        rows = [[label, ours.get(label) or "–", theirs.get(label) or "–"] for label in labels if ours.get(label) or theirs.get(label)]
        return Rows("Hai bên ghi nhận", ["Nội dung", "Tại Cổng", SIDES.get(row.side, "Bên kia")], rows)

    def _solvable(self, request: HttpRequest, case_id: int) -> Case:
        case: Case = self.found(request, case_id)
        if not casework.may_solve(actor_of(request), case):
            raise AccessDenied(casework.SOLVE)
        return case

    def _too_late(self, request: HttpRequest, case_id: int, refused: TransitionRefused) -> HttpResponse:
        """A page that says so, with what is true now."""
        page = self.page(request, self.found(request, case_id))
        page.notes.insert(0, refused.reason)
        return TemplateResponse(request, "admin/desk/page.html", {**self._context(request), "title": page.title, "page": page}, status=409)

    def assign(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Take it on."""
        case = self._solvable(request, case_id)
        try:
            if Case.table.refusal(case, "assign"):
                raise TransitionRefused("assign", case.state, casework.CHANGED)
            return self.ask(
                request,
                title="Nhận xử lý",
                form=None,
                back=self.address("change", case_id),
                do=lambda _: casework.assign_case(
                    actor=actor_of(request), case_id=case_id, seen_version=seen_version(request), now=timezone.now()
                ),
                done="Bạn đã nhận xử lý chênh lệch này.",
                about=[
                    f"{case.get_type_display()}, ngày {case.day:%d/%m/%Y}.",
                    f"Đang do {case.owner_label} xử lý." if case.owner_label else "",
                ],
                seen=case.version,
            )
        except TransitionRefused as refused:
            return self._too_late(request, case_id, refused)

    def close(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Close it with cause, correction and words."""
        case, actor = self._solvable(request, case_id), actor_of(request)
        if case.state == Case.CLOSED and request.method != "POST":
            return redirect(self.address("change", case_id))
        owed = casework.owed_without_refund(case)
        form = CloseForm(casework.remedies_for(actor, case), request.POST if request.method == "POST" else None)
        try:
            return self.ask(
                request,
                title=f"Kết thúc chênh lệch số {case_id}",
                form=form,
                back=self.address("change", case_id),
                do=lambda said: casework.close_case(
                    actor=actor,
                    case_id=case_id,
                    seen_version=seen_version(request),
                    cause=said["cause"],
                    words=said["words"],
                    remedy=said["remedy"],
                    given=said.get("given", ""),
                    now=timezone.now(),
                ),
                done="Đã kết thúc chênh lệch.",
                about=[
                    f"{case.get_type_display()}: tại Cổng {dong(case.ours) or 'không có'}, bên kia {dong(case.theirs) or 'không có'}.",
                    *([f"{dong(owed)} đang phải trả lại người nộp: chênh lệch chỉ kết thúc khi khoản này có nơi đến."] if owed else []),
                ],
                seen=case.version,
                button="Kết thúc",
            )
        except TransitionRefused as refused:
            return self._too_late(request, case_id, refused)

    refusals = (casework.CorrectionRefused,)


def _shown(name: str, value: Any) -> str:
    """A fact as people read it."""
    if name == "unit":
        return unit_name(str(value))
    with suppress(ValueError, TypeError):
        if name == "at":
            return moment(datetime.fromisoformat(value))
        if name in ("due_day", "paid_day"):
            return f"{date.fromisoformat(value):%d/%m/%Y}"
    if name in ("at_institution", "penalty") and isinstance(value, int):
        return dong(value)
    return STATES.get(str(value), str(value))
