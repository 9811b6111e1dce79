"""Every blind index of the database under the cover that is written now: found by its field, rewritten in batches, looked for again.

No value is needed: a cover is taken off and another put on (:mod:`portal.crypto.blind`). So an index whose value nobody has (owners of
dossiers handled elsewhere, tokens, history) changes like the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pgtrigger
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, connection, models, transaction

from portal.crypto.blind import BARE, recovered, written
from portal.crypto.fields import BlindIndexField

_Row = tuple[tuple[Any, ...], Any]
"""Primary key, and the index or the indexes."""


@dataclass(frozen=True)
class Column:
    """A column with blind indexes: one a row, or a list of them."""

    model: type[models.Model]
    name: str
    is_list: bool

    def __str__(self) -> str:
        return f"{self.model._meta.db_table}.{self.name}"

    @property
    def keys(self) -> list[tuple[str, str]]:
        """Columns of the primary key with their types."""
        fields = self.model._meta.pk_fields
        return [(str(field.column), field.rel_db_type(connection) or "") for field in fields]


def columns() -> list[Column]:
    """All of them, those of history tables too. Their order is nobody's concern: every form is looked up meanwhile."""
    found = []
    for model in apps.get_models():
        if model._meta.proxy:
            continue
        for field in model._meta.local_concrete_fields:
            is_list = isinstance(field, ArrayField) and isinstance(field.base_field, BlindIndexField)
            if not is_list and not isinstance(field, BlindIndexField):
                continue
            found.append(Column(model, str(field.column), is_list))
            history = getattr(model, "pgh_event_model", None)
            if history is not None and any(one.name == field.name for one in history._meta.concrete_fields):
                found.append(Column(history, str(history._meta.get_field(field.name).column), is_list))
    return sorted(found, key=str)


def _stale(expression: str) -> str:
    """SQL: whether an index stands under another cover than the one that is written."""
    # What is written is an id of [a-z0-9-] by its setting.
    return f"strpos({expression}, '.') > 0" if written() == BARE else f"NOT starts_with({expression}, '{written()}.')"


def _condition(column: Column) -> str:
    name = connection.ops.quote_name(column.name)
    if column.is_list:
        return f"EXISTS (SELECT 1 FROM unnest({name}) AS one WHERE {_stale('one')})"  # noqa: S608
    return f"{name} <> '' AND {_stale(name)}"


def _batches(column: Column, size: int) -> Iterator[list[_Row]]:
    """Stale rows in the order of the primary key."""
    quote = connection.ops.quote_name
    keys = ", ".join(quote(name) for name, _ in column.keys)
    table, value = quote(column.model._meta.db_table), quote(column.name)
    after: tuple[Any, ...] = ()
    while True:
        beyond = f"({keys}) > ({', '.join(['%s'] * len(after))}) AND " if after else ""
        query = f"SELECT {keys}, {value} FROM {table} WHERE {beyond}{_condition(column)} ORDER BY {keys} LIMIT {size:d}"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(query, after)
            rows = [(tuple(row[:-1]), row[-1]) for row in cursor.fetchall()]
        if not rows:
            return
        yield rows
        after = rows[-1][0]


def _literal(value: Any) -> str:
    """A value as PostgreSQL reads it: an index, or a list of them. Neither holds a sign that means anything in a list."""
    return "{" + ",".join(value) + "}" if isinstance(value, list) else value


def _renewed(value: Any) -> Any:
    """The same under the cover that is written; None where it cannot be read."""
    if isinstance(value, list):
        new = [recovered(one) for one in value]
        return None if None in new else new
    return recovered(value)


def _write(column: Column, rows: Sequence[tuple[_Row, Any]]) -> int:
    """Write indexes where they stand as they were read. The value stays what it was, so no history and no other trigger follows."""
    quote = connection.ops.quote_name
    kind = "varchar[]" if column.is_list else "varchar"
    listed = ", ".join(f"%s::{kind_of}[]" for _, kind_of in column.keys)
    names = ", ".join(f"k{place}" for place in range(len(column.keys)))
    same = " AND ".join(f"t.{quote(name)} = n.k{place}" for place, (name, _) in enumerate(column.keys))
    value = quote(column.name)
    query = (
        f"UPDATE {quote(column.model._meta.db_table)} AS t SET {value} = n.after::{kind}"  # noqa: S608
        f" FROM unnest({listed}, %s::text[], %s::text[]) AS n({names}, before, after) WHERE {same} AND t.{value} = n.before::{kind}"
    )
    keys = [[row[0][place] for row, _ in rows] for place in range(len(column.keys))]
    values = [[_literal(row[1]) for row, _ in rows], [_literal(new) for _, new in rows]]
    with pgtrigger.ignore(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(query, [*keys, *values])
        return int(cursor.rowcount)


@dataclass
class Rotated:
    """What became of a column: rows written anew, rows whose index is another row's already, rows whose index no key of ours reads."""

    written: int = 0
    twice: int = 0
    unreadable: int = 0


def rotate(column: Column, *, batch: int) -> Rotated:
    """Bring a column under the cover that is written. Stopped at any moment and begun again it goes on with what is left."""
    done = Rotated()
    for rows in _batches(column, batch):
        renewed = [(row, _renewed(row[1])) for row in rows]
        readable = [(row, new) for row, new in renewed if new is not None]
        done.unreadable += len(renewed) - len(readable)
        try:
            done.written += _write(column, readable)
        except IntegrityError:
            for one in readable:
                try:
                    done.written += _write(column, [one])
                except IntegrityError:
                    done.twice += 1
    return done


def left(column: Column) -> int:
    """Rows of a column that stand under another cover."""
    table = connection.ops.quote_name(column.model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {_condition(column)}")  # noqa: S608
        return int(cursor.fetchone()[0])
