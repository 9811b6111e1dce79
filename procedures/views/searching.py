"""Search: answers to a question in people's own words, narrowed by what the answers have in common; suggestions while typing."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.caching import CATALOGUE, Remembered, keep_out, public_page
from portal.languages import is_english, show
from portal.limits import client_address, take
from portal.search import engine_and_whether_current, tidied
from procedures import queries, services
from procedures.models import Level, OnlineService, ProcedureVersion
from procedures.search import PROCEDURES, elsewhere, version_ids
from procedures.views.common import page_of
from procedures.views.filters import SUBJECTS
from procedures.views.groups import event_groups
from procedures.views.sheet import subject_label

SUGGESTIONS = 7
MOST_CHOICES = 12
"""Choices of one filter that are shown: the most frequent ones, and the chosen one."""
MOST_LABEL = 60
ROOMS = (*CATALOGUE, "search")
LEVELS = {"bo": Level.MINISTRY, "tinh": Level.PROVINCE, "xa": Level.COMMUNE, "khac": Level.OTHER}
"""Values of ``?cap=``."""
ONLINE = {"toan-trinh": OnlineService.ServiceLevel.FULL, "mot-phan": OnlineService.ServiceLevel.PART, "truc-tiep": ""}
"""Values of ``?muc-do=``."""
_remembered = Remembered(*CATALOGUE)
"""Facts of answers by version, and the names of events."""


@dataclass
class Choice:
    """One link of a filter: leads to the same question narrowed by it, or widened where it is chosen already."""

    label: str
    """At most ``MOST_LABEL`` characters."""
    count: int
    query: str
    chosen: bool


@dataclass
class Filter:
    """One way to narrow the answers."""

    name: str
    label: str
    choices: list[Choice]


class Narrowing:
    """The answers with everything the filters ask about, and what was chosen. At most three queries, whatever the number of answers;
    none where the process remembers the answers' facts."""

    def __init__(self, request: HttpRequest, q: str, version_ids: list[int]) -> None:
        day = timezone.localdate()
        self.q = q
        remembered = _remembered.values() if settings.KEEP_SEARCH_INDEX else {}
        if missing := [version_id for version_id in version_ids if version_id not in remembered]:
            remembered |= {row.version_id: row for row in queries.facts_of(missing, day)}
        self.rows: list[queries.Facts] = [remembered[version_id] for version_id in version_ids if version_id in remembered]
        language = "events in English" if is_english() else "events"
        if language not in remembered:
            remembered[language] = queries.event_names(english=is_english())
        self.labels = self._labels(remembered[language])
        self.chosen: dict[str, str] = {}
        for name in self.labels:
            value = request.GET.get(name, "")
            if value and value not in self.labels[name] and not _sound(value):
                raise Http404(f"{name}={value}")
            if value:
                self.chosen[name] = value

    def _labels(self, events: dict[str, str]) -> dict[str, dict[str, str]]:
        """Names of all values of each filter, by value."""
        online = {"toan-trinh": _("Toàn bộ trên mạng"), "mot-phan": _("Một phần trên mạng"), "truc-tiep": _("Chưa có trên mạng")}
        levels = {"bo": _("Cấp bộ"), "tinh": _("Cấp tỉnh"), "xa": _("Cấp xã"), "khac": _("Cơ quan khác")}
        return {
            "doi-tuong": {slug: subject_label(subject) for slug, subject in SUBJECTS.items()},
            "su-kien": events,
            "linh-vuc": {row.field_code: row.field for row in self.rows if row.field_code},
            "co-quan": {row.issuing_code: row.issuing_agency for row in self.rows if row.issuing_code},
            "cap": levels,
            "muc-do": online,
            "dia-phuong": {row.province: row.province_name for row in self.rows if row.province},
        }

    def _values(self, row: queries.Facts, name: str) -> list[str]:
        if name == "doi-tuong":
            return [slug for slug, subject in SUBJECTS.items() if subject in row.subjects]
        if name == "su-kien":
            return row.events
        if name == "linh-vuc":
            return [row.field_code]
        if name == "co-quan":
            return [row.issuing_code]
        if name == "cap":
            return [slug for slug, level in LEVELS.items() if level in row.levels]
        if name == "muc-do":
            return [slug for slug, level in ONLINE.items() if level == row.online_level]
        # What holds in the whole country holds in each place.
        return [row.province] if row.provincial else list(self.labels["dia-phuong"])

    def _fits(self, row: queries.Facts, but: str = "") -> bool:
        return all(value in self._values(row, name) for name, value in self.chosen.items() if name != but)

    @property
    def version_ids(self) -> list[int]:
        """The answers that fit everything chosen, best first."""
        return [row.version_id for row in self.rows if self._fits(row)]

    def query(self, **changed: str) -> str:
        """The address's question with one choice changed; an empty value takes it back."""
        kept = {**self.chosen, **{name.replace("_", "-"): value for name, value in changed.items()}}
        return urlencode({"q": self.q, **{name: value for name, value in kept.items() if value}})

    def filters(self) -> list[Filter]:
        """Each filter with the number of answers behind each choice, given the other choices."""
        names = {
            "doi-tuong": _("Bạn là"),
            "su-kien": _("Việc của bạn"),
            "cap": _("Nơi giải quyết"),
            "muc-do": _("Nộp trên mạng"),
            "linh-vuc": _("Lĩnh vực"),
            "co-quan": _("Cơ quan ban hành"),
            "dia-phuong": _("Địa phương"),
        }
        found = []
        for name, label in names.items():
            others = self.chosen.keys() - {name}
            rows = [row for row in self.rows if self._fits(row, but=name)] if others else self.rows
            counts = Counter(value for row in rows for value in self._values(row, name) if value)
            chosen = self.chosen.get(name, "")
            values = [value for value, _count in counts.most_common(MOST_CHOICES)]
            if chosen and chosen not in values:
                values.append(chosen)
            choices = [
                Choice(
                    _short(self.labels[name].get(value, value)),
                    counts[value],
                    self.query(**{name: "" if value == chosen else value}),
                    value == chosen,
                )
                for value in values
            ]
            if len(choices) > 1 or chosen:
                found.append(Filter(name, label, choices))
        return found


def _short(label: str) -> str:
    # Most are short: cutting each of them in the template takes longer than finding the answers.
    return label if len(label) <= MOST_LABEL else Truncator(label).chars(MOST_LABEL)


def _sound(value: str) -> bool:
    """Whether it could be the value of a filter whose values depend on the answers."""
    return len(value) <= 80 and value.replace("-", "").replace(".", "").replace("_", "").isalnum()


def _may_be_noted(request: HttpRequest) -> bool:
    """Whether the question may go on the editors' list: a flood of nonsense must not fill a table, from one address or from many."""
    mine = take("search-miss", client_address(request), capacity=20, refill_per_second=0.02)
    return mine.allowed and take("search-miss", "everybody", capacity=2_000, refill_per_second=0.25).allowed


@dataclass
class OtherPlace:
    """Where one goes with a question that is no matter of administration, and the procedures that help all the same."""

    title: str
    text: str
    versions: list[ProcedureVersion]


def _other_place(q: str, day: dt.date) -> OtherPlace | None:
    """What the shipped data say of it. One query where they say something, none otherwise."""
    known = elsewhere(q)
    if known is None:
        return None
    said = (known.english_title, known.english_text) if is_english() else (known.title, known.text)
    return OtherPlace(*said, queries.with_codes(known.codes, day))


@public_page(rooms=ROOMS)
@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Answers to ``?q=``, best first, with filters and their counts. At most seven queries."""
    q = tidied(request.GET.get("q", ""))
    day = timezone.localdate()
    if not q:
        return show(request, "procedures/search.html", {"q": "", "page": None, "suggestions": queries.most_used(day)})
    engine, is_current = engine_and_whether_current(PROCEDURES)
    if not is_current:
        keep_out(request)
    found = engine.find(q)
    other = _other_place(q, day)
    if not other and not found.sure and _may_be_noted(request):
        services.note_miss(question=q, now=timezone.now())
    context: dict[str, Any] = {"q": q, "sure": found.sure or bool(other), "read_as": found.read_as, "elsewhere": other}
    if not found.keys:
        return show(request, "procedures/search.html", {**context, "page": None, "nothing": True, "groups": event_groups(day)})
    narrowing = Narrowing(request, q, version_ids(found))
    ids = narrowing.version_ids
    page = page_of(request, ids)
    rows = list(queries.as_listed(queries.in_given_order(list(page.object_list), day)))
    context |= {
        "page": page,
        "more": found.more and not narrowing.chosen,
        "rows": rows,
        "all_query": urlencode({"q": q}),
        "filters": narrowing.filters(),
        "narrowed": bool(narrowing.chosen),
        "query": narrowing.query(),
    }
    return show(request, "procedures/search.html", context)


@public_page(rooms=ROOMS)
@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Names of procedures that the question typed so far may mean, as options of the search box. One query at most."""
    q = tidied(request.GET.get("q", ""))
    engine, is_current = engine_and_whether_current(PROCEDURES)
    if not is_current:
        keep_out(request)
    ids = version_ids(engine.find(q, limit=SUGGESTIONS, unfinished=True)) if len(q) > 1 else []
    rows = list(queries.as_listed(queries.in_given_order(ids[:SUGGESTIONS], timezone.localdate())))
    return render(request, "procedures/_suggestions.html", {"rows": rows})
