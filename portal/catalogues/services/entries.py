"""One entry at a time: add, amend, disable; and what became of an administrative unit. Nothing is ever deleted (Rules art. 49)."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

import pghistory
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ForeignKey
from django.utils import timezone

from portal import audit
from portal.access import Actor, require
from portal.catalogues.models import AdministrativeUnit, CatalogueEntry, Succession

E = TypeVar("E", bound=CatalogueEntry)

EDIT = "catalogues.edit"


class EntryRefused(ValueError):
    """The catalogue cannot be changed like this; the message is for the officer."""


@transaction.atomic
def add(*, model: type[E], actor: Actor, code: str, effective_from: dt.date, **facts: Any) -> E:
    """Add an entry under a code that is not in use. Raises ``AccessDenied``, :class:`EntryRefused`."""
    require(actor, EDIT)
    only_facts(model, facts)
    if model._default_manager.filter(code=code, effective_to__isnull=True).exists():
        raise EntryRefused(f"Mã {code} đang được dùng. Hãy sửa mục đó, hoặc chọn mã khác.")
    entry = model(code=code, effective_from=effective_from, **facts)
    with history(actor, "catalogues.add"):
        checked(entry).save()
    write_act(actor, "catalogues.add", entry)
    return entry


@transaction.atomic
def amend(*, entry: E, actor: Actor, effective_from: dt.date | None = None, **changes: Any) -> E:
    """Let a new row with ``changes`` succeed the entry from a day on (today if left out); returns the new row.

    The old row keeps its facts and gets its end and its successor. Raises ``AccessDenied``; :class:`EntryRefused` for an entry
    that has ended, for a day before its beginning, and where nothing would change.
    """
    require(actor, EDIT)
    only_facts(type(entry), changes)
    day = effective_from or timezone.localdate()
    old = _locked(entry)
    if day < old.effective_from:
        raise EntryRefused("Ngày hiệu lực mới phải từ ngày hiệu lực của mục hiện tại trở đi.")
    facts = old.values() | changes
    if facts == old.values():
        raise EntryRefused("Không có gì thay đổi.")
    origin = changes.get("origin", CatalogueEntry.Origin.DESK)
    new = type(old)(code=old.code, effective_from=day, origin=origin, **{name: facts[name] for name in old.facts})
    with history(actor, "catalogues.amend"):
        # Two steps: the unique index on current rows sees neither two of them nor a successor that does not exist yet.
        old.effective_to = day
        old.save(update_fields=["effective_to"])
        checked(new).save()
        old.successor = new
        old.save(update_fields=["successor"])
    write_act(actor, "catalogues.amend", new, changed=sorted(set(changes) - {"origin"}))
    return new


@transaction.atomic
def disable(*, entry: E, actor: Actor, effective_to: dt.date | None = None) -> E:
    """Let an entry end on a day (today if left out), without a successor. Raises ``AccessDenied``, :class:`EntryRefused`."""
    require(actor, EDIT)
    day = effective_to or timezone.localdate()
    old = _locked(entry)
    if day < old.effective_from:
        raise EntryRefused("Ngày hết hiệu lực phải sau ngày hiệu lực của mục này.")
    with history(actor, "catalogues.disable"):
        old.effective_to = day
        old.save(update_fields=["effective_to"])
    write_act(actor, "catalogues.disable", old)
    return old


@transaction.atomic
def record_succession(
    *,
    actor: Actor,
    old: AdministrativeUnit,
    new: AdministrativeUnit,
    effective_on: dt.date,
    whole: bool = True,
    is_main: bool = True,
    source: str = "",
) -> Succession:
    """Write down that a unit went, whole or in part, into another one on a day. Raises ``AccessDenied``, :class:`EntryRefused`."""
    require(actor, EDIT)
    if old.effective_to is None or old.effective_to > effective_on:
        raise EntryRefused(f"{old} còn hiệu lực sau ngày này. Hãy ngừng dùng đơn vị cũ trước.")
    if new.effective_from > effective_on or (new.effective_to is not None and new.effective_to <= effective_on):
        raise EntryRefused(f"{new} không có hiệu lực vào ngày này.")
    earlier = Succession.objects.select_for_update().filter(old=old)
    if any(row.new_id == new.pk or whole or row.share == Succession.Share.WHOLE for row in earlier):
        raise EntryRefused(f"Đã ghi {old} chuyển về đâu.")
    share = Succession.Share.WHOLE if whole else Succession.Share.PART
    with history(actor, "catalogues.succession"):
        row = Succession(old=old, new=new, effective_on=effective_on, share=share, is_main=whole or is_main, source=source)
        row.save()
    audit.record(
        actor=actor,
        act="catalogues.succession",
        target=row._meta.label_lower,
        target_id=str(row.pk),
        unit=actor.unit,
        details={"old": old.code, "new": new.code, "on": str(effective_on), "share": row.share},
    )
    return row


def only_facts(model: type[CatalogueEntry], given: dict[str, Any]) -> None:
    """Refuse names that are no facts of the catalogue: a slip in our own code."""
    unknown = set(given) - set(model.facts) - {"origin"}
    if unknown:
        raise TypeError(f"{model.__name__} has no facts {sorted(unknown)}")


def checked(entry: E) -> E:
    """The entry with its keys, if its facts hold; :class:`EntryRefused` names what does not."""
    entry.derive()
    problems = problems_of(entry)
    if problems:
        raise EntryRefused("; ".join(problem for _, problem in problems))
    return entry


def problems_of(entry: CatalogueEntry) -> list[tuple[str, str]]:
    """What is wrong with an entry, as (field, reason): each field by itself, then the rules of its catalogue."""
    # A related row was just looked up by its code: asking whether it exists would be a query for each.
    known = {field.name for field in foreign_keys(type(entry)) if field.get_cached_value(entry, default=None) is not None}
    try:
        entry.clean_fields(exclude={"created_at", "updated_at", "sort_key", "search_key", "successor"} | known)
        entry.clean()
    except ValidationError as error:
        return [(field, reason) for field, reasons in error.message_dict.items() for reason in reasons]
    return []


def foreign_keys(model: type[CatalogueEntry]) -> list[ForeignKey[Any, Any]]:
    """The relations of a catalogue."""
    return [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]


def history(actor: Actor, act: str) -> Any:
    """Ties the rows' history to who did it: position and unit, no names."""
    return pghistory.context(act=act, position=str(actor.position_id or ""), unit=actor.unit)


def write_act(actor: Actor, act: str, entry: CatalogueEntry, **details: Any) -> None:
    """The audit's row of one change."""
    audit.record(
        actor=actor,
        act=act,
        target=entry._meta.label_lower,
        target_id=str(entry.pk),
        unit=actor.unit,
        details={"code": entry.code, "from": str(entry.effective_from), "to": str(entry.effective_to or ""), **details},
    )


def _locked(entry: E) -> E:
    old: E = type(entry)._default_manager.select_for_update().get(pk=entry.pk)  # type: ignore[assignment]
    if old.effective_to is not None:
        raise EntryRefused("Mục này đã hết hiệu lực hoặc đã có mục thay thế. Tải lại trang để xem mục hiện hành.")
    return old
