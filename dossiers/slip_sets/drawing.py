"""From a slip of a set and plain values to what is printed and compared. Pure; knows neither dossier nor database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from portal.documents.proofs import Section

SLIP = "slip"
"""Where a document's sealed context keeps the slip as it was drawn. Documents of before the sets have none, and their own templates."""
PLACE = re.compile(r"\{([a-z_]+)\}")


def drawn(slip: Mapping[str, Any], *, circular: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The slip with its places filled: ``name``, ``law``, ``page``, ``blocks``. A line whose places are all empty is left out, a table
    without rows too."""
    blocks = [block for one in slip["blocks"] if (block := _block(one, values)) is not None]
    law = f"Mẫu số {slip['number']}, {circular}" if slip["number"] else ""
    return {"name": slip["name"], "number": slip["number"], "law": law, "page": slip["page"], "blocks": blocks}


def _block(block: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any] | None:
    made: dict[str, Any] = {"kind": block["kind"], "heading": block.get("heading", "")}
    if block["kind"] == "paragraph":
        return made | {"text": _filled(block["text"], values)}
    if block["kind"] == "facts":
        lines = [{"label": one["label"], "text": _filled(one["text"], values)} for one in block["lines"]]
        # As results have them: rows of lines that stand side by side.
        made["lines"] = [[one] for one in lines if one["text"]]
        return made if made["lines"] else None
    rows = [[{"text": _filled(one["text"], {**values, **row})} for one in block["columns"]] for row in values.get(block["rows"], ())]
    return made | {"columns": [one["label"] for one in block["columns"]], "rows": rows} if rows else None


def _filled(text: str, values: Mapping[str, Any]) -> str:
    """The text with its places filled; empty where it has places and nothing stands in any of them."""
    names = PLACE.findall(text)
    if names and not any(str(values.get(name, "") or "") for name in names):
        return ""
    return PLACE.sub(lambda match: str(values.get(match[1], "") or ""), text)


def content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that a slip prints, for comparing a print."""
    slip = context[SLIP]
    found: list[Section] = [
        Section("", tuple((label, text) for label, text in (("Tên văn bản", slip["name"]), ("Mẫu", slip["law"])) if text))
    ]
    for block in slip["blocks"]:
        if block["kind"] == "facts":
            lines = [(line["label"], line["text"]) for row in block["lines"] for line in row]
        elif block["kind"] == "paragraph":
            lines = [("Nội dung", block["text"])]
        else:
            lines = [
                (
                    f"Dòng {number}",
                    "; ".join(f"{label}: {cell['text']}" for label, cell in zip(block["columns"], row, strict=True) if cell["text"]),
                )
                for number, row in enumerate(block["rows"], start=1)
            ]
        found.append(Section(block["heading"], tuple(lines)))
    return [one for one in found if one.lines]
