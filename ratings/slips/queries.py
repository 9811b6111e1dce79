"""What can be asked of slips: satisfaction of anything over a span, from the kept counts and what waits to be counted, by one statement."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from django.db import connection
from django.db.models import Q

from ratings.models import Rating, RatingCount
from ratings.periods import months, span
from ratings.slips.rules import OVERALL, Steps, protected

By = Literal["", "agency", "field", "procedure", "month", "question"]
DOSSIER, UNIT, SERVICE = "d", "u", "s"


@dataclass(frozen=True)
class Satisfaction:
    """The overall question of slips: numerator (4 or 5), denominator, and the parts; ``hidden``: parts that show no figure to anybody."""

    total: Steps
    rows: dict[str, Steps] = field(default_factory=dict)

    @property
    def numerator(self) -> int:
        """Answered 4 or 5."""
        return self.total.satisfied

    @property
    def denominator(self) -> int:
        """Answered at all."""
        return self.total.answered

    @property
    def share(self) -> Decimal | None:
        """In per cent, two decimals; None without an answer."""
        return self.total.share

    @property
    def hidden(self) -> set[str]:
        """Keys of the parts that are too few to be shown (`rules.protected`)."""
        return protected(self.rows, self.total)


def satisfaction(
    agency: str, first: date, last: date, *, by: By = "", field_code: str = "", procedure_code: str = "", source: str = DOSSIER
) -> Satisfaction:
    """Satisfaction of a span of days, both with it, of an agency with all below it (``""``: the country). One SQL query.

    ``by`` agency: those directly below, and itself under its own code for what it handled itself; month: by its first day, months without
    an answer left out; question: each of the five. All but the whole and agencies of everything ask for whole months (``ValueError``):
    days are not kept of them.
    """
    fine = by in ("", "agency") and not field_code and not procedure_code
    if not fine and not _is_whole(first, last):
        raise ValueError("kept by whole months")
    if last < first:
        return Satisfaction(Steps())
    weights: dict[tuple[str, str, date], int] = {}
    if by == "month":
        for begin, _end in months(first, last):
            weights[begin.isoformat(), "m", begin] = 1
    else:
        weights = {("", period, day): sign for (period, day), sign in span(first, last).items()}
    found = _read(agency, first, last, weights, by=by, field_code=field_code, procedure_code=procedure_code, source=source)
    whole = found.pop("", Steps()) if by in ("", "agency") else Steps()
    if by == "agency":
        own = whole - sum(found.values(), Steps())
        rows = {**({agency: own} if own.answered else {}), **found}
        return Satisfaction(whole, rows)
    if by == "":
        return Satisfaction(whole)
    if by == "question":
        return Satisfaction(found.get(OVERALL, Steps()), found)
    return Satisfaction(sum(found.values(), Steps()), found)


def satisfaction_of(agencies: Collection[str], first: date, last: date) -> dict[str, Steps]:
    """Satisfaction of single agencies over a span of days, each with what is below it, as far as it is counted (one query)."""
    weights = span(first, last)
    periods = Q()
    for period, day in weights:
        periods |= Q(period=period, day=day)
    rows = RatingCount.objects.filter(periods, source=DOSSIER, grain="t", question=OVERALL, place__in=list(agencies)).order_by()
    found: dict[str, Steps] = {}
    for row in rows:
        sign = weights[row.period, row.day]
        steps = Steps(*(sign * getattr(row, f"s{number}") for number in range(1, 6)))
        found[row.place] = found.get(row.place, Steps()) + steps
    return found


def _is_whole(first: date, last: date) -> bool:
    return first.day == 1 and (last + timedelta(days=1)).day == 1


def _read(
    agency: str, first: date, last: date, weights: dict[tuple[str, str, date], int], *, by: By, field_code: str, procedure_code: str,
    source: str,
) -> dict[str, Steps]:  # fmt: skip
    """Steps by key. By agency the whole stands under the empty key."""
    depth = len(agency.split(".")) + 1 if agency else 1
    grain = "p" if procedure_code or by == "procedure" else "f" if field_code or by == "field" else "t"
    child = f"array_to_string((string_to_array(r.unit_code, '.'))[1:{depth}], '.')"
    keys = {
        "agency": ("CASE WHEN c.place = %(agency)s THEN '' ELSE c.place END", f"unnest(ARRAY['', nullif({child}, %(agency)s)])"),
        "field": ("c.field_code", "r.field_code"),
        "procedure": ("c.procedure_code", "r.procedure_code"),
        "month": ("w.label", "date_trunc('month', r.day)::date::text"),
        "question": ("c.question", "f.questions -> q.n ->> 'code'"),
    }
    counted, waiting = keys.get(by, ("''", "''"))
    where = "(c.place = %(agency)s OR c.parent = %(agency)s)" if by == "agency" else "c.place = %(agency)s"
    kept = "" if by == "question" else " AND c.question = 'overall'"
    raw = ""
    if field_code:
        kept, raw = f"{kept} AND c.field_code = %(field)s", f"{raw} AND r.field_code = %(field)s"
    if procedure_code:
        kept, raw = f"{kept} AND c.procedure_code = %(procedure)s", f"{raw} AND r.procedure_code = %(procedure)s"
    if grain != "t":
        raw += " AND r.procedure_code <> ''"
    if agency:
        raw += " AND (r.unit_code = %(agency)s OR (r.unit_code >= %(below)s AND r.unit_code < %(after)s))"
    given: dict[str, Any] = {
        "agency": agency, "below": f"{agency}.", "after": f"{agency}/", "field": field_code, "procedure": procedure_code, "grain": grain,
        "source": source, "from": first, "to": last,
    }  # fmt: skip
    rows = []
    for number, ((label, period, day), sign) in enumerate(weights.items()):
        given |= {f"l{number}": label, f"p{number}": period, f"d{number}": day}
        rows.append(f"(%(l{number})s, %(p{number})s, %(d{number})s::date, {int(sign)})")
    questions = "generate_series(0, 4)" if by == "question" else "generate_series(0, 0)"
    steps = range(1, 6)
    sql = f"""
        SELECT key, {", ".join(f"sum(s{number})::bigint" for number in steps)} FROM (
            SELECT {counted} AS key, {", ".join(f"c.s{number} * w.sign AS s{number}" for number in steps)}
            FROM (VALUES {", ".join(rows)}) AS w (label, period, day, sign)
            JOIN ratings_ratingcount c ON c.period = w.period AND c.day = w.day
            WHERE c.source = %(source)s AND c.grain = %(grain)s AND {where}{kept}
            UNION ALL
            SELECT {waiting}, {", ".join(f"(s.step = {number})::int" for number in steps)}
            FROM ratings_rating r JOIN ratings_slipform f ON f.number = r.form_id CROSS JOIN {questions} AS q (n)
            CROSS JOIN LATERAL (SELECT (ARRAY[r.q1, r.q2, r.q3, r.q4, r.q5])[q.n + 1] AS step) AS s
            WHERE NOT r.is_counted AND r.source = %(source)s AND r.day BETWEEN %(from)s AND %(to)s{raw}
        ) AS both_parts (key, {", ".join(f"s{number}" for number in steps)})
        WHERE key IS NOT NULL GROUP BY key HAVING {" OR ".join(f"sum(s{number}) <> 0" for number in steps)} ORDER BY key COLLATE "C"
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return {str(key): Steps(*map(int, numbers)) for key, *numbers in cursor.fetchall()}


def is_known(agency: str) -> bool:
    """Whether anything was said of an agency or of one below it. Up to two queries."""
    return (
        RatingCount.objects.filter(source=DOSSIER, grain="t", place=agency).exists()
        or Rating.objects.filter(is_counted=False, unit_code__startswith=agency).exists()
    )
