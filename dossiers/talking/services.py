"""Writing messages, and noting that they were opened. Files are taken before the dossier is touched, so that nobody waits for an upload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import queries as people
from dossiers.models import Dossier, DossierMessage, MessageFile, MessageTemplate
from dossiers.queries import own_dossiers
from dossiers.services.common import NotYours, filer, notify_parties, position_of, refuse_own
from dossiers.talking import rules
from portal import audit
from portal.access import Actor, require, visible_to
from portal.files import services as files
from portal.files import sniff
from portal.files.errors import FileRefused
from portal.files.models import StoredFile
from portal.limits import take
from portal.notifications.services import notify
from portal.text import tidy

WRITE, TEMPLATES = "dossiers.write_message", "dossiers.message_templates"
PURPOSE = "dossiers.message"
RECEIVERS = ("reception", "counter")
"""Who is told of a message about a dossier that nobody is in charge of yet."""
MOST_TOLD = 10
MOST_TEMPLATES = 100
SIDE = DossierMessage.Side


class MessageRefused(Exception):
    """A message (or template) that cannot be taken as it is; ``message`` says why, ``field`` where to mend it."""

    def __init__(self, message: str, field: str = "", *, status: int = 422) -> None:
        super().__init__(message)
        self.message, self.field, self.status = message, field, status


@dataclass(frozen=True)
class Written:
    """What somebody wrote: the page's own id of it, words, files."""

    id: UUID
    words: str
    files: Sequence[UploadedFile] = ()


def write(*, actor: Actor, dossier_id: UUID, written: Written, now: datetime) -> DossierMessage:
    """The applicant writes about their dossier; the officer in charge is told, before reception who receives.

    Sent twice it is there once. :class:`NotYours` for another's dossier, :class:`MessageRefused` with a sentence.
    """
    filer(actor)
    dossier = own_dossiers(actor).filter(pk=dossier_id).first()
    if dossier is None:
        raise NotYours
    return _keep(actor, dossier, written, SIDE.APPLICANT, now)


def answer(*, actor: Actor, dossier_id: UUID, written: Written, now: datetime) -> DossierMessage:
    """An officer writes to the applicant; they are told at once by the channels they chose.

    ``Dossier.DoesNotExist`` behind the door, ``AccessDenied`` without the role, ``TransitionRefused`` on a dossier of one's own,
    :class:`MessageRefused` with a sentence.
    """
    dossier = visible_to(actor, Dossier.objects.all(), "dossiers.read", "unit_code").get(pk=dossier_id)
    require(actor, WRITE, dossier.unit_code)
    refuse_own(dossier, actor, "write_message")
    return _keep(actor, dossier, written, SIDE.AGENCY, now)


def _keep(actor: Actor, dossier: Dossier, written: Written, side: DossierMessage.Side, now: datetime) -> DossierMessage:
    assert actor.person_id is not None  # who may write is somebody
    if (known := dossier.messages.filter(pk=written.id, side=side, person_id=actor.person_id).first()) is not None:
        return known
    if refusal := rules.refusal(dossier, now):
        raise MessageRefused(refusal, status=409)
    words = tidy(written.words)
    _check(words, written.files)
    if not take("dossiers.messages", str(actor.person_id), capacity=rules.AN_HOUR, refill_per_second=rules.AN_HOUR / 3600).allowed:
        raise MessageRefused(_("Bạn đã gửi nhiều tin trong một giờ. Bạn đợi ít phút rồi gửi tiếp; những gì đã viết vẫn còn."), status=429)
    stored = _take_files(actor, dossier, written.files)
    try:
        return _write(actor, dossier.pk, written.id, words, side, stored, now)
    except BaseException:
        # Sent at the same moment from another window, or the dossier is no longer there for it.
        for one in stored:
            files.erase(file=one, actor=actor)
        raise


def _check(words: str, uploads: Sequence[UploadedFile]) -> None:
    if not words:
        raise MessageRefused(_("Bạn hãy viết nội dung tin nhắn."), "words")
    if len(words) > rules.MOST_WORDS:
        raise MessageRefused(_("Tin nhắn dài quá 5.000 ký tự. Bạn viết ngắn hơn, hoặc gửi kèm một tệp."), "words")
    if len(uploads) > rules.MOST_FILES:
        raise MessageRefused(_("Mỗi tin nhắn kèm nhiều nhất 5 tệp. Bạn gửi các tệp còn lại trong tin sau."), "attached")


def _take_files(actor: Actor, dossier: Dossier, uploads: Sequence[UploadedFile]) -> list[StoredFile]:
    """The files, sniffed, sealed with the dossier's key and waiting to be scanned; all of them or none."""
    before = StoredFile.objects.filter(subject=dossier.pk, purpose=PURPOSE).exclude(wrapped_key=None).values_list("size", flat=True)
    if sum(before) + sum(one.size or 0 for one in uploads) > settings.MAX_DOSSIER_BYTES and uploads:
        raise MessageRefused(_("Các tin nhắn của một hồ sơ nhận tối đa 100 MB tệp kèm theo."), "attached")
    stored: list[StoredFile] = []
    for upload in uploads:
        try:
            stored.append(
                files.receive(
                    subject=dossier.pk, upload=upload, name=upload.name or "", purpose=PURPOSE, max_bytes=settings.MAX_FILE_BYTES,
                    allowed_types=sniff.PAPERS, actor=actor,
                )
            )  # fmt: skip
        except FileRefused as refused:
            for one in stored:
                files.erase(file=one, actor=actor)
            raise MessageRefused(_("Tệp “%(name)s”: %(why)s") % {"name": upload.name, "why": refused.message}, "attached") from refused
    return stored


@transaction.atomic
def _write(
    actor: Actor, dossier_id: UUID, message_id: UUID, words: str, side: DossierMessage.Side, stored: Sequence[StoredFile], now: datetime
) -> DossierMessage:
    # Who ends the dossier at this moment waits for us, or we find it ended; it is not changed itself.
    dossier = Dossier.objects.select_for_update().get(pk=dossier_id)
    if refusal := rules.refusal(dossier, now):
        raise MessageRefused(refusal, status=409)
    is_officer = side == SIDE.AGENCY
    assert actor.person_id is not None
    try:
        with transaction.atomic():
            message = DossierMessage.objects.create(
                id=message_id,
                dossier=dossier,
                side=side,
                at=now,
                person_id=actor.person_id,
                party_id=None if is_officer else actor.party_id,
                mandate_id=actor.mandate_id,
                position_id=position_of(actor) if is_officer else None,
                label=actor.label[:200] if is_officer else "",
                words=words,
            )
    except IntegrityError as twice:
        raise MessageRefused(_("Tin nhắn này đã được gửi. Bạn xem ở trên."), status=409) from twice
    MessageFile.objects.bulk_create([MessageFile(message=message, file=file, position=place) for place, file in enumerate(stored, 1)])
    audit.record(
        actor=actor, act=WRITE, target="dossiers.dossier", target_id=str(dossier.pk), unit=dossier.unit_code,
        details={"message": str(message.pk), "files": len(stored)},
    )  # fmt: skip
    if is_officer:
        # What one answers one has read.
        _mark(dossier, SIDE.APPLICANT, now)
        notify_parties(dossier, "dossiers.message", about=f"message-{message.pk}")
    else:
        _mark(dossier, SIDE.AGENCY, now)
        _tell_officers(dossier, message, now)
    return message


def _tell_officers(dossier: Dossier, message: DossierMessage, now: datetime) -> None:
    """Who is in charge is told in their own inbox and by what they chose; where nobody is, or not any more, who receives for the unit."""
    in_charge = people.position_person(dossier.officer_id) if dossier.officer_id is not None else None
    told = [in_charge] if in_charge is not None else [one.person_id for one in people.holders(dossier.unit_code, RECEIVERS)[:MOST_TOLD]]
    for person_id in dict.fromkeys(told):
        notify(
            party_id=person_id,
            template="dossiers.message_to_desk",
            context={"code": dossier.code or "", "procedure": dossier.procedure_name},
            key=f"dossiers.message_to_desk:{message.pk}",
            link=f"/quan-tri/dossiers/dossier/{dossier.pk}/messages/",
        )


@transaction.atomic
def mark_read(*, actor: Actor, dossier: Dossier, now: datetime) -> None:
    """Somebody opens the conversation: what the other side wrote is read from now on. An officer who may not answer changes nothing."""
    if actor.is_citizen:
        _mark(dossier, SIDE.AGENCY, now)
    elif actor.is_officer:
        require(actor, WRITE, dossier.unit_code)
        _mark(dossier, SIDE.APPLICANT, now)


def _mark(dossier: Dossier, side: DossierMessage.Side, now: datetime) -> None:
    DossierMessage.objects.filter(dossier=dossier, side=side, read_at=None).update(read_at=now)


@transaction.atomic
def keep_template(
    *, actor: Actor, unit_code: str, name: str, words: str, is_active: bool = True, template_id: int | None = None
) -> MessageTemplate:
    """Write a template of a unit's messages, or change one (``template_id``). :class:`MessageRefused`, ``AccessDenied``."""
    require(actor, TEMPLATES, unit_code)
    row = MessageTemplate(unit_code=unit_code)
    if template_id is not None:
        row = MessageTemplate.objects.select_for_update().get(pk=template_id)
        require(actor, TEMPLATES, row.unit_code)
    name, words = " ".join(tidy(name).split()), tidy(words)
    if not name:
        raise MessageRefused("Bạn hãy đặt tên mẫu.", "name")
    if not words or len(words) > rules.MOST_WORDS:
        raise MessageRefused("Bạn hãy viết nội dung mẫu, nhiều nhất 5.000 ký tự.", "words")
    theirs = MessageTemplate.objects.filter(unit_code=row.unit_code)
    if theirs.filter(name=name).exclude(pk=row.pk).exists():
        raise MessageRefused("Cơ quan đã có mẫu mang tên này.", "name")
    if template_id is None and theirs.count() >= MOST_TEMPLATES:
        raise MessageRefused(f"Cơ quan đã có {MOST_TEMPLATES} mẫu. Hãy sửa mẫu cũ thay vì thêm.")
    row.name, row.words, row.is_active = name, words, is_active
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise MessageRefused("Cơ quan đã có mẫu mang tên này.", "name") from None
    audit.record(
        actor=actor, act="dossiers.keep_message_template", target="dossiers.messagetemplate", target_id=str(row.pk), unit=row.unit_code
    )
    return row
