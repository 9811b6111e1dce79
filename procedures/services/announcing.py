"""What officers do with a decision: enter it, have it checked by another, publish it at a moment, withdraw it (Rules art. 15–20, 24)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal import audit, outbox
from portal.access import SYSTEM, Actor, require
from portal.catalogues.models import Agency, PaperKind, ResultKind
from portal.catalogues.queries import agency_names
from portal.states import TransitionRefused
from portal.text import nfc
from portal.workdays import Unit, due_at, national_calendar
from portal.workdays.calendar import at
from procedures import queries
from procedures.comparing import TEXTS, differences
from procedures.models import (
    ANNOUNCEMENTS,
    CODE_RULE,
    AnnouncedChange,
    Announcement,
    Decision,
    LocalConfirmation,
    Localisation,
    Procedure,
    ProcedureVersion,
)
from procedures.publishing import history, is_own, moment_faults, register_due
from procedures.services import records

ENTER = "procedures.announce.enter"
CHECK = "procedures.announce.check"
PUBLISH = "procedures.announce.publish"
SEE_ALL = "procedures.announce.everywhere"
CONFIRM = "procedures.announce.confirm"
Kind = AnnouncedChange.Kind
PUBLIC_DAYS = {"ministry": 10, "province": 5}
"""Working days from signing to public entry (criterion 1.2 of Decision 766/QĐ-TTg; Decree 63/2010 art. 24)."""
SIGNED_DAYS = {"ministry": 20, "province": 5}
"""Working days that a decision is signed before what it announces takes effect (criterion 1.1; Decree 63/2010 art. 15)."""
ANNOUNCERS = frozenset({Agency.Level.MINISTRY, Agency.Level.CENTRAL, Agency.Level.PROVINCE})
NEEDED = ("steps", "channels", "documents", "results", "legal_bases", "levels", "subjects", "executing_agency", "field_code")
"""Components that the law lists and that nothing may be published without (Decree 63/2010 art. 8.2)."""
FACTS = ("number", "signed_on", "signer", "effective_on", "law", "law_effective_on", "summary", "source")
STALE = "Quyết định này đã được sửa từ lúc bạn mở trang. Bạn xem lại nội dung mới nhất rồi làm lại."


class AnnouncementRefused(Exception):
    """The act cannot be done. ``faults``: what is wrong, in Vietnamese, by the name of the field, or by ``""``."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


@dataclass(frozen=True)
class Fault:
    """Something that must be mended before a decision can be published; ``code``: of the procedure it is about."""

    message: str
    code: str = ""


def announcer(unit_code: str, day: dt.date) -> Agency | None:
    """The agency as one that announces procedures: a ministry, a province, social insurance, the policy banks (Rules art. 15.1)."""
    return Agency.objects.on(day).filter(code=unit_code, level__in=ANNOUNCERS).select_related("administrative_unit").first()


def _days(table: Mapping[str, int], unit_code: str) -> int:
    return table["province" if unit_code.startswith("H") else "ministry"]


def public_by(unit_code: str, signed_on: dt.date) -> dt.datetime:
    """By when what was signed on a day has to stand in public."""
    return due_at(at(signed_on, dt.time(12)), _days(PUBLIC_DAYS, unit_code), Unit.WORKING_DAY, national_calendar())


def signed_in_time(unit_code: str, signed_on: dt.date, law_effective_on: dt.date | None) -> bool | None:
    """Whether it was signed as long before the law takes effect as it has to be; None: no law behind it takes effect on a day."""
    if law_effective_on is None:
        return None
    earliest = due_at(at(signed_on, dt.time(12)), _days(SIGNED_DAYS, unit_code), Unit.WORKING_DAY, national_calendar())
    return timezone.localdate(earliest) <= law_effective_on


def fact_faults(*, unit_code: str, now: dt.datetime, **facts: Any) -> dict[str, str]:
    """What speaks against the facts of a decision, by field (one query)."""
    faults = {}
    for name, words in (("number", "số quyết định"), ("signer", "người ký"), ("summary", "trích yếu")):
        if not str(facts.get(name) or "").strip():
            faults[name] = f"Hãy ghi {words}."
    signed, effective, law = facts.get("signed_on"), facts.get("effective_on"), facts.get("law_effective_on")
    today = timezone.localdate(now)
    if signed is None:
        faults["signed_on"] = "Hãy ghi ngày ký."
    elif signed > today:
        faults["signed_on"] = "Ngày ký không thể ở sau hôm nay."
    elif signed < today - dt.timedelta(days=365):
        faults["signed_on"] = "Ngày ký đã quá lâu. Hãy xem lại."
    if effective is None:
        faults["effective_on"] = "Hãy ghi ngày có hiệu lực."
    elif signed is not None and effective < signed:
        faults["effective_on"] = "Quyết định không có hiệu lực trước ngày ký."
    elif effective > today + dt.timedelta(days=3 * 365):
        faults["effective_on"] = "Ngày có hiệu lực quá xa. Hãy xem lại."
    if law is not None and not facts.get("law"):
        faults["law"] = "Hãy ghi văn bản quy định thủ tục có hiệu lực từ ngày này."
    if announcer(unit_code, today) is None:
        faults["unit_code"] = "Chỉ bộ, cơ quan ở trung ương và Ủy ban nhân dân cấp tỉnh công bố thủ tục."
    return faults


def _tidied(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: " ".join(nfc(value).split()) if isinstance(value, str) else value for name, value in facts.items()}


@transaction.atomic
def begin_announcement(*, actor: Actor, unit_code: str, now: dt.datetime, **facts: Any) -> Announcement:
    """Begin to enter a decision that was signed. :class:`AnnouncementRefused`, ``AccessDenied``."""
    require(actor, ENTER, unit_code)
    facts = _tidied(facts)
    if faults := fact_faults(unit_code=unit_code, now=now, **facts):
        raise AnnouncementRefused(faults)
    row = Announcement(
        unit_code=unit_code,
        due_at=public_by(unit_code, facts["signed_on"]),
        editors=_with(actor, []),
        entered_by=actor.label,
        created_at=now,
        **facts,
    )
    try:
        with history(actor, "procedures.announce.begin"), transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise AnnouncementRefused({"number": "Quyết định số này của cơ quan đã được nhập."}) from error
    _note(actor, "procedures.announce.begin", row)
    return row


@transaction.atomic
def edit_announcement(*, actor: Actor, announcement_id: UUID, seen: int, now: dt.datetime, **facts: Any) -> Announcement:
    """Change the facts of a decision that is being entered."""
    row = _entering(actor, announcement_id, seen)
    facts = _tidied(facts)
    if faults := fact_faults(unit_code=row.unit_code, now=now, **facts):
        raise AnnouncementRefused(faults)
    for name, value in facts.items():
        setattr(row, name, value)
    row.due_at = public_by(row.unit_code, row.signed_on)
    try:
        with transaction.atomic():
            _touch(actor, row, "procedures.announce.edit")
    except IntegrityError as error:
        raise AnnouncementRefused({"number": "Quyết định số này của cơ quan đã được nhập."}) from error
    return row


def base_of(announcement: Announcement, code: str) -> dict[str, Any]:
    """The record of a procedure as it will stand when a decision takes effect, without it; empty where nothing does."""
    version = queries.version_at(code, announcement.effective_on)
    return records.record_of(version) if version is not None else {}


def _content(record: Mapping[str, Any]) -> str:
    """Digest of what the law says in a record, whatever its periods and decisions are."""
    return records.digest({name: record.get(name) or None for name in (*TEXTS, "english", "online_services")})


@transaction.atomic
def put_change(
    *, actor: Actor, announcement_id: UUID, seen: int, kind: str, code: str, record: Mapping[str, Any] | None = None, now: dt.datetime
) -> AnnouncedChange:
    """Enter, or enter anew, what a decision does to one procedure. ``record``: the content as it will be, or what a province lays down."""
    row = _entering(actor, announcement_id, seen)
    code = code.strip()
    base = base_of(row, code)
    faults = whose_faults(row, kind, code, base)
    content = dict(record or {})
    if not faults and kind == Kind.LOCALISE:
        faults = _local_faults(content, base)
    elif not faults and kind != Kind.REPEAL:
        content = _as_published(row, code, content, base)
        try:
            records.check(content)
        except (records.BadRecord, KeyError, TypeError, ValueError) as error:
            faults = {"record": f"Nội dung không đúng dạng: {error}"}
    if faults:
        raise AnnouncementRefused(faults)
    found = AnnouncedChange.objects.filter(announcement=row, procedure_code=code).first()
    change = found or AnnouncedChange(announcement=row, procedure_code=code)
    change.kind, change.record = kind, {} if kind == Kind.REPEAL else content
    change.name = str(content.get("name") or base.get("name") or code)
    change.based_on = _content(base) if base else ""
    change.parts = [one.part for one in differences(base, content)] if kind in (Kind.AMEND, Kind.INTERLINK) else []
    with history(actor, "procedures.announce.edit"):
        change.save()
    _touch(actor, row, "procedures.announce.edit")
    return change


@transaction.atomic
def drop_change(*, actor: Actor, announcement_id: UUID, seen: int, code: str) -> None:
    """Take a procedure out of a decision that is being entered."""
    row = _entering(actor, announcement_id, seen)
    with history(actor, "procedures.announce.edit"):
        row.changes.filter(procedure_code=code).delete()
    _touch(actor, row, "procedures.announce.edit")


def _as_published(row: Announcement, code: str, content: dict[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """A record with what the decision itself says of it; English that no longer fits row by row goes."""
    names = agency_names([row.unit_code])
    kinds = {True: Decision.Kind.AMEND, False: Decision.Kind.INTRODUCE}
    record = {
        **content,
        "code": code,
        "effective_from": row.effective_on.isoformat(),
        "checked_on": row.signed_on.isoformat(),
        "decision_number": row.number,
        "decision": {
            "number": row.number,
            "agency": names.get(row.unit_code, row.unit_code),
            "issued_on": row.signed_on.isoformat(),
            "kind": kinds[bool(base)].value,
        },
        "issuing_code": row.unit_code,
        "issuing_agency": names.get(row.unit_code, row.unit_code),
        "source": f"Quyết định {row.number} ngày {row.signed_on:%d/%m/%Y}",
    }
    record.pop("effective_to", None)
    record.pop("localisations", None)
    english = dict(record.get("english") or {})
    for name, part in records.ENGLISH_PARTS.items():
        if name in english and len(english[name]) != len(record.get(part, [])):
            del english[name]
    record["english"] = english
    record["missing"] = [name for name in record.get("missing", []) if not record.get(name)]
    record["text_only"] = [name for name in record.get("text_only", []) if not record.get(name)]
    record["raw_parts"] = {name: text for name, text in record.get("raw_parts", {}).items() if not record.get(name)}
    return record


def whose_faults(row: Announcement, kind: str, code: str, base: Mapping[str, Any]) -> dict[str, str]:
    """Whether this agency may do this to this procedure."""
    if kind not in Kind.values:
        return {"kind": "Hãy chọn một loại thay đổi."}
    if not re.fullmatch(CODE_RULE, code):
        return {"code": "Mã thủ tục có dạng 1.001193, hoặc DV.G09.01 với đơn vị cung cấp dịch vụ."}
    is_province = row.unit_code.startswith("H")
    if kind == Kind.NEW:
        if base or ProcedureVersion.objects.filter(procedure__code=code, effective_from__gte=row.effective_on).exists():
            return {"code": f"Thủ tục {code} đã có trong cơ sở dữ liệu. Hãy chọn sửa đổi, bổ sung."}
        return {}
    if not base:
        return {"code": f"Ngày {row.effective_on:%d/%m/%Y} không có thủ tục {code} nào đang có hiệu lực."}
    own = base.get("issuing_code", "") == row.unit_code
    if kind == Kind.LOCALISE:
        if not is_province:
            return {"kind": "Chỉ Ủy ban nhân dân cấp tỉnh ban hành nội dung của địa phương."}
        return {"code": f"Thủ tục {code} do chính cơ quan công bố: hãy sửa đổi, bổ sung."} if own else {}
    if kind == Kind.INTERLINK and is_province:
        return {}
    return {} if own else {"code": f"Thủ tục {code} do cơ quan khác công bố ({base.get('issuing_code') or 'không rõ'})."}


def _local_faults(content: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, str]:
    if unknown := set(content) - (records.LOCAL_FIELDS - {"province", "decision_number", "source"}):
        return {"record": f"Địa phương không được thay đổi {', '.join(sorted(unknown))}."}
    if not any(content.values()):
        return {"record": "Hãy ghi ít nhất một nội dung của địa phương."}
    papers = len(base.get("documents", []))
    if any(not 1 <= one.get("position", 0) <= papers for one in content.get("documents", [])):
        return {"record": "Có dòng nói về giấy tờ mà thủ tục không có."}
    kinds = {one["kind"] for one in base.get("channels", [])}
    strange = [one["kind"] for one in content.get("channels", []) if one["kind"] not in kinds]
    return {"record": "Thủ tục không có cách nộp này."} if strange else {}


def faults_of(row: Announcement) -> list[Fault]:
    """What the machine finds in a decision: nothing is sent, checked or published while there is any. Some queries a change."""
    changes = list(row.changes.all())
    if not changes:
        return [Fault("Chưa có thủ tục nào trong quyết định.")]
    found: list[Fault] = []
    for change in changes:
        base = base_of(row, change.procedure_code)
        found += [Fault(words, change.procedure_code) for words in _change_faults(row, change, base)]
    return found


def _change_faults(row: Announcement, change: AnnouncedChange, base: Mapping[str, Any]) -> Iterable[str]:
    yield from whose_faults(row, change.kind, change.procedure_code, base).values()
    if (_content(base) if base else "") != change.based_on:
        yield "Một quyết định khác đã thay đổi thủ tục này từ lúc bạn nhập. Hãy mở lại và đối chiếu."
    if base and change.kind != Kind.LOCALISE:
        later = ProcedureVersion.objects.filter(procedure__code=change.procedure_code, effective_from__gt=row.effective_on)
        if base["effective_from"] == row.effective_on.isoformat():
            yield "Đã có nội dung khác có hiệu lực từ chính ngày này."
        elif later.exists():
            yield "Đã công khai nội dung có hiệu lực sau ngày này."
    record = change.record
    if change.kind in (Kind.REPEAL, Kind.LOCALISE):
        yield from _channel_faults(record) if change.kind == Kind.LOCALISE else ()
        return
    for part in NEEDED:
        if not record.get(part):
            yield f"Thiếu {TEXTS.get(part, 'Lĩnh vực').lower()}."
    yield from _channel_faults(record)
    if row.unit_code.startswith("H") and change.kind in (Kind.NEW, Kind.AMEND):
        yield from _own_faults(row, record)
    if change.kind == Kind.INTERLINK and not record.get("interlinked"):
        yield "Hãy nêu những thủ tục được thực hiện liên thông."
    if base and not differences(base, record):
        yield "Nội dung không khác gì nội dung đang có hiệu lực."
    yield from _unknown(record, base, row.effective_on)


def _own_faults(row: Announcement, record: Mapping[str, Any]) -> Iterable[str]:
    """A province announces procedures of its own only where a law lets it, and only for its own agencies (Rules art. 17.2, 18.2, 19.2)."""
    if not row.law:
        yield "Tỉnh chỉ công bố thủ tục riêng khi có văn bản cho phép: hãy ghi văn bản đó vào quyết định."
    named = (*record.get("executing_codes", []), *record.get("competent_codes", []))
    if others := sorted({code for code in named if code.partition(".")[0] != row.unit_code}):
        yield f"Thủ tục riêng của tỉnh không do cơ quan ngoài tỉnh thực hiện: {', '.join(others)}."


def _channel_faults(record: Mapping[str, Any]) -> Iterable[str]:
    for channel in record.get("channels", []):
        for limit in records.limits_of(channel):
            if limit["amount"] is None and not limit["text"]:
                yield "Có cách nộp chưa ghi thời hạn."
            for fee in limit["fees"]:
                if fee.get("amount") is None and fee.get("currency_amount") is None and not fee.get("condition"):
                    yield f"Khoản “{fee.get('name')}” chưa ghi số tiền, cũng chưa ghi ai quyết định mức thu."


def _codes(record: Mapping[str, Any]) -> tuple[set[str], set[str], set[str], set[str]]:
    """Kinds of paper, results, agencies and other procedures that a record names by their codes."""
    papers = {one["paper_kind"] for one in record.get("documents", []) if one.get("paper_kind")}
    results = {one["code"] for one in record.get("results", []) if one.get("code")}
    agencies = {*record.get("executing_codes", []), *record.get("competent_codes", [])}
    return papers, results, agencies, {*record.get("related", []), *record.get("interlinked", [])} - {record.get("code")}


def _unknown(record: Mapping[str, Any], base: Mapping[str, Any], day: dt.date) -> Iterable[str]:
    """Codes that nobody knows on the day it takes effect (at most four queries). What stood in the content before is not this decision's
    fault: the nightly look finds it."""
    papers, results, agencies, links = (new - old for new, old in zip(_codes(record), _codes(base), strict=True))
    for model, codes, words in ((PaperKind, papers, "loại giấy tờ"), (ResultKind, results, "kết quả"), (Agency, agencies, "cơ quan")):
        known = set(model.objects.on(day).filter(code__in=codes).values_list("code", flat=True)) if codes else set()
        if lost := sorted(codes - known):
            yield f"Không có {words} mã {', '.join(lost)}."
    alive = set(queries.in_force(day).filter(procedure__code__in=links).values_list("procedure__code", flat=True)) if links else set()
    if dead := sorted(links - alive):
        yield f"Dẫn đến thủ tục không có hiệu lực: {', '.join(dead)}."


@transaction.atomic
def move_announcement(
    *,
    actor: Actor,
    announcement_id: UUID,
    transition: str,
    seen: int,
    now: dt.datetime,
    note: str = "",
    publish_at: dt.datetime | None = None,
) -> Announcement:
    """Send, return, check, publish (now, or by itself at ``publish_at``), withdraw. Who entered anything neither checks nor publishes.

    ``TransitionRefused`` when somebody else was faster; :class:`AnnouncementRefused`, ``AccessDenied``.
    """
    row = Announcement.objects.select_for_update().get(pk=announcement_id)
    edge = ANNOUNCEMENTS.transitions[transition]
    require(actor, edge.act, row.unit_code)
    if reason := ANNOUNCEMENTS.refusal(row, transition):
        raise TransitionRefused(transition, row.state, reason)
    if row.seen != seen:
        raise AnnouncementRefused({"": STALE})
    note = " ".join(nfc(note).split())[:1000]
    if transition in ("return", "withdraw") and not note:
        raise AnnouncementRefused({"note": "Hãy ghi lý do."})
    if transition in ("check", "publish") and is_own(actor, row.editors):
        raise AnnouncementRefused({"": "Người nhập không kiểm tra, không công khai quyết định của chính mình."})
    if transition in ("send", "check", "publish") and (faults := faults_of(row)):
        raise AnnouncementRefused({"": " ".join(f"{one.code}: {one.message}" if one.code else one.message for one in faults[:5])})
    if wrong := moment_faults(publish_at, now):
        raise AnnouncementRefused(wrong)
    if transition == "publish" and publish_at is not None and publish_at > now:
        row.publish_at, row.published_by = publish_at, actor.label
        _touch(actor, row, "procedures.announce.schedule", edits=False)
        return row
    if transition == "publish":
        return _publish(actor, row, now)
    was = row.state
    if transition == "withdraw" and was == Announcement.State.PUBLISHED:
        _undo(row, now)
    ANNOUNCEMENTS.move(row, transition)
    row.note = note
    row.publish_at = None
    if transition == "check":
        row.checked_by = actor.label
    if transition == "return":
        row.checked_by = row.published_by = ""
    _touch(actor, row, f"procedures.announce.{transition}", edits=False)
    if was == Announcement.State.PUBLISHED:
        _changed(row, list(row.changes.values_list("procedure_code", flat=True)))
    return row


def publish_due(now: dt.datetime) -> int:
    """Publish what was given a moment that has come, and let what provinces lay down begin on its day. One that can no longer be published
    goes back to who entered it, with what is in the way. How many decisions were published."""
    done = 0
    waiting = Announcement.objects.filter(state=Announcement.State.CHECKED, publish_at__lte=now).values_list("pk", flat=True)
    for pk in list(waiting):
        with transaction.atomic():
            row = Announcement.objects.select_for_update().get(pk=pk)
            if row.state != Announcement.State.CHECKED or row.publish_at is None or row.publish_at > now:
                continue
            if faults := faults_of(row):
                ANNOUNCEMENTS.move(row, "return")
                row.publish_at, row.checked_by, row.published_by = None, "", ""
                row.note = " ".join(one.message for one in faults)[:1000]
                _touch(SYSTEM, row, "procedures.announce.return", edits=False)
                continue
            _publish(SYSTEM, row, now)
            done += 1
    today = timezone.localdate(now)
    late = AnnouncedChange.objects.filter(
        kind=Kind.LOCALISE, applied_at__isnull=True, announcement__state=Announcement.State.PUBLISHED, announcement__effective_on__lte=today
    )
    for change in late.select_related("announcement"):
        with transaction.atomic(), history(SYSTEM, "procedures.announce.publish"):
            _localise(change.announcement, change, now)
    return done


register_due(publish_due)


def _publish(actor: Actor, row: Announcement, now: dt.datetime) -> Announcement:
    ANNOUNCEMENTS.move(row, "publish")
    names = agency_names([row.unit_code])
    changes = list(row.changes.select_for_update())
    kinds = {change.kind for change in changes}
    kind = Decision.Kind.REPEAL if kinds == {Kind.REPEAL} else Decision.Kind.INTRODUCE if kinds == {Kind.NEW} else Decision.Kind.AMEND
    with history(actor, "procedures.announce.publish"):
        decision, _made = Decision.objects.update_or_create(
            number=row.number,
            agency=names.get(row.unit_code, row.unit_code),
            defaults={"issued_on": row.signed_on, "kind": kind},
        )
        row.decision = decision
        for change in changes:
            if change.kind == Kind.LOCALISE:
                if row.effective_on <= timezone.localdate(now):
                    _localise(row, change, now)
            else:
                _apply(row, change, now)
        row.published_at, row.publish_at = now, None
        row.published_by = row.published_by or actor.label
        row.in_time = now <= row.due_at
        row.signed_in_time = signed_in_time(row.unit_code, row.signed_on, row.law_effective_on)
        row.seen += 1
        row.save()
    _note(actor, "procedures.announce.publish", row)
    codes = [change.procedure_code for change in changes if change.kind != Kind.NEW]
    _changed(row, codes)
    return row


def _changed(row: Announcement, codes: Sequence[str]) -> None:
    """Promise that the rooms that look again are told (`procedures.signals`): also where this process ends right after the commit."""
    outbox.put("procedures.changed", key=f"{row.pk}:{row.seen}", payload={"announcement": str(row.pk), "codes": list(codes)})


def _apply(row: Announcement, change: AnnouncedChange, now: dt.datetime) -> None:
    """Write the version that a change makes, or end the one that it repeals. What provinces laid down ends with its version."""
    procedure, _made = Procedure.objects.get_or_create(code=change.procedure_code)
    current = queries.version_at(change.procedure_code, row.effective_on)
    end = current.effective_to if current is not None else None
    if current is not None:
        ProcedureVersion.objects.filter(pk=current.pk).update(effective_to=row.effective_on)
        LocalConfirmation.objects.filter(version=current, state=LocalConfirmation.State.WAITING).update(
            state=LocalConfirmation.State.DROPPED, answered_at=now, answered_by=f"Quyết định {row.number}"
        )
    change.applied_at = now
    if change.kind == Kind.REPEAL:
        # Where an end was known already, taking the repeal back brings it back.
        change.version, change.record = current, {"effective_to": end.isoformat()} if end else {}
        change.save()
        return
    record = {**change.record, "effective_to": end.isoformat() if end else None}
    version = ProcedureVersion(procedure=procedure, effective_from=row.effective_on, origin=ProcedureVersion.Origin.CURATED)
    records.fill(version, record)
    version.source_digest = records.digest(record)
    version.popularity = current.popularity if current is not None else 0
    records.tie_decisions([(version, record)])
    try:
        version.clean_fields(exclude=["search_key", "name_key", "sort_key", "procedure", "decision"])
    except ValidationError as error:
        raise AnnouncementRefused({"": f"{change.procedure_code}: {'; '.join(error.messages)}"}) from error
    version.save()
    records.write_parts([(version, record)], replace=False)
    change.version = version
    change.save()
    if current is not None:
        _ask_provinces(current, version, now)


def _ask_provinces(before: ProcedureVersion, after: ProcedureVersion, now: dt.datetime) -> None:
    """Ask each province that had laid something down for the earlier content (Rules art. 18.2)."""
    places = list(before.localisations.all())
    if not places:
        return
    wanted = [place.province_code for place in places]
    rows = Agency.objects.on(after.effective_from).filter(level=Agency.Level.PROVINCE, administrative_unit__code__in=wanted)
    committees = dict(rows.values_list("administrative_unit__code", "code"))
    names = sorted(records.LOCAL_FIELDS - {"province"})
    LocalConfirmation.objects.bulk_create(
        LocalConfirmation(
            version=after,
            province_code=place.province_code,
            unit_code=committees.get(place.province_code, ""),
            earlier={name: getattr(place, name) for name in names},
            asked_at=now,
        )
        for place in places
    )


def _localise(row: Announcement, change: AnnouncedChange, now: dt.datetime) -> None:
    """Write what a province lays down for a procedure as it holds on the day it takes effect."""
    agency = announcer(row.unit_code, row.effective_on)
    version = queries.version_at(change.procedure_code, row.effective_on)
    if version is None or agency is None or agency.administrative_unit is None:
        change.applied_at = now
        change.save()
        return
    values = records.localisation_values({**change.record, "province": agency.administrative_unit.code})
    values |= {"decision": row.decision, "decision_number": row.number, "source": f"Quyết định {row.number}"}
    place = values.pop("province_code")
    Localisation.objects.update_or_create(version=version, province_code=place, defaults=values)
    LocalConfirmation.objects.filter(version=version, province_code=place, state=LocalConfirmation.State.WAITING).update(
        state=LocalConfirmation.State.CONFIRMED, answered_at=now, answered_by=f"Quyết định {row.number}", decision_number=row.number
    )
    change.version, change.applied_at = version, now
    change.save()


def _undo(row: Announcement, now: dt.datetime) -> None:
    """Take back what has not begun to hold; what holds is changed by another decision."""
    if row.effective_on <= timezone.localdate(now):
        raise AnnouncementRefused({"": "Nội dung đã có hiệu lực. Hãy nhập quyết định sửa đổi, thay vì rút."})
    for change in row.changes.select_for_update():
        version = change.version
        if change.kind == Kind.LOCALISE or version is None:
            continue
        change.version, change.applied_at = None, None
        change.save()
        if change.kind == Kind.REPEAL:
            ProcedureVersion.objects.filter(pk=version.pk).update(effective_to=change.record.get("effective_to"))
            continue
        if ProcedureVersion.objects.filter(procedure=version.procedure, effective_from__gt=version.effective_from).exists():
            raise AnnouncementRefused({"": f"{change.procedure_code}: đã có quyết định sau dựa trên nội dung này."})
        end = version.effective_to
        version.delete()
        ProcedureVersion.objects.filter(procedure=version.procedure, effective_to=row.effective_on).update(effective_to=end)


@transaction.atomic
def confirm_local(*, actor: Actor, confirmation_id: int, keep: bool, decision_number: str, now: dt.datetime) -> LocalConfirmation:
    """A province says that what it laid down still holds under the amended base, by its own decision, or that the base holds as it is."""
    row = LocalConfirmation.objects.select_for_update().select_related("version").get(pk=confirmation_id)
    require(actor, CONFIRM, row.unit_code)
    if row.state != LocalConfirmation.State.WAITING:
        raise TransitionRefused("confirm", row.state, "Nội dung này đã được trả lời.")
    number = " ".join(nfc(decision_number).split())
    if not number:
        raise AnnouncementRefused({"decision_number": "Hãy ghi số quyết định của địa phương."})
    papers, kinds = row.version.documents.count(), set(row.version.channels.values_list("kind", flat=True))
    with history(actor, "procedures.announce.confirm"):
        if keep:
            values = {**row.earlier, "decision_number": number, "source": f"Quyết định {number}"}
            # What speaks of a paper or a way of filing that is no more goes with it.
            values["documents"] = [one for one in values.get("documents", []) if one.get("position", 0) <= papers]
            values["channels"] = [one for one in values.get("channels", []) if one.get("kind") in kinds]
            Localisation.objects.update_or_create(version=row.version, province_code=row.province_code, defaults=values)
        row.state = LocalConfirmation.State.CONFIRMED if keep else LocalConfirmation.State.DROPPED
        row.answered_at, row.answered_by, row.decision_number = now, actor.label, number[:80]
        row.save()
    audit.record(
        actor=actor,
        act="procedures.announce.confirm",
        target="procedures.localconfirmation",
        target_id=str(row.pk),
        unit=row.unit_code,
        details={"decision": number, "kept": keep},
    )
    return row


def _entering(actor: Actor, announcement_id: UUID, seen: int) -> Announcement:
    row = Announcement.objects.select_for_update().get(pk=announcement_id)
    require(actor, ENTER, row.unit_code)
    if row.state != Announcement.State.ENTERING:
        raise AnnouncementRefused({"": "Quyết định này không còn ở bước nhập nên không sửa được."})
    if row.seen != seen:
        raise AnnouncementRefused({"": STALE})
    return row


def _with(actor: Actor, editors: Iterable[UUID]) -> list[UUID]:
    return sorted({*editors, *([actor.person_id] if actor.person_id is not None else [])})


def _touch(actor: Actor, row: Announcement, act: str, *, edits: bool = True) -> None:
    row.seen += 1
    if edits:
        row.editors = _with(actor, row.editors)
    with history(actor, act):
        row.save()
    _note(actor, act, row)


def _note(actor: Actor, act: str, row: Announcement) -> None:
    audit.record(
        actor=actor, act=act, target="procedures.announcement", target_id=str(row.pk), unit=row.unit_code, details={"number": row.number}
    )
