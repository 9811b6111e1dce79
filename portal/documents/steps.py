"""The worker's part: render, have signed, finish. Each step may be killed anywhere and run again.

What was obtained from outside is kept before the next step uses it: the activation data bought with the one-time code, the prepared
file, the signature value. So a silent time-stamping authority costs the officer no second authorisation, and one document gets one
signed file and one signal.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal import audit, crypto
from portal.access import SYSTEM
from portal.crypto import certificates
from portal.crypto.certificates import CertificateRefused
from portal.crypto.fields import is_erased
from portal.documents import signing
from portal.documents.models import Document, SigningAttempt
from portal.documents.rendering import render_pdf
from portal.documents.services import CODE_CONTEXT, SIGNER_INDEX, VERIFIER_CONTEXT, put_signing, redirect_uri
from portal.documents.signals import document_signed
from portal.documents.verification import SignatureFacts, verify
from portal.exchange import csc
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.files import services as files
from portal.files.models import StoredFile
from portal.outbox import GiveUp, RetryLater

logger = logging.getLogger(__name__)

SAD_CONTEXT = "documents.sad"
PREPARED_LIFETIME = timedelta(minutes=10)
"""Revocation information older than this is gathered anew before a signature is asked for."""

SERVICE_SILENT = "Dịch vụ ký số tạm thời chưa phản hồi. Hệ thống tự thử lại, bạn không cần làm gì."
STAMP_SILENT = "Dịch vụ cấp dấu thời gian tạm thời chưa phản hồi. Hệ thống tự thử lại, bạn không cần làm gì."
REVOCATION_SILENT = "Tạm thời chưa kiểm tra được chứng thư số còn hiệu lực hay không. Hệ thống tự thử lại, bạn không cần làm gì."
AUTHORISATION_GONE = "Lần xác nhận ký đã hết hạn hoặc bị dịch vụ ký số từ chối. Vui lòng xác nhận ký lại."
WRONG_SIGNATURE = "Dịch vụ ký số trả về chữ ký không đúng nên văn bản chưa được ký. Vui lòng xác nhận ký lại."
SEAL_TROUBLE = "Chưa đóng được dấu số của cơ quan. Hệ thống tự thử lại; nếu kéo dài, quản trị viên xem mục việc gửi ra ngoài."
WRONG_SIGNER = "Chứng thư số không phải của người hoặc cơ quan được giao ký. Văn bản chưa được ký."


class AttemptFailed(Exception):
    """This attempt cannot succeed. ``reason`` for the desk's list and the log, ``note`` for the officer."""

    def __init__(self, reason: str, note: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.note = note


# Rendering ---------------------------------------------------------------------------------------------------------------------


def render(document_id: UUID) -> None:
    """Make the PDF if it is not made, and let the document go on: to the seal at once, or to wait for the person."""
    document = Document.objects.get(pk=document_id)
    if document.is_signed or document.state == Document.CANCELLED:
        return
    if document.unsigned_file_id is not None and document.state != Document.QUEUED:
        return
    if is_erased(document, "context"):
        raise GiveUp("the owner's data were erased")
    pdf = render_pdf(document, at=timezone.now())
    with transaction.atomic():
        row = Document.objects.select_for_update().get(pk=document_id)
        if row.is_signed or row.state == Document.CANCELLED or row.unsigned_file_id is not None:
            return
        row.unsigned_file = _store(row, pdf, "documents.unsigned")
        if row.state == Document.QUEUED:
            Document.table.move(row, "render")
            if row.by_person:
                Document.table.move(row, "await")
            else:
                Document.table.move(row, "seal")
                row.attempt += 1
                SigningAttempt.objects.create(document=row, number=row.attempt)
                put_signing(row)
        row.save()


def _store(document: Document, pdf: bytes, purpose: str) -> StoredFile:
    return files.store_bytes(
        subject=document.subject_id, data=pdf, name=f"{document.kind}.pdf", purpose=purpose, media_type="application/pdf", actor=SYSTEM
    )


# Signing -----------------------------------------------------------------------------------------------------------------------


def sign(document_id: UUID, number: int) -> None:
    """Carry the attempt ``number`` to its end. RetryLater while something outside is silent.

    A person's attempt that was refused goes back to wait for a new authorisation with a plain note; a seal is tried again.
    """
    document, attempt = _current(document_id, number)
    if document is None or attempt is None:
        return
    if is_erased(document, "context"):
        raise GiveUp("the owner's data were erased")
    if document.unsigned_file_id is None:
        render(document_id)
        document.refresh_from_db()
    try:
        if attempt.signature is None:
            _obtain_signature(document, attempt)
        prepared = _load_prepared(attempt)
        pdf = signing.complete(prepared, bytes(attempt.signature or b""))
        facts = _checked(document, pdf)
    except OutsideUnavailable as error:
        _wait(document, SERVICE_SILENT)
        raise RetryLater("the signing service does not answer") from error
    except signing.TimeStampUnavailable as error:
        _wait(document, STAMP_SILENT)
        raise RetryLater("the time-stamping authority does not answer") from error
    except CertificateRefused as error:
        if error.is_temporary:
            _wait(document, REVOCATION_SILENT)
            raise RetryLater("revocation of the signer's certificate is unknown") from error
        _fail(document, attempt, AttemptFailed(f"certificate: {error.code}", f"{error.message} Văn bản chưa được ký."))
    except OutsideRefused as error:
        _fail(document, attempt, AttemptFailed("the signing service refused", AUTHORISATION_GONE), cause=error)
    except AttemptFailed as failure:
        _fail(document, attempt, failure)
    else:
        _finish(document, attempt, pdf, facts)


def _current(document_id: UUID, number: int) -> tuple[Document | None, SigningAttempt | None]:
    document = Document.objects.select_related("unsigned_file").get(pk=document_id)
    if document.state != Document.SIGNING or document.attempt != number:
        return None, None
    return document, document.attempts.select_related("prepared_file", "batch").filter(number=number).first()


def _obtain_signature(document: Document, attempt: SigningAttempt) -> None:
    sad = _activation(document, attempt) if document.is_persons_turn else ""
    # Of a batch the hash itself was authorised: made anew it would be another.
    if attempt.batch_id is None and (attempt.prepared_at is None or attempt.prepared_at < timezone.now() - PREPARED_LIFETIME):
        make_ready(document, attempt)
    prepared = _load_prepared(attempt)
    credential = _credential(document)
    if not document.is_persons_turn:
        sad = csc.seal_authorise(credential).token
    value = csc.sign_hash(
        credential_id=credential,
        sad=sad,
        hashes=[prepared.hash_to_sign],
        hash_oid=signing.SHA256_OID,
        sign_oid=signing.signature_oid(prepared.chain[0]),
    )[0]
    if not signing.signature_fits(prepared, value):
        raise AttemptFailed("the signing service returned a wrong signature", WRONG_SIGNATURE)
    attempt.signature, attempt.activation = value, ""
    attempt.save(update_fields=["signature", "activation"])


def _activation(document: Document, attempt: SigningAttempt) -> str:
    """The activation data of a person's attempt, bought once with the code and kept before use; of a batch, once for all of it."""
    if attempt.batch is not None:
        shared = attempt.batch
        if not shared.activation or shared.activation_expires_at is None or shared.activation_expires_at <= timezone.now():
            raise AttemptFailed("no activation data of the batch", AUTHORISATION_GONE)
        return crypto.open_text(shared.activation, context=SAD_CONTEXT)
    if not attempt.activation:
        if not attempt.code:
            raise AttemptFailed("no authorisation code", AUTHORISATION_GONE)
        sad = csc.exchange_code(
            crypto.open_text(attempt.code, context=CODE_CONTEXT),
            redirect_uri(),
            code_verifier=crypto.open_text(attempt.verifier, context=VERIFIER_CONTEXT),
        )
        if sad.credential_id and sad.credential_id != document.credential:
            raise AttemptFailed("another credential was authorised", WRONG_SIGNER)
        attempt.activation = crypto.seal_text(sad.token, context=SAD_CONTEXT)
        attempt.activation_expires_at = sad.expires_at
        attempt.code = attempt.verifier = ""
        attempt.save(update_fields=["activation", "activation_expires_at", "code", "verifier"])
    if attempt.activation_expires_at is not None and attempt.activation_expires_at <= timezone.now():
        raise AttemptFailed("the activation data expired", AUTHORISATION_GONE)
    return crypto.open_text(attempt.activation, context=SAD_CONTEXT)


def make_ready(document: Document, attempt: SigningAttempt) -> None:
    """Leave the place of the signature and keep what is to be signed. Raises what certificates, stamps and the service raise."""
    chain, _algorithm = csc.credential_info(_credential(document))
    _require_expected_signer(document, certificates.facts_of(chain[0]))
    is_second = document.person_signed_at is not None
    now = timezone.now()
    prepared = signing.prepare(
        files.read_bytes(_present(document.unsigned_file)),
        tuple(chain),
        at=now,
        name="" if is_second else document.signer_label,
        reason=document.title,
        field_name=signing.SEAL_FIELD_NAME if is_second else signing.FIELD_NAME,
    )
    with transaction.atomic():
        old = attempt.prepared_file
        attempt.prepared, attempt.prepared_at = prepared.as_json(), now
        attempt.prepared_file = _store(document, prepared.pdf, "documents.prepared")
        attempt.save(update_fields=["prepared", "prepared_at", "prepared_file"])
        if old is not None:
            files.erase(file=old, actor=SYSTEM)


def _credential(document: Document) -> str:
    """The key that signs now: the person's, or the seal's after them."""
    return document.credential if document.person_signed_at is None else f"seal-{document.unit_code}"


def _load_prepared(attempt: SigningAttempt) -> signing.Prepared:
    return signing.Prepared.from_json(attempt.prepared, files.read_bytes(_present(attempt.prepared_file)))


def _present(file: StoredFile | None) -> StoredFile:
    if file is None:
        raise RuntimeError("a file of this signing attempt is not there")
    return file


def _require_expected_signer(document: Document, facts: certificates.CertificateFacts | None) -> None:
    """A person's certificate carries their number, a seal's the code of the unit; anything else is not the signature asked for."""
    if facts is not None and document.is_persons_turn:
        if facts.id_number and crypto.same_index(crypto.blind_index(SIGNER_INDEX, facts.id_number), document.signer_blind):
            return
    elif facts is not None and facts.organisation_code == document.unit_code:
        return
    raise AttemptFailed("the certificate is not the expected signer's", WRONG_SIGNER)


def _checked(document: Document, pdf: bytes) -> SignatureFacts:
    """Read our own result as a stranger would before calling it signed."""
    found = verify(pdf).signatures
    expected = 1 if document.person_signed_at is None else 2
    if len(found) != expected or not all(one.intact and one.covers_whole_file for one in found):
        raise AttemptFailed("the result does not verify", WRONG_SIGNATURE)
    _require_expected_signer(document, found[-1].signer)
    if found[-1].signed_at is None:
        # The signer's signature is good and kept; only the stamp on it is not.
        raise signing.TimeStampUnavailable("the time-stamp is not to be trusted")
    if not all(one.is_good for one in found):
        raise AttemptFailed("the result is not trusted", WRONG_SIGNATURE)
    return found[-1]


# Ends --------------------------------------------------------------------------------------------------------------------------


def _wait(document: Document, note: str) -> None:
    Document.objects.filter(pk=document.pk, state=Document.SIGNING, attempt=document.attempt).update(note=note)


def wipe(attempt: SigningAttempt, outcome: str) -> StoredFile | None:
    """Forget secrets and half-made things of an attempt; returns the file to erase."""
    file = attempt.prepared_file
    attempt.code = attempt.verifier = attempt.activation = ""
    attempt.prepared = attempt.prepared_file = attempt.prepared_at = attempt.signature = None
    attempt.outcome = outcome[:300]
    return file


def _fail(document: Document, attempt: SigningAttempt, failure: AttemptFailed, cause: Exception | None = None) -> None:
    logger.warning("signing attempt failed", extra={"document": str(document.id), "attempt": attempt.number, "reason": failure.reason})
    with transaction.atomic():
        row = Document.objects.select_for_update().get(pk=document.pk)
        if row.state != Document.SIGNING or row.attempt != attempt.number:
            return
        leftover = wipe(attempt, failure.reason)
        row.note = failure.note if row.is_persons_turn else SEAL_TROUBLE
        if row.is_persons_turn:
            Document.table.move(row, "return")
            attempt.ended_at = timezone.now()
        attempt.save()
        row.save()
        if leftover is not None:
            files.erase(file=leftover, actor=SYSTEM)
        audit.record(
            actor=SYSTEM,
            act="documents.attempt_failed",
            target="documents.document",
            target_id=str(row.id),
            unit=row.unit_code,
            details={"attempt": attempt.number, "reason": failure.reason},
        )
    if not row.is_persons_turn:
        raise RetryLater(failure.reason) from cause


def _finish(document: Document, attempt: SigningAttempt, pdf: bytes, facts: SignatureFacts) -> None:
    with transaction.atomic():
        row = Document.objects.select_for_update().get(pk=document.pk)
        if row.state != Document.SIGNING or row.attempt != attempt.number:
            return
        if row.seal_too and row.is_persons_turn:
            _seal_next(row, attempt, pdf, facts)
            return
        row.file = _store(row, pdf, "documents.signed")
        row.sha256 = row.file.sha256
        row.signed_at, row.stamp_until = facts.signed_at, facts.stamp_until
        row.signer_name = row.signer_name or (facts.signer.subject_name if facts.signer else "")
        Document.table.move(row, "sign")
        row.note = row.credential = row.signer_blind = ""
        leftovers = [wipe(attempt, "signed"), row.unsigned_file]
        attempt.ended_at = timezone.now()
        attempt.save()
        row.unsigned_file = None
        row.save()
        for leftover in leftovers:
            if leftover is not None:
                files.erase(file=leftover, actor=SYSTEM)
        audit.record(
            actor=SYSTEM,
            act="documents.signed",
            target="documents.document",
            target_id=str(row.id),
            unit=row.unit_code,
            details={"sha256": row.sha256, "attempt": attempt.number},
        )
        document_signed.send(sender=Document, document=row)


def _seal_next(row: Document, attempt: SigningAttempt, pdf: bytes, facts: SignatureFacts) -> None:
    """The person has signed: their file waits for the unit's seal, which asks nobody. Within the transaction that notes it."""
    leftovers = [wipe(attempt, "signed by the person"), row.unsigned_file]
    attempt.ended_at = timezone.now()
    attempt.save()
    row.unsigned_file = _store(row, pdf, "documents.unsigned")
    row.person_signed_at = facts.signed_at
    row.signer_name = facts.signer.subject_name if facts.signer else ""
    row.note = ""
    row.attempt += 1
    row.save()
    SigningAttempt.objects.create(document=row, number=row.attempt)
    put_signing(row)
    for leftover in leftovers:
        if leftover is not None:
            files.erase(file=leftover, actor=SYSTEM)
    audit.record(
        actor=SYSTEM,
        act="documents.person_signed",
        target="documents.document",
        target_id=str(row.id),
        unit=row.unit_code,
        details={"attempt": attempt.number},
    )
