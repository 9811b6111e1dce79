"""What filing online saves, as the page of a procedure tells it: in the reader's place, or where at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.catalogues.models import AdministrativeUnit
from portal.ui.tags import duration
from procedures import fees, queries
from procedures.models import Channel, FeeLine, OnlineReduction, ProcedureVersion
from procedures.views.sheet import Fee, Sheet


@dataclass(frozen=True)
class _Limit:
    """A time limit as the filter ``duration`` reads it."""

    time_amount: Decimal
    time_unit: str


@dataclass(frozen=True)
class Saved:
    """One fee line that costs less when one files online."""

    fee: Fee
    amount: int
    """What remains of it for one, in đồng."""
    basis: str
    until: dt.date | None

    @property
    def is_free(self) -> bool:
        """Whether nothing remains."""
        return self.amount == 0


@dataclass(frozen=True)
class Granted:
    """What is paid of the delivery of a paper result."""

    percent: int | None
    amount: int | None
    """Đồng of each parcel; None: ``percent``."""
    cap: int | None
    """Đồng of each parcel at most."""
    basis: str
    until: dt.date | None


def granted(rows: Iterable[OnlineReduction]) -> tuple[Granted, ...]:
    """What these rows pay of delivery. No query."""
    delivery = [row for row in rows if row.what == OnlineReduction.What.DELIVERY]
    return tuple(Granted(row.percent, row.amount, row.cap, row.basis, row.valid_to) for row in delivery)


@dataclass(frozen=True)
class Savings:
    """What the page says beside the fees and the time limit."""

    here: tuple[Saved, ...] = ()
    """In the reader's place, or in the whole country."""
    time: str = ""
    """The shorter limit in words; empty: none."""
    time_basis: str = ""
    delivery: tuple[Granted, ...] = ()
    """What is paid of bringing the paper of the result."""
    elsewhere: tuple[str, ...] = ()
    """Provinces that take something off, where the reader has not said where they are."""

    def __bool__(self) -> bool:
        return bool(self.here or self.time or self.delivery or self.elsewhere)


def line_of(row: FeeLine) -> fees.Fee:
    """A fee line as the rule of fees takes it."""
    return fees.Fee(row.name, row.amount, row.per, row.condition, row.exemption, row.kind)


def savings(
    version: ProcedureVersion, shown: Sheet, province: AdministrativeUnit | None, provinces: Sequence[AdministrativeUnit], day: dt.date
) -> Savings:
    """What filing online saves on a day (one query). ``provinces`` lend their names to where something is taken off."""
    rows = queries.declared_for(version.procedure.code, version.field_code, day)
    way = shown.way(Channel.Kind.ONLINE)
    if not rows or way is None:
        return Savings()
    here = queries.in_province(rows, province.code if province is not None else "")
    limit = way.row.main_limit
    time, basis = "", ""
    if limit is not None and limit.amount is not None:
        amount, basis = fees.shortened(limit.amount, queries.time_cuts(here))
        if basis:
            time = duration(_Limit(amount, limit.unit))
    found = tuple(_saved(way.fees, here))
    names = {unit.code: unit.name for unit in provinces}
    saving = {row.province_code for row in rows if row.what != OnlineReduction.What.FEE or any(_saved(way.fees, [row]))}
    elsewhere = () if province is not None else tuple(unit for code, unit in names.items() if code in saving)
    return Savings(found, time, basis, granted(here), elsewhere)


def _saved(lines: Iterable[Fee], rows: Sequence[OnlineReduction]) -> Iterable[Saved]:
    reductions = queries.fee_reductions(rows)
    for fee in lines:
        line = line_of(fee.row)
        found = fees.best(reductions, line, 1) if not fee.row.currency else None
        if found is not None:
            left = (line.amount or 0) - found.saving(line.amount or 0, 1)
            yield Saved(fee, left, found.basis, found.valid_to)
