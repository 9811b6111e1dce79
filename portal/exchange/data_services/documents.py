"""How a data service is described: what is asked with, where it goes in the request, where the answer stands. Pure.

A document: ``method`` (GET, POST), ``path`` (``v1/units/{code}``), ``parameters`` (name → a pattern that the whole value must match, at
least one), ``query`` and ``body`` (name → ``{parameter}`` or a fixed text), ``answer`` (name → ``path``, ``kind``, ``optional``), ``same``
(parameter → path in the answer that must say it again: an answer about somebody else is none), ``absent`` (status of "there is none").
Paths are ``$.a.b``, ``$.rows[0].c``, ``$.rows[*].c``. Kinds: ``text``, ``number``, ``day``, ``flag``, ``texts``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

KINDS = ("text", "number", "day", "flag", "texts")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_PATH = re.compile(r"\$(\.[A-Za-z_][A-Za-z0-9_]*(\[(\d{1,3}|\*)\])?)+", re.ASCII)
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)(?:\[(\d{1,3}|\*)\])?", re.ASCII)
_PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}", re.ASCII)
_KEYS = frozenset({"method", "path", "parameters", "query", "body", "answer", "same", "absent"})
MOST_ROWS = 200


class BadDocument(ValueError):
    """A description that cannot be. The text is for the officer."""


class BadQuestion(ValueError):
    """A question that the description does not take; the text names the parameter."""


class WrongAnswer(ValueError):
    """An answer that is not what the description says."""


@dataclass(frozen=True)
class Question:
    """What goes out."""

    method: str
    path: str
    body: dict[str, Any] | None


def check(document: Any) -> None:
    """Say what is wrong with a description. :class:`BadDocument`."""
    if not isinstance(document, Mapping) or set(document) - _KEYS:
        raise BadDocument(f"Bản mô tả gồm các mục {', '.join(sorted(_KEYS))}.")
    if document.get("method", "GET") not in ("GET", "POST"):
        raise BadDocument("method là GET hoặc POST.")
    parameters = document.get("parameters")
    if (
        not isinstance(parameters, Mapping)
        or not parameters
        or not all(isinstance(one, str) and _NAME.fullmatch(one) for one in parameters)
    ):
        raise BadDocument("parameters cần ít nhất một tên (chữ thường, số, dấu gạch dưới).")
    for name, pattern in parameters.items():
        try:
            re.compile(pattern)
        except (re.error, TypeError):
            raise BadDocument(f"Mẫu của {name} không đúng.") from None
    path = document.get("path")
    if not isinstance(path, str) or not path or path.startswith("/") or ".." in path or "?" in path:
        raise BadDocument("path viết như v1/units/{code}, không có dấu / ở đầu, không có dấu ?.")
    places = set(_PLACE.findall(path))
    for part in ("query", "body"):
        rows = document.get(part, {})
        if not isinstance(rows, Mapping) or not all(isinstance(value, str) for value in rows.values()):
            raise BadDocument(f"{part} là tên và giá trị.")
        for value in rows.values():
            places |= set(_PLACE.findall(value))
    if places - set(parameters):
        raise BadDocument(f"Không có tham số {', '.join(sorted(places - set(parameters)))}.")
    answer = document.get("answer")
    if not isinstance(answer, Mapping) or not answer:
        raise BadDocument("answer cần ít nhất một giá trị.")
    for name, one in answer.items():
        if not _NAME.fullmatch(str(name)) or not isinstance(one, Mapping) or set(one) - {"path", "kind", "optional"}:
            raise BadDocument(f"answer.{name} gồm path, kind, optional.")
        if not _is_path(one.get("path")) or one.get("kind", "text") not in KINDS:
            raise BadDocument(f"answer.{name}: path viết như $.a.b[0].c, kind là {', '.join(KINDS)}.")
    same = document.get("same", {})
    if not isinstance(same, Mapping) or set(same) - set(parameters) or not all(_is_path(one) for one in same.values()):
        raise BadDocument("same là tham số và đường dẫn trong câu trả lời.")
    if document.get("absent") not in (None, 404, 204):
        raise BadDocument("absent là 404 hoặc 204.")


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and _PATH.fullmatch(value) is not None


def question_of(document: Mapping[str, Any], given: Mapping[str, str]) -> Question:
    """The request for these parameters. :class:`BadQuestion` for one that is missing, unknown, or not of its form."""
    parameters = document["parameters"]
    for name in (*given, *parameters):
        if name not in parameters or not isinstance(given.get(name), str) or not re.fullmatch(parameters[name], given[name]):
            raise BadQuestion(name)
    path = _PLACE.sub(lambda match: quote(given[match.group(1)], safe=""), document["path"])
    query = {name: _filled(value, given) for name, value in document.get("query", {}).items()}
    body = {name: _filled(value, given) for name, value in document.get("body", {}).items()}
    return Question(document.get("method", "GET"), path + (f"?{urlencode(query)}" if query else ""), body or None)


def _filled(value: str, given: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda match: given[match.group(1)], value)


def read(document: Mapping[str, Any], given: Mapping[str, str], said: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an answer, as JSON can hold them. :class:`WrongAnswer`."""
    for name, path in document.get("same", {}).items():
        if at(said, path) != given[name]:
            raise WrongAnswer(name)
    return {name: _value(name, one, at(said, one["path"])) for name, one in document["answer"].items()}


def _value(name: str, one: Mapping[str, Any], found: Any) -> Any:
    kind = one.get("kind", "text")
    if found is None and one.get("optional"):
        return None
    if kind == "texts":
        if not isinstance(found, list) or len(found) > MOST_ROWS or not all(isinstance(row, str) and len(row) <= 2000 for row in found):
            raise WrongAnswer(name)
        return found
    if kind == "number" and type(found) in (int, float):
        return found
    if kind == "flag" and isinstance(found, bool):
        return found
    if kind in ("text", "day") and isinstance(found, str) and len(found) <= 2000:
        if kind == "day":
            try:
                date.fromisoformat(found)
            except ValueError:
                raise WrongAnswer(name) from None
        return found
    raise WrongAnswer(name)


def at(said: Any, path: str) -> Any:
    """What stands at a path; None where there is nothing; a list for ``[*]``."""
    found, many = [said], False
    for key, index in _STEP.findall(path):
        found = [one[key] for one in found if isinstance(one, Mapping) and key in one]
        if index == "*":
            many, found = True, [row for one in found if isinstance(one, list) for row in one]
        elif index:
            found = [one[int(index)] for one in found if isinstance(one, list) and len(one) > int(index)]
    if many:
        return found
    return found[0] if found else None
