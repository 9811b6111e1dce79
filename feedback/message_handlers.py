"""What systems of ministries and provinces send about petitions."""

from __future__ import annotations

from django.utils import timezone

from feedback.exchanging import BadPetition, PetitionRefused, take_petition, take_report
from portal.exchange.messages import Message, MessageRefused, receives
from portal.exchange.partners.models import Call


@receives("feedback.petition", call=Call.FEEDBACK)
def petition_came(message: Message) -> str:
    """A petition that was sent there and is for an agency of theirs."""
    try:
        return take_petition(partner=message.partner, body=message.body, now=timezone.now())
    except BadPetition as bad:
        raise MessageRefused(bad.code, bad.name) from None
    except PetitionRefused as refused:
        raise MessageRefused("refused", refused.field or "petition") from None


@receives("feedback.report", call=Call.FEEDBACK)
def report_came(message: Message) -> str:
    """What becomes of a petition that their agency holds (``about`` is its code)."""
    try:
        return take_report(partner=message.partner, code=message.about, body=message.body, now=timezone.now())
    except BadPetition as bad:
        raise MessageRefused(bad.code, bad.name) from None
    except PetitionRefused as refused:
        raise MessageRefused("refused", refused.field or "state") from None
