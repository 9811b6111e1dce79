"""Answers: drafted, checked by another, returned or approved; progress reports; what the sender says (Rules art. 44, 45.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from accounts import queries as people
from dossiers.queries import unit_calendar
from feedback import figures
from feedback.models import TOP, Answer, Attachment, FinishedRound, Holding, Petition, ProgressReport, PublishedCase
from feedback.rules import progress_due, result_due
from feedback.services.common import (
    PetitionRefused,
    end,
    hold,
    keep,
    lock_for_officer,
    lock_own,
    move,
    note_holding,
    start_clocks,
    tell,
    write_event,
)
from feedback.services.files import attach
from feedback.terms import limits_at
from portal import outbox
from portal.access import Actor
from portal.crypto import bare_index
from portal.files import services as stored_files
from portal.workdays import national_calendar

MAX_ANSWER = 50_000
DRAFT_STALE = "Đồng nghiệp của bạn vừa sửa bản thảo này. Chép lại phần bạn viết, mở lại trang để xem bản mới rồi sửa tiếp."
MAX_AGAIN = 10_000
"""Characters in which a sender says why they do not agree."""


@transaction.atomic
def save_answer(
    *,
    actor: Actor,
    petition_id: UUID,
    words: str,
    now: datetime,
    outcome_on: date | None = None,
    seen: int | None = None,
    draft_seen: int | None = None,
    uploads: Iterable[UploadedFile] = (),
    leave_out: Collection[UUID] = (),
) -> Answer:
    """Keep the draft of an answer, as often as one likes. ``outcome_on``: the day of the outcome, None where it is not known yet.
    ``draft_seen``: its version that the officer went on from (0 for none), so that nobody writes over a colleague's. ``uploads`` go with
    it, files named in ``leave_out`` (attachments) go with it no more.
    """
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.handle", seen=seen)
    if petition.state != "processing":
        raise PetitionRefused("Chỉ soạn trả lời khi phản ánh đang được xử lý.")
    answer = petition.answers.filter(state=Answer.DRAFT).first()
    if draft_seen is not None and draft_seen != (answer.version if answer is not None else 0):
        raise PetitionRefused(DRAFT_STALE, "words", status=409)
    if len(words) > MAX_ANSWER:
        raise PetitionRefused(f"Câu trả lời dài quá {MAX_ANSWER:,} ký tự.".replace(",", "."), "words")
    if answer is None:
        answer = Answer(petition=petition, number=petition.answers.count() + 1, drafted_at=now)
    answer.round, answer.unit_code, answer.words = petition.round, petition.unit_code, words
    answer.outcome_on = outcome_on
    answer.drafted_by, answer.drafted_label, answer.drafted_at = actor.position_id, actor.label[:200], now
    answer.version += 1
    answer.save()
    files_of_answer(petition, answer, actor=actor, now=now, uploads=uploads, leave_out=leave_out)
    return answer


def files_of_answer(
    petition: Petition,
    answer: Answer,
    *,
    actor: Actor,
    now: datetime,
    uploads: Iterable[UploadedFile],
    leave_out: Collection[UUID] = (),
) -> None:
    """Take files with a draft, and erase those that are to go with it no more."""
    for row in petition.attachments.filter(role=Attachment.Role.ANSWER, part_id=answer.pk, pk__in=leave_out).select_related("file"):
        Attachment.objects.filter(pk=row.pk).update(part_id=None)
        stored_files.erase(file=row.file, actor=actor)
    for upload in uploads:
        attach(petition=petition, upload=upload, role=Attachment.Role.ANSWER, part_id=answer.pk, actor=actor, now=now)


@transaction.atomic
def submit_answer(
    *,
    actor: Actor,
    petition_id: UUID,
    words: str,
    outcome_on: date,
    now: datetime,
    seen: int | None = None,
    draft_seen: int | None = None,
    uploads: Iterable[UploadedFile] = (),
    leave_out: Collection[UUID] = (),
) -> Answer:
    """Hand an answer in to be checked by somebody else. ``outcome_on``: the day on which there was an outcome (art. 44.2). The others as
    for :func:`save_answer`."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.handle", seen=seen)
    if not words.strip():
        raise PetitionRefused("Bạn hãy viết câu trả lời.", "words")
    today = timezone.localdate(now)
    if not timezone.localdate(petition.received_at) <= outcome_on <= today:
        raise PetitionRefused("Ngày có kết quả phải từ ngày nhận phản ánh đến hôm nay.", "outcome_on")
    answer = save_answer(
        actor=actor,
        petition_id=petition_id,
        words=words,
        now=now,
        outcome_on=outcome_on,
        draft_seen=draft_seen,
        uploads=uploads,
        leave_out=leave_out,
    )
    was, before = figures.facts_of(petition), move(petition, "submit")
    answer.state, answer.submitted_at = Answer.SUBMITTED, now
    answer.result_due_at = result_due(outcome_on, limits_at(petition.received_at), unit_calendar(petition.unit_code))
    answer.save()
    keep(petition, "submit", before=before, was=was, actor=actor, now=now, answer=answer.number, outcome=outcome_on.isoformat())
    return answer


def _to_check(petition: Petition, actor: Actor) -> Answer:
    answer = petition.answers.filter(state=Answer.SUBMITTED).first()
    if answer is None:
        raise PetitionRefused("Không (còn) câu trả lời nào chờ duyệt. Tải lại trang để xem tình trạng mới nhất.")
    own = actor.person_id is not None and answer.drafted_by is not None and people.is_position_of(answer.drafted_by, actor.person_id)
    if answer.drafted_by == actor.position_id or own:
        raise PetitionRefused("Bạn đã soạn câu trả lời này: người khác phải duyệt.")
    return answer


@transaction.atomic
def return_answer(*, actor: Actor, petition_id: UUID, reason: str, now: datetime, seen: int | None = None) -> Answer:
    """Return an answer that misses the point, before anybody reads it (art. 45.2)."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.check", seen=seen)
    answer = _to_check(petition, actor)
    if not reason.strip():
        raise PetitionRefused("Bạn hãy ghi cần sửa gì.", "reason")
    was, before = figures.facts_of(petition), move(petition, "return_answer")
    answer.state, answer.return_reason = Answer.RETURNED, reason
    answer.checked_by, answer.checked_label, answer.checked_at = actor.position_id, actor.label[:200], now
    answer.save()
    again = Answer.objects.create(
        petition=petition,
        number=petition.answers.count() + 1,
        round=petition.round,
        unit_code=petition.unit_code,
        words=answer.words,
        outcome_on=answer.outcome_on,
        drafted_by=answer.drafted_by,
        drafted_label=answer.drafted_label,
        drafted_at=now,
    )
    # What was attached goes along with the words.
    petition.attachments.filter(role=Attachment.Role.ANSWER, part_id=answer.pk).update(part_id=again.pk)
    keep(petition, "return_answer", before=before, was=was, actor=actor, now=now, note=reason, answer=answer.number)
    return answer


@transaction.atomic
def approve(*, actor: Actor, petition_id: UUID, now: datetime, seen: int | None = None, to_group: bool = False) -> Answer:
    """Approve an answer: the sender is told at once, and it waits for publication. ``to_group``: the copies of the same text that are open
    at the same agency get it too, each sender told (by the outbox, one after the other)."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.check", seen=seen)
    answer = _to_check(petition, actor)
    _give(petition, answer, actor=actor, now=now)
    if to_group:
        head = petition.group_id or petition.pk
        members = Petition.objects.filter(group_id=head, unit_code=petition.unit_code).exclude(pk=petition.pk)
        others = list(members.filter(state__in=["new", "processing", "waiting"]).values_list("pk", flat=True))
        first = Petition.objects.filter(pk=head, unit_code=petition.unit_code, state__in=["new", "processing", "waiting"])
        others += list(first.exclude(pk=petition.pk).values_list("pk", flat=True))
        for number in others:
            payload = {"petition": str(number), "answer": answer.pk}
            outbox.put("feedback.answer_copy", key=f"{number}:{answer.pk}", payload=payload)
    return answer


def _give(petition: Petition, answer: Answer, *, actor: Actor, now: datetime) -> None:
    was, before = figures.facts_of(petition), move(petition, "approve")
    answer.state = Answer.APPROVED
    answer.checked_by, answer.checked_label, answer.checked_at = actor.position_id, actor.label[:200], now
    answer.save()
    petition.answered_at = now
    petition.publication, petition.keep_reason = Petition.Publication.WAITING, ""
    petition.helps, petition.helps_words, petition.helps_at = None, None, None
    end(petition, now=now)
    keep(
        petition,
        "approve",
        before=before,
        was=was,
        actor=actor,
        now=now,
        answer=answer.number,
        on_time=now <= petition.due_at,
        entered_on_time=bool(answer.result_due_at is None or now <= answer.result_due_at),
    )
    tell(petition, "feedback.answered")


@transaction.atomic
def answer_copy(*, petition_id: UUID, answer_id: int, actor: Actor, now: datetime) -> bool:
    """Give a copy of one text the answer that was approved for another (worker). False where it is answered or elsewhere by now."""
    source = Answer.objects.select_related("petition").get(pk=answer_id, state=Answer.APPROVED)
    petition = Petition.objects.select_for_update(of=("self",)).get(pk=petition_id)
    if petition.unit_code != source.petition.unit_code or petition.state not in ("new", "processing", "waiting"):
        return False
    was, before = figures.facts_of(petition), petition.state
    if petition.accepted_at is None:
        petition.accepted_at = now
        Holding.objects.filter(petition=petition, ended_at__isnull=True).update(accepted_at=now)
    petition.about, petition.kind_id, petition.sector_code = source.petition.about, source.petition.kind_id, source.petition.sector_code
    answer = petition.answers.filter(state=Answer.DRAFT).first() or Answer(petition=petition, number=petition.answers.count() + 1)
    answer.round, answer.unit_code, answer.words, answer.state = petition.round, petition.unit_code, source.words, Answer.APPROVED
    answer.drafted_by, answer.drafted_label, answer.drafted_at = source.drafted_by, source.drafted_label, source.drafted_at
    answer.submitted_at, answer.outcome_on, answer.result_due_at = source.submitted_at, source.outcome_on, source.result_due_at
    answer.checked_by, answer.checked_label, answer.checked_at = source.checked_by, source.checked_label, now
    answer.save()
    petition.state, petition.answered_at = "answered", now
    petition.helps, petition.helps_words, petition.helps_at = None, None, None
    # One of them is public: the others would say the same again.
    petition.publication, petition.keep_reason = Petition.Publication.KEPT, "Trùng nội dung với phản ánh khác trong nhóm."
    end(petition, now=now)
    keep(
        petition, "approve", before=before, was=was, actor=actor, now=now,
        answer=answer.number, copy_of=source.petition.code, on_time=now <= petition.due_at, entered_on_time=True,
    )  # fmt: skip
    tell(petition, "feedback.answered")
    return True


def head_of(rows: Sequence[Petition]) -> Petition:
    """The head of the group that several petitions make: of the group that some of them are in, else the oldest of them."""
    heads = {row.group_id for row in rows if row.group_id}
    return Petition.objects.get(pk=min(heads, key=str)) if heads else min(rows, key=lambda row: (row.sent_at, row.pk))


def of_another_text(rows: Sequence[Petition]) -> list[Petition]:
    """Those of several petitions whose text is another than that of the group that some are in; where none is, than the one that most of
    them share (of as many, the oldest's). Signs and spaces do not count."""
    if any(row.group_id for row in rows):
        usual = bare_index(head_of(rows).text_print)
    else:
        usual = Counter(bare_index(row.text_print) for row in sorted(rows, key=lambda row: (row.sent_at, row.pk))).most_common(1)[0][0]
    return [row for row in rows if bare_index(row.text_print) != usual]


@transaction.atomic
def group(*, actor: Actor, petition_ids: list[UUID], now: datetime, different: bool = False) -> Petition:
    """Put petitions that say the same into one group, under the oldest; all of them are held by the officer's agency.

    Texts that are not the same (apart from signs and spaces) are refused, unless the officer says that they mean to: ``different``.
    """
    rows = [lock_for_officer(actor=actor, petition_id=number, act="feedback.classify") for number in sorted(set(petition_ids))]
    if len(rows) < 2:
        raise PetitionRefused("Bạn hãy chọn ít nhất hai phản ánh.")
    if any(not row.is_open for row in rows):
        raise PetitionRefused("Chỉ gộp những phản ánh chưa kết thúc.")
    head = head_of(rows)
    if not different and len({bare_index(row.text_print) for row in [head, *rows]}) > 1:
        raise PetitionRefused("Các phản ánh này khác nội dung. Hãy xem lại, và đánh dấu những phản ánh khác nội dung mà bạn vẫn gộp.")
    for row in rows:
        if row.pk == head.pk:
            continue
        row.group, row.version = head, row.version + 1
        row.save(update_fields=["group", "version"])
        Petition.objects.filter(group=row).exclude(pk=head.pk).update(group=head)
        write_event(row, "group", before=row.state, actor=actor, now=now, with_code=head.code)
    return head


@transaction.atomic
def ungroup(*, actor: Actor, petition_id: UUID, now: datetime) -> Petition:
    """Take a petition out of its group. :class:`PetitionRefused` for one that is in none, or has ended."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.classify")
    if petition.group_id is None:
        raise PetitionRefused("Phản ánh này không ở trong nhóm nào.", status=409)
    if not petition.is_open:
        raise PetitionRefused("Phản ánh này đã kết thúc.", status=409)
    petition.group, petition.version = None, petition.version + 1
    petition.save(update_fields=["group", "version"])
    write_event(petition, "ungroup", before=petition.state, actor=actor, now=now)
    return petition


@transaction.atomic
def report_progress(*, actor: Actor, petition_id: UUID, words: str, now: datetime, seen: int | None = None) -> ProgressReport:
    """Tell the sender how things stand (art. 44.1: every 7 days once the deadline has passed; before it, as one likes)."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.handle", seen=seen)
    if not petition.is_open:
        raise PetitionRefused("Phản ánh này đã kết thúc.")
    if not words.strip():
        raise PetitionRefused("Bạn hãy ghi tình hình xử lý.", "words")
    was, due = figures.facts_of(petition), petition.progress_due_at
    is_late = now > petition.due_at
    report = ProgressReport.objects.create(
        petition=petition, at=now, due_at=due if is_late else None, words=words, position_id=actor.position_id, label=actor.label[:200]
    )
    petition.progress_due_at = progress_due(petition.due_at, now, limits_at(petition.received_at), national_calendar())
    on_time = due is None or now <= due
    keep(petition, "progress", before=petition.state, was=was, actor=actor, now=now, note=words, on_time=on_time, was_late=is_late)
    tell(petition, "feedback.progress")
    return report


@transaction.atomic
def rate(*, actor: Actor, petition_id: UUID, helps: bool, words: str, now: datetime, seen: int | None = None) -> Petition:
    """The sender says whether the answer helps, and why; they may change their mind."""
    petition = lock_own(actor=actor, petition_id=petition_id, seen=seen)
    if petition.state != "answered":
        raise PetitionRefused("Phản ánh này chưa có trả lời.")
    was = figures.facts_of(petition)
    petition.helps, petition.helps_words, petition.helps_at = helps, words.strip()[:MAX_AGAIN] or None, now
    keep(petition, "rate", before=petition.state, was=was, actor=actor, now=now, helps=helps)
    return petition


@transaction.atomic
def disagree(*, actor: Actor, petition_id: UUID, words: str, now: datetime, seen: int | None = None) -> Petition:
    """The sender does not agree with the answer and writes again: VPCP takes the lead by itself, with new clocks (art. 42.3đ).

    The round that ends stays with the agency that answered, in the figures and in the score. What is public of it stays so, with a word
    that the sender did not agree.
    """
    petition = lock_own(actor=actor, petition_id=petition_id, seen=seen)
    if not words.strip():
        raise PetitionRefused("Bạn hãy viết vì sao bạn không đồng ý.", "words")
    if len(words) > MAX_AGAIN:
        raise PetitionRefused(f"Bạn viết trong {MAX_AGAIN:,} ký tự. Chi tiết có thể gửi bằng tệp.".replace(",", "."), "words")
    was, before = figures.facts_of(petition), move(petition, "disagree")
    former = petition.unit_code
    assert petition.answered_at is not None
    finished = FinishedRound.objects.create(
        petition=petition,
        number=petition.round,
        unit_code=former,
        agency_code=petition.agency_code,
        kind_id=petition.kind_id,
        sector_code=petition.sector_code,
        procedure_code=petition.procedure_code,
        received_at=petition.received_at,
        due_at=petition.due_at,
        answered_at=petition.answered_at,
        helps=False,
        rated=petition.helps,
        rated_words=petition.helps_words,
        rated_at=petition.helps_at,
        is_published=petition.publication == Petition.Publication.PUBLISHED,
        disagreed_at=now,
    )
    figures.note_difference(None, figures.facts_of_round(finished))
    for case in PublishedCase.objects.filter(petition=petition, withdrawn_at__isnull=True):
        case.disagreed_at = now
        case.save(update_fields=["disagreed_at"])
    petition.round += 1
    petition.ended_at, petition.answered_at = None, None
    petition.helps, petition.helps_words, petition.helps_at = None, None, None
    # Of the answer that is to come; the former one may be public still.
    petition.publication, petition.keep_reason = Petition.Publication.NONE, ""
    start_clocks(petition, received_at=now)
    hold(petition, unit_code=TOP, how=Holding.How.DISAGREED, now=now, from_unit=former)
    keep(petition, "disagree", before=before, was=was, actor=actor, now=now, note=words, to_unit=TOP, from_unit=former)
    note_holding(petition, how=Holding.How.DISAGREED, from_unit=former)
    tell(petition, "feedback.taken_over")
    return petition
