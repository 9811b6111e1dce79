"""Codes of petitions, by which anybody who has one follows what becomes of it."""

from __future__ import annotations

from portal.text import readable

PREFIX = "PA"
RANDOM = 10
"""Characters of chance, five bits each."""


def new_code() -> str:
    """A code that nobody can guess, as ``PA7K3M9QXRT2W``."""
    return readable.new_code(PREFIX, RANDOM)


def clean_code(typed: str) -> str:
    """A code as somebody typed or read it aloud, in its own form; empty for what cannot be one."""
    return readable.clean_code(typed, PREFIX, RANDOM)
