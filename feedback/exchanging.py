"""Petitions and their states between the portal and systems of ministries and provinces (Rules art. 36.5).

A system that handed a petition in hears of everything that becomes of it. A system whose agency holds one, and that asked for it
(kind ``feedback.assigned``), gets it whole, and tells what its people do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from feedback.models import Answer, Petition, PetitionEvent, Supplement
from feedback.models.states import State
from feedback.services import answering, handling, sending
from feedback.services.common import PetitionRefused
from portal.access import SYSTEM
from portal.exchange.messages import send, subscribers
from portal.exchange.partners.models import Call, Partner
from portal.exchange.partners.units import within

STATE, ASSIGNED, SUPPLIED = "feedback.state", "feedback.assigned", "feedback.supplied"
GIVEN = frozenset({"send", "transfer", "send_back", "escalate", "take_over", "succeed"})
"""Events after which another agency holds it."""
WITHIN = frozenset({"classify", "assign", "opinion_asked", "opinion_given", "call_off_opinion", "submit", "return_answer", "look"})
"""What stays among those who work on it."""


class BadPetition(ValueError):
    """What a system says of a petition cannot be: ``code`` a stable word, ``name`` the field."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"{name}: {code}")
        self.code, self.name = code, name


def on_event(event: PetitionEvent) -> None:
    """Something happened to a petition, in its transaction: systems that must know are told, in order for each petition."""
    petition = event.petition
    if petition.system and event.name not in WITHIN:
        origin = Partner.objects.filter(pk=petition.system, calls__contains=[Call.FEEDBACK]).first()
        if origin is not None:
            send(partner=origin, kind=STATE, about=petition.code, body=_state(petition, event), key=f"{STATE}:{event.pk}")
    if event.name in GIVEN:
        for partner in _holding(petition):
            send(partner=partner, kind=ASSIGNED, about=petition.code, body=_whole(petition), key=f"{ASSIGNED}:{event.pk}")
    if event.name == "supply":
        given = petition.supplements.filter(given_at__isnull=False).order_by("-number").first()
        if given is not None:
            for partner in _holding(petition):
                send(partner=partner, kind=SUPPLIED, about=petition.code, body=_supplied(petition, given), key=f"{SUPPLIED}:{event.pk}")


def _holding(petition: Petition) -> list[Partner]:
    """Systems whose agency holds a petition and that asked to hear of such."""
    return [
        partner
        for partner in subscribers(ASSIGNED)
        if Call.FEEDBACK in partner.calls
        and within(petition.unit_code, partner.units)
        and not partner.is_test
        and partner.pk != petition.system
    ]


def _supplied(petition: Petition, given: Supplement) -> dict[str, Any]:
    files = petition.attachments.filter(role="supplement", part_id=given.pk).count()
    return {
        "code": petition.code,
        "number": given.number,
        "question": given.question or "",
        "words": given.answer or "",
        "files": files,
        "given_at": given.given_at,
        "state": petition.state,
    }


def _state(petition: Petition, event: PetitionEvent) -> dict[str, Any]:
    answer = petition.answers.filter(state=Answer.APPROVED).order_by("-number").first() if petition.answered_at else None
    return {
        "reference": petition.external_ref,
        "code": petition.code,
        "event": event.name,
        "at": event.at,
        "state": petition.state,
        "agency": petition.unit_code,
        "due_at": petition.due_at,
        "note": event.note or "" if event.name in ("refuse", "refuse_silent", "ask_more") else "",
        "answer": answer.words if answer is not None else "",
    }


def _whole(petition: Petition) -> dict[str, Any]:
    return {
        "code": petition.code,
        "agency": petition.unit_code,
        "kind": petition.kind_id,
        "about": petition.about,
        "subject": petition.subject or "",
        "words": petition.words or "",
        "sender": petition.sender or {},
        "hide_name": petition.hide_name,
        "procedure_code": petition.procedure_code,
        "dossier_code": petition.dossier_code,
        "received_at": petition.received_at,
        "due_at": petition.unit_due_at,
        "state": petition.state,
    }


@transaction.atomic
def take_petition(*, partner: Partner, body: Mapping[str, Any], now: datetime) -> str:
    """A petition that a system hands in; the code under which it goes on here. The same reference is the same petition. Of one that is
    being tried out nothing stays: its petition is checked, and that is all. :class:`BadPetition`, :class:`PetitionRefused`."""
    said = {name: _text(body, name, most) for name, most in _SAID.items()}
    sender = body.get("sender")
    if not isinstance(sender, Mapping) or not all(isinstance(one, str) and len(one) <= 300 for one in sender.values()):
        raise BadPetition("not_an_object", "sender")
    received_at = _moment(body.get("received_at"))
    if not within(said["agency"], partner.units):
        raise BadPetition("not_your_unit", "agency")
    point = transaction.savepoint()
    made = sending.hand_in(
        actor=SYSTEM,
        system=partner.code,
        external_ref=said["reference"],
        received_at=received_at,
        kind=said["kind"],
        subject=said["subject"],
        words=said["words"],
        sender={name: str(value) for name, value in sender.items()},
        unit_code=said["agency"],
        now=now,
        procedure_code=said["procedure_code"],
    )
    if partner.is_test:
        transaction.savepoint_rollback(point)
        return "checked"
    transaction.savepoint_commit(point)
    return made.code


_SAID = {"reference": 80, "agency": 40, "kind": 40, "subject": 300, "words": 20_000, "procedure_code": 40}


def _text(body: Mapping[str, Any], name: str, most: int) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or "\0" in value or len(value) > most:
        raise BadPetition("not_text", name)
    if not value.strip() and name != "procedure_code":
        raise BadPetition("missing", name)
    return value.strip()


def _moment(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise BadPetition("bad_date", "received_at") from None
    if found.tzinfo is None:
        raise BadPetition("bad_date", "received_at")
    return found


@transaction.atomic
def take_report(*, partner: Partner, code: str, body: Mapping[str, Any], now: datetime) -> str:
    """What the system of the agency that holds a petition tells of it: ``received``, ``progress``, ``ask_more`` (the sender is asked
    here, as by an officer, art. 42.3b; what they give goes back as ``feedback.supplied``), ``go_on`` (it waits for the sender no longer),
    ``answer``, which a leader checks here as every answer is (Rules art. 45). Told again it is ``same``. :class:`BadPetition`,
    :class:`PetitionRefused`."""
    petition = Petition.objects.select_for_update(of=("self",)).filter(code=code).first()
    if petition is None or partner.is_test or not within(petition.unit_code, partner.units):
        raise BadPetition("unknown_petition", "about")
    what, words = body.get("what"), _text({**body, "words": body.get("words") or "-"}, "words", 20_000)
    if what == "received":
        if petition.accepted_at is not None:
            return "same"
        handling.receive(
            actor=SYSTEM, petition_id=petition.pk, about=petition.about, kind=petition.kind_id, sector_code=petition.sector_code, now=now
        )
    elif what == "progress":
        answering.report_progress(actor=SYSTEM, petition_id=petition.pk, words=words, now=now)
    elif what == "ask_more":
        if petition.state == State.WAITING:
            return "same"
        handling.ask_more(actor=SYSTEM, petition_id=petition.pk, question=_text(body, "words", 20_000), now=now)
    elif what == "go_on":
        if petition.state != State.WAITING:
            return "same"
        handling.go_on(actor=SYSTEM, petition_id=petition.pk, reason=words, now=now)
    elif what == "answer":
        if petition.answers.filter(state__in=[Answer.SUBMITTED, Answer.APPROVED], round=petition.round).exists():
            return "same"
        try:
            outcome_on = date.fromisoformat(str(body.get("outcome_on")))
        except ValueError:
            raise BadPetition("bad_date", "outcome_on") from None
        answering.submit_answer(actor=SYSTEM, petition_id=petition.pk, words=words, outcome_on=outcome_on, now=now)
    else:
        raise BadPetition("unknown_value", "what")
    return "taken"


__all__ = ["BadPetition", "PetitionRefused", "on_event", "take_petition", "take_report"]
