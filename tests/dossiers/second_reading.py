"""A second reading of the rules of forms, written from their description alone: slow, plain, without a line of the evaluator's.

Answers are as a dossier keeps them (numbers as digits, days as ``YYYY-MM-DD``), so that nothing here reads what people type.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any


def a_number(value: Any) -> Decimal | None:
    if not isinstance(value, str):
        return None
    body = value[1:] if value.startswith("-") else value
    whole, _, rest = body.partition(".")
    if not whole.isdigit() or ("." in body and not rest.isdigit()) or not body.isascii():
        return None
    return Decimal(value)


def a_day(value: Any) -> dt.date | None:
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return dt.date(int(value[:4]), int(value[5:7]), int(value[8:]))
    except ValueError:
        return None


def true(condition: dict[str, Any], visible: dict[str, Any], facts: dict[str, str]) -> bool:
    """Whether a condition is true, where ``visible`` are the answers of what is there."""
    match condition:
        case {"all": parts}:
            return [true(part, visible, facts) for part in parts].count(False) == 0
        case {"any": parts}:
            return [true(part, visible, facts) for part in parts].count(True) > 0
        case {"not": part}:
            return not true(part, visible, facts)
        case {"fact": name, "in": values}:
            return facts.get(name, "") in values
        case {"field": name, "in": values}:
            answer = visible.get(name, "")
            if isinstance(answer, list):
                return len(set(answer) & set(values)) > 0
            return answer in values
        case {"field": name, "filled": wanted}:
            answer = visible.get(name)
            return (answer not in (None, "", [])) is wanted
    bound = condition.get("at_least", condition.get("at_most"))
    answer = visible.get(condition["field"])
    left: Any = a_day(answer) if isinstance(bound, str) else a_number(answer)
    right: Any = a_day(bound) if isinstance(bound, str) else Decimal(str(bound))
    if left is None:
        return False
    return bool(left >= right if "at_least" in condition else left <= right)


def value_of(spec: dict[str, Any], visible: dict[str, Any], today: dt.date) -> str:
    """What a calculated field shows."""
    said = spec["value"]
    number: Decimal | None
    with localcontext() as context:
        context.prec = 100
        if "join" in said:
            return str(said.get("with", " ")).join(visible[name] for name in said["join"] if visible.get(name))
        if "count" in said:
            return str(len(visible.get(said["count"], [])))
        if "years" in said:
            born = a_day(visible.get(said["years"]))
            if born is None or born > today:
                return ""
            years = today.year - born.year
            if (today.month, today.day) < (born.month, born.day):
                years -= 1
            return str(years)
        if "sum" in said:
            found = [a_number(visible.get(name)) for name in said["sum"]]
            known = [one for one in found if one is not None]
            number = sum(known, Decimal(0)) if known else None
        elif "total" in said:
            group, name = said["total"]
            known = [one for one in (a_number(row.get(name)) for row in visible.get(group, [])) if one is not None]
            number = sum(known, Decimal(0)) if known else None
        elif "product" in said:
            number = Decimal(1)
            for one in said["product"]:
                factor = a_number(visible.get(one)) if isinstance(one, str) else Decimal(str(one))
                number = None if number is None or factor is None else number * factor
        else:
            first, second = a_number(visible.get(said["difference"][0])), a_number(visible.get(said["difference"][1]))
            number = None if first is None or second is None else first - second
        if number is None:
            return ""
        if spec["kind"] in ("money", "number"):
            number = number.quantize(Decimal(1), rounding=ROUND_HALF_UP)
        text = f"{number:f}"
        while "." in text and text[-1] in "0.":
            text = text[:-1] if text[-1] == "0" else text[:-1] + "|"
            if text.endswith("|"):
                text = text[:-1]
                break
        return "0" if text in ("-0", "") else text


def read(
    fields: list[dict[str, Any]], answers: dict[str, Any], facts: dict[str, str], today: dt.date, around: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Name → what counts of it, of all fields that are there; and under ``!`` the names of those that must be answered."""
    here: dict[str, Any] = {}
    must: set[str] = set()
    for spec in fields:
        name, kind = spec["name"], spec["kind"]
        visible = {**(around or {}), **here}
        if "when" in spec and not true(spec["when"], visible, facts):
            continue
        if spec.get("required") or ("required_when" in spec and true(spec["required_when"], visible, facts)):
            must.add(name)
        if kind == "note":
            continue
        if "value" in spec:
            here[name] = value_of(spec, visible, today)
        elif kind == "group":
            rows = []
            for row in answers.get(name, []):
                inner = read(spec["fields"], row, facts, today, visible)
                inner.pop("!")
                asked = [part["name"] for part in spec["fields"] if "value" not in part and part["kind"] != "note"]
                if any(inner.get(one) for one in asked):
                    rows.append(inner)
            here[name] = rows
        elif (
            "prefill" in spec and facts.get(spec["prefill"]) and ("prefill_when" not in spec or true(spec["prefill_when"], visible, facts))
        ):
            here[name] = facts[spec["prefill"]]
        elif kind in ("choice", "choices"):
            offered = []
            for value, _label in spec["choices"]:
                limit = spec.get("choices_when", {}).get(value)
                if limit is None or true(limit, visible, facts):
                    offered.append(value)
            given = answers.get(name, "")
            if kind == "choice":
                here[name] = given if given in offered else ""
            else:
                here[name] = [value for value in offered if value in given]
        else:
            here[name] = answers.get(name, "")
    here["!"] = must
    return here
