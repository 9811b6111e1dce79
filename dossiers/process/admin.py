"""Processes on the desk, who is away and who stands in, who has which places."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from accounts import queries as people
from dossiers.models import Absence, OfficerArea, ProcessTemplate, ProcessVersion
from dossiers.process import assigning, forms
from dossiers.process.documents import ACTS, ROLES, RULES, Step, read
from dossiers.process.editing import StepsForm
from dossiers.process.publishing import ARRANGE, ProcessRefused, end_process, publish_process
from dossiers.services.result_templates import fields_of_form
from portal.access import Actor, actor_of, may, require, unit_scope
from portal.access.desk import DeskModelAdmin, Facts, Page, Rows, Way, moment, seen_version, two_lines
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency
from portal.catalogues.queries import agency_name_of
from portal.documents.units import unit_name
from procedures import queries as procedures

READ = "dossiers.read_processes"


# Processes -----------------------------------------------------------------------------------------------------------------------


@admin.register(ProcessVersion)
class ProcessVersionAdmin(DeskModelAdmin):
    """Processes that hold for the officer's units: their own, those above, what ships. Earlier versions stay to be read."""

    view_act = READ
    refusals = (ProcessRefused, ValidationError)
    list_display = ("process_shown", "unit_shown", "published_shown")
    list_display_links = ("process_shown",)
    search_fields = ("=procedure_code", "=unit_code")
    search_help_text = "Mã thủ tục hoặc mã cơ quan viết đủ"
    ordering = ("procedure_code", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """One's own and those below; and, as one's dossiers begin by them, those above and everybody's."""
        actor = actor_of(request)
        rows = ProcessVersion.objects.annotate(unit_called=agency_name_of("unit_code"))
        if not may(actor, READ, actor.unit):
            return rows.none()
        parts = actor.unit.split(".")
        above = ["", *(".".join(parts[:length]) for length in range(1, len(parts)))]
        return rows.filter(unit_scope(actor, READ, "unit_code") | Q(unit_code__in=above)).order_by(*self.get_ordering(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        actor = actor_of(request)
        return may(actor, READ, actor.unit)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, ARRANGE, actor.unit)

    @admin.display(description="Thủ tục, quy trình", ordering="procedure_code")
    def process_shown(self, row: ProcessVersion) -> SafeString:
        return two_lines(f"{row.procedure_code}: {row.name}", f"Phiên bản {row.number}{', đã thôi dùng' if row.ended_at else ''}")

    @admin.display(description="Cơ quan", ordering="unit_code")
    def unit_shown(self, row: Any) -> Any:
        return two_lines(row.unit_called or row.unit_code, row.unit_code) if row.unit_code else "Cả nước"

    @admin.display(description="Công khai")
    def published_shown(self, row: ProcessVersion) -> SafeString:
        return two_lines(moment(row.published_at), row.published_label or "Theo bản phát hành")

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "dossiers_processversion"
        return [
            path("add/", view(self.begin), name=f"{name}_add"),
            path("<int:object_id>/edit/", view(self.edit), name=f"{name}_edit"),
            path("<int:object_id>/whole/", view(self.whole), name=f"{name}_whole"),
            path("<int:object_id>/end/", view(self.end), name=f"{name}_end"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: ProcessVersion) -> Page:
        """The process with its steps, step by step in words."""
        actor, process = actor_of(request), read(row.document)
        labels = {one.name: one.label for one in process.steps}
        asked = [ask.agency for one in process.steps for ask in one.opinions if ask.agency]
        names = catalogues.agency_names(asked) if asked else {}
        name = procedures.last_names([row.procedure_code]).get(row.procedure_code, "")
        facts = [
            ("Thủ tục", f"{name} ({row.procedure_code})"),
            ("Cơ quan", unit_name(row.unit_code) if row.unit_code else "Cả nước: cơ quan chưa có quy trình riêng"),
            ("Phiên bản", row.number),
            ("Căn cứ", process.basis or "–"),
            ("Công khai", f"{moment(row.published_at)}, {row.published_label or 'theo bản phát hành'}"),
            ("Thôi dùng", moment(row.ended_at)),
        ]
        rows = [(number, *_step_cells(one, labels, names)) for number, one in enumerate(process.steps, 1)]
        heads = ("TT", "Bước", "Vai trò, giao việc", "Thời gian", "Trả lại được", "Ý kiến cơ quan khác", "Điều kiện")
        ways = []
        if row.ended_at is None and may(actor, ARRANGE, actor.unit):
            own = bool(row.unit_code) and may(actor, ARRANGE, row.unit_code)
            ways.append(Way("Sửa thành phiên bản mới" if own else "Lập quy trình riêng của đơn vị", self.address("edit", row.pk)))
            ways.append(Way("Sửa trong tệp", self.address("whole", row.pk), "quiet"))
            if own:
                ways.append(Way("Thôi dùng", self.address("end", row.pk), "danger"))
        notes = ["Phiên bản này đã thôi dùng. Hồ sơ đã bắt đầu theo nó vẫn đi hết."] if row.ended_at else []
        return Page(row.name, [Facts("Quy trình", facts), Rows("Các bước", heads, rows)], ways, notes)

    def begin(self, request: HttpRequest) -> HttpResponse:
        """A process of one's own unit, from a template of the library: which one is asked first, then its steps are shown to be changed."""
        actor = actor_of(request)
        require(actor, ARRANGE, actor.unit)
        library = {one.slug: one for one in ProcessTemplate.objects.all()}
        data = request.POST if request.method == "POST" else None
        form = forms.BeginForm(data, templates=[(slug, one.name) for slug, one in library.items()])
        if data is not None and form.is_valid():
            code, slug = form.cleaned_data["procedure_code"].strip(), form.cleaned_data["template"]
            if code not in procedures.last_names([code]):
                form.add_error("procedure_code", "Không có thủ tục mang mã này.")
            elif "name" not in data and ProcessVersion.objects.filter(procedure_code=code, unit_code=actor.unit, ended_at__isnull=True):
                form.add_error("procedure_code", "Đơn vị đã có quy trình của thủ tục này. Bạn mở quy trình đó rồi sửa.")
            else:
                hidden = {"procedure_code": code, "template": slug}
                steps = StepsForm(
                    data if "name" in data else None, document=library[slug].document, questions=fields_of_form(code), hidden=hidden
                )
                return self._publish(request, code, actor.unit, steps, is_new="name" not in data)
        return self.ask(
            request,
            title="Lập quy trình điện tử",
            form=form,
            back=self.address("changelist"),
            do=lambda said: None,
            done="",
            button="Tiếp tục",
        )

    def edit(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A new version step by step, for the unit whose process it is; for one's own where it is of an agency above, or everybody's."""
        row, unit = self._to_change(request, object_id)
        data = request.POST if request.method == "POST" else None
        form = StepsForm(data, document=row.document, questions=fields_of_form(row.procedure_code), hidden={})
        return self._publish(request, row.procedure_code, unit, form)

    def whole(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A new version as a document, with what no form shows."""
        row, unit = self._to_change(request, object_id)
        text = json.dumps(row.document, ensure_ascii=False, indent=1)
        form = forms.ProcessForm(request.POST if request.method == "POST" else None, initial={"document": text})
        return self._publish(request, row.procedure_code, unit, form)

    def _to_change(self, request: HttpRequest, object_id: int) -> tuple[ProcessVersion, str]:
        """A version, and the unit for which the officer publishes the next one."""
        row, actor = self.found(request, object_id), actor_of(request)
        unit = row.unit_code if row.unit_code and may(actor, ARRANGE, row.unit_code) else actor.unit
        require(actor, ARRANGE, unit)
        return row, unit

    def _publish(self, request: HttpRequest, code: str, unit: str, form: Any, *, is_new: bool = False) -> HttpResponse:
        actor, typed = actor_of(request), seen_version(request)
        seen = _newest(code, unit) if is_new or typed is None else typed

        def publish(said: dict[str, Any]) -> ProcessVersion:
            document = said["document"]
            try:
                return publish_process(actor=actor, procedure_code=code, unit_code=unit, document=document, now=timezone.now(), seen=seen)
            except ValidationError as wrong:
                raise ProcessRefused(" ".join(wrong.messages), "document") from wrong

        name = procedures.last_names([code]).get(code, "")
        return self.ask(
            request,
            title=f"Quy trình của thủ tục {code}",
            form=form,
            back=self.address("changelist"),
            do=publish,
            done=lambda version: f"Đã công khai phiên bản {version.number}. Hồ sơ tiếp nhận từ bây giờ đi theo phiên bản này.",
            seen=seen,
            button="Công khai",
            about=[
                f"{name}. Áp dụng tại {unit_name(unit)} và các đơn vị trực thuộc.",
                "Hồ sơ đã bắt đầu theo phiên bản cũ vẫn đi theo phiên bản cũ.",
            ],
        )

    def end(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Nothing begins by it any more."""
        row = self.found(request, object_id)
        require(actor_of(request), ARRANGE, row.unit_code or actor_of(request).unit)
        return self.ask(
            request,
            title="Thôi dùng quy trình",
            form=None,
            back=self.address("change", row.pk),
            do=lambda said: end_process(actor=actor_of(request), version_id=row.pk, now=timezone.now()),
            done="Đã thôi dùng. Hồ sơ mới đi theo quy trình của cơ quan trên, hoặc không theo quy trình nào.",
            about=[f"{row.name}, phiên bản {row.number}."],
            button="Thôi dùng",
        )


def _newest(code: str, unit: str) -> int:
    """Number of the newest version of a procedure's process at a unit, also one that is used no more; 0 for none (one query)."""
    rows = ProcessVersion.objects.filter(procedure_code=code, unit_code=unit)
    return rows.order_by("-number").values_list("number", flat=True).first() or 0


_UNITS = {"hour": "giờ", "working_day": "ngày"}


def _step_cells(one: Step, labels: dict[str, str], names: dict[str, str]) -> tuple[Any, ...]:
    """A step as its line of the page reads."""
    asks = "; ".join(
        f"{ask.label} ({names.get(ask.agency, ask.agency) or 'cán bộ chọn'}, {ask.amount} {_UNITS[ask.unit]} làm việc)"
        for ask in one.opinions
    )
    return (
        two_lines(one.label, ACTS[one.act] if one.act else ""),
        two_lines(ROLES[one.role], RULES[one.rule]),
        f"{one.percent} % thời hạn",
        ", ".join(labels[name] for name in one.return_to) or "–",
        asks or "–",
        json.dumps(one.when, ensure_ascii=False) if one.when is not None else "Luôn có",
    )


# Who is away, who has which places -----------------------------------------------------------------------------------------------


@admin.register(Absence)
class AbsenceAdmin(DeskModelAdmin):
    """Who of the officer's units is away when, and who has their work."""

    view_act = "dossiers.read"
    unit_field = "unit_code"
    refusals = (assigning.AbsenceRefused,)
    list_display = ("who_shown", "substitute_label", "days_shown")
    list_display_links = ("who_shown",)
    ordering = ("-starts_on", "-id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, assigning.SUBSTITUTE, actor.unit)

    @admin.display(description="Người vắng mặt")
    def who_shown(self, row: Absence) -> SafeString:
        return two_lines(row.label, row.reason)

    @admin.display(description="Ngày", ordering="starts_on")
    def days_shown(self, row: Absence) -> SafeString:
        return two_lines(f"{row.starts_on:%d/%m/%Y} đến {row.ends_on:%d/%m/%Y}", "Đã chấm dứt" if row.ended_at else "")

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "dossiers_absence"
        return [
            path("add/", view(self.begin), name=f"{name}_add"),
            path("<int:object_id>/end/", view(self.end), name=f"{name}_end"),
            *super().get_urls(),
        ]

    def _may_end(self, actor: Actor, row: Absence) -> bool:
        return row.position_id == actor.position_id or may(actor, assigning.ARRANGE, row.unit_code)

    def page(self, request: HttpRequest, row: Absence) -> Page:
        """One absence."""
        facts = [
            ("Người vắng mặt", row.label),
            ("Người làm thay", row.substitute_label),
            ("Đơn vị", unit_name(row.unit_code)),
            ("Từ ngày", f"{row.starts_on:%d/%m/%Y}"),
            ("Đến hết ngày", f"{row.ends_on:%d/%m/%Y}"),
            ("Lý do", row.reason or "–"),
            ("Chấm dứt lúc", moment(row.ended_at)),
        ]
        going = row.ended_at is None and row.ends_on >= timezone.localdate()
        ways = [Way("Chấm dứt", self.address("end", row.pk), "danger")] if going and self._may_end(actor_of(request), row) else []
        return Page(row.label, [Facts("Vắng mặt", facts)], ways)

    def begin(self, request: HttpRequest) -> HttpResponse:
        """An officer says when they are away, and names who has their work."""
        actor = actor_of(request)
        require(actor, assigning.SUBSTITUTE, actor.unit)
        assert actor.position_id is not None  # officers act in one
        ready = [(one.position_id, one.label) for one in assigning.possible_substitutes(actor.unit, actor.position_id, actor.roles)]
        form = forms.AbsenceForm(request.POST if request.method == "POST" else None, ready=ready)
        return self.ask(
            request,
            title="Khai vắng mặt",
            form=form,
            back=self.address("changelist"),
            do=lambda said: assigning.name_substitute(
                actor=actor,
                substitute_id=UUID(said["substitute"]),
                starts_on=said["starts_on"],
                ends_on=said["ends_on"],
                reason=said["reason"],
                now=timezone.now(),
            ),
            done="Đã khai. Những ngày này hồ sơ mới giao cho người làm thay, hồ sơ bạn đang giữ người làm thay làm tiếp được.",
            about=["Không có đồng nghiệp nào giữ đủ các vai trò của bạn; nhờ quản trị đơn vị giao làm thay."] if not ready else [],
            button="Khai vắng mặt",
        )

    def end(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The officer is back, or does not go."""
        row = self.found(request, object_id)
        if not self._may_end(actor_of(request), row):
            require(actor_of(request), assigning.ARRANGE, row.unit_code)
        return self.ask(
            request,
            title="Chấm dứt vắng mặt",
            form=None,
            back=self.address("change", row.pk),
            do=lambda said: assigning.end_absence(actor=actor_of(request), absence_id=row.pk, now=timezone.now()),
            done="Đã chấm dứt. Hồ sơ mới lại giao cho người này.",
            about=[f"{row.label}, {row.starts_on:%d/%m/%Y} đến {row.ends_on:%d/%m/%Y}; làm thay: {row.substitute_label}."],
        )


@admin.register(OfficerArea)
class OfficerAreaAdmin(DeskModelAdmin):
    """Which officer of the units has the dossiers of which place."""

    view_act = READ
    unit_field = "unit_code"
    refusals = (assigning.AbsenceRefused,)
    list_display = ("area_name", "label", "unit_code")
    ordering = ("unit_code", "area_name", "id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, ARRANGE, actor.unit)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "dossiers_officerarea"
        return [path("add/", view(self.begin), name=f"{name}_add"), *super().get_urls()]

    def page(self, request: HttpRequest, row: OfficerArea) -> Page:
        """One place of one officer, beside their others."""
        rows = OfficerArea.objects.filter(unit_code=row.unit_code, position_id=row.position_id).order_by("area_name", "id")
        actor = actor_of(request)
        change = f"{self.address('add')}?{urlencode({'can-bo': str(row.position_id)})}"
        ways = [Way("Đổi địa bàn", change)] if may(actor, ARRANGE, actor.unit) and row.unit_code == actor.unit else []
        return Page(row.label, [Rows("Địa bàn", ("Mã", "Tên"), [(one.area_code, one.area_name) for one in rows])], ways)

    def begin(self, request: HttpRequest) -> HttpResponse:
        """Say which places an officer of one's unit has."""
        actor = actor_of(request)
        require(actor, ARRANGE, actor.unit)
        ready = [(one.position_id, one.label) for one in people.holders(actor.unit, ROLES)]
        places = _places(actor.unit)
        chosen = request.GET.get("can-bo", "")
        had = OfficerArea.objects.filter(unit_code=actor.unit, position_id=chosen) if chosen in {str(key) for key, _ in ready} else []
        start = {"officer": chosen, "areas": [one.area_code for one in had]}
        form = forms.AreasForm(request.POST if request.method == "POST" else None, ready=ready, places=places, initial=start)
        names = dict(places)
        return self.ask(
            request,
            title="Giao địa bàn",
            form=form,
            back=self.address("changelist"),
            do=lambda said: assigning.keep_areas(
                actor=actor,
                unit_code=actor.unit,
                position_id=UUID(said["officer"]),
                areas={code: names[code] for code in said["areas"]},
            ),
            done=lambda count: f"Đã giao {count} địa bàn." if count else "Cán bộ này thôi phụ trách địa bàn.",
            button="Giao địa bàn",
        )


def _places(unit_code: str) -> list[tuple[str, str]]:
    """The communes of the province in which a unit is; a central agency has the provinces (a few queries)."""
    try:
        place = catalogues.agency(unit_code.split(".")[0]).administrative_unit
    except Agency.DoesNotExist:
        return []
    rows = catalogues.communes(place.code) if place is not None else catalogues.provinces()
    return list(rows.order_by("name").values_list("code", "name"))
