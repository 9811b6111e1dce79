"""The same rows as CSV, JSON Lines and Parquet, written a part at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any

from ratings.opendata.datasets import LICENCE, Column, Dataset

Rows = list[list[Any]]
PIECE = 256 * 1024


def pieces(dataset: Dataset, ending: str, parts: Iterable[Rows]) -> Iterator[bytes]:
    """The bytes of a file, in pieces; no more than a part is in memory."""
    return {"csv": _csv, "jsonl": _json_lines, "parquet": _parquet}[ending](dataset, parts)


def value(column: Column, said: Any) -> Any:
    """A value as JSON tells it: a decimal is a number."""
    return float(said) if column.type == "decimal" and said is not None else said


def _csv(dataset: Dataset, parts: Iterable[Rows]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf" + _lines([dataset.names])
    for rows in parts:
        yield _lines([["" if cell is None else str(cell).lower() if isinstance(cell, bool) else cell for cell in row] for row in rows])


def _lines(rows: Rows) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def _json_lines(dataset: Dataset, parts: Iterable[Rows]) -> Iterator[bytes]:
    for rows in parts:
        told = (dict(zip(dataset.names, map(value, dataset.columns, row), strict=True)) for row in rows)
        yield "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in told).encode()


def _exact(column: Column, said: Any) -> Any:
    return Decimal(said) if column.type == "decimal" and said is not None else said


def _parquet(dataset: Dataset, parts: Iterable[Rows]) -> Iterator[bytes]:
    # Arrow is large: only the worker that writes a file pays for it.
    import pyarrow as pa
    from pyarrow import parquet

    types = {"text": pa.string(), "integer": pa.int64(), "decimal": pa.decimal128(12, 4), "boolean": pa.bool_()}
    fields = [
        pa.field(column.name, types[column.type], metadata={"description": column.en, "description_vi": column.vi})
        for column in dataset.columns
    ]
    schema = pa.schema(fields, metadata={"title": dataset.title_en, "title_vi": dataset.title_vi, "licence": LICENCE})
    with TemporaryFile() as out:
        with parquet.ParquetWriter(out, schema, compression="snappy") as writer:
            for rows in parts:
                columns = [
                    pa.array([_exact(column, cell) for cell in cells], types[column.type])
                    for column, cells in zip(dataset.columns, zip(*rows, strict=True), strict=True)
                ]
                writer.write_batch(pa.record_batch(columns, schema=schema))
        out.seek(0)
        while piece := out.read(PIECE):
            yield piece
