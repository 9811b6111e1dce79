"""What one person needs, after their answers: their papers, what they pay, how long it takes, where they go. No query but those named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.ui.tags import duration
from procedures import queries as catalogue
from procedures.fees import Bill, reckon, shortened
from procedures.guidance.documents import Document, limit_note, wants_paper
from procedures.models import Channel, OnlineReduction, ProcedureVersion
from procedures.views.reductions import line_of
from procedures.views.sheet import Fee, Paper, Sheet, Way


@dataclass(frozen=True)
class Limited:
    """A time limit as the filter ``duration`` reads it."""

    time_amount: Decimal
    time_unit: str


@dataclass(frozen=True)
class OnTheWay:
    """One way of filing for this person."""

    way: Way
    time: str
    time_basis: str
    """The text by which it is shorter than the law's; empty: it is the law's."""
    bill: Bill
    still_open: tuple[Fee, ...]
    """Lines that nobody can reckon, in the words of the law."""


@dataclass(frozen=True)
class Outcome:
    """Everything that the last page says."""

    papers: tuple[Paper, ...]
    left_out: int
    """Papers of the law that this person does not need."""
    ways: tuple[OnTheWay, ...]

    @property
    def one_bill(self) -> bool:
        """Whether every way of filing costs this person the same."""
        return len({(one.bill, tuple(fee.row.pk for fee in one.still_open)) for one in self.ways}) <= 1 or len(self.ways) == 1


def outcome(
    document: Document,
    answers: Mapping[str, str],
    version: ProcedureVersion,
    shown: Sheet,
    province: str,
    day: dt.date,
) -> Outcome:
    """The outcome of a document's answers, of a version with what the reader's province lays down. One query."""
    papers = tuple(paper for paper in shown.papers if wants_paper(document, paper.row.name, paper.row.case, answers))
    declared = catalogue.in_province(catalogue.declared_for(version.procedure.code, version.field_code, day), province)
    ways = tuple(_on_the_way(document, answers, way, declared) for way in shown.ways)
    return Outcome(papers, len(shown.papers) - len(papers), ways)


def _on_the_way(document: Document, answers: Mapping[str, Any], way: Way, declared: Sequence[OnlineReduction]) -> OnTheWay:
    notes = [limit.note for limit in way.limits if limit.note]
    note = limit_note(document, notes, answers)
    limit = next((one for one in way.limits if note is not None and one.note == note), way.limits[0] if way.limits else None)
    # Where the case decides about the limit it decides about the fees that stand under it.
    fees = (limit.fees if limit is not None and note is not None else ()) or way.fees
    online = way.row.kind == Channel.Kind.ONLINE
    lines = [line_of(fee.row) for fee in fees]
    in_dong = [(fee, line) for fee, line in zip(fees, lines, strict=True) if not fee.row.currency]
    bill = reckon(
        [line for _fee, line in in_dong],
        document.get("fees", ()),
        answers,
        reductions=catalogue.fee_reductions(declared) if online else (),
    )
    left = list(bill.still_open)
    open_fees = []
    for fee, line in zip(fees, lines, strict=True):
        if fee.row.currency:
            open_fees.append(fee)
        elif line in left:
            left.remove(line)
            open_fees.append(fee)
    time, basis = (limit.time if limit is not None else ""), ""
    row = next((one for one in way.row.limits.all() if limit is not None and one.note == limit.note), None)
    if online and row is not None and row.amount is not None:
        amount, basis = shortened(row.amount, catalogue.time_cuts(declared))
        if basis:
            time = duration(Limited(amount, row.unit))
    return OnTheWay(way, time, basis, bill, tuple(open_fees))
