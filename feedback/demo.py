"""Forty petitions of a province, sent over the last weeks and handled by the demo officers. Never loaded in production."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts import queries as people
from feedback import redaction
from feedback.models import Petition
from feedback.services import answering, handling, publishing, routing, sending
from feedback.words import same_text_print
from portal.access import ActingAs, Actor, Assurance
from portal.outbox import Message

PETITIONS = Path(settings.BASE_DIR) / "portal" / "demo" / "petitions.json"
STEP = "phản ánh trình diễn"
"""What the loading step is called."""
RECEIVES, HANDLES, CHECKS, PUBLISHES = (f"petition_{name}" for name in ("reception", "handling", "checking", "publishing"))


_TELLING = ("notifications.sms", "notifications.email", "feedback.tell_writer")
"""What goes out of the house; inboxes have it at once."""


@transaction.atomic
def load() -> str:
    """Send the demo petitions and do with each what the file says; a second time changes nothing. One line that says what there is."""
    entries = json.loads(PETITIONS.read_text(encoding="utf-8"))
    if not Petition.objects.filter(text_print__in=[same_text_print(entry["words"]) for entry in entries]).exists():
        now = timezone.now()
        # In the order in which they came, as codes and figures of real ones would.
        for place, entry in enumerate(sorted(entries, key=lambda entry: -int(entry["days"]))):
            _play(entry, now - timedelta(days=entry["days"], minutes=7 * (len(entries) - place)), now)
        # What happened weeks ago is not told by SMS today: nobody would find their one-time password among it.
        Message.objects.filter(kind__in=_TELLING, done_at__isnull=True, created_at__gte=now).update(done_at=Now())
    return f"{Petition.objects.count()} phản ánh, kiến nghị"


def _citizen(number: str) -> Actor:
    found = people.by_id_number(number)
    if found is None:
        raise LookupError(f"no demo person {number}")
    return Actor(acting_as=ActingAs.SELF, user_id=found.user_id, person_id=found.id, assurance=Assurance.MEDIUM, label=found.full_name)


def _officer(unit: str, role: str) -> Actor:
    """Whoever has the role in the unit, or in the agency above it."""
    at = next(code for code in (unit, unit.split(".")[0]) if people.holders(code, [role]))
    holder = people.holders(at, [role])[0]
    return Actor(
        acting_as=ActingAs.POSITION,
        user_id=holder.user_id,
        person_id=holder.person_id,
        position_id=holder.position_id,
        unit=at,
        roles=frozenset({role}),
        assurance=Assurance.HIGH,
        # As a session says it: name and title.
        label=holder.label.replace(", ", " · ", 1),
    )


def _play(entry: dict[str, Any], sent: datetime, now: datetime) -> None:
    """Send one petition at a moment, then do what follows on its days."""

    def day(number: int) -> datetime:
        return min(sent + timedelta(days=number, hours=1), now)

    petition = _sent(entry, sent)
    unit = petition.unit_code
    if "received" not in entry:
        return
    handling.receive(
        actor=_officer(unit, RECEIVES),
        petition_id=petition.pk,
        about=petition.about,
        kind=petition.kind_id,
        sector_code=petition.sector_code,
        now=day(entry["received"]),
        handler=next((holder.position_id for holder in people.holders(unit, [HANDLES])), None),
    )
    handler = _officer(unit, HANDLES)
    if ask := entry.get("ask"):
        handling.ask_more(actor=handler, petition_id=petition.pk, question=ask["question"], now=day(ask["days"]))
    if opinions := entry.get("opinions"):
        asked = routing.ask_opinions(
            actor=handler,
            petition_id=petition.pk,
            unit_codes=opinions["units"],
            question=opinions["question"],
            now=day(opinions["days"]),
        )
        for given in opinions["given"]:
            opinion = next(row for row in asked if row.unit_code == given["unit"])
            routing.give_opinion(
                actor=_officer(given["unit"], HANDLES),
                opinion_id=opinion.pk,
                stance=given["stance"],
                words=given["words"],
                now=day(given["days"]),
            )
    for days, words in entry.get("reports", []):
        answering.report_progress(actor=handler, petition_id=petition.pk, words=words, now=day(days))
    if answer := entry.get("answer"):
        submitted = day(answer["days"])
        answering.submit_answer(
            actor=handler,
            petition_id=petition.pk,
            words=answer["words"],
            outcome_on=timezone.localdate(submitted),
            now=submitted,
        )
        if "approve" in answer:
            answering.approve(actor=_officer(unit, CHECKS), petition_id=petition.pk, now=day(answer["approve"]))
            if "helps" in answer:
                sender = _citizen(entry["from"])
                answering.rate(actor=sender, petition_id=petition.pk, helps=answer["helps"], words="", now=day(answer["approve"] + 1))
            if entry.get("publish"):
                _publish(petition, now=day(answer["approve"] + 2))


def _publish(petition: Petition, *, now: datetime) -> None:
    """Publish question and answer with all taken out that tells who somebody is."""
    petition.refresh_from_db()
    said = publishing.proposal(petition)

    def clean(text: str) -> str:
        return redaction.without(text, redaction.marks(text, said.known))

    publishing.publish(
        actor=_officer(petition.unit_code, PUBLISHES),
        petition_id=petition.pk,
        title=clean(said.title),
        question=clean(said.question),
        answer=clean(said.answer),
        left=(),
        show_name=not petition.hide_name,
        now=now,
    )


def _sent(entry: dict[str, Any], sent: datetime) -> Petition:
    """The petition as it came: by a citizen's own hand, or entered from a letter, a call, an e-mail."""
    if "source" in entry:
        return sending.enter(
            actor=_officer(entry["unit"], RECEIVES),
            source=entry["source"],
            # It came a day or more before somebody entered it.
            came_at=sent - timedelta(days=entry.get("came", entry["days"]) - entry["days"]),
            kind=entry["kind"],
            subject=entry["subject"],
            words=entry["words"],
            sender=entry["from"],
            unit_code=entry["unit"],
            now=sent,
            place_code=entry.get("place", ""),
        )
    sender = _citizen(entry["from"])
    draft = sending.start_draft(actor=sender, procedure_code=entry.get("procedure", ""))
    data = {
        "kind": entry["kind"],
        "subject": entry["subject"],
        "words": entry["words"],
        "unit_code": entry["unit"],
        "place_code": entry.get("place", ""),
        "hide_name": "1" if entry.get("hide_name") else "",
        "email": f"nguoi{entry['from'][-2:]}@vi-du.example",
    }
    sending.save_draft(actor=sender, draft_id=draft.pk, data=data)
    return sending.send(actor=sender, draft_id=draft.pk, now=sent)
