"""What the applicant does: have the declaration made, confirm at their signing service, send a file signed outside, stop waiting.

Nothing outside is asked while a page waits: the worker does it (:mod:`dossiers.signing.steps`). Everything is locked in one order: the
draft, then its declaration.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import queries as people
from accounts.services.mandates import hold_mandate
from dossiers.filling import fill_draft, problems_of
from dossiers.models import DeclarationAttempt, Draft, SignedDeclaration
from dossiers.queries import own_drafts, units_of_draft
from dossiers.services.common import DraftChanged, FilingRefused, NotYours, filer, party_of
from dossiers.services.drafts import is_behind
from dossiers.signing import current
from dossiers.signing.steps import CODE, VERIFIER, redirect_uri, wipe
from dossiers.terms import terms_on
from portal import audit, outbox
from portal.access import AccessDenied, Actor
from portal.crypto import seal_text
from portal.documents.outside import TYPES
from portal.exchange import csc
from portal.files import services as files
from portal.files.errors import FileRefused

SALT = "dossiers.signing"
LIFETIME = timedelta(minutes=15)
"""How long the signer may stay at the signing service, and how long a signature that came is tried to be read."""
MAX_BYTES = 20 * 1024 * 1024
_Row = SignedDeclaration


class LinkRefused(Exception):
    """The way back from the signing service is none that we opened, or it was open too long."""


class NotNow(Exception):
    """The declaration is not waiting for a signature; the text says what it does instead."""


@transaction.atomic
def ask(*, actor: Actor, draft_id: UUID, seen_version: int, now: datetime) -> SignedDeclaration:
    """Have the declaration of a draft made to be signed, as it would be sent now. The same again is the same one.

    What was signed of the draft before it changed is erased. Raises :class:`NotYours`, :class:`DraftChanged` when it is not what the
    person read, :class:`FilingRefused` as long as it could not be sent.
    """
    person_id = filer(actor)
    hold_mandate(actor=actor, now=now)
    draft = own_drafts(actor).select_for_update().filter(pk=draft_id).first()
    if draft is None:
        raise NotYours
    terms = terms_on(draft.procedure_code, now)
    if draft.version != seen_version or is_behind(draft, terms) or not current.is_asked(draft.form_version, draft.party_id):
        raise DraftChanged
    if actor.assurance < terms.assurance:
        raise AccessDenied("dossiers.file")
    person = people.person(person_id)
    party_of(actor, draft.procedure_code)  # refuses where the mandate does not reach
    filled = fill_draft(draft, person, units=units_of_draft(draft, terms), now=now)
    if problems := problems_of(draft, terms, filled):
        raise FilingRefused(problems)
    content = current.content_of(draft, filled, person, procedure_name=terms.name)
    row = _Row.objects.select_for_update().filter(filing_id=draft.id).first()
    if row is not None and current.is_current(row, draft, content, person_id):
        return row
    current.forget(draft.id)
    made = _Row.objects.create(
        filing_id=draft.id, party_id=draft.party_id, person_id=person_id, version=draft.version, content=content, asked_at=now
    )
    outbox.put("dossiers.make_declaration", key=str(made.id), payload={"declaration": str(made.id)})
    _note(actor, draft, "dossiers.ask_declaration", again=row is not None)
    return made


def _note(actor: Actor, draft: Draft, act: str, **details: object) -> None:
    audit.record(actor=actor, act=act, target="dossiers.draft", target_id=str(draft.id), unit=draft.unit_code, details=details)


def _locked(actor: Actor, draft_id: UUID) -> tuple[Draft, SignedDeclaration]:
    """A draft of one's own and what is to be signed of it. :class:`DraftChanged` where the draft has changed since."""
    filer(actor)
    draft = own_drafts(actor).select_for_update().filter(pk=draft_id).first()
    if draft is None:
        raise NotYours
    row = _Row.objects.select_for_update(of=("self",)).select_related("file").filter(filing_id=draft.id).first()
    if row is None or row.version != draft.version or row.person_id != actor.person_id:
        raise DraftChanged
    return draft, row


def _must_wait(row: SignedDeclaration) -> None:
    if row.state == _Row.READY:
        return
    raise NotNow(
        {
            _Row.QUEUED: _("Tờ khai đang được lập. Bạn đợi vài giây rồi ký."),
            _Row.SIGNING: _("Một chữ ký khác đang được kiểm tra. Bạn đợi kết quả, hoặc dừng lần ký đó trước."),
            _Row.SIGNED: _("Tờ khai đã được ký. Bạn gửi hồ sơ từ trang kiểm tra."),
        }[row.state]
    )


@transaction.atomic
def begin_remote(*, actor: Actor, draft_id: UUID, now: datetime) -> str:
    """Where the signer's browser goes to choose their key and confirm. Calls nobody outside. :class:`NotNow`, :class:`DraftChanged`."""
    draft, row = _locked(actor, draft_id)
    _must_wait(row)
    verifier = secrets.token_urlsafe(48)
    # Whoever begins again has given up what they began before.
    row.attempts.filter(number=None, ended_at=None).update(verifier="", outcome="begun again", ended_at=now)
    attempt = DeclarationAttempt.objects.create(
        declaration=row,
        way=_Row.Way.REMOTE,
        person_id=filer(actor),
        verifier=seal_text(verifier, context=VERIFIER),
        begun_at=now,
        until=now + LIFETIME,
    )
    _note(actor, draft, "dossiers.begin_signature", way="remote")
    return csc.authorize_url(
        qualifier=settings.REMOTE_SIGNING_QUALIFIER,
        state=signing.dumps(str(attempt.id), salt=SALT),
        redirect_uri=redirect_uri(),
        description=f"Tờ khai gửi Cổng Dịch vụ công Quốc gia: {row.content['procedure'][1]}. SHA-256 {row.file.sha256 if row.file else ''}",
        code_challenge=base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode(),
    )


@dataclass(frozen=True)
class Back:
    """Whose page to show now, and what to say."""

    procedure_code: str
    granted: bool
    message: str


@transaction.atomic
def come_back(*, actor: Actor, state: str, code: str, error: str, now: datetime) -> Back:
    """The signer is back from the signing service with a code, or with a refusal. Coming twice changes nothing.

    :class:`LinkRefused` for a state that is not ours or too old, :class:`NotYours` for one that another person began.
    """
    try:
        attempt_id = UUID(signing.loads(state, salt=SALT, max_age=LIFETIME))
    except (signing.BadSignature, ValueError) as bad:
        raise LinkRefused from bad
    begun = DeclarationAttempt.objects.select_related("declaration").filter(pk=attempt_id).first()
    if begun is None:
        raise LinkRefused
    if begun.person_id != actor.person_id:
        raise NotYours
    procedure_code = own_drafts(actor).filter(pk=begun.declaration.filing_id).values_list("procedure_code", flat=True).first()
    if procedure_code is None:
        raise NotYours
    try:
        draft, row = _locked(actor, begun.declaration.filing_id)
    except DraftChanged:
        return Back(procedure_code, False, _("Hồ sơ đã thay đổi từ lúc bạn mở dịch vụ ký số nên chưa được ký. Bạn kiểm tra lại rồi ký."))
    attempt = DeclarationAttempt.objects.select_for_update().get(pk=attempt_id)
    if attempt.number is not None:
        return Back(procedure_code, False, _("Lần xác nhận này đã được ghi nhận."))
    if attempt.ended_at is not None or row.state != _Row.READY:
        return Back(procedure_code, False, _("Lần xác nhận này không còn dùng được vì bạn đã ký theo cách khác hoặc bắt đầu lại."))
    if error or not code:
        attempt.outcome, attempt.ended_at, attempt.verifier = (error or "no code")[:100], now, ""
        attempt.save()
        row.note, row.refused_way = "cancelled" if error == "access_denied" else "authorisation_gone", _Row.Way.REMOTE
        row.save()
        _note(actor, draft, "dossiers.refuse_signature", why=row.note)
        return Back(procedure_code, False, "")
    attempt.code = seal_text(code, context=CODE)
    attempt.until = now + LIFETIME
    _number(row, attempt)
    _note(actor, draft, "dossiers.confirm_signature", way="remote")
    return Back(procedure_code, True, _("Đã xác nhận. Tờ khai đang được ký, thường xong trong vài giây."))


def _number(row: SignedDeclaration, attempt: DeclarationAttempt) -> None:
    """Let an attempt be the one that counts, and have the worker carry it to its end."""
    _Row.table.move(row, "authorise")
    row.attempt += 1
    row.note = row.refused_way = ""
    row.save()
    attempt.number = row.attempt
    attempt.save()
    payload = {"declaration": str(row.id), "attempt": row.attempt}
    outbox.put("dossiers.sign_declaration", key=f"{row.id}:{row.attempt}", payload=payload)


def send_signed(*, actor: Actor, draft_id: UUID, upload: UploadedFile, now: datetime) -> None:
    """Take a file that was signed outside; the worker checks it. Raises :class:`FileRefused` with a sentence, :class:`NotNow`,
    :class:`DraftChanged`, :class:`NotYours`."""
    with transaction.atomic():
        draft, row = _locked(actor, draft_id)
        _must_wait(row)
    # Outside the transaction: a file is written and flushed to disk while nobody else waits for the draft's row.
    stored = files.receive(
        subject=draft.id,
        upload=upload,
        name=upload.name or "",
        purpose=current.UPLOADED,
        max_bytes=MAX_BYTES,
        allowed_types=TYPES,
        actor=actor,
    )
    try:
        with transaction.atomic():
            draft, row = _locked(actor, draft_id)
            _must_wait(row)
            attempt = DeclarationAttempt(
                declaration=row, way=_Row.Way.FILE, person_id=filer(actor), upload=stored, begun_at=now, until=now + LIFETIME
            )
            _number(row, attempt)
            _note(actor, draft, "dossiers.confirm_signature", way="file", sha256=stored.sha256)
    except BaseException:
        # The draft was changed, sent or signed meanwhile: nobody would ever find the file again.
        files.erase(file=stored, actor=actor)
        raise


@transaction.atomic
def stop(*, actor: Actor, draft_id: UUID, now: datetime) -> None:
    """Wait no longer for the attempt that is under way: another can be begun, by either way. Twice is the same as once."""
    draft, row = _locked(actor, draft_id)
    if row.state != _Row.SIGNING:
        return
    attempt = row.attempts.select_for_update(of=("self",)).select_related("prepared_file", "upload").get(number=row.attempt)
    wipe(attempt, "stopped", now=now)
    row.refused_way, row.note = attempt.way, "stopped"
    _Row.table.move(row, "return")
    row.save()
    _note(actor, draft, "dossiers.refuse_signature", why="stopped")


__all__ = ["Back", "FileRefused", "LinkRefused", "NotNow", "ask", "begin_remote", "come_back", "send_signed", "stop"]
