"""What upper rooms register: the texts of their notices, their kinds, and where a party can be reached.

A text is written once, in Vietnamese, marked with ``gettext_noop``; its English stands in ``portal/locale`` as that of every page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop, override

OUTSIDE = ("sms", "email")
"""Channels a person chooses from; the inbox always has it too."""
STEPS = "dossiers.steps"


@dataclass(frozen=True)
class Kind:
    """A kind of notices, as a person chooses their channels for it. What the law binds us to tell goes out by one at least."""

    key: str
    label: str | Promise
    law_bound: bool
    for_officers: bool = False
    """Only who holds a position gets them, and is asked about them."""
    optional: bool = False
    """A kindness: switched off altogether, in the account too; by SMS only where a person chose it, for nobody asked to be told."""

    @property
    def channels(self) -> tuple[str, ...]:
        """What a person chooses from."""
        return ("inbox", *OUTSIDE) if self.optional else OUTSIDE

    @property
    def unchosen(self) -> tuple[str, ...]:
        """What they have where they chose nothing."""
        return ("inbox", "email") if self.optional else OUTSIDE


@dataclass(frozen=True)
class Template:
    """Texts of one notice; ``{name}`` places are filled from the context. ``sample``: values for a preview."""

    key: str
    kind: str
    title: str
    body: str
    sms: str
    action: str
    sample: Mapping[str, str]

    def channels(self) -> tuple[str, ...]:
        """Those it has texts for."""
        return (*(("inbox", "email") if self.title else ()), *(("sms",) if self.sms else ()))


@dataclass(frozen=True)
class Rendered:
    """The texts of one notice in one language."""

    title: str
    body: str
    sms: str


@dataclass(frozen=True)
class Contact:
    """Where a party can be reached: phone in E.164 and verified e-mail address, or empty; in which language; by what for which kind."""

    phone: str = ""
    email: str = ""
    language: str = "vi"
    chosen: Mapping[str, list[str]] = field(default_factory=dict)

    def reachable(self) -> tuple[str, ...]:
        """The channels by which something can come."""
        return tuple(name for name, where in (("sms", self.phone), ("email", self.email)) if where)

    def channels_for(self, kind: str) -> tuple[str, ...]:
        """Those of a kind, of which something can come by: the person's choice (all where they made none); all where nothing of the
        choice is left and the law binds us to tell."""
        there = self.reachable()
        chosen = tuple(name for name in there if name in self.chosen.get(kind, kind_of(kind).unchosen))
        return chosen or (there if kind_of(kind).law_bound else ())

    def wants_in_account(self, kind: str) -> bool:
        """Whether notices of a kind stand in the account: always, but for what may be switched off altogether."""
        known = kind_of(kind)
        return not known.optional or "inbox" in self.chosen.get(kind, known.unchosen)


_templates: dict[str, Template] = {}
_kinds: dict[str, Kind] = {}
_resolver: Callable[[UUID], Contact] | None = None
_bounced: Callable[[UUID, str, str], None] | None = None
_unsubscribe: Callable[[UUID, str], str] | None = None


def register_kind(key: str, label: str | Promise, *, law_bound: bool, for_officers: bool = False, optional: bool = False) -> None:
    """Register a kind of notices, once, in ``ready()``; people see the label, in the order of registration."""
    assert not (law_bound and optional)
    _kinds[key] = Kind(key, label, law_bound, for_officers, optional)


def kinds(*, officer: bool = True) -> list[Kind]:
    """All kinds, or those that somebody without a position gets."""
    return [kind for kind in _kinds.values() if officer or not kind.for_officers]


def kind_of(key: str) -> Kind:
    """The registered kind; ``KeyError`` for one that nobody registered."""
    return _kinds[key]


def register_template(
    key: str,
    *,
    sms: str,
    inbox_title: str = "",
    inbox_body: str = "",
    kind: str = STEPS,
    action: str = gettext_noop("Xem"),
    sample: Mapping[str, str] | None = None,
) -> None:
    """Register the texts of a notice, once, in ``ready()``: of the inbox and the letter (title, body), and of the SMS.

    ``action``: what the letter's button to the notice's link says. ``sample``: values of the places for the desk's preview.
    """
    _templates[key] = Template(key, kind, inbox_title, inbox_body, sms, action, dict(sample or {}))


def template(key: str) -> Template:
    """The registered template; ``KeyError`` for one that nobody registered."""
    return _templates[key]


def templates() -> list[Template]:
    """All templates, by key."""
    return [_templates[key] for key in sorted(_templates)]


def rendered(key: str, values: Mapping[str, Any], language: str) -> Rendered:
    """The texts in a language, their places filled. ``KeyError`` for an unknown template or a missing place."""
    found = template(key)
    with override(language):
        texts = [gettext(text).format(**values) if text else "" for text in (found.title, found.body, found.sms)]
        return Rendered(*texts)


def action_of(key: str, language: str) -> str:
    """What the button of a letter says, in a language."""
    with override(language):
        return gettext(template(key).action)


def register_contact_resolver(
    resolver: Callable[[UUID], Contact],
    *,
    bounced: Callable[[UUID, str, str], None] | None = None,
    unsubscribe: Callable[[UUID, str], str] | None = None,
) -> None:
    """Let ``accounts`` say where a party can be reached; hear (party, address, status) of an address that takes no letters; and say at
    which address (party, kind) letters of a kind are switched off."""
    global _resolver, _bounced, _unsubscribe
    _resolver, _bounced, _unsubscribe = resolver, bounced, unsubscribe


def contact_of(party_id: UUID) -> Contact:
    """Where the party can be reached now; empty when unknown."""
    return _resolver(party_id) if _resolver is not None else Contact()


def address_bounced(party_id: UUID, address: str, status: str) -> None:
    """Tell who keeps the addresses that letters to this one cannot be delivered."""
    if _bounced is not None:
        _bounced(party_id, address, status)


def unsubscribe_address(party_id: UUID, kind: str) -> str:
    """Whole address that switches letters of this kind off, or empty."""
    return _unsubscribe(party_id, kind) if _unsubscribe is not None else ""


def off_address(notice: Any) -> str:
    """Path at which a notice of an optional kind is switched off; empty for others."""
    known = _templates.get(notice.template)
    if known is None or not _kinds[known.kind].optional:
        return ""
    return unsubscribe_address(notice.party_id, known.kind).removeprefix(settings.SITE_URL)
