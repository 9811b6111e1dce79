"""Payment codes and references: not guessable, readable aloud, checkable before anybody asks the database."""

from __future__ import annotations

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, which people mistake for 1, 1, 0 and V."""
PREFIX = "DVC"
RANDOM = 12
"""Characters of chance, five bits each: 2^60 codes."""
LENGTH = len(PREFIX) + RANDOM + 1
_REFUND = re.compile(rf"HT[{ALPHABET}]{{12}}")
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"})
# Looked for at every place: "DVC" of the words before it may run into the reference.
_REFERENCE = re.compile(rf"(?=({PREFIX}[{ALPHABET}]{{{RANDOM + 1}}}[0-9]{{2}}))")


def _check(text: str) -> str:
    """Check character (ISO 7064 MOD 31,32 hybrid): finds every wrong character and every swap of neighbours."""
    product = 32
    for letter in text:
        total = (product + ALPHABET.index(letter)) % 32 or 32
        product = total * 2 % 33
    return ALPHABET[(33 - product) % 32]


def new_code() -> str:
    """A payment code that nobody can guess, as ``DVC7K3M9QXRT2W4A``."""
    text = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return PREFIX + text + _check(text)


def clean_code(typed: str) -> str:
    """A code as somebody typed or read it aloud, in its own form; empty for what cannot be one."""
    text = re.sub(r"[\s.\-]", "", typed.upper())
    if not text.startswith(PREFIX) or len(text) != LENGTH:
        return ""
    rest = text[len(PREFIX) :].translate(_MISREAD)
    if any(letter not in ALPHABET for letter in rest) or _check(rest[:-1]) != rest[-1]:
        return ""
    return PREFIX + rest


def reference_of(code: str, number: int) -> str:
    """Our reference of a try to pay an order: its code and the number of the try (two digits)."""
    return f"{code}{number:02d}"


def reference_in(words: str) -> str:
    """The reference in what a payer wrote, or their bank made of it, on a transfer; empty when there is none.

    Banks add words of their own, change case and break lines; a code with a wrong check character is not one.
    """
    text = re.sub(r"[^0-9A-Z]", "", words.upper())
    for found in _REFERENCE.finditer(text):
        if clean_code(found.group(1)[:-2]):
            return found.group(1)
    return ""


def refund_number_in(words: str) -> str:
    """The number of a refund in what was written on the transfer that gave money back; empty when there is none.

    A word of its own counts before one that only comes out when signs and breaks are taken away. Whether there is such a refund, the
    caller knows.
    """
    text = words.upper()
    alone = re.search(rf"(?<![0-9A-Z]){_REFUND.pattern}(?![0-9A-Z])", text)
    found = alone or _REFUND.search(re.sub(r"[^0-9A-Z]", "", text))
    return found.group(0) if found else ""
