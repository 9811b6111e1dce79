"""What the worker does for dossiers."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.utils import timezone

from dossiers import services
from dossiers.archive import working
from dossiers.designing.results.trying import make_preview
from dossiers.desk_pages import bulk
from dossiers.digitising import steps as old_papers
from dossiers.post import parcels
from dossiers.process import sheet
from dossiers.services import kin, registries
from dossiers.services.confirming import confirm_sent
from dossiers.signing import steps
from dossiers.store import proofs
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.outbox import GiveUp, Message, RetryLater, handler


@handler("dossiers.print_form", queue="soon", lease_seconds=40)
def print_form(message: Message) -> None:
    """Make the PDF of a declaration that somebody waits for."""
    services.make_print(print_id=UUID(message.payload["print"]), now=timezone.now())


@handler("dossiers.preview_result", queue="soon", lease_seconds=40)
def preview_result(message: Message) -> None:
    """Make the PDF of a result template that an officer tries."""
    make_preview(design_id=UUID(message.payload["design"]), now=timezone.now())


@handler("dossiers.confirm_sent", queue="bulk", lease_seconds=30)
def confirm(message: Message) -> None:
    """Issue the sealed confirmation that a dossier was sent."""
    confirm_sent(dossier_id=UUID(message.payload["dossier"]), again=message.payload.get("again", 0))


@handler("dossiers.control_sheet", queue="bulk", lease_seconds=30)
def control_sheet(message: Message) -> None:
    """Seal the control sheet of a dossier that leaves or has ended."""
    sheet.issue_after(event_id=int(message.payload["event"]), now=timezone.now())


@handler("dossiers.make_declaration", queue="soon", lease_seconds=40)
def make_declaration(message: Message) -> None:
    """Make the PDF that the applicant signs."""
    steps.make(UUID(message.payload["declaration"]), now=timezone.now())


@handler("dossiers.sign_declaration", queue="soon", lease_seconds=40, max_attempts=250)
def sign_declaration(message: Message) -> None:
    """Have a declaration signed, or read one that was signed outside; again and again as long as its page waits, which is then told."""
    said = message.payload
    steps.work(UUID(said["declaration"]), int(said["attempt"]), tries=message.attempts, now=timezone.now())


@handler("dossiers.read_old_scan", queue="bulk", lease_seconds=40)
def read_old_scan(message: Message) -> None:
    """Take a scan of old papers apart."""
    old_papers.read_scan(UUID(message.payload["scan"]), now=timezone.now())


@handler("dossiers.read_old_page", queue="bulk", lease_seconds=40)
def read_old_page(message: Message) -> None:
    """Put a page of an old paper upright and read it."""
    old_papers.read_page(int(message.payload["page"]))


@handler("dossiers.ask_registry", queue="soon", lease_seconds=30, parallel=True)
def ask_registry(message: Message) -> None:
    """Ask a registry what it knows of a party whose form is filled in from it."""
    try:
        registries.ask(answer_id=int(message.payload["answer"]), now=timezone.now())
    except OutsideUnavailable as unavailable:
        raise RetryLater(f"{unavailable.service} does not answer") from unavailable
    except OutsideRefused as refused:
        raise GiveUp(f"{refused.service} refused: {refused.code}") from refused


@handler("dossiers.ask_kin", queue="bulk", lease_seconds=30, parallel=True)
def ask_kin(message: Message) -> None:
    """Ask the population registry for an officer's near relatives, whose dossiers are a colleague's."""
    try:
        kin.ask(person_id=UUID(message.payload["person"]), now=timezone.now())
    except OutsideUnavailable as unavailable:
        raise RetryLater(f"{unavailable.service} does not answer") from unavailable
    except OutsideRefused as refused:
        raise GiveUp(f"{refused.service} refused: {refused.code}") from refused


@handler("dossiers.work_bulk", queue="soon", lease_seconds=40)
def work_bulk(message: Message) -> None:
    """Carry on an act of an officer on many dossiers."""
    bulk.work(bulk_id=UUID(message.payload["bulk"]), now=timezone.now())


@handler("dossiers.work_disposal", queue="bulk", lease_seconds=40)
def work_disposal(message: Message) -> None:
    """Carry on a disposal that two archivists decided."""
    working.work(disposal_id=UUID(message.payload["disposal"]), now=timezone.now())


@handler("dossiers.keep_registry_papers", queue="bulk", lease_seconds=40)
def keep_registry_papers(message: Message) -> None:
    """Put into the store what a registry said, as papers."""
    proofs.keep(answer_id=int(message.payload["answer"]), now=timezone.now())


@handler("dossiers.order_parcel", queue="soon", lease_seconds=30, parallel=True, max_attempts=400)
def order_parcel(message: Message) -> None:
    """Have the public post fetch a paper result."""
    parcel_id = UUID(message.payload["parcel"])
    try:
        parcels.order(parcel_id=parcel_id, now=timezone.now())
    except OutsideUnavailable as unavailable:
        raise RetryLater(f"{unavailable.service} does not answer") from unavailable
    except OutsideRefused as refused:
        parcels.refuse(parcel_id=parcel_id, now=timezone.now())
        raise GiveUp(f"{refused.service} refused: {refused.code}") from refused


@handler("dossiers.track_parcel", queue="bulk", lease_seconds=30, parallel=True)
def track_parcel(message: Message) -> None:
    """Ask the public post where a parcel is."""
    _asked(lambda: parcels.track(parcel_id=UUID(message.payload["parcel"]), now=timezone.now()))


@handler("dossiers.ask_tariff", queue="bulk", lease_seconds=30, parallel=True)
def ask_tariff(message: Message) -> None:
    """Ask the public post what it takes."""
    _asked(lambda: parcels.ask_tariff(now=timezone.now()))


def _asked(question: Callable[[], None]) -> None:
    try:
        question()
    except OutsideUnavailable as unavailable:
        raise RetryLater(f"{unavailable.service} does not answer") from unavailable
    except OutsideRefused as refused:
        raise GiveUp(f"{refused.service} refused: {refused.code}") from refused
