"""Where a person can be reached, in which language, by what; asked by ``portal.notifications``."""

from __future__ import annotations

from uuid import UUID

from accounts.models import AccountComplaint, ContactChoice, EmailAddress, OrganisationChoice, Person, Registration
from portal.notifications.registry import Contact


def contact_of(party_id: UUID) -> Contact:
    """The registered phone and the verified address (two queries, and the person's key); of an organisation what it does not want.

    Who has no account yet is told by the name of their registration, in the language in which it was begun. Of a complaint by somebody
    who is not signed in: what they wrote themselves.
    """
    person = Person.objects.select_related("contact_choice").filter(pk=party_id).first()
    if person is None:
        off = OrganisationChoice.objects.filter(pk=party_id).values_list("off", flat=True).first()
        if off:
            return Contact(chosen={kind: [] for kind in off})
        language = Registration.objects.filter(pk=party_id).values_list("language", flat=True).first()
        if language:
            return Contact(language=language)
        complaint = AccountComplaint.objects.filter(pk=party_id, person=None).first()
        said = complaint.said if complaint is not None else {}
        return Contact(phone=said.get("phone", ""), email=said.get("email", ""))
    email = EmailAddress.objects.filter(person=person, verified_at__isnull=False, bounced_at__isnull=True).first()
    choice = getattr(person, "contact_choice", None) or ContactChoice(person=person)
    return Contact(
        phone=person.phone or "",
        email=(email.address or "") if email is not None else "",
        language=choice.language,
        chosen=choice.channels,
    )
