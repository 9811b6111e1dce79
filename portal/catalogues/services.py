"""What can be done to the shared catalogues: add, amend, disable, load what is shipped. Nothing is ever deleted (Rules art. 49)."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any, TypeVar

import pghistory
from django.db import transaction
from django.utils import timezone

from portal import audit
from portal.access import SYSTEM, Actor, require
from portal.catalogues.models import AdministrativeUnit, Agency, CatalogueEntry, PaperKind

E = TypeVar("E", bound=CatalogueEntry)

DATA = Path(__file__).parent / "data"
EDIT = "catalogues.edit"


class EntryRefused(ValueError):
    """The catalogue cannot be changed like this; the message is for the officer."""


@transaction.atomic
def add(*, model: type[E], actor: Actor, code: str, effective_from: dt.date, **facts: Any) -> E:
    """Add an entry under a code that is not in use. Raises ``AccessDenied``, :class:`EntryRefused`."""
    require(actor, EDIT)
    _only_facts(model, facts)
    if model._default_manager.filter(code=code, effective_to__isnull=True).exists():
        raise EntryRefused(f"Mã {code} đang được dùng. Hãy sửa mục đó, hoặc chọn mã khác.")
    entry = model(code=code, effective_from=effective_from, **facts)
    with _history(actor, "catalogues.add"):
        _checked(entry).save()
    _write_act(actor, "catalogues.add", entry)
    return entry


@transaction.atomic
def amend(*, entry: E, actor: Actor, effective_from: dt.date | None = None, **changes: Any) -> E:
    """Let a new row with ``changes`` succeed the entry from a day on (today if left out); returns the new row.

    The old row keeps its facts and gets its end and its successor. Raises ``AccessDenied``; :class:`EntryRefused` for an entry
    that has ended, for a day before its beginning, and where nothing would change.
    """
    require(actor, EDIT)
    _only_facts(type(entry), changes)
    day = effective_from or timezone.localdate()
    old = _locked(entry)
    if day < old.effective_from:
        raise EntryRefused("Ngày hiệu lực mới phải từ ngày hiệu lực của mục hiện tại trở đi.")
    facts = old.values() | changes
    if facts == old.values():
        raise EntryRefused("Không có gì thay đổi.")
    new = type(old)(code=old.code, effective_from=day, origin=changes.get("origin", CatalogueEntry.Origin.DESK), **_without_origin(facts))
    with _history(actor, "catalogues.amend"):
        # Two steps: the unique index on current rows sees neither two of them nor a successor that does not exist yet.
        old.effective_to = day
        old.save(update_fields=["effective_to"])
        _checked(new).save()
        old.successor = new
        old.save(update_fields=["successor"])
    _write_act(actor, "catalogues.amend", new, changed=sorted(set(changes) - {"origin"}))
    return new


@transaction.atomic
def disable(*, entry: E, actor: Actor, effective_to: dt.date | None = None) -> E:
    """Let an entry end on a day (today if left out), without a successor. Raises ``AccessDenied``, :class:`EntryRefused`."""
    require(actor, EDIT)
    day = effective_to or timezone.localdate()
    old = _locked(entry)
    if day < old.effective_from:
        raise EntryRefused("Ngày hết hiệu lực phải sau ngày hiệu lực của mục này.")
    with _history(actor, "catalogues.disable"):
        old.effective_to = day
        old.save(update_fields=["effective_to"])
    _write_act(actor, "catalogues.disable", old)
    return old


@transaction.atomic
def load_shipped(*, actor: Actor = SYSTEM, folder: Path = DATA) -> dict[str, int]:
    """Bring in the CSV files that come with the portal; returns the number of rows written for each catalogue.

    Idempotent: what is there already stays; a shipped row whose facts changed is amended; an entry that somebody amended or disabled
    at the desk is theirs and stays as it is.
    """
    require(actor, EDIT)
    written = {
        "administrative_units": _load(AdministrativeUnit, folder / "administrative_units.csv", owner="G12", actor=actor),
        "agencies": _load(Agency, folder / "agencies.csv", owner="G22", actor=actor),
        "paper_kinds": _load(PaperKind, folder / "paper_kinds.csv", owner="G22", actor=actor),
    }
    if any(written.values()):
        audit.record(actor=actor, act="catalogues.load", target="catalogues", details=written)
    return written


def _load(model: type[CatalogueEntry], path: Path, *, owner: str, actor: Actor) -> int:
    known: dict[str, list[CatalogueEntry]] = {}
    relations = [name for name in model.facts if model._meta.get_field(name).is_relation]
    for row in model._default_manager.select_related(*relations).order_by("code", "effective_from", "pk"):
        known.setdefault(row.code, []).append(row)
    written = 0
    with path.open(encoding="utf-8", newline="") as lines, _history(actor, "catalogues.load"):
        for line in csv.DictReader(lines):
            code, begins, ends = line["code"], dt.date.fromisoformat(line["effective_from"]), line["effective_to"]
            facts = _facts_of(model, line, owner)
            rows = known.setdefault(code, [])
            newest = rows[-1] if rows else None
            if newest is not None and newest.origin != CatalogueEntry.Origin.SHIPPED:
                continue
            if newest is not None and newest.effective_to and begins < newest.effective_to:
                continue
            if newest is None or newest.effective_to:
                new = model(code=code, effective_from=begins, effective_to=ends or None, origin=CatalogueEntry.Origin.SHIPPED, **facts)
                _checked(new).save()
                if newest is not None:
                    newest.successor = new
                    newest.save(update_fields=["successor"])
            elif ends or _comparable(newest.values()) == _comparable(facts):
                continue
            else:
                day = begins if begins > newest.effective_from else timezone.localdate()
                new = amend(entry=newest, actor=actor, effective_from=day, origin=CatalogueEntry.Origin.SHIPPED, **facts)
            rows.append(new)
            written += 1
    return written


def _facts_of(model: type[CatalogueEntry], line: dict[str, str], owner: str) -> dict[str, Any]:
    """The facts of one CSV line, typed like the model's fields, blanks included: so they compare equal to what was stored."""
    facts: dict[str, Any] = {"owner_code": owner}
    for name in model.facts:
        field = model._meta.get_field(name)
        text = line.get(name, "")
        if field.is_relation:
            related: Any = field.related_model
            facts[name] = related.objects.current().get(code=text) if text else None
        elif field.get_internal_type() == "BooleanField":
            facts[name] = text == "true"
        elif field.get_internal_type() == "JSONField":
            facts[name] = json.loads(text) if text else None
        elif name != "owner_code":
            facts[name] = text
    return facts


def _comparable(facts: dict[str, Any]) -> dict[str, Any]:
    """Relations by code: a parent that was amended is still the same parent."""
    return {name: value.code if isinstance(value, CatalogueEntry) else value for name, value in facts.items()}


def _only_facts(model: type[CatalogueEntry], given: dict[str, Any]) -> None:
    unknown = set(given) - set(model.facts) - {"origin"}
    if unknown:
        raise TypeError(f"{model.__name__} has no facts {sorted(unknown)}")


def _without_origin(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name != "origin"}


def _locked(entry: E) -> E:
    old: E = type(entry)._default_manager.select_for_update().get(pk=entry.pk)  # type: ignore[assignment]
    if old.effective_to is not None:
        raise EntryRefused("Mục này đã hết hiệu lực hoặc đã có mục thay thế. Tải lại trang để xem mục hiện hành.")
    return old


def _checked(entry: E) -> E:
    entry.derive()
    entry.clean_fields(exclude=["created_at"])
    return entry


def _history(actor: Actor, act: str) -> Any:
    """Ties the rows' history to who did it: position and unit, no names."""
    return pghistory.context(act=act, position=str(actor.position_id or ""), unit=actor.unit)


def _write_act(actor: Actor, act: str, entry: CatalogueEntry, **details: Any) -> None:
    audit.record(
        actor=actor,
        act=act,
        target=entry._meta.label_lower,
        target_id=str(entry.pk),
        unit=actor.unit,
        details={"code": entry.code, "from": str(entry.effective_from), "to": str(entry.effective_to or ""), **details},
    )
