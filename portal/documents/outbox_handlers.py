"""Messages of the outbox that this room carries out. Leases are short so that a killed worker's document is taken up within a minute."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from portal.crypto.certificates import CertificateRefused
from portal.documents import batches, incoming, steps
from portal.outbox import Message, RetryLater, handler


@handler("documents.render", queue="soon", lease_seconds=30)
def render(message: Message) -> None:
    """Make the PDF."""
    steps.render(UUID(message.payload["document"]))


@handler("documents.sign", queue="soon", lease_seconds=40)
def sign(message: Message) -> None:
    """Have it signed."""
    steps.sign(UUID(message.payload["document"]), int(message.payload["attempt"]))


@handler("documents.prepare", queue="soon", lease_seconds=40)
def prepare(message: Message) -> None:
    """Make one document of several ready for the authorisation they share."""
    batches.prepare(UUID(message.payload["attempt"]))


@handler("documents.push", queue="soon", lease_seconds=30)
def push(message: Message) -> None:
    """Tell the signing service what an officer is about to authorise."""
    batches.push(UUID(message.payload["batch"]), datetime.fromisoformat(message.payload["asked"]), now=timezone.now())


@handler("documents.activate", queue="soon", lease_seconds=30)
def activate(message: Message) -> None:
    """Buy the activation data of several documents with the code that came back."""
    batches.activate(UUID(message.payload["batch"]))


@handler(incoming.KIND, queue="soon", lease_seconds=40)
def read_signatures(message: Message) -> None:
    """Read the signatures of a file that came in; a silent authority is asked again."""
    try:
        incoming.read(UUID(message.payload["file"]))
    except CertificateRefused as refused:
        raise RetryLater(f"authority: {refused.code}") from refused
