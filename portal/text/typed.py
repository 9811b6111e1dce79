"""Texts as people type and paste them, made fit to keep."""

from __future__ import annotations

import unicodedata

from portal.text.keys import nfc

_KEPT = frozenset("\n\t")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def tidy(text: str) -> str:
    """Text in NFC with plain line ends, without signs that cannot be seen (zero-width, direction, control), and few empty lines."""
    text = nfc(text.replace("\r\n", "\n").replace("\r", "\n"))
    text = "".join(sign for sign in text if sign in _KEPT or unicodedata.category(sign) not in _UNSEEN)
    lines = [line.rstrip() for line in text.split("\n")]
    kept: list[str] = []
    for line in lines:
        if line or len(kept) < 2 or kept[-1] or kept[-2]:
            kept.append(line)
    return "\n".join(kept).strip()
