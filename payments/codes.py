"""Payment codes and references: not guessable, readable aloud, checkable before anybody asks the database."""

from __future__ import annotations

import re

from portal.text import readable
from portal.text.readable import LETTERS

ALPHABET = LETTERS
PREFIX = "DVC"
RANDOM = 12
"""Characters of chance, five bits each: 2^60 codes."""
_REFUND = re.compile(rf"HT[{ALPHABET}]{{12}}")
# Looked for at every place: "DVC" of the words before it may run into the reference.
_REFERENCE = re.compile(rf"(?=({PREFIX}[{ALPHABET}]{{{RANDOM + 1}}}[0-9]{{2}}))")


def new_code() -> str:
    """A payment code that nobody can guess, as ``DVC7K3M9QXRT2W4A``."""
    return readable.new_code(PREFIX, RANDOM)


def clean_code(typed: str) -> str:
    """A code as somebody typed or read it aloud, in its own form; empty for what cannot be one."""
    return readable.clean_code(typed, PREFIX, RANDOM)


def reference_of(code: str, number: int) -> str:
    """Our reference of a try to pay an order: its code and the number of the try (two digits)."""
    return f"{code}{number:02d}"


def reference_in(words: str) -> str:
    """The reference in what a payer wrote, or their bank made of it, on a transfer; empty when there is none.

    Banks add words of their own, change case and break lines; a code with a wrong check character is not one. Where our letters stand
    before the reference, too ("DVC DVC…"), what begins with them may by chance be one as well: one without them inside counts first.
    """
    text = re.sub(r"[^0-9A-Z]", "", words.upper())
    found = [match.group(1) for match in _REFERENCE.finditer(text) if clean_code(match.group(1)[:-2])]
    return next((one for one in found if PREFIX not in one[len(PREFIX) :]), found[0] if found else "")


def refund_number_in(words: str) -> str:
    """The number of a refund in what was written on the transfer that gave money back; empty when there is none.

    A word of its own counts before one that only comes out when signs and breaks are taken away. Whether there is such a refund, the
    caller knows.
    """
    text = words.upper()
    alone = re.search(rf"(?<![0-9A-Z]){_REFUND.pattern}(?![0-9A-Z])", text)
    found = alone or _REFUND.search(re.sub(r"[^0-9A-Z]", "", text))
    return found.group(0) if found else ""
