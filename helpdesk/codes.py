"""Codes of tickets and of agencies' requests."""

from __future__ import annotations

from portal.text import readable

TICKET, REQUEST, RANDOM = "HT", "DN", 10


def new_ticket_code() -> str:
    """A code that nobody can guess, as ``HT7K3M9QXRT2W``."""
    return readable.new_code(TICKET, RANDOM)


def new_request_code() -> str:
    """The same for agencies' requests."""
    return readable.new_code(REQUEST, RANDOM)


def clean_ticket_code(typed: str) -> str:
    """A ticket's code as somebody typed it, in its own form; empty for what cannot be one."""
    return readable.clean_code(typed, TICKET, RANDOM)
