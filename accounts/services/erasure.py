"""What is left to do when a person's key was destroyed: the values that stand open beside the sealed ones (law 91/2025/QH15).

What they did as an officer, and dossiers that were sent, are the agency's records and stay under their ids.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.utils import timezone

from accounts.models import (
    CitizenSignIn,
    ContactChoice,
    EmailAddress,
    FailedSignIn,
    Identifier,
    KnownBrowser,
    OneTimePassword,
    OutsideIdentity,
    OutsideSignIn,
    Person,
    PhoneChange,
    Registration,
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
    OneTimePassword.objects.filter(number_blind=person.id_blind or "-").delete()
    KnownBrowser.objects.filter(person=person).delete()
    SignInTry.objects.filter(number_blind=person.id_blind or "-").delete()
    FailedSignIn.objects.filter(number_blind=person.id_blind or "-").delete()
    OutsideIdentity.objects.filter(person=person).delete()
    OutsideSignIn.objects.filter(person=person).delete()
    CitizenSignIn.objects.filter(person=person).delete()
    PhoneChange.objects.filter(person=person).delete()
    EmailAddress.objects.filter(person=person).delete()
    ContactChoice.objects.filter(person=person).delete()
    Identifier.objects.filter(person=person).delete()
    # What it was for is the portal's record; that it was this number is not.
    Registration.objects.filter(identity_blind=person.id_blind or "-").update(identity_blind="", contact_blind="")
    copies.forget_person(person.pk, timezone.now())
    if person.user_id is not None:
        Authenticator.objects.filter(user_id=person.user_id).delete()
        forget_of(User.objects.get(pk=person.user_id))
        User.objects.filter(pk=person.user_id).update(is_active=False, email=None, idle_next_on=None)
    Person.objects.filter(pk=person.pk).update(**_BLANK, registry_due_at=None)
    # The update above has made one more event; it and all before it.
    events: Any = Person.pgh_event_model  # type: ignore[attr-defined]
    events.objects.filter(pgh_obj_id=person.pk).update(**_BLANK)
