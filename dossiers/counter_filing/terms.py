"""What holds for what comes in person or by post: limit and fees of that way, nothing of what filing online takes off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from dossiers.counter_filing.common import FilingRefused
from dossiers.models import FormVersion
from dossiers.models.dossier import Channel
from dossiers.terms import Terms, limit_words
from portal.workdays import Unit
from procedures.fees import Bill, Fee, reckon
from procedures.models import Channel as Way
from procedures.models import ProcedureVersion

WAYS = {Channel.COUNTER.value: Way.Kind.DIRECT, Channel.POST.value: Way.Kind.POSTAL}
WORDS = {Channel.COUNTER.value: "nộp trực tiếp", Channel.POST.value: "nộp qua bưu chính"}


@dataclass(frozen=True)
class CounterTerms:
    """The terms of the procedure, with fees and limit of the way in which the dossier came."""

    terms: Terms
    kept_limit: dict[str, Any]
    """What the dossier keeps of its limit where that is not the one of filing online."""


def counter_terms(terms: Terms, channel: str) -> CounterTerms:
    """The terms of a way of filing (two queries); :class:`FilingRefused` where the law does not know it for the procedure.

    Where the law gives this way no limit in numbers that of filing online holds: nobody could be given an appointment else.
    """
    version = ProcedureVersion.objects.prefetch_related("channels__limits__fees").get(pk=terms.version_id)
    way = next((one for one in version.channels.all() if one.kind == WAYS[channel]), None)
    if way is None:
        raise FilingRefused(f"Thủ tục này không nhận hồ sơ {WORDS[channel]}.", "channel")
    fees = tuple(Fee(fee.name, fee.amount, fee.per, fee.condition, fee.exemption, fee.kind) for fee in way.fees.all())
    found = replace(terms, fees=fees)
    amount = way.time_amount
    if amount is None or way.time_unit != terms.limit_unit or amount == terms.limit_amount:
        return CounterTerms(found, {})
    found = replace(found, limit_amount=amount, limit_words=way.time_text or limit_words(amount, Unit(way.time_unit)))
    return CounterTerms(found, {"limit": {"amount": str(amount), "why": WORDS[channel]}})


def bill_at_counter(found: CounterTerms, form: FormVersion, answers: dict[str, Any], *, facts: dict[str, str]) -> Bill:
    """What it costs where it comes in person or by post."""
    return reckon(found.terms.fees, form.charges, answers, facts=facts) if form.charges else Bill((), ())
