"""Codes of agencies as systems outside write them (Decision 20/2020/QĐ-TTg, and the older QCVN 102:2016)."""

from __future__ import annotations

import re
from collections.abc import Iterable

NEW_FORM = r"[A-Z]\d{2}(?:\.\d{1,3}){0,3}"
OLD_FORM = r"\d{3}\.\d{2,3}\.\d{2,3}\.[A-Z]\d{2}"
_NEW, _OLD = re.compile(NEW_FORM, re.ASCII), re.compile(OLD_FORM, re.ASCII)


def unit_of(text: str) -> str:
    """The code of today's form: ``H26.101`` as it is, ``000.00.04.G18`` as ``G18.04``; empty for what is no code of an agency."""
    if _NEW.fullmatch(text):
        return text
    if not _OLD.fullmatch(text):
        return ""
    *below, agency = text.split(".")
    while below and not int(below[0]):
        below = below[1:]
    return ".".join((agency, *reversed(below)))


def within(unit: str, units: Iterable[str]) -> bool:
    """Whether a unit is one of these or stands below one."""
    return any(unit == one or unit.startswith(f"{one}.") for one in units)
