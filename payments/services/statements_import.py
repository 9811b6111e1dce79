"""Statements: taken, loaded row by row in slices, standing for their day or refused; fetched from institutions and agencies' banks."""

from __future__ import annotations

import hashlib
import io
import itertools
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Min, Q
from django.utils import timezone

from payments.access import may_see
from payments.institutions import adapter_of
from payments.institutions.base import BadMessage, Outcome, Report
from payments.models import Collection, Institution, Settlement, Statement
from payments.services.attempts import connection_of
from payments.services.orders import account_of
from payments.services.refunding import confirm_by_file
from payments.services.settling import settle
from payments.statements import PAID, REFUNDED, Problems, StatementBroken, StatementLine, read_statement
from portal import audit
from portal.access import SYSTEM, AccessDenied, Actor
from portal.exchange import beneficiary
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.files import services as files

MOST_BYTES = 1024 * 1024 * 1024
MOST_UPLOADED = 20 * 1024 * 1024
"""As much as the proxy lets through: about 100,000 rows. Longer files are fetched."""
BATCH = 20_000
"""Rows that are written together; a load that was killed goes on after the last batch."""
SLICE_SECONDS = 30.0
"""A slice writes for so long, a day of a million rows on an idle machine; what was written before it is passed over first."""
TASK_SECONDS = 34.0
"""Both together, a batch more: below the limit of a task."""
DAYS_BACK = 7
"""A file that an institution did not have yet is asked for again on so many days."""
SERVING = (Institution.OPEN, Institution.SUSPENDED, Institution.STOPPED, Institution.TESTING)
"""Also who no longer serves: payments before that are finished (Rules art. 33.7)."""


class StatementRefused(Exception):
    """The file cannot be taken. ``message`` is for the person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def take_statement(
    *,
    side: str,
    day: date,
    source: Path | BinaryIO,
    actor: Actor,
    now: datetime,
    institution: Institution | None = None,
    unit_code: str = "",
    account: str = "",
    file_format: str = "csv",
    how: str = Statement.Source.UPLOADED,
) -> Statement:
    """Keep a file of a side about a day; it is loaded by :func:`load_statement`. The same file again is the same statement.

    ``source`` is read once. :class:`AccessDenied` for a side that is not the actor's, :class:`StatementRefused` for a day that is not over,
    a file that is too big or empty.
    """
    if not may_see(actor, unit=unit_code, institution=institution.code if institution else ""):
        raise AccessDenied("payments.read")
    if day > timezone.localdate(now):
        raise StatementRefused("Ngày đối soát chưa đến.")
    opened = source.open("rb") if isinstance(source, Path) else source
    with opened, tempfile.TemporaryFile() as kept:
        digest, size = hashlib.sha256(), 0
        while piece := opened.read(1024 * 1024):
            size += len(piece)
            if size > (MOST_UPLOADED if how == Statement.Source.UPLOADED else MOST_BYTES):
                raise StatementRefused("Tệp quá lớn.")
            digest.update(piece)
            kept.write(piece)
        if not size:
            raise StatementRefused("Tệp trống.")
        kept.seek(0)
        names = {"side": side, "institution": institution, "unit_code": unit_code, "account": account, "day": day}
        known = Statement.objects.filter(**names, digest=digest.hexdigest()).first()
        if known is not None:
            return _again(known, actor=actor, now=now)
        try:
            with transaction.atomic():
                subject = uuid4()
                file = files.store_pieces(
                    subject=subject,
                    pieces=iter(lambda: kept.read(256 * 1024), b""),
                    name=f"doi-soat-{(institution.code if institution else unit_code)}-{day}.{'csv' if file_format == 'csv' else 'xml'}",
                    purpose="payments.statement",
                    media_type="text/csv" if file_format == "csv" else "application/xml",
                    max_bytes=MOST_BYTES,
                    actor=actor,
                )
                statement = Statement.objects.create(
                    **names,
                    format=file_format,
                    digest=digest.hexdigest(),
                    source=how,
                    subject_id=subject,
                    file=file,
                    taken_at=now,
                    label=actor.label if actor.is_officer else "",
                    position_id=actor.position_id,
                )
                _note(statement, "payments.take_statement", actor)
        except IntegrityError:
            # Somebody was quicker with the same file.
            return Statement.objects.get(**names, digest=digest.hexdigest())
    return statement


def _note(statement: Statement, act: str, actor: Actor) -> None:
    audit.record(
        actor=actor,
        act=act,
        target="payments.statement",
        target_id=str(statement.pk),
        unit=statement.unit_code,
        details={"side": statement.side, "of": statement.whose, "day": str(statement.day), "sha256": statement.digest},
    )


@transaction.atomic
def _again(known: Statement, *, actor: Actor, now: datetime) -> Statement:
    """A file that is known: one that was replaced stands again, for its sender says once more that it holds."""
    row = Statement.objects.select_for_update().get(pk=known.pk)
    if row.is_early and timezone.localdate(now) > row.day:
        # The same again once the day is over: it is the whole day's now.
        row.taken_at = now
        row.save(update_fields=["taken_at"])
    if row.state == Statement.REPLACED:
        _stand(row, now)
        _note(row, "payments.take_statement", actor)
    return row


def _stand(statement: Statement, now: datetime) -> None:
    """It is the word of its side about the day from now on. The caller holds its lock."""
    others = Statement.objects.select_for_update().filter(
        side=statement.side,
        institution=statement.institution_id,
        unit_code=statement.unit_code,
        account=statement.account,
        day=statement.day,
        state=Statement.STANDING,
    )
    for other in others:
        Statement.table.move(other, "replace")
        other.save(update_fields=["state"])
    Statement.table.move(statement, "stand")
    statement.stood_at = now
    statement.save()


# Loading -----------------------------------------------------------------------------------------------------------------------

COLUMNS = (
    "statement_id, number, kind, reference, institution_ref, bank_ref, amount, at, unit_code, transaction_kind, institution_code, account,"
    " end_to_end"
)


def load_statement(*, statement_id: int, now: datetime, seconds: float = SLICE_SECONDS) -> bool:
    """Load rows of a statement for some seconds; whether it has come to its end. Killed anywhere, it goes on after the last batch.

    ``seconds`` count from the first row that is new, so that a slice gets on however much lies before it.

    A file that is broken, of another day or account is refused: its rows are taken out again and it says why. A bad row is noted with
    number and reason, the good ones stand.
    """
    statement = Statement.objects.select_related("file").get(pk=statement_id)
    if statement.state != Statement.LOADING or statement.file is None:
        return True
    began = time.monotonic()
    problems = Problems()
    with tempfile.TemporaryFile() as plain, connection.cursor() as cursor:
        for piece in files.open_plain(statement.file):
            plain.write(piece)
        plain.seek(0)
        cursor.execute("SELECT coalesce(max(number), 0) FROM payments_statementrow WHERE statement_id = %s", [statement.pk])
        [reached] = cursor.fetchone()
        try:
            lines = iter(read_statement(plain, statement.format, day=statement.day, account=statement.account, problems=problems))
            lines = itertools.dropwhile(lambda line: line.number <= reached, lines)
            until = 0.0
            while batch := list(itertools.islice(lines, BATCH)):
                until = until or min(time.monotonic() + seconds, began + TASK_SECONDS)
                if not _write(statement, batch):
                    return True
                if time.monotonic() >= until:
                    return False
        except StatementBroken as broken:
            _refuse(statement, str(broken))
            return True
    _finish(statement, problems, now)
    return True


def _write(statement: Statement, batch: list[StatementLine]) -> bool:
    """One batch, unless another worker has finished or is at it; False: leave it to them."""
    own = statement.pk
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [2026_1129, own % 2**31])
        [mine] = cursor.fetchone()
        cursor.execute("SELECT coalesce(max(number), 0) FROM payments_statementrow WHERE statement_id = %s", [own])
        [reached] = cursor.fetchone()
        if not mine or reached >= batch[0].number:
            return False
        text = io.StringIO()
        prefix = f"{own}\t"
        for line in batch:
            # A bank's own statement names the account that it is of, not where the money goes on to.
            account = "" if line.account == statement.account else line.account
            text.write(
                f"{prefix}{line.number}\t{line.state}\t{line.reference}\t{line.institution_ref}\t{line.bank_ref}\t{line.amount}\t"
                f"{line.at.isoformat()}\t{line.unit}\t{line.kind}\t{line.bank}\t{account}\t{line.end_to_end}\n".replace("\\", "\\\\")
            )
        with cursor.cursor.copy(f"COPY payments_statementrow ({COLUMNS}) FROM STDIN") as copy:
            copy.write(text.getvalue().encode())
    return True


@transaction.atomic
def _refuse(statement: Statement, reason: str) -> None:
    row = Statement.objects.select_for_update().get(pk=statement.pk)
    if row.state != Statement.LOADING:
        return
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM payments_statementrow WHERE statement_id = %s", [row.pk])
    Statement.table.move(row, "refuse")
    row.problems = [[0, reason]]
    row.save()


@transaction.atomic
def _finish(statement: Statement, problems: Problems, now: datetime) -> None:
    row = Statement.objects.select_for_update().get(pk=statement.pk)
    if row.state != Statement.LOADING:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(amount) FILTER (WHERE kind = 'paid'), 0)::bigint,"
            " coalesce(sum(amount) FILTER (WHERE kind = 'refunded'), 0)::bigint FROM payments_statementrow WHERE statement_id = %s",
            [row.pk],
        )
        row.rows, row.total, row.refunded = cursor.fetchone()
    row.bad_rows = problems.count
    row.problems = [[one.number, one.reason] for one in problems.kept]
    _stand(row, now)


# Fetching ----------------------------------------------------------------------------------------------------------------------


def statements_to_fetch(*, now: datetime) -> list[tuple[str, date]]:
    """Institutions and past days without a standing file, the newest day first (one query for each institution).

    A file that was taken before its day was over is not the whole of it.
    """
    yesterday = timezone.localdate(now) - timedelta(days=1)
    wanted = []
    for institution in Institution.objects.filter(state__in=SERVING).exclude(files=""):
        days = {yesterday - timedelta(days=back) for back in range(DAYS_BACK)}
        standing = Statement.objects.filter(side=Statement.Side.INSTITUTION, institution=institution, day__in=days)
        rows = standing.filter(state__in=[Statement.STANDING, Statement.LOADING]).only("day", "taken_at")
        days -= {row.day for row in rows if not row.is_early}
        wanted += [(institution.code, day) for day in days]
    return sorted(wanted, key=lambda one: (-one[1].toordinal(), one[0]))


def fetch_statement(*, institution_code: str, day: date, now: datetime) -> Statement | None:
    """Fetch the file of a day from an institution and keep it; None when it has none yet or does not answer."""
    institution = Institution.objects.get(pk=institution_code)
    adapter = adapter_of(institution.adapter)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statement"
        try:
            if not adapter.fetch_statement(connection_of(institution), day, path):
                return None
        except (OutsideUnavailable, OutsideRefused, BadMessage):
            return None
        return take_statement(
            side=Statement.Side.INSTITUTION,
            institution=institution,
            account=account_in_file(institution),
            day=day,
            source=path,
            file_format=adapter.statement_format,
            how=Statement.Source.FETCHED,
            actor=SYSTEM,
            now=now,
        )


def account_in_file(institution: Institution) -> str:
    """The account that an institution's file speaks of; empty where the format names none."""
    return institution.account_number if adapter_of(institution.adapter).statement_format == "camt.053" else ""


def settle_from_today(*, institution_code: str, now: datetime, report: Callable[[Exception], None] | None = None) -> int:
    """Settle what the file of the day so far shows and nobody told us of (transfers), confirm what went back; how many.

    No statement is kept of it.
    """
    institution = Institution.objects.get(pk=institution_code)
    adapter = adapter_of(institution.adapter)
    day = timezone.localdate(now)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statement"
        try:
            if not adapter.fetch_statement(connection_of(institution), day, path):
                return 0
            with path.open("rb") as source:
                lines = read_statement(source, adapter.statement_format, day=day, account=account_in_file(institution), problems=Problems())
                back: dict[str, tuple[int, str]] = {}
                settled = settle_lines(institution.code, _paid(lines, back), now=now, report=report)
            return settled + confirm_given_back(institution.code, back, now=now, report=report)
        except (OutsideUnavailable, OutsideRefused, BadMessage, StatementBroken):
            return 0


def _paid(lines: Iterable[StatementLine], back: dict[str, tuple[int, str]]) -> Iterator[StatementLine]:
    """The lines of money that came; what went back under a number is summed up into ``back``: amount, the bank's number."""
    for line in lines:
        if line.state == PAID:
            yield line
        elif line.state == REFUNDED and line.end_to_end:
            amount, ref = back.get(line.end_to_end, (0, line.institution_ref))
            back[line.end_to_end] = (amount + line.amount, ref)


def confirm_given_back(
    institution_code: str, back: dict[str, tuple[int, str]], *, now: datetime, report: Callable[[Exception], None] | None = None
) -> int:
    """Confirm the refunds whose whole amount an account's statement shows as given back; how many were. One that stumbles stops nothing."""
    confirmed = 0
    for number, (amount, ref) in back.items():
        try:
            found = confirm_by_file(number=number, institution_code=institution_code, amount=amount, proof=ref, now=now)
        except Exception as error:
            if report is not None:
                report(error)
            continue
        confirmed += found is not None
    return confirmed


def settle_lines(
    institution_code: str, lines: Iterable[StatementLine], *, now: datetime, report: Callable[[Exception], None] | None = None
) -> int:
    """Settle those lines whose money is not known here, batch by batch; how many were. One bad row stops nothing."""
    settled = 0
    for batch in _batches(lines, 1000):
        refs = [line.institution_ref for line in batch]
        known = set(
            Collection.objects.filter(institution_id=institution_code, institution_ref__in=refs).values_list("institution_ref", flat=True)
        )
        for line in batch:
            if line.institution_ref in known:
                continue
            try:
                found = settle(institution_code=institution_code, report=report_of(line), via="file", now=now)
            except Exception as error:
                # Whatever is wrong with one row, the others are money, too.
                if report is not None:
                    report(error)
                continue
            settled += found.collection is not None
    return settled


def report_of(line: StatementLine) -> Report:
    """A paid line as news of an attempt."""
    return Report(
        line.reference,
        Outcome.PAID,
        amount=line.amount,
        institution_ref=line.institution_ref,
        bank_ref=line.bank_ref,
        paid_at=line.at,
        code="file",
    )


def _batches(lines: Iterable[StatementLine], size: int) -> Iterator[list[StatementLine]]:
    stream = iter(lines)
    while batch := list(itertools.islice(stream, size)):
        yield batch


def beneficiary_statements_to_fetch(*, now: datetime) -> list[tuple[str, str, date]]:
    """Agencies' accounts and past days whose statement is wanted: into them money is owed, or came lately (a few queries).

    Holder, account number, day; the newest day first. Nothing where no statements are given to us.
    """
    if not beneficiary.is_connected():
        return []
    yesterday = timezone.localdate(now) - timedelta(days=1)
    lately = Settlement.objects.filter(Q(paid__lt=F("expected")) | Q(day__gte=yesterday - timedelta(days=DAYS_BACK)))
    accounts: dict[tuple[str, str], date] = {}
    for unit, first in lately.values_list("unit_code").annotate(Min("day")).order_by("unit_code"):
        account = account_of(unit)
        if account is not None:
            key = (account.holder.code, account.number)
            accounts[key] = min(first, accounts.get(key, first))
    told = Statement.objects.filter(
        side=Statement.Side.BENEFICIARY,
        state__in=[Statement.STANDING, Statement.LOADING],
        day__gt=yesterday - timedelta(days=DAYS_BACK),
    )
    known = {(row.account, row.day) for row in told.only("account", "day", "taken_at") if not row.is_early}
    wanted = []
    for (holder, number), first in accounts.items():
        for back in range(DAYS_BACK):
            day = yesterday - timedelta(days=back)
            if day > first and (number, day) not in known:
                wanted.append((holder, number, day))
    return sorted(wanted, key=lambda one: (-one[2].toordinal(), one[1]))


def fetch_beneficiary_statement(*, unit_code: str, account: str, day: date, now: datetime) -> Statement | None:
    """Fetch the statement of an agency's account; None where there is none yet, or nobody answers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statement"
        try:
            if not beneficiary.fetch(account, day, path):
                return None
        except (OutsideUnavailable, OutsideRefused):
            return None
        return take_statement(
            side=Statement.Side.BENEFICIARY,
            unit_code=unit_code,
            account=account,
            day=day,
            source=path,
            file_format="camt.053",
            how=Statement.Source.FETCHED,
            actor=SYSTEM,
            now=now,
        )


def standing(*, side: str, day: date, institution_code: str = "") -> list[Statement]:
    """The statements of a side that count for a day (one query)."""
    rows = Statement.objects.filter(side=side, day=day, state=Statement.STANDING)
    return list(rows.filter(Q(institution=institution_code) if institution_code else Q()).order_by("id"))
