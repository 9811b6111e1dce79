"""Reports of the system that handles a dossier, taken in any order and as often as they come: the later one counts.

Each state is reached along the edges of the table, by the system and not by an officer; what the edge needs is told by the report, or
reckoned as it would be here. A report of an earlier time is kept in the history and mends what nobody had told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from dossiers import slips
from dossiers.costs import limit_of
from dossiers.handled.reports import Told
from dossiers.models import (
    TABLE,
    Dossier,
    Handled,
    HandledResult,
    PaymentDemand,
    Stage,
    State,
    SupplementDefect,
    SupplementRequest,
)
from dossiers.national import wins
from dossiers.queries import unit_calendar
from dossiers.services.common import advance, move_appointment, notify_parties, write_event
from dossiers.services.paying import call_off, call_off_due, give_back, make_demand, payment_of
from dossiers.services.supplements import close_open, close_request, resume
from dossiers.supplements.policies import OTHER, policy_of
from dossiers.supplements.wording import summary
from dossiers.terms import terms_of
from payments import services as payments
from portal.access import SYSTEM
from portal.exchange.partners.models import Partner
from portal.states import TransitionRefused
from portal.workdays import Unit, due_at

TAKEN, SAME, OLDER = "taken", "same", "older"
EDGES: tuple[tuple[str, str, str, bool | None], ...] = (
    ("receive", State.SUBMITTED, State.RECEIVED, None),
    ("start", State.RECEIVED, State.PROCESSING, None),
    ("refuse", State.SUBMITTED, State.REFUSED, None),
    ("ask_supplement", State.SUBMITTED, State.INCOMPLETE, False),
    ("ask_supplement", State.PROCESSING, State.INCOMPLETE, True),
    ("unanswered", State.INCOMPLETE, State.PROCESSING, True),
    ("unanswered_first", State.INCOMPLETE, State.SUBMITTED, False),
    ("ask_payment", State.PROCESSING, State.PAYMENT_DUE, None),
    ("call_off_payment", State.PAYMENT_DUE, State.PROCESSING, None),
    ("stop", State.PROCESSING, State.STOPPED, None),
    ("sign", State.PROCESSING, State.DECIDED, None),
    ("return_result", State.DECIDED, State.RETURNED, None),
    ("undo_receive", State.PROCESSING, State.SUBMITTED, None),
    ("undo_refuse", State.REFUSED, State.SUBMITTED, None),
    ("withdraw", State.SUBMITTED, State.WITHDRAWN, None),
    ("withdraw", State.PAYMENT_DUE, State.WITHDRAWN, None),
    ("withdraw", State.INCOMPLETE, State.WITHDRAWN, None),
)
"""Name, from, to, and whether the dossier must have been received (None: either)."""


class CannotFollow(Exception):
    """The report cannot follow what is known; ``code`` is a stable word, ``words`` for the other system's engineer."""

    def __init__(self, code: str, words: str = "") -> None:
        super().__init__(code)
        self.code, self.words = code, words


def way(state: str, target: str, *, received: bool) -> list[str] | None:
    """The shortest way along :data:`EDGES`; None where there is none. Pure."""
    seen, queue = {(state, received)}, deque([(state, received, [])])  # type: ignore[var-annotated]
    while queue:
        here, was_received, names = queue.popleft()
        if here == target:
            return list(names)
        for name, start, end, needs in EDGES:
            if start != here or (needs is not None and needs != was_received):
                continue
            then = (end, name == "receive" or (was_received and name != "undo_receive"))
            if then not in seen:
                seen.add(then)
                queue.append((*then, [*names, name]))
    return None


@transaction.atomic
def take_report(*, code: str, partner: Partner, told: Told, now: datetime) -> str:
    """Take one report; ``taken``, ``same`` or ``older``. :class:`CannotFollow`: nothing was changed."""
    # What the archive has disposed of is nobody's any more.
    rows = Dossier.objects.select_for_update(of=("self",)).select_related("form_version")
    dossier = rows.filter(code=code, disposed_at=None).first()
    handled = Handled.objects.select_for_update().filter(dossier=dossier).first() if dossier is not None else None
    if dossier is None or handled is None or handled.partner_id != partner.pk:
        raise CannotFollow("unknown_dossier", "No dossier of yours has this code.")
    dossier.moved_by_report = True  # type: ignore[attr-defined]
    actor_label = partner.name[:200]
    if handled.said_at is not None:
        if (told.at, told.state) == (handled.said_at, handled.said_state):
            return SAME
        if not wins(told.at, told.state, over_at=handled.said_at, over_state=handled.said_state):
            _mend(dossier, handled, told, now)
            return OLDER
    names = way(dossier.state, told.state, received=dossier.received_at is not None)
    if names is None:
        raise CannotFollow("cannot_follow", f"State {told.state} cannot follow state {dossier.state}.")
    acting = _Acting(dossier, handled, told, actor_label, now)
    before, noted = dossier.state, False
    try:
        for name in names:
            acting.go(name)
            noted = True
    except TransitionRefused as refused:
        raise CannotFollow("cannot_follow", refused.reason) from None
    except payments.OrderRefused as refused:
        raise CannotFollow("bad_charge", refused.message) from None
    acting.facts()
    acting.results()
    if not noted or (told.words and dossier.state in (State.RECEIVED, State.PROCESSING)):
        dossier.version += 1
        dossier.save()
        _note(dossier, told, before=before if not noted else dossier.state, now=now)
    handled.said_at, handled.said_state = told.at, told.state
    handled.save()
    return TAKEN


def _note(dossier: Dossier, told: Told, *, before: str, now: datetime) -> None:
    """A step that leaves the state alone, as its owner reads it."""
    words = ": ".join(filter(None, (told.unit_words, told.words))) or str(State(told.state).label)
    write_event(dossier, "reported", before=before, actor=SYSTEM, now=min(max(told.at, dossier.submitted_at), now), note=words)


def _mend(dossier: Dossier, handled: Handled, told: Told, now: datetime) -> None:
    """What came late of an earlier time: it stands in the history, and tells what had to be guessed."""
    if told.received_at is not None and "received_at" in handled.guessed and dossier.received_at is not None:
        ends = [one for one in (dossier.decided_at, dossier.paused_at) if one is not None]
        dossier.received_at = min([max(told.received_at, dossier.submitted_at), *ends])
        handled.guessed.remove("received_at")
    if told.due_at is not None and "due_at" in handled.guessed and dossier.received_at is not None and dossier.reappointed_at is None:
        dossier.due_at = told.due_at
        handled.guessed.remove("due_at")
    dossier.version += 1
    dossier.save()
    handled.save()
    _note(dossier, told, before=dossier.state, now=now)


class _Acting:
    """One report on its way along the edges of one locked dossier."""

    def __init__(self, dossier: Dossier, handled: Handled, told: Told, label: str, now: datetime) -> None:
        self.dossier, self.handled, self.told, self.label, self.now = dossier, handled, told, label, now
        self.at = min(max(told.at, dossier.submitted_at), now)
        self.officer: UUID = uuid5(NAMESPACE_URL, f"partner:{handled.partner_id}")
        """Stands where an officer in charge is named: nobody's position."""

    def go(self, name: str) -> None:
        """Along one edge."""
        special: Callable[[], None] | None = getattr(self, f"_{name}", None)
        if special is not None:
            special()
        else:
            self._advance(name)

    def _advance(self, name: str, *, note: str = "", then: Callable[[], None] | None = None) -> None:
        advance(self.dossier, name, actor=SYSTEM, now=self.at, note=note, then=then)

    def _in_charge(self) -> None:
        self.dossier.officer_id, self.dossier.officer_label = self.officer, self.label

    def _guess(self, name: str, given: datetime | None, guess: Callable[[], datetime]) -> datetime:
        if given is None:
            self.handled.guessed = sorted({*self.handled.guessed, name})
        elif name in self.handled.guessed:
            self.handled.guessed.remove(name)
        return given if given is not None else guess()

    def _receive(self) -> None:
        dossier, told = self.dossier, self.told
        guessed = self._guess("received_at", told.received_at, lambda: self.at)
        dossier.received_at = min(max(guessed, dossier.submitted_at), self.at)

        def reckoned() -> datetime:
            limit = limit_of(dossier, terms_of(dossier))
            assert dossier.received_at is not None
            return due_at(dossier.received_at, limit.amount, limit.unit, unit_calendar(dossier.unit_code))

        dossier.due_at = dossier.due_first = max(self._guess("due_at", told.due_at, reckoned), dossier.received_at)
        self._in_charge()
        self._advance("receive", note=told.unit_words)
        notify_parties(dossier, "dossiers.received", due=slips.moment(dossier.due_at))

    def _refuse(self) -> None:
        dossier = self.dossier
        dossier.refused_at = self.at
        self._in_charge()
        call_off(dossier, reason="refused", actor=SYSTEM, now=self.now)
        self._advance("refuse", note=self.told.words)
        notify_parties(dossier, "dossiers.refused")

    def _stop(self) -> None:
        dossier = self.dossier
        dossier.stopped_at = max(self.at, dossier.received_at or self.at)
        self._advance("stop", note=self.told.words)
        give_back(dossier, reason="refused", actor=SYSTEM, now=self.now)
        notify_parties(dossier, "dossiers.stopped")

    def _withdraw(self) -> None:
        dossier = self.dossier
        dossier.withdrawn_at = self.at
        call_off(dossier, reason="withdrawn", actor=SYSTEM, now=self.now)
        close_open(dossier, now=self.now)
        self._advance("withdraw")
        notify_parties(dossier, "dossiers.withdrawn")

    def _undo_receive(self) -> None:
        dossier = self.dossier
        dossier.received_at = dossier.due_at = dossier.due_first = dossier.officer_id = None
        dossier.officer_label = ""
        self._advance("undo_receive", note=self.told.words)

    def _undo_refuse(self) -> None:
        self.dossier.refused_at = None
        self._advance("undo_refuse", note=self.told.words)

    def _ask_supplement(self) -> None:
        """A request as an officer's, without a slip of ours: theirs stands in their system. Who is not answered decides there."""
        dossier, told = self.dossier, self.told
        if not told.items:
            raise CannotFollow("missing", "supplement.items")
        asked_papers = {one.name for one in told.items if one.kind == "paper"}
        fields = {spec["name"] for spec in dossier.form_version.fields}
        if unknown := [one.name for one in told.items if one.kind == "field" and one.name not in fields]:
            raise CannotFollow("unknown_field", unknown[0])
        until = due_at(self.now, told.days, Unit.WORKING_DAY, unit_calendar(dossier.unit_code))
        is_after = dossier.received_at is not None
        request = SupplementRequest.objects.create(
            dossier=dossier,
            number=(dossier.supplements.aggregate(last=Max("number"))["last"] or 0) + 1,
            number_after=dossier.supplements_after + 1 if is_after else 0,
            state=SupplementRequest.State.OPEN,
            clock=policy_of(dossier.procedure_code).clock,
            when_missed=SupplementRequest.Missed.LEAVE,
            days=told.days,
            words=told.words or None,
            asked_by=self.officer,
            asked_label=self.label,
            written_at=self.now,
            approved_by=self.officer if dossier.supplements_after else None,
            approved_label=self.label if dossier.supplements_after else "",
            asked_at=self.at,
            until=until,
            due_before=dossier.due_at,
            response_due_before=dossier.response_due_at,
        )
        held = set(dossier.papers.filter(kind__in=asked_papers).values_list("kind", flat=True))
        kinds = SupplementDefect.Kind
        for one in told.items:
            kind = kinds.FIELD if one.kind == "field" else kinds.PAPER if one.name in held else kinds.NEW_PAPER
            SupplementDefect.objects.create(
                request=request,
                dossier=dossier,
                kind=kind,
                name=one.name,
                label=one.label,
                reason=OTHER,
                reason_label="Theo yêu cầu của cơ quan giải quyết",
                replaces=one.name in held,
                words=one.words or None,
            )
        dossier.paused_at, dossier.supplement_until = self.at, until

        def with_the_applicant() -> None:
            if is_after:
                dossier.supplements_after += 1
                dossier.supplement_asked_at = dossier.supplement_asked_at or self.at
            else:
                dossier.supplements_before += 1
                self._in_charge()

        self._guarded("ask_supplement", summary(request), with_the_applicant)
        notify_parties(dossier, "dossiers.supplement_asked", until=slips.moment(until), number=str(len(told.items)))

    def _guarded(self, name: str, note: str, then: Callable[[], None]) -> None:
        """Another request after reception goes out by the leader's edge: theirs has let it out; it counts as late all the same."""
        dossier = self.dossier
        if dossier.supplements_after and dossier.received_at is not None:
            dossier.stage = Stage.AWAITING_APPROVAL

            def released() -> None:
                dossier.stage = Stage.NONE
                then()

            self._advance("approve_supplement", note=note, then=released)
        else:
            self._advance(name, note=note, then=then)

    def _unanswered(self, name: str = "unanswered") -> None:
        dossier = self.dossier
        request = dossier.supplements.select_for_update().get(state=SupplementRequest.State.OPEN)
        close_request(request, SupplementRequest.State.MISSED, self.now)
        transition = resume(dossier, request, "unanswered", max(self.at, dossier.paused_at or self.at))
        assert transition == name
        self._advance(name, note=self.told.words)

    def _unanswered_first(self) -> None:
        self._unanswered("unanswered_first")

    def _ask_payment(self) -> None:
        dossier, told = self.dossier, self.told
        if not told.charges:
            raise CannotFollow("missing", "charge.lines")
        payment = {**payment_of(dossier), "unpaid": PaymentDemand.Unpaid.CONTINUE}
        lines = [
            payments.Line(one.name, one.kind, one.amount, 1, revenue_code=payment["revenue"].get(one.name, "")) for one in told.charges
        ]
        number = dossier.demands.count() + 1
        demand = make_demand(
            dossier, lines, payment, why=PaymentDemand.Why.ASKED, key=f"asked-{number}", actor=SYSTEM, now=self.now, days=told.days
        )
        dossier.paused_at = self.at
        self._advance("ask_payment", note=told.words or "Cơ quan giải quyết yêu cầu nộp phí, lệ phí")
        notify_parties(dossier, "dossiers.payment_due", amount=slips.money(demand.amount), until=slips.moment(demand.until))

    def _call_off_payment(self) -> None:
        """It goes on there without the money: nobody is asked for it any more."""
        dossier = self.dossier
        call_off_due(dossier, reason="Cơ quan giải quyết không yêu cầu nộp nữa", actor=SYSTEM, now=self.now)
        move_appointment(dossier, max(self.at, dossier.paused_at or self.at), unit_calendar(dossier.unit_code))
        dossier.paused_at = None
        self._advance("call_off_payment", note=self.told.words)
        notify_parties(dossier, "dossiers.payment_called_off")

    def _sign(self) -> None:
        """Decided and signed there: both moments are the one that was told."""
        dossier, told = self.dossier, self.told
        assert dossier.received_at is not None
        ended = max(min(told.finished_at or self.at, self.at), dossier.received_at)
        dossier.decided_at = ended

        def to_the_leader() -> None:
            dossier.stage, dossier.signer_position_id = Stage.AWAITING_SIGNATURE, self.officer

        def signed() -> None:
            dossier.stage, dossier.finished_at = Stage.NONE, ended

        self._advance("decide", note=told.unit_words, then=to_the_leader)
        self._advance("sign", then=signed)

    def _return_result(self) -> None:
        dossier = self.dossier
        assert dossier.finished_at is not None
        dossier.returned_at = max(min(self.told.returned_at or self.at, self.at), dossier.finished_at)
        self._advance("return_result", note=self.told.words)
        notify_parties(dossier, "dossiers.result")

    def facts(self) -> None:
        """The appointment that the report tells of a dossier that was received before."""
        dossier, told = self.dossier, self.told
        if told.due_at is None or dossier.received_at is None or dossier.due_at == told.due_at or told.due_at < dossier.received_at:
            return
        if dossier.state in (State.RECEIVED, State.PROCESSING) and dossier.reappointed_at is None:
            dossier.due_at = told.due_at
            dossier.version += 1
            dossier.save()
            write_event(dossier, "due_moved", before=dossier.state, actor=SYSTEM, now=self.at)

    def results(self) -> None:
        """Files of the result that the report names are given to the applicant."""
        if not self.told.results:
            return
        found = HandledResult.objects.filter(dossier=self.dossier, pk__in=self.told.results)
        if found.count() != len(self.told.results):
            raise CannotFollow("unknown_result", "Send the files of the result before the report that names them.")
        if self.dossier.state not in (State.DECIDED, State.RETURNED):
            raise CannotFollow("cannot_follow", "A result is given in state 9 or 10.")
        found.filter(given_at=None).update(given_at=timezone.now())


assert all(name in TABLE.transitions for name, *_ in EDGES)
