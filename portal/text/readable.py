"""Codes that people read aloud and type: not guessable, checkable before anybody asks the database."""

from __future__ import annotations

import re
import secrets

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, which people mistake for 1, 1, 0 and V."""
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"})


def check_letter(text: str) -> str:
    """Check character (ISO 7064 MOD 31,32 hybrid): finds every wrong character and every swap of neighbours."""
    product = 32
    for letter in text:
        total = (product + LETTERS.index(letter)) % 32 or 32
        product = total * 2 % 33
    return LETTERS[(33 - product) % 32]


def new_code(prefix: str, random: int) -> str:
    """A code of ``random`` characters of chance (five bits each) between prefix and check character."""
    text = "".join(secrets.choice(LETTERS) for _ in range(random))
    return prefix + text + check_letter(text)


def clean_code(typed: str, prefix: str, random: int) -> str:
    """A code as somebody typed or read it aloud, in its own form; empty for what cannot be one."""
    text = re.sub(r"[\s.\-]", "", typed.upper())
    if not text.startswith(prefix) or len(text) != len(prefix) + random + 1:
        return ""
    rest = text[len(prefix) :].translate(_MISREAD)
    if any(letter not in LETTERS for letter in rest) or check_letter(rest[:-1]) != rest[-1]:
        return ""
    return prefix + rest
