"""Writing and sending: drafts of parties, what officers enter, agencies' own reports, other systems (Rules art. 25.3, 36–39, 42.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from accounts import queries as people
from accounts.contacts import contact_of
from accounts.identifiers import clean_phone
from feedback import routes
from feedback.codes import new_code
from feedback.models import TOP, Attachment, Holding, Petition, PetitionDraft, PetitionKind
from feedback.services import files
from feedback.services.common import (
    NotYours,
    PetitionRefused,
    hold,
    keep,
    note_holding,
    refuse_all,
    start_clocks,
    tell,
    writer,
)
from feedback.words import same_text_print, tidy
from portal import audit
from portal.access import Actor, belonging_to, require
from portal.catalogues import queries as catalogues
from portal.documents.units import unit_name
from portal.text import search_key
from portal.text.language import looks_vietnamese
from procedures.queries import procedure_on

MAX_SUBJECT = 150
MAX_WORDS = 20_000
"""Characters of a petition: some eight printed pages. What is longer is kept in the draft, and goes as a file."""
MAX_KEPT = 60_000
A_DAY = 10
"""Petitions that one party may send in a day."""
MOST_DRAFTS = 20
SAME_TEXT_DAYS = 30
SENDER_MOST = {"name": ("Tên người gửi", 200), "address": ("Địa chỉ", 300), "phone": ("Số điện thoại", 20), "email": ("Thư điện tử", 200)}
"""What is kept of who wrote: what it is called at the desk, and characters at most."""
FIELDS = ("kind", "subject", "words", "unit_code", "place_code", "place_words", "hide_name", "name", "address", "phone", "email")


@dataclass(frozen=True)
class Problem:
    """What keeps a draft from being sent: the page and field to mend, and how."""

    page: str
    field: str
    message: str


class SendingRefused(Exception):
    """The draft cannot be sent as it is."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{one.page}/{one.field}" for one in problems))
        self.problems = problems


# Drafts ------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def start_draft(
    *, actor: Actor, procedure_code: str = "", dossier_code: str = "", order_code: str = "", fresh: bool = False
) -> PetitionDraft:
    """A draft of the party about something, or about nothing named; the one that is begun already where there is one, unless ``fresh``.

    The caller has checked that what it is about may be seen by the actor. :class:`PetitionRefused` where too many are begun.
    """
    party_id = writer(actor)
    about = {"procedure_code": procedure_code, "dossier_code": dossier_code, "order_code": order_code}
    known = belonging_to(actor, PetitionDraft.objects.filter(**about), "party_id").order_by("-updated_at").first()
    if known is not None and not fresh:
        return known
    if belonging_to(actor, PetitionDraft.objects.all(), "party_id").count() >= MOST_DRAFTS:
        raise PetitionRefused(_("Bạn đang có nhiều bản nháp. Bạn gửi hoặc xóa bớt rồi viết bản mới."))
    party = people.party(party_id)
    contact = contact_of(party_id)
    data = {"name": party.name, "address": party.address, "phone": contact.phone, "email": contact.email}
    draft = PetitionDraft.objects.create(party_id=party_id, changed_by=actor.person_id or party_id, data=data, **about)
    audit.record(actor=actor, act="feedback.start_draft", target="feedback.petitiondraft", target_id=str(draft.pk))
    return draft


def own_draft(*, actor: Actor, draft_id: UUID, lock: bool = False) -> PetitionDraft:
    """A draft of the party; :class:`NotYours`."""
    writer(actor)
    rows = PetitionDraft.objects.select_for_update() if lock else PetitionDraft.objects.all()
    draft = belonging_to(actor, rows, "party_id").filter(pk=draft_id).first()
    if draft is None:
        raise NotYours
    return draft


@transaction.atomic
def save_draft(*, actor: Actor, draft_id: UUID, data: Mapping[str, str], seen: int | None = None) -> PetitionDraft:
    """Keep what was typed, valid or not; fields that are not named stay. ``seen``: another window's newer text is not written over."""
    draft = own_draft(actor=actor, draft_id=draft_id, lock=True)
    if seen is not None and seen != draft.version:
        raise PetitionRefused(_("Bản nháp đã thay đổi ở cửa sổ khác. Bạn xem lại bản mới nhất rồi sửa tiếp."))
    kept = dict(draft.data or {})
    kept.update({name: tidy(str(value))[:MAX_KEPT] for name, value in data.items() if name in FIELDS})
    if kept != draft.data:
        draft.data, draft.changed_by = kept, actor.person_id or draft.changed_by
        draft.version += 1
        draft.save()
    return draft


@transaction.atomic
def discard_draft(*, actor: Actor, draft_id: UUID) -> None:
    """Throw a draft and its files away; twice is no error."""
    try:
        draft = own_draft(actor=actor, draft_id=draft_id, lock=True)
    except NotYours:
        return
    for row in list(draft.files.select_related("file")):
        files.remove_draft_file(actor=actor, draft=draft, file_id=row.pk)
    draft.delete()
    audit.record(actor=actor, act="feedback.discard_draft", target="feedback.petitiondraft", target_id=str(draft_id))


def add_file(*, actor: Actor, draft_id: UUID, upload: UploadedFile) -> None:
    """Add a file to a draft."""
    with transaction.atomic():
        draft = own_draft(actor=actor, draft_id=draft_id, lock=True)
        files.add_draft_file(actor=actor, draft=draft, upload=upload)
        draft.version += 1
        draft.save()


def remove_file(*, actor: Actor, draft_id: UUID, file_id: UUID) -> None:
    """Take a file out of a draft."""
    with transaction.atomic():
        draft = own_draft(actor=actor, draft_id=draft_id, lock=True)
        files.remove_draft_file(actor=actor, draft=draft, file_id=file_id)
        draft.version += 1
        draft.save()


# Sending -----------------------------------------------------------------------------------------------------------------------


def kinds_on(moment: datetime, *, for_agencies: bool = False) -> list[PetitionKind]:
    """The kinds that can be chosen on a day, in their order (one query)."""
    day = timezone.localdate(moment)
    rows = PetitionKind.objects.filter(valid_from__lte=day).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day))
    return list(rows.filter(for_agencies=True) if for_agencies else rows)


_VIETNAMESE = gettext_noop(
    "Phản ánh, kiến nghị cần viết bằng tiếng Việt (có dấu hoặc không dấu). Bản nháp vẫn được giữ: bạn nhờ người dịch rồi gửi."
)


def _write_in_vietnamese() -> str:
    """That Vietnamese is needed, in English too: who wrote in another language may not read Vietnamese."""
    said = _(_VIETNAMESE)
    with override("en"):
        english = _(_VIETNAMESE)
    return said if said == english else format_html('{} <span lang="en">{}</span>', said, english)


def text_problems(subject: str, words: str, *, of_citizen: bool = False) -> list[Problem]:
    """What is wrong with title and text (Rules art. 39.1–39.2): missing, too long, not Vietnamese. ``of_citizen``: said to who wrote it."""
    found = []
    if not subject.strip():
        found.append(Problem("noi-dung", "subject", _("Bạn hãy viết một dòng tóm tắt.")))
    elif len(subject) > MAX_SUBJECT:
        found.append(Problem("noi-dung", "subject", _("Tóm tắt dài quá %(n)d ký tự.") % {"n": MAX_SUBJECT}))
    if not words.strip():
        found.append(Problem("noi-dung", "words", _("Bạn hãy viết nội dung phản ánh, kiến nghị.")))
    elif len(words) > MAX_WORDS:
        text = _(
            "Nội dung có %(has)s ký tự, nhiều hơn %(most)s. Bạn viết gọn lại, phần chi tiết gửi kèm bằng tệp. Bản nháp vẫn còn nguyên."
        )
        found.append(Problem("noi-dung", "words", text % {"has": _thousands(len(words)), "most": _thousands(MAX_WORDS)}))
    elif not looks_vietnamese(f"{subject}\n{words}"):
        found.append(Problem("noi-dung", "words", _write_in_vietnamese() if of_citizen else _(_VIETNAMESE)))
    return found


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def contact_problems(data: Mapping[str, str]) -> list[Problem]:
    """Name, address, phone and e-mail are complete and possible (Rules art. 39.3)."""
    found = []
    if not data.get("name", "").strip():
        found.append(Problem("lien-lac", "name", _("Bạn hãy ghi họ và tên hoặc tên tổ chức.")))
    if not data.get("address", "").strip():
        found.append(Problem("lien-lac", "address", _("Bạn hãy ghi địa chỉ liên hệ.")))
    if not clean_phone(data.get("phone", "")):
        found.append(Problem("lien-lac", "phone", _("Bạn hãy ghi số điện thoại di động gồm 10 chữ số.")))
    try:
        validate_email(data.get("email", ""))
    except ValidationError:
        found.append(Problem("lien-lac", "email", _("Bạn hãy ghi địa chỉ thư điện tử, ví dụ ten@vidu.vn.")))
    for name in ("name", "address"):
        most = SENDER_MOST[name][1]
        if len(data.get(name, "")) > most:
            found.append(Problem("lien-lac", name, _("Bạn viết trong %(n)d ký tự.") % {"n": most}))
    return found


def sender_problems(sender: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by field, with who wrote as an officer or another system says it: no name, or longer than what is kept."""
    found = {} if tidy(str(sender.get("name", ""))) else {"name": "Bạn hãy ghi tên người gửi."}
    for name, (label, most) in SENDER_MOST.items():
        if len(tidy(str(sender.get(name, "")))) > most:
            found[name] = f"{label} dài quá {most} ký tự."
    return found


def problems_of(draft: PetitionDraft, *, now: datetime) -> list[Problem]:
    """What keeps a draft from being sent, in the order of its pages; empty: nothing."""
    data = {name: str((draft.data or {}).get(name, "")) for name in FIELDS}
    found = []
    if data["kind"] not in {kind.pk for kind in kinds_on(now)}:
        found.append(Problem("noi-dung", "kind", _("Bạn hãy chọn loại nội dung.")))
    found += text_problems(data["subject"], data["words"], of_citizen=True)
    if data["unit_code"] and not catalogues.agency_names([data["unit_code"]]):
        found.append(Problem("co-quan", "unit_code", _("Không có cơ quan này. Bạn chọn lại, hoặc chọn “Tôi không biết”.")))
    return found + contact_problems(data)


def sent_today(actor: Actor, *, now: datetime) -> int:
    """How many petitions the party has sent today (one query)."""
    begin = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return belonging_to(actor, Petition.objects.filter(sent_at__gte=begin), "party_id").count()


@transaction.atomic
def send(*, actor: Actor, draft_id: UUID, now: datetime, seen: int | None = None) -> Petition:
    """Send a draft: the petition has its code, its agency and its clocks, and the sender a receipt at once (Rules art. 36.3a, 38).

    :class:`SendingRefused` with what to mend; :class:`PetitionRefused` where the party has sent too many today, or the same text already.
    Pressing twice sends once: the second press finds no draft (:class:`NotYours`) and the page leads to what was sent.
    """
    draft = own_draft(actor=actor, draft_id=draft_id, lock=True)
    if seen is not None and seen != draft.version:
        raise PetitionRefused(_("Bản nháp đã thay đổi ở cửa sổ khác. Bạn xem lại rồi gửi."))
    found = problems_of(draft, now=now)
    if found:
        raise SendingRefused(found)
    if sent_today(actor, now=now) >= A_DAY:
        words = _("Hôm nay bạn đã gửi %(n)d phản ánh, nhiều nhất cho một ngày. Bản nháp vẫn còn: bạn gửi tiếp từ ngày mai.")
        raise PetitionRefused(words % {"n": A_DAY})
    data = {name: str((draft.data or {}).get(name, "")) for name in FIELDS}
    same = same_text_print(data["words"])
    since = now - timedelta(days=SAME_TEXT_DAYS)
    twin = belonging_to(actor, Petition.objects.filter(text_print=same, sent_at__gte=since), "party_id").exclude(state="withdrawn").first()
    if twin is not None:
        words = _("Bạn đã gửi đúng nội dung này ngày %(day)s, mã %(code)s. Bạn theo dõi phản ánh ấy, không cần gửi lại.")
        raise PetitionRefused(words % {"day": f"{timezone.localtime(twin.sent_at):%d/%m/%Y}", "code": twin.code})
    kind = PetitionKind.objects.get(pk=data["kind"])
    petition = Petition(
        id=draft.pk,
        source=Petition.Source.PORTAL,
        party_id=draft.party_id,
        sent_by=actor.person_id,
        mandate_id=actor.mandate_id,
        hide_name=data["hide_name"] == "1",
        place_code=data["place_code"],
        place_words=data["place_words"] or None,
        procedure_code=draft.procedure_code,
        dossier_code=draft.dossier_code,
        order_code=draft.order_code,
        told_to=[actor.person_id] if actor.person_id and actor.person_id != draft.party_id else [],
    )
    sender = {name: data[name] for name in ("name", "address", "phone", "email")} | {"phone": clean_phone(data["phone"])}
    unit = data["unit_code"] or routes.suggested_unit(
        kind=kind,
        procedure_code=draft.procedure_code,
        dossier_code=draft.dossier_code,
        order_code=draft.order_code,
        place_code=data["place_code"],
    )
    carried = list(draft.files.select_related("file"))
    _enter(
        petition, kind=kind, subject=data["subject"], words=data["words"], sender=sender, unit=unit, received_at=now, actor=actor, now=now
    )
    for row in carried:
        Attachment.objects.create(petition=petition, file=row.file, role=Attachment.Role.QUESTION, added_at=row.added_at)
    draft.delete()
    return petition


def _enter(
    petition: Petition,
    *,
    kind: PetitionKind,
    subject: str,
    words: str,
    sender: dict[str, Any],
    unit: str,
    received_at: datetime,
    actor: Actor,
    now: datetime,
) -> None:
    """Write a new petition with its first stay, its event and its receipt."""
    petition.code = new_code()
    petition.kind, petition.about = kind, kind.about
    petition.sector_code = _sector_of(petition.procedure_code)
    petition.subject, petition.words, petition.text_print = tidy(subject), tidy(words), same_text_print(words)
    petition.sender, petition.sender_key = sender, search_key(str(sender.get("name", "")))[:200]
    petition.sent_at = now
    start_clocks(petition, received_at=received_at)
    hold(petition, unit_code=unit, how=Holding.How.SENT, now=now, received_at=received_at)
    keep(petition, "send", before="", was=None, actor=actor, now=now, received=received_at.isoformat(), source=petition.source)
    note_holding(petition, how=Holding.How.SENT)
    tell(petition, "feedback.sent")


def _sector_of(procedure_code: str) -> str:
    """The field of a procedure, where it is in force today."""
    version = procedure_on(procedure_code, timezone.localdate()) if procedure_code else None
    return str(version.field_code or "")[:80] if version is not None else ""


# What comes otherwise ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def enter(
    *,
    actor: Actor,
    source: str,
    came_at: datetime,
    kind: str,
    subject: str,
    words: str,
    sender: Mapping[str, str],
    unit_code: str,
    now: datetime,
    originals: Iterable[UploadedFile] = (),
    procedure_code: str = "",
    dossier_code: str = "",
    place_code: str = "",
    hide_name: bool = False,
) -> Petition:
    """Enter what came by letter, phone, fax or e-mail, with the original and the day it came: the clocks run from that day (art. 42.2b).

    At the officer's own agency. A sender who is known here by their number gets no account's rights by it: they are told at the phone or
    address they gave.
    """
    require(actor, "feedback.receive", unit_code)
    if source not in ("letter", "phone", "fax", "email"):
        raise PetitionRefused("Bạn hãy chọn nguồn.", "source")
    if came_at > now or came_at < now - timedelta(days=366):
        raise PetitionRefused("Ngày đến phải từ một năm trước đến hôm nay.", "came_on")
    row = PetitionKind.objects.filter(pk=kind).first()
    if row is None:
        raise PetitionRefused("Bạn hãy chọn loại nội dung.", "kind")
    refuse_all({one.field: one.message for one in text_problems(subject, words)} | sender_problems(sender))
    kept = {name: tidy(str(sender.get(name, ""))) for name in SENDER_MOST}
    if kept["phone"]:
        kept["phone"] = clean_phone(kept["phone"]) or kept["phone"]
    petition = Petition(
        id=uuid4(),
        source=source,
        hide_name=hide_name,
        place_code=place_code,
        procedure_code=procedure_code,
        dossier_code=dossier_code,
    )
    _enter(petition, kind=row, subject=subject, words=words, sender=kept, unit=unit_code, received_at=came_at, actor=actor, now=now)
    for upload in originals:
        files.attach(petition=petition, upload=upload, role=Attachment.Role.ORIGINAL, part_id=None, actor=actor, now=now, field="originals")
    return petition


@transaction.atomic
def report_procedure(
    *,
    actor: Actor,
    kind: str,
    procedure_code: str,
    subject: str,
    words: str,
    now: datetime,
    to_top: bool = False,
    attachments: Iterable[UploadedFile] = (),
) -> Petition:
    """An agency reports a procedure that is unannounced, incomplete, wrong, repealed or unreasonable (Rules art. 25.3): to who announced
    it, or to VPCP where nobody did, or ``to_top``."""
    require(actor, "feedback.report", actor.unit)
    row = next((one for one in kinds_on(now, for_agencies=True) if one.pk == kind), None)
    if row is None:
        raise PetitionRefused("Bạn hãy chọn loại nội dung.", "kind")
    for one in text_problems(subject, words):
        raise PetitionRefused(one.message, one.field)
    if procedure_code and procedure_on(procedure_code, timezone.localdate()) is None and row.pk != "chua-cong-bo":
        raise PetitionRefused("Không có thủ tục nào mang mã này đang có hiệu lực.", "procedure_code")
    unit = TOP if to_top else routes.suggested_unit(kind=row, procedure_code=procedure_code)
    sender = {"name": unit_name(actor.unit), "address": "", "phone": "", "email": ""}
    petition = Petition(
        id=uuid4(),
        source=Petition.Source.AGENCY,
        reporter_unit=actor.unit,
        reporter_position_id=actor.position_id,
        sent_by=actor.person_id,
        procedure_code=procedure_code,
    )
    _enter(petition, kind=row, subject=subject, words=words, sender=sender, unit=unit, received_at=now, actor=actor, now=now)
    for upload in attachments:
        files.attach(petition=petition, upload=upload, role=Attachment.Role.QUESTION, part_id=None, actor=actor, now=now)
    return petition


@transaction.atomic
def hand_in(
    *,
    actor: Actor,
    system: str,
    external_ref: str,
    received_at: datetime,
    kind: str,
    subject: str,
    words: str,
    sender: Mapping[str, str],
    unit_code: str,
    now: datetime,
    procedure_code: str = "",
    place_code: str = "",
) -> Petition:
    """Take a petition over from a system of a ministry or province (art. 36.5); the same number of the same system is the same petition.

    ``actor`` is the system's own (``SYSTEM`` until partners have doors); :class:`PetitionRefused` names what is wrong with it.
    """
    known = Petition.objects.filter(system=system, external_ref=external_ref).first()
    if known is not None:
        return known
    row = PetitionKind.objects.filter(pk=kind).first()
    if row is None:
        raise PetitionRefused("Không có loại nội dung này.", "kind")
    if not system or not external_ref:
        raise PetitionRefused("Thiếu hệ thống hoặc số của hệ thống.", "external_ref")
    if received_at > now:
        raise PetitionRefused("Nhận sau lúc gửi.", "received_at")
    if not catalogues.agency_names([unit_code]):
        raise PetitionRefused("Không có cơ quan này.", "unit_code")
    refuse_all({one.field: one.message for one in text_problems(subject, words)} | sender_problems(sender))
    petition = Petition(
        id=uuid4(),
        source=Petition.Source.SYSTEM,
        system=system,
        external_ref=external_ref,
        procedure_code=procedure_code,
        place_code=place_code,
    )
    kept = {name: tidy(str(sender.get(name, ""))) for name in SENDER_MOST}
    _enter(petition, kind=row, subject=subject, words=words, sender=kept, unit=unit_code, received_at=received_at, actor=actor, now=now)
    return petition
