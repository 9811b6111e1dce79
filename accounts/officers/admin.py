"""High-level accounts and contracts of counters on the desk (Rules art. 3.1, 48; A-12, A-20)."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html

from accounts.models import CounterContract, HighLevelAccount, Position
from accounts.officers import contracts, high_level
from accounts.officers.forms import ContractForm, GrantForm, SendForm
from accounts.services.positions import NAMES, BadRole
from portal.access import AccessDenied, Actor, actor_of, may, require, unit_scope
from portal.access.desk import DeskModelAdmin, Facts, Page, ReasonForm, Rows, Way, moment, until
from portal.catalogues.queries import agency_label

READ_CONTRACTS = "accounts.read_contracts"


class Holding(admin.SimpleListFilter):
    """By what holds now."""

    title = "hiệu lực"
    parameter_name = "hieu-luc"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("dang", "Đang có hiệu lực"), ("het", "Đã hết hoặc đã thu hồi")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        over = Q(ended_at__isnull=False) | Q(valid_to__lte=timezone.now())
        match self.value():
            case "dang":
                return queryset.exclude(over)
            case "het":
                return queryset.filter(over)
        return queryset


def _state(row: HighLevelAccount | CounterContract) -> str:
    now = timezone.now()
    if row.ended_at is not None:
        return f"Đã thu hồi {moment(row.ended_at)}"
    if row.valid_to is not None and row.valid_to <= now:
        return f"Đã hết ({until(row.valid_to)})"
    if isinstance(row, HighLevelAccount) and row.opened_at is None:
        failed = high_level.failed_opening(row)
        if failed is None:
            return "Chờ chứng thư số đăng nhập lần đầu"
        return f"Chờ chứng thư số đăng nhập lần đầu. Lần thử lúc {moment(failed.created_at)} không được: {failed.refusal}"
    return "Đang có hiệu lực" if row.valid_from <= now else f"Từ {moment(row.valid_from)}"


@admin.register(HighLevelAccount)
class HighLevelAccountAdmin(DeskModelAdmin):
    """Accounts that the Government Office granted."""

    view_act = "accounts.see_accounts"
    refusals = (BadRole,)
    list_display = ("unit_shown", "holder", "kind", "state", "granted_at")
    list_display_links = ("unit_shown",)
    list_filter: ClassVar[Any] = (Holding, "kind")
    list_select_related = ("position__person",)
    ordering = ("-granted_at", "id")
    by_cursor = False
    search_fields = ("=unit_code", "contract_number")
    search_help_text = "Mã cơ quan, tổ chức viết đủ, hoặc số hợp đồng"

    @admin.display(description="Cơ quan, tổ chức", ordering="unit_code")
    def unit_shown(self, row: HighLevelAccount) -> str:
        return str(row)

    @admin.display(description="Người giữ")
    def holder(self, row: HighLevelAccount) -> str:
        return row.position.person.full_name

    @admin.display(description="Tình trạng")
    def state(self, row: HighLevelAccount) -> str:
        return _state(row)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(actor_of(request), high_level.GRANT)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "accounts_highlevelaccount"
        return [
            path("add/", view(self.grant), name=f"{name}_add"),
            path("<uuid:object_id>/end/", view(self.end), name=f"{name}_end"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """An account: whose, by which certificate, what it hands out."""
        actor = actor_of(request)
        ways = []
        if row.ended_at is None and may(actor, high_level.GRANT) and row.position.person_id != actor.person_id:
            ways.append(Way("Thu hồi", self.address("end", row.pk), "danger"))
        facts = Facts(
            "Tài khoản cấp cao",
            [
                ("Cơ quan, tổ chức", str(row)),
                ("Cấp cho", row.get_kind_display()),
                ("Người giữ", f"{row.position.person.full_name}, {row.position.title}"),
                ("Tình trạng", _state(row)),
                ("Số hợp đồng, văn bản", row.contract_number or "–"),
                ("Từ", moment(row.valid_from)),
                ("Đến", until(row.valid_to)),
                ("Mở bằng chứng thư số lúc", moment(row.opened_at)),
                ("Số hiệu chứng thư số", row.certificate_serial or "–"),
                ("Người cấp", row.granted_by.person.full_name if row.granted_by else "–"),
                ("Người thu hồi", row.ended_by.person.full_name if row.ended_by else "–"),
                ("Lý do thu hồi", row.end_reason or "–"),
            ],
        )
        return Page(str(row), [facts, Rows("Được cấp cho người khác", ["Vai trò"], [[NAMES[role]] for role in row.grants])], ways)

    def grant(self, request: HttpRequest) -> HttpResponse:
        """Grant an account."""
        actor, now = actor_of(request), timezone.now()
        require(actor, high_level.GRANT)
        return self.ask(
            request,
            title="Cấp tài khoản cấp cao",
            form=GrantForm(request.POST if request.method == "POST" else None, now=now),
            back=self.address("changelist"),
            do=lambda said: high_level.grant_account(actor=actor, wanted=high_level.Wanted(**said), now=now),
            done=lambda account: f"Đã cấp cho {account}. Tài khoản mở khi chứng thư số của người giữ đăng nhập lần đầu.",
            button="Cấp",
        )

    def end(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """End an account, at once."""
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, high_level.GRANT)
        if row.position.person_id == actor.person_id:
            raise AccessDenied(high_level.GRANT)
        return self.ask(
            request,
            title=f"Thu hồi tài khoản cấp cao của {row}?",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: high_level.end_account(actor=actor, account_id=row.pk, now=timezone.now(), **said),
            done="Đã thu hồi. Người giữ không còn cấp được vai trò từ trang kế tiếp.",
            about=[
                "Vai trò đã cấp cho cán bộ vẫn giữ nguyên: đó là việc của cơ quan."
                if row.kind == HighLevelAccount.Kind.AGENCY
                else "Hợp đồng hết thì người của tổ chức cũng thôi giữ vai trò, kể cả khi họ đang đăng nhập."
            ],
            button="Thu hồi",
        )


def _own_contract(actor: Actor) -> list[Facts]:
    """By which contract a bank or the post works here: number, days, what may be handed out, to whom; none for agencies."""
    if not actor.unit or not may(actor, contracts.STAFF, actor.unit):
        return []
    rows = (
        HighLevelAccount.objects.filter(unit_code=actor.unit).exclude(kind=HighLevelAccount.Kind.AGENCY).select_related("position__person")
    )
    return [
        Facts(
            f"Hợp đồng của {row}",
            [
                ("Số hợp đồng", row.contract_number),
                ("Từ", moment(row.valid_from)),
                ("Đến", until(row.valid_to)),
                ("Tình trạng", _state(row)),
                ("Người giữ tài khoản cấp cao", row.position.person.full_name),
                ("Được cấp cho người khác", ", ".join(NAMES[role] for role in row.grants)),
            ],
        )
        for row in rows.order_by("-granted_at", "id")[:10]
    ]


@admin.register(CounterContract)
class CounterContractAdmin(DeskModelAdmin):
    """Contracts by which the public post works counters: the agency's administrator keeps them, the company's names its people."""

    view_act = READ_CONTRACTS
    unit_field = "unit_code"
    change_list_template = "admin/accounts/contracts.html"
    refusals = (BadRole,)
    list_display = ("number", "unit_shown", "company_code", "valid_from", "until_shown", "state")
    list_display_links = ("number",)
    list_filter: ClassVar[Any] = (Holding,)
    ordering = ("-made_at", "id")
    by_cursor = False
    search_fields = ("=number", "=unit_code", "=company_code")
    search_help_text = "Số hợp đồng, mã cơ quan hoặc mã doanh nghiệp viết đủ"

    @admin.display(description="Đến", ordering="valid_to")
    def until_shown(self, contract: CounterContract) -> str:
        """The last day, as it was typed."""
        return until(contract.valid_to)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The door: the agency's own contracts, and a company's own."""
        actor = actor_of(request)
        rows = CounterContract.objects.all()
        return rows.filter(unit_scope(actor, READ_CONTRACTS, "unit_code") | unit_scope(actor, contracts.STAFF, "company_code")).order_by(
            *self.ordering
        )

    @admin.display(description="Cơ quan", ordering="unit_code")
    def unit_shown(self, row: CounterContract) -> str:
        return row.unit_code

    @admin.display(description="Tình trạng")
    def state(self, row: CounterContract) -> str:
        return _state(row)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list; for a company's administrators their own contract with the Government Office above it (one query)."""
        return super().changelist_view(request, {**(extra_context or {}), "own": _own_contract(actor_of(request))})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        actor = actor_of(request)
        unit, company = (obj.unit_code, obj.company_code) if obj is not None else (actor.unit, actor.unit)
        return may(actor, READ_CONTRACTS, unit) or may(actor, contracts.STAFF, company)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, contracts.KEEP, actor.unit)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "accounts_countercontract"
        return [
            path("add/", view(self.make), name=f"{name}_add"),
            path("<uuid:object_id>/end/", view(self.end), name=f"{name}_end"),
            path("<uuid:object_id>/send/", view(self.send), name=f"{name}_send"),
            path("<uuid:object_id>/take/<uuid:position_id>/", view(self.take), name=f"{name}_take"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """A contract and who works, or worked, the counter by it."""
        actor, now, ways = actor_of(request), timezone.now(), []
        keeps, staffs = may(actor, contracts.KEEP, row.unit_code), may(actor, contracts.STAFF, row.company_code)
        if staffs and row.is_held(now=now):
            ways.append(Way("Cử người đến quầy", self.address("send", row.pk)))
        if keeps and row.ended_at is None and row.valid_to > now:
            ways.append(Way("Chấm dứt hợp đồng", self.address("end", row.pk), "danger"))
        facts = Facts(
            "Hợp đồng",
            [
                ("Số hợp đồng", row.number),
                ("Cơ quan", agency_label(row.unit_code)),
                ("Doanh nghiệp", row.company_code),
                ("Từ", moment(row.valid_from)),
                ("Đến", until(row.valid_to)),
                ("Tình trạng", _state(row)),
            ],
        )
        people = [
            [
                one.person.full_name,
                one.title,
                moment(one.valid_from),
                until(one.valid_to),
                format_html('<a href="{}">Cho thôi</a>', self.address("take", row.pk, one.pk))
                if (keeps or staffs) and one.is_held(now=now)
                else "",
            ]
            for one in row.positions.select_related("person").order_by("-valid_from", "id")[:200]
        ]
        return Page(row.number, [facts, Rows("Người ở quầy", ["Họ tên", "Chức danh", "Từ", "Đến", ""], people)], ways)

    def make(self, request: HttpRequest) -> HttpResponse:
        """Note a contract."""
        actor, now = actor_of(request), timezone.now()
        require(actor, contracts.KEEP, actor.unit)
        form = ContractForm(
            request.POST if request.method == "POST" else None, now=now, own_unit=actor.unit, initial={"unit_code": actor.unit}
        )
        return self.ask(
            request,
            title="Ghi hợp đồng quầy tiếp nhận",
            form=form,
            back=self.address("changelist"),
            do=lambda said: contracts.make_contract(actor=actor, now=now, **said),
            done=lambda made: f"Đã ghi hợp đồng {made.number}. Doanh nghiệp cử người đến quầy từ {moment(made.valid_from)}.",
            button="Ghi",
        )

    def end(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """End a contract before its day."""
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, contracts.KEEP, row.unit_code)
        return self.ask(
            request,
            title=f"Chấm dứt hợp đồng {row.number}?",
            form=None,
            back=self.address("change", row.pk),
            do=lambda _: contracts.end_contract(actor=actor, contract_id=row.pk, now=timezone.now()),
            done="Đã chấm dứt. Không ai còn làm ở quầy theo hợp đồng này.",
            about=["Có hiệu lực ngay với mọi người ở quầy theo hợp đồng này, kể cả khi họ đang đăng nhập."],
            button="Chấm dứt",
        )

    def send(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The company sends somebody."""
        row, actor, now = self.found(request, object_id), actor_of(request), timezone.now()
        require(actor, contracts.STAFF, row.company_code)
        return self.ask(
            request,
            title=f"Cử người đến quầy của {agency_label(row.unit_code)}",
            form=SendForm(request.POST if request.method == "POST" else None, now=now),
            back=self.address("change", row.pk),
            do=lambda said: contracts.send_to_counter(actor=actor, contract_id=row.pk, now=now, **said),
            done=lambda made: f"{made.person.full_name} làm ở quầy đến {until(made.valid_to)}.",
            about=["Người được cử chỉ xem và tiếp nhận hồ sơ của cơ quan này, trong hạn của hợp đồng."],
            button="Cử",
        )

    def take(self, request: HttpRequest, object_id: UUID, position_id: UUID) -> HttpResponse:
        """Somebody works the counter no longer."""
        row = self.found(request, object_id)
        position = Position.objects.select_related("person").filter(pk=position_id, contract=row).first()
        if position is None:
            raise Http404
        return self.ask(
            request,
            title=f"Cho {position.person.full_name} thôi làm ở quầy?",
            form=None,
            back=self.address("change", row.pk),
            do=lambda _: contracts.take_from_counter(actor=actor_of(request), position_id=position.pk, now=timezone.now()),
            done="Đã cho thôi, có hiệu lực ngay.",
            about=["Có hiệu lực ngay, kể cả khi người này đang đăng nhập."],
            button="Cho thôi",
        )
