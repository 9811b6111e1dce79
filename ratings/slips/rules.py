"""What slips are and what they count: pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from dossiers.models.states import State
from dossiers.national import Facts

RATED_STATES = frozenset({State.RETURNED.value, State.REFUSED.value, State.STOPPED.value})
"""How a dossier ended for which a slip is promised. Scheme III.2c speaks of "the service by the agencies": whoever got an answer was
served, be it the result in their hands (10: signed alone, 9, they have nothing yet), a refusal or a stop. Who took the dossier back (7)
ended it themselves."""
TARGET = Decimal(95)
"""Per cent; Reform II.2: at least 95 % by 2025."""
FRESH = timedelta(days=7)
"""Longer after its end nobody is told of a dossier that was handled elsewhere: what systems bring in bulk ended years ago, and who is asked
about it weeks later has forgotten. Its owner finds the slip beside the dossier as long as it is open."""
LEAST = 5
"""Fewer slips than this show no figure: one could be told from it."""
SATISFIED = (4, 5)
OVERALL = "overall"


@dataclass(frozen=True)
class Steps:
    """How often each step was chosen."""

    s1: int = 0
    s2: int = 0
    s3: int = 0
    s4: int = 0
    s5: int = 0

    @property
    def answered(self) -> int:
        """The denominator."""
        return self.s1 + self.s2 + self.s3 + self.s4 + self.s5

    @property
    def satisfied(self) -> int:
        """The numerator: 4 or 5."""
        return self.s4 + self.s5

    @property
    def share(self) -> Decimal | None:
        """Satisfied among the answered in per cent, two decimals, half up; None without an answer."""
        if not self.answered:
            return None
        return (Decimal(100 * self.satisfied) / self.answered).quantize(Decimal("0.01"), ROUND_HALF_UP)

    @property
    def is_enough(self) -> bool:
        """Whether a figure may be shown."""
        return self.answered >= LEAST

    def __add__(self, other: Steps) -> Steps:
        return Steps(self.s1 + other.s1, self.s2 + other.s2, self.s3 + other.s3, self.s4 + other.s4, self.s5 + other.s5)

    def __sub__(self, other: Steps) -> Steps:
        return Steps(self.s1 - other.s1, self.s2 - other.s2, self.s3 - other.s3, self.s4 - other.s4, self.s5 - other.s5)


def ends_rated(before: Facts | None, after: Facts) -> bool:
    """Whether a change of a dossier ended it in a way that is rated; what was said while a partner tried things out says nothing."""
    was_rated = before is not None and not before.is_test and before.state in RATED_STATES
    return after.state in RATED_STATES and not after.is_test and not was_rated


def is_fresh(facts: Facts, today: date) -> bool:
    """Whether a dossier ended within the last days."""
    return facts.ended_on is not None and today - FRESH <= facts.ended_on <= today


def protected(rows: Mapping[str, Steps], total: Steps) -> set[str]:
    """Keys of the rows whose figures are not shown: those of fewer than five slips, and, where only one row would be left out, the next
    smallest too, since the whole minus the others would tell it."""
    small = {key for key, steps in rows.items() if 0 < steps.answered < LEAST}
    hidden = sum((rows[key] for key in small), Steps())
    rest = sorted((steps.answered, key) for key, steps in rows.items() if key not in small and steps.answered)
    if small and total.is_enough and (len(small) == 1 or hidden.answered < LEAST) and rest:
        small.add(rest[0][1])
    return small


def questions_right(questions: Sequence[Mapping[str, str]], steps: Mapping[str, Sequence[str]]) -> str:
    """What is wrong with a version of the questions; empty where it can be used."""
    codes = [question.get("code") for question in questions]
    if len(codes) != 5 or len(set(codes)) != 5:
        return "five questions with different codes"
    if codes[0] != OVERALL or "officer" not in codes:
        return "the first is 'overall', one is 'officer'"
    if not all(question.get("vi") and question.get("en") for question in questions):
        return "each question has words in both languages"
    if not all(len(steps.get(language, ())) == 5 for language in ("vi", "en")):
        return "five steps have words in both languages"
    return ""


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)
