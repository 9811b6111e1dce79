"""What can be done with documents: issue, authorise, revoke, open, verify. The worker's part is in :mod:`portal.documents.steps`."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from portal import audit, crypto, outbox
from portal.access import AccessDenied, Actor, require
from portal.documents import proofs
from portal.documents.models import Document, SigningAttempt
from portal.documents.verification import PdfFacts, verify
from portal.exchange import csc
from portal.files import services as files
from portal.states import TransitionRefused

__all__ = [
    "AuthorisationReturn",
    "LinkRefused",
    "NotSigned",
    "PdfFacts",
    "authorisation_url",
    "cancel",
    "issue_for_signature",
    "issue_sealed",
    "open_pdf",
    "return_from_authorisation",
    "revoke",
    "verify",
]

SALT = "portal.documents.authorisation"
AUTHORISATION_LIFETIME = timedelta(minutes=15)
"""How long the officer may stay at the signing service."""
SIGNER_INDEX = "documents.signer"
CODE_CONTEXT = "documents.code"
VERIFIER_CONTEXT = "documents.verifier"


class LinkRefused(Exception):
    """The way back from the signing service is not one we opened, or it was left open too long."""


class NotSigned(Exception):
    """The document has no signed file yet."""


@dataclass(frozen=True)
class AuthorisationReturn:
    """Where to send the officer now, and what to tell them."""

    return_to: str
    granted: bool
    message: str


# Issuing -----------------------------------------------------------------------------------------------------------------------


def _issue(*, key: str, template: str, actor: Actor, unit_code: str, defaults: dict[str, Any]) -> Document:
    if not template.startswith("documents/"):
        raise ValueError("templates of documents live under documents/")
    # Printed beside the QR code; sealed and erased with the content that it opens.
    context = {**defaults["context"], proofs.NUMBER: proofs.new_number()}
    document, is_new = Document.objects.get_or_create(
        key=key, defaults={"template": template, "unit_code": unit_code, **defaults, "context": context}
    )
    if is_new:
        outbox.put("documents.render", key=str(document.id), payload={"document": str(document.id)})
        audit.record(
            actor=actor,
            act="documents.issue",
            target="documents.document",
            target_id=str(document.id),
            unit=unit_code,
            details={"kind": document.kind, "key": key},
        )
    return document


@transaction.atomic
def issue_sealed(
    *, key: str, kind: str, title: str, template: str, context: dict[str, Any], unit_code: str, subject: UUID, actor: Actor
) -> Document:
    """Issue a document under the unit's own digital seal, without a person's signature: receipts, slips.

    Rendered and sealed by the worker after the commit; the same ``key`` is the same document and is not issued twice. ``title`` and
    ``kind`` become public with the QR code: no personal data. ``context`` (JSON values) is encrypted for ``subject``.
    Raises AccessDenied. Rules art. 42 (receipt of a dossier).
    """
    require(actor, "documents.issue", unit_code)
    return _issue(
        key=key,
        template=template,
        actor=actor,
        unit_code=unit_code,
        defaults={
            "kind": kind,
            "title": title,
            "context": context,
            "subject_id": subject,
            "by_person": False,
            "credential": f"seal-{unit_code}",
        },
    )


@transaction.atomic
def issue_for_signature(
    *,
    key: str,
    kind: str,
    title: str,
    template: str,
    context: dict[str, Any],
    unit_code: str,
    subject: UUID,
    credential_id: str,
    signer_label: str,
    signer_id_number: str,
    signer_user_id: UUID | None,
    signer_position_id: UUID | None,
    actor: Actor,
    seal_too: bool = False,
) -> Document:
    """Issue a document that a person signs with their own certificate: results. Who issues and who signs may be two people.

    As :func:`issue_sealed`, but it waits for the signer's authorisation (:func:`authorisation_url`). Only the user and position named
    may authorise. ``credential_id`` is the signer's key at the signing service, ``signer_id_number`` the 12-digit number that must
    stand in its certificate, ``signer_label`` name and title as shown on paper. ``seal_too``: the unit's seal follows the signature, in the
    same file, before the document counts as signed. Raises AccessDenied.
    """
    require(actor, "documents.issue", unit_code)
    if signer_user_id is None or not signer_id_number or not credential_id:
        raise ValueError("a person's signature needs the person, their number and their key")
    return _issue(
        key=key,
        template=template,
        actor=actor,
        unit_code=unit_code,
        defaults={
            "kind": kind,
            "title": title,
            "context": context,
            "subject_id": subject,
            "by_person": True,
            "credential": credential_id,
            "signer_label": signer_label,
            "signer_user_id": signer_user_id,
            "signer_position_id": signer_position_id,
            "signer_blind": crypto.blind_index(SIGNER_INDEX, signer_id_number),
            "seal_too": seal_too,
        },
    )


# The officer's authorisation ---------------------------------------------------------------------------------------------------


def require_signer(document: Document, actor: Actor) -> None:
    """Only the one for whom it was issued, in the position in which it was issued."""
    require(actor, "documents.sign", document.unit_code)
    if actor.user_id != document.signer_user_id or actor.position_id != document.signer_position_id:
        raise AccessDenied("documents.sign")


def redirect_uri() -> str:
    """Where the signing service sends the officer back to; registered there, so it never varies."""
    return settings.SITE_URL + reverse("documents:authorised")


@transaction.atomic
def authorisation_url(document: Document, *, actor: Actor, return_to: str) -> str:
    """Address at the signing service where the officer authorises the signature; they come back to ``return_to`` (path of ours).

    Raises AccessDenied and :class:`~portal.states.TransitionRefused` (being signed already, signed). Calls nothing outside.
    """
    row = Document.objects.select_for_update().get(pk=document.pk)
    require_signer(row, actor)
    reason = Document.table.refusal(row, "authorise")
    if reason or not row.by_person:
        raise TransitionRefused("authorise", row.state, reason or "Văn bản này không cần người ký.")
    if not url_has_allowed_host_and_scheme(return_to, allowed_hosts=None):
        raise ValueError("return_to must be a path of ours")
    verifier = secrets.token_urlsafe(48)
    attempt = SigningAttempt.objects.create(
        document=row, user_id=actor.user_id, return_to=return_to, verifier=crypto.seal_text(verifier, context=VERIFIER_CONTEXT)
    )
    audit.record(actor=actor, act="documents.ask_authorisation", target="documents.document", target_id=str(row.id), unit=row.unit_code)
    return csc.authorize_url(
        credential_id=row.credential,
        state=signing.dumps(str(attempt.id), salt=SALT),
        redirect_uri=redirect_uri(),
        hashes=None,
        num_signatures=1,
        description=row.title,
        code_challenge=base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode(),
    )


@transaction.atomic
def return_from_authorisation(*, actor: Actor, state: str, code: str = "", error: str = "") -> AuthorisationReturn:
    """The officer is back from the signing service with a code, or with a refusal.

    Stores the code sealed and promises the signing; nothing outside is called. ``state`` works once, for the user it was made for
    (AccessDenied else), for 15 minutes (:class:`LinkRefused`). Coming twice (reload) changes nothing.
    """
    try:
        attempt_id = signing.loads(state, salt=SALT, max_age=AUTHORISATION_LIFETIME)
    except signing.BadSignature as bad:
        raise LinkRefused from bad
    from portal.documents import batches

    if attempt_id.startswith(batches.PREFIX):
        return batches.returned(actor=actor, batch_id=UUID(attempt_id.removeprefix(batches.PREFIX)), code=code, error=error)
    found = SigningAttempt.objects.filter(pk=attempt_id).values_list("document_id", flat=True).first()
    if found is None:
        raise LinkRefused
    document = Document.objects.select_for_update().get(pk=found)
    attempt = SigningAttempt.objects.select_for_update().get(pk=attempt_id)
    require_signer(document, actor)
    if attempt.user_id != actor.user_id:
        raise AccessDenied("documents.sign")
    if attempt.number is not None or attempt.ended_at is not None:
        return AuthorisationReturn(attempt.return_to, False, "Lần xác nhận này đã được ghi nhận trước đó.")
    if Document.table.refusal(document, "authorise"):
        attempt.outcome, attempt.ended_at = "văn bản đã ở trạng thái khác", timezone.now()
        attempt.save()
        if document.state == Document.CANCELLED:
            return AuthorisationReturn(attempt.return_to, False, "Quyết định đã được rút lại nên văn bản này không còn chờ ký.")
        return AuthorisationReturn(attempt.return_to, False, "Văn bản này đã được xác nhận ký từ trước.")
    if error or not code:
        attempt.outcome, attempt.ended_at = (error or "no code")[:100], timezone.now()
        attempt.save()
        audit.record(actor=actor, act="documents.decline", target="documents.document", target_id=str(document.id), unit=document.unit_code)
        if error == "access_denied":
            return AuthorisationReturn(attempt.return_to, False, "Bạn đã hủy xác nhận ký. Văn bản chưa được ký và vẫn chờ bạn.")
        return AuthorisationReturn(attempt.return_to, False, "Dịch vụ ký số không xác nhận được. Văn bản chưa được ký; vui lòng thử lại.")
    document.attempt += 1
    attempt.number = document.attempt
    attempt.code = crypto.seal_text(code, context=CODE_CONTEXT)
    attempt.save()
    Document.table.move(document, "authorise")
    document.note = ""
    document.save()
    put_signing(document)
    audit.record(actor=actor, act="documents.authorise", target="documents.document", target_id=str(document.id), unit=document.unit_code)
    return AuthorisationReturn(attempt.return_to, True, "Đã xác nhận. Văn bản đang được ký, thường xong trong vài giây.")


def put_signing(document: Document) -> None:
    """Promise the signing of the attempt that counts now."""
    outbox.put(
        "documents.sign",
        key=f"{document.id}:{document.attempt}",
        payload={"document": str(document.id), "attempt": document.attempt},
    )


@transaction.atomic
def cancel(*, document: Document, actor: Actor) -> Document:
    """Take back a document before its signature stands: it is never signed, what was made of it is erased. Twice is the same as once.

    Raises AccessDenied and :class:`~portal.states.TransitionRefused` while a signature is under way or stands.
    """
    require(actor, "documents.issue", document.unit_code)
    row = Document.objects.select_for_update().select_related(None).get(pk=document.pk)
    if row.state == Document.CANCELLED:
        return row
    if row.state == Document.SIGNING:
        raise TransitionRefused("cancel", row.state, "Văn bản đang được ký, thường xong trong vài giây. Tải lại trang để xem tình trạng.")
    Document.table.move(row, "cancel")
    leftover, row.unsigned_file = row.unsigned_file, None
    row.note = ""
    row.save()
    if leftover is not None:
        files.erase(file=leftover, actor=actor)
    SigningAttempt.objects.filter(document=row, ended_at__isnull=True).update(
        code="", verifier="", activation="", outcome="văn bản đã hủy", ended_at=timezone.now()
    )
    audit.record(actor=actor, act="documents.cancel", target="documents.document", target_id=str(row.id), unit=row.unit_code)
    return row


# After the signature -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def revoke(*, document: Document, reason: str, actor: Actor) -> Document:
    """Say that a signed document no longer counts. The file stays; the proof page says so plainly. ``reason`` becomes public."""
    require(actor, "documents.revoke", document.unit_code)
    row = Document.objects.select_for_update().get(pk=document.pk)
    Document.table.move(row, "revoke")
    row.revoked_at, row.revocation_reason = timezone.now(), reason
    row.save()
    audit.record(actor=actor, act="documents.revoke", target="documents.document", target_id=str(row.id), unit=row.unit_code)
    return row


def open_pdf(document: Document) -> Iterator[bytes]:
    """The signed file, piece by piece. The caller has checked who asks. Raises :class:`NotSigned`."""
    if document.file is None:
        raise NotSigned(str(document.id))
    return files.open_plain(document.file)
