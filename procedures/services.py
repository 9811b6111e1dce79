"""What can be done to the catalogue: today, loading the curated data we ship."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from portal import audit
from portal.access import SYSTEM, Actor
from portal.text import nfc, search_key, sort_key
from procedures.models import (
    Channel,
    FeeLine,
    LegalBasis,
    LifeEvent,
    LifeEventEntry,
    OnlineService,
    Procedure,
    ProcedureVersion,
    RequiredDocument,
    Result,
    Step,
)

DATA = Path(__file__).resolve().parent / "data"

VERSION_FIELDS = (
    "decision_number", "name", "summary", "who", "conditions", "deadline_to_ask", "field", "levels", "subjects", "issuing_agency",
    "executing_agency", "authorised_agency", "coordinating_agency", "dossier_sets", "keywords", "source",
)  # fmt: skip
PARTS: dict[str, Any] = {
    "steps": Step,
    "documents": RequiredDocument,
    "results": Result,
    "legal_bases": LegalBasis,
}


@dataclass
class LoadReport:
    """How many procedures came in, changed, and stayed as they were."""

    added: int = 0
    changed: int = 0
    same: int = 0

    def __str__(self) -> str:
        return f"{self.added} added, {self.changed} changed, {self.same} unchanged"


class BadRecord(ValueError):
    """A shipped record has a field that the catalogue does not know, or lacks one it needs."""


def padded_key(*texts: str) -> str:
    """The words of the texts without diacritics, a space before each, so that ``" khai"`` finds the beginning of a word."""
    plain = "".join(char if char.isalnum() or char == "." else " " for char in search_key(" ".join(texts)))
    return " " + " ".join(plain.split())


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _positioned(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for position, row in enumerate(rows, start=1):
        yield {**row, "position": position}


def shipped_records() -> list[dict[str, Any]]:
    """The curated procedures in ``procedures/data/``, in the order of their codes."""
    return [json.loads(nfc(path.read_text(encoding="utf-8"))) for path in sorted(DATA.glob("[0-9]*.json"))]


def _fill(version: ProcedureVersion, record: dict[str, Any]) -> None:
    unknown = set(record) - {
        *VERSION_FIELDS,
        *PARTS,
        "code",
        "effective_from",
        "effective_to",
        "checked_on",
        "channels",
        "online_service",
        "featured_rank",
    }
    if unknown:
        raise BadRecord(f"{record['code']}: unknown fields {sorted(unknown)}")
    for name in VERSION_FIELDS:
        if name in record:
            setattr(version, name, record[name])
    version.effective_to = _date(record.get("effective_to"))
    version.checked_on = dt.date.fromisoformat(record["checked_on"])
    version.name_key = search_key(version.name)
    version.search_key = padded_key(record["code"], version.name, *version.keywords)
    version.sort_key = sort_key(version.name)


def _replace_parts(version: ProcedureVersion, record: dict[str, Any]) -> None:
    """Write the parts anew. The version's own row keeps its identity: dossiers point to it."""
    version.channels.all().delete()
    for name, model in PARTS.items():
        model.objects.filter(version=version).delete()
        model.objects.bulk_create([model(version=version, **row) for row in _positioned(record.get(name, []))])
    for row in _positioned(record["channels"]):
        fees = row.pop("fees", [])
        amount = row.pop("time_amount", None)
        channel = Channel.objects.create(version=version, time_amount=None if amount is None else Decimal(str(amount)), **row)
        FeeLine.objects.bulk_create([FeeLine(channel=channel, **fee) for fee in _positioned(fees)])
    online = record.get("online_service")
    if online:
        OnlineService.objects.update_or_create(version=version, defaults=online)
    else:
        OnlineService.objects.filter(version=version).delete()


def _load_record(record: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(record, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    procedure, _new = Procedure.objects.get_or_create(code=record["code"])
    rank = record.get("featured_rank")
    if procedure.featured_rank != rank:
        procedure.featured_rank = rank
        procedure.save(update_fields=["featured_rank"])
    start = dt.date.fromisoformat(record["effective_from"])
    version = ProcedureVersion.objects.select_for_update().filter(procedure=procedure, effective_from=start).first()
    if version is not None and version.source_digest == digest:
        return "same"
    outcome = "added" if version is None else "changed"
    version = version or ProcedureVersion(procedure=procedure, effective_from=start)
    _fill(version, record)
    version.source_digest = digest
    version.full_clean(exclude=["search_key", "name_key", "sort_key"])
    version.save()
    _replace_parts(version, record)
    return outcome


def _load_life_events() -> None:
    """Write the life events where they differ from what is there: a second run touches no row."""
    events = json.loads(nfc((DATA / "life-events.json").read_text(encoding="utf-8")))["events"]
    ids = dict(Procedure.objects.values_list("code", "id"))
    for position, entry in enumerate(events, start=1):
        wanted = {"name": entry["name"], "description": entry["description"], "icon": entry["icon"], "position": position}
        event = LifeEvent.objects.filter(slug=entry["slug"]).first() or LifeEvent(slug=entry["slug"], position=position)
        if event.pk is None or any(getattr(event, name) != value for name, value in wanted.items()):
            for name, value in wanted.items():
                setattr(event, name, value)
            event.save()
        codes = list(event.entries.order_by("position").values_list("procedure__code", flat=True))
        if codes != entry["procedures"]:
            event.entries.all().delete()
            LifeEventEntry.objects.bulk_create(
                [
                    LifeEventEntry(event=event, procedure_id=ids[code], position=place)
                    for place, code in enumerate(entry["procedures"], start=1)
                ]
            )


@transaction.atomic
def load_shipped(*, actor: Actor = SYSTEM) -> LoadReport:
    """Bring the curated procedures and life events into the catalogue; all or nothing, and a second time changes nothing.

    Raises :class:`BadRecord`, ``ValidationError`` or ``IntegrityError`` when a shipped record breaks a rule.
    """
    report = LoadReport()
    for record in shipped_records():
        outcome = _load_record(record)
        setattr(report, outcome, getattr(report, outcome) + 1)
    _load_life_events()
    if report.added or report.changed:
        audit.record(actor=actor, act="procedures.load", details={"added": report.added, "changed": report.changed, "same": report.same})
    return report
