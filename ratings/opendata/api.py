"""The machine's door to the open data: the rows of the published files, a page at a time."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.params import Path
from pydantic import Field

from portal.api_support import MAX_PAGE, ApiError, Cursor, Text, decode_cursor, encode_cursor, errors, public_answer
from ratings.models import OpenEdition
from ratings.opendata import formats, queries, sources
from ratings.opendata.datasets import DATASETS, LICENCE

router = Router(tags=["open-data"])


class ColumnOut(Schema):
    """A column: ``type`` is text, integer, decimal or boolean; the meaning in Vietnamese and English."""

    name: str
    type: str
    vi: str
    en: str


class DatasetOut(Schema):
    """A dataset and the months and years of which there are files, the newest first."""

    dataset: str
    title: str
    title_en: str
    licence: str
    columns: list[ColumnOut]
    periods: list[str]


class RowsOut(Schema):
    """Rows of the newest edition of a month or year; ``next`` is empty on the last page. ``sha256`` is of all rows together."""

    dataset: str
    month: str
    edition: int
    sha256: str
    licence: str
    items: list[dict[str, Any]]
    next: str


@router.get("", response=list[DatasetOut], summary="The datasets, what their columns mean, and of which months there are files")
@public_answer
def list_datasets(request: HttpRequest) -> list[dict[str, Any]]:
    """The same as on ``/du-lieu-mo/``; ``/du-lieu-mo/catalog.jsonld`` describes the files in DCAT."""
    periods: dict[str, list[str]] = {}
    for row in queries.newest():
        periods.setdefault(row.bundle, []).append(row.period)
    return [
        {
            "dataset": dataset.slug,
            "title": dataset.title_vi,
            "title_en": dataset.title_en,
            "licence": LICENCE,
            "columns": [{"name": one.name, "type": one.type, "vi": one.vi, "en": one.en} for one in dataset.columns],
            "periods": sorted(periods.get(dataset.bundle, []), reverse=True),
        }
        for dataset in DATASETS.values()
    ]


@router.get("/{dataset}", response=RowsOut, summary="Rows of one dataset", openapi_extra=errors("not_found", "bad_cursor"))
@public_answer
def read_rows(
    request: HttpRequest,
    dataset: Annotated[Text, Path(max_length=20)],
    month: Annotated[Text, Field(max_length=7, description="a month as 2026-10 or a year as 2026; empty: the newest month")] = "",
    cursor: Cursor = "",
) -> dict[str, Any]:
    """Up to 200 rows a page. When a later edition is published meanwhile, a cursor of the one before is refused: begin again."""
    found = DATASETS.get(dataset)
    if found is None:
        raise ApiError("not_found", "There is no such dataset.")
    edition, number, offset, read = _placed(cursor) if cursor else (_newest(found.bundle, month), 1, 0, 0)
    if edition.bundle != found.bundle or (month and month != edition.period):
        raise ApiError("bad_cursor", detail="The cursor belongs to another dataset or month.")
    items: list[list[Any]] = []
    while len(items) < MAX_PAGE and (part := queries.part(edition, found.slug, number)) is not None:
        rows = sources.unpacked(part)
        taken = rows[offset : offset + MAX_PAGE - len(items)]
        items += taken
        number, offset = (number, offset + len(taken)) if offset + len(taken) < len(rows) else (number + 1, 0)
    read += len(items)
    table = edition.tables[found.slug]
    return {
        "dataset": found.slug,
        "month": edition.period,
        "edition": edition.number,
        "sha256": table["sha256"],
        "licence": LICENCE,
        "items": [dict(zip(found.names, map(formats.value, found.columns, row), strict=True)) for row in items],
        "next": encode_cursor(str(edition.pk), str(number), str(offset), str(read)) if items and read < table["rows"] else "",
    }


def _newest(bundle: str, month: str) -> OpenEdition:
    rows = queries.newest(bundle, month) if month else queries.editions().filter(bundle=bundle, kind="m")
    found = rows.first()
    if found is None:
        raise ApiError("not_found", "Of this month or year nothing is published.")
    return found


def _placed(cursor: str) -> tuple[OpenEdition, int, int, int]:
    """Where a page begins: edition, part, row of the part, rows read before."""
    key, *numbers = decode_cursor(cursor, 4)
    try:
        number, offset, read = (int(one) for one in numbers if one.isascii() and one.isdigit() and len(one) < 10)
        edition = queries.editions().filter(pk=UUID(key)).first()
    except ValueError:
        edition = None
    if edition is None:
        raise ApiError("bad_cursor")
    if queries.newest(edition.bundle, edition.period).first() != edition:
        raise ApiError("bad_cursor", detail="A later edition was published meanwhile: begin again without a cursor.")
    return edition, number, offset, read
