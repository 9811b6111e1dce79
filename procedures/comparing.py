"""What differs between two contents of a procedure, part by part, as officers and citizens read it. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from procedures import lines
from procedures.models import Anywhere, Level, Subject

TEXTS: Mapping[str, str] = {
    "name": "Tên thủ tục",
    "summary": "Tóm tắt",
    "who": "Ai được yêu cầu",
    "conditions": "Yêu cầu, điều kiện",
    "deadline_to_ask": "Hạn phải đi làm",
    "field": "Lĩnh vực",
    "levels": "Cấp thực hiện",
    "subjects": "Đối tượng thực hiện",
    "executing_agency": "Cơ quan thực hiện",
    "competent_agency": "Cơ quan có thẩm quyền",
    "authorised_agency": "Cơ quan được ủy quyền",
    "coordinating_agency": "Cơ quan phối hợp",
    "place": "Địa chỉ tiếp nhận",
    "anywhere": "Tiếp nhận không phụ thuộc địa giới hành chính",
    "dossier_sets": "Số bộ hồ sơ",
    "interlinked": "Thủ tục liên thông",
    "related": "Thủ tục liên quan",
    "steps": "Trình tự thực hiện",
    "channels": "Cách nộp, thời hạn, phí, lệ phí",
    "documents": "Thành phần hồ sơ",
    "results": "Kết quả thực hiện",
    "legal_bases": "Căn cứ pháp lý",
}
"""What is compared, in the order in which it is told. Keywords, English and sources are no content of the law."""
ROWS = frozenset({"steps", "channels", "documents", "results", "legal_bases"})


@dataclass(frozen=True)
class Difference:
    """One part that is another: lines that are gone, lines that are new."""

    part: str
    label: str
    gone: tuple[str, ...]
    new: tuple[str, ...]


def told(part: str, record: Mapping[str, Any]) -> list[str]:
    """A part of a record as lines."""
    value = record.get(part)
    if part in ROWS:
        return lines.written(part, value or []).splitlines()
    if part == "levels":
        return [str(Level(one).label) for one in value or []]
    if part == "subjects":
        return [str(Subject(one).label) for one in value or []]
    if part == "anywhere":
        return [str(Anywhere(value).label)] if value else []
    if isinstance(value, list):
        return [str(one) for one in value]
    if part == "dossier_sets":
        return [str(value or 1)]
    return [line for line in str(value or "").splitlines() if line.strip()]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The parts in which two records differ; of the same record none."""
    found = []
    for part, label in TEXTS.items():
        old, new = told(part, before), told(part, after)
        if old != new:
            gone, come = _lines(old, new)
            found.append(Difference(part, label, gone, come))
    return found


def _lines(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    gone: list[str] = []
    come: list[str] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            gone += old[a:b]
            come += new[c:d]
    return tuple(gone), tuple(come)
