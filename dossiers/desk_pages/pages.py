"""Pages of the desk about several dossiers: queues with their filters, acts on many, one signature for many, prints, exports."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode

from dossiers import worklists
from dossiers.desk_pages import bulk, forms, looking, morning, printing, signing
from dossiers.models import TABLE, BulkAct, BulkRow, Dossier
from dossiers.outcomes import outcome_for
from dossiers.process import assigning
from dossiers.process.forms import AssignForm
from dossiers.services.desk import may_sign, signers_of
from dossiers.views.common import as_int, as_uuid
from portal.access import Actor, actor_of, may, require, visible_to
from portal.access.cursor import AFTER, BEFORE, CursorChangeList
from portal.access.desk import moment
from portal.access.roles import LEADERS
from portal.catalogues import tables
from portal.catalogues.admin import MEDIA_TYPES
from portal.documents import batches
from portal.documents.models import SigningBatch
from portal.documents.units import unit_name
from portal.states import TransitionRefused

FILTERS = (morning.WORK, "tinh-trang", "q", "o")
"""What of the list's address a kept filter keeps."""
SIGN, PRINT = "sign", "print"
KINDS = {
    BulkAct.Kind.RECEIVE.value: "Tiếp nhận",
    BulkAct.Kind.ASSIGN.value: "Giao, chuyển người giải quyết",
    BulkAct.Kind.DECIDE.value: "Quyết định và trình ký",
    SIGN: "Ký",
    PRINT: "In phiếu",
}
"""What can be done with many: the last part of the address, and how it is called."""
RIGHTS = {**{kind.value: act for kind, act in bulk.ACTS.items()}, SIGN: "dossiers.sign", PRINT: "dossiers.read"}
MOST = {SIGN: batches.MOST, PRINT: printing.MOST_PRINTED}
KEYS = (
    ("?", "Mở, đóng bảng phím tắt này"),
    ("/", "Đến ô tìm kiếm"),
    ("j, k", "Dòng sau, dòng trước trong danh sách"),
    ("x", "Chọn, bỏ chọn dòng đang đứng"),
    ("a", "Chọn, bỏ chọn cả trang"),
    ("Enter", "Mở hồ sơ ở dòng đang đứng"),
    ("n, p", "Trang sau, trang trước"),
    ("o", "Đến ô đầu tiên của biểu mẫu"),
    ("g rồi s", "Trang đầu (sáng nay)"),
    ("g rồi t", "Hồ sơ của tôi"),
    ("g rồi q", "Quá hạn"),
    ("g rồi h", "Đến hạn hôm nay"),
    ("g rồi m", "Mới, chờ tiếp nhận"),
    ("g rồi c", "Chưa giao cho ai"),
    ("g rồi k", "Chờ tôi ký"),
    ("b rồi t", "Tiếp nhận những hồ sơ đã chọn"),
    ("b rồi g", "Giao những hồ sơ đã chọn"),
    ("b rồi d", "Quyết định những hồ sơ đã chọn"),
    ("b rồi k", "Ký những hồ sơ đã chọn"),
    ("b rồi i", "In phiếu của những hồ sơ đã chọn"),
    ("b rồi s", "Sổ trong ngày"),
)
"""The keys of `static/js/desk.js`, as the page of keys lists them."""


class QueueList(CursorChangeList):
    """A page of dossiers with the queues above it: which stands open, how many wait in each."""

    queues: list[dict[str, Any]]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.title = "Hồ sơ"
        actor = actor_of(request)
        fresh = looking.new_since(actor, [row.pk for row in self.result_list])
        for row in self.result_list:
            row.is_news = row.pk in fresh
        counts = morning.counts_of(request)
        chosen = request.GET.get(morning.WORK) or ("" if request.GET.get("q") or request.GET.get("tinh-trang") else worklists.ALL_OPEN)
        self.counted_in_part = "" if counts.is_whole else f"{worklists.COUNTED:,}".replace(",", ".")
        self.queues = [
            {
                "label": one.label,
                "count": counts.words(one.name),
                "kind": one.kind if counts.of[one.name] else "",
                "is_chosen": one.name == chosen,
                "url": self.get_query_string({morning.WORK: one.name}, remove=["q", "p", "tinh-trang", AFTER, BEFORE]),
            }
            for one in counts.lists
            if one.name != "cho-toi-ky" or actor.roles & LEADERS
        ]
        self.filter_specs = [spec for spec in self.filter_specs if getattr(spec, "parameter_name", "") != morning.WORK]


def shown_filters(request: HttpRequest) -> str:
    """What of the list's address makes up the filter that is shown."""
    return urlencode([(name, value) for name in FILTERS if (value := request.GET.get(name, "")) and "\0" not in value])


class DeskPages:
    """Of the desk of dossiers: what is about many of them. Mixed into its admin, which shows one."""

    change_list_template: ClassVar[Any] = "admin/dossiers/desk/queue.html"
    actions = ("receive_chosen", "assign_chosen", "decide_chosen", "sign_chosen", "print_chosen")
    actions_on_top, actions_on_bottom = True, False
    menu_place = 0
    admin_site: Any
    opts: Any
    message_user: Any
    get_changelist_instance: Any

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        """The list with its queues."""
        return QueueList

    def desk_urls(self) -> list[Any]:
        """Addresses of what is about several."""
        view, name = self.admin_site.admin_view, "dossiers_dossier"
        return [
            path("bo-loc/", view(self.keep_view), name=f"{name}_keep_view"),
            path("bo-loc/<int:view_id>/xoa/", view(self.drop_view), name=f"{name}_drop_view"),
            path("ky/<uuid:batch_id>/", view(self.signing_page), name=f"{name}_signing"),
            path("ky/<uuid:batch_id>/xac-nhan/", view(self.authorise_many), name=f"{name}_authorise_many"),
            path("nhieu/<slug:kind>/", view(self.many), name=f"{name}_many"),
            path("nhieu/viec/<uuid:bulk_id>/", view(self.progress), name=f"{name}_progress"),
            path("phim-tat/", view(self.keys), name=f"{name}_keys"),
            path("so-ngay/", view(self.day), name=f"{name}_day"),
            path("xuat/<str:kind>/", view(self.export), name=f"{name}_export"),
        ]

    def _desk(self, request: HttpRequest, **more: Any) -> dict[str, Any]:
        addresses = {"list": reverse("admin:dossiers_dossier_changelist"), "back": reverse("admin:dossiers_dossier_changelist")}
        return {**self.admin_site.each_context(request), "opts": self.opts, "addresses": addresses, **more}

    def _worker(self, request: HttpRequest, act: str = "dossiers.read") -> Actor:
        actor = actor_of(request)
        require(actor, act, actor.unit)
        return actor

    # The list ------------------------------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list; above it the queues, the officer's filters, and what can be done with all of it."""
        query, actor = shown_filters(request), actor_of(request)
        ways = [
            (label, f"{reverse('admin:dossiers_dossier_many', args=[kind])}?{query}", kind)
            for kind, label in KINDS.items()
            if may(actor, RIGHTS[kind], actor.unit)
        ]
        context = {
            "views": looking.views_of(actor),
            "keep_url": f"{reverse('admin:dossiers_dossier_keep_view')}?{query}",
            "ways": ways,
            "exports": [
                (kind.upper(), f"{reverse('admin:dossiers_dossier_export', args=[kind])}?{query}") for kind in (tables.CSV, tables.XLSX)
            ],
            "keys": KEYS,
        }
        return super().changelist_view(request, {**(extra_context or {}), **context})  # type: ignore[misc]  # the admin it is mixed into

    def _listed(self, request: HttpRequest) -> QuerySet[Any]:
        """All rows of the list that an address names, in its order."""
        try:
            rows: QuerySet[Any] = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters as error:
            raise Http404 from error
        return rows

    def keep_view(self, request: HttpRequest) -> HttpResponse:
        """Keep the present filter under a name; those that are kept can be forgotten here."""
        actor, query = self._worker(request), shown_filters(request)
        form = forms.ViewForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                looking.save_view(actor=actor, name=form.cleaned_data["name"], query=query)
            except looking.ViewRefused as refused:
                form.add_error(refused.field, refused.message)
            else:
                self.message_user(request, "Đã lưu bộ lọc.")
                return redirect(f"{reverse('admin:dossiers_dossier_changelist')}?{query}")
        context = self._desk(
            request, title="Lưu bộ lọc", form=form, views=looking.views_of(actor), button="Lưu bộ lọc", about=[], problem=""
        )
        return TemplateResponse(request, "admin/dossiers/desk/views.html", context, status=422 if form.is_bound else 200)

    def drop_view(self, request: HttpRequest, view_id: int) -> HttpResponse:
        """Forget a kept filter."""
        if request.method == "POST":
            looking.drop_view(actor=self._worker(request), view_id=view_id)
            self.message_user(request, "Đã xóa bộ lọc.")
        return redirect("admin:dossiers_dossier_keep_view")

    def keys(self, request: HttpRequest) -> HttpResponse:
        """All keys, for who wants to read them in peace, and whether they are on."""
        self._worker(request)
        return TemplateResponse(request, "admin/dossiers/desk/keys.html", self._desk(request, title="Phím tắt", keys=KEYS))

    # Many at once --------------------------------------------------------------------------------------------------------------

    def has_receive_permission(self, request: HttpRequest) -> bool:
        return self._has(request, BulkAct.Kind.RECEIVE)

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return self._has(request, BulkAct.Kind.ASSIGN)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return self._has(request, BulkAct.Kind.DECIDE)

    def has_sign_permission(self, request: HttpRequest) -> bool:
        return self._has(request, SIGN)

    def _has(self, request: HttpRequest, kind: str) -> bool:
        actor = actor_of(request)
        return may(actor, RIGHTS[kind], actor.unit)

    @admin.action(description="Tiếp nhận", permissions=["receive"])
    def receive_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
        """Receive those that are chosen."""
        return self._ask_many(request, BulkAct.Kind.RECEIVE, self._first(queryset))

    @admin.action(description="Giao, chuyển người giải quyết", permissions=["assign"])
    def assign_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
        """Give those that are chosen to a colleague, or each to the least loaded."""
        return self._ask_many(request, BulkAct.Kind.ASSIGN, self._first(queryset))

    @admin.action(description="Quyết định và trình ký", permissions=["decide"])
    def decide_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
        """Decide those that are chosen."""
        return self._ask_many(request, BulkAct.Kind.DECIDE, self._first(queryset))

    @admin.action(description="Ký bằng một lần xác nhận", permissions=["sign"])
    def sign_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
        """Sign those that are chosen."""
        return self._ask_many(request, SIGN, self._first(queryset))

    @admin.action(description="In phiếu (khổ A5, hoặc tệp ZIP các PDF)", permissions=["view"])
    def print_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
        """Take the slips of those that are chosen."""
        return self._ask_many(request, PRINT, self._first(queryset))

    def _first(self, rows: QuerySet[Any]) -> list[Dossier]:
        return list(rows.order_by(*worklists.ORDER)[: bulk.MOST])

    def many(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """An act on many: GET takes the list that the address names, POST those that the page before named."""
        if kind not in KINDS:
            raise Http404
        actor = self._worker(request, RIGHTS[kind])
        if request.method != "POST":
            return self._ask_many(request, kind, self._first(self._listed(request)))
        seen = []
        for text in request.POST.getlist("dossier")[: bulk.MOST]:
            number, _, version = text.partition(":")
            pk = as_uuid(number)
            if pk is None:
                raise Http404
            seen.append((pk, as_int(version)))
        versions = dict(seen)
        visible = visible_to(actor, worklists.with_deadline(Dossier.objects.defer("answers", "bill")), "dossiers.read", "unit_code")
        found = {row.pk: row for row in visible.filter(pk__in=versions)}
        return self._ask_many(request, kind, [found[pk] for pk in versions if pk in found], versions=versions)

    def _ask_many(self, request: HttpRequest, kind: str, rows: list[Dossier], versions: dict[UUID, int] | None = None) -> HttpResponseBase:
        """What is chosen, what cannot be done and why, and what the act asks; with ``versions`` it is sent."""
        actor = self._worker(request, RIGHTS[kind])
        if not rows:
            self.message_user(request, "Bạn hãy chọn hồ sơ trong danh sách.", level="WARNING")
            return redirect("admin:dossiers_dossier_changelist")
        most = MOST.get(kind, bulk.MOST)
        why = {row.pk: why_not(row, kind, actor) for row in rows}
        chosen = [{"row": row, "why": why[row.pk], "seen": (versions or {}).get(row.pk, row.version)} for row in rows]
        can = [row for row in rows if not why[row.pk]]
        problem = "" if can else "Không hồ sơ nào trong số này làm được việc này; lý do ghi ở từng dòng."
        if len(can) > most:
            problem = f"Mỗi lần tối đa {most} hồ sơ. Bạn hãy bỏ bớt."
        if kind == BulkAct.Kind.ASSIGN and len({row.unit_code for row in can}) > 1:
            problem = "Các hồ sơ này thuộc nhiều cơ quan. Mỗi lần giao hồ sơ của một cơ quan."
        form, procedures = self._form_for(request, kind, can, actor, is_sent=versions is not None)
        if kind == BulkAct.Kind.DECIDE and can and form is None and not problem:
            problem = "Các hồ sơ này thuộc nhiều thủ tục hoặc thủ tục chưa có mẫu kết quả. Mỗi lần quyết định hồ sơ của một thủ tục."
        if versions is not None and not problem and (form is None or form.is_valid()):
            # What has changed since the page was shown goes along, and its row says why it was not done.
            return self._send(request, kind, can if kind in MOST else rows, versions, form, actor)
        context = self._desk(
            request,
            title=f"{KINDS[kind]}: {len(rows)} hồ sơ",
            kind=kind,
            button=f"{KINDS[kind]} {len(can)} hồ sơ" if len(can) == len(rows) else f"{KINDS[kind]} những hồ sơ được chọn",
            chosen=chosen,
            can=len(can),
            problem=problem,
            procedures=procedures,
            form=form,
            most=most,
            is_cut=len(rows) >= bulk.MOST,
            action=reverse("admin:dossiers_dossier_many", args=[kind]),
        )
        return TemplateResponse(request, "admin/dossiers/desk/many.html", context, status=422 if versions is not None else 200)

    def _form_for(
        self, request: HttpRequest, kind: str, rows: list[Dossier], actor: Actor, *, is_sent: bool
    ) -> tuple[Any, list[tuple[str, int]]]:
        """The form of an act, and of a decision over several procedures how many of each are chosen."""
        data = request.POST if is_sent else None
        if kind == BulkAct.Kind.ASSIGN and rows:
            units, roles = {row.unit_code for row in rows}, {role for row in rows for role in assigning.roles_of(row, None)}
            ready = assigning.candidates(rows[0].unit_code, sorted(roles), timezone.now()) if len(units) == 1 else []
            return AssignForm(data, ready=ready), []
        if kind == PRINT and rows:
            return forms.PrintForm(data), []
        if kind != BulkAct.Kind.DECIDE or not rows:
            return None, []
        procedures = Counter((row.procedure_code, row.procedure_name) for row in rows)
        outcome = outcome_for(rows[0])
        if len(procedures) != 1 or outcome is None:
            return None, [(name, count) for (_code, name), count in procedures.most_common()]
        first = Dossier.objects.select_related("form_version").get(pk=rows[0].pk)
        return forms.common_decision(outcome, first, data, signers_of(first, actor)), []

    def _send(
        self, request: HttpRequest, kind: str, rows: list[Dossier], versions: dict[UUID, int], form: Any, actor: Actor
    ) -> HttpResponseBase:
        now, seen = timezone.now(), [(row.pk, versions[row.pk]) for row in rows]
        if kind == PRINT:
            on_a5 = form.cleaned_data["paper"] == forms.PrintForm.A5
            content, count = printing.slips(actor=actor, dossier_ids=[row.pk for row in rows], on_a5=on_a5)
            if not count:
                self.message_user(request, "Những hồ sơ này chưa có phiếu nào đã đóng dấu.", level="WARNING")
                return redirect("admin:dossiers_dossier_changelist")
            kind_of, end, how = ("application/pdf", "pdf", "inline") if on_a5 else ("application/zip", "zip", "attachment")
            answer = HttpResponse(content, content_type=kind_of)
            answer["Content-Disposition"] = f'{how}; filename="phieu-{timezone.localtime(now):%Y%m%d-%H%M}.{end}"'
            answer["Cache-Control"] = "private, no-store"
            return answer
        if kind == SIGN:
            try:
                batch = signing.begin(actor=actor, dossier_ids=[row.pk for row in rows])
            except TransitionRefused as refused:
                self.message_user(request, refused.reason, level="WARNING")
                return redirect("admin:dossiers_dossier_changelist")
            return redirect("admin:dossiers_dossier_signing", batch.pk)
        more: dict[str, Any] = {}
        if kind == BulkAct.Kind.ASSIGN:
            more = {"to_position_id": form.given["position_id"], "note": form.given["reason"]}
        elif kind == BulkAct.Kind.DECIDE:
            more = {"to_position_id": form.cleaned_data[forms.SIGNER], "given": forms.written_for_all(form)}
        act = bulk.send(actor=actor, kind=kind, seen=seen, now=now, **more)
        return redirect("admin:dossiers_dossier_progress", act.pk)

    def progress(self, request: HttpRequest, bulk_id: UUID) -> HttpResponse:
        """How far an act on many is, and what became of each dossier. Of the officer who sent it alone."""
        actor = self._worker(request)
        act = BulkAct.objects.filter(pk=bulk_id).first()
        if act is None or act.position_id != actor.position_id:
            raise Http404
        rows = list(
            act.rows.select_related("dossier").only("place", "state", "words", "at", "bulk_id", "dossier__code", "dossier__owner_name")
        )
        states = Counter(row.state for row in rows)
        waiting = states[BulkRow.State.WAITING]
        done = states[BulkRow.State.DONE]
        said = f"xong {done} trong {len(rows)} hồ sơ"
        if waiting:
            said = f"đang làm, đã qua {len(rows) - waiting} trong {len(rows)} hồ sơ"
        context = self._desk(
            request, title=f"{act.get_kind_display()}: {said}", act=act, rows=rows, waits=bool(waiting), done=done,
            refused=states[BulkRow.State.REFUSED], waiting=waiting, is_decision=act.kind == BulkAct.Kind.DECIDE,
        )  # fmt: skip
        return TemplateResponse(request, "admin/dossiers/desk/progress.html", context)

    # One signature for many ----------------------------------------------------------------------------------------------------

    def _batch(self, request: HttpRequest, batch_id: UUID) -> SigningBatch:
        try:
            return batches.of(self._worker(request), batch_id)
        except SigningBatch.DoesNotExist as error:
            raise Http404 from error

    def signing_page(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        """The documents of one authorisation, each with its hash, before and after it."""
        batch = self._batch(request, batch_id)
        rows = signing.rows_of(batch)
        preparing = sum(one.state == signing.PREPARING for one in rows)
        ready = sum(one.state == signing.READY for one in rows)
        under_way = sum(one.state == signing.SIGNING for one in rows)
        signed = sum(one.state == signing.SIGNED for one in rows)
        now = timezone.now()
        asks, address = batches.is_asking(batch, now), batches.address(batch, now)
        said = f"chuẩn bị {len(rows) - preparing} trong {len(rows)} văn bản" if preparing else f"{ready} văn bản chờ xác nhận"
        if asks:
            said = "dịch vụ ký số chưa trả lời" if batch.note else f"đang gửi {ready} mã băm đến dịch vụ ký số"
        elif address:
            said = f"mời bạn xác nhận {ready} văn bản tại dịch vụ ký số"
        if batch.authorised_at is not None:
            said = f"đã ký {signed} trong {len(rows)} văn bản" if under_way or signed else "chưa văn bản nào được ký"
        context = self._desk(
            request, title=f"Ký một lần: {said}", batch=batch, rows=rows, waits=bool(preparing or under_way or asks), asks=asks,
            address=address, ready=ready,
            may_authorise=bool(ready) and not preparing and not asks and not address and batch.authorised_at is None,
        )  # fmt: skip
        return TemplateResponse(request, "admin/dossiers/desk/signing.html", context)

    def authorise_many(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        """Have the signing service told all hashes; the page then leads there."""
        batch = self._batch(request, batch_id)
        if request.method == "POST":
            try:
                signing.ask(actor=actor_of(request), batch=batch, now=timezone.now())
            except TransitionRefused as refused:
                self.message_user(request, refused.reason, level="WARNING")
        return redirect("admin:dossiers_dossier_signing", batch_id)

    # On paper, as a table ------------------------------------------------------------------------------------------------------

    def day(self, request: HttpRequest) -> HttpResponse:
        """What the officer's unit received on a day, to be printed and put away."""
        actor, today = self._worker(request), timezone.localdate()
        try:
            day = parse_date(request.GET.get("ngay", "")) or today
        except ValueError:
            day = today
        rows = printing.register_of(actor, actor.unit, day)
        printing.note_register(actor, actor.unit, day, len(rows))
        context = self._desk(
            request, title=f"Sổ tiếp nhận ngày {day:%d/%m/%Y}", day=day, rows=rows[: printing.MOST_LISTED],
            is_cut=len(rows) > printing.MOST_LISTED, unit=unit_name(actor.unit), before=day - dt.timedelta(days=1),
            after=day + dt.timedelta(days=1) if day < today else None, printed=moment(timezone.now()),
        )  # fmt: skip
        return TemplateResponse(request, "admin/dossiers/desk/day.html", context)

    def export(self, request: HttpRequest, kind: str) -> HttpResponse:
        """The list as a table."""
        if kind not in MEDIA_TYPES:
            raise Http404
        actor = self._worker(request)
        rows = self._listed(request).order_by(*worklists.ORDER)
        content = printing.export(actor=actor, rows=rows, kind=kind, query=shown_filters(request), now=timezone.now())
        answer = HttpResponse(content, content_type=MEDIA_TYPES[kind])
        answer["Content-Disposition"] = f'attachment; filename="ho-so-{timezone.localdate():%Y%m%d}.{kind}"'
        answer["Cache-Control"] = "private, no-store"
        return answer


def why_not(dossier: Dossier, kind: str, actor: Actor) -> str:
    """Why an act cannot be done with a dossier, as far as its own row tells; whose it is, is asked when it is done. No query."""
    if kind == SIGN:
        return "" if may_sign(dossier, actor) else "Không chờ chữ ký của bạn."
    if kind == BulkAct.Kind.ASSIGN:
        return assigning.why_not_assigned(dossier, None)
    return "" if kind == PRINT else TABLE.refusal(dossier, kind)
