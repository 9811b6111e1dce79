"""What the score of Decision 766/QĐ-TTg counts of petitions (criteria 5.2, 5.3): numerator, denominator, and the rows behind each.

Counted is a round of a petition at the agency that dealt with it: one that the sender did not agree with is the former agency's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.lookups import LessThan, LessThanOrEqual
from django.utils import timezone

from feedback.models import Answer, FinishedRound, Petition, PetitionEvent, PublishedCase, State, Term
from feedback.rules import SCORE_ANSWER, limits_on
from portal.workdays import Calendar, national_calendar
from portal.workdays.calendar import at, closing

POINTS = 6
"""Of each criterion; given whole where there was nothing to do."""


class _Due(Func):
    """The deadline of the interval in which something was received, found by halving: a year has hundreds of them."""

    output_field = DateTimeField()

    def __init__(self, begins: list[datetime], dues: list[datetime]) -> None:
        moments = ArrayField(DateTimeField())
        super().__init__(F("received_at"), Value(begins, output_field=moments), Value(dues, output_field=moments))

    def as_sql(
        self, compiler: Any, connection: Any, function: Any = None, template: Any = None, arg_joiner: Any = None, **context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """``dues[width_bucket(received_at, begins)]``."""
        (received, one), (begins, two), (dues, three) = (compiler.compile(each) for each in self.get_source_expressions())
        return f"(({dues})[width_bucket({received}, {begins})])", (*three, *one, *two)


@dataclass(frozen=True)
class Measure:
    """One criterion of one agency in one time."""

    rows: QuerySet[Petition]
    """What is counted, in its present round."""
    good: QuerySet[Petition]
    """Those of them that fulfil it."""
    former: QuerySet[FinishedRound]
    """Rounds that are counted too, of petitions whose sender did not agree."""
    former_good: QuerySet[FinishedRound]
    """Those of them that fulfil it."""

    @property
    def denominator(self) -> int:
        """How many are counted (two queries)."""
        return self.rows.count() + self.former.count()

    @property
    def numerator(self) -> int:
        """How many of them fulfil it (two queries)."""
        return self.good.count() + self.former_good.count()

    def by_unit(self) -> dict[str, tuple[int, int]]:
        """Numerator and denominator of each agency that dealt with some of it, without those below it (four queries)."""
        found: dict[str, list[int]] = {}
        of: tuple[tuple[int, QuerySet[Any]], ...] = ((0, self.good), (1, self.rows), (0, self.former_good), (1, self.former))
        for side, rows in of:
            for unit, number in rows.order_by().values_list("unit_code").annotate(number=Count("pk")):
                found.setdefault(unit, [0, 0])[side] += number
        return {unit: (good, counted) for unit, (good, counted) in found.items()}

    def points(self) -> float:
        """The points, two decimals."""
        counted = self.denominator
        return round(POINTS * self.numerator / counted, 2) if counted else float(POINTS)


def of_agency(agency: str) -> Q:
    """Of an agency and of those below it; ``""`` of all."""
    if not agency:
        return Q()
    if "." not in agency:
        return Q(agency_code=agency)
    return Q(agency_code=agency.split(".")[0]) & (Q(unit_code=agency) | Q(unit_code__startswith=f"{agency}."))


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


def answer_clocks(first: date, last: date, calendar: Calendar | None = None) -> list[tuple[datetime, datetime, datetime]]:
    """For everything received on days [first, last]: from when, until before when, and by when it is to be answered for the score
    (15 working days, the dated setting ``score_answer``). Whoever is received in the same interval has the same deadline."""
    calendar = calendar or national_calendar()
    settings = list(Term.objects.filter(name=SCORE_ANSWER).values_list("name", "amount", "unit", "valid_from"))
    found: list[tuple[datetime, datetime, datetime]] = []
    for begin, end in _intervals(first, last, calendar):
        due = limits_on(timezone.localdate(begin), settings)[SCORE_ANSWER].after(begin, calendar)
        if found and found[-1][2] == due:
            found[-1] = (found[-1][0], end, due)
        else:
            found.append((begin, end, due))
    return found


def _intervals(first: date, last: date, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """Days, parted where offices close: what comes later counts as received on the next working day."""
    day = first
    while day <= last:
        begin, end = at(day, time()), at(day + timedelta(days=1), time())
        if calendar.hours(day):
            # The minute of closing is still that day's.
            parted = closing(day, calendar) + timedelta(microseconds=1)
            yield begin, parted
            yield parted, end
        else:
            yield begin, end
        day += timedelta(days=1)


def processed_on_time(agency: str, first: date, last: date, now: datetime) -> Measure:
    """Criterion 5.2: of what was received on days [first, last], how much was dealt with in time at each step.

    Counted is what was refused or answered, and what is open with its 15 working days gone by ``now``; what the sender took back and what
    left by the way of state secrets is not. In time: refused within 2 working days; asked for more within 5; answered within 15 (the
    setting ``score_answer``) and the answer entered within 2 working days of its outcome.
    """
    received = of_agency(agency) & Q(received_at__gte=_moment(first), received_at__lt=_moment(last + timedelta(days=1)))
    clocks = answer_clocks(first, last)
    # Each interval begins where the one before ends, so that the beginnings tell them apart.
    score_due = _Due([begin for begin, _end, _due in clocks], [due for _begin, _end, due in clocks])
    answered_in_time = LessThanOrEqual(F("answered_at"), score_due)
    gone_by = LessThan(score_due, Value(now))
    ended = Q(state__in=[State.ANSWERED, State.REFUSED])
    is_open = ~Q(state__in=[State.ANSWERED, State.REFUSED, State.WITHDRAWN, State.SECRET])
    rows = Petition.objects.order_by().filter(received).filter(ended | (is_open & gone_by))
    # Of the present round: an objection starts the clocks anew. Silence is refused after its own time, not within two days.
    events = PetitionEvent.objects.filter(petition=OuterRef("pk"), at__gte=OuterRef("received_at"))
    late_step = Exists(events.filter(name__in=["refuse", "ask_more"], details__on_time=False))
    late_entry = Exists(
        Answer.objects.filter(petition=OuterRef("pk"), round=OuterRef("round"), state=Answer.APPROVED, checked_at__gt=F("result_due_at"))
    )
    good = rows.filter(ended & ~late_step).filter(Q(state=State.REFUSED) | (Q(state=State.ANSWERED) & answered_in_time & ~late_entry))
    former = FinishedRound.objects.order_by().filter(received)
    steps = PetitionEvent.objects.filter(
        petition=OuterRef("petition"), at__gte=OuterRef("received_at"), at__lt=OuterRef("disagreed_at"), name="ask_more"
    )
    entries = Answer.objects.filter(petition=OuterRef("petition"), round=OuterRef("number"), state=Answer.APPROVED)
    in_time = former.filter(answered_in_time).exclude(Exists(steps.filter(details__on_time=False)))
    return Measure(rows, good, former, in_time.exclude(Exists(entries.filter(checked_at__gt=F("result_due_at")))))


def satisfied(agency: str, first: date, last: date) -> Measure:
    """Criterion 5.3: of what was answered on days [first, last], or written again in them by who did not agree, how much is left without
    what the sender or more readers than not found unhelpful, what was answered late, and what was written again.

    Written again counts against the agency whose answer it was; the next answer is VPCP's own.
    """
    begin, end = _moment(first), _moment(last + timedelta(days=1))
    rows = Petition.objects.order_by().filter(of_agency(agency), state=State.ANSWERED, answered_at__gte=begin, answered_at__lt=end)
    # Of this answer: the former agency's may be public still.
    public = PublishedCase.objects.filter(petition=OuterRef("pk"), unit_code=OuterRef("unit_code"))
    good = rows.filter(answered_at__lte=F("due_at")).exclude(helps=False).exclude(Exists(public.filter(unhelpful__gt=F("helpful"))))
    within = Q(answered_at__gte=begin, answered_at__lt=end) | Q(disagreed_at__gte=begin, disagreed_at__lt=end)
    former = FinishedRound.objects.order_by().filter(of_agency(agency)).filter(within)
    return Measure(rows, good, former, former.none())
