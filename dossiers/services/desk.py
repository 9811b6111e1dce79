"""What officers do with a dossier: open, receive, refuse, decide, have the result signed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import queries as people
from dossiers import slips
from dossiers.models import Dossier, DossierDocument
from dossiers.queries import unit_calendar
from dossiers.services.common import advance, lock_for_officer, position_of, tell
from dossiers.terms import terms_of
from portal import audit
from portal.access import SYSTEM, AccessDenied, Actor, require, through_door
from portal.documents import services as documents
from portal.states import TransitionRefused
from portal.workdays import due_at


@transaction.atomic
def open_dossier(*, actor: Actor, dossier_id: UUID) -> Dossier:
    """Open one dossier to read it; who looked at whose papers is itself an act in the audit trail (requirement O-07).

    ``Dossier.DoesNotExist`` behind the door.
    """
    dossier = through_door(actor, Dossier.objects.select_related("form_version"), "dossiers.read", "unit_code").get(pk=dossier_id)
    audit.record(actor=actor, act="dossiers.read", target="dossiers.dossier", target_id=str(dossier.pk), unit=dossier.unit_code)
    return dossier


@transaction.atomic
def receive(*, actor: Actor, dossier_id: UUID, seen_version: int, now: datetime) -> Dossier:
    """Receive a complete dossier (state 1 → 2 → 4): the clock starts, the officer takes charge, the receipt is issued.

    Decree 61/2018 art. 17; slip 01 of Circular 03/2025. The appointment follows the limit that the procedure's version of
    the day of filing sets for the channel. ``TransitionRefused`` when another officer was quicker.
    """
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act="dossiers.receive", seen_version=seen_version, transition="receive")
    terms = terms_of(dossier)
    dossier.received_at = max(now, dossier.submitted_at)
    dossier.due_at = dossier.due_first = due_at(dossier.received_at, terms.limit_amount, terms.limit_unit, unit_calendar(dossier.unit_code))
    dossier.officer_id = position_of(actor)
    dossier.officer_label = actor.label
    advance(dossier, "receive", actor=actor, now=now)
    # Nothing to hand over in a commune's office: the officer who receives it handles it, at once.
    advance(dossier, "start", actor=SYSTEM, now=now)
    receipt = documents.issue_sealed(
        key=f"dossiers.receipt:{dossier.id}",
        kind=slips.RECEIPT,
        title=DossierDocument.Role.RECEIPT.label,
        template="documents/receipt.html",
        context=slips.receipt_context(dossier, terms),
        unit_code=dossier.unit_code,
        subject=dossier.id,
        actor=actor,
    )
    DossierDocument.objects.create(dossier=dossier, document=receipt, role=DossierDocument.Role.RECEIPT)
    tell(dossier, "dossiers.received", due=slips.moment(dossier.due_at))
    return dossier


@transaction.atomic
def refuse(*, actor: Actor, dossier_id: UUID, seen_version: int, reason: str, now: datetime) -> Dossier:
    """Refuse to receive a dossier (state 1 → 3) with a reason that the applicant reads (Decree 61/2018 art. 17; slip 03).

    ``ValueError`` without a reason.
    """
    if not reason.strip():
        raise ValueError("a refusal needs a reason")
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act="dossiers.refuse", seen_version=seen_version, transition="refuse")
    dossier.refused_at = max(now, dossier.submitted_at)
    dossier.officer_id = position_of(actor)
    dossier.officer_label = actor.label
    advance(dossier, "refuse", actor=actor, now=now, note=reason.strip())
    tell(dossier, "dossiers.refused")
    return dossier


@transaction.atomic
def decide(*, actor: Actor, dossier_id: UUID, seen_version: int, registration_number: str, book: str, now: datetime) -> DossierDocument:
    """Decide (state 4 → 9): the clock stops here, the result waits for the deciding officer's own signature.

    ``TransitionRefused`` when the officer has no signing credential or somebody was quicker.
    """
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act="dossiers.decide", seen_version=seen_version, transition="decide")
    position_id = position_of(actor)
    credential_id, signer_label = people.signing_credential(position_id)
    if not credential_id:
        raise TransitionRefused("decide", dossier.state, "Chức danh của bạn chưa có chứng thư chữ ký số nên chưa ký được kết quả.")
    dossier.decided_at = max(now, dossier.received_at or now)
    advance(dossier, "decide", actor=actor, now=now)
    document = documents.issue_for_signature(
        key=f"dossiers.result:{dossier.id}",
        kind=slips.BIRTH_CERTIFICATE,
        title="Giấy khai sinh",
        template="documents/birth_certificate.html",
        context=slips.birth_certificate_context(dossier, registration_number=registration_number, book=book, signer_label=signer_label),
        unit_code=dossier.unit_code,
        subject=dossier.id,
        credential_id=credential_id,
        signer_label=signer_label,
        signer_id_number=people.position_holder_id_number(position_id),
        actor=actor,
    )
    return DossierDocument.objects.create(dossier=dossier, document=document, role=DossierDocument.Role.RESULT)


def authorise_result(*, actor: Actor, dossier_id: UUID, return_to: str) -> str:
    """The address at the signing service where the officer who decided authorises the signature, also once more.

    :class:`AccessDenied` for any other officer: the credential is the decider's own.
    """
    dossier = through_door(actor, Dossier.objects.all(), "dossiers.read", "unit_code").get(pk=dossier_id)
    require(actor, "dossiers.decide", dossier.unit_code)
    issued = dossier.documents.select_related("document").filter(role=DossierDocument.Role.RESULT).first()
    if issued is None or not decided_by(dossier, actor):
        raise AccessDenied("dossiers.decide")
    return documents.authorisation_url(issued.document, actor=actor, return_to=return_to)


def decided_by(dossier: Dossier, actor: Actor) -> bool:
    """Whether this officer, in this position, took the decision."""
    return actor.position_id is not None and dossier.events.filter(name="decide", position_id=actor.position_id).exists()
