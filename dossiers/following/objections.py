"""A draft of the result is shown to its applicant before it is decided, where the result template says so; they agree or object.

``shown`` of a template: ``days`` (working days to answer in) and ``clock``: ``run``, or ``pause`` (the agency's time stands still).
Who does not answer has nothing to object. An objection binds nobody: the officer reads it, and shows another draft or decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import queries as people
from accounts.services.mandates import hold_mandate
from dossiers import slips
from dossiers.forms import DecisionForm
from dossiers.models import TABLE, Dossier, ShownResult, Stage
from dossiers.outcomes import Decision, Outcome, decision_form, outcome_for, result_context
from dossiers.queries import own_dossiers, unit_calendar
from dossiers.services.common import NotYours, advance, filer, lock_for_officer, move_appointment, notify_parties, position_of
from portal.access import SYSTEM, Actor
from portal.notifications.services import notify
from portal.states import TransitionRefused
from portal.text import tidy
from portal.workdays import Unit, due_at

MOST_REASON = 5_000
NOT_ASKED = "Mẫu kết quả của thủ tục này không yêu cầu cho người nộp xem dự thảo. Hãy quyết định."
FIRST = "Thủ tục này cho người nộp xem dự thảo trước. Hãy bấm “Cho người nộp xem dự thảo” và chờ trả lời hoặc hết hạn."
STATE = ShownResult.State
ANSWERED = (STATE.AGREED, STATE.OBJECTED, STATE.LAPSED)


def rule_of(outcome: Outcome | None) -> Mapping[str, Any] | None:
    """How long a draft is shown and what the clock does, as the template has it; None where none is."""
    return outcome.document.get("shown") if outcome is not None else None


def is_asked(dossier: Dossier) -> bool:
    """Whether the result of a dossier is shown as a draft first (one query)."""
    return rule_of(outcome_for(dossier)) is not None


def refusal_to_decide(dossier: Dossier, outcome: Outcome) -> str:
    """Why it cannot be decided yet: its applicant has not been shown a draft (one query where the template asks for it)."""
    if rule_of(outcome) is None or dossier.shown_results.filter(state__in=ANSWERED).exists():
        return ""
    return FIRST


def draft_form(dossier: Dossier, data: Mapping[str, Any] | None = None) -> DecisionForm:
    """What the officer fills in to show a draft: the questions of the decision, without number and signer (two queries at most)."""
    outcome = outcome_for(dossier)
    if outcome is None:
        return DecisionForm([], data)
    return decision_form(_without_register(outcome), dossier, data, initial=values_shown(dossier) if data is None else {})


def _without_register(outcome: Outcome) -> Outcome:
    return replace(outcome, document={name: value for name, value in outcome.document.items() if name != "register"})


def values_shown(dossier: Dossier) -> dict[str, str]:
    """What the officer wrote into the draft that was shown last, so that nobody types it twice (one query)."""
    last = dossier.shown_results.last()
    return dict(last.values or {}) if last is not None else {}


@transaction.atomic
def show_draft(*, actor: Actor, dossier_id: UUID, seen_version: int, values: Mapping[str, str], now: datetime) -> Dossier:
    """Show the applicant what would be decided (within state 4). The clock runs on or stands still as the template has it.

    ``ValueError`` for values that the form would refuse; ``TransitionRefused`` where the template asks for none, or somebody was quicker.
    """
    dossier = lock_for_officer(
        actor=actor, dossier_id=dossier_id, act="dossiers.show_draft", seen_version=seen_version, transition="show_draft"
    )
    _check(dossier, "show_draft")
    outcome = outcome_for(dossier)
    rule = rule_of(outcome)
    if outcome is None or rule is None:
        raise TransitionRefused("show_draft", dossier.state, NOT_ASKED)
    form = decision_form(_without_register(outcome), dossier, values, today=timezone.localdate(now))
    if not form.is_valid():
        raise ValueError(f"not what the form of the decision takes: {sorted(form.errors)}")
    drawn = result_context(outcome, Decision(dossier, form.values, None, ""))
    until = due_at(now, rule["days"], Unit.WORKING_DAY, unit_calendar(dossier.unit_code))
    clock = ShownResult.Clock(rule["clock"])
    shown = ShownResult.objects.create(
        dossier=dossier,
        number=dossier.shown_results.count() + 1,
        clock=clock,
        days=rule["days"],
        title=outcome.title[:200],
        content=drawn["blocks"],
        values=form.values,
        shown_by=position_of(actor),
        shown_label=actor.label[:200],
        shown_at=now,
        until=until,
    )
    dossier.paused_at = now if clock == ShownResult.Clock.PAUSE else dossier.paused_at

    def with_the_applicant() -> None:
        dossier.stage = Stage.AWAITING_OBJECTION

    advance(dossier, "show_draft", actor=actor, now=now, note=f"Lần {shown.number}, đến {slips.moment(until)}", then=with_the_applicant)
    notify_parties(dossier, "dossiers.draft_shown", until=slips.moment(until))
    return dossier


@transaction.atomic
def call_off_draft(*, actor: Actor, dossier_id: UUID, seen_version: int, reason: str, now: datetime) -> Dossier:
    """Take a draft back that nobody has answered. ``ValueError`` without a reason; ``TransitionRefused`` when somebody was quicker."""
    if not reason.strip():
        raise ValueError("taking a draft back needs a reason")
    dossier = lock_for_officer(
        actor=actor, dossier_id=dossier_id, act="dossiers.show_draft", seen_version=seen_version, transition="call_off_draft"
    )
    _check(dossier, "call_off_draft")
    shown = dossier.shown_results.select_for_update().get(state=STATE.OPEN)
    shown.reason = reason.strip()
    _close(dossier, shown, STATE.CALLED_OFF, "call_off_draft", actor=actor, now=now, note=reason.strip())
    notify_parties(dossier, "dossiers.draft_called_off")
    return dossier


@transaction.atomic
def answer_draft(*, actor: Actor, dossier_id: UUID, number: int, agrees: bool, reason: str, now: datetime) -> Dossier:
    """The applicant agrees with the draft or objects with a reason; the officer is told. Said twice it is said once.

    :class:`NotYours`, ``ValueError`` for an objection without a reason, ``TransitionRefused`` when its time is over or it was taken back.
    """
    hold_mandate(actor=actor, now=now)
    person_id, reason = filer(actor), tidy(reason)[:MOST_REASON]
    dossier = own_dossiers(actor).select_for_update().filter(pk=dossier_id).first()
    shown = dossier.shown_results.select_for_update().filter(number=number).first() if dossier is not None else None
    if dossier is None or shown is None:
        raise NotYours
    state, transition = (STATE.AGREED, "agree_draft") if agrees else (STATE.OBJECTED, "object_draft")
    if shown.state == state and shown.answered_by == person_id:
        return dossier
    if not agrees and not reason:
        raise ValueError("an objection says why")
    if shown.state != STATE.OPEN:
        raise TransitionRefused(transition, dossier.state, TABLE.refusal(dossier, transition) or "Dự thảo này không còn chờ trả lời.")
    _check(dossier, transition)
    shown.answered_by, shown.reason = person_id, reason or None
    _close(dossier, shown, state, transition, actor=actor, now=now, note=reason)
    in_charge = people.position_person(shown.shown_by)
    if in_charge is not None:
        notify(
            party_id=in_charge,
            template="dossiers.draft_agreed" if agrees else "dossiers.draft_objected",
            context={"code": dossier.code or "", "procedure": dossier.procedure_name},
            key=f"dossiers.draft_answered:{shown.pk}",
            link=f"/quan-tri/dossiers/dossier/{dossier.pk}/change/",
        )
    return dossier


def follow_drafts(*, now: datetime, limit: int = 200) -> int:
    """Drafts whose time is over without an answer go back to their officers (task): how many."""
    over = ShownResult.objects.filter(state=STATE.OPEN, until__lt=now).order_by("until").values_list("dossier_id", flat=True)[:limit]
    return sum(_lapse(dossier_id, now) for dossier_id in list(over))


@transaction.atomic
def _lapse(dossier_id: UUID, now: datetime) -> int:
    dossier = Dossier.objects.select_for_update(skip_locked=True).filter(pk=dossier_id).first()
    shown = dossier.shown_results.select_for_update().filter(state=STATE.OPEN, until__lt=now).first() if dossier is not None else None
    if dossier is None or shown is None:
        return 0
    _close(dossier, shown, STATE.LAPSED, "draft_unanswered", actor=SYSTEM, now=now)
    notify_parties(dossier, "dossiers.draft_unanswered")
    return 1


def _close(dossier: Dossier, shown: ShownResult, state: str, transition: str, *, actor: Actor, now: datetime, note: str = "") -> None:
    shown.state, shown.closed_at = state, now
    shown.save()
    if shown.clock == ShownResult.Clock.PAUSE:
        move_appointment(dossier, now, unit_calendar(dossier.unit_code))
        dossier.paused_at = None

    def back_to_the_officer() -> None:
        dossier.stage = Stage.NONE

    advance(dossier, transition, actor=actor, now=now, note=note, then=back_to_the_officer)


def _check(dossier: Dossier, transition: str) -> None:
    if refusal := TABLE.refusal(dossier, transition):
        raise TransitionRefused(transition, dossier.state, refusal)


def shown_of(dossier: Dossier) -> list[ShownResult]:
    """The drafts that were shown, oldest first, without their text (one query)."""
    return list(dossier.shown_results.defer("content", "values"))
