"""What is different between two versions of a form, in words. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dossiers.designing.words import condition_words, key_words, value_words


@dataclass(frozen=True)
class Difference:
    """One thing that is new, gone or other than before."""

    kind: str
    """``added``, ``removed``, ``changed`` or ``moved``."""
    where: str
    what: str
    before: str = ""
    after: str = ""


KINDS = {"added": "Thêm", "removed": "Bỏ", "changed": "Sửa", "moved": "Đổi chỗ"}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Everything that is different from one document to another: title, pages, questions, papers, charges, payment."""
    found = of_values("Biểu mẫu", _top(before), _top(after))
    found += of_lists("Trang", list(before.get("pages", [])), list(after.get("pages", [])), "name", "title")
    found += of_lists("Câu hỏi", list(before.get("fields", [])), list(after.get("fields", [])), "name", "label")
    for part, title in (("papers", "Giấy tờ"), ("charges", "Lệ phí")):
        found += _of_rules(title, list(before.get(part, [])), list(after.get(part, [])))
    return found


def _top(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("pages", "fields", "papers", "charges")}


def of_values(where: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What is other under the keys of one part."""
    keys = [*before, *(key for key in after if key not in before)]
    return [
        Difference("changed", where, key_words(key), value_words(key, before.get(key)), value_words(key, after.get(key)))
        for key in keys
        if before.get(key) != after.get(key) and key not in ("name", "fields")
    ]


def of_lists(what: str, before: list[dict[str, Any]], after: list[dict[str, Any]], key: str, label: str) -> list[Difference]:
    """What is new, gone, other or elsewhere in a list of parts that have names."""
    old, new = {one[key]: one for one in before}, {one[key]: one for one in after}

    def called(one: Mapping[str, Any]) -> str:
        return f"{what} “{one.get(label) or one[key]}”"

    found = [Difference("removed", called(one), "") for name, one in old.items() if name not in new]
    kept_before, kept_after = [name for name in old if name in new], [name for name in new if name in old]
    for name, one in new.items():
        if name not in old:
            found.append(Difference("added", called(one), value_words("kind", one.get("kind", ""))))
            continue
        found += of_values(called(one), old[name], one)
        if "fields" in one or "fields" in old[name]:
            rows = of_lists("Cột", list(old[name].get("fields", [])), list(one.get("fields", [])), key, label)
            found += [Difference(row.kind, f"{called(one)} › {row.where}", row.what, row.before, row.after) for row in rows]
    if kept_before != kept_after:
        moved = [new[name] for before_name, name in zip(kept_before, kept_after, strict=True) if before_name != name]
        found.append(Difference("moved", f"{what}: thứ tự", "", "", ", ".join(str(one.get(label) or one[key]) for one in moved[:5])))
    return found


def _of_rules(title: str, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[Difference]:
    def called(rule: Mapping[str, Any]) -> str:
        return f"{title} “{rule.get('name') or rule.get('case') or rule.get('kind')}”"

    def said(rule: Mapping[str, Any]) -> str:
        rest = {key: value for key, value in rule.items() if key not in ("name", "case", "kind", "when")}
        parts = [condition_words(rule["when"])] if rule.get("when") else []
        return "; ".join([*parts, *(f"{key_words(key)}: {value_words(key, value)}" for key, value in rest.items())])

    gone = [rule for rule in before if rule not in after]
    come = [rule for rule in after if rule not in before]
    return [Difference("removed", called(rule), said(rule)) for rule in gone] + [
        Difference("added", called(rule), said(rule)) for rule in come
    ]
