"""Completing a dossier: one request with everything that is missing, the applicant's answer, what follows without one (state 5).

Whoever holds both rows locks the dossier first. A request stops the agency's clock while its applicant is waited for; one that was made
by mistake and taken back never did. Texts of law: Decree 61/2018 art. 17, 19; Decree 45/2020; Decision 766/QĐ-TTg.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import queries as people
from accounts.services.mandates import hold_mandate
from dossiers import slips
from dossiers.costs import limit_of
from dossiers.filling import Problem
from dossiers.models import TABLE, Dossier, DossierDocument, Paper, Stage, SupplementDefect, SupplementRequest
from dossiers.models.dossier import State
from dossiers.outcomes import finding_columns
from dossiers.queries import own_dossiers, unit_calendar
from dossiers.services.common import (
    FilingRefused,
    NotYours,
    advance,
    filer,
    grounded,
    lock_for_officer,
    move_appointment,
    notify_parties,
    position_of,
)
from dossiers.services.drafts import MAX_ANSWER_CHARS, MAX_FILES_A_PAPER, PAPER_TYPES
from dossiers.services.paying import give_back
from dossiers.slip_sets.issuing import issue_of, take_back_slip
from dossiers.slip_sets.sheets import issue_refusal
from dossiers.supplements.opening import Opened, answered, as_typed, opened, said
from dossiers.supplements.policies import Policy, policy_of
from dossiers.supplements.wording import missed_reason, request_context, summary
from dossiers.terms import terms_of
from portal import audit
from portal.access import SYSTEM, Actor
from portal.files import services as files
from portal.files.errors import FileRefused
from portal.files.models import FileState, StoredFile
from portal.states import TransitionRefused
from portal.workdays import Unit, due_at, opening_before, response_due

REMIND_BEFORE = 2
"""Working days before the last one: then the parties are reminded, once."""
MOST_DEFECTS = 60
GONE = "Yêu cầu bổ sung này không còn chờ trả lời: cơ quan đã rút, hoặc đã hết hạn. Trang dưới đây cho thấy tình trạng mới nhất."


@dataclass(frozen=True)
class Asked:
    """One thing an officer asks for."""

    kind: str
    name: str
    label: str
    reason: str
    reason_label: str
    words: str
    replaces: bool = False


# Officers ------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_supplement(
    *, actor: Actor, dossier_id: UUID, seen_version: int, defects: Sequence[Asked], days: int, words: str, now: datetime
) -> Dossier:
    """Ask once for everything that is missing (state 1 or 4 → 5): the clock stands still, slip 02 is sealed, the applicant is told.

    ``ValueError`` without a defect; ``TransitionRefused`` when somebody was quicker, or it was asked for once after reception already.
    """
    dossier, request = _write(
        "ask_supplement", actor=actor, dossier_id=dossier_id, seen_version=seen_version, defects=defects, days=days, words=words, now=now
    )
    if dossier.received_at is None:
        # It has been answered: whoever did is in charge of it.
        dossier.officer_id, dossier.officer_label = position_of(actor), actor.label
    _send_out(dossier, request, "ask_supplement", actor=actor, now=now)
    return dossier


@transaction.atomic
def propose_supplement(
    *, actor: Actor, dossier_id: UUID, seen_version: int, defects: Sequence[Asked], days: int, words: str, now: datetime
) -> Dossier:
    """Put another request after reception before a leader (within state 4); the clock runs on, nobody outside is told yet."""
    dossier, request = _write(
        "propose_supplement",
        actor=actor,
        dossier_id=dossier_id,
        seen_version=seen_version,
        defects=defects,
        days=days,
        words=words,
        now=now,
    )

    def to_the_leader() -> None:
        dossier.stage = Stage.AWAITING_APPROVAL

    advance(dossier, "propose_supplement", actor=actor, now=now, note=summary(request), then=to_the_leader)
    return dossier


@transaction.atomic
def approve_supplement(*, actor: Actor, dossier_id: UUID, seen_version: int, now: datetime) -> Dossier:
    """The leader lets another request go out (state 4 → 5): from now on the dossier counts as late, whatever its dates (Decision 766)."""
    dossier = lock_for_officer(
        actor=actor, dossier_id=dossier_id, act="dossiers.approve_supplement", seen_version=seen_version, transition="approve_supplement"
    )
    _check(dossier, "approve_supplement")
    request = dossier.supplements.select_for_update().get(state=SupplementRequest.State.PROPOSED)
    request.approved_by, request.approved_label = position_of(actor), actor.label
    _send_out(dossier, request, "approve_supplement", actor=actor, now=now)
    return dossier


@transaction.atomic
def decline_supplement(*, actor: Actor, dossier_id: UUID, seen_version: int, reason: str, now: datetime) -> Dossier:
    """The leader does not let another request go out; the officer goes on with what there is. ``ValueError`` without a reason."""
    if not reason.strip():
        raise ValueError("a refusal needs a reason")
    dossier = lock_for_officer(
        actor=actor, dossier_id=dossier_id, act="dossiers.approve_supplement", seen_version=seen_version, transition="decline_supplement"
    )
    _check(dossier, "decline_supplement")
    request = dossier.supplements.select_for_update().get(state=SupplementRequest.State.PROPOSED)
    close_request(request, SupplementRequest.State.DECLINED, now)

    def back_to_the_officer() -> None:
        dossier.stage = Stage.NONE

    advance(dossier, "decline_supplement", actor=actor, now=now, note=reason.strip(), then=back_to_the_officer)
    return dossier


def call_off_supplement(*, actor: Actor, dossier_id: UUID, seen_version: int, reason: str, now: datetime) -> Dossier:
    """Take a request back that nobody has answered (state 5 → 4): as if it had not been made, the clock and the count included.

    The mistake was the agency's: its time ran on, and the request does not count as the one it may make. ``ValueError`` without a
    reason; ``TransitionRefused`` when the applicant was quicker.
    """
    return _call_off("call_off_supplement", actor=actor, dossier_id=dossier_id, seen_version=seen_version, reason=reason, now=now)


def call_off_first_supplement(*, actor: Actor, dossier_id: UUID, seen_version: int, reason: str, now: datetime) -> Dossier:
    """The same before reception (state 5 → 1): the eight hours within which the filing is answered have run on."""
    return _call_off("call_off_first_supplement", actor=actor, dossier_id=dossier_id, seen_version=seen_version, reason=reason, now=now)


@transaction.atomic
def _call_off(transition: str, *, actor: Actor, dossier_id: UUID, seen_version: int, reason: str, now: datetime) -> Dossier:
    if not reason.strip():
        raise ValueError("taking a request back needs a reason")
    dossier = lock_for_officer(
        actor=actor, dossier_id=dossier_id, act="dossiers.ask_supplement", seen_version=seen_version, transition=transition
    )
    _check(dossier, transition)
    request = dossier.supplements.select_for_update().get(state=SupplementRequest.State.OPEN)
    close_request(request, SupplementRequest.State.CALLED_OFF, now, actor=actor)
    if request.is_after_reception:
        dossier.supplements_after -= 1
        dossier.supplement_asked_at = dossier.supplement_asked_at if dossier.supplements_after else None
    else:
        dossier.supplements_before -= 1
    if request.slip is not None:
        take_back_slip(request.slip, reason="Cơ quan đã rút yêu cầu bổ sung này", now=now)
    dossier.paused_at = dossier.supplement_until = None
    advance(dossier, transition, actor=actor, now=now, note=reason.strip())
    notify_parties(dossier, "dossiers.supplement_called_off")
    return dossier


@transaction.atomic
def stop(*, actor: Actor, dossier_id: UUID, seen_version: int, reason: str, basis: str = "", now: datetime) -> Dossier:
    """A leader ends a dossier without a result (state 4 → 8), with the notice that says why and by which law (Circular 03/2025, slip 05).

    ``ValueError`` without a reason.
    """
    if not reason.strip():
        raise ValueError("stopping needs a reason")
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act="dossiers.stop", seen_version=seen_version, transition="stop")
    _check(dossier, "stop")
    dossier.stopped_at = max(now, dossier.received_at or now)
    advance(dossier, "stop", actor=actor, now=now, note=grounded(reason, basis))
    _stop_notice(dossier, reason=grounded(reason, basis), actor=actor, now=now)
    give_back(dossier, reason="refused", actor=actor, now=now)
    return dossier


def _check(dossier: Dossier, transition: str) -> None:
    if refusal := TABLE.refusal(dossier, transition):
        raise TransitionRefused(transition, dossier.state, refusal)


def _write(
    transition: str,
    *,
    actor: Actor,
    dossier_id: UUID,
    seen_version: int,
    defects: Sequence[Asked],
    days: int,
    words: str,
    now: datetime,
) -> tuple[Dossier, SupplementRequest]:
    """The request and its defects, kept; it is proposed until it goes out."""
    if not 1 <= len(defects) <= MOST_DEFECTS:
        raise ValueError("a request names what is missing")
    dossier = lock_for_officer(
        actor=actor, dossier_id=dossier_id, act="dossiers.ask_supplement", seen_version=seen_version, transition=transition
    )
    _check(dossier, transition)
    policy: Policy = policy_of(dossier.procedure_code)
    request = SupplementRequest.objects.create(
        dossier=dossier,
        number=(dossier.supplements.aggregate(last=Max("number"))["last"] or 0) + 1,
        number_after=dossier.supplements_after + 1 if dossier.received_at is not None else 0,
        state=SupplementRequest.State.PROPOSED,
        clock=policy.clock,
        when_missed=policy.missed,
        days=days,
        words=words.strip() or None,
        asked_by=position_of(actor),
        asked_label=actor.label,
        written_at=now,
    )
    for one in defects:
        SupplementDefect.objects.create(
            request=request,
            dossier=dossier,
            kind=one.kind,
            name=one.name,
            label=one.label[:500],
            reason=one.reason,
            reason_label=one.reason_label,
            replaces=one.replaces,
            words=one.words or None,
        )
    return dossier, request


def _send_out(dossier: Dossier, request: SupplementRequest, transition: str, *, actor: Actor, now: datetime) -> None:
    """The request reaches its applicant: clock, count, slip, event, notice."""
    calendar = unit_calendar(dossier.unit_code)
    until = due_at(now, request.days, Unit.WORKING_DAY, calendar)
    remind_at = opening_before(until, REMIND_BEFORE, calendar)
    request.state, request.asked_at, request.until = SupplementRequest.State.OPEN, now, until
    request.remind_at = remind_at if remind_at > now else None
    request.due_before, request.response_due_before = dossier.due_at, dossier.response_due_at
    dossier.paused_at, dossier.supplement_until = now, until

    def with_the_applicant() -> None:
        dossier.stage = Stage.NONE
        if request.is_after_reception:
            dossier.supplements_after += 1
            dossier.supplement_asked_at = dossier.supplement_asked_at or now
        else:
            dossier.supplements_before += 1

    advance(dossier, transition, actor=actor, now=now, note=summary(request), then=with_the_applicant)
    request.slip = issue_of(
        dossier,
        DossierDocument.Role.REQUEST,
        kind=slips.SUPPLEMENT,
        key=f"dossiers.supplement:{dossier.id}:{request.number}",
        context=request_context(dossier, request),
        actor=actor,
        now=now,
    )
    request.save()
    notify_parties(dossier, "dossiers.supplement_asked", until=slips.moment(until), number=str(request.defects.count()))


def close_request(request: SupplementRequest, state: str, now: datetime, *, actor: Actor = SYSTEM) -> None:
    """Nobody answers it any more; what was sent for it and never handed in is erased."""
    request.state, request.closed_at, request.remind_at = state, now, None
    if state != SupplementRequest.State.ANSWERED:
        request.typed = None
        for paper in request.papers.select_related("file").filter(dossier__isnull=True):
            stored = paper.file
            paper.delete()
            files.erase(file=stored, actor=actor)
    request.save()


def close_open(dossier: Dossier, *, now: datetime) -> None:
    """The locked dossier ends otherwise (it is withdrawn): its request is not waited for any more. The caller saves the dossier."""
    for request in dossier.supplements.select_for_update().filter(state__in=["proposed", "open"]):
        close_request(request, SupplementRequest.State.ENDED, now)
    dossier.paused_at = dossier.supplement_until = None


# The applicant -------------------------------------------------------------------------------------------------------------------


def open_request(actor: Actor, dossier_id: UUID, number: int) -> tuple[Dossier, SupplementRequest]:
    """The request of one's own dossier, both locked. :class:`NotYours`; ``TransitionRefused`` where it waits no more."""
    filer(actor)
    dossier = own_dossiers(actor).select_for_update().filter(pk=dossier_id).first()
    if dossier is None:
        raise NotYours
    request = dossier.supplements.select_for_update().filter(number=number).exclude(asked_at=None).first()
    if request is None:
        raise NotYours
    if request.state != SupplementRequest.State.OPEN:
        raise TransitionRefused("complete", dossier.state, GONE)
    return dossier, request


@transaction.atomic
def save_supplement(
    *, actor: Actor, dossier_id: UUID, number: int, typed: Mapping[str, Any], explanation: str, now: datetime
) -> SupplementRequest:
    """Keep what was typed for the fields that are open, valid or not; fields that are not open stay as they were."""
    dossier, request = open_request(actor, dossier_id, number)
    before = request.typed or {}
    merged = {**before, **{name: value[:MAX_ANSWER_CHARS] if isinstance(value, str) else value for name, value in typed.items()}}
    found = opened_now(dossier, request, merged, now)
    open_names = {spec["name"] for spec in found.specs}
    request.typed = {name: value for name, value in merged.items() if name in open_names}
    request.explanation = explanation.strip()[:MAX_ANSWER_CHARS] or None
    request.save(update_fields=["typed", "explanation"])
    return request


def add_supplement_paper(*, actor: Actor, dossier_id: UUID, number: int, kind: str, upload: UploadedFile, now: datetime) -> Paper:
    """Take one file for a paper that was asked for; the dossier has it once the answer is sent.

    :class:`FilingRefused` with a sentence for the person, :class:`NotYours` for what was not asked, ``TransitionRefused`` too late.
    """
    with transaction.atomic():
        dossier, request = open_request(actor, dossier_id, number)
        _wanted(request, kind)
        _room_left(dossier, request, kind, upload.size or 0)
    try:
        # Outside the transaction: 20 MB are written while nobody else waits for the dossier's row.
        stored = files.receive(
            subject=dossier.id,
            upload=upload,
            name=upload.name or "",
            purpose="dossiers.paper",
            max_bytes=settings.MAX_FILE_BYTES,
            allowed_types=PAPER_TYPES,
            actor=actor,
        )
    except FileRefused as refused:
        raise FilingRefused([Problem("bo-sung", kind, refused.message)]) from refused
    try:
        return _keep_paper(actor, dossier_id, number, kind, stored)
    except BaseException:
        files.erase(file=stored, actor=actor)
        raise


@transaction.atomic
def _keep_paper(actor: Actor, dossier_id: UUID, number: int, kind: str, stored: StoredFile) -> Paper:
    dossier, request = open_request(actor, dossier_id, number)
    defect = _wanted(request, kind)
    _room_left(dossier, request, kind, stored.size)
    last = max(one["last"] or 0 for one in (dossier.papers.aggregate(last=Max("position")), request.papers.aggregate(last=Max("position"))))
    paper = Paper.objects.create(supplement=request, kind=kind, label=defect.label, file=stored, position=last + 1)
    audit.record(
        actor=actor,
        act="dossiers.add_paper",
        target="dossiers.dossier",
        target_id=str(dossier.pk),
        unit=dossier.unit_code,
        details={"kind": kind, "sha256": stored.sha256, "size": stored.size},
    )
    return paper


@transaction.atomic
def remove_supplement_paper(*, actor: Actor, dossier_id: UUID, number: int, paper_id: UUID) -> None:
    """Take a file out of the answer that is being made; twice is no error."""
    _dossier, request = open_request(actor, dossier_id, number)
    paper = request.papers.select_related("file").filter(pk=paper_id, dossier__isnull=True).first()
    if paper is not None:
        stored = paper.file
        paper.delete()
        files.erase(file=stored, actor=actor)


def _wanted(request: SupplementRequest, kind: str) -> SupplementDefect:
    defect = request.defects.exclude(kind=SupplementDefect.Kind.FIELD).filter(name=kind).first()
    if defect is None:
        raise NotYours
    return defect


def _room_left(dossier: Dossier, request: SupplementRequest, kind: str, size: int) -> None:
    if request.papers.filter(kind=kind).count() >= MAX_FILES_A_PAPER:
        raise FilingRefused([Problem("bo-sung", kind, _("Mỗi loại giấy tờ nhận tối đa 10 tệp. Bạn hãy xóa bớt tệp cũ rồi thêm lại."))])
    taken = sum(one.aggregate(total=Sum("file__size"))["total"] or 0 for one in (dossier.papers, request.papers.filter(dossier=None)))
    if taken + size > settings.MAX_DOSSIER_BYTES:
        raise FilingRefused([Problem("bo-sung", kind, _("Cả hồ sơ nhận tối đa 100 MB. Bạn hãy xóa bớt tệp hoặc chụp ảnh nhỏ hơn."))])


def opened_now(dossier: Dossier, request: SupplementRequest, typed: Mapping[str, Any], now: datetime) -> Opened:
    named = {one.name for one in request.defects.all() if one.kind == SupplementDefect.Kind.FIELD}
    return opened(dossier.form_version.fields, dossier.answers or {}, named, typed, today=timezone.localdate(now))


@transaction.atomic
def complete(*, actor: Actor, dossier_id: UUID, number: int, now: datetime) -> Dossier:
    """Send the answer as it was kept (state 5 → 4, or 1 before reception): the clock runs on, the officer sees what changed.

    Sending it twice, even at the same moment, is the same as once. :class:`FilingRefused` lists what is missing or wrong,
    ``TransitionRefused`` when the request was taken back or its time is over.
    """
    hold_mandate(actor=actor, now=now)
    filer(actor)
    sent = own_dossiers(actor).select_for_update().filter(pk=dossier_id).first()
    if sent is not None and sent.supplements.filter(number=number, state=SupplementRequest.State.ANSWERED).exists():
        return sent
    dossier, request = open_request(actor, dossier_id, number)
    defects = list(request.defects.all())
    # A file's check that ends at this moment waits for us, or we for it.
    list(StoredFile.objects.select_for_update().filter(pk__in=request.papers.values("file")).order_by("pk").values_list("pk"))
    papers = list(request.papers.select_related("file"))
    before, fields = dossier.answers or {}, dossier.form_version.fields
    found = opened_now(dossier, request, request.typed or {}, now)
    problems = paper_problems(defects, papers)
    if found.specs:
        form = found.form(typed_of(found, request, before), initial={}, today=timezone.localdate(now))
        form.is_valid()
        problems = [
            Problem("bo-sung", name, f"{form.fields[name].label if name in form.fields else name}: {messages[0]}")
            for name, messages in form.errors.items()
        ] + problems
        if not problems:
            _take_answers(dossier, request, defects, answered(found, form), fields)
    if problems:
        raise FilingRefused(problems)
    for one in defects:
        if one.kind != SupplementDefect.Kind.FIELD:
            _take_papers(dossier, one, [paper for paper in papers if paper.kind == one.name], now)
    close_request(request, SupplementRequest.State.ANSWERED, now)
    transition = resume(dossier, request, "complete", now)
    advance(dossier, transition, actor=actor, now=now, note=summary(request))
    notify_parties(dossier, "dossiers.supplement_given")
    return dossier


def typed_of(found: Opened, request: SupplementRequest, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the open fields: typed, or as it was."""
    typed = request.typed or {}
    return {spec["name"]: typed.get(spec["name"], as_typed(spec, answers.get(spec["name"], ""))) for spec in found.specs}


def paper_problems(defects: Sequence[SupplementDefect], papers: Sequence[Paper]) -> list[Problem]:
    """Papers that are asked for and not there, or not safe. No query."""
    found = []
    for one in defects:
        if one.kind != SupplementDefect.Kind.FIELD and not any(paper.kind == one.name for paper in papers):
            found.append(Problem("bo-sung", one.name, _("Còn thiếu: %(paper)s") % {"paper": one.label} + "."))
    for paper in papers:
        if paper.file.state in (FileState.QUARANTINED, FileState.ERASED):
            words = _("Tệp “%(name)s” không an toàn nên không nhận được. Bạn hãy xóa và chụp lại.") % {"name": paper.file.name}
            found.append(Problem("bo-sung", paper.kind, words))
    return found


def _take_answers(
    dossier: Dossier,
    request: SupplementRequest,
    defects: Sequence[SupplementDefect],
    answers: dict[str, Any],
    fields: Sequence[Mapping[str, Any]],
) -> None:
    """The new answers become the dossier's; each defect keeps what stood there and what stands there now."""
    before, by_name = dossier.answers or {}, {spec["name"]: spec for spec in fields}
    for one in defects:
        if one.kind == SupplementDefect.Kind.FIELD:
            spec = by_name[one.name]
            one.was = said(spec, before.get(one.name, ""), before) or None
            one.became = said(spec, answers.get(one.name, ""), answers) or None
            one.save(update_fields=["was", "became"])
    dossier.answers = answers
    owner, person = people.party(dossier.owner_id), people.person(dossier.filed_by_id)
    for column, value in finding_columns(dossier.procedure_code, answers, known_numbers=[person.id_number or "", owner.number]).items():
        setattr(dossier, column, value)


def _take_papers(dossier: Dossier, defect: SupplementDefect, papers: Sequence[Paper], now: datetime) -> None:
    if defect.replaces:
        dossier.papers.filter(kind=defect.name, superseded_at=None).update(superseded_at=now)
    for paper in papers:
        paper.dossier = dossier
        paper.save(update_fields=["dossier"])


def resume(dossier: Dossier, request: SupplementRequest, transition: str, now: datetime) -> str:
    """The clock of the locked dossier runs on as the request's policy has it; the edge along which the dossier goes."""
    calendar = unit_calendar(dossier.unit_code)
    if dossier.received_at is None:
        # What comes back is a filing to answer within eight working hours.
        dossier.response_due_at = response_due(now, calendar)
        transition = f"{transition}_first"
    elif request.clock == SupplementRequest.Clock.RESTART:
        limit = limit_of(dossier, terms_of(dossier))
        again = due_at(now, limit.amount, limit.unit, calendar)
        if dossier.due_counted is not None:
            # The new day that was promised holds if it is the later one.
            dossier.due_counted = again
            dossier.due_at = max(dossier.due_at or again, again)
        else:
            dossier.due_at = again
    else:
        move_appointment(dossier, now, calendar)
    dossier.paused_at = dossier.supplement_until = None
    return transition


# Nobody answered -----------------------------------------------------------------------------------------------------------------


def follow_supplements(*, now: datetime, limit: int = 200) -> int:
    """Remind of requests that end in two working days, and draw the consequence of those that ended (task). How many were looked at."""
    remind = SupplementRequest.objects.filter(remind_at__lte=now).order_by("remind_at").values_list("pk", flat=True)[:limit]
    missed = Dossier.objects.filter(supplement_until__lt=now).order_by("supplement_until").values_list("pk", flat=True)[:limit]
    reminders, endings = list(remind), list(missed)
    for request_id in reminders:
        _remind(request_id, now)
    for dossier_id in endings:
        _miss(dossier_id, now)
    return len(reminders) + len(endings)


@transaction.atomic
def _remind(request_id: int, now: datetime) -> None:
    request = SupplementRequest.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=request_id, remind_at__lte=now).first()
    if request is None:
        return
    request.remind_at = None
    request.save(update_fields=["remind_at"])
    if request.state == SupplementRequest.State.OPEN and request.until is not None and request.until > now:
        about = f"supplement-{request.pk}"
        notify_parties(request.dossier, "dossiers.supplement_reminder", about=about, until=slips.moment(request.until))


@transaction.atomic
def _miss(dossier_id: UUID, now: datetime) -> None:
    """The time is over: the dossier ends, or goes back to its officer, as the procedure's policy had it when it was asked."""
    dossier = Dossier.objects.select_for_update(skip_locked=True).filter(pk=dossier_id, supplement_until__lt=now).first()
    if dossier is None or dossier.state != State.INCOMPLETE:
        return
    request = dossier.supplements.select_for_update().get(state=SupplementRequest.State.OPEN)
    close_request(request, SupplementRequest.State.MISSED, now)
    reason = missed_reason(request)
    if request.when_missed == SupplementRequest.Missed.LEAVE:
        transition = resume(dossier, request, "unanswered", now)
        advance(dossier, transition, actor=SYSTEM, now=now, note=reason)
        notify_parties(dossier, "dossiers.supplement_missed")
        return
    dossier.paused_at = dossier.supplement_until = None
    if dossier.received_at is None:
        dossier.refused_at = now
        advance(dossier, "refuse_unanswered", actor=SYSTEM, now=now, note=reason)
        issue_refusal(dossier, reason=reason, actor=SYSTEM, now=now)
        notify_parties(dossier, "dossiers.refused")
    else:
        dossier.stopped_at = now
        advance(dossier, "stop_unanswered", actor=SYSTEM, now=now, note=reason)
        _stop_notice(dossier, reason=reason, actor=SYSTEM, now=now)
    # What was never received goes back at once; else the agency says, as with a dossier that is withdrawn.
    give_back(dossier, reason="withdrawn" if dossier.received_at else "refused", actor=SYSTEM, now=now)


def _stop_notice(dossier: Dossier, *, reason: str, actor: Actor, now: datetime) -> None:
    issue_of(
        dossier,
        DossierDocument.Role.STOP,
        kind=slips.STOP,
        key=f"dossiers.stop:{dossier.id}",
        context=slips.stop_context(dossier, reason=reason),
        actor=actor,
        now=now,
        # The set of 2018 has no such slip.
        before="documents/stop_notice.html",
    )
    notify_parties(dossier, "dossiers.stopped")
