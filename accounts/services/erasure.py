"""What is left to do when a person's key was destroyed: the values that stand open beside the sealed ones (law 91/2025/QH15).

What they did as an officer, and dossiers that were sent, are the agency's records and stay under their ids.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Q
from django.utils import timezone

from accounts.models import (
    AccountOffer,
    CitizenSignIn,
    ContactChoice,
    EmailAddress,
    FailedSignIn,
    GuardianRequest,
    Identifier,
    KnownBrowser,
    MandateOffer,
    OneTimePassword,
    OutsideIdentity,
    OutsideSignIn,
    Person,
    PhoneChange,
    Registration,
    RegistrationSignature,
    SignInConsent,
    SignInTry,
    User,
)
from accounts.owner import copies
from accounts.services.sessions import forget_of

_BLANK: dict[str, Any] = {"full_name": "", "name_key": "", "id_blind": None, "sex": "", "residence_unit": ""}


def person_erased(sender: Any, *, subject: UUID, **_: Any) -> None:
    """Blank name, search key and blind index of a person, in history too, and close their login. Other subjects change nothing.

    Runs inside the transaction that destroys the key.
    """
    person = Person.objects.select_for_update().filter(pk=subject).first()
    if person is None:
        return
    blind, now = person.id_blind or "-", timezone.now()
    OneTimePassword.objects.filter(Q(number_blind=blind) | Q(person=person)).delete()
    KnownBrowser.objects.filter(person=person).delete()
    SignInTry.objects.filter(number_blind=blind).delete()
    FailedSignIn.objects.filter(number_blind=blind).delete()
    OutsideIdentity.objects.filter(person=person).delete()
    OutsideSignIn.objects.filter(person=person).delete()
    AccountOffer.objects.filter(Q(number_blind=blind) | Q(person=person)).delete()
    CitizenSignIn.objects.filter(person=person).delete()
    PhoneChange.objects.filter(person=person).delete()
    EmailAddress.objects.filter(person=person).delete()
    ContactChoice.objects.filter(person=person).delete()
    Identifier.objects.filter(person=person).delete()
    # What it was for is the portal's record; that it was this number, or this document, is not.
    theirs = Registration.objects.filter(Q(identity_blind=blind) | Q(person=person))
    RegistrationSignature.objects.filter(registration__in=theirs).delete()
    theirs.update(identity_blind="", contact_blind="", address_digest="")
    _forget_number(blind, now)
    copies.forget_person(person.pk, now)
    if person.user_id is not None:
        Authenticator.objects.filter(user_id=person.user_id).delete()
        forget_of(User.objects.get(pk=person.user_id))
        # After the sessions: those whom the person let know something hear first that it is over.
        SignInConsent.objects.filter(person=person).delete()
        User.objects.filter(pk=person.user_id).update(is_active=False, email=None, idle_next_on=None)
    Person.objects.filter(pk=person.pk).update(**_BLANK, registry_due_at=None)
    # The update above has made one more event; it and all before it.
    events: Any = Person.pgh_event_model  # type: ignore[attr-defined]
    events.objects.filter(pgh_obj_id=person.pk).update(**_BLANK)


def _forget_number(blind: str, now: datetime) -> None:
    """What others wrote of this number: an invitation or a request about it that is open is over, and no row is found by it any more."""
    offers = MandateOffer.objects.filter(number_blind=blind)
    offers.filter(accepted_at__isnull=True, declined_at__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=now)
    offers.update(number_blind="")
    asked = GuardianRequest.objects.filter(ward_blind=blind)
    asked.filter(state=GuardianRequest.State.WAITING).update(state=GuardianRequest.State.CALLED_OFF, decided_at=now)
    asked.update(ward_blind="")
    # The updates above have made events of their own; they and all before them.
    tracked: tuple[tuple[Any, str], ...] = ((MandateOffer, "number_blind"), (GuardianRequest, "ward_blind"))
    for model, column in tracked:
        model.pgh_event_model.objects.filter(**{column: blind}).update(**{column: ""})
