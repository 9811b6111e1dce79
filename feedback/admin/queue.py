"""The list of petitions: queues with their counts, filters, what stands in a row, what waits on the desk's first page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from accounts import queries as people
from feedback import worklists
from feedback.access import OVERSEE, READ, held_by
from feedback.models import About, Petition, PetitionKind, State
from feedback.worklists import Counts, Queue, left
from portal.access import Actor, actor_of, may
from portal.access.cursor import AFTER, BEFORE, CursorChangeList
from portal.access.desk import moment
from portal.access.site import DeskLine, register_desk_panel
from portal.catalogues.models import Agency, Sector
from portal.catalogues.queries import agency_names
from portal.crypto.fields import prefetch_keys

WORK, STATE = "viec", "tinh-trang"
FILTERS = (WORK, STATE, "loai", "phan-loai", "nguon", "linh-vuc", "agency_code", "unit_code", "q", "o")
"""What of an address a kept filter keeps."""
SECTORS_FROM = 1000
"""Open petitions, the earliest deadlines first, whose fields are offered."""


def queues_of(request: HttpRequest) -> list[Queue]:
    """The officer's queues, once a request."""
    known: list[Queue] | None = getattr(request, "petition_queues", None)
    if known is None:
        known = worklists.queues(actor_of(request), timezone.now())
        request.petition_queues = known  # type: ignore[attr-defined]  # kept with the request
    return known


def chosen_queue(request: HttpRequest) -> Queue:
    """The queue that is shown: what is not finished; a search or a chosen state looks through everything."""
    looks_further = request.GET.get("q", "").strip() or request.GET.get(STATE)
    wanted = request.GET.get(WORK) or (worklists.ALL if looks_further else worklists.ALL_OPEN)
    found = {one.name: one for one in queues_of(request)}
    return found.get(wanted, found[worklists.ALL_OPEN])


class PlainFilter(admin.SimpleListFilter):
    """One choice of a few, by the column ``column``."""

    column = ""

    def options(self, request: HttpRequest) -> list[tuple[str, str]]:
        """What can be chosen."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return self.options(request)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        known = {key for key, _label in self.lookup_choices}
        return queryset.filter(**{self.column: value}) if value and value in known else queryset


class WorkFilter(admin.SimpleListFilter):
    """The queue. It is shown above the list, with its count."""

    title, parameter_name = "việc", WORK

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(one.name, one.label) for one in queues_of(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(chosen_queue(request).condition)


class StateFilter(PlainFilter):
    title, parameter_name, column = "tình trạng", STATE, "state"

    def options(self, request: HttpRequest) -> list[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in State]


class KindFilter(PlainFilter):
    title, parameter_name, column = "loại nội dung", "loai", "kind_id"

    def options(self, request: HttpRequest) -> list[tuple[str, str]]:
        return list(PetitionKind.objects.order_by("position", "code").values_list("code", "name"))


class AboutFilter(PlainFilter):
    title, parameter_name, column = "phản ánh về", "phan-loai", "about"

    def options(self, request: HttpRequest) -> list[tuple[str, str]]:
        return [(one.value, str(one.label)) for one in About]


class SourceFilter(PlainFilter):
    title, parameter_name, column = "nguồn", "nguon", "source"

    def options(self, request: HttpRequest) -> list[tuple[str, str]]:
        return [(one.value, str(one.label)) for one in Petition.Source]


class SectorFilter(PlainFilter):
    """By field: those of what is open, the earliest deadlines first."""

    title, parameter_name, column = "lĩnh vực", "linh-vuc", "sector_code"

    def options(self, request: HttpRequest) -> list[tuple[str, str]]:
        rows = held_by(actor_of(request), Petition.objects.filter(worklists.OPEN)).order_by("due_at", "id")
        codes = {code for code in rows.values_list("sector_code", flat=True)[:SECTORS_FROM] if code}
        codes |= {request.GET.get(self.parameter_name, "")} - {""}
        if not codes:
            return []
        return list(Sector.objects.on(timezone.localdate()).filter(code__in=codes).order_by("name", "code").values_list("code", "name"))


NARROWING = ("agency_code", "unit_code")
"""Of an address: the ministry or province, and the single unit, whose petitions alone are shown."""


def narrowed(request: HttpRequest) -> dict[str, str]:
    """Which agency and unit the list is narrowed to, by column."""
    return {name: code for name in NARROWING if (code := request.GET.get(name, ""))}


class OfAgency(PlainFilter):
    """What one ministry or province holds, with all below it: where a number of the overview leads. Who steers chooses among all of them;
    others are offered it where it is chosen already."""

    title, parameter_name, column = "bộ, tỉnh", "agency_code", "agency_code"

    def options(self, request: HttpRequest) -> list[tuple[str, str]]:
        known = self.offered(request)
        code = request.GET.get(self.parameter_name, "")
        if code and code not in dict(known):
            known.append((code, agency_names([code]).get(code, code)))
        return known

    def offered(self, request: HttpRequest) -> list[tuple[str, str]]:
        """What can be chosen before anything is (one query)."""
        if not may(actor_of(request), OVERSEE):
            return []
        top = Agency.objects.on(timezone.localdate()).exclude(code__contains=".").order_by("name", "code")
        return list(top.values_list("code", "name"))


class OfUnit(OfAgency):
    """What one unit holds, without those below it. Offered only where it is chosen."""

    title, parameter_name, column = "đơn vị", "unit_code", "unit_code"

    def offered(self, request: HttpRequest) -> list[tuple[str, str]]:
        return []


class PetitionList(CursorChangeList):
    """A page of the queue with what its rows need: keys, names of agencies and officers, each in one query."""

    queues: list[dict[str, Any]]
    narrowed: list[dict[str, str]]
    """What the list is narrowed to, in words, each with the address without it."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        prefetch_keys(rows)
        names = agency_names(row.unit_code for row in rows) if rows else {}
        handlers = {row.handler_position_id for row in rows if row.handler_position_id}
        labels = people.officer_labels(handlers) if handlers else {}
        for row in rows:
            row.agency_shown = names.get(row.unit_code, row.unit_code)
            row.handler_shown = labels.get(row.handler_position_id, "") if row.handler_position_id else ""
        found, actor, within = queues_of(request), actor_of(request), narrowed(request)
        counts: Counts = worklists.counts(actor, timezone.now(), found, Q(**within))
        named = agency_names(within.values()) if within else {}
        self.narrowed = [
            {
                "words": f"{named[code]} ({code})" if code in named else code,
                "with_below": "1" if name == "agency_code" else "",
                "url": self.get_query_string(remove=[name, "p", AFTER, BEFORE]),
            }
            for name, code in within.items()
        ]
        chosen = chosen_queue(request)
        self.queues = [
            {
                "label": one.label,
                "count": counts.words(one.name),
                "kind": one.kind if counts.of.get(one.name) else "",
                "is_chosen": one.name == chosen.name,
                "url": self.get_query_string({WORK: one.name}, remove=["q", "p", STATE, AFTER, BEFORE]),
            }
            for one in found
        ]
        self.counted_in_part = "" if counts.is_whole else f"{worklists.COUNTED}"
        # Above the list already.
        self.filter_specs = [spec for spec in self.filter_specs if not isinstance(spec, WorkFilter)]


def clock(label: str, deadline: datetime, now: datetime) -> SafeString:
    """A clock of a row: how long still, and until when; what is late says so in words."""
    words = left(deadline, now)
    if now > deadline:
        return format_html('{}: <strong class="overdue">{}</strong> <span class="quiet">({})</span>', label, words, moment(deadline))
    return format_html('{}: {} <span class="quiet">({})</span>', label, words, moment(deadline))


def petition_lines(request: HttpRequest) -> list[DeskLine]:
    """What waits for this officer by role, on the desk's first page (a few bounded queries)."""
    actor = actor_of(request)
    oversees = may(actor, OVERSEE)
    if not oversees and not may(actor, READ, actor.unit):
        return []
    counts = worklists.counts(actor, timezone.now(), queues_of(request))
    address = reverse("admin:feedback_petition_changelist")
    by_name = {one.name: one for one in queues_of(request)}
    always, if_any = (["qua-han", "den-vpcp"], []) if oversees else _lines_by_role(actor)
    # A name within it keeps its capitals.
    label = {name: f"{one.label[:1].lower()}{one.label[1:]}" for name, one in by_name.items()}
    return [
        DeskLine(f"Phản ánh: {label[name]}", counts.of[name], f"{address}?{urlencode({WORK: name})}", by_name[name].kind)
        for name in [*always, *if_any]
        if name in by_name and (name in always or counts.of.get(name))
    ]


def _lines_by_role(actor: Actor) -> tuple[list[str], list[str]]:
    turns = {
        "feedback.receive": "tiep-nhan",
        "feedback.handle": "cua-toi",
        "feedback.check": "cho-duyet",
        "feedback.publish": "cho-cong-khai",
    }
    always = [queue for act, queue in turns.items() if may(actor, act, actor.unit)]
    return [*always, "qua-han", "hom-nay"], ["sap-han", "bao-tinh-hinh", worklists.ASKED]


register_desk_panel(petition_lines)


def shown_filters(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """What of the list's address makes up the filter, to be kept under a name."""
    for name in FILTERS:
        value = request.GET.get(name, "")
        if value and "\0" not in value:
            yield name, value
