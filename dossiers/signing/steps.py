"""The worker's part: make the PDF, have it signed at the service or read what was signed outside. Each step may be killed and run again.

What was obtained from outside is kept before the next step uses it, so that a silent service costs no second confirmation. A result of
ours is read as a stranger's is before it is called signed.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import queries as people
from accounts.identifiers import clean_id_number, clean_tax_code
from dossiers import printing
from dossiers.models import DeclarationAttempt, SignedDeclaration
from dossiers.signing import current
from portal import audit, crypto, outbox
from portal.access import SYSTEM
from portal.crypto import certificates
from portal.crypto.certificates import CertificateRefused, Trust
from portal.crypto.fields import is_erased
from portal.documents import outside, signing
from portal.documents.rendering import html_to_pdf
from portal.exchange import csc
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.files import services as files
from portal.files.models import FileState, Signed, StoredFile
from portal.outbox import GiveUp, RetryLater

logger = logging.getLogger(__name__)

CODE, VERIFIER = "dossiers.signing.code", "dossiers.signing.verifier"
ACTIVATION, CREDENTIAL = "dossiers.signing.activation", "dossiers.signing.credential"
PREPARED_LIFETIME = timedelta(minutes=10)
"""Revocation information older than this is gathered anew before a signature is asked for."""
_Row = SignedDeclaration


class Refused(Exception):
    """This attempt cannot succeed; the code is one of :mod:`dossiers.signing.words`."""


# Making ------------------------------------------------------------------------------------------------------------------------


def make(declaration_id: UUID, *, now: datetime) -> None:
    """Make the PDF that is signed. A second time, and of a draft that is gone, changes nothing."""
    row = _Row.objects.filter(pk=declaration_id, state=_Row.QUEUED).first()
    if row is None:
        return
    if is_erased(row, "content"):
        raise GiveUp("the draft was erased")
    pdf = signing.signable(html_to_pdf(printing.html(current.filing_of(row), now=now)))
    with transaction.atomic():
        held = _Row.objects.select_for_update().filter(pk=declaration_id, state=_Row.QUEUED).first()
        if held is None:
            return
        held.file = files.store_bytes(
            subject=held.filing_id, data=pdf, name=current.GIVEN, purpose=current.PURPOSE, media_type="application/pdf", actor=SYSTEM
        )
        held.made_at = now
        _Row.table.move(held, "render")
        held.save()


# Signing -----------------------------------------------------------------------------------------------------------------------


def work(declaration_id: UUID, number: int, *, tries: int, now: datetime) -> None:
    """Carry the attempt ``number`` to its end. ``RetryLater`` while something outside is silent, until the attempt's time is over."""
    row = _Row.objects.select_related("file").filter(pk=declaration_id, state=_Row.SIGNING, attempt=number).first()
    attempt = row.attempts.select_related("prepared_file", "upload").filter(number=number).first() if row is not None else None
    if row is None or attempt is None:
        return
    try:
        if attempt.way == _Row.Way.FILE:
            _read_upload(row, attempt, now)
        else:
            _sign(row, attempt, now)
    except OutsideUnavailable as error:
        _wait(row, attempt, "service_silent", tries, now, error)
    except signing.TimeStampUnavailable as error:
        _wait(row, attempt, "stamp_silent", tries, now, error)
    except CertificateRefused as error:
        if error.is_temporary:
            _wait(row, attempt, "revocation_silent", tries, now, error)
        else:
            _refuse(row, attempt, error.code, now)
    except OutsideRefused:
        _refuse(row, attempt, "authorisation_gone", now)
    except Refused as refused:
        _refuse(row, attempt, str(refused), now)


def _read_upload(row: SignedDeclaration, attempt: DeclarationAttempt, now: datetime) -> None:
    with transaction.atomic():
        # A check that ends at this moment waits for us, or we for it: its end has this done once more.
        upload = StoredFile.objects.select_for_update().get(pk=_there(attempt.upload).pk)
    if upload.state == FileState.UPLOADED:
        return
    if upload.state != FileState.CLEAN:
        raise Refused("unsafe")
    judgement = outside.judge(files.read_bytes(_there(row.file)), files.read_bytes(upload), upload.media_type)
    if judgement.why:
        raise Refused(judgement.why)
    _finish(row, attempt, upload, judgement, holder_of(row, judgement), now)


def _sign(row: SignedDeclaration, attempt: DeclarationAttempt, now: datetime) -> None:
    if attempt.signature is None:
        _obtain(row, attempt, now)
    prepared = _prepared(attempt)
    pdf = signing.complete(prepared, bytes(attempt.signature or b""))
    judgement = outside.judge(files.read_bytes(_there(row.file)), pdf, "application/pdf")
    if judgement.why:
        logger.warning("a declaration signed at the service does not verify", extra={"why": judgement.why})
        raise Refused("wrong_signature")
    if not all(one.found.stamped for one in judgement.signers):
        # The signature is good and kept; only the stamp on it is not.
        raise signing.TimeStampUnavailable("the time-stamp is not to be trusted")
    holder = holder_of(row, judgement)
    with transaction.atomic():
        stored = files.store_bytes(
            subject=row.filing_id, data=pdf, name="to-khai-da-ky.pdf", purpose=current.PURPOSE, media_type="application/pdf", actor=SYSTEM
        )
        if not _finish(row, attempt, stored, judgement, holder, now):
            files.erase(file=stored, actor=SYSTEM)


def _obtain(row: SignedDeclaration, attempt: DeclarationAttempt, now: datetime) -> None:
    """The service's signature over the prepared file; whoever it is not to come from is refused before it is asked for."""
    activation = _activation(attempt, now)
    credential_id = crypto.open_text(attempt.credential, context=CREDENTIAL)
    if attempt.prepared_at is None or attempt.prepared_at < now - PREPARED_LIFETIME:
        _prepare(row, attempt, credential_id)
    prepared = _prepared(attempt)
    [value] = csc.sign_hash(
        credential_id=credential_id,
        sad=activation,
        hashes=[prepared.hash_to_sign],
        hash_oid=signing.SHA256_OID,
        sign_oid=signing.signature_oid(prepared.chain[0]),
    )
    if not signing.signature_fits(prepared, value):
        raise Refused("wrong_signature")
    attempt.signature, attempt.activation = value, ""
    attempt.save(update_fields=["signature", "activation"])


def _activation(attempt: DeclarationAttempt, now: datetime) -> str:
    """The activation data, bought once with the code and kept before they are used."""
    if not attempt.activation:
        if not attempt.code:
            raise Refused("authorisation_gone")
        sad = csc.exchange_code(
            crypto.open_text(attempt.code, context=CODE),
            redirect_uri(),
            code_verifier=crypto.open_text(attempt.verifier, context=VERIFIER),
        )
        if not sad.credential_id:
            raise Refused("authorisation_gone")
        attempt.activation = crypto.seal_text(sad.token, context=ACTIVATION)
        attempt.credential = crypto.seal_text(sad.credential_id, context=CREDENTIAL)
        attempt.activation_expires_at = sad.expires_at
        attempt.code = attempt.verifier = ""
        attempt.save(update_fields=["activation", "credential", "activation_expires_at", "code", "verifier"])
    if attempt.activation_expires_at is not None and attempt.activation_expires_at <= now:
        raise Refused("authorisation_gone")
    return crypto.open_text(attempt.activation, context=ACTIVATION)


def redirect_uri() -> str:
    """Where the signing service sends the signer back to; registered there, so it never varies."""
    return settings.SITE_URL + reverse("declaration-authorised")


def _prepare(row: SignedDeclaration, attempt: DeclarationAttempt, credential_id: str) -> None:
    chain, _algorithm = csc.credential_info(credential_id)
    facts = certificates.facts_of(chain[0])
    if why := whose(row, facts)[1]:
        raise Refused(why)
    now = timezone.now()
    prepared = signing.prepare(
        files.read_bytes(_there(row.file)),
        tuple(chain),
        at=now,
        name=facts.subject_name,
        reason=f"Tờ khai: {row.content['procedure'][1]}",
        trust=Trust.PUBLIC,
    )
    with transaction.atomic():
        old = attempt.prepared_file
        attempt.prepared, attempt.prepared_at = prepared.as_json(), now
        attempt.prepared_file = files.store_bytes(
            subject=row.filing_id,
            data=prepared.pdf,
            name="to-khai-cho-ky.pdf",
            purpose="dossiers.prepared_declaration",
            media_type="application/pdf",
            actor=SYSTEM,
        )
        attempt.save(update_fields=["prepared", "prepared_at", "prepared_file"])
        if old is not None:
            files.erase(file=old, actor=SYSTEM)


def _prepared(attempt: DeclarationAttempt) -> signing.Prepared:
    return signing.Prepared.from_json(attempt.prepared, files.read_bytes(_there(attempt.prepared_file)))


def _there(file: StoredFile | None) -> StoredFile:
    if file is None:
        raise RuntimeError("a file of this declaration is not there")
    return file


# Whose it is -------------------------------------------------------------------------------------------------------------------


def whose(row: SignedDeclaration, facts: certificates.CertificateFacts | None) -> tuple[str, str]:
    """Whose certificate it is to this declaration (``SignedDeclaration.Holder``), or empty and why it is not the applicant's.

    An organisation's carries its tax code. A person's carries the number of the party, or of whoever files for them: a child has none.
    """
    party = people.party(row.party_id)
    number = clean_id_number(facts.id_number or "") if facts is not None else ""
    tax_code = clean_tax_code((facts.organisation_code or "").removeprefix("MST:")) if facts is not None else ""
    if party.is_organisation:
        if tax_code and tax_code == clean_tax_code(party.number):
            return _Row.Holder.ORGANISATION, ""
        return "", "another_organisation" if tax_code else "not_organisations"
    if not number:
        return "", "no_number"
    if number in {party.number, people.person(row.person_id).id_number or ""}:
        return _Row.Holder.PERSON, ""
    return "", "another_person"


def holder_of(row: SignedDeclaration, judgement: outside.Judgement) -> str:
    """Whose certificate signed, of signatures that all hold; :class:`Refused` where none is the applicant's."""
    why = "unsigned"
    for one in judgement.signers:
        if one.found.store != "public":
            why = "state_certificate"
            continue
        holder, why = whose(row, one.holder)
        if holder:
            return holder
    raise Refused(why)


# Ends --------------------------------------------------------------------------------------------------------------------------


def _wait(row: SignedDeclaration, attempt: DeclarationAttempt, code: str, tries: int, now: datetime, error: Exception) -> None:
    delay = 3 if tries <= 10 else 10
    if attempt.until <= now + timedelta(seconds=delay):
        _refuse(row, attempt, code, now)
        return
    _Row.objects.filter(pk=row.pk, state=_Row.SIGNING, attempt=attempt.number or 0).update(note=code)
    raise RetryLater(code, delay_seconds=delay) from error


def wipe(attempt: DeclarationAttempt, outcome: str, *, now: datetime, keeps_upload: bool = False) -> None:
    """End an attempt: secrets and half-made things in it are gone, also a file that is not taken. In the caller's transaction."""
    leftovers = [attempt.prepared_file, None if keeps_upload else attempt.upload]
    attempt.code = attempt.verifier = attempt.activation = attempt.credential = ""
    attempt.prepared = attempt.prepared_file = attempt.prepared_at = attempt.signature = None
    attempt.upload = attempt.upload if keeps_upload else None
    attempt.outcome, attempt.ended_at = outcome[:100], now
    attempt.save()
    for file in leftovers:
        if file is not None:
            files.erase(file=file, actor=SYSTEM)


def _note(row: SignedDeclaration, act: str, **details: object) -> None:
    audit.record(actor=SYSTEM, act=act, target="dossiers.draft", target_id=str(row.filing_id), unit=row.content["unit"], details=details)


def _refuse(row: SignedDeclaration, attempt: DeclarationAttempt, code: str, now: datetime) -> None:
    """The attempt came to nothing: the declaration waits for another one, its page says why."""
    with transaction.atomic():
        held = _Row.objects.select_for_update().filter(pk=row.pk, state=_Row.SIGNING, attempt=attempt.number or 0).first()
        if held is None:
            return
        wipe(attempt, code, now=now)
        held.note, held.refused_way = code, attempt.way
        _Row.table.move(held, "return")
        held.save()
        _note(held, "dossiers.refuse_signature", why=code, way=attempt.way)


@transaction.atomic
def _finish(
    row: SignedDeclaration, attempt: DeclarationAttempt, file: StoredFile, judgement: outside.Judgement, holder: str, now: datetime
) -> bool:
    """The signature stands. Whether it was this attempt's to say so."""
    held = _Row.objects.select_for_update(of=("self",)).filter(pk=row.pk, state=_Row.SIGNING, attempt=attempt.number or 0).first()
    if held is None:
        return False
    covers = "" if file.media_type == "application/pdf" else current.GIVEN
    found = [asdict(replace(one.found, covers=one.found.covers or covers)) for one in judgement.signers]
    files.note_signatures(file, Signed.VALID, found, actor=SYSTEM)
    held.signed_file, held.signed_at, held.holder, held.way = file, now, holder, attempt.way
    held.certificate_serial = next((one.found.serial for one in judgement.signers if whose(row, one.holder)[0] == holder), "")[:80]
    held.note = held.refused_way = ""
    _Row.table.move(held, "sign")
    held.save()
    wipe(attempt, "signed", now=now, keeps_upload=True)
    _note(held, "dossiers.sign_declaration", way=attempt.way, holder=holder, sha256=file.sha256, serial=held.certificate_serial)
    return True


def note_checked(file: StoredFile) -> None:
    """The check of a file that was signed outside has ended: have it read. Called in the transaction that notes the verdict."""
    attempt = DeclarationAttempt.objects.filter(upload=file, ended_at=None).first()
    if attempt is not None:
        payload = {"declaration": str(attempt.declaration_id), "attempt": attempt.number}
        outbox.put("dossiers.sign_declaration", key=f"{attempt.declaration_id}:{attempt.number}:checked", payload=payload)
