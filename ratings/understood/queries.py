"""What can be asked of comments: how moods went, what got worse and why, in whose words. Everything for an agency with all below it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from feedback.models import PublishedCase
from ratings.models import OpinionReading, Rating, SurveyText
from ratings.understood.rules import WEEK, Share, Span, got_worse
from ratings.understood.words import TOPICS, Mood

SENTENCES = 3
"""Quoted for each thing that got worse."""
LOOKED = 400
"""Complaints of the week among which sentences are looked for, newest first."""
UNIT, PROCEDURE = "unit", "procedure"


@dataclass(frozen=True)
class Worse:
    """Something that got worse: of a unit or a procedure, of one topic or (empty) of everything."""

    kind: str
    key: str
    topic: str
    now: Share
    before: Share
    chance: float

    @property
    def more(self) -> float:
        """Points of per cent."""
        return round((self.now.per_cent or 0) - (self.before.per_cent or 0), 1)


@dataclass(frozen=True)
class Week:
    """How comments of a week sounded."""

    first: dt.date
    good: int
    neutral: int
    bad: int


@dataclass(frozen=True)
class Quote:
    """A comment's sentences on something: pieces of text, each with whether it is a word that made it so."""

    reading: OpinionReading
    sentences: list[list[tuple[str, bool]]]


def _within(agency: str) -> tuple[str, dict[str, str]]:
    """A condition on ``unit_code``, with its parameters."""
    if not agency:
        return "true", {}
    return "(unit_code = %(agency)s OR (unit_code >= %(below)s AND unit_code < %(after)s))", {
        "agency": agency, "below": f"{agency}.", "after": f"{agency}/",
    }  # fmt: skip


def shares(agency: str, span: Span, kind: str) -> dict[tuple[str, str], tuple[Share, Share]]:
    """By key and topic (empty: any) the shares of complaints this week and before. One query.

    By unit: those directly below, each with what is below it, and the agency itself under its own code.
    """
    where, given = _within(agency)
    depth = len(agency.split(".")) + 1 if agency else 1
    key = f"array_to_string((string_to_array(unit_code, '.'))[1:{depth}], '.')" if kind == UNIT else "procedure_code"
    sql = f"""
        SELECT key, topic, is_now, count(*) FILTER (WHERE is_all), count(*) FILTER (WHERE mood = 'bad' AND is_about) FROM (
            SELECT {key} AS key, '' AS topic, day >= %(first)s AS is_now, mood, true AS is_all, true AS is_about
            FROM ratings_opinionreading WHERE day BETWEEN %(before)s AND %(last)s AND {where}
            UNION ALL
            SELECT {key}, t.topic, day >= %(first)s, mood, false, true
            FROM ratings_opinionreading CROSS JOIN LATERAL unnest(topics) AS t (topic)
            WHERE day BETWEEN %(before)s AND %(last)s AND mood = 'bad' AND {where}
        ) AS said WHERE key <> '' GROUP BY 1, 2, 3
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, {**given, "first": span.first, "last": span.last, "before": span.before})
        rows = cursor.fetchall()
    whole = {(key_of, is_now): every for key_of, topic, is_now, every, _bad in rows if not topic}
    bad = {(key_of, topic, is_now): number for key_of, topic, is_now, _every, number in rows}
    return {
        (key_of, topic): (
            Share(bad.get((key_of, topic, True), 0), whole.get((key_of, True), 0)),
            Share(bad.get((key_of, topic, False), 0), whole.get((key_of, False), 0)),
        )
        for key_of, topic in {(key_of, topic) for key_of, topic, _is_now in bad}
    }


def worse(agency: str, span: Span) -> list[Worse]:
    """What got worse by the rule, the least likely by chance first. Two queries.

    Where a topic says it, the same thing is not said once more of everything.
    """
    found: list[Worse] = []
    for kind in (UNIT, PROCEDURE):
        lines = []
        for (key, topic), (now, before) in shares(agency, span, kind).items():
            chance = got_worse(now, before)
            if chance is not None:
                lines.append(Worse(kind, key, topic, now, before, chance))
        told = {line.key for line in lines if line.topic}
        found += [line for line in lines if line.topic or line.key not in told]
    return sorted(found, key=lambda line: (line.chance, line.kind, line.key, line.topic))


def weeks(agency: str, span: Span) -> list[Week]:
    """How each of the nine weeks sounded, the oldest first. One query."""
    where, given = _within(agency)
    sql = f"""
        SELECT (day - %(before)s::date) / 7, count(*) FILTER (WHERE mood = 'good'), count(*) FILTER (WHERE mood = 'neutral'),
            count(*) FILTER (WHERE mood = 'bad')
        FROM ratings_opinionreading WHERE day BETWEEN %(before)s AND %(last)s AND {where} GROUP BY 1
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, {**given, "last": span.last, "before": span.before})
        found = {int(number): counts for number, *counts in cursor.fetchall()}
    number_of_weeks = (span.last - span.before).days // 7 + 1
    return [Week(span.before + number * WEEK, *found.get(number, (0, 0, 0))) for number in range(number_of_weeks)]


def by_topic(agency: str, first: dt.date, last: dt.date) -> dict[str, dict[str, int]]:
    """How many comments of each topic sounded how; a comment of two topics counts for both. One query."""
    where, given = _within(agency)
    sql = f"""
        SELECT t.topic, mood, count(*) FROM ratings_opinionreading CROSS JOIN LATERAL unnest(topics) AS t (topic)
        WHERE day BETWEEN %(first)s AND %(last)s AND {where} GROUP BY 1, 2
    """  # noqa: S608
    counts = {topic.value: {mood.value: 0 for mood in Mood} for topic in TOPICS}
    with connection.cursor() as cursor:
        cursor.execute(sql, {**given, "first": first, "last": last})
        for topic, mood, number in cursor.fetchall():
            counts[topic][mood] = number
    return counts


def readings(agency: str, *, topic: str = "", mood: str = "", procedure: str = "", unit: str = "") -> QuerySet[OpinionReading]:
    """Comments that may be quoted, newest first."""
    from django.db.models import Q

    rows = OpinionReading.objects.filter(is_quotable=True)
    for code in filter(None, (agency, unit)):
        rows = rows.filter(Q(unit_code=code) | Q(unit_code__gte=f"{code}.", unit_code__lt=f"{code}/"))
    if topic:
        rows = rows.filter(topics__contains=[topic])
    if mood:
        rows = rows.filter(mood=mood)
    if procedure:
        rows = rows.filter(procedure_code=procedure)
    return rows.order_by("-day", "-id")


def texts_of(rows: Collection[OpinionReading]) -> dict[tuple[str, UUID], str]:
    """The texts that may be read of some readings, as they were when they were read; none that was hidden or changed since. Three
    queries."""
    of: dict[str, list[UUID]] = {source: [] for source in OpinionReading.Source.values}
    at = {(row.source, row.text_id): row.read_at for row in rows}
    for row in rows:
        of[row.source].append(row.text_id)
    found: dict[tuple[str, UUID], str] = {}
    slips = Rating.objects.filter(pk__in=of["s"], words_state=Rating.Words.SHOWN).values_list("pk", "shown_words", "checked_at")
    surveys = SurveyText.objects.filter(pk__in=of["k"], state=SurveyText.State.SHOWN).values_list("pk", "shown_words", "checked_at")
    cases = PublishedCase.objects.filter(petition_id__in=of["p"], withdrawn_at=None).values_list("petition_id", "question", "changed_at")
    for source, texts in (("s", slips), ("k", surveys), ("p", cases)):
        found |= {(source, pk): text for pk, text, changed in texts.order_by() if changed is None or changed <= at[source, pk]}
    return found


def quotes(rows: Collection[OpinionReading], *, topic: str = "") -> list[Quote]:
    """Readings with the sentences that made them so; those whose text cannot be read any more are left out. Three queries."""
    from ratings.understood.quoting import sentences

    texts = texts_of(rows)
    found = []
    for row in rows:
        text = texts.get((row.source, row.text_id))
        if text and (said := sentences(text, row.spans, topic=topic)):
            found.append(Quote(row, said))
    return found


def why(agency: str, span: Span, lines: Iterable[Worse]) -> Mapping[Worse, list[Quote]]:
    """For each thing that got worse sentences of this week that complain of it. Four queries, whatever there is."""
    rows = list(readings(agency, mood=Mood.BAD.value).filter(day__range=(span.first, span.last))[:LOOKED])
    chosen: dict[Worse, list[OpinionReading]] = {}
    for line in lines:
        chosen[line] = [row for row in rows if _is_of(row, line, agency)][: SENTENCES * 2]
    wanted = {row.pk: row for some in chosen.values() for row in some}
    texts = texts_of(list(wanted.values()))
    from ratings.understood.quoting import sentences

    found: dict[Worse, list[Quote]] = {}
    for line, some in chosen.items():
        said = []
        for row in some:
            text = texts.get((row.source, row.text_id))
            if text and (parts := sentences(text, row.spans, topic=line.topic)):
                said.append(Quote(row, parts))
        found[line] = said[:SENTENCES]
    return found


def _is_of(row: OpinionReading, line: Worse, agency: str) -> bool:
    if line.topic and line.topic not in row.topics:
        return False
    if line.kind == PROCEDURE:
        return row.procedure_code == line.key
    if line.key == agency:
        return row.unit_code == agency
    return row.unit_code == line.key or row.unit_code.startswith(f"{line.key}.")


def standing() -> dict[str, Any]:
    """Of how many comments there are readings, and by which version of the dictionary (one query)."""
    from django.db.models import Count, Max

    return OpinionReading.objects.aggregate(number=Count("id"), last=Max("read_at"))
