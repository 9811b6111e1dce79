"""A guide's text as blocks, and captions as WebVTT. Pure functions.

``# How the name is written {child_name}`` begins a part; the names in braces are fields of the procedure's form, whose help leads there.
``- `` is an item of a list, an empty line parts paragraphs. Nothing else means anything: no markup comes in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.text import slugify

from portal.text import search_key

_HEADING = re.compile(r"#\s+(?P<words>[^{}]+?)\s*(?P<fields>(?:\{[a-z][a-z0-9_]{0,49}\}\s*)*)")
_FIELD = re.compile(r"\{([a-z][a-z0-9_]{0,49})\}")
_TIME = re.compile(r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})")


@dataclass
class Block:
    """A heading, a paragraph or a list."""

    kind: str
    text: str = ""
    items: list[str] = field(default_factory=list)
    anchor: str = ""
    fields: tuple[str, ...] = ()


def blocks(text: str) -> list[Block]:
    """The text block by block."""
    found: list[Block] = []
    used: set[str] = set()
    for chunk in _chunks(text):
        heading = _HEADING.fullmatch(chunk[0])
        if heading is not None:
            words = heading["words"]
            anchor = name = slugify(search_key(words))[:60] or "phan"
            number = 1
            while anchor in used:
                number += 1
                anchor = f"{name}-{number}"
            used.add(anchor)
            found.append(Block("heading", words, anchor=anchor, fields=tuple(_FIELD.findall(heading["fields"]))))
        elif all(line.startswith("- ") for line in chunk):
            found.append(Block("list", items=[line[2:].strip() for line in chunk]))
        else:
            found.append(Block("paragraph", " ".join(chunk)))
    return found


def _chunks(text: str) -> Iterator[list[str]]:
    """Lines that belong together: a heading is one alone, items are a list."""
    kept: list[str] = []
    for line in [*(one.strip() for one in text.split("\n")), ""]:
        is_item = line.startswith("- ")
        if kept and (not line or line.startswith("# ") or is_item != kept[0].startswith("- ")):
            yield kept
            kept = []
        if line.startswith("# "):
            yield [line]
        elif line:
            kept.append(line)


def anchors(text: str) -> dict[str, str]:
    """Field of a form → anchor of the part that explains it."""
    return {name: block.anchor for block in blocks(text) for name in block.fields}


def caption_faults(text: str) -> str:
    """What is wrong with captions as WebVTT, for the officer; empty where they can be played."""
    lines = text.replace("\r\n", "\n").split("\n")
    if not lines or not re.match(r"WEBVTT(?:[ \t].*)?$", lines[0].lstrip("\ufeff")):
        return "Phụ đề phải bắt đầu bằng dòng WEBVTT."
    last, cues = -1, 0
    for number, line in enumerate(lines, 1):
        if "-->" not in line:
            continue
        times = [_TIME.fullmatch(part.strip().split(" ")[0]) for part in line.split("-->", 1)]
        if times[0] is None or times[1] is None:
            return f"Dòng {number}: thời điểm viết như 00:01.000 --> 00:04.000."
        begin, end = (_milliseconds(one) for one in times if one is not None)
        if end <= begin or begin < last:
            return f"Dòng {number}: phụ đề phải theo thứ tự, kết thúc sau lúc bắt đầu."
        if number >= len(lines) or not lines[number].strip():
            return f"Dòng {number}: phụ đề chưa có lời."
        last, cues = begin, cues + 1
    return "" if cues else "Phụ đề chưa có câu nào."


def _milliseconds(time: re.Match[str]) -> int:
    hours, minutes, seconds, rest = (int(part or 0) for part in time.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest
