"""What the front door shows somebody who is signed in: what their age and the place where they live suggest (Scheme III.2a)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import get_language

from accounts import queries as people
from accounts.owner.lines import Line, Part
from portal.access import ActingAs, Actor, actor_of
from portal.caching import Remembered
from portal.catalogues import queries as catalogues
from portal.catalogues.models import AdministrativeUnit, Agency
from portal.languages import is_english
from procedures import queries
from procedures.life_stages import codes_of, duties_at, events_at
from procedures.models import ProcedureVersion
from procedures.views.groups import Event, event_groups

MOST_OF_MANDATE = 50
"""Procedures of a limited mandate that are listed at most."""


@dataclass(frozen=True)
class Suggestion:
    """A procedure and why it is shown."""

    code: str
    name: str
    lang: str
    words: str | Promise


@dataclass
class Own:
    """What is shown above what everybody sees."""

    suggestions: list[Suggestion] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    commune: AdministrativeUnit | None = None
    office: Agency | None = None
    """The committee of the commune, where the catalogue has it."""


def _named(version: ProcedureVersion, words: str | Promise) -> Suggestion:
    english = version.english.get("name") if is_english() else ""
    return Suggestion(version.procedure.code, english or version.name, "en" if english else "vi", words)


def own_start(request: HttpRequest, events: list[Event], day: dt.date) -> Own | None:
    """For somebody signed in for themself; None for everybody else. At most six queries, two where the catalogues have not changed.

    ``events``: those of a life, as the page shows them anyway.
    """
    actor = actor_of(request)
    if actor.acting_as is not ActingAs.SELF or actor.person_id is None:
        return None
    commune, office = _lives(actor.commune)
    own = Own(commune=commune, office=office)
    born = people.born_on(actor.person_id)
    if born is not None:
        duties = duties_at(born, day)
        found = _in_force(tuple(codes_of(duties)), day) if duties else {}
        for duty in duties:
            version = next((found[code] for code in duty.codes if code in found), None)
            if version is not None:
                own.suggestions.append(_named(version, duty.words))
        by_slug = {event.slug: event for event in events}
        own.events = [by_slug[slug] for slug in events_at(born, day) if slug in by_slug and by_slug[slug].count]
    return own


_places, _versions = Remembered("catalogues"), Remembered("procedures")


def _lives(code: str) -> tuple[AdministrativeUnit | None, Agency | None]:
    """The commune of today and the committee there, of a code of a register; remembered, for many live there."""
    known = _places.values()
    if code not in known:
        commune = catalogues.commune_today(code)
        known[code] = (commune, catalogues.offices([commune.code]).get(commune.code) if commune is not None else None)
    commune, office = known[code]
    return commune, office


def _in_force(codes: tuple[str, ...], day: dt.date) -> dict[str, ProcedureVersion]:
    """The versions of these codes that hold; remembered, for many are of an age."""
    known = _versions.values()
    if codes not in known:
        known[codes] = {version.procedure.code: version for version in queries.with_codes(codes, day)}
    found: dict[str, ProcedureVersion] = known[codes]
    return found


_groups = Remembered("procedures")


def _events(audience: str, day: dt.date) -> list[Event]:
    """The events of an audience in the page's language; remembered."""
    known, language = _groups.values(), get_language()
    if language not in known:
        known[language] = event_groups(day)
    found: list[Event] = known[language][audience]
    return found


def next_lines(request: HttpRequest, actor: Actor, now: dt.datetime) -> Iterator[Line]:
    """What somebody of an age is likely to want next; for an organisation the events of a business (at most eight queries); by a mandate
    for some procedures these alone, for nothing else can be filed by it (A-14)."""
    day = timezone.localdate(now)
    if actor.procedures is not None:
        for version in queries.with_codes(sorted(actor.procedures)[:MOST_OF_MANDATE], day):
            one = _named(version, "")
            yield Line(Part.NEXT, one.name, reverse("procedure", args=[one.code]), lang=one.lang)
        return
    if actor.acting_as is ActingAs.ORGANISATION:
        events, own = _events("organisation", day), None
    else:
        own = own_start(request, _events("citizen", day), day)
        events = own.events if own is not None else []
    for one in own.suggestions if own is not None else ():
        yield Line(Part.NEXT, one.name, reverse("procedure", args=[one.code]), one.words, lang=one.lang)
    for event in events:
        if event.count:
            yield Line(Part.NEXT, event.name, reverse("event", args=[event.slug]), event.description, lang=event.lang)


def own_part(request: HttpRequest, originals: Mapping[str, str]) -> Mapping[str, str]:
    """The same as a part that is set into the kept front door (``portal.caching.places``)."""
    if "start" not in originals:
        return {}
    day = timezone.localdate()
    own = own_start(request, _events("citizen", day), day)
    if own is None:
        return {}
    html = get_template("home/_own.html").render({"own": own, "LANGUAGE_CODE": get_language()})
    return {"start": format_html('<div class="wrap">{}</div>', html)}
