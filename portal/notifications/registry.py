"""What upper rooms register: the texts of their notices, and where a party can be reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Template:
    """Texts of one notice; ``{name}`` places are filled from the context."""

    key: str
    inbox_title: str
    inbox_body: str
    sms: str


@dataclass(frozen=True)
class Contact:
    """Where a party can be reached: phone in E.164, or empty."""

    phone: str = ""


_templates: dict[str, Template] = {}
_resolver: Callable[[UUID], Contact] | None = None


def register_template(key: str, *, sms: str, inbox_title: str = "", inbox_body: str = "") -> None:
    """Register the texts of a notice, once, in ``ready()``."""
    _templates[key] = Template(key=key, inbox_title=inbox_title, inbox_body=inbox_body, sms=sms)


def template(key: str) -> Template:
    """The registered template; ``KeyError`` for one that nobody registered."""
    return _templates[key]


def register_contact_resolver(resolver: Callable[[UUID], Contact]) -> None:
    """Let ``accounts`` say where a party can be reached."""
    global _resolver
    _resolver = resolver


def contact_of(party_id: UUID) -> Contact:
    """Where the party can be reached now; empty when unknown."""
    return _resolver(party_id) if _resolver is not None else Contact()
