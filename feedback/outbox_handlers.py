"""What petitions do outside their transactions."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from feedback.models import Petition
from feedback.services.answering import answer_copy
from portal.access import SYSTEM
from portal.exchange import mail, sms
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.notifications import letters, registry
from portal.outbox import Message, RetryLater, handler


@handler("feedback.answer_copy", queue="soon")
def copy_answer(message: Message) -> None:
    """Give one copy of a text the answer of its group."""
    told = message.payload
    answer_copy(petition_id=told["petition"], answer_id=told["answer"], actor=SYSTEM, now=timezone.now())


@handler("feedback.tell_writer", queue="soon", parallel=True)
def tell_writer(message: Message) -> None:
    """Tell somebody without an account, by the phone or the address they gave: where to look, never what was written."""
    petition = Petition.objects.get(pk=message.payload["petition"])
    sender = petition.sender or {}
    template = message.payload["template"]
    channel = message.payload.get("channel") or ("email" if sender.get("email") else "sms")
    link = settings.SITE_URL + (message.payload.get("link") or f"/phan-anh-kien-nghi/theo-doi/?ma={petition.code}")
    text = registry.rendered(template, {**message.payload["context"], "link": link}, "vi")
    try:
        if channel == "email" and sender.get("email"):
            if not (settings.MAIL_FROM and settings.MAIL_BOUNCES):
                raise OutsideUnavailable("mail", "not_configured")
            letter = letters.compose(
                number=message.id,
                to=sender["email"],
                title=text.title,
                body=text.body,
                link=link,
                action=registry.action_of(template, "vi"),
                language="vi",
                at=timezone.now(),
            )
            mail.send(letter, to=sender["email"], sender=letters.bounce_address(message.id))
        elif channel == "sms" and str(sender.get("phone", "")).startswith("+") and text.sms:
            sms.send(to=sender["phone"], text=text.sms, correlator=str(message.id))
    except OutsideUnavailable as error:
        raise RetryLater(str(error)) from error
    except (OutsideRefused, ValueError):
        # An address that is none: what is told stands on the page.
        return
