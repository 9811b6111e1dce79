"""What the worker does for accounts."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from accounts import connections
from accounts.linking import files
from accounts.mandating import offers
from accounts.owner import copies, unlocking
from accounts.provider import ending, telling
from accounts.registration import checking, signing
from accounts.services import certificates, mandates, otp, people
from accounts.ways import certificates as citizens
from accounts.ways import outside, phones
from portal import outbox
from portal.access import SYSTEM
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.outbox import GiveUp, Message, RetryLater, handler


@handler(connections.OUTBOX, queue="soon", lease_seconds=30, parallel=True)
def tell_partner(message: Message) -> None:
    """One SMS or letter to somebody at a partner's system."""
    connections.tell(message.payload, number=message.id)


@handler("accounts.check_registry", queue="soon", lease_seconds=30)
def check_registry(message: Message) -> None:
    """Compare a person with the population registry, and learn for which children they may act."""
    person_id = UUID(message.payload["person"])
    try:
        if people.check_with_registry(person_id):
            mandates.learn_children(actor=SYSTEM, person_id=person_id, now=timezone.now())
    except OutsideUnavailable as unavailable:
        raise RetryLater("population registry does not answer") from unavailable
    except OutsideRefused as refused:
        raise GiveUp(f"population registry refused: {refused.code}") from refused


@handler("accounts.learn_organisation", queue="soon", lease_seconds=30)
def learn_organisation(message: Message) -> None:
    """Ask the business registry about an organisation again."""
    try:
        mandates.learn_organisation_again(actor=SYSTEM, organisation_id=UUID(message.payload["organisation"]), now=timezone.now())
    except OutsideUnavailable as unavailable:
        raise RetryLater("business registry does not answer") from unavailable
    except OutsideRefused as refused:
        raise GiveUp(f"business registry refused: {refused.code}") from refused


@handler("accounts.prove_certificate", queue="soon", lease_seconds=20, max_attempts=250)
def prove_certificate(message: Message) -> None:
    """Check the signature of an officer's sign-in; again and again as long as the officer's page waits, which is then told.

    Not "now", for it waits for the signing service, and one that is slow must not delay the one-time passwords.
    """
    sign_in_id = UUID(message.payload["sign_in"])
    try:
        certificates.prove(sign_in_id=sign_in_id, now=timezone.now())
    except OutsideUnavailable as unavailable:
        # Soon at first, for somebody waits; the time of the sign-in, not the number of tries, is the end.
        delay = 3 if message.attempts <= 10 else 10
        if not certificates.may_still_succeed(sign_in_id, at=timezone.now() + timedelta(seconds=delay)):
            certificates.refuse(sign_in_id=sign_in_id, reason=certificates.SILENT)
            return
        raise RetryLater(f"{unavailable.service} does not answer", delay_seconds=delay) from unavailable


@handler("accounts.prove_outside", queue="soon", lease_seconds=20, max_attempts=250)
def prove_outside(message: Message) -> None:
    """Check what a provider outside answered; again and again as long as the page waits, which is then told."""
    sign_in_id = UUID(message.payload["sign_in"])
    try:
        outside.prove(sign_in_id=sign_in_id, now=timezone.now())
    except OutsideUnavailable as unavailable:
        delay = 3 if message.attempts <= 10 else 10
        if not outside.may_still_succeed(sign_in_id, at=timezone.now() + timedelta(seconds=delay)):
            outside.refuse(sign_in_id=sign_in_id, reason=outside.SILENT)
            return
        raise RetryLater(f"{unavailable.service} does not answer", delay_seconds=delay) from unavailable


@handler("accounts.link_accounts", queue="bulk", lease_seconds=40)
def link_accounts(message: Message) -> None:
    """Read on in an agency's list of accounts; what is left is read by the next message."""
    file_id, now = UUID(message.payload["file"]), timezone.now()
    if not files.go_on(file_id=file_id, now=now, seconds=15.0):
        outbox.put("accounts.link_accounts", key=f"{file_id}:{now.isoformat()}", payload={"file": str(file_id)})


@handler("accounts.tell_offered", queue="soon", lease_seconds=20)
def tell_offered(message: Message) -> None:
    """Tell who has the number that a mandate was offered to, where anybody has."""
    offers.tell_offered(offer_id=UUID(message.payload["offer"]), now=timezone.now())


@handler("accounts.prove_citizen", queue="soon", lease_seconds=20, max_attempts=250)
def prove_citizen(message: Message) -> None:
    """Check a citizen's certificate; again and again as long as the page waits, which is then told."""
    sign_in_id = UUID(message.payload["sign_in"])
    try:
        citizens.prove(sign_in_id=sign_in_id, now=timezone.now())
    except OutsideUnavailable as unavailable:
        delay = 3 if message.attempts <= 10 else 10
        if not citizens.USE.may_still_succeed(sign_in_id, at=timezone.now() + timedelta(seconds=delay)):
            citizens.refuse(sign_in_id=sign_in_id, reason=citizens.SILENT)
            return
        raise RetryLater(f"{unavailable.service} does not answer", delay_seconds=delay) from unavailable


@handler("accounts.check_phone", queue="soon", lease_seconds=30)
def check_phone(message: Message) -> None:
    """Ask the operators whose a new phone is."""
    try:
        phones.check(change_id=UUID(message.payload["change"]), now=timezone.now())
    except OutsideUnavailable as unavailable:
        raise RetryLater("telecom register does not answer") from unavailable
    except OutsideRefused as refused:
        raise GiveUp(f"telecom register refused: {refused.code}") from refused


@handler("accounts.send_code", queue="now", lease_seconds=20)
def send_code(message: Message) -> None:
    """Make and send a one-time password, where somebody has the number."""
    otp.send_code(otp_id=UUID(message.payload["otp"]), now=timezone.now())


@handler("accounts.check_registration", queue="soon", lease_seconds=35)
def check_registration(message: Message) -> None:
    """Ask the registries about a registration; while one is silent it waits, and is asked about again."""
    now = timezone.now()
    try:
        checking.check(UUID(message.payload["registration"]), now=now, today=timezone.localdate(now))
    except OutsideUnavailable as unavailable:
        raise RetryLater(f"{unavailable.service} does not answer") from unavailable


@handler("accounts.prove_registration", queue="soon", lease_seconds=20, max_attempts=250)
def prove_registration(message: Message) -> None:
    """Check the signature of a registration by certificate; as long as its page waits, which is then told."""
    row_id, now = UUID(message.payload["sign_in"]), timezone.now()
    try:
        signing.prove(row_id=row_id, now=now)
    except OutsideUnavailable as unavailable:
        delay = 3 if message.attempts <= 10 else 10
        if not signing.USE.may_still_succeed(row_id, at=now + timedelta(seconds=delay)):
            signing.silent(row_id=row_id, now=now)
            return
        raise RetryLater(f"{unavailable.service} does not answer", delay_seconds=delay) from unavailable


@handler("accounts.send_unlock_code", queue="soon", lease_seconds=20)
def send_unlock_code(message: Message) -> None:
    """Compare who wants to open a locked account with the registry, then send the code; while the registry is silent, again and again
    until the code's time is over."""
    try:
        unlocking.send_code(otp_id=UUID(message.payload["otp"]), now=timezone.now())
    except OutsideUnavailable as unavailable:
        raise RetryLater(f"{unavailable.service} does not answer", delay_seconds=20) from unavailable
    except OutsideRefused as refused:
        raise GiveUp(f"registry refused: {refused.code}") from refused


@handler("accounts.copy_data", queue="bulk", lease_seconds=40)
def copy_data(message: Message) -> None:
    """Make the copy of a party's data."""
    said = message.payload
    copies.make(copy_id=UUID(said["copy"]), acting_as=said["acting_as"], mandate_id=said["mandate"], now=timezone.now())


@handler(ending.TELL, queue="soon", lease_seconds=20, max_attempts=telling.MOST_TRIES, parallel=True)
def tell_signed_out(message: Message) -> None:
    """Tell a system that somebody signed out, until it has taken our word."""
    try:
        telling.tell(payload=message.payload, now=timezone.now())
    except OutsideUnavailable as unavailable:
        raise RetryLater(f"system {message.payload['client']}: {unavailable.code}") from unavailable
    except OutsideRefused as refused:
        # It may have been set up wrongly, and be mended meanwhile.
        raise RetryLater(f"system {message.payload['client']} refused: {refused.code}", delay_seconds=600) from refused
