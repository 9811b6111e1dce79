"""Criteria that count petitions, by the rules of `feedback.measures`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from feedback import measures
from ratings.score.sources.base import Rows, RowSeen, Source, Span


@dataclass(frozen=True)
class PetitionSource(Source):
    """``measure``: the criterion for an agency (``""``: for all)."""

    name: str
    measure: Callable[[str, Span], measures.Measure]
    what = "petition"

    def counts(self, span: Span) -> tuple[str, dict[str, Any]]:
        """By unit in four queries, each agency above with those below it."""
        good: Counter[str] = Counter()
        counted: Counter[str] = Counter()
        for unit, (numerator, denominator) in self.measure("", span).by_unit().items():
            parts = unit.split(".")
            for depth in range(1, len(parts) + 1):
                place = ".".join(parts[:depth])
                good[place] += numerator
                counted[place] += denominator
        places = sorted(counted)
        return (
            "SELECT * FROM unnest(%(places)s::text[], %(good)s::bigint[], %(counted)s::bigint[]) AS of (place, numerator, denominator)",
            {"places": places, "good": [good[place] for place in places], "counted": [counted[place] for place in places]},
        )

    def rows(self, agency: str, span: Span, *, good: bool | None = None, after: str = "", limit: int = 50) -> Rows:
        """By code and round. Up to four queries."""
        measure = self.measure(agency, span)
        code, _mark, number = after.partition("#")
        if after and not number.isdigit():
            raise ValueError(after)
        found: list[tuple[str, int, RowSeen]] = []
        sides: tuple[tuple[Any, Any, str, str], ...] = (
            (measure.rows, measure.good, "code", "round"),
            (measure.former, measure.former_good, "petition__code", "number"),
        )
        for rows, fine, by_code, by_round in sides:
            chosen = rows if good is None else fine if good else rows.exclude(pk__in=fine.values("pk"))
            if after:
                chosen = chosen.filter(**{f"{by_code}__gte": code})
            lines = list(chosen.order_by(by_code, by_round).values_list("pk", by_code, by_round, "unit_code", "received_at")[: limit + 2])
            is_fine = set(fine.filter(pk__in=[pk for pk, *_rest in lines]).values_list("pk", flat=True)) if good is None else None
            for pk, of, turn, unit, at in lines:
                fulfils = bool(good) if is_fine is None else pk in is_fine
                if not after or (of, turn) > (code, int(number)):
                    found.append((of, turn, RowSeen(of, fulfils, unit=unit, day=timezone.localdate(at))))
        found.sort(key=lambda row: row[:2])
        seen = [row for _code, _round, row in found[:limit]]
        return Rows(seen, f"{found[limit - 1][0]}#{found[limit - 1][1]}" if len(found) > limit else "")


PETITIONS: tuple[Source, ...] = (
    PetitionSource("petitions_on_time", lambda agency, span: measures.processed_on_time(agency, span.first, span.until, span.now)),
    PetitionSource("petitions_satisfied", lambda agency, span: measures.satisfied(agency, span.first, span.until)),
)
