"""What is different between two versions of a result template, in words. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

from dossiers.designing.comparing import Difference, of_lists, of_values
from dossiers.designing.results.forms import BLOCK_WORDS
from dossiers.designing.words import condition_words


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Everything that is different from one document to another: name, register, signature, term, questions, blocks."""
    found = of_values("Mẫu kết quả", _top(before), _top(after))
    found += of_lists("Câu hỏi", list(before.get("fields", [])), list(after.get("fields", [])), "name", "label")
    return found + _of_blocks(list(before.get("blocks", [])), list(after.get("blocks", [])))


def _top(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("fields", "blocks")}


def _of_blocks(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[Difference]:
    """Blocks have no names: they are the same where they say the same; of those that do not, one stands for the other at its place."""
    old, new = [_words(block) for block in before], [_words(block) for block in after]
    found: list[Difference] = []
    for what, first, last, begin, end in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        for step in range(max(last - first, end - begin)):
            was, now = first + step < last, begin + step < end
            place = begin + step if now else first + step
            block = after[place] if now else before[place]
            found.append(
                Difference(
                    "changed" if was and now else "added" if now else "removed",
                    f"Khối {place + 1} ({BLOCK_WORDS.get(block.get('kind', ''), '?')})",
                    "Nội dung",
                    old[first + step] if was else "",
                    new[begin + step] if now else "",
                )
            )
    return found


def _words(block: Mapping[str, Any]) -> str:
    """A block in words, as the page of a design shows it."""
    parts = [f"Khi {condition_words(block['when'])}"] if block.get("when") else []
    parts += [str(block[key]) for key in ("heading", "group", "text") if block.get(key)]
    for one in (*block.get("lines", ()), *block.get("columns", ())):
        beside = "+ " if one.get("beside") else ""
        when = f" (khi {condition_words(one['when'])})" if one.get("when") else ""
        parts.append(f"{beside}{one.get('label', '')}: {one.get('text', '')}{when}")
    return f"{BLOCK_WORDS.get(block.get('kind', ''), '?')}: " + "; ".join(parts)
