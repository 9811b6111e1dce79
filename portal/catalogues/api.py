"""The machine's door to the shared catalogues (C-17): what there is, one catalogue with its changes since a moment, one entry."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.params import Query

from portal.catalogues import queries
from portal.catalogues.models import CatalogueEntry
from portal.catalogues.registry import CATALOGUES, Catalogue
from portal.rest import MAX_PAGE, ApiError, decode_cursor, encode_cursor

router = Router(tags=["catalogues"])


class CatalogueLine(Schema):
    """One of the catalogues."""

    name: str
    title: str
    owner: str
    columns: list[str]


class EntryPage(Schema):
    """One page of entries; ``next`` is the cursor of the next page, null on the last."""

    items: list[dict[str, Any]]
    next: str | None


def _known(name: str) -> Catalogue:
    if name not in CATALOGUES:
        raise ApiError(404, "not_found", "There is no catalogue of this name.", ", ".join(CATALOGUES))
    return CATALOGUES[name]


def _entry(catalogue: Catalogue, row: CatalogueEntry) -> dict[str, Any]:
    """A row by its columns; relations by the code of the other entry."""
    relations = catalogue.relations
    found: dict[str, Any] = {}
    for column in catalogue.columns:
        value = getattr(row, column)
        found[column] = (value.code if value is not None else None) if column in relations else value
    found["updated_at"] = row.updated_at
    return found


@router.get("", response=list[CatalogueLine], summary="The shared catalogues")
def list_catalogues(request: HttpRequest) -> list[dict[str, Any]]:
    """Names for the addresses below, with owner and columns."""
    return [
        {"name": one.name, "title": str(one.model._meta.verbose_name_plural), "owner": one.owner, "columns": one.columns}
        for one in CATALOGUES.values()
    ]


@router.get("/{name}", response=EntryPage, summary="Entries of a catalogue, or its changes since a moment")
def list_entries(
    request: HttpRequest,
    name: str,
    updated_since: dt.datetime | None = None,
    on: dt.date | None = None,
    limit: int = Query(100, ge=1, le=MAX_PAGE),
    cursor: str = Query("", max_length=400),
) -> dict[str, Any]:
    """Without ``updated_since`` what holds on the day, by code; with it every row written or closed since then, oldest change first.

    Ask again from a minute before the newest ``updated_at`` you have: a change is dated when written and seen when its
    transaction ends.
    """
    catalogue = _known(name)
    related = tuple(catalogue.relations)
    if updated_since is not None:
        if updated_since.tzinfo is None:
            raise ApiError(422, "invalid_request", "updated_since needs a time zone, e.g. 2026-11-20T00:00:00+07:00.")
        changed = queries.changed_since(catalogue.model, updated_since)
        if cursor:
            moment, key = decode_cursor(cursor, 2)
            try:
                at = dt.datetime.fromisoformat(moment)
                changed = changed.filter(Q(updated_at__gt=at) | Q(updated_at=at, pk__gt=int(key)))
            except (ValueError, OverflowError):
                raise ApiError(422, "bad_cursor", "The cursor was not made by this API.") from None
        found = list(changed.select_related(*related)[: limit + 1])
        last = found[limit - 1] if len(found) > limit else None
        following = encode_cursor(last.updated_at.isoformat(), str(last.pk)) if last else None
    else:
        rows = catalogue.model._default_manager.on(on or timezone.localdate())  # type: ignore[attr-defined]
        [after] = decode_cursor(cursor, 1) if cursor else [""]
        found = list(rows.filter(code__gt=after).order_by("code").select_related(*related)[: limit + 1])
        following = encode_cursor(found[limit - 1].code) if len(found) > limit else None
    return {"items": [_entry(catalogue, row) for row in found[:limit]], "next": following}


@router.get("/{name}/{code}", response=dict[str, Any], summary="One entry as it holds on a day")
def read_entry(request: HttpRequest, name: str, code: str, on: dt.date | None = None) -> dict[str, Any]:
    """404 ``not_found`` where nothing with this code holds on that day."""
    catalogue = _known(name)
    rows = catalogue.model._default_manager.on(on or timezone.localdate())  # type: ignore[attr-defined]
    row = rows.filter(code=code).select_related(*catalogue.relations).first() if len(code) <= 40 and "\x00" not in code else None
    if row is None:
        raise ApiError(404, "not_found", "Nothing with this code holds on that day.")
    return _entry(catalogue, row)
