"""Publication: question and answer without personal data, as texts of their own (Rules art. 45)."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.text import slugify

from feedback import figures, redaction
from feedback.models import Answer, FinishedRound, Petition, PublishedCase, ReaderVote
from feedback.search import PETITIONS, entry_of
from feedback.services.common import PetitionRefused, keep, lock_for_officer, tell, write_event
from feedback.words import tidy
from portal import crypto, search
from portal.access import Actor, may
from portal.documents.units import unit_name
from portal.text import search_key

PUBLISH = "feedback.publish"
LENGTHS = {"title": 200, "question": 50_000, "answer": 50_000}
"""Characters."""
MAX_REASON = 300
_WORDS = {"title": "tiêu đề", "question": "câu hỏi", "answer": "trả lời"}
_VOTER = "feedback.reader_vote"


@dataclass(frozen=True)
class Proposal:
    """What is to be published, as it was written, and what in it the officer decides about."""

    title: str
    question: str
    answer: str
    known: redaction.Known
    sender_name: str
    """Empty where the sender asked that it stays unpublished."""


def proposal(petition: Petition) -> Proposal:
    """The texts of a petition that was answered, and what is known of the people in it (four queries)."""
    sender = petition.sender or {}
    name = str(sender.get("name") or "")
    answer = petition.answers.filter(state=Answer.APPROVED).order_by("-number").first()
    labels = set(petition.events.exclude(label="").values_list("label", flat=True))
    for row in petition.answers.all():
        labels |= {row.drafted_label, row.checked_label}
    known = redaction.Known(
        names=[name] if name else [],
        # A label is "name · title".
        officers=sorted({label.split("·")[0].strip() for label in labels} - {""}),
        addresses=[str(sender["address"])] if sender.get("address") else [],
        codes=[code for code in (petition.code, petition.dossier_code, petition.order_code) if code],
        contacts=[str(sender[part]) for part in ("phone", "email") if sender.get(part)],
    )
    return Proposal(
        title=(petition.subject or "").strip(),
        question=petition.words or "",
        answer=(answer.words or "") if answer is not None else "",
        known=known,
        sender_name="" if petition.hide_name else name,
    )


def _clean(known: redaction.Known, left: Collection[str], texts: dict[str, str]) -> dict[str, str]:
    """The texts as they are kept; :class:`PetitionRefused` where one is empty, too long, or holds something nobody decided to leave in."""
    texts = {part: tidy(text) for part, text in texts.items()}
    texts["title"] = " ".join(texts["title"].split())
    for part, text in texts.items():
        if not text:
            raise PetitionRefused(f"Bạn hãy ghi {_WORDS[part]}.", part)
        if len(text) > LENGTHS[part]:
            raise PetitionRefused(f"{_WORDS[part].capitalize()} dài quá {LENGTHS[part]:,} ký tự.".replace(",", "."), part)
        if found := redaction.undecided(text, known, left):
            said = "; ".join(dict.fromkeys(f"{mark.label.lower()} “{mark.text}”" for mark in found[:5]))
            raise PetitionRefused(f"Trong {_WORDS[part]} còn chỗ chưa quyết định: {said}. Hãy bỏ đi, hoặc chọn để lại rồi làm lại.", part)
    return texts


@transaction.atomic
def publish(
    *,
    actor: Actor,
    petition_id: UUID,
    title: str,
    question: str,
    answer: str,
    left: Collection[str],
    show_name: bool,
    now: datetime,
    seen: int | None = None,
) -> PublishedCase:
    """Publish a question and its answer, for the first time, changed, or again after it was withdrawn; its address stays.

    ``left``: keys (:attr:`feedback.redaction.Mark.key`) of what the officer decided to leave in. Raises ``Petition.DoesNotExist``,
    ``AccessDenied``, :class:`PetitionRefused`.
    """
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act=PUBLISH, seen=seen)
    case = PublishedCase.objects.select_for_update().filter(petition=petition).first()
    is_change = case is not None and may_be_changed(petition, case)
    if not is_change and not _may_be_published(petition):
        raise PetitionRefused("Phản ánh này chưa có trả lời để công khai.")
    said = proposal(petition)
    texts = _clean(said.known, left, {"title": title, "question": question, "answer": answer})
    taken: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for before, after in ((said.title, texts["title"]), (said.question, texts["question"]), (said.answer, texts["answer"])):
        stays = Counter(mark.kind for mark in redaction.marks(after, said.known))
        kept += stays
        taken += Counter(mark.kind for mark in redaction.marks(before, said.known)) - stays
    is_new = case is None
    if case is None:
        case = PublishedCase(petition=petition, slug=_slug(texts["title"]))
    case.title, case.question, case.answer = texts["title"], texts["question"], texts["answer"]
    case.kind_id, case.about, case.sector_code = petition.kind_id, petition.about, petition.sector_code
    case.procedure_code, case.place_code = petition.procedure_code, petition.place_code
    if not is_change:
        if not is_new and case.unit_code != petition.unit_code:
            # Another agency's answer: readers have not said yet what they think of it.
            case.votes.all().delete()
            case.helpful = case.unhelpful = 0
        case.disagreed_at = None
        case.unit_code, case.agency_code, case.unit_name = petition.unit_code, petition.agency_code, unit_name(petition.unit_code)
        assert petition.answered_at is not None
        case.asked_on, case.answered_on = timezone.localdate(petition.received_at), timezone.localdate(petition.answered_at)
        case.on_time = petition.answered_at <= petition.due_at
        case.published_at = now
    case.sender_name = said.sender_name if show_name else ""
    case.published_by, case.changed_at, case.withdrawn_at, case.withdrawn_reason = actor.position_id, now, None, ""
    case.decisions = {"taken": dict(taken), "left": dict(kept)}
    if not is_new:
        case.version += 1
    case.save()
    was = figures.facts_of(petition)
    if not is_change:
        petition.publication, petition.keep_reason = Petition.Publication.PUBLISHED, ""
        _former_is_public_no_more(petition)
    event = "change_published" if is_change else "publish"
    keep(
        petition, event, before=petition.state, was=was, actor=actor, now=now,
        slug=case.slug, taken=dict(taken), left=dict(kept), name_shown=bool(case.sender_name), version=case.version,
    )  # fmt: skip
    if not is_change:
        tell(petition, "feedback.published", link=f"/phan-anh-kien-nghi/tra-loi/{case.slug}/")
    search.put(PETITIONS, [entry_of(case)])
    return case


def may_be_changed(petition: Petition, case: PublishedCase) -> bool:
    """Whether the text that stands is mended as it is: it is the present answer's, or there is none to take its place yet."""
    return case.withdrawn_at is None and petition.publication in (Petition.Publication.PUBLISHED, Petition.Publication.NONE)


def _former_is_public_no_more(petition: Petition) -> None:
    """Note in the figures that the answer of a former round is not public any more."""
    for row in FinishedRound.objects.filter(petition=petition, is_published=True):
        was = figures.facts_of_round(row)
        row.is_published = False
        row.save(update_fields=["is_published"])
        figures.note_difference(was, figures.facts_of_round(row))


def _may_be_published(petition: Petition) -> bool:
    return petition.state == "answered" and petition.publication in (Petition.Publication.WAITING, Petition.Publication.KEPT)


def _slug(title: str) -> str:
    words = slugify(search_key(title))[:90].strip("-") or "tra-loi"
    return f"{words}-{uuid.uuid4().hex[:8]}"


def _reason(reason: str) -> str:
    reason = " ".join(tidy(reason).split())
    if not reason:
        raise PetitionRefused("Bạn hãy ghi lý do.", "reason")
    if len(reason) > MAX_REASON:
        raise PetitionRefused(f"Lý do dài quá {MAX_REASON} ký tự.", "reason")
    return reason


@transaction.atomic
def keep_unpublished(*, actor: Actor, petition_id: UUID, reason: str, now: datetime, seen: int | None = None) -> Petition:
    """Decide that an answer is not published, and why. It can be published later all the same.

    What is public of a former round, which this answer overrules, is taken down for the same reason.
    """
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act=PUBLISH, seen=seen)
    if not (petition.state == "answered" and petition.publication == Petition.Publication.WAITING):
        raise PetitionRefused("Phản ánh này không chờ công khai.")
    was = figures.facts_of(petition)
    petition.publication, petition.keep_reason = Petition.Publication.KEPT, _reason(reason)
    keep(petition, "keep_unpublished", before=petition.state, was=was, actor=actor, now=now, note=petition.keep_reason)
    case = PublishedCase.objects.select_for_update().filter(petition=petition, withdrawn_at__isnull=True).first()
    if case is not None:
        _take_down(petition, case, reason=petition.keep_reason, now=now)
        write_event(petition, "withdraw_published", before=petition.state, actor=actor, now=now, note=petition.keep_reason, slug=case.slug)
    return petition


def _take_down(petition: Petition, case: PublishedCase, *, reason: str, now: datetime) -> None:
    case.withdrawn_at, case.withdrawn_reason, case.changed_at, case.disagreed_at = now, reason, now, None
    case.version += 1
    case.save(update_fields=["withdrawn_at", "withdrawn_reason", "changed_at", "disagreed_at", "version"])
    _former_is_public_no_more(petition)
    search.remove(PETITIONS, [str(case.pk)])


@transaction.atomic
def withdraw_published(*, actor: Actor, petition_id: UUID, reason: str, now: datetime, seen: int | None = None) -> PublishedCase:
    """Take a published answer down; its address says so and why. It can be published again.

    Also while its sender does not agree and it is with another agency: whoever published it can still take it down.
    """
    found = PublishedCase.objects.filter(petition=petition_id, withdrawn_at__isnull=True).values_list("unit_code", flat=True).first()
    unit = found if found and may(actor, PUBLISH, found) else ""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act=PUBLISH, seen=seen, unit=unit)
    case = PublishedCase.objects.select_for_update().filter(petition=petition, withdrawn_at__isnull=True).first()
    if case is None:
        raise PetitionRefused("Trả lời này hiện không được công khai.")
    reason = _reason(reason)
    _take_down(petition, case, reason=reason, now=now)
    was = figures.facts_of(petition)
    if petition.publication == Petition.Publication.PUBLISHED:
        petition.publication, petition.keep_reason = Petition.Publication.KEPT, reason
    keep(petition, "withdraw_published", before=petition.state, was=was, actor=actor, now=now, note=reason, slug=case.slug)
    return case


def empty_published(*, petition: Petition, now: datetime) -> None:
    """Let nothing stand of what was published of a petition, nor be found; its address says that it is gone."""
    cases = PublishedCase.objects.filter(petition=petition)
    keys = [str(key) for key in cases.values_list("pk", flat=True)]
    if keys:
        cases.update(
            title="",
            question="",
            answer="",
            sender_name="",
            withdrawn_at=now,
            withdrawn_reason="Nội dung không còn được công khai.",
            changed_at=now,
            disagreed_at=None,
        )
        _former_is_public_no_more(petition)
        search.remove(PETITIONS, keys)


@transaction.atomic
def vote(*, case_id: int, address: str, helps: bool, now: datetime) -> bool:
    """A reader says whether a published answer helps: once a day and address, who says otherwise changes it. Whether anything changed."""
    case = PublishedCase.objects.select_for_update().get(pk=case_id, withdrawn_at__isnull=True)
    today = timezone.localdate(now)
    # Another key each day: nobody can tell that two votes came from one address.
    source = crypto.blind_index(_VOTER, f"{today.isoformat()}:{address}")
    found, is_new = ReaderVote.objects.get_or_create(case=case, day=today, source=source, defaults={"helps": helps})
    if not is_new and found.helps == helps:
        return False
    change = {"helpful" if helps else "unhelpful": F("helpful" if helps else "unhelpful") + 1}
    if not is_new:
        found.helps = helps
        found.save(update_fields=["helps"])
        change |= {"unhelpful" if helps else "helpful": F("unhelpful" if helps else "helpful") - 1}
    PublishedCase.objects.filter(pk=case.pk).update(**change)
    return True


def forget_votes(*, today: date) -> int:
    """Forget who voted on days before yesterday; what they said stays counted."""
    return ReaderVote.objects.filter(day__lt=today - timedelta(days=1)).delete()[0]


def count_helped(case_id: int, now: datetime) -> None:
    """Count that somebody did not send a petition of their own because this answer, public by ``now``, served them."""
    public = Q(withdrawn_at__isnull=True, published_at__lte=now)
    PublishedCase.objects.filter(public, pk=case_id).update(helped=F("helped") + 1)
