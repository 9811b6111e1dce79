"""How a dossier goes through its process: it begins with the reception, steps hand it on or back, acts on the dossier pass the last ones.

Everything here is called with the dossier's row locked: of two officers one wins, and the other's page is out of date.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts import queries as people
from dossiers.models import Dossier, DossierEvent, DossierOpinion, DossierProcess, DossierStep, State
from dossiers.process.assigning import Candidate, Hands, choose, give, label_of, open_step, present
from dossiers.process.documents import OPINION, ROLES, Asking, Process, Step, read
from dossiers.process.publishing import process_for
from dossiers.queries import unit_calendar
from dossiers.services.common import lock_for_officer, write_event
from portal.access import AccessDenied, Actor, may
from portal.states import TransitionRefused
from portal.workdays import Calendar
from portal.workdays.calendar import after_working_time, working_time_between
from procedures.conditions import holds

PASS, RETURN = "dossiers.pass_step", "dossiers.return_step"
Ending, Outcome, How = DossierProcess.Ending, DossierStep.Outcome, DossierStep.How
_ENDED = frozenset({State.REFUSED, State.WITHDRAWN, State.STOPPED})
_OVER = {"undo_receive": Ending.UNDONE}
_BEFORE = frozenset({"receive", "start"})
"""Events of a reception: the process begins after them (:func:`begin`)."""
NO_PROCESS = "Hồ sơ không theo quy trình nào, hoặc quy trình đã xong."
NOT_NOW = "Hồ sơ đang chờ người nộp hoặc chờ lãnh đạo, nên chưa chuyển bước được."


def facts_of(dossier: Dossier, opinions: Sequence[DossierOpinion] | None = None) -> dict[str, str]:
    """What conditions of steps may look at beside the answers (one query, none with the dossier's ``opinions``)."""
    rows = dossier.opinions.all() if opinions is None else opinions
    said = sorted((row for row in rows if row.answered_at is not None), key=lambda row: (row.answered_at, row.pk))
    return {"channel": dossier.channel, "unit_level": dossier.unit_level, **{OPINION + row.matter: row.verdict for row in said}}


def counted(dossier: Dossier) -> datetime:
    """The appointment that figures measure by: an apology gives the steps no more time."""
    due = dossier.due_counted or dossier.due_at
    assert due is not None  # a received dossier has an appointment
    return due


def due_of(step: DossierStep, dossier: Dossier, calendar: Calendar) -> datetime:
    """Until when a step is to be done: its share of working time from its beginning, later by what the dossier's own appointment has moved
    by since (pauses, holidays declared), never after that. Pure."""
    moved = max(working_time_between(step.due_base, counted(dossier), calendar), timedelta())
    return min(after_working_time(step.started_at, step.allotted + moved, calendar), counted(dossier))


def begin(dossier: Dossier, *, now: datetime) -> DossierProcess | None:
    """Begin the process that holds for a dossier just received, in its reception's transaction; None where there is none (one query)."""
    version = process_for(dossier.procedure_code, dossier.unit_code)
    if version is None:
        return None
    assert dossier.received_at is not None and dossier.due_at is not None
    calendar = unit_calendar(dossier.unit_code)
    whole = working_time_between(dossier.received_at, dossier.due_at, calendar)
    process = DossierProcess.objects.create(dossier=dossier, version=version, whole=whole, began_at=now)
    first = read(version.document).after("", dossier.answers or {}, facts_of(dossier))
    assert first is not None  # a process ends in steps without conditions
    _open(process, dossier, first, calendar, now=now, before=dossier.officer_id)
    dossier.save(update_fields=["officer_id", "officer_label"])
    return process


def _open(
    process: DossierProcess,
    dossier: Dossier,
    step: Step,
    calendar: Calendar,
    *,
    now: datetime,
    before: UUID | None,
    to: tuple[Candidate, str] | None = None,
) -> DossierStep:
    """Let a dossier enter a step: its time begins, it is given to somebody. The caller saves the dossier."""
    row = DossierStep(
        process=process,
        dossier=dossier,
        unit_code=dossier.unit_code,
        number=process.steps.count() + 1,
        name=step.name,
        label=step.label,
        role=step.role,
        act=step.act,
        started_at=now,
        allotted=process.whole * step.percent / 100,
        due_base=counted(dossier),
        due_at=counted(dossier),
    )
    row.due_at = due_of(row, dossier, calendar)
    if to is None:
        area = str((dossier.answers or {}).get(step.area_field, "")) if step.area_field else ""
        to_whom, how = choose(dossier, row, step.rule, area, before, now)
    else:
        to_whom, how = to
    give(dossier, row, to_whom, how, now)
    return row


def _close(step: DossierStep, dossier: Dossier, outcome: str, *, actor: Actor | None, note: str, now: datetime, calendar: Calendar) -> None:
    # A process that is undone has no appointment any more.
    step.due_at = due_of(step, dossier, calendar) if dossier.due_at is not None else step.due_at
    step.finished_at, step.outcome, step.is_late = now, outcome, now > step.due_at
    if actor is not None and actor.position_id is not None:
        step.finished_by, step.finished_label = actor.position_id, label_of(actor)[:200]
    step.note = note.strip() or None
    step.save()


# What officers do ----------------------------------------------------------------------------------------------------------------


def why_not_mine(step: DossierStep, hands: Hands) -> str:
    """Why an officer of the role may not act in this step: a colleague has it (no query for one's own)."""
    if hands.are_own or hands.are_stood_in_for or hands.is_free:
        return ""
    return f"Bước “{step.label}” do {step.officer_label} giữ. Người đó, người làm thay họ, hoặc người được phân công lại mới chuyển được."


def wanted_opinions(dossier: Dossier, document: Process, step: DossierStep, facts: dict[str, str]) -> list[Asking]:
    """The opinions that the process wants in this step. No query."""
    known = document.by_name.get(step.name)
    return [one for one in known.opinions if holds(one.when, dossier.answers or {}, facts)] if known is not None else []


def missing_opinions(
    dossier: Dossier, wanted: list[Asking], now: datetime, opinions: Sequence[DossierOpinion] | None = None
) -> tuple[list[str], list[str]]:
    """In words: opinions that hold the step up, and those that are overdue, without which it may go on for a reason (one query, none with
    the dossier's ``opinions``)."""
    holding, overdue = [], []
    rows = [row for row in (dossier.opinions.all() if opinions is None else opinions) if row.called_off_at is None]
    for one in wanted:
        asked = [row for row in rows if row.matter == one.name]
        waiting = [row for row in asked if row.answered_at is None]
        if one.required and not asked:
            holding.append(f"Chưa hỏi ý kiến: {one.label}.")
        elif one.required and any(row.due_at > now for row in waiting):
            holding.append(f"Đang chờ ý kiến: {one.label}. Chưa quá hạn trả lời.")
        elif one.required and waiting:
            overdue.append(f"Quá hạn mà chưa có ý kiến: {one.label}.")
    return holding, overdue


def _lock(transition: str, act: str, *, actor: Actor, dossier_id: UUID, seen_version: int, now: datetime) -> tuple[Dossier, DossierStep]:
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act=act, seen_version=seen_version, transition=transition)
    step = open_step(dossier)
    if step is None:
        raise TransitionRefused(transition, dossier.state, NO_PROCESS)
    if step.act:
        raise TransitionRefused(transition, dossier.state, by_act_words(step))
    if dossier.state != State.PROCESSING or dossier.stage:
        raise TransitionRefused(transition, dossier.state, NOT_NOW)
    if step.role not in actor.roles:
        raise AccessDenied(act)
    if refusal := why_not_mine(step, Hands(step, actor, now)):
        raise TransitionRefused(transition, dossier.state, refusal)
    return dossier, step


def by_act_words(step: DossierStep) -> str:
    """Why a step is not passed by hand."""
    return "Bước này xong khi quyết định và trình ký." if step.act == "decide" else "Bước này xong khi kết quả được ký."


@transaction.atomic
def pass_step(
    *, actor: Actor, dossier_id: UUID, seen_version: int, note: str = "", to_position: UUID | None = None, now: datetime
) -> DossierStep:
    """Hand a dossier on to the next step that is there; the new step. ``to_position``: to whom, else by the step's rule.

    ``ValueError`` without a reason where an opinion is overdue; ``TransitionRefused`` when an opinion is still waited for, another officer
    was quicker or has it, or the chosen one cannot; :class:`AccessDenied` without the step's role, also where it ended just now.
    """
    dossier, step = _lock("pass_step", PASS, actor=actor, dossier_id=dossier_id, seen_version=seen_version, now=now)
    # A role may have ended since the page was shown.
    if is_gone(actor, step):
        raise AccessDenied(PASS)
    document, facts, calendar = read(step.process.version.document), facts_of(dossier), unit_calendar(dossier.unit_code)
    holding, overdue = missing_opinions(dossier, wanted_opinions(dossier, document, step, facts), now)
    if holding:
        raise TransitionRefused("pass_step", dossier.state, " ".join(holding))
    if overdue and not note.strip():
        raise ValueError("going on without an opinion needs a reason")
    following = document.after(step.name, dossier.answers or {}, facts)
    assert following is not None
    to = None
    if to_position is not None:
        chosen = present(to_position, dossier.unit_code, [following.role], now)
        if chosen is None:
            raise TransitionRefused("pass_step", dossier.state, f"Người được chọn không (còn) giữ vai trò “{ROLES[following.role]}”.")
        to = (chosen, How.HAND)
    _close(step, dossier, Outcome.PASSED, actor=actor, note=note, now=now, calendar=calendar)
    row = _open(step.process, dossier, following, calendar, now=now, before=step.officer_id or actor.position_id, to=to)
    _written(dossier, "pass_step", step, row, actor=actor, note=note, now=now)
    return row


def is_gone(actor: Actor, step: DossierStep) -> bool:
    """Whether an officer holds the step's role in the unit, or one above it, no more (two or three queries)."""
    return actor.position_id not in {one.position_id for one in people.holders(actor.unit, [step.role])}


@transaction.atomic
def return_step(*, actor: Actor, dossier_id: UUID, seen_version: int, name: str, reason: str, now: datetime) -> DossierStep:
    """Give a dossier back to an earlier step that the process allows, to who did it; the new step.

    ``ValueError`` without a reason; ``TransitionRefused`` for a step that is not one of them, and as :func:`pass_step`.
    """
    if not reason.strip():
        raise ValueError("giving back needs a reason")
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act=RETURN, seen_version=seen_version, transition="return_step")
    step = open_step(dossier)
    if step is None or step.act == "sign":
        raise TransitionRefused("return_step", dossier.state, by_act_words(step) if step is not None else NO_PROCESS)
    if dossier.state != State.PROCESSING or dossier.stage:
        raise TransitionRefused("return_step", dossier.state, NOT_NOW)
    if step.role not in actor.roles:
        raise AccessDenied(RETURN)
    if refusal := why_not_mine(step, Hands(step, actor, now)):
        raise TransitionRefused("return_step", dossier.state, refusal)
    back = {one.name: one for one in may_return_to(dossier, step)}
    if name not in back:
        raise TransitionRefused("return_step", dossier.state, "Quy trình không cho trả lại bước này.")
    calendar = unit_calendar(dossier.unit_code)
    before = step.process.steps.filter(name=name, finished_at__isnull=False).order_by("-number").first()
    _close(step, dossier, Outcome.RETURNED, actor=actor, note=reason, now=now, calendar=calendar)
    who = present(before.officer_id, dossier.unit_code, [back[name].role], now) if before is not None and before.officer_id else None
    row = _open(step.process, dossier, back[name], calendar, now=now, before=None, to=(who, How.SAME) if who is not None else None)
    _written(dossier, "return_step", step, row, actor=actor, note=reason, now=now)
    return row


def may_return_to(dossier: Dossier, step: DossierStep) -> list[Step]:
    """The earlier steps to which the process lets this one give back, of those that the dossier went through (one query)."""
    document = read(step.process.version.document)
    known = document.by_name.get(step.name)
    been = set(step.process.steps.filter(finished_at__isnull=False).values_list("name", flat=True))
    return [document.by_name[name] for name in (known.return_to if known is not None else ()) if name in been]


def _written(dossier: Dossier, name: str, step: DossierStep, row: DossierStep, *, actor: Actor, note: str, now: datetime) -> None:
    dossier.version += 1
    dossier.save()
    to = f" ({row.officer_label})" if row.officer_label else " (chưa giao)"
    words = f"{step.label} → {row.label}{to}"
    write_event(dossier, name, before=dossier.state, actor=actor, now=now, note=f"{words}. {note.strip()}".strip() if note else words)


# What acts on the dossier do to it -----------------------------------------------------------------------------------------------


def why_not_decided(dossier: Dossier, actor: Actor, now: datetime) -> str:
    """Why a dossier in a process cannot be decided now by this officer; empty where it can, or goes by none (one query or some)."""
    step = open_step(dossier)
    return why_not_decided_in(step, Hands(step, actor, now)) if step is not None else ""


def why_not_decided_in(step: DossierStep, hands: Hands) -> str:
    """The same of a dossier that stands in this step."""
    if step.act == "sign":
        return ""
    if step.act != "decide":
        return f"Hồ sơ đang ở bước “{step.label}”. Quyết định được khi quy trình đến bước quyết định."
    return why_not_mine(step, hands)


def follow(event: DossierEvent) -> None:
    """What happened to a dossier moves its process: a decision, its signature, both undone; an end ends it; who has it has the step, too.

    In the event's transaction, one query where nothing follows. An event that tells nothing new (the same signature twice) finds the step
    passed already and changes nothing.
    """
    dossier, now = event.dossier, event.at
    if event.name in _BEFORE or (dossier.received_at is None and event.name not in _OVER and event.to_state not in _ENDED):
        return
    step = open_step(dossier)
    if step is None:
        return
    calendar = unit_calendar(dossier.unit_code)
    actor = Actor(position_id=event.position_id, label=event.label) if event.position_id is not None else None
    if event.name in _OVER or event.to_state in _ENDED:
        _close(step, dossier, Outcome.ENDED, actor=actor, note="", now=now, calendar=calendar)
        _end(step.process, _OVER.get(event.name, Ending.STOPPED), now)
    elif event.name == "decide" and step.act == "decide":
        _close(step, dossier, Outcome.PASSED, actor=actor, note="", now=now, calendar=calendar)
        signing = read(step.process.version.document).steps[-1]
        _open(step.process, dossier, signing, calendar, now=now, before=None, to=_signer(dossier))
    elif event.name in ("take_back", "decline") and step.act == "sign":
        deciding = step.process.steps.filter(act="decide").order_by("-number").first()
        assert deciding is not None
        _close(step, dossier, Outcome.RETURNED, actor=actor, note=str(event.note or ""), now=now, calendar=calendar)
        again = read(step.process.version.document).steps[-2]
        who = present(deciding.officer_id, dossier.unit_code, [again.role], now) if deciding.officer_id else None
        _open(step.process, dossier, again, calendar, now=now, before=None, to=(who, How.SAME) if who is not None else None)
        dossier.save(update_fields=["officer_id", "officer_label"])
    elif event.name == "sign" and step.act == "sign":
        _close(step, dossier, Outcome.PASSED, actor=None, note="", now=now, calendar=calendar)
        step.finished_by, step.finished_label = step.officer_id, step.officer_label
        step.save(update_fields=["finished_by", "finished_label"])
        _end(step.process, Ending.DONE, now)
    elif dossier.unit_code != step.unit_code:
        # Another agency has it now: it goes on by that one's process, if it has one.
        _close(step, dossier, Outcome.ENDED, actor=actor, note="", now=now, calendar=calendar)
        _end(step.process, Ending.STOPPED, now)
        begin(dossier, now=now)
    elif step.act != "sign" and step.officer_id is not None and step.officer_id != dossier.officer_id:
        # Given to a colleague by an act that knows no steps.
        step.officer_id, step.officer_label = dossier.officer_id, dossier.officer_label
        step.assigned_at, step.assigned_how = now, How.HAND
        step.save()
    elif event.due_before is not None and event.due_before != event.due_at:
        # The appointment has moved: after a pause, by a holiday declared.
        step.due_at = due_of(step, dossier, calendar)
        step.save(update_fields=["due_at"])


def _signer(dossier: Dossier) -> tuple[Candidate, str]:
    position = dossier.signer_position_id
    assert position is not None  # a decision names who signs
    return Candidate(position, position, people.officer_labels([position]).get(position, "")), How.SIGNER


def _end(process: DossierProcess, ending: str, now: datetime) -> None:
    process.ended_at, process.ending = now, ending
    process.save(update_fields=["ended_at", "ending"])


def may_pass(dossier: Dossier, step: DossierStep, hands: Hands) -> bool:
    """Whether the page shows an officer the buttons of a step."""
    actor = hands.actor
    if dossier.state != State.PROCESSING or dossier.stage or step.act == "sign" or step.role not in actor.roles:
        return False
    return may(actor, PASS, dossier.unit_code) and not why_not_mine(step, hands)
