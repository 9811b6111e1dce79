"""What a result says under the facts of one dossier: blocks of plain values, kept with the document and drawn by one template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dossiers.conditions import counted, shown_fields
from dossiers.result_documents.places import Value, filled
from portal.documents.proofs import Section
from procedures.conditions import holds

Block = dict[str, Any]


def drawn(document: Mapping[str, Any], values: Mapping[str, Value]) -> list[Block]:
    """The blocks that are there, their places filled. A line or paragraph whose places are all empty is left out, and so is what holds
    nothing but such lines."""
    plain = {name: value.raw for name, value in values.items()}
    found = [_block(block, values, plain) for block in document["blocks"] if holds(block.get("when"), plain)]
    return [block for block in found if block is not None]


def _block(block: Mapping[str, Any], values: Mapping[str, Value], plain: Mapping[str, Any]) -> Block | None:
    heading = filled(block.get("heading", ""), values)
    made: Block = {"kind": block["kind"], "heading": heading.text}
    if block["kind"] in ("facts", "number"):
        made["lines"] = _lines(block["lines"], values, plain)
        return made if made["lines"] else None
    if block["kind"] == "table":
        made |= _table(block, values)
        return made if made["rows"] else None
    text = filled(block["text"], values)
    return None if text.is_empty else made | _said(text.text, text.compared)


def _lines(lines: Iterable[Mapping[str, Any]], values: Mapping[str, Value], plain: Mapping[str, Any]) -> list[list[dict[str, str]]]:
    """Lines in rows: one that stands beside the line before it shares its row."""
    rows: list[list[dict[str, str]]] = []
    starts = True
    for line in lines:
        # What stands beside a line that is left out begins the row instead of it.
        starts = starts or not line.get("beside")
        if not holds(line.get("when"), plain):
            continue
        text = filled(line["text"], values)
        if text.is_empty:
            continue
        one = {"label": line["label"], **_said(text.text, text.compared)}
        if starts:
            rows.append([one])
        else:
            rows[-1].append(one)
        starts = False
    return rows


def _table(block: Mapping[str, Any], values: Mapping[str, Value]) -> Block:
    group = values.get(block["group"])
    rows: list[list[dict[str, str]]] = []
    if group is not None and isinstance(group.raw, list):
        answers = {name.removeprefix("answer."): value.raw for name, value in values.items() if name.startswith("answer.")}
        outside = counted([value.spec for name, value in values.items() if name.startswith("answer.")], answers)
        for row in group.raw:
            if not isinstance(row, Mapping):
                continue
            own = {
                f"row.{spec['name']}": Value(spec, row.get(spec["name"], "")) for spec in shown_fields(group.spec["fields"], row, outside)
            }
            cells = [filled(column["text"], {**values, **own}) for column in block["columns"]]
            if any(cell.text for cell in cells):
                rows.append([_said(cell.text, cell.compared) for cell in cells])
    return {"columns": [column["label"] for column in block["columns"]], "rows": rows}


def _said(text: str, compared: str) -> dict[str, str]:
    return {"text": text} if text == compared else {"text": text, "compared": compared}


def _compared(one: Mapping[str, str]) -> str:
    return one.get("compared", one["text"])


def content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that a result prints, for comparing a print; numbers of identity by their last digits."""
    found: list[Section] = []
    loose: list[tuple[str, str]] = []
    for block in context["blocks"]:
        kind, heading = block["kind"], block["heading"]
        if kind in ("facts", "number"):
            lines = [(line["label"], _compared(line)) for row in block["lines"] for line in row]
            if kind == "number":
                loose += lines
                continue
            found.append(Section(heading, tuple(lines)))
        elif kind == "table":
            rows = [
                (f"Dòng {number}", "; ".join(f"{label}: {_compared(cell)}" for label, cell in zip(block["columns"], row, strict=True)))
                for number, row in enumerate(block["rows"], start=1)
            ]
            found.append(Section(heading, tuple(rows)))
        elif kind == "paragraph":
            found.append(Section(heading, (("Nội dung", _compared(block)),)))
        else:
            loose.append(({"title": "Tên văn bản", "subtitle": "Ghi dưới tên"}[kind], _compared(block)))
    signed = ", ".join(part for part in (context.get("signer_name"), context.get("signer_title")) if part)
    last = [("Cơ quan cấp", unit_name), *([("Người ký", signed)] if signed else [])]
    return [section for section in (Section("", tuple(loose)), *found, Section("Cấp, ký", tuple(last))) if section.lines]
