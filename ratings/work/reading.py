"""What one dossier's events add to the figures of work: a pure function history → gains.

A step lasts from the event that begins it to the one that ends it, in working time of the unit. What is undone (a receipt or refusal by
mistake, a request that is called off) takes off what it had added, on the day on which it was added, and the step before it goes on as if
nothing had been.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from dossiers.happened import Asked, Happening, History
from dossiers.models.dossier import Channel
from dossiers.models.states import State
from portal.workdays import Calendar, response_due, working_time_between
from portal.workdays.calendar import local


class Step(enum.StrEnum):
    """Where a dossier stands, as long as something has to be done."""

    RECEIVE = "receive"
    HAND_OVER = "hand_over"
    HANDLE = "handle"
    APPROVE = "approve"
    SIGN = "sign"
    RETURN = "return"
    COMPLETE = "complete"
    PAY = "pay"


LABELS: Mapping[str, str] = {
    Step.RECEIVE: "Chờ tiếp nhận",
    Step.HAND_OVER: "Chờ chuyển xử lý",
    Step.HANDLE: "Thẩm định, giải quyết",
    Step.APPROVE: "Chờ duyệt bổ sung lần nữa",
    Step.SIGN: "Chờ ký kết quả",
    Step.RETURN: "Chờ trả kết quả",
    Step.COMPLETE: "Người nộp bổ sung",
    Step.PAY: "Người nộp trả phí, lệ phí",
}
APPLICANTS = frozenset({Step.COMPLETE, Step.PAY})
"""Steps in which the agency waits for the applicant."""
_BY_STATE = {
    State.SUBMITTED: Step.RECEIVE,
    State.RECEIVED: Step.HAND_OVER,
    State.PROCESSING: Step.HANDLE,
    State.INCOMPLETE: Step.COMPLETE,
    State.PAYMENT_DUE: Step.PAY,
    State.DECIDED: Step.RETURN,
}
_WITHIN = {
    "decide": Step.SIGN,
    "take_back": Step.HANDLE,
    "decline": Step.HANDLE,
    "propose_supplement": Step.APPROVE,
    "decline_supplement": Step.HANDLE,
}
"""Events that change the step and leave the state."""
UNDOES = {
    "undo_receive": ("receive",),
    "undo_refuse": ("refuse",),
    "call_off_supplement": ("ask_supplement", "approve_supplement"),
    "call_off_first_supplement": ("ask_supplement",),
}
ASKS = frozenset({"ask_supplement", "approve_supplement"})
ANSWERED_FROM = frozenset({"submit", "complete_first", "unanswered_first"})
MONEY = frozenset({"paid", "unpaid"})


@dataclass(frozen=True)
class Did:
    """Work of an officer (None: nobody's in particular) at a unit on a day."""

    unit_code: str
    officer_id: UUID | None
    day: date
    measure: str
    times: int = 1


@dataclass(frozen=True)
class Left:
    """A dossier left a step."""

    unit_code: str
    day: date
    procedure_code: str
    step: Step
    seconds: int
    times: int = 1


@dataclass(frozen=True)
class Returned:
    """Something was asked for again."""

    unit_code: str
    day: date
    procedure_code: str
    kind: str
    name: str
    reason: str
    label: str
    times: int = 1


Gain = Did | Left | Returned


def _taken_off(gain: Gain) -> Gain:
    if isinstance(gain, Did):
        return Did(gain.unit_code, gain.officer_id, gain.day, gain.measure, -gain.times)
    if isinstance(gain, Left):
        return Left(gain.unit_code, gain.day, gain.procedure_code, gain.step, -gain.seconds, -gain.times)
    return Returned(gain.unit_code, gain.day, gain.procedure_code, gain.kind, gain.name, gain.reason, gain.label, -gain.times)


@dataclass(frozen=True)
class _Before:
    """What an event began from, and what it added: to undo it."""

    name: str
    step: Step | None
    since: datetime
    gains: tuple[Gain, ...]


def step_after(before: Step | None, event: Happening) -> Step | None:
    """The step in which an event leaves a dossier; None: nothing is to be done any more."""
    if event.name in _WITHIN:
        return _WITHIN[event.name]
    if event.from_state == event.to_state and event.from_state:
        return before
    try:
        return _BY_STATE.get(State(event.to_state))
    except ValueError:
        return None


def gains(history: History, calendar: Calendar) -> list[Gain]:
    """What the new events of a dossier add, in their order."""
    found: list[Gain] = []
    past: list[_Before] = []
    step: Step | None = None
    since: datetime | None = None
    answer_from: datetime | None = None
    for event in history.happenings:
        place = max((at for at, one in enumerate(past) if one.name in UNDOES.get(event.name, ())), default=None)
        if place is not None:
            # What has followed from it goes with it.
            undone, past = past[place:], past[:place]
            step, since = undone[0].step, undone[0].since
            if event.id in history.new:
                found += [_taken_off(gain) for one in undone for gain in one.gains]
            continue
        since = since or event.at
        before, began, after = step, since, step_after(step, event)
        added = [*_did(history, event, answer_from, calendar)]
        if event.name in MONEY and event.from_state == event.to_state == State.SUBMITTED:
            # Sent with money to pay: the agency's time begins with it.
            added.append(_left(history, event, Step.PAY, since, calendar))
            since = event.at
        elif after != step:
            if step is not None:
                added.append(_left(history, event, step, since, calendar))
            step, since = after, event.at
        past.append(_Before(event.name, before, began, tuple(added)))
        if event.id in history.new:
            found += added
        if event.name in ANSWERED_FROM or (event.name in MONEY and event.to_state == State.SUBMITTED):
            answer_from = event.at
    return found


def _day(moment: datetime) -> date:
    return local(moment).date()


def _left(history: History, event: Happening, step: Step, since: datetime, calendar: Calendar) -> Left:
    worked = working_time_between(since, max(since, event.at), calendar)
    return Left(event.unit_code, _day(event.at), history.procedure_code, step, worked // timedelta(seconds=1))


def _did(history: History, event: Happening, answer_from: datetime | None, calendar: Calendar) -> Iterator[Gain]:
    unit, day, officer = event.unit_code, _day(event.at), event.position_id
    if event.name == "receive":
        yield Did(unit, officer, day, "received")
    elif event.name in ("refuse", "refuse_unanswered"):
        yield Did(unit, officer, day, "refused")
    elif event.name in ASKS:
        yield from _returned(history, event, officer)
    elif event.to_state in (State.DECIDED, State.STOPPED) and event.from_state != event.to_state:
        late = history.counts_as_late or (history.due_on is not None and day > history.due_on)
        yield Did(unit, history.officer_id, day, "resolved")
        if late:
            yield Did(unit, history.officer_id, day, "late")
    if event.from_state == State.SUBMITTED and event.name in ("receive", "refuse", "ask_supplement") and answer_from is not None:
        if history.channel != Channel.ONLINE:
            return
        yield Did(unit, officer, day, "answered")
        if event.at <= response_due(answer_from, calendar):
            yield Did(unit, officer, day, "answered_in_time")


def _returned(history: History, event: Happening, officer: UUID | None) -> Iterator[Gain]:
    asked: Asked | None = next((one for one in history.asked if one.at == event.at), None)
    day = _day(event.at)
    # Where a leader lets it go out, it is still the request of who wrote it.
    yield Did(event.unit_code, asked.position_id if asked is not None else officer, day, "requests")
    for one in asked.defects if asked is not None else ():
        yield Returned(event.unit_code, day, history.procedure_code, one.kind, one.name, one.reason, one.label)
