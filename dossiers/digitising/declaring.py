"""How many old papers are in force, as agencies declare it, and how many of them are electronic (Decision 468/QĐ-TTg II.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from dossiers.digitising.rights import DECLARE, OldRefused
from dossiers.models import IssuerLevel, OldBatch, OldDeclaration
from dossiers.services.common import position_of
from portal import audit
from portal.access import Actor, require


@transaction.atomic
def declare(*, actor: Actor, level: str, in_force: int, as_of: date, basis: str, now: datetime) -> OldDeclaration:
    """Say for one's agency how many papers of a level it holds that are in force. Said again: the later one counts."""
    require(actor, DECLARE, actor.unit)
    if level not in IssuerLevel.values:
        raise OldRefused("Bạn hãy chọn cấp đã cấp giấy.", "level")
    if as_of > timezone.localdate(now):
        raise OldRefused("Ngày tính đến không được sau hôm nay.", "as_of")
    last = OldDeclaration.objects.filter(unit_code=actor.unit, level=level).order_by("-id").first()
    if last is not None and as_of < last.as_of:
        raise OldRefused(f"Đã có khai báo tính đến ngày {last.as_of:%d/%m/%Y}, sau ngày này.", "as_of")
    row = OldDeclaration.objects.create(
        unit_code=actor.unit,
        level=level,
        in_force=in_force,
        as_of=as_of,
        basis=" ".join(basis.split())[:300],
        position_id=position_of(actor),
        officer_label=actor.label[:200],
        declared_at=now,
    )
    audit.record(
        actor=actor, act="dossiers.declare_in_force", target="dossiers.olddeclaration", target_id=str(row.pk), unit=actor.unit,
        details={"level": level, "in_force": in_force},
    )  # fmt: skip
    return row


@dataclass(frozen=True)
class Progress:
    """Of one level, or of one agency in it."""

    level: str
    unit_code: str = ""
    """Empty: of all of the level."""
    in_force: int = 0
    """Declared."""
    digitised: int = 0
    """Signed copies; no more than declared count towards the share."""
    counted: int = 0
    """Signed copies of agencies that declared, each at most what it declared."""
    agencies: int = 1
    as_of: date | None = None

    @property
    def is_declared(self) -> bool:
        """Whether there is anything to divide by."""
        return self.in_force > 0


@dataclass
class _Sum:
    in_force: int = 0
    digitised: int = 0
    counted: int = 0
    agencies: int = 0
    as_of: list[date] = field(default_factory=list)


_DECLARED = """
SELECT DISTINCT ON (level, unit_code) level, unit_code, in_force, as_of FROM dossiers_olddeclaration {where}
ORDER BY level, unit_code, id DESC
"""


def by_agency(agency: str = "", level: str = "") -> list[Progress]:
    """The agencies that declared or digitised anything, of an agency with all below it or of the country (two queries)."""
    conditions, given = [], []
    if agency:
        conditions.append("(unit_code = %s OR starts_with(unit_code, %s))")
        given += [agency, f"{agency}."]
    if level:
        conditions.append("level = %s")
        given.append(level)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    with connection.cursor() as cursor:
        cursor.execute(_DECLARED.format(where=where), given)
        declared = {(row[0], row[1]): (row[2], row[3]) for row in cursor.fetchall()}
    signed: QuerySet[OldBatch] = OldBatch.objects.filter(signed_count__gt=0)
    signed = signed.filter(Q(unit_code=agency) | Q(unit_code__startswith=f"{agency}.")) if agency else signed
    signed = signed.filter(level=level) if level else signed
    sums = signed.order_by().values("level", "unit_code").annotate(n=Sum("signed_count"))
    done = {(row["level"], row["unit_code"]): row["n"] for row in sums}
    found = []
    for key in sorted({*declared, *done}):
        in_force, as_of = declared.get(key, (0, None))
        number = done.get(key, 0)
        found.append(Progress(key[0], key[1], in_force, number, min(number, in_force), as_of=as_of))
    return found


def by_level(rows: Iterable[Progress]) -> dict[str, Progress]:
    """The sums of each level, whether anything is in it or not."""
    sums = {level: _Sum() for level in IssuerLevel.values}
    for row in rows:
        one = sums[row.level]
        one.in_force += row.in_force
        one.digitised += row.digitised
        one.counted += row.counted
        one.agencies += row.is_declared
        if row.as_of is not None:
            one.as_of.append(row.as_of)
    return {
        level: Progress(level, "", one.in_force, one.digitised, one.counted, one.agencies, min(one.as_of, default=None))
        for level, one in sums.items()
    }
