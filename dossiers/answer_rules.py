"""Checks of one answer against others, named in a form version (``"rules"`` of a field). Pure functions of answers and today.

A finding is ``wrong`` (the form is refused), ``unlikely`` (a person must say that it is so) or a ``note`` (worth knowing).
"""

from __future__ import annotations

import hashlib
import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.utils.translation import gettext as _

from accounts.identifiers import clean_id_number, fits
from dossiers.values import as_decimal

Kind = Literal["wrong", "unlikely", "note"]


@dataclass(frozen=True)
class Finding:
    """What a rule found: where it is mended, in words, and for ``unlikely`` the token of a confirmation."""

    kind: Kind
    field: str
    message: str
    token: str = ""
    """Another value gives another token: who confirms one thing has not confirmed the next."""


def years_between(first: date, second: date) -> int:
    """Whole years from one day to a later one; negative when the second is earlier. Born on 29 February, one ages on 1 March."""
    return second.year - first.year - ((second.month, second.day) < (first.month, first.day))


def day(text: str) -> date | None:
    """An answer of kind date; None when there is none or it is not valid."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


Rule = Callable[[str, Mapping[str, Any], Mapping[str, str], date], tuple[Kind, str] | None]


def _parent_of(name: str, args: Mapping[str, Any], answers: Mapping[str, str], today: date) -> tuple[Kind, str] | None:
    """``child``: field with the child's day; under ``impossible_under`` years no parent, outside ``usual`` worth a second look."""
    parent, child = day(answers.get(name, "")), day(answers.get(args["child"], ""))
    if parent is None or child is None:
        return None
    who, age = args["who"], years_between(parent, child)
    if parent >= child:
        return "wrong", _("Theo ngày đã ghi, %(who)s sinh sau trẻ. Bạn hãy kiểm tra lại hai ngày sinh.") % {"who": who}
    if age < args["impossible_under"]:
        return "wrong", _("Theo ngày đã ghi, %(who)s chỉ hơn trẻ %(age)d tuổi. Bạn hãy kiểm tra lại hai ngày sinh.") % {
            "who": who,
            "age": age,
        }
    youngest, oldest = args["usual"]
    if not youngest <= age <= oldest:
        return "unlikely", _("Theo ngày đã ghi, %(who)s %(age)d tuổi khi trẻ sinh ra.") % {"who": who, "age": age}
    return None


def _late_after(name: str, args: Mapping[str, Any], answers: Mapping[str, str], today: date) -> tuple[Kind, str] | None:
    """More than ``days`` days after the day in the field: ``text`` says what that means."""
    born = day(answers.get(name, ""))
    if born is None or (today - born).days <= args["days"]:
        return None
    return "note", args["text"]


def _younger_than(name: str, args: Mapping[str, Any], answers: Mapping[str, str], today: date) -> tuple[Kind, str] | None:
    """From ``years`` years of age on ``text`` asks whether this is the right form."""
    born = day(answers.get(name, ""))
    if born is None or years_between(born, today) < args["years"]:
        return None
    return "unlikely", args["text"]


def _number_fits(name: str, args: Mapping[str, Any], answers: Mapping[str, str], today: date) -> tuple[Kind, str] | None:
    """An identity number whose digits speak of another year of birth or sex than the field ``birth_date`` and ``sex``."""
    number, born = clean_id_number(answers.get(name, "")), day(answers.get(args["birth_date"], ""))
    if not number or born is None or fits(number, birth_date=born, female=args["sex"] == "female"):
        return None
    return "unlikely", _("Số định danh và ngày sinh của %(who)s không khớp nhau (số thứ tư đến thứ sáu chỉ giới tính và năm sinh).") % {
        "who": args["who"]
    }


def _differs_from(name: str, args: Mapping[str, Any], answers: Mapping[str, str], today: date) -> tuple[Kind, str] | None:
    """Two people cannot have one identity number; ``field`` holds the other."""
    own, other = answers.get(name, ""), answers.get(args["field"], "")
    return ("wrong", args["text"]) if own and own == other else None


def _compare(name: str, args: Mapping[str, Any], answers: Mapping[str, Any], today: date) -> tuple[Kind, str] | None:
    """The answer against an earlier one (``with``): numbers as numbers, days as days, other texts only as the same or not."""
    own, other = answers.get(name) or "", answers.get(args["with"]) or ""
    if not isinstance(own, str) or not isinstance(other, str) or not own or not other:
        return None
    numbers = as_decimal(own), as_decimal(other)
    days = day(own), day(other)
    pair: tuple[Any, Any] = (own, other)
    if None not in numbers:
        pair = numbers
    elif None not in days:
        pair = days
    elif args["op"] not in ("==", "!="):
        return None
    kind: Kind = args.get("kind", "wrong")
    return None if OPERATORS[args["op"]](*pair) else (kind, args["text"])


def _total(name: str, args: Mapping[str, Any], answers: Mapping[str, Any], today: date) -> tuple[Kind, str] | None:
    """The ``fields`` together make what stands in ``equals``; not answered is nothing."""
    whole = as_decimal(answers.get(args["equals"]) or "")
    parts = [number for field in args["fields"] if (number := as_decimal(answers.get(field) or "")) is not None]
    return None if whole is None or not parts or sum(parts) == whole else ("wrong", args["text"])


def _digits(name: str, args: Mapping[str, Any], answers: Mapping[str, Any], today: date) -> tuple[Kind, str] | None:
    """So many digits, with or without spaces, points and strokes between them."""
    text = re.sub(r"[\s.\-]", "", str(answers.get(name) or ""))
    least, most = args["length"]
    if not text or re.fullmatch(rf"[0-9]{{{least},{most}}}", text):
        return None
    if "text" in args:
        return "wrong", args["text"]
    if least == most:
        return "wrong", _("Chỗ này gồm đúng %(number)d chữ số. Bạn hãy kiểm tra lại.") % {"number": least}
    return "wrong", _("Chỗ này gồm từ %(least)d đến %(most)d chữ số. Bạn hãy kiểm tra lại.") % {"least": least, "most": most}


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
RULES: dict[str, Rule] = {
    "parent_of": _parent_of,
    "late_after": _late_after,
    "younger_than": _younger_than,
    "number_fits": _number_fits,
    "differs_from": _differs_from,
    "compare": _compare,
    "total": _total,
    "digits": _digits,
}
NEEDS: dict[str, frozenset[str]] = {
    "parent_of": frozenset({"child", "impossible_under", "usual", "who"}),
    "late_after": frozenset({"days", "text"}),
    "younger_than": frozenset({"years", "text"}),
    "number_fits": frozenset({"birth_date", "sex", "who"}),
    "differs_from": frozenset({"field", "text"}),
    "once": frozenset({"same", "of", "text"}),
    "compare": frozenset({"op", "with", "text"}),
    "total": frozenset({"fields", "equals", "text"}),
    "digits": frozenset({"length"}),
    "unique": frozenset({"text"}),
}
"""What each rule wants beside its name. ``once`` needs the dossiers that there are (`dossiers.queries.same_filings`), ``unique`` all rows
of its group (:func:`repeated`)."""
MAY: dict[str, frozenset[str]] = {"compare": frozenset({"kind"}), "digits": frozenset({"text"})}
"""What a rule may say beside that."""


def other_fields(rule: Mapping[str, Any]) -> list[str]:
    """Fields of the form that a rule names beside its own."""
    one = [rule[key] for key in ("child", "birth_date", "field", "with", "equals") if key in rule]
    return [*one, *rule.get("same", ()), *rule.get("of", ()), *rule.get("fields", ())]


def repeated(rows: Sequence[Mapping[str, Any]], name: str) -> list[int]:
    """Places of the rows whose answer to a field stands in an earlier row already; letters of either case are the same."""
    seen: set[str] = set()
    found = []
    for at, row in enumerate(rows):
        answer = str(row.get(name) or "").casefold()
        if answer and answer in seen:
            found.append(at)
        seen.add(answer)
    return found


def token_of(*parts: str) -> str:
    """What a confirmation is kept under."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]


def findings(fields: Iterable[Mapping[str, Any]], answers: Mapping[str, str], *, asked: Collection[str], today: date) -> list[Finding]:
    """What the rules of these fields say of the answers (days as ISO text), in the order of the form.

    A finding stands at the rule's own field or, where that is not asked, at the other one; what only the registry's own data
    could mend is left to the officer.
    """
    found: list[Finding] = []
    for spec in fields:
        for rule in spec.get("rules", ()):
            if rule["rule"] not in RULES:
                continue
            others = other_fields(rule)
            place = next((name for name in (spec["name"], *others) if name in asked), None)
            said = RULES[rule["rule"]](spec["name"], rule, answers, today) if place else None
            if said and place:
                values = (str(answers.get(name, "")) for name in (spec["name"], *others))
                found.append(Finding(*(said[0], place, said[1]), token=token_of(rule["rule"], spec["name"], *values)))
    return found
