"""How finely anybody is told: the one rule of pages, API and open data. Pure.

**What is protected.** No count knows a person. But who saw somebody enter an office on a certain day would learn from that office's
counts by procedure of that day what it was about, and what came of it.

**The rule.** A procedure or a field of a unit, which is whatever lies below a ministry or province, is told by whole months, never by day.

**Why nothing undoes it.** What is told of procedures in a unit are sums over whole months. Adding and subtracting such sums gives such
sums, never a part of a month. What is told by day does not name a procedure, or is of a whole ministry or province. The rule looks at the
question and never at the numbers, so that nothing follows from what is left out either.

**What it does not hide.** That a unit handled one dossier of a procedure in a month, and late: small units are what the statistics are for
(Scheme III.2b), exactly and at once (Rules art. 23.2). Who looks every day sees what the month that runs has gained.

Officers who answer for a unit see it as finely as they ask.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace

from ratings.queries import Asked, By

PARTS: tuple[By, ...] = ("agency", "field", "procedure", "channel", "level", "month", "day")
"""What figures are taken apart by."""


def is_fine(asked: Asked, by: By) -> bool:
    """Whether an answer tells procedures or fields of units below a ministry or a province: of one, or of those below the agency asked."""
    names_what = bool(asked.procedure or asked.field or by in ("procedure", "field"))
    return names_what and ("." in asked.agency or bool(asked.agency and by == "agency"))


def parts(asked: Asked) -> list[By]:
    """What anybody may take a question apart by."""
    return [by for by in PARTS if not (by == "day" and is_fine(asked, by))]


def for_anybody(asked: Asked, by: By) -> tuple[Asked, By]:
    """The question that is answered to a stranger: as it is, or as coarse as the rule wants it."""
    if not is_fine(asked, by):
        return asked, by
    last = asked.last.replace(day=monthrange(asked.last.year, asked.last.month)[1])
    return replace(asked, first=asked.first.replace(day=1), last=last), "month" if by == "day" else by
