"""Changes of a result template's document, one at a time. Pure functions: each takes a document and gives another one."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dossiers.designing.editing import Document, EditRefused, field_of, new_name
from dossiers.result_documents.checking import MOST_BLOCKS
from dossiers.result_documents.places import places_in
from procedures.conditions import atoms


def empty(name: str) -> Document:
    """A template that prints what the officer writes, with a number, for a procedure that has none yet."""
    return {
        "title": name[:200],
        "register": {"label": "Số vào sổ", "books": False},
        "signature": {"office": "Người ký", "who": "lãnh đạo cơ quan"},
        "fields": [
            {"name": "noi_dung", "label": "Nội dung quyết định", "kind": "long_text", "required": True, "max_length": 2000},
        ],
        "blocks": [
            {"kind": "title", "text": name[:200]},
            {"kind": "number", "lines": [{"label": "Số", "text": "{register.number}"}]},
            {"kind": "facts", "lines": [{"label": "Cấp cho", "text": "{dossier.owner}"}]},
            {"kind": "paragraph", "text": "{decision.noi_dung}"},
            {
                "kind": "facts",
                "lines": [{"label": "Cơ quan", "text": "{unit.name}"}, {"label": "Ngày", "text": "{result.decided_on}"}],
            },
        ],
    }


def new_block(kind: str, document: Document, groups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A block as it begins. :class:`EditRefused` for a table where the form has nothing that repeats."""
    if kind == "table":
        if not groups:
            raise EditRefused("Tờ khai không có nhóm lặp lại nào nên không có gì để in thành bảng.", "kind")
        group = groups[0]
        columns = [{"label": one["label"], "text": f"{{row.{one['name']}}}"} for one in group["fields"] if one["kind"] != "note"]
        return {"kind": kind, "heading": group["label"], "group": f"answer.{group['name']}", "columns": columns}
    begins = {
        "title": {"text": document.get("title", "")},
        "subtitle": {"text": "(Bản điện tử)"},
        "number": {"lines": [{"label": "Số", "text": "{register.number}"}]},
        "facts": {"lines": [{"label": "Chủ hồ sơ", "text": "{dossier.owner}"}]},
        "paragraph": {"text": "Nội dung."},
    }
    return {"kind": kind, **begins[kind]}


def block_at(document: Document, place: int) -> dict[str, Any]:
    """The block at a place, from 0; :class:`EditRefused` where there is none."""
    blocks = document.get("blocks", [])
    if not 0 <= place < len(blocks):
        raise EditRefused("Khối này không còn trong mẫu.")
    return dict(blocks[place])


def add_block(document: Document, block: dict[str, Any], *, after: int | None) -> Document:
    """Put a block behind another one, or at the end."""
    blocks = list(document.get("blocks", []))
    if len(blocks) >= MOST_BLOCKS:
        raise EditRefused(f"Một mẫu có tối đa {MOST_BLOCKS} khối.")
    place = len(blocks) if after is None else after + 1
    return {**document, "blocks": [*blocks[:place], block, *blocks[place:]]}


def replace_block(document: Document, place: int, block: dict[str, Any]) -> Document:
    """Put a block in the place of another."""
    block_at(document, place)
    blocks = list(document["blocks"])
    blocks[place] = block
    return {**document, "blocks": blocks}


def move_block(document: Document, place: int, *, by: int) -> Document:
    """One place up (-1) or down (+1); at the end nothing happens."""
    block_at(document, place)
    blocks = list(document["blocks"])
    other = place + (1 if by > 0 else -1)
    if not 0 <= other < len(blocks):
        return document
    blocks[place], blocks[other] = blocks[other], blocks[place]
    return {**document, "blocks": blocks}


def remove_block(document: Document, place: int) -> Document:
    """Take a block out; the last one stays, a result says something."""
    block_at(document, place)
    if len(document["blocks"]) == 1:
        raise EditRefused("Mẫu cần ít nhất một khối.")
    return {**document, "blocks": [block for at, block in enumerate(document["blocks"]) if at != place]}


def question_name(label: str, document: Document) -> str:
    """A name for a question to the officer, out of its words."""
    return new_name(label, [str(field["name"]) for field in document.get("fields", [])])


def move_question(document: Document, name: str, *, by: int) -> Document:
    """One place up (-1) or down (+1)."""
    fields = list(document.get("fields", []))
    field_of(document, name)
    place = next(place for place, field in enumerate(fields) if field["name"] == name)
    other = place + (1 if by > 0 else -1)
    if not 0 <= other < len(fields):
        return document
    fields[place], fields[other] = fields[other], fields[place]
    return {**document, "fields": fields}


def remove_question(document: Document, name: str) -> Document:
    """Take a question to the officer out; :class:`EditRefused` while the paper prints it or looks at it, naming where."""
    field_of(document, name)
    if users := list(_users(document, name)):
        raise EditRefused(f"Chưa bỏ được, vì còn được dùng ở: {'; '.join(users)}. Bạn sửa những chỗ ấy trước.")
    return {**document, "fields": [field for field in document["fields"] if field["name"] != name]}


def _users(document: Document, name: str) -> Iterator[str]:
    full = f"decision.{name}"
    for number, block in enumerate(document.get("blocks", []), start=1):
        rows = [*block.get("lines", ()), *block.get("columns", ())]
        texts = [block.get("text", ""), block.get("heading", ""), *(row.get("text", "") for row in rows)]
        conditions = [part["when"] for part in (block, *rows) if part.get("when")]
        printed = any(full in names for text in texts for names, _how in places_in(text))
        if printed or any(one.get("field") == full for condition in conditions for one in atoms(condition)):
            yield f"khối {number}"
    if name in document.get("valid", {}).values():
        yield "thời hạn giá trị"


def tidied(document: Document) -> Document:
    """A document of one's own."""
    return copy.deepcopy(document)
