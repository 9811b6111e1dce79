"""Criterion 4.2b: of the copies that communes certified from originals, how many are electronic (`dossiers.copies`)."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from dossiers.models import CertifiedCopy
from ratings.score.sources.base import Rows, RowSeen, Source, Span


class CopySource(Source):
    """Entries of the registers by the day they were certified; a revoked one counts for nothing."""

    name = "certified_copies"
    what = "copy"

    def counts(self, span: Span) -> tuple[str, dict[str, Any]]:
        """Each agency with those below it; an entry on paper counts as often as copies were made."""
        return (
            "SELECT p.place, coalesce(sum(c.copies) FILTER (WHERE c.form = 'electronic'), 0)::bigint AS numerator,"
            " sum(c.copies)::bigint AS denominator"
            " FROM dossiers_certifiedcopy c CROSS JOIN LATERAL ("
            "  SELECT array_to_string((string_to_array(c.unit_code, '.'))[1:depth], '.') AS place"
            "  FROM generate_series(1, cardinality(string_to_array(c.unit_code, '.'))) AS depth) AS p"
            " WHERE c.state = 'certified' AND c.certified_on BETWEEN %(first)s AND %(until)s GROUP BY p.place",
            span.values,
        )

    def rows(self, agency: str, span: Span, *, good: bool | None = None, after: str = "", limit: int = 50) -> Rows:
        """By agency, year and number; one row for each copy, so that there are as many as it counts. One query."""
        unit, year, number, copy = _read(after)
        rows = CertifiedCopy.objects.filter(state="certified", certified_on__range=(span.first, span.until))
        if agency:
            rows = rows.filter(Q(unit_code=agency) | Q(unit_code__startswith=f"{agency}."))
        if good is not None:
            rows = rows.filter(form="electronic") if good else rows.exclude(form="electronic")
        if after:
            behind = Q(unit_code=unit, year=year, number__gte=number) | Q(unit_code=unit, year__gt=year) | Q(unit_code__gt=unit)
            rows = rows.filter(behind)
        columns = ("unit_code", "year", "number", "copies", "form", "certified_on")
        seen: list[RowSeen] = []
        marks: list[str] = []
        for code, of, turn, copies, form, day in rows.order_by("unit_code", "year", "number").values_list(*columns)[: limit + 1]:
            first = copy + 1 if (code, of, turn) == (unit, year, number) else 1
            for one in range(first, copies + 1):
                seen.append(RowSeen(f"{turn}/{of}" + (f" ({one})" if copies > 1 else ""), form == "electronic", unit=code, day=day))
                marks.append(f"{code}|{of}|{turn}|{one}")
                if len(seen) > limit:
                    break
            if len(seen) > limit:
                break
        return Rows(seen[:limit], marks[limit - 1] if len(seen) > limit else "")


def _read(after: str) -> tuple[str, int, int, int]:
    """A mark of ours: agency, year, number, copy. ``ValueError`` for another."""
    if not after:
        return "", 0, 0, 0
    unit, year, number, copy = after.split("|")
    return unit, int(year), int(number), int(copy)


COPIES: tuple[Source, ...] = (CopySource(),)
