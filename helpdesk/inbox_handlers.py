"""What is done about letters and SMS that people send us."""

from __future__ import annotations

from django.utils import timezone

from helpdesk import letters
from helpdesk.machines import sms as texts
from helpdesk.models import Ticket
from helpdesk.services import tickets
from portal.exchange import sms
from portal.inbox.handlers import receiver
from portal.limits import take

LETTERS_A_DAY = 10
"""Of one address; what comes above is kept, and answered by nobody: the sender of a letter is easily forged."""


@receiver("mail.support")
def letter(body: bytes) -> str:
    """A letter to the support address becomes a ticket, or belongs to one; automatic letters are let go."""
    found = letters.read(body)
    if found is None or not tickets.is_email(found.address):
        return "no letter of a person"
    if found.automatic:
        return "automatic"
    digest = tickets.digest_of(found.address)
    if found.code:
        ticket = Ticket.objects.select_for_update(of=("self",)).filter(code=found.code).first()
        known = (ticket.contact or {}).get("email", "") if ticket is not None else ""
        if ticket is not None and str(known).lower() == found.address.lower():
            tickets.add_words(ticket=ticket, words=found.words, now=timezone.now())
            return "added"
    if not take("helpdesk.letters", digest, capacity=LETTERS_A_DAY, refill_per_second=LETTERS_A_DAY / 86400).allowed:
        return "too many of one sender"
    contact = {"name": found.name, "phone": "", "email": found.address}
    tickets.open_from_message(
        words=found.words, contact=contact, channels=["email"], source=Ticket.Source.MAIL, digest=digest, now=timezone.now()
    )
    return "ticket"


@receiver("sms.inbound")
def text_message(body: bytes) -> str:
    """An SMS to our number is answered by SMS."""
    message = sms.read_inbound(body)
    return texts.answer(message, now=timezone.now()) if message is not None else "no message"
