"""A guardian's right to act for their ward: by a document that an officer of the commune has read (Civil Code 2015 art. 46–63; A-14)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import queries
from accounts.identifiers import clean_id_number
from accounts.models import GuardianRequest, Mandate, Person
from accounts.services import people
from accounts.services.codes import one_at_a_time
from accounts.services.mandates import BadMandate, comes_of_age, note
from portal import audit
from portal.access import AccessDenied, ActingAs, Actor, Assurance, require
from portal.catalogues.places import commune_today
from portal.catalogues.queries import offices
from portal.crypto import blind_index, same_index
from portal.files import services as files
from portal.files.errors import FileRefused
from portal.files.models import FileState
from portal.notifications.services import notify
from portal.text import nfc, search_key

CHECK = "accounts.check_guardians"
TYPES = frozenset({"image/jpeg", "image/png", "application/pdf"})
MOST_WAITING, MOST_A_DAY = 5, 10
"""Each brings a file that is examined, also when it is taken back at once."""
State = GuardianRequest.State


class GuardianRefused(ValueError):
    """What an officer cannot do with a request; the text is for them, ``field`` what to mend."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def commune_of(person: Person) -> str:
    """Code of the People's Committee of the commune where a person lives; empty where nobody knows (two queries, more after a merger)."""
    place = commune_today(person.residence_unit)
    office = offices([place.code]).get(place.code) if place is not None else None
    return office.code if office is not None else ""


@transaction.atomic
def ask_as_guardian(
    *,
    actor: Actor,
    ward_number: str,
    ward_name: str,
    ward_birth_date: date,
    document_number: str,
    document_date: date,
    until: date | None,
    upload: UploadedFile,
    now: datetime,
) -> GuardianRequest:
    """Ask the commune where one lives to confirm that one is a ward's guardian; the document goes along.

    :class:`BadMandate` with a sentence, :class:`AccessDenied` for who does not act for themself.
    """
    if actor.acting_as is not ActingAs.SELF or actor.person_id is None or actor.assurance < Assurance.MEDIUM:
        raise AccessDenied("accounts.ask_as_guardian")
    number, today = clean_id_number(ward_number), timezone.localdate(now)
    if not number:
        raise BadMandate(_("Số định danh phải có 12 chữ số."), "ward_number")
    if ward_birth_date > today:
        raise BadMandate(_("Ngày sinh không thể ở tương lai."), "ward_birth_date")
    if document_date > today:
        raise BadMandate(_("Ngày cấp không thể ở tương lai."), "document_date")
    if until is not None and until <= today:
        raise BadMandate(_("Ngày kết thúc phải sau hôm nay."), "until")
    person = Person.objects.select_for_update().get(pk=actor.person_id)
    blind = blind_index("id_number", number)
    if same_index(blind, person.id_blind):
        raise BadMandate(_("Đây là số định danh của chính bạn."), "ward_number")
    unit = commune_of(person)
    if not unit:
        raise BadMandate(_("Chưa biết nơi cư trú của bạn nên chưa gửi được. Bạn đến Ủy ban nhân dân cấp xã nơi cư trú."))
    waiting = GuardianRequest.objects.filter(person=person, state=State.WAITING)
    if waiting.filter(ward_blind=blind).exists():
        raise BadMandate(_("Đề nghị về người này đang chờ kiểm tra."), "ward_number")
    if GuardianRequest.objects.filter(person=person, asked_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise BadMandate(_("Hôm nay bạn đã gửi đủ số lần. Bạn thử lại vào ngày mai."))
    if waiting.count() >= MOST_WAITING:
        raise BadMandate(_("Bạn có quá nhiều đề nghị đang chờ. Bạn đợi kết quả hoặc rút bớt."))
    try:
        stored = files.receive(
            subject=person.id,
            upload=upload,
            name=str(upload.name or ""),
            purpose="accounts.guardian",
            max_bytes=settings.MAX_FILE_BYTES,
            allowed_types=TYPES,
            actor=actor,
        )
    except FileRefused as refused:
        raise BadMandate(refused.message, "file") from refused
    made = GuardianRequest.objects.create(
        person=person,
        ward_number=number,
        ward_blind=blind,
        ward_name=nfc(ward_name).strip(),
        ward_birth_date=ward_birth_date.isoformat(),
        document_number=document_number.strip(),
        document_date=document_date,
        file=stored,
        unit_code=unit,
        until=until,
        asked_at=now,
    )
    _note(actor, "accounts.ask_as_guardian", made)
    return made


@transaction.atomic
def call_off(*, actor: Actor, request_id: UUID, now: datetime) -> None:
    """The guardian takes the request back while it waits; the document is erased. Twice is no error. :class:`AccessDenied` for others."""
    asked = GuardianRequest.objects.select_for_update(of=("self",)).select_related("file").filter(pk=request_id).first()
    if asked is None or actor.acting_as is not ActingAs.SELF or asked.person_id != actor.person_id:
        raise AccessDenied("accounts.ask_as_guardian")
    if asked.state == State.WAITING:
        asked.state, asked.decided_at = State.CALLED_OFF, now
        asked.save()
        files.erase(file=asked.file, actor=actor)
        _note(actor, "accounts.call_off_guardian", asked)


@transaction.atomic
def note_read(*, actor: Actor, asked: GuardianRequest) -> None:
    """An officer opened a request: guardian and ward, where the portal knows them, can see that somebody read who they are."""
    ward = Person.objects.filter(id_blind=asked.ward_blind).values_list("pk", flat=True)
    people.note_read(actor=actor, people=[asked.person_id, *ward], unit=asked.unit_code)


def read_document(*, actor: Actor, asked: GuardianRequest) -> None:
    """Note that an officer opened the document; who may is checked here, the bytes are sent by the caller."""
    require(actor, CHECK, asked.unit_code)
    with transaction.atomic():
        audit.record(
            actor=actor,
            act="accounts.read_guardian_file",
            target="accounts.guardianrequest",
            target_id=str(asked.id),
            unit=asked.unit_code,
        )


@transaction.atomic
def confirm(*, actor: Actor, request_id: UUID, now: datetime) -> Mandate:
    """The document says so: the guardian may act for the ward, a minor until they come of age (Civil Code 2015 art. 47, 53–59).

    :class:`AccessDenied` for officers of elsewhere and in one's own affair, :class:`GuardianRefused` where it was decided, the file was not
    found safe, or the number is known to be another person's.
    """
    asked = _to_decide(actor, request_id)
    if asked.file.state != FileState.CLEAN:
        raise GuardianRefused("Bản chụp chưa kiểm tra xong hoặc không an toàn nên chưa kết luận được.")
    born = date.fromisoformat(asked.ward_birth_date or "")
    of_age = comes_of_age(born)
    today = timezone.localdate(now)
    ends = [day for day in (asked.until, of_age if of_age > today else None) if day is not None]
    if ends and min(ends) <= today:
        raise GuardianRefused("Thời hạn giám hộ trong đề nghị đã qua.")
    ward = _enter_ward(asked)
    open_right = Mandate.objects.filter(person=asked.person, grantor=ward, basis=Mandate.Basis.GUARDIAN, withdrawn_at__isnull=True).first()
    if open_right is not None:
        open_right.withdrawn_at = now
        open_right.save()
    made = Mandate.objects.create(
        person=asked.person,
        grantor=ward,
        basis=Mandate.Basis.GUARDIAN,
        valid_from=now,
        valid_to=_begin_of(min(ends)) if ends else None,
        given_at=now,
        accepted_at=now,
    )
    asked.state, asked.decided_at, asked.decided_by_id, asked.mandate = State.CONFIRMED, now, actor.position_id, made
    asked.save()
    _note(actor, "accounts.confirm_guardian", asked)
    note(actor, "accounts.learn_mandate", made)
    _tell(asked, "accounts.guardian_confirmed", "confirmed")
    _tell_ward(made, "accounts.guardian_of_you", f"guardian-of-you:{asked.id}")
    return made


@transaction.atomic
def refuse(*, actor: Actor, request_id: UUID, reason: str, now: datetime) -> None:
    """The document does not say so; the guardian reads why. :class:`GuardianRefused` without a reason; else as :func:`confirm`."""
    if not reason.strip():
        raise GuardianRefused("Bạn hãy ghi lý do.", "reason")
    asked = _to_decide(actor, request_id)
    asked.state, asked.decided_at, asked.decided_by_id, asked.reason = State.REFUSED, now, actor.position_id, reason.strip()
    asked.save()
    _note(actor, "accounts.refuse_guardian", asked)
    _tell(asked, "accounts.guardian_refused", "refused")


@transaction.atomic
def end_guardianship(*, actor: Actor, request_id: UUID, reason: str, now: datetime) -> None:
    """The guardianship has ended or changed (Civil Code 2015 art. 60, 62): the right ends at once. Twice is no error."""
    asked = GuardianRequest.objects.select_for_update(of=("self",)).select_related("mandate", "file").get(pk=request_id)
    require(actor, CHECK, asked.unit_code)
    if is_own(actor, asked):
        raise AccessDenied(CHECK)
    if not reason.strip():
        raise GuardianRefused("Bạn hãy ghi lý do.", "reason")
    if asked.mandate is None:
        raise GuardianRefused("Đề nghị này chưa được xác nhận.")
    made = Mandate.objects.select_for_update().get(pk=asked.mandate.pk)
    if made.withdrawn_at is None:
        made.withdrawn_at = now
        made.save()
        asked.reason = reason.strip()
        asked.save()
        _note(actor, "accounts.end_guardianship", asked)
        note(actor, "accounts.lose_mandate", made)
        _tell(asked, "accounts.guardianship_ended", "ended")
        _tell_ward(made, "accounts.guardian_no_more", f"guardian-no-more:{asked.id}")


def _to_decide(actor: Actor, request_id: UUID) -> GuardianRequest:
    rows = GuardianRequest.objects.select_for_update(of=("self",)).select_related("file", "person")
    asked = rows.get(pk=request_id)
    require(actor, CHECK, asked.unit_code)
    if is_own(actor, asked):
        raise AccessDenied(CHECK)
    if asked.state != State.WAITING:
        raise GuardianRefused("Đề nghị này đã được kết luận hoặc đã rút.")
    return asked


def is_own(actor: Actor, asked: GuardianRequest) -> bool:
    """Whether a request is an officer's own affair, as guardian or ward: that is for a colleague (one query)."""
    if actor.person_id is None:
        return False
    return asked.person_id == actor.person_id or same_index(queries.id_blind(actor.person_id), asked.ward_blind)


def _enter_ward(asked: GuardianRequest) -> Person:
    """The ward as a person without a login, or the one known by this number, who must be the same."""
    name, born = asked.ward_name or "", asked.ward_birth_date or ""
    one_at_a_time(asked.ward_blind)
    known = Person.objects.select_for_update().filter(id_blind=asked.ward_blind).first()
    if known is not None:
        if known.name_key != search_key(name) or (known.birth_date and known.birth_date != born):
            raise GuardianRefused("Số định danh này đã có trên Cổng với họ tên hoặc ngày sinh khác. Bạn kiểm tra lại giấy tờ.")
        return known
    return Person.objects.create(
        full_name=name, name_key=search_key(name), id_number=asked.ward_number, id_blind=asked.ward_blind, birth_date=born
    )


def _begin_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone())


def _tell(asked: GuardianRequest, template: str, what: str) -> None:
    notify(
        party_id=asked.person_id,
        template=template,
        context={"reason": asked.reason},
        key=f"guardian-{what}:{asked.id}",
        link="/tai-khoan/uy-quyen/",
    )


def _tell_ward(made: Mandate, template: str, key: str) -> None:
    """Who has an account hears who may act for them from now on, or no longer: one paper and one officer take nobody over unnoticed."""
    ward = made.grantor
    if ward is not None and ward.user_id is not None:
        notify(party_id=ward.pk, template=template, context={"name": made.person.full_name}, key=key, link="/tai-khoan/uy-quyen/")


def _note(actor: Actor, act: str, asked: GuardianRequest) -> None:
    audit.record(
        actor=actor, act=act, target="accounts.guardianrequest", target_id=str(asked.id), unit=asked.unit_code if actor.is_officer else ""
    )
