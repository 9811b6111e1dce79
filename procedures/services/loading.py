"""Bringing the curated procedures and life events that we ship into the catalogue."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from portal import audit
from portal.access import SYSTEM, Actor
from portal.text import nfc
from procedures.models import LifeEvent, LifeEventEntry, NextStep, Procedure, ProcedureVersion
from procedures.services import records
from procedures.services.records import BadRecord
from procedures.services.use import rank_by_use

DATA = Path(__file__).resolve().parent.parent / "data"


@dataclass
class LoadReport:
    """How many procedures came in, changed, and stayed as they were."""

    added: int = 0
    changed: int = 0
    same: int = 0

    def __str__(self) -> str:
        return f"{self.added} added, {self.changed} changed, {self.same} unchanged"


def shipped_records() -> list[dict[str, Any]]:
    """The curated procedures in ``procedures/data/``, in the order of their codes."""
    paths = [*DATA.glob("[0-9]*.json"), *DATA.glob("DV.*.json")]
    return [json.loads(nfc(path.read_text(encoding="utf-8"))) for path in sorted(paths)]


def _version_for(procedure: Procedure, start: dt.date, end: dt.date | None) -> ProcedureVersion:
    """The row to write: the version of that start, else an imported one that it takes over, else a new one."""
    versions = ProcedureVersion.objects.select_for_update().filter(procedure=procedure)
    version = versions.filter(effective_from=start).first()
    if version is not None:
        return version
    imported = versions.filter(
        Q(effective_to__isnull=True) | Q(effective_to__gt=start),
        origin=ProcedureVersion.Origin.IMPORT,
        **({"effective_from__lt": end} if end else {}),
    ).order_by("effective_from")
    for version in imported:
        if version.effective_from < start:
            version.effective_to = start
            version.save(update_fields=["effective_to"])
        else:
            version.effective_from = start
            return version
    return ProcedureVersion(procedure=procedure, effective_from=start)


def load_records(shipped: list[dict[str, Any]], report: LoadReport) -> None:
    """Write what differs from what is there; parts of all records in sets."""
    procedures = {row.code: row for row in Procedure.objects.filter(code__in=[record.get("code", "") for record in shipped])}
    pairs: list[tuple[ProcedureVersion, dict[str, Any]]] = []
    for record in shipped:
        records.check(record)
        digest = records.digest(record)
        procedure = procedures.get(record["code"]) or Procedure(code=record["code"])
        rank = record.get("featured_rank")
        if procedure.pk is None or procedure.featured_rank != rank:
            procedure.featured_rank = rank
            procedure.save()
        start = dt.date.fromisoformat(record["effective_from"])
        version = _version_for(procedure, start, dt.date.fromisoformat(record["effective_to"]) if record.get("effective_to") else None)
        if version.source_digest == digest and version.pk and version.origin == ProcedureVersion.Origin.CURATED:
            report.same += 1
            continue
        if version.pk:
            report.changed += 1
        else:
            report.added += 1
        records.fill(version, record)
        version.origin = ProcedureVersion.Origin.CURATED
        version.source_digest = digest
        # Relations and periods are the database's business.
        version.clean_fields(exclude=["search_key", "name_key", "sort_key", "procedure", "decision"])
        pairs.append((version, record))
    records.tie_decisions(pairs)
    for version, _record in pairs:
        version.save()
    records.write_parts(pairs)


def lead_old_codes(shipped: list[dict[str, Any]]) -> None:
    """Let every old code lead to the procedure that took over from it: an old address leads to the new page."""
    leads = {old: record["code"] for record in shipped for old in record.get("old_codes", [])}
    for old, new in leads.items():
        if new in leads:
            raise BadRecord(f"{new} is named both as an old code and as the one that takes over from {old}")
    found = {row.code: row for row in Procedure.objects.filter(code__in={*leads, *leads.values()})}
    for old, new in leads.items():
        row = found.get(old) or Procedure(code=old)
        if row.pk is None or row.replaced_by_id != found[new].pk:
            row.replaced_by = found[new]
            row.full_clean()
            row.save()


def _entries(entry: dict[str, Any], shipped: list[dict[str, Any]]) -> list[str]:
    """Codes of an event: those its own entry lists, then the procedures that name it, by rank and then by code."""
    naming = [record for record in shipped if entry["slug"] in record.get("events", [])]
    naming.sort(key=lambda record: (record.get("featured_rank") or 10_000, record["code"]))
    return list(dict.fromkeys([*entry.get("procedures", []), *(record["code"] for record in naming)]))


def _load_life_events(shipped: list[dict[str, Any]]) -> None:
    """Write the life events where they differ from what is there: a second run touches no row."""
    events = json.loads(nfc((DATA / "life-events.json").read_text(encoding="utf-8")))["events"]
    ids = dict(Procedure.objects.values_list("code", "id"))
    LifeEvent.objects.exclude(slug__in=[entry["slug"] for entry in events]).delete()
    unknown = {slug for record in shipped for slug in record.get("events", [])} - {entry["slug"] for entry in events}
    if unknown:
        raise BadRecord(f"life events that do not exist: {sorted(unknown)}")
    for position, entry in enumerate(events, start=1):
        wanted = {
            "name": entry["name"],
            "audience": entry.get("audience", LifeEvent.Audience.CITIZEN),
            "description": entry.get("description", ""),
            "english": entry.get("english", {}),
            "icon": entry.get("icon", ""),
            "position": position,
        }
        event = LifeEvent.objects.filter(slug=entry["slug"]).first() or LifeEvent(slug=entry["slug"], position=position)
        if event.pk is None or any(getattr(event, name) != value for name, value in wanted.items()):
            for name, value in wanted.items():
                setattr(event, name, value)
            event.full_clean()
            event.save()
        listed = list(event.entries.order_by("position").values_list("procedure__code", flat=True))
        codes = _entries(entry, shipped)
        if listed != codes:
            lost = set(codes) - set(ids)
            if lost:
                raise BadRecord(f"life event {entry['slug']} names procedures that do not exist: {sorted(lost)}")
            event.entries.all().delete()
            LifeEventEntry.objects.bulk_create(
                [LifeEventEntry(event=event, procedure_id=ids[code], position=place) for place, code in enumerate(codes, start=1)]
            )


def _load_next_steps() -> None:
    """Write what usually comes next where it differs from what is there."""
    shipped = json.loads(nfc((DATA / "next-steps.json").read_text(encoding="utf-8")))["steps"]
    ids = dict(Procedure.objects.values_list("code", "id"))
    if lost := {step[end] for step in shipped for end in ("after", "then")} - set(ids):
        raise BadRecord(f"next steps name procedures that do not exist: {sorted(lost)}")
    wanted = [
        (ids[step["after"]], ids[step["then"]], place, step["days"], step["why"], step.get("why_en", ""), step.get("law", ""))
        for place, step in enumerate(shipped, start=1)
    ]
    columns = ("after_id", "then_id", "position", "days", "why", "why_en", "law")
    if list(NextStep.objects.values_list(*columns)) != wanted:
        NextStep.objects.all().delete()
        NextStep.objects.bulk_create(NextStep(**dict(zip(columns, row, strict=True))) for row in wanted)


@transaction.atomic
def load_shipped(*, actor: Actor = SYSTEM) -> LoadReport:
    """Bring the curated procedures and life events into the catalogue; all or nothing, and a second time changes nothing.

    Raises :class:`BadRecord`, ``ValidationError`` or ``IntegrityError`` when a shipped record breaks a rule.
    """
    from procedures import services  # looked up where callers see it, so that a test can hand in its own records

    report = LoadReport()
    shipped = services.shipped_records()
    load_records(shipped, report)
    lead_old_codes(shipped)
    _load_life_events(shipped)
    _load_next_steps()
    # What is new has its place in lists at once, not only tomorrow.
    rank_by_use(timezone.localdate())
    if report.added or report.changed:
        audit.record(actor=actor, act="procedures.load", details={"added": report.added, "changed": report.changed, "same": report.same})
    return report
