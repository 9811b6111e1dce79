"""The machine's door to the shared catalogues (C-17): what there is, one catalogue with its changes since a moment, one entry."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.params import Query

from portal.api_support import (
    MAX_PAGE,
    ApiError,
    Cursor,
    Day,
    Moment,
    Text,
    decode_cursor,
    decode_moment,
    encode_cursor,
    encode_moment,
    errors,
    public_answer,
)  # fmt: skip
from portal.catalogues import queries
from portal.catalogues.models import CatalogueEntry
from portal.catalogues.registry import CATALOGUES, Catalogue

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
        raise ApiError("not_found", "There is no catalogue of this name.", ", ".join(CATALOGUES))
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
@public_answer
def list_catalogues(request: HttpRequest) -> list[dict[str, Any]]:
    """Names for the addresses below, with owner and columns."""
    return [
        {"name": one.name, "title": str(one.model._meta.verbose_name_plural), "owner": one.owner, "columns": one.columns}
        for one in CATALOGUES.values()
    ]


@router.get(
    "/{name}",
    response=EntryPage,
    summary="Entries of a catalogue, or its changes since a moment",
    openapi_extra=errors("not_found", "bad_cursor"),
)
@public_answer
def list_entries(
    request: HttpRequest,
    name: Text,
    updated_since: Moment | None = None,
    on: Day | None = None,
    limit: int = Query(100, ge=1, le=MAX_PAGE),
    cursor: Cursor = "",
) -> dict[str, Any]:
    """Without ``updated_since`` what holds on the day, by code; with it every row written or closed since then, oldest change first.

    Ask again from a minute before the newest ``updated_at`` you have: a change is dated when written and seen when its
    transaction ends.
    """
    catalogue = _known(name)
    related = tuple(catalogue.relations)
    if updated_since is not None:
        changed = queries.changed_since(catalogue.model, updated_since)
        if cursor:
            at, key = decode_moment(cursor)
            changed = changed.filter(Q(updated_at__gt=at) | Q(updated_at=at, pk__gt=key))
        found = list(changed.select_related(*related)[: limit + 1])
        last = found[limit - 1] if len(found) > limit else None
        following = encode_moment(last.updated_at, last.pk) if last else None
    else:
        rows = catalogue.model._default_manager.on(on or timezone.localdate())  # type: ignore[attr-defined]
        [after] = decode_cursor(cursor, 1) if cursor else [""]
        found = list(rows.filter(code__gt=after).order_by("code").select_related(*related)[: limit + 1])
        following = encode_cursor(found[limit - 1].code) if len(found) > limit else None
    return {"items": [_entry(catalogue, row) for row in found[:limit]], "next": following}


@router.get("/{name}/{code}", response=dict[str, Any], summary="One entry as it holds on a day", openapi_extra=errors("not_found"))
@public_answer
def read_entry(request: HttpRequest, name: Text, code: Text, on: Day | None = None) -> dict[str, Any]:
    """404 ``not_found`` where nothing with this code holds on that day."""
    catalogue = _known(name)
    rows = catalogue.model._default_manager.on(on or timezone.localdate())  # type: ignore[attr-defined]
    row = rows.filter(code=code).select_related(*catalogue.relations).first() if len(code) <= 40 else None
    if row is None:
        raise ApiError("not_found", "Nothing with this code holds on that day.")
    return _entry(catalogue, row)
