"""Search: answers to a question in people's own words, narrowed by what the answers have in common; suggestions while typing."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal.caching import CATALOGUE, Remembered, keep_out, public_page
from portal.languages import is_english, show
from portal.limits import client_address, take
from portal.search import engine_and_whether_current, engine_of, tidied
from procedures import queries, services
from procedures.models import CommonQuestion, Level, OnlineService, ProcedureVersion
from procedures.questions import queries as questions
from procedures.questions.search import QUESTIONS
from procedures.search import PROCEDURES, elsewhere, version_ids
from procedures.views.common import page_of
from procedures.views.filters import SUBJECTS
from procedures.views.groups import event_groups
from procedures.views.sheet import subject_label

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

SUGGESTIONS = 7
MOST_CHOICES = 12
"""Choices of one filter that are shown: the most frequent ones, and the chosen one."""
MOST_LABEL = 60
ANSWERED = 3
"""Answered questions that stand beside the procedures; the rest is on their own page."""
ROOMS = (*CATALOGUE, "search", "questions")
_remembered = Remembered(*CATALOGUE)
"""Facts of answers by version, and the names of events."""


@dataclass(frozen=True)
class Filter:
    """One way to narrow the answers, from which the page derives its links, their counts and what an address asks for."""

    name: str
    """Of the parameter in the address."""
    label: StrPromise
    names: Callable[[Sequence[queries.Facts], Mapping[str, str]], dict[str, str]]
    """Names of all values among these answers, by value; given the names of events too."""
    values: Callable[[queries.Facts, Mapping[str, str]], list[str]]
    """The values that hold of an answer; given those names."""


def _among(
    name: str, label: StrPromise, choices: Mapping[str, tuple[Any, StrPromise]], holds: Callable[[queries.Facts, Any], bool]
) -> Filter:
    """A filter whose values are the same for every question: value in the address → what it stands for, its name."""
    return Filter(
        name,
        label,
        lambda rows, events: {slug: str(said) for slug, (_meant, said) in choices.items()},
        lambda row, names: [slug for slug, (meant, _said) in choices.items() if holds(row, meant)],
    )


FILTERS = (
    Filter(
        "doi-tuong",
        _("Bạn là"),
        lambda rows, events: {slug: subject_label(subject) for slug, subject in SUBJECTS.items()},
        lambda row, names: [slug for slug, subject in SUBJECTS.items() if subject in row.subjects],
    ),
    Filter("su-kien", _("Việc của bạn"), lambda rows, events: dict(events), lambda row, names: row.events),
    _among(
        "cap",
        _("Nơi giải quyết"),
        {
            "bo": (Level.MINISTRY, _("Cấp bộ")),
            "tinh": (Level.PROVINCE, _("Cấp tỉnh")),
            "xa": (Level.COMMUNE, _("Cấp xã")),
            "khac": (Level.OTHER, _("Cơ quan khác")),
        },
        lambda row, level: level in row.levels,
    ),
    _among(
        "muc-do",
        _("Nộp trên mạng"),
        {
            "toan-trinh": (OnlineService.ServiceLevel.FULL, _("Toàn bộ trên mạng")),
            "mot-phan": (OnlineService.ServiceLevel.PART, _("Một phần trên mạng")),
            "truc-tiep": ("", _("Chưa có trên mạng")),
        },
        lambda row, level: level == row.online_level,
    ),
    Filter(
        "linh-vuc",
        _("Lĩnh vực"),
        lambda rows, events: {row.field_code: row.field for row in rows if row.field_code},
        lambda row, names: [row.field_code],
    ),
    Filter(
        "co-quan",
        _("Cơ quan ban hành"),
        lambda rows, events: {row.issuing_code: row.issuing_agency for row in rows if row.issuing_code},
        lambda row, names: [row.issuing_code],
    ),
    Filter(
        "dia-phuong",
        _("Địa phương"),
        lambda rows, events: {row.province: row.province_name for row in rows if row.province},
        # What holds in the whole country holds in each place.
        lambda row, names: [row.province] if row.provincial else list(names),
    ),
)


@dataclass
class Choice:
    """One link of a filter: leads to the same question narrowed by it, or widened where it is chosen already."""

    label: str
    """At most ``MOST_LABEL`` characters."""
    count: int
    query: str
    chosen: bool


@dataclass
class Links:
    """A filter as it is shown."""

    name: str
    label: StrPromise
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
        self.names = {one.name: one.names(self.rows, remembered[language]) for one in FILTERS}
        self.chosen: dict[str, str] = {}
        for name, known in self.names.items():
            value = request.GET.get(name, "")
            if value and value not in known and not _sound(value):
                raise Http404(f"{name}={value}")
            if value:
                self.chosen[name] = value

    def _fits(self, row: queries.Facts, but: str = "") -> bool:
        return all(
            self.chosen[one.name] in one.values(row, self.names[one.name]) for one in FILTERS if one.name in self.chosen and one.name != but
        )

    @property
    def version_ids(self) -> list[int]:
        """The answers that fit everything chosen, best first."""
        return [row.version_id for row in self.rows if self._fits(row)]

    def query(self, changed: Mapping[str, str] | None = None) -> str:
        """The address's question with some choices changed; an empty value takes one back."""
        kept = {**self.chosen, **(changed or {})}
        return urlencode({"q": self.q, **{name: value for name, value in kept.items() if value}})

    def links(self) -> list[Links]:
        """Each filter with the number of answers behind each choice, given the other choices."""
        shown = (Links(one.name, one.label, self._choices(one)) for one in FILTERS)
        return [one for one in shown if len(one.choices) > 1 or one.name in self.chosen]

    def _choices(self, one: Filter) -> list[Choice]:
        names, chosen = self.names[one.name], self.chosen.get(one.name, "")
        rows = [row for row in self.rows if self._fits(row, but=one.name)] if self.chosen.keys() - {one.name} else self.rows
        counts = Counter(value for row in rows for value in one.values(row, names) if value)
        values = [value for value, _count in counts.most_common(MOST_CHOICES)]
        if chosen and chosen not in values:
            values.append(chosen)
        return [
            Choice(
                _short(names.get(value, value)), counts[value], self.query({one.name: "" if value == chosen else value}), value == chosen
            )
            for value in values
        ]


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


def _answered(q: str) -> list[CommonQuestion]:
    """Questions that agencies have answered and that may be this one; none where nothing is likely. At most six queries."""
    found = engine_of(QUESTIONS).find(q, limit=ANSWERED)
    return questions.in_given_order(found.keys) if found.sure else []


@public_page(rooms=ROOMS)
@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Answers to ``?q=``, best first, with filters and their counts, and questions that were answered. At most thirteen queries."""
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
    context["answered"] = _answered(q)
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
        "filters": narrowing.links(),
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
