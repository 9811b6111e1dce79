"""A process as a document: what it may say, what is wrong with one in sentences, and the steps it becomes. Pure functions.

document = {"name", "basis", "steps": […]}
step = {"name", "label", "role", "percent", "assign", "act", "return_to", "when", "opinions"}
opinion = {"name", "label", "agency", "question", "time", "valid_months", "required", "when"}

``percent`` is a step's share of the whole limit. ``act`` is ``decide`` or ``sign``: the step is passed by that act on the dossier, the two
stand last. ``when`` is a condition (`procedures.conditions`) on the answers of the form and on facts: ``channel`` (how it was filed, the
national code), ``unit_level``, ``opinion.<name>`` (what was said to an opinion that the process names: ``agree``, ``disagree`` …).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dossiers.form_documents import Fault
from dossiers.form_documents.checking import condition_faults
from portal.access.roles import COMPONENTS
from portal.workdays import Unit
from procedures.conditions import Condition, holds

ROLES: dict[str, str] = {name: label for name, label in COMPONENTS["Hồ sơ"] if name != "counter"}
"""Whose a step can be."""
RULES = {
    "same": "Người đang giữ hồ sơ",
    "least_loaded": "Người ít việc nhất",
    "area": "Người phụ trách địa bàn",
    "hand": "Phân công bằng tay",
}
"""How the officer of a step is found."""
ACTS = {"": "Chuyển bằng tay", "decide": "Quyết định và trình ký", "sign": "Ký kết quả"}
OPINION = "opinion."
"""Before the name of an opinion: the fact of what was said to it."""
MOST_STEPS = 20
STEP_KEYS = {"name", "label", "role", "percent", "assign", "act", "return_to", "when", "opinions"}
OPINION_KEYS = {"name", "label", "agency", "question", "time", "valid_months", "required", "when"}
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_AGENCY = re.compile(r"[A-Z][0-9]{2}(\.[0-9]{1,3}){0,3}")


@dataclass(frozen=True)
class Asking:
    """An opinion that a step needs."""

    name: str
    label: str
    agency: str = ""
    """Code of who is usually asked; empty: the officer says."""
    question: str = ""
    amount: int = 5
    unit: str = Unit.WORKING_DAY.value
    valid_months: int = 0
    """So long an opinion on the same party stands in for another; 0: each dossier is asked about anew."""
    required: bool = True
    when: Condition | None = None


@dataclass(frozen=True)
class Step:
    """One step."""

    name: str
    label: str
    role: str
    percent: int
    rule: str = "least_loaded"
    area_field: str = ""
    """The question whose answer is the place, where the rule is ``area``."""
    act: str = ""
    return_to: tuple[str, ...] = ()
    when: Condition | None = None
    opinions: tuple[Asking, ...] = ()


@dataclass(frozen=True)
class Process:
    """A process as it runs."""

    name: str
    basis: str
    steps: tuple[Step, ...]
    by_name: Mapping[str, Step] = field(repr=False, default_factory=dict)

    def after(self, name: str, answers: Mapping[str, Any], facts: Mapping[str, str]) -> Step | None:
        """The next step that is there after the one of this name, under these answers; the first for no name. None at the end."""
        names = [one.name for one in self.steps]
        start = names.index(name) + 1 if name else 0
        return next((one for one in self.steps[start:] if holds(one.when, answers, facts)), None)

    def there(self, answers: Mapping[str, Any], facts: Mapping[str, str]) -> list[Step]:
        """The steps that are there, in order."""
        return [one for one in self.steps if holds(one.when, answers, facts)]


def read(document: Mapping[str, Any]) -> Process:
    """The process a document without faults says."""
    steps = tuple(
        Step(
            name=one["name"],
            label=one["label"],
            role=one["role"],
            percent=one.get("percent", 0),
            rule=one.get("assign", {}).get("by", "least_loaded"),
            area_field=one.get("assign", {}).get("field", ""),
            act=one.get("act", ""),
            return_to=tuple(one.get("return_to", ())),
            when=one.get("when"),
            opinions=tuple(_asking(ask) for ask in one.get("opinions", ())),
        )
        for one in document["steps"]
    )
    return Process(document["name"], document.get("basis", ""), steps, {one.name: one for one in steps})


def _asking(one: Mapping[str, Any]) -> Asking:
    time = one.get("time", {})
    return Asking(
        name=one["name"],
        label=one["label"],
        agency=one.get("agency", ""),
        question=one.get("question", ""),
        amount=time.get("amount", 5),
        unit=time.get("unit", Unit.WORKING_DAY.value),
        valid_months=one.get("valid_months", 0),
        required=one.get("required", True),
        when=one.get("when"),
    )


def faults(document: Any, fields: Sequence[Mapping[str, Any]] | None = None) -> list[Fault]:
    """What is wrong with a document; ``fields``: the plain fields of the procedure's form, None where no procedure is known."""
    return list(_faults(document, fields))


def _faults(document: Any, fields: Sequence[Mapping[str, Any]] | None) -> Iterator[Fault]:
    if not isinstance(document, Mapping):
        yield Fault("", "Quy trình phải là một đối tượng JSON.")
        return
    if strange := sorted(set(document) - {"name", "basis", "steps"}):
        yield Fault("", f"Không hiểu khóa {', '.join(strange)}.")
    if not _text(document.get("name"), 200):
        yield Fault("name", "Quy trình phải có tên, không quá 200 ký tự.")
    if "basis" in document and not _text(document["basis"], 500):
        yield Fault("basis", "Căn cứ phải là chữ, không quá 500 ký tự.")
    steps = document.get("steps")
    if not isinstance(steps, list) or not 1 <= len(steps) <= MOST_STEPS or not all(isinstance(one, Mapping) for one in steps):
        yield Fault("steps", f"Quy trình phải có từ 1 đến {MOST_STEPS} bước.")
        return
    by_name = {str(one.get("name", "")): one for one in fields or ()}
    before: list[str] = []
    asked: list[str] = []
    for number, one in enumerate(steps, 1):
        yield from _step_faults(one, number, before, asked, by_name, whole=fields is not None)
        before.append(str(one.get("name", "")))
    shares = [one.get("percent", 0) for one in steps]
    if all(isinstance(share, int) for share in shares) and sum(shares) > 100:
        yield Fault("steps", f"Thời gian các bước cộng lại là {sum(shares)} %, nhiều hơn cả thời hạn.")
    acts = [one.get("act", "") for one in steps]
    if acts[-2:] != ["decide", "sign"] or "decide" in acts[:-2] or "sign" in acts[:-2]:
        yield Fault("steps", "Hai bước cuối phải là quyết định (decide) rồi ký kết quả (sign), mỗi việc một lần.")
    elif "when" in steps[-1] or "when" in steps[-2]:
        yield Fault("steps", "Bước quyết định và bước ký luôn có, không đặt điều kiện.")


def _step_faults(
    one: Mapping[str, Any],
    number: int,
    before: Sequence[str],
    asked: list[str],
    fields: Mapping[str, Mapping[str, Any]],
    *,
    whole: bool,
) -> Iterator[Fault]:
    name = one.get("name")
    called = f"Bước {number} ({one.get('label') or name})"
    at = str(name or f"steps.{number}")
    if strange := sorted(set(one) - STEP_KEYS):
        yield Fault(at, f"{called}: không hiểu khóa {', '.join(strange)}.")
    if not isinstance(name, str) or len(name) > 60 or not _NAME.fullmatch(name):
        yield Fault(at, f"{called}: tên viết bằng chữ thường không dấu, số, gạch nối.")
    elif name in before:
        yield Fault(at, f"{called}: tên {name} đã có ở bước trước.")
    if not _text(one.get("label"), 200):
        yield Fault(at, f"{called}: phải có tên gọi cho cán bộ đọc.")
    if one.get("role") not in ROLES:
        yield Fault(at, f"{called}: vai trò phải là một trong {', '.join(ROLES)}.")
    share, act = one.get("percent", 0), one.get("act", "")
    if not isinstance(share, int) or isinstance(share, bool) or not 0 <= share <= 100:
        yield Fault(at, f"{called}: thời gian là phần trăm của thời hạn, số nguyên từ 0 đến 100.")
    if act not in ACTS:
        yield Fault(at, f"{called}: act phải là decide, sign hoặc để trống.")
    if (act == "sign") != (one.get("role") == "signing") and act in ("sign", "decide"):
        yield Fault(at, f"{called}: bước ký là của vai trò signing, bước quyết định là của vai trò handling.")
    elif act == "decide" and one.get("role") != "handling":
        yield Fault(at, f"{called}: bước quyết định là của vai trò handling.")
    rule = one.get("assign", {})
    if not isinstance(rule, Mapping) or rule.get("by", "least_loaded") not in RULES or set(rule) - {"by", "field"}:
        yield Fault(at, f"{called}: cách giao việc phải là một trong {', '.join(RULES)}.")
    elif rule.get("by") == "area" and whole and fields.get(str(rule.get("field", "")), {}).get("kind") not in ("ward", "province"):
        yield Fault(at, f"{called}: giao theo địa bàn thì field phải là câu hỏi về phường, xã hoặc tỉnh trong biểu mẫu.")
    back = one.get("return_to", [])
    if not isinstance(back, list) or any(step not in before for step in back):
        yield Fault(at, f"{called}: chỉ trả lại được những bước đứng trước.")
    yield from _when(one, called, asked, fields, whole=whole)
    opinions = one.get("opinions", [])
    if not isinstance(opinions, list) or not all(isinstance(ask, Mapping) for ask in opinions) or (opinions and act):
        yield Fault(at, f"{called}: ý kiến là một danh sách, ở bước chuyển bằng tay.")
        return
    for ask in opinions:
        yield from _opinion_faults(ask, at, called, asked)
        yield from _when(ask, called, asked, fields, whole=whole)
        asked.append(str(ask.get("name", "")))


def _opinion_faults(ask: Mapping[str, Any], at: str, called: str, asked: Collection[str]) -> Iterator[Fault]:
    name, time = ask.get("name"), ask.get("time", {})
    if strange := sorted(set(ask) - OPINION_KEYS):
        yield Fault(at, f"{called}: ý kiến không hiểu khóa {', '.join(strange)}.")
    if not isinstance(name, str) or len(name) > 60 or not _NAME.fullmatch(name) or name == "khac":
        yield Fault(at, f"{called}: tên của ý kiến viết bằng chữ thường không dấu, số, gạch nối.")
    elif name in asked:
        yield Fault(at, f"{called}: ý kiến {name} đã được hỏi ở bước trước.")
    if not _text(ask.get("label"), 200):
        yield Fault(at, f"{called}: ý kiến phải nói về việc gì.")
    if "agency" in ask and not (isinstance(ask["agency"], str) and _AGENCY.fullmatch(ask["agency"])):
        yield Fault(at, f"{called}: mã cơ quan được hỏi không đúng.")
    if "question" in ask and not _text(ask["question"], 2000):
        yield Fault(at, f"{called}: câu hỏi phải là chữ, không quá 2000 ký tự.")
    amount = time.get("amount", 5) if isinstance(time, Mapping) else None
    if not isinstance(amount, int) or not 1 <= amount <= 90 or time.get("unit", "working_day") not in ("working_day", "hour"):
        yield Fault(at, f"{called}: thời hạn hỏi ý kiến là 1 đến 90 working_day hoặc hour.")
    months = ask.get("valid_months", 0)
    if not isinstance(months, int) or not 0 <= months <= 60:
        yield Fault(at, f"{called}: ý kiến dùng lại được từ 0 đến 60 tháng.")
    if not isinstance(ask.get("required", True), bool):
        yield Fault(at, f"{called}: required là true hoặc false.")


def _when(
    one: Mapping[str, Any], called: str, asked: Collection[str], fields: Mapping[str, Mapping[str, Any]], *, whole: bool
) -> Iterator[Fault]:
    if "when" not in one:
        return
    facts = {"channel", "unit_level", *(OPINION + name for name in asked)}
    spec = {"name": "", "label": called}
    for fault in condition_faults(spec, one["when"], fields if whole else _Any(), facts=facts):
        yield Fault(str(one.get("name", "")), fault.message)


class _Any(dict[str, Mapping[str, Any]]):
    """The fields of a form nobody knows yet: whatever is asked about is there and can be compared."""

    def get(self, key: Any, default: Any = None) -> Any:
        return {"name": key, "label": key, "kind": "province"}


def _text(value: Any, most: int) -> bool:
    return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= most
