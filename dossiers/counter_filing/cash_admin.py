"""Cash and the rates of digitising on the desk: nothing is edited; what was wrong has an entry against it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone

from dossiers.counter_filing import cash
from dossiers.counter_filing.common import CASH, RATE, REVERSE, FilingRefused
from dossiers.counter_filing.desk import paper_link
from dossiers.counter_filing.forms import CashForm, HandInForm, RateForm
from dossiers.models import CashReceipt, DigitisingRate, Dossier, Standing
from payments import services as payments
from portal import audit
from portal.access import actor_of, may, require, visible_to
from portal.access.desk import DeskModelAdmin, Facts, Page, ReasonForm, Way, moment, seen_version, two_lines
from portal.documents.units import unit_name
from portal.states import TransitionRefused
from portal.ui.tags import dong


@admin.register(CashReceipt)
class CashReceiptAdmin(DeskModelAdmin):
    """Cash of the officer's units; nothing is edited, what was wrong has an entry against it."""

    view_act = CASH
    unit_field = "unit_code"
    refusals = (FilingRefused,)
    list_display = ("shown_number", "of_dossier", "shown_amount", "officer_label", "taken")
    list_display_links = ("shown_number",)
    search_fields = ("=dossier__code",)
    search_help_text = "Mã hồ sơ viết đủ"
    ordering = ("-taken_at", "id")
    change_list_template = "admin/accounts/registration/change_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """With the way of the cash to the agency's account."""
        actor = actor_of(request)
        ways = [Way("Nộp tiền vào tài khoản của cơ quan", self.address("hand_in"))] if may(actor, CASH, actor.unit) else []
        return super().changelist_view(request, {**(extra_context or {}), "ways": ways})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the dossier's code."""
        rows = super().get_queryset(request).select_related("dossier", "document", "reverses", "reversed_by")
        return rows.defer("dossier__answers", "dossier__bill")

    def get_urls(self) -> list[Any]:
        """Beside the page: the entry against it."""
        view, name = self.admin_site.admin_view, "dossiers_cashreceipt"
        return [
            path("hand-in/", view(self.hand_in), name=f"{name}_hand_in"),
            path("take/<uuid:dossier_id>/", view(self.take), name=f"{name}_take"),
            path("<uuid:object_id>/reverse/", view(self.reverse), name=f"{name}_reverse"),
            *super().get_urls(),
        ]

    @admin.display(description="Số")
    def shown_number(self, row: CashReceipt) -> str:
        return row.number_words

    @admin.display(description="Hồ sơ")
    def of_dossier(self, row: CashReceipt) -> Any:
        return two_lines(row.dossier.code, row.dossier.procedure_name)

    @admin.display(description="Số tiền")
    def shown_amount(self, row: CashReceipt) -> str:
        return str(dong(row.amount))

    @admin.display(description="Lúc")
    def taken(self, row: CashReceipt) -> str:
        return moment(row.taken_at)

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The receipt, what it is for, whether it was given back."""
        against = getattr(row, "reversed_by", None)
        facts = [
            ("Số", row.number_words),
            ("Số tiền", dong(row.amount)),
            ("Người nộp tiền", row.payer_name),
            ("Hồ sơ", row.dossier.code),
            ("Đơn vị", unit_name(row.unit_code)),
            ("Cán bộ", row.officer_label),
            ("Lúc", moment(row.taken_at)),
            ("Bản in", paper_link(row.document)),
        ]
        if row.reverses is not None:
            facts += [("Trả lại biên lai", row.reverses.number_words), ("Lý do", row.reason)]
        if against is not None:
            facts.append(("Đã trả lại", f"phiếu {against.number_words}, {moment(against.taken_at)}"))
        actor = actor_of(request)
        may_reverse = (
            row.reverses is None and against is None and may(actor, REVERSE, row.unit_code) and actor.position_id != row.position_id
        )
        ways = [Way("Lập bút toán trả lại", self.address("reverse", row.pk), "danger")] if may_reverse else []
        return Page(f"Biên lai {row.number_words}", [Facts("Biên lai", facts)], ways)

    def take(self, request: HttpRequest, dossier_id: UUID) -> HttpResponse:
        """Take in cash what is due for a dossier of the officer's unit, however it came."""
        actor = actor_of(request)
        dossier = visible_to(actor, Dossier.objects.all(), "dossiers.read", "unit_code").filter(pk=dossier_id).first()
        if dossier is None:
            raise Http404
        require(actor, CASH, dossier.unit_code)
        due = dossier.demands.select_related("order").prefetch_related("order__lines").filter(standing=Standing.DUE).first()
        seen = seen_version(request) if request.method == "POST" else dossier.version
        lines = [f"{line.name}: {dong(line.amount)}" for line in due.order.lines.all()] if due is not None else ["Không có khoản phải nộp."]

        def do(said: dict[str, Any]) -> CashReceipt:
            try:
                return cash.take(actor=actor, dossier_id=dossier_id, seen_version=-1 if seen is None else seen, now=timezone.now(), **said)
            except TransitionRefused as refused:
                raise FilingRefused(refused.reason, status=409) from refused

        return self.ask(
            request,
            title="Thu tiền mặt",
            form=CashForm(request.POST if request.method == "POST" else None, initial={"payer_name": dossier.filed_by_name}),
            back=reverse("admin:dossiers_dossier_change", args=[dossier_id]),
            do=do,
            done=lambda made: f"Đã thu {dong(made.amount)}, biên lai số {made.number_words}. In biên lai cho người nộp.",
            about=[f"Hồ sơ {dossier.code}", *lines, *([f"Cộng: {dong(due.amount)}"] if due is not None else [])],
            seen=seen,
            button="Đã nhận đủ tiền",
        )

    def hand_in(self, request: HttpRequest) -> HttpResponse:
        """What the unit's counters hold goes to the agency's account, against the paper of bank or treasury."""
        actor = actor_of(request)
        require(actor, CASH, actor.unit)
        there = payments.cash_on_hand(actor.unit)
        return self.ask(
            request,
            title="Nộp tiền mặt vào tài khoản của cơ quan",
            form=HandInForm(request.POST if request.method == "POST" else None, initial={"amount": there or None}),
            back=self.address("changelist"),
            do=lambda said: cash.hand_in(actor=actor, now=timezone.now(), **said),
            done="Đã ghi sổ. Giữ giấy nộp tiền cùng sổ biên lai.",
            about=[f"{unit_name(actor.unit)}: theo sổ đang giữ {dong(there)} tiền mặt."],
            button="Ghi sổ",
        )

    def reverse(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Give back, by an entry of its own."""
        row = self.found(request, object_id)
        require(actor_of(request), REVERSE, row.unit_code)
        return self.ask(
            request,
            title="Lập bút toán trả lại",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: cash.reverse(actor=actor_of(request), receipt_id=row.pk, reason=said["reason"], now=timezone.now()),
            done=lambda made: f"Đã lập phiếu {made.number_words}. In phiếu, người nhận ký nhận tiền.",
            about=[f"Biên lai {row.number_words}, {dong(row.amount)}, hồ sơ {row.dossier.code}. Biên lai cũ giữ nguyên."],
        )


@admin.register(DigitisingRate)
class DigitisingRateAdmin(DeskModelAdmin):
    """What digitising a page at its owner's wish costs; set by the unit's administrator, a new one from a day on."""

    view_act = RATE
    unit_field = "unit_code"
    refusals = (FilingRefused,)
    list_display = ("unit", "shown_amount", "basis", "valid_from")
    list_display_links = ("unit",)
    ordering = ("-valid_from", "id")

    @admin.display(description="Cơ quan")
    def unit(self, row: DigitisingRate) -> Any:
        return two_lines(unit_name(row.unit_code), row.unit_code)

    @admin.display(description="Một trang")
    def shown_amount(self, row: DigitisingRate) -> str:
        return str(dong(row.amount))

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, RATE, actor.unit)

    def get_urls(self) -> list[Any]:
        """Setting one."""
        own = path("add/", self.admin_site.admin_view(self.set_rate), name="dossiers_digitisingrate_add")
        return [own, *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One rate."""
        facts = [
            ("Cơ quan", unit_name(row.unit_code)),
            ("Một trang", dong(row.amount)),
            ("Căn cứ", row.basis),
            ("Áp dụng từ", f"{row.valid_from:%d/%m/%Y}"),
            ("Ghi", f"{row.label}, {moment(row.noted_at)}"),
        ]
        return Page(f"Mức thu từ {row.valid_from:%d/%m/%Y}", [Facts("Mức thu", facts)])

    def set_rate(self, request: HttpRequest) -> HttpResponse:
        """From a day on."""
        actor = actor_of(request)
        require(actor, RATE, actor.unit)

        def do(said: dict[str, Any]) -> DigitisingRate:
            if said["valid_from"] < timezone.localdate():
                raise FilingRefused("Mức thu mới áp dụng từ hôm nay trở đi.", "valid_from")
            return set_rate(actor, now=timezone.now(), **said)

        return self.ask(
            request,
            title="Đặt mức thu số hóa theo yêu cầu",
            form=RateForm(request.POST if request.method == "POST" else None),
            back=self.address("changelist"),
            do=do,
            done="Đã ghi mức thu.",
            about=["Chỉ thu khi số hóa theo yêu cầu riêng của người nộp; giấy tờ phải số hóa thì không thu."],
            button="Ghi",
        )


@transaction.atomic
def set_rate(actor: Any, *, amount: int, basis: str, valid_from: date, now: Any) -> DigitisingRate:
    """Note a rate of the officer's unit and those below it; one a day."""
    require(actor, RATE, actor.unit)
    try:
        with transaction.atomic():
            made = DigitisingRate.objects.create(
                unit_code=actor.unit, amount=amount, basis=basis.strip(), valid_from=valid_from, label=actor.label[:200], noted_at=now
            )
    except IntegrityError:
        raise FilingRefused("Đã có mức thu áp dụng từ ngày này.", "valid_from", status=409) from None
    details = {"amount": str(amount), "from": valid_from.isoformat()}
    audit.record(actor=actor, act=RATE, target="dossiers.digitisingrate", target_id=str(made.pk), unit=actor.unit, details=details)
    return made
