"""What comes with the portal: CSV files of facts, brought in once and again whenever one of them changed."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal import audit
from portal.access import SYSTEM, Actor, require
from portal.catalogues.models import AdministrativeUnit, CatalogueEntry, ShippedFile, Succession
from portal.catalogues.registry import CATALOGUES, Catalogue
from portal.catalogues.services import bulk
from portal.catalogues.services.entries import EDIT, history

DATA = Path(__file__).parent.parent / "data"
SUCCESSION = "succession.csv"
SHIPPED = CatalogueEntry.Origin.SHIPPED


@transaction.atomic
def load_shipped(*, actor: Actor = SYSTEM, folder: Path = DATA, only: Collection[str] = CATALOGUES) -> dict[str, int]:
    """Bring in the CSV files that come with the portal; returns the number of rows written for each catalogue (``only`` those named).

    Idempotent: a file that has not changed since is not read again; what is there already stays; a shipped row whose facts changed
    is amended; an entry that somebody amended or disabled at the desk is theirs and stays as it is.
    """
    require(actor, EDIT)
    written = dict.fromkeys([*CATALOGUES, "successions"], 0)
    known = dict(ShippedFile.objects.select_for_update().values_list("name", "digest"))
    changed: set[str] = set()
    with history(actor, "catalogues.load"):
        for name, catalogue in CATALOGUES.items():
            if name in only and _differs(known, name, [folder / file for file in catalogue.files]):
                written[name] = _load(catalogue, [folder / file for file in catalogue.files])
                changed.add(name)
        if _differs(known, "successions", [folder / SUCCESSION]) or "administrative_units" in changed:
            written["successions"] = _load_successions(folder / SUCCESSION)
            changed.add("successions")
    stamps = [ShippedFile(name=name, digest=known[name], loaded_at=timezone.now()) for name in sorted(changed)]
    ShippedFile.objects.bulk_create(stamps, update_conflicts=True, unique_fields=["name"], update_fields=["digest", "loaded_at"])
    if any(written.values()):
        audit.record(actor=actor, act="catalogues.load", target="catalogues", details=written)
    return written


def _differs(known: dict[str, str], name: str, files: list[Path]) -> bool:
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
    if known.get(name) == digest:
        return False
    known[name] = digest
    return True


def _load(catalogue: Catalogue, files: list[Path]) -> int:
    lines = [line for file in files for line in _lines(file)]
    rows: dict[str, list[CatalogueEntry]] = defaultdict(list)
    relations = catalogue.relations
    for row in catalogue.model._default_manager.select_related(*relations).order_by("code", "effective_from", "pk"):
        rows[row.code].append(row)
    plan = bulk.Plan(catalogue)
    drafts: list[tuple[CatalogueEntry, dict[str, str]]] = []
    merged: list[tuple[CatalogueEntry, str]] = []
    today = timezone.localdate()
    kinds = {name: kind for name, kind in bulk.kinds(catalogue).items() if name not in relations}
    for line in lines:
        entry = _draft(catalogue, kinds, line)
        before = rows[entry.code]
        newest = before[-1] if before else None
        if newest is not None and _stands(newest, entry, {name: line.get(name, "") for name in relations}):
            continue
        if newest is not None and newest.effective_to is None:
            # The file says something new about a row of ours that holds: amended from the day it names, or from today.
            entry.effective_from = entry.effective_from if entry.effective_from > newest.effective_from else today
            plan.closings.append((newest, entry.effective_from, entry))
        elif newest is not None and entry.continues(newest):
            plan.links.append((newest, entry))
        before.append(entry)
        plan.additions.append(entry)
        drafts.append((entry, line))
        if line.get("successor"):
            merged.append((entry, line["successor"]))
    bulk.number(catalogue.model, plan.additions)
    _relate(catalogue, drafts)
    for entry, code in merged:
        plan.links.append((entry, next(row for row in rows[code] if row.effective_to is None or row.effective_to > _end(entry))))
    bulk.write(plan, copied=True)
    return len(plan.additions)


def _end(entry: CatalogueEntry) -> dt.date:
    if entry.effective_to is None:
        raise ValueError(f"{entry.code} has a successor but no end")
    return entry.effective_to


def _lines(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def _draft(catalogue: Catalogue, kinds: dict[str, str], line: dict[str, str]) -> CatalogueEntry:
    """A row without its relations. The facts are ours: a mistake in them is an error, not a report."""
    facts: dict[str, Any] = {name: bulk.typed(kind, line.get(name, "")) for name, kind in kinds.items()}
    facts["owner_code"] = catalogue.owner
    ends = line.get("effective_to", "")
    entry = catalogue.model(
        code=line["code"],
        effective_from=dt.date.fromisoformat(line["effective_from"]),
        effective_to=dt.date.fromisoformat(ends) if ends else None,
        origin=SHIPPED,
        **facts,
    )
    entry.derive()
    return entry


def _stands(newest: CatalogueEntry, entry: CatalogueEntry, relations: dict[str, str]) -> bool:
    """Whether the catalogue needs nothing for this line: the desk's word holds, the line is past, or it says what is there."""
    if newest.origin != SHIPPED:
        return True
    if newest.effective_to is not None:
        return entry.effective_from < newest.effective_to
    if entry.effective_to is not None:
        return True
    said = {name: getattr(entry, name) for name in entry.facts if name not in relations} | relations
    there = {name: value or "" if name in relations else value for name, value in bulk.comparable(newest.values()).items()}
    return said == there


def _relate(catalogue: Catalogue, drafts: list[tuple[CatalogueEntry, dict[str, str]]]) -> None:
    for name, related in catalogue.relations.items():
        resolver = bulk.Resolver(related, {line.get(name, "") for _, line in drafts})
        if related is catalogue.model:
            for entry, _ in drafts:
                resolver.add(entry)
        for entry, line in drafts:
            code = line.get(name, "")
            if code:
                found = resolver.find(code, entry.effective_from, entry.effective_to)
                if found is None:
                    raise LookupError(f"{catalogue.name}: {entry.code} names {name} {code}, which is not there")
                setattr(entry, name, found)


def _load_successions(file: Path) -> int:
    before: dict[tuple[str, dt.date], int] = {}
    after: dict[tuple[str, dt.date], int] = {}
    for key, code, begins, ends in AdministrativeUnit.objects.values_list("pk", "code", "effective_from", "effective_to").order_by("pk"):
        if ends is not None:
            before[code, ends] = key
        after[code, begins] = key
    there = set(Succession.objects.values_list("old_id", "new_id"))
    new: list[Succession] = []
    for line in _lines(file):
        day = dt.date.fromisoformat(line["effective_on"])
        # The old unit ended on that day and the new one began.
        old, target = before[line["old"], day], after[line["new"], day]
        if (old, target) not in there:
            main = line["is_main"] == "true"
            facts = {"effective_on": day, "share": line["share"], "is_main": main, "origin": SHIPPED, "source": line["source"]}
            new.append(Succession(old_id=old, new_id=target, **facts))
    bulk.number(Succession, new)
    bulk.copy(Succession, new)
    return len(new)
