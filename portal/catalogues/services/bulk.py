"""Many rows at once, in a fixed number of statements: what loading and importing share."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from typing import Any

from django.db import connection
from django.utils import timezone
from psycopg.types.json import Jsonb

from portal.catalogues.models import CatalogueEntry
from portal.catalogues.registry import Catalogue

BATCH = 2000


class Resolver:
    """Finds the row that a code means for a row in force from one day to another; holds rows of the same batch too."""

    def __init__(self, model: type[CatalogueEntry], codes: Iterable[str]) -> None:
        self._rows: dict[str, list[CatalogueEntry]] = defaultdict(list)
        wanted = {code for code in codes if code}
        if wanted:
            for row in model._default_manager.filter(code__in=wanted).order_by("effective_from", "pk"):
                self.add(row)

    def add(self, row: CatalogueEntry) -> None:
        """Let a row that is about to be written be found."""
        self._rows[row.code].append(row)

    def remove(self, row: CatalogueEntry) -> None:
        """Forget a row that will not be written after all."""
        self._rows[row.code].remove(row)

    def find(self, code: str, begins: dt.date, ends: dt.date | None) -> CatalogueEntry | None:
        """The row of this code in force at the end of the period: the current one where the period is open."""
        rows = self._rows.get(code, [])
        if ends is None:
            return next((row for row in reversed(rows) if row.effective_to is None), None)
        day = max(begins, ends - dt.timedelta(days=1))
        return next(
            (row for row in reversed(rows) if row.effective_from <= day and (row.effective_to is None or row.effective_to > day)), None
        )


@dataclass
class Plan:
    """What is to be written: new rows, and old ones that end (with the row that succeeds them, or none)."""

    catalogue: Catalogue
    additions: list[CatalogueEntry] = field(default_factory=list)
    closings: list[tuple[CatalogueEntry, dt.date, CatalogueEntry | None]] = field(default_factory=list)
    links: list[tuple[CatalogueEntry, CatalogueEntry]] = field(default_factory=list)
    """Rows that ended already, and what succeeds them."""


def number(model: type[Any], rows: list[Any]) -> None:
    """Give new rows their keys beforehand, so that they can refer to one another (one query)."""
    if not rows:
        return
    with connection.cursor() as cursor:
        table, column = model._meta.db_table, model._meta.pk.column
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [f'"{table}"', column, len(rows)])
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key


def write(plan: Plan, *, copied: bool = False) -> None:
    """Write a plan: ends first, then the new rows, then who succeeds whom. Runs in the caller's transaction.

    ``copied`` sends the new rows by COPY: for what is shipped, whose rows leave no event of their own.
    """
    model = plan.catalogue.model
    by_day: dict[dt.date, list[int]] = defaultdict(list)
    for old, day, _ in plan.closings:
        by_day[day].append(old.pk)
    for day, keys in by_day.items():
        model._default_manager.filter(pk__in=keys).update(effective_to=day)
    links = plan.links + [(old, new) for old, _, new in plan.closings if new is not None]
    for old, new in links:
        old.successor = new  # type: ignore[assignment]
    if copied:
        copy(model, plan.additions)
    else:
        model._default_manager.bulk_create(plan.additions, batch_size=BATCH)
    # References are checked at the end of the transaction: a new row may name one that is written after it.
    fresh = {id(row) for row in plan.additions}
    model._default_manager.bulk_update([old for old, _ in links if id(old) not in fresh], ["successor"], batch_size=500)


def copy(model: type[Any], rows: list[Any]) -> None:
    """Write numbered rows by COPY, several times as fast as INSERT."""
    if not rows:
        return
    fields = model._meta.concrete_fields
    names = ", ".join(f'"{column.column}"' for column in fields)
    now = timezone.now()
    for name in [column.attname for column in fields if getattr(column, "auto_now_add", False)]:
        for row in rows:
            setattr(row, name, now)
    values = attrgetter(*(column.attname for column in fields))
    with connection.cursor() as cursor, cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as out:
        for row in rows:
            out.write_row([Jsonb(value) if isinstance(value, (list, dict)) else value for value in values(row)])
    if len(rows) >= BATCH:
        with connection.cursor() as cursor:
            # The plans made while the table was empty would look through all of it for every reference to check.
            cursor.execute(f'ANALYZE "{model._meta.db_table}"')


def comparable(facts: dict[str, Any]) -> dict[str, Any]:
    """Relations by code: a parent that was amended is still the same parent."""
    return {name: value.code if isinstance(value, CatalogueEntry) else value for name, value in facts.items()}


def kinds(catalogue: Catalogue) -> dict[str, str]:
    """How each fact is kept: the internal type of its field."""
    return {name: catalogue.model._meta.get_field(name).get_internal_type() for name in catalogue.model.facts}


def typed(kind: str, text: str) -> Any:
    """A cell as a field of that type holds it; relations stay codes. Raises ``ValueError`` with the reason, for the officer."""
    if kind == "BooleanField":
        return _boolean(text)
    if kind == "JSONField":
        return _json(text) if text else None
    if kind == "DecimalField":
        return _decimal(text) if text else None
    return text


def as_date(text: str) -> dt.date:
    """``2025-07-01`` or ``1/7/2025``."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(text, form).date()  # noqa: DTZ007  a day of the calendar has no zone
        except ValueError:
            continue
    raise ValueError("Ngày ghi dạng 2025-07-01 hoặc 01/07/2025.")


def _decimal(text: str) -> Decimal:
    """``21.028511``, also with a comma; six places, as degrees are kept."""
    try:
        return Decimal(text.strip().replace(",", ".")).quantize(Decimal("0.000001"))
    except InvalidOperation:
        raise ValueError("Số ghi dạng 21.028511.") from None


def _boolean(text: str) -> bool:
    answers = {"": False, "false": False, "không": False, "0": False, "true": True, "có": True, "1": True}
    try:
        return answers[text.lower()]
    except KeyError:
        raise ValueError("Ghi có hoặc không.") from None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError("Không đọc được; hãy giữ nguyên dạng như trong tệp xuất ra.") from None


def as_json(value: Any) -> str:
    """Lists and the like as a cell holds them."""
    return json.dumps(value, ensure_ascii=False)
