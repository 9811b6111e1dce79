"""What a filing costs and how long it may take where it goes: the law's lines, the form's rules, what is taken off for filing online."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dossiers.models import Dossier, FormVersion
from dossiers.terms import Terms, limit_words, terms_of
from portal.workdays import Unit
from procedures import queries as procedures
from procedures.fees import Bill, kept_bill, reckon, shortened


@dataclass(frozen=True)
class Limit:
    """How long the agency may take from reception on."""

    amount: Decimal
    unit: Unit
    words: str
    why: str = ""
    """The text that makes it shorter for filing online; empty: the law's own limit."""


@dataclass(frozen=True)
class Costs:
    """What a filing costs, and how long it may take."""

    bill: Bill
    limit: Limit

    def kept(self) -> dict[str, Any]:
        """Plain values that a dossier keeps from its sending on: later law changes nothing in them."""
        limit = {"limit": {"amount": str(self.limit.amount), "why": self.limit.why}} if self.limit.why else {}
        return {**self.bill.kept(), **limit}


def costs(terms: Terms, form: FormVersion, answers: Mapping[str, str], *, facts: Mapping[str, str], unit_code: str, day: dt.date) -> Costs:
    """What a filing with these answers costs at an agency (empty: not chosen yet) on a day (one query).

    ``facts``: of the party, where that is the person who files; empty otherwise. The bill is empty where the form has no rule of charges.
    """
    declared = procedures.reaching(procedures.declared_for(terms.procedure_code, terms.field_code, day), unit_code)
    reductions = procedures.fee_reductions(declared)
    bill = reckon(terms.fees, form.charges, answers, facts=facts, reductions=reductions) if form.charges else Bill((), ())
    return Costs(bill, _limit(terms, *shortened(terms.limit_amount, procedures.time_cuts(declared))))


def _limit(terms: Terms, amount: Decimal, why: str) -> Limit:
    words = limit_words(amount, terms.limit_unit) if why else terms.limit_words
    return Limit(amount, terms.limit_unit, words, why)


def bill_of(dossier: Dossier) -> Bill:
    """What a dossier costs, as it was reckoned when it was sent; of those sent before that was kept, by their law and form.

    Queries: none, or the procedure version with its fees.
    """
    if dossier.bill is not None:
        return kept_bill(dossier.bill)
    rules = dossier.form_version.charges
    return reckon(terms_of(dossier).fees, rules, dossier.answers or {}) if rules else Bill((), ())


def limit_of(dossier: Dossier, terms: Terms) -> Limit:
    """How long the agency may take for a dossier, as it was told when it was sent. No query."""
    kept = (dossier.bill or {}).get("limit")
    return _limit(terms, Decimal(kept["amount"]), kept["why"]) if kept else _limit(terms, terms.limit_amount, "")
