"""Comments are read: what was checked since the last time, a slice at a time, anew where method or dictionary changed.

A text that nobody has checked is not read (`ratings.slips`): of slips and surveys only what an officer let others read, of petitions what
an agency has received. A petition that left the system (Rules art. 44.3) has no reading; what others may not read of it is never quoted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from feedback.models import Petition, PetitionEvent, PublishedCase
from feedback.models.states import State
from portal.crypto.fields import prefetch_keys
from ratings.models import OpinionMark, OpinionReading, Rating, SurveyText
from ratings.understood.reading import understand
from ratings.understood.words import dictionary

SLICE = 200
KEPT = dt.timedelta(days=400)
"""Older texts are not read: nobody asks for them."""
LAG = dt.timedelta(minutes=2)
"""What was written within so long may still be written before something with an earlier time."""
SLIP, PETITION, SURVEY = OpinionReading.Source.SLIP, OpinionReading.Source.PETITION, OpinionReading.Source.SURVEY
_CHANGED = ["unit_code", "procedure_code", "day", "topics", "mood", "spans", "is_quotable", "version", "read_at"]
_UNREAD = frozenset({State.NEW.value, State.REFUSED.value, State.WITHDRAWN.value, State.SECRET.value})
"""Petitions of these states have no reading: nobody has received them, nobody stands by them, or nobody may know."""


def read_some(*, now: dt.datetime) -> int:
    """Read the next slice of each source; how many texts were looked at. Safe to be repeated and to run twice at once."""
    return sum(_read(source, now=now) for source in (SLIP, PETITION, SURVEY))


@transaction.atomic
def _read(source: str, *, now: dt.datetime) -> int:
    version = dictionary().version
    beginning = {"version": version, "upto_at": now - KEPT, "upto_id": ""}
    OpinionMark.objects.get_or_create(source=source, defaults=beginning)
    mark = OpinionMark.objects.select_for_update(skip_locked=True).filter(source=source).first()
    if mark is None:
        return 0
    if mark.version != version:
        mark.version, mark.upto_at, mark.upto_id = version, now - KEPT, ""
    looked = _petitions(mark, now) if source == PETITION else _checked(mark, now)
    if looked < SLICE:
        # All are read: what is left of an older version has no text any more.
        old = OpinionReading.objects.filter(source=source).exclude(version=version).order_by("id").values("id")[:SLICE]
        looked += OpinionReading.objects.filter(id__in=old).delete()[0]
    mark.save()
    return looked


def _checked(mark: OpinionMark, now: dt.datetime) -> int:
    """Texts of slips or surveys in the order in which they were checked; one that was hidden since has no reading any more."""
    after = Q(checked_at__gt=mark.upto_at)
    if mark.upto_id:
        after |= Q(checked_at=mark.upto_at, pk__gt=UUID(mark.upto_id))
    rows: list[Any]
    if mark.source == SLIP:
        rows = list(Rating.objects.filter(after, checked_at__lte=now - LAG).defer("words").order_by("checked_at", "id")[:SLICE])
    else:
        texts = SurveyText.objects.filter(after, checked_at__lte=now - LAG).select_related("survey").defer("words")
        rows = list(texts.order_by("checked_at", "id")[:SLICE])
    found, gone = [], []
    for row in rows:
        if not row.shown_words:
            gone.append(row.pk)
        elif mark.source == SLIP:
            found.append(_reading(SLIP, row.pk, row.shown_words, row.unit_code, row.procedure_code, row.day, now, quotable=True))
        else:
            day = timezone.localdate(row.checked_at)
            found.append(
                _reading(SURVEY, row.pk, row.shown_words, row.survey.unit_code, row.survey.procedure_code, day, now, quotable=True)
            )
    _keep(mark.source, found, gone)
    if rows:
        mark.upto_at, mark.upto_id = rows[-1].checked_at, str(rows[-1].pk)
    return len(rows)


def _petitions(mark: OpinionMark, now: dt.datetime) -> int:
    """Petitions to which something happened, in the order of their events."""
    events = PetitionEvent.objects.filter(at__lte=now - LAG)
    events = events.filter(id__gt=int(mark.upto_id)) if mark.upto_id else events.filter(at__gt=mark.upto_at)
    told = list(events.order_by("id").values_list("id", "at", "petition_id")[:SLICE])
    if not told:
        return 0
    rows = list(Petition.objects.filter(pk__in={petition for _id, _at, petition in told}).select_related("published").order_by("pk"))
    prefetch_keys(rows)
    found, gone = [], []
    for row in rows:
        if row.state in _UNREAD or row.accepted_at is None or row.source == Petition.Source.AGENCY:
            gone.append(row.pk)
            continue
        case: PublishedCase | None = getattr(row, "published", None)
        public = case.question if case is not None and case.withdrawn_at is None else ""
        text = public or ". ".join(part for part in (row.subject, row.words) if part)
        if not text:
            gone.append(row.pk)
            continue
        day = timezone.localdate(row.received_at)
        found.append(_reading(PETITION, row.pk, text, row.unit_code, row.procedure_code, day, now, quotable=bool(public)))
    _keep(PETITION, found, gone)
    mark.upto_at, mark.upto_id = max(mark.upto_at, told[-1][1]), str(told[-1][0])
    return len(told)


def _reading(
    source: str, text_id: UUID, text: str, unit: str, procedure: str, day: dt.date, now: dt.datetime, *, quotable: bool
) -> OpinionReading:
    read = understand(text)
    spans = [[span.start, span.end, span.topic, span.mood] for span in read.spans] if quotable else []
    return OpinionReading(
        source=source, text_id=text_id, unit_code=unit, procedure_code=procedure, day=day, topics=list(read.topics), mood=read.mood,
        spans=spans, is_quotable=quotable, version=dictionary().version, read_at=now,
    )  # fmt: skip


def _keep(source: str, found: list[OpinionReading], gone: Iterable[UUID]) -> None:
    OpinionReading.objects.bulk_create(found, update_conflicts=True, unique_fields=["source", "text_id"], update_fields=_CHANGED)
    OpinionReading.objects.filter(source=source, text_id__in=list(gone)).delete()
