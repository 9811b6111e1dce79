"""Phrases as editors write them: what is compared of them, and the ways to say one that holds choices."""

from __future__ import annotations

import itertools
import re

from portal.text import search_key

MAX_WAYS = 100
"""Phrases that one entry of the editors may be written out to."""

_WORD = re.compile(r"[^\W_]+")
_CHOICE = re.compile(r"\(([^()]*)\)")


def word_key(text: str) -> str:
    """The words of a text without diacritics, parted by one space each: letters and digits, nothing else."""
    return " ".join(_WORD.findall(search_key(text)))


def ways_to_say(phrase: str) -> list[str]:
    """A phrase with choices in brackets written out: ``(mất|rớt) (|thẻ) căn cước`` is four phrases. One without brackets is itself.

    :class:`ValueError` in Vietnamese, for an editor: brackets that do not match, nothing to say, more than :data:`MAX_WAYS`.
    """
    parts = _CHOICE.split(phrase)
    fixed, choices = parts[::2], [part.split("|") for part in parts[1::2]]
    if any(sign in part for part in fixed for sign in "()|"):
        raise ValueError("Mỗi ngoặc tròn phải có đủ hai đầu, không lồng nhau, dấu | chỉ ở trong ngoặc.")
    ways = 1
    for choice in choices:
        ways *= len(choice)
    if ways > MAX_WAYS:
        raise ValueError(f"Từ này nói được {ways} cách; nhiều nhất {MAX_WAYS}. Hãy tách thành vài từ.")
    said = []
    for chosen in itertools.product(*choices):
        pieces = [piece for pair in itertools.zip_longest(fixed, chosen, fillvalue="") for piece in pair]
        said.append(" ".join("".join(pieces).split()))
    if not all(word_key(one) for one in said):
        raise ValueError("Từ phải có chữ hoặc số, chọn cách nào cũng vậy.")
    return list(dict.fromkeys(said))
