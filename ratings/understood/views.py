"""``/dieu-hanh/y-kien/``: what people say, what of it got worse this week and why, for heads of units and the Government Office (R-09)."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal.access import Actor, actor_of
from portal.catalogues.tables import write
from portal.ui import tables
from portal.ui.tables import Column
from portal.ui.tags import number
from ratings.board.access import agency_of, officer_page, sees, sees_country
from ratings.board.tiles import board_url, targets_url
from ratings.queries import agency_names, procedure_names
from ratings.understood import queries
from ratings.understood.queries import UNIT, Week, Worse
from ratings.understood.rules import RULE, Share, span_of
from ratings.understood.words import MOODS, ROLES, TOPICS, Mood, dictionary

COUNTRY = "Cả nước"
SHOWN, PER_PAGE, WORDS_PER_PAGE = 12, 20, 100
"""Things that got worse, on the page (the file has all); comments and words on a page."""
ANY = "Mọi chủ đề"
HEADER = ["Phần", "Mã", "Tên", "Chủ đề", "Ý kiến chê bảy ngày qua", "Ý kiến bảy ngày qua", "Tỷ lệ (%)", "Ý kiến chê tám tuần trước",
          "Ý kiến tám tuần trước", "Tỷ lệ trước (%)", "Tăng (điểm)", "Khả năng do ngẫu nhiên"]  # fmt: skip
_TOPIC_NAMES = {topic.value: words for topic, words in TOPICS.items()}
_MOOD_NAMES = {mood.value: words for mood, words in MOODS.items()}


def opinions_url(agency: str) -> str:
    """The address of the page of an agency, ``""``: of the country."""
    return reverse("board-opinions-of", args=[agency]) if agency else reverse("board-opinions")


def quotes_url(agency: str, **more: str) -> str:
    """The address of the comments themselves."""
    asked = {name: value for name, value in {"co-quan": agency, **more}.items() if value}
    return f"{reverse('board-quotes')}?{urlencode(asked)}" if asked else reverse("board-quotes")


@officer_page
@require_safe
def opinions_page(request: HttpRequest, code: str | None = None) -> HttpResponse:
    """What got worse, in whose words; topics and moods; nine weeks. As many queries whatever there is."""
    actor = actor_of(request)
    agency = agency_of(actor, code)
    span = span_of(timezone.localdate())
    lines = queries.worse(agency, span)
    shown = lines[:SHOWN]
    said = queries.why(agency, span, shown)
    units = agency_names([line.key for line in lines if line.kind == UNIT])
    kinds = procedure_names({line.key for line in lines if line.kind != UNIT})
    counts = queries.by_topic(agency, span.before, span.last)
    course = queries.weeks(agency, span)
    context = {
        **_frame(actor, agency),
        "span": span,
        "rule": RULE,
        "worse": [
            {
                "line": line,
                "name": (units if line.kind == UNIT else kinds).get(line.key, line.key),
                "what": _TOPIC_NAMES.get(line.topic, ANY),
                "quotes": said.get(line, []),
                "href": _quotes_of(agency, line),
            }
            for line in shown
        ],
        "more": len(lines) - len(shown),
        "now": course[-1],
        "total": sum(one.good + one.neutral + one.bad for one in course),
        "course": _course(course),
        "bars": [(_TOPIC_NAMES[topic], of["bad"]) for topic, of in sorted(counts.items(), key=lambda pair: -pair[1]["bad"])],
        "table": _table(request, agency, counts),
        "exports": reverse("board-opinions-of-file", args=[agency]) if agency else reverse("board-opinions-file"),
        "quotes_url": quotes_url(agency),
        "version": dictionary().version,
    }
    return render(request, "ratings/opinions/page.html", context)


@officer_page
@require_safe
def opinions_file(request: HttpRequest, code: str | None = None) -> HttpResponse:
    """What got worse, then topics and weeks, as CSV."""
    agency = agency_of(actor_of(request), code)
    span = span_of(timezone.localdate())
    lines = queries.worse(agency, span)
    units = agency_names([line.key for line in lines if line.kind == UNIT])
    kinds = procedure_names({line.key for line in lines if line.kind != UNIT})
    rows: list[list[Any]] = []
    for line in lines:
        names = units if line.kind == UNIT else kinds
        part = "Kém đi: đơn vị" if line.kind == UNIT else "Kém đi: thủ tục"
        rows.append([part, line.key, names.get(line.key, line.key), _TOPIC_NAMES.get(line.topic, ANY), *_of(line.now), *_of(line.before),
                     line.more, f"{line.chance:.4f}"])  # fmt: skip
    for topic, of in queries.by_topic(agency, span.before, span.last).items():
        rows += [["Chín tuần", topic, _TOPIC_NAMES[topic], _MOOD_NAMES[mood], None, many, *[None] * 6] for mood, many in of.items()]
    for week in queries.weeks(agency, span):
        every = week.good + week.neutral + week.bad
        rows.append(["Theo tuần", f"{week.first}", "", ANY, *_of(Share(week.bad, every)), *[None] * 5])
    return _csv("y-kien", agency, HEADER, rows)


@officer_page
@require_safe
def quotes_page(request: HttpRequest) -> HttpResponse:
    """Comments that may be read, with the words by which they were understood, newest first, a page at a time."""
    actor = actor_of(request)
    agency = agency_of(actor, request.GET.get("co-quan") or None)
    topic = _one_of(request.GET.get("chu-de", ""), _TOPIC_NAMES)
    mood = _one_of(request.GET.get("tam-trang", ""), _MOOD_NAMES)
    procedure, unit = _code(request, "thu-tuc"), _code(request, "don-vi")
    page = Paginator(queries.readings(agency, topic=topic, mood=mood, procedure=procedure, unit=unit), PER_PAGE).get_page(
        request.GET.get("trang")
    )
    rows = list(page.object_list)
    quotes = queries.quotes(rows, topic=topic)
    places, kinds = agency_names({row.unit_code for row in rows}), procedure_names({row.procedure_code for row in rows} - {""})
    context = {
        **_frame(actor, agency),
        "quotes": [
            {
                "quote": one,
                "source": one.reading.get_source_display(),
                "unit": places.get(one.reading.unit_code, one.reading.unit_code),
                "procedure": kinds.get(one.reading.procedure_code, one.reading.procedure_code),
                "topics": ", ".join(_TOPIC_NAMES[name] for name in one.reading.topics),
                "mood": _MOOD_NAMES[one.reading.mood],
                # No finer than the month: nobody is to be known by the day.
                "month": f"{one.reading.day:%m/%Y}",
            }
            for one in quotes
        ],
        "left_out": len(rows) - len(quotes),
        "page": page,
        "query": urlencode([(name, value) for name, values in request.GET.lists() if name != "trang" for value in values]),
        "topics": list(_TOPIC_NAMES.items()),
        "moods": list(_MOOD_NAMES.items()),
        "topic": topic,
        "mood": mood,
        "procedure": procedure,
        "unit": unit,
    }
    return render(request, "ratings/opinions/quotes.html", context)


@officer_page
@require_safe
def words_page(request: HttpRequest) -> HttpResponse:
    """The dictionary: every phrase, what it is about and how it sounds, and of which version (no query but the right's)."""
    agency = agency_of(actor_of(request), None)
    topic = _one_of(request.GET.get("chu-de", ""), _TOPIC_NAMES)
    words = [word for word in dictionary().words if not topic or word.topic == topic]
    page = Paginator(words, WORDS_PER_PAGE).get_page(request.GET.get("trang"))
    columns = [Column("phrase", "Từ, cụm từ"), Column("topic", "Chủ đề"), Column("weight", "Mức về chủ đề", kind="number"),
               Column("mood", "Khen (+), chê (−)", kind="number"), Column("role", "Tác dụng")]  # fmt: skip
    rows = [
        {"phrase": word.phrase, "topic": _TOPIC_NAMES.get(word.topic, "—"), "weight": word.weight or None, "mood": word.mood or None,
         "role": ROLES.get(word.role, "—")}
        for word in page.object_list
    ]  # fmt: skip
    exports = [("Tải từ điển (CSV)", reverse("board-words-file"))]
    context = {
        "opinions_url": opinions_url(agency),
        "board_url": board_url(agency),
        "version": dictionary().version,
        "number": len(dictionary().words),
        "spellings": len(dictionary().spelling),
        "standing": queries.standing(),
        "topics": list(_TOPIC_NAMES.items()),
        "topic": topic,
        "table": tables.table(request.GET, columns, rows, caption="Từ điển ý kiến", default="", exports=exports),
        "page": page,
        "query": urlencode({"chu-de": topic}) if topic else "",
    }
    return render(request, "ratings/opinions/words.html", context)


@officer_page
@require_safe
def words_file(request: HttpRequest) -> HttpResponse:
    """The dictionary as CSV, with what abbreviations mean."""
    agency_of(actor_of(request), None)
    known = dictionary()
    rows: list[list[Any]] = [[word.phrase, word.topic, word.weight or None, word.mood or None, word.role] for word in known.words]
    rows += [[written, "", None, None, " ".join(meant)] for written, meant in known.spelling.items()]
    return _csv("tu-dien-y-kien", known.version, ["phrase", "topic", "weight", "mood", "role_or_meaning"], rows)


def _csv(name: str, of: str, header: list[str], rows: list[list[Any]]) -> HttpResponse:
    answer = HttpResponse(write("csv", header, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}-{(of or "ca-nuoc").lower()}-{timezone.localdate()}.csv"'
    return answer


def _of(share: Share) -> list[Any]:
    return [share.bad, share.all, share.per_cent]


def _one_of(value: str, known: dict[str, str]) -> str:
    return value if value in known else ""


def _code(request: HttpRequest, name: str) -> str:
    code = request.GET.get(name, "").strip()
    return "" if "\0" in code or len(code) > 40 else code


def _quotes_of(agency: str, line: Worse) -> str:
    more = {"chu-de": line.topic, "tam-trang": Mood.BAD.value}
    return quotes_url(agency, **more, **({"don-vi": line.key} if line.kind == UNIT else {"thu-tuc": line.key}))


def _frame(actor: Actor, agency: str) -> dict[str, Any]:
    """Where one is, the way up."""
    parts = agency.split(".") if agency else []
    above = [up for depth in range(1, len(parts)) if sees(actor, up := ".".join(parts[:depth]))]
    names = agency_names([*above, agency]) if agency else {}
    ways = [(COUNTRY, opinions_url(""))] if agency and sees_country(actor) else []
    return {
        "agency": agency,
        "place": names.get(agency, agency) if agency else COUNTRY,
        "above": ways + [(names.get(up, up), opinions_url(up)) for up in above],
        "board_url": board_url(agency),
        "targets_url": targets_url(agency),
        "opinions_url": opinions_url(agency),
        "demand_url": reverse("board-demand-of", args=[agency]) if agency else reverse("board-demand"),
        "words_url": reverse("board-words"),
        "at": timezone.localtime(),
        "who": actor.label,
    }


def _course(course: list[Week]) -> dict[str, Any]:
    bad, before = course[-1].bad, sum(one.bad for one in course[:-1]) / max(len(course) - 1, 1)
    return {
        "title": f"Bảy ngày qua có {number(bad)} ý kiến chê, tám tuần trước bình quân {number(round(before, 1))} một tuần",
        "labels": [f"{one.first:%d/%m}" for one in course],
        "series": [
            {"name": "Chê", "values": [one.bad for one in course]},
            {"name": "Trung tính", "values": [one.neutral for one in course]},
            {"name": "Khen", "values": [one.good for one in course]},
        ],
    }


def _table(request: HttpRequest, agency: str, counts: dict[str, dict[str, int]]) -> tables.Table:
    columns = [Column("topic", "Chủ đề"), Column("bad", "Chê", kind="number"), Column("neutral", "Trung tính", kind="number"),
               Column("good", "Khen", kind="number")]  # fmt: skip
    rows = [
        {"topic": _TOPIC_NAMES[topic]} | {mood: (many, quotes_url(agency, **{"chu-de": topic, "tam-trang": mood})) if many else many
                                          for mood, many in of.items()}
        for topic, of in sorted(counts.items(), key=lambda pair: (-pair[1]["bad"], pair[0]))
    ]  # fmt: skip
    return tables.table(request.GET, columns, rows, caption="Ý kiến chín tuần qua theo chủ đề", default="")
