"""What can be asked of the catalogue; each function states how many SQL queries it makes."""

from __future__ import annotations

import datetime as dt

from django.db.models import BooleanField, Case, F, IntegerField, Prefetch, Q, QuerySet, Value, When

from portal.text import search_key
from procedures.models import Channel, LifeEvent, LifeEventEntry, Procedure, ProcedureVersion

# Words people put around what they mean; they say nothing about which procedure it is.
NOISE = frozenset(
    search_key(
        "thủ tục làm xin cho tôi muốn cần ở đâu thế nào gì như hướng dẫn hồ sơ online trực tuyến mới nhất một và hay hoặc về khi"
    ).split()
)
MAX_WORDS = 8
"""More words of a query are not looked at: nobody needs them and each costs an index scan."""


def in_force(day: dt.date) -> QuerySet[ProcedureVersion]:
    """The versions that hold on that day, without those of replaced procedures. With ``procedure`` and whether it is ``online``."""
    return (
        ProcedureVersion.objects.filter(
            Q(effective_to__isnull=True) | Q(effective_to__gt=day), effective_from__lte=day, procedure__replaced_by__isnull=True
        )
        .select_related("procedure")
        .annotate(
            online=Case(When(online_service__isnull=False, then=Value(True)), default=Value(False), output_field=BooleanField()),
        )
    )


def procedure_on(code: str, day: dt.date) -> ProcedureVersion | None:
    """The version of a procedure in force on a day with all its parts, or None. Seven queries, whatever its size."""
    channels = Prefetch("channels", queryset=Channel.objects.prefetch_related("fees"))
    return (
        ProcedureVersion.objects.filter(
            Q(effective_to__isnull=True) | Q(effective_to__gt=day), procedure__code=code, effective_from__lte=day
        )
        .select_related("procedure", "online_service")
        .prefetch_related("steps", "documents", "results", "legal_bases", channels)
        .first()
    )


def successor(code: str) -> str | None:
    """The code that took over from this one, or None. One query."""
    return Procedure.objects.filter(code=code, replaced_by__isnull=False).values_list("replaced_by__code", flat=True).first()


def search(q: str, day: dt.date) -> QuerySet[ProcedureVersion]:
    """Procedures whose code, name or keywords hold every meaningful word of ``q``, with or without diacritics; best first. One query."""
    key = search_key(q)
    words = key.replace(",", " ").split()[:MAX_WORDS]
    meant = [word for word in words if word not in NOISE] or words
    if not meant:
        return ProcedureVersion.objects.none()
    rows = in_force(day)
    for word in meant:
        rows = rows.filter(search_key__contains=f" {word}")
    phrase = " ".join(meant)
    return rows.annotate(
        closeness=Case(
            When(procedure__code=key, then=Value(0)),
            When(name_key=phrase, then=Value(1)),
            When(name_key__startswith=phrase, then=Value(2)),
            When(name_key__contains=phrase, then=Value(3)),
            When(search_key__contains=f" {phrase}", then=Value(4)),
            default=Value(5),
            output_field=IntegerField(),
        )
    ).order_by("closeness", "sort_key", "procedure__code")


def all_procedures(day: dt.date) -> QuerySet[ProcedureVersion]:
    """Everything in force, in Vietnamese alphabetical order. One query (two with its count)."""
    return in_force(day).order_by("sort_key", "procedure__code")


def most_used(day: dt.date, *, limit: int = 6) -> list[ProcedureVersion]:
    """What most people come for, as the editors put it until there are figures. One query."""
    return list(in_force(day).filter(procedure__featured_rank__isnull=False).order_by("procedure__featured_rank")[:limit])


def life_events(day: dt.date) -> list[LifeEvent]:
    """Life events with ``shown``: the versions in force of their procedures, in the editors' order. Three queries."""
    entries = LifeEventEntry.objects.order_by("position").only("event_id", "procedure_id", "position")
    events = list(LifeEvent.objects.prefetch_related(Prefetch("entries", queryset=entries)).order_by("position"))
    wanted = {entry.procedure_id for event in events for entry in event.entries.all()}
    versions = {version.procedure_id: version for version in in_force(day).filter(procedure_id__in=wanted)}
    for event in events:
        event.shown = [versions[entry.procedure_id] for entry in event.entries.all() if entry.procedure_id in versions]  # type: ignore[attr-defined]
    return [event for event in events if event.shown]  # type: ignore[attr-defined]


def periods(code: str) -> QuerySet[ProcedureVersion]:
    """All versions of a procedure, newest first. One query."""
    return ProcedureVersion.objects.filter(procedure__code=code).order_by(F("effective_from").desc())
