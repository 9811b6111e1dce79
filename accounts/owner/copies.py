"""A copy of everything the portal holds about a party: asked for on a page, made by the worker as JSON and PDF, kept some days (A-13).

Rooms above have copies of one thing of theirs made in the same way (`register_copy`): a dossier as an archive.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from accounts import queries
from accounts.models import DataCopy, Mandate, Person
from accounts.owner.lines import Holding, holdings
from accounts.services.mandates import NOBODY
from portal import audit, outbox
from portal.access import SYSTEM, AccessDenied, ActingAs, Actor, Assurance, belonging_to
from portal.documents.rendering import html_to_pdf
from portal.files import services as files
from portal.files.models import StoredFile
from portal.notifications.services import notify

KEPT = timedelta(days=7)
IN_PDF = 200
"""Rows of one kind in the PDF; the JSON has all, and the PDF says so."""
A_DAY = 3
OF_ONE_THING_A_DAY = 20
MOST_BYTES = 1024**3
PURPOSE = "accounts.data_copy"


class TooMany(Exception):
    """More copies asked for today than anybody needs."""


@dataclass(frozen=True)
class Making:
    """An archive as it is made: its name, its pieces, and what its owner is told when it is there."""

    name: str
    pieces: Iterable[bytes]
    context: Mapping[str, str]
    link: str


@dataclass(frozen=True)
class _Maker:
    make: Callable[[Actor, str, datetime], Making]
    template: str
    kept: timedelta


_makers: dict[str, _Maker] = {}


def register_copy(kind: str, *, make: Callable[[Actor, str, datetime], Making], template: str, kept: timedelta) -> None:
    """Let a room have copies made of single things. ``make(actor, id, now)`` runs in the worker; ``template``: the notice that one is
    there; ``kept``: for how long. Who may have one the room has asked before :func:`ask_about`. Once, in ``ready()``."""
    _makers[kind] = _Maker(make, template, kept)


def may_ask(actor: Actor, now: datetime) -> bool:
    """Whether the actor may have a copy: for themself, or for an organisation as its legal representative."""
    if actor.person_id is None or actor.assurance < Assurance.MEDIUM or actor.procedures is not None:
        return False
    if actor.acting_as is ActingAs.SELF:
        return True
    # By law for an organisation; and for oneself as one was known before one had a number.
    basis = {ActingAs.ORGANISATION: Mandate.Basis.LEGAL_REPRESENTATIVE, ActingAs.PERSON: Mandate.Basis.SAME}.get(actor.acting_as)
    return basis is not None and Mandate.objects.in_force(now).filter(pk=actor.mandate_id or NOBODY, basis=basis).exists()


@transaction.atomic
def ask(*, actor: Actor, now: datetime) -> DataCopy:
    """Have a copy made. One that is being made already is that one. Raises :class:`TooMany`, :class:`AccessDenied`."""
    if not may_ask(actor, now):
        raise AccessDenied("accounts.copy_data")
    assert actor.party_id is not None and actor.person_id is not None
    Person.objects.select_for_update().get(pk=actor.person_id or NOBODY)
    mine = belonging_to(actor, DataCopy.objects.filter(person_id=actor.person_id or NOBODY, about=""), "party_id")
    under_way = mine.filter(made_at=None, removed_at=None).first()
    if under_way is not None:
        return under_way
    if mine.filter(asked_at__gt=now - timedelta(days=1)).count() >= A_DAY:
        raise TooMany
    made = DataCopy.objects.create(party_id=actor.party_id, person_id=actor.person_id, asked_at=now)
    audit.record(actor=actor, act="accounts.copy_data", target="accounts.datacopy", target_id=str(made.pk))
    return _promised(made, actor)


@transaction.atomic
def ask_about(*, actor: Actor, about: str, now: datetime) -> DataCopy:
    """Have a copy made of one thing; the caller has asked whether the actor may have it, and writes the act. One that is being made is that
    one, one that can be taken is made anew. Raises :class:`TooMany`."""
    assert actor.party_id is not None and actor.person_id is not None
    Person.objects.select_for_update().get(pk=actor.person_id)
    asked = DataCopy.objects.filter(person_id=actor.person_id).exclude(about="")
    under_way = asked.filter(about=about, made_at=None, removed_at=None).first()
    if under_way is not None:
        return under_way
    if asked.filter(asked_at__gt=now - timedelta(days=1)).count() >= OF_ONE_THING_A_DAY:
        raise TooMany
    made = DataCopy.objects.create(party_id=actor.party_id, person_id=actor.person_id, about=about, asked_at=now)
    return _promised(made, actor)


def copy_about(actor: Actor, about: str, now: datetime) -> DataCopy | None:
    """The newest copy of a thing that this person asked for, ready or being made (one query). Whether they may have the thing (still) the
    caller has asked."""
    rows = DataCopy.objects.filter(person_id=actor.person_id or NOBODY, about=about, removed_at=None).exclude(about="")
    rows = rows.filter(Q(until=None) | Q(until__gt=now))
    return rows.select_related("zip_file").order_by("-asked_at", "id").first()


def _promised(made: DataCopy, actor: Actor) -> DataCopy:
    payload = {"copy": str(made.pk), "acting_as": actor.acting_as.value, "mandate": str(actor.mandate_id or "")}
    outbox.put("accounts.copy_data", key=str(made.pk), payload=payload, queue="bulk")
    return made


def copies_of(actor: Actor) -> list[DataCopy]:
    """The party's copies that can be taken or are being made, newest first (one query)."""
    rows = belonging_to(actor, DataCopy.objects.filter(person_id=actor.person_id or NOBODY, about="", removed_at=None), "party_id")
    return list(rows.select_related("json_file", "pdf_file").order_by("-asked_at", "id")[:10])


def copy_of(actor: Actor, copy_id: UUID) -> DataCopy | None:
    """One's own copy that is ready; None for another's, as for one that is gone (one query)."""
    rows = belonging_to(actor, DataCopy.objects.filter(person_id=actor.person_id or NOBODY, about=""), "party_id")
    found = rows.select_related("json_file", "pdf_file").filter(pk=copy_id).first()
    return found if found is not None and found.is_ready else None


def make(*, copy_id: UUID, acting_as: str, mandate_id: str, now: datetime) -> None:
    """Make the files of a copy (worker). A second time changes nothing."""
    row = DataCopy.objects.select_related("person").get(pk=copy_id)
    if row.made_at is not None or row.removed_at is not None:
        return
    actor = Actor(
        acting_as=ActingAs(acting_as),
        user_id=row.person.user_id,
        person_id=row.person_id,
        party_id=row.party_id,
        mandate_id=UUID(mandate_id) if mandate_id else None,
        assurance=Assurance.MEDIUM,
    )
    if row.about:
        _make_archive(row, actor, now)
        return
    party = queries.party(row.party_id)
    # One after the other: both read the same rows, neither holds them all.
    pdf = html_to_pdf(pdf_html(actor, party.name, now))
    with transaction.atomic():
        held = DataCopy.objects.select_for_update().get(pk=copy_id)
        if held.made_at is not None or held.removed_at is not None:
            return
        held.json_file = files.store_pieces(
            subject=row.party_id,
            pieces=json_pieces(actor, party.name, now),
            name="du-lieu-cua-toi.json",
            purpose=PURPOSE,
            media_type="application/json",
            max_bytes=MOST_BYTES,
            actor=actor,
        )
        held.pdf_file = files.store_bytes(
            subject=row.party_id, data=pdf, name="du-lieu-cua-toi.pdf", purpose=PURPOSE, media_type="application/pdf", actor=actor
        )
        held.made_at, held.until = now, now + KEPT
        held.save()
        notify(
            party_id=row.person_id,
            template="accounts.copy_ready",
            context={"until": f"{timezone.localtime(held.until):%d/%m/%Y}"},
            key=f"copy:{held.pk}",
            link=reverse("own-data"),
        )


def _make_archive(row: DataCopy, actor: Actor, now: datetime) -> None:
    kind, _, thing = row.about.partition(":")
    maker = _makers[kind]
    with transaction.atomic():
        held = DataCopy.objects.select_for_update().get(pk=row.pk)
        if held.made_at is not None or held.removed_at is not None:
            return
        making = maker.make(actor, thing, now)
        held.zip_file = files.store_pieces(
            subject=row.party_id,
            pieces=making.pieces,
            name=making.name,
            purpose=PURPOSE,
            media_type="application/zip",
            max_bytes=MOST_BYTES,
            actor=actor,
        )
        held.made_at, held.until = now, now + maker.kept
        held.save()
        notify(party_id=row.person_id, template=maker.template, context=making.context, key=f"copy:{held.pk}", link=making.link)


def json_pieces(actor: Actor, name: str, now: datetime) -> Iterator[bytes]:
    """The JSON, piece by piece: who, when, and each kind of rows in full."""

    def text(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)

    yield f'{{"made_at": {text(now)}, "party": {text({"id": actor.party_id, "name": name})}, "parts": {{'.encode()
    for number, holding in enumerate(holdings()):
        yield f'{"," if number else ""}\n{text(holding.key)}: {{"title": {text(str(holding.title))}, "rows": ['.encode()
        for place, row in enumerate(holding.rows(actor)):
            yield f"{',' if place else ''}\n {text({str(key): value for key, value in row.items()})}".encode()
        yield b"]}"
    yield b"}}\n"


@dataclass(frozen=True)
class _Section:
    title: str
    rows: list[list[tuple[str, str]]]
    more: bool


def _section(actor: Actor, holding: Holding) -> _Section:
    found = list(islice(holding.rows(actor), IN_PDF + 1))
    rows = [[(str(key), _shown(value)) for key, value in row.items()] for row in found[:IN_PDF]]
    return _Section(str(holding.title), rows, len(found) > IN_PDF)


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%H:%M %d/%m/%Y}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "—"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_shown(one)}" for key, one in value.items()) or "—"
    return f"{value:%d/%m/%Y}" if hasattr(value, "strftime") else str(value)


def pdf_html(actor: Actor, name: str, now: datetime) -> str:
    """The page that becomes the PDF."""
    with translation.override("vi"):
        context = {"name": name, "at": timezone.localtime(now), "sections": [_section(actor, one) for one in holdings()]}
        return render_to_string("documents/own_data.html", context)


def remove_old(*, now: datetime, limit: int = 100) -> int:
    """Erase the files of copies whose days are over; how many."""
    done = 0
    due = DataCopy.objects.filter(until__lte=now, removed_at=None).order_by("until").values_list("pk", flat=True)
    for copy_id in list(due[:limit]):
        with transaction.atomic():
            _remove(DataCopy.objects.select_for_update().get(pk=copy_id), now)
        done += 1
    return done


def _remove(row: DataCopy, now: datetime) -> None:
    if row.removed_at is not None:
        return
    for file in StoredFile.objects.filter(pk__in=[one for one in (row.json_file_id, row.pdf_file_id, row.zip_file_id) if one]):
        files.erase(file=file, actor=SYSTEM)
    DataCopy.objects.filter(pk=row.pk).update(removed_at=now)


def forget_person(person_id: UUID, now: datetime) -> None:
    """Remove all that was made for somebody who leaves; must run inside a transaction."""
    for row in DataCopy.objects.select_for_update().filter(person_id=person_id, removed_at=None):
        _remove(row, now)
