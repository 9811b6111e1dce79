"""What a survey's questions are and what answers them: pure functions, the same for a form, an import and a definition file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CHOICE, SEVERAL, STEPS, TEXT = "choice", "several", "steps", "text"
KINDS = {CHOICE: "Chọn một", SEVERAL: "Chọn nhiều", STEPS: "Mức 1 đến 5", TEXT: "Ghi bằng lời"}
MAX_QUESTIONS, MAX_OPTIONS, MAX_LABEL, MAX_OPTION, MAX_TEXT = 40, 20, 300, 200, 2000
LEAST = 5
"""Fewer responses than this are not published."""
_KEY = re.compile(r"[a-z][a-z0-9_]{0,19}", re.ASCII)
_FORM = "dvcqg-khao-sat/1"


@dataclass(frozen=True)
class Question:
    """One question. Options are answered by their place in the list, ``"0"`` first; steps by ``"1"`` … ``"5"``."""

    key: str
    kind: str
    label: str
    required: bool = False
    options: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """As it is kept and exported."""
        return {"key": self.key, "kind": self.kind, "label": self.label, "required": self.required, "options": list(self.options)}

    @property
    def allowed(self) -> tuple[str, ...]:
        """What may be chosen."""
        return tuple("12345") if self.kind == STEPS else tuple(str(at) for at in range(len(self.options)))

    def shown(self, value: str) -> str:
        """A chosen value as people read it."""
        return self.options[int(value)] if self.kind in (CHOICE, SEVERAL) else value


def questions_of(data: Iterable[Mapping[str, Any]]) -> list[Question]:
    """The questions of kept or read data; ``ValueError`` with words for the maker where they cannot be used."""
    if not isinstance(data, list):
        raise ValueError("“questions” phải là một danh sách.")
    if len(data) > MAX_QUESTIONS:
        raise ValueError(f"Một khảo sát có nhiều nhất {MAX_QUESTIONS} câu hỏi.")
    found: list[Question] = []
    for at, entry in enumerate(data, 1):
        found.append(_question(at, entry))
    keys = [question.key for question in found]
    if twice := next((key for key in keys if keys.count(key) > 1), ""):
        raise ValueError(f"Mã câu hỏi “{twice}” dùng hai lần.")
    return found


def _question(at: int, entry: Any) -> Question:
    if not isinstance(entry, Mapping):
        raise ValueError(f"Câu {at}: không phải một câu hỏi.")
    key, kind, label, options = entry.get("key"), entry.get("kind"), entry.get("label"), entry.get("options", [])
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ValueError(f"Câu {at}: mã phải là chữ thường không dấu, chữ số, gạch dưới, nhiều nhất 20 ký tự.")
    if kind not in KINDS:
        raise ValueError(f"Câu {at}: loại phải là một trong {', '.join(KINDS)}.")
    if not isinstance(label, str) or not label.strip() or len(label) > MAX_LABEL:
        raise ValueError(f"Câu {at}: câu hỏi có từ 1 đến {MAX_LABEL} ký tự.")
    if not isinstance(options, list) or not all(isinstance(one, str) and 0 < len(one.strip()) <= MAX_OPTION for one in options):
        raise ValueError(f"Câu {at}: mỗi lựa chọn có từ 1 đến {MAX_OPTION} ký tự.")
    if kind in (CHOICE, SEVERAL):
        if not 2 <= len(options) <= MAX_OPTIONS or len(set(options)) != len(options):
            raise ValueError(f"Câu {at}: cần từ 2 đến {MAX_OPTIONS} lựa chọn khác nhau.")
    elif options:
        raise ValueError(f"Câu {at}: loại này không có lựa chọn.")
    if not isinstance(entry.get("required", False), bool):
        raise ValueError(f"Câu {at}: “required” là true hoặc false.")
    return Question(key, kind, label.strip(), entry.get("required", False), tuple(option.strip() for option in options))


def definition(title: str, intro: str, questions: Sequence[Question]) -> dict[str, Any]:
    """What is exported, to be built again on another platform (VNForm) or brought back here."""
    return {"form": _FORM, "title": title, "intro": intro, "questions": [question.as_data() for question in questions]}


def read_definition(data: Any) -> list[Question]:
    """The questions of an exported definition; ``ValueError`` with words for the maker."""
    if not isinstance(data, Mapping) or data.get("form") != _FORM:
        raise ValueError(f"Tệp không phải định nghĩa khảo sát (thiếu “form”: “{_FORM}”).")
    found = questions_of(data.get("questions", []))
    if not found:
        raise ValueError("Tệp không có câu hỏi nào.")
    return found


@dataclass(frozen=True)
class Answers:
    """What was answered: chosen values and texts by question."""

    chosen: dict[str, Any]
    texts: dict[str, str]


def read_answers(questions: Sequence[Question], row: Mapping[str, Any]) -> tuple[Answers, dict[str, str]]:
    """What a row of an import says, and what is wrong with it by question. Options by their words or their place; several by ``;``."""
    chosen: dict[str, Any] = {}
    texts: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for question in questions:
        value = row.get(question.key)
        parts = _parts(question, value)
        if not parts:
            if question.required:
                wrong[question.key] = "thiếu câu trả lời bắt buộc"
            continue
        if question.kind == TEXT:
            if len(parts[0]) > MAX_TEXT:
                wrong[question.key] = f"dài quá {MAX_TEXT} ký tự"
            texts[question.key] = parts[0]
            continue
        values = [_value(question, part) for part in parts]
        if None in values or (question.kind != SEVERAL and len(values) > 1):
            wrong[question.key] = "không có trong các lựa chọn"
            continue
        known = [value for value in values if value is not None]
        chosen[question.key] = sorted(set(known), key=int) if question.kind == SEVERAL else known[0]
    return Answers(chosen, texts), wrong


def _parts(question: Question, value: Any) -> list[str]:
    if value is None or isinstance(value, dict):
        return []
    if isinstance(value, list):
        return [str(part).strip() for part in value if str(part).strip()]
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    if question.kind == SEVERAL:
        return [part.strip() for part in text.split(";") if part.strip()]
    return [text] if text else []


def _value(question: Question, part: str) -> str | None:
    if part in question.options:
        return str(question.options.index(part))
    return part if part in question.allowed else None


def counted(questions: Sequence[Question], counts: Mapping[str, Mapping[str, int]]) -> list[tuple[Question, list[tuple[str, int]]]]:
    """Each question with the words of what was chosen and how often, nothing left out; texts have none."""
    return [
        (question, [(question.shown(value), counts.get(question.key, {}).get(value, 0)) for value in question.allowed])
        for question in questions
    ]
