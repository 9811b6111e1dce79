"""Value of paper: the sealed record of a whole case, what is printed of it, and the export (Rules art. 42.3, 43, 44)."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from feedback.access import held_by, seen_by
from feedback.models import TABLE, Attachment, Petition, PetitionEvent, PublishedCase
from feedback.queries_public import procedure_name, sector_names
from feedback.services.common import NotYours, PetitionRefused, agency_of, writer
from feedback.services.handling import REFUSALS
from portal import audit
from portal.access import SYSTEM, AccessDenied, Actor, belonging_to, may
from portal.catalogues import queries as catalogues
from portal.documents import seals
from portal.documents import services as documents
from portal.documents.models import Document
from portal.documents.proofs import Section
from portal.documents.units import unit_name
from portal.exchange.errors import OutsideUnavailable
from portal.files import services as files
from portal.files.errors import FileUnreadable

KIND = "feedback.record"
TITLE = "Bản ghi phản ánh, kiến nghị"
PORTAL_UNIT = "G22"
"""The Government Office, which answers for the portal: its seal stands where neither the agency nor its ministry or province has one."""

SENDER, OFFICERS, OTHERS = "sender", "officers", "others"
"""For whom a record is made: the sender's leaves out what agencies say to one another; others', of agencies that were asked or held it
once, how to reach the sender."""

EVENTS = {
    "send": "Gửi, vào hệ thống",
    "supply": "Người gửi bổ sung",
    "classify": "Sửa phân loại",
    "assign": "Giao người xử lý",
    "ask_opinion": "Lấy ý kiến phối hợp",
    "give_opinion": "Cho ý kiến phối hợp",
    "call_off_opinion": "Thôi lấy ý kiến phối hợp",
    "group": "Gộp vào nhóm trùng nội dung",
    "ungroup": "Tách khỏi nhóm",
    "progress": "Báo tình hình xử lý",
    "rate": "Người gửi đánh giá trả lời",
    "recompute": "Tính lại hạn theo lịch làm việc, quy định",
    "succeed": "Cơ quan kế tục tiếp nhận",
    "publish": "Công khai trả lời",
    "change_published": "Sửa bản công khai",
    "withdraw_published": "Gỡ trả lời đã công khai",
    "keep_unpublished": "Không công khai trả lời",
}
"""Words for events that are no transition of the table."""
INTERNAL = frozenset(
    {"classify", "assign", "ask_opinion", "give_opinion", "call_off_opinion", "group", "ungroup", "submit", "return_answer"}
)
"""What agencies do among themselves: not in the sender's copy."""
NOTES_FOR_SENDER = frozenset({"refuse", "refuse_silent", "ask_more", "progress", "disagree"})
"""Events whose words were written to the sender, or by them."""


class RecordUnavailable(Exception):
    """The signing service is silent: nobody knows which seal there is. It will be there again in a while."""


@dataclass(frozen=True)
class Line:
    """A line of a record. ``long``: a text of paragraphs, which stands below its label."""

    label: str
    value: str
    long: bool = False


@dataclass(frozen=True)
class Part:
    """A part of a record."""

    heading: str
    lines: tuple[Line, ...]


def moment(at: datetime | None) -> str:
    """A moment as records write it: ``10:00 ngày 20/11/2026`` (Vietnamese time); empty for none."""
    return f"{timezone.localtime(at):%H:%M ngày %d/%m/%Y}" if at else ""


def event_words(name: str) -> str:
    """What an event is called."""
    if name in EVENTS:
        return EVENTS[name]
    edge = TABLE.transitions.get(name)
    return str(edge.label) if edge is not None else name


def events_for(petition_id: UUID, audience: str) -> QuerySet[PetitionEvent]:
    """The acts that an audience is shown, oldest first."""
    rows = PetitionEvent.objects.filter(petition_id=petition_id).order_by("id")
    return rows.exclude(name__in=INTERNAL) if audience == SENDER else rows


# What a record says ------------------------------------------------------------------------------------------------------------


class _Units:
    """Names of agencies, read once for a record."""

    def __init__(self, codes: Iterable[str]) -> None:
        self.names = catalogues.agency_names({code for code in codes if code})

    def __getitem__(self, code: str) -> str:
        return self.names.get(code) or unit_name(code)


def parts_of(petition: Petition, audience: str) -> list[Part]:
    """The whole case in words: question, sender, every act with time and officer, answers, files (a dozen queries, whatever its size)."""
    events = list(events_for(petition.pk, audience))
    opinions = [] if audience == SENDER else list(petition.opinions.all())
    units = _Units(
        [
            petition.unit_code,
            petition.reporter_unit,
            *(event.unit_code for event in events),
            *(event.to_unit for event in events),
            *(opinion.unit_code for opinion in opinions),
        ]
    )
    shown_answers = list(petition.answers.filter(state="approved") if audience == SENDER else petition.answers.all())
    parts = [
        _part("Phản ánh, kiến nghị", _facts(petition, units)),
        _part("Người gửi", _sender(petition, units, audience)),
        _part("Nội dung", [Line("Tiêu đề", petition.subject or ""), Line("Nội dung", petition.words or "", long=True)]),
    ]
    parts += [
        _part(
            f"Yêu cầu bổ sung lần {row.number}",
            [
                Line("Yêu cầu lúc", moment(row.asked_at)),
                Line("Hạn bổ sung", moment(row.due_at)),
                Line("Cần bổ sung", row.question or "", long=True),
                Line("Bổ sung lúc", moment(row.given_at)),
                Line("Nội dung bổ sung", row.answer or "", long=True),
            ],
        )
        for row in petition.supplements.all()
    ]
    parts += [
        _part(
            f"Ý kiến của {units[row.unit_code]}",
            [
                Line("Hỏi lúc", moment(row.asked_at)),
                Line("Hạn cho ý kiến", moment(row.due_at)),
                Line("Cần ý kiến về", row.question or "", long=True),
                Line("Ý kiến", str(row.get_stance_display())),
                Line("Cho ý kiến lúc", moment(row.given_at)),
                Line("Người cho ý kiến", row.label),
                Line("Nội dung ý kiến", row.words or "", long=True),
                Line("Thôi lấy ý kiến lúc", moment(row.called_off_at)),
            ],
        )
        for row in opinions
    ]
    parts += [
        _part(
            f"Báo tình hình {moment(row.at)}",
            [Line("Hạn báo", moment(row.due_at)), Line("Người báo", row.label), Line("Tình hình", row.words or "", long=True)],
        )
        for row in petition.reports.all()
    ]
    parts += [_answer(row, audience) for row in shown_answers]
    parts += [_rating(f" lần {row.number}", row.rated, row.rated_words, row.rated_at) for row in petition.finished_rounds.all()]
    parts.append(_rating("", petition.helps, petition.helps_words, petition.helps_at))
    parts.append(_part("Các việc đã làm", [_act(event, audience, units) for event in events]))
    answer_ids = {row.pk for row in shown_answers}
    parts.append(_part("Tệp", [_file(row) for row in attachments_for(petition, audience, answer_ids)]))
    return [part for part in parts if part.lines]


def _rating(which: str, helps: bool | None, words: str | None, at: datetime | None) -> Part:
    """What the sender said of an answer; without lines where they said nothing."""
    said = [] if helps is None else [Line("Đánh giá", "Giúp được" if helps else "Chưa giúp được"), Line("Lúc", moment(at))]
    return _part(f"Người gửi đánh giá trả lời{which}", [*said, Line("Vì sao", words or "", long=True)])


def _part(heading: str, lines: Iterable[Line]) -> Part:
    return Part(heading, tuple(line for line in lines if line.value))


def _named(code: str, names: dict[str, str]) -> str:
    """What a code stands for, with the code; the code where no name is known."""
    return f"{names[code]} ({code})" if names.get(code) else code


def _facts(petition: Petition, units: _Units) -> list[Line]:
    return [
        Line("Mã", petition.code),
        Line("Nguồn", str(petition.get_source_display())),
        Line("Loại nội dung", petition.kind.name),
        Line("Phân loại", str(petition.get_about_display())),
        Line("Lĩnh vực", _named(petition.sector_code, sector_names([petition.sector_code]) if petition.sector_code else {})),
        Line("Thủ tục", _named(petition.procedure_code, {petition.procedure_code: procedure_name(petition.procedure_code)})),
        Line("Hồ sơ", petition.dossier_code),
        Line("Khoản thanh toán", petition.order_code),
        Line("Tình trạng", str(petition.get_state_display())),
        Line("Cơ quan đang giữ", units[petition.unit_code]),
        Line("Lần", str(petition.round) if petition.round > 1 else ""),
        Line("Vào hệ thống lúc", moment(petition.sent_at)),
        Line("Nhận lúc", moment(petition.received_at)),
        Line("Hạn trả lời người gửi", moment(petition.due_at)),
        Line("Trả lời lúc", moment(petition.answered_at)),
        Line("Nơi xảy ra", petition.place_words or ""),
    ]


def _sender(petition: Petition, units: _Units, audience: str) -> list[Line]:
    sender = petition.sender or {}
    who = [
        Line("Họ và tên, tên tổ chức", str(sender.get("name", ""))),
        Line("Cơ quan báo cáo", units[petition.reporter_unit] if petition.reporter_unit else ""),
    ]
    if audience == OTHERS:
        return who
    return [
        *who,
        Line("Địa chỉ", str(sender.get("address", ""))),
        Line("Điện thoại", str(sender.get("phone", ""))),
        Line("Thư điện tử", str(sender.get("email", ""))),
    ]


def _answer(row: Any, audience: str) -> Part:
    lines = [Line("Trả lời lúc" if row.state == "approved" else "Duyệt, trả lại lúc", moment(row.checked_at))]
    if audience != SENDER:
        lines += [
            Line("Tình trạng", str(row.get_state_display())),
            Line("Người soạn", row.drafted_label),
            Line("Trình lúc", moment(row.submitted_at)),
            Line("Có kết quả xử lý ngày", f"{row.outcome_on:%d/%m/%Y}" if row.outcome_on else ""),
            Line("Lý do trả lại", row.return_reason or "", long=True),
        ]
    lines += [Line("Người duyệt", row.checked_label), Line("Nội dung trả lời", row.words or "", long=True)]
    return _part(f"Trả lời lần {row.round}" if audience == SENDER else f"Trả lời, bản {row.number}", lines)


def _act(event: PetitionEvent, audience: str, units: _Units) -> Line:
    said = [event_words(event.name)]
    if event.to_unit:
        said.append(f"đến {units[event.to_unit]}" if event.to_unit != event.unit_code else units[event.to_unit])
    said.append(f"tại {units[event.unit_code]}")
    if event.label:
        said.append(event.label)
    if event.due_before is not None and event.due_after is not None and event.due_before != event.due_after:
        said.append(f"hạn {moment(event.due_before)} thành {moment(event.due_after)}")
    reason = REFUSALS.get(str(event.details.get("reason", "")))
    if reason:
        said.append(reason)
    if event.note and (audience != SENDER or event.name in NOTES_FOR_SENDER):
        said.append(f"“{event.note}”")
    return Line(moment(event.at), "; ".join(said))


def attachments_for(petition: Petition, audience: str, answer_ids: set[int] | None = None) -> list[Attachment]:
    """The files that an audience is shown: the sender those of both sides, of answers only what was given, never opinions'."""
    rows = list(petition.attachments.select_related("file"))
    if audience != SENDER:
        return rows
    if answer_ids is None:
        answer_ids = set(petition.answers.filter(state="approved").values_list("pk", flat=True))
    roles = Attachment.Role
    return [row for row in rows if row.role != roles.OPINION and (row.role != roles.ANSWER or row.part_id in answer_ids)]


def _file(row: Attachment) -> Line:
    kept = f"{row.file.size:,}".replace(",", ".")
    return Line(
        str(row.get_role_display()), f"{row.file.name or 'đã xóa'}; {kept} byte; SHA-256 {row.file.sha256}; nhận {moment(row.added_at)}"
    )


# The record --------------------------------------------------------------------------------------------------------------------


def audience_of(actor: Actor, petition_id: UUID) -> str:
    """Whose copy an actor gets: the sender (or who reported for an agency) without what agencies say to one another, officers who hold it
    everything, those who held it once or were asked about it everything but how to reach the sender. :class:`NotYours` for all others
    (three queries)."""
    rows = Petition.objects.filter(pk=petition_id)
    if actor.is_citizen:
        writer(actor)
        if not belonging_to(actor, rows, "party_id").exists():
            raise NotYours
        return SENDER
    if not actor.is_officer or not seen_by(actor, rows).exists():
        raise NotYours
    # Without the position: what stays visible is so by the agency's right, not because one reported it oneself.
    if not seen_by(replace(actor, position_id=None), rows).exists():
        return SENDER
    return OFFICERS if held_by(actor, rows).exists() else OTHERS


def _key(petition: Petition, audience: str) -> str:
    last = events_for(petition.pk, audience).values_list("pk", flat=True).last() or 0
    number = len(attachments_for(petition, audience))
    return f"{KIND}:{petition.pk}:{audience}:{last}:{number}"


def record_of(petition: Petition, audience: str) -> Document | None:
    """The record that says how the case stands now, made already or being sealed; None where nobody asked for one since it changed."""
    return Document.objects.filter(key=_key(petition, audience)).exclude(state=Document.CANCELLED).select_related("file").first()


def newest_record(petition_id: UUID, audience: str) -> Document | None:
    """The newest sealed record of a case, which may be older than its last act (one query)."""
    rows = Document.objects.filter(
        subject_id=petition_id, kind=KIND, state=Document.SIGNED, key__startswith=f"{KIND}:{petition_id}:{audience}:"
    )
    return rows.select_related("file").order_by("-created_at").first()


def issue_record(petition_id: UUID, actor: Actor, now: datetime) -> Document:
    """Have the whole case recorded and sealed by the agency that holds it (its ministry or province, or the Government Office, where it has
    no seal); again without an act in between: the same document.

    For whom it is follows from the actor (:func:`audience_of`). :class:`NotYours`; :class:`PetitionRefused` for a case that left the
    system; :class:`RecordUnavailable` while the signing service is silent.
    """
    audience = audience_of(actor, petition_id)
    held = Petition.objects.values_list("unit_code", flat=True).get(pk=petition_id)
    try:
        # Outside the transaction: it may ask the signing service.
        unit = seals.first_with_seal(dict.fromkeys([held, agency_of(held), PORTAL_UNIT]))
    except OutsideUnavailable as error:
        raise RecordUnavailable from error
    with transaction.atomic():
        petition = Petition.objects.select_for_update(of=("self",), no_key=True).select_related("kind").get(pk=petition_id)
        if petition.state == "secret":
            raise PetitionRefused("Phản ánh này không còn trên Cổng.")
        known = record_of(petition, audience)
        if known is not None:
            return known
        document = documents.issue_sealed(
            key=_key(petition, audience),
            kind=KIND,
            title=TITLE,
            template="documents/petition_record.html",
            context=record_context(petition, audience, now=now),
            unit_code=unit,
            subject=petition.pk,
            actor=SYSTEM,
        )
        _note(petition, actor, "feedback.record", audience=audience)
    return document


def record_context(petition: Petition, audience: str, *, now: datetime) -> dict[str, Any]:
    """What a record prints, as JSON values."""
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": petition.code,
        "for_sender": audience == SENDER,
        "stood_at": moment(now),
        "parts": [
            {"heading": part.heading, "lines": [{"label": line.label, "value": line.value, "long": line.long} for line in part.lines]}
            for part in parts_of(petition, audience)
        ],
    }


def record_content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that a record prints, for comparing a print."""
    whose = "người gửi" if context["for_sender"] else "cơ quan"
    top = Section("", (("Mã phản ánh, kiến nghị", context["code"]), ("Tình trạng đến", context["stood_at"]), ("Bản của", whose)))
    return [
        top,
        *(Section(part["heading"], tuple((line["label"], line["value"]) for line in part["lines"])) for part in context["parts"]),
    ]


def later_acts(document: Document) -> int:
    """How many acts that its audience is shown came after a record (one query)."""
    _kind, _petition, audience, last, _files = document.key.split(":")
    return events_for(document.subject_id, audience).filter(pk__gt=int(last)).count()


def what_came_later(document: Document) -> str:
    """That acts came after a record, for the proof page; empty for none."""
    number = later_acts(document)
    if not number:
        return ""
    text = _("Từ khi lập bản ghi này, phản ánh, kiến nghị có thêm việc (số việc: %(n)d). Bản ghi mới hơn cho biết tình trạng hiện nay.")
    return text % {"n": number}


def _note(petition: Petition, actor: Actor, act: str, **details: Any) -> None:
    audit.record(
        actor=actor,
        act=act,
        target="feedback.petition",
        target_id=str(petition.pk),
        unit=petition.unit_code,
        details={"code": petition.code, **details},
    )


# Print and export --------------------------------------------------------------------------------------------------------------


def _for_officer(actor: Actor, petition_id: UUID) -> tuple[Petition, str]:
    """The case for an officer who sees it by the agency's right, and whose copy it is; ``Petition.DoesNotExist`` behind the door,
    :class:`AccessDenied` for who only reported it.
    """
    try:
        audience = audience_of(actor, petition_id)
    except NotYours:
        raise Petition.DoesNotExist from None
    if audience == SENDER:
        raise AccessDenied("feedback.read")
    return Petition.objects.select_related("kind").get(pk=petition_id), audience


@transaction.atomic
def print_case(*, actor: Actor, petition_id: UUID) -> tuple[Petition, list[Part]]:
    """Everything of a case that the officer may have, to be printed; noted in the audit trail."""
    petition, audience = _for_officer(actor, petition_id)
    parts = parts_of(petition, audience)
    _note(petition, actor, "feedback.print")
    return petition, parts


_PETITION = (
    "id code source system external_ref about sector_code hide_name place_code procedure_code dossier_code order_code state"
    " unit_code agency_code round sent_at received_at due_at unit_received_at unit_due_at refuse_due_at ask_due_at transfer_due_at"
    " supply_due_at progress_due_at accepted_at answered_at ended_at publication keep_reason helps helps_at reporter_unit version"
    " subject words place_words helps_words"
)
_ROWS = {
    "events": "id at name from_state to_state unit_code to_unit acting_as label note details due_before due_after",
    "holdings": "number unit_code from_unit how received_at due_at accepted_at ended_at",
    "supplements": "number question asked_at due_at answer given_at closed_at",
    "opinions": "unit_code asked_by_unit question asked_at due_at stance words given_at label called_off_at",
    "reports": "at due_at words label",
    "finished_rounds": "number unit_code received_at due_at answered_at rated rated_words rated_at disagreed_at",
    "answers": "number round state unit_code words outcome_on result_due_at drafted_label drafted_at submitted_at checked_label checked_at"
    " return_reason",
}


def case_json(petition: Petition, audience: str) -> dict[str, Any]:
    """Everything of a case as values of JSON: texts, events with what they changed, stays, answers, what is public of it."""
    sender = petition.sender
    if sender is not None and audience == OTHERS:
        sender = {"name": sender.get("name", "")}
    published = PublishedCase.objects.filter(petition=petition).first()
    kind = {"code": petition.kind_id, "name": petition.kind.name, "article": petition.kind.article}
    return {
        **_values(petition, _PETITION),
        "sender": sender,
        "kind": kind,
        **{name: [_values(row, columns) for row in getattr(petition, name).all()] for name, columns in _ROWS.items()},
        "published": _values(published, "slug title question answer published_at withdrawn_at") if published else None,
    }


def _values(row: Any, names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names.split()}


@transaction.atomic
def export_case(*, actor: Actor, petition_id: UUID, now: datetime) -> tuple[str, IO[bytes]]:
    """The whole of a case as a ZIP (name, file at its beginning): ``case.json``, the files, the newest sealed record where there is one.

    What cannot be opened (not checked yet, dangerous, erased) is named in ``case.json`` and left out. Noted in the audit trail.
    """
    petition, audience = _for_officer(actor, petition_id)
    said = case_json(petition, audience)
    out: IO[bytes] = SpooledTemporaryFile(max_size=8 * 1024 * 1024)  # type: ignore[assignment]  # noqa: SIM115 - the response closes it
    # The files are pictures and PDFs, compressed already.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        said["files"] = [_put(archive, number, row) for number, row in enumerate(attachments_for(petition, audience), 1)]
        record = newest_record(petition.pk, audience)
        if record is not None and record.file is not None:
            with archive.open("ban-co-dau.pdf", "w") as target:
                for piece in files.open_plain(record.file):
                    target.write(piece)
            said["record"] = {"sha256": record.sha256, "signed_at": record.signed_at, "acts_since": later_acts(record)}
        said["exported_at"] = now
        text = json.dumps(said, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
        archive.writestr("case.json", text, zipfile.ZIP_DEFLATED)
    _note(petition, actor, "feedback.export", files=len(said["files"]))
    out.seek(0)
    return f"phan-anh-{petition.code}.zip", out


def _put(archive: zipfile.ZipFile, number: int, row: Attachment) -> dict[str, Any]:
    name = f"tep/{number:02d}-{row.file.name or row.file.pk}"
    said = {
        "name": row.file.name,
        "role": row.role,
        "part": row.part_id,
        "added_at": row.added_at,
        "size": row.file.size,
        "sha256": row.file.sha256,
        "in": name,
    }
    try:
        content = files.open_plain(row.file)
    except FileUnreadable as error:
        return {**said, "in": None, "left_out": type(error).__name__}
    with archive.open(name, "w") as target:
        for piece in content:
            target.write(piece)
    return said


def may_take(actor: Actor) -> bool:
    """Whether an officer prints and exports cases: whoever may read them by their agency's right."""
    return may(actor, "feedback.oversee") or may(actor, "feedback.read", actor.unit)
