"""Who has an account by document and now an identity number: one person, one account (A-01; docs/decisions.md).

They prove both: the account by being signed in to it, the number as at any registration by phone (population registry, a phone in their
own name, a code to it). Where nobody has the number here, the account takes it and all stays where it is. Where it is somebody's, that is
the same person: the account by document ends, and its party stays readable for who has the number, by a mandate that never ends.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import queries
from accounts.linking.syncing import person_changed
from accounts.models import (
    AccountClosing,
    Consent,
    ContactChoice,
    EmailAddress,
    FailedSignIn,
    KnownBrowser,
    Mandate,
    Person,
    Registration,
    User,
    UserSession,
)
from accounts.registration import services
from accounts.registration.opening import said
from accounts.registration.rules import LEVEL, tidy_name
from accounts.registration.states import TABLE, State
from accounts.services import sessions
from accounts.services.codes import one_at_a_time
from accounts.services.mandates import NOBODY, note
from accounts.services.people import CHECKED_AGAIN_AFTER, ask_registry
from portal import audit
from portal.access import SYSTEM, AccessDenied, ActingAs, Actor, Assurance
from portal.notifications.services import notify
from portal.text import search_key

LOCKED, GONE = "locked", "gone"
"""Why two accounts do not become one: the other one is locked, or there is nothing any more to join."""


class BadNumber(ValueError):
    """What cannot be added; the text says why, for the person, ``field`` what to mend."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


def may_add(actor: Actor) -> bool:
    """Whether the account behind an actor has no identity number yet (one query)."""
    if actor.acting_as is not ActingAs.SELF or actor.person_id is None or actor.assurance < Assurance.MEDIUM:
        return False
    return Person.objects.filter(pk=actor.person_id, id_number__isnull=True, user__is_active=True).exists()


@transaction.atomic
def begin(*, actor: Actor, declared: dict[str, Any], phone: str, language: str, address: str, now: datetime) -> Registration:
    """Declare one's number from one's account by document. :class:`BadNumber`, :class:`AccessDenied`, ``TooManyRequests``."""
    if not may_add(actor):
        raise AccessDenied("accounts.take_number")
    person = Person.objects.get(pk=actor.person_id or NOBODY)
    if person.birth_date and person.birth_date != declared["birth_date"]:
        # Whoever sits before somebody else's open session has another day of birth.
        words = _("Ngày sinh khác với ngày sinh trên giấy tờ của tài khoản này. Bạn đến bộ phận một cửa để đối chiếu.")
        raise BadNumber(words, "birth_date")
    if queries.positions_held(person.id):
        raise BadNumber(_("Bạn đang giữ chức danh trong cơ quan. Cơ quan của bạn kết thúc chức danh trước."))
    made = services.create(
        way=Registration.Way.NUMBER,
        state=State.CODE,
        declared=declared,
        identity_blind=services.by_number(declared["id_number"]),
        phone=phone,
        language=language,
        address=address,
        person=person,
        now=now,
    )
    services.send_code(made, now=now)
    return made


def finish(registration: Registration, *, now: datetime) -> None:
    """The number is proved: one account for one person, as a logged act. In the transaction of the caller, who has locked the row."""
    transaction.get_connection().validate_no_broken_transaction()
    index = services.by_number(registration.declaration["id_number"])
    asker = Person.objects.filter(pk=registration.person_id or NOBODY).first()
    one_at_a_time(index, *([asker.id_blind] if asker is not None and asker.id_blind else []))
    rows = Person.objects.select_for_update(of=("self",)).select_related("user")
    found = {row.pk: row for row in rows.filter(Q(pk=registration.person_id or NOBODY) | Q(id_blind=index)).order_by("pk")}
    former = found.pop(registration.person_id or NOBODY, None)
    other = next(iter(found.values()), None)
    if former is None or former.user is None or not former.user.is_active or former.id_number or queries.positions_held(former.id):
        services.refuse(registration, GONE, now=now)
        return
    if other is not None and other.user is not None and not other.user.is_active:
        services.refuse(registration, LOCKED, now=now)
        return
    before = former.id_blind or ""
    if other is None:
        kept = former
        _take_number(former, registration, index, now)
    else:
        kept = other
        if other.user is None:
            _take_login(former, other, registration, now)
        else:
            _end_login(former, now)
        _become_one(former, other, now)
    FailedSignIn.objects.filter(number_blind=before).update(number_blind=kept.id_blind)
    registration.person = kept
    TABLE.move(registration, "finish")
    registration.changed_at = now
    act, details = ("accounts.take_number", {}) if kept is former else ("accounts.join", {"former": str(former.id)})
    details = {**details, "registration": str(registration.id)}
    audit.record(actor=SYSTEM, act=act, target="accounts.person", target_id=str(kept.id), details=details)
    for party in {former.id, kept.id}:
        notify(
            party_id=party,
            template="accounts.number_taken" if kept is former else "accounts.joined",
            context={},
            key=f"joined:{registration.id}",
            link=reverse("account"),
        )
    services.close(registration)
    # For which children they may act is the registry's to say, too.
    ask_registry(person_id=kept.id, occasion=f"joined:{registration.id}", now=now)


def _prove(person: Person, registration: Registration, now: datetime) -> None:
    """What the registries said of the number's holder; the caller saves."""
    known, level = said(registration, "population"), LEVEL[Registration.Way(registration.way)]
    person.phone = registration.phone or person.phone
    person.registry_checked_at, person.registry_matches, person.registry_due_at = now, True, now + CHECKED_AGAIN_AFTER
    person.birth_date, person.sex = known["birth_date"], known["sex"]
    person.address, person.residence_unit = known.get("address") or person.address, known.get("residence_unit") or person.residence_unit
    if person.identity_level < level:
        person.identity_level, person.identity_proved_by, person.identity_proved_at = level, registration.way, now


def _take_number(person: Person, registration: Registration, index: str, now: datetime) -> None:
    """Nobody has the number here: the account takes it. The document stays a second identifier, by which it is found."""
    name = tidy_name(said(registration, "population")["full_name"])
    person.full_name, person.name_key = name, search_key(name)
    person.id_number, person.id_blind = registration.declaration["id_number"], index
    _prove(person, registration, now)
    person.save()
    person_changed(person.pk, now=now)


def _take_login(former: Person, other: Person, registration: Registration, now: datetime) -> None:
    """Somebody entered who has the number, without a login (a child once, a ward): the login goes over, with its ways and sessions."""
    user, former.user = former.user, None
    former.save()
    other.user = user
    _prove(other, registration, now)
    other.save()
    KnownBrowser.objects.filter(person=former).update(person=other)
    for given in Consent.objects.filter(person=former):
        Consent.objects.get_or_create(person=other, terms=given.terms, defaults={"how": given.how, "given_at": given.given_at})
    mail = EmailAddress.objects.filter(person=former, verified_at__isnull=False).first()
    if mail is not None and not EmailAddress.objects.filter(person=other, verified_at__isnull=False).exists():
        EmailAddress.objects.create(person=other, address=mail.address, verified_at=mail.verified_at, created_at=now)
    choice = ContactChoice.objects.filter(person=former).first()
    if choice is not None:
        ContactChoice.objects.get_or_create(person=other, defaults={"language": choice.language, "channels": choice.channels})


def _end_login(former: Person, now: datetime) -> None:
    """The number has an account of its own: the one by document is closed, with every way into it. Nothing opens it again."""
    assert former.user is not None
    user_id = former.user.pk
    sessions.end_all(actor=SYSTEM, user_id=user_id, now=now, by=UserSession.End.JOINED)
    Authenticator.objects.filter(user_id=user_id).delete()
    KnownBrowser.objects.filter(person=former).delete()
    User.objects.filter(pk=user_id).update(is_active=False, idle_next_on=None)


def _become_one(former: Person, other: Person, now: datetime) -> None:
    """The party of the former account stays what it was and is the same person's: what they held for others goes over, and all that was
    theirs is read by a mandate that nobody ends."""
    for held in Mandate.objects.select_for_update(of=("self",)).in_force(now).filter(person=former):
        held.withdrawn_at, held.withdrawn_by = now, former
        held.save()
        whose = {"grantor_id": held.grantor_id, "organisation_id": held.organisation_id}
        if held.grantor_id == other.pk or Mandate.objects.filter(person=other, basis=held.basis, withdrawn_at=None, **whose).exists():
            continue
        going_on = Mandate.objects.create(
            person=other, basis=held.basis, procedures=held.procedures, valid_from=held.valid_from, valid_to=held.valid_to,
            given_by_id=held.given_by_id, given_at=now, accepted_at=held.accepted_at, **whose,
        )  # fmt: skip
        note(SYSTEM, "accounts.learn_mandate", going_on)
    for over in Mandate.objects.select_for_update(of=("self",)).in_force(now).filter(person=other, grantor=former):
        over.withdrawn_at, over.withdrawn_by = now, former
        over.save()
    same = Mandate.objects.create(
        person=other, grantor=former, basis=Mandate.Basis.SAME, valid_from=now, given_at=now, accepted_at=now, given_by=former
    )
    note(SYSTEM, "accounts.learn_mandate", same)
    AccountClosing.objects.filter(person=former, called_off_at=None, done_at=None).update(called_off_at=now)
