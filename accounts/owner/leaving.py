"""Closing one's account for good: asked, thought over for two weeks, then the key of what is one's own is destroyed (A-13).

What was sent to agencies stays with them as their records under their own keys; what stays and what goes stands on the page that asks.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import AccountClosing, Mandate, Person
from accounts.owner.lines import obstacles, say_farewell
from accounts.services.mandates import NOBODY, former_accounts
from portal import audit, crypto
from portal.access import SYSTEM, AccessDenied, ActingAs, Actor, Assurance
from portal.notifications.registry import contact_of
from portal.notifications.services import notify

THINK_OVER = timedelta(days=14)
A_DAY = 3
"""Each is told by every channel: nobody's phone is flooded, nor the one message that matters hidden among others."""


class NotYet(Exception):
    """Something still needs the account; ``reasons`` say what, in sentences for the person."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def open_closing(actor: Actor) -> AccountClosing | None:
    """What the person asked for and has not called off (one query)."""
    return AccountClosing.objects.filter(person_id=actor.person_id or NOBODY, called_off_at=None, done_at=None).first()


@transaction.atomic
def ask(*, actor: Actor, now: datetime) -> AccountClosing:
    """Ask to leave. Told by every channel, so that nobody else can do it unnoticed. :class:`NotYet`, :class:`AccessDenied`."""
    if actor.acting_as is not ActingAs.SELF or actor.person_id is None or actor.assurance < Assurance.MEDIUM:
        raise AccessDenied("accounts.close")
    Person.objects.select_for_update().get(pk=actor.person_id or NOBODY)
    known = open_closing(actor)
    if known is not None:
        return known
    if reasons := [*obstacles(actor), *(reason for one in _as_before(actor, now) for reason in obstacles(one))]:
        raise NotYet(reasons)
    if AccountClosing.objects.filter(person_id=actor.person_id or NOBODY, asked_at__gt=now - timedelta(days=1)).count() >= A_DAY:
        raise NotYet([_("Hôm nay bạn đã gửi đủ số lần. Bạn thử lại vào ngày mai.")])
    made = AccountClosing.objects.create(person_id=actor.person_id, asked_at=now, due_at=now + THINK_OVER)
    _note(actor, "accounts.ask_to_close", made)
    _tell(made, "accounts.closing_asked")
    return made


@transaction.atomic
def call_off(*, actor: Actor, now: datetime) -> None:
    """Stay after all; nothing asked is no error."""
    made = AccountClosing.objects.select_for_update().filter(person_id=actor.person_id or NOBODY, called_off_at=None, done_at=None).first()
    if made is not None:
        _call_off(made, actor, now)


@transaction.atomic
def stop(*, person_id: UUID, actor: Actor, now: datetime) -> None:
    """The account was locked: nobody could call the closing off any more, so it is."""
    for made in AccountClosing.objects.select_for_update().filter(person_id=person_id, called_off_at=None, done_at=None):
        _call_off(made, actor, now)


def _call_off(made: AccountClosing, actor: Actor, now: datetime) -> None:
    made.called_off_at = now
    made.save(update_fields=["called_off_at"])
    _note(actor, "accounts.stay", made)
    _tell(made, "accounts.closing_called_off")


def close_due(*, now: datetime, limit: int = 100) -> int:
    """Close the accounts whose days to think have passed, each in a transaction of its own; how many were looked at.

    Where something has come up meanwhile that needs the account, it stays, and its owner is told.
    """
    due = AccountClosing.objects.filter(due_at__lte=now, called_off_at=None, done_at=None).order_by("due_at")
    found = list(due.values_list("pk", flat=True)[:limit])
    for closing_id in found:
        with transaction.atomic():
            made = AccountClosing.objects.select_for_update(of=("self",)).select_related("person").get(pk=closing_id)
            if made.called_off_at is None and made.done_at is None:
                _close(made, now)
    return len(found)


def _close(made: AccountClosing, now: datetime) -> None:
    person = made.person
    actor = Actor(acting_as=ActingAs.SELF, user_id=person.user_id, person_id=person.pk, assurance=Assurance.MEDIUM)
    if obstacles(actor) or any(obstacles(one) for one in _as_before(actor, now)):
        _call_off(made, SYSTEM, now)
        return
    made.done_at = now
    made.save(update_fields=["done_at"])
    given = Mandate.objects.filter(Q(person=person) | Q(grantor=person), basis=Mandate.Basis.GIVEN, withdrawn_at=None)
    for mandate in given.select_for_update():
        mandate.withdrawn_at = now
        mandate.save()
    before = _as_before(actor, now)
    for one in (actor, *before):
        say_farewell(one)
    _note(SYSTEM, "accounts.close", made)
    crypto.shred(person.pk, SYSTEM)
    for one in before:
        # What was theirs under a document, before they had a number.
        assert one.party_id is not None
        crypto.shred(one.party_id, SYSTEM)


def _as_before(actor: Actor, now: datetime) -> list[Actor]:
    """The same person as the party of an account that they had by document and that became one with theirs."""
    return [
        replace(actor, acting_as=ActingAs.PERSON, party_id=row.grantor_id, mandate_id=row.pk)
        for row in former_accounts(actor.person_id, now)
    ]


def _note(actor: Actor, act: str, made: AccountClosing) -> None:
    audit.record(actor=actor, act=act, target="accounts.person", target_id=str(made.person_id))


def _tell(made: AccountClosing, template: str) -> None:
    notify(
        party_id=made.person_id,
        template=template,
        context={"day": f"{timezone.localtime(made.due_at):%d/%m/%Y}"},
        key=f"{template}:{made.pk}",
        channels=("inbox", *contact_of(made.person_id).reachable()),
        link=reverse("account-close"),
    )
