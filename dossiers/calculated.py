"""Values that a form reckons itself (``"value"`` of a field). Pure functions of the answers that count.

    {"sum": [fields]}             of those that are answered; nothing where none is
    {"product": [field or number]}, {"difference": [a, b]}     nothing while one is not answered
    {"count": group}              rows of a repeated group
    {"total": [group, field]}     over its rows, of those that are answered; nothing where none is
    {"join": [fields], "with": ", "}     what is answered, with something between (a space where nothing is said)
    {"years": field}              whole years from a day to today; nothing for a day to come

Money and whole numbers are rounded to the nearest whole, half upwards; decimals to the field's ``decimals``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

from dossiers.answer_rules import day, years_between
from dossiers.values import as_decimal, plain

EXPRESSIONS = ("sum", "product", "difference", "count", "total", "join", "years")
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)


def names_in(expression: Mapping[str, Any]) -> Iterator[str]:
    """Names of the fields an expression looks at; of a total the group alone (its field stands in the group)."""
    for key in ("sum", "join", "product", "difference"):
        yield from (one for one in expression.get(key, ()) if isinstance(one, str))
    for key in ("count", "years"):
        if key in expression:
            yield expression[key]
    if "total" in expression:
        yield expression["total"][0]


def calculate(spec: Mapping[str, Any], answers: Mapping[str, Any], *, today: date) -> str:
    """The value of a calculated field; empty text while it cannot be known."""
    expression = spec["value"]
    if "join" in expression:
        parts = (answers.get(name) for name in expression["join"])
        return str(expression.get("with", " ")).join(part for part in parts if isinstance(part, str) and part)
    if "count" in expression:
        return str(len(_rows(answers, expression["count"])))
    if "years" in expression:
        born = day(answers.get(expression["years"]) or "")
        return str(years_between(born, today)) if born is not None and born <= today else ""
    with localcontext(_EXACT):
        number = _number(expression, answers)
        if number is None:
            return ""
        if spec["kind"] in ("money", "number"):
            number = number.quantize(Decimal(1))
        elif "decimals" in spec:
            number = number.quantize(Decimal(1).scaleb(-spec["decimals"]))
        return plain(number)


def _rows(answers: Mapping[str, Any], group: str) -> list[Mapping[str, Any]]:
    rows = answers.get(group)
    return rows if isinstance(rows, list) else []


def _number(expression: Mapping[str, Any], answers: Mapping[str, Any]) -> Decimal | None:
    if "sum" in expression:
        return _sum([as_decimal(answers.get(name)) for name in expression["sum"]])
    if "total" in expression:
        group, name = expression["total"]
        return _sum([as_decimal(row.get(name)) for row in _rows(answers, group)])
    if "product" in expression:
        product = Decimal(1)
        for one in expression["product"]:
            factor = as_decimal(answers.get(one)) if isinstance(one, str) else Decimal(str(one))
            if factor is None:
                return None
            product *= factor
        return product
    first, second = (as_decimal(answers.get(name)) for name in expression["difference"])
    return None if first is None or second is None else first - second


def _sum(numbers: list[Decimal | None]) -> Decimal | None:
    found = [number for number in numbers if number is not None]
    return sum(found, Decimal(0)) if found else None
