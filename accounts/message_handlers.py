"""What systems of ministries and provinces send about accounts that are linked with those here."""

from __future__ import annotations

from django.utils import timezone

from accounts.linking.syncing import CHANGED, BadChange, take_change
from portal.exchange.messages import Message, MessageRefused, receives
from portal.exchange.partners.models import Call


@receives(CHANGED, call=Call.ACCOUNTS)
def account_changed(message: Message) -> str:
    """Another name of an account, its end, other data of its person."""
    try:
        return take_change(partner=message.partner, body=message.body, now=timezone.now())
    except BadChange as bad:
        raise MessageRefused(bad.code, bad.name) from None
