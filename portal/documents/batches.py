"""Several documents signed by one authorisation: each is prepared first, so that what is authorised is the hash of each and nothing else.

1. :func:`begin` takes the documents that wait for one officer; the worker prepares each (:func:`prepare`): certificates and revocation are
   looked at, the place of the signature is left, the hash is known.
2. :func:`ask` has the worker tell the signing service all hashes (:func:`push`; SCAL2: the activation data signs these and no other);
   the officer goes to the address that the service gave for it (:func:`address`).
3. They come back (:func:`returned`): each document goes on as one that was authorised alone. The worker exchanges the code once
   (:func:`activate`), then signs one document after the other with the same activation data.

What cannot be prepared, or was signed or taken back meanwhile, is left out and says why; the others go on.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing as tokens
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from portal import audit, crypto, outbox
from portal.access import SYSTEM, AccessDenied, Actor, require
from portal.crypto.certificates import CertificateRefused
from portal.documents import services, signing, steps
from portal.documents.models import Document, SigningAttempt, SigningBatch
from portal.exchange import csc
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.files import services as files
from portal.outbox import RetryLater
from portal.states import TransitionRefused

MOST = 300
"""Documents of one authorisation: a page of them is still looked through before it is confirmed, and they are signed within its life."""
GOOD_FOR = timedelta(minutes=20)
"""What was prepared may be authorised so long: it holds what the authorities said of the certificate then."""
ABANDONED = timedelta(hours=2)
"""What nobody authorised by then is erased; activation data has ended long before."""
PATIENCE = timedelta(minutes=3)
"""When nothing has become ready for so long, what is not does not keep the others waiting."""
CLOSING = timedelta(seconds=5)
"""Nobody is sent to an address that ends before they are there."""
REQUEST_CONTEXT = "documents.request_uri"
PREFIX = "batch:"
"""How the value that the signing service carries back tells of several documents."""
REFUSED = "Dịch vụ ký số không nhận yêu cầu ký này. Bạn hãy thử lại; nếu vẫn vậy, báo quản trị viên."
TOO_OLD = "Đã quá lâu từ lúc chuẩn bị. Bạn hãy bắt đầu lại; chưa văn bản nào được ký."


# Beginning -------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def begin(*, documents: Sequence[Document], actor: Actor, return_to: str) -> SigningBatch:
    """Take documents that wait for this officer's signature; the worker prepares them. ``return_to``: a path of ours.

    ``ValueError`` for none, more than :data:`MOST`, or of several keys. Raises :class:`AccessDenied`, ``TransitionRefused``.
    """
    if not 1 <= len(documents) <= MOST or actor.user_id is None or actor.position_id is None:
        raise ValueError(f"1 to {MOST} documents, by an officer")
    if not url_has_allowed_host_and_scheme(return_to, allowed_hosts=None):
        raise ValueError("return_to must be a path of ours")
    rows = list(Document.objects.select_for_update().filter(pk__in=[one.pk for one in documents]).order_by("id"))
    for row in rows:
        services.require_signer(row, actor)
        if reason := Document.table.refusal(row, "authorise"):
            raise TransitionRefused("authorise", row.state, reason)
    if len({row.credential for row in rows}) != 1:
        raise ValueError("one authorisation is for one key")
    batch = SigningBatch.objects.create(user_id=actor.user_id, position_id=actor.position_id, return_to=return_to)
    for row in rows:
        attempt = SigningAttempt.objects.create(document=row, user_id=actor.user_id, batch=batch)
        outbox.put("documents.prepare", key=str(attempt.id), payload={"attempt": str(attempt.id)})
        audit.record(
            actor=actor, act="documents.ask_authorisation", target="documents.document", target_id=str(row.id), unit=row.unit_code,
            details={"batch": str(batch.id)},
        )  # fmt: skip
    return batch


def prepare(attempt_id: UUID) -> None:
    """The worker's part: make one document of a batch ready, so that its hash is known. Again is harmless."""
    attempt = SigningAttempt.objects.select_related("document__unsigned_file", "prepared_file", "batch").get(pk=attempt_id)
    document = attempt.document
    if attempt.ended_at is not None or attempt.prepared_at is not None or attempt.number is not None:
        return
    if Document.table.refusal(document, "authorise"):
        _leave_out(attempt, "Văn bản đã được ký, đang ký hoặc đã hủy.")
        return
    if document.unsigned_file_id is None:
        steps.render(document.pk)
        document.refresh_from_db()
    try:
        steps.make_ready(document, attempt)
    except OutsideUnavailable as error:
        raise RetryLater("the signing service does not answer") from error
    except signing.TimeStampUnavailable as error:
        raise RetryLater("the time-stamping authority does not answer") from error
    except CertificateRefused as error:
        if error.is_temporary:
            raise RetryLater("revocation of the signer's certificate is unknown") from error
        _leave_out(attempt, error.message)
    except OutsideRefused:
        _leave_out(attempt, "Dịch vụ ký số không nhận khóa của người ký.")
    except steps.AttemptFailed as failure:
        _leave_out(attempt, failure.note)


@transaction.atomic
def _leave_out(attempt: SigningAttempt, words: str) -> None:
    row = SigningAttempt.objects.select_for_update(of=("self",)).select_related("prepared_file").get(pk=attempt.pk)
    if row.ended_at is not None or row.number is not None:
        return
    leftover = steps.wipe(row, words)
    row.ended_at = timezone.now()
    row.save()
    if leftover is not None:
        files.erase(file=leftover, actor=SYSTEM)


# The officer's authorisation -------------------------------------------------------------------------------------------------------


def of(actor: Actor, batch_id: UUID) -> SigningBatch:
    """The batch of this officer in this position. ``SigningBatch.DoesNotExist`` for another's."""
    if actor.user_id is None or actor.position_id is None:
        raise SigningBatch.DoesNotExist
    return SigningBatch.objects.get(pk=batch_id, user_id=actor.user_id, position_id=actor.position_id)


def hash_of(attempt: SigningAttempt) -> str:
    """The hash that is signed for a document, in base 16; empty where it is not known (any more)."""
    if attempt.prepared is None:
        return ""
    return signing.Prepared.from_json(attempt.prepared, b"").hash_to_sign.hex()


@transaction.atomic
def ask(*, actor: Actor, batch_id: UUID, now: datetime) -> SigningBatch:
    """The officer wants to authorise all that is ready, also once more: the worker tells the service (:func:`push`). Calls nobody.

    ``TransitionRefused`` while some are not ready, when none is left, or what was prepared is too old. Asked again while it is told, or may
    be authorised, changes nothing.
    """
    batch = SigningBatch.objects.select_for_update().get(pk=of(actor, batch_id).pk)
    attempts = list(batch.attempts.select_related("document").order_by("id"))
    ready = [one for one in attempts if one.is_ready]
    for one in ready:
        services.require_signer(one.document, actor)
    if batch.authorised_at is not None:
        raise TransitionRefused("authorise", "", "Lần ký này đã được xác nhận.")
    if is_asking(batch, now) or address(batch, now):
        return batch
    waiting = [one for one in attempts if one.is_being_prepared]
    if waiting and max(one.prepared_at or one.created_at for one in attempts) > now - PATIENCE:
        raise TransitionRefused("authorise", "", "Còn văn bản đang được chuẩn bị. Bạn đợi vài giây rồi tải lại trang.")
    for one in waiting:
        _leave_out(one, "Chưa chuẩn bị được vì dịch vụ ký số hoặc dịch vụ dấu thời gian chưa trả lời.")
    if not ready:
        raise TransitionRefused("authorise", "", "Không còn văn bản nào để ký trong lần này.")
    if _is_too_old(ready, now):
        raise TransitionRefused("authorise", "", TOO_OLD)
    batch.asked_at, batch.request_uri, batch.request_expires_at, batch.note = now, "", None, ""
    batch.save(update_fields=["asked_at", "request_uri", "request_expires_at", "note"])
    asked = now.isoformat()
    outbox.put("documents.push", key=f"{batch.id}:{asked}", payload={"batch": str(batch.id), "asked": asked})
    return batch


def _is_too_old(ready: Sequence[SigningAttempt], now: datetime) -> bool:
    return min(one.prepared_at for one in ready if one.prepared_at) < now - GOOD_FOR


def is_asking(batch: SigningBatch, now: datetime) -> bool:
    """Whether the service is being told what will be authorised."""
    return batch.asked_at is not None and batch.asked_at > now - GOOD_FOR and not batch.request_uri and batch.authorised_at is None


def address(batch: SigningBatch, now: datetime) -> str:
    """Where at the signing service the officer authorises what it was told; empty before, and when that has ended."""
    if batch.authorised_at is not None or not batch.request_uri or batch.request_expires_at is None:
        return ""
    if batch.request_expires_at <= now + CLOSING:
        return ""
    return csc.pushed_url(crypto.open_text(batch.request_uri, context=REQUEST_CONTEXT))


def push(batch_id: UUID, asked: datetime, *, now: datetime) -> None:
    """The worker's part: tell the service the hash of each document that is ready. Again is harmless, and so is one asked for before."""
    batch = SigningBatch.objects.get(pk=batch_id)
    if batch.asked_at != asked or not is_asking(batch, now):
        return
    ready = [one for one in batch.attempts.select_related("document").order_by("id") if one.is_ready]
    if not ready or _is_too_old(ready, now):
        _told(batch, asked, note=TOO_OLD if ready else "Không còn văn bản nào để ký trong lần này.")
        return
    credential = ready[0].document.credential
    verifier = secrets.token_urlsafe(48)
    try:
        most = csc.credential_info(credential).most
        for one in ready[most:]:
            _leave_out(one, f"Khóa ký này ký được {most} văn bản một lần. Văn bản vẫn chờ bạn ở lần sau.")
        hashes = [bytes.fromhex(hash_of(one)) for one in ready[:most]]
        pushed = csc.push_authorisation(
            credential_id=credential,
            state=tokens.dumps(f"{PREFIX}{batch.id}", salt=services.SALT),
            redirect_uri=services.redirect_uri(),
            hashes=hashes,
            description=f"{len(hashes)} văn bản",
            code_challenge=base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode(),
        )
    except OutsideUnavailable as error:
        SigningBatch.objects.filter(pk=batch.pk, asked_at=asked).update(note=steps.SERVICE_SILENT)
        raise RetryLater("the signing service does not answer") from error
    except OutsideRefused:
        _told(batch, asked, note=REFUSED)
        return
    _told(batch, asked, verifier=verifier, pushed=pushed)


def _told(batch: SigningBatch, asked: datetime, *, note: str = "", verifier: str = "", pushed: csc.Pushed | None = None) -> None:
    """What came of telling the service: an address to go to, or why there is none. Nothing where it was asked for anew meanwhile."""
    changes: dict[str, object] = {"note": note, "asked_at": None}
    if pushed is not None:
        changes = {
            "note": "",
            "verifier": crypto.seal_text(verifier, context=services.VERIFIER_CONTEXT),
            "request_uri": crypto.seal_text(pushed.request_uri, context=REQUEST_CONTEXT),
            "request_expires_at": pushed.expires_at,
        }
    SigningBatch.objects.filter(pk=batch.pk, asked_at=asked, request_uri="", authorised_at=None).update(**changes)


@transaction.atomic
def returned(*, actor: Actor, batch_id: UUID, code: str, error: str) -> services.AuthorisationReturn:
    """The officer is back with a code for the whole batch, or with a refusal; see :func:`services.return_from_authorisation`."""
    batch = SigningBatch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise services.LinkRefused
    if batch.user_id != actor.user_id or batch.position_id != actor.position_id:
        raise AccessDenied("documents.sign")
    if batch.authorised_at is not None:
        return services.AuthorisationReturn(batch.return_to, False, "Lần xác nhận này đã được ghi nhận trước đó.")
    attempts = list(batch.attempts.order_by("document_id"))
    documents = {row.pk: row for row in Document.objects.select_for_update().filter(pk__in=[one.document_id for one in attempts])}
    for row in documents.values():
        require(actor, "documents.sign", row.unit_code)
    if error or not code:
        audit.record(actor=actor, act="documents.decline", target="documents.signingbatch", target_id=str(batch.id), unit=actor.unit)
        batch.request_uri, batch.asked_at = "", None
        batch.save(update_fields=["request_uri", "asked_at"])
        words = "Bạn đã hủy xác nhận ký." if error == "access_denied" else "Dịch vụ ký số không xác nhận được."
        return services.AuthorisationReturn(batch.return_to, False, f"{words} Chưa văn bản nào được ký; các văn bản vẫn chờ bạn.")
    signed = 0
    for attempt in attempts:
        row = documents[attempt.document_id]
        if not attempt.is_ready:
            continue
        if Document.table.refusal(row, "authorise"):
            _leave_out(attempt, "Văn bản đã được ký, đang ký hoặc đã hủy.")
            continue
        row.attempt += 1
        attempt.number = row.attempt
        attempt.save(update_fields=["number"])
        Document.table.move(row, "authorise")
        row.note = ""
        row.save()
        audit.record(
            actor=actor, act="documents.authorise", target="documents.document", target_id=str(row.id), unit=row.unit_code,
            details={"batch": str(batch.id), "hash": hash_of(attempt)},
        )  # fmt: skip
        signed += 1
    batch.authorised_at = timezone.now()
    batch.code = crypto.seal_text(code, context=services.CODE_CONTEXT)
    batch.request_uri = ""
    batch.save(update_fields=["authorised_at", "code", "request_uri"])
    outbox.put("documents.activate", key=str(batch.id), payload={"batch": str(batch.id)})
    return services.AuthorisationReturn(batch.return_to, True, f"Đã xác nhận. {signed} văn bản đang được ký, thường xong trong ít phút.")


def activate(batch_id: UUID) -> None:
    """The worker's part: buy the activation data once, keep it, and promise each signature. Again is harmless."""
    batch = SigningBatch.objects.get(pk=batch_id)
    waiting = list(batch.attempts.filter(number__isnull=False, ended_at__isnull=True).select_related("document"))
    if not batch.activation and batch.code:
        try:
            sad = csc.exchange_code(
                crypto.open_text(batch.code, context=services.CODE_CONTEXT),
                services.redirect_uri(),
                code_verifier=crypto.open_text(batch.verifier, context=services.VERIFIER_CONTEXT),
            )
        except OutsideUnavailable as error:
            raise RetryLater("the signing service does not answer") from error
        except OutsideRefused:
            sad = None
        keys = {one.document.credential for one in waiting}
        # Without activation data each attempt fails with plain words, and its document waits for the officer again.
        if sad is not None and (not sad.credential_id or keys <= {sad.credential_id}):
            batch.activation = crypto.seal_text(sad.token, context=steps.SAD_CONTEXT)
            batch.activation_expires_at = sad.expires_at
        batch.code = batch.verifier = ""
    with transaction.atomic():
        batch.save()
        for attempt in waiting:
            if attempt.document.state == Document.SIGNING and attempt.document.attempt == attempt.number:
                services.put_signing(attempt.document)


def forget(now: datetime) -> int:
    """Erase what was prepared and never authorised: nothing of it can be signed any more. How many."""
    old = SigningAttempt.objects.filter(batch__isnull=False, number__isnull=True, created_at__lt=now - ABANDONED)
    rows = list(old.filter(Q(ended_at__isnull=True) | Q(prepared_file__isnull=False))[:500])
    for row in rows:
        with transaction.atomic():
            leftover = steps.wipe(row, row.outcome or "không được xác nhận")
            row.ended_at = row.ended_at or now
            row.save()
            if leftover is not None:
                files.erase(file=leftover, actor=SYSTEM)
    SigningBatch.objects.filter(created_at__lt=now - ABANDONED).exclude(code="", verifier="", activation="", request_uri="").update(
        code="", verifier="", activation="", request_uri=""
    )
    return len(rows)
