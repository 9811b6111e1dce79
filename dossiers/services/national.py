"""The national table kept: own dossiers with every change of theirs, those of other systems as they are reported (Rules art. 23.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts import queries as people
from dossiers.models import HERE, Dossier, DossierReuse, NationalDossier, NationalStep, Standing
from dossiers.national import Facts, lawful_day, wins, year_of
from dossiers.signals import national_changed
from portal.caching import Remembered
from portal.crypto import blind_index
from portal.workdays import national_calendar
from procedures import queries as procedures

COLUMNS = tuple(column.attname for column in NationalDossier._meta.concrete_fields)
_TABLE = NationalDossier._meta.db_table
_ARRAYS = ", ".join(
    {"CharField": "%s::text[]", "BooleanField": "%s::boolean[]", "DateTimeField": "%s::timestamptz[]", "DateField": "%s::date[]"}.get(
        column.get_internal_type(), "%s::smallint[]"
    )
    for column in NationalDossier._meta.concrete_fields
)
"""One array a column: a thousand rows by single values are 36,000 parameters to find in the statement."""
_KEPT_SET = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in ("year", "code"))
BATCH = 1000
"""Rows of one statement."""
OWNER, PHONE = "id_number", "phone"
"""Purposes of the keyed indexes; the first is that of people's own numbers, so that they are found by it."""


_limits = Remembered("procedures")
_STEP = f"INSERT INTO {NationalStep._meta.db_table} (code, source, at, state, unit_words, words)"
_STEP_ROW = "(%s, %s, %s, %s, %s, %s)"


def owner_index(number: str) -> str:
    """The keyed index of an owner's number; empty for none."""
    return blind_index(OWNER, number) if number else ""


def phone_index(phone: str) -> str:
    """The keyed index of a phone in E.164; empty for none."""
    return blind_index(PHONE, phone) if phone else ""


def facts_of(row: NationalDossier) -> Facts:
    """The row as rules and figures read it: moments become days of Vietnam."""
    return Facts(
        code=row.code,
        source=row.source,
        unit_code=row.unit_code,
        agency_code=row.agency_code,
        procedure_code=row.procedure_code,
        field_code=row.field_code,
        channel=row.channel,
        service_level=row.service_level,
        subject=row.subject,
        state=row.state,
        submitted_on=_day(row.submitted_at),
        received_on=_day(row.received_at),
        due_on=_day(row.due_at),
        lawful_due_on=row.lawful_due_on,
        finished_on=_day(row.finished_at),
        returned_on=_day(row.returned_at),
        refused_on=_day(row.refused_at),
        stopped_on=_day(row.stopped_at),
        withdrawn_on=_day(row.withdrawn_at),
        supplements_before=row.supplements_before,
        supplements_after=row.supplements_after,
        supplement_asked_on=_day(row.supplement_asked_at),
        supplement_is_pending=row.supplement_is_pending,
        supplement_days=row.supplement_days,
        paid_online=row.paid_online,
        has_fee=row.has_fee,
        has_digitised_papers=row.has_digitised_papers,
        has_digitised_result=row.has_digitised_result,
        reuses_data=row.reuses_data or row.from_store,
        from_store=row.from_store,
        by_population=row.by_population,
        is_test=row.is_test,
        owner_blind=row.owner_blind,
    )


def _day(moment: datetime | None) -> date | None:
    return timezone.localdate(moment) if moment is not None else None


# Measured where no appointment was given ---------------------------------------------------------------------------------------


def _set_lawful_days(rows: Iterable[NationalDossier]) -> None:
    """Note by when the law wants an end, of rows that were received and have no appointment. One query for procedures not known yet."""
    without = [row for row in rows if row.received_at is not None and row.due_at is None]
    if not without:
        return
    known = _limits.values()
    if missing := {row.procedure_code for row in without} - known.keys():
        known.update(procedures.time_limits(missing))
    calendar = national_calendar()
    for row in without:
        assert row.received_at is not None
        day = timezone.localdate(row.received_at)
        limits = next((some for begin, end, some in known[row.procedure_code] if begin <= day < end), ())
        row.lawful_due_on = lawful_day(row.received_at, limits, calendar)


def mend_lawful_days(*, after: tuple[int, str] = (0, "")) -> tuple[int, tuple[int, str] | None]:
    """Measure a slice of the rows without appointment anew: of rows that were there before this was asked, or whose procedures had their
    time limits mended. How many changed, and where the next slice begins; None at the end."""
    year, code = after
    with transaction.atomic():
        rows = NationalDossier.objects.select_for_update(no_key=True).filter(due_at=None, received_at__isnull=False)
        rows = rows.filter(Q(year=year, code__gt=code) | Q(year__gt=year)).order_by("year", "code")
        found = list(rows[:BATCH])
        before = {row.pk: facts_of(row) for row in found}
        for row in found:
            row.lawful_due_on = None
        _set_lawful_days(found)
        changed = [row for row in found if row.lawful_due_on != before[row.pk].lawful_due_on]
        for row in changed:
            NationalDossier.objects.filter(pk=row.pk).update(lawful_due_on=row.lawful_due_on)
        if changed:
            national_changed.send(NationalDossier, changes=[(before[row.pk], facts_of(row)) for row in changed])
    return len(changed), (found[-1].year, found[-1].code) if len(found) == BATCH else None


# Filed here --------------------------------------------------------------------------------------------------------------------


def keep_own(dossier: Dossier, *, now: datetime) -> NationalDossier | None:
    """Write the row of a dossier that is filed here, in the transaction that changes it; None before it has a code."""
    if not dossier.code:
        return None
    year = year_of(dossier.code)
    row = NationalDossier.objects.select_for_update().filter(year=year, code=dossier.code).first()
    before = facts_of(row) if row is not None else None
    if row is None:
        owner = people.party(dossier.owner_id)
        reuse = DossierReuse.objects.filter(pk=dossier.pk).first()
        row = NationalDossier(
            year=year,
            code=dossier.code,
            source=HERE,
            procedure_code=dossier.procedure_code,
            field_code=str(dossier.procedure_version.field_code or "")[:80],
            channel=dossier.channel,
            service_level=dossier.service_level,
            subject="2" if owner.kind in ("enterprise", "cooperative") else "4" if owner.is_organisation else "1",
            owner_blind=owner_index(owner.number),
            by_population=owner.is_registered,
            reuses_data=reuse is not None and reuse.fields_reused > 0,
            from_store=reuse is not None and reuse.papers_reused > 0,
            submitted_at=dossier.submitted_at,
        )
    values: dict[str, Any] = {
        "unit_code": dossier.unit_code,
        "agency_code": dossier.unit_code.split(".")[0],
        "state": dossier.state,
        "received_at": dossier.received_at,
        # While its applicant is waited for there is no day on which it would be late; then the appointment moves.
        # A letter of apology names another day and leaves the count where it was.
        "due_at": None if dossier.awaits_completion else dossier.due_counted or dossier.due_at,
        "finished_at": dossier.finished_at,
        "returned_at": dossier.returned_at,
        "refused_at": dossier.refused_at,
        "stopped_at": dossier.stopped_at,
        "withdrawn_at": dossier.withdrawn_at,
        "supplements_before": dossier.supplements_before,
        "supplements_after": dossier.supplements_after,
        # The time waited for is in the appointment already, which moved by it: it is not deducted once more (``supplement_days``).
        "supplement_asked_at": dossier.supplement_asked_at,
        "supplement_is_pending": dossier.awaits_completion and dossier.received_at is not None,
        "has_fee": dossier.payment != Standing.NONE,
        "paid_online": "1" if dossier.payment in (Standing.PAID, Standing.REFUNDED) else "0",
        "has_digitised_papers": True,
        "has_digitised_result": dossier.finished_at is not None,
    }
    if before is not None and all(getattr(row, name) == value for name, value in values.items()):
        return row
    for name, value in values.items():
        setattr(row, name, value)
    row.lawful_due_on = None
    _set_lawful_days([row])
    row.said_at = row.changed_at = now
    row.save(force_insert=before is None, force_update=before is not None)
    national_changed.send(NationalDossier, changes=[(before, facts_of(row))])
    return row


# Handled elsewhere -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """What a partner says of one dossier: its columns, and the latest moment in what it said."""

    code: str
    said_at: datetime
    values: dict[str, Any]
    """Columns of :class:`NationalDossier` beside code, year, times of writing."""


@transaction.atomic
def take_reports(reports: Sequence[Report], *, source: str, now: datetime, is_test: bool = False, only_new: bool = False) -> list[str]:
    """Take what a partner reports, in any order and as often as it likes; of each report whether it was ``new``, ``changed`` a row, said
    the ``same``, or was ``older`` than what is known, or of a dossier that is another's (``foreign``).

    ``only_new``: a dossier that is there is left as it is, and answered with ``exists``. What a partner sent while it was tried out gives
    way to the report of the one who works for real.

    The rows have been checked (codes, dates, states) by the door they came through. A row is written once for the whole batch.
    """
    best: dict[str, Report] = {}
    for one in reports:
        known = best.get(one.code)
        if known is None or _beats(one, known):
            best[one.code] = one
    rows = {code: _row(best[code], source=source, now=now, is_test=is_test) for code in sorted(best)}
    _set_lawful_days(rows.values())
    fresh = _insert_new([rows[code] for code in sorted(rows)])
    changes: list[tuple[Facts | None, Facts]] = [(None, facts_of(rows[code])) for code in sorted(fresh)]
    said: dict[str, str] = dict.fromkeys(fresh, "new")
    rest = [code for code in rows if code not in fresh]
    replaced = []
    years = {row.year for row in rows.values()}
    kept = NationalDossier.objects.select_for_update().filter(year__in=years, code__in=rest).order_by("code")
    for old in kept:
        new = rows[old.code]
        gives_way = old.is_test and not is_test
        if old.source != source and not gives_way:
            said[old.code] = "foreign"
        elif only_new and not gives_way:
            said[old.code] = "exists"
        elif gives_way or wins(new.said_at, new.state, over_at=old.said_at, over_state=old.state):
            said[old.code] = "changed"
            replaced.append(new)
            changes.append((facts_of(old), facts_of(new)))
        else:
            same = (new.said_at, new.state) == (old.said_at, old.state)
            said[old.code] = "same" if same else "older"
    for rows_of_one in _batches(replaced):
        _insert(rows_of_one, f"DO UPDATE SET {_KEPT_SET}")
    if changes:
        national_changed.send(NationalDossier, changes=changes)
    counted: set[str] = set()
    outcomes = []
    for one in reports:
        if said[one.code] in ("foreign", "exists"):
            outcomes.append(said[one.code])
        elif one is not best[one.code]:
            outcomes.append("same" if (one.said_at, one.values["state"]) == _mark(best[one.code]) else "older")
        elif one.code in counted:
            outcomes.append("same")
        else:
            counted.add(one.code)
            outcomes.append(said[one.code])
    return outcomes


def _mark(report: Report) -> tuple[datetime, str]:
    return report.said_at, report.values["state"]


def _beats(one: Report, other: Report) -> bool:
    return wins(one.said_at, one.values["state"], over_at=other.said_at, over_state=other.values["state"])


def _row(report: Report, *, source: str, now: datetime, is_test: bool) -> NationalDossier:
    unit = str(report.values["unit_code"])
    return NationalDossier(
        year=year_of(report.code),
        code=report.code,
        source=source,
        is_test=is_test,
        agency_code=unit.split(".")[0],
        said_at=report.said_at,
        changed_at=now,
        **report.values,
    )


def _insert(rows: Sequence[NationalDossier], on_conflict: str) -> list[str]:
    """Write rows by one statement; the codes of those that were written."""
    names = ", ".join(COLUMNS)
    sql = f"INSERT INTO {_TABLE} ({names}) SELECT * FROM unnest({_ARRAYS}) ON CONFLICT (year, code) {on_conflict} RETURNING code"
    with connection.cursor() as cursor:
        cursor.execute(sql, [[getattr(row, name) for row in rows] for name in COLUMNS])
        return [str(code) for (code,) in cursor.fetchall()]


def _insert_new(rows: list[NationalDossier]) -> set[str]:
    """Insert what is not there yet; the codes that are new. Whoever comes at the same moment with the same code waits for us."""
    return {code for some in _batches(rows) for code in _insert(some, "DO NOTHING")}


def _batches(rows: list[NationalDossier]) -> Iterator[list[NationalDossier]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


@dataclass(frozen=True)
class Step:
    """A step of a dossier handled elsewhere."""

    code: str
    at: datetime
    state: str
    unit_words: str = ""
    words: str = ""


@transaction.atomic
def take_steps(steps: Iterable[Step], *, source: str) -> int:
    """Keep steps that are new; a step may come before its dossier, or twice. How many were new. Sorted: whoever comes at the same moment
    waits in the same order."""
    made, left = 0, sorted(steps, key=lambda step: (step.code, step.at, step.state))
    with connection.cursor() as cursor:
        while left:
            some, left = left[:BATCH], left[BATCH:]
            values = [value for one in some for value in (one.code, source, one.at, one.state, one.unit_words[:200], one.words[:500])]
            cursor.execute(f"{_STEP} VALUES {', '.join([_STEP_ROW] * len(some))} ON CONFLICT DO NOTHING", values)
            made += cursor.rowcount
    return made


def ensure_partitions(*, years: Iterable[int]) -> list[int]:
    """Make the partitions of these years where they are missing; which were made. Run by migration and, for the next years, by night."""
    made = []
    with connection.cursor() as cursor:
        for year in years:
            cursor.execute("SELECT to_regclass(%s)", [f"{_TABLE}_{year}"])
            if cursor.fetchone()[0] is None:
                cursor.execute(
                    f"CREATE TABLE {_TABLE}_{int(year)} PARTITION OF {_TABLE} FOR VALUES FROM ({int(year)}) TO ({int(year) + 1})"
                )
                made.append(int(year))
    return made
