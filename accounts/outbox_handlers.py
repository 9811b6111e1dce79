"""What the worker does for accounts."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from accounts.services import certificates, otp, people
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.outbox import GiveUp, Message, RetryLater, handler


@handler("accounts.check_registry", queue="soon", lease_seconds=30)
def check_registry(message: Message) -> None:
    """Compare a person with the population registry."""
    try:
        people.check_with_registry(UUID(message.payload["person"]))
    except OutsideUnavailable as unavailable:
        raise RetryLater("population registry does not answer") from unavailable
    except OutsideRefused as refused:
        raise GiveUp(f"population registry refused: {refused.code}") from refused


@handler("accounts.prove_certificate", queue="soon", lease_seconds=20)
def prove_certificate(message: Message) -> None:
    """Check the signature of an officer's sign-in; after the last useful try tell the waiting page.

    Not "now", for it waits for the signing service, and one that is slow must not delay the one-time passwords.
    """
    sign_in_id = UUID(message.payload["sign_in"])
    try:
        certificates.prove(sign_in_id=sign_in_id, now=timezone.now())
    except OutsideUnavailable as unavailable:
        if message.attempts >= 6:
            certificates.refuse(sign_in_id=sign_in_id, reason="Dịch vụ ký số đang gián đoạn. Bạn hãy thử lại sau ít phút.")
            return
        raise RetryLater("signing service does not answer", delay_seconds=3) from unavailable


@handler("accounts.send_code", queue="now", lease_seconds=20)
def send_code(message: Message) -> None:
    """Make and send a one-time password, where somebody has the number."""
    otp.send_code(otp_id=UUID(message.payload["otp"]), now=timezone.now())
