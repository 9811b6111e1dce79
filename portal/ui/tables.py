"""Tables that sort by links: an order has an address, can be shared, and needs no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from django.http import QueryDict
from django.template.defaultfilters import date as as_date
from django.utils.formats import localize
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from portal.ui.tags import dong, number

SORT = "xep"
"""Query parameter: the column's key, with ``-`` before it for the other way round."""


@dataclass(frozen=True)
class Column:
    """A column: ``key`` names it in addresses and rows. ``kind`` sets how its cells are written and aligned."""

    key: str
    label: str
    kind: Literal["text", "number", "money", "date"] = "text"
    sortable: bool = False
    most_first: bool = False
    """Its link first shows what has most of it."""


@dataclass(frozen=True)
class Heading:
    """A column as ``table.html`` draws it."""

    label: str
    kind: str
    href: str
    sorted: str
    """The value of ``aria-sort``; empty where the table is not sorted by it."""


@dataclass(frozen=True)
class Cell:
    """One value; ``href`` makes it a link. The first cell of a row is the row's heading."""

    value: Any
    label: str
    kind: str
    href: str = ""

    def drawn(self) -> str:
        """The value as it is written, escaped, with its link."""
        value = self.value
        if value is None or value == "":
            words = "—"
        elif self.kind == "money":
            words = dong(value)
        elif self.kind == "number":
            words = number(value)
        elif self.kind == "date":
            words = as_date(value, "d/m/Y")
        else:
            words = conditional_escape(localize(value))
        return f'<a href="{conditional_escape(self.href)}">{words}</a>' if self.href else words


@dataclass(frozen=True)
class Table:
    """What ``components/table.html`` needs."""

    caption: str
    headings: list[Heading]
    rows: list[list[Cell]]
    exports: list[tuple[str, str]] = field(default_factory=list)

    def drawn(self) -> SafeString:
        """All rows. Set here and not in the template: of a table with a thousand cells its nodes cost more than all queries."""
        lines = []
        for first, *cells in self.rows:
            line = [f'<tr><th scope="row" class="{first.kind}">{first.drawn()}</th>']
            line += [f'<td class="{cell.kind}" data-label="{conditional_escape(cell.label)}">{cell.drawn()}</td>' for cell in cells]
            lines.append("".join([*line, "</tr>"]))
        return mark_safe("".join(lines))  # noqa: S308  every value is escaped above


def order(query: QueryDict | Mapping[str, str], columns: Sequence[Column], default: str) -> tuple[str, bool]:
    """The column to sort by and whether downward, from the address; anything unknown means ``default`` (``"-key"`` for downward)."""
    asked = str(query.get(SORT, ""))
    allowed = {column.key for column in columns if column.sortable}
    chosen = asked if asked.removeprefix("-") in allowed else default
    return chosen.removeprefix("-"), chosen.startswith("-")


def table(
    query: QueryDict,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, Any]],
    *,
    caption: str,
    default: str,
    exports: Sequence[tuple[str, str]] = (),
) -> Table:
    """A table of rows the caller has already sorted after :func:`order`.

    A row's value may be a pair (value, address). ``exports`` are pairs of a name and an address. A sort link keeps the other
    parameters of the address but the page: another order begins at its first page.
    """
    key, downward = order(query, columns, default)
    kept = [(name, value) for name, values in query.lists() if name not in (SORT, "trang") for value in values]
    headings = []
    for column in columns:
        is_next_down = not downward if column.key == key else column.most_first
        turned = f"-{column.key}" if is_next_down else column.key
        href = "?" + urlencode([*kept, (SORT, turned)]) if column.sortable else ""
        state = ("descending" if downward else "ascending") if column.sortable and column.key == key else ""
        headings.append(Heading(column.label, column.kind, href, state))
    drawn = []
    for row in rows:
        cells = []
        for column in columns:
            value = row.get(column.key)
            shown, href = value if isinstance(value, tuple) else (value, "")
            cells.append(Cell(shown, column.label, column.kind, href))
        drawn.append(cells)
    return Table(caption, headings, drawn, list(exports))
